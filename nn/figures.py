"""What the plots of `nn.plot` are drawn with: figures and Axes, colours, and the numbers and names that appear in them.

The colours are those of the pictures of graphs. Blue and orange, and the shapes of points, stay apart for the colour-blind. Figures are
white and opaque; a notebook shows them in dark colours where it is dark.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from typing import Any, cast

import numpy as np

from autograd import Value
from autograd.errors import LengthError, OperationError, RangeError
from autograd.pictures.colours import LIGHT, themed
from autograd.pictures.images import as_image, in_theme, quoted
from nn.samples import TOLERANCE, class_weights, listed, number, shown, sign

try:
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap, to_rgb
    from matplotlib.figure import Figure as Figure  # noqa: PLC0414  # for plot.py, which has nothing else of Matplotlib
    from matplotlib.ticker import MaxNLocator as MaxNLocator  # noqa: PLC0414  # as above
except ImportError:
    raise OperationError("plots need Matplotlib, which is not installed: python -m pip install matplotlib") from None

INK, BLUE, ORANGE, RULE = (LIGHT[role] for role in ("ink", "blue", "orange", "rule"))
CLASSES = tuple(LIGHT[role] for role in ("orange", "blue", "green", "rose", "yellow", "sky", "grey"))
MARKERS = ("s", "o", "^", "D", "v", "P", "X")

# An odd number of colours has white in the middle. The fills of `autograd.draw`: the ink has a contrast of at least 7:1 on each.
SIGNS = LinearSegmentedColormap.from_list("signs", [LIGHT["n"], LIGHT["card"], LIGHT["p"]], N=257).with_extremes(bad=LIGHT["x"])

# Of Matplotlib's SVG what can be left out: digits beyond a hundredth of a point but not those of scales, comments, ends of lines.
SPARED = re.compile(r"(?P<kept>scale\(.*?\)|\d\.\d\d)\d*|<!--.*?-->|\n\s*(?=[<LQCz])")

STYLE: Any = {
    "axes.facecolor": "white", "axes.edgecolor": LIGHT["ring"], "axes.labelcolor": INK, "axes.titlesize": "medium", "axes.grid": False,
    "axes.spines.top": False, "axes.spines.right": False, "font.size": 10.0,
}  # fmt: skip


class Picture(Figure):
    """A figure that notebooks show without pyplot, which would keep it and show it a second time; dark where the notebook is."""

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        png, size = self._repr_png_()
        alt = quoted(escape(self._described()))
        html = in_theme(as_image(self._svg(), alt, f"width: {size['width']}px; max-width: 100%; height: auto; border-radius: 10px"))
        return {"text/html": html, "image/png": png, "text/plain": repr(self)}, {"image/png": size}

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        png, (width, height) = BytesIO(), self.get_size_inches() * self.dpi
        self.savefig(png, format="png", dpi=2 * self.dpi, facecolor=self.get_facecolor())
        return png.getvalue(), {"width": round(width), "height": round(height)}

    def _svg(self) -> str:
        """The figure as SVG that knows its colours in dark; the same bytes for the same figure."""
        file = BytesIO()
        with rc_context({"svg.hashsalt": "valuegrad", "svg.fonttype": "path"}):
            self.savefig(file, format="svg", facecolor=self.get_facecolor(), metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
        text = SPARED.sub(lambda found: found["kept"] or "", file.getvalue().decode())
        return themed(text[text.index("<svg") :], scope="")  # an image of its own

    def _described(self) -> str:
        """The alternative text: titles, axes and the names in legends."""
        said = []
        for axes in self.axes:
            names = [axes.get_title("left"), axes.get_title(), *axes.get_legend_handles_labels()[1]]
            across, up = axes.get_xlabel(), axes.get_ylabel()
            said.append(", ".join(filter(None, [f"{up} against {across}" if across and up else across or up, *names])))
        return re.sub(r"\$(.*?)_(.)\$", r"\1\2", f"A plot: {'; '.join(filter(None, said)) or 'without names'}")


# Axes.


def axes_for(ax: Any, count: int, width: float, height: float) -> tuple[Figure, Sequence[Axes]]:
    """The Axes given, or `count` new ones of this size in inches, and their figure."""
    if ax is None:
        with rc_context(STYLE):
            figure = Picture(figsize=(count * width, height), facecolor="white", layout="constrained")
            panels = figure.subplots(1, count, squeeze=False)[0]
        for panel in panels:
            panel.tick_params(colors=INK)
        return figure, panels
    given = listed(ax) if isinstance(ax, Iterable) else [ax]
    if not all(isinstance(a, Axes) for a in given):
        raise OperationError(f"got ax={shown(ax)}, expected Axes of Matplotlib, or None for a figure of its own")
    if len(given) not in {1, count}:
        raise LengthError(f"got {len(given)} Axes, expected {'one' if count == 1 else f'one or {count}'}")
    return cast("Figure", given[0].figure), given


def ink_of(panel: Axes) -> Any:
    """The colour of text: in Axes that the user gave, the user's own."""
    return panel.xaxis.label.get_color()


