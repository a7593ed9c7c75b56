"""The same random graphs against PyTorch and JAX, and where the three differ on purpose: `pytest -m oracle`, extra `oracle`."""

import functools
import importlib.util
import math

import pytest
from graphs import OURS, exact, graphs
from hypothesis import HealthCheck, given, settings
from mpmath import mp
from operations import same

from autograd import TABLE, Value, grad, gradient, ops

pytestmark = pytest.mark.oracle
nan = math.nan


def torch_calls():
    import torch

    t = lambda x: x if isinstance(x, torch.Tensor) else torch.tensor(x, dtype=torch.float64)  # noqa: E731  # one line of glue
    functions = {name: getattr(torch, name) for name in ("maximum", "minimum", "hypot", "atan2", "where", "stack", "logsumexp")}
    named = {name: getattr(torch, name) for name in UNARY}
    own = {
        "softplus": lambda x: torch.nn.functional.softplus(x, threshold=700.0),
        "relu": torch.relu,
        "stop_gradient": lambda x: x.detach(),
        "sigmoid": torch.sigmoid,
        "erf": torch.erf,
        "sign": torch.sign,
        "cbrt": lambda x: torch.sign(x) * torch.abs(x) ** (1.0 / 3.0),
        "gelu": torch.nn.functional.gelu,
        "silu": torch.nn.functional.silu,
        "logaddexp": torch.logaddexp,
        "floordiv": lambda a, b: torch.floor_divide(a.detach(), b.detach()),
        "mod": torch.remainder,
        "mills": lambda n, x: float("nan") * n * x,  # which nobody else has
        "gamma": lambda x: torch.exp(torch.lgamma(x)),  # of a positive number
    } | {name: getattr(torch.special, name.replace("lgamma", "gammaln")) for name in SPECIAL}
    return calls(t, functions, named | own, lambda x: functions["logsumexp"](functions["stack"](x), 0))


def jax_calls():
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # jax's own signature
    functions = {name: getattr(jnp, name) for name in ("maximum", "minimum", "hypot", "where")} | {"atan2": jnp.arctan2}
    named = {name: getattr(jnp, name.replace("asin", "arcsin").replace("acos", "arccos").replace("atan", "arctan")) for name in UNARY}
    own = {
        "softplus": jax.nn.softplus,
        "relu": jax.nn.relu,
        "stop_gradient": jax.lax.stop_gradient,
        "sigmoid": jax.nn.sigmoid,
        "erf": jax.scipy.special.erf,
        "sign": jnp.sign,
        "cbrt": jnp.cbrt,
        "gelu": lambda x: jax.nn.gelu(x, approximate=False),
        "silu": jax.nn.silu,
        "logaddexp": jnp.logaddexp,
        "floordiv": jnp.floor_divide,
        "mod": jnp.remainder,
        "mills": lambda n, x: float("nan") * n * x,  # which nobody else has
        "gamma": jax.scipy.special.gamma,
    } | {name: getattr(jax.scipy.special, name.replace("lgamma", "gammaln")) for name in SPECIAL if name != "erfcx"}
    own["erfcx"] = lambda x: jnp.exp(x * x) * jax.scipy.special.erfc(x)
    return calls(jnp.asarray, functions, named | own, lambda x: jax.scipy.special.logsumexp(jnp.stack(x)))


UNARY = [
    "sqrt",
    "exp",
    "expm1",
    "log",
    "log1p",
    "tanh",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "abs",
    "exp2",
    "log2",
    "log10",
    "asinh",
    "acosh",
    "atanh",
    "floor",
    "ceil",
    "round",
]
SPECIAL = ["erfc", "erfcx", "ndtr", "log_ndtr", "erfinv", "lgamma", "digamma", "zeta", "ndtri"]


def calls(number, f, unary, logsumexp):
    """Each operation of a graph in another library's words."""
    where, maximum, minimum = f["where"], f["maximum"], f["minimum"]
    table = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "neg": lambda a: -a,
        "pow": lambda a, b: a**b,
        "powc": lambda a, b: a**b,
        "sum": lambda *x: sum(x[1:], start=x[0]),
        "dot": lambda a, b, c, d: a * c + b * d,
        "logsumexp": lambda *x: logsumexp(x),
        "leaky_relu": lambda x, slope: where(x > 0, x, slope * x),
        "atan2": f["atan2"],
        "hypot": f["hypot"],
        "norm": lambda *x: sum(a * a for a in x) ** 0.5,
        "step": lambda a, b: where(a > b, number(1.0), number(0.0)),
        "less": lambda a, b: where(a < b, number(1.0), number(0.0)),
        "less_equal": lambda a, b: where(a <= b, number(1.0), number(0.0)),
        "equal": lambda a, b: where(a == b, number(1.0), number(0.0)),
        "where": lambda a, b, c: where(a > 0, b, c),
        "maximum": lambda *x: functools.reduce(maximum, x),
        "minimum": lambda *x: functools.reduce(minimum, x),
        "clip": lambda x, low, high: minimum(maximum(x, low), high),
    }
    return {name: lambda *x, call=call: call(*map(number, x)) for name, call in (table | unary).items()}


