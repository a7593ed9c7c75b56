"""A picture whose places are known: shapes, lines and text, written as SVG; as DOT see pinned.py.

The SVG needs no program. It is an opaque card in light or dark, as what shows it is: see colours.py.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from autograd.labels import printable
from autograd.pictures.colours import LIGHT, themed
from autograd.pictures.writer import FONT, depth

DASHES = "4 3"
WIDTH, HEIGHT = 850.0, 600.0  # a page of a notebook
SMALL = 9.5
WIDE, NARROW = "MW@%mw—ΣQO", "ijlftI.,:;'|!()[] 1-·"


@dataclass(frozen=True)
class Style:
    """What the numbers and colours of a picture show.

    Attributes:
        data: whether circles show their values.
        grad: whether they show their gradients.
        by: "grad" or "data", which colours and widths show; None for neither.
        legend: whether the picture explains its parts.
        stepped: for the page of steps, the name, value and gradient of each shape, as the page writes them.
    """

    data: bool = True
    grad: bool = True
    by: str | None = "grad"
    legend: bool = False
    stepped: Sequence[tuple[str, str, str]] = ()

    def of(self, value: float, grad: float) -> float:
        """The number that the colour shows, 0 where there is none."""
        return 0.0 if self.by is None else grad if self.by == "grad" else value


class Text(NamedTuple):
    """A line of text, its baseline's middle, start or end at a place."""

    x: float
    y: float
    text: str
    size: float = 11.0
    role: str = "ink"
    anchor: str = "middle"
    bold: bool = False
    halo: bool = False  # whether it stands out from lines that it lies upon
    plain: str = ""  # what stands in its place in DOT, which has no strips


class Line(NamedTuple):
    """A line between two shapes, given by their indices, along the points of a curve: 2 for a straight line, 4 for a cubic."""

    source: int
    target: int
    points: Sequence[tuple[float, float]]
    value: float | None
    largest: float
    tip: str = ""
    arrow: bool = False


@dataclass
class Shape:
    """A circle or a box around a place, with lines of text, tinted by a number; `gradient` is the line that shows one."""

    x: float
    y: float
    width: float
    height: float
    texts: list[Text] = field(default_factory=list)
    tint: float = 0.0
    largest: float = 1.0
    tip: str = ""
    name: str = ""
    role: str = "card"
    round: bool = True
    cells: Sequence[tuple[float, float]] = ()  # numbers as a strip of colours, each with the largest of them


@dataclass
class Scene:
    """A picture: its shapes, lines and texts, and the alternative text."""

    width: float
    height: float
    alt: str
    shapes: list[Shape] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)

    def svg(self, *, stepped: bool = False) -> str:
        """The picture as SVG; `stepped` for the page of steps, which finds shapes and lines by their titles and colours them itself."""
        width, height = math.ceil(self.width), math.ceil(self.height)
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="valuegrad" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
            f'role="img" aria-label="{_escaped(self.alt)}" font-family="{FONT}" text-anchor="middle">'
        )
        lines = [head]
        if not stepped:
            lines.append(f"<title>{_escaped(self.alt)}</title>")
            lines.append(f'<rect class="card" width="{width}" height="{height}" rx="10" fill="{LIGHT["card"]}"/>')
        lines.append('<g class="graph">')
        lines += [_line(i, line, stepped=stepped) for i, line in enumerate(self.lines, 1)]
        lines += [_shape(i, shape, stepped=stepped) for i, shape in enumerate(self.shapes)]
        lines += [_text(text, plain=stepped) for text in self.texts]
        svg = "\n".join([*lines, "</g>", "</svg>\n"])
        return svg if stepped else themed(svg)


def width_of(text: str, size: float) -> float:
    """An upper estimate of the width of a line of text."""
    return size * sum(0.9 if c in WIDE else 0.36 if c in NARROW else 1.0 if ord(c) > 0x2E80 else 0.6 for c in text)


def fitted(text: object, width: float, size: float) -> str:
    """The text, shortened in its middle where it is too wide."""
    text = " ".join(printable(str(text)).split())
    if width_of(text, size) <= width:
        return text
    for kept in range(len(text) - 1, 0, -1):
        short = f"{text[: (kept + 1) // 2].rstrip()}…{text[len(text) - kept // 2 :].lstrip()}"
        if width_of(short, size) <= width:
            return short
    return "…"


def largest(numbers: Iterable[float]) -> float:
    """The largest size of finite numbers."""
    return max((abs(x) for x in numbers if math.isfinite(x)), default=0.0)


def compact(x: float) -> str:
    """A number in at most six characters."""
    if not math.isfinite(x):
        return str(x).replace("-", "−")
    text = "0" if x == 0.0 else f"{x:.2f}" if 0.01 <= abs(x) < 9.995 else f"{x:.1f}" if 1.0 <= abs(x) < 99.95 else f"{x:.0e}"
    if abs(x) >= 99.95 and abs(x) < 9999.5:
        text = f"{x:.0f}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e").replace("-", "−")


def _escaped(text: str) -> str:
    return escape(printable(text))


def sign_of(x: float | None) -> str:
    """The class that shows the sign of a number: positive, negative, neither, or not finite."""
    return "" if not x else "x" if not math.isfinite(x) else "p" if x > 0.0 else "n"


