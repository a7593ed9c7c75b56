"""Fusion: steps over the same lanes become one step, so that what both compute is computed once, and what lies between is not stored."""

from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from autograd.program.cleaning import merged, pruned
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.packing import Pack, Unpack
from autograd.program.program import Program
from autograd.program.steps import Step
from autograd.program.sweep import Sweep
from autograd.program.views import View

# So many instructions at most in a step over lanes that is made of several, and so many numbers in one that is made into moves of numbers.
LONGEST, SMALL = 20000, 1024


def fused(form: Form) -> Form:
    """The form with fewer steps."""
    made = form = _without_copies(_with_numbers(form))
    uses = Counter(place for step in form.steps for place in {place for place, *_ in step.sources()})
    uses.update(form.outputs)
    kept: list[Any] = []
    for step in form.steps:
        own: Any = _Joined(step) if _is_flat(step) else _Alone(step)
        at = _partner(kept, own, uses) if _is_flat(step) else None
        if at is None:
            kept.append(own)
        elif at < 0:  # the earlier one waits for the later one
            kept.append(kept.pop(~at))
    live = {place for own in kept for place in own.reads} | set(form.outputs)
    made.steps = [own.step(live) for own in kept]
    return made.pruned()


class _Aliases(dict[int, int]):
    """Places in place of others, or the same."""

    def __missing__(self, place: int) -> int:
        return place


def _without_copies(form: Form) -> Form:
    """The form in which numbers that a step only hands on are read where they are from, and an array that is there twice in one place."""
    made, aliases = form.copy(), _Aliases()
    made.steps = []
    packed: dict[Any, int] = {}
    for step in form.steps:
        own = step.reading(aliases) if aliases else step
        if own.__class__ is Pack:
            place = packed.setdefault((own.numbers.tobytes(), own.shape, None if own.index is None else own.index.tobytes()), own.array)
            if place != own.array:
                aliases[own.array] = place
                continue
        made.steps.append(own)
        if _is_flat(own) and own.lanes == 1 and own.weight == 1.0:
            ends = own.batched.program.outputs[: len(own.sums)]
            if (ends < own.batched.program.inputs).any():
                sources = {k: place for place, *inputs in own.sources() for k in inputs if place >= 0}
                aliases.update((p, sources[end]) for p, end in zip(own.sums.tolist(), ends.tolist(), strict=True) if end in sources)
    made.outputs = [aliases[place] for place in form.outputs]
    return made.pruned() if aliases else made


def _with_numbers(form: Form) -> Form:
    """The form in which steps that only move the entries of small arrays are packs of these entries, which are then read where they are."""
    if not any(map(_moves, form.steps)):
        return form
    made, aliases = form.copy(), _Aliases()
    made.steps = []
    known: dict[int, list[int]] = {}  # the places of the entries of an array

    def entries(array: int) -> list[int]:
        if array not in known:
            known[array] = [made.place() for _ in range(prod(form.shapes[array]))]
            made.steps.append(Unpack(array, form.shapes[array], np.array(known[array], int)))
        return known[array]

    for step in form.steps:
        own = step.reading(aliases) if aliases else step
        if own.__class__ is Pack:
            known[own.array] = (own.numbers if own.index is None else own.numbers[own.index]).tolist()
        elif own.__class__ is Unpack and own.index is None and own.array in known:
            aliases.update(zip(own.numbers.tolist(), known[own.array], strict=True))
            continue
        elif own.__class__ is Unpack and own.index is None:
            known[own.array] = own.numbers.tolist()
        elif _moves(own):
            for view, found in zip(own.columns, _moved_entries(made, own, entries), strict=True):
                made.steps.append(Pack.of(found, view.place, form.shapes[view.place]))
                known[view.place] = found
            continue
        made.steps.append(own)
    made.outputs = [aliases[place] for place in form.outputs]
    return made.pruned()


def _moves(step: Any) -> bool:
    """Whether it only moves entries of small arrays."""
    if not _is_flat(step) or len(step.batched.program) or len(step.sums) or step.totals or step.weight != 1.0:
        return False
    views: list[View] = [*step.columns, *[g for g in step.inputs if g.__class__ is View]]
    return sum([view.outer * prod(view.shape) for view in views]) <= SMALL


