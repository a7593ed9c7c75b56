"""Optimisers against their recurrences written out in NumPy and worked by hand; schedules against their closed forms."""

import math
from fractions import Fraction

import numpy as np
import pytest

import nn
from autograd import Value
from autograd.errors import LengthError, NumberError, RangeError
from nn import SGD, Adam, AdamW, cosine, exponential, step_decay, warmup

STEPS = 60
START = np.array([1.5, -2.0, 0.25, 3.0])
CURVATURE = np.array([1.0, 0.1, 10.0, 2.0])


def trained(make, steps=STEPS):
    """The path of the parameters down Σ c p⁴ / 4 + p, whose gradient is c p³ + 1."""
    parameters = [Value(x) for x in START.tolist()]
    optimizer = make(parameters)
    path = [START]
    for _ in range(steps):
        optimizer.zero_grad()
        sum(p**4 * (c / 4) + p for p, c in zip(parameters, CURVATURE.tolist(), strict=True)).backward()
        optimizer.step()
        path.append(np.array([p.data for p in parameters]))
    return np.array(path)


def gradient(p):
    return CURVATURE * p**3 + 1.0


def sgd(lr, momentum=0.0, weight_decay=0.0, *, nesterov=False):
    """PyTorch's documentation of SGD, whose buffer starts as the first gradient."""
    p, buffer, path = START, None, [START]
    for _ in range(STEPS):
        g = gradient(p) + weight_decay * p
        buffer = g if buffer is None else momentum * buffer + g
        p = p - lr * (g + momentum * buffer if nesterov else buffer)
        path.append(p)
    return np.array(path)


def adam(lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0, *, decoupled=False):
    """PyTorch's documentation of Adam and AdamW: moments as sums over the whole past, not as recurrences."""
    p, past, path = START, [], [START]
    for t in range(1, STEPS + 1):
        past.append(gradient(p) + (0.0 if decoupled else weight_decay * p))
        m, v = (sum((1 - b) * b ** (t - 1 - i) * g**k for i, g in enumerate(past)) / (1 - b**t) for k, b in zip((1, 2), betas, strict=True))
        p = p * (1 - lr * weight_decay * decoupled) - lr * m / (np.sqrt(v) + eps)
        path.append(p)
    return np.array(path)


RULES = [
    (SGD, sgd, {"lr": 0.02}),
    (SGD, sgd, {"lr": 0.01, "momentum": 0.9}),
    (SGD, sgd, {"lr": 0.01, "momentum": 0.8, "nesterov": True}),
    (SGD, sgd, {"lr": 0.01, "momentum": 0.5, "nesterov": True, "weight_decay": 0.3}),
    (SGD, sgd, {"lr": 0.01, "weight_decay": 0.5}),
    (Adam, adam, {"lr": 0.05}),
    (Adam, adam, {"lr": 0.05, "betas": (0.5, 0.9), "eps": 1e-3, "weight_decay": 0.4}),
    (Adam, adam, {"lr": 0.05, "betas": (0.0, 0.0)}),
    (AdamW, lambda **o: adam(decoupled=True, **{"weight_decay": 0.01} | o), {"lr": 0.05}),
    (AdamW, lambda **o: adam(decoupled=True, **o), {"lr": 0.1, "betas": (0.8, 0.95), "weight_decay": 0.4}),
]


@pytest.mark.parametrize(("optimizer", "rule", "options"), RULES)
def test_the_path_is_that_of_the_rule(optimizer, rule, options):
    path, expected = trained(lambda p: optimizer(p, **options)), rule(**options)
    assert np.isfinite(expected).all()
    assert abs(path - expected).max() <= 1e-12


def test_sgd_by_hand():
    p = Value(1.0)
    optimizer = SGD([p], lr=0.5, momentum=0.5, weight_decay=1.0)
    path = []
    for _ in range(2):
        p.grad = 2.0
        optimizer.step()
        path.append(p.data)
    # g = 2 + 1, v = 3, p = 1 - 1.5; then g = 2 - 0.5, v = 1.5 + 1.5, p = -0.5 - 1.5.
    assert path == [-0.5, -2.0]


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_adams_first_step_is_lr_whatever_the_gradient(scale):
    p = Value(0.0)
    optimizer = Adam([p], lr=0.25, eps=1e-300)
    p.grad = -3.0 * scale
    optimizer.step()
    assert p.data == pytest.approx(0.25, rel=1e-15)


