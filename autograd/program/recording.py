"""Recordings: a function of Values is run once under a tracer, which gives a trace: a program with guards. One path, one trace.

What the function computes becomes a `Program`. A comparison becomes a node; where Python takes its truth value, the answer is kept as a
guard. A replay computes the guards too: where one differs from its trace, the function would take another path there, and another trace is
recorded. What a replay cannot repeat, such as reading `data`, raises an error.

Source of the idea: Griewank and Walther, Evaluating Derivatives (2008), section 6.1; guards as in tracing compilers, Gal et al. (2009).
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np

from autograd import ops
from autograd.anomaly import users_line
from autograd.arrays import tree_ravel, wrapped
from autograd.context import NEUTRAL, Context, current, in_context, run_of_its_own, with_active_inputs
from autograd.engine import Value
from autograd.errors import OperationError, TraceError
from autograd.graph import order
from autograd.kinds import named_float
from autograd.program.arguments import Arguments, Groups, group_arrays
from autograd.program.building import form_of
from autograd.program.calls import Call, call
from autograd.program.captured import Captured, IdentityKey
from autograd.program.form import Form
from autograd.program.fusion import fused
from autograd.program.lanes import BatchedProgram
from autograd.program.passes import pruned
from autograd.program.program import Program
from autograd.program.steps import Step
from autograd.program.traced import ArrayLost, TracedArray
from autograd.trees import tree_flatten, tree_unflatten

Function = Callable[..., Any]

# How many recordings a function keeps, and after how many it says why there are so many.
KEPT, MANY = 256, 128
# How many groups of lanes may differ in their integers.
GROUPS = 64


class Tracer:
    """Notes what a recording needs: the nodes that the function made, and the truth values on which it branched.

    Attributes:
        lazy: whether what runs over lanes is kept as one call, and its arrays as handles.
        unpacked: the entries of arrays of which single ones were used, by owner and output.
    """

    def __init__(self, *, lazy: bool) -> None:
        self.lazy = lazy
        self.unpacked: dict[Value, dict[int, Any]] = {}
        self.run = 0  # the number of the run
        self.guards: dict[Value, bool] = {}

    def guard(self, node: Value) -> bool:
        """The truth value of `node`, which becomes a guard."""
        guard = node if node.op in {ops.less, ops.less_equal, ops.equal} else ops.where(node, 1.0, 0.0)
        return self.guards.setdefault(guard, bool(guard._number))

    def forbid(self, what: str, node: Value | None) -> None:
        """Raise an error for what a replay would not repeat; the number of a constant may be read."""
        if node is None or node._run < self.run or node.args:  # a leaf that the function made is a constant
            raise TraceError(
                f"{what} was used at {users_line()} while the function was recorded, but a replay would keep the result of this one call: "
                "compute with the Value itself, compare it with < or <=, choose with where, or call the function without jit and vmap"
            )


class Trace:
    """One path through a function: its program, the Values that it captured, and the truth values of its guards.

    Attributes:
        whole: where it runs parts of itself over lanes, a form of all of it, whose outputs are the leaves of the result, then the guards.
    """

    def __init__(self, f: Function, args: "Arguments", lane: int, *, lazy: bool = False) -> None:
        tracer = Tracer(lazy=lazy)
        inputs = in_context(NEUTRAL).run(_inputs, args, lane, lazy=lazy)
        given = args.rebuilt(inputs, lane)
        before = _identities(given)

        def traced(context: Context) -> Context:
            made = run_of_its_own(context)
            tracer.run = made.runs[-1]
            return replace(made, watch=None, tracer=tracer)

        tree = in_context(traced).run(with_active_inputs, [_node(x) for x in inputs], f, *given)
        if _identities(given) != before:
            raise TraceError(
                f"{f!r} changed a list, dict or array among its arguments, which a replay would not repeat: let it change a copy"
            )
        leaves, self.structure = tree_flatten(tree)
        nodes = order(*[y for y in (*leaves_of(leaves), *tracer.guards) if y.__class__ is Value], since=tracer.run)
        known = set(map(_node, inputs))
        self.captured = outside = [node for node in nodes if node._run < tracer.run and node not in known]
        self.guards = np.array(list(tracer.guards.values()), dtype=float)
        self.kept = False  # whether other calls may use it
        self.whole: Form | None = None
        self.lazy = lazy
        if any(node.op.__class__ is Call for node in nodes) or any(y.__class__ is TracedArray for y in leaves):
            ends = [y if isinstance(y, np.ndarray) or y.__class__ is Value else named_float("what the function gave", y) for y in leaves]
            self.whole = fused(form_of([*ends, *tracer.guards], [*inputs, *outside], nodes))
            return
        numbers, self.form = tree_ravel(tree)
        outputs = [y if y.__class__ is Value else named_float("what the function gave", y) for y in numbers]
        self.count = len(outputs)
        entries = [v for x in inputs for v in (x.unpacked(tracer) if x.__class__ is TracedArray else [x])]
        self.batched = BatchedProgram(Program([*outputs, *tracer.guards], [*entries, *outside]), range(self.count))

    @cached_property
    def once(self) -> Form:
        """The program as a form, without the guards."""
        form = Form()
        inputs = np.array([form.input() for _ in range(self.batched.program.inputs)], int)
        form.outputs = [form.place() for _ in range(self.count)]
        batched = BatchedProgram(pruned(self.batched.program, range(self.count)), range(self.count))
        form.steps.append(Step(batched, 1, (inputs,), np.array(form.outputs, int)))
        return form

    def guards_hold(self, groups: Groups, lanes: int) -> np.ndarray:
        """In which lanes the guards have the values that they had in the recording."""
        if self.whole is None:
            found = self.batched.forward(group_arrays(groups), lanes)[:, self.count :]
        else:
            found = np.array([self.whole(_given([(array, None) for array, _ in groups], lazy=self.lazy))[self.structure.count :]])
        return np.asarray((found == self.guards).all(axis=1))

    def result(self, name: str, groups: Groups) -> Any:
        """What the function gives for one lane of these groups, by the form of all of it."""
        if self.whole is None:
            return self.form.unravel(call(name, self.once, _given(groups, lazy=False)))
        found = call(name, self.whole, _given(groups, lazy=self.lazy))[: self.structure.count]
        return tree_unflatten(self.structure, [wrapped(x, alone=False) for x in found])


# Arrays of so many numbers are traced as a whole.
LARGE = 64


def _given(groups: Groups, lane: int = 0, *, lazy: bool) -> list[Any]:
    """The numbers and Values of one lane, or, of what is traced as a whole, its array."""
    found: list[Any] = []
    for array, own in groups:
        row = array[lane if len(array) > 1 else 0]
        found += [row] if lazy and row.size >= LARGE and not own else own or row.tolist()
    return found


def _inputs(args: Arguments, lane: int, *, lazy: bool) -> list[Any]:
    """What stands for them in a recording: Values, or a traced array."""
    given = [_given([(array, own)], lane, lazy=lazy) if own is None else array[lane if len(array) > 1 else 0].tolist() for array, own in args.groups]
    return [TracedArray.of(x, Value(0.0), 0) if isinstance(x, np.ndarray) else Value(x) for own in given for x in own]


def _node(x: Any) -> Value:
    return x.owner if x.__class__ is TracedArray else x


def leaves_of(leaves: Sequence[Any]) -> list[Any]:
    """The Values on which leaves of a structure rest."""
    return [v for x in leaves for v in ([_node(x)] if not isinstance(x, np.ndarray) or x.__class__ is TracedArray else x.ravel())]


def watched(f: Function, args: Sequence[Any]) -> Any:
    """`f(*args)` with Values in place of the live numbers, so that a watch sees each operation; numbers come out again."""
    if hasattr(f, "derivative_of"):  # it makes its own Values, and its sweep knows the line of each
        return f(*args)
    given = Arguments(args, [None] * len(args))
    first = 0

    def called() -> Any:
        nonlocal first
        first = current().runs[-1]
        inputs = [v for array, own in given.groups for v in own or map(Value, array[0].tolist())]
        return f(*given.rebuilt(inputs, 0))

    tree = in_context(run_of_its_own).run(called)
    numbers, form = tree_ravel(tree)
    outputs = [y for y in numbers if y.__class__ is Value]
    context: Any = current()
    context.watch.used(outputs)
    if any(own for _, own in given.groups) or any(node._run < first for node in order(*outputs, since=first)):
        return tree if context.recording else form.unravel([Value(y._number) if y.__class__ is Value else y for y in numbers])
    return form.unravel([y._number if y.__class__ is Value else y for y in numbers])


def _identities(tree: Any) -> list[int]:
    """The identities of what a structure holds, except the entries of arrays of numbers."""
    leaves = tree_flatten(tree)[0]
    held = [[x] if not isinstance(x, np.ndarray) or x.__class__ is TracedArray else x.ravel() if x.dtype == object else [] for x in leaves]
    return [id(x) for own in held for x in own if not isinstance(x, np.generic)]


class Recordings:
    """A function with all its recordings: what `jit` and `vmap` share."""

    def __init__(self, f: Function, name: str, *, lazy: bool = False) -> None:
        self.f, self.name, self.lazy = f, name, lazy
        self.traces: dict[Any, list[Trace]] = {}
        self.captured: dict[Any, Captured] = {}
        self.made = 0
        self.lock = RLock()

    def what_is_captured(self, objects: Sequence[Any]) -> Captured:
        """What the function and its static arguments capture."""
        which = tuple(map(IdentityKey, objects))
        if which not in self.captured:
            if len(self.captured) >= MANY:
                del self.captured[next(iter(self.captured))]
            self.captured[which] = Captured(self.f, *objects)
        return self.captured[which]

    def parts(self, args: Arguments) -> Iterator[tuple[Trace, np.ndarray]]:
        """The traces that the lanes take, each with the lanes that take it."""
        args.captured = self.what_is_captured(args.objects).key()
        key = (tuple(args.key), args.captured)
        for group in self._groups(args):
            own = (key, tuple(x[group[0]].tobytes() for x in args.columns))
            left = group
            for trace in self.traces.get(own, ()):
                left = yield from self._matching(trace, args, left)
            while len(left):
                trace = self._traced(args, int(left[0]))
                pure = self.what_is_captured(args.objects).key() == args.captured
                self._count(trace, pure=pure)
                if pure:
                    self._keep(own, trace)
                    left = yield from self._matching(trace, args, left, sure=1)
                else:  # random numbers and state of this call do not hold for others
                    yield trace, left[:1]
                    left = left[1:]

    def _traced(self, args: Arguments, lane: int) -> Trace:
        if self.lazy:
            try:
                return Trace(self.f, args, lane, lazy=True)
            except ArrayLost:  # what it does with an array needs a Value for each entry
                pass
        return Trace(self.f, args, lane)

    @staticmethod
    def _matching(trace: Trace, args: Arguments, lanes: np.ndarray, *, sure: int = 0) -> Any:
        """Yield the trace with the lanes that take it, and return the others; the first `sure` take it, however the replay rounds."""
        if not len(lanes):
            return lanes
        if not len(trace.guards):
            yield trace, lanes
            return lanes[:0]
        holds = trace.guards_hold(with_captured(args.chosen(lanes).groups, trace), len(lanes))
        holds[:sure] = True
        if holds.any():
            yield trace, lanes[holds]
        return lanes[~holds]

    def _groups(self, args: Arguments) -> list[np.ndarray]:
        lanes = 1 if args.lanes is None else args.lanes
        if not args.columns:
            return [np.arange(lanes)]
        each = [np.unique(x.reshape(lanes, -1), axis=0, return_inverse=True)[1].ravel() for x in args.columns]
        kinds, which = np.unique(each, axis=1, return_inverse=True)
        count = kinds.shape[1]
        if count > GROUPS:
            raise OperationError(
                f"{self.name} was given integer arrays with {count} different lanes; at most {GROUPS} can be recorded separately: if these "
                "integers are quantities rather than labels, give them as floats, array.astype(float)"
            )
        return [np.flatnonzero(which.ravel() == k) for k in range(count)]

    def _count(self, trace: Trace, *, pure: bool) -> None:
        with self.lock:
            self.made += 1
        if self.made % MANY == 0:
            branches = "its branches depend on numbers, or " if len(trace.guards) else ""
            reason = (
                f"{branches}its static arguments, the shapes of its arrays, or numbers that it captures change from call to call; give "
                "these as float arguments, or choose with where"
                if pure
                else "it draws random numbers or changes what it captures, so that no recording can be used twice; give these as arguments"
            )
            warnings.warn(
                f"{self.name}, called at {users_line()}, has been recorded {self.made} times: {reason}", RuntimeWarning, stacklevel=2
            )

    def _keep(self, key: Any, trace: Trace) -> None:
        with self.lock:
            self._make_room()  # a function: in Python 3.12 and 3.13 Ctrl-C could strike within a loop that stands here
            trace.kept = True
            self.traces.setdefault(key, []).append(trace)

    def _make_room(self) -> None:
        while sum(map(len, self.traces.values())) >= KEPT:
            del self.traces[next(iter(self.traces))]


def with_captured(groups: Groups, trace: Trace) -> Groups:
    """The groups of a call, followed by the group of what the trace captured."""
    if not trace.captured:
        return groups
    return [*groups, (np.array([[v._number for v in trace.captured]]), trace.captured)]
