"""Value's operators and methods, one line an operation, as a base class of `autograd.value.Value`.

A method reads the numbers, computes value and partials by the row of the table, and has a node made to remember them.
"""

import math
import operator
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from autograd import arrays, ops
from autograd.compiled import native
from autograd.context import Scope, current
from autograd.copies import copied, deeply_copied
from autograd.elsewhere import ATTRIBUTES, known, refuse_conversion
from autograd.errors import NumberError, OperationError
from autograd.kinds import FLOATS, IEEE_TRAPS, as_float, kind_of, no_operand
from autograd.op import Op

F = TypeVar("F", bound=Callable[..., Any])
N = TypeVar("N")
UNTAGGED = (None, 0, 0)
ABSENT = object()
# Marks: the number was set to another one; what is recorded was computed elsewhere and came in a pickle.
MOVED, LOADED = 1, 2

# The class that has these operators, and what makes a node of it: autograd.value's, which stands below, see `connect`.
Value: Any = None
node: Any = None


def connect(cls: type, make: Callable[..., Any]) -> None:
    """Let the methods make nodes of `cls` by `make(number, partials, op, args)`."""
    global Value, node  # set once, where the class is
    Value, node = cls, make
    for op in ops.TABLE.values() if native is None else ():
        if op.arity == 1:
            op.__class__ = type(Op.__name__, (Op,), {"__call__": _function(op)})  # for calls are looked up in the class


def _unary(op: Op) -> Callable[[N], N]:
    """The method that records `op` on one Value: what `_Recorder` does, without its loops."""
    value, partials = op.value, op.partials_on_floats

    def method(self: Any) -> Any:
        x = self._number
        try:
            y = value(FLOATS, x)
            p = partials(y, x)
        except IEEE_TRAPS:
            y, p = op.evaluate((x,))
        return node(y, p, op, (self,))

    return _named(method, op)


def _function(op: Op) -> Callable[..., Any]:
    """What calling `op` does: on one Value what its method does, written once more, since a call of that would cost half as much again."""
    apply, value, partials, on_floats = op.apply, op.value, op.partials_on_floats, op.on_floats
    cls, make = Value, node

    def call(_: Op, x: Any = ABSENT, *more: Any) -> Any:
        if x.__class__ is cls and not more:
            a = x._number
            try:
                y = value(FLOATS, a)
                p = partials(y, a)
            except IEEE_TRAPS:
                y, p = op.evaluate((a,))
            return make(y, p, op, (x,))
        if x.__class__ is float and not more:
            try:
                return on_floats(x)
            except IEEE_TRAPS:
                return FLOATS.apply(op, (x,))
        return apply() if x is ABSENT else apply(x, *more)

    return call


def _binary(op: Op) -> Callable[[Any, Any], Any]:
    """The method that records `op` on a Value and what stands right of it."""
    value, partials = op.value, op.partials_on_floats

    def method(self: Any, other: Any) -> Any:
        if other.__class__ is Value:
            b = other._number
        elif other.__class__ is float:
            b = other
        else:
            try:
                b = other = as_float(other)
            except NumberError:
                return no_operand(other)
        a = self._number
        try:
            y = value(FLOATS, a, b)
            p = partials(y, a, b)
        except IEEE_TRAPS:
            y, p = op.evaluate((a, b))
        return node(y, p if b is not other else (p[0], None), op, (self, other))

    return _named(method, op)


def _power(op: Op) -> Callable[[Any, Any], Any]:
    """As `_binary`, by the operation that stands in for `op` where what stands right is a constant."""
    variable, constant = _binary(op), _binary(op.recorded_on((None, 0.0)))

    def method(self: Any, other: Any) -> Any:
        return variable(self, other) if other.__class__ is Value else constant(self, other)

    return _named(method, op)


def _reflected(op: Op) -> Callable[[Any, Any], Any]:
    """The method that records `op` on a Value and the number left of it."""

    def method(self: Any, other: Any) -> Any:
        try:
            return kind_of((self,)).apply(op, (other, self))
        except NumberError:
            return no_operand(other)

    return _named(method, op)


def _method(op: Op) -> Callable[..., Any]:
    """`op` as a method, for operations with more arguments."""

    def method(self: Any, *x: Any) -> Any:
        return op(self, *x)

    return _named(method, op)


def _comparison(
    compare: Callable[[float, float], bool], op: Callable[[Any, Any], Any], *, swapped: bool = False
) -> Callable[[Any, Any], Any]:
    """A comparison by value; while a function is traced, the node of an operation."""

    def method(self: Any, other: Any) -> Any:
        try:
            number = other._number if other.__class__ is Value else as_float(other)
        except NumberError:
            return NotImplemented
        if current().trace is not None:
            return op(other, self) if swapped else op(self, other)
        return compare(self._number, number)

    method.__name__ = f"__{compare.__name__}__"
    return method


def _named(method: F, op: Op) -> F:
    """The method with the name of `op`, and code of its own, which the interpreter then specialises for `op`."""
    method.__name__, method.__doc__ = op.name, f"`autograd.{op.name}` of this Value."
    method.__code__ = method.__code__.replace(co_name=op.name)
    return method


