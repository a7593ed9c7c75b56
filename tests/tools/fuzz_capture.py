"""Random functions of what they capture, and random changes of that between calls: jit and vmap have to give what the function gives.

    python tests/tools/fuzz_capture.py [--count 1000] [--seed 0]

A captured number lies at the end of a path: in a global, a cell, a default or an attribute, and from there through containers, objects,
modules, functions and kinds of object that no list knows. Any part of a path may be replaced; so may what the code does not name.
"""
# ruff: noqa: S102  # functions are made of generated text; samples are no secrets; a tool prints

import argparse
import array
import collections
import ctypes
import functools
import operator
import random
import types
import warnings
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from autograd import grad, jit, vmap


class Plain:
    """With attributes, a property, and methods of all kinds."""

    unused = 0.0

    def __init__(self, a):
        self.a = a

    @property
    def asked(self):
        return self.a

    def method(self):
        return self.a

    def __call__(self):
        return self.method()

    def __getitem__(self, _key):
        return self.asked


class Slots:
    __slots__ = ("__weakref__", "a")

    def __init__(self, a):
        self.a = a


class Listed(list):
    """With attributes."""


class Number(float):
    """With attributes."""


class Dynamic:
    def __init__(self, a):
        self.held = {"a": a}

    def __getattr__(self, name):
        return self.held[name]


@dataclass
class Data:
    a: Any
    b: float = 0.0


class Pair(NamedTuple):
    a: Any
    b: float = 0.0


class Kind(NamedTuple):
    """One step of a path: how an object that holds the next is made, read and changed; None where it cannot be changed."""

    name: str
    make: Callable[[Any], Any]
    read: str
    change: Callable[[Any, Any], Any] | None


def _set(x: Any, a: Any) -> None:
    x.a = a


def _set_one(x: Any, a: Any) -> None:
    x.a = (a,)


def _put(x: Any, a: Any) -> None:
    x[0] = a


def _put_a(x: Any, a: Any) -> None:
    x["a"] = a


def _with(cls: Callable[..., Any], *args: Any) -> Callable[[Any], Any]:
    def made(a: Any) -> Any:
        x = cls(*args)
        x.a = a
        return x

    return made


def _in_cell(a: Any) -> Any:
    def read() -> Any:
        return a

    def write(b: Any) -> None:
        nonlocal a
        a = b

    vars(read)["write"] = write
    return read


def _in_global(a: Any) -> Any:
    scope: dict[str, Any] = {"A": a}
    exec("def read():\n    return A", scope)
    return scope["read"]


def _in_default(a: Any) -> Any:
    def read(b: Any = a, *, c: Any = None) -> Any:
        return b if c is None else c

    return read


def _array_of(a: Any) -> Any:
    x = np.empty(1, object)
    x[0] = a
    return x


def _referred(a: Any) -> Any:
    x = Plain(a)
    return x, weakref.ref(x)


def _kept_weakly(a: Any) -> Any:
    x = Plain(a)
    return x, weakref.WeakValueDictionary(x=x)


def _set_base(x: Any, a: Any) -> None:
    x.__bases__ = (type("Made", (), {"a": (a,)}),)


def _static(a: Any) -> Any:
    return type("Made", (), {"read": staticmethod(lambda: a)})


def _set_static(x: Any, a: Any) -> None:
    x.read = staticmethod(lambda: a)


def _set_class(x: Any, a: Any) -> None:
    x.__class__ = type("Plain", (Plain,), {"asked": property(lambda _: a), "method": lambda _: a})


