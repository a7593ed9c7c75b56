"""A recording is never stale: what a function captures has not changed, or the function is not recorded, and a warning says why."""

import math
import sys
import warnings
from decimal import Decimal
from pathlib import Path

import captures
import numpy as np
import pytest
from captures import DRAWS, changes
from functions import numbers

from autograd import Program, Value, grad, jit, vmap
from autograd.errors import TraceError

sys.path.insert(0, str(Path(__file__).parent / "tools"))
from fuzz_capture import Example  # which stands there

CHANGES = [name for name, *_ in changes()]


@pytest.fixture(autouse=True)
def _unwarned():
    """That some of these are not recorded is said, and right."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "jit|vmap", RuntimeWarning)
        warnings.filterwarnings("ignore", "", DeprecationWarning)  # NumPy's, of shapes and types that are set
        yield


@pytest.mark.parametrize("made", ["jit", "vmap", "grad"])
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_captured_is_never_stale(name, made, monkeypatch):
    monkeypatch.setattr(captures, "K", 2.0)
    f, change = next((f, change) for n, f, change in changes() if n == name)
    recorded = {"jit": jit, "vmap": vmap, "grad": lambda f: jit(grad(f))}[made](f)
    for k in (2.0, 2.0, 5.0, 5.0, 2.0, 5.0, 3.0):
        change(k)
        expected = float(f(3.0)) if made != "grad" else float(f(1.0))
        found = recorded(np.array([3.0, 3.0])) if made == "vmap" else recorded(3.0)
        assert all(math.isclose(y, expected, rel_tol=1e-15) for y in numbers(found)), (name, k)


@pytest.mark.parametrize("name", DRAWS)
def test_what_differs_from_call_to_call_does_so(name):
    f = DRAWS[name]
    recorded = jit(f)
    assert len({recorded(1.0) for _ in range(5)}) == 5
    assert len(set(vmap(f)(np.ones(4)))) == 4
    g = vmap(f)
    assert len({*g(np.ones(3)), *g(np.ones(3))}) == 6


@pytest.mark.parametrize(
    ("f", "given"),
    [
        (lambda d, x: float(str(d).count("0")) * x, [Decimal("1.0"), Decimal("1.00"), Decimal("1.0")]),
        (lambda d, x: math.copysign(1.0, next(iter(d))) * x, [{0.0: 1.0}, {-0.0: 1.0}, {0.0: 1.0}]),
        (lambda d, x: (2.0 if next(iter(d)) is True else 3.0) * x, [{1: 1.0}, {True: 1.0}, {1: 1.0}]),
        (lambda d, x: (2.0 if d is True else 3.0) * x, [1, True, 1, np.True_, np.int64(1)]),
        (lambda d, x: d.k * x, [captures, captures.Holder(3.0), captures]),
        (lambda d, x: d.k * x, [captures.Whole(2, 3.0), captures.Whole(2, 4.0), captures.Whole(2, 3.0)]),
        (lambda d, x: d[0].k * x, [(captures.Holder(2.0),), (captures.Holder(3.0),)]),
    ],
    ids=["Decimal", "keys 0.0 and -0.0", "keys 1 and True", "1 and True", "module", "int subclass", "object in a tuple"],
)
def test_static_arguments_are_told_apart(f, given, monkeypatch):
    monkeypatch.setattr(captures, "k", 2.0, raising=False)
    g = jit(f)
    for d in given:
        assert g(d, 3.0) == f(d, 3.0)
    if given[0] is captures:
        captures.k = 7.0
        assert g(captures, 3.0) == 21.0


def test_what_is_only_stored():
    holder, name = captures.Holder(), "n"

    def by_name(x):
        setattr(holder, name, vars(holder).get(name, 0) + 1)
        return x

    def global_name(x):
        captures.stored = 7.0
        return x

    g, h = jit(by_name), jit(global_name)
    for k in range(4):
        captures.stored = None
        assert g(1.0) == h(1.0) == 1.0
        assert holder.n == k + 1
        assert captures.stored == 7.0


def test_a_module_that_is_given_and_returned():
    g = jit(lambda module, x: (module, module.K * x)[1])
    for k in (2.0, 3.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(captures, "K", k)
            assert g(captures, 2.0) == 2.0 * k


def swallowed(x):
    try:
        return x * x.data
    except Exception:  # noqa: BLE001  # what is tested
        return x * 2.0


@pytest.mark.parametrize("made", [jit, vmap], ids=["jit", "vmap"])
def test_what_is_refused_is_an_error_even_if_the_function_catches_it(made):
    g = made(swallowed)
    for _ in range(2):
        with pytest.raises(TraceError, match="the data of a Value was used at"):
            g(np.ones(2) if made is vmap else 1.0)


def test_an_array_that_has_to_be_traced_by_entries_even_if_the_function_catches_that():
    def f(x):
        try:
            x[0] = x[1] * 2.0
        except Exception:  # noqa: BLE001  # as above
            return 0.0
        return np.sum(x)

    with pytest.raises(TraceError, match="changed"):
        jit(f)(np.arange(100.0))


def test_a_value_that_is_kept_for_the_next_call():
    seen = []

    def f(x):
        seen.append(x * 2.0)
        return x + (seen[-2] if len(seen) > 1 else 0.0)

    g = jit(f)
    assert g(1.0) == 1.0
    for _ in range(2):
        with pytest.raises(TraceError, match="an earlier call"):
            g(1.0)


@pytest.mark.parametrize("f", [lambda x: x * (x * x).partials[0], lambda x: x * Program([x * x], [x])([3.0])[0]])
def test_partials_and_programs_of_what_is_traced(f):
    g = vmap(f)
    for recorded in (jit(f), lambda x: g(np.array([x, x]))[1]):
        assert [recorded(x) for x in (2.0, 5.0)] == [f(Value(x)).data for x in (2.0, 5.0)]


def test_the_random_functions_of_captures():
    """Some of `tests/tools/fuzz_capture.py`, which runs many more."""
    recorded = sum([Example(seed).run() for seed in range(200)])
    assert recorded > 80


class Settings:
    """Equal to itself alone, so that it may be a static argument; what it holds changes."""


@pytest.mark.parametrize("change", ["scale", "function"])
def test_paths_that_lanes_take_only_in_later_calls(change):
    """What these paths capture is met when the body of the vmap is recorded alone, long after the function around it."""
    own = Settings()
    own.scale, own.other = 3.0, lambda x: own.scale * x

    def body(row, a):
        return own.other(np.sum(row) * a) if np.sum(row) * a > 0.0 else 2.0 * np.sum(row) * a

    def root(x, a):
        return np.sum(vmap(body, in_axes=(0, None))(x, a))

    recorded = jit(root)
    negative, positive = -np.ones((5, 3)), np.ones((5, 3))
    mixed = np.vstack([negative[:2], positive[:3]])
    for k in range(3):
        for x in (negative, mixed, positive):
            for a in (1.0, -2.0):
                assert recorded(x, a) == pytest.approx(sum(s * a * (3.0 + k if s * a > 0.0 else 2.0) for s in x.sum(1)), rel=1e-14)
        if change == "scale":
            own.scale = 4.0 + k
        else:
            own.other = lambda x, scale=4.0 + k: scale * x
    assert recorded.recordings.refusal is None


def test_draws_on_a_path_that_lanes_take_only_in_later_calls():
    def drawn():
        return np.random.default_rng().random()

    def body(row, a):
        return np.sum(row) * a if np.sum(row) * a < 0.0 else np.sum(row) * a * drawn()

    recorded = jit(lambda x, a: np.sum(vmap(body, in_axes=(0, None))(x, a)))
    assert recorded(-np.ones((5, 3)), 1.0) == -15.0
    with pytest.warns(RuntimeWarning, match="numpy.random"):
        first = recorded(np.ones((5, 3)), 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the vmap made in each call says so, too
        assert len({first, *[recorded(np.ones((5, 3)), 1.0) for _ in range(3)]}) == 4


def test_what_a_static_argument_holds():
    def f(x, settings, *, shift=0.0):
        return settings.scale[0] * x + shift

    settings = Settings()
    settings.scale = [2.0]
    recorded = jit(f, static_argnames="settings")
    for scale in (2.0, 3.0):
        settings.scale[0] = scale
        assert [recorded(2.0, settings), recorded(2.0, settings, shift=1.0)] == [2.0 * scale, 2.0 * scale + 1.0]
        assert recorded(2.0, settings=settings, shift=1.0) == 2.0 * scale + 1.0
