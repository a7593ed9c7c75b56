"""A picture whose places are known as SVG: an opaque card in light or dark, as what shows it is; see colours.py.

On a phone, where its letters would be too small, words are larger, and numbers that cannot be read are left out: a tap on their circle or
box shows them.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from html import escape

from autograd.labels import printable
from autograd.pictures.colours import LIGHT, themed
from autograd.pictures.scene import Line, Scene, Shape, Text, depth_of, sign_of, stroke_of
from autograd.pictures.writer import FONT

DASHES = "4 3"
PHONE = 360.0  # how wide it is there
READ, LEAST_READ = 9.5, 8.0  # sizes of letters: what words have on a phone, and what can be read
SHRUNK = 0.7  # of its width: where it is shown with less, it is shown as on a phone
ON_A_PHONE = (
    ".valuegrad .narrow{{display:none}}@media screen and (max-width:{:.0f}px){{.valuegrad :is(.word,.narrow){{font-size:{:.1f}px}}"
    ".valuegrad .narrow{{display:inline}}.valuegrad :is(.wide,.detail){{display:none}}}}"
)


def svg(picture: Scene, *, stepped: bool = False) -> str:
    """The picture as SVG; `stepped` for the page of steps, which finds shapes and lines by their titles and colours them itself."""
    width, height = math.ceil(picture.width), math.ceil(picture.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="valuegrad" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{_escaped(picture.alt)}" font-family="{FONT}" text-anchor="middle">'
    )
    lines = [head]
    if not stepped:
        lines.append(f"<title>{_escaped(picture.alt)}</title>")
        lines.append(f'<rect class="card" width="{width}" height="{height}" rx="10" fill="{LIGHT["card"]}"/>')
    word = READ * picture.width / PHONE
    lines.append('<g class="graph">')
    write = _text_plain if stepped else partial(_text, word=word)
    lines += [_line(i, line, stepped=stepped) for i, line in enumerate(picture.lines, 1)]
    lines += [_shape(i, shape, write, stepped=stepped) for i, shape in enumerate(picture.shapes)]
    lines += [write(text) for text in picture.texts]
    written = "\n".join([*lines, "</g>", "</svg>\n"])
    return written if stepped else themed(written, more=ON_A_PHONE.format(SHRUNK * picture.width, word))


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Points as a path: straight, or one cubic after the other."""
    (x, y), *rest = points
    return f"M{_n(x)} {_n(y)}{'L' if len(rest) == 1 else 'C'}{' '.join(f'{_n(x)} {_n(y)}' for x, y in rest)}"


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


def _shape(i: int, shape: Shape, write: Callable[[Text], str], *, stepped: bool) -> str:
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
        dashes = f' stroke-dasharray="{DASHES}"' if sign == "n" else ""
        parts.append(f'<path class="ring" fill="none" stroke="{LIGHT["ring"]}" stroke-width="1.1"{dashes} d="{outline}"/>')
        parts += _strip(shape)
    parts += [write(text) for text in shape.texts]
    return "".join([*parts, "</g>"])


def _strip(shape: Shape) -> list[str]:
    """The numbers of a box as a strip along its lower edge, where negative ones are half as high."""
    if not shape.cells:
        return []
    step = (shape.width - 12) / len(shape.cells)
    left, top = shape.x - shape.width / 2 + 6, shape.y + shape.height / 2 - 9
    cells = [f'<rect class="card" fill="{LIGHT["card"]}" x="{_n(left)}" y="{_n(top)}" width="{_n(shape.width - 12)}" height="5"/>']
    for k, (x, largest) in enumerate(shape.cells):
        if sign := sign_of(x):
            colour = f'class="{sign}" fill="{LIGHT[sign]}" fill-opacity="{depth_of(x, largest):.2f}"'
            low = 2.5 if sign == "n" else 0.0
            cells.append(f'<path {colour} d="M{left + k * step:.2f} {_n(top + low)}h{step:.2f}v{_n(5 - low)}h-{step:.2f}z"/>')
    return cells


def _text(text: Text, word: float) -> str:
    """A line of text; and, where letters of size `word`, which it has on a phone, do not fit, the shorter one for there."""
    look = f' fill="{LIGHT[text.role]}"'
    if text.halo:
        look += f' stroke="{LIGHT["card"]}" stroke-width="3" paint-order="stroke"'
    if text.size * READ >= LEAST_READ * word:
        return _written(text, text.fitted(), look, text.role)
    if text.detail:
        return _written(text, text.fitted(), look, f"{text.role} detail")
    wide, narrow = text.fitted(), text.fitted(word)
    if wide == narrow:
        return _written(text, wide, look, f"{text.role} word")
    return _written(text, wide, look, f"{text.role} wide") + _written(text, narrow, look, f"{text.role} narrow")


def _text_plain(text: Text) -> str:
    return _written(text, text.fitted(), ' fill="currentColor"')


def _written(text: Text, shown: str, look: str, role: str = "") -> str:
    anchor = "" if text.anchor == "middle" else f' text-anchor="{text.anchor}"'
    weight = ' font-weight="bold"' if text.bold else ""
    role = f' class="{role}"' if role else ""
    return f'<text{role}{look} x="{_n(text.x)}" y="{_n(text.y)}" font-size="{_n(text.size)}"{anchor}{weight}>{_escaped(shown)}</text>'


def _escaped(text: str) -> str:
    return escape(printable(text))
