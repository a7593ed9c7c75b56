"""Pictures of networks: circles and lines against the model's sizes, weights and an independent computation of its numbers."""

import json
import math
import re
import xml.etree.ElementTree as ET
from itertools import combinations
from urllib.parse import unquote

import numpy as np
import pytest
from drawings import boxes, texts
from renderers import needs_dot

import autograd
import nn
from autograd import Value, dot, draw, step_through
from autograd.errors import LengthError, NumberError, RangeError
from autograd.pictures.draw import Drawing

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</title><script>alert('1')</script>\"&]]>"


def drawn(drawing):
    """The shapes (x, y, width, height, their texts), the lines (class, width of the stroke) and all texts with their places."""
    root = ET.fromstring(drawing.svg())  # noqa: S314  # our own picture
    shapes, lines = [], []
    for group in root.iter(f"{SVG}g"):
        path = group.find(f"{SVG}path")
        if group.get("class") == "node":
            xs, ys = outline(path.get("d"))
            inside = [text.text for text in group.iter(f"{SVG}text")]
            shapes.append(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2, max(xs) - min(xs), max(ys) - min(ys), inside))
        elif group.get("class") == "edge":
            lines.append((path.get("class"), float(path.get("stroke-width")), path.get("stroke-dasharray")))
    return root, shapes, lines


def outline(path):
    """The numbers across and down of an outline of H, V, M and A."""
    xs, ys = [], []
    for command, given in re.findall(r"([MHVA])([^MHVAZ]*)", path):
        numbers = [float(x) for x in given.split()]
        xs += numbers[-2:-1] if command in "MA" else numbers if command == "H" else []
        ys += numbers[-1:] if command in "MA" else numbers if command == "V" else []
    return xs, ys


def columns(shapes):
    """The texts in the circles of each column, from left to right and from top to bottom."""
    places = sorted({round(x) for x, *_ in shapes})
    return [[inside for x, y, *_, inside in sorted(shapes, key=lambda s: s[1]) if round(x) == place] for place in places]


def shown(text):
    return float(text.replace("−", "-"))


def near(text, x):
    """Whether a number is shown with the digits that a circle has room for."""
    if "e" in text:
        return math.isclose(shown(text), x, rel_tol=0.5)  # one digit
    return math.isclose(shown(text), x, rel_tol=0.06, abs_tol=0.0051)


def mlp(sizes, seed=1):
    return nn.MLP(sizes[0], sizes[1:], init=nn.xavier(seed=seed))


def by_numpy(model, x):
    """Activations of each layer, and the gradients of (output - 1)² by them, with arrays."""
    W = [np.array([[w.data for w in n.w] for n in layer.neurons]) for layer in model.layers]
    activations = [np.array(x)]
    for i, w in enumerate(W):
        z = w @ activations[-1]
        activations.append(z if i == len(W) - 1 else np.maximum(z, 0.0))
    grads = [2.0 * (activations[-1] - 1.0)]
    for i in range(len(W) - 1, -1, -1):
        live = grads[0] * (1.0 if i == len(W) - 1 else activations[i + 1] > 0.0)
        grads.insert(0, W[i].T @ live)
    return activations, grads


class Skip(nn.Module):
    def __init__(self):
        self.first, self.second = (nn.Layer(3, 3, init=nn.xavier(seed=2)) for _ in range(2))
        self.out = nn.Layer(3, 1, init=nn.xavier(seed=2))

    def forward(self, x):
        h = [a + b for a, b in zip(x, self.first(x), strict=True)]
        h = [a + b for a, b in zip(h, self.second(h), strict=True)]
        return self.out(h)


class Convolution(nn.Module):
    """A kernel of three weights that slides over the inputs."""

    def __init__(self):
        self.kernel = [Value(0.5), Value(-1.0), Value(0.25)]

    def forward(self, x):
        return [dot(self.kernel, x[i : i + 3]) for i in range(len(x) - 2)]


