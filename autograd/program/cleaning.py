"""Passes that simplify a program: dead code elimination, constant folding, and common subexpression elimination.

Equal instructions, and what depends on what, are found by one pass over the instructions in order, in the compiled kernel where it is
there. Without it the latter works on whole arrays. A property that spreads along a program, such as whether an instruction depends on an
input, is defined by an equation for each instruction in terms of its arguments. A program has no cycle, so these equations have one
solution, and it is found from any first guess by evaluating all of them repeatedly until nothing changes. The number of rounds is one more
than the length of the longest chain of wrong guesses. The first guess is that everything depends on the inputs and is used, which is nearly
right for most programs, so few rounds are needed. After ROUNDS of them, a loop over the instructions in order finds the solution instead.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.compiled import kernel
from autograd.kinds import kind_of
from autograd.locks import cached_property
from autograd.ops import TABLE
from autograd.program.program import CODES, OPS, Program

ROUNDS = 12


class Edges:
    """The arguments of a program's instructions as edges: from `source`, a place, to instruction `owner`, as its argument `position`.

    Attributes:
        size: the number of instructions.
        known: the number of inputs and constants, which is the place of the first instruction.
        places: the number of places.
        starts: for each instruction the index of its first edge; `counts` the number of its edges.
        source: for each edge its place.
    """

    size: int
    known: int
    places: int
    starts: np.ndarray
    counts: np.ndarray
    source: np.ndarray

    def __init__(self, program: Program) -> None:
        self.program = program
        self.size = len(program)
        self.known = program.inputs + len(program.constants)
        self.places = self.known + self.size
        self.starts = program.starts.astype(np.intp)
        self.counts = self.starts[1:] - self.starts[:-1]
        self.source = program.args.astype(np.intp)

    @cached_property
    def owner(self) -> np.ndarray:
        """The instruction of each edge."""
        return np.repeat(np.arange(self.size), self.counts)

    @cached_property
    def position(self) -> np.ndarray:
        """The position of each edge among the arguments of its instruction."""
        found: np.ndarray = np.arange(len(self.source)) - np.repeat(self.starts[:-1], self.counts)
        return found

    def of(self, rows: np.ndarray) -> np.ndarray:
        """The indices of the edges of these instructions."""
        return ranges(self.starts[rows], self.counts[rows])

    def at(self, places: Any) -> np.ndarray:
        """For each place of the program whether it is among these."""
        flags = np.zeros(self.places, bool)
        flags[places] = True
        return flags

    def depending(self, places: Any, through: np.ndarray | None = None) -> np.ndarray:
        """For each place whether it is one of these or depends on one, along all edges or along those marked in `through`."""
        seeds = self.at(places)
        if kernel is not None:
            return self._spread(seeds, through, backwards=False)
        flags = seeds.copy()
        flags[self.known :] = True
        for _ in range(ROUNDS):
            found = seeds.copy()
            passing = flags[self.source] if through is None else through & flags[self.source]
            found[self.known + self.owner[passing]] = True
            if np.array_equal(found, flags):
                return flags
            flags = found
        on = seeds.tolist()
        args, starts = (self.source if through is None else np.where(through, self.source, -1)).tolist(), self.starts.tolist()
        for i in range(self.size):
            on[self.known + i] |= any(a >= 0 and on[a] for a in args[starts[i] : starts[i + 1]])
        return np.array(on, bool)

    def reached(self, places: Any, through: np.ndarray | None = None) -> np.ndarray:
        """For each place whether it is one of these or one depends on it, along all edges or along those marked in `through`."""
        seeds = self.at(places)
        if kernel is not None:
            return self._spread(seeds, through, backwards=True)
        uses = np.bincount(self.source if through is None else self.source[through], minlength=self.places) + seeds
        unused = np.flatnonzero(uses[self.known :] == 0)
        for _ in range(ROUNDS):
            if not len(unused):
                return np.asarray(uses > 0)
            edges = self.of(unused)
            freed = self.source[edges if through is None else edges[through[edges]]]
            np.subtract.at(uses, freed, 1)
            freed = np.unique(freed)
            unused = freed[(uses[freed] == 0) & (freed >= self.known)] - self.known
        on = seeds.tolist()
        args, starts = (self.source if through is None else np.where(through, self.source, -1)).tolist(), self.starts.tolist()
        for i in range(self.size - 1, -1, -1):
            if on[self.known + i]:
                for a in args[starts[i] : starts[i + 1]]:
                    if a >= 0:
                        on[a] = True
        return np.array(on, bool)

    def _spread(self, flags: np.ndarray, through: np.ndarray | None, *, backwards: bool) -> np.ndarray:
        """The flags after one pass over the instructions in the compiled kernel."""
        kernel.spread(self.program.starts, self.program.args, self.known, through, flags, backwards)
        return flags


def ranges(starts: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """For each start s with count c the integers s, s + 1 … s + c - 1, one range after the other."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(counts.sum()) + np.repeat(starts - ends + counts, counts))


