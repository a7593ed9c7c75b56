"""An operation added as CONTRIBUTING says, in a copy of the tree: one row and one command; then all that derives from it is there."""
# ruff: noqa: ARG005, S603  # lambdas like the table's; our own commands

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import needs_checkout

from autograd import Op, Value, exp, ops, value, where
from autograd.errors import OperationError

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend, needs_checkout]

CHECKOUT = Path(__file__).parents[1]
EXAMPLE = re.search(r"```python\n(.*?)```", (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)[1]

COSC = """cosc: Op = Op("cosc", lambda xp, x: (1.0 - xp.cos(x)) / x, lambda y, x: ((sin(x) - y) / x,),
                domain=(POSITIVE,), bound=Bound(10.0, 10.0, relative=False))"""
REST = """rest: Op = Op("rest", lambda xp, x, c: xp.fmod(x, c), lambda y, x, c: (1.0, None),
                defaults=(0.3,), numpy="fmod", domain=(REAL, POSITIVE), bound=EXACT)"""

# CONTRIBUTING's own, a composition, and one of two arguments. The value and the slope at 0.5.
ROWS = {
    "sech": (EXAMPLE.replace("\n   ", "\n").strip(), "0.886818883970074", "-0.409814221664745"),
    "cosc": (COSC, "0.24483487621925448", "0.46918132476989705"),
    "rest": (REST, "0.2", "1.0"),
}

# With three and four arguments, and with any number: a sum and a count of all, a chain of products, two sequences, ties.
SEVERAL = {
    "blend": """blend: Op = Op("blend", lambda xp, a, b, t: a + t * (b - a),
        lambda y, a, b, t: (1.0 - t, t, b - a), bound=Bound(5.0, 5.0))""",
    "cross": """cross: Op = Op("cross", lambda xp, a, b, c, d: a * d - b * c,
        lambda y, a, b, c, d: (d, -c, -b, a), bound=Bound(5.0, 5.0))""",
    "rms": """rms: Op = Op("rms", lambda xp, *x: xp.sqrt(xp.sum(*(a * a for a in x)) / len(x)),
        lambda y, *x: tuple(a / (y * len(x)) for a in x), sequences=1, bound=Bound(5.0, 5.0))""",
    "product": """product: Op = Op("product", lambda xp, *x: reduce(lambda so_far, a: so_far * a, x),
        lambda y, *x: tuple(y / a for a in x), bound=Bound(5.0, 5.0))""",
    "weighted": """weighted: Op = Op("weighted", lambda xp, *x: xp.dot(*_halves(x)) / xp.sum(*_halves(x)[0]),
        lambda y, *x: _weighted(y, *_halves(x)), sequences=2, bound=Bound(5.0, 5.0))
def _halves(x):
    return x[: len(x) // 2], x[len(x) // 2 :]
def _weighted(y, w, x):
    return *[(a - y) / sum(w) for a in x], *[a / sum(w) for a in w]
""",
    "farthest": """farthest: Op = Op("farthest", lambda xp, *x: xp.maximum(*[xp.abs(a) for a in x]),
        lambda y, *x: _farthest(y, x), bound=EXACT, ties=True)
def _farthest(y, x):
    return tuple(sign(a) * share for a, share in zip(x, _shares(y, tuple(abs(a) for a in x), step)))
""",
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
    assert math.isclose(autograd.probes.COMPLEX.apply(op, (0.5 + 1e-20j,)).imag / 1e-20, slope)
if name == "rest":
    assert np.fmod(x, 0.3).op is op
"""

# In closed form, on columns of arguments.
USE_SEVERAL = """
import ctypes, io, subprocess, sys, tempfile
import numpy as np
import autograd
from autograd import Program, TABLE, Value, backend, grad, jit, step_through, value_and_grad, vmap
assert backend == sys.argv[1], backend

def shares(x):
    largest = np.abs(x) == np.abs(x).max(axis=0)
    return np.sign(x) * largest / largest.sum(axis=0)

def weighted(x):
    w, x = np.split(x, 2)
    y = (w * x).sum(axis=0) / w.sum(axis=0)
    return y, np.concatenate([x - y, w]) / w.sum(axis=0)

CLOSED = {
    "blend": lambda x: (x[0] * (1.0 - x[2]) + x[1] * x[2], np.array([1.0 - x[2], x[2], x[1] - x[0]])),
    "cross": lambda x: (x[0] * x[3] - x[1] * x[2], np.array([x[3], -x[2], -x[1], x[0]])),
    "rms": lambda x: (np.sqrt((x**2).mean(axis=0)), x / len(x) / np.sqrt((x**2).mean(axis=0))),
    "product": lambda x: (x.prod(axis=0), x.prod(axis=0) / x),
    "weighted": weighted,
    "farthest": lambda x: (np.abs(x).max(axis=0), shares(x)),
}

def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-13, atol=1e-15)

def in_c(program, x):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["cc", "-std=c99", "-shared", "-fPIC", "-o", f"{folder}/p.so", "-x", "c", "-", "-lm"], input=program.to_c(),
            text=True, check=True)
        called = ctypes.CDLL(f"{folder}/p.so")
        given, y, g = (np.array(a) for a in (x, [0.0], 0.0 * x))
        at = [a.ctypes.data_as(ctypes.c_void_p) for a in (given, np.ones(1), y, g)]
        assert called.program(at[0], at[2]) == 0
        assert called.program_gradient(at[0], at[1], at[3]) == 0
        return y[0], g

