"""The table of elementary operations: each is declared once, and everything else derives from it.

A row states the operation's `value` and its `partials` (one local derivative for each argument) on any
kind of number: floats give numbers, arrays give batches, Values give graphs, mpmath gives fifty digits, SymPy
gives formulas. `y` is the value, so that `exp` has the partial `y`. `None` stands for "does not depend on it".

Partials are written with operators and operations only and never branch on data, so that they can be recorded and
differentiated themselves: a branch is an operation (`step`, `where`). They are chosen to be accurate, not merely right:
`1 - y*y` is tanh's derivative too, but at x = 20 it has lost every digit that `4 σ(2x) σ(-2x)` keeps.

Sources: Griewank and Walther, Evaluating Derivatives (2008), table 2.3; Goldberg, What every computer scientist
should know about floating-point arithmetic (1991); Blanchard, Higham and Higham, Accurately computing the
log-sum-exp and softmax functions (2021).
"""

import math
import re
import reprlib
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from inspect import CO_VARARGS, signature
from itertools import chain
from math import fsum, inf, nan, pi
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from autograd.compiled import Operation, native
from autograd.errors import LengthError, NumberError, OperationError
from autograd.kinds import FLOATS, IEEE_TRAPS, as_float, is_number, kind_of, quietly
from autograd.labels import upright

# How tightly an operation binds when a formula is printed.
SUM, PRODUCT, SIGN, POWER, FUNCTION = range(1, 6)

REAL = (-inf, inf)
POSITIVE = (0.0, inf)
TWO_BY_ROOT_PI = 1.1283791670955126


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


# The names of this module, each operation bound to floats: see `_on_floats`.
ON_FLOATS: dict[str, Any] = {}


