"""What a picture of a graph shows: its nodes one by one, groups of them as one box, or the neighbourhood of one node."""

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from operator import gt
from types import EllipsisType

from autograd.context import scope_path
from autograd.engine import Value
from autograd.errors import GraphTooLarge

EDGES_PER_NODE = 4
MOST_EDGES = 100
MOST_BOXES = 60
DRAWABLE = 600  # boxes: graphs of every kind up to this size are laid out in time
DISTANCE = 2
LEVELS = "None, 'layer', 'neuron' or a depth of scopes from 1 up"
MOST_NEIGHBOURS = 8
MERGED = -1
# The first name of the box of many results of one call, the y of all steps of a loop.
RESULTS = "\0results"
MOST_RESULTS = 8

# The last name of a scope that `draw` shows as one small box: how softmax avoids overflow.
CLOSED = ("softmax", "shift")

# A box of the picture: one node by its place in the order, or the group of a scope path.
Box = str | tuple[str, ...]

# Where an edge begins or ends: at a box, at a constant, or outside what is shown.
End = Box | float | EllipsisType

Edges = dict[tuple[End, End, int], list[float | None]]
Consumers = dict[Value, list[tuple[Value, float | None]]]


@dataclass
class View:
    """The box of each node that is shown, and the edges between boxes, with the local derivatives that each of them represents.

    Attributes:
        note: what the picture says below.
        focus: the node in its middle, if it is the neighbourhood of one.
        opened: the group whose nodes are shown, if one is.
    """

    box: dict[Value, Box]
    edges: Edges
    note: str = ""
    focus: Value | None = None
    opened: tuple[str, ...] = ()

    def size(self) -> tuple[int, int]:
        """The number of boxes and of edges."""
        return len(set(self.box.values())), len(self.edges)


# Groups.


def is_level(x: object) -> bool:
    """Whether scopes can collapse to `x`."""
    return x in (None, "layer", "neuron") or (isinstance(x, int) and x >= 1)


def fitting(nodes: Sequence[Value], collapse: str | int | None, max_nodes: int) -> View:
    """The graph collapsed as requested, or else to the deepest scopes that fit with edges that can be followed, or to the outermost."""
    most_edges = EDGES_PER_NODE * max_nodes

    def too_large(view: View, most_edges: int) -> bool:
        return any(map(gt, view.size(), (max_nodes, most_edges)))

    if (least := least_boxes(nodes)) > max_nodes:
        raise _refused(nodes, least, None, max_nodes)
    if collapse is not None or len(nodes) <= max_nodes or results_of(nodes):
        view = collapsed(nodes, collapse, small=True)
        if not too_large(view, most_edges):
            return view
    at = cache(lambda depth: collapsed(nodes, depth, small=True))
    deepest = max(len(scope_path(scope)) for scope in {node.scope for node in nodes})
    depths = range(2, deepest + 1)
    depth = 1 + bisect(depths, False, key=lambda depth: too_large(at(depth), MOST_EDGES))  # noqa: FBT003  # the value sought
    view = at(depth)
    if too_large(view, most_edges):
        raise _refused(nodes, *view.size(), max_nodes)
    view.note = f"{len(nodes):,} nodes, collapsed to scopes of depth {depth}"
    return view


def least_boxes(nodes: Sequence[Value]) -> int:
    """The least number of boxes, however far scopes collapse: the outermost scopes, and each operation outside of all scopes."""
    scopes = Counter(node.scope for node in nodes if node.args)
    paths = {scope: scope_path(scope) for scope in scopes}
    alone = sum(count for scope, count in scopes.items() if not paths[scope])
    results = [box for node, box in results_of(nodes).items() if not scope_path(node.scope)]
    return len({path[0] for path in paths.values() if path}) + alone - len(results) + len(set(results))


def results_of(nodes: Sequence[Value]) -> dict[Value, tuple[str, ...]]:
    """The box of each node that is one of many numbers of one result of a call."""
    found: dict[tuple[Value, int], list[Value]] = defaultdict(list)
    for node in nodes:
        if hasattr(node.op, "key"):
            found[node.args[0], node.op.key[0]].append(node)  # type: ignore[union-attr]  # an Output of a call
    many = [(str(k), call.op.name, own) for k, ((call, _), own) in enumerate(found.items()) if call.op and len(own) > MOST_RESULTS]
    return {node: (RESULTS, f"results of {name}", k) for k, name, own in many for node in own}


def _refused(nodes: Sequence[Value], boxes: int, edges: int | None, max_nodes: int) -> GraphTooLarge:
    """The error for a graph that is not drawn: why, and what to do. Edges are not counted if the boxes alone are too many."""
    shown = f"at least {boxes:,} boxes" if edges is None else f"{boxes:,} boxes and {edges:,} edges"
    remedies = [
        "draw a smaller part of it (one sample's loss, or what is around one node with focus=)",
        "record it under autograd.scope(name) so that it can collapse",
        *raising(boxes, edges or 0),
    ]
    return GraphTooLarge(
        f"the graph has {len(nodes):,} nodes, and with all its scopes collapsed {shown}; "
        f"max_nodes={max_nodes} allows {max_nodes:,} and {EDGES_PER_NODE * max_nodes:,}: {listed(remedies)}"
    )


