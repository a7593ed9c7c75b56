"""Functions that pickle finds by name."""

from autograd import jit


def plain(x):
    return x * x * x


@jit
def decorated(x):
    return x * x * x
