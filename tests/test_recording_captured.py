"""What jit and vmap promise of what a function captures: it may change."""
# Functions are made of generated text; samples are no secrets; globals that change are what is tested; each lambda is a function that is
# recorded as it stands.
# ruff: noqa: S102, S311, PLW0603, ARG005, PLW0108, PLC3002

import array
import dataclasses
import functools
import itertools
import math
import random
import sys
import types
import warnings
from collections import deque

import numpy as np
import pytest
from functions import (
    inf,
    nan,
    numbers,
)
from operations import same

import nn
from autograd import (
    Op,
    Value,
    grad,
    jit,
    value_and_grad,
    vmap,
)
from autograd.arrays import tree_ravel

K = 2.0


class Plain:
    k = 2.0

    def __init__(self):
        self.own = 2.0

    def method(self, x):
        return self.own * self.k * x * K

    @property
    def asked(self):
        return K

    @staticmethod
    def static(x):
        return K * x

    @classmethod
    def of_class(cls, x):
        return cls.k * x

    def __call__(self, x):
        return K * x


@dataclasses.dataclass(slots=True)
class Slots:
    k: float = 2.0


class Net(nn.Module):
    def __init__(self):
        self.w, self.scale = Value(2.0), 3.0

    def forward(self, x):
        return self.w * x * self.scale * K


def assigned(holder, name):
    """Give an attribute, an entry or a global other numbers."""

    def change(x):
        setattr(holder, name, x)

    return change


def put(holder, key):
    return lambda x: holder.__setitem__(key, x)


def globally(x):
    global K
    K = x


def in_closure():
    k = 2.0

    def change(x):
        nonlocal k
        k = x

    return lambda x: k * x, change


def captures():
    """Functions of one number, and what changes something that they capture."""
    plain, slots, net, cell = Plain(), Slots(), Net(), [2.0]
    nested, numbers, values = {"a": [1.0, {"b": np.array([2.0])}]}, np.array([2.0, 3.0]), array.array("d", [2.0])
    objects, queue, holder = np.array([2.0, 1.0], dtype=object), deque([2.0]), types.SimpleNamespace(f=None)
    exec("K = 2.0\ndef h(x): return K * x", vars(config))
    config.inner = types.SimpleNamespace(k=2.0)
    partial = functools.partial(lambda c, x: c[0] * x, cell)
    local, change_local = in_closure()
    own = Op("own", lambda xp, x: K * x, lambda y, x: (float(K),))

    def attributed(x):
        return attributed.k * x

    attributed.k = 2.0
    yield "global", lambda x: K * x, globally
    yield "global in a generator", lambda x: sum(K * x for _ in range(2)), globally
    yield "closure", local, change_local
    yield "default", lambda x, c=cell: c[0] * x, put(cell, 0)
    yield "keyword default", lambda x, *, c=cell: c[0] * x, put(cell, 0)
    yield "list", lambda x: cell[0] * x, put(cell, 0)
    yield "length of a list", lambda x: len(cell) * x, cell.append
    yield "deque", lambda x: queue[0] * x, put(queue, 0)
    yield "array", lambda x: numbers[0] * x, put(numbers, 0)
    yield "view", lambda x, v=numbers[1:]: v[0] * x, put(numbers, 1)
    yield "array.array", lambda x: values[0] * x, put(values, 0)
    yield "objects", lambda x: objects[0] * x, put(objects, 0)
    yield "nested", lambda x: nested["a"][1]["b"][0] * x, put(nested["a"][1]["b"], 0)
    yield "nested, replaced", lambda x: nested["a"][0] * x, put(nested["a"], 0)
    yield "attribute", lambda x: plain.own * x, assigned(plain, "own")
    yield "attribute of the class", lambda x: plain.k * x, assigned(Plain, "k")
    yield "slot", lambda x: slots.k * x, assigned(slots, "k")
    yield "bound method", plain.method, assigned(plain, "own")
    yield "global of a method", lambda x: plain.method(x), globally
    yield "property", lambda x: plain.asked * x, globally
    yield "static method", lambda x: Plain.static(x), globally
    yield "class method", lambda x: Plain.of_class(x), assigned(Plain, "k")
    yield "callable object", plain, globally
    yield "object made inside", lambda x: Plain()(x), globally
    yield "partial", partial, put(cell, 0)
    yield "partial, captured", lambda x: partial(x), put(cell, 0)
    yield "partial, replaced", lambda x: holder.f(x), lambda k: assigned(holder, "f")(functools.partial(lambda c, x: c * x, k))
    yield "attribute of a function", attributed, assigned(attributed, "k")
    yield "module", lambda x: config.K * x, assigned(config, "K")
    yield "function of a module", lambda x: config.h(x), assigned(config, "K")
    yield "object of a module", lambda x: config.inner.k * x, assigned(config.inner, "k")
    yield "operation of one's own", lambda x: own(x), globally
    yield "gradient of an operation of one's own", grad(lambda x: own(x) * x), globally
    yield "nn.Module", net, assigned(net, "scale")
    yield "leaf of a module", net, lambda k: assigned(net.w, "data")(k)
    yield "leaf, replaced", net, lambda k: assigned(net, "w")(Value(k))
    yield "function inside", lambda x: (lambda y: K * y)(x), globally
    yield from captures_within()


