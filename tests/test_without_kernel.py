"""Where there is no kernel, `jit` of numbers runs the function itself, since each operation of a replay would be one of NumPy; or, where
that is asked for and llvmlite is installed, machine code, as do lanes."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from autograd import Op, Value, exp, grad, hessian, jit, log, maximum, no_grad, sqrt, tanh, value_and_grad, vmap, where
from autograd.program import jit as module
from autograd.program import lanes
from autograd.program.columnplan import ColumnPlan
from autograd.program.machine.library import Missing
from autograd.program.machine.plan import MachinePlan
from autograd.program.machine.tiers import available


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


# Machine code, where llvmlite is installed.

needs_llvmlite = pytest.mark.skipif(not available(), reason="llvmlite is not installed")


@pytest.fixture
def compiled(monkeypatch):
    """A function that compiles what a call runs, after which columns are an error."""

    def compiled(f, *args):
        f.compile(*args)
        assert "machine code" in str(f.explain())
        monkeypatch.delattr(ColumnPlan, "_in_columns")
        return f

    return compiled if available() else pytest.skip("llvmlite is not installed")


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-13, atol=1e-13)


def wave(x, y):
    return exp(-x) * y + tanh(x * y)


def of_wave(x, y):
    """Its value and derivatives."""
    t = np.tanh(x * y)
    return np.exp(-x) * y + t, -np.exp(-x) * y + y * (1 - t * t), np.exp(-x) + x * (1 - t * t)


def test_one_lane_of_machine_code(compiled):
    f = compiled(jit(wave), 0.3, -0.7)
    for x, y in ((0.3, -0.7), (1.5, 0.25), (0.0, -0.0)):
        close([f(x, y), f.fast_call((x, y))], of_wave(x, y)[0])


def test_derivatives_of_one_lane_by_machine_code(compiled):
    f = compiled(jit(value_and_grad(wave, argnums=(0, 1))), 0.3, -0.7)
    value, slopes = f(1.5, 0.25)
    close([value, *slopes], of_wave(1.5, 0.25))


@needs_llvmlite
def test_a_derivative_that_is_recorded_as_a_whole():
    f = jit(grad(grad(lambda x: exp(2.0 * x))))
    f.compile(0.5)
    assert "machine code" in str(f.explain())
    close([f(0.25), f(-1.0)], [4.0 * math.exp(0.5), 4.0 * math.exp(-2.0)])


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("count", [2, 7, 1000, 5001])
def test_lanes_of_machine_code(compiled, monkeypatch, count, threads):
    monkeypatch.setattr(lanes, "threads", lambda: threads)
    X, Y = np.random.default_rng(0).normal(size=(2, count))
    values = jit(vmap(wave))
    mean = jit(value_and_grad(vmap(wave, in_axes=(None, 0), reduce="mean")))
    both = jit(value_and_grad(vmap(wave, reduce="sum"), argnums=(0, 1)))
    for f, args in ((values, (X, Y)), (mean, (0.3, Y)), (both, (X, Y))):
        f.compile(*args)
        assert "machine code" in str(f.explain())
    compiled(values, X[:2], Y[:2])  # which is the same for any number of lanes
    close(values(X, Y), of_wave(X, Y)[0])
    close(values(X[::-1], Y), of_wave(X[::-1], Y)[0])
    value, slope = mean(0.3, Y)
    close([value, slope], np.mean(of_wave(0.3, Y), axis=1)[:2])
    value, slopes = both(X, Y)
    close(value, np.sum(of_wave(X, Y)[0]))
    close(slopes, of_wave(X, Y)[1:])


@needs_llvmlite
def test_steps_and_sweeps_by_machine_code():
    P, X, Y = np.array([0.3, -0.7, 1.1]), np.random.default_rng(1).normal(size=(500, 3)), np.linspace(-1.0, 1.0, 500)
    mean = vmap(lambda p, x, y: (np.dot(p, x) - y) ** 2, in_axes=(None, 0, 0), reduce="mean")
    ridge = jit(value_and_grad(lambda p, x, y: mean(p, x, y) + 0.5 * np.sum(p * p)))
    curved = jit(hessian(lambda p: mean(p, X, Y)))
    ridge.compile(P, X, Y)
    curved.compile(P)
    for f in (ridge, curved):
        assert "machine code" in str(f.explain())
    r = X @ P - Y
    value, slope = ridge(P, X, Y)
    close(value, np.mean(r * r) + 0.5 * P @ P)
    close(slope, 2.0 * r @ X / len(X) + P)
    close(curved(P), 2.0 * X.T @ X / len(X))


POINTS = np.array([-np.inf, -1e308, -2.5, -1.0, -1e-310, -0.0, 0.0, 1e-310, 0.5, 1.0, 2.5, 1e308, np.inf, np.nan])


@needs_llvmlite
@pytest.mark.parametrize(
    "f",
    [
        lambda x, y: x * y,
        lambda x, y: x / y,
        lambda x, y: maximum(x, y) - abs(x),
        lambda x, y: where(x < y, exp(x), log(y)),
        lambda x, y: sqrt(x) + y**3.0,
        lambda x, y: np.sum(np.array([x, y, x])),
    ],
)
def test_edges_are_those_of_columns(f):
    X, Y = map(np.ravel, np.meshgrid(POINTS, POINTS))
    made = jit(value_and_grad(vmap(f, reduce="sum"), argnums=(0, 1))), jit(vmap(f))
    before = [g(X, Y) for g in made]
    for g in made:
        g.compile(X, Y)
        assert "machine code" in str(g.explain())
    after = [g(X, Y) for g in made]
    for old, new in zip((*before[0][1], before[1]), (*after[0][1], after[1]), strict=True):
        np.testing.assert_allclose(new, old, rtol=1e-13, atol=0.0)
    np.testing.assert_equal(after[0][0], before[0][0])  # nan, or inf


@needs_llvmlite
def test_the_path_that_was_compiled_runs_so_and_others_by_the_function():
    f = jit(lambda x: x * x if x > 0.0 else exp(x))
    f.compile(2.0)
    assert (f(3.0), f.fast_call((3.0,)), f.fast_call((-1.0,))) == (9.0, 9.0, None)
    close(f(-1.0), math.exp(-1.0))
    assert f.runs_itself
    assert "that take another path run the function itself" in str(f.explain())
    f.compile(-1.0)
    close([f(-2.0), f.fast_call((-2.0,))], math.exp(-2.0))
    assert (f(3.0), f.fast_call((3.0,))) == (9.0, None)


@needs_llvmlite
def test_what_cannot_be_compiled_runs_as_before(monkeypatch):
    def refused(*_):
        raise Missing("a function that the C library lacks")

    own = Op("own", lambda _xp, x: x + 1.0, lambda _y, _x: (1.0,))
    X = np.linspace(0.0, 1.0, 50)
    monkeypatch.setattr(MachinePlan, "compile", refused)
    for f in (lambda x: own(x) * x, lambda x: (x + 1.0) * x):
        for g, x in ((jit(f), 2.0), (jit(vmap(f)), X)):
            close(g(x), (x + 1.0) * x)
            g.compile(x)
            close(g(x), (x + 1.0) * x)
            assert "machine code" not in str(g.explain())
            assert g.fast_call is None


def in_a_process(code, **env):
    """What a program prints in which the kernel cannot be imported."""
    code = f"import sys\nsys.modules['autograd.native._kernel'] = None\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=300, env=os.environ | env)  # noqa: S603  # ours
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


CALLS = """
import time
import numpy as np
from autograd import exp, jit, tanh, value_and_grad, vmap
def f(x):
    for _ in range(10): x = tanh(x * 1.1 - 0.1)
    return x
