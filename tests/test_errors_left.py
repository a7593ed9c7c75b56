"""Nothing half-done stays behind an error."""

import io
import pickle

import numpy as np
import pytest
from sentences import sentence

import autograd
import nn
from autograd import Value
from autograd.errors import OperationError, StateError


def test_a_refused_scope_leaves_the_one_that_was():
    with autograd.scope("outer"):
        with pytest.raises(OperationError):
            autograd.scope(3)
        assert autograd.context.scope_path(Value(1.0).scope) == ("outer",)


def test_a_failed_function_leaves_no_trace_in_a_later_gradient():
    def fails(x):
        raise ZeroDivisionError(x)

    x = Value(2.0)
    for transform in (autograd.grad, autograd.jacobian, autograd.hessian, autograd.vjp):
        with pytest.raises(ZeroDivisionError):
            transform(fails)(x)
    assert (x.grad, x.args) == (0.0, ())
    assert autograd.context.current() is autograd.context.NEUTRAL
    assert autograd.grad(lambda t: t * t)(3.0) == 6.0


def archive():
    """A file as NumPy saves it."""
    file = io.BytesIO()
    np.savez(file, w=np.ones(1), b=np.zeros(1))
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "part"),
    [
        pytest.param(content, part, id=name)
        for name, content, part in [
            ("pickle", pickle.dumps({"w.0": 1.0, "b": 0.0}), "is not JSON"),
            ("numpy", archive(), "is not JSON"),
            ("empty", b"", "is not JSON"),
            ("yaml", b"w.0: 1.0\nb: 0.0\n", "is not JSON"),
            ("csv", b"w.0,b\n1.0,0.0\n", "is not JSON"),
            ("utf-16", '{"w.0": 1.0}'.encode("utf-16"), "is not JSON"),
            ("bare", b'{"w.0": 1.0, "b": 0.0}', "holds no state of a module"),
            ("number", b"1.0", "holds no state of a module"),
            ("version", b'{"format": "valuegrad state", "version": "1", "parameters": {}}', "holds no state of a module"),
        ]
    ],
)
def test_a_file_of_another_format_is_refused_and_changes_nothing(content, part, tmp_path):
    neuron, path = nn.Neuron(1, init=lambda _nin, _nout: 0.25), tmp_path / "weights"
    path.write_bytes(content)
    said = sentence(lambda: neuron.load(path), StateError)
    assert part in said
    assert repr(str(path)) in said
    assert neuron.state_dict() == {"w.0": 0.25, "b": 0.0}


def test_a_folder_is_no_file(tmp_path):
    said = sentence(lambda: nn.Neuron(1).load(tmp_path), FileNotFoundError)
    assert f"cannot load {str(tmp_path)!r}: there is no such file" in said
