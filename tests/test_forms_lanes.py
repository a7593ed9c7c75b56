"""Lanes in recorded functions: they part at branches and meet again, and vmap in vmap runs lanes of lanes."""

import pickle
import warnings

import numpy as np
import pytest

from autograd import Program, Value, exp, grad, gradcheck, hessian, hvp, jit, jvp, log, sin, sqrt, take, to_sympy, value_and_grad, vmap
from autograd.program.trace import Trace

pytestmark = [pytest.mark.any_python, pytest.mark.usefixtures("execution")]

RANDOM = np.random.default_rng(16)
X, ROWS = RANDOM.normal(size=90), RANDOM.normal(size=(12, 7))


def close(found, expected):
    np.testing.assert_allclose(np.array(found, dtype=float), expected, rtol=1e-11, atol=1e-12)


def bent(p, x):
    return p * p * x if x > p else sin(p * x)


def bent_by_hand(p, x):
    """Value and first two derivatives with respect to p."""
    taken = x > p
    return (
        np.where(taken, p * p * x, np.sin(p * x)),
        np.where(taken, 2.0 * p * x, x * np.cos(p * x)),
        np.where(taken, 2.0 * x, -x * x * np.sin(p * x)),
    )


# Several ways to write the mean over x of bent(p, x).
MEANS = {
    "stacked": lambda p, x: np.mean(vmap(bent, (None, 0))(p, x)),
    "reduced": lambda p, x: vmap(bent, (None, 0), reduce="sum")(p, x) / x.size,
    "captured": lambda p, x: np.mean(vmap(lambda a: bent(p, a))(x)),
    "computed": lambda p, x: np.mean(vmap(lambda a: bent(0.5 * (p + p), a))(x * 1.0)),
    "masks": lambda p, x: np.mean(np.where(x > p, p * p * x, np.sin(p * x))),
    "masks of masks": lambda p, x: np.mean(np.where(~(x <= p) & (x == x) | (x > p), p * p * x, np.sin(p * x))),
}


@pytest.mark.parametrize("name", MEANS)
def test_lanes_part_at_a_branch_and_one_recording_holds_for_all_numbers(name):
    f = MEANS[name]
    recorded = [jit(g) for g in (f, value_and_grad(f), hessian(f), lambda p, x: jvp(f)(p, 2.0, x), lambda p, x: hvp(f)(p, 3.0, x))]
    for p, x in [(0.2, X), (-0.9, X), (9.0, X), (-9.0, -X), (0.4, X[::-1].copy())]:
        value, first, second = (np.mean(y) for y in bent_by_hand(p, x))
        for g, expected in zip(recorded, [value, (value, first), second, 2.0 * first, 3.0 * second], strict=True):
            close(g(p, x), expected)
    assert [g.recordings.made if g.is_swept is False or g.loss is None else g.of_loss.made for g in recorded] == [1] * 5
    traces = [trace for own in recorded[0].recordings.wholes.values() for trace in own]
    assert [len(trace.guards) for trace in traces] == [0]


def by_lanes(f, *columns):
    return np.array([f(*x) for x in zip(*columns, strict=True)])


def bisection(c, scale):
    """The square root of c * scale in [0, 1], by one of 32 paths."""
    low, high = 0.0 * c, 1.0 + 0.0 * c
    for _ in range(5):
        middle = 0.5 * (low + high)
        if middle * middle < c * scale:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high) + low * c * scale


def test_paths_are_explored_where_lanes_take_them_and_kept():
    f = jit(value_and_grad(lambda s, x: np.mean(vmap(lambda a: bisection(a, 1.0 * s))(x)) + s * s))
    for _ in range(8):
        s, x = RANDOM.uniform(0.5, 1.0), RANDOM.uniform(0.0, 1.0, size=4)
        low = np.floor(32.0 * np.sqrt(x * s)) / 32.0
        close(f(s, x), [np.mean(low + 1.0 / 64.0 + low * x * s) + s * s, np.mean(low * x) + 2.0 * s])
    assert f.of_loss.made == 1
    paths = next(step.known[0][0] for own in f.of_loss.wholes.values() for step in own[0].whole.steps if hasattr(step, "known"))
    assert 8 < len(paths.kept) <= 32


