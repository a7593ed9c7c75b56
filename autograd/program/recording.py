"""Recordings: the part that `jit` and `vmap` share. A function is recorded once for each path that it takes, and replayed on other numbers.

A trace, see `autograd.program.trace`, is found by a key: the shapes and types of the arguments, the values of static arguments, and all
that the function captures. `autograd.program.branches` merges the traces with the same key into a tree of paths. Where no known path fits,
the function is recorded again.
"""

import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

import numpy as np

from autograd.anomaly import users_line
from autograd.arrays import tree_ravel
from autograd.context import current, in_context, run_of_its_own
from autograd.engine import Value
from autograd.errors import OperationError, TraceError
from autograd.graph import order
from autograd.locks import Lock
from autograd.program.arguments import Arguments, group_arrays
from autograd.program.branches import Branches
from autograd.program.captured import Captured, IdentityKey, State
from autograd.program.explain import Explanation, explanation
from autograd.program.observed import include, observe
from autograd.program.trace import MasksLost, Trace
from autograd.program.traced import ArrayLost
from autograd.transformed import Derivative

Function = Callable[..., Any]

# The number of recordings that are kept for a function; and the number after which a warning says why there are so many.
KEPT, MANY = 256, 128
# The largest number of groups of lanes with different integer arguments.
GROUPS = 64
REMEDY = "compute that outside and give it as an argument, or return what it changes; calls without jit and vmap are as right"


def watched(f: Function, args: Sequence[Any]) -> Any:
    """`f(*args)` with Values in place of the live numbers, as in a recording, but without one: where each operation is observed.

    The result has numbers again unless it depends on Values from outside.
    """
    if isinstance(f, Derivative):  # it makes its own Values, and its sweep knows the line of each
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


def drop_oldest(kept: dict[Any, Any]) -> None:
    """Remove what was put in first; each step is one for other threads, which may remove it, too."""
    for key in list(kept)[:1]:
        kept.pop(key, None)