def _on_floats(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` of this module with the operations that it names bound to floats, so that they need not look at what they are given."""
    return FunctionType(function.__code__, ON_FLOATS) if getattr(function, "__globals__", None) is globals() else function


class Op(Operation):
    """An elementary operation, and itself the function: `exp(2.0)`, `exp(array)`, `exp(Value(2.0))`.

    Args:
        name: the name of the variable that holds it, by which it is pickled.
        value: `value(xp, *x)`, one expression; `xp` holds the functions for the numbers given.
        partials: `partials(y, *x)`, a tuple with one local derivative for each argument, None where there is no dependence.
        label: what a picture shows.
        latex: the formula, with `#1`, `#2` for the arguments and `#*` for all of them.
        precedence: how tightly the formula binds.
        domain: for each argument the open interval in which the operation is smooth; n-ary operations give one for all.
        kinks: the points with a chosen derivative.
        bound: the largest error on floats.
        defaults: values of the last arguments when they are left out.
        sequences: how many sequences of equal length are taken in place of single arguments.
        ties: whether arguments that tie share the derivative. A constant that ties is one more argument whose share may be chosen, and
            the subgradient of least size is then 0 for all.

    >>> cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))
    >>> cube(2.0)
    8.0
    """

    ties = False

    def __init__(
        self,
        name: str,
        value: Callable[..., Any],
        partials: Callable[..., tuple[Any, ...]],
        label: str | None = None,
        latex: str | None = None,
        precedence: int = FUNCTION,
        domain: tuple[tuple[float, float], ...] | None = None,
        kinks: tuple[Kink, ...] | None = None,
        bound: Bound | None = None,
        *,
        defaults: tuple[float, ...] = (),
        sequences: int = 0,
        ties: bool = False,
    ) -> None:
        code = getattr(value, "__code__", None)
        if code is None:
            raise OperationError(f"the value of {name} is {value!r}, expected a function written in Python: lambda xp, x: ...")
        if not callable(partials):
            raise OperationError(f"the partials of {name} are {partials!r}, expected a function: lambda y, x: (...,)")
        self.name = name
        self.value = value
        self.partials = partials
        self.label = name if label is None else label
        self.latex = _called(name) if latex is None else latex
        self.precedence = precedence
        self.domain = domain
        self.kinks = kinks
        self.bound = bound
        self.defaults = defaults
        self.sequences = sequences
        self.ties = ties
        self.on_floats = partial(value, FLOATS)
        self.partials_on_floats = _on_floats(partials)
        self.arguments: tuple[str, ...] = code.co_varnames[1 : code.co_argcount]
        self.arity = None if code.co_flags & CO_VARARGS else len(self.arguments)
        self._check()
        self.__module__ = sys._getframe(1).f_globals["__name__"]  # noqa: SLF001  # as namedtuple does, so that it can be pickled

    def _check(self) -> None:
        """Refuse a declaration with which the operation cannot work."""
        count = 9 if self.arity is None else self.arity  # 9 stands for any number
        domain, kinks, defaults = self.domain, self.kinks, self.defaults
        rules: tuple[tuple[str, Any, str], ...] = (
            ("name", isinstance(self.name, str), "a text, the name of the variable that holds it"),
            ("value", count and _takes(self.value, count + 1), "a function of xp and at least one argument: lambda xp, x: ..."),
            ("partials", _takes(self.partials, count + 1), "a function of the result and what value takes: lambda y, x: (...,)"),
            ("label", isinstance(self.label, str), "a text or None"),
            ("latex", _is_latex(self.latex, count), "a text, in which #1 is the first argument and #* all of them, or None"),
            ("precedence", self.precedence in range(SUM, FUNCTION + 1), f"an int from {SUM} to {FUNCTION}"),
            ("domain", domain is None or (_all(_is_interval, domain) and len(domain) == (self.arity or 1)),
             "an open interval for each argument, such as ((-1.0, 1.0),), or None"),
            ("kinks", kinks is None or _all(_is_kink, kinks), "a tuple of Kinks, such as (Kink((0.0,), (1.0,), 'the reason'),), or None"),
            ("bound", isinstance(self.bound, Bound | None), "a Bound or None"),
            ("defaults", _all(is_number, defaults) and len(defaults) <= (self.arity or 0), "a tuple of numbers for the last arguments"),
            ("ties", isinstance(self.ties, bool), "True where arguments that tie share the derivative, else False"),
            ("sequences", self.sequences in range(1 if self.arity else 3), "1 or 2 with the value a function of xp and *x, else 0"),
        )  # fmt: skip
        for what, fits, expected in rules:
            if not fits:
                x = getattr(self, what)
                given = f"a function of {signature(x)}" if isinstance(x, FunctionType) else reprlib.repr(x)
                raise OperationError(f"got {given} as the {what} of {self.name!r}, expected {expected}")

    def apply(self, *x: Any) -> Any:
        """Apply the operation to any kind of number; a Value among the arguments gives a Value."""
        if len(x) == self.arity:
            for a in x:
                if a.__class__ is not float:
                    break
            else:
                try:
                    y = self.on_floats(*x)
                except IEEE_TRAPS:
                    return FLOATS.apply(self, x)
                return y if y.__class__ is float else self.real(y)
        elif self.sequences:
            x = self._flatten(x)
        elif self.arity is not None:
            x = self._completed(x, self.arity)
        else:
            if len(x) == 1 and (isinstance(x[0], list | tuple) or (isinstance(x[0], np.ndarray) and x[0].ndim)):
                x = tuple(x[0])
            if not x:
                raise LengthError(f"{self.name}() takes at least one argument, got none")
        try:
            return kind_of(x).apply(self, x)
        except NumberError as error:
            raise self._blamed(error, x) from None

    if not TYPE_CHECKING and native is None:
        __call__ = apply

    def _blamed(self, error: NumberError, x: tuple[Any, ...]) -> NumberError:
        """`error`, with the operation and the argument that is to blame, if one is."""
        i = next((i for i, a in enumerate(x) if not is_number(a)), None)
        if i is None:
            return error
        if self.sequences:
            sequence, element = divmod(i, len(x) // self.sequences)
            return NumberError(f"{self.name}(), element {element} of sequence {sequence}: {error}")
        return NumberError(f"{self.name}(), argument {i if self.arity is None else self.arguments[i]}: {error}")

    def real(self, y: Any, what: str = "value") -> float:
        """What the value or a partial gave at floats, as a float."""
        try:
            return as_float(y)
        except NumberError:
            raise OperationError(
                f"the {what} of {self.name} gave {reprlib.repr(y)} of type {type(y).__name__}, expected a real number: compute it with "
                "functions that give nan where there is none, such as xp.sqrt or autograd.sqrt; a Value has to be an argument, not captured"
            ) from None

    def _completed(self, x: tuple[Any, ...], arity: int) -> tuple[Any, ...]:
        missing = arity - len(x)
        if not 0 < missing <= len(self.defaults):
            raise LengthError(f"{self.name}() takes {arity} arguments, got {len(x)}: {self.name}({', '.join(self.arguments)})")
        return x + self.defaults[-missing:]

    def _flatten(self, sequences: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(sequences) != self.sequences:
            raise LengthError(f"{self.name}() takes {self.sequences} sequences, got {len(sequences)}: put the numbers of each in a list")
        for s in sequences:
            if not (isinstance(s, list) or _is_sequence(s)):
                raise NumberError(f"{self.name}() takes a sequence of numbers, got {s!r}: put it in a list")
        columns = [tuple(s) for s in sequences]
        if len({len(c) for c in columns}) > 1:
            lengths = " and ".join(str(len(c)) for c in columns)
            raise LengthError(f"{self.name}() takes sequences of equal length, got lengths {lengths}: give as many numbers in each")
        return tuple(chain.from_iterable(columns))

    def evaluate(self, x: Sequence[float]) -> tuple[float, tuple[float | None, ...]]:
        """Value and partials at floats, with IEEE results where Python would raise.

        >>> log.evaluate([0.0])
        (-inf, (inf,))
        """
        try:
            y = self.value(FLOATS, *x)
        except IEEE_TRAPS:
            y = FLOATS.apply(self, x)
        if y.__class__ is not float:
            y = self.real(y)
        known = self.partials_on_floats is not self.partials  # a row of this table: floats give floats
        try:
            p = self.partials_on_floats(y, *x)
        except IEEE_TRAPS:
            known = False
            p = quietly(self.partials, np.float64(y), *map(np.float64, x))
        if not isinstance(p, tuple):
            raise OperationError(f"the partials of {self.name} are {p!r}, expected a tuple, one for each argument: (…,)")
        if len(p) != len(x):
            raise OperationError(f"the partials of {self.name} are {len(p)}, expected one for each of its {len(x)} arguments")
        return y, p if known else tuple([None if q is None else self.real(q, "partial") for q in p])

    def settled(self, partials: tuple[Any, ...], args: Sequence[Any]) -> tuple[Any, ...]:
        """What `partials` are where some of `args` are constants, floats among Values: see `ties`.

        >>> maximum.settled((0.5, 0.5), (variable := object(), 0.0))
        (0.0, 0.0)
        """
        shares = [p for p, a in zip(partials, args, strict=True) if a.__class__ is float] if self.ties else []
        if not shares:
            return partials
        left = 1.0 - step(reduce(add, shares))
        return tuple([p * left for p in partials])

    def __reduce__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def _repr_latex_(self) -> str:
        names = ["x", "y", "z"][: self.arity] if self.arity else ["x_1", r"\dots", "x_n"]
        return f"${self.formula(*names)}$"

    def formula(self, *x: str) -> str:
        r"""The LaTeX of the operation on arguments given as LaTeX.

        >>> print(div.formula("a", "b"))
        \frac{a}{b}
        """
        return re.sub(r"#(\d|\*)", lambda m: ", ".join(x) if m[1] == "*" else x[int(m[1]) - 1], self.latex)


def _takes(function: Callable[..., Any], count: int) -> bool:
    """Whether a function can be called with so many arguments."""
    try:
        signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _is_sequence(x: Any) -> bool:
    return bool(x.ndim) if isinstance(x, np.ndarray) else isinstance(x, Iterable) and not isinstance(x, str | bytes)


def _all(fits: Callable[[Any], bool], x: Any) -> bool:
    return isinstance(x, tuple) and all(map(fits, x))


def _is_interval(x: Any) -> bool:
    return _all(is_number, x) and len(x) == 2 and bool(x[0] < x[1])


def _is_kink(x: Any) -> bool:
    return isinstance(x, Kink) and isinstance(x.at, tuple) and isinstance(x.partials, tuple) and len(x.at) == len(x.partials)


def _called(name: Any) -> str:
    """The LaTeX of an operation that has only a name, in which # would stand for an argument."""
    return upright(str(name)).replace("mathrm", "operatorname", 1).replace(r"\#", r"\sharp ") + r"\left(#*\right)"


