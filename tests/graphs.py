"""Random graphs, a second evaluation of them at fifty digits, and what rounding can make of them.

Nothing here asks the table for a derivative: formulas are `REFERENCE` of operations, differentiated by SymPy.
"""

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from operations import ARGUMENTS, OF_AN_ORDER, REFERENCE
from special_functions import MODULES

from autograd import TABLE, Value, ops
from autograd.graph import order

LIMIT, MARGIN = 1e3, 1e-3  # values stay below the one, and away from kinks and the ends of domains by the other
CONSTANTS = (1.0, -1.0, 0.5, 2.0, -0.3, 3.0, 0.1, -2.5)
UNIT = 2.0**-53

# How an operation of the graph is applied, where that is not `op(*x)`: `where` by a comparison, as users write it.
CALLS: dict[str, Callable[..., Any]] = {
    "where": lambda a, b, c: ops.where(a > 0.0, b, c),
    "powc": ops.pow,
    "sum": lambda *x: ops.sum(x),
    "logsumexp": lambda *x: ops.logsumexp(x),
    "norm": lambda *x: ops.norm(x),
    "dot": lambda a, b, c, d: ops.dot([a, b], [c, d]),
}
OURS = {name: CALLS.get(name, op) for name, op in TABLE.items()}
ARITY = {name: {"dot": 4}.get(name, op.arity or 3) for name, op in TABLE.items()}
CHOICES = {
    "cbrt",
    "relu",
    "leaky_relu",
    "abs",
    "sign",
    "step",
    "less",
    "less_equal",
    "equal",
    "where",
    "maximum",
    "minimum",
    "clip",
}  # smooth where no two arguments tie
JUMPS = {"floor", "ceil", "round", "floordiv", "mod"}  # smooth between whole numbers
ANYWHERE = CHOICES - {"leaky_relu"} | {"div"}  # their formulas hold beyond the domain that the table samples


class Graph(NamedTuple):
    """Inputs, and lines (operation, arguments): an int is the position of an input or earlier line, a float a constant."""

    inputs: tuple[float, ...]
    lines: tuple[tuple[str, tuple[int | float, ...]], ...]

    def run(self, inputs, calls=OURS):
        """The sum of all results that no line uses, on any kind of number."""
        made = list(inputs)
        for name, args in self.lines:
            made.append(calls[name](*[made[i] if isinstance(i, int) else i for i in args]))
        used = {i for _, args in self.lines for i in args if isinstance(i, int)}
        return calls["sum"](*[y for i, y in enumerate(made) if i not in used])

    def __repr__(self):
        names = [f"v{i}" for i in range(len(self.inputs) + len(self.lines))]
        made = [f"{names[i]} = Value({x!r})" for i, x in enumerate(self.inputs)]
        for i, (name, args) in enumerate(self.lines, len(self.inputs)):
            x = [names[a] if isinstance(a, int) else repr(a) for a in args]
            form = {"where": "where({} > 0, {}, {})", "powc": "({} ** {})", "dot": "dot([{}, {}], [{}, {}])"}.get(name)
            form = form or (f"{name}([{{}}, {{}}, {{}}])" if TABLE[name].sequences else f"{name}({', '.join(['{}'] * len(x))})")
            made.append(f"{names[i]} = {form.format(*x)}")
        used = {i for _, args in self.lines for i in args if isinstance(i, int)}
        return "\n" + "\n".join([*made, f"y = sum([{', '.join(n for i, n in enumerate(names) if i not in used)}])"]) + "\n"


def _smooth(name: str, x: list[float], args: tuple[int | float, ...]) -> bool:
    """Whether `x` lies inside the domain, away from its ends and from ties."""
    inside = name in ANYWHERE or all(low + MARGIN < a < high - MARGIN for a, (low, high) in zip(x, _domain(name), strict=True))
    if name in JUMPS:
        if len(x) > 1 and abs(x[1]) < 0.1:
            return False
        place = x[0] / x[1] if len(x) > 1 else x[0] + 0.5 * (name == "round")
        return abs(place - round(place)) > MARGIN
    if name in ("div", "hypot", "norm"):
        return abs(x[1]) > MARGIN
    if name not in CHOICES:
        return inside
    threshold = [0.0] if TABLE[name].arity in (1, 3) or name == "leaky_relu" else []
    if name == "clip":
        return x[1] + MARGIN < x[2] and min(abs(x[0] - x[1]), abs(x[0] - x[2])) > MARGIN
    distinct = [*dict(zip(map(repr, args), x, strict=True)).values(), *threshold]  # one node twice is no tie
    return inside and all(abs(a - b) > MARGIN for i, a in enumerate(distinct) for b in distinct[:i])


def _domain(name: str) -> tuple[tuple[float, float], ...]:
    return TABLE[name].domain if TABLE[name].arity else TABLE[name].domain * ARITY[name]


@st.composite
def graphs(draw, most=200, names=tuple(TABLE)):
    """Graphs of at most `most` lines, values and constants mixed, nodes shared; lines that leave the domain are left out.

    So are those whose first byte is 0, which lets a failing graph shrink to few lines.
    """
    n = draw(st.integers(0, most))
    inputs = draw(st.tuples(*[st.floats(-2.0, 2.0, allow_subnormal=False).map(lambda x: round(x, 3))] * 3))
    made, lines = list(inputs), []
    for code, *picks in draw(st.lists(st.binary(min_size=5, max_size=5), min_size=n, max_size=most)):
        name = names[code % len(names)]
        args = tuple(p % len(made) if p < 224 else CONSTANTS[p % 8] for p in picks[: ARITY[name]])
        if name == "powc":
            args = (args[0], CONSTANTS[picks[1] % 8])
        if name in OF_AN_ORDER:
            args = (2.0 + picks[0] % 2, args[1])
        x = [made[i] if isinstance(i, int) else i for i in args]
        if code and any(isinstance(i, int) for i in args) and _smooth(name, x, args):
            y = OURS[name](*x)
            if abs(y) < LIMIT:
                made.append(y)
                lines.append((name, args))
    return Graph(inputs, tuple(lines))


