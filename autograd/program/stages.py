"""Programs with operations of the user's own: what is in the table runs compiled, in stages, between which the user's code runs."""

import numpy as np

from autograd.program.cleaning import Edges
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram, register_stages
from autograd.program.nested import BatchedForm
from autograd.program.program import OPS, Program
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


register_stages(staged)
