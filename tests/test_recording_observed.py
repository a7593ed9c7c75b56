"""What observes a recording leaves other tools alone; and what a recording leaves behind is refused, or called as often as it should be."""
# ruff: noqa: S311  # samples, no secrets

import cProfile
import gc
import pstats
import random
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dis import opname

import numpy as np
import pytest

from autograd import Value, backend, grad, jit, vmap
from autograd.errors import TraceError
from autograd.program import lanes, observed

factor = 2.0


def scaled(x):
    return factor * x


def recorded_rightly(monkeypatch):
    """Record, replay, and record again after a change."""
    g = jit(lambda x: scaled(x) + 1.0)
    assert [g(1.0), g(2.0)] == [3.0, 5.0]
    monkeypatch.setattr(sys.modules[__name__], "factor", 5.0)
    assert [g(1.0), g(2.0)] == [6.0, 11.0]
    return g


@contextmanager
def hooked(get, set_to):
    """The hook of a debugger or of a profiler: the names of the functions entered."""
    names, before = [], get()
    hook = lambda frame, event, arg: names.append(frame.f_code.co_name)  # noqa: ARG005, E731  # the signature of such hooks
    set_to(hook)
    try:
        yield names
        assert get() is hook
    finally:
        set_to(before)


def traced():
    return hooked(sys.gettrace, sys.settrace)


def profiled():
    return hooked(sys.getprofile, sys.setprofile)


@contextmanager
def profiled_in_c():
    """The profiler of Python's own."""
    names, profiler = [], cProfile.Profile()
    profiler.enable()
    try:
        yield names
        after = sys.getprofile()
        scaled(1.0)  # without the compiled part and on Python 3.11 it pauses while something is recorded
    finally:
        profiler.disable()
    assert after is profiler or sys.version_info >= (3, 12)
    names += [name for _, _, name in pstats.Stats(profiler).stats]


@contextmanager
def monitored():
    """A tool that uses `sys.monitoring`, such as a measurement of coverage."""
    names, tool, monitoring = [], 4, sys.monitoring
    monitoring.use_tool_id(tool, "test")
    monitoring.register_callback(tool, monitoring.events.PY_START, lambda code, _: names.append(code.co_name))
    monitoring.set_events(tool, monitoring.events.PY_START)
    try:
        yield names
        assert monitoring.get_tool(tool) == "test"
        assert monitoring.get_events(tool) == monitoring.events.PY_START
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


TOOLS = [traced, profiled, profiled_in_c, *([monitored] if hasattr(sys, "monitoring") else [])]


@pytest.mark.parametrize("tool", TOOLS)
def test_debuggers_and_profilers_go_on_working(tool, monkeypatch):
    with tool() as names:
        g = recorded_rightly(monkeypatch)
    assert g.recordings.refusal is None
    assert "scaled" in names
    if hasattr(sys, "monitoring"):
        assert "autograd" not in map(sys.monitoring.get_tool, range(6))


@pytest.mark.parametrize("tool", TOOLS)
def test_a_recording_that_fails_leaves_them_alone(tool):
    def f(x):
        scaled(x)
        raise KeyError("none")

    with tool() as names, pytest.raises(KeyError):
        jit(f)(1.0)
    assert "scaled" in names


@pytest.mark.skipif(not hasattr(sys, "monitoring"), reason="from Python 3.12 on")
def test_without_a_number_of_sys_monitoring_nothing_is_recorded(monkeypatch):
    taken = [tool for tool in range(6) if sys.monitoring.get_tool(tool) is None]
    for tool in taken:
        sys.monitoring.use_tool_id(tool, "test")
    try:
        with pytest.warns(RuntimeWarning, match="left it no number"):
            recorded_rightly(monkeypatch)
    finally:
        for tool in taken:
            sys.monitoring.free_tool_id(tool)


def test_a_hook_that_the_function_sets_stays():
    def hook(frame, event, arg):
        pass

    def f(x):
        sys.setprofile(hook)
        return x * factor

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        g = jit(f)
        try:
            assert g(1.0) == 2.0
            assert g.recordings.refusal
            assert "setprofile" in g.recordings.refusal
        finally:
            sys.setprofile(None)


class Interrupt:
    """A tracer that raises KeyboardInterrupt in observed.py, at the n-th place where the interpreter may look for Ctrl-C: where a function
    begins, and after a call."""

    def __init__(self, n):
        self.left, self.after_call = n, False

    def __call__(self, frame, event, _arg):
        if frame.f_code.co_filename != observed.__file__:
            return None
        frame.f_trace_opcodes = True
        if event == "call" or (event == "opcode" and self.after_call):
            self.left -= 1
        self.after_call = event == "opcode" and opname[frame.f_code.co_code[frame.f_lasti]].startswith("CALL")
        if self.left < 0:
            raise KeyboardInterrupt
        return self


def interrupted(n):
    """Whether a recording was interrupted at the n-th place."""
    before = sys.gettrace()
    try:
        sys.settrace(Interrupt(n))
        jit(lambda x: scaled(x) * 2.0)(1.0)
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


# What is interrupted in a generator as it goes, Python reports and forgets.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_at_any_moment_leaves_nothing_of_a_recording(monkeypatch):
    n = 0
    while interrupted(n):
        assert observed.around() == []
        with monkeypatch.context() as patch:
            recorded_rightly(patch)  # it ends what the interrupt has left
        assert sys.getprofile() is None
        assert not hasattr(sys, "monitoring") or "autograd" not in map(sys.monitoring.get_tool, range(6))
        n += 1
    assert n > 10


