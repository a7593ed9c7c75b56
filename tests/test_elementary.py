"""The elementary functions as they are declared, in exact arithmetic: against mpmath, the C library and the kernel of this machine."""

import functools
import math
import platform
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from bitwise_arrays import computed, fma
from elementary_points import EXPONENTS, LIKE_ORDINARY, NAMES, SPECIAL, assert_powers_within_bound, bases, bits, points, true
from mpmath import mp, mpf
from operations import error

from autograd import TABLE, elementary, vmap
from autograd.compiled import kernel
from autograd.elementary import ELEMENTARY, power_of

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]
each_name = pytest.mark.parametrize("name", NAMES)
inf, nan = math.inf, math.nan

# Only on x86 there are processors without fused multiply-adds; for them it is "plain".
needs_fused_kernel = pytest.mark.skipif(
    kernel is None or (platform.machine() in {"x86_64", "AMD64"} and kernel.instruction_sets[0] == "plain"),
    reason="the kernel takes these from the C library",
)


def some(x):
    """Few enough for arithmetic with fractions."""
    return [*x[::5], *SPECIAL, *LIKE_ORDINARY]


@functools.cache
def anywhere(name):
    return computed(ELEMENTARY[name].anywhere, some(points(name)))


@pytest.mark.parametrize(
    ("x", "true"),
    [
        ((0.1, 10.0, -1.0), float(Fraction(0.1) * 10 - 1)),
        ((2.0**600, 2.0**600, -inf), -inf),
        ((2.0**600, 2.0**600, -1.0), inf),
        ((2.0**512, 2.0**512, -(2.0**1023)), 2.0**1023),
        ((5e-324, 0.25, 5e-324), 5e-324),
        ((1.0 + 2.0**-52, 2.0**-1074, -(2.0**-1074)), 0.0),
        ((-0.0, 1.0, -0.0), -0.0),
        ((-1.0, 2.0**-600 * 2.0**-600, 0.0), 0.0),
        ((-(2.0**-600), 2.0**-600, -0.0), -0.0),
        ((1.0, 2.0, -2.0), 0.0),
        ((inf, 0.0, 1.0), nan),
    ],
)
def test_fused_arithmetic_is_exact(x, true):
    assert bits(np.array([fma(*x)])) == bits(np.array([true]))


@each_name
def test_within_bound(name):
    """Also where the result is subnormal, and where it overflows."""
    bound = TABLE[name].bound
    x = some(points(name))
    found = [(a, y) for a, y in zip(x, anywhere(name).tolist(), strict=True) if math.isfinite(a) and not math.isnan(y)]
    worst = max((error(y, true(name, a), relative=bound.relative), a) for a, y in found)
    assert len(found) > 300
    assert worst[0] <= bound.value, worst


@each_name
def test_special_values_are_those_of_libm(name):
    """Bit for bit where that is exact or not a number, else to the bound, as tested above."""
    libm = np.array([TABLE[name](a) for a in SPECIAL])
    exact = ~np.isfinite(SPECIAL) | ~np.isfinite(libm) | (libm == 0.0) | (libm == SPECIAL) | (np.abs(libm) == 1.0)
    np.testing.assert_array_equal(bits(computed(ELEMENTARY[name].anywhere, SPECIAL))[exact], bits(libm)[exact])


@each_name
def test_both_forms_have_the_same_bits(name):
    function = ELEMENTARY[name]
    if function.is_usual is None:
        assert function.usual is function.anywhere
        return
    x = np.array(some(points(name)))
    usual = computed(function.is_usual, x)
    assert 50 < usual.sum() < len(x)
    np.testing.assert_array_equal(bits(computed(function.usual, x))[usual], bits(anywhere(name))[usual])


@needs_fused_kernel
@each_name
def test_kernel_has_the_same_bits(name):
    np.testing.assert_array_equal(bits(vmap(TABLE[name])(np.array(some(points(name))))), bits(anywhere(name)))


@pytest.mark.parametrize("c", [*EXPONENTS, inf, -inf, nan])
def test_power_with_one_exponent(c):
    """Whether it is known or a number; where the kernel can, with its bits."""
    function = power_of(c)
    ordinary = bases(c)[::10] if math.isfinite(c) else []
    x = np.array(ordinary + SPECIAL)
    y = computed(function.anywhere, x)
    if ordinary:
        assert_powers_within_bound(ordinary, [c] * len(ordinary), y[: len(ordinary)])
    np.testing.assert_array_equal(bits(computed(ELEMENTARY["powc"].anywhere, x, np.full(len(x), c))), bits(y))
    if function.is_usual:
        usual = computed(function.is_usual, x)
        np.testing.assert_array_equal(bits(computed(function.usual, x))[usual], bits(y)[usual])
    libm = np.array([TABLE["pow"](a, c) for a in SPECIAL])
    exact = ~np.isfinite(SPECIAL) | ~np.isfinite(libm) | (libm == 0.0) | (np.abs(libm) == 1.0)
    np.testing.assert_array_equal(bits(y[len(ordinary) :])[exact], bits(libm)[exact])


