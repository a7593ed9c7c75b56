"""vmap: a function of one sample is recorded once and run over lanes.

Within a recording that cannot keep it as one call, and under `detect_anomaly`, the function is called lane by lane.
"""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from numbers import Integral
from typing import Any, Literal, overload

import numpy as np

from autograd import ops
from autograd.arrays import Array, array_of, tree_ravel
from autograd.arrays import Form as Shapes
from autograd.context import current
from autograd.engine import Value
from autograd.errors import LengthError, RangeError, api_boundary, filter_traceback
from autograd.program.arguments import Arguments, group_arrays, holds_values
from autograd.program.calls import call
from autograd.program.columns import LANES
from autograd.program.explain import Explanation
from autograd.program.form import Form
from autograd.program.mapped import LaneForm, branching, fixed, leaf_kinds, signature
from autograd.program.observed import include, unobserved
from autograd.program.paths import UnknownPath
from autograd.program.recording import Recordings, drop_oldest, watched
from autograd.program.steps import taken
from autograd.program.streams import restarted as restarted  # noqa: PLC0414  # importing it registers it
from autograd.program.trace import Trace, of_kind, with_captured
from autograd.program.traced import TracedArray
from autograd.signatures import Made, Mapped, R
from autograd.sweeps import numbers_of
from autograd.transformed import Streamed, Transformed, name_of, streamed
from autograd.trees import is_container, tree_broadcast, tree_flatten, tree_map, tree_unflatten

Function = Callable[..., Any]
# The number of forms of calls that are kept; and of kinds of arguments in recordings.
KEPT, KINDS = 8, 64


DEFAULTS = {"in_axes": 0, "out_axes": 0, "reduce": None}


