"""The kernel in threads, after a fork, at Ctrl-C, and at the end of memory."""

import ctypes
import ctypes.util
import os
import platform
import signal
import sys
import threading
import time
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from flat_programs import LANES, SAMPLES, WEIGHTS, chain, flat, recorded_network, wide

from autograd import Value, ops


@pytest.mark.parametrize(
    ("program", "lanes", "threads"),
    [
        ((chain, 20_000_000), 1, 1),
        ((chain, 10_000), 1_000_000, 1),
        ((chain, 10_000), 1_000_000, 2),
        ((chain, 2_000_000), 500, 1),
        ((wide, 1500), 1_000_000, 1),
    ],
)
def test_ctrl_c(program, lanes, threads):
    """It stops at once, and the plan works afterwards."""
    make, size = program
    plan = make(size).plan([0])
    x, y = np.ones((lanes, 1)), np.empty((lanes, 1))
    seeds = np.ones(1)

    def again():
        for _ in range(1000):
            plan.run(lanes, [x], [y], [seeds], [np.empty((lanes, 1))], threads)

    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        start = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            again()
        assert time.monotonic() - start < 3.0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
    if lanes < 1000:
        plan.run(lanes, [x], [y])
        assert np.allclose(y, 1.0)


def test_plans_run_at_once_in_several_threads_of_python():
    plan, lanes = recorded_network(), 1000
    expected = np.empty((lanes, 1))
    plan.run(lanes, [WEIGHTS, SAMPLES[:lanes]], [expected])
    wrong = []

    def work():
        for _ in range(50):
            y = np.empty((lanes, 1))
            plan.run(lanes, [WEIGHTS, SAMPLES[:lanes]], [y], [np.ones(1)], [None, None], 2)
            if not np.array_equal(y, expected, equal_nan=True):
                wrong.append(y)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def arithmetic(setting):
    """Change how this thread computes, and give what changes it back: a rounding mode, or subnormal numbers taken and given as 0."""
    libm, machine = ctypes.CDLL(ctypes.util.find_library("m")), platform.machine()
    # Of `fenv_t`: its size, the byte where the control word is, the bits that do what is asked.
    layout = {
        "x86_64": (32, 28, {"up": 0x4000, "down": 0x2000, "flushed": 0x8040}),
        "aarch64": (8, 0, {"up": 0x400000, "down": 0x800000, "flushed": 0x1000000}),
    }
    if sys.platform != "linux" or machine not in layout:
        pytest.skip("where the control word is, is known for Linux on two machines")
    size, at, bits = layout[machine]
    before = ctypes.create_string_buffer(size)
    libm.fegetenv(before)
    changed = ctypes.create_string_buffer(before.raw, size)
    word = int.from_bytes(changed.raw[at : at + 4], "little") | bits[setting]
    changed[at : at + 4] = word.to_bytes(4, "little")
    libm.fesetenv(changed)
    return lambda: libm.fesetenv(before)


@pytest.mark.parametrize("setting", ["up", "down", "flushed"])
def test_threads_compute_as_their_caller_does(setting):
    """Rounded another way, or with subnormal numbers as 0: the same bits from any number of threads, and others than before."""
    lanes = 100_000  # so many that each thread has work
    x = Value(1.0)
    y = ops.sum([ops.exp(x) / 3.0, x * 1e-300 * 1e-10, x * x, ops.sqrt(x)])
    plan, X = flat([x], [y, x * 1e-300 * 1e-10]).plan([0]), np.linspace(0.1, 3.0, lanes).reshape(-1, 1)

    def results(threads):
        outputs, gradient = np.empty((lanes, 2)), np.empty((lanes, 1))
        plan.run(lanes, [X], [outputs], [np.ones(2)], [gradient], threads)
        return outputs.tobytes() + gradient.tobytes()

    usual = results(2)
    assert usual == results(1)
    again = arithmetic(setting)
    try:
        found = [results(threads) for threads in (1, 2, 8, 2, 1)]
    finally:
        again()
    assert len(set(found)) == 1
    assert found[0] != usual
    assert results(2) == results(1) == usual


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_threads_after_a_fork():
    """The child has none of the parent's threads, and gets its own."""
    plan, lanes = recorded_network(), max(LANES)
    expected = np.empty((lanes, 1))
    plan.run(lanes, [WEIGHTS, SAMPLES], [expected], [np.ones(1)], [None, None], 4)
    child = os.fork()
    if not child:
        y = np.empty((lanes, 1))
        plan.run(lanes, [WEIGHTS, SAMPLES], [y], [np.ones(1)], [None, None], 4)
        os._exit(int(not np.array_equal(y, expected, equal_nan=True)))
    assert os.waitpid(child, 0)[1] == 0


def test_memory_and_time_of_a_large_program():
    """13 bytes an operation are the program's; a plan adds at most 21 for flags, values and adjoints, and half a microsecond."""
    size = 2_000_000
    program = chain(size)
    x, y, g = np.ones(1), np.empty(1), np.empty(1)
    tracemalloc.start()
    try:
        start = time.process_time()
        plan = program.plan([1])
        prepared = time.process_time() - start
        plan.run(1, [x], [y])
        assert tracemalloc.get_traced_memory()[1] <= 9.1 * size  # forward only, no adjoints
        plan.run(1, [x], [y], [np.ones(1)], [g])
        assert tracemalloc.get_traced_memory()[1] <= (21 + 9) * size
    finally:
        tracemalloc.stop()
    assert prepared <= 0.5e-6 * size
    assert y[0] == pytest.approx(1.0)
    assert g[0] == pytest.approx(0.999 ** (size // 2))


def test_memory_that_does_not_suffice():
    """Wherever it runs out, it is a MemoryError, and the plan works afterwards."""
    resource = pytest.importorskip("resource")
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs Linux")
    if not sys.getallocatedblocks():
        pytest.skip("a sanitizer ends the process where it gets no memory")
    size = 1_000_000
    x, y = np.ones((2, 1)), np.empty((2, 1))
    program = chain(size)
    plan = program.plan([0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    refused = 0
    for lanes in (1, 2):
        for extra in range(0, 60_000_000, 2_000_000):
            pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
            resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + extra, before[1]))
            try:
                program.plan([0]).run(lanes, [x[:lanes]], [y[:lanes]], [np.ones(1)], [None])
            except MemoryError:
                refused += 1
            finally:
                resource.setrlimit(resource.RLIMIT_AS, before)
    assert refused  # how often depends on what the process has left over
    plan.run(2, [x], [y])
    assert np.allclose(y, 1.0)
