"""The kinds of number that an operation takes, each with the functions to compute with it.

Floats, NumPy arrays, mpmath numbers and SymPy symbols are known here; `value.py` registers `Value`.
A kind is chosen by the types of the arguments; where they are mixed the highest rank wins. Two kinds are asked for by name, to see
whether a derivative is right: `COMPLEX` for the complex step, and the floats of `branches`, which note the branches that they take.
"""

import cmath
import functools
import math
import operator
import reprlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import copy_context
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from types import BuiltinFunctionType
from typing import Any, Protocol, Self

import numpy as np

from autograd.errors import NumberError

# What Python raises where IEEE 754 has an answer: 1/0, exp(1000), log(0), sin(inf).
IEEE_TRAPS = (ArithmeticError, ValueError)

# What becomes a float, the commonest first.
NUMBERS = (int, float, Real, Decimal, np.bool_)
REAL_DTYPES = "biuf"

# Bytes of a float. Arrays of shorter ones are computed as floats and rounded once: constants of special functions are too large for them.
DOUBLE = 8

# From here on every float is a whole number.
WHOLE = 2.0**52


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
    return f"got {reprlib.repr(x)} of type {type(x).__name__}, {expected}"


def _converts(convert: Callable[[Any], Any], x: Any) -> bool:
    try:
        convert(x)
    except (TypeError, ValueError):
        return False
    return True


def no_operand(x: object) -> Any:
    """What an operator of a Value answers for `x`, which is no number: who defined its class may know; Python's own types never do."""
    if type(x).__module__ == "builtins":
        raise NumberError(not_a_number(x))
    return NotImplemented


def _functions(module: Any, kind: type) -> dict[str, Any]:
    """The functions of numbers that a module has, by name, for the class of a kind: where one differs, it follows there."""
    return {name: f for name, f in vars(module).items() if isinstance(f, kind) and not name.startswith("_")}


class _Floats:
    """Python floats with the functions of `math`; IEEE results where `math` raises."""

    vars().update(_functions(math, BuiltinFunctionType))
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


