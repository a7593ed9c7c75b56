"""A form run over lanes, as by a `vmap` within a `vmap`.

A step that the form runs once is run in each of these outer lanes. A step with lanes of its own is run over the product of both, a lane
for each pair of an outer lane and a lane of the step. Derivatives are those of the form itself, again run over lanes. Lanes are run in
blocks, so that the memory for the arrays between the steps is bounded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import accumulate, pairwise
from math import prod
from typing import Any

import numpy as np

from autograd.kinds import quietly
from autograd.locks import cached_property
from autograd.ops import where
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.packing import Pack, Unpack, summed
from autograd.program.paths import Route, repeated
from autograd.program.program import CODES, Program
from autograd.program.steps import Step
from autograd.program.views import NONE, View

# The number of lanes that are run at a time, counted with the lanes of the steps: outer lanes times the most lanes of a step.
BLOCK = 2**16


class BatchedForm:
    """A form ready to run over lanes, with the methods of a `BatchedProgram`; each entry of an array counts as one input or output.

    Args:
        form: the form of one lane.

    Attributes:
        made: forms over all lanes of a block, by what differs from lane to lane and the number of lanes.
        adjoints: the results of `adjoint`, by its arguments.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.made: dict[Any, _Product] = {}
        self.adjoints: dict[Any, BatchedForm] = {}

    def __reduce__(self) -> Any:
        return BatchedForm, (self.form,)

    @cached_property
    def ends(self) -> tuple[list[int], list[int]]:
        """For the inputs and for the outputs of the form, the index at which the entries of each begin, and the end of the last."""
        form = self.form
        inputs, outputs = [[0, *accumulate([prod(form.shape(p) or ()) for p in own])] for own in (form.inputs, form.outputs)]
        return inputs, outputs

    @property
    def inputs(self) -> int:
        """The number of inputs."""
        return self.ends[0][-1]

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return self.ends[1][-1]

    # Passes.

    def adjoint(self, seeded: Sequence[int], wanted: Sequence[int], *, with_outputs: bool = False) -> "BatchedForm":
        """See `BatchedProgram`; with the outputs before the gradients, if they are wanted, too."""
        key = _whole(seeded, self.ends[1]), _whole(wanted, self.ends[0]), with_outputs
        if key not in self.adjoints:
            self.adjoints[key] = BatchedForm(self.form.adjoint_of(*key[:2], with_outputs=with_outputs))
        return self.adjoints[key]

    def reached(self, seeded: Sequence[int], wanted: Sequence[int]) -> "BatchedForm":
        """See `BatchedProgram`."""
        return BatchedForm(self.form.reached(_whole(seeded, self.ends[1]), _whole(wanted, self.ends[0])))

    def tangent(self, active: Sequence[int]) -> "BatchedForm":
        """See `BatchedProgram`."""
        return BatchedForm(self.form.tangent(_whole(active, self.ends[0])))

    def only(self, outputs: Sequence[int]) -> "BatchedForm":
        """See `BatchedProgram`."""
        form = self.form.copy()
        form.outputs = [form.outputs[k] for k in _whole(outputs, self.ends[1])]
        return BatchedForm(form.pruned())

    def masked(self, outputs: Sequence[int]) -> "BatchedForm":
        """See `BatchedProgram`."""
        return BatchedForm(masked(self.form, _whole(outputs, self.ends[1])))

    def selected(self, within: Sequence[bool]) -> np.ndarray:
        """See `BatchedProgram`."""
        inputs, outputs = self.ends
        kinds = self.form.selected_within([all(within[a:b]) for a, b in pairwise(outputs)])
        return np.repeat([kinds.get(place, True) for place in self.form.inputs], np.diff(inputs))

    # Runs.

    def run(self, groups: Sequence[np.ndarray], lanes: int, sums: int, widths: Sequence[int]) -> list[np.ndarray]:
        """See `BatchedProgram`."""
        found: list[list[np.ndarray]] = []
        given, varying = self._inputs(groups)
        size = max(1, BLOCK // self.most)
        for first in range(0, lanes, size):
            rows = slice(first, min(first + size, lanes))
            count = rows.stop - first
            product = self._over(varying, count)
            outputs = product.made([x[rows] if v else x for x, v in zip(given, varying, strict=True)])
            each = [
                np.reshape(y, (count, -1)) if p in product.varies else np.broadcast_to(np.ravel(y), (count, np.size(y)))
                for p, y in zip(self.form.outputs, outputs, strict=True)
            ]
            columns = np.concatenate(each, axis=1) if each else np.empty((count, 0))
            parts = np.split(columns, np.cumsum([sums, *widths])[:-1], axis=1)
            found.append([_total(parts[0]), *parts[1:]])
        if len(found) == 1:
            return found[0]
        totals, *rest = zip(*found, strict=True)
        return [_total(np.array(totals)), *[np.concatenate(own) for own in rest]]

    def backward(
        self, groups: Sequence[np.ndarray], lanes: int, cotangents: Sequence[float], wanted: Sequence[bool], seeded: Sequence[int]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """See `BatchedProgram`; the cotangents are those of the seeded outputs."""
        return self._derived(groups, lanes, [np.array([cotangents])], wanted, seeded, self.outputs)

    def reverse(
        self, groups: Sequence[np.ndarray], lanes: int, seeds: Sequence[np.ndarray], wanted: Sequence[bool], seeded: Sequence[int]
    ) -> list[np.ndarray]:
        """See `BatchedProgram`."""
        chosen, first, given = set(seeded), 0, []
        for x in seeds:
            own = [k for k in range(x.shape[1]) if first + k in chosen]
            first += x.shape[1]
            given.append(x if len(own) == x.shape[1] else x[:, own])
        return self._derived(groups, lanes, given, wanted, seeded, 0)[1]

    def _derived(
        self, groups: Sequence[np.ndarray], lanes: int, given: Sequence[np.ndarray], wanted: Sequence[bool], seeded: Sequence[int], own: int
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """The sums of the first `own` outputs, all or none, and the gradients of the wanted groups for these cotangents."""
        starts = [0, *accumulate([x.shape[1] for x in groups])]
        shared = [i for i, x in enumerate(groups) if wanted[i] and len(x) == 1]
        others = [i for i, x in enumerate(groups) if wanted[i] and len(x) > 1]
        adjoint = self.adjoint(seeded, [k for i in (*shared, *others) for k in range(starts[i], starts[i + 1])], with_outputs=own > 0)
        widths = [groups[i].shape[1] for i in others]
        ends = [*accumulate([groups[i].shape[1] for i in shared], initial=own)]
        totals, *columns = adjoint.run([*groups, *given], lanes, ends[-1], widths)
        parts = iter([totals[None, a:b] for a, b in pairwise(ends)])
        rest = iter(columns)
        found = [np.empty(0) if not w else next(parts) if len(x) == 1 else next(rest) for x, w in zip(groups, wanted, strict=True)]
        return totals[:own], found

    def on_any(self, given: Sequence[Any], lanes: int, at: Sequence[np.ndarray] | None) -> list[Any]:
        """See `BatchedProgram`; `at` holds the groups of inputs of a run on floats, if there is one."""
        found, (recorded, varying) = [], ([], ()) if at is None else self._inputs(at)
        for lane in range(lanes):
            floats = None if at is None else [x[lane] if v else x for x, v in zip(recorded, varying, strict=True)]
            own = [x[lane] if isinstance(x, np.ndarray) and x.ndim else x for x in given]
            args = [
                own[a] if self.form.shape(p) is None else np.array(own[a:b]).reshape(self.form.shapes[p])
                for p, (a, b) in zip(self.form.inputs, pairwise(self.ends[0]), strict=True)
            ]
            found.append([x for y in self.form.on_any(args, floats) for x in np.ravel(y)])
        return [np.array(column) if lanes > 1 else column[0] for column in zip(*found, strict=True)]

    @cached_property
    def most(self) -> int:
        """The largest number of lanes of its steps."""
        return max([getattr(step, "lanes", 1) for step in self.form.steps], default=1)

    def _inputs(self, groups: Sequence[np.ndarray]) -> tuple[list[Any], tuple[bool, ...]]:
        """The inputs of the form, from groups of columns.

        Returns:
            The inputs, each with a first axis for the lanes if it differs from lane to lane; and for each whether it does.
        """
        given: list[Any] = []
        varying: list[bool] = []
        places = iter(self.form.inputs)
        for x in groups:
            first = 0
            while first < x.shape[1]:
                shape = self.form.shape(next(places))
                own = x[:, first : first + prod(shape or ())]
                first += own.shape[1]
                varying.append(len(x) > 1)
                given.append(own.reshape(len(x), *(shape or ())) if len(x) > 1 else own.item() if shape is None else own.reshape(shape))
        return given, tuple(varying)

    def _over(self, varying: tuple[bool, ...], lanes: int) -> "_Product":
        """The form over so many lanes, where the inputs marked in `varying` differ from lane to lane; the last few are kept."""
        if (varying, lanes) not in self.made:
            if len(self.made) >= KEPT:
                self.made.clear()
            self.made[varying, lanes] = _Product(self.form, varying, lanes)
        return self.made[varying, lanes]


# The number of forms over lanes that are kept, for different numbers of lanes.
KEPT = 8
MASK = BatchedProgram(Program.from_arrays([CODES[where]], [0, 3], [0, 1, 2], [0.0], [3], 2), range(1))


def masked(form: Form, outputs: Sequence[int]) -> Form:
    """The form with a further input for each of these outputs, which are 0, without a derivative, where that is 0."""
    form = form.copy()
    for k in outputs:
        place = form.outputs[k]
        shape = form.shape(place)
        mask, form.outputs[k] = form.input(shape), form.place(shape)
        if shape is None:
            form.steps.append(Step(MASK, 1, (np.array([mask, place]),), np.array([form.outputs[k]])))
        else:
            views = [View(p, (prod(shape),)) for p in (mask, place, form.outputs[k])]
            form.steps.append(Step(MASK, prod(shape), tuple(views[:2]), NONE, (views[2],)))
    return form


def _total(rows: np.ndarray) -> Any:
    """The sum over the first axis."""
    return quietly(partial(np.add.reduce, rows, axis=0, initial=-0.0))  # a sum from 0.0 is never -0.0


def _whole(indices: Sequence[int], ends: Sequence[int]) -> tuple[int, ...]:
    """The indices of whole inputs or outputs, numbers or arrays, from the indices of their entries.

    Args:
        indices: those of the entries; all entries of an array are among them or none.
        ends: as in `BatchedForm.ends`.
    """
    starts = {a: k for k, (a, b) in enumerate(pairwise(ends)) if a < b}
    return tuple([starts[i] for i in indices if i in starts])


class _Product:
    """Converts a form of one lane into a form that computes the same in all lanes. The new form can only be run, not differentiated.

    Args:
        form: the form of one lane.
        varying: for each of its inputs whether it differs from lane to lane.
        lanes: the number of lanes.

    Attributes:
        made: the new form; a number or array that differs from lane to lane is an array in it whose first axis has the lanes.
        at: for each place of the old form the place in the new one.
        varies: the places of the old form whose contents differ from lane to lane.
    """

    def __init__(self, form: Form, varying: Sequence[bool], lanes: int) -> None:
        self.form, self.lanes, self.made = form, lanes, Form()
        self.at: dict[int, int] = {}
        self.varies: set[int] = set()
        for place, varies in zip(form.inputs, varying, strict=True):
            self.at[place] = self.made.input((lanes, *(form.shape(place) or ())) if varies else form.shape(place))
            if varies:
                self.varies.add(place)
        self.at.update((place, self.made.constant(x)) for place, x in form.constants.items())
        for step in form.steps:
            if step.__class__ is Route or any(place in self.varies for place, *_ in step.sources()):
                STEPS[step.__class__](self, step)
            else:
                self.at.update((place, self.made.place(form.shape(place))) for place, *_ in step.places())
                self.made.steps.append(step.moved(self.at))
        self.made.outputs = [self.at[p] for p in form.outputs]

    def column(self, place: int) -> int:
        """Add the array for the contents of a place, an old one, that differ from lane to lane; return its new place."""
        self.varies.add(place)
        self.at[place] = self.made.place((self.lanes, *(self.form.shape(place) or ())))
        return self.at[place]

    def step(self, step: Step) -> None:
        """Add a step that runs over the product of the lanes; its sums over its own lanes are computed for each outer lane."""
        lanes, summed = self.lanes * step.lanes, step.summed
        inputs = self.inputs(step.inputs, step.lanes)
        columns = [replace(view, place=self.column(view.place), outer=self.lanes) for view in step.columns]
        route = step.route
        if route is not None:  # a constant holds the same paths for all outer lanes, a Route finds them for each
            parts = self.form.constants.get(route)
            route = self.at[route] if parts is None else self.made.constant(repeated(parts, step.lanes, self.lanes))
        if summed:
            every = self.made.place((lanes, summed))
            columns.insert(0, View(every, (lanes, summed)))
        self.made.steps.append(Step(step.batched, lanes, inputs, NONE, tuple(columns), step.weight, (), route))
        if summed:
            ends = [*step.sums.tolist(), *[view.place for view in step.totals]]
            self.made.steps.append(_Sums(every, self.lanes, [(self.column(p), (self.lanes, *(self.form.shape(p) or ()))) for p in ends]))

    def route(self, step: Route) -> None:
        """Add the step that finds which path each lane of the product takes."""
        inputs, lanes = self.inputs(step.inputs, step.lanes), self.lanes * step.lanes
        each = step.lanes * np.arange(self.lanes)[:, None]
        known = [(paths, None if rows is None else (each + rows).ravel()) for paths, rows in step.known]
        self.made.steps.append(Route(known, lanes, inputs, self.column(step.place)))

    def inputs(self, groups: Sequence[Any], own: int) -> tuple[Any, ...]:
        """The inputs of the new step for a step with these groups of inputs and `own` lanes."""
        found: list[Any] = []
        each = None if own == 1 else np.repeat(np.arange(self.lanes), own)
        for g in groups:
            if g.__class__ is View:
                found.append(self._view(g, own, each))
                continue
            shared: list[int] = []  # numbers that are not in a group yet
            for place in g.tolist():
                if place not in self.varies:
                    shared.append(self.at[place])
                    continue
                if shared:
                    found.append(np.array(shared))
                    shared = []
                found.append(View(self.at[place], (self.lanes,), 0, each))
            if shared:
                found.append(np.array(shared))
        return tuple(found)

    def _view(self, g: View, own: int, each: np.ndarray | None) -> View:
        """The view of the new step for view `g` of a step with `own` lanes; `each` has the outer lane of each lane of the product."""
        if g.place in self.varies:
            if g.axis is None:
                return View(self.at[g.place], (self.lanes, g.width), 0, each)
            return replace(g, place=self.at[g.place], outer=self.lanes)
        if g.axis is None:
            return replace(g, place=self.at[g.place])
        rows = np.arange(own) if g.rows is None else g.rows
        return replace(g, place=self.at[g.place], rows=np.tile(rows, self.lanes))

    def pack(self, step: Pack) -> None:
        """Add the step that puts numbers into an array, in each lane."""
        numbers = [(self.at[p], p in self.varies) for p in step.numbers.tolist()]
        self.made.steps.append(_Stack(numbers, self.column(step.array), (self.lanes, *step.shape), step.index))

    def unpack(self, step: Unpack) -> None:
        """Add the step that takes the numbers out of an array, in each lane."""
        self.made.steps.append(_Columns(self.at[step.array], [self.column(p) for p in step.numbers.tolist()], self.lanes, step.index))


STEPS: dict[type, Callable[[_Product, Any], None]] = {
    Step: _Product.step,
    Route: _Product.route,
    Pack: _Product.pack,
    Unpack: _Product.unpack,
}


@dataclass(frozen=True, eq=False)
class _Sums:
    """The step that sums results over the inner lanes, for each outer lane.

    Attributes:
        every: the place of the array with a row for each lane of the product.
        lanes: the number of outer lanes.
        ends: the place and the shape of each sum.
    """

    every: int
    lanes: int
    ends: list[tuple[int, tuple[int, ...]]]

    def run(self, _numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        rows = arrays[self.every]
        found = rows if len(rows) == self.lanes else _total(np.moveaxis(rows.reshape(self.lanes, -1, rows.shape[1]), 1, 0))
        first = 0
        for place, shape in self.ends:
            arrays[place] = found[:, first : first + prod(shape[1:])].reshape(shape)
            first += prod(shape[1:])


@dataclass(frozen=True, eq=False)
class _Stack:
    """The step that makes an array with a row for each lane out of numbers.

    Attributes:
        numbers: the place of each number, and whether it differs from lane to lane, so that the place is that of an array.
        array: the place of the result.
        shape: its shape.
        index: as `Pack` has it.
    """

    numbers: list[tuple[int, bool]]
    array: int
    shape: tuple[int, ...]
    index: np.ndarray | None

    def run(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        rows = np.empty((self.shape[0], len(self.numbers)))
        for k, (place, varies) in enumerate(self.numbers):
            rows[:, k] = arrays[place] if varies else numbers[place]
        arrays[self.array] = (rows if self.index is None else rows[:, self.index]).reshape(self.shape)


@dataclass(frozen=True, eq=False)
class _Columns:
    """The step that takes the entries out of an array with a row for each lane.

    Attributes:
        array: the place of the array.
        places: for each entry of a row the place of the array that holds it for all lanes.
        lanes: the number of lanes.
        index: as `Unpack` has it.
    """

    array: int
    places: list[int]
    lanes: int
    index: np.ndarray | None

    def run(self, _numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        columns = summed(arrays[self.array].reshape(self.lanes, -1).T, self.index, len(self.places))
        arrays.update(zip(self.places, columns, strict=True))
