"""Loops, lanes and branches in C, compiled and run: the bits that the recording gives, and the derivatives."""

import numpy as np
import pytest
from ccompiler import SANITIZE, bits, in_c
from loop_programs import OURS, PYTHON, LoopProgram

from autograd import Program, Value, cond, dot, exp, grad, gradient, scan, sin, sqrt, tanh, vmap, where, while_loop
from autograd.errors import OperationError
from autograd.program import loop
from autograd.program.stages import expanded

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

POINTS = [(0.31, 0.74), (-0.45, 0.92)]
X = np.linspace(-1.0, 1.0, 12)


def agree(folder, cases, *flags, lanes=False):
    """The values have the bits that the programs give, but for sums over lanes; gradients are theirs, but for the rounding of sums."""
    found = iter(in_c(folder, [(p, [[*x, *np.linspace(1.0, 2.0, len(p.outputs))] for x in points]) for p, points in cases], *flags))
    for program, points in cases:
        for x in points:
            row, seeds = next(found), np.linspace(1.0, 2.0, len(program.outputs)).tolist()
            expected, n = program(list(x)), len(program.outputs)
            assert all(map(bits, row[:n], expected)) or (lanes and np.allclose(row[:n], expected, rtol=1e-15)), (x, row, expected)
            np.testing.assert_allclose(row[n:], expanded(program).sweep(list(x), range(len(seeds)), seeds, [0, 1]), rtol=1e-12, atol=1e-13)


def recorded(f, at=POINTS[0]):
    """The program of a function of two numbers that gives a list."""
    leaves = list(map(Value, at))
    return Program(f(*leaves), leaves)


# Without an `if` on a number, and with no `cond` outside of all loops, which is decided when the program is recorded.
SEEDS = [0, 8, 10, 26, 46]


def test_random_loop_programs_in_c(tmp_path):
    cases = []
    for seed in SEEDS:
        program = recorded(lambda *p: [LoopProgram(seed)(OURS, p)])  # noqa: B023  # called at once
        cases.append((program, POINTS))
        for x in POINTS:  # at points where it was not recorded, too
            np.testing.assert_allclose(program.gradient()([*x, 1.0]), grad(lambda p: LoopProgram(seed)(PYTHON, p))(list(x)), rtol=1e-10)  # noqa: B023
    agree(tmp_path, cases, "-O0")


def test_loops_lanes_and_branches_in_c(tmp_path, monkeypatch):
    def swapped(a, b):
        (u, v), ys = scan(lambda c, x: ((c[1], c[0] * x + a), [c[0], where(x > 0.0, c[1], sqrt(x))]), (a, b), X)
        return [u, v, ys[0][3], ys[1][11]]

    def root(a):
        return while_loop(lambda s: abs(s[1] - s[0]) > 1e-10, lambda s: (0.5 * (s[0] + a / s[0]), s[0]), (a + 1.0, 0.0))[0]

    def nested(a, b):
        def step(c, x):
            own = while_loop(lambda s: s < 4.0, lambda s: s * (1.5 + a * a), c * c + 1.0)
            return cond(own > 5.0 + x, lambda o, _: sin(o) * b, lambda o, c: o * 0.1 + c, own, c), own

        return [scan(step, b, X)[0]]

    def second(a, b):
        y = root(a * a + b) * scan(lambda c, x: (tanh(c * a) + x, None), b, X)[0]
        return [y, *gradient(y, [a, b])]

    def arrays(a, b):  # entries as a whole, in lanes
        h, ys = scan(lambda h, x: (np.array(h * 0.5 + a * x), np.sum(h * h)), np.linspace(0.0, 1.0, 70) * b, X[:3])
        return [np.sum(h), h[3], ys[2]]

    def lanes(a, b):
        w = np.array([[a, b], [b, a]])
        rows = vmap(lambda x: w @ x + x[0] * a, in_axes=1)(np.linspace(0.0, 1.0, 10).reshape(2, 5))
        total = vmap(lambda x: root(x * b + 1.0) * dot([a, b], [x, 2.0]), reduce="mean")(X * X)
        return [rows[1][0], rows[4][1], total]

    def repeated(a, b):  # numbers that the loop reads many times
        ys = scan(lambda c, x: (sin(c) * x, c * x), a, np.array([a, b, a, a * b, b, a]))[1]
        return [ys[5], ys[2]]

    def none(a, b):
        return [while_loop(lambda c: c > 10.0, lambda c: c * b, a), scan(lambda c, x: (c * x, None), a * b, np.ones(0))[0], exp(a), 2.0]

    agree(tmp_path, [(recorded(second), POINTS[:1]), (recorded(arrays), POINTS), (recorded(lanes), POINTS)], "-O0", lanes=True)
    cases = [(recorded(f), POINTS) for f in (swapped, nested, repeated, none)]
    monkeypatch.setattr(loop, "KEPT", 64)  # a loop of loops, with checkpoints
    cases.append((recorded(lambda a, b: [scan(lambda c, x: (sin(c * a) + x * b, None), b, X)[0]]), POINTS))
    cases.append((recorded(lambda a, b: [np.sum(scan(lambda c, x: (sin(c * a) + x * b, c), b, X[:11])[1])]), POINTS))  # steps remain
    agree(tmp_path, cases, *SANITIZE, "-O0")


def test_a_branch_of_python_has_no_c():
    program = recorded(lambda a, b: [scan(lambda c, _: (c * a if c > 0.2 else c + b, None), b, X)[0]])
    with pytest.raises(OperationError, match="choose with where, or with cond"):
        program.to_c()
