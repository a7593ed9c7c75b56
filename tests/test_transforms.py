"""Derivatives as functions, against SciPy, closed forms and mpmath; nesting, structures, cost."""

import math
import sys
import threading
from typing import NamedTuple

import numpy as np
import pytest
import scipy.optimize as so
from mpmath import mp

import autograd
import nn
from autograd import Value, grad, gradient, hessian, hvp, jacobian, jvp, no_grad, ops, value_and_grad, vjp
from autograd.errors import ChangedError, LengthError, NumberError, OperationError
from autograd.graph import order

DIMENSIONS = [2, 3, 5, 10, 20, 50]


def point(n, seed=0):
    return np.random.default_rng(seed).uniform(-1.5, 1.5, n)


@pytest.mark.parametrize("n", DIMENSIONS)
def test_rosenbrock_has_scipys_gradient_hessian_and_products(n):
    x, v = point(n), point(n, seed=1)
    value, gradient_ = value_and_grad(so.rosen)(x)
    assert value == pytest.approx(so.rosen(x), rel=1e-13)
    np.testing.assert_allclose(gradient_, so.rosen_der(x), rtol=1e-12, atol=1e-11)
    expected = so.rosen_hess(x)
    found = hessian(so.rosen)(x)
    assert found.dtype == float
    assert np.abs(found - expected).max() <= 1e-12 * np.abs(expected).max()
    np.testing.assert_allclose(hvp(so.rosen)(x, v), so.rosen_hess_prod(x, v), rtol=1e-12, atol=1e-10)


def sin_exp(x):
    return autograd.sin(x) * autograd.exp(x)


@pytest.mark.parametrize("x", [-1.3, 0.0, 0.49, 2.0])
@pytest.mark.parametrize("order_", range(1, 6))
def test_derivatives_nest_to_any_order(x, order_):
    f = sin_exp
    for _ in range(order_):
        f = grad(f)
    with mp.workdps(50):
        expected = float(mp.diff(lambda t: mp.sin(t) * mp.exp(t), x, order_))
    assert f(x) == pytest.approx(expected, rel=1e-12, abs=1e-12)


SMOOTH = [
    (name, point)
    for name, points in {
        "tanh": (-800.0, -0.7, 0.0, 3.0),
        "sigmoid": (-800.0, -0.7, 0.0, 3.0),
        "softplus": (-800.0, -0.7, 0.0, 3.0),
        "erf": (-0.7, 0.0, 3.0),
        "atan": (-0.7, 0.0, 3.0),
        "asin": (-0.7, 0.0, 0.5),
        "log1p": (-0.7, 0.0, 3.0),
        "expm1": (-0.7, 0.0, 3.0),
        "sqrt": (0.3, 3.0),
        "tan": (-0.7, 0.0, 1.0),
    }.items()
    for point in points
]
FORMULAS = {
    "tanh": mp.tanh,
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "erf": mp.erf,
    "atan": mp.atan,
    "asin": mp.asin,
    "log1p": lambda x: mp.log(1 + x),
    "expm1": lambda x: mp.exp(x) - 1,
    "sqrt": mp.sqrt,
    "tan": mp.tan,
}


@pytest.mark.parametrize(("name", "x"), SMOOTH)
def test_second_and_third_derivatives_of_operations(name, x):
    second = grad(grad(ops.TABLE[name]))
    with mp.workdps(60):
        expected = [float(mp.diff(FORMULAS[name], mp.mpf(x), n, h=mp.mpf(10) ** -12)) for n in (2, 3)]
    assert [second(x), grad(second)(x)] == pytest.approx(expected, rel=1e-11, abs=1e-14)


def test_nested_derivatives_keep_their_variables_apart():
    assert grad(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0) == 6.0
    # The same number under two names: d/dy (x y) at y = x is x, not 2x.
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0) == 1.0
    assert grad(lambda x: x * grad(lambda y: x * y * y)(x))(3.0) == pytest.approx(6 * 3.0**2)


def test_values_among_arguments_or_captures_give_values_joined_to_their_graph():
    w, x = Value(3.0), Value(2.0)
    for slope in (grad(lambda t: w * t * t)(2.0), grad(lambda t: 3.0 * t * t)(x)):
        assert isinstance(slope, Value)
        assert slope.data == 12.0
    grad(lambda t: w * t * t)(2.0).backward()
    assert w.grad == 4.0
    assert isinstance(grad(lambda t: Value(3.0) * t)(2.0), float), "a Value made inside is no capture"


def test_a_gradient_touches_nobodys_grad():
    w = Value(3.0)
    w.grad = 7.0
    grad(lambda t: w * t)(2.0)
    gradient(w * w, w)
    assert w.grad == 7.0