class Attention(nn.Module):
    def __init__(self, width):
        self.query, self.key, self.value = (nn.Layer(width, width, nonlin=False, init=nn.xavier(seed=3)) for _ in range(3))

    def forward(self, rows):
        q, k, v = ([layer(x) for x in rows] for layer in (self.query, self.key, self.value))
        weights = [nn.softmax([dot(a, b) for b in k]) for a in q]
        return [[dot(w, column) for column in zip(*v, strict=True)] for w in weights]


class Transformer(nn.Module):
    def __init__(self, width=8, heads=4):
        self.embed = nn.Layer(5, width, nonlin=False, init=nn.xavier(seed=4))
        self.heads = [Attention(width) for _ in range(heads)]
        self.mix = nn.Layer(width * heads, width, nonlin=False, init=nn.xavier(seed=5))
        self.think = nn.MLP(width, [4 * width, width], init=nn.xavier(seed=6))
        self.score = nn.Layer(width, 5, nonlin=False, init=nn.xavier(seed=7))

    def forward(self, rows):
        rows = [self.embed(x) for x in rows]
        found = [[x for part in parts for x in part] for parts in zip(*[head(rows) for head in self.heads], strict=True)]
        rows = [[a + b for a, b in zip(x, self.mix(y), strict=True)] for x, y in zip(rows, found, strict=True)]
        rows = [[a + b for a, b in zip(x, self.think(x), strict=True)] for x in rows]
        return [self.score(x) for x in rows]


ROWS = [[float(i == j) for j in range(5)] for i in range(3)]
MODELS = {
    "2-16-16-1": lambda: draw(mlp((2, 16, 16, 1)), [0.5, -0.5]),
    "64-32-10": lambda: draw(mlp((64, 32, 10)), [i / 64 for i in range(64)]),
    "loss": lambda: draw(loss_of(mlp((4, 5, 3))), collapse="neuron", legend=True),
    "skip": lambda: draw(Skip()),
    "convolution": lambda: draw(Convolution(), [1.0, 2.0, 3.0, 4.0, 5.0]),
    "attention": lambda: draw(Attention(4), [[1.0, 2.0, 3.0, 4.0]] * 2),
    "transformer": lambda: draw(Transformer(), ROWS),
    "loss of a transformer": lambda: draw(
        nn.cross_entropy(Transformer()([[Value(x) for x in r] for r in ROWS]), [1, 2, 3]), collapse="neuron"
    ),
    "neuron": lambda: draw(nn.Neuron(3, init=nn.xavier(seed=1))),
    "one layer": lambda: draw(nn.Layer(40, 30, init=nn.xavier(seed=1))),
}
each_model = pytest.mark.parametrize("name", MODELS)


def loss_of(model):
    x = [Value(0.1 * i, f"x{i}") for i in range(len(model.layers[0].neurons[0].w))]
    loss = nn.categorical_cross_entropy(nn.softmax(model(x)), 1)
    loss.label = "C"
    loss.backward()
    return loss


# Circles and lines.


@pytest.mark.parametrize("sizes", [(2, 16, 16, 1), (3, 1), (1, 2, 3)])
def test_a_circle_for_each_unit_and_a_line_for_each_weight(sizes):
    model = mlp(sizes)
    _, shapes, lines = drawn(draw(model))
    assert [len(column) for column in columns(shapes)] == list(sizes)
    weights = [w.data for layer in model.layers for n in layer.neurons for w in n.w]
    assert len(lines) == len(weights)
    signs = [role for role, *_ in lines]
    assert [signs.count("lp"), signs.count("ln")] == [sum(w > 0.0 for w in weights), sum(w < 0.0 for w in weights)]
    assert all((dashes is not None) == (role == "ln") for role, _, dashes in lines)  # not by hue alone
    assert draw(model).source.count(" -> ") == len(weights)


def test_the_widest_line_of_a_layer_is_its_largest_weight():
    model = mlp((3, 4, 1))
    for layer, size in zip(model.layers, (1.0, 5.0), strict=True):
        for i, n in enumerate(layer.neurons):
            for j, w in enumerate(n.w):
                w.data = size * (0.01 if (i, j) != (0, 1) else -1.0)
    _, _, lines = drawn(draw(model))
    wide = [line for line in lines if line[1] > 2.0]
    assert [role for role, *_ in wide] == ["ln", "ln"]


