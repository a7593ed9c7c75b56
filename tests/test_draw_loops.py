"""Pictures of loops: a box with the body in it once, the carry as an arrow back, entries in, results out."""

import json
import re

import numpy as np
import pytest
from drawings import boxes, edges, texts
from renderers import both_renderers

from autograd import Value, cond, draw, scan, sin, step_through, while_loop
from autograd.errors import GraphTooLarge

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]


def inner(drawing):
    """The labels of the nodes in boxes, by name; and the arrows from and to these, with their attributes."""
    labels = dict(re.findall(r'^ +(n\d+_\d+) \[label="([^"]*)"', drawing.source, re.MULTILINE))
    return labels, re.findall(r"^ +(\w+) -> (\w+)(?: \[(.*)\])?$", drawing.source, re.MULTILINE)


@both_renderers
def test_a_scan_is_a_box_with_its_body_once():
    a, b = Value(0.5, "a"), Value(0.1, "b")
    carry, ys = scan(lambda c, x: (sin(c * a) + x, c * x), b, np.linspace(0.0, 1.0, 1000))
    loss = carry * ys[3]
    loss.backward()
    drawing = draw(loss)
    found = texts(drawing)
    assert ("scan(<lambda>), 1,000 steps" in found, found.count("sin"), "last carry" in found, "y of step 4" in found) == (
        True,
        1,
        True,
        True,
    )
    labels, links = inner(drawing)
    assert sorted(labels.values()) == ["*", "*", "+", "array (1000,)", "carry", "sin", "x"]
    (again,) = [(labels[s], labels[t]) for s, t, look in links if look and "carry" in look]
    assert again == ("+", "carry")
    assert {(s, labels[t]) for s, t, _ in links if s in boxes(drawing) and t in labels} == {("n0", "carry"), ("n1", "*")}
    named = {name: look.split(r"\n")[0].removeprefix('label="') for name, look in boxes(drawing).items() if "_" not in name}
    assert {(labels[s], named[t]) for s, t, _ in links if s in labels and t in named} == {("+", "last carry"), ("*", "y of step 4")}
    assert all(label != " 1.0 " for label in re.findall(r'label="( [\d.]+ )"', drawing.source))  # of a call no derivative is known
    assert drawing.source == draw(loss).source


@both_renderers
def test_a_while_loop_and_a_cond_within_a_loop():
    a, b = Value(0.5, "a"), Value(1.1, "b")

    def step(c, x):
        own = while_loop(lambda s: s < 4.0, lambda s: s * (1.5 + a), c * c + 1.0)
        return cond(own > 5.0 + x, lambda o, _: sin(o) * b, lambda _, c: c, own, c), None

    found = texts(draw(scan(step, b, np.ones(3))[0]))
    for text in ("scan(step), 3 steps", "while_loop, as long as its condition holds", "cond", "if true", "otherwise", "as given", "go on"):
        assert text in found, text
    doubled = while_loop(lambda v: v < 9.0, lambda v: v * a * 4.0, b)
    doubled.backward()
    drawing = draw(doubled)
    assert "while_loop(<lambda>, <lambda>), 4 steps" in texts(drawing)
    assert [text for text in texts(drawing) if text == "1.0"] == []  # whether to begin is no part of it
    # v = b (4a)^4: the derivatives of the loop stand at its arrows
    numbers = [float(x) for _, _, look in edges(drawing) for x in re.findall(r'label=" ([\d.]+) "', look)]
    np.testing.assert_allclose(sorted(numbers), [16.0, 16.0 * 1.1 * 4 / 0.5], rtol=1e-4)


def test_a_box_is_closed_where_there_is_no_room_and_many_results_are_one():
    a = Value(0.5, "a")
    carry, ys = scan(lambda c, x: (sin(c * a) + x, c), a, np.ones(1000))
    drawing = draw(np.sum(ys) * carry)
    assert ("results of scan(<lambda>)" in drawing.source, "1,000 nodes" in drawing.source, "cluster" in drawing.source) == (True,) * 3
    closed = draw(np.sum(ys) * carry, max_nodes=8).source
    assert ("cluster" in closed, r"scan(<lambda>)\n1,000 steps of 3 operations" in closed) == (False, True)
    with pytest.raises(GraphTooLarge):
        draw(np.sum(ys) * carry, max_nodes=3)


@pytest.mark.usefixtures("renderer")
@pytest.mark.parametrize("kind", ["scan", "while"])
def test_the_page_of_steps_goes_into_the_first_step(kind):
    a, b = Value(0.5, "a"), Value(0.1, "b")
    if kind == "scan":
        carry, ys = scan(lambda c, x: (sin(c * a) + x, c * x), b, np.array([0.1, 0.2, 0.3, 0.4]))
        loss = carry * ys[1] * ys[0]
    else:
        loss = while_loop(lambda v: v < 9.0, lambda v: sin(v) + v * a * 4.0, b + 1.0)
    page = json.loads(step_through(loss).data)
    loss.backward()
    nodes = {node["name"]: node for node in page["nodes"]}
    for leaf in (a, b):
        assert float(nodes[leaf.label]["sums"][-1][1]) == pytest.approx(leaf.grad, rel=1e-2)
    ops = [node["op"] for node in page["nodes"]]
    assert ops.count("sin") == 1  # of the first step
    others = "steps 2 to 4" if kind == "scan" else "the other steps"
    assert [op for op in ops if others in op]
    once = scan(lambda c, x: (sin(c * a) + x, None), b, np.ones(1))[0]
    assert [node["op"] for node in json.loads(step_through(once).data)["nodes"]] == ["", "", "*", "sin", "+"]
