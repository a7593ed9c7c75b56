"""Walks over a recorded graph that carry numbers along and leave its nodes alone, which other threads may use.

`sweep` carries cotangents from outputs back to inputs, `push` tangents from inputs on to outputs, with the local
derivatives that were recorded. Nodes are Values of either backend.
"""

from collections.abc import Sequence
from typing import Any

from autograd.context import current
from autograd.graph import order


class Deferred(tuple):  # type: ignore[type-arg]  # of floats and None
    """The partials of a node that stands for a program, or for one of its outputs: numbers that are known in a sweep only.

    They come from `op.sent(node, grad, carried)`, with what has arrived at the node and what such nodes keep for each other meanwhile.
    """

    __slots__ = ()


def reaches(*roots: Any, since: int) -> bool:
    """Whether a node below `roots` is older than a transform's run."""
    return any(node._run < since for node in order(*roots, since=since))


def sweep(cotangents: dict[Any, float], inputs: Sequence[Any], since: int = 0) -> Any:
    """Carry the cotangents of outputs back to the inputs, as `backward` does: reverse mode.

    With `since`, the number of a transform's run, None where a node is older.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> sweep({x * x: 1.0}, [x])
    [6.0]
    """
    received = dict(cotangents)
    carried: dict[Any, Any] = {}
    swept = getattr(current().watch, "swept", None)
    nodes = order(*cotangents, since=since)
    if any(node._run < since for node in nodes):
        return None
    for node in reversed(nodes):
        if node in received:
            grad, partials = received[node], node._partials
            if partials.__class__ is Deferred:
                grad, partials = node.op.sent(node, grad, carried)
            for a, local in zip(node._args, partials):  # noqa: B905  # equal by construction
                if local is not None:
                    received[a] = received[a] + grad * local if a in received else grad * local
            if swept is not None:
                swept(node, received.__getitem__)
    return [received.get(x, 0.0) for x in inputs]


def push(tangents: dict[Any, float], outputs: Sequence[Any], since: int = 0) -> Any:
    """Carry the tangents of inputs on to outputs: forward mode; None as for `sweep`.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> push({x: 1.0}, [x * x])
    [6.0]
    """
    carried: dict[Any, Any] = dict(tangents)
    nodes = order(*outputs, since=since)
    if any(node._run < since for node in nodes):
        return None
    for node in nodes:
        if node in carried:
            continue
        if node._partials.__class__ is Deferred:
            if any(a in carried for a in node._args):
                carried[node] = node.op.pushed(node, carried, graph=False)
            continue
        for a, local in zip(node._args, node._partials):  # noqa: B905  # as above
            if local is not None and a in carried:
                term = carried[a] * local
                carried[node] = carried[node] + term if node in carried else term
    return [carried.get(y, 0.0) for y in outputs]
