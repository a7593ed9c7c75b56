"""The operations of a recording in the order in which they were made, as flat arrays, in which loops can be found.

A node of the log can be made the result of another operation in place, so that whoever holds it has the same number, computed otherwise.
"""

import sys
from array import array
from typing import Any

import numpy as np

from autograd.compiled import native
from autograd.engine import Value
from autograd.program.cleaning import mixed
from autograd.program.outputs import Output
from autograd.program.program import CODES, OPS
from autograd.walks import Deferred

# Among the arguments, a number; and the first node that is outside of the log, the next one being one less.
NUMBER, OUTSIDE = -1, -2
# How many references to the node of a loop's call there are besides the log: those of the dict of loops, and of the loop.
HELD = 2
# Part of the word of a guard that was false, and of one that was true.
ANSWERS = mixed(np.array([1, 2]))


class Seen:
    """The operations of a log from an index on, as arrays.

    Args:
        nodes: the log.
        first: the index.
        answers: for the nodes among them whose truth values were used, what these are.
        marks: nodes that are marked, which keeps them alive, and how.
        loops: loops that were rolled up, by the nodes of their calls; each is held by `HELD` others of its own.

    Attributes:
        codes: the code of each operation, as in a program; -1 for a call that is not of one of these loops.
        own: the operations that are not in the table: the user's own, patterns of loops, and outputs of calls.
        weights: how many operations there are before each one, and in all, where a call counts as those of its steps.
        loops: the indices of calls of loops, with these.
        starts: where the arguments of each begin, and where those of the last one end.
        args: for each argument an index in the log, NUMBER, or OUTSIDE - k for the node `others[k]`.
        numbers: for each argument that is a number this.
        others: the nodes outside that are arguments.
        held: how often each node is held by something that is not an argument in the log.
        words: a number for each operation that tells its code, which of its arguments are numbers, and how a guard was answered.
    """

    nodes: list[Any]
    first: int
    own: tuple[Any, ...]
    others: Any
    weights: np.ndarray
    loops: list[tuple[int, Any]]
    codes: np.ndarray
    starts: np.ndarray
    args: np.ndarray
    numbers: np.ndarray
    held: np.ndarray
    counts: np.ndarray
    owner: np.ndarray
    position: np.ndarray

    def __init__(
        self, nodes: list[Any], first: int, answers: dict[Any, bool], marks: dict[Any, Any], loops: dict[Any, Any], known: dict[Any, Any]
    ) -> None:
        self.nodes, self.first = nodes, first
        *parts, own, self.others = view(nodes, first)
        kinds = (np.int32, np.int32, np.int32, np.int32, np.float64)
        self.codes, self.starts, self.args, held, self.numbers = [np.frombuffer(x, kind) for x, kind in zip(parts, kinds, strict=True)]
        inside = self.args >= 0
        self.held = held - np.bincount(self.args[inside], minlength=len(held))
        self._calls(own, loops, known)
        self.counts = np.diff(self.starts)
        self.owner = np.repeat(np.arange(len(self.codes)), self.counts)
        self.position = np.arange(len(self.args)) - self.starts[self.owner]
        self._words(answers, marks)

    def _calls(self, own: list[Any], loops: dict[Any, Any], known: dict[Any, Any]) -> None:
        """Tell calls of loops, and results of calls, by what they do."""
        number = {op: len(OPS) + k for k, op in enumerate(own)}
        weights, self.codes, self.loops = np.ones(len(self.codes), np.int64), self.codes.copy(), []
        for i in np.flatnonzero(self.codes < 0).tolist():
            node = self.nodes[self.first + i]
            loop = loops.get(node)
            if loop is not None:
                self.loops.append((i, loop))
                self.held[i] -= HELD
                weights[i] = loop.steps * loop.weight
                self.codes[i] = number.setdefault(loop.pattern(known), len(OPS) + len(number))
            elif node.op.__class__ is Output:
                self.codes[i] = number.setdefault(node.op, len(OPS) + len(number))
        self.own, self.weights = tuple(number), np.append(0, np.cumsum(weights))

    def _words(self, answers: dict[Any, bool], marks: dict[Any, Any]) -> None:
        keys = self.codes.astype(np.int64)
        own = keys >= len(OPS)
        keys[own] = np.array([id(op) for op in self.own], np.int64)[keys[own] - len(OPS)]
        words = mixed(keys) ^ np.add.reduceat(mixed(2 * self.position + (self.args == NUMBER)), self.starts[:-1])
        calls = np.flatnonzero(self.codes < 0)
        words[calls] = mixed(calls + (1 << 40))  # unlike all others
        for i in np.flatnonzero(self.held).tolist() if answers or marks else ():
            node = self.nodes[self.first + i]
            if node in answers:
                words[i] ^= ANSWERS[int(answers[node])]
            elif self.held[i] == 1 and node in marks:
                self.held[i] = 0
        self.words = words

    def __len__(self) -> int:
        return len(self.codes)

    def needed(self, first: int, end: int) -> np.ndarray:
        """For each operation whether something uses its result that is not among the operations from `first` to `end`."""
        outside = self.args[np.r_[0 : self.starts[first], self.starts[end] : len(self.args)]]
        users = np.bincount(outside[outside >= 0], minlength=len(self))
        found: np.ndarray = (self.held + users) > 0
        return found

    def outputs(self, i: int) -> int:
        """The index after the results of the call with this index, which come after it."""
        end = i + 1
        while end < len(self) and self.codes[end] >= len(OPS) and self.args[self.starts[end]] == i:
            end += 1
        return end

    def node(self, i: int) -> Any:
        """The node that an index among the arguments stands for."""
        return self.nodes[self.first + i] if i >= 0 else self.others[OUTSIDE - i]


def _view(nodes: list[Any], first: int) -> tuple[Any, ...]:
    """The arrays of `Seen`, as bytes, the own operations and the nodes outside."""
    known, others = {node: i for i, node in enumerate(nodes[first:])}, dict[Any, int]()
    own: dict[Any, int] = {}
    codes, starts, args, held, numbers = array("i"), array("i", [0]), array("i"), array("i"), array("d")
    for i in range(first, len(nodes)):
        held.append(sys.getrefcount(nodes[i]) - 3)  # the log, this dict, and the argument
        node = nodes[i]
        deferred = node._partials.__class__ is Deferred
        codes.append(-1 if deferred else CODES[node.op] if node.op in CODES else own.setdefault(node.op, len(OPS) + len(own)))
        for a in node._args:
            is_node = a.__class__ is Value
            numbers.append(0.0 if is_node else a)
            args.append(NUMBER if not is_node else known[a] if a in known else OUTSIDE - others.setdefault(a, len(others)))
        starts.append(len(args))
    return *[x.tobytes() for x in (codes, starts, args, held, numbers)], list(own), list(others)


def _prune(nodes: list[Any], first: int) -> None:
    """Drop from a log the operations whose results nothing else holds."""
    for i in range(len(nodes) - 1, first - 1, -1):
        if sys.getrefcount(nodes[i]) == 2:  # the log and the argument
            nodes[i] = None
    nodes[first:] = [node for node in nodes[first:] if node is not None]


def _rewire(node: Any, op: Any, args: tuple[Any, ...]) -> None:
    """Let a node be the result of another operation, with partials that are deferred."""
    node._made_by, node._args, node._partials = op, args, Deferred([1.0 if a.__class__ is Value else None for a in args])


view, prune, rewire = (_view, _prune, _rewire) if native is None else (native.view, native.prune, native.rewire)
