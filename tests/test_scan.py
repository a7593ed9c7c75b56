"""scan, while_loop and cond: against the same loops run by Python, closed forms, and PyTorch's recurrent cells."""

import copy
import pickle
import sys

import numpy as np
import pytest
import sympy
from checkout import ROOT

from autograd import (
    Program,
    Value,
    cond,
    detect_anomaly,
    dot,
    grad,
    gradcheck,
    hessian,
    hvp,
    jit,
    jvp,
    leaves,
    no_grad,
    scan,
    sin,
    sqrt,
    tanh,
    to_sympy,
    value_and_grad,
    vmap,
    where,
    while_loop,
)
from autograd.errors import AnomalyError, LengthError
from autograd.program import lanes, loop

sys.path.insert(0, str(ROOT / "tests" / "tools"))
from fuzz_loops import differences

pytestmark = [pytest.mark.any_python]

RANDOM = np.random.default_rng(17)


def close(found, expected, rtol=1e-11):
    np.testing.assert_allclose(np.array(found, dtype=float), expected, rtol=rtol, atol=1e-13)


@pytest.mark.any_python
@pytest.mark.parametrize("first", range(0, 50, 10))
def test_random_loop_programs_agree_with_python(first):
    for seed in range(first, first + 10):
        assert differences(seed, quick=True) == [], seed


def test_a_power_and_its_derivatives():
    def power(r, n=9):
        return scan(lambda v, _: (v * r, v), 1.0, length=n)[0]

    for outer in (lambda f: f, jit):
        close(outer(power)(1.5), 1.5**9)
        close(outer(grad(power))(1.5), 9 * 1.5**8)
        close(outer(grad(grad(power)))(1.5), 72 * 1.5**7)
        close(outer(grad(grad(grad(power))))(1.5), 504 * 1.5**6)
        close(outer(jvp(lambda r: jvp(power)(r, 1.0)))(1.5, 2.0), 2 * 72 * 1.5**7)
    r = np.linspace(0.5, 1.5, 7)
    close(vmap(grad(grad(power)))(r), 72 * r**7)
    close(grad(vmap(power, reduce="sum"))(r), 9 * r**8)
    gradcheck(power, 1.5)


def test_what_is_captured_is_differentiated_and_the_graph_is_joined():
    a, b = Value(2.0), Value(0.5)
    total, ys = scan(lambda c, x: (a * c + x, c * b), b, np.array([1.0, 2.0]))
    (total * ys[1]).backward()
    # total = a²b + a + 2, ys[1] = (ab + 1) b
    y, u = 4 * 0.5 + 2 + 2, (2 * 0.5 + 1) * 0.5
    close([a.grad, b.grad], [(2 * 2 * 0.5 + 1) * u + y * 0.25, 4.0 * u + y * (2 * 2 * 0.5 + 1)])
    with no_grad():
        assert not scan(lambda c, x: (a * c + x, None), b, np.ones(2))[0].args


@pytest.mark.parametrize("size", [3, 70])  # entries as numbers, and arrays as a whole
def test_structures_of_arrays(size):
    w, h = RANDOM.normal(size=size), RANDOM.normal(size=size)

    def f(w, way):
        def step(carry, x):
            new = np.tanh(w * carry["h"]) + x["a"]
            return {"h": new, "k": carry["k"] + 1}, {"sum": np.sum(new * carry["h"]), "h": new}

        if way == "scan":
            carry, ys = scan(step, {"h": h, "k": 0}, {"a": np.array([0.1, 0.2, 0.3])})
            return np.sum(carry["h"]) + np.sum(ys["sum"]) + np.sum(ys["h"] * ys["h"]) + carry["k"]
        carry, total = {"h": h, "k": 0}, 0.0
        for a in (0.1, 0.2, 0.3):
            carry, y = step(carry, {"a": a})
            total = total + y["sum"] + np.sum(y["h"] * y["h"])
        return np.sum(carry["h"]) + total + carry["k"]

    for outer in (lambda f: f, jit):
        close(outer(lambda w: f(w, "scan"))(w), f(w, "python"))
        close(outer(grad(lambda w: f(w, "scan")))(w), grad(lambda w: f(w, "python"))(w))
        close(outer(hvp(lambda w: f(w, "scan")))(w, h), hvp(lambda w: f(w, "python"))(w, h))


