"""Step: a program that a form runs, once or over lanes, with the places of its inputs and outputs.

A step runs on floats (`run`), sweeps back at floats (`sweep`), and adds the steps of its derivatives to a form (`reverse`, `forward`). Pack
and Unpack in `packing.py`, and Route in `paths.py`, have the same methods.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograd.locks import cached_property
from autograd.program.lanes import BatchedProgram, copying
from autograd.program.packing import Pack as Pack  # noqa: PLC0414  # older pickles name them here
from autograd.program.packing import Unpack as Unpack  # noqa: PLC0414
from autograd.program.views import NONE, View, moved


@dataclass(frozen=True, eq=False)
class Step:
    """A program run once, or over lanes.

    Attributes:
        batched: the `BatchedProgram` that runs, or an object with the same methods.
        lanes: the number of lanes.
        inputs: for each group of consecutive inputs of the program the places of numbers that all lanes share, or a view of an array.
        sums: places for the first outputs, summed over the lanes.
        columns: views for the last outputs, which each lane has.
        weight: a factor by which all results are multiplied.
        totals: views of arrays for the outputs between these, which are also summed over the lanes.
        route: where lanes take different paths, the place that holds the path of each lane.
    """

    batched: Any
    lanes: int
    inputs: tuple[Any, ...]
    sums: np.ndarray
    columns: tuple[View, ...] = ()
    weight: float = 1.0
    totals: tuple[View, ...] = ()
    route: int | None = None

    def groups(self, numbers: np.ndarray, arrays: dict[int, Any]) -> list[np.ndarray]:
        """The inputs as arrays with a row for each lane, or with one row that all lanes share; `numbers` and `arrays` are by place."""
        return [g.take(arrays[g.place]) if g.__class__ is View else numbers[g][None] for g in self.inputs]

    def over(self, arrays: dict[int, Any]) -> Any:
        """What runs: `batched`, or, where lanes take different paths, the programs of the paths that they take now."""
        return self.batched if self.route is None else self.batched.along(arrays[self.route])

    @property
    def summed(self) -> int:
        """The number of outputs that are summed over the lanes."""
        return len(self.sums) + sum([view.width for view in self.totals])

    def run(self, numbers: np.ndarray, arrays: dict[int, Any]) -> None:
        """Compute the results and store them at their places."""
        widths = [view.width for view in self.columns]
        sums, *columns = self.over(arrays).run(self.groups(numbers, arrays), self.lanes, self.summed, widths)
        sums = sums if self.weight == 1.0 else self.weight * sums
        first = len(self.sums)
        numbers[self.sums] = sums[:first]
        for view in self.totals:
            arrays[view.place] = view.put(sums[first : first + view.width])
            first += view.width
        for view, rows in zip(self.columns, columns, strict=True):
            arrays[view.place] = view.put(rows if self.weight == 1.0 else self.weight * rows)

    def sweep(
        self, numbers: np.ndarray, arrays: dict[int, Any], received: dict[int, Any], active: set[int], selected: set[int], send: Any
    ) -> None:
        """Run backwards at floats: compute the cotangents of the arguments from those of the results.

        Args:
            numbers: the numbers after the forward run, by place.
            arrays: the arrays, likewise.
            received: for each place the cotangent received so far.
            active: the places that depend on what the gradient is taken with respect to; only these are sent anything.
            selected: the places that are used only within branches of a `where`.
            send: called with a place and a cotangent for it.
        """
        own = [place for place, *_ in self.places() if place in received and place in selected]
        if own:
            least = min((*arrays, *received, *active), default=0)  # not all arrays have been computed
            at = {place: len(numbers) + k if place >= 0 else least - 1 - k for k, place in enumerate(own)}
            numbers = np.append(numbers, [received[place] if place >= 0 else 0.0 for place in own])
            arrays = {**arrays, **{at[place]: received[place] for place in own if place < 0}}
            self.masked(set(own), at).sweep(numbers, arrays, received, active, set(), send)
            return
        seeds = [np.array([[received.get(p, 0.0) for p in self.sums.tolist()]])] if len(self.sums) else []
        views = (*self.totals, *self.columns)
        seeds += [view.take(received[view.place]) if view.place in received else np.zeros((1, view.width)) for view in views]
        wanted = [g.place in active if g.__class__ is View else not active.isdisjoint(g.tolist()) for g in self.inputs]
        seeded = [k for place, *own in self.places() if place in received for k in own]
        found = self.over(arrays).reverse(self.groups(numbers, arrays), self.lanes, seeds, wanted, seeded)
        for g, gradient, is_wanted in zip(self.inputs, found, wanted, strict=True):
            if not is_wanted:
                continue
            if g.__class__ is View:
                send(g.place, g.put(self.weight * gradient))
                continue
            for place, x in zip(g.tolist(), (self.weight * gradient[0]).tolist(), strict=True):
                if place in active:
                    send(place, x)

    def run_on_any(self, numbers: dict[int, Any], recorded: Any) -> None:
        """Compute the results for numbers of any kind.

        Args:
            numbers: the numbers and arrays by place; the results are added.
            recorded: the numbers and the arrays of a run on floats, by which paths are chosen where `numbers` cannot be compared; or None.
        """
        rows = [g.take(numbers[g.place]).T if g.__class__ is View else [numbers[p] for p in g.tolist()] for g in self.inputs]
        at = None if recorded is None else self.groups(*recorded)
        found = self.over(numbers).on_any([x for row in rows for x in row], self.lanes, at)
        summed = [y if self.lanes == 1 else np.sum(np.broadcast_to(y, self.lanes)) for y in found[: self.summed]]
        numbers.update((place, self.weighted(y)) for place, y in zip(self.sums.tolist(), summed, strict=False))
        rest = iter(summed[len(self.sums) :])
        for view in self.totals:
            numbers[view.place] = view.put(np.array([self.weighted(next(rest)) for _ in range(view.width)]))
        rest = iter(found[self.summed :])
        for view in self.columns:
            results = np.array([np.broadcast_to(next(rest), self.lanes) for _ in range(view.width)]).reshape(view.width, self.lanes).T
            numbers[view.place] = view.put(self.weighted(results))

    def weighted(self, y: Any) -> Any:
        """A result, or an array of them, times the weight."""
        return y if self.weight == 1.0 else y * self.weight

    def places(self) -> list[list[int]]:
        """For each result its place, then the indices of the program's outputs that it holds."""
        return self._places

    @cached_property
    def _places(self) -> list[list[int]]:
        found = [[place, k] for k, place in enumerate(self.sums.tolist())]
        first = len(found)
        for view in (*self.totals, *self.columns):
            found.append([view.place, *range(first, first + view.width)])
            first += view.width
        return found

    def read(self) -> list[tuple[Any, int, list[int]]]:
        """For each argument its view (None for a number), its place, and the indices of the program's inputs that it provides."""
        return self._read

    @cached_property
    def _read(self) -> list[tuple[Any, int, list[int]]]:
        found: list[tuple[Any, int, list[int]]] = []
        first = 0
        for g in self.inputs:
            if g.__class__ is View:
                found.append((g, g.place, [*range(first, first + g.width)]))
                first += g.width
            else:
                found += [(None, place, [first + k]) for k, place in enumerate(g.tolist())]
                first += len(g)
        return found

    def sources(self) -> list[list[int]]:
        """For each argument its place, then the indices of the program's inputs that it provides."""
        return self._sources

    @cached_property
    def _sources(self) -> list[list[int]]:
        return [*[[place, *own] for _, place, own in self.read()], *([] if self.route is None else [[self.route]])]

    @cached_property
    def parts(self) -> set[int]:
        """The arrays of which it does not use all numbers, as far as that is known."""
        if self.batched.__class__ is not BatchedProgram:
            return set()
        reads = self.batched.program.reads
        return {view.place for view, _, own in self.read() if view is not None and (view.is_part or not reads[own].all())}

    def reading(self, places: Mapping[int, int]) -> "Step":
        """This step with its arguments at other places; `places` maps the old ones to the new."""
        groups = [g.at(places[g.place]) if g.__class__ is View else moved(g, places) for g in self.inputs]
        route = None if self.route is None else places[self.route]
        return Step(self.batched, self.lanes, tuple(groups), self.sums, self.columns, self.weight, self.totals, route)

    def moved(self, places: Mapping[int, int]) -> "Step":
        """This step with arguments and results at other places; `places` maps the old ones to the new."""
        totals, columns = [tuple([view.at(places[view.place]) for view in own]) for own in (self.totals, self.columns)]
        read = self.reading(places)
        return Step(self.batched, self.lanes, read.inputs, moved(self.sums, places), columns, self.weight, totals, read.route)

    def only(self, live: set[int]) -> "Step":
        """This step without the results whose places are not in `live`, and without the arguments that its program does not read."""
        if all(place in live for place, *_ in self.places()):
            return self._without_unread()
        batched = self.batched.only([k for place, *own in self.places() if place in live for k in own])
        totals, columns = [tuple([view for view in own if view.place in live]) for own in (self.totals, self.columns)]
        sums = np.array([p for p in self.sums.tolist() if p in live], int)
        return replace(self, batched=batched, sums=sums, totals=totals, columns=columns)._without_unread()

    def _without_unread(self) -> "Step":
        """This step without the arguments that its program does not read: what computes them may be dead code."""
        if self.batched.__class__ is not BatchedProgram or (self.batched.sweep is not None and self.lanes > 1):
            return self  # a sweep runs forward first
        if self.batched.program.reads_all:
            return self
        kept: list[int] = []
        groups: list[Any] = []
        first = 0
        for g in self.inputs:
            is_view = g.__class__ is View
            reads = self.batched.program.reads[first : first + (g.width if is_view else len(g))]
            own = np.flatnonzero(reads) if not is_view else np.arange(len(reads) if reads.any() else 0)
            if len(own):
                groups.append(g if is_view else g[own])
                kept += (first + own).tolist()
            first += len(reads)
        return replace(self, batched=self.batched.with_inputs(kept), inputs=tuple(groups)) if len(kept) < first else self

    def selected(self, kinds: Mapping[int, bool]) -> list[tuple[int, bool]]:
        """For each argument its place, and whether it is used only within branches of a `where`; `kinds` says the same of the results."""
        within = [kinds.get(place, True) for place, *own in self.places() for _ in own]
        found = self.batched.selected(within)
        if not found.any():
            return [(place, False) for _, place, _ in self.read()]
        return [(place, bool(found[own].all())) for _, place, own in self.read()]

    def masked(self, places: set[int], cotangents: Mapping[int, int]) -> "Step":
        """This step with results that are 0, without a derivative, where their cotangents are 0.

        So a branch of a `where` that was not taken sends exactly 0, even if a local derivative in it is infinite or nan.

        Args:
            places: the results to which that applies.
            cotangents: for each of these the place of its cotangent, which the new step reads.
        """
        own = [(place, outputs) for place, *outputs in self.places() if place in places]
        if not own:
            return self
        numbers = [cotangents[place] for place, _ in own if place >= 0]
        views = [view.at(cotangents[view.place]) for view in (*self.totals, *self.columns) if view.place in places]
        groups = (*self.inputs, *([np.array(numbers)] if numbers else []), *views)
        return replace(self, batched=self.batched.masked([k for _, outputs in own for k in outputs]), inputs=groups)

    def reverse(
        self, form: Any, sent: list[tuple[int, list[int]]], received: dict[int, list[int]], active: set[int], selected: set[int]
    ) -> None:
        """Add to a form the step that computes the cotangents of the arguments from those of the results.

        Args:
            form: the form.
            sent: the results that have a cotangent, each with the indices of the program's outputs that it holds.
            received: for each place the places of its cotangents; one is added for each active argument.
            active: the places that depend on what the gradient is taken with respect to.
            selected: the places that are used only within branches of a `where`.
        """
        within = selected & {place for place, _ in sent}
        flags = {place: form.flags.get(place, received[place])[0] for place in within}
        self.masked(within, flags)._backwards(form, sent, received, active, selected)  # of this class

    def _backwards(
        self, form: Any, sent: list[tuple[int, list[int]]], received: dict[int, list[int]], active: set[int], selected: set[int]
    ) -> None:
        """`reverse` of a step that has its masks."""
        ends = {view.place: view for view in (*self.totals, *self.columns)}
        sources = sorted([source for source in self.read() if source[1] in active], key=lambda source: _kind(source[0]))
        sent = sorted(sent, key=lambda end: _kind(ends.get(end[0])))
        cotangents = np.array([received[place][0] for place, _ in sent if place >= 0], int)
        given = [ends[place].at(received[place][0]) for place, _ in sent if place < 0]
        sums: list[int] = []
        results: list[View] = []
        for view, place, _ in sources:
            made = form.place(form.shape(place))
            received.setdefault(place, []).append(made)
            if view is None:
                sums.append(made)
            else:
                results.append(view.at(made))
        step = replace(
            self,
            batched=self.batched.adjoint([k for _, own in sent for k in own], [i for _, _, own in sources for i in own]),
            inputs=(*self.inputs, *([cotangents] if len(cotangents) else []), *given),
            sums=np.array(sums, int),
            totals=tuple([view for view in results if view.axis is None]),
            columns=tuple([view for view in results if view.axis is not None]),
        )
        form.steps.append(step)
        flagged = [source for source in sources if source[1] in selected]
        if flagged and hasattr(self.batched, "reached"):
            self._flag(form, [k for _, own in sent for k in own], flagged)

    def _flag(self, form: Any, seeded: list[int], sources: list[tuple[Any, int, list[int]]]) -> None:
        """Add to a form the step that tells which of these arguments are used in branches that were taken; see `Form.flags`."""
        flags = [(view, form.place(form.shape(place))) for view, place, _ in sources]
        for (_, place, _), (_, flag) in zip(sources, flags, strict=True):
            form.flags.setdefault(place, []).append(flag)
        views = [view.at(flag) for view, flag in flags if view is not None]
        form.steps.append(
            replace(
                self,
                batched=self.batched.reached(seeded, [i for _, _, own in sources for i in own]),
                sums=np.array([flag for view, flag in flags if view is None], int),
                totals=tuple([view for view in views if view.axis is None]),
                columns=tuple([view for view in views if view.axis is not None]),
            )
        )

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Add to a form the step that computes the results and their tangents; `carried` maps places to those of their tangents."""
        sources = sorted([source for source in self.read() if source[1] in carried], key=lambda source: source[0] is not None)
        numbers = np.array([carried[place] for view, place, _ in sources if view is None], int)
        views = [view.at(carried[place]) for view, place, _ in sources if view is not None]
        for place, *_ in self.places():
            carried[place] = form.place(form.shape(place))
        n, summed, count = len(self.sums), self.summed, self.batched.outputs
        each = [range(n), range(n, summed), range(summed, count)]
        order = [k for own in each for k in (*own, *[count + k for k in own])]
        totals, columns = [(*own, *[view.at(carried[view.place]) for view in own]) for own in (self.totals, self.columns)]
        form.steps.append(
            replace(
                self,
                batched=self.batched.tangent([i for _, _, own in sources for i in own]).only(order),
                inputs=(*self.inputs, *([numbers] if len(numbers) else []), *views),
                sums=np.array([*self.sums, *[carried[int(p)] for p in self.sums]], int),
                totals=totals,
                columns=columns,
            )
        )


def _kind(view: View | None) -> int:
    """The rank of a result: numbers come first, then arrays that all lanes share, then arrays with a part for each lane."""
    return 0 if view is None else 1 if view.axis is None else 2


def taken(form: Any, place: int, shape: tuple[int, ...], rows: Sequence[int], axis: int = 0) -> tuple[Step, int]:
    """The step that takes some entries along an axis of an array, which is read in this shape, and the place of these."""
    own = (*shape[:axis], len(rows), *shape[axis + 1 :])
    given, found = View(place, shape, axis, np.array(rows, int)), View(form.place(own), own, axis)
    return Step(copying(given.width), len(rows), (given,), NONE, (found,)), found.place