class Pair(NamedTuple):
    a: float
    b: float


STRUCTURES = [
    2.0,
    3,
    [1.0, 2.0],
    (1.0, [2.0, 3.0]),
    {"w": [1.0, 2.0], "b": 0.5},
    Pair(1.0, 2.0),
    np.array([1.0, 2.0]),
    np.array([[1, 2], [3, 4]]),
    {"W": np.ones((2, 3)), "b": [np.zeros(2), 1.0]},
]


def flat(tree):
    if isinstance(tree, dict):
        return [x for item in tree.values() for x in flat(item)]
    if isinstance(tree, np.ndarray):
        return tree.ravel().tolist()
    return [x for item in tree for x in flat(item)] if isinstance(tree, list | tuple) else [tree]


@pytest.mark.parametrize("x", STRUCTURES, ids=repr)
def test_the_gradient_has_the_structure_of_the_argument(x):
    value, found = value_and_grad(lambda t: ops.sum([a**3 for a in flat(t)]))(x)
    assert value == pytest.approx(math.fsum(a**3 for a in flat(x)))
    assert flat(found) == pytest.approx([3.0 * a * a for a in flat(x)])
    assert repr(found).translate(str.maketrans("", "", "0123456789. ")) == repr(value_and_grad(lambda t: ops.sum(flat(t)))(x)[1]).translate(
        str.maketrans("", "", "0123456789. ")
    )
    assert type(found) is (float if isinstance(x, int) else type(x))
    if isinstance(x, np.ndarray):
        assert found.shape == x.shape
        assert found.dtype == float


def test_jacobians_of_structures():
    x = np.array([2.0, 3.0])
    assert jacobian(lambda t: t[0] * t[1])(x).tolist() == [3.0, 2.0]
    assert jacobian(lambda t: [t[0] * t[1], t[0]])([2.0, 3.0]) == [[3.0, 2.0], [1.0, 0.0]]
    assert jacobian(lambda t: {"p": t["a"] * t["b"]})({"a": 2.0, "b": 3.0}) == {"p": {"a": 3.0, "b": 2.0}}
    cube = jacobian(lambda t: np.outer(t, t))(x)
    expected = np.einsum("ik,j->ijk", np.eye(2), x) + np.einsum("jk,i->ijk", np.eye(2), x)
    assert cube.tolist() == expected.tolist()
    assert jacobian(lambda t: t * 2.0)(np.zeros((2, 2))).shape == (2, 2, 2, 2)


def test_the_jacobian_of_softmax():
    z = point(6)
    a = np.exp(z) / np.exp(z).sum()
    np.testing.assert_allclose(jacobian(nn.softmax)(z), np.diag(a) - np.outer(a, a), rtol=1e-12, atol=1e-16)


def test_forward_and_reverse_mode_are_transposes():
    def f(t):
        return [autograd.tanh(t[0] * t[1]), autograd.exp(t[1]) / t[2], ops.logsumexp(t), ops.maximum(*t)]

    x, v, w = point(3), point(3, seed=1), point(4)
    forward = jvp(f)(x, v)
    assert np.dot(w, forward) == pytest.approx(np.dot(vjp(f)(x)(list(w)), v), rel=1e-13)
    np.testing.assert_allclose(np.array(jacobian(f)(x)) @ v, forward, rtol=1e-13)


def test_the_gradient_of_a_graph():
    x, y = Value(2.0), Value(3.0)
    z = x * y + x
    dx, dy = gradient(z, [x, y])
    assert (dx.data, dy.data) == (4.0, 2.0)
    assert gradient(z * z, [z])[0].data == 2.0 * z.data
    assert gradient(x * 1.0, y).data == 0.0
    assert gradient(x, x).data == 1.0


def test_graphs_of_gradients_are_not_filled_with_ones_and_zeros():
    x = Value(2.0)
    assert gradient(x + 3.0, x).op is None
    product = gradient(x * Value(3.0), x)
    assert product.op is None
    assert {node.op.name for node in order(gradient(x**3, x)) if node.op} <= {"powc", "mul", "where"}


def test_where_sends_its_cotangent_one_way():
    def f(x):
        return autograd.where(x > 0.0, autograd.log(x), 0.0)

    assert [grad(f)(x) for x in (0.0, -1.0, 2.0)] == [0.0, 0.0, 0.5]
    assert [grad(grad(f))(x) for x in (0.0, -1.0, 2.0)] == [0.0, 0.0, -0.25]


