"""The table of elementary operations: each is declared once, and everything else derives from it.

A row states the operation's `value` and its `partials` (one local derivative for each argument) on any kind of number:
floats give numbers, arrays batches, Values graphs, mpmath fifty digits, SymPy formulas. `y` is the value, so `exp` has
the partial `y`; `None` means that the value does not depend on the argument. The other columns say how pictures and
formulas show the operation, where a derivative had to be chosen, and how accurate it is: see `autograd.op.Op`.

Partials are written with operators and operations only and never branch on data, so that they can be recorded and
differentiated themselves: a branch is an operation (`step`, `where`). They are chosen to be accurate, not merely right:
`1 - y*y` is tanh's derivative too, but at x = 20 it has lost every digit that `4 σ(2x) σ(-2x)` keeps.

Sources: Griewank and Walther, Evaluating Derivatives (2008), table 2.3; Goldberg, What every computer scientist should
know about floating-point arithmetic (1991); Blanchard, Higham and Higham, Accurately computing the log-sum-exp and
softmax functions (2021).
"""

from collections.abc import Callable
from math import fsum, inf, nan, pi
from typing import Any

from autograd import special
from autograd.facts import ENDS, EXACT, FLAT, IEEE, INSIDE, JUMP, LEAST, NEGATIVE, POLE, POSITIVE, REAL, RIGHT, UNIT, Bound, Kink
from autograd.numeric import FLOATS, log_or_nan
from autograd.op import Op, table

TWO_BY_ROOT_PI, HALF_ROOT_PI, ROOT_HALF = 1.1283791670955126, 0.886226925452758, 0.7071067811865476
BY_ROOT_2_PI, ROOT_HALF_PI, ROOT_2 = 0.3989422804014327, 1.2533141373155003, 1.4142135623730951
LN_2, LOG2_E, LOG10_E = 0.6931471805599453, 1.4426950408889634, 0.4342944819032518

# What the partials of several rows have in common.


def _shares(y: Any, x: tuple[Any, ...], beats: Callable[[Any, Any], Any]) -> tuple[Any, ...]:
    """Partials of a maximum or minimum: 1, shared equally among the arguments that `y` does not beat."""
    winners = [1.0 - beats(y, a) for a in x]
    count = sum(winners)
    return tuple(w / count for w in winners)


def _softmax(x: tuple[Any, ...]) -> tuple[Any, ...]:
    """Partials of log-sum-exp; they do not depend on the shift, which keeps `exp` from overflowing."""
    shift = stop_gradient(maximum(*x))
    e = [exp(a - shift) for a in x]
    total = sum(e)
    return tuple(a / total for a in e)


def _direction(x: tuple[Any, ...], norm: Callable[..., Any]) -> tuple[Any, ...]:
    """Partials of a norm, x / norm(x): of x in units of its largest entry, so that nothing over- or underflows."""
    unit = stop_gradient(maximum(*[abs(a) for a in x]))
    u = [a / unit for a in x]
    length = norm(*u)
    return tuple(where(unit, a / length, 0.0) for a in u)


def _fading(x: Any, slope: Any) -> Any:
    """`slope`, but a constant 0 where x is infinite, so that its own derivative is 0 there and not 0 times infinity."""
    return where(equal(abs(x), inf), 0.0, slope)


def _trigamma(y: Any, x: Any) -> Any:
    """The derivative of digamma; by reflection below 0, where digamma(1 - x) - y is π/tan(πx)."""
    below = less(x, 0.0)
    n = where(below, 1.0 - x, x)
    series, cotangent = zeta(2.0, n), digamma(n) - y
    return where(below, pi * pi + cotangent * cotangent - series, series)


# fmt: off

# Arithmetic.
add: Op = Op("add", lambda xp, a, b: a + b, lambda y, a, b: (1.0, 1.0), label="+", latex="#1 + #2", bound=EXACT)
sub: Op = Op("sub", lambda xp, a, b: a - b, lambda y, a, b: (1.0, -1.0), numpy="subtract",
             label="-", latex="#1 - #2", bound=EXACT)