def test_a_path_that_captures_something_else_is_recorded_with_all_around_it():
    def f(p, x):
        other = {"q": p * p}
        return np.sum(vmap(lambda a: p * a if a > 0.0 else other["q"] * a)(x))

    recorded = jit(value_and_grad(f))
    for x in (np.ones(70), -np.ones(70), np.linspace(-1.0, 2.0, 70), -np.ones(70), np.ones(70)):
        own = np.where(x > 0.0, 3.0, 9.0) @ x, np.where(x > 0.0, 1.0, 6.0) @ x
        close(recorded(3.0, x), own)
    assert recorded.recordings.made <= 3


def test_more_paths_than_are_kept(monkeypatch):
    monkeypatch.setattr("autograd.program.paths.KEPT", 32)

    def f(p, x):
        def rungs(a):
            n = 0
            while a * p > n:
                n += 1
            return a * p * n

        return vmap(rungs, reduce="sum")(x)

    recorded = jit(value_and_grad(f))
    x = np.zeros(40)
    close(recorded(1.0, x), (0.0, 0.0))
    with pytest.warns(RuntimeWarning, match="more than 32 paths, of which the last 32 are kept"):
        close(recorded(1.0, np.arange(40.0)), (np.arange(40.0) @ np.arange(40.0),) * 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        close(recorded(1.0, x), (0.0, 0.0))


def test_what_a_path_does_not_use_is_absent():
    """The root, whose derivative is nan at p, is used on one path only."""

    def f(p, x):
        root = sqrt(p - 1.5)
        return vmap(lambda a: a * root if p > 1.5 else a * p * p, reduce="sum")(x)

    for transform, low, high in ((grad, 2.0 * 0.4, 0.5), (hessian, 2.0, -0.25)):
        recorded = jit(transform(f))
        for _ in range(2):
            close(recorded(0.4, X * X), low * (X @ X))
            close(recorded(2.5, X * X), high * (X @ X))


def test_values_that_are_captured_and_pickles():
    w = Value(0.7)
    f = jit(lambda s, x: vmap(lambda a: w * a * s if a * s > w else w * w * a, reduce="sum")(x))
    for k, x in enumerate((X, -X, X + 1.0)):
        w.data, w.grad, s = 0.3 * k - 0.2, 0.0, Value(0.5 + k)
        y = f(s, x)
        taken = x * s.data > w.data
        close(y.data, np.sum(np.where(taken, w.data * x * s.data, w.data**2 * x)))
        y.backward()
        close([w.grad, s.grad], [np.sum(np.where(taken, x * s.data, 2.0 * w.data * x)), np.sum(np.where(taken, w.data * x, 0.0))])
        again = pickle.loads(pickle.dumps(y))
        again.backward()
        close(again.data, y.data)


def kernel_density(s, q, d):
    """The mean over q of log of the mean over d of exp(-(q - d)²/s): lanes of lanes."""
    inner = lambda a: log(vmap(lambda b: exp(-((a - b) ** 2) / s), reduce="mean")(d))  # noqa: E731
    return np.mean(vmap(inner)(q))


def density_by_hand(s, q, d):
    return np.mean(np.log(np.mean(np.exp(-((q[:, None] - d) ** 2) / s), axis=1)))


def test_lanes_of_lanes():
    q, d = X[:20], X[20:]
    step = 1e-5
    low, high = (density_by_hand(1.3 + h, q, d) for h in (-step, step))
    first, second = (high - low) / (2.0 * step), (high + low - 2.0 * density_by_hand(1.3, q, d)) / step**2
    for outer in (lambda f: f, jit):
        for _ in range(2):
            close(outer(kernel_density)(1.3, q, d), density_by_hand(1.3, q, d))
            np.testing.assert_allclose(outer(grad(kernel_density))(1.3, q, d), first, rtol=1e-8)
            np.testing.assert_allclose(outer(jvp(kernel_density))(1.3, 1.0, q, d), first, rtol=1e-8)
            np.testing.assert_allclose(outer(hessian(kernel_density))(1.3, q, d), second, rtol=1e-3)
    f = jit(kernel_density)
    f(1.3, q, d)
    assert "in 20 lanes" in str(f.explain())
    assert "in 70 lanes" in str(f.explain())


def test_branches_in_lanes_of_lanes():
    def inner(p, a, x):
        return p * x if x > a else sin(x) * p * p

    def outer(p, a, row):
        y = vmap(inner, (None, None, 0))(p, a, row)
        return np.sum(y * y) * p if np.sum(y) > a else -np.sum(y)

    def by_hand(p, a, row):
        y, slope = np.where(row > a, p * row, np.sin(row) * p * p), np.where(row > a, row, 2.0 * np.sin(row) * p)
        return (y @ y * p, 2.0 * (y @ slope) * p + y @ y) if y.sum() > a else (-y.sum(), -slope.sum())

    for f in (outer, lambda p, a, row: vmap(inner, (None, None, 0), reduce="mean")(p, a, row) * p):
        own = by_hand if f is outer else None
        mean = lambda p, a, rows, f=f: np.mean(vmap(f, (None, 0, 0))(p, a, rows))  # noqa: E731
        recorded, derived = jit(mean), jit(value_and_grad(mean))
        for p, rows in ((0.4, ROWS), (-0.9, ROWS), (2.0, ROWS[::-1].copy())):
            a = rows[:, 0] * 0.5
            expected = [f(p, *x) for x in zip(a, rows, strict=True)]
            slopes = [grad(f)(p, *x) for x in zip(a, rows, strict=True)]
            if own:
                close(np.transpose([expected, slopes]), [own(p, *x) for x in zip(a, rows, strict=True)])
            close(recorded(p, a, rows), np.mean(expected))
            close(derived(p, a, rows), [np.mean(expected), np.mean(slopes)])
            close(value_and_grad(mean)(p, a, rows), [np.mean(expected), np.mean(slopes)])


def test_a_path_of_inner_lanes_that_captures_something_else():
    def f(row):
        other = {"q": row[1] * row[0]}
        return np.sum(vmap(lambda x: x * row[0] if row[2] > 0.0 else other["q"] * x)(row))

    def by_hand(rows):
        return rows.sum(axis=1) * np.where(rows[:, 2] > 0.0, rows[:, 0], rows[:, 1] * rows[:, 0])

    g = vmap(f)
    for rows in (ROWS, ROWS[::-1].copy(), -ROWS):
        close(g(rows), by_hand(rows))
        close(jit(lambda rows: np.sum(vmap(f)(rows)))(rows), by_hand(rows).sum())


def test_labels_make_one_step():
    labels = RANDOM.integers(0, 7, size=12)

    def loss(w, row, label):
        return log(np.sum(np.exp(w * row))) - w * row[label] if label != 3 else w * row[0]

    def mean(w):
        z = w * ROWS
        picked = np.log(np.exp(z).sum(axis=1)) - z[np.arange(12), labels]
        return np.mean(np.where(labels == 3, z[:, 0], picked))

    f = lambda w: vmap(loss, (None, 0, 0), reduce="mean")(w, ROWS, labels) + w * w  # noqa: E731
    recorded = jit(f)
    close(recorded(0.7), mean(0.7) + 0.49)
    close(recorded(-0.7), mean(-0.7) + 0.49)
    np.testing.assert_allclose(jit(grad(f))(0.7), (mean(0.7 + 1e-6) - mean(0.7 - 1e-6)) / 2e-6 + 1.4, rtol=1e-8)
    assert sum("in each of 12 lanes" in line for line in recorded.explain().lines) == 1


def test_a_call_on_values_is_put_together_once():
    f = vmap(lambda w, x: (w * x if x > 0.0 else w) * x, (None, 0), reduce="sum")
    for w in (0.5, 2.0):
        y = f(Value(w), X)
        y.backward()
        close([y.data, y.args[0].grad], [np.sum(np.where(X > 0.0, w * X, w) * X), np.sum(np.where(X > 0.0, X, 1.0) * X)])
    assert len(f.forms) == 1


# Types.

KINDS = {
    "mask": (lambda w, x: w * x > 0.2, bool),
    "combined": (lambda w, x: (w * x > 0.2) & (x < 0.5), bool),
    "int": (lambda w, x: 3 if w * x > 0.2 else 4, np.int64),
    "int or float": (lambda w, x: 3 if w * x > 0.2 else x, float),
    "float": (lambda w, x: w * x, float),
}


@pytest.mark.parametrize("name", KINDS)
def test_bools_and_ints_come_out_as_such(name):
    f, kind = KINDS[name]
    expected = [f(1.0, x) for x in X.tolist()]
    g = vmap(f, (None, 0))
    one = jit(f)
    for _ in range(2):
        for found in (g(1.0, X), jit(lambda w, x: (g(w, x), w))(1.0, X)[0], jit(g)(1.0, X)):
            assert found.dtype == kind
            assert found.tolist() == pytest.approx(expected, rel=1e-15)
        assert [type(one(1.0, x)) for x in X.tolist()] == [type(y) for y in expected]
    for found in (g(Value(1.0), X), jit(lambda w, x: (g(w, x), w))(Value(1.0), X)[0]):
        assert found.dtype == (object if kind is float else kind)


def test_other_kinds_on_a_path_that_is_met_later():
    g = vmap(lambda a: 3 if a > 0.0 else a)
    f = jit(lambda x: (g(x), x[0])[0])
    assert f(np.ones(70)).dtype == np.int64
    assert f(-0.5 * np.ones(70)).tolist() == [-0.5] * 70


@pytest.mark.parametrize("n", [8, 100])
def test_masks_as_indices_and_questions(n):
    x = RANDOM.normal(size=n)

    def f(x):
        positive = vmap(lambda a: a > 0.0)(x)
        return [np.sum(x[positive]), np.sum(np.arange(n)[x > 0.0]), (x > 9.0).any(), np.all(x < 9.0), np.count_nonzero(positive)]

    recorded = jit(f)
    for own in (x, -x, x):
        found, expected = recorded(own), f(own)
        close(found, expected)
        assert [type(y) is bool for y in found] == [False, False, True, True, False]


def test_a_comparison_of_an_array_asks_no_entry():
    f = jit(lambda x: np.where((x > 0.0) & (x < 1.0), x * x, -x))
    for x in (X, X[:9]):
        close(f(x), np.where((x > 0.0) & (x < 1.0), x * x, -x))
        close(f(-x), np.where((-x > 0.0) & (-x < 1.0), x * x, x))
    assert f.recordings.made == 2
    assert "1 step" in str(f.explain())


# take.


def test_take():
    table, ids = RANDOM.normal(size=(11, 4)), RANDOM.integers(-11, 11, size=80)
    expected = np.zeros_like(table)
    np.add.at(expected, ids, 2.0 * table[ids])
    loss = lambda E, i: np.sum(take(E, i) ** 2)  # noqa: E731
    in_lanes = lambda E, i: vmap(lambda k: np.sum(take(E, k) ** 2), reduce="sum")(i)  # noqa: E731
    recorded = jit(take)
    for own in (ids, ids[::-1]):
        assert (take(table, own) == table[own]).all()
        assert (recorded(table, own.astype(float)) == table[own]).all()
        assert (vmap(take, (None, 0))(table, own.astype(float)) == table[own]).all()
    assert recorded.recordings.made == 1
    for f in (loss, in_lanes):
        for derivative in (grad(f), jit(grad(f))):
            close(derivative(table, ids.astype(float)), expected)
    for n in range(1, 9):
        entry = jit(lambda k, n=n: take(X[:n], k))
        assert [entry(float(k)) for k in range(-n, n)] == [X[k % n] for k in range(-n, n)]
        assert np.isnan([entry(n + 0.0), entry(-n - 1.0), entry(0.5)]).all()


def test_an_entry_that_is_not_taken_is_absent():
    f = lambda x, k: take([x * x, sqrt(x), 1.0 / x], k)  # noqa: E731
    for g in (grad(f), jit(grad(f))):
        assert [g(0.0, 0.0), g(4.0, 1.0), g(4.0, -1.0)] == [0.0, 0.25, -0.0625]


# Formulas and other numbers.


def test_formulas_checks_and_programs_of_lanes_that_part():
    rows = ROWS[:2, :3].round(1)

    def f(p):
        return vmap(lambda row: vmap(lambda x: p * x if x * p > 0.0 else p * p * x, reduce="sum")(row) * p, reduce="mean")(rows)

    def by_hand(p):
        return np.mean(np.where(rows * p > 0.0, p * rows, p * p * rows).sum(axis=1) * p)

    for g in (f, jit(f)):
        p = Value(3.0, "p")
        y = g(p)
        close(float(to_sympy(y).subs("p", 3.0)), by_hand(3.0))
        gradcheck(g, 3.0)
        gradcheck(g, -2.0)
        close(Program([y], [p])([3.0]), [by_hand(3.0)])
    close(Program([jit(f)(p)], [p])([-2.0]), [by_hand(-2.0)])


def test_a_trace_is_flat_where_lanes_part_outside_of_inner_ones():
    f = vmap(lambda row: np.sum(vmap(lambda x: x * x)(row)) if row[0] > 0.0 else row[1])
    close(f(ROWS), np.where(ROWS[:, 0] > 0.0, (ROWS * ROWS).sum(axis=1), ROWS[:, 1]))
    assert all(isinstance(trace, Trace) and trace.whole is None for own in f.recordings.traces.values() for trace in own)