def test_circles_show_activations_and_gradients_of_a_sample():
    model, x = mlp((2, 16, 16, 1)), [0.5, -0.5]
    activations, grads = by_numpy(model, x)
    for column, a in zip(columns(drawn(draw(model, x))[1]), activations, strict=True):
        assert all(len(inside) == 1 and near(inside[0], y) for inside, y in zip(column, a, strict=True))
    loss = nn.mse(model([Value(v) for v in x]), 1.0)
    loss.backward()
    found = columns(drawn(draw(loss, collapse="neuron"))[1])
    assert len(found) == 5
    for column, a, g in zip(found, activations, grads, strict=False):
        for (value, grad), y, d in zip(column, a, g, strict=True):
            assert near(value, y)
            assert near(grad, d)
    weights = [w.grad for layer in model.layers for n in layer.neurons for w in n.w]
    signs = [role for role, *_ in drawn(draw(loss, collapse="neuron"))[2]]
    last = 2.0 * (activations[-1][0] - 1.0)  # the one line that is no weight: what the loss sends back
    assert signs.count("ln") == sum(g < 0.0 for g in weights) + (last < 0.0)
    assert signs.count("lp") == sum(g > 0.0 for g in weights) + (last > 0.0)


def test_numbers_as_floats_are_inputs_of_a_loss_as_values_are():
    model = mlp((3, 4, 2))
    for x in ([0.1, 0.2, 0.3], [Value(0.1), Value(0.2), Value(0.3)], [0.5, 0.5, 0.5]):
        loss = nn.cross_entropy(model(x), 0)
        loss.backward()
        found = columns(drawn(draw(loss, collapse="neuron"))[1])
        assert [len(column) for column in found] == [3, 4, 2, 1]
        assert all(near(inside[0], float(v.data if isinstance(v, Value) else v)) for inside, v in zip(found[0], x, strict=True))


def test_a_large_layer_shows_the_first_the_last_and_how_many():
    drawing = MODELS["64-32-10"]()
    assert [len(column) for column in columns(drawn(drawing)[1])] == [10, 10, 10]
    assert {"64", "32 · relu", "10", "54 more", "22 more"} <= set(texts(drawing))
    first = columns(drawn(drawing)[1])[0]
    assert [shown(inside[0]) for inside in first] == pytest.approx([*(i / 64 for i in range(8)), 62 / 64, 63 / 64], abs=0.006)


def test_softmax_has_a_circle_for_each_class_and_a_line_from_each_logit():
    found = columns(drawn(MODELS["loss"]())[1])
    assert [len(column) for column in found] == [4, 5, 3, 3, 1]
    z = [shown(inside[0]) for inside in found[2]]
    assert [shown(inside[0]) for inside in found[3]] == pytest.approx(np.exp(z) / np.exp(z).sum(), abs=0.02)
    assert len(drawn(MODELS["loss"]())[2]) == 4 * 5 + 5 * 3 + 3 * 3 + 1  # classes that the target leaves out send nothing


def test_before_backward_and_by_request_lines_show_weights():
    model = mlp((2, 3, 1))
    loss = nn.mse(model([Value(0.1), Value(0.2)]), 1.0)
    assert any("Lines show the weights" in text for text in texts(draw(loss, collapse="neuron")))
    loss.backward()
    assert any("Lines show the gradients" in text for text in texts(draw(loss, collapse="neuron")))
    assert any("Lines show the weights" in text for text in texts(draw(loss, collapse="neuron", color="data")))
    assert {role for role, *_ in drawn(draw(loss, collapse="neuron", color=None))[2]} == {"l"}


def test_of_many_samples_the_first_is_shown():
    model = mlp((2, 3, 1))
    X = [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]
    loss = nn.mse([model(x) for x in X], [0.0, 1.0, 0.0])
    loss.backward()
    drawing = draw(loss, collapse="neuron")
    assert [len(column) for column in columns(drawn(drawing)[1])] == [2, 3, 1, 1]
    assert any("first of 3 samples" in text for text in texts(drawing))
    assert near(columns(drawn(drawing)[1])[2][0][0], by_numpy(model, X[0])[0][-1][0])


