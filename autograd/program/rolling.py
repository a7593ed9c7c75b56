"""Rolling: a loop of Python, of which a recording has each step, becomes one call of a body that is repeated, as by `scan`.

The operations are looked at in the order in which they were recorded, before equal ones are merged. The period is found in their codes.
What an argument is in all steps tells what the body is given: a number that is always the same stays a constant; a result of the same
step is computed there; one of a step before is carried; a node that is always the same is shared; and other nodes, or numbers, become
an array with an entry for each step. That is verified for each step, so that a loop which does not fit stays as it is.

While a function is recorded this is done whenever the log is full, and a loop that has been found goes on with the next operations, so
that memory does not grow with the number of steps. Results that something still holds, such as a variable of the function, become results
of the call in place.
"""

import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.engine import Value
from autograd.program import calls
from autograd.program.body import Body
from autograd.program.calls import Call
from autograd.program.cleaning import merged, pruned
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.log import NUMBER, Seen, prune, rewire
from autograd.program.loop import Loop
from autograd.program.observed import unobserved
from autograd.program.program import OPS, Program
from autograd.program.steps import Step
from autograd.program.templates import LOOKED_AT
from autograd.program.traced import Output, output_of
from autograd.walks import Deferred

# The log is looked at when it has so many operations.
FULL = 2**16
# A loop is rolled up where it has at least so many steps, and so many operations in all of them.
STEPS, LEAST = 16, 2**14
# So many operations in a row tell where a period may begin anew; so many periods are tried.
WINDOW, TRIED = 8, 16
# Results of so many steps before are carried.
LAGS = 4

Function = Callable[..., Any]

TIES = np.array([op.ties for op in OPS])
# What an argument is in all steps: a constant or numbers; a result of the step, or of one before; what all share; or other nodes.
CONSTANT, TABLE, OWN, CARRIED, SHARED, GIVEN = range(6)


class Log:
    """The operations of a recording, in which loops are rolled up.

    Attributes:
        nodes: the operations, in order.
        limit: how many there may be before it is looked at again.
        first: the index of the first one that may become part of a loop: others are part of an evaluation that is not over.
        paused: whether a sweep may be walking over the nodes.
        over: whether the evaluation is over.
        loops: the loops, by the nodes of their calls.
    """

    def __init__(self, answers: dict[Any, bool], marks: dict[Any, Any]) -> None:
        self.nodes: list[Any] = []
        self.answers, self.marks = answers, marks
        self.limit, self.first, self.paused, self.over = FULL, 0, False, False
        self.loops: dict[Any, Rolled] = {}

    def add(self, node: Any) -> None:
        """Note an operation."""
        self.nodes.append(node)
        if len(self.nodes) >= self.limit:
            self.full()

    def full(self) -> None:
        """Roll up what can be, if it may be done now, and let the log grow again."""
        self.roll()
        self.limit = max(FULL, 2 * len(self.nodes))

    def inside(self, f: Function, *args: Any) -> Any:
        """`f(*args)`, an evaluation of its own: what it records is rolled up by itself, before others walk over it."""
        before = self.first, self.paused
        self.first, self.paused = len(self.nodes), False
        try:
            found = f(*args)
            self.over = True
            self.roll()
            return found
        finally:
            self.first, self.paused, self.over = *before, False

    def outside(self, f: Function, *args: Any) -> Any:
        """`f(*args)`, which walks over nodes that have been recorded: these stay as they are meanwhile."""
        before, self.paused = self.paused, True
        try:
            return f(*args)
        finally:
            self.paused = before

    def roll(self) -> None:
        """Roll up loops until none is found."""
        if self.paused:
            return
        self.paused = True
        try:
            unobserved(self._until_none_is_found)
        finally:
            self.paused = False

    def _until_none_is_found(self) -> None:
        while len(self.nodes) - self.first >= LEAST or (self.loops and len(self.nodes) > self.first):
            prune(self.nodes, self.first)
            if len(self.nodes) == self.first or not self._rolled():
                return

    def _rolled(self) -> bool:
        """Roll up the loops that are seen now; whether there were any."""
        seen = Seen(self.nodes, self.first, self.answers, self.marks)
        taken = np.zeros(len(seen), bool)
        found = sorted([*self._continued(seen, taken), *_found(seen, taken)], key=lambda own: own[1])
        kept, end = [], 0
        for loop, first, steps in found:
            going = not self.over and len(seen) - first < (steps + 1) * loop.size  # variables still hold results of its last step
            if first >= end and steps > going:
                kept.append((loop, first, steps - going))
                end = first + steps * loop.size
        for loop, first, steps in reversed(kept):  # so that the indices of those before stay right
            call = loop.take(seen, first, steps)
            if call not in self.loops:
                self.nodes.pop()  # the call itself, which has just been noted
            own = slice(self.first + first, self.first + first + steps * loop.size)
            gone = [node for node in self.nodes[own] if node in self.marks] if self.marks else ()
            self.nodes[own] = [] if call in self.loops else [call]
            self.loops[call] = loop
            for node in gone:
                if node.op.__class__ is not Output:
                    del self.marks[node]
        return bool(kept)

    def _continued(self, seen: Seen, taken: np.ndarray) -> Iterator[tuple["Rolled", int, int]]:
        """The known loops that go on with the operations after their calls."""
        for i in np.flatnonzero(seen.codes < 0).tolist() if self.loops else ():
            loop = self.loops.get(seen.nodes[seen.first + i])
            if loop is not None and (steps := loop.more(seen, i + 1)):
                taken[i + 1 : i + 1 + steps * loop.size] = True
                yield loop, i + 1, steps


