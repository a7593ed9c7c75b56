"""What jit and vmap promise, sentence by sentence: a function's own answers whatever it branches on, captures or is nested in, or an error.

`test_jit` shows them at work; here they are pressed.
"""
# Functions are made of generated text; each lambda is a function that is recorded as it stands.
# ruff: noqa: S102, PLW0108

import math
import warnings

import numpy as np
import pytest
from edges import ROWS
from functions import (
    CASES,
    SCALAR,
    close,
    counted,
    first_large,
    middle,
    numbers,
    questions,
)
from graphs import drawn, exact, graphs, sizes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpmath import mp
from operations import same

import nn
from autograd import (
    Value,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    lanes,
    ops,
    value_and_grad,
    vjp,
    vmap,
)
from autograd.arrays import tree_ravel
from autograd.errors import (
    RangeError,
)
from autograd.program.program import Program


@pytest.mark.usefixtures("execution")
@pytest.mark.parametrize(("f", "points"), CASES)
def test_jit_gives_what_the_function_gives(f, points):
    g = jit(f)
    for _ in range(2):
        for x in points:
            assert close(g(x), f(x)), x
    assert g.recordings.made <= len(points)


@pytest.mark.usefixtures("execution")
@pytest.mark.parametrize(("f", "points"), CASES)
def test_lanes_take_their_own_branches(f, points):
    g = vmap(f)
    for X in (np.array(points), np.array(points[::-1]), np.array(points[:1])):
        found = g(X)
        rows = [f(x.tolist() if x.ndim else float(x)) for x in X]
        assert np.allclose(np.array(numbers(found)).reshape(-1, len(X)).T, [numbers(row) for row in rows], rtol=1e-13, equal_nan=True)


@pytest.mark.usefixtures("execution")
@pytest.mark.parametrize(("f", "points"), SCALAR)
def test_derivatives_of_branches(f, points):
    """However jit, vmap and the transforms are nested."""
    for made in (jit(grad(f)), grad(jit(f)), jit(grad(jit(f))), lambda x: jit(value_and_grad(f))(x)[1]):
        for x in points:
            assert close(made(x), grad(f)(x)), x
    X = np.array(points)
    expected = [numbers(grad(f)(x)) for x in points]
    for made in (vmap(grad(f)), jit(vmap(grad(f))), vmap(jit(grad(f)))):
        assert np.allclose(np.array(made(X)).reshape(len(X), -1), expected, rtol=1e-12, equal_nan=True)
    total = vmap(lambda p, x: f(p * x if X.ndim == 1 else [p * a for a in x]), in_axes=(None, 0), reduce="sum")
    for step in (jit(value_and_grad(total)), value_and_grad(total)):
        for _ in range(2):
            y, g = step(1.0, X)
            assert math.isclose(y, math.fsum(f(x) for x in points), rel_tol=1e-12) or math.isnan(y)
            true = sum(grad(lambda p, x=x: f(p * x if X.ndim == 1 else [p * a for a in x]))(1.0) for x in points)
            assert math.isclose(g, true, rel_tol=1e-11) or (math.isnan(g) and math.isnan(true))


@pytest.mark.any_python
@pytest.mark.parametrize("compiled", [True, False])
def test_random_graphs_keep_the_bounds_of_the_table(compiled, monkeypatch):
    if not compiled:
        monkeypatch.setattr(lanes, "kernel", None)
    elif lanes.kernel is None:
        pytest.skip("the kernel was not built")

    def check(graph):
        x = [Value(a) for a in graph.inputs]
        y = graph.run(x)
        found, g = jit(value_and_grad(graph.run))(list(graph.inputs))
        batch = vmap(graph.run)(np.array([graph.inputs] * 5))
        node = jit(graph.run)(x)
        node.backward()
        with mp.workdps(50):
            true = exact(y, x)
            for value in (found, *batch, node.data, jit(graph.run)(list(graph.inputs))):
                assert abs(value - true.value) <= true.value_error
            for got in (g, [a.grad for a in x]):
                assert all(abs(a - d) <= e for a, d, e in zip(got, true.gradient, true.errors, strict=True)), (got, true)

    drawn(check, 60, graphs(most=60))


@pytest.mark.usefixtures("execution")
@pytest.mark.parametrize(("f", "point", "value", "first", "second"), ROWS)
def test_edges(f, point, value, first, second):
    g = jit(lambda x: f(*x))
    assert same(g(list(point)), value)
    for row in (jit(grad(lambda x: f(*x)))(list(point)), vmap(grad(lambda x: f(*x)))(np.array([point, point]))[1]):
        assert all(map(same, row, first)), row
    x = [Value(a) for a in point]
    y = g(x)
    y.backward()
    assert all(map(same, [a.grad for a in x], first))
    if second is not None:
        rows = [[h.data for h in gradient(d, x)] for d in gradient(y, x)]
        assert all(all(map(same, row, true)) for row, true in zip(rows, second, strict=True)), rows


