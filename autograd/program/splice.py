"""The parts of a derivative program: what each instruction of a program sends or receives, and the new program that they are spliced into.

The local derivatives of an instruction come from a template, which is spliced in for all instructions with the same pattern at once, by
arithmetic on arrays of places. Each contribution to a tangent or cotangent is a product of what is received and a local derivative, and
those to one place are added up by one instruction: a `dot`, or a `sum` where all these derivatives are 1. So the layers of a network stay
layers. A single contribution whose derivative is 1 needs no instruction: what is received is passed on.
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
    """The indices that sort whole numbers, equal ones in their order: by one sort of numbers, which is faster than `argsort`."""
    if (keys[1:] >= keys[:-1]).all():
        return np.arange(len(keys))
    count = len(keys)
    return np.sort(keys * count + np.arange(len(keys))) % count


class Group(NamedTuple):
    """Instructions with one template, and for each the edges of its active arguments."""

    rows: np.ndarray
    active: np.ndarray
    template: Template
    edges: np.ndarray
    constants: np.ndarray  # the places of the template's

    @property
    def program(self) -> Program:
        """The template's program."""
        found: Program = self.template.program
        return found

    @property
    def arity(self) -> int:
        """How many arguments each has."""
        return self.program.inputs // 2 - 1


class Derivative:
    """A program with the derivatives of its instructions: the work that both passes share.

    Args:
        program: a program without instructions on constants alone.
        active: the places of the active inputs.
        ends: the places whose derivatives are wanted.
        seeds: the places at which what is carried starts; there is a further input for each.
        reverse: whether cotangents are carried back; otherwise tangents are carried on.
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
        """What is known of the arguments: which are constants that matter, and on which the instructions depend."""
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
        """The place of a constant in the new program."""
        return self.constants.setdefault(x.hex(), self.inputs + len(self.constants))

    def _pattern(self, i: int, active: Sequence[int] = (), *, masked: bool = False) -> Pattern:
        begin, end = self.edges.starts[i : i + 2].tolist()
        known = [
            (k, float(self.p.constants[self.p.args[begin + k] - self.p.inputs]).hex())
            for k in np.flatnonzero(self.known[begin:end]).tolist()
        ]
        ties = np.flatnonzero(self.ties[begin:end]).tolist()
        return Pattern(self.ops[self.codes[i]], end - begin, tuple(known), tuple(ties), tuple(active), masked)

    def _grouped(self) -> list[Group]:
        """The live instructions by their patterns, which are told apart by hashes of 64 bits."""
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
        first, starts = int(rows[0]), self.edges.starts
        active = np.flatnonzero(self.through[starts[first] : starts[first + 1]])
        made = template(self._pattern(first, active.tolist(), masked=bool(self.masked[first])))
        constants = [self.constant(x) for x in made.program.constants.tolist()]
        for op in made.program.own:
            self.own.setdefault(op, len(OPS) + len(self.own))
        return Group(rows, active, made, starts[rows][:, None] + active, np.array(constants, np.intp))

    def _contributions(self, seeds: np.ndarray) -> None:
        """Where each edge sends what, and which places need an instruction to collect what they are sent."""
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
    """The new program: where each part of it is, and what its instructions are.

    An instruction of the program has a block. Carried on, it is the instruction, the template's instructions, and the collection, which
    adds up what the result receives. Carried back, all instructions come first, then the blocks from the last to the first, each a
    collection, the mask where several meet, and the template's instructions; and in the end the collections of the inputs.
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
        """For each masked instruction its mask, an edge from one that selects or ~(one at which masks meet); and the masks that meet."""
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
        """For each instruction of a group the new places of all that its template names, but for what is received and masks."""
        e, n, t = self.d.edges, g.arity, g.program
        first = t.inputs + len(t.constants)
        table = np.zeros((len(g.rows), first + len(t)), np.intp)
        table[:, 0] = self.base + self.forward[g.rows]
        table[:, 1 : n + 1] = self.place[e.source[e.starts[g.rows][:, None] + np.arange(n)]]
        table[:, t.inputs : first] = g.constants
        table[:, first:] = (self.base + self.spliced[g.rows])[:, None] + np.arange(len(t))
        return table

    def _carry(self) -> None:
        """Find what each place receives, and the factors and masks of each edge."""
        d, e = self.d, self.d.edges
        self.first, self.second, masks = np.zeros((3, len(e.source)), np.intp)
        for g, table in zip(d.groups, self.tables, strict=True):
            t = g.template
            self.second[g.edges] = table[:, t.seconds]
            if t.made:
                self.first[g.edges] = table[:, t.firsts]
            if len(t.masks):
                masks[g.edges] = table[:, t.masks]
        self.carried = self._carried()
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
        """What each place receives: its collection, the only contribution, or, where that is all another one receives, the latter's."""
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
        """The new program, from inputs and what starts at the seeds, to the outputs, if those are wanted, and what arrives at places."""
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

    def _codes(self) -> tuple[np.ndarray, np.ndarray]:
        """The codes of all instructions, and how many arguments each has."""
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