def _is_latex(x: Any, count: int) -> bool:
    return isinstance(x, str) and all(1 <= int(i) <= count for i in re.findall(r"#(\d)", x))


def _shares(y: Any, x: tuple[Any, ...], beats: Callable[[Any, Any], Any]) -> tuple[Any, ...]:
    """Partials of a maximum or minimum: 1, shared equally among the arguments that `y` does not beat."""
    winners = [1.0 - beats(y, a) for a in x]
    count = sum(winners)
    return tuple(w / count for w in winners)


def _softmax(x: tuple[Any, ...]) -> tuple[Any, ...]:
    """Partials of log-sum-exp; they do not depend on the shift, which keeps `exp` from overflowing."""
    shift = stop_gradient(maximum(*x))
    e = [exp(a - shift) for a in x]
    total = sum(e)
    return tuple(a / total for a in e)


def _direction(x: tuple[Any, ...], norm: Callable[..., Any]) -> tuple[Any, ...]:
    """Partials of a norm, x / norm(x): of x in units of its largest entry, so that nothing over- or underflows."""
    unit = stop_gradient(maximum(*[abs(a) for a in x]))
    u = [a / unit for a in x]
    length = norm(*u)
    return tuple(where(unit, a / length, 0.0) for a in u)


# A table: one operation a row, every row in the same order.
# fmt: off

