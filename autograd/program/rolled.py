"""A loop of Python that was found in a recording, as a call of its body; `autograd.program.rolling` finds them."""

import sys
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
from autograd.program.log import NUMBER, OUTSIDE, Seen, rewire
from autograd.program.loop import Loop
from autograd.program.outputs import Output, output_of
from autograd.program.program import OPS, Program
from autograd.program.steps import Step
from autograd.program.templates import LOOKED_AT
from autograd.walks import Deferred

TIES = np.array([op.ties for op in OPS])
# What an argument is in all steps: a constant or numbers; a result of the step, or of one before; what all share; or other nodes.
CONSTANT, TABLE, OWN, CARRIED, SHARED, GIVEN = range(6)


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

    size: int
    steps: int
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
        needed = self.needed(seen, first, steps)  # of the last step variables may hold all
        return bool((needed[: max(1, steps - 1)].mean(1) <= 0.5).all())

    def needed(self, seen: Seen, first: int, steps: int) -> np.ndarray:
        """For each step and operation whether its result is needed outside of these steps."""
        end = first + steps * self.size
        outside = seen.args[np.r_[0 : seen.starts[first], seen.starts[end] : len(seen.args)]]
        inside = (outside >= first) & (outside < end)
        users = np.bincount(outside[inside] - first, minlength=end - first)
        return ((seen.held[first:end] + users) > 0).reshape(steps, self.size)

    def begin(self, args: np.ndarray, numbers: np.ndarray, seen: Seen) -> None:
        """Give arguments that are alike in all steps one carried number, array or shared node."""
        known: dict[Any, int] = {}
        lists: dict[int, list[Any]] = {TABLE: self.tables, CARRIED: self.chains, SHARED: self.shared, GIVEN: self.given}
        for c, kind in enumerate(self.kinds.tolist()):
            if kind in {CONSTANT, OWN}:
                continue
            lag = int(self.lags[c])
            key = kind, (numbers if kind == TABLE else args)[: lag or None, c].tobytes(), int(self.relative[c]) if lag else 0
            if key not in known:
                own = lists[kind]
                known[key] = len(own)
                if kind == CARRIED:
                    own.append((int(self.relative[c]) + lag * self.size, [seen.node(i) for i in args[:lag, c].tolist()]))
                else:
                    own.append(seen.node(int(args[0, c])) if kind == SHARED else [])
            self.which[c] = known[key]

    # Steps.

    def more(self, seen: Seen, first: int) -> int:
        """The number of steps with which it goes on from an index on."""
        most, words = (len(seen) - first) // self.size, self.words
        if not most or (seen.words[first : first + self.size] != words).any():
            return 0
        same = (seen.words[first : first + most * self.size].reshape(most, self.size) == words).all(1)
        steps = most if same.all() else int(np.argmin(same))
        args, numbers = rows(seen, first, self.size, steps)
        if not len(args) or ((args[0] == NUMBER) != (self.kinds <= TABLE)).any():
            return 0
        right = self._right(seen, first, args, numbers)
        steps = steps if right.all() else int(np.argmin(right))
        return steps if steps and self.frees(seen, first, steps) else 0

    def _right(self, seen: Seen, first: int, args: np.ndarray, numbers: np.ndarray) -> np.ndarray:
        """For each step that could be the next one whether its arguments are what they are in the steps so far."""
        kinds, bits, t = self.kinds, numbers.view(np.int64), np.arange(len(args))[:, None]
        moves = (args - (first + self.size * t) == self.relative) | (t < self.lags)
        right = np.select(
            [kinds == CONSTANT, kinds == TABLE, kinds <= CARRIED], [bits == self.constants.view(np.int64), True, moves], args < first
        )
        for kind, x in ((TABLE, bits), (GIVEN, args), (SHARED, args)):
            for own in self._alike(kind):
                right[:, own] &= x[:, own] == (x[:1, own[:1]] if kind == SHARED else x[:, own[:1]])
        for c in np.flatnonzero(kinds == SHARED).tolist():
            right[:, c] &= seen.node(int(args[0, c])) is self.shared[self.which[c]]
        for c in np.flatnonzero(kinds == CARRIED).tolist():
            for k in range(min(int(self.lags[c]), len(args))):
                right[k, c] = args[k, c] < first and self._is_last(seen.node(int(args[k, c])), self.chains[self.which[c]], k)
        found: np.ndarray = right.all(1)
        return found

    def _alike(self, kind: int) -> list[np.ndarray]:
        """For each array, or shared node, the arguments that it is."""
        own = np.flatnonzero(self.kinds == kind)
        return [own[self.which[own] == w] for w in np.unique(self.which[own]).tolist()]

    def _is_last(self, node: Any, chain: tuple[int, list[Any]], k: int) -> bool:
        """Whether a node is what a chain holds for step k of those to come."""
        if node.op.__class__ is not Output or node.args[0] is not self.call:
            return False
        o, i = node.op.key
        operation, age = self.results[o]
        return operation == chain[0] and (self.steps - age if age else i) == self.steps - len(chain[1]) + k

    def take(self, seen: Seen, first: int, steps: int, bodies: dict[Any, Body]) -> Any:
        """Add these steps; return the node of the call."""
        args, numbers = rows(seen, first, self.size, steps)
        for table, own in zip(self.tables, self._alike(TABLE), strict=True):
            table.extend(numbers[:, own[0]].tolist())
        for given, own in zip(self.given, self._alike(GIVEN), strict=True):
            given.extend(map(seen.node, args[:, own[0]].tolist()))
        needed = self.needed(seen, first, steps)
        found = [(seen.node(first + t * self.size + j), j, self.steps + t) for t, j in np.argwhere(needed).tolist()]
        found += self._outlasting(seen, first, steps)
        self.steps += steps
        self._name_results(found)
        self._record(bodies)
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
            uses = 0 if k is None else 1 + int((own == OUTSIDE - k).sum())
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

    def _body(self, bodies: dict[Any, Body]) -> Body:
        """What is repeated: the one among the known bodies that is equal, or a new one."""
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
        outputs = [first + j for j in (*[j for j, _ in self.chains], *[j for j, age in self.results if not age])]
        program = Program.from_arrays(self.codes, self.starts, args, values.view(float), outputs, inputs, self.own)
        key = program, tuple(sizes), arrays
        if key not in bodies:
            bodies[key] = _repeated(program, ends.tolist(), arrays)
        return bodies[key]

    def _record(self, bodies: dict[Any, Body]) -> None:
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
        form.steps.append(Loop(self._body(bodies), n, tuple(firsts), tuple(xs), tuple(shared), tuple(ends), tuple(ys.values())))
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


