"""Where there is no kernel, `jit` of numbers runs the function itself, since each operation of a replay would be one of NumPy."""

import math

import numpy as np
import pytest

from autograd import Value, exp, grad, jit, no_grad, value_and_grad, vmap
from autograd.program import jit as module
from autograd.program import lanes


@pytest.fixture(autouse=True)
def without(monkeypatch, replays):  # noqa: ARG001  # after that fixture
    monkeypatch.setattr(module, "REPLAYS_NUMBERS", False)
    monkeypatch.setattr(lanes, "kernel", None)


def test_calls_on_numbers_run_the_function_with_the_same_answers():
    given = []

    @jit
    def f(x, y=2.0):
        given.append(x.__class__)
        return {"sum": exp(x) + y, "larger": x > y}

    found = [f(1.0, 0.5), f(1.0, 0.5), f(0.0, y=0.5), f(0.0, y=0.5)]
    assert found == [{"sum": pytest.approx(math.exp(x) + 0.5, rel=1e-15), "larger": x > 0.5} for x in (1.0, 1.0, 0.0, 0.0)]
    assert (given[0], given[-1], given.count(float)) == (Value, float, 2)
    assert "Calls on numbers run the function itself" in str(f.explain())


@pytest.mark.parametrize("transform", [grad, value_and_grad, lambda f: grad(grad(f))])
def test_so_do_derivatives(transform):
    def f(x):
        return x * x * x if x > 0.0 else -x

    fast, slow = jit(transform(f)), transform(f)
    for x in (2.0, 2.0, -1.0, 2.0, -1.0):
        assert fast(x) == slow(x)
        with no_grad():
            assert fast(x) == slow(x)


def test_what_needs_values_is_replayed():
    f = jit(lambda x: x.exp() if x.isfinite() else x)
    assert [f(x) for x in (1.0, 1.0, 2.0, math.inf)] == [pytest.approx(math.exp(x), rel=1e-15) for x in (1.0, 1.0, 2.0, math.inf)]
    x = Value(2.0)
    g = jit(lambda x: x * x)
    assert (g(3.0), g(3.0)) == (9.0, 9.0)
    g(x).backward()
    assert x.grad == 4.0


def test_a_function_that_fails_is_called_once():
    calls = []

    @jit
    def f(x):
        calls.append(x)
        if x > 2.0:
            raise TypeError("of the function's own")
        return x.missing if x > 1.0 else x * x

    assert (f(0.5), f(0.5)) == (0.25, 0.25)
    for x, error in ((3.0, TypeError), (1.5, AttributeError)):
        calls.clear()
        with pytest.raises(error):
            f(x)
        assert calls == [x]


def test_a_function_that_needs_values_is_not_tried_again():
    f = jit(lambda x: x.exp())
    assert [f(x) for x in (1.0, 1.0, 2.0, 3.0)] == [pytest.approx(math.exp(x), rel=1e-15) for x in (1.0, 1.0, 2.0, 3.0)]
    assert not f.runs_itself
    assert "run the function itself" not in str(f.explain())


def test_lanes_and_arrays_are_replayed():
    def loss(w, x):
        return (w * x - 1.0) ** 2

    X = np.linspace(0.0, 1.0, 50)
    f = jit(value_and_grad(lambda w: vmap(loss, (None, 0), reduce="mean")(w, X)))
    for _ in range(4):
        value, slope = f(2.0)
        assert value == pytest.approx(np.mean((2.0 * X - 1.0) ** 2), rel=1e-14)
        assert slope == pytest.approx(np.mean(2.0 * X * (2.0 * X - 1.0)), rel=1e-13)
    assert "lanes" in str(f.explain())
    assert "run the function itself" not in str(f.explain())
