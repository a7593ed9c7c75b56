"""The paths through a function as a tree of arms: instructions that several paths have in common are stored and run once.

A guard is a comparison on which the function branched while it was recorded; a path is given by the answers of its guards, True or False.
Two runs with the same answers at their first guards compute the same up to the next guard. So the traces of a function are merged into
one flat program. An arm is a range of its instructions, from one fork to the next fork, a guard at which known paths differ, or to the
outputs of a path. To find the path of a lane, its guards are evaluated from arm to arm. Where the arm that it needs is not known yet, the
caller runs the function there and adds ("grafts") its trace to the tree.

Source: Gal et al., Trace-based just-in-time type specialization for dynamic languages (2009), on trees of traces and side exits.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.op import Op
from autograd.ops import TABLE
from autograd.program import lanes as by_lanes
from autograd.program.lanes import BatchedProgram
from autograd.program.program import Program

# A Trace of `autograd.program.recording`, which rests on this module.
Trace = Any
# At most this many lanes are followed one after the other by the compiled kernel; NumPy columns of so few would take longer.
FEW = 16
NONE = np.empty(0, np.int64)

# A place is k for the result of instruction k of the tree, or ~k for its entry k: an input, a constant or a captured Value.
# A check is a guard of which only one answer is known: its place, that answer, and the end of the instructions that it needs.
Check = tuple[int, bool, int]


class Arm:
    """A range of instructions that one or several paths share; an arm is not changed once it is made.

    Attributes:
        begin, end: the range of its instructions.
        checks: the guards within it, of which only one answer is known.
        fork: the place of the guard at which it ends; None where it ends in the outputs of a path.
        arms: after a fork, the arms for the answers False and True, each None if it is not known.
        trace: where it ends in outputs, the trace of the whole path.
        outputs: the places of these outputs.
    """

    arms: "tuple[Arm | None, Arm | None]"
    begin: int
    checks: list["Check"]
    end: int
    fork: int | None
    outputs: np.ndarray
    trace: Any

    __slots__ = ("arms", "begin", "checks", "end", "fork", "needs", "outputs", "segments", "trace")

    def __init__(
        self,
        begin: int,
        end: int,
        checks: list[Check],
        *,
        fork: int | None = None,
        arms: "tuple[Arm | None, Arm | None]" = (None, None),
        trace: "Trace | None" = None,
        outputs: np.ndarray = NONE,
    ) -> None:
        self.begin, self.end, self.checks = begin, end, checks
        self.fork, self.arms, self.trace, self.outputs = fork, arms, trace, outputs
        self.needs: np.ndarray | None = None  # see `Branches.needs`
        self.segments: dict[Any, Segment] = {}

    @property
    def guarded(self) -> int:
        """The end of the instructions on which its guards depend."""
        return self.end if self.fork is not None else self.checks[-1][2] if self.checks else self.begin

    def replaced(self, answer: bool, arm: "Arm | None") -> "Arm":  # noqa: FBT001  # the answer of a guard
        """A copy of this arm, with `arm` as what follows its fork for this answer."""
        arms = (self.arms[0], arm) if answer else (arm, self.arms[1])
        return Arm(self.begin, self.end, self.checks, fork=self.fork, arms=arms)

    def parted(self, j: int) -> "Arm":
        """This arm split in two: the first ends with its check j as a fork, the second, what follows it, is the rest."""
        place, answer, end = self.checks[j]
        rest = Arm(end, self.end, self.checks[j + 1 :], fork=self.fork, arms=self.arms, trace=self.trace, outputs=self.outputs)
        return Arm(self.begin, end, self.checks[:j], fork=place, arms=(None, rest) if answer else (rest, None))


class Flat(NamedTuple):
    """The instructions of a tree: the code of each, the index at which its arguments start, and the places of all arguments."""

    codes: np.ndarray
    starts: np.ndarray
    args: np.ndarray


class Branches:
    """The traces of a function for arguments of one kind, merged into a tree of arms.

    Args:
        inputs: the number of inputs of each trace, without those for what it captured.

    Attributes:
        entries: what instructions read apart from results: None for each input, then captured Values, and constants as floats.
        captured: the captured Values alone.
        flat: the instructions of all paths.
        root: the first arm; None as long as no trace has been added.
        traces: the traces that are merged.
        plans: the kernel's plans of the tree, see `plan`.
    """

    columns: dict[int, int]
    flat: Flat

    def __init__(self, inputs: int) -> None:
        self.inputs = inputs
        self.entries: list[Any] = [None] * inputs
        self.entry_of: dict[Any, int] = {}  # the index of an entry, by the Value, or the bits of the constant
        self.captured: list[Any] = []
        self.columns = {k: k for k in range(inputs)}  # for each entry that is an input or captured, its column in the groups
        self.own: list[Op] = []
        self.flat = Flat(np.empty(0, np.uint32), np.zeros(1, np.uint32), np.empty(0, np.int32))
        self.root: Arm | None = None
        self.traces: dict[Trace, None] = {}
        self.plans: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self.traces)

    def __iter__(self) -> "Iterator[Trace]":
        return iter([*self.traces])

    # Changes. Other threads may read the tree meanwhile, so each part is replaced as a whole, the root last; instructions and entries are
    # only added.

    def graft(self, trace: "Trace") -> "Trace | None":
        """Add the path of a trace to the tree.

        Returns:
            The trace of this path that is in the tree: this one, or another one if the path was known. None, with the tree unchanged,
            where the trace contradicts the others: with the same answers of all guards so far it computes something else.
        """
        path = _Path(self, trace)
        try:
            trail, arm, j, k = path.descend()
        except _Contradiction:
            return None
        if arm is not None and j == len(arm.checks):
            return arm.trace
        new = path.rest(k)
        new.trace = trace
        self.traces[trace] = None
        self._put(trail, new if arm is None else arm.parted(j).replaced(path.guards[k - 1][1], new))
        return trace

    def entry(self, key: Any, x: Any) -> int:
        """The index of the entry of a captured Value or of a constant, added if it is new; the key is the Value, or the constant's bits."""
        if key not in self.entry_of:
            self.entry_of[key] = k = len(self.entries)
            if x.__class__ is not float:
                self.columns[k] = self.inputs + len(self.captured)
                self.captured.append(x)
            self.entries.append(x)
        return self.entry_of[key]

    def own_code(self, op: Op) -> int:
        """The index of an operation of the user's own, added if it is new."""
        if op not in self.own:
            self.own.append(op)
        return self.own.index(op)

    def without(self, trace: "Trace") -> "Branches":
        """Remove the path of a trace; return this tree, or, if less than half of its instructions are still used, a new one."""
        del self.traces[trace]
        trail: list[tuple[Arm, bool]] = []
        arm = self.root
        answers = iter([answer for _, answer, _ in _guards(trace)])
        while arm is not None and arm.fork is not None:
            for _ in arm.checks:
                next(answers)
            trail.append((arm, next(answers)))
            arm = arm.arms[trail[-1][1]]
        while trail and trail[-1][0].arms[not trail[-1][1]] is None:
            trail.pop()
        self._put(trail, None)
        if 2 * sum([arm.end - arm.begin for arm in self._arms()]) >= len(self.flat.codes):
            return self
        smaller = Branches(self.inputs)
        for other in self.traces:
            smaller.graft(other)
        return smaller

    def _put(self, trail: "list[tuple[Arm, bool]]", arm: Arm | None) -> None:
        """Replace what follows the last fork of a trail, a list of arms with the answers at their forks, by `arm`; None removes it."""
        for before, answer in reversed(trail):
            arm = before.replaced(answer, arm)
        self.root, self.plans = arm, {}

    def _arms(self) -> Iterator[Arm]:
        stack = [self.root]
        while stack:
            arm = stack.pop()
            if arm is not None:
                yield arm
                stack += reversed(arm.arms)

    # One lane.

    def plan(self, rows: Sequence[np.ndarray], wanted: tuple[bool, ...], varying: int = 0) -> Any:
        """The compiled kernel's plan, by which one lane follows the tree.

        Args:
            rows: for each group of inputs its numbers for that lane; only their count matters.
            wanted: for each group whether its gradient is wanted.
            varying: how many inputs, the first ones, differ from step to step of a loop.

        Returns:
            The plan; the trace of each arm; the largest number of outputs of a path; and the captured Values, whose numbers are to be
            given to the plan as a last group.
        """
        plans, key = self.plans, (wanted, varying, *map(np.size, rows))
        if key not in plans:
            plans[key] = self._planned([x.size for x in rows], wanted, varying)
        return plans[key]

    def _planned(self, sizes: list[int], wanted: tuple[bool, ...], varying: int) -> Any:
        arms, flat = list(self._arms()), self.flat  # in this order: what other threads add is not in the arms yet
        number = {arm: i for i, arm in enumerate(arms)}
        entries, size = self.entries[:], len(flat.codes)
        inputs = [k for k, x in enumerate(entries) if x.__class__ is not float]
        constants = [k for k, x in enumerate(entries) if x.__class__ is float]
        slots = np.empty(len(entries) + size, np.int32)  # for the entries, from the last one, and the instructions
        slots[len(entries) - 1 - np.array(inputs + constants, np.int64)] = np.arange(len(entries))
        slots[len(entries) :] = len(entries) + np.arange(size)

        def of(places: Any) -> Any:
            return slots[np.asarray(places, np.int64) + len(entries)]

        table = np.empty((len(arms), 7), np.int32)
        checks: list[tuple[int, bool]] = []
        outputs: list[int] = []
        for row, arm in zip(table, arms, strict=True):
            row[:4] = arm.begin, arm.end, len(checks), len(checks) + len(arm.checks)
            checks += [(place, answer) for place, answer, _ in arm.checks]
            if arm.fork is None:
                row[4:] = -1, len(outputs), len(outputs) + len(arm.outputs)
                outputs += arm.outputs.tolist()
            else:
                row[4:] = [of(arm.fork), *[-1 if a is None else number[a] for a in arm.arms]]
        answers = np.array([answer for _, answer in checks], np.int32)
        plan = by_lanes.kernel.Plan(
            flat.codes.astype(np.uint8), flat.starts, of(flat.args),
            np.array([entries[k] for k in constants], float), len(inputs), of(outputs),
            uniform=(np.arange(len(inputs)) >= varying).astype(np.uint8),
            wanted=np.repeat([*wanted, False], [*sizes, len(inputs) - self.inputs]).astype(np.uint8),
            arms=table, checks=2 * of([place for place, _ in checks]) + answers,
        )  # fmt: skip
        captured = [entries[k] for k in inputs[self.inputs :]]
        return plan, [arm.trace for arm in arms], max([len(arm.outputs) for arm in arms]), captured

    # Lanes.

    def route(self, groups: Sequence[np.ndarray], lanes: np.ndarray) -> "tuple[list[tuple[Trace, np.ndarray]], list[np.ndarray]]":
        """Find the path of each lane.

        Args:
            groups: the inputs, arrays with a row for each lane, or with one row that all share.
            lanes: the indices of the lanes to look at.

        Returns:
            Pairs of a trace and the lanes that take its path; and the lanes whose path is not known, as arrays: those in one array reach
            the same arm that is not known.
        """
        root, given = self.root, groups  # the root first: what it needs is captured by now
        if self.captured:
            groups = [*groups, np.array([[v._number for v in self.captured]])]
        found: list[tuple[Trace, np.ndarray]] = []
        left: list[np.ndarray] = []
        stack: list[tuple[Arm | None, np.ndarray, dict[int, Any]]] = [(root, lanes, {})]
        while stack:
            arm, lanes, held = stack.pop()
            if arm is None:
                left.append(lanes)
            elif arm.trace is not None and not arm.checks:
                found.append((arm.trace, lanes))
            elif by_lanes.kernel is not None and not self.own and len(lanes) <= FEW:
                self._one_by_one(given, lanes, found, left)
            else:
                asked, kept = self._segment(arm, groups, held).run(groups, lanes, held)
                n = len(arm.checks)
                wrong = asked[:, :n] != np.array([answer for _, answer, _ in arm.checks], float)
                leaves = wrong.any(axis=1)
                if leaves.any():
                    first = wrong.argmax(axis=1)
                    left += [lanes[leaves & (first == j)] for j in np.unique(first[leaves])]
                if arm.trace is not None:
                    found.append((arm.trace, lanes[~leaves]))
                else:
                    yes = asked[:, n] != 0.0
                    stack += _parted(arm, lanes, kept, [~leaves & ~yes, ~leaves & yes])
        return [part for part in found if len(part[1])], left

    def _one_by_one(
        self, groups: Sequence[np.ndarray], lanes: np.ndarray, found: "list[tuple[Trace, np.ndarray]]", left: list[np.ndarray]
    ) -> None:
        """The same for few lanes, one after the other, by the compiled kernel; results are added to `found` and `left`."""
        rows = [x[0] for x in groups]
        plan, traces, most, captured = self.plan(rows, (False,) * len(rows))
        outputs, others = np.empty(most), [np.array([v._number for v in captured])] if captured else []
        taken: dict[int, list[int]] = {}
        for lane in lanes.tolist():
            last = plan.follow([*[x[lane] if len(x) > 1 else x[0] for x in groups], *others], outputs)
            taken.setdefault(last, []).append(lane)
        for last, own in taken.items():
            if last < 0:
                left.append(np.array(own))
            else:
                found.append((traces[last], np.array(own)))

    def _segment(self, arm: Arm, groups: Sequence[np.ndarray], held: dict[int, Any]) -> "Segment":
        key = tuple([len(x) == 1 for x in groups])
        if key not in arm.segments:
            arm.segments[key] = Segment(self, arm, groups, held)
        return arm.segments[key]

    def needs(self, arm: Arm) -> np.ndarray:
        """The places of earlier instructions whose results the guards of an arm, and of all arms after it, need."""
        stack = [arm]
        while stack:
            top = stack[-1]
            if unknown := [a for a in top.arms if a is not None and a.needs is None]:
                stack += unknown
                continue
            behind = [a.needs for a in top.arms if a is not None and a.needs is not None]
            all_of_them = np.concatenate([self.used(top), *behind]) if behind else self.used(top)
            top.needs = np.unique(all_of_them[(all_of_them >= 0) & (all_of_them < top.begin)])
            stack.pop()
        assert arm.needs is not None  # noqa: S101  # for the type checker
        return arm.needs

    def used(self, arm: Arm) -> np.ndarray:
        """The places that an arm reads to evaluate its guards: arguments of the instructions up to the last guard, and the guards."""
        return np.concatenate(
            [self.flat.args[self.flat.starts[arm.begin] : self.flat.starts[arm.guarded]].astype(np.int64), guards_of(arm)]
        )


