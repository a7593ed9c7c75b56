"""A loop of Python that was found in a recording, as a call of its body; `autograd.program.rolling` finds them."""

from itertools import islice
from typing import Any

import numpy as np

from autograd.engine import Value
from autograd.program import calls
from autograd.program.log import NUMBER, Seen, rewire
from autograd.program.outputs import Output, output_of
from autograd.program.pattern import CARRIED, CONSTANT, GIVEN, OWN, SHARED, TABLE, Pattern
from autograd.program.program import OPS
from autograd.program.templates import LOOKED_AT
from autograd.walks import Deferred

TIES = np.array([op.ties for op in OPS])
# A node that is a result of the loop: the operation whose result it was, and the index of its step.
Result = tuple[Any, int, int]
Parts = tuple[list[list[Any]], list[list[Any]], list[Any]]


class Rolled:
    """A loop that was found: what it does, and what its call is given and gives.

    Args:
        seen: the operations of the log.
        first: where its first step begins.
        size: the number of operations of a step, of which one may be the call of a loop within.
        kinds: for each argument in a step what it is in all of them.
        relative: for results of this step or one before, where that operation is, counted from the first of the step.
        lags: of how many steps before these are.

    Attributes:
        steps: the number of steps so far.
        weight: the number of operations that a step stands for.
        which: for each argument the index of the constant, carried number, array or shared node that it is.
        chains: see `Pattern`; the first `read` of them are read by the steps, others only hold results.
        tables: the numbers of arrays of numbers.
        parts: the first carries, of each chain the newest first, the nodes of arrays of nodes, and the shared nodes; once there is a call,
            only that holds them.
        results: see `Pattern`.
        call: the node of its call.
    """

    def __init__(self, seen: Seen, first: int, size: int, kinds: np.ndarray, relative: np.ndarray, lags: np.ndarray) -> None:
        begin, end = seen.starts[first], seen.starts[first + size]
        self.size, self.steps, self.read, self.call = size, 0, 0, None
        self.weight = int(seen.weights[first + size] - seen.weights[first])
        self.words, self.codes, self.own = seen.words[first : first + size].copy(), seen.codes[first : first + size].copy(), seen.own
        self.starts, self.owner = seen.starts[first : first + size + 1] - begin, seen.owner[begin:end] - first
        self.position, self.constants = seen.position[begin:end].copy(), seen.numbers[begin:end].copy()
        self.kinds, self.relative, self.lags = kinds, relative, np.where(kinds == CARRIED, lags, 0)
        self.which = np.where(kinds == CONSTANT, np.cumsum(kinds == CONSTANT) - 1, 0)
        self.chains: list[tuple[int, int]] = []
        self.tables: list[list[float]] = []
        self.parts: Parts = [], [], []
        self.results: list[tuple[int, int]] = []
        self._name_own()
        self.free = self._free()

    size: int
    steps: int
    read: int
    count: tuple[int, int]
    weight: int
    own: tuple[Any, ...]
    words: np.ndarray
    codes: np.ndarray
    starts: np.ndarray
    owner: np.ndarray
    position: np.ndarray
    constants: np.ndarray
    kinds: np.ndarray
    relative: np.ndarray
    lags: np.ndarray
    which: np.ndarray
    free: np.ndarray
    call: Any

    def _name_own(self) -> None:
        """Number the operations that are not in the table as they come."""
        others = self.codes >= len(OPS)
        number = {code: k for k, code in enumerate(dict.fromkeys(self.codes[others].tolist()))}
        self.own = tuple([self.own[code - len(OPS)] for code in number])
        self.codes[others] = [len(OPS) + number[code] for code in self.codes[others].tolist()]

    def _free(self) -> np.ndarray:
        """For each argument whether it may be another number in each step: the derivative does not look at whether it is a constant."""
        row = np.minimum(self.codes, len(OPS) - 1)[self.owner]
        free = (self.codes[self.owner] < len(OPS)) & ~TIES[row] & (LOOKED_AT[row] != self.position)
        for i in np.flatnonzero(self.codes >= len(OPS)).tolist():
            op = self.own[self.codes[i] - len(OPS)]
            if op.__class__ is Pattern:
                free[self.starts[i] : self.starts[i + 1]] = op.free
        found: np.ndarray = free
        return found

    def fits(self) -> bool:
        """Whether each argument is of one kind, no number differs where it may not, and calls within are in the step of their results."""
        if (self.codes < 0).any() or (self.kinds < 0).any() or not (self.free | (self.kinds != TABLE)).all():
            return False
        outputs = [i for i in np.flatnonzero(self.codes >= len(OPS)).tolist() if self.own[self.codes[i] - len(OPS)].__class__ is Output]
        return bool((self.kinds[self.starts[outputs]] == OWN).all())

    def frees(self, seen: Seen, first: int, steps: int) -> bool:
        """Whether most of what it computes is held by nothing else: where all nodes are in a list, someone walks over them."""
        needed, weights = self.needed(seen, first, steps), np.diff(seen.weights[first : first + self.size + 1])
        return bool((needed[: max(1, steps - 1)] @ weights <= 0.5 * self.weight).all())  # of the last step variables may hold all

    def needed(self, seen: Seen, first: int, steps: int) -> np.ndarray:
        """For each step and operation whether its result is needed outside of these steps."""
        end = first + steps * self.size
        return seen.needed(first, end)[first:end].reshape(steps, self.size)

    def begin(self, args: np.ndarray, numbers: np.ndarray, seen: Seen) -> None:
        """Give arguments that are alike in all steps one carried number, array or shared node."""
        known: dict[Any, int] = {}
        starts, given, shared = self.parts
        lists: dict[int, list[Any]] = {TABLE: self.tables, CARRIED: starts, SHARED: shared, GIVEN: given}
        for c, kind in enumerate(self.kinds.tolist()):
            if kind in {CONSTANT, OWN}:
                continue
            lag = int(self.lags[c])
            key = kind, (numbers if kind == TABLE else args)[: lag or None, c].tobytes(), int(self.relative[c]) if lag else 0
            if key not in known:
                own = lists[kind]
                known[key] = len(own)
                if kind == CARRIED:
                    self.chains.append((int(self.relative[c]) + lag * self.size, lag))
                    own.append([seen.node(i) for i in args[:lag, c].tolist()][::-1])
                else:
                    own.append(seen.node(int(args[0, c])) if kind == SHARED else [])
            self.which[c] = known[key]
        self.read = len(self.chains)

    # Steps.

    def more(self, seen: Seen, at: int) -> int:
        """The number of steps with which it goes on after its call, which has that index, and the results of this."""
        first = seen.outputs(at)
        most, words = (len(seen) - first) // self.size, self.words
        if not most or (seen.words[first : first + self.size] != words).any():
            return 0
        same = (seen.words[first : first + most * self.size].reshape(most, self.size) == words).all(1)
        steps = most if same.all() else int(np.argmin(same))
        args, numbers = rows(seen, first, self.size, steps)
        if not len(args) or ((args[0] == NUMBER) != (self.kinds <= TABLE)).any():
            return 0
        right = self._right(seen, at, first, args, numbers)
        steps = steps if right.all() else int(np.argmin(right))
        return steps if steps and self.frees(seen, first, steps) else 0

    def _right(self, seen: Seen, at: int, first: int, args: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """For each step that could be the next one whether its arguments are what they are in the steps so far."""
        kinds, bits, t = self.kinds, numbers.view(np.int64), np.arange(len(args))[:, None]
        moves = (args - (first + self.size * t) == self.relative) | (t < self.lags)
        right = np.select(
            [kinds == CONSTANT, kinds == TABLE, kinds <= CARRIED], [bits == self.constants.view(np.int64), True, moves], args < at
        )
        for kind, x in ((TABLE, bits), (GIVEN, args), (SHARED, args)):
            for own in self._alike(kind):
                right[:, own] &= x[:, own] == (x[:1, own[:1]] if kind == SHARED else x[:, own[:1]])
        shared = self._parts()[2]
        for c in np.flatnonzero(kinds == SHARED).tolist():
            right[:, c] &= seen.node(int(args[0, c])) is shared[self.which[c]]
        for c in np.flatnonzero(kinds == CARRIED).tolist():
            for k in range(min(int(self.lags[c]), len(args))):
                right[k, c] = args[k, c] < first and self._is_last(seen.node(int(args[k, c])), self.chains[self.which[c]], k)
        found: np.ndarray = right.all(1)
        return found

    def _alike(self, kind: int) -> list[np.ndarray]:
        """For each array, or shared node, the arguments that it is."""
        own = np.flatnonzero(self.kinds == kind)
        return [own[self.which[own] == w] for w in np.unique(self.which[own]).tolist()]

    def _parts(self) -> Parts:
        """See `parts`."""
        if self.call is None:
            return self.parts
        args, n = iter(self.call._args), self.steps
        starts, given = [list(islice(args, depth)) for _, depth in self.chains], [list(islice(args, n)) for _ in range(self.count[0])]
        return starts[: self.read], given, list(islice(args, self.count[1]))

    def _is_last(self, node: Any, chain: tuple[int, int], k: int) -> bool:
        """Whether a node is what a chain holds for step k of those to come."""
        if node.op.__class__ is not Output or node.args[0] is not self.call:
            return False
        o, i = node.op.key
        operation, age = self.results[o]
        return operation == chain[0] and (self.steps - age if age else i) == self.steps - chain[1] + k

    def take(self, seen: Seen, at: int | None, first: int, steps: int, known: dict[Any, Any]) -> list[Any]:
        """Add these steps.

        Args:
            seen: the operations of the log.
            at: the index of the call, where there is one: its results come after it, then the steps.
            first: the index of the first operation.
            steps: the number of steps.
            known: the patterns and bodies of other loops.

        Returns:
            The nodes of the call and of its results, in the order in which loops that do the same have them.
        """
        args, numbers = rows(seen, first, self.size, steps)
        for table, own in zip(self.tables, self._alike(TABLE), strict=True):
            table.extend(numbers[:, own[0]].tolist())
        parts = self._parts()
        for given, own in zip(parts[1], self._alike(GIVEN), strict=True):
            given.extend(map(seen.node, args[:, own[0]].tolist()))
        needed = seen.needed(first, first + steps * self.size)
        found = [] if at is None else self._kept([seen.node(i) for i in range(at + 1, first) if needed[i]])
        t, j = np.divmod(np.flatnonzero(needed[first : first + steps * self.size]), self.size)
        found += [(seen.node(first + k * self.size + i), i, self.steps + k) for k, i in zip(t.tolist(), j.tolist(), strict=True)]
        self.steps += steps
        return self._give(found, parts, known)

    def settle(self, seen: Seen, at: int, known: dict[Any, Any]) -> bool:
        """Give only those results that are still there, and the nodes in the order as in `take`; whether there were others."""
        first, end = seen.first + at, seen.first + seen.outputs(at)
        found = self._kept(seen.nodes[first + 1 : end])
        changed = self._named(found) != self.results
        if changed:
            seen.nodes[first:end] = self._give(found, self._parts(), known)
        return changed

    def _kept(self, outputs: list[Any]) -> list[Result]:
        """What these nodes, results of the call, are."""
        found = []
        for node in outputs:
            o, i = node.op.key
            j, age = self.results[o]
            found.append((node, j, self.steps - age if age else i))
        return found

    def _named(self, found: list[Result]) -> list[tuple[int, int]]:
        """The outputs of the call of which these are entries: of last results, where these are carried, else of all."""
        depths: dict[int, int] = {}
        for j, depth in self.chains[: self.read]:
            depths[j] = max(depths.get(j, 0), depth)
        for _, j, t in found:
            if self.steps - t == 1:
                depths.setdefault(j, 1)
        every = {j for _, j, t in found if self.steps - t > depths.get(j, 0)}
        return sorted({(j, 0 if j in every else self.steps - t) for _, j, t in found})

    def _give(self, found: list[Result], parts: Parts, known: dict[Any, Any]) -> list[Any]:
        """Make these nodes results of the call, which is recorded anew, with these parts."""
        self.results = self._named(found)
        own = {j for j, _ in self.chains[: self.read]}
        only = sorted({j for j, age in self.results if age and j not in own})  # which nothing reads but the call
        self.chains[self.read :] = [(j, 1) for j in only]
        self._record(parts, known)
        index = {result: o for o, result in enumerate(self.results)}
        keyed = []
        for node, j, t in found:
            keyed.append(((index[j, 0], t) if (j, 0) in index else (index[j, self.steps - t], 0), node))
        for key, node in keyed:
            rewire(node, output_of(key), (self.call,))
        return [self.call, *[node for _, node in sorted(keyed, key=lambda own: own[0])]]

    # The call.

    def pattern(self, known: dict[Any, Any]) -> Pattern:
        """What it does."""
        constant = self.kinds == CONSTANT
        n, sizes = self.steps, (len(self.tables), *self.count, int(constant.sum()))
        starts = sum([depth for _, depth in self.chains])
        free = np.ones(starts + (sizes[0] + sizes[1]) * n + sizes[2] + sizes[3], bool)
        free[starts + sizes[1] * n + sizes[2] :][: sizes[3]] = self.free[constant]
        moves = np.where((self.kinds == OWN) | (self.kinds == CARRIED), self.relative, 0)
        arrays = [x.astype(np.int64) for x in (self.codes, self.starts, self.kinds, moves, self.which)]
        found = Pattern(self.own, arrays, self.chains, sizes, self.results, n, free, known)
        return known.setdefault(found, found)  # type: ignore[no-any-return]

    def _record(self, parts: Parts, known: dict[Any, Any]) -> None:
        """Make the call, or let it have these steps."""
        starts, given, shared = parts
        args = [x for own in starts for x in own] + [0.0] * (len(self.chains) - self.read)
        args += [x for own in given for x in own] + shared + self.constants[self.kinds == CONSTANT].tolist()
        self.parts, self.count = ([], [], []), (len(given), len(shared))
        op, nodes = self.pattern(known).call(args + [x for own in self.tables for x in own])
        if self.call is None:
            calls.made += 1
            self.call = Value._recorded(0.0, Deferred([1.0 if x.__class__ is Value else None for x in nodes]), op, nodes)
        else:
            rewire(self.call, op, nodes)


def rows(seen: Seen, first: int, size: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The arguments, and the numbers, of so many steps as matrices with a row for each step; none where their operations differ."""
    codes, counts = [x[first : first + size * steps].reshape(steps, size) for x in (seen.codes, seen.counts)]
    own = slice(seen.starts[first], seen.starts[first + size * steps])
    if (codes != codes[0]).any() or (counts != counts[0]).any():
        return np.empty((0, 0), int), np.empty((0, 0))
    return seen.args[own].reshape(steps, -1).astype(int), seen.numbers[own].reshape(steps, -1)
