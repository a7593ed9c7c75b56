"""Sums over lanes, bit for bit as they are defined: whatever runs them, and whatever the vectors, the threads, and the length of rows."""

import functools
import itertools

import numpy as np
import pytest
from bitwise_arrays import fma
from flat_programs import MACHINE, NAMES, flat, run, use

from autograd import Value, ops

pytestmark = [pytest.mark.any_python]

LEAF, SUMS = 1024, 8
RNG = np.random.default_rng(5)
# Of very different sizes, so that any other order gives another sum.
X, Z = RNG.normal(size=(2, 6000)) * 10.0 ** RNG.integers(-9, 9, (2, 6000))
COUNTS = (2, 7, 8, 9, 255, 1000, 1024, 1025, 2048, 3000, 5 * 1024 + 3)
COLUMNS = {"x": X, "z": Z, "-z": -Z}


@functools.cache
def by_definition(count, x, z=None):
    """The sum of x, or of x * z: of each leaf eight sums by the index of the lane; these, and then the leaves, in pairs."""
    level = []
    for first in range(0, count, LEAF):
        sums = [-0.0] * SUMS
        for i in range(first, min(first + LEAF, count)):
            a, b = float(COLUMNS[x][i]), float(COLUMNS[z][i]) if z else 1.0
            sums[i % SUMS] = fma(a, b, sums[i % SUMS])
        level.append(sums)
    return in_pairs([in_pairs(sums) for sums in level])


def in_pairs(level):
    """Level by level, an odd last one as it is."""
    while len(level) > 1:
        level = [a + b for a, b in zip(level[::2], [*level[1::2], -0.0], strict=False)]  # -0.0 changes nothing
    return level[0]


@pytest.fixture(params=NAMES)
def instructions(request):
    use(request.param)
    yield request.param
    use(NAMES[0])


@functools.cache
def program(rows):
    """A sum, a difference, a product, a product and a sum, and five dots of uniform numbers; and rows that make the blocks short."""
    inputs = [Value(float(i)) for i in range(17)]
    a, b, c, d, e, *weights, x, z = inputs
    terms = [a + x, x - b, c * x, d * x + e, *[ops.dot(pair, [x, z]) for pair in zip(weights[::2], weights[1::2], strict=True)]]
    return flat(inputs, [x * 1.0, ops.sum([term * z for term in terms]), *[ops.sin(x + float(i)) for i in range(rows)]])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("count", "rows"), [*itertools.product(COUNTS, [0, 300]), (9, 3000), (1025, 3000)])
def test_sums_are_those_defined(count, rows, threads, instructions):
    if instructions == MACHINE and rows:
        return  # it has no blocks
    columns = [*np.ones((15, count)), X[:count], Z[:count]]
    seeds = np.array([0.0, 1.0] + [0.0] * rows)
    outputs, gradients = run(program(rows), columns, [1] * 15 + [0, 0], seeds, sums=True, threads=threads)
    found = [float(g[0]) for g in gradients[:15]]
    assert outputs[0] == by_definition(count, "x")
    assert [found[0], found[1], found[4]] == [by_definition(count, "z"), by_definition(count, "-z"), by_definition(count, "z")]
    if instructions != "plain":  # where products are rounded
        products = [by_definition(count, "x", "z"), by_definition(count, "z", "z")]
        assert [found[2], found[3], *found[5:]] == [products[0], products[0], *products * 5]
