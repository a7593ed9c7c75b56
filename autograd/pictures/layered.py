"""Boxes in columns or rows, each after those it takes numbers from, and arrows between them."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from autograd.pictures.scene import SMALL, Line, Scene, Shape, Text

T = TypeVar("T", bound=Hashable)

BOTTOM, LANE, EDGE, LEAST = 26.0, 14.0, 14.0, 300.0
LEAN = 0.35  # the largest distance from the middle at which an arrow may meet a side, as a part of its length
TURN = 12.0


@dataclass(frozen=True)
class Layout(Generic[T]):
    """The layout of boxes: their size, the gap between neighbours, and the gap between ranks, which arrows cross.

    Attributes:
        down: whether arrows point down; else they point to the right.
    """

    width: float
    height: float
    gap: float
    rank_gap: float
    down: bool = False

    def size(self, ranks: Sequence[Sequence[object]]) -> tuple[float, float]:
        """The width and height of the picture, without arrows that go round boxes."""
        most, count = max(map(len, ranks)), len(ranks)
        across = most * (self._across + self.gap) - self.gap + 2 * EDGE
        along = count * (self._along + self.rank_gap) - self.rank_gap + 2 * EDGE
        return (across, along + BOTTOM) if self.down else (along, across + BOTTOM)

    @property
    def _across(self) -> float:
        return self.width if self.down else self.height

    @property
    def _along(self) -> float:
        return self.height if self.down else self.width

    def scene(
        self, ranks: Sequence[Sequence[T | str]], args: Callable[[T], Iterable[T]], box: Callable[[T, float, float], Shape], alt: str
    ) -> Scene:
        """The picture; a string among the boxes is the text for boxes left out there."""
        width, height = self.size(ranks)
        picture = Scene(max(width, LEAST), height, alt)
        middle = (picture.width if self.down else height - BOTTOM) / 2
        first = EDGE + self._along / 2 + (0.0 if self.down else (picture.width - width) / 2)
        places: dict[T, int] = {}
        order: dict[T, int] = {}
        for r, rank in enumerate(ranks):
            for k, item in enumerate(rank):
                across = middle + (k - (len(rank) - 1) / 2) * (self._across + self.gap)
                along = first + r * (self._along + self.rank_gap)
                x, y = (across, along) if self.down else (along, across)
                if isinstance(item, str):
                    picture.texts.append(Text(x, y + 3.5, item, SMALL, "muted"))
                else:
                    places[item], order[item] = len(picture.shapes), r
                    picture.shapes.append(box(item, x, y))
        leaps = 0
        for item, place in places.items():
            for a in args(item):
                if a in places:
                    leap = order[item] - order[a] > 1
                    leaps += leap
                    points = self._leap(picture, places[a], place, leaps) if leap else self._step(picture, places[a], place)
                    picture.lines.append(Line(places[a], place, points, None, 0.0, arrow=True))
        for line in picture.lines:
            picture.width = max(picture.width, *(x + EDGE for x, _ in line.points))
            picture.height = max(picture.height, *(y + EDGE + BOTTOM for _, y in line.points))
        return picture

    def _step(self, picture: Scene, source: int, target: int) -> list[tuple[float, float]]:
        """An arrow to the next row or column."""
        a, b = picture.shapes[source], picture.shapes[target]
        if self.down:
            lean = self.width * max(-LEAN, min(LEAN, (b.x - a.x) / (6 * self.width)))
            (x0, y0), (x1, y1) = (a.x + lean, a.y + self.height / 2), (b.x - lean, b.y - self.height / 2)
            return [(x0, y0), (x0, (y0 + y1) / 2), (x1, (y0 + y1) / 2), (x1, y1)]
        lean = self.height * max(-LEAN, min(LEAN, (b.y - a.y) / (6 * self.height)))
        (x0, y0), (x1, y1) = (a.x + self.width / 2, a.y + lean), (b.x - self.width / 2, b.y - lean)
        return [(x0, y0), ((x0 + x1) / 2, y0), ((x0 + x1) / 2, y1), (x1, y1)]

    def _leap(self, picture: Scene, source: int, target: int, count: int) -> list[tuple[float, float]]:
        """An arrow round the boxes between: to their right, or below them."""
        a, b = picture.shapes[source], picture.shapes[target]
        between = picture.shapes[source : target + 1]
        lane = LANE * (1 + count % 3)
        if self.down:
            far = max(shape.x for shape in between) + self.width / 2 + lane
            return _round((a.x + self.width / 2, a.y + 6), (far, a.y + 6), (far, b.y - 6), (b.x + self.width / 2, b.y - 6))
        far = max(shape.y for shape in between) + self.height / 2 + lane
        third = self.width / 3
        return _round((a.x + third, a.y + self.height / 2), (a.x + third, far), (b.x - third, far), (b.x - third, b.y + self.height / 2))


def _round(*corners: tuple[float, float]) -> list[tuple[float, float]]:
    """A path along four corners, the two in the middle rounded, as cubics."""
    start, second, third, end = corners

    def towards(a: tuple[float, float], b: tuple[float, float]) -> tuple[float, float]:
        length = abs(b[0] - a[0]) + abs(b[1] - a[1])
        share = min(TURN, length / 2) / length if length else 0.0
        return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share

    return [
        start, start, towards(second, start), towards(second, start), second, second, towards(second, third),
        towards(second, third), towards(third, second), towards(third, second), third, third, towards(third, end),
        towards(third, end), end, end,
    ]  # fmt: skip


def ranks(items: Sequence[T], args: Callable[[T], Iterable[T]]) -> list[list[T]]:
    """The items ranked by the longest path to them; each rank ordered like the items that it takes numbers from."""
    rank: dict[T, int] = {}
    for item in items:
        rank[item] = 1 + max((rank[a] for a in args(item) if a in rank), default=-1)
    found: list[list[T]] = [[] for _ in range(max(rank.values()) + 1)]
    for item in items:
        found[rank[item]].append(item)
    return arranged(found, args)


def arranged(found: Sequence[list[T]], args: Callable[[T], Iterable[T]]) -> list[list[T]]:
    """Each rank, ordered by the mean position of what its items take numbers from."""
    place: dict[T, float] = {}
    for rank in found:
        middle = {item: _mean([place[a] for a in args(item) if a in place]) for item in rank}
        rank.sort(key=middle.__getitem__)
        place |= {item: k - (len(rank) - 1) / 2 for k, item in enumerate(rank)}
    return [*found]


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0
