"""The playground of the site's first page: one HTML document in which lines of text become a graph that one can step through.

It is the page of steps with an editor above it. The operations, their derivatives and the formulas of these are JavaScript printed from
the table when the site is built; the text is parsed, recorded and laid out by the scripts in docs/playground/.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from autograd import TABLE, Op, ops
from autograd.kinds import register_node
from autograd.native.ctext import ATOM, CHOICE, Expression
from autograd.pictures.formulas import template
from autograd.pictures.jstext import JavaScript, arrow
from autograd.pictures.page import document

FOLDER = Path(__file__).parent / "playground"
SCRIPTS = ("parse", "record", "page", "formula", "layout", "drawing", "editor")
MOST_ARGUMENTS = 10  # of an operation that takes any number

EXAMPLES = {
    "Softmax with cross-entropy": """\
z = [2.0, 1.0, -1.0]
y = [0.0, 1.0, 0.0]
e = [exp(x) for x in z]
s = sum(e)
a = [x / s for x in e]
loss = -dot([log(x) for x in a], y)""",
    "Neuron": """\
x1 = 2.0
x2 = 0.0
w1 = -3.0
w2 = 1.0
b = 6.88
o = tanh(w1*x1 + w2*x2 + b)""",
    "Newton step": """\
a = 2.0
x0 = 1.0
x1 = x0 - (x0**2 - a) / (2*x0)
x2 = x1 - (x1**2 - a) / (2*x1)""",
    "Logistic regression": """\
w = 0.5
b = -0.2
z = [w*x + b for x in [-1.0, 0.5, 2.0]]
# -ln of the probability of each class: 0, 1, 1
loss = softplus(z[0]) + softplus(-z[1]) + softplus(-z[2])""",
    "Small MLP": """\
x1 = 0.5
x2 = -1.0
u = [0.8, -0.4]
v = [0.3, 0.9]
w = [1.2, -0.7]
h = [tanh(u[0]*x1 + u[1]*x2), tanh(v[0]*x1 + v[1]*x2)]
y = dot(w, h)
loss = (y - 1)**2""",
    "Several paths": """\
x = 1.5
y = x * x
y * sin(x) + relu(x - 1) + where(x > 2, y, x)""",
}


def written(function: str, *x: Any) -> "Written":
    """A call of one of the functions of formula.js."""
    args = tuple([a if isinstance(a, Written) else in_javascript(a) for a in x])
    return Written(function.replace("...", ", ".join(["{}"] * len(x))), ATOM, args, (CHOICE,) * len(x))


def in_javascript(x: float) -> "Written":
    """A float as JavaScript has it."""
    return Written(repr(float(x)).replace("inf", "Infinity").replace("nan", "NaN"), ATOM)


def operators(function: str) -> tuple[Callable[[Any, Any], "Written"], Callable[[Any, Any], "Written"]]:
    """An operator, and the one for a number on its left."""
    return lambda a, b: written(f"{function}(...)", a, b), lambda b, a: written(f"{function}(...)", a, b)


class Written(Expression):
    """A formula as the JavaScript that builds it, from the same walk as its number: see playground/formula.js."""

    __add__, __radd__ = operators("plus")
    __mul__, __rmul__ = operators("times")
    __truediv__, __rtruediv__ = operators("over")

    def __neg__(self) -> "Written":
        return written("negated(...)", self)

    def __sub__(self, other: Any) -> "Written":
        return self + -other

    def __rsub__(self, other: Any) -> "Written":
        return other + -self


class _Written:
    """Operations on such text."""

    def apply(self, op: Op, x: Sequence[Any]) -> Any:
        """Arithmetic by the operators above, anything else by name."""
        if op in (ops.add, ops.sub, ops.mul, ops.div, ops.neg):
            return op.value(None, *x)
        return written(f'applied("{op.name}", ...)', *x)


register_node(Written, _Written())


def counts(op: Op) -> Sequence[int]:
    """How many arguments an operation may have here."""
    each = op.sequences or 1
    return [op.arity] if op.arity else range(each, MOST_ARGUMENTS * each + 1, each)


def operations() -> tuple[str, dict[str, Any]]:
    """The table in JavaScript, and what the page knows of each row."""
    program, formulas, rows = JavaScript(), [], {}
    for op in TABLE.values():
        places: list[int | None] = [None] * (max(counts(op)) + 1)
        for n in counts(op):
            places[n] = program.operation(op, n)
            y, *x = (Written(name, ATOM) for name in ("y", *(f"x{i}" for i in range(n))))
            partials = [in_javascript(p) if isinstance(p, float) else p for p in op.partials(y, *x)]
            formulas.append(f"{arrow([y, *x], partials)},\n")
        rows[op.name] = {
            "name": op.name, "aliases": op.aliases, "label": op.label, "form": template(op), "arity": op.arity,
            "sequences": op.sequences, "defaults": op.defaults, "ties": op.ties, "selects": op.selects, "places": places,
            "constant": op.constant and op.constant.name, "replaces": op.constant_of and op.constant_of.name,
        }  # fmt: skip
    return f"{program.text()}\nconst FORMULAS = [\n{''.join(formulas)}];\n", rows


def html() -> str:
    """The page."""
    text, rows = operations()
    data = json.dumps({"operations": rows, "examples": list(EXAMPLES.items())}, separators=(",", ":"))
    parts = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir() if path.is_file()}
    scripts = [parts[f"{name}.js"] for name in SCRIPTS]
    return document(
        "Playground",
        data.replace("<", "\\u003c"),
        text,
        *scripts,
        name="the expression",
        style=parts["playground.css"],
        above=parts["editor.html"],
    )
