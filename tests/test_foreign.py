"""Operations of the user's own around black boxes: functions of single floats, solvers, partials that cannot be recorded."""

import math
import pickle

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import digamma

from autograd import (
    Op,
    Program,
    Value,
    exp,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    sin,
    value_and_grad,
    vjp,
    vmap,
)  # fmt: skip
from autograd.errors import OperationError
from autograd.program.lanes import BatchedProgram, kernel

POINTS = np.array([0.7, 2.5, 3.2])

# Γ(x), of single floats, with partials that call SciPy's ψ on a float.
gamma = Op("gamma", lambda _xp, x: math.gamma(x), lambda y, x: (y * float(digamma(float(x))),))
# The root t of t³ + t = c, by a solver; once with partials that can be recorded, once with some that cannot.
solved = lambda c: brentq(lambda t: t**3 + t - c, -100.0, 100.0, xtol=1e-15, rtol=1e-15)  # noqa: E731
root = Op("root", lambda _xp, c: solved(c), lambda y, _c: (1.0 / (3.0 * y * y + 1.0),))
opaque_root = Op("opaque_root", lambda _xp, c: solved(c), lambda y, _c: (1.0 / float(3.0 * y * y + 1.0),))
# A function that fails where derivatives are recorded, at 1, and one that branches on its argument.
picky = Op("picky", lambda _xp, x: math.sqrt(x - 2.0), lambda y, _x: (0.5 / float(y),))
sided = Op("sided", lambda _xp, x: 3.0 * x if x > 0.0 else -x, lambda _y, x: (3.0 if x > 0.0 else -1.0,))
# Of two arguments, on one of which it does not depend.
mixed = Op("mixed", lambda _xp, x, n: math.pow(x, math.floor(n)), lambda _y, x, n: (float(n) * math.pow(x, n - 1.0), None))


def slope_of_gamma(x):
    return math.gamma(x) * float(digamma(x))


CASES = [
    (gamma, math.gamma, slope_of_gamma, POINTS),
    (root, solved, lambda c: 1.0 / (3.0 * solved(c) ** 2 + 1.0), POINTS),
    (opaque_root, solved, lambda c: 1.0 / (3.0 * solved(c) ** 2 + 1.0), POINTS),
    (picky, lambda x: math.sqrt(x - 2.0), lambda x: 0.5 / math.sqrt(x - 2.0), POINTS + 3.0),
    (sided, lambda x: 3.0 * x if x > 0.0 else -x, lambda x: 3.0 if x > 0.0 else -1.0, POINTS - 2.0),
    (lambda x: mixed(x, 3.0), lambda x: x**3, lambda x: 3.0 * x * x, POINTS),
]


@pytest.mark.parametrize(("op", "value", "slope", "points"), CASES, ids=["gamma", "root", "opaque", "picky", "sided", "mixed"])
def test_own_operations_work_everywhere(op, value, slope, points):
    f = lambda x: op(x) * x  # noqa: E731
    values, slopes = [value(x) * x for x in points], [slope(x) * x + value(x) for x in points]
    near = lambda expected: pytest.approx(expected, rel=1e-13)  # noqa: E731
    assert op(points).tolist() == near([value(x) for x in points])
    assert op(points.reshape(3, 1)).shape == (3, 1)
    assert op(points[:1]).tolist() == near([value(points[0])])
    for x, y, g in zip(points, values, slopes, strict=True):
        assert f(x) == near(y)
        v = Value(x)
        f(v).backward()
        assert v.grad == near(g)
        assert value_and_grad(f)(x) == near((y, g))
        assert jvp(f)(x, 2.0) == near(2.0 * g)
        assert vjp(f)(x)(3.0) == near(3.0 * g)
        assert gradient(f(v), v).data == near(g)
    for made in (jit(value_and_grad(f)), jit(lambda x: (jit(f)(x), grad(f)(x)))):  # recorded at one point, replayed at others
        for x, y, g in zip(points, values, slopes, strict=True):
            assert made(x) == near((y, g))
    assert vmap(f)(points).tolist() == near(values)
    assert vmap(grad(f))(points).tolist() == near(slopes)
    assert vmap(f)(points[1:2]).tolist() == near(values[1:2])
    mean = jit(value_and_grad(vmap(lambda p, x: f(p * x), in_axes=(None, 0), reduce="mean")))
    assert mean(1.0, points) == near((np.mean(values), np.mean(np.array(slopes) * points)))
    v = Value(points[1])
    jit(f)(v).backward()
    assert v.grad == near(slopes[1])
    v = Value(1.0)
    vmap(lambda a, x: f(a * x), in_axes=(None, 0), reduce="sum")(v, points).backward()
    assert v.grad == near(float(np.dot(slopes, points)))
    v = Value(points[0])
    program = Program([f(v)], [v])
    assert program.gradient()([points[2], 2.0]) == near([2.0 * slopes[2]])
    assert np.allclose(program.gradient()([points, 1.0])[0], slopes, rtol=1e-13)


