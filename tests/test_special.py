"""The special functions: tails, poles, negative arguments, high orders; SciPy's names and numbers; where the coefficients come from."""
# ruff: noqa: S311  # samples, not secrets

import math
import random

import mpmath
import numpy as np
import pytest
import scipy.special
from mpmath import mp, mpf
from operations import OF_AN_ORDER, error

import autograd
from autograd import Value, grad, gradcheck, jit, ops, special, value_and_grad, vmap

pytestmark = [pytest.mark.any_python]

inf, nan = math.inf, math.nan
POINTS = {
    "erfc": [(x,) for x in (-3.0, -0.2, 0.0, 0.7, 5.0, 26.0)],
    "erfcx": [(x,) for x in (-26.0, -3.0, -0.2, 0.0, 0.7, 5.0, 1e3, 1e100)],
    "ndtr": [(x,) for x in (-38.0, -20.0, -1.0, 0.0, 0.3, 8.0)],
    "log_ndtr": [(x,) for x in (-1e5, -38.0, -1.0, 0.0, 0.3, 8.0, 30.0)],
    "erfinv": [(x,) for x in (-0.999, -0.5, -1e-200, 0.0, 1e-9, 0.5, 0.9, 1.0 - 2.0**-53)],
    "lgamma": [(x,) for x in (-99.3, -2.5, -1e-9, 1e-300, 0.3, 1.0, 1.7, 9.0, 1e9, 1e200)],
    "digamma": [(x,) for x in (-99.3, -2.5, -1e-9, 1e-300, 0.3, 1.0, 1.7, 9.0, 1e9, 1e200)],
    "mills": [(1.0, 4.5), (2.0, 30.0), (3.0, 1e5), (5.0, 1e200)],
    "ndtri": [(x,) for x in (5e-324, 1e-300, 1e-9, 0.0999, 0.1, 0.3, 0.5, 0.9, 1.0 - 2.0**-53)],
    "gamma": [(x,) for x in (-170.3, -2.5, -1e-9, 1e-300, 0.3, 1.0, 1.7, 9.0, 99.5, 171.6)],
    "zeta": [(1.1, 0.3), (2.0, 1.0), (3.0, 1e-9), (7.5, 40.0), (2.0, 1e9), (40.0, 3.0)],
}
NAMES = {"lgamma": "gammaln"}  # SciPy's, where it is another
EVERY = [(name, x) for name, points in POINTS.items() for x in points]
each_point = pytest.mark.parametrize(("name", "x"), EVERY)
each_name = pytest.mark.parametrize("name", POINTS)


def slope(name, x):
    """The derivative by the last argument."""
    return ops.TABLE[name].evaluate(x)[1][-1]


def normal_tail(x):
    return mp.erfc(-mpf(x) / mp.sqrt(2)) / 2


# Tails.


@pytest.mark.parametrize("x", [-1.0001, -5.0, -8.3, -20.7, -35.0, -36.1, -37.3])
def test_the_tail_of_the_normal_distribution(x):
    """0.5 (1 + erf(x/√2)) is 0 below -8.3 and has lost its digits long before; the rounding of x/√2 alone would cost x² units."""
    with mp.workdps(50):
        assert error(ops.ndtr(x), normal_tail(x), relative=True) <= ops.ndtr.bound.value
        assert error(Value(x).ndtr().data, normal_tail(x), relative=True) <= ops.ndtr.bound.value
        assert error(ops.ndtr(np.array([x, 0.0]))[0], normal_tail(x), relative=True) <= ops.ndtr.bound.value
        assert error(slope("ndtr", (x,)), mp.npdf(mpf(x)), relative=True) <= ops.ndtr.bound.partials
        assert error(ops.erfc(-x), mp.erfc(mpf(-x)), relative=True) <= ops.erfc.bound.value or x < -26.5