class _Branches(_Floats):
    """Floats that note each choice between several in `taken`: by a number that tells the alternatives apart, 0 where they meet."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def note(self, side: float) -> float:
        self.taken.append(_Floats.sign(side))
        return side

    def where(self, condition: Any, a: float, b: float) -> float:  # type: ignore[override]  # static there
        if not isinstance(condition, bool):  # which a comparison has noted
            self.note(condition)
        return a if condition else b

    def maximum(self, *x: float) -> float:  # type: ignore[override]  # as above
        return self._chosen(x, _Floats.maximum(*map(float, x)))

    def minimum(self, *x: float) -> float:  # type: ignore[override]  # as above
        return self._chosen(x, _Floats.minimum(*map(float, x)))

    def sign(self, x: float) -> float:  # type: ignore[override]  # as above
        return _Floats.sign(self.note(x))

    def abs(self, x: float) -> float:  # type: ignore[override]  # as above
        return math.fabs(self.note(x))

    def floor(self, x: float) -> float:  # type: ignore[override]  # as above
        return self._part(_Floats.floor(x), x - _Floats.floor(x))

    def ceil(self, x: float) -> float:  # type: ignore[override]  # as above
        return self._part(_Floats.ceil(x), x - _Floats.ceil(x))

    def rint(self, x: float) -> float:  # type: ignore[override]  # as above
        return self._part(_Floats.rint(x), math.fabs(x - _Floats.rint(x)) - 0.5)

    def floor_divide(self, a: float, b: float) -> float:  # type: ignore[override]  # as above
        return self._part(a // b, a % b)

    def mod(self, a: float, b: float) -> float:  # type: ignore[override]  # as above
        self._part(a // b, a % b)
        return float(a) % b

    def _part(self, whole: float, to_edge: float) -> float:
        """Of a function that is piecewise smooth between whole numbers: which piece it is."""
        self.taken.append(2.0 * whole + 1.0 if to_edge else 0.0)
        return whole

    def _chosen(self, x: Sequence[float], y: float) -> float:
        places = [k for k, a in enumerate(x, start=1) if a == y]
        self.taken.append(places[0] if len(places) == 1 else 0)
        return y

    def apply(self, op: Any, x: Sequence[Any]) -> float:
        return as_float(op.value(self, *[_Compared(a).noted_by(self) for a in x]))


class _Compared(float):
    """A float that notes on which side of it is what it is compared with."""

    def noted_by(self, branches: _Branches) -> Self:
        self.branches = branches
        return self

    def _minus(self, other: Any) -> float:
        return self.branches.note(float(self) - other)

    def __lt__(self, other: Any) -> bool:
        return self._minus(other) < 0.0

    def __le__(self, other: Any) -> bool:
        return self._minus(other) <= 0.0

    def __gt__(self, other: Any) -> bool:
        return self._minus(other) > 0.0

    def __ge__(self, other: Any) -> bool:
        return self._minus(other) >= 0.0


class _Ordered(complex):
    """A complex number that is compared by its real part."""

    def __lt__(self, other: Any) -> bool:
        return bool(self.real < other.real)

    def __le__(self, other: Any) -> bool:
        return bool(self.real <= other.real)

    def __gt__(self, other: Any) -> bool:
        return bool(self.real > other.real)

    def __ge__(self, other: Any) -> bool:
        return bool(self.real >= other.real)


class _Complexes:
    """Complex numbers, for operations that are analytic, or piecewise so by the real part.

    At a real part of 0 `abs` and `maximum` are on the same side, so that kinks which cancel in a formula, as in softplus, cancel here.
    """

    vars().update(_functions(cmath, BuiltinFunctionType))
    shift = staticmethod(lambda *z: max(a.real for a in z))
    maximum = staticmethod(lambda *z: max(z, key=lambda a: a.real))
    minimum = staticmethod(lambda *z: min(z, key=lambda a: a.real))
    where = staticmethod(lambda condition, a, b: a if condition.real else b)
    sign = staticmethod(lambda z: complex(_Floats.sign(z.real)))
    abs = staticmethod(lambda z: z if z.real >= 0.0 else -z)
    expm1 = staticmethod(lambda z: cmath.exp(z) - 1.0)
    log1p = staticmethod(lambda z: cmath.log(1.0 + z))
    exp2 = staticmethod(lambda z: cmath.exp(z * math.log(2.0)))
    log2 = staticmethod(lambda z: cmath.log(z) / math.log(2.0))
    cbrt = staticmethod(lambda z: -((-z) ** (1.0 / 3.0)) if z.real < 0.0 else z ** (1.0 / 3.0))
    floor, ceil, rint, floor_divide = (
        staticmethod(lambda *z, f=f: complex(f(*[a.real for a in z])))
        for f in (_Floats.floor, _Floats.ceil, _Floats.rint, operator.floordiv)
    )
    mod = staticmethod(lambda z, c: z - c * (z.real // c.real))
    sum = staticmethod(lambda *z: functools.reduce(operator.add, z))
    dot = staticmethod(lambda ws, zs: functools.reduce(operator.add, map(operator.mul, ws, zs)))

    @staticmethod
    def pow(z: complex, c: complex) -> complex:
        """An integer power of a negative number is that of its opposite: the logarithm would lose a small imaginary part."""
        if z.real < 0.0 and c.imag == 0.0 and c.real.is_integer():
            return (-1.0) ** int(c.real) * (-z) ** c
        return z**c

    @staticmethod
    def atan2(y: complex, x: complex) -> complex:
        """Up to a constant the arctangent of y/x, or minus that of x/y."""
        angle = cmath.atan(y / x) if abs(x) >= abs(y) else -cmath.atan(x / y)
        return complex(math.atan2(y.real, x.real), angle.imag)

    @staticmethod
    def norm(*z: complex) -> complex:
        largest = max(map(abs, z), default=0.0) or 1.0
        unit = largest if largest < 1.0 else 1e-150 * largest  # squares do not overflow, nor does a small imaginary part underflow
        return unit * cmath.sqrt(functools.reduce(operator.add, [(a / unit) ** 2 for a in z]))

    hypot = norm

    def apply(self, op: Any, x: Sequence[Any]) -> complex:
        return complex(op.value(self, *map(_Ordered, x)))


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

    vars().update(_functions(np, np.ufunc))  # which has the names of Python, too
    erf, erfc = (staticmethod(np.vectorize(f, otypes=[float])) for f in (math.erf, math.erfc))

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
        arrays = [a if a.dtype.kind == "f" else a.astype(float) for a in arrays]
        if op.__module__ not in _LANEWISE and any(a.ndim for a in arrays):
            return _tried(op, arrays)
        kept, wide = np.result_type(*arrays or [np.zeros(())]), [a if a.itemsize >= DOUBLE else a.astype(float) for a in arrays]
        y = np.asarray(quietly(op.value, self, *wide))
        if y.dtype.kind not in REAL_DTYPES:
            return op.real(y)
        return (y if kept.itemsize >= DOUBLE else quietly(y.astype, kept))[()]


def quietly(f: Callable[..., Any], *args: Any) -> Any:
    """`f(*args)` without NumPy's warnings of inf and nan.

    In a copy of the context, where NumPy keeps what it warns of: Ctrl-C may cut off the exit of errstate.
    """
    return copy_context().run(_quiet, f, args)


def _quiet(f: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    with np.errstate(all="ignore"):
        return f(*args)


# Where the operations are declared that take arrays element by element.
_LANEWISE = {"autograd.ops", "autograd.program.outputs"}


def _tried(op: Any, arrays: Sequence[np.ndarray]) -> Any:
    """An operation of the user's own on arrays; number by number where it does not take them element by element."""
    shape = np.broadcast_shapes(*[a.shape for a in arrays])
    try:
        y = np.asarray(quietly(op.value, ARRAYS, *arrays))
        if y.shape == shape and y.dtype.kind in REAL_DTYPES:
            return y
    except Exception:  # noqa: BLE001, S110  # what takes single floats may raise any for an array
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

    def sum(self, *x: Any) -> Any:
        at_once = getattr(self.functions, "Add", None)
        return at_once(*x) if at_once else functools.reduce(operator.add, x, 0)

    def dot(self, ws: Sequence[Any], xs: Sequence[Any]) -> Any:
        return self.sum(*map(operator.mul, ws, xs))

    def apply(self, op: Any, x: Sequence[Any]) -> Any:
        own = self.names.get(op.name) if op.__module__ == "autograd.ops" else None
        return own(*x) if own else op.value(self, *x)


