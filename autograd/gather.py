"""take: entries chosen by numbers that are live, as token ids are, so that one recording serves all of them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import ops
from autograd.arrays import array_of, tree_ravel
from autograd.context import current
from autograd.engine import Value
from autograd.errors import LengthError, NumberError, RangeError, api_boundary
from autograd.kinds import NUMBERS
from autograd.program.columns import LANES
from autograd.program.traced import TracedArray


@api_boundary
def take(xs: Any, i: Any) -> Any:
    """xs[i], the entry or row of `xs` with the number i, or those with the numbers in an array i.

    In a function that `jit` or `vmap` records, an index that is a Value stays live: the recording holds for any. Ints are static there,
    also those of an array, so give token ids as floats: `vmap(lambda k: take(table, k))(ids.astype(float))`. There is no derivative with
    respect to i; an entry that is not taken is absent. Each costs an operation for every number of `xs`.

    Args:
        xs: numbers, or rows of them: an array, or a list or tuple of numbers, arrays, lists or dicts of the same form.
        i: a whole number, as an int, a float or a Value; from -len(xs), which counts from the end, below len(xs); or an array of such.

    Returns:
        The entry; for an array, an array with the axes of i, then those of a row. A live index out of range gives nan.

    Raises:
        RangeError: i is not whole, or out of range.
        NumberError: i is not a number, or xs has no entries.
        LengthError: the rows of xs differ in length or form.

    >>> take([10.0, 20.0, 30.0], 1), take([10.0, 20.0, 30.0], -1.0)
    (20.0, 30.0)
    >>> take(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 0, 1]))
    array([[3., 4.],
           [1., 2.],
           [3., 4.]])
    """
    if not isinstance(xs, Sequence | np.ndarray) or isinstance(xs, str) or not getattr(xs, "ndim", 1) or not len(xs):
        raise NumberError(f"take got {xs!r} to take from, expected an array, list or tuple with entries")
    if i.__class__ is TracedArray:
        found = LANES.run(lambda k: take(xs, k), [i.shaped(-1)], [0], None)
        return found.shaped(*i.shape, *found.shape[1:]) if found.__class__ is TracedArray else found.reshape(*i.shape, *found.shape[1:])
    if isinstance(i, np.ndarray | list | tuple):
        return _several(xs, np.asarray(i, object if any(k.__class__ is Value for k in np.ravel(np.asarray(i, object))) else None))
    if i.__class__ is Value and current().tracer is not None:
        return _live(xs, i)
    return xs[_whole(i.data if i.__class__ is Value else i, len(xs))]


def _several(xs: Any, i: np.ndarray) -> Any:
    if i.dtype.kind not in "iufO":
        raise NumberError(f"take got indices of dtype {i.dtype}, expected whole numbers: of a mask give np.flatnonzero(mask)")
    rows = [tree_ravel(take(xs, k)) for k in i.ravel().tolist()]
    if len({form for _, form in rows}) > 1 or (rows and len(rows[0][1].shapes) > 1):
        raise LengthError("take got rows of different lengths to take from, expected an array, or rows that could make one")
    shape = rows[0][1].shapes[0] if rows else np.shape(xs)[1:]
    return array_of([float(x) if isinstance(x, np.floating) else x for numbers, _ in rows for x in numbers], (*i.shape, *shape))


def _whole(i: Any, count: int) -> int:
    if not isinstance(i, NUMBERS):
        raise NumberError(f"take got the index {i!r}, expected a whole number, or an array of such")
    k = float(i)
    if not -count <= k < count or not k.is_integer():
        raise RangeError(f"take got the index {i!r}, expected a whole number from {-count} below {count}")
    return int(k)


def _live(xs: Any, i: Value) -> Any:
    """The entry by comparisons with i, each entry once: pairs of entries, then pairs of these, and so on."""
    count = len(xs)
    rows = [tree_ravel(x.entries() if x.__class__ is TracedArray else x) for x in (xs.entries() if xs.__class__ is TracedArray else xs)]
    if any(form != rows[0][1] for _, form in rows):
        raise LengthError("take got rows of different lengths to take from, expected rows of the same form")
    k = ops.where(ops.less(i, 0.0), i + float(count), i)
    known = ops.where(ops.equal(ops.floor(k), k), ops.where(ops.less(k, 0.0), 0.0, ops.less(k, float(count))), 0.0)
    below = [ops.less(k, float(n)) for n in range(count)]
    taken = []
    for column in zip(*[numbers for numbers, _ in rows], strict=True):
        left, first = list(column), [*range(count)]  # of each part its entry, and where it begins
        while len(left) > 1:
            pairs = range(0, len(left) - 1, 2)
            rest = left[len(left) - len(left) % 2 :]
            left = [*[ops.where(below[first[n + 1]], left[n], left[n + 1]) for n in pairs], *rest]
            first = first[::2]
        taken.append(ops.where(known, left[0], math.nan))
    return rows[0][1].unravel(taken)
