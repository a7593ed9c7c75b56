"""A program in machine code, ready to run: what a plan of the kernel does, and with the same arguments."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.kinds import quietly
from autograd.locks import cached_property, in_children
from autograd.ops import TABLE
from autograd.program.machine import engine
from autograd.program.machine.driver import ACCUMULATORS
from autograd.program.machine.emit import EMPTY_SUM, Emission, Facts
from autograd.program.sumtree import LEAF

OPS = tuple(TABLE.values())
SLICE = 0.02  # seconds between two looks for Ctrl-C
WORTH = 2e-4  # seconds of work for which a second thread pays


class MachinePlan:
    """A program in machine code.

    Args:
        codes, starts, args, constants, inputs, outputs: the program.
        uniform: for each input whether all lanes share it.
        wanted: for each input whether its gradient is wanted.
        seeded: for each output whether it has a cotangent.
    """

    def __init__(
        self, codes: Any, starts: Any, args: Any, constants: Any, inputs: int, outputs: Any, uniform: Any, wanted: Any, seeded: Any,
    ) -> None:  # fmt: skip
        ends, own = np.asarray(starts).tolist(), np.asarray(args).tolist()
        split = [own[a:b] for a, b in pairwise(ends)]
        ops = [OPS[code] for code in np.asarray(codes).tolist()]
        flags = (uniform, wanted, seeded)
        self.facts: Facts = Facts(ops, split, constants.tolist(), inputs, outputs.tolist(), *[[bool(x) for x in flag] for flag in flags])
        self.variants: dict[Any, Any] = {}  # by `key`

    @staticmethod
    def key(lanes: int, outputs: Sequence[np.ndarray], seeds: Any) -> tuple[bool, Any]:
        """What code is needed for a run: whether in reverse, too, and for each output whether it is summed; None for one lane."""
        if lanes == 1:
            return seeds is not None, None
        return seeds is not None, tuple(
            [array.ndim < 2 for array in outputs for _ in range(array.size if array.ndim < 2 else array.size // lanes)]
        )

    def compile(self, key: tuple[bool, Any], level: str) -> None:
        """Compile the code of a key."""
        reverse, summed = key
        if summed is None:
            self.variants[key] = _One(self.facts, level, reverse=reverse)
        else:
            self.variants[key] = _Lanes(self.facts, level, summed, reverse=reverse)

    def run(
        self, lanes: int, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], seeds: Sequence[np.ndarray] | None = None,
        gradients: Sequence[np.ndarray | None] | None = None, threads: int = 1,
    ) -> Any:  # fmt: skip
        """Run forward, and with seeds backward: see the plan of the kernel; NotImplemented where there is no code for it."""
        own = self.variants.get(self.key(lanes, outputs, seeds))
        if own is None:
            return NotImplemented
        quietly(own.run, lanes, inputs, outputs, seeds, gradients, threads)
        return None


class _Numbers:
    """Values, cotangents and masks of one lane by slot, as the kernel has them, for one run at a time; and the call."""

    def __init__(self, facts: Facts, function: engine.Function) -> None:
        self.values, self.cotangents, masks = np.zeros((3, facts.slots))
        self.values[facts.inputs : facts.first] = facts.constants
        v, g, m = [row.ctypes.data for row in (self.values, self.cotangents, masks)]
        self.call = partial(function.call, v, g, None, m, None, None)
        self.given, self.received = self.values[: facts.inputs], self.cotangents[: facts.inputs]


class _One:
    """For one lane."""

    def __init__(self, facts: Facts, level: str, *, reverse: bool) -> None:
        library = engine.library(1).own()
        emission = Emission(facts, range(len(facts.ops)), library, "one", reverse=reverse, kept=facts.outputs, lanes=False)
        self.facts, self.function = facts, engine.Function(emission, library, level)
        self.ends = np.array(facts.outputs, np.intp)
        self.seeded = np.flatnonzero(facts.seeded)
        self.sent = self.ends[self.seeded]
        self.alone = len(set(self.sent.tolist())) == len(self.sent)  # whether no slot has two cotangents
        self.still = ~np.array(facts.active[: facts.inputs], bool)  # the inputs that have no gradient
        self.free: list[_Numbers] = []  # those of runs that are over: a run may begin within another, in a thread or a signal's handler

    def run(self, _lanes: int, inputs: Any, outputs: Any, seeds: Any, gradients: Any, _threads: int) -> None:
        """See `MachinePlan.run`."""
        try:
            own = self.free.pop()
        except IndexError:
            own = _Numbers(self.facts, self.function)
        own.given[:] = _joined(inputs)
        if seeds is not None:
            g = own.cotangents
            g.fill(EMPTY_SUM)
            flat = _joined(seeds)[self.seeded]
            if self.alone:
                g[self.sent] = flat
            else:
                np.add.at(g, self.sent, flat)
        own.call()
        _divide(own.values[self.ends], outputs, outputs)
        if seeds is not None:
            own.received[self.still] = 0.0
            _divide(own.received, gradients, inputs)
        self.free.append(own)


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    return arrays[0].ravel() if len(arrays) == 1 else np.concatenate([np.empty(0), *[array.ravel() for array in arrays]])


def _divide(numbers: np.ndarray, arrays: Sequence[np.ndarray | None], like: Sequence[np.ndarray]) -> None:
    """Fill arrays with consecutive numbers, as many as these others have; None takes up its numbers."""
    first = 0
    for array, other in zip(arrays, like, strict=True):
        end = first + other.size
        if array is not None:
            array[...] = numbers[first:end].reshape(array.shape)
        first = end


class _Group:
    """Inputs or outputs that come in one array: where their rows are.

    Attributes:
        number: of the array among all; the driver is told where each of them is.
        each: whether each lane has its own numbers.
        own: the numbers, within the group, that have rows.
        rows: these.
        other: those that have none.
        flat: where in the list of all inputs, or outputs, the group is.
    """

    def __init__(self, number: int, first: int, count: int, slots: Sequence[int], rows: dict[int, int], *, each: bool) -> None:
        self.number, self.count, self.each, self.slots = number, count, each, list(slots)
        self.flat = slice(first, first + count)
        self.own = [k for k, slot in enumerate(self.slots) if each and slot in rows]
        self.rows = [rows[self.slots[k]] for k in self.own]
        self.other = sorted({*range(count)}.difference(self.own)) if each else []


class _Workspace:
    """Memory for one thread: rows of values, cotangents, seeds and masks, accumulators, and its job.

    Attributes:
        where: for each array its address, the bytes from lane to lane, and those from number to number.
    """

    def __init__(self, layout: "_Layout") -> None:
        own = layout.lanes
        counts, width = own.counts, own.width
        buffer = np.zeros(sum(counts) + 8)
        shift = -(buffer.ctypes.data // 8) % 8
        self.parts = np.split(buffer[shift : shift + sum(counts)], np.cumsum(counts)[:-1])
        starts = [part.ctypes.data for part in self.parts]
        self.where = np.zeros((layout.arrays, 3), np.int64)
        at = self.where.ctypes.data
        self.tables = [
            np.array([[at + 24 * group.number, k, starts[base] + 8 * width * row] for base, group in some
                      for k, row in zip(group.own, group.rows, strict=True)] or [[0, 0, 0]], np.int64)
            for some in (layout.loads, layout.stores)
        ]  # fmt: skip
        sizes = [sum([len(group.own) for _, group in some]) for some in (layout.loads, layout.stores)]
        self.job = np.array(
            [own.call, *starts[:4], 0, *starts[4:], *[t.ctypes.data for t in self.tables], 0, *sizes, own.count, 0], np.int64
        )
        self.at = self.job.ctypes.data


class _Layout:
    """Where numbers are, for arrays of some shapes.

    Args:
        lanes: the code.
        inputs, outputs, seeds: for each array the count of its numbers, of one lane, and whether each lane has its own.
        wanted: for each input whether there is an array for its gradient.
    """

    def __init__(self, lanes: "_Lanes", inputs: Any, outputs: Any, seeds: Any, wanted: Sequence[bool]) -> None:
        facts, main = lanes.facts, lanes.main
        self.lanes, self.arrays = lanes, 0
        self.inputs = self._groups(inputs, range(facts.inputs), main.v)
        self.outputs = self._groups(outputs, facts.outputs, {slot: main.v[slot] for slot in lanes.columns})
        seeded = {k: k for k, slot in enumerate(facts.outputs) if facts.seeded[k] and slot in main.seeds}
        self.seeds = self._groups(seeds, range(len(facts.outputs)), seeded, each=True)
        given = [(count, each and w) for (count, each), w in zip(inputs, wanted, strict=True)]
        self.gradients = self._groups(given, range(facts.inputs), {slot: row for slot, row in main.g.items() if facts.active[slot]})
        self.loads = [(0, group) for group in self.inputs] + [(2, group) for group in self.seeds]
        self.stores = [(0, group) for group in self.outputs] + [(1, group) for group in self.gradients]
        # The seeds that are the same for all lanes, as are the outputs: the array, the number within it, and the slot.
        self.still = [
            (j, k, facts.outputs[i]) for j, group in enumerate(self.seeds) for k, i in enumerate(group.slots)
            if facts.seeded[i] and not facts.varies[facts.outputs[i]]
        ]  # fmt: skip
        self.free: list[_Workspace] = []

    def _groups(self, shapes: Any, slots: Sequence[int], rows: dict[int, int], *, each: bool = False) -> list[_Group]:
        groups: list[_Group] = []
        first = 0
        for count, own in shapes:
            groups.append(_Group(self.arrays, first, count, slots[first : first + count], rows, each=each or own))
            first += count
            self.arrays += 1
        return groups

    def space(self) -> _Workspace:
        """Memory for one thread."""
        try:
            space = self.free.pop()
        except IndexError:
            return _Workspace(self)
        space.parts[3][:] = 0.0
        return space


class _Lanes:
    """For lanes, in one way to sum outputs."""

    def __init__(self, facts: Facts, level: str, summed: tuple[bool, ...], *, reverse: bool) -> None:
        self.facts = facts
        width = self.width = engine.width()
        library, alone = engine.library(width).own(), engine.library(1).own()
        varying = [k for k in range(len(facts.ops)) if facts.varies[facts.first + k]]
        uniform = [k for k in range(len(facts.ops)) if not facts.varies[facts.first + k]]
        sums = [slot for slot, is_sum in zip(facts.outputs, summed, strict=True) if is_sum and facts.varies[slot]]
        self.columns = [slot for slot, is_sum in zip(facts.outputs, summed, strict=True) if not is_sum and facts.varies[slot]]
        main = self.main = Emission(facts, varying, library, "lanes", reverse=reverse, sums=sums, kept=self.columns, lanes=True)
        for slot in self.columns:
            main.v[slot]
        shared = main.shared
        self.sent, self.order = np.array([slot for _, slot in shared], np.intp), np.array([len(sums) + k for k, _ in shared], np.intp)
        self.shared = sorted({slot for _, slot in shared})
        self.function = engine.Function(main, library, level)
        self.call = self.function.address
        self.drive = engine.drive(width)
        self.forward: engine.Function | None = None
        self.backward: engine.Function | None = None
        if uniform:
            kept = [facts.first + k for k in uniform]
            forward = Emission(facts, uniform, alone, "uf", reverse=False, kept=kept, lanes=False)
            self.forward = engine.Function(forward, alone, level)
            if reverse:
                backward = Emission(facts, uniform, alone, "ub", reverse=True, kept=kept, lanes=False, sent=self.shared)
                self.backward = engine.Function(backward, alone, level)
        self.count = len(sums) + len(main.uses)
        self.counts = [width * max(1, n) for n in (len(main.v), len(main.g), len(facts.outputs), len(main.m))]
        self.counts.append(2 * ACCUMULATORS * max(1, self.count))  # and as many for what the last vector undoes
        self.layouts: dict[Any, _Layout] = {}
        self.cost = 1e-9 + 0.3e-9 * len(varying)  # seconds a lane, a first guess
        self.masked = [slot for slot in self.shared if not facts.always[slot]]
        self.inactive = np.flatnonzero(~np.array(facts.active[: facts.inputs], bool))
        self.slots = np.zeros(facts.slots)
        self.slots[facts.inputs : facts.first] = facts.constants

    def run(self, lanes: int, inputs: Any, outputs: Any, seeds: Any, gradients: Any, threads: int) -> None:
        """See `MachinePlan.run`."""
        facts = self.facts
        layout = self._layout(lanes, inputs, outputs, seeds, gradients)
        space = layout.space()
        u = self.slots.copy()
        where: list[tuple[int, int, int]] = []
        held = self._load(lanes, inputs, seeds, u, layout, where)
        back = self._store(lanes, outputs, gradients, u, layout, where)
        space.where[:] = where
        sums = np.empty((-(-lanes // LEAF), self.count))
        spaces = self._run(lanes, u, layout, space, sums, threads)
        del held
        for array, rows in back:
            array[...] = rows.reshape(array.shape)
        shares = _tree(sums)
        totals = iter(shares.tolist())
        for array, group in zip(outputs, layout.outputs, strict=True):
            if not group.each:
                found = [next(totals) if facts.varies[slot] else lanes * u[slot] for slot in group.slots]
                array[...] = np.reshape(found, array.shape)
        if seeds is not None:
            self._back(lanes, seeds, gradients, u, shares, spaces, layout)
        layout.free += spaces

    def _layout(self, lanes: int, inputs: Any, outputs: Any, seeds: Any, gradients: Any) -> _Layout:
        """The layout for arrays of these shapes."""
        shapes = []
        first = 0
        for array in inputs:
            each = bool(array.size) and self.facts.varies[first]
            shapes.append((array.size // lanes if each else array.size, each))
            first += shapes[-1][0]
        ends, given = (tuple([(a.size // lanes, True) if a.ndim > 1 else (a.size, False) for a in own]) for own in (outputs, seeds or ()))
        wanted = [False] * len(inputs) if gradients is None else [g is not None for g in gradients]
        key = (*shapes, ends, given, *wanted)
        if key not in self.layouts:
            self.layouts[key] = _Layout(self, shapes, ends, given, wanted)
        return self.layouts[key]

    def _load(self, lanes: int, inputs: Any, seeds: Any, u: np.ndarray, layout: _Layout, where: list[tuple[int, int, int]]) -> list[Any]:
        """Find inputs and seeds, and compute what is uniform: what must live until the run is over."""
        held: list[Any] = []
        for array, group in zip(inputs, layout.inputs, strict=True):
            if group.each:
                held.append(_rows(array, lanes, group.count))
                where.append(_place(held[-1]))
            else:
                where.append(NOWHERE)
                if group.count:
                    u[group.flat] = array.ravel()
        if self.forward is not None:
            self.forward.call(u.ctypes.data, None, None, None, None, None)
        where += [NOWHERE] * len(layout.outputs)
        for array, group in zip(seeds or (), layout.seeds, strict=True):
            each = array.ndim > 1
            held.append(_rows(array, lanes if each else 1, group.count))
            base, along, across = _place(held[-1])
            where.append((base, along if each else 0, across))
        return held

    @staticmethod
    def _store(lanes: int, outputs: Any, gradients: Any, u: np.ndarray, layout: _Layout, where: list[tuple[int, int, int]]) -> list[Any]:
        """Find where results go, and write what is known of them: copies that are to be brought back."""
        back: list[tuple[np.ndarray, np.ndarray]] = []
        where += [NOWHERE] * len(layout.gradients)
        for arrays, groups in ((outputs, layout.outputs), (gradients or (), layout.gradients if gradients else ())):
            for array, group in zip(arrays, groups, strict=True):
                if not group.each:
                    continue
                rows = _rows(array, lanes, group.count)
                if rows is not array and not np.shares_memory(rows, array):
                    back.append((array, rows))
                where[group.number] = _place(rows)
                for k in group.other:
                    rows[:, k] = u[group.slots[k]] if groups is layout.outputs else 0.0
        return back

    def _back(self, lanes: int, seeds: Any, gradients: Any, u: np.ndarray, shares: np.ndarray, spaces: Any, layout: _Layout) -> None:
        """The reverse sweep of what is uniform."""
        facts, main = self.facts, self.main
        g = np.full(facts.slots, EMPTY_SUM)
        for j, k, slot in layout.still:
            array = seeds[j]
            g[slot] += array.reshape(lanes, -1)[:, k].sum() if array.ndim > 1 else lanes * array.reshape(-1)[k]
        np.add.at(g, self.sent, shares[self.order])
        missed: list[int] = []
        if self.masked or self.backward is not None:
            m = np.zeros(facts.slots, np.int64)
            m[self.shared] = -1
            for slot in self.masked:
                rows = [space.parts[3].view(np.int64)[self.width * main.m[slot] :][: self.width] for space in spaces]
                m[slot] = -int(any(row.any() for row in rows))
                missed += [slot] * (not m[slot] and slot not in self.read_alone)
            if self.backward is not None:
                self.backward.call(u.ctypes.data, g.ctypes.data, None, m.ctypes.data, None, None)
        g[missed] = 0.0
        g[self.inactive] = 0.0
        for gradient, group in zip(gradients, layout.inputs, strict=True):
            if gradient is not None and not group.each:
                gradient[...] = g[group.flat].reshape(gradient.shape)

    @cached_property
    def read_alone(self) -> set[int]:
        """The slots that uniform instructions read."""
        facts = self.facts
        return {a for k, own in enumerate(facts.args) if not facts.varies[facts.first + k] for a in own}

    def _run(self, lanes: int, u: np.ndarray, layout: _Layout, space: _Workspace, sums: np.ndarray, threads: int) -> list[_Workspace]:
        leaves = len(sums)
        count = max(1, min(threads, leaves, int(self.cost * lanes / WORTH) + 1))
        spaces = [space, *[layout.space() for _ in range(count - 1)]]
        for other in spaces:
            other.job[5], other.job[9], other.job[13] = u.ctypes.data, sums.ctypes.data, lanes
            other.where[:] = space.where
        if count == 1:
            self._stretch(space.at, 0, lanes, None)
            return spaces
        bounds = [LEAF * (leaves * k // count) for k in range(count)] + [lanes]
        stop = threading.Event()
        futures = [
            _pool().submit(self._stretch, *own, stop) for own in zip([s.at for s in spaces[1:]], bounds[1:], bounds[2:], strict=False)
        ]
        try:
            self._stretch(space.at, 0, bounds[1], stop)
        except BaseException:
            stop.set()
            raise
        finally:
            for future in futures:
                future.result()
        return spaces

    def _stretch(self, job: int, first: int, end: int, stop: threading.Event | None) -> None:
        """Run some lanes, in slices after which Python looks for Ctrl-C."""
        while first < end and not (stop and stop.is_set()):
            until = min(end, first + max(self.width, int(SLICE / self.cost) // self.width * self.width))
            start = time.perf_counter()
            self.drive(job, first, until)
            self.cost = max(1e-9, (time.perf_counter() - start) / (until - first))
            first = until


def _rows(array: np.ndarray, lanes: int, count: int) -> np.ndarray:
    """The array as a row for each lane; a copy where that takes one."""
    return array if array.shape == (lanes, count) else array.reshape(lanes, count)


NOWHERE = (0, 0, 0)


def _place(rows: np.ndarray) -> tuple[int, int, int]:
    """Where rows are: the address, the bytes from lane to lane, and those from number to number."""
    return rows.__array_interface__["data"][0], *rows.strides


def _tree(sums: np.ndarray) -> np.ndarray:
    """The sum of the rows in pairs, level by level, an odd last one as it is."""
    while len(sums) > 1:
        pairs = sums[: len(sums) // 2 * 2]
        sums = np.concatenate([pairs[::2] + pairs[1::2], sums[len(pairs) :]])
    result: np.ndarray = sums[0]
    return result


_threads: ThreadPoolExecutor | None = None


def _pool() -> ThreadPoolExecutor:
    global _threads  # noqa: PLW0603  # made when it is first needed
    if _threads is None:
        _threads = ThreadPoolExecutor(64, "valuegrad")
    return _threads


def _forget() -> None:
    """The child of a fork has no threads but the one that forked."""
    global _threads  # noqa: PLW0603  # as above
    _threads = None


in_children(_forget)
