"""The numbers of mpmath and SymPy as kinds of number: fifty digits, and formulas."""

import functools
import operator
from collections.abc import Sequence
from importlib import import_module
from typing import Any

from autograd.kinds import register_library
from autograd.numeric import FLOATS


class _Symbols:
    """What mpmath and SymPy have in common: functions by name, n-ary ones by Python's operators.

    `names` holds the functions that the library calls by another name, or whose formula is simpler than the one that floats need. They
    apply to rows of the table only: an operation of the user's own may have the same name.
    """

    def __init__(self, functions: Any, names: dict[str, Any]) -> None:
        self.functions = functions
        self.names = names

    def __getattr__(self, name: str) -> Any:
        return self.names.get(name) or getattr(self.functions, name)

    def sum(self, *x: Any) -> Any:
        at_once = getattr(self.functions, "Add", None)
        return at_once(*x) if at_once else functools.reduce(operator.add, x, 0)

    def dot(self, ws: Sequence[Any], xs: Sequence[Any]) -> Any:
        return self.sum(*map(operator.mul, ws, xs))

    def apply(self, op: Any, x: Sequence[Any]) -> Any:
        own = self.names.get(op.name) if op.__module__ == "autograd.ops" else None
        return own(*x) if own else op.value(self, *x)


@functools.cache
def mpmath() -> _Symbols:
    """The numbers of mpmath."""
    mpmath = import_module("mpmath")

    def ndtri(x: Any) -> Any:
        """By the smaller of the two tails: by erfinv(2x - 1), which mpmath has, digits would be lost."""
        tail = min(x, 1 - x)
        y = mpmath.findroot(lambda y: mpmath.log(mpmath.ncdf(y) / tail), -mpmath.sqrt(-2 * mpmath.log(2 * tail)))
        return y if x < 0.5 else -y

    return _Symbols(
        mpmath.mp,
        {
            "abs": abs,
            "pow": mpmath.power,
            "where": FLOATS.where,
            "maximum": lambda *x: max(x),
            "minimum": lambda *x: min(x),
            "shift": lambda *x: max(x, default=0),
            "exp2": lambda x: mpmath.power(2, x),
            "log2": lambda x: mpmath.log(x, 2),
            "cbrt": lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
            "gelu": lambda x: x * mpmath.erfc(-x / mpmath.sqrt(2)) / 2,
            "rint": mpmath.nint,
            "mod": operator.mod,
            "floor_divide": lambda a, b: mpmath.floor(a / b),
            "norm": lambda *x: mpmath.sqrt(mpmath.fsum(x, squared=True)),
            "erfcx": lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
            "ndtr": mpmath.ncdf,
            "log_ndtr": lambda x: mpmath.log(mpmath.ncdf(x)) if x < 0 else mpmath.log1p(-mpmath.ncdf(-x)),
            "erfinv": mpmath.erfinv,
            "lgamma": lambda x: mpmath.re(mpmath.loggamma(x)),
            "digamma": mpmath.digamma,
            "zeta": mpmath.zeta,
            "mills": lambda n, x: n * mpmath.pcfu(n + 0.5, x) / mpmath.pcfu(n - 0.5, x),
            "ndtri": ndtri,
            "gamma": mpmath.gamma,
        },
    )


def _sympy_mills(n: Any, x: Any) -> Any:
    """By erfc where n is an integer, else by integrals."""
    sympy = import_module("sympy")
    if n == 1:
        return sympy.sqrt(2 / sympy.pi) * sympy.exp(-(x**2) / 2) / sympy.erfc(x / sympy.sqrt(2)) - x
    if sympy.sympify(n).is_number and n > 1 and n == int(n):
        return (n - 1) / _sympy_mills(n - 1, x) - x
    t = sympy.Symbol("t", positive=True)
    above, below = (sympy.Integral(t**k * sympy.exp(-(t**2) / 2 - x * t), (t, 0, sympy.oo)) for k in (n, n - 1))
    return above / below


