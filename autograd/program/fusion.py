"""Fusion: steps over the same lanes become one step, so that what both compute is computed once, and what lies between is not stored."""

from collections import Counter
from typing import Any

import numpy as np

from autograd.program.cleaning import merged
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.program import Program
from autograd.program.steps import Step
from autograd.program.views import View

# So many instructions at most in a step that is made of two.
LONGEST = 20000


def fused(form: Form) -> Form:
    """The form with fewer steps."""
    made = form = _without_copies(form)
    uses = Counter(place for step in form.steps for place in {place for place, *_ in step.sources()})
    uses.update(form.outputs)
    kept: list[Any] = []
    for step in form.steps:
        where, both = _partner(kept, step, uses)
        if both is None:
            kept.append(step)
        elif where < 0:  # the earlier one waits for the later one
            del kept[~where]
            kept.append(both)
        else:
            kept[where] = both
    made.steps = kept
    return made.pruned()


class _Aliases(dict[int, int]):
    """Places in place of others, or the same."""

    def __missing__(self, place: int) -> int:
        return place


def _without_copies(form: Form) -> Form:
    """The form in which numbers that a step only hands on are read where they are from."""
    made, aliases = form.copy(), _Aliases()
    made.steps = []
    for step in form.steps:
        own = step.reading(aliases)
        made.steps.append(own)
        if _is_flat(own) and own.lanes == 1 and own.weight == 1.0:
            sources = {k: place for place, *inputs in own.sources() for k in inputs if place >= 0}
            ends = zip(own.sums.tolist(), own.batched.program.outputs.tolist(), strict=False)
            aliases.update((place, sources[end]) for place, end in ends if end in sources)
    made.outputs = [aliases[place] for place in form.outputs]
    return made.pruned()


def _partner(kept: list[Any], step: Any, uses: "Counter[int]") -> tuple[int, Step | None]:
    """The place in `kept` of a step to run together with this one, and the step that both make; ~place where that comes last."""
    if not _is_flat(step):
        return 0, None
    read = {place for place, *_ in step.sources()}
    after: set[int] = set()  # read, and written, by the steps after the one at hand
    written: set[int] = set()
    for i in range(len(kept) - 1, -1, -1):
        other = kept[i]
        gives = {place for place, *_ in other.places()}
        if _is_flat(other) and other.lanes == step.lanes:
            early, late = not read & written, not gives & after
            if (early or late) and (both := _joined(other, step, gives & read, uses)) is not None:
                return (i if early else ~i), both
        after |= {place for place, *_ in other.sources()}
        written |= gives
    return 0, None


def _is_flat(step: Any) -> bool:
    return step.__class__ is Step and step.batched.__class__ is BatchedProgram and not step.batched.program.own


def _joined(first: Step, second: Step, passed: set[int], uses: "Counter[int]") -> Step | None:
    """Both steps in one, where `passed` are places that the first fills for the second; None where they have to stay apart."""
    one, two = first.batched.program, second.batched.program
    gone = first.weight == 1.0 and all(place in passed and uses[place] == 1 for place, *_ in first.places())
    same_weight = first.weight == second.weight and (first.weight == 1.0 or not passed)
    if len(one) + len(two) > LONGEST or not (same_weight or gone):
        return None
    inputs = _Inputs(first, passed)
    for g in second.inputs:
        if not (inputs.view(g) if g.__class__ is View else inputs.numbers(g.tolist())):
            return None
    inputs.close()
    program = _concatenated(one, two, np.array(inputs.sources, int), inputs.count)
    n, m = len(one.outputs), len(two.outputs)
    order = []
    for (a, b), (c, d) in zip(_parts(first), _parts(second), strict=True):
        order += [*range(a, b), *range(n + c, n + d)]
    batched = BatchedProgram(merged(program.with_outputs(order)), range(n + m))
    return Step(
        batched,
        first.lanes,
        tuple(inputs.groups),
        np.concatenate([first.sums, second.sums]),
        first.columns + second.columns,
        second.weight,
        first.totals + second.totals,
    )


