"""No gradient is lost in a copy or a pickle that is made while a transform runs: it stays joined, or is refused."""

import copy
import dataclasses
import json
import math
import pickle
import struct
import threading
from typing import Any

import numpy as np
import pytest

import nn
from autograd import Value, grad, gradient, hessian, jacobian, jit, jvp, no_grad, scope, value_and_grad, vjp, vmap
from autograd.context import ACTIVE_INPUTS
from autograd.errors import AutogradError, GradientLostError, TraceError


@dataclasses.dataclass
class Point:
    """Where a Value is held."""

    x: Any


def in_a_thread(x):
    """A deep copy made by another thread, in which no transform is in force."""
    found = []
    thread = threading.Thread(target=lambda: found.append(copy.deepcopy(x * 1.0)))
    thread.start()
    thread.join()
    return found[0]


def in_a_scope(x):
    with scope("copies"):
        return copy.copy(x)


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "method": lambda x: x.__deepcopy__({}),
    "list": lambda x: copy.deepcopy([[x], x])[0][0],
    "dict": lambda x: copy.deepcopy({"x": x})["x"],
    "asdict": lambda x: dataclasses.asdict(Point([x]))["x"][0],
    "astuple": lambda x: dataclasses.astuple(Point(x))[0],
    "array": lambda x: copy.deepcopy(np.array([x, x]))[1],
    "array.copy": lambda x: np.array([x]).copy()[0],
    "np.copy": lambda x: np.copy(np.array([x]))[0],
    "astype": lambda x: np.array([x]).astype(object)[0],
    "computed": lambda x: copy.deepcopy(x * 2.0) / 2.0,
    "scope": in_a_scope,
    "thread": in_a_thread,
}
each_copy = pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)


@each_copy
def test_a_copy_stays_joined(copied):
    def f(x):
        return copied(x) ** 3 * x

    assert copied is in_a_thread or jit(grad(f))(2.0) == 32.0  # jit refuses what another thread computes: see test_recording_observed.py
    assert grad(f)(2.0) == vjp(f)(2.0)(1.0) == jvp(f)(2.0, 1.0) == jacobian(f)(2.0) == 32.0
    assert value_and_grad(f)(2.0) == (16.0, 32.0)
    assert grad(grad(f))(2.0) == hessian(f)(2.0) == 48.0
    x = Value(2.0)
    grad(f)(x).backward()
    assert x.grad == 48.0


@pytest.mark.parametrize("copied", [c for name, c in COPIES.items() if name != "thread"])
def test_a_copy_is_recorded(copied):
    f = jit(lambda x: copied(x) ** 2)
    assert [f(x) for x in (2.0, 3.0)] == [4.0, 9.0]
    assert grad(f)(3.0) == 6.0
    assert jit(grad(lambda x: copied(x) ** 2))(3.0) == 6.0
    assert vmap(grad(lambda x: copied(x) ** 2))(np.array([2.0, 3.0])).tolist() == [4.0, 6.0]


def test_a_copied_structure_keeps_what_it_shares():
    def f(x):
        a, b = copy.deepcopy([x, x])
        assert a is b
        memo = {}
        assert copy.deepcopy(x, memo) is copy.deepcopy(x, memo)
        assert a.label == x.label
        return a * b

    assert grad(f)(3.0) == 6.0


def test_a_deep_copy_of_a_module_is_joined_to_it():
    model = nn.MLP(2, [3, 1], activation=nn.tanh)
    expected = [p.data for p in model.parameters()]
    joined = grad(lambda s: copy.deepcopy(model)([s, 1.0]))(0.5)
    joined.backward()
    found = [p.grad for p in model.parameters()]
    for p in model.parameters():
        p.grad = 0.0
    grad(lambda s: model([s, 1.0]))(0.5).backward()
    assert found == [p.grad for p in model.parameters()]
    assert any(found)
    assert [p.data for p in model.parameters()] == expected


