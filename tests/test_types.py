"""What type checkers say: a program with types passes, wrong uses are refused line by line, and each public name has a type."""

import ast
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autograd
import nn
from autograd import Value

HERE = Path(__file__).parent / "typed"
PROGRAM, WRONG = HERE / "program.py", HERE / "wrong.py"
PACKAGES = Path(autograd.__file__).parents[1]
MARKED = [i for i, line in enumerate(WRONG.read_text(encoding="utf-8").splitlines(), 1) if line.endswith("# wrong")]

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]


def test_it_runs():
    """The numbers in closed form."""
    found = runpy.run_path(str(PROGRAM))["main"]()
    x, phi = 0.5, np.exp(-0.125) / np.sqrt(2.0 * np.pi)
    first, second = -x * phi, (x * x - 1.0) * phi
    t = np.tanh(0.5)
    slope = 1.0 - t * t
    expected = [first, second, 2.0 * t, 2.0 * slope, t, 3.0 * slope, t, first, first, second, second, first]
    np.testing.assert_allclose(found["derivatives"], expected, rtol=1e-14)
    assert found["recorded"] == [2.0, 5.0, 3.0, -2.0]
    assert found["polynomial"].data == 5.0
    assert found["ravel"]["a"] == 1.0
    np.testing.assert_array_equal(found["lanes"][2], [True, True, True])
    assert found["fitted"].losses[-1] < found["fitted"].losses[0] / 2.0
    assert found["classified"][0] == 1.0


def run(*command, folder):
    path = os.pathsep.join(dict.fromkeys([str(PACKAGES), *filter(None, sys.path)]))
    own = {"PYTHONPATH": path} | ({} if PACKAGES.name == "site-packages" else {"MYPYPATH": str(PACKAGES)})
    return subprocess.run(command, cwd=folder, env=os.environ | own, capture_output=True, text=True, check=False)  # noqa: S603  # its own commands


def pyright(*arguments, folder):
    """What Pyright says, in JSON; the package brings Node along, and fetches nothing."""
    pytest.importorskip("basedpyright")
    paths = [str(PACKAGES), *(path for path in sys.path if path.endswith("site-packages"))]
    settings = {"typeCheckingMode": "strict", "extraPaths": paths, "pythonVersion": "3.11"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    done = run(sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, *arguments, folder=folder)
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def by_mypy(tmp_path_factory):
    """The lines that mypy refuses, with its messages, by the name of the file."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("mypy")
    done = run(sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", str(PROGRAM), str(WRONG), folder=folder)
    assert done.returncode == 1, done.stdout + done.stderr
    found = {PROGRAM.name: {}, WRONG.name: {}}
    for name, line, message in re.findall(r"^(?:.*/)?(\w+\.py):(\d+): error: (.*)", done.stdout, re.MULTILINE):
        found[name][int(line)] = message
    return found


@pytest.fixture(scope="module")
def by_pyright(tmp_path_factory):
    """The same of Pyright, of the program in its strict mode."""
    folder = tmp_path_factory.mktemp("pyright")
    copied = [shutil.copy(file, folder) for file in (PROGRAM, WRONG)]  # where the settings are
    found = {PROGRAM.name: {}, WRONG.name: {}}
    for said in pyright(*copied, folder=folder)["generalDiagnostics"]:
        if said["severity"] == "error":
            found[Path(said["file"]).name][said["range"]["start"]["line"] + 1] = said["message"]
    return found


CHECKERS = ["by_mypy", "by_pyright"]


@pytest.mark.types
@pytest.mark.parametrize("checker", CHECKERS)
def test_a_program_with_types_passes(checker, request):
    assert request.getfixturevalue(checker)[PROGRAM.name] == {}


@pytest.mark.types
@pytest.mark.parametrize("checker", CHECKERS)
def test_each_wrong_use_is_refused_and_nothing_else(checker, request):
    found = request.getfixturevalue(checker)[WRONG.name]
    assert len(MARKED) > 100
    assert sorted(found) == MARKED, {i: message for i, message in found.items() if i not in MARKED}


@pytest.mark.types
@pytest.mark.parametrize("package", ["autograd", "nn"])
def test_nearly_all_public_names_have_types(package, tmp_path):
    found = pyright("--verifytypes", package, "--ignoreexternal", folder=tmp_path)["typeCompleteness"]
    assert sum(found["exportedSymbolCounts"].values()) > (2000 if package == "autograd" else 200)
    unknown = {x["name"].partition(".")[2] for x in found["symbols"] if x["isExported"] and not x["isTypeKnown"]}
    assert found["completenessScore"] >= 0.95, unknown
    assert not unknown & set(autograd.__all__ if package == "autograd" else vars(nn))


def test_the_packages_bring_their_types():
    top = Path(autograd.__file__).parent
    for path in (top / "py.typed", Path(nn.__file__).parent / "py.typed", *(top / name for name in STUBS)):
        assert path.exists()


STUBS = ("ops.pyi", "operators.pyi", "native/_native.pyi", "native/_kernel.pyi")


def test_the_stubs_have_what_there_is():
    """The command that writes them is tested with the others; here what a stub says is compared with what is there."""
    ops, operators = (ast.parse((Path(autograd.__file__).parent / name).read_text(encoding="utf-8")) for name in STUBS[:2])
    rows = {node.target.id for node in ops.body if isinstance(node, ast.AnnAssign)}
    assert set(autograd.TABLE) <= rows
    (stub,) = [node for node in operators.body if isinstance(node, ast.ClassDef)]
    declared = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    there = {name for name in dir(Value(1.0)) if not name.startswith("_")} - {"data", "grad", "backward"}
    assert declared >= there
    assert not declared & {"__float__", "__int__", "__and__", "item", "detach"}
    assert all(hasattr(Value, name) for name in declared)
