"""Machine code: the same bits at any width of vectors, and when it is compiled, used and forgotten. That it computes what programs say is
tested with the kernel, in test_kernel.py."""

import gc
import itertools
import os
import platform
import random
import signal
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from flat_programs import CODES, LANES, MACHINE, NAMES, SAMPLES, WEIGHTS, Flat, flat, kernel, recorded_network, run, use
from operations import POINTS, each_op, sample

from autograd import Value, exp, grad, hessian, jit, ops, tanh, value_and_grad, vmap
from autograd.elementary import ELEMENTARY
from autograd.errors import RangeError
from autograd.program.machine import engine, tiers

pytestmark = [pytest.mark.skipif(MACHINE not in NAMES, reason="llvmlite is not installed"), pytest.mark.any_python]


@pytest.fixture(autouse=True)
def _best():
    yield
    use(NAMES[0])


def in_a_process(code, **env):
    """What a program prints."""
    command = [sys.executable, "-X", "faulthandler", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=os.environ | env)  # noqa: S603  # ours
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# Bits.


@pytest.mark.parametrize("lanes", [2, 7, 1000, 3001])
def test_the_width_of_vectors_changes_no_bit(monkeypatch, lanes):
    found = []
    use(MACHINE)
    for width in (2, 4, 8):
        monkeypatch.setattr(engine, "width", lambda width=width: width)
        plan, X = recorded_network.__wrapped__(), SAMPLES[:lanes]
        for threads in (1, 3):
            y, total, w, x = np.empty((lanes, 1)), np.empty(1), np.empty(18), np.empty((lanes, 3))
            plan.run(lanes, [WEIGHTS, X], [y], [np.ones(1)], [w, x], threads)
            plan.run(lanes, [WEIGHTS, X], [total], [np.ones(1)], [w.copy(), None], threads)
            found.append(np.concatenate([y.ravel(), total, w, x.ravel()]))
    assert all(np.array_equal(found[0], other, equal_nan=True) for other in found)


# Operations whose rows, or partials, call functions that the kernel takes from the C library, and machine code from elementary.py.
BY_THE_C_LIBRARY = {
    "pow",
    "powc",
    "logaddexp",
    "gelu",
    "silu",
    "erfc",
    "erfcx",
    "ndtr",
    "log_ndtr",
    "erfinv",
    "digamma",
    "zeta",
    "ndtri",
    "gamma",
}


@pytest.mark.skipif(kernel.instruction_sets[0] == "plain" and "x86" in platform.machine(), reason="the kernel calls the C library")
@each_op
def test_operations_have_the_bits_of_the_kernel(op):
    """Values and gradients in lanes, and sums over these, whatever is uniform."""
    if op.name in BY_THE_C_LIBRARY:
        return
    count, rng = op.arity or 4, random.Random(op.name)  # noqa: S311  # samples, not secrets
    rows = [tuple(rng.choice(POINTS) for _ in range(count)) for _ in range(200)]
    rows += sample(op)[:200] if op.arity else [tuple(rng.uniform(-3.0, 3.0) for _ in range(count)) for _ in range(200)]
    columns = [np.array(column, float) for column in zip(*rows, strict=True)]
    starts, slots = np.uint32([0, count]), np.arange(count, dtype=np.int32)
    program = Flat(np.uint8([CODES[op.name]]), starts, slots, np.array([]), count, np.array([count], np.int32))
    for uniform in itertools.product([0, 1], repeat=count):
        if all(uniform) or (op.arity is None and sum(uniform) > 1):
            continue
        found = []
        for name in (NAMES[0], MACHINE):
            use(name)
            outputs, gradients = run(program, columns, uniform)
            found.append([outputs, *gradients])
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*found, strict=True)), uniform


@pytest.mark.parametrize("name", [name for name in ELEMENTARY if name not in ("pow", "powc")])
def test_one_lane_has_the_bits_of_many(name):
    x = Value(0.5)
    program = flat([x], [getattr(ops, name)(x)])
    points = np.array([*POINTS, *np.random.default_rng(0).normal(scale=30.0, size=300)])
    use(MACHINE)
    true = run(program, [points], [0])[0]
    plan, alone = program.plan([1]), np.empty_like(true)
    for point, y in zip(points, alone, strict=True):
        plan.run(1, [np.array([point])], [y])
    assert np.array_equal(alone, true, equal_nan=True)


# Tiers.


def loss(p, x):
    return exp(-p[0] * x) * p[1] + tanh(p[2] * x) * sum(p[k] * x**k for k in range(3))