@pytest.mark.skipif(sys.version_info >= (3, 12) or lanes.kernel is None, reason="the hook of the kernel, before Python 3.12")
def test_the_hook_does_not_call_itself(monkeypatch):
    """As where Ctrl-C has left it: it was a crash."""
    lanes.kernel.begin_reports(observed._hook, observed.known.QUIET)
    recorded_rightly(monkeypatch)
    assert sys.getprofile() is None


def nothing():
    """What the library does for itself."""


@pytest.mark.parametrize("own", [nothing, lambda: jit(lambda x: x + 1.0)(2.0), lambda: vmap(lambda x: x * 2.0)(np.ones(3))])
def test_reports_go_on_after_what_is_not_observed(monkeypatch, own):
    def f(x):
        observed.unobserved(own)
        return scaled(x)

    with profiled() as names:
        g = jit(f)
        assert g(2.0) == 4.0
    assert names.count("scaled") == 2  # its call and its return
    monkeypatch.setattr(sys.modules[__name__], "factor", 5.0)
    assert g(2.0) == 10.0


@pytest.mark.skipif(not observed.COARSE, reason="the profile hook, before Python 3.12")
def test_a_recording_whose_reports_did_not_go_on_is_refused(monkeypatch):
    begun = []

    def begin():
        begun.append(1)
        if len(begun) == 2:
            raise KeyboardInterrupt

    def f():
        with suppress(KeyboardInterrupt):
            observed.unobserved(nothing)
        return scaled(1.0)

    monkeypatch.setattr(observed, "_profiling", lambda: (begin, nothing))
    state = observed.State()
    assert observed.observe(state, f) == 2.0
    assert "interrupted" in state.refusal
    assert observed.around() == []


# What a recording leaves behind.

USES = {
    "data": lambda k: k.data,
    "grad": lambda k: k.grad,
    "backward": lambda k: k.backward(),
    "jit": lambda k: jit(lambda x: x * k)(2.0),
    "vmap": lambda k: vmap(lambda x: x * k)(np.ones(2)),
    "gradient": lambda k: grad(lambda x: x * k)(2.0).data,
    "comparison": lambda k: k > 0.0,
    "comparison of Values": lambda k: Value(1.0) == k,
    "truth": bool,
    "isnan": lambda k: k.isnan(),
    "isfinite": lambda k: k.isfinite(),
    **({} if backend == "pure" else {"operation": lambda k: k + 1.0, "of two": lambda k: 2.0 * k * Value(1.0)}),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_a_value_that_survives_its_recording_is_refused(use):
    kept = []

    def f(x):
        kept.extend([x, x * x])
        return x + 1.0

    assert jit(f)(2.0) == 3.0
    for k in kept:
        assert repr(k) == "Value()"
        with pytest.raises(TraceError, match="a Value that was recorded in"):
            use(k)


def test_a_value_of_a_derivative_within_a_recording_is_refused_after_it():
    kept = []

    def inner(y):
        kept.append(y * y)
        return kept[-1] * y

    assert jit(lambda x: grad(inner)(x) + x)(2.0) == 14.0
    with pytest.raises(TraceError, match="a Value that was recorded in"):
        _ = kept[0] > 0.0
    with pytest.raises(TraceError, match="a Value that was recorded in"):
        _ = kept[0].data


def test_a_node_of_another_thread_is_refused_even_if_the_function_catches_that():
    with ThreadPoolExecutor(1) as pool:

        def f(x):
            try:
                y = pool.submit(lambda: x * 2.0).result()
            except Exception:  # noqa: BLE001  # what is tested
                y = 0.0
            return x + y

        for g in (jit(f), lambda x: vmap(f)(np.array([x]))):
            with pytest.raises(TraceError, match="a Value in another thread was used at"):
                g(1.0)


def test_what_is_not_recorded_is_called_once_a_lane_in_order():
    def f(x):
        calls.append(1)
        return {"y": x * random.random(), "positive": x > 0.0, "count": 3, "row": np.array([x, 1.0]) * 2.0}

    calls, lanes = [], [1.0, -2.0, 3.0]
    random.seed(1)
    expected = [f(x) for x in 2 * lanes]
    random.seed(1)
    g = vmap(f)
    with pytest.warns(RuntimeWarning, match=r"is not recorded, but called each time: .*random"):
        found = [g(np.array(lanes))]
    calls.clear()
    found.append(g(np.array(lanes)))
    assert len(calls) == 3
    for name, kind in (("y", float), ("positive", bool), ("count", int), ("row", float)):
        both = np.concatenate([y[name] for y in found])
        assert both.dtype == kind
        assert type(both) is np.ndarray
        assert np.array_equal(both, [y[name] for y in expected])
    assert "called each time: it" in str(g.explain())
    random.seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        h = jit(f)
        assert [h(x)["y"] for x in lanes] == [y["y"] for y in expected[:3]]


def test_a_generator_that_is_closed_meanwhile_is_none_of_a_recording():
    """The collector of garbage closes it where it happens to run, which may be while a function is recorded."""
    closed = []

    def stray():
        try:
            yield
        finally:
            closed.append(time.time())

    def leave():
        generator = stray()
        next(generator)
        cycle = [generator]
        cycle.append(cycle)

    def f(x):
        before = len(closed)
        kept = [[] for _ in range(20_000)]
        return x * len(kept) + (len(closed) - before)

    thresholds = gc.get_threshold()
    gc.collect()
    gc.set_threshold(5_000, *thresholds[1:])
    try:
        leave()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert jit(f)(1.0) == 20_001.0
    finally:
        gc.set_threshold(*thresholds)