mul: Op = Op("mul", lambda xp, a, b: a * b, lambda y, a, b: (b, a), numpy="multiply",
             label="*", latex=r"#1 \cdot #2", bound=EXACT)
div: Op = Op("div", lambda xp, a, b: a / b, lambda y, a, b: (1.0 / b, -y / b), numpy="divide",
             label="/", latex=r"\frac{#1}{#2}", domain=(REAL, POSITIVE), bound=Bound(0.5, 1.5))
neg: Op = Op("neg", lambda xp, x: -x, lambda y, x: (-1.0,), numpy="negative", latex="-#1", bound=EXACT)

# At y = 0, d/dx is 0: as 0 * x**-1, which can be differentiated, but as a constant where 1/x is inf or nan, so that the
# condition 1/x - 1/x is nan. d/dy is z log x, but 0 where x = 0 and y >= 0.
pow: Op = Op("pow", lambda xp, x, y: xp.pow(x, y),
             lambda z, x, y: (where(where(y, 0.0, 1.0 / x - 1.0 / x), 0.0, y * pow(x, y - 1.0)),
                 where(where(x, 1.0, step(-y, 0.0)), z * log(x), 0.0)), numpy="power float_power",
             label="**", latex="#1^{#2}", domain=(POSITIVE, REAL), bound=Bound(1.0, 750.0),
             kinks=(Kink((0.0, 0.0), (0.0, 0.0),
                 "x**0 is 1 for every x; for d/dy the limit of x**y log x along y > 0"),
                 Kink((0.0, 2.0), (0.0, 0.0), "the limit of x**y log x"),
                 Kink((-2.0, 3.0), (12.0, nan), "log(x) is not real"),
                 Kink((-2.0, 0.0), (0.0, nan), "x**0 is 1 for every x; log(x) is not real")))

# A row of its own, so that a constant exponent never evaluates log(x). The bound allows for the rounding of c - 1,
# which matters for fractional c and huge or tiny x; y/x would be closer there, but is nan at 0.
powc: Op = Op("powc", lambda xp, x, c: xp.pow(x, c), lambda y, x, c: (where(c, c * pow(x, c - 1.0), 0.0), None),
              label="**", latex="#1^{#2}", domain=(POSITIVE, REAL), bound=Bound(1.0, 750.0),
              kinks=(Kink((0.0, 0.0), (0.0, None), "x**0 is 1 for every x"),), constant_of=pow)
sum: Op = Op("sum", lambda xp, *x: xp.sum(*x), lambda y, *x: (1.0,) * len(x),
             latex=r"\sum\left(#*\right)", sequences=1, bound=EXACT)

