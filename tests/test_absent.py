"""Gradients that are exactly 0 through loops and branches keep their derivatives; what was not taken stays absent."""

import numpy as np
import pytest
from loop_programs import OURS, PYTHON

from autograd import Value, grad, hessian, hvp, jit, jvp, scan, sin, sqrt, vmap, where
from autograd.program import loop

pytestmark = [pytest.mark.any_python]

XS, AT, ALONG = np.array([1.0, 2.0, -1.0, 0.5]), np.array([1.5, 0.5]), np.array([0.7, -1.3])


def chosen_inside(t, q):
    return t.scan(lambda c, x: (where(x > 0.0, sin(c) * q[0] + x, c * q[1]), None), 0.3, XS)[0]


def of_each_step(t, q):
    ys = t.scan(lambda c, x: ((new := where(x > 0.0, c * q[0] + x, c + q[1])), sin(new)), 0.3, XS)[1]
    return ys[0] * ys[2] + ys[1] * ys[3]


def lengths_of_sequences(t, q):
    return t.scan(lambda c, x: ((c[0] + 1.0, where(c[0] < 3.0, c[1] * q[0] + x * q[1], c[1])), None), (0.0, 1.0), XS)[0][1]


def without_choice(t, q):
    return t.scan(lambda c, x: (c * q[0] + x * q[1], None), 1.0, XS)[0]


def branch_of_python(t, q):
    return t.scan(lambda c, x: (where(x > 1.0, c * q[0] + x, c * q[1]) if c * x > 0.0 else sin(c) * q[1], None), 0.3, XS)[0]


def cond_and_while(t, q):
    a = t.scan(lambda c, x: (t.cond(x > 0.0, lambda c: c * q[0], lambda c: c + q[1] * q[1], c), None), 1.0, XS)[0]
    return a * t.while_loop(lambda s: s[0] < 3.0, lambda s: (s[0] + 1.0, where(s[1] > 1.0, s[1] * q[0], s[1] + q[1])), (0.0, 0.2))[1]


def nested_with_arrays(t, q):
    def step(h, x):
        h = np.array([where(x > 0.0, h[0] * q[0], h[1]), where(x > 0.0, h[1], h[0] * q[1])])
        g = t.scan(lambda c, y: (c * q[0] if c > y else c + q[1], None), h[0], XS[:2])[0]
        return np.array([g * 0.1, h[1] + 0.1 * h[0]]), h[0] * q[1]

    h, ys = t.scan(step, np.array([0.4, -0.2]), XS)
    return h[0] + h[1] + ys[0] * ys[3]