def test_a_shared_kernel_has_a_line_for_each_use():
    model = Convolution()
    _, shapes, lines = drawn(draw(model, [1.0, 2.0, 3.0, 4.0, 5.0]))
    assert [len(column) for column in columns(shapes)] == [5, 3]
    assert [role for role, *_ in lines].count("ln") == 3
    assert len(lines) == 9


# Boxes.


def test_modules_that_are_no_chain_are_boxes_with_arrows():
    drawing = draw(Attention(4), [[1.0, 2.0, 3.0, 4.0]] * 2)
    names = [inside[0] for *_, inside in drawn(drawing)[1]]
    assert set(names) == {"inputs", "query", "key", "value", "dot", "softmax"}
    between = [(names[int(a)], names[int(b)]) for a, b in re.findall(r"^  n(\d+) -> n(\d+)", drawing.source, re.MULTILINE)]
    assert sorted(between) == sorted([
        ("inputs", "query"), ("inputs", "key"), ("inputs", "value"), ("query", "dot"), ("key", "dot"), ("dot", "softmax"),
        ("softmax", "dot"), ("value", "dot"),
    ])  # fmt: skip


def test_a_residual_sum_is_a_box_that_two_arrows_reach():
    drawing = draw(Skip())
    names = [inside[0] for *_, inside in drawn(drawing)[1]]
    assert names == ["inputs", "first", "+", "second", "+", "out"]
    found = re.findall(r"^  n(\d+) -> n(\d+)", drawing.source, re.MULTILINE)
    assert sorted(found) == [("0", "1"), ("0", "2"), ("1", "2"), ("2", "3"), ("2", "4"), ("3", "4"), ("4", "5")]


def test_a_transformer_is_drawn_by_its_modules():
    names = [inside[0] for *_, inside in drawn(MODELS["transformer"]())[1]]
    assert names == ["inputs", "embed", "head0", "head1", "head2", "head3", "mix", "+", "think", "+", "score"]
    names = [inside[0] for *_, inside in drawn(MODELS["loss of a transformer"]())[1]]
    assert names[-2:] == ["score", "cross_entropy"]


# What holds of every picture.


@each_model
def test_it_fits_a_page_and_nothing_overlaps_or_is_cut_off(name):
    root, shapes, _ = drawn(MODELS[name]())
    width, height = float(root.get("width")), float(root.get("height"))
    assert width <= 850
    assert height <= 600
    for x, y, w, h, _ in shapes:
        assert w / 2 <= x <= width - w / 2
        assert h / 2 <= y <= height - h / 2
    for (x, y, w, h, _), (u, v, t, s, _) in combinations(shapes, 2):
        assert abs(x - u) >= (w + t) / 2 or abs(y - v) >= (h + s) / 2
    for text in root.iter(f"{SVG}text"):
        left, right = extent(text)
        assert 0 <= left <= right <= width, text.text
        assert 8 <= float(text.get("y")) <= height - 2


def extent(text):
    """From where to where a line of text reaches, measured in DejaVu Sans, which is wider than the picture's fonts."""
    from matplotlib.textpath import TextPath

    size = float(text.get("font-size"))
    width = 0.9 * TextPath((0, 0), text.text, size=size).get_extents().width
    start = float(text.get("x")) - {None: 0.5, "start": 0.0, "end": 1.0}[text.get("text-anchor")] * width
    return start, start + width


@pytest.mark.parametrize("name", ["2-16-16-1", "loss", "attention"])
def test_numbers_lie_in_their_circles(name):
    root, shapes, _ = drawn(MODELS[name]())
    groups = [group for group in root.iter(f"{SVG}g") if group.get("class") == "node"]
    for (x, _, w, _, _), group in zip(shapes, groups, strict=True):
        for text in group.iter(f"{SVG}text"):
            left, right = extent(text)
            assert x - w / 2 <= left <= right <= x + w / 2, text.text


@each_model
def test_the_same_network_gives_the_same_bytes(name):
    assert MODELS[name]()._repr_mimebundle_() == MODELS[name]()._repr_mimebundle_()


