"""The edge table of the design: values and derivatives of first and second order where calculus alone does not decide.

Each row runs on every backend: the pure Value, and the recorded graph, with those of its gradients, replayed on NumPy columns.
"""

import math

import numpy as np
import pytest
from edges import BRANCHES, ROWS, recorded
from operations import same

from autograd import Value, grad, gradient, jvp
from autograd.graph import order
from autograd.kinds import kind_of


def on_values(f, point):
    return [node.data for node in recorded(f, point)[1]]


def replayed(leaves, roots, columns):
    """What the recorded nodes give when the leaves are these NumPy columns."""
    known = dict(zip(leaves, columns, strict=True))
    for node in order(*roots):
        if node.op:
            x = [known.get(a, getattr(a, "data", a)) for a in node.args]
            known[node] = kind_of(x).apply(node.op, x)
    return [np.broadcast_to(known.get(root, root.data), columns[0].shape) for root in roots]


def on_columns(f, point):
    leaves, roots = recorded(f, point)
    return [float(column[1]) for column in replayed(leaves, roots, [np.array([x, x]) for x in point])]


BACKENDS = {"value": on_values, "columns": on_columns}


@pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
@pytest.mark.parametrize(("f", "point", "value", "first", "second"), ROWS)
def test_edge(backend, f, point, value, first, second):
    found = backend(f, point)
    expected = [value, *first, *[h for row in second or () for h in row]]
    assert len(expected) == (len(found) if second else 1 + len(point))
    assert all(map(same, found, expected)), (found, expected)  # as far as `expected` goes
    assert found[0] != 0.0 or math.copysign(1.0, found[0]) == math.copysign(1.0, value)


@pytest.mark.parametrize(("f", "point", "value", "first", "second"), ROWS)
def test_backward_and_grad_agree_at_edges(f, point, value, first, second):
    leaves = [Value(x) for x in point]
    y = f(*leaves)
    y.backward()
    assert y.data == value
    assert all(map(same, [leaf.grad for leaf in leaves], first))
    assert all(map(same, grad(lambda x: f(*x))(list(point)), first))
    if second is None:
        return
    rows = [grad(lambda x, i=i: grad(lambda z: f(*z))(x)[i])(list(point)) for i in range(len(point))]
    assert all(all(map(same, got, row)) for got, row in zip(rows, second, strict=True)), rows


@pytest.mark.parametrize("f", BRANCHES.values(), ids=BRANCHES)
@pytest.mark.parametrize("at", [-2.0, 0.5, 2.0])
def test_the_graph_of_a_gradient_holds_on_every_branch(f, at):
    """Recorded at one point, value and derivatives are replayed at others, where another branch is taken and the first may be nan."""
    points = np.array([-3.0, -0.7, 0.0, 0.3, 1.5, 4.0])
    x = Value(at)
    first = gradient(f(x), x)
    second = gradient(first, x)
    forward = jvp(f)(x, 1.0)
    found = replayed([x], [first, forward, second], [points])
    expected = [[grad(f)(p) for p in points]] * 2 + [[grad(grad(f))(p) for p in points]]
    for column, true in zip(found, expected, strict=True):
        assert np.allclose(column, true, rtol=1e-14, atol=1e-300, equal_nan=True), (column, true)
