"""What is generated from the table: `python -m autograd.native.generate` writes it, a test compares it with what is committed.

The arithmetic in C (`_ops.h`, and `_elementary.h` from `elementary.py`), the tangents of partials (`_tangents.h`), the codes
(`_codes.pxi`) and methods of the compiled Value (in `_native.pyx`), the methods of the one in Python (in `operators.py`), the names that
`autograd` exports (in `__init__.py`), and the stubs that type checkers read (`ops.pyi`, `operators.pyi`); in a checkout also the tables of
two pages of the documentation, for which it needs SymPy and pytest. Run it with AUTOGRAD_BACKEND=pure, since what is compiled is built
on it.
"""

import builtins
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

from autograd.elsewhere import SPELLINGS
from autograd.native import cbits, second, stubs
from autograd.native.header import header
from autograd.ops import TABLE

TOP = Path(__file__).parents[1]
DOCS = TOP.parent / "docs"
PAGES = {"operations.md": "operations.py", "use/spellings.md": "spellings.py"}  # what writes the tables of a page, in a checkout
WRITTEN = "# Written by python -m autograd.native.generate from autograd/ops.py: change a row there.\n"

# What has a sign, or is refused by its name since there is another way to write it, is no method.
METHODS = [op for op in TABLE.values() if op.arity and op.label.isidentifier() and op.name not in SPELLINGS and not op.selects]


def codes() -> str:
    """The text of `_codes.pxi`: the enum of codes, as Cython declares it."""
    return (
        f'{WRITTEN}cdef extern from "_ops.h":\n    enum:\n'
        + "".join(f"        AG_{name.upper()}\n" for name in TABLE)
        + "        AG_COUNT\n"
    )


def cython_methods(text: str) -> str:
    """The text of `_native.pyx` with its methods as the table has them, since Cython includes no file in a class."""
    lines = []
    for op in METHODS:
        head, body = ("self", f"unary(AG_{op.name.upper()}, self)") if op.arity == 1 else ("self, *x", f"shared.ops.{op.name}(self, *x)")
        lines += [f'    def {name}({head}): "`autograd.{op.name}` of this Value."; return {body}\n' for name in (op.name, *op.aliases)]
    return _replaced(text, r"    def \w+\(self(, \*x)?\): \"`autograd\.\w+` of this Value.*\n", lines)


def python_methods(text: str) -> str:
    """The text of `operators.py` with its methods as the table has them: the one block of such lines."""
    lines = [f"    {' = '.join([op.name, *op.aliases])} = {'unary' if op.arity == 1 else 'several'}(ops.{op.name})\n" for op in METHODS]
    return _replaced(text, r"    [a-z]\w* = (\w+ = )*(unary|several)\(ops\.\w+\)\n", lines)


def exports(text: str) -> str:
    """The text of `__init__.py` with the operations as the table has them; what stands in for another is not exported."""
    names = sorted(["TABLE", *[op.name for op in TABLE.values() if op.constant_of is None]], key=_as_sorted)
    text = _replaced(text, r"from autograd\.ops import \w+ as \w+\n", [f"from autograd.ops import {name} as {name}\n" for name in names])
    declared = re.search(r'(?<=__all__ = \[\n)(    "\w+",\n)+', text)
    if declared is None:
        return text
    others = {*re.findall(r"\w+", declared[0])} | {name for name in names if not hasattr(builtins, name)}
    return text.replace(declared[0], "".join(f'    "{name}",\n' for name in sorted(others, key=_as_sorted)))


def page(script: Path) -> Callable[[str], str]:
    """What writes the tables of a page of the documentation into its text."""
    return lambda text: str(runpy.run_path(str(script))["page"](text))


def _as_sorted(name: str) -> tuple[bool, bool, str]:
    """Constants, classes, functions, and 2 before 10: the order of ruff."""
    return not name.isupper(), name[0].islower(), re.sub(r"\d+", lambda m: m[0].zfill(2), name)


def _replaced(text: str, line: str, lines: list[str]) -> str:
    """`text` with `lines` in place of the one block of lines that match."""
    return re.sub(f"(?:{line})+", lambda _: "".join(lines), text, count=1)


FILES: dict[str, Callable[..., Any]] = {
    "native/_ops.h": lambda _: header(),
    "native/_tangents.h": lambda _: second.header(),
    "native/_elementary.h": lambda _: cbits.header(),
    "native/_codes.pxi": lambda _: codes(),
    "native/_native.pyx": cython_methods,
    "operators.py": python_methods,
    "__init__.py": exports,
    "ops.pyi": lambda _: f"{WRITTEN}{stubs.ops_stub()}",
    "operators.pyi": lambda _: f"{WRITTEN}{stubs.operators_stub()}",
}
FILES |= {f"../docs/{name}": page(DOCS / script) for name, script in PAGES.items() if (DOCS / script).exists()}


def outdated() -> dict[Path, str]:
    """The files that are not as the table has them, each with what it should say."""
    found = {}
    for name, generated in FILES.items():
        path = (TOP / name).resolve()
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if (text := generated(before)) != before:
            found[path] = text
    return found


def main() -> None:
    """Write the files that are outdated."""
    for path, text in outdated().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
