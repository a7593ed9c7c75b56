"""Changes of what a function captures that no list names, as someone would think of who wants a recording to be stale."""
# Each lambda is a function that is recorded as it stands; what is tested is not how people write.
# ruff: noqa: PLW0108, PLR0915, PLC3002, ARG001, ARG005, PLW0603, RUF012, RUF015, B006, B023, E731, FLY002

import builtins
import collections
import contextlib
import contextvars
import copy
import decimal
import enum
import functools
import gc
import importlib
import inspect
import itertools
import operator
import pickle
import sys
import time
import types
import typing
import weakref
from dataclasses import dataclass, field

import numpy as np

from autograd import Op, jit

STATE = {"k": 2.0}
rate = 2.0


def _into(k):
    STATE["k"] = k


def _by_global(k):
    global rate
    rate = k


class Descriptor:
    """Keeps its numbers where no attribute of the holder shows them."""

    def __init__(self):
        self.numbers = weakref.WeakKeyDictionary()

    def __get__(self, holder, owner=None):
        return self.numbers.get(holder, 2.0)

    def __set__(self, holder, k):
        self.numbers[holder] = k


class ByIdentity:
    """Keeps them in a dict of its own."""

    numbers = {}

    def __get__(self, holder, owner=None):
        return self.numbers.get(id(holder), 2.0)

    def __set__(self, holder, k):
        self.numbers[id(holder)] = k


class Described:
    k, by_identity = Descriptor(), ByIdentity()


class Counting:
    made = 0.0

    def __init__(self):
        type(self).made += 1.0


class Lazy(dict):
    def __missing__(self, key):
        return STATE["k"]


class Anything(type):
    inner = {"k": 2.0}

    def __getattr__(cls, name):
        return cls.inner[name]

    def __getitem__(cls, key):
        return cls.inner[key]

    def __call__(cls):
        return cls.inner["k"]

    def __contains__(cls, x):
        return cls.inner["k"] > 3.0

    def __instancecheck__(cls, x):
        return cls.inner["k"] > 3.0


class Known(metaclass=Anything):
    pass


class Hooked:
    """Everything by special methods."""

    k = 2.0

    def __len__(self):
        return int(self.k)

    def __bool__(self):
        return self.k > 3.0

    def __eq__(self, other):
        return self.k > 3.0

    def __hash__(self):
        return 1

    def __float__(self):
        return float(self.k)

    def __index__(self):
        return int(self.k)

    def __iter__(self):
        yield self.k

    def __format__(self, spec):
        return repr(self.k)

    def __enter__(self):
        return self.k

    def __exit__(self, *args):
        return False

    def __contains__(self, x):
        return self.k > 3.0

    def __rmul__(self, x):
        return self.k * x

    def __array__(self, dtype=None, copy=None):
        return np.array([self.k])


class Iterated(list):
    """Whose iteration does not show what it holds."""

    def __iter__(self):
        return iter((1.0,))

    def __len__(self):
        return 1


class Hidden(dict):
    def keys(self):
        return ()

    def items(self):
        return ()

    def __iter__(self):
        return iter(())


class Lying:
    """Whose class and attributes are said to be others."""

    def __init__(self):
        object.__setattr__(self, "k", 2.0)

    def __getattribute__(self, name):
        if name == "__class__":
            return float
        if name == "__dict__":
            return {}
        return object.__getattribute__(self, name)


class Color(enum.Enum):
    RED = 2.0


@dataclass
class Data:
    k: float = 2.0
    entries: list = field(default_factory=lambda: [2.0])


class Heir(np.ndarray):
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return STATE["k"] * float(np.asarray(inputs[1])) if ufunc is np.multiply else NotImplemented


class Overriding:
    __array_priority__ = 1e9

    def __init__(self):
        self.k = 2.0

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return self.k


@functools.singledispatch
def dispatched(kind, x):
    return 2.0 * x


@functools.lru_cache(maxsize=1)
def cached_of(name):
    return STATE[name]


def _default(x, counts=[2.0]):
    return counts[0] * x