@pytest.mark.parametrize("constant", [3, 3.0, Value(3.0)], ids=repr)
@pytest.mark.parametrize(
    "derivative",
    [grad, hessian, jacobian, lambda f: lambda x: jvp(f)(x, 1.0), lambda f: lambda x: vjp(f)(x)(1.0), lambda f: lambda x: hvp(f)(x, 1.0)],
    ids=["grad", "hessian", "jacobian", "jvp", "vjp", "hvp"],
)
def test_a_constant_has_derivative_zero(derivative, constant):
    found = derivative(lambda _: constant)(2.0)
    assert (found.data if isinstance(found, Value) else found) == 0.0


def test_tangents_and_cotangents_go_by_key_and_place():
    def f(t):
        return {"p": t["a"] ** 2 * t["b"], "q": [t["a"], t["b"]]}

    x = {"a": 2.0, "b": 3.0}
    assert jvp(f)(x, {"b": 0.0, "a": 1.0}) == {"p": 12.0, "q": [1.0, 0.0]}
    assert vjp(f)(x)({"q": (10.0, 100.0), "p": 1.0}) == {"a": 22.0, "b": 104.0}
    assert jvp(np.sum)(np.ones((2, 3)), [[1, 2, 3], (4, 5, 6)]) == 21.0


def test_a_cotangent_that_is_a_value_stays_joined():
    w = Value(3.0)
    product = vjp(lambda x: x * x)(2.0)
    joined = product(w)
    joined.backward()
    assert (joined.data, w.grad) == (12.0, 4.0)
    assert isinstance(product(3.0), float)


def test_one_result_given_twice_and_rows_beside_an_infinite_one():
    assert vjp(lambda x: [y := x * x, y])(2.0)([1.0, 10.0]) == 44.0
    assert jacobian(lambda x: [autograd.log(x[0]), x[0]])([0.0]) == [[math.inf], [1.0]]
    assert math.isnan(vjp(lambda x: [autograd.log(x), x])(0.0)([0.0, 1.0])), "0 times inf is not hidden"


def test_an_array_without_axes_is_a_number():
    assert value_and_grad(lambda x: np.tensordot(x, x, 1))(np.array([3.0, 4.0]))[0] == 25.0
    assert grad(lambda x: x * x)(np.array(3.0)) == 6.0


def test_constants_beside_what_depends_on_the_input():
    assert vjp(lambda x: [1.0, x[0]])(np.ones(2))([5.0, 7.0]).tolist() == [7.0, 0.0]
    assert jvp(lambda x: [1.0, x[0]])(np.ones(2), np.array([2.0, 3.0])) == [0.0, 2.0]
    assert jacobian(lambda x: [1.0, x[0]])([1.0, 1.0]) == [[0.0, 0.0], [1.0, 0.0]]


def test_an_operand_changed_after_it_was_recorded_is_refused():
    a, b = Value(2.0), Value(3.0)
    c = a * b
    b.data = 10.0
    with pytest.raises(ChangedError, match=r"changed after it was recorded: its local derivative was 3.0 and is 10.0 now"):
        gradient(c, a)


def test_no_grad_records_nothing():
    x = Value(3.0)
    with no_grad():
        y = autograd.sum([x * x, ops.dot([x], [x])])
        assert grad(lambda t: t * t)(3.0) == vjp(lambda t: t * t)(3.0)(1.0) == jvp(lambda t: t * t)(3.0, 1.0) == 6.0
        assert hessian(lambda t: t * t)(3.0) == hvp(lambda t: t * t)(3.0, 1.0) == 2.0
    assert (y.data, y.op, y.args, y.partials) == (18.0, None, (), ())
    assert (x * x).args == (x, x)


def logistic_regression():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = (X @ [1.0, -2.0, 0.5] + rng.normal(size=40) > 0).astype(float)

    def cost(w):
        scores = [ops.dot(row, w) for row in X.tolist()]
        return ops.sum([ops.softplus(s) - t * s for s, t in zip(scores, y.tolist(), strict=True)]) / 40.0 + 0.05 * ops.dot(w, w)

    def by_hand(w):
        p = 1.0 / (1.0 + np.exp(-X @ w))
        value = np.mean(np.logaddexp(0.0, X @ w) - y * (X @ w)) + 0.05 * w @ w
        return value, X.T @ (p - y) / 40.0 + 0.1 * w, (X.T * (p * (1 - p))) @ X / 40.0 + 0.1 * np.eye(3)

    return cost, by_hand