class VMap(Transformed):
    """The function that `vmap` returns."""

    def __init__(self, f: Function, in_axes: Any = 0, reduce: str | None = None, out_axes: Any = 0, keywords: int = 0) -> None:
        options = {"in_axes": in_axes, "out_axes": out_axes, "reduce": reduce}
        super().__init__(vmap, f, **{name: x for name, x in options.items() if x is not DEFAULTS[name]})
        if not (reduce is None or (isinstance(reduce, str) and reduce in {"mean", "sum"})):
            remedy = "; axes of results are given by name: vmap(f, 0, out_axes=0)" if isinstance(reduce, Integral | tuple) else ""
            raise RangeError(f"got reduce={reduce!r}, expected 'mean', 'sum' or None{remedy}")
        if reduce is not None and out_axes != 0:
            raise RangeError(f"got out_axes={out_axes!r} with reduce={reduce!r}, which leaves no axis of lanes: leave out one of them")
        self.in_axes, self.reduce, self.out_axes, self.keywords = in_axes, reduce, out_axes, keywords
        self.recordings = Recordings(f, f"vmap({name_of(f)})", lazy=True)
        self.forms: dict[Any, LaneForm] = {}
        self.repeated: dict[Any, tuple[Any, LaneForm, Sequence[tuple[Trace, np.ndarray]]]] = {}  # see `_again`

    def remade(self, f: Function, keywords: int) -> "VMap":
        """`vmap` of another function with the same options, whose last `keywords` arguments have lanes along their first axis."""
        return VMap(f, self.in_axes, self.reduce, self.out_axes, keywords)

    def __reduce__(self) -> Any:
        if self.keywords:
            return VMap, (self.f, self.in_axes, self.reduce, self.out_axes, self.keywords)
        return super().__reduce__()

    def axes(self, args: Sequence[Any]) -> tuple[Any, ...]:
        """The entry of in_axes for each argument, checked."""
        axes = tuple(self.in_axes) if isinstance(self.in_axes, tuple | list) else (self.in_axes,) * (len(args) - self.keywords)
        axes += (0,) * self.keywords
        if len(axes) != len(args):
            raise LengthError(f"{self.recordings.name} was given {len(args)} arguments, in_axes has {len(axes)} entries: one for each")
        if any(axis.__class__ is int for axis in axes):
            return axes
        if all(axis is None for axis in tree_flatten([list(axes)])[0]) and not any(isinstance(axis, str) for axis in axes):
            raise RangeError(f"{self.recordings.name} was given no argument with lanes: in_axes is None for all, give 0 for at least one")
        return axes

    def weight(self, lanes: int) -> float:
        """The factor by which a sum over so many lanes is multiplied: 1/lanes for a mean."""
        return 1.0 / lanes if self.reduce == "mean" else 1.0

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """The results of all lanes, stacked or reduced."""
        try:
            if keywords:
                return self.with_keywords(tuple(keywords))(*args, *keywords.values())
            found = self._over_lanes(args)
            if self.gives_floats and not current().recording:
                found = numbers_of(found)
            return found if self.out_axes is DEFAULTS["out_axes"] else self._moved(found)
        except Streamed:
            if holds_values(args):
                raise  # a derivative goes on with it
            return streamed(self, args, current().tracer)
        except Exception as error:
            filter_traceback(error)
            raise

    def _moved(self, found: Any) -> Any:
        """The results with the axis of the lanes moved from the front to where out_axes has it."""
        axes = tree_broadcast(self.out_axes, found, lambda x: not is_container(x.__class__))
        if axes is None:
            raise LengthError(f"got out_axes {self.out_axes!r}, expected an axis, or containers of axes that match what the function gives")
        for axis, x in zip(axes, tree_flatten(found)[0], strict=True):
            if not isinstance(axis, Integral) or isinstance(axis, bool) or not -x.ndim <= axis < x.ndim:
                raise RangeError(f"got out_axes {axis!r} for a result of shape {x.shape}, expected an int, one of its axes")
        return tree_map(lambda x, axis: np.moveaxis(x, 0, axis), found, axes)

    def explain(self) -> Explanation:
        """What was recorded, how many operations and paths that is, and what runs it: see `jit`."""
        return self.recordings.explained(self.recordings.name)

    def _over_lanes(self, args: Sequence[Any]) -> Any:
        """The results of all lanes, reduced or with the lanes along the first axis."""
        axes = self.axes(args)
        tracer, watch = current().tracer, current().watch
        lazy = tracer is not None and tracer.lazy
        inputs = inputs_of(args, axes) if lazy and watch is None and not self.recordings.refusal else None
        if inputs is not None and (again := self._again(*inputs)) is not None:
            return again[0]
        given = Arguments(args, axes)
        lanes = given.lanes or 0
        if not lanes:
            raise LengthError(f"{self.recordings.name} was given arrays without a lane: give at least one sample")
        if (tracer is not None and not lazy) or watch is not None or self.recordings.refusal:
            return self._unrolled(args, given.axes, lanes)
        made: list[tuple[Trace, np.ndarray]] = list(self.recordings.parts(given, all_lanes=False))
        if self.recordings.refusal:
            return self._unrolled(args, given.axes, lanes, _found(given, *made[0]))
        form, count = made[0][0].form, made[0][0].count
        for trace, _ in made:
            if trace.form != form:
                raise LengthError(f"{name_of(self.f)} gave {form} in one lane and {trace.form} in another, expected the same in all")
        joined = [own for _, own in given.groups if own] or [trace for trace, _ in made if trace.captured]
        if self.reduce is not None or (joined and current().recording) or any(trace.whole is not None for trace, _ in made):
            try:
                return self._called(given, made, inputs and inputs[0])
            except UnknownPath:  # of an inner vmap: from now on its lanes are unrolled, so that its paths are ours
                self.recordings, self.forms, self.repeated = Recordings(self.f, self.recordings.name), {}, {}
                return self._over_lanes(args)
        rows = np.empty((count, lanes), dtype=object if joined else float)
        for trace, chosen in made:
            groups = with_captured(given.chosen(chosen).groups, trace)
            found = trace.batched.forward(group_arrays(groups), len(chosen))[:, :count].T
            rows[:, chosen] = array_of([Value(x) for x in found.ravel().tolist()], found.shape) if joined else found
        return _stacked(form, rows, leaf_kinds(made))

    def _called(self, given: Arguments, made: Sequence[tuple[Trace, np.ndarray]], kinds: Any) -> Any:
        """The results by one call of a form, as Values that depend on those among the arguments; `kinds` is of these, see `_again`."""
        options: Any = {"reduce": self.reduce is not None, "weight": self.weight(given.lanes or 1)}
        tracer: Any = current().tracer
        plain = all(trace.whole is None and not trace.batched.program.own for trace, _ in made)  # it runs no code but ours
        if tracer is not None and any(len(trace.guards) for trace, _ in made):
            found = branching(self.recordings.name, self.f, given, made, tracer, **options)
        else:
            key = signature(given), *[(trace, rows.tobytes() if len(made) > 1 else None) for trace, rows in made]
            known = self.forms.get(key)
            if known is None and len(self.forms) >= KEPT:
                drop_oldest(self.forms)
            found = known or unobserved(lambda: fixed(given, made, **options))
            self.forms[key] = found
            if kinds is not None and plain and len(made) == 1 and not (made[0][0].captured or len(made[0][0].guards)):
                if len(self.repeated) >= KINDS:
                    drop_oldest(self.repeated)
                self.repeated[kinds] = given.captured, found, made
        name, inputs = name_of(self.f), found.inputs(given)
        return self._results(found, unobserved(lambda: call(name, found.form, inputs)) if plain else call(name, found.form, inputs), made)

    def _again(self, kinds: Any, inputs: list[Any]) -> tuple[Any] | None:
        """The results of a program without guards, in a tuple, in a recording that has called it on such arguments before; else None."""
        state, found, made = self.repeated.get(kinds, (None, None, None))
        if found is None or made is None or state is None or self.recordings.what_is_captured(()).state() is not state:
            return None
        include(state, None)
        return (self._results(found, unobserved(lambda: call(name_of(self.f), found.form, inputs)), made),)

    def _results(self, found: LaneForm, results: list[Any], made: Sequence[tuple[Trace, np.ndarray]]) -> Any:
        """The results of the form of a call in their structure."""
        shapes = made[0][0].form
        if found.by_number:
            return shapes.unravel(results)
        if self.reduce is None:
            results = [x if kind is None else marked(x, kind) for x, kind in zip(results, leaf_kinds(made), strict=True)]
        return tree_unflatten(shapes.structure, results)

    def _unrolled(self, args: Sequence[Any], axes: Sequence[Sequence[int | None]], lanes: int, known: dict[int, Any] | None = None) -> Any:
        """Call the function lane by lane, except for results that are `known`: in a recording that keeps no calls, or without one."""
        found, tracer = [], current().tracer
        for lane in range(lanes):
            if known and lane in known:
                found.append(tree_ravel(known[lane]))
                continue
            own = [tree_map(lambda x, axis: _lane(x, axis, lane), x, leaves) for x, leaves in zip(args, axes, strict=True)]  # noqa: B023  # called at once
            found.append(tree_ravel(watched(self.f, own) if tracer is None else self.f(*own)))
        form = found[0][1]
        if any(other != form for _, other in found):
            other = next(other for _, other in found if other != form)
            raise LengthError(f"{name_of(self.f)} gave {form} in one lane and {other} in another, expected the same in all")
        numbers = list(zip(*[numbers for numbers, _ in found], strict=True))
        if self.reduce is not None:
            return form.unravel([ops.sum(column) * self.weight(lanes) for column in numbers])
        rows = [x.item() if isinstance(x, np.generic) else x for column in numbers for x in column]
        return _stacked(form, array_of(rows, (len(numbers), lanes)))


