"""Scripts written for micrograd run unchanged and give the same numbers; a GPT on any Value class is in test_benchmarks.py."""

import math
import random

import micrograd.engine
import micrograd.nn
import numpy as np
import pytest
from demo import half_moons

import autograd
import nn

# micrograd's README example, whose numbers it prints.
EXAMPLE = """
a = Value(-4.0)
b = Value(2.0)
c = a + b
d = a * b + b**3
c += c + 1
c += 1 + c + (-a)
d += d * 2 + (b + a).relu()
d += 3 * d + (b - a).relu()
e = c - d
f = e**2
g = f / 2.0
g += 10.0 / f
g.backward()
"""


def test_the_readme_example():
    names = {"Value": autograd.Value}
    exec(EXAMPLE, names)  # noqa: S102  # the text above
    assert [f"{x:.4f}" for x in (names["g"].data, names["a"].grad, names["b"].grad)] == ["24.7041", "138.8338", "645.5773"]


def moons(Value, MLP):  # classes
    """Max-margin classification of two moons in micrograd's own style; the losses, the final numbers and the accuracy."""
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    X, y = map(np.array, half_moons(20))
    inputs = [list(map(Value, row)) for row in X]
    losses = []
    for k in range(5):
        scores = list(map(model, inputs))
        data_loss = sum((1 + -yi * si).relu() for yi, si in zip(y, scores, strict=True)) * (1.0 / len(scores))
        reg_loss = 1e-4 * sum(p * p for p in model.parameters())
        total = data_loss + reg_loss
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        losses.append(float(total.data))
    hits = [(yi > 0) == (si.data > 0) for yi, si in zip(y, scores, strict=True)]
    return losses, [float(p.data) for p in model.parameters()], sum(map(bool, hits)) / len(hits), repr(model)


@pytest.mark.any_python
def test_the_moons_script_gives_the_same_numbers_under_both():
    theirs = moons(micrograd.engine.Value, micrograd.nn.MLP)
    ours = moons(autograd.Value, nn.MLP)
    assert ours[0] == pytest.approx(theirs[0], abs=1e-9, rel=1e-9)
    assert ours[1] == pytest.approx(theirs[1], abs=1e-9, rel=1e-9)
    assert ours[2:] == theirs[2:]


def test_the_moons_script_gives_the_numbers_that_micrograd_gave():
    losses, parameters, accuracy, text = moons(autograd.Value, nn.MLP)
    # What micrograd 0.1.0 gave for the script above.
    assert losses == pytest.approx(
        [0.8620388874182555, 1.522383962802671, 3.191229890150225, 1.4705658613867585, 0.015126412769895172], rel=1e-9
    )
    assert math.fsum(p * p for p in parameters) == pytest.approx(151.20580587407684, rel=1e-9)
    assert (len(parameters), accuracy) == (337, 1.0)
    assert text.startswith("MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2), ")
    assert text.endswith("Layer of [LinearNeuron(16)]]")


@pytest.mark.parametrize(
    "make", [lambda m: m.Neuron(3), lambda m: m.Neuron(3, nonlin=False), lambda m: m.Layer(3, 2), lambda m: m.MLP(3, [2, 1])]
)
def test_modules_draw_the_same_weights_and_read_alike(make):
    results = []
    for module in (micrograd.nn, nn):
        random.seed(7)
        made = make(module)
        out = made([0.5, -1.0, 2.0])
        out = out if isinstance(out, list) else [out]
        sum(out).backward()
        results.append((repr(made), [p.data for p in made.parameters()], [v.data for v in out], [p.grad for p in made.parameters()]))
    assert results[0][:2] == results[1][:2]
    assert results[1][2] == pytest.approx(results[0][2], rel=1e-12)
    assert results[1][3] == pytest.approx(results[0][3], rel=1e-12)
