"""Layers as columns of circles with the weights between them."""

import math
from collections.abc import Sequence

from autograd.pictures.columns import Column, Link, Unit
from autograd.pictures.parts import title
from autograd.pictures.scene import HEIGHT, SMALL, WIDTH, Line, Scene, Shape, Style, Text, compact, largest, width_of

TOP, BOTTOM, SIDE = 46.0, 26.0, 16.0
PITCH, LARGEST, SPACE, ROOMY = 150.0, 44.0, 3.0, 56.0
ASIDE, LEAST, PILL = 90.0, 300.0, 84.0


def circles(columns: Sequence[Column], samples: int, style: Style, height: float = HEIGHT) -> Scene:
    """The picture of a chain of layers."""
    notes = 2 * style.legend + (samples > 1)
    half = (PILL if style.stepped else LARGEST) / 2
    slots = [len(column.units) + (column.gap is not None) for column in columns]
    room = min(ROOMY * max(slots), height - TOP - BOTTOM - 14 * notes)
    pitch = min(PITCH, (WIDTH - 2 * (SIDE + LARGEST)) / max(1, len(slots) - 1))
    left, right = (SIDE + max(half + min(_widest(column), ASIDE), 0.45 * pitch) for column in (columns[0], columns[-1]))
    width = max(LEAST, left + right + pitch * (len(slots) - 1))
    left += (width - left - right - pitch * (len(slots) - 1)) / 2
    said = ", ".join(f"{title(column.part)} with {column.size:,}" for column in columns)
    picture = Scene(width, TOP + room + BOTTOM + 14 * notes, f"A network of layers: {said}")
    places: dict[Unit, int] = {}
    most = largest(style.of(unit.value, unit.grad) for column in columns for unit in column.units)
    for i, column in enumerate(columns):
        x, step = left + i * pitch, min(ROOMY, room / slots[i])
        _heading(picture, column, x, pitch)
        size = min(LARGEST, step - SPACE)
        font = _font(column, size, style)
        top = TOP + room / 2 - step * (slots[i] - 1) / 2
        for k, unit in enumerate(column.units):
            places[unit] = len(picture.shapes)
            y = top + step * column.slot(k)
            picture.shapes.append(
                _pill(style.stepped[len(picture.shapes)], x, y, size) if style.stepped else _circle(unit, x, y, size, font, style, most)
            )
        _beside(picture, column, x, first=i == 0, last=i == len(columns) - 1)
        if column.gap is not None:
            y, more = top + step * column.gap, f"{column.size - len(column.units):,} more"
            picture.texts += [Text(x, y + 5, "⋮", 16.0, "muted"), Text(x + 8, y + 3.5, more, SMALL, "muted", "start", halo=True)]
    for column in columns:
        _connect(picture, column, places, style)
    weighted = any(link.weight is not None for column in columns for unit in column.units for link in unit.links)
    _caption(picture, samples, style, weighted=weighted)
    return picture


def _heading(picture: Scene, column: Column, x: float, width: float) -> None:
    """The name of a layer, how many units it has, and what they do."""
    name, what = title(column.part), _does(column)
    size = f"{column.size:,}"
    font = 11.0 if width_of(name, 11) < width - 6 else SMALL
    picture.texts.append(Text(x, 18, name, font, bold=True, room=width - 6))
    picture.texts.append(Text(x, 32, f"{size} · {what}" if what else size, 10.0, "muted", room=width - 6, detail=True))


def _numbers(unit: Unit, style: Style) -> list[tuple[str, str]]:
    """The numbers in a circle, each with its role."""
    value, grad = [(compact(unit.value), "ink")], [(compact(unit.grad), "muted")]
    return value * style.data + grad * (style.grad and unit.node is not None)


def _font(column: Column, size: float, style: Style) -> float:
    """The size of the numbers of a column, so that all fit."""
    widest = max((width_of(text, 1.0) for unit in column.units for text, _ in _numbers(unit, style)), default=1.0)
    return min(11.0, 0.86 * size / widest, 0.34 * size)


def _circle(unit: Unit, x: float, y: float, size: float, font: float, style: Style, most: float) -> Shape:
    """A unit with its numbers inside."""
    numbers = _numbers(unit, style)
    texts = [
        Text(x, y + ((k - (len(numbers) - 1) / 2) * 1.05 + 0.35) * font, text, font, role, detail=True)
        for k, (text, role) in enumerate(numbers)
    ]
    return Shape(x, y, size, size, texts, style.of(unit.value, unit.grad), most, _tip(unit))


