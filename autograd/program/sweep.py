"""Sweep: a program of gradients over lanes, run as the reverse sweep of the program that they are of.

A pass writes gradients out as instructions, which other passes take further. To run them, the reverse sweep of the kernel is quicker: it
has values and gradients in one run, computes partials beside what uses them, and adds up in place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, count, groupby, pairwise
from typing import Any

import numpy as np


class Sweep:
    """How a program runs whose inputs are those of another one, the primal, then cotangents for outputs of that.

    Args:
        primal: the other one, a `BatchedProgram`.
        seeded: its outputs that have cotangents, in the order of these.
        outputs: what each output of the program is: the output k of the primal, or ~i, the gradient of its input i.
    """

    primal: Any
    seeded: tuple[int, ...]
    outputs: tuple[int, ...]
    layouts: dict[Any, "_Layout | None"]

    def __init__(self, primal: Any, seeded: Iterable[int], outputs: Iterable[int]) -> None:
        self.primal, self.seeded, self.outputs = primal, tuple(seeded), tuple(outputs)
        self.layouts = {}

    def __reduce__(self) -> Any:
        return Sweep, (self.primal, self.seeded, self.outputs)

    def only(self, outputs: Iterable[int]) -> "Sweep | None":
        """The same with only the outputs of these indices, in this order; None where no gradient is left."""
        kept = [self.outputs[k] for k in outputs]
        return Sweep(self.primal, self.seeded, kept) if any(k < 0 for k in kept) else None

    def with_values(self, batched: Any, order: Iterable[int]) -> "Sweep | None":
        """The same with outputs of a program before its own, then in another order; None unless that program is the primal, or a part."""
        kept: Sequence[int] = range(batched.outputs)
        while batched is not self.primal:
            if batched.part_of is None:
                return None
            batched, outputs = batched.part_of
            kept = [outputs[k] for k in kept]
        both = (*kept, *self.outputs)
        return Sweep(self.primal, self.seeded, [both[k] for k in order])

    def run(self, groups: Sequence[np.ndarray], lanes: int, sums: int, widths: Sequence[int]) -> list[np.ndarray] | None:
        """Run it: see `BatchedProgram.run`; None where such inputs or results are not in the arrays that a sweep has, or columns run it."""
        if not self.primal.compiled:
            return None
        key = tuple([array.shape[1] if len(array) == 1 else -array.shape[1] for array in groups]), sums, tuple(widths)
        if key not in self.layouts:
            self.layouts[key] = _layout(self, groups, sums, widths)
        layout = self.layouts[key]
        return None if layout is None else layout.run(groups, lanes)


@dataclass(frozen=True, eq=False)
class _Layout:
    """Where the numbers of a run are, for groups of some widths.

    Attributes:
        sweep: what runs.
        wanted: for each group that is inputs of the primal whether its gradient is wanted.
        shared: the cotangents that all lanes share: an output of the primal, and the group and the column that it is in.
        seeds: parts of consecutive outputs with their cotangents: columns of a group, or of the shared ones, which are the group None.
        ends: parts of consecutive outputs: whether each lane has its own, and their count.
        sums: the results that are sums, by index among all numbers that lanes share: of outputs, then of gradients.
        columns: for each of the other results its parts: columns of an array, gradients before outputs.
    """

    sweep: Sweep
    wanted: tuple[bool, ...]
    shared: list[tuple[int, int, int]]
    seeds: list[tuple[Any, slice]]
    ends: list[tuple[bool, int]]
    sums: np.ndarray
    columns: list[list[tuple[Any, slice]]]

    def run(self, groups: Sequence[np.ndarray], lanes: int) -> list[np.ndarray]:
        """The sums, then the columns."""
        primal = self.sweep.primal
        shared = np.zeros((1, primal.outputs))
        for k, g, column in self.shared:
            shared[0, k] = groups[g][0, column]
        seeds = [shared[0, own] if g is None else groups[g][:, own] for g, own in self.seeds]
        outputs = [np.empty((lanes, width) if is_column else width) for is_column, width in self.ends]
        gradients = primal.swept(groups[: len(self.wanted)], lanes, outputs, seeds, self.wanted, self.sweep.seeded)
        alone = [array for array in (*outputs, *gradients) if array is not None and array.ndim < 2]
        sums = np.concatenate(alone)[self.sums] if len(self.sums) else np.empty(0)
        found: list[Any] = [*gradients, *outputs]
        columns = [[found[k][:, own] for k, own in parts] for parts in self.columns]
        return [sums, *[parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1) for parts in columns]]


def _layout(sweep: Sweep, groups: Sequence[np.ndarray], sums: int, widths: Sequence[int]) -> _Layout | None:
    """The layout; None where there is none."""
    n, m = sweep.primal.program.inputs, sweep.primal.outputs
    each = [len(array) > 1 for array in groups]
    starts = [*accumulate([array.shape[1] for array in groups], initial=0)]
    if n not in starts:
        return None
    inputs = starts.index(n)  # of the groups
    place = [(g, column) for g, array in enumerate(groups) for column in range(array.shape[1])]
    given = dict(zip(sweep.seeded, place[n:], strict=True))
    in_columns = {k for k in sweep.outputs[sums:] if k >= 0}
    alone: dict[int, int] = {}  # by output, or ~input: the index among the numbers that lanes share
    found: dict[int, tuple[int, int]] = {}  # or the array, and the column in it
    ends: list[tuple[bool, int]] = []
    for is_column, own in groupby(range(m), in_columns.__contains__):
        numbers = [*own]
        if is_column:
            found.update((k, (inputs + len(ends), column)) for column, k in enumerate(numbers))
        else:
            alone.update(zip(numbers, count(len(alone)), strict=False))
        ends.append((is_column, len(numbers)))
    asked = {place[~k][0] for k in sweep.outputs if k < 0}
    for g in sorted(asked):
        numbers = [~i for i in range(starts[g], starts[g + 1])]
        if each[g]:
            found.update((i, (g, column)) for column, i in enumerate(numbers))
        else:
            alone.update(zip(numbers, count(len(alone)), strict=False))
    if not (alone.keys() >= {*sweep.outputs[:sums]} and found.keys() >= {*sweep.outputs[sums:]}):
        return None
    return _Layout(
        sweep,
        tuple([g in asked for g in range(inputs)]),
        [(k, g, column) for k, (g, column) in given.items() if not each[g]],
        _parts([given[k] if k in given and each[given[k][0]] else (None, k) for k in range(m)]),
        ends,
        np.array([alone[k] for k in sweep.outputs[:sums]], int),
        [_parts([found[k] for k in sweep.outputs[a:b]]) for a, b in pairwise(accumulate(widths, initial=sums))],
    )


def _parts(places: Iterable[tuple[Any, int]]) -> list[tuple[Any, slice]]:
    """Places in arrays, in parts of consecutive columns."""
    found: list[tuple[Any, slice]] = []
    for array, column in places:
        if found and found[-1][0] == array and found[-1][1].stop == column:
            found[-1] = array, slice(found[-1][1].start, column + 1)
        else:
            found.append((array, slice(column, column + 1)))
    return found
