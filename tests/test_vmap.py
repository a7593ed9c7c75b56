"""What vmap promises of lanes: axes, reductions, structures, layouts."""
# ruff: noqa: ARG005  # functions that ignore an argument

import math

import numpy as np
import pytest
from functions import (
    form,
)

import nn
from autograd import (
    Value,
    grad,
    gradient,
    jit,
    ops,
    value_and_grad,
    vmap,
)
from autograd.context import NEUTRAL, current
from autograd.errors import (
    LengthError,
    NumberError,
    OperationError,
    RangeError,
)

# vmap.


@pytest.mark.usefixtures("execution")
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
@pytest.mark.parametrize("lanes", [2, 3, 1])
def test_in_axes(axis, lanes):
    rng = np.random.default_rng(1)
    shape = [2, 3]
    shape.insert(axis % 3, lanes)
    f = lambda p, x: p[0] * np.sum(x * x) + p[1] * x[0][2] * x[1][0]  # noqa: E731
    mean = vmap(f, in_axes=(None, axis), reduce="mean")
    step = jit(value_and_grad(mean))
    for _ in range(3):  # the second call and the third are replayed
        p, X = rng.normal(size=2), rng.normal(size=shape)
        samples = np.moveaxis(X, axis, 0)
        assert np.allclose(vmap(f, in_axes=(None, axis))(p, X), [f(p, x) for x in samples], rtol=1e-13)
        y, g = step(p, X)
        assert math.isclose(y, np.mean([f(p, x) for x in samples]), rel_tol=1e-12)
        assert np.allclose(g, [np.mean([np.sum(x * x) for x in samples]), np.mean([x[0][2] * x[1][0] for x in samples])], rtol=1e-12)
        assert form((y, g)) == form((0.0, p))


def test_in_axes_for_each_argument():
    f = lambda a, b, c: a * b[0] - c  # noqa: E731
    A, B, c = np.array([1.0, 2.0]), np.array([[3.0, 4.0], [5.0, 6.0]]), 0.5
    expected = [[1.0 * 3.0 - c, 2.0 * 4.0 - c], [1.0 * 3.0 - c, 2.0 * 5.0 - c]]
    assert vmap(f, in_axes=(0, 1, None))(A, B, c).tolist() == vmap(f, in_axes=[0, -1, None])(A, B, c).tolist() == expected[0]
    assert vmap(f, in_axes=(0, 0, None))(A, B, c).tolist() == expected[1]


@pytest.mark.parametrize(("reduce", "weight"), [("mean", 0.25), ("sum", 1.0)])
def test_reduce_gives_one_value_joined_to_what_is_shared(reduce, weight):
    model, X, y = nn.MLP(2, [4, 1], init=nn.uniform(seed=1)), np.random.default_rng(2).normal(size=(4, 2)), np.array([1.0, -1.0, 1.0, -1.0])
    loss = lambda x, t: ops.relu(1.0 - t * model(x))  # noqa: E731
    total = vmap(loss, reduce=reduce)
    for _ in range(3):
        model.zero_grad()
        found = total(X, y)
        found.backward()
        g = [p.grad for p in model.parameters()]
        model.zero_grad()
        expected = ops.sum([loss(x, t) for x, t in zip(X, y, strict=True)]) * weight
        expected.backward()
        assert math.isclose(found.data, expected.data, rel_tol=1e-12)
        assert np.allclose(g, [p.grad for p in model.parameters()], rtol=1e-11, atol=1e-300)
        assert len(found.args) <= 2 * len(g)  # one node for each way through, not one for each sample
        for p in model.parameters():
            p.data -= 0.05 * p.grad


def test_lanes_that_are_values():
    x = [Value(1.0), Value(-2.0), Value(3.0)]
    w = Value(2.0)
    f = lambda a: a * a * w if a > 0.0 else -a  # noqa: E731
    found = vmap(f)(np.array(x))
    assert [y.data for y in found] == [2.0, 2.0, 18.0]
    assert [g.data for g in gradient(ops.sum(list(found)), x)] == [4.0, -1.0, 12.0]
    assert vmap(f, reduce="mean")(np.array(x)).data == 22.0 / 3.0
    (one,) = vmap(f)(np.array(x[:1]))
    assert gradient(one, x[0]).data == 4.0
    shared = vmap(lambda p, a: p * a, in_axes=(None, 0))(w, np.array([1.0, 4.0]))
    assert [gradient(y, w).data for y in shared] == [1.0, 4.0]


