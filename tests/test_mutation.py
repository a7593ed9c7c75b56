"""The mutation check itself, on a few operations; `python tests/tools/mutate.py` runs it on all of them."""

import re
import subprocess
import sys
from collections import defaultdict
from math import inf
from pathlib import Path

import mutate
import pytest
from checkout import needs_checkout

from autograd import TABLE, Value, ops

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend, needs_checkout]

TINY = b"""
half: Op = Op("half", lambda xp, x, n: x / 2.0, lambda y, x, n: (0.5 * x, None), "half")
both: Op = Op("both", lambda xp, *x: x, lambda y, *x: _help(x), "both")
def _help(x):
    e = [exp(a - 1.0) for a in x]
    return tuple(abs(a) for a in e)
"""


# Where a mutant survived the tests of the table: an operation, a point, the gradient there.
@pytest.mark.parametrize(
    ("op", "point", "gradient"),
    [
        (ops.pow, (0.0, -1.0), (-inf, -inf)),  # x**y log x, where both factors are infinite
        (ops.pow, (0.0, -0.5), (-inf, -inf)),
        (ops.leaky_relu, (-1.5, 2.0), (2.0, -1.5)),  # a slope above 1
        (ops.clip, (2.0, -3.0, 4.0), (1.0, 0.0, 0.0)),  # bounds other than the -1 and 1 of the table's domain
        (ops.clip, (-5.0, -3.0, 4.0), (0.0, 1.0, 0.0)),
        (ops.clip, (5.0, -3.0, 4.0), (0.0, 0.0, 1.0)),
        (ops.stop_gradient, (2.0,), (0.0,)),
        (ops.digamma, (-0.3,), (13.9451602678057225,)),  # beyond the table's domain
        (ops.digamma, (-1.6,), (10.4437593683073772,)),
    ],
)
def test_derivative(op, point, gradient):
    leaves = [Value(x) for x in point]
    op(*leaves).backward()
    assert [leaf.grad for leaf in leaves] == pytest.approx(list(gradient), rel=1e-14, abs=0.0)


def run(*arguments):
    """The script, or a program that imports it, in a process of its own, since it forks and loads `autograd` anew."""
    folder = Path(mutate.__file__).parent
    return subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # ours


def test_every_mutant_of_an_operation_is_killed():
    done = run("mutate.py", "sqrt")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[::2] for line in done.stdout.splitlines()[1:2]] == [["sqrt", "0"]]
    assert re.search(r"^(\d+) of \1 mutants killed", done.stdout, re.MULTILINE)
    assert "survived:" not in done.stdout


def test_a_survivor_is_listed():
    done = run("-c", "import mutate, sys; mutate.EQUIVALENT.clear(); sys.exit(mutate.main(['sum'], mutate.OPS.read_bytes()))")
    assert done.returncode == 1, done.stderr
    assert "4 of 7 mutants killed" in done.stdout
    assert "survived: sum: (*p[1:], p[0]) of p = (1.0,) * len(x)" in done.stdout


def test_a_table_that_is_wrong_to_begin_with_is_refused():
    done = run("-c", "import mutate; mutate.main(['sqrt'], mutate.OPS.read_bytes().replace(b'(0.5 / y,)', b'(0.5 * y,)'))")
    assert done.returncode == 1
    assert done.stderr == "the tests fail on the table as it is: mend that first\n"


def test_an_unknown_operation_is_refused():
    done = run("mutate.py", "mul", "cosine")
    assert done.returncode == 1
    assert done.stderr.startswith("no operation is called cosine; the table has add, sub, mul")


def test_what_becomes_of_each_partial():
    found = defaultdict(list)
    for mutant in mutate.Table(TINY).mutants():
        found[mutant.owner, *mutant.operations].append(mutant.change)
    whole = " of p = _help(x)"
    assert found == {
        ("half", "half"): ["-(0.5 * x)", "0.0", "1.0", "1.0 * x", "0.5 * 1.0", "0.0", "1.0", "None <-> 0.5 * x"],
        ("both", "both"): [
            *[f"({first}, *p[1:]){whole}" for first in ("-p[0]", "0.0", "1.0")],
            *[f"(*p[:-1], {last}){whole}" for last in ("-p[-1]", "0.0", "1.0")],
            f"(*p[1:], p[0]){whole}",
        ],
        ("_help", "both"): [
            *[f"[{e} for a in x]" for e in ("-(exp(a - 1.0))", "0.0", "1.0")],
            *[
                f"[exp({e}) for a in x]"
                for e in ("-(a - 1.0)", "0.0", "1.0", "-(a) - 1.0", "0.0 - 1.0", "1.0 - 1.0", "a - -(1.0)", "a - 0.0")
            ],
            *[f"tuple({e} for a in e)" for e in ("-(abs(a))", "0.0", "1.0", "abs(0.0)", "abs(1.0)")],
        ],
    }


def test_a_mutant_differs_in_its_change_alone():
    for mutant in mutate.Table(TINY).mutants():
        if mutant.change == "0.5 * 1.0":
            assert mutant.source == TINY.replace(b"0.5 * x", b"0.5 * 1.0")


def test_the_whole_table_is_mutated():
    table = mutate.Table(mutate.OPS.read_bytes())
    assert table.rows.keys() == TABLE.keys()
    assert {name: set(users) for name, users in table.users.items()} == {
        "_shares": {"maximum", "minimum"},
        "_softmax": {"logsumexp"},
        "_direction": {"hypot", "norm"},
        "_trigamma": {"digamma"},
        "_fading": {"erf", "atan", "asinh", "gelu", "silu", "erfc", "ndtr", "log_ndtr"},
    }
    changes = {}
    for mutant in table.mutants():
        changes.setdefault(mutant.owner, []).append(mutant.change)
    assert changes.keys() == table.rows.keys() | table.users.keys()
    for owner, reasons in mutate.EQUIVALENT.items():
        assert reasons.keys() <= set(changes[owner]), "a reason for a mutant that is not made"
