"""Tracebacks: they end at the user's line where the fault is the user's, and show the user's functions that the library called."""

import runpy

import numpy as np
import pytest
from sentences import frames, is_own

import autograd
import nn
from autograd import Op, Value, detect_anomaly, errors, exp, grad, hessian, jit, jvp, maximum, scan, value_and_grad, vjp, vmap

V = Value(2.0)
ONES = np.ones(3)
MODEL = nn.MLP(2, [1])
WRONG = [
    lambda: exp("x"),
    lambda: exp(V, V),
    lambda: V.exp(3.0),
    lambda: V + "a",
    lambda: "a" + V,
    lambda: V ** "a",
    lambda: maximum(V, "a"),
    lambda: V.hypot("a"),
    lambda: Value("2"),
    lambda: float(V),
    lambda: setattr(V, "data", "2"),
    lambda: setattr(V, "grad", "2"),
    lambda: setattr(V, "label", 2),
    lambda: V.backward("2"),
    lambda: V.item,
    lambda: autograd.elementwise_grad,
    lambda: np.linalg.svd(np.array([[V]]).view(autograd.arrays.Array)),
    lambda: type("Derived", (Value,), {}),
    lambda: grad(abs, 1),
    lambda: grad(3.0),
    lambda: grad(abs, argnums="x"),
    lambda: grad(abs, argnums=1)(1.0),
    lambda: grad(lambda x: [x, x])(1.0),
    lambda: grad(lambda x, _y: x)(1.0),
    lambda: jvp(abs)(1.0),
    lambda: vjp(abs)(1.0)([1.0, 2.0]),
    lambda: hessian(lambda x: "x")("x"),  # noqa: ARG005
    lambda: jit(3.0),
    lambda: jit(lambda x: "y")(1.0),  # noqa: ARG005
    lambda: jit(lambda x, _y: x)(1.0),
    lambda: vmap(abs)(1.0),
    lambda: vmap(abs, in_axes=2)(ONES),
    lambda: vmap(abs, reduce="men"),
    lambda: vmap(max)(ONES, np.ones(4)),
    lambda: nn.softmax(target=0),
    lambda: nn.cross_entropy([1.0], [3.0, 4.0]),
    lambda: MODEL([1.0]),
    lambda: MODEL.fit(ONES, ONES),
    lambda: nn.Linear(2, 3),
    lambda: nn.fit(MODEL, [[1.0, 2.0]], [5], optimizer=nn.SGD(MODEL.parameters(), lr=0.1)),
]


def failure(call):
    with pytest.raises(Exception) as caught:  # noqa: PT011  # each has another class, and the test is of its traceback
        call()
    return caught.value


@pytest.mark.parametrize("call", WRONG)
def test_a_traceback_ends_at_the_line_that_is_wrong(call):
    error = failure(call)
    shown = frames(error)
    assert shown[-1] == (__name__, "<lambda>")
    assert not [module for module, _ in shown if is_own(module)]
    assert error.__context__ is None or error.__suppress_context__


def broken(x):
    return inner(x)


def inner(x):
    return x * {}["missing"]


TRANSFORMS = {
    "grad": lambda: grad(broken)(1.0),
    "value_and_grad": lambda: value_and_grad(lambda x: np.sum(broken(x)))(ONES),
    "jit": lambda: jit(broken)(1.0),
    "vmap": lambda: vmap(broken)(ONES),
    "jit(grad)": lambda: jit(grad(broken))(1.0),
    "jit(vmap)": lambda: jit(vmap(grad(broken)))(ONES),
    "grad(jit)": lambda: grad(jit(broken))(1.0),
    "hessian": lambda: hessian(broken)(1.0),
    "scan": lambda: scan(lambda c, _: (broken(c), c), 1.0, ONES),
    "an operation": lambda: Op("own", lambda _xp, x: broken(x), lambda _y, _x: (1.0,))(V),
    "a module": lambda: type("Net", (nn.Module,), {"forward": lambda _self, x: broken(x)})()(1.0),
    "predict": lambda: nn.predict(broken, [[1.0]]),
}


@pytest.mark.parametrize("call", TRANSFORMS.values(), ids=TRANSFORMS)
def test_the_frames_of_the_users_functions_stay(call):
    error = failure(call)
    shown = frames(error)
    assert isinstance(error, KeyError)
    assert [name for module, name in shown if module == __name__][-2:] == ["broken", "inner"]
    assert not [module for module, _ in shown if is_own(module)]
    assert not hasattr(error, "__notes__")


def test_an_anomaly_is_shown_where_it_arises():
    with detect_anomaly():
        error = failure(lambda: 1.0 / (V - 2.0))
    assert frames(error)[-1] == (__name__, "<lambda>")


def test_what_the_library_did_not_raise_on_purpose_has_a_note(monkeypatch):
    own = {"__name__": "autograd.evaluation"}
    exec("def fails(self):\n    return 1 / 0", own)  # noqa: S102  # a function of the library that fails
    monkeypatch.setattr(autograd.evaluation.Evaluation, "value_and_gradient", own["fails"])
    error = failure(lambda: grad(abs)(1.0))
    assert frames(error)[-1] == (__name__, "<lambda>")
    assert error.__notes__ == [errors.NOTE]


def test_an_interrupt_keeps_its_frames():
    def interrupted(_x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        grad(interrupted)(1.0)
    assert [module for module, _ in frames(caught.value) if is_own(module)]


def test_a_variable_of_the_environment_keeps_all_frames(monkeypatch):
    monkeypatch.setenv("AUTOGRAD_TRACEBACK", "full")
    assert runpy.run_path(errors.__file__)["FILTERED"] is False
    monkeypatch.setattr(errors, "FILTERED", False)
    assert ("autograd.transformed", "checked") in frames(failure(lambda: grad(abs, argnums="x")))
