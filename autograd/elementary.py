"""The elementary functions of the compiled parts, each declared once as a function on any kind of number that has bits.

From here come the C of the kernel and the instructions of machine code, so that both give the same bits for any number of lanes and any
width of vectors. Each is one straight line without branches, with exact fused multiply-adds; errors lie within the bounds of the table's
rows. A function takes the namespace `n` of a kind, with

    fma(a, b, c)  sqrt(x)  abs(x)  copysign(a, b)  rint(x)
    select(condition, a, b)      one of two numbers, bit for bit
    bits(x)  number(u)           a number as an unsigned integer of 64 bits, and back
    extern(name, *x)             the function of the C library

and numbers with `+ - * /` and `-x`; integers with `+ - & | ^ << >>`; comparisons of either, which give conditions with `& | ~`. Floats
and ints of Python stand for numbers and integers everywhere.

Reductions follow Cody and Waite, Software manual for the elementary functions (1980), and Muller, Elementary functions (2016),
chapters 5 and 11: x = k ln 2 + r and so on, with what rounding lost of r kept apart. The coefficients of each polynomial were
computed for this file: interpolation at Chebyshev nodes with 60 digits, which tests/test_elementary.py repeats.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from math import inf, nan
from typing import Any, NamedTuple

SIGN = 1 << 63
MAGNITUDE = SIGN - 1
SMALLEST = 2.0**-1022  # of the normal numbers
ROUND = 1.5 * 2.0**52  # added to a number it rounds it to an integer, which then stands in the low bits
ONE_HALF_BITS = 0x3FE6A09E667F3BCD  # sqrt(1/2)
MANTISSA = 0x000FFFFFFFFFFFFF
WHOLE = 0x4330000000000000  # 2^52: with an integer in the low bits it is 2^52 more than that

LOG2_E = 1.4426950408889634
# ln 2, of which the first part has 42 bits: a product with an exponent is exact.
LN2, LN2_REST = 0.6931471805598903, 5.497923018708371e-14
TWO_BY_PI = 0.6366197723675814
# pi / 2 in three parts.
QUARTER, QUARTER_1, QUARTER_2 = 1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33
TWO_THIRDS, TWO_THIRDS_REST = 0.6666666666666666, 3.700743415417188e-17

EXP = (
    *(0.16666666666666669, 0.041666666666666664, 0.008333333333330062, 0.0013888888888886552, 0.00019841269863053618),
    *(2.4801587317144498e-05, 2.7557268459997064e-06, 2.755728296954995e-07, 2.510038549551032e-08, 2.0911236630261545e-09),
)
LOG = (
    *(0.666666666666667, 0.39999999999899444, 0.2857142862600327, 0.22222211130259878, 0.18182889455674947, 0.15331710618210773),
    0.14616585424888623,
)
INVERSE = (1.0049951120225056, -1.0806127678408468, 0.9142390706250312)
POWER = (
    *(0.4, 0.28571428571429364, 0.22222222221655885, 0.18181818335392802, 0.1538459496251843, 0.1333480469384731),
    *(0.11706236339491206, 0.11723178623876518),
)
SIN = (
    *(-0.16666666666666666, 0.008333333333330948, -0.00019841269836756774, 2.7557316101617874e-06, -2.505113165023518e-08),
    1.5918115263265974e-10,
)
COS = (
    *(0.041666666666666664, -0.0013888888888887398, 2.480158729876456e-05, -2.7557317271145144e-07, 2.087614614655861e-09),
    -1.1382623647474604e-11,
)
ERF = (
    *(1.1283791670955126, -0.37612638903183543, 0.11283791670945006, -0.02686617064323777, 0.0052239776071164225),
    *(-0.0008548325975389692, 0.00012055294904839707, -1.492473690741966e-05, 1.6447424703317362e-06, -1.6208483801871705e-07),
    *(1.3720064546777686e-08, -7.795898827002142e-10),
)
ERF_FAR = (
    *(0.25539567631050575, 1.7087433896558344, 3.866531107879393, 5.054629184999771, 0.9556204556532818, -7.1654008059021645),
    *(-3.46989888839134, 16.08869817586359, 2.8545447362051415, -45.70189542500983, 28.82332700636197, 114.45898803533404),
    -224.27196472648276,
)


class Elementary(NamedTuple):
    """A function in two forms, with the same bits where both are right.

    Attributes:
        usual: the cheaper form.
        is_usual: the condition under which `usual` is right; None where it is right everywhere.
        anywhere: the form that is right for all numbers.
    """

    usual: Callable[..., Any]
    is_usual: Callable[..., Any] | None
    anywhere: Callable[..., Any]


def _polynomial(n: Any, coefficients: Sequence[float], *powers: Any) -> Any:
    """Its value at z, the first of the `powers` z, z^2, z^4 …: all but the last join neighbouring terms, the last sums what is left."""
    terms: list[Any] = list(coefficients)
    *joining, last = powers
    for z in joining:
        pairs = [n.fma(z, b, a) for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[2 * len(pairs) :]
    return reduce(lambda y, term: n.fma(last, y, term), reversed(terms))


def _at_most(n: Any, x: Any, most: float) -> Any:
    """The smaller number, or nan."""
    return n.select(most < x, most, x)


def _limited(n: Any, x: Any, size: float) -> Any:
    return n.copysign(_at_most(n, n.abs(x), size), x)


def _keep_zero(n: Any, y: Any, x: Any) -> Any:
    """`y`, which has the sign of `x`, unless it is 0 and `x` is -0."""
    return n.number(n.bits(y) | (n.bits(x) & SIGN))


def _within(size: float) -> Callable[[Any, Any], Any]:
    return lambda n, x: n.abs(x) <= size


# exp and what is made of it.


def _reduce_exp(n: Any, x: Any, bias: float) -> tuple[Any, Any, Any, Any]:
    """With x = k ln 2 + t: bias + k in the low bits of an integer; t without the last bits of k ln 2, r; e^t - 1 - r; what t lost."""
    rounded = n.fma(x, LOG2_E, ROUND + bias)
    k = rounded - (ROUND + bias)
    r = n.fma(-k, LN2, x)
    rest = k * LN2_REST
    t = r - rest
    t2 = t * t
    c = _polynomial(n, EXP, t, t2, t2 * t2)
    return n.bits(rounded), r, n.fma(t2, n.fma(t, c, 0.5), -rest), t * ((r - t) - rest)


def _exp_usual(n: Any, x: Any) -> Any:
    """For |x| <= 354: 2^k as an integer of ten bits, k + 512, added to the exponent of e^t / 2^512."""
    k, r, small, _ = _reduce_exp(n, x, 512.0)
    return n.number(n.bits(n.fma(2.0**-512, r + small, 2.0**-512)) + (k << 52))


def _exp_within_708(n: Any, x: Any) -> Any:
    k, r, small, _ = _reduce_exp(n, x, 1023.0)
    return (1.0 + (r + small)) * n.number(k << 52)


def _exp_wide(n: Any, x: Any, bias: float = 2046.0) -> Any:
    """2^j e^x with bias = 2046 + j, for |x| <= 760: in two steps, so that neither over- nor underflows before the result does."""
    k, r, small, _ = _reduce_exp(n, x, bias)
    half = k >> 1
    return (1.0 + (r + small)) * n.number(half << 52) * n.number((k - half) << 52)


def exp(n: Any, x: Any) -> Any:
    """2^k (1 + r + small), to 0 and to infinity."""
    return _exp_wide(n, _limited(n, x, 760.0))


def _exp_minus_size(n: Any, x: Any) -> Any:
    """exp(-|x|)."""
    return _exp_wide(n, -_at_most(n, n.abs(x), 760.0))


def _expm1_in(n: Any, x: Any, unit: float, bias: float) -> tuple[Any, Any]:
    """Unit (e^x - 1) with unit = 2^j and bias = 1023 + j, and what rounding it lost.

    That is 2^k (1 + r + small) - 1, in which 2^k - 1 and 2^k r are added without loss.
    """
    k, r, small, slight = _reduce_exp(n, x, bias)
    scale = n.number(k << 52)
    a, b = scale - unit, scale * r
    total = a + b
    lost = (b - (total - a)) + ((scale - a) - unit)
    rest = n.fma(scale, small + slight, lost)
    y = total + rest
    return y, rest - (y - total)


def _expm1_usual(n: Any, x: Any) -> Any:
    return _keep_zero(n, _expm1_in(n, x, 1.0, 1023.0)[0], x)


def expm1(n: Any, x: Any) -> Any:
    """Halved, since 2^1024 is too large; what that does to subnormals does not matter."""
    z = _at_most(n, x, 710.0)
    half, _ = _expm1_in(n, n.select(z < -708.0, -708.0, z), 0.5, 1022.0)
    return n.select(n.abs(x) < 2.0**-54, x, 2.0 * half)


def _sinh_in(n: Any, x: Any, unit: float, bias: float) -> Any:
    """(e + e / (e + 1)) / 2 with e = exp(|x|) - 1."""
    e, low = _expm1_in(n, n.abs(x), unit, bias)
    return n.copysign((e + (low + e / (e / unit + 1.0))) * (0.5 / unit), x)


def _sinh_usual(n: Any, x: Any) -> Any:
    return _sinh_in(n, x, 1.0, 1023.0)


def sinh(n: Any, x: Any) -> Any:
    """In eighths, as (e^x - 1) / 8 does not overflow before the result does."""
    return n.select(n.abs(x) < 2.0**-54, x, _sinh_in(n, _limited(n, x, 711.0), 0.125, 1020.0))


def _cosh_of(half: Any) -> Any:
    """From exp(|x|) / 2."""
    return half + 0.25 / half


def _cosh_usual(n: Any, x: Any) -> Any:
    return _cosh_of(0.5 * _exp_within_708(n, n.abs(x)))


def cosh(n: Any, x: Any) -> Any:
    """From exp(|x|) / 2, in two steps."""
    return _cosh_of(_exp_wide(n, _at_most(n, n.abs(x), 760.0), 2045.0))


def _sigmoid_of(n: Any, e: Any, x: Any) -> Any:
    """From e = exp(-|x|)."""
    return n.select(x < 0.0, e, 1.0) / (1.0 + e)


def _sigmoid_usual(n: Any, x: Any) -> Any:
    return _sigmoid_of(n, _exp_within_708(n, -n.abs(x)), x)


def sigmoid(n: Any, x: Any) -> Any:
    """1 / (1 + exp(-x)), from exp(-|x|)."""
    return _sigmoid_of(n, _exp_minus_size(n, x), x)


def _tanh_usual(n: Any, x: Any) -> Any:
    """(e^2x - 1) / (e^2x + 1), from e^2x - 1."""
    k, r, small, _ = _reduce_exp(n, 2.0 * n.abs(x), 1023.0)
    scale = n.number(k << 52)
    e = n.fma(scale, r + small, scale - 1.0)
    return n.copysign(e / (e + 2.0), x)


def tanh(n: Any, x: Any) -> Any:
    """From 20 on it is 1."""
    return _tanh_usual(n, _limited(n, x, 350.0))


# log and what is made of it.


def _log_sum(n: Any, k: Any, f: Any, rest: Any) -> Any:
    """K ln 2 + log(1 + f) + rest, for -0.3 < f < 0.42.

    log(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)) with s = f / (2 + f), and the first three of k ln 2 + f - f^2/2 are added without loss.
    """
    s = f / (2.0 + f)
    z = s * s
    c = _polynomial(n, LOG, z, z * z)
    half = 0.5 * f
    square = half * f
    high = n.fma(-half, f, f)
    low = n.fma(-half, f, f - high)
    a = k * LN2
    total = a + high
    lost = high - (total - a)
    return total + (n.fma(s, n.fma(z, c, square), rest) + (lost + low))


def _split(n: Any, x: Any) -> tuple[Any, Any]:
    """The k and m of x = 2^k m, m from sqrt(1/2) to sqrt(2), for normal x > 0."""
    u = n.bits(x) + (0x3FF0000000000000 - ONE_HALF_BITS)
    return n.number((u >> 52) | WHOLE) - (2.0**52 + 1023.0), n.number((u & MANTISSA) + ONE_HALF_BITS)


def _log_usual(n: Any, x: Any) -> Any:
    k, m = _split(n, x)
    return _log_sum(n, k, m - 1.0, k * LN2_REST)


def _is_log_usual(n: Any, x: Any) -> Any:  # noqa: ARG001  # as the others are called
    return (x >= SMALLEST) & (x < inf)


def log(n: Any, x: Any) -> Any:
    """Subnormal numbers are made normal."""
    tiny = x < SMALLEST
    k, m = _split(n, n.select(tiny, x * 2.0**54, x))
    k = k - n.select(tiny, 54.0, 0.0)
    y = _log_sum(n, k, m - 1.0, k * LN2_REST)
    return n.select((x > 0.0) & (x < inf), y, n.select(x < 0.0, nan, n.select(x == 0.0, -inf, x)))


def _log1p_usual(n: Any, x: Any) -> Any:
    """log(u) with u = 1 + x, plus what rounding u lost, divided by u; 1/m to one percent is enough for that. Near 1, f = x."""
    u = 1.0 + x
    k, m = _split(n, u)
    f = m - 1.0
    lost = n.select(x < 1.0, x - (u - 1.0), 1.0 - (u - x))
    scale = n.number(n.bits((ROUND + 1023.0) - k) << 52)
    near = k == 0.0
    rest = n.select(near, 0.0, lost * scale * _polynomial(n, INVERSE, f))
    return _keep_zero(n, _log_sum(n, k, n.select(near, x, f), n.fma(k, LN2_REST, rest)), x)


def _is_log1p_usual(n: Any, x: Any) -> Any:  # noqa: ARG001  # as the others are called
    return (x > -1.0) & (x < 2.0**60)


def log1p(n: Any, x: Any) -> Any:
    """From 2^60 on it is log(x)."""
    return n.select(_is_log1p_usual(n, x), _log1p_usual(n, x), log(n, n.select(x < 2.0**60, 1.0 + x, x)))


def _softplus_of(n: Any, e: Any, x: Any) -> Any:
    """max(x, 0) + log(1 + e), from e = exp(-|x|) <= 1: halved where 1 + e lies beyond sqrt(2)."""
    large = e > 0.4140625
    k = n.select(large, 1.0, 0.0)
    return n.select(x < 0.0, 0.0, x) + _log_sum(n, k, n.select(large, 0.5 * (e - 1.0), e), k * LN2_REST)


def _softplus_usual(n: Any, x: Any) -> Any:
    return _softplus_of(n, _exp_within_708(n, -n.abs(x)), x)


def softplus(n: Any, x: Any) -> Any:
    """log(1 + exp(x)), from exp(-|x|)."""
    return _softplus_of(n, _exp_minus_size(n, x), x)


# sin and cos.


def _reduce_angle(n: Any, x: Any) -> tuple[Any, Any, Any]:
    """With x = k pi/2 + r + rest for |x| <= 1e5: an integer with k in its low bits, r and rest.

    The first difference is exact; the second is added without loss, since either term may be the larger where x lies close to a multiple.
    """
    rounded = n.fma(x, TWO_BY_PI, ROUND)
    k = rounded - ROUND
    s = n.fma(-k, QUARTER, x)
    p = k * QUARTER_1
    r = s - p
    back = r - s
    return n.bits(rounded), r, n.fma(-k, QUARTER_2, ((s - (r - back)) - (p + back)) - n.fma(k, QUARTER_1, -p))


def _sin_near(n: Any, r: Any, rest: Any) -> Any:
    z = r * r
    return r + n.fma(z * r, _polynomial(n, SIN, z, z * z), n.fma(-0.5 * z, rest, rest))


def _cos_near(n: Any, r: Any, rest: Any) -> Any:
    z, half = r * r, 0.5 * r
    z2 = z * z
    high = n.fma(-half, r, 1.0)
    low = n.fma(-half, r, 1.0 - high)
    return high + n.fma(z2, _polynomial(n, COS, z, z2), n.fma(-r, rest, low))


def _quarter(n: Any, quarter: Any, r: Any, rest: Any) -> Any:
    """Of sin, cos, -sin, -cos of r + rest that of number `quarter`."""
    y = n.select((quarter & 1) != 0, _cos_near(n, r, rest), _sin_near(n, r, rest))
    return n.number(n.bits(y) ^ ((quarter & 2) << 62))


def _sin_usual(n: Any, x: Any) -> Any:
    return n.select(n.abs(x) < 2.0**-27, x, _quarter(n, *_reduce_angle(n, x)))


def _cos_usual(n: Any, x: Any) -> Any:
    k, r, rest = _reduce_angle(n, x)
    return _quarter(n, k + 1, r, rest)


_is_angle_usual = _within(1e5)


def sin(n: Any, x: Any) -> Any:
    """Beyond 1e5 by the C library."""
    return n.select(_is_angle_usual(n, x), _sin_usual(n, x), n.extern("sin", x))


def cos(n: Any, x: Any) -> Any:
    """Beyond 1e5 by the C library."""
    return n.select(_is_angle_usual(n, x), _cos_usual(n, x), n.extern("cos", x))


# erf.


def _erf_near(n: Any, x: Any) -> Any:
    """For |x| < 1: odd."""
    z = x * x
    z2 = z * z
    return x * _polynomial(n, ERF, z, z2, z2 * z2)


def _erf_far(n: Any, a: Any) -> Any:
    """For 1 <= a <= 6: erf(a) = 1 - exp(-a^2) G(t) with t = 1/(a + 2) - 1/4."""
    t = 1.0 / (a + 2.0) - 0.25
    t2 = t * t
    return n.fma(-_exp_within_708(n, -a * a), _polynomial(n, ERF_FAR, t, t2, t2 * t2), 1.0)


def erf(n: Any, x: Any) -> Any:
    """From 6 on it is 1."""
    a = n.abs(x)
    return n.select(a < 1.0, _erf_near(n, x), n.copysign(_erf_far(n, _at_most(n, a, 6.0)), x))


# Powers.


def _power_usual(n: Any, x: Any, c: Any) -> Any:
    """x^c for normal x > 0, from log(x) to some 66 bits: k ln 2 + 2 s + 2/3 s^3 + s^5 Q(s^2), the rest of which is in the terms' lows."""
    k, m = _split(n, x)
    f = m - 1.0
    d = 2.0 + f
    inverse = 1.0 / d
    s = f * inverse
    s_low = n.fma(-s, f - (d - 2.0), n.fma(-s, d, f)) * inverse
    z = s * s
    z_low = n.fma(2.0 * s, s_low, n.fma(s, s, -z))
    cube = s * z
    cube_low = n.fma(s, z, -cube) + n.fma(s, z_low, s_low * z)
    third = cube * TWO_THIRDS
    third_low = n.fma(cube, TWO_THIRDS, -third) + n.fma(cube, TWO_THIRDS_REST, cube_low * TWO_THIRDS)
    q = _polynomial(n, POWER, z, z * z)
    a, b = k * LN2, 2.0 * s
    ab = a + b
    total = ab + third
    lost = (b - (ab - a)) + (third - (total - ab))
    low = n.fma(cube * z, q, n.fma(k, LN2_REST, lost + n.fma(2.0, s_low, third_low)))
    high = total + low
    product = c * high
    rest = n.fma(c, low - (high - total), n.fma(c, high, -product))
    scale, r, small, _ = _reduce_exp(n, product, 1023.0)
    y = 1.0 + r
    y_low = r - (y - 1.0)
    return (y + (y_low + n.fma(rest, y + small, small))) * n.number(scale << 52)


