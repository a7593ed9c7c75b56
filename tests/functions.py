"""Functions as people write them, each with points at which it takes different ways; how their results are compared."""

import math

import numpy as np
import pytest

from autograd import (
    Value,
    ops,
)
from autograd.arrays import tree_ravel

inf, nan = math.inf, math.nan


def numbers(tree):
    return [x.data if x.__class__ is Value else float(x) for x in tree_ravel(tree)[0]]


def form(tree):
    """The structure, with the shapes of arrays and whether numbers are Values."""
    if isinstance(tree, dict):
        return {k: form(x) for k, x in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree), [form(x) for x in tree]
    return (tree.shape, tree.dtype == object) if isinstance(tree, np.ndarray) else tree.__class__ is Value


def close(a, b, rel=1e-13):
    """Equal structures, numbers within what the rows' bounds make of short functions."""
    return form(a) == form(b) and np.allclose(numbers(a), numbers(b), rtol=rel, atol=1e-300, equal_nan=True)


def newton(a):
    x = a if a > 1.0 else 1.0 + 0.0 * a
    while abs(x * x - a) > 1e-10 * a:
        x = 0.5 * (x + a / x)
    return x


def piecewise(x):
    if x < -1.0:
        return -x - 0.5
    if x <= 1.0:
        return 0.5 * x * x
    return x - 0.5


def middle(xs):
    a, b, c = sorted(xs)
    return b * 2.0 + (c - a)


def first_large(xs):
    for i, x in enumerate(xs):
        if x > 3.0:
            return x * (i + 1.0)
    return xs[0] + xs[1] + xs[2]


def bubble(xs):
    xs = list(xs)
    for i in range(len(xs)):
        for j in range(len(xs) - 1 - i):
            if xs[j] > xs[j + 1]:
                xs[j], xs[j + 1] = xs[j + 1], xs[j]
    return [x * k for k, x in enumerate(xs)]


def counted(xs):
    return sum(x > 1.0 for x in xs) * xs[0] + (xs[1] < xs[2])


def questions(xs):
    if any(x > 5.0 for x in xs):
        return xs[0]
    if all(x < 0.0 for x in xs):
        return -xs[1]
    return xs[2] if not xs[0] else xs[0] * xs[1]


def extremes(xs):
    return {"max": max(xs), "min": min(xs), "largest": ops.maximum(*xs), "first": xs[max(range(3), key=xs.__getitem__)]}


def undefined(xs):
    return 7.0 if np.isnan(xs[0]) else xs[1] if np.isfinite(xs[2]) else -xs[1]


def bisection(c):
    low, high = 0.0 * c, 0.0 * c + 4.0
    for _ in range(30):
        mid = (low + high) / 2.0
        if mid * mid * mid < c:
            low = mid
        else:
            high = mid
    return low


def selected(x):
    return ops.where(x > 0.0, ops.sqrt(x), x * x) + (x >= 2.0) * x


TRIPLES = [[1.0, 2.0, 3.0], [3.0, 1.0, 2.0], [-1.0, -2.0, -3.0], [0.0, 7.0, 1.0], [4.0, 4.0, 4.0], [1.0, 5.5, -2.0], [0.5, 3.5, 0.0]]
FUNCTIONS = {
    newton: [4.0, 2.0, 0.25, 9.0, 1e6, 1.0],
    piecewise: [-3.0, -1.0, 0.0, 1.0, 2.5, -0.0],
    middle: TRIPLES,
    first_large: TRIPLES,
    bubble: TRIPLES,
    counted: TRIPLES,
    questions: TRIPLES,
    extremes: TRIPLES,
    undefined: [*TRIPLES, [nan, 1.0, 2.0], [1.0, 2.0, inf], [1.0, 2.0, nan]],
    bisection: [1.0, 8.0, 27.0, 3.0, 20.0],
    selected: [-2.0, 0.0, 1.0, 4.0, -0.0],
}
CASES = [pytest.param(f, points, id=f.__name__) for f, points in FUNCTIONS.items()]
SCALAR = [pytest.param(f, points, id=f.__name__) for f, points in FUNCTIONS.items() if f not in {bubble, extremes}]