def legend(panel: Axes, columns: int) -> None:
    """A legend above the plot, where it covers nothing."""
    panel.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, frameon=False, labelcolor=ink_of(panel), borderaxespad=0.2,
        handletextpad=0.5, columnspacing=1.4,
    )  # fmt: skip


def bars(
    a: Sequence[float], target: Any, labels: Sequence[str] | None, ax: Any, columns: dict[str, Sequence[float]]
) -> tuple[Figure, Axes]:
    """Horizontal bars of probabilities, a class in each row, and columns of numbers to the right."""
    for p in a:
        if not 0.0 <= p <= 1.0 + TOLERANCE:
            raise RangeError(f"got the probability {p}, expected a number from 0 to 1: plot.softmax computes them from finite logits")
    places = range(len(a))
    names = names_for("label", labels, len(a))
    weights = class_weights(target, len(a)) if target is not None else {}
    figure, (panel,) = axes_for(ax, 1, 5.6, 1.2 + 0.36 * len(a))
    panel.barh(places, a, 0.6, color=BLUE, label="probability a")
    if weights:
        y = [float_of("target", weights.get(k, 0.0)) for k in places]
        panel.plot(y, places, "D", color=ORANGE, ms=7, mec="white", mew=0.8, clip_on=False, zorder=3, label="target y")
    right = 0.0
    for name, numbers in columns.items():
        texts = [name, *map(short, numbers)]
        right += 16.0 + 6.5 * max(map(len, texts))
        for k, text in enumerate(texts, start=-1):
            at_edge: Any = {"xy": (1.0, k), "xycoords": panel.get_yaxis_transform(), "textcoords": "offset points"}
            panel.annotate(text, xytext=(right, 0.0), ha="right", va="center", color=ink_of(panel), **at_edge)
    panel.set_yticks(places, [str(k) for k in places] if names is None else names)
    panel.set(xlim=(0.0, 1.0), ylim=(len(a) - 0.4, -1.4))
    panel.spines.left.set_bounds(len(a) - 0.4, -0.6)
    return figure, panel


# Numbers and names.


def row_of(name: str, x: Any) -> list[float]:
    """The numbers of a sequence."""
    given = listed(x)
    if not isinstance(given, list) or not given:
        raise LengthError(f"got {shown(x)} as {name}, expected a sequence of at least one number")
    return [float_of(name, a) for a in given]


def matrix_of(name: str, rows: Any) -> np.ndarray:
    """Rows of numbers as an array."""
    given = listed(rows)
    if not isinstance(given, list) or not given:
        raise LengthError(f"got {shown(rows)} as {name}, expected at least one row of numbers")
    matrix = [row_of(f"a row of {name}", row) for row in given]
    for row in matrix:
        if len(row) != len(matrix[0]):
            raise LengthError(f"the rows of {name} have {len(matrix[0])} and {len(row)} numbers, expected equally many in each")
    return np.array(matrix)


def numbers_in(name: str, x: Any) -> list[float]:
    """The numbers in a structure of sequences, in order."""
    given = listed(x)
    return [n for part in given for n in numbers_in(name, part)] if isinstance(given, list) else [float_of(name, given)]


def float_of(name: str, x: Any) -> float:
    """A number, or that of a Value."""
    return x.data if isinstance(x, Value) else number(name, x)


def names_for(what: str, given: Sequence[str] | None, count: int) -> Sequence[str] | None:
    """`given`, checked to be None or `count` names."""
    if given is not None and len(given) != count:
        raise LengthError(f"got {len(given)} names, expected {count}: one for each {what}")
    return given


def class_of(target: Any, names: list[int]) -> int:
    """The class that a target stands for, in the terms of `predict`."""
    if names == [-1, 1]:
        return sign(target, " for a model with one output")
    weights = class_weights(target, len(names))
    return max(weights, key=weights.__getitem__)


def tint(color: str) -> tuple[float, ...]:
    """A colour mixed with white, for the area behind points of that colour."""
    return tuple(1.0 - 0.25 * (1.0 - part) for part in to_rgb(color))


def short(x: float) -> str:
    """Three significant digits, with the minus sign of the axes."""
    return f"{x:.3g}".replace("-", "−")
