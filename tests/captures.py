"""Functions that rest on something besides their argument, each with what changes that: for tests of `jit` and `vmap`."""
# Each lambda is a function that is recorded as it stands; names that are put together are what is tested.
# ruff: noqa: PLW0108, ARG005, FLY002, RUF015, C417, S311

import collections
import contextvars
import ctypes
import dataclasses
import datetime as dt
import decimal
import enum
import functools
import importlib
import itertools
import operator
import os
import random
import secrets
import sys
import tempfile
import threading
import time
import types
import weakref
from pathlib import Path

import numpy as np

import nn
from autograd import jit, scope

K = 2.0
stored = None
variable = contextvars.ContextVar("variable", default=2.0)
local = threading.local()


class Holder:
    """An object with attributes."""

    def __init__(self, k=2.0):
        self.k = k

    def scaled(self, x):
        return self.k * x

    def __call__(self, x):
        return self.k * x


class Other(Holder):
    def scaled(self, x):
        return -x


class Left:
    def factor(self):
        return 2.0


class Right:
    def factor(self):
        return 5.0


class Number(int):
    pass


class Whole(int):
    """An int with an attribute."""

    def __new__(cls, x, k):
        made = super().__new__(cls, x)
        made.k = k
        return made


class Text(str):
    __slots__ = ("k",)


class Dynamic:
    def __init__(self):
        self.inner = {"k": 2.0}

    def __getattr__(self, name):
        return self.inner[name]


class Meta(type):
    factor = 2.0

    @property
    def k(cls):
        return cls.factor


class Classy(metaclass=Meta):
    pass


class Mode(enum.Enum):
    LOW = 2.0
    HIGH = 5.0


def _set(holder, name="k"):
    return lambda k: setattr(holder, name, k)


def _put(holder, key):
    return lambda k: holder.__setitem__(key, k)


def _by_name(k):
    globals()["K"] = k


def _function(f, **attributes):
    vars(f).update(attributes)
    return f


def wrapped_methods():
    """Methods that are wrapped while they are bound."""
    for name, wrap in (
        ("functools.wraps", lambda f: functools.wraps(f)(lambda x: f(x))),
        ("scope", lambda f: scope("s")(f)),
        ("jit", jit),
        ("partial, updated", lambda f: functools.update_wrapper(functools.partial(f), f)),
    ):
        holder = Holder()
        yield f"bound method under {name}", wrap(holder.scaled), _set(holder)
    cfg = {"k": 2.0}
    yield (
        "partial with a dict, updated",
        functools.update_wrapper(functools.partial(lambda c, x: c["k"] * x, cfg), Holder.scaled),
        _put(cfg, "k"),
    )


def outside():
    """What is read from outside Python's objects."""
    os.environ["AUTOGRAD_TEST_K"] = "2.0"
    file = Path(tempfile.mkdtemp()) / "k"
    buffer, view = bytearray(b"\x02"), memoryview(bytearray(b"\x02"))
    number, holder, local.k = ctypes.c_double(2.0), Holder(), 2.0
    reference, decimals = weakref.ref(holder), decimal.Decimal(1)
    weak = weakref.WeakKeyDictionary({holder: 2.0})
    yield "os.environ", lambda x: float(os.environ["AUTOGRAD_TEST_K"]) * x, lambda k: os.environ.__setitem__("AUTOGRAD_TEST_K", repr(k))
    yield "os.getenv", lambda x: float(os.getenv("AUTOGRAD_TEST_K", "1")) * x, lambda k: os.environ.__setitem__("AUTOGRAD_TEST_K", repr(k))
    yield "ContextVar", lambda x: variable.get() * x, variable.set
    yield "threading.local", lambda x: local.k * x, _set(local)
    yield "file", lambda x: float(file.read_text()) * x, lambda k: file.write_text(repr(k))
    yield "weakref", lambda x: reference().k * x, _set(holder)
    yield "WeakKeyDictionary", lambda x: weak[holder] * x, _put(weak, holder)
    yield "bytearray", lambda x: buffer[0] * x, lambda k: _put(buffer, 0)(int(k) % 256)
    yield "memoryview", lambda x: view[0] * x, lambda k: _put(view, 0)(int(k) % 256)
    yield "ctypes", lambda x: number.value * x, _set(number, "value")
    yield "context of decimals", lambda x: float(decimals / 3) * x, lambda k: setattr(decimal.getcontext(), "prec", 2 + int(k))
    yield "import by name", lambda x: importlib.import_module("captures").K * x, _by_name
    yield "sys.modules", lambda x: sys.modules["captures"].K * x, _by_name
    yield "limit of the interpreter", lambda x: sys.getrecursionlimit() * x, lambda k: sys.setrecursionlimit(3000 + int(k))