def _loop():
    found = []
    for k in (1.0, 2.0):
        found.append(lambda x: k * x)

    def change(new):
        nonlocal k
        k = new

    return found[0], change


def _nonlocal():
    total = 2.0

    def step():
        nonlocal total
        return total

    def change(k):
        nonlocal total
        total = k

    return lambda x: step() * x, change


def _module():
    made = types.ModuleType("made_for_attacks")
    made.held = {"k": 2.0}
    made.__getattr__ = lambda name: made.held.get(name, 2.0)
    return made


def _swap(k):
    made = types.ModuleType("swapped_for_attacks")
    made.k = k
    sys.modules["swapped_for_attacks"] = made


def _imported(x):
    import swapped_for_attacks

    return swapped_for_attacks.k * x


def _star(x):
    scope = {}
    scope.update(vars(importlib.import_module("swapped_for_attacks")))
    return scope["k"] * x


def objects():
    """What objects, classes and containers can do."""
    described, hooked, lazy, hidden, iterated, lying = Described(), Hooked(), Lazy(), Hidden(k=2.0), Iterated([2.0]), Lying()
    heir, data, color = type("Child", (Described,), {})(), Data(), Color.RED
    partial, chain = functools.partial(operator.mul, 2.0), [types.SimpleNamespace(k=2.0)]
    proxied, method = _Kept(), types.MethodType(lambda self, x: self["k"] * x, STATE)
    slotted = type("Slotted", (), {"__slots__": ("k", "__dict__")})()
    slotted.k = 2.0
    keyed = {(1, 2): [2.0]}
    bare, ring = collections.deque([2.0], maxlen=1), {"a": {}}
    ring["a"]["b"], ring["k"] = ring, 2.0
    default = collections.defaultdict(lambda: STATE["k"])
    counter, user, users = collections.Counter(a=2), collections.UserDict(k=2.0), collections.UserList([2.0])
    pair = collections.namedtuple("Pair", "k b")(proxied, 1)  # noqa: PYI024
    single = type("Single", (), {"instance": None, "k": 2.0})
    single.instance = single()
    yield "descriptor with a weak dictionary", lambda x: described.k * x, lambda k: setattr(described, "k", k)
    yield "descriptor with a dict by identity", lambda x: described.by_identity * x, lambda k: setattr(described, "by_identity", k)
    yield "descriptor of a base class", lambda x: heir.by_identity * x, lambda k: setattr(heir, "by_identity", k)
    yield "class-level counter", lambda x: Counting.made * x, lambda k: Counting()
    yield "__missing__", lambda x: lazy["new"] * x, _into
    yield "__getattr__ of a metaclass", lambda x: Known.k * x, lambda k: Anything.inner.update(k=k)
    yield "__getitem__ of a metaclass", lambda x: Known["k"] * x, lambda k: Anything.inner.update(k=k)
    yield "__call__ of a metaclass", lambda x: Known() * x, lambda k: Anything.inner.update(k=k)
    yield "__contains__ of a metaclass", lambda x: x if 1 in Known else 2.0 * x, lambda k: Anything.inner.update(k=k)
    yield "__instancecheck__", lambda x: x if isinstance(1, Known) else 2.0 * x, lambda k: Anything.inner.update(k=k)
    put = lambda k: setattr(hooked, "k", k)
    yield "__len__", lambda x: len(hooked) * x, put
    yield "__bool__", lambda x: x if hooked else 2.0 * x, put
    yield "__eq__", lambda x: x if hooked == 1 else 2.0 * x, put
    yield "__eq__ by a list", lambda x: [hooked].count(1) * x, put
    yield "__eq__ by a dict", lambda x: x if 1 in {hooked: 1} else 2.0 * x, put
    yield "__float__", lambda x: float(hooked) * x, put
    yield "__index__", lambda x: operator.index(hooked) * x, put
    yield "__index__ by range", lambda x: len(range(hooked)) * x, put
    yield "__iter__", lambda x: sum(hooked) * x, put
    yield "__iter__, unpacked", lambda x: (lambda k: k * x)(*hooked), put
    yield "__format__", lambda x: float(f"{hooked}") * x, put
    yield "__enter__", lambda x: _entered(hooked, x), put
    yield "__contains__", lambda x: x if 1 in hooked else 2.0 * x, put
    yield "__rmul__", lambda x: 3.0 * hooked * x, put
    yield "__array__", lambda x: float(np.asarray(hooked)[0]) * x, put
    yield "subclass of list that iterates otherwise", lambda x: list.__getitem__(iterated, 0) * x, lambda k: iterated.__setitem__(0, k)
    yield "subclass of list, indexed", lambda x: iterated[0] * x, lambda k: iterated.__setitem__(0, k)
    yield "subclass of dict that hides", lambda x: hidden["k"] * x, lambda k: hidden.__setitem__("k", k)
    yield "__getattribute__ that lies", lambda x: lying.k * x, lambda k: object.__setattr__(lying, "k", k)
    yield "member of an Enum", lambda x: color.value * x, lambda k: setattr(color, "_value_", k)
    yield "map of an Enum", lambda x: Color["RED"].value * x, lambda k: setattr(Color.RED, "_value_", k)
    yield "field of a dataclass", lambda x: data.entries[0] * data.k * x, lambda k: setattr(data, "entries", [k])
    yield (
        "default of a dataclass",
        lambda x: Data().k * x,
        lambda k: setattr(Data.__init__, "__defaults__", (k, *Data.__init__.__defaults__[1:])),
    )
    yield "partial by __setstate__", lambda x: partial(x), lambda k: partial.__setstate__((operator.mul, (k,), {}, {}))
    yield "object in a partial", functools.partial(lambda c, x: c[0].k * x, chain), lambda k: setattr(chain[0], "k", k)
    yield "keywords of a partial", _KEYWORDS, lambda k: _KEYWORDS.keywords.update(k=k)
    yield "proxy", lambda x: weakref.proxy(proxied).k * x, lambda k: setattr(proxied, "k", k)
    yield "method bound to a dict", method, _into
    yield "slots and a dict", lambda x: slotted.k * x, lambda k: setattr(slotted, "k", k)
    yield (
        "slot that is deleted",
        lambda x: getattr(slotted, "k", 7.0) * x,
        lambda k: setattr(slotted, "k", k) if k > 2.0 else _delete(slotted),
    )
    yield "list in a dict with keys of tuples", lambda x: keyed[1, 2][0] * x, lambda k: keyed[1, 2].__setitem__(0, k)
    yield "deque with a bound", lambda x: bare[0] * x, bare.append
    yield "ring of dicts", lambda x: ring["a"]["b"]["a"]["b"]["k"] * x, lambda k: ring.__setitem__("k", k)
    yield "defaultdict with state", lambda x: default[len(default)] * x, _into
    yield "Counter, most common", lambda x: counter.most_common(1)[0][1] * x, lambda k: counter.__setitem__("b", int(k))
    yield "UserDict", lambda x: user["k"] * x, lambda k: user.__setitem__("k", k)
    yield "UserList", lambda x: users[0] * x, lambda k: users.__setitem__(0, k)
    yield "object in a namedtuple", lambda x: pair.k.k * x, lambda k: setattr(proxied, "k", k)
    yield "instance kept by its class", lambda x: single.instance.k * x, lambda k: setattr(single, "k", k)
    yield "operator.attrgetter, nested", lambda x: operator.attrgetter("k.k")(pair) * x, lambda k: setattr(proxied, "k", k)
    yield "operator.methodcaller", lambda x: operator.methodcaller("get", "k")(STATE) * x, _into
    yield "operator.call", lambda x: operator.call(_read) * x, _into
    yield "type() with three arguments", lambda x: type("T", (Described,), {})().k * x, lambda k: None
    yield "super()", lambda x: _Sub().value() * x, lambda k: setattr(_Base, "number", k)
    yield "__class_getitem__", lambda x: _Base["a"] * x, lambda k: setattr(_Base, "number", k)
    yield "__init_subclass__", lambda x: type("New", (_Base,), {}).seen * x, lambda k: setattr(_Base, "number", k)
    yield "__new__", lambda x: _New() * x, lambda k: setattr(_Base, "number", k)
    yield "__set_name__", lambda x: type("Named", (), {"a": _Named()}).a.k * x, _into
    yield "property replaced by an attribute", lambda x: _Base().asked * x, lambda k: setattr(_Base, "asked", property(lambda self: k))
    yield "class method replaced", lambda x: _Base.of_class() * x, lambda k: setattr(_Base, "of_class", classmethod(lambda cls: k))
    yield "copy of an object", lambda x: copy.copy(data).k * x, lambda k: setattr(data, "k", k)
    yield "deep copy of a dict", lambda x: copy.deepcopy(STATE)["k"] * x, _into
    yield "__reduce__ through copy", lambda x: copy.copy(_Reduced()).k * x, _into
    yield "pickled", lambda x: pickle.loads(pickle.dumps(STATE))["k"] * x, _into
    yield "generator expression over state", lambda x: sum(k for k in STATE.values()) * x, _into
    yield "star of a dict", lambda x: dict(**STATE)["k"] * x, _into
    yield "union of dicts", lambda x: ({"k": 1.0} | STATE)["k"] * x, _into
    yield "string formatting by a dict", lambda x: float("{k}".format_map(STATE)) * x, _into
    yield "string formatting by an attribute", lambda x: float(f"{data.k}") * x, lambda k: setattr(data, "k", k)
    yield (
        "string formatting by an attribute of a class",
        lambda x: float(f"{_Base.number}") * x,
        lambda k: setattr(_Base, "number", k),
    )
    yield "match by mapping", lambda x: _match(STATE, x), _into


