"""Functions inside PyTorch and JAX, by the gradient checks of these; and the page about it, which is run."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from checkout import ROOT
from scipy import stats

import autograd
import nn
from autograd import Op, Value, cond, exp, interop, maximum, scan, vmap, where, while_loop
from autograd.errors import GradientLostError, OperationError

PAGE = ROOT / "docs" / "use" / "frameworks.md"

pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")]  # by torch itself


@pytest.fixture(scope="module", autouse=True)
def frameworks():
    """The two, where the tests run that want them."""
    global torch, jax, jnp, check_grads  # as imports would
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # its spelling
    jnp, check_grads = jax.numpy, pytest.importorskip("jax.test_util").check_grads


def euler(x, steps=60):
    s = x
    for _ in range(steps):
        s = s - 0.01 * (s * s * s - x)
    return s


CUBE = Op("cube", lambda _xp, x: float(x) ** 3, lambda _y, x: (3.0 * x * x,))  # a black box of single floats
X3, X80 = np.array([0.3, 0.5, 0.7]), np.linspace(-1.0, 1.0, 80)
FUNCTIONS = {
    "arrays": (lambda x: x[0] ** 2 * x[1] + np.sin(x).sum(), [X3]),
    "numbers": (lambda a, b: a * exp(b) / (a + b), [0.7, 1.2]),
    "matrix": (lambda w, x: np.tanh(w @ x), [X3.reshape(1, 3).repeat(2, 0) * [[1.0], [2.0]], X3]),
    "special": (lambda x: autograd.ndtr(x) * autograd.erfcx(x), [1.3]),
    "branch": (lambda x, y: x * x * y if x * y > 0.0 else -x, [-2.0, -3.0]),
    "lanes": (vmap(lambda a, x: a * exp(-a * x * x), (None, 0)), [1.5, X3]),
    "sum": (vmap(lambda a, x: a * exp(-a * x * x), (None, 0), reduce="mean"), [1.5, X80]),
    "paths": (vmap(lambda a, x: a * x * x if x > 0.1 else a * a * x, (None, 0), reduce="sum"), [1.5, X3 - 0.45]),
    "loop": (euler, [0.5]),
    "scan": (lambda x: scan(lambda c, a: (c * a, c + a), x[0], x)[1], [X3]),
    "while": (lambda x: while_loop(lambda c: c[0] < 10.0, lambda c: (c[0] * 2.0 + x, c[1] + 1.0), (x, 0.0))[0], [1.1]),
    "cond": (lambda x: cond(x > 0.2, lambda x: x * x, lambda x: -x, x), [0.6]),
    "jitted": (autograd.jit(lambda x: x**3), [1.4]),
    "gradient": (autograd.grad(lambda x: (x**3).sum()), [X3]),
    "lanes of lanes": (vmap(lambda x: vmap(lambda y: x * y * y, reduce="sum")(x * X3), reduce="mean"), [X3]),
    "black box": (lambda x: CUBE(x) * x, [0.8]),
}
FIRST = {"black box"}  # which has no second derivative


@pytest.mark.parametrize("name", FUNCTIONS)
def test_pytorch(name):
    f, given = FUNCTIONS[name]
    made = interop.torch(f)
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in given]
    np.testing.assert_allclose(made(*tensors).detach().numpy(), f(*given), rtol=1e-14)
    assert torch.autograd.gradcheck(made, tensors, check_forward_ad=True, fast_mode=max(map(np.size, given)) > 10)
    if name not in FIRST:
        assert torch.autograd.gradgradcheck(made, tensors, fast_mode=max(map(np.size, given)) > 10)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_jax(name):
    f, given = FUNCTIONS[name]
    made = interop.jax(f)
    np.testing.assert_allclose(made(*given), f(*given), rtol=1e-12)
    np.testing.assert_allclose(jax.jit(made)(*given), f(*given), rtol=1e-12)
    check_grads(made, given, order=1 if name in FIRST else 2, rtol=1e-4, atol=1e-5)
    lanes = [np.stack([x, x * 1.1, x * 0.9]) for x in map(np.asarray, given)]
    expected = np.stack([f(*[x[k].tolist() if not x[k].ndim else x[k] for x in lanes]) for k in range(3)])
    np.testing.assert_allclose(jax.jit(jax.vmap(made))(*lanes), expected, rtol=1e-12)
    if name in {"paths", "cond", "matrix"}:  # what is run over lanes in three ways
        along = tuple(range(len(given)))
        alone = jax.jacrev(jax.jacfwd(made, along), along)(*[x[1] for x in lanes])
        at_once = jax.vmap(jax.jacfwd(jax.jacrev(made, along), along))(*lanes)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a[1], b, rtol=1e-9, atol=1e-12), at_once, alone)


@pytest.mark.parametrize(
    ("f", "points"),
    [
        (autograd.lgamma, [0.1, 0.5, 1.0, 2.0, 3.7, 40.0, 1e5, -0.5, -2.3]),
        (autograd.log_ndtr, [-40.0, -12.0, -3.0, -0.1, 0.0, 1.3, 6.0, 30.0]),  # JAX's own has 7 digits at 6, and 12 at -40
    ],
)
def test_log_gamma_and_log_ndtr_by_operations_of_jax(f, points):
    made, own = interop.jax(f), f
    for _ in range(3):
        assert "callback" not in jax.jit(made).lower(1.0).as_text()
        np.testing.assert_allclose([jax.jit(made)(x) for x in points], [own(x) for x in points], rtol=1e-13)
        made, own = jax.grad(made), autograd.grad(own)


def test_small_programs_are_native_and_others_are_called():
    def text(f, *x):
        return jax.jit(interop.jax(f)).lower(*x).as_text()

    rolled = text(lambda x: euler(x, 15_000), 0.5)
    assert "callback" not in rolled
    assert "while" in rolled
    assert len(rolled) < 10_000  # the body once
    assert "callback" not in text(euler, 0.5)
    assert "callback" in text(FUNCTIONS["branch"][0], 1.0, 2.0)
    assert "callback" in text(CUBE, 1.0)


def test_structures_and_dtypes():
    def f(d, s, n, name="w"):
        return {"y": d[name] * s, "n": n + 1, "even": [d[name] < 0.5, None]}

    d, t = {"w": X3}, {"w": torch.tensor(X3, dtype=torch.float32, requires_grad=True)}
    found = interop.torch(f)(t, torch.tensor(2.0), 3, name="w")
    assert found["y"].dtype is torch.float32
    assert (found["n"].item(), found["even"][1], found["even"][0].tolist()) == (4, None, [True, False, False])
    assert interop.torch(f)(t, torch.tensor(2.0, dtype=torch.float64), 3)["y"].dtype is torch.float64
    own = interop.jax(f)(d, jnp.float32(2.0), 3)
    assert own["y"].dtype == jnp.float64
    assert own["even"][0].tolist() == [True, False, False]
    assert interop.jax(f)({"w": jnp.float32(X3)}, jnp.float32(2.0), 3)["y"].dtype == jnp.float32
    labels = interop.torch(nn.cross_entropy)
    z = torch.tensor(X3, dtype=torch.float64, requires_grad=True)
    wanted = torch.nn.functional.cross_entropy(z[None], torch.tensor([1]))
    np.testing.assert_allclose(labels(z, torch.tensor(1)).item(), wanted.item(), rtol=1e-15)


def test_edges_are_those_of_the_table():
    """Also in native operations: a branch that was not taken is absent, at a tie of a maximum both share."""
    f = interop.jax(lambda x: where(x > 0.0, 1.0 / x, 0.0) + maximum(x, 2.0 * x))
    assert jax.grad(f)(0.0) == 1.5
    x = torch.tensor(0.0, requires_grad=True)
    interop.torch(lambda x: where(x > 0.0, 1.0 / x, 0.0) + maximum(x, 2.0 * x))(x).backward()
    assert x.grad == 1.5


def test_modules_train():
    model = nn.MLP(2, [3, 1], activation=nn.tanh, init=nn.xavier(seed=1))
    before, x = model([0.2, 0.3]).data, [0.2, 0.3]
    default = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # that of the parameters
    own, layer = interop.jax(model), interop.torch(model)
    torch.set_default_dtype(default)
    np.testing.assert_allclose([own(jnp.array(x)), layer(torch.tensor(x, dtype=torch.float64)).item()], before, rtol=1e-14)
    layer(torch.tensor(x, dtype=torch.float64)).backward()
    model(x).backward()
    wanted = [p.grad for p in model.parameters()]
    np.testing.assert_allclose(jax.grad(own.apply)(own.params, jnp.array(x)), wanted, rtol=1e-12)
    np.testing.assert_allclose(layer.numbers.grad, wanted, rtol=1e-12)
    torch.optim.SGD(layer.parameters(), lr=0.1).step()
    assert layer.write_back() is model
    np.testing.assert_allclose(model(x).data, layer(torch.tensor(x, dtype=torch.float64)).item(), rtol=1e-14)


def test_what_is_captured_is_read_anew_and_values_are_refused():
    held = {"a": 2.0}
    for made in (interop.torch(lambda x: x * held["a"]), interop.jax(lambda x: x * held["a"])):
        one = torch.tensor(1.0) if made.__class__.__module__.endswith("torch") else jnp.array(1.0)
        held["a"] = 2.0
        assert made(one) == 2.0
        held["a"] = 3.0
        assert made(one) == 3.0
    v = Value(2.0)
    for given, made in ((torch.tensor(1.0), interop.torch(lambda x: x * v)), (jnp.array(1.0), interop.jax(lambda x: x * v))):
        with pytest.raises(GradientLostError, match=r"make these Values arguments"):
            made(given)
    with pytest.raises(OperationError, match="expected a function"):
        interop.torch(3.0)
    with pytest.raises(OperationError, match=r"give its parts, x\.real and x\.imag"):
        interop.torch(lambda x: x)(torch.tensor(1j))


LARGE = """
import os
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import jax, jax.numpy as jnp
from autograd import interop, vmap

