"""Special functions at any number of digits and any size, where SymPy's forms or mpmath's functions have none left: for REFERENCE."""

import functools

import sympy
from mpmath import mp, mpf


class tail(sympy.Function):  # noqa: N801  # as functions are called
    """erfc, which SymPy would write as 2 - erfc(-x)."""

    def fdiff(self, _=1):
        return -2 / sympy.sqrt(sympy.pi) * sympy.exp(-(self.args[0] ** 2))


class hurwitz(sympy.Function):  # noqa: N801  # as above
    """Hurwitz's zeta function, with nan for the derivative with respect to s, which is not known."""

    def fdiff(self, index=1):
        s, x = self.args
        return sympy.nan if index == 1 else -s * hurwitz(s + 1, x)


class excess(sympy.Function):  # noqa: N801  # as above
    """n Hh(n, x)/Hh(n - 1, x), repeated integrals of the normal distribution's tail; nan for the derivative with respect to n."""

    def fdiff(self, index=1):
        n, x = self.args
        return sympy.nan if index == 1 else excess(n, x) * (excess(n, x) - excess(n + 1, x))


class quantile(sympy.Function):  # noqa: N801  # as above
    """The inverse of the normal distribution function."""

    def fdiff(self, _=1):
        return sympy.sqrt(2 * sympy.pi) * sympy.exp(self**2 / 2)


def _tail(x):
    """erfc; by its asymptotic series where mpmath's overflows."""
    if x < 1000:
        return mp.erfc(x)
    term, total, k = mpf(1), mpf(0), 0
    while abs(term) > mp.eps:
        total += term
        k += 1
        term *= -(2 * k - 1) / (2 * x * x)
    return mp.exp(-x * x) / (x * mp.sqrt(mp.pi)) * total


@functools.lru_cache(4096)
def _erfinv(x, digits):
    """By Newton's method, since mpmath's takes a second at 400 digits."""
    with mp.workdps(20):
        y, correct = mp.erfinv(x) if abs(x) > 0.01 else x * mp.sqrt(mp.pi) / 2, 3
    while correct < digits + 5:
        correct *= 2
        with mp.workdps(min(correct, digits) + 25):
            missed = mp.erf(y) - x if abs(x) < 0.5 else mp.sign(x) * ((1 - abs(x)) - mp.erfc(abs(y)))
            y -= missed * mp.sqrt(mp.pi) / 2 * mp.exp(y * y)
    return +y


@functools.lru_cache(4096)
def _hurwitz(s, x):
    """To 60 digits; those of mpmath's are absolute. Where s is huge two terms are enough, unless the result is too small for a float."""
    if s > 5000:
        return x**-s + (x + 1) ** -s
    small = max(0.0, min(400.0, float(s * mp.log10(x + 1))))
    with mp.workdps(60 + int(small)):
        return mp.zeta(s, x)


@functools.lru_cache(4096)
def _excess(n, x):
    """By parabolic cylinder functions; by the first terms of their asymptotic series where x is huge."""
    if x > 1e30:
        return n / x
    with mp.workdps(60):
        return n * mp.pcfu(n + mpf(1) / 2, x) / mp.pcfu(n - mpf(1) / 2, x)


@functools.lru_cache(4096)
def _quantile(x, digits):
    """By Newton's method on the logarithm, which is concave, so that every start will do."""
    if x > 0.5:
        return -_quantile(1 - x, digits)
    with mp.workdps(digits + 10):
        y, step = -mp.sqrt(-2 * mp.log(2 * x)), mpf(1)
        while abs(step) > mp.mpf(10) ** (-digits // 2 - 5) * abs(y):
            below = mp.erfc(-y / mp.sqrt(2)) / 2
            step = mp.log(x / below) * below * mp.sqrt(2 * mp.pi) * mp.exp(y * y / 2)
            y += step
        return y


MODULES = [
    {
        "tail": _tail,
        "excess": _excess,
        "quantile": lambda x: _quantile(x, mp.dps),
        "erfinv": lambda x: _erfinv(x, mp.dps),
        "hurwitz": _hurwitz,
    },
    "mpmath",
]