# Functions that nobody wrote.

EXPRESSIONS = [
    "{0} * {1}", "{0} + {3}", "{0} - {1}", "ops.sin({0})", "ops.tanh({0} * {1})", "ops.where({0} < {1}, {1}, {3})", "max({0}, {1})",
    "min({0}, {1}, {2})", "sorted([{0}, {1}, {2}])[1]", "ops.relu({0})", "abs({0})", "-{0}", "({0} > {1}) * {2}", "ops.exp(-{0} * {0})",
    "{0} / (1.0 + {1} * {1})", "w * {0}", "ops.maximum({0}, {1}, {2})", "sum([{0}, {1}, k])", "{0} ** 2", "ops.hypot({0}, {1})",
]  # fmt: skip


@st.composite
def sources(draw, most=4):
    """The text of a function of nested numbers and an int, with loops, branches, early returns and a captured leaf `w`."""
    names = st.sampled_from(["a", "b", "c"])
    constants = st.sampled_from(["0.5", "-1.0", "2.0", "0.0"])

    def block(depth):
        lines = []
        for _ in range(draw(st.integers(1, most))):
            x, y = draw(names), draw(names)
            kind = draw(st.sampled_from(["set", "set", "set", "if", "for", "while", "return"] if depth else ["set"]))
            if kind == "set":
                lines.append(f"{x} = {draw(st.sampled_from(EXPRESSIONS)).format(x, y, draw(names), draw(constants))}")
            elif kind == "return":
                lines.append(f"if {x} > {draw(constants)} + 2.0: return [{y}, {{'s': {x} + w}}]")
            else:
                head = {"if": f"if {x} < {y}:", "for": "for k in range(n):", "while": f"while abs({x}) > 1.5 and m < 8:"}[kind]
                rest = [f"{x} = {x} * 0.4", "m += 1"] if kind == "while" else []
                lines += [head, *["    " + line for line in block(depth - 1) + rest]]
                if kind == "if" and draw(st.booleans()):
                    lines += ["else:", *["    " + line for line in block(depth - 1)]]
        return lines

    body = ["a, b, c, k, m = p['x'][0], p['x'][1], p['y'], 1.0, 0", *block(2), "return [a * b, {'s': c + w * a}]"]
    return "\n".join(["def f(p, n):", *["    " + line for line in body]])


@pytest.mark.parametrize("compiled", [True, False])
@sizes(60, 5000)
def test_generated_functions(examples, compiled, monkeypatch, tmp_path):
    """Eager = jit = vmap in lanes that take different branches = loaded from a file; through what a chaotic loop makes of roundings."""
    if not compiled:
        monkeypatch.setattr(lanes, "kernel", None)
    elif lanes.kernel is None:
        pytest.skip("the kernel was not built")

    def check(source, points, n):
        w = Value(0.7)
        scope = {"ops": ops, "w": w}
        exec(source, scope)
        f = scope["f"]
        recorded = jit(f)
        of_row = lambda row, n: f({"x": [row[0], row[1]], "y": row[2]}, n)  # noqa: E731
        total = lambda p, n: (r := f(p, n))[0] + r[1]["s"]  # noqa: E731
        batch = vmap(of_row, in_axes=(0, None))(np.array(points), n)
        found = [batch[0], batch[1]["s"]]
        derivative = jit(grad(total))
        given, expected = [{"x": [x0, x1], "y": y} for x0, x1, y in points], []
        for i, p in enumerate(given):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                eager = numbers(f({"x": [Value(x) for x in p["x"]], "y": Value(p["y"])}, n))  # Python's own float ** int may overflow
                for got in (recorded(p, n), [found[0][i], found[1][i]]):
                    assert np.allclose(numbers(got), eager, rtol=1e-7, atol=1e-9, equal_nan=True), (source, p, n, got, eager)
                true = numbers(grad(total)(p, n))
                assert np.allclose(numbers(derivative(p, n)), true, rtol=1e-6, atol=1e-8, equal_nan=True), (source, p, n)
                expected.append((eager, true))
        for recordings in (recorded.recordings, derivative.recordings, derivative.of_loss):
            for trace in [trace for traces in recordings.traces.values() for trace in traces]:
                trace.batched.program.save(tmp_path / "program.npz")
                trace.batched = lanes.BatchedProgram(Program.load(tmp_path / "program.npz"), trace.batched.seeded)
        for p, (eager, true) in zip(given, expected, strict=True):
            assert np.allclose(numbers(recorded(p, n)), eager, rtol=1e-7, atol=1e-9, equal_nan=True), (source, p, n)
            assert np.allclose(numbers(derivative(p, n)), true, rtol=1e-6, atol=1e-8, equal_nan=True), (source, p, n)

    triple = st.tuples(*[st.floats(-3.0, 3.0).map(lambda x: round(x, 3))] * 3)
    drawn(check, examples, sources(), st.lists(triple, min_size=1, max_size=6), st.integers(0, 3))