@each_model
def test_it_says_what_it_is_and_has_colours_for_dark(name):
    drawing = MODELS[name]()
    root = drawn(drawing)[0]
    assert root.get("role") == "img"
    assert root.find(f"{SVG}title").text == root.get("aria-label")
    assert "prefers-color-scheme:dark" in root.find(f"{SVG}style").text
    assert f"alt='{root.get('aria-label')}'" in drawing._repr_mimebundle_()["text/html"]


def test_hostile_names_stay_names():
    model = mlp((2, 2, 1))
    with autograd.scope(HOSTILE):
        out = model([Value(1.0, HOSTILE), Value(2.0)])
    out.label = HOSTILE
    loss = nn.mse(out, 1.0)
    for drawing in (draw(loss, collapse="neuron"), draw(loss * out, collapse="neuron")):
        bundle = drawing._repr_mimebundle_()
        assert "<script" not in bundle["text/html"]
        assert not any(element.tag.endswith("script") for element in ET.fromstring(drawing.svg()).iter())  # noqa: S314


# What opens.


@each_model
def test_every_circle_and_box_opens_to_what_is_behind(name):
    drawing = MODELS[name]()
    page = drawing._repr_mimebundle_()["text/html"]
    inputs = sum(1 for *_, inside in drawn(drawing)[1] if inside[:1] == ["inputs"])
    expected = len(drawn(drawing)[1]) - inputs  # of boxes what is given has nothing behind it
    assert page.count("<details") == page.count("</details>") == expected
    images = [unquote(source) for source in re.findall(r"src='data:image/svg\+xml,([^']*)'", page)]
    assert len(images) == expected + 1
    for image in images:
        ET.fromstring(image.replace("&#39;", "'").replace("&amp;", "&"))  # noqa: S314
    assert not re.search(r"<script|<iframe|https?://(?!www\.w3\.org)", page.replace("%3A", ":"))


def test_behind_a_neuron_are_its_products_sum_and_activation():
    model = nn.Neuron(2)
    page = draw(model, [3.0, 4.0])._repr_mimebundle_()["text/html"]
    behind = unquote(re.findall(r"src='data:image/svg\+xml,([^']*)'", page)[-1])
    found = re.findall(r"<text[^>]*>([^<]*)</text>", behind)
    assert [found.count(text) for text in ("w", "x", "b", "dot", "+", "relu")] == [2, 2, 1, 1, 1, 1]


# Files.


def test_saving(tmp_path):
    drawing = MODELS["2-16-16-1"]()
    assert drawing.save(tmp_path / "a.svg").read_text() == drawing.svg()
    assert drawing.save(tmp_path / "a.dot").read_text() == drawing.source


def test_what_is_negative_is_told_by_more_than_its_colour():
    for drawing in (MODELS["2-16-16-1"](), MODELS["transformer"]()):
        for group in drawn(drawing)[0].iter(f"{SVG}g"):
            if group.get("class") == "node":
                ring = next(path for path in group.iter(f"{SVG}path") if path.get("class") == "ring")
                fills = [path for path in group.iter(f"{SVG}path") if path.get("class") in {"p", "n"}]
                for path in fills:
                    if (height := re.search(r"h[\d.]+v([\d.]+)h-", path.get("d"))) is not None:
                        assert float(height[1]) == (2.5 if path.get("class") == "n" else 5.0)
                    else:
                        assert (ring.get("stroke-dasharray") is not None) == (path.get("class") == "n")
        assert len(re.findall("dashed(?! if)", drawing.source)) == drawing.svg().count("stroke-dasharray")


