"""== and != go by value, and under jit and vmap they are guards, as the other comparisons are."""

import math

import mpmath
import numpy as np
import pytest
import sympy

import autograd
from autograd import (
    Program,
    Value,
    cos,
    equal,
    grad,
    gradcheck,
    hessian,
    jacobian,
    jit,
    jvp,
    ops,
    sin,
    sqrt,
    to_sympy,
    value_and_grad,
    vmap,
    where,
)


def by_equality(x):
    return 1.0 if x == 0 else sin(x) / x


def by_inequality(x):
    return sin(x) / x if x != 0.0 else 1.0


def by_the_other_side(x):
    return 1.0 if 0.0 == x else sin(x) / x  # noqa: SIM300  # the number first


def by_negation(x):
    return sin(x) / x if not (x == 0) else 1.0  # noqa: SIM201  # `not` asks for the truth


def by_membership(x):
    return 1.0 if x in (5.0, 0) else sin(x) / x


def by_match(x):
    match x:
        case 0:
            return 1.0
        case _:
            return sin(x) / x


def by_numpy(x):
    return 1.0 if np.equal(x, 0.0) else sin(x) / x


def by_value(x):
    return 1.0 if x == Value(0.0) else sin(x) / x


WAYS = [by_equality, by_inequality, by_the_other_side, by_negation, by_membership, by_match, by_numpy, by_value]
AT = [0.0, 0.5, -0.0, -2.0, 0.0]
SINC = [1.0 if x == 0.0 else math.sin(x) / x for x in AT]
SLOPES = [0.0 if x == 0.0 else (x * math.cos(x) - math.sin(x)) / x**2 for x in AT]


@pytest.mark.parametrize("f", WAYS)
def test_a_removed_singularity(f):
    for g in (f, jit(f)):
        assert [g(x) for x in AT] == pytest.approx(SINC, rel=1e-15)
    for g in (grad(f), jit(grad(f)), grad(jit(f)), jacobian(f), lambda x: jvp(f)(x, 1.0), lambda x: value_and_grad(f)(x)[1]):
        assert [g(x) for x in AT] == pytest.approx(SLOPES, rel=1e-14)
    assert vmap(f)(np.array(AT)) == pytest.approx(SINC, rel=1e-15)
    assert vmap(grad(f))(np.array(AT)) == pytest.approx(SLOPES, rel=1e-14)
    assert vmap(f, reduce="sum")(np.array(AT)) == pytest.approx(sum(SINC), rel=1e-15)
    assert [h(x) for h in (hessian(f), jit(hessian(f)), grad(grad(f))) for x in (0.0, -0.0)] == [0.0] * 6


def test_nan_is_not_itself():
    f = jit(lambda x: 1.0 if x != x else 2.0)
    assert [f(math.nan), f(3.0), f(math.nan), f(math.inf)] == [1.0, 2.0, 1.0, 2.0]


def test_a_comparison_is_a_number_while_it_is_recorded():
    f = jit(lambda x: (x == 2.0) * 10.0 + (x != 2.0) * x)
    assert [f(x) for x in (2.0, 3.0, -0.5)] == [10.0, 3.0, -0.5]
    g = jit(lambda x: where(x == 2.0, x * x, 3.0 * x))
    assert [grad(g)(x) for x in (2.0, 5.0)] == [4.0, 3.0]


def test_none_and_what_is_no_number():
    assert jit(lambda x: x * 2.0 if x != None else 0.0)(3.0) == 6.0  # noqa: E711
    assert jit(lambda x: x * 2.0 if x != "a" else 0.0)(3.0) == 6.0


def test_arrays():
    def f(x):
        return ops.sum(list(np.where(x == 2.0, x**3, x)))

    x = np.array([1.0, 2.0, 3.0])
    assert grad(f)(x).tolist() == jit(grad(f))(x).tolist() == [1.0, 12.0, 1.0]
    assert jit(f)(x) == 12.0
    assert jit(f)(x + 1.0) == 15.0
    v = np.array([Value(a) for a in x])
    assert (v == x).tolist() == [True] * 3
    assert (v != np.array([1.0, 5.0, 3.0])).tolist() == [False, True, False]
    assert np.array_equal(v, x)


def test_the_row_on_every_kind_of_number():
    points = [(1.0, 1.0), (0.0, -0.0), (1.0, 2.0), (math.nan, math.nan), (math.inf, math.inf)]
    expected = [1.0, 1.0, 0.0, 0.0, 1.0]
    assert [equal(a, b) for a, b in points] == expected
    assert equal(*np.array(points).T).tolist() == expected
    assert [equal(Value(a), b).data for a, b in points] == expected
    assert vmap(equal)(*np.array(points).T).tolist() == expected
    x, y = Value(1.0), Value(2.0)
    program = Program([equal(x, y)], [x, y])
    assert [program(p) for p in points] == [[e] for e in expected]
    assert equal(mpmath.mpf(2), 2.0) == 1
    a, b = sympy.symbols("a b", real=True)
    assert equal(a, b).subs({a: 1, b: 1}) == 1
    assert equal(a, b).subs({a: 1, b: 2}) == 0
    assert to_sympy(equal(Value(1.0, "a"), 1.0)).has(sympy.Eq)
    assert equal(x, y).partials == (None, None)
    assert "==" in program.to_c()


def rotated(p):
    """ADBench's rotation of a point by an angle-axis vector (hand tracking, bundle adjustment), Rodrigues' formula."""
    w, x = p[:3], p[3:]
    square = w[0] * w[0] + w[1] * w[1] + w[2] * w[2]
    cross = [w[1] * x[2] - w[2] * x[1], w[2] * x[0] - w[0] * x[2], w[0] * x[1] - w[1] * x[0]]
    if square == 0:
        return [a + b for a, b in zip(x, cross, strict=True)]
    theta = sqrt(square)
    c, s = cos(theta), sin(theta) / theta
    along = (w[0] * x[0] + w[1] * x[1] + w[2] * x[2]) * (1.0 - c) / square
    return [a * c + b * s + d * along for a, b, d in zip(x, cross, w, strict=True)]


def test_the_jacobian_of_a_rotation_by_nothing():
    x = [0.3, -1.2, 2.0]
    skew = [[0.0, x[2], -x[1]], [-x[2], 0.0, x[0]], [x[1], -x[0], 0.0]]  # d(w × x)/dw
    expected = np.hstack([skew, np.eye(3)])
    for at in ([0.0] * 3 + x, np.array([0.0] * 3 + x)):
        assert np.array_equal(jacobian(rotated)(at), expected)
        assert np.array_equal(jit(jacobian(rotated))(at), expected)
    near = np.array(jacobian(rotated)([1e-9, 0.0, 0.0, *x]))
    assert np.abs(near - expected).max() < 1e-8
    gradcheck(lambda p: rotated(p)[0], [0.4, 0.2, -0.7, *x])
    assert autograd.TABLE["equal"] is equal