slope, X = jit(value_and_grad(f)), np.linspace(-1.0, 1.0, 500)
mean = jit(value_and_grad(vmap(f, reduce="mean")))
def both(): return [slope(0.5)[0], slope(0.5)[1], mean(X)[0], *mean(X)[1]]
true = both()
"""


@needs_llvmlite
def test_it_is_compiled_in_the_background():
    code = """
end = time.monotonic() + 120
for g in (slope, mean):
    while "machine code" not in str(g.explain()) or "quick" in str(g.explain()):
        assert np.allclose(both(), true, rtol=1e-13, atol=1e-14)
        assert time.monotonic() < end, g.explain()
print(np.allclose(both(), true, rtol=1e-13, atol=1e-14), "llvmlite" in sys.modules)
"""
    assert in_a_process(CALLS + code, AUTOGRAD_COMPILE="full") == "True True"


@pytest.mark.parametrize(("first", "mode"), [("", "off"), ("sys.modules['llvmlite'] = None", "full")])
def test_nothing_changes_where_it_is_not_asked_for_or_not_there(first, mode):
    code = """
for _ in range(50): both()
print("llvmlite.binding" in sys.modules, slope.runs_itself, slope.fast_call, mean.fast_call, "machine code" in str(mean.explain()))
"""
    assert in_a_process(f"{first}\n{CALLS}{code}", AUTOGRAD_COMPILE=mode) == "False True None None False"


def test_without_llvmlite_nothing_can_be_compiled():
    code = """
sys.modules["llvmlite"] = None
from autograd import jit
try: jit(lambda x: x).compile(1.0)
except Exception as e: print(type(e).__name__, e)
"""
    assert in_a_process(code) == "StateError there is no machine code without llvmlite: pip install 'valuegrad[fast]'"


@needs_llvmlite
def test_runs_within_runs_and_in_children_of_forks():
    """A signal's handler calls what is running, and a process forks while another thread runs and compiles."""
    code = """
import os, signal, threading
slope.compile(0.5)
signal.signal(signal.SIGALRM, lambda *_: slope(0.5))
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
end = time.monotonic() + 2
while time.monotonic() < end: assert slope(0.5)[0] == slope(0.5)[0]
signal.setitimer(signal.ITIMER_REAL, 0.0)
over = False
def run():
    while not over:
        slope(0.5)
        jit(value_and_grad(lambda x: exp(x * 0.5))).compile(0.5)
thread = threading.Thread(target=run)
thread.start()
for _ in range(10):
    if not (child := os.fork()):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(60)
        g = jit(value_and_grad(lambda x: exp(x) * 2.0))
        g.compile(0.5)
        os._exit(0 if g(0.5) and slope(0.5) else 1)
    assert os.waitpid(child, 0)[1] == 0
over = True
thread.join()
print("done")
"""
    assert in_a_process(CALLS + code) == "done"


@needs_llvmlite
def test_calls_with_keywords_are_compiled_after_others():
    code = """
g = jit(lambda x, *, times: exp(x) * tanh(x) * times)
for _ in range(3): g(0.5, times=2.0)
g.compile(0.5, times=2.0)
print(g.with_keywords(("times",)).explain())
"""
    assert "machine code" in in_a_process(CALLS + code)


def test_a_profile_hook_that_goes_while_it_records_is_noticed():
    code = """
numbers = [2.0]
def f(x):
    sys.setprofile(None)
    return numbers[0] * x
g = jit(f)
found = [g(1.0)]
numbers[0] = 3.0
found += [g(1.0)]
print(found)
"""
    assert in_a_process(CALLS + code) == "[2.0, 3.0]"
