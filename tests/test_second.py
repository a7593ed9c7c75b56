"""Second derivatives at floats: by a compiled sweep over the function's graph, else by one over its gradient's."""

import functools

import numpy as np
import pytest
import sympy
from mpmath import mp
from operations import ARGUMENTS, OF_AN_ORDER, REFERENCE, apply, each_op, ordinary
from special_functions import MODULES

from autograd import TABLE, Op, Value, backend, detect_anomaly, evaluation, grad, hessian, hvp, jacobian, ops, vmap
from autograd.engine import second
from autograd.errors import ChangedError, OperationError


@functools.cache
def true_second(name: str, count: int):
    x = ARGUMENTS[:count]
    return [[sympy.lambdify(x, sympy.diff(REFERENCE[name], s, t), MODULES) for t in x] for s in x]


@each_op
def test_each_operation(op):
    count = 2 if op is ops.dot else op.arity or 3
    varying = [k for k in range(count) if not (k == 0 and op.name in OF_AN_ORDER) and not (op.constant_of and k == count - 1)]
    for point in ordinary(op, 4, limit=3.0):

        def f(x, point=point):
            numbers = list(point)
            for k, a in zip(varying, x, strict=True):
                numbers[k] = a
            return apply(op, numbers)

        found = hessian(f)([point[k] for k in varying])
        with mp.workdps(50):
            true = [[float(true_second(op.name, count)[i][j](*map(mp.mpf, point))) for j in varying] for i in varying]
        np.testing.assert_allclose(found, true, rtol=1e-9, atol=1e-12 * (1.0 + np.abs(true).max()))


def chain(x):
    a, b, c = x
    u = ops.logsumexp([a * b, ops.sin(c), ops.norm([a, b, c])])
    v = ops.where(a - b, ops.tanh(u * c) / (1.0 + b * b), ops.exp(a))
    return ops.dot([u, v, a], [v, c, ops.maximum(b, c, 0.1)]) + ops.softplus(u) ** 3 - a**b


POINTS = [[0.7, 0.3, -0.4], [0.3, 0.7, 1.1], [1.5, 0.2, 0.2]]


@pytest.mark.parametrize("point", POINTS)
def test_the_sweep_and_the_graph_of_the_gradient_agree(point, monkeypatch):
    vector = [0.5, -2.0, 1.0]
    swept = hessian(chain)(point), hvp(chain)(point, vector)
    monkeypatch.setattr(evaluation, "second", lambda *_: None)
    recorded = hessian(chain)(point), hvp(chain)(point, vector)
    np.testing.assert_allclose(swept[0], recorded[0], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(swept[1], recorded[1], rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(swept[0], jacobian(grad(chain))(point), rtol=1e-11, atol=1e-12)


def test_a_long_chain_is_swept_not_recursed():
    def f(x):
        y = x
        for _ in range(20_000):
            y = y + 5e-5 * ops.sin(x) * y
        return y

    assert hvp(f)(0.5, 1.0) == pytest.approx(float(_second_of_a_long_chain(0.5)), rel=1e-8)


def _second_of_a_long_chain(x):
    """Of x (1 + h sin x)**n, written out."""
    n, h = 20_000, 5e-5
    s, c = np.sin(x), np.cos(x)
    base = 1.0 + h * s
    first, twice = n * h * c / base, n * h * (-s / base - h * c * c / base**2)
    return base**n * (2.0 * first + x * (first**2 + twice))


def test_what_a_branch_does_not_take_is_absent():
    assert hessian(lambda x: ops.where(x[0], x[0] * x[1], ops.sqrt(x[0] - 1.0)))([0.5, 2.0]) == [[0.0, 1.0], [1.0, 0.0]]
    assert hessian(lambda x: ops.sqrt(x[0]) + x[1] ** 2)([0.0, 3.0])[1] == [0.0, 2.0]


def test_what_the_compiled_sweep_leaves_to_the_graph():
    cube = Op("cube", lambda _xp, x: x * x * x, lambda _y, x: (3.0 * x * x,))
    assert hvp(cube)(2.0, 1.0) == 12.0
    x = Value(2.0)
    assert second(cube(x), [x], [1.0]) is None
    black_box = Op("black_box", lambda _xp, x: float(x) ** 3, lambda _y, x: (float(x) * 3.0,))
    with pytest.raises(OperationError, match="second derivative"):
        hvp(black_box)(2.0, 1.0)

    def changing(x):
        y = x * x
        x.data = 5.0
        return y * y

    with pytest.raises(ChangedError):
        hvp(changing)(2.0, 1.0)
    with detect_anomaly():
        assert hvp(lambda x: x**3)(2.0, 1.0) == 12.0
    mean = vmap(lambda a, x: ops.exp(a * x), in_axes=(None, 0), reduce="mean")
    assert hessian(lambda a: mean(a, np.array([1.0, 2.0])))(0.0) == pytest.approx(2.5, rel=1e-14)


def test_structures_and_functions_of_nothing():
    f = lambda p: p["w"] @ p["w"] * p["b"]  # noqa: E731
    found = hvp(f)({"w": np.array([1.0, 2.0]), "b": 3.0}, {"w": np.array([1.0, 0.0]), "b": 1.0})
    np.testing.assert_allclose(found["w"], [8.0, 4.0])
    assert found["b"] == 2.0
    assert hvp(lambda _: 1.0)([2.0], [1.0]) == hvp(lambda x: x[0])([2.0], [1.0]) == [0.0]
    assert hessian(lambda _: 1.0)([2.0, 3.0]) == [[0.0, 0.0], [0.0, 0.0]]
    assert hvp(lambda _: 1.0)([], []) == hessian(lambda _: 1.0)([]) == []


@pytest.mark.skipif(backend == "pure", reason="the compiled sweep")
def test_every_row_is_compiled():
    for op in TABLE.values():
        x = [Value(0.5) for _ in range(op.arity or 4)]
        assert op.constant_of or second(apply(op, x), x, [1.0] * len(x)) is not None