def _delete(slotted):
    with contextlib.suppress(AttributeError):
        del slotted.k


def _match(state, x):
    match state:
        case {"k": k}:
            return k * x
    return x


def _entered(manager, x):
    with manager as k:
        return k * x


def _read():
    return STATE["k"]


def _keyword(x, k=2.0):
    return k * x


_KEYWORDS = functools.partial(_keyword, k=2.0)


class _Kept:
    k = 2.0


class _Base:
    number = 2.0
    seen = 2.0

    def value(self):
        return self.number

    def __class_getitem__(cls, key):
        return cls.number

    def __init_subclass__(cls):
        cls.seen = cls.number

    @property
    def asked(self):
        return 2.0

    @classmethod
    def of_class(cls):
        return 2.0


class _Sub(_Base):
    def value(self):
        return super().value()


class _New:
    def __new__(cls):
        return _Base.number


class _Named:
    def __set_name__(self, owner, name):
        self.k = STATE["k"]


class _Reduced:
    k = 1.0

    def __reduce__(self):
        return _rebuilt, ()


def _rebuilt():
    found = _Base()
    found.k = STATE["k"]
    return found


def functions():
    """What functions, modules and caches can do."""
    made, loop, changing = _module(), _loop(), _nonlocal()
    own = Op("own_of_attacks", lambda xp, x: STATE["k"] * x, lambda y, x: (STATE["k"],))
    reading = (k for k in itertools.repeat(STATE))
    inner = jit(lambda x: STATE["k"] * x)
    table = {"f": lambda x: STATE["k"] * x}

    wrapped = functools.wraps(_default)(lambda x: _default.__wrapped__(x) if hasattr(_default, "__wrapped__") else STATE["k"] * x)
    _swap(2.0)
    yield "mutable default", _default, lambda k: _default.__defaults__[0].__setitem__(0, k)
    yield "closure over a loop variable", *loop
    yield "nonlocal", *changing
    yield "__getattr__ of a module", lambda x: made.k * x, lambda k: made.held.update(k=k)
    yield "__getattr__ of a module, replaced", lambda x: made.other * x, lambda k: setattr(made, "__getattr__", lambda name: k)
    yield "sys.modules, swapped", _imported, _swap
    yield "sys.modules, by vars", _star, _swap
    yield (
        "function of a module, replaced",
        lambda x: vars(made)["f"](x) if "f" in vars(made) else x,
        lambda k: setattr(made, "f", lambda x: k * x),
    )
    yield "singledispatch", lambda x: dispatched(1, x), lambda k: dispatched.register(int, lambda kind, x: k * x)
    yield "lru_cache of one", lambda x: cached_of("k") * x, lambda k: (_into(k), cached_of.cache_clear())
    yield "operation of one's own", lambda x: own(x), _into
    yield "generator that gives what changes", lambda x: next(reading)["k"] * x, _into
    yield "recorded function", lambda x: inner(x), _into
    yield "function in a dict, replaced", lambda x: table["f"](x), lambda k: table.__setitem__("f", lambda x: k * x)
    yield "__wrapped__", lambda x: inspect.unwrap(wrapped)(x), lambda k: setattr(wrapped, "__wrapped__", lambda x: k * x)
    yield "eval", lambda x: eval("STATE['k']") * x, _into  # noqa: S307
    yield "exec", _executed, _into
    yield "locals", lambda x: _locals(x), _into
    yield (
        "__builtins__",
        lambda x: abs(-x),
        lambda k: setattr(builtins, "abs", lambda x: k * x) if k > 2.0 else setattr(builtins, "abs", ABS),
    )
    yield "global that hides a builtin", lambda x: round(x), lambda k: globals().__setitem__("round", lambda x: k * x)
    yield "frame", lambda x: sys._getframe().f_globals["STATE"]["k"] * x, _into
    yield "closure, by inspect", lambda x: inspect.getclosurevars(changing[0]).nonlocals["step"]() * x, changing[1]
    yield "function made of code", lambda x: types.FunctionType(_read.__code__, globals())() * x, _into
    yield "get_objects", lambda x: next(o for o in gc.get_objects() if o.__class__ is dict and "mark of attacks" in o)["k"] * x, _marked
    yield "context variable in a copied context", lambda x: _CONTEXT.run(_VARIABLE.get) * x, lambda k: _CONTEXT.run(_VARIABLE.set, k)
    yield "context of decimals", lambda x: float(decimal.Decimal(1) / 3) * x, lambda k: setattr(decimal.getcontext(), "prec", 2 + int(k))
    yield "print options", lambda x: len(repr(_THIRD)) * x, lambda k: np.set_printoptions(precision=2 + int(k))
    yield "limit of the interpreter", lambda x: sys.getrecursionlimit() * x, lambda k: sys.setrecursionlimit(3000 + int(k))
    yield "random state by NumPy", lambda x: float(np.random.get_state()[1][0] % 7) * x, lambda k: np.random.seed(int(k))  # noqa: NPY002
    yield "switch interval", lambda x: sys.getswitchinterval() * x, lambda k: sys.setswitchinterval(0.005 + k * 1e-4)
    yield (
        "typing.get_type_hints",
        lambda x: len(typing.get_type_hints(_hinted)) * x,
        lambda k: _hinted.__annotations__.__setitem__(f"a{k}", int),
    )
    yield "signature", lambda x: inspect.signature(_keyword).parameters["k"].default * x, lambda k: setattr(_keyword, "__defaults__", (k,))
    yield "doc", lambda x: len(_hinted.__doc__) * x, lambda k: setattr(_hinted, "__doc__", "a" * int(k))
    yield "name", lambda x: len(_hinted.__name__) * x, lambda k: setattr(_hinted, "__name__", "a" * int(k))
    yield "qualname of a class", lambda x: len(_Holder.__qualname__) * x, lambda k: setattr(_Holder, "__qualname__", "a" * int(k))
    yield "subclasses", lambda x: len(_Base.__subclasses__()) * x, lambda k: _KEPT.append(type("Another", (_Base,), {}))
    yield "mro", lambda x: len(_Holder.__mro__) * x, lambda k: setattr(_Holder, "__bases__", (_Base,) if k > 3.0 else (_Other,))
    yield "function with a closure replaced by code", lambda x: _coded(x), _recode
    yield "time by defaultdict", lambda x: collections.defaultdict(time.perf_counter)["a"] * x, lambda k: None
    yield "time by a property", lambda x: _Timed.now * x, lambda k: None
    yield "time by __call__", lambda x: _Timed() * x, lambda k: None
    yield "time by iter", lambda x: next(iter(time.perf_counter, None)) * x, lambda k: None
    yield "time by operator.call", lambda x: operator.call(time.perf_counter) * x, lambda k: None
    yield "time by cached_property", lambda x: _Cached().now * x, lambda k: None
    yield "time by ExitStack", lambda x: _stacked(x), lambda k: None
    yield "time by str.join", lambda x: float("".join(map(repr, [time.perf_counter()]))) * x, lambda k: None
    yield "time by vectorize", lambda x: float(np.vectorize(lambda _: time.perf_counter())(1.0)) * x, lambda k: None
    yield "time by fromiter", lambda x: float(np.fromiter(iter(time.perf_counter, None), float, 1)[0]) * x, lambda k: None
    yield "time by apply_along_axis", lambda x: float(np.apply_along_axis(lambda a: time.perf_counter(), 0, np.ones(2))) * x, lambda k: None
    yield "time by frompyfunc", lambda x: float(np.frompyfunc(lambda a: time.perf_counter(), 1, 1)(1.0)) * x, lambda k: None
    yield "time by sub", lambda x: float(__import__("re").sub("a", lambda _: repr(time.perf_counter()), "a")) * x, lambda k: None
    yield "time by singledispatch", lambda x: functools.singledispatch(lambda _: time.perf_counter())(1) * x, lambda k: None
    yield "time by partialmethod", lambda x: _Partial().now() * x, lambda k: None
    yield "time by an argument of a method", lambda x: {}.setdefault("a", time.perf_counter)() * x, lambda k: None
    yield "time by accumulate", lambda x: [*itertools.accumulate([1, 2], lambda a, b: time.perf_counter())][1] * x, lambda k: None
    yield "time by starmap", lambda x: [*itertools.starmap(time.perf_counter, [()])][0] * x, lambda k: None
    yield "time by reduce", lambda x: functools.reduce(lambda a, b: time.perf_counter(), [1, 2]) * x, lambda k: None
    yield "time by getattr", lambda x: getattr(time, "".join(["perf_", "counter"]))() * x, lambda k: None
    yield "time by vars", lambda x: vars(time)["perf_counter"]() * x, lambda k: None
    yield "time by __dict__", lambda x: time.__dict__["perf_counter"]() * x, lambda k: None
    yield "time by a list of functions", lambda x: _TIMES[0]() * x, lambda k: None
    yield "time by map over a list", lambda x: next(map(operator.call, _TIMES)) * x, lambda k: None
    yield "order of a set of strings", lambda x: len(next(iter({"a", "bb", "ccc"}))) * x, lambda k: None


