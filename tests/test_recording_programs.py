"""Programs as people write them are recorded once, and replayed without a warning."""
# As people write them; each lambda is a function that is recorded as it stands.
# ruff: noqa: G004, PLW0108, FURB192

import abc
import argparse
import cmath
import collections
import contextlib
import copy
import dataclasses
import enum
import fractions
import functools
import itertools
import logging
import math
import operator
import os
import statistics
import string
import sys
import types
import typing
import warnings
from pathlib import Path

import numpy as np
import pytest

import nn
from autograd import Value, cos, dot, exp, grad, jit, log, scope, sin, sqrt, tanh, value_and_grad, vmap

log_ = logging.getLogger(__name__)
DEBUG = False
RATES = {"slow": 0.1, "fast": 0.5}
LAYERS = [(1.0, 2.0), (0.5, -1.0)]
G: typing.Final = 9.81
COLUMNS = collections.namedtuple("COLUMNS", "price volume")(3.0, 4.0)  # noqa: PYI024


@dataclasses.dataclass(frozen=True)
class Config:
    """Settings of a model."""

    rate: float = 0.1
    depth: int = 3
    names: tuple[str, ...] = ("a", "b")
    table: dict[str, float] = dataclasses.field(default_factory=lambda: {"a": 1.0, "b": 2.0})

    def scaled(self, x):
        return self.rate * x


class Activation(enum.Enum):
    TANH = "tanh"
    SINE = "sine"


class Level(enum.IntEnum):
    LOW, HIGH = 1, 2


class Option(enum.Flag):
    A, B = enum.auto(), enum.auto()


class Layer(abc.ABC):
    """A layer with a name."""

    count = 0

    def __init__(self, w, b):
        self.w, self.b, self.calls, self.log = w, b, 0, logging.getLogger("layer")
        type(self).count += 1

    @abc.abstractmethod
    def activation(self, x): ...

    def __call__(self, x):
        return self.activation(self.w * x + self.b)


class Tanh(Layer):
    def activation(self, x):
        return tanh(x)


class Sine(Layer):
    def activation(self, x):
        return sin(x)

    @property
    def weight(self):
        return self.w

    @functools.cached_property
    def norm(self):
        return math.hypot(self.w, self.b)


class Network(nn.Module):
    def __init__(self):
        self.inner = nn.MLP(1, [3, 1])
        self.scale, self.training, self.history = 2.0, True, []

    def forward(self, x):
        return self.inner([x]) * (self.scale if self.training else 1.0)


class Vector:
    """With operators."""

    def __init__(self, *entries):
        self.entries = list(entries)

    def __add__(self, other):
        return Vector(*[a + b for a, b in zip(self.entries, other.entries, strict=True)])

    def __mul__(self, k):
        return Vector(*[a * k for a in self])

    def __iter__(self):
        return iter(self.entries)

    def __len__(self):
        return len(self.entries)

    def __matmul__(self, other):
        return sum(a * b for a, b in zip(self, other, strict=True))


class Registry:
    entries: typing.ClassVar[dict[str, typing.Any]] = {}

    @classmethod
    def register(cls, f):
        cls.entries[f.__name__] = f
        return f


@Registry.register
def square(x):
    return x * x


@Registry.register
def cube(x):
    return x**3


@functools.cache
def binomial(n, k):
    return math.comb(n, k)


@functools.lru_cache(maxsize=32)
def nodes(n):
    return np.polynomial.legendre.leggauss(n)


def retried(f):
    @functools.wraps(f)
    def wrapper(*args, **kwargs):
        try:
            return f(*args, **kwargs)
        except ZeroDivisionError:
            return 0.0

    return wrapper


@retried
def guarded(x):
    return x * 2.0


@contextlib.contextmanager
def named(_name):
    yield 2.0


def runge_kutta(f, y, h, steps):
    for _ in range(steps):
        a = f(y)
        b = f(y + 0.5 * h * a)
        c = f(y + 0.5 * h * b)
        y = y + h / 6.0 * (a + 2.0 * b + 2.0 * c + f(y + h * c))
    return y