def _found(seen: Seen, taken: np.ndarray) -> Iterator[tuple["Rolled", int, int]]:
    """New loops among the operations that are not taken, with where they begin and the number of steps; longer periods come first."""
    if len(seen) - taken.sum() < LEAST:
        return
    for size in _periods(seen.words):
        same = seen.words[size:] == seen.words[:-size]
        for begin, end in _runs(same):
            if end - begin < (STEPS - 1) * size or end - begin + size < LEAST or taken[begin : end + size].any():
                continue
            for first, steps in _segments(seen, begin + _best(seen, begin, size), end + size, size):
                if steps >= STEPS and steps * size >= LEAST and (loop := _loop(seen, first, size, steps)):
                    taken[first : first + steps * size] = True
                    yield loop, first, steps


def _periods(words: np.ndarray) -> list[int]:
    """Lengths after which operations in a row often come again, the longest first."""
    if len(words) < 2 * WINDOW:
        return []
    rows = np.zeros(len(words) - WINDOW + 1, np.uint64)
    for k in range(WINDOW):
        rows = rows * np.uint64(0x9E3779B97F4A7C15) + words[k : k + len(rows)]
    order = np.argsort(rows, kind="stable")
    alike = rows[order[1:]] == rows[order[:-1]]
    sizes, counts = np.unique((order[1:] - order[:-1])[alike], return_counts=True)
    often = counts >= STEPS - WINDOW
    most = np.argsort(-counts[often], kind="stable")[:TRIED]
    found: list[int] = np.sort(sizes[often][most])[::-1].tolist()
    return found


