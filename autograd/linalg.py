"""Matrix products, norms and systems of equations of Values, written on arrays of objects with the operations of the table."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import ops
from autograd.errors import OperationError, RangeError

_dot = np.frompyfunc(ops.dot, 2, 1)


def objects(x: Any) -> np.ndarray:
    """An array of objects of NumPy's own class."""
    return np.asarray(x, dtype=object)


# Products: one `dot` for each result.


def _rows(x: Any) -> np.ndarray:
    """An array of tuples, each the entries along the last axis."""
    x = objects(x)
    out = np.empty(x.shape[:-1], dtype=object)
    for i in np.ndindex(out.shape):
        out[i] = tuple(x[i])
    return out


def _columns(x: Any) -> np.ndarray:
    return _rows(objects(x).swapaxes(-1, -2) if np.ndim(x) > 1 else x)


def matmul(a: np.ndarray, b: np.ndarray) -> Any:
    """`a @ b`."""
    left, right = _rows(a), _columns(b)
    return _dot(left[..., :, None], right[..., None, :]) if a.ndim > 1 and b.ndim > 1 else _dot(left, right)


def dot(a: Any, b: Any, out: Any = None) -> Any:
    """`np.dot`: over the last axis of a and the last but one of b."""
    refuse_out("np.dot", out)
    return a * b if not (np.ndim(a) and np.ndim(b)) else _dot.outer(_rows(a), _columns(b))


def inner(a: Any, b: Any) -> Any:
    """`np.inner`: over the last axes."""
    return a * b if not (np.ndim(a) and np.ndim(b)) else _dot.outer(_rows(a), _rows(b))


def refuse_out(name: str, out: Any) -> None:
    """Raise an error for `out`, which a function does not fill."""
    if out is not None:
        raise OperationError(f"{name} with out= is not defined for Values: assign its result, c[...] = {name}(a, b)")


PRODUCTS: dict[np.ufunc, Callable[[np.ndarray, np.ndarray], Any]] = {np.matmul: matmul, np.vecdot: lambda a, b: _dot(_rows(a), _rows(b))}
if hasattr(np, "matvec"):  # NumPy 2.2
    PRODUCTS[np.matvec] = lambda a, b: _dot(_rows(a), _rows(b)[..., None])
    PRODUCTS[np.vecmat] = lambda a, b: _dot(_rows(a)[..., None], _columns(b))


# Norms.


def _power_norm(xs: Any, p: float) -> Any:
    total = ops.sum([ops.abs(x) ** p for x in xs])
    return ops.where(total, total ** (1.0 / p), 0.0)


def _vector_norm(p: Any) -> Callable[[tuple[Any, ...]], Any]:
    if p is None or p == 2:
        return ops.norm
    if p in {math.inf, -math.inf}:
        return lambda xs: (ops.maximum if p > 0 else ops.minimum)([ops.abs(x) for x in xs])
    if p == 1:
        return lambda xs: ops.sum([ops.abs(x) for x in xs])
    if isinstance(p, int | float) and p > 1:
        return lambda xs: _power_norm(xs, float(p))
    raise RangeError(f"got ord={p!r} for a norm of Values, expected 1, 2, inf, -inf or a number above 1 for vectors")


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002, FBT001, FBT002  # NumPy's names
    """`np.linalg.norm`, except the norms that need singular values."""
    x = objects(x)
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    axes = tuple(a % x.ndim for a in axes)
    if ord is None or ord == "fro" or len(axes) == 1:
        found = _over(x, axes, _vector_norm(None if ord == "fro" else ord))
    elif len(axes) == 2 and ord in {1, -1, math.inf, -math.inf}:
        summed = axes[0] if abs(ord) == 1 else axes[1]
        sums = _over(x, (summed,), _vector_norm(1))
        other = axes[0] + axes[1] - summed
        found = _over(np.asarray(sums), (other - (other > summed),), ops.maximum if ord > 0 else ops.minimum)
    else:
        raise RangeError(f"got ord={ord!r} for a norm of {len(axes)} axes, expected None, 'fro', 1 or inf for matrices of Values")
    return np.reshape(found, [1 if a in axes else n for a, n in enumerate(x.shape)]) if keepdims else found


