"""A function recorded once, as a form from the leaves of its arguments and what it captures to the leaves of its result.

So the bodies of loops and the arms of `cond` are recorded. Where Python branches on a live number in it, further paths are recorded when
they are taken, see `autograd.program.paths`.
"""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

import numpy as np

from autograd.arrays import plain, unlabelled
from autograd.context import current
from autograd.engine import Value
from autograd.errors import NumberError
from autograd.kinds import REAL_DTYPES, named_float, not_a_number
from autograd.program.arguments import Arguments
from autograd.program.form import Form
from autograd.program.mapped import branching
from autograd.program.packing import Pack, Unpack
from autograd.program.trace import LARGE, MasksLost, Trace
from autograd.program.traced import ArrayLost, TracedArray
from autograd.trees import tree_flatten


def leaf(what: str, x: Any) -> Any:
    """A leaf of a structure as a float, a Value, an array of floats or Values, or a traced array.

    Raises:
        NumberError: it is none of these.
    """
    x = unlabelled(x)
    if x.__class__ is TracedArray or x.__class__ is Value:
        return x
    if not isinstance(x, np.ndarray):
        return named_float(what, x)
    if not x.ndim:
        return leaf(what, x.item())
    if x.dtype == object:
        plain(x)
        return x if any(v.__class__ is Value for v in x.flat) else x.astype(float)
    if x.dtype.kind not in REAL_DTYPES:
        raise NumberError(f"in {what}: {not_a_number(x)}")
    return np.require(plain(x), float, ["A"])


def numbers(x: Any) -> Any:
    """The floats that such a leaf has in this recording."""
    if x.__class__ is TracedArray:
        return x.numbers
    if x.__class__ is Value:
        return x._number
    if isinstance(x, np.ndarray) and x.dtype == object:
        return np.array([v._number if v.__class__ is Value else v for v in x.flat], float).reshape(x.shape)
    return x


class Inline:
    """A function recorded once.

    Args:
        name: what messages call it.
        f: the function.
        args: its arguments, with the numbers at which it is recorded.

    Attributes:
        form: its inputs are the leaves of the arguments, then what is captured, its outputs the leaves of the result.
        captured: Values and traced arrays of a recording around it.
        shapes: the structure of the result and the shape of each leaf.
        kinds: for each leaf of the result bool or int, where it stands for such.
    """

    form: Form
    shapes: Any
    kinds: Any

    def __init__(self, name: str, f: Callable[..., Any], args: Sequence[Any]) -> None:
        given = Arguments(args, [None] * len(args), floats=len(args))
        trace = _traced(f, given)
        self.form, self.shapes, self.kinds = Form(), trace.form, trace.leaf_kinds
        if len(trace.guards):
            found = branching(name, f, given, [(trace, np.arange(1))], current().tracer, reduce=True, weight=1.0)
            inner, self.captured, by_number = found.form, found.captured, True
        elif trace.whole is None:
            inner, self.captured, by_number = trace.once, trace.captured, True
        else:
            inner, self.captured, by_number = trace.whole, trace.captured, False
        shapes = [np.shape(x) for x in tree_flatten(list(args))[0]]
        self._assemble(inner, shapes, [not by_number and trace.lazy and prod(shape) >= LARGE for shape in shapes], by_number=by_number)

    def _assemble(self, inner: Form, shapes: Sequence[tuple[int, ...]], whole: Sequence[bool], *, by_number: bool) -> None:
        form, own = self.form, []
        for shape, is_whole in zip(shapes, whole, strict=True):
            place = form.input(shape or None)
            if is_whole or not shape:
                own.append(place)
                continue
            entries = [form.place() for _ in range(prod(shape))]
            form.steps.append(Unpack(place, shape, np.array(entries, int)))
            own += entries
        own += [form.input(x.shape if x.__class__ is TracedArray else None) for x in self.captured]
        places = dict(zip(inner.inputs, own, strict=True))
        form.append(inner, places)
        found = iter([places[p] for p in inner.outputs])
        for shape in self.shapes.shapes:
            if not shape or not by_number:
                form.outputs.append(next(found))
                continue
            entries = [next(found) for _ in range(prod(shape))]
            form.outputs.append(form.place(shape))
            form.steps.append(Pack(np.array(entries, int), form.outputs[-1], shape))
        form.pruned()


def _traced(f: Callable[..., Any], given: Arguments) -> Trace:
    lazy = masks = True
    while True:
        try:
            trace = Trace(f, given, 0, lazy=lazy, masks=masks, often=True)
        except ArrayLost:  # see `Recordings`
            lazy = False
            continue
        except MasksLost:
            masks = False
            continue
        if lazy and trace.whole is not None and len(trace.guards):
            lazy = False
            continue
        return trace
