"""Programs with operations of the user's own: what is in the table runs compiled, in stages, between which the user's code runs."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.program.calls import Call, SingleCall
from autograd.program.cleaning import Edges
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram, register_stages
from autograd.program.nested import BatchedForm
from autograd.program.packing import Pack, Unpack
from autograd.program.program import CODES, OPS, Program, register_expanded
from autograd.program.steps import Step


def staged(program: Program) -> BatchedForm | None:
    """The program as steps, as few as its operations of the user's own depend on one another; None where it has no others."""
    edges = Edges(program)
    first = edges.known
    source, user = edges.source, first + edges.owner
    is_own = edges.at(first + np.flatnonzero(program.codes >= len(OPS)))
    if is_own[first:].all():
        return None
    rank = _ranks(program, is_own[first:].tolist())
    given = edges.at(program.outputs)  # what later steps read, and the outputs
    given[source[rank[user] > rank[source]]] = True
    form = Form()
    places = np.zeros(edges.places, int)
    places[: program.inputs] = [form.input() for _ in range(program.inputs)]
    for place in set(program.outputs.tolist()) & set(range(program.inputs, first)):  # the steps have those that they read
        places[place] = form.constant(float(program.constants[place - program.inputs]))
    for k in range(1, rank.max() + 1):
        chosen = np.flatnonzero(rank == k)
        if len(chosen):
            part, read, written = _part(edges, chosen, given)
            places[written] = [form.place() for _ in written]
            form.steps.append(Step(BatchedProgram(part, range(len(written))), 1, (places[read],), places[written]))
    form.outputs = places[program.outputs].tolist()
    return BatchedForm(form)


def _ranks(program: Program, is_own: list[bool]) -> np.ndarray:
    """For each place the step that computes it: those of the table in odd ones, the user's own in even ones; 0 for what is known."""
    starts, args = program.starts.tolist(), program.args.tolist()
    ranks = [0] * (program.inputs + len(program.constants))
    for k, own in enumerate(is_own):
        least = max([ranks[a] for a in args[starts[k] : starts[k + 1]]])
        ranks.append(least + 2 - least % 2 if own else least + 1 - least % 2)
    return np.array(ranks, np.intp)


def _part(edges: Edges, chosen: np.ndarray, given: np.ndarray) -> tuple[Program, np.ndarray, np.ndarray]:
    """The program of these places, the places that it reads, and those of its outputs, which are `given`."""
    program, rows = edges.program, chosen - edges.known
    args, codes = edges.source[edges.of(rows)], program.codes[rows]
    is_constant = (args >= program.inputs) & (args < edges.known)
    read, constants = np.unique(args[~is_constant & ~np.isin(args, chosen)]), np.unique(args[is_constant])
    place = np.zeros(edges.places, np.intp)
    place[np.concatenate([read, constants, chosen])] = np.arange(len(read) + len(constants) + len(chosen))
    used, written = np.unique(codes[codes >= len(OPS)]), chosen[given[chosen]]
    if len(used):
        codes = len(OPS) + np.searchsorted(used, codes)  # all are own
    part = Program.from_arrays(
        codes,
        np.append(0, np.cumsum(edges.counts[rows])),
        place[args],
        program.constants[constants - program.inputs],
        place[written],
        len(read),
        [program.own[k - len(OPS)] for k in used.tolist()],
    )
    return part, read, written


def expanded(program: Program) -> Form:
    """The program as a form in which calls of forms are steps of their own; equal calls for several results are one."""
    found = staged(program) if any(map(_is_call, program.own)) else None
    if found is None:
        form = Form()
        places = [form.input() for _ in range(program.inputs)]
        form.outputs = [form.place() for _ in program.outputs]
        form.steps.append(Step(BatchedProgram(program, range(len(form.outputs))), 1, (np.array(places, int),), np.array(form.outputs, int)))
    else:
        form = found.form
    steps, form.steps = form.steps, []
    at = {place: place for place in range(form.numbers)}
    for step in steps:
        if any(map(_is_call, step.batched.program.own)):
            _expand(form, step, at)
        else:
            form.steps.append(step.reading(at))
    form.outputs = [at[p] for p in form.outputs]
    return form.pruned()


def _is_call(op: Any) -> bool:
    return isinstance(op, SingleCall)


def _expand(form: Form, step: Step, at: dict[int, int]) -> None:
    """Add the operations of a step to a form, each as a step, calls as the steps of their forms; `at` says where numbers are."""
    program = step.batched.program
    places = [*[at[p] for p in step.inputs[0].tolist()], *[form.constant(x) for x in program.constants.tolist()]]
    calls: dict[Any, list[int]] = {}
    entries: dict[int, list[int]] = {}
    for op, args in program.instructions():
        given = [places[a] for a in args]
        if not _is_call(op):
            one = Program.from_arrays(
                [len(OPS)] if op not in CODES else [CODES[op]],
                [0, len(given)],
                range(len(given)),
                [],
                [len(given)],
                len(given),
                [] if op in CODES else [op],
            )
            places.append(form.place())
            form.steps.append(Step(BatchedProgram(one, range(1)), 1, (np.array(given, int),), np.array(places[-1:])))
            continue
        call, (k, i) = op.of or (op, (0, 0))
        key = id(call), *given
        if key not in calls:
            calls[key] = _called(form, call, given)
        place = calls[key][k]
        if (shape := form.shape(place)) is not None and place not in entries:
            entries[place] = [form.place() for _ in range(prod(shape))]
            form.steps.append(Unpack(place, shape, np.array(entries[place], int)))
        places.append(place if shape is None else entries[place][i])
    at.update(zip(step.sums.tolist(), [places[k] for k in program.outputs.tolist()], strict=True))


def _called(form: Form, call: Call, given: Sequence[int]) -> list[int]:
    """Add the steps of a call of these numbers to a form; the places of its results."""
    places: dict[int, int] = {}
    for place, slot, x in zip(call.form.inputs, call.slots, call.given, strict=True):
        if slot.__class__ is int:
            places[place] = given[slot]
        elif slot is None:
            places[place] = form.constant(x)
        else:
            places[place] = form.place(x.shape)
            form.steps.append(Pack(np.array([given[k] for k in slot], int), places[place], x.shape))
    form.append(call.form, places)
    return [places[p] for p in call.form.outputs]


register_stages(staged)
register_expanded(expanded)