def _runs(same: np.ndarray) -> list[tuple[int, int]]:
    """Where it holds in a row: each begin and end."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    found: list[tuple[int, int]] = edges.reshape(-1, 2).tolist()
    return found


def _best(seen: Seen, begin: int, size: int) -> int:
    """Where a step is best taken to begin, counted from `begin`: where the fewest results of earlier operations are still needed."""
    first = begin + LAGS * size  # a step in which all is as in most others
    edges = slice(seen.starts[first], seen.starts[first + (LAGS + 1) * size])
    sources, users = seen.args[edges] - first, seen.owner[edges] - first
    own = (sources >= 0) & (sources < size)
    last = np.full(size, -1)
    np.maximum.at(last, sources[own], users[own])
    used = np.flatnonzero(last >= 0)
    change = np.zeros((LAGS + 1) * size + 1, int)
    np.add.at(change, used + 1, 1)
    np.add.at(change, last[used] + 1, -1)
    return int(np.argmin(np.cumsum(change)[:-1].reshape(-1, size).sum(0)))


def _rows(seen: Seen, first: int, size: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The arguments, and the numbers, of so many steps as matrices with a row for each step; none where their operations differ."""
    codes, counts = [x[first : first + size * steps].reshape(steps, size) for x in (seen.codes, seen.counts)]
    own = slice(seen.starts[first], seen.starts[first + size * steps])
    if (codes != codes[0]).any() or (counts != counts[0]).any():
        return np.empty((0, 0), int), np.empty((0, 0))
    return seen.args[own].reshape(steps, -1).astype(int), seen.numbers[own].reshape(steps, -1)


