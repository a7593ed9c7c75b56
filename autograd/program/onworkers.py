"""Lanes on workers: chunks of Dask arrays are tasks. Their sums are added in the tree of `sumtree`; without `reduce` they are chunks again.

A `Client` in force is used, else threads of this machine.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.errors import LengthError
from autograd.program.arguments import is_dask
from autograd.program.sumtree import BLOCK, added, of_block, some_lanes
from autograd.program.travelling import opened, packed
from autograd.trees import tree_flatten, tree_unflatten

# A task adds so many results, a power of 2.
ADDED = 8


def of_blocks(sent: bytes, shared: Sequence[Any], axes: Sequence[int | None], first: int, own: Sequence[Any]) -> Any:
    """The sum of what the blocks of a chunk give, on a worker."""
    lanes = next(x.shape[axis] for x, axis in zip(own, [a for a in axes if a is not None], strict=True))
    return added(
        of_block(_opened(sent), first + i, min(BLOCK, lanes - i), _given(shared, axes, own, i, i + BLOCK)) for i in range(0, lanes, BLOCK)
    )


def of_chunk(sent: bytes, shared: Sequence[Any], axes: Sequence[int | None], first: int, own: Sequence[Any]) -> Any:
    """The leaves of the results for the lanes of a chunk, on a worker."""
    lanes = next(x.shape[axis] for x, axis in zip(own, [a for a in axes if a is not None], strict=True))
    return tree_flatten(of_block(_opened(sent), first, lanes, _given(shared, axes, own, 0, lanes)))[0]


_opened = lru_cache(32)(opened)  # the same function for the same bytes, so that a worker records it once


def _given(shared: Sequence[Any], axes: Sequence[int | None], own: Sequence[Any], first: int, end: int) -> list[Any]:
    """The arguments for some lanes of a chunk."""
    rest = iter(own)
    return [x if axis is None else some_lanes(next(rest), axis, first, end) for x, axis in zip(shared, axes, strict=True)]


def total(streams: Any) -> Any:
    """The sum over all lanes, computed."""
    import dask.array as da  # noqa: PLC0415  # only where its arrays are

    lanes = _lanes(streams)
    widest = max(max(x.chunks[axis]) for x, axis in zip(streams.args, streams.axes, strict=True) if axis is not None and is_dask(x))
    parts = _tasks(streams, of_blocks, BLOCK << max(0, (widest // BLOCK).bit_length() - 1))
    whole = da.reduction(parts, _itself, _added, combine=_added, split_every=ADDED, dtype=object, meta=np.empty((), object))
    streams.lanes = lanes
    return whole.compute()[()] if lanes else 0.0


def stacked(streams: Any) -> Any:
    """The results of all lanes as Dask arrays, in the structure of one result."""
    _lanes(streams)
    x, axis = next((x, axis) for x, axis in zip(streams.args, streams.axes, strict=True) if axis is not None and is_dask(x))
    parts = _tasks(streams, of_chunk, x.chunks[axis])
    (leaves, structure), (others, _) = (tree_flatten(streams.f(*sample(streams.args, streams.axes, lanes))) for lanes in (1, 2))
    both = zip(map(np.asarray, leaves), map(np.shape, others), strict=True)
    return tree_unflatten(structure, [_leaf(parts, k, x.chunks[axis], one, two) for k, (one, two) in enumerate(both)])


def _leaf(parts: Any, k: int, chunks: tuple[int, ...], found: np.ndarray, other: tuple[int, ...]) -> Any:
    """A leaf of the results: `found` is that of one lane, `other` the shape of that of two, which differs in the axis of the lanes."""
    axis = next(i for i, (one, two) in enumerate(zip(found.shape, other, strict=True)) if one != two)
    sizes = [chunks if i == axis else (n,) for i, n in enumerate(found.shape)]
    more = [i for i in range(found.ndim) if i != axis]
    return parts.map_blocks(_picked, k=k, chunks=tuple(sizes), new_axis=more, dtype=found.dtype, meta=found[(slice(0),) * found.ndim])


def sample(args: Sequence[Any], axes: Sequence[int | None], lanes: int = 1) -> list[Any]:
    """The arguments for one lane, or some alike, to learn what the function does; numbers stand for those that are not computed."""
    found = []
    for x, axis in zip(args, axes, strict=True):
        if is_dask(x) and axis is not None:
            shape = tuple(lanes if k == axis % x.ndim else n for k, n in enumerate(x.shape))
            found.append(np.full(shape, 0.5 if x.dtype.kind == "f" else 0, x.dtype))
        else:
            found.append(x if axis is None else np.repeat(some_lanes(np.asarray(x), axis, 0, 1), lanes, axis))
    return found


def _tasks(streams: Any, run: Any, chunks: Any) -> Any:
    """A Dask array with an object for each chunk of lanes: what `run` gives for it."""
    import dask.array as da  # noqa: PLC0415  # as above
    from dask.delayed import delayed  # noqa: PLC0415  # as above
    from dask.layers import ArrayBlockIdDep  # noqa: PLC0415  # as above

    own: list[Any] = []
    indices = iter(range(1, 1_000_000))
    for x, axis in zip(streams.args, streams.axes, strict=True):
        if axis is not None:
            array = x if is_dask(x) else da.from_array(np.asarray(x), chunks=-1, name=False)
            at = axis % array.ndim
            array = array.rechunk({k: chunks if k == at else -1 for k in range(array.ndim)})
            sizes = array.chunks[at]
            own += [array, tuple([0 if k == at else next(indices) for k in range(array.ndim)])]
    shared = [x if axis is None else None for x, axis in zip(streams.args, streams.axes, strict=True)]
    firsts = np.cumsum((0, *sizes[:-1]))
    return da.blockwise(
        _run,
        (0,),
        ArrayBlockIdDep(((1,) * len(sizes),)),  # which needs no task of its own
        (0,),
        *own,
        run=run,
        sent=_kept(streams.f, packed(streams.name, streams.f, sample(streams.args, streams.axes))),
        shared=delayed((shared, firsts), traverse=False),
        axes=streams.axes,
        concatenate=True,
        align_arrays=False,
        dtype=object,
        meta=np.empty(0, object),
    )


def _kept(f: Any, sent: bytes) -> Any:
    """The function to be sent; where there are workers, as a task whose result stays there for the next call."""
    from dask.base import get_scheduler  # noqa: PLC0415  # as above
    from dask.delayed import delayed  # noqa: PLC0415  # as above

    client = getattr(get_scheduler(), "__self__", None)
    if client is None:
        return sent
    kept = vars(f).get("kept")
    if kept is None or kept[:2] != (client, sent):
        kept = vars(f)["kept"] = (client, sent, client.persist(delayed(sent)))
    return kept[2]


def _run(block: tuple[int], *own: Any, run: Any, sent: bytes, shared: tuple[Any, Any], axes: Sequence[int | None]) -> np.ndarray:
    return _object(run(sent, shared[0], axes, int(shared[1][block[0]]), own))


def _picked(part: np.ndarray, k: int) -> Any:
    return part[0][k]


def _itself(part: np.ndarray, **_options: Any) -> np.ndarray:
    return part


def _added(parts: np.ndarray, **options: Any) -> np.ndarray:
    found = _object(added(parts.ravel().tolist()))
    return found if options.get("keepdims") else found.reshape(())


def _object(x: Any) -> np.ndarray:
    """An array of one object."""
    found = np.empty(1, object)
    found[0] = x
    return found


def _lanes(streams: Any) -> int:
    """The number of lanes.

    Raises:
        LengthError: it is not known, or differs between arguments.
    """
    lanes = {x.shape[axis] for x, axis in zip(streams.args, streams.axes, strict=True) if axis is not None and hasattr(x, "shape")}
    if len(lanes) != 1 or any(n != n for n in lanes):  # noqa: PLR0124  # true for nan
        raise LengthError(
            f"{streams.name} was given Dask arrays with {sorted(lanes)} lanes, expected equally many, and known: call "
            "x.compute_chunk_sizes() where they are not"
        )
    return int(lanes.pop())
