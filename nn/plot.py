"""Plots of training and of gradients: `from nn import plot`. They need Matplotlib.

Each function returns a Matplotlib figure, which a notebook shows when it is the last line of a cell and `.savefig("plot.png")` writes. With
`ax=` it draws into Axes of yours and returns their figure; pyplot shows that one itself, so end such a line with a semicolon.

Blue and orange, and the shapes of points, stay apart for the colour-blind. The figures are white and opaque, in dark notebooks as well.
"""

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from typing import Any, cast

import numpy as np

import autograd
from autograd import Value, no_grad
from autograd.errors import LengthError, NumberError, OperationError, RangeError
from nn import functional
from nn.recorded import Model, Samples
from nn.samples import TOLERANCE, class_weights, listed, number, shown, sign
from nn.train import History, predict

try:
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap, to_rgb
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator
except ImportError:
    raise OperationError("plots need Matplotlib, which is not installed: python -m pip install matplotlib") from None

__all__ = ["boundary", "gradcheck", "gradients", "history", "jacobian", "probabilities", "softmax"]

INK, BLUE, ORANGE = "#1b1f24", "#0072b2", "#d55e00"
CLASSES = (ORANGE, BLUE, "#009e73", "#cc79a7", "#f0e442", "#56b4e9", "#8a8f98")
MARKERS = ("s", "o", "^", "D", "v", "P", "X")

# An odd number of colours has white in the middle. The fills of `autograd.draw`: the ink has a contrast of at least 7:1 on each.
SIGNS = LinearSegmentedColormap.from_list("signs", ["#f9a24b", "#ffffff", "#78b5ec"], N=257).with_extremes(bad="#f0b6e0")

STYLE: Any = {
    "axes.facecolor": "white", "axes.edgecolor": "#5f6b7a", "axes.labelcolor": INK, "axes.titlesize": "medium", "axes.grid": False,
    "axes.spines.top": False, "axes.spines.right": False, "font.size": 10.0,
}  # fmt: skip

SIDE = 80  # points along each side of the grid on which a boundary is found
LEAST = 1e-17  # where an error of 0 stands on a logarithmic axis
STEP = 6e-6  # of central differences: rounding and truncation are as large, some 1e-11