# dot(ws, xs): its arguments are those of ws, then those of xs.
dot: Op = Op("dot", lambda xp, *x: xp.dot(x[: len(x) // 2], x[len(x) // 2 :]),
             lambda y, *x: x[len(x) // 2 :] + x[: len(x) // 2], sequences=2, bound=Bound(1.0, 0.5, relative=False))

# Powers, exponentials and logarithms.
sqrt: Op = Op("sqrt", lambda xp, x: xp.sqrt(x), lambda y, x: (0.5 / y,),
              latex=r"\sqrt{#1}", domain=(POSITIVE,), bound=Bound(0.5, 1.5), kinks=POLE)
exp: Op = Op("exp", lambda xp, x: xp.exp(x), lambda y, x: (y,), latex="e^{#1}", bound=Bound(1.0, 1.0))
expm1: Op = Op("expm1", lambda xp, x: xp.expm1(x), lambda y, x: (exp(x),),
               latex=r"\left(e^{#1} - 1\right)", bound=Bound(1.0, 1.0))
log: Op = Op("log", lambda xp, x: xp.log(x), lambda y, x: (1.0 / x,),
             latex=r"\ln\left(#1\right)", domain=(POSITIVE,), bound=Bound(1.0, 0.5),
             kinks=(*POLE, Kink((-2.0,), (-0.5,), "1/x, the derivative of ln|x|; the value is nan")))
log1p: Op = Op("log1p", lambda xp, x: xp.log1p(x), lambda y, x: (1.0 / (1.0 + x),),
               latex=r"\ln\left(1 + #1\right)", domain=((-1.0, inf),), bound=Bound(1.0, 1.5),
               kinks=(Kink((-1.0,), (inf,), RIGHT),
                   Kink((-3.0,), (-0.5,), "1/(1 + x), the derivative of ln|1 + x|; the value is nan")))

# log sum exp(x): the largest term, 1, is taken out of the sum, so that log1p keeps terms that are small next to it.
logsumexp: Op = Op("logsumexp",
                   lambda xp, *x: (m := xp.shift(*x)) + xp.log1p(xp.sum(*(xp.exp(a - m) for a in x), -1.0)),
                   lambda y, *x: _softmax(x),
                   latex=r"\ln \sum \exp\left(#*\right)", sequences=1, bound=Bound(2.9, 2.0, relative=False))

# Activations.
sigmoid: Op = Op("sigmoid", lambda xp, x: xp.where(x < 0.0, e := xp.exp(-xp.abs(x)), 1.0) / (1.0 + e),
                 lambda y, x: (y * sigmoid(-x),), latex=r"\sigma\left(#1\right)", bound=Bound(2.5, 5.5))
tanh: Op = Op("tanh", lambda xp, x: xp.tanh(x), lambda y, x: (4.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x),),
              latex=r"\tanh\left(#1\right)", bound=Bound(2.5, 5.5))
softplus: Op = Op("softplus", lambda xp, x: xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x))),
                  lambda y, x: (sigmoid(x),), latex=r"\ln\left(1 + e^{#1}\right)", bound=Bound(2.5, 2.5))
relu: Op = Op("relu", lambda xp, x: xp.where(x <= 0.0, 0.0, x), lambda y, x: (step(x, 0.0),),
              latex=r"\operatorname{relu}\left(#1\right)", bound=EXACT, kinks=(Kink((0.0,), (0.0,), LEAST),))
leaky_relu: Op = Op("leaky_relu", lambda xp, x, slope: xp.where(x > 0.0, x, slope * x),
                    lambda y, x, slope:
                        (where(x, (s := step(x, 0.0)) + slope * (1.0 - s), minimum(1.0, slope)), minimum(x, 0.0)),
                    defaults=(0.01,), domain=(REAL, (0.0, 1.0)), bound=EXACT,
                    kinks=(Kink((0.0, 0.01), (0.01, 0.0), LEAST),))
erf: Op = Op("erf", lambda xp, x: xp.erf(x), lambda y, x: (TWO_BY_ROOT_PI * _fading(x, exp(-x * x)),),
             latex=r"\operatorname{erf}\left(#1\right)", bound=Bound(1.0, 1.5, relative=False))

# Angles.
sin: Op = Op("sin", lambda xp, x: xp.sin(x), lambda y, x: (cos(x),),
             latex=r"\sin\left(#1\right)", bound=Bound(1.0, 1.0))
cos: Op = Op("cos", lambda xp, x: xp.cos(x), lambda y, x: (-sin(x),),
             latex=r"\cos\left(#1\right)", bound=Bound(1.0, 1.0))
tan: Op = Op("tan", lambda xp, x: xp.tan(x), lambda y, x: (1.0 + y * y,),
             latex=r"\tan\left(#1\right)", domain=((-pi / 2, pi / 2),), bound=Bound(1.0, 4.0))
asin: Op = Op("asin", lambda xp, x: xp.asin(x), lambda y, x: (1.0 / sqrt((1.0 - x) * (1.0 + x)),), numpy="arcsin",
              latex=r"\arcsin\left(#1\right)", domain=(UNIT,), bound=Bound(1.0, 2.5), kinks=ENDS)