def captures_within():
    """The same within modules, views and lists with attributes."""
    part, listed, entries = types.ModuleType("config.part"), type("Listed", (list,), {})(), {"k": 2.0}
    view, config.part = types.MappingProxyType(entries), part
    keeper_class = type("KeeperClass", (), {"part": part})
    keeper, parts, values, items = types.SimpleNamespace(part=part), [part], entries.values(), entries.items()
    yield "module of a module", lambda x: config.part.K * x, assigned(part, "K")
    yield "module in a closure", lambda x: part.K * x, assigned(part, "K")
    yield "module as a default", lambda x, c=part: c.K * x, assigned(part, "K")
    yield "attribute of a list", lambda x: listed.k * x, assigned(listed, "k")
    yield "module as an attribute", lambda x: keeper.part.K * x, assigned(part, "K")
    yield "module as an attribute of a class", lambda x: keeper_class.part.K * x, assigned(part, "K")
    yield "module in a list", lambda x: parts[0].K * x, assigned(part, "K")
    yield "values of a dict", lambda x: sum(values) * x, put(entries, "k")
    yield "items of a dict", lambda x: sum(v for _, v in items) * x, put(entries, "k")
    yield "view of a dict", lambda x: view["k"] * x, put(entries, "k")


config = types.ModuleType("config")
NAMES = [name for name, *_ in captures()]


@pytest.mark.parametrize("made", [jit, lambda f: lambda x: vmap(f)(np.array([x, x]))[0]], ids=["jit", "vmap"])
@pytest.mark.parametrize("name", NAMES)
def test_what_is_captured_may_change(name, made, monkeypatch):
    monkeypatch.setitem(globals(), "K", 2.0)
    monkeypatch.setattr(Plain, "k", 2.0)
    f, change = next((f, change) for n, f, change in captures() if n == name)
    g = jit(f) if made is jit else vmap(f)
    for k in (2.0, 5.0, 5.0, -0.0, 0.0, inf, nan, 1, 2.0):
        change(k)
        (found,) = numbers(g(3.0)) if made is jit else numbers(g(np.array([3.0])))
        (expected,) = numbers(f(3.0))
        assert same(found, expected), k
        if not name.startswith("gradient"):  # sums of -0.0 are 0.0 or -0.0
            assert math.isnan(expected) or math.copysign(1.0, found) == math.copysign(1.0, expected), k