# What holds the next step.
HOLDERS = [
    Kind("list", lambda a: [a], "{}[0]", _put),
    Kind("last of a list", lambda a: [0.0, a], "{}[-1]", lambda x, a: x.append(a)),
    Kind("tuple", lambda a: (a, 1.0), "{}[0]", None),
    Kind("dict", lambda a: {"a": a}, "{}['a']", _put_a),
    Kind("dict, get", lambda a: {"a": a}, "{}.get('a')", lambda x, a: (x.pop("a", None), x.update(b=0.0, a=a))),
    Kind("first of a dict", lambda a: {"a": a}, "[*{}.values()][0]", _put_a),
    Kind("defaultdict", lambda a: collections.defaultdict(float, a=a), "{}['a']", _put_a),
    Kind("OrderedDict", lambda a: collections.OrderedDict(a=a), "{}['a']", _put_a),
    Kind("deque", lambda a: collections.deque([a]), "{}[0]", _put),
    Kind("view", lambda a: types.MappingProxyType({"a": a}), "{}['a']", None),
    Kind("attribute", Plain, "{}.a", _set),
    Kind("property", Plain, "{}.asked", _set),
    Kind("method", Plain, "{}.method()", _set),
    Kind("called object", Plain, "{}()", _set),
    Kind("indexed object", Plain, "{}['a']", _set),
    Kind("other class", Plain, "{}.asked", _set_class),
    Kind("attribute by name", Plain, "getattr({}, 'a')", _set),
    Kind("attribute, if there is one", Plain, "({0}.a if hasattr({0}, 'a') else 0.0)", _set),
    Kind("entry of __dict__", Plain, "{}.__dict__['a']", lambda x, a: setattr(x, "__dict__", {"a": a})),
    Kind("bound method", lambda a: Plain(a).method, "{}()", lambda x, a: _set(x.__self__, a)),
    Kind("slot", Slots, "{}.a", _set),
    Kind("__getattr__", Dynamic, "{}.a", lambda x, a: x.held.update(a=a)),
    Kind("attribute of a list", _with(Listed), "{}.a", _set),
    Kind("attribute of a number", _with(Number, 1.0), "{}.a", _set),
    Kind("namespace", _with(types.SimpleNamespace), "{}.a", _set),
    Kind("module", _with(types.ModuleType, "module_of_a_test"), "{}.a", _set),
    Kind("class", lambda a: type("Made", (Plain,), {"a": (a,)}), "{}.a[0]", _set_one),
    Kind("base class", lambda a: type("Heir", (type("Made", (), {"a": (a,)}),), {}), "{}.a[0]", _set_one),
    Kind("replaced base", lambda a: type("Heir", (type("Made", (), {"a": (a,)}),), {}), "{}().a[0]", _set_base),
    Kind("dataclass", Data, "{}.a", _set),
    Kind("namedtuple", Pair, "{}.a", None),
    Kind("cell", _in_cell, "{}()", lambda x, a: x.write(a)),
    Kind("global", _in_global, "{}()", lambda x, a: x.__globals__.update(A=a)),
    Kind("default", _in_default, "{}()", lambda x, a: setattr(x, "__defaults__", (a,))),
    Kind("keyword default", _in_default, "{}()", lambda x, a: x.__kwdefaults__.update(c=a)),
    Kind("partial", lambda a: functools.partial(lambda b: b, a), "{}()", None),
    Kind("wrapped", lambda a: functools.wraps(_in_cell)(lambda b=[a]: b[0]), "{}()", lambda x, a: _put(x.__defaults__[0], a)),
    Kind("array of objects", _array_of, "{}[0]", _put),
    Kind("static method", _static, "{}.read()", _set_static),
    Kind("mapped", lambda a: [a], "next(iter(map(lambda b: b, {})))", _put),
    Kind("weak reference", _referred, "{}[1]().a", lambda x, a: _set(x[0], a)),
    Kind("WeakValueDictionary", _kept_weakly, "{}[1]['x'].a", lambda x, a: _set(x[0], a)),
    Kind("attrgetter", lambda a: (operator.attrgetter("a"), Plain(a)), "(lambda p: p[0](p[1]))({})", lambda x, a: _set(x[1], a)),
    Kind("iterator", lambda a: [iter([]), a], "{}[1]", lambda x, a: x.__setitem__(1, a)),
]  # fmt: skip
# What holds a number.
ENDS = [
    Kind("float", lambda a: a, "{}", None),
    Kind("int", int, "{}", None),
    Kind("text", repr, "float({})", None),
    Kind("array", lambda a: np.array([0.0, a]), "{}[1]", lambda x, a: x.__setitem__(1, a)),
    Kind("view of an array", lambda a: np.array([[0.0, a], [a, 0.0]])[:, 1], "float({}.sum())", _put),
    Kind("shape", lambda a: np.zeros(int(a) + 5), "{}.shape[0]", None),
    Kind("array.array", lambda a: array.array("d", [a]), "{}[0]", _put),
    Kind("bytes", lambda a: bytearray([int(a) + 5]), "{}[0]", lambda x, a: x.__setitem__(0, int(a) + 5)),
    Kind("memoryview", lambda a: memoryview(bytearray([int(a) + 5])), "{}[0]", lambda x, a: x.__setitem__(0, int(a) + 5)),
    Kind("ctypes", ctypes.c_double, "{}.value", lambda x, a: setattr(x, "value", a)),
    Kind("set", lambda a: {a, 100.0}, "sum({})", lambda x, a: (x.clear(), x.update({a, 100.0}))),
    Kind("length", lambda a: [0] * (int(a) + 5), "len({})", lambda x, a: x.__setitem__(slice(None), [0] * (int(a) + 5))),
    Kind("masked", lambda a: np.ma.array([a]), "float({}.data[0])", _put),
]  # fmt: skip
USES = [
    "    y = y + x * {}",
    "    if {} > 0.5:\n        y = y + x * 3.0",
    "    y = y + (lambda k: k * x)({})",
    "    y = y + sum([{} * x for _ in range(2)])",
    "    y = y + HELPER({}, x)",
    "    y = y + x * max({}, 0.25)",
]
NUMBERS = (-3.0, -1.0, -0.0, 0.0, 1.0, 2.0, 2.5, 3.0)