# Arithmetic.

add: Op = Op("add", lambda xp, a, b: a + b, lambda y, a, b: (1.0, 1.0),
             "+", "#1 + #2", SUM, (REAL, REAL), (), EXACT)

sub: Op = Op("sub", lambda xp, a, b: a - b, lambda y, a, b: (1.0, -1.0),
             "-", "#1 - #2", SUM, (REAL, REAL), (), EXACT)

mul: Op = Op("mul", lambda xp, a, b: a * b, lambda y, a, b: (b, a),
             "*", r"#1 \cdot #2", PRODUCT, (REAL, REAL), (), EXACT)

div: Op = Op("div", lambda xp, a, b: a / b, lambda y, a, b: (1.0 / b, -y / b),
             "/", r"\frac{#1}{#2}", FUNCTION, (REAL, POSITIVE), (), Bound(0.5, 1.5))

neg: Op = Op("neg", lambda xp, x: -x, lambda y, x: (-1.0,),
             "neg", "-#1", SIGN, (REAL,), (), EXACT)

def _any_log(x: float) -> float:
    """The logarithm for the partial of a power, which has no use for it where x is negative, but is not to fail."""
    return math.log(x) if x > 0.0 else -inf if x == 0.0 else nan


# d/dx is 0 everywhere at y = 0: the condition holds where y = 0 and 1/x is inf or nan. d/dy is z log x, but 0 where x = 0 and y >= 0.
pow: Op = Op("pow", lambda xp, x, y: xp.pow(x, y),
             lambda z, x, y: (where(where(y, 0.0, 1.0 / x - 1.0 / x), 0.0, y * pow(x, y - 1.0)),
                              where(where(x, 1.0, step(-y, 0.0)), z * log(x), 0.0)),
             "**", "#1^{#2}", POWER, (POSITIVE, REAL),
             (Kink((0.0, 0.0), (0.0, 0.0), "x**0 is 1 for every x; for d/dy the limit of x**y log x along y > 0"),
              Kink((0.0, 2.0), (0.0, 0.0), "the limit of x**y log x"),
              Kink((-2.0, 3.0), (12.0, nan), "log(x) is not real"),
              Kink((-2.0, 0.0), (0.0, nan), "x**0 is 1 for every x; log(x) is not real")),
             Bound(1.0, 750.0))

# A row of its own, so that a constant exponent never evaluates log(x). What the bound allows for is the rounding of c - 1, which
# matters for fractional c and huge or tiny x; y/x would be closer there, but is nan at 0.
powc: Op = Op("powc", lambda xp, x, c: xp.pow(x, c), lambda y, x, c: (where(c, c * pow(x, c - 1.0), 0.0), None),
              "**", "#1^{#2}", POWER, (POSITIVE, REAL),
              (Kink((0.0, 0.0), (0.0, None), "x**0 is 1 for every x"),),
              Bound(1.0, 750.0))

sum: Op = Op("sum", lambda xp, *x: xp.sum(*x), lambda y, *x: (1.0,) * len(x),
             "sum", r"\sum\left(#*\right)", FUNCTION, (REAL,), (), EXACT, sequences=1)

