"""How the functions that transforms return are called: keywords, argnums, has_aux, structures; and what they are: name, pickle, method."""

import contextlib
import copy
import dataclasses
import inspect
import math
import pickle
import pydoc
import subprocess
import sys
from typing import Any

import cloudpickle
import numpy as np
import pytest
from named_functions import decorated, logistic, plain
from scipy.optimize import check_grad, minimize

import autograd
import nn
from autograd import (
    TABLE,
    Op,
    Value,
    exp,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jit,
    jvp,
    no_grad,
    ravel,
    value_and_grad,
    vjp,
    vmap,
)
from autograd.errors import LengthError, NumberError, OperationError, RangeError


def f(x, y=1.0, *, k=2.0):
    """The function k x² y."""
    return k * x * x * y


X, Y, K = 3.0, 5.0, 7.0
GRADIENTS = {0: 2 * K * X * Y, 1: K * X * X}
TIMES: dict[str, Any] = {"plain": lambda g: g, "jit": jit, "twice jit": lambda g: jit(jit(g))}


@pytest.mark.parametrize("made", TIMES.values(), ids=TIMES)
@pytest.mark.parametrize("argnums", [0, 1, np.int64(1), (0, 1), [1, 0]], ids=str)
def test_each_transform_takes_keywords_argnums_and_aux(made, argnums):
    """Against the derivatives of k x² y by hand."""
    several = isinstance(argnums, tuple | list)
    chosen = tuple(argnums) if several else argnums
    gradient = tuple(GRADIENTS[i] for i in chosen) if several else GRADIENTS[chosen]
    second = {(0, 0): 2 * K * Y, (0, 1): 2 * K * X, (1, 0): 2 * K * X, (1, 1): 0.0}
    matrix = tuple(tuple(second[i, j] for j in chosen) for i in chosen) if several else second[chosen, chosen]
    total = sum(gradient) if several else gradient
    tangent = (1.0, 1.0) if several else 1.0
    given = [X, Y, tangent] if chosen != 0 else [X, tangent, Y]
    product = tuple(map(sum, matrix)) if several else matrix
    value = K * X * X * Y

    def with_aux(x, y=1.0, *, k=2.0):
        return f(x, y, k=k), {"seen": 2.0 * x, "label": "text", "none": None}

    aux = {"seen": 2 * X, "label": "text", "none": None}
    for _ in range(3):
        assert made(grad(f, argnums=argnums))(X, Y, k=K) == gradient
        assert made(value_and_grad(f, argnums=argnums))(X, Y, k=K) == (value, gradient)
        assert vjp(made(f), argnums=argnums)(X, Y, k=K)(1.0) == gradient
        for transform in (jacobian, jacfwd, jacrev):
            assert made(transform(f, argnums=argnums))(X, Y, k=K) == gradient
        assert made(hessian(f, argnums=argnums))(X, Y, k=K) == matrix
        assert made(jvp(f, argnums=argnums))(*given, k=K) == total
        assert made(hvp(f, argnums=argnums))(*given, k=K) == product
        assert made(grad(with_aux, argnums=argnums, has_aux=True))(X, Y, k=K) == (gradient, aux)
        assert made(value_and_grad(with_aux, argnums=argnums, has_aux=True))(X, Y, k=K) == ((value, aux), gradient)
        assert made(jvp(with_aux, argnums=argnums, has_aux=True))(*given, k=K) == (total, aux)
        assert made(hvp(with_aux, argnums=argnums, has_aux=True))(*given, k=K) == (product, aux)
        assert made(jacobian(with_aux, argnums=argnums, has_aux=True))(X, Y, k=K) == (gradient, aux)
        assert made(hessian(with_aux, argnums=argnums, has_aux=True))(X, Y, k=K) == (matrix, aux)
        pullback, found = vjp(with_aux, argnums=argnums, has_aux=True)(X, Y, k=K)
        assert (pullback(1.0), found) == (gradient, aux)


