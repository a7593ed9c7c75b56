"""A program run over lanes of numbers, forward and in reverse: by the compiled kernel, or, where that was not built, in NumPy columns.

Inputs come in groups, arrays with a row for each lane, or with one row that all lanes share.
"""

import os
from collections.abc import Sequence
from functools import cache, cached_property, partial
from itertools import pairwise
from typing import Any

import numpy as np

from autograd.compiled import kernel as kernel  # noqa: PLC0414  # tests replace it, for all who run programs
from autograd.errors import RangeError
from autograd.kinds import quietly
from autograd.program import passes
from autograd.program.program import Program


@cache
def threads() -> int:
    """How many threads may run: AUTOGRAD_NUM_THREADS, else as many as there are processors for this process."""
    given = os.environ.get("AUTOGRAD_NUM_THREADS", "")
    if given and not (given.isdecimal() and int(given)):
        raise RangeError(f"got AUTOGRAD_NUM_THREADS={given!r}, expected a number of threads such as 2, or no such variable")
    return int(given) if given else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class BatchedProgram:
    """A program ready to run over lanes; only the outputs in `seeded` may have cotangents, the others do not enter gradients."""

    program: Program
    seeded: list[int]
    compiled: bool

    def __init__(self, program: Program, seeded: Sequence[int]) -> None:
        self.program, self.seeded = program, list(seeded)
        self.compiled = kernel is not None and not program.own
        self.plans: dict[Any, Any] = {}
        self.alone: dict[tuple[int, ...], BatchedProgram] = {}

    def __reduce__(self) -> Any:
        return BatchedProgram, (self.program, self.seeded)

    @cached_property
    def gradient(self) -> "BatchedProgram":
        """The gradient program, from inputs and cotangents of the seeded outputs to the gradients of all inputs."""
        return self.adjoint(self.seeded, range(self.program.inputs))

    @property
    def outputs(self) -> int:
        """How many outputs it has."""
        return len(self.program.outputs)

    # Passes.

    def adjoint(self, seeded: Sequence[int], wanted: Sequence[int]) -> "BatchedProgram":
        """From the inputs, then a cotangent for each seeded output, to the gradients of the wanted inputs."""
        return _whole(passes.adjoint(self.program, seeded, wanted))

    def tangent(self, active: Sequence[int]) -> "BatchedProgram":
        """From the inputs, then a tangent for each active one, to the outputs, then the tangents of these."""
        return _whole(passes.tangent(self.program, active))

    def only(self, outputs: Sequence[int]) -> "BatchedProgram":
        """With these outputs alone, in this order."""
        return _whole(passes.pruned(self.program, outputs))

    def masked(self, outputs: Sequence[int]) -> "BatchedProgram":
        """With a further input for each of these outputs, which are 0, without a derivative, where that is 0."""
        return _whole(self.program.masked(outputs))

    def selected(self, within: Sequence[bool]) -> np.ndarray:
        """For each input whether the outputs use it in branches of a `where` alone, or are themselves used `within` such."""
        return self.program.selected(within)

    # Runs.

    def on_any(self, given: Sequence[Any], _lanes: int, _at: Any) -> list[Any]:
        """The outputs at numbers of any kind, and columns of such."""
        return self.program(given)

    def one_of(self, seeded: tuple[int, ...]) -> "BatchedProgram":
        """The same program with other outputs seeded, so that what only the rest depends on cannot make a gradient nan."""
        if seeded not in self.alone:
            self.alone[seeded] = BatchedProgram(self.program, seeded)
        return self.alone[seeded]

    def forward(self, groups: Sequence[np.ndarray], lanes: int) -> np.ndarray:
        """The outputs, a row for each lane."""
        if not self.compiled:
            found = self.program(_columns(groups))
            return np.array([np.broadcast_to(y, lanes) for y in found]).reshape(len(found), lanes).T
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
        given = _given(groups)
        gradients = [np.empty_like(array) if w else None for array, w in zip(given, wanted, strict=True)]
        self.plan(groups, tuple(wanted)).run(lanes, given, [sums], [seeds], gradients, threads=threads())
        empty = np.empty(0)
        return sums, [empty if g is None else g.reshape(array.shape) for g, array in zip(gradients, groups, strict=True)]

    def run(self, groups: Sequence[np.ndarray], lanes: int, sums: int, widths: Sequence[int]) -> list[np.ndarray]:
        """The sums over the lanes of the first `sums` outputs, then, for each width, as many further outputs, a row for each lane."""
        if self.compiled:
            found = [np.empty(sums), *[np.empty((lanes, width)) for width in widths]]
            self.plan(groups, (False,) * len(groups)).run(lanes, _given(groups), found[not sums :], threads=threads())
            return found
        rows = [np.broadcast_to(y, lanes) for y in self.program(_columns(groups))]
        ends = np.cumsum([sums, *widths]).tolist()
        columns = [np.array(rows[a:b]).reshape(b - a, lanes).T for a, b in pairwise(ends)]
        return [np.array([_sum(row) for row in rows[:sums]]), *columns]

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
        if not self.compiled:
            own = self if list(seeded) == self.seeded else self.one_of(tuple(seeded))
            columns = [column for k, column in enumerate(_columns(seeds)) if k in set(seeded)]
            return own._gradients(groups, lanes, columns, wanted)
        given = _given(groups)
        gradients = [np.empty_like(array) if w else None for array, w in zip(given, wanted, strict=True)]
        outputs = [np.empty_like(array) for array in _given(seeds)]
        plan = self.plan(groups, tuple(wanted), None if list(seeded) == self.seeded else tuple(seeded))
        plan.run(lanes, given, outputs, _given(seeds), gradients, threads=threads())
        empty = np.empty(0)
        return [empty if g is None else g.reshape(array.shape) for g, array in zip(gradients, groups, strict=True)]

    def plan(self, groups: Sequence[np.ndarray], wanted: tuple[bool, ...], seeded: tuple[int, ...] | None = None) -> Any:
        """The kernel's plan for inputs of these shapes."""
        key = wanted, seeded, tuple(array.shape[1] if len(array) == 1 else -array.shape[1] for array in groups)
        if key not in self.plans:
            widths = [array.shape[1] for array in groups]
            p = self.program
            self.plans[key] = kernel.Plan(
                p.codes, p.starts, p.args, p.constants, p.inputs, p.outputs,
                uniform=np.repeat([len(array) == 1 for array in groups], widths).astype(np.uint8),
                wanted=np.repeat(wanted, widths).astype(np.uint8),
                seeded=np.isin(np.arange(len(p.outputs)), self.seeded if seeded is None else seeded).astype(np.uint8),
            )  # fmt: skip
        return self.plans[key]

    def _backward_in_columns(
        self, groups: Sequence[np.ndarray], lanes: int, cotangents: Sequence[float], wanted: Sequence[bool]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
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


def _sum(rows: np.ndarray) -> Any:
    return quietly(partial(rows.sum, axis=0, initial=-0.0))  # a sum from 0.0 is never -0.0


def _columns(groups: Sequence[np.ndarray]) -> list[Any]:
    return [x for array in groups for x in (array[0].tolist() if len(array) == 1 else array.T)]


def _given(groups: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [array[0] if len(array) == 1 else array for array in groups]
