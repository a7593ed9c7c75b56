"""The graph of the page of steps: the first step of each loop as nodes, in a scope, and one node for each result of the others."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.context import NEUTRAL, in_context, scope
from autograd.engine import Value
from autograd.graph import order
from autograd.pictures.bodies import is_call, is_hidden


def with_first_steps(loss: Value) -> Value:
    """The same result, of a graph in which the first step of each loop is recorded operation by operation."""
    nodes = order(loss)
    if not any(is_call(node) and any(map(_is_loop, node.op.form.steps)) for node in nodes):  # type: ignore[union-attr]  # a call
        return loss
    found: Value = in_context(NEUTRAL).run(_with_first_steps, nodes)
    return found


def _is_loop(step: Any) -> bool:
    return hasattr(step, "body") and step.length != 0


def _with_first_steps(nodes: Sequence[Value]) -> Value:
    twins: dict[Any, Any] = {}
    results: dict[Value, list[Any]] = {}
    for node in nodes:
        op: Any = node.op
        args = [twins.get(a, a) if a.__class__ is Value else a for a in node.args]
        if is_call(node) and any(map(_is_loop, op.form.steps)):
            results[node] = _run(op, args)
            if not is_hidden(node):
                twins[node] = _named(results[node][0], node)
        elif node.args and node.args[0] in results and hasattr(op, "key"):
            k, i = op.key
            twins[node] = _named(np.ravel(results[node.args[0]][k])[i], node)
        elif any(a is not b for a, b in zip(args, node.args, strict=True)):
            twins[node] = node._restored(node._number, node._grad, op, tuple(args), node.partials, node.label, node.scope, node._marks)  # noqa: SLF001
    last: Value = twins.get(nodes[-1], nodes[-1])
    return last


def _named(x: Any, node: Value) -> Any:
    """A result in place of a node, with the label of that."""
    x = x if x.__class__ is Value else Value(x)
    if node.label and not x.label:
        x.label = node.label
    return x


def _floats(x: Any) -> Any:
    """A number or an array as floats."""
    if isinstance(x, np.ndarray):
        return np.array([_floats(v) for v in x.flat], float).reshape(x.shape)
    return float(x.data if x.__class__ is Value else x)


def _run(op: Any, args: Sequence[Any]) -> list[Any]:
    """The results of a call; each loop of it by its first step, and a call for the others."""
    numbers: dict[int, Any] = {**op.form.constants, **dict(zip(op.form.inputs, op.inputs_at(args), strict=True))}
    recorded = op.form._recorded(op.given)  # noqa: SLF001  # the floats
    for step in op.form.steps:
        if not _is_loop(step):
            step.run_on_any(numbers, recorded)
            continue
        body, c, n = step.body, step.body.carries, step.length
        state, shared = [[numbers[p] for p in own] for own in (step.starts, step.shared)]
        shapes = [body.form.shape(p) or () for p in (*body.form.inputs[c : c + body.xs], *body.form.outputs[c:])]
        rows = [np.reshape(np.asarray(numbers[p]), (n, *shape)) for p, shape in zip(step.xs, shapes, strict=False)]
        i = -1 if step.backwards else 0
        first = [*state, *[x[i] for x in rows], *shared]
        with scope(f"{op.name}, step 1"):
            found = body.form.on_any(first, list(map(_floats, first)))
        rest = [x[:-1] if step.backwards else x[1:] for x in rows]
        goes_on = n > 1 if n is not None else _floats(found[0]) != 0.0
        ends, ys = (
            _others(op.name, step, found[:c], rest, shared) if goes_on else (found[:c], [np.empty((0, *np.shape(y))) for y in found[c:]])
        )
        numbers.update(zip(step.ends, ends, strict=True))
        for place, y, more, shape in zip(step.ys, found[c:], ys, shapes[body.xs :], strict=True):
            own = [np.reshape(np.asarray(y, object), (1, *shape)), np.asarray(more, object)]
            numbers[place] = np.concatenate(own[::-1] if step.backwards else own)
    return [numbers[p] for p in op.form.outputs]


def _others(name: str, step: Any, state: Sequence[Any], rows: Sequence[Any], shared: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """The last carries of the other steps, and the results of these."""
    from autograd.program.calls import call  # noqa: PLC0415  # only where there is a loop

    body, c = step.body, step.body.carries
    form, n = body.form.__class__(), None if step.length is None else step.length - 1
    given = [1.0 if n is None and k == 0 else x for k, x in enumerate((*state, *rows, *shared))]
    places = [form.input(np.shape(x) or None) for x in given]
    shapes = [body.form.shape(p) for p in body.form.outputs]
    ends = [form.place(shape if k < c else (n, *(shape or ()))) for k, shape in enumerate(shapes)]
    form.outputs = ends[:]
    m = c + body.xs
    form.steps.append(
        replace(
            step, length=n, starts=tuple(places[:c]), xs=tuple(places[c:m]), shared=tuple(places[m:]),
            ends=tuple(ends[:c]), ys=tuple(ends[c:]), count=None if n is not None else form.place(()),
        )
    )  # fmt: skip
    if n is None:  # whether to go on is no result
        form.outputs = ends[1:]
    others = "the other steps" if n is None else "step 2" if n == 1 else f"steps 2 to {n + 1:,}"
    found = call(f"{name}, {others}", form, given)
    found = [0.0, *found] if n is None else found
    return found[:c], found[c:]
