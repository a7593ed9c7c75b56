"""jit: a function of Values, recorded once and replayed on other numbers as a program: see `autograd.program.recording`."""

import functools
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

import numpy as np

from autograd.arrays import tree_ravel
from autograd.context import current
from autograd.errors import OperationError
from autograd.program.arguments import Arguments, group_arrays
from autograd.program.explain import Explanation, explanation
from autograd.program.fast import FastCall
from autograd.program.recording import Recordings, watched, with_captured
from autograd.program.vmap import VMap, name_of

Function = Callable[..., Any]


class _Jit:
    """A function that is recorded: see `jit`."""

    def __init__(self, f: Function) -> None:
        functools.update_wrapper(self, f)
        self.f = f
        self.recorded = isinstance(f, VMap | _Jit)
        self.fast_call: FastCall | None = None
        self.recordings = Recordings(f, f"jit({name_of(f)})", lazy=True)
        self.loss: Any
        self.with_value: bool
        self.is_swept = True  # whether a gradient is a sweep over the program of the function itself
        self.loss, self.with_value = getattr(f, "derivative_of", (None, False))
        if self.loss is not None:
            own = isinstance(self.loss, VMap)
            self.of_loss = self.loss.recordings if own else Recordings(self.loss, f"jit({name_of(self.loss)})", lazy=True)

    def __call__(self, *args: Any) -> Any:
        if self.recorded or current().tracer is not None:
            return self.f(*args)
        if current().watch is not None:
            return watched(self.f, args)
        fast_call = self.fast_call  # once: another thread may replace it
        found = None if fast_call is None else fast_call(args)
        if found is not None:
            return found if self.loss is None or self.with_value else found[1]
        if self._own.refusal:
            return self.f(*args) if self.loss is not None else watched(self.f, args)
        found = self._differentiated(args) if self.loss is not None and self.is_swept and args else None
        return self._replayed(args) if found is None else found

    @property
    def _own(self) -> Recordings:
        """The recordings that its calls use."""
        inner: Any = self.f
        return inner.recordings if self.recorded else self.of_loss if self.loss is not None and self.is_swept else self.recordings

    def explain(self) -> Explanation:
        """What was recorded, how many operations and paths that is, and what runs it.

        >>> f = jit(lambda x: x * x + 1.0)
        >>> f(2.0)
        5.0
        >>> print(f.explain())  # doctest: +ELLIPSIS
        jit(<lambda>):
          2 operations on 1 number, run by ...
        """
        own = self._own
        kept: list[Any] = [*own.traces.values(), *own.wholes.values()]
        traces = [trace for held in kept for trace in held]
        return explanation(self.recordings.name, traces, [len(tree) for tree in own.traces.values()], own.refusal)

    def __get__(self, instance: Any, _owner: Any = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def _replayed(self, args: Sequence[Any]) -> Any:
        given = Arguments(args, [None] * len(args))
        trace = next(self.recordings.parts(given))[0]
        groups = with_captured(given.groups, trace)
        if trace.whole is None and not any(own for _, own in groups):
            if self.loss is None and FastCall.fits(args, trace):
                self.fast_call = FastCall(args, [None] * len(args), given, trace, self.recordings.what_is_captured(()))
            return trace.unravel(trace.batched.forward(group_arrays(groups), 1)[0, : trace.count].tolist())
        return trace.result(name_of(self.f), groups)

    def _differentiated(self, args: Sequence[Any]) -> Any:
        """Value and gradient by a reverse sweep over the function's program; None where the result has to be Values."""
        over_lanes = isinstance(self.loss, VMap)
        axes = self.loss.axes(args) if over_lanes else [None] * len(args)
        if over_lanes and self.loss.reduce is None:
            return None
        given = Arguments(args, axes, floats=1)
        if any(own for _, own in given.groups) or any(axis is not None for axis in given.axes[0]):
            return None
        weight, value = self.loss.weight(given.lanes) if over_lanes else 1.0, -0.0
        gradients: list[np.ndarray] = []
        parts = list(self.of_loss.parts(given))
        for trace, chosen in parts:
            if trace.whole is not None:  # derived as it is recorded, step by step
                self.is_swept = False
                return None
            if trace.captured or not trace.form.is_single:
                return None
            inputs = group_arrays(given.chosen(chosen).groups)
            sums, found = trace.batched.backward(inputs, len(chosen), [weight], [i < given.first for i in range(len(inputs))])
            value += weight * float(sums[0])
            gradients = [a + b for a, b in zip(gradients, found, strict=True)] if gradients else found
        if len(parts) == 1 and FastCall.fits(args, trace):
            self.fast_call = FastCall(args, axes, given, trace, self.of_loss.what_is_captured(()), weight)
        rest = iter(gradients)
        gradient = tree_ravel(args[0])[1].map(lambda shape: next(rest).reshape(shape) if shape else float(next(rest)[0, 0]))
        return (value, gradient) if self.with_value else gradient


def jit(f: Function) -> Function:
    """The function f, recorded at its first call and replayed at later ones: the same answers, without Python's cost for each operation.

    Floats, arrays of floats, Values and containers of these are live: they may differ from call to call. Leaves that f captures, such as
    the parameters of a Module, are live too. Ints, bools and strings are static: another value is recorded again. So is a call for which
    a number or array that f captures has changed, or a branch goes the other way. Numbers give numbers; where a Value is among the
    arguments or captured, the results are Values that depend on it.

    Raises:
        TraceError: f reads what a replay cannot read again, such as `data`.

    >>> from autograd import grad
    >>> cube = jit(lambda x: x**3 if x > 0.0 else -x)
    >>> cube(2.0), cube(-2.0)
    (8.0, 2.0)
    >>> jit(grad(lambda x: x**3))(2.0)
    12.0
    """
    if not callable(f):
        raise OperationError(f"got {f!r}, expected a function: jit(f)(x)")
    return _Jit(f)
