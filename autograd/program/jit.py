"""jit and vmap: record a function of Values once, replay it on other numbers as a program: see `autograd.program.recording`."""

import functools
import math
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

import numpy as np

from autograd import ops
from autograd.arrays import Form, array_of, tree_ravel, wrapped
from autograd.context import current
from autograd.engine import Value
from autograd.errors import LengthError, OperationError, RangeError
from autograd.op import Op
from autograd.program.captured import Captured
from autograd.program.lanes import BatchedProgram, threads
from autograd.program.recording import Arguments, Groups, Recordings, Trace, group_arrays, watched, with_captured
from autograd.trees import tree_flatten, tree_map, tree_unflatten

Function = Callable[..., Any]
FLOAT = np.dtype(float)


# Values out.


class _ProgramOutput(Op):
    """An output of a program, weighted and summed over lanes, as an operation on its live inputs."""

    def __init__(
        self, name: str, batched: BatchedProgram, given: Sequence[np.ndarray], live: Sequence[bool], count: int, output: int, weight: float
    ) -> None:
        # Without Op's own __init__, since there is nothing to check.
        self.name = self.label = name
        self.latex = rf"\operatorname{{{name}}}\left(#*\right)"
        self.batched, self.output = batched.only(output), output
        self.given, self.live, self.count, self.weight = given, live, count, weight
        # Whether it depends on arrays that the caller may change in place.
        self.changeable = any(array.flags.writeable and not own for array, own in zip(given, live, strict=True))

    def evaluate(self, x: Sequence[float]) -> tuple[float, tuple[float | None, ...]]:
        sums, gradients = self.batched.backward(self._filled(x), self.count, [self.weight], self.live)
        return self.weight * float(sums[self.output]), tuple(g for gradient in gradients for g in gradient.ravel().tolist())

    def number(self) -> float:
        """The result at the given inputs."""
        return self.weight * float(np.sum(self.batched.forward(self.given, self.count)[:, self.output], initial=-0.0))

    def _filled(self, x: Sequence[Any]) -> list[np.ndarray]:
        """The groups with these numbers in place of the live ones."""
        rest = iter(x)
        return [np.array([[next(rest) for _ in array[0]]]) if live else array for array, live in zip(self.given, self.live, strict=True)]

    def value(self, _xp: Any, *x: Any) -> Any:
        """The result on numbers of any kind."""
        columns = [a for array in self._filled(x) for a in (array[0].tolist() if len(array) == 1 else array.T)]
        y = self.batched.program(columns)[self.output]
        return y if self.count == 1 and self.weight == 1.0 else np.sum(np.broadcast_to(y, self.count)) * self.weight

    def partials(self, _y: Any, *x: Any) -> tuple[Any, ...]:
        """On Values: the outputs of the gradient program, each again an operation on them."""
        rest, place = iter(x), 0
        groups: Groups = []
        places: list[int] = []
        for array, live in zip(self.given, self.live, strict=True):
            groups.append((array, [next(rest) for _ in array[0]] if live else None))
            places += range(place, place + array.shape[1] * live)
            place += array.shape[1]
        groups.append((np.broadcast_to(self.weight, (1, 1)), None))  # read-only
        return tuple(_node(f"{self.name}'", self.batched.gradient, groups, self.count, k, 1.0) for k in places)

    def __reduce__(self) -> Any:
        return _ProgramOutput, (self.name, self.batched, self.given, self.live, self.count, self.output, self.weight)


def _node(name: str, batched: BatchedProgram, groups: Groups, count: int, output: int, weight: float) -> Any:
    """An output as a Value that depends on the Values among the inputs; a float where there are none."""
    op = _ProgramOutput(name, batched, group_arrays(groups), [own is not None for _, own in groups], count, output, weight)
    values = tuple(v for _, own in groups for v in own or ())
    if values and current().recording:
        return Value._recorded(*op.evaluate([v._number for v in values]), op, values)
    return Value(op.number()) if values else op.number()


# What users call.


