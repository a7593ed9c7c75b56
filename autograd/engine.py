"""The Value in use: the compiled one where it was built, else the reference; and its pickles, which either can read."""

import copyreg
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from autograd import copies, graph, operators, value, walks
from autograd.compiled import native
from autograd.context import current, forbid_while_traced, scope_of, scope_path
from autograd.errors import GradientLostError
from autograd.graph import order
from autograd.kinds import register_node
from autograd.operators import LOADED, MOVED
from autograd.ops import TABLE

__all__ = ["Value", "push", "reaches", "second", "sweep"]

if TYPE_CHECKING or native is None:
    from autograd.value import Value
    from autograd.walks import push, reaches, sweep
else:
    from autograd.native._native import Value, push, reaches, sweep

    native.connect(TABLE, value.Value, walks.sweep, walks.push, operators)
    register_node(Value, native.Recorder())
    graph.compiled_order[Value] = native.order


def second(output: Value, inputs: Sequence[Value], vector: Sequence[float]) -> list[float] | None:
    """The second derivatives of `output`, as recorded with floats, times `vector`; where that is empty, all of them, column by column.

    None where they are not at hand so: they are those of the graph of the gradient.
    """
    if native is None or current().watch is not None:  # which sees each node
        return None
    found: list[float] | None = native.second(output, tuple(inputs), tuple(vector))
    return found


def _pickled(root: Value) -> tuple[Callable[..., Value], tuple[Any, ...]]:
    """The graph below `root` as rows, so that its depth does not matter; leaves are pickled as objects and stay shared."""
    forbid_while_traced("a pickle of a Value", root)
    if copies.depends_on_active_inputs(root):
        raise GradientLostError(
            "got a Value to pickle while a transform differentiates it, which would lose its gradient: pickle its number, v.data, or "
            "what the transform gives; a function that runs in another process has to take and return floats"
        )
    marks = root._marks & MOVED
    if not root.args:
        return _unpickled_leaf, (root.data, root._grad, root.label, scope_path(root.scope), *([marks] if marks else []))
    nodes = order(root)
    index = {node: i for i, node in enumerate(nodes)}
    rows = [
        (
            node.data, node._grad, node.op, tuple([index[a] if a.__class__ is Value else a for a in node.args]),
            node.partials, node.label, scope_path(node.scope), node._marks & MOVED,
        ) if node.args else node
        for node in nodes
    ]  # fmt: skip
    return _unpickled, (rows,)


def _unpickled_leaf(data: float, grad: float | None, label: str | None, path: tuple[str, ...], marks: int = 0) -> Value:
    leaf: Value = Value._restored(data, grad, None, (), (), label, scope_of(path), marks)
    return leaf


def _unpickled(rows: list[Any]) -> Value:
    """Rows back to nodes: an int among the arguments is the row of a Value, a float is itself."""
    nodes: list[Value] = []
    for row in rows:
        if row.__class__ is Value:
            nodes.append(row)
        else:
            data, grad, op, args, partials, label, path, *marks = row  # older pickles have no marks
            args = tuple([nodes[a] if a.__class__ is int else a for a in args])
            nodes.append(Value._restored(data, grad, op, args, partials, label, scope_of(path), LOADED | sum(marks)))
    return nodes[-1]


copyreg.pickle(Value, _pickled)
