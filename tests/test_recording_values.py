"""What is live and what is static in a recording; Values in and out."""
# ruff: noqa: ARG005  # functions that ignore an argument

import copy
import math
import pickle
from collections import namedtuple

import numpy as np
import pytest
from functions import form, numbers

import nn
from autograd import (
    Value,
    grad,
    gradient,
    jit,
    ops,
    to_sympy,
    vmap,
)

# What is live, what is static.

Pair = namedtuple("Pair", "first second")  # noqa: PYI024  # the plain one, which has no types


def test_floats_arrays_and_structures_are_live():
    def f(a, b, c, d, e):
        return {"s": a * b[0] + b[1], "t": [c["k"][0] * d.second, e[0][1]], "u": b * 2.0, "v": Pair(a, [b]), "n": 3}

    g = jit(f)
    for k in (1.0, 2.0, -0.5):
        args = k, np.array([k, 3.0]), {"k": [k + 1.0, np.float64(2.0)]}, Pair(k, k * k), [(k, 7.0 * k)]
        found, expected = g(*args), f(*args)
        assert form({**found, "n": 0}) == form({**expected, "n": 0})
        assert numbers(found) == numbers(expected)
        assert isinstance(found["v"], Pair)
    assert g.recordings.made == 1


def test_arrays_of_other_shapes_record_anew():
    g = jit(lambda x: np.sum(x * x))
    for x in (np.ones(3), np.ones((2, 2)), np.ones((0,)), np.ones(3, dtype=np.float32), np.array([1.0, 2], dtype=object)):
        assert g(x) == float(np.sum(x * x))
    assert jit(lambda x: x * 2.0)(np.array(2.0)) == 4.0


def test_numbers_give_floats_and_values_give_values():
    g = jit(lambda x, y: x * y)
    assert g(2.0, 3.0).__class__ is float
    assert g(Value(2.0), 3.0).__class__ is g(2.0, Value(3.0)).__class__ is Value
    assert form(jit(lambda x: x * 2.0)(np.array([Value(1.0), 2.0], dtype=object))) == ((2,), True)
    assert jit(lambda: 3)() == 3.0
    assert jit(lambda x: [])(1.0) == []


@pytest.mark.parametrize(
    "static", [[1, 2, 1, 5], [True, False, True, 1], ["a", "bb", "a"], [None, 1, None], [(1, 2), (1, 3), [1, 2]], [2**70, -1]]
)
def test_other_static_arguments_record_anew(static):
    def f(x, s):
        if s is None or isinstance(s, bool):
            return x + 100.0 * bool(s)
        return x * (len(s) + sum(map(ord, s)) if isinstance(s, str) else s[-1] if isinstance(s, list | tuple) else s)

    g = jit(f)
    for x in (1.0, 2.0):
        for s in static:
            assert g(x, s) == f(x, s)
    assert g.recordings.made == len({(type(s), repr(s)) for s in static})


def test_differentiated_ints_are_live():
    g = jit(grad(lambda p: p[0] ** 2 * p[1]))
    for p in ([3, 2], [3.0, 5], [1, 1]):
        assert g(p) == [2.0 * p[0] * p[1], p[0] ** 2]
    assert g(np.array([3, 2])).tolist() == [12.0, 9.0]
    assert jit(grad(lambda p, n: p**n))(2, 3) == 12.0
    power = jit(grad(lambda p, n: p**n))
    assert [power(2.0, n) for n in (1, 2, 3, 2)] == [1.0, 4.0, 12.0, 4.0]


def test_a_module_is_an_argument():
    def loss(model, x):
        return model(x) ** 2

    model, other = nn.MLP(2, [3, 1], init=nn.uniform(seed=1)), nn.MLP(2, [3, 1], init=nn.uniform(seed=2))
    g = jit(loss)
    for m in (model, other, model):
        for x in ([1.0, -2.0], [0.5, 3.0]):
            m.zero_grad()
            loss(m, x).backward()
            expected = [p.grad for p in m.parameters()]
            m.zero_grad()
            y = g(m, x)
            y.backward()
            assert math.isclose(y.data, loss(m, x).data, rel_tol=1e-13)
            assert np.allclose([p.grad for p in m.parameters()], expected, rtol=1e-12)
            for p in m.parameters():
                p.data -= 0.1 * p.grad  # live: the next call sees it


# Values in and out.


def test_a_result_is_joined_to_the_graph_of_the_caller():
    a, b, w = Value(2.0), Value(3.0), Value(5.0)
    inner = ops.exp(w)

    def f(x, y):
        return {"s": x * y * w + inner, "t": [ops.sin(x), 4.0]}

    def graph_of(g):
        for leaf in (a, b, w):
            leaf.grad = 0.0
        made = g(a * b, b)
        total = made["s"] * made["t"][0] + made["t"][1]
        total.backward()
        second = gradient(gradient(total, [a, b, w])[0] * 1.0, [a, b, w])
        return [total.data, a.grad, b.grad, w.grad, *[x.data for x in second]]

    assert np.allclose(graph_of(jit(f)), graph_of(f), rtol=1e-13)
    g = jit(f)
    assert g(a, b)["t"][1].__class__ is Value
    third = gradient(gradient(gradient(jit(lambda x: x**4)(a), a), a), a)
    assert third.data == 48.0


def test_one_node_per_output():
    a, w = Value(2.0), Value(3.0)
    y = jit(lambda x: ops.sin(x * w) + ops.exp(x))(a)
    assert y.args == (a, w)
    assert jit(lambda x: x)(a).args == (a,)
    both = jit(lambda x, y: x * y)(a, a)
    both.backward()
    assert a.grad == 4.0


def test_a_captured_leaf_is_live_and_a_captured_node_stays_as_it_was_computed():
    w = Value(2.0)
    inner = w * 10.0
    g = jit(lambda x: x * w + inner)
    assert [g(1.0).data, g(2.0).data] == [22.0, 24.0]
    w.data = 3.0
    assert g(1.0).data == 23.0
    y = g(1.0)
    y.backward()
    assert w.grad == 11.0
    assert g.recordings.made == 1


def test_a_value_captured_only_to_be_asked_is_live():
    w = Value(2.0)
    g = jit(lambda x: x if w > 1.0 else -x)
    for k in (2.0, 0.5, 3.0, 0.0):
        w.data = k
        assert numbers(g(7.0)) == [7.0 if k > 1.0 else -7.0]


def test_a_graph_of_a_result_can_be_copied_and_drawn_as_a_formula():
    x = Value(2.0, "x")
    y = jit(lambda x: x * x + 1.0)(x)
    assert copy.deepcopy(y).data == copy.copy(y).data == 5.0
    assert str(to_sympy(y)) == "x**2 + 1"


def test_a_graph_of_a_result_can_be_pickled():
    x, w = Value(2.0, "x"), Value(3.0, "w")
    y = vmap(lambda x, a: x * x * w * a, in_axes=(None, 0), reduce="mean")(x, np.array([1.0, 3.0]))
    again = pickle.loads(pickle.dumps(y))
    again.backward()
    assert (again.data, {a.label: a.grad for a in again.args}) == (24.0, {"x": 24.0, "w": 8.0})
    leaves = {a.label: a for a in again.args}
    assert gradient(gradient(again, [leaves["x"]])[0], [leaves["w"]])[0].data == 8.0
