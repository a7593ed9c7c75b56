"""Special functions, the values of some rows of the table, as expressions in the functions that `xp` has for the kind of number given.

Each is written once, for floats, arrays and C; mpmath and SymPy have functions of their own. There is no branch and no loop on data, and
the branch that `xp.where` does not choose is a number, too, so that floats raise only where the result is not finite. `xp.shift` marks a
number that cancels in the result, except for rounding.

Sources: Schonfelder, Chebyshev expansions for the error and related functions (1978); Cody, Rational Chebyshev
approximations for the error function (1969), for the split of x²; Giles, Approximating the erfinv function (2012);
Abramowitz and Stegun, Handbook of Mathematical Functions (1964), 6.1.40, 6.3.18 and 23.1.30.
"""

from functools import reduce
from math import inf, log, nan, pi, sqrt
from operator import add
from typing import Any

# (1 + 2x) exp(x²) erfc(x) for x >= 0, in t = (x - 3.75)/(x + 3.75): fitted at Chebyshev's points.
ERFCX = (
    1.2375126308378275, -0.14024059858554702, 0.0035854154854644293, 0.08227673849015102, -0.10880393014174886,
    0.09230432116019834, -0.05869339858963677, 0.0283622774215156, -0.009746579558029276, 0.0017556258324217529,
    0.0002937136655913448, -0.00029015397928986765, 5.164909889268241e-05, 2.2383912036550678e-05,
    -1.1444146237700524e-05, -9.72849582211122e-07, 1.751637648849062e-06, -5.826281078800777e-08,
    -2.5866850716155884e-07, 2.4289762925488707e-08, 3.8675334242222354e-08, -4.389284159986328e-09,
    -5.1739902140113095e-09, 5.457157304704688e-10, 4.2514714447963895e-10, -3.75315827795962e-11,
)  # fmt: skip

# x (ln Γ(x) - (x - 1/2) ln x + x - ln √(2π)) for x >= 1, in t = (x - 3)/(x + 1): fitted likewise.
STIRLING = (
    0.08303377705499501, 0.0007762599042828212, -0.000720059519230438, 0.0003282542827593914, -0.00010823033780833388,
    2.9211355695291314e-05, -7.470266687118203e-06, 2.039198447875588e-06, -5.691459656542244e-07,
    1.5464984925030227e-07, -4.380993634193963e-08, 1.2721964140224956e-08, -3.564074196087588e-09,
    1.0648893185695023e-09, -3.1894802647506756e-10, 7.802056904168652e-11, -2.4217221376818735e-11,
    1.3094374999911581e-11, -3.797391357413838e-12,
)  # fmt: skip

# ln Γ(x)/((x - 1)(x - 2)) for 0.5 <= x <= 2.5, in t = 2.6 - 5.76/(x + 1.1), and digamma(x)/(x - its zero) for 1 <= x <= 2, in
# t = 5.8 - 16.32/(x + 1.4): fitted so that both are accurate near their zeros, too.
LGAMMA = (
    0.5508248459231465, -0.18189618994901094, 0.018550754665571715, -0.009012075581845505, 0.0017750057872623307,
    -0.0007880481506153097, 0.0001899210065270544, -8.138058986670641e-05, 2.172405710040016e-05,
    -9.128221509285382e-06, 2.592927538397644e-06, -1.0759328669876941e-06, 3.186673811008598e-07,
    -1.3120632070494263e-07, 4.006330501764693e-08, -1.6181795567459846e-08, 5.032819720013326e-09,
    -2.265136531025627e-09, 7.34147868306864e-10, -1.446963363601528e-10, 4.057131874068695e-11, -7.752339597206299e-11,
    2.6374773998890003e-11,
)  # fmt: skip
PSI = (
    0.9894637392766482, -0.22736937755192974, 0.027543929773171365, -0.0050197434835084235, 0.0008115809488398615,
    -0.00014291291891523595, 2.3868701374983922e-05, -4.141464256386717e-06, 6.98346113823472e-07,
    -1.204299707550023e-07, 2.0396622705723426e-08, -3.4870413826570087e-09, 5.914536403066258e-10,
    -1.1402790514415282e-10, 1.9530724116517802e-11,
)  # fmt: skip

# erfinv(x)/x, in w - 2.5, and where w is above 5 erfinv(x), in (√w - 4.2)/2, to 7 digits; w = -ln(1 - x²).
ERFINV_CENTRE = (
    1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-06, -3.5233877e-06,
    3.43273939e-07, 2.81022636e-08,
)  # fmt: skip
ERFINV_TAIL = (
    4.041725987, 2.019797972, 0.003239792827, -0.005094948319, 0.003430582987, -0.002283584285, 0.001344915943,
    -0.0001785459103, -0.0001678835873,
)  # fmt: skip

