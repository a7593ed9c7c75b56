"""Operations of the user's own around black boxes: derivatives that cannot be recorded become operations that are computed on floats.

A partial that is written with operators and operations is recorded on Values, and so can be differentiated itself. One that calls a solver,
a table or `math.gamma` cannot be recorded: it becomes an operation, whose value at each point is what the user's function returns. Its
derivatives are not known: a transform or a program that needs a second derivative raises an error, and `backward` gives nan.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from math import nan
from typing import Any, NoReturn

from autograd.context import current
from autograd.engine import Value
from autograd.errors import OperationError
from autograd.kinds import IEEE_TRAPS, as_float, kind_of
from autograd.numeric import FLOATS
from autograd.op import Op
from autograd.ops import TABLE

made: int = 0  # how many such operations have been recorded


class Partial(Op):
    """The local derivative of an operation with respect to one argument, as a function of the result and the arguments."""

    op: Op
    index: int
    name: str
    label: str
    latex: str

    def __init__(self, op: Op, index: int) -> None:
        # Without Op's own __init__, since there is nothing to check.
        self.op, self.index = op, index
        self.name = self.label = f"{op.name}'"
        self.latex = rf"\operatorname{{{self.name}}}\left(#*\right)"

    def value(self, _xp: Any, y: Any, *x: Any) -> Any:
        """The partial, computed by the user's function."""
        partial = self.op.partials(y, *x)[self.index]
        return 0.0 if partial is None else partial

    def evaluate(self, x: Sequence[float]) -> tuple[float, tuple[float | None, ...]]:
        """The number; its derivatives are unknown, nan."""
        return FLOATS.apply(self, x), (nan,) * len(x)

    def partials(self, _y: Any, *_x: Any) -> NoReturn:
        """Always an error: they are not known."""
        raise OperationError(
            f"a second derivative of {self.op.name} was requested, but its partials call a function that cannot be recorded: write them "
            "with operators and operations of autograd, or with an Op that has partials itself"
        )

    def __reduce__(self) -> Any:
        return partial_of, (self.op, self.index)


@cache
def partial_of(op: Op, index: int) -> Partial:
    """The only `Partial` of an operation and an argument, so that equal instructions are merged."""
    return Partial(op, index)


def refuse_second(nodes: Iterable[Value]) -> None:
    """Raise an error where a derivative depends on partials that could not be recorded."""
    for node in nodes:
        if isinstance(node.op, Partial):
            node.op.partials(node)


class AbstractTracer:
    """A tracer for recording derivatives with placeholder numbers: no branch can be taken, and no number can be read."""

    lazy = masks = masked = False
    log = None

    def guard(self, _node: Any) -> bool:
        """Raise an error: the number is not known."""
        raise OperationError("the partials branch on a number that is not known while they are recorded: choose with where")

    def note_bool(self, node: Any) -> Any:
        """The node."""
        return node

    def is_bool(self, _node: Any) -> bool:
        """No placeholder is a bool."""
        return False

    def keep(self, _run: int) -> None:
        """Do nothing: no number outlives the recording."""

    def forbid(self, what: str, _node: Any) -> None:
        """Raise an error: the number is not known."""
        raise OperationError(f"{what} was used where numbers are not known, while the derivatives of a program are recorded")


ABSTRACT_TRACER = AbstractTracer()


def is_own(op: Op) -> bool:
    """Whether the user declared it."""
    return op.__class__ is Op and TABLE.get(op.name) is not op


def recorded_partials(node: Value) -> Sequence[Any]:
    """The local derivatives of a node, computed again on its arguments as Values, so that they can be differentiated themselves."""
    op: Any = node.op
    if not is_own(op):
        return _computed(op, node, node.args)
    tracer: Any = current().tracer
    before = getattr(tracer, "rejected", None)
    try:
        return _computed(op, node, node.args)
    except Exception:  # noqa: BLE001  # the user's function may raise anything on Values; it is called on floats instead
        if hasattr(tracer, "rejected"):
            tracer.rejected = before
        return [None if p is None else _foreign(op, i, node) for i, p in enumerate(node.partials)]


def _computed(op: Op, y: Any, x: Sequence[Any]) -> Sequence[Any]:
    try:
        return op.partials(y, *x)
    except IEEE_TRAPS:  # arithmetic of constants alone, such as 1/0, which on Values follows IEEE 754
        return op.partials(y, *[a if a.__class__ is Value else Value(a) for a in x])


def _foreign(op: Op, index: int, node: Value) -> Value:
    """The local derivative as recorded, with the operation that computes it on other numbers."""
    global made  # noqa: PLW0603  # a counter
    made += 1
    args = (node, *node.args)
    unknown = tuple([nan if a.__class__ is Value else None for a in args])
    return Value._recorded(node.partials[index] or 0.0, unknown, partial_of(op, index), args)


def stand_in(op: Op, args: Sequence[Any]) -> Any:
    """The operation on placeholder numbers, on which an operation of the user's own may fail: then 1 is the placeholder for the result."""
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