def _moved_entries(form: Form, step: Step, entries: Callable[[int], list[int]]) -> list[list[int]]:
    """For each column of a step that moves entries the places of the entries of that array."""
    groups = [g.take(np.array(entries(g.place)) + 1.0) if g.__class__ is View else g[None] + 1.0 for g in step.inputs]  # 0 is no place
    program = step.batched.program
    constants = np.array([form.constant(x) for x in program.constants.tolist()]) + 1.0
    rows = np.concatenate([np.broadcast_to(g, (step.lanes, g.shape[1])) for g in [*groups, constants[None]]], axis=1)[:, program.outputs]
    found, first = [], 0
    for view in step.columns:
        places = view.put(rows[:, first : first + view.width]).ravel().astype(int) - 1
        first += view.width
        zero = form.zero(None) if (places < 0).any() else 0
        found.append(np.where(places < 0, zero, places).tolist())
    return found


def _partner(kept: list[Any], own: "_Joined", uses: "Counter[int]") -> int | None:
    """Take this step into one of those `kept`: the place of that, or ~place where it comes last; None where there is none to take it."""
    after: set[int] = set()  # read, and written, by the steps after the one at hand
    written: set[int] = set()
    for i in range(len(kept) - 1, -1, -1):
        other = kept[i]
        if other.__class__ is _Joined and other.lanes == own.lanes:
            early, late = own.reads.isdisjoint(written), other.gives.isdisjoint(after)
            if (early or late) and other.takes(own, uses):
                return i if early else ~i
        after |= other.reads
        written |= other.gives
    return None


def _is_flat(step: Any) -> bool:
    return step.__class__ is Step and step.batched.__class__ is BatchedProgram and not step.batched.program.own


class _Alone:
    """A step of another kind.

    Attributes:
        reads: the places of its arguments.
        gives: the places of its results.
    """

    def __init__(self, step: Any) -> None:
        self.own = step
        self.reads, self.gives = {place for place, *_ in step.sources()}, {place for place, *_ in step.places()}

    def step(self, _live: set[int]) -> Any:
        """The step."""
        return self.own


