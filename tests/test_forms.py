"""Programs that compose: whatever order jit, vmap and the derivatives are written in, the answer is that of NumPy's closed forms."""

import itertools
import math
import pickle

import numpy as np
import pytest

from autograd import (
    Value,
    dot,
    exp,
    grad,
    gradient,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    log1p,
    norm,
    scan,
    sqrt,
    take,
    tanh,
    value_and_grad,
    vjp,
    vmap,
    where,
)
from autograd.errors import LengthError
from autograd.graph import order
from autograd.program.calls import Call
from autograd.program.traced import TracedArray

RANDOM = np.random.default_rng(15)
N, D = 90, 3
X, Y, P, V = RANDOM.normal(size=(N, D)), RANDOM.normal(size=N), np.array([0.3, -0.7, 1.1]), np.array([1.0, 0.5, -2.0])


def loss(p, x, y):
    return (tanh(dot(p, x)) - y) ** 2


# Several ways to write the mean over samples of (tanh(p·x) - y)², plus a penalty p·p/20 in some.
MEANS = {
    "reduce=mean": vmap(loss, (None, 0, 0), reduce="mean"),
    "reduce=sum": lambda p, x, y: vmap(loss, (None, 0, 0), reduce="sum")(p, x, y) / N,
    "stacked": lambda p, x, y: np.mean(vmap(loss, (None, 0, 0))(p, x, y)),
    "arrays": lambda p, x, y: np.mean((np.tanh(x @ p) - y) ** 2),
    "sum of products": lambda p, x, y: np.sum((np.tanh(np.dot(x, p)) - y) * (np.tanh(x @ p) - y)) / N,
    "columns": lambda p, x, y: vmap(loss, (None, 1, 0), reduce="mean")(p, x.T, y),
    "two parts": lambda p, x, y: 0.5 * vmap(loss, (None, 0, 0), reduce="mean")(p, x, y) + 0.5 * np.mean((np.tanh(x @ p) - y) ** 2),
    "inner jit": vmap(jit(loss), (None, 0, 0), reduce="mean"),
}


def closed_form(p):
    """Value, gradient and Hessian."""
    t = np.tanh(X @ p)
    slope = 1.0 - t * t
    inner = 2.0 * (slope * slope - 2.0 * (t - Y) * t * slope)
    return np.mean((t - Y) ** 2), X.T @ (2.0 * (t - Y) * slope) / N, X.T @ (inner[:, None] * X) / N


def close(found, expected):
    np.testing.assert_allclose(np.array(found, dtype=float), expected, rtol=1e-12, atol=1e-14)


@pytest.mark.any_python
@pytest.mark.parametrize("penalty", [False, True])
@pytest.mark.parametrize("name", MEANS)
def test_every_composition(name, penalty):
    mean = MEANS[name]

    def f(p, x, y):
        return mean(p, x, y) + 0.05 * dot(p, p) if penalty else mean(p, x, y)

    value, gradient, curvature = closed_form(P)
    if penalty:
        value, gradient, curvature = value + 0.05 * P @ P, gradient + 0.1 * P, curvature + 0.1 * np.eye(D)
    for outer in (lambda g: g, jit):
        for _ in range(2):  # recorded, and replayed
            close(outer(f)(P, X, Y), value)
            close(outer(grad(f))(P, X, Y), gradient)
            found = outer(value_and_grad(f))(P, X, Y)
            close(found[0], value)
            close(found[1], gradient)
            close(outer(jvp(f))(P, V, X, Y), gradient @ V)
            close(outer(hvp(f))(P, V, X, Y), curvature @ V)
            close(outer(hessian(f))(P, X, Y), curvature)
            close(outer(jacobian(grad(f)))(P, X, Y), curvature)
            close(outer(jacfwd(grad(f)))(P, X, Y), curvature)
            close(outer(jacrev(grad(f)))(P, X, Y), curvature)
    close(grad(jit(f))(P, X, Y), gradient)
    close(hessian(jit(f))(P, X, Y), curvature)
    close(jit(grad(jit(f)))(P, X, Y), gradient)


@pytest.mark.parametrize("name", MEANS)
def test_third_derivatives_by_differences_of_the_second(name):
    f = MEANS[name]
    third = jit(jvp(lambda p, x, y: hvp(f)(p, V, x, y)))(P, V, X, Y)
    step = 1e-4
    differences = (closed_form(P + step * V)[2] - closed_form(P - step * V)[2]) @ V / (2.0 * step)
    np.testing.assert_allclose(third, differences, rtol=1e-6)