@needs_fused_kernel
@pytest.mark.parametrize("c", EXPONENTS)
def test_kernel_has_the_same_powers(c):
    x = np.array(bases(c)[::10] + SPECIAL)
    np.testing.assert_array_equal(bits(vmap(lambda x: x**c)(x)), bits(computed(power_of(c).anywhere, x)))


def test_power_with_many_exponents():
    x, c = (np.array(v) for v in zip(*[(a, b) for b in EXPONENTS for a in bases(b)[::20]], strict=True))
    y = computed(ELEMENTARY["pow"].anywhere, x, c)
    assert_powers_within_bound(x.tolist(), c.tolist(), y)
    usual = computed(ELEMENTARY["pow"].is_usual, x, c)
    assert 0 < usual.sum() < len(x)
    np.testing.assert_array_equal(bits(computed(ELEMENTARY["pow"].usual, x, c))[usual], bits(y)[usual])


@needs_fused_kernel
def test_kernel_has_the_same_powers_with_many_exponents():
    x, c = map(np.ravel, np.meshgrid([*bases(0.3)[::20], *SPECIAL], [*EXPONENTS, *SPECIAL]))
    np.testing.assert_array_equal(bits(vmap(lambda x, c: x**c)(x, c)), bits(computed(ELEMENTARY["pow"].anywhere, x, c)))


def interpolated(f, low, high, degree):
    """Coefficients of the polynomial that is `f` at Chebyshev's nodes of the interval."""
    nodes = [(low + high) / 2 + (high - low) / 2 * mp.cos((2 * i + 1) * mp.pi / (2 * degree + 2)) for i in range(degree + 1)]
    matrix = mpmath.matrix([[z**j for j in range(degree + 1)] for z in nodes])
    return tuple(float(c) for c in mpmath.lu_solve(matrix, mpmath.matrix([f(z) for z in nodes])))


def erfcx(a):
    return mp.exp(a * a) * mp.erfc(a)


def atanh_by_root(z):
    return 2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z)


@mp.workdps(60)
def polynomials():
    """By name, from what it stands for, its interval and its degree."""
    r, s, a = mp.log(2) / 2 * mpf("1.0001"), (mp.sqrt(2) - 1) ** 4 * mpf("1.0001"), (mp.pi / 4) ** 2 * mpf("1.0001")
    return {
        "EXP": interpolated(lambda t: (mp.exp(t) - 1 - t - t * t / 2) / t**3, -r, r, 9),
        "LOG": interpolated(lambda z: (atanh_by_root(z) - 2) / z, mpf(0), s, 6),
        "INVERSE": interpolated(lambda f: 1 / (1 + f), mp.sqrt(mpf("0.5")) - 1, mp.sqrt(2) - 1, 2),
        "POWER": interpolated(lambda z: ((atanh_by_root(z) - 2) / z - mpf(2) / 3) / z, mpf(0), s, 7),
        "SIN": interpolated(lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, mpf(0), a, 5),
        "COS": interpolated(lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, mpf(0), a, 5),
        "ERF": interpolated(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z), mpf(0), mpf(1), 11),
        "ERF_FAR": interpolated(lambda t: erfcx(1 / (t + 0.25) - 2), 1 / mpf("5.25") - 0.25, 1 / mpf(3) - 0.25, 12),
    }


def test_coefficients_are_those_described():
    tuples = {name: c for name, c in vars(elementary).items() if name.isupper() and type(c) is tuple}
    assert tuples == polynomials()


@mp.workdps(60)
def test_constants_in_parts_are_those_described():
    """Each part is what the ones before it lost, to the nearest; the first of ln 2 has 42 bits."""
    assert float(1 / mp.log(2)) == elementary.LOG2_E
    assert float(2 / mp.pi) == elementary.TWO_BY_PI
    assert (elementary.LN2 * 2.0**42).is_integer()
    assert float(mp.log(2) - mpf(elementary.LN2)) == elementary.LN2_REST
    for whole, parts in {
        mp.pi / 2: (elementary.QUARTER, elementary.QUARTER_1, elementary.QUARTER_2),
        mpf(2) / 3: (elementary.TWO_THIRDS, elementary.TWO_THIRDS_REST),
    }.items():
        for i, part in enumerate(parts):
            assert float(whole - sum(map(mpf, parts[:i]))) == part
