"""Loops of Python in a recording: rolled up they compute what they did, and recording them takes the memory of a few steps.

What is computed is compared with the same functions without jit, of which no program is recorded, and with closed forms.
"""

import sys

import numpy as np
import pytest
from checkout import ROOT
from unrolled_programs import thresholds

from autograd import Op, cos, exp, grad, gradient, hessian, hvp, jit, maximum, sin, value_and_grad, vjp, vmap
from autograd.compiled import native
from autograd.program import rolling

sys.path.insert(0, str(ROOT / "tests" / "tools"))
from fuzz_rolling import differences

pytestmark = [pytest.mark.any_python]

P = np.array([0.8, 0.3, -0.4])
STEPS = 120
SEEDS = 3, 5, 7, 9, 13, 18, 29, 487


def close(found, expected, rtol=1e-11):
    np.testing.assert_allclose(np.array(found, float), np.array(expected, float), rtol=rtol, atol=1e-13)


def test_random_programs_are_what_they_are_without_jit():
    found = [differences(seed, count=0) for seed in SEEDS]
    assert [words for words, _ in found if words] == []
    assert all(loops for _, loops in found)


def carried(p):
    x, v = p[0], p[1]
    for _ in range(STEPS):
        x, v = x + 0.01 * v, v - 0.01 * sin(x) * p[2]
    return x * v


def lagging(p):
    """Each number from the two before it."""
    a, b = p[0], p[1]
    for _ in range(STEPS):
        a, b = b, 0.6 * a + 0.3 * sin(b) + p[2]
    return a + b


def tabulated(p):
    x = p[0]
    for k in range(STEPS):
        x = 0.9 * x + np.cos(k) * p[1] * x + 0.1 / (1.0 + k)
    return x


def kept(p):
    """A loop that keeps all its numbers, and one that reads them backwards."""
    x, path, total = p[0], [], 0.0
    for _ in range(STEPS):
        x = 0.9 * sin(x) + p[1]
        path.append(x)
    for k in reversed(range(STEPS)):
        total = total + path[k] * path[k] * p[2]
    return total + path[3] + path[-1]


def twice(p):
    """The same body twice in a row, from other numbers."""
    total = 0.0
    for start in (p[0], p[1]):
        x = start
        for _ in range(STEPS):
            x = 0.5 * sin(x) + p[2] * exp(-x * x)
        total = total + x
    return total


def descent(p):
    """A loop of derivatives."""
    x = p[0]
    for _ in range(STEPS):
        x = x - 0.1 * grad(lambda x: (x * x - p[1]) ** 2)(x)
    return x


def guarded(p):
    x = p[0]
    for _ in range(STEPS):
        x = 0.9 * sin(x) + p[1]
        if x > 5.0:
            raise ValueError(x)
    return x


ALL = [carried, lagging, tabulated, kept, twice, descent, guarded]


@pytest.mark.parametrize("f", ALL, ids=lambda f: f.__name__)
@pytest.mark.parametrize("full", [150, 10**6])
def test_each_kind_of_loop(f, full):
    with thresholds(full=full) as loops:
        value, first = jit(value_and_grad(f)), jit(hessian(f))
        found = [value(p) for p in (P, 1.1 * P)]
        assert loops
        assert max(loop.steps for loop in loops) >= STEPS - 5
        expected = [value_and_grad(f)(p) for p in (P, 1.1 * P)]
        close([y for y, _ in found], [y for y, _ in expected])
        close([g for _, g in found], [g for _, g in expected])
        close(first(P), hessian(f)(P), rtol=1e-9)
        close(vmap(grad(f))(np.array([P, 1.1 * P])), [g for _, g in expected])


def nested(p):
    """Constants, carries and inputs of each step outside; the sum begins anew there."""
    x, y, total = p[0], p[1], 0.0
    inputs = [p[2] * sin(0.1 * i) for i in range(20)]
    for i in range(20):
        s, start = 0.0, x * p[1] + 0.1 * i
        for j in range(17):
            x, y = 0.9 * sin(x) + 0.1 * start, 0.02 * i * y + inputs[i] + 0.01 * j
            s = s + x * y
        total = 0.5 * total + s
    return total + x


def three_deep(p):
    x, y, total = p[0], p[1], 0.0
    for _ in range(14):
        s = 0.0
        for _ in range(13):
            for _ in range(12):
                x, y = 0.9 * sin(x + 0.1 * p[2]), 0.8 * y + 0.1 * x
            s = s + x * y
        total = 0.5 * total + s
    return total


def read_back(p):
    """In each step outside a list is filled, and read backwards."""
    x, total = p[0], 0.0
    for _ in range(18):
        path = []
        for _ in range(16):
            x = 0.9 * sin(x) + p[1]
            path.append(x)
        s = p[2] * total
        for y in reversed(path):
            s = 0.7 * s + y * y
        total = 0.3 * total + s
    return total