def test_a_recording_holds_for_other_numbers_and_lanes_of_another_shape_are_recorded_again():
    f = jit(value_and_grad(lambda p, x: np.mean(np.exp(x @ p))))
    for n, scale in itertools.product((90, 200), (1.0, 0.1)):
        x = RANDOM.normal(size=(n, D)) * scale
        value, gradient = f(P, x)
        close(value, np.mean(np.exp(x @ P)))
        close(gradient, x.T @ np.exp(x @ P) / n)


def test_entries_of_a_traced_array_and_the_whole_of_it():
    x = RANDOM.normal(size=100)

    def f(x):
        return x[3] * np.sum(x * x) + sum(x[10:13]) + np.mean(np.sin(x))

    expected = x[3] * 2.0 * x + np.cos(x) / 100
    expected[3] += x @ x
    expected[10:13] += 1.0
    close(jit(f)(x), x[3] * (x @ x) + x[10:13].sum() + np.sin(x).mean())
    close(jit(grad(f))(x), expected)
    assert type(jit(lambda x: x * 2.0)(x)) is np.ndarray
    close(jit(lambda x: {"a": x * 2.0, "b": (x[1], np.cos(x))})(x)["b"][1], np.cos(x))
    close(jit(lambda x: np.asarray(x).sum())(x), x.sum())  # past the array itself
    close(jit(lambda x: [np.sort(x)[0], x.reshape(10, 10)[2, 3], x.max()])(x), [x.min(), x[23], x.max()])


def test_a_traced_array_refuses_assignment_as_before():
    from autograd.errors import TraceError

    def f(x):
        x[0] = 1.0
        return x[0]

    with pytest.raises(TraceError, match="changed a list, dict or array among its arguments"):
        jit(f)(np.ones(100))


def outputs_of(x, w):
    """w exp(0.01 k x) + k, each of so many operations that the call is one node."""
    return [w * math.prod([exp(0.01 * k * x * (j / 45.0)) for j in range(10)]) + k for k in range(100)]


def test_one_node_for_a_call_with_many_outputs():
    x, w = Value(0.3), Value(2.0)
    found = jit(outputs_of)(x, w)
    total = found[3] * found[50] + found[99]
    calls = [node for node in order(total) if node.op.__class__ is Call]
    assert len(calls) == 1
    total.backward()
    a, b = Value(0.3), Value(2.0)
    eager = outputs_of(a, b)
    (eager[3] * eager[50] + eager[99]).backward()
    close([x.grad, w.grad], [a.grad, b.grad])
    again = pickle.loads(pickle.dumps(total))
    again.backward()
    assert again.data == total.data


def test_a_call_is_differentiated_again():
    def f(x, w):
        found = jit(outputs_of)(x, w)
        return found[3] * found[50] * found[99]

    def plain(x, w):
        found = outputs_of(x, w)
        return found[3] * found[50] * found[99]

    for transform in (grad, hessian, lambda f: grad(grad(f))):
        close(transform(f)(0.3, 2.0), transform(plain)(0.3, 2.0))
    close(vjp(lambda x: jit(outputs_of)(x, 2.0))(0.3)([1.0] * 100), sum(2.0 * 0.01 * k * np.exp(0.003 * k) for k in range(100)))


def test_lanes_that_are_values_are_one_call():
    x = [Value(v) for v in X[:, 0]]
    w = Value(2.0)
    found = vmap(lambda a, w: tanh(a * w), (0, None))(np.array(x), w)
    np.sum(found * found).backward()
    t = np.tanh(2.0 * X[:, 0])
    close([v.grad for v in x], 2.0 * t * (1.0 - t * t) * 2.0)
    close(w.grad, np.sum(2.0 * t * (1.0 - t * t) * X[:, 0]))


def test_branches_in_lanes_hold_for_other_numbers():
    f = jit(vmap(lambda p, x: p * x if x > 0.0 else -x, (None, 0), reduce="sum"))
    for scale in (1.0, -1.0):
        x = scale * X[:, 0]
        close(f(3.0, x), np.sum(np.where(x > 0.0, 3.0 * x, -x)))


