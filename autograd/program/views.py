"""Views: how lanes read an array of a form: each lane one row of numbers, or all lanes the whole array."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from autograd.locks import cached_property

NONE = np.empty(0, int)


def moved(numbers: np.ndarray, places: Mapping[int, int]) -> np.ndarray:
    """The places after renumbering, by a mapping from old places to new ones."""
    return np.array([places[p] for p in numbers.tolist()], int)


@dataclass(frozen=True, eq=False)
class View:
    """An array with the axis along which lanes read it.

    Attributes:
        place: that of the array.
        shape: of the array.
        axis: the axis of the lanes; None where all lanes share the whole array.
        rows: the indices along that axis that are lanes, in order; None for all of them.
        outer: the number of arrays of that shape, one after the other, each with lanes of its own.
    """

    place: int
    shape: tuple[int, ...]
    axis: int | None = 0
    rows: np.ndarray | None = None
    outer: int = 1

    @cached_property
    def width(self) -> int:
        """The count of numbers in each lane."""
        return math.prod(self.shape) if self.axis is None else math.prod(self.shape[: self.axis] + self.shape[self.axis + 1 :])

    @property
    def is_part(self) -> bool:
        """Whether there are numbers of the array that no lane has."""
        return self.rows is not None and self.axis is not None and len(self.rows) < self.shape[self.axis]

    def at(self, place: int) -> "View":
        """The same view of the array at another place."""
        return View(place, self.shape, self.axis, self.rows, self.outer)

    @cached_property
    def _order(self) -> tuple[int, ...]:
        """The axes of the arrays, that of the lanes after the first."""
        assert self.axis is not None  # noqa: S101  # for the type checker
        lanes = self.axis + 1
        return (0, lanes, *[k for k in range(1, len(self.shape) + 1) if k != lanes])

    @cached_property
    def _order_back(self) -> tuple[int, ...]:
        """The order that undoes this one."""
        return tuple(map(self._order.index, range(len(self._order))))

    def take(self, x: np.ndarray) -> np.ndarray:
        """The numbers of the array `x`, with a row for each lane."""
        if self.axis is None:
            return _plain(x.reshape(1, self.width))
        lanes = self.shape[self.axis]
        if self.axis or self.rows is not None:
            x = x.reshape(self.outer, *self.shape)
            x = x.transpose(self._order) if self.axis else x
            if self.rows is not None:
                x, lanes = x[:, self.rows], len(self.rows)
        return _plain(x.reshape(self.outer * lanes, self.width))

    def put(self, rows: np.ndarray) -> np.ndarray:
        """The array with these rows in its lanes, and 0 in entries that are not in a lane."""
        if self.axis is None:
            return rows.reshape(self.shape)
        if self.rows is not None:
            some, rows = rows, np.zeros((self.outer, self.shape[self.axis], self.width))
            rows[:, self.rows] = some.reshape(self.outer, len(self.rows), self.width)
        if self.axis:
            rows = rows.reshape(self.outer, *[self.shape[k - 1] for k in self._order[1:]]).transpose(self._order_back)
        return rows.reshape(self.outer * self.shape[0], *self.shape[1:])


def _plain(x: np.ndarray) -> np.ndarray:
    """An aligned array of floats; an array of objects as it is."""
    if x.dtype == object or (x.dtype == float and x.flags.aligned):  # objects are numbers of another kind
        return x
    return np.require(x, float, ["ALIGNED"])
