"""jit and vmap: the same answers as the function, on every path, and nothing silently frozen."""

import math
import time

import numpy as np
import pytest
from graphs import graphs
from hypothesis import HealthCheck, given, settings

import nn
from autograd import Value, exp, grad, gradient, hessian, hvp, jit, jvp, log, ops, sin, tanh, value_and_grad, vmap, where
from autograd.errors import LengthError, TraceError


def newton(x):
    root = x / 2.0
    while abs(root * root - x) > 1e-12:
        root = (root + x / root) / 2.0
    return root


FUNCTIONS = {
    "smooth": lambda x: exp(x) * tanh(x) + x**3,
    "branch": lambda x: x * x if x > 1.0 else -x,
    "where": lambda x: where(x > 0.5, log(x), x * x),
    "loop to convergence": lambda x: newton(abs(x) + 0.1),
    "builtin max": lambda x: max(x, 0.3, x * x),
    "sorted": lambda x: sorted([x, 0.5, 1.0 - x])[1] * x,
    "isfinite": lambda x: log(x) if log(x).isfinite() else x,
    "truth": lambda x: 1.0 if x else x + 2.0,
}


@pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)
def test_same_answers_as_the_function(f):
    fast, slope = jit(f), jit(grad(f))
    points = [-2.0, -0.3, 0.0, 0.2, 0.5, 0.9, 1.0, 1.7, 30.0]
    for x in [*points, *reversed(points)]:
        v = Value(x)
        y = f(v)
        expected = y.data if isinstance(y, Value) else y
        assert fast(x) == pytest.approx(expected, rel=1e-14, abs=1e-300, nan_ok=True)
        assert slope(x) == pytest.approx(grad(f)(x), rel=1e-13, abs=1e-300, nan_ok=True)
    column = vmap(lambda x: f(x) + 0.0 * x)(np.array(points))
    assert column == pytest.approx([fast(x) + 0.0 * x for x in points], rel=1e-13, abs=1e-300, nan_ok=True)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(graphs(most=40))
def test_random_graphs(graph):
    x = list(graph.inputs)
    assert jit(graph.run)(x) == graph.run([Value(a) for a in x]).data
    for got, expected in zip(jit(grad(graph.run))(x), grad(graph.run)(x), strict=True):
        assert got == pytest.approx(expected, rel=1e-9, abs=1e-9)


def loss(p, x, y):
    z = [p[3 * k] * x[0] + p[3 * k + 1] * x[1] + p[3 * k + 2] for k in range(2)]
    return ops.logsumexp(z) - z[y]


P, X = np.arange(6.0) / 10.0, np.random.default_rng(0).normal(size=(7, 2))
Y = np.array([0, 1, 0, 1, 1, 0, 0])
mean_loss = vmap(loss, in_axes=(None, 0, 0), reduce="mean")


def by_hand(p):
    return ops.sum([loss(p, x, int(y)) for x, y in zip(X, Y, strict=True)]) / 7.0


def test_a_step_of_training():
    step = jit(value_and_grad(mean_loss))
    for p in (P, P + 1.0, -P):
        value, found = step(p, X, Y)
        expected, gradient_ = value_and_grad(by_hand)(p)
        assert type(value) is float
        assert value == pytest.approx(expected, rel=1e-14)
        assert found == pytest.approx(gradient_, rel=1e-13, abs=1e-15)


def test_a_step_with_labels_as_numbers_and_the_call_again():
    def hinge(p, x, y):
        return ops.relu(1.0 - y * (p[0] * x[0] + p[1] * x[1]))

    signs = np.where(Y, 1.0, -1.0)
    step = jit(value_and_grad(vmap(hinge, in_axes=(None, 0, 0), reduce="sum")))
    expected = value_and_grad(lambda p: ops.sum([hinge(p, x, y) for x, y in zip(X, signs, strict=True)]))
    for p in (P[:2], P[2:4], -P[4:]):
        for got, true in zip(step(p, X, signs), expected(p), strict=True):
            assert got == pytest.approx(true, rel=1e-14)
    assert step(P[:2], X[:3], signs[:3])[0] != step(P[:2], X, signs)[0]


def test_values_come_out_joined_to_the_callers_graph():
    p = [Value(a) for a in P]
    y = mean_loss(p, X, Y) * 2.0
    y.backward()
    assert [v.grad for v in p] == pytest.approx(2.0 * grad(by_hand)(P), rel=1e-13)
    second = gradient(gradient(mean_loss(p, X, Y), p)[0], p)
    assert [h.data for h in second] == pytest.approx(hessian(by_hand)(P)[0], rel=1e-12, abs=1e-15)


