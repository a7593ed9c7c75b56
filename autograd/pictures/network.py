"""Networks as people draw them: layers as columns of circles with weights between them, or modules as boxes with arrows between them.

The layout follows from the network itself, so no layout program is needed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograd.context import scope_path
from autograd.engine import Value
from autograd.pictures.circles import circles
from autograd.pictures.columns import MOST_UNITS, Column, Unit, columns, is_chain
from autograd.pictures.layered import Layout, ranks
from autograd.pictures.parts import Cut, Part, Path, layers, parts, title, weights
from autograd.pictures.scene import HEIGHT, SMALL, WIDTH, Scene, Shape, Style, Text, compact, largest, width_of

MOST_COLUMNS, MOST_BOXES, MOST_CELLS = 10, 24, 64
LEAST_RANK_GAP = 8
RIGHT = Layout[Part](132.0, 42.0, 20.0, 36.0)
DOWN = replace(RIGHT, rank_gap=20.0, down=True)


@dataclass
class Network:
    """A graph as a network: its parts, and, if they are a short chain, their units.

    Attributes:
        samples: the number of samples, of which the units show the first.
        count: the number of nodes.
    """

    parts: list[Part]
    columns: list[Column]
    samples: int
    count: int

    def units(self) -> list[Unit]:
        """The units that are shown, column by column."""
        return [unit for column in self.columns for unit in column.units]

    def shown(self) -> list[Part]:
        """The parts in the order in which the picture shows them."""
        return [part for rank in ranks(self.parts, _takes) for part in rank]

    def scene(self, style: Style, height: float = HEIGHT) -> Scene:
        """The picture; circles are small enough for `height`."""
        return circles(self.columns, self.samples, style, height) if self.columns else _boxes(self, style)


def network(
    nodes: Sequence[Value],
    roots: Sequence[Value],
    level: str | int | None = None,
    parameters: set[Value] | None = None,
    given: frozenset[Value] = frozenset(),
    most: int = MOST_UNITS,
) -> Network:
    """The graph as a network, in the finest parts that fit on a page, or in those of `level`."""
    known = weights(nodes) if parameters is None else parameters
    deepest = max(len(scope_path(scope)) for scope in {node.scope for node in nodes})
    first = layers if level in (None, "neuron") else _at(level)
    cuts: list[Cut] = [first, *map(_at, range(deepest - 1, 0, -1))]
    for cut in cuts:
        found = parts(nodes, roots, cut, known, given)
        chain = cut is layers and is_chain(found) and len(found) < MOST_COLUMNS
        if chain or _layout(ranks(found, _takes)):
            break
    shown, samples = columns(found, known, most) if chain else ([], 1)
    return Network(found, shown, samples, len(nodes))


def _at(level: str | int | None) -> Cut:
    def cut(path: Path) -> Path:
        if isinstance(level, int):
            return layers(path)[:level]
        return next((path[:i] for i, name in enumerate(path, 1) if name.startswith(str(level))), layers(path))

    return cut


def _takes(part: Part) -> list[Part]:
    return part.args


def _layout(rows: Sequence[Sequence[Part]]) -> Layout[Part] | None:
    """From left to right or, where that is too wide, from top to bottom, with the rows as close as necessary; None where neither fits."""
    rank_gap = min(DOWN.rank_gap, DOWN.rank_gap + (HEIGHT - DOWN.size(rows)[1]) / max(1, len(rows) - 1))
    for layout in (RIGHT, replace(DOWN, rank_gap=math.floor(rank_gap))):
        width, height = layout.size(rows)
        if width <= WIDTH and height <= HEIGHT and layout.rank_gap >= LEAST_RANK_GAP and sum(map(len, rows)) <= MOST_BOXES:
            return layout
    return None


def _boxes(net: Network, style: Style) -> Scene:
    """Modules as boxes, from left to right or, where that is too wide, from top to bottom."""
    rows = ranks(net.parts, _takes)
    layout = _layout(rows) or DOWN
    said = f"A network of {len(net.parts):,} parts: {', '.join(map(title, net.parts))}"
    picture = layout.scene(rows, _takes, lambda part, x, y: _box(part, x, y, layout, style), said)
    if style.stepped:
        _rename(picture, style.stepped)
        return picture
    what = {"grad": "gradients", "data": "outputs"}.get(style.by or "")
    count = f"{net.count:,} nodes."
    text = f"{count} Strips: {what}, blue positive, orange negative." if what else count
    picture.texts.append(Text(picture.width / 2, picture.height - 10, text, SMALL, "muted", plain=count, room=picture.width - 12))
    return picture


def _rename(picture: Scene, texts: Sequence[tuple[str, str, str]]) -> None:
    """Give each box the texts by which the page of steps finds its parts."""
    for shape, (head, *numbers) in zip(picture.shapes, texts, strict=True):
        first = Text(shape.x, shape.y - 9, head, SMALL, bold=True, room=shape.width - 10)
        shape.texts = [first, *(Text(shape.x, shape.y + 3 + 12 * k, number, SMALL) for k, number in enumerate(numbers))]


def _box(part: Part, x: float, y: float, layout: Layout[Part], style: Style) -> Shape:
    """A part: its name, how many numbers it gives, and these as a strip of colours."""
    room = layout.width - 12
    font = 11.0 if width_of(title(part), 11) < room else SMALL
    size = compact(part.outputs[0].data) if len(part.outputs) == 1 and style.data else f"{len(part.outputs):,} numbers"
    texts = [Text(x, y - 6, title(part), font, bold=True, room=room), Text(x, y + 7, size, SMALL, "muted", detail=True)]
    numbers = [style.of(node.data, node.grad) for node in part.outputs[:MOST_CELLS]] if style.by else []
    most = largest(numbers)
    tip = f"{'.'.join(part.path)}: {len(part.members):,} nodes, {len(part.outputs):,} outputs"
    role = "card" if part.operations else "box"
    return Shape(x, y, layout.width, layout.height, texts, tip=tip, role=role, round=False, cells=[(n, most) for n in numbers])
