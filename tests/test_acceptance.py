"""The acceptance test: softmax with cross-entropy, from exp, sum, / and log, has the gradient a - y, whichever way one looks at it."""

import json
import re
from html import unescape

import pytest
import sympy
from acceptance import CLASSES, FOUR_UNITS, a_minus_y, as_shown, graph, samples, softmax_with_cross_entropy

from autograd import Value, draw, gradient, step_through, to_sympy


@pytest.mark.parametrize("classes", CLASSES)
def test_by_backward_to_four_units_of_the_last_place(classes):
    for z, y in samples(classes):
        leaves, loss = graph(z, y)
        loss.backward()
        for leaf, right in zip(leaves, a_minus_y(z, y), strict=True):
            assert abs(leaf.grad - right) <= FOUR_UNITS


@pytest.mark.parametrize("classes", CLASSES)
def test_in_the_labels_of_the_picture(classes):
    for z, y in samples(classes):
        _, loss = graph(z, y)
        loss.backward()
        for precision, within in ((4, 0.5e-4 + FOUR_UNITS), (17, FOUR_UNITS)):
            boxes = re.findall(r'<g id="node\d+" class="node">(.*?)</g>', draw(loss, precision=precision).svg(), re.DOTALL)
            texts = [[unescape(text).replace("\xa0", " ").split() for text in re.findall(r"<text.*?>(.*?)</text>", box)] for box in boxes]
            shown = {rows[0][0]: as_shown(rows[-1][1]) for rows in texts if rows[-1][0] == "grad"}
            for k, right in enumerate(a_minus_y(z, y)):
                assert abs(shown[f"z{k}"] - right) <= within


def last_frame(html):
    """Name and gradient of every node on the last frame, from what the page holds: sums by step, of which the last stand at the end."""
    held = json.loads(re.search(r'<script type="application/json">(.*?)</script>', html, re.DOTALL)[1])
    assert held["steps"][-1][0] == "end"
    return {node["name"]: as_shown(node["sums"][-1][1]) for node in held["nodes"] if node["sums"]}


@pytest.mark.parametrize("classes", CLASSES)
def test_on_the_last_frame_of_the_page_of_steps(classes):
    for z, y in samples(classes):
        _, loss = graph(z, y)
        shown = last_frame(step_through(loss).html())
        for k, right in enumerate(a_minus_y(z, y)):
            assert abs(shown[f"z{'₀₁₂₃₄'[k]}"] - right) <= 0.5e-4 + FOUR_UNITS


@pytest.mark.any_python
@pytest.mark.parametrize("classes", CLASSES)
def test_by_sympy_for_every_z_and_every_y_whose_sum_is_one(classes):
    z = [Value(0.5 * k, f"z{k}") for k in range(classes)]
    y = [Value(1.0 / classes, f"y{k}") for k in range(classes)]
    loss = softmax_with_cross_entropy(z, y)
    zs, ys = sympy.symbols(f"z:{classes}"), sympy.symbols(f"y:{classes}")
    sum_is_one = {ys[-1]: 1 - sum(ys[:-1])}
    for k, recorded in enumerate(gradient(loss, z)):
        a_k = sympy.exp(zs[k]) / sum(map(sympy.exp, zs))
        for found in (to_sympy(recorded), sympy.diff(to_sympy(loss), zs[k])):  # our derivative, and SymPy's of our formula
            assert sympy.simplify((found - (a_k - ys[k])).subs(sum_is_one)) == 0
            assert sympy.simplify(found - (a_k - ys[k])) != 0  # the assumption is needed, so it is used