def test_no_step_at_all():
    def f(a):
        carry, ys = scan(lambda c, x: (c * x, (c > 1.0, c)), a, np.ones(0))
        return carry * 3.0 + np.sum(ys[1])

    for outer in (lambda f: f, jit):
        assert (outer(f)(2.0), outer(grad(f))(2.0)) == (6.0, 3.0)
    assert scan(lambda c, _: (c, [c, None]), 1.0, np.ones((0, 2)))[1][0].shape == (0,)
    slope = grad(lambda x: while_loop(lambda x: x < 0.0, lambda x: 2.0 * x, x))
    assert (slope(3.0), jit(slope)(3.0), vmap(slope)(np.array([3.0, 4.0])).tolist()) == (1.0, 1.0, [1.0, 1.0])


def test_results_of_bools_and_steps_that_are_not_taken():
    flags = scan(lambda c, x: (c + x, c > 1.0), 0, np.ones(4))[1]
    assert flags.dtype == bool
    assert flags.tolist() == [False, False, True, True]

    def f(p):  # the derivative of each root is infinite, and none is taken
        (a, _), _ = scan(lambda c, x: ((where(x > 0.5, c[1], c[0]), sqrt(c[1] - p)), None), (p, p), np.array([1.0, 0.0, 0.0]))
        return where(p > 10.0, scan(lambda c, x: (sqrt(c - x), None), p, np.ones(3))[0], a)

    for g in (grad(f), jit(grad(f)), lambda p: vmap(grad(f))(np.array([p, p]))[1]):
        assert g(1.0) == 1.0
    assert jit(hessian(f))(1.0) == 0.0


@pytest.mark.parametrize("steps", [36, 37, 64])
def test_checkpoints_change_no_digit_that_counts(steps, monkeypatch):
    def f(p):
        (u, _), ys = scan(lambda c, x: ((sin(c[0] * p) + x * c[1], c[1] * 0.9), c[0]), (p, 1.0), np.linspace(0.0, 1.0, steps))
        return u + np.sum(ys * ys)

    p = np.array([0.7, 0.2])
    expected = grad(f)(0.7), jit(hessian(f))(0.7), vmap(grad(f))(p)
    monkeypatch.setattr(loop, "KEPT", 64)
    for found, true in zip((grad(f)(0.7), jit(hessian(f))(0.7), vmap(grad(f))(p)), expected, strict=True):
        close(found, true, rtol=1e-13)


def root(a):
    """Newton's method until a step changes little: then the derivative has converged as well."""
    return while_loop(lambda s: abs(s[1] - s[0]) > 1e-10 * s[0], lambda s: (0.5 * (s[0] + a / s[0]), s[0]), (a, 0.0 * a))[0]


def test_newton_in_lanes_against_the_closed_form():
    a = np.geomspace(1e-5, 1e6, 100_000)
    close(vmap(root)(a), np.sqrt(a), rtol=1e-13)
    close(vmap(grad(root))(a), 0.5 / np.sqrt(a), rtol=1e-12)
    close(jit(grad(lambda s: vmap(lambda a: root(s * a), reduce="sum")(a)))(1.0), np.sum(0.5 * np.sqrt(a)))
    few = a[::1000]
    close(vmap(grad(grad(root)))(few), -0.25 * few**-1.5, rtol=1e-8)
    close(hvp(vmap(root, reduce="sum"))(few, np.ones(100)), -0.25 * few**-1.5, rtol=1e-8)
    for outer in (lambda f: f, jit):
        close([outer(grad(root))(x) for x in (2.0, 1e4, 3e-6)], [0.5 / x**0.5 for x in (2.0, 1e4, 3e-6)])


def test_conditions_with_and_and_lanes_of_different_lengths():
    def f(a):
        return while_loop(lambda s: s[0] < 5 and s[1] < 30.0, lambda s: (s[0] + 1, s[1] * 2.0), (0, a))[1]

    a = np.array([1.0, 20.0, 40.0])
    assert [f(x) for x in a] == [32.0, 40.0, 40.0] == vmap(f)(a).tolist() == [jit(f)(x) for x in a]
    assert vmap(grad(f))(a).tolist() == [32.0, 2.0, 1.0]


