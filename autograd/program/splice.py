"""How the program of a derivative is put together: first the contributions of each instruction, then the instructions of the new program.

The local derivatives of an instruction come from a template, a small program. A template is inserted ("spliced in") for all instructions
with the same pattern at once, by arithmetic on whole arrays of places. Each contribution to a tangent or cotangent is a product of the
tangent or cotangent received and a local derivative. The contributions to one place are added up by one instruction: a `dot`, or a `sum`
where all these derivatives are 1. So a layer of a network remains a few long instructions. A single contribution whose derivative is 1
needs no instruction: the number received is used in its place.

Throughout, "what a place receives" is its tangent in forward mode and its cotangent in reverse mode.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd import ops
from autograd.program.cleaning import Edges, followed, mixed
from autograd.program.program import CODES, OPS, Program
from autograd.program.templates import LOOKED_AT, ROW_DEPENDS, Pattern, Template, depends, template

ADD, MUL, SUM, DOT, MAXIMUM = [CODES[op] for op in (ops.add, ops.mul, ops.sum, ops.dot, ops.maximum)]


def _order(keys: np.ndarray) -> np.ndarray:
    """The indices that sort integers, stably; one sort of numbers of which each has its index in it is faster than `argsort`."""
    if (keys[1:] >= keys[:-1]).all():
        return np.arange(len(keys))
    count = len(keys)
    return np.sort(keys * count + np.arange(len(keys))) % count


class Group(NamedTuple):
    """Instructions that have the same template.

    Attributes:
        rows: the indices of the instructions.
        active: the positions of the arguments with respect to which local derivatives are needed.
        template: the template.
        edges: a row for each instruction, with the edges of its active arguments.
        constants: the places of the template's constants in the new program.
    """

    rows: np.ndarray
    active: np.ndarray
    template: Template
    edges: np.ndarray
    constants: np.ndarray

    @property
    def program(self) -> Program:
        """The template's program."""
        found: Program = self.template.program
        return found

    @property
    def arity(self) -> int:
        """The number of arguments of each instruction."""
        return self.program.inputs // 2 - 1


