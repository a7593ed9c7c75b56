"""Loops over lanes: the body runs in all lanes at once; lanes that are done before others keep their carries.

Where the steps of a body take paths of their own, the lanes run one after the other: looking up the path of each lane in each step would
take many times as long as the step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograd.program.body import Body


def over_lanes(product: Any, step: Any) -> None:
    """Add to the product of a form with lanes the loop of its body's product."""
    body, c, lanes = step.body, step.body.carries, product.lanes
    varying = [p in product.varies for p in step.given]
    while True:
        inner = product.__class__(body.form, varying, lanes)
        ends = [p in inner.varies for p in body.form.outputs]
        own = [ends[j] or (step.length is None and varying[0]) for j in range(c)]  # a lane may be done before others
        if not any(now and not before for now, before in zip(own, varying, strict=False)):
            break
        varying[:c] = [a or b for a, b in zip(own, varying[:c], strict=True)]
    for j in range(c):
        if varying[j] and not ends[j]:
            shape = (lanes, *(body.form.shape(body.form.outputs[j]) or ()))
            inner.made.steps.append(Spread(inner.made.outputs[j], inner.made.place(shape), shape))
            inner.made.outputs[j] = inner.made.steps[-1].array
    given = [product.at[p] for p in step.given]
    results = [varying[k] if k < c else ends[k] for k in range(len(step.results))]
    places = []
    for place, varies in zip(step.results, results, strict=True):
        if varies:
            places.append(product.column(place))
        else:
            places.append(product.made.place(product.form.shape(place)))
            product.at[place] = places[-1]
    count = None
    if step.count is not None:
        count = product.column(step.count) if varying[0] else product.made.place(())
        product.at[step.count] = count
    arrays = [p in product.varies for p in step.given]
    product.made.steps.append(LaneLoop(step, Body(inner.made, c, body.xs), lanes, given, arrays, varying, places, results, count))


@dataclass(frozen=True, eq=False)
class LaneLoop:
    """A loop whose body runs in lanes; what differs from lane to lane is an array with the lanes first.

    Attributes:
        step: the loop in one lane.
        body: its body over the lanes.
        lanes: how many there are.
        given: the places of its arguments.
        arrays: whether they differ from lane to lane.
        varying: whether the inputs of the body do.
        places: the places of its results.
        results: whether they differ from lane to lane.
        count: the place of the number of steps, of each lane if these differ.
    """

    step: Any
    body: Body
    lanes: int
    given: Sequence[int]
    arrays: Sequence[bool]
    varying: Sequence[bool]
    places: Sequence[int]
    results: Sequence[bool]
    count: int | None

    def run(self, numbers: np.ndarray, arrays: dict[int, Any]) -> None:
        """Run all steps in all lanes, and store the results."""
        step, c, each = self.step, self.body.carries, self.body.carries + self.body.xs
        given = [numbers.item(p) if p >= 0 else arrays[p] for p in self.given]
        if step.body.forks is not None and step.body.forks.is_fit:
            self._one_by_one(given, numbers, arrays)
            return
        spread = [self.varying[j] and not self.arrays[j] for j in range(c)]
        starts = [np.broadcast_to(x, (self.lanes, *np.shape(x))) if s else x for x, s in zip(given, spread, strict=False)]
        ys: list[np.ndarray] = []
        steps: Any
        if step.length is None and self.varying[0]:
            ends, steps = self._until_all_are_done(starts, given[each:])
        else:
            ends, ys, steps = self.body.run(step.length, starts, self._xs(given), given[each:], backwards=step.backwards)
        for k, (place, x) in enumerate(zip(self.places, [*ends, *ys], strict=True)):
            if place >= 0:
                numbers[place] = x
            else:
                arrays[place] = np.moveaxis(x, 0, 1) if k >= c and self.results[k] else x
        if self.count is not None:
            arrays[self.count] = np.asarray(steps)

    def _one_by_one(self, given: Sequence[Any], numbers: np.ndarray, arrays: dict[int, Any]) -> None:
        """`run`, one lane after the other."""
        step, c = self.step, self.body.carries
        each, found = c + self.body.xs, []
        shapes = [((step.length,) if c <= i < each else ()) + (step.body.form.shape(p) or ()) for i, p in enumerate(step.body.form.inputs)]
        rows = [x.reshape(self.lanes, *own) if differs else x for x, own, differs in zip(given, shapes, self.arrays, strict=True)]
        for lane in range(self.lanes):
            own = [x[lane] if differs else x for x, differs in zip(rows, self.arrays, strict=True)]
            ends, ys, steps = step.body.run(step.length, own[:c], own[c:each], own[each:], backwards=step.backwards)
            found.append([*ends, *ys, steps])
        *results, counts = zip(*found, strict=True)
        for place, x, differs in zip(self.places, results, self.results, strict=True):
            if place >= 0:
                numbers[place] = x[0]
            else:
                arrays[place] = np.array(x) if differs else x[0]
        if self.count is not None:
            arrays[self.count] = np.array(counts if self.varying[0] else counts[0])

    def _xs(self, given: Sequence[Any]) -> list[Any]:
        """The inputs of the steps with the steps first."""
        c, found = self.body.carries, []
        for i in range(c, c + self.body.xs):
            x = given[i]
            if self.arrays[i]:
                shape = self.step.body.form.shape(self.step.body.form.inputs[i]) or ()
                x = np.moveaxis(x.reshape(self.lanes, self.step.length or 0, *shape), 0, 1)
            found.append(x)
        return found

    def _until_all_are_done(self, starts: Sequence[Any], shared: Sequence[Any]) -> tuple[list[Any], np.ndarray]:
        """The last carries of each lane, and its number of steps."""
        state, steps = list(starts), np.zeros(self.lanes, int)
        while (go := np.not_equal(state[0], 0.0)).any():
            steps += go
            found = self.body.form([*state, *shared])
            found[0] = np.where(go, found[0], 0.0)
            state = [np.where(go.reshape(-1, *[1] * (np.ndim(old) - 1)), new, old) for new, old in zip(found, state, strict=True)]
        return state, steps


@dataclass(frozen=True, eq=False)
class Spread:
    """A number or array that is the same in all lanes, as one with the lanes first."""

    place: int
    array: int
    shape: tuple[int, ...]

    def run(self, numbers: np.ndarray, arrays: dict[int, Any]) -> None:
        """Store the array."""
        arrays[self.array] = np.broadcast_to(numbers[self.place] if self.place >= 0 else arrays[self.place], self.shape)

    def places(self) -> list[list[int]]:
        """The place of the array."""
        return [[self.array]]

    def sources(self) -> list[list[int]]:
        """The place of what is in it."""
        return [[self.place]]
