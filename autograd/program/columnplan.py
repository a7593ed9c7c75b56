"""What runs a program over lanes where the kernel was not built: NumPy columns, and machine code as soon as there is some."""

from collections.abc import Callable, Iterator, Sequence
from math import inf
from time import perf_counter
from typing import Any

import numpy as np

from autograd.kinds import quietly
from autograd.locks import cached_property
from autograd.program import passes
from autograd.program.machine.tiers import RUN, eager
from autograd.program.program import Program


class ColumnPlan:
    """A program ready to run, with the methods of the kernel's plan that do not need a tree of paths or a loop.

    Args:
        program: the program.
        uniform: for each input whether all lanes share it.
        wanted: for each input whether its gradient is wanted.
        seeded: for each output whether it has a cotangent.
    """

    program: Program
    uniform: Sequence[bool]
    wanted: list[int]
    seeded: list[int]
    machine: Callable[..., Any] | None
    hot: Callable[..., None] | None

    def __init__(self, program: Program, uniform: np.ndarray, wanted: np.ndarray, seeded: np.ndarray) -> None:
        self.program, self.uniform = program, uniform.tolist()
        self.wanted, self.seeded = np.flatnonzero(wanted).tolist(), np.flatnonzero(seeded).tolist()
        self.machine = self.hot = None
        self.work, self.limit = 0.0, inf

    @cached_property
    def derivative(self) -> Program:
        """The program from the inputs, then the cotangents, to the outputs, then the wanted gradients."""
        return passes.adjoint(self.program, self.seeded, self.wanted, with_outputs=True)

    def run(
        self, lanes: int, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], seeds: Sequence[np.ndarray] | None = None,
        gradients: Sequence[np.ndarray | None] | None = None, threads: int = 1,
    ) -> None:  # fmt: skip
        """Run forward, and with seeds backward: see the plan of the kernel."""
        start = perf_counter()
        if self.machine is None or self.machine(lanes, inputs, outputs, seeds, gradients, threads) is NotImplemented:
            self._in_columns(lanes, inputs, outputs, seeds, gradients)
        hot = self.hot
        if hot is None:
            return
        self.work += (perf_counter() - start) / RUN
        if self.work >= self.limit or eager():
            self.hot = None
            hot(self, lanes, outputs, seeds)

    def use(self, kept: Any, *_: Any) -> None:
        """Let `kept` run in place of this plan, from the next run on; what it answers with NotImplemented is run here."""
        self.machine = kept.run

    def watch(self, limit: float, hot: Callable[..., None]) -> None:
        """Call `hot(plan, lanes, outputs, seeds)` once, after the run in which all from now on took so long: in operands of the kernel."""
        self.work, self.limit, self.hot = 0.0, limit, hot

    def _in_columns(
        self, lanes: int, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], seeds: Sequence[np.ndarray] | None,
        gradients: Sequence[np.ndarray | None] | None,
    ) -> None:  # fmt: skip
        given: list[Any] = []
        own: list[bool] = []  # for each array whether each lane has its own numbers
        for array in inputs:
            own.append(array.size > 0 and not self.uniform[len(given)])
            given += _columns(array, lanes, each=own[-1])
        program = self.program
        if seeds is not None:
            cotangents = [x for array in seeds for x in _columns(array, lanes, each=array.ndim > 1)]
            given += [cotangents[k] for k in self.seeded]
            program = self.derivative
        found = iter(program(given))
        for array in outputs:
            _store(array, found, lanes, each=array.ndim > 1)
        for gradient, each in zip(gradients or (), own, strict=gradients is not None):
            if gradient is not None:
                _store(gradient, found, lanes, each=each)


def _columns(array: np.ndarray, lanes: int, *, each: bool) -> list[Any]:
    """Numbers that all lanes share, or columns of one for each lane."""
    return [*array.reshape(lanes, -1).T] if each else array.ravel().tolist()


def _store(array: np.ndarray, found: Iterator[Any], lanes: int, *, each: bool) -> None:
    """Fill an array with the next results, or with their sums over the lanes."""
    count = array.size // lanes if each else array.size
    some = [next(found) for _ in range(count)]
    rows = np.array(some if lanes == 1 else [np.broadcast_to(y, lanes) for y in some], float).reshape(count, lanes)
    array[...] = (rows.T if each else rows[:, 0] if lanes == 1 else quietly(_sums, rows)).reshape(array.shape)


def _sums(rows: np.ndarray) -> Any:
    return rows.sum(axis=1, initial=-0.0)  # a sum from 0.0 is never -0.0
