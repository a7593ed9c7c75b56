"""Each operation as a textbook has it, points at which it is tried, and how its answers are compared."""
# ruff: noqa: S311  # samples, not secrets

import functools
import itertools
import math
import random
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest
import sympy
from mpmath import mpf
from special_functions import MODULES, excess, hurwitz, quantile, tail
from sympy import Piecewise

from autograd import TABLE, Op, ops

a, b, c = ARGUMENTS = sympy.symbols("a b c", real=True)
e = sympy.exp


class floor(sympy.floor):  # noqa: N801  # as SymPy prints it
    """The largest whole number that is not above x, with the derivative that SymPy leaves open."""

    def fdiff(self, argindex=1):  # noqa: ARG002  # SymPy's
        return sympy.S.Zero


# Each operation as a textbook has it; n-ary ones on three arguments, dot on sequences of one.
REFERENCE = {
    "add": a + b,
    "sub": a - b,
    "mul": a * b,
    "div": a / b,
    "neg": -a,
    "pow": e(b * sympy.log(a)),
    "powc": e(b * sympy.log(a)),
    "sum": a + b + c,
    "dot": a * b,
    "sqrt": e(sympy.log(a) / 2),
    "exp": e(a),
    "expm1": e(a) - 1,
    "log": sympy.log(a),
    "log1p": sympy.log(1 + a),
    "logsumexp": sympy.log(e(a) + e(b) + e(c)),
    "sigmoid": 1 / (1 + e(-a)),
    "tanh": sympy.tanh(a),
    "softplus": sympy.log(1 + e(a)),
    "relu": Piecewise((a, a > 0), (0, True)),
    "leaky_relu": Piecewise((a, a > 0), (b * a, True)),
    "erf": sympy.erf(a),
    "sin": sympy.sin(a),
    "cos": sympy.cos(a),
    "tan": sympy.tan(a),
    "asin": sympy.asin(a),
    "acos": sympy.acos(a),
    "atan": sympy.atan(a),
    "atan2": sympy.atan(a / b),
    "hypot": sympy.sqrt(a**2 + b**2),
    "sinh": sympy.sinh(a),
    "cosh": sympy.cosh(a),
    "abs": Piecewise((a, a > 0), (-a, True)),
    "sign": Piecewise((1, a > 0), (-1, True)),
    "step": Piecewise((1, a > b), (0, True)),
    "less": Piecewise((1, a < b), (0, True)),
    "less_equal": Piecewise((1, a <= b), (0, True)),
    "equal": Piecewise((1, sympy.Eq(a, b)), (0, True)),
    "where": Piecewise((b, a > 0), (c, True)),
    "maximum": Piecewise((a, (a > b) & (a > c)), (b, b > c), (c, True)),
    "minimum": Piecewise((a, (a < b) & (a < c)), (b, b < c), (c, True)),
    "clip": Piecewise((b, a < b), (c, a > c), (a, True)),
    "stop_gradient": a,
    "norm": sympy.sqrt(a**2 + b**2 + c**2),
    "exp2": 2**a,
    "log2": sympy.log(a) / sympy.log(2),
    "log10": sympy.log(a) / sympy.log(10),
    "logaddexp": sympy.log(e(a) + e(b)),
    "cbrt": Piecewise((e(sympy.log(a) / 3), a > 0), (-e(sympy.log(-a) / 3), True)),
    "asinh": Piecewise((sympy.log(a + sympy.sqrt(a**2 + 1)), a > 0), (-sympy.log(-a + sympy.sqrt(a**2 + 1)), True)),
    "acosh": sympy.log(a + sympy.sqrt(a**2 - 1)),
    "atanh": (sympy.log(1 + a) - sympy.log(1 - a)) / 2,
    "gelu": a * (1 - sympy.erf(-a / sympy.sqrt(2))) / 2,
    "silu": a / (1 + e(-a)),
    "floor": floor(a),
    "ceil": -floor(-a),
    "round": floor(a + sympy.Rational(1, 2)),
    "floordiv": floor(a / b),
    "mod": a - b * floor(a / b),
    "erfc": tail(a),
    "erfcx": e(a**2) * tail(a),
    "ndtr": tail(-a / sympy.sqrt(2)) / 2,
    "log_ndtr": sympy.log(tail(-a / sympy.sqrt(2)) / 2),
    "erfinv": sympy.erfinv(a),
    "lgamma": sympy.log(sympy.gamma(a) ** 2) / 2,
    "digamma": sympy.digamma(a),
    "zeta": hurwitz(a, b),
    "mills": excess(a, b),
    "ndtri": quantile(a),
    "gamma": sympy.gamma(a),
}