class _VMap:
    """A function over lanes: see `vmap`."""

    def __init__(self, f: Function, in_axes: Any, reduce: str | None) -> None:
        functools.update_wrapper(self, f)
        self.f, self.in_axes, self.reduce = f, in_axes, reduce
        self.recordings = Recordings(f, f"vmap({_name(f)})")

    def axes(self, args: Sequence[Any]) -> tuple[Any, ...]:
        axes = tuple(self.in_axes) if isinstance(self.in_axes, tuple | list) else (self.in_axes,) * len(args)
        if len(axes) != len(args):
            raise LengthError(f"{self.recordings.name} was given {len(args)} arguments, in_axes has {len(axes)} entries: one for each")
        if all(axis is None for axis in tree_flatten([list(axes)])[0]):
            raise RangeError(f"{self.recordings.name} was given no argument with lanes: in_axes is None for all, give 0 for at least one")
        return axes

    def weight(self, lanes: int) -> float:
        return 1.0 / lanes if self.reduce == "mean" else 1.0

    def __call__(self, *args: Any) -> Any:
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
            sums = [[_node(_name(self.f), p.batched, g, len(c), k, weight) for p, g, c in made] for k in range(count)]
            return form.unravel([part[0] if len(part) == 1 else ops.sum(part) for part in sums])
        joined = any(own for _, groups, _ in made for _, own in groups)
        rows = np.empty((count, lanes), dtype=object if joined else float)
        for trace, groups, chosen in made:
            if joined and current().recording:
                for i, lane in enumerate(chosen):
                    one = [(array[i : i + 1], own) if len(array) > 1 else (array, own) for array, own in groups]
                    rows[:, lane] = [_node(_name(self.f), trace.batched, one, 1, k, 1.0) for k in range(count)]
            else:
                found = trace.batched.forward(group_arrays(groups), len(chosen))[:, :count].T
                rows[:, chosen] = array_of([Value(x) for x in found.ravel().tolist()], found.shape) if joined else found
        return _stacked(form, rows)

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


def _stacked(form: Form, rows: np.ndarray) -> Any:
    """Rows, one for each number of the form, as arrays in it with the lanes first."""
    leaves, place, lanes = [], 0, rows.shape[1]
    for shape in form.shapes:
        size = math.prod(shape)
        leaves.append(wrapped(np.ascontiguousarray(rows[place : place + size].T).reshape(lanes, *shape)))
        place += size
    return tree_unflatten(form.structure, leaves)


class _FastCall:
    """The fast path of jit: replays a trace for floats, and arrays of the same shapes as in the call before, without flattening them.

    Args:
        weight: the weight of the value, where the gradient of the first argument is wanted too; None where only the outputs are.
    """

    def __init__(
        self,
        args: Sequence[Any],
        axes: Sequence[int | None],
        given: Arguments,
        trace: Trace,
        captured: Captured,
        weight: float | None = None,
    ) -> None:
        # For each argument its shape, None for a float, and the order of its axes that has the lanes first.
        shapes = [None if x.__class__ is float else x.shape for x in args]
        orders = [sorted(range(x.ndim), key=(axis % x.ndim).__ne__) if axis else None for x, axis in zip(args, axes, strict=True)]
        self.forms, self.shape = list(zip(shapes, orders, strict=True)), shapes[0] or ()
        self.captured, self.key, self.weight = captured, given.captured, weight
        self.lanes, self.form, self.count, self.outputs = given.lanes or 1, trace.form, trace.count, trace.count + len(trace.guards)
        self.guards = trace.guards * self.lanes if len(trace.guards) else None
        wanted = (weight is not None, *[False] * (len(args) - 1))
        self.run = trace.batched.plan(group_arrays(given.groups), wanted).run
        if weight is not None:
            self.seeds = [np.array([weight, *[0.0] * len(trace.guards)])]
        self.unwanted, self.threads = [None] * (len(args) - 1), threads()

    @staticmethod
    def fits(args: Sequence[Any], trace: Trace) -> bool:
        """Whether there can be one for such arguments."""
        plain = [x.__class__ is float or (x.__class__ is np.ndarray and x.dtype is FLOAT and x.ndim) for x in args]
        return trace.kept and trace.batched.compiled and not trace.captured and bool(args) and all(plain)

    def __call__(self, args: Sequence[Any]) -> Any:
        """The outputs, or value and gradient; None where this call does not match the first one."""
        if len(args) != len(self.forms) or self.captured.key() is not self.key:
            return None
        inputs = []
        for x, (shape, order) in zip(args, self.forms):  # noqa: B905  # lengths are compared above; strict= would cost time
            if shape is None:
                if x.__class__ is not float:
                    return None
                inputs.append(np.array(x))
            elif x.__class__ is not np.ndarray or x.dtype is not FLOAT or x.shape != shape:
                return None
            else:
                inputs.append(x if order is None else x.transpose(order))
        found = np.empty(self.outputs)
        try:
            if self.weight is None:
                self.run(1, inputs, [found])
            else:
                gradient = np.empty(self.shape)
                self.run(self.lanes, inputs, [found], self.seeds, [gradient, *self.unwanted], self.threads)
        except ValueError:  # for numbers that are not evenly spaced
            return None
        if self.guards is not None and (found[self.count :] != self.guards).any():
            return None
        if self.weight is None:
            return found.item(0) if self.form.is_number else self.form.unravel(found[: self.count].tolist())
        return self.weight * found.item(0), gradient if self.shape else gradient.item()