@needs_dot
def test_dot_draws_the_same_places(tmp_path):
    drawing = MODELS["transformer"]()
    assert drawing.save(tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert drawing.save(tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    plain = Drawing(drawing.source).svg()  # by dot, from the source
    ours = [(x, y) for x, y, *_ in drawn(drawing)[1]]
    found = dict(re.findall(r"<title>(n\d+)</title>\s*<(?:path|polygon)[^>]* (?:d|points)=\"M?([^\"]*)\"", plain))
    theirs = []
    for i in range(len(ours)):
        points = [tuple(map(float, pair.split(","))) for pair in re.findall(r"[-\d.]+,[-\d.]+", found[f"n{i}"])]
        xs, ys = zip(*points, strict=True)
        theirs.append(((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))
    scale = 0.75
    for (x, y), (u, v) in zip(ours, theirs, strict=True):
        assert (x - ours[0][0]) * scale == pytest.approx(u - theirs[0][0], abs=1.0)
        assert (y - ours[0][1]) * scale == pytest.approx(v - theirs[0][1], abs=1.0)


# What is refused.


def test_a_model_that_does_not_say_what_it_takes_needs_a_sample():
    with pytest.raises(LengthError, match=r"^cannot tell what Convolution takes: give it a sample to be drawn with, draw\(model, x\)$"):
        draw(Convolution())


def test_what_a_network_cannot_do_is_one_sentence():
    model = mlp((2, 3, 1))
    for options, words in (
        ({"direction": "TB"}, "direction is 'TB', expected LR"),
        ({"color": "hue"}, "color is 'hue', expected 'grad', 'data' or None"),
    ):
        with pytest.raises(RangeError, match=words):
            draw(model, **options)
    with pytest.raises(RangeError, match="with a Value"):
        draw(Value(1.0), [1.0])
    with pytest.raises(NumberError, match="the Value whose graph is to be drawn, or a model"):
        draw(nn.MLP)
    with pytest.raises(RangeError, match="color is 'data', expected 'grad' or None"):
        draw(Value(1.0), color="data")


def test_anything_with_a_graph_is_a_model():
    class Line:
        def __graph__(self, x):
            return {"y": Value(2.0, "w") * x + 1.0}

    assert draw(Line(), Value(3.0, "x")).svg().count('class="node"') == 2  # x and y
    assert isinstance(draw(Line(), 3.0), Drawing)


@pytest.mark.parametrize(
    ("given", "circles"),
    [
        (lambda x: x, 1),
        (lambda x: [x, x], 1),
        (lambda x: x * x, 2),
        (lambda x: [x + 1.0, np.array([x * 2.0, x], object)], 3),
        (lambda x: autograd.stop_gradient(x) * 2.0, 2),
    ],
)
def test_graphs_that_are_hardly_networks(given, circles):
    class Model:
        def __graph__(self, x):
            return given(x)

    drawing = draw(Model(), Value(3.0, "x"))
    assert drawing.svg().count('class="node"') == circles
    assert drawing._repr_mimebundle_()["text/html"].count("<details") == circles


# Step by step.


def data(page):
    return json.loads(page.data)


@pytest.mark.parametrize(("sizes", "collapse"), [((2, 16, 16, 1), "neuron"), ((2, 16, 16, 1), "layer"), ((64, 32, 10), "neuron")])
def test_a_network_is_stepped_through_box_by_box(sizes, collapse):
    model = mlp(sizes)
    loss = (
        nn.cross_entropy(model([Value(0.01 * i) for i in range(sizes[0])]), 0)
        if sizes[-1] > 1
        else nn.mse(model([Value(0.5), Value(-0.5)]), 1.0)
    )
    page = step_through(loss, collapse=collapse)
    found = data(page)
    nodes = found["nodes"]
    units = collapse == "neuron" and sizes[0] == 2
    assert len(nodes) == (sum(sizes) + 1 if units else len(sizes) + 1)
    assert page.picture.count('class="node"') == len(nodes)
    assert page.picture.count('class="edge"') == len(found["pictures"][0]["edges"]) == sum(len(node["args"]) for node in nodes)
    phases = [phase for phase, _ in found["steps"]]
    computed = sum(bool(node["made"]) for node in nodes)
    assert [phases.count(phase) for phase in ("start", "forward", "seed", "backward", "end")] == [1, computed, 1, computed, 1]
    ends = {edge: (row["to"], i) for i, node in enumerate(nodes) for row in node["args"] for edge in [row["edge"]]}
    drawn_ends = re.findall(r'class="edge"><title>n(\d+)&#45;&gt;n(\d+)</title>', page.picture)
    assert [ends[edge] for edge in found["pictures"][0]["edges"]] == [(int(a), int(b)) for a, b in drawn_ends]


def test_the_sums_of_units_end_at_the_gradients_of_backward():
    model, x = mlp((2, 16, 16, 1)), [Value(0.5), Value(-0.5)]
    loss = nn.mse(model(x), 1.0)
    nodes = data(step_through(loss, collapse="neuron"))["nodes"]
    loss.backward()
    outputs = {node.scope: node for node in autograd.graph.order(loss) if node.op and node.op.name in ("relu", "add")}
    expected = [*x, *(node for node in outputs.values()), loss]
    assert len(nodes) == len(expected)
    for node, value in zip(nodes, expected, strict=True):
        last = node["sums"][-1][1] if node["sums"] else "0.0"
        assert shown(last) == pytest.approx(value.grad, abs=6e-5)
        assert shown(node["value"]) == pytest.approx(value.data, abs=6e-5)


def test_the_sums_of_boxes_end_at_the_gradients_of_backward():
    logits = Transformer()([[Value(x) for x in row] for row in ROWS])
    loss = nn.cross_entropy(logits, [1, 2, 3])
    found = data(step_through(loss, collapse=2))["nodes"]
    loss.backward()
    by_name = {node["name"]: node for node in found}
    score = by_name["score"]["sums"][-1][1]
    assert near(score.strip("()").split(", ")[0], logits[0][0].grad)
    assert near(score.strip("()").split(", ")[-1], logits[2][4].grad)
    assert by_name["C"]["value"] == f"{loss.data:.4f}"
    assert len(found) == 12


def test_by_itself_a_graph_of_scalars_is_refused_with_the_remedy():
    loss = nn.mse(mlp((2, 16, 16, 1))([Value(0.5), Value(-0.5)]), 1.0)
    with pytest.raises(autograd.errors.GraphTooLarge, match="collapse="):
        step_through(loss)


def test_without_scopes_there_are_no_boxes_to_step_through():
    x = Value(0.5)
    for _ in range(400):
        x = x.tanh() * x
    with pytest.raises(autograd.errors.GraphTooLarge, match="801 nodes"):
        step_through(x, collapse=1)


# Softmax and losses.


def test_the_shift_of_softmax_is_one_small_box_and_exp_sum_division_and_log_are_seen():
    z = [Value(x, f"z{i}") for i, x in enumerate([2.0, 1.0, 0.1])]
    loss = nn.categorical_cross_entropy(nn.softmax(z), [0.2, 0.3, 0.5])
    drawing = draw(loss)
    found = texts(drawing)
    assert [found.count(text) for text in ("shift", "max", "stop", "-", "exp", "sum", "/", "log")] == [1, 0, 0, 0, 3, 2, 3, 3]
    arrows = re.findall(r"^  (\w+) -> (\w+)", drawing.source, re.MULTILINE)
    (shift,) = [name for name, look in boxes(drawing).items() if 'label="shift"' in look]
    assert [b == shift for _, b in arrows].count(True) == [a == shift for a, _ in arrows].count(True) == 3
    assert "×" not in drawing.source
    assert "max" in step_through(loss).picture  # which shows all that it steps through


def test_softmax_and_losses_collapse():
    z = [Value(0.1 * i) for i in range(50)]
    p = [Value(0.2), Value(0.8)]
    for loss, path in (
        (nn.categorical_cross_entropy(nn.softmax(z), 3), ["softmax", "categorical_cross_entropy"]),
        (nn.negative_log_likelihood(nn.log_softmax(z), 3), ["log_softmax", "negative_log_likelihood"]),
        (nn.cross_entropy(z, 3), ["cross_entropy"]), (nn.mse(p, [0.0, 1.0]), ["mse"]), (nn.hinge(p, [-1, 1]), ["hinge"]),
        (nn.binary_cross_entropy(p, [0, 1]), ["binary_cross_entropy"]),
    ):  # fmt: skip
        found = boxes(draw(loss, collapse=1))
        assert [name for name in path if any(f'label="{name}\\n' in look for look in found.values())] == path
        assert len(found) == len(path)
