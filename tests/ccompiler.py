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


# Of each program: reads a number of lines, then inputs and cotangents, prints outputs and gradients, all in hexadecimal.
DRIVER = """
#include <stdio.h>

static int run_NAME(void) {
    static double x[NX + 1], c[NY + 1], y[NY + 1], g[NX + 1];
    int lines;
    if (scanf("%d", &lines) != 1) return 1;
    while (lines--) {
        for (int i = 0; i < NX; i++) if (scanf("%la", x + i) != 1) return 1;
        for (int i = 0; i < NY; i++) if (scanf("%la", c + i) != 1) return 1;
        if (NAME(x, y) || NAME_gradient(x, c, g)) return 1;
        for (int i = 0; i < NY; i++) printf("%a ", y[i]);
        for (int i = 0; i < NX; i++) printf("%a ", g[i]);
        putchar('\\n');
    }
    return 0;
}
"""


def in_c(folder, cases, *flags):
    """The outputs and gradients that C gives, for each program and each of its points, which are inputs and cotangents."""
    parts, lines = [], []
    for k, (program, points) in enumerate(cases):
        text = DRIVER.replace("NAME", f"f{k}").replace("NX", str(program.inputs)).replace("NY", str(len(program.outputs)))
        parts += [program.to_c(f"f{k}"), text]
        lines += [str(len(points)), *[" ".join(map(float.hex, p)) for p in points]]
    main = f"int main(void) {{ return {' || '.join(f'run_f{k}()' for k in range(len(cases)))}; }}\n"
    made = compiled(folder, "\n".join([*parts, main]), *(flags or ["-O1"]))
    done = subprocess.run([made], input="\n".join(lines), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [list(map(float.fromhex, line.split())) for line in done.stdout.splitlines()]


def bits(x, y):
    """Whether two floats are the same, signs of zeros too; one nan is as good as another."""
    return same(x, y) and (x != 0.0 or math.copysign(1.0, x) == math.copysign(1.0, y))
