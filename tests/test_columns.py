"""NumPy's functions of large arrays among the arguments of a jitted function: the same as without jit, however the array is used."""

from itertools import cycle

import numpy as np
import pytest

from autograd import dot, grad, hessian, jit, ops, softplus, value_and_grad, vmap

ROWS, SIDE = 100, 10  # enough rows for a traced array
P = np.linspace(-0.5, 0.5, 8)
X = np.random.default_rng(0).normal(size=(ROWS, 8))
Y = (X.sum(axis=1) > 0.0) * 1.0


def sample(p, x, t):
    return softplus(dot(p, x)) - t * dot(p, x)


# One number for each row.
VECTORS = {
    "X @ p": lambda p, X, Y: X @ p,
    "vmap": lambda p, X, Y: vmap(sample, (None, 0, 0))(p, X, Y),
    "column": lambda p, X, Y: X[:, 0] * p[0] - Y,
    "last": lambda p, X, Y: X[..., -1] * p[0] - Y,
    "columns": lambda p, X, Y: (X[:, 1:4] @ p[1:4]) * Y,
    "broadcast": lambda p, X, Y: (X * p).sum(axis=1),
    "broadcast rows": lambda p, X, Y: ((X - Y[:, None]) * p).mean(axis=-1),
    "kept": lambda p, X, Y: (X / np.sum(X * p, axis=1, keepdims=True))[:, 1],
    "largest": lambda p, X, Y: np.max(X * p, axis=1),
    "norms": lambda p, X, Y: np.linalg.norm(X * p, axis=1),
    "standardised": lambda p, X, Y: ((X - X.mean(axis=0)) / X.std(axis=0)) @ p,
    "einsum": lambda p, X, Y: np.einsum("ij,j->i", X, p),
    "rows": lambda p, X, Y: np.array([a * p[0] for a in X[:, 1]]),
    "p @ X.T": lambda p, X, Y: p @ X.T,
    "X.T @": lambda p, X, Y: (X.T @ (X @ p))[0] * Y,
    "@ X": lambda p, X, Y: ((X @ p) @ X)[0] * Y,
    "X @ W": lambda p, X, Y: np.log(np.exp(X @ np.outer(p, np.ones(3))).sum(axis=1)),
    "X.T @ X": lambda p, X, Y: X @ (X.T @ X @ p) / ROWS,
    "where": lambda p, X, Y: np.where(X[:, 0] > 0.0, X @ p, Y),
    "slice": lambda p, X, Y: (X @ p)[::-1],
    "reshape": lambda p, X, Y: (X @ p).reshape(SIDE, SIDE).T.ravel(),
    "concatenate": lambda p, X, Y: np.concatenate([X @ p, Y])[:ROWS],
    "cumsum": lambda p, X, Y: np.cumsum(X @ p) / ROWS,
    "softmax": lambda p, X, Y: np.exp(X @ p) / np.sum(np.exp(X @ p)),
}
# One number.
NUMBERS = {
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
    "clip": lambda r: np.clip(r, -0.2, 0.2).sum() + r.clip(0.0).mean(),
    "logsumexp": lambda r: ops.logsumexp(r),
    "relu": lambda r: np.maximum(r, 0.0).sum(),
    "item": lambda r: r[3] * r[-1],
    "branch": lambda r: np.sum(r) if np.sum(r) > 0.0 else -np.mean(r),
    "average": lambda r: np.average(r, weights=np.arange(ROWS)),
    "chosen": lambda r: np.sum(r * (r > 0.0)),
    "trace": lambda r: np.trace(r.reshape(SIDE, SIDE)),
    "grid": lambda r: np.sum(r.reshape(SIDE, SIDE).max(axis=0)),
    "smallest": lambda r: np.sum(np.sort(r)[:5]),
}
PAIRS = list(zip(VECTORS, cycle(NUMBERS), strict=False)) + list(zip(cycle(list(VECTORS)[::-1]), NUMBERS, strict=False))


@pytest.mark.parametrize(("vector", "number"), PAIRS)
def test_jit_of_any_use_of_an_array(vector, number):
    def f(p, X, Y):
        return NUMBERS[number](VECTORS[vector](p, X, Y))

    y, da = value_and_grad(f)(P, X, Y)
    for found in (jit(value_and_grad(f))(P, X, Y), value_and_grad(jit(f))(P, X, Y)):
        assert found[0] == pytest.approx(y, rel=1e-12)
        assert found[1] == pytest.approx(da, rel=1e-11, abs=1e-12)
