"""Plots of training and of gradients: `from nn import plot`. They need Matplotlib.

Each function returns a Matplotlib figure, which a notebook shows when it is the last line of a cell and `.savefig("plot.png")` writes. With
`ax=` it draws into your own Axes and returns their figure; pyplot shows that figure itself, so end such a line with a semicolon.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

import autograd
from autograd import Value, no_grad
from autograd.errors import LengthError, NumberError, OperationError, RangeError, api_boundary
from nn import functional
from nn.figures import (
    BLUE,
    CLASSES,
    INK,
    MARKERS,
    ORANGE,
    RULE,
    SIGNS,
    Figure,
    MaxNLocator,
    axes_for,
    bars,
    class_of,
    figure_of,
    float_of,
    ink_of,
    legend,
    matrix_of,
    names_for,
    numbers_in,
    row_of,
    short,
    tint,
)
from nn.figures import Picture as Picture  # noqa: PLC0414  # the class of the result where no Axes are given
from nn.recorded import Model, Samples
from nn.samples import listed, shown
from nn.train import History, predict

__all__ = ["boundary", "gradcheck", "gradients", "history", "jacobian", "probabilities", "softmax", "subplots"]

SIDE = 80  # points along each side of the grid on which a boundary is found
LEAST = 1e-17  # where an error of 0 is drawn on a logarithmic axis
STEP = 6e-6  # of central differences: with it rounding and truncation errors are about equal, some 1e-11


@api_boundary
def subplots(rows: int = 1, columns: int = 1, *, figsize: tuple[float, float] = (6.4, 4.8), **options: Any) -> tuple[Figure, Any]:
    """A figure for plots of your own, in the colours of the others, which notebooks show in dark colours where they are dark.

    It is as `matplotlib.pyplot.subplots` gives it, but pyplot does not know it: end the cell with the figure to show it.

    Args:
        rows: of Axes.
        columns: of Axes.
        figsize: width and height in inches.
        options: what Matplotlib's `Figure.subplots` takes, `sharey=True` for instance.

    Raises:
        LengthError: `figsize` is not a sequence.
        NumberError: it holds something else than numbers.
        RangeError: `rows` or `columns` is not a whole number from 1 up, or `figsize` not two positive numbers.

    >>> figure, ax = subplots(figsize=(3.0, 2.0))
    >>> (line,) = ax.plot([0.0, 1.0], [0.0, 1.0])
    >>> line.get_color()
    '#0072b2'
    """
    for name, given in (("rows", rows), ("columns", columns)):
        if isinstance(given, bool) or not isinstance(given, int) or given < 1:
            raise RangeError(f"{name} is {shown(given)}, expected a whole number from 1 up: how many Axes there are")
    size = row_of("figsize", figsize)
    if len(size) != 2 or not all(0.0 < side < np.inf for side in size):
        raise RangeError(f"figsize is {shown(figsize)}, expected two positive numbers: width and height in inches")
    return figure_of(rows, columns, (size[0], size[1]), **options)


@api_boundary
def history(history: History, *, ax: Any = None) -> Figure:
    """Loss and accuracy by epoch, in training and, where `fit` was given some, on the validation samples.

    Args:
        history: what `fit` returned.
        ax: a pair of Axes, for loss and accuracy; a single one gets the loss.

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
    figure, panels = axes_for(ax, len(measures), 4.4, 3.2)
    for panel, measure in zip(panels, measures, strict=False):
        for prefix, name, look in (("", "training", "-o"), ("validation_", "validation", "--s")):
            if means := getattr(history, prefix + measure):
                color = ORANGE if prefix else BLUE
                epochs = range(1, len(means) + 1)
                panel.plot(epochs, means, look, color=color, ms=4 if len(means) <= 20 else 0, lw=1.8, label=name, clip_on=measure == "loss")
        panel.set(xlabel="epoch", ylabel=measure)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        panel.grid(axis="y", color=ink_of(panel), alpha=0.12)
        panel.legend(frameon=False, labelcolor=ink_of(panel))
        if measure == "accuracy":
            panel.set_ylim(top=1.0)
            panel.yaxis.set_major_formatter(lambda share, _: f"{100.0 * share:.3g}%")
    return figure


