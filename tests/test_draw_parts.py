"""Pictures of large graphs: modules that collapse, limits, the neighbourhood of one node."""

import re
from contextlib import ExitStack

import pytest
from drawings import boxes, edges, fill, network, softmax_cross_entropy, texts
from renderers import both_renderers

import autograd
from autograd import Value, exp, log, scope, tanh, where
from autograd.errors import GraphTooLarge, NumberError, RangeError
from autograd.pictures.draw import draw
from autograd.pictures.writer import FOCUS, _fill

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

# Collapsing.


@both_renderers
def test_layers_collapse_to_boxes():
    loss = network()
    drawing = draw(loss, collapse="layer")
    found = texts(drawing)
    # Neuron of m inputs: m weights, a bias, dot, add, tanh; the two inputs are used in layer0 alone.
    for name, nodes, operations in (("layer0", 4 * 6 + 2, 12), ("layer1", 4 * 8, 12), ("layer2", 8, 3)):
        i = found.index(f"mlp.{name}")
        assert found[i + 1 : i + 3] == [f"{nodes} nodes", f"{operations} operations"]
    name = {box: re.search(r"layer\d|sum", attributes)[0] for box, attributes in boxes(drawing).items()}
    between = [(name[a], name[b], attributes) for a, b, attributes in edges(drawing)]
    assert between == [("layer0", "layer1", 'label=" ×16 "'), ("layer1", "layer2", 'label=" ×4 "'), ("layer2", "sum", "")]
    assert {" ×16 ", " ×4 "} <= set(found)


def test_neurons_collapse_to_boxes():
    drawing = draw(network(), collapse=3)
    assert len([name for name in boxes(drawing) if name.startswith("g")]) == 4 + 4 + 1
    assert len(edges(drawing)) == 2 * 4 + 4 * 4 + 4 + 1  # the inputs, used by several neurons, stay outside
    assert drawing.source.count('label="x') == 2


@pytest.mark.parametrize(("depth", "same_as"), [(2, "layer"), (9, 3)])
def test_a_depth_collapses_as_its_word_does(depth, same_as):
    loss = network()
    assert draw(loss, collapse=depth).source == draw(loss, collapse=same_as).source


def test_depth_one_is_the_outermost_scope():
    found = boxes(draw(network(), collapse=1))
    assert r"mlp\n66 nodes\n27 operations" in found["g0"]
    assert len(found) == 2


def test_samples_share_the_boxes_of_their_layers():
    drawing = draw(network(samples=3), collapse="layer")
    assert [attributes.strip() for _, _, attributes in edges(drawing)] == ['label=" ×48 "', 'label=" ×12 "', 'label=" ×3 "']


def test_nodes_without_a_scope_stay_as_they_are():
    loss = softmax_cross_entropy()
    plain = draw(loss).source
    assert draw(loss, collapse="layer").source == draw(loss, collapse=1).source == plain


def test_nodes_of_no_layer_stay_while_layers_collapse():
    with scope("model"):
        x = Value(1.0, "x")
        with scope("layer0"):
            h = tanh(x) + 1.0
        y = h * h
    found = boxes(draw(y, collapse="layer"))
    assert sorted(found) == ["g0", "n3"]


def test_edges_of_boxes_show_how_many_they_are_and_dead_ones_are_dashed():
    x = Value(2.0, "x")
    y = x * x
    with scope("part"):
        z = tanh(y) + autograd.stop_gradient(y) + autograd.sign(x)
    assert edges(draw(z + x, collapse=1)) == [
        ("n0", "n1", 'label=" 2.0 "'),
        ("n0", "n1", 'label=" 2.0 "'),
        ("n1", "g2", 'label=" ×2 "'),
        ("n0", "g2", "style=dashed"),
        ("g2", "n7", ""),
        ("n0", "n7", 'label=" 1.0 "'),
    ]


# Limits.