def test_compiled_on_demand():
    p, X = np.array([0.3, -0.7, 1.1]), np.random.default_rng(0).normal(size=20_000)
    one, mean = jit(value_and_grad(loss)), jit(value_and_grad(vmap(loss, in_axes=(None, 0), reduce="mean")))
    for f, args in ((one, (p, 0.4)), (mean, (p, X))):
        before = f(*args)
        assert "machine code" not in str(f.explain())
        f.compile(*args)
        assert "machine code, where" in str(f.explain())
        after = f(*args)
        assert np.isclose(before[0], after[0], rtol=1e-14)
        assert np.allclose(before[1], after[1], rtol=1e-13)
        f.compile(*args, level="quick")
        assert np.array_equal(f(*args)[1], after[1])


def test_in_lanes_what_runs_often_is_optimised_at_once():
    code = """
import time
import numpy as np
from autograd import exp, jit, value_and_grad, vmap
g = jit(value_and_grad(vmap(lambda p, x: exp(-p * x) + p * x * x, (None, 0), reduce="sum")))
X, end, seen = np.linspace(0.0, 1.0, 200_000), time.monotonic() + 120, []
while time.monotonic() < end and not seen:
    g(0.5, X)
    seen = [level for trace in g.of_loss.kept for tier in trace.batched.tiers for level in tier.levels.values()]
print(seen)
"""
    assert in_a_process(code, AUTOGRAD_COMPILE="full") == "['full']"


def test_overflow_is_no_error_of_numpys():
    f = jit(vmap(lambda s, x: exp(s) + x, (None, 0), reduce="sum"))
    X = np.ones(tiers.LEAST)
    with np.errstate(all="raise"):
        f.compile(709.7, X)
        assert f(709.7, X) == np.inf