class Picture(Figure):
    """A figure that notebooks show without pyplot, which would keep it, and show it once more."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        png, (width, height) = BytesIO(), self.get_size_inches() * self.dpi
        self.savefig(png, format="png", dpi=2 * self.dpi, facecolor=self.get_facecolor())
        return png.getvalue(), {"width": round(width), "height": round(height)}


def history(history: History, *, ax: Any = None) -> Figure:
    """Loss and accuracy by epoch, in training and on the validation samples, as far as `fit` has seen them.

    Args:
        history: what `fit` returned.
        ax: a pair of Axes, for loss and accuracy; one alone gets the loss.

    Raises:
        LengthError: no epoch was completed, or the number of Axes is wrong.
        NumberError: `history` is not a History.
        OperationError: `ax` is not Axes.

    >>> figure = history(History(loss=[0.9, 0.4, 0.2], validation_loss=[1.0, 0.6, 0.5]))
    >>> [line.get_label() for line in figure.axes[0].lines]
    ['training', 'validation']
    """
    if not isinstance(history, History):
        raise NumberError(f"got history={shown(history)}, expected the History that fit returns")
    if not history.loss:
        raise LengthError("the history has no complete epoch, expected at least one: look at it after fit")
    measures = ["loss", "accuracy"] if history.accuracy or history.validation_accuracy else ["loss"]
    figure, panels = _panels(ax, len(measures), 4.4, 3.2)
    for panel, measure in zip(panels, measures, strict=False):
        for prefix, name, look in (("", "training", "-o"), ("validation_", "validation", "--s")):
            if means := getattr(history, prefix + measure):
                color = ORANGE if prefix else BLUE
                epochs = range(1, len(means) + 1)
                panel.plot(epochs, means, look, color=color, ms=4 if len(means) <= 20 else 0, lw=1.8, label=name, clip_on=measure == "loss")
        panel.set(xlabel="epoch", ylabel=measure)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panel.grid(axis="y", color=_ink(panel), alpha=0.12)
        panel.legend(frameon=False, labelcolor=_ink(panel))
        if measure == "accuracy":
            panel.set_ylim(top=1.0)
            panel.yaxis.set_major_formatter(lambda share, _: f"{100.0 * share:.3g}%")
    return figure


def boundary(model: Model, X: Any, y: Any, *, ax: Any = None) -> Figure:  # the field's name for inputs
    """Which class a model predicts where in the plane, with the samples on top; those that it misclassifies have a ring.

    A model with several outputs predicts the class of the largest, one with a single output, a score, by its sign, as `predict` does.

    Args:
        model: gives the outputs of one sample of 2 numbers.
        X: N samples, as rows of 2 numbers.
        y: N targets: class indices, one-hot rows or distributions (their largest counts); -1 or 1 for a model with one output.
        ax: the Axes to draw into.

    Raises:
        LengthError: a sample has not 2 numbers, X and y differ in length or are empty, or the model gives a list of fewer than 2 outputs.
        NumberError: the model is no function, or something is no number.
        OperationError: `ax` is not Axes.
        RangeError: a target is no class of the model, or there is inf or nan in X or among the outputs.

    >>> figure = boundary(lambda x: x[0] - x[1], [[0.0, 1.0], [2.0, 1.0], [3.0, 0.0]], [-1, 1, 1])
    >>> figure.axes[0].get_legend_handles_labels()[1]
    ['class −1', 'class 1']
    """
    points = _matrix("X", X)
    if points.shape[1] != 2:
        raise LengthError(f"the samples in X have {points.shape[1]} numbers, expected 2: a boundary can be drawn in the plane")
    if not np.isfinite(points).all():
        raise RangeError("there is inf or nan among the numbers in X, which cannot be drawn in the plane: leave these samples out")
    predicted, targets = predict(model, points), listed(y)
    if not isinstance(targets, list) or len(targets) != len(points):
        raise LengthError(f"got {len(points)} samples in X and {shown(y)} as y, expected one target for each row of X")
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.where(high > low, 0.12 * (high - low), 1.0)
    u, v = np.linspace(low - room, high + room, SIDE).T
    grid = [[a, b] for b in v.tolist() for a in u.tolist()]
    outputs = [listed(output) for output in Samples(model, grid).outputs(range(len(grid)))]
    single = not isinstance(outputs[0], list)
    scores = np.array([[0.0, _float("output", s)] for s in outputs]) if single else _matrix("the outputs", outputs)
    if not np.isfinite(scores).all():
        raise RangeError("the model gave inf or nan somewhere around the samples, expected finite numbers: look for what made it")
    names = [-1, 1] if single else list(range(scores.shape[1]))
    if len(names) < 2:
        raise LengthError("the model gave a list of 1 output, expected one number, or one for each of at least 2 classes")
    labels = np.array([_class(target, names) for target in targets])
    figure, (panel,) = _panels(ax, 1, 5.6, 4.2)
    for k, name in enumerate(names):
        lead = (scores[:, k] - np.delete(scores, k, axis=1).max(axis=1)).reshape(SIDE, SIDE)
        color, marker = CLASSES[k % len(CLASSES)], MARKERS[k % len(MARKERS)]
        if lead.max() > 0.0:
            panel.contourf(u, v, lead, levels=[0.0, np.inf], colors=[_tint(color)])
        if lead.min() < 0.0 < lead.max():
            panel.contour(u, v, lead, levels=[0.0], colors=INK, linewidths=1.2)
        x0, x1 = points[labels == name].T
        panel.scatter(x0, x1, s=26, marker=marker, color=color, edgecolors="white", lw=0.6, label=f"class {_short(name)}", zorder=3)
    if (wrong := predicted != labels).any():
        x0, x1 = points[wrong].T
        panel.scatter(x0, x1, s=90, facecolors="none", edgecolors=INK, lw=1.2, label=f"{wrong.sum()} misclassified", zorder=2)
    panel.set(xlabel="$x_0$", ylabel="$x_1$")
    _legend(panel, columns=4)
    return figure


def softmax(logits: Any, *, target: Any = None, labels: Sequence[str] | None = None, ax: Any = None) -> Figure:
    """Bars of the softmax a of logits z, with the numbers beside them; hardmax is the outline.

    Args:
        logits: the K logits of a sample.
        target: a class index, a one-hot row or a distribution: points at y_k. How far a bar misses its point is a_k - y_k,
            the gradient of cross-entropy.
        labels: the names of the classes.
        ax: the Axes to draw into.

    Raises:
        LengthError: there are no logits, or not as many labels, or numbers in the target.
        NumberError: a logit is no number.
        OperationError: `ax` is not Axes.
        RangeError: the target is no class and no distribution, or there is inf or nan among the logits.

    >>> figure = softmax([5.0, 2.0, -1.0, 3.0], target=0, labels=["cat", "dog", "fish", "bird"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['z', '5', '2', '−1', '3', 'a', '0.842', '0.0419', '0.00209', '0.114']
    """
    z = _row("logits", logits)
    a = functional.softmax(z)
    figure, panel = _bars(a, target, labels, ax, columns={"z": z, "a": a})
    panel.barh(range(len(z)), functional.hardmax(z), 0.84, fill=False, edgecolor=_ink(panel), lw=1.1, label="hardmax")
    _legend(panel, columns=3)
    return figure


def probabilities(a: Any, *, target: Any = None, labels: Sequence[str] | None = None, ax: Any = None) -> Figure:
    """Bars of a sample's probabilities.

    Args:
        a: K probabilities.
        target: as for `softmax`.
        labels: the names of the classes.
        ax: the Axes to draw into.

    Raises:
        RangeError: a probability does not lie in [0, 1]; otherwise as for `softmax`.

    >>> figure = probabilities([0.7, 0.1, 0.2], target=2)
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['a', '0.7', '0.1', '0.2']
    """
    row = _row("probabilities", a)
    figure, panel = _bars(row, target, labels, ax, columns={"a": row})
    if target is not None:
        _legend(panel, columns=2)
    return figure


def jacobian(matrix: Any, *, rows: Sequence[str] | None = None, columns: Sequence[str] | None = None, ax: Any = None) -> Figure:
    """A matrix of derivatives ∂a_i/∂z_j as a heat map: blue where positive, orange where negative.

    The larger, the deeper; inf and nan are pink. Each number stands in its cell; where they have no room, there is a colour bar.

    Args:
        matrix: what `autograd.jacobian` or `autograd.hessian` gives for a list or an array: rows of equal length.
        rows: the names of the outputs; by default their indices.
        columns: the names of the inputs; by default their indices.
        ax: the Axes to draw into.

    Raises:
        LengthError: there are no rows, they differ in length, or there are not as many names.
        NumberError: an entry is no number.
        OperationError: `ax` is not Axes.

    >>> figure = jacobian(autograd.jacobian(functional.softmax)([0.0, 0.0]))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['0.25', '−0.25', '−0.25', '0.25']
    """
    entries = _matrix("the matrix", matrix)
    m, n = entries.shape
    outputs, inputs = _names("row", rows, m), _names("column", columns, n)
    figure, (panel,) = _panels(ax, 1, min(10.0, 1.0 + 0.8 * n), min(8.0, 0.8 + 0.5 * m))
    shades = np.ma.masked_invalid(entries)
    largest = float(np.abs(shades).max()) if shades.count() and shades.any() else 1.0
    texts = [_short(x) for x in entries.flat]
    room = panel.get_window_extent()
    size = min(10.0, 72.0 / figure.dpi * min(room.width / n / (0.66 * max(map(len, texts))), room.height / m / 1.5))
    legible = size >= 6.0
    x, y = np.arange(n + 1) - 0.5, np.arange(m + 1) - 0.5
    mesh = panel.pcolormesh(x, y, shades, cmap=SIGNS, vmin=-largest, vmax=largest, lw=0.8, edgecolors="#d5dae0" if legible else "none")
    if legible:
        for (i, j), text in zip(np.ndindex(m, n), texts, strict=True):
            panel.text(j, i, text, ha="center", va="center", color=INK, fontsize=size)
    else:
        figure.colorbar(mesh, ax=panel).ax.tick_params(colors=_ink(panel))
    for axis, name, names in ((panel.yaxis, "output", outputs), (panel.xaxis, "input", inputs)):
        if names is None:
            axis.set_label_text(name)
            axis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        else:
            axis.set_ticks(range(len(names)), names)
    panel.invert_yaxis()
    panel.spines[:].set_visible(False)
    panel.tick_params(length=0)
    return figure


def gradients(expected: Any, got: Any, *, tolerance: float = 1e-6, ax: Any = None) -> Figure:
    """Derivatives got against expected ones, and the error of each: |got - expected| / max(1, |expected|), as `gradcheck` measures it.

    Where all is well, every point lies on the diagonal and below the tolerance; the others are orange squares. An error of 0 is drawn at
    1e-17, since its axis is logarithmic.

    Args:
        expected: numbers, or a structure of rows of them.
        got: as many numbers in the same order.
        tolerance: the largest error that counts as agreement.
        ax: a pair of Axes, for the derivatives and their errors; one alone gets the derivatives.

    Raises:
        LengthError: there are no numbers, or not as many on both sides, or the number of Axes is wrong.
        NumberError: something is no number.
        OperationError: `ax` is not Axes.
        RangeError: a number is inf or nan, or `tolerance` is not a positive float.

    >>> figure = gradients([1.0, 2.0, 3.0], [1.0, 2.0, 3.5])
    >>> figure.axes[0].get_title("left")
    '1 of 3 derivatives off by more than 1e−06'
    """
    x, y = np.array(_numbers("expected", expected)), np.array(_numbers("got", got))
    if len(x) != len(y) or not len(x):
        raise LengthError(f"got {len(y)} derivatives and expected {len(x)}: give as many of both, and at least one")
    for name, numbers in (("expected", x), ("got", y)):
        if not np.isfinite(numbers).all():
            raise RangeError(f"there is inf or nan among the derivatives in {name}, which cannot be drawn: find them with detect_anomaly()")
    if not (isinstance(tolerance, float) and 0.0 < tolerance < np.inf):
        raise RangeError(f"got tolerance={tolerance!r}, expected a small positive float such as 1e-6")
    errors = np.abs(y - x) / np.maximum(1.0, np.abs(x))
    off = errors > tolerance
    figure, panels = _panels(ax, 2, 3.9, 3.4)
    ink = _ink(panels[0])
    panels[0].axline((0.0, 0.0), slope=1.0, color=ink, alpha=0.5, lw=1.0, zorder=1)
    for panel, across, up in zip(panels, (x, np.arange(len(x))), (y, np.maximum(errors, LEAST)), strict=False):
        for chosen, marker, color in ((~off, "o", BLUE), (off, "s", ORANGE)):
            panel.scatter(across[chosen], up[chosen], s=40, marker=marker, color=color, edgecolors="white", lw=0.6, zorder=3)
    panels[0].set(xlabel="expected", ylabel="got")
    derivatives = f"{len(x)} derivative{'' if len(x) == 1 else 's'}"
    verdict = f"{off.sum()} of {derivatives} off by more than" if off.any() else f"{derivatives} within"
    panels[0].set_title(f"{verdict} {_short(tolerance)}", loc="left", color=ink)
    for panel in panels[1:]:
        panel.axhline(tolerance, color=ink, alpha=0.5, lw=1.0, ls="--", zorder=1, label="tolerance")
        panel.set(xlabel="derivative", ylabel="relative error", yscale="log")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        _legend(panel, columns=1)
    return figure


def gradcheck(f: Callable[..., Any], inputs: Any, *, tolerance: float = 1e-6, ax: Any = None) -> Figure:
    """`gradients` of a function: those of `autograd.jacobian` against central differences (f(x + h) - f(x - h)) / 2h.

    To prove that a derivative is right use `autograd.gradcheck`, whose differences are extrapolated; this shows how it is wrong.

    Args:
        f: a function of a sequence of numbers that gives a number or a list of them.
        inputs: what f is called with: n numbers; a tuple is spread, f(*inputs).
        tolerance: as for `gradients`.
        ax: as for `gradients`.

    Raises:
        OperationError: f is no function; otherwise as for `gradients`.

    >>> from autograd import Op
    >>> wrong = Op("wrong", lambda xp, x: xp.sin(x), lambda y, x: (1.0 - x,))
    >>> figure = gradcheck(lambda x, y: wrong(x) * y, (0.5, 2.0))
    >>> figure.axes[0].get_title("left")
    '1 of 2 derivatives off by more than 1e−06'
    """
    if not callable(f):
        raise OperationError(f"got f={shown(f)}, expected a function of the numbers in inputs")
    if isinstance(inputs, tuple):
        return gradcheck(lambda x: f(*x), list(inputs), tolerance=tolerance, ax=ax)
    x = np.array(_row("inputs", inputs))
    columns = []
    for j, h in enumerate(STEP * np.maximum(1.0, np.abs(x))):
        step = h * np.eye(len(x))[j]
        with no_grad():
            ahead, behind = (_numbers("what f gave", f([Value(a) for a in at])) for at in (x + step, x - step))
        columns.append(np.subtract(ahead, behind) / (2.0 * h))
    return gradients(np.transpose(columns), autograd.jacobian(f)(x.tolist()), tolerance=tolerance, ax=ax)


# Axes.


def _panels(ax: Any, count: int, width: float, height: float) -> tuple[Figure, Sequence[Axes]]:
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


def _ink(panel: Axes) -> Any:
    """The colour of the writing, which in Axes of the user's is the user's."""
    return panel.xaxis.label.get_color()


def _legend(panel: Axes, columns: int) -> None:
    """A legend above, where it hides nothing."""
    panel.legend(
        loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=columns, frameon=False, labelcolor=_ink(panel), borderaxespad=0.2,
        handletextpad=0.5, columnspacing=1.4,
    )  # fmt: skip


def _bars(
    a: Sequence[float], target: Any, labels: Sequence[str] | None, ax: Any, columns: dict[str, Sequence[float]]
) -> tuple[Figure, Axes]:
    """Horizontal bars of probabilities, a class in each row, and columns of numbers to the right."""
    for p in a:
        if not 0.0 <= p <= 1.0 + TOLERANCE:
            raise RangeError(
                f"got the probability {p}, expected a number from 0 to 1: plot.softmax makes them of logits, which are below inf"
            )
    places = range(len(a))
    names = _names("label", labels, len(a))
    weights = class_weights(target, len(a)) if target is not None else {}
    figure, (panel,) = _panels(ax, 1, 5.6, 1.2 + 0.36 * len(a))
    panel.barh(places, a, 0.6, color=BLUE, label="probability a")
    if weights:
        y = [_float("target", weights.get(k, 0.0)) for k in places]
        panel.plot(y, places, "D", color=ORANGE, ms=7, mec="white", mew=0.8, clip_on=False, zorder=3, label="target y")
    right = 0.0
    for name, numbers in columns.items():
        texts = [name, *map(_short, numbers)]
        right += 16.0 + 6.5 * max(map(len, texts))
        for k, text in enumerate(texts, start=-1):
            at_edge: Any = {"xy": (1.0, k), "xycoords": panel.get_yaxis_transform(), "textcoords": "offset points"}
            panel.annotate(text, xytext=(right, 0.0), ha="right", va="center", color=_ink(panel), **at_edge)
    panel.set_yticks(places, [str(k) for k in places] if names is None else names)
    panel.set(xlim=(0.0, 1.0), ylim=(len(a) - 0.4, -1.4))
    panel.spines.left.set_bounds(len(a) - 0.4, -0.6)
    return figure, panel


# Numbers and names.


def _row(name: str, x: Any) -> list[float]:
    """Numbers in a sequence."""
    given = listed(x)
    if not isinstance(given, list) or not given:
        raise LengthError(f"got {shown(x)} as {name}, expected a sequence of at least one number")
    return [_float(name, a) for a in given]


def _matrix(name: str, rows: Any) -> np.ndarray:
    """Rows of numbers as an array."""
    given = listed(rows)
    if not isinstance(given, list) or not given:
        raise LengthError(f"got {shown(rows)} as {name}, expected at least one row of numbers")
    matrix = [_row(f"a row of {name}", row) for row in given]
    for row in matrix:
        if len(row) != len(matrix[0]):
            raise LengthError(f"the rows of {name} have {len(matrix[0])} and {len(row)} numbers, expected as many in each")
    return np.array(matrix)


def _numbers(name: str, x: Any) -> list[float]:
    """The numbers in a structure of sequences, in order."""
    given = listed(x)
    return [n for part in given for n in _numbers(name, part)] if isinstance(given, list) else [_float(name, given)]


def _float(name: str, x: Any) -> float:
    return x.data if isinstance(x, Value) else number(name, x)


def _names(what: str, given: Sequence[str] | None, count: int) -> Sequence[str] | None:
    """Names for as many things, or None."""
    if given is not None and len(given) != count:
        raise LengthError(f"got {len(given)} names, expected {count}: one for each {what}")
    return given


def _class(target: Any, names: list[int]) -> int:
    """The class that a target names, as `predict` would."""
    if names == [-1, 1]:
        return sign(target, " for a model with one output")
    weights = class_weights(target, len(names))
    return max(weights, key=weights.__getitem__)


def _tint(color: str) -> tuple[float, ...]:
    """A colour on its way to white, to stand behind points of that colour."""
    return tuple(1.0 - 0.25 * (1.0 - part) for part in to_rgb(color))


def _short(x: float) -> str:
    """Three significant digits, with the minus sign of the axes."""
    return f"{x:.3g}".replace("-", "−")
