"""Words of PyTorch, JAX, HIPS autograd, micrograd, NumPy and scikit-learn, with the spelling used here.

From these tables come the messages of names that are not there, and the page "Coming from another library", whose rows the tests run.
"""

import sys
from collections.abc import Iterable
from opcode import opmap
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

from autograd.errors import OperationError


class Spelling(NamedTuple):
    """Names of other libraries, with spaces between; what to write here, what that gives in the sketch below (None: any), and a note."""

    names: str
    here: str
    gives: Any = None
    note: str = ""

    @property
    def advice(self) -> str:
        """The spelling and the note as a part of a sentence."""
        return f"write {self.here}" + (f", {self.note}" if self.note else "")


SKETCH = """\
import json
import math
import numpy as np
import autograd
import nn
from autograd import Value, grad, jit, jvp, value_and_grad, vjp, vmap

v, w = Value(2.0, "v"), Value(3.0, "w")
vs, ws = [v, w], [w, v]
y = v * v
f = lambda x: x * x * x
model = nn.MLP(2, [2])
X, t = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1])
optimizer = nn.SGD(model.parameters(), lr=0.1)
"""

_ONE = "a Value is one number"

VALUE = (
    Spelling("item numpy tolist value primal double float to cpu cuda type astype", "v.data", 2.0, "its number, a Python float"),
    Spelling("long int", "int(v.data)", 2, "since its number is a float"),
    Spelling("detach detach_", "autograd.stop_gradient(v)", 2.0, "or Value(v.data) for a new leaf"),
    Spelling("clone copy", "Value(v.data)", 2.0, "a new leaf; no operation changes a Value, so v itself serves as well"),
    Spelling("requires_grad requires_grad_", "autograd.no_grad()", None, "around what shall record nothing; else every Value records"),
    Spelling("retain_grad retain_graph", "v.grad", 0.0, "which every Value below keeps after backward(), and no graph is freed"),
    Spelling("is_leaf", "v.op is None", gives=True),
    Spelling("grad_fn _op", "y.op.name", "mul", "of the operation that made it"),
    Spelling("_prev parents children inputs", "y.args", (2.0, 2.0), "what it was computed from, Values and floats"),
    Spelling("_backward", "y.partials", (2.0, 2.0), "its local derivatives"),
    Spelling("gradient", "v.grad", 0.0, "after y.backward(); for a function write autograd.grad(f)(x)"),
    Spelling("zero_grad zero_", "v.grad = 0.0", None, "or model.zero_grad()"),
    Spelling("name", "v.label", "v"),
    Spelling("shape size ndim dim dtype device T view reshape flatten squeeze unsqueeze", "np.array([v, w])", (2.0, 3.0),
             f"for an array of Values; {_ONE}"),
    Spelling("mean", "autograd.sum(vs) / len(vs)", 2.5, f"of several Values; {_ONE}"),
    Spelling("sum", "autograd.sum(vs)", 5.0, f"of several Values; {_ONE}"),
    Spelling("prod std var", "np.prod(vs)", 6.0, f"or np.std or np.var, of several Values; {_ONE}"),
    Spelling("argmax argmin", "np.argmax(vs)", 1, f"or np.argmin, of several Values; {_ONE}"),
    Spelling("max maximum", "autograd.maximum(v, w)", 3.0, f"of two or more Values; {_ONE}"),
    Spelling("min minimum", "autograd.minimum(v, w)", 2.0, f"of two or more Values; {_ONE}"),
    Spelling("softmax", "nn.softmax(vs)", (0.2689414213699951, 0.7310585786300049), "of a list of Values"),
    Spelling("log_softmax", "nn.log_softmax(vs)", (-1.3132616875182228, -0.3132616875182228), "of a list of Values"),
    Spelling("dot matmul mm", "autograd.dot(vs, ws)", 12.0, "of lists of Values"),
    Spelling("logsumexp", "autograd.logsumexp(vs)", 3.3132616875182226, "of a list of Values"),
    *[Spelling(names, f"v {sign} w", gives) for names, sign, gives in (
        ("add add_", "+", 5.0), ("sub sub_", "-", -1.0), ("mul mul_", "*", 6.0), ("div div_", "/", 2 / 3),
        ("pow", "**", 8.0), ("remainder mod", "%", 2.0), ("floordiv floor_divide", "//", 0.0))],
    Spelling("square pow2", "v**2", 4.0),
    Spelling("reciprocal", "1 / v", 0.5),
    Spelling("neg", "-v", -2.0),
    Spelling("trunc fix", "math.trunc(v)", 2.0),
    Spelling("frac", "v - math.trunc(v)", 0.0),
    Spelling("clamp clamp_ clamp_min clamp_max", "v.clip(0.0, 1.0)", 1.0),
)  # fmt: skip

