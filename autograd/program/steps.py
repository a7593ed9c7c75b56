"""The steps of a form: a program that runs once or over lanes, and what makes arrays of numbers and numbers of arrays.

Each knows how to run, what it reads and writes, and which steps carry cotangents back and tangents on over it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from autograd.program.lanes import BatchedProgram
from autograd.program.passes import adjoint, pruned, tangent

NONE = np.empty(0, int)


def moved(numbers: np.ndarray, places: Mapping[int, int]) -> np.ndarray:
    """Other places for each of these."""
    return np.array([places[p] for p in numbers.tolist()], int)


@dataclass(frozen=True, eq=False)
class View:
    """An array as lanes see it.

    Attributes:
        place: that of the array.
        shape: of the array.
        axis: along which the lanes lie.
        rows: the entries along it that are lanes, in order; None for all of them.
    """

    place: int
    shape: tuple[int, ...]
    axis: int = 0
    rows: np.ndarray | None = None

    @property
    def lanes(self) -> int:
        """How many lanes it has."""
        return self.shape[self.axis] if self.rows is None else len(self.rows)

    @property
    def width(self) -> int:
        """How many numbers each lane has."""
        return math.prod(self.shape[: self.axis] + self.shape[self.axis + 1 :])

    def take(self, x: np.ndarray) -> np.ndarray:
        """The numbers of array `x`, a row for each lane."""
        x = x.reshape(self.shape)
        x = np.moveaxis(x, self.axis, 0) if self.axis else x
        x = x if self.rows is None else x[self.rows]
        return np.require(x.reshape(len(x), -1), float, ["ALIGNED"])

    def put(self, rows: np.ndarray) -> np.ndarray:
        """The array whose lanes have these numbers, 0 in what is no lane."""
        if self.rows is not None:
            some, rows = rows, np.zeros((self.shape[self.axis], rows.shape[1]))
            rows[self.rows] = some
        if not self.axis:
            return rows.reshape(self.shape)
        return np.moveaxis(rows.reshape(self.shape[self.axis], *self.shape[: self.axis], *self.shape[self.axis + 1 :]), 0, self.axis)


@dataclass(frozen=True, eq=False)
class Step:
    """A program run once, or over lanes.

    Attributes:
        batched: the program.
        lanes: how many.
        inputs: for consecutive inputs of the program the places of numbers that lanes share, or a view.
        sums: places for the first outputs, summed over the lanes.
        columns: views for the others.
        weight: a factor of all results.
    """

    batched: BatchedProgram
    lanes: int
    inputs: tuple[Any, ...]
    sums: np.ndarray
    columns: tuple[View, ...] = ()
    weight: float = 1.0

    def groups(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> list[np.ndarray]:
        """The inputs, arrays with one row, or one for each lane."""
        return [g.take(arrays[g.place]) if g.__class__ is View else numbers[g][None] for g in self.inputs]

    def run(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        """Fill in the places of the results."""
        widths = [view.width for view in self.columns]
        sums, *columns = self.batched.run(self.groups(numbers, arrays), self.lanes, len(self.sums), widths)
        numbers[self.sums] = self.weight * sums
        for view, rows in zip(self.columns, columns, strict=True):
            arrays[view.place] = view.put(rows if self.weight == 1.0 else self.weight * rows)

    def sweep(
        self, numbers: np.ndarray, arrays: dict[int, Any], received: dict[int, Any], active: set[int], selected: set[int], send: Any
    ) -> None:
        """Send the arguments what they get for what the results have received."""
        own = [place for place, *_ in self.places() if place in received and place in selected]
        if own:
            least = min(arrays, default=0)
            at = {place: len(numbers) + k if place >= 0 else least - 1 - k for k, place in enumerate(own)}
            numbers = np.append(numbers, [received[place] if place >= 0 else 0.0 for place in own])
            arrays = {**arrays, **{at[place]: received[place] for place in own if place < 0}}
            self.masked(set(own), at).sweep(numbers, arrays, received, active, set(), send)
            return
        seeds = [np.array([[received.get(p, 0.0) for p in self.sums.tolist()]])] if len(self.sums) else []
        seeds += [view.take(received[view.place]) if view.place in received else np.zeros((1, view.width)) for view in self.columns]
        wanted = [g.place in active if g.__class__ is View else not active.isdisjoint(g.tolist()) for g in self.inputs]
        seeded = [k for place, *own in self.places() if place in received for k in own]
        found = self.batched.reverse(self.groups(numbers, arrays), self.lanes, seeds, wanted, seeded)
        for g, gradient, is_wanted in zip(self.inputs, found, wanted, strict=True):
            if not is_wanted:
                continue
            if g.__class__ is View:
                send(g.place, g.put(self.weight * gradient))
                continue
            for place, x in zip(g.tolist(), (self.weight * gradient[0]).tolist(), strict=True):
                if place in active:
                    send(place, x)

    def run_on_any(self, numbers: dict[int, Any]) -> None:
        """The same with numbers of any kind, and arrays, in one dict."""
        rows = [g.take(numbers[g.place]).T if g.__class__ is View else [numbers[p] for p in g.tolist()] for g in self.inputs]
        given = [x for row in rows for x in row]
        found = self.batched.program(given)
        for place, y in zip(self.sums.tolist(), found, strict=False):
            numbers[place] = (y if self.lanes == 1 else np.sum(np.broadcast_to(y, self.lanes))) * self.weight
        rest = iter(found[len(self.sums) :])
        for view in self.columns:
            results = np.array([np.broadcast_to(next(rest), self.lanes) for _ in range(view.width)]).reshape(view.width, self.lanes).T
            numbers[view.place] = view.put(results * self.weight)

    def places(self) -> list[list[int]]:
        """The place of each result, and the outputs of the program that belong to it."""
        found = [[int(place), k] for k, place in enumerate(self.sums)]
        first = len(found)
        for view in self.columns:
            found.append([view.place, *range(first, first + view.width)])
            first += view.width
        return found

    def sources(self) -> list[list[int]]:
        """The same of the arguments and the inputs of the program."""
        found, first = [], 0
        for g in self.inputs:
            if g.__class__ is View:
                found.append([g.place, *range(first, first + g.width)])
                first += g.width
            else:
                found += [[int(place), first + k] for k, place in enumerate(g)]
                first += len(g)
        return found

    def reading(self, places: Mapping[int, int]) -> "Step":
        """The step that reads other places."""
        groups = [replace(g, place=places[g.place]) if g.__class__ is View else moved(g, places) for g in self.inputs]
        return replace(self, inputs=tuple(groups))

    def moved(self, places: Mapping[int, int]) -> "Step":
        """The step that reads and writes other places."""
        columns = tuple([replace(view, place=places[view.place]) for view in self.columns])
        return replace(self.reading(places), sums=moved(self.sums, places), columns=columns)

    def only(self, live: set[int]) -> "Step":
        """The step with the results at live places alone."""
        if all(place in live for place, *_ in self.places()):
            return self
        outputs = [k for place, *own in self.places() if place in live for k in own]
        batched = BatchedProgram(pruned(self.batched.program, outputs), range(len(outputs)))
        sums = np.array([p for p in self.sums.tolist() if p in live], int)
        return replace(self, batched=batched, sums=sums, columns=tuple([v for v in self.columns if v.place in live]))

    def selected(self, kinds: Mapping[int, bool]) -> list[tuple[int, bool]]:
        """The place of each argument, and whether it is used in branches of a `where` alone; of results `kinds` says it."""
        within = [kinds.get(place, True) for place, *own in self.places() for _ in own]
        found = self.batched.program.selected(within)
        return [(place, bool(found[own].all())) for place, *own in self.sources()]

    def masked(self, places: set[int], cotangents: Mapping[int, int]) -> "Step":
        """The step with its results at these places masked by the cotangents there: what was not taken sends nothing."""
        own = [(place, outputs) for place, *outputs in self.places() if place in places]
        if not own:
            return self
        numbers = [cotangents[place] for place, _ in own if place >= 0]
        views = [replace(view, place=cotangents[view.place]) for view in self.columns if view.place in places]
        program = self.batched.program.masked([k for _, outputs in own for k in outputs])
        groups = (*self.inputs, *([np.array(numbers)] if numbers else []), *views)
        return replace(self, batched=BatchedProgram(program, range(len(program.outputs))), inputs=groups)

    def reverse(
        self, form: Any, sent: list[tuple[int, list[int]]], received: dict[int, list[int]], active: set[int], selected: set[int]
    ) -> None:
        """Add to a form the step that carries the cotangents that were `sent` to results back to the active arguments."""
        masked = self.masked(selected & {place for place, _ in sent}, {place: own[0] for place, own in received.items()})
        if masked is not self:
            masked.reverse(form, sent, received, active, set())
            return
        sources = [(place, own) for place, *own in self.sources() if place in active]
        sources.sort(key=lambda source: source[0] < 0)  # numbers first; a stable order
        sent = sorted(sent, key=lambda end: end[0] < 0)
        program = adjoint(self.batched.program, [k for _, own in sent for k in own], [i for _, own in sources for i in own])
        columns = {view.place: view for view in self.columns}
        cotangents = np.array([received[place][0] for place, _ in sent if place >= 0], int)
        rows = [replace(columns[place], place=received[place][0]) for place, _ in sent if place < 0]
        views = iter([g for g in self.inputs if g.__class__ is View and g.place in active])
        results, sums = [], []
        for place, _ in sources:
            if place >= 0:
                sums.append(form.place())
                received.setdefault(place, []).append(sums[-1])
            else:
                view = next(views)
                results.append(replace(view, place=form.place(view.shape)))
                received.setdefault(place, []).append(results[-1].place)
        inputs = (*self.inputs, *([cotangents] if len(cotangents) else []), *rows)
        batched = BatchedProgram(program, range(len(program.outputs)))
        form.steps.append(Step(batched, self.lanes, inputs, np.array(sums, int), tuple(results), self.weight))

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Add to a form the step that computes what this one does, and its tangents."""
        sources = [(place, own) for place, *own in self.sources() if place in carried]
        sources.sort(key=lambda source: source[0] < 0)
        program = tangent(self.batched.program, [i for _, own in sources for i in own])
        numbers = np.array([carried[place] for place, _ in sources if place >= 0], int)
        views = [replace(g, place=carried[g.place]) for g in self.inputs if g.__class__ is View and g.place in carried]
        for place, *_ in self.places():
            carried[place] = form.place(form.shape(place))
        sums = len(self.sums)
        count = len(self.batched.program.outputs)
        order = [*range(sums), *range(count, count + sums), *range(sums, count), *range(count + sums, 2 * count)]
        tangents = [replace(view, place=carried[view.place]) for view in self.columns]
        made = Step(
            BatchedProgram(pruned(program, order), range(2 * count)),
            self.lanes,
            (*self.inputs, *([numbers] if len(numbers) else []), *views),
            np.array([*self.sums, *[carried[int(p)] for p in self.sums]], int),
            (*self.columns, *tangents),
            self.weight,
        )
        form.steps.append(made)


