"""Sums, dots, norms and ties: one rule on floats, Values, columns, one lane and many, at the ends of the range of floats and at zeros."""
# ruff: noqa: S311, S603  # samples, not secrets; our own program

import math
import random
import subprocess
import warnings
from fractions import Fraction

import numpy as np
import pytest
from ccompiler import compiled
from mpmath import mp, mpf
from operations import same

from autograd import Op, Value, grad, gradient, hessian, jit, jvp, ops, value_and_grad, vmap
from autograd.program import lanes as lanes_module
from autograd.program.lanes import BatchedProgram
from autograd.program.program import Program

inf, nan = math.inf, math.nan
LANES = 19
HUGE = (1e308, -1e308, math.nextafter(inf, 0.0), 1e200, -1e200, 1e300, -1e300, 1.0, -2.0, 5e-324, 0.0, -0.0)
SPECIAL = (*HUGE, inf, -inf, nan)

# One sequence for sum, two for dot.
CASES = [
    ([1e308, 1e308, -1e308], None),
    ([1e308, 1e308, -1e308, -1e308, 5e-324], None),
    ([1e308, 1e308, -inf], None),
    ([-0.0], None),
    ([-0.0, 0.0], None),
    ([-2.0, 1e200], [inf, 1e200]),
    ([1e200, 1e200, 1.0], [1e200, -1e200, 1.0]),
    ([2.0**600, 2.0**1023, 2.0**1023, 1.0], [2.0**424, -1.0, -1.0, 1.0]),
    ([1.0, 1e200], [-1.7e308, 1.8e108]),
    ([inf, 1e-300], [1e-300, 0.0]),
    ([0.0, 1e200], [inf, 1e200]),
    ([-0.0, 1.0], [1.0, -0.0]),
]
_rng = random.Random(12)
CASES += [([_rng.choice(pool) for _ in range(n)], None) for pool in (HUGE, SPECIAL) for n in (2, 3, 5, 9) for _ in range(5)]
CASES += [
    ([_rng.choice(pool) for _ in range(n)], [_rng.choice(pool) for _ in range(n)])
    for pool in (HUGE, SPECIAL)
    for n in (1, 2, 3, 5, 9)
    for _ in range(5)
]


def true_sum(ws, xs):
    """By exact fractions: the sum, how large its terms are together, and whether an infinite or undefined term decides."""
    pairs = [(Fraction(1), w) for w in ws] if xs is None else list(zip(ws, xs, strict=True))
    special = [w * x for w, x in pairs if not (math.isfinite(w) and math.isfinite(x))]
    if special:
        return sum(special), 0
    terms = [Fraction(w) * Fraction(x) for w, x in pairs]
    total = sum(terms)
    if total:
        try:
            return float(total), sum(map(abs, terms))
        except OverflowError:
            return (inf if total > 0 else -inf), 0
    return (-0.0 if all(math.copysign(1.0, w * x) < 0.0 for w, x in pairs) and not any(terms) else 0.0), sum(map(abs, terms))


def everywhere(ws, xs):
    """What each kind of number and each way to replay gives."""
    n, numbers = len(ws), np.array([*ws, *(xs or ())])
    op = (lambda x: ops.sum(list(x))) if xs is None else (lambda x: ops.dot(list(x[:n]), list(x[n:])))
    column, lane = [np.array([a, a, a]) for a in numbers], np.tile(numbers, (LANES, 1))
    with np.errstate(all="ignore"):
        found = {
            "floats": op(numbers.tolist()),
            "Values": op([Value(a) for a in numbers]).data,
            "columns": float(op(column)[1]),
            "one lane": jit(op)(numbers),
            "lanes": float(vmap(op)(lane)[3]),
        }
    if xs is not None:
        mixed = vmap(lambda w, x: ops.dot(list(w), list(x)), in_axes=(None, 0))
        layer = vmap(lambda w, x: ops.dot(list(w), list(x)) + w[0] * 0.0, in_axes=(None, 0))
        found["uniform weights"] = float(mixed(np.array(ws), np.tile(xs, (LANES, 1)))[3])
        if math.isfinite(ws[0]):
            found["a layer with a bias"] = float(layer(np.array(ws), np.tile(xs, (LANES, 1)))[3]) + 0.0
    return found


@pytest.mark.parametrize(("ws", "xs"), CASES)
def test_sums_and_dots(ws, xs):
    """Exact, rounded once, for floats and Values; in lanes off by a unit a term of the sum of the absolute terms; signs of zeros alike."""
    true, size = true_sum(ws, xs)
    for where, y in everywhere(ws, xs).items():
        exact = where in {"floats", "Values", "one lane"} and xs is None
        if math.isfinite(true) and size and not exact:
            assert abs(Fraction(y) - Fraction(true)) <= len(ws) * size * Fraction(2.0**-52) + Fraction(5e-324) * len(ws), (where, y, true)
        else:
            assert same(y, true), (where, y, true)
            assert y != 0.0 or "bias" in where or math.copysign(1.0, y) == math.copysign(1.0, true), where


