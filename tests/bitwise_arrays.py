"""NumPy arrays as the kind of number that `autograd.elementary` is written for, with exact fused multiply-adds."""

import math

import numpy as np

from autograd import TABLE


def fma(a, b, c):
    """a * b + c, rounded once: with the fractions that floats are, unless nothing can be lost."""
    if math.isfinite(a) and math.isfinite(b) and not math.isfinite(c):
        return c
    if not (math.isfinite(a) and math.isfinite(b)) or a == 0.0 or b == 0.0:
        return a * b + c
    (m, i), (n, j), (k, h) = a.as_integer_ratio(), b.as_integer_ratio(), c.as_integer_ratio()
    over, under = m * n * h + k * i * j, i * j * h
    try:
        return over / under if over else 0.0
    except OverflowError:
        return math.inf if over > 0 else -math.inf


class Arrays:
    """The namespace of the kind."""

    sqrt, abs, copysign, rint, select = np.sqrt, np.abs, np.copysign, np.rint, np.where

    @staticmethod
    def fma(*x):
        columns = np.broadcast_arrays(*(np.asarray(a, float) for a in x))
        return np.array([fma(*each) for each in zip(*(c.tolist() for c in columns), strict=True)])

    @staticmethod
    def bits(x):
        return np.asarray(x, float).view(np.uint64)

    @staticmethod
    def number(u):
        return u.view(float)

    @staticmethod
    def extern(name, *x):
        """As the interpreter has it from the C library."""
        return np.array([TABLE[name](*each) for each in zip(*(c.tolist() for c in np.broadcast_arrays(*x)), strict=True)], float)


def computed(function, *x):
    """What a function of `autograd.elementary` gives at arrays."""
    with np.errstate(all="ignore"):
        return function(Arrays, *(a if isinstance(a, float) else np.asarray(a, float) for a in x))
