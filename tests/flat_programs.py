"""Programs as the kernel takes them."""

import functools
import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from autograd import TABLE, Value, ops
from autograd.graph import order
from autograd.program.machine.plan import MachinePlan
from autograd.program.machine.tiers import available

kernel = pytest.importorskip("autograd.native._kernel", reason="the kernel was not built")
MACHINE = "machine"  # besides the kernel's instruction sets, where llvmlite is installed
NAMES = (*kernel.instruction_sets, *[MACHINE] * available())
inf, nan = math.inf, math.nan
CODES = {name: code for code, name in enumerate(TABLE)}
LANES = (1, 2, 7, 64, 1000, 10_000)


class Flat(NamedTuple):
    """A graph as the arrays that a plan takes."""

    codes: np.ndarray
    starts: np.ndarray
    args: np.ndarray
    constants: np.ndarray
    inputs: int
    outputs: np.ndarray

    def plan(self, uniform, wanted=None, seeded=None):
        wanted = [1] * self.inputs if wanted is None else wanted
        seeded = None if seeded is None else np.array(seeded, np.uint8)
        made = Compiled if chosen == MACHINE else kernel.Plan
        return made(*self, np.array(uniform, np.uint8), np.array(wanted, np.uint8), seeded)


chosen = NAMES[0]


def use(name):
    """Let plans be of this instruction set from now on, or machine code."""
    global chosen  # noqa: PLW0603  # for all plans
    chosen = name
    if name != MACHINE:
        kernel.use(name)


class Compiled:
    """A plan in machine code, compiled when it is first run in some way."""

    def __init__(self, codes, starts, args, constants, inputs, outputs, uniform, wanted, seeded=None):
        seeded = np.ones(len(outputs), np.uint8) if seeded is None else seeded
        self.plan = MachinePlan(codes, starts, args, constants, inputs, outputs, uniform, wanted, seeded)

    def run(self, lanes, inputs, outputs, seeds=None, gradients=None, threads=1):
        key = self.plan.key(lanes, outputs, seeds)
        if key not in self.plan.variants:
            self.plan.compile(key, "quick")
        assert self.plan.run(lanes, inputs, outputs, seeds, gradients, threads) is None


def flat(inputs, outputs):
    """The graph from leaves to outputs."""
    nodes = order(*[y for y in outputs if isinstance(y, Value)])
    inner = [node for node in nodes if node.op]
    slots: dict[Any, int] = {node: i for i, node in enumerate(inputs)}
    others = [node for node in nodes if not node.op and node not in slots]
    constants: list[float] = [node.data for node in others]
    slots |= {node: len(inputs) + i for i, node in enumerate(others)}
    numbers: dict[str, int] = {}
    for x in (x for node in inner for x in node.args if not isinstance(x, Value)):
        if repr(x) not in numbers:
            numbers[repr(x)] = len(inputs) + len(constants)
            constants.append(x)
    for y in outputs:
        if not isinstance(y, Value) and repr(y) not in numbers:
            numbers[repr(y)] = len(inputs) + len(constants)
            constants.append(y)
    known = len(inputs) + len(constants)
    slots |= {node: known + i for i, node in enumerate(inner)}
    args = [[slots[a] if isinstance(a, Value) else numbers[repr(a)] for a in node.args] for node in inner]
    return Flat(
        np.array([CODES[node.op.name] for node in inner], np.uint8),
        np.cumsum([0, *map(len, args)]).astype(np.uint32),
        np.array(list(itertools.chain(*args)), np.int32),
        np.array(constants, float),
        len(inputs),
        np.array([slots[y] if isinstance(y, Value) else numbers[repr(y)] for y in outputs], np.int32),
    )


def run(program, columns, uniform, seeds=None, *, sums=False, threads=1):
    """Outputs and gradients of columns, of which a uniform one is its first number: an array for each, summed over lanes where uniform."""
    lanes = len(columns[0])
    inputs = [np.array(c[:1] if u else c, float) for c, u in zip(columns, uniform, strict=True)]
    outputs = np.full(len(program.outputs) if sums else (lanes, len(program.outputs)), nan)
    again, gradients = outputs.copy(), [np.full_like(x, nan) for x in inputs]
    plan = program.plan(uniform)
    plan.run(lanes, inputs, [outputs], [np.ones(len(program.outputs)) if seeds is None else seeds], gradients, threads)
    plan.run(lanes, inputs, [again], threads=threads)
    assert np.array_equal(outputs, again, equal_nan=True)  # without the reverse sweep
    return outputs, gradients


def network(x):
    """18 weights and 3 numbers: two layers, a branch, every operation of any number of arguments."""
    w, x = x[:18], x[18:]
    hidden = [ops.tanh(ops.dot(w[i : i + 3], x) + w[i + 3]) for i in (0, 4, 8)]
    logits = [ops.dot(w[12 + k : 15 + k], hidden) for k in range(3)]
    chosen = ops.where(ops.step(x[0], x[1]), ops.maximum(*hidden), ops.sqrt(ops.minimum(*logits) + w[17]))
    return ops.logsumexp(logits) - logits[0] + ops.sum([h * h for h in hidden]) * 0.1 + chosen * ops.exp(w[16])


WEIGHTS = np.random.default_rng(1).uniform(-1.0, 1.0, 18)
SAMPLES = np.random.default_rng(2).normal(size=(max(LANES), 3))


@functools.cache
def recorded_network():
    x = [Value(float(i)) for i in range(21)]
    return flat(x, [network(x)]).plan([1] * 18 + [0] * 3)


# Large ones.


def chain(size):
    """x -> x * 0.999 + 0.001, again and again: a program of `size` operations."""
    codes = np.tile(np.uint8([CODES["mul"], CODES["add"]]), size // 2)
    slots = np.arange(size, dtype=np.int32)
    args = np.column_stack([slots + 2, slots % 2 + 1]).astype(np.int32)
    args[0, 0] = 0
    starts = np.arange(0, 2 * size + 1, 2, dtype=np.uint32)
    for array in (codes, starts, args):
        array.flags.writeable = False
    return Flat(codes, starts, args.ravel(), np.array([0.999, 0.001]), 1, np.int32([size + 2]))


def wide(size):
    """`size` dots of `size` terms, each x times the same number."""
    codes, starts = np.full(size, CODES["dot"], np.uint8), np.arange(0, 2 * size * size + 1, 2 * size, dtype=np.uint32)
    args = np.tile(np.repeat(np.int32([1, 0]), size), size)
    return Flat(codes, starts, args, np.array([0.001]), 1, np.int32([size + 1]))
