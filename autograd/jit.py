"""jit and vmap: record a function of Values once, replay it on other numbers as a program.

A function is run once on Values, under a trace. What it computes becomes a `Program`; a comparison becomes a node, and where Python
asks for its truth, the answer is kept as a guard. A replay gives the guards too: where one differs from the recording, the function took
another path there, and is recorded anew on that one. What a replay could not do again, such as reading `data`, is refused.

Source of the idea: Griewank and Walther, Evaluating Derivatives (2008), section 6.1; guards as in tracing compilers, Gal et al. (2009).
"""

import functools
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from threading import RLock
from typing import Any

import numpy as np

from autograd import ops
from autograd.captured import PLAIN, Captured, Same
from autograd.check import users_line
from autograd.context import NEUTRAL, current, entered
from autograd.engine import Value
from autograd.errors import LengthError, OperationError, RangeError, TraceError
from autograd.graph import order
from autograd.kinds import NUMBERS, named_float
from autograd.lanes import Lanes, threads
from autograd.ops import Op
from autograd.program import Program
from autograd.transforms import array as array_of
from autograd.transforms import flat, holding, like, mapped

Function = Callable[..., Any]
_Groups = list[tuple[np.ndarray, Any]]

# How many recordings a function keeps, and after how many it says why there are so many.
KEPT, MANY = 256, 128
FLOAT = np.dtype(float)
# How many groups of lanes may differ in their integers.
GROUPS = 64


# Recording.


class _Trace:
    """Keeps what a recording must know: the nodes that the function made, and the answers that it went by."""

    def __init__(self) -> None:
        self.born: set[Value] = set()
        self.guards: dict[Value, bool] = {}

    def recorded(self, node: Value) -> None:
        self.born.add(node)

    def truth(self, node: Value) -> bool:
        guard = node if node.op in {ops.less, ops.less_equal} else ops.where(node, 1.0, 0.0)
        return self.guards.setdefault(guard, bool(guard._number))

    def refuse(self, what: str, node: Value | None) -> None:
        if node not in self.born or node.args:  # a leaf that the function made is a constant
            raise TraceError(
                f"{what} was asked for at {users_line()} while the function was recorded, and a replay would go on with what it was in "
                "this one call: compute with the Value itself, compare it by < and <= or choose with where, or leave jit and vmap away"
            )


class _Path:
    """One way through a function: its program, the Values that it captured, and the truth of its guards."""

    def __init__(self, f: Function, args: "_Arguments", lane: int) -> None:
        trace = _Trace()
        with entered(NEUTRAL):
            inputs = [Value(x) for x in args.numbers(lane)]
        given = args.rebuilt(inputs, lane)
        before = _identities(given)
        with entered(replace(current(), recording=True, watch=None, trace=trace)):
            tree = f(*given)
        if _identities(given) != before:
            raise TraceError(
                f"{f!r} changed a list, dict or array that it was given, which a replay would not do again: let it change a copy"
            )
        outputs = [y if y.__class__ is Value else named_float("what the function gave", y) for y in flat(tree)]
        roots = [y for y in (*outputs, *trace.guards) if y.__class__ is Value]
        known = {*inputs, *trace.born}
        outside = [a for node in order(*roots) if node in trace.born for a in node.args if a.__class__ is Value]
        self.captured = [a for a in dict.fromkeys((*outside, *roots)) if a not in known]
        self.tree = like(tree, [0.0] * len(outputs))
        self.count = len(outputs)
        self.lanes = Lanes(Program([*outputs, *trace.guards], [*inputs, *self.captured]), range(self.count))
        self.truths = np.array(list(trace.guards.values()), dtype=float)

    def holds(self, found: np.ndarray) -> np.ndarray:
        """In which lanes the guards are what they were in the recording."""
        return np.asarray((found[:, self.count :] == self.truths).all(axis=1))


def _identities(tree: Any) -> list[int]:
    """What a structure holds, apart from the entries of arrays that are no objects."""
    return [id(x) for x in flat(tree) if not isinstance(x, np.generic)]


