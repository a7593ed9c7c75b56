"""Where the parts of a picture stand: straight rows, columns in the user's order, stand-ins for what is used often and far away.

Graphviz spends its time on edges that pass many columns: a leaf that each of forty iterations uses took it minutes. Beside such a use the
picture names the node once more, in small; uses nearby keep their edge. In a thicket the longest edges go the same way, so the time for any
graph that may be drawn is bounded.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from autograd.engine import Value
from autograd.labels import scope_name
from autograd.pictures.view import Box, End, View, is_closed

MOST_USES = 4  # that are joined to a node by edges however far away they are
FAR = 3  # columns
MOST_COLUMNS = 800  # that all edges together pass

# An edge without its place among the arguments. It begins at a box or at a constant, which is text here: so 0.0 and -0.0 are two.
Link = tuple[Box, Box]


@dataclass(frozen=True)
class Arrangement:
    """What Graphviz is told beside the graph.

    Attributes:
        apart: the edges that begin at a stand-in, beside the box where they end.
        straight: what continues a row: from the first argument to the last that has it so, and has one or two; past small boxes.
        columns: boxes of one kind, or that go on with the rows of a column, as far from the result as each other, in their order.
    """

    apart: set[Link]
    straight: set[Link]
    columns: list[list[Box]]


def arrange(view: View) -> Arrangement:
    """The arrangement of what a view shows."""
    distance = _distances(view)
    first = _first_arguments(view)
    row = {source: box for box, (source, count) in first.items() if count <= 2 and not is_closed(box)}  # one for each
    apart = set(_apart(view, distance))
    apart |= set(_longest(view, distance, apart))
    straight = set(row.items()) - apart
    return Arrangement(apart, straight, _columns(view, distance, {box: source for box, (source, _) in first.items()}, straight))


def origin(source: End) -> Box:
    """Where an edge begins: a box as it is, a constant as text."""
    return repr(source) if isinstance(source, float) else source  # type: ignore[return-value]  # what lies outside is never asked for


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
    """The longest other edges, until those that are left pass so few columns that they can be laid out, and followed."""
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
    """How many edges the longest way from each box to the result has."""
    distance = dict.fromkeys(view.box.values(), 0)
    for node in reversed(view.box):
        box = view.box[node]
        for a in node.args:
            source = view.box.get(a, box) if a.__class__ is Value else box
            if source != box:
                distance[source] = max(distance[source], distance[box] + 1)
    return distance


def _first_arguments(view: View) -> dict[Box, tuple[Box, int]]:
    """For each box that has arguments the first one, and how many there are."""
    sources: dict[Box, dict[Box, None]] = defaultdict(dict)
    for node, box in view.box.items():
        sources[box].update((_behind(view, a), None) for a in node.args if a.__class__ is Value and view.box.get(a, box) != box)
    return {box: (next(iter(found)), len(found)) for box, found in sources.items() if found}


def _behind(view: View, node: Value) -> Box:
    """The box of a node; of one in a small box, that of what came in there."""
    while is_closed(view.box[node]) and node.args and node.args[0].__class__ is Value:
        node = node.args[0]
    return view.box[node]


def _columns(view: View, distance: dict[Box, int], first: dict[Box, Box], straight: set[Link]) -> list[list[Box]]:
    """Boxes that belong one below the other: leaves and modules by the numbers in their names, what was computed by its first argument."""
    kinds: dict[object, list[Box]] = defaultdict(list)
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
        for box in boxes:
            columns[kind, distance[box]].append(box)
    _join(columns, distance, {box: first[box] for box in numbers if box in first and first[box] in first and (first[box], box) in straight})
    return [sorted(boxes, key=place.__getitem__) for boxes in columns.values() if len(boxes) > 1]


def _join(columns: dict[object, list[Box]], distance: dict[Box, int], before: dict[Box, Box]) -> None:
    """Make one column of those that go on with the rows of one, so that a class keeps its row whatever is done with it."""
    column = {box: key for key, boxes in columns.items() for box in boxes}
    joined: dict[object, Box] = {}
    for box in sorted(before, key=distance.__getitem__, reverse=True):
        into = column[joined.setdefault((column[before[box]], distance[box]), box)]
        if into != column[box]:
            moved = columns.pop(column[box])
            columns[into] += moved
            column |= dict.fromkeys(moved, into)