# Nested.


def rosenbrock(x):
    return (1.0 - x[0]) ** 2 + 10.0 * (x[1] - x[0] * x[0]) ** 2 if x[0] > 0.0 else ops.sin(x[0]) * x[1]


NESTED = {
    "grad": (grad, 1), "value_and_grad": (value_and_grad, 1), "hessian": (hessian, 1), "jacobian": (jacobian, 1), "hvp": (hvp, 2),
    "jvp": (jvp, 2), "grad of grad": (lambda f: grad(lambda x: grad(f)(x)[0]), 1), "jacobian of grad": (lambda f: jacobian(grad(f)), 1),
    "vjp": (lambda f: lambda x, c: vjp(f)(x)(c[0]), 2), "jvp of grad": (lambda f: jvp(grad(f)), 2),
}  # fmt: skip


@pytest.mark.usefixtures("execution")
@pytest.mark.parametrize(("transform", "count"), NESTED.values(), ids=NESTED)
def test_transforms_nest(transform, count):
    points = [np.array([0.5, 2.0]), np.array([-0.5, 2.0]), np.array([1.5, -1.0])]
    made = {"jit outside": jit(transform(rosenbrock)), "jit inside": transform(jit(rosenbrock)), "both": jit(transform(jit(rosenbrock)))}
    v = [np.array([1.0, -0.5])][: count - 1]
    expected = [transform(rosenbrock)(x, *v) for x in points]
    for name, g in made.items():
        for x, true in zip(points, expected, strict=True):
            assert close(g(x, *v), true, rel=1e-12), name
    batch = vmap(transform(rosenbrock), in_axes=(0, *[None] * (count - 1)))(np.array(points), *v)
    assert np.allclose(np.array(numbers(batch)), np.array(numbers(rows(batch, expected))), rtol=1e-12)
    x = [Value(a) for a in points[0]]
    for g in made.values():
        found, true = g(np.array(x), *v), transform(rosenbrock)(np.array(x), *v)
        assert close(found, true, rel=1e-12)
        outer = [gradient(y, x) for y in tree_ravel(found)[0]]
        assert np.allclose([numbers(row) for row in outer], [numbers(gradient(y, x)) for y in tree_ravel(true)[0]], rtol=1e-11, atol=1e-13)


def rows(batch, expected):
    """The results of the lanes in the structure that vmap gives: stacked along a new first axis."""
    if isinstance(batch, tuple):
        return tuple(rows(b, [e[i] for e in expected]) for i, b in enumerate(batch))
    return np.array(expected)


def test_recorded_functions_call_each_other():
    inner = jit(lambda x: x * 2.0 if x > 0.0 else -x)
    outer = jit(lambda x: inner(x) + inner(-x) + vmap(lambda a: a * x)(np.array([1.0, 2.0]))[1])
    for x in (1.0, -3.0, 2.0):
        assert outer(x) == inner(x) + inner(-x) + 2.0 * x
    twice = vmap(vmap(lambda a, b: a * b if a > b else a - b, in_axes=(None, 0)), in_axes=(0, None))
    a, b = np.array([1.0, 2.0, 3.0]), np.array([2.0, -1.0])
    assert twice(a, b).tolist() == [[p * q if p > q else p - q for q in b] for p in a]
    assert jit(vmap(jit(lambda x: x * x)))(a).tolist() == [1.0, 4.0, 9.0]


def test_losses_and_classes_of_nn():
    z = [0.3, -1.0, 2.0]
    for f in (
        lambda z: nn.cross_entropy(z, 1),
        lambda z: nn.cross_entropy(z, [0, 1, 0]),
        lambda z: nn.categorical_cross_entropy(nn.softmax(z), 2),
        lambda z: nn.negative_log_likelihood(nn.log_softmax(z), 2),
        lambda z: nn.binary_cross_entropy(nn.sigmoid(z[0]), 1),
        lambda z: nn.mse(z, [1, 2.0, 3]),
        lambda z: nn.hinge(z, [1, -1, 1]),
        lambda z: nn.softmax(z),
        lambda z: [h * x for h, x in zip(nn.hardmax(z), z, strict=True)],
    ):
        g = jit(f)
        for x in (z, z[::-1], [1.0, 5.0, 0.0]):
            assert close(g(x), f(x), rel=1e-12)
    assert vmap(lambda z, t: nn.cross_entropy(z, t))(np.array([z, z, z]), np.array([0, 2, 0])).shape == (3,)
    with pytest.raises(RangeError, match="probability"):
        jit(lambda p: nn.binary_cross_entropy(p, 1))(1.5)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(st.lists(st.floats(-5.0, 5.0), min_size=3, max_size=3), st.lists(st.floats(-5.0, 5.0), min_size=3, max_size=3))
def test_a_recording_at_one_point_holds_at_another(a, b):
    for f in (middle, questions, first_large, counted):
        g = jit(f)
        g(a)
        assert close(g(b), f(b))
