"""Rolling: a loop of Python, of which a recording has each step, becomes one call of a body that is repeated, as by `scan`.

The operations are looked at in the order in which they were recorded, before equal ones are merged. The period is found in their codes.
What an argument is in all steps tells what the body is given: a number that is always the same stays a constant; a result of the same
step is computed there; one of a step before is carried; a node that is always the same is shared; and other nodes, or numbers, become
an array with an entry for each step. That is verified for each step, so that a loop which does not fit stays as it is.

While a function is recorded this is done whenever the log is full, and a loop that has been found goes on with the next operations, so
that memory does not grow with the number of steps. Results that something still holds, such as a variable of the function, become results
of the call in place.

A call, and its results, are operations of the log like others, so that a loop around loops is found in the same way.
"""

from collections.abc import Callable, Iterator
from sys import getrefcount
from typing import Any

import numpy as np

from autograd.program.log import HELD, NUMBER, Seen, prune
from autograd.program.observed import unobserved
from autograd.program.pattern import CARRIED, CONSTANT, GIVEN, OWN, SHARED, TABLE
from autograd.program.rolled import Rolled, rows

# The log is looked at when it has so many operations.
FULL = 2**17
# A loop is rolled up where it has at least so many steps, and so many operations in all of them: a program of fewer runs faster as it is.
STEPS, LEAST = 16, 2**16
# So many times as many where a program runs often in a call, in lanes or as a body: that of all operations is faster until it is very long.
OFTEN = 64
# So many operations in a row tell where a period may begin anew; so many periods are tried.
WINDOW, TRIED = 8, 16
# Results of so many steps before are carried.
LAGS = 4

Function = Callable[..., Any]
# A loop, the index of its call where it has one, that of the operation from which on there are steps of it, and how many.
Found = tuple[Rolled, int | None, int, int]


