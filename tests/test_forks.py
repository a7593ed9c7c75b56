"""Branches of Python in the bodies of loops: against the same loops run by Python, and that the kernel runs their steps."""
# ruff: noqa: ARG005  # lambdas like the table's

import pickle
from functools import partial

import numpy as np
import pytest

from autograd import (
    Op,
    Value,
    grad,
    hessian,
    hvp,
    jit,
    jvp,
    scan,
    sin,
    sqrt,
    tanh,
    value_and_grad,
    vmap,
    while_loop,
)
from autograd.program import body, lanes, loop

pytestmark = [pytest.mark.any_python]

P = np.array([0.7, 0.9])
XS = np.linspace(-1.0, 1.0, 60)
needs_kernel = pytest.mark.skipif(lanes.kernel is None, reason="the kernel was not built")


def python_scan(f, carry, xs):
    ys = []
    for x in xs:
        carry, y = f(carry, x)
        ys.append(y)
    return carry, np.array(ys)


def step(carry, x):
    u, v = carry
    new = sin(u * v + x)
    if new > 0.2 * v:
        new = new * 0.5 + v
    elif v > 0.88:
        new = tanh(new + x)
    return (new, v * 0.999 + 0.001 * new), new


def f(p, run=scan, xs=XS):
    (u, v), ys = run(lambda c, x: step((c[0] * p[0], c[1]), x), (p[0], p[1]), xs)
    return u + v + np.sum(ys * ys)


def by_python(p):
    return f(p, python_scan)


@pytest.fixture
def alone(monkeypatch):
    """The number of steps that bodies with branches ran by themselves, by index in a list."""
    found, one = [], body.Body._one

    def counted(self, *args):
        found.append(args[-1])
        return one(self, *args)

    monkeypatch.setattr(body.Body, "_one", counted)
    return found


def close(found, expected, rtol=1e-11):
    np.testing.assert_allclose(np.array(found, dtype=float), expected, rtol=rtol, atol=1e-13)


@pytest.mark.parametrize("kept", [2**28, 100])  # all carries, and checkpoints
def test_derivatives_are_those_of_the_loop_in_python(kept, monkeypatch):
    monkeypatch.setattr(loop, "KEPT", kept)
    gradient, second, along = grad(by_python)(P), hessian(by_python)(P), np.array([0.3, -1.0])
    for outer in (lambda f: f, jit):
        value, first = outer(value_and_grad(f))(P)
        close(value, by_python(P))
        close(first, gradient)
        close(outer(hessian(f))(P), second)
        close(outer(hvp(f))(P, along), second @ along)
        close(outer(jvp(f))(P, along), gradient @ along)
        close(outer(jvp(grad(f)))(P, along), second @ along)
        close(outer(grad(lambda p: np.dot(grad(f)(p), along)))(P), second @ along)


def test_lanes_take_paths_of_their_own():
    points = np.array([P, -P, 0.5 * P, 1.1 * P])
    for outer in (lambda f: f, jit):
        close(outer(vmap(f))(points), [by_python(p) for p in points])
        close(outer(vmap(grad(f)))(points), [grad(by_python)(p) for p in points])
        close(outer(vmap(grad(f)))(points[:1]), [grad(by_python)(P)])
        close(outer(vmap(hessian(f)))(points), [hessian(by_python)(p) for p in points])


@needs_kernel
def test_only_steps_of_new_paths_run_by_themselves(alone):
    once = jit(f)
    close(once(P), by_python(P))
    assert len(alone) == len(set(alone)) == 3  # the paths of the body, each where it is first taken
    for p in (P, P * 0.8, P[::-1]):
        close(once(p), by_python(p))
    assert len(alone) == 3
    first = jit(lambda x: scan(lambda c, x: (c * x if x > 0.0 else c + x, None), x, XS)[0])
    assert first(1.0) == python_scan(lambda c, x: (c * x if x > 0.0 else c + x, None), 1.0, XS)[0]
    assert alone[3:] == [0, 30]
    assert "each along one of 3 paths so far, run by one call of the compiled kernel" in str(once.explain())


