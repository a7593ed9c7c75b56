"""The steps that make an array of numbers, and numbers of an array."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from autograd.program.views import moved


class _Rearranged:
    """What Pack and Unpack share: all of it is needed, or nothing."""

    places: Callable[[], list[list[int]]]
    sources: Callable[[], list[list[int]]]

    def only(self, _live: set[int]) -> Self:
        """All of it."""
        return self

    def selected(self, kinds: Mapping[int, bool]) -> list[tuple[int, bool]]:
        """As of a step."""
        within = all(kinds.get(place, True) for place, *_ in self.places())
        return [(place, within) for place, *_ in self.sources()]


@dataclass(frozen=True, eq=False)
class Pack(_Rearranged):
    """Numbers that become an array."""

    numbers: np.ndarray
    array: int
    shape: tuple[int, ...]

    def run(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        """Fill in the array."""
        arrays[self.array] = numbers[self.numbers].reshape(self.shape)

    def sweep(self, _numbers: Any, _arrays: Any, received: dict[int, Any], active: set[int], _selected: set[int], send: Any) -> None:
        """Send each number its entry."""
        for place, x in zip(self.numbers.tolist(), np.ravel(received[self.array]).tolist(), strict=True):
            if place in active:
                send(place, x)

    def run_on_any(self, numbers: dict[int, Any], _recorded: Any) -> None:
        """Fill in the array."""
        numbers[self.array] = np.array([numbers[p] for p in self.numbers.tolist()]).reshape(self.shape)

    def places(self) -> list[list[int]]:
        """The array."""
        return [[self.array]]

    def sources(self) -> list[list[int]]:
        """The numbers."""
        return [[place] for place in self.numbers.tolist()]

    def reading(self, places: Mapping[int, int]) -> "Pack":
        """The same of other places."""
        return Pack(moved(self.numbers, places), self.array, self.shape)

    def moved(self, places: Mapping[int, int]) -> "Pack":
        """The same at other places."""
        return Pack(moved(self.numbers, places), places[self.array], self.shape)

    def reverse(self, form: Any, _sent: Any, received: dict[int, list[int]], active: set[int], _selected: set[int]) -> None:
        """Unpack the cotangent."""
        places = [form.place() for _ in self.numbers]
        form.steps.append(Unpack(received[self.array][0], self.shape, np.array(places)))
        for place, cotangent in zip(self.numbers.tolist(), places, strict=True):
            if place in active:
                received.setdefault(place, []).append(cotangent)

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Pack the tangents, too."""
        places = [carried[p] if p in carried else form.zero(None) for p in self.numbers.tolist()]
        carried[self.array] = form.place(self.shape)
        form.steps += [self, Pack(np.array(places), carried[self.array], self.shape)]


@dataclass(frozen=True, eq=False)
class Unpack(_Rearranged):
    """An array that becomes numbers."""

    array: int
    shape: tuple[int, ...]
    numbers: np.ndarray

    def run(self, numbers: np.ndarray, arrays: dict[int, np.ndarray]) -> None:
        """Fill in the numbers."""
        numbers[self.numbers] = arrays[self.array].ravel()

    def sweep(self, _numbers: Any, _arrays: Any, received: dict[int, Any], _active: set[int], _selected: set[int], send: Any) -> None:
        """Send the array what its entries got."""
        send(self.array, np.array([received.get(p, 0.0) for p in self.numbers.tolist()]).reshape(self.shape))

    def run_on_any(self, numbers: dict[int, Any], _recorded: Any) -> None:
        """Fill in the numbers."""
        numbers.update(zip(self.numbers.tolist(), numbers[self.array].ravel(), strict=True))

    def places(self) -> list[list[int]]:
        """The numbers."""
        return [[place] for place in self.numbers.tolist()]

    def sources(self) -> list[list[int]]:
        """The array."""
        return [[self.array]]

    def reading(self, places: Mapping[int, int]) -> "Unpack":
        """The same of another place."""
        return Unpack(places[self.array], self.shape, self.numbers)

    def moved(self, places: Mapping[int, int]) -> "Unpack":
        """The same at other places."""
        return Unpack(places[self.array], self.shape, moved(self.numbers, places))

    def reverse(self, form: Any, _sent: Any, received: dict[int, list[int]], _active: set[int], _selected: set[int]) -> None:
        """Pack the cotangents."""
        places = [received[p][0] if p in received else form.zero(None) for p in self.numbers.tolist()]
        received.setdefault(self.array, []).append(form.place(self.shape))
        form.steps.append(Pack(np.array(places), received[self.array][-1], self.shape))

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Unpack the tangents, too."""
        tangents = [form.place() for _ in self.numbers]
        form.steps += [self, Unpack(carried[self.array], self.shape, np.array(tangents))]
        carried.update(zip(self.numbers.tolist(), tangents, strict=True))