AUTOGRAD = (
    Spelling("Tensor tensor Variable Parameter as_tensor", "Value(2.0)", 2.0, "for one number; an array of Values is np.array([v, w])"),
    Spelling("elementwise_grad", "vmap(grad(f))(np.array([1.0, 2.0]))", (3.0, 12.0)),
    Spelling("holomorphic_grad", "grad(f)(2.0)", 12.0, "of a real function; there are no complex Values"),
    Spelling("grad_and_value value_and_gradient grad_and_aux", "value_and_grad(f)(2.0)", (8.0, 12.0)),
    Spelling("multigrad_dict", "grad(lambda p: f(p['a']))({'a': 2.0})['a']", 12.0, "since arguments may be dicts"),
    Spelling("make_vjp", "vjp(f)(2.0)(1.0)", 12.0),
    Spelling("make_jvp linearize", "jvp(f)(2.0, 1.0)", 12.0, "the derivative at 2.0 along 1.0"),
    Spelling("make_hvp hessian_vector_product hessian_tensor_product", "autograd.hvp(f)(2.0, 1.0)", 12.0),
    Spelling("check_grads check_grad", "autograd.gradcheck(f, 2.0)", None, "which raises where a derivative is wrong"),
    Spelling("set_grad_enabled enable_grad inference_mode", "autograd.no_grad()", None, "after with, or as a decorator"),
    Spelling("set_detect_anomaly", "autograd.detect_anomaly()", None, "after with, or as a decorator"),
    Spelling("compile function njit", "jit(f)(2.0)", 8.0),
    Spelling("pmap vectorize", "vmap(f)(np.array([1.0, 2.0]))", (1.0, 8.0)),
    Spelling("stop_grad detach no_gradient", "autograd.stop_gradient(v)", 2.0),
    Spelling("primitive defvjp defjvp custom_vjp custom_jvp Function",
             "autograd.Op('cube', lambda xp, x: x**3, lambda y, x: (3.0 * x**2,))(v)", 8.0, "an operation with its local derivatives"),
    Spelling("make_dot plot_graph draw_dot", "autograd.draw(y)"),
    Spelling("mean average", "np.mean(vs)", 2.5),
    Spelling("prod", "np.prod(vs)", 6.0),
    Spelling("max amax", "autograd.maximum(v, w)", 3.0),
    Spelling("min amin", "autograd.minimum(v, w)", 2.0),
    Spelling("power", "v**w", 8.0),
    Spelling("square", "v**2", 4.0),
    Spelling("matmul mm mv inner vdot", "autograd.dot(vs, ws)", 12.0),
    Spelling("clamp", "autograd.clip(v, 0.0, 1.0)", 1.0),
    Spelling("expit logistic", "autograd.sigmoid(0.0)", 0.5),
    Spelling("gammaln", "autograd.lgamma(2.0)", 0.0),
    Spelling("softmax log_softmax", "nn.softmax(vs)", (0.2689414213699951, 0.7310585786300049), "from the package nn"),
    Spelling("cross_entropy", "nn.cross_entropy(vs, 0)", 1.3132616875182228, "from the package nn"),
    *[Spelling(name, f"autograd.{ours}(0.5)", gives) for name, ours, gives in (
        ("arcsin", "asin", 0.5235987755982989), ("arccos", "acos", 1.0471975511965979), ("arctan", "atan", 0.4636476090008061),
        ("arcsinh", "asinh", 0.48121182505960347), ("arctanh", "atanh", 0.5493061443340549))],
    Spelling("arctan2", "autograd.atan2(1.0, 0.0)", 1.5707963267948966),
    Spelling("arccosh", "autograd.acosh(1.0)", 0.0),
    Spelling("absolute fabs", "autograd.abs(-2.0)", 2.0),
    Spelling("fori_loop foreach foldl", "autograd.scan(lambda c, i: (c + i, None), 0.0, np.arange(3.0))[0]", 3.0, "over the indices"),
    Spelling("switch case", "autograd.cond(v > 1.0, lambda x: 2.0 * x, lambda x: -x, v)", 4.0, "one within the other for several branches"),
    Spelling("lax", "autograd.scan(lambda c, x: (c + x, c), 0.0, np.ones(3))[0]", 3.0, "which is in autograd itself, as cond is"),
    Spelling("numpy scipy", "np.exp(v)", 7.38905609893065, "with import numpy as np, whose functions take Values"),
    Spelling("misc extend test_util builtins wrap_util differential_operators", "vmap(grad(f))(np.array([1.0, 2.0]))", (3.0, 12.0),
             "since every transform is in autograd itself, and Op declares operations"),
    Spelling("inf nan pi e array zeros ones arange linspace random", "np.zeros(2)", (0.0, 0.0), "by NumPy, whose functions take Values"),
)  # fmt: skip

