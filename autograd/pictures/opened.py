"""What is inside the circles and boxes of a network: scalars, or smaller parts; and HTML in which they open in place.

A box opens by HTML's own <details>, which needs no script, so that it also works where a notebook removes scripts.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from html import escape

from autograd.engine import Value
from autograd.pictures.columns import Unit, cone
from autograd.pictures.images import as_image, quoted
from autograd.pictures.layered import Layout, ranks
from autograd.pictures.network import Network, network
from autograd.pictures.parts import INPUTS, Part, products, title
from autograd.pictures.scene import SMALL, Scene, Shape, Style, Text, compact
from autograd.pictures.vector import svg

MOST_ROWS, FIRST, LAST = 8, 5, 2
MOST_UNITS, MOST_HEIGHT = 8, 350.0
CLEAR = 4.0  # between a box and the picture of what is in it
HIT = "list-style: none; cursor: pointer; overflow: hidden"
FRAME = "box-sizing: border-box; overflow: auto; border-radius: 10px; border: 1px solid #8a95a3; box-shadow: 0 6px 24px #0006"
LEAST_SCALE = 0.85  # of what opens; where it has no room, as on a phone, one scrolls in it


class Constant:
    """A number among the arguments of a node."""

    def __init__(self, value: float) -> None:
        self.value = value


Item = Value | Constant
SCALARS = Layout[Item](80.0, 32.0, 7.0, 24.0)


def behind(net: Network, style: Style, parameters: set[Value]) -> list[Scene | None]:
    """For each circle or box, the picture of what is in it, if there is more than is shown."""
    if net.columns:
        return [_of_unit(unit, column.part, style, parameters) for column in net.columns for unit in column.units]
    return [_of_part(part, style, parameters) for part in net.shown()]


def _of_unit(unit: Unit, part: Part, style: Style, parameters: set[Value]) -> Scene:
    if unit.node is None or part.path == INPUTS:
        given: list[Item | str] = [Constant(unit.value) if unit.node is None else unit.node]
        return SCALARS.scene([given], lambda _: (), lambda item, x, y: _scalar(item, "input", x, y, style), "An input")
    return _scalars(cone(part, unit.node), unit.node.label or title(part), style, parameters)


def _of_part(part: Part, style: Style, parameters: set[Value]) -> Scene | None:
    """The smaller parts of a part, or its units, or its scalars."""
    if part.path == INPUTS:
        return None
    given = part.given()
    inner = network([*given, *part.members], part.outputs, None, parameters & set(part.members), frozenset(given), most=MOST_UNITS)
    if len(inner.parts) > 2 or any(link.weight is not None for unit in inner.units() for link in unit.links):
        return inner.scene(style, MOST_HEIGHT)
    return _scalars(part.members, title(part), style, parameters)


def _scalars(members: Sequence[Value], name: str, style: Style, parameters: set[Value]) -> Scene:
    """The nodes of a part, each with its numbers; long columns are abbreviated."""
    args: dict[Item, list[Item]] = {}
    place: dict[Item, tuple[int, int]] = {}
    inside = {node for node in members if node.args}
    for i, node in enumerate(members):
        if node in inside:
            args[node] = [a if isinstance(a, Value) else Constant(a) for a in node.args if isinstance(a, Value) or not _labelled(node)]
            half = len(node.args) // 2 if any(products(node)) else len(node.args)
            for k, a in enumerate(args[node]):
                if a not in inside:
                    place.setdefault(a, (i, k % half))
    order: list[Item] = [*sorted(place, key=place.__getitem__), *(node for node in members if node in inside)]
    rows = ranks(order, lambda item: args.get(item, []))
    for rank in rows:
        rank.sort(key=lambda item: item not in place)
    weights = {a for node in inside for pair in products(node) for a in pair}
    names = {a: "x" if a not in parameters else "w" if a in weights else "b" for a in place}

    def box(item: Item, x: float, y: float) -> Shape:
        return _scalar(item, names.get(item), x, y, style)

    columns = [_abbreviated(rank) for rank in _beside_their_uses(rows, args, place)]
    return SCALARS.scene(columns, lambda item: args.get(item, []), box, f"Behind {name}")


def _labelled(node: Value) -> bool:
    """Whether the single constant of an operation is written next to its sign."""
    return len(node.args) <= 2 and any(not isinstance(a, Value) for a in node.args)


def _beside_their_uses(rows: list[list[Item]], args: dict[Item, list[Item]], place: dict[Item, tuple[int, int]]) -> list[list[Item]]:
    """The columns, with each input just before the first operation that uses it."""
    rank = {item: r for r, row in enumerate(rows) for item in row}
    for row in reversed(rows):
        for item in row:
            for a in args.get(item, []):
                if a in place:
                    rank[a] = rank[item] - 1
    return [[item for row in rows for item in row if rank[item] == r] for r in range(len(rows))]


def _abbreviated(rank: list[Item]) -> list[Item | str]:
    return [*rank] if len(rank) <= MOST_ROWS else [*rank[:FIRST], f"⋮  {len(rank) - FIRST - LAST:,} more", *rank[-LAST:]]


def _scalar(item: Item, name: str | None, x: float, y: float, style: Style) -> Shape:
    """A box with a node: its operation, or, for an input, its name."""
    if isinstance(item, Constant):
        head, numbers = "constant", compact(item.value)
    else:
        constants = [compact(a) for a in item.args if not isinstance(a, Value)] if _labelled(item) and name is None else []
        head = item.label or name or " ".join([item.op.label if item.op else "", *constants])
        numbers = " · ".join([compact(item.data)] * style.data + [compact(item.grad)] * style.grad)
    texts = [Text(x, y - 3, head, SMALL, bold=True, room=SCALARS.width - 8), Text(x, y + 9, numbers, 8.5, "muted", detail=True)]
    return Shape(x, y, SCALARS.width, SCALARS.height, texts, role="card" if name is None else "box", round=False)


# HTML.


def html(picture: Scene, opened: Sequence[Scene | None]) -> str:
    """The picture as an image on which each circle or box opens at a click, and closes at the next."""
    drawn = svg(picture)
    name = f"opened-{sha256(drawn.encode()).hexdigest()[:8]}"
    image = as_image(drawn, quoted(escape(picture.alt)), "display: block; max-width: 100%; height: auto; border-radius: 10px")
    return "\n".join([
        '<div style="position: relative; display: inline-block; max-width: 100%">', image, *_details(picture, opened, name), "</div>",
    ])  # fmt: skip


def _details(picture: Scene, opened: Sequence[Scene | None], name: str) -> Iterator[str]:
    w, h = picture.width, picture.height

    def share(length: float, of: float) -> str:
        return f"{100 * length / of:.2f}%"

    for shape, scene in zip(picture.shapes, opened, strict=True):
        if scene is None:
            continue
        top, bottom = shape.y - shape.height / 2, shape.y + shape.height / 2
        corner = f"left: {share(shape.x - shape.width / 2, w)}; top: {share(top, h)}"
        size = f"width: {share(shape.width, w)}; height: {share(shape.height, h)}; border-radius: {'50%' if shape.round else '6px'}"
        scale = min(1.0, w / scene.width, (max(top, h - bottom) - CLEAR) / scene.height)
        wide = scene.width * scale
        least = f"min(100%, {LEAST_SCALE * scene.width:.0f}px)"
        left = share(max(0.0, min(w - wide, shape.x - wide / 2)), w)
        place = f"left: min({left}, 100% - {least}); width: max({share(wide, w)}, {least})"
        side, from_side = ("bottom", h - top + CLEAR) if top > h - bottom else ("top", bottom + CLEAR)
        place += f"; {side}: {share(from_side, h)}; max-height: {share(h - from_side, h)}"
        alt = quoted(escape(scene.alt))
        image = as_image(svg(scene), alt, f"display: block; width: 100%; min-width: {LEAST_SCALE * scene.width:.0f}px")
        yield f"<details name='{name}'><summary title='Open: {alt}' style='position: absolute; {corner}; {size}; {HIT}'></summary>"
        yield f"<div style='position: absolute; {place}; {FRAME}; z-index: 2'>{image}</div></details>"
