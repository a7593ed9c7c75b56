"""Value: a number that remembers how it was computed. This is the reference that a reader studies.

An operation on Values computes a float, as usual, and keeps in a new Value what it was computed from and the local
derivative for each argument. `backward` then walks that graph once, from the result to the leaves, and adds up for
each node (the gradient of each consumer) times (the local derivative of that consumer): the chain rule, and all of it.

Source of the method: Linnainmaa (1970); Griewank and Walther, Evaluating Derivatives (2008), chapter 3.
"""

import math
import operator
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial as partial_call
from typing import Any, NoReturn, TypeVar, final

from autograd import arrays, ops
from autograd.context import ACTIVE_INPUTS, NEUTRAL, Context, Layers, Scope, Watch, current, refused
from autograd.elsewhere import ATTRIBUTES, known
from autograd.errors import GradientLostError, NumberError, OperationError
from autograd.graph import order
from autograd.kinds import FLOATS, IEEE_TRAPS, as_float, named_float, no_operand, register_node
from autograd.op import Op

F = TypeVar("F", bound=Callable[..., Any])
new = object.__new__
UNTAGGED = (None, 0, 0)
MOVED, LOADED = 1, 2  # marks: the number was set to another one; what is recorded was computed elsewhere and came in a pickle


def _node(data: float, op: Op | None, args: tuple[Any, ...], partials: tuple[float | None, ...]) -> "Value":
    """A new node in the current scope, shown to whoever watches."""
    node = new(Value)
    node._number = data
    node._grad = None
    node._made_by = op
    node._args = args
    node._partials = partials
    context = current()
    return node if context is NEUTRAL else _attended(node, context)


def _attended(node: "Value", context: Context | Layers) -> "Value":
    """A new node under a scope, a watch, `no_grad` or a transform."""
    if isinstance(context, Layers):
        context = context.now()
    if context.scope:
        node._tag = (None, context.scope, 0)
    if context.watch is not None:
        context.watch.recorded(node)
    if not context.recording:
        node._made_by, node._args, node._partials = None, (), ()
    if not node._args:
        for leaves in context.born:
            leaves.add(node)
    if context.trace is not None:
        context.trace.recorded(node)
    return node


class _Recorder:
    """How operations are computed on Values: on their floats, with a node to remember it."""

    def apply(self, op: Op, x: Sequence[Any]) -> "Value":
        args = tuple(x)
        if not FLOATS_AND_VALUES.issuperset(map(type, args)):
            args = tuple([a if a.__class__ is Value else as_float(a) for a in args])
        if op is ops.pow or op is ops.powc:
            op = ops.pow if args[1].__class__ is Value else ops.powc
        data: list[Any] = [a._number if a.__class__ is Value else a for a in args]
        y, partials = op.evaluate(data)
        if op.ties:
            partials = op.settled(partials, args)
        if op is ops.where:  # the branch not taken is absent, not merely multiplied by 0
            partials = (None, 1.0, None) if data[0] else (None, None, 1.0)
        if float in map(type, args):
            partials = tuple([p if a.__class__ is Value else None for a, p in zip(args, partials, strict=True)])
        return _node(y, op, args, partials)


def _unary(op: Op) -> "Callable[[Value], Value]":
    """The method that records `op` on one Value: what `_Recorder` does, without its loops."""
    value, partials = op.value, op.partials_on_floats

    def method(self: "Value") -> "Value":
        x = self._number
        try:
            y = value(FLOATS, x)
            p = partials(y, x)
        except IEEE_TRAPS:
            y, p = op.evaluate((x,))
        return _node(y, op, (self,), p)

    return _named(method, op)


def _binary(op: Op) -> "Callable[[Value, Any], Any]":
    """The method that records `op` on a Value and what stands right of it."""
    value, partials = op.value, op.partials_on_floats

    def method(self: "Value", other: Any) -> Any:
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
        return _node(y, op, (self, other), p if b is not other else (p[0], None))

    return _named(method, op)


