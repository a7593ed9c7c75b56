"""The kinds of number that an operation takes, each with the functions to compute with it.

Floats, NumPy arrays, mpmath numbers and SymPy symbols are known here; `value.py` registers `Value`.
A kind is chosen by the types of the arguments; where they are mixed the highest rank wins.
"""

import functools
import math
import operator
import reprlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import Any, Protocol

import numpy as np

from autograd.errors import NumberError

# What Python raises where IEEE 754 has an answer: 1/0, exp(1000), log(0), sin(inf).
IEEE_TRAPS = (ArithmeticError, ValueError)

# What becomes a float, the commonest first.
NUMBERS = (int, float, Real, Decimal, np.bool_)
REAL_DTYPES = "biuf"


class Kind(Protocol):
    """How one kind of number is computed with: applies an operation to arguments of it."""

    def apply(self, op: Any, x: Sequence[Any]) -> Any:
        """The result of the Op `op` on the numbers `x`."""


def as_float(x: Any) -> float:
    """`x` as a float: int, float, bool, Fraction, Decimal, NumPy scalar or 0-d array.

    >>> from fractions import Fraction
    >>> as_float(Fraction(1, 4))
    0.25
    """
    if isinstance(x, np.ndarray) and x.ndim == 0:
        x = x[()]
    if isinstance(x, NUMBERS):
        try:
            return float(x)
        except OverflowError:
            return math.inf if operator.gt(x, 0) else -math.inf  # an int or a Fraction beyond the largest float
        except ValueError:
            return math.nan  # Decimal's signalling nan
    raise NumberError(not_a_number(x))


def named_float(what: str, x: Any) -> float:
    """`x` as a float, or an error that says what it was for."""
    try:
        return as_float(x)
    except NumberError as error:
        raise NumberError(f"in {what}: {error}") from None


def is_number(x: Any) -> bool:
    """Whether an operation takes `x`: a number of any kind, or an array of them."""
    if isinstance(x, np.ndarray | np.generic):
        return all(map(is_number, x.flat)) if x.dtype.kind == "O" else x.dtype.kind in REAL_DTYPES
    try:
        kind_of([x])
    except NumberError:
        return False
    return True


def not_a_number(x: object) -> str:
    """Say what `x` is, what was expected, and what to do."""
    expected = "expected one real number (int, float, NumPy scalar, Fraction or Decimal)"
    match x:
        case str():
            return f"got the text {str(x)!r}, {expected}: convert it first, float({str(x)!r})"
        case np.ndarray() if x.dtype.kind not in REAL_DTYPES + "O":
            return f"got an array of dtype {x.dtype}, {expected}: convert it first, array.astype(float)"
        case np.ndarray():
            return f"got an array of shape {x.shape}, {expected}: make one Value for each element"
        case list() | tuple():
            return f"got a {type(x).__name__} of {len(x)}, {expected}: make one Value for each element"
        case complex() | np.complexfloating():
            return f"got the complex number {x}, {expected}: treat real and imaginary part apart"
    if type(x).__name__ == "Value":
        return f"got a Value, {expected}: it is a node already; use it as it is, or its .data"
    return f"got {reprlib.repr(x)} of type {type(x).__name__}, {expected}"


class _Floats:
    """Python floats with the functions of `math`; IEEE results where `math` raises."""

    exp, log, sqrt, expm1, log1p = math.exp, math.log, math.sqrt, math.expm1, math.log1p
    sin, cos, tan, asin, acos, atan = math.sin, math.cos, math.tan, math.asin, math.acos, math.atan
    sinh, cosh, tanh, erf = math.sinh, math.cosh, math.tanh, math.erf
    atan2, hypot, pow, abs = math.atan2, math.hypot, math.pow, math.fabs

    @staticmethod
    def sign(x: float) -> float:
        return x if x == 0.0 or math.isnan(x) else math.copysign(1.0, x)

    @staticmethod
    def where(condition: Any, a: float, b: float) -> float:
        return a if condition else b

    @staticmethod
    def maximum(*x: float) -> float:
        return functools.reduce(lambda a, b: a if a >= b or math.isnan(a) else b, x)

    @staticmethod
    def minimum(*x: float) -> float:
        return functools.reduce(lambda a, b: a if a <= b or math.isnan(a) else b, x)

    @staticmethod
    def norm(*x: float) -> float:
        """Of numbers times a power of 2 where their squares would over- or underflow; inf where one is infinite."""
        largest = max([0.0, *map(math.fabs, x)])
        if largest == math.inf:
            return largest
        scale = 2.0**-600 if largest > 2.0**500 else 2.0**600 if largest < 2.0**-500 else 1.0
        return math.sqrt(_exact_sum([a * scale * (a * scale) for a in x], ())) / scale

    @staticmethod
    def shift(*x: float) -> float:
        return largest if math.isfinite(largest := max([-math.inf, *x])) else 0.0

    @staticmethod
    def sum(*x: float) -> float:
        return _exact_sum(x, ())

    @staticmethod
    def dot(ws: Sequence[float], xs: Sequence[float]) -> float:
        return _exact_sum([w * x for w, x in zip(ws, xs, strict=True)], (ws, xs))

    def apply(self, op: Any, x: Sequence[Any]) -> float:
        x = [as_float(a) for a in x]
        try:
            y = op.value(self, *x)
        except IEEE_TRAPS:
            y = ARRAYS.apply(op, [np.float64(a) for a in x])
        return y if y.__class__ is float else op.real(y)


