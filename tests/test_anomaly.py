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


# What jit and vmap run.


def _log(x):
    return ops.log(x)  # the line of `_log`


def _root(x):
    return ops.sqrt(x) * 2.0  # the line of `_root`


@pytest.mark.parametrize(
    ("run", "what", "line"),
    [
        (lambda: autograd.jit(_log)(0.0), "log(0.0) gave -inf", "_log"),
        (lambda: autograd.jit(_log)(Value(0.0)), "log(0.0) gave -inf", "_log"),
        (lambda: autograd.vmap(_log)(np.array([1.0, 0.0])), "log(0.0) gave -inf", "_log"),
        (lambda: autograd.vmap(_log, reduce="mean")(np.array([1.0, 0.0])), "log(0.0) gave -inf", "_log"),
        (lambda: autograd.jit(autograd.vmap(_log))(np.array([1.0, 0.0])), "log(0.0) gave -inf", "_log"),
        (lambda: autograd.grad(autograd.vmap(_log, reduce="sum"))(np.array([1.0, 0.0])), "log(0.0) gave -inf", "_log"),
        (lambda: autograd.jit(autograd.grad(_root))(0.0), "the gradient became inf on its way back through argument 0 of sqrt", "_root"),
        (lambda: autograd.jit(autograd.value_and_grad(_root))(0.0), "the gradient became inf", "_root"),
        (lambda: autograd.vmap(autograd.grad(_root))(np.array([1.0, 0.0])), "the gradient became inf", "_root"),
        (lambda: autograd.jit(_root)(Value(0.0)).backward(), "the gradient became inf", "_root"),
        (lambda: autograd.grad(autograd.grad(_root))(0.0), "the gradient became inf on its way back through argument 0 of sqrt", "_root"),
        (lambda: autograd.vmap(_root, reduce="sum")(np.array([Value(0.0)])).backward(), "the gradient became inf", "_root"),
    ],
)
def test_sees_what_jit_and_vmap_run(run, what, line):
    before = current()
    with detect_anomaly(), pytest.raises(AnomalyError) as info:
        run()
    assert str(info.value).startswith(what)
    assert f"# the line of `{line}`" in str(info.value)
    assert current() is before


def test_sees_a_function_that_was_recorded_before():
    f, g = autograd.jit(_log), autograd.vmap(autograd.grad(_root))
    assert f(0.0) == -math.inf
    assert g(np.array([0.0]))[0] == math.inf
    for run in (lambda: f(0.0), lambda: g(np.array([0.0]))):
        with pytest.raises(AnomalyError, match="# the line of"), detect_anomaly():
            run()
    assert f(1.0) == 0.0


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: [x, {"a": x * 2.0}], lambda x: x], ids=["number", "structure", "itself"])
def test_results_under_a_watch_are_those_of_replays(f):
    X, w = np.array([1.0, -2.0, 0.5]), Value(3.0)
    calls = [
        lambda: autograd.jit(f)(1.5),
        lambda: autograd.vmap(f)(X),
        lambda: autograd.jit(lambda x: w * x)(2.0).data,
        lambda: autograd.vmap(lambda x: x * x, reduce="mean")(X),
        lambda: autograd.jit(autograd.grad(lambda x: x * x))(3),
        lambda: autograd.jit(lambda x, n: x**n)(2.0, 3),
    ]
    for call in calls:
        expected = call()
        with detect_anomaly():
            found = call()
        assert repr(found) == repr(expected)


# Branches that `where` did not take.


def _safe(x):
    return ops.where(x > 0.0, ops.log(x) * 2.0 + 1.0, x * x)


def _two(x):
    a = ops.log(x)
    b = ops.exp(a * 0.5)
    return ops.where(x > 0.0, b, x) + ops.where(x > 0.0, a, 1.0)


