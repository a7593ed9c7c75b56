"""Op: an elementary operation, declared once, and the checks of a declaration. The rows of the table are in `autograd.ops`."""

import re
import reprlib
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from inspect import CO_VARARGS, signature
from itertools import chain
from operator import add
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd.compiled import Operation, native
from autograd.errors import LengthError, NumberError, OperationError
from autograd.facts import REAL, Bound, Kink, all_are, called, is_interval, is_kink, is_latex, takes
from autograd.kinds import IEEE_TRAPS, as_float, is_number, kind_of, quietly
from autograd.numeric import FLOATS

# The rows by name, filled in by `table`.
_rows: dict[str, "Op"] = {}


class Op(Operation):
    """An elementary operation, and itself the function: `exp(2.0)`, `exp(array)`, `exp(Value(2.0))`.

    Args:
        name: the name of the variable that holds it, by which it is pickled.
        value: `value(xp, *x)`, one expression; `xp` holds the functions for the numbers given.
        partials: `partials(y, *x)`, a tuple with one local derivative for each argument, None where there is no dependence.
        label: what a picture shows.
        latex: the formula, with `#1`, `#2` for the arguments and `#*` for all of them.
        domain: for each argument the open interval in which the operation is smooth, by default the real line; n-ary operations give
            one interval for all arguments.
        kinks: the points at which the derivative is a choice.
        bound: the largest error for floats.
        defaults: values of the last arguments where they are omitted.
        sequences: how many sequences of equal length it takes in place of single arguments.
        ties: whether tied arguments share the derivative. A tied constant is one more argument whose share may be chosen, so that the
            subgradient of least size is 0 for all.
        numpy: NumPy's or SciPy's names for it, where these differ, separated by spaces.
        selects: whether the first argument selects one of the others: those not selected, whose partials are 0, get no gradient.
        constant_of: the operation that this one replaces where the last argument is a constant; see `recorded_on`.

    >>> cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))
    >>> cube(2.0)
    8.0
    """

    # Defaults for subclasses: any number of arguments, and no facts.
    arity: int | None = None
    sequences = 0
    defaults: tuple[float, ...] = ()
    domain: tuple[tuple[float, float], ...] = (REAL,)
    kinks: tuple[Kink, ...] | None = None
    bound: Bound | None = None
    ties = selects = False
    constant: "Op | None" = None
    constant_of: "Op | None" = None
    aliases: tuple[str, ...] = ()

    def __init__(
        self,
        name: str,
        value: Callable[..., Any],
        partials: Callable[..., tuple[Any, ...]],
        *,
        label: str | None = None,
        latex: str | None = None,
        domain: tuple[tuple[float, float], ...] | None = None,
        kinks: tuple[Kink, ...] | None = None,
        bound: Bound | None = None,
        defaults: tuple[float, ...] = (),
        sequences: int = 0,
        ties: bool = False,
        numpy: str = "",
        selects: bool = False,
        constant_of: "Op | None" = None,
    ) -> None:
        code = getattr(value, "__code__", None)
        if code is None:
            raise OperationError(f"the value of {name} is {value!r}, expected a function written in Python: lambda xp, x: ...")
        if not callable(partials):
            raise OperationError(f"the partials of {name} are {partials!r}, expected a function: lambda y, x: (...,)")
        self.name = name
        self.arguments: tuple[str, ...] = code.co_varnames[1 : code.co_argcount]
        self.arity = None if code.co_flags & CO_VARARGS else len(self.arguments)
        self.value = value
        self.partials = partials
        self.label = name if label is None else label
        self.latex = called(name) if latex is None else latex
        self.domain = (REAL,) * (self.arity or 1) if domain is None else domain
        self.kinks = kinks
        self.bound = bound
        self.defaults = defaults
        self.sequences = sequences
        self.ties = ties
        self.numpy = numpy
        self.aliases = tuple(numpy.split()) if isinstance(numpy, str) else ()
        self.selects = selects
        self.constant_of = constant_of
        self.on_floats = partial(value, FLOATS)
        self.partials_on_floats = partials  # a row of the table gets a faster form: see `table`
        self._check()
        if constant_of is not None:
            constant_of.constant = self
        self.__module__ = sys._getframe(1).f_globals["__name__"]  # noqa: SLF001  # as namedtuple does, so that it can be pickled

    def _check(self) -> None:
        """Raise an error for a declaration with which the operation cannot work."""
        count = 9 if self.arity is None else self.arity  # 9 stands for any number
        domain, kinks, defaults = self.domain, self.kinks, self.defaults
        rules: tuple[tuple[str, Any, str], ...] = (
            ("name", isinstance(self.name, str), "a string, the name of the variable that holds it"),
            ("value", count and takes(self.value, count + 1), "a function of xp and at least one argument: lambda xp, x: ..."),
            ("partials", takes(self.partials, count + 1), "a function of the result and what value takes: lambda y, x: (...,)"),
            ("label", isinstance(self.label, str), "a string or None"),
            ("latex", is_latex(self.latex, count), "a string, in which #1 is the first argument and #* all of them, or None"),
            ("domain", all_are(is_interval, domain) and len(domain) == (self.arity or 1),
             "an open interval for each argument, such as ((-1.0, 1.0),), or None for the real line"),
            ("kinks", kinks is None or all_are(is_kink, kinks), "a tuple of Kinks, such as (Kink((0.0,), (1.0,), 'the reason'),), or None"),
            ("bound", isinstance(self.bound, Bound | None), "a Bound or None"),
            ("defaults", all_are(is_number, defaults) and len(defaults) <= (self.arity or 0), "a tuple of numbers for the last arguments"),
            ("ties", isinstance(self.ties, bool), "True where arguments that tie share the derivative, else False"),
            ("numpy", isinstance(self.numpy, str), "a string, the name, or several with spaces between"),
            ("selects", isinstance(self.selects, bool), "True where the first argument selects one of the others, else False"),
            ("constant_of", self.constant_of is None or (isinstance(self.constant_of, Op) and self.constant_of.arity == self.arity
             and self.constant_of.constant is None), "an Op with as many arguments, in whose place none is recorded yet, or None"),
            ("sequences", self.sequences in range(1 if self.arity else 3), "1 or 2 where value is a function of xp and *x, else 0"),
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
        """`error`, with the names of the operation and of the argument at fault, if there is one."""
        i = next((i for i, a in enumerate(x) if not is_number(a)), None)
        if i is None:
            return error
        if self.sequences:
            sequence, element = divmod(i, len(x) // self.sequences)
            return NumberError(f"{self.name}(), element {element} of sequence {sequence}: {error}")
        return NumberError(f"{self.name}(), argument {i if self.arity is None else self.arguments[i]}: {error}")

    def real(self, y: Any, what: str = "value") -> float:
        """The value or a partial computed at floats, as a float."""
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

        >>> from autograd import log
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
        """The partials where some of `args` are constants, that is floats: see `ties`.

        >>> from autograd import maximum
        >>> maximum.settled((0.5, 0.5), (variable := object(), 0.0))
        (0.0, 0.0)
        """
        shares = [p for p, a in zip(partials, args, strict=True) if a.__class__ is float] if self.ties else []
        if not shares:
            return partials
        left = 1.0 - _rows["step"](reduce(add, shares))
        return tuple([p * left for p in partials])

    @staticmethod
    def taken(partials: tuple[Any, ...]) -> tuple[Any, ...]:
        """The partials at floats where the operation `selects`: None for the arguments that it did not select.

        >>> from autograd import where
        >>> where.taken((None, 1.0, 0.0))
        (None, 1.0, None)
        """
        return tuple([p or None for p in partials])

    def recorded_on(self, args: Sequence[Any]) -> "Op":
        """The operation to record: `constant` where the last argument is a constant, that is a float.

        >>> from autograd import pow
        >>> pow.recorded_on((object(), 2.0))
        <Op powc>
        """
        variable = self.constant_of or self
        return variable.constant if variable.constant and args[-1].__class__ is float else variable

    def __reduce__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<Op {self.name}>"

    def _repr_latex_(self) -> str:
        names = ["x", "y", "z"][: self.arity] if self.arity else ["x_1", r"\dots", "x_n"]
        return f"${self.formula(*names)}$"

    def formula(self, *x: str) -> str:
        r"""The LaTeX of the operation on arguments given as LaTeX.

        >>> from autograd import div
        >>> print(div.formula("a", "b"))
        \frac{a}{b}
        """
        return re.sub(r"#(\d|\*)", lambda m: ", ".join(x) if m[1] == "*" else x[int(m[1]) - 1], self.latex)


def _is_sequence(x: Any) -> bool:
    return bool(x.ndim) if isinstance(x, np.ndarray) else isinstance(x, Iterable) and not isinstance(x, str | bytes)


def table(names: dict[str, Any], functions: Iterable[str], **on_floats: Any) -> dict[str, Op]:
    """The operations among `names`, the globals of the module that declares them, as the rows of a table.

    Their partials get a second form for floats, in which the rows that they call take floats without a check of the types.
    A row that declares no kinks has none.

    Args:
        names: the globals of the module.
        functions: the names of its functions that partials call.
        on_floats: the function to call on floats for a name, where that is not the operation's value.
    """
    rows = {name: x for name, x in names.items() if isinstance(x, Op)}
    bound = {**names, **{name: op.on_floats for name, op in rows.items()}, **on_floats}
    bound |= {name: FunctionType(names[name].__code__, bound) for name in functions}
    for name, op in rows.items():
        op.partials_on_floats = FunctionType(op.partials.__code__, bound)
        op.kinks = op.kinks or ()
        _rows.setdefault(name, op)
    return rows
