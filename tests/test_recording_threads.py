"""Recorded functions in threads, under exceptions, and inside other contexts."""
# ruff: noqa: S311, RET504  # samples, no secrets; a jitted function as it is written

import os
import random
import signal
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
from functions import (
    inf,
    numbers,
)

from autograd import (
    Value,
    detect_anomaly,
    grad,
    jit,
    no_grad,
    ops,
    scope,
    vmap,
)
from autograd.context import NEUTRAL, current, scope_path
from autograd.errors import (
    AnomalyError,
    GradientLostError,
)
from autograd.program import observed
from autograd.program.observed import unobserved

held = Value(3.0)


def test_threads_call_one_function_at_once():
    w = Value(2.0)
    g, h = jit(lambda x, n: x * n + w if x > 0.0 else -x * n), vmap(lambda x, n: x * n if x > 0.0 else -x)
    wrong = []

    def work(seed):
        rng = random.Random(seed)
        for _ in range(150):
            x, n = rng.uniform(-1.0, 1.0), rng.randrange(5)
            X = np.array([rng.uniform(-1.0, 1.0) for _ in range(4)])
            expected = x * n + 2.0 if x > 0.0 else -x * n
            if numbers(g(x, n)) != [expected] or h(X, np.full(4, n)).tolist() != [a * n if a > 0.0 else -a for a in X]:
                wrong.append((x, n))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_process_forks_while_threads_record():
    """Whatever its threads have locked and begun at that moment: a child has none of them, and records for itself."""
    shared, over = jit(lambda x, n: ops.exp(x) * n if x > 0.0 else -x * n), False

    def work():
        n = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            while not over:
                n += 1
                shared(0.5, n % 50)
                jit(grad(lambda x, n=n: ops.tanh(x * n)))(0.5)

    def in_child():
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(60)
        own = jit(grad(lambda x: ops.exp(x * 2.0)))
        slope = [own(0.0), own(0.5)] == [2.0, pytest.approx(2.0 * np.e)] and not own.runs_itself
        silent = sys.getprofile() is None and not (observed.monitoring and observed._tool_named("autograd"))
        return slope and silent and [numbers(shared(x, 7)) for x in (-1.0, 0.0)] == [[7.0], [-0.0]]

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            if not (child := os.fork()):
                right = False
                try:
                    right = in_child()
                finally:
                    os._exit(not right)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        over = True
        for thread in threads:
            thread.join()


def test_results_do_not_depend_on_the_number_of_threads():
    code = """
import numpy as np
from autograd import jit, ops, value_and_grad, vmap
rng = np.random.default_rng(1)
f = lambda p, x: ops.tanh(p[0] * x[0] + p[1]) ** 2 if x[0] > 0.0 else p[0] * x[1]
step = jit(value_and_grad(vmap(f, in_axes=(None, 0), reduce="mean")))
for n in (1, 77, 30_001):
    y, g = step(np.array([0.3, 0.7]), rng.normal(size=(n, 2)))
    print(y.hex(), *map(float.hex, g.tolist()))
"""
    found = set()
    for threads in ("1", "2", "3", "7"):
        environment = {**os.environ, "AUTOGRAD_NUM_THREADS": threads, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)  # noqa: S603
        found.add(done.stdout)
    assert len(found) == 1


def test_an_exception_leaves_nothing_half_done():
    def f(x):
        y = x * 2.0
        if y > 4.0:
            raise KeyError("large")
        return y

    for made, at in ((jit(f), float), (vmap(f), lambda x: np.array([1.0, x]))):
        for _ in range(2):
            with pytest.raises(KeyError, match="large"):
                made(at(3.0))
            assert current() is NEUTRAL
            assert (3.0 * Value(2.0)).data == 6.0
            found = made(at(1.5))
            assert np.asarray(found).ravel()[-1] == 3.0
        assert made.recordings.made == 1


def test_under_no_grad_and_inside_other_contexts():
    x = Value(3.0)
    g = jit(lambda a: a * a * held)
    with no_grad():
        y = g(x)
        assert (y.data, y.args) == (27.0, ())
        assert jit(grad(lambda a: a**3))(2.0) == 12.0
    y = g(x)
    y.backward()
    assert x.grad == 18.0
    held.grad = 0.0
    with scope("outside"):
        assert scope_path(g(x).scope) == ("outside",)
    with detect_anomaly():
        assert g(x).data == 27.0
        with pytest.raises(AnomalyError, match="inf"):
            jit(lambda a: a / 0.0)(x)
    assert jit(lambda a: a / 0.0)(x).data == inf


def test_what_another_thread_records_meanwhile_serves_all_lanes():
    """The sum over lanes has the same bits, and none of them is recorded by itself."""
    x = np.linspace(-1.0, 1.0, 2001)
    f = vmap(lambda x: np.exp(x) * 3.0, reduce="sum")
    own, others = f.recordings._traced, [threading.Thread(target=f, args=(x,))]

    def traced(args, lane):
        found = own(args, lane)
        while others:
            thread = others.pop()
            unobserved(lambda: (thread.start(), thread.join()))  # noqa: B023  # called at once
        return found

    f.recordings._traced = traced
    assert f(x) == vmap(lambda x: np.exp(x) * 3.0, reduce="sum")(x)
    assert (len(others), f.recordings.made) == (0, 2)


def test_scopes_and_stopped_gradients_inside():
    def f(x):
        with scope("layer"):
            y = ops.stop_gradient(x) * x
        return y

    assert jit(f)(3.0) == 9.0
    assert jit(grad(f))(3.0) == 3.0


def test_a_value_that_loses_its_gradient_is_still_refused_outside():
    with pytest.raises(GradientLostError):
        float(jit(lambda x: x)(Value(1.0)))


def test_a_method_can_be_decorated():
    class Scaled:
        k = 3.0

        @jit
        def f(self, x):
            return self.k * x

    assert Scaled().f(2.0) == 6.0