@functools.cache
def sympy() -> _Symbols:
    """The expressions of SymPy."""
    sympy = import_module("sympy")

    choices = (sympy.Abs, sympy.sign, sympy.Max, sympy.Min, sympy.Piecewise, sympy.Heaviside)

    def nested(*x: Any) -> bool:
        """Whether there are choices within; the time that SymPy takes to compare them doubles with each level."""
        return any(sympy.sympify(a).has(*choices) for a in x)

    def where(condition: Any, a: Any, b: Any) -> Any:
        condition = sympy.sympify(condition)
        number, within = isinstance(condition, sympy.Expr), len(condition.atoms(sympy.Piecewise))
        if number and within > 2 * isinstance(condition, sympy.Piecewise):
            return b + (a - b) * (sympy.Heaviside(condition, 0) + sympy.Heaviside(-condition, 0))
        if within and isinstance(condition, sympy.Gt | sympy.Ge | sympy.Lt | sympy.Le):
            equal = int(isinstance(condition, sympy.Ge | sympy.Le))
            return b + (a - b) * sympy.Heaviside(condition.gts - condition.lts, equal)
        if number:
            condition = sympy.Ne(condition, 0)
        return sympy.Piecewise((a, condition), (b, True), evaluate=not nested(a, b, condition))

    def choice(function: Any, *x: Any) -> Any:
        return function(*x, evaluate=len(x) <= 10 and not nested(*x))  # it would compare every pair

    def below(x: Any) -> Any:
        """The normal distribution function, unevaluated: SymPy would make it 1 - erfc(x/√2)/2, which loses all digits in the tail."""
        return sympy.erfc(-x / sympy.sqrt(2), evaluate=False) / 2

    return _Symbols(
        sympy,
        {
            "abs": functools.partial(choice, sympy.Abs),
            "sign": functools.partial(choice, sympy.sign),
            "relu": lambda x: choice(sympy.Max, 0, x) if nested(x) else where(x <= 0, 0, x),
            "pow": sympy.Pow,
            "where": where,
            "maximum": functools.partial(choice, sympy.Max),
            "minimum": functools.partial(choice, sympy.Min),
            "expm1": lambda x: sympy.exp(x) - 1,
            "log1p": lambda x: sympy.log(1 + x),
            "hypot": lambda a, b: sympy.sqrt(a**2 + b**2),
            "norm": lambda *x: sympy.sqrt(sum((a**2 for a in x), start=sympy.Integer(0))),
            "shift": lambda *_: sympy.Integer(0),
            "exp2": lambda x: sympy.Integer(2) ** x,
            "log2": lambda x: sympy.log(x) / sympy.log(2),
            "log10": lambda x: sympy.log(x) / sympy.log(10),
            "logaddexp": lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
            "cbrt": lambda x: choice(sympy.sign, x) * choice(sympy.Abs, x) ** sympy.Rational(1, 3),
            "gelu": lambda x: x * sympy.erfc(-x / sympy.sqrt(2)) / 2,
            "silu": lambda x: x / (1 + sympy.exp(-x)),
            "ceil": sympy.ceiling,
            "rint": lambda x: sympy.ceiling(x / 2 - sympy.Rational(1, 4)) + sympy.floor(x / 2 + sympy.Rational(1, 4)),
            "mod": operator.mod,
            "floor_divide": operator.floordiv,
            "sigmoid": lambda x: 1 / (1 + sympy.exp(-x)),
            "softplus": lambda x: sympy.log(1 + sympy.exp(x)),
            "step": lambda x, threshold: where(sympy.Gt(x, threshold, evaluate=not nested(x, threshold)), 1, 0),
            "erfcx": lambda x: sympy.exp(x**2) * sympy.erfc(x),
            "ndtr": below,
            "log_ndtr": lambda x: sympy.log(below(x)),
            "erfinv": sympy.erfinv,
            "lgamma": sympy.loggamma,
            "digamma": sympy.digamma,
            "zeta": sympy.zeta,
            "mills": _sympy_mills,
            "ndtri": lambda x: sympy.sqrt(2) * sympy.erfinv(2 * x - 1),
            "gamma": sympy.gamma,
            "equal": lambda a, b: where(a - b, 0, 1) if nested(a, b) else where(sympy.Eq(a, b), 1, 0),
        },
    )


register_library("mpmath", mpmath)
register_library("sympy", sympy)
