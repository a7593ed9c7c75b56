"""Derivatives under jit as passes over the form of what was recorded, and calls that give many numbers."""

import numpy as np
import pytest

import autograd
from autograd import Value, dot, hessian, hvp, jacobian, jit, ops, vmap
from autograd.graph import order

P, V = np.linspace(-0.5, 0.5, 5), np.linspace(1.0, -1.0, 5)
X, Y = np.random.default_rng(1).normal(size=(70, 5)), np.arange(70.0) % 2


def of_matrix(p, X, Y):
    z = X @ p
    return np.mean(np.log1p(np.exp(z)) - Y * z) + 0.05 * dot(p, p)


def of_rows(p, X, Y):
    return vmap(lambda p, x, y: ops.softplus(dot(p, x)) - y * dot(p, x), (None, 0, 0), "mean")(p, X, Y) + 0.05 * dot(p, p)


def second(p):
    """The Hessian of both losses, in closed form."""
    s = 1.0 / (1.0 + np.exp(-X @ p))
    return (X.T * (s * (1.0 - s))) @ X / len(X) + 0.1 * np.eye(len(p))


@pytest.mark.parametrize("loss", [of_matrix, of_rows])
def test_second_derivatives_of_rows_and_a_penalty(loss):
    outside, inside, product = jit(hessian(loss)), hessian(jit(loss)), jit(hvp(loss))
    for p in (P, 0.7 * P + 0.1):  # recorded, then replayed
        np.testing.assert_allclose(outside(p, X, Y), second(p), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(inside(p, X, Y), second(p), rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(product(p, V, X, Y), second(p) @ V, rtol=1e-12, atol=1e-14)


def rotating(x):
    """A chain of rotations by each angle, on which the numbers after it depend: what columns share is long."""
    a, b, found = 1.0, 0.5, []
    for t in x:
        for _ in range(8):
            a, b = ops.cos(t) * a - ops.sin(t) * b, ops.sin(t) * a + ops.cos(t) * b + 0.25
        found.append(a * b)
    return np.array([*found, a, b])


def test_what_columns_of_a_jacobian_share_is_computed_once():
    columns = jit(jacobian(rotating))
    expected = jacobian(rotating)(P)
    np.testing.assert_allclose(columns(P), expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(columns(V), jacobian(rotating)(V), rtol=1e-13, atol=1e-15)
    (trace,) = next(iter(columns.recordings.traces.values()))
    names = [op.name for op, _ in trace.batched.program.instructions()]
    assert (names.count("sin"), names.count("cos")) == (5, 5)


def neighbours(xs):
    return {"all": [ops.sin(xs[i] * xs[i - 1]) + 0.5 * xs[i] for i in range(len(xs))], "last": xs[-1]}


def test_many_numbers_of_few_operations_are_joined_to_values_as_they_are_without_jit():
    jitted, a, b = jit(neighbours), [Value(x) for x in P], [Value(x) for x in P]
    for _ in range(3):
        found, expected = jitted(a), neighbours(b)
        assert [y.data for y in found["all"]] == [y.data for y in expected["all"]]
        assert found["last"] is a[-1]
        assert len(order(*found["all"])) == len(order(*expected["all"]))
        ops.sum([y * y for y in found["all"]]).backward()
        ops.sum([y * y for y in expected["all"]]).backward()
        np.testing.assert_allclose([x.grad for x in a], [x.grad for x in b], rtol=1e-14)
    assert jitted([1.0, 2.0])["last"] == 2.0
    with autograd.no_grad():
        assert all(not y.args for y in jitted(a)["all"])


def test_few_numbers_of_many_operations_are_one_node():
    def long(x):
        for _ in range(60):
            x = ops.sin(x) * x + 0.5
        return [x, x * x]

    x, y = Value(0.3), Value(0.3)
    found, expected = jit(long)(x), long(y)
    assert len(order(*found)) < 10
    ops.sum(found).backward()
    ops.sum(expected).backward()
    assert x.grad == pytest.approx(y.grad, rel=1e-13)
