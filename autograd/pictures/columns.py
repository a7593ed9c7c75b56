"""Layers as columns of units, as a textbook draws a network, for networks whose parts form a chain."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from autograd.context import scope_path
from autograd.engine import Value
from autograd.pictures.parts import INPUTS, Part, Path, products

# A column with more units shows the first and the last of them.
MOST_UNITS, LAST = 16, 2

T = TypeVar("T")


class Link(NamedTuple):
    """What a unit takes from another: the derivative with respect to it, and the weight and its gradient, where there is one."""

    source: "Unit"
    derivative: float
    weight: float | None
    grad: float | None


@dataclass(eq=False)
class Unit:
    """A circle: one node of a layer, None for a constant, and what it takes from the layer before."""

    node: Value | None
    value: float
    links: list[Link] = field(default_factory=list)

    @property
    def grad(self) -> float:
        """The gradient; 0 for a constant."""
        return self.node.grad if self.node is not None else 0.0


@dataclass
class Column:
    """The units of a layer that are shown, and how many there are."""

    part: Part
    units: list[Unit]
    size: int

    @property
    def gap(self) -> int | None:
        """The unit before which the ellipsis is drawn, if there is one."""
        return len(self.units) - LAST if self.size > len(self.units) else None

    def slot(self, k: int) -> int:
        """The position of a shown unit in the column, counting the ellipsis."""
        return k + (self.gap is not None and k >= self.gap)

    def index(self, k: int) -> int:
        """Its index among all units of the layer."""
        return k if self.gap is None or k < self.gap else k + self.size - len(self.units)


def is_chain(found: Sequence[Part]) -> bool:
    """Whether each part takes numbers from the one before alone."""
    return all(part.args == list(found[i - 1 : i]) for i, part in enumerate(found[1:], 1)) and not found[0].args


def columns(found: Sequence[Part], parameters: set[Value], most: int = MOST_UNITS) -> tuple[list[Column], int]:
    """The columns of a chain, and the number of samples, of which they show the first."""
    chain = list(found)
    constants: dict[tuple[int, float], Unit] = {}
    shown: dict[Value, Unit] = {}
    result: list[Column] = []
    samples = 1
    if chain[0].path == INPUTS:
        chain = chain[1:]
        first = _of_first_sample(chain[0], None) if chain else []
        nodes = found[0].outputs
        if chain and len(first) < len(chain[0].outputs):  # of one sample of many
            reached = {a for node in first for inner in cone(chain[0], node) for a in inner.args}
            nodes = [node for node in nodes if node in reached]
        result.append(_column(found[0], [Unit(node, node.data) for node in nodes], most))
        shown = {unit.node: unit for unit in result[0].units if unit.node is not None}
    before: set[Value] | None = None
    for part in chain:
        nodes = _of_first_sample(part, before)
        samples = max(samples, len(part.outputs) // len(nodes))
        units = {node: Unit(node, node.data) for node in _abbreviated(nodes, most)}
        for node, unit in units.items():
            unit.links = _links(part, node, shown, constants if part is chain[0] else None, parameters)
        result.append(Column(part, list(units.values()), len(nodes)))
        shown, before = units, set(nodes)
    if constants:
        units_of = [constants[key] for key in sorted(constants, key=lambda key: key[0])]
        result.insert(0, _column(Part(INPUTS), units_of, most))
        kept = set(result[0].units)
        for unit in result[1].units:
            unit.links = [link for link in unit.links if link.source.node is not None or link.source in kept]
    return result, samples


def _column(part: Part, units: Sequence[Unit], most: int) -> Column:
    return Column(part, _abbreviated(units, most), len(units))


def _abbreviated(items: Sequence[T], most: int) -> list[T]:
    """The items; of more than `most`, the first and the last `most`/2."""
    return [*items] if len(items) <= most else [*items[: most // 2], *items[-LAST:]]


def _of_first_sample(part: Part, before: set[Value] | None) -> list[Value]:
    """The outputs of a part that depend on the nodes `before` alone; for the first part, the first of each unit."""
    if before is None:
        units: dict[Path | Value, Value] = {}
        for node in part.outputs:
            path = scope_path(node.scope)
            units.setdefault(path if len(path) > len(part.path) else node, node)
        return list(units.values())
    rests: dict[Value, bool] = {}
    for node in part.members:
        computed = [a for a in node.args if a.__class__ is Value and (a in part.places or a.args)]
        rests[node] = all(rests[a] if a in part.places else a in before for a in computed)
    return [node for node in part.outputs if rests[node]] or part.outputs


def cone(part: Part, output: Value) -> list[Value]:
    """The members on which an output depends, in order."""
    found, rest = {output}, [output]
    while rest:
        for a in rest.pop().args:
            if a.__class__ is Value and a in part.places and a not in found:
                found.add(a)
                rest.append(a)
    return sorted(found, key=part.places.__getitem__)


def derivatives(nodes: Sequence[Value], output: Value) -> dict[Value, float]:
    """The derivatives of an output with respect to the nodes of a part on which it depends, and to what these take from outside."""
    grads: dict[Value, float] = {output: 1.0}
    for node in reversed(nodes):
        if node in grads:
            for a, partial in zip(node.args, node.partials, strict=True):
                if a.__class__ is Value and partial is not None:
                    grads[a] = grads.get(a, 0.0) + grads[node] * partial
    return grads


def _links(
    part: Part, output: Value, shown: Mapping[Value, Unit], constants: dict[tuple[int, float], Unit] | None, parameters: set[Value]
) -> list[Link]:
    """What an output takes from the units shown, and from constants, which are known by their places."""
    nodes = cone(part, output)
    grads = derivatives(nodes, output)
    weights: dict[Unit, list[Value]] = defaultdict(list)
    places = 0
    for node in nodes:
        for pair in products(node) if node in grads else ():
            for weight, x in (pair, pair[::-1]):
                if not isinstance(weight, Value) or weight not in parameters:
                    continue
                if isinstance(x, Value):
                    if x in shown:
                        weights[shown[x]].append(weight)
                elif constants is not None:
                    weights[constants.setdefault((places, x), Unit(None, x))].append(weight)
                    places += 1
    sources = {unit: grads[node] for node, unit in shown.items() if node in grads} | {unit: 0.0 for unit in weights if unit.node is None}
    return [
        Link(unit, derivative, sum(w.data for w in weights[unit]), sum(w.grad for w in weights[unit]))
        if weights[unit]
        else Link(unit, derivative, None, None)
        for unit, derivative in sources.items()
    ]