def _over(x: np.ndarray, axes: tuple[int, ...], f: Callable[[Any], Any]) -> Any:
    rows = np.moveaxis(x, axes, range(-len(axes), 0)).reshape(*[n for a, n in enumerate(x.shape) if a not in axes], -1)
    return np.frompyfunc(f, 1, 1)(_rows(rows))


# Systems of equations, by Gaussian elimination.


def _eliminated(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The upper triangle that elimination with partial pivoting makes of a, the transformed b, and the sign of the permutation."""
    m, sign = np.concatenate([a, b], axis=1), 1.0
    n = len(a)
    for k in range(n):
        best = max(range(k, n), key=lambda i: abs(m[i, k]))
        if not abs(m[best, k]) > 0.0:
            raise np.linalg.LinAlgError("Singular matrix")
        if best != k:
            m[[k, best]], sign = m[[best, k]], -sign
        for i in range(k + 1, n):
            m[i, k + 1 :] = m[i, k + 1 :] - m[i, k] / m[k, k] * m[k, k + 1 :]
    return m[:, :n], m[:, n:], sign


def _solved(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    upper, x, _ = _eliminated(a, b)
    for k in range(len(a) - 1, -1, -1):
        for j in range(x.shape[1]):
            x[k, j] = (x[k, j] - ops.dot(upper[k, k + 1 :].tolist(), x[k + 1 :, j].tolist()) if k + 1 < len(a) else x[k, j]) / upper[k, k]
    return x


def _matrices(name: str, a: Any) -> np.ndarray:
    matrices = objects(a)
    if matrices.ndim < 2 or matrices.shape[-1] != matrices.shape[-2]:
        raise np.linalg.LinAlgError(f"{name} was given an array of shape {matrices.shape}, expected square matrices")
    return matrices


def solve(a: Any, b: Any) -> Any:
    """`np.linalg.solve`."""
    a, b = _matrices("np.linalg.solve", a), objects(b)
    if b.ndim == 1:
        return np.asarray(solve(a, b[:, None]))[..., 0]
    shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = np.broadcast_to(a, shape + a.shape[-2:]), np.broadcast_to(b, shape + b.shape[-2:])
    out = np.empty(b.shape, dtype=object)
    for i in np.ndindex(shape):
        out[i] = _solved(a[i], b[i])
    return out


def inv(a: Any) -> Any:
    """`np.linalg.inv`."""
    a = _matrices("np.linalg.inv", a)
    return solve(a, np.broadcast_to(np.eye(a.shape[-1]), a.shape))


def slogdet(a: Any) -> Any:
    """`np.linalg.slogdet`: sign, and logarithm of the absolute value, of the determinant."""
    a = _matrices("np.linalg.slogdet", a)
    signs, logs = np.empty(a.shape[:-2]), np.empty(a.shape[:-2], dtype=object)
    for i in np.ndindex(signs.shape):
        upper, _, sign = _eliminated(a[i], a[i][:, :0])
        pivots = np.diagonal(upper).tolist()
        signs[i] = sign * math.prod(1.0 if p > 0.0 else -1.0 for p in pivots)
        logs[i] = ops.sum([ops.log(ops.abs(p)) for p in pivots])
    return np.linalg.slogdet(np.eye(1)).__class__(signs[()], logs[()])


def det(a: Any) -> Any:
    """`np.linalg.det`; a singular matrix is an error, since elimination does not give its derivative."""
    a = _matrices("np.linalg.det", a)
    out = np.empty(a.shape[:-2], dtype=object)
    for i in np.ndindex(out.shape):
        upper, _, sign = _eliminated(a[i], a[i][:, :0])
        out[i] = math.prod(np.diagonal(upper).tolist(), start=sign)
    return out


def cholesky(a: Any, *, upper: bool = False) -> Any:
    """`np.linalg.cholesky`."""
    a = _matrices("np.linalg.cholesky", a)
    out = np.zeros(a.shape, dtype=object)
    for i in np.ndindex(a.shape[:-2]):
        low = out[i]
        for j in range(len(low)):
            for k in range(j + 1):
                rest = a[i][j, k] - ops.dot(low[j, :k].tolist(), low[k, :k].tolist()) if k else a[i][j, 0]
                if j == k and not rest > 0.0:
                    raise np.linalg.LinAlgError("Matrix is not positive definite")
                low[j, k] = ops.sqrt(rest) if j == k else rest / low[k, k]
    return np.swapaxes(out, -1, -2) if upper else out