def test_second_derivatives_of_what_can_be_recorded():
    exact = lambda c: -6.0 * solved(c) / (3.0 * solved(c) ** 2 + 1.0) ** 3  # noqa: E731
    for made in (grad(grad(root)), jit(grad(grad(root))), lambda x: vmap(grad(grad(root)))(np.array([x, 5.0]))[0]):
        assert [made(x) for x in POINTS] == pytest.approx([exact(x) for x in POINTS], rel=1e-12)


@pytest.mark.parametrize(
    "second",
    [
        lambda f: grad(grad(f))(2.5),
        lambda f: jit(grad(grad(f)))(2.5),
        lambda f: vmap(grad(grad(f)))(POINTS),
        lambda f: hessian(lambda x: f(x[0]) * x[1])([2.5, 1.0]),
        lambda f: hvp(lambda x: f(x[0]) * x[1])([2.5, 1.0], [1.0, 0.0]),
        lambda f: jacobian(grad(lambda x: f(x[0]) * x[1]))(np.array([2.5, 1.0])),
        lambda f: gradient(gradient(f(v := Value(2.5)), v), v),
        lambda f: grad(lambda x: gradient(f(x), x) * x)(2.5),
    ],
)
def test_second_derivatives_of_what_cannot_are_refused(second):
    for f in (gamma, opaque_root):
        with pytest.raises(OperationError, match=f"a second derivative of {f.name} was requested.*write them with operators"):
            second(f)


def test_what_does_not_rest_on_such_a_partial_is_not_refused():
    w = Value(2.5)
    inner = lambda x: grad(lambda a: gamma(a) * x)(2.5)  # noqa: E731
    assert grad(inner)(3.0) == pytest.approx(slope_of_gamma(2.5))
    slope = gradient(gamma(w), w)
    assert grad(lambda x: slope * x)(3.0).data == pytest.approx(slope_of_gamma(2.5))
    y = gradient(gamma(w) * w, w)
    y.backward()
    assert math.isnan(w.grad)  # not known, rather than 0


def test_following_the_advice_gives_second_derivatives():
    trigamma = Op("trigamma", lambda _xp, x: math.exp(-x), lambda y, _x: (-float(y),))
    psi = Op("psi", lambda _xp, x: float(digamma(float(x))), lambda _y, x: (trigamma(x),))
    lgamma = Op("lgamma", lambda _xp, x: math.lgamma(x), lambda _y, x: (psi(x),))
    assert grad(grad(lgamma))(2.5) == jit(grad(grad(lgamma)))(2.5) == math.exp(-2.5)


def test_columns_are_given_to_what_takes_them():
    seen = []

    def value(_xp, x):
        seen.append(np.shape(x))
        return np.exp(x)

    vectorised = Op("vectorised", value, lambda y, _x: (y,))
    assert vectorised(POINTS).tolist() == np.exp(POINTS).tolist()
    assert seen == [(3,)]


def test_a_result_for_the_whole_column_is_not_taken_for_each_lane():
    largest = Op("largest", lambda _xp, x: float(np.max(x)), lambda _y, _x: (1.0,))
    assert vmap(largest)(POINTS).tolist() == POINTS.tolist()
    assert largest(POINTS).tolist() == POINTS.tolist()