def test_lanes_are_grouped_by_their_integers():
    f = lambda x, n: x**n if n % 2 else x * n  # noqa: E731
    x, n = np.linspace(1.0, 2.0, 12), np.arange(12) % 4
    g = vmap(f)
    assert np.allclose(g(x, n), [f(a, int(k)) for a, k in zip(x, n, strict=True)], rtol=1e-15)
    assert g.recordings.made == 4
    assert vmap(lambda x, b: x if b else -x)(x, x > 1.5).tolist() == [a if a > 1.5 else -a for a in x]
    labels = np.array([[0, 1], [1, 0], [0, 1]])
    assert vmap(lambda x, k: x[k[0]] - x[k[1]])(np.array([[1.0, 5.0]] * 3), labels).tolist() == [-4.0, 4.0, -4.0]
    assert len(vmap(lambda k: 1.0 * k)(np.arange(64))) == 64
    with pytest.raises(OperationError, match=r"65 different lanes.*at most 64.*\.astype\(float\)"):
        vmap(lambda k: 1.0 * k)(np.arange(65))
    assert vmap(lambda k: 1.0 * k)(np.arange(65).astype(float)).tolist() == list(range(65))


def test_integers_that_no_float_tells_apart():
    a, b = np.array([2**62, 2**62 + 1]), np.array([2**63 + 1, 2**63 + 2], dtype=np.uint64)
    f = lambda p, q: float(p % 7 + 10 * (q % 5))  # noqa: E731
    assert vmap(f)(a, b).tolist() == [f(int(p), int(q)) for p, q in zip(a, b, strict=True)]
    sign = vmap(lambda p: 1.0 if p < 0 else 2.0)
    assert [sign(np.array([-1])).tolist(), sign(np.array([2**64 - 1], dtype=np.uint64)).tolist()] == [[1.0], [2.0]]


def test_results_are_stacked_in_their_structure():
    f = lambda x: {"a": x[0], "b": [np.array([x[1], x[0]]), 2.0]}  # noqa: E731
    found = vmap(f)(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    assert found["a"].tolist() == [1.0, 3.0, 5.0]
    assert found["b"][0].tolist() == [[2.0, 1.0], [4.0, 3.0], [6.0, 5.0]]
    assert found["b"][1].tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    "f", [lambda x: {"a": x} if x > 0.0 else {"b": x}, lambda x: [x] if x > 0.0 else (x,), lambda x: [x] if x > 0.0 else [x, x]]
)
def test_lanes_with_results_of_other_structures(f):
    with pytest.raises(LengthError, match=r"in one lane and .* in another"):
        vmap(f)(np.array([1.0, -1.0]))


def test_samples_in_any_number():
    step = jit(value_and_grad(vmap(lambda p, x: (p * x - 1.0) ** 2, in_axes=(None, 0), reduce="mean")))
    p = np.array(0.5)
    for n in (1, 2, 7, 64, 1000, 3):
        x = np.linspace(-1.0, 1.0, n)
        y, g = step(float(p), x)
        assert math.isclose(y, np.mean((0.5 * x - 1.0) ** 2), rel_tol=1e-13)
        assert math.isclose(g, np.mean(2.0 * (0.5 * x - 1.0) * x), rel_tol=1e-12, abs_tol=1e-15)


def test_arrays_in_any_layout():
    step = jit(value_and_grad(vmap(lambda p, x: p[0] * x[0] + p[1] * x[1] ** 2, in_axes=(None, 0), reduce="sum")))
    base = np.random.default_rng(3).normal(size=(6, 4))
    p = np.array([1.0, 2.0, 3.0, 4.0])
    layouts = [
        base[:, :2],
        base[:, :2].copy(),
        np.asfortranarray(base[:, :2]),
        base[::2, 1:3],
        base[::-1, :2],
        base[:, :2].astype(np.float32),
    ]
    swapped = base[:, :2].astype(">f8")
    for X in [*layouts, swapped, *layouts[::-1]]:
        for weights in (p[:2].copy(), p[::2], p[1::-1]):
            y, g = step(weights, X)
            assert math.isclose(y, np.sum(weights[0] * X[:, 0].astype(float) + weights[1] * X[:, 1].astype(float) ** 2), rel_tol=1e-12)
            assert np.allclose(g, [X[:, 0].astype(float).sum(), (X[:, 1].astype(float) ** 2).sum()], rtol=1e-12)


def test_lanes_along_any_axis_and_numbers_out_of_line():
    base = np.random.default_rng(4).normal(size=(5, 3, 2))
    unaligned = np.frombuffer(b"0" + base.tobytes(), offset=1).reshape(base.shape)
    p = np.array([[1.0, -2.0], [0.5, 3.0]])

    def loss(p, x):
        return ops.dot(p[0], x[0]) + ops.exp(ops.dot(p[1], x[-1]) / 8.0)

    first, last = base[:, 0], base[:, -1]
    curved = np.exp(last @ p[1] / 8.0)
    value, gradient = (first @ p[0] + curved).sum(), np.array([first.sum(axis=0), (curved[:, None] * last / 8.0).sum(axis=0)])
    for axis in (0, 1, 2, -1, -2, -3):
        step = jit(value_and_grad(vmap(loss, in_axes=(None, axis), reduce="sum")))
        for X in (base, unaligned):
            moved = np.moveaxis(X, 0, axis)
            for weights, x in [
                (p, moved),
                (p, np.ascontiguousarray(moved)),
                (np.asfortranarray(p), moved),
                (p, np.asfortranarray(moved)),
            ] * 2:
                y, g = step(weights, x)
                assert math.isclose(y, value, rel_tol=1e-13)
                assert np.allclose(g, gradient, rtol=1e-13)


