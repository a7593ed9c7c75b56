"""Stepping through a network box by box: a box is a unit of a small network, else a module with all its outputs.

The page is that of steps.py, and its numbers are those of `backward()`: what a box sends to another is the product of its gradient, a row
with a number for each output, and the Jacobian of its outputs with respect to the other's, found by going backward through the box.
"""

import json
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd.context import scope_path
from autograd.engine import Value
from autograd.labels import printable
from autograd.pictures.columns import MOST_UNITS as MOST_IN_COLUMN
from autograd.pictures.formulas import said
from autograd.pictures.network import Network, network
from autograd.pictures.parts import INPUTS, Part, title
from autograd.pictures.scene import Scene, Style, compact
from autograd.pictures.writer import depth

MOST_UNITS, MOST_LINKS = 80, 600
FIXED = "Inputs cannot be changed here: the page holds the network box by box, not its operations one by one."
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
PLAIN = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")

Row = list[float]


@dataclass
class Box:
    """A box of the page.

    Attributes:
        args: the boxes that it takes numbers from.
        slopes: the derivative with respect to each of them, as text.
        outputs: its result nodes; a constant has none with a gradient.
        made: what it computes, as text.
        sums: the sums that build up in its gradient, each with the step at which it is reached.
    """

    name: str
    op: str
    outputs: list[Value]
    value: Row
    args: list[int] = field(default_factory=list)
    slopes: list[str] = field(default_factory=list)
    made: str = ""
    given: str = ""
    sums: list[tuple[int, Row]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    uses: list[tuple[int, int]] = field(default_factory=list)

    @property
    def head(self) -> str:
        """Its heading in the picture: its name, and its operation if that says more."""
        return self.op if self.name.translate(PLAIN).startswith(self.op) else f"{self.name}: {self.op}"

    @property
    def grad(self) -> Row:
        """Its gradient, 0 where nothing arrives."""
        return self.sums[-1][1] if self.sums else [0.0]


def boxwise(nodes: Sequence[Value], level: str | int, most: int) -> tuple[str, str, str] | None:
    """The name of the result, the picture and the data of the page; None if the graph is a single part, or has more than `most`.

    Where all of it is one box at `level`, its boxes are those of the next level that has more.
    """
    loss = nodes[-1]
    deepest = max(len(scope_path(scope)) for scope in {node.scope for node in nodes})
    for at in (level, *(range(level + 1, deepest + 1) if isinstance(level, int) else [])):
        net = network(nodes, [loss], at)
        count = sum(part.path != INPUTS for part in net.parts)
        if count > 1:
            break
    if not 1 < count <= most:
        return None
    why = _not_by_units(net, level)
    if why:
        net = Network(net.parts, [], net.samples, net.count)
    boxes = _of_units(net) if net.columns else _of_parts(net.shown())
    boxes[-1].name = printable(loss.label or "C")
    steps = _forward(boxes)
    _backward(boxes, steps, net)
    picture = net.scene(Style(stepped=[(box.head, f"data {_text(box.value)}", f"grad {_text(box.grad)}") for box in boxes]))
    return boxes[-1].name, picture.svg(stepped=True), _json(boxes, steps, picture, why)


def _not_by_units(net: Network, level: str | int) -> str:
    """Why the boxes of the page are layers, or modules, where units might be expected."""
    units = net.units()
    links = sum(len(unit.links) for unit in units)
    many = sum(column.size for column in net.columns)
    if not units:
        return "Each module is a box: units are shown in a network whose layers follow one another." if level == "neuron" else ""
    if net.samples > 1:
        return f"Each layer is a box: its units are shown for one sample, and these are {net.samples:,}."
    if any(column.gap is not None for column in net.columns) or len(units) > MOST_UNITS or links > MOST_LINKS:
        most = f"{MOST_IN_COLUMN} in a layer, {MOST_UNITS} in all, with {MOST_LINKS} lines between them"
        return f"Each layer is a box: at most {most}, can be shown of the {many:,} units in {len(net.columns)} layers."
    return ""


def _of_units(net: Network) -> list[Box]:
    index = {unit: i for i, unit in enumerate(net.units())}
    boxes = []
    for before, column in zip([None, *net.columns], net.columns, strict=False):
        for k, unit in enumerate(column.units):
            label = unit.node.label if unit.node is not None else None
            box = Box(_named(label or (f"x{k}" if before is None else f"{title(column.part)}[{k}]")), "", [], [unit.value])
            box.outputs = [] if unit.node is None else [unit.node]
            if before is not None:
                _taking(box, title(column.part), k if len(column.units) > 1 else None, title(before.part), [u.value for u in before.units])
                box.args = [index[link.source] for link in unit.links]
                box.slopes = [said(link.derivative) for link in unit.links]
            boxes.append(box)
    return _unique(boxes)


def _of_parts(parts: Sequence[Part]) -> list[Box]:
    boxes: list[Box] = []
    stages = 0
    for part in parts:
        stages += part.operations
        box = Box(
            _named(f"h{stages}") if part.operations else _named(title(part)), title(part), part.outputs, [n.data for n in part.outputs]
        )
        if part.members != part.outputs or any(node.args for node in part.members):
            sources = [parts.index(a) for a in part.args]
            _taking(box, title(part), None, ", ".join(boxes[i].name for i in sources), [node.data for node in part.given()])
            box.args = sources
            box.slopes = [f"J ({len(part.outputs)} × {len(a.outputs)})" for a in part.args]
        boxes.append(box)
    return _unique(boxes)


def _taking(box: Box, function: str, place: int | None, given: str, numbers: Row) -> None:
    """Set the text of what the box computes."""
    tail = "" if place is None else str(place).translate(SUBSCRIPT)
    box.made = f"{function}({given or 'constants'}){tail}"
    box.given = f"{function}({_text(numbers).strip('()') if numbers else 'constants'}){tail}"


def _named(name: str) -> str:
    """A name whose number is an index."""
    base = printable(" ".join(name.split())).rstrip("0123456789")
    return base + printable(name)[len(base) :].translate(SUBSCRIPT) if base else name


def _unique(boxes: list[Box]) -> list[Box]:
    taken: Counter[str] = Counter()
    for box in boxes:
        taken[box.name] += 1
        if taken[box.name] > 1:
            box.name = f"{box.name}#{taken[box.name]}"
    return boxes


def _forward(boxes: Sequence[Box]) -> list[tuple[str, int]]:
    steps = [("start", 0)]
    edge = 0
    for i, box in enumerate(boxes):
        if box.made:
            steps.append(("forward", i))
        for a, slope in zip(box.args, box.slopes, strict=True):
            edge += 1
            boxes[a].uses.append((i, len(box.sent)))
            box.sent.append({"to": a, "edge": edge, "slope": slope, "local": ""})
    return steps


def _backward(boxes: Sequence[Box], steps: list[tuple[str, int]], net: Network) -> None:
    """The chain rule, from the last box to the first."""
    inside = {node: part.members for part in net.parts for node in part.outputs}
    last = len(boxes) - 1
    steps.append(("seed", last))
    boxes[last].sums.append((len(steps) - 1, [1.0]))
    for i in range(last, -1, -1):
        box = boxes[i]
        if not box.sums or not box.args:
            continue
        steps.append(("backward", i))
        grads = _swept(inside[box.outputs[0]], dict(zip(box.outputs, box.sums[-1][1], strict=True)))
        for a, row in zip(box.args, box.sent, strict=True):
            sent = [grads.get(node, 0.0) for node in boxes[a].outputs]
            if not sent:
                continue
            sums = boxes[a].sums
            row |= {"sends": _text(sent), "before": _text(sums[-1][1]) if sums else ""}
            sums.append((len(steps) - 1, [x + y for x, y in zip(sums[-1][1], sent, strict=True)] if sums else sent))
            row |= {"after": _text(sums[-1][1])}
    steps.append(("end", 0))


def _swept(members: Sequence[Value], grads: dict[Value, float]) -> dict[Value, float]:
    """The gradients of everything in a box that its outputs depend on, and of what it takes from others."""
    for node in reversed(members):
        if node in grads:
            for a, partial in zip(node.args, node.partials, strict=True):
                if isinstance(a, Value) and partial is not None:
                    grads[a] = grads.get(a, 0.0) + grads[node] * partial
    return grads


def _text(numbers: Row) -> str:
    """One number, or the first and the last of many."""
    if len(numbers) == 1:
        return said(numbers[0])
    return f"({', '.join(map(compact, numbers))})" if len(numbers) == 2 else f"({compact(numbers[0])}, …, {compact(numbers[-1])})"


def _json(boxes: Sequence[Box], steps: Sequence[tuple[str, int]], picture: Scene, why: str) -> str:
    largest = max((abs(x) for box in boxes for _, row in box.sums[-1:] for x in row if math.isfinite(x)), default=0.0)
    edges = {(row["to"], i): row["edge"] for i, box in enumerate(boxes) for row in box.sent}
    nodes = [
        {
            "name": box.name, "op": printable(box.op), "made": box.made, "with": box.given, "value": _text(box.value), "closed": "",
            "args": box.sent, "uses": box.uses, "sums": [(step, _text(row), _tint(row, largest)) for step, row in box.sums],
        }
        for box in boxes
    ]  # fmt: skip
    data = {
        "nodes": nodes, "steps": steps, "fixed": FIXED, "note": why, "groups": [],
        "pictures": [{"groups": {}, "edges": [edges[line.source, line.target] for line in picture.lines]}],
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _tint(row: Row, largest: float) -> float | None:
    """The colour of a gradient that is one number; a row of many has no sign."""
    if not all(map(math.isfinite, row)):
        return None
    return round(math.copysign(min(1.0, depth(row[0], largest)), row[0]), 2) if len(row) == 1 and row[0] else 0.0