def guards_of(arm: Arm) -> np.ndarray:
    """The places of all guards of an arm: its checks, then its fork."""
    return np.array([place for place, _, _ in arm.checks] + ([] if arm.fork is None else [arm.fork]), np.int64)


def _parted(
    arm: Arm, lanes: np.ndarray, held: dict[int, Any], which: Sequence[np.ndarray]
) -> Iterator[tuple[Arm | None, np.ndarray, dict[int, Any]]]:
    """The arms after a fork, each with the lanes that go there and their part of the numbers computed so far, `held`."""
    for answer in (1, 0):
        to = np.flatnonzero(which[answer])
        if len(to) == len(lanes):
            yield arm.arms[answer], lanes, held
        elif len(to):
            own = {place: x[to] if x.__class__ is np.ndarray else x for place, x in held.items()}
            yield arm.arms[answer], lanes[to], own


class _Contradiction(Exception):
    """Two traces differ at a point up to which all guards had the same answers, so that they should be equal."""


def _guards(trace: "Trace") -> list[Check]:
    """The guards of a trace as checks: the slot in its program, the answer, and how many of its instructions come before the next one."""
    program = trace.batched.program
    found: dict[int, Check] = {}
    end, first = 0, program.inputs + len(program.constants)
    for slot, answer in zip(program.outputs[trace.count :].tolist(), trace.guards.tolist(), strict=True):
        end = max(end, slot - first + 1)
        found.setdefault(slot, (slot, bool(answer), end))  # a guard that is evaluated again has the same answer
    return list(found.values())


