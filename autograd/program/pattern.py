"""Pattern: what a loop that was rolled up does, as an operation; its arguments are all that may be another number in another such loop.

Loops that do the same to other numbers have equal patterns. So a loop around them is found as any other: its body repeats their calls.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from autograd.context import NEUTRAL, in_context
from autograd.engine import Value
from autograd.graph import order
from autograd.program.body import Body
from autograd.program.building import form_of
from autograd.program.calls import Call
from autograd.program.cleaning import merged, pruned
from autograd.program.form import Form
from autograd.program.fusion import fused
from autograd.program.lanes import BatchedProgram
from autograd.program.loop import Loop
from autograd.program.outputs import Output
from autograd.program.program import OPS
from autograd.program.steps import Step
from autograd.walks import Deferred

# What an argument is in all steps: a constant or numbers; a result of the step, or of one before; what all share; or other nodes.
CONSTANT, TABLE, OWN, CARRIED, SHARED, GIVEN = range(6)


class Pattern:
    """What a loop repeats, how often, and what it gives.

    Args:
        own: the operations that are not in the table: the user's own, patterns, and outputs of their calls.
        arrays: for each operation its code, and where its arguments begin; for each argument its kind, the operation that it is counted
            from the first of its step, and the index of the constant, carried number, array or shared node that it is.
        chains: for what is carried the operation whose result it is, and of how many steps results are carried.
        counts: the numbers of arrays of numbers, arrays of nodes, shared nodes, and constants.
        results: for each output of the call the operation whose result it is, and how many steps before the end it was, 0 for all steps.
        steps: the number of steps.
        free: for each argument of the call whether it may be a number that differs from call to call.
        bodies: the bodies that are known.
    """

    own: tuple[Any, ...]
    arrays: Sequence[np.ndarray]
    chains: tuple[tuple[int, int], ...]
    counts: tuple[int, int, int, int]
    results: tuple[tuple[int, int], ...]
    steps: int
    free: np.ndarray
    bodies: dict[Any, Body]
    ys: tuple[int, ...]
    repeated: tuple[Any, ...]

    def __init__(
        self,
        own: tuple[Any, ...],
        arrays: Sequence[np.ndarray],
        chains: Sequence[tuple[int, int]],
        counts: tuple[int, int, int, int],
        results: Sequence[tuple[int, int]],
        steps: int,
        free: np.ndarray,
        bodies: dict[Any, Body],
    ) -> None:
        self.own, self.arrays, self.chains, self.counts = own, arrays, tuple(chains), counts
        self.results, self.steps, self.free, self.bodies = tuple(results), steps, free, bodies
        self.ys = tuple(dict.fromkeys(j for j, age in results if not age))
        self.repeated = own, tuple([x.tobytes() for x in arrays]), self.chains, self.counts, self.ys

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        return self.repeated, self.results, self.steps

    def call(self, args: Sequence[Any]) -> tuple[Call, tuple[Any, ...]]:
        """The operation of the call, and the arguments of its node, at these Values and floats.

        Args:
            args: the first carries, of each chain the newest first; the entries of the arrays of nodes; the shared nodes; the constants;
                the entries of the arrays of numbers.
        """
        n, (tables, given, shared, constants) = self.steps, self.counts
        numbers = [x._number if x.__class__ is Value else x for x in args]
        sizes = [sum([depth for _, depth in self.chains]), given * n, shared, constants, tables * n]
        first, second, third, fourth, _ = parts = list(accumulate(sizes))
        live = [k for k in range(third, fourth) if args[k].__class__ is Value]
        arrays = [range(k, k + n) for at, count in ((fourth, tables), (first, given)) for k in range(at, at + count * n, n)]
        slots: list[Any] = [
            *range(first), *[list(own) if any(args[k].__class__ is Value for k in own) else None for own in arrays],
            *range(second, third), *live,
        ]  # fmt: skip
        numbered = [
            *numbers[:first],
            *[np.array([numbers[k] for k in own], float) for own in arrays],
            *[numbers[k] for k in slots[first + len(arrays) :]],
        ]
        fixed = tuple([None if x.__class__ is Value else x for x in args[third:fourth]])
        form = self._form(first, tables + given, shared + len(live), self._body(fixed))
        assert parts[-1] == len(args)  # noqa: S101  # which its makers see to
        return Call("loop", form, slots, numbers, numbered), tuple(args)

    def _form(self, carried: int, arrays: int, shared: int, body: Body) -> Form:
        """The form of the call: one loop."""
        form, n = Form(), self.steps
        firsts, xs = [form.input() for _ in range(carried)], [form.input((n,)) for _ in range(arrays)]
        rest = [form.input() for _ in range(shared)]
        ends, ys = [form.place() for _ in firsts], [form.place((n,)) for _ in self.ys]
        at = dict(zip([(j, 1 + k) for j, depth in self.chains for k in range(depth)], ends, strict=True))
        form.outputs = [at[j, age] if age else ys[self.ys.index(j)] for j, age in self.results]
        form.steps.append(Loop(body, n, tuple(firsts), tuple(xs), tuple(rest), tuple(ends), tuple(ys)))
        return form

    def _body(self, fixed: tuple[float | None, ...]) -> Body:
        """What is repeated, with these constants; what is None is one more shared input."""
        key = self.repeated, np.array([0.0 if x is None else x for x in fixed]).tobytes(), tuple([x is None for x in fixed])
        if key not in self.bodies:
            self.bodies[key] = in_context(NEUTRAL).run(self._made, fixed)
        return self.bodies[key]

    def _made(self, fixed: tuple[float | None, ...]) -> Body:
        codes, starts, kinds, relative, which = [x.tolist() for x in self.arrays]
        tables, given, shared, _ = self.counts
        chains, *rest = [[[Value(0.0) for _ in range(depth)] for _, depth in self.chains], *_values(tables, given, shared)]
        live = [Value(0.0) if x is None else x for x in fixed]
        of_kind: dict[int, Any] = {CONSTANT: live, TABLE: rest[0], GIVEN: rest[1], SHARED: rest[2], CARRIED: [own[-1] for own in chains]}
        made: list[Any] = []
        for code, (a, b) in zip(codes, pairwise(starts), strict=True):
            args = [made[relative[c]] if kinds[c] == OWN else of_kind[kinds[c]][which[c]] for c in range(a, b)]
            made.append(_node(OPS[code] if code < len(OPS) else self.own[code - len(OPS)], args))
        carried, inputs = [x for own in chains for x in own], [x for own in rest for x in own]
        ends = [x for (j, _), own in zip(self.chains, chains, strict=True) for x in (made[j], *own[:-1])] + [made[j] for j in self.ys]
        form = form_of(ends, [*carried, *inputs, *[x for x in live if x.__class__ is Value]], order(*ends))
        form.steps = list(map(_simplified, form.steps))
        return Body(fused(form), len(carried), tables + given)


def _values(*counts: int) -> list[list[Value]]:
    return [[Value(0.0) for _ in range(count)] for count in counts]


def _node(op: Any, args: Sequence[Any]) -> Any:
    """A node for an operation of a body; what its number is does not matter."""
    ones = [1.0 if a.__class__ is Value else None for a in args]
    if op.__class__ is Pattern:
        op, args = op.call(args)
        return Value._recorded(0.0, Deferred([1.0 if a.__class__ is Value else None for a in args]), op, args)
    return Value._recorded(0.0, Deferred(ones) if op.__class__ is Output else tuple(ones), op, tuple(args))


def _simplified(step: Any) -> Any:
    """A step whose program has no operation twice."""
    if step.__class__ is not Step or step.batched.__class__ is not BatchedProgram:
        return step
    program, outputs = step.batched.program, range(step.batched.outputs)
    return Step(BatchedProgram(pruned(merged(program), outputs), outputs), 1, step.inputs, step.sums)
