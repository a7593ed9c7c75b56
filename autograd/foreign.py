"""Operations of the user's own around black boxes: derivatives that cannot be recorded, as operations computed on floats.

A partial that is written with operators and operations is recorded on Values, and so can be differentiated itself. One that calls a solver,
a table or `math.gamma` cannot: it becomes an operation of its own, which asks the user's function for its number at each point. Its own
derivatives are not known: a second derivative is refused where a transform or a program asks for it, and nan where `backward` does.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from math import nan
from typing import Any, NoReturn

from autograd.engine import Value
from autograd.errors import OperationError
from autograd.kinds import FLOATS, IEEE_TRAPS, as_float, kind_of
from autograd.op import Op
from autograd.ops import TABLE

made = 0  # how many were recorded


class Partial(Op):
    """The local derivative of an operation for one argument, from the result and the arguments."""

    def __init__(self, op: Op, index: int) -> None:
        # Not as Op does, since there is nothing to check.
        self.op, self.index = op, index
        self.name = self.label = f"{op.name}'"
        self.latex = rf"\operatorname{{{self.name}}}\left(#*\right)"

    def value(self, _xp: Any, y: Any, *x: Any) -> Any:
        """What the user's partials give."""
        partial = self.op.partials(y, *x)[self.index]
        return 0.0 if partial is None else partial

    def evaluate(self, x: Sequence[float]) -> tuple[float, tuple[float | None, ...]]:
        """The number, and that nothing is known of its derivatives."""
        return FLOATS.apply(self, x), (nan,) * len(x)

    def partials(self, _y: Any, *_x: Any) -> NoReturn:
        """Refused."""
        raise OperationError(
            f"a second derivative of {self.op.name} was asked for, whose partials call what cannot be recorded: write them with operators "
            "and operations of autograd, or with an Op that has partials itself"
        )

    def __reduce__(self) -> Any:
        return partial_of, (self.op, self.index)


@cache
def partial_of(op: Op, index: int) -> Partial:
    """The one `Partial` of an operation and an argument, so that equal instructions are one."""
    return Partial(op, index)


def refuse_second(nodes: Iterable[Value]) -> None:
    """Refuse to differentiate what rests on partials that could not be recorded."""
    for node in nodes:
        if isinstance(node.op, Partial):
            node.op.partials(node)


class AbstractTracer:
    """A trace for recording derivatives at no point in particular, where no branch can be taken and no number be read."""

    def recorded(self, node: Any) -> None:
        """Nothing is remembered."""

    def guard(self, _node: Any) -> bool:
        """Refuse to branch on what is not known yet."""
        raise OperationError("partials were to branch on a number that is not known yet: choose with where")

    def forbid(self, what: str, _node: Any) -> None:
        """Refuse to read a number."""
        raise OperationError(f"{what} was asked for where its number is not known yet")


ABSTRACT_TRACER = AbstractTracer()


def is_own(op: Op) -> bool:
    """Whether the user declared it."""
    return op.__class__ is Op and TABLE.get(op.name) is not op


def recorded_partials(node: Value) -> Sequence[Any]:
    """The local derivatives of a node computed anew, on its arguments as Values, so that they can be differentiated themselves."""
    op: Any = node.op
    if not is_own(op):
        return _computed(op, node, node.args)
    try:
        return _computed(op, node, node.args)
    except Exception:  # noqa: BLE001  # whatever the user's function raises when it is given Values; on floats it is called again
        return [None if p is None else _foreign(op, i, node) for i, p in enumerate(node.partials)]


def _computed(op: Op, y: Any, x: Sequence[Any]) -> Sequence[Any]:
    try:
        return op.partials(y, *x)
    except IEEE_TRAPS:  # arithmetic of constants alone, such as 1/0, which on Values is IEEE's
        return op.partials(y, *[a if a.__class__ is Value else Value(a) for a in x])


def _foreign(op: Op, index: int, node: Value) -> Value:
    """The local derivative as recorded, and how to compute it on other numbers."""
    global made  # noqa: PLW0603  # a counter
    made += 1
    args = (node, *node.args)
    unknown = tuple([nan if a.__class__ is Value else None for a in args])
    return Value._recorded(node.partials[index] or 0.0, unknown, partial_of(op, index), args)


def stand_in(op: Op, args: Sequence[Any]) -> Any:
    """The operation on numbers that stand in for others, where what the user declared may fail: then 1 stands in for the result."""
    try:
        return kind_of(args).apply(op, args)
    except Exception:
        if not is_own(op) and not isinstance(op, Partial):
            raise
    try:
        partials = op.partials(1.0, *[a._number if a.__class__ is Value else a for a in args])
        known = [None if p is None else as_float(p) for p in partials]
    except Exception:  # noqa: BLE001  # as above
        known = [1.0] * len(args)
    return Value._recorded(1.0, tuple([p if a.__class__ is Value else None for a, p in zip(args, known, strict=True)]), op, tuple(args))