def test_zeros_keep_their_sign_through_every_transform():
    log = grad(ops.log)
    assert log(-0.0) == log(Value(-0.0)).data == jit(log)(-0.0) == -inf
    assert vmap(log)(np.array([-0.0] * 3)).tolist() == [-inf] * 3
    assert jvp(ops.log)(Value(-0.0), 1.0).data == -inf
    for f in (ops.sqrt, lambda x: ops.atan2(x, -1.0), lambda x: ops.div(1.0, x), ops.sign, ops.sin):
        expected = f(-0.0)
        columns = f(np.array([-0.0, -0.0]))
        values = [f(Value(-0.0)).data, float(columns[1]), jit(f)(-0.0), float(vmap(f)(np.array([-0.0] * 3))[1])]
        assert [math.copysign(1.0, y) for y in values] == [math.copysign(1.0, expected)] * 4
    zeros = np.array([-0.0] * LANES)
    for reduce in ("sum", "mean"):
        f = vmap(lambda x: x, reduce=reduce)
        found = [f(zeros), jit(f)(zeros), value_and_grad(f)(zeros)[0], jit(value_and_grad(f))(zeros)[0]]
        assert [math.copysign(1.0, y) for y in found] == [-1.0] * 4
    x = Value(3.0)
    (x * 1.0).backward(-0.0)
    assert math.copysign(1.0, x.grad) == -1.0


def test_the_first_of_equal_ones_is_the_largest_also_of_zeros():
    for a, b in ((0.0, -0.0), (-0.0, 0.0)):
        for op in (ops.maximum, ops.minimum):
            found = [op(a, b), op(Value(a), b).data, op(np.array([a]), np.array([b]))[0], vmap(op)(np.full(9, a), np.full(9, b))[8]]
            assert [math.copysign(1.0, y) for y in found] == [math.copysign(1.0, a)] * 4


# Ties.

TIES = {
    "maximum(x, c)": (lambda x: ops.maximum(x, 0.0), 0.0),
    "maximum(c, x)": (lambda x: ops.maximum(0, x), 0.0),
    "minimum(x, c)": (lambda x: ops.minimum(x, 0.0), 0.0),
    "the constant is below": (lambda x: ops.maximum(x, -1.0), 1.0),
    "the constant is above": (lambda x: ops.maximum(x, 1.0), 0.0),
    "x twice": (lambda x: ops.maximum(x, x), 1.0),
    "x twice and a constant": (lambda x: ops.maximum(x, 0.0, x), 0.0),
    "two constants": (lambda x: ops.maximum(-1.0, x, 0.0), 0.0),
    "a list": (lambda x: ops.maximum([x, 0.0]), 0.0),
    "NumPy": (lambda x: np.maximum(x, np.float64(0.0)), 0.0),
    "a constant of an array": (lambda x: ops.maximum(np.array([x], dtype=object), 0)[0], 0.0),
    "clip": (lambda x: ops.clip(x, 0.0, 1.0), 0.0),
    "relu": (ops.relu, 0.0),
}


@pytest.mark.parametrize(("f", "true"), TIES.values(), ids=TIES)
def test_a_constant_in_a_tie_leaves_nothing(f, true):
    x = Value(0.0)
    y = f(x)
    y.backward()
    zeros = np.zeros(LANES)
    total = vmap(f, reduce="sum")
    shared = vmap(lambda s, _z: f(s), in_axes=(None, 0), reduce="sum")
    found = [
        x.grad,
        grad(f)(0.0),
        gradient(y, x).data,
        jvp(f)(0.0, 1.0),
        jvp(f)(Value(0.0), 1.0).data,
        jit(grad(f))(0.0),
        jit(f)(Value(0.0)).partials[0],
        *vmap(grad(f))(zeros),
        *jit(grad(total))(zeros),
        jit(grad(shared))(0.0, zeros) / LANES,
        Program([y], [x]).gradient()([0.0, 1.0])[0],
        *np.broadcast_to(Program([y], [x]).gradient()([zeros, 1.0])[0], LANES),
    ]
    assert found == [true] * len(found)
    assert grad(grad(f))(0.0) == jit(grad(grad(f)))(0.0) == 0.0


def test_ties_norms_and_large_sums_in_c(tmp_path):
    x = [Value(0.0), Value(0.0)]
    outputs = [ops.maximum(0.0, x[0]), ops.maximum(*x), ops.norm(x), ops.sum([1e308, 1e308, x[0] - 1e308])]
    ends = "\n".join(
        f'double c{k}[4] = {{[{k}] = 1.0}}; here(x, y); here_gradient(x, c{k}, g); printf("%a %a %a\\n", y[{k}], g[0], g[1]);'
        for k in range(4)
    )
    main = f"#include <stdio.h>\nint main(void) {{ double x[2] = {{0.0, 0.0}}, y[4], g[2];\n{ends}\nreturn 0; }}\n"
    program = compiled(tmp_path, Program(outputs, x).to_c("here") + main, "-O2")
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    found = [tuple(map(float.fromhex, line.split())) for line in done.stdout.splitlines()]
    assert found == [(0.0, 0.0, 0.0), (0.0, 0.5, 0.5), (0.0, 0.0, 0.0), (1e308, 1.0, 0.0)]