MODELS = [chosen_inside, of_each_step, lengths_of_sequences, without_choice, branch_of_python, cond_and_while, nested_with_arrays]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_at_a_perfect_fit(model, monkeypatch):
    """The loss is 0 there, and so is its gradient; the second and third derivatives are not."""

    def loss(t, q):
        residual = model(t, q) - model(t, AT)
        return residual * residual + where(q[0] > 0.0, 3.0 * residual, q[1]) ** 2  # also within a choice

    ours, python = [lambda q, t=t: loss(t, q) for t in (OURS, PYTHON)]
    second = np.array(hessian(python)(AT))
    assert np.abs(second).max() > 0.1
    third = jvp(hessian(python))(AT, ALONG)
    for kept in (loop.KEPT, 40):  # all carries, and checkpoints
        monkeypatch.setattr(loop, "KEPT", kept)
        for way, expected in (
            (grad(ours), np.zeros(2)),
            (jit(hessian(ours)), second),
            (grad(lambda q: np.dot(grad(ours)(q), ALONG)), second @ ALONG),
            (jit(lambda q: jvp(grad(ours))(q, ALONG)), second @ ALONG),
            (jit(grad(lambda q: grad(lambda q: np.dot(grad(ours)(q), ALONG))(q)[0])), np.array(third)[0]),
        ):
            np.testing.assert_allclose(np.array(way(AT), float), expected, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(vmap(hessian(ours))(np.array([AT, AT + 0.1]))[0], second, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("t", [OURS, PYTHON], ids=["ours", "Python"])
def test_an_infinite_derivative_that_is_not_taken_stays_out(t):
    """To order 3, in the body, and around the loop."""

    def f(p, t=t):
        inside = t.scan(lambda c, x: (where(x > 0.0, c * p, sqrt(p - 1.5)), None), 1.0, XS[:2])[0]
        around = t.scan(lambda c, x: (sqrt(c - p) * x, None), p, XS[:2])[0]
        return (inside - 2.25) ** 2 + where(p > 9.0, around, 0.0)

    derivatives = [f, grad(f), grad(grad(f)), grad(grad(grad(f)))]
    assert [g(1.5) for g in derivatives] == [0.0, 0.0, 18.0, 36.0]
    assert [jit(g)(1.5) for g in derivatives] == [0.0, 0.0, 18.0, 36.0]
    if t is OURS:
        assert [vmap(g)(np.array([1.5, 1.5]))[1] for g in derivatives] == [0.0, 0.0, 18.0, 36.0]


RESET = np.array([0.0, 0.0, 1.0])


def of_a_state_that_is_reset(w, run):
    """The last step does not take what the first two have computed, whose slopes are infinite."""

    def step(h, x):
        return np.sqrt(x[0] * w) + where(x[1] > 0.5, 0.0, h), None

    given = (np.array([0.3, 0.0, 0.5]), RESET)
    return run(step, 0.1 * w, given)[0]


def by_python(step, h, xs):
    for x in zip(*xs, strict=True):
        h, _ = step(h, x)
    return h, None


def rolled_up(p):
    c = np.sqrt(p)
    for _ in range(3000):
        c = where(p > 0.5, np.sin(c) * 1.01 + 0.1, 0.25)
        c = c * 1.01 + p
    return c


def of_entries(p):
    q = np.array([np.sqrt(p), p + 1.0])
    return scan(lambda c, x: (c + where(x[1] > 0.5, x[0], 0.0) + p, None), 0.0, (q, np.zeros(2)))[0]


def of_lanes(p):
    return vmap(lambda x, t: where(t > 0.5, x, 0.0), reduce="sum")(np.array([np.sqrt(p), p + 1.0]), np.zeros(2)) + p


CARRIED = [
    (lambda w: of_a_state_that_is_reset(w, scan), 0.7, 0.5 * np.sqrt(0.5 / 0.7), -0.25 * np.sqrt(0.5) * 0.7**-1.5),
    (rolled_up, 0.0, 1.0, 0.0),
    (of_entries, 0.0, 2.0, 0.0),
    (of_lanes, 0.0, 1.0, 0.0),
]


@pytest.mark.parametrize(("f", "x", "first", "second"), CARRIED)
def test_a_carry_or_an_entry_that_is_not_taken(f, x, first, second):
    """A carry may be used after the last step, and yet by no step."""
    with np.errstate(all="ignore"):
        ways = [
            grad(f),
            jit(grad(f)),
            grad(jit(f)),
            lambda x: jvp(f)(x, 1.0),
            lambda x: jit(jvp(f))(x, 1.0),
            lambda x: vmap(grad(f))(np.array([x]))[0],
        ]
        assert [way(x) for way in ways] == [pytest.approx(first, rel=1e-13)] * len(ways)
        ways = [hessian(f), jit(hessian(f)), grad(grad(f)), jit(grad(grad(f))), lambda x: hvp(f)(x, 1.0)]
        assert [way(x) for way in ways] == [pytest.approx(second, rel=1e-13)] * len(ways)
        v = Value(x)
        f(v).backward()
        assert v.grad == pytest.approx(first, rel=1e-13)
    assert of_a_state_that_is_reset(0.7, scan) == of_a_state_that_is_reset(0.7, by_python)


def test_where_all_is_taken_nothing_is_carried_for_it():
    def body(f):
        once = jit(f)
        once(0.5)
        (step,) = [step for own in once.recordings.wholes.values() for step in own[0].whole.steps if isinstance(step, loop.Loop)]
        return step.body

    plain = body(lambda q: scan(lambda c, x: (sin(c) * q + x, None), 0.3, XS)[0])
    chosen = body(lambda q: scan(lambda c, x: (sin(q) + where(x > 0.0, c, 0.0), None), 0.3, XS)[0])
    assert not any(plain.selected([False])[0] + plain.selected([False])[1])
    assert chosen.selected([False])[0] == [True]
