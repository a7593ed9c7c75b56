"""Lanes of a form that take different paths: the lanes of each path run as a program of their own, and the results are combined.

A Route is a step that finds, from the guards, which path each lane takes. The steps after it, those of derivatives among them, run a
program for each path and combine the results: arrays in the order of the lanes, sums in the order of the first lane of each path. Where a
lane takes a path that is not known, the function is recorded again at the numbers of that lane, and the new path is kept.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograd.errors import TraceError
from autograd.kinds import quietly
from autograd.locks import Lock
from autograd.program import passes
from autograd.program.branches import Branches
from autograd.program.lanes import BatchedProgram
from autograd.program.program import Program
from autograd.program.views import View, moved

# Paths, each with the indices of the lanes that take it.
Parts = list[tuple["PathProgram", np.ndarray]]
# The number of paths that are kept.
KEPT = 256


class UnknownPath(TraceError):
    """Lanes take a path that is not known and cannot be recorded by itself: the enclosing function has to be recorded again."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} takes a path at these numbers that was not recorded, and cannot be recorded here, since a copy or pickle holds only "
            "the recorded ones: call the function that it was made by"
        )


class PathProgram:
    """A path through a function as a program, in the role of a trace for `Branches`.

    Its inputs are those of the function, then all that any path captures, so that they are the same for all paths.

    Attributes:
        batched: the program, whose last outputs are the guards.
        count: the number of outputs before the guards.
        guards: the truth values of the guards.
    """

    batched: BatchedProgram
    count: int
    guards: np.ndarray

    captured = ()

    def __init__(self, program: Program, count: int, guards: np.ndarray) -> None:
        self.batched, self.count, self.guards = BatchedProgram(program, range(count)), count, guards


