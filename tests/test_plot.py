"""The plots: what is drawn is what was computed by other means, everything has its place, and notebooks show it once.

There are no stored images, which any other version of Matplotlib or font would break: the tests read the artists, and pixels for colour.
"""

import math
import os
import subprocess
import sys
from itertools import combinations

import matplotlib.style
import nbformat
import numpy as np
import pytest
from kernels import execute
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import special
from sklearn.datasets import make_blobs, make_moons

import autograd
import nn
from autograd import Op, Value
from nn import History, plot

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

Z = [5.0, 2.0, -1.0, 3.0]
A = special.softmax(Z)
NAMES = ["cat", "dog", "fish", "bird"]
HISTORY = History([0.9, 0.5, 0.3], [0.5, 0.75, 1.0], [1.1, 0.8, 0.7], [0.25, 0.5, 0.5])

MOONS, SIGNS = make_moons(60, noise=0.1, random_state=0)
SIGNS = 2 * SIGNS - 1
BLOBS, LABELS = make_blobs(90, centers=[[0.0, 0.0], [3.0, 0.0], [1.0, 3.0]], random_state=1)

WRONG = Op("wrong", lambda xp, x: xp.sin(x), lambda _y, x: (1.0 - x,))


def line(x):
    """A score whose boundary is known."""
    return 2.0 * x[0] - x[1] + 0.5


def corners(x):
    """Three classes, whose boundaries meet."""
    return [-x[0] - x[1], 2.0 * x[0] - 4.0, x[1] - 1.0]


# Everything that the module can draw, small and large.
DRAWN = {
    "history": lambda ax=None: plot.history(HISTORY, ax=ax),
    "history of one epoch": lambda ax=None: plot.history(History([0.5]), ax=ax),
    "history of many epochs": lambda ax=None: plot.history(History([1.0 / k for k in range(1, 2001)]), ax=ax),
    "boundary of a score": lambda ax=None: plot.boundary(line, MOONS, SIGNS, ax=ax),
    "boundary of three classes": lambda ax=None: plot.boundary(corners, BLOBS, LABELS, ax=ax),
    "softmax": lambda ax=None: plot.softmax(Z, target=0, labels=NAMES, ax=ax),
    "softmax of ten": lambda ax=None: plot.softmax([1e-5 * 7.0**k for k in range(10)], ax=ax),
    "softmax of two": lambda ax=None: plot.softmax([0.0, 1.0], labels=["a class with a rather long name", "b"], ax=ax),
    "probabilities": lambda ax=None: plot.probabilities([0.3, 0.2, 0.1, 0.4], target=[0.5, 0.5, 0.0, 0.0], ax=ax),
    "jacobian": lambda ax=None: plot.jacobian(autograd.jacobian(nn.softmax)(Z), rows=NAMES, columns=list("wxyz"), ax=ax),
    "jacobian of one number": lambda ax=None: plot.jacobian([[-1.23456e-11]], ax=ax),
    "jacobian not finite": lambda ax=None: plot.jacobian([[math.nan, -math.inf], [1e300, -1e-300]], ax=ax),
    "tall jacobian": lambda ax=None: plot.jacobian(np.linspace(-1.0, 1.0, 200).reshape(100, 2), ax=ax),
    "large jacobian": lambda ax=None: plot.jacobian(np.linspace(-1.0, 1.0, 1200).reshape(30, 40), ax=ax),
    "gradients": lambda ax=None: plot.gradients([1.0, -2.0, 3000.0], [1.0, -2.0, 3000.0 + 1e-9], ax=ax),
    "gradients off": lambda ax=None: plot.gradients([1.0, -2.0, 0.0], [1.0, 2.0, 1e-8], ax=ax),
    "gradcheck": lambda ax=None: plot.gradcheck(lambda x, y: WRONG(x) * y, (0.5, 2.0), ax=ax),
}

each_plot = pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)


