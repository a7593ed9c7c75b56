"""The nodes for the numbers that a call returns: a call is one node, and each of its outputs, or an entry of one, is another."""

from functools import cache
from typing import Any

import numpy as np

from autograd.engine import Value
from autograd.op import Op
from autograd.program.columns import plainly
from autograd.walks import Deferred

# Stands for the index of an entry where the whole array is meant.
ALL = -1
Key = tuple[int, int]  # the index of an output of a form, and the index of an entry in it: 0 where the output is a number


class Output(Op):
    """The operation of a node for one number that a call returns: an output of its form, or an entry of an output that is an array."""

    name: str
    label: str
    latex: str

    def __init__(self, key: Key) -> None:
        # Without Op's own __init__, since there is nothing to check.
        self.key = key
        self.name = self.label = f"output {key[0]}" + (f"[{key[1]}]" if key[1] else "")
        self.latex = rf"\left(#1\right)_{{{key[0]}}}"
        self.arity = 1

    def sent(self, node: Any, grad: float, carried: dict[Any, dict[Key, Any]]) -> tuple[float, tuple[float, ...]]:
        """Store the gradient under the call; the call itself is sent 1, which only marks it as reached. See `Call.sent`."""
        carried.setdefault(node._args[0], {})[self.key] = grad
        return 1.0, (1.0,)

    def pulled(self, node: Any, cotangent: Any, mask: Any, carried: dict[Any, Any], _reached: Any) -> list[tuple[Any, Any, Any]]:
        """The same with a cotangent on Values."""
        carried.setdefault(node.args[0], {})[self.key] = cotangent
        return [(node.args[0], 1.0, mask)]

    def pushed(self, node: Any, carried: dict[Any, Any], *, graph: bool) -> Any:  # noqa: ARG002  # as that of a call
        """The tangent: the part of the call's tangents that belongs to this number."""
        k, i = self.key
        tangent = carried[node.args[0]][k]
        return np.asarray(plainly(tangent)).item(i) if isinstance(tangent, np.ndarray) else tangent

    def refuse_changed(self, _node: Any) -> None:
        """Do nothing: the derivative is the same whatever the numbers are."""

    def __reduce__(self) -> Any:
        return output_of, (self.key,)


@cache
def output_of(key: Key) -> Output:
    """The `Output` of a key, one object for all nodes."""
    return Output(key)


def entry_of(owner: Any, key: Key, number: float) -> Any:
    """A node for one number that the call `owner` returned."""
    return Value._recorded(number, Deferred([1.0]), output_of(key), (owner,))