def test_keywords_of_jit_and_vmap_are_live_and_have_lanes():
    x, y = np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0])
    assert jit(f)(X, k=K, y=Y) == f(X, Y, k=K)
    traced = jit(f)
    assert [traced(X, k=k) for k in (1.0, 2.0, 3.0)] == [f(X, k=k) for k in (1.0, 2.0, 3.0)]
    assert vmap(f)(x, y=y).tolist() == (2.0 * x * x * y).tolist()
    assert vmap(f)(x, y=y, k=y).tolist() == (y * x * x * y).tolist()
    assert vmap(f, in_axes=(0, None))(x, 2.0, k=y).tolist() == (y * x * x * 2.0).tolist()
    assert vmap(grad(f))(x, y=y).tolist() == (4.0 * x * y).tolist()
    mean = jit(value_and_grad(vmap(f, in_axes=(None, 0), reduce="mean")))
    for _ in range(2):
        assert mean(2.0, y, k=x) == (pytest.approx(np.mean(x * 4.0 * y), rel=1e-15), pytest.approx(np.mean(x * 4.0 * y), rel=1e-15))
    v = Value(3.0)
    jit(f)(2.0, y=v).backward()
    assert v.grad == 8.0
    assert grad(lambda y: grad(f)(2.0, y=y))(5.0) == 8.0


def test_static_arguments_are_recorded_by_value():
    def power(x, n=2.0, *, sign=0.0):
        assert n.__class__ is float
        return math.copysign(1.0, sign) * x**n if n else x

    for made, expected in [(power, lambda x, n: x**n), (grad(power), lambda x, n: n * x ** (n - 1))]:
        static = jit(made, static_argnames=("n", "sign"))
        for _ in range(3):
            assert static(3.0) == expected(3.0, 2.0)
            assert static(3.0, 3.0) == static(3.0, n=3.0) == expected(3.0, 3.0)
            assert static(2.0, 3.0, sign=-0.0) == -expected(2.0, 3.0)
            assert static(2.0, 3.0, sign=0.0) == expected(2.0, 3.0)
            assert static(x=2.0) == expected(2.0, 2.0) if made is power else True
        assert len(static.fixed) == 4
        assert {(own.recordings if made is power else own.of_loss).made for own in static.fixed.values()} == {1}
    assert jit(lambda x, c, *, s=1.0: c * s * x, static_argnames="c")(2.0, 3.0, s=5.0) == 30.0
    assert repr(jit(power, static_argnames="n")) == "<jit(power, static_argnames=('n',))>"
    with pytest.raises(OperationError, match=r"got static_argnames \['m'\], expected names of arguments of power\(x, n=2.0"):
        jit(power, static_argnames="m")(1.0)
    with pytest.raises(OperationError, match="expected hashable ones: give a tuple for a list"):
        jit(power, static_argnames="n")(1.0, [2.0])


def test_the_axis_of_the_lanes_in_the_results():
    x = np.arange(6.0).reshape(3, 2)
    pair = lambda r: {"square": r * r, "sum": r[0] + r[1]}  # noqa: E731
    for made in (vmap(pair, out_axes={"square": 1, "sum": 0}), jit(vmap(pair, out_axes={"square": -1, "sum": -1}))):
        found = made(x)
        assert found["square"].tolist() == (x * x).T.tolist()
        assert found["sum"].tolist() == x.sum(axis=1).tolist()
    v = Value(2.0)
    found = vmap(lambda a, r: a * r, in_axes=(None, 0), out_axes=1)(v, x)
    np.sum(found).backward()
    assert (found.shape, v.grad) == ((2, 3), 15.0)
    for axes, message in [
        (2, "got out_axes 2 for a result of shape"),
        (None, "got out_axes None"),
        ((0, 0), "containers of axes that match"),
    ]:
        with pytest.raises((RangeError, LengthError), match=message):
            vmap(lambda r: r * r, out_axes=axes)(x)
    with pytest.raises(RangeError, match="which leaves no axis of lanes"):
        vmap(pair, reduce="mean", out_axes=1)