def inputs_of(args: Sequence[Any], axes: Sequence[Any]) -> tuple[Any, list[Any]] | None:
    """The kinds and shapes of arguments that are traced arrays and Values, and the inputs of a form; None where some are others."""
    kinds: list[Any] = []
    inputs: list[Any] = []
    for x, axis in zip(args, axes, strict=True):
        cls = x.__class__
        if cls is TracedArray and axis.__class__ is int and -x.ndim <= axis < x.ndim and x.shape[axis] > 1 and x.size:
            kinds.append((x.shape, axis, x.kind is bool))
            inputs.append(x)
        elif (cls is Value or cls is float) and axis is None:
            kinds.append(cls)
            inputs.append(x)
        elif cls is Array and axis is None and all(v.__class__ is Value for v in x.ravel()):
            kinds.append(x.shape)
            inputs += x.ravel().tolist()
        else:
            return None
    return tuple(kinds), inputs


def _found(given: Arguments, trace: Trace, lanes: np.ndarray) -> dict[int, Any]:
    """What the function gave when it was recorded, by lane, where that is a program of its numbers alone."""
    groups = with_captured(given.chosen(lanes).groups, trace)
    if trace.whole is not None or any(own for _, own in groups):
        return {}
    return {int(lanes[0]): trace.unravel(trace.batched.forward(group_arrays(groups), 1)[0, : trace.count].tolist())}


