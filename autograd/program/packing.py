"""Pack, the step that puts numbers into an array, and Unpack, the step that takes them out; see `Step` for their methods."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Self

import numpy as np

from autograd.kinds import quietly
from autograd.locks import cached_property
from autograd.program.views import moved


class _Rearranged:
    """The methods that Pack and Unpack share: their results are computed as a whole."""

    numbers: np.ndarray
    shape: tuple[int, ...]
    index: np.ndarray | None
    places: Callable[[], list[Sequence[int]]]
    sources: Callable[[], list[Sequence[int]]]

    @cached_property
    def _each(self) -> list[Sequence[int]]:
        """The place of each number, as `Step.sources` has it, once."""
        return [*zip(dict.fromkeys(self.numbers.tolist()), strict=True)]

    def _entries(self, numbers: np.ndarray) -> np.ndarray:
        """What there is for each number as an array of the entries."""
        return (numbers if self.index is None else numbers[self.index]).reshape(self.shape)

    def only(self, _live: set[int]) -> Self:
        """This step: its results cannot be computed in part."""
        return self

    def selected(self, kinds: Mapping[int, bool]) -> list[tuple[int, bool]]:
        """For each argument its place, and whether it is used only within branches of a `where`; `kinds` says the same of the results."""
        within = all(kinds.get(place, True) for place, *_ in self.places())
        return [(place, within) for place, *_ in self.sources()]


@dataclass(frozen=True, eq=False)
class Pack(_Rearranged):
    """Put numbers into an array; entry e is number e, or number index[e], so that those that it has several times are given once."""

    numbers: np.ndarray
    array: int
    shape: tuple[int, ...]
    index: np.ndarray | None = None

    @classmethod
    def of(cls, entries: Sequence[int], array: int, shape: tuple[int, ...]) -> "Pack":
        """The step for the places of all entries."""
        at = {place: k for k, place in enumerate(dict.fromkeys(entries))}
        index = None if len(at) == len(entries) else np.array([at[place] for place in entries])
        return cls(np.array([*at], int), array, shape, index)

    def run(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        """Store the array."""
        arrays[self.array] = self._entries(numbers[self.numbers])

    def sweep(self, _numbers: Any, _arrays: Any, received: dict[int, Any], active: set[int], _selected: set[int], send: Any) -> None:
        """Send each number its entry of the cotangent, or the sum of its entries."""
        sums = summed(np.ravel(received[self.array]), self.index, len(self.numbers))
        for place, x in zip(self.numbers.tolist(), sums.tolist(), strict=True):
            if place in active:
                send(place, x)

    def run_on_any(self, numbers: dict[int, Any], _recorded: Any) -> None:
        """Store the array."""
        numbers[self.array] = self._entries(np.array([numbers[p] for p in self.numbers.tolist()]))

    def places(self) -> list[Sequence[int]]:
        """The place of the array."""
        return [[self.array]]

    def sources(self) -> list[Sequence[int]]:
        """The places of the numbers."""
        return self._each

    def reading(self, places: Mapping[int, int]) -> "Pack":
        """This step with its arguments at other places; `places` maps the old ones to the new."""
        return Pack(moved(self.numbers, places), self.array, self.shape, self.index)

    def moved(self, places: Mapping[int, int]) -> "Pack":
        """This step with arguments and results at other places; `places` maps the old ones to the new."""
        return Pack(moved(self.numbers, places), places[self.array], self.shape, self.index)

    def reverse(self, form: Any, _sent: Any, received: dict[int, list[int]], active: set[int], selected: set[int]) -> None:
        """Add to a form the step that unpacks the cotangent, and the flags where there are some, see `Form.flags`."""
        for sent, among in ((received, active), (form.flags, active & selected)):
            if self.array in sent:
                places = [form.place() for _ in self.numbers]
                form.steps.append(Unpack(sent[self.array][0], self.shape, np.array(places, int), self.index))
                for place, own in zip(self.numbers.tolist(), places, strict=True):
                    if place in among:
                        sent.setdefault(place, []).append(own)

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Add to a form this step, and one that packs the tangents."""
        places = [carried[p] if p in carried else form.zero(None) for p in self.numbers.tolist()]
        carried[self.array] = form.place(self.shape)
        form.steps += [self, Pack(np.array(places, int), carried[self.array], self.shape, self.index)]