def depth_of(x: float, largest: float) -> float:
    """The depth of the colour of a number, from 0 to 1."""
    return min(1.0, depth(x, largest)) if math.isfinite(x) and largest else 1.0


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Points as a path: straight, or one cubic after the other."""
    (x, y), *rest = points
    return f"M{_n(x)} {_n(y)}{'L' if len(rest) == 1 else 'C'}{' '.join(f'{_n(x)} {_n(y)}' for x, y in rest)}"


def stroke_of(line: Line) -> tuple[str, float, float]:
    """The class, the width and the opacity of a line, by its number."""
    sign = sign_of(line.value)
    if line.value is None or not sign:
        return "l", 1.1 if line.value is None else 0.6, 1.0 if line.value is None else 0.5
    size = 1.0 if sign == "x" else abs(line.value) / line.largest if line.largest else 0.0
    return f"l{sign}", 0.4 + 2.4 * size, 0.15 + 0.85 * size


def _line(i: int, line: Line, *, stepped: bool) -> str:
    role, width, opacity = stroke_of(line)
    title = f"n{line.source}&#45;&gt;n{line.target}" if stepped else _escaped(line.tip)
    dashes = f' stroke-dasharray="{DASHES}"' if role == "ln" and not stepped else ""
    colour = f'stroke="{LIGHT[role]}"' + (f' class="{role}"' if not stepped else "")
    path = f'<path fill="none" {colour} stroke-width="{width:.2f}" stroke-opacity="{opacity:.2f}"{dashes} d="{_path(line.points)}"/>'
    arrow = _arrow(line.points, LIGHT[role], "" if stepped else " class='muted'") if line.arrow else ""
    return f'<g id="edge{i}" class="edge">' + (f"<title>{title}</title>" if title else "") + f"{path}{arrow}</g>"


def _arrow(points: Sequence[tuple[float, float]], colour: str, role: str) -> str:
    """The head of an arrow at the end of a line."""
    (x0, y0), (x, y) = points[-2:]
    length = math.hypot(x - x0, y - y0) or 1.0
    dx, dy = (x - x0) / length, (y - y0) / length
    corners = ((x, y), (x - 7 * dx + 3 * dy, y - 7 * dy - 3 * dx), (x - 7 * dx - 3 * dy, y - 7 * dy + 3 * dx))
    return f'<polygon{role} fill="{colour}" points="{" ".join(f"{_n(a)},{_n(b)}" for a, b in corners)}"/>'


def _outline(shape: Shape) -> str:
    """A circle or a rounded box, as a path, which the page of steps colours."""
    w, h = shape.width / 2, shape.height / 2
    r = min(w, h) if shape.round else min(6.0, w, h)
    left, right, top, bottom = shape.x - w, shape.x + w, shape.y - h, shape.y + h
    a = f"A{_n(r)} {_n(r)} 0 0 1 "
    return (
        f"M{_n(left + r)} {_n(top)}H{_n(right - r)}{a}{_n(right)} {_n(top + r)}V{_n(bottom - r)}{a}{_n(right - r)} {_n(bottom)}"
        f"H{_n(left + r)}{a}{_n(left)} {_n(bottom - r)}V{_n(top + r)}{a}{_n(left + r)} {_n(top)}Z"
    )


def _shape(i: int, shape: Shape, *, stepped: bool) -> str:
    outline = _outline(shape)
    title = shape.name or f"n{i}" if stepped else _escaped(shape.tip)
    parts = [f'<g id="node{i}" class="node">' + (f"<title>{title}</title>" if title else "")]
    if stepped:
        parts.append(f'<path fill="{LIGHT["card"]}" stroke="{LIGHT["ring"]}" d="{outline}"/>')
    else:
        parts.append(f'<path class="{shape.role}" fill="{LIGHT[shape.role]}" d="{outline}"/>')
        sign = sign_of(shape.tint)
        if sign:
            opacity = f'fill-opacity="{depth_of(shape.tint, shape.largest):.2f}"'
            parts.append(f'<path class="{sign}" fill="{LIGHT[sign]}" {opacity} d="{outline}"/>')
        parts.append(f'<path class="ring" fill="none" stroke="{LIGHT["ring"]}" stroke-width="1.1" d="{outline}"/>')
        parts += _strip(shape)
    parts += [_text(text, plain=stepped) for text in shape.texts]
    return "".join([*parts, "</g>"])


def _strip(shape: Shape) -> list[str]:
    """The numbers of a box as a strip along its lower edge."""
    if not shape.cells:
        return []
    step = (shape.width - 12) / len(shape.cells)
    left, top = shape.x - shape.width / 2 + 6, shape.y + shape.height / 2 - 9
    cells = [f'<rect class="card" fill="{LIGHT["card"]}" x="{_n(left)}" y="{_n(top)}" width="{_n(shape.width - 12)}" height="5"/>']
    for k, (x, largest) in enumerate(shape.cells):
        if sign := sign_of(x):
            colour = f'class="{sign}" fill="{LIGHT[sign]}" fill-opacity="{depth_of(x, largest):.2f}"'
            cells.append(f'<path {colour} d="M{left + k * step:.2f} {_n(top)}h{step:.2f}v5h-{step:.2f}z"/>')
    return cells


def _text(text: Text, *, plain: bool = False) -> str:
    anchor = "" if text.anchor == "middle" else f' text-anchor="{text.anchor}"'
    weight = ' font-weight="bold"' if text.bold else ""
    role = ' fill="currentColor"' if plain else f' class="{text.role}" fill="{LIGHT[text.role]}"'
    if text.halo and not plain:
        role = f' class="{text.role} halo" fill="{LIGHT[text.role]}" stroke="{LIGHT["card"]}" stroke-width="3" paint-order="stroke"'
    return f'<text{role} x="{_n(text.x)}" y="{_n(text.y)}" font-size="{_n(text.size)}"{anchor}{weight}>{_escaped(text.text)}</text>'