# dot(ws, xs): its arguments are those of ws, then those of xs.
dot: Op = Op("dot", lambda xp, *x: xp.dot(x[: len(x) // 2], x[len(x) // 2 :]),
             lambda y, *x: x[len(x) // 2 :] + x[: len(x) // 2],
             "dot", r"\operatorname{dot}\left(#*\right)", FUNCTION, (REAL,), (), Bound(1.0, 0.5, relative=False), sequences=2)

# Powers, exponentials and logarithms.

sqrt: Op = Op("sqrt", lambda xp, x: xp.sqrt(x), lambda y, x: (0.5 / y,),
              "sqrt", r"\sqrt{#1}", FUNCTION, (POSITIVE,),
              (Kink((0.0,), (inf,), "the limit from the right"), Kink((-0.0,), (-inf,), "as 1/-0 in IEEE arithmetic")), Bound(0.5, 1.5))

exp: Op = Op("exp", lambda xp, x: xp.exp(x), lambda y, x: (y,),
             "exp", "e^{#1}", POWER, (REAL,), (), Bound(1.0, 1.0))

expm1: Op = Op("expm1", lambda xp, x: xp.expm1(x), lambda y, x: (exp(x),),
               "expm1", r"\left(e^{#1} - 1\right)", FUNCTION, (REAL,), (), Bound(1.0, 1.0))

log: Op = Op("log", lambda xp, x: xp.log(x), lambda y, x: (1.0 / x,),
             "log", r"\ln\left(#1\right)", FUNCTION, (POSITIVE,),
             (Kink((0.0,), (inf,), "the limit from the right"), Kink((-0.0,), (-inf,), "as 1/-0 in IEEE arithmetic"),
              Kink((-2.0,), (-0.5,), "1/x, the derivative of ln|x|; the value is nan")),
             Bound(1.0, 0.5))

log1p: Op = Op("log1p", lambda xp, x: xp.log1p(x), lambda y, x: (1.0 / (1.0 + x),),
               "log1p", r"\ln\left(1 + #1\right)", FUNCTION, ((-1.0, inf),),
               (Kink((-1.0,), (inf,), "the limit from the right"),
                Kink((-3.0,), (-0.5,), "1/(1 + x), the derivative of ln|1 + x|; the value is nan")),
               Bound(1.0, 1.5))

# log sum exp(x): with the largest term's 1 taken out of the sum, so that log1p keeps what is small beside it.
logsumexp: Op = Op("logsumexp",
                   lambda xp, *x: (m := xp.shift(*x)) + xp.log1p(xp.sum(*(xp.exp(a - m) for a in x), -1.0)),
                   lambda y, *x: _softmax(x),
                   "logsumexp", r"\ln \sum \exp\left(#*\right)", FUNCTION, (REAL,), (),
                   Bound(2.9, 2.0, relative=False), sequences=1)

# Activations.

sigmoid: Op = Op("sigmoid",
                 lambda xp, x: xp.where(x < 0.0, e := xp.exp(-xp.abs(x)), 1.0) / (1.0 + e),
                 lambda y, x: (y * sigmoid(-x),),
                 "sigmoid", r"\sigma\left(#1\right)", FUNCTION, (REAL,), (), Bound(2.5, 5.5))

tanh: Op = Op("tanh", lambda xp, x: xp.tanh(x), lambda y, x: (4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x),),
              "tanh", r"\tanh\left(#1\right)", FUNCTION, (REAL,), (), Bound(2.5, 5.5))

softplus: Op = Op("softplus", lambda xp, x: xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x))), lambda y, x: (sigmoid(x),),
                  "softplus", r"\ln\left(1 + e^{#1}\right)", FUNCTION, (REAL,), (), Bound(2.5, 2.5))

relu: Op = Op("relu", lambda xp, x: xp.where(x <= 0.0, 0.0, x), lambda y, x: (step(x, 0.0),),
              "relu", r"\operatorname{relu}\left(#1\right)", FUNCTION, (REAL,),
              (Kink((0.0,), (0.0,), "the subgradient of least size"),), EXACT)

leaky_relu: Op = Op("leaky_relu", lambda xp, x, slope: xp.where(x > 0.0, x, slope * x),
                    lambda y, x, slope: (where(x, (s := step(x, 0.0)) + slope * (1.0 - s), minimum(1.0, slope)), minimum(x, 0.0)),
                    "leaky_relu", r"\operatorname{leaky\_relu}\left(#*\right)", FUNCTION, (REAL, (0.0, 1.0)),
                    (Kink((0.0, 0.01), (0.01, 0.0), "the subgradient of least size"),), EXACT, defaults=(0.01,))

erf: Op = Op("erf", lambda xp, x: xp.erf(x), lambda y, x: (TWO_BY_ROOT_PI * exp(-x * x),),
             "erf", r"\operatorname{erf}\left(#1\right)", FUNCTION, (REAL,), (), Bound(1.0, 1.5, relative=False))

