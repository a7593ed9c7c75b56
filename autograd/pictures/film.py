"""The backward pass of a page of steps as an animated GIF, for slides: its picture, step by step, drawn by matplotlib."""

import io
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

from autograd.errors import RendererNotFound
from autograd.pictures.colours import LIGHT, mixed
from autograd.pictures.convert import convert
from autograd.pictures.render import GET_DOT

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {f"{SVG}{name}" for name in ("path", "polygon", "ellipse", "polyline")}
NO_PILLOW = "a .gif is drawn by matplotlib and written by Pillow: `python -m pip install matplotlib pillow`; .html needs neither"
ROOM, LEAST, FONT = 22.0, 190.0, 13  # points: the height of the line below the picture, its least width, and the size of its letters
HELD = 3.0  # how many times longer than the others the last frame stays
WIDE, THIN = "3.2", "1"
FLOW = "2.4"


def gif(picture: str, data: str, scale: float, seconds: float) -> bytes:
    """The film: the values, the seed, each step backward, and the end, which stays longest.

    Raises:
        RendererNotFound: matplotlib or Pillow is not installed.
    """
    try:
        import matplotlib.figure  # noqa: F401, PLC0415  # importing autograd stays light
        from PIL import Image  # noqa: PLC0415  # as above
    except ImportError:
        raise RendererNotFound(NO_PILLOW) from None

    def drawn(svg: bytes) -> Any:
        return Image.open(io.BytesIO(convert(svg, "png", scale, GET_DOT, opaque=False))).convert("RGBA")

    canvas, frames = None, []
    for lasting, over in layers(picture, json.loads(data)):
        new = drawn(lasting)
        canvas = Image.alpha_composite(canvas or Image.new("RGBA", new.size, LIGHT["card"]), new)
        frames.append(Image.alpha_composite(canvas, drawn(over)).convert("RGB"))
    width, height = frames[0].size
    some = Image.new("RGB", (width, 3 * height))  # one palette for all frames, so that only what changes is written
    for k, frame in enumerate((frames[1], frames[len(frames) // 2], frames[-1])):
        some.paste(frame, (0, k * height))
    colours = some.quantize(255)
    frames = [frame.quantize(palette=colours, dither=Image.Dither.NONE) for frame in frames]
    times = [round(1000 * seconds)] * (len(frames) - 1) + [round(1000 * seconds * HELD)]
    file = io.BytesIO()
    frames[0].save(file, "gif", save_all=True, append_images=frames[1:], duration=times, loop=0)
    return file.getvalue()


def layers(picture: str, page: dict[str, Any]) -> Iterator[tuple[bytes, bytes]]:
    """For each step from the end of the forward pass on, what changes in the picture for good, and what is drawn over it at that step."""
    root = ET.fromstring(picture)  # noqa: S314  # what we wrote
    line = _widened(root)
    graph = next(element for element in root if element.get("class") == "graph")
    steps, known, last = page["steps"], dict[ET.Element, bytes](), b""
    seed = next(k for k, (phase, _) in enumerate(steps) if phase == "seed")
    for step in range(seed - 1, len(steps)):
        line.text = ""
        _paint(graph, page, step, marked=False)
        settled = {part: ET.tostring(part) for part in graph}
        new = [part for part in graph if settled[part] != known.get(part)]
        lasting, known = _only(root, graph, new), settled
        line.text = _said(page, step)
        _paint(graph, page, step, marked=True)
        over = _only(root, graph, [part for part in graph if ET.tostring(part) != settled[part]])
        if new or over != last:
            yield lasting, over
        last = over


def _only(root: ET.Element, graph: ET.Element, parts: list[ET.Element]) -> bytes:
    """The picture with some of its parts alone."""
    picture, shown = ET.Element(root.tag, root.attrib), ET.Element(graph.tag, graph.attrib)
    picture.append(shown)
    shown.extend(parts)
    return ET.tostring(picture)


def _widened(root: ET.Element) -> ET.Element:
    """Make room below the picture for a line of text, and give its place."""
    width, height = map(float, root.get("viewBox", "").split()[2:])
    graph = next(element for element in root if element.get("class") == "graph")
    x, y = map(float, (re.findall(r"-?[\d.]+", graph.get("transform", "")) or ["0", "0"])[-2:])
    wide = max(width, LEAST)
    x += (wide - width) / 2
    root.set("viewBox", f"0 0 {wide} {height + ROOM}")
    graph.set("transform", f"translate({x} {y})")
    place = {"x": str(wide / 2 - x), "y": str(height - y + 0.6 * ROOM), "font-size": str(FONT), "fill": LIGHT["ink"]}
    return ET.SubElement(graph, f"{SVG}text", place)


def _said(page: dict[str, Any], step: int) -> str:
    """What a frame shows, in a line."""
    phase, i = page["steps"][step]
    nodes = page["nodes"]
    loss = nodes[-1]["name"]
    if phase == "end":
        return "Every leaf has its gradient"
    if phase not in {"seed", "backward"}:
        return f"{loss} = {nodes[-1]['value']}"
    return f"∂{loss}/∂{nodes[i]['name']} = {nodes[i]['sums'][-1][1]}"


def _paint(graph: ET.Element, page: dict[str, Any], step: int, *, marked: bool) -> None:
    """Give nodes, edges and boxes their look at a step; the current node and what it sends are `marked`."""
    nodes, (phase, hand) = page["nodes"], page["steps"][step]
    shown = page["pictures"][0]
    moves = marked and phase in {"seed", "backward"}
    sent = {row["edge"]: row["sends"] for row in nodes[hand]["args"] if moves and phase == "backward" and row.get("sends")}
    held = {group for group, k in shown["groups"].items() if moves and hand in page["groups"][k][1]}
    for part in graph:
        if (number := part.get("data-node")) is not None:
            _node(part, nodes[int(number)], step, in_hand=moves and int(number) == hand, over=phase == "end")
        elif (number := part.get("data-edge")) is not None:
            _edge(part, sent.get(shown["edges"][int(number) - 1]))
        elif (group := part.get("data-group")) is not None:
            for shape in _shapes(part):
                shape.attrib |= {"stroke": LIGHT["ink"], "stroke-width": WIDE if group in held else THIN}


def _shapes(part: ET.Element) -> list[ET.Element]:
    return [element for element in part if element.tag in SHAPES]


def _node(part: ET.Element, node: dict[str, Any], step: int, *, in_hand: bool, over: bool) -> None:
    """Its colour, its frame and its numbers."""
    arrived = [(text, tint) for at, text, tint in node["sums"] if at <= step]
    text, tint = arrived[-1] if arrived else ("0.0", 0.0)
    fill = LIGHT["x"] if tint is None else mixed(LIGHT["p" if tint > 0.0 else "n"], abs(tint))
    _shapes(part)[0].attrib |= {"fill": fill, "stroke": LIGHT["ink"], "stroke-width": WIDE if in_hand else THIN}
    lines = part.findall(f"{SVG}text")
    for line in lines:
        line.set("fill", LIGHT["ink"])
    value, grad = lines[-2:]
    value.text, grad.text = f"data {node['value']}", f"grad {text}" if arrived or over else ""


def _edge(part: ET.Element, sent: str | None) -> None:
    """A line and its arrow, which show the sign of what is sent along it."""
    colour = LIGHT["edge" if sent is None else "ln" if sent.startswith("−") else "lp"]
    for shape in _shapes(part):
        line = shape.tag == f"{SVG}path"
        shape.attrib |= {"stroke": colour, "stroke-width": FLOW if line and sent else THIN, "fill": "none" if line else colour}
