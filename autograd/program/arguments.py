"""The arguments of a call of `jit` or `vmap`.

They are flattened and divided into live numbers, which become inputs of a program, and static parts, for each of which a function is
recorded separately; to record it, the arguments are built again with Values in place of the live numbers.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from numbers import Integral
from typing import Any

import numpy as np

from autograd.arrays import array_of, plain, unlabelled
from autograd.engine import Value
from autograd.errors import LengthError, OperationError, RangeError
from autograd.kinds import NUMBERS, named_float, not_a_number
from autograd.program.captured import exact
from autograd.program.traced import TracedArray
from autograd.transformed import Streamed
from autograd.trees import is_container, tree_broadcast, tree_flatten, tree_paths, tree_unflatten

# Pairs of an array, with one row for each lane or one that all share, and the Values that its numbers were taken from, or None.
Groups = list[tuple[np.ndarray, Any]]


def _is_axis(x: Any) -> bool:
    return not is_container(x.__class__)


def is_dask(x: Any) -> bool:
    """Whether x is a Dask array."""
    return type(x).__module__.startswith("dask.array")


def is_stream(x: Any) -> bool:
    """Whether x is an iterable of chunks, or a Dask array, rather than an array or a structure."""
    if is_dask(x):
        return True
    known = is_container(x.__class__) or isinstance(x, str | bytes | bytearray | memoryview | Value)
    return isinstance(x, Iterable) and not known and not hasattr(x.__class__, "__array__")


def holds_values(args: Sequence[Any]) -> bool:
    """Whether there are Values among arguments, or arrays of them."""
    return any(x.__class__ is Value or (isinstance(x, np.ndarray) and x.dtype == object) for x in tree_flatten(list(args))[0])


class Arguments:
    """The arguments of a call, flattened.

    Args:
        args: the arguments.
        axes: for each argument the axis of the lanes, None, or a container of these.
        floats: in so many arguments, from the first on, ints and bools are live, too, since derivatives are taken of them.

    Attributes:
        groups: the live numbers.
        key: the static parts that are compared by value, and the shapes and structures of all.
        objects: the static parts that are other objects.
        columns: arrays of integers with lanes, whose entries are static in each lane.
        lanes: the number of lanes; None where no argument has lanes.
    """

    def __init__(self, args: Sequence[Any], axes: Sequence[Any], *, floats: int = 0) -> None:
        self.groups: Groups = []
        self.masks: list[bool] = []  # for each group whether it stands for True and False
        self.columns: list[np.ndarray] = []
        self.key: list[Any] = []
        self.objects: list[Any] = []
        self.lanes: int | None = None
        self.captured: Any = None  # the state of what the function captured at this call
        self.first = 0  # how many groups the first argument has
        self.axes: list[list[int | None]] = []  # for each leaf of each argument
        self.parts = []
        for i, (x, axis) in enumerate(zip(args, axes, strict=True)):
            leaves, structure = tree_flatten(x)
            own = [axis] * len(leaves) if _is_axis(axis) else tree_broadcast(axis, x, _is_axis)
            if own is None:
                raise LengthError(
                    f"got in_axes {axis!r} for argument {i}, expected an axis or None, or containers of these that match argument {i}"
                )
            self.key.append(structure.key)
            self.key += [exact(key) for node in structure.nodes if node.__class__ is not int for key in node.keys or ()]
            self.objects += structure.states()
            parts = []
            for k, (leaf, a) in enumerate(zip(leaves, own, strict=True)):
                parts.append(self._taken(lambda: f"argument {i}{next(islice(tree_paths(x), k, None), '')}", leaf, a, floats=i < floats))  # noqa: B023  # called at once
            self.parts.append((structure, parts))
            self.axes.append(own)
            self.first = self.first if i else len(self.groups)

    def _taken(self, what: Callable[[], str], x: Any, axis: int | None, *, floats: bool) -> Callable[[Iterator[Value], int], Any]:
        """Add one leaf of an argument; return a function that builds it again for one lane, from an iterator over Values."""
        if axis is not None and x.__class__ is not np.ndarray and is_stream(x):
            raise Streamed
        x = unlabelled(x)
        if axis is not None:
            return self._lane_array(what, x, axis)
        if isinstance(x, np.ndarray) and (x.dtype.kind in "fO" or (floats and x.dtype.kind in "iub")):
            return self._live(plain(x), x.shape, lanes=False)
        if x.__class__ is Value or isinstance(x, float | np.floating) or (floats and isinstance(x, NUMBERS)):
            return self._live(np.array(x, dtype=object if x.__class__ is Value else float), (), lanes=False)
        if floats:
            named_float("the first argument", x)
        found = exact(x)
        if found is None:
            self.objects.append(x)
        else:
            self.key.append(found)
        return lambda values, lane: x  # noqa: ARG005  # as the others

    def _lane_array(self, what: Callable[[], str], x: Any, axis: int) -> Callable[[Iterator[Value], int], Any]:
        given, x = x, x if x.__class__ is TracedArray else plain(x) if isinstance(x, np.ndarray) else np.asarray(x)
        if not x.ndim and "[" in what():
            raise RangeError(
                f"got {given!r} as {what()}, expected an array with axis {axis} there, since a list, tuple or dict is a structure, each "
                "leaf of which has lanes: make the whole an array, numpy.array(...), or give None in in_axes"
            )
        if not isinstance(axis, Integral) or isinstance(axis, bool):
            raise RangeError(f"got in_axes {axis!r} for {what()}, expected an int, the axis with the lanes, or None")
        if not -x.ndim <= axis < x.ndim:
            raise RangeError(f"got {what()} of shape {x.shape} for axis {axis} of in_axes: give an array that has it, or None in in_axes")
        x = x if axis == 0 or given.__class__ is TracedArray else np.moveaxis(x, axis, 0)
        lanes = x.shape[axis] if given.__class__ is TracedArray else len(x)
        if self.lanes not in {None, lanes}:
            raise LengthError(f"got {what()} with {lanes} lanes, expected {self.lanes}, as the arguments before it have")
        self.lanes = lanes
        if given.__class__ is TracedArray:
            numbers = given.numbers if axis == 0 else np.moveaxis(given.numbers, axis, 0)
            return self._live(numbers, numbers.shape[1:], lanes=True, view=(given, axis % given.ndim))
        if x.dtype.kind in "fO":
            return self._live(x, x.shape[1:], lanes=True)
        if x.dtype.kind not in "iub":
            raise OperationError(f"in {what()}: {not_a_number(x)}")
        self.key.append(("lanes", x.dtype.str, x.shape[1:]))
        self.columns.append(x)
        return lambda values, lane: x[lane].item() if x.ndim == 1 else x[lane]  # noqa: ARG005  # as the others

    def _live(self, x: np.ndarray, shape: tuple[int, ...], *, lanes: bool, view: Any = None) -> Callable[[Iterator[Value], int], Any]:
        self.masks.append(view is not None and view[0].kind is bool)
        self.key.append(("live", lanes, shape, self.masks[-1]))
        size, values = math.prod(shape), view
        if x.dtype.kind == "O":
            nodes = [a if a.__class__ is Value else Value(a) for a in x.ravel()]
            values = nodes if any(a.__class__ is Value for a in x.ravel()) else None
            x = np.array([v._number for v in nodes]).reshape(x.shape)
        self.groups.append((np.require(x, float, ["ALIGNED"]).reshape(len(x) if lanes else 1, size), values))

        def rebuilt(given: Iterator[Any], _lane: int) -> Any:
            first = next(given) if size else None
            if first.__class__ is TracedArray:
                return first.shaped(*shape)
            return array_of([first, *islice(given, size - 1)] if size else [], shape)

        return rebuilt

    def classes(self) -> list[type]:
        """The classes of its containers, whose methods the function may call."""
        return [x.cls for structure, _ in self.parts for x in structure.nodes if x.__class__ is not int]

    def numbers(self, lane: int) -> list[float]:
        """The live numbers of one lane."""
        return [x for array, _ in self.groups for x in array[lane if len(array) > 1 else 0].tolist()]

    def rebuilt(self, inputs: Sequence[Value], lane: int) -> list[Any]:
        """The arguments for one lane, with `inputs` in place of its live numbers."""
        rest = iter(inputs)
        return [tree_unflatten(structure, [part(rest, lane) for part in parts]) for structure, parts in self.parts]

    def chosen(self, lanes: np.ndarray) -> "Arguments":
        """These arguments for some of the lanes only."""
        if self.lanes in {None, len(lanes)}:
            return self
        return self._with([(x[lanes], v) if len(x) > 1 else (x, v) for x, v in self.groups])

    def with_groups(self, arrays: Sequence[np.ndarray]) -> "Arguments":
        """Arguments of the same kinds with these numbers."""
        return self._with([(x, None) for x in arrays])

    def without_groups(self) -> "Arguments":
        """These arguments without their numbers."""
        return self._with([])

    def _with(self, groups: Groups) -> "Arguments":
        part = object.__new__(Arguments)
        part.__dict__.update(self.__dict__)
        part.groups = groups
        return part


def group_arrays(groups: Groups) -> list[np.ndarray]:
    """The numbers of the groups."""
    return [array for array, _ in groups]