def _exact_sum(terms: Sequence[float], factors: Sequence[Sequence[float]]) -> float:
    """The exact sum of the terms, rounded once; of zeros that all are -0.0 it is -0.0.

    Only the result may be too large for a float, but neither a sum on the way nor a term that is the product of two finite `factors`.
    """
    try:
        total = math.fsum(terms)
    except IEEE_TRAPS:
        total = math.nan
    if math.isfinite(total):
        return total or (-0.0 if terms and all(math.copysign(1.0, a) < 0.0 for a in terms) else 0.0)
    exact, special = Fraction(0), 0.0
    for a, *pair in zip(terms, *factors, strict=True):
        if math.isfinite(a):
            exact += Fraction(a)
        elif pair and all(map(math.isfinite, pair)):
            exact += Fraction(pair[0] * 2.0**-540 * (pair[1] * 2.0**-540)) * 2**1080
        else:
            special += a
    return as_float(exact) if special == 0.0 else special


class _Arrays:
    """NumPy arrays and scalars, element by element; never a warning, IEEE results instead."""

    exp, log, sqrt, expm1, log1p = np.exp, np.log, np.sqrt, np.expm1, np.log1p
    sin, cos, tan, asin, acos, atan = np.sin, np.cos, np.tan, np.arcsin, np.arccos, np.arctan
    sinh, cosh, tanh, erf = np.sinh, np.cosh, np.tanh, staticmethod(np.vectorize(math.erf, otypes=[float]))
    atan2, hypot, abs = np.arctan2, np.hypot, np.abs

    @staticmethod
    def sign(x: Any) -> Any:
        return np.where(x == 0.0, x, np.sign(x))[()]  # NumPy's sign of -0.0 is 0.0

    @staticmethod
    def pow(x: Any, y: Any) -> Any:
        """NumPy takes the square root where there is one exponent, of 0.5; at -0.0 and -inf that is not the power."""
        return np.where((y == 0.5) & ((x == 0.0) | np.isinf(x)), np.abs(x), np.power(x, y))[()]

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        return np.where(condition, a, b)[()]

    @staticmethod
    def maximum(*x: Any) -> Any:
        """Of equal ones the first, so that the sign of a zero is that of one sample."""
        return functools.reduce(lambda a, b: _Arrays.where((a >= b) | np.isnan(a), a, b), x)

    @staticmethod
    def minimum(*x: Any) -> Any:
        return functools.reduce(lambda a, b: _Arrays.where((a <= b) | np.isnan(a), a, b), x)

    @staticmethod
    def norm(*x: Any) -> Any:
        largest = functools.reduce(np.fmax, map(np.abs, x))
        scale = np.where(largest > 2.0**500, 2.0**-600, np.where(largest < 2.0**-500, 2.0**600, 1.0))
        length = np.sqrt(_compensated_sum([a * scale * (a * scale) for a in x])) / scale
        return np.where(np.isinf(largest), np.inf, length)[()]

    def shift(self, *x: Any) -> Any:
        largest = self.maximum(-math.inf, *x)
        return self.where(np.isfinite(largest), largest, 0.0)

    @staticmethod
    def sum(*x: Any) -> Any:
        return _with_exact(_compensated_sum(x), x, _Floats.sum)

    @staticmethod
    def dot(ws: Sequence[Any], xs: Sequence[Any]) -> Any:
        total = _compensated_sum([w * x for w, x in zip(ws, xs, strict=True)])
        return _with_exact(total, [*ws, *xs], lambda *x: _Floats.dot(x[: len(ws)], x[len(ws) :]))

    def apply(self, op: Any, x: Sequence[Any]) -> Any:
        arrays = [np.asarray(as_float(a) if kind_of([a]) is FLOATS else a) for a in x]
        if any(a.dtype == object for a in arrays):
            return _each(op, arrays)
        for given, a in zip(x, arrays, strict=True):
            if a.dtype.kind not in REAL_DTYPES:
                raise NumberError(not_a_number(given))
        with np.errstate(all="ignore"):
            y = np.asarray(op.value(self, *(a if a.dtype.kind == "f" else a.astype(float) for a in arrays)))
        return y[()] if y.dtype.kind in REAL_DTYPES else op.real(y)


def _compensated_sum(terms: Sequence[Any]) -> Any:
    """Neumaier's sum, so that a batch is as exact as one sample."""
    total, lost = (terms[0] if terms else 0.0), 0.0
    for a in terms[1:]:
        new = total + a
        lost = lost + np.where(np.abs(total) >= np.abs(a), (total - new) + a, (a - new) + total)
        total = new
    return np.where(np.isfinite(total) & (lost != 0.0), total + lost, total)