acos: Op = Op("acos", lambda xp, x: xp.acos(x), lambda y, x: (-1.0 / sqrt((1.0 - x) * (1.0 + x)),), numpy="arccos",
              latex=r"\arccos\left(#1\right)", domain=(UNIT,), bound=Bound(1.0, 2.5),
              kinks=(Kink((1.0,), (-inf,), INSIDE), Kink((-1.0,), (-inf,), INSIDE)))
atan: Op = Op("atan", lambda xp, x: xp.atan(x), lambda y, x: (_fading(x, 1.0 / (1.0 + x * x)),), numpy="arctan",
              latex=r"\arctan\left(#1\right)", bound=Bound(1.0, 2.5))

# atan2(y, x): the angle of the point (x, y).
atan2: Op = Op("atan2", lambda xp, y, x: xp.atan2(y, x),
               lambda z, y, x: (where(r := hypot(y, x), x / r / r, 0.0), where(r, -y / r / r, 0.0)), numpy="arctan2",
               domain=(REAL, POSITIVE), bound=Bound(1.0, 4.0), kinks=(Kink((0.0, 0.0), (0.0, 0.0), LEAST),))
hypot: Op = Op("hypot", lambda xp, a, b: xp.hypot(a, b), lambda y, a, b: _direction((a, b), hypot),
               latex=r"\sqrt{#1^2 + #2^2}", bound=Bound(1.0, 2.0), kinks=(Kink((0.0, 0.0), (0.0, 0.0), LEAST),))
sinh: Op = Op("sinh", lambda xp, x: xp.sinh(x), lambda y, x: (cosh(x),),
              latex=r"\sinh\left(#1\right)", bound=Bound(2.0, 2.0))
cosh: Op = Op("cosh", lambda xp, x: xp.cosh(x), lambda y, x: (sinh(x),),
              latex=r"\cosh\left(#1\right)", bound=Bound(2.0, 2.0))

# Choices. `step` and `where` are what the partials above branch with.
abs: Op = Op("abs", lambda xp, x: xp.abs(x), lambda y, x: (sign(x),), numpy="absolute fabs",
             latex=r"\left|#1\right|", bound=EXACT, kinks=(Kink((0.0,), (0.0,), LEAST),))
sign: Op = Op("sign", lambda xp, x: xp.sign(x), lambda y, x: (None,),
              latex=r"\operatorname{sign}\left(#1\right)", domain=(POSITIVE,), bound=EXACT,
              kinks=(Kink((0.0,), (None,), FLAT),))

# step(x, threshold): 1 where x > threshold, 0 where it is not, nan where either is nan.
step: Op = Op("step",
              lambda xp, x, threshold: xp.where(x > threshold, 1.0, xp.where(x <= threshold, 0.0, x + threshold)),
              lambda y, x, threshold: (None, None),
              latex=r"\left[#1 > #2\right]", defaults=(0.0,), domain=(POSITIVE, NEGATIVE), bound=EXACT, kinks=JUMP)

# 1 where the comparison holds, else 0, also for nan: how `jit` records a comparison.
less: Op = Op("less", lambda xp, a, b: xp.where(a < b, 1.0, 0.0), lambda y, a, b: (None, None),
              label="<", latex=r"\left[#1 < #2\right]", domain=(NEGATIVE, POSITIVE), bound=EXACT, kinks=JUMP)
less_equal: Op = Op("less_equal", lambda xp, a, b: xp.where(a <= b, 1.0, 0.0), lambda y, a, b: (None, None),
                    label="<=", latex=r"\left[#1 \leq #2\right]", domain=(NEGATIVE, POSITIVE), bound=EXACT, kinks=JUMP)
equal: Op = Op("equal", lambda xp, a, b: xp.where(a == b, 1.0, 0.0), lambda y, a, b: (None, None),
               label="==", latex=r"\left[#1 = #2\right]", domain=(NEGATIVE, POSITIVE), bound=EXACT,
               kinks=(Kink((0.0, 0.0), (None, None), "constant except at one point"),))

