"""Floats and NumPy arrays as kinds of number: the functions that they offer, with IEEE results everywhere."""

import functools
import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from types import BuiltinFunctionType
from typing import Any

import numpy as np

from autograd.errors import NumberError
from autograd.kinds import IEEE_TRAPS, REAL_DTYPES, as_float, is_node, kind_of, not_a_number, quietly, register_numbers

# Bytes of a float. Arrays of shorter floats are computed as 64-bit ones and rounded once, since constants of special functions overflow in
# them.
DOUBLE = 8

# Every float from this size on is a whole number.
WHOLE = 2.0**52


def functions(module: Any, kind: type) -> dict[str, Any]:
    """The public functions of a module, by name, for the class of a kind, which redefines those that differ."""
    return {name: f for name, f in vars(module).items() if isinstance(f, kind) and not name.startswith("_")}


class _Floats:
    """Python floats with the functions of `math`; IEEE results where `math` raises."""

    vars().update(functions(math, BuiltinFunctionType))
    abs, mod, floor_divide = math.fabs, operator.mod, operator.floordiv

    @staticmethod
    def floor(x: float) -> float:
        return math.copysign(math.floor(x), x) if math.fabs(x) < WHOLE else x

    @staticmethod
    def ceil(x: float) -> float:
        return math.copysign(math.ceil(x), x) if math.fabs(x) < WHOLE else x

    @staticmethod
    def rint(x: float) -> float:
        return math.copysign(round(x), x) if math.fabs(x) < WHOLE else x

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
        """The norm, scaled by a power of 2 where squares would over- or underflow; inf where one number is infinite."""
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


def log_or_nan(x: float) -> float:
    """The logarithm of any float without an exception, for a partial that may have no use for it."""
    return math.log(x) if x > 0.0 else -math.inf if x == 0.0 else math.nan


def _exact_sum(terms: Sequence[float], factors: Sequence[Sequence[float]]) -> float:
    """The exact sum of the terms, rounded once; -0.0 if all terms are -0.0.

    It overflows only if the result is too large for a float; an intermediate sum, or a term that is the product of two finite `factors`,
    may be.
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

    vars().update(functions(np, np.ufunc))  # NumPy has them under Python's names, too
    erf, erfc = (staticmethod(np.vectorize(f, otypes=[float])) for f in (math.erf, math.erfc))

    @staticmethod
    def sign(x: Any) -> Any:
        return np.where(x == 0.0, x, np.sign(x))[()]  # NumPy's sign of -0.0 is 0.0

    @staticmethod
    def pow(x: Any, y: Any) -> Any:
        """The power; for a single exponent of 0.5 NumPy takes the square root instead, which differs at -0.0 and -inf."""
        return np.where((y == 0.5) & ((x == 0.0) | np.isinf(x)), np.abs(x), np.power(x, y))[()]

    @staticmethod
    def where(condition: Any, a: Any, b: Any) -> Any:
        return np.where(condition, a, b)[()]

    @staticmethod
    def maximum(*x: Any) -> Any:
        """The first of equal numbers, so that a zero has the same sign in a batch as in a single sample."""
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
        arrays = [a if a.dtype.kind == "f" else a.astype(float) for a in arrays]
        if op.__module__ not in _LANEWISE and any(a.ndim for a in arrays):
            return _tried(op, arrays)
        kept, wide = np.result_type(*arrays or [np.zeros(())]), [a if a.itemsize >= DOUBLE else a.astype(float) for a in arrays]
        y = np.asarray(quietly(op.value, self, *wide))
        if y.dtype.kind not in REAL_DTYPES:
            return op.real(y)
        return (y if kept.itemsize >= DOUBLE else quietly(y.astype, kept))[()]


# The modules whose operations are known to take arrays element by element.
_LANEWISE = {"autograd.ops", "autograd.program.outputs"}


def _tried(op: Any, arrays: Sequence[np.ndarray]) -> Any:
    """An operation of the user's own on arrays; number by number where it does not take them element by element."""
    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    try:
        y = np.asarray(quietly(op.value, ARRAYS, *arrays))
        if y.shape == shape and y.dtype.kind in REAL_DTYPES:
            return y
    except Exception:  # noqa: BLE001, S110  # a function of single floats may raise anything for an array
        pass
    columns = [np.broadcast_to(a, shape).ravel().tolist() for a in arrays]
    return np.array([FLOATS.apply(op, x) for x in zip(*columns, strict=True)]).reshape(shape)


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
    return out.view(_node_array) if out.ndim and any(map(is_node, out.flat)) else out[()]


FLOATS: Any = _Floats()
ARRAYS: Any = _Arrays()
register_numbers(FLOATS, ARRAYS)

_node_array: type = np.ndarray


def register_arrays(cls: type) -> None:
    """Let operations return arrays of nodes as instances of `cls`, a subclass of ndarray."""
    global _node_array  # noqa: PLW0603  # set once, where the class is
    _node_array = cls