def test_what_the_users_function_raises_comes_out():
    def fails(_xp, x):
        if x > 3.0:
            raise RuntimeError("no root above 3")
        return math.exp(x)

    failing = Op("failing", fails, lambda y, _x: (y,))
    assert vmap(failing)(POINTS[:2]).tolist() == np.exp(POINTS[:2]).tolist()
    with pytest.raises(RuntimeError, match="no root above 3"):
        vmap(failing)(POINTS)


def test_programs_with_such_partials_can_be_pickled():
    v = Value(2.5)
    program = Program([gamma(v)], [v]).gradient()
    assert pickle.loads(pickle.dumps(program))([POINTS[2], 1.0]) == pytest.approx([slope_of_gamma(POINTS[2])])
    y = gradient(gamma(v) * exp(v), v)
    assert pickle.loads(pickle.dumps(y)).data == y.data


def nested(a, x):
    t = root(exp(a * x))
    return root(sin(t) + x) * t + a


def slope_of_nested(a, x):
    c = np.exp(a * x)
    t = np.vectorize(solved)(c)
    u = np.vectorize(solved)(np.sin(t) + x)
    dt = x * c / (3.0 * t * t + 1.0)
    return dt * np.cos(t) / (3.0 * u * u + 1.0) * t + u * dt + 1.0


def test_what_lies_between_operations_of_ones_own_is_compiled():
    assert jit(grad(nested))(0.7, 0.3) == pytest.approx(float(slope_of_nested(0.7, 0.3)), rel=1e-13)
    lanes = jit(vmap(grad(nested), in_axes=(None, 0)))
    assert lanes(0.7, POINTS) == pytest.approx(slope_of_nested(0.7, POINTS), rel=1e-13)
    mean = jit(value_and_grad(vmap(nested, in_axes=(None, 0), reduce="mean")))
    value, slope = mean(0.7, POINTS)
    assert value == pytest.approx(np.mean([nested(0.7, x) for x in POINTS]), rel=1e-14)
    assert slope == pytest.approx(slope_of_nested(0.7, POINTS).mean(), rel=1e-13)
    eager = hessian(lambda z: nested(*z))([0.7, 0.3])
    assert np.array(jit(hessian(lambda z: nested(*z)))([0.7, 0.3])) == pytest.approx(np.array(eager), rel=1e-12)
    runs = "the compiled kernel" if kernel else "NumPy, since the kernel was not built"
    assert f"run by {runs}, operations of your own (root) by Python" in str(lanes.explain())


@pytest.mark.skipif(kernel is None, reason="the kernel is not built")
@pytest.mark.parametrize("seed", range(20))
def test_programs_in_stages_give_the_same_as_by_numpy(seed):
    rng = np.random.default_rng(seed)
    values = [Value(x) for x in rng.uniform(0.1, 2.0, 3)]
    nodes = [*values, *rng.uniform(0.1, 2.0, 2).tolist()]
    for _ in range(30):
        one, two = [nodes[i] for i in rng.integers(len(nodes), size=2)]
        choices = [
            lambda a, b: sin(a) + b,
            lambda a, b: a * b,
            lambda a, _b: root(a),
            lambda a, b: mixed(exp(sin(a)), b),
            lambda a, _b: exp(-a * a),
        ]
        nodes.append(choices[rng.integers(len(choices))](one, two))
    program = Program([nodes[-1], nodes[-2], nodes[-1] * values[0], 2.0], values)
    given = [rng.uniform(0.1, 2.0, (7 if i == 1 else 1, 1)) for i in range(3)]
    staged = BatchedProgram(program, range(4))
    columns = [x[:, 0] if len(x) > 1 else x.item() for x in given]
    values = [np.broadcast_to(y, 7) for y in program(columns)]
    np.testing.assert_allclose(staged.forward(given, 7).T, np.array(values), rtol=1e-12)
    cotangents = [0.5, 2.0, -1.0, 3.0]
    sums, gradients = staged.backward(given, 7, cotangents, [True] * 3)
    assert sums == pytest.approx(np.sum(values, axis=1), rel=1e-12)
    expected = program.gradient()([*columns, *cotangents])
    for x, found, own in zip(given, gradients, expected, strict=True):
        each = np.broadcast_to(own, 7)
        assert found.ravel() == pytest.approx(each if len(x) > 1 else [each.sum()], rel=1e-11, abs=1e-12)
