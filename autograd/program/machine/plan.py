"""A program in machine code, ready to run: what a plan of the kernel does, and with the same arguments."""

import ctypes
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np

from autograd.ops import TABLE
from autograd.program.machine import engine
from autograd.program.machine.driver import ACCUMULATORS, LEAF
from autograd.program.machine.emit import EMPTY_SUM, Emission, Facts

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
        level: "quick" or "full".
    """

    def __init__(
        self, codes: Any, starts: Any, args: Any, constants: Any, inputs: int, outputs: Any, uniform: Any, wanted: Any, seeded: Any,
        level: str = "full",
    ) -> None:  # fmt: skip
        ends, own = np.asarray(starts).tolist(), np.asarray(args).tolist()
        split = [own[a:b] for a, b in zip(ends[:-1], ends[1:], strict=True)]
        ops = [OPS[code] for code in np.asarray(codes).tolist()]
        flags = (uniform, wanted, seeded)
        self.facts = Facts(ops, split, constants.tolist(), inputs, outputs.tolist(), *[[bool(x) for x in flag] for flag in flags])
        self.level = level
        self.variants: dict[Any, _Lanes] = {}
        self.alone: dict[bool, _One] = {}

    def one(self, *, reverse: bool) -> "_One":
        """For one lane."""
        if reverse not in self.alone:
            self.alone[reverse] = _One(self.facts, self.level, reverse=reverse)
        return self.alone[reverse]

    def lanes(self, summed: tuple[bool, ...], *, reverse: bool) -> "_Lanes":
        """For lanes; `summed` says for each output whether it is summed."""
        key = summed, reverse
        if key not in self.variants:
            self.variants[key] = _Lanes(self.facts, self.level, summed, reverse=reverse)
        return self.variants[key]

    def run(
        self, lanes: int, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], seeds: Sequence[np.ndarray] | None = None,
        gradients: Sequence[np.ndarray | None] | None = None, threads: int = 1,
    ) -> None:  # fmt: skip
        """Run forward, and with seeds backward: see the plan of the kernel."""
        reverse = seeds is not None
        if lanes == 1:
            self.one(reverse=reverse).run(inputs, outputs, seeds, gradients)
            return
        summed = tuple([array.ndim < 2 for array in outputs for _ in range(array.size if array.ndim < 2 else array.size // lanes)])
        self.lanes(summed, reverse=reverse).run(lanes, inputs, outputs, seeds, gradients, threads)


class _One:
    """For one lane: values and cotangents by slot, as the kernel has them."""

    def __init__(self, facts: Facts, level: str, *, reverse: bool) -> None:
        self.facts = facts
        library = engine.library(1).own()
        emission = Emission(facts, range(len(facts.ops)), library, "one", reverse=reverse, kept=facts.outputs, lanes=False)
        self.compiled = engine.compiled(emission.text, library, level)
        self.address = self.compiled.address("one")
        self.call = engine.ONE(self.address)
        self.memory = np.empty((3, facts.slots))
        self.at = self.memory.ctypes.data
        self.lock = threading.Lock()

    def run(self, inputs: Any, outputs: Any, seeds: Any, gradients: Any) -> None:
        """See `MachinePlan.run`."""
        facts = self.facts
        with self.lock:
            v, g, _ = self.memory
            first = 0
            for array in inputs:
                v[first : first + array.size] = array.ravel()
                first += array.size
            v[facts.inputs : facts.first] = facts.constants
            if seeds is not None:
                g[:] = EMPTY_SUM
                flat = np.concatenate([array.ravel() for array in seeds]) if seeds else ()
                for slot, is_seeded, seed in zip(facts.outputs, facts.seeded, flat, strict=True):
                    g[slot] += seed if is_seeded else EMPTY_SUM
            step = 8 * facts.slots
            self.call(self.at, self.at + step, None, self.at + 2 * step, None, None, None)
            found = v[facts.outputs]
            first = 0
            for array in outputs:
                array[...] = found[first : first + array.size].reshape(array.shape)
                first += array.size
            first = 0
            for array, gradient in zip(inputs, gradients or (), strict=bool(gradients)):
                if gradient is not None:
                    there = facts.active[first : first + array.size]
                    gradient[...] = np.where(there, g[first : first + array.size], 0.0).reshape(gradient.shape)
                first += array.size


class _Workspace:
    """Memory for one thread: rows of values, cotangents, seeds and masks, accumulators, and the mask of lanes."""

    def __init__(self, counts: Sequence[int]) -> None:
        self.buffer = np.zeros(sum(counts) + 8)
        shift = -(self.buffer.ctypes.data // 8) % 8
        self.parts = np.split(self.buffer[shift : shift + sum(counts)], np.cumsum(counts)[:-1])
        self.at = [part.ctypes.data for part in self.parts]


class _Lanes:
    """For lanes, in one way to sum outputs."""

    def __init__(self, facts: Facts, level: str, summed: tuple[bool, ...], *, reverse: bool) -> None:
        self.facts, self.summed = facts, summed
        width = self.width = engine.width()
        library, alone = engine.library(width).own(), engine.library(1).own()
        varying = [k for k in range(len(facts.ops)) if facts.varies[facts.first + k]]
        uniform = [k for k in range(len(facts.ops)) if not facts.varies[facts.first + k]]
        sums = [slot for slot, is_sum in zip(facts.outputs, summed, strict=True) if is_sum and facts.varies[slot]]
        columns = [slot for slot, is_sum in zip(facts.outputs, summed, strict=True) if not is_sum and facts.varies[slot]]
        self.main = Emission(facts, varying, library, "lanes", reverse=reverse, sums=sums, kept=columns, lanes=True)
        self.compiled = engine.compiled(self.main.text, library, level)
        self.call = self.compiled.address("lanes")
        self.drive = engine.drive(width)
        for slot in columns:
            self.main.v[slot]
        self.uniform: dict[str, Any] = {}
        if uniform:
            kept = [facts.first + k for k in uniform]
            forward = Emission(facts, uniform, alone, "uf", reverse=False, kept=kept, lanes=False)
            text = forward.text
            if reverse:
                text += "\n" + Emission(facts, uniform, alone, "ub", reverse=True, kept=kept, lanes=False, sent=self.main.shared).text
            self.apart = engine.compiled(text, alone, level)
            self.uniform = {name: engine.ONE(self.apart.address(name)) for name in ("uf", *["ub"] * reverse)}
        self.count = len(sums) + len(self.main.shared)
        main = self.main
        self.counts = [width * max(1, n) for n in (len(main.v), len(main.g), len(facts.outputs), len(main.m))]
        self.counts += [ACCUMULATORS * max(1, self.count), width]
        self.free: list[_Workspace] = []
        self.cost = 1e-9 + 0.3e-9 * len(varying)  # seconds a lane, a first guess

    def run(self, lanes: int, inputs: Any, outputs: Any, seeds: Any, gradients: Any, threads: int) -> None:
        """See `MachinePlan.run`."""
        facts, main, width = self.facts, self.main, self.width
        u = np.empty(facts.slots)
        u[facts.inputs : facts.first] = facts.constants
        held: list[Any] = []
        loads: list[tuple[int, int, int, int]] = []
        first = 0
        for array in inputs:
            count = array.size if array.size and not facts.varies[first] else array.size // lanes
            if not count:
                continue
            if not facts.varies[first]:
                u[first : first + count] = array.ravel()
            else:
                rows = array.reshape(lanes, count)
                held.append(rows)
                at, (along, across) = rows.ctypes.data, rows.strides
                loads += [(at + k * across, along, 0, main.v[first + k]) for k in range(count) if first + k in main.v]
            first += count
        if self.uniform:
            self.uniform["uf"](u.ctypes.data, None, None, None, None, None, None)
        first = 0
        for array in seeds or ():
            count = array.size // lanes if array.ndim > 1 else array.size
            rows = array.reshape(lanes, count) if array.ndim > 1 else array.reshape(1, count)
            held.append(rows)
            along = rows.strides[0] if array.ndim > 1 else 0
            wanted = [k for k in range(count) if facts.seeded[first + k] and facts.outputs[first + k] in main.seeds]
            loads += [(rows.ctypes.data + k * rows.strides[1], along, 2, first + k) for k in wanted]
            first += count
        stores: list[tuple[int, int, int, int]] = []
        first = 0
        back: list[tuple[np.ndarray, np.ndarray]] = []
        for array in outputs:
            if array.ndim < 2:
                first += array.size
                continue
            count = array.size // lanes
            rows = _writable(array, lanes, count, back)
            for k in range(count):
                slot = facts.outputs[first + k]
                if facts.varies[slot]:
                    stores.append((rows.ctypes.data + k * rows.strides[1], rows.strides[0], 0, main.v[slot]))
                else:
                    rows[:, k] = u[slot]
            first += count
        first = 0
        for array, gradient in zip(inputs, gradients or (), strict=bool(gradients)):
            varies = array.size and facts.varies[first]
            count = array.size // lanes if varies else array.size
            if varies and gradient is not None:
                rows = _writable(gradient, lanes, count, back)
                for k in range(count):
                    slot = first + k
                    if slot in main.g and facts.active[slot]:
                        stores.append((rows.ctypes.data + k * rows.strides[1], rows.strides[0], 1, main.g[slot]))
                    else:
                        rows[:, k] = 0.0
            first += count
        leaves = -(-lanes // LEAF)
        sums = np.empty((leaves, self.count))
        spaces = self._run(lanes, u, np.array(loads, np.int64).reshape(-1, 4), np.array(stores, np.int64).reshape(-1, 4), sums, threads)
        totals = _tree(sums)
        for array, rows in back:
            array[...] = rows.reshape(array.shape)
        first = at = 0
        for array in outputs:
            if array.ndim > 1:
                first += array.size // lanes
                continue
            found = np.empty(array.size)
            for k in range(array.size):
                slot = facts.outputs[first + k]
                if facts.varies[slot]:
                    found[k] = totals[at]
                    at += 1
                else:
                    found[k] = lanes * u[slot]
            array[...] = found.reshape(array.shape)
            first += array.size
        if seeds is not None:
            self._back(lanes, inputs, seeds, gradients, u, totals[at:], spaces)
        self.free += spaces[: max(0, 4 - len(self.free))]

    def _back(self, lanes: int, inputs: Any, seeds: Any, gradients: Any, u: np.ndarray, shares: np.ndarray, spaces: Any) -> None:
        """The reverse sweep of what is uniform."""
        facts, main = self.facts, self.main
        g, m = np.full(facts.slots, EMPTY_SUM), np.zeros(facts.slots, np.int64)
        first = 0
        for array in seeds:
            count = array.size // lanes if array.ndim > 1 else array.size
            for k in range(count):
                slot = facts.outputs[first + k]
                if facts.seeded[first + k] and not facts.varies[slot]:
                    g[slot] += array.reshape(lanes, count)[:, k].sum() if array.ndim > 1 else lanes * array.reshape(count)[k]
            first += count
        for slot, share in zip(main.shared, shares, strict=True):
            g[slot] += share
            rows = [space.parts[3].view(np.int64)[self.width * main.m[slot] :][: self.width] for space in spaces if slot in main.m]
            m[slot] = -int(facts.always[slot] or any(row.any() for row in rows))
        if "ub" in self.uniform:
            self.uniform["ub"](u.ctypes.data, g.ctypes.data, None, m.ctypes.data, None, None, None)
        first = 0
        for array, gradient in zip(inputs, gradients, strict=True):
            varies = array.size and facts.varies[first]
            count = array.size // lanes if varies else array.size
            if not varies and gradient is not None:
                gradient[...] = np.where(facts.active[first : first + count], g[first : first + count], 0.0).reshape(gradient.shape)
                for k in range(first, first + count):
                    if facts.active[k] and not facts.always[k] and k in main.accumulators and not m[k] and k not in self.reached_alone:
                        gradient.reshape(-1)[k - first] = 0.0
            first += count

    @cached_property
    def reached_alone(self) -> set[int]:
        """The inputs that uniform instructions read."""
        facts = self.facts
        return {a for k, own in enumerate(facts.args) if not facts.varies[facts.first + k] for a in own}

    def _run(self, lanes: int, u: np.ndarray, loads: np.ndarray, stores: np.ndarray, sums: np.ndarray, threads: int) -> list[_Workspace]:
        leaves = len(sums)
        count = max(1, min(threads, leaves, int(self.cost * lanes / WORTH) + 1))
        bounds = [LEAF * (leaves * k // count) for k in range(count)] + [lanes]
        spaces = [self._space() for _ in range(count)]
        jobs = [self._job(space, u, loads, stores, sums, lanes) for space in spaces]
        if count == 1:
            self._stretch(jobs[0][0], 0, lanes, threading.Event())
            return spaces
        stop = threading.Event()
        futures = [_pool().submit(self._stretch, job[0], a, b, stop) for job, a, b in zip(jobs[1:], bounds[1:], bounds[2:], strict=False)]
        try:
            self._stretch(jobs[0][0], 0, bounds[1], stop)
        except BaseException:
            stop.set()
            raise
        finally:
            for future in futures:
                future.result()
        return spaces

    def _stretch(self, job: np.ndarray, first: int, end: int, stop: threading.Event) -> None:
        """Run some lanes, in slices after which Python looks for Ctrl-C."""
        while first < end and not stop.is_set():
            some = max(self.width, int(SLICE / self.cost) // self.width * self.width)
            until = min(end, first + some)
            start = time.perf_counter()
            self.drive(job.ctypes.data, first, until, 0)
            self.cost = max(1e-9, (time.perf_counter() - start) / (until - first))
            first = until

    def _space(self) -> _Workspace:
        try:
            space = self.free.pop()
        except IndexError:
            return _Workspace(self.counts)
        space.parts[3][:] = 0.0
        return space

    def _job(self, space: _Workspace, u: np.ndarray, loads: np.ndarray, stores: np.ndarray, sums: np.ndarray, lanes: int) -> Any:
        """The words of a job, and what must live as long."""
        tables = []
        for table in (loads, stores):
            words = np.ascontiguousarray(table[:, :3])
            words[:, 2] = np.array(space.at)[table[:, 2]] + 8 * self.width * table[:, 3]
            tables.append(words)
        v, g, s, m, a, k = space.at
        addresses = [self.call, v, g, s, m, u.ctypes.data, a, k, tables[0].ctypes.data, tables[1].ctypes.data, sums.ctypes.data]
        return np.array([*addresses, len(loads), len(stores), self.count, lanes], np.int64), tables


def _writable(array: np.ndarray, lanes: int, count: int, back: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """The array as rows to write to; where that takes a copy, it is noted in `back`."""
    rows = array.reshape(lanes, count)
    if not np.shares_memory(rows, array):
        back.append((array, rows))
    return rows


def _tree(sums: np.ndarray) -> np.ndarray:
    """The sum of the rows in pairs, level by level, an odd last one as it is."""
    while len(sums) > 1:
        pairs = sums[: len(sums) // 2 * 2]
        total = pairs[::2] + pairs[1::2]
        sums = np.concatenate([total, sums[len(pairs) :]])
    return sums[0]


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


if hasattr(__import__("os"), "register_at_fork"):
    __import__("os").register_at_fork(after_in_child=_forget)

__all__ = ["MachinePlan", "ctypes"]