def _segments(seen: Seen, first: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """The parts in which each argument is of one kind, each with its first operation and the number of steps."""
    steps = (end - first) // size
    args, _ = _rows(seen, first, size, steps)
    if len(args) < STEPS:
        return
    moved = (args[1:] == args[:-1] + size) & (args[:-1] >= 0)
    goes = moved.sum(0) > steps // 2
    odd = np.where(goes, ~moved, (args[1:] != args[:-1]) & (args >= first).any(0))
    relative = args[steps // 2] - (first + size * (steps // 2))
    lags = np.where(goes & (relative < 0), -(relative // size), 0)
    begin = 0
    for t in (1 + np.flatnonzero(odd.any(1))).tolist():
        if t - begin > lags[odd[t - 1]].min():
            yield first + begin * size, t - begin
            begin = t
    yield first + begin * size, steps - begin


def _loop(seen: Seen, first: int, size: int, steps: int) -> "Rolled | None":
    """The loop of these steps; None where an argument is not of one kind."""
    args, numbers = _rows(seen, first, size, steps)
    if not len(args):
        return None
    t = np.arange(steps)[:, None]
    relative = args - (first + size * t)
    lags = np.where(relative[-1] < 0, -(relative[-1] // size), 0)
    is_number, before = args[0] == NUMBER, args < first
    early = t < lags
    moves = (args[-1] >= 0) & (lags <= LAGS) & np.where(early, before, relative == relative[-1]).all(0)
    same = (args == args[0]).all(0)
    equal = (numbers.view(np.int64) == numbers[0].view(np.int64)).all(0)
    kinds = np.select(
        [is_number & equal, is_number, moves & (lags == 0), moves, before.all(0) & same, before.all(0)],
        [CONSTANT, TABLE, OWN, CARRIED, SHARED, GIVEN],
        -1,
    )
    loop = Rolled(seen, first, size, kinds, relative[-1], lags)
    return loop if loop.fits() and loop.frees(seen, first, steps) and loop.begin(args, numbers, seen) else None


class Rolled:
    """A loop that was found: its body, and what its call is given and gives.

    Args:
        seen: the operations of the log.
        first: where its first step begins.
        size: the number of operations of a step.
        kinds: for each argument in a step what it is in all of them.
        relative: for results of this step or one before, where that operation is, counted from the first of the step.
        lags: of how many steps before these are.

    Attributes:
        steps: the number of steps so far.
        which: for each argument the index of the carried number, the array or the shared node that it is.
        chains: for what is carried: the operation of the step whose result it is, and the first values, the oldest first.
        tables, given, shared: the numbers of arrays of numbers, the nodes of arrays of nodes, and the shared nodes.
        results: for each output of the call the operation whose result it is, and how many steps before the end it was, 0 for all steps.
        ends: nodes that are results of the last steps, each with its operation and the index of its step.
    """

    def __init__(self, seen: Seen, first: int, size: int, kinds: np.ndarray, relative: np.ndarray, lags: np.ndarray) -> None:
        begin, end = seen.starts[first], seen.starts[first + size]
        self.size, self.steps = size, 0
        self.words, self.codes, self.own = seen.words[first : first + size].copy(), seen.codes[first : first + size].copy(), tuple(seen.own)
        self.starts, self.owner = seen.starts[first : first + size + 1] - begin, seen.owner[begin:end] - first
        self.position, self.constants = seen.position[begin:end].copy(), seen.numbers[begin:end].copy()
        self.kinds, self.relative, self.lags = kinds, relative, np.where(kinds == CARRIED, lags, 0)
        self.which = np.zeros(len(kinds), int)
        self.chains: list[tuple[int, list[Any]]] = []
        self.tables: list[list[float]] = []
        self.given: list[list[Any]] = []
        self.shared: list[Any] = []
        self.results: list[tuple[int, int]] = []
        self.ends: list[tuple[Any, int, int]] = []
        self.call: Any = None

    def fits(self) -> bool:
        """Whether each argument is of one kind, and no number differs where the derivative looks at whether it is a constant."""
        row = np.minimum(self.codes, len(OPS) - 1)[self.owner]
        free = (self.codes[self.owner] < len(OPS)) & ~TIES[row] & (LOOKED_AT[row] != self.position)
        return bool((self.codes >= 0).all() and (self.kinds >= 0).all() and (free | (self.kinds != TABLE)).all())

    def frees(self, seen: Seen, first: int, steps: int) -> bool:
        """Whether most of what it computes is held by nothing else: where all nodes are in a list, someone walks over them."""
        return bool((self.needed(seen, first, steps).mean(1) <= 0.5).all())  # noqa: PLR2004  # half

    def needed(self, seen: Seen, first: int, steps: int) -> np.ndarray:
        """For each step and operation whether its result is needed outside of these steps."""
        end = first + steps * self.size
        outside = seen.args[np.r_[0 : seen.starts[first], seen.starts[end] : len(seen.args)]]
        inside = (outside >= first) & (outside < end)
        users = np.bincount(outside[inside] - first, minlength=end - first)
        return ((seen.held[first:end] + users) > 0).reshape(steps, self.size)

    def begin(self, args: np.ndarray, numbers: np.ndarray, seen: Seen) -> bool:
        """Give arguments that are alike in all steps one carried number, array or shared node."""
        known: dict[Any, int] = {}
        for c, kind in enumerate(self.kinds.tolist()):
            if kind in {CONSTANT, OWN}:
                continue
            lag = int(self.lags[c])
            key = kind, (numbers if kind == TABLE else args)[: lag or None, c].tobytes(), int(self.relative[c]) if lag else 0
            if key not in known:
                own: list[Any] = {TABLE: self.tables, CARRIED: self.chains, SHARED: self.shared, GIVEN: self.given}[kind]
                known[key] = len(own)
                if kind == CARRIED:
                    own.append((int(self.relative[c]) + lag * self.size, [seen.node(i) for i in args[:lag, c].tolist()]))
                else:
                    own.append(seen.node(int(args[0, c])) if kind == SHARED else [])
            self.which[c] = known[key]
        return True

    # Steps.

    def more(self, seen: Seen, first: int) -> int:
        """The number of steps with which it goes on from an index on."""
        most = (len(seen) - first) // self.size
        differs = seen.words[first : first + most * self.size].reshape(most, self.size) != self.words
        steps = int(np.argmax(differs.any(1))) if differs.any() else most
        if not steps:
            return 0
        args, numbers = _rows(seen, first, self.size, steps)
        if not len(args) or (args[0] == NUMBER).tolist() != (self.kinds <= TABLE).tolist():
            return 0
        t, own = np.arange(steps)[:, None], self.kinds
        right = np.ones(args.shape, bool)
        right[:, own == CONSTANT] = (numbers.view(np.int64) == self.constants.view(np.int64))[:, own == CONSTANT]
        moves = (own == OWN) | (own == CARRIED)
        right[:, moves] = ((args - (first + self.size * t) == self.relative) | (t < self.lags))[:, moves]
        right[:, own >= SHARED] = (args < first)[:, own >= SHARED]
        for c in np.flatnonzero(own == CARRIED).tolist():
            for k in range(min(int(self.lags[c]), steps)):
                right[k, c] = args[k, c] < first and self._is_last(seen.node(int(args[k, c])), *self.chains[self.which[c]], k)
        for c in np.flatnonzero(own == SHARED).tolist():
            right[:, c] &= (args[:, c] == args[0, c]) & (seen.node(int(args[0, c])) is self.shared[self.which[c]])
        for kind, x in ((TABLE, numbers.view(np.int64)), (GIVEN, args)):
            columns = np.flatnonzero(own == kind)
            firsts = {w: c for c, w in reversed(list(zip(columns.tolist(), self.which[columns].tolist(), strict=True)))}
            right[:, columns] &= x[:, columns] == x[:, [firsts[w] for w in self.which[columns].tolist()]]
        steps = int(np.argmin(right.all(1))) if not right.all() else steps
        return steps if steps and self.frees(seen, first, steps) else 0

    def _is_last(self, node: Any, j: int, starts: list[Any], k: int) -> bool:
        """Whether a node is what such a chain holds for step k of those to come."""
        if node.op.__class__ is not Output or node.args[0] is not self.call:
            return False
        o, i = node.op.key
        operation, age = self.results[o]
        return operation == j and (self.steps - age if age else i) == self.steps - len(starts) + k

    def take(self, seen: Seen, first: int, steps: int) -> Any:
        """Add these steps; return the node of the call."""
        args, numbers = _rows(seen, first, self.size, steps)
        for kind, lists in ((TABLE, self.tables), (GIVEN, self.given)):
            for w, own in enumerate(lists):
                c = int(np.flatnonzero((self.kinds == kind) & (self.which == w))[0])
                own += numbers[:, c].tolist() if kind == TABLE else map(seen.node, args[:, c].tolist())
        needed = self.needed(seen, first, steps)
        found = [(seen.node(first + t * self.size + j), j, self.steps + t) for t, j in np.argwhere(needed).tolist()]
        found += self._outlasting(seen, first, steps)
        self.steps += steps
        self._name_results(found)
        self._record()
        for node, j, t in found:
            key = self._key(j, t)
            rewire(node, output_of(key), (self.call,))
            if self.results[key[0]][1]:
                self.ends.append((node, j, t))
        return self.call

    def _outlasting(self, seen: Seen, first: int, steps: int) -> list[tuple[Any, int, int]]:
        """Of the nodes that were results of the last steps those that something holds beyond the steps that are added."""
        if not self.ends:
            return []
        known = {id(node): k for k, node in enumerate(seen.others)}
        own = seen.args[seen.starts[first] : seen.starts[first + steps * self.size]]
        found, ends, self.ends = [], self.ends, []
        while ends:
            entry = ends.pop()
            node = entry[0]
            k = known.get(id(node))
            uses = 0 if k is None else 1 + int((own == -2 - k).sum())
            if sys.getrefcount(node) - uses > 3:  # the entry, the name and the argument
                found.append(entry)
        return found

    def _name_results(self, found: list[tuple[Any, int, int]]) -> None:
        """Make sure that there is an output for each of these nodes."""
        depths: dict[int, int] = {}
        for j, starts in self.chains:
            depths[j] = max(depths.get(j, 0), len(starts))
        for _, j, t in sorted(found, key=lambda own: own[2]):
            age = self.steps - t
            if (j, 0) in self.results or (j, age) in self.results:
                continue
            if age == 1 and j not in depths:
                self.chains.append((j, [0.0]))  # which nothing reads but the call
                depths[j] = 1
            self.results.append((j, age if age <= depths.get(j, 0) else 0))

    def _key(self, j: int, t: int) -> tuple[int, int]:
        """The output, and the entry in it, that is the result of an operation in a step."""
        return (self.results.index((j, 0)), t) if (j, 0) in self.results else (self.results.index((j, self.steps - t)), 0)

    # The call.

    def body(self) -> Body:
        """What is repeated."""
        form = Form()
        sizes = [len(starts) for _, starts in self.chains]
        carried, arrays = sum(sizes), len(self.tables) + len(self.given)
        inputs = carried + arrays + len(self.shared)
        values, constant = np.unique(self.constants[self.kinds == CONSTANT].view(np.int64), return_inverse=True)
        first = inputs + len(values)
        ends = np.cumsum([0, *sizes])
        args = self.which.copy()
        for kind, start in ((TABLE, carried), (GIVEN, carried + len(self.tables)), (SHARED, carried + arrays)):
            args[self.kinds == kind] += start
        args[self.kinds == OWN] = first + self.relative[self.kinds == OWN]
        args[self.kinds == CARRIED] = ends[args[self.kinds == CARRIED] + 1] - 1  # the oldest of its chain
        args[self.kinds == CONSTANT] = inputs + constant
        rows = [j for j, age in self.results if not age]
        outputs = [first + j for j in (*[j for j, _ in self.chains], *rows)]
        program = Program.from_arrays(self.codes, self.starts, args, values.view(float), outputs, inputs, self.own)
        program = pruned(merged(program), range(len(outputs)))
        used = np.unique(program.args[program.args < inputs])
        form.inputs = [form.place() for _ in range(inputs)]
        results = [form.place() for _ in outputs]
        batched = BatchedProgram(program.with_inputs(used), range(len(outputs)))
        form.steps.append(Step(batched, 1, (np.array(form.inputs, int)[used],), np.array(results, int)))
        for k, (a, b) in enumerate(pairwise(ends.tolist())):
            form.outputs += [results[k], *form.inputs[a : b - 1]]
        form.outputs += results[len(sizes) :]
        return Body(form, carried, arrays)

    def _record(self) -> None:
        """Make the call, or let it have these steps."""
        form, n = Form(), self.steps
        starts = [x for _, own in self.chains for x in reversed(own)]
        firsts = [form.input() for _ in starts]
        xs = [form.input((n,)) for _ in (*self.tables, *self.given)]
        shared = [form.input() for _ in self.shared]
        ends = [form.place() for _ in starts]
        at = dict(zip([(j, 1 + k) for j, own in self.chains for k in range(len(own))], ends, strict=True))
        ys = {j: form.place((n,)) for j, age in self.results if not age}
        form.outputs = [at[j, age] if age else ys[j] for j, age in self.results]
        form.steps.append(Loop(self.body(), n, tuple(firsts), tuple(xs), tuple(shared), tuple(ends), tuple(ys.values())))
        nodes = [*starts, *[x for own in self.given for x in own], *self.shared]
        slots: list[Any] = [*range(len(starts)), *[None for _ in self.tables]]
        slots += [list(range(len(starts) + k * n, len(starts) + (k + 1) * n)) for k in range(len(self.given))]
        slots += range(len(nodes) - len(self.shared), len(nodes))
        numbers = [x._number if x.__class__ is Value else x for x in nodes]
        given = [*numbers[: len(starts)], *map(np.array, self.tables)]
        given += [np.array(numbers[slot[0] : slot[-1] + 1]) for slot in slots if slot.__class__ is list]
        op = Call("loop", form, slots, numbers, [*given, *numbers[len(nodes) - len(self.shared) :]])
        if self.call is None:
            calls.made += 1
            self.call = Value._recorded(0.0, Deferred([1.0 if x.__class__ is Value else None for x in nodes]), op, tuple(nodes))
        else:
            rewire(self.call, op, tuple(nodes))
