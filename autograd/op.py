"""Op: an elementary operation, declared once. The rows of the table are in `autograd.ops`, the checks of a row in `autograd.facts`."""

import re
import reprlib
import sys
from collections.abc import Callable, Sequence
from functools import partial, reduce
from inspect import CO_VARARGS, Signature
from operator import add
from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

import autograd.jaxarrays  # registers the arrays of JAX
import autograd.symbols  # noqa: F401  # registers the numbers of mpmath and SymPy
from autograd.calling import arguments, blamed
from autograd.compiled import Operation, native
from autograd.errors import NumberError, OperationError, api_boundary, filter_traceback
from autograd.facts import REAL, Bound, Kink, called, check, description, signature_of
from autograd.kinds import IEEE_TRAPS, as_float, kind_of, quietly
from autograd.numeric import FLOATS

OPTIONS = ("label", "latex", "domain", "kinks", "bound", "defaults", "sequences", "ties", "numpy", "selects", "constant_of")
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

    Raises:
        OperationError: the declaration is not one, or the value or a partial at floats is not a number.
        LengthError: it is called with another number of arguments, or with sequences of different lengths.
        NumberError: it is called with something that is not a number.

    >>> cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))
    >>> cube(2.0)
    8.0
    """

    # Defaults for subclasses: any number of arguments, and nothing declared about them.
    arity: int | None = None
    sequences: int = 0
    defaults: tuple[float, ...] = ()
    domain: tuple[tuple[float, float], ...] = (REAL,)
    kinks: tuple[Kink, ...] | None = None
    bound: Bound | None = None
    ties: bool = False
    selects: bool = False
    drops_zeros: bool = False
    constant: "Op | None" = None
    constant_of: "Op | None" = None
    aliases: tuple[str, ...] = ()

    @api_boundary
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
        self.label: str = name if label is None else label
        self.latex: str = called(name) if latex is None else latex
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
        self.on_floats: Callable[..., Any] = partial(value, FLOATS)
        self.partials_on_floats = partials  # a row of the table gets a faster form: see `table`
        check(self, Op)
        if constant_of is not None:
            constant_of.constant = self
        self.__module__ = sys._getframe(2).f_globals.get("__name__", "__main__")  # noqa: SLF001  # as in namedtuple, for pickle; over the boundary
        self.__name__ = self.__qualname__ = name
        self.__signature__: Signature = signature_of(self)
        self.__doc__ = description(self)

    def apply(self, *x: Any) -> Any:
        """Apply the operation to any kind of number; a Value among the arguments gives a Value."""
        try:
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
            else:
                x = arguments(self, x)
            try:
                return kind_of(x).apply(self, x)
            except NumberError as error:
                raise blamed(self, error, x) from None
        except Exception as error:
            filter_traceback(error)
            raise

    if not TYPE_CHECKING and native is None:
        __call__ = apply

    def real(self, y: Any, what: str = "value") -> float:
        """The value or a partial computed at floats, as a float."""
        try:
            return as_float(y)
        except NumberError:
            raise OperationError(
                f"the {what} of {self.name} gave {reprlib.repr(y)} of type {type(y).__name__}, expected a real number: compute it with "
                "functions that give nan where there is none, such as xp.sqrt or autograd.sqrt; a Value has to be an argument, not captured"
            ) from None

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

    def __get__(self, _instance: Any, _owner: Any = None) -> "Op":
        return self  # which tells `help` that this is a function

    def __reduce__(self) -> Any:
        if self.__module__ != "__main__" and getattr(sys.modules.get(self.__module__), self.name, None) is self:
            return self.name
        for what, f in (("value", self.value), ("partials", self.partials)):
            if f.__qualname__ == "<lambda>":  # so that pickle finds it by the name of the operation
                f.__qualname__ = f"{self.name}.{what}"
        return _remade, (self.name, self.value, self.partials, {what: getattr(self, what) for what in OPTIONS})

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


def _remade(name: str, value: Callable[..., Any], partials: Callable[..., Any], options: dict[str, Any]) -> Op:
    """The operation of a pickle: the one with these functions, if there is one of that name, else a new one."""
    known = getattr(sys.modules.get(value.__module__), name, None)
    return known if isinstance(known, Op) and known.value is value else Op(name, value, partials, **options)


def table(names: dict[str, Any], **on_floats: Any) -> dict[str, Op]:
    """The operations among `names`, the globals of the module that declares them, as the rows of a table.

    Their partials get a second form for floats, in which the rows and the module's functions that they call take floats without a check
    of the types. A row that declares no kinks has none.

    Args:
        names: the globals of the module.
        on_floats: the function to call on floats for a name, where that is not the operation's value.
    """
    rows = {name: x for name, x in names.items() if isinstance(x, Op)}
    functions = {name: f for name, f in names.items() if isinstance(f, FunctionType) and f.__module__ == names["__name__"]}
    bound = {**names, **{name: op.on_floats for name, op in rows.items()}, **on_floats}
    bound |= {name: FunctionType(f.__code__, bound) for name, f in functions.items()}
    for name, op in rows.items():
        op.partials_on_floats = FunctionType(op.partials.__code__, bound)
        op.kinks = op.kinks or ()
        _rows.setdefault(name, op)
    return rows
