"""What a row of the table declares beside its formulas, and the checks of a declaration: see `autograd.op.Op`."""

import re
import reprlib
from collections.abc import Callable
from inspect import CO_VARARGS, Parameter, Signature, signature
from math import inf
from types import FunctionType
from typing import Any, NamedTuple

from autograd.errors import OperationError
from autograd.kinds import is_number
from autograd.labels import upright

# Intervals, for the column `domain`.
REAL, POSITIVE, NEGATIVE, UNIT = (-inf, inf), (0.0, inf), (-inf, 0.0), (-1.0, 1.0)


class Kink(NamedTuple):
    """A point where a derivative had to be chosen: the arguments, the partials there, and why."""

    at: tuple[float, ...]
    partials: tuple[float | None, ...]
    reason: str


# Why a derivative was chosen, and the kinks of several rows.
LEAST = "the subgradient of least size"
FLAT = "constant on either side"
RIGHT, INSIDE = "the limit from the right", "the limit from inside"
IEEE = "as 1/-0 in IEEE arithmetic"
POLE = Kink((0.0,), (inf,), RIGHT), Kink((-0.0,), (-inf,), IEEE)
JUMP = (Kink((0.0, 0.0), (None, None), FLAT),)
ENDS = Kink((1.0,), (inf,), INSIDE), Kink((-1.0,), (inf,), INSIDE)


class Bound(NamedTuple):
    """Largest error of value and partials, in units in the last place, where neither over- nor underflows.

    Relative to the true result where `relative`, else to the larger of 1 and the true result.
    """

    value: float
    partials: float
    relative: bool = True


EXACT = Bound(0.5, 0.5)


def called(name: Any) -> str:
    """The LaTeX of an operation that has only a name, in which a # would mean an argument."""
    return upright(str(name)).replace("mathrm", "operatorname", 1).replace(r"\#", r"\sharp ") + r"\left(#*\right)"


def signature_of(op: Any) -> Signature:
    """How an operation is called."""
    names = [("xs",), ("xs", "ys")][op.sequences - 1] if op.sequences else op.arguments or ("x",)
    kind = Parameter.POSITIONAL_ONLY if op.sequences or op.arity else Parameter.VAR_POSITIONAL
    first = len(names) - len(op.defaults)
    defaults = [Parameter.empty] * first + list(op.defaults)
    return Signature([Parameter(name, kind, default=default) for name, default in zip(names, defaults, strict=True)])


def description(op: Any) -> str:
    """The docstring of an operation."""
    single = tuple(f"x_{i}" for i in range(1, 10))
    several = [("x_1", r"\dots", "x_n"), ("xs",), ("xs", "ys")][op.sequences]
    names = op.arguments if op.arity else several if "#*" in op.latex else single
    domain = " × ".join(f"({low:g}, {high:g})" for low, high in op.domain)
    lines = [
        f"${op.formula(*names)}$, of numbers, arrays, Values or any other kind of number.",
        "",
        "Its local derivatives are in the table, autograd/ops.py.",
        *([f"Smooth for arguments in {domain}."] if op.domain != (REAL,) * len(op.domain) else []),
        *[f"At {_listed(k.at)} the derivative is {_listed(k.partials)}: {k.reason}." for k in op.kinks or ()],
        *([f"Error at most {op.bound.value:g} units in the last place, of the derivatives {op.bound.partials:g}."] if op.bound else []),
        *([f"It also answers to the NumPy or SciPy names {', '.join(op.numpy.split())}."] if op.numpy else []),
    ]
    return "\n".join(lines)


def _listed(numbers: tuple[float | None, ...]) -> str:
    shown = ["not defined" if x is None else f"{x:g}" for x in numbers]
    return shown[0] if len(shown) == 1 else f"({', '.join(shown)})"


def check(op: Any, cls: type[Any]) -> None:
    """Raise an error for a declaration with which the operation cannot work; `cls` is the class Op."""
    count = 9 if op.arity is None else op.arity  # 9 stands for any number
    of, kinks, defaults = op.constant_of, op.kinks, op.defaults
    rules: tuple[tuple[str, Any, str], ...] = (
        ("name", isinstance(op.name, str), "a string, the name of the variable that holds it"),
        ("value", count and _takes(op.value, count + 1), "a function of xp and at least one argument: lambda xp, x: ..."),
        ("partials", _takes(op.partials, count + 1), "a function of the result and what value takes: lambda y, x: (...,)"),
        ("label", isinstance(op.label, str), "a string or None"),
        ("latex", _is_latex(op.latex, count), "a string, in which #1 is the first argument and #* all of them, or None"),
        ("domain", _all_are(_is_interval, op.domain) and len(op.domain) == (op.arity or 1),
         "an open interval for each argument, such as ((-1.0, 1.0),), or None for the real line"),
        ("kinks", kinks is None or _all_are(_is_kink, kinks), "a tuple of Kinks, such as (Kink((0.0,), (1.0,), 'the reason'),), or None"),
        ("bound", isinstance(op.bound, Bound | None), "a Bound or None"),
        ("defaults", _all_are(is_number, defaults) and len(defaults) <= (op.arity or 0), "a tuple of numbers for the last arguments"),
        ("ties", isinstance(op.ties, bool), "True where arguments that tie share the derivative, else False"),
        ("numpy", isinstance(op.numpy, str), "a string, the name, or several with spaces between"),
        ("selects", isinstance(op.selects, bool), "True where the first argument selects one of the others, else False"),
        ("constant_of", of is None or (isinstance(of, cls) and of.arity == op.arity and of.constant is None),
         "an Op with equally many arguments, which no other Op replaces yet, or None"),
        ("sequences", op.sequences in range(1 if op.arity else 3), "1 or 2 where value is a function of xp and *x, else 0"),
    )  # fmt: skip
    for what, fits, expected in rules:
        if not fits:
            x = getattr(op, what)
            given = f"a function of {signature(x)}" if isinstance(x, FunctionType) else reprlib.repr(x)
            raise OperationError(f"got {given} as the {what} of {op.name!r}, expected {expected}")


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with `count` arguments."""
    if isinstance(function, FunctionType) and not function.__defaults__ and not function.__code__.co_kwonlyargcount:
        code = function.__code__  # as most rows are; a signature takes long to build
        return code.co_argcount == count or (code.co_argcount < count and bool(code.co_flags & CO_VARARGS))
    try:
        signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _all_are(fits: Callable[[Any], bool], x: Any) -> bool:
    """Whether `x` is a tuple of items that fit."""
    return isinstance(x, tuple) and all(map(fits, x))


def _is_interval(x: Any) -> bool:
    """Whether `x` is an open interval."""
    return _all_are(is_number, x) and len(x) == 2 and bool(x[0] < x[1])


def _is_kink(x: Any) -> bool:
    """Whether `x` is a Kink with as many partials as arguments."""
    return isinstance(x, Kink) and isinstance(x.at, tuple) and isinstance(x.partials, tuple) and len(x.at) == len(x.partials)


def _is_latex(x: Any, count: int) -> bool:
    """Whether `x` is a formula of at most `count` arguments."""
    return isinstance(x, str) and all(1 <= int(i) <= count for i in re.findall(r"#(\d)", x))