@pytest.mark.parametrize("x", [-37.6, -38.0, -38.4, -38.6, -39.0, -1e300])
def test_the_tail_where_it_underflows(x):
    with mp.workdps(50):
        true = normal_tail(x) if x > -1e3 else 0
        assert abs(ops.ndtr(x) - true) <= ops.ndtr.bound.value * math.ulp(0.0)


@pytest.mark.parametrize("x", [-1e150, -1e5, -1e3, -37.3, -1.0001, -1.0, -0.9999, 0.0, 8.3, 37.3])
def test_the_logarithm_of_the_tail(x):
    """Neither -inf, as log(ndtr(x)) is below -38.5, nor without digits where ndtr(x) is close to 1."""
    with mp.workdps(50):
        true = mp.log(normal_tail(x)) if -1e6 < x < 1 else -(mpf(x) ** 2) / 2 if x < 0 else mp.log1p(-normal_tail(-x))
        assert error(ops.log_ndtr(x), true, relative=True) <= ops.log_ndtr.bound.value
        mills = mp.npdf(mpf(x)) / normal_tail(x) if x > -1e6 else -mpf(x)
        assert error(slope("log_ndtr", (x,)), mills, relative=True) <= ops.log_ndtr.bound.partials


@pytest.mark.parametrize("x", [-1e200, -1e8, -1e5, -38.0, -4.0001, -3.9999, -1.0, 0.0, 8.0])
def test_the_derivatives_of_the_logarithm_of_the_tail(x):
    """To the fourth order: -m(m + x), m the derivative, has lost every digit at -1e8."""
    with mp.workdps(80 if x > -1e3 else 60 + 8 * int(mp.log10(-x))):
        z = mpf(x)
        m = mp.npdf(z) / normal_tail(z) if x > -1e6 else -z - 1 / z + 2 / z**3 - 10 / z**5 + 74 / z**7
        true = [m, -m * (m + z)]
        true.append(-true[1] * (m + z) - m * (true[1] + 1))
        true.append(-true[2] * (m + z) - 2 * true[1] * (true[1] + 1) - m * true[2])
    f, relative = ops.log_ndtr, (1e-13, 1e-13, 1e-11, 1e-9)
    for expected, rel in zip(true, relative, strict=True):
        f = grad(f)
        assert f(x) == pytest.approx(float(expected), rel=rel, abs=1e-300)


