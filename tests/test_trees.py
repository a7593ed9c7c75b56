"""Structures: every container keeps its class, at any depth."""

import copy
import time
from collections import Counter, OrderedDict, UserDict, defaultdict
from typing import NamedTuple

import numpy as np
import pytest

from autograd import Value, grad, gradcheck, gradient, hessian, jacobian, jit, jvp, ops, value_and_grad, vjp, vmap
from autograd.errors import AutogradError, LengthError, NumberError, OperationError
from autograd.trees import tree_flatten, tree_map, tree_unflatten

DEPTH = 5_000


class Point(NamedTuple):
    x: float
    y: float


class Named(list):
    def __init__(self, items, name):
        super().__init__(items)
        self.name = name


class Slotted(list):
    __slots__ = ("tag",)


class Table(dict):
    pass


class Pair(tuple):  # noqa: SLOT001  # it has attributes
    pass


class Line(Point):
    __slots__ = ()

    def at(self, t):
        return self.x + self.y * t


def named(x):
    return Named(x, "weights")


def slotted(x):
    made = Slotted(x)
    made.tag = 3
    return made


def table(x):
    made = Table(a=x[0], b=x[1])
    made.unit = "m"
    return made


def pair(x):
    made = Pair(x)
    made.unit = "s"
    return made


def defaulting(x):
    return defaultdict(list, a=x[0], b=x[1])


def ordered(x):
    made = OrderedDict(b=x[1], a=x[0])
    made.move_to_end("b")
    return made


# How each is made of two numbers, and what it has beside them.
CONTAINERS = [
    (list, lambda _: None),
    (tuple, lambda _: None),
    (lambda x: {"a": x[0], "b": x[1]}, list),
    (named, lambda t: t.name),
    (slotted, lambda t: t.tag),
    (table, lambda t: (t.unit, list(t))),
    (pair, lambda t: t.unit),
    (lambda x: Point(*x), lambda t: t._fields),
    (lambda x: Line(*x), lambda t: t.at(0.0) is t.x),
    (ordered, list),
    (defaulting, lambda t: (t.default_factory, list(t))),
    (lambda x: Counter(a=x[0], b=x[1]), lambda t: (t["missing"], list(t))),
]
each_container = pytest.mark.parametrize(("made", "rest"), CONTAINERS)


def numbers(tree):
    return list(tree.values()) if isinstance(tree, dict) else list(tree)


@each_container
def test_a_container_keeps_its_class_and_what_belongs_to_it(made, rest):
    x = made([3.0, 2.0])
    seen = []

    def same(t):
        return type(t) is type(x) and rest(t) == rest(x)

    def f(t):
        seen.append(same(t))
        a, b = numbers(t)
        return a * a * b

    for g in (grad(f)(x), jit(grad(f))(x), jit(value_and_grad(f))(x)[1], vjp(f)(x)(1.0), jacobian(f)(x)):
        assert same(g)
        assert numbers(g) == [12.0, 9.0]
    assert all(seen)
    for rows in (numbers(hessian(f)(x)), numbers(jacobian(grad(f))(x))):
        assert [numbers(row) for row in rows] == [[4.0, 6.0], [6.0, 0.0]]
        assert all(map(same, rows))
    assert jvp(f)(x, made([1.0, 10.0])) == 102.0
    values = made([Value(3.0), Value(2.0)])
    g = gradient(f(values), values)
    assert same(g)
    assert [v.data for v in numbers(g)] == [12.0, 9.0]
    assert gradcheck(f, (x,))
    # As what a function gives, too.
    for y in (jit(lambda a: made([a, a * a]))(3.0), jvp(lambda a: made([a, a * a]))(3.0, 1.0)):
        assert same(y)
    assert numbers(jit(lambda a: made([a, a * a]))(3.0)) == [3.0, 9.0]
    stacked = vmap(lambda t: made([t[0], t[1] * 2.0]))(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert same(stacked)
    assert [column.tolist() for column in numbers(stacked)] == [[1.0, 3.0], [4.0, 8.0]]
    assert numbers(x) == [3.0, 2.0]


def test_attributes_of_a_container_are_not_stale_in_a_recorded_function():
    f = jit(lambda t: t[0] * t.scale)
    x = Named([3.0], "a")
    for scale in (2.0, 5.0, 2.0):
        x.scale = scale
        assert f(x) == 3.0 * scale
        y = Named([4.0], "b")
        y.scale = -scale
        assert f(y) == -4.0 * scale


def test_none_in_a_container_has_no_numbers():
    x = {"w": [2.0, None], "bias": None}
    assert grad(lambda t: t["w"][0] ** 2)(x) == jit(grad(lambda t: t["w"][0] ** 2))(x) == {"w": [4.0, None], "bias": None}
    assert jit(lambda a: (a, None))(1.0) == (1.0, None)
    assert vmap(lambda t: t["w"][0] * 2.0)({"w": [np.ones(2), None], "bias": None}).tolist() == [2.0, 2.0]
    for made in (grad, lambda f: jit(grad(f))):
        with pytest.raises(NumberError, match="got None"):
            made(lambda x: x)(None)


class Uncopied(list):
    def __copy__(self):
        return list(self)


class Broken(dict):
    def __copy__(self):
        raise RuntimeError("not today")


class Renaming(dict):
    """Its copy has other keys, since the constructor does not ask `__setitem__`."""

    def __setitem__(self, key, item):
        super().__setitem__(key.upper(), item)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (Renaming(a=1.0), r"got a Renaming, .* \(its copy holds other items\)"),
        (Uncopied([1.0]), r"got a Uncopied, .* \(copy\.copy gives a list\): give a plain list"),
        (Broken(a=1.0), r"got a Broken, .* \(not today\)"),
        (time.struct_time(range(9)), "got a struct_time, .* not safe"),
    ],
)
def test_what_cannot_be_made_anew_is_refused(x, said):
    called = []
    for made in (grad, jit, lambda f: jit(grad(f)), lambda f: vmap(f, in_axes=(None, 0))):
        with pytest.raises(OperationError, match=said):
            made(lambda t, *_: called.append(t))(x, np.ones(2))
    with pytest.raises(OperationError, match=said):
        jvp(lambda _: x)(1.0, 1.0)
    assert not called