class Paths:
    """The known paths through a function, and the means to record a further one.

    Args:
        name: the name of the function, for messages.
        inputs: the number of inputs of each path: the numbers of a lane, then what is captured.
        record: called with the index of a lane and the numbers of each group there, it returns the path of that lane, or None where that
            cannot be recorded. None after pickling, where nothing can be recorded.
    """

    name: str
    inputs: int
    record: Any
    tree: Branches
    lost: int
    lock: Any

    def __init__(self, name: str, inputs: int, record: Callable[[int, Sequence[np.ndarray]], PathProgram | None] | None) -> None:
        self.name, self.inputs, self.record = name, inputs, record
        self.tree = Branches(inputs)
        self.kept: dict[PathProgram, None] = {}  # the oldest first
        self.lost = 0
        self.lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {"name": self.name, "inputs": self.inputs, "kept": self.kept, "lost": self.lost}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["name"], state["inputs"], None)  # type: ignore[misc]  # as if anew
        self.lost = state["lost"]
        for path in state["kept"]:
            self.add(path)

    def add(self, path: PathProgram) -> PathProgram | None:
        """Add a path; return the known path that is equal to it, or itself if it is new; None where it contradicts the others."""
        with self.lock:
            found = self.tree.graft(path)
            if found is path:
                self.kept[path] = None
                if len(self.kept) > KEPT:
                    self._forget()
            return found

    def _forget(self) -> None:
        """Remove the oldest path."""
        oldest = next(iter(self.kept))
        del self.kept[oldest]
        self.tree = self.tree.without(oldest)
        self.lost += 1
        if self.lost % (KEPT // 2) == 1:
            warnings.warn(
                f"{self.name} takes more than {KEPT} paths, of which the last {KEPT} are kept: its branches depend on numbers; choose with "
                "where",
                RuntimeWarning,
                stacklevel=2,
            )

    def parts(self, groups: Sequence[np.ndarray], lanes: int) -> Parts:
        """The paths that the lanes of these groups take."""
        found: dict[PathProgram, list[np.ndarray]] = {}
        left = np.arange(lanes)
        while len(left):
            known, unknown = self.tree.route(groups, left) if len(self.kept) else ([], [left])
            for path, own in known:
                found.setdefault(path, []).append(own)
            for own in unknown:  # the lane that was recorded takes that path, even if its guards differ in a replay by rounding
                found.setdefault(self._recorded(groups, int(own[0])), []).append(own[:1])
            left = np.sort(np.concatenate([own[1:] for own in unknown])) if unknown else left[:0]
        return [(path, np.sort(np.concatenate(own))) for path, own in found.items()]

    def _recorded(self, groups: Sequence[np.ndarray], lane: int) -> PathProgram:
        """Record the path of a lane, add it, and return it; an UnknownPath is raised where that is not possible."""
        path = None if self.record is None else self.record(lane, [x[lane if len(x) > 1 else 0] for x in groups])
        known = None if path is None else self.add(path)
        if known is None:
            raise UnknownPath(self.name)
        return known


def _first(part: tuple[PathProgram, np.ndarray]) -> int:
    """The first lane of a path, by which paths are sorted."""
    return int(part[1][0])


def repeated(parts: Parts, own: int, lanes: int) -> Parts:
    """Parts of `own` lanes, repeated for each of `lanes` outer lanes: lane k of outer lane j has the index j * own + k."""
    return [(path, (own * np.arange(lanes)[:, None] + rows).ravel()) for path, rows in parts]


def placed(program: Program, places: Sequence[int], inputs: int) -> Program:
    """The program with `inputs` inputs, of which it reads only some: its former input k is the input `places[k]`."""
    rest = len(program.constants) + len(program)
    moved = np.concatenate([np.array(places, np.int64), inputs + np.arange(rest)]).astype(np.int32)
    return Program.from_arrays(
        program.codes, program.starts, moved[program.args], program.constants, moved[program.outputs], inputs, program.own
    )


@dataclass(frozen=True, eq=False)
class Route:
    """The step that finds which path each lane takes.

    Attributes:
        known: pairs of known paths and the indices of the lanes to which they apply, None for all lanes.
        lanes: the number of lanes.
        inputs: the inputs of the guards, as in `Step.inputs`.
        place: the place of the result, the parts: paths, each with its lanes.
    """

    known: Sequence[tuple[Paths, np.ndarray | None]]
    lanes: int
    inputs: tuple[Any, ...]
    place: int

    def run(self, numbers: np.ndarray, arrays: dict[int, Any]) -> None:
        """Find which path each lane takes, and store that."""
        groups = [g.take(arrays[g.place]) if g.__class__ is View else numbers[g][None] for g in self.inputs]
        arrays[self.place] = self.parts(groups)

    def parts(self, groups: Sequence[np.ndarray]) -> Parts:
        """The paths that the lanes of these groups take."""
        found: Parts = []
        for paths, rows in self.known:
            own = groups if rows is None else _rows(groups, rows)
            parts = paths.parts(own, self.lanes if rows is None else len(rows))
            found += parts if rows is None else [(path, rows[chosen]) for path, chosen in parts]
        return sorted(found, key=_first)

    def run_on_any(self, numbers: dict[int, Any], recorded: Any) -> None:
        """The same for any kind of number; numbers that are not floats, such as symbols, take the recorded paths."""
        given = [g.take(numbers[g.place]) if g.__class__ is View else np.array([[numbers[p] for p in g.tolist()]]) for g in self.inputs]
        try:
            groups = [x.astype(float) for x in given]
        except (TypeError, ValueError):
            if recorded is None:
                raise
            numbers[self.place] = recorded[1][self.place]
        else:
            numbers[self.place] = self.parts(groups)

    def guards(self, numbers: dict[int, Any]) -> list[tuple[Any, float]]:
        """The guards of the path that the only lane takes, for the same kinds of number, each with its answer."""
        path = numbers[self.place][0][0]
        given = [x for g in self.inputs for x in (g.take(numbers[g.place]).ravel() if g.__class__ is View else [numbers[p] for p in g])]
        program = passes.pruned(path.batched.program, range(path.count, path.batched.outputs))
        return list(zip(program(given), path.guards.tolist(), strict=True))

    def places(self) -> list[list[int]]:
        """The place of the result."""
        return [[self.place]]

    def sources(self) -> list[list[int]]:
        """The places of the inputs of the guards."""
        return [[p] for g in self.inputs for p in ([g.place] if g.__class__ is View else g.tolist())]

    def reading(self, places: Mapping[int, int]) -> "Route":
        """This step with its arguments at other places; `places` maps the old ones to the new."""
        return replace(
            self, inputs=tuple([replace(g, place=places[g.place]) if g.__class__ is View else moved(g, places) for g in self.inputs])
        )

    def moved(self, places: Mapping[int, int]) -> "Route":
        """This step with arguments and results at other places; `places` maps the old ones to the new."""
        return replace(self.reading(places), place=places[self.place])

    def only(self, _live: set[int]) -> "Route":
        """This step: its result cannot be computed in part."""
        return self

    def selected(self, _kinds: Mapping[int, bool]) -> list[tuple[int, bool]]:
        """Empty: guards have no derivative, so nothing is sent to the arguments."""
        return []

    def forward(self, form: Any, _carried: dict[int, int]) -> None:
        """Add this step to a form: it has no tangent."""
        form.steps.append(self)


class BranchingProgram:
    """A program for each path, with the passes of a `BatchedProgram`.

    A pass is not applied to all paths at once, but to the program of a path when lanes first take that path.

    Args:
        make: a function from a path to its program.
        inputs, outputs: the number of inputs and of outputs, which all these programs have.
    """

    make: Callable[["PathProgram"], Program]
    inputs: int
    outputs: int

    def __init__(self, make: Callable[[PathProgram], Program], inputs: int, outputs: int) -> None:
        self.make, self.inputs, self.outputs = make, inputs, outputs
        self.made: WeakKeyDictionary[PathProgram, BatchedProgram] = WeakKeyDictionary()

    def __reduce__(self) -> Any:
        return BranchingProgram, (self.make, self.inputs, self.outputs)

    def of(self, path: PathProgram) -> BatchedProgram:
        """The program of a path."""
        if path not in self.made:
            program = self.make(path)
            self.made[path] = BatchedProgram(program, range(len(program.outputs)))
        return self.made[path]

    def along(self, parts: Parts) -> "Along":
        """The programs of those paths that lanes take, with their lanes, ready to run."""
        return Along([(self.of(path), rows) for path, rows in parts], self.outputs)

    # Passes.

    def adjoint(self, seeded: Sequence[int], wanted: Sequence[int]) -> "BranchingProgram":
        """See `BatchedProgram`."""
        return BranchingProgram(partial(_adjoint, self.make, seeded, wanted), self.inputs + len(seeded), len(wanted))

    def reached(self, seeded: Sequence[int], wanted: Sequence[int]) -> "BranchingProgram":
        """See `BatchedProgram`."""
        return BranchingProgram(partial(_reached, self.make, seeded, wanted), self.inputs, len(wanted))

    def tangent(self, active: Sequence[int]) -> "BranchingProgram":
        """See `BatchedProgram`."""
        return BranchingProgram(partial(_tangent, self.make, active), self.inputs + len(active), 2 * self.outputs)

    def only(self, outputs: Sequence[int]) -> "BranchingProgram":
        """See `BatchedProgram`."""
        return BranchingProgram(partial(_only, self.make, outputs), self.inputs, len(outputs))

    def masked(self, outputs: Sequence[int]) -> "BranchingProgram":
        """See `BatchedProgram`."""
        return BranchingProgram(partial(_masked, self.make, outputs), self.inputs + len(outputs), self.outputs)

    def selected(self, _within: Sequence[bool]) -> np.ndarray:
        """True for all inputs, since another path, perhaps one that is not known yet, may not use them."""
        return np.ones(self.inputs, bool)


def _adjoint(make: Callable[[PathProgram], Program], seeded: Sequence[int], wanted: Sequence[int], path: PathProgram) -> Program:
    return passes.adjoint(make(path), seeded, wanted)


def _reached(make: Callable[[PathProgram], Program], seeded: Sequence[int], wanted: Sequence[int], path: PathProgram) -> Program:
    return passes.reached(make(path), seeded, wanted)


def _tangent(make: Callable[[PathProgram], Program], active: Sequence[int], path: PathProgram) -> Program:
    return passes.tangent(make(path), active)


def _only(make: Callable[[PathProgram], Program], outputs: Sequence[int], path: PathProgram) -> Program:
    return passes.pruned(make(path), outputs)


def _masked(make: Callable[[PathProgram], Program], outputs: Sequence[int], path: PathProgram) -> Program:
    return make(path).masked(outputs)


def result(path: PathProgram) -> Program:
    """The program of a path without its guards."""
    return passes.pruned(path.batched.program, range(path.count))


class Along:
    """Programs of several paths, each for its own lanes, with the methods of a `BatchedProgram`."""

    parts: Sequence[tuple[BatchedProgram, np.ndarray]]
    outputs: int

    def __init__(self, parts: Sequence[tuple[BatchedProgram, np.ndarray]], outputs: int) -> None:
        self.parts, self.outputs = parts, outputs

    def run(self, groups: Sequence[np.ndarray], lanes: int, sums: int, widths: Sequence[int]) -> list[np.ndarray]:
        """See `BatchedProgram`."""
        if len(self.parts) == 1:
            return self.parts[0][0].run(groups, lanes, sums, widths)
        columns = [np.empty((lanes, width)) for width in widths]
        totals = []
        for batched, rows in self.parts:
            total, *own = batched.run(_rows(groups, rows), len(rows), sums, widths)
            totals.append(total)
            for column, x in zip(columns, own, strict=True):
                column[rows] = x
        return [quietly(np.add.reduce, totals), *columns]

    def reverse(
        self, groups: Sequence[np.ndarray], lanes: int, seeds: Sequence[np.ndarray], wanted: Sequence[bool], seeded: Sequence[int]
    ) -> list[np.ndarray]:
        """See `BatchedProgram`."""
        if len(self.parts) == 1:
            return self.parts[0][0].reverse(groups, lanes, seeds, wanted, seeded)
        found = [np.zeros(x.shape if w else 0) for x, w in zip(groups, wanted, strict=True)]
        for batched, rows in self.parts:
            own = batched.reverse(_rows(groups, rows), len(rows), _rows(seeds, rows), wanted, seeded)
            for x, gradient, w in zip(found, own, wanted, strict=True):
                if w and len(x) > 1:
                    x[rows] = gradient
                elif w:
                    x[...] = quietly(np.add, x, gradient)
        return found

    def on_any(self, given: Sequence[Any], lanes: int, _at: Any) -> list[Any]:
        """See `BatchedProgram`."""
        if len(self.parts) == 1:
            return self.parts[0][0].program(given)
        found = [np.empty(lanes, object) for _ in range(self.outputs)]
        for batched, rows in self.parts:
            own = batched.program([x[rows] if isinstance(x, np.ndarray) and x.ndim else x for x in given])
            for column, x in zip(found, own, strict=True):
                column[rows] = x
        return found


def _rows(groups: Sequence[np.ndarray], rows: np.ndarray) -> list[np.ndarray]:
    """The groups for some lanes; groups of one row, which all lanes share, are unchanged."""
    return [x if len(x) == 1 else x[rows] for x in groups]
