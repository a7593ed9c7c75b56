"""A picture with a known layout as DOT with fixed positions, so that Graphviz draws it as it is: for PNG and PDF."""

from autograd.labels import printable
from autograd.pictures.colours import LIGHT, mixed
from autograd.pictures.scene import Line, Scene, Shape, Text, depth_of, sign_of, stroke_of, width_of
from autograd.pictures.writer import FONT

POINTS = 0.75  # of a pixel
STRAIGHT_OR_CUBIC = 4  # the largest number of points of a line
DOT_GRAPH = (
    f'graph [layout=neato notranslate=true inputscale=72 splines={{}} outputorder=edgesfirst bgcolor="{LIGHT["card"]}" pad=0.15 '
    f'bb="0,0,{{}}" fontname="{FONT}"]'
)
DOT_NODE = (
    f'node [shape=circle fixedsize=true style=filled fillcolor="{LIGHT["card"]}" color="{LIGHT["ring"]}" fontcolor="{LIGHT["ink"]}" '
    f'fontname="{FONT}" fontsize=7 margin=0]'
)


def dot(picture: Scene) -> str:
    """The picture as DOT, its places fixed: `neato -n2`, and `dot`, which reads the layout from it, draw it as it is here."""
    size = f"{picture.width * POINTS:.1f},{picture.height * POINTS:.1f}"
    splines = "line" if all(len(line.points) == 2 for line in picture.lines) else "true"
    lines = ["digraph autograd {", f"  {DOT_GRAPH.format(splines, size)}", f"  {DOT_NODE}", "  edge [arrowsize=0.5]"]
    lines += [f"  n{i} [{_dot_shape(shape, picture.height)}]" for i, shape in enumerate(picture.shapes)]
    lines += [f"  {_dot_line(line, picture.shapes[line.source])}" for line in picture.lines]
    lines += [f"  t{i} [{_dot_text(text, picture.height)}]" for i, text in enumerate(picture.texts)]
    return "\n".join([*lines, "}\n"])


def _quoted(text: str) -> str:
    return '"' + printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'


def _place(x: float, y: float, height: float) -> str:
    return f'pos="{x * POINTS:.1f},{(height - y) * POINTS:.1f}!"'


def _dot_shape(shape: Shape, height: float) -> str:
    sign = sign_of(shape.tint)
    fill = mixed(LIGHT[sign], depth_of(shape.tint, shape.largest)) if sign else LIGHT[shape.role]
    size = f"width={shape.width / 96:.3f} height={shape.height / 96:.3f}"
    label = "\\n".join(_quoted(text.fitted())[1:-1] for text in shape.texts)
    looks = ["filled"] + ["rounded"] * (not shape.round) + ["dashed"] * (sign == "n")
    kind = f'{"" if shape.round else " shape=box"} style="{",".join(looks)}"' if looks[1:] else ""
    font = min((text.size for text in shape.texts), default=9.0) * POINTS
    return f'{_place(shape.x, shape.y, height)} {size} label="{label}" fontsize={font:.1f} fillcolor="{fill}"{kind}'


def _dot_line(line: Line, source: Shape) -> str:
    role, width, opacity = stroke_of(line)
    port = "e" if line.points[0][0] >= source.x + source.width / 2 else "s"
    ports = f" tailport={port} headport={port}" if len(line.points) > STRAIGHT_OR_CUBIC else ""  # it goes round the boxes between
    style = " style=dashed" if role == "ln" else ""
    head = "" if line.arrow else " arrowhead=none"
    return f'n{line.source} -> n{line.target} [color="{mixed(LIGHT[role], opacity)}" penwidth={width * POINTS:.2f}{style}{head}{ports}]'


def _dot_text(text: Text, height: float) -> str:
    shift = {"start": 0.5, "end": -0.5}.get(text.anchor, 0.0) * 0.9 * width_of(text.text, text.size)
    place = _place(text.x + shift, text.y - 0.35 * text.size, height)
    return (
        f'{place} shape=plaintext style="" fixedsize=false width=0 height=0 label={_quoted(text.plain or text.fitted())} '
        f'fontsize={text.size * POINTS:.1f} fontcolor="{LIGHT[text.role]}"'
    )
