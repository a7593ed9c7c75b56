"""Test files stand on their own: what several need is in a module beside them, none is so long that nobody reads it, and each is run."""

import ast
import re
import tomllib
from fnmatch import fnmatch
from itertools import product
from pathlib import Path

import pytest
from checkout import ROOT, needs_checkout

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

FILES = sorted(Path(__file__).parent.glob("**/*.py"))
MOST_LINES = 700


def imported(source):
    """The modules that a source imports, be it in a function, or in the text of a program that it runs."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "import " in node.value:
            try:
                yield from imported(node.value)
            except SyntaxError:
                continue  # prose, which imports nothing


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_none_imports_a_test_file(path):
    source = path.read_text(encoding="utf-8")
    found = [name for name in imported(source) if name.rpartition(".")[2].startswith("test_")]
    assert not found, "move what both need to a module whose name does not start with test_"
    assert len(source.splitlines()) <= MOST_LINES, "divide it by subject"


# What runs them: the jobs of .ci/run.

OPTIONAL = {"playwright", "jupyterlab", "furo", "torch", "jax", "dask"}  # of what `importorskip` asks for, what only some jobs install


def jobs():
    """Of each job the distributions that it installs, the marks that it asks for, and its files."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    *_, usual = settings["tool"]["pytest"]["ini_options"]["addopts"]
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    table = next(node.value for node in tree.body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PYTEST")
    for extras, marks, files in ast.literal_eval(table).values():
        installed = " ".join(x for extra in extras.split(",") for x in settings["project"]["optional-dependencies"][extra])
        yield set(re.findall(r"[\w-]+", installed)), marks or usual, [name for pattern in files.split() for name in spread(pattern)]


def spread(pattern):
    """The patterns that bash makes of one with {a,b} in it."""
    return map("".join, product(*[part.split(",") for part in re.split(r"[{}]", pattern)]))


def marks_of(*nodes):
    return {node.attr for each in nodes for node in ast.walk(each) if isinstance(node, ast.Attribute)}


@needs_checkout
@pytest.mark.parametrize("path", [path for path in FILES if path.name.startswith("test_")], ids=lambda path: path.stem)
def test_every_test_runs_in_a_job(path):
    """By its marks, and with what it skips without; but for those of `-m fuzz`."""
    source = path.read_text(encoding="utf-8")
    names = set(imported(source))
    helpers = [other.read_text(encoding="utf-8") for other in FILES if other.stem in names]
    wanted = OPTIONAL & set(re.findall(r'(?m)^(?:\w+ = )?pytest\.importorskip\("(\w+)', "\n".join([source, *helpers])))
    body = ast.parse(source).body
    common = marks_of(*[node.value for node in body if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"])
    every = list(jobs())
    for test in body:
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
            own = OPTIONAL & set(re.findall(r"importorskip\('(\w+)", ast.unparse(test)))
            rows = [files for files in every if wanted | own <= files[0]]
            marks = common | marks_of(*test.decorator_list)
            known = dict.fromkeys(("fuzz", "oracle", "browser", "site", "types", "any_python", "any_backend"), False) | dict.fromkeys(
                marks, True
            )
            assert "fuzz" in marks or any(
                eval(expression, {}, known) and any(fnmatch(f"tests/{path.name}", name) or name == "tests" for name in files or ["tests"])  # noqa: S307
                for _, expression, files in rows
            ), f"no job runs {test.name}"