def test_nested_gradients_cost_what_they_record():
    """The walk of an inner gradient ends where the outer graph begins."""

    def f(x, count):
        s = 0.0
        for _ in range(count):
            s = s + grad(lambda u: log1p(u * x) * u)(x)
        return s

    def nodes(count):
        x = Value(0.5)
        return len(order(f(x, count)))

    assert nodes(40) - nodes(30) == nodes(30) - nodes(20)
    close(grad(f)(0.5, 50), 50 * grad(lambda x: grad(lambda u: log1p(u * x) * u)(x))(0.5))


def test_a_traced_array_is_an_array():
    seen = []

    def f(x):
        seen.append((isinstance(x, np.ndarray), x.shape, len(x), x.dtype == object, type(x) is TracedArray))
        return np.sum(x)

    jit(f)(np.ones((50, 2)))
    assert seen[0] == (True, (50, 2), 50, True, True)


def test_explain_says_what_was_recorded_and_what_runs_it():
    f = jit(lambda p, x, y: vmap(loss, (None, 0, 0), reduce="mean")(p, x, y) + dot(p, p))
    assert "nothing is recorded before the first call" in str(f.explain())
    f(P, X, Y)
    said = str(f.explain())
    assert "2 steps, in order:" in said
    assert "4 operations in 90 lanes, run by " in said
    assert "<li>2 steps, in order:</li>" in f.explain()._repr_html_()
    g = jit(lambda x: x if x > 0.0 else -x)
    g(1.0), g(-1.0)
    assert "2 paths are known" in str(g.explain())


def test_a_branch_not_taken_is_absent_across_the_steps_of_a_form():
    """The root is computed in one step, and left out by a `where` in another one, between which lanes are summed."""

    def f(x, y):
        root = sqrt(x - 1.5)
        total = vmap(lambda a, b: where(a > 1.5, root * b, a * b), (None, 0), reduce="sum")(x, y)
        return total * x + where(total > 1e9, root, x)

    def g(x, y):  # at x below 1.5
        return (x * np.sum(y)) * x + x

    for transform in (grad, lambda f: grad(grad(f)), hessian):
        close(transform(f)(0.4, Y), transform(g)(0.4, Y))
        close(jit(transform(f))(0.4, Y), transform(g)(0.4, Y))
    close(jit(jvp(grad(f)))(0.4, 1.0, Y), jvp(grad(g))(0.4, 1.0, Y))


def test_a_gradient_that_is_exactly_0_keeps_its_derivative():
    """At a perfect fit with a `where` in the model, to order 3, however it is composed."""
    X, at = np.array([-1.0, 2.0, 3.0, 0.5]), 2.0**0.5
    Z = np.where(X > 0.0, X * (at * at), 0.1 * X * (at * at))

    def each(p, x, y):
        return (where(x > 0.0, x * p, 0.1 * x * p) - y) ** 2

    def together(p, X, Y):
        r = vmap(lambda p, x, y: where(x > 0.0, x * p, 0.1 * x * p) - y, (None, 0, 0))(p, X, Y)
        return np.mean(r * r)

    weight = np.mean(np.where(X > 0.0, X, 0.1 * X) ** 2)  # of (p² - 2)², whose derivatives at √2 are 0, 16 and 24 √2
    for f in (vmap(each, (None, 0, 0), reduce="mean"), together):

        def h(p, f=f):
            return f(p * p, X, Z)

        ways = [grad(grad(h)), hessian(h), jvp(grad(h)), jit(grad(grad(h))), grad(grad(jit(h))), jit(jvp(grad(h)))]
        close([way(at, 1.0) if k in {2, 5} else way(at) for k, way in enumerate(ways)], 16.0 * weight)
        third = [grad(grad(grad(h))), jit(grad(grad(grad(h)))), jit(grad(lambda p, h=h: hvp(h)(p, 1.0)))]
        close([way(at) for way in third], 24.0 * at * weight)


def test_a_mask_does_not_take_the_place_of_an_array_that_was_not_computed():
    X, Z = RANDOM.normal(size=(3, 2)), np.array([0.4, -1.1, 0.7])

    def f(x):
        mean = np.mean(vmap(lambda p, row: np.mean(np.where((X @ row < 0.3) & ~(p >= Z), p, row[1] * Z)), (None, 0))(x[0], X))
        return np.array([x[2], take([mean, x[2], x[1]], where(x[2] > 2.0, 2.0, where(mean < x[2], 1.0, -3.0)))])

    at = [-0.35, 0.75, 0.5]
    close(vjp(lambda x: np.sum(jit(f)(x)))(at)(1.0), vjp(lambda x: np.sum(f(x)))(at)(1.0))