def raising(boxes: int, edges: int) -> list[str]:
    """The advice to raise max_nodes, if that many can be laid out."""
    return ["raise max_nodes="] if boxes <= DRAWABLE and edges <= EDGES_PER_NODE * DRAWABLE else []


def listed(remedies: Sequence[str]) -> str:
    """The remedies as part of a sentence."""
    return f"{', '.join(remedies[:-1])}, or {remedies[-1]}"


def coarser(nodes: Sequence[Value], view: View) -> list[View]:
    """The overview to use if the layout of `view` takes too long; none without scopes, or if the graph is small."""
    if view.focus or len(set(view.box.values())) <= MOST_BOXES or not any(node.scope for node in nodes):
        return []
    overview = collapsed(nodes, 1)
    overview.note = f"{len(nodes):,} nodes, collapsed to scopes of depth 1"
    return [overview] if overview.size()[0] < view.size()[0] else []


def collapsed(nodes: Sequence[Value], level: str | int | None, opened: tuple[str, ...] = (), *, small: bool = False) -> View:
    """The graph with one box for each group of `level` but `opened`; edges that a group hides are one, with all their partials.

    Where `small`, what is `CLOSED` is a box as well.
    """
    box = _boxes(nodes, level, opened, small=small)
    edges: Edges = defaultdict(list)
    for node in nodes:
        target = box[node]
        for i, (a, partial) in enumerate(zip(node.args, node.partials, strict=True)):
            source = box[a] if a.__class__ is Value else a
            if source.__class__ is not tuple and target.__class__ is not tuple:
                edges[source, target, i].append(partial)
            elif source != target and source.__class__ is not float:
                edges[source, target, MERGED].append(partial)
    for (start, end, _), partials in edges.items():
        if is_closed(start) or is_closed(end):
            del partials[1:]  # one arrow for each class, without a count
    return View(box, edges, opened=opened)


def _boxes(nodes: Sequence[Value], level: str | int | None, opened: Box, *, small: bool) -> dict[Value, Box]:
    """Each node's box: its group unless that is `opened`, or its place in the order.

    A leaf that only one group uses belongs to that, unless the group is small.
    """
    groups = {scope: _group(scope_path(scope), level, small=small) for scope in {node.scope for node in nodes}}
    users = defaultdict(set)
    for node in nodes:
        for a in node.args:
            if a.__class__ is Value and not a.args:
                users[a].add(groups[node.scope])
    box: dict[Value, Box] = {}
    results: dict[Value, Box] = {**results_of(nodes)}
    for i, node in enumerate(nodes):
        group = groups[node.scope]
        if len(users.get(node, ())) == 1 and not is_closed(user := next(iter(users[node]))):
            group = user or group
        box[node] = results.get(node, f"n{i}") if group in ((), opened) else group
    return box


def _group(path: tuple[str, ...], level: str | int | None, *, small: bool) -> tuple[str, ...]:
    """The part of a scope path that names the group, empty where there is none."""
    if isinstance(level, int):
        return path[:level]
    starts = [i for i, name in enumerate(path, 1) if (level is not None and name.startswith(level)) or (small and is_closed(path[:i]))]
    return path[: starts[0]] if starts else ()


def is_closed(box: object) -> bool:
    """Whether a box is one of those that are small."""
    return isinstance(box, tuple) and box[-2:] == CLOSED


# Neighbourhoods.


def focused(nodes: Sequence[Value], focus: Value, max_nodes: int) -> View:
    """`focus`, its arguments and theirs, its consumers and theirs; where the graph continues, an edge from or to outside."""
    consumers: Consumers = defaultdict(list)
    for node in nodes:
        for a, partial in zip(node.args, node.partials, strict=True):
            if a.__class__ is Value:
                consumers[a].append((node, partial))
    shown = set(_near(focus, consumers)[:max_nodes])
    box: dict[Value, Box] = {node: f"n{i}" for i, node in enumerate(nodes) if node in shown}
    edges: Edges = defaultdict(list)
    for node, name in box.items():
        for i, (a, partial) in enumerate(zip(node.args, node.partials, strict=True)):
            if a in box:
                edges[box[a], name, i].append(partial)
            elif a.__class__ is Value or i >= MOST_NEIGHBOURS:
                edges[..., name, MERGED].append(partial)
            else:
                edges[a, name, i].append(partial)
        for consumer, partial in consumers[node]:
            if consumer not in box:
                edges[name, ..., MERGED].append(partial)
    note = f"{len(box):,} of {len(nodes):,} nodes, around the one framed in purple" if len(box) < len(nodes) else ""
    return View(box, edges, note, focus)


def _near(focus: Value, consumers: Consumers) -> list[Value]:
    """The nodes within a few steps of `focus`, against the arrows or along them, the nearest first.

    Of many arguments or consumers only the first few, so that a node that a thousand samples share can be drawn, too.
    """
    near = before = after = [focus]
    for _ in range(DISTANCE):
        before = [a for node in before for a in node.args[:MOST_NEIGHBOURS] if a.__class__ is Value]
        after = [consumer for node in after for consumer, _ in consumers[node][:MOST_NEIGHBOURS]]
        near = near + before + after
    return list(dict.fromkeys(near))