class _Arguments:
    """What a call is given, taken apart: live numbers in groups, what is static, and how to put it together again around Values.

    A group is an array of one row, or of one for each lane, and the Values that its numbers came from, if they did.
    """

    def __init__(self, args: Sequence[Any], axes: Sequence[int | None], *, floats: int = 0) -> None:
        self.groups: _Groups = []
        self.columns: list[np.ndarray] = []
        self.key: list[Any] = []
        self.objects: list[Any] = []  # what is static, but no plain number or text
        self.lanes: int | None = None
        self.first = 0  # how many groups the first argument has
        self.parts = []
        for i, (x, axis) in enumerate(zip(args, axes, strict=True)):
            self.parts.append(self._taken(f"argument {i}", x, axis, floats=i < floats))
            self.first = self.first if i else len(self.groups)

    def _taken(self, what: str, x: Any, axis: int | None, *, floats: bool) -> Callable[[Iterator[Value], int], Any]:
        """Take one argument apart; the result puts it together from Values, for one lane."""
        if axis is not None:
            try:
                x = np.asarray(x)
            except ValueError:
                raise LengthError(
                    f"got {what} with rows that differ in length, expected an array: give every row as many numbers"
                ) from None
            return self._lane_array(what, x, axis)
        if isinstance(x, dict | list | tuple):
            self.key.append((type(x), tuple(x) if isinstance(x, dict) else len(x)))
            items = x.items() if isinstance(x, dict) else enumerate(x)
            parts = [self._taken(f"{what}[{k!r}]", item, None, floats=floats) for k, item in items]
            return lambda values, lane: holding(x, [part(values, lane) for part in parts])
        if isinstance(x, np.ndarray) and (x.dtype.kind in "fO" or (floats and x.dtype.kind in "iub")):
            return self._live(x, x.shape, lanes=False)
        if x.__class__ is Value or isinstance(x, float | np.floating) or (floats and isinstance(x, NUMBERS)):
            return self._live(np.array(x, dtype=object if x.__class__ is Value else float), (), lanes=False)
        if floats:
            named_float("the first argument", x)
        if isinstance(x, PLAIN):
            self.key.append((type(x), x))
        else:
            self.objects.append(x)
        return lambda values, lane: x  # noqa: ARG005  # as the others

    def _lane_array(self, what: str, x: np.ndarray, axis: int) -> Callable[[Iterator[Value], int], Any]:
        if not (isinstance(axis, int) and -x.ndim <= axis < x.ndim):
            raise RangeError(f"got {what} of shape {x.shape} for axis {axis} of in_axes: give an array that has it, or None in in_axes")
        x = x if axis == 0 else np.moveaxis(x, axis, 0)
        if self.lanes not in {None, len(x)}:
            raise LengthError(f"got {what} with {len(x)} lanes, expected {self.lanes}, as the arguments before it have")
        self.lanes = len(x)
        if x.dtype.kind in "fO":
            return self._live(x, x.shape[1:], lanes=True)
        if x.dtype.kind not in "iub":
            raise OperationError(f"got {what} of dtype {x.dtype}, expected an array of numbers: convert it first, array.astype(float)")
        self.key.append(("lanes", x.dtype.str, x.shape[1:]))
        self.columns.append(x)
        return lambda values, lane: x[lane].item() if x.ndim == 1 else x[lane]  # noqa: ARG005  # as the others

    def _live(self, x: np.ndarray, shape: tuple[int, ...], *, lanes: bool) -> Callable[[Iterator[Value], int], Any]:
        self.key.append(("live", lanes, shape))
        size, values = math.prod(shape), None
        if x.dtype.kind == "O":
            nodes = [a if a.__class__ is Value else Value(a) for a in x.ravel()]
            values = nodes if any(a.__class__ is Value for a in x.ravel()) else None
            x = np.array([v._number for v in nodes]).reshape(x.shape)
        self.groups.append((np.ascontiguousarray(x, dtype=float).reshape(len(x) if lanes else 1, size), values))
        return lambda given, lane: like(np.empty(shape) if shape else 0.0, [next(given) for _ in range(size)])  # noqa: ARG005  # as the others

    def numbers(self, lane: int) -> list[float]:
        """The live numbers of one lane."""
        return [x for array, _ in self.groups for x in array[lane if len(array) > 1 else 0].tolist()]

    def rebuilt(self, inputs: Sequence[Value], lane: int) -> list[Any]:
        """The arguments for one lane, with `inputs` in place of its live numbers."""
        rest = iter(inputs)
        return [part(rest, lane) for part in self.parts]

    def chosen(self, lanes: np.ndarray) -> "_Arguments":
        """These arguments for some of the lanes only."""
        if self.lanes in {None, len(lanes)}:
            return self
        part = object.__new__(_Arguments)
        part.__dict__.update(self.__dict__)
        part.groups = [(x[lanes], v) if len(x) > 1 else (x, v) for x, v in self.groups]
        return part


