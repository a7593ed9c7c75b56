"""What the names of a program mean on numbers of two hundred digits: loops and differences, which share no code with the library."""

import operator
import random

import numpy as np
from mpmath import mp, mpf
from programs import ROWS

DIGITS, UNIT, OPERATIONS = 200, 2.0**-53, 300
LARGEST, MARGIN = mpf(20), mpf(1e-3)


class Unsuitable(Exception):
    """A program that comes near a kink, becomes large at this point, or takes too many operations."""


class Number:
    """A number of two hundred digits; each operation is off by the next of `noise`, if there is any."""

    __slots__ = ("v",)
    noise: random.Random | None = None
    left = OPERATIONS  # operations that this run may still take

    def __init__(self, v):
        self.v = v if v.__class__ is mpf else mpf(v)

    @classmethod
    def of(cls, v):
        cls.left -= 1
        if abs(v) > LARGEST or cls.left < 0:
            raise Unsuitable
        return cls(v if cls.noise is None else v * (1 + cls.noise.uniform(-4.0, 4.0) * UNIT))

    def __neg__(self):
        return Number(-self.v)

    def __abs__(self):
        return self if self > 0.0 else -self

    def __bool__(self):
        raise Unsuitable


def mp_of(x):
    return x.v if x.__class__ is Number else mpf(float(x)) if isinstance(x, np.generic) else mpf(x)


def _operators():
    def make(symbol):
        f = getattr(operator, symbol)
        return lambda a, b: Number.of(f(a.v, mp_of(b))), lambda a, b: Number.of(f(mp_of(b), a.v))

    def compare(symbol):
        f = getattr(operator, symbol)

        def answer(a, b):
            if abs(a.v - mp_of(b)) < MARGIN:
                raise Unsuitable
            return f(a.v, mp_of(b))

        return answer

    for symbol in ("add", "sub", "mul", "truediv", "pow"):
        there, back = make(symbol)
        setattr(Number, f"__{symbol}__", there)
        setattr(Number, f"__r{symbol}__", back)
    for symbol in ("gt", "ge", "lt", "le"):
        setattr(Number, f"__{symbol}__", compare(symbol))


_operators()


def _function(f):
    return lambda *x: Number.of(f(*map(mp_of, x)))


def _vmap(f, in_axes=0, reduce=None):
    def mapped(*args):
        axes = in_axes if isinstance(in_axes, tuple) else (in_axes,) * len(args)
        lanes = next(len(x) for x, axis in zip(args, axes, strict=True) if axis == 0)
        found = [f(*[x if axis is None else x[i] for x, axis in zip(args, axes, strict=True)]) for i in range(lanes)]
        if reduce is None:
            return np.array(found, dtype=object)
        count = lanes if reduce == "mean" else 1
        return tuple(sum(x) / count for x in zip(*found, strict=True)) if isinstance(found[0], tuple) else sum(found) / count

    return mapped


class _Grad:
    """A central difference, of a step that is far below that of the derivatives around it."""

    level = 0

    def __init__(self, f):
        self.f = f

    def __call__(self, t):
        if _Grad.level == 2:  # the digits end
            raise Unsuitable
        _Grad.level += 1
        h = mpf(10) ** (-30 * _Grad.level)
        try:
            state = Number.noise and Number.noise.getstate()
            there = mp_of(self.f(Number(mp_of(t) + h)))
            if state:
                Number.noise.setstate(state)
            back = mp_of(self.f(Number(mp_of(t) - h)))
            return Number.of((there - back) / (2 * h))
        finally:
            _Grad.level -= 1


def exact_names():
    """The names of a program on exact numbers."""
    mp_functions = {name: _function(getattr(mp, name)) for name in ("sin", "cos", "tanh", "atan", "exp", "expm1", "log1p")}
    mp_functions["sqrt"], mp_functions["log"] = (_function(lambda x, f=f: f(x) if x > 0 else mp.nan) for f in (mp.sqrt, mp.log))
    sigmoid, softplus = _function(lambda x: 1 / (1 + mp.exp(-x))), _function(lambda x: mp.log1p(mp.exp(x)))
    return mp_functions | {
        "sigmoid": sigmoid, "softplus": softplus, "np": np, "vmap": _vmap, "jit": lambda f: f,
        "grad": _Grad, "jvp": lambda f: lambda t, v: _Grad(f)(t) * v,
        "maximum": lambda a, b: a if _larger(a, b) else b, "minimum": lambda a, b: b if _larger(a, b) else a,
        "where": lambda c, a, b: a if c else b, "take": lambda x, i: x[int(i)],
        "total": lambda x: Number.of(sum(map(mp_of, x))),
        "dot": lambda x, y: Number.of(sum(mp_of(a) * mp_of(b) for a, b in zip(x, y, strict=True))),
        "logsumexp": lambda x: Number.of(mp.log(sum(mp.exp(mp_of(a)) for a in x))),
        "norm": lambda x: Number.of(mp.sqrt(sum(mp_of(a) ** 2 for a in x))),
        **{name: np.frompyfunc(Number, 1, 1)(X) for name, X in ROWS.items()},
    }  # fmt: skip


def _larger(a, b):
    return Number(mp_of(a)) > b
