"""Arms: two forms of which each lane runs one, as the truth value of a number says; what `cond` becomes in a recording."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.engine import Value
from autograd.errors import OperationError
from autograd.ops import where
from autograd.program.form import Form
from autograd.program.nested import BatchedForm
from autograd.program.packing import Pack
from autograd.program.paths import Along
from autograd.program.steps import Step
from autograd.program.views import View


class Arms:
    """Two forms with the methods of a `BatchedProgram`; a pass is applied to both.

    Args:
        no: what runs where the number is 0.
        yes: what runs where it is not.
    """

    def __init__(self, no: BatchedForm, yes: BatchedForm) -> None:
        self.arms = no, yes
        self.inputs, self.outputs = no.inputs, no.outputs

    def __reduce__(self) -> Any:
        return Arms, self.arms

    def along(self, truth: np.ndarray) -> Any:
        """The arm of this number, or those of the numbers of the lanes; of a Value both, since another number may take the other."""
        if truth.dtype == object and truth.size == 1 and truth.item().__class__ is Value:
            return _Both(self.arms, truth.item())
        try:
            found = np.not_equal(truth.astype(float), 0.0)
        except (TypeError, ValueError):
            raise OperationError("a cond depends on a number that is not known, so that its branch is not known either") from None
        if not found.ndim or found.all() or not found.any():
            return self.arms[int(found.flat[0])]
        parts: list[Any] = [(self.arms[k], np.flatnonzero(found == bool(k))) for k in (0, 1)]
        return _AlongForms(parts, self.outputs)

    def _of_both(self, name: str, *args: Any) -> "Arms":
        return Arms(*[getattr(arm, name)(*args) for arm in self.arms])

    # Passes.

    def adjoint(self, seeded: Sequence[int], wanted: Sequence[int]) -> "Arms":
        """See `BatchedProgram`."""
        return self._of_both("adjoint", seeded, wanted)

    def reached(self, seeded: Sequence[int], wanted: Sequence[int]) -> "Arms":
        """See `BatchedProgram`."""
        return self._of_both("reached", seeded, wanted)

    def tangent(self, active: Sequence[int]) -> "Arms":
        """See `BatchedProgram`."""
        return self._of_both("tangent", active)

    def only(self, outputs: Sequence[int]) -> "Arms":
        """See `BatchedProgram`."""
        return self._of_both("only", outputs)

    def masked(self, outputs: Sequence[int]) -> "Arms":
        """See `BatchedProgram`."""
        return self._of_both("masked", outputs)

    def selected(self, _within: Sequence[bool]) -> np.ndarray:
        """All inputs: the other arm may not use them."""
        return np.ones(self.inputs, bool)


class _Both:
    """Both arms at Values; `where` chooses."""

    def __init__(self, arms: tuple[BatchedForm, BatchedForm], truth: Value) -> None:
        self.arms, self.truth = arms, truth

    def on_any(self, given: Sequence[Any], lanes: int, at: Any) -> list[Any]:
        """See `BatchedProgram`."""
        no, yes = [arm.on_any(given, lanes, at) for arm in self.arms]
        return [where(self.truth, a, b) for a, b in zip(yes, no, strict=True)]


class _AlongForms(Along):
    """The arms, each for its own lanes."""

    def on_any(self, given: Sequence[Any], lanes: int, at: Any) -> list[Any]:
        """See `BatchedProgram`."""
        found = [np.empty(lanes, object) for _ in range(self.outputs)]
        for batched, rows in self.parts:
            own: Any = batched
            floats = None if at is None else [x if len(x) == 1 else x[rows] for x in at]
            columns = own.on_any([x[rows] if isinstance(x, np.ndarray) and x.ndim else x for x in given], len(rows), floats)
            for column, x in zip(found, columns, strict=True):
                column[rows] = x
        return found


def chosen(no: Form, yes: Form) -> Form:
    """The form from a number, then the inputs that both forms have, to the outputs of the one that it chooses."""
    form = Form()
    truth, route = form.input(), form.place(())
    given = [form.input(no.shape(p)) for p in no.inputs]
    form.outputs = [form.place(no.shape(p)) for p in no.outputs]
    order = sorted(range(len(form.outputs)), key=lambda k: form.outputs[k] < 0)  # numbers come first
    arms = []
    for arm in (no, yes):
        own = arm.copy()
        own.outputs = [arm.outputs[k] for k in order]
        arms.append(BatchedForm(own))
    groups = [View(p, form.shapes[p], None) if p < 0 else np.array([p]) for p in given]
    ends = [form.outputs[k] for k in order]
    totals = tuple([View(p, form.shapes[p], None) for p in ends if p < 0])
    sums = np.array([p for p in ends if p >= 0], int)
    form.steps += [Pack(np.array([truth]), route, ()), Step(Arms(*arms), 1, tuple(groups), sums, (), 1.0, totals, route)]
    return form
