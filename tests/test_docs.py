"""docs/operations.md is what the tables say, the recorded pictures what `draw` draws; `python tests/test_docs.py` writes them anew."""

import contextlib
import html
import io
import json
import math
import random
import re
from pathlib import Path

import pytest
import sympy
from edges import EDGES
from operations import apply

import nn
from autograd import TABLE, Op, Value, draw, exp, log, ops, order, scope, tanh
from autograd import sum as sum_
from autograd.__main__ import show_gradient

TOP = Path(__file__).parents[1]
DOCS = TOP / "docs"
PAGE = DOCS / "operations.md"

HEAD = """# The operations

Written by `tests/test_docs.py` from the one table in `autograd/ops.py` and the edge table in `tests/edges.py`; a test compares them.

A bound is the largest error in units in the last place, relative to the true result, or, where it says absolute, to the larger of 1 and
the true result; it holds where nothing over- or underflows. The tests measure it against mpmath.
A domain is the open interval in which the operation is smooth, as the tests sample it; outside it see the kinks and the policy below.

| operation | formula | local derivatives | domain | bound: value, derivatives |
| --- | --- | --- | --- | --- |
"""

KINKS = """
## Kinks: where a derivative had to be chosen

The subgradient of least size, else continuity, else nan. A dash is no dependence at all.

| operation | at | derivatives | reason |
| --- | --- | --- | --- |
"""

EDGE = """
## Edges, to second order

Each row is a test, on Values and on NumPy columns.

| case | value | gradient | second derivatives, row by row |
| --- | --- | --- | --- |
"""

POLICY = """
## Points that are not finite, or outside the domain

- Arithmetic is that of IEEE 754: an operation never raises, warns, or gives a complex number. Outside its domain a value is nan, at a pole
  it is inf with its sign, and what is too large for a float is inf.
- A derivative is that of its formula in the same arithmetic. So `log(-2)` is nan and its derivative 1/x is -0.5: the value shows the fault.
- nan in gives nan out, with the exceptions of C's annex F: `nan**0` and `1**nan` are 1, `hypot(inf, nan)` and `norm` are inf.
  A comparison with nan is nan, not false: `step(nan)` and the derivative of `relu` at nan are nan.
- No dependence (a dash above, None in `Value.partials`) is exactly 0, whatever arrives: it is not walked. So is a branch that `where` did
  not take: `where(x > 0, log(x), 0)` has derivative 0 at 0, never nan.
- `maximum` and `minimum` at a tie: Values share the derivative equally. A constant, a float beside Values, is one more argument whose
  share may be chosen, and least is 0 for all: `maximum(x, 0.0)` has derivative 0 at 0, as relu has. What `jit`, `vmap` and a `Program` are
  given counts as a Value there; a leaf that is no input of a Program is a constant of it.
- `sum`, `dot` and `norm` give what their exact terms add up to. They are inf only where that is too large for a float or a term has an
  infinite factor, never because of a sum or a product on the way: `sum([1e308, 1e308, -1e308])` is 1e308, `dot([-2, 1e200], [inf, 1e200])`
  is -inf, and `dot([1e200, 1e200], [1e200, -1e200])` is 0. Infinite terms of both signs give nan. So it is for floats, Values, columns
  and lanes; plain `+` and `*` are IEEE's, one at a time, and so are gradients, which are sums of products as they arrive.
- A zero keeps its sign: a sum of zeros that all are -0.0 is -0.0, any other 0.0; of equal arguments `maximum` and `minimum` give the first.
- `norm` of zeros has derivative 0, and so have its square and all that is smooth in it; its second derivatives there are 0 by choice, so
  that `dot(xs, xs)` is better than `norm(xs)**2` where they are wanted.
- A gradient that arrives as 0 is carried on all the same, and 0 times inf is nan: nothing is hidden.
- The second derivatives of asin and acos at -1 and 1 are nan, those of x**y by x and y at x = 0 are not settled where 0 < y <= 1.
"""


