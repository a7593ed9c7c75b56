"""The tables of operations.md, which `python -m autograd.native.generate` writes; what stands around them is written there by hand.

They come from the table in autograd/ops.py, its formulas printed by SymPy, and from the edge table in tests/edges.py.
"""

import re
import runpy
from pathlib import Path
from typing import Any

import sympy
from sympy import log, pi, sqrt

from autograd import TABLE, Op, ops
from autograd.errors import AutogradError

TESTS = Path(__file__).parents[1] / "tests"
two = sympy.Integer(2)
# Constants of partials that have a name.
NAMED = {float(x): x for c in (2 / sqrt(pi), sqrt(pi) / 2, 1 / sqrt(2 * pi), 1 / sqrt(two), log(2), 1 / log(2), 1 / log(10))
         for x in (c, -c)}  # fmt: skip

# What would show how it is computed, where it is computed in two ways.
BY_HAND = {
    ops.digamma: r"$\zeta\left(2, a\right)$, by reflection below 0",
    ops.erfcx: r"$2 a y - \frac{2}{\sqrt{\pi}}$",
    ops.log_ndtr: r"$\frac{1}{\sqrt{2 \pi}} e^{- \frac{a^{2}}{2} - y}$",
    ops.ndtri: r"$\sqrt{2 \pi} e^{\frac{y^{2}}{2}}$",
    ops.mills: r"not implemented, $y \left(y - \operatorname{mills}_{a + 1}\left(b\right)\right)$",
}


def variables(op: Op) -> list[sympy.Symbol]:
    """Symbols for the arguments, three for an n-ary operation, two sequences of two for dot."""
    return list(sympy.symbols("a b c d", real=True)[: {2: 4}.get(op.sequences, op.arity or 3)])


def derivatives(op: Op) -> str:
    """The local derivatives as SymPy prints them; of choices in words."""
    x = variables(op)
    if op in (ops.maximum, ops.minimum):
        return "1 for the one chosen, else 0; at a tie each gets an equal share, and 0 where a constant ties"
    if op in (ops.hypot, ops.norm):
        return "$" + r", \; ".join(rf"\frac{{{a}}}{{y}}" for a in x) + "$"
    if op in BY_HAND:
        return BY_HAND[op]
    try:
        y = op(x[:2], x[2:]) if op.sequences == 2 else op(x) if op.sequences else op(*x)
    except (AttributeError, AutogradError):  # what SymPy has no function for
        y = sympy.Symbol("y", real=True)
    return ", ".join("–" if p is None else f"${sympy.latex(exact(p))}$" for p in op.partials(y, *x))


def exact(p: Any) -> sympy.Expr:
    """`p` with its floats as the fractions that they are, and the named constants by their names."""
    p = sympy.sympify(p)
    return p.xreplace({x: NAMED.get(float(x)) or sympy.Rational(str(x)).limit_denominator(4) for x in p.atoms(sympy.Float)})


def numbers(x: Any) -> str:
    """Numbers in a cell; None, no dependence, as a dash."""
    return ", ".join("–" if a is None else f"{a:.4g}" for a in x)


def verbatim(text: str) -> str:
    """Text in which stars and bars are not Markdown's."""
    return re.sub(r"[*|]", r"\\\g<0>", text)


def operation(op: Op) -> tuple[str, ...]:
    """The cells of an operation."""
    formula = op.formula(*map(str, variables(op))).replace("|", r"\vert ")
    domain = " × ".join(f"({low:g}, {high:g})" for low, high in op.domain)
    bound = f"{op.bound.value:g}, {op.bound.partials:g}{'' if op.bound.relative else ', absolute'}" if op.bound else ""
    return op.name, f"${formula}$", derivatives(op), domain, bound


def page(text: str) -> str:
    """The text of operations.md with its three tables as they should be."""
    edges = runpy.run_path(str(TESTS / "edges.py"))["EDGES"]
    kinks = [(op.name, numbers(k.at), numbers(k.partials), verbatim(k.reason)) for op in TABLE.values() for k in op.kinks or ()]
    tables = {
        "operation | formula": list(map(operation, TABLE.values())),
        "operation | at": kinks,
        "case | value": [(verbatim(name), f"{y:.4g}", numbers(p), "; ".join(map(numbers, h))) for name, (_, _, y, p, h) in edges.items()],
    }
    for head, rows in tables.items():
        lines = "".join(f"| {' | '.join(cells)} |\n" for cells in rows)
        text = re.sub(rf"(?m)(^\| {re.escape(head)} .*\n\| ---.*\n)(?:\|.*\n)*", lambda m, lines=lines: m[1] + lines, text)
    return text
