"""What a page of steps shows: the nodes, in pictures with all boxes closed or one open; or the network box by box."""

from collections import Counter
from collections.abc import Sequence
from functools import cache

from autograd.context import scope_path
from autograd.engine import Value
from autograd.errors import GraphTooLarge
from autograd.pictures.boxwise import boxwise
from autograd.pictures.view import EDGES_PER_NODE, MOST_EDGES, View, collapsed, listed, raising

MOST_IN_ALL = 5_000  # boxes in all pictures of a page, which then has about two megabytes


def groups_of(view: View) -> list[tuple[str, ...]]:
    """The boxes that stand for many nodes."""
    return [box for box in dict.fromkeys(view.box.values()) if isinstance(box, tuple)]


def chosen(nodes: Sequence[Value], collapse: str | int | None, max_nodes: int) -> list[View] | tuple[str, str, str]:
    """The views of the page's pictures; or, where they are too large or crowded, what `boxwise` gives.

    Where that has nothing either, as where one box is all of the graph, boxes that are too large stay closed.

    Raises:
        GraphTooLarge: none of this is possible.
    """
    if collapse is None or not _scoped(nodes):
        edges = sum(len(node.args) for node in nodes)
        if not _fits(len(nodes), edges, max_nodes):
            raise _refused(nodes, len(nodes), edges, max_nodes, collapse)
        return [collapsed(nodes, None)]
    closed = collapsed(nodes, collapse)
    boxes, edges = closed.size()
    groups = groups_of(closed)
    held = Counter(closed.box.values())
    largest = boxes + max((held[group] - 1 for group in groups), default=0)
    network = cache(lambda: boxwise(nodes, collapse, max_nodes))
    if (edges > MOST_EDGES or boxes * len(groups) > MOST_IN_ALL) and (steps := network()):
        return steps
    views = []
    if _fits(boxes, edges, max_nodes) and (largest <= max_nodes or len(nodes) <= MOST_IN_ALL):
        opened = (collapsed(nodes, collapse, group) for group in groups if boxes + held[group] - 1 <= max_nodes)
        views = [closed, *(view for view in opened if _fits(*view.size(), max_nodes))]
    if len(views) <= len(groups) and (steps := network()):
        return steps
    if not views:
        raise _refused(nodes, largest, edges, max_nodes, collapse)
    return views


def _scoped(nodes: Sequence[Value]) -> bool:
    return any(scope_path(scope) for scope in {node.scope for node in nodes})


def _fits(boxes: int, edges: int, max_nodes: int) -> bool:
    return boxes <= max_nodes and edges <= EDGES_PER_NODE * max_nodes


def _refused(nodes: Sequence[Value], boxes: int, edges: int, max_nodes: int, collapse: str | int | None) -> GraphTooLarge:
    """The error for a graph that has no page: why, and what to do."""
    whole = f"{boxes:,} nodes and {edges:,} edges"
    if boxes != len(nodes):
        whole = f"{len(nodes):,} nodes, and collapsed by {collapse!r}, with one box open, {boxes:,} boxes and {edges:,} edges"
    remedies = [
        "step through a smaller graph (one sample, fewer neurons)",
        "let parts of it collapse with collapse=1"
        if collapse is None and _scoped(nodes)
        else "record its parts under autograd.scope(name), smaller ones where it has some, so that they can collapse with collapse=",
        "see what is around one node with draw(…, focus=)",
        *raising(boxes, edges),
    ]
    return GraphTooLarge(
        f"the graph has {whole}; max_nodes={max_nodes} allows {max_nodes:,} and {EDGES_PER_NODE * max_nodes:,}: {listed(remedies)}"
    )
