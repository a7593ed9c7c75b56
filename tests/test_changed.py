"""A changed operand is known by its number: transforms accuse each change of a number, and nothing else."""

import copy
import math
import pickle
import subprocess
import sys
import warnings
from itertools import count

import numpy as np
import pytest
from scipy.optimize import minimize, root

import autograd
from autograd import Op, Value, exp, grad, gradient, hessian, hvp, jit, jvp, ops, sin, softplus, tanh, value_and_grad, vmap
from autograd.errors import ChangedError

METHODS = ("Newton-CG", "trust-exact", "trust-ncg", "trust-krylov", "dogleg")
CHANGED = pytest.raises(ChangedError, match="was changed after it was recorded")


def newton(g, h, x):
    """The zero of g by Newton's method, in NumPy alone."""
    for _ in range(30):
        x = x - np.linalg.solve(h(x), g(x))
    return x


def logistic(rng):
    """A regularised logistic loss over lanes, and its minimum by formulas of its own."""
    x, t = rng.normal(size=(30, 3)), rng.choice([-1.0, 1.0], size=30)
    loss = vmap(lambda w, x, t: softplus(-t * ops.dot(list(w), list(x))), in_axes=(None, 0, 0), reduce="mean")

    def s(w):
        return 1.0 / (1.0 + np.exp(t * (x @ w)))

    best = newton(
        lambda w: -x.T @ (t * s(w)) / 30 + 0.1 * w,
        lambda w: (x.T * (s(w) * (1 - s(w)))) @ x / 30 + 0.1 * np.eye(3),
        np.zeros(3),
    )
    return lambda w: loss(w, x, t) + 0.05 * ops.dot(list(w), list(w)), np.zeros(3), best


def squares(rng):
    """A sum of squares that is 0 at a known point, recorded as one program."""
    a, best = rng.normal(size=(6, 3)), rng.normal(size=3) * 0.3
    targets = np.tanh(a @ best).tolist()

    def f(w):
        return ops.sum([(tanh(ops.dot(row, list(w))) - t) ** 2 for row, t in zip(a.tolist(), targets, strict=True)])

    return jit(f), best + 0.02 * rng.normal(size=3), best


@pytest.mark.any_python
@pytest.mark.parametrize("i", range(10))
def test_newtons_methods_of_scipy(i):
    method = METHODS[i % 5]
    f, start, best = (logistic, squares)[i // 5](np.random.default_rng(i))
    curvature = {"hessp": hvp(f)} if i % 5 in (0, 2, 3) and i % 3 else {"hess": hessian(f)}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=RuntimeWarning, module="scipy")  # trust-krylov divides by 0 at the minimum
        near = minimize(value_and_grad(f), start, jac=True, method=method, tol=1e-12, **curvature).x
    # The loss itself tells points apart no better than to the root of its rounding: the last steps are those of its gradient.
    assert f(near) < f(best) + 1e-9
    assert np.abs(root(grad(f), near, jac=hessian(f), tol=1e-15).x - best).max() < 1e-12


def test_derivatives_that_cancel_are_no_change():
    f = jit(lambda p: ops.sum([(p - x) * (p - x) for x in (0.2, -0.5, -0.4)]))
    assert grad(grad(f))(-0.7 / 3) == 6.0
    assert jvp(grad(f))(-0.7 / 3, 1.0) == 6.0


SINGLE = {
    "mul": (lambda x: x * x, 5.0),
    "add": (lambda x: x + 1.0, 5.0),  # its derivative stays as it was
    "sin": (sin, 0.0),
    "exp": (exp, math.nextafter(2.0, 3.0)),
    "where": (lambda x: ops.where(x, x * 2.0, x * 3.0), 0.0),
    "dot": (lambda x: ops.dot([x, 2.0], [3.0, x]), 1.0),
    "the sign of 0": (lambda x: 1.0 / (x - 2.0), 2.5),
    "own": (Op("cube", lambda _, a: a**3, lambda _, a: (3.0 * a * a,)), -2.0),
    "jit": (jit(lambda a: a * sin(a)), 1.5),
    "vmap": (lambda x: vmap(lambda a, b: a * b * a, in_axes=(None, 0), reduce="sum")(x, np.array([1.0, 2.0])), 1.5),
}


