"""NumPy's functions that its own code does not compute on arrays of Values, or not as one operation a result: products, norms, systems.

They are written on arrays of objects, with the operations of the table.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy as np

from autograd import ops
from autograd.errors import OperationError, RangeError

_where = np.frompyfunc(ops.where, 3, 1)
_dot = np.frompyfunc(ops.dot, 2, 1)


def objects(x: Any) -> np.ndarray:
    """An array of objects of NumPy's own class."""
    return np.asarray(x, dtype=object)


_ANY = np.empty(0, dtype=object)


def by_numpy(function: Any, *args: Any, **options: Any) -> Any:
    """Call one of NumPy's functions as NumPy wrote it."""
    return np.ndarray.__array_function__(_ANY, function, (), args, options)


# Products: one dot product for each result.


def _rows(x: Any) -> np.ndarray:
    """An array of tuples, those along the last axis."""
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
    _refuse_out("np.dot", out)
    return a * b if not (np.ndim(a) and np.ndim(b)) else _dot.outer(_rows(a), _columns(b))


def inner(a: Any, b: Any) -> Any:
    """`np.inner`: over the last axes."""
    return a * b if not (np.ndim(a) and np.ndim(b)) else _dot.outer(_rows(a), _rows(b))


def _refuse_out(name: str, out: Any) -> None:
    if out is not None:
        raise OperationError(f"{name} with out= is not defined for Values: assign what it gives, c[...] = {name}(a, b)")


PRODUCTS: dict[np.ufunc, Callable[[np.ndarray, np.ndarray], Any]] = {np.matmul: matmul, np.vecdot: lambda a, b: _dot(_rows(a), _rows(b))}
if hasattr(np, "matvec"):  # NumPy 2.2
    PRODUCTS[np.matvec] = lambda a, b: _dot(_rows(a), _rows(b)[..., None])
    PRODUCTS[np.vecmat] = lambda a, b: _dot(_rows(a)[..., None], _columns(b))


# Choices.


def where(condition: Any, *branches: Any) -> Any:
    """`np.where`; a condition that is a Value counts as false at 0, as in `autograd.where`."""
    condition = np.asarray(condition)
    if condition.dtype != object or not branches:
        return np.where(condition, *map(objects, branches))
    return _where(condition, *map(objects, branches))


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:  # noqa: FBT001, FBT002  # NumPy's
    """`np.nan_to_num`, of a copy; what is put in place of a number has no derivative."""
    if not copy:
        raise OperationError("np.nan_to_num with copy=False is not defined for Values: take what it gives, x = np.nan_to_num(x)")
    largest = float(np.finfo(float).max)
    infinite = np.isinf(x)
    positive = np.greater(x, 0.0)
    found = where(infinite & positive, largest if posinf is None else posinf, x)
    found = where(infinite & ~positive, -largest if neginf is None else neginf, found)
    return where(np.isnan(x), nan, found)


def _interpolated(x: Any, xp: list[Any], fp: list[Any], left: Any, right: Any) -> Any:
    i = bisect_right(xp, x)
    if not x <= x:  # noqa: PLR0124  # nan is not itself
        return x
    if i == 0:
        return left
    if i == len(xp):
        return right if x > xp[-1] else fp[-1]
    return fp[i - 1] + (fp[i] - fp[i - 1]) / (xp[i] - xp[i - 1]) * (x - xp[i - 1])


def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """`np.interp`: linear between the points; at a point the derivative is that to the right."""
    if period is not None:
        raise OperationError("np.interp with period= is not defined for Values: take x modulo the period first")
    points, values = objects(xp).tolist(), objects(fp).tolist()
    ends = values[0] if left is None else left, values[-1] if right is None else right
    return np.frompyfunc(lambda a: _interpolated(a, points, values, *ends), 1, 1)(objects(x))


# Functions that are smooth where their formula is not.


def _sinc(x: Any) -> Any:
    """sin(πx)/(πx); near 0 by its series, whose derivatives are right there, to any order."""
    angle = ops.mul(x, math.pi)
    small = ops.less(angle * angle, 1.0)
    square = ops.where(small, angle * angle, 0.0)
    series: Any = 1.0
    for k in range(9, 0, -1):
        series = 1.0 - square / (2.0 * k * (2.0 * k + 1.0)) * series
    return ops.where(small, series, ops.sin(angle) / ops.where(small, 1.0, angle))


def sinc(x: Any) -> Any:
    """`np.sinc`."""
    return np.frompyfunc(_sinc, 1, 1)(objects(x))


def _root_of_squares(xs: Any) -> Any:
    """The Euclidean norm, whose derivative at zeros is 0."""
    square = ops.dot(xs, xs)
    return ops.where(square, ops.sqrt(square), 0.0)


_euclidean: Callable[[Any], Any] = vars(ops).get("norm", _root_of_squares)


def _power_norm(xs: Any, p: float) -> Any:
    total = ops.sum([ops.abs(x) ** p for x in xs])
    return ops.where(total, total ** (1.0 / p), 0.0)


def _vector_norm(p: Any) -> Callable[[tuple[Any, ...]], Any]:
    if p is None or p == 2:
        return _euclidean
    if p in {math.inf, -math.inf}:
        return lambda xs: (ops.maximum if p > 0 else ops.minimum)([ops.abs(x) for x in xs])
    if p == 1:
        return lambda xs: ops.sum([ops.abs(x) for x in xs])
    if isinstance(p, int | float) and p > 1:
        return lambda xs: _power_norm(xs, float(p))
    raise RangeError(f"got ord={p!r} for a norm of Values, expected 1, 2, inf, -inf or a number above 1 for vectors")


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002, FBT001, FBT002  # NumPy's names
    """`np.linalg.norm`, without what needs singular values."""
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


