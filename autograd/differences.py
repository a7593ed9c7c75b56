"""The limit of difference quotients along a line, with its error: the derivative that the values of a function imply.

Source: Ridders, Accurate computation of F'(x) and F'(x)F''(x) (1982).
"""

import functools
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from autograd.kinds import quietly

# The widest step for a point near 1: an uncommon fraction, unlikely to be a multiple of a period.
WIDEST, ROWS, COLUMNS = 0.0618, 60, 5
# Where a limit contradicts a derivative, it is computed again from steps halved this many times: f may vary at small scales.
CLOSER = (0, 8, 16, 32, 64, 128, 256, 512, 1024)

CONSTANTS, ALL = 2, 3  # how many fields of a Piece have to agree: all but the sides, or all


class Limit(NamedTuple):
    """The estimate of a derivative, and its error, of truncation and of rounding."""

    value: float
    error: float

    def settled(self, tolerance: float) -> bool:
        """Whether the error is negligible; that of an infinite derivative is 0."""
        return self.error <= tolerance * max(1.0, abs(self.value)) and not math.isnan(self.value)

    def agrees(self, got: float, tolerance: float) -> bool:
        """Whether `got` is this derivative, within the error."""
        return close(got, self.value, tolerance, self.error)


def close(got: float, expected: float, tolerance: float, error: float = 0.0) -> bool:
    """Whether two derivatives differ by at most `error` plus the tolerance, relative to the larger of 1 and the expected one."""
    return got == expected or (math.isfinite(expected) and abs(got - expected) <= tolerance * max(1.0, abs(expected)) + error)


class Piece(NamedTuple):
    """The formula of a function at a point, its constants, and on which side of each edge and branch the point lies; 0 is on it."""

    formula: list[Any]
    constants: list[float]
    sides: list[float]


