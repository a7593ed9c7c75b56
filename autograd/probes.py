"""Two kinds of number with which gradcheck checks derivatives.

`COMPLEX` is for the complex step; `branches` computes with floats that note which branches are taken.
"""

import cmath
import functools
import math
import operator
from collections.abc import Sequence
from contextlib import suppress
from types import BuiltinFunctionType
from typing import Any, Self

from autograd.kinds import as_float
from autograd.numeric import _Floats, functions


class _Branches(_Floats):
    """Floats that note each choice between alternatives in `taken`: by a number for the alternative, 0 where they meet."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    def note(self, side: float) -> float:
        self.taken.append(_Floats.sign(side))
        return side

    def where(self, condition: Any, a: float, b: float) -> float:  # type: ignore[override]  # static there
        if not isinstance(condition, bool):  # a bool was noted by the comparison
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
        """Note the piece of a function that is smooth between whole numbers; returns `whole`."""
        self.taken.append(2.0 * whole + 1.0 if to_edge else 0.0)
        return whole

    def _chosen(self, x: Sequence[float], y: float) -> float:
        places = [k for k, a in enumerate(x, start=1) if a == y]
        self.taken.append(places[0] if len(places) == 1 else 0)
        return y

    def apply(self, op: Any, x: Sequence[Any]) -> float:
        return as_float(op.value(self, *[_Compared(a).noted_by(self) for a in x]))


class _Compared(float):
    """A float that notes, for each comparison, on which side of it the other number is."""

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

    vars().update(functions(cmath, BuiltinFunctionType))
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
        """The power; for a negative base and an integer exponent by that of -z, since the logarithm would lose a small imaginary part."""
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


COMPLEX: Any = _Complexes()


def branches(op: Any, x: Sequence[float]) -> list[float]:
    """Which branch of each choice in its value an operation takes on floats, a number for each: 0 where the alternatives meet.

    If the operation raises an error, those noted before it.
    """
    kind = _Branches()
    with suppress(Exception):  # a user's operation may raise anything
        kind.apply(op, x)
    return kind.taken
