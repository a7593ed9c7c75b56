"""What is in force: undone by Ctrl-C at any moment, held by a generator only while it runs, and forgotten with the nodes."""

import asyncio
import contextlib
import copy
import gc
import os
import pickle
import subprocess
import sys
import tracemalloc
import weakref
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Op, Value, detect_anomaly, exp, grad, gradcheck, jit, no_grad, scope, vmap
from autograd.context import NEUTRAL, current, in_context, scope_path
from autograd.errors import AnomalyError, OperationError, TraceError

FUZZER = Path(__file__).parent / "tools" / "fuzz_interrupts.py"


def recording():
    """Whether an operation is recorded here."""
    return bool((Value(1.0) * 2.0).args)


def here():
    """The scope of a new node."""
    return scope_path(Value(1.0).scope)


@pytest.fixture(autouse=True)
def _neutral():
    yield
    assert current() is NEUTRAL


@pytest.mark.skipif(sys.platform == "win32", reason="there is no timer of signals")
def test_interrupts():
    """Some seconds of what `python tests/tools/fuzz_interrupts.py` does at length."""
    environment = {**os.environ, "AUTOGRAD_BACKEND": autograd.backend}
    blocks = [word for name in ("no_grad", "scope", "detect_anomaly", "record", "backward", "watched") for word in ("--only", name)]
    others = [word for name in ("replay", "fit", "save") for word in ("--only", name)]
    for options in ([*blocks, "--interrupts", "1800"], [*others, "--interrupts", "150"]):
        run = subprocess.run([sys.executable, FUZZER, *options], capture_output=True, text=True, check=False, env=environment)  # noqa: S603
        assert run.returncode == 0, run.stdout + run.stderr


QUIET = {
    "an operation on arrays": lambda: exp(np.array([1.0, 2.0])),
    "a ufunc on Values": lambda: grad(lambda x: np.multiply(x, x)[0])(np.ones(2)),
    "a function on Values": lambda: grad(np.linalg.norm)(np.ones(2)),
    "lanes": lambda: vmap(Op("own", lambda xp, x: xp.exp(x), lambda y, _: (y,)))(np.ones(5)),
    "gradcheck": lambda: gradcheck(Op("own", lambda _, x: abs(x), lambda *_: (1.0,)), 3.0),
    "an optimizer": lambda: nn.SGD([Value(1.0)], lr=0.1).step(),
}


@pytest.mark.parametrize("work", QUIET.values(), ids=QUIET)
def test_what_numpy_warns_of_is_as_it_was_where_its_own_exit_is_cut_off(work, monkeypatch):
    class CutOff:
        def __init__(self, **settings):
            self.settings = settings

        def __enter__(self):
            np.seterr(**self.settings)

        def __exit__(self, *_):
            raise KeyboardInterrupt

    work()
    before = np.geterr()
    monkeypatch.setattr(np, "errstate", CutOff)
    with pytest.raises(KeyboardInterrupt):
        work()
    after = np.geterr()
    np.seterr(**before)
    assert after == before


@pytest.mark.parametrize("enter", [no_grad, lambda: scope("a"), detect_anomaly], ids=["no_grad", "scope", "detect_anomaly"])
def test_an_exit_that_is_dropped_undoes_all_the_same(enter):
    """As where Ctrl-C comes between `__enter__` and the block, in a Python that looks for it there."""
    change = enter()
    leave = change.__exit__
    change.__enter__()
    assert current() is not NEUTRAL
    del leave
    assert current() is NEUTRAL


# Generators.


def unrecorded():
    with no_grad():
        while True:
            yield recording()


def test_a_suspended_generator_does_not_hold():
    g = unrecorded()
    for _ in range(3):
        assert not next(g)
        assert recording()
    g.close()
    assert recording()