def test_other_classes_are_leaves():
    with pytest.raises(NumberError, match=r"got \{'a': 1\.0\} of type UserDict, expected one real number"):
        grad(lambda t: t["a"])(UserDict(a=1.0))


def test_a_container_that_holds_itself_is_refused():
    x = [1.0]
    x.append({"again": x})
    for made in (grad, jit):
        with pytest.raises(OperationError, match="got a list that contains itself"):
            made(lambda t: t[0])(x)


def deep(leaf, depth=DEPTH):
    kinds = [lambda x: [x, 2.0], lambda x: (x,), lambda x: {"a": x}]
    for i in range(depth):
        leaf = kinds[i % 3](leaf)
    return leaf


def innermost(tree):
    while isinstance(tree, list | tuple | dict):
        tree = tree["a"] if isinstance(tree, dict) else tree[0]
    return tree


def test_depth_is_no_matter():
    x = deep(3.0)
    f = lambda t: innermost(t) ** 2  # noqa: E731
    for g in (grad(f)(x), jit(grad(f))(x), vjp(f)(x)(1.0)):
        assert innermost(g) == 6.0
    assert jit(f)(x) == 9.0
    assert jvp(f)(x, x) == 18.0
    assert innermost(vmap(lambda a: deep(a * 2.0))(np.array([1.0, 2.0]))).tolist() == [2.0, 4.0]
    assert innermost(jvp(lambda a: deep(a * a))(3.0, 1.0)) == 6.0
    leaves, structure = tree_flatten(x)
    assert structure == tree_flatten(tree_unflatten(structure, leaves))[1]
    assert hash(structure) == hash(tree_flatten(deep(0.0))[1])
    assert structure != tree_flatten(deep(0.0, DEPTH - 1))[1]
    with pytest.raises(LengthError):
        jvp(f)(x, deep(3.0, DEPTH - 3))
    with pytest.raises(NumberError, match="text"):
        grad(f)(deep(b"text"))


def test_structures_against_copies():
    """`tree_map` of random structures is what a deep copy with the leaves changed would be."""
    rng = np.random.default_rng(1)

    def drawn(depth):
        kind = rng.integers(0, 7) if depth else 6
        if kind == 6:
            return float(rng.normal())
        items = [drawn(depth - 1) for _ in range(rng.integers(0, 4))]
        return [
            lambda: items, lambda: tuple(items), lambda: dict(enumerate(items)), lambda: named(items),
            lambda: OrderedDict(enumerate(items)), lambda: None,
        ][kind]()  # fmt: skip

    def negated(tree):
        if isinstance(tree, dict):
            for k in tree:
                tree[k] = negated(tree[k])
            return tree
        if isinstance(tree, list):
            tree[:] = map(negated, tree)
            return tree
        return tuple(map(negated, tree)) if isinstance(tree, tuple) else None if tree is None else -tree

    for _ in range(300):
        tree = drawn(4)
        expected = negated(copy.deepcopy(tree))
        found = tree_map(lambda x: -x, tree) if tree is not None else None
        assert repr(found) == repr(expected)
        assert type(found) is type(expected)


# Columns in structures.


A, B = np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0])


