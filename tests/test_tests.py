"""Test files stand on their own: what several need is in a module beside them, and none is so long that nobody reads it."""

import ast
from pathlib import Path

import pytest

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