def _is_power_usual(n: Any, x: Any, c: Any) -> Any:
    """Whether x^c neither over- nor underflows, by the exponent of x, and c is not so large that the error of the logarithm counts."""
    k = n.number((n.bits(x) >> 52) | WHOLE) - (2.0**52 + 1023.0)
    size = n.abs(c)
    return (x >= SMALLEST) & (x < inf) & (size <= 512.0) & (size * (n.abs(k) + 1.0) <= 1021.0)


def power(n: Any, x: Any, c: Any) -> Any:
    """By the C library where the result, or the error of the logarithm, may be too large or too small."""
    return n.select(_is_power_usual(n, x, c), _power_usual(n, x, c), n.extern("pow", x, c))


# Powers with one exponent for all lanes: a float, or a number.


def _sign_unless_whole(n: Any, c: Any) -> Any:
    return n.bits(n.select(c == n.rint(c), 0.0, -0.0))


def _base(n: Any, x: Any, c: Any) -> Any:
    """|x| where c is whole."""
    return n.number(n.bits(x) & (_sign_unless_whole(n, c) | MAGNITUDE))


def _signed_usual(n: Any, x: Any, c: Any) -> Any:
    """x^c, also for x < 0 where c is whole: |x|^c, with the sign of x where c is odd."""
    return n.number(n.bits(_power_usual(n, _base(n, x, c), c)) ^ (n.bits(x) & _sign_unless_whole(n, 0.5 * c)))