@pytest.mark.parametrize("lanes", [1, 5])
def test_arrays_without_numbers(lanes):
    """Shared ones and those of lanes, before and after others."""
    f = vmap(lambda w, x, y, v: ops.sum([*w, *x, *y, v[0] * v[0]]), in_axes=(None, 0, 0, None), reduce="sum")
    none, each, one = np.empty((0, 3)), np.ones((lanes, 0)), np.ones(1)
    for args in (
        (none, each, each, one),
        (none, np.ones((lanes, 2)), each, one),
        (none, each, np.ones((lanes, 1)), one),
        (one, each, each, one),
    ):
        step = jit(value_and_grad(f))
        for _ in range(2):
            y, g = step(*args)
            assert y == lanes * (1 + args[0].size) + args[1].size + args[2].size
            assert g.tolist() == [lanes] * len(args[0])
            assert g.shape == args[0].shape


def test_a_replay_leaves_its_arguments_and_earlier_results_alone():
    step = jit(value_and_grad(vmap(lambda p, x: p[0] * x, in_axes=(None, 0), reduce="sum")))
    p, X = np.array([2.0]), np.array([1.0, 2.0])
    results = [step(p, X * k)[1] for k in (1.0, 2.0, 3.0)]
    assert [r.tolist() for r in results] == [[3.0], [6.0], [9.0]]
    assert p.tolist() == [2.0]
    assert X.tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: vmap(abs)([1.0, 2.0]), RangeError, r"got 1\.0 as argument 0\[0\], expected an array .* structure.* numpy\.array"),
        (lambda: vmap(abs)([[1.0, 2.0], [3.0]]), RangeError, r"got 1\.0 as argument 0\[0\]\[0\], expected an array"),
        (lambda: vmap(max)(np.ones(2), np.ones((3, 2))), LengthError, "3 lanes, expected 2"),
        (lambda: vmap(abs)(np.ones((0, 3))), LengthError, "without a lane"),
        (lambda: vmap(abs)(np.ones(0, dtype=int)), LengthError, "without a lane"),
        (lambda: vmap(abs, in_axes="rows")(np.ones(2)), RangeError, "in_axes"),
        (lambda: vmap(abs, in_axes=2)(np.ones((2, 2))), RangeError, "axis 2"),
        (lambda: vmap(abs, in_axes=-3)(np.ones((2, 2))), RangeError, "axis -3"),
        (lambda: vmap(abs, in_axes=0.5)(np.ones((2, 2))), RangeError, "in_axes 0.5"),
        (lambda: vmap(abs)({"a": [1.0]}), RangeError, r"argument 0\['a'\]\[0\]"),
        (lambda: vmap(abs, in_axes=([0, None],))(np.ones(2)), LengthError, r"in_axes \[0, None\] for argument 0"),
        (lambda: vmap(abs)(np.array([1.0, None])), NumberError, "None"),
        (lambda: vmap(abs)(np.array([1j])), OperationError, "complex"),
        (lambda: vmap(lambda x: "text")(np.ones(2)), NumberError, "the function gave: got the string"),
        (lambda: jit(lambda x: None)(1.0), NumberError, "the function gave: got None"),
        (lambda: jit(lambda x: {x})(1.0), NumberError, "the function gave"),
        (lambda: jit(lambda x: {"loss": x, "name": b"a"})(1.0), NumberError, "the function gave: got the bytes b'a'"),
        (lambda: jit(grad(lambda x: [x]))(1.0), LengthError, "gave a list of 1, expected one number"),
        (lambda: jit(grad(lambda x: x["a"]))({"a": 1.0, "b": b"text"}), NumberError, "the first argument: got the bytes b'text'"),
        (lambda: jit(grad(lambda x: x))(None), NumberError, "the first argument: got None"),
        (lambda: jit(lambda x: x * 1.0)(1j), NumberError, "complex"),
        (lambda: vmap(abs, reduce=3), RangeError, "reduce=3"),
        (lambda: jit("f"), OperationError, "expected a function"),
    ],
)  # fmt: skip
def test_wrong_calls(call, error, said):
    with pytest.raises(error, match=said):
        call()
    assert current() is NEUTRAL
