# The compiled Value: see autograd/value.py for what it does.

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from autograd import value
from autograd.ops import Op

Value = value.Value

class Operation:
    def __call__(self, *x: Any) -> Any: ...

class Recorder:
    def apply(self, op: Op, x: Sequence[Any]) -> value.Value: ...

def connect(table: Mapping[str, Op], reference: ModuleType) -> None: ...
def order(*roots: value.Value) -> list[value.Value]: ...
def living() -> int: ...
def sweep(cotangents: dict[value.Value, float], inputs: Sequence[value.Value]) -> list[float]: ...