def test_decoupled_decay_without_gradient_is_a_geometric_sequence():
    p = Value(8.0)
    optimizer = AdamW([p], lr=0.5, weight_decay=0.5)
    for _ in range(3):
        optimizer.step()
    assert p.data == 8.0 * 0.75**3


def test_sgd_on_a_parabola_is_a_geometric_sequence():
    p = Value(1.0)
    optimizer = SGD([p], lr=0.125)
    for _ in range(10):
        optimizer.zero_grad()
        (p * p).backward()
        optimizer.step()
    assert p.data == 0.75**10


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW])
def test_a_parameter_given_twice_moves_once(optimizer):
    once, twice = Value(1.0), Value(1.0)
    for p, parameters in ((once, [once]), (twice, [twice, twice])):
        p.grad = 0.5
        optimizer(parameters, lr=0.1).step()
    assert once.data == twice.data != 1.0


def test_zero_grad_and_the_count_of_steps():
    p = Value(1.0)
    optimizer = SGD(iter([p]), lr=0.1)
    p.grad = 2.0
    optimizer.step()
    optimizer.zero_grad()
    optimizer.step()
    assert (p.grad, p.data, optimizer.steps) == (0.0, 0.8, 2)


# Schedules.


@pytest.mark.parametrize(
    ("schedule", "closed"),
    [
        (cosine(0.5, 20), lambda t: 0.5 * math.cos(math.pi * min(t, 20) / 40) ** 2),
        (cosine(0.5, 20, final=0.1), lambda t: 0.1 + 0.4 * math.cos(math.pi * min(t, 20) / 40) ** 2),
        (exponential(0.5, 0.9), lambda t: 0.5 * math.exp(t * math.log(0.9))),
        (step_decay(0.5, 7, 0.5), lambda t: 0.5 ** (1 + t // 7)),
        (warmup(5, 0.5), lambda t: min(t + 1, 5) / 10),
        (warmup(5, cosine(0.5, 20)), lambda t: (t + 1) / 10 if t < 5 else 0.5 * math.cos(math.pi * min(t - 5, 20) / 40) ** 2),
        (warmup(3, warmup(2, 1.0)), lambda t: [1 / 6, 2 / 6, 3 / 6, 1 / 2][t] if t < 4 else 1.0),
    ],
)
def test_schedules(schedule, closed):
    assert [schedule(t) for t in range(40)] == pytest.approx([closed(t) for t in range(40)], rel=1e-12, abs=1e-16)


@pytest.mark.parametrize("optimizer", [SGD, Adam, AdamW])
def test_a_schedule_gives_the_rate_of_each_step(optimizer):
    scheduled, by_hand = Value(1.0), Value(1.0)
    schedule = exponential(0.5, 0.5)
    a, b = optimizer([scheduled], lr=schedule), optimizer([by_hand], lr=123.0)
    for t in range(5):
        scheduled.grad = by_hand.grad = 1.0 + t
        b.lr = 0.5 * 0.5**t
        assert a.rate() == b.rate()
        a.step()
        b.step()
    assert scheduled.data == by_hand.data


@pytest.mark.parametrize("lr", [1, Fraction(1, 2), np.float32(0.5), np.float64(0.5)])
def test_a_rate_may_be_any_real_number(lr):
    p = Value(1.0)
    p.grad = 1.0
    SGD([p], lr=lr).step()
    assert p.data == 1.0 - float(lr)


# Wrong input.


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        (lambda p: SGD(p, lr=-0.1), RangeError, ["lr=-0.1", "finite and at least 0"]),
        (lambda p: SGD(p, lr=math.nan), RangeError, ["lr=nan", "finite and at least 0"]),
        (lambda p: SGD(p, lr=math.inf), RangeError, ["lr=inf", "finite and at least 0"]),
        (lambda p: SGD(p, lr="0.1"), NumberError, ["lr: got the string '0.1'", "float('0.1')"]),
        (lambda p: SGD(p, lr=lambda _: -1.0), RangeError, ["lr=-1.0", "at least 0"]),
        (lambda p: SGD(p, lr=0.1, momentum=1.0), RangeError, ["momentum=1.0", "less than 1", "0.9"]),
        (lambda p: SGD(p, lr=0.1, momentum=-0.5), RangeError, ["momentum=-0.5", "at least 0"]),
        (lambda p: SGD(p, lr=0.1, nesterov=True), RangeError, ["nesterov=True", "momentum", "0.9"]),
        (lambda p: SGD(p, lr=0.1, weight_decay=-1), RangeError, ["weight_decay=-1.0", "at least 0"]),
        (lambda p: Adam(p, betas=(1.0, 0.9)), RangeError, ["beta1=1.0", "less than 1"]),
        (lambda p: Adam(p, betas=(0.9, 1.5)), RangeError, ["beta2=1.5", "less than 1"]),
        (lambda p: Adam(p, eps=0.0), RangeError, ["eps=0.0", "more than 0"]),
        (lambda p: AdamW(p, weight_decay=-0.1), RangeError, ["weight_decay=-0.1", "at least 0"]),
        (lambda _: SGD([], lr=0.1), LengthError, ["no parameters", "model.parameters()"]),
        (lambda _: SGD(nn.Neuron(2), lr=0.1), NumberError, ["a Neuron as parameters", "model.parameters()"]),
        (lambda p: SGD(p[0], lr=0.1), NumberError, ["a Value as parameters", "a list of Values"]),
        (lambda p: SGD([p], lr=0.1), NumberError, ["the parameter [Value(data=1.0", "model.parameters()"]),
        (lambda _: SGD(None, lr=0.1), NumberError, ["a NoneType as parameters", "a list of Values"]),
        (lambda p: Adam(p, betas=(0.9,)), LengthError, ["betas=(0.9,)", "two numbers such as (0.9, 0.999)"]),
        (lambda p: AdamW(p, betas=0.9), LengthError, ["betas=0.9", "two numbers"]),
        (lambda _: cosine(math.nan, 5), RangeError, ["lr=nan", "finite and at least 0"]),
        (lambda _: cosine("a", 5), NumberError, ["lr: got the string 'a'"]),
        (lambda _: cosine(1.0, 4, final=-1.0), RangeError, ["final=-1.0", "at least 0"]),
        (lambda _: exponential(-0.1, 0.5), RangeError, ["lr=-0.1", "at least 0"]),
        (lambda _: step_decay(None, 2, 0.5), NumberError, ["lr: got None"]),
        (lambda _: warmup(2, math.inf), RangeError, ["then=inf", "finite"]),
        (lambda _: SGD([1.0], lr=0.1), NumberError, ["the parameter 1.0", "Values", "model.parameters()"]),
        (lambda p: SGD([p[0] * 2], lr=0.1), NumberError, ["the parameter Value(data=2.0", "a leaf Value"]),
        (lambda _: cosine(0.1, 0), RangeError, ["steps=0", "positive int"]),
        (lambda _: warmup(-1, 0.1), RangeError, ["steps=-1", "positive int"]),
        (lambda _: step_decay(0.1, 2.5, 0.5), RangeError, ["every=2.5", "positive int"]),
        (lambda _: step_decay(0.1, 2, 1.5), RangeError, ["factor=1.5", "less than 1"]),
        (lambda _: exponential(0.1, 2.0), RangeError, ["decay=2.0", "less than 1"]),
    ],
)
def test_one_sentence_for_each_wrong_call(call, error, parts):
    with pytest.raises(error) as caught:
        call([Value(1.0)])
    assert all(part in str(caught.value) for part in parts), caught.value


