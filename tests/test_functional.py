# Z, A and Y are the symbols of the derivations
"""Softmax and the losses against closed forms computed apart from the engine: in extended precision, and in mpmath."""

import math
from decimal import Decimal
from fractions import Fraction
from itertools import product

import mpmath
import numpy as np
import pytest
import sympy

import autograd
import nn
from autograd import Value
from autograd.errors import LengthError, NumberError, RangeError
from nn import categorical_cross_entropy, cross_entropy, log_softmax, negative_log_likelihood, softmax

pytestmark = pytest.mark.any_python

ULP = 2.0**-52
WIDE = np.longdouble
CASES = 3_000 if autograd.backend == "native" else 600

# Largest error of a gradient, in units of 2⁻⁵², by the kind of target.
BOUNDS = {"index": 4, "one-hot": 4, "soft": 16}

needs_longdouble = pytest.mark.skipif(np.finfo(WIDE).eps > 1e-18, reason="longdouble is no wider than double here; the mpmath cases remain")


def values(numbers):
    return [Value(x) for x in numbers]


def grads(nodes):
    return np.array([v.grad for v in nodes])


def wide_softmax(z):
    e = np.exp(z.astype(WIDE) - z.max())
    return e / e.sum()


def mp_softmax(z):
    e = [mpmath.exp(mpmath.mpf(x)) for x in z]
    return [x / mpmath.fsum(e) for x in e]