class Recordings:
    """A function with all its recordings.

    Args:
        f: the function.
        name: its name in messages.
        lazy: whether a `vmap` within it is kept as one call, and large arrays as traced arrays.

    Attributes:
        traces: the trees of paths, by key.
        wholes: by key, the traces that are forms, the newest first; they are in no tree.
        kept: the traces in trees with the keys of these, the oldest first.
        captured: what is captured, for each choice of static arguments.
        made, lost: the number of recordings made, and of those that were discarded.
    """

    f: Function
    name: str
    lazy: bool

    def __init__(self, f: Function, name: str, *, lazy: bool = False) -> None:
        self.f, self.name, self.lazy = f, name, lazy
        self.traces: dict[Any, Branches] = {}
        self.wholes: dict[Any, list[Trace]] = {}
        self.kept: dict[Trace, Any] = {}
        self.captured: dict[Any, Captured] = {}
        self.changing: set[Any] = set()  # the keys of calls that changed what they captured
        self.refusal: str | None = None  # why it is not recorded
        self.made = self.lost = 0
        self.lock = Lock()

    def what_is_captured(self, objects: Sequence[Any]) -> Captured:
        """The `Captured` of the function and of those static arguments that are objects."""
        which = tuple(map(IdentityKey, objects))
        if which not in self.captured:
            if len(self.captured) >= MANY:
                drop_oldest(self.captured)
            self.captured[which] = Captured(self.f, *objects)
        return self.captured[which]

    def parts(self, args: Arguments, tried: Collection[Trace] = (), *, all_lanes: bool = True) -> Iterator[tuple[Trace, np.ndarray]]:
        """Find the path of each lane; record those that are not known.

        Args:
            args: the arguments of the call.
            tried: traces that are forms and are not to be used.
            all_lanes: whether to go on where it turns out that the function cannot be recorded; else only the first lane's trace comes.

        Returns:
            Pairs of a trace and the lanes that take its path, sorted by the first lane.
        """
        args.captured = None if self.refusal else self.what_is_captured(args.objects).state()
        found: dict[Trace, list[np.ndarray]] = {}
        for group in self._groups(args):
            left = group
            for trace in self.wholes.get(self._key(args, group), ()):
                if len(left) and trace not in tried and trace.guards_hold(args.groups):
                    found[trace], left = [left], left[:0]
            while len(left):
                tree = self.traces.get(self._key(args, group))
                known, unknown = ([], [left]) if tree is None else tree.route(group_arrays(args.groups), left)
                for trace, lanes in known:
                    found.setdefault(trace, []).append(lanes)
                rest = [left[:0]]
                for lanes in unknown:  # the recorded lane takes its path, even if a replay rounds differently; a form is taken by all
                    made = self._recorded(group, args, int(lanes[0]))
                    if made is None:
                        rest.append(lanes)
                        continue
                    if self.refusal and not all_lanes:
                        include(None, self.refusal)
                        return iter([(made, lanes[:1])])
                    taken = len(lanes) if made in self.wholes.get(self._key(args, group), ()) else 1
                    found.setdefault(made, []).append(lanes[:taken])
                    rest.append(lanes[taken:])
                left = np.sort(np.concatenate(rest))
        include(args.captured, self.refusal)
        parts = [(trace, lanes[0] if len(lanes) == 1 else np.sort(np.concatenate(lanes))) for trace, lanes in found.items()]
        return iter(sorted(parts, key=lambda part: int(part[1][0])))

    @staticmethod
    def _key(args: Arguments, group: np.ndarray) -> Any:
        token = args.captured and args.captured.token
        return tuple(args.key), token, tuple([x[group[0]].tobytes() for x in args.columns])

    def _recorded(self, group: np.ndarray, args: Arguments, lane: int) -> Trace | None:
        """Record the path of a lane and keep it; warn if there are very many recordings.

        None where another thread has recorded meanwhile: its recording may serve.
        """
        before = args.captured
        if self.refusal:
            self.made += 1
            return self._traced(args, lane)
        state = State(self.f, *args.objects, *args.classes()) if before is None else before.copied()
        trace = observe(state, self._traced, args, lane)
        with self.lock:
            self.made += 1
            if not self._may_keep(state, before, args):
                return trace if args.captured is before else None
            lost = self.lost
            kept = self._keep(self._key(args, group), trace, sum([array.shape[1] for array, _ in args.groups]))
            made, now_lost = self.made, self.lost
        arm = len(trace.guards) > 0  # of paths a warning counts those lost, since KEPT of them are normal
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
        if state.refusal or changed:
            return False
        if not self.what_is_captured(args.objects).keep(state, before):
            args.captured = self.what_is_captured(args.objects).state()  # another thread's, whose recordings serve here
            return False
        args.captured = state
        return True

    def explained(self, title: str, *, runs_itself: bool = False) -> Explanation:
        """What was recorded, in words."""
        traces = [trace for kept in (self.traces, self.wholes) for own in kept.values() for trace in own]
        return explanation(title, traces, [len(tree) for tree in self.traces.values()], self.refusal, runs_itself=runs_itself)

    def _warn(self, what: str) -> None:
        warnings.warn(f"{self.name}, called at {users_line()}, {what}", RuntimeWarning, stacklevel=2)

    def _traced(self, args: Arguments, lane: int) -> Trace:
        """Record the path of a lane, with traced arrays and masks if the function permits them."""
        lazy, masks = self.lazy, True
        while True:
            try:
                trace = Trace(self.f, args, lane, lazy=lazy, masks=masks)
            except ArrayLost:  # what it does with an array needs a Value for each entry
                lazy = False
                continue
            except MasksLost:  # what it does with a mask needs its truth values
                masks = False
                continue
            if lazy and args.lanes is not None and trace.whole is not None and len(trace.guards):
                lazy = False  # lanes may take different paths, which only flat programs can do here
                continue
            if trace.is_lost:
                raise TraceError(
                    f"{self.f!r} used a Value that was recorded in an earlier call, whose gradient is lost: return what the next call "
                    "needs, and give it as an argument"
                )
            return trace

    def _keep(self, key: Any, trace: Trace, inputs: int) -> Trace:
        """Keep a trace for later calls; return the trace of this path that is kept: this one, or an earlier one."""
        if trace.whole is not None:
            self.wholes[key] = [trace, *self.wholes.get(key, [])[: KEPT - 1]]
            return trace
        tree = self.traces.get(key)
        found = None if tree is None else tree.graft(trace)
        if found is None:  # it contradicts the others, which therefore no longer describe the function
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
        """Discard the oldest traces above the number that is kept."""
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
        """The lanes in groups with the same integer arguments."""
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