def rows(seen: Seen, first: int, size: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The arguments, and the numbers, of so many steps as matrices with a row for each step; none where their operations differ."""
    codes, counts = [x[first : first + size * steps].reshape(steps, size) for x in (seen.codes, seen.counts)]
    own = slice(seen.starts[first], seen.starts[first + size * steps])
    if (codes != codes[0]).any() or (counts != counts[0]).any():
        return np.empty((0, 0), int), np.empty((0, 0))
    return seen.args[own].reshape(steps, -1).astype(int), seen.numbers[own].reshape(steps, -1)


def _repeated(program: Program, ends: list[int], arrays: int) -> Body:
    """The body that runs a program whose first inputs are carried, in chains with these ends."""
    form, outputs = Form(), range(len(program.outputs))
    program = pruned(merged(program), outputs)
    form.inputs = [form.place() for _ in range(program.inputs)]
    results = [form.place() for _ in outputs]
    used = np.unique(program.args[program.args < program.inputs])
    batched = BatchedProgram(program.with_inputs(used), outputs)
    form.steps.append(Step(batched, 1, (np.array(form.inputs, int)[used],), np.array(results, int)))
    for k, (a, b) in enumerate(pairwise(ends)):
        form.outputs += [results[k], *form.inputs[a : b - 1]]
    form.outputs += results[len(ends) - 1 :]
    return Body(form, ends[-1], arrays)