# Angles.

sin: Op = Op("sin", lambda xp, x: xp.sin(x), lambda y, x: (cos(x),),
             "sin", r"\sin\left(#1\right)", FUNCTION, (REAL,), (), Bound(1.0, 1.0))

cos: Op = Op("cos", lambda xp, x: xp.cos(x), lambda y, x: (-sin(x),),
             "cos", r"\cos\left(#1\right)", FUNCTION, (REAL,), (), Bound(1.0, 1.0))

tan: Op = Op("tan", lambda xp, x: xp.tan(x), lambda y, x: (1.0 + y * y,),
             "tan", r"\tan\left(#1\right)", FUNCTION, ((-pi / 2, pi / 2),), (), Bound(1.0, 4.0))

asin: Op = Op("asin", lambda xp, x: xp.asin(x), lambda y, x: (1.0 / sqrt((1.0 - x) * (1.0 + x)),),
              "asin", r"\arcsin\left(#1\right)", FUNCTION, ((-1.0, 1.0),),
              (Kink((1.0,), (inf,), "the limit from inside"), Kink((-1.0,), (inf,), "the limit from inside")),
              Bound(1.0, 2.5))

acos: Op = Op("acos", lambda xp, x: xp.acos(x), lambda y, x: (-1.0 / sqrt((1.0 - x) * (1.0 + x)),),
              "acos", r"\arccos\left(#1\right)", FUNCTION, ((-1.0, 1.0),),
              (Kink((1.0,), (-inf,), "the limit from inside"), Kink((-1.0,), (-inf,), "the limit from inside")),
              Bound(1.0, 2.5))

atan: Op = Op("atan", lambda xp, x: xp.atan(x), lambda y, x: (1.0 / (1.0 + x * x),),
              "atan", r"\arctan\left(#1\right)", FUNCTION, (REAL,), (), Bound(1.0, 2.5))

# atan2(y, x): the angle of the point (x, y).
atan2: Op = Op("atan2", lambda xp, y, x: xp.atan2(y, x),
               lambda z, y, x: (where(r := hypot(y, x), x / r / r, 0.0), where(r, -y / r / r, 0.0)),
               "atan2", r"\operatorname{atan2}\left(#*\right)", FUNCTION, (REAL, POSITIVE),
               (Kink((0.0, 0.0), (0.0, 0.0), "the subgradient of least size"),), Bound(1.0, 4.0))

hypot: Op = Op("hypot", lambda xp, a, b: xp.hypot(a, b), lambda y, a, b: _direction((a, b), hypot),
               "hypot", r"\sqrt{#1^2 + #2^2}", FUNCTION, (REAL, REAL),
               (Kink((0.0, 0.0), (0.0, 0.0), "the subgradient of least size"),), Bound(1.0, 2.0))

sinh: Op = Op("sinh", lambda xp, x: xp.sinh(x), lambda y, x: (cosh(x),),
              "sinh", r"\sinh\left(#1\right)", FUNCTION, (REAL,), (), Bound(2.0, 2.0))

cosh: Op = Op("cosh", lambda xp, x: xp.cosh(x), lambda y, x: (sinh(x),),
              "cosh", r"\cosh\left(#1\right)", FUNCTION, (REAL,), (), Bound(2.0, 2.0))

# Choices. `step` and `where` are what the partials above branch with.

abs: Op = Op("abs", lambda xp, x: xp.abs(x), lambda y, x: (sign(x),),
             "abs", r"\left|#1\right|", FUNCTION, (REAL,),
             (Kink((0.0,), (0.0,), "the subgradient of least size"),), EXACT)

sign: Op = Op("sign", lambda xp, x: xp.sign(x), lambda y, x: (None,),
              "sign", r"\operatorname{sign}\left(#1\right)", FUNCTION, (POSITIVE,),
              (Kink((0.0,), (None,), "constant on either side"),), EXACT)

# step(x, threshold): 1 where x > threshold, 0 where it is not, nan where either is nan.
step: Op = Op("step", lambda xp, x, threshold: xp.where(x > threshold, 1.0, xp.where(x <= threshold, 0.0, x + threshold)),
              lambda y, x, threshold: (None, None),
              "step", r"\left[#1 > #2\right]", FUNCTION, (POSITIVE, (-inf, 0.0)),
              (Kink((0.0, 0.0), (None, None), "constant on either side"),), EXACT, defaults=(0.0,))

