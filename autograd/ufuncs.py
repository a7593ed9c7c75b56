"""NumPy's names for the operations, on numbers: which function each ufunc is on Values. `autograd.arrays` applies them to arrays."""

import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from autograd import ops

LN_2, LN_10 = math.log(2.0), math.log(10.0)


def _asinh(x: Any) -> Any:
    size = ops.abs(x)
    y = ops.log1p(size + size * size / (1.0 + ops.hypot(1.0, size)))
    return ops.where(ops.less(x, 0.0), -y, ops.where(x, y, x))  # near 0 it is x, and abs has no slope at 0 itself


def _copysign(a: Any, b: Any) -> Any:
    size = ops.abs(a)
    return ops.where(ops.less(ops.where(b, b, ops.div(1.0, b)), 0.0), -size, size)  # 1/b tells -0.0 from 0.0


def _unless_nan(choice: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`choice` of two numbers, or the other where one is nan."""
    return lambda a, b: ops.where(ops.less_equal(a, a), ops.where(ops.less_equal(b, b), choice(a, b), a), b)


# What is a composition of rows.
OPERATIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.positive: operator.pos,
    np.conjugate: operator.pos,
    np.square: lambda x: ops.powc(x, 2.0),
    np.reciprocal: lambda x: ops.div(1.0, x),
    np.copysign: _copysign,
    np.heaviside: lambda x, at_0: ops.where(x, ops.step(x, 0.0), at_0),
    np.exp2: lambda x: ops.pow(2.0, x),
    np.log2: lambda x: ops.div(ops.log(x), LN_2),
    np.log10: lambda x: ops.div(ops.log(x), LN_10),
    np.logaddexp: lambda a, b: ops.logsumexp([a, b]),
    np.logaddexp2: lambda a, b: ops.div(ops.logsumexp([ops.mul(a, LN_2), ops.mul(b, LN_2)]), LN_2),
    np.arcsinh: _asinh,
    np.arccosh: lambda x: ops.log1p((x - 1.0) + ops.sqrt((x - 1.0) * (x + 1.0))),
    np.arctanh: lambda x: 0.5 * (ops.log1p(x) - ops.log1p(-x)),
    np.deg2rad: lambda x: ops.mul(x, math.pi / 180.0),
    np.radians: lambda x: ops.mul(x, math.pi / 180.0),
    np.rad2deg: lambda x: ops.mul(x, 180.0 / math.pi),
    np.degrees: lambda x: ops.mul(x, 180.0 / math.pi),
    np.fmax: _unless_nan(ops.maximum),
    np.fmin: _unless_nan(ops.minimum),
}

# SciPy's, by name, since SciPy need not be there; and the rows, by their names and others that they have there.
NAMED: dict[str, Callable[..., Any]] = {
    **{name: op for op in ops.TABLE.values() for name in (op.name, *op.aliases)},
    "_zeta": ops.zeta,  # which scipy.special.zeta calls
    "expit": ops.sigmoid,
    "log_expit": lambda x: -ops.softplus(-x),
    "logit": lambda x: ops.log(x) - ops.log1p(-x),
    "xlogy": lambda x, y: ops.where(x, x * ops.log(y), ops.where(ops.less_equal(y, y), 0.0, y)),
    "xlog1py": lambda x, y: ops.where(x, x * ops.log1p(y), ops.where(ops.less_equal(y, y), 0.0, y)),
    "entr": lambda x: ops.where(ops.less(x, 0.0), -math.inf, ops.where(x, -x * ops.log(x), 0.0)),
}

# A reduction over many numbers that is one operation.
REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: ops.sum,
    np.maximum: ops.maximum,
    np.minimum: ops.minimum,
    np.logaddexp: ops.logsumexp,
}

# These ask about the number and carry no gradient.
QUESTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.isnan: lambda x: not x <= x,  # noqa: PLR0124  # nan is not itself
    np.isfinite: lambda x: abs(x) < math.inf,
    np.isinf: lambda x: abs(x) >= math.inf,
    np.signbit: lambda x: x < 0.0 or (abs(x) <= 0.0 and 1.0 / _written(x) < 0.0),
    np.logical_and: lambda a, b: bool(a) and bool(b),
    np.logical_or: lambda a, b: bool(a) or bool(b),
    np.logical_xor: lambda a, b: bool(a) is not bool(b),
    np.logical_not: lambda x: not x,
}


# The rows, by the names that they have in NumPy.
OPERATIONS |= {
    f: op
    for op in ops.TABLE.values()
    for name in op.aliases or (op.name,)
    if isinstance(f := getattr(np, name, None), np.ufunc) and f not in QUESTIONS
}


def _written(x: Any) -> Any:
    """A float as NumPy's, so that 1/0 is not an error."""
    return np.float64(x) if x.__class__ is float else x


@cache
def on_numbers(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """What `ufunc` is on numbers, None if nothing."""
    return QUESTIONS.get(ufunc) or OPERATIONS.get(ufunc) or NAMED.get(ufunc.__name__)