@api_boundary
def boundary(model: Model, X: Any, y: Any, *, ax: Any = None) -> Figure:  # the field's name for inputs
    """The class that a model predicts at each point of the plane, with the samples on top; misclassified samples have a ring.

    A model with several outputs predicts the class of the largest, one with a single output, a score, by its sign, as `predict` does.

    Args:
        model: gives the outputs of one sample of 2 numbers.
        X: N samples, as rows of 2 numbers.
        y: N targets: class indices, one-hot rows or distributions (the class of the largest entry); -1 or 1 for a model with one output.
        ax: the Axes to draw into.

    Raises:
        LengthError: a sample does not have 2 numbers, X and y differ in length or are empty, or the model gives a list of fewer than 2
            outputs.
        NumberError: the model is not a function, or an entry of X or y, or an output, is not a number.
        OperationError: `ax` is not Axes.
        RangeError: a target is not a class of the model, or there is inf or nan in X or among the outputs.

    >>> figure = boundary(lambda x: x[0] - x[1], [[0.0, 1.0], [2.0, 1.0], [3.0, 0.0]], [-1, 1, 1])
    >>> figure.axes[0].get_legend_handles_labels()[1]
    ['class −1', 'class 1']
    """
    points = matrix_of("X", X)
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
    scores = np.array([[0.0, float_of("output", s)] for s in outputs]) if single else matrix_of("the outputs", outputs)
    if not np.isfinite(scores).all():
        raise RangeError("the model gave inf or nan near the samples, expected finite numbers: find where it arose with detect_anomaly()")
    names = [-1, 1] if single else list(range(scores.shape[1]))
    if len(names) < 2:
        raise LengthError("the model gave a list of 1 output, expected one number, or one for each of at least 2 classes")
    labels = np.array([class_of(target, names) for target in targets])
    figure, (panel,) = axes_for(ax, 1, 5.6, 4.2)
    for k, name in enumerate(names):
        lead = (scores[:, k] - np.delete(scores, k, axis=1).max(axis=1)).reshape(SIDE, SIDE)
        color, marker = CLASSES[k % len(CLASSES)], MARKERS[k % len(MARKERS)]
        if lead.max() > 0.0:
            panel.contourf(u, v, lead, levels=[0.0, np.inf], colors=[tint(color)])
        if lead.min() < 0.0 < lead.max():
            panel.contour(u, v, lead, levels=[0.0], colors=INK, linewidths=1.2)
        x0, x1 = points[labels == name].T
        panel.scatter(x0, x1, s=26, marker=marker, color=color, edgecolors="white", lw=0.6, label=f"class {short(name)}", zorder=3)
    if (wrong := predicted != labels).any():
        x0, x1 = points[wrong].T
        panel.scatter(x0, x1, s=90, facecolors="none", edgecolors=INK, lw=1.2, label=f"{wrong.sum()} misclassified", zorder=2)
    panel.set(xlabel="$x_0$", ylabel="$x_1$")
    legend(panel, columns=4)
    return figure


@api_boundary
def softmax(logits: Any, *, target: Any = None, labels: Sequence[str] | None = None, ax: Any = None) -> Figure:
    """Bars of the softmax a of logits z, with the numbers beside them; the outlined bar is the hardmax.

    Args:
        logits: the K logits of a sample.
        target: a class index, a one-hot row or a distribution, drawn as points at y_k. The distance from the point to the end of the bar is
            a_k - y_k, the gradient of cross-entropy.
        labels: the names of the classes.
        ax: the Axes to draw into.

    Raises:
        LengthError: there are no logits, or the number of labels, or of entries in the target, differs from theirs.
        NumberError: a logit is not a number.
        OperationError: `ax` is not Axes.
        RangeError: the target is neither a class nor a distribution, or there is inf or nan among the logits.

    >>> figure = softmax([5.0, 2.0, -1.0, 3.0], target=0, labels=["cat", "dog", "fish", "bird"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['z', '5', '2', '−1', '3', 'a', '0.842', '0.0419', '0.00209', '0.114']
    """
    z = row_of("logits", logits)
    a = functional.softmax(z)
    figure, panel = bars(a, target, labels, ax, columns={"z": z, "a": a})
    panel.barh(range(len(z)), functional.hardmax(z), 0.84, fill=False, edgecolor=ink_of(panel), lw=1.1, label="hardmax")
    legend(panel, columns=3)
    return figure