def rendered(figure):
    """The pixels, red, green and blue from 0 to 1, first row on top."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3] / 255.0


def colors_at(ax, points):
    """The colours of the picture at points of the data."""
    pixels = rendered(ax.figure)
    x, y = np.floor(ax.transData.transform(points)).astype(int).T
    return pixels[len(pixels) - 1 - y, x]


def texts(figure):
    """Every piece of writing that can be seen."""
    for ax in figure.axes:
        legend = ax.get_legend()
        yield from [*ax.texts, ax._left_title, ax.xaxis.label, ax.yaxis.label, *(legend.get_texts() if legend else [])]
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            yield from [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]


def written(figure):
    rendered(figure)
    return [text for text in texts(figure) if text.get_text() and text.get_visible()]


def luminance(color):
    """As WCAG 2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def number(text):
    return float(text.replace("−", "-"))


# All of them.


@each_plot
def test_nothing_is_cut_off(draw):
    figure = draw()
    rendered(figure)
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= 0.0
    assert box.y0 >= 0.0
    assert box.x1 <= width
    assert box.y1 <= height


@each_plot
def test_no_writing_lies_on_other_writing(draw):
    found = written(draw())
    assert len(found) > 3
    for one, other in combinations(found, 2):
        assert not one.get_window_extent().overlaps(other.get_window_extent()), (one.get_text(), other.get_text())


@each_plot
def test_white_and_opaque_in_a_dark_style_too_with_dark_writing(draw):
    with matplotlib.style.context("dark_background"):
        figure = draw()
        pixels = rendered(figure)
        for text in written(figure):
            assert contrast(matplotlib.colors.to_rgb(text.get_color()), (1.0, 1.0, 1.0)) >= 7.0, text.get_text()
    for corner in (pixels[0, 0], pixels[0, -1], pixels[-1, 0], pixels[-1, -1]):
        assert corner.tolist() == [1.0, 1.0, 1.0]
    assert figure.get_facecolor() == (1.0, 1.0, 1.0, 1.0)
    assert pixels.std() > 0.01


@each_plot
def test_it_draws_into_axes_of_yours(draw):
    figure = Figure()
    mine, other = figure.subplots(1, 2)
    assert draw(ax=mine) is figure
    assert not other.has_data()
    own = draw().axes[0]
    for kind in ("lines", "patches", "collections"):
        assert len(getattr(mine, kind)) == len(getattr(own, kind))


def test_two_panels_go_into_two_axes():
    for draw in (DRAWN["history"], DRAWN["gradients"]):
        figure = Figure()
        axes = figure.subplots(1, 2)
        assert draw(ax=axes) is figure
        assert all(ax.has_data() for ax in axes)
        assert figure.axes == list(axes)


def test_the_writing_in_dark_axes_of_yours_is_light():
    with matplotlib.style.context("dark_background"):
        figure = DRAWN["softmax"](ax=Figure().subplots())
        for text in written(figure):
            assert contrast(matplotlib.colors.to_rgb(text.get_color()), (0.0, 0.0, 0.0)) >= 7.0, text.get_text()


@each_plot
def test_png_for_notebooks_and_for_files(draw, tmp_path):
    figure = draw()
    png, size = figure._repr_png_()
    (tmp_path / "shown.png").write_bytes(png)
    figure.savefig(tmp_path / "saved.png")
    shown, saved = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("shown", "saved"))
    assert (size["height"], size["width"]) == saved.shape[:2]
    assert shown.shape[:2] == (2 * size["height"], 2 * size["width"])  # sharp where pixels are small
    assert shown[..., 3].min() == 1.0
    assert shown[0, 0].tolist() == [1.0, 1.0, 1.0, 1.0]


def test_a_loss_of_zero_on_a_logarithmic_scale_stays_within_the_picture():
    figure = plot.history(History([1.0, 0.5, 0.0], [0.5, 0.75, 1.0]))
    figure.axes[0].set_yscale("log")
    box = figure.get_tightbbox(FigureCanvasAgg(figure).get_renderer())
    assert box.height < 1.1 * figure.get_figheight()


