"""A program run over lanes of numbers, forward and in reverse: by the compiled kernel, or, where that was not built, in NumPy columns.

Inputs come in groups, arrays with a row for each lane, or with one row that all lanes share.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache, cached_property, partial
from itertools import accumulate, pairwise
from typing import Any, Protocol

import numpy as np

from autograd.compiled import kernel as kernel  # noqa: PLC0414  # tests replace it, for all who run programs
from autograd.errors import RangeError
from autograd.kinds import quietly
from autograd.program import passes
from autograd.program.machine.tiers import Tier
from autograd.program.program import SMALL, Program
from autograd.program.sweep import Sweep


@cache
def threads() -> int:
    """How many threads may run: AUTOGRAD_NUM_THREADS, else as many as there are processors for this process."""
    given = os.environ.get("AUTOGRAD_NUM_THREADS", "")
    if given and not (given.isdecimal() and int(given)):
        raise RangeError(f"got AUTOGRAD_NUM_THREADS={given!r}, expected a number of threads such as 2, or no such variable")
    return int(given) if given else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Runner(Protocol):
    """What runs over lanes: see `BatchedProgram`."""

    def run(self, groups: Sequence[np.ndarray], lanes: int, sums: int, widths: Sequence[int]) -> list[np.ndarray]:
        """Sums and columns of the outputs."""

    def backward(
        self, groups: Sequence[np.ndarray], lanes: int, cotangents: Sequence[float], wanted: Sequence[bool], seeded: Sequence[int]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Sums of the outputs, and gradients for cotangents of the seeded ones that are the same in all lanes."""

    def reverse(
        self, groups: Sequence[np.ndarray], lanes: int, seeds: Sequence[np.ndarray], wanted: Sequence[bool], seeded: Sequence[int]
    ) -> list[np.ndarray]:
        """Gradients."""


# How a program with operations of the user's own is taken apart, by steps, which are made of programs and so come below.
_stages: list[Callable[[Program], Runner | None]] = []


def register_stages(staged: Callable[[Program], Runner | None]) -> None:
    """Let `staged` make what runs programs with operations of the user's own."""
    _stages.append(staged)