class _Path:
    """A trace while it is compared with a tree and added to it.

    Attributes:
        guards: the guards of the trace, as checks.
        places: for each slot of its program the place in the tree.
        codes: its codes, with operations of the user's own numbered as in the tree.
        done: the number of its instructions that are known to be in the tree.
    """

    def __init__(self, tree: Branches, trace: "Trace") -> None:
        self.tree, self.program, self.guards, self.count = tree, trace.batched.program, _guards(trace), trace.count
        self.first = self.program.inputs + len(self.program.constants)
        constants = zip(self.program.constants.view(np.int64).tolist(), self.program.constants.tolist(), strict=True)
        entries = [tree.entry(key, x) for key, x in (*zip(trace.captured, trace.captured, strict=True), *constants)]
        self.places = np.empty(self.first + len(self.program), np.int64)
        self.places[: self.first] = ~np.array([*range(tree.inputs), *entries], np.int64)
        self.codes = self.program.codes.astype(np.uint32)
        for k, op in enumerate(self.program.own):
            self.codes[self.program.codes == len(TABLE) + k] = len(TABLE) + tree.own_code(op)
        self.done = 0

    def descend(self) -> "tuple[list[tuple[Arm, bool]], Arm | None, int, int]":
        """Follow the tree as far as it agrees with this trace.

        Returns:
            The arms with forks that were passed, each with this trace's answer; the arm in which it leaves the tree, None where the next
            arm is not known; the index of the check at which it leaves, the number of checks where it does not leave; and the number of
            guards before that point.

        Raises:
            _Contradiction: the instructions differ although the answers so far are the same.
        """
        trail: list[tuple[Arm, bool]] = []
        arm, k = self.tree.root, 0
        while arm is not None:
            asked = guards_of(arm)
            known = [answer for _, answer, _ in arm.checks]
            own = [answer for _, answer, _ in self.guards[k : k + len(asked)]]
            j = next((j for j, (a, b) in enumerate(zip(own, known, strict=False)) if a != b), len(known))
            if j < len(known):
                self._share(arm, asked[: j + 1], arm.checks[j][2], k)
                return trail, arm, j, k + j + 1
            self._share(arm, asked, arm.end, k)
            k += len(asked)
            if arm.fork is None:
                if k < len(self.guards) or self.places[self.program.outputs[: self.count]].tolist() != arm.outputs.tolist():
                    raise _Contradiction
                return trail, arm, j, k
            trail.append((arm, own[-1]))
            arm = arm.arms[own[-1]]
        return trail, None, 0, k

    def _share(self, arm: Arm, asked: np.ndarray, end: int, k: int) -> None:
        """Compare the next instructions, with the guards from index k on, with those of an arm up to `end`, and record their places."""
        tree, begin, stop = self.tree.flat, self.done, self.done + end - arm.begin
        if stop > len(self.codes):
            raise _Contradiction
        own, theirs = self.program.starts[begin : stop + 1], tree.starts[arm.begin : end + 1]
        self.places[self.first + begin : self.first + stop] = np.arange(arm.begin, end)
        slots = [slot for slot, _, _ in self.guards[k : k + len(asked)]]
        if not (
            np.array_equal(self.codes[begin:stop], tree.codes[arm.begin : end])
            and np.array_equal(own - own[0], theirs - theirs[0])
            and np.array_equal(self.places[self.program.args[own[0] : own[-1]]], tree.args[theirs[0] : theirs[-1]])
            and len(slots) == len(asked)
            and all(slot < self.first + stop for slot in slots)
            and np.array_equal(self.places[slots], asked)
        ):
            raise _Contradiction
        self.done = stop

    def rest(self, k: int) -> Arm:
        """A new arm of all that follows the first k guards; its instructions are added to the tree."""
        tree, done, starts = self.tree.flat, self.done, self.program.starts
        begin = len(tree.codes)
        self.places[self.first + done :] = np.arange(begin, begin + len(self.codes) - done)
        args = self.places[self.program.args[starts[done] :]].astype(np.int32)
        self.tree.flat = Flat(
            np.concatenate([tree.codes, self.codes[done:]]),
            np.concatenate([tree.starts, tree.starts[-1] + starts[done + 1 :] - starts[done]]),
            np.concatenate([tree.args, args]),
        )
        checks = [(int(self.places[slot]), answer, begin + end - done) for slot, answer, end in self.guards[k:]]
        return Arm(begin, begin + len(self.codes) - done, checks, outputs=self.places[self.program.outputs[: self.count]])