# Statistics.


def _deviations(x: Any, axis: Any, mean: Any) -> tuple[Any, int]:
    """What is left of numbers without their mean, and how many numbers each mean has."""
    x = np.asanyarray(x)
    mean = np.mean(x, axis=axis, keepdims=True) if mean is None else mean
    return x - mean, x.size // max(1, np.size(mean))


def var(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False, *, mean: Any = None) -> Any:  # noqa: ARG001, FBT001, FBT002  # NumPy's
    """`np.var`."""
    _refuse_out("np.var", out)
    rest, count = _deviations(x, axis, mean)
    return np.sum(rest * rest, axis=axis, keepdims=keepdims) / (count - ddof)


def std(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False, *, mean: Any = None) -> Any:  # noqa: ARG001, FBT001, FBT002  # NumPy's
    """`np.std`, a norm: where all numbers are equal its derivative is 0."""
    _refuse_out("np.std", out)
    rest, count = _deviations(x, axis, mean)
    return norm(np.ravel(rest) if axis is None and not keepdims else rest, axis=axis, keepdims=keepdims) / math.sqrt(count - ddof)


def cov(x: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, *, dtype: Any = None) -> Any:  # noqa: ARG001, FBT001, FBT002  # NumPy's
    """`np.cov`, without weights."""
    x = np.atleast_2d(x) if rowvar or np.ndim(x) < 2 else np.transpose(x)
    if y is not None:
        x = np.concatenate([x, np.atleast_2d(y) if rowvar or np.ndim(y) < 2 else np.transpose(y)])
    rest = x - np.mean(x, axis=1, keepdims=True)
    return np.squeeze(rest @ rest.T / (x.shape[1] - ((0 if bias else 1) if ddof is None else ddof)))


def _at_ranks(function: Any, x: Any, q: Any, *args: Any, **options: Any) -> Any:
    return by_numpy(function, x, np.atleast_1d(q), *args, **options)[... if np.ndim(q) else 0]


def gradient(f: Any, *spacing: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """`np.gradient`, of second order inside and of first order at the edges."""
    if edge_order != 1:
        raise RangeError(f"np.gradient of Values was given edge_order={edge_order!r}, expected 1")
    axes = range(f.ndim) if axis is None else [a % f.ndim for a in np.atleast_1d(axis).tolist()]
    steps = spacing * len(axes) if len(spacing) == 1 else spacing or (1.0,) * len(axes)
    if len(steps) != len(axes):
        raise RangeError(f"np.gradient was given {len(spacing)} spacings, expected none, one, or one for each of {len(axes)} axes")
    found = [np.moveaxis(_slopes(np.moveaxis(f, a, -1), step), -1, a) for a, step in zip(axes, steps, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _slopes(f: Any, step: Any) -> Any:
    """Differences along the last axis; `step` is a distance, or the places of all points."""
    h = np.diff(step) if np.ndim(step) else np.repeat(step, f.shape[-1] - 1)
    before, after, slope = h[:-1], h[1:], np.diff(f) / h
    inner = (before * slope[..., 1:] + after * slope[..., :-1]) / (before + after)
    return np.concatenate([slope[..., :1], inner, slope[..., -1:]], axis=-1)


# Systems of equations, by Gaussian elimination.


def _eliminated(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """The triangle that elimination makes of a, what it makes of b, and the sign of the order of the rows; pivots are the largest."""
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
    """`np.linalg.slogdet`: sign and logarithm of the size of the determinant."""
    a = _matrices("np.linalg.slogdet", a)
    signs, logs = np.empty(a.shape[:-2]), np.empty(a.shape[:-2], dtype=object)
    for i in np.ndindex(signs.shape):
        upper, _, sign = _eliminated(a[i], a[i][:, :0])
        pivots = np.diagonal(upper).tolist()
        signs[i] = sign * math.prod(1.0 if p > 0.0 else -1.0 for p in pivots)
        logs[i] = ops.sum([ops.log(ops.abs(p)) for p in pivots])
    return np.linalg.slogdet(np.eye(1)).__class__(signs[()], logs[()])


def det(a: Any) -> Any:
    """`np.linalg.det`; of a singular matrix refused, since elimination does not give its derivative."""
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


def _refuse(name: str, remedy: str) -> Callable[..., NoReturn]:
    def refused(*_: Any, **__: Any) -> NoReturn:
        raise OperationError(f"{name} is not defined for Values: {remedy}")

    return refused


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: where,
    np.nan_to_num: nan_to_num,
    np.interp: interp,
    np.sinc: sinc,
    np.dot: dot,
    np.inner: inner,
    np.vdot: lambda a, b: dot(np.ravel(a), np.ravel(b)),
    np.var: var,
    np.std: std,
    np.cov: cov,
    np.gradient: gradient,
    np.quantile: partial(_at_ranks, np.quantile),
    np.percentile: partial(_at_ranks, np.percentile),
    np.nanquantile: partial(_at_ranks, np.nanquantile),
    np.nanpercentile: partial(_at_ranks, np.nanpercentile),
    np.linalg.norm: norm,
    np.linalg.solve: solve,
    np.linalg.inv: inv,
    np.linalg.det: det,
    np.linalg.slogdet: slogdet,
    np.linalg.cholesky: cholesky,
}
for _name in (
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "svd",
    "svdvals",
    "qr",
    "lstsq",
    "pinv",
    "cond",
    "matrix_rank",
    "tensorinv",
    "tensorsolve",
):
    FUNCTIONS[getattr(np.linalg, _name)] = _refuse(
        f"np.linalg.{_name}",
        "write what you need of it with np.linalg.solve, inv, det, cholesky and @, or declare an autograd.Op for each result",
    )
