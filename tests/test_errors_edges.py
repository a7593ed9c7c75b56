"""On both sides of the edge of what is accepted: just inside, the gradient that calculus gives; just outside, the error that names it."""

import math

import pytest
from sentences import sentence

import nn
from autograd import Value
from autograd.errors import (
    RangeError,
)

P = Value(1.0)
nan, inf = math.nan, math.inf
BELOW_ONE, ABOVE_ONE, TINY = math.nextafter(1.0, 0.0), math.nextafter(1.0, 2.0), 5e-324

ARGUMENT_EDGES = {
    "probability of cross-entropy": (
        lambda p: nn.categorical_cross_entropy([p, 0.5], 0), lambda p: -1.0 / p if p else -inf,
        [0.0, TINY, 1e-300, BELOW_ONE, 1.0, 1.0 + 1e-6], [-TINY, 1.0 + 1.1e-6, inf, -inf], "probability"),
    "probability of a class without weight": (
        lambda p: nn.categorical_cross_entropy([p, 0.5], 1), lambda _: 0.0,
        [0.0, TINY, 1.0, nan], [-TINY, 1.0 + 1.1e-6, inf, -inf], "probability"),
    "log-probability": (
        lambda l: nn.negative_log_likelihood([l, -1.0], 0), lambda _: -1.0,
        [-inf, -1e300, -TINY, 0.0, 1e-6, nan], [1.1e-6, inf], "log-probability"),
    "probability of class 1": (
        lambda p: nn.binary_cross_entropy(p, 1), lambda p: -1.0 / p if p else -inf,
        [0.0, TINY, BELOW_ONE, 1.0], [-TINY, ABOVE_ONE, inf, -inf], "probability"),
    "probability of class 0": (
        lambda p: nn.binary_cross_entropy(p, 0), lambda p: 1.0 / (1.0 - p) if p != 1.0 else inf,
        [0.0, TINY, BELOW_ONE, 1.0], [-TINY, ABOVE_ONE, inf, -inf], "probability"),
    "logit": (
        lambda z: nn.cross_entropy([z, 0.0], 0), lambda z: {0.0: -0.5}.get(z, -1.0 if z < 0.0 else 0.0),
        [-1e308, -800.0, 0.0, 800.0, 1e308], [], ""),
}  # fmt: skip


@pytest.mark.parametrize(("loss", "derivative", "inside", "outside", "named"), ARGUMENT_EDGES.values(), ids=ARGUMENT_EDGES)
def test_gradients_up_to_the_edge_of_an_argument(loss, derivative, inside, outside, named):
    for x in inside:
        leaf = Value(x)
        loss(leaf).backward()
        assert leaf.grad == pytest.approx(derivative(x), rel=1e-15), x
    for x in outside:
        for number in (x, Value(x)):
            assert f"got the {named} " in sentence(lambda: loss(number), RangeError)  # noqa: B023  # called at once


# What takes a class index or distribution, at three classes with the probability 1/4, 1/4, 1/2; the derivative is that for the first.
CLASS_LOSSES = {
    nn.cross_entropy: ([0.0, 0.0, math.log(2.0)], lambda y: 0.25 - y),
    nn.categorical_cross_entropy: ([0.25, 0.25, 0.5], lambda y: -y / 0.25),
    nn.negative_log_likelihood: ([math.log(0.25), math.log(0.25), math.log(0.5)], lambda y: -y),
}
OFF = 2.9e-6  # three classes may miss a sum of 1 by 3e-6


@pytest.mark.parametrize("loss", CLASS_LOSSES, ids=lambda f: f.__name__)
def test_gradients_up_to_the_edge_of_a_class_target(loss):
    row, derivative = CLASS_LOSSES[loss]
    inside = [
        (0, 1.0),
        (2, 0.0),
        ([1, 0, 0], 1.0),
        ([0.5 + OFF, 0.5, 0.0], 0.5 + OFF),
        ([0.5 - OFF, 0.5, 0.0], 0.5 - OFF),
        ([0, TINY, 1], 0.0),
    ]
    for target, weight in inside:
        leaves = [Value(x) for x in row]
        loss(leaves, target).backward()
        expected = derivative(weight) + (0.25 * (sum(target) - 1.0) if loss is nn.cross_entropy and isinstance(target, list) else 0.0)
        assert leaves[0].grad == pytest.approx(expected, abs=1e-15 if loss is not nn.cross_entropy else OFF), target
    for target in (-1, 3, [0.5 + 1.1 * OFF, 0.5, 0.0], [0.5 - 1.1 * OFF, 0.5, 0.0], [1.0, -TINY, 0.0], [nan, 0.5, 0.5], [inf, 0.0, 0.0]):
        assert "target" in sentence(lambda: loss(row, target), RangeError)  # noqa: B023  # called at once