@both_renderers
def test_above_max_nodes_it_collapses_by_itself_to_the_finest_level_that_fits():
    loss = network()
    for max_nodes, like in ((67, None), (66, 3), (12, 3), (11, 2), (4, 2), (3, 1), (2, 1)):
        lines = draw(loss, collapse=like).source.splitlines()
        found = draw(loss, max_nodes=max_nodes).source.splitlines()
        assert found[2:] == lines[2:]
        if like is not None:
            assert f"67 nodes, collapsed to scopes of depth {like}" in found[1]
    with pytest.raises(GraphTooLarge):
        draw(loss, max_nodes=1)


def test_by_itself_it_draws_no_dense_graph():
    for widths, collapse in (((2, 8, 8, 1), 3), ((2, 9, 9, 1), "layer")):  # 2·8 + 8·8 + 8 + 1 edges, 2·9 + 9·9 + 9 + 1
        loss = network(widths)
        assert edges(draw(loss, max_nodes=100)) == edges(draw(loss, collapse=collapse))


def test_what_does_not_fit_is_refused_with_the_count_and_the_remedy():
    values = [Value(1.0) for _ in range(32_501)]
    loss = values[0]
    for value in values[1:]:
        loss = loss + value
    with pytest.raises(GraphTooLarge, match=r"65,001 nodes.*max_nodes=300.*smaller part.*focus=.*can collapse$"):
        draw(loss)


def test_few_nodes_with_many_edges_are_refused_too():
    x = Value(1.0)
    with pytest.raises(GraphTooLarge, match=r"2 nodes.*100,000 edges"):
        draw(autograd.sum([x] * 100_000))


def test_a_large_loss_with_scopes_collapses():
    drawing = draw(network(samples=1000))
    assert len(boxes(drawing)) == 4
    assert "×16,000" in drawing.source


def test_scopes_of_any_depth():
    x = Value(1.0)
    with ExitStack() as stack:
        for _ in range(400):
            stack.enter_context(scope("down"))
            x = tanh(x)
    drawing = draw(x, max_nodes=50)
    assert len(boxes(drawing)) == 50
    assert "401 nodes, collapsed to scopes of depth 50" in drawing.source


# The neighbourhood of one node.


def around(loss, focus, **options):
    """The boxes of the picture around `focus` and its edges, the nodes by their labels, what lies outside as "…"."""
    drawing = draw(loss, focus=focus, **options)
    labels = {f"n{i}": node.label or node.op.name for i, node in enumerate(autograd.order(loss))}
    found = boxes(drawing)
    between = [
        (labels.get(a, "…"), labels.get(b, "…"), re.sub(r'label=" (.*) "', r"\1", look.replace('color="#c0c8d0"', "").strip()))
        for a, b, look in edges(drawing)
    ]
    return {labels[name] for name in found}, between


def chain_of_softmax():
    z = [Value(x, f"z{i}") for i, x in enumerate((2.0, 1.0, -1.0))]
    e = [exp(x) for x in z]
    s = autograd.sum(e)
    a = [x / s for x in e]
    logs = [log(x) for x in a]
    loss = -autograd.sum(logs)
    for name, nodes in (("e", e), ("a", a), ("l", logs)):
        for i, node in enumerate(nodes):
            node.label = f"{name}{i}"
    s.label, loss.label, loss.args[0].label = "s", "loss", "t"
    return loss


def test_focus_shows_two_steps_back_and_two_on_and_where_the_graph_goes_on():
    loss = chain_of_softmax()
    nodes = {node.label: node for node in autograd.order(loss)}
    found, between = around(loss, nodes["a1"], show="")
    # By hand: e1 and s are the arguments of a1, z1 and the other exponentials theirs; l1 and t the consumers.
    assert found == {"a1", "e1", "s", "z1", "e0", "e2", "l1", "t"}
    assert sorted(between) == sorted([
        ("…", "e0", ""), ("…", "e2", ""), ("z1", "e1", ""), ("e0", "s", ""), ("e1", "s", ""), ("e2", "s", ""), ("e1", "a1", ""),
        ("s", "a1", ""), ("a1", "l1", ""), ("l1", "t", ""), ("…", "t", "×2"), ("t", "…", ""), ("s", "…", "×2"), ("e0", "…", ""),
        ("e2", "…", ""),
    ])  # fmt: skip


