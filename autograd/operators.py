"""The operators and methods of a Value, one line an operation, as its base class; `autograd.methods` makes each."""

import math
import operator
from typing import Any, NoReturn, Self

from autograd import arrays, methods, ops, ufuncs
from autograd.context import Scope, current, is_lost, tracer_for
from autograd.copies import copied, deeply_copied
from autograd.elsewhere import ATTRIBUTES, known, refuse_conversion
from autograd.errors import OperationError, api_boundary
from autograd.methods import binary, comparison, logical, power, reflected, several, unary
from autograd.op import Op

UNTAGGED = (None, 0, 0)
# Marks: the number was set after the node was made; the node was loaded from a pickle, so that another backend may have computed it.
MOVED, LOADED = 1, 2
RUN = 8  # times the number of the run of a transform that made the Value


def read_only(name: str, text: str) -> Any:
    """A read-only property for an attribute, without a Python function, since walks over a graph read it for each node."""
    return property(operator.attrgetter(name), doc=text)


class Operators:
    """The operators and methods of a Value."""

    __slots__ = ()
    _number: float
    _tag: tuple[str | None, Scope | int, int]
    _args: tuple[Any, ...]
    _made_by: Op | None
    _partials: tuple[float | None, ...]

    # One line an operation.

    __add__, __radd__ = binary(ops.add), reflected(ops.add)
    __sub__, __rsub__ = binary(ops.sub), reflected(ops.sub)
    __mul__, __rmul__ = binary(ops.mul), reflected(ops.mul)
    __truediv__, __rtruediv__ = binary(ops.div), reflected(ops.div)
    __pow__, __rpow__ = power(ops.pow), reflected(ops.pow)
    __mod__, __rmod__ = binary(ops.mod), reflected(ops.mod)
    __floordiv__, __rfloordiv__ = binary(ops.floordiv), reflected(ops.floordiv)
    __neg__, __abs__ = unary(ops.neg), unary(ops.abs)
    __floor__, __ceil__ = unary(ops.floor), unary(ops.ceil)
    sqrt = unary(ops.sqrt)
    exp = unary(ops.exp)
    expm1 = unary(ops.expm1)
    log = unary(ops.log)
    log1p = unary(ops.log1p)
    sigmoid = unary(ops.sigmoid)
    tanh = unary(ops.tanh)
    softplus = unary(ops.softplus)
    relu = unary(ops.relu)
    leaky_relu = several(ops.leaky_relu)
    erf = unary(ops.erf)
    sin = unary(ops.sin)
    cos = unary(ops.cos)
    tan = unary(ops.tan)
    asin = arcsin = unary(ops.asin)
    acos = arccos = unary(ops.acos)
    atan = arctan = unary(ops.atan)
    atan2 = arctan2 = several(ops.atan2)
    hypot = several(ops.hypot)
    sinh = unary(ops.sinh)
    cosh = unary(ops.cosh)
    abs = absolute = fabs = unary(ops.abs)
    sign = unary(ops.sign)
    step = several(ops.step)
    clip = several(ops.clip)
    stop_gradient = unary(ops.stop_gradient)
    exp2 = unary(ops.exp2)
    log2 = unary(ops.log2)
    log10 = unary(ops.log10)
    logaddexp = several(ops.logaddexp)
    cbrt = unary(ops.cbrt)
    asinh = arcsinh = unary(ops.asinh)
    acosh = arccosh = unary(ops.acosh)
    atanh = arctanh = unary(ops.atanh)
    gelu = unary(ops.gelu)
    silu = unary(ops.silu)
    floor = unary(ops.floor)
    ceil = unary(ops.ceil)
    round = rint = unary(ops.round)
    erfc = unary(ops.erfc)
    erfcx = unary(ops.erfcx)
    ndtr = unary(ops.ndtr)
    log_ndtr = unary(ops.log_ndtr)
    erfinv = unary(ops.erfinv)
    lgamma = gammaln = unary(ops.lgamma)
    digamma = psi = unary(ops.digamma)
    zeta = several(ops.zeta)
    mills = several(ops.mills)
    ndtri = unary(ops.ndtri)
    gamma = unary(ops.gamma)

    @api_boundary
    def __divmod__(self, other: Any) -> tuple[Self, Self]:
        return self // other, self % other

    @api_boundary
    def __rdivmod__(self, other: Any) -> tuple[Self, Self]:
        return other // self, other % self

    @api_boundary
    def __round__(self, digits: int | None = None) -> Self:
        return rounded(self, digits)

    @api_boundary
    def __trunc__(self) -> Self:
        return ufuncs.truncated(self)

    def __pos__(self) -> Self:
        return self

    def conjugate(self) -> Self:  # NumPy asks for it, for np.std and np.var of an array of Values
        """This Value, which is real."""
        return self

    # These are read-only, so that a graph never has a cycle.

    op: Op | None = read_only("_made_by", "The `Op` that made it, None for a leaf.")
    args: tuple[Any, ...] = read_only("_args", "The arguments of `op`: Values and floats, in order, with repeats.")
    partials: tuple[float | None, ...] = read_only(
        "_partials", "The local derivative for each of `args`, as recorded; None where there is none."
    )

    # Attributes beside the number.

    @property
    def label(self) -> str | None:
        """A name for pictures and messages."""
        return getattr(self, "_tag", UNTAGGED)[0]

    @label.setter
    @api_boundary
    def label(self, label: str | None) -> None:
        if not (label is None or isinstance(label, str)):
            raise OperationError(f"got {label!r} as a label, expected a string or None")
        self._tag = (label, self.scope, self._marks)  # type: ignore[misc]  # a slot of Value's

    @property
    def scope(self) -> Scope | int:
        """The `scope` in which it was made, 0 where there was none; `scope_path` gives its names."""
        return getattr(self, "_tag", UNTAGGED)[1]

    @property
    def _run(self) -> int:
        """The number of the transform's run that made it, 0 if none did."""
        return self._marks // RUN

    @property
    def _marks(self) -> int:
        """The marks MOVED and LOADED that apply."""
        return getattr(self, "_tag", UNTAGGED)[2]

    @staticmethod
    def _restored(
        data: float, grad: float | None, op: Any, args: Any, partials: Any, label: str | None, scope: Scope | int, marks: int = 0
    ) -> Any:
        """A node with these attributes."""
        made = object.__new__(methods.Value)
        made._number, made._grad, made._made_by, made._args, made._partials = data, grad, op, args, partials
        run = max([a._run for a in args if a.__class__ is methods.Value], default=0)
        made._tag = (label, scope, marks % RUN + run * RUN)
        return made

    # Comparing and converting.

    __lt__ = comparison(operator.lt, ops.less)
    __le__ = comparison(operator.le, ops.less_equal)
    __gt__ = comparison(operator.gt, ops.less, swapped=True)
    __ge__ = comparison(operator.ge, ops.less_equal, swapped=True)
    __eq__ = comparison(operator.eq, ops.equal)
    __ne__ = comparison(operator.ne, lambda a, b: ops.where(ops.equal(a, b), 0.0, 1.0))

    __and__ = __rand__ = logical(lambda a, b: ops.where(a, b, 0.0))
    __or__ = __ror__ = logical(lambda a, b: ops.where(a, 1.0, b))
    __xor__ = __rxor__ = logical(lambda a, b: ops.where(ops.equal(a, b), 0.0, 1.0))
    __invert__ = logical(lambda a: ops.where(a, 0.0, 1.0))

    __hash__ = object.__hash__  # by identity

    def __bool__(self) -> bool:
        tracer = tracer_for(self)
        return bool(self._number) if tracer is None else tracer.guard(self)

    def isnan(self) -> bool:
        """Whether the number is nan."""
        return math.isnan(self._number) if tracer_for(self) is None else not self <= self  # noqa: PLR0124  # nan is not itself

    def isfinite(self) -> bool:
        """Whether the number is neither infinite nor nan."""
        return math.isfinite(self._number) if tracer_for(self) is None else bool(abs(self) < math.inf)

    @api_boundary
    def __float__(self) -> NoReturn:
        refuse_conversion("float")

    @api_boundary
    def __int__(self) -> NoReturn:
        refuse_conversion("int")

    @api_boundary
    def __complex__(self) -> NoReturn:
        refuse_conversion("complex")

    @api_boundary
    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return arrays.apply(ufunc, method, inputs, options)

    @api_boundary
    def __array_function__(self, func: Any, types: Any, args: Any, options: Any) -> Any:  # NumPy's protocol
        return arrays.call(func, args, options)

    # Showing and copying.

    def __dir__(self) -> list[str]:
        return known(self)

    def __repr__(self) -> str:
        return text(self)

    def __format__(self: Any, spec: str) -> str:
        return format(self.data, spec) if spec else text(self)

    @api_boundary
    def __copy__(self) -> Self:
        return copied(self)

    @api_boundary
    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return deeply_copied(self, memo)


