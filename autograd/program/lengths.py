"""Forms that are known only when something has run: the loop of a length that a `while_loop` has found, the arms of a `cond`."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd.program.nested import BatchedForm

# How many loops of different lengths are kept.
KEPT = 8


class OfLength:
    """A form for each length, with the passes of a `BatchedProgram`; a pass is applied to the form of a length when that is known.

    Args:
        make: a function of a length, and of whether lanes have lengths of their own up to that, that gives the form, ready to run.
        inputs, outputs: the numbers of inputs and outputs of each.
    """

    def __init__(self, make: Callable[..., BatchedForm], inputs: int, outputs: int) -> None:
        self.make, self.inputs, self.outputs = make, inputs, outputs
        self.made: dict[Any, BatchedForm] = {}

    def __reduce__(self) -> Any:
        return OfLength, (self.make, self.inputs, self.outputs)

    def along(self, counts: np.ndarray) -> BatchedForm:
        """The form for these numbers of steps, one, or one for each lane."""
        key = int(np.max(counts)), counts.ndim > 0
        if key not in self.made:
            if len(self.made) >= KEPT:
                self.made.clear()
            self.made[key] = self.make(key[0], in_lanes=key[1])
        return self.made[key]

    # Passes.

    def adjoint(self, seeded: Sequence[int], wanted: Sequence[int]) -> "OfLength":
        """See `BatchedProgram`."""
        return OfLength(partial(_passed, self.make, "adjoint", (seeded, wanted)), self.inputs + len(seeded), len(wanted))

    def reached(self, seeded: Sequence[int], wanted: Sequence[int]) -> "OfLength":
        """See `BatchedProgram`."""
        return OfLength(partial(_passed, self.make, "reached", (seeded, wanted)), self.inputs, len(wanted))

    def tangent(self, active: Sequence[int]) -> "OfLength":
        """See `BatchedProgram`."""
        return OfLength(partial(_passed, self.make, "tangent", (active,)), self.inputs + len(active), 2 * self.outputs)

    def only(self, outputs: Sequence[int]) -> "OfLength":
        """See `BatchedProgram`."""
        return OfLength(partial(_passed, self.make, "only", (outputs,)), self.inputs, len(outputs))

    def masked(self, outputs: Sequence[int]) -> "OfLength":
        """See `BatchedProgram`."""
        return OfLength(partial(_passed, self.make, "masked", (outputs,)), self.inputs + len(outputs), self.outputs)

    def selected(self, _within: Sequence[bool]) -> np.ndarray:
        """All inputs: what comes back to them as 0 is nothing."""
        return np.ones(self.inputs, bool)


def _passed(make: Callable[..., BatchedForm], name: str, given: tuple[Any, ...], length: int, *, in_lanes: bool) -> BatchedForm:
    found: BatchedForm = getattr(make(length, in_lanes=in_lanes), name)(*given)
    return found
