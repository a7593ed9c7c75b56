"""NumPy's functions whose own code fails on arrays of Values, or would need more than one operation for a result.

They are written on arrays of objects with the operations of the table; products, norms and systems of equations are in `linalg`.
"""

import math
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import Any, NoReturn

import numpy as np

from autograd import linalg, ops
from autograd.errors import OperationError, RangeError
from autograd.linalg import objects, refuse_out

_where = np.frompyfunc(ops.where, 3, 1)
_ANY = np.empty(0, dtype=object)


def by_numpy(function: Any, *args: Any, **options: Any) -> Any:
    """Call NumPy's own implementation of one of its functions."""
    return np.ndarray.__array_function__(_ANY, function, (), args, options)


def einsum(*args: Any, optimize: Any = False, **options: Any) -> Any:  # noqa: ARG001  # the order of products is NumPy's choice
    """`np.einsum`, as one sum of products."""
    return by_numpy(np.einsum, *args, **options)


# Choices.


def where(condition: Any, *branches: Any) -> Any:
    """`np.where`; a Value as condition is false at 0, as in `autograd.where`."""
    condition = np.asarray(condition)
    if condition.dtype != object or not branches:
        return np.where(condition, *map(objects, branches))
    return _where(condition, *map(objects, branches))


def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:  # noqa: FBT001, FBT002  # NumPy's
    """`np.nan_to_num`, of a copy; a replaced number has derivative 0."""
    if not copy:
        raise OperationError("np.nan_to_num with copy=False is not defined for Values: use its result, x = np.nan_to_num(x)")
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
    """`np.interp`: linear between the points; at a point the derivative is the one from the right."""
    if period is not None:
        raise OperationError("np.interp with period= is not defined for Values: take x modulo the period first")
    points, values = objects(xp).tolist(), objects(fp).tolist()
    ends = values[0] if left is None else left, values[-1] if right is None else right
    return np.frompyfunc(lambda a: _interpolated(a, points, values, *ends), 1, 1)(objects(x))


# Functions that are smooth where their formula divides by 0.


def _sinc(x: Any) -> Any:
    """sin(πx)/(πx); near 0 by its series, whose derivatives are accurate there to any order."""
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


# Statistics.


def _deviations(x: Any, axis: Any, mean: Any) -> tuple[Any, int]:
    """Deviations from the mean, and the number of numbers in each mean."""
    x = np.asanyarray(x)
    mean = np.mean(x, axis=axis, keepdims=True) if mean is None else mean
    return x - mean, x.size // max(1, np.size(mean))


def var(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False, *, mean: Any = None) -> Any:  # noqa: ARG001, FBT001, FBT002  # NumPy's
    """`np.var`."""
    refuse_out("np.var", out)
    rest, count = _deviations(x, axis, mean)
    return np.sum(rest * rest, axis=axis, keepdims=keepdims) / (count - ddof)


def std(x: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0, keepdims: bool = False, *, mean: Any = None) -> Any:  # noqa: ARG001, FBT001, FBT002  # NumPy's
    """`np.std`, a norm: where all numbers are equal its derivative is 0."""
    refuse_out("np.std", out)
    rest, count = _deviations(x, axis, mean)
    return linalg.norm(np.ravel(rest) if axis is None and not keepdims else rest, axis=axis, keepdims=keepdims) / math.sqrt(count - ddof)


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


def _refuse(name: str) -> Callable[..., NoReturn]:
    def not_defined(*_: Any, **__: Any) -> NoReturn:
        raise OperationError(
            f"{name} is not defined for Values: write what you need of it with np.linalg.solve, inv, det, cholesky and @, declare an "
            "autograd.Op for each result, or give it plain numbers where no gradient is wanted"
        )

    return not_defined


FUNCTIONS: dict[Any, Callable[..., Any]] = {
    np.where: where,
    np.nan_to_num: nan_to_num,
    np.interp: interp,
    np.sinc: sinc,
    np.dot: linalg.dot,
    np.inner: linalg.inner,
    np.vdot: lambda a, b: linalg.dot(np.ravel(a), np.ravel(b)),
    np.einsum: einsum,
    np.var: var,
    np.std: std,
    np.cov: cov,
    np.gradient: gradient,
    np.quantile: partial(_at_ranks, np.quantile),
    np.percentile: partial(_at_ranks, np.percentile),
    np.nanquantile: partial(_at_ranks, np.nanquantile),
    np.nanpercentile: partial(_at_ranks, np.nanpercentile),
    np.linalg.norm: linalg.norm,
    np.linalg.solve: linalg.solve,
    np.linalg.inv: linalg.inv,
    np.linalg.det: linalg.det,
    np.linalg.slogdet: linalg.slogdet,
    np.linalg.cholesky: linalg.cholesky,
}
DECOMPOSITIONS = "eig eigh eigvals eigvalsh svd svdvals qr lstsq pinv cond matrix_rank tensorinv tensorsolve"
FUNCTIONS.update({getattr(np.linalg, name): _refuse(f"np.linalg.{name}") for name in DECOMPOSITIONS.split()})
FUNCTIONS.update({getattr(np, name): _refuse(f"np.{name}") for name in ("polyfit", "roots", "histogram", "bincount")})