# Cancellation in these textbook forms eats digits: log(1 + 5e-324) needs 340 to have 16 left.
DIGITS = 400
LARGEST, TINY = sys.float_info.max, sys.float_info.min
SPECIAL = [s * x for s in (1.0, -1.0) for x in (5e-324, 1e-310, 1e-300, 0.5, 1.0, 20.0, 700.0, 745.0, 1000.0, 1e300)] + [0.0]

# Whose derivative by the first argument, an order, is not known.
OF_AN_ORDER = {"zeta", "mills"}

each_op = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)


class Reference(NamedTuple):
    """The formula and its partials as mpmath functions."""

    value: Callable
    partials: list[Callable]
    second: list[Callable]


@functools.cache
def reference(op: Op) -> Reference:
    f = REFERENCE[op.name]
    x = ARGUMENTS[: 2 if op is ops.dot else op.arity or 3]
    first = [sympy.diff(f, s) for s in x]
    second = [sympy.diff(d, s) for d, s in zip(first, x, strict=True)]
    compiled = [sympy.lambdify(x, g, MODULES) for g in (f, *first, *second)]
    return Reference(compiled[0], compiled[1 : len(x) + 1], compiled[len(x) + 1 :])


def domains(op: Op) -> tuple[tuple[float, float], ...]:
    return op.domain if op.arity else op.domain * len(reference(op).partials)


def ordinary(op: Op, n: int, limit: float = 10.0) -> list[tuple[float, ...]]:
    """`n` points of the domain of moderate size."""
    rng = random.Random(op.name)
    ends = [(max(low, -limit), max(min(high, limit), low + 1.0)) for low, high in domains(op)]
    return [tuple(rng.uniform(low, high) for low, high in ends) for _ in range(n)]


@functools.cache
def sample(op: Op) -> list[tuple[float, ...]]:
    """Points of the domain, ordinary, huge, tiny and close to its ends; ties and zeros only where there is no kink."""
    rng = random.Random(op.name)

    def wide(low: float, high: float) -> list[float]:
        x = [rng.choice((-1.0, 1.0)) * 10 ** rng.uniform(-k, k) for k in (300, 3) for _ in range(30)] + SPECIAL
        for end, inward in ((low, 1.0), (high, -1.0)):
            if math.isfinite(end):
                x += [math.nextafter(end, inward * math.inf)] + [end + inward * 10 ** rng.uniform(-15, -1) for _ in range(15)]
        return [z for z in x if low < z < high]

    pools = [wide(low, high) for low, high in domains(op)]
    far = [(x,) for x in pools[0]] if len(pools) == 1 else [tuple(map(rng.choice, pools)) for _ in range(150)]
    points = ordinary(op, 80) + ordinary(op, 80 if op.arity else 400, limit=3.0) + far
    return [p for p in points if 0.0 not in p and len(set(p)) == len(p)] if op.kinks else points


def apply(op: Op, x):
    """`op` on `x`, however it wants its arguments."""
    half = len(x) // 2
    return op(*{0: x, 1: (x,), 2: (x[:half], x[half:])}[op.sequences])


def error(got: float, true: mpf, *, relative: bool) -> float:
    """How far `got` is from `true`, in units of the last place."""
    size = abs(true) if relative else max(abs(true), mpf(1))
    if size > LARGEST:
        return 0.0 if abs(got) >= LARGEST and (got > 0) == (true > 0) else math.inf
    return float(abs(mpf(got) - true) / mpf(math.ulp(float(size)))) if math.isfinite(got) else math.inf


def same(x, y):
    return x is y is None or (x is not None and y is not None and (x == y or (math.isnan(x) and math.isnan(y))))


inf, nan = math.inf, math.nan
POINTS = (-1.3, 0.49, 0.99, 1.01, 0.0, -0.0, inf, -inf, nan, 1e300, 1e-300, 5e-324, 3e-310)


def points(op):
    """All tuples of arguments; an n-ary operation gets all pairs beside 0.3, dot sequences of one."""
    beside = () if op.arity or op is ops.dot else (0.3,)
    return [(*x, *beside) for x in itertools.product(POINTS, repeat=op.arity or 2)]
