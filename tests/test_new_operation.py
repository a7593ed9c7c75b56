"""An operation added as CONTRIBUTING says, in a copy of the tree: one row and one command; then all that derives from it is there."""
# ruff: noqa: ARG005, S603  # lambdas like the table's; our own commands

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograd import Op, Value, exp, ops, value, where
from autograd.errors import OperationError

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

CHECKOUT = Path(__file__).parents[1]
EXAMPLE = re.search(r"```python\n(.*?)```", (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)[1]

COSC = """cosc: Op = Op("cosc", lambda xp, x: (1.0 - xp.cos(x)) / x, lambda y, x: ((sin(x) - y) / x,),
                domain=(POSITIVE,), bound=Bound(10.0, 10.0, relative=False))"""
REST = """rest: Op = Op("rest", lambda xp, x, c: xp.fmod(x, c), lambda y, x, c: (1.0, None),
                defaults=(0.3,), numpy="fmod", domain=(REAL, POSITIVE), bound=EXACT)"""

# CONTRIBUTING's own, and two for which it was not written: a composition, and one of two arguments. The value and the slope at 0.5.
ROWS = {
    "sech": (EXAMPLE.replace("\n   ", "\n").strip(), "0.886818883970074", "-0.409814221664745"),
    "cosc": (COSC, "0.24483487621925448", "0.46918132476989705"),
    "rest": (REST, "0.2", "1.0"),
}

PAGE = {
    "sech": r"| sech | $\operatorname{sech}\left(a\right)$ | $",
    "cosc": r"| cosc | $\operatorname{cosc}\left(a\right)$ | ",
    "rest": r"| rest | $\operatorname{rest}\left(a, b\right)$ | $1$, – | (-inf, inf) × (0, inf) | 0.5, 0.5 |",
}

USE = """
import math, sys
import mpmath, numpy as np
import autograd
from autograd import Value, backend, jit
name, value, slope = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
assert backend == sys.argv[4], backend
op, x = getattr(autograd, name), Value(0.5)
for method in (name, *op.aliases):
    y = getattr(x, method)()
    assert y.op is op and math.isclose(y.data, value), y
for y in (op(x), getattr(x, name)()):
    y.backward()
    assert y.op is op and math.isclose(y.data, value), y
assert math.isclose(x.grad, 2.0 * slope), x
assert math.isclose(op(0.5), value)
assert math.isclose(jit(op)(0.5), value)
assert np.allclose(op(np.array([0.5, 0.5])), value)
if name != "rest":
    assert math.isclose(op(mpmath.mpf(0.5)), value)
    assert math.isclose(autograd.kinds.COMPLEX.apply(op, (0.5 + 1e-20j,)).imag / 1e-20, slope)
if name == "rest":
    assert np.fmod(x, 0.3).op is op
"""


def command(folder, backend, *arguments):
    done = subprocess.run(
        [sys.executable, "-S", *arguments],
        cwd=folder,
        env=os.environ | {"AUTOGRAD_BACKEND": backend, "PYTHONPATH": os.pathsep.join([str(folder), *filter(None, sys.path)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The package with all three rows, and what one command writes."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(CHECKOUT / "autograd", folder / "autograd", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    table = folder / "autograd" / "ops.py"
    text = table.read_text(encoding="utf-8")
    rows = "".join(f"{row}\n\n" for row, _, _ in ROWS.values())
    table.write_text(text.replace("# fmt: on", f"{rows}# fmt: on"), encoding="utf-8")
    for name in ("docs/operations.md", "docs/operations.py", "tests/edges.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(CHECKOUT / name, folder / name)
    command(folder, "pure", "-m", "autograd.native.generate")
    return folder


@pytest.mark.parametrize("name", ROWS)
def test_a_row_and_a_command_are_enough(name, copy):
    command(copy, "pure", "-c", USE, name, *ROWS[name][1:], "pure")
    assert PAGE[name] in (copy / "docs" / "operations.md").read_text(encoding="utf-8")


def test_what_the_command_wrote_is_compiled(copy):
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    pytest.importorskip("Cython")
    setup = (CHECKOUT / "setup.py").read_text(encoding="utf-8").replace('"-O3"', '"-O0"')
    (copy / "setup.py").write_text(setup, encoding="utf-8")
    command(copy, "pure", "setup.py", "-q", "build_ext", "--inplace")
    for name, (_, y, slope) in ROWS.items():
        command(copy, "native", "-c", USE, name, y, slope, "native")


TAKE = Op(
    "TAKE",
    lambda xp, condition, a, b: xp.where(condition, a, b),
    lambda y, condition, a, b: (None, where(condition, 1.0, 0.0), where(condition, 0.0, 1.0)),
    selects=True,
)
SCALE = Op("SCALE", lambda xp, x, c: x * c, lambda y, x, c: (c, x))
SCALE_BY = Op("SCALE_BY", lambda xp, x, c: x * c, lambda y, x, c: (c, None), constant_of=SCALE)


@pytest.mark.parametrize("cls", dict.fromkeys((Value, value.Value)))
def test_the_properties_of_a_row_hold_for_an_operation_of_ones_own(cls):
    taken = TAKE(cls(1.0), cls(2.0), cls(3.0))
    assert taken.partials == (None, 1.0, None)  # 0 times inf would be nan
    x, c = cls(2.0), cls(3.0)
    assert [SCALE(x, 3.0).op, SCALE(x, c).op, SCALE_BY(x, c).op, SCALE_BY(x, 3).op] == [SCALE_BY, SCALE, SCALE, SCALE_BY]


@pytest.mark.parametrize(("column", "given"), [("selects", 1), ("constant_of", "pow"), ("constant_of", exp)])
def test_a_property_that_cannot_hold_is_refused(column, given):
    with pytest.raises(OperationError, match=f"as the {column} of 'mine', expected"):
        Op("mine", lambda xp, x, c: x * c, lambda y, x, c: (c, x), **{column: given})
    assert exp.constant is None


def test_no_operation_takes_the_place_of_one_of_the_table():
    with pytest.raises(OperationError, match="got <Op pow> as the constant_of of 'mine', expected an Op"):
        Op("mine", lambda xp, x, c: x * c, lambda y, x, c: (c, None), constant_of=ops.pow)
    assert (Value(3.0) ** 2.0).op is ops.powc
