"""Fusion: steps of a form that run over the same lanes are joined into one step.

A joined step computes common subexpressions once, and does not store the intermediate arrays that only its second part reads. Fusion
changes which instructions run together, not what they compute.
"""

from collections import Counter
from typing import Any

import numpy as np

from autograd.program.cleaning import merged
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.program import Program
from autograd.program.steps import Step
from autograd.program.views import View

# Two steps are not joined where the result would have more instructions than this.
LONGEST = 20000


def fused(form: Form) -> Form:
    """Join steps over the same lanes where that is possible.

    Args:
        form: any form; it is not changed.

    Returns:
        A form with the same inputs and outputs, and at most as many steps.
    """
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
    """A mapping from a place to the place that is to be read instead; a place that is not a key is mapped to itself."""

    def __missing__(self, place: int) -> int:
        return place


def _without_copies(form: Form) -> Form:
    """The form without copies: an output that only repeats an input of its step is replaced, wherever it is read, by that input."""
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
    """Find an earlier step with which `step` can be joined.

    Args:
        kept: the steps before it.
        step: the step.
        uses: how many steps and outputs read each place.

    Returns:
        An index i into `kept`, and the joined step. If i >= 0, the joined step takes the place of `kept[i]`; if i < 0, `kept[~i]` is to be
        removed and the joined step comes last. The joined step is None where there is none.
    """
    if not _is_flat(step):
        return 0, None
    read = {place for place, *_ in step.sources()}
    after: set[int] = set()  # the places that the steps after `kept[i]` read, and in `written` those that they write
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
    """Whether a step runs one program of operations of the table: not one of several paths, not a form, no operation of the user's."""
    return step.__class__ is Step and step.batched.__class__ is BatchedProgram and not step.batched.program.own


def _joined(first: Step, second: Step, passed: set[int], uses: "Counter[int]") -> Step | None:
    """One step that does what both do; `passed` are the outputs of the first that the second reads. None where they cannot be joined."""
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
    """The ranges of a step's outputs, as pairs of begin and end: numbers that are sums over lanes, arrays that are, and columns."""
    n, summed, count = len(step.sums), step.summed, step.batched.outputs
    return [(0, n), (n, summed), (summed, count)]


class _Inputs:
    """The inputs of a joined step: those of the first step, then those of the second that the first neither has nor computes.

    Attributes:
        groups: the inputs in groups, as in `Step.inputs`.
        count: the number of inputs.
        sources: for each input of the second step where it comes from: k for input k of the joined step, ~k for output k of the first.
    """

    def __init__(self, first: Step, passed: set[int]) -> None:
        self.first, self.passed = first, passed
        self.groups, self.count = list(first.inputs), first.batched.program.inputs
        self.sources: list[int] = []
        self.outputs = {place: own for place, *own in first.places()}
        self.known: dict[Any, int] = {}  # the index of each input, by its place or the key of its view
        self.fresh: list[int] = []  # numbers that are not in a group yet
        start = 0
        for g in first.inputs:
            if g.__class__ is View:
                self.known[_key(g)] = start
                start += g.width
            else:
                self.known.update(zip(g.tolist(), range(start, start + len(g)), strict=True))
                start += len(g)

    def numbers(self, places: list[int]) -> bool:
        """Add numbers that the second step reads; False where one is a sum over lanes of the first, which is complete only at its end."""
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
        """Add an array that the second step reads; False where the first computes it, but with other lanes or in another order."""
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
        """Put the numbers that are not in a group yet into one."""
        if self.fresh:
            self.groups.append(np.array(self.fresh))
            self.count += len(self.fresh)
            self.fresh = []


def _key(view: View) -> Any:
    return view.place, view.shape, view.axis, id(view.rows)


def _aligned(one: View, two: View) -> bool:
    """Whether lane k of both views sees the same numbers of the array, in the same order."""
    whole = one.axis == two.axis == 0 and one.rows is None and two.rows is None
    return whole and one.shape[0] == two.shape[0] and one.width == two.width


def _concatenated(one: Program, two: Program, sources: np.ndarray, inputs: int) -> Program:
    """The program that runs `one`, then `two`.

    Args:
        one: the first program.
        two: the second.
        sources: for each input of `two` where it comes from: k for input k of the new program, ~k for output k of `one`.
        inputs: the number of inputs of the new program, of which the first are those of `one`.

    Returns:
        The program, with the outputs of `one`, then those of `two`.
    """
    constants = len(one.constants) + len(two.constants)
    first = np.concatenate([np.arange(one.inputs), inputs + np.arange(len(one.constants)), inputs + constants + np.arange(len(one))])
    taken = np.where(sources < 0, np.append(first[one.outputs], 0)[np.where(sources < 0, ~sources, -1)], sources)  # the 0 is not used
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