@pytest.mark.parametrize("made", [tuple, list, lambda x: {"a": x[0], "b": x[1]}, lambda x: Point(*x), named])
def test_vmap_takes_structures_of_columns(made):
    f = lambda t: numbers(t)[0] * numbers(t)[1]  # noqa: E731
    assert vmap(f)(made([A, B])).tolist() == [10.0, 40.0, 90.0]
    assert vmap(f, in_axes=(made([0, None]),))(made([A, 5.0])).tolist() == [5.0, 10.0, 15.0]
    assert vmap(lambda t, c: f(t) + c, in_axes=(made([0, None]), None))(made([A, 5.0]), 1.0).tolist() == [6.0, 11.0, 16.0]
    assert vmap(f, reduce="sum")(made([A, B])) == 140.0
    assert (
        vmap(lambda t: numbers(t)[0][0] + numbers(t)[1], in_axes=(made([1, -1]),))(made([np.array([A, B]), B])).tolist() == (A + B).tolist()
    )
    values = made([np.array([Value(a) for a in A]), B])
    assert [y.data for y in vmap(f)(values)] == [10.0, 40.0, 90.0]
    assert [y.data for y in gradient(ops.sum(list(vmap(f)(values))), numbers(values)[0])] == B.tolist()
    mean = jit(value_and_grad(vmap(lambda p, t: p * f(t), in_axes=(None, 0), reduce="mean")))
    assert mean(2.0, made([A, B])) == pytest.approx((280.0 / 3.0, 140.0 / 3.0))
    slope = vmap(grad(f))(made([A, B]))
    assert type(slope) is type(made([A, B]))
    assert [column.tolist() for column in numbers(slope)] == [B.tolist(), A.tolist()]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: vmap(sum)([1.0, 2.0]), r"got 1\.0 as argument 0\[0\], expected an array with axis 0 there.*numpy\.array"),
        (lambda: vmap(sum)({"a": (A, 2.0)}), r"got 2\.0 as argument 0\['a'\]\[1\], expected an array"),
        (lambda: vmap(sum)((A, B[:2])), r"argument 0\[1\] with 2 lanes, expected 3"),
        (lambda: vmap(sum, in_axes=((0, 0, 0),))((A, B)), r"in_axes \(0, 0, 0\) for argument 0, expected an axis or None, or containers"),
        (lambda: vmap(sum, in_axes=({"a": 0},))((A, B)), "for argument 0, expected an axis"),
        (lambda: vmap(sum, in_axes=({"b": 0},))({"a": A}), "for argument 0, expected an axis"),
        (lambda: vmap(sum, in_axes=((None, None),))((A, B)), "in_axes is None for all"),
        (lambda: vmap(sum, in_axes=((0, "rows"),))((A, B)), r"got in_axes 'rows' for argument 0\[1\], expected an int"),
        (lambda: vmap(sum, in_axes=1.0)(np.ones((2, 2))), r"got in_axes 1\.0 for argument 0, expected an int"),
        (lambda: vmap(sum, in_axes=True)(np.ones((2, 2))), "got in_axes True for argument 0, expected an int"),
        (lambda: vmap(sum)(np.array([[1j, 2.0]])), r"in argument 0: got an array of dtype complex128, .*: treat real and imaginary part"),
        (
            lambda: vmap(sum)(np.array(["a"])),
            r"in argument 0: got an array of dtype <U1, .*: array\.astype\(float\) fails, so give numbers",
        ),
    ],
)
def test_columns_that_do_not_fit(call, said):
    with pytest.raises(AutogradError, match=said):
        call()


def test_an_axis_may_be_numpys_integer():
    assert vmap(sum, in_axes=np.int64(1))(np.array([[1.0, 2.0], [3.0, 4.0]])).tolist() == [4.0, 6.0]


def test_the_advice_about_lists_of_numbers_works():
    assert vmap(lambda x: x * x)(np.array([1.0, 2.0])).tolist() == [1.0, 4.0]


def test_vmap_names_the_place_of_a_column_only_where_it_is_wrong(monkeypatch):
    """Names for all of n columns take n² steps."""
    monkeypatch.delattr("autograd.program.arguments.tree_paths")
    columns = [{"a": np.array([1.0, 2.0])} for _ in range(50)]
    assert vmap(lambda t: t[0]["a"] * t[-1]["a"])(columns).tolist() == [1.0, 4.0]


def test_a_structure_is_shown_as_the_tree():
    shown = {"*": 1.0, "[*, (*, None, 's')]": [1.0, (2.0, None, "s")], "{'a': Point(x=*, y=*)}": {"a": Point(1.0, 2.0)}}
    shown["[*, *, *, *, *, *, ...]"] = [1.0] * 20
    assert {repr(tree_flatten(tree)[1]): tree for tree in shown.values()} == shown
    with pytest.raises(LengthError, match=r"<lambda> gave number in one lane and \(number, array of shape \(2,\)\) in another"):
        vmap(lambda n, x: (x[0], x) if n else x[0], (0, None))(np.arange(2), np.ones(2))
