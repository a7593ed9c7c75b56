"""The guards of a recording, and the cache of recordings."""
# ruff: noqa: S311  # samples, no secrets

import os
import random
import warnings

import numpy as np
import pytest
from functions import (
    inf,
    nan,
)
from operations import same

from autograd import (
    jit,
    ops,
    vmap,
)
from autograd.program.recording import KEPT, MANY

# Guards.


@pytest.mark.usefixtures("execution")
def test_a_guard_that_rounding_decides():
    """Where a replay rounds to the other side of what the function compared, the call still ends, on the branch of the function."""
    for x in np.linspace(-3.0, 3.0, 101).tolist():
        for op in (ops.exp, ops.tanh, ops.sin):
            edge = op(x)
            f = lambda y, op=op, edge=edge: 1.0 if op(y) >= edge else 2.0  # noqa: E731
            g = jit(f)
            assert g(x) == 1.0
            assert vmap(f)(np.array([x] * 3))[0] == 1.0


def test_the_branch_is_that_of_the_call_not_of_the_recording():
    g = jit(lambda x, y: x - y if x > y else y * 10.0)
    rng = random.Random(1)
    for _ in range(200):
        x, y = rng.uniform(-1.0, 1.0), rng.choice((0.0, -0.0, nan, inf, rng.uniform(-1.0, 1.0)))
        assert same(g(x, y), x - y if x > y else y * 10.0)
    assert g.recordings.made == 2


@pytest.mark.parametrize("x", [0.0, -0.0, nan, inf, -inf, 5e-324, 1.0])
def test_truth_and_comparisons_at_special_numbers(x):
    f = lambda x: [  # noqa: E731
        1.0 if x else 2.0, 1.0 if x < 0.0 else 2.0, 1.0 if x <= 0.0 else 2.0, 1.0 if x > 0.0 else 2.0, 1.0 if x >= 0.0 else 2.0,
        1.0 if not x else 2.0, x < 0.0, x >= 0.0, ops.where(x, 3.0, 4.0), 1.0 if np.isnan(x) else 2.0, 1.0 if np.isfinite(x) else 2.0,
    ]  # fmt: skip
    for at in (x, 1.0, 0.0, nan):
        g = jit(f)
        g(at)
        assert g(x) == f(x)
    assert [column[1] for column in vmap(f)(np.array([1.0, x, nan]))] == f(x)


# The cache.


def test_the_cache_is_bounded_and_says_why_it_fills():
    g = jit(lambda x, n: x * n)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for n in range(2 * KEPT):
            assert g(2.0, n) == 2.0 * n
    assert sum(map(len, g.recordings.traces.values())) == KEPT
    assert len(caught) == 2 * KEPT // MANY
    message = str(caught[0].message)
    assert f"has been recorded {MANY} times" in message
    assert "static arguments" in message
    assert os.path.basename(__file__) in message  # noqa: PTH119
    assert g(2.0, 1) == 2.0


def test_many_branches_say_so(monkeypatch):
    monkeypatch.setattr("autograd.program.recording.KEPT", 16)
    g = jit(lambda x: sum(x > k for k in range(20) if x > k))
    with pytest.warns(RuntimeWarning, match="the last 16 are kept: its branches depend on numbers"):
        found = [g(k + 0.5) for k in range(17)]
    assert found == [k + 1.0 for k in range(17)]


def test_many_random_numbers_say_so():
    draw = random.Random(0)
    with pytest.warns(RuntimeWarning, match="is not recorded, but called each time: it reaches draw, a random.Random"):
        found = vmap(lambda x: x * draw.random())(np.ones(MANY))
    again = random.Random(0)
    assert found.tolist() == [again.random() for _ in range(MANY)]
