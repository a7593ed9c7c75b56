"""Forks: a body with branches of Python, as the tree of the paths that its steps have taken, which the kernel follows from step to step.

Along one path a body is one program. A step whose path is not known is run by the body itself, which records its function there; then
the program of the new path is added to the tree, and the kernel goes on from the next step.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.context import NEUTRAL, in_context
from autograd.engine import Value
from autograd.program.form import Form
from autograd.program.paths import PathProgram, Paths, Route
from autograd.program.program import Program


def along(form: Form, at: Sequence[Any] | None = None) -> PathProgram:
    """A form as one program, each entry of an array an input or output of it.

    Args:
        form: the form.
        at: the floats at which it takes its path; of a form without branches, None.
    """
    return in_context(NEUTRAL).run(_along, form, at)


def _along(form: Form, at: Sequence[Any] | None) -> PathProgram:
    given, inputs = [], []
    for place in form.inputs:
        shape = form.shape(place)
        own = [Value(1.0) for _ in range(prod(shape or ()))]
        array = np.empty(len(own), object)
        array[:] = own
        given.append(own[0] if shape is None else array.reshape(shape))
        inputs += own
    numbers = form.places_on_any(given, at)
    ends = [x for p in form.outputs for x in np.ravel(np.asarray(numbers[p], object))]
    pairs = [pair for step in form.steps if step.__class__ is Route for pair in step.guards(numbers)]
    n = len(pairs)
    program = Program([*[guard for guard, _ in pairs], *ends], inputs)  # what each guard needs comes first, see `Trace`
    return PathProgram(program.with_outputs([*range(n, n + len(ends)), *range(n)]), len(ends), np.array([answer for _, answer in pairs]))


class Forks:
    """The paths that steps of a body have taken.

    Args:
        form: the body.
        varying: how many of its numbers differ from step to step, which come first.
        most: of how many instructions a path may be.
        plain: see `Body`.

    Attributes:
        paths: those that are known, as programs.
        is_fit: whether the kernel can follow them; it cannot where they have operations of the user's own.
    """

    form: Form
    varying: int
    most: int
    plain: bool
    paths: Paths
    is_fit: bool

    def __init__(self, form: Form, varying: int, most: int, *, plain: bool) -> None:
        self.form, self.varying, self.most, self.plain = form, varying, most, plain
        name = next(paths.name for step in form.steps if step.__class__ is Route for paths, _ in step.known)
        self.paths, self.is_fit = Paths(name, sum([prod(form.shape(p) or ()) for p in form.inputs]), None), True

    def run(
        self,
        length: int | None,
        carry: np.ndarray,
        inputs: Sequence[np.ndarray],
        outputs: Sequence[np.ndarray],
        one: Callable[[int], Sequence[Any]],
        *,
        backwards: bool,
    ) -> int:
        """Run a loop of the body; the number of steps.

        Args:
            length: how many steps; None as long as the first number of the carry is not 0.
            carry: the first one; it is written to.
            inputs: arrays with a row for each step, then one that all share, if there is one.
            outputs: arrays with a row for each step, to be written.
            one: runs the step of this index by itself; what the form was given there.
            backwards: whether it begins with the last rows.
        """
        steps = 0
        while steps != length and (length is not None or carry[0] != 0.0):
            if self.is_fit and self.paths.kept:
                steps = self.plan.loop(-1 if length is None else length, carry, inputs, outputs, backwards, self.plain, first=steps)
                if steps == length or (length is None and carry[0] == 0.0):
                    break
            at = one(length - 1 - steps if backwards and length is not None else steps)
            self.is_fit = self.is_fit and self._add(along(self.form, at))
            steps += 1
        return steps

    @property
    def plan(self) -> Any:
        """The kernel's plan of the tree."""
        return self.paths.tree.plan([np.empty(self.paths.inputs)], (False,), self.varying)[0]

    def _add(self, path: PathProgram) -> bool:
        """Add a path; whether the kernel can follow it."""
        program = path.batched.program
        return not program.own and len(program) <= self.most and self.paths.add(path) is not None
