"""NumPy's names for the operations, on numbers: which function each ufunc is on Values. `autograd.arrays` applies them to arrays."""

import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from autograd import ops
from autograd.errors import OperationError


def _negative(x: Any) -> Any:
    return ops.less(ops.where(x, x, ops.div(1.0, x)), 0.0)  # 1/x distinguishes -0.0 from 0.0


def _copysign(a: Any, b: Any) -> Any:
    size = ops.abs(a)
    return ops.where(_negative(b), -size, size)


def truncated(x: Any) -> Any:
    """The nearest whole number towards 0."""
    return ops.where(ops.less(x, 0.0), ops.ceil(x), ops.floor(x))


def _fmod(a: Any, b: Any) -> Any:
    """The remainder with the sign of `a`."""
    size = ops.abs(b)
    return ops.where(_negative(a), -ops.mod(-a, size), ops.mod(a, size))


def _modf(x: Any) -> tuple[Any, Any]:
    rest = ops.where(ops.equal(x, x), _copysign(0.0, x), x)  # of an infinite number, and of nan
    return ops.where(ops.less(ops.abs(x), math.inf), _fmod(x, 1.0), rest), truncated(x)


def _ldexp(x: Any, exponent: Any) -> Any:
    try:
        k = max(-3000, min(3000, operator.index(exponent)))  # beyond, the result is 0 or infinite
    except TypeError:
        raise OperationError(f"np.ldexp takes a whole number as the exponent, got {exponent!r}: write x * autograd.exp2(y)") from None
    while abs(k) > 1000:  # 2**k itself could be too large or too small
        part = math.copysign(1000.0, k)
        x, k = ops.mul(x, 2.0**part), k - int(part)
    return ops.mul(x, 2.0**k)


def _unless_nan(choice: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """`choice` of two numbers, or the other where one is nan."""
    return lambda a, b: ops.where(ops.less_equal(a, a), ops.where(ops.less_equal(b, b), choice(a, b), a), b)


# Compositions of rows.
OPERATIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.positive: operator.pos,
    np.conjugate: operator.pos,
    np.square: lambda x: ops.powc(x, 2.0),
    np.reciprocal: lambda x: ops.div(1.0, x),
    np.trunc: truncated,
    np.fmod: _fmod,
    np.modf: _modf,
    np.divmod: lambda a, b: (ops.floordiv(a, b), ops.mod(a, b)),
    np.ldexp: _ldexp,
    np.copysign: _copysign,
    np.heaviside: lambda x, at_0: ops.where(x, ops.step(x, 0.0), at_0),
    np.logaddexp2: lambda a, b: ops.mul(ops.logaddexp(ops.mul(a, ops.LN_2), ops.mul(b, ops.LN_2)), ops.LOG2_E),
    np.deg2rad: lambda x: ops.mul(x, math.pi / 180.0),
    np.radians: lambda x: ops.mul(x, math.pi / 180.0),
    np.rad2deg: lambda x: ops.mul(x, 180.0 / math.pi),
    np.degrees: lambda x: ops.mul(x, 180.0 / math.pi),
    np.fmax: _unless_nan(ops.maximum),
    np.fmin: _unless_nan(ops.minimum),
}


def _betaln(a: Any, b: Any) -> Any:
    return ops.lgamma(a) + ops.lgamma(b) - ops.lgamma(a + b)


def _beta(a: Any, b: Any) -> Any:
    product = ops.gamma(a) * (ops.gamma(b) / ops.gamma(a + b))
    return ops.where(ops.less(ops.maximum(a, b), 80.0), product, ops.exp(_betaln(a, b)))  # no gamma overflows below 160