NN = (
    Spelling("Linear Dense", "nn.Layer(2, 3, nonlin=False)", None, "which has no activation"),
    Spelling("Sequential ModuleList", "nn.MLP(2, [3, 1])", None, "or a class derived from nn.Module, with layers as attributes"),
    Spelling("Parameter", "Value(0.0)", 0.0, "as an attribute of a Module"),
    *[Spelling(name, f"nn.{ours}(v)", gives) for name, ours, gives in (
        ("ReLU", "relu", 2.0), ("Tanh", "tanh", 0.9640275800758169), ("Sigmoid", "sigmoid", 0.8807970779778823),
        ("LeakyReLU", "leaky_relu", 2.0), ("GELU", "gelu", 1.9544997361036416), ("SiLU swish Swish", "silu", 1.7615941559557646))],
    Spelling("Softmax", "nn.softmax(vs)", (0.2689414213699951, 0.7310585786300049)),
    Spelling("LogSoftmax", "nn.log_softmax(vs)", (-1.3132616875182228, -0.3132616875182228)),
    Spelling("CrossEntropyLoss softmax_cross_entropy", "nn.cross_entropy(vs, 0)", 1.3132616875182228, "of the logits and the class"),
    Spelling("NLLLoss nll_loss", "nn.negative_log_likelihood(nn.log_softmax(vs), 0)", 1.3132616875182228),
    Spelling("MSELoss mse_loss", "nn.mse([v], [3.0])", 1.0),
    Spelling("BCELoss", "nn.binary_cross_entropy(nn.sigmoid(v), 1.0)", 0.1269280110429725),
    Spelling("RMSprop Adagrad", "nn.Adam(model.parameters(), lr=0.01)"),
    Spelling("DataLoader TensorDataset", "nn.fit(model, X, t, optimizer=optimizer, epochs=1, batch_size=1, progress=False)"),
)  # fmt: skip

MODULE = (
    Spelling("fit", "nn.fit(model, X, t, optimizer=optimizer, epochs=1, progress=False)"),
    Spelling("predict predict_proba", "nn.predict(model, X)"),
    Spelling("score", "nn.accuracy(model, X, t)"),
    Spelling("train eval", "model([0.0, 1.0])", None, "since there are no modes to set"),
    Spelling("to cpu cuda double float", "model.parameters()[0].data", None, "a Python float already"),
    Spelling("coef_ intercept_ weight bias weights", "model.state_dict()"),
    Spelling("summary", "model.named_parameters()", None, "or autograd.draw(model)"),
)  # fmt: skip

BACKWARD = (
    Spelling("retain_graph", "y.backward()", None, "as often as you like, since no graph is freed"),
    Spelling("create_graph", "autograd.gradient(y, v)", 4.0, "Values that can be differentiated again"),
    Spelling("inputs", "autograd.gradient(y, [v])", (4.0,), "which leaves every v.grad as it is"),
    Spelling("gradient grad grad_tensors grad_output dz", "y.backward(1.0)", None, "the gradient of y, by position"),
)

