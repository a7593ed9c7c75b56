"""What a function may not do while it is recorded: it is refused, with the line of the user."""
# ruff: noqa: PLW0108  # each lambda is a function that is recorded as it stands

import copy
import json
import math
import os
import pickle

import numpy as np
import pytest

import nn
from autograd import (
    Value,
    detect_anomaly,
    jit,
    no_grad,
    ops,
    vmap,
)
from autograd.context import NEUTRAL, current
from autograd.errors import (
    TraceError,
)

held = Value(3.0)


def backwards(x):
    y = x * x
    y.backward()
    return x.grad


def frozen(x):
    with no_grad():
        s = x * 2.0
    return s * x


def watched(x):
    with detect_anomaly():
        return x * 2.0


def shadowed(x):
    v = Value(1.0)
    y = v * x
    v.data = 5.0
    return y


def side_effect(x):
    held.data = 4.0
    return x * held


def zeroed(x):
    held.grad = 0.0
    return x * held


REFUSED = {
    "data": lambda x: x * x.data,
    "data of an operation": lambda x: x * (x * 2.0).data,
    "data of a captured leaf": lambda x: x * held.data,
    "data in a branch": lambda x: x if x.data > 0.0 else -x,
    "grad": lambda x: x * held.grad,
    "backward": backwards,
    "format": lambda x: float(f"{x:.3f}"),
    "float": lambda x: float(x) * x,
    "int": lambda x: int(x) * x,
    "complex": lambda x: complex(x),
    "math": lambda x: math.exp(x),
    "array of floats": lambda x: np.array([x], dtype=float)[0],
    "astype": lambda x: np.array([x, x]).astype(float)[0],
    "pickle": lambda x: pickle.loads(pickle.dumps(x)),
    "json": lambda x: json.loads(json.dumps(x, default=float)),
    "no_grad": frozen,
    "detect_anomaly": watched,
    "setting data": shadowed,
    "setting data of what is captured": side_effect,
    "setting grad": zeroed,
    "predict": lambda x: float(nn.predict(lambda z: [z, 1.0], [x])[0]),
    "accuracy": lambda x: nn.accuracy(lambda z: [z, 1.0], [x], [0]),
}


def matched(x):
    match x:
        case 3.0:
            return x
        case _:
            return -x


BY_VALUE = {
    "==": lambda x: x if x == 3.0 else -x,
    "!=": lambda x: x if x != 3.0 else -x,
    "is nan": lambda x: 1.0 if x != x else x,
    "== the other way": lambda x: x if 3.0 == x else -x,  # noqa: SIM300
    "== of Values": lambda x: x if x * 1.0 == x * 2.0 else -x,
    "in": lambda x: x if x in [1.0, 3.0] else -x,
    "index": lambda x: [1.0, 3.0].index(x) * x,
    "count": lambda x: [1.0, 3.0].count(x) * x,
    "== of lists": lambda x: x if [x] == [3.0] else -x,
    "== of arrays": lambda x: np.sum((np.array([x, x]) == 3.0) * 1.0),
    "np.equal": lambda x: x if np.equal(x, 3.0) else -x,
    "== of comparisons": lambda x: x if (x > 1.0) == True else -x,  # noqa: E712
    "case": lambda x: matched(x),
    "copy": lambda x: copy.copy(x),
    "deepcopy": lambda x: copy.deepcopy([x])[0],
}


@pytest.mark.parametrize("f", BY_VALUE.values(), ids=BY_VALUE)
def test_comparisons_by_value_and_copies_are_recorded(f):
    points = [3.0, 1.0, 3.0]
    g = jit(f)
    assert [g(x) for x in points] == [float(f(x)) for x in points]
    assert vmap(f)(np.array(points)).tolist() == [float(f(x)) for x in points]


@pytest.mark.parametrize("made", [jit, vmap], ids=["jit", "vmap"])
@pytest.mark.parametrize("f", REFUSED.values(), ids=REFUSED)
def test_refused_with_the_line_of_the_user(f, made):
    """A stale number, or another branch than the function would take: never silently."""
    g = made(f)
    for _ in range(2):
        with pytest.raises(TraceError, match=rf"was used at .*{os.path.basename(__file__)}:\d+: "):  # noqa: PTH119
            g(3.0 if made is jit else np.array([3.0, 1.0]))
    assert current() is NEUTRAL
    assert (held.data, g.recordings.traces) == (3.0, {})


@pytest.mark.parametrize("f", [lambda x: [1.0, 2.0][x], lambda x: range(x), lambda x: x @ x, lambda x: x & 1, lambda x: x << 2])
def test_what_values_cannot_do_is_no_answer_either(f):
    with pytest.raises(TypeError):
        jit(f)(1.0)


@pytest.mark.parametrize(
    "f",
    [lambda xs: xs.append(xs[0] * 2.0) or xs[1], lambda xs: xs.sort() or xs[0] * 2.0, lambda xs: xs.__setitem__(0, 5.0) or xs[0] + xs[1]],
)
def test_a_function_that_changes_its_argument_is_refused(f):
    with pytest.raises(TraceError, match="changed a list, dict or array among its arguments"):
        jit(f)([3.0, 1.0])


def test_an_array_that_is_changed_in_place_is_refused():
    def f(x):
        x *= 2.0
        return np.sum(x)

    with pytest.raises(TraceError, match="changed"):
        jit(f)(np.ones(3))
    assert jit(lambda x: f(x.copy()))(np.ones(3)) == 6.0


def test_what_a_recording_may_ask():
    """Names, structure and constants are the same at each replay; `repr` shows no number."""
    shown = []

    def f(x):
        y = ops.sin(x * 2.0)
        shown.append(f"{y!r} {y} {x!r}")
        assert y.op is ops.sin
        assert x is not y
        assert (x == None) is False  # noqa: E711
        return y * Value(3).data * y.args[0].args[1]

    assert math.isclose(jit(f)(1.0), math.sin(2.0) * 3.0 * 2.0, rel_tol=1e-15)
    assert shown == ["Value() Value() Value()"]