@functools.cache
def _mpmath() -> _Symbols:
    import mpmath  # noqa: PLC0415  # only where its numbers are used

    def ndtri(x: Any) -> Any:
        """By the smaller of the two tails: with 2x - 1, of which mpmath has the inverse of erf, digits would be lost."""
        tail = min(x, 1 - x)
        y = mpmath.findroot(lambda y: mpmath.log(mpmath.ncdf(y) / tail), -mpmath.sqrt(-2 * mpmath.log(2 * tail)))
        return y if x < 0.5 else -y

    return _Symbols(
        mpmath.mp,
        {
            "abs": abs,
            "pow": mpmath.power,
            "where": _Floats.where,
            "maximum": lambda *x: max(x),
            "minimum": lambda *x: min(x),
            "shift": lambda *x: max(x, default=0),
            "exp2": lambda x: mpmath.power(2, x),
            "log2": lambda x: mpmath.log(x, 2),
            "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
            "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
            "rint": mpmath.nint,
            "mod": operator.mod,
            "floor_divide": lambda a, b: mpmath.floor(a / b),
            "norm": lambda *x: mpmath.sqrt(mpmath.fsum(x, squared=True)),
            "erfcx": lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
            "ndtr": mpmath.ncdf,
            "log_ndtr": lambda x: mpmath.log(mpmath.ncdf(x)) if x < 0 else mpmath.log1p(-mpmath.ncdf(-x)),
            "erfinv": mpmath.erfinv,
            "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
            "digamma": mpmath.digamma,
            "zeta": mpmath.zeta,
            "mills": lambda n, x: n * mpmath.pcfu(n + 0.5, x) / mpmath.pcfu(n - 0.5, x),
            "ndtri": ndtri,
            "gamma": mpmath.gamma,
        },
    )


def _sympy_mills(n: Any, x: Any) -> Any:
    """By erfc where n is a whole number, else by integrals."""
    import sympy  # noqa: PLC0415  # as above

    if n == 1:
        return sympy.sqrt(2 / sympy.pi) * sympy.exp(-(x**2) / 2) / sympy.erfc(x / sympy.sqrt(2)) - x
    if sympy.sympify(n).is_number and n > 1 and n == int(n):
        return (n - 1) / _sympy_mills(n - 1, x) - x
    t = sympy.Symbol("t", positive=True)
    above, below = (sympy.Integral(t**k * sympy.exp(-(t**2) / 2 - x * t), (t, 0, sympy.oo)) for k in (n, n - 1))
    return above / below


