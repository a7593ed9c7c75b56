"""Scripts written for micrograd, and for Value classes like its own, run unchanged and give the same numbers."""

import math
import random
from itertools import pairwise

import micrograd.engine
import micrograd.nn
import numpy as np
import pytest

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


def half_moons(n):
    rng = random.Random(0)  # noqa: S311
    angles = [(math.pi * rng.random(), y) for y in (-1, 1) for _ in range(n // 2)]
    points = [(math.cos(t), math.sin(t)) if y < 0 else (1 - math.cos(t), 0.5 - math.sin(t)) for t, y in angles]
    return np.array([[a + rng.gauss(0, 0.1), b + rng.gauss(0, 0.1)] for a, b in points]), np.array([y for _, y in angles])


def moons(Value, MLP):  # classes
    """Max-margin classification of two moons in micrograd's own style; the losses, the final numbers and the accuracy."""
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    X, y = half_moons(20)
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


class Scalar:
    """The least Value that the program below needs: a reference written for this test, with one backward rule for all."""

    def __init__(self, data, inputs=(), partials=()):
        self.data, self.grad, self.inputs, self.partials = data, 0.0, inputs, partials

    def __add__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        return Scalar(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, c):
        return Scalar(self.data**c, (self,), (c * self.data ** (c - 1),))

    def exp(self):
        return Scalar(math.exp(self.data), (self,), (math.exp(self.data),))

    def log(self):
        return Scalar(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self):
        return Scalar(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        done, seen, stack = [], set(), [(self, False)]
        while stack:
            node, left = stack.pop()
            if left:
                done.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((i, False) for i in node.inputs)
        self.grad = 1.0
        for node in reversed(done):
            for i, partial in zip(node.inputs, node.partials, strict=True):
                i.grad += partial * node.grad


class Transformer:
    """One block of a GPT with two heads, in plain Python on any class with data, grad, exp, log, relu, ** and backward."""

    WIDTH, HEADS, CONTEXT = 8, 2, 6

    def __init__(self, scalar, letters, rng):
        def matrix(rows, columns):
            return [[scalar(rng.gauss(0.0, 0.3)) for _ in range(columns)] for _ in range(rows)]

        width = self.WIDTH
        self.tokens, self.positions, self.head = matrix(letters, width), matrix(self.CONTEXT, width), matrix(letters, width)
        self.query, self.key, self.value, self.out = (matrix(width, width) for _ in range(4))
        self.up, self.down = matrix(4 * width, width), matrix(width, 4 * width)
        tables = [self.tokens, self.positions, self.head, self.query, self.key, self.value, self.out, self.up, self.down]
        self.parameters = [p for table in tables for row in table for p in row]

    @staticmethod
    def linear(table, x):
        return [sum(w * xi for w, xi in zip(row, x, strict=True)) for row in table]

    @staticmethod
    def rmsnorm(x):
        scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
        return [xi * scale for xi in x]

    @staticmethod
    def softmax(logits):
        largest = max(v.data for v in logits)
        e = [(v - largest).exp() for v in logits]
        total = sum(e)
        return [v / total for v in e]

    def attention(self, x, keys, values):
        query, out, size = self.linear(self.query, x), [], self.WIDTH // self.HEADS
        for h in range(0, self.WIDTH, size):
            scores = [sum(query[h + j] * k[h + j] for j in range(size)) / size**0.5 for k in keys]
            weights = self.softmax(scores)
            out += [sum(w * v[h + j] for w, v in zip(weights, values, strict=True)) for j in range(size)]
        return self.linear(self.out, out)

    def loss(self, text):
        keys, values, losses = [], [], []
        for position, (token, following) in enumerate(pairwise(text)):
            x = self.rmsnorm([t + p for t, p in zip(self.tokens[token], self.positions[position], strict=True)])
            n = self.rmsnorm(x)
            keys.append(self.linear(self.key, n))
            values.append(self.linear(self.value, n))
            x = [a + b for a, b in zip(x, self.attention(n, keys, values), strict=True)]
            hidden = [v.relu() for v in self.linear(self.up, self.rmsnorm(x))]
            x = [a + b for a, b in zip(x, self.linear(self.down, hidden), strict=True)]
            losses.append(-self.softmax(self.linear(self.head, x))[following].log())
        return (1 / len(losses)) * sum(losses)


def transformer_losses(scalar, steps=6):
    model = Transformer(scalar, letters=5, rng=random.Random(42))  # noqa: S311
    texts, losses = [[0, 1, 2, 3, 4, 0], [2, 1, 0, 3], [4, 4, 1, 0, 2]], []
    for step in range(steps):
        loss = model.loss(texts[step % len(texts)])
        loss.backward()
        for p in model.parameters:
            p.data -= 0.3 * (1 - step / steps) * p.grad
            p.grad = 0
        losses.append(loss.data)
    return losses, [p.data for p in model.parameters]


def test_a_gpt_written_on_any_value_class_gives_the_same_losses():
    ours, reference = transformer_losses(autograd.Value), transformer_losses(Scalar)
    assert ours[0] == pytest.approx(reference[0], abs=1e-9, rel=1e-9)
    assert ours[1] == pytest.approx(reference[1], abs=1e-9, rel=1e-9)
    assert ours[0][3] < ours[0][0]  # the same text, three steps later
