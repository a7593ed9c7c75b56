"""Views: an array of a form as lanes see it, a row of numbers for each lane, or one that all share."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

NONE = np.empty(0, int)


def moved(numbers: np.ndarray, places: Mapping[int, int]) -> np.ndarray:
    """Other places for each of these."""
    return np.array([places[p] for p in numbers.tolist()], int)


@dataclass(frozen=True, eq=False)
class View:
    """An array as lanes see it.

    Attributes:
        place: that of the array.
        shape: of the array.
        axis: along which the lanes lie; None where all lanes share all of it.
        rows: the entries along it that are lanes, in order; None for all of them.
        outer: how many arrays of that shape there are, one after the other, each with lanes of its own.
    """

    place: int
    shape: tuple[int, ...]
    axis: int | None = 0
    rows: np.ndarray | None = None
    outer: int = 1

    @property
    def width(self) -> int:
        """How many numbers each lane has."""
        return math.prod(self.shape) if self.axis is None else math.prod(self.shape[: self.axis] + self.shape[self.axis + 1 :])

    def take(self, x: np.ndarray) -> np.ndarray:
        """The numbers of array `x`, a row for each lane."""
        if self.axis is None:
            return _plain(x.reshape(1, self.width))
        x = x.reshape(self.outer, *self.shape)
        x = np.moveaxis(x, self.axis + 1, 1) if self.axis else x
        x = x if self.rows is None else x[:, self.rows]
        return _plain(x.reshape(self.outer * x.shape[1], self.width))

    def put(self, rows: np.ndarray) -> np.ndarray:
        """The array whose lanes have these numbers, 0 in what is no lane."""
        if self.axis is None:
            return rows.reshape(self.shape)
        lanes = self.shape[self.axis]
        if self.rows is not None:
            some, rows = rows, np.zeros((self.outer, lanes, self.width))
            rows[:, self.rows] = some.reshape(self.outer, len(self.rows), self.width)
        rows = rows.reshape(self.outer, lanes, *self.shape[: self.axis], *self.shape[self.axis + 1 :])
        rows = np.moveaxis(rows, 1, self.axis + 1) if self.axis else rows
        return rows.reshape(self.outer * self.shape[0], *self.shape[1:])


def _plain(x: np.ndarray) -> np.ndarray:
    return x if x.dtype == object else np.require(x, float, ["ALIGNED"])  # objects are numbers of another kind