@functools.cache
def _sympy() -> _Symbols:
    import sympy  # noqa: PLC0415  # as above

    choices = (sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise, sympy.Heaviside)

    def nested(*x: Any) -> bool:
        """Whether there are choices within, which SymPy takes a time to compare that doubles with each level."""
        return any(sympy.sympify(a).has(*choices) for a in x)

    def where(condition: Any, a: Any, b: Any) -> Any:
        condition = sympy.sympify(condition)
        number, within = isinstance(condition, sympy.Expr), len(condition.atoms(sympy.Piecewise))
        if number and within > 2 * isinstance(condition, sympy.Piecewise):
            return b + (a - b) * (sympy.Heaviside(condition, 0) + sympy.Heaviside(-condition, 0))
        if within and isinstance(condition, sympy.Gt | sympy.Ge | sympy.Lt | sympy.Le):
            equal = int(isinstance(condition, sympy.Ge | sympy.Le))
            return b + (a - b) * sympy.Heaviside(condition.gts - condition.lts, equal)
        if number:
            condition = sympy.Ne(condition, 0)
        return sympy.Piecewise((a, condition), (b, True), evaluate=not nested(a, b, condition))

    def choice(function: Any, *x: Any) -> Any:
        return function(*x, evaluate=len(x) <= 10 and not nested(*x))  # it compares each with each

    def below(x: Any) -> Any:
        """The normal distribution function; not as 1 - erfc(x/√2)/2, which SymPy would make of it, and which has no digits in the tail."""
        return sympy.erfc(-x / sympy.sqrt(2), evaluate=False) / 2

    return _Symbols(
        sympy,
        {
            "abs": functools.partial(choice, sympy.Abs),
            "sign": functools.partial(choice, sympy.sign),
            "relu": lambda x: choice(sympy.Max, 0, x) if nested(x) else where(x <= 0, 0, x),
            "pow": sympy.Pow,
            "where": where,
            "maximum": functools.partial(choice, sympy.Max),
            "minimum": functools.partial(choice, sympy.Min),
            "expm1": lambda x: sympy.exp(x) - 1,
            "log1p": lambda x: sympy.log(1 + x),
            "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
            "norm": lambda *x: sympy.sqrt(sum((a**2 for a in x), start=sympy.Integer(0))),
            "shift": lambda *_: sympy.Integer(0),
            "exp2": lambda x: sympy.Integer(2) ** x,
            "log2": lambda x: sympy.log(x) / sympy.log(2),
            "log10": lambda x: sympy.log(x) / sympy.log(10),
            "logaddexp": lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
            "cbrt": lambda x: choice(sympy.sign, x) * choice(sympy.Abs, x) ** sympy.Rational(1, 3),
            "gelu": lambda x: x * sympy.erfc(-x / sympy.sqrt(2)) / 2,
            "silu": lambda x: x / (1 + sympy.exp(-x)),
            "ceil": sympy.ceiling,
            "rint": lambda x: sympy.ceiling(x / 2 - sympy.Rational(1, 4)) + sympy.floor(x / 2 + sympy.Rational(1, 4)),
            "mod": operator.mod,
            "floor_divide": operator.floordiv,
            "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
            "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
            "step": lambda x, threshold: where(sympy.Gt(x, threshold, evaluate=not nested(x, threshold)), 1, 0),
            "erfcx": lambda x: sympy.exp(x**2) * sympy.erfc(x),
            "ndtr": below,
            "log_ndtr": lambda x: sympy.log(below(x)),
            "erfinv": sympy.erfinv,
            "lgamma": sympy.loggamma,
            "digamma": sympy.digamma,
            "zeta": sympy.zeta,
            "mills": _sympy_mills,
            "ndtri": lambda x: sympy.sqrt(2) * sympy.erfinv(2 * x - 1),
            "gamma": sympy.gamma,
            "equal": lambda a, b: where(a - b, 0, 1) if nested(a, b) else where(sympy.Eq(a, b), 1, 0),
        },
    )


FLOATS = _Floats()
ARRAYS = _Arrays()
COMPLEX = _Complexes()


def branches(op: Any, x: Sequence[float]) -> list[float]:
    """Which branch of each choice in its value an operation takes on floats, a number for each: 0 where the alternatives meet.

    Those before it fails, where it does.
    """
    kind = _Branches()
    with suppress(Exception):  # a user's operation may raise anything
        kind.apply(op, x)
    return kind.taken


_FLOAT, _SCALAR, _SYMBOL, _NODE, _ARRAY = range(5)
_known: dict[type, tuple[int, Kind]] = {float: (_FLOAT, FLOATS)}
_UNKNOWN = (_FLOAT, FLOATS)
_node_array: type = np.ndarray


def register_node(cls: type, kind: Kind) -> None:
    """Make `cls` a kind of number whose operations are recorded by `kind`."""
    _known[cls] = (_NODE, kind)


def register_arrays(cls: type) -> None:
    """Make `cls`, of arrays, that of the arrays of nodes that operations give."""
    global _node_array  # noqa: PLW0603  # set once, where the class is
    _node_array = cls


def is_node(x: Any) -> bool:
    """Whether `x` is a number whose operations are recorded: a Value."""
    return _known.get(x.__class__, _UNKNOWN)[0] == _NODE


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
