"""The arrays of JAX as a kind of number: each operation of the table by functions of `jax.numpy`."""

import functools
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from autograd.kinds import register_library


class _JaxArrays:
    """Arrays of JAX, traced ones too, element by element; `names` has what is called otherwise, or is better than the table's formula."""

    def __init__(self) -> None:
        self.functions, special = import_module("jax.numpy"), import_module("jax.scipy.special")
        self.names: dict[str, Any] = {
            "erf": special.erf,
            "erfc": special.erfc,
            "erfinv": special.erfinv,
            "ndtr": special.ndtr,
            "ndtri": special.ndtri,
            "lgamma": special.gammaln,
            "digamma": special.digamma,
            "zeta": special.zeta,
            "gamma": special.gamma,
            "relu": lambda x: self.functions.maximum(x, 0.0),
        }

    def __getattr__(self, name: str) -> Any:
        return self.names.get(name) or getattr(self.functions, name)

    def maximum(self, *x: Any) -> Any:
        return functools.reduce(self.functions.maximum, x)

    def minimum(self, *x: Any) -> Any:
        return functools.reduce(self.functions.minimum, x)

    def shift(self, *x: Any) -> Any:
        largest = self.maximum(*x)
        return self.functions.where(self.functions.isfinite(largest), largest, 0.0)

    def stacked(self, x: Sequence[Any]) -> Any:
        """Numbers and arrays along a new first axis."""
        return self.functions.stack(self.functions.broadcast_arrays(*x))

    def sum(self, *x: Any) -> Any:
        return self.stacked(x).sum(axis=0) if x else 0.0

    def dot(self, ws: Sequence[Any], xs: Sequence[Any]) -> Any:
        rows = self.stacked([*ws, *xs]) if ws else self.functions.zeros((0,))
        return (rows[: len(ws)] * rows[len(ws) :]).sum(axis=0)

    def norm(self, *x: Any) -> Any:
        rows = self.functions.abs(self.stacked(x))
        largest = rows.max(axis=0)
        unit = self.functions.where((largest > 0.0) & self.functions.isfinite(largest), largest, 1.0)
        length = unit * self.functions.sqrt(((rows / unit) ** 2).sum(axis=0))
        return self.functions.where(self.functions.isinf(largest), largest, length)

    def apply(self, op: Any, x: Sequence[Any]) -> Any:
        own = self.names.get(op.name) if op.__module__ == "autograd.ops" else None
        return own(*x) if own else op.value(self, *x)


@functools.cache
def jax() -> _JaxArrays:
    """The arrays of JAX."""
    return _JaxArrays()


for _library in ("jax", "jaxlib"):
    register_library(_library, jax)
