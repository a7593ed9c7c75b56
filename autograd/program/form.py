"""Form: a recorded function of which some parts run once and others over lanes, and the passes that give its derivatives.

The numbers and arrays of a form are stored at places, which are integers. A step reads some places, runs a flat `Program` and writes
other places. It runs once, or once for each lane, a lane being one index along an axis of its arrays. Lanes may share inputs; a result is
an array with an entry for each lane, or the sum over the lanes. A form is a list of such steps. The derivatives of a form, in forward and
in reverse mode, are forms again, so they can be differentiated in turn.

Source of the passes: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 5.
"""

import math
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from autograd.locks import cached_property
from autograd.ops import TABLE
from autograd.program.lanes import BatchedProgram
from autograd.program.packing import Pack, Unpack
from autograd.program.program import CODES, Program
from autograd.program.steps import Step
from autograd.program.views import NONE, View

# Places of numbers are 0, 1, 2 …, places of arrays -1, -2, -3 …
Shape = tuple[int, ...] | None  # of an array; None for a number


class Form:
    """A list of steps that compute outputs from inputs.

    Attributes:
        inputs: the place of each argument.
        outputs: the place of each result.
        shapes: for each place of an array its shape.
        constants: for each place of a constant the number or array that it holds in every run.
        steps: the steps in the order in which they run: `Step`, `Pack`, `Unpack` or `Route`.
        numbers: the number of places that hold numbers.
        adjoints: the forms that `adjoint_of` has made.
        flags: while it is made as an adjoint, for places that are used only within branches of a `where` the places of numbers that are
            not 0 where one of their consumers was reached: as many as there are cotangents, or the cotangent itself stands for them.
    """

    def __init__(self) -> None:
        self.inputs: list[int] = []
        self.outputs: list[int] = []
        self.shapes: dict[int, tuple[int, ...]] = {}
        self.constants: dict[int, Any] = {}
        self.steps: list[Any] = []  # Step, Pack, Unpack, Route
        self.numbers: int = 0
        self.adjoints: dict[Any, Form] = {}
        self.flags: dict[int, list[int]] = {}

    def copy(self) -> "Form":
        """A form with the same steps and places, to which steps can be added without changing this one."""
        made = Form()
        made.inputs, made.outputs, made.shapes = self.inputs[:], self.outputs[:], dict(self.shapes)
        made.constants, made.steps, made.numbers = dict(self.constants), self.steps[:], self.numbers
        return made

    def place(self, shape: Shape = None) -> int:
        """Add a place for an array of this shape, or for a number where there is none; return it."""
        if shape is None:
            self.numbers += 1
            return self.numbers - 1
        place = -1 - len(self.shapes)
        self.shapes[place] = shape
        return place

    def input(self, shape: Shape = None) -> int:
        """Add an argument: an array of this shape, or a number where there is none; return its place."""
        self.inputs.append(self.place(shape))
        return self.inputs[-1]

    def constant(self, x: Any) -> int:
        """Add a place that holds `x` in every run: a number, an array, or the paths that lanes take (see `paths.Route`); return it."""
        place = self.place(None if isinstance(x, float | int) else x.shape if isinstance(x, np.ndarray) else ())
        self.constants[place] = x
        return place

    def shape(self, place: int) -> Shape:
        """The shape of the array at a place; None where it holds a number."""
        return self.shapes.get(place)

    def __call__(self, given: Sequence[Any]) -> list[Any]:
        """The outputs, floats and arrays, at these inputs, which are floats and arrays, too."""
        numbers, arrays = self._filled(given)
        for step in self.steps:
            step.run(numbers, arrays)
        return [numbers.item(p) if p >= 0 else arrays[p].reshape(self.shapes[p]) for p in self.outputs]

    def jacobian(self, given: Sequence[Any], wanted: Sequence[int], *, forward: bool) -> list[list[float]]:
        """The Jacobian at floats of a form whose outputs are numbers.

        Args:
            given: the inputs.
            wanted: the indices of the inputs, numbers all, with respect to which it is taken.
            forward: whether forward mode is used, with a run for each input; reverse mode otherwise, with a lane or run for each output.

        Returns:
            A row for each output, with a derivative for each wanted input.
        """
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
        columns = _gathered([(p, c) for g, x in zip(step.inputs, found, strict=True) for p, c in zip(g.tolist(), x.T, strict=True)])
        found_rows: list[list[float]] = np.transpose([columns.get(self.inputs[i], np.zeros(m)) for i in wanted]).tolist()
        return found_rows

    def sweep(self, given: Sequence[Any], seeded: Sequence[int], cotangents: Sequence[Any], wanted: Sequence[int]) -> list[Any]:
        """Gradients at floats: a reverse sweep over the steps.

        Args:
            given: the inputs.
            seeded: the indices of the outputs that have a cotangent.
            cotangents: one for each of these.
            wanted: the indices of the inputs whose gradients are wanted.

        Returns:
            The gradient of each wanted input, a number or an array.
        """
        return self._swept(*self._recorded(given), seeded, cotangents, wanted)

    def _recorded(self, given: Sequence[Any]) -> tuple[np.ndarray, dict[int, Any]]:
        """The numbers and the arrays, by place, after all steps whose results other steps read have run at these inputs."""
        numbers, arrays = self._filled(given)
        read = {place for step in self.steps for place, *_ in step.sources()}
        for step in self.steps:
            if any(place in read for place, *_ in step.places()):
                step.run(numbers, arrays)
        return numbers, arrays

    def _swept(
        self, numbers: np.ndarray, arrays: dict[int, Any], seeded: Sequence[int], cotangents: Sequence[Any], wanted: Sequence[int]
    ) -> list[Any]:
        """`sweep`, where the forward run has stored its numbers and arrays."""
        active = self._depending({self.inputs[i] for i in wanted})
        received: dict[int, Any] = {}
        selected = self.selected | self.parts

        def send(place: int, x: Any) -> None:
            x = x if place >= 0 else np.reshape(x, self.shapes[place])  # others may read the array in another shape
            received[place] = received[place] + x if place in received else x

        for k, cotangent in zip(seeded, cotangents, strict=True):
            send(self.outputs[k], cotangent)
        for step in reversed(self.steps):
            if any(place in received and place in active for place, *_ in step.places()):
                step.sweep(numbers, arrays, received, active, selected, send)
        ends = [self.inputs[i] for i in wanted]
        return [received.get(p, 0.0) if p >= 0 else received.get(p, np.zeros(self.shapes[p])) for p in ends]

    def value_and_gradients(self, given: Sequence[float | np.ndarray], wanted: Sequence[int]) -> tuple[float, list[Any]]:
        """The output of a form that has only one, a number, and its gradients with respect to the wanted inputs, given by index."""
        step = self._flat()
        numbers, arrays = self._filled(given)
        if step is None or len(step.sums) != 1:
            for each in self.steps:
                each.run(numbers, arrays)
            return numbers.item(self.outputs[0]), self._swept(numbers, arrays, [0], [1.0], wanted)
        places = {self.inputs[i] for i in wanted}
        asked = [g.place in places if g.__class__ is View else not places.isdisjoint(g.tolist()) for g in step.inputs]
        sums, found = step.batched.backward(step.groups(numbers, arrays), step.lanes, [step.weight], asked)
        pairs: list[tuple[int, Any]] = []
        for g, gradient, is_asked in zip(step.inputs, found, asked, strict=True):
            if is_asked:
                pairs += (
                    [(g.place, g.put(gradient).reshape(self.shapes[g.place]))]
                    if g.__class__ is View
                    else zip(g.tolist(), gradient[0].tolist(), strict=True)
                )
        gradients = _gathered(pairs)
        ends = [self.inputs[i] for i in wanted]
        return step.weight * float(sums[0]), [gradients.get(p, 0.0 if p >= 0 else np.zeros(self.shapes[p])) for p in ends]

    def _flat(self) -> Step | None:
        """The step of a form that has only one, if it runs a flat program; None otherwise."""
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
        """The outputs for numbers of any kind, such as Values or SymPy symbols.

        Args:
            given: the inputs.
            at: inputs that are floats; lanes take the paths that they take there where `given` cannot be compared, as symbols cannot.
        """
        numbers = self.places_on_any(given, at)
        return [numbers[p] for p in self.outputs]

    def places_on_any(self, given: Sequence[Any], at: Sequence[Any] | None) -> dict[int, Any]:
        """`on_any`, with what is at each place."""
        numbers: dict[int, Any] = {**self.constants, **dict(zip(self.inputs, given, strict=True))}
        recorded = None if at is None or self._flat() else self._recorded(at)
        for step in self.steps:
            step.run_on_any(numbers, recorded)
        return numbers

    def adjoint_of(
        self, seeded: tuple[int, ...], wanted: tuple[int, ...], *, with_outputs: bool = False, flagged: tuple[int, ...] = ()
    ) -> "Form":
        """`adjoint` with these arguments; the result is kept, so that it is made only once."""
        key = seeded, wanted, with_outputs, flagged
        if key not in self.adjoints:
            self.adjoints[key] = self.adjoint(seeded, wanted, with_outputs=with_outputs, flagged=flagged)
        return self.adjoints[key]

    def __getstate__(self) -> dict[str, Any]:
        return {name: part for name, part in vars(self).items() if name != "_started"} | {"adjoints": {}}

    def _filled(self, given: Sequence[Any]) -> tuple[np.ndarray, dict[int, np.ndarray]]:
        """The numbers and the arrays, by place, before the first step: inputs and constants are stored, the rest is undefined."""
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
        """Add the steps of another form.

        Args:
            other: the form, which is not changed.
            places: for each input of it the place here that holds it; the new places of everything else in it are added to this mapping.
        """
        for place in range(-len(other.shapes), other.numbers):
            if place not in places:
                places[place] = self.place(other.shape(place))
                if place in other.constants:
                    self.constants[places[place]] = other.constants[place]
        self.steps += [step.moved(places) for step in other.steps]

    # Passes.

    def _depending(self, places: set[int]) -> set[int]:
        """The places whose contents may depend on those of `places`, these included."""
        found = set(places)
        for step in self.steps:
            if any(place in found for place, *_ in step.sources()):
                found.update(place for place, *_ in step.places())
        return found

    @cached_property
    def selected(self) -> set[int]:
        """The places that are used only within branches of a `where`.

        Where a branch is not taken, its cotangent is exactly 0 and must stay 0, even if a local derivative before it is infinite or nan.
        """
        return {place for place, selected in self.selected_within([False] * len(self.outputs)).items() if selected}

    @cached_property
    def parts(self) -> set[int]:
        """The arrays, computed by steps, of which only parts are used: the rest has no cotangent, and what it comes from is not reached."""
        made = {place for step in self.steps for place, *_ in (step.places() if step.__class__ is not Unpack else ()) if place < 0}
        if not made:
            return made
        read = {place for step in self.steps for place, *_ in step.sources()} | {*self.outputs}
        kinds = dict.fromkeys(self.outputs, False)
        for step in self.steps:
            parts: Any = step.parts if step.__class__ is Step else ()
            if step.__class__ is Unpack and not read.issuperset(step.numbers.tolist()):
                parts = (step.array,)
            for place, *_ in step.sources() if step.__class__ is not Pack else ():
                kinds[place] = place in parts and kinds.get(place, True)
        return {place for place in made if kinds.get(place)}

    def selected_within(self, within: Sequence[bool]) -> dict[int, bool]:
        """For each place that is used: whether that is only within branches of a `where`; `within` says so of what uses the outputs."""
        kinds: dict[int, bool] = {}
        for place, is_within in zip(self.outputs, within, strict=True):
            kinds[place] = is_within and kinds.get(place, True)
        for step in reversed(self.steps):
            for place, selected in step.selected(kinds):
                kinds[place] = selected and kinds.get(place, True)
        return kinds

    def adjoint(self, seeded: Sequence[int], wanted: Sequence[int], *, with_outputs: bool = False, flagged: Sequence[int] = ()) -> "Form":
        """The form of the gradients, in reverse mode.

        Args:
            seeded: the indices of the outputs that have a cotangent.
            wanted: the indices of the inputs whose gradients are wanted.
            with_outputs: whether the new form has the outputs of this one, too, before the gradients.
            flagged: indices of inputs among the wanted ones; after the gradients comes a number for each, as in `flags`.

        Returns:
            The form from the inputs, then a cotangent for each seeded output, to the gradient of each wanted input.
        """
        made, selected = self.copy(), self.selected | self.parts
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
        found = dict(zip(ends, gradients, strict=True)) | {p: own[0] for p, own in made.flags.items()}
        found |= {p: made.one(self.shape(p)) for p in ends if p in received and p not in selected}  # reached whatever is taken
        made.outputs += [found[self.inputs[i]] for i in flagged]
        made.flags = {}
        return made.pruned()

    def reached(self, seeded: Sequence[int], wanted: Sequence[int]) -> "Form":
        """The form from the inputs to a number or array for each wanted input: 0 where no branch of a `where` that uses it was taken."""
        made, n = self.adjoint(seeded, wanted, flagged=wanted), len(self.inputs)
        made.outputs = made.outputs[len(wanted) :]
        for place in made.inputs[n:]:  # where a cotangent stands for a flag that is not known
            made.constants[place] = made.constants[made.one(made.shape(place))]
        made.inputs = made.inputs[:n]
        return made.pruned()

    def zero(self, shape: Shape) -> int:
        """Add a constant that is 0, or an array of zeros of this shape; return its place."""
        return self._all(0.0, shape)

    def one(self, shape: Shape) -> int:
        """Add a constant that is 1, or an array of ones of this shape; return its place."""
        return self._all(1.0, shape)

    def _all(self, x: float, shape: Shape) -> int:
        place = self.place(shape)
        self.constants[place] = x if shape is None else np.broadcast_to(x, shape)
        return place

    def total(self, received: dict[int, list[int]], places: Sequence[int]) -> None:
        """Add the steps that sum the cotangents of places to which several consumers sent one, and their flags if all consumers have one.

        Args:
            received: for each place the places of the cotangents that it was sent; those that are summed are replaced by their sum.
            places: the places for which this is done.
        """
        for place in places:
            if len(self.flags.get(place, ())) != len(received[place]):
                self.flags.pop(place, None)
        self._add(self.flags, [place for place in places if place in self.flags])
        self._add(received, places)

    def _add(self, received: dict[int, list[int]], places: Sequence[int]) -> None:
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
        """The form of the directional derivative, in forward mode.

        Args:
            active: the indices of the inputs that have a tangent.

        Returns:
            The form from the inputs, then a tangent for each active one, to the outputs, then the tangent of each output.
        """
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
        """Remove steps, results and constants on which no output depends (dead code), in place; return this form."""
        live, steps = set(self.outputs), []
        for step in reversed(self.steps):
            if any(place in live for place, *_ in step.places()):
                steps.append(step.only(live))
                live.update(place for place, *_ in steps[-1].sources())
        self.steps = steps[::-1]
        self.constants = {place: x for place, x in self.constants.items() if place in live}
        return self


def _gathered(pairs: Iterable[tuple[int, Any]]) -> dict[int, Any]:
    """The gradients by place, summed where several inputs of a program are read from one place."""
    found: dict[int, Any] = {}
    for place, x in pairs:
        found[place] = found[place] + x if place in found else x
    return found


@cache
def adding(counts: tuple[int, ...]) -> BatchedProgram:
    """The program with an output for each of `counts`: the first is the sum of the first `counts[0]` inputs, and so on."""
    ends = np.cumsum([0, *counts])
    codes, outputs = np.full(len(counts), CODES[TABLE["sum"]]), np.arange(ends[-1], ends[-1] + len(counts))
    return BatchedProgram(Program.from_arrays(codes, ends, np.arange(ends[-1]), (), outputs, int(ends[-1])), range(len(counts)))