def variables(op: Op) -> list[sympy.Symbol]:
    """Symbols for the arguments, three for an n-ary operation, two sequences of two for dot."""
    return list(sympy.symbols("a b c d", real=True)[: {2: 4}.get(op.sequences, op.arity or 3)])


def derivatives(op: Op) -> str:
    """The local derivatives as SymPy prints them; of choices in the words of the table."""
    x = variables(op)
    if op in (ops.maximum, ops.minimum):
        return "1 for the one chosen, else 0; a tie shares it equally, and a constant that ties leaves 0"
    if op in (ops.hypot, ops.norm):
        return "$" + r", \; ".join(rf"\frac{{{a}}}{{y}}" for a in x) + "$"
    return ", ".join("–" if p is None else f"${sympy.latex(exact(p))}$" for p in op.partials(apply(op, x), *x))


def exact(p) -> sympy.Expr:
    """`p` with its floats as the fractions that they are, and 2/√π by its name."""
    p = sympy.sympify(p)
    root = sympy.Float(ops.TWO_BY_ROOT_PI)
    return p.xreplace(
        {x: 2 / sympy.sqrt(sympy.pi) if x == root else sympy.Rational(str(x)).limit_denominator(4) for x in p.atoms(sympy.Float)}
    )


def numbers(x) -> str:
    return ", ".join("–" if a is None else f"{a:.4g}" for a in x)


def row(*cells) -> str:
    return f"| {' | '.join(cells)} |\n"


def page() -> str:
    """The page."""
    rows, kinks = [], []
    for op in TABLE.values():
        formula = op.formula(*map(str, variables(op))).replace("|", r"\vert ")
        domain = " × ".join(f"({low:g}, {high:g})" for low, high in op.domain)
        bound = f"{op.bound.value:g}, {op.bound.partials:g}{'' if op.bound.relative else ', absolute'}"
        rows.append(row(op.name, f"${formula}$", derivatives(op), domain, bound))
        kinks += [row(op.name, numbers(k.at), numbers(k.partials), k.reason.replace("|", "&#124;")) for k in op.kinks]
    edges = [row(name, f"{y:.4g}", numbers(p), "; ".join(map(numbers, h))) for name, (_, _, y, p, h) in EDGES.items()]
    return "".join([HEAD, *rows, KINKS, *kinks, EDGE, *edges, POLICY])


# Pictures.


def neuron():
    """tanh(w · x + b) with numbers whose gradients are round."""
    x1, x2, w1, w2 = (Value(x, name) for name, x in (("x1", 2.0), ("x2", 0.0), ("w1", -3.0), ("w2", 1.0)))
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


def loss_of_gpt():
    """The loss of the GPT of notebook 06 for one name, from its cells."""
    cells = json.loads((TOP / "notebooks" / "06_names_gpt.ipynb").read_text(encoding="utf-8"))["cells"]
    names = {}
    for cell in cells:
        code = "".join(cell["source"])
        if cell["cell_type"] == "code" and "loss" not in names:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, names)  # noqa: S102  # our own notebook
    names["loss"].backward()
    return names["loss"]


def large_loss(*, focus):
    loss, model = loss_of_network(640, 16, 16, 2)
    assert len(order(loss)) > 65_000
    return draw(loss, focus=model.layers[1].neurons[2].w[3] if focus else None)


PICTURES = {
    "softmax_cross_entropy": lambda: draw(show_gradient()),
    "neuron": neuron,
    "softmax_of_three": softmax_of_three,
    "mlp_expanded": lambda: draw(loss_of_network(1, 3, 2)[0]),
    "mlp_collapsed": lambda: draw(loss_of_network(1, 3, 2)[0], collapse="layer"),
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


def test_the_page_of_operations_is_what_the_tables_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/test_docs.py"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    for name, picture in PICTURES.items():
        picture().save(DOCS / f"{name}.svg")