class Segment:
    """A program that evaluates, over lanes, the guards of an arm and all that later arms need of it.

    Args:
        tree, arm: the arm, and the tree that it is in.
        groups: the inputs, by which it is known what all lanes share.
        held: what earlier arms have computed, by place: a number that all lanes share, or an array with one for each.
    """

    passed: list[int]
    columns: list[int]
    shared: list[int]
    batched: BatchedProgram
    count: int
    made: list[tuple[int, bool]]

    def __init__(self, tree: Branches, arm: Arm, groups: Sequence[np.ndarray], held: dict[int, Any]) -> None:
        guards, behind = guards_of(arm), [tree.needs(a) for a in arm.arms if a is not None]
        later = np.unique(np.concatenate(behind)) if behind else NONE
        made, self.passed = later[later >= arm.begin], later[later < arm.begin].tolist()
        outputs = np.concatenate([guards, made])
        read = np.unique(np.concatenate([tree.used(arm), outputs]))
        read = read[read < arm.begin]
        before, entries = read[read >= 0].tolist(), (~read[read < 0]).tolist()
        self.columns = [place for place in before if held[place].__class__ is np.ndarray]
        self.shared = [place for place in before if held[place].__class__ is not np.ndarray]
        constants = [k for k in entries if tree.entries[k].__class__ is float]
        live = sorted([(tree.columns[k], ~k) for k in entries if tree.entries[k].__class__ is not float])
        self.groups: list[tuple[int, Any]] = []
        varies, first = [], 0
        for i, x in enumerate(groups):
            own = [c - first for c, _ in live if first <= c < first + x.shape[1]]
            first += x.shape[1]
            if own:
                self.groups.append((i, own if len(own) < x.shape[1] else None))
                varies += [len(x) > 1] * len(own)
        varies += [False] * len(self.shared) + [True] * len(self.columns)
        order = np.array([*[place for _, place in live], *self.shared, *self.columns, *[~k for k in constants]], np.int64)
        slots = _Slots(np.concatenate([order, np.arange(arm.begin, arm.guarded)]))
        flat = tree.flat
        starts = flat.starts[arm.begin : arm.guarded + 1]
        program = Program.from_arrays(
            flat.codes[arm.begin : arm.guarded],
            starts - starts[0],
            slots(flat.args[starts[0] : starts[-1]]),
            np.array([tree.entries[k] for k in constants], float),
            slots(outputs),
            len(varies),
            tree.own,
        )
        self.batched = BatchedProgram(program, ())
        self.count = len(guards)
        found = program._run(varies, lambda _, args: any(a is True for a in args))[self.count :]
        self.made = [(place, a is True) for place, a in zip(made.tolist(), found, strict=True)]

    def run(self, groups: Sequence[np.ndarray], lanes: np.ndarray, held: dict[int, Any]) -> tuple[np.ndarray, dict[int, Any]]:
        """Evaluate the guards for some lanes.

        Returns:
            A row for each lane with the answers of the guards, 1 for True and 0 for False; and by place what later arms need.
        """
        given = [_part(groups[i], own, lanes) for i, own in self.groups]
        if self.shared:
            given.append(np.array([[held[place] for place in self.shared]]))
        if self.columns:
            given.append(np.array([held[place] for place in self.columns]).T)
        found = self.batched.forward(given, len(lanes))
        kept = {place: held[place] for place in self.passed}
        for k, (place, varies) in enumerate(self.made, self.count):
            kept[place] = found[:, k] if varies else found.item(0, k)
        return found[:, : self.count], kept


class _Slots:
    """The inverse of a list of places: called with places, it gives the index of each in that list."""

    def __init__(self, places: np.ndarray) -> None:
        self.order = np.argsort(places)
        self.sorted = places[self.order]

    def __call__(self, places: np.ndarray) -> np.ndarray:
        return self.order[np.searchsorted(self.sorted, places)].astype(np.int32)


def _part(x: np.ndarray, columns: list[int] | None, lanes: np.ndarray) -> np.ndarray:
    """The given columns of a group (all if None) for the given lanes."""
    if len(x) == 1 or len(x) == len(lanes):
        return x if columns is None else x[:, columns]
    return x[lanes] if columns is None else x[lanes[:, None], columns]