@pytest.mark.parametrize("style", ["default", "dark_background"])
@pytest.mark.parametrize("pyplot", ["", "import matplotlib.pyplot as plt\n"], ids=["alone", "beside pyplot"])
def test_a_notebook_shows_it_once(pyplot, style):
    code = [
        f"{pyplot}import matplotlib.style, sys\nfrom nn import plot\nmatplotlib.style.use({style!r})\nplot.softmax([1.0, 2.0])",
        "figure = plot.softmax([1.0, 2.0])",
        "print('matplotlib.pyplot' in sys.modules)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in code])
    execute(notebook, ".", **os.environ)
    last_line, kept, printed = (cell.outputs for cell in notebook.cells)
    assert [set(output.data) for output in last_line] == [{"text/html", "image/png", "text/plain"}]
    assert kept == []
    assert printed[0].text == f"{bool(pyplot)}\n"


def test_without_matplotlib_it_says_what_to_do():
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import nn\nfrom autograd.errors import OperationError\n"
        "try:\n    from nn import plot\nexcept OperationError as error:\n    print(error, error.__cause__)"
    )
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout  # noqa: S603  # the lines above
    assert said == "plots need Matplotlib, which is not installed: python -m pip install matplotlib None\n"


# History.


def test_history_draws_what_fit_saw():
    model = nn.MLP(2, [4, 2], init=nn.xavier(seed=1))
    halves = [(MOONS[i::2], (SIGNS[i::2] + 1) // 2) for i in (0, 1)]
    seen = nn.fit(model, *halves[0], optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=5, validation=halves[1], seed=0, progress=False)
    figure = plot.history(seen)
    found = {(ax.get_ylabel(), line.get_label()): line for ax in figure.axes for line in ax.lines}
    assert {key: list(line.get_ydata()) for key, line in found.items()} == {
        ("loss", "training"): seen.loss,
        ("loss", "validation"): seen.validation_loss,
        ("accuracy", "training"): seen.accuracy,
        ("accuracy", "validation"): seen.validation_accuracy,
    }
    assert all(list(line.get_xdata()) == [1, 2, 3, 4, 5] for line in found.values())
    assert len({(line.get_color(), line.get_linestyle()) for line in found.values()}) == 2
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["training", "validation"]


def test_history_of_a_regression_has_no_accuracy():
    (ax,) = plot.history(History([3.0, 2.0])).axes
    assert (ax.get_ylabel(), len(ax.lines)) == ("loss", 1)


def test_epochs_are_whole_numbers_and_accuracy_is_in_percent():
    for seen in (HISTORY, History([0.5])):
        (loss, *_) = plot.history(seen).axes
        assert all(float(place).is_integer() for place in loss.get_xticks())
    loss, accuracy = plot.history(HISTORY).axes
    ticks = [text.get_text() for text in written(loss.figure) if text.get_text().endswith("%")]
    assert "100%" in ticks
    assert all(20.0 < float(text[:-1]) <= 100.0 for text in ticks)
    assert accuracy.get_ylim()[1] == 1.0


def test_one_epoch_can_be_seen():
    assert plot.history(History([0.5])).axes[0].lines[0].get_markersize() > 0.0


# Boundary.


@pytest.mark.parametrize(
    ("model", "X", "y", "classes"), [(line, MOONS, SIGNS, [-1, 1]), (corners, BLOBS, LABELS, [0, 1, 2])], ids=["score", "three classes"]
)
def test_boundary_colours_the_plane_by_class(model, X, y, classes):
    ax = plot.boundary(model, X, y).axes[0]
    points = [scatter for scatter in ax.collections if scatter.get_label().startswith("class")]
    for name, scatter in zip(classes, points, strict=True):
        assert scatter.get_label() == f"class {name}".replace("-", "−")
        assert scatter.get_offsets().data.tolist() == X[y == name].tolist()
    # Beside every point and line, the colour of a point of the class, on its way to white.
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    grid = np.array([(a, b) for a in np.linspace(left, right, 42)[1:-1] for b in np.linspace(bottom, top, 42)[1:-1]])
    scores = np.array([[0.0, model(x)] if len(classes) == 2 else model(x) for x in grid])
    clear = np.diff(np.sort(scores))[:, -1] > 0.2
    clear &= (np.linalg.norm((grid[:, None] - X) / [right - left, top - bottom], axis=2) > 0.04).all(axis=1)
    assert clear.sum() > 400
    full = np.array([scatter.get_facecolor()[0, :3] for scatter in points])
    expected = (1.0 - 0.25 * (1.0 - full))[scores.argmax(axis=1)]
    assert np.abs(colors_at(ax, grid[clear]) - expected[clear]).max() < 2.0 / 255.0
    assert len({path.vertices.tobytes() for scatter in points for path in scatter.get_paths()}) == len(classes)  # shapes differ, too


def test_boundary_lies_where_the_score_is_zero():
    ax = plot.boundary(line, MOONS, SIGNS).axes[0]
    lines = [collection for collection in ax.collections if collection.get_label().startswith("_") and not collection.get_fill()]
    vertices = np.concatenate([path.vertices for collection in lines for path in collection.get_paths()])
    assert len(vertices) > 20
    assert np.abs([line(x) for x in vertices]).max() < 1e-12


@pytest.mark.parametrize(("model", "X", "y"), [(line, MOONS, SIGNS), (corners, BLOBS, LABELS)], ids=["score", "three classes"])
def test_boundary_rings_what_is_told_wrongly(model, X, y):
    ax = plot.boundary(model, X, y).axes[0]
    rings = ax.collections[-1]
    wrong = X[nn.predict(model, X) != y]
    assert 0 < len(wrong) == round(len(X) * (1.0 - nn.accuracy(model, X, y)))
    assert rings.get_offsets().data.tolist() == wrong.tolist()
    assert rings.get_label() == f"{len(wrong)} misclassified"


def test_boundary_of_a_model_that_is_always_right_has_no_rings():
    ax = plot.boundary(line, MOONS, nn.predict(line, MOONS)).axes[0]
    assert not any("wrongly" in collection.get_label() for collection in ax.collections)


def test_boundary_of_a_module_and_of_one_that_knows_one_class():
    mlp = nn.MLP(2, [4, 2], init=nn.xavier(seed=1))
    targets = nn.one_hot([(s + 1) // 2 for s in SIGNS.tolist()], 2)
    by_rows, by_index = (plot.boundary(mlp, MOONS.tolist(), y).axes[0] for y in (targets, (SIGNS + 1) // 2))
    assert (rendered(by_rows.figure) == rendered(by_index.figure)).all()
    assert not any(p.grad for p in mlp.parameters())
    always = plot.boundary(lambda _x: [1.0, 0.0], [[0.0, 0.0]], [0]).axes[0]
    assert colors_at(always, [[0.5, 0.5]]) == pytest.approx(1.0 - 0.25 * (1.0 - always.collections[1].get_facecolor()[:, :3]), abs=0.01)


# Softmax.


def test_softmax_draws_probabilities_their_numbers_and_hardmax():
    ax = plot.softmax([Value(z) for z in Z], labels=np.array(NAMES)).axes[0]
    soft, hard = ax.containers
    assert [bar.get_width() for bar in soft] == pytest.approx(A.tolist(), rel=1e-14)
    assert [bar.get_width() for bar in hard] == [1.0, 0.0, 0.0, 0.0]
    assert [bar.get_y() + bar.get_height() / 2.0 for bar in soft] == pytest.approx([0, 1, 2, 3])
    assert [text.get_text() for text in ax.get_yticklabels()] == NAMES
    said = [text.get_text() for text in ax.texts]
    assert (said[0], said[5]) == ("z", "a")
    assert [number(x) for x in said[1:5]] == Z
    assert [number(x) for x in said[6:]] == pytest.approx(A.tolist(), rel=0.005)
    assert not ax.lines


@pytest.mark.parametrize("target", [2, [0.0, 0.0, 1.0, 0.0], [0.25, 0.25, 0.5, 0.0]], ids=["index", "one-hot", "distribution"])
def test_from_bar_to_point_is_the_gradient_of_cross_entropy(target):
    leaves = [Value(z) for z in Z]
    nn.cross_entropy(leaves, target).backward()
    ax = plot.softmax(Z, target=target).axes[0]
    (points,) = ax.lines
    misses = [bar.get_width() - y for bar, y in zip(ax.containers[0], points.get_xdata(), strict=True)]
    assert misses == pytest.approx([leaf.grad for leaf in leaves], abs=1e-15)
    assert list(points.get_ydata()) == [0, 1, 2, 3]


def test_bars_stand_beside_the_numbers_of_their_class():
    ax = plot.softmax(Z, labels=NAMES).axes[0]
    rendered(ax.figure)
    middles = [bar.get_window_extent().y0 + bar.get_window_extent().height / 2.0 for bar in ax.containers[0]]
    for column in (ax.texts[1:5], ax.texts[6:], ax.get_yticklabels()):
        boxes = [text.get_window_extent() for text in column]
        assert [(box.y0 + box.y1) / 2.0 for box in boxes] == pytest.approx(middles, abs=4.0)


def test_probabilities_have_no_logits_and_no_hardmax():
    ax = plot.probabilities(A, target=0).axes[0]
    (bars,) = ax.containers
    assert [bar.get_width() for bar in bars] == A.tolist()
    assert ax.texts[0].get_text() == "a"
    assert len(ax.texts) == 5


# Jacobian.


def test_jacobian_of_softmax():
    ax = plot.jacobian(autograd.jacobian(nn.softmax)(Z), rows=NAMES, columns=list("wxyz")).axes[0]
    expected = np.diag(A) - np.outer(A, A)
    (mesh,) = ax.collections
    assert np.abs(mesh.get_array() - expected).max() < 2.0**-52
    assert [number(text.get_text()) for text in ax.texts] == pytest.approx(expected.ravel().tolist(), rel=0.005)
    assert [text.get_position() for text in ax.texts] == [(j, i) for i in range(4) for j in range(4)]
    assert [text.get_text() for text in ax.get_yticklabels()] == NAMES
    assert [text.get_text() for text in ax.get_xticklabels()] == list("wxyz")
    assert ax.transData.transform([(0, 0)])[0][1] > ax.transData.transform([(0, 3)])[0][1]  # the first output is on top


def test_jacobian_is_blue_where_positive_orange_where_negative_and_deeper_where_larger():
    rows = [[1.0, 0.5, 0.0], [-1.0, -0.5, math.nan]]
    ax = plot.jacobian(rows).axes[0]
    beside = [(j + 0.4, i - 0.4) for i in range(2) for j in range(3)]  # in the cell, off its number
    blue, light_blue, white, orange, light_orange, pink = colors_at(ax, beside)
    assert white.tolist() == [1.0, 1.0, 1.0]
    for deep, light, (strong, weak) in ((blue, light_blue, (2, 0)), (orange, light_orange, (0, 2))):
        assert deep[strong] > deep[1] > deep[weak]
        assert light == pytest.approx((deep + 1.0) / 2.0, abs=0.01)
    assert pink[0] > pink[1] < pink[2]
    for text, color in zip(ax.texts, (blue, light_blue, white, orange, light_orange, pink), strict=True):
        assert contrast(matplotlib.colors.to_rgb(text.get_color()), color) >= 7.0, text.get_text()


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (12, 12), (20, 4), (3, 14)])
def test_numbers_stay_in_their_cells(shape):
    rng = np.random.default_rng(0)
    ax = plot.jacobian(-(10.0 ** rng.uniform(-12.0, 3.0, shape))).axes[0]
    rendered(ax.figure)
    assert len(ax.texts) == shape[0] * shape[1]
    for text in ax.texts:
        (left, bottom), (right, top) = ax.transData.inverted().transform(text.get_window_extent().get_points())
        x, y = text.get_position()
        assert x - 0.5 < left < right < x + 0.5
        assert y - 0.5 < top < bottom < y + 0.5
        assert text.get_fontsize() >= 6.0


@pytest.mark.parametrize("name", ["large jacobian", "tall jacobian"])
def test_a_jacobian_without_room_has_a_colour_bar_instead(name):
    matrix, bar = DRAWN[name]().axes
    assert not matrix.texts
    assert bar.get_ylim() == (-1.0, 1.0)
    assert len(DRAWN["jacobian"]().axes) == 1


def test_jacobian_takes_arrays_and_values():
    rows = [[1.0, -2.0], [0.25, 4.0]]
    arrays = [
        plot.jacobian(m).axes[0].collections[0].get_array() for m in (rows, np.array(rows), [[Value(x) for x in row] for row in rows])
    ]
    assert all(a.tolist() == rows for a in arrays)


# Gradients.


def test_gradients_stand_at_what_was_expected_and_got():
    expected, got = np.array([1.0, -2.0, 3000.0, 0.5, 0.0]), np.array([1.0, -2.5, 3000.001, 0.5 + 5e-7, 1e-3])
    left, right = plot.gradients(expected, got.reshape(5, 1).tolist()).axes
    relative = np.array([0.0, 0.25, 0.001 / 3000.0, 5e-7, 1e-3])  # 3,000 is off by 3e-7 of its size
    wrong = [1, 4]
    for ax, points in ((left, np.column_stack((expected, got))), (right, np.column_stack((range(5), np.maximum(relative, 1e-17))))):
        fine, off = ax.collections
        assert fine.get_offsets().data == pytest.approx(np.delete(points, wrong, axis=0), rel=1e-6)
        assert off.get_offsets().data == pytest.approx(points[wrong], rel=1e-6)
        assert fine.get_facecolor().tolist() != off.get_facecolor().tolist()
        assert fine.get_paths()[0].vertices.shape != off.get_paths()[0].vertices.shape
    assert left.get_title("left") == "2 of 5 derivatives off by more than 1e−06"
    assert right.get_yscale() == "log"
    assert list(right.lines[0].get_ydata()) == [1e-6, 1e-6]


def test_the_diagonal_is_the_diagonal():
    ax = plot.gradients([1.0, 2.0], [1.0, 3.0]).axes[0]
    (diagonal,) = ax.lines
    assert (diagonal.get_xy1(), diagonal.get_slope()) == ((0.0, 0.0), 1.0)


def test_an_error_of_the_tolerance_is_none():
    title = {t: plot.gradients([2.0], [2.5], tolerance=t).axes[0].get_title("left") for t in (0.25, 0.2499)}
    assert title == {0.25: "1 derivative within 0.25", 0.2499: "1 of 1 derivative off by more than 0.25"}


def test_gradcheck_finds_what_is_wrong():
    def f(x, y):
        return [WRONG(x) * y, autograd.exp(x) / y]

    left, right = plot.gradcheck(f, (0.5, 2.0)).axes
    fine, off = (points.get_offsets().data for points in left.collections)
    assert off == pytest.approx(np.array([[math.cos(0.5) * 2.0, 1.0]]), rel=1e-9)
    assert fine == pytest.approx(np.array([[math.sin(0.5)] * 2, [math.exp(0.5) / 2.0] * 2, [-math.exp(0.5) / 4.0] * 2]), rel=1e-9)
    assert right.collections[1].get_offsets().data[:, 0].tolist() == [0]


@pytest.mark.parametrize(
    "f", [lambda x: nn.cross_entropy(x, 1), nn.softmax, lambda x: x[0].tanh() * x[1]], ids=["number", "list", "methods"]
)
def test_gradcheck_of_what_is_right(f):
    errors = plot.gradcheck(f, Z).axes[1].collections
    assert len(errors[1].get_offsets()) == 0
    assert errors[0].get_offsets()[:, 1].max() < 1e-9