def test_what_jit_and_vmap_are_given_counts_as_a_value():
    assert grad(ops.maximum)(0.0, 0.0) == 0.0  # a float beside the Value
    assert grad(ops.maximum)(0.0, Value(0.0)).data == 0.5
    assert vmap(grad(ops.maximum), in_axes=(0, None))(np.zeros(2), 0.0).tolist() == [0.5, 0.5]


def test_an_operation_of_ones_own_may_have_ties():
    def shares(y, *x):
        won = [1.0 - ops.step(y, a) for a in x]
        return tuple(w / ops.sum(won) for w in won)

    largest = Op("largest", lambda xp, *x: xp.maximum(*x), shares, ties=True)
    for f in (lambda x: largest(x, 0.0), lambda x: largest(0.0, x)):
        x = Value(0.0)
        f(x).backward()
        assert x.grad == grad(f)(0.0) == grad(grad(f))(0.0) == gradient(f(x), x).data == vmap(grad(f))(np.zeros(3))[1] == 0.0


# Norms.


@pytest.mark.any_python
@pytest.mark.parametrize("n", [1, 2, 100])
@pytest.mark.parametrize("size", [1.0, 1e-320, 1e-200, 1e200, 1e305])
def test_the_norm_and_its_gradient_lie_within_their_bounds(n, size):
    """Against mpmath, on every kind of number; in lanes too, since what its sum loses is kept."""
    rng = random.Random(n)
    point = np.array([rng.uniform(-1.0, 1.0) * size for _ in range(n)])
    value, partials, _ = ops.norm.bound
    f = vmap(lambda x: ops.norm(list(x)))
    total = jit(grad(vmap(lambda x: ops.norm(list(x)), reduce="sum")))
    lane = np.tile(point, (9, 1))
    leaves = [Value(a) for a in point]
    ops.norm(leaves).backward()
    gradients = [[v.grad for v in leaves], total(lane)[3], grad(lambda x: ops.norm(list(x)))(point)]
    with mp.workdps(60):
        true = mp.sqrt(mp.fsum(mpf(a) ** 2 for a in point))
        for y in (ops.norm(point), ops.norm(leaves).data, ops.norm([np.array([a]) for a in point])[0], f(lane)[3]):
            assert abs(mpf(float(y)) - true) <= 2 * value * math.ulp(float(true))
        for found in gradients:
            for a, g in zip(point, found, strict=True):
                assert abs(mpf(float(g)) - a / true) <= 2 * partials * math.ulp(float(a / true)) + 5e-324


def test_the_norm_against_numpy_and_its_second_derivatives():
    x = np.array([0.5, -2.0, 3.0])
    r = np.linalg.norm(x)
    f = lambda x: ops.norm(list(x))  # noqa: E731
    true = (np.eye(3) - np.outer(x, x) / r**2) / r
    assert ops.norm(x) == pytest.approx(r, rel=1e-15)
    assert np.allclose(hessian(f)(x), true, rtol=1e-14, atol=1e-16)
    assert np.allclose(jit(hessian(f))(x), true, rtol=1e-14, atol=1e-16)
    assert np.allclose(vmap(hessian(f))(np.tile(x, (9, 1)))[4], true, rtol=1e-14, atol=1e-16)
    for g in (lambda x: f(x) ** 2, lambda x: ops.exp(-(f(x) ** 2)), f):
        assert grad(g)(np.zeros(3)).tolist() == jit(grad(g))(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]
        assert vmap(grad(g))(np.zeros((9, 3))).tolist() == [[0.0, 0.0, 0.0]] * 9
        assert hessian(g)(np.zeros(3)).tolist() == np.zeros((3, 3)).tolist()
    assert ops.norm([]) == 0.0


@pytest.mark.parametrize("where", ["kernel", "columns"])
def test_gradients_of_lanes_agree_with_values_at_edges(where, monkeypatch):
    """Norms and ties in lanes and in columns, rows shared and not, some of them zeros and inf."""
    if where == "columns":
        monkeypatch.setattr(lanes_module, "kernel", None)
    rows = np.array([[0.0, 0.0], [3.0, 4.0], [1.0, 1.0], [-0.0, 2.0], [inf, 1.0], [nan, 0.0], [1e300, 1e300], [1.0, 0.0]] * 3)
    for f in (lambda a, b: ops.norm([a, b]), lambda a, b: ops.maximum(a, b, 1.0), lambda a, b: ops.minimum(0.0, a, b)):
        leaves = [Value(2.0), Value(5.0)]
        batched = BatchedProgram(Program([f(*leaves)], leaves), [0])
        assert batched.compiled == (where == "kernel" and batched.compiled)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            _, found = batched.backward([rows[:, :1], rows[:, 1:]], len(rows), [1.0], [True, True])
        for row, *got in zip(rows, *found, strict=True):
            x = [Value(a) for a in row]
            f(*x).backward()
            for v, (g,) in zip(x, got, strict=True):
                assert same(v.grad, g) or abs(v.grad - g) <= 4e-16, (row, v.grad, g)