def _parts(step: Step) -> list[tuple[int, int]]:
    """Where the outputs of a step begin and end that are sums, arrays of sums, and columns."""
    n, summed, count = len(step.sums), step.summed, step.batched.outputs
    return [(0, n), (n, summed), (summed, count)]


class _Inputs:
    """The inputs of two steps in one: those of the first, then what else the second reads.

    Attributes:
        groups: as a step has them.
        count: how many inputs there are.
        sources: for each input of the second the input of both, or ~output of the first.
    """

    def __init__(self, first: Step, passed: set[int]) -> None:
        self.first, self.passed = first, passed
        self.groups, self.count = list(first.inputs), first.batched.program.inputs
        self.sources: list[int] = []
        self.outputs = {place: own for place, *own in first.places()}
        self.known: dict[Any, int] = {}  # an input, by its place or its view
        self.fresh: list[int] = []  # numbers that wait to become a group
        start = 0
        for g in first.inputs:
            if g.__class__ is View:
                self.known[_key(g)] = start
                start += g.width
            else:
                self.known.update(zip(g.tolist(), range(start, start + len(g)), strict=True))
                start += len(g)

    def numbers(self, places: list[int]) -> bool:
        """Take numbers of the second; False where lanes of the first would have to be summed first."""
        for place in places:
            if place in self.passed:
                if self.first.lanes > 1:
                    return False
                self.sources.append(~self.outputs[place][0])
                continue
            if place not in self.known:
                self.known[place] = self.count + len(self.fresh)
                self.fresh.append(place)
            self.sources.append(self.known[place])
        return True

    def view(self, g: View) -> bool:
        """Take an array of the second; False where its lanes are not those in which the first fills it."""
        self.close()
        if g.place in self.passed:
            given = next((view for view in self.first.columns if view.place == g.place), None)
            self.sources += [~k for k in self.outputs[g.place]]
            return given is not None and _aligned(given, g)
        if _key(g) not in self.known:
            self.known[_key(g)] = self.count
            self.groups.append(g)
            self.count += g.width
        self.sources += range(self.known[_key(g)], self.known[_key(g)] + g.width)
        return True

    def close(self) -> None:
        """Make a group of the numbers that wait."""
        if self.fresh:
            self.groups.append(np.array(self.fresh))
            self.count += len(self.fresh)
            self.fresh = []


def _key(view: View) -> Any:
    return view.place, view.shape, view.axis, id(view.rows)


def _aligned(one: View, two: View) -> bool:
    """Whether lanes see the same numbers of an array in the same order."""
    whole = one.axis == two.axis == 0 and one.rows is None and two.rows is None
    return whole and one.shape[0] == two.shape[0] and one.width == two.width


def _concatenated(one: Program, two: Program, sources: np.ndarray, inputs: int) -> Program:
    """The instructions of both, those of the second after those of the first, whose inputs or outputs it takes."""
    constants = len(one.constants) + len(two.constants)
    first = np.concatenate([np.arange(one.inputs), inputs + np.arange(len(one.constants)), inputs + constants + np.arange(len(one))])
    taken = np.where(sources < 0, np.append(first[one.outputs], 0)[np.where(sources < 0, ~sources, -1)], sources)  # 0: not used
    own = inputs + constants + len(one) + np.arange(len(two))
    second = np.concatenate([taken, inputs + len(one.constants) + np.arange(len(two.constants)), own])
    return Program.from_arrays(
        np.concatenate([one.codes, two.codes]),
        np.concatenate([one.starts, one.starts[-1] + two.starts[1:]]),
        np.concatenate([first[one.args], second[two.args]]),
        np.concatenate([one.constants, two.constants]),
        np.concatenate([first[one.outputs], second[two.outputs]]),
        inputs,
    )
