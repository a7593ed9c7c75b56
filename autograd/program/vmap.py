"""vmap: a function of one sample, recorded once and run over lanes; lane by lane where something else records or watches."""

import functools
import math
from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from autograd import ops
from autograd.arrays import Form, array_of, tree_ravel, wrapped
from autograd.context import current
from autograd.engine import Value
from autograd.errors import LengthError, OperationError, RangeError
from autograd.program.arguments import Arguments, Groups, group_arrays
from autograd.program.outputs import output_value
from autograd.program.recording import Recordings, Trace, watched, with_captured
from autograd.trees import tree_flatten, tree_map, tree_unflatten

Function = Callable[..., Any]


def name_of(f: Function) -> str:
    """What messages call a function."""
    return getattr(f, "__name__", type(f).__name__)


class VMap:
    """A function over lanes: see `vmap`."""

    def __init__(self, f: Function, in_axes: Any, reduce: str | None) -> None:
        functools.update_wrapper(self, f)
        self.f, self.in_axes, self.reduce = f, in_axes, reduce
        self.recordings = Recordings(f, f"vmap({name_of(f)})")

    def axes(self, args: Sequence[Any]) -> tuple[Any, ...]:
        """The entry of in_axes for each argument."""
        axes = tuple(self.in_axes) if isinstance(self.in_axes, tuple | list) else (self.in_axes,) * len(args)
        if len(axes) != len(args):
            raise LengthError(f"{self.recordings.name} was given {len(args)} arguments, in_axes has {len(axes)} entries: one for each")
        if all(axis is None for axis in tree_flatten([list(axes)])[0]):
            raise RangeError(f"{self.recordings.name} was given no argument with lanes: in_axes is None for all, give 0 for at least one")
        return axes

    def weight(self, lanes: int) -> float:
        """The factor of the sum over so many lanes."""
        return 1.0 / lanes if self.reduce == "mean" else 1.0

    def __call__(self, *args: Any) -> Any:
        """The results of all lanes, stacked or reduced."""
        axes = self.axes(args)
        given = Arguments(args, axes)
        lanes = given.lanes or 0
        if not lanes:
            raise LengthError(f"{self.recordings.name} was given arrays without a lane: give at least one sample")
        if current().tracer is not None or current().watch is not None or any(own for array, own in given.groups if len(array) > 1):
            return self._unrolled(args, given.axes, lanes)
        made: list[tuple[Trace, Groups, np.ndarray]] = []
        for trace, chosen in self.recordings.parts(given):
            made.append((trace, with_captured(given.chosen(chosen).groups, trace), chosen))
            if trace.form != made[0][0].form:
                raise LengthError(
                    f"{self.f!r} gave the shapes {made[0][0].form} in one lane and {trace.form} in another, expected the same in all"
                )
        form, count = made[0][0].form, made[0][0].count
        if self.reduce is not None:
            weight = self.weight(lanes)
            sums = [[output_value(name_of(self.f), p.batched, g, len(c), k, weight) for p, g, c in made] for k in range(count)]
            return form.unravel([part[0] if len(part) == 1 else ops.sum(part) for part in sums])
        joined = any(own for _, groups, _ in made for _, own in groups)
        rows = np.empty((count, lanes), dtype=object if joined else float)
        for trace, groups, chosen in made:
            if joined and current().recording:
                for i, lane in enumerate(chosen):
                    one = [(array[i : i + 1], own) if len(array) > 1 else (array, own) for array, own in groups]
                    rows[:, lane] = [output_value(name_of(self.f), trace.batched, one, 1, k, 1.0) for k in range(count)]
            else:
                found = trace.batched.forward(group_arrays(groups), len(chosen))[:, :count].T
                rows[:, chosen] = array_of([Value(x) for x in found.ravel().tolist()], found.shape) if joined else found
        return _stacked(form, rows, set.intersection(*[set(trace.bools) for trace, _, _ in made]))

    def _unrolled(self, args: Sequence[Any], axes: Sequence[Sequence[int | None]], lanes: int) -> Any:
        """Call the function lane by lane: under another tracer or a watch, or where the lanes themselves are Values."""
        found, watch = [], current().watch
        for lane in range(lanes):
            own = [tree_map(lambda x, axis: _lane(x, axis, lane), x, leaves) for x, leaves in zip(args, axes, strict=True)]  # noqa: B023  # called at once
            found.append(tree_ravel(self.f(*own) if watch is None else watched(self.f, own)))
        form = found[0][1]
        if any(other != form for _, other in found):
            raise LengthError(f"{self.f!r} gave {form} in one lane and another form in another, expected the same in all")
        numbers = list(zip(*[numbers for numbers, _ in found], strict=True))
        if self.reduce is not None:
            return form.unravel([ops.sum(column) * self.weight(lanes) for column in numbers])
        return _stacked(form, array_of([x for column in numbers for x in column], (len(numbers), lanes)))


def _lane(x: Any, axis: int | None, lane: int) -> Any:
    """The part of a leaf that belongs to one lane."""
    if axis is None:
        return x
    own = np.moveaxis(np.asanyarray(x), axis, 0)[lane]
    return own.item() if isinstance(own, np.generic) else own


def _stacked(form: Form, rows: np.ndarray, bools: Collection[int] = ()) -> Any:
    """Rows, one for each number of the form, as arrays in it with the lanes first; those in `bools` are True or False."""
    leaves, place, lanes = [], 0, rows.shape[1]
    for shape in form.shapes:
        size = math.prod(shape)
        own = rows[place : place + size].T
        if size and all(k in bools for k in range(place, place + size)):
            own = own.astype(bool)
        leaves.append(wrapped(np.ascontiguousarray(own).reshape(lanes, *shape)))
        place += size
    return tree_unflatten(form.structure, leaves)


def vmap(f: Function, in_axes: Any = 0, reduce: str | None = None) -> Function:
    """The function f over lanes, one for each entry along an axis of its array arguments.

    Args:
        f: a function of one sample, which is called with numbers or arrays of Values.
        in_axes: the axis of the lanes, one for all arguments or one for each; None for what all lanes share. In a list, tuple or dict
            each array has lanes; one axis may stand for all of them, or a container of axes with the same structure. Integer
            arrays are static in each lane: lanes with the same integers are recorded together.
        reduce: None to stack the results of f along a new first axis; "mean" or "sum" to reduce over the lanes.

    Raises:
        LengthError: arguments have different numbers of lanes.
        OperationError: there are more than 64 lanes with different integers.
        RangeError: an argument does not have the axis; a list of numbers has none: give an array.
        TraceError: as for `jit`.

    >>> vmap(lambda a, x: a * x, in_axes=(None, 0))(3.0, np.array([1.0, 2.0]))
    array([3., 6.])
    >>> vmap(lambda s: s["a"] * s["b"], in_axes=({"a": 0, "b": None},))({"a": np.array([1.0, 2.0]), "b": 5.0})
    array([ 5., 10.])
    >>> a = Value(3.0)
    >>> vmap(lambda a, x: a * x, in_axes=(None, 0), reduce="mean")(a, np.array([1.0, 2.0])).backward()
    >>> a.grad
    1.5
    """
    if not callable(f):
        raise OperationError(f"got {f!r}, expected a function: vmap(f)(X)")
    if not (reduce is None or (isinstance(reduce, str) and reduce in {"mean", "sum"})):
        raise RangeError(f"got reduce={reduce!r}, expected 'mean', 'sum' or None")
    return VMap(f, in_axes, reduce)