@api_boundary
def probabilities(a: Any, *, target: Any = None, labels: Sequence[str] | None = None, ax: Any = None) -> Figure:
    """Bars of a sample's probabilities.

    Args:
        a: K probabilities.
        target: as for `softmax`.
        labels: the names of the classes.
        ax: the Axes to draw into.

    Raises:
        RangeError: a probability does not lie in [0, 1].
        LengthError: as for `softmax`.
        NumberError: as for `softmax`.
        OperationError: as for `softmax`.

    >>> figure = probabilities([0.7, 0.1, 0.2], target=2)
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['a', '0.7', '0.1', '0.2']
    """
    row = row_of("probabilities", a)
    figure, panel = bars(row, target, labels, ax, columns={"a": row})
    if target is not None:
        legend(panel, columns=2)
    return figure


@api_boundary
def jacobian(matrix: Any, *, rows: Sequence[str] | None = None, columns: Sequence[str] | None = None, ax: Any = None) -> Figure:
    """A matrix of derivatives ∂a_i/∂z_j as a heat map: blue where positive, orange where negative.

    The larger the number, the deeper the colour; inf and nan are pink. Each number is written in its cell; where there is no room for that,
    there is a colour bar.

    Args:
        matrix: what `autograd.jacobian` or `autograd.hessian` gives for a list or an array: rows of equal length.
        rows: the names of the outputs; by default their indices.
        columns: the names of the inputs; by default their indices.
        ax: the Axes to draw into.

    Raises:
        LengthError: there are no rows, they differ in length, or the number of names is not that of the rows or columns.
        NumberError: an entry is not a number.
        OperationError: `ax` is not Axes.

    >>> figure = jacobian(autograd.jacobian(functional.softmax)([0.0, 0.0]))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['0.25', '−0.25', '−0.25', '0.25']
    """
    entries = matrix_of("the matrix", matrix)
    m, n = entries.shape
    outputs, inputs = names_for("row", rows, m), names_for("column", columns, n)
    figure, (panel,) = axes_for(ax, 1, min(10.0, 1.0 + 0.8 * n), min(8.0, 0.8 + 0.5 * m))
    shades = np.ma.masked_invalid(entries)
    largest = float(np.abs(shades).max()) if shades.count() and shades.any() else 1.0
    texts = [short(x) for x in entries.flat]
    room = panel.get_window_extent()
    size = min(10.0, 72.0 / figure.dpi * min(room.width / n / (0.66 * max(map(len, texts))), room.height / m / 1.5))
    legible = size >= 6.0
    x, y = np.arange(n + 1) - 0.5, np.arange(m + 1) - 0.5
    mesh = panel.pcolormesh(x, y, shades, cmap=SIGNS, vmin=-largest, vmax=largest, lw=0.8, edgecolors=RULE if legible else "none")
    if legible:
        for (i, j), text in zip(np.ndindex(m, n), texts, strict=True):
            panel.text(j, i, text, ha="center", va="center", color=INK, fontsize=size)
    else:
        bar = figure.colorbar(mesh, ax=panel)
        cast("Any", bar.solids).set_rasterized(False)  # an image would not change its colours on a dark page
        bar.ax.tick_params(colors=ink_of(panel))
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


