"""A picture with a known layout: shapes, lines and text. vector.py writes it as SVG, pinned.py as DOT."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from autograd.labels import printable
from autograd.pictures.colours import depth

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
    """A line of text, with the middle, start or end of its baseline at a place; shortened to its room; a detail is left out on a phone."""

    x: float
    y: float
    text: str
    size: float = 11.0
    role: str = "ink"
    anchor: str = "middle"
    bold: bool = False
    halo: bool = False  # whether it has an outline against lines below it
    plain: str = ""  # the text to use in DOT, which has no strips
    room: float = math.inf
    detail: bool = False

    def fitted(self, size: float | None = None) -> str:
        """The text as it is shown, in letters of this size."""
        return fitted(self.text, self.room, size or self.size)


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


def sign_of(x: float | None) -> str:
    """The class that shows the sign of a number: positive, negative, neither, or not finite."""
    return "" if not x else "x" if not math.isfinite(x) else "p" if x > 0.0 else "n"


def depth_of(x: float, largest: float) -> float:
    """The depth of the colour of a number, from 0 to 1."""
    return min(1.0, depth(x, largest)) if math.isfinite(x) and largest else 1.0


def stroke_of(line: Line) -> tuple[str, float, float]:
    """The class, the width and the opacity of a line, by its number."""
    sign = sign_of(line.value)
    if line.value is None or not sign:
        return "l", 1.1 if line.value is None else 0.6, 1.0 if line.value is None else 0.5
    size = 1.0 if sign == "x" else abs(line.value) / line.largest if line.largest else 0.0
    return f"l{sign}", 0.4 + 2.4 * size, 0.15 + 0.85 * size