class Derivative:
    """The contributions of a program's instructions to its derivative, in either mode.

    Args:
        program: a program in which no instruction has constants as its only arguments.
        active: the places of the active inputs.
        ends: the places of the outputs that are differentiated.
        seeds: the places that have a tangent or cotangent from the start; the new program has a further input for each.
        reverse: whether the mode is reverse, with cotangents, or forward, with tangents.

    Attributes:
        live: for each place whether it depends on an active input and an end depends on it.
        through: for each edge whether a derivative is carried along it.
        masked: for each instruction whether it is used in branches of a `where` only, so that it sends 0 where none of them was taken.
        groups: the live instructions by their templates.
        sent: the edges in `through`; `sender` and `target` have the places from which and to which they carry, seeds first in `target`.
        unit: for each edge whether its local derivative is 1.
        plain: for each edge whether its first factor is what its sender received, unchanged.
        number: for each place how many contributions it receives.
        collects: for each place whether these need an instruction that adds them up.
    """

    p: Program
    reverse: bool
    edges: Edges
    ops: tuple[Any, ...]
    own: dict[Any, int]
    inputs: int
    constant_places: list[int]
    live: np.ndarray
    through: np.ndarray
    masked: np.ndarray
    groups: list[Group]
    depends: np.ndarray
    known: np.ndarray
    ties: np.ndarray
    selects: np.ndarray
    unit: np.ndarray
    plain: np.ndarray
    sent: np.ndarray
    seeds: np.ndarray
    starting: np.ndarray
    sender: np.ndarray
    target: np.ndarray
    units: np.ndarray
    number: np.ndarray
    weighted: np.ndarray
    collects: np.ndarray

    def __init__(self, program: Program, active: np.ndarray, ends: np.ndarray, seeds: np.ndarray, *, reverse: bool) -> None:
        self.p, self.reverse, self.edges = program, reverse, Edges(program)
        self.ops = (*OPS, *program.own)
        self.own = {op: len(OPS) + k for k, op in enumerate(program.own)}
        self.inputs = program.inputs + len(seeds)
        self.constants: dict[str, int] = {}  # by their bits, in hexadecimal digits
        self.constant_places = [self.constant(x) for x in program.constants.tolist()]
        e, codes = self.edges, program.codes.astype(np.intp)
        self.codes = codes
        self._arguments()
        self.live = e.depending(active, self.depends) & e.reached(ends, self.depends)
        self.through = self.depends & np.repeat(self.live[e.known :], e.counts) & self.live[e.source]
        self.masked = np.zeros(e.size, bool)
        if reverse and self.selects[self.live[e.known :]].any():
            always = e.reached(ends, self.through & ~self.selects[e.owner])
            self.masked = (self.live & ~always)[e.known :]
        self.groups = self._grouped()
        self._contributions(seeds)

    def _arguments(self) -> None:
        """Find for each edge whether it is a constant at which the partials look, and whether the instruction depends on it."""
        e, codes = self.edges, self.codes
        ties, selects = np.array([(op.ties, op.selects) for op in self.ops]).T
        foreign = codes >= len(OPS)
        row = np.minimum(codes, len(OPS) - 1)
        self.depends = ROW_DEPENDS.ravel()[np.repeat(3 * row, e.counts) + np.minimum(e.position, 2)]
        self.known, self.ties = np.zeros((2, len(e.source)), bool)
        constant = np.flatnonzero((e.source >= self.p.inputs) & (e.source < e.known))
        owner = e.owner[constant]
        self.known[constant] = foreign[owner] | (e.position[constant] == LOOKED_AT[row[owner]])
        self.ties[constant] = ties[codes[owner]]
        self.selects = selects[codes]
        decided = self.selects & self.known[e.starts[:-1]] if e.size else foreign
        self.selects = self.selects & ~decided
        for i in np.flatnonzero(foreign | decided).tolist():
            at = slice(e.starts[i], e.starts[i + 1])
            self.depends[at] = not self.known[at].all() and depends(self._pattern(i))

    def constant(self, x: float) -> int:
        """The place of a constant in the new program, added if it is new."""
        return self.constants.setdefault(x.hex(), self.inputs + len(self.constants))

    def _pattern(self, i: int, active: Sequence[int] = (), *, masked: bool = False) -> Pattern:
        """The pattern of instruction i."""
        begin, end = self.edges.starts[i : i + 2].tolist()
        known = [
            (k, float(self.p.constants[self.p.args[begin + k] - self.p.inputs]).hex())
            for k in np.flatnonzero(self.known[begin:end]).tolist()
        ]
        ties = np.flatnonzero(self.ties[begin:end]).tolist()
        return Pattern(self.ops[self.codes[i]], end - begin, tuple(known), tuple(ties), tuple(active), masked)

    def _grouped(self) -> list[Group]:
        """Group the live instructions by their patterns, which are compared by hashes of 64 bits."""
        e = self.edges
        rows = np.flatnonzero(self.live[e.known :])
        if not len(rows):
            return []
        words = mixed(np.arange(4 * e.counts.max()))[4 * e.position + 2 * self.through + self.ties]
        words[self.known] = mixed(words[self.known] + mixed(e.source[self.known]))
        hashes = (np.add.reduceat(words, e.starts[:-1]) ^ mixed(mixed(2 * self.codes + self.masked)))[rows]
        kinds = np.unique(hashes)
        kind = np.searchsorted(kinds, hashes)
        order = _order(kind)
        return [self._group(rows[part]) for part in np.split(order, np.cumsum(np.bincount(kind))[:-1])]

    def _group(self, rows: np.ndarray) -> Group:
        """The group of these instructions, which have the same pattern."""
        first, starts = int(rows[0]), self.edges.starts
        active = np.flatnonzero(self.through[starts[first] : starts[first + 1]])
        made = template(self._pattern(first, active.tolist(), masked=bool(self.masked[first])))
        constants = [self.constant(x) for x in made.program.constants.tolist()]
        for op in made.program.own:
            self.own.setdefault(op, len(OPS) + len(self.own))
        return Group(rows, active, made, starts[rows][:, None] + active, np.array(constants, np.intp))

    def _contributions(self, seeds: np.ndarray) -> None:
        """Find for each edge from where to where it carries, and which places need an instruction that adds up what they receive."""
        e = self.edges
        is_one = np.zeros(e.places, bool)
        is_one[self.p.inputs : e.known] = self.p.constants == 1.0
        self.unit, self.plain = np.zeros(len(e.source), bool), np.zeros(len(e.source), bool)
        for g in self.groups:
            t = g.template
            self.plain[g.edges], self.unit[g.edges] = t.plain, t.unit
            if len(t.own):
                self.unit[g.edges[:, t.own]] = is_one[e.source[e.starts[g.rows][:, None] + t.factor]]
        self.sent = np.flatnonzero(self.through)
        started = np.flatnonzero(self.live[seeds])
        self.seeds, self.starting = seeds[started], self.p.inputs + started
        owner = e.known + e.owner[self.sent]
        source = e.source[self.sent]
        self.sender = owner if self.reverse else source
        self.target = np.append(self.seeds, source if self.reverse else owner)
        self.units = np.append(np.ones(len(self.seeds), bool), self.unit[self.sent])
        self.number = np.bincount(self.target, minlength=e.places)
        self.weighted = np.bincount(self.target[~self.units], minlength=e.places) > 0
        self.collects = (self.number > 1) | self.weighted