def pruned(program: Program, outputs: Sequence[int]) -> Program:
    """The program with only the outputs of these indices, without instructions and constants that they do not need.

    >>> from autograd import Value, exp
    >>> x = Value(2.0)
    >>> pruned(Program([exp(x), x + 1.0], [x]), [1])
    <Program of 1 operations: 1 inputs, 1 outputs>
    """
    edges = Edges(program)
    ends = program.outputs[np.asarray(outputs, np.intp)]
    keep = edges.reached(ends)
    keep[: program.inputs] = True
    if keep.all() and len(ends) == len(program.outputs) and np.array_equal(ends, program.outputs):
        return program
    place = np.cumsum(keep) - 1
    kept = keep[edges.known :]
    codes, own = program.codes[kept], program.own
    if own:
        used = np.unique(codes[codes >= len(OPS)]) - len(OPS)
        number = np.arange(len(OPS) + len(own))
        number[len(OPS) + used] = len(OPS) + np.arange(len(used))
        codes, own = number[codes], tuple([own[k] for k in used])
    return Program.from_arrays(
        codes,
        np.append(0, np.cumsum(edges.counts[kept])),
        place[edges.source[np.repeat(kept, edges.counts)]],
        program.constants[keep[program.inputs : edges.known]],
        place[ends],
        program.inputs,
        own,
    )


def folded(program: Program) -> Program:
    """The program in which instructions whose arguments are all constants are replaced by constants (constant folding).

    Instructions that are dead afterwards are left for `pruned` to remove. Operations of the user's own are not called.
    """
    edges = Edges(program)
    own = np.flatnonzero(program.codes >= len(OPS)) + edges.known
    varies = edges.depending(np.append(np.arange(program.inputs), own))
    fixed = np.flatnonzero(~varies[edges.known :])
    if not len(fixed):
        return program
    numbers: dict[int, float] = dict(enumerate(program.constants.tolist(), program.inputs))
    for i in fixed.tolist():
        args = [numbers[a] for a in program.args[program.starts[i] : program.starts[i + 1]].tolist()]
        numbers[edges.known + i] = kind_of(args).apply(OPS[program.codes[i]], args)
    constants = {x.hex(): k for k, x in numbers.items() if k < edges.known}  # by their bits, in hexadecimal digits
    places = [constants.setdefault(numbers[edges.known + i].hex(), edges.known + k) for k, i in enumerate(fixed.tolist())]
    place = np.arange(edges.places)
    place[edges.known :] += len(fixed)
    place[edges.known + fixed] = places
    made = [numbers[edges.known + i] for i in fixed.tolist()]
    # The folded instructions remain as dead code, and the new constants include some that the program had already.
    return Program.from_arrays(
        program.codes,
        program.starts,
        place[edges.source],
        np.append(program.constants, made),
        place[program.outputs],
        program.inputs,
        program.own,
    )


def without_copies(program: Program) -> Program:
    """The program in which what reads the sum of a single number reads that number.

    Derivatives within a function are taken with respect to such sums, which tell its arguments from what these are elsewhere.
    """
    sums = program.codes == CODES[TABLE["sum"]]
    if not sums.any():
        return program
    edges = Edges(program)
    copies = np.flatnonzero(sums & (edges.counts == 1))
    if not len(copies):
        return program
    place = np.arange(edges.places)
    place[edges.known + copies] = edges.source[edges.starts[copies]]
    place = followed(place)
    source, outputs = place[edges.source], place[program.outputs]
    made = Program.from_arrays(program.codes, program.starts, source, program.constants, outputs, program.inputs, program.own)
    return pruned(made, range(len(outputs)))


def mixed(x: np.ndarray) -> np.ndarray:
    """Numbers of 64 bits that look random, one for each of `x`: the finalizer of splitmix64 (Steele, Lea and Flood, 2014)."""
    x = (np.asarray(x).astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    found: np.ndarray = x ^ (x >> np.uint64(31))
    return found


def merged(program: Program) -> Program:
    """The program in which results of equal instructions on equal arguments are read from the first of them.

    The others (common subexpressions) are dead code afterwards, which `pruned` removes.
    """
    first = _first_equal(program)
    if (first == np.arange(len(first))).all():
        return program
    known = program.inputs + len(program.constants)
    place = np.append(np.arange(known, dtype=np.int32), known + first)
    args, outputs = place[program.args], place[program.outputs]
    return Program.from_arrays(program.codes, program.starts, args, program.constants, outputs, program.inputs, program.own)


def _first_equal(program: Program) -> np.ndarray:
    """For each instruction the index of the first that has the same operation on equal arguments."""
    known, found = program.inputs + len(program.constants), np.empty(len(program), np.int32)
    if kernel is not None:
        kernel.first_equal(program.codes.astype(np.uint32), program.starts, program.args, known, found)
        return found
    rows: dict[tuple[int, ...], int] = {}
    places, args, starts = [*range(known)], program.args.tolist(), program.starts.tolist()
    for k, code in enumerate(program.codes.tolist()):
        row = (code, *[places[a] for a in args[starts[k] : starts[k + 1]]])
        places.append(rows.setdefault(row, known + k))
    found[:] = places[known:]
    return found - known


def followed(pointers: np.ndarray) -> np.ndarray:
    """Follow each pointer until an index that points to itself; by pointer doubling, in a logarithmic number of rounds."""
    while True:
        further = pointers[pointers]
        if np.array_equal(further, pointers):
            return pointers
        pointers = further
