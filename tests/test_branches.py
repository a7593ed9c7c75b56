"""Paths through a function as a tree of arms: the same answers as without, whatever order the paths are met in."""
# ruff: noqa: S311, S102  # samples, no secrets; generated functions

import random
import threading
import warnings

import numpy as np
import pytest
from functions import inf, nan, numbers
from graphs import drawn, sizes
from hypothesis import strategies as st
from operations import same

from autograd import Value, grad, jit, ops, value_and_grad, vmap
from autograd.program import branches, lanes
from autograd.program.recording import KEPT, MANY

pytestmark = [pytest.mark.usefixtures("execution"), pytest.mark.any_python]


def bisection(depth):
    """The square root of c in [0, 1], with 2**depth paths, and a share of c so that it has a derivative on each."""

    def root(c):
        low, high = 0.0 * c, 1.0 + 0.0 * c
        for _ in range(depth):
            middle = 0.5 * (low + high)
            if middle * middle < c:
                low = middle
            else:
                high = middle
        return 0.5 * (low + high) + low * c

    return root


def test_every_path_of_a_bisection():
    f = bisection(6)
    X = ((np.arange(64) + 0.5) / 64.0) ** 2  # one in each of the last intervals
    random.Random(0).shuffle(X)
    expected = [f(x) for x in X.tolist()]
    one, batch, derivative = jit(f), vmap(f), jit(value_and_grad(f))
    for _ in range(2):
        assert [one(x) for x in X.tolist()] == expected
        assert batch(X).tolist() == expected
        for x, y in zip(X.tolist(), expected, strict=True):
            low = (np.ceil(np.sqrt(x) * 64.0) - 1.0) / 64.0
            assert derivative(x) == (y, low)
    mean = jit(value_and_grad(vmap(lambda p, x: f(p * x), in_axes=(None, 0), reduce="mean")))
    for _ in range(2):
        y, g = mean(1.0, X)
        assert np.isclose(y, np.mean(expected), rtol=1e-14)
        assert np.isclose(g, np.mean(X * (np.ceil(np.sqrt(X) * 64.0) - 1.0) / 64.0), rtol=1e-14)
    assert one.recordings.made == batch.recordings.made == derivative.of_loss.made == mean.of_loss.made == 64


def nested(draw, depth):
    """The lines of a block of ifs and loops on the numbers a, b and c."""
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        x, y, z = (draw(st.sampled_from("abc")) for _ in range(3))
        kind = draw(st.sampled_from(["set", "set", "if", "while", "where"] if depth else ["set"]))
        if kind == "set":
            form = draw(
                st.sampled_from(["{0} * {1} + 0.3", "ops.sin({0}) - {1}", "{0} / {1}", "ops.log({0})", "abs({0}) * 0.7", "ops.sqrt({1})"])
            )
            lines.append(f"{x} = {form.format(y, z)}")
        elif kind == "where":
            lines.append(f"{x} = ops.where(({x} < {y}) & ~({z} <= 0.2) | ({y} == {z}), ops.exp(-{y} * {y}), {z})")
        elif kind == "while":
            lines += ["m = 0", f"while abs({x}) > 0.6 and m < 9:", f"    {x} = {x} * 0.7 - 0.01 * {y}", "    m += 1"]
            lines += ["    " + line for line in nested(draw, 0)[:1]]
        else:
            condition = draw(st.sampled_from(["{0} < {1}", "not {0} <= {1}", "{0} > 0.5 or {1} > 0.5", "{0} != {1}", "{0}"])).format(x, y)
            lines += [f"if {condition}:", *["    " + line for line in nested(draw, depth - 1)]]
            if draw(st.booleans()):
                lines += ["else:", *["    " + line for line in nested(draw, depth - 1)]]
    return lines


@st.composite
def sources(draw):
    """The text of a function of two live numbers, a shared one and a captured leaf."""
    end = draw(st.sampled_from(["return a + b * c", "return a * c if a < b else b + w * a"]))
    return "\n".join(["def f(p, q):", *["    " + line for line in ["a, b, c = p[0], p[1], q", *nested(draw, 3), end]]])