# The second evaluation.


@functools.cache
def _compiled(name: str) -> Callable[..., Any]:
    """Value, gradient and Hessian of the reference formula, as one mpmath function."""
    f = REFERENCE[name]
    x = ARGUMENTS[: TABLE[name].arity or 3]
    first = [sympy.diff(f, a) for a in x]
    return sympy.lambdify(x, [f, first, [[sympy.diff(d, a) for a in x] for d in first]], MODULES, cse=True)


def local(name: str, x: list[mpf]) -> tuple[mpf, list[mpf], list[list[mpf]] | None]:
    """Value, partials and second partials (None where all are 0) of one operation."""
    if name == "sum":
        return mp.fsum(x), [mpf(1)] * len(x), None
    if name == "dot":
        n = len(x)
        opposite = [[mpf(abs(i - j) == n // 2) for j in range(n)] for i in range(n)]
        return mp.fdot(x[: n // 2], x[n // 2 :]), x[n // 2 :] + x[: n // 2], opposite
    if name == "where":  # in a recorded graph its condition is 0 or not
        return x[1] if x[0] else x[2], [mpf(0), mpf(bool(x[0])), mpf(not x[0])], None
    if name == "stop_gradient":
        return x[0], [mpf(0)], None
    missing = 0 if TABLE[name].arity else 3 - len(x)  # a maximum of two is one of three, the last repeated
    y, p, h = _compiled(name)(*x, *x[-1:] * missing)
    if name in OF_AN_ORDER:
        p, h = [mpf(0), p[1]], [[mpf(0)] * 2, [mpf(0), h[1][1]]]
    if missing:
        p = [*p[: len(x) - 1], mp.fsum(p[len(x) - 1 :])]
        h = None
    return mpf(y), p, h


class Exact(NamedTuple):
    """Value and gradient, and how far rounding can carry a careful computation of them, to first order."""

    value: mpf
    gradient: list[mpf]
    value_error: float
    errors: list[float]


def exact(root: Value, leaves: list[Value], at: list[mpf] | None = None) -> Exact:
    """Recompute a recorded graph in forward mode, with the errors that roundings within the table's bounds can cause.

    With v the value of a node, p its partials, h their derivatives: E = Σ|p|E + (bound of the value) for values; each partial is off by
    δ = (bound) + Σ|h|E, and a derivative, a sum over paths of products of partials, by D = Σ|p|D + |δ|A, where A is the same sum of |p|.
    Each of the sweep's products and sums adds at most one rounding of A.
    """
    known: dict[Value, tuple[Any, ...]] = {}
    size = range(len(leaves))
    for j, (leaf, x) in enumerate(zip(leaves, at or [mpf(v.data) for v in leaves], strict=True)):
        unit = [float(i == j) for i in size]
        known[leaf] = x, [mpf(i == j) for i in size], 0.0, unit, [0.0 for _ in size]
    edges = 0
    for node in order(root):
        if node in known:
            continue
        if node.op is None:
            continue
        args = [known.get(a) or (mpf(getattr(a, "data", a)), None, 0.0, None, None) for a in node.args]
        edges += len(args)
        op = node.op
        x = [a[0] for a in args]
        y, p, h = local(op.name, x)
        sizes = [abs(float(q)) for q in p]
        carried = [1.0] if op is ops.stop_gradient else sizes  # what is held still for derivatives carries its error on all the same
        value_error = math.fsum(q * a[2] for q, a in zip(carried, args, strict=True)) + _unit(op.bound.value, y, op)
        off = [_unit(op.bound.partials, q, op) for q in p]
        if h:
            off = [o + math.fsum(abs(float(s)) * a[2] for s, a in zip(row, args, strict=True)) for o, row in zip(off, h, strict=True)]
        live = [i for i, a in enumerate(args) if a[1] is not None]
        known[node] = (
            y,
            [mp.fsum(p[i] * args[i][1][j] for i in live) for j in size],
            value_error,
            [math.fsum(sizes[i] * args[i][3][j] for i in live) for j in size],
            [math.fsum(sizes[i] * args[i][4][j] + off[i] * args[i][3][j] for i in live) for j in size],
        )
    y, gradient, value_error, paths, errors = known[root]
    return Exact(y, gradient, value_error, [e + 2 * edges * UNIT * a for e, a in zip(errors, paths, strict=True)])


def _unit(bound: float, x: mpf, op: ops.Op) -> float:
    size = abs(float(x))
    return bound * math.ulp(size if op.bound.relative else max(1.0, size))


# Drawing them.


def sizes(ordinary, nightly):
    """So many examples in every run, and so many with `-m fuzz`."""
    return pytest.mark.parametrize("examples", [ordinary, pytest.param(nightly, marks=pytest.mark.fuzz)])


def drawn(check, examples, *strategies):
    """Run `check` on so many examples."""
    settings(max_examples=examples, suppress_health_check=list(HealthCheck))(given(*strategies)(check))()