# SciPy's functions, by name, since SciPy need not be installed; and the rows, by their names and aliases in SciPy.
NAMED: dict[str, Callable[..., Any]] = {
    **{name: op for op in ops.TABLE.values() for name in (op.name, *op.aliases)},
    "_zeta": ops.zeta,  # which scipy.special.zeta calls
    "expit": ops.sigmoid,
    "log_expit": lambda x: -ops.softplus(-x),
    "logit": lambda x: ops.log(x) - ops.log1p(-x),
    "xlogy": lambda x, y: ops.where(x, x * ops.log(y), ops.where(ops.less_equal(y, y), 0.0, y)),
    "xlog1py": lambda x, y: ops.where(x, x * ops.log1p(y), ops.where(ops.less_equal(y, y), 0.0, y)),
    "exp10": lambda x: ops.pow(10.0, x),
    "erfcinv": lambda x: -ops.ROOT_HALF * ops.ndtri(0.5 * x),
    "betaln": _betaln,
    "beta": _beta,
    "entr": lambda x: ops.where(ops.less(x, 0.0), -math.inf, ops.where(x, -x * ops.log(x), 0.0)),
}

# What has no derivative, and why.
WITHOUT: dict[np.ufunc, str] = {
    np.frexp: "it gives an integer together with the fraction: write np.ldexp(v, -k) with a k of your choice",
    np.isnat: "it is a test of dates: for a float use np.isnan(v)",
    **dict.fromkeys(
        (np.nextafter, np.spacing), "it steps from float to float, and has no derivative: where no gradient is wanted give it v.data"
    ),
}

# A reduction over many numbers that is one operation.
REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: ops.sum,
    np.maximum: ops.maximum,
    np.minimum: ops.minimum,
    np.logaddexp: ops.logsumexp,
}

# Predicates of the number, without a gradient.
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

# The same where answers are numbers that live on, as in a function that is traced; and what is computed of such.
LIVE: dict[np.ufunc, Callable[..., Any]] = {
    **{f: QUESTIONS[f] for f in (np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal)},
    np.isnan: lambda x: x != x,  # noqa: PLR0124  # as above
    np.isfinite: lambda x: abs(x) < math.inf,
    np.isinf: lambda x: abs(x) >= math.inf,
    np.logical_and: lambda a, b: (a != 0.0) & (b != 0.0),
    np.logical_or: lambda a, b: (a != 0.0) | (b != 0.0),
    np.logical_xor: lambda a, b: (a != 0.0) ^ (b != 0.0),
    np.logical_not: lambda x: x == 0.0,
    np.bitwise_and: operator.and_,
    np.bitwise_or: operator.or_,
    np.bitwise_xor: operator.xor,
    np.invert: lambda x: not x if isinstance(x, bool | np.bool_) else ~x,
}

# The rows, by the names that they have in NumPy.
OPERATIONS |= {
    f: op
    for op in ops.TABLE.values()
    for name in op.aliases or (op.name,)
    if isinstance(f := getattr(np, name, None), np.ufunc) and f not in QUESTIONS
}


def _written(x: Any) -> Any:
    """A float as a NumPy scalar, so that 1/0 is not an error."""
    return np.float64(x) if x.__class__ is float else x


def why_not(ufunc: np.ufunc) -> str:
    """Why there is no such function of Values, and what to do, for a message."""
    if ufunc in WITHOUT:
        return WITHOUT[ufunc]
    if getattr(np, ufunc.__name__, None) is ufunc and not any(set("fd") & set(types) for types in ufunc.types):
        return "it takes no floats, and has no derivative: where no gradient is wanted give it whole numbers, such as int(v.data)"
    return "compose it of the operations in autograd.ops.TABLE, or declare an autograd.Op with its derivative"


@cache
def on_numbers(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """What `ufunc` is on numbers, None if nothing."""
    return QUESTIONS.get(ufunc) or OPERATIONS.get(ufunc) or NAMED.get(ufunc.__name__)


# What NumPy makes of these for bools; None where it refuses.
OF_BOOLS: dict[np.ufunc, np.ufunc | None] = {
    **dict.fromkeys((np.add, np.maximum), np.logical_or),
    **dict.fromkeys((np.multiply, np.minimum), np.logical_and),
    **dict.fromkeys((np.subtract, np.negative)),
}
