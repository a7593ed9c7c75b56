"""NumPy's functions of large arrays among the arguments of a jitted function: the same as without jit, however the array is used."""
# ruff: noqa: ARG005, PLW0108  # all have the same arguments

import sys
from itertools import cycle

import numpy as np
import pytest

from autograd import dot, grad, hessian, jit, ops, softplus, value_and_grad, vmap
from autograd.program.outputs import entry_of as entry

pytestmark = [pytest.mark.any_python]

ROWS, SIDE = 100, 10  # enough rows for a traced array
P = np.linspace(-0.5, 0.5, 8)
X = np.random.default_rng(0).normal(size=(ROWS, 8))
Y = (X.sum(axis=1) > 0.0) * 1.0
F = X.T.copy()  # a column for each sample
LABELS = (X[:, 0] > 0.0) * 2


def sample(p, x, t):
    return softplus(dot(p, x)) - t * dot(p, x)


# One number for each row.
VECTORS = {
    "X @ p": lambda p, X, Y, F: X @ p,
    "vmap": lambda p, X, Y, F: vmap(sample, (None, 0, 0))(p, X, Y),
    "column": lambda p, X, Y, F: X[:, 0] * p[0] - Y,
    "last": lambda p, X, Y, F: X[..., -1] * p[0] - Y,
    "columns": lambda p, X, Y, F: (X[:, 1:4] @ p[1:4]) * Y,
    "broadcast": lambda p, X, Y, F: (X * p).sum(axis=1),
    "broadcast rows": lambda p, X, Y, F: ((X - Y[:, None]) * p).mean(axis=-1),
    "kept": lambda p, X, Y, F: (X / np.sum(X * p, axis=1, keepdims=True))[:, 1],
    "largest": lambda p, X, Y, F: np.max(X * p, axis=1),
    "norms": lambda p, X, Y, F: np.linalg.norm(X * p, axis=1),
    "standardised": lambda p, X, Y, F: ((X - X.mean(axis=0)) / X.std(axis=0)) @ p,
    "labels": lambda p, X, Y, F: X @ p - LABELS + 0.5 * (X > 0.1)[:, 2],
    "p @ F": lambda p, X, Y, F: p @ F,
    "W @ F": lambda p, X, Y, F: np.tanh(np.outer(np.ones(3), p) @ F + p[:3, None]).sum(axis=0),
    "parts of F": lambda p, X, Y, F: p[0] * F[0] + p[1] * F[-1] - F[2:5].max(axis=0),
    "rows of F": lambda p, X, Y, F: sum(a * b for a, b in zip(p, F, strict=True)),
    "centred F": lambda p, X, Y, F: ((F - F.mean(axis=1, keepdims=True)) * p[:, None]).sum(axis=0),
    "unpacked": lambda p, X, Y, F: next(a * p[0] + b for a, b in [X[:, :2].T]),
    "outer": lambda p, X, Y, F: np.outer(Y, p)[:, 1:].sum(axis=1),
    "transposed": lambda p, X, Y, F: np.where(X.T > 0.0, X.T, p[:, None]).T[:, 3],
    "einsum": lambda p, X, Y, F: np.einsum("ij,j->i", X, p),
    "rows": lambda p, X, Y, F: np.array([a * p[0] for a in X[:, 1]]),
    "p @ X.T": lambda p, X, Y, F: p @ X.T,
    "X.T @": lambda p, X, Y, F: (X.T @ (X @ p))[0] * Y,
    "@ X": lambda p, X, Y, F: ((X @ p) @ X)[0] * Y,
    "X @ W": lambda p, X, Y, F: np.log(np.exp(X @ np.outer(p, np.ones(3))).sum(axis=1)),
    "X.T @ X": lambda p, X, Y, F: X @ (X.T @ X @ p) / ROWS,
    "where": lambda p, X, Y, F: np.where(X[:, 0] > 0.0, X @ p, Y),
    "slice": lambda p, X, Y, F: (X @ p)[::-1],
    "reshape": lambda p, X, Y, F: (X @ p).reshape(SIDE, SIDE).T.ravel(),
    "order": lambda p, X, Y, F: (X @ p).reshape(SIDE, SIDE, order="F").ravel("F") * np.size(X, axis=0),
    "concatenate": lambda p, X, Y, F: np.concatenate([X @ p, Y])[:ROWS],
    "cumsum": lambda p, X, Y, F: np.cumsum(X @ p) / ROWS,
    "lagged": lambda p, X, Y, F: np.concatenate([X[:1] @ p, (X[1:] * X[:-1]) @ p]),
    "parts of both": lambda p, X, Y, F: np.concatenate([p[:2], X[2:, 1] * p[0] - F[3, :-2], np.diff(F[:, ::2], axis=0)[0, :0]]),
    "differences": lambda p, X, Y, F: np.concatenate([p[:3], np.diff(F, 3)[2] * p[0]]) + np.diff(X * p, axis=-1)[:, 0],
    "softmax": lambda p, X, Y, F: np.exp(X @ p) / np.sum(np.exp(X @ p)),
}
# One number.
NUMBERS = {
    "one": lambda r: r[0],
    "mean": np.mean,
    "r @ r": lambda r: r @ r,
    "np.dot": lambda r: np.dot(r, r),
    "np.vdot": lambda r: np.vdot(r, 2.0 * r),
    "dot": lambda r: ops.dot(r, r),
    "norm": np.linalg.norm,
    "var": np.var,
    "std": lambda r: r.std(ddof=1),
    "max": np.max,
    "sum": lambda r: ops.sum(r),
    "builtin": sum,
    "power": lambda r: ((r - 0.3) ** 2).mean(),
    "clip": lambda r: np.clip(r, -0.2, 0.2).sum() + r.clip(0.0).mean() + r.clip(max=0.1).sum(),
    "logsumexp": lambda r: ops.logsumexp(r),
    "relu": lambda r: np.maximum(r, 0.0).sum(),
    "item": lambda r: r[3] * r[-1],
    "branch": lambda r: np.sum(r) if np.sum(r) > 0.0 else -np.mean(r),
    "average": lambda r: np.average(r, weights=np.arange(ROWS)),
    "chosen": lambda r: np.sum(r * (r > 0.0)),
    "trace": lambda r: np.trace(r.reshape(SIDE, SIDE)),
    "grid": lambda r: np.sum(r.reshape(SIDE, SIDE).max(axis=0)),
    "diff": lambda r: np.sum(np.diff(r) ** 2) + np.diff(r, 2)[0],
    "pairs": lambda r: np.sum(r[1:] * r[:-1]) + np.sum(r[-2::-1] ** 3) + np.sum(r[::2] * r[1::2]) + r[:3].sum() + np.sum(r[...]),
    "prod": lambda r: np.prod(1.0 + r / ROWS) + np.linalg.norm(r.reshape(SIDE, SIDE)) + np.linalg.norm(r[1:]) + r[2:].prod(),
    "shapes": lambda r: sum(np.sum(r.reshape(shape).max(axis=0)) for shape in ((SIDE, SIDE), (5, 20), (20, 5))) + np.sum(r**2),
    "smallest": lambda r: np.sum(np.sort(r)[:5]),
}
PAIRS = list(zip(VECTORS, cycle(NUMBERS), strict=False)) + list(zip(cycle(list(VECTORS)[::-1]), NUMBERS, strict=False))


