"""Steps for the parts of a loop: entries of arrays for some of its steps, arrays put together from those, and the reverse of several steps.

A loop whose length has no good divisor becomes a loop of loops and a loop over the steps that remain, see `autograd.program.loop`.
"""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.program.body import CHOICE
from autograd.program.lanes import copying
from autograd.program.steps import Step
from autograd.program.views import NONE, View


def joined(form: Any, parts: Sequence[tuple[int, range]], place: int, shape: tuple[int, ...]) -> list[Step]:
    """The steps that put together an array of this shape from two, which have these entries of it along the first axis."""
    steps, whole = [], []
    for part, rows in parts:
        whole.append(form.place(shape))
        column = View(whole[-1], shape, 0, np.arange(rows.start, rows.stop))
        own = form.shapes[part]
        steps.append(Step(copying(prod(own[1:])), len(rows), (View(part, own),), NONE, (column,)))
    first = np.zeros(shape)
    first[parts[0][1].start : parts[0][1].stop] = 1.0
    views = [View(p, (first.size,)) for p in (form.constant(first), *whole, place)]
    return [*steps, Step(CHOICE, first.size, tuple(views[:3]), NONE, (views[3],))]


def reverse(
    steps: Sequence[Any], results: Sequence[int], form: Any, received: dict[int, list[int]], active: set[int], selected: set[int]
) -> None:
    """Add to a form the reverse of steps that it has; only their results are used by others. See `Step.reverse`."""
    active, kinds = set(active), {p: p in selected or p not in received for p in results}
    for step in steps:
        if any(p in active for p, *_ in step.sources()):
            active.update(p for p, *_ in step.places())
    for step in reversed(steps):
        for place, within in step.selected(kinds):
            kinds[place] = within and kinds.get(place, True)
    between = {p for step in steps for p, *_ in step.places()}.difference(results)
    selected = selected | {p for p in between if kinds.get(p)}
    for step in reversed(steps):
        sent = [(p, own) for p, *own in step.places() if p in received and p in active]
        if sent:
            form.total(received, [p for p, _ in sent])
            step.reverse(form, sent, received, active, selected)
