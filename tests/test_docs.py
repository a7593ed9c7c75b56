"""docs/operations.md is what the tables say; `python tests/test_docs.py` writes it anew."""

from pathlib import Path

import sympy
from test_edges import EDGES
from test_ops import apply

from autograd import TABLE, Op, ops

PAGE = Path(__file__).parents[1] / "docs" / "operations.md"

HEAD = """# The operations

Written by `tests/test_docs.py` from the one table in `autograd/ops.py` and the edge table in `tests/test_edges.py`; a test compares them.

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
- nan in gives nan out, with the exceptions of C's annex F: `nan**0` and `1**nan` are 1, `hypot(inf, nan)` is inf.
  A comparison with nan is nan, not false: `step(nan)` and the derivative of `relu` at nan are nan.
- No dependence (a dash above, None in `Value.partials`) is exactly 0, whatever arrives: it is not walked. So is a branch that `where` did
  not take: `where(x > 0, log(x), 0)` has derivative 0 at 0, never nan.
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
        return "1 for the one chosen, else 0; a tie shares it equally"
    if op is ops.hypot:
        return r"$\frac{a}{y}, \; \frac{b}{y}$"
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


def test_the_page_of_operations_is_what_the_tables_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/test_docs.py"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