# Replaying.


class _Recordings:
    """A function with all its recordings: what `jit` and `vmap` share."""

    def __init__(self, f: Function, name: str) -> None:
        self.f, self.name = f, name
        self.paths: dict[Any, list[_Path]] = {}
        self.captured: dict[Any, Captured] = {}
        self.made = 0
        self.lock = RLock()

    def what_is_captured(self, objects: Sequence[Any]) -> Captured:
        """What the function and its static arguments bring with them."""
        which = tuple(map(Same, objects))
        if which not in self.captured:
            if len(self.captured) >= MANY:
                del self.captured[next(iter(self.captured))]
            self.captured[which] = Captured(self.f, *objects)
        return self.captured[which]

    def parts(self, args: _Arguments) -> Iterator[tuple[_Path, np.ndarray]]:
        """The paths that the lanes take, each with the lanes that take it."""
        key = (tuple(args.key), self.what_is_captured(args.objects).key())
        for group in self._groups(args):
            own = (key, tuple(x[group[0]].tobytes() for x in args.columns))
            left = group
            for path in self.paths.get(own, ()):
                left = yield from self._taking(path, args, left)
            while len(left):
                path = self._record(own, args, int(left[0]))
                left = yield from self._taking(path, args, left, sure=1)

    @staticmethod
    def _taking(path: _Path, args: _Arguments, lanes: np.ndarray, *, sure: int = 0) -> Any:
        """The lanes that do not take the path; the first `sure` take it, however the replay rounds what they branched on."""
        if not len(lanes):
            return lanes
        if not len(path.truths):
            yield path, lanes
            return lanes[:0]
        groups = _with_captured(args.chosen(lanes).groups, path)
        holds = path.holds(path.lanes.forward(_arrays(groups), len(lanes)))
        holds[:sure] = True
        if holds.any():
            yield path, lanes[holds]
        return lanes[~holds]

    def _groups(self, args: _Arguments) -> list[np.ndarray]:
        lanes = 1 if args.lanes is None else args.lanes
        if not args.columns:
            return [np.arange(lanes)]
        each = [np.unique(x.reshape(lanes, -1), axis=0, return_inverse=True)[1].ravel() for x in args.columns]
        kinds, which = np.unique(each, axis=1, return_inverse=True)
        count = kinds.shape[1]
        if count > GROUPS:
            raise OperationError(
                f"{self.name} was given integers of which {count} kinds of lanes differ, at most {GROUPS} are recorded apart: if they "
                "are quantities rather than labels, give them as floats, array.astype(float)"
            )
        return [np.flatnonzero(which.ravel() == k) for k in range(count)]

    def _record(self, key: Any, args: _Arguments, lane: int) -> _Path:
        path = _Path(self.f, args, lane)
        with self.lock:
            self.made += 1
            if self.made % MANY == 0:
                reason = "its branches depend on numbers, or " if len(path.truths) else ""
                warnings.warn(
                    f"{self.name}, called at {users_line()}, has been recorded {self.made} times: {reason}its static arguments, the shapes "
                    "of its arrays, or numbers that it captures change from call to call; give these as float arguments, or choose with "
                    "where",
                    RuntimeWarning,
                    stacklevel=2,
                )
            while sum(map(len, self.paths.values())) >= KEPT:
                del self.paths[next(iter(self.paths))]
            self.paths.setdefault(key, []).append(path)
        return path


def _with_captured(groups: _Groups, path: _Path) -> _Groups:
    if not path.captured:
        return groups
    return [*groups, (np.array([[v._number for v in path.captured]]), path.captured)]


def _arrays(groups: _Groups) -> list[np.ndarray]:
    return [array for array, _ in groups]


# Values out.