def test_a_rate_that_turns_wrong_leaves_the_parameters_alone():
    p = Value(1.0)
    p.grad = 1.0
    optimizer = SGD([p], lr=lambda t: 0.5 - t)
    optimizer.step()
    with pytest.raises(RangeError, match=r"lr=-0.5"):
        optimizer.step()
    assert (p.data, optimizer.steps) == (0.5, 1)


@pytest.mark.parametrize("optimizer", [Adam, AdamW])
@pytest.mark.parametrize("gradient", [1e160, -2e154, math.inf])
def test_a_gradient_whose_square_is_infinite_moves_nothing(optimizer, gradient):
    p, q, twin = Value(1.0), Value(2.0), Value(1.0)
    tried, untouched = optimizer([p, q], lr=0.1), optimizer([twin], lr=0.1)
    for o, first in ((tried, p), (untouched, twin)):
        first.grad = 0.5
        o.step()
    before = q.data
    q.grad = gradient
    with pytest.raises(RangeError, match=r"got the gradient .*whose square is finite: clip the gradients, or scale the loss down"):
        tried.step()
    assert (p.data, q.data, tried.steps) == (twin.data, before, 1)
    q.grad = 0.0
    tried.step()
    untouched.step()
    assert p.data == twin.data
    p.grad = 1e150
    tried.step()
    assert p.data < twin.data


def test_an_optimizer_without_update_says_what_to_define():
    with pytest.raises(NotImplementedError, match="Optimizer has no update: define update"):
        nn.Optimizer([Value(1.0)], lr=0.1).step()
