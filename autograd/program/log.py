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
from autograd.program.program import CODES, OPS
from autograd.walks import Deferred

# Among the arguments, a number; and the first node that is outside of the log, the next one being one less.
NUMBER, OUTSIDE = -1, -2
# Part of the word of a guard that was false, and of one that was true.
ANSWERS = mixed(np.array([1, 2]))


class Seen:
    """The operations of a log from an index on, as arrays.

    Args:
        nodes: the log.
        first: the index.
        answers: for the nodes among them whose truth values were used, what these are.
        marks: nodes that are marked, which keeps them alive, and how.

    Attributes:
        codes: the code of each operation, as in a program; -1 for a call, or one of its results.
        own: the operations that are not in the table.
        starts: where the arguments of each begin, and where those of the last one end.
        args: for each argument an index in the log, NUMBER, or OUTSIDE - k for the node `others[k]`.
        numbers: for each argument that is a number this.
        others: the nodes outside that are arguments.
        held: how often each node is held by something that is not an argument in the log.
        words: a number for each operation that tells its code, which of its arguments are numbers, and how a guard was answered.
    """

    nodes: list[Any]
    first: int
    own: Any
    others: Any
    codes: np.ndarray
    starts: np.ndarray
    args: np.ndarray
    numbers: np.ndarray
    held: np.ndarray
    counts: np.ndarray
    owner: np.ndarray
    position: np.ndarray

    def __init__(self, nodes: list[Any], first: int, answers: dict[Any, bool], marks: dict[Any, Any]) -> None:
        self.nodes, self.first = nodes, first
        *parts, self.own, self.others = view(nodes, first)
        kinds = (np.int32, np.int32, np.int32, np.int32, np.float64)
        self.codes, self.starts, self.args, held, self.numbers = [np.frombuffer(x, kind) for x, kind in zip(parts, kinds, strict=True)]
        inside = self.args >= 0
        self.held = held - np.bincount(self.args[inside], minlength=len(held))
        self.counts = np.diff(self.starts)
        self.owner = np.repeat(np.arange(len(self.codes)), self.counts)
        self.position = np.arange(len(self.args)) - self.starts[self.owner]
        self._words(answers, marks)

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