def _with_exact(total: np.ndarray, x: Sequence[Any], function: Callable[..., float]) -> Any:
    """`total`, with `function` of floats where it is not finite: something may have overflowed on the way."""
    odd = ~np.isfinite(total)
    if odd.any():
        rows = [np.broadcast_to(a, total.shape)[odd].tolist() for a in x]
        total[odd] = [function(*row) for row in zip(*rows, strict=True)]
    return total[()]


def _each(op: Any, arrays: Sequence[np.ndarray]) -> Any:
    """Apply `op` element by element, broadcast: the way for object arrays of Values."""
    arrays = np.broadcast_arrays(*arrays)
    out = np.empty(arrays[0].shape, dtype=object)
    for i in np.ndindex(out.shape):
        x = [a[i] for a in arrays]
        out[i] = kind_of(x).apply(op, x)
    return out[()]


class _Symbols:
    """What mpmath and SymPy have in common: functions by name, n-ary ones by Python's operators.

    `names` are those that the library calls otherwise, or whose formula is plainer than the one that floats need. They are those of the
    table: an operation of the user's own may have the same name.
    """

    def __init__(self, functions: Any, names: dict[str, Any]) -> None:
        self.functions = functions
        self.names = names

    def __getattr__(self, name: str) -> Any:
        return self.names.get(name) or getattr(self.functions, name)

    @staticmethod
    def sum(*x: Any) -> Any:
        return functools.reduce(operator.add, x, 0)

    def dot(self, ws: Sequence[Any], xs: Sequence[Any]) -> Any:
        return self.sum(*map(operator.mul, ws, xs))

    def apply(self, op: Any, x: Sequence[Any]) -> Any:
        own = self.names.get(op.name) if op.__module__ == "autograd.ops" else None
        return own(*x) if own else op.value(self, *x)


@functools.cache
def _mpmath() -> _Symbols:
    import mpmath  # noqa: PLC0415  # only where its numbers are used

    return _Symbols(
        mpmath.mp,
        {
            "abs": abs,
            "pow": mpmath.power,
            "where": _Floats.where,
            "maximum": lambda *x: max(x),
            "minimum": lambda *x: min(x),
            "shift": lambda *x: max(x, default=0),
            "norm": lambda *x: mpmath.sqrt(mpmath.fsum(x, squared=True)),
        },
    )


@functools.cache
def _sympy() -> _Symbols:
    import sympy  # noqa: PLC0415  # as above

    def where(condition: Any, a: Any, b: Any) -> Any:
        if not getattr(condition, "is_Relational", False):
            condition = sympy.Ne(condition, 0)
        return sympy.Piecewise((a, condition), (b, True))

    return _Symbols(
        sympy,
        {
            "abs": sympy.Abs,
            "pow": sympy.Pow,
            "where": where,
            "maximum": sympy.Max,
            "minimum": sympy.Min,
            "expm1": lambda x: sympy.exp(x) - 1,
            "log1p": lambda x: sympy.log(1 + x),
            "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
            "norm": lambda *x: sympy.sqrt(sum((a**2 for a in x), start=sympy.Integer(0))),
            "shift": lambda *_: sympy.Integer(0),
            "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
            "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
            "step": lambda x, threshold: sympy.Piecewise((1, x > threshold), (0, True)),
        },
    )


FLOATS = _Floats()
ARRAYS = _Arrays()
_FLOAT, _SCALAR, _SYMBOL, _NODE, _ARRAY = range(5)
_known: dict[type, tuple[int, Kind]] = {float: (_FLOAT, FLOATS)}


def register_node(cls: type, kind: Kind) -> None:
    """Make `cls` a kind of number whose operations are recorded by `kind`."""
    _known[cls] = (_NODE, kind)


def _recognise(cls: type) -> tuple[int, Kind]:
    if issubclass(cls, np.ndarray):
        return _ARRAY, ARRAYS
    if issubclass(cls, np.generic):
        return _SCALAR, ARRAYS
    match cls.__module__.partition(".")[0]:  # before NUMBERS, since mpmath and SymPy register their numbers as Real
        case "mpmath":
            return _SYMBOL, _mpmath()
        case "sympy":
            return _SYMBOL, _sympy()
    if issubclass(cls, NUMBERS):
        return _FLOAT, FLOATS
    raise NumberError


def kind_of(x: Sequence[Any]) -> Kind:
    """The kind that computes with all of `x`: of those present, the one of highest rank."""
    best: tuple[int, Kind] = (_FLOAT, FLOATS)
    for cls in dict.fromkeys(map(type, x)):
        if cls not in _known:
            try:
                _known[cls] = _recognise(cls)
            except NumberError:
                raise NumberError(not_a_number(next(a for a in x if a.__class__ is cls))) from None
        if _known[cls][0] > best[0]:
            best = _known[cls]
    return best[1]