@pytest.mark.parametrize("name", ["object", "function", "list"])
def test_what_a_static_argument_brings_may_change(name, monkeypatch):
    monkeypatch.setitem(globals(), "K", 2.0)
    plain = Plain()
    given = {"object": plain, "function": lambda x: plain.own * x * K, "list": [plain, "text"]}[name]
    f = {"object": lambda c, x: c.method(x), "function": lambda c, x: c(x), "list": lambda c, x: c[0].method(x)}[name]
    g = jit(f)
    for k in (2.0, 3.0):
        plain.own = k
        assert g(given, 3.0) == f(given, 3.0)
        globally(k + 1.0)
        assert g(given, 3.0) == f(given, 3.0)


def test_a_function_that_is_given_other_code():
    """As notebooks do that load changed modules anew."""

    def called(x):
        return 2.0 * x

    g = jit(lambda x: called(x))
    assert g(3.0) == 6.0
    called.__code__ = (lambda x, k=2.0: 5.0 * x * k).__code__
    for k in (2.0, 3.0):
        called.__defaults__ = (k,)
        assert g(3.0) == 15.0 * k


def test_an_attribute_that_hides_one_of_a_base_class():
    class Heir(Plain):
        pass

    heir = Heir()
    g = jit(lambda x: heir.k * x)
    assert g(3.0) == 6.0
    Heir.k = 5.0
    assert g(3.0) == 15.0


@pytest.mark.parametrize("held", [False, True])
def test_names_that_come_to_a_module_and_go(held):
    part = types.ModuleType("part")
    part.A = part.unused = 2.0
    module = types.SimpleNamespace(part=part) if held else types.ModuleType("around")
    module.part = part

    def f(x):
        try:
            return module.part.A * x
        except AttributeError:
            return part.B * x * 10.0 if hasattr(part, "B") else x

    g = jit(f)
    assert g(3.0) == 6.0
    del part.A
    part.B = 2.0
    assert g(3.0) == 60.0
    del part.B
    assert g(3.0) == 3.0
    del part.unused
    part.A = 5.0
    assert g(3.0) == 15.0


def test_what_did_not_change_is_not_recorded_anew():
    model, data, plain = nn.MLP(2, [3, 1]), np.ones(100), Plain()
    g = jit(lambda x: model([x, data[3] * plain.own]) * K)
    for x in (1.0, 2.0, 3.0):
        for p in model.parameters():
            p.data = x
        assert math.isclose(g(x).data, model([x, 2.0]).data * K, rel_tol=1e-13)
    assert g.recordings.made == 1


def test_a_recorded_function_held_by_what_it_captures():
    class Trainer:
        def __init__(self):
            self.k, self.step, self.batch = 2.0, jit(self.loss), vmap(self.loss)

        def loss(self, x):
            return self.k * x

    trainer = Trainer()
    for x in (1.0, 2.0):
        assert trainer.step(x) == 2.0 * x
        assert trainer.batch(np.array([x])).tolist() == [2.0 * x]
    assert trainer.step.recordings.made == trainer.batch.recordings.made == 1


