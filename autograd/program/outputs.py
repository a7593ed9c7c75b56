"""The outputs of a program as Values: nodes that depend on the Values among its inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.context import current
from autograd.engine import Value
from autograd.op import Op
from autograd.program.arguments import Groups, group_arrays
from autograd.program.lanes import BatchedProgram


class ProgramOutput(Op):
    """An output of a program, weighted and summed over lanes, as an operation on its live inputs."""

    def __init__(
        self, name: str, batched: BatchedProgram, given: Sequence[np.ndarray], live: Sequence[bool], count: int, output: int, weight: float
    ) -> None:
        # Without Op's own __init__, since there is nothing to check.
        self.name = self.label = name
        self.latex = rf"\operatorname{{{name}}}\left(#*\right)"
        self.batched, self.output = batched.only(output), output
        self.given, self.live, self.count, self.weight = given, live, count, weight
        # Whether it depends on arrays that the caller may change in place.
        self.changeable = any(array.flags.writeable and not own for array, own in zip(given, live, strict=True))

    def evaluate(self, x: Sequence[float]) -> tuple[float, tuple[float | None, ...]]:
        """The result and its gradient on floats, by the kernel or in columns."""
        sums, gradients = self.batched.backward(self._filled(x), self.count, [self.weight], self.live)
        return self.weight * float(sums[self.output]), tuple(g for gradient in gradients for g in gradient.ravel().tolist())

    def number(self) -> float:
        """The result at the given inputs."""
        return self.weight * float(np.sum(self.batched.forward(self.given, self.count)[:, self.output], initial=-0.0))

    def _filled(self, x: Sequence[Any]) -> list[np.ndarray]:
        """The groups with these numbers in place of the live ones."""
        rest = iter(x)
        return [np.array([[next(rest) for _ in array[0]]]) if live else array for array, live in zip(self.given, self.live, strict=True)]

    def value(self, _xp: Any, *x: Any) -> Any:
        """The result on numbers of any kind."""
        columns = [a for array in self._filled(x) for a in (array[0].tolist() if len(array) == 1 else array.T)]
        y = self.batched.program(columns)[self.output]
        return y if self.count == 1 and self.weight == 1.0 else np.sum(np.broadcast_to(y, self.count)) * self.weight

    def partials(self, _y: Any, *x: Any) -> tuple[Any, ...]:
        """On Values: the outputs of the gradient program, each again an operation on them."""
        rest, place = iter(x), 0
        groups: Groups = []
        places: list[int] = []
        for array, live in zip(self.given, self.live, strict=True):
            groups.append((array, [next(rest) for _ in array[0]] if live else None))
            places += range(place, place + array.shape[1] * live)
            place += array.shape[1]
        groups.append((np.broadcast_to(self.weight, (1, 1)), None))  # read-only
        return tuple(output_value(f"{self.name}'", self.batched.gradient, groups, self.count, k, 1.0) for k in places)

    def __reduce__(self) -> Any:
        return ProgramOutput, (self.name, self.batched, self.given, self.live, self.count, self.output, self.weight)


def output_value(name: str, batched: BatchedProgram, groups: Groups, count: int, output: int, weight: float) -> Any:
    """An output as a Value that depends on the Values among the inputs; a float where there are none."""
    op = ProgramOutput(name, batched, group_arrays(groups), [own is not None for _, own in groups], count, output, weight)
    values = tuple(v for _, own in groups for v in own or ())
    if values and current().recording:
        return Value._recorded(*op.evaluate([v._number for v in values]), op, values)
    return Value(op.number()) if values else op.number()
