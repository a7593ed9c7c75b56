"""The C compiler at hand, programs that it makes, and equality of bits with what Python computes."""
# ruff: noqa: S603  # the compiler and what it made

import math
import shutil
import subprocess
from pathlib import Path
from types import CodeType

import pytest
from operations import same

from autograd import TABLE
from autograd.native import ctext

FOLDER = Path(ctext.__file__).parent
COMPILER = shutil.which("cc") or shutil.which("gcc")
FLAGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off", f"-I{FOLDER}"]
SANITIZE = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]


def compiled(folder, source, *flags):
    """The program that a C compiler makes of `source`."""
    if COMPILER is None:
        pytest.skip("there is no C compiler")
    (folder / "source.c").write_text(source, encoding="utf-8")
    subprocess.run([COMPILER, "source.c", "-o", "program", *FLAGS, *flags, "-lm"], cwd=folder, check=True)
    return folder / "program"


def bits(x, y):
    """Whether two floats are the same, signs of zeros too; one nan is as good as another."""
    return same(x, y) and (x != 0.0 or math.copysign(1.0, x) == math.copysign(1.0, y))


def named(code):
    """The names that a function looks up, those within it too."""
    return {*code.co_names}.union(*(named(c) for c in code.co_consts if isinstance(c, CodeType)))


def using(name):
    """The rows whose value or partials call a function of this name, themselves or by a row."""
    found = {name}
    while more := {n for n, op in TABLE.items() if found & (named(op.value.__code__) | named(op.partials.__code__))} - found:
        found |= more
    return found


# Python computes hypot by a method of its own; everything else that `math` has is the C library's.
PYTHONS_OWN = using("hypot")
