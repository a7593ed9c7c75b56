"""Random graphs over all operations: reverse mode, forward mode and fifty digits agree, to first and second order.

A failing graph is shrunk and printed as Python. `pytest -m fuzz` runs 20,000 of them, the ordinary run 500.
"""

import pytest
import sympy
from graphs import CHOICES, JUMPS, drawn, exact, graphs, sizes
from hypothesis import strategies as st
from mpmath import mp, mpf

from autograd import TABLE, Value, grad, gradient, hvp, jvp, ops

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

STEP = mpf(10) ** -30  # of a central difference at 100 digits: it is off by 1e-60 of the third derivative, which is below 1e20
DIFFERENTIABLE = tuple(name for name in TABLE if name != "stop_gradient")  # a difference moves what it holds still
directions = st.tuples(*[st.sampled_from([-1.0, 0.5, 2.0])] * 3)


@sizes(250, 20_000)
def test_first_order(examples):
    """Value, backward, gradient, grad and jvp, within what roundings within the table's bounds allow."""

    def check(graph, v):
        leaves = [Value(x) for x in graph.inputs]
        y = graph.run(leaves)
        y.backward()
        found = [leaf.grad for leaf in leaves]
        with mp.workdps(50):
            true = exact(y, leaves)
            assert abs(mpf(y.data) - true.value) <= true.value_error
            for got in (found, [g.data for g in gradient(y, leaves)], grad(graph.run)(list(graph.inputs))):
                assert all(abs(g - d) <= e for g, d, e in zip(got, true.gradient, true.errors, strict=True)), (got, true)
            forward = jvp(graph.run)(list(graph.inputs), list(v))
            allowed = 2 * sum(abs(d) * e for d, e in zip(v, true.errors, strict=True))
            assert abs(forward - mp.fdot(v, true.gradient)) <= allowed, (forward, true)

    drawn(check, examples, graphs(), directions)


@sizes(100, 4_000)
def test_second_order(examples):
    """Reverse over reverse and forward over reverse against differences of the first order at a hundred digits."""

    def check(graph, v):
        leaves = [Value(x) for x in graph.inputs]
        y = graph.run(leaves)
        along = ops.dot(v, gradient(y, leaves))
        reverse = [g.data for g in gradient(along, leaves)]
        forward = hvp(graph.run)(list(graph.inputs), list(v))
        with mp.workdps(100):
            there, back = (exact(y, leaves, [x + s * d * STEP for x, d in zip(graph.inputs, v, strict=True)]).gradient for s in (1, -1))
            errors = exact(along, leaves).errors
            for got in (reverse, forward):
                for g, a, b, error in zip(got, there, back, errors, strict=True):
                    true = (a - b) / (2 * STEP)
                    assert abs(g - true) <= 2 * error + mpf(10) ** -40, (got, float(true), error)

    drawn(check, examples, graphs(most=30, names=DIFFERENTIABLE), directions)


def test_sympy_differentiates_the_same_expressions():
    """The graph of Values against the formula that the same lines give on symbols, differentiated by SymPy."""
    x = sympy.symbols("x:3", real=True)

    def check(graph):
        leaves = [Value(a) for a in graph.inputs]
        y = graph.run(leaves)
        formula = sympy.sympify(graph.run(x))
        with mp.workdps(50):
            true = exact(y, leaves)
            for got, s, error in zip(gradient(y, leaves), x, true.errors, strict=True):
                expected = mpf(sympy.lambdify(x, sympy.diff(formula, s), "mpmath")(*map(mpf, graph.inputs)))
                assert abs(got.data - expected) <= error + 1e-15 * abs(expected), (got, expected)  # the formula holds floats, as 2/√π

    drawn(check, 50, graphs(most=8, names=tuple(name for name in DIFFERENTIABLE if name not in CHOICES | JUMPS)))
