"""The kinds of number that operations take, and the choice of the kind that computes with given numbers.

A kind is chosen by the types of the arguments; where they are mixed the highest rank wins. Each kind is registered by the file that
implements it: floats and arrays by `numeric.py`, the numbers of mpmath and SymPy by `symbols.py`, and `Value` by `value.py`.
"""

import math
import operator
import reprlib
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import copy_context
from decimal import Decimal
from numbers import Real
from typing import Any, Protocol, TypeAlias

import numpy as np

from autograd.errors import NumberError

# What Python raises where IEEE 754 has an answer: 1/0, exp(1000), log(0), sin(inf).
IEEE_TRAPS = (ArithmeticError, ValueError)

# What is converted to a float, the most common types first.
NUMBERS = (int, float, Real, Decimal, np.bool_)
Number: TypeAlias = float | np.floating[Any] | np.integer[Any] | np.bool | Real | Decimal  # as type checkers see them
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
        case str() | bytes():
            x = str(x) if isinstance(x, str) else x  # np.str_ shows its type
            remedy = "convert it first, {}" if _converts(float, x) else "{} fails, so give a number in its place"
            given = reprlib.repr(x)
            return f"got the {'string' if isinstance(x, str) else 'bytes'} {given}, {expected}: {remedy.format(f'float({given})')}"
        case np.ndarray() if x.dtype.kind == "c":
            return f"got an array of dtype {x.dtype}, {expected}: treat real and imaginary part separately, array.real and array.imag"
        case np.ndarray() if x.dtype.kind not in REAL_DTYPES + "O":
            remedy = "convert it first, {}" if _converts(lambda x: x.astype(float), x) else "{} fails, so give numbers in its place"
            return f"got an array of dtype {x.dtype}, {expected}: {remedy.format('array.astype(float)')}"
        case np.ndarray():
            return f"got an array of shape {x.shape}, {expected}: make one Value for each element, and give one at a time"
        case list() | tuple():
            return f"got a {type(x).__name__} of {len(x)}, {expected}: make one Value for each element, and give one at a time"
        case complex() | np.complexfloating():
            return f"got the complex number {x}, {expected}: treat real and imaginary part separately, z.real and z.imag"
    if type(x).__name__ == "Value":
        return f"got a Value, {expected}: it is a node already; compute with it as it is, and where a plain number is needed write v.data"
    return f"got {reprlib.repr(x)} of type {type(x).__name__}, {expected}{_remedy(x)}"


def _remedy(x: object) -> str:
    """What to do with an object that holds numbers."""
    if hasattr(x, "toarray"):
        return ": where an array is taken, give x.toarray()"
    if hasattr(type(x), "__array__") or isinstance(x, memoryview | array):
        return ": where an array is taken, give numpy.asarray(x)"
    if isinstance(x, Mapping):
        return "" if isinstance(x, dict) else ": where a structure is taken, give dict(x)"
    return ": where a structure is taken, give list(x)" if isinstance(x, Iterable) else ""


def _converts(convert: Callable[[Any], Any], x: Any) -> bool:
    try:
        convert(x)
    except (TypeError, ValueError):
        return False
    return True


def operand(x: Any) -> Any:
    """`x` as a float; NotImplemented where it is not a number, but of a class that may have operators for Values: no built-in one."""
    try:
        return as_float(x)
    except NumberError:
        if type(x).__module__ == "builtins":
            raise
        return NotImplemented


def comparand(x: Any) -> Any:
    """`x` as a float, NotImplemented where it is not a number."""
    try:
        return as_float(x)
    except NumberError:
        return NotImplemented


def quietly(f: Callable[..., Any], *args: Any) -> Any:
    """`f(*args)` without NumPy's warnings of inf and nan.

    It runs in a copy of the context, where NumPy keeps its error state, since Ctrl-C may prevent the exit of np.errstate.
    """
    return copy_context().run(_quiet, f, args)


def _quiet(f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    with np.errstate(all="ignore"):
        return f(*args)


_FLOAT, _SCALAR, _SYMBOL, _NODE, _ARRAY = range(5)
_known: dict[type, tuple[int, Kind]] = {}
_libraries: dict[str, Callable[[], Kind]] = {}


def register_node(cls: type, kind: Kind) -> None:
    """Make `cls` a kind of number whose operations are recorded by `kind`."""
    _known[cls] = (_NODE, kind)


def register_numbers(floats: Kind, arrays: Kind) -> None:
    """Let `floats` compute with Python's numbers, and `arrays` with NumPy's."""
    _known[float], _known[np.ndarray] = (_FLOAT, floats), (_ARRAY, arrays)


def register_library(name: str, kind: Callable[[], Kind]) -> None:
    """Let the numbers whose classes the package `name` defines be computed with by what `kind()` returns, called for the first of them."""
    _libraries[name] = kind


def is_node(x: Any) -> bool:
    """Whether `x` is a number whose operations are recorded: a Value."""
    return x.__class__ in _known and _known[x.__class__][0] == _NODE


def _recognise(cls: type) -> tuple[int, Kind]:
    if issubclass(cls, np.ndarray):
        return _known[np.ndarray]
    if issubclass(cls, np.generic):
        return _SCALAR, _known[np.ndarray][1]
    library = cls.__module__.partition(".")[0]
    if library in _libraries:  # before NUMBERS, since mpmath and SymPy register theirs as Real
        return _SYMBOL, _libraries[library]()
    if issubclass(cls, NUMBERS):
        return _known[float]
    raise NumberError


def kind_of(x: Sequence[Any]) -> Kind:
    """The kind that computes with all of `x`: of those present, the one of highest rank."""
    best = _known[float]
    for cls in dict.fromkeys(map(type, x)):
        if cls not in _known:
            try:
                _known[cls] = _recognise(cls)
            except NumberError:
                raise NumberError(not_a_number(next(a for a in x if a.__class__ is cls))) from None
        if _known[cls][0] > best[0]:
            best = _known[cls]
    return best[1]
