"""Gradients over lanes within a recorded function run as one sweep: against closed forms, in every arrangement of inputs and results."""

import pickle

import numpy as np
import pytest

from autograd import grad, hvp, jit, sin, tanh, value_and_grad, vjp, vmap, where
from autograd.program import lanes
from autograd.program.sweep import Sweep

RNG = np.random.default_rng(5)
P, X, Y = np.array([0.3, -0.7, 1.1]), RNG.normal(size=(40, 3)), RNG.normal(size=40)
COMPILED = lanes.kernel is not None


def residual(p, x, y):
    return np.dot(p, x) - y


@pytest.fixture
def swept(monkeypatch):
    """The sweeps that have run."""
    ran = []
    run = Sweep.run

    def noted(self, *args):
        found = run(self, *args)
        if found is not None:
            ran.append(self)
        return found

    monkeypatch.setattr(Sweep, "run", noted)
    return ran


def again(f, *args):
    """The result of a replay."""
    made = jit(f)
    for _ in range(3):
        found = made(*args)
    return found


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("reduce", "weight"), [("sum", 1.0), ("mean", 1.0 / len(Y))])
def test_value_and_gradients_are_one_sweep(swept, reduce, weight):
    loss = vmap(lambda p, x, y: residual(p, x, y) ** 2, in_axes=(None, 0, 0), reduce=reduce)
    value, (of_p, of_x, of_y) = again(value_and_grad(loss, argnums=(0, 1, 2)), P, X, Y)
    r = X @ P - Y
    close(value, weight * (r @ r))
    close(of_p, 2 * weight * (r @ X))
    close(of_x, 2 * weight * r[:, None] * P)
    close(of_y, -2 * weight * r)
    if COMPILED:
        assert any({*sweep.outputs} >= {0, -1} for sweep in swept)  # the value, and the gradient of the first input


def test_a_step_of_descent_with_other_results_beside(swept):
    loss = vmap(lambda p, x, y: (tanh(residual(p, x, y)), np.exp(p[0])), in_axes=(None, 0, 0))

    def step(p, x, y):
        value, gradient = value_and_grad(lambda q: np.sum(loss(q, x, y)[0]))(p)
        return p - 0.1 * gradient, value, vmap(residual, in_axes=(None, 0, 0))(p, x, y)

    moved, value, r = again(step, P, X, Y)
    close(r, X @ P - Y)
    close(value, np.tanh(X @ P - Y).sum())
    close(moved, P - 0.1 * (1 / np.cosh(X @ P - Y) ** 2) @ X)
    assert swept or not COMPILED


def test_cotangents_of_each_lane(swept):
    w = RNG.normal(size=(len(Y), 2))

    def product(p, x, w):
        both = vmap(lambda p, row: np.array([sin(np.dot(p, row)), p[0] * row[1]]), in_axes=(None, 0))
        return vjp(both, argnums=(0, 1))(p, x)(w)

    of_p, of_x = again(product, P, X, w)
    slope = w[:, 0] * np.cos(X @ P)
    first, second = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
    close(of_p, slope @ X + (w[:, 1] @ X[:, 1]) * first)
    close(of_x, slope[:, None] * P + P[0] * w[:, 1, None] * second)
    assert swept or not COMPILED


def test_branches_that_were_not_taken_send_nothing():
    f = vmap(lambda p, x: where(x > 0.0, np.sqrt(p * x), p * 0.0), in_axes=(None, 0), reduce="sum")
    x = np.array([4.0, -1.0, 0.0, 9.0])
    value, (of_p, of_x) = again(value_and_grad(f, argnums=(0, 1)), 0.25, x)
    close((value, of_p), (2.5, 5.0))
    close(of_x, [0.125, 0.0, 0.0, 0.5 / 6.0])


def test_further_derivatives_of_what_is_swept():
    loss = vmap(lambda p, x: sin(np.dot(p, x)), in_axes=(None, 0), reduce="sum")
    v = np.array([1.0, 2.0, -1.0])

    def slope(p):
        return np.dot(grad(loss)(p, X), v)

    expected = -(np.sin(X @ P) * (X @ v)) @ X
    value, gradient = again(value_and_grad(slope), P)
    close(value, np.cos(X @ P) @ (X @ v))
    close(gradient, expected)
    close(again(lambda p: hvp(lambda q: loss(q, X))(p, v), P), expected)


@pytest.mark.parametrize(("shape", "axis"), [((40,), 0), ((40, 3), 0), ((3, 40), 1), ((2, 40, 3), -2), ((2, 3, 40), 2), ((1, 3), 0)])
@pytest.mark.parametrize("reduce", ["sum", "mean"])
def test_the_gradient_of_an_argument_that_has_the_lanes(shape, axis, reduce):
    def f(x, a):
        return a * sum((b * b if b > 0.1 else sin(b)) for b in (x.ravel() if isinstance(x, np.ndarray) else [x]))

    a, of_first = np.arange(1.0, shape[axis] + 1.0), value_and_grad(vmap(f, in_axes=(axis, 0), reduce=reduce))
    made = jit(of_first)
    for k in range(4):  # lanes of both paths, then of one; the last by the fast path
        x = RNG.normal(size=shape) if k < 2 else RNG.uniform(0.2, 1.0, size=shape)
        scale = np.moveaxis(np.broadcast_to(a.reshape(-1, *[1] * (x.ndim - 1)), np.moveaxis(x, axis, 0).shape), 0, axis)
        scale = scale / (1 if reduce == "sum" else len(a))
        value, gradient = made(x, a)
        close(value, (scale * np.where(x > 0.1, x * x, np.sin(x))).sum())
        close(gradient, scale * np.where(x > 0.1, 2 * x, np.cos(x)))


def test_structures_whose_leaves_have_lanes_or_not():
    made = jit(grad(vmap(lambda p: p["a"] * p["b"][0] * p["b"][1] + p["c"], in_axes=({"a": 0, "b": 1, "c": None},), reduce="sum")))
    p = {"a": X[:, 0], "b": X[:, 1:].T, "c": 2.0}
    for _ in range(3):
        found = made(p)
    close(found["a"], X[:, 1] * X[:, 2])
    close(found["b"], [X[:, 0] * X[:, 2], X[:, 0] * X[:, 1]])
    assert found["c"] == len(X)


@pytest.mark.skipif(not COMPILED, reason="the kernel was not built")
def test_what_is_recorded_is_explained():
    loss = vmap(lambda p, x, y: residual(p, x, y) ** 2, in_axes=(None, 0, 0), reduce="sum")
    made = jit(lambda p, x, y: p - 0.1 * value_and_grad(loss)(p, x, y)[1])
    made(P, X, Y)
    assert "operations in 40 lanes, forward and in reverse, run by the compiled kernel." in str(made.explain())


def test_it_can_be_pickled(swept):
    loss = vmap(lambda p, x, y: residual(p, x, y) ** 2, in_axes=(None, 0, 0), reduce="sum")
    again(lambda p, x, y: [value_and_grad(loss)(p, x, y)], P, X, Y)
    for sweep in swept:
        copy = pickle.loads(pickle.dumps(sweep))
        assert (copy.seeded, copy.outputs) == (sweep.seeded, sweep.outputs)
        assert copy.primal.program == sweep.primal.program
