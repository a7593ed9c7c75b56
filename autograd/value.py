"""Value: a number that remembers how it was computed. This is the reference that a reader studies.

An operation on Values computes a float, as usual, and keeps in a new Value what it was computed from and the local
derivative for each argument. `backward` then walks that graph once, from the result to the leaves, and adds up for
each node (the gradient of each consumer) times (the local derivative of that consumer): the chain rule, and all of it.

Source of the method: Linnainmaa (1970); Griewank and Walther, Evaluating Derivatives (2008), chapter 3.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import repeat
from typing import Any, Never, NoReturn, final

from autograd.context import ACTIVE_INPUTS, NEUTRAL, TRACED, Context, Layers, Scope, current, forbid_lost, forbid_while_traced
from autograd.elsewhere import refuse_subclass
from autograd.errors import AutogradError, api_boundary, filter_traceback
from autograd.graph import order
from autograd.kinds import Number, as_float, named_float, register_node
from autograd.methods import connect
from autograd.op import Op
from autograd.operators import MOVED, RUN, Operators, identical
from autograd.walks import Deferred
from autograd.words import BACKWARD, OF_VALUE, refuse_keywords

new: Any = object.__new__


def _node(data: float, partials: tuple[float | None, ...], op: Op, args: tuple[Any, ...]) -> "Value":
    """A new node in the current scope, shown to whoever watches."""
    node = new(Value)
    node._number = data
    node._grad = None
    node._made_by = op
    node._args = args
    node._partials = partials
    context = current()
    return node if context is NEUTRAL and not ACTIVE_INPUTS else _attended(node, context)


def _attended(node: "Value", context: Context | Layers) -> "Value":
    """A new node under a scope, a watch, `no_grad` or a transform."""
    if isinstance(context, Layers):
        context = context.now()
    run = context.runs[-1] if context.runs else max([a._run for a in node._args if a.__class__ is Value], default=0)
    if run and not context.runs and run % TRACED == 0:
        forbid_lost(max(node._args, key=lambda a: a._run if a.__class__ is Value else 0))
    if context.scope or run:  # what rests on a run is never older than it, whoever records it
        node._tag = (None, context.scope or node.scope, run * RUN)
    if context.watch is not None:
        context.watch.recorded(node)
    if context.tracer is not None and context.tracer.log is not None and node._args:
        context.tracer.log.add(node)
    if not context.recording:
        node._made_by, node._args, node._partials = None, (), ()
    return node


class _Recorder:
    """How operations are computed on Values: on their floats, with a node to remember it."""

    def apply(self, op: Op, x: Sequence[Any]) -> "Value":
        args = tuple(x)
        if not FLOATS_AND_VALUES.issuperset(map(type, args)):
            args = tuple([a if a.__class__ is Value else as_float(a) for a in args])
        if op.constant or op.constant_of:
            op = op.recorded_on(args)
        data: list[Any] = [a._number if a.__class__ is Value else a for a in args]
        y, partials = op.evaluate(data)
        if op.ties:
            partials = op.settled(partials, args)
        if op.selects:  # the branch not taken is absent, not merely multiplied by 0
            partials = op.taken(partials)
        if float in map(type, args):
            partials = tuple([p if a.__class__ is Value else None for a, p in zip(args, partials, strict=True)])
        return _node(y, partials, op, args)


@final
class Value(Operators):
    """A number that records the operations made on it, and a gradient for `backward` to fill in.

    Args:
        data: the number: int, float, bool, NumPy scalar, 0-d array, Fraction or Decimal; kept as a float.
        label: a name for pictures and messages.

    Attributes:
        op: the `Op` that made it, None for a leaf.
        args: what `op` was given: Values and floats, in order, with repeats.
        partials: the local derivative for each of `args`, as recorded; None where there is none.

    Invalid arithmetic gives inf or nan, as IEEE 754 has it. Comparisons, `==` among them, go by value; `hash` goes by
    identity, so sets and dicts tell Values apart, but `in`, `index` and `remove` of a list find the first equal number.

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

    _grad: float | None  # None where no gradient has arrived yet, which `grad` shows as 0.0
    _tag: tuple[str | None, Scope | int, int]  # label, scope and marks; unset where there is none, which saves memory

    def __init__(self, data: Number, label: str | None = None, **elsewhere: Never) -> None:
        try:
            if elsewhere:
                refuse_keywords("Value()", OF_VALUE, elsewhere, "it takes a number and a label, Value(2.0, 'x')")
            self._number = data if data.__class__ is float else as_float(data)
            self._grad = self._made_by = None
            self._args = self._partials = ()
            context = current()
            if context is not NEUTRAL:
                _attended(self, context)
            if label is not None:
                self.label = label
        except AutogradError as error:
            filter_traceback(error)
            raise

    @property
    def data(self) -> float:
        """The number. Changing it changes no result already computed, nor that result's gradient."""
        forbid_while_traced("the data of a Value", self, constant=True)
        return self._number

    @data.setter
    def data(self, data: Number) -> None:
        try:
            forbid_while_traced("setting the data of a Value")
            before, self._number = self._number, named_float("data", data)
        except AutogradError as error:
            filter_traceback(error)
            raise
        if not identical(before, self._number):
            self._tag = (self.label, self.scope, self._marks | MOVED)

    @property
    def grad(self) -> float:
        """The gradient. Leaves add up what each `backward` brings; set it to 0 to start afresh."""
        forbid_while_traced("the grad of a Value", self)
        return 0.0 if self._grad is None else self._grad

    @grad.setter
    def grad(self, grad: Number) -> None:
        try:
            forbid_while_traced("setting the grad of a Value")
            self._grad = named_float("grad", grad)
        except AutogradError as error:
            filter_traceback(error)
            raise

    @api_boundary
    def backward(self, seed: float = 1.0, **elsewhere: Never) -> None:
        """Fill in `grad` below this node: d(this node)/d(node), times `seed`.

        The gradients of inner nodes are those of this pass; leaves add it to what they have. A branch that `where` did
        not take receives exactly 0, whatever its derivatives. An exception on the way leaves the leaves as they were.

        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0
        """
        if elsewhere:
            refuse_keywords("backward()", BACKWARD, elsewhere, "it takes a seed alone, y.backward(1.0)")
        seed = named_float("the seed of backward()", seed)
        forbid_while_traced("backward()", self)
        nodes = order(self)
        leaves = [node for node in nodes if not node._args]
        restore = _setting(leaves, [leaf._grad for leaf in leaves])
        for node in nodes:
            if node._args:
                node._grad = None
        try:
            self._grad = seed if self._grad is None else self._grad + seed
            send(nodes, getattr(current().watch, "swept", None))  # no loop here: 3.12 and 3.13 do not protect it
        except BaseException:
            restore()
            raise

    _recorded = staticmethod(_node)

    @api_boundary
    def __init_subclass__(cls) -> NoReturn:
        refuse_subclass(cls)


def send(nodes: Sequence[Any], visit: Callable[[Any], object] | None) -> None:
    """The chain rule: each node, the last first, sends each of its arguments its gradient times the local derivative.

    A node is whatever has `_args`, `_partials` and `_grad`; `visit` is called with each that has sent.
    """
    carried: dict[Any, Any] = {}
    for node in reversed(nodes):
        if (grad := node._grad) is None:
            continue
        if (partials := node._partials).__class__ is Deferred:
            grad, partials = node.op.sent(node, grad, carried)
        for a, local in zip(node._args, partials):  # noqa: B905  # equal by construction; the inner loop
            if local is not None:
                sum_so_far = a._grad
                a._grad = grad * local if sum_so_far is None else sum_so_far + grad * local
        if visit is not None:
            visit(node)


def _setting(nodes: Sequence[Value], grads: Iterable[float | None]) -> Callable[[], object]:
    """What sets `_grad` of each, in one step of C, so that Ctrl-C cannot leave it half done."""
    return partial(deque, map(setattr, nodes, repeat("_grad"), grads), 0)


FLOATS_AND_VALUES = {float, Value}
register_node(Value, _Recorder())
connect(Value, _node)