class _Jit:
    """A function that is recorded: see `jit`."""

    def __init__(self, f: Function) -> None:
        functools.update_wrapper(self, f)
        self.f = f
        self.recorded = isinstance(f, _VMap | _Jit)
        self.fast_call: _FastCall | None = None
        self.recordings = Recordings(f, f"jit({_name(f)})")
        self.loss: Any
        self.with_value: bool
        self.loss, self.with_value = getattr(f, "derivative_of", (None, False))
        if self.loss is not None:
            own = isinstance(self.loss, _VMap)
            self.of_loss = self.loss.recordings if own else Recordings(self.loss, f"jit({_name(self.loss)})")

    def __call__(self, *args: Any) -> Any:
        if self.recorded or current().tracer is not None:
            return self.f(*args)
        if current().watch is not None:
            return watched(self.f, args)
        fast_call = self.fast_call  # once: another thread may replace it
        found = None if fast_call is None else fast_call(args)
        if found is not None:
            return found if self.loss is None or self.with_value else found[1]
        found = self._differentiated(args) if self.loss is not None and args else None
        return self._replayed(args) if found is None else found

    def __get__(self, instance: Any, _owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def _replayed(self, args: Sequence[Any]) -> Any:
        given = Arguments(args, [None] * len(args))
        trace = next(self.recordings.parts(given))[0]
        groups = with_captured(given.groups, trace)
        if not any(own for _, own in groups):
            if self.loss is None and _FastCall.fits(args, trace):
                self.fast_call = _FastCall(args, [None] * len(args), given, trace, self.recordings.what_is_captured(()))
            return trace.form.unravel(trace.batched.forward(group_arrays(groups), 1)[0, : trace.count].tolist())
        return trace.form.unravel([_node(_name(self.f), trace.batched, groups, 1, k, 1.0) for k in range(trace.count)])

    def _differentiated(self, args: Sequence[Any]) -> Any:
        """Value and gradient by a reverse sweep over the function's program; None where the result has to be Values."""
        over_lanes = isinstance(self.loss, _VMap)
        axes = self.loss.axes(args) if over_lanes else [None] * len(args)
        if over_lanes and self.loss.reduce is None:
            return None
        given = Arguments(args, axes, floats=1)
        if any(own for _, own in given.groups) or any(axis is not None for axis in given.axes[0]):
            return None
        weight, value = self.loss.weight(given.lanes) if over_lanes else 1.0, -0.0
        gradients: list[np.ndarray] = []
        parts = list(self.of_loss.parts(given))
        for trace, chosen in parts:
            if trace.captured or not trace.form.is_single:
                return None
            inputs = group_arrays(given.chosen(chosen).groups)
            sums, found = trace.batched.backward(inputs, len(chosen), [weight], [i < given.first for i in range(len(inputs))])
            value += weight * float(sums[0])
            gradients = [a + b for a, b in zip(gradients, found, strict=True)] if gradients else found
        if len(parts) == 1 and _FastCall.fits(args, trace):
            self.fast_call = _FastCall(args, axes, given, trace, self.of_loss.what_is_captured(()), weight)
        rest = iter(gradients)
        gradient = tree_ravel(args[0])[1].map(lambda shape: next(rest).reshape(shape) if shape else float(next(rest)[0, 0]))
        return (value, gradient) if self.with_value else gradient


def _name(f: Function) -> str:
    return getattr(f, "__name__", type(f).__name__)


def jit(f: Function) -> Function:
    """The function f, recorded at its first call and replayed at later ones: the same answers, without Python's cost for each operation.

    Floats, arrays of floats, Values and containers of these are live: they may differ from call to call. Leaves that f captures, such as
    the parameters of a Module, are live too. Ints, bools and strings are static: another value is recorded again. So is a call for which
    a number or array that f captures has changed, or a branch goes the other way. Numbers give numbers; where a Value is among the
    arguments or captured, the results are Values that depend on it.

    Raises:
        TraceError: f reads what a replay cannot read again, such as `data`.

    >>> from autograd import grad
    >>> cube = jit(lambda x: x**3 if x > 0.0 else -x)
    >>> cube(2.0), cube(-2.0)
    (8.0, 2.0)
    >>> jit(grad(lambda x: x**3))(2.0)
    12.0
    """
    if not callable(f):
        raise OperationError(f"got {f!r}, expected a function: jit(f)(x)")
    return _Jit(f)


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
    return _VMap(f, in_axes, reduce)