class _Holder:
    k = 2.0


class _Other:
    k = 2.0


_Holder = type("_Holder", (_Other,), {"k": 2.0})
_KEPT = []
ABS = abs
_VARIABLE = contextvars.ContextVar("attack", default=2.0)
_CONTEXT = contextvars.copy_context()
_THIRD = np.array([1.0 / 3.0])
_MARKED: list[dict] = []
_TIMES = [time.perf_counter]


def _marked(k):
    """Made anew, since the garbage collector knows no objects that were there before the first test."""
    _MARKED[:] = [{"mark of attacks": [], "k": k}]


class _ByTime(type):
    now = property(lambda cls: time.perf_counter())
    __call__ = staticmethod(time.perf_counter)


class _Timed(metaclass=_ByTime):
    pass


class _Cached:
    now = functools.cached_property(lambda self: time.perf_counter())


class _Partial:
    now = functools.partialmethod(lambda self: time.perf_counter())


def _stacked(x):
    found = []
    with contextlib.ExitStack() as stack:
        stack.callback(lambda: found.append(time.perf_counter()))
    return found[0] * x


def _hinted(a: int, b: float):
    """A function."""


def _executed(x):
    scope = {"STATE": STATE}
    exec("k = STATE['k']", scope)  # noqa: S102
    return scope["k"] * x


