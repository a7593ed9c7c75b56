"""Which Value is in use, how one chooses, and what happens where the compiled one is missing, broken or out of date."""
# ruff: noqa: S603  # our own words

import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from checkout import needs_checkout

import autograd
from autograd import compiled, value

SOURCES = Path(autograd.__file__).parent
BUILT = [path for part in ("_native", "_kernel") for suffix in EXTENSION_SUFFIXES for path in (SOURCES / "native").glob(f"{part}{suffix}")]
# What Python adds to a class that it compiles itself, and the slots.
SLOTS = {"_args", "_made_by", "_number", "_partials", "_tag"}
ADDED = {"__annotations__", "__final__", "__firstlineno__", "__module__", "__slots__", "__static_attributes__"} | SLOTS

# One graph, an Op of one's own in it, a pickle and a copy: what an import alone does not touch.
USE = """
import copy, pickle
from autograd import Op, Value, backend, dot, value
cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))
x = Value(2.0)
y = pickle.loads(pickle.dumps(copy.deepcopy(cube(x) + dot([x, 3.0], [x, x]))))
cube(x).backward()
print(backend, Value is value.Value, y.data, x.grad)
"""
PRINTED = {"native": "native False 18.0 12.0\n", "pure": "pure True 18.0 12.0\n"}
HIDE = "import sys; sys.modules['autograd.native._native'] = None\n"  # as if it were not there

built = pytest.mark.skipif(not BUILT, reason="the compiled Value is not built here")


def python(code, folder=SOURCES.parent, **environment):
    """What a fresh Python does that finds `autograd` in `folder`."""
    inherited = {name: x for name, x in os.environ.items() if name not in {"AUTOGRAD_BACKEND", "PYTHONPATH"}}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=inherited | environment, capture_output=True, text=True, check=False
    )


def check_use(backend, code, **options):
    """`autograd` works, says which backend it is, and complains of nothing."""
    done = python(code, **options)
    assert (done.stdout, done.stderr, done.returncode) == (PRINTED[backend], "", 0)


def refusal(code, wanted, **options):
    """The sentence in which `import autograd` is refused."""
    done = python(code, AUTOGRAD_BACKEND=wanted, **options)
    assert (done.stdout, done.returncode) == ("", 1)
    return re.search(r"^ImportError: (.*)\n\Z", done.stderr, re.MULTILINE)[1]


@pytest.fixture
def broken(tmp_path):
    """A folder with `autograd` in which the file of the compiled Value is no library."""
    shutil.copytree(SOURCES, tmp_path / "autograd", ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"))
    (tmp_path / "autograd" / "native" / f"_native{EXTENSION_SUFFIXES[0]}").write_bytes(b"no library")
    return tmp_path


@built
@pytest.mark.parametrize(("wanted", "backend"), [(None, "native"), ("", "native"), ("native", "native"), ("pure", "pure")])
def test_where_it_is_built(wanted, backend):
    check_use(backend, USE, **{} if wanted is None else {"AUTOGRAD_BACKEND": wanted})


@pytest.mark.parametrize("wanted", ["", "pure"])
def test_where_it_is_not_built_python_serves(wanted):
    check_use("pure", HIDE + USE, AUTOGRAD_BACKEND=wanted)


def test_where_it_is_not_built_it_cannot_be_insisted_on():
    sentence = refusal(HIDE + USE, "native")
    assert sentence.startswith("AUTOGRAD_BACKEND=native, but autograd.native._native cannot be imported (")
    assert "with a C compiler on the PATH, python -m pip install -e ." in sentence
    assert sentence.endswith("or unset AUTOGRAD_BACKEND")


def test_a_broken_build_is_not_silent(broken):
    done = python(USE, broken)
    assert done.stdout == PRINTED["pure"]
    assert "RuntimeWarning: autograd.native._native was built, but cannot be imported (" in done.stderr
    assert "pip install -e . in the checkout builds it again" in done.stderr


def test_a_broken_build_can_be_done_without(broken):
    check_use("pure", USE, folder=broken, AUTOGRAD_BACKEND="pure")


def test_a_broken_build_cannot_be_insisted_on(broken):
    assert f"_native{EXTENSION_SUFFIXES[0]}" in refusal(USE, "native", folder=broken)


@pytest.mark.parametrize("text", ["Native", "cython", "0", " pure"])
def test_any_other_text_is_refused(text):
    assert refusal(USE, text).startswith(f"got AUTOGRAD_BACKEND={text!r}, expected native or pure, or no such variable: unset it")


@built
@needs_checkout
def test_what_is_built_is_younger_than_its_sources():
    sources = [*(SOURCES / "native").glob("_*.h"), SOURCES / "native" / "_native.pyx", SOURCES / "native" / "_kernel.c"]
    oldest = min(path.stat().st_mtime for path in BUILT)
    assert not [path.name for path in sources if path.stat().st_mtime > oldest], "changed since the build: run python -m pip install -e ."


@pytest.mark.skipif(compiled.native is None, reason="the compiled Value is not in use here")
def test_both_values_have_the_same_attributes():
    assert set(dir(autograd.Value)) - ADDED == set(dir(value.Value)) - ADDED