for name, elsewhere in ATTRIBUTES.items():
    if name not in vars(Operators):
        setattr(Operators, name, elsewhere)


def _decimals(_xp: Any, x: float, digits: float) -> float:
    try:
        return float.__round__(x, int(digits))
    except OverflowError:
        return math.copysign(math.inf, x)


# Python's round(x, digits) works on decimal digits, which no float arithmetic gives exactly: it is computed number by number.
decimals = Op("decimals", _decimals, lambda _y, _x, _digits: (None, None))


def rounded(x: Any, digits: Any = None) -> Any:
    """Python's `round`, except that it always gives a Value."""
    return ops.round(x) if digits is None else decimals(x, float(max(-400, min(operator.index(digits), 400))))  # more have no effect


def identical(x: Any, y: Any) -> bool:
    """Whether two numbers are equal with the same sign, both nan, or both None."""
    return (x == y and (x is None or math.copysign(1.0, x) == math.copysign(1.0, y))) or (x != x and y != y)  # noqa: PLR0124  # nan


def text(value: Any) -> str:
    """The representation of a Value, in one line."""
    label = "" if value.label is None else f", label={value.label!r}"
    if current().tracer is not None or is_lost(value):  # its number is only that of this recording
        return f"Value({label[2:]})"
    return f"Value(data={_short(value.data)}, grad={_short(value.grad)}{label})"


def _short(x: float) -> str:
    return f"{x:.4f}" if x == 0.0 or 1e-4 <= abs(x) < 1e9 else f"{x:.4e}"
