"""The form of a function that `vmap` runs over lanes: steps for its lanes, and the sums of their results where these are reduced.

The lanes of a call come with the traces of the paths that they take. Lanes whose traces are flat programs become one step, which runs the
program of each path for its lanes. Lanes whose trace is itself a form (it has a `vmap` inside) become a step of their own.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from math import prod
from types import CellType
from typing import Any

import numpy as np

from autograd.arrays import array_of
from autograd.context import NEUTRAL, in_context
from autograd.engine import Value
from autograd.errors import LengthError
from autograd.locks import Lock
from autograd.operators import identical
from autograd.program.arguments import Arguments
from autograd.program.form import Form
from autograd.program.nested import BatchedForm
from autograd.program.observed import around, within
from autograd.program.paths import BranchingProgram, PathProgram, Paths, Route, placed, result
from autograd.program.steps import Step
from autograd.program.trace import Trace
from autograd.program.traced import TracedArray
from autograd.program.views import NONE, View
from autograd.trees import tree_flatten

# The traces of a call, each with the indices of the lanes that take its path.
Made = Sequence[tuple[Trace, np.ndarray]]
# Recording a further path changes the numbers of captured Values for that time, so only one path is recorded at once.
LOCK = Lock()


class LaneForm:
    """The form of a call over lanes while it is built.

    Args:
        given: the arguments of the call.
        made: the traces of the lanes.
        reduce: whether the results are summed over the lanes.
        weight: the factor of the sums, for instance 1/lanes for a mean.

    Attributes:
        form: the form. Its inputs are the arguments, then what is captured; its outputs are the leaves of the result.
        captured: the Values and traced arrays that are its last inputs.
        own: the number of inputs of a lane that are arguments.
        by_number: whether the outputs are the single numbers of the result rather than its leaves: so where programs are summed.
        sources: for each group of arguments a view of its array, or the places of its numbers.
        results: for each step the places of its results.
    """

    form: Form
    lanes: int
    reduce: bool
    weight: float
    own: int
    shapes: Any
    by_number: bool

    def __init__(self, given: Arguments, made: Made, *, reduce: bool, weight: float) -> None:
        self.form, self.lanes, self.reduce, self.weight = Form(), given.lanes or 1, reduce, weight
        self.captured: list[Any] = []
        self.own = sum([array.shape[1] for array, _ in given.groups])
        self.shapes = made[0][0].form.shapes
        self.by_number = reduce and all(trace.whole is None for trace, _ in made)
        self.sources: list[Any] = []
        for array, own in given.groups:
            if own.__class__ is tuple:
                self.sources.append(View(self.form.input(own[0].shape), own[0].shape, own[1]))
            elif _is_array(given, array):
                self.sources.append(View(self.form.input(array.shape), array.shape))
            else:
                self.sources.append(np.array([self.form.input() for _ in array[0]], int))
        self.results: list[list[int]] = []

    def inputs(self, given: Arguments) -> list[Any]:
        """The inputs of the form for a call with these arguments, which have the same shapes as those it was made for."""
        inputs: list[Any] = []
        for array, own in given.groups:
            if own.__class__ is tuple:
                inputs.append(own[0])
            elif _is_array(given, array):
                inputs.append(array if own is None else array_of(own, array.shape))
            else:
                inputs += own or array[0].tolist()
        return inputs + self.captured

    def groups(self, captured: Sequence[Any], rows: np.ndarray | None) -> list[Any]:
        """The groups of inputs of a new step.

        Args:
            captured: Values and traced arrays that the step reads besides the arguments; they are added to the inputs of the form.
            rows: the lanes of the step; None for all.
        """
        self.captured += captured
        found = [replace(g, rows=rows) if g.__class__ is View else g for g in self.sources]
        for is_array, own in groupby(captured, lambda x: x.__class__ is TracedArray):
            if is_array:
                found += [View(self.form.input(x.shape), x.shape, None) for x in own]
            else:
                found.append(np.array([self.form.input() for _ in own], int))
        return found

    def whole(self, trace: Trace, rows: np.ndarray | None) -> None:
        """Add a step for the lanes `rows` (None for all) of a trace that is a form."""
        assert trace.whole is not None  # noqa: S101  # for the type checker
        self.step(BatchedForm(trace.whole), self.groups(trace.captured, rows), rows)

    def along(self, made: Made, rows: np.ndarray | None) -> None:
        """Add a step for the lanes `rows` (None for all) of traces that are programs; each lane keeps the path that it takes now."""
        if len(made) == 1:
            trace = made[0][0]
            self.step(trace.batched.only(range(trace.count)), self.groups(trace.captured, rows), rows)
            return
        captured = _captured(made)
        paths = [(_path(trace, self.own, captured), _within(own, rows)) for trace, own in made]
        batched = BranchingProgram(result, self.own + len(captured), made[0][0].count)
        self.step(batched, self.groups(captured, rows), rows, self.form.constant(paths))

    def step(self, batched: Any, groups: Sequence[Any], rows: np.ndarray | None, route: int | None = None) -> None:
        """Add a step whose results are the results of the function in some lanes.

        Args:
            batched: what runs.
            groups: its inputs.
            rows: the lanes; None for all.
            route: the place that holds the path of each lane, where there are several paths.
        """
        form, lanes = self.form, self.lanes if rows is None else len(rows)
        if not self.reduce:
            views = [View(form.place((self.lanes, *shape)), (self.lanes, *shape), 0, rows) for shape in self.shapes]
            form.steps.append(Step(batched, lanes, tuple(groups), NONE, tuple(views), route=route))
            self.results.append([view.place for view in views])
            return
        shapes: Any = [()] * sum(map(prod, self.shapes)) if self.by_number else self.shapes
        places = [form.place(shape or None) for shape in shapes]
        sums, arrays = [[k for k, shape in enumerate(shapes) if bool(shape) == is_array] for is_array in (False, True)]
        if arrays:  # numbers come first
            starts = np.cumsum([0, *map(prod, shapes)])
            batched = batched.only([i for k in (*sums, *arrays) for i in range(starts[k], starts[k + 1])])
        totals = tuple([View(places[k], shapes[k], None) for k in arrays])
        form.steps.append(Step(batched, lanes, tuple(groups), np.array([places[k] for k in sums], int), (), self.weight, totals, route))
        self.results.append(places)

    def finished(self) -> "LaneForm":
        """Add up the results of all steps and make them the outputs of the form; return this object."""
        received = {own[0]: list(own) for own in zip(*self.results, strict=True)}
        self.form.total(received, list(received))
        self.form.outputs = [received[place][0] for place in self.results[0]]
        return self


def leaf_kinds(made: Made) -> list[type | None]:
    """For each leaf of the results its type: bool or int if it has that type in all lanes (int for a mixture of both), else None."""
    found: list[type | None] = []
    for own in zip(*[trace.leaf_kinds for trace, _ in made], strict=True):
        kinds = set(own)
        found.append(own[0] if len(kinds) == 1 else int if kinds == {bool, int} else None)
    return found


def _is_array(given: Arguments, array: np.ndarray) -> bool:
    """Whether a group is read as an array: it has a row for each lane, or it is the row of the only lane."""
    return len(array) > 1 or (given.lanes == 1 and array.size > 1)


def _captured(made: Made) -> list[Value]:
    """The Values that any of the traces captured, each once."""
    return list(dict.fromkeys([v for trace, _ in made for v in trace.captured]))


def _path(trace: Trace, own: int, captured: Sequence[Value]) -> PathProgram:
    """A trace as a program with the same inputs for all paths: `own` numbers of a lane, then all of `captured`, read or not."""
    at = {v: own + k for k, v in enumerate(captured)}
    program = placed(trace.batched.program, [*range(own), *[at[v] for v in trace.captured]], own + len(captured))
    return PathProgram(program, trace.count, trace.guards)


def _within(lanes: np.ndarray, rows: np.ndarray | None) -> np.ndarray:
    """The positions of `lanes` among `rows`, the lanes of a step; None for all lanes."""
    return lanes if rows is None else np.searchsorted(rows, lanes)


def signature(given: Arguments) -> Any:
    """A key of what the form depends on: the number of lanes, and the shape and axis of each group."""
    return given.lanes, *[(array.shape, own[0].shape, own[1]) if own.__class__ is tuple else array.shape for array, own in given.groups]


def _split(given: Arguments, made: Made, *, reduce: bool, weight: float) -> tuple[LaneForm, list[Any], np.ndarray | None]:
    """Begin the form of a call with the steps of those lanes whose traces are forms.

    Returns:
        The form so far; the traces that are programs; and the lanes of these, None for all lanes.
    """
    found = LaneForm(given, made, reduce=reduce, weight=weight)
    flat = [(trace, rows) for trace, rows in made if trace.whole is None]
    for trace, rows in made:
        if trace.whole is not None:
            found.whole(trace, None if len(made) == 1 else rows)
    return found, flat, None if len(flat) == len(made) else np.sort(np.concatenate([NONE, *[rows for _, rows in flat]]))


def fixed(given: Arguments, made: Made, *, reduce: bool, weight: float) -> LaneForm:
    """The form of a call in which each lane always takes the path that it takes now.

    That is right for a call outside of a recording, whose form is used for these numbers alone, and for a function without guards.

    Args:
        given: the arguments.
        made: the traces of the lanes.
        reduce: whether the results are summed over the lanes.
        weight: the factor of the sums.
    """
    found, flat, rows = _split(given, made, reduce=reduce, weight=weight)
    if flat:
        found.along(flat, rows)
    return found.finished()


def branching(name: str, f: Any, given: Arguments, made: Made, tracer: Any, *, reduce: bool, weight: float) -> LaneForm:
    """The form of a call within a recording of `jit`: at each replay the path of each lane is found anew, and recorded if it is new.

    Args:
        name: the name of the function, for messages.
        f: the function.
        given: the arguments.
        made: the traces of the lanes.
        tracer: the tracer of the recording, if there is one; Values of that recording that f captures have other numbers at each replay.
        reduce: whether the results are summed over the lanes.
        weight: the factor of the sums.
    """
    found, flat, rows = _split(given, made, reduce=reduce, weight=weight)
    captured = list(dict.fromkeys([*_captured(flat), *[v for v in _held(f) if tracer is None or tracer.owns(v)]]))
    groups = tuple(found.groups(captured, rows))
    label = lambda part: tuple([x[part[1][0]].tobytes() for x in given.columns])  # noqa: E731
    known: list[Any] = []
    for _, alike in groupby(sorted(flat, key=label), key=label):  # lanes with the same integer arguments share a tree of paths
        own = list(alike)
        lanes = np.sort(np.concatenate([rows for _, rows in own]))
        paths = Paths(name, found.own + len(captured), _Recorder(f, given, lanes, captured, tracer, own[0][0], leaf_kinds(made)).record)
        for trace, _ in own:
            paths.add(_path(trace, found.own, captured))
        known.append((paths, _within(lanes, rows)))
    if len(known) == 1:
        known = [(known[0][0], None)]
    count = found.lanes if rows is None else len(rows)
    route = found.form.place((count,))
    found.form.steps.append(Route(known, count, groups, route))
    found.step(BranchingProgram(result, found.own + len(captured), flat[0][0].count), groups, rows, route)
    return found.finished()


class _Recorder:
    """Records further paths of a function, one at a time.

    Args:
        f: the function.
        given: the arguments of the call; only their structure is used.
        lanes: the lanes that may be asked for.
        captured: the Values that any path may use.
        tracer: the tracer of the recording around it.
        first: the trace of a known path; others must give the same structure.
        kinds: for each leaf of the results bool, int or None, as `leaf_kinds` has them.
    """

    def __init__(
        self,
        f: Any,
        given: Arguments,
        lanes: np.ndarray,
        captured: Sequence[Any],
        tracer: Any,
        first: Trace,
        kinds: Sequence[type | None],
    ) -> None:
        self.f, self.given, self.lanes, self.first, self.kinds = f, given.without_groups(), lanes, first, kinds
        self.captured, self.known = captured, set(captured)
        self.changing = set() if tracer is None else set(filter(tracer.owns, captured))
        self.states = around()  # what the recordings rest on to which this belongs
        widths = [array.shape[1] for array, _ in given.groups]
        self.own, self.ends = sum(widths), np.cumsum(widths)[:-1]

    def record(self, lane: int, rows: Sequence[np.ndarray]) -> PathProgram | None:
        """The path of a lane, recorded now.

        Args:
            lane: its index.
            rows: the numbers of its arguments, then of all that is captured.

        Returns:
            The path; None where it cannot be recorded here: it captures other Values, or Values that have other numbers now.
        """
        lane = int(self.lanes[lane % len(self.lanes)])  # there may be lanes around these
        flat = np.concatenate(rows) if rows else np.empty(0)  # lanes around these may have split groups
        args = self.given.with_groups([row[None] for row in np.split(flat[: self.own], self.ends)])
        with LOCK:
            if not in_context(NEUTRAL).run(self._set, flat[self.own :].tolist()):
                return None
            trace = within(self.states, partial(in_context(NEUTRAL).run, partial(Trace, masks=self.first.masks), self.f, args, lane))
        if trace is None:  # it rests on more than they do
            return None
        if trace.form != self.first.form:
            raise LengthError(f"{self.f!r} gave {self.first.form} in one lane and {trace.form} in another, expected the same in all")
        kinds = [own if kind else None for own, kind in zip(trace.leaf_kinds, self.kinds, strict=True)]
        fits = kinds == self.kinds and self.known.issuperset(trace.captured)
        return _path(trace, self.own, self.captured) if fits else None

    def _set(self, numbers: Sequence[float]) -> bool:
        """Give captured Values of the recording around this one their numbers of this replay.

        Returns:
            Whether all other captured Values have their numbers, too; those must not be changed.
        """
        for v, x in zip(self.captured, numbers, strict=True):
            if v in self.changing:
                v.data = x
            elif not identical(v._number, x):
                return False
        return True


def _held(f: Any) -> list[Value]:
    """The Values in the closure of a function, and in the closures of functions found there: any of its paths may use them."""
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
    """Whether a cell of a closure has been assigned."""
    try:
        cell.cell_contents  # noqa: B018  # it raises where there is none
    except ValueError:
        return False
    return True
