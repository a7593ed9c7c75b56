"""How the parts of a picture are arranged: straight rows, columns in the user's order, stand-ins for what is used often and far away.

Graphviz spends its time on edges that pass many columns: a leaf that each of forty iterations uses took it minutes. Next to such a use the
picture repeats the node's name in a small box, a stand-in; uses nearby keep their edge. In a dense graph the longest edges are replaced in
the same way, so the time for any graph that may be drawn is bounded.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from autograd.engine import Value
from autograd.labels import scope_name
from autograd.pictures.view import Box, End, View

MOST_USES = 4  # uses that have an edge to the node however far away they are
FAR = 3  # columns
MOST_COLUMNS = 800  # columns that all edges together pass

# An edge without its place among the arguments. It begins at a box or at a constant, given as text so that 0.0 and -0.0 differ.
Link = tuple[Box, Box]


@dataclass(frozen=True)
class Arrangement:
    """What Graphviz is told in addition to the graph.

    Attributes:
        apart: the edges that begin at a stand-in, beside the box where they end.
        straight: the edges that continue a row: from the first argument to what has one or two.
        columns: boxes of one kind, as far from the result as each other, in the order in which they stand.
    """

    apart: set[Link]
    straight: set[Link]
    columns: list[list[Box]]


def arrange(view: View) -> Arrangement:
    """The arrangement of what a view shows."""
    distance = _distances(view)
    first = _first_arguments(view)
    straight = {(source, box) for box, (source, count) in first.items() if count <= 2}
    apart = set(_apart(view, distance))
    apart |= set(_longest(view, distance, apart))
    return Arrangement(apart, straight, _columns(view, distance, {box: source for box, (source, _) in first.items()}))


def origin(source: End) -> Box:
    """Where an edge begins: a box as it is, a constant as text."""
    return repr(source) if isinstance(source, float) else source  # type: ignore[return-value]  # never called for what lies outside


def _apart(view: View, distance: dict[Box, int]) -> Iterator[Link]:
    """The edges that begin at a stand-in."""
    users: dict[End, set[Box]] = defaultdict(set)
    for source, target, _ in view.edges:
        if ... not in {source, target} and not isinstance(source, tuple):
            users[source].add(target)  # type: ignore[arg-type]  # an edge ends at a box
    for source, targets in users.items():
        often = len(targets) > MOST_USES
        start = max(distance[target] for target in targets)
        for target in targets:
            far = start - distance[target] >= FAR
            if (often or far) if isinstance(source, float) else (often and far):
                yield origin(source), target


def _longest(view: View, distance: dict[Box, int], apart: set[Link]) -> Iterator[Link]:
    """The longest other edges: as many as have to go until the rest pass few enough columns to be laid out, and followed by eye."""
    spans: Counter[Link] = Counter()
    for source, target, _ in view.edges:
        if isinstance(source, str) and not isinstance(target, float) and target is not ... and (source, target) not in apart:
            spans[source, target] += max(distance[source] - distance[target], 1)
    total = spans.total()
    for link in sorted(spans, key=lambda link: distance[link[0]] - distance[link[1]], reverse=True):
        if total <= MOST_COLUMNS or distance[link[0]] - distance[link[1]] < FAR:
            return
        total -= spans[link]
        yield link


def _distances(view: View) -> dict[Box, int]:
    """The number of edges on the longest path from each box to the result."""
    distance = dict.fromkeys(view.box.values(), 0)
    for node in reversed(view.box):
        box = view.box[node]
        for a in node.args:
            source = view.box.get(a, box) if a.__class__ is Value else box
            if source != box:
                distance[source] = max(distance[source], distance[box] + 1)
    return distance


def _first_arguments(view: View) -> dict[Box, tuple[Box, int]]:
    """For each box that has arguments, the first one and their number."""
    sources: dict[Box, dict[Box, None]] = defaultdict(dict)
    for node, box in view.box.items():
        sources[box].update((view.box[a], None) for a in node.args if a.__class__ is Value and view.box.get(a, box) != box)
    return {box: (next(iter(found)), len(found)) for box, found in sources.items() if found}


def _columns(view: View, distance: dict[Box, int], first: dict[Box, Box]) -> list[list[Box]]:
    """Boxes that belong one below the other: leaves and modules by the numbers in their names, what was computed by its first argument."""
    kinds: dict[tuple[str, str], list[Box]] = defaultdict(list)
    numbers: dict[Box, list[tuple[int, str]]] = {}
    for node, box in view.box.items():
        if box not in numbers:
            name = scope_name(box) if isinstance(box, tuple) else "" if node.args else node.label or ""
            numbers[box] = [(len(digits), digits) for digits in re.findall(r"\d+", name)]
            kinds[node.op.name if isinstance(box, str) and node.op else "", re.sub(r"\d+", "#", name)].append(box)
    place = {box: i for i, box in enumerate(numbers)}
    for boxes in kinds.values():
        place |= zip(sorted(boxes, key=numbers.__getitem__), [place[box] for box in boxes], strict=True)
    for box in numbers:
        if isinstance(box, str) and box in first:
            place[box] = place[first[box]]
    columns: dict[object, list[Box]] = defaultdict(list)
    for kind, boxes in kinds.items():
        for box in sorted(boxes, key=place.__getitem__):
            columns[kind, distance[box]].append(box)
    return [column for column in columns.values() if len(column) > 1]