def test_objects_that_take_the_place_of_others():
    """An address is no identity: of objects made and dropped one after the other some have the same."""
    holder = types.SimpleNamespace()
    g = jit(lambda x: holder.f(x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for k in range(200):
            holder.f = functools.partial(lambda c, x: c * x, float(k))
            assert g(2.0) == 2.0 * k
            holder.f = eval(f"lambda x: x + {k}.0")  # noqa: S307
            assert g(2.0) == 2.0 + k


@pytest.mark.parametrize(
    "draws",
    [
        lambda rng: random.random, lambda rng: functools.partial(random.gauss, 0.0, 1.0), lambda rng: rng.random,
        lambda rng: np.random.normal, lambda rng: np.random.default_rng(5).normal,
        lambda rng: functools.partial(next, itertools.count(1.0)),
    ],
    ids=["module", "gauss", "Random", "np.random", "Generator", "iterator"],
)  # fmt: skip
def test_what_moves_on_by_itself_is_recorded_anew(draws):
    draw = draws(random.Random(3))
    for g in (jit(lambda x: x + draw()), jit(lambda x: x + random.random()), jit(lambda x: x + np.random.normal())):  # noqa: NPY002
        with pytest.warns(RuntimeWarning, match="is not recorded") as told:
            assert len({g(1.0) for _ in range(4)}) == 4
        assert len(told) == 1


@pytest.mark.filterwarnings("ignore:.*is not recorded:RuntimeWarning")
def test_what_is_drawn_anew_is_drawn_for_each_lane():
    rng = random.Random()
    f = vmap(lambda x: x + rng.random())
    for seed in (1, 2, 1, 1):  # also where the state has come back
        rng.seed(seed)
        expected = [x + rng.random() for x in (0.0, 1.0, 2.0, 3.0, 0.0, 1.0)]
        rng.seed(seed)
        assert [*f(np.arange(4.0)), *f(np.arange(2.0))] == expected
    g, drawn = jit(lambda x: x + rng.random()), []
    for _ in range(2):
        rng.seed(5)
        drawn += [g(1.0), g(1.0)]
    assert drawn[:2] == drawn[2:] == [1.0 + random.Random(5).random(), drawn[1]]
    assert drawn[0] != drawn[1]


def test_effects_on_what_is_captured_take_place_at_each_call():
    seen = []

    def f(x):
        seen.append(len(seen))
        return x * len(seen)

    g = jit(f)
    assert g(1.0) == 1.0  # what is filled in once, such as a cache, may change
    with pytest.warns(RuntimeWarning, match="each call changes what it captures: the content of a list"):
        assert [g(1.0) for _ in range(3)] == [2.0, 3.0, 4.0]


@pytest.mark.filterwarnings("ignore:.*is not recorded:RuntimeWarning")
@pytest.mark.parametrize("argument", [2.0, np.array([2.0])])
def test_what_draws_or_counts_does_so_in_every_call(argument):
    """In every form of the call, also in those that take a shorter way from the second one on."""
    for wrap, scale in ((jit, 2.0), (lambda f: jit(grad(f)), 1.0), (lambda f: jit(value_and_grad(f)), 1.0)):
        drawn, again = random.Random(0), random.Random(0)
        recorded = wrap(lambda x: (x if x.__class__ is Value else x[0]) * drawn.random())  # noqa: B023
        seen = [float(np.ravel(tree_ravel(recorded(argument))[0][-1])[0]) for _ in range(4)]
        assert seen == [scale * again.random() for _ in range(4)]


def test_what_a_function_imports_is_captured(monkeypatch):
    package, module = types.ModuleType("captured_package"), types.ModuleType("captured_package.rates")
    package.rates, package.base = module, 1.0
    monkeypatch.setitem(sys.modules, "captured_package", package)
    monkeypatch.setitem(sys.modules, "captured_package.rates", module)

    def whole(x):
        import captured_package.rates

        return x * captured_package.rates.rate + captured_package.base

    def renamed(x):
        import captured_package.rates as found

        return x * found.rate + 1.0

    def by_name(x):
        from captured_package.rates import rate

        def inner(y):
            from captured_package import base

            return y + base

        return inner(x * rate)

    def held(x):
        from captured_package import rates as found

        return x * found.rate + 1.0

    scope = {"__package__": "captured_package.tests", "__name__": "captured_package.tests.a"}
    for name, imported in (("relative", "from ..rates import rate"), ("around", "from .. import rates; rate = rates.rate")):
        exec(f"def {name}(x):\n    {imported}\n    return x * rate + 1.0", scope)  # it has to live in a package
    monkeypatch.setitem(sys.modules, "captured_package.tests", types.ModuleType("captured_package.tests"))
    recorded = [jit(f) for f in (whole, renamed, by_name, held, scope["relative"], scope["around"])]
    for rate in (2.0, 3.0, 2.0):
        module.rate = rate
        assert [f(1.5) for f in recorded] == [1.5 * rate + 1.0] * 6