@pytest.mark.parametrize(("vector", "number"), PAIRS)
def test_jit_of_any_use_of_an_array(vector, number):
    def f(p, X, Y, F):
        return NUMBERS[number](VECTORS[vector](p, X, Y, F))

    y, da = value_and_grad(f)(P, X, Y, F)
    for found in (jit(value_and_grad(f))(P, X, Y, F), value_and_grad(jit(f))(P, X, Y, F)):
        assert found[0] == pytest.approx(y, rel=1e-12)
        assert found[1] == pytest.approx(da, rel=1e-11, abs=1e-12)


def test_derivatives_of_what_is_recorded_over_rows():
    def f(p, X, Y):
        z = (X - X.mean(axis=0)) * p
        moved = np.sum(np.diff(z[:, 2]) ** 3) + np.linalg.norm(z[1:, 3] * z[:-1, 4])
        return np.var(z[:, 0] * z[:, 1]) + (z.T @ Y) @ p / ROWS + np.mean(np.clip(X @ p, -0.5, 0.5) ** 2) + moved

    expected = hessian(f)(P, X, Y)
    for found in (jit(hessian(f))(P, X, Y), hessian(jit(f))(P, X, Y), jit(vmap(hessian(f), (0, None, None)))(np.array([P, P]), X, Y)[1]):
        assert found == pytest.approx(expected, rel=1e-11, abs=1e-13)
    found = jit(value_and_grad(f, argnums=(0, 1, 2)))(P, X, Y)[1]
    assert [a.shape for a in found] == [P.shape, X.shape, Y.shape]
    for a, b in zip(found, grad(f, argnums=(0, 1, 2))(P, X, Y), strict=True):
        assert a == pytest.approx(b, rel=1e-11, abs=1e-15)