def test_an_array_from_before_a_transform_is_rebuilt_once(monkeypatch):
    """Not once for each entry that is used: that costs the square of their number."""
    made, of = [], TracedArray.of
    monkeypatch.setattr(TracedArray, "of", staticmethod(lambda *given: made.append(0) or of(*given)))
    X = np.random.default_rng(3).normal(size=(3, 100))
    found = jit(grad(vmap(lambda x: norm(list(x)), reduce="sum")))(X)
    close(found, X / np.linalg.norm(X, axis=1, keepdims=True))
    assert len(made) < X.shape[1]


def test_a_value_that_is_both_an_argument_of_lanes_and_captured_gets_the_sum_of_both_gradients():
    X = RANDOM.normal(size=(3, 2))

    def f(a):
        return vmap(lambda p, x: p * p * x[0] + a * x[1], in_axes=(None, 0), reduce="mean")(a, X)

    def both(p):
        return vmap(lambda q, x: q * p[0] * x[0], in_axes=(None, 0), reduce="sum")(p[0], X), p[1] * p[0]

    slope = 0.8 * X[:, 0].mean() + X[:, 1].mean()
    for g in (f, jit(f)):
        close([grad(g)(0.4), jvp(g)(0.4, 1.0), jit(grad(g))(0.4)], slope)
    close(jacobian(jit(both))([0.4, 0.5]), [[0.8 * X[:, 0].sum(), 0.0], [0.5, 0.4]])


def test_a_function_recorded_on_floats_is_replayed_on_values_and_the_reverse():
    x = RANDOM.normal(size=80)
    f = jit(lambda x: np.sum(np.sin(x) * x) + x[3] * x[70])
    expected = np.sin(x) + x * np.cos(x)
    expected[[3, 70]] += x[[70, 3]]
    close(f(x), np.sum(np.sin(x) * x) + x[3] * x[70])
    close(grad(f)(x), expected)
    close(f(2.0 * x), np.sum(np.sin(2.0 * x) * 2.0 * x) + 4.0 * x[3] * x[70])
    close(jit(grad(f))(x), expected)


def test_what_a_derivative_does_not_read_is_not_computed():
    """The gradient of a mean does not read the sum, so the rows of a Hessian are sums over lanes in one step."""

    def mean(p, x):
        return np.mean(np.log1p(np.exp(x @ p)))

    s = 1.0 / (1.0 + np.exp(-X @ P))
    f = jit(hessian(mean))
    for _ in range(3):
        close(f(P, X), X.T @ (X * (s * (1.0 - s))[:, None]) / N)
    assert str(f.explain()).count(f"in {N} lanes") == 1


ORDER, WEIGHTS = np.array([2, 0, 2, 2, 1, 0, 2]), np.arange(1.0, 8.0)


def written(p):
    q = np.array([p[k] for k in ORDER])
    return np.sum(np.sin(q * WEIGHTS) * q)


def rolled_up(p):
    z = 0.3 * p[0]
    for k in range(200):
        z = np.sin(z) * p[k % 3] + p[(k + 1) % 3]
    return z


@pytest.mark.parametrize("f", [written, rolled_up])
def test_numbers_that_an_array_has_many_times(f):
    """Each is put there once, and its cotangents are summed."""
    points = np.array([P, V, -0.5 * P])
    for way, along in ((grad, ()), (hessian, ()), (jvp, (V,)), (hvp, (V,))):
        once = jit(way(f))
        for x in points:
            np.testing.assert_allclose(once(x, *along), way(f)(x, *along), rtol=1e-11, atol=1e-13)
    for outer in (lambda g: g, jit):
        np.testing.assert_allclose(outer(vmap(grad(jit(f))))(points), [grad(f)(x) for x in points], rtol=1e-11)
        np.testing.assert_allclose(outer(vmap(hessian(jit(f))))(points), [hessian(f)(x) for x in points], rtol=1e-10, atol=1e-12)
    if f is written:
        q, closed = P[ORDER], np.zeros(D)
        np.add.at(closed, ORDER, np.cos(q * WEIGHTS) * WEIGHTS * q + np.sin(q * WEIGHTS))
        np.testing.assert_allclose(jit(grad(f))(P), closed, rtol=1e-12)


LONG, ALONG = RANDOM.normal(size=300), RANDOM.normal(size=300)


