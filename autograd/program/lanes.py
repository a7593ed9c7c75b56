"""A program run over lanes of numbers, forward and in reverse: by a plan of the compiled kernel, or, where that was not built, of columns.

Inputs come in groups, arrays with a row for each lane, or with one row that all lanes share.
"""

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, Protocol

import numpy as np

from autograd.compiled import kernel as kernel  # noqa: PLC0414  # tests replace it, for all who run programs
from autograd.errors import RangeError
from autograd.locks import cached_property
from autograd.program import passes
from autograd.program.columnplan import ColumnPlan
from autograd.program.machine.tiers import LEAST, Tier, expected
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
        plans: what `plan` has made, by what it was given.
        tiers: for each of these the machine code, as far as there is any.
    """

    program: Program
    seeded: list[int]
    sweep: Sweep | None

    def __init__(self, program: Program, seeded: Sequence[int], sweep: Sweep | None = None) -> None:
        self.program, self.seeded, self.sweep = program, list(seeded), sweep
        self.part_of: tuple[BatchedProgram, Sequence[int]] | None = None
        self.plans: dict[Any, Any] = {}
        self.tiers: list[Tier] = []

    def __reduce__(self) -> Any:
        return BatchedProgram, (self.program, self.seeded, self.sweep)

    @property
    def compiled(self) -> bool:
        """Whether the kernel runs it, or machine code, now or once that is worth it; else it runs in NumPy columns."""
        if kernel is not None or self.program.own:
            return not self.program.own
        return any(tier.levels for tier in self.tiers) or (expected() and not any(tier.failed for tier in self.tiers))

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
        made.sweep = None if self.program.own else Sweep(self, seeded, [~i for i in wanted])
        return made

    def reached(self, seeded: Sequence[int], wanted: Sequence[int]) -> "BatchedProgram":
        """The program from the inputs to a number for each wanted input: 0 where no branch of a `where` that uses it was taken."""
        return _whole(passes.reached(self.program, seeded, wanted))

    def tangent(self, active: Sequence[int]) -> "BatchedProgram":
        """The program from the inputs, then a tangent for each active one, to the outputs, then the tangents of these."""
        return _whole(passes.tangent(self.program, active))

    def only(self, outputs: Sequence[int]) -> "BatchedProgram":
        """The program with only the outputs of these indices, in this order; this object where that is all of it."""
        if [*outputs] == [*range(self.outputs)] == self.seeded:
            return self
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

    def forward(self, groups: Sequence[np.ndarray], lanes: int) -> np.ndarray:
        """The outputs, a row for each lane."""
        if self.staged is not None:
            return self.staged.run(groups, lanes, 0, [self.outputs])[1]
        outputs = _table(lanes, self.outputs)
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
        if self.staged is not None:
            return self.staged.backward(groups, lanes, cotangents, wanted, self.seeded)
        sums = np.empty(self.outputs)
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
        if self.staged is not None:
            return self.staged.run(groups, lanes, sums, widths)
        swept = self.sweep.run(groups, lanes, sums, widths) if self.sweep is not None and lanes > 1 else None
        if swept is not None:
            return swept
        found = [np.empty(sums), *[_table(lanes, width) for width in widths]]
        self.plan(groups, (False,) * len(groups)).run(lanes, _given(groups), found[not sums :], threads=threads())
        return found

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
        cotangents = _given(seeds)
        return _shaped(self.swept(groups, lanes, [np.empty_like(array) for array in cotangents], cotangents, wanted, seeded), groups)

    def swept(
        self, groups: Sequence[np.ndarray], lanes: int, outputs: Sequence[np.ndarray], seeds: Sequence[np.ndarray], wanted: Sequence[bool],
        seeded: Sequence[int] | None = None,
    ) -> list[np.ndarray | None]:  # fmt: skip
        """Run forward, which fills `outputs`, and back: the gradients of the wanted groups, without an axis of lanes where these share it.

        Arrays of outputs and of seeds are of one axis where lanes share them; `seeded` says which outputs have cotangents, by default those
        of the program.
        """
        given = _given(groups)
        gradients = [
            np.empty_like(array, order="F" if kernel is None else "K") if w else None for array, w in zip(given, wanted, strict=True)
        ]
        plan = self.plan(groups, tuple(wanted), None if seeded is None or list(seeded) == self.seeded else tuple(seeded))
        plan.run(lanes, given, outputs, seeds, gradients, threads=threads())
        return gradients

    def plan(self, groups: Sequence[np.ndarray], wanted: tuple[bool, ...], seeded: tuple[int, ...] | None = None) -> Any:
        """What runs it for inputs of these shapes, made if it is new: a plan of the compiled kernel, or one of columns."""
        key = wanted, seeded, tuple(array.shape[1] if len(array) == 1 else -array.shape[1] for array in groups)
        if key not in self.plans:
            widths = [array.shape[1] for array in groups]
            p = self.program
            is_seeded = np.zeros(len(p.outputs), np.uint8)
            is_seeded[list(self.seeded if seeded is None else seeded)] = 1
            is_uniform = np.repeat([len(array) == 1 for array in groups], widths).astype(np.uint8)
            is_wanted = np.repeat(wanted, widths).astype(np.uint8)
            flags = is_uniform, is_wanted, is_seeded
            given = (p.codes, p.starts, p.args, p.constants, p.inputs, p.outputs, *flags)
            by_columns = kernel is None or p.own
            plan = ColumnPlan(p, *flags) if by_columns else kernel.Plan(*given)
            if not p.own:
                tier = Tier(given, 0 if by_columns else LEAST)
                tier.watch(plan)
                self.tiers.append(tier)
            self.plans[key] = plan
        return self.plans[key]


def _whole(program: Program) -> BatchedProgram:
    return BatchedProgram(program, range(len(program.outputs)))


def _table(lanes: int, width: int) -> np.ndarray:
    """An array to be written, with a row for each lane; columns are written one at a time."""
    return np.empty((lanes, width), order="F" if kernel is None else "C")


def _shaped(gradients: Sequence[np.ndarray | None], groups: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The gradients in the shapes of their groups; an empty array where one is not wanted."""
    empty = np.empty(0)
    return [empty if g is None else g.reshape(array.shape) for g, array in zip(gradients, groups, strict=True)]


def _given(groups: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [array[0] if len(array) == 1 else array for array in groups]


@cache
def copying(width: int) -> BatchedProgram:
    """The program whose outputs are its inputs."""
    return BatchedProgram(Program.from_arrays([], [0], [], [], range(width), width), range(width))