def test_a_module_made_inside_is_copied_with_its_parameters():
    def f(x):
        model = copy.deepcopy(nn.MLP(1, [2, 1]))
        assert len(model.parameters()) == 7
        return model([x]) * x

    assert type(grad(f)(1.0)) is float


@pytest.mark.parametrize("depth", [100_000])
def test_deep_graphs(depth):
    def f(x):
        y = x
        for _ in range(depth):
            y = y + 1.0
        return copy.deepcopy(y)

    assert grad(f)(1.0) == 1.0


PICKLES = {
    "pickle": pickle.dumps,
    "of a result": lambda x: pickle.dumps(x * 2.0 + 1.0),
    "in an array": lambda x: pickle.dumps(np.array([x])),
    "in a module": lambda x: pickle.dumps(Point(x)),
    "in a thread": lambda x: raised_in_a_thread(lambda: pickle.dumps(x)),
}


def raised_in_a_thread(f):
    raised = []

    def run():
        try:
            f()
        except AutogradError as error:
            raised.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    raise raised[0]


@pytest.mark.parametrize("pickled", PICKLES.values(), ids=PICKLES)
def test_a_pickle_is_refused_with_the_remedy(pickled):
    for transform in (grad, value_and_grad, jacobian, vjp):
        for x in (3.0, Value(3.0)):
            with pytest.raises(GradientLostError, match=r"v\.data"):
                transform(lambda x: (pickled(x), x)[1])(x)
    assert not ACTIVE_INPUTS
    for transform in (jit, vmap):
        with pytest.raises((TraceError, GradientLostError)):
            transform(lambda x: (pickled(x), x)[1])(np.ones(3) if transform is vmap else 3.0)
    assert not ACTIVE_INPUTS
    assert grad(lambda x: pickle.loads(pickle.dumps(x.data)) * x)(3.0) == 3.0  # the advice


def test_what_does_not_depend_on_the_inputs_is_pickled():
    other = Value(5.0) * 2.0
    assert grad(lambda x: pickle.loads(pickle.dumps([other, Value(1.0)]))[1].data * x)(3.0) == 1.0


LOST = {
    "float": float,
    "int": int,
    "complex": complex,
    "math": math.exp,
    "isclose": lambda x: math.isclose(x, 1.0),
    "fsum": lambda x: math.fsum([x]),
    "float64": np.float64,
    "dtype": lambda x: np.array([x], dtype=float),
    "astype": lambda x: np.array([x]).astype(float),
    "item": lambda x: np.zeros(1).__setitem__(0, x),
    "json": lambda x: json.dumps({"x": x}),
    "struct": lambda x: struct.pack("d", x),
    "replace": getattr(copy, "replace", dataclasses.replace),
}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
@pytest.mark.parametrize("transform", [grad, jit])
def test_what_would_lose_the_gradient_is_an_error(transform, lost):
    with pytest.raises((TypeError, struct.error)):
        transform(lambda x: (lost(x), x)[1])(3.0)


def test_outside_a_transform_copies_stand_apart():
    x = Value(3.0, "x")
    y = x * x
    z, a = copy.deepcopy([y, x])
    assert gradient(z, a).data == 6.0
    assert gradient(z, x).data == 0.0
    assert copy.copy(y).args == (x, x)
    again, b = pickle.loads(pickle.dumps((y, x)))
    assert (gradient(again, b).data, b.label) == (6.0, "x")
    with no_grad():
        assert copy.copy(x).args == ()


@pytest.mark.parametrize("name", ["args", "op", "partials"])
def test_how_a_value_was_computed_cannot_be_assigned(name):
    x = Value(2.0)
    y = x * x
    for wrong in ((y,), (x, y), None):
        with pytest.raises(AttributeError):
            setattr(y, name, wrong)
    with pytest.raises(AttributeError):
        delattr(y, name)
    y.backward()
    assert (x.grad, y.args) == (4.0, (x, x))