@pytest.mark.parametrize("x", [2.9999, 3.0001, 30.0, 1e5, 1e9, 1e100])
def test_the_derivatives_of_the_scaled_tail(x):
    with mp.workdps(60 + 8 * int(mp.log10(x))):
        z = mpf(x)
        y = mp.exp(z * z) * mp.erfc(z) if x < 1e3 else mp.hyp2f0(1, 0.5, -1 / z**2) / z / mp.sqrt(mp.pi)
        first = 2 * z * y - 2 / mp.sqrt(mp.pi)
        second = 2 * y + 2 * z * first
    assert grad(ops.erfcx)(x) == pytest.approx(float(first), rel=2e-14)
    assert grad(grad(ops.erfcx))(x) == pytest.approx(float(second), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("op", [ops.erf, ops.erfc, ops.ndtr, ops.log_ndtr, ops.gelu, ops.silu, ops.atan, ops.asinh, ops.tanh])
@pytest.mark.parametrize("x", [inf, -inf])
def test_derivatives_at_infinity_are_the_limits(op, x):
    limits = {(ops.gelu, inf): 1.0, (ops.silu, inf): 1.0, (ops.log_ndtr, -inf): inf}
    second = -1.0 if (op, x) == (ops.log_ndtr, -inf) else 0.0
    for f in (grad(op), lambda a: vmap(grad(op))(np.array([a]))[0]):
        assert f(x) == limits.get((op, x), 0.0)
    for f in (grad(grad(op)), jit(grad(grad(op))), lambda a: vmap(grad(grad(op)))(np.array([a]))[0]):
        assert f(x) == second
    assert grad(grad(grad(op)))(x) == 0.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("name", POINTS)
def test_arrays_of_short_floats_are_rounded_once(name, dtype):
    op = ops.TABLE[name]
    with np.errstate(over="ignore"):
        x = [np.array(column).astype(dtype) for column in zip(*POINTS[name], strict=True)]
    found = op(*x)
    assert found.dtype == dtype
    with np.errstate(over="ignore"):
        expected = np.array([op(*map(float, point)) for point in zip(*x, strict=True)]).astype(dtype)
    np.testing.assert_array_equal(found, expected)


def test_a_call_option_far_out_of_the_money():
    """Its price by Black's formula, and its delta, which is a probability of 2e-14: both to ten digits."""

    def price(spot, strike=460.0, deviation=0.2):
        d = ops.log(spot / strike) / deviation + deviation / 2.0
        return spot * ops.ndtr(d) - strike * ops.ndtr(d - deviation)

    with mp.workdps(50):
        d = mp.log(mpf(100) / 460) / mpf(0.2) + mpf(0.2) / 2
        true = 100 * normal_tail(d) - 460 * normal_tail(d - mpf(0.2))
        assert float(mp.almosteq(price(100.0), true, 1e-11))
        assert mp.almosteq(grad(price)(100.0), normal_tail(d), 1e-10)


# Poles, negative arguments, higher orders.


@pytest.mark.parametrize("x", [-0.3, -1e-6, -1.0 + 1e-9, -2.457, -10.5, -1000.3, -123456.75])
def test_gamma_of_negative_numbers(x):
    with mp.workdps(50):
        true = mp.re(mp.loggamma(mpf(x))), mp.digamma(mpf(x)), mp.polygamma(1, mpf(x)), mp.polygamma(2, mpf(x))
    found = ops.lgamma(x), ops.digamma(x), grad(ops.digamma)(x), grad(grad(ops.digamma))(x)
    assert found == pytest.approx([float(t) for t in true], rel=2e-14, abs=1e-12)


@pytest.mark.parametrize("x", [-1.0, -2.0, -170.0, -(2.0**53), -1e300])
def test_poles(x):
    for op in (ops.lgamma, ops.digamma):
        v = Value(x)
        y = op(v)
        y.backward()
        expected = (inf, -inf) if op is ops.lgamma else (-inf, inf)
        assert (y.data, v.grad) == (op(x), expected[1]) == expected
        assert op(np.array([x, 2.0]))[0] == expected[0]


@pytest.mark.parametrize("x", [-2.6, 0.1, 0.4999, 0.5, 0.7, 1.0, 2.0, 30.0])
def test_digamma_to_any_order(x):
    f = ops.lgamma
    for n in range(5):
        f = grad(f)
        with mp.workdps(30):
            assert f(x) == pytest.approx(float(mp.polygamma(n, mpf(x))), rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("zero", [1.0, 2.0])
def test_the_logarithm_of_gamma_keeps_its_digits_at_its_zeros(zero):
    for distance in (0.0, 2.0**-53, 1e-15, 1e-9, 1e-4, 0.1):
        for x in (zero - distance, zero + distance):
            with mp.workdps(50):
                assert error(ops.lgamma(x), mp.loggamma(mpf(x)), relative=True) <= ops.lgamma.bound.value
            assert ops.lgamma(x) == pytest.approx(float(scipy.special.gammaln(x)), rel=2e-15)


def test_digamma_keeps_its_digits_at_its_zero():
    for k in range(-40, 41):
        x = 1.4616321449683622 + k * 2.0**-52
        with mp.workdps(50):
            assert error(ops.digamma(x), mp.digamma(mpf(x)), relative=True) <= ops.digamma.bound.value


def test_the_derivative_of_zeta_by_s_is_said_to_be_unknown():
    s, x = Value(2.5), Value(1.5)
    y = ops.zeta(s, x)
    y.backward()
    assert math.isnan(s.grad)
    assert x.grad == pytest.approx(-2.5 * float(mp.zeta(3.5, 1.5)), rel=1e-14)


@pytest.mark.parametrize(
    ("s", "x", "value"),
    [
        (2.0, 0.0, inf),
        (0.5, 2.0, nan),
        (2.0, -0.5, nan),
        (1.0, 2.0, inf),
        (2.0, inf, 0.0),
        (inf, 1.0, 1.0),
        (inf, 2.0, 0.0),
        (1e300, 0.5, inf),
    ],
)
def test_zeta_at_its_edges(s, x, value):
    for y in (ops.zeta(s, x), ops.zeta(Value(s), x).data, ops.zeta(s, np.array([x, x]))[1]):
        assert y == value or (math.isnan(y) and math.isnan(value))


@each_point
def test_what_gradcheck_says(name, x):
    if abs(slope(name, x)) < 1e12 and name not in OF_AN_ORDER:
        assert gradcheck(ops.TABLE[name], *x)


# The same everywhere.


@each_name
def test_replays_and_lanes_have_the_bits_of_values(name):
    op, points = ops.TABLE[name], POINTS[name]
    fixed, x = points[0][:-1], np.array([p[-1] for p in points])

    def f(a):
        return op(*fixed, a)

    eager = [value_and_grad(f)(a) for a in x.tolist()]
    for y, g in (zip(*[jit(value_and_grad(f))(a) for a in x.tolist()], strict=True), vmap(value_and_grad(f))(x)):
        assert np.array_equal([y, g], np.transpose(eager), equal_nan=True) or autograd.backend == "pure"
        assert np.allclose([y, g], np.transpose(eager), rtol=1e-12, atol=1e-300, equal_nan=True)


# SciPy.


@pytest.mark.parametrize(("name", "x"), [(name, x) for name, x in EVERY if name != "mills"])
def test_scipy_gives_the_same(name, x):
    assert ops.TABLE[name](*x) == pytest.approx(float(getattr(scipy.special, NAMES.get(name, name))(*x)), rel=5e-14, abs=5e-14)


@pytest.mark.parametrize("name", [*(POINTS.keys() - {"lgamma", "mills"}), "gammaln", "psi"])
def test_scipys_names(name):
    f = getattr(scipy.special, name)
    op = ops.TABLE[{"gammaln": "lgamma", "psi": "digamma"}.get(name, name)]
    fixed = (2.0,) if name == "zeta" else ()
    v = Value(0.3)
    y = f(*fixed, v)
    assert (y.op, y.args) == (op, (*fixed, v))
    total, g = value_and_grad(lambda x: f(*fixed, x).sum())(np.array([0.3, 0.7]))
    assert total == pytest.approx(float(f(*fixed, np.array([0.3, 0.7])).sum()), rel=1e-14)
    assert g.tolist() == [slope(op.name, (*fixed, 0.3)), slope(op.name, (*fixed, 0.7))]


@pytest.mark.parametrize("name", ["beta", "betaln"])
@pytest.mark.parametrize(("a", "b"), [(0.5, 2.5), (3.0, 4.0), (79.0, 79.5), (100.0, 200.0), (0.01, 2.0)])
def test_scipys_beta(name, a, b):
    f = getattr(scipy.special, name)
    v, w = Value(a), Value(b)
    y = f(v, w)
    y.backward()
    assert y.data == pytest.approx(float(f(a, b)), rel=1e-12, abs=1e-13)
    with mp.workdps(40):
        factor = mp.beta(a, b) if name == "beta" else 1
        for leaf in (v, w):
            assert leaf.grad == pytest.approx(float(factor * (mp.digamma(leaf.data) - mp.digamma(mpf(a) + b))), rel=1e-12)


def test_scipys_erfcinv():
    for x in (1e-300, 1e-9, 0.3, 1.0, 1.9):
        v = Value(x)
        y = scipy.special.erfcinv(v)
        y.backward()
        assert y.data == pytest.approx(float(scipy.special.erfcinv(x)), rel=1e-14)
        assert v.grad == pytest.approx(-math.sqrt(math.pi) / 2.0 * math.exp(y.data**2), rel=1e-12)


# The coefficients.


def fitted(f, count):
    """The power series of the polynomial that agrees with f at Chebyshev's points."""
    n = 80
    at = [mp.cos(mp.pi * (2 * j + 1) / (2 * n)) for j in range(n)]
    values = [f(t) for t in at]
    series = [2 * mp.fsum(y * mp.cos(mp.pi * k * (2 * j + 1) / (2 * n)) for j, y in enumerate(values)) / n for k in range(count)]
    power = [mpf(0)] * count
    before, this = [mpf(1)], [mpf(0), mpf(1)]
    power[0] = series[0] / 2
    for c in series[1:]:
        power = [p + c * a for p, a in zip(power, this + [0] * (count - len(this)), strict=True)]
        before, this = this, [2 * a - b for a, b in zip([mpf(0), *this], [*before, 0, 0], strict=True)]
    return [float(p) for p in power]


def scaled_tail(t):
    x = mpf(3.75) * (1 + t) / (1 - t)
    return mp.exp(x * x) * mp.erfc(x) * (1 + 2 * x)


def stirling(t):
    x = (3 + t) / (1 - t)
    return x * (mp.loggamma(x) - (x - 0.5) * mp.log(x) + x - mp.log(2 * mp.pi) / 2)


def near_its_zeros(t):
    x = mpf("5.76") / (mpf("2.6") - t) - mpf("1.1")
    return mp.loggamma(x) / ((x - 1) * (x - 2))


def psi_near_its_zero(t):
    x = mpf("16.32") / (mpf("5.8") - t) - mpf("1.4")
    zero = mp.findroot(mp.digamma, 1.46)
    assert abs(sum(map(mpf, special.ZERO_OF_DIGAMMA)) - zero) < 1e-32
    return mp.digamma(x) / (x - zero)


def test_coefficients():
    with mp.workdps(60):
        expected = {
            "ERFCX": fitted(scaled_tail, 26),
            "STIRLING": fitted(stirling, 19),
            "LGAMMA": fitted(near_its_zeros, 23),
            "PSI": fitted(psi_near_its_zero, 15),
            "DIGAMMA": [float(mp.bernoulli(2 * k) / (2 * k)) for k in range(1, 9)],
            "ZETA": [float(mp.bernoulli(2 * k) / mp.factorial(2 * k)) for k in range(1, 13)],
        }
    for name, numbers in expected.items():
        assert list(getattr(special, name)) == pytest.approx(numbers, rel=1e-15), name


def test_random_points_against_fifty_digits():
    """Beside those at which the bounds are measured."""
    rng = random.Random(0)
    with mp.workdps(50):
        for _ in range(300):
            x = rng.choice((-1.0, 1.0)) * 10.0 ** rng.uniform(-3.0, 1.4)
            assert error(ops.erfcx(x), mp.exp(mpf(x) ** 2) * mp.erfc(mpf(x)), relative=True) <= ops.erfcx.bound.value
            y = rng.uniform(-6.0, 6.0)
            assert error(ops.erfinv(ops.erf(y)), mp.erfinv(mpf(ops.erf(y))), relative=True) <= ops.erfinv.bound.value or abs(y) > 5.8
            a = abs(x)
            assert error(ops.lgamma(a), mpmath.loggamma(mpf(a)), relative=False) <= ops.lgamma.bound.value
            assert error(ops.digamma(a), mpmath.digamma(mpf(a)), relative=False) <= ops.digamma.bound.value
            if a - round(a):  # below 0, where the domain ends that is sampled for the bounds
                assert error(ops.lgamma(-a), mpmath.re(mpmath.loggamma(mpf(-a))), relative=False) <= ops.lgamma.bound.value
                assert error(ops.digamma(-a), mpmath.digamma(mpf(-a)), relative=False) <= ops.digamma.bound.value
                assert error(slope("digamma", (-a,)), mpmath.polygamma(1, mpf(-a)), relative=False) <= 2.0 * ops.digamma.bound.partials