def test_interleaved_generators_closed_in_any_order():
    def named(name):
        with scope(name):
            while True:
                yield here()

    def both():
        with no_grad(), scope("c"):
            while True:
                yield recording(), here()

    a, b, c = named("a"), named("b"), both()
    for _ in range(2):
        assert (next(a), next(b), next(c)) == (("a",), ("b",), (False, ("c",)))
        assert (recording(), here()) == (True, ())
    a.close()
    assert (next(c), next(b), here()) == ((False, ("c",)), ("b",), ())
    c.close()
    assert (next(b), here(), recording()) == (("b",), (), True)
    b.close()


def test_yield_from_and_a_generator_within_a_generator():
    def outer():
        with scope("outer"):
            yield here()
            yield from inner()
            yield here()

    def inner():
        yield here()
        with scope("inner"):
            yield here()

    g, found = outer(), []
    for names in g:
        found.append(names)
        assert here() == ()
    assert found == [("outer",), ("outer",), ("outer", "inner"), ("outer",)]


def test_order_is_that_of_the_running_frames():
    """A generator that was begun outside is inside of what resumes it."""
    g = unrecorded()
    next(g)

    def f(x):
        assert recording()
        assert not next(g)
        assert recording()
        return x * x

    assert grad(f)(3.0) == 6.0

    def records():
        with no_grad():
            yield grad(lambda x: x * x)(3.0)
            yield recording()

    h = records()
    assert (next(h), recording(), next(h), recording()) == (6.0, True, False, True)
    g.close()
    h.close()


def test_a_generator_begun_within_a_block_and_resumed_after_it():
    def named():
        with scope("g"):
            while True:
                yield here()

    g = named()
    with scope("block"):
        assert next(g) == ("block", "g")
        assert here() == ("block",)
    assert here() == ()
    assert next(g) == ("g",)
    assert scope("run").run(lambda: (next(g), here())) == (("run", "g"), ("run",))
    assert grad(lambda x: x * next(unrecorded()) + x * x)(3.0) == 6.0
    g.close()
    h = named()
    assert scope("run").run(next, h) == ("run", "g")
    assert (here(), next(h), here()) == ((), ("g",), ())
    with scope("last"):
        h.close()
        assert here() == ("last",)


def test_a_generator_within_a_trace_is_refused_not_wrong():
    g = unrecorded()
    next(g)
    with pytest.raises(TraceError, match=r"no_grad\(\)"):
        jit(lambda x: x * next(g))(3.0)
    assert recording()


def test_a_watch_in_a_generator():
    def watching():
        with detect_anomaly():
            while True:
                x = yield
                Value(1.0) / x

    g = watching()
    next(g)
    assert (Value(1.0) / Value(0.0)).data == float("inf")
    g.send(Value(1.0))
    with pytest.raises(AnomalyError, match=r"Value\(1.0\) / x"):
        g.send(Value(0.0))
    assert (Value(1.0) / Value(0.0)).data == float("inf")


@contextlib.contextmanager
def quiet():
    with no_grad():
        yield


@pytest.fixture
def quietly():
    with no_grad():
        yield


@pytest.mark.usefixtures("quietly")
def test_a_fixture_holds_in_its_test():
    assert not recording()


def test_a_context_manager_holds_in_its_block_also_within_a_generator():
    with quiet():
        assert not recording()
    assert recording()

    def generated():
        with quiet():
            yield recording()
            yield recording()

    def stacked():
        with contextlib.ExitStack() as stack:
            stack.enter_context(no_grad())
            yield recording()

    g, h = generated(), stacked()
    assert [next(g), recording(), next(g), recording(), next(h), recording()] == [False, True, False, True, False, True]
    h.close()
    g.close()


def test_a_generator_that_is_dropped():
    g = unrecorded()
    next(g)
    del g
    assert current() is NEUTRAL