def by_torch(f, point):
    import torch

    x = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in point]
    found = torch.autograd.grad(f(*x), x, allow_unused=True)
    return [0.0 if g is None else float(g) for g in found]


def by_jax(f, point):
    import jax

    return [float(g) for g in jax.grad(lambda x: f(*x))([jax.numpy.asarray(a) for a in point])]


LIBRARIES = [
    pytest.param(
        make, gradient_, id=name, marks=pytest.mark.skipif(importlib.util.find_spec(name) is None, reason=f"{name} is not installed")
    )
    for name, make, gradient_ in (("torch", torch_calls, by_torch), ("jax", jax_calls, by_jax))
]
each_library = pytest.mark.parametrize(("make", "their_gradient"), LIBRARIES)


@each_library
def test_random_graphs(make, their_gradient):
    """Both round, so the error allowed is twice ours and as much for their functions, which promise less."""
    theirs = make()
    assert set(theirs) == set(TABLE)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(graphs(most=40, names=tuple(TABLE.keys() - {"digamma", "gamma", "mills"})))  # PyTorch has digamma to 5e-10 only
    def check(graph):
        leaves = [Value(x) for x in graph.inputs]
        y = graph.run(leaves)
        with mp.workdps(50):
            errors = exact(y, leaves).errors
        got = [g.data for g in gradient(y, leaves)]
        expected = their_gradient(lambda *x: graph.run(x, theirs), graph.inputs)
        assert all(abs(a - b) <= 32 * e for a, b, e in zip(got, expected, errors, strict=True)), (got, expected, errors)

    check()


# Where conventions differ: operation, point, the gradients of ours, of PyTorch and of JAX; their `clip` is composed of minimum and maximum.
DIFFERENT = [
    ("abs", (0.0,), [0.0], [0.0], [1.0]),
    ("hypot", (0.0, 0.0), [0.0, 0.0], [nan, nan], [0.5, 0.5]),
    ("atan2", (0.0, 0.0), [0.0, 0.0], [0.0, 0.0], [nan, nan]),
    ("pow", (0.0, 0.0), [0.0, 0.0], [0.0, 0.0], [nan, 0.0]),
    ("maximum", (3.0, 3.0, 3.0), [1 / 3, 1 / 3, 1 / 3], [0.25, 0.25, 0.5], [0.25, 0.25, 0.5]),
    ("clip", (1.0, -1.0, 1.0), [0.0, 0.0, 0.0], [0.5, 0.0, 0.5], [0.5, 0.0, 0.5]),
    ("clip", (-1.0, -1.0, 1.0), [0.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.5, 0.5, 0.0]),
    ("leaky_relu", (0.0, 2.0), [1.0, 0.0], [2.0, 0.0], [2.0, 0.0]),
    ("relu", (nan,), [nan], [1.0], [0.0]),
    ("tanh", (20.0,), [4.0 * math.exp(-40.0)], [0.0], [0.0]),
]
# And where one might expect that they do, but all agree.
ALIKE = [("relu", (0.0,)), ("maximum", (1.0, 1.0, 0.0)), ("pow", (0.0, 2.0)), ("pow", (-2.0, 3.0)), ("log", (0.0,)), ("sqrt", (0.0,))]


def all_three(f_ours, f, point, their_gradient):
    leaves = [Value(x) for x in point]
    return [g.data for g in gradient(f_ours(*leaves), leaves)], their_gradient(f, point)


@each_library
@pytest.mark.parametrize(("name", "point", "ours", "torch", "jax"), DIFFERENT)
def test_where_conventions_differ(make, their_gradient, name, point, ours, torch, jax):
    expected = torch if make is torch_calls else jax
    got, theirs = all_three(OURS[name], make()[name], point, their_gradient)
    assert all(same(a, b) or a == pytest.approx(b, rel=1e-15, abs=0.0) for a, b in zip(got, ours, strict=True)), got
    assert all(map(same, theirs, expected)), theirs
    assert not all(map(same, got, theirs)) or expected == ours


@each_library
@pytest.mark.parametrize(("name", "point"), ALIKE)
def test_where_conventions_agree(make, their_gradient, name, point):
    got, theirs = all_three(OURS[name], make()[name], point, their_gradient)
    assert all(map(same, got, theirs)), (got, theirs)


@each_library
def test_a_branch_not_taken_is_absent_here_and_nan_there(make, their_gradient):
    call = make()
    got, theirs = all_three(
        lambda x: ops.where(x > 0.0, ops.log(x), 0.0), lambda x: call["where"](x, call["log"](x), 0.0), (0.0,), their_gradient
    )
    assert got == [0.0]
    assert math.isnan(theirs[0])


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "atan", "erf", "sqrt", "log1p", "asin", "tan"])
@pytest.mark.parametrize("x", [0.1, 0.5, 0.9])
def test_second_derivatives(name, x):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    t = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(torch_calls()[name](t), t, create_graph=True)
    (second,) = torch.autograd.grad(first, t)
    assert grad(grad(TABLE[name]))(x) == pytest.approx(float(second), rel=1e-13)