class _Joined(_Alone):
    """A step made of several over the same lanes: what it reads, then the programs, each with where its inputs are from.

    Attributes:
        groups: its inputs, as a step has them.
        count: how many inputs there are.
        programs: with each, for each of its inputs, the input of the whole, or ~output of the programs before it.
        ends: the outputs that are sums, arrays of sums, and columns.
    """

    def __init__(self, step: Step) -> None:
        super().__init__(step)
        self.lanes, self.weight = step.lanes, step.weight
        self.members = [step]
        self.programs: list[tuple[Program, list[int]]] = []
        self.groups: list[Any] = []
        self.count = self.outputs = self.size = 0
        self.ends: tuple[list[int], ...] = ([], [], [])
        self.known: dict[Any, int] = {}  # an input, by its place or its view
        self.fresh: list[int] = []  # numbers that wait to become a group
        self.filled: dict[int, list[int]] = {}  # places that members fill, with the outputs that do
        self.views: dict[int, View] = {}
        self._add(step, self._sources(step, set()) or [])

    def takes(self, other: "_Joined", uses: "Counter[int]") -> bool:
        """Whether it is joined by a single step, which may read what it gives."""
        (step,) = other.members
        passed = self.gives & other.reads
        gone = self.weight == 1.0 and all(place in passed and uses[place] == 1 for place in self.gives)
        same_weight = self.weight == step.weight and (self.weight == 1.0 or not passed)
        if (self.lanes > 1 and self.size + other.size > LONGEST) or not (same_weight or gone) or not self._fits(step, passed):
            return False
        self.members.append(step)
        self._add(step, self._sources(step, passed))
        self.weight = step.weight
        self.reads |= other.reads - passed
        self.gives |= other.gives
        return True

    def _fits(self, step: Step, passed: set[int]) -> bool:
        """Whether what it gives the step is what each lane has, in the order in which lanes see it."""
        for g in step.inputs:
            if g.__class__ is not View:
                if self.lanes > 1 and not passed.isdisjoint(g.tolist()):
                    return False  # lanes would have to be summed first
            elif g.place in passed and (g.place not in self.views or not _aligned(self.views[g.place], g)):
                return False
        return True

    def _sources(self, step: Step, passed: set[int]) -> list[int]:
        found: list[int] = []
        for g in step.inputs:
            if g.__class__ is View:
                found += [~k for k in self.filled[g.place]] if g.place in passed else self._view(g)
            else:
                found += [~self.filled[place][0] if place in passed else self._number(place) for place in g.tolist()]
        self._close()
        return found

    def _view(self, g: View) -> range:
        self._close()
        key = g.place, g.shape, g.axis, id(g.rows)
        if key not in self.known:
            self.known[key] = self.count
            self.groups.append(g)
            self.count += g.width
        return range(self.known[key], self.known[key] + g.width)

    def _number(self, place: int) -> int:
        if place not in self.known:
            self.known[place] = self.count + len(self.fresh)
            self.fresh.append(place)
        return self.known[place]

    def _close(self) -> None:
        """Make a group of the numbers that wait."""
        if self.fresh:
            self.groups.append(np.array(self.fresh))
            self.count += len(self.fresh)
            self.fresh = []

    def _add(self, step: Step, sources: list[int]) -> None:
        program = step.batched.program
        self.programs.append((program, sources))
        self.filled.update((place, [self.outputs + k for k in own]) for place, *own in step.places())
        self.views.update((view.place, view) for view in step.columns)
        starts = (0, len(step.sums), step.summed, step.batched.outputs)
        for k, ends in enumerate(self.ends):
            ends.extend(range(self.outputs + starts[k], self.outputs + starts[k + 1]))
        self.outputs += step.batched.outputs
        self.size += len(program)

    def _sweep(self, order: list[int]) -> Sweep | None:
        """How it runs, where it has values, and then the gradients of these; its results are in this order."""
        if len(self.members) != 2:
            return None
        (value, gradient), (_, sources) = self.members, self.programs[1]
        sweep: Sweep | None = gradient.batched.sweep
        return None if sweep is None or sources != [*range(self.count)] else sweep.with_values(value.batched, order)

    def step(self, live: set[int]) -> Step:
        """The step, in which what its members have in common is computed once, with the results at places that are `live`."""
        if len(self.members) == 1:
            return self.members[0]
        kept = {k for place in self.gives & live for k in self.filled[place]}
        order = [k for own in self.ends for k in own if k in kept]
        return Step(
            BatchedProgram(_merged(self.programs, self.count, order), range(len(order)), self._sweep(order)),
            self.lanes,
            tuple(self.groups),
            np.array([place for step in self.members for place in step.sums.tolist() if place in live], int),
            tuple([view for step in self.members for view in step.columns if view.place in live]),
            self.weight,
            tuple([view for step in self.members for view in step.totals if view.place in live]),
        )


def _aligned(one: View, two: View) -> bool:
    """Whether lanes see the same numbers of an array in the same order."""
    whole = one.axis == two.axis == 0 and one.rows is None and two.rows is None
    return whole and one.shape[0] == two.shape[0] and one.width == two.width


def _merged(programs: list[tuple[Program, list[int]]], inputs: int, outputs: list[int]) -> Program:
    """The instructions of all as one program, in which equal ones on equal arguments are computed once.

    Args:
        programs: with each the inputs of the whole, or ~outputs of the programs before it, that it takes.
        inputs: the number of inputs of the whole.
        outputs: those outputs of the programs that the whole has, in order.
    """
    bits, which = np.unique(np.concatenate([program.constants for program, _ in programs]).view(np.int64), return_inverse=True)
    constants, made, edges = inputs + which, inputs + len(bits), 0
    ends, args, starts = np.empty(0, int), [], [np.zeros(1, int)]
    for program, sources in programs:
        own, read = len(program.constants), np.array(sources, int)
        places = np.concatenate([read, constants[:own], np.arange(made, made + len(program))])
        places[: len(read)][read < 0] = ends[~read[read < 0]]
        args.append(places[program.args])
        starts.append(edges + program.starts[1:].astype(int))
        ends, constants = np.append(ends, places[program.outputs]), constants[own:]
        made, edges = made + len(program), edges + len(program.args)
    codes = np.concatenate([program.codes for program, _ in programs])
    whole = Program.from_arrays(codes, np.concatenate(starts), np.concatenate(args), bits.view(float), ends[outputs], inputs)
    return pruned(merged(whole), range(len(outputs)))