class _Rearranged:
    """What Pack and Unpack share: all of it is needed, or nothing."""

    places: Callable[[], list[list[int]]]
    sources: Callable[[], list[list[int]]]

    def only(self, _live: set[int]) -> Self:
        """All of it."""
        return self

    def selected(self, kinds: Mapping[int, bool]) -> list[tuple[int, bool]]:
        """As of a step."""
        within = all(kinds.get(place, True) for place, *_ in self.places())
        return [(place, within) for place, *_ in self.sources()]


@dataclass(frozen=True, eq=False)
class Pack(_Rearranged):
    """Numbers that become an array."""

    numbers: np.ndarray
    array: int
    shape: tuple[int, ...]

    def run(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        """Fill in the array."""
        arrays[self.array] = numbers[self.numbers].reshape(self.shape)

    def sweep(self, _numbers: Any, _arrays: Any, received: dict[int, Any], active: set[int], _selected: set[int], send: Any) -> None:
        """Send each number its entry."""
        for place, x in zip(self.numbers.tolist(), np.ravel(received[self.array]).tolist(), strict=True):
            if place in active:
                send(place, x)

    def run_on_any(self, numbers: dict[int, Any]) -> None:
        """Fill in the array."""
        numbers[self.array] = np.array([numbers[p] for p in self.numbers.tolist()]).reshape(self.shape)

    def places(self) -> list[list[int]]:
        """The array."""
        return [[self.array]]

    def sources(self) -> list[list[int]]:
        """The numbers."""
        return [[place] for place in self.numbers.tolist()]

    def reading(self, places: Mapping[int, int]) -> "Pack":
        """The same of other places."""
        return Pack(moved(self.numbers, places), self.array, self.shape)

    def moved(self, places: Mapping[int, int]) -> "Pack":
        """The same at other places."""
        return Pack(moved(self.numbers, places), places[self.array], self.shape)

    def reverse(self, form: Any, _sent: Any, received: dict[int, list[int]], active: set[int], _selected: set[int]) -> None:
        """Unpack the cotangent."""
        places = [form.place() for _ in self.numbers]
        form.steps.append(Unpack(received[self.array][0], self.shape, np.array(places)))
        for place, cotangent in zip(self.numbers.tolist(), places, strict=True):
            if place in active:
                received.setdefault(place, []).append(cotangent)

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Pack the tangents, too."""
        places = [carried[p] if p in carried else form.zero(None) for p in self.numbers.tolist()]
        carried[self.array] = form.place(self.shape)
        form.steps += [self, Pack(np.array(places), carried[self.array], self.shape)]


@dataclass(frozen=True, eq=False)
class Unpack(_Rearranged):
    """An array that becomes numbers."""

    array: int
    shape: tuple[int, ...]
    numbers: np.ndarray

    def run(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        """Fill in the numbers."""
        numbers[self.numbers] = arrays[self.array].ravel()

    def sweep(self, _numbers: Any, _arrays: Any, received: dict[int, Any], _active: set[int], _selected: set[int], send: Any) -> None:
        """Send the array what its entries got."""
        send(self.array, np.array([received.get(p, 0.0) for p in self.numbers.tolist()]).reshape(self.shape))

    def run_on_any(self, numbers: dict[int, Any]) -> None:
        """Fill in the numbers."""
        numbers.update(zip(self.numbers.tolist(), numbers[self.array].ravel(), strict=True))

    def places(self) -> list[list[int]]:
        """The numbers."""
        return [[place] for place in self.numbers.tolist()]

    def sources(self) -> list[list[int]]:
        """The array."""
        return [[self.array]]

    def reading(self, places: Mapping[int, int]) -> "Unpack":
        """The same of another place."""
        return Unpack(places[self.array], self.shape, self.numbers)

    def moved(self, places: Mapping[int, int]) -> "Unpack":
        """The same at other places."""
        return Unpack(places[self.array], self.shape, moved(self.numbers, places))

    def reverse(self, form: Any, _sent: Any, received: dict[int, list[int]], _active: set[int], _selected: set[int]) -> None:
        """Pack the cotangents."""
        places = [received[p][0] if p in received else form.zero(None) for p in self.numbers.tolist()]
        received.setdefault(self.array, []).append(form.place(self.shape))
        form.steps.append(Pack(np.array(places), received[self.array][-1], self.shape))

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Unpack the tangents, too."""
        tangents = [form.place() for _ in self.numbers]
        form.steps += [self, Unpack(carried[self.array], self.shape, np.array(tangents))]
        carried.update(zip(self.numbers.tolist(), tangents, strict=True))