def _locals(x):
    state = STATE
    return locals()["state"]["k"] * x


def _coded(x):
    return 2.0 * x


def _recode(k):
    _coded.__code__ = (lambda x: 5.0 * x).__code__ if k > 3.0 else (lambda x: 2.0 * x).__code__


def arrays():
    """What arrays can do."""
    base = np.array([1.0, 2.0, 3.0, 4.0])
    buffer = bytearray(base.tobytes())
    shared, fields, readonly = np.frombuffer(buffer), np.zeros(2, [("a", float), ("b", "i4", 2)]), np.ones(3)
    viewed, reversed_view, diagonal = base.view(np.uint8), base[::-1], np.ones((3, 3))
    memory, heir, strided = memoryview(base), np.array(1.0).view(Heir), np.lib.stride_tricks.as_strided(base, (2, 2), (8, 8))
    zero, text, nested = np.array(2.0), np.array(["2.0", "3.0"], dtype=object), np.array([[None, None]], dtype=object)
    nested[0, 0], nested[0, 1] = np.array([2.0]), STATE
    iterator, record = np.nditer(base), np.rec.array([(2.0, 1)], names="k,n")
    overriding = Overriding()
    writable = lambda k: readonly.setflags(write=k > 3.0)
    yield "memory of another array", lambda x: float(shared[0]) * x, lambda k: buffer.__setitem__(slice(0, 8), np.float64(k).tobytes())
    yield "view of another type", lambda x: float(viewed[7]) * x, lambda k: base.__setitem__(0, k)
    yield "reversed view", lambda x: float(reversed_view[0]) * x, lambda k: base.__setitem__(3, k)
    yield "in place through a memoryview", lambda x: float(base[1]) * x, lambda k: memory.__setitem__(1, k)
    yield "strides over the same numbers", lambda x: float(strided[1, 0]) * x, lambda k: base.__setitem__(1, k)
    yield "diagonal", lambda x: float(np.trace(diagonal)) * x, lambda k: np.fill_diagonal(diagonal, k)
    yield "field of a structured array", lambda x: float(fields["b"][1, 0]) * x, lambda k: fields["b"].__setitem__((1, 0), int(k))
    yield "flag", lambda x: (2.0 if readonly.flags.writeable else 3.0) * x, writable
    yield "ufunc override", lambda x: x.data if False else float(np.multiply(2.0, heir)) * x, _into
    yield "ufunc override of an object", lambda x: float(np.add(1.0, overriding)) * x, lambda k: setattr(overriding, "k", k)
    yield "array of no dimension", lambda x: float(zero) * x, lambda k: zero.__setitem__((), k)
    yield "strings as objects", lambda x: float(text[0]) * x, lambda k: text.__setitem__(0, repr(k))
    yield "array in an array of objects", lambda x: float(nested[0, 0][0]) * x, lambda k: nested[0, 0].__setitem__(0, k)
    yield "dict in an array of objects", lambda x: nested[0, 1]["k"] * x, _into
    yield "nditer", lambda x: float(iterator[0]) * x, lambda k: base.__setitem__(0, k)
    yield "record array", lambda x: float(record.k[0]) * x, lambda k: record.k.__setitem__(0, k)
    yield "out of a ufunc", lambda x: float(base[2]) * x, lambda k: np.multiply(np.full(4, k), 1.0, out=base)
    yield "copyto", lambda x: float(base[2]) * x, lambda k: np.copyto(base, k)
    yield "put", lambda x: float(base[2]) * x, lambda k: np.put(base, [2], [k])
    yield "sorted in place", lambda x: float(base[0]) * x, lambda k: (base.__setitem__(3, -k), base.sort())
    yield "byte order", lambda x: float(_ORDERED[0]) * x, lambda k: setattr(_ORDERED, "dtype", ">f8" if k > 3.0 else "<f8")
    yield "interface of an array", lambda x: float(np.asarray(_Interface())[0]) * x, lambda k: _INTERFACED.__setitem__(0, k)


_ORDERED, _INTERFACED = np.array([2.0]), np.array([2.0])


class _Interface:
    @property
    def __array_interface__(self):
        return _INTERFACED.__array_interface__


def attacks():
    """Names, functions of one number, and what changes what they capture."""
    yield from objects()
    yield from functions()
    yield from arrays()
