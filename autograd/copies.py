"""Copies of Values, shallow and deep, of a graph of any depth; while a transform runs, copies stay part of its graph."""

from typing import Any

from autograd import ops
from autograd.context import ACTIVE_INPUTS, current
from autograd.graph import order


def copied(value: Any) -> Any:
    """A node with the attributes of `value`; one that depends on it where a transform would otherwise lose its gradient."""
    return _joined(value) if _lost_in_copy(value) else _twin(value, value.args)


def deeply_copied(value: Any, memo: dict[int, Any]) -> Any:
    """A copy of the graph below `value`, of any depth, or as in `copied`; `memo` is that of `copy.deepcopy`."""
    if id(value) not in memo and _lost_in_copy(value):
        memo[id(value)] = _joined(value)
    for node in () if id(value) in memo else order(value):
        if id(node) not in memo:
            memo[id(node)] = _twin(node, tuple([memo[id(a)] if a.__class__ is value.__class__ else a for a in node.args]))
    return memo[id(value)]


def _twin(value: Any, args: tuple[Any, ...]) -> Any:
    return value._restored(value._number, value._grad, value.op, args, value.partials, value.label, value.scope, value._marks)


def _lost_in_copy(value: Any) -> bool:
    """Whether a transform is running that would lose the gradient of `value` in an independent copy."""
    context = current()
    return bool(context.runs) or context.tracer is not None or depends_on_active_inputs(value)


def _joined(value: Any) -> Any:
    """A node that depends on `value` with derivative 1; for a leaf that the function itself made, another leaf."""
    if not value.args and value._run in current().runs and value not in ACTIVE_INPUTS:
        copy = value.__class__(value._number)
        copy._grad = value._grad
    else:
        copy = ops.mul(value, 1.0)
    copy.label = value.label
    return copy


def depends_on_active_inputs(value: Any) -> bool:
    """Whether `value` is computed from an input of a function that a transform is running, in this thread or another."""
    return bool(ACTIVE_INPUTS) and not ACTIVE_INPUTS.isdisjoint(order(value))
