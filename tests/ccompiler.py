"""The C compiler at hand, programs that it makes, and equality of bits with what Python computes."""
# ruff: noqa: S603  # the compiler and what it made

import math
import shutil
import subprocess
from pathlib import Path

import pytest
from operations import same

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