def test_asynchronous_generators_and_tasks():
    async def child():
        await asyncio.sleep(0)
        return recording()

    async def generated():
        with no_grad():
            yield recording(), *(await asyncio.gather(child(), asyncio.to_thread(recording)))
            yield recording(), await asyncio.create_task(child())

    async def main():
        found = []
        async for x in generated():
            found += [x, recording(), await asyncio.create_task(child())]
        with no_grad():
            found.append(await asyncio.gather(child(), asyncio.to_thread(recording)))
        return found

    async def managed():
        @contextlib.asynccontextmanager
        async def silent():
            with no_grad():
                yield

        async with silent():
            return recording()

    assert asyncio.run(main()) == [(False, False, False), True, True, (False, False), True, True, [False, False]]
    assert asyncio.run(managed()) is False


# Ways of use.


def test_one_object_nested_reused_and_by_hand():
    change = scope("a")
    with change, change:
        assert here() == ("a", "a")
        with change:
            assert here() == ("a", "a", "a")
    change.__enter__()
    with change:
        assert here() == ("a", "a")
    assert here() == ("a",)
    change.__exit__(None, None, None)
    with contextlib.ExitStack() as stack:
        stack.enter_context(change)
        stack.enter_context(change)
        assert here() == ("a", "a")


def test_decorators():
    @no_grad()
    def factorial(n):
        assert not recording()
        return n * factorial(n - 1) if n else 1

    @scope("g")
    def generated():
        yield here()

    @no_grad()
    async def waits():
        await asyncio.sleep(0)
        return recording()

    assert factorial(5) == 120
    assert [(names, here()) for names in generated()] == [(("g",), ())]
    assert asyncio.run(waits()) is False
    with pytest.raises(OperationError, match="write the with statement in it"):

        @no_grad()
        async def both():
            yield 1


def test_an_exception_is_not_swallowed_and_a_change_that_fails_changes_nothing():
    with pytest.raises(ZeroDivisionError), no_grad(), scope("a"):
        raise ZeroDivisionError
    with pytest.raises(TraceError):
        jit(lambda x: [no_grad().__enter__(), x][1])(1.0)

    def fails(_):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), in_context(fails):
        pass


# Scopes' names.


def test_names_of_scopes_go_with_their_nodes():
    def many(n, m):
        for i in range(n, m):
            with scope(f"name {i}"), scope(f"inner {i}"):
                Value(1.0) * 2.0

    tracemalloc.start()
    try:
        many(0, 2048)
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        many(2048, 8192)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 100_000  # 6,000 pairs of names take 2 MB


def test_living_nodes_keep_their_scopes():
    nodes = []
    for i in range(2000):
        with scope(f"name {i}"):
            nodes.append(Value(1.0, label=str(i) if i % 2 else None) * 2.0)
            nodes[-1].label = "a" if i % 3 else None
    gc.collect()
    for given in (nodes, copy.deepcopy(nodes), pickle.loads(pickle.dumps(nodes))):
        for i, node in enumerate(given):
            assert (scope_path(node.scope), node.label) == ((f"name {i}",), "a" if i % 3 else None)
            assert (scope_path(node.args[0].scope), node.args[0].label) == ((f"name {i}",), str(i) if i % 2 else None)
    with scope("name 5"):
        assert Value(1.0).scope == nodes[5].scope
    assert "name 7" in autograd.draw(nodes[7] + nodes[8], collapse=1).source


def test_a_context_manager_holds_while_another_generator_is_suspended():
    @contextlib.contextmanager
    def unrecorded_block():
        with no_grad(), scope("block"):
            yield

    g = unrecorded()
    next(g)
    with unrecorded_block():
        assert (recording(), here()) == (False, ("block",))
    assert (recording(), here()) == (True, ())
    g.close()


def test_recording_under_a_generator_keeps_no_frame_alive():
    class Held:
        pass

    def computes():
        held = Held()
        gone.append(weakref.ref(held))
        g = unrecorded()
        return [next(g), recording()]

    gone = []
    gc.disable()
    try:
        assert computes() == [False, True]
        assert gone[0]() is None
        assert current() is NEUTRAL
    finally:
        gc.enable()