TARGET_EDGES = {
    nn.hinge: (0.5, lambda _s, y: -y, [-1, 1, -1.0, 1.0], [BELOW_ONE, ABOVE_ONE, -BELOW_ONE, -ABOVE_ONE, 0, nan, inf]),
    nn.binary_cross_entropy: (0.25, lambda p, y: (p - y) / (p * (1.0 - p)), [0.0, TINY, BELOW_ONE, 1.0], [-TINY, ABOVE_ONE, nan, inf]),
    nn.mse: (0.5, lambda s, y: 2.0 * (s - y), [-1e300, 0.0, 1e300, -inf, inf, nan], []),  # any number: nan gives nan, as arithmetic does
}


@pytest.mark.parametrize("loss", TARGET_EDGES, ids=lambda f: f.__name__)
def test_gradients_up_to_the_edge_of_a_target(loss):
    x, derivative, inside, outside = TARGET_EDGES[loss]
    for y in inside:
        leaf = Value(x)
        loss(leaf, y).backward()
        assert leaf.grad == pytest.approx(derivative(x, y), rel=1e-15, nan_ok=True), y
    for y in outside:
        assert "the target " in sentence(lambda: loss(Value(x), y), RangeError)  # noqa: B023  # called at once


@pytest.mark.parametrize("loss", [lambda p: nn.categorical_cross_entropy([p, 0.5], 0), lambda p: nn.binary_cross_entropy(p, 1)])
def test_a_probability_that_is_nan_gives_nan_as_arithmetic_does(loss):
    p = Value(nan)
    y = loss(p)
    y.backward()
    assert y.isnan()
    assert math.isnan(p.grad)


def stepped(make):
    """How far the optimizer takes a parameter at 1 with the gradient 1."""
    p = Value(1.0)
    p.grad = 1.0
    make([p]).step()
    return p.data - 1.0


@pytest.mark.parametrize(
    ("make", "step", "wrong"),
    [
        (lambda p, x: nn.SGD(p, lr=x), {0.0: 0.0, TINY: 0.0, 0.5: -0.5}, [-TINY, inf, nan]),
        (lambda p, x: nn.SGD(p, 0.5, momentum=x), {0.0: -0.5, BELOW_ONE: -0.5}, [-TINY, 1.0, nan]),
        (lambda p, x: nn.SGD(p, 0.5, weight_decay=x), {0.0: -0.5, 1.0: -1.0}, [-TINY, inf, nan]),
        (lambda p, x: nn.Adam(p, 0.5, betas=(x, 0.5)), {0.0: -0.5, 0.75: -0.5}, [-TINY, 1.0, nan]),
        (lambda p, x: nn.Adam(p, 0.5, betas=(0.5, x)), {0.0: -0.5, 0.75: -0.5}, [-TINY, 1.0, nan]),
        (lambda p, x: nn.Adam(p, 0.5, eps=x), {TINY: -0.5, 1.0: -0.25}, [0.0, -TINY, inf, nan]),
    ],
    ids=["lr", "momentum", "weight_decay", "beta1", "beta2", "eps"],
)
def test_steps_up_to_the_edge_of_a_setting(make, step, wrong, request):
    for x, moved in step.items():
        assert stepped(lambda p: make(p, x)) == pytest.approx(moved, rel=1e-7), x  # noqa: B023  # called at once
    for x in wrong:
        said = sentence(lambda: make([P], x), RangeError)  # noqa: B023  # called at once
        assert f"got {request.node.callspec.id}={x}" in said
