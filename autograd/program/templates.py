"""Templates: the local derivatives of an operation as a small program, recorded from the partials in its row of the table.

A pattern is an operation together with all that decides which instructions its local derivatives need, such as which arguments are active.
A template is recorded once for each pattern, and kept.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from autograd import ops
from autograd.context import NEUTRAL, in_context
from autograd.engine import Value
from autograd.foreign import ABSTRACT_TRACER, recorded_partials, stand_in
from autograd.kinds import as_float
from autograd.op import Op
from autograd.program.program import CODES, OPS, Program

KEPT = 1000  # templates are kept only for operations with at most this many arguments


class Pattern(NamedTuple):
    """An operation, and what is known of its arguments; equal patterns have the same template.

    Attributes:
        op: the operation.
        arity: how many arguments it has.
        known: the constant arguments whose values decide what the partials are, as pairs of position and number in hexadecimal digits.
        ties: the positions of the constant arguments, for an operation that is not smooth where arguments are equal, such as maximum.
        active: the positions of the arguments with respect to which derivatives are wanted.
        masked: whether the contributions have a mask, a number: they are 0 where it is 0.
    """

    op: Op
    arity: int
    known: tuple[tuple[int, str], ...] = ()
    ties: tuple[int, ...] = ()
    active: tuple[int, ...] = ()
    masked: bool = False

    @property
    def selects(self) -> bool:
        """Whether its first argument selects one of the others, as in `where`, and is not a constant."""
        return self.op.selects and not (self.known and self.known[0][0] == 0)

    def node(self) -> Any:
        """A node with the operation, applied to placeholders and the known constants; a call of a form, to the numbers that it had."""
        x: list[Any] = [Value(a) for a in getattr(self.op, "numbers", (1.0,) * self.arity)]
        for k, digits in self.known:
            x[k] = float.fromhex(digits)
        return stand_in(self.op, x)

    def depends(self) -> tuple[bool, ...]:
        """For each argument whether the result depends on it; of an operation that selects, or a call of a form, whether it may do so."""
        if hasattr(self.op, "numbers"):
            known = {k for k, _ in self.known}
            return tuple([k not in known for k in range(self.arity)])
        return (False, True, True) if self.selects else tuple([p is not None for p in self.node().partials])

    def record(self) -> Program:
        """Record the program of the contributions.

        Returns:
            A program with the inputs: the result, the arguments, what is received for each argument, and the mask. A contribution is a
            product of two factors. The outputs are: for each active argument the first factor, which contains what is received; then for
            each the second, the local derivative; then, for an operation that selects, the mask of each branch.
        """
        node = self.node()
        ties = set(self.ties)
        partials = node.op.settled(tuple(recorded_partials(node)), [0.0 if k in ties else a for k, a in enumerate(node.args)])
        received, mask = [Value(1.0) for _ in range(self.arity)], Value(1.0)
        firsts, seconds, masks = [], [], []
        for k in self.active:
            r, p = (0.0, 1.0) if partials[k] is None else (received[k], partials[k])
            p = p if p.__class__ is Value else as_float(p)
            if self.selects:
                masks.append(mask * p if self.masked else p)
            if self.selects and p.__class__ is Value:
                r, p = ops.where(p, r, 0.0), 1.0
            if self.masked:
                r, p = ops.where(mask, r if p.__class__ is float and p == 1.0 else r * p, 0.0), 1.0
            firsts.append(r)
            seconds.append(p)
        args = [a if a.__class__ is Value else Value(a) for a in node.args]
        return Program([*firsts, *seconds, *masks], [node, *args, *received, mask])


def _neutral(f: Callable[[Pattern], Any], pattern: Pattern) -> Any:
    """`f(pattern)` in a neutral context, also within `no_grad` or a recording; partials of the user's that branch on placeholders raise."""
    return in_context(NEUTRAL if pattern.op in CODES else replace(NEUTRAL, tracer=ABSTRACT_TRACER)).run(f, pattern)


class Template:
    """The program of a pattern's contributions, and what the passes need to know of it.

    Attributes:
        program: see `Pattern.record`.
        firsts: the place of the first factor of each active argument; `seconds` and `masks` likewise.
        plain: for each active argument whether its first factor is what is received, unchanged.
        made: whether any first factor is anything else.
        unit: whether its second factor is 1.
        own: the active arguments, by their index among these, whose second factor is itself an argument of the operation; `factor` has
            the position of that argument.
        counts: the number of arguments of each instruction.
    """

    program: Program
    firsts: np.ndarray
    masks: np.ndarray
    plain: np.ndarray
    made: bool
    unit: np.ndarray
    own: np.ndarray
    factor: np.ndarray
    counts: np.ndarray

    def __init__(self, pattern: Pattern) -> None:
        self.program = program = _neutral(Pattern.record, pattern)
        n, arity = len(pattern.active), pattern.arity
        outputs = program.outputs.astype(np.intp)
        self.firsts, seconds, self.masks = outputs[:n], outputs[n : 2 * n], outputs[2 * n :]
        self.seconds = seconds
        self.plain = (self.firsts > arity) & (self.firsts <= 2 * arity)
        self.made = bool((self.firsts > 2 * arity).any())
        ones = np.zeros(program.inputs + len(program.constants) + len(program), bool)
        ones[program.inputs : program.inputs + len(program.constants)] = program.constants == 1.0
        self.unit = ones[seconds]
        self.own = ((seconds > 0) & (seconds <= arity)).nonzero()[0]
        self.factor = seconds[self.own] - 1
        starts = program.starts.astype(np.intp)
        self.counts = starts[1:] - starts[:-1]


_kept = lru_cache(512)(Template)


def template(pattern: Pattern) -> Template:
    """The template of a pattern."""
    is_kept = pattern.arity <= KEPT and pattern.op in CODES  # what a user's operation captures may change
    return _kept(pattern) if is_kept else Template(pattern)


def depends(pattern: Pattern) -> tuple[bool, ...]:
    """For each argument of a pattern whether the result depends on it."""
    return _depends(pattern) if pattern.op in CODES else _neutral(Pattern.depends, pattern)


@lru_cache(512)
def _depends(pattern: Pattern) -> tuple[bool, ...]:
    found: tuple[bool, ...] = _neutral(Pattern.depends, pattern)
    return found


# For each row of the table, by code: on which of its first three arguments the result depends (with more arguments, on all of them); and
# the position of the argument whose value decides what the partials are if it is a constant, such as the exponent of a power; else -1.
ROW_DEPENDS = np.array(
    [[*[p is not None for p in op.evaluate([1.0] * (op.arity or 0))[1]], True, True][:3] if op.arity else [True] * 3 for op in OPS]
)
LOOKED_AT = np.array([0 if op.selects else op.arity - 1 if op.arity and (op.constant or op.constant_of) else -1 for op in OPS])
