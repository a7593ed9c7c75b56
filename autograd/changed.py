"""Whether a recorded operation is still valid, which transforms check before they compute its derivatives again."""

import math
from collections.abc import Sequence
from typing import Any

from autograd.context import NEUTRAL, in_context
from autograd.engine import Value
from autograd.errors import ChangedError
from autograd.kinds import kind_of
from autograd.operators import LOADED, MOVED, identical
from autograd.walks import Deferred

Numbers = Sequence[float | None]


def refuse_changed(node: Value) -> None:
    """Raise an error for a node with an operand that was changed after recording: its derivatives would be those of another point.

    A Value notes whether its number was ever set to another one; if that of no operand was, nothing is compared. Otherwise, and for a
    replay over arrays that the caller may have changed, the operation is applied again to the present numbers, by the code that recorded
    it; it is an error if its value or a local derivative differs in any bit. So an operand that was set before it was used, or changed and
    set back, is not changed. A node whose own number was set is an error if its local derivatives depend on it.

    A node loaded from a pickle may have been computed by another backend, and is compared up to rounding. An operation whose results differ
    from call to call is not checked.

    Raises:
        ChangedError: an operand was changed.
    """
    if node.partials.__class__ is Deferred:
        node.op.refuse_changed(node)  # type: ignore[union-attr]  # which a Call has
        return
    moved = node._marks & MOVED
    if not (moved or any(a._marks & MOVED for a in node.args if a.__class__ is Value) or getattr(node.op, "changeable", False)):
        return
    now = _recomputed(node)
    then = [now[0] if moved else node._number, *node.partials]
    found = _difference(node, then, now)
    if found is None and moved and not _agree(node, node._number, now[0]):
        found = _difference(node, _derivatives(node, now[0]), _derivatives(node, node._number))
    if found is not None and _difference(node, now, _recomputed(node)) is None:
        what, was, becomes = found
        raise ChangedError(
            f"{'the number' if moved else 'an operand'} of {node!r} was changed after it was recorded: its {what} was {was} and is "
            f"{becomes} now; compute the result again, or take the gradient before changing anything"
        )


def _recomputed(node: Value) -> list[Any]:
    """Value and local derivatives of the operation, applied to the present numbers of its operands."""
    with in_context(NEUTRAL):
        args = [Value(a._number) if a.__class__ is Value else a for a in node.args]
        node_now: Any = kind_of(args).apply(node.op, args)
    return [node_now._number, *node_now.partials]


def _derivatives(node: Value, y: float) -> list[Any]:
    """None in place of the value, and the local derivatives if the result is `y`."""
    with in_context(NEUTRAL):
        x = [Value(a._number if a.__class__ is Value else a) for a in node.args]
        found = node.op.partials(Value(y), *x)  # type: ignore[union-attr]  # a leaf has no operands and is not checked
    return [None, *[p._number if p.__class__ is Value else p for p in found]]


def _difference(node: Value, then: Numbers, now: Numbers) -> tuple[str, float | None, float | None] | None:
    """The first local derivative that differs, else the value if that does, else None."""
    for what, pairs in (("local derivative", zip(then[1:], now[1:], strict=True)), ("value", zip(then[:1], now[:1], strict=True))):
        for a, b in pairs:
            if not _agree(node, a, b):
                return what, a, b
    return None


def _agree(node: Value, a: float | None, b: float | None) -> bool:
    if identical(a, b):
        return True
    loaded = node._marks & LOADED and a is not None and b is not None
    return bool(loaded and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12))  # type: ignore[arg-type]  # not where one is None