def test_arrays_that_are_returned():
    def f(p, X):
        return {"T": (X * p).T, "column": X[:, :2] - p[0], "positive": X > 0.0, "turned": (p < X).T, "whole": X.T}

    found, expected = jit(f)(P, X), f(P, X)
    for name, x in expected.items():
        assert found[name].dtype == x.dtype
        assert found[name] == pytest.approx(x, rel=1e-15)


def test_a_matrix_is_never_touched_entry_by_entry(monkeypatch):
    """What is recorded over rows makes no Value for an entry."""
    monkeypatch.setattr("autograd.program.traced.entry_of", lambda owner, key, number: 1 / 0 if key[1] > 32 else entry(owner, key, number))

    def f(p, X, Y):
        z = np.tanh((X - X.mean(axis=0)) / X.var(axis=0) * p)[:, :4] @ np.outer(p[:4], p[:3]) + p[:3]
        r = np.log(np.exp(z).sum(axis=1)) - z.max(axis=-1) - Y + LABELS
        apart = np.sum(np.diff(r) ** 2) + np.sum(X[1:] * X[:-1]) + np.linalg.norm(r) + np.prod(1.0 + X[3:, 1:] / ROWS)
        return r @ r + np.dot(r, Y) + (X.T @ r) @ p + np.sum(np.where(X > 0.0, X, p)) + r.var() + apart

    assert jit(value_and_grad(f))(P, X, Y)[1] == pytest.approx(grad(f)(P, X, Y), rel=1e-11)


def test_what_is_read_in_each_turn_of_a_loop_is_taken_apart_once():
    W = np.random.default_rng(1).normal(size=(4, ROWS))

    def f(W, turns):
        x = [0.1] * ROWS
        for _ in range(turns):
            x = [ops.tanh(a) for a in np.array(x) * W[0] + W[1, ::-1]]
        inner = grad(lambda a: np.sum(np.sin(a * W[0]) * W[0]))(W[2])
        return np.sum(np.array(x) * inner) + np.sum(inner * W[0] * W[3])

    steps = []
    for turns in (2, 12):
        g = jit(value_and_grad(lambda W, turns=turns: f(W, turns)))
        value, gradient = g(W)
        x, slopes = np.full(ROWS, 0.1), []
        for _ in range(turns):
            slopes.append(x)
            x = np.tanh(x * W[0] + W[1, ::-1])
        c, s = np.cos(W[2] * W[0]), np.sin(W[2] * W[0])
        inner = c * W[0] ** 2
        assert value == pytest.approx(np.sum(x * inner) + np.sum(inner * W[0] * W[3]), rel=1e-13)
        assert gradient[3] == pytest.approx(inner * W[0], rel=1e-13)
        assert gradient[2] == pytest.approx(-s * W[0] ** 3 * (x + W[0] * W[3]), rel=1e-12)
        bar, by_weight = inner, 2.0 * W[0] * c * (x + W[0] * W[3]) - W[2] * s * W[0] ** 2 * (x + W[0] * W[3]) + inner * W[3]
        for before in reversed(slopes):
            y = np.tanh(before * W[0] + W[1, ::-1])
            bar = bar * (1.0 - y * y)
            by_weight = by_weight + bar * before
            bar = bar * W[0]
        assert gradient[0] == pytest.approx(by_weight, rel=1e-12)
        g(W)
        steps.append(str(g.explain()).count("taken apart"))
    assert steps[0] == steps[1]


