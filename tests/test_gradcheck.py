"""gradcheck passes what is right, and exposes each mistake of the trade with the operation that is to blame."""

import math

import numpy as np
import pytest
from operations import OF_AN_ORDER, apply

import autograd
import nn
from autograd import Op, gradcheck, jacobian, ops
from autograd.errors import GradcheckError, RangeError
from autograd.ops import TABLE

INSIDE = {"asin": 0.3, "acos": 0.3, "tan": 0.7, "clip": 0.2}


def inputs_of(op):
    """A point inside the domain, away from kinks and symmetric values."""
    count = 4 if op.arity is None else op.arity
    domain = op.domain if op.arity else op.domain * count
    return [min(max(0.3 + 0.41 * k, low + 0.3), high - 0.3) for k, (low, high) in enumerate(domain)]


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_every_operation_of_the_table_passes_to_second_order(op):
    if op.name == "stop_gradient":
        with pytest.raises(GradcheckError, match="look for a kink, or for stop_gradient"):
            gradcheck(op, 0.3)
    else:
        x = inputs_of(op)
        fixed, x = (x[:1], x[1:]) if op.name in OF_AN_ORDER else ([], x)  # its derivative with respect to s is not known
        assert gradcheck(lambda x: apply(op, [*fixed, *x]), x)
        assert gradcheck(lambda x: apply(op, [*fixed, *x]), x, order=2)


@pytest.mark.parametrize("x", [0.0, -0.0])
@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.arity == 1 and op.domain == (ops.REAL,) and not op.kinks], ids=repr)
def test_operations_that_are_smooth_at_0_pass_there(op, x):
    if op is not ops.stop_gradient:
        assert gradcheck(op, x, order=2)


def test_functions_of_structures_pass():
    z = [0.3, -1.2, 2.0]
    assert gradcheck(nn.softmax, z)
    assert gradcheck(lambda z: nn.cross_entropy(z, 1), z, order=2)
    assert gradcheck(lambda z: nn.cross_entropy(z, [0, 2]), np.array([z, z[::-1]]), order=2)
    assert gradcheck(lambda p: p["w"] * p["b"][0], {"w": 2.0, "b": [3.0]}, order=2)
    assert gradcheck(lambda _: 3.0, 1.0)
    assert gradcheck(lambda x, y: [x * y, x / y], (2.0, 3.0))


def unary(name, value, derivative):
    return Op(name, value, lambda y, x: (derivative(y, x),))


WRONG = {
    # The source's sigmoid, 1/1 + e^-x, whose derivative is not σ(1 - σ) at all.
    "sigmoid as 1/1 + exp(-x)": (unary("sigmoid", lambda xp, x: 1 / 1 + xp.exp(-x), lambda y, _: y * (1.0 - y)), 0.7),
    "tanh' as 1/t - t": (unary("tanh", lambda xp, x: xp.tanh(x), lambda y, _: 1.0 / y - y), 0.7),
    "tanh' as 1 - t": (unary("tanh", lambda xp, x: xp.tanh(x), lambda y, _: 1.0 - y), 0.7),
    "relu' as 1 everywhere": (unary("relu", lambda xp, x: xp.where(x <= 0.0, 0.0, x), lambda *_: 1.0), -0.7),
    "leaky_relu' without its slope": (unary("leaky", lambda xp, x: xp.where(x > 0.0, x, 0.1 * x), lambda _, x: ops.step(x, 0.0)), -0.7),
    "sign turned": (unary("cos", lambda xp, x: xp.cos(x), lambda _, x: ops.sin(x)), 0.7),
}


@pytest.mark.parametrize(("op", "x"), WRONG.values(), ids=WRONG)
def test_a_wrong_derivative_is_exposed_with_the_operation_to_blame(op, x):
    with pytest.raises(GradcheckError) as caught:
        gradcheck(lambda x: 3.0 * op(x * x / x) + autograd.exp(x), x)
    message = str(caught.value)
    assert f"the local derivative of {op.name}(" in message
    got, expected = op.partials(op(x), x)[0], (op(x + 1e-6) - op(x - 1e-6)) / 2e-6
    blamed = message.split("for its argument 0 is ")[1]
    assert [float(word) for word in blamed.split(", expected ")] == pytest.approx([got, expected], rel=1e-5, abs=1e-5)
    assert f"with respect to input 0 at {x!r}" in message


def test_relu_at_its_kink_is_no_match_for_differences():
    said = r"is 0 in reverse mode, 0 in forward mode, expected 0.5 by differences; relu\(0.0\) is at a kink, .*: check both sides"
    with pytest.raises(GradcheckError, match=said):
        gradcheck(autograd.relu, 0.0)


