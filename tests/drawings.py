"""Graphs to draw, and what stands in their pictures."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import autograd
from autograd import Value, exp, log, scope, tanh


def texts(drawing):
    """Every piece of text in the picture, in order; the SVG must be well-formed XML."""
    root = ET.fromstring(drawing.svg())  # noqa: S314  # our own picture
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def edges(drawing):
    """(from, to, attributes) of each edge in the DOT text."""
    return re.findall(r"^  (\w+) -> (\w+)(?: \[(.*)\])?$", drawing.source, re.MULTILINE)


def boxes(drawing):
    """The attributes of each box in the DOT text, by its name."""
    return dict(re.findall(r"^  ((?:n|g|c)\d\w*) \[(.*)\]$", drawing.source, re.MULTILINE))


def fill(look):
    """The colour of a box, beside which a negative one has a band; None where it has none."""
    found = re.search(r'fillcolor="(?:#\w+;[\d.]+:)?(#\w+)"', look)
    return found and found[1]


def softmax_cross_entropy(z=(2.0, 1.0, 0.1), target=(1.0, 0.0, 0.0)):
    z = [Value(x, f"z{i}") for i, x in enumerate(z)]
    e = [exp(x) for x in z]
    total = autograd.sum(e)
    loss = -autograd.sum([y * log(x / total) for y, x in zip(target, e, strict=True)])
    loss.label = "loss"
    return loss


def network(widths=(2, 4, 4, 1), samples=1):
    """A multilayer perceptron as scopes, its parameters made outside them; the outputs of all samples are added up."""
    weights = {
        (i, k): [Value(0.1 * (j + 1) - 0.2 * k) for j in range(m + 1)] for i, (m, n) in enumerate(pairwise(widths)) for k in range(n)
    }
    outputs = []
    for _ in range(samples):
        xs = [Value(float(j), f"x{j}") for j in range(widths[0])]
        with scope("mlp"):
            for i, n in enumerate(widths[1:]):
                with scope(f"layer{i}"):
                    outs = []
                    for k in range(n):
                        with scope(f"neuron{k}"):
                            *w, b = weights[i, k]
                            outs.append(tanh(autograd.dot(w, xs) + b))
                    xs = outs
        outputs += xs
    return autograd.sum(outputs)
