"""The fast paths of `jit`: a call with arguments of the same types and shapes as before runs without flattening them.

Without lanes, such a call may take any path that is known; over lanes, or without the kernel, only the one that was recorded.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.context import current
from autograd.engine import Value
from autograd.program import lanes as by_lanes
from autograd.program.arguments import Arguments, group_arrays
from autograd.program.branches import Branches
from autograd.program.captured import Captured
from autograd.program.trace import Trace
from autograd.trees import tree_flatten

FLOAT = np.dtype(float)


class FastCall:
    """Replays a trace for arguments that are floats, and arrays of floats of the same shapes as in an earlier call.

    Args:
        args: the arguments of that call.
        axes: for each the axis with the lanes, or None.
        given: the same arguments, flattened.
        trace: the trace.
        captured: what the function captures; a call after a change of it does not match.
        weight: a factor of the value, where value and gradient of the first argument are wanted; None where the outputs are.
    """

    forms: list[Any]
    shape: tuple[int, ...]
    order: list[int] | None
    captured: Any
    state: Any
    weight: float | None
    lanes: int
    trace: Trace
    count: int
    outputs: int
    guards: Any
    wanted: tuple[bool, ...]
    tree: Any
    run: Any
    seeds: list[np.ndarray]
    unwanted: list[None]
    threads: int

    def __init__(
        self,
        args: Sequence[Any],
        axes: Sequence[int | None],
        given: Arguments,
        trace: Trace,
        captured: Captured,
        weight: float | None = None,
    ) -> None:
        # For each argument its shape, None for a float, and the order of its axes that has the lanes first.
        shapes = [None if x.__class__ is float else x.shape for x in args]
        orders = [sorted(range(x.ndim), key=(axis % x.ndim).__ne__) if axis else None for x, axis in zip(args, axes, strict=True)]
        self.forms, self.shape, self.order = list(zip(shapes, orders, strict=True)), shapes[0] or (), orders[0]
        self.captured, self.state, self.weight = captured, given.captured, weight
        self.lanes, self.trace, self.count, self.outputs = given.lanes or 1, trace, trace.count, trace.count + len(trace.guards)
        self.guards = trace.guards * self.lanes if len(trace.guards) else None
        self.wanted = (weight is not None, *[False] * (len(args) - 1))
        self.tree = trace.tree if self.lanes == 1 and len(trace.guards) and by_lanes.kernel is not None else None
        if self.tree is None:
            self.run = trace.batched.plan(group_arrays(given.groups), self.wanted).run
        if weight is not None:
            self.seeds = [np.array([weight, *[0.0] * len(trace.guards)])]
        self.unwanted, self.threads = [None] * (len(args) - 1), by_lanes.threads()

    @staticmethod
    def fits(args: Sequence[Any], trace: Trace) -> bool:
        """Whether a fast path can be made for these arguments and this trace."""
        plain = [x.__class__ is float or (x.__class__ is np.ndarray and x.dtype is FLOAT and x.ndim) for x in args]
        return trace.tree is not None and trace.batched.compiled and not trace.captured and bool(args) and all(plain)

    def __call__(self, args: Sequence[Any]) -> Any:
        """The outputs, or value and gradient; None where this call does not match the first one."""
        if len(args) != len(self.forms) or self.captured.state() is not self.state:
            return None
        inputs = []
        for x, (shape, order) in zip(args, self.forms):  # noqa: B905  # lengths are compared above; strict= would cost time
            if shape is None:
                if x.__class__ is not float:
                    return None
                inputs.append(np.array(x))
            elif x.__class__ is not np.ndarray or x.dtype is not FLOAT or x.shape != shape:
                return None
            else:
                inputs.append(x if order is None else x.transpose(order))
        return self._run(inputs) if self.tree is None else self._followed(self.tree, inputs)

    def _run(self, inputs: list[np.ndarray]) -> Any:
        """The result by the plan of the one path."""
        found = np.empty(self.outputs)
        try:
            if self.weight is None:
                self.run(1, inputs, [found])
            else:
                gradient = np.empty(self.shape)
                own = gradient if self.order is None else gradient.transpose(self.order)
                self.run(self.lanes, inputs, [found], self.seeds, [own, *self.unwanted], self.threads)
        except ValueError:  # for numbers that are not evenly spaced
            return None
        if self.guards is not None and (found[self.count :] != self.guards).any():
            return None
        if self.weight is None:
            return found.item(0) if self.trace.is_number else self.trace.unravel(found[: self.count].tolist())
        return self.weight * found.item(0), gradient if self.shape else gradient.item()

    def _followed(self, tree: Branches, inputs: list[np.ndarray]) -> Any:
        """The result by the plan of the tree of known paths."""
        gradient = None
        try:
            plan, traces, most, _ = tree.plan(inputs, self.wanted)
            found = np.empty(most)
            if self.weight is None:
                last = plan.follow(inputs, found)
            else:
                gradient = np.empty(self.shape)
                last = plan.follow(inputs, found, np.full(most, self.weight), [gradient, *self.unwanted])
        except ValueError:  # as above, or where another path has captured Values
            return None
        if last < 0:
            return None
        trace = traces[last]
        if gradient is None:
            return found.item(0) if trace.is_number else trace.unravel(found[: trace.count].tolist())
        return (self.weight * found.item(0), gradient if self.shape else gradient.item()) if trace.form.is_single else None


class ValueCall:
    """The fast path of jit for Values, in the structure of the call before, where the program is recorded operation by operation."""

    structure: Any
    trace: Trace
    captured: Captured
    state: Any

    def __init__(self, args: Sequence[Any], given: Arguments, trace: Trace, captured: Captured) -> None:
        self.structure, self.trace = tree_flatten(tuple(args))[1].key, trace
        self.captured, self.state = captured, given.captured

    @staticmethod
    def fits(args: Sequence[Any], given: Arguments, trace: Trace) -> bool:
        """Whether there can be one for such arguments."""
        light = trace.tree is not None and trace.is_light and not len(trace.guards)
        return light and not given.objects and set(map(type, tree_flatten(tuple(args))[0])) == {Value}

    def __call__(self, args: Sequence[Any]) -> Any:
        """The outputs; None where this call does not match the first one."""
        if self.captured.state() is not self.state or not current().recording:
            return None
        leaves, structure = tree_flatten(tuple(args))
        if set(map(type, leaves)) != {Value} or structure.key != self.structure:
            return None
        return self.trace.recorded([*leaves, *self.trace.captured])