def _reflected(op: Op) -> "Callable[[Value, Any], Any]":
    """The method that records `op` on a Value and the number left of it."""

    def method(self: "Value", other: Any) -> Any:
        try:
            return RECORDER.apply(op, (other, self))
        except NumberError:
            return no_operand(other)

    return _named(method, op)


def _method(op: Op) -> "Callable[..., Value]":
    """`op` as a method, for operations with more arguments."""

    def method(self: "Value", *x: Any) -> "Value":
        result: Value = op(self, *x)
        return result

    return _named(method, op)


def _comparison(
    compare: Callable[[float, float], bool], op: Callable[[Any, Any], Any], *, swapped: bool = False
) -> "Callable[[Value, Any], Any]":
    """A comparison by value; while a function is traced, the node of an operation."""

    def method(self: "Value", other: Any) -> Any:
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
    method.__name__, method.__doc__ = op.name, f"`autograd.{op.name}` of this Value."
    method.__code__ = method.__code__.replace(co_name=op.name)  # code of its own, which the interpreter then specialises for `op`
    return method


@final
class Value:
    """A number that records the operations made on it, and a gradient for `backward` to fill in.

    Args:
        data: the number: int, float, bool, NumPy scalar, 0-d array, Fraction or Decimal; kept as a float.
        label: a name for pictures and messages.

    Attributes:
        op: the `Op` that made it, None for a leaf.
        args: what `op` was given: Values and floats, in order, with repeats.
        partials: the local derivative for each of `args`, as recorded; None where there is none.

    Invalid arithmetic gives inf or nan, as IEEE 754 has it. Comparisons, `==` among them, go by value; `hash` goes by
    identity, so sets and dicts tell Values apart, but `in`, `index` and `remove` of a list find the first with an equal number.

    Raises:
        NumberError: `data` is not a real number.

    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> c = a * b + a
    >>> c.backward()
    >>> a.grad, b.grad
    (4.0, 2.0)
    >>> a
    Value(data=2.0000, grad=4.0000, label='a')
    """

    __slots__ = ("_args", "_grad", "_made_by", "_number", "_partials", "_tag")

    # `_grad` is None where no gradient has arrived yet; `grad` shows that as 0.0. `_tag` is label, scope and marks, left unset
    # where there is none of them: the smaller a node, the less it costs the garbage collector.
    _number: float
    _grad: float | None
    _tag: tuple[str | None, Scope | int, int]
    _args: tuple[Any, ...]
    _made_by: Op | None
    _partials: tuple[float | None, ...]

    def __init__(self, data: Any, label: str | None = None) -> None:
        self._number = data if data.__class__ is float else as_float(data)
        self._grad = None
        self._made_by = None
        self._args = self._partials = ()
        context = current()
        if context is not NEUTRAL:
            _attended(self, context)
        if label is not None:
            self.label = label

    @property
    def data(self) -> float:
        """The number. Changing it changes no result already computed, nor that result's gradient."""
        refused("the data of a Value", self)
        return self._number

    @data.setter
    def data(self, data: Any) -> None:
        refused("setting the data of a Value")
        before, self._number = self._number, named_float("data", data)
        if not identical(before, self._number):
            self._tag = (self.label, self.scope, self._marks | MOVED)

    @property
    def _marks(self) -> int:
        """MOVED and LOADED, where they hold."""
        return getattr(self, "_tag", UNTAGGED)[2]

    @property
    def grad(self) -> float:
        """The gradient. Leaves add up what each `backward` brings; set it to 0 to start afresh."""
        refused("the grad of a Value")
        return 0.0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        refused("setting the grad of a Value")
        self._grad = named_float("grad", grad)

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

    @property
    def label(self) -> str | None:
        """A name for pictures and messages."""
        return getattr(self, "_tag", UNTAGGED)[0]

    @label.setter
    def label(self, label: str | None) -> None:
        if not (label is None or isinstance(label, str)):
            raise OperationError(f"got {label!r} as a label, expected a text or None")
        self._tag = (label, self.scope, self._marks)

    @property
    def scope(self) -> Scope | int:
        """The `scope` in which it was made, 0 where there was none; `scope_path` gives its names."""
        return getattr(self, "_tag", UNTAGGED)[1]

    def backward(self, seed: float = 1.0) -> None:
        """Fill in `grad` below this node: d(this node)/d(node), times `seed`.

        The gradients of inner nodes are those of this pass; leaves add it to what they have. A branch that `where`
        did not take receives exactly 0, whatever its derivatives. An exception on the way leaves the leaves as they were.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        seed = named_float("the seed of backward()", seed)
        watch = current().watch
        refused("backward()")
        nodes = order(self)
        leaves = [node for node in nodes if not node._args]
        # In one step of C, so that Ctrl-C cannot leave it half done.
        restore: Callable[[], Any] = partial_call(deque, map(_GRAD, leaves, [leaf._grad for leaf in leaves]), 0)
        for node in nodes:
            if node._args:
                node._grad = None
        try:
            self._grad = seed if self._grad is None else self._grad + seed
            _send(nodes, watch)  # a function, since Python 3.12 and 3.13 protect no jump back of a loop that stands here
        except BaseException:
            restore()
            raise

    # One line an operation.

    __add__, __radd__ = _binary(ops.add), _reflected(ops.add)
    __sub__, __rsub__ = _binary(ops.sub), _reflected(ops.sub)
    __mul__, __rmul__ = _binary(ops.mul), _reflected(ops.mul)
    __truediv__, __rtruediv__ = _binary(ops.div), _reflected(ops.div)
    __rpow__ = _reflected(ops.pow)
    __neg__ = _unary(ops.neg)
    __abs__ = abs = absolute = fabs = _unary(ops.abs)
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
    sign = _unary(ops.sign)
    step = _method(ops.step)
    clip = _method(ops.clip)
    stop_gradient = _unary(ops.stop_gradient)

    def __pow__(self, exponent: Any) -> "Value":
        record = _pow if exponent.__class__ is Value else _powc
        result: Value = record(self, exponent)
        return result

    def __pos__(self) -> "Value":
        return self

    conjugate = __pos__  # NumPy's, for np.std and np.var of an array of Values

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

    def __format__(self, spec: str) -> str:
        return format(self.data, spec) if spec else text(self)

    def __copy__(self) -> "Value":
        copy: Value = copied(self)
        return copy

    def __deepcopy__(self, memo: dict[int, Any]) -> "Value":
        copy: Value = deeply_copied(self, memo)
        return copy

    @staticmethod
    def _recorded(data: float, partials: tuple[float | None, ...], op: Op, args: tuple[Any, ...]) -> "Value":
        """A new node, as an operation makes it."""
        return _node(data, op, args, partials)

    @staticmethod
    def _restored(
        data: float, grad: float | None, op: Any, args: Any, partials: Any, label: str | None, scope: Scope | int, marks: int = 0
    ) -> "Value":
        """A node with these attributes."""
        node = new(Value)
        node._number, node._grad, node._made_by, node._args, node._partials = data, grad, op, args, partials
        node._tag = (label, scope, marks)
        return node

    def __init_subclass__(cls) -> NoReturn:
        refuse_subclass(cls)


def _send(nodes: Sequence[Value], watch: Watch | None) -> None:
    """Let each node, the last one first, send its gradient, times the local derivative, to each of its arguments."""
    for node in reversed(nodes):
        grad = node._grad
        if grad is None:
            continue
        for a, partial in zip(node._args, node._partials):  # noqa: B905  # equal by construction, and this is the inner loop
            if partial is not None:
                sum_so_far = a._grad
                a._grad = grad * partial if sum_so_far is None else sum_so_far + grad * partial
        if watch is not None:
            watch.swept(node)


_GRAD = vars(Value)["_grad"].__set__  # of the slot
_pow, _powc = _binary(ops.pow), _binary(ops.powc)
for name, elsewhere in ATTRIBUTES.items():
    setattr(Value, name, elsewhere)


def sweep(cotangents: dict[Value, float], inputs: Sequence[Value]) -> list[float]:
    """Carry the cotangents of outputs back to the inputs, as `backward` does, but leave `grad` alone.

    >>> x = Value(3.0)
    >>> sweep({x * x: 1.0}, [x])
    [6.0]
    """
    received = dict(cotangents)
    watch = current().watch
    for node in reversed(order(*cotangents)):
        if node in received:
            cotangent = received[node]
            for a, partial in zip(node.args, node.partials):  # noqa: B905  # as in backward
                if partial is not None:
                    received[a] = received[a] + cotangent * partial if a in received else cotangent * partial
            if watch is not None:
                watch.swept(node, received.__getitem__)
    return [received.get(x, 0.0) for x in inputs]


# What needs no speed, for the compiled Value as well.


def refuse_conversion(kind: str) -> NoReturn:
    """Say what to do instead of `float(v)`, `int(v)` or `complex(v)`."""
    refused(f"{kind}() of a Value, which an array needs unless its dtype is object,")
    number = "v.data" if kind == "float" else f"{kind}(v.data)"
    raise GradientLostError(
        f"a Value was used where a plain {kind} is needed, which would lose its gradient: for the number write {number}; for a function "
        "use autograd's, such as autograd.exp(v) in place of math.exp(v); for a place in an array give the array dtype=object, such as "
        "np.zeros(n, dtype=object)"
    )


def identical(x: Any, y: Any) -> bool:
    """Whether two numbers have the same bits, or are both nan, or both None."""
    return (x == y and (x is None or math.copysign(1.0, x) == math.copysign(1.0, y))) or (x != x and y != y)  # noqa: PLR0124  # nan


def refuse_subclass(cls: type) -> NoReturn:
    """Say what to do instead of deriving from Value."""
    raise OperationError(f"{cls.__name__} cannot derive from Value: hold a Value in it instead, or declare an Op")


def text(value: Any) -> str:
    """One line for people."""
    label = "" if value.label is None else f", label={value.label!r}"
    if current().trace is not None:  # its numbers are those of the recording only
        return f"Value({label[2:]})"
    return f"Value(data={_short(value.data)}, grad={_short(value.grad)}{label})"


def _short(x: float) -> str:
    return f"{x:.4f}" if x == 0.0 or 1e-4 <= abs(x) < 1e9 else f"{x:.4e}"


def copied(value: Any) -> Any:
    """A node with the attributes of `value`; one joined to it where a transform would lose its gradient."""
    return _joined(value) if _lost_in_copy(value) else _twin(value, value.args)


def deeply_copied(value: Any, memo: dict[int, Any]) -> Any:
    """A copy of the graph below `value`, of any depth; `memo` is that of `copy.deepcopy`. As for `copied`."""
    if id(value) not in memo and _lost_in_copy(value):
        memo[id(value)] = _joined(value)
    for node in () if id(value) in memo else order(value):
        if id(node) not in memo:
            memo[id(node)] = _twin(node, tuple([memo[id(a)] if a.__class__ is value.__class__ else a for a in node.args]))
    return memo[id(value)]


def _twin(value: Any, args: tuple[Any, ...]) -> Any:
    return value._restored(value._number, value._grad, value.op, args, value.partials, value.label, value.scope, value._marks)


def _lost_in_copy(value: Any) -> bool:
    """Whether a transform runs that would lose the gradient of `value` in a copy that stands apart."""
    context = current()
    return bool(context.born) or context.trace is not None or depends_on_active_inputs(value)


def _joined(value: Any) -> Any:
    """A node with the number of `value` that depends on it, with derivative 1; for a leaf that the function itself made, another."""
    if any(value in leaves for leaves in current().born) and value not in ACTIVE_INPUTS:
        copy = value.__class__(value._number)
        copy._grad = value._grad
    else:
        copy = ops.mul(value, 1.0)
    copy.label = value.label
    return copy


def depends_on_active_inputs(value: Any) -> bool:
    """Whether `value` depends on an input of a function that a transform runs now, in this thread or another."""
    return bool(ACTIVE_INPUTS) and not ACTIVE_INPUTS.isdisjoint(order(value))


FLOATS_AND_VALUES = {float, Value}
RECORDER = _Recorder()
register_node(Value, RECORDER)