def _is_signed_usual(n: Any, x: Any, c: Any) -> Any:
    return _is_power_usual(n, _base(n, x, c), c)


def _square(n: Any, x: Any) -> Any:  # noqa: ARG001  # as the others are called
    return x * x


def _cube(n: Any, x: Any) -> Any:
    """What rounding the square lost is put back, unless something overflowed."""
    square = x * x
    lost = n.fma(x, x, -square)
    return n.select(n.abs(square) < inf, n.fma(square, x, lost * x), square * x)


def _inverse(n: Any, x: Any) -> Any:  # noqa: ARG001  # as the others are called
    return 1.0 / x


def _root(n: Any, x: Any) -> Any:
    return n.select(x == -inf, inf, n.sqrt(x) + 0.0)


def _signed(n: Any, x: Any, c: Any) -> Any:
    return n.select(_is_signed_usual(n, x, c), _signed_usual(n, x, c), n.extern("pow", x, c))


SPECIAL_POWERS = {2.0: _square, 3.0: _cube, -1.0: _inverse, 0.5: _root}
SIGNED_POWER = Elementary(_signed_usual, _is_signed_usual, _signed)  # for the other exponents


def power_of(c: float) -> Elementary:
    """The function x^c for this c, with the bits of `ELEMENTARY["powc"]`."""
    if special := SPECIAL_POWERS.get(c):
        return Elementary(special, None, special)
    return Elementary(*(lambda n, x, f=f: f(n, x, c) for f in SIGNED_POWER))