jax.config.update("jax_enable_x64", True)
f = interop.jax(vmap(lambda x: x * x if x > 0.0 else -x))

@jax.jit
def run(X):
    return jax.lax.scan(lambda c, x: (c + f(x + c), f(x - c).sum()), jnp.zeros(200_000), X)

for _ in range(3):
    c, s = run(jnp.full((20, 200_000), 1e-3))
print(float(c[0]))
"""


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="there is no way to take cores away")
def test_a_callback_does_not_hang_on_one_core():
    """As `jax.pure_callback` does with these arrays."""
    done = subprocess.run([sys.executable, "-c", LARGE], capture_output=True, text=True, timeout=120, check=True)  # noqa: S603  # as above
    c = 0.0
    for _ in range(20):
        c += (1e-3 + c) ** 2
    np.testing.assert_allclose(float(done.stdout), c, rtol=1e-12)


@pytest.mark.skipif(not PAGE.is_file(), reason="the documents are not here")
def test_the_page_runs_and_its_posterior_is_sampled():
    """By blackjax, against quadrature over mu and tau, where theta is integrated out."""
    text = PAGE.read_text(encoding="utf-8")
    names = {}
    exec("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), names)  # noqa: S102  # our own
    blackjax = pytest.importorskip("blackjax")
    posterior, start = names["posterior"], names["start"]
    key = jax.random.key(1)
    (state, tuned), _ = blackjax.window_adaptation(blackjax.nuts, posterior).run(key, start, num_steps=300)
    step = blackjax.nuts(posterior, **tuned).step
    _, mus = jax.lax.scan(lambda s, k: (own := step(k, s)[0], own.position["mu"]), state, jax.random.split(key, 1500))
    mu, tau = np.meshgrid(np.linspace(-15.0, 20.0, 200), np.linspace(0.01, 60.0, 400), indexing="ij")
    spread = np.hypot(tau[..., None], names["errors"])
    weights = np.exp(
        stats.norm.logpdf(names["effects"], mu[..., None], spread).sum(-1) + stats.norm.logpdf(mu, 0, 5) + stats.cauchy.logpdf(tau, 0, 5)
    )
    mean = (mu * weights).sum() / weights.sum()
    deviation = np.sqrt(((mu - mean) ** 2 * weights).sum() / weights.sum())
    np.testing.assert_allclose(mus.mean(), mean, atol=5.0 * deviation / np.sqrt(len(mus)))
    np.testing.assert_allclose(mus.std(), deviation, rtol=0.15)


def test_without_the_frameworks():
    code = """
import sys
sys.modules["torch"] = sys.modules["jax"] = None
import autograd
for made in (autograd.interop.torch, autograd.interop.jax):
    try:
        made(abs)
    except ImportError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # the line above
    assert "needs PyTorch, which is not installed: install it, python -m pip install torch" in done.stdout
    assert "python -m pip install jax" in done.stdout
