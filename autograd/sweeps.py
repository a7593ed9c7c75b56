"""The two sweeps over a recorded graph on Values, and with them the gradient of one as a graph.

`pull` carries cotangents from outputs back to inputs, `push` carries tangents from inputs on to outputs. The local derivatives are
computed anew on Values, so that the result is a graph that can be differentiated again, to any order; `walks.py` has both at floats.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 3.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from autograd import ops
from autograd.arrays import tree_ravel
from autograd.changed import refuse_changed
from autograd.context import current, log_of_tracer
from autograd.engine import Value
from autograd.errors import NumberError, api_boundary
from autograd.foreign import recorded_partials
from autograd.graph import order
from autograd.kinds import as_float
from autograd.walks import Deferred

T = TypeVar("T")


def _local(node: Value) -> Sequence[Any]:
    """The local derivatives of a node, computed anew on its arguments as Values."""
    if node.op is None:
        return node.partials
    refuse_changed(node)
    anew = node.op.settled(tuple(recorded_partials(node)), node.args)
    if _selects(node):
        return anew
    return [None if recorded is None else partial for recorded, partial in zip(node.partials, anew, strict=True)]


def _selects(node: Value) -> bool:
    """Whether a graph of the derivative has to keep both branches: its condition is a Value."""
    return node.op is not None and node.op.selects and node.args[0].__class__ is Value


def _drops_zeros(node: Value) -> bool:
    """Whether a partial that is exactly 0 is None, since the argument may be used in branches not taken: see `Form.selected`."""
    return node.op is not None and node.op.drops_zeros


def _product(a: Any, b: Any) -> Any:
    """`a * b`, without a node for a factor of 1."""
    if a.__class__ is float and a == 1.0:
        return b
    if b.__class__ is float and b == 1.0:
        return a
    return a * b


def _total(terms: Sequence[Any]) -> Any:
    """The sum of `terms`, without a node for a single one."""
    return terms[0] if len(terms) == 1 else ops.sum(terms)


def _sent(node: Value, factor: Any, partial: Any) -> Any:
    """`factor * partial`, what goes between the node and one argument; for `where` the factor itself, or 0 for the branch not taken."""
    return ops.where(partial, factor, 0.0) if partial.__class__ is Value and _selects(node) else _product(factor, partial)


def _either(masks: Sequence[Any]) -> Any:
    """Whether one of `masks` is not 0."""
    masks = list(dict.fromkeys(masks))
    return 1.0 if any(mask.__class__ is float for mask in masks) else masks[0] if len(masks) == 1 else ops.maximum(*masks)


def depending(nodes: Sequence[Value], inputs: Iterable[Value], *, graph: bool) -> set[Value]:
    """The nodes that depend on the inputs, themselves included."""
    found = set(inputs)
    for node in nodes:
        partials = (None, 1.0, 1.0) if graph and _selects(node) else node.partials
        through = node.args if graph and _drops_zeros(node) else [a for a, p in zip(node.args, partials, strict=True) if p is not None]
        if any(a in found for a in through):
            found.add(node)
    return found


def pull(nodes: Sequence[Value], cotangents: dict[Value, Any], inputs: Sequence[Value]) -> list[Any]:
    """Carry the cotangents of outputs back to the inputs: reverse mode.

    Both branches of a `where` are walked, so that it holds whichever is taken. A node that is reached through branches only
    has a mask, 1 where one of its consumers is active and took it, and sends 0 where that is 0, whatever its derivatives.
    """
    received: dict[Value, list[Any]] = {node: [cotangent] for node, cotangent in cotangents.items()}
    carried: dict[Any, Any] = {}
    masks: dict[Value, list[Any]] = {node: [1.0] for node in cotangents}
    reached, watch = depending(nodes, inputs, graph=True), current().watch
    for node in reversed(nodes):
        if node in received and node in reached and node.args:
            cotangent = _total(received[node])
            received[node] = [cotangent]
            mask = _either(masks[node])
            for a, sent, own in _messages(node, cotangent, mask, carried, reached):
                received.setdefault(a, []).append(sent)
                masks.setdefault(a, []).append(own)
            if watch is not None and finished([mask], graph=False)[0]:
                watch.swept(node, lambda a: sum(finished(received.get(a, ()), graph=False)))
    return [_total(received[x]) if x in received else 0.0 for x in inputs]


def _messages(node: Value, cotangent: Any, mask: Any, carried: dict[Any, Any], reached: set[Value]) -> Iterator[tuple[Value, Any, Any]]:
    """What a node sends to each of its arguments, with the mask that goes with it."""
    if node.partials.__class__ is Deferred or _drops_zeros(node):
        refuse_changed(node)
        yield from node.op.pulled(node, cotangent, mask, carried, reached)  # type: ignore[union-attr]  # a Call, or its Output
        return
    for a, partial in zip(node.args, _local(node), strict=True):
        if partial is not None and a in reached:
            sent = _sent(node, cotangent, partial)
            masked = sent if mask.__class__ is float else ops.where(mask, sent, 0.0)
            yield a, masked, _product(mask, partial) if _selects(node) else mask


def push(nodes: Sequence[Value], tangents: dict[Value, Any], outputs: Sequence[Any]) -> list[Any]:
    """Carry the tangents of inputs on to the outputs: forward mode."""
    carried = dict(tangents)
    reached = depending(nodes, tangents, graph=True)
    for node in nodes:
        if node not in reached or node in tangents:
            continue
        if node.partials.__class__ is Deferred:
            refuse_changed(node)
            carried[node] = node.op.pushed(node, carried, graph=True)  # type: ignore[union-attr]  # as above
        else:
            locals_ = zip(node.args, _local(node), strict=True)
            carried[node] = _total([_sent(node, carried[a], partial) for a, partial in locals_ if partial is not None and a in reached])
    return [carried.get(y, 0.0) for y in outputs]


def finished(numbers: Sequence[Any], *, graph: bool) -> list[Any]:
    """Values in a graph, else floats."""
    if graph:
        return [x if x.__class__ is Value else Value(x) for x in numbers]
    return [x._number if x.__class__ is Value else as_float(x) for x in numbers]


def numbers_of(tree: Any) -> Any:
    """The structure with numbers in place of Values."""
    numbers, form = tree_ravel(tree)
    return form.unravel(finished(numbers, graph=False))


def separated(*roots: Any, differentiable: bool = True) -> list[Any]:
    """The same graph with each number computed by an operation of its own: a call of a form becomes one operation for each output.

    These are computed anew for their local derivatives, unless the graph is not to be `differentiable`.
    """
    twins: dict[Any, Any] = {}
    for node in order(*roots):
        if node.partials.__class__ is not Deferred:
            args, op, partials = node.args, node.op, node.partials
        elif hasattr(node.op, "single"):  # the call itself
            continue
        else:
            args, op = node.args[0].args, node.args[0].op.single(node.op.key)
            found = op.evaluate(node.args[0].op.numbers)[1] if differentiable else [None] * len(args)
            partials = tuple([p if a.__class__ is Value else None for a, p in zip(args, found, strict=True)])
        if op is not node.op or any(a in twins for a in args if a.__class__ is Value):
            own = tuple([twins.get(a, a) if a.__class__ is Value else a for a in args])
            twins[node] = node._restored(node._number, node._grad, op, own, partials, node.label, node.scope, node._marks)
    return [twins.get(root, root) for root in roots]


@api_boundary
def gradient(output: Value, inputs: T) -> T:
    """Gradient of a recorded result with respect to Values before it, as Values that can be differentiated again.

    Args:
        output: y, a Value.
        inputs: a Value, or lists, tuples, dicts or arrays of Values.

    Returns:
        dy/dx in the structure of `inputs`; `grad` of the nodes is neither read nor written.

    Raises:
        ChangedError: the data of an operand was changed after it was recorded.
        NumberError: `output` or an input is not a Value.

    >>> x = Value(2.0)
    >>> first = gradient(x**3, x)
    >>> second = gradient(first, x)
    >>> first.data, second.data
    (12.0, 12.0)
    """
    nodes, form = tree_ravel(inputs)
    for given in (output, *nodes):
        if given.__class__ is not Value:
            raise NumberError(f"gradient() takes Values, got {given!r}: for a function of numbers use grad(f)(x)")
    log = log_of_tracer()
    found = _pulled(output, nodes) if log is None else log.outside(_pulled, output, nodes)
    gradients: T = form.unravel([x if x.__class__ is Value else Value(x) for x in found])
    return gradients


def _pulled(output: Value, inputs: Sequence[Value]) -> list[Any]:
    return pull(order(output), {output: 1.0}, inputs)