class Line:
    """The values of a function of one number around a point, and the first step of its difference quotients.

    Args:
        at: returns the values at a number, and a function that returns their Piece.
        x: the point.
        blur: the size of the rounding error of each value.
        tolerance: the accuracy required of the limits, relative to the larger of 1 and the derivative.

    `directions` are those of the steps: both, or the one in which the function has values; where it has none, `refusal` may hold why.
    `smooth` says whether the function has the same formula there, and the point lies on no edge. It is False where the constants of the
    formula differ farther away: what depends on x without being recorded may be equal between two neighbouring floats.
    """

    at: Callable[[float], tuple[list[float], Callable[[], Piece]]]
    x: float
    blur: np.ndarray
    tolerance: float
    limits: Callable[..., list[Limit]]
    base: np.ndarray
    piece: Piece
    widest: float
    finest: float
    first: float
    smooth: bool

    def __init__(
        self, at: Callable[[float], tuple[list[float], Callable[[], Piece]]], x: float, blur: Sequence[float], tolerance: float
    ) -> None:
        self.at, self.x, self.blur, self.tolerance = at, x, np.array(blur), tolerance
        self.refusal: Exception | None = None
        self.limits = functools.cache(self._limits)
        values, piece = at(x)
        self.base, self.piece = np.array(values), piece()
        self.widest, self.finest = max(WIDEST, 1e-3 * abs(x)), math.ulp(x)
        self.directions, shared, self.first = self._first_step() if math.isfinite(x) else ((), 0, self.widest)
        if shared and self._moves_constants():
            self.directions, shared, self.first = self._first_step((0,))
        self.smooth = shared == ALL or (shared == CONSTANTS and not any(map(self._leaves_edge, self.directions)))

    def _values(self, x: float, shared: int = 0) -> np.ndarray:
        """The values; nan where the function raises, since the step may be too long, and where fewer fields of the Piece are shared."""
        try:
            values, piece = self.at(x)
        except Exception as error:  # noqa: BLE001  # whatever the user's function raises
            self.refusal = error
            values = []
        if len(values) == len(self.base) and not (shared and piece()[:shared] != self.piece[:shared]):
            return np.array(values)
        return np.full_like(self.base, math.nan)

    def _leaves_edge(self, way: int) -> bool:
        """Whether the point lies on an edge, and the next float in this direction does not."""
        sides = self.at(self.x + way * self.finest)[1]().sides
        return any(here == 0.0 and there != 0.0 for here, there in zip(self.piece.sides, sides, strict=False))

    def _moves_constants(self) -> bool:
        """Whether the formula has other constants at the end of a step wider than the admitted ones."""
        formula, constants, _ = self.piece
        for way in (-1, 1) if self.first < self.widest else ():
            for k in range(0, math.ceil(math.log2(self.widest) - math.log2(self.first)), 8):
                with suppress(Exception):  # the user's function may raise
                    other = self.at(self.x + way * self._step(k))[1]()
                    if other.formula == formula and other.constants != constants:
                        return True
        return False

    def _first_step(self, levels: Sequence[int] = (ALL, CONSTANTS, 0)) -> tuple[tuple[int, ...], int, float]:
        """Directions, the number of shared fields of the Piece, and the widest admitted step among the repeatedly halved ones."""
        last = math.ceil(math.log2(self.widest) - math.log2(self.finest))
        known = np.isfinite(self.base)
        for directions in ((-1, 1), (1,), (-1,)):
            for shared in levels:

                def admits(k: int, directions: tuple[int, ...] = directions, shared: int = shared) -> bool:
                    return all(np.isfinite(self._values(self.x + way * self._step(k), shared)[known]).all() for way in directions)

                if admits(0):
                    return directions, shared, self.widest
                if admits(last):
                    rejected, admitted = 0, last
                    while admitted - rejected > 1:
                        k = (admitted + rejected) // 2
                        rejected, admitted = (rejected, k) if admits(k) else (k, admitted)
                    return directions, shared, self._step(admitted)
        return (), 0, self.widest

    def _step(self, halvings: int) -> float:
        return max(math.ldexp(self.widest, -halvings), self.finest)

    def _limits(self, directions: tuple[int, ...], halvings: int = 0) -> list[Limit]:
        """For each value the limit of its difference quotients by Ridders' method, from the first step, halved `halvings` times."""
        limits: list[Limit] = quietly(self._extrapolated, directions, halvings)
        return limits

    def _extrapolated(self, directions: tuple[int, ...], halvings: int) -> list[Limit]:
        h = math.ldexp(self.first, -halvings)
        value, error = np.full((2, len(self.base)), math.nan)
        power = 2.0 ** len(directions)
        quotients: list[np.ndarray] = []
        row: list[np.ndarray] = []
        while directions and h >= self.finest and len(quotients) < ROWS:
            quotient, rounding = self._quotient(directions, h)
            quotients.append(quotient)
            previous, row = row, [quotient]
            for m, old in enumerate(previous[:COLUMNS], start=1):
                row.append((power**m * row[-1] - old) / (power**m - 1.0))
                its_error = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - old)) + rounding
                better = ~(its_error / self._scale(row[-1]) >= error / self._scale(value)) & np.isfinite(its_error)
                value, error = np.where(better, row[-1], value), np.where(better, its_error, error)
            h /= 2.0
            if np.all((error <= 1e-3 * self._scale(value)) | (rounding > self._scale(quotient))):
                break
        limits = [Limit(float(v), float(e)) for v, e in zip(value, error, strict=True)]
        return [self._steep([float(q[i]) for q in quotients], limit) for i, limit in enumerate(limits)] if len(directions) == 1 else limits

    def _quotient(self, directions: tuple[int, ...], h: float) -> tuple[np.ndarray, np.ndarray]:
        """The difference quotients of a step, and a bound of their rounding errors."""
        h = (self.x + h) - self.x or h  # so that both ends are floats at the same distance
        ends = [self.x + way * h for way in directions]
        values = [self._values(end) for end in ends]
        if len(ends) == 1:
            ends, values = [self.x, *ends], [self.base, *values]
        width = ends[1] - ends[0]
        size = np.maximum(np.abs(values[0]), np.abs(values[1]))
        return (values[1] - values[0]) / width, 2.0 * np.maximum(self.blur, 2.0**-52 * size) / abs(width)

    def _scale(self, values: np.ndarray) -> Any:
        return self.tolerance * np.maximum(1.0, np.abs(values))

    def _steep(self, quotients: Sequence[float], limit: Limit) -> Limit:
        """An infinite limit where the quotients on one side grow steadily, but slower than those of a jump; else `limit`."""
        last = quotients[-16:]
        if not limit.settled(self.tolerance) and len(last) == 16 and all(1.0 < b / a < 1.9 for a, b in pairwise(last) if a):
            return Limit(math.copysign(math.inf, last[-1]), 0.0)
        return limit

    def judge(self, i: int, got: Sequence[float]) -> tuple[bool, Limit]:
        """Whether value i has the derivative `got`, at ever smaller scales, and the limit that confirms or contradicts it."""
        limit = self.limits(self.directions)[i]
        for halvings in CLOSER:
            closer = self.limits(self.directions, halvings)[i]
            if closer.settled(self.tolerance):
                limit = closer
                if all(limit.agrees(x, self.tolerance) for x in got):
                    return not self.bends(i), limit
        return False, limit

    def bends(self, i: int) -> bool:
        """Whether value i has another derivative on the left than on the right."""
        if self.smooth or len(self.directions) < 2:
            return False
        left, right = self.limits((-1,))[i], self.limits((1,))[i]
        return (
            left.settled(self.tolerance)
            and right.settled(self.tolerance)
            and not close(left.value, right.value, self.tolerance, left.error + right.error)
        )