# where(condition, a, b): a where the condition is not 0, else b. The branch not taken is absent: see Value.backward.
where: Op = Op("where", lambda xp, condition, a, b: xp.where(condition, a, b),
               lambda y, condition, a, b: (None, where(condition, 1.0, 0.0), where(condition, 0.0, 1.0)),
               domain=(POSITIVE, REAL, REAL), bound=EXACT,
               kinks=(Kink((0.0, 1.0, 2.0), (None, 0.0, 1.0), "0 counts as false"),), selects=True)
maximum: Op = Op("maximum", lambda xp, *x: xp.maximum(*x), lambda y, *x: _shares(y, x, step),
                 label="max", latex=r"\max\left(#*\right)", bound=EXACT,
                 kinks=(Kink((1.0, 1.0), (0.5, 0.5), LEAST), Kink((1.0, 1.0, 0.0), (0.5, 0.5, 0.0), LEAST)), ties=True)
minimum: Op = Op("minimum", lambda xp, *x: xp.minimum(*x), lambda y, *x: _shares(y, x, lambda a, b: step(b, a)),
                 label="min", latex=r"\min\left(#*\right)", bound=EXACT,
                 kinks=(Kink((1.0, 1.0), (0.5, 0.5), LEAST), Kink((0.0, 0.0, 1.0), (0.5, 0.5, 0.0), LEAST)), ties=True)
clip: Op = Op("clip", lambda xp, x, low, high: xp.minimum(xp.maximum(x, low), high),
              lambda y, x, low, high: (step(x, low) * step(high, x), step(low, x), step(x, high)),
              domain=(UNIT, (-inf, -1.0), (1.0, inf)), bound=EXACT,
              kinks=(Kink((-1.0, -1.0, 1.0), (0.0, 0.0, 0.0), LEAST), Kink((1.0, -1.0, 1.0), (0.0, 0.0, 0.0), LEAST)))
stop_gradient: Op = Op("stop_gradient", lambda xp, x: x, lambda y, x: (None,),
                       label="stop", latex=r"\operatorname{stop}\left(#1\right)", bound=EXACT)

# New rows come last, since a pickled program knows operations by their place here.
norm: Op = Op("norm", lambda xp, *x: xp.norm(*x), lambda y, *x: _direction(x, lambda *u: norm(u)),
              latex=r"\left\Vert #*\right\Vert", sequences=1, bound=Bound(1.0, 2.0),
              kinks=(Kink((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), LEAST),))
exp2: Op = Op("exp2", lambda xp, x: xp.exp2(x), lambda y, x: (LN_2 * y,), latex="2^{#1}", bound=Bound(1.0, 2.0))
log2: Op = Op("log2", lambda xp, x: xp.log2(x), lambda y, x: (LOG2_E / x,), latex=r"\log_{2}\left(#1\right)",
              domain=(POSITIVE,), bound=Bound(1.0, 1.0), kinks=POLE)
log10: Op = Op("log10", lambda xp, x: xp.log10(x), lambda y, x: (LOG10_E / x,), latex=r"\log_{10}\left(#1\right)",
               domain=(POSITIVE,), bound=Bound(2.0, 1.0), kinks=POLE)
logaddexp: Op = Op("logaddexp", lambda xp, a, b: xp.where(a == b, a + LN_2,
                       xp.maximum(a, b) + xp.log1p(xp.exp(-xp.abs(a - b)))),
                   lambda y, a, b: (  # of a - b, but of 0 where both are the same infinity
                       sigmoid(d := where(less(abs(a), inf), a - b, where(equal(a, b), 0.0, a - b))), sigmoid(-d)),
                   latex=r"\ln\left(e^{#1} + e^{#2}\right)", bound=Bound(1.5, 1.5, relative=False))
cbrt: Op = Op("cbrt", lambda xp, x: xp.cbrt(x), lambda y, x: (1.0 / (3.0 * y * y),), latex=r"\sqrt[3]{#1}",
              bound=Bound(4.0, 9.0), kinks=(Kink((0.0,), (inf,), "the limit from either side"),))
