"""Lanes on workers: blocks of Dask arrays are tasks, whose results are added in the tree of `streams`.

A `Client` in force is used, else threads of this machine. The function travels once to each worker, and is recorded there.
"""

import math
import pickle
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Any

from autograd.errors import LengthError, StateError
from autograd.program.arguments import is_dask
from autograd.program.sumtree import BLOCK, of_block, plus, some_lanes


@cache
def own_version() -> str:
    """The version of the library here."""
    return version("valuegrad")


def block_result(f: bytes, wanted: str, first: int, size: int, *given: Any) -> Any:
    """The result for a block of lanes, on a worker.

    Raises:
        StateError: the worker has another version of the library.
    """
    if wanted != own_version():
        raise StateError(
            f"a worker has valuegrad {own_version()}, expected {wanted}, as the client has, since others may round otherwise: install that "
            "there"
        )
    return of_block(_loaded(f), first, size, given)


@lru_cache(32)
def _loaded(f: bytes) -> Any:
    """A function, the same for the same bytes, so that it is recorded once on a worker."""
    return pickle.loads(f)  # noqa: S301  # what the client sent, as all that Dask runs


def total(streams: Any) -> Any:
    """The sum over all blocks."""
    import cloudpickle  # noqa: PLC0415  # as below
    from dask.delayed import delayed  # noqa: PLC0415  # only where its arrays are

    lanes = {x.shape[axis] for x, axis in zip(streams.args, streams.axes, strict=True) if axis is not None and hasattr(x, "shape")}
    if len(lanes) != 1 or any(math.isnan(n) for n in lanes):
        raise LengthError(
            f"{streams.name} was given Dask arrays with {sorted(lanes)} lanes, expected equally many, and known: call "
            "x.compute_chunk_sizes() where they are not"
        )
    (streams.lanes,) = lanes
    run, add = delayed(block_result, pure=False), delayed(plus, pure=False)
    f, of_lanes = delayed(cloudpickle.dumps(streams.f)), list(zip(streams.args, streams.axes, strict=True))
    shared = [delayed(x, traverse=False) if axis is None else None for x, axis in of_lanes]
    parts = [_parts(x, axis, streams.lanes) if axis is not None else None for x, axis in of_lanes]
    level: list[Any] = []
    for k, first in enumerate(range(0, streams.lanes, BLOCK)):
        given = [s if own is None else own[k] for s, own in zip(shared, parts, strict=True)]
        level.append(run(f, own_version(), first, min(BLOCK, streams.lanes - first), *given))
    while len(level) > 1:
        level = [add(*level[i : i + 2]) if i + 1 < len(level) else level[i] for i in range(0, len(level), 2)]
    return level[0].compute() if level else 0.0


def _parts(x: Any, axis: int, lanes: int) -> Sequence[Any]:
    """The blocks of an argument."""
    if not is_dask(x):
        return [some_lanes(x, axis, i, i + BLOCK) for i in range(0, lanes, BLOCK)]
    whole = dict.fromkeys(range(x.ndim), -1) | {axis % x.ndim: BLOCK}
    return list(x.rechunk(whole).to_delayed().ravel())