def _pill(texts: tuple[str, str, str], x: float, y: float, size: float) -> Shape:
    """A unit in which the page of steps writes its numbers."""
    _, data, grad = texts
    return Shape(x, y, PILL, max(size, 28.0), [Text(x, y - 1.5, data, SMALL), Text(x, y + 9.5, grad, SMALL)])


def _beside(picture: Scene, column: Column, x: float, *, first: bool, last: bool) -> None:
    """Names of inputs and outputs, and numbers of classes."""
    classes = column.part.path[-1:] == ("softmax",)
    for k, (unit, circle) in enumerate(zip(column.units, picture.shapes[-len(column.units) :], strict=True)):
        label = unit.node.label if unit.node is not None else None
        if classes and not label:
            label = str(column.index(k))
        side, y = circle.width / 2 + 5, circle.y + 3.5 - (0.35 * circle.width if classes and not last else 0.0)
        if label and first and not classes:
            picture.texts.append(Text(x - side, y, label, 10.0, "ink", "end", room=ASIDE))
        elif label and (last or classes):
            picture.texts.append(Text(x + side, y, label, 10.0, "ink", "start", halo=True, room=ASIDE))


def _connect(picture: Scene, column: Column, places: dict[Unit, int], style: Style) -> None:
    """The weights of a layer as lines, in proportion to its largest; where there is no weight between two units, the derivative."""
    links = [(unit, link, _strength(unit, link, style)) for unit in column.units for link in unit.links if link.source in places]
    most = largest(value for *_, value in links if value is not None)
    for unit, link, value in sorted(links, key=lambda item: abs(item[2] or 0.0)):
        a, b = (picture.shapes[places[u]] for u in (link.source, unit))
        angle = 0.0 if style.stepped else math.atan2(b.y - a.y, b.x - a.x)
        dx, dy = math.cos(angle) / 2, math.sin(angle) / 2
        ends = ((a.x + a.width * dx, a.y + a.width * dy), (b.x - b.width * dx, b.y - b.width * dy))
        tip = f"weight {compact(link.weight)}, gradient {compact(link.grad or 0.0)}" if link.weight is not None else ""
        picture.lines.append(Line(places[link.source], places[unit], ends, value, most, tip))


def _strength(unit: Unit, link: Link, style: Style) -> float | None:
    """The number that the colour and the width of a line show."""
    weight = link.derivative if link.weight is None else link.weight
    grad = unit.grad * link.derivative if link.grad is None else link.grad
    return style.of(weight, grad) if style.by else None


def _caption(picture: Scene, samples: int, style: Style, *, weighted: bool) -> None:
    """The caption, which says what the picture shows."""
    of = "the weights" if weighted else "the derivatives"
    of = of if style.by == "data" else "the gradients of the weights" if weighted else "what goes backward"
    lines = [f"Lines show {of}, dashed if negative."] if style.by and not style.stepped else []
    if samples > 1:
        lines.append(f"The circles show the first of {samples:,} samples.")
    if style.legend:
        inside = ", below it ".join(name for name, there in (("the activation", style.data), ("its gradient", style.grad)) if there)
        lines += [f"In the circles: {inside or 'nothing'}.", "Blue is positive, orange negative; wide or deep is large."]
    for k, line in enumerate(reversed(lines)):
        place = picture.width / 2, picture.height - 10 - 14 * k
        picture.texts.append(Text(*place, line, SMALL, "muted", room=picture.width - 4, detail=k > 0))


def _tip(unit: Unit) -> str:
    """The tooltip of a circle."""
    if unit.node is None:
        return f"input {unit.value!r}"
    name = unit.node.label or (unit.node.op.name if unit.node.op else "input")
    return f"{name}: {unit.value!r}, gradient {unit.grad!r}"


def _does(column: Column) -> str:
    """The activation of a layer, where it has one."""
    last = {unit.node.op.label if unit.node is not None and unit.node.op and len(unit.node.args) == 1 else "" for unit in column.units}
    weighted = any(link.weight is not None for unit in column.units for link in unit.links)
    return last.pop() if len(last) == 1 and weighted else ""


def _widest(column: Column) -> float:
    """How wide the names beside the circles are."""
    return max(width_of(unit.node.label or "", 10) + 5 if unit.node is not None else 0.0 for unit in column.units)