@sizes(40, 3000)
def test_generated_branches(examples):
    """No jit = jit = vmap, values and derivatives, at a first and at a second visit."""

    def check(source, points, q):
        scope = {"ops": ops, "w": 0.7}
        exec(source, scope)
        f = scope["f"]
        X = np.array([*points, (nan, 0.5), (inf, 1.0), (0.0, -0.0)] * 3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pairs = [numbers(value_and_grad(f)(x, q)) for x in X]
        one, batch, derivative = jit(f), vmap(f, in_axes=(0, None)), jit(value_and_grad(f))
        in_lanes = vmap(derivative, in_axes=(0, None))
        for _ in range(2):
            assert np.allclose([numbers(derivative(x, q)) for x in X], pairs, rtol=1e-9, atol=1e-12, equal_nan=True), source
            values = np.array(pairs)[:, 0]
            assert np.allclose([one(x, q) for x in X], values, rtol=1e-12, equal_nan=True), source
            assert np.allclose(batch(X, q), values, rtol=1e-12, equal_nan=True), source
        y, g = in_lanes(X, q)
        assert np.allclose(np.column_stack([y, g]), pairs, rtol=1e-9, atol=1e-12, equal_nan=True), source

    number = st.floats(-2.0, 2.0).map(lambda x: round(x, 2))
    drawn(check, examples, sources(), st.lists(st.tuples(number, number), min_size=1, max_size=8), number)


def test_what_only_another_path_uses_does_not_enter_a_gradient():
    """log x, infinite at 0, decides and is given on one path; on the other it must not turn 0 times its derivative into nan."""

    def f(x):
        y = ops.log(x)
        return y * x if y > -5.0 else 3.0 * x

    derivative = jit(grad(f))
    assert [derivative(x) for x in (2.0, 0.0, 0.0, 2.0)] == [np.log(2.0) + 1.0, 3.0, 3.0, np.log(2.0) + 1.0]


def test_a_branch_of_where_is_absent_on_every_path():
    f = lambda x, y: ops.where(x > 0.0, ops.sqrt(x), 2.0 * x) * (y if y > 0.0 else -3.0 * y)  # noqa: E731
    derivative = jit(grad(f))
    for _ in range(2):
        for y in (2.0, -2.0):
            assert (derivative(0.0, y), derivative(4.0, y)) == (abs(y) * (2.0 if y > 0.0 else 6.0), abs(y) * (0.25 if y > 0.0 else 0.75))


def test_nan_in_a_guard():
    def f(x):
        if x < 0.0:
            return -x
        if x >= 0.0:
            return 2.0 * x
        return 5.0

    points = [1.0, nan, -1.0, nan, 0.0, -0.0, inf, -inf]
    one = jit(f)
    assert all(same(one(x), f(x)) for _ in range(2) for x in points)
    assert same(vmap(f)(np.array(points)).tolist(), [f(x) for x in points])
    assert one.recordings.made == 3


def test_a_long_loop_of_a_length_that_depends_on_the_number():
    """Each length is a path; lanes meet again in their order, and thousands of guards need no recursion."""

    def halvings(x):
        n = 0
        while x > 1.0:
            x, n = 0.5 * x, n + 1
        return x + 10.0 * n

    X = 2.0 ** np.random.default_rng(1).uniform(0.0, 40.0, 300)
    one, batch = jit(halvings), vmap(halvings)
    for _ in range(2):
        assert batch(X).tolist() == [halvings(x) for x in X.tolist()] == [one(x) for x in X.tolist()]
    assert one.recordings.made == batch.recordings.made <= 41

    def counted(x):
        n = 0
        while x > 0.0:
            x, n = x - 1.0, n + 1
        return x + n

    one = jit(counted)
    assert [one(x) for x in (3000.5, 2.5, 3000.5, 2999.5)] == [3000.5, 2.5, 3000.5, 2999.5]


def test_a_side_exit_runs_the_function_once_and_is_grafted():
    def f(x, y):
        if x > 0.0:
            return x * y if y > 0.0 else x - y
        return [x, y] if y > 0.0 else {"y": y}

    one = jit(f)
    points = [(a, b) for a in (1.0, -2.0) for b in (3.0, -4.0)]
    expected = [3.0, 5.0, [-2.0, 3.0], {"y": -4.0}]
    assert [[one(*p) for p in points] for _ in range(3)] == [expected] * 3
    assert one.recordings.made == 4


def test_paths_that_capture_values():
    u, v = Value(2.0), Value(5.0)
    one, batch = jit(lambda x: u * x if x > 0.0 else v - x if x > -1.0 else x * u * v), vmap(lambda x: u * x if x > 0.0 else v - x)
    for _ in range(2):
        assert [numbers(one(x)) for x in (1.0, -0.5, -3.0)] == [[2.0], [5.5], [-30.0]]
        assert numbers(batch(np.array([1.0, -2.0, 3.0]))) == [2.0, 7.0, 6.0]
    u.data = 3.0
    assert [numbers(one(x)) for x in (1.0, -0.5, -3.0)] == [[3.0], [5.5], [-45.0]]
    one(1.0).backward()
    assert (u.grad, v.grad) == (1.0, 0.0)


def test_what_lanes_share_is_computed_once(monkeypatch):
    """A guard on shared numbers sends all lanes one way; what depends on these alone remains a number."""
    seen = []
    run = branches.BatchedProgram.forward
    monkeypatch.setattr(
        branches.BatchedProgram, "forward", lambda self, groups, n: seen.extend(len(x) for x in groups) or run(self, groups, n)
    )
    f = lambda p, x: (p * x if x > p else p + x) if ops.exp(p) > 1.0 else (x if x > ops.exp(p) else -x)  # noqa: E731
    batch, X = vmap(f, in_axes=(None, 0)), np.linspace(-3.0, 3.0, 64)
    for p in (1.0, -1.0, 1.0, -1.0):
        del seen[:]
        assert np.allclose(batch(p, X), [f(p, x) for x in X], rtol=1e-15)
    assert seen.count(64) == 1 + 0 + seen.count(64) - 1
    assert 1 in seen


def test_the_oldest_path_goes_and_a_warning_says_why():
    f = bisection(9)
    X = (((np.arange(512) + 0.5) / 512.0) ** 2).tolist()
    random.Random(0).shuffle(X)
    one = jit(f)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert [one(x) for x in X[:KEPT]] == [f(x) for x in X[:KEPT]]
        assert not caught
        assert [one(x) for x in X[KEPT : KEPT + MANY]] == [f(x) for x in X[KEPT : KEPT + MANY]]
    assert len(caught) == 1
    assert f"has been recorded {KEPT + 1} times, of which the last {KEPT} are kept: its branches depend on numbers" in str(
        caught[0].message
    )
    assert (one.recordings.made, len(one.recordings.kept)) == (KEPT + MANY, KEPT)
    made = one.recordings.made
    assert [one(x) for x in X[MANY : KEPT + MANY]] == [f(x) for x in X[MANY : KEPT + MANY]]
    assert one.recordings.made == made  # those are known
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert one(X[0]) == f(X[0])
    assert one.recordings.made == made + 1  # and this one had gone

    (tree,) = one.recordings.traces.values()
    live = sum(arm.end - arm.begin for arm in tree._arms())
    assert len(tree) == KEPT
    assert live <= len(tree.flat.codes) <= 2 * live


def test_a_function_that_contradicts_itself_still_gives_what_it_computes():
    """Hidden state that no key can see: each call that has to run the function gives the function's own answer."""
    state = threading.local()
    state.n = 0

    def f(x):
        state.n += 1
        return ops.exp(x) if (x * state.n if state.n % 2 else x + state.n) > 0.0 else x

    one = jit(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for x in (-1.0, 5.0, -7.0, 2.0, -9.0):
            before = state.n
            found = one(x)
            assert state.n == before or found in {x, ops.exp(x)}


def test_threads_graft_and_follow_at_once():
    f, wrong = bisection(5), []
    one, batch, derivative = jit(f), vmap(f), jit(grad(f))
    expected = grad(f)

    def work(seed):
        draw = np.random.default_rng(seed)
        for _ in range(15):
            X = draw.random(20)
            if batch(X).tolist() != [one(x) for x in X.tolist()] or not np.isclose(
                derivative(float(X[0])), expected(float(X[0])), rtol=1e-13
            ):
                wrong.append(X)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert len(one.recordings.kept) <= 32


def test_comparisons_come_out_as_true_and_false():
    f = lambda x, y: [x < y, x <= y, x == y, x != y, (x < y) & (y > 1.0), (x > y) | (y > 1.0), (x < y) ^ (y > 1.0), True & (x < y)]  # noqa: E731
    one, batch = jit(f), vmap(lambda x, y: np.array(f(x, y)))
    points = [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (nan, 2.0), (inf, nan)]
    for _ in range(2):
        for p in points:
            assert (one(*p), [type(x) for x in one(*p)]) == (f(*p), [bool] * 8)
            assert one(Value(p[0]), p[1]) == f(*p)
        found = batch(*np.array(points).T)
        assert found.dtype == bool
        assert found.tolist() == [f(*p) for p in points]
    assert one.recordings.made == batch.recordings.made == 1  # no guard
    assert jit(lambda x: ~(x < 1.0))(2.0) is True
    assert jit(lambda x: ops.less(x, 1.0))(0.0) == 1.0
    assert isinstance(jit(lambda x: ops.less(x, 1.0))(0.0), float)
    assert jit(lambda x: {"a": x > 0.0, "b": x})(2.0) == {"a": True, "b": 2.0}
    assert jit(grad(lambda x: ops.where((x > 0.0) & ~(x > 2.0), x * x, 0.0)))(1.5) == 3.0


@pytest.mark.parametrize("f", [lambda x: x & x, lambda x: x | True, lambda x: ~x, lambda x: (x < 1.0) ^ x], ids=["and", "or", "not", "xor"])
def test_numbers_have_no_logic(f):
    with pytest.raises(TypeError, match=r"bad operand|unsupported operand"):
        jit(f)(1.0)
    with pytest.raises(TypeError, match=r"bad operand|unsupported operand"):
        f(Value(1.0))


def test_few_lanes_and_many_take_the_same_paths():
    f = bisection(5)
    X = np.random.default_rng(2).random(3 * branches.FEW)
    batch = vmap(f)
    all_at_once = batch(X)
    assert np.concatenate([batch(X[i : i + 3]) for i in range(0, len(X), 3)]).tolist() == all_at_once.tolist()
    assert lanes.kernel is None or batch.recordings.made <= 32
