"""What a row of the table declares beside its formulas, and whether a declaration is one: see `autograd.op.Op`."""

import re
from collections.abc import Callable
from inspect import CO_VARARGS, signature
from math import inf
from types import FunctionType
from typing import Any, NamedTuple

from autograd.kinds import is_number
from autograd.labels import upright

# Intervals, for the column `domain`.
REAL, POSITIVE, NEGATIVE, UNIT = (-inf, inf), (0.0, inf), (-inf, 0.0), (-1.0, 1.0)


class Kink(NamedTuple):
    """A point where a derivative had to be chosen: the arguments, the partials there, and why."""

    at: tuple[float, ...]
    partials: tuple[float | None, ...]
    reason: str


class Bound(NamedTuple):
    """Largest error of value and partials, in units in the last place, where neither over- nor underflows.

    Relative to the true result where `relative`, else to the larger of 1 and the true result.
    """

    value: float
    partials: float
    relative: bool = True


EXACT = Bound(0.5, 0.5)


def takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    if isinstance(function, FunctionType) and not function.__defaults__ and not function.__code__.co_kwonlyargcount:
        code = function.__code__  # as most rows are; a signature takes long to make
        return code.co_argcount == count or (code.co_argcount < count and bool(code.co_flags & CO_VARARGS))
    try:
        signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def all_are(fits: Callable[[Any], bool], x: Any) -> bool:
    """Whether `x` is a tuple of such."""
    return isinstance(x, tuple) and all(map(fits, x))


def is_interval(x: Any) -> bool:
    """Whether `x` is an open interval."""
    return all_are(is_number, x) and len(x) == 2 and bool(x[0] < x[1])


def is_kink(x: Any) -> bool:
    """Whether `x` is a Kink with as many partials as arguments."""
    return isinstance(x, Kink) and isinstance(x.at, tuple) and isinstance(x.partials, tuple) and len(x.at) == len(x.partials)


def called(name: Any) -> str:
    """The LaTeX of an operation that has only a name; a # in it would mean an argument."""
    return upright(str(name)).replace("mathrm", "operatorname", 1).replace(r"\#", r"\sharp ") + r"\left(#*\right)"


def is_latex(x: Any, count: int) -> bool:
    """Whether `x` is a formula of so many arguments."""
    return isinstance(x, str) and all(1 <= int(i) <= count for i in re.findall(r"#(\d)", x))