# B(2k)/(2k) and B(2k)/(2k)!, of Bernoulli's numbers, from k = 1.
DIGAMMA = (
    0.08333333333333333, -0.008333333333333333, 0.003968253968253968, -0.004166666666666667, 0.007575757575757576,
    -0.021092796092796094, 0.08333333333333333, -0.4432598039215686,
)  # fmt: skip
ZETA = (
    0.08333333333333333, -0.001388888888888889, 3.306878306878307e-05, -8.267195767195768e-07, 2.08767569878681e-08,
    -5.284190138687493e-10, 1.3382536530684679e-11, -3.3896802963225827e-13, 8.586062056277845e-15,
    -2.174868698558062e-16, 5.5090028283602295e-18, -1.3954464685812522e-19,
)  # fmt: skip

# Where log(ndtr(-z)) is log(x), z is near w - P(w)/Q(w), w = √(-2 log x).
NDTRI_P, NDTRI_Q = (2.515517, 0.802853, 0.010328), (1.0, 1.432788, 0.189269, 0.001308)

ZERO_OF_DIGAMMA = 1.4616321449683622, 9.549995429965697e-17  # the sum of the two
HALF_ROOT_PI, HALF_LOG_TAU = sqrt(pi) / 2.0, log(2.0 * pi) / 2.0
ROOT_HALF, ROOT_2, ROOT_TAU, ROOT_HALF_PI = sqrt(0.5), sqrt(2.0), 2.5066282746310007, sqrt(pi / 2.0)
TO_INTEGERS = 1.5 * 2.0**52  # added and subtracted again, it rounds a number below 2**51 to an integer
TO_MILLIONTHS = 1.5 * 2.0**32  # and this to a multiple of 2**-20


def _total(terms: list[Any]) -> Any:
    """The terms added in order; Python's `sum` of floats compensates its rounding from 3.12 on, which C does not."""
    return reduce(add, terms)


def _polynomial(x: Any, coefficients: tuple[float, ...]) -> Any:
    """By Horner's rule."""
    y: Any = coefficients[-1]
    for c in coefficients[-2::-1]:
        y = y * x + c
    return y


def _scaled_tail(x: Any) -> Any:
    """exp(x²) erfc(x) for x >= 0."""
    return _polynomial(1.0 - 7.5 / (x + 3.75), ERFCX) / (1.0 + 2.0 * x)


def _exp_square(xp: Any, x: Any, factor: float) -> Any:
    """exp(factor x²) for x <= 0, with x split so that no digit of its square is lost; below -40 it is 0 or inf."""
    x = xp.minimum(xp.maximum(x, -40.0), 0.0)
    near = (xp.shift(x) + TO_MILLIONTHS) - TO_MILLIONTHS
    return xp.exp(factor * near * near) * xp.exp(factor * (x - near) * (x + near))


def erfcx(xp: Any, x: Any) -> Any:
    """exp(x²) erfc(x)."""
    right = _scaled_tail(xp.abs(x))
    return xp.where(x < 0.0, 2.0 * _exp_square(xp, x, 1.0) - right, right)


def ndtr(xp: Any, x: Any) -> Any:
    """The integral of the normal distribution up to x."""
    tail = 0.5 * _scaled_tail(xp.abs(x) * ROOT_HALF) * _exp_square(xp, x, -0.5)
    return xp.where(x < -1.0, tail, 0.5 * xp.erfc(-x * ROOT_HALF))


def log_ndtr(xp: Any, x: Any) -> Any:
    """Its logarithm, also where it is too small for a float."""
    tail = xp.log(0.5 * _scaled_tail(xp.abs(x) * ROOT_HALF)) - 0.5 * x * x
    return xp.where(x < -1.0, tail, xp.log1p(-ndtr(xp, -xp.maximum(x, -1.0))))


def mills(xp: Any, n: Any, x: Any) -> Any:
    """The mean of t, of density proportional to tⁿ⁻¹ exp(-t²/2 - xt), t > 0: Laplace's continued fraction n/(x + (n + 1)/(x + …))."""
    near = xp.minimum(x, 1e8)
    s = xp.sqrt(near * near + (4.0 * (n + 32.0) - 2.0))
    tail = 0.5 * (s - near + near / (s * s))
    for k in reversed(range(32)):
        tail = (n + float(k)) / (x + tail)
    return xp.where(x < 4.0, nan, tail)


def erfinv(xp: Any, x: Any) -> Any:
    """The y with erf(y) = x: a start of 7 digits, and one step of Halley's."""
    size = xp.abs(x)
    w = -xp.log((1.0 - size) * (1.0 + size))
    y = xp.where(w < 5.0, size * _polynomial(w - 2.5, ERFINV_CENTRE), _polynomial((xp.sqrt(w) - 4.2) / 2.0, ERFINV_TAIL))
    missed = xp.where(size < 0.5, xp.erf(y) - size, (1.0 - size) - xp.erfc(y))
    step = HALF_ROOT_PI * missed * xp.exp(y * y)
    return xp.where(size == 1.0, x * inf, xp.copysign(y - step / (1.0 + y * step), x))


