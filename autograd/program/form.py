"""Form: a recorded function in which some parts run once and others over lanes, and its passes.

A place holds a number or an array. A step runs a flat `Program` on numbers and arrays: once, or for each lane, an entry along an axis of
its arrays; what the lanes share is a number, and what they give is an array with an entry for each lane, or the sum over them. A form
is a list of such steps, its derivatives are forms again, and so compose.

Source of the passes: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 5.
"""

import math
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

import numpy as np

from autograd.ops import TABLE
from autograd.program.lanes import BatchedProgram
from autograd.program.program import CODES, Program
from autograd.program.steps import Step
from autograd.program.views import NONE, View

# A place of a number counts from 0 upwards, one of an array from -1 downwards.
Shape = tuple[int, ...] | None  # of an array; None for a number


class Form:
    """A list of steps from inputs to outputs.

    Attributes:
        inputs: the place of each argument.
        outputs: the place of each result.
        shapes: the shape of the array at each place that holds one.
        constants: numbers and arrays that are the same in each run, by place.
        steps: in order.
        numbers: how many places hold numbers.
    """

    def __init__(self) -> None:
        self.inputs: list[int] = []
        self.outputs: list[int] = []
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.constants: dict[int, Any] = {}
        self.steps: list[Any] = []  # Step, Pack, Unpack
        self.numbers = 0
        self.adjoints: dict[Any, Form] = {}

    def copy(self) -> "Form":
        """A form with the same content, to be continued."""
        made = Form()
        made.inputs, made.outputs, made.shapes = self.inputs[:], self.outputs[:], dict(self.shapes)
        made.constants, made.steps, made.numbers = dict(self.constants), self.steps[:], self.numbers
        return made

    def place(self, shape: Shape = None) -> int:
        """A new place."""
        if shape is None:
            self.numbers += 1
            return self.numbers - 1
        place = -1 - len(self.shapes)
        self.shapes[place] = shape
        return place

    def input(self, shape: Shape = None) -> int:
        """A new place for another argument."""
        self.inputs.append(self.place(shape))
        return self.inputs[-1]

    def constant(self, x: Any) -> int:
        """A new place that always holds the number or array `x`, or what says which lanes take which path."""
        place = self.place(None if isinstance(x, float | int) else x.shape if isinstance(x, np.ndarray) else ())
        self.constants[place] = x
        return place

    def shape(self, place: int) -> Shape:
        """The shape of what a place holds."""
        return self.shapes.get(place)

    def __call__(self, given: Sequence[Any]) -> list[Any]:
        """The outputs, floats and arrays, at these inputs."""
        numbers, arrays = self._filled(given)
        for step in self.steps:
            step.run(numbers, arrays)
        return [numbers.item(p) if p >= 0 else arrays[p].reshape(self.shapes[p]) for p in self.outputs]

    def jacobian(self, given: Sequence[Any], wanted: Sequence[int], *, forward: bool) -> list[list[float]]:
        """A row for each output, a number, of its derivatives with respect to the wanted inputs, numbers."""
        n, m = len(wanted), len(self.outputs)
        if forward:
            tangent = self.tangent(wanted)
            rows: list[list[float]] = np.transpose([tangent([*given, *row])[m:] for row in np.eye(n).tolist()]).tolist()
            return rows
        step = self._flat()
        if step is None or step.lanes > 1 or step.sums.tolist() != self.outputs or any(g.__class__ is View for g in step.inputs):
            recorded = self._recorded(given)
            return [self._swept(*recorded, [k], [1.0], wanted) for k in range(m)]
        numbers, _ = self._filled(given)  # a lane for each row
        groups = [np.broadcast_to(numbers[g], (m, len(g))) if m > 1 else numbers[g][None] for g in step.inputs]
        found = step.batched.reverse(groups, m, [step.weight * np.eye(m)], [True] * len(groups), range(m))
        columns = {p: c for g, gradient in zip(step.inputs, found, strict=True) for p, c in zip(g.tolist(), gradient.T, strict=True)}
        found_rows: list[list[float]] = np.transpose([columns.get(self.inputs[i], np.zeros(m)) for i in wanted]).tolist()
        return found_rows

    def sweep(self, given: Sequence[Any], seeded: Sequence[int], cotangents: Sequence[Any], wanted: Sequence[int]) -> list[Any]:
        """The gradients of the wanted inputs for cotangents of the seeded outputs: a reverse sweep over the steps, at floats."""
        return self._swept(*self._recorded(given), seeded, cotangents, wanted)

    def _recorded(self, given: Sequence[Any]) -> tuple[np.ndarray, dict[int, Any]]:
        """What the steps read, at these inputs."""
        numbers, arrays = self._filled(given)
        read = {place for step in self.steps for place, *_ in step.sources()}
        for step in self.steps:
            if any(place in read for place, *_ in step.places()):
                step.run(numbers, arrays)
        return numbers, arrays

    def _swept(
        self, numbers: np.ndarray, arrays: dict[int, Any], seeded: Sequence[int], cotangents: Sequence[Any], wanted: Sequence[int]
    ) -> list[Any]:
        active = self._depending({self.inputs[i] for i in wanted})
        received: dict[int, Any] = {}
        selected = self.selected

        def send(place: int, x: Any) -> None:
            received[place] = received[place] + x if place in received else x

        for k, cotangent in zip(seeded, cotangents, strict=True):
            send(self.outputs[k], cotangent)
        for step in reversed(self.steps):
            if any(place in received and place in active for place, *_ in step.places()):
                step.sweep(numbers, arrays, received, active, selected, send)
        ends = [self.inputs[i] for i in wanted]
        return [received.get(p, 0.0) if p >= 0 else received.get(p, np.zeros(self.shapes[p])) for p in ends]

    def value_and_gradients(self, given: Sequence[float | np.ndarray], wanted: Sequence[int]) -> tuple[float, list[Any]]:
        """The single output, a number, and its gradients with respect to the wanted inputs."""
        step = self._flat()
        if step is None or len(step.sums) != 1:
            return self(given)[0], self.sweep(given, [0], [1.0], wanted)
        numbers, arrays = self._filled(given)
        places = {self.inputs[i] for i in wanted}
        asked = [g.place in places if g.__class__ is View else not places.isdisjoint(g.tolist()) for g in step.inputs]
        sums, found = step.batched.backward(step.groups(numbers, arrays), step.lanes, [step.weight], asked)
        gradients: dict[int, Any] = {}
        for g, gradient, is_asked in zip(step.inputs, found, asked, strict=True):
            if is_asked:
                gradients.update(
                    [(g.place, g.put(gradient))] if g.__class__ is View else zip(g.tolist(), gradient[0].tolist(), strict=True)
                )
        return step.weight * float(sums[0]), [gradients.get(self.inputs[i], 0.0) for i in wanted]

    def _flat(self) -> Step | None:
        """Its step, where it has but one, and that runs a flat program."""
        step = self.steps[-1] if len(self.steps) == 1 else None
        return step if step.__class__ is Step and step.batched.__class__ is BatchedProgram else None

    @property
    def runs_once(self) -> bool:
        """Whether it has no arrays, and runs flat programs, none over lanes."""
        return not self.shapes and all(
            step.__class__ is Step and step.batched.__class__ is BatchedProgram and step.lanes == 1 and step.weight == 1.0
            for step in self.steps
        )

    def program(self) -> Program | None:
        """The program of the same outputs, where there is but one step, which runs once."""
        if not self.runs_once or len(self.steps) != 1:
            return None
        step, places, first = self.steps[0], list(self.inputs), len(self.inputs)
        places += [place for place in self.constants if place >= 0]
        own = step.batched.program
        constants = [*[self.constants[place] for place in places[first:]], *own.constants.tolist()]
        at = {place: k for k, place in enumerate(places)}
        read = [at[place] for place, *_ in step.sources()]
        moved = np.array([*read, *range(len(places), first + len(constants) + len(own))], np.int32)
        at.update(zip(step.sums.tolist(), moved[own.outputs].tolist(), strict=True))
        outputs = [at[place] for place in self.outputs]
        return Program.from_arrays(own.codes, own.starts, moved[own.args], constants, outputs, first, own.own)

    def on_any(self, given: Sequence[Any], at: Sequence[Any] | None = None) -> list[Any]:
        """The outputs on numbers of any kind; where these cannot be compared, lanes take the paths that they take `at` others."""
        numbers: dict[int, Any] = {**self.constants, **dict(zip(self.inputs, given, strict=True))}
        recorded = None if at is None or self._flat() else self._recorded(at)
        for step in self.steps:
            step.run_on_any(numbers, recorded)
        return [numbers[p] for p in self.outputs]

    def adjoint_of(self, seeded: tuple[int, ...], wanted: tuple[int, ...]) -> "Form":
        """`adjoint`, made once."""
        key = seeded, wanted
        if key not in self.adjoints:
            self.adjoints[key] = self.adjoint(seeded, wanted)
        return self.adjoints[key]

    def __getstate__(self) -> dict[str, Any]:
        return {name: part for name, part in vars(self).items() if name != "_started"} | {"adjoints": {}}

    def _filled(self, given: Sequence[Any]) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        numbers, arrays = self._started[0].copy(), dict(self._started[1])
        for place, x in zip(self.inputs, given, strict=True):
            if place >= 0:
                numbers[place] = x
            else:
                arrays[place] = x
        return numbers, arrays

    @cached_property
    def _started(self) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """Numbers and arrays of which only the constants are known."""
        numbers = np.empty(self.numbers)
        for place, x in self.constants.items():
            if place >= 0:
                numbers[place] = x
        return numbers, {place: x for place, x in self.constants.items() if place < 0}

    def append(self, other: "Form", places: dict[int, int]) -> None:
        """Add the steps of another form, whose inputs are at the given places; `places` gets all the others."""
        for place in range(-len(other.shapes), other.numbers):
            if place not in places:
                x = other.constants.get(place)
                places[place] = self.place(other.shape(place)) if x is None else self.constant(x)
        self.steps += [step.moved(places) for step in other.steps]

    # Passes.

    def _depending(self, places: set[int]) -> set[int]:
        """The places whose content may depend on that of `places`."""
        found = set(places)
        for step in self.steps:
            if any(place in found for place, *_ in step.sources()):
                found.update(place for place, *_ in step.places())
        return found

    @cached_property
    def selected(self) -> set[int]:
        """The places that are used in branches of a `where` alone: what comes back to them is 0, and nothing, where these are not taken."""
        return {place for place, selected in self.selected_within([False] * len(self.outputs)).items() if selected}

    def selected_within(self, within: Sequence[bool]) -> dict[int, bool]:
        """For each place that is used whether it is so in branches of a `where` alone; `within` says it of the uses of outputs."""
        kinds: dict[int, bool] = {}
        for place, is_within in zip(self.outputs, within, strict=True):
            kinds[place] = is_within and kinds.get(place, True)
        for step in reversed(self.steps):
            for place, selected in step.selected(kinds):
                kinds[place] = selected and kinds.get(place, True)
        return kinds

    def adjoint(self, seeded: Sequence[int], wanted: Sequence[int], *, with_outputs: bool = False) -> "Form":
        """The form from inputs x, then a cotangent for each seeded output, to the gradients of the wanted inputs: reverse mode.

        With the outputs before these, if they are wanted, too.
        """
        made, selected = self.copy(), self.selected
        active = self._depending({self.inputs[i] for i in wanted})
        received: dict[int, list[int]] = {}
        for k in seeded:
            received.setdefault(self.outputs[k], []).append(made.input(self.shape(self.outputs[k])))
        for step in reversed(self.steps):
            sent = [(place, own) for place, *own in step.places() if place in received and place in active]
            if sent:
                made.total(received, [place for place, _ in sent])
                step.reverse(made, sent, received, active, selected)
        ends = [self.inputs[i] for i in wanted]
        made.total(received, [place for place in ends if place in received])
        gradients = [received[p][0] if p in received else made.zero(self.shape(p)) for p in ends]
        made.outputs = [*self.outputs, *gradients] if with_outputs else gradients
        return made.pruned()

    def zero(self, shape: Shape) -> int:
        """A place that holds 0."""
        return self.constant(0.0 if shape is None else np.broadcast_to(0.0, shape))

    def total(self, received: dict[int, list[int]], places: Sequence[int]) -> None:
        """Steps that add up what several consumers sent."""
        several = [place for place in places if len(received[place]) > 1]
        numbers = [place for place in several if place >= 0]
        if numbers:
            sums = [self.place() for _ in numbers]
            counts = tuple([len(received[place]) for place in numbers])
            given = np.array([p for place in numbers for p in received[place]])
            self.steps.append(Step(adding(counts), 1, (given,), np.array(sums)))
            received.update((place, [sum_]) for place, sum_ in zip(numbers, sums, strict=True))
        for place in several:
            if place < 0:
                shape = self.shapes[place]
                flat = (math.prod(shape),)
                views = tuple([View(p, flat) for p in received[place]])
                received[place] = [self.place(shape)]
                self.steps.append(Step(adding((len(views),)), flat[0], views, NONE, (View(received[place][0], flat),)))

    def tangent(self, active: Sequence[int]) -> "Form":
        """The form from inputs x, then a tangent for each active input, to the outputs, then the tangents of these: forward mode."""
        made = self.copy()
        carried = {self.inputs[i]: made.input(self.shape(self.inputs[i])) for i in active}
        made.steps = []
        for step in self.steps:
            if any(place in carried for place, *_ in step.sources()):
                step.forward(made, carried)
            else:
                made.steps.append(step)
        made.outputs = [*self.outputs, *[carried[p] if p in carried else made.zero(self.shape(p)) for p in self.outputs]]
        return made.pruned()

    def rows(self, wanted: Sequence[int], *, forward: bool) -> "Form":
        """The form of the derivatives of the outputs with respect to the wanted inputs, all numbers: the Jacobian, row by row."""
        made, found = Form(), []
        inputs = [made.input(self.shape(p)) for p in self.inputs]
        one = made.constant(1.0)
        for k in wanted if forward else range(len(self.outputs)):
            part = self.tangent([k]) if forward else self.adjoint([k], wanted)
            places = dict(zip(part.inputs, [*inputs, one], strict=True))
            made.append(part, places)
            found.append([places[p] for p in part.outputs[-len(self.outputs) if forward else 0 :]])
        made.outputs = np.ravel(np.transpose(found) if forward else found).tolist()
        return made

    def pruned(self) -> "Form":
        """The form without what no output depends on."""
        live, steps = set(self.outputs), []
        for step in reversed(self.steps):
            if any(place in live for place, *_ in step.places()):
                steps.append(step.only(live))
                live.update(place for place, *_ in steps[-1].sources())
        self.steps = steps[::-1]
        self.constants = {place: x for place, x in self.constants.items() if place in live}
        return self


@cache
def adding(counts: tuple[int, ...]) -> BatchedProgram:
    """The program with an output for each count: the sum of that many inputs."""
    ends = np.cumsum([0, *counts])
    codes, outputs = np.full(len(counts), CODES[TABLE["sum"]]), np.arange(ends[-1], ends[-1] + len(counts))
    return BatchedProgram(Program.from_arrays(codes, ends, np.arange(ends[-1]), (), outputs, int(ends[-1])), range(len(counts)))
