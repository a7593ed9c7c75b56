"""The pages of steps that stand in the pages of the site, live: each function gives one, by its name in a `{live}` directive."""

import math

from autograd import Value, exp, log, step_through, tanh
from autograd import sum as sum_
from autograd.pictures.page import Page


def twice() -> Page:
    """The graph of notebook 01 in which nodes are used twice: f = 3s + 4s, s = x · x."""
    x = Value(2.0, "x")
    s = x * x
    f = 3.0 * s + 4.0 * s
    s.label, f.label = "s", "f"
    return step_through(f)


def neuron() -> Page:
    """The neuron at the top of the page on pictures."""
    x1, x2, w1, w2 = Value(2.0, "x1"), Value(0.0, "x2"), Value(-3.0, "w1"), Value(1.0, "w2")
    b = Value(6.0 + math.asinh(1.0), "b")
    o = tanh(w1 * x1 + w2 * x2 + b)
    o.label = "o"
    return step_through(o)


def softmax() -> Page:
    """Softmax with cross-entropy for three classes, with the names that they have on paper."""
    z = [Value(x, f"z{k}") for k, x in enumerate((2.0, 1.0, -1.0), start=1)]
    e = [exp(x) for x in z]
    total = sum_(e)
    a = [x / total for x in e]
    loss = -log(a[1])
    for k in range(3):
        e[k].label, a[k].label = f"e{k + 1}", f"a{k + 1}"
    total.label, loss.label = "s", "loss"
    return step_through(loss)
