"""Where the elementary functions are tried, and what is true there."""
# ruff: noqa: S311  # samples, not secrets

import functools
import math
import random
import sys

import numpy as np
from mpmath import mp, mpf
from operations import error

from autograd import TABLE

inf, nan = math.inf, math.nan
NAMES = ["exp", "expm1", "log", "log1p", "sinh", "cosh", "sigmoid", "tanh", "softplus", "sin", "cos", "erf"]


def bits(x):
    """What can be compared: every nan is as good as another."""
    return np.where(np.isnan(x), nan, x).view(np.int64)


def powers(rng, n, low, high):
    return [rng.choice((-1.0, 1.0)) * 2.0 ** rng.uniform(low, high) for _ in range(n)]


# Where results over- or underflow or round to 1, and where the methods change.
THRESHOLDS = [
    *(708.0, 708.4, 709.782712893384, 709.7827128933841, 710.0, 710.475860073944, 744.44, 745.13, 745.2),
    *(19.06, 350.0, 354.9, 36.7, 37.43, 5.92, 6.0, 1e5, 0.4140625, 1.0, 2.0, math.sqrt(2), math.sqrt(0.5), math.sqrt(2) - 1),
    *(math.log(2) / 2, math.log(2) * 1.5, 2.0**-27, 2.0**-54, 2.0**60, 2.0**1022, 2.0**-1022, 2.0**-1070, 2.0**-1074, sys.float_info.max),
]


@functools.cache
def points(name, n=150):
    """Ordinary, huge, tiny, subnormal, close to 0, to ±1, to where the methods change, and for angles close to multiples of π/2."""
    rng = random.Random(name)
    x = [rng.uniform(-limit, limit) for limit in (0.5, 1.0, 4.0, 40.0, 750.0, 1e5) for _ in range(n)]
    x += powers(rng, 2 * n, -1074, 1023.9) + powers(rng, n, -60, 10) + powers(rng, n, -1074, -1022)
    x += [sign * (1.0 + a) for sign in (1.0, -1.0) for a in powers(rng, n, -52, -1)]
    x += [sign * near for t in THRESHOLDS for sign in (1.0, -1.0) for near in (t, math.nextafter(t, 0.0), math.nextafter(t, inf))]
    if name in ("sin", "cos"):
        x += [float(k * mp.pi / 2) for k in rng.sample(range(1, 63661), 4 * n)]
    low = {"log": 0.0, "log1p": -1.0}.get(name, -inf)
    return [a if a > low else -a for a in x if abs(a) < inf and a != low]


def true(name, x):
    """The value at 50 digits."""
    with mp.workdps(50):
        x = mpf(x)
        match name:
            case "sigmoid":
                return 1 / (1 + mp.exp(-x))
            case "softplus":
                return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))
        return getattr(mp, name)(x)


SPECIAL = [nan, *(sign * a for a in (0.0, inf, 1e308, 800.0, 750.0, 5e-324, 1e-310, 1.0, 2.0, 1e6, 2.0**70) for sign in (1.0, -1.0))]


# Where the sum with 1.5 * 2^52, which rounds x / ln 2, has the bits of an ordinary number, or some of them, though x is huge.
LIKE_ORDINARY = [sign * k * 2.0**51 * math.log(2.0) for k in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0) for sign in (1.0, -1.0)]


@functools.cache
def bases(c, n=150):
    """Of powers that neither over- nor underflow, or hardly; of 1; negative ones where the exponent is whole."""
    rng = random.Random(c)
    wide = min(1073.0, 1080.0 / max(abs(c), 1e-9))
    x = [rng.uniform(0.0, 3.0) for _ in range(n)] + [2.0 ** rng.uniform(-wide, min(wide, 1023.9)) for _ in range(2 * n)]
    x += [1.0 + a for a in powers(rng, n, -52, -2)] + [rng.uniform(1.39, 1.42) for _ in range(n)]
    return x + [-a for a in x[::3]] if c.is_integer() else x


EXPONENTS = [0.0, 1.0, 2.0, 3.0, 4.0, 0.5, 1.5, 2.5, -0.5, -1.0, -2.0, -1.5, 1 / 3, 10.0, -7.0, 0.001, 100.0, 512.0, -511.7, 1000.5, 1e17]


def assert_powers_within_bound(x, c, y):
    with mp.workdps(50):
        worst = max((error(got, mpf(a) ** mpf(b), relative=True), a, b) for a, b, got in zip(x, c, y.tolist(), strict=True))
    assert worst[0] <= TABLE["pow"].bound.value, worst
