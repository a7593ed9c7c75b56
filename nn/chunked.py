"""Samples in Dask arrays: `fit` reads one block after another, `predict` and `accuracy` run as a task for each chunk."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from autograd.errors import LengthError

# The samples of a block, at least: the chunks do not matter, so that the same samples are trained on in the same order.
BLOCK = 65536


def is_dask(*arrays: Any) -> bool:
    """Whether there is a Dask array among these."""
    return any(type(x).__module__.startswith("dask.array") for x in arrays)


def blocks_of(X: Any, y: Any, batch_size: int) -> list[Callable[[], tuple[Any, Any]]]:  # the field's name for inputs
    """What reads each block of samples: whole batches, but for the last; anything but Dask arrays is one block.

    Raises:
        LengthError: X and y differ in length, or it is not known.
    """
    if not is_dask(X, y):
        return [lambda: (X, y)]
    count = _checked(X, y)
    rows = batch_size * -(-BLOCK // batch_size)
    return [partial(_read, X, y, first, first + rows) for first in range(0, max(count, 1), rows)]


def _read(X: Any, y: Any, first: int, end: int) -> tuple[Any, Any]:  # as above
    from dask.base import compute  # noqa: PLC0415  # only where its arrays are

    found: tuple[Any, Any] = compute(X[first:end], y[first:end])
    return found


def predicted(predict: Callable[[Any], np.ndarray], X: Any) -> Any:  # as above
    """What `predict` gives for the rows of a Dask array, as one: it is computed with that."""
    _checked(X, X)
    return _by_rows(X).map_blocks(predict, dtype=int, drop_axis=[*range(1, X.ndim)], meta=np.empty(0, int))


def hits(count: Callable[[Any, Any], int], X: Any, y: Any) -> int:  # as above
    """The sum of `count(X, y)` of all chunks, computed now."""
    import dask.array as da  # noqa: PLC0415  # as above
    from dask.base import compute  # noqa: PLC0415  # as above
    from dask.delayed import delayed  # noqa: PLC0415  # as above

    _checked(X, y)
    rows = _by_rows(da.asarray(X))
    targets = _by_rows(da.asarray(y).rechunk({0: rows.chunks[0]}))
    parts = zip(rows.to_delayed().ravel(), targets.to_delayed().ravel(), strict=True)
    return sum(compute(*[delayed(count)(*part) for part in parts]))


def _by_rows(X: Any) -> Any:  # as above
    """The same with whole samples in each chunk."""
    return X.rechunk(dict.fromkeys(range(1, X.ndim), -1))


def _checked(X: Any, y: Any) -> int:  # as above
    """The number of samples."""
    counts = [x.shape[0] if hasattr(x, "shape") else len(x) for x in (X, y)]
    if counts[0] != counts[1]:  # also where one is nan
        raise LengthError(
            f"got Dask arrays with {counts[0]} samples in X and {counts[1]} targets in y, expected one target for each row of X, and a "
            "known number: call X.compute_chunk_sizes() where it is not"
        )
    return int(counts[0])