class Log:
    """The operations of a recording, in which loops are rolled up.

    Attributes:
        nodes: the operations, in order.
        limit: how many there may be before it is looked at again.
        first: the index of the first one that may become part of a loop: others are part of an evaluation that is not over.
        known: the number of loops that are before it.
        paused: whether a sweep may be walking over the nodes.
        over: whether the evaluation is over.
        loops: the loops, by the nodes of their calls.
        patterns: what they do, and their bodies: loops that repeat the same operations have one.
    """

    answers: dict[Any, bool]
    marks: dict[Any, Any]
    first: int
    known: int
    paused: bool
    over: bool

    def __init__(self, answers: dict[Any, bool], marks: dict[Any, Any], *, often: bool) -> None:
        self.nodes: list[Any] = []
        self.least, self.most = (OFTEN * LEAST, OFTEN * FULL) if often else (LEAST, FULL)
        self.answers, self.marks = answers, marks
        self.limit, self.first, self.known = self.most, 0, 0
        self.paused = self.over = False
        self.loops: dict[Any, Rolled] = {}
        self.patterns: dict[Any, Any] = {}

    def add(self, node: Any) -> None:
        """Note an operation."""
        self.nodes.append(node)
        if len(self.nodes) >= self.limit:
            self.full()

    def full(self) -> None:
        """Roll up what can be, if it may be done now, and let the log grow again."""
        self.roll()
        if len(self.nodes) - self.first >= self.most // 2:
            # A loop within one of which the log does not hold STEPS steps is rolled up first, wherever the log happens to end.
            self.least = min(self.least, self.most // STEPS)
            self.roll()
        self.limit = max(self.most, 2 * len(self.nodes))

    def inside(self, f: Function, *args: Any) -> Any:
        """`f(*args)`, an evaluation of its own: what it records is rolled up by itself, before others walk over it."""
        before = self.first, self.known, self.paused
        self.first, self.known, self.paused = len(self.nodes), len(self.loops), False
        try:
            found = f(*args)
            self.over = True
            self.roll()
            return found
        finally:
            self.first, self.known, self.paused, self.over = *before, False

    def outside(self, f: Function, *args: Any) -> Any:
        """`f(*args)`, which walks over nodes that have been recorded: these stay as they are meanwhile."""
        before, self.paused = self.paused, True
        try:
            return f(*args)
        finally:
            self.paused = before

    def close(self) -> list[int]:
        """Forget the operations, at the end of the recording; return the numbers of steps of its loops."""
        found = [loop.steps for loop in self.loops.values()]
        self.nodes.clear()
        self.loops.clear()
        return found

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
        while len(self.nodes) - self.first >= self.least or len(self.loops) > self.known:
            self._prune()
            if len(self.nodes) == self.first or not self._rolled():
                return

    def _prune(self) -> None:
        """Drop operations whose results nothing uses, calls of loops among them."""
        prune(self.nodes, self.first)
        own = list(self.loops)[self.known :]
        dead = {call for call in own if getrefcount(call) == HELD + 4}  # the log, the list, the name and the argument
        if dead:
            del own
            self.nodes[self.first :] = [node for node in self.nodes[self.first :] if node not in dead]
            for call in dead:
                del self.loops[call]
            dead.clear()
            self._prune()

    def _seen(self) -> Seen:
        return Seen(self.nodes, self.first, self.answers, self.marks, self.loops, self.patterns)

    def _settled(self) -> Seen:
        """The operations, where calls give what is used of their results, so that calls of loops that do the same are equal."""
        seen = self._seen()
        changed = [loop.settle(seen, i, self.patterns) for i, loop in seen.loops]
        return self._seen() if any(changed) else seen

    def _rolled(self) -> bool:
        """Roll up the loops that are seen now; whether there were any."""
        seen = self._settled()
        taken = np.zeros(len(seen), bool)
        found = sorted([*self._continued(seen, taken), *_found(seen, taken, self.least)], key=lambda own: own[2])
        kept, end = [], 0
        for loop, at, first, steps in found:
            going = not self.over and len(seen) - first < (steps + 1) * loop.size  # variables still hold results of its last step
            if first >= end and steps > going:
                kept.append((loop, at, first, steps - going))
                end = first + steps * loop.size
        for loop, at, first, steps in reversed(kept):  # so that the indices of those before stay right
            is_new = loop.call is None
            nodes = loop.take(seen, at, first, steps, self.patterns)
            if is_new:
                self.nodes.pop()  # the call itself, which has just been noted
            begin = self.first + (first if at is None else at)
            own = slice(begin, self.first + first + steps * loop.size)
            self._forget(self.nodes[own], nodes)
            self.nodes[own] = nodes
            self.loops[loop.call] = loop
        return bool(kept)

    def _forget(self, gone: list[Any], kept: list[Any]) -> None:
        """Forget what is known of operations that are part of a loop now."""
        known = [*self.loops, *self.marks]
        for node in set(gone).difference(kept).intersection(known) if known else ():
            if node in self.loops:
                self.loops.pop(node).call = None
            if node in self.marks:
                del self.marks[node]

    def _continued(self, seen: Seen, taken: np.ndarray) -> Iterator[Found]:
        """The known loops that go on with the operations after their calls."""
        for i, loop in seen.loops:
            first = seen.outputs(i)
            if steps := loop.more(seen, i):
                taken[i : first + steps * loop.size] = True
                yield loop, i, first, steps


def _found(seen: Seen, taken: np.ndarray, least: int) -> Iterator[Found]:
    """New loops among the operations that are not taken; longer periods come first."""
    weights = seen.weights
    if np.diff(weights)[~taken].sum() < least:
        return
    for longest in _periods(seen.words):
        same = seen.words[longest:] == seen.words[:-longest]
        for begin, end in _runs(same):
            if end - begin < (STEPS - 1) * longest or weights[end + longest] - weights[begin] < least or taken[begin : end + longest].any():
                continue
            for size in _shorter(seen.words[begin : end + longest], longest):
                for first, steps in _segments(seen, begin + _best(seen, begin, size), end + longest, size):
                    last = first + steps * size
                    if steps >= STEPS and weights[last] - weights[first] >= least and (loop := _loop(seen, first, size, steps)):
                        taken[first:last] = True
                        yield loop, None, first, steps
                if taken[begin : end + longest].any():
                    break


def _shorter(words: np.ndarray, longest: int) -> Iterator[int]:
    """The lengths that divide the longest one after which all these come again, and that."""
    for size in range(1, longest // 2 + 1):
        if longest % size == 0 and (words[size:] == words[:-size]).all():
            yield size
    yield longest


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
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _best(seen: Seen, begin: int, size: int) -> int:
    """Where a step is best taken to begin, counted from `begin`: where the fewest results of earlier operations are still needed."""
    first = begin + LAGS * size  # a step in which all is as in most others
    edges = slice(seen.starts[first], seen.starts[first + (LAGS + 1) * size])
    sources, users = seen.args[edges] - first, seen.owner[edges] - first
    own = (sources >= 0) & (sources < size)
    last = np.full(size, -1)
    np.maximum.at(last, sources[own], users[own])
    used = np.flatnonzero(last >= 0)
    many = np.where(np.isin(first + used, [i for i, _ in seen.loops]), len(seen), 1)  # of a call all results are in one step
    change = np.zeros((LAGS + 1) * size + 1, int)
    np.add.at(change, used + 1, many)
    np.add.at(change, last[used] + 1, -many)
    return int(np.argmin(np.cumsum(change)[:-1].reshape(-1, size).sum(0)))


def _segments(seen: Seen, first: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """The parts in which each argument is of one kind, each with its first operation and the number of steps."""
    steps = (end - first) // size
    args, _ = rows(seen, first, size, steps)
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


def _loop(seen: Seen, first: int, size: int, steps: int) -> Rolled | None:
    """The loop of these steps; None where an argument is not of one kind."""
    args, numbers = rows(seen, first, size, steps)
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
    if not loop.fits() or not loop.frees(seen, first, steps):
        return None
    loop.begin(args, numbers, seen)
    return loop