def test_small_calls_stay_with_the_kernel():
    tier = tiers.Tier((np.zeros(1), None, np.zeros(100)))
    assert tier.run(tiers.LEAST // 100 - 1, [], []) is NotImplemented


def test_wrong_levels():
    with pytest.raises(RangeError, match="got level='best', expected 'quick' or 'full'"):
        jit(exp).compile(1.0, level="best")
    found = in_a_process(
        "from autograd.program.machine import tiers\ntry: tiers.mode()\nexcept ValueError as e: print(e)", AUTOGRAD_COMPILE="yes"
    )
    assert found == "got AUTOGRAD_COMPILE='yes', expected off, quick or full, or no such variable"


def test_without_llvmlite():
    code = """
import sys
sys.modules["llvmlite"] = None
from autograd import jit
f = jit(lambda x: x * x)
try: f.compile(2.0)
except Exception as e: print(e)
for _ in range(10_000): f(2.0)
print(f(3.0), f.explain())
"""
    found = in_a_process(code, AUTOGRAD_COMPILE="full")
    assert found.startswith("there is no machine code without")
    assert "9.0 jit" in found
    assert "run by the compiled kernel" in found


BACKGROUND = """
import os, sys, threading, time
import numpy as np
from autograd import exp, jit, tanh, value_and_grad
from autograd.program.machine import engine

def f(x):
    for _ in range(10): x = tanh(x * 1.1 - 0.1)
    return x

g = jit(value_and_grad(f))
true = g(0.5)
end = time.monotonic() + 120
def until(compiled):
    while not compiled():
        for _ in range(1000): assert np.allclose(g(0.5), true, rtol=1e-13), (g(0.5), true)
        assert time.monotonic() < end, g.explain()
"""


def test_in_the_background_while_threads_call():
    code = """
threads = [threading.Thread(target=until, args=(lambda: "machine code" in str(g.explain()),)) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
pid = os.fork()
if not pid:
    h = jit(value_and_grad(lambda x: f(f(x))))
    for _ in range(3): h(0.5)
    h.compile(0.5)
    os._exit(0 if abs(h(0.5)[0] - f(f(0.5))) < 1e-12 else 1)
print(os.waitpid(pid, 0)[1])
"""
    assert in_a_process(BACKGROUND + code, AUTOGRAD_COMPILE="full") == "0"
    assert in_a_process(BACKGROUND + "for _ in range(5000): g(0.5)\nprint(g.explain())").count("machine code") == 0  # it is off
    in_a_process(BACKGROUND + "for _ in range(3000): g(0.5)", AUTOGRAD_COMPILE="full")  # and ends while it compiles


def test_memory_is_given_back(monkeypatch):
    made = []
    compiled = engine.Compiled

    def noted(*args):
        made.append(weakref.ref(engine_ := compiled(*args)))
        return engine_

    jit(lambda x: exp(x * 0.5)).compile(1.0)
    monkeypatch.setattr(engine, "Compiled", noted)
    for k in range(20):
        f = jit(grad(lambda x, k=k: exp(x * 0.5) * float(k)))
        f.compile(1.0)
        f(1.0)
    del f
    gc.collect()
    assert len(made) > 20
    assert all(ref() is None for ref in made)


@pytest.mark.skipif(threading.current_thread() is not threading.main_thread(), reason="signals go to the main thread")
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers")
def test_interrupts():
    x = Value(0.5)
    y = x
    for _ in range(200):
        y = ops.exp(-y * 0.9)
    use(MACHINE)
    plan, lanes = flat([x], [y]).plan([0]), 2_000_000
    X, out = np.linspace(0.0, 1.0, lanes), np.empty((lanes, 1))
    plan.run(lanes=1000, inputs=[X[:1000]], outputs=[out[:1000]])

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    for threads in (1, 2):
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            plan.run(lanes, [X], [out], threads=threads)
    signal.signal(signal.SIGALRM, before)
    some = LANES[-1]
    plan.run(some, [X[:some]], [out[:some]])
    assert np.isfinite(out[:some]).all()


def test_large_programs_are_compiled_in_pieces():
    x = [Value(0.5), Value(-0.25)]
    y, z = x
    for k in range(3000):
        y, z = y * 0.9 + z * 0.1, (z - y * y if k % 3 else ops.tanh(z + y))
    program = flat(x, [y, z])
    columns = [np.linspace(-1.0, 1.0, 50), np.linspace(0.5, -0.5, 50)]
    true = run(program, columns, [0, 0])
    use(MACHINE)
    found = run(program, columns, [0, 0])
    assert np.allclose(found[0], true[0], rtol=1e-12, equal_nan=True)
    assert np.allclose(found[1], true[1], rtol=1e-10, equal_nan=True)


@pytest.mark.parametrize("name", ["sum", "dot"])
def test_operations_of_many_numbers_are_compiled_in_pieces(monkeypatch, name):
    """Some are there twice, some are uniform, in some lanes something overflows on the way, and in some the branch is not taken."""
    x = [Value(0.5) for _ in range(40)]
    terms = [x[(7 * k) % 40] * 0.5 if k % 9 == 0 else x[(11 * k) % 40] for k in range(170)] + [2.0]
    y = ops.sum(terms) if name == "sum" else ops.dot(terms, terms[5:] + terms[:5])
    program = flat(x, [ops.where(x[0] < 0.3, y * x[1], x[2]), y])
    draw = np.random.default_rng(0)
    columns = [*draw.normal(size=(40, 30))]
    for k, column in enumerate(columns):
        column[3], column[4] = (-1) ** k * 1e308, 1e200
    for uniform in ([k % 3 == 1 for k in range(40)], [0] * 40):
        true = run(program, columns, uniform)
        use(MACHINE)
        found = run(program, columns, uniform)
        use(NAMES[0])
        assert np.array_equal(found[0], true[0], equal_nan=True)
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(found[1], true[1], strict=True))
    alone = [column[:1] for column in columns]
    true = run(program, alone, [0] * 40)
    monkeypatch.setattr(engine, "Compiled", lambda text, level, of=engine.Compiled: texts.append(text) or of(text, level))
    texts = []
    use(MACHINE)
    found = run(program, alone, [0] * 40)
    assert np.allclose(found[0], true[0], rtol=1e-15)
    assert np.array_equal(found[1], true[1])
    longest = [max(map(len, (f.split("\n") for text in texts if "@one" in text for f in text.split("define "))))]
    assert len(texts) > 1
    assert max(longest) < 1200  # of 171 numbers, or as many products


@pytest.mark.parametrize("transform", [hessian, lambda f: grad(lambda p: np.sum(grad(f)(p) ** 2))])
def test_what_is_compiled_while_a_function_is_recorded_is_no_part_of_it(transform):
    X = np.random.default_rng(0).normal(size=(100, 3))
    f, p = jit(transform(lambda p: np.sum(np.tanh(X @ p) ** 2))), np.array([0.1, -0.2, 0.3])
    true = f(p)
    f.compile(p)
    assert "machine code" in str(f.explain())
    assert np.allclose(f(p), true, rtol=1e-12)


def test_compile_within_compile_leaves_the_outer_one_its_level():
    inner = jit(lambda x: exp(x) * 2.0)
    with tiers.compiling("full"):
        inner.compile(0.5, level="quick")
        assert tiers.eager()
    assert not tiers.eager()