class Operators:
    """The operators and methods of a Value."""

    __slots__ = ()
    _number: float
    _tag: tuple[str | None, Scope | int, int]
    _args: tuple[Any, ...]
    _made_by: Op | None
    _partials: tuple[float | None, ...]

    # One line an operation.

    __add__, __radd__ = _binary(ops.add), _reflected(ops.add)
    __sub__, __rsub__ = _binary(ops.sub), _reflected(ops.sub)
    __mul__, __rmul__ = _binary(ops.mul), _reflected(ops.mul)
    __truediv__, __rtruediv__ = _binary(ops.div), _reflected(ops.div)
    __pow__, __rpow__ = _power(ops.pow), _reflected(ops.pow)
    __neg__, __abs__ = _unary(ops.neg), _unary(ops.abs)
    sqrt = _unary(ops.sqrt)
    exp = _unary(ops.exp)
    expm1 = _unary(ops.expm1)
    log = _unary(ops.log)
    log1p = _unary(ops.log1p)
    sigmoid = _unary(ops.sigmoid)
    tanh = _unary(ops.tanh)
    softplus = _unary(ops.softplus)
    relu = _unary(ops.relu)
    leaky_relu = _method(ops.leaky_relu)
    erf = _unary(ops.erf)
    sin = _unary(ops.sin)
    cos = _unary(ops.cos)
    tan = _unary(ops.tan)
    asin = arcsin = _unary(ops.asin)
    acos = arccos = _unary(ops.acos)
    atan = arctan = _unary(ops.atan)
    atan2 = arctan2 = _method(ops.atan2)
    hypot = _method(ops.hypot)
    sinh = _unary(ops.sinh)
    cosh = _unary(ops.cosh)
    abs = absolute = fabs = _unary(ops.abs)
    sign = _unary(ops.sign)
    step = _method(ops.step)
    clip = _method(ops.clip)
    stop_gradient = _unary(ops.stop_gradient)

    def __pos__(self) -> Any:
        return self

    conjugate = __pos__  # NumPy's, for np.std and np.var of an array of Values

    # How it was computed stays as it was recorded: so the graph has no cycle.

    @property
    def op(self) -> Op | None:
        """The `Op` that made it, None for a leaf."""
        return self._made_by

    @property
    def args(self) -> tuple[Any, ...]:
        """What `op` was given: Values and floats, in order, with repeats."""
        return self._args

    @property
    def partials(self) -> tuple[float | None, ...]:
        """The local derivative for each of `args`, as recorded; None where there is none."""
        return self._partials

    # What is held beside the number.

    @property
    def label(self) -> str | None:
        """A name for pictures and messages."""
        return getattr(self, "_tag", UNTAGGED)[0]

    @label.setter
    def label(self, label: str | None) -> None:
        if not (label is None or isinstance(label, str)):
            raise OperationError(f"got {label!r} as a label, expected a text or None")
        self._tag = (label, self.scope, self._marks)  # type: ignore[misc]  # a slot of Value's

    @property
    def scope(self) -> Scope | int:
        """The `scope` in which it was made, 0 where there was none; `scope_path` gives its names."""
        return getattr(self, "_tag", UNTAGGED)[1]

    @property
    def _marks(self) -> int:
        """MOVED and LOADED, where they hold."""
        return getattr(self, "_tag", UNTAGGED)[2]

    @staticmethod
    def _restored(
        data: float, grad: float | None, op: Any, args: Any, partials: Any, label: str | None, scope: Scope | int, marks: int = 0
    ) -> Any:
        """A node with these attributes."""
        made = object.__new__(Value)
        made._number, made._grad, made._made_by, made._args, made._partials = data, grad, op, args, partials
        made._tag = (label, scope, marks)
        return made

    # Comparing and converting.

    __lt__ = _comparison(operator.lt, ops.less)
    __le__ = _comparison(operator.le, ops.less_equal)
    __gt__ = _comparison(operator.gt, ops.less, swapped=True)
    __ge__ = _comparison(operator.ge, ops.less_equal, swapped=True)
    __eq__ = _comparison(operator.eq, ops.equal)
    __ne__ = _comparison(operator.ne, lambda a, b: ops.where(ops.equal(a, b), 0.0, 1.0))

    __hash__ = object.__hash__  # by identity

    def __bool__(self) -> bool:
        trace = current().trace
        return bool(self._number) if trace is None else trace.truth(self)

    def isnan(self) -> bool:
        """Whether the number is nan."""
        return math.isnan(self._number) if current().trace is None else not self <= self  # noqa: PLR0124  # nan is not itself

    def isfinite(self) -> bool:
        """Whether the number is neither infinite nor nan."""
        return math.isfinite(self._number) if current().trace is None else bool(abs(self) < math.inf)

    def __float__(self) -> NoReturn:
        refuse_conversion("float")

    def __int__(self) -> NoReturn:
        refuse_conversion("int")

    def __complex__(self) -> NoReturn:
        refuse_conversion("complex")

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return arrays.apply(ufunc, method, inputs, options)

    def __array_function__(self, func: Any, types: Any, args: Any, options: Any) -> Any:  # NumPy's protocol
        return arrays.call(func, args, options)

    # Showing and copying.

    def __dir__(self) -> list[str]:
        return known(self)

    def __repr__(self) -> str:
        return text(self)

    def __format__(self: Any, spec: str) -> str:
        return format(self.data, spec) if spec else text(self)

    def __copy__(self) -> Any:
        return copied(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return deeply_copied(self, memo)


for name, elsewhere in ATTRIBUTES.items():
    setattr(Operators, name, elsewhere)


def identical(x: Any, y: Any) -> bool:
    """Whether two numbers have the same bits, or are both nan, or both None."""
    return (x == y and (x is None or math.copysign(1.0, x) == math.copysign(1.0, y))) or (x != x and y != y)  # noqa: PLR0124  # nan


def text(value: Any) -> str:
    """One line for people."""
    label = "" if value.label is None else f", label={value.label!r}"
    if current().trace is not None:  # its numbers are those of the recording only
        return f"Value({label[2:]})"
    return f"Value(data={_short(value.data)}, grad={_short(value.grad)}{label})"


def _short(x: float) -> str:
    return f"{x:.4f}" if x == 0.0 or 1e-4 <= abs(x) < 1e9 else f"{x:.4e}"