@dataclass(frozen=True, eq=False)
class Unpack(_Rearranged):
    """Take the numbers out of an array, or with an `index` their sums: number k is that of the entries whose index is k."""

    array: int
    shape: tuple[int, ...]
    numbers: np.ndarray
    index: np.ndarray | None = None

    def run(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        """Store the numbers."""
        numbers[self.numbers] = summed(arrays[self.array].ravel(), self.index, len(self.numbers))

    def sweep(self, _numbers: Any, _arrays: Any, received: dict[int, Any], _active: set[int], _selected: set[int], send: Any) -> None:
        """Send the array the cotangents of its entries."""
        send(self.array, self._entries(np.array([received.get(p, 0.0) for p in self.numbers.tolist()])))

    def run_on_any(self, numbers: dict[int, Any], _recorded: Any) -> None:
        """Store the numbers."""
        numbers.update(zip(self.numbers.tolist(), summed(numbers[self.array].ravel(), self.index, len(self.numbers)), strict=True))

    def places(self) -> list[Sequence[int]]:
        """The places of the numbers."""
        return self._each

    def sources(self) -> list[Sequence[int]]:
        """The place of the array."""
        return [[self.array]]

    def reading(self, places: Mapping[int, int]) -> "Unpack":
        """This step with its argument at another place; `places` maps the old ones to the new."""
        return Unpack(places[self.array], self.shape, self.numbers, self.index)

    def moved(self, places: Mapping[int, int]) -> "Unpack":
        """This step with arguments and results at other places; `places` maps the old ones to the new."""
        return Unpack(places[self.array], self.shape, moved(self.numbers, places), self.index)

    def reverse(self, form: Any, _sent: Any, received: dict[int, list[int]], _active: set[int], selected: set[int]) -> None:
        """Add to a form the step that packs the cotangents, and the flags likewise."""
        both = [(received, received)]
        if self.array in selected:  # a number that is not was reached, whatever its cotangent is
            one = [form.constant(1.0)]
            sent_on = [p for p in self.numbers.tolist() if p in received]
            both.append(({p: form.flags.get(p, received[p] if p in selected else one) for p in sent_on}, form.flags))
        for sent, to in both:
            places = [sent[p][0] if p in sent else form.zero(None) for p in self.numbers.tolist()]
            to.setdefault(self.array, []).append(form.place(self.shape))
            form.steps.append(Pack(np.array(places, int), to[self.array][-1], self.shape, self.index))

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Add to a form this step, and one that unpacks the tangent."""
        tangents = [form.place() for _ in self.numbers]
        form.steps += [self, Unpack(carried[self.array], self.shape, np.array(tangents, int), self.index)]
        carried.update(zip(self.numbers.tolist(), tangents, strict=True))


def summed(entries: np.ndarray, index: np.ndarray | None, count: int) -> np.ndarray:
    """The numbers, each the sum of those entries, along the first axis, that have its index, in order; the entries themselves without."""
    if index is None:
        return entries
    found = np.full((count, *entries.shape[1:]), -0.0, entries.dtype)  # to which a number is added without a change
    quietly(np.add.at, found, index, entries)
    return found


def joined(xs: Sequence[Any]) -> np.ndarray:
    """Numbers and arrays as one array of its own."""
    parts: list[Any] = []
    for is_array, own in groupby(xs, lambda x: isinstance(x, np.ndarray)):
        found = list(own)
        parts += map(np.ravel, found) if is_array else [found]
    return np.concatenate(parts).astype(float, copy=False) if parts else np.empty(0)