for name, closed in CLOSED.items():
    op = TABLE[name]
    def f(x):
        return op(list(x[: len(x) // 2]), list(x[len(x) // 2 :])) if op.sequences == 2 else op(list(x)) if op.sequences else op(*x)
    for n in (op.arity,) if op.arity else (2, 4, 70):
        columns = np.random.default_rng(n).uniform(0.5, 2.0, (n, 40))
        columns[:, 0] = columns[0, 0]  # a tie
        values, slopes = closed(columns)
        for x, y, slope in list(zip(columns.T, values, slopes.T))[:3]:
            leaves = [Value(a) for a in x]
            node = f(leaves)
            node.backward()
            assert node.op is op and f(x.tolist()) == node.data
            close(node.data, y)
            close([a.grad for a in leaves], slope)
            close(jit(f)(x), y)
            for once in range(3):
                close(jit(value_and_grad(f))(x)[1], slope)
            close(grad(lambda x: f([1.5, *x[1:]]))(x)[1:], closed(np.array([1.5, *x[1:]]))[1][1:] if name != "farthest" else shares(
                np.array([1.5, *x[1:]]))[1:])
        close(vmap(f)(columns.T), values)
        close(vmap(grad(f))(columns.T), slopes.T)
        close(vmap(value_and_grad(lambda a, x: f([a, *x[1:]])), in_axes=(None, 0))(1.25, columns.T)[0], closed(
            np.array([np.full(40, 1.25), *columns[1:]]))[0])
        close(op(*[list(c) for c in np.split(columns, 2)]) if op.sequences == 2 else f(columns), values)
        program = Program([node], leaves)
        assert not program.own
        file = tempfile.mktemp()
        program.save(file + ".npz")
        again = Program.load(file + ".npz")
        close(again(columns[:, 1].tolist()), closed(columns[:, 1])[0])
        assert len(node.args) > 8 or step_through(node)
        if sys.argv[2] == "cc" and n < 70:
            y, g = in_c(program, columns[:, 1])
            close(y, closed(columns[:, 1])[0])
            close(g, closed(columns[:, 1])[1])
"""

PLAYGROUND = """
import runpy, sys
text, rows = runpy.run_path(sys.argv[1])["operations"]()
for name in sys.argv[2:]:
    row = rows[name]
    assert row["name"] == name and row["places"][row["arity"]] is not None, row
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
    """The package with all rows, and what one command writes."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(CHECKOUT / "autograd", folder / "autograd", ignore=shutil.ignore_patterns("*.so", "__pycache__"))
    table = folder / "autograd" / "ops.py"
    text = table.read_text(encoding="utf-8")
    rows = "".join(f"{row}\n\n" for row in (*[row for row, _, _ in ROWS.values()], *SEVERAL.values()))
    text = text.replace("# fmt: on", f"{rows}# fmt: on").replace("import special\n", "import special\nfrom functools import reduce\n")
    table.write_text(text, encoding="utf-8")
    for name in ("README.md", "docs/operations.md", "docs/operations.py", "tests/edges.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(CHECKOUT / name, folder / name)
    command(folder, "pure", "-m", "autograd.native.generate")
    return folder


@pytest.mark.parametrize("name", ROWS)
def test_a_row_and_a_command_are_enough(name, copy):
    command(copy, "pure", "-c", USE, name, *ROWS[name][1:], "pure")
    assert PAGE[name] in (copy / "docs" / "operations.md").read_text(encoding="utf-8")


def test_rows_of_several_arguments(copy):
    command(copy, "pure", "-c", USE_SEVERAL, "pure", "cc" if shutil.which("cc") else "")


def test_the_playground_has_it_without_a_second_declaration(copy):
    command(copy, "pure", "-c", PLAYGROUND, str(CHECKOUT / "docs" / "playground.py"), *ROWS)


def test_what_the_command_wrote_is_compiled(copy):
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    pytest.importorskip("Cython")
    setup = (CHECKOUT / "setup.py").read_text(encoding="utf-8").replace('"-O3"', '"-O0"')
    (copy / "setup.py").write_text(setup, encoding="utf-8")
    command(copy, "pure", "setup.py", "-q", "build_ext", "--inplace")
    for name, (_, y, slope) in ROWS.items():
        command(copy, "native", "-c", USE, name, y, slope, "native")
    command(copy, "native", "-c", USE_SEVERAL, "native", "")


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
