"""A form run by JAX's own operations: lanes become columns or a `vmap`, loops a `scan`, each operation a function of `jax.numpy`."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from autograd.jaxarrays import jax as jax_arrays
from autograd.program.choice import Arms
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.loop import Loop
from autograd.program.nested import BatchedForm
from autograd.program.packing import Pack, Unpack
from autograd.program.steps import Step
from autograd.program.views import View

# A form with more operations than this is run by a callback, since JAX would take long to compile it.
MOST = 3000


def size_of(form: Form) -> float:
    """How many operations the form has, each body of a loop and each arm of a choice once; infinite where it cannot be run here."""
    return sum([_size(step) for step in form.steps])


def _size(step: Any) -> float:
    if step.__class__ is Loop:
        return size_of(step.body.form)
    if step.__class__ in {Pack, Unpack}:
        return len(step.numbers)
    return (
        _size_of_batched(step.batched) + sum([len(g) for g in step.inputs if g.__class__ is not View]) if step.__class__ is Step else np.inf
    )


def _size_of_batched(batched: Any) -> float:
    if batched.__class__ is BatchedProgram:
        return np.inf if batched.program.own else len(batched.program.args) + len(batched.program.outputs) + batched.program.inputs
    if batched.__class__ is BatchedForm:
        return size_of(batched.form)
    return sum(map(_size_of_batched, batched.arms)) if batched.__class__ is Arms else np.inf


def run(form: Form, given: Sequence[Any], dtype: Any) -> list[Any]:
    """The outputs of the form at numbers and arrays of JAX."""
    held = {p: jnp.asarray(x, dtype) for p, x in form.constants.items()}
    held.update((p, jnp.asarray(x, dtype)) for p, x in zip(form.inputs, given, strict=True))
    for step in form.steps:
        RUN[step.__class__](step, held, dtype)
    return [held[p].reshape(form.shape(p) or ()) for p in form.outputs]


def _step(step: Step, held: dict[int, Any], dtype: Any) -> None:
    groups = [_taken(g, held[g.place]) if g.__class__ is View else jnp.stack([held[p] for p in g.tolist()])[None] for g in step.inputs]
    if step.route is None:
        rows = _batched(step.batched, groups, step.lanes, dtype)
    else:
        truth, (no, yes) = held[step.route] != 0, [partial(_batched, arm, lanes=step.lanes, dtype=dtype) for arm in step.batched.arms]
        rows = jnp.where(truth[:, None], yes(groups), no(groups)) if truth.ndim else jax.lax.cond(truth, yes, no, groups)
    rows = rows * jnp.asarray(step.weight, dtype)
    summed, first = rows[:, : step.summed].sum(axis=0), len(step.sums)
    held.update(zip(step.sums.tolist(), summed[:first], strict=True))
    for view in step.totals:
        held[view.place] = summed[first : first + view.width].reshape(view.shape)
        first += view.width
    for view in step.columns:
        held[view.place] = _put(view, rows[:, first : first + view.width], dtype)
        first += view.width


def _batched(batched: Any, groups: Sequence[Any], lanes: int, dtype: Any) -> Any:
    """The outputs of what a step runs, a row for each lane; groups have such rows, too, or one that all lanes share."""
    if batched.__class__ is BatchedProgram:
        columns = [x if len(g) == lanes else x[0] for g in groups for x in g.T]
        found = batched.program._run(columns, jax_arrays().apply)  # noqa: SLF001  # the library's own
        return jnp.stack([jnp.broadcast_to(jnp.asarray(y, dtype), (lanes,)) for y in found], axis=1)
    form, starts = batched.form, iter(batched.ends[0])
    given, axes, first = [], [], next(starts)
    places = iter(form.inputs)
    for g in groups:
        end = first + g.shape[1]
        own = first
        while own < end:
            shape, last = form.shape(next(places)) or (), next(starts)
            x = g[:, own - first : last - first]
            axes.append(None if len(g) < lanes else 0)
            given.append(x.reshape(shape) if len(g) < lanes else x.reshape(lanes, *shape))
            own = last
        first = end

    def of_lane(x: list[Any]) -> Any:
        return jnp.concatenate([y.ravel() for y in run(form, x, dtype)])

    return jax.vmap(of_lane, in_axes=(axes,))(given) if 0 in axes else jnp.broadcast_to(of_lane(given), (lanes, batched.ends[1][-1]))


def _taken(view: View, x: Any) -> Any:
    """The numbers of an array, a row for each lane, or one that all share."""
    if view.axis is None:
        return x.reshape(1, view.width)
    x = jnp.moveaxis(x.reshape(view.outer, *view.shape), view.axis + 1, 1)
    x = x if view.rows is None else x[:, view.rows]
    return x.reshape(view.outer * x.shape[1], view.width)


def _put(view: View, rows: Any, dtype: Any) -> Any:
    """The array with these rows in its lanes, and 0 in entries that are not in a lane."""
    if view.axis is None:
        return rows.reshape(view.shape)
    every = view.shape[view.axis]
    if view.rows is not None:
        rows = rows.reshape(view.outer, len(view.rows), view.width)
        rows = jnp.zeros((view.outer, every, view.width), dtype).at[:, view.rows].set(rows)
    rows = rows.reshape(view.outer, every, *view.shape[: view.axis], *view.shape[view.axis + 1 :])
    return jnp.moveaxis(rows, 1, view.axis + 1).reshape(view.outer * view.shape[0], *view.shape[1:])


def _loop(step: Loop, held: dict[int, Any], dtype: Any) -> None:
    form, c, n = step.body.form, step.body.carries, step.length
    starts, shared = (
        [held[p].reshape(form.shape(q) or ()) for p, q in zip(step.starts, form.inputs, strict=False)],
        [held[p] for p in step.shared],
    )
    if n is None:
        state = jax.lax.while_loop(
            lambda state: state[0][0] != 0,
            lambda state: (run(form, [*state[0], *shared], dtype)[:c], state[1] + 1),
            (starts, jnp.asarray(0, dtype)),
        )
        ends, ys = state[0], []
        if step.count is not None:
            held[step.count] = state[1]
    else:
        shapes = [form.shape(p) or () for p in form.inputs[c : c + step.body.xs]]
        xs = [held[p].reshape(n, *shape) for p, shape in zip(step.xs, shapes, strict=True)]

        def body(carry: Any, x: Any) -> Any:
            found = run(form, [*carry, *x, *shared], dtype)
            return found[:c], found[c:]

        ends, ys = jax.lax.scan(body, starts, xs, length=n, reverse=step.backwards)
    held.update(zip(step.results, [*ends, *ys], strict=True))


def _pack(step: Pack, held: dict[int, Any], dtype: Any) -> None:
    numbers = jnp.stack([held[p] for p in step.numbers.tolist()]) if len(step.numbers) else jnp.zeros(0, dtype)
    held[step.array] = (numbers if step.index is None else numbers[step.index]).reshape(step.shape)


def _unpack(step: Unpack, held: dict[int, Any], _dtype: Any) -> None:
    numbers = held[step.array].ravel()
    if step.index is not None:
        numbers = jnp.zeros(len(step.numbers), numbers.dtype).at[step.index].add(numbers)
    held.update(zip(step.numbers.tolist(), numbers, strict=True))


RUN: dict[type, Any] = {Step: _step, Loop: _loop, Pack: _pack, Unpack: _unpack}