def test_points_of_any_size_pass():
    assert gradcheck(nn.softmax, [-800.0, -801.0, -803.0])
    assert gradcheck(lambda z: nn.cross_entropy(z, 0), [0.0, 700.0])
    assert gradcheck(lambda z: -autograd.log(nn.softmax(z)[0]), [0.0, 700.0])
    for x in (1e-4, 3e5, 1e10):
        assert gradcheck(lambda x: autograd.log(x) + 1e6, x)
    assert gradcheck(lambda x: 1e10 + x * x, 0.5)


@pytest.mark.parametrize("bound", [-1.0, 1.0])
def test_the_kink_at_hand_is_found_among_several(bound):
    with pytest.raises(GradcheckError, match=rf"clip\({bound}, -1.0, 1.0\) is at a kink, .*: check both sides"):
        gradcheck(lambda x: autograd.clip(x, -1.0, 1.0), bound)


def test_a_jump_is_called_a_jump():
    with pytest.raises(GradcheckError, match=r"do not settle: they vary by .*, as at a kink or a jump"):
        gradcheck(lambda x: x if x > 0.3 else x + 1.0, 0.3)


def test_a_function_that_is_not_the_same_twice_does_not_pass():
    draw = iter(np.random.default_rng(0).uniform(0.9, 1.1, 1000))
    with pytest.raises(GradcheckError, match=r"do not settle: they vary by"):
        gradcheck(lambda x: x * next(draw), 1.0)


def softmax_numbers(xp, *z):
    e = [xp.exp(x) for x in z]
    return [x / xp.sum(*e) for x in e]


def test_a_diagonal_softmax_jacobian_is_exposed():
    diagonal = Op("softmax_0", lambda xp, *z: softmax_numbers(xp, *z)[0], lambda y, *z: (y * (1.0 - y), *([0.0] * (len(z) - 1))))
    with pytest.raises(
        GradcheckError, match=r"with respect to input 1 .* local derivative of softmax_0\(.*\) for its argument 1 is 0, expected -"
    ):
        gradcheck(lambda z: diagonal(*z), [0.3, -1.2, 2.0])


@pytest.mark.parametrize(("sign", "scale"), [(-1.0, 1.0), (1.0, 2.0)], ids=["sign turned, y - a", "sum in place of the mean"])
def test_a_wrong_cross_entropy_gradient_is_exposed(sign, scale):
    def partials(_, *z):
        e = [ops.exp(x) for x in z]
        a = [x / ops.sum(e) for x in e]
        return tuple(sign * scale * (p - y) / 2.0 for p, y in zip(a, (0.0, 1.0, 0.0), strict=True))

    wrong = Op("half_loss", lambda xp, *z: -xp.log(softmax_numbers(xp, *z)[1]) / 2.0, partials)
    with pytest.raises(GradcheckError, match="local derivative of half_loss"):
        gradcheck(lambda z: wrong(*z), [0.3, -1.2, 2.0])


def test_a_wrong_second_derivative_is_exposed_where_the_first_is_right():
    # Right by value, but its partial cannot be differentiated: the number is taken out of the graph.
    frozen = Op("frozen", lambda xp, x: xp.sin(x), lambda _, x: (ops.stop_gradient(ops.cos(x)),))
    assert gradcheck(frozen, 0.7)
    with pytest.raises(GradcheckError, match="is 0 in reverse mode"):
        gradcheck(frozen, 0.7, order=2)


def test_softmax_whose_maximum_starts_at_the_smallest_positive_double():
    """The source's mistake is in the value: the shift is then no maximum for negative logits, and everything underflows."""

    def shift(z, start):
        largest = start
        for x in z:
            largest = max(largest, x)
        return largest

    z = [-800.0, -801.0]
    wrong = [math.exp(x - shift(z, 5e-324)) for x in z]
    assert sum(wrong) == 0.0, "0/0 follows"
    right = [math.exp(x - shift(z, -math.inf)) for x in z]
    assert [x / sum(right) for x in right] == pytest.approx(nn.softmax(z), rel=1e-15)


def test_log_softmax_through_the_logarithm_of_softmax_at_a_gap_of_740():
    z = [0.0, 746.0]
    assert math.isinf(autograd.log(nn.softmax(z)[0]))
    assert nn.log_softmax(z) == [-746.0, 0.0]
    naive = jacobian(lambda z: autograd.log(nn.softmax(z)[0]))(z)
    assert not all(map(math.isfinite, naive))
    assert jacobian(lambda z: nn.log_softmax(z)[0])(z) == [1.0, -1.0]
    z = [0.0, 740.0]
    lost = abs(autograd.log(nn.softmax(z)[0]) + 740.0)
    assert lost > 1e-4, "a_0 is subnormal there and has lost most of its digits"
    assert nn.log_softmax(z)[0] == -740.0


def test_order_is_1_or_2():
    for order in (3, [1], np.array([1.0, 2.0])):
        with pytest.raises(RangeError, match=r"got order=.*, expected 1 for first derivatives or 2"):
            gradcheck(autograd.exp, 1.0, order=order)