class Path:
    """A captured number, and how it is changed."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.kinds = [rng.choice(HOLDERS) for _ in range(rng.choice((0, 1, 1, 2, 3)))] + [rng.choice(ENDS)]
        self.place = rng.choice(["global", "cell", "default", "box"])
        self.root = self.made(self.kinds, 1.0)
        self.read = "{}"
        for kind in self.kinds:
            self.read = kind.read.format(self.read) if kind.read.count("{") else kind.read

    @staticmethod
    def made(kinds: list[Kind], number: float) -> Any:
        """A path with this number at its end."""
        x: Any = number
        for kind in reversed(kinds):
            x = kind.make(x)
        return x

    def change(self) -> None:
        """Replace some part of it."""
        levels = [i for i, kind in enumerate(self.kinds) if kind.change is not None]
        i = self.rng.choice([-1, *levels])
        number = self.rng.choice(NUMBERS)
        if i < 0:
            self.root = self.made(self.kinds, number)
            return
        x = self.root
        for kind in self.kinds[:i]:
            x = eval(kind.read.format("x"), {"x": x})  # noqa: S307  # as above
        self.kinds[i].change(x, number if i == len(self.kinds) - 1 else self.made(self.kinds[i + 1 :], number))

    def __str__(self) -> str:
        return f"{self.place}: {' > '.join(kind.name for kind in self.kinds)}"


class Example:
    """A function of one number, with some paths."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.paths = [Path(self.rng) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        self.box = types.SimpleNamespace()
        self.scope: dict[str, Any] = {"BOX": self.box, "HELPER": lambda k, x: k * x * x, "other": 0}
        lines = ["    y = x * 0.5"]
        for i, path in enumerate(self.paths):
            name = {"global": f"P{i}", "cell": f"p{i}", "default": f"d{i}", "box": f"BOX.b{i}"}[path.place]
            lines.append(self.rng.choice(USES).format(path.read.replace("{}", name)))
        cells = [i for i, p in enumerate(self.paths) if p.place == "cell"]
        defaults = ", ".join(f"d{i}=None" for i, p in enumerate(self.paths) if p.place == "default")
        body = "\n".join(["        " + line.replace("\n", "\n    ")[4:] for line in lines])
        set_cells = "".join(f"    def set{i}(a):\n        nonlocal p{i}\n        p{i} = a\n" for i in cells)
        setters = ", ".join(f"{i}: set{i}" for i in cells)
        self.text = (
            f"def outer():\n{''.join(f'    p{i} = None{chr(10)}' for i in cells)}{set_cells}"
            f"    def f(x{', *, ' + defaults if defaults else ''}):\n{body}\n        return y\n    return f, {{{setters}}}\n"
        )
        exec(self.text, self.scope)
        self.f, self.setters = self.scope["outer"]()
        self.put()

    def put(self) -> None:
        """Put what has been replaced where the function finds it."""
        for i, path in enumerate(self.paths):
            if path.place == "global":
                self.scope[f"P{i}"] = path.root
            elif path.place == "cell":
                self.setters[i](path.root)
            elif path.place == "default":
                self.f.__kwdefaults__[f"d{i}"] = path.root
            else:
                setattr(self.box, f"b{i}", path.root)

    def change(self) -> None:
        """Change one path, something that no code names, or nothing."""
        if self.rng.random() < 0.3:
            self.scope["other"] += 1
            self.box.unused = self.scope["other"]
        else:
            self.rng.choice(self.paths).change()
        self.put()

    def run(self, steps: int = 8) -> bool:
        """Compare; whether it was recorded.

        Raises:
            AssertionError: a recording is stale.
        """
        recorded = {"jit": jit(self.f), "vmap": vmap(self.f), "grad": jit(grad(self.f))}
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "jit|vmap", RuntimeWarning)
            for _ in range(steps):
                x = self.rng.choice((1.5, 2.0))
                expected, slope = float(self.f(x)), grad(self.f)(x)
                found = {
                    "jit": recorded["jit"](x), "grad": recorded["grad"](x), "vmap": recorded["vmap"](np.array([x, x]))[1],
                }  # fmt: skip
                for name, y in found.items():
                    true = slope if name == "grad" else expected
                    assert abs(float(y) - true) <= 1e-12 * (1.0 + abs(true)), (
                        f"{name}: {y} for {true}\n{self.text}\n{[*map(str, self.paths)]}"
                    )
                self.change()
        return recorded["jit"].recordings.refusal is None


def main() -> None:
    """Run so many examples."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    recorded = sum([Example(given.seed + k).run() for k in range(given.count)])
    print(f"{given.count} functions, {recorded} of them recorded: none stale")


if __name__ == "__main__":
    main()