def test_a_while_loop_with_and_and_a_branch():
    def go(x):
        return while_loop(
            lambda s: s[0] < 40 and s[1] > 1.5, lambda s: (s[0] + 1, s[1] * 0.5 if s[1] > 10.0 else 0.9 * s[1] + 0.1 * sqrt(x)), (0, x)
        )[1]

    def python(x):
        k, v = 0, x
        while k < 40 and v > 1.5:
            k, v = k + 1, v * 0.5 if v > 10.0 else 0.9 * v + 0.1 * sqrt(x)
        return v

    points = np.array([1.0, 2.0, 3.0, 50.0, 1e4])
    for way in (lambda f: f, grad, hessian):
        expected = [way(python)(x) for x in points.tolist()]
        close([way(go)(x) for x in points.tolist()], expected)
        close([jit(way(go))(x) for x in points.tolist()], expected)
        close(vmap(way(go))(points), expected)


def test_an_arm_that_is_not_taken_is_absent():
    def root(p, xs):
        return scan(lambda c, x: (c + x * (sqrt(p - 1.0) if x > 0.0 else 2.0 * p), None), 0.0, xs)[0]

    for outer in (lambda f: f, jit):  # the derivative of the root is infinite
        for way, expected in ((grad, -4.0), (hessian, 0.0), (lambda f: lambda p: jvp(f)(p, 1.0), -4.0)):
            assert outer(way(lambda p: root(p, np.array([-1.0, -1.0]))))(1.0) == expected
            assert vmap(way(lambda p: root(p, np.array([-1.0, -1.0]))))(np.array([1.0, 0.0])).tolist() == [expected] * 2
    f = jit(grad(root))
    assert f(5.0, np.array([1.0, -1.0])) == -1.75
    assert f(1.0, np.array([-1.0, -1.0])) == -4.0


def test_arrays_nested_loops_and_operations_of_ones_own():
    cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))
    w = np.array([0.3, -0.2, 0.5])

    def f(q, run, own):
        def inner(c, x):
            return (c * 0.9 if c > x else c + q * x), None

        def step(h, x):
            h = np.tanh(h * q + x)
            if h[1] > 0.3:
                h = h - own(h[0])
            return np.array([h[2], h[0], h[1] + 0.1 * run(inner, h[0], XS[:4])[0]]), h[0]

        h, ys = run(step, w, XS[:12])
        return h[0] * h[1] + h[2] + np.sum(ys)

    for own in (tanh, cube):
        ours, python = partial(f, run=scan, own=own), partial(f, run=python_scan, own=own)
        for way in (lambda f: f, grad, hessian):
            expected = way(python)(0.8)
            for outer in (lambda f: f, jit):
                close(outer(way(ours))(0.8), expected)


def test_more_paths_than_are_kept_and_pickles():
    def f(x):
        def step(c, k):
            n = 0
            for bit in range(9):  # 512 paths
                if (k // 2.0**bit) % 2.0 > 0.5:
                    n += bit
            return c * 0.5 + x * n, None

        return scan(step, 0.0, np.arange(270.0))[0]

    expected = 0.0
    for k in range(270):
        expected = expected * 0.5 + 0.7 * sum(bit for bit in range(9) if k >> bit & 1)
    with pytest.warns(RuntimeWarning, match="takes more than 256 paths"):
        close(f(0.7), expected)
    a = Value(1.3)
    y = scan(lambda c, x: (c * a if c < x else c + a, None), 1.0, np.array([3.0, 1.0, 5.0]))[0]
    twin = pickle.loads(pickle.dumps(y))
    y.backward()
    twin.backward()
    assert (twin.data, twin.grad) == (y.data, y.grad)
    assert a.grad == pytest.approx(grad(lambda a: (a + a) * a)(1.3))
