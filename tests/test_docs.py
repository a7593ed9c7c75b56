"""The recorded pictures of docs/ are what `draw` draws; `python tests/test_docs.py` writes them anew."""

import html
import math
import random
import re
from doctest import DocTestParser
from pathlib import Path

import pytest
from gpt_graph import loss_of_gpt

import nn
from autograd import Value, draw, exp, log, order, scope, tanh
from autograd import sum as sum_
from autograd.__main__ import show_gradient

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"


def neuron():
    """tanh(w · x + b) with numbers whose gradients are round."""
    x1, x2, w1, w2 = Value(2.0, "x1"), Value(0.0, "x2"), Value(-3.0, "w1"), Value(1.0, "w2")
    b = Value(6.0 + math.asinh(1.0), "b")
    o = tanh(w1 * x1 + w2 * x2 + b)
    o.label = "o"
    o.backward()
    return draw(o, legend=True)


def softmax_of_three():
    """Softmax with cross-entropy for three classes, with the names that they have on paper."""
    z = [Value(x, f"z{k}") for k, x in enumerate((2.0, 1.0, -1.0), start=1)]
    e = [exp(x) for x in z]
    total = sum_(e)
    a = [x / total for x in e]
    loss = -sum_([y * log(p) for y, p in zip((0.0, 1.0, 0.0), a, strict=True)])
    for k in range(3):
        e[k].label, a[k].label = f"e{k + 1}", f"a{k + 1}"
    total.label, loss.label = "Σe", "C"
    loss.backward()
    return draw(loss, legend=True)


def loss_of_network(samples, *sizes):
    """The mean loss of a network for `samples` random inputs, and the network, its parameters labelled by their names."""
    model = nn.MLP(2, sizes, activation=nn.tanh, init=nn.xavier(seed=1))
    for name, p in model.named_parameters():
        p.label = name
    numbers = random.Random(1)  # noqa: S311  # samples
    scores = [model([numbers.uniform(-1.0, 1.0), numbers.uniform(-1.0, 1.0)]) for _ in range(samples)]
    with scope("loss"):
        loss = nn.cross_entropy(scores, [i % 2 for i in range(samples)])
    loss.label = "loss"
    loss.backward()
    return loss, model


def layers():
    """A multilayer perceptron by its layers."""
    model = nn.MLP(2, [8, 8, 2], init=nn.xavier(seed=1))
    loss = nn.cross_entropy(model([1.0, -1.0]), 0)
    loss.backward()
    return draw(loss, collapse="layer")


def newton():
    """The square root of 2, each step of it dividing the same leaf."""
    a, x = Value(2.0, "a"), Value(1.0, "x")
    for _ in range(5):
        x = 0.5 * (x + a / x)
    x.backward()
    return draw(x)


def large_loss(*, focus):
    loss, model = loss_of_network(640, 16, 16, 2)
    assert len(order(loss)) > 65_000
    return draw(loss, focus=model.layers[1].neurons[2].w[3] if focus else None)


PICTURES = {
    "softmax_cross_entropy": lambda: draw(show_gradient()),
    "neuron": neuron,
    "softmax_of_three": softmax_of_three,
    "mlp_expanded": lambda: draw(loss_of_network(1, 3, 2)[0]),
    "mlp_collapsed": layers,
    "newton": newton,
    "loss_of_65000_nodes": lambda: large_loss(focus=False),
    "focus_in_65000_nodes": lambda: large_loss(focus=True),
    "network": lambda: draw(loss_of_network(1, 8, 8, 2)[0], collapse="neuron"),
    "network_gpt": lambda: draw(loss_of_gpt(), collapse="neuron"),
}


def seen(svg):
    """Every text and every colour of a picture, wherever the renderer puts them."""
    return [sorted(html.unescape(x).strip() for x in re.findall(part, svg)) for part in (r"<text[^>]*>(.*?)</text>", r'fill="(#\w+)"')]


@pytest.mark.parametrize("name", PICTURES)
def test_a_recorded_picture_is_what_is_drawn_today(name):
    recorded = (DOCS / f"{name}.svg").read_text(encoding="utf-8")
    assert len(recorded) < 60_000
    assert seen(recorded) == seen(PICTURES[name]().svg()), "run: python tests/test_docs.py"


def test_a_picture_shows_what_the_code_above_it_draws():
    """The code of the page on pictures, run up to each of them."""
    text, names = (DOCS / "use" / "pictures.md").read_text(encoding="utf-8"), {}
    parts = re.split(r"!\[[^\]]*\]\(\.\./(\w+)\.svg\)", text)
    for code, name in zip(parts[0::2], parts[1::2], strict=False):
        if not (examples := DocTestParser().get_examples(code)):
            continue  # of a notebook, which the text names
        for example in examples:
            exec(example.source, names)  # noqa: S102  # our own page
        assert seen((DOCS / f"{name}.svg").read_text(encoding="utf-8")) == seen(names["picture"].svg()), name


@pytest.mark.parametrize("path", [*DOCS.rglob("*.md"), DOCS.parent / "README.md"], ids=lambda path: path.name)
def test_pictures_are_described(path):
    for said in re.findall(r"!\[([^\]]*)\]\(", path.read_text(encoding="utf-8")):
        assert len(said.split()) > 2, said


if __name__ == "__main__":
    for name, picture in PICTURES.items():
        picture().save(DOCS / f"{name}.svg")