class Splice:
    """The new program: the position of each part of it, and its instructions.

    A collection is the instruction that adds up the contributions to one place. In forward mode each instruction of the program is followed
    by the instructions of its template and by the collection for its result. In reverse mode all instructions of the program come first;
    then for each of them, from the last to the first, the collection of its cotangent, the maximum of its masks where there are several,
    and the instructions of its template; and at the end the collections for the inputs.

    Args:
        d: the contributions.
    """

    zero: int
    one: int
    base: int
    mask_of: dict[int, int]
    maxima: dict[int, list[int]]
    tables: list[np.ndarray]
    size: int
    collection: np.ndarray
    forward: np.ndarray
    meeting: np.ndarray
    spliced: np.ndarray
    place: np.ndarray
    first: np.ndarray
    second: np.ndarray
    carried: np.ndarray
    branches: np.ndarray  # for each edge of a branch the place of its mask
    mask: dict[int, int]

    def __init__(self, d: Derivative) -> None:
        self.d = d
        self.zero, self.one = d.constant(0.0), d.constant(1.0)
        self.base = d.inputs + len(d.constants)  # the place of the first instruction
        self.mask_of, self.maxima = self._masks()
        self._layout()
        self.tables = [self._table(g) for g in d.groups]
        self._carry()

    def _masks(self) -> tuple[dict[int, int], dict[int, list[int]]]:
        """Find the mask of each masked instruction: a number that is 1 where a branch that uses it was taken, else 0.

        Returns:
            For each masked instruction its mask: k for the mask of the branch at edge k, or ~i for the maximum of several at instruction
            i; and for each such instruction i the masks whose maximum it is.
        """
        d, e = self.d, self.d.edges
        found: dict[int, int] = {}
        maxima: dict[int, list[int]] = {}
        order, ends = _order(d.target) if d.masked.any() else d.target, np.cumsum(d.number)
        for i in np.flatnonzero(d.masked)[::-1].tolist():
            end = ends[e.known + i]
            sent = d.sent[order[end - d.number[e.known + i] : end] - len(d.seeds)]
            masks = {j if d.selects[o] else found[o]: None for j, o in zip(sent.tolist(), e.owner[sent].tolist(), strict=True)}
            if len(masks) > 1:
                maxima[i] = list(masks)
            found[i] = ~i if len(masks) > 1 else next(iter(masks))
        return found, maxima

    def _layout(self) -> None:
        """Find the position of each part in the new program."""
        d, e = self.d, self.d.edges
        spliced = np.zeros(e.size, np.intp)
        for g in d.groups:
            spliced[g.rows] = len(g.program)
        meets = np.zeros(e.size, np.intp)
        meets[list(self.maxima)] = 1
        collects = d.collects.astype(np.intp)
        size = (0 if d.reverse else 1) + spliced + meets + collects[e.known :]
        ends = np.cumsum(size)
        self.size = int(size.sum())
        self.collection = np.zeros(e.places, np.intp)
        if d.reverse:
            start = e.size + self.size - ends
            self.forward, self.meeting, self.spliced = np.arange(e.size), start + collects[e.known :], start + size - spliced
            self.collection[e.known :] = start
            self.collection[: e.known] = e.size + self.size + np.cumsum(collects[: e.known]) - collects[: e.known]
            self.size += e.size + int(collects[: e.known].sum())
        else:
            self.forward = self.meeting = ends - size
            self.spliced = self.forward + 1
            self.collection[e.known :] = self.spliced + spliced
        self.place = np.concatenate([np.arange(d.p.inputs), np.array(d.constant_places, np.intp), self.base + self.forward])

    def _table(self, g: Group) -> np.ndarray:
        """For each instruction of a group the new place of each place of its template; `_carry` adds what is received, and masks."""
        e, n, t = self.d.edges, g.arity, g.program
        first = t.inputs + len(t.constants)
        table = np.zeros((len(g.rows), first + len(t)), np.intp)
        table[:, 0] = self.base + self.forward[g.rows]
        table[:, 1 : n + 1] = self.place[e.source[e.starts[g.rows][:, None] + np.arange(n)]]
        table[:, t.inputs : first] = g.constants
        table[:, first:] = (self.base + self.spliced[g.rows])[:, None] + np.arange(len(t))
        return table

    def _carry(self) -> None:
        """Find the places of what each place receives, and of the two factors of each edge, and complete the tables."""
        d, e = self.d, self.d.edges
        self.first, self.second, masks = np.zeros((3, len(e.source)), np.intp)
        for g, table in zip(d.groups, self.tables, strict=True):
            t = g.template
            self.second[g.edges] = table[:, t.seconds]
            if t.made:
                self.first[g.edges] = table[:, t.firsts]
            if len(t.masks):
                masks[g.edges] = table[:, t.masks]
        self.carried, self.branches = self._carried(), masks
        self.mask = {~i: int(self.base + self.meeting[i]) for i in self.maxima}
        self.mask |= {k: int(masks[k]) for k in self.mask_of.values() if k >= 0}
        self.mask |= {k: int(masks[k]) for meeting in self.maxima.values() for k in meeting if k >= 0}
        mask = np.zeros(e.size, np.intp)
        mask[list(self.mask_of)] = [self.mask[k] for k in self.mask_of.values()]
        for g, table in zip(d.groups, self.tables, strict=True):
            sender = e.known + g.rows[:, None] if d.reverse else e.source[g.edges]
            table[:, 1 + g.arity + g.active] = self.carried[sender]
            table[:, 2 * g.arity + 1] = mask[g.rows]
            self.first[g.edges] = table[:, g.template.firsts]

    def _carried(self) -> np.ndarray:
        """For each place the new place of what it receives.

        That is the result of its collection; without one, its only contribution, or, if that is passed on unchanged, what the sender
        received.
        """
        d, e = self.d, self.d.edges
        carried, pointer = self.base + self.collection, np.arange(e.places)
        seeds, edges = np.split(~d.collects[d.target], [len(d.seeds)])
        carried[d.seeds[seeds]] = d.starting[seeds]
        receiver, sent = d.target[len(d.seeds) :][edges], d.sent[edges]
        carried[receiver] = self.first[sent]
        passed = d.plain[sent]
        pointer[receiver[passed]] = d.sender[edges][passed]
        found: np.ndarray = carried[followed(pointer)]
        return found

    def program(self, wanted: np.ndarray, *, with_outputs: bool) -> Program:
        """The new program.

        Args:
            wanted: the places whose tangents or cotangents are wanted.
            with_outputs: whether it has the outputs of the old program, too, before these.

        Returns:
            The program from the inputs, then a tangent or cotangent for each seed, to these outputs.
        """
        d, e = self.d, self.d.edges
        codes, counts = self._codes()
        starts = np.append(0, np.cumsum(counts))
        args = np.zeros(starts[-1], np.intp)
        args[np.repeat(starts[self.forward], e.counts) + e.position] = self.place[e.source]
        for g, table in zip(d.groups, self.tables, strict=True):
            if len(g.program):
                args[starts[self.spliced[g.rows]][:, None] + np.arange(len(g.program.args))] = table[:, g.program.args]
        for i, masks in self.maxima.items():
            args[starts[self.meeting[i]] + np.arange(len(masks))] = [self.mask[k] for k in masks]
        terms = np.flatnonzero(d.collects[d.target])
        terms = terms[_order(d.target[terms])]
        target = d.target[terms]
        at = starts[self.collection[target]] + np.arange(len(terms))
        collected = np.flatnonzero(d.collects)
        begins = np.zeros(e.places, np.intp)
        begins[collected] = np.cumsum(d.number[collected]) - d.number[collected]
        at -= begins[target]
        args[at] = np.append(d.starting, self.first[d.sent])[terms]
        products = np.flatnonzero(d.weighted[target])
        seconds = np.append(np.full(len(d.seeds), self.one), np.where(d.unit, self.one, self.second)[d.sent])
        args[at[products] + d.number[target[products]]] = seconds[terms[products]]
        found = np.where(d.live[wanted], self.carried[wanted], self.zero)
        outputs = np.append(self.place[d.p.outputs], found) if with_outputs else found
        constants = [float.fromhex(x) for x in d.constants]
        return Program.from_arrays(codes, starts, args, constants, outputs, d.inputs, list(d.own))

    def reached(self, wanted: np.ndarray) -> Program:
        """The program from the inputs, then the cotangents, to a number for each wanted input: 0 where no branch that uses it was taken.

        Args:
            wanted: the places of inputs.
        """
        d, e, program = self.d, self.d.edges, self.program(wanted, with_outputs=False)
        ends: list[int] = []
        maxima: list[list[int]] = []
        seeded = set(d.seeds.tolist())
        for place in wanted.tolist():
            edges = d.sent[e.source[d.sent] == place].tolist()
            masks = {self._mask_at(j): None for j in edges} if edges else {self.zero: None}
            if place in seeded:
                masks = {self.one: None}
            if len(masks) == 1 or self.one in masks:
                ends.append(self.one if self.one in masks else next(iter(masks)))
            else:
                ends.append(self.base + len(program) + len(maxima))
                maxima.append(list(masks))
        starts = program.starts[-1] + np.cumsum([len(masks) for masks in maxima], dtype=np.intp)
        return Program.from_arrays(
            np.append(program.codes, [MAXIMUM] * len(maxima)).astype(program.codes.dtype),
            np.append(program.starts, starts),
            np.append(program.args, [p for masks in maxima for p in masks]),
            program.constants,
            ends,
            program.inputs,
            program.own,
        )

    def _mask_at(self, edge: int) -> int:
        """The place of the mask with which something is sent along an edge: that of 1 where it always is."""
        owner = int(self.d.edges.owner[edge])
        if self.d.selects[owner]:
            return int(self.branches[edge])
        return self.mask[self.mask_of[owner]] if owner in self.mask_of else self.one

    def _codes(self) -> tuple[np.ndarray, np.ndarray]:
        """The codes of all instructions, and the number of arguments of each."""
        d, e = self.d, self.d.edges
        codes, counts = np.zeros((2, self.size), np.intp)
        codes[self.forward], counts[self.forward] = d.codes, e.counts
        for g in d.groups:
            if not len(g.program):
                continue
            at = self.spliced[g.rows][:, None] + np.arange(len(g.program))
            own = g.program.codes
            if g.program.own:
                own = np.append(np.arange(len(OPS)), [d.own[op] for op in g.program.own]).astype(np.intp)[own]
            codes[at], counts[at] = own, g.template.counts
        for i, masks in self.maxima.items():
            codes[self.meeting[i]], counts[self.meeting[i]] = MAXIMUM, len(masks)
        collected = np.flatnonzero(d.collects)
        number, at, weighted = d.number[collected], self.collection[collected], d.weighted[collected]
        codes[at] = np.where(weighted, np.where(number == 1, MUL, DOT), np.where(number == 2, ADD, SUM))
        counts[at] = np.where(weighted, 2 * number, number)
        return codes, counts