def branching(x):
    return np.sum(np.sin(x) * x) if np.sum(x) > 0.0 else np.sum(x * x * x)


PRODUCTS = {
    "whole": lambda x: np.sum(np.sin(x) * x),
    "entries": lambda x: np.sum(np.exp(-x * x)) + x[0] * x[7] * np.tanh(x[0]),
    "branches": branching,
    "linear": np.sum,
    "rows": lambda x: np.sum(vmap(lambda a: a * tanh(a))(x) * x[::-1]),
}


@pytest.mark.parametrize("f", PRODUCTS.values(), ids=PRODUCTS)
def test_products_with_a_tangent_of_functions_of_large_arrays(f):
    """They are taken of the recorded function as a whole: the same as without jit, whose derivatives go by entries."""
    for outer in (jit, lambda d: d):
        inner = (lambda f: f) if outer is jit else jit
        first, second = outer(jvp(inner(f))), outer(hvp(inner(f)))
        for x in (LONG, LONG + 0.5, -LONG - 1.0, LONG):
            assert first(x, ALONG) == pytest.approx(grad(f)(x) @ ALONG, rel=1e-10)
            np.testing.assert_allclose(second(x, ALONG), hvp(f)(x, ALONG), rtol=1e-10, atol=1e-12)
    if f is PRODUCTS["whole"]:
        assert "in 300 lanes" in str(first.whole.explain())
        assert "in 300 lanes" in str(second.whole.explain())


def test_structures_of_large_arrays_and_what_products_refuse():
    w, b = LONG[:200].reshape(20, 10), 0.5
    dw, db = ALONG[:200].reshape(20, 10), -1.5
    p, dp = {"w": w, "b": b}, {"w": dw, "b": db}

    def outputs(p, x):
        return {"same": p["w"], "hidden": np.tanh(p["w"] @ x + p["b"]), "bias": p["b"] * 2.0}

    x = LONG[200:210]
    found = jit(jvp(outputs))(p, dp, x)
    np.testing.assert_allclose(found["hidden"], (1.0 - np.tanh(w @ x + b) ** 2) * (dw @ x + db), rtol=1e-12)
    assert found["bias"] == 2.0 * db
    found["same"][:] = 0.0  # an array of its own
    assert dw.any()
    once = jit(hvp(lambda p, x: np.sum(np.tanh(p["w"] @ x + p["b"]))))
    for _ in range(3):
        made = once(p, dp, x)
        expected = hvp(lambda p, x: np.sum(np.tanh(p["w"] @ x + p["b"])))(p, dp, x)
        np.testing.assert_allclose(made["w"], expected["w"], rtol=1e-10, atol=1e-13)
        assert made["b"] == pytest.approx(expected["b"], rel=1e-10)
    with pytest.raises(LengthError, match="got 10 numbers as tangent"):
        once(p, {"w": w[0], "b": 1.0}, x)
    with pytest.raises(LengthError, match="expected a tangent"):
        once(p)
    with pytest.raises(LengthError, match="expected one"):
        jit(hvp(lambda x: x * x))(LONG, ALONG)
    of_ints = jit(jvp(lambda x: np.sum(x * x)))
    assert of_ints(np.arange(100), np.ones(100, int)) == of_ints(np.arange(100.0), np.ones(100)) == 9900.0
    a = Value(2.0)
    scaled = jit(jvp(lambda x: np.sum(x * a)))
    assert scaled(LONG, ALONG).data == pytest.approx(2.0 * ALONG.sum())  # joined to what it captured
    (slope,) = gradient(scaled(LONG, ALONG), [a])
    assert slope == pytest.approx(ALONG.sum())


FEW_ENTRIES = {
    "one": lambda x: x[5] * np.sum(x),
    "from the end, twice": lambda x: x[-1] ** 2 * np.sum(np.cos(x)) + x[299] * x[-1],
    "of rows": lambda x: x.reshape(30, 10)[3, -2] * np.sum(np.exp(x.reshape(30, 10))) + x.reshape(30, 10)[np.int64(29), 9],
    "more and more": lambda x: sum(x[k] * x[k + 1] for k in range(0, 60, 3)) + np.sum(x * x),
    "all, one by one": lambda x: sum(x[k] * x[-k] for k in range(300)) + np.sum(x),
    "some, then all": lambda x: x[3] * sum(list(x)) + np.sum(x * x),
    "in lanes": lambda x: np.sum(vmap(lambda a: a * x[7] + x[8])(x)),
    "in a branch": lambda x: np.sum(x * x) * (x[2] if x[1] > x[0] else x[4]),
    "where": lambda x: where(x[0] > 0.0, sqrt(x[1] - x[1]), x[2]) * np.sum(x),
}