CONSTANT = np.where(np.arange(ROWS) % 2, 0.0, 0.5)
# At zeros, and a one: ties with constants, and what is infinite where it is not used.
EDGES = {
    "maximum": lambda x: np.sum(np.maximum(x, 0.0)) + np.sum(np.fmin(0, x)) + x.clip(0.0).sum(),
    "constants": lambda x: np.sum(np.maximum(x, CONSTANT)) + np.sum(np.minimum(CONSTANT, x)) + np.sum(np.fmax(x, CONSTANT)),
    "rows": lambda x: np.sum(np.maximum(x.reshape(SIDE, SIDE), np.zeros(SIDE))) + np.sum(np.fmin(x.reshape(5, 20), np.zeros((5, 1)))),
    "both": lambda x: np.sum(np.maximum(x, x**2)),
    "extremes": lambda x: np.max(x) + np.min(x) + 2.0 * np.max(x.reshape(SIDE, SIDE) * 0.1) + np.min(x[1:] / 3.0),
    "unused row": lambda x: np.sum(np.log(x)[:1]) + np.sum(np.log(x[::-1])[-1:]) + np.sum(np.sqrt(x)[:60:60]),
    "unused entry": lambda x: np.log(x)[0] + np.sqrt(np.stack([x, x], axis=1))[0, 1],
    "unused column": lambda x: np.sum(np.log(np.outer(1.0 + x, CONSTANT))[:, ::2]),
    "unused half": lambda x: np.sum((1.0 / (x[0] + 1.0 - x))[1:]) + np.sum(np.log(x[:, None] + CONSTANT[1::2])[0]),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("f", EDGES.values(), ids=EDGES)
def test_edges_are_those_without_jit(f):
    x = np.zeros(ROWS)
    x[0] = 1.0
    y, gradient = value_and_grad(f)(x)
    for made in (jit(value_and_grad(f)), value_and_grad(jit(f))):
        for _ in range(3):
            found = made(x)
            np.testing.assert_allclose(found[0], y, rtol=1e-14)
            np.testing.assert_allclose(found[1], gradient, rtol=1e-15)


def test_an_extreme_has_its_value_and_shares():
    for x in (np.full(ROWS, 1.0 / 3.0), np.where(np.arange(ROWS) < 49, 0.1, -0.7), np.where(np.arange(ROWS) % 7, 0.1, np.inf)):
        value, gradient = jit(value_and_grad(np.max))(x)
        assert value == x.max()
        np.testing.assert_allclose(gradient, (x == x.max()) / np.sum(x == x.max()), rtol=1e-15)
    assert np.isnan(jit(grad(np.min))(np.where(np.arange(ROWS) == 3, np.nan, X[:, 0]))).all()


def test_second_derivatives_of_parts_where_the_gradient_is_zero():
    def f(p):
        r = X @ p - X @ P
        both = np.tanh(np.outer(r, np.array([1.0, 2.0])))
        return np.sum(np.sin(r)[1:] ** 2) + np.sum(both[:, 1] ** 2) + (np.exp(r) - 1.0)[3] ** 2 + np.max(X[:, 0] ** 2)

    expected = 2.0 * X[1:].T @ X[1:] + 8.0 * X.T @ X + 2.0 * np.outer(X[3], X[3])
    for made in (jit(hessian(f)), hessian(jit(f)), jit(lambda p: hessian(f)(p))):
        for _ in range(3):
            np.testing.assert_allclose(made(P), expected, rtol=1e-11)


slope = 2.0


def sloped(x):
    return slope * x * x


def test_calls_on_arrays_of_the_same_shapes_are_told_apart(monkeypatch):
    """By constants, by bools and floats, and by what the function captures."""
    x = np.linspace(-1.0, 2.0, 80)
    lanes = vmap(sloped)

    def f(x):
        positive = x > 0.25
        return np.sum(2.5 * x * x - 0.5 * x * x / 4.0 + positive * x + x * x) + np.sum(lanes(x)) + np.sum(lanes(x * 3.0))

    def expected(x, slope):
        return np.sum(2.5 * x * x - 0.5 * x * x / 4.0 + (x > 0.25) * x + x * x) + 10.0 * slope * np.sum(x * x)

    def derivative(x, slope):
        return 2.0 * (2.5 - 0.125 + 1.0 + 10.0 * slope) * x + (x > 0.25)

    g, dg = jit(f), jit(grad(f))
    for own in (2.0, 3.0):
        monkeypatch.setattr(sys.modules[__name__], "slope", own)
        for at in (x, -x):
            np.testing.assert_allclose([g(at), f(at)], expected(at, own), rtol=1e-12)
            np.testing.assert_allclose(dg(at), derivative(at, own), rtol=1e-12)
            np.testing.assert_allclose(jit(grad(f))(at), derivative(at, own), rtol=1e-12)


def test_an_array_of_one_lane_beside_values():
    """Its other arguments are read as arrays, too."""
    row = np.linspace(0.5, 1.5, 100)[None]

    def f(p, x):
        lanes = vmap(lambda p, x: dot(p, x[:8]) * x[50], (None, 0))
        return np.sum(lanes(p, x)) + 2.0 * np.sum(lanes(p, x)) + np.sum(lanes(p + p, x))

    for made in (jit(grad(f)), grad(jit(f))):
        for _ in range(3):
            np.testing.assert_allclose(made(P, row), 5.0 * row[0, :8] * row[0, 50], rtol=1e-12)


def test_the_gradient_of_an_array_that_is_not_used():
    x = np.linspace(0.5, 1.5, 100)
    for f in (lambda s: np.sum(s["a"] * s["a"]), lambda s: 3.0 * np.sum(s["a"] * s["a"]) / 3.0):
        for made in (jit(grad(f)), grad(jit(f))):
            for _ in range(3):
                found = made({"a": x, "b": x})
                np.testing.assert_allclose(found["a"], 2.0 * x, rtol=1e-14)
                np.testing.assert_array_equal(found["b"], np.zeros(100))


@pytest.mark.parametrize("count", [6, 3000])
@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + b,
        lambda a, b: a * b + (a > True),
        lambda a, b: np.maximum(a, b) + a,
        lambda a, b: np.minimum(a, b) * b + b,
        lambda a, b: True + a,
        lambda a, b: a + np.bool(1) + 0.5,
        lambda a, b: np.add(a, b, dtype=float),
        lambda a, b: a.sum() + b,
        lambda a, b: a**2 + b,
        lambda a, b: a - b,
        lambda a, b: -a,
    ],
)
def test_operators_of_comparisons_are_those_of_bools(f, count):
    """As in NumPy a sum is "or", a product "and", and a difference an error."""
    x = np.linspace(-1.0, 1.0, count)

    def g(x):
        return np.sum(f(x > 0.0, x > 0.5) + x)

    try:
        true = g(x)
    except TypeError as error:
        for h in (jit(g), value_and_grad(g)):
            with pytest.raises(TypeError, match=str(error)[:40]):
                h(x)
        return
    assert np.isclose(jit(g)(x), true)
    assert np.isclose(value_and_grad(g)(x)[0], true)