class _Replay(Op):
    """An output of a program, weighed and summed over lanes, as an operation on the Values among its inputs."""

    def __init__(self, name: str, lanes: Lanes, groups: _Groups, count: int, output: int, weight: float) -> None:
        super().__init__(name, lambda _, *x: self._value(x), lambda _, *x: self._partials(x))
        self.lanes, self.groups, self.count, self.output, self.weight = lanes.only(output), groups, count, output, weight

    def node(self) -> Any:
        """The Value, joined to those among the inputs; a float where there are none."""
        values = [v for _, own in self.groups for v in own or ()]
        if not values:
            return self.weight * float(np.sum(self.lanes.forward(_arrays(self.groups), self.count)[:, self.output]))
        return Value._recorded(*self.evaluate([v._number for v in values]), self, tuple(values))

    def evaluate(self, x: Sequence[float]) -> tuple[float, tuple[float | None, ...]]:
        wanted = [own is not None for _, own in self.groups]
        sums, gradients = self.lanes.backward(self._given(x), self.count, [self.weight], wanted)
        return self.weight * float(sums[self.output]), tuple(g for gradient in gradients for g in gradient.ravel().tolist())

    def _given(self, x: Sequence[Any]) -> list[np.ndarray]:
        """The groups with these numbers in place of the Values."""
        rest = iter(x)
        return [array if own is None else np.array([[next(rest) for _ in own]]) for array, own in self.groups]

    def _value(self, x: Sequence[Any]) -> Any:
        columns = [a for array in self._given(x) for a in (array[0].tolist() if len(array) == 1 else array.T)]
        y = self.lanes.program(columns)[self.output]
        return y if self.count == 1 and self.weight == 1.0 else np.sum(np.broadcast_to(y, self.count)) * self.weight

    def _partials(self, x: Sequence[Any]) -> tuple[Any, ...]:
        """On Values: the outputs of the program of the gradient, each again an operation on them."""
        rest, place, groups = iter(x), 0, []
        places: list[int] = []
        for array, own in self.groups:
            groups.append((array, own and [next(rest) for _ in own]))
            places += range(place, place + len(own or ()))
            place += array.shape[1]
        groups.append((np.array([[self.weight]]), None))
        return tuple(_Replay(f"{self.name}'", self.lanes.gradient, groups, self.count, k, 1.0).node() for k in places)


# What users call.


