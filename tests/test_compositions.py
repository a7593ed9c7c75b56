"""Random programs with vmap, branches, jitted functions and inner derivatives: see tests/tools/fuzz_programs.py.

The ordinary run has 15 of them, 10 on the Value in Python, `pytest -m fuzz` 5,000 more; `python tests/tools/fuzz_programs.py` shrinks what
fails.
"""

import fuzz_programs
import numpy as np
import pytest
from exact_programs import DIGITS, Unsuitable
from mpmath import mp
from programs import OURS

from autograd import Op, grad, hvp, jacobian, jit, jvp, maximum, norm, ops, sqrt, vmap, where

pytestmark = [pytest.mark.any_python]

ORDINARY = [pytest.param(first, marks=[pytest.mark.any_backend] * (first >= 10)) for first in range(0, 15, 5)]
LONG = [pytest.param(first, marks=pytest.mark.fuzz) for first in range(1000, 6000, 5)]


@pytest.mark.any_python
@pytest.mark.parametrize("first", [*ORDINARY, *LONG])
@pytest.mark.filterwarnings("ignore:.*has been recorded:RuntimeWarning")
def test_derivatives_of_programs_agree_however_they_are_composed(first):
    for seed in range(first, first + 5):
        with mp.workdps(DIGITS):
            assert fuzz_programs.run(seed, over_lanes=seed % 5 == 0) in {None, "unsuitable"}, fuzz_programs.drawn(seed)[0]


def test_most_programs_are_suitable():
    found = []
    for seed in range(20):
        source, _, point = fuzz_programs.drawn(seed)
        with mp.workdps(DIGITS):
            try:
                fuzz_programs.Exact(source, fuzz_programs.POINTS[point], [1.0, 1.0, 1.0], [1.0, 1.0])
            except Unsuitable:
                continue
        found.append(seed)
    assert len(found) >= 10


WRONG = {
    "first order": Op("tanh", lambda xp, x: xp.tanh(x), lambda y, x: (1.0 - y * y + 1e-9 * x,)),
    "second order": Op("tanh", lambda xp, x: xp.tanh(x), lambda y, _: (1.0 - y * float(getattr(y, "data", y)),)),
}


@pytest.mark.parametrize(("order", "where"), [("first order", "jvp, no jit"), ("second order", "")])
def test_a_wrong_derivative_is_found_and_the_program_shrunk(order, where):
    source = "def f(x):\n    x0, x1, x2 = x\n    v1 = x0 * x1\n    v2 = tanh(x2)\n    v3 = v1 + v2\n    return v3 + 0.5 * v2\n"
    names = OURS | {"tanh": WRONG[order]}
    with mp.workdps(DIGITS):
        assert fuzz_programs.check(source, list, 0) is None
        found = fuzz_programs.check(source, list, 0, names=names)
        assert found is not None
        assert found[0].startswith(where)
        short = fuzz_programs.shorter(source, list, 0, found[0], names)
    assert "x0 * x1" not in short
    assert "tanh(x2)" in short


def arms(x):
    return ops.sin(x) if x > 0 else x * x


def masked(x):
    return where(x > 0, sqrt(x), 2.0 * x)


def confused(x):
    """The inner derivative is 1, whatever x is."""
    return x * grad(lambda y: x + y)(1.0)


def levels(x):
    """4 x⁴, by two inner derivatives."""
    return grad(lambda y: grad(lambda z: x * y * z * z * y)(y) * x)(x) * (2.0 / 3.0)


NAN, INF = float("nan"), float("inf")
EDGES = {  # function, points, its gradient there
    "arms": (arms, [1.0, -2.0, -0.0, 0.5], [np.cos(1.0), -4.0, -0.0, np.cos(0.5)]),
    "masked": (masked, [-1.0, 0.0, -0.0, NAN, INF, 4.0], [2.0, 2.0, 2.0, 2.0, 0.0, 0.25]),
    "confused": (confused, [1.0, -2.0], [1.0, 1.0]),
    "levels": (levels, [1.5, -1.0], [54.0, -16.0]),
    "constant": (lambda _: 3.0, [1.0, NAN], [0.0, 0.0]),
    "tie": (lambda x: maximum(x, x * 1.0), [1.0, 0.0], [1.0, 1.0]),
    "norm": (lambda x: norm([x, x]), [0.0, -0.0, 1.0], [0.0, 0.0, np.sqrt(2.0)]),
    "root": (lambda x: x**0.5, [0.0, 4.0], [INF, 0.25]),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_every_composition_gives_the_derivative_at_edges(name):
    f, points, expected = EDGES[name]
    X, ones = np.array(points), np.ones(1)
    single = {
        "grad": grad(f),
        "jit outside": jit(grad(f)),
        "jit inside": grad(jit(f)),
        "jvp": lambda x: jvp(f)(x, 1.0),
        "jit of jvp": lambda x: jit(jvp(f))(x, 1.0),
        "jacobian": jacobian(f),
        "one shared lane": grad(lambda p: vmap(lambda p, _: f(p), in_axes=(None, 0), reduce="sum")(p, ones)),
        "indexed lanes": grad(lambda p: vmap(lambda p, _: f(p), in_axes=(None, 0))(p, ones)[0]),
    }
    for way, g in single.items():
        np.testing.assert_allclose([g(x) for x in points], expected, rtol=1e-14, err_msg=way)
    total, each = vmap(f, reduce="sum"), vmap(f)
    lanes = {
        "vmap": vmap(grad(f)),
        "vmap, jit": jit(vmap(grad(f))),
        "sum": grad(total),
        "jit of sum": jit(grad(total)),
        "sum of lanes": grad(lambda X: np.sum(each(X))),
        "jit inside": grad(lambda X: np.sum(vmap(jit(f))(X))),
        "along t": lambda X: jvp(lambda t: vmap(lambda x, t: f(x) + t * grad(f)(x), in_axes=(0, None))(X, t))(0.0, 1.0),
    }
    for way, g in lanes.items():
        np.testing.assert_allclose(g(X), expected, rtol=1e-14, err_msg=way)
    second = [[h(x, 1.0) for x in points] for h in (hvp(f), jit(hvp(f)), hvp(jit(f)))]
    second += [[grad(grad(f))(x) for x in points], vmap(lambda x: hvp(f)(x, 1.0))(X), vmap(grad(grad(f)))(X)]
    for other in second[1:]:
        np.testing.assert_allclose(other, second[0], rtol=1e-14)