def test_a_structure_as_a_vector_for_scipy():
    """Against the solution of the normal equations."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(20, 2))
    t = X @ [2.0, -1.0] + 0.5 + 0.1 * rng.normal(size=20)
    start = {"w": np.zeros(2), "b": 0.0, "name": "line", "none": None}
    vector, unravel = ravel(start)
    loss = vmap(lambda p, x, y: (np.dot(p["w"], x) + p["b"] - y) ** 2, in_axes=(None, 0, 0), reduce="mean")
    for made in (lambda g: g, jit):
        found = minimize(made(value_and_grad(lambda p: loss(unravel(p), X, t))), vector, jac=True, tol=1e-12)
        best = np.linalg.lstsq(np.column_stack([X, np.ones(20)]), t, rcond=None)[0]
        assert np.allclose(found.x, best, atol=1e-8)
        fitted = unravel(found.x)
        assert (fitted["name"], fitted["none"], fitted["w"].tolist(), fitted["b"]) == ("line", None, found.x[:2].tolist(), found.x[2])
    v = Value(3.0)
    assert ravel([v, 1.0])[0].tolist() == [v, 1.0]
    with pytest.raises(LengthError, match="got 2 numbers, expected 3"):
        unravel(np.zeros(2))
    with pytest.raises(NumberError, match="the structure"):
        ravel([1.0, b"x"])
    assert repr(pickle.loads(pickle.dumps(unravel))(vector)) == repr(start)


def test_derivatives_at_floats_of_what_captures_a_model():
    """By a frozen copy, or under `no_grad`: floats, the same in all ways of computing them."""
    model = nn.MLP(2, [4, 1], init=nn.xavier(seed=1))
    loss = lambda m: lambda x: (m(x) - 0.3) ** 2 + 0.01 * np.dot(x, x)  # noqa: E731
    x = np.array([0.5, -0.4])
    expected, matrix = value_and_grad(loss(model))(x), hessian(loss(model))(x)
    assert expected[0].__class__ is Value
    expected = expected[0].data, [g.data for g in expected[1]]
    frozen = model.frozen()
    assert (frozen.parameters(), len(model.parameters()), frozen.name) == ([], 17, model.name)
    for made in (lambda g: g, jit):
        for recording, f in ((True, frozen), (False, model)):
            with contextlib.nullcontext() if recording else no_grad():
                y, gradient = made(value_and_grad(loss(f)))(x)
                h = made(hessian(loss(f)))(x)
                many = vmap(grad(loss(f)))(np.array([x, x]))
            assert (y.__class__, gradient.dtype, h.dtype, many.dtype) == (float, float, float, float)
            assert y == pytest.approx(expected[0], rel=1e-14)
            for row in (gradient, many[1]):
                assert row.tolist() == pytest.approx(expected[1], rel=1e-14)
            assert h.ravel().tolist() == pytest.approx([a.data for a in matrix.ravel()], rel=1e-13)
    assert check_grad(loss(frozen), grad(loss(frozen)), x) < 1e-6
    model.parameters()[0].data += 1.0
    assert loss(frozen)(x) == pytest.approx(expected[0], rel=1e-15)
    assert jit(loss(frozen))(x) == pytest.approx(expected[0], rel=1e-15)


def test_what_is_wrong_with_a_call_is_said():
    with pytest.raises(LengthError, match=r"grad\(f\) was given 0 arguments by position, expected one at each index of argnums=0"):
        grad(f)(x=2.0)
    with pytest.raises(LengthError, match=r"grad\(f, argnums=\(0, 2\)\) was given 2 arguments"):
        grad(f, argnums=(0, 2))(1.0, 2.0)
    with pytest.raises(LengthError, match=r"jvp\(f\) was given 1 arguments, expected a tangent at index 1"):
        jvp(f)(1.0)
    for argnums in (True, -1, 1.0, "x", (), (0, "x")):
        with pytest.raises(OperationError, match="expected the index of an argument, counted from 0, or a tuple of indices"):
            grad(f, argnums=argnums)
    with pytest.raises(OperationError, match=r"with has_aux=True the function gave a Value, expected a pair"):
        grad(f, has_aux=True)(1.0)
    with pytest.raises(TypeError, match="unexpected keyword argument 'q'"):
        grad(f)(1.0, q=2.0)
    for transform in (grad, jit, vmap, jacobian):
        with pytest.raises(OperationError, match=rf"got 3.0, expected a function: {transform.__name__}\(f\)\(x\)"):
            transform(3.0)


@dataclasses.dataclass
class Line:
    slope: float
    offset: Any
    name: str = "line"
    nothing: None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    slope: float
    offset: Any
    name: str = "line"


@pytest.mark.parametrize("kind", [Line, Frozen])
def test_dataclasses_with_strings_and_none_are_structures(kind):
    def loss(line, x):
        assert line.name == "line"
        return (line.slope * x + line.offset[1]) ** 2

    line = kind(2.0, [None, 1.0])
    for made in (grad(loss), jit(grad(loss)), jacobian(loss), jit(jacrev(loss))):
        assert made(line, 3.0) == kind(42.0, [None, 14.0])
    assert jvp(loss)(line, kind(1.0, [None, 0.0]), 3.0) == 42.0
    assert jit(lambda line, x: kind(line.slope * x, line.offset))(line, 3.0) == kind(6.0, [None, 1.0])
    many = kind(np.array([1.0, 2.0]), [None, np.array([0.0, 1.0])])
    assert vmap(loss)(many, np.array([1.0, 1.0])).tolist() == [1.0, 9.0]
    assert vmap(loss, in_axes=(kind(0, None), None))(kind(np.array([1.0, 2.0]), [None, 1.0]), 1.0).tolist() == [4.0, 9.0]
    traced = jit(lambda line: line.slope if line.name == "line" else -line.slope)
    assert (traced(kind(1.0, 2.0)), traced(kind(1.0, 2.0, "other")), traced(kind(3.0, 2.0))) == (1.0, -1.0, 3.0)


def test_a_made_function_says_what_it_is():
    for made, text in [
        (grad(f), "<grad(f)>"),
        (hessian(f, argnums=(0, 1)), "<hessian(f, argnums=(0, 1))>"),
        (jit(value_and_grad(f, has_aux=True)), "<jit(value_and_grad(f, has_aux=True))>"),
        (vmap(grad(exp), in_axes=1), "<vmap(grad(exp), in_axes=1)>"),
    ]:
        assert repr(made) == text
    for made in (grad(f), jit(f), vmap(f), jit(vmap(grad(f)))):
        assert (made.__name__, made.__doc__, made.__wrapped__ is not None) == ("f", "The function k x² y.", True)
        assert inspect.signature(made) == inspect.signature(f)
        assert "f(x, y=1.0, *, k=2.0)" in pydoc.render_doc(made, renderer=pydoc.plaintext)
        assert "The function k x² y." in pydoc.render_doc(made, renderer=pydoc.plaintext)
    assert str(inspect.signature(jvp(f))) == "(x, tangent, /, y=1.0, *, k=2.0)"
    assert str(inspect.signature(hvp(f, argnums=1))) == "(x, y, tangent, /, *, k=2.0)"
    assert str(inspect.signature(jvp(lambda *x: x[0]))) == "(tangent, /, *x)"
    assert str(inspect.signature(grad)).startswith("(f: ")


class Model:
    def __init__(self, k):
        self.k = k

    @jit
    def scaled(self, x):
        return self.k * x

    def loss(self, x):
        return self.k * x * x

    gradient = grad(loss, argnums=1)


def test_made_functions_are_methods():
    assert [Model(k).scaled(2.0) for k in (3.0, 4.0)] == [6.0, 8.0]
    assert [Model(k).gradient(2.0) for k in (3.0, 4.0)] == [12.0, 16.0]


MADE = {
    "grad": (grad, (2.0,), 12.0),
    "grad of several": (lambda g: grad(g, argnums=(0,)), (2.0,), (12.0,)),
    "jit": (jit, (2.0,), 8.0),
    "vmap": (lambda g: vmap(g, in_axes=1, reduce="sum"), (np.array([[1.0, 2.0]]),), [9.0]),
    "all": (lambda g: jit(vmap(hessian(g))), (np.array([1.0, 2.0]),), [6.0, 12.0]),
    "jvp": (jvp, (2.0, 1.0), 12.0),
}


def tolist(x):
    return x.tolist() if isinstance(x, np.ndarray) else x


@pytest.mark.parametrize("name", MADE)
def test_made_functions_travel(name):
    """Through pickle where the function has a name, and through cloudpickle where it has none, also to another process."""
    make, args, expected = MADE[name]
    for made, through in [
        (make(plain), pickle),
        (make(lambda x: x * x * x), cloudpickle),
        (make(decorated), pickle),
        (make(decorated), cloudpickle),
        (make(plain), copy),
    ]:
        made(*args)  # a recording does not travel
        for again in [copy.copy(made), copy.deepcopy(made)] if through is copy else [through.loads(through.dumps(made))]:
            assert tolist(again(*args)) == expected
            assert repr(again) == repr(made)
    assert pickle.loads(pickle.dumps(decorated)) is decorated
    sent = cloudpickle.dumps((make(lambda x: x * x * x), args))
    script = "import pickle, sys; f, args = pickle.load(sys.stdin.buffer); print(getattr(y := f(*args), 'tolist', lambda: y)())"
    found = subprocess.run([sys.executable, "-c", script], input=sent, capture_output=True, check=True)  # noqa: S603  # our own
    assert found.stdout.decode().strip() == str(expected)


def sines(x):
    return np.sin(x) * x[0]


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x)), lambda x: cloudpickle.loads(cloudpickle.dumps(x))]
)
def test_a_pullback_travels(again):
    """Against the Jacobian of sin(x) x₀ by hand; what a copy computes are numbers, as before."""
    x, w = np.array([0.5, 2.0]), np.array([1.0, -3.0])
    pullback = vjp(sines)(x)
    expected = w * np.cos(x) * x[0] + np.array([w @ np.sin(x), 0.0])
    for made in (pullback, again(pullback)):
        np.testing.assert_allclose(made(w), expected, rtol=1e-15)
    assert repr(again(pullback)) == "<vjp(sines)(x)>"


def test_schedules_and_initialisers_travel():
    for made in (
        nn.cosine(0.1, 10),
        nn.exponential(0.1, 0.9),
        nn.step_decay(0.1, 3, 0.5),
        nn.warmup(3, nn.cosine(0.1, 10)),
        nn.warmup(3, 0.1),
    ):
        assert [pickle.loads(pickle.dumps(made))(t) for t in range(12)] == [made(t) for t in range(12)]
    for draw in (nn.xavier(seed=1), nn.he(seed=1), nn.uniform(seed=1)):
        assert pickle.loads(pickle.dumps(draw))(3, 4) == draw(3, 4)
    optimizer = nn.Adam([Value(1.0)], lr=nn.cosine(0.1, 10))
    again = pickle.loads(pickle.dumps(optimizer))
    for made in (optimizer, again):
        made.parameters[0].grad = 1.0
        made.step()
    assert again.parameters[0].data == optimizer.parameters[0].data < 1.0


def test_joblib_runs_them_in_other_processes():
    joblib = pytest.importorskip("joblib")
    square = jit(lambda x: x * x)
    gradient = grad(square)
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(gradient)(x) for x in (1.0, 2.0, 3.0))
    assert found == [2.0, 4.0, 6.0]
    assert autograd.backend in {"native", "pure"}


def test_operations_are_functions_to_those_who_ask():
    for op in TABLE.values():
        signature = inspect.signature(op)
        text = pydoc.render_doc(op, renderer=pydoc.plaintext)
        assert f"{op.name}{signature}" in text
        assert "Its local derivatives are in the table" in text
        assert all(kink.reason in " ".join(text.split()) for kink in op.kinks)
        if op.arity:
            signature.bind(*[1.0] * op.arity)
    assert [str(inspect.signature(op)) for op in (exp, autograd.leaky_relu, autograd.dot, autograd.maximum)] == [
        "(x, /)", "(x, slope=0.01, /)", "(xs, ys, /)", "(*x)",
    ]  # fmt: skip
    assert (exp.__name__, exp.__get__(3.0) is exp) == ("exp", True)


def test_operations_of_ones_own_travel():
    mine = Op("mine", lambda xp, x: xp.exp(x) * x, lambda y, x: (y + y / x,), domain=((0.0, 10.0),), label="m")
    y = mine(Value(2.0))
    for again in (cloudpickle.loads(cloudpickle.dumps(mine)), cloudpickle.loads(cloudpickle.dumps(y)).op):
        assert again is not mine
        assert (again(1.0), again.domain, again.label, repr(again)) == (math.e, ((0.0, 10.0),), "m", "<Op mine>")
        assert grad(again)(2.0) == grad(mine)(2.0)
    assert pickle.loads(pickle.dumps(logistic)) is cloudpickle.loads(cloudpickle.dumps(logistic)) is logistic
    assert copy.deepcopy(mine)(2.0) == mine(2.0)
    script = """
import pickle, sys, cloudpickle
from autograd import Op, Value, grad, jit
cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))
y = cube(Value(2.0))
assert pickle.loads(pickle.dumps(cube)) is cube and pickle.loads(pickle.dumps(y)).op is cube
sys.stdout.buffer.write(cloudpickle.dumps((cube, jit(grad(cube)))))
"""
    sent = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout  # noqa: S603  # our own
    cube, slope = pickle.loads(sent)
    assert (cube(2.0), slope(2.0)) == (8.0, 12.0)
