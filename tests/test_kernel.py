"""The compiled interpreter of programs against Values, lane by lane: values, gradients, edges, damage, threads, Ctrl-C, memory."""
# ruff: noqa: S311  # samples, not secrets

import functools
import itertools
import math
import random
from typing import Any, NamedTuple

import numpy as np
import pytest
from test_nonfinite import POINTS
from test_ops import apply, each_op, same, sample

from autograd import TABLE, Value, ops
from autograd.graph import order

kernel = pytest.importorskip("autograd._kernel", reason="the kernel was not built")
inf, nan = math.inf, math.nan
CODES = {name: code for code, name in enumerate(TABLE)}
LANES = (1, 2, 7, 64, 1000, 10_000)


@pytest.fixture(params=kernel.instruction_sets)
def instructions(request):
    """Each instruction set that the machine has."""
    kernel.use(request.param)
    yield request.param
    kernel.use(kernel.instruction_sets[0])


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
        return kernel.Plan(*self, np.array(uniform, np.uint8), np.array(wanted, np.uint8), seeded)


def flat(inputs, outputs):
    """The graph from leaves to outputs."""
    nodes = order(*[y for y in outputs if isinstance(y, Value)])
    inner = [node for node in nodes if node.op]
    constants: list[float] = [node.data for node in nodes if not node.op and node not in inputs]
    slots: dict[Any, int] = {node: i for i, node in enumerate(inputs)}
    slots |= {node: len(inputs) + i for i, node in enumerate(node for node in nodes if not node.op and node not in inputs)}
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


def on_values(f, columns, uniform):
    """The same on Values, lane by lane: values, and for each input its gradients in all lanes."""
    values, gradients = [], []
    for lane in range(len(columns[0])):
        x = [Value(c[0 if u else lane]) for c, u in zip(columns, uniform, strict=True)]
        y = f(*x)
        y.backward()
        values.append(y.data)
        gradients.append([v.grad for v in x])
    return values, list(zip(*gradients, strict=True))


def near(found, true, units, floor=0.0):
    """Whether `found` is so many units in the last place of `true`, or of `floor`, away; of what is not finite, equal."""
    return same(found, true) or (math.isfinite(true) and abs(found - true) <= units * math.ulp(max(abs(true), floor)))


def near_sum(found, terms, units):
    """Whether `found` is the sum of the terms, which are so many units off, added in some order."""
    if not np.isfinite(terms).all():
        return same(found, sum(terms))
    return abs(found - math.fsum(terms)) <= (units + len(terms)) * math.ulp(math.fsum(map(abs, terms)))


# Operations.


def call(op, *x):
    """`op` on Values; the exponent of powc is a number."""
    return ops.powc(x[0], x[1].data) if op is ops.powc else apply(op, x)


def points(op):
    """Rows of arguments: samples of the domain, kinks, and all that is not ordinary."""
    rng = random.Random(op.name)
    edges = list(itertools.product(POINTS, repeat=op.arity or 4))
    found = rng.sample(edges, min(len(edges), 500)) + [k.at for k in op.kinks if len(k.at) == (op.arity or 4)]
    return found + (sample(op)[:300] if op.arity else [tuple(rng.uniform(-3.0, 3.0) for _ in range(4)) for _ in range(300)])


@each_op
def test_operation(op):
    """Every operation with every choice of uniform arguments: as near to Values as the bounds of both allow.

    The n-ary ones have four arguments; what sum and dot add is off by at most 4 units of the sum of the absolute terms.
    """
    rows = points(op)
    count = len(rows[0])
    array = functools.partial(np.array, dtype=np.int32)
    program = Flat(np.uint8([CODES[op.name]]), np.uint32([0, count]), array(range(count)), np.array([]), count, array([count]))
    floor = 0.0 if op.bound.relative else 1.0
    for uniform in itertools.product([0, 1], repeat=count):
        some = rows if sum(uniform) in (0, count - 1) else rows[::7]
        if all(uniform):
            continue
        columns = list(zip(*some, strict=True))
        values, gradients = on_values(lambda *x: call(op, *x), columns, uniform)
        for name in kernel.instruction_sets:
            kernel.use(name)
            outputs, found = run(program, columns, uniform)
            for lane, (y, true) in enumerate(zip(outputs[:, 0], values, strict=True)):
                terms = [c[0 if u else lane] for c, u in zip(columns, uniform, strict=True)]
                if op is ops.dot and math.isinf(y) and any(math.isinf(terms[k] * terms[k + 2]) for k in (0, 1)):
                    continue  # a product that overflows does not where it is fused with a sum
                size = (
                    sum(map(abs, terms)) if op is ops.sum else abs(terms[0] * terms[2]) + abs(terms[1] * terms[3]) if op is ops.dot else 0.0
                )
                units = 4.0 if size else 2.0 * op.bound.value
                assert near(y, true, units, max(floor, size if math.isfinite(size) else 0.0)), (name, terms, y, true)
            for k in range(count):
                units = 2.0 * op.bound.partials
                if uniform[k]:
                    assert near_sum(found[k][0], gradients[k], units), (name, k, found[k], sum(gradients[k]))
                else:
                    wrong = [row for row, a, b in zip(some, found[k], gradients[k], strict=True) if not near(a, b, units, floor)]
                    assert not wrong, (name, uniform, k, wrong)


@pytest.fixture(autouse=True)
def _best():
    """Whatever a test uses, the next starts with the best instruction set."""
    yield
    kernel.use(kernel.instruction_sets[0])