class _VMap:
    """A function over lanes: see `vmap`."""

    def __init__(self, f: Function, in_axes: Any, reduce: str | None) -> None:
        functools.update_wrapper(self, f)
        self.f, self.in_axes, self.reduce = f, in_axes, reduce
        self.recordings = _Recordings(f, f"vmap({_name(f)})")

    def axes(self, args: Sequence[Any]) -> tuple[int | None, ...]:
        axes = tuple(self.in_axes) if isinstance(self.in_axes, tuple | list) else (self.in_axes,) * len(args)
        if len(axes) != len(args):
            raise LengthError(f"{self.recordings.name} was given {len(args)} arguments, in_axes has {len(axes)} entries: one for each")
        if all(axis is None for axis in axes):
            raise RangeError(f"{self.recordings.name} was given no argument with lanes: in_axes is None for all, give 0 for at least one")
        return axes

    def weight(self, lanes: int) -> float:
        return 1.0 / lanes if self.reduce == "mean" else 1.0

    def __call__(self, *args: Any) -> Any:
        axes = self.axes(args)
        given = _Arguments(args, axes)
        lanes = given.lanes or 0
        if not lanes:
            raise LengthError(f"{self.recordings.name} was given arrays without a lane: give at least one sample")
        if current().trace is not None or any(own for array, own in given.groups if len(array) > 1):
            return self._unrolled(args, axes, lanes)
        tree, made = None, []
        for path, chosen in self.recordings.parts(given):
            groups = _with_captured(given.chosen(chosen).groups, path)
            if tree is None:
                tree, count = path.tree, path.count
            shapes, others = (repr(mapped(x, lambda shape: shape)) for x in (tree, path.tree))
            if shapes != others:
                raise LengthError(f"{self.f!r} gave the shapes {shapes} in one lane and {others} in another, expected the same in all")
            made.append((path, groups, chosen))
        if self.reduce is not None:
            weight = self.weight(lanes)
            parts = [[_Replay(_name(self.f), p.lanes, g, len(c), k, weight).node() for p, g, c in made] for k in range(count)]
            return like(tree, [part[0] if len(part) == 1 else ops.sum(part) for part in parts])
        joined = any(own for _, groups, _ in made for _, own in groups)
        rows = np.empty((count, lanes), dtype=object if joined else float)
        for path, groups, chosen in made:
            if not joined:
                rows[:, chosen] = path.lanes.forward(_arrays(groups), len(chosen))[:, :count].T
            else:
                for i, lane in enumerate(chosen):
                    one = [(array[i : i + 1], own) if len(array) > 1 else (array, own) for array, own in groups]
                    rows[:, lane] = [_Replay(_name(self.f), path.lanes, one, 1, k, 1.0).node() for k in range(count)]
        rest = iter(rows)
        return mapped(tree, lambda shape: np.array([next(rest) for _ in range(math.prod(shape))]).T.reshape(lanes, *shape))

    def _unrolled(self, args: Sequence[Any], axes: Sequence[int | None], lanes: int) -> Any:
        """Lane by lane, where something else records, or the lanes themselves are Values."""
        rows = []
        for lane in range(lanes):
            own = [x if axis is None else np.moveaxis(np.asarray(x), axis, 0)[lane] for x, axis in zip(args, axes, strict=True)]
            rows.append(self.f(*[x.item() if isinstance(x, np.generic) else x for x in own]))
        numbers = list(zip(*map(flat, rows), strict=True))
        if self.reduce is not None:
            return like(rows[0], [ops.sum(column) * self.weight(lanes) for column in numbers])
        rest = iter(numbers)
        return mapped(
            rows[0],
            lambda shape: array_of([x for _ in range(math.prod(shape)) for x in next(rest)], (math.prod(shape), lanes)).T.reshape(
                lanes, *shape
            ),
        )


def _is_plain(x: Any) -> bool:
    return x.__class__ is np.ndarray and x.dtype is FLOAT and x.ndim in {1, 2} and bool(x.flags.c_contiguous)


class _Again:
    """Value and gradient at arrays of the same shapes as in the call before, without taking them apart anew."""

    def __init__(self, args: Sequence[np.ndarray], given: _Arguments, path: _Path, captured: Captured, weight: float) -> None:
        self.shapes = [x.shape for x in args]
        self.flat = [x.ndim == 2 and len(array) == 1 for x, array in zip(args, _arrays(given.groups), strict=True)]
        self.captured, self.key, self.weight = captured, captured.key(), weight
        self.count, self.outputs = given.lanes or 1, 1 + len(path.truths)
        self.guards = path.truths * self.count
        self.seeds = np.array([weight, *[0.0] * len(path.truths)])
        self.run = path.lanes.plan(_arrays(given.groups), (True, *[False] * (len(args) - 1))).run
        self.unwanted = [None] * (len(args) - 1)

    def __call__(self, args: Sequence[Any]) -> tuple[float, np.ndarray] | None:
        if len(args) != len(self.shapes) or self.captured.key() is not self.key:
            return None
        for x, shape in zip(args, self.shapes):  # noqa: B905  # compared above, and this is what the call costs
            if not _is_plain(x) or x.shape != shape:
                return None
        sums, gradient = np.empty(self.outputs), np.empty(args[0].size)
        inputs = [x.ravel() if flat else x for x, flat in zip(args, self.flat)]  # noqa: B905  # as above
        self.run(self.count, inputs, [sums], [self.seeds], [gradient, *self.unwanted], threads=threads())
        if len(self.guards) and (sums[1:] != self.guards).any():
            return None
        return self.weight * float(sums[0]), gradient.reshape(args[0].shape)