def replaced():
    """Parts of functions, objects and classes that are replaced."""

    def keyword(x, *, k=2.0):
        return k * x

    def of_dict(k):
        first.__dict__ = {"k": k}

    def of_class(k):
        second.__class__ = Other if k > 3.0 else Holder

    def of_bases(k):
        class_with_bases.__bases__ = (Right,) if k > 3.0 else (Left,)

    def of_code(k):
        coded.__code__ = (lambda x: 7.0 * x).__code__ if k > 3.0 else (lambda x: 2.0 * x).__code__

    def of_property(k):
        Property.k = property(lambda self: k)

    class Property:
        k = property(lambda self: 2.0)

    def coded(x):
        return x

    class_with_bases = type("Derived", (Left,), {})
    positional = Positional()
    first, second, third, dynamic, instance = Holder(), Holder(), Holder(), Dynamic(), class_with_bases()
    yield "__kwdefaults__", keyword, lambda k: setattr(keyword, "__kwdefaults__", {"k": k})
    yield "entry of __kwdefaults__", keyword, lambda k: keyword.__kwdefaults__.update(k=k)
    yield "__dict__", lambda x: first.scaled(x), of_dict
    yield "entry of __dict__", lambda x: first.__dict__["k"] * x, lambda k: first.__dict__.update(k=k)
    yield "__class__", lambda x: second.scaled(x), of_class
    yield "__bases__", lambda x: instance.factor() * x, of_bases
    yield "__code__", lambda x: coded(x), of_code
    yield "property of a class", lambda x: Property().k * x, of_property
    yield "method of an object", lambda x: third.scaled(x), lambda k: setattr(third, "scaled", lambda x: k * x)
    yield "__getattr__", lambda x: dynamic.k * x, _put(dynamic.inner, "k")
    yield "metaclass", lambda x: Classy.k * x, _set(Meta, "factor")
    yield "getattr", lambda x: getattr(first, "".join(["k"])) * x, of_dict
    yield "getattr of a module", lambda x: sys.modules[__name__].K * x, _by_name
    yield "globals()", lambda x: globals()["K"] * x, _by_name
    yield "vars()", lambda x: vars(first)["k"] * x, lambda k: vars(first).update(k=k)
    yield "attrgetter", lambda x: operator.attrgetter("k")(third) * x, _set(third)
    yield "attribute of a captured function", _attributed, _set(_attributed)
    yield "attribute by name of a function that is not called", lambda x: getattr(_attributed, "".join(["k"])) * x, _set(_attributed)
    yield "entry of vars of a function", lambda x: vars(_attributed).get("k") * x, _set(_attributed)
    yield "pattern of a class", functools.partial(_matched, third), _set(third)
    yield "pattern of a class, by position", functools.partial(_matched, positional), _set(positional)


class Positional(Holder):
    __match_args__ = ("k",)


def _matched(holder, x):
    match holder:
        case Positional(k):
            return k * x
        case Holder(k=k):
            return k * x


def _attributed(x):
    return _attributed.k * x


_attributed.k = 2.0


def kinds():
    """Objects of kinds that are rarely captured."""
    whole, text, listed = Number(2), Text("2.0"), type("Listed", (list,), {})([2.0])
    whole.k = text.k = listed.k = 2.0
    masked, fields = np.ma.array([2.0, 3.0], mask=[False, False]), np.zeros(1, [("a", float), ("b", float)])
    fields["b"] = 2.0
    derived = np.ones(2).view(type("Derived", (np.ndarray,), {}))
    derived.k = 2.0
    days, texts, objects = np.array(["2020-01-01"], "M8[D]"), np.array(["2.0"]), np.array([Holder(), None], dtype=object)
    record = np.array([(2.0,)], [("k", float)])[0]
    counter, ordered, default = collections.Counter(a=2), collections.OrderedDict(k=2.0), collections.defaultdict(lambda: 2.0)
    chain = collections.ChainMap({}, {"k": 2.0})
    data = dataclasses.make_dataclass("Data", [("k", float)])(2.0)
    cached = functools.cache(lambda: K)
    error = ValueError(2.0)
    yield "int subclass", lambda x: whole.k * x, _set(whole)
    yield "str subclass", lambda x: text.k * x, _set(text)
    yield "list subclass", lambda x: listed.k * x, _set(listed)
    yield "masked array", lambda x: x * float(np.ma.filled(masked, 7.0)[0]), lambda k: masked.__setitem__(0, np.ma.masked if k > 3.0 else k)
    yield (
        "names of fields",
        lambda x: fields["b"][0] * x,
        lambda k: setattr(fields.dtype, "names", ("b", "a") if fields.dtype.names[0] == "a" else ("a", "b")),
    )
    yield "attribute of an array", lambda x: derived.k * x, _set(derived)
    yield "shape of an array", lambda x: _array.shape[0] * x, lambda k: setattr(_array, "shape", (2, 3) if k > 3.0 else (3, 2))
    yield "type of an array", lambda x: float(_array.ravel()[0]) * x, lambda k: setattr(_array, "dtype", np.int64 if k > 3.0 else float)
    yield (
        "dates",
        lambda x: float((days[0] - np.datetime64("2019-12-31")).astype(int)) * x,
        lambda k: days.__setitem__(0, np.datetime64("2020-01-01") + int(k)),
    )
    yield "array of strings", lambda x: float(texts[0]) * x, lambda k: texts.__setitem__(0, repr(k)[:3])
    yield "array of objects", lambda x: objects[0].k * x, _set(objects[0])
    yield "record", lambda x: float(record["k"]) * x, _put(record, "k")
    yield "Counter", lambda x: counter["a"] * x, _put(counter, "a")
    yield "order of an OrderedDict", lambda x: [*ordered.values()][0] * x, lambda k: (ordered.update(b=k), ordered.move_to_end("k"))
    yield "factory of a defaultdict", lambda x: default.copy()["new"] * x, lambda k: setattr(default, "default_factory", lambda: k)
    yield "ChainMap", lambda x: chain["k"] * x, _put(chain, "k")
    yield "dataclass", lambda x: dataclasses.astuple(data)[0] * x, _set(data)
    yield "replaced dataclass", lambda x: dataclasses.replace(data).k * x, _set(data)
    yield "cache that is cleared", lambda x: cached() * x, lambda k: (_by_name(k), cached.cache_clear())
    yield "exception", lambda x: error.args[0] * x, lambda k: setattr(error, "args", (k,))
    yield "enum", lambda x: _mode.mode.value * x, lambda k: setattr(_mode, "mode", Mode.HIGH if k > 3.0 else Mode.LOW)
    yield "slice", lambda x: sum([2.0, 3.0, 4.0][_mode.part]) * x, lambda k: setattr(_mode, "part", slice(int(k) % 3))
    yield "frozen set of objects", lambda x: sum(h.k for h in _frozen) * x, _set(next(iter(_frozen)))
    yield "array in a list", lambda x: _nested[0][0] * x, lambda k: _nested[0].__setitem__(0, k)
    yield "data frame", *_frame()
    yield "through a package", *_package()