CALLS = (
    Spelling("grad(f, 1)", "grad(lambda a, b: a * b, argnums=1)(2.0, 3.0)", 2.0),
    Spelling("jvp(f, (x,), (v,))", "jvp(f)(2.0, 1.0)", 12.0),
    Spelling("vjp(f, x)", "vjp(f)(2.0)(1.0)", 12.0),
    Spelling("jacobian(f, x)", "autograd.jacobian(f)(2.0)", 12.0),
    Spelling("jax.lax.scan(step, init, xs)", "autograd.scan(lambda c, x: (c * v + x, c), 0.0, np.ones(3))[0]", 7.0,
             "whose carry is of floats: ints and bools in it become such"),
    Spelling("jax.lax.while_loop(go, step, init)", "autograd.while_loop(lambda x: x < 9.0, lambda x: x * v, 1.0)", 16.0,
             "which has reverse mode, too"),
    Spelling("jax.lax.fori_loop(0, 3, step, init)", "autograd.scan(lambda c, i: (c * v + i, None), 0.0, np.arange(3.0))[0]", 4.0),
    Spelling("jax.lax.cond(p, f, g, x)", "autograd.cond(v > 1.0, f, lambda x: -x, v)", 8.0),
    Spelling("torch.cond(p, f, g, (x,))", "autograd.cond(v > 1.0, f, lambda x: -x, v)", 8.0, "with the arguments one by one"),
    Spelling("torch.while_loop(go, step, (x,))", "autograd.while_loop(lambda x: x < 9.0, lambda x: x * v, 1.0)", 16.0,
             "of one carry, which may be a tuple"),
    Spelling("casadi.Function.mapaccum(3)", "autograd.scan(lambda c, x: (c * v + x, c), 0.0, np.ones(3))[1]", (0.0, 1.0, 3.0),
             "the results of all steps"),
    Spelling("scipy.stats.norm.cdf(v)", "autograd.ndtr(v)", 0.9772498680518208),
    Spelling("scipy.special.expit(v)", "autograd.sigmoid(v)", 0.8807970779778823, "though expit(v) works as well"),
    Spelling("brentq(lambda x: x * x - v, 0, 2)", "v**0.5", 2**0.5, "or a step of Newton's method at the root: see the page on SciPy"),
    Spelling("np.testing.assert_allclose(v, 2.0)", "np.testing.assert_allclose(v.data, 2.0)"),
    Spelling("statistics.mean(vs)", "autograd.sum(vs) / len(vs)", 2.5),
    Spelling("json.dumps(v)", "json.dumps(v.data)", "2.0"),
    Spelling("math.exp(v)", "autograd.exp(v)", 7.38905609893065),
)  # fmt: skip


def advice(table: tuple[Spelling, ...], name: str) -> str | None:
    """What the table says of a name, None where it does not have it."""
    return next((row.advice for row in table if name in row.names.split()), None)


def refuse_keywords(given: Iterable[str]) -> NoReturn:
    """Raise the error for keywords of `backward` that are those of another library."""
    name = next(iter(given))
    found = advice(BACKWARD, name)
    raise OperationError(f"backward() has no {name}: {found or 'it takes a seed alone, y.backward(1.0)'}")


class Elsewhere:
    """A finder of modules that are in another library of the name autograd: importing one raises an error with the spelling used here."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> None:
        """Raise the error for such a module, and find no other."""
        package, _, module = name.partition(".")
        if package == "autograd" and (found := advice(AUTOGRAD, module)):
            raise ModuleNotFoundError(f"autograd has no {module}: {found}", name=name)


def unknown(owner: str, table: tuple[Spelling, ...], name: str, obj: Any) -> NoReturn:
    """Raise the error for a name that a package or an object does not have; where `from … import` asks, an ImportError with the advice."""
    found = advice(table, name)
    whose = f"module {owner!r}" if isinstance(obj, ModuleType) else f"{type(obj).__name__!r} object"  # in Python's words
    message = f"{owner} has no {name}: {found}" if found else f"{whose} has no attribute {name!r}"
    frame = sys._getframe(2)  # noqa: SLF001  # only the instruction of the caller tells
    if found and frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"]:
        raise ImportError(message, name=name)
    raise AttributeError(message, name=name, obj=obj)