asinh: Op = Op("asinh", lambda xp, x: xp.asinh(x), lambda y, x: (_fading(x, 1.0 / hypot(1.0, x)),), numpy="arcsinh",
               latex=r"\operatorname{arsinh}\left(#1\right)", bound=Bound(2.0, 2.0))
acosh: Op = Op("acosh", lambda xp, x: xp.acosh(x), lambda y, x: (1.0 / (sqrt(x - 1.0) * sqrt(x + 1.0)),),
               numpy="arccosh", latex=r"\operatorname{arcosh}\left(#1\right)", domain=((1.0, inf),),
               bound=Bound(2.5, 3.0), kinks=(Kink((1.0,), (inf,), RIGHT),))
atanh: Op = Op("atanh", lambda xp, x: xp.atanh(x), lambda y, x: (1.0 / ((1.0 - x) * (1.0 + x)),), numpy="arctanh",
               latex=r"\operatorname{artanh}\left(#1\right)", domain=(UNIT,), bound=Bound(2.0, 2.5), kinks=ENDS)

# x Φ(x) and x σ(x), which are 0 at -inf.
gelu: Op = Op("gelu", lambda xp, x: 0.5 * xp.maximum(x, -1e300) * xp.erfc(-ROOT_HALF * x),
              lambda y, x: (ndtr(x) + BY_ROOT_2_PI * _fading(x, x * exp(-0.5 * x * x)),),
              bound=Bound(2.0, 2.0, relative=False))
silu: Op = Op("silu", lambda xp, x: xp.maximum(x, -1e300) * xp.where(x < 0.0, e := xp.exp(-xp.abs(x)), 1.0) / (1.0 + e),
              lambda y, x: (sigmoid(x) * (1.0 + _fading(x, x * sigmoid(-x))),), bound=Bound(3.0, 4.0, relative=False))

# Whole numbers: Python's // and %, and round, which takes the even one of two equally near.
floor: Op = Op("floor", lambda xp, x: xp.floor(x), lambda y, x: (None,), latex=r"\left\lfloor #1 \right\rfloor",
               domain=((1.0, 2.0),), bound=EXACT, kinks=(Kink((0.0,), (None,), FLAT),))
ceil: Op = Op("ceil", lambda xp, x: xp.ceil(x), lambda y, x: (None,), latex=r"\left\lceil #1 \right\rceil",
              domain=((1.0, 2.0),), bound=EXACT, kinks=(Kink((0.0,), (None,), FLAT),))
round: Op = Op("round", lambda xp, x: xp.rint(x), lambda y, x: (None,), numpy="rint",
               domain=((0.5, 1.5),), bound=EXACT, kinks=(Kink((0.5,), (None,), FLAT),))
floordiv: Op = Op("floordiv", lambda xp, a, b: xp.floor_divide(a, b), lambda y, a, b: (None, None),
                  numpy="floor_divide", label="//", latex=r"\left\lfloor \frac{#1}{#2} \right\rfloor",
                  domain=((2.0, 3.0), (1.0, 2.0)), bound=EXACT, kinks=(Kink((4.0, 2.0), (None, None), FLAT),))
mod: Op = Op("mod", lambda xp, a, b: xp.mod(a, b), lambda y, a, b: (1.0, -floordiv(a, b)), numpy="remainder",
             label="%", latex=r"#1 \operatorname{mod} #2", domain=((2.0, 3.0), (1.0, 2.0)), bound=EXACT,
             kinks=(Kink((4.0, 2.0), (1.0, -2.0), "the limit from the right in a, and from the left in b"),))

# Special functions, with values in special.py: erfcx(x) is exp(x**2) erfc(x), ndtr the normal distribution function.
erfc: Op = Op("erfc", lambda xp, x: xp.erfc(x), lambda y, x: (-TWO_BY_ROOT_PI * _fading(x, exp(-x * x)),),
              latex=r"\operatorname{erfc}\left(#1\right)", bound=Bound(2.0, 400.0))