@pytest.mark.parametrize("method", ["BFGS", "Newton-CG", "trust-exact"])
def test_scipys_optimisers_reach_the_optimum_of_hand_written_derivatives(method):
    cost, by_hand = logistic_regression()
    second = {} if method == "BFGS" else {"hess": hessian(cost)}
    second_by_hand = {} if method == "BFGS" else {"hess": lambda w: by_hand(w)[2]}
    ours = so.minimize(value_and_grad(cost), np.zeros(3), jac=True, method=method, **second)
    theirs = so.minimize(lambda w: by_hand(w)[:2], np.zeros(3), jac=True, method=method, **second_by_hand)
    assert ours.success
    np.testing.assert_allclose(ours.x, theirs.x, rtol=1e-6)
    assert np.abs(by_hand(ours.x)[1]).max() < 1e-4
    if method == "Newton-CG":
        products = so.minimize(value_and_grad(cost), np.zeros(3), jac=True, method=method, hessp=hvp(cost))
        np.testing.assert_allclose(products.x, theirs.x, rtol=1e-6)


def scalar_operations(root):
    """Operations counted by scalars: an n-ary node of n terms counts n."""
    return sum(max(1, len(node.args) if node.op.arity is None else 1) for node in order(root) if node.op)


def mlp(p):
    hidden = [ops.tanh(ops.dot(p[9 * i : 9 * i + 8], [0.1 * k for k in range(8)]) + p[9 * i + 8]) for i in range(10)]
    return ops.dot(p[90:100], hidden) ** 2


@pytest.mark.parametrize(("f", "n"), [(so.rosen, 50), (mlp, 100)], ids=["rosen", "mlp"])
def test_derivatives_cost_a_small_multiple_of_the_function(f, n):
    x = np.array([Value(a) for a in point(n)], dtype=object)
    v = np.array([Value(a) for a in point(n, seed=1)], dtype=object)
    function = scalar_operations(f(x))
    # Joined by a sum, so that shared nodes count once; the sum's own terms do not.
    both = ops.sum(list(grad(f)(x)))
    assert scalar_operations(both) - n <= 5 * function
    product = ops.sum(list(hvp(f)(x, v)))
    assert scalar_operations(product) - n <= 10 * function


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: grad(3)(1.0), OperationError, "got 3, expected a function"),
        (lambda: grad(lambda x: [x, x])(1.0), LengthError, "gave 2 numbers, expected one: take its jacobian"),
        (lambda: grad(lambda _: "3")(1.0), NumberError, "got the string '3'"),
        (lambda: grad(lambda _: None)(1.0), NumberError, "got None"),
        (lambda: grad(lambda x: x)("3"), NumberError, "got the string '3'"),
        (lambda: gradient(3.0, Value(1.0)), NumberError, "gradient.. takes Values, got 3.0"),
        (lambda: gradient(Value(1.0), [2.0]), NumberError, "gradient.. takes Values, got 2.0"),
        (
            lambda: jvp(lambda x: x)([1.0, 2.0], [1.0]),
            LengthError,
            "got 1 numbers as tangent in a list of 1, expected 2 in the structure of a list of 2",
        ),
        (
            lambda: jvp(np.sum)(np.ones((2, 3)), np.ones((3, 2))),
            LengthError,
            r"got 6 numbers as tangent in an array of shape \(3, 2\), expected 6 in the structure of an array of shape \(2, 3\)",
        ),
        (
            lambda: jvp(lambda x: x["a"])({"a": 1.0, "b": 2.0}, {"a": 1.0, "c": 2.0}),
            LengthError,
            "in a dict with the keys 'a', 'c', expected 2 in the structure of a dict with the keys 'a', 'b'",
        ),
        (
            lambda: jvp(lambda x: x[0])([1.0], 2.0),
            LengthError,
            "got 1 numbers as tangent in a float, expected 1 in the structure of a list",
        ),
        (lambda: jvp(lambda x: x)(1.0, [2.0]), NumberError, "in the tangent: got a list of 1, expected one real number"),
        (
            lambda: vjp(lambda x: x)([1.0, 2.0])([1.0]),
            LengthError,
            "got 1 numbers as cotangent in a list of 1, expected 2 in the structure of a list of 2",
        ),
    ],
)
def test_wrong_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_threads_call_one_pullback_at_once():
    """What `vjp` gave sweeps over one graph, whichever thread calls it."""
    size = 60
    pullback = vjp(lambda x: [autograd.sum([a * k for a in x]) for k in range(4)])([1.0] * size)
    interval = sys.getswitchinterval()
    found = {}

    def work(k):
        seed = [float(i == k) for i in range(4)]
        found[k] = {tuple(pullback(seed)) for _ in range(100)}

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    try:
        sys.setswitchinterval(1e-6)
        for t in threads:
            t.start()
        for t in threads:
            t.join()
    finally:
        sys.setswitchinterval(interval)
    assert found == {k: {(float(k),) * size} for k in range(4)}
