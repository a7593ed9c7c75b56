"""Lanes that do not lie in memory: an iterable of chunks, or Dask arrays, in place of an array along the lanes.

What `vmap` reduces is a sum over the lanes, and so are its derivatives: each is computed for one block of lanes after another, and the
results are added. Blocks are subtrees of the tree in which the kernel adds: leaves of 1,024 lanes, from the first on, then in pairs. So
neither the chunks nor the number of workers change a bit.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import numpy as np

from autograd.errors import LengthError, OperationError
from autograd.program.arguments import holds_values, is_dask, is_stream
from autograd.program.onworkers import stacked
from autograd.program.onworkers import total as total_on_workers
from autograd.program.sumtree import BLOCK, added, of_block, some_lanes
from autograd.transformed import Derivative, Transformed, register_streams
from autograd.trees import tree_map

Function = Callable[..., Any]
# The derivatives whose results have lanes where those of the function have.
LANEWISE = {"jacobian", "jacfwd", "jacrev", "jvp"}


def restarted(outer: Transformed, args: Sequence[Any]) -> Any:
    """The result of what `vmap` with `reduce`, or a derivative of it, gives for these arguments.

    Raises:
        OperationError: it is none of these.
    """
    chain: list[Any] = []
    f: Any = outer
    while isinstance(f, Transformed) and not hasattr(f, "in_axes"):
        chain.append(f)
        f = f.f
    on_workers = any(map(is_dask, args))
    if not hasattr(f, "in_axes") or not all(_keeps_lanes_apart(g, f) for g in chain) or (f.reduce is None and not on_workers):
        lanewise = ", or, for Dask arrays, jacobian, jvp or jit of vmap(f), whose results have lanes" if on_workers else ""
        raise OperationError(
            f"{outer.expression} was given chunks of lanes, expected vmap(f, reduce='sum') or a derivative of it, whose results are sums "
            f"over the lanes{lanewise}: leave what is added to it, such as a penalty, outside"
        )
    if "by_blocks" not in vars(outer):  # so that it is recorded once
        made: Any = f.__class__(f.f, f.in_axes, f.reduce and "sum", f.out_axes, f.keywords)
        for g in reversed(chain):
            made = g.remade(made, 0)
        vars(outer)["by_blocks"] = made
    axes = f.axes(_split(chain, args))
    return _Streams(outer.expression, vars(outer)["by_blocks"], args, _placed(chain, axes), f.reduce).result()


def _keeps_lanes_apart(g: Any, f: Any) -> bool:
    """Whether a transform of `vmap` can be computed for some lanes at a time."""
    name = g.transform.__name__
    return name == "jit" or (isinstance(g, Derivative) and g.gives_numbers and (f.reduce is not None or name in LANEWISE))


def _split(chain: Sequence[Any], args: Sequence[Any]) -> tuple[Any, ...]:
    """The arguments of the innermost function, without tangents."""
    given = tuple(args)
    for g in chain:
        if isinstance(g, Derivative):
            given = g.split(given)[0]
    return given


def _placed(chain: Sequence[Any], axes: Sequence[Any]) -> list[Any]:
    """The axis of each argument of the outermost function; tangents have no lanes."""
    found = list(axes)
    for g in reversed(chain):
        place = getattr(g, "_place", None)
        if place is not None:
            found.insert(place, None)
    return found


class _Streams:
    """A call with streams among its arguments."""

    def __init__(self, name: str, f: Function, args: Sequence[Any], axes: Sequence[Any], reduce: str | None) -> None:
        self.name, self.f, self.args, self.reduce = name, f, list(args), reduce
        self.axes = [axis if isinstance(axis, int) else None for axis in axes]
        if holds_values(args):
            raise OperationError(
                f"{name} was given chunks of lanes and Values, to whose graph a sum over chunks cannot be joined: take its derivative as a "
                "function, value_and_grad(f)(p, chunks)"
            )
        self.lanes = 0

    def result(self) -> Any:
        """The reduced result, or, for Dask arrays without `reduce`, that of each lane."""
        if self.reduce is None:
            return stacked(self)
        total = total_on_workers(self) if any(map(is_dask, self.args)) else added(self._results())
        if not self.lanes:
            raise LengthError(f"{self.name} was given no chunk with a lane: give at least one sample")
        if self.reduce == "sum":
            return total
        return tree_map(lambda x: x * (1.0 / self.lanes), total)

    def _results(self) -> Iterator[Any]:
        """The result of each block."""
        sources = [self._blocks(k) if axis is not None else None for k, axis in enumerate(self.axes)]
        with ExitStack() as stack:
            advance = _bar(stack)
            while True:
                blocks = [None if s is None else next(s, None) for s in sources]
                sizes = {0 if b is None else b.shape[axis] for b, axis in zip(blocks, self.axes, strict=True) if axis is not None}
                if len(sizes) != 1:
                    raise LengthError(
                        f"{self.name} was given chunks that have {self.lanes + min(sizes)} lanes in one argument and more in another"
                    )
                (size,) = sizes
                if not size:
                    return
                given = [x if s is None else b for x, s, b in zip(self.args, sources, blocks, strict=True)]
                yield of_block(self.f, self.lanes, size, given)
                self.lanes += size
                advance(size)

    def _blocks(self, k: int) -> Iterator[np.ndarray]:
        """The lanes of an argument in blocks."""
        axis, x = self.axes[k] or 0, self.args[k]
        held: list[np.ndarray] = []
        count = 0
        for chunk in x if is_stream(x) else [x]:
            given = np.asarray(chunk)
            if not -given.ndim <= axis < given.ndim:
                raise LengthError(
                    f"{self.name} was given a chunk of shape {given.shape} for argument {k}, expected arrays with axis {axis}"
                )
            start = 0
            while start < given.shape[axis]:
                some = some_lanes(given, axis, start, start + BLOCK - count)
                held.append(some)
                start, count = start + some.shape[axis], count + some.shape[axis]
                if count == BLOCK:
                    yield held[0] if len(held) == 1 else np.concatenate(held, axis=axis)
                    held, count = [], 0
        if count:
            yield np.concatenate(held, axis=axis)


def _bar(stack: ExitStack) -> Callable[[int], Any]:
    """What advances a progress bar, after a second in a terminal where tqdm is installed."""
    try:
        from tqdm.std import tqdm  # noqa: PLC0415  # optional
    except ImportError:
        return lambda _size: None
    if not sys.stderr.isatty():
        return lambda _size: None
    advance: Callable[[int], Any] = stack.enter_context(tqdm(unit="lane", unit_scale=True, delay=1.0)).update
    return advance


register_streams(restarted)