def ndtri(xp: Any, x: Any) -> Any:
    """The y with ndtr(y) = x: by erfinv from 0.1 to 0.9; beyond, a start of 3 digits, and two steps of Newton's on the logarithms."""
    tail = xp.minimum(x, 1.0 - x)
    goal = xp.log(tail)
    w = xp.sqrt(-2.0 * goal)
    z = w - _polynomial(w, NDTRI_P) / _polynomial(w, NDTRI_Q)
    for _ in range(2):
        scaled = _scaled_tail(z * ROOT_HALF)
        z = z + (xp.log(0.5 * scaled) - 0.5 * z * z - goal) * (ROOT_HALF_PI * scaled)
    centre = ROOT_2 * erfinv(xp, xp.minimum(xp.maximum(2.0 * x - 1.0, -0.9), 0.9))
    z = xp.where(tail == 0.0, inf, z)
    return xp.where(tail < 0.1, xp.where(x < 0.5, -z, z), centre)


def _stirling(n: Any) -> Any:
    """What is left of ln Γ(n) beside (n - 1/2) ln n - n + ln √(2π), n >= 1."""
    return _polynomial(1.0 - 4.0 / (n + 1.0), STIRLING) / n


def _from_integer(xp: Any, x: Any) -> Any:
    """How far x, at most 1/2, is from the nearest integer; floats below -2**52 are integers."""
    x = xp.maximum(x, -(2.0**52))
    return x - ((xp.shift(x) + TO_INTEGERS) - TO_INTEGERS)


def lgamma(xp: Any, x: Any) -> Any:
    """ln|Γ(x)|: Stirling's formula from 2.5 on, a polynomial times (x - 1)(x - 2) from 0.5 on, of |x| + 1 below, and by reflection."""
    size = xp.abs(x)
    n = xp.where(size < 0.5, size + 1.0, size)
    m, shift = xp.minimum(n, 2.5), xp.log(size)
    near = (m - 1.0) * (m - 2.0) * _polynomial(2.6 - 5.76 / (m + 1.1), LGAMMA)
    at_n = xp.where(n < 2.5, near, (n - 0.5) * (xp.log(n) - 1.0) + (HALF_LOG_TAU - 0.5) + _stirling(n))
    sine = xp.abs(xp.sin(pi * _from_integer(xp, xp.where(x < 0.0, x, -0.5))))
    reflected = log(pi) - xp.log(sine) - xp.where(size < 0.5, at_n, at_n + shift)
    return xp.where(x < 0.0, xp.where(sine == 0.0, inf, reflected), xp.where(size < 0.5, at_n - shift, at_n))


def gamma(xp: Any, x: Any) -> Any:
    """Γ(x): Stirling's formula from 1 on, of |x| + 1 below, and by reflection; no float from 200 on."""
    size = xp.minimum(xp.abs(x), 200.0)
    n = xp.where(size < 1.0, size + 1.0, size)
    root = xp.pow(n, 0.5 * n - 0.25)
    a, b = root * xp.exp(-n), root * (ROOT_TAU * xp.exp(_stirling(n)))  # factors whose product is Γ(n)
    rest = _from_integer(xp, xp.where(x < 0.0, x, 0.5))
    odd = xp.abs(_from_integer(xp, 0.5 * (xp.where(x < 0.0, x, 0.5) - rest)))  # 1/2 where the integer is odd
    sine = xp.where(rest == 0.0, nan, (1.0 - 4.0 * odd) * xp.sin(pi * rest))
    reflected = pi / (xp.where(size < 1.0, 1.0, size) * sine) / a / b
    return xp.where(x < 0.0, reflected, xp.where(size < 1.0, a * b / xp.where(size < 1.0, x, 1.0), a * b))


def digamma(xp: Any, x: Any) -> Any:
    """The derivative of ln|Γ(x)|: its asymptotic series at x + 10, by reflection below 1/2; its zero is a factor from 1 to 2."""
    n = xp.where(x < 0.5, 1.0 - x, x)
    z = n + 10.0
    u = 1.0 / (z * z)
    above = xp.log(z) - 0.5 / z - u * _polynomial(u, DIGAMMA) - _total([1.0 / (n + k) for k in reversed(range(10))])
    m = xp.minimum(xp.maximum(x, 1.0), 2.0)
    near = ((m - ZERO_OF_DIGAMMA[0]) - ZERO_OF_DIGAMMA[1]) * _polynomial(5.8 - 16.32 / (m + 1.4), PSI)
    far = above - xp.where(x < 0.5, pi / xp.tan(pi * _from_integer(xp, xp.minimum(x, 0.5))), 0.0)
    return xp.where(m == x, near, far)


def zeta(xp: Any, s: Any, x: Any) -> Any:
    """Σ (x + k)**-s over k >= 0: twelve terms, and Euler's and Maclaurin's formula for the rest, 0 for s above 1000."""
    s, x = xp.where(s < 1.0, nan, s), xp.where(x < 0.0, nan, x)
    terms = _total([xp.pow(x + float(k), -s) for k in reversed(range(12))])
    z, t = x + 12.0, xp.minimum(s, 1000.0)
    root = xp.pow(z, -0.5 * t)
    series = 0.0
    for k in reversed(range(len(ZETA))):
        series = (t + 2.0 * k) / z * (ZETA[k] + (t + (2.0 * k + 1.0)) / z * series)
    integral = xp.where(z < inf, root * z * root, 0.0) / (t - 1.0)
    return terms + integral + root * root * (0.5 + series)