@pytest.mark.parametrize("x", [-2.0, 0.0])
@pytest.mark.parametrize("f", [_safe, _two, lambda x: ops.where(x > 0.0, ops.sqrt(x), x)], ids=["safe", "two", "root"])
def test_a_branch_that_was_not_taken_is_no_anomaly(f, x):
    v, X = Value(x), np.array([x, 2.0])
    calls = [
        lambda: f(Value(x)).data,
        lambda: autograd.grad(f)(x),
        lambda: autograd.grad(autograd.grad(f))(x),
        lambda: autograd.jit(f)(x),
        lambda: autograd.jit(autograd.grad(f))(x),
        lambda: autograd.vmap(f)(X),
        lambda: autograd.vmap(autograd.grad(f))(X),
        lambda: autograd.jacobian(autograd.vmap(f))(X),
        lambda: f(v).backward(),
    ]
    for call in calls:
        expected = call()
        with detect_anomaly():
            found = call()
        assert repr(found) == repr(expected)


def _chosen(x):
    return np.sum(np.where(x > 0.0, np.log(x), x * x))


def test_what_nobody_holds_at_the_end_is_no_anomaly():
    """np.where with a condition of truth values leaves out Values without an operation that tells of it."""
    X = np.array([-1.0, 2.0])
    for derivative in (autograd.grad, lambda f: autograd.jit(autograd.grad(f)), autograd.jacobian):
        with detect_anomaly():
            found = derivative(_chosen)(X)
        np.testing.assert_array_equal(found, [-2.0, 0.5])
    with pytest.raises(AnomalyError, match=r"log\(-1\.0\) gave nan"), detect_anomaly():  # noqa: PT012  # `kept` is held at the end
        kept = np.log(autograd.arrays.array_of([Value(x) for x in X.tolist()], (2,)))
        np.where(X > 0.0, kept, 0.0)


def _wrong(x):
    return ops.where(x > 0.0, x, ops.log(x) * 2.0)  # the line of `_wrong`


@pytest.mark.parametrize(
    "run",
    [
        lambda: _wrong(Value(-1.0)).backward(),
        lambda: autograd.grad(_wrong)(-1.0),
        lambda: autograd.grad(autograd.grad(_wrong))(-1.0),
        lambda: autograd.jit(_wrong)(-1.0),
        lambda: autograd.vmap(_wrong)(np.array([1.0, -1.0])),
        lambda: autograd.grad(lambda v: _wrong(v) + 1.0)(-1.0),
    ],
)
def test_a_branch_that_was_taken_is_one(run):
    with detect_anomaly(), pytest.raises(AnomalyError, match=r"^log\(-1.0\) gave nan at .*# the line of `_wrong`"):
        run()


def test_a_result_that_is_held_at_the_end_is_one():
    with pytest.raises(AnomalyError, match=r"^log\(-1.0\) gave nan"), detect_anomaly():
        y = _wrong(Value(-1.0))
    assert math.isnan(y.data)
    with detect_anomaly():
        y = _safe(Value(-1.0))
    assert y.data == 1.0
    with pytest.raises(ZeroDivisionError), detect_anomaly():
        ops.where(1.0, _wrong(Value(-1.0)), 1.0).backward(seed=1 / 0)


WATCHED = """
try:
    with detect_anomaly():
        {}
        log(Value(-1.0))
except AnomalyError as error:
    what, where = str(error).split(" at ")
    raised = where.strip() != ""
"""


@pytest.mark.parametrize(
    ("line", "raises"),
    [
        ("", True),  # `where` is a string here, once it is anything
        ("from autograd import where", False),
        ("from autograd.ops import where as choose", False),
        ("autograd.where(1.0, 2.0, 3.0)", False),
        ("where = autograd.where", False),
    ],
)
def test_a_variable_named_where_is_no_function(line, raises):
    names = {**vars(autograd), "autograd": autograd, "AnomalyError": AnomalyError}
    del names["where"]
    code = compile(WATCHED.format(line), "<cell>", "exec")
    for _ in range(2):  # as a cell that is run again
        names["raised"] = False
        exec(code, names)  # noqa: S102  # the lines above
        assert names["raised"] is raises


def test_decorates():
    @detect_anomaly()
    def f(x):
        return ops.log(x)

    assert f(Value(1.0)).data == 0.0
    with pytest.raises(AnomalyError):
        f(Value(0.0))
    with pytest.raises(AnomalyError):
        detect_anomaly().run(_wrong, Value(-1.0)).backward()
    assert f(2.0) == math.log(2.0)