_array = np.arange(1.0, 7.0).reshape(3, 2).copy()
_mode = types.SimpleNamespace(mode=Mode.LOW, part=slice(2))
_frozen = frozenset({Holder()})
_nested = [np.array([2.0])]


def _frame():
    """Of pandas where it is installed; otherwise an object with labels like one."""
    try:
        import pandas as pd
    except ImportError:
        labels = types.SimpleNamespace(columns=("a",))
        return lambda x: (2.0 if labels.columns[0] == "a" else 5.0) * x, lambda k: setattr(labels, "columns", ("b" if k > 3.0 else "a",))
    frame = pd.DataFrame({"a": [2.0], "b": [3.0]})
    return lambda x: float(frame["a"].iloc[0]) * x, lambda k: setattr(frame, "columns", ["b", "a"] if k > 3.0 else ["a", "b"])


def _package():
    """A module that is installed, whose function reads a global and calls one that it is given."""
    folder = Path(tempfile.mkdtemp()) / "site-packages" / "installed_package"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("from . import part\nrate = 2.0\n\n\ndef f(x):\n    return rate * part.table['k'] * x\n")
    (folder / "part.py").write_text("table = {'k': 2.0}\n")
    sys.path.insert(0, str(folder.parent))
    try:
        found = importlib.reload(importlib.import_module("installed_package"))
    finally:
        sys.path.pop(0)
    return lambda x: found.f(x), lambda k: (setattr(found, "rate", k), found.part.table.update(k=k))


def changes():
    """Name, function of one number, and what changes that on which it rests."""
    yield from wrapped_methods()
    yield from outside()
    yield from replaced()
    yield from kinds()


def _draw_in_thread(x):
    found = []
    thread = threading.Thread(target=lambda: found.append(random.random()))
    thread.start()
    thread.join()
    return x + found[0]


def _counted(x, counter=itertools.count(1)):  # noqa: B008  # it is shared on purpose
    return x * next(counter)


def _kept(x):
    global stored
    before, stored = stored, x
    return x if before is None else x + 1.0


GENERATOR = (float(k) for k in range(10**6))
# Functions that give another result at each call.
DRAWS = {
    "default_rng": lambda x: x + np.random.default_rng().normal(),
    "Random": lambda x: x + random.Random().random(),
    "os.urandom": lambda x: x + int.from_bytes(os.urandom(6), "big") * 2.0**-48,
    "secrets": lambda x: x + secrets.randbelow(2**40) * 2.0**-40,
    "random": lambda x: x + random.random(),
    "random of NumPy": lambda x: x + np.random.rand(),  # noqa: NPY002
    "random, mapped": lambda x: x + sum(map(random.uniform, [0.0], [1.0])),
    "random by name": lambda x: x + getattr(random, "".join(["rand", "om"]))(),
    "parameters drawn": lambda x: nn.MLP(1, [1])([x]).data if False else x + nn.Neuron(1).w[0].data,
    "time": lambda x: x + time.time() % 1.0,
    "perf_counter": lambda x: x + time.perf_counter(),
    "time, called by map": lambda x: x + [*map(lambda f: f(), [time.perf_counter])][0],
    "datetime": lambda x: x + dt.datetime.now().timestamp() % 100.0,  # noqa: DTZ005
    "thread": _draw_in_thread,
    "counter": _counted,
    "generator": lambda x: x + next(GENERATOR),
    "iterator": functools.partial(lambda numbers, x: x + next(numbers), itertools.count(1.0)),
}
