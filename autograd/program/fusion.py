"""Fusion: steps over the same lanes become one step, so that what both compute is computed once, and what lies between is not stored."""

from collections import Counter
from typing import Any

import numpy as np

from autograd.program.cleaning import merged
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.program import Program
from autograd.program.steps import Step, View

# So many instructions at most in a step that is made of two.
LONGEST = 20000


def fused(form: Form) -> Form:
    """The form with fewer steps."""
    made = form.copy()
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


def _partner(kept: list[Any], step: Any, uses: "Counter[int]") -> tuple[int, Step | None]:
    """The place in `kept` of a step to run together with this one, and the step that both make; ~place where that comes last."""
    if step.__class__ is not Step or step.batched.program.own:
        return 0, None
    read = {place for place, *_ in step.sources()}
    after: set[int] = set()  # read, and written, by the steps after the one at hand
    written: set[int] = set()
    for i in range(len(kept) - 1, -1, -1):
        other = kept[i]
        gives = {place for place, *_ in other.places()}
        if other.__class__ is Step and other.lanes == step.lanes and not other.batched.program.own:
            early, late = not read & written, not gives & after
            if (early or late) and (both := _joined(other, step, gives & read, uses)) is not None:
                return (i if early else ~i), both
        after |= {place for place, *_ in other.sources()}
        written |= gives
    return 0, None


def _joined(first: Step, second: Step, passed: set[int], uses: "Counter[int]") -> Step | None:
    """Both steps in one, where `passed` are places that the first fills for the second; None where they have to stay apart."""
    one, two = first.batched.program, second.batched.program
    if len(one) + len(two) > LONGEST:
        return None
    gone = first.weight == 1.0 and all(place in passed and uses[place] == 1 for place, *_ in first.places())
    if (first.weight != second.weight and not gone) or (passed and first.weight != 1.0):
        return None
    outputs = {place: own for place, *own in first.places()}
    known: dict[Any, int] = {}  # an input of the first, by its place or its view
    for g, start in _starts(first):
        known.update([((g.place, g.shape, g.axis, id(g.rows)), start)] if g.__class__ is View else zip(g.tolist(), range(start, start + len(g)), strict=True))
    groups, fresh, count = list(first.inputs), [], one.inputs
    sources: list[Any] = []  # of the inputs of the second: an input, or ~output of the first
    for g in second.inputs:
        if g.__class__ is not View:
            for place in g.tolist():
                if place in passed:
                    if first.lanes > 1:
                        return None
                    sources.append(~outputs[place][0])
                    continue
                if place not in known:
                    known[place] = count + len(fresh)
                    fresh.append(place)
                sources.append(known[place])
            continue
        if fresh:
            groups.append(np.array(fresh))
            count, fresh = count + len(fresh), []
        if g.place in passed:
            columns = {view.place: view for view in first.columns}
            if g.place not in columns or not _aligned(columns[g.place], g):
                return None
            sources += [~k for k in outputs[g.place]]
            continue
        key = g.place, g.shape, g.axis, id(g.rows)
        if key not in known:
            known[key] = count
            groups.append(g)
            count += g.width
        sources += range(known[key], known[key] + g.width)
    if fresh:
        groups.append(np.array(fresh))
        count += len(fresh)
    program = _concatenated(one, two, np.array(sources, int), count)
    sums, more = len(first.sums), len(second.sums)
    n, m = len(one.outputs), len(two.outputs)
    order = [*range(sums), *range(n, n + more), *range(sums, n), *range(n + more, n + m)]
    program = merged(program.with_outputs(order))
    batched = BatchedProgram(program, range(n + m))
    return Step(batched, first.lanes, tuple(groups), np.concatenate([first.sums, second.sums]), first.columns + second.columns, second.weight)


def _starts(step: Step) -> list[tuple[Any, int]]:
    """The inputs of a step, each with the first input of the program."""
    found, start = [], 0
    for g in step.inputs:
        found.append((g, start))
        start += g.width if g.__class__ is View else len(g)
    return found


def _aligned(one: View, two: View) -> bool:
    """Whether lanes see the same numbers of an array in the same order."""
    return not one.axis and not two.axis and one.rows is None and two.rows is None and one.lanes == two.lanes and one.width == two.width


def _concatenated(one: Program, two: Program, sources: np.ndarray, inputs: int) -> Program:
    """The instructions of both, those of the second after those of the first, whose inputs or outputs it takes."""
    constants = len(one.constants) + len(two.constants)
    first = np.concatenate([np.arange(one.inputs), inputs + np.arange(len(one.constants)), inputs + constants + np.arange(len(one))])
    taken = np.where(sources >= 0, sources, first[one.outputs[np.where(sources < 0, ~sources, 0)]] if len(one.outputs) else sources)
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