@pytest.mark.parametrize(
    ("f", "full", "size"),
    [
        (nested, 150, 100),
        (nested, 600, 100),
        pytest.param(three_deep, 600, 12 * 12 * 7, marks=pytest.mark.any_backend),
        (read_back, 150, 64),
    ],
)
def test_loops_of_loops(f, full, size):
    """There is one loop of most of the steps outside, whose step is rolled up itself."""
    with thresholds(full=full) as loops:
        value, second = jit(value_and_grad(f)), jit(hvp(f))
        found = [value(p) for p in (P, 1.1 * P)]
        assert [loop for loop in loops if loop.steps >= 11 and loop.weight >= size and loop.size <= 0.8 * loop.weight]
        expected = [value_and_grad(f)(p) for p in (P, 1.1 * P)]
        close([y for y, _ in found], [y for y, _ in expected])
        close([g for _, g in found], [g for _, g in expected], rtol=1e-9)
        close(second(P, P), hvp(f)(P, P), rtol=1e-8)


def test_a_power_is_a_loop_of_one_operation():
    """Many results of an operation, of which one is kept; its derivatives are known."""

    def power(x, n=200):
        y = x
        for _ in range(n - 1):
            y = y * x
        return y

    with thresholds() as loops:
        close(jit(power)(1.01), 1.01**200)
        close(jit(grad(power))(1.01), 200 * 1.01**199)
        close(jit(grad(grad(power)))(1.01), 200 * 199 * 1.01**198)
    assert {loop.size for loop in loops} == {1}


def test_numbers_at_which_derivatives_look_stay_constants():
    """At a tie with a constant maximum has another derivative than at one with an argument; an exponent is a constant."""

    def f(x):
        y = x
        for k in range(60):
            y = maximum(y, 0.0 if k % 2 else -float(k)) + x ** (1 + k % 3) - x
        return y

    with thresholds(steps=10, least=20):
        for x in (0.0, 1.5, -0.3):
            close(jit(value_and_grad(f))(x), value_and_grad(f)(x))


def test_operations_of_ones_own_are_told_apart():
    ops = [
        Op("own_sin", lambda xp, x: xp.sin(x), lambda _y, x: (cos(x),)),
        Op("own_tanh", lambda xp, x: xp.tanh(x), lambda y, _x: (1.0 - y * y,)),
    ]

    def f(x):
        for op in ops:
            for _ in range(40):
                x = op(x) + 0.5
        return x

    with thresholds(full=50) as loops:
        close(jit(value_and_grad(f))(0.4), value_and_grad(f)(0.4))
    assert len(loops) == 2


def test_sweeps_are_not_disturbed():
    """A derivative that is taken later, or of Values of the recording itself, walks over nodes that a loop may not take over."""

    def later(p):
        back = vjp(carried)(p)
        x = p[0]
        for _ in range(STEPS):
            x = 0.9 * sin(x) + 0.1
        return np.dot(back(x), P)

    def within(p):
        x = a = p[0] * 1.0
        for _ in range(STEPS):
            x = 0.9 * sin(x) + a * p[1]
        return gradient(x, a) * x

    for f in (later, within):
        value, first = value_and_grad(f)(P)
        for full in (60, 1000):
            with thresholds(full=full) as loops:
                close(jit(f)(P), value)
                close(jit(grad(f))(P), first, rtol=1e-10)
                close(jit(hvp(f))(P, P), hvp(f)(P, P), rtol=1e-9)
            assert loops


def test_another_answer_of_a_guard_is_found():
    def f(x):
        n = 0
        for _ in range(STEPS):
            x = 0.98 * x
            n += 1
            if x < 0.5:
                break
        return x * n

    with thresholds():
        compiled = jit(f)
        close([compiled(x) for x in (1.0, 2.0, 4.0, 50.0, 1.0)], [f(x) for x in (1.0, 2.0, 4.0, 50.0, 1.0)])


def test_short_loops_stay_as_they_are_and_long_ones_are_said_to_be_rolled_up():
    compiled = jit(carried)
    compiled(P)
    assert "loop" not in str(compiled.explain())
    with thresholds():
        compiled = jit(carried)
        compiled(P)
    assert "Python unrolled 1 loop of 120 steps, which was rolled up again." in compiled.explain().lines


@pytest.mark.skipif(native is None, reason="the number of Values that live is known of compiled ones")
def test_recording_takes_the_memory_of_a_few_steps(monkeypatch):
    """That is measured in Values: each time when the log is looked at there are not many more than it may hold."""
    found, prune = [], rolling.prune

    def noted(*args):
        found.append(native.living())
        prune(*args)

    def f(x):
        y = x
        for _ in range(2000):
            y = 0.5 * sin(y) + x * 0.001
        return y

    monkeypatch.setattr(rolling, "prune", noted)
    with thresholds(full=400):
        before = native.living()
        close(jit(value_and_grad(f))(0.3), value_and_grad(f)(0.3))
    assert len(found) > 20
    assert max(found) - before < 2 * 400