@pytest.mark.oracle
def test_a_recurrent_cell_over_sequences_of_different_lengths_against_pytorch():
    torch = pytest.importorskip("torch")
    count, most, width, inner = 5, 7, 3, 4
    xs, lengths = RANDOM.normal(size=(count, most, width)), np.array([7, 3, 5, 1, 6])
    w, u, b = RANDOM.normal(size=(inner, width)) * 0.5, RANDOM.normal(size=(inner, inner)) * 0.5, RANDOM.normal(size=inner)

    def last(p, x, n):
        def step(carry, x):
            k, h = carry
            new = np.tanh(p["w"] @ x + p["u"] @ h + p["b"])
            return (k + 1.0, np.array([where(k < n, a, b) for a, b in zip(new, h, strict=True)])), None

        return scan(step, (0.0, np.zeros(inner)), x)[0][1]

    def loss(p):
        h = vmap(last, in_axes=(None, 0, 0))(p, xs, lengths.astype(float))
        return np.sum(h * h)

    cell = torch.nn.RNN(width, inner, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        for name, x in (("weight_ih_l0", w), ("weight_hh_l0", u), ("bias_ih_l0", b), ("bias_hh_l0", np.zeros(inner))):
            getattr(cell, name).copy_(torch.tensor(x))
    packed = torch.nn.utils.rnn.pack_padded_sequence(torch.tensor(xs), torch.tensor(lengths), batch_first=True, enforce_sorted=False)
    expected = (cell(packed)[1] ** 2).sum()
    p, own = {"w": w, "u": u, "b": b}, (cell.weight_ih_l0, cell.weight_hh_l0, cell.bias_ih_l0)
    along = {name: RANDOM.normal(size=x.shape) for name, x in p.items()}
    first = torch.autograd.grad(expected, own, create_graph=True)
    product = sum((g * torch.tensor(d)).sum() for g, d in zip(first, along.values(), strict=True))
    second = torch.autograd.grad(product, own, retain_graph=True)
    for name, found in jit(hvp(loss))(p, along).items():
        close(found, second[list(p).index(name)].numpy())
    expected.backward()
    for outer in (lambda f: f, jit):
        value, gradient = outer(value_and_grad(loss))(p)
        close(value, expected.item())
        close(gradient["w"], cell.weight_ih_l0.grad.numpy())
        close(gradient["u"], cell.weight_hh_l0.grad.numpy())
        close(gradient["b"], cell.bias_ih_l0.grad.numpy())


def test_cond_takes_one_branch():
    def f(x):
        return cond(x > 0.0, lambda x: sqrt(x) * x, lambda x: x * x, x)

    x = np.array([4.0, -3.0, 1.0, -1.0])
    slope, curvature = np.where(x > 0, 1.5 * np.sqrt(np.abs(x)), 2 * x), np.where(x > 0, 0.75 / np.sqrt(np.abs(x)), 2.0)
    close(vmap(f)(x), np.where(x > 0, np.abs(x) ** 1.5, x * x))
    close(vmap(grad(f))(x), slope)
    close(jit(vmap(hessian(f)))(x), curvature)
    once = jit(grad(f))
    close([once(a) for a in x], slope)
    close([jit(jvp(grad(f)))(a, 1.0) for a in x], curvature)
    assert cond(0.0, lambda: 1.0, lambda: 2.0) == 2.0
    with pytest.raises(LengthError, match="expected the same structure and shapes"):
        jit(lambda x: cond(x > 0.0, lambda x: [x], lambda x: x, x))(1.0)


def test_an_anomaly_in_a_loop_names_the_line():
    with detect_anomaly(), pytest.raises(AnomalyError, match="sqrt"):
        grad(lambda p: scan(lambda c, _: (sqrt(c - 1.0), None), p, length=3)[0])(1.5)


def test_copies_and_pickles():
    a = Value(1.3)
    y = scan(lambda c, x: (sin(c * a) + x, c), a, np.array([0.1, 0.2]))[0] * while_loop(lambda v: v < 9.0, lambda v: v * a, a)
    y.backward()
    for twin in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        twin.backward()
        assert twin.data == y.data
        assert [v.grad for v in leaves(twin)] == [2.0 * v.grad for v in leaves(y)]  # the copy has the gradient from before


def test_programs_formulas_and_explain_take_a_loop(monkeypatch):
    a = Value(0.5)
    y = scan(lambda c, x: (c * a + x, None), 1.0, np.array([1.0, 2.0]))[0] + while_loop(lambda c: c < 3.0, lambda c: c * (a + 1.5), 1.0)
    program = Program([y], [a])
    close(program([0.75]), [0.75**2 + 0.75 + 2.0 + 2.25**2])
    close(program.gradient()([0.75, 1.0]), [1.5 + 1.0 + 2 * 2.25])
    close(program([np.array([0.5, 0.75])])[0], [0.25 + 0.5 + 2.0 + 4.0, 0.75**2 + 0.75 + 2.0 + 2.25**2])
    assert sympy.simplify(to_sympy(y, names={a: "a"}) - sympy.sympify("a**2 + a + 2 + (a + 1.5)**2")) == 0
    f = jit(lambda a: scan(lambda c, x: (c * a + x, None), 1.0, np.ones(5))[0])
    f(0.5)
    assert "a loop, 5 times, with 1 carry (1 number), of 2 operations" in str(f.explain())
    f = jit(grad(lambda a: scan(lambda c, x: ((sin(c[0] * a + c[1]), c[1] + x), None), (a, 0.0), np.ones(500))[0][0]))
    f(0.5)
    for text in (str(f.explain()), f.explain()._repr_html_()):
        assert "a loop, 500 times, with 2 carries (2 numbers), of 4 operations" in text
        assert "reverse mode keeps the carries of all steps: 8 kB at most." in text
    monkeypatch.setattr(loop, "KEPT", 4000)
    assert "reverse mode keeps checkpoints, the carry of every 125 steps, and those between two at a time: 2.06 kB" in str(f.explain())


def test_a_dense_step_with_dot():
    w = RANDOM.normal(size=(2, 2)) * 0.4

    def f(w, run):
        c = [0.3, -0.2]
        if run is None:
            for _ in range(8):
                c = [tanh(dot(row, c)) for row in w]
        else:
            c = run(lambda c, _: ([tanh(dot(row, c)) for row in w], None), c, length=8)[0]
        return c[0] * c[1]

    close(jit(hessian(lambda w: f(w, scan)))(w), hessian(lambda w: f(w, None))(w))


@pytest.mark.skipif(lanes.kernel is None, reason="the kernel was not built")
def test_the_kernel_refuses_arrays_that_do_not_fit():
    a, x = Value(1.0), Value(2.0)
    p = Program([a * x, a + x], [a, x])
    plan = lanes.kernel.Plan(p.codes, p.starts, p.args, p.constants, 2, p.outputs, np.zeros(2, np.uint8), np.zeros(2, np.uint8))
    carry, xs, ys = np.ones(1), np.array([[2.0], [3.0]]), np.empty((2, 1))
    assert plan.loop(2, carry, [xs], [ys], backwards=True) == 2
    assert (carry.tolist(), ys.tolist()) == ([6.0], [[5.0], [4.0]])
    cases = [
        ((2, np.ones(3), [xs], [ys]), "carry of another kind or length"),
        ((2, np.ones(1, np.float32), [xs], [ys]), "carry of another kind or length"),
        ((3, np.ones(1), [xs], [ys]), "whose first axis is not the lanes"),
        ((2, np.ones(1), [], [ys]), "inputs"),
        ((2, np.ones(1), [xs], [np.empty(1)]), "outputs without a row for each step"),
        ((-1, np.ones(1), [np.ones((1, 1))], [np.empty((1, 1))]), "without a length"),
        ((-1, np.ones(0), [xs], [ys]), "one where there is no length"),
    ]
    for given, words in cases:
        with pytest.raises(ValueError, match=words):
            plan.loop(*given)


def test_pickled_outputs_of_one_call_stay_together():
    v = [Value(0.7), Value(1.3)]
    ys = scan(lambda c, x: (c * sin(x) + v[1], c * x), v[0], np.linspace(0.1, 1.0, 200))[1]
    program = Program(list(ys), v)
    data = pickle.dumps(program)
    again = pickle.loads(data)
    assert again.to_c("f") == program.to_c("f")
    assert again([0.5, 0.2]) == program([0.5, 0.2])
    assert len(data) < 100_000