def random_cases(kind, count, seed):
    """Logits in up to ±700, a target as it is passed, and the same as a row."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        classes = int(np.exp(rng.uniform(np.log(2), np.log(1000.99))))
        scale = rng.choice([1, 10, 100, 700])
        z = rng.uniform(-scale, scale, classes)
        row = np.zeros(classes)
        label = int(rng.integers(classes))
        if kind == "soft":
            row = rng.random(classes) ** rng.choice([1, 8])
            row /= row.sum()
        else:
            row[label] = 1.0
        yield z, label if kind == "index" else row.tolist(), row


def engine_gradient(loss, z, target):
    nodes = values(z.tolist())
    loss(nodes, target).backward()
    return grads(nodes)


def composed(z, target):
    return categorical_cross_entropy(softmax(z), target)


# The mission: the engine's gradient is a - y.


@needs_longdouble
@pytest.mark.parametrize(("kind", "count"), [("index", CASES // 3), ("one-hot", CASES // 3), ("soft", CASES - 2 * (CASES // 3))])
def test_gradient_is_a_minus_y(kind, count):
    composed_cases = 0
    for z, target, row in random_cases(kind, count, seed=len(kind)):
        a = wide_softmax(z)
        assert abs(engine_gradient(cross_entropy, z, target) - (a - row)).max() <= BOUNDS[kind] * ULP
        if a.min() > 1e-300:
            composed_cases += 1
            assert abs(engine_gradient(composed, z, target) - (a - row)).max() <= BOUNDS[kind] * ULP
    assert composed_cases > count // 2


@pytest.mark.parametrize("kind", BOUNDS)
def test_gradient_and_loss_to_fifty_digits(kind):
    with mpmath.workdps(50):
        for z, target, row in random_cases(kind, 40, seed=7):
            a = mp_softmax(z)
            loss = -mpmath.fsum(y * mpmath.log(p) for y, p in zip(row, a, strict=True) if y)
            scale = max(1.0, abs(z).max())
            assert abs(cross_entropy(z.tolist(), target) - loss) <= 8 * ULP * scale
            for form in (cross_entropy, composed) if min(a) > 1e-300 else (cross_entropy,):
                errors = [g - (p - y) for g, p, y in zip(engine_gradient(form, z, target).tolist(), a, row, strict=True)]
                assert max(map(abs, errors)) <= BOUNDS[kind] * ULP


@pytest.mark.parametrize("kind", BOUNDS)
def test_gradient_on_the_node_a_is_minus_y_over_a(kind):
    for z, target, row in random_cases(kind, 100, seed=11):
        a = softmax(values(z.tolist()))
        numbers = np.array([p.data for p in a])
        if numbers.min() > 1e-300:
            categorical_cross_entropy(a, target).backward()
            expected = -row / numbers
            assert (abs(grads(a) - expected) <= 2 * ULP * abs(expected)).all()
            assert (grads(a)[row == 0.0] == 0.0).all()


def test_two_losses_of_the_same_probabilities_do_not_mix_their_gradients():
    a = softmax(values([0.0, 0.0]))
    for label in (0, 1):
        categorical_cross_entropy(a, label).backward()
        assert grads(a).tolist() == [-2.0 * (label == 0), -2.0 * (label == 1)]


@pytest.mark.parametrize("classes", [1, 2, 5, 30])
def test_jacobian_of_softmax(classes):
    z = np.random.default_rng(classes).normal(0, 3, classes)
    a = wide_softmax(z)
    expected = np.diag(a) - np.outer(a, a)
    for i in range(classes):
        nodes = values(z.tolist())
        softmax(nodes)[i].backward()
        assert abs(grads(nodes) - expected[i]).max() <= 4 * ULP


@pytest.mark.parametrize(("samples", "classes"), [(1, 3), (4, 2), (7, 5)])
@pytest.mark.parametrize("target", ["index", "one-hot", "soft"])
@pytest.mark.parametrize("form", [cross_entropy, composed, lambda z, y: negative_log_likelihood(log_softmax(z), y)])
@pytest.mark.parametrize("columns", [False, True])
def test_batch_mean_in_rows_and_in_columns(samples, classes, target, form, columns):
    rng = np.random.default_rng(3)
    numbers = rng.normal(0, 2, (samples, classes))
    labels = rng.integers(classes, size=samples)
    Y = np.eye(classes)[labels] if target != "soft" else rng.dirichlet(np.ones(classes), samples)
    A = np.array([wide_softmax(z) for z in numbers])
    Z = np.array([values(row) for row in (numbers.T if columns else numbers).tolist()])
    rows = [Z.T] if columns else [Z, Z.tolist(), tuple(map(tuple, Z))]
    targets = labels if target == "index" else Y
    for given in rows + ([list(zip(*Z, strict=True))] if columns else []):
        for node in Z.flat:
            node.grad = 0.0
        form(given, targets).backward()
        G = np.array([v.grad for v in Z.flat]).reshape(Z.shape)
        assert abs((G.T if columns else G) - (A - Y) / samples).max() <= 4 * ULP


def test_samples_in_columns_through_zip_for_logits_and_targets():
    Z, Y = [[1.0, -2.0, 0.5], [0.0, 3.0, 0.5]], [[1, 0, 0.5], [0, 1, 0.5]]
    by_column = [cross_entropy([Z[0][n], Z[1][n]], [Y[0][n], Y[1][n]]) for n in range(3)]
    assert cross_entropy(zip(*Z, strict=True), zip(*Y, strict=True), "none") == by_column
    assert cross_entropy(np.array(Z).T, np.array(Y).T, "none") == by_column


@pytest.mark.parametrize(
    ("z", "label", "loss"),
    [([0, 740], 0, 740), ([0, 740], 1, 0), ([0, 800], 0, 800), ([0, 800], 1, 0), ([1000, -1000], 0, 0), ([1000, -1000], 1, 2000)],
)
def test_huge_logits(z, label, loss):
    nodes = values(z)
    result = cross_entropy(nodes, label)
    result.backward()
    assert result.data == loss
    right = z.index(max(z))
    expected = [0.0, 0.0] if label == right else [float(k == right) - float(k == label) for k in range(2)]
    with mpmath.workdps(50):
        a = mp_softmax(z)
        assert max(abs(g - (p - (k == label))) for k, (g, p) in enumerate(zip(grads(nodes).tolist(), a, strict=True))) <= 4 * ULP
    assert grads(nodes) == pytest.approx(expected, abs=4 * ULP)


@pytest.mark.parametrize("form", [composed, cross_entropy])
def test_a_class_without_weight_may_underflow(form):
    nodes = values([0.0, 800.0])
    loss = form(nodes, [0.0, 1.0])
    loss.backward()
    assert loss.data == 0.0
    assert grads(nodes).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("target", [0, [1, 0], [0.5, 0.5, 0]])
def test_a_masked_class(target):
    z = [1.0, -math.inf] if target != [0.5, 0.5, 0] else [1.0, 1.0, -math.inf]
    nodes = values(z)
    loss = cross_entropy(nodes, target)
    loss.backward()
    assert loss.data == pytest.approx(math.log(len(z) - 1), abs=ULP)
    assert abs(grads(nodes)).max() <= ULP


def test_the_worked_numbers():
    assert [round(a, 3) for a in softmax([5, 2, -1, 3])] == [0.842, 0.042, 0.002, 0.114]
    for target in ([0, 1, 0, 0], 1):
        assert categorical_cross_entropy([0.3, 0.2, 0.1, 0.4], target) == -math.log(0.2)


def test_two_classes_are_logistic_regression():
    for z, y in product(np.linspace(-30, 30, 61).tolist(), (0, 1)):
        node, p = Value(z), 1 / (1 + mpmath.exp(-mpmath.mpf(z)))
        loss = cross_entropy([0.0, node], y)
        loss.backward()
        assert float(softmax([0.0, z])[1]) == pytest.approx(float(p), rel=8 * ULP)
        assert loss.data == pytest.approx(float(mpmath.log1p(mpmath.exp(-z if y else z))), abs=64 * ULP)
        assert node.grad == pytest.approx(float(p - y), abs=4 * ULP)


def test_probabilities_are_positive_and_sum_to_1():
    rng = np.random.default_rng(5)
    for _ in range(300):
        a = softmax(rng.uniform(-300, 300, rng.integers(1, 200)).tolist())
        assert min(a) > 0.0
        assert abs(math.fsum(a) - 1.0) <= 2 * ULP


@pytest.mark.parametrize("shift", [-1e3, 1e3, 1e6])
def test_softmax_does_not_change_where_all_logits_shift(shift):
    z = [0.0, 1.0, -2.0]
    assert softmax([x + shift for x in z]) == pytest.approx(softmax(z), rel=4 * ULP)


def test_gradient_of_negative_log_likelihood_on_logits_is_a_minus_1_at_the_label():
    z = [0.3, -1.2, 2.0]
    nodes = values(z)
    negative_log_likelihood(log_softmax(nodes), 2).backward()
    a = wide_softmax(np.array(z))
    assert grads(nodes)[2] == pytest.approx(float(a[2] - 1), abs=4 * ULP)
    assert grads(nodes)[:2] == pytest.approx(a[:2].astype(float), abs=4 * ULP)


def test_log_softmax_where_softmax_underflows():
    nodes = values([0.0, 2000.0])
    logs = log_softmax(nodes)
    assert [x.data for x in logs] == [-2000.0, 0.0]
    logs[0].backward()
    assert grads(nodes).tolist() == [1.0, -1.0]


# Other kinds of number.


def test_fifty_digits_in_give_fifty_digits_out():
    with mpmath.workdps(50):
        z = [mpmath.mpf(1) / 3, mpmath.mpf(-2), mpmath.mpf(1) / 7]
        a = mp_softmax(z)
        assert all(mpmath.almosteq(p, q, 1e-48) for p, q in zip(softmax(z), a, strict=True))
        for form in (cross_entropy, composed):
            assert mpmath.almosteq(form(z, 2), -mpmath.log(a[2]), 1e-48)


def test_sympy_proves_that_the_gradient_is_a_minus_y():
    z = sympy.symbols("z1:4", real=True)
    y = [0.5, 0.25, 0.25]
    loss = cross_entropy(z, y)
    for k in range(3):
        a = sympy.exp(z[k]) / sum(map(sympy.exp, z))
        assert sympy.simplify(sympy.diff(loss, z[k]) - (a - y[k])) == 0


def test_the_losses_of_probabilities_of_symbols_are_their_formulas():
    a, b = sympy.symbols("a b")
    assert sympy.simplify(categorical_cross_entropy([a, b], [0.25, 0.75]) + 0.25 * sympy.log(a) + 0.75 * sympy.log(b)) == 0
    assert sympy.simplify(nn.binary_cross_entropy(a, 1) + sympy.log(a)) == 0
    assert negative_log_likelihood([a, b], 1) == -b


@pytest.mark.parametrize("z", [[Decimal(1), Decimal(-2)], [Fraction(1), Fraction(-2)], [np.float32(1), np.int8(-2)]])
def test_logits_of_any_kind_of_number(z):
    for f in (softmax, log_softmax, lambda z: cross_entropy(z, 1)):
        assert f(z) == f([1.0, -2.0])
    assert negative_log_likelihood([Decimal("-0.5"), -1], 0) == 0.5


def test_a_logit_beyond_the_largest_float_is_infinite():
    assert log_softmax([10**400, 1])[1] == -math.inf


# What the graph is made of.


def operations(node):
    return {v.op.name for v in autograd.graph.order(node) if v.op is not None}


def test_the_composed_form_is_made_of_elementary_operations():
    loss = composed(values([1.0, 2.0, 3.0]), [0.5, 0.25, 0.25])
    assert operations(loss) == {"maximum", "stop_gradient", "sub", "exp", "sum", "div", "log", "mul", "neg"}


@pytest.mark.parametrize(("loss", "outputs"), [(categorical_cross_entropy, [0.5, 0.5]), (negative_log_likelihood, [-1.0, -2.0])])
def test_a_check_is_not_recorded(loss, outputs, monkeypatch):
    monkeypatch.setattr(nn.functional, "stop_gradient", None)
    monkeypatch.setattr(nn.functional, "maximum", None)
    assert loss(values(outputs), 0).data == loss(outputs, 0)


def test_a_one_hot_target_keeps_every_class_in_the_picture():
    z = values([1.0, 2.0, 3.0])
    a = softmax(z)
    assert set(a) <= set(autograd.graph.order(categorical_cross_entropy(a, 1)))


def test_the_batch_mean_is_one_sum_divided_by_n():
    Z = [values([1.0, 2.0]), values([0.0, 1.0]), values([3.0, 1.0])]
    mean = cross_entropy(Z, [0, 1, 0])
    assert mean.op is autograd.div
    assert mean.args[1] == 3.0
    assert mean.args[0].op is autograd.sum
    assert len(mean.args[0].args) == 3


# Shapes.


@pytest.mark.parametrize("f", [softmax, log_softmax, nn.hardmax])
def test_shapes_of_the_maps(f):
    sample, batch = [1.0, 2.0, 0.0], [[1.0, 2.0, 0.0], [5.0, 5.0, -5.0]]
    one = f(sample)
    assert isinstance(one, list)
    assert f(tuple(sample)) == f(iter(sample)) == f(np.array(sample)).tolist() == one
    assert f(batch) == f(np.array(batch)).tolist() == f([np.array(row) for row in batch]) == [one, f(batch[1])]
    assert f(np.array(batch)).dtype == float
    Z = np.array([values(row) for row in batch])
    out = f(Z)
    assert out.shape == Z.shape
    assert [v.data if isinstance(v, Value) else v for v in out.flat] == [x for row in f(batch) for x in row]


def test_softmax_of_an_object_array_holds_values():
    assert isinstance(softmax(np.array([values([1.0, 2.0])]))[0, 1], Value)


def test_hardmax_takes_the_first_of_equals_and_carries_no_gradient():
    assert nn.hardmax(values([1.0, 3.0, 3.0])) == [0.0, 1.0, 0.0]


@pytest.mark.parametrize("index", [2, np.int64(2), np.uint8(2), np.array(2)])
def test_one_hot(index):
    assert nn.one_hot(index, 4) == [0.0, 0.0, 1.0, 0.0]
    assert nn.one_hot([index, 0], 4) == [[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]]


def test_one_hot_of_an_array_is_an_array():
    labels = np.array([2, 0, 1])
    assert (nn.one_hot(labels, 3) == np.eye(3)[labels]).all()


LOGITS = [[1.0, 2.0, 0.0], [0.5, -1.0, 3.0]]
TARGETS = [1, 2]
SAMPLE_LOSSES = {
    cross_entropy: LOGITS,
    categorical_cross_entropy: softmax(LOGITS),
    negative_log_likelihood: log_softmax(LOGITS),
}


@pytest.mark.parametrize(("loss", "batch"), SAMPLE_LOSSES.items(), ids=lambda x: getattr(x, "__name__", ""))
def test_reductions(loss, batch):
    one_by_one = [loss(row, t) for row, t in zip(batch, TARGETS, strict=True)]
    assert loss(batch, TARGETS, reduction="none") == one_by_one
    assert loss(batch, TARGETS, reduction="sum") == math.fsum(one_by_one)
    assert loss(batch, TARGETS) == math.fsum(one_by_one) / 2
    for reduction in ("mean", "sum", "none"):
        assert loss(batch[0], 1, reduction) == one_by_one[0]


@pytest.mark.parametrize(("loss", "batch"), SAMPLE_LOSSES.items(), ids=lambda x: getattr(x, "__name__", ""))
@pytest.mark.parametrize(
    "target",
    [
        1,
        np.int32(1),
        np.array(1),
        [0, 1, 0],
        (0.0, 1.0, 0.0),
        np.array([0.0, 1.0, 0.0]),
        [False, True, False],
        [Fraction(0), Fraction(1), 0],
    ],
)
def test_forms_of_a_target(loss, batch, target):
    assert loss(batch[0], target) == loss(batch[0], 1)


def test_a_distribution_written_to_six_decimals_or_in_32_bits_is_one():
    third = [0.333333] * 3
    assert cross_entropy([0.0, 0.0, 0.0], third) == pytest.approx(math.log(3), abs=1e-5)
    y = np.random.default_rng(0).dirichlet(np.ones(1000)).astype(np.float32)
    cross_entropy([0.0] * 1000, y)


# Losses of numbers: closed forms of value and derivative.

CLOSED = [
    *((nn.mse, s, y, (s - y) ** 2, 2 * (s - y)) for s, y in product([-1.5, 0.0, 2.0], [-1.0, 0.5])),
    *((nn.hinge, s, y, max(0.0, 1 - y * s), -y if y * s < 1 else 0.0) for s, y in product([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0], [-1, 1])),
    *(
        (nn.binary_cross_entropy, p, y, -(y * math.log(p) + (1 - y) * math.log1p(-p)), (p - y) / (p * (1 - p)))
        for p, y in product([1e-9, 0.1, 0.5, 0.9], [0, 0.25, 1])
    ),
]


@pytest.mark.parametrize(("loss", "output", "target", "value", "derivative"), CLOSED)
def test_losses_of_numbers(loss, output, target, value, derivative):
    node = Value(output)
    result = loss(node, target)
    result.backward()
    assert result.data == loss(output, target) == pytest.approx(value, rel=4 * ULP)
    assert node.grad == pytest.approx(derivative, rel=8 * ULP)


@pytest.mark.parametrize("loss", [nn.mse, nn.hinge, nn.binary_cross_entropy])
def test_losses_of_numbers_reduce_over_all_of_them(loss):
    outputs, targets = np.array([[0.25, 0.5], [0.75, 0.875], [0.1, 0.2]]), np.array([[1, 1], [1, 1], [1, 1]])
    each = [[loss(s, y) for s, y in zip(*rows, strict=True)] for rows in zip(outputs.tolist(), targets.tolist(), strict=True)]
    flat = [l for row in each for l in row]
    for o, t in ((outputs, targets), (outputs.tolist(), targets.tolist())):
        assert loss(o, t, "none") == each
        assert loss(o, t, "sum") == math.fsum(flat)
        assert loss(o, t) == math.fsum(flat) / 6
    assert loss(outputs[:, 0], targets[:, 0], "none") == [row[0] for row in each]


@pytest.mark.parametrize(("p", "y", "loss"), [(1.0, 1, 0.0), (0.0, 0, 0.0), (0.0, 1, math.inf), (1.0, 0, math.inf)])
def test_binary_cross_entropy_at_the_ends(p, y, loss):
    assert nn.binary_cross_entropy(p, y) == loss
    assert nn.binary_cross_entropy(np.bool_(p), np.bool_(y)) == loss  # of which NumPy takes no negative
    node = Value(p)
    nn.binary_cross_entropy(node, y).backward()
    assert node.grad == (1 - 2 * y if loss == 0.0 else (1 - 2 * y) * math.inf)


SOFT = {
    "cross_entropy": (cross_entropy, lambda z: z),
    "categorical_cross_entropy": (categorical_cross_entropy, softmax),
    "negative_log_likelihood": (negative_log_likelihood, log_softmax),
}


@pytest.mark.parametrize(("loss", "form"), SOFT.values(), ids=SOFT)
@pytest.mark.parametrize("jitted", [False, True])
def test_targets_that_another_network_computes(loss, form, jitted):
    # d/dz is a - y, and d/dt, through y = softmax(t), is y_k (H - log a_k) with H = sum y_k log a_k.
    def distilled(logits):
        student, teacher = logits
        return loss(form(student), softmax(teacher))

    z, t = np.array([0.3, -1.2, 2.0]), np.array([1.0, 0.5, -0.7])
    a, y = (np.exp(x) / np.exp(x).sum() for x in (z, t))
    f = autograd.jit(distilled) if jitted else distilled
    for _ in range(2):
        value, (dz, dt) = autograd.value_and_grad(f)([z.tolist(), t.tolist()])
        assert value == pytest.approx(-y @ np.log(a), rel=1e-14)
        assert dz == pytest.approx(a - y, rel=1e-13)
        assert dt == pytest.approx(y * (y @ np.log(a) - np.log(a)), rel=1e-13)


def test_targets_of_values_are_distributions_too():
    halves = [Value(0.5), Value(0.5)]
    assert cross_entropy([[0.0, 1.0], [2.0, 3.0]], [halves, [0.0, 1.0]]).data == cross_entropy([[0.0, 1.0], [2.0, 3.0]], [[0.5, 0.5], 1])
    with pytest.raises(RangeError, match=r"the target sums to .*1\.5"):
        cross_entropy([0.0, 1.0], [Value(1.0), Value(0.5)])
    with pytest.raises(RangeError, match="in a target, expected a distribution"):
        cross_entropy([0.0, 1.0], [Value(1.5), -0.5])


def test_a_target_of_value_0():
    # 0 log 0 is 0; the derivative for y is -log a, and 0 where that is infinite.
    y = [Value(1.0), Value(0.0), Value(0.0)]
    loss = categorical_cross_entropy([0.25, 0.75, 0.0], y)
    loss.backward()
    assert loss.data == math.log(4.0)
    assert [v.grad for v in y] == pytest.approx([math.log(4.0), math.log(4.0 / 3.0), 0.0], rel=1e-15)


def test_binary_cross_entropy_to_a_value_reaches_both():
    p, y = Value(0.2), Value(0.7)
    nn.binary_cross_entropy(p, y).backward()
    assert p.grad == pytest.approx((0.2 - 0.7) / (0.2 * 0.8), rel=1e-14)
    assert y.grad == pytest.approx(math.log(0.8 / 0.2), rel=1e-14)
    with pytest.raises(RangeError, match="expected a number from 0 to 1"):
        nn.binary_cross_entropy(0.2, Value(1.5))


def test_mse_to_a_value_reaches_both():
    a, b = Value(3.0), Value(1.0)
    nn.mse([a], [b]).backward()
    assert (a.grad, b.grad) == (4.0, -4.0)


# Wrong input: one sentence with what was given, what was expected, what to do.

A = [0.5, 0.25, 0.25]
WRONG_TARGETS = [
    (1.0, NumberError, ["target 1.0", "float", "class index", "int(label)"]),
    (True, NumberError, ["target True", "bool", "class index"]),
    (Value(1.0), NumberError, ["Value", "class index", "cannot be a target"]),
    ("1", NumberError, ["target '1'", "str", "int(label)"]),
    (None, NumberError, ["target None", "class index"]),
    (3, RangeError, ["target 3", "0 to 2"]),
    (-1, RangeError, ["target -1", "0 to 2"]),
    ([0, 1], LengthError, ["has 2 numbers", "expected 3"]),
    ([0, 1, 0, 0], LengthError, ["has 4 numbers", "expected 3"]),
    ([-0.5, 1.0, 0.5], RangeError, ["the number -0.5", "at least 0"]),
    ([0.5, 0.5, 0.5], RangeError, ["sums to 1.5", "divide it by its sum"]),
    ([0, 0, 0], RangeError, ["sums to 0.0", "divide it by its sum"]),
    ([math.nan, 0.5, 0.5], RangeError, ["the number nan", "at least 0"]),
]


@pytest.mark.parametrize(
    ("loss", "row"), [(cross_entropy, A), (categorical_cross_entropy, A), (negative_log_likelihood, [-1.0, -2.0, -0.5])]
)
@pytest.mark.parametrize(("target", "error", "parts"), WRONG_TARGETS)
def test_wrong_targets(loss, row, target, error, parts):
    for outputs, targets in ((row, target), ([row, row], [0, target])):
        with pytest.raises(error) as caught:
            loss(outputs, targets)
        assert all(part in str(caught.value) for part in parts), caught.value


SAMPLE_FUNCTIONS = [
    softmax, log_softmax, nn.hardmax,
    lambda z: cross_entropy(z, 0), lambda z: categorical_cross_entropy(z, 0), lambda z: negative_log_likelihood(z, 0),
]  # fmt: skip


@pytest.mark.parametrize("f", SAMPLE_FUNCTIONS)
@pytest.mark.parametrize(
    ("given", "parts"),
    [
        ([], ["empty", "at least one"]),
        ([[]], ["empty", "at least one"]),
        (np.empty((0, 3)), ["empty", "at least one"]),
        (1.0, ["got 1.0", "a sequence"]),
        (Value(1.0), ["Value(data=1.0000", "a sequence"]),
        ([[0.5, 0.5], [1.0]], ["row 1", "1 numbers", "row 0 has 2"]),
        ([[0.5, 0.5], 1.0], ["mixed", "one sample", "a batch"]),
        ([1.0, [0.5, 0.5]], ["mixed", "one sample", "a batch"]),
    ],
)
def test_wrong_samples(f, given, parts):
    with pytest.raises(LengthError) as caught:
        f(given)
    assert all(part in str(caught.value) for part in parts), caught.value


@pytest.mark.parametrize("f", SAMPLE_FUNCTIONS)
@pytest.mark.parametrize("given", [["a", "b"], [None, 1.0], [1j, 0.0]])
def test_what_is_not_a_number(f, given):
    with pytest.raises(NumberError, match="expected one real number"):
        f(given)


@pytest.mark.parametrize("f", [softmax, log_softmax, nn.hardmax])
def test_a_batch_of_batches(f):
    with pytest.raises(NumberError, match="got a list of 1, expected one real number"):
        f(np.array([[[1.0]]]))


@pytest.mark.parametrize("loss", [*SAMPLE_LOSSES, nn.mse, nn.hinge, nn.binary_cross_entropy], ids=lambda f: f.__name__)
@pytest.mark.parametrize("targets", [[1], [1, 1, 1], [], 1, [[1, 0, 0]]])
def test_a_batch_takes_as_many_targets(loss, targets):
    outputs = SAMPLE_LOSSES.get(loss, [0.5, 0.5])
    with pytest.raises(LengthError, match=r"a batch of 2 needs as many targets, got .*transpose"):
        loss(outputs, targets)


@pytest.mark.parametrize("target", [1.0, 0.25, Value(1.0)])
def test_one_hot_is_advised_for_an_index_only(target):
    for outputs, targets in (([0.0, 1.0], target), ([[0.0, 1.0]], [target])):
        with pytest.raises(LengthError) as caught:
            nn.mse(outputs, targets)
        assert "one_hot" not in str(caught.value)


@pytest.mark.parametrize("loss", [*SAMPLE_LOSSES, nn.mse, nn.hinge, nn.binary_cross_entropy], ids=lambda f: f.__name__)
def test_an_unknown_reduction(loss):
    with pytest.raises(RangeError, match="reduction='avg', expected 'mean', 'sum' or 'none'"):
        loss([0.5, 0.5], [1, 1], reduction="avg")


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        (lambda: categorical_cross_entropy([-0.1, 1.1], 0), RangeError, ["-0.1", "from 0 to 1", "cross_entropy", "softmax"]),
        (lambda: categorical_cross_entropy(values([0.5, 2.0]), 0), RangeError, ["2.0", "from 0 to 1", "cross_entropy", "softmax"]),
        (lambda: categorical_cross_entropy([-1e-7, 1.0], 0), RangeError, ["-1e-07", "from 0 to 1"]),
        (lambda: categorical_cross_entropy([0.5, 1.00001], 0), RangeError, ["1.00001", "from 0 to 1"]),
        (lambda: nn.binary_cross_entropy(1 + 1e-7, 0), RangeError, ["1.0000001", "from 0 to 1"]),
        (lambda: nn.binary_cross_entropy(Value(-1e-7), 0), RangeError, ["-1.0000e-07", "from 0 to 1"]),
        (lambda: negative_log_likelihood([0.3, 0.7], 0), RangeError, ["0.3", "at most 0", "log_softmax"]),
        (lambda: nn.binary_cross_entropy(1.5, 1), RangeError, ["1.5", "from 0 to 1"]),
        (lambda: nn.binary_cross_entropy(0.5, -1), RangeError, ["target -1.0", "from 0 to 1", "(y + 1) / 2"]),
        (lambda: nn.binary_cross_entropy("p", 1), NumberError, ["probabilities: got the string 'p'"]),
        (lambda: nn.hinge(0.5, 0), RangeError, ["target 0", "-1 or 1", "2*y - 1"]),
        (lambda: nn.hinge("s", 1), NumberError, ["scores: got the string 's'"]),
        (lambda: nn.mse("s", 1), NumberError, ["outputs: got the string 's'"]),
        (lambda: softmax("ab"), LengthError, ["got 'ab' as logits", "a sequence"]),
        (lambda: nn.mse(1.0, None), NumberError, ["targets: got None", "one real number"]),
        (lambda: nn.mse(1.0, [1.0]), LengthError, ["one number as outputs", "[1.0]", "expected one target"]),
        (lambda: nn.mse([], []), LengthError, ["empty", "at least one"]),
        (
            lambda: nn.mse([[1.0, 2.0]], [[1.0]]),
            LengthError,
            ["a row of the outputs has 2 numbers", "got [1.0]: give 2 targets for each row"],
        ),
        (lambda: nn.mse([[1.0]], [[1.0, 2.0]]), LengthError, ["a row of the outputs has 1 numbers", "give one target for each row"]),
        (lambda: nn.mse([[1.0], [1.0, 2.0]], [[1.0], [1.0, 2.0]]), LengthError, ["rows", "differ in length", "equal length"]),
        (lambda: nn.mse(1.0, 1.0, reduction=[]), RangeError, ["reduction=[]", "'mean', 'sum' or 'none'"]),
        (lambda: nn.hardmax([1.0, math.nan]), RangeError, ["nan among the scores [1.0, nan]", "find where it arose"]),
        (lambda: nn.hardmax([[1.0, 0.0], values([math.nan, 1.0])]), RangeError, ["nan among the scores"]),
        (lambda: nn.one_hot(0, 2.0), RangeError, ["classes=2.0", "positive int"]),
        (lambda: nn.one_hot([], 0), RangeError, ["classes=0", "positive int"]),
        (lambda: nn.one_hot(4, 4), RangeError, ["index 4", "0 to 3"]),
        (lambda: nn.one_hot(1.0, 4), NumberError, ["index 1.0", "class index", "int(label)"]),
    ],
)
def test_one_sentence_for_each_wrong_call(call, error, parts):
    with pytest.raises(error) as caught:
        call()
    assert all(part in str(caught.value) for part in parts), caught.value