def test_captured_leaves_and_modules_are_live():
    w = Value(3.0)
    f = jit(lambda x: w * x)
    y = f(2.0)
    y.backward()
    assert (y.data, w.grad) == (6.0, 2.0)
    w.data = 5.0
    assert f(2.0).data == 10.0
    model = nn.MLP(2, [3, 1], init=nn.xavier(seed=1))
    fast = jit(model)
    for p in model.parameters():
        p.data += 0.1
        assert fast([0.3, -0.2]).data == pytest.approx(model([0.3, -0.2]).data, rel=1e-14)


def test_captured_numbers_are_compared():
    scale, weights, options = 2.0, [1.0, 2.0], {"shift": 1.0}
    table = np.array([1.0, 2.0])
    f = jit(lambda x: scale * x + weights[1] + options["shift"] + float(table[0]))
    assert f(1.0) == 6.0
    scale = 3.0
    assert f(1.0) == 7.0
    weights[1] = 5.0
    options["shift"] = 0.0
    table[0] = 10.0
    assert f(1.0) == 18.0


def test_static_arguments_are_part_of_the_key():
    power = jit(lambda x, n: x**n)
    assert [power(2.0, n) for n in (1, 2, 3, 2)] == [2.0, 4.0, 8.0, 4.0]


@pytest.mark.parametrize(
    "peek",
    [lambda x: x.data, lambda x: x.grad, lambda x: x.backward(), lambda x: f"{x:.2f}", lambda x: math.floor(x.data)],
    ids=["data", "grad", "backward", "format", "floor"],
)
def test_what_a_replay_could_not_do_again_is_refused_with_the_line(peek):
    with pytest.raises(TraceError, match=r"test_jit\.py"):
        jit(lambda x: (peek(x * 2.0), x)[1])(1.0)


def test_nested():
    f = jit(lambda x: jit(lambda y: y * y)(x) + grad(jit(lambda z: z**3))(x))
    assert f(2.0) == 16.0
    assert jit(hessian(lambda x: x[0] ** 2 * x[1]))(np.array([3.0, 2.0])).tolist() == [[4.0, 6.0], [6.0, 0.0]]
    assert vmap(vmap(lambda a, b: a * b), in_axes=(0, None))(np.ones((3, 2)), np.array([1.0, 2.0])).tolist() == [[1.0, 2.0]] * 3


@pytest.mark.parametrize("first", [jit, hessian])
def test_a_first_call_records_the_function_and_a_second_its_derivative(first):
    """In either order; the third and later ones run what was recorded, until a shape is new."""

    def f(x):
        return ops.sum([exp(a) * x[0] for a in x])

    g = jit(hessian(f)) if first is jit else hessian(jit(f))
    whole = g if first is jit else g.whole
    for size, expected in ((3, 1), (3, 2), (3, 2), (3, 2), (2, 3), (2, 4), (2, 4), (3, 4)):
        x = np.linspace(0.5, 1.0, size)
        found = g(x)
        true = np.diag(np.exp(x) * x[0])
        true[0] += np.exp(x)
        true[:, 0] += np.exp(x)
        assert np.allclose(found, true, rtol=1e-14)
        assert whole.recordings.made + whole.of_recorded.f.recordings.made == expected
    if first is jit:
        h = jit(hessian(f))
        h(np.ones(2))
        assert str(h.explain()).endswith("whose derivative is recorded at the second call.")
        h(np.ones(2))
        assert "second call" not in str(h.explain())


@pytest.mark.parametrize("make", [lambda f: jit(hvp(f)), lambda f: hvp(jit(f))], ids=["outside", "inside"])
def test_a_derivative_of_what_is_not_recorded_warns_once(make):
    g = make(lambda x: x[0] ** 3 * len(str(time.time_ns()) + "a") ** 0)
    with pytest.warns(RuntimeWarning, match="time_ns"):
        assert g([2.0], [1.0]) == [12.0]
    assert [g([x], [1.0]) for x in (2.0, 3.0)] == [[12.0], [18.0]]


def test_lanes_of_different_structure_are_refused():
    with pytest.raises(LengthError):
        vmap(lambda x: [x] if x > 0.0 else [x, x])(np.array([1.0, -1.0]))


def test_derivatives_within_a_recording_are_captured_by_functions_within_it():
    def f(x):
        slope = grad(lambda v: v * v * v)(x)
        along = jvp(lambda v: sin(v) * x)(x, 1.0)
        return vmap(lambda p, t: slope * t + along * p, in_axes=(None, 0), reduce="sum")(x, np.arange(3.0))

    expected, derivative = f(2.0), grad(f)(2.0)
    recorded = jit(f)
    assert [recorded(2.0), recorded(2.0), jit(grad(f))(2.0)] == pytest.approx([expected, expected, derivative], rel=1e-15)