@api_boundary
def gradients(expected: Any, got: Any, *, tolerance: float = 1e-6, ax: Any = None) -> Figure:
    """Computed derivatives against expected ones, and the error of each: |got - expected| / max(1, |expected|), as `gradcheck` measures it.

    Correct derivatives lie on the diagonal and below the tolerance; the others are orange squares. An error of 0 is drawn at
    1e-17, since its axis is logarithmic.

    Args:
        expected: numbers, or a structure of rows of them.
        got: equally many numbers in the same order.
        tolerance: the largest error that counts as agreement.
        ax: a pair of Axes, for the derivatives and their errors; a single one gets the derivatives.

    Raises:
        LengthError: there are no numbers, or not equally many of both, or the number of Axes is wrong.
        NumberError: an entry is not a number.
        OperationError: `ax` is not Axes.
        RangeError: a number is inf or nan, or `tolerance` is not a positive float.

    >>> figure = gradients([1.0, 2.0, 3.0], [1.0, 2.0, 3.5])
    >>> figure.axes[0].get_title("left")
    '1 of 3 derivatives off by more than 1e−06'
    """
    x, y = np.array(numbers_in("expected", expected)), np.array(numbers_in("got", got))
    if len(x) != len(y) or not len(x):
        raise LengthError(f"got {len(y)} derivatives and {len(x)} expected ones: give equally many of both, and at least one")
    for name, numbers in (("expected", x), ("got", y)):
        if not np.isfinite(numbers).all():
            raise RangeError(f"there is inf or nan among the derivatives in {name}, which cannot be drawn: find them with detect_anomaly()")
    if not (isinstance(tolerance, float) and 0.0 < tolerance < np.inf):
        raise RangeError(f"got tolerance={tolerance!r}, expected a small positive float such as 1e-6")
    errors = np.abs(y - x) / np.maximum(1.0, np.abs(x))
    off = errors > tolerance
    figure, panels = axes_for(ax, 2, 3.9, 3.4)
    ink = ink_of(panels[0])
    panels[0].axline((0.0, 0.0), slope=1.0, color=ink, alpha=0.5, lw=1.0, zorder=1)
    for panel, across, up in zip(panels, (x, np.arange(len(x))), (y, np.maximum(errors, LEAST)), strict=False):
        for chosen, marker, color in ((~off, "o", BLUE), (off, "s", ORANGE)):
            panel.scatter(across[chosen], up[chosen], s=40, marker=marker, color=color, edgecolors="white", lw=0.6, zorder=3)
    panels[0].set(xlabel="expected", ylabel="got")
    derivatives = f"{len(x)} derivative{'' if len(x) == 1 else 's'}"
    verdict = f"{off.sum()} of {derivatives} off by more than" if off.any() else f"{derivatives} within"
    panels[0].set_title(f"{verdict} {short(tolerance)}", loc="left", color=ink)
    for panel in panels[1:]:
        panel.axhline(tolerance, color=ink, alpha=0.5, lw=1.0, ls="--", zorder=1, label="tolerance")
        panel.set(xlabel="derivative", ylabel="relative error", yscale="log")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
        legend(panel, columns=1)
    return figure


@api_boundary
def gradcheck(f: Callable[..., Any], inputs: Any, *, tolerance: float = 1e-6, ax: Any = None) -> Figure:
    """`gradients` of a function: those of `autograd.jacobian` against central differences (f(x + h) - f(x - h)) / 2h.

    To check that a derivative is right use `autograd.gradcheck`, whose differences are more accurate; the plot shows how it is wrong.

    Args:
        f: a function of a sequence of numbers that gives a number or a list of them.
        inputs: what f is called with: n numbers; a tuple is spread, f(*inputs).
        tolerance: as for `gradients`.
        ax: as for `gradients`.

    Raises:
        OperationError: f is not a function, or `ax` is not Axes.
        LengthError: as for `gradients`.
        NumberError: as for `gradients`.
        RangeError: as for `gradients`.

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
    x = np.array(row_of("inputs", inputs))
    columns = []
    for j, h in enumerate(STEP * np.maximum(1.0, np.abs(x))):
        step = h * np.eye(len(x))[j]
        with no_grad():
            ahead, behind = (numbers_in("what f gave", f([Value(a) for a in at])) for at in (x + step, x - step))
        columns.append(np.subtract(ahead, behind) / (2.0 * h))
    return gradients(np.transpose(columns), autograd.jacobian(f)(x.tolist()), tolerance=tolerance, ax=ax)
