"""A recorded function as one of arrays alone, whose derivatives are passes over its form: no number has to be known for them."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.locks import cached_property
from autograd.program.form import Form
from autograd.program.fusion import fused
from autograd.program.lanes import BatchedProgram
from autograd.program.nested import BatchedForm
from autograd.program.steps import Step
from autograd.program.trace import Trace, of_kind
from autograd.program.views import NONE, View

Shape = tuple[int, ...]


class Formed:
    """A form whose inputs and outputs belong to leaves: numbers and arrays, of which small ones are several inputs of the form.

    Args:
        form: the form.
        inputs: for each leaf of the arguments its shape, and whether the form reads it.
        outputs: for each leaf of the result its shape, and bool or int, or None for floats.

    Attributes:
        kept: what a framework keeps for it.
        linear_in: where this is the derivative of another one along tangents: that one, and which of its leaves have tangents.
    """

    form: Form
    inputs: list[tuple[Shape, bool]]
    outputs: list[tuple[Shape, Any]]
    of_inputs: Any
    of_outputs: Any

    def __init__(self, form: Form, inputs: Sequence[tuple[Shape, bool]], outputs: Sequence[tuple[Shape, Any]]) -> None:
        self.form, self.inputs, self.outputs = form, list(inputs), list(outputs)
        self.linear_in: tuple[Formed, tuple[int, ...]] | None = None
        self.derived: dict[Any, Formed] = {}
        self.kept: dict[Any, Any] = {}
        self.of_inputs = _spread(form.inputs, [shape if is_read else None for shape, is_read in inputs])
        self.of_outputs = _spread(form.outputs, [shape for shape, _ in outputs])

    @staticmethod
    def of(trace: Trace, shapes: Sequence[Shape]) -> "Formed":
        """A recording without guards, of a function of leaves of these shapes."""
        form = (trace.whole or trace.once).copy()
        count = trace.structure.count if trace.whole is not None else trace.count
        form.outputs = form.outputs[:count]
        return Formed(form, [(shape, True) for shape in shapes], list(zip(trace.form.shapes, trace.leaf_kinds, strict=True)))

    @cached_property
    def floating(self) -> tuple[int, ...]:
        """Which leaves of the result are floats."""
        return tuple([k for k, (_, kind) in enumerate(self.outputs) if kind is None])

    def flattened(self, leaves: Sequence[Any]) -> list[Any]:
        """The inputs of the form, from leaves of any kind."""
        found: list[Any] = []
        for x, own in zip(leaves, self.of_inputs, strict=True):
            if len(own) == 1 and (self.form.inputs[own[0]] < 0 or not np.shape(x)):
                found.append(x)
            elif own:
                found += x.ravel().tolist() if isinstance(x, np.ndarray) else list(x.ravel())
        return found

    def __call__(self, leaves: Sequence[Any]) -> list[Any]:
        """The leaves of the result at floats and arrays of floats."""
        found, made = self.form(self.flattened(leaves)), []
        for own, (shape, kind) in zip(self.of_outputs, self.outputs, strict=True):
            y = found[own[0]] if len(own) == 1 else np.array([found[k] for k in own])
            y = np.reshape(y, shape)
            made.append(y if kind is None else of_kind(y, kind))
        return made

    def pull(self, wanted: tuple[int, ...], _floating: tuple[int, ...] = ()) -> "Formed":
        """From the leaves, then a cotangent for each leaf of the result that is of floats, to the gradients of the wanted leaves."""
        n = len(self.inputs)
        if self.linear_in is not None and wanted == tuple(range(n - len(wanted), n)) and len(wanted) == len(self.linear_in[1]):
            base, active = self.linear_in
            return self._once(("back", wanted), lambda: base.pull(active)._ignoring(self.inputs[n - len(wanted) :], n - len(wanted)))  # noqa: SLF001  # of its class
        return self._once(("pull", wanted), lambda: self._pulled(wanted))

    def _pulled(self, wanted: tuple[int, ...]) -> "Formed":
        seeded, ends = [[k for i in own for k in at[i]] for own, at in ((self.floating, self.of_outputs), (wanted, self.of_inputs))]
        form = fused(self.form.adjoint(seeded, ends))
        found = iter(form.outputs)
        form.outputs = []
        for shape, is_read, own in [(*self.inputs[i], self.of_inputs[i]) for i in wanted]:
            form.outputs += [next(found) for _ in own] if is_read else [form.zero(shape or None)]
        cotangents = [(self.outputs[k][0], True) for k in self.floating]
        return Formed(form, [*self.inputs, *cotangents], [(self.inputs[i][0], None) for i in wanted])

    def push(self, active: tuple[int, ...], _floating: tuple[int, ...] = ()) -> "Formed":
        """From the leaves, then a tangent for each active one, to the tangents of those leaves of the result that are of floats."""
        return self._once(("push", active), lambda: self._pushed(active))

    def _pushed(self, active: tuple[int, ...]) -> "Formed":
        form = self.form.tangent([k for i in active for k in self.of_inputs[i]])
        tangents, n = form.outputs[len(self.form.outputs) :], self.of_outputs
        form.outputs = [tangents[k] for own in self.floating for k in n[own]]
        given = [self.inputs[i] for i in active]
        made = Formed(fused(form.pruned()), [*self.inputs, *given], [self.outputs[k] for k in self.floating])
        made.linear_in = self, active
        return made

    def map_samples(self, axes: tuple[int | None, ...], lanes: int) -> "Formed":
        """Over lanes along these axes of the leaves, of which one at least is read; results have them first."""
        return self._once(("map_samples", axes, lanes), lambda: self._map_samples(axes, lanes))

    def _map_samples(self, axes: tuple[int | None, ...], lanes: int) -> "Formed":
        form = Form()
        groups: list[Any] = []
        inputs: list[tuple[Shape, bool]] = []
        for axis, (shape, is_read), own in zip(axes, self.inputs, self.of_inputs, strict=True):
            if axis is None:
                inputs.append((shape, is_read))
                if is_read and own and self.form.inputs[own[0]] < 0:
                    groups.append(View(form.input(shape), shape, None))
                elif is_read and own:
                    groups.append(np.array([form.input() for _ in own], int))
                continue
            wide = (*shape[:axis], lanes, *shape[axis:])
            inputs.append((wide, is_read))
            if is_read:
                groups.append(View(form.input(wide), wide, axis))
        outputs = [((lanes, *shape), kind) for shape, kind in self.outputs]
        form.outputs = [form.place(shape) for shape, _ in outputs]
        program = self.form.program()
        batched = BatchedForm(self.form) if program is None else BatchedProgram(program, range(len(program.outputs)))
        views = [View(p, shape, 0) for p, (shape, _) in zip(form.outputs, outputs, strict=True)]
        form.steps.append(Step(batched, lanes, tuple(groups), NONE, tuple(views)))
        return Formed(form, inputs, outputs)

    def _ignoring(self, leaves: Sequence[tuple[Shape, bool]], first: int) -> "Formed":
        """The same, given further leaves after the first ones, which it does not read."""
        more = [(shape, False) for shape, _ in leaves]
        return Formed(self.form, [*self.inputs[:first], *more, *self.inputs[first:]], self.outputs)

    def _once(self, key: Any, make: Any) -> "Formed":
        if key not in self.derived:
            self.derived[key] = make()
        return self.derived[key]


def _spread(places: Sequence[int], shapes: Sequence[Shape | None]) -> list[list[int]]:
    """For each leaf the indices of the places that hold it: one for an array, or a number, else one for each entry."""
    found: list[list[int]] = []
    first = 0
    for shape in shapes:
        whole = shape is not None and first < len(places) and places[first] < 0
        count = 0 if shape is None else 1 if whole else prod(shape)
        found.append([*range(first, first + count)])
        first += count
    assert first == len(places), (first, places, shapes)  # noqa: S101  # each place belongs to a leaf
    return found
