"""Recordings: a function of Values is run once under a tracer, which gives a trace: a program with guards. One path, one trace.

What the function computes becomes a `Program`. A comparison becomes a node; where Python takes its truth value, the answer is kept as a
guard. A replay computes the guards too: where one differs from its trace, the function would take another path there, and another trace is
recorded; `autograd.program.branches` merges the traces into a tree. What a replay cannot repeat, such as reading `data`, raises an error.

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
from autograd.program.branches import Branches
from autograd.program.building import form_of
from autograd.program.calls import Call, call
from autograd.program.captured import Captured, IdentityKey, State
from autograd.program.form import Form
from autograd.program.fusion import fused
from autograd.program.lanes import BatchedProgram
from autograd.program.observed import include, new_state, observed
from autograd.program.passes import pruned
from autograd.program.program import Program
from autograd.program.steps import Step
from autograd.program.traced import ArrayLost, TracedArray
from autograd.trees import tree_flatten, tree_unflatten

Function = Callable[..., Any]

# How many recordings a function keeps; and after how many it says why there are so many, or, of paths, after how many that it lost.
KEPT, MANY = 256, 128
# The numbers of the runs of recordings that have ended: their Values stand for the arguments of one call.
ENDED: set[int] = set()
# How many groups of lanes may differ in their integers.
GROUPS = 64
REMEDY = "compute that outside and give it as an argument, or return what it changes; calls without jit and vmap are as right"


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
        self.rejected: TraceError | None = None  # the first error, which the function may have caught
        self.guards: dict[Value, bool] = {}
        self.bools: set[Value] = set()

    def guard(self, node: Value) -> bool:
        """The truth value of `node`, which becomes a guard."""
        guard = node if node.op in {ops.less, ops.less_equal, ops.equal} else ops.where(node, 1.0, 0.0)
        return self.guards.setdefault(guard, bool(guard._number))

    def note_bool(self, node: Value) -> Value:
        """`node`, noted as one that stands for True or False."""
        self.bools.add(node)
        return node

    def is_bool(self, node: Value) -> bool:
        """Whether it was noted as such."""
        return node in self.bools

    def forbid(self, what: str, node: Value | None) -> None:
        """Raise an error for what a replay would not repeat; the number of a constant may be read."""
        if node is None or node._run < self.run or node.args:  # a leaf that the function made is a constant
            self.rejected = self.rejected or TraceError(
                f"{what} was used at {users_line()} while the function was recorded, but a replay would keep the result of this one call: "
                "compute with the Value itself, compare it with < or <=, choose with where, or call the function without jit and vmap"
            )
            raise self.rejected


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

        try:
            tree = in_context(traced).run(with_active_inputs, [_node(x) for x in inputs], f, *given)
        finally:
            ENDED.add(tracer.run)
        if tracer.rejected is not None:
            raise tracer.rejected
        if _identities(given) != before:
            raise TraceError(
                f"{f!r} changed a list, dict or array among its arguments, which a replay would not repeat: let it change a copy"
            )
        leaves, self.structure = tree_flatten(tree)
        nodes = order(*[y for y in (*leaves_of(leaves), *tracer.guards) if y.__class__ is Value], since=tracer.run)
        known = set(map(_node, inputs))
        self.captured = outside = [node for node in nodes if node._run < tracer.run and node not in known]
        if any(node._run in ENDED for node in outside):
            raise TraceError(
                f"{f!r} used a Value that was recorded in an earlier call, whose gradient is lost: return what the next call needs, and "
                "give it as an argument"
            )
        self.guards = np.array(list(tracer.guards.values()), dtype=float)
        self.tree: Branches | None = None  # in which other calls find it
        self.bools: list[int] = [k for k, y in enumerate(leaves) if _is_bool(y, tracer)]
        self.whole: Form | None = None
        self.lazy = lazy
        if any(node.op.__class__ is Call for node in nodes) or any(y.__class__ is TracedArray for y in leaves):
            ends = [y if isinstance(y, np.ndarray) or y.__class__ is Value else named_float("what the function gave", y) for y in leaves]
            self.whole = fused(form_of([*ends, *tracer.guards], [*inputs, *outside], nodes))
            return
        numbers, self.form = tree_ravel(tree)
        outputs = [y if y.__class__ is Value else named_float("what the function gave", y) for y in numbers]
        self.count = len(outputs)
        # The outputs that are True or False, which programs have as 1 and 0.
        self.bools = [k for k, y in enumerate(numbers) if _is_bool(y, tracer)]
        self.is_number = self.form.is_number and not self.bools
        entries = [v for x in inputs for v in (x.unpacked(tracer) if x.__class__ is TracedArray else [x])]
        # The guards come last among the outputs, but what each needs first among the instructions: see `autograd.program.branches`.
        program = Program([*tracer.guards, *outputs], [*entries, *outside])
        program = program.with_outputs([*range(len(tracer.guards), len(program.outputs)), *range(len(tracer.guards))])
        self.batched = BatchedProgram(program, range(self.count))

    def unravel(self, outputs: list[Any]) -> Any:
        """What the function gives, with these outputs."""
        for k in self.bools:
            outputs[k] = bool(outputs[k])
        return self.form.unravel(outputs)

    @cached_property
    def once(self) -> Form:
        """The program as a form, without the guards."""
        form = Form()
        inputs = np.array([form.input() for _ in range(self.batched.program.inputs)], int)
        form.outputs = [form.place() for _ in range(self.count)]
        batched = BatchedProgram(pruned(self.batched.program, range(self.count)), range(self.count))
        form.steps.append(Step(batched, 1, (inputs,), np.array(form.outputs, int)))
        return form

    def guards_hold(self, groups: Groups) -> bool:
        """Whether the guards of the form of all of it have the values that they had in the recording."""
        assert self.whole is not None  # noqa: S101  # others are in a tree
        found = self.whole(_given([(array, None) for array, _ in groups], lazy=self.lazy)) if len(self.guards) else []
        return bool((np.array(found[self.structure.count :]) == self.guards).all())

    def result(self, name: str, groups: Groups) -> Any:
        """What the function gives for one lane of these groups, by the form of all of it."""
        if self.whole is None:
            return self.unravel(call(name, self.once, _given(groups, lazy=False)))
        found = call(name, self.whole, _given(groups, lazy=self.lazy))[: self.structure.count]
        for k in self.bools:
            found[k] = bool(found[k])
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
    found: list[Any] = []
    for array, own in args.groups:
        given = _given([(array, None)], lane, lazy=lazy and own is None)
        found += [TracedArray.of(x, Value(0.0), 0) if isinstance(x, np.ndarray) else Value(x) for x in given]
    return found


def _is_bool(x: Any, tracer: Tracer) -> bool:
    return x in tracer.bools if x.__class__ is Value else isinstance(x, bool | np.bool_)


def _node(x: Any) -> Any:
    return x.owner if x.__class__ is TracedArray else x


def leaves_of(leaves: Sequence[Any]) -> list[Any]:
    """The Values on which leaves of a structure rest."""
    return [v for x in leaves for v in ([_node(x)] if not isinstance(x, np.ndarray) or x.__class__ is TracedArray else x.ravel())]


def watched(f: Function, args: Sequence[Any]) -> Any:
    """`f(*args)` with Values in place of the live numbers, as a recording has them, and a watch sees; numbers come out again."""
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
    if context.watch is not None:
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
        self.traces: dict[Any, Branches] = {}
        self.wholes: dict[Any, list[Trace]] = {}  # those with a form of all of it
        self.kept: dict[Trace, Any] = {}  # with the keys of their trees, the oldest first
        self.captured: dict[Any, Captured] = {}
        self.changing: set[Any] = set()  # the keys of calls that changed what they captured
        self.refusal: str | None = None  # why it is not recorded
        self.made = self.lost = 0
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
        """The traces that the lanes take, each with the lanes that take it, in the order of the first of these."""
        args.captured = None if self.refusal else self.what_is_captured(args.objects).state()
        found: dict[Trace, list[np.ndarray]] = {}
        for group in self._groups(args):
            left = group
            for trace in self.wholes.get(self._key(args, group), ()):
                if len(left) and trace.guards_hold(with_captured(args.groups, trace)):
                    found[trace], left = [left], left[:0]
            while len(left):
                tree = self.traces.get(self._key(args, group))
                known, unknown = ([], [left]) if tree is None else tree.route(group_arrays(args.groups), left)
                for trace, lanes in known:
                    found.setdefault(trace, []).append(lanes)
                for lanes in unknown:  # the first takes what was recorded, however a replay rounds
                    found.setdefault(self._recorded(group, args, int(lanes[0])), []).append(lanes[:1])
                left = np.sort(np.concatenate([lanes[1:] for lanes in unknown])) if unknown else left[:0]
        include(args.captured, self.refusal)
        parts = [(trace, lanes[0] if len(lanes) == 1 else np.sort(np.concatenate(lanes))) for trace, lanes in found.items()]
        return iter(sorted(parts, key=lambda part: int(part[1][0])))

    @staticmethod
    def _key(args: Arguments, group: np.ndarray) -> Any:
        token = args.captured and args.captured.token
        return tuple(args.key), token, tuple([x[group[0]].tobytes() for x in args.columns])

    def _recorded(self, group: np.ndarray, args: Arguments, lane: int) -> Trace:
        """The trace of the path that a lane takes, as the function itself takes it."""
        before = args.captured
        if self.refusal:
            return self._traced(args, lane)
        state = new_state(self.f, *args.objects, *args.classes()) if before is None else before.copied()
        with observed(state):
            trace = self._traced(args, lane)
        with self.lock:
            self.made += 1
            if not self._may_keep(state, before, args):
                return trace
            lost = self.lost
            kept = self._keep(self._key(args, group), trace, sum([array.shape[1] for array, _ in args.groups]))
            made, now_lost = self.made, self.lost
        arm = len(trace.guards) > 0  # there may be as many as are kept
        if (now_lost - 1) // MANY > (lost - 1) // MANY if arm else made % MANY == 0:
            branches = f"of which the last {KEPT} are kept: its branches depend on numbers, or " if arm else ""
            self._warn(
                f"has been recorded {made} times{',' if arm else ':'} {branches}its static arguments, the shapes of its arrays, or numbers "
                "that it captures change from call to call; give these as float arguments, or choose with where"
            )
        return kept

    def _may_keep(self, state: State, before: State | None, args: Arguments) -> bool:
        """Whether a trace is right as long as the state holds; if the function cannot be recorded at all, say so once."""
        changed = None if state.refusal else state.changed()
        if changed is not None:
            key = tuple(args.key)
            if key in self.changing:  # what is filled in once, such as a cache, has been by now
                state.refuse(f"each call changes what it captures: {changed}")
            self.changing.add(key)
        if state.refusal and not self.refusal:
            self.refusal = state.refusal
            self._warn(f"is not recorded, but called each time: {self.refusal}; {REMEDY}")
        if state.refusal or changed or not self.what_is_captured(args.objects).keep(state, before):
            return False
        args.captured = state
        return True

    def _warn(self, what: str) -> None:
        warnings.warn(f"{self.name}, called at {users_line()}, {what}", RuntimeWarning, stacklevel=2)

    def _traced(self, args: Arguments, lane: int) -> Trace:
        if self.lazy:
            try:
                return Trace(self.f, args, lane, lazy=True)
            except ArrayLost:  # what it does with an array needs a Value for each entry
                pass
        return Trace(self.f, args, lane)

    def _keep(self, key: Any, trace: Trace, inputs: int) -> Trace:
        """The trace of that path that later calls find: this one, or the one that was there."""
        if trace.whole is not None:
            self.wholes[key] = [*self.wholes.get(key, [])[1 - KEPT :], trace]
            return trace
        tree = self.traces.get(key)
        found = None if tree is None else tree.graft(trace)
        if found is None:  # where it contradicts the others the function does not compute what they say
            self.lost += 0 if tree is None else len(tree)
            self.kept = {t: k for t, k in self.kept.items() if t.tree is not tree} if tree is not None else self.kept
            tree, found = Branches(inputs), trace
            tree.graft(trace)
            self.traces[key] = tree
        if found is trace:
            trace.tree = tree
            self.kept[trace] = key
            self._make_room()  # a function: in Python 3.12 and 3.13 Ctrl-C could strike within a loop that stands here
        return found

    def _make_room(self) -> None:
        while len(self.kept) > KEPT:
            oldest = next(iter(self.kept))
            key = self.kept.pop(oldest)
            self.lost += 1
            if len(self.traces[key]) == 1:
                del self.traces[key]
                continue
            tree = self.traces[key] = self.traces[key].without(oldest)
            for trace in tree:
                trace.tree = tree

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


def with_captured(groups: Groups, trace: Trace) -> Groups:
    """The groups of a call, followed by the group of what the trace captured."""
    if not trace.captured:
        return groups
    return [*groups, (np.array([[v._number for v in trace.captured]]), trace.captured)]