@pytest.mark.parametrize("name", SINGLE)
def test_a_change_is_refused_and_taken_back_is_none(name):
    f, other = SINGLE[name]
    x = Value(7.0)
    x.data = 2.0  # before it was used
    y = f(x)
    first = gradient(y, x).data
    x.data = other
    with CHANGED:
        gradient(y, x)
    for made_again in (copy.deepcopy, lambda pair: pair if name in {"own", "exp"} else pickle.loads(pickle.dumps(pair))):
        with CHANGED:
            gradient(*made_again((y, x)))
    x.data = 2.0
    assert gradient(y, x).data == first
    with pytest.raises(TypeError):
        x.data = "5"
    assert gradient(y, x).data == first


def test_what_was_never_set_is_never_compared():
    """An Op that gives something else each time would be accused."""
    calls = count(1)
    noise = Op("noise", lambda _, a: a + next(calls), lambda _y, _a: (1.0,))
    x = Value(2.0)
    y = noise(x) * x
    assert gradient(y, x).data == 2.0 + y.args[0].data
    assert next(calls) == 2
    x.data = 3.0
    x.data = 2.0
    assert gradient(y, x).data == 2.0 + y.args[0].data  # nor where it may have been, since nothing can be said of it


@pytest.mark.parametrize("number", [math.nan, math.inf, -0.0])
def test_the_same_number_set_again(number):
    x = Value(number)
    y = x * x
    x.data = number
    assert gradient(y, x).data == pytest.approx(2.0 * number, rel=0.0, nan_ok=True)


def test_the_number_of_a_result_may_be_set_where_no_derivative_rests_on_it():
    x = Value(2.0)
    y = x * 3.0
    y.data = 7.0  # as in quantised training, straight through
    assert gradient(y, x).data == 3.0
    assert gradient(y * y, x).data == 42.0
    z = exp(x)
    z.data = 7.0
    with CHANGED:
        gradient(z, x)


def test_training_changes_nothing_that_is_recorded_after_it():
    w = Value(0.5)
    for _ in range(5):
        loss = jit(lambda a: (a * a - 2.0) ** 2)(w)
        assert gradient(loss, w).data == pytest.approx(4.0 * w.data * (w.data**2 - 2.0), rel=1e-14)
        w.data -= 0.05 * gradient(loss, w).data
    with CHANGED:
        gradient(loss, w)


def test_an_array_changed_after_it_was_recorded():
    w, x = Value(3.0), np.array([1.0, 2.0])
    y = vmap(lambda a, b: a * a * b, in_axes=(None, 0), reduce="sum")(w, x)
    z = jit(lambda a, b: a * a * b[1])(w, x)
    slope = gradient(y, w)
    x *= 100.0
    for result in (y, slope):
        with CHANGED:
            gradient(result, w)
    assert gradient(z, w).data == 12.0  # its numbers are arguments of the node, as it was recorded
    y.backward()
    assert w.grad == 18.0
    x /= 100.0
    assert (gradient(y, w).data, gradient(slope, w).data) == (18.0, 6.0)
    assert (gradient(z, w).data, gradient(gradient(z, w), w).data) == (12.0, 4.0)


MAKE = """
import pickle, sys
from autograd import Value, backend, ops, jit
x = Value(9.0)
x.data = 0.3
z = [ops.tanh(x) ** 3, ops.logsumexp([x, 1.0, x * 0.7]), ops.hypot(x, 1.7), ops.erf(x), ops.dot([x, x], [x, 0.1])]
z.append(jit(lambda a: a.tanh())(x))
sys.stdout.buffer.write(pickle.dumps((backend, x, z)))
"""


@pytest.mark.parametrize("backend", ["pure", autograd.backend])
def test_a_pickle_of_the_other_backend(backend, monkeypatch):
    monkeypatch.setenv("AUTOGRAD_BACKEND", backend)
    done = subprocess.run([sys.executable, "-c", MAKE], capture_output=True, check=True)  # noqa: S603  # our own
    made, x, z = pickle.loads(done.stdout)
    assert made == backend
    expected = [gradient(y, x).data for y in z]
    x.data = 0.5
    for y in z:
        with CHANGED:
            gradient(y, x)
    x.data = 0.3
    assert [gradient(y, x).data for y in z] == expected