@pytest.mark.parametrize("f", FEW_ENTRIES.values(), ids=FEW_ENTRIES)
def test_a_few_entries_of_a_large_array(f):
    """Only those are taken apart; derivatives are those of the function by entries."""
    x = np.where(np.arange(300) == 0, -1.0, LONG)
    for point in (x, x * 0.5):
        for way, along in ((grad, ()), (hvp, (ALONG,)), (jvp, (ALONG,))):
            once, expected = jit(way(f)), way(f)(point, *along)
            for _ in range(2):
                np.testing.assert_allclose(once(point, *along), expected, rtol=1e-10, atol=1e-12)
        assert jit(f)(point) == pytest.approx(f(point), rel=1e-13)
        of_values = [Value(a) for a in point]
        jit(f)(np.array(of_values)).backward()
        np.testing.assert_allclose([v.grad for v in of_values], grad(f)(point), rtol=1e-10, atol=1e-12)


def test_an_index_that_is_out_of_range_is_numpys_error():
    for f in (lambda x: x[300] * x[0], lambda x: x.reshape(30, 10)[3, -11] * np.sum(x)):
        with pytest.raises(IndexError, match="out of bounds for axis"):
            jit(f)(LONG)


def test_entries_of_masks_and_of_arrays_that_are_captured():
    x = LONG

    def f(x):
        mask = x > 0.0
        inner = jit(lambda y: y * x[3] + np.sum(x) * x[4])
        return np.sum(np.where(mask, x * x, -x)) * (2.0 if mask[0] else 3.0) + inner(x[5])

    np.testing.assert_allclose(jit(grad(f))(x), grad(f)(x), rtol=1e-12)
    assert jit(f)(x) == pytest.approx(f(x), rel=1e-13)


@pytest.mark.filterwarnings("ignore:.*is not recorded")
@pytest.mark.parametrize(("way", "along"), [(grad, ()), (jvp, (ALONG,)), (hvp, (ALONG,))])
def test_what_cannot_be_recorded_is_called_once_a_call(way, along):
    calls, state = [], iter(range(1, 10))

    def f(x):
        calls.append(None)
        return np.sum(np.sin(x) * x) * next(state)

    expected = way(lambda x: np.sum(np.sin(x) * x))(LONG, *along)
    g = jit(way(f))
    for k in range(1, 5):
        np.testing.assert_allclose(g(LONG, *along), k * expected, rtol=1e-11, atol=1e-12)
        assert len(calls) == k


def test_sums_of_cotangents_warn_of_nothing():
    weights = np.array([np.inf, 1.0, -np.inf, 2.0, 3.0, 1.0, 1.0])

    def f(p):
        return np.dot(weights, scan(lambda c, x: (c, x * x), 0.0, np.array([p[k] for k in ORDER]))[1])

    with np.errstate(all="raise"):
        np.testing.assert_array_equal(jit(grad(f))(np.array([1.0, 2.0, 3.0])), [4.0, 12.0, np.nan])


def test_moves_of_a_few_numbers_are_no_steps():
    """Rows, columns and slices of small arrays are read where the numbers are, and put together once."""
    w, along = LONG[:100].reshape(20, 5), ALONG[:100].reshape(20, 5)

    def f(w):
        columns = [w[:, k] for k in range(5)]
        upper = np.concatenate([np.exp(columns[0][:12]), columns[1][8:], np.zeros(4)])
        return np.sum(columns[2] * columns[3][::-1]) * np.sum(upper) + np.sum(w[3] * w[4]) + np.sum(np.stack(columns[:2]) @ columns[4])

    for way, given in ((grad, ()), (hvp, (along,)), (jvp, (along,))):
        once = jit(way(f))
        for x in (w, -w, 0.5 * w):
            np.testing.assert_allclose(once(x, *given), way(f)(x, *given), rtol=1e-10, atol=1e-12)
        assert "taken or put" not in str(once.explain())
    rows = np.stack([w, -w, 0.5 * w])
    np.testing.assert_allclose(jit(vmap(grad(jit(f))))(rows), [grad(f)(x) for x in rows], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(jit(hessian(f))(w), hessian(f)(w), rtol=1e-9, atol=1e-11)