class _Jit:
    """A function that is recorded: see `jit`."""

    def __init__(self, f: Function) -> None:
        functools.update_wrapper(self, f)
        self.f = f
        self.again: _Again | None = None
        self.recordings = _Recordings(f, f"jit({_name(f)})")
        self.loss: Any
        self.with_value: bool
        self.loss, self.with_value = getattr(f, "derivative_of", (None, False))
        if self.loss is not None:
            own = isinstance(self.loss, _VMap)
            self.of_loss = self.loss.recordings if own else _Recordings(self.loss, f"jit({_name(self.loss)})")

    def __call__(self, *args: Any) -> Any:
        if current().trace is not None or isinstance(self.f, _VMap | _Jit):
            return self.f(*args)
        again = self.again and self.again(args)
        if again:
            return again if self.with_value else again[1]
        found = self._differentiated(args) if self.loss is not None and args else None
        return self._replayed(args) if found is None else found

    def _replayed(self, args: Sequence[Any]) -> Any:
        given = _Arguments(args, [None] * len(args))
        path = next(self.recordings.parts(given))[0]
        groups = _with_captured(given.groups, path)
        if not any(own for _, own in groups):
            return like(path.tree, path.lanes.forward(_arrays(groups), 1)[0, : path.count].tolist())
        return like(path.tree, [_Replay(_name(self.f), path.lanes, groups, 1, k, 1.0).node() for k in range(path.count)])

    def _differentiated(self, args: Sequence[Any]) -> Any:
        """Value and gradient by a reverse sweep over the program of the function alone; None where Values have to come out."""
        lanes = isinstance(self.loss, _VMap)
        axes = self.loss.axes(args) if lanes else [None] * len(args)
        if (lanes and self.loss.reduce is None) or axes[0] is not None:
            return None
        given = _Arguments(args, axes, floats=1)
        if any(own for _, own in given.groups):
            return None
        weight, value = self.loss.weight(given.lanes) if lanes else 1.0, 0.0
        gradients: list[np.ndarray] = []
        parts = list(self.of_loss.parts(given))
        for path, chosen in parts:
            if path.captured or not isinstance(path.tree, float):
                return None
            arrays = _arrays(given.chosen(chosen).groups)
            sums, found = path.lanes.backward(arrays, len(chosen), [weight], [i < given.first for i in range(len(arrays))])
            value += weight * float(sums[0])
            gradients = [a + b for a, b in zip(gradients, found, strict=True)] if gradients else found
        if len(parts) == 1 and path.lanes.compiled and {*axes} <= {0, None} and all(map(_is_plain, args)):
            self.again = _Again(args, given, path, self.of_loss.what_is_captured(()), weight)
        rest = iter(gradients)
        gradient = mapped(args[0], lambda shape: next(rest).reshape(shape) if shape else float(next(rest)[0, 0]))
        return (value, gradient) if self.with_value else gradient


def _name(f: Function) -> str:
    return getattr(f, "__name__", type(f).__name__)


def jit(f: Function) -> Function:
    """The function f, recorded at its first call and replayed at the next ones: same answers, without Python's cost for each operation.

    Floats, arrays of floats, Values and what holds them are live: they may differ from call to call. Leaves that f captures, such as the
    parameters of a Module, are live too. Ints, bools and texts are static: others record anew. So does a number or array that f captures,
    when it has changed, and a branch that goes the other way. Numbers give numbers; where a Value is among the arguments or
    captured, Values come out, joined to its graph.

    Raises:
        TraceError: f reads what a replay could not read again, such as `data`.

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
        f: a function of one sample, which sees numbers or arrays of Values.
        in_axes: the axis with the lanes, one for all arguments or one for each; None for what all lanes share. Integer arrays
            are static in each lane: lanes with the same integers are recorded together.
        reduce: None to stack what f gives along a new first axis; "mean" or "sum" over the lanes.

    Raises:
        LengthError: arguments have different numbers of lanes.
        OperationError: lanes differ in more than 64 kinds of integers.
        TraceError: as for `jit`.

    >>> vmap(lambda a, x: a * x, in_axes=(None, 0))(3.0, np.array([1.0, 2.0]))
    array([3., 6.])
    >>> a = Value(3.0)
    >>> vmap(lambda a, x: a * x, in_axes=(None, 0), reduce="mean")(a, np.array([1.0, 2.0])).backward()
    >>> a.grad
    1.5
    """
    if not callable(f):
        raise OperationError(f"got {f!r}, expected a function: vmap(f)(X)")
    if reduce not in {None, "mean", "sum"}:
        raise RangeError(f"got reduce={reduce!r}, expected 'mean', 'sum' or None")
    return _VMap(f, in_axes, reduce)
