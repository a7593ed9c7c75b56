"""Graphs to step through."""

import math
import random

import autograd
import nn
from autograd import Value, dot, exp, log, relu, stop_gradient, tanh, where
from autograd.kinds import kind_of

# Labels that would be something else in HTML, SVG, JavaScript, CSS, DOT, or a template.
HOSTILE = [
    "</script><b>", "<!--<script>", "]]>", '" onload="x', "$style", "${data}", "&lt;b&gt;", "\\u003c", "a'b", "\x00\x1b", "é ∂ 😀",
    "<img src=x onerror=alert(1)>", "</style><style>*{display:none}", "<svg/onload=alert(1)>", "javascript:alert(1)", "`${alert(1)}`",
    "a\u2028b\u202ec", "#1 #* \\N {x|y}",
]  # fmt: skip


def softmax_cross_entropy(z=(2.0, 1.0, -1.0), target=(0.0, 1.0, 0.0)):
    """The graph of -Σ y ln softmax(z), every node with the name that it has on paper."""
    z = [Value(x, f"z{i}") for i, x in enumerate(z, 1)]
    e = [exp(x) for x in z]
    s = autograd.sum(e)
    a = [x / s for x in e]
    y = [Value(x, f"y{i}") for i, x in enumerate(target, 1)]
    loss = -dot(y, [log(x) for x in a])
    for i in range(len(z)):
        e[i].label, a[i].label = f"e{i + 1}", f"a_{i + 1}"
    s.label, loss.label = "s", "loss"
    return loss


def replayed(loss, inputs):
    """The graph of `loss` computed anew by the engine: for each of its nodes the one on `inputs`, numbers for some of its leaves."""
    copies = {}
    for node in autograd.order(loss):
        x = [copies.get(a, a) for a in node.args]
        copies[node] = kind_of(x).apply(node.op, x) if x else Value(inputs.get(node, node.data))
    return copies


def softmax_of_nn():
    z = [Value(x, f"z{i}") for i, x in enumerate((5.0, 2.0, -1.0, 3.0))]
    return nn.categorical_cross_entropy(nn.softmax(z), 1)


def many_consumers():
    x = Value(0.7, "x")
    y = x * x
    return autograd.sum([y, y * x, tanh(y), x, dot([x, y], [y, y]), y ** Value(1.5, "p")])


def branches():
    x = Value(-1.5, "x")
    return where(x > 0.0, log(x), x * x) * relu(x) + stop_gradient(x) + autograd.maximum(x, x, -2.0) + x**3


def not_finite():
    x, zero = Value(-1.5, "x"), Value(0.0, "zero")
    return log(x) + x / zero - x / zero + Value(math.inf, "inf")


def network():
    model = nn.MLP(2, [3, 3], activation=nn.tanh, init=nn.xavier(seed=1))
    return nn.cross_entropy(model([Value(0.5), Value(-0.25)]), 2)


def tangle():
    """A graph of 300 nodes."""
    choose = random.Random(1)  # noqa: S311  # as above
    nodes = [Value(choose.uniform(-1.0, 1.0)) for _ in range(20)]
    while len(nodes) < 299:
        a, b = choose.sample(nodes[-12:], 2)
        nodes.append(choose.choice([a * b, a + b, a - b, a / (b.data or 1.0), tanh(a)]))
    unused = set(nodes) - {a for node in nodes for a in node.args if a.__class__ is Value}
    return autograd.sum([x for x in nodes if x in unused])