class BatchedProgram:
    """A program ready to run over lanes.

    Args:
        program: the program.
        seeded: the indices of the outputs that may have cotangents; the others do not enter gradients.
        sweep: how it runs over lanes, where it is of gradients.

    Attributes:
        part_of: where it is a part of another: that one, and the outputs that were taken.
        compiled: whether the compiled kernel runs it; else it runs in NumPy columns.
        plans: the kernel's plans, by what `plan` is given.
        tiers: for each of these the machine code, as far as there is any.
        alone: the results of `one_of`.
    """

    program: Program
    seeded: list[int]
    sweep: Sweep | None
    compiled: bool

    def __init__(self, program: Program, seeded: Sequence[int], sweep: Sweep | None = None) -> None:
        self.program, self.seeded, self.sweep = program, list(seeded), sweep
        self.part_of: tuple[BatchedProgram, Sequence[int]] | None = None
        self.compiled = kernel is not None and not program.own
        self.plans: dict[Any, Any] = {}
        self.tiers: list[Tier] = []
        self.alone: dict[tuple[int, ...], BatchedProgram] = {}

    def __reduce__(self) -> Any:
        return BatchedProgram, (self.program, self.seeded, self.sweep)

    @cached_property
    def gradient(self) -> "BatchedProgram":
        """The program from the inputs, then a cotangent for each seeded output, to the gradients of all inputs."""
        return self.adjoint(self.seeded, range(self.program.inputs))

    @property
    def outputs(self) -> int:
        """The number of outputs."""
        return len(self.program.outputs)

    @cached_property
    def staged(self) -> Runner | None:
        """The same in steps of which some are compiled, where only operations of the user's own are not; else None."""
        return _stages[-1](self.program) if self.program.own and kernel is not None else None

    # Passes.

    def adjoint(self, seeded: Sequence[int], wanted: Sequence[int]) -> "BatchedProgram":
        """The program from the inputs, then a cotangent for each seeded output, to the gradients of the wanted inputs; all by index."""
        made = _whole(passes.adjoint(self.program, seeded, wanted))
        made.sweep = Sweep(self, seeded, [~i for i in wanted]) if self.compiled else None
        return made

    def reached(self, seeded: Sequence[int], wanted: Sequence[int]) -> "BatchedProgram":
        """The program from the inputs to a number for each wanted input: 0 where no branch of a `where` that uses it was taken."""
        return _whole(passes.reached(self.program, seeded, wanted))

    def tangent(self, active: Sequence[int]) -> "BatchedProgram":
        """The program from the inputs, then a tangent for each active one, to the outputs, then the tangents of these."""
        return _whole(passes.tangent(self.program, active))

    def only(self, outputs: Sequence[int]) -> "BatchedProgram":
        """The program with only the outputs of these indices, in this order."""
        made = partial(passes.pruned, self.program, outputs)
        part = _whole(self.program.once(("pruned", *outputs), made) if len(self.program) <= SMALL else made())
        part.part_of, part.sweep = (self, outputs), self.sweep and self.sweep.only(outputs)
        return part

    def with_inputs(self, used: Sequence[int]) -> "BatchedProgram":
        """The program with only the inputs of these indices; it must not read the others."""
        made = partial(self.program.with_inputs, np.array(used, np.intp))
        return _whole(self.program.once(("with_inputs", *used), made) if len(self.program) <= SMALL else made())

    def masked(self, outputs: Sequence[int]) -> "BatchedProgram":
        """The program with a further input, a mask, for each of these outputs: where it is 0, the output is 0 without a derivative."""
        return _whole(self.program.masked(outputs))

    def selected(self, within: Sequence[bool]) -> np.ndarray:
        """For each input whether it is used only within branches of a `where`.

        Args:
            within: for each output whether it is itself used only so.
        """
        return self.program.selected(within)

    # Runs.

    def on_any(self, given: Sequence[Any], _lanes: int, _at: Any) -> list[Any]:
        """The outputs for numbers of any kind, and columns of such; the other arguments are for what has the same methods."""
        return self.program(given)

    def one_of(self, seeded: tuple[int, ...]) -> "BatchedProgram":
        """The same program with other outputs seeded, so that what only the rest depends on cannot make a gradient nan."""
        if seeded not in self.alone:
            self.alone[seeded] = BatchedProgram(self.program, seeded)
        return self.alone[seeded]

    def forward(self, groups: Sequence[np.ndarray], lanes: int) -> np.ndarray:
        """The outputs, a row for each lane."""
        if self.staged is not None:
            return self.staged.run(groups, lanes, 0, [self.outputs])[1]
        if not self.compiled:
            return _rows(self.program(_columns(groups)), lanes).T
        outputs = np.empty((lanes, len(self.program.outputs)))
        self.plan(groups, (False,) * len(groups)).run(lanes, _given(groups), [outputs], threads=threads())
        return outputs

    def backward(
        self, groups: Sequence[np.ndarray], lanes: int, cotangents: Sequence[float], wanted: Sequence[bool]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """The sums of the outputs over the lanes, and the gradients of the wanted groups, summed for what the lanes share.

        Args:
            groups: the inputs.
            lanes: the number of lanes.
            cotangents: one for each seeded output, the same in all lanes.
            wanted: for each group whether its gradient is wanted; an empty array comes out where it is not.
        """
        if not self.compiled:
            return self._backward_in_columns(groups, lanes, cotangents, wanted)
        sums = np.empty(len(self.program.outputs))
        seeds = np.zeros(len(sums))
        seeds[self.seeded] = cotangents
        gradients = self.swept(groups, lanes, [sums], [seeds], wanted)
        return sums, _shaped(gradients, groups)

    def run(self, groups: Sequence[np.ndarray], lanes: int, sums: int, widths: Sequence[int]) -> list[np.ndarray]:
        """Run the program.

        Args:
            groups: the inputs.
            lanes: the number of lanes.
            sums: how many outputs, from the first on, are summed over the lanes.
            widths: how the outputs after these are divided into arrays: the number of outputs in each.

        Returns:
            The sums, then for each width an array with a row for each lane.
        """
        if self.compiled:
            swept = self.sweep.run(groups, lanes, sums, widths) if self.sweep is not None and lanes > 1 else None
            if swept is not None:
                return swept
            found = [np.empty(sums), *[np.empty((lanes, width)) for width in widths]]
            self.plan(groups, (False,) * len(groups)).run(lanes, _given(groups), found[not sums :], threads=threads())
            return found
        if self.staged is not None:
            return self.staged.run(groups, lanes, sums, widths)
        rows = _rows(self.program(_columns(groups)), lanes)
        ends = [*accumulate(widths, initial=sums)]
        return [rows[:sums, 0] if lanes == 1 else np.array([_sum(row) for row in rows[:sums]]), *[rows[a:b].T for a, b in pairwise(ends)]]

    def reverse(
        self, groups: Sequence[np.ndarray], lanes: int, seeds: Sequence[np.ndarray], wanted: Sequence[bool], seeded: Sequence[int]
    ) -> list[np.ndarray]:
        """The gradients of the wanted groups, for cotangents of the seeded outputs, as in `backward`.

        Args:
            groups: the inputs.
            lanes: the number of lanes.
            seeds: arrays of the cotangents of consecutive outputs, seeded or not, of one row or one for each lane.
            wanted: for each group whether its gradient is wanted.
            seeded: the outputs that have cotangents.
        """
        if self.staged is not None:
            return self.staged.reverse(groups, lanes, seeds, wanted, seeded)
        if not self.compiled:
            own = self if list(seeded) == self.seeded else self.one_of(tuple(seeded))
            columns = [column for k, column in enumerate(_columns(seeds)) if k in set(seeded)]
            return own._gradients(groups, lanes, columns, wanted)
        cotangents = _given(seeds)
        return _shaped(self.swept(groups, lanes, [np.empty_like(array) for array in cotangents], cotangents, wanted, seeded), groups)

    def swept(
        self, groups: Sequence[np.ndarray], lanes: int, outputs: Sequence[np.ndarray], seeds: Sequence[np.ndarray], wanted: Sequence[bool],
        seeded: Sequence[int] | None = None,
    ) -> list[np.ndarray | None]:  # fmt: skip
        """Run forward, which fills `outputs`, and back: the gradients of the wanted groups, without an axis of lanes where these share it.

        It is for programs that are compiled. Arrays of outputs and of seeds are of one axis where lanes share them; `seeded` says which
        outputs have cotangents, by default those of the program.
        """
        given = _given(groups)
        gradients = [np.empty_like(array) if w else None for array, w in zip(given, wanted, strict=True)]
        plan = self.plan(groups, tuple(wanted), None if seeded is None or list(seeded) == self.seeded else tuple(seeded))
        plan.run(lanes, given, outputs, seeds, gradients, threads=threads())
        return gradients

    def plan(self, groups: Sequence[np.ndarray], wanted: tuple[bool, ...], seeded: tuple[int, ...] | None = None) -> Any:
        """The compiled kernel's plan for inputs of these shapes, made if it is new."""
        key = wanted, seeded, tuple(array.shape[1] if len(array) == 1 else -array.shape[1] for array in groups)
        if key not in self.plans:
            widths = [array.shape[1] for array in groups]
            p = self.program
            is_seeded = np.zeros(len(p.outputs), np.uint8)
            is_seeded[list(self.seeded if seeded is None else seeded)] = 1
            is_uniform = np.repeat([len(array) == 1 for array in groups], widths).astype(np.uint8)
            is_wanted = np.repeat(wanted, widths).astype(np.uint8)
            given = (p.codes, p.starts, p.args, p.constants, p.inputs, p.outputs, is_uniform, is_wanted, is_seeded)
            self.plans[key] = kernel.Plan(*given)
            self.tiers.append(Tier(given))
            self.tiers[-1].watch(self.plans[key])
        return self.plans[key]

    def _backward_in_columns(
        self, groups: Sequence[np.ndarray], lanes: int, cotangents: Sequence[float], wanted: Sequence[bool]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        if self.staged is not None:
            return self.staged.backward(groups, lanes, cotangents, wanted, self.seeded)
        return _sum(self.forward(groups, lanes)), self._gradients(groups, lanes, cotangents, wanted)

    def _gradients(self, groups: Sequence[np.ndarray], lanes: int, cotangents: Sequence[Any], wanted: Sequence[bool]) -> list[np.ndarray]:
        found = iter(self.gradient.program([*_columns(groups), *cotangents]))
        gradients: list[np.ndarray] = []
        for array, w in zip(groups, wanted, strict=True):
            rows = [np.broadcast_to(next(found), lanes) for _ in range(array.shape[1])]
            if not w:
                gradients.append(np.empty(0))
            elif len(array) == 1:
                gradients.append(np.array([[_sum(row) for row in rows]]))
            else:
                gradients.append(np.array(rows).reshape(array.shape[1], lanes).T)
        return gradients


def _whole(program: Program) -> BatchedProgram:
    return BatchedProgram(program, range(len(program.outputs)))


def _rows(found: Sequence[Any], lanes: int) -> np.ndarray:
    """Numbers and columns as an array with a row for each."""
    return np.array(found if lanes == 1 else [np.broadcast_to(y, lanes) for y in found], float).reshape(len(found), lanes)


def _sum(rows: np.ndarray) -> Any:
    return quietly(partial(rows.sum, axis=0, initial=-0.0))  # a sum from 0.0 is never -0.0


def _columns(groups: Sequence[np.ndarray]) -> list[Any]:
    return [x for array in groups for x in (array[0].tolist() if len(array) == 1 else array.T)]


def _shaped(gradients: Sequence[np.ndarray | None], groups: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradients in the shapes of their groups; an empty array where one is not wanted."""
    empty = np.empty(0)
    return [empty if g is None else g.reshape(array.shape) for g, array in zip(gradients, groups, strict=True)]


def _given(groups: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [array[0] if len(array) == 1 else array for array in groups]
