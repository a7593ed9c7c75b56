"""The form of a function over lanes: a step for each group of lanes that were recorded alike, and the sums of what they give."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from math import prod
from threading import RLock
from types import CellType
from typing import Any

import numpy as np

from autograd.arrays import array_of
from autograd.context import NEUTRAL, in_context
from autograd.engine import Value
from autograd.errors import LengthError
from autograd.operators import identical
from autograd.program.arguments import Arguments
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.nested import BatchedForm
from autograd.program.passes import pruned
from autograd.program.paths import BranchingProgram, Path, Paths, Route, placed, result
from autograd.program.recording import Trace
from autograd.program.steps import Step
from autograd.program.traced import TracedArray
from autograd.program.views import NONE, View
from autograd.trees import tree_flatten

# The traces of a call, each with its lanes.
Made = Sequence[tuple[Trace, np.ndarray]]
# While a path is recorded, what it captures has other numbers, also for other functions that do.
LOCK = RLock()


def inputs_of(given: Arguments, made: Made) -> list[Any]:
    """The inputs of the form of a call: numbers, Values and arrays."""
    inputs: list[Any] = []
    for array, own in given.groups:
        if own.__class__ is tuple:
            inputs.append(own[0])
        elif len(array) > 1 or _is_array(given, array):
            inputs.append(array if own is None else array_of(own, array.shape))
        else:
            inputs += own or array[0].tolist()
    for trace, _ in made:
        inputs += trace.captured
    return inputs


def signature(given: Arguments) -> Any:
    """What of the arguments makes the form another one."""
    return given.lanes, *[(array.shape, own[0].shape, own[1]) if own.__class__ is tuple else array.shape for array, own in given.groups]


def _is_array(given: Arguments, array: np.ndarray) -> bool:
    """Whether one row is that of the only lane, which may be traced as a whole."""
    return given.lanes == 1 and array.size > 1


class LaneForm:
    """The form of a call.

    Args:
        given: the arguments.
        made: the traces of the lanes.
        reduce: whether the results are summed over the lanes, `weight` times.

    Attributes:
        form: from what `inputs_of` gives to a result for each number of what the function gives, or, of arrays, for each leaf.
        shapes: the shapes of the leaves.
    """

    def __init__(self, given: Arguments, made: Made, *, reduce: bool, weight: float) -> None:
        self.form, self.lanes, self.reduce, self.weight = Form(), given.lanes or 0, reduce, weight
        self.shapes = made[0][0].form.shapes
        self.is_flat = all(trace.whole is None for trace, _ in made)
        self.sources: list[Any] = []  # of each group, a view, or places
        for array, own in given.groups:
            if own.__class__ is tuple:
                self.sources.append(View(self.form.input(own[0].shape), own[0].shape, own[1]))
            elif len(array) > 1 or _is_array(given, array):
                self.sources.append(View(self.form.input(array.shape), array.shape))
            else:
                self.sources.append(np.array([self.form.input() for _ in array[0]], int))
        self.results: list[list[int]] = []  # the places of each part

    def add(self, trace: Trace, rows: np.ndarray | None) -> None:
        """A step for the lanes of a trace, all of them if None."""
        groups = (*self.groups(rows), *self.captured(trace.captured))
        if trace.whole is None:
            batched: Any = BatchedProgram(pruned(trace.batched.program, range(trace.count)), range(trace.count))
        else:
            batched = BatchedForm(trace.whole)
        self.step(batched, groups, rows)

    def groups(self, rows: np.ndarray | None) -> list[Any]:
        """The inputs of a step over these lanes."""
        return [replace(g, rows=rows) if g.__class__ is View else g for g in self.sources]

    def captured(self, captured: Sequence[Any]) -> Iterator[Any]:
        """Further inputs, Values and arrays that are captured."""
        for is_array, own in groupby(captured, lambda x: x.__class__ is TracedArray):
            if is_array:
                yield from [View(self.form.input(x.shape), x.shape, None) for x in own]
            else:
                yield np.array([self.form.input() for _ in own], int)

    def step(self, batched: Any, groups: Sequence[Any], rows: np.ndarray | None, route: int | None = None) -> None:
        """A step over these lanes, whose results are those of the function."""
        form, lanes = self.form, self.lanes if rows is None else len(rows)
        if not self.reduce:
            views = [View(form.place((self.lanes, *shape)), (self.lanes, *shape), 0, rows) for shape in self.shapes]
            form.steps.append(Step(batched, lanes, tuple(groups), NONE, tuple(views), route=route))
            self.results.append([view.place for view in views])
            return
        shapes = [() for _ in range(sum(map(prod, self.shapes)))] if self.is_flat else self.shapes
        places = [form.place(shape or None) for shape in shapes]
        sums = [k for k, shape in enumerate(shapes) if not shape]
        arrays = [k for k, shape in enumerate(shapes) if shape]
        totals = [View(places[k], shapes[k], None) for k in arrays]
        if arrays:  # numbers come first
            starts = np.cumsum([0, *map(prod, shapes)])
            batched = batched.only([i for k in (*sums, *arrays) for i in range(starts[k], starts[k + 1])])
        own = np.array([places[k] for k in sums], int)
        form.steps.append(Step(batched, lanes, tuple(groups), own, (), self.weight, tuple(totals), route))
        self.results.append(places)

    def finish(self) -> Form:
        """The form, in which the results of all parts are added up."""
        received = {own[0]: list(own) for own in zip(*self.results, strict=True)}
        self.form.total(received, list(received))
        self.form.outputs = [received[place][0] for place in self.results[0]]
        return self.form


def fixed(given: Arguments, made: Made, *, reduce: bool, weight: float) -> Form:
    """The form of a call in which each lane takes the path that it takes now."""
    found = LaneForm(given, made, reduce=reduce, weight=weight)
    for trace, rows in made:
        found.add(trace, None if len(made) == 1 else rows)
    return found.finish()


def branching(name: str, f: Any, given: Arguments, made: Made, run: int, *, reduce: bool, weight: float) -> tuple[Form, list[Any]]:
    """The form of a call in which lanes take other paths at other numbers, and its inputs.

    `run` is that of the recording around it: what is captured of that has other numbers then.
    """
    found = LaneForm(given, made, reduce=reduce, weight=weight)
    inputs = inputs_of(given, ())
    seen = [v for v in _held(f) if v._run >= run]
    label = lambda part: tuple([x[part[1][0]].tobytes() for x in given.columns])  # noqa: E731
    parts = [list(own) for _, own in groupby(sorted(made, key=label), key=label)]
    for own in parts:
        rows = None if len(parts) == 1 else np.sort(np.concatenate([rows for _, rows in own]))
        if not any(len(trace.guards) for trace, _ in own):
            found.add(own[0][0], rows)
            inputs += own[0][0].captured
            continue
        captured = list(dict.fromkeys([*[v for trace, _ in own for v in trace.captured], *seen]))
        groups = (*found.groups(rows), *found.captured(captured))
        inputs += captured
        paths = _Recorder(f, given, rows, captured, run, own[0][0]).paths(name, [trace for trace, _ in own])
        count = found.lanes if rows is None else len(rows)
        route = found.form.place((count,))
        found.form.steps.append(Route(paths, count, groups, route))
        found.step(BranchingProgram(result, paths.inputs, own[0][0].count), groups, rows, route)
    return found.finish(), inputs


class _Recorder:
    """Records further paths of a function: at the numbers of a lane, and those of what it captured of the recording around it."""

    def __init__(self, f: Any, given: Arguments, rows: np.ndarray | None, captured: Sequence[Any], run: int, first: Trace) -> None:
        self.f, self.given, self.rows, self.run, self.first = f, given.without_groups(), rows, run, first
        self.lanes = (given.lanes or 1) if rows is None else len(rows)
        self.captured = captured
        self.at = {v: k for k, v in enumerate(captured)}
        self.own = sum([array.shape[1] for array, _ in given.groups])

    def paths(self, name: str, traces: Iterable[Trace]) -> Paths:
        """What is known at first."""
        found = Paths(name, self.own + len(self.captured), self.record)
        for trace in traces:
            found.add(self._path(trace))
        return found

    def record(self, lane: int, rows: Sequence[np.ndarray]) -> Path | None:
        """The path of a lane."""
        lane %= self.lanes  # where there are lanes around these
        args = self.given.with_groups([row[None] for row in (rows[:-1] if self.captured else rows)])
        with LOCK:
            if not in_context(NEUTRAL).run(self._set, rows[-1].tolist() if self.captured else []):
                return None
            trace = in_context(NEUTRAL).run(Trace, self.f, args, lane if self.rows is None else int(self.rows[lane]))
        if trace.form != self.first.form or trace.bools != self.first.bools:
            raise LengthError(f"{self.f!r} gave {self.first.form} in one lane and {trace.form} in another, expected the same in all")
        return self._path(trace) if all(v in self.at for v in trace.captured) else None

    def _set(self, numbers: Sequence[float]) -> bool:
        """Let what is captured of the recording around have these numbers; whether the rest has them, too."""
        for v, x in zip(self.captured, numbers, strict=True):
            if v._run >= self.run:
                v.data = x
            elif not identical(v._number, x):
                return False
        return True

    def _path(self, trace: Trace) -> Path:
        inputs = self.own + len(self.captured)
        program = placed(trace.batched.program, [*range(self.own), *[self.own + self.at[v] for v in trace.captured]], inputs)
        return Path(program, trace.count, trace.guards)


def _held(f: Any) -> list[Value]:
    """The Values that a function holds in its closure, or those of functions there: any path may use them."""
    found: dict[Value, None] = {}
    stack, seen = [f], {id(f)}
    while stack:
        x = stack.pop()
        cells = getattr(x, "__closure__", None) or ()
        inner = [cell.cell_contents for cell in cells if _is_filled(cell)] + [getattr(x, "f", None), getattr(x, "func", None)]
        for leaf in tree_flatten(inner)[0]:
            if leaf.__class__ is Value:
                found[leaf] = None
            elif isinstance(leaf, np.ndarray) and leaf.dtype == object and leaf.__class__ is not TracedArray:
                found.update(dict.fromkeys([v for v in leaf.ravel() if v.__class__ is Value]))
            elif callable(leaf) and id(leaf) not in seen:
                seen.add(id(leaf))
                stack.append(leaf)
    return list(found)


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # it raises where there is none
    except ValueError:
        return False
    return True