# 1 where it holds, else 0, also for nan: what a comparison is while `jit` records it.
less: Op = Op("less", lambda xp, a, b: xp.where(a < b, 1.0, 0.0), lambda y, a, b: (None, None),
              "<", r"\left[#1 < #2\right]", FUNCTION, ((-inf, 0.0), POSITIVE),
              (Kink((0.0, 0.0), (None, None), "constant on either side"),), EXACT)

less_equal: Op = Op("less_equal", lambda xp, a, b: xp.where(a <= b, 1.0, 0.0), lambda y, a, b: (None, None),
                    "<=", r"\left[#1 \leq #2\right]", FUNCTION, ((-inf, 0.0), POSITIVE),
                    (Kink((0.0, 0.0), (None, None), "constant on either side"),), EXACT)

equal: Op = Op("equal", lambda xp, a, b: xp.where(a == b, 1.0, 0.0), lambda y, a, b: (None, None),
               "==", r"\left[#1 = #2\right]", FUNCTION, ((-inf, 0.0), POSITIVE),
               (Kink((0.0, 0.0), (None, None), "constant but for one point"),), EXACT)

# where(condition, a, b): a where the condition is not 0, else b. The branch not taken is absent: see Value.backward.
where: Op = Op("where", lambda xp, condition, a, b: xp.where(condition, a, b),
               lambda y, condition, a, b: (None, where(condition, 1.0, 0.0), where(condition, 0.0, 1.0)),
               "where", r"\operatorname{where}\left(#*\right)", FUNCTION, (POSITIVE, REAL, REAL),
               (Kink((0.0, 1.0, 2.0), (None, 0.0, 1.0), "0 counts as false"),), EXACT)

maximum: Op = Op("maximum", lambda xp, *x: xp.maximum(*x), lambda y, *x: _shares(y, x, step),
                 "max", r"\max\left(#*\right)", FUNCTION, (REAL,),
                 (Kink((1.0, 1.0), (0.5, 0.5), "the subgradient of least size"),
                  Kink((1.0, 1.0, 0.0), (0.5, 0.5, 0.0), "the subgradient of least size")), EXACT, ties=True)

minimum: Op = Op("minimum", lambda xp, *x: xp.minimum(*x), lambda y, *x: _shares(y, x, lambda a, b: step(b, a)),
                 "min", r"\min\left(#*\right)", FUNCTION, (REAL,),
                 (Kink((1.0, 1.0), (0.5, 0.5), "the subgradient of least size"),
                  Kink((0.0, 0.0, 1.0), (0.5, 0.5, 0.0), "the subgradient of least size")), EXACT, ties=True)

clip: Op = Op("clip", lambda xp, x, low, high: xp.minimum(xp.maximum(x, low), high),
              lambda y, x, low, high: (step(x, low) * step(high, x), step(low, x), step(x, high)),
              "clip", r"\operatorname{clip}\left(#*\right)", FUNCTION, ((-1.0, 1.0), (-inf, -1.0), (1.0, inf)),
              (Kink((-1.0, -1.0, 1.0), (0.0, 0.0, 0.0), "the subgradient of least size"),
               Kink((1.0, -1.0, 1.0), (0.0, 0.0, 0.0), "the subgradient of least size")), EXACT)

stop_gradient: Op = Op("stop_gradient", lambda xp, x: x, lambda y, x: (None,),
                       "stop", r"\operatorname{stop}\left(#1\right)", FUNCTION, (REAL,), (), EXACT)

# New rows come last, since a pickled program knows operations by their place here.

norm: Op = Op("norm", lambda xp, *x: xp.norm(*x), lambda y, *x: _direction(x, lambda *u: norm(u)),
              "norm", r"\left\Vert #*\right\Vert", FUNCTION, (REAL,),
              (Kink((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), "the subgradient of least size"),), Bound(1.0, 2.0), sequences=1)

# fmt: on

TABLE: dict[str, Op] = {op.name: op for op in list(vars().values()) if isinstance(op, Op)}

ON_FLOATS.update(globals())
ON_FLOATS.update({name: op.on_floats for name, op in TABLE.items()})
ON_FLOATS.update(
    {f.__name__: _on_floats(f) for f in (_shares, _softmax, _direction)}, sum=fsum, log=_any_log, norm=lambda x: FLOATS.norm(*x)
)