def logged(x):
    log_.debug("called with %s", "x")
    if log_.isEnabledFor(logging.DEBUG):
        log_.debug(f"{x}")
    y = x * G
    print("computed", end="", file=sys.stderr)
    return y


def warned(x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("a warning of the program", stacklevel=2)
    return x * 2.0


def checked(x, *, k=2.0):
    assert k > 0, f"got {k}"
    if not isinstance(x, Value | float | int | np.ndarray):
        raise TypeError(type(x).__name__)
    return k * x


def horner(x, coefficients=(1.0, -2.0, 0.5)):
    return functools.reduce(lambda y, c: y * x + c, coefficients, 0.0)


def matched(x, mode=Activation.TANH):
    match mode:
        case Activation.TANH:
            return tanh(x)
        case Activation.SINE:
            return sin(x)


def generated(x):
    def powers():
        y = 1.0
        for _ in range(4):
            yield y
            y = y * x

    return sum(powers())


def imported(x):
    import decimal  # noqa: F401
    from math import pi

    return x * pi


def quadrature(x):
    points, weights = nodes(3)
    return sum(w * exp(x * p) for p, w in zip(points, weights, strict=True))


def table(x):
    found = collections.defaultdict(list)
    for name, rate in sorted(RATES.items(), key=operator.itemgetter(1)):
        found[name[0]].append(rate * x)
    counts = collections.Counter("abracadabra")
    return sum(itertools.chain.from_iterable(found.values())) * counts["a"]


def of_scikit():
    """A captured model's coefficients."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    X = np.random.default_rng(0).normal(size=(20, 2))
    model = linear_model.LinearRegression().fit(X, X @ [1.0, 2.0] + 0.5)
    return lambda x: dot(model.coef_.tolist(), [x, 1.0]) + float(model.intercept_)


def of_scipy():
    """A captured spline's coefficients, and constants."""
    interpolate, constants = pytest.importorskip("scipy.interpolate"), pytest.importorskip("scipy.constants")
    spline = interpolate.CubicSpline([0.0, 1.0, 2.0, 3.0], [0.0, 1.0, 0.0, 1.0])
    c = spline.c
    return lambda x: (((c[0, 1] * x + c[1, 1]) * x + c[2, 1]) * x + c[3, 1]) * constants.golden


def programs():
    """Functions of one number."""
    config, activation, layers = Config(), Activation.TANH, [Tanh(1.0, 0.5), Sine(0.5, 1.0)]
    network, vector, options = Network(), Vector(1.0, 2.0), argparse.Namespace(rate=0.5, name="run")
    matrix, weights, labels = np.arange(6.0).reshape(2, 3), np.array([0.5, 0.25]), np.array([1, 0])
    frames = {"price": np.array([1.0, 2.0]), "label": np.array(["a", "b"])}
    folder, pattern = Path("data"), string.ascii_lowercase
    cfg, step = types.SimpleNamespace(rate=0.5, kind="slow"), functools.partial(checked, k=3.0)
    loss = value_and_grad(lambda w: (w - 1.0) ** 2)
    inner, optimizer = jit(lambda x: x * config.rate), nn.SGD(network.parameters(), 0.1)
    mean = vmap(lambda a, x: a * x, in_axes=(None, 0), reduce="mean")
    return {
        "dataclass": lambda x: config.scaled(x) * config.depth + config.table[config.names[0]],
        "replaced dataclass": lambda x: dataclasses.replace(config, rate=0.2).rate * x,
        "fields": lambda x: sum(getattr(config, f.name) for f in dataclasses.fields(config) if f.name == "rate") * x,
        "enum": lambda x: matched(x, activation),
        "enum by name": lambda x: matched(x, Activation["SINE"]) if Activation("tanh") is activation else x,
        "int enum": lambda x: x * Level.HIGH + (x if Option.A in Option.A | Option.B else 0.0),
        "logging": logged,
        "warnings": warned,
        "layers": lambda x: functools.reduce(lambda y, f: f(y), layers, x),
        "cached property": lambda x: layers[1].norm * x * layers[1].weight,
        "nn.Module": network,
        "captured network": lambda x: network(x) ** 2,
        "operators": lambda x: (vector * x + Vector(1.0, x)) @ vector + len(vector),
        "registry": lambda x: sum(f(x) for f in Registry.entries.values()),
        "registry by name": lambda x: Registry.entries["cube"](x),
        "functools.cache": lambda x: binomial(5, 2) * x,
        "quadrature": quadrature,
        "decorator": guarded,
        "context manager": lambda x: _managed(x),
        "ordinary differential equation": lambda x: runge_kutta(lambda y: -y * G, x, 0.1, 5),
        "checks": checked,
        "Horner": horner,
        "generator": generated,
        "import": imported,
        "collections": table,
        "rows of layers": lambda x: sum(w * x + b for w, b in LAYERS),
        "matrix": lambda x: np.sum(matrix @ np.array([x, 1.0, 2.0]) * weights),
        "labels": lambda x: sum(x if label == 1 else -x * 0.5 for label in labels),
        "columns": lambda x: x * float(frames["price"].mean()) * COLUMNS.volume + len(frames["label"]),
        "arguments of a command": lambda x: options.rate * x if options.name == "run" else x,
        "namespace": lambda x: RATES[cfg.kind] * x * cfg.rate,
        "partial": step,
        "inner gradient": lambda x: loss(x)[0] + loss(x)[1],
        "jit inside": lambda x: inner(x) + grad(inner)(x),
        "vmap inside": lambda x: mean(x, frames["price"]),
        "optimizer": lambda x: x * optimizer.learning_rate if hasattr(optimizer, "learning_rate") else x,
        "strings": lambda x: x * len(pattern.upper().split("M")[0]) * len(f"{folder.name:>6}"),
        "path": lambda x: x * len(os.fspath(folder)),
        "complex": lambda x: x * abs(cmath.exp(1j * math.pi)),
        "statistics": lambda x: statistics.fmean([x.data if False else 1.0, 2.0]) * x,
        "fractions": lambda x: x * float(fractions.Fraction(1, 3) + 1),
        "copy": lambda x: copy.deepcopy(cfg).rate * copy.copy(config).rate * x,
        "no_grad outside, scope inside": lambda x: _scoped(x),
        "sorted": lambda x: sorted([2.0, 1.0, 3.0], key=lambda a: -a)[0] * max(x, 0.5) * min(RATES.values()),
        "debug": lambda x: _debugged(x),
        "scikit-learn": of_scikit(),
        "SciPy": of_scipy(),
        "elementary": lambda x: sqrt(exp(sin(x)) + log(x) * cos(x) + 2.0),
    }


def _managed(x):
    with named("a") as k, contextlib.suppress(KeyError):
        return k * x


def _scoped(x):
    with scope("block"):
        return x * 2.0


def _debugged(x):
    if DEBUG:
        log_.info("x is %s", x)
        import pdb  # noqa: T100

        pdb.set_trace()  # noqa: T100
    return x + 1.0


def number(x):
    return x.data if isinstance(x, Value) else float(x)


def test_there_are_thirty_programs():
    assert len(programs()) >= 30


# Python 3.11 does not report what classes are called: one that is named, such as Decimal in the module fractions, may be.
COARSE = {"fractions"} if sys.version_info < (3, 12) else set()


@pytest.mark.parametrize("name", [name for name in programs() if name not in COARSE])
def test_recorded_once_and_replayed_without_a_warning(name):
    f = programs()[name]
    recorded, over_lanes, slope = jit(f), vmap(f), jit(grad(f))
    once = 2 if name in FILLED else 1  # what is filled in at the first call is looked at in the second
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for x in (1.5, 2.0, 2.5, 1.5):
            expected = number(f(x))
            assert math.isclose(number(recorded(x)), expected, rel_tol=1e-13)
            assert np.allclose([*map(number, over_lanes(np.array([x, x])))], expected, rtol=1e-13)
            slope(x)
    assert recorded.recordings.made <= once
    assert recorded.recordings.refusal is over_lanes.recordings.refusal is None


FILLED = {"functools.cache", "quadrature", "cached property", "import", "fractions"}