erfcx: Op = Op("erfcx", special.erfcx,
               lambda y, x: (where(less(x, 3.0), 2.0 * x * y - TWO_BY_ROOT_PI, -ROOT_2 * mills(1.0, ROOT_2 * x) * y),),
               latex=r"\operatorname{erfcx}\left(#1\right)", bound=Bound(6.0, 60.0))
ndtr: Op = Op("ndtr", special.ndtr, lambda y, x: (BY_ROOT_2_PI * _fading(x, exp(-0.5 * x * x)),),
              latex=r"\Phi\left(#1\right)", bound=Bound(6.0, 400.0))
log_ndtr: Op = Op("log_ndtr", special.log_ndtr,
                  lambda y, x: (where(less(x, -4.0), mills(1.0, -x) - x,
                                      BY_ROOT_2_PI * _fading(x, exp(-0.5 * x * x)) / ndtr(x)),),
                  latex=r"\ln \Phi\left(#1\right)", bound=Bound(6.0, 400.0))
erfinv: Op = Op("erfinv", special.erfinv, lambda y, x: (HALF_ROOT_PI * exp(y * y),),
                latex=r"\operatorname{erf}^{-1}\left(#1\right)", domain=(UNIT,), bound=Bound(2.0, 150.0), kinks=ENDS)
lgamma: Op = Op("lgamma", special.lgamma, lambda y, x: (digamma(x),), numpy="gammaln",
                latex=r"\ln\left|\Gamma\left(#1\right)\right|", domain=(POSITIVE,), bound=Bound(6.0, 13.0),
                kinks=(Kink((0.0,), (-inf,), RIGHT), Kink((-0.0,), (inf,), IEEE), Kink((-1.0,), (-inf,), RIGHT)))
digamma: Op = Op("digamma", special.digamma, lambda y, x: (_trigamma(y, x),), numpy="psi",
                 latex=r"\psi\left(#1\right)", domain=(POSITIVE,), bound=Bound(13.0, 4.0),
                 kinks=(Kink((0.0,), (inf,), RIGHT), Kink((-0.0,), (inf,), RIGHT), Kink((-1.0,), (inf,), RIGHT)))

# Hurwitz's zeta, so that digamma can be differentiated to any order; mills likewise for log_ndtr and erfcx, whose
# derivatives would cancel without it (its bound is for s up to 9). The derivatives with respect to s are nan.
zeta: Op = Op("zeta", special.zeta, lambda y, s, x: (nan, -s * zeta(s + 1.0, x)),
              latex=r"\zeta\left(#1, #2\right)", domain=((1.0, inf), POSITIVE), bound=Bound(4.0, 1500.0),
              kinks=(Kink((2.0, 0.0), (nan, -inf), RIGHT + "; the derivative with respect to s is not implemented"),))
mills: Op = Op("mills", special.mills, lambda y, s, x: (nan, y * (y - mills(s + 1.0, x))),
               domain=((1.0, 9.0), (4.0, inf)), bound=Bound(4.0, 60.0))
ndtri: Op = Op("ndtri", special.ndtri,  # whose derivative is 1/φ(y)
               lambda y, x: (where(equal(abs(y), inf), inf, ROOT_HALF_PI * where(
                   less(x, 0.5), erfcx(-ROOT_HALF * y) / x, erfcx(ROOT_HALF * y) / (1.0 - x))),),
               domain=((0.0, 1.0),), bound=Bound(5.0, 8.0), kinks=(Kink((0.0,), (inf,), INSIDE), ENDS[0]))
gamma: Op = Op("gamma", special.gamma, lambda y, x: (y * digamma(x),), latex=r"\Gamma\left(#1\right)",
               domain=(POSITIVE,), bound=Bound(8.0, 20.0),
               kinks=(Kink((0.0,), (-inf,), RIGHT), Kink((-0.0,), (-inf,), RIGHT), Kink((-1.0,), (nan,), "a pole")))

# fmt: on

TABLE: dict[str, Op] = table(dict(vars()), sum=fsum, log=log_or_nan, norm=lambda x: FLOATS.norm(*x))
