"""detect_anomaly names the line of this file where the first non-finite number or gradient arises."""

import inspect
import math
import subprocess
import sys

import numpy as np
import pytest

import autograd
from autograd import Value, detect_anomaly, ops
from autograd.context import current, scope_path
from autograd.errors import AnomalyError


def here(offset=0):
    """File and line of the caller, as a message names them."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno + offset}: "


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (lambda v: 1.0 / v, "div(1.0, 0.0) gave inf"),
        (lambda v: ops.log(v * 2.0), "log(0.0) gave -inf"),
        (lambda v: ops.logsumexp([v, math.nan]), "logsumexp(0.0, nan) gave nan"),
        (lambda v: np.log(v * 2.0), "log(0.0) gave -inf"),
        (lambda v: np.float64(1.0) / v, "div(1.0, 0.0) gave inf"),
        (lambda v: v**-1, "powc(0.0, -1.0) gave inf"),
        (lambda v: np.array([v]) / np.array([0.0]), "div(0.0, 0.0) gave nan"),
    ],
)
def test_forwards(record, what):
    v = Value(0.0)
    with detect_anomaly(), pytest.raises(AnomalyError) as info:
        record(v)
    line = inspect.getsourcelines(record)[1]
    assert str(info.value).startswith(f"{what} at {__file__}:{line}: ")


def test_forwards_names_the_line_and_its_text():
    v = Value(0.0)
    where = here(+2)
    with pytest.raises(AnomalyError) as info, detect_anomaly():
        v.log()
    assert str(info.value) == f"log(0.0) gave -inf at {where}v.log()"
    assert isinstance(info.value, ArithmeticError)


def test_forwards_through_builtin_code():
    v = [Value(1e308), Value(1e308)]
    where = here(+2)
    with pytest.raises(AnomalyError) as info, detect_anomaly():
        sum(v)
    assert where in str(info.value)


def test_backwards_names_the_line_that_recorded():
    x = Value(0.0)
    with detect_anomaly():
        where = here(+1)
        y = ops.sqrt(x)
        z = y * 2.0
        with pytest.raises(AnomalyError) as info:
            z.backward()
    assert where + "y = ops.sqrt(x)" in str(info.value)
    assert "the gradient became inf" in str(info.value)
    assert "argument 0 of sqrt" in str(info.value)


@pytest.mark.parametrize(
    "derivative",
    [autograd.grad, autograd.value_and_grad, autograd.jacobian, lambda f: lambda x: autograd.vjp(f)(x)(1.0)],
    ids=["grad", "value_and_grad", "jacobian", "vjp"],
)
def test_backwards_of_a_function(derivative):
    where = here(+2)
    with detect_anomaly(), pytest.raises(AnomalyError) as info:
        derivative(lambda x: ops.sqrt(x) * 2.0)(0.0)
    assert str(info.value).startswith("the gradient became inf on its way back through argument 0 of sqrt: 2.0 arrived there")
    assert where in str(info.value)


def test_backwards_of_what_was_recorded_outside():
    x = Value(0.0)
    y = ops.sqrt(x)
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"recorded at a line outside detect_anomaly"):
        y.backward()


def test_backwards_leaves_the_leaves_as_they_were():
    x, w = Value(0.0), Value(3.0)
    x.grad = w.grad = 5.0
    y = w * 1.0 + ops.sqrt(x)
    with detect_anomaly(), pytest.raises(AnomalyError):
        y.backward()
    assert (x.grad, w.grad) == (5.0, 5.0)


def test_zero_times_infinity_is_found():
    x = Value(0.0)
    with detect_anomaly(), pytest.raises(AnomalyError, match="the gradient became nan"):
        (ops.sqrt(x) * 0.0).backward()


def test_finite_work_goes_through():
    x = Value(2.0)
    with detect_anomaly():
        y = ops.where(x > 3, ops.log(x), x * x)
        y.backward()
        assert autograd.grad(lambda x: ops.where(x > 3, ops.log(x), x * x))(2.0) == 4.0
    assert x.grad == 4.0


def test_an_absent_branch_is_no_anomaly_backwards():
    x = Value(0.0)
    root = ops.sqrt(x)
    with detect_anomaly():
        ops.where(x > 0, root, x).backward()
    assert x.grad == 1.0


def test_nothing_is_left_behind():
    before = current()
    v = Value(0.0)
    with pytest.raises(AnomalyError), detect_anomaly():
        v.log()
    assert current() is before
    assert v.log().data == -math.inf
    with detect_anomaly():
        pass
    assert (1.0 / v).data == math.inf


def test_works_within_a_scope_and_a_scope_within():
    v = Value(0.0)
    with autograd.scope("a"), detect_anomaly(), autograd.scope("b"), pytest.raises(AnomalyError):
        v.log()
    with autograd.scope("a"), detect_anomaly(), autograd.scope("b"):
        y = v + 1.0
    assert scope_path(y.scope) == ("a", "b")


@pytest.mark.parametrize("name", ["autograd_demo.py", "nn_demo.py", "automatic.py"])
def test_a_user_file_beside_the_packages_is_the_users(name, tmp_path):
    """Its path begins like that of a package."""
    for package in ("autograd", "nn"):
        (tmp_path / package).symlink_to(f"{autograd.__path__[0]}/../{package}")
    script = tmp_path / name
    script.write_text("from autograd import *\ndef f(x):\n    return log(x)\nwith detect_anomaly():\n    f(Value(0.0))\n")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)  # noqa: S603  # the lines above
    assert f"{script}:3: return log(x)" in run.stderr