@pytest.mark.parametrize("direction", ["LR", "TB"])
@both_renderers
def test_the_node_in_focus_is_framed_and_the_picture_says_what_is_left_out(direction):
    loss = chain_of_softmax()
    loss.backward()
    s = next(node for node in autograd.order(loss) if node.label == "s")
    drawing = draw(loss, focus=s, direction=direction)
    assert [name for name, look in boxes(drawing).items() if FOCUS in look] == ["n6"]
    assert "13 of 15 nodes, around the one framed in purple" in texts(drawing)
    assert "…" in texts(drawing)


def test_around_a_small_graph_there_is_nothing_outside():
    x = Value(3.0, "x")
    y = x * x + 1.0
    drawing = draw(y, focus=x)
    assert "…" not in drawing.source
    assert "framed" not in drawing.source
    assert [line for line in drawing.source.splitlines() if FOCUS not in line] == [
        line for line in draw(y).source.splitlines() if '"x' not in line
    ]


def test_colours_are_those_of_what_is_shown_and_backward_is_asked_of_the_whole_graph():
    x, y = Value(2.0, "x"), Value(-1.0, "y")
    dead = x * 3.0
    near = dead * 5.0
    loss = where(y, y * 1000.0, near)
    loss.backward()
    assert loss.grad > 0.0
    assert "fillcolor" not in boxes(draw(loss, focus=x))["n2"]
    assert "backward() has not run" not in draw(loss, focus=x).source
    x.grad, dead.grad, y.grad = 0.5, -0.25, 1000.0
    found = boxes(draw(loss, focus=x))
    fills = [fill(look) for look in found.values() if fill(look)]
    assert fills == [_fill(0.5, 0.5), _fill(-0.25, 0.5)]


@both_renderers
def test_a_node_with_many_neighbours_shows_the_first_and_counts_the_rest():
    w, xs = Value(0.5, "w"), [Value(float(i), f"x{i}") for i in range(20)]
    products = [w * x for x in xs]
    loss = autograd.dot(products, [2.0] * 20)
    loss.label = "loss"
    for focus, found in ((w, [" ×12 ", "w"]), (loss, [" ×32 ", "x7", "loss"])):
        shown = texts(draw(loss, focus=focus))
        assert set(found) <= set(shown)
        assert "x8" not in shown
    drawing = draw(loss, focus=w, max_nodes=3)
    assert len([name for name in boxes(drawing) if name.startswith("n")]) == 3


@both_renderers
def test_focus_in_a_large_graph():
    loss = autograd.sum([(Value(float(i), f"x{i}") * 2.0 - 1.0) ** 2 for i in range(16_250)])
    x = autograd.leaves(loss)[9_000]
    drawing = draw(loss, focus=x)
    shown = texts(drawing)
    assert "3 of 65,001 nodes, around the one framed in purple" in shown
    assert "x9000" in shown


@pytest.mark.parametrize(
    ("focus", "options", "error", "words"),
    [
        (3.0, {}, NumberError, "focus is 3.0, expected the Value"),
        ("x", {}, NumberError, "focus is 'x', expected the Value"),
        (Value(1.0, "x"), {}, RangeError, r"focus is Value\(data=1.0000, grad=0.0000, label='x'\), which is not in the graph: give one"),
        (True, {"collapse": "layer"}, NumberError, "focus is True"),
    ],
)
def test_a_focus_that_is_not_there(focus, options, error, words):
    with pytest.raises(error, match=f"^{words}"):
        draw(Value(1.0, "x") * 2.0, focus=focus, **options)


def test_focus_and_collapse_exclude_each_other():
    x = Value(1.0)
    with pytest.raises(RangeError, match=r"^focus is given together with collapse='layer', expected one of them"):
        draw(x * 2.0, focus=x, collapse="layer")
