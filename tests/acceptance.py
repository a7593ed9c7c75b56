"""Softmax with cross-entropy from exp, sum, / and log, with logits and targets to try it on, and the right gradient a - y."""

import random

from mpmath import mp

import autograd
from autograd import Value, exp, log

CLASSES = [2, 3, 4, 5]
FOUR_UNITS = 4 * 2.0**-52


def softmax_with_cross_entropy(z, y):
    """C = -Σ y_k log a_k with a_k = exp(z_k) / Σ exp(z_j)."""
    e = [exp(x) for x in z]
    total = autograd.sum(e)
    a = [x / total for x in e]
    return -autograd.sum([t * log(p) for t, p in zip(y, a, strict=True)])


def samples(classes):
    """Logits and targets: every one-hot target, and a distribution."""
    choose = random.Random(classes)  # noqa: S311  # samples
    shares = [choose.randint(0, 8) / 16 for _ in range(classes - 1)]
    shares = [share / classes for share in shares]  # at most 1/2 in all
    targets = [[float(k == label) for k in range(classes)] for label in range(classes)] + [[*shares, 1.0 - sum(shares)]]
    for target in targets:
        yield [choose.uniform(-3.0, 3.0) for _ in range(classes)], target


def a_minus_y(z, y):
    """The right gradient, to fifty digits."""
    with mp.workdps(50):
        total = mp.fsum(mp.exp(x) for x in z)
        return [mp.exp(x) / total - t for x, t in zip(z, y, strict=True)]


def graph(z, y):
    """The logits as leaves, and the loss."""
    leaves = [Value(x, f"z{k}") for k, x in enumerate(z)]
    loss = softmax_with_cross_entropy(leaves, y)
    loss.label = "C"
    return leaves, loss


def as_shown(text):
    """A number as a person reads it."""
    return float(text.replace("−", "-"))