def powc(n: Any, x: Any, c: Any) -> Any:
    """The special exponents as `power_of` has them, the others likewise."""
    return reduce(lambda y, special: n.select(c == special[0], special[1](n, x), y), SPECIAL_POWERS.items(), _signed(n, x, c))


# By the names of the table's rows. What is not here is computed by the row's expression, with the functions of the C library.
ELEMENTARY = {
    "exp": Elementary(_exp_usual, _within(354.0), exp),
    "expm1": Elementary(_expm1_usual, _within(708.0), expm1),
    "log": Elementary(_log_usual, _is_log_usual, log),
    "log1p": Elementary(_log1p_usual, _is_log1p_usual, log1p),
    "sinh": Elementary(_sinh_usual, _within(708.0), sinh),
    "cosh": Elementary(_cosh_usual, _within(708.0), cosh),
    "sigmoid": Elementary(_sigmoid_usual, _within(708.0), sigmoid),
    "tanh": Elementary(_tanh_usual, _within(350.0), tanh),
    "softplus": Elementary(_softplus_usual, _within(708.0), softplus),
    "sin": Elementary(_sin_usual, _is_angle_usual, sin),
    "cos": Elementary(_cos_usual, _is_angle_usual, cos),
    "erf": Elementary(erf, None, erf),
    "pow": Elementary(_power_usual, _is_power_usual, power),
    "powc": Elementary(powc, None, powc),
}
