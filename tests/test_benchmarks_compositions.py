"""The benchmarks of compositions at their smallest; derivatives by hand and by the library are the same numbers."""

import sys
import time

import adbench
import adbench_data
import adbench_manual
import adbench_ours
import compose
import derivatives
import limits
import numpy as np
import pytest

from autograd import Value
from autograd.trees import tree_flatten

SMALL = {
    "gmm": adbench_data.gmm(3, 2, n=5),
    "ba": adbench_data.ba(6),
    "lstm": adbench_data.lstm(2, 5, size=3),
    "hand": adbench_data.hand(4),
}


@pytest.mark.parametrize("name", SMALL)
def test_the_objectives_of_adbench_have_the_derivatives_by_hand(name):
    ours, by_hand = (
        [np.asarray(x, dtype=float) for x in tree_flatten(module.OBJECTIVES[name](**SMALL[name])())[0]]
        for module in (adbench_ours, adbench_manual)
    )
    assert [x.shape for x in ours] == [x.shape for x in by_hand]
    assert all(np.abs(x).max() > 0.0 for x in by_hand)
    assert adbench.difference(ours, by_hand) <= adbench.BOUND


def test_a_wrong_derivative_is_a_difference():
    assert adbench.difference([np.array([1.0, 2.0])], [np.array([1.0, 2.0 + 1e-9])]) > adbench.BOUND
    assert not adbench.difference([np.array([np.nan])], [np.array([1.0])]) <= adbench.BOUND


@pytest.mark.parametrize("form", compose.FORMS)
def test_compositions_give_the_same_numbers(form):
    for derivative in compose.DERIVATIVES:
        if compose.fits(form, derivative):
            own, *others = [compose.flat(compose.composed(form, derivative, mode, 6, 2)()) for mode in compose.MODES]
            assert np.abs(own).max() > 0.0
            for other in others:
                np.testing.assert_allclose(other, own, rtol=1e-10, atol=1e-12)


def test_what_misses_a_bound_is_listed(capsys):
    slow, quick = compose.Cell(1.0, 0.5, np.ones(1)), compose.Cell(0.1, 0.1, np.ones(1))
    found = {"no jit": [quick, quick], "jit outside": [quick, slow], "jit inside": [quick, "over"]}
    missed = compose.report("plain", "grad", [(10, 1), (100, 1)], 0, found)
    assert missed == [
        "grad, plain, 100 operations, jit outside: 5 times as long as without",
        "grad, plain, 100 operations, jit outside: the first call takes 6.62 of its bound (1e+03 ms)",
        "grad, plain, 100 operations, jit inside: over",
    ]
    assert capsys.readouterr().out.count("\n") == 2
    squares = [compose.Cell(1.0, size**2, np.ones(1)) for size in (10, 100, 1000)]
    assert compose.slope([10, 100, 1000], squares) == pytest.approx(2.0)


def test_the_loop_of_derivatives_has_58000_operations():
    xs = [Value(x) for x in derivatives.RATES]
    y, count, seen, stack = derivatives.populations(xs), 0, set(), []
    stack.append(y)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            count += bool(node.args)
            stack += [a for a in node.args if isinstance(a, Value)]
    assert count == pytest.approx(58_000, rel=0.02)


@pytest.mark.parametrize(("item", "what"), [("outputs", "call and backward"), ("paths", "lanes")])
def test_pairs_of_derivatives_agree(item, what, monkeypatch):
    monkeypatch.setattr(derivatives, "DEPTH", 3)
    times, first = derivatives.pair(item, what, 1, 0.0)
    assert times.shape == (1, 2)
    assert first >= 0.0


def test_nested_steps_along_an_inner_gradient():
    def exact(x, n):
        for _ in range(n):
            x = x - 0.01 * (np.cos(x) * x + np.sin(x))
        return x

    found = derivatives.nested(5, 1)[1]
    assert found == pytest.approx((exact(0.7 + 1e-6, 5) - exact(0.7 - 1e-6, 5)) / 2e-6, rel=1e-8)


def spin(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass
    return seconds


def large(size):
    return len(bytearray(size))


def fails():
    raise ValueError("no such cell")


@pytest.mark.any_python
def test_a_cell_over_a_limit_says_so_and_the_next_one_runs():
    run = limits.Limited(0.3, 4e9)
    try:
        assert run(spin, 0.01) == 0.01
        assert run(spin, 60.0) == "over"
        assert run(large, 10**10) == ("memory" if sys.platform == "linux" else 10**10)
        assert run(fails) == "ValueError: no such cell"
        assert run(large, 10) == 10
    finally:
        run.end()