def _lane(x: Any, axis: int | None, lane: int) -> Any:
    """The part of a leaf that belongs to one lane."""
    if axis is None:
        return x
    own = np.moveaxis(np.asanyarray(x), axis, 0)[lane]
    return own.item() if isinstance(own, np.generic) else own


def marked(x: Any, kind: type) -> Any:
    """An array that a call returned, as one of bools or ints, `kind`."""
    if x.__class__ is not TracedArray:
        return of_kind(x, kind)
    tracer: Any = current().tracer
    x.kind = kind
    if kind is bool and not tracer.masks:  # the recording needs the truth values as guards
        return np.array([bool(v) for v in x.unpacked(tracer)]).reshape(x.shape)
    tracer.masked |= kind is bool
    return x


def _stacked(form: Shapes, rows: np.ndarray, kinds: Sequence[type | None] | None = None) -> Any:
    """The results of all lanes in the structure of one result.

    Args:
        form: the structure and the shapes of the result of one lane.
        rows: for each number of it a row with its value in each lane.
        kinds: for each leaf bool, int or None for floats.

    Returns:
        The structure, with arrays whose first axis has the lanes.
    """
    leaves, place, lanes = [], 0, rows.shape[1]
    for shape, kind in zip(form.shapes, kinds or [None] * len(form.shapes), strict=True):
        size = math.prod(shape)
        own = np.ascontiguousarray(rows[place : place + size].T).reshape(lanes, *shape)
        own = array_of(own.ravel().tolist(), own.shape) if own.dtype == object else own  # of its own kind
        leaves.append(own if kind is None else of_kind(own, kind))
        place += size
    return tree_unflatten(form.structure, leaves)


@overload
def vmap(f: Callable[..., R], in_axes: Any = 0, reduce: None = None, *, out_axes: Any = 0) -> Mapped[R]: ...
@overload
def vmap(f: Callable[..., R], in_axes: Any = 0, *, reduce: Literal["mean", "sum"], out_axes: Any = 0) -> Made[..., R]: ...
@overload
def vmap(f: Callable[..., R], in_axes: Any, reduce: Literal["mean", "sum"], *, out_axes: Any = 0) -> Made[..., R]: ...
@api_boundary
def vmap(f: Function, in_axes: Any = 0, reduce: str | None = None, *, out_axes: Any = 0) -> Any:
    """The function f over lanes, one for each entry along an axis of its array arguments.

    Args:
        f: a function of one sample, which is called with numbers or arrays of Values.
        in_axes: the axis of the lanes, one for all arguments or one for each; None for what all lanes share. In a list, tuple or dict
            each array has lanes; one axis may stand for all of them, or a container of axes with the same structure. Integer
            arrays are static in each lane: lanes with the same integers are recorded together.
        reduce: None to stack the results of f along a new axis; "mean" or "sum" to reduce over the lanes.
        out_axes: where that new axis is, one for all results or a container of axes that matches what f gives.

    Keyword arguments have lanes along their first axis. With `reduce`, arguments may be iterators of chunks of lanes, or Dask arrays, also
    in derivatives: memory is bounded, and neither chunks nor workers change a bit. Without it, Dask arrays give Dask arrays.

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
    return VMap(f, in_axes, reduce, out_axes)


@lru_cache(256)
def _mapped(f: Function, axes: tuple[int | None, ...], reduce: str | None) -> VMap:
    """The same for the same function, so that it is recorded once."""
    return VMap(f, axes, reduce)


def _run(f: Function, args: Sequence[Any], axes: Sequence[int | None], reduce: str | None) -> Any:
    """`vmap(f, axes, reduce)(*args)`, for traced arrays."""
    return _mapped(f, tuple(axes), reduce)(*args)


@lru_cache(256)
def _taking(shape: tuple[int, ...], axis: int, rows: range) -> Form:
    """The form from an array to its entries along an axis that are these."""
    form = Form()
    step, found = taken(form, form.input(shape), shape, rows, axis)
    form.steps.append(step)
    form.outputs.append(found)
    return form


def _taken(x: TracedArray, axis: int, rows: range) -> TracedArray:
    """The entries of a traced array along an axis that are these."""
    found: TracedArray = call("slice", _taking(x.shape, axis, rows), [x])[0]
    found.kind = x.kind
    return found


LANES.run, LANES.taken = staticmethod(_run), staticmethod(_taken)
