"""gradcheck near the edges of every row of the table, at points of every size, and on functions that are awkward to difference.

Right derivatives pass: those of the rows, which `test_ops.py` holds against mpmath, and those that have a closed form here. Wrong ones
do not: every mutant of `mutate.py` whose partials differ from the row's at a point is rejected there.
"""
# ruff: noqa: S311  # samples, not secrets

import functools
import math
import random
import warnings

import mpmath
import mutate
import numpy as np
import pytest
from checkout import needs_checkout
from operations import OF_AN_ORDER, apply

import nn
from autograd import (
    TABLE,
    Op,
    Value,
    asin,
    clip,
    exp,
    grad,
    gradcheck,
    hypot,
    jit,
    log,
    maximum,
    no_grad,
    ops,
    relu,
    sigmoid,
    sin,
    sqrt,
    step,
    stop_gradient,
    where,
)
from autograd.errors import GradcheckError
from autograd.probes import COMPLEX, branches

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

inf, nan = math.inf, math.nan
ROWS = [op for op in TABLE.values() if op is not ops.stop_gradient]  # whose derivative is not that of its values, on purpose
CHOOSE = (ops.step, ops.less, ops.less_equal, ops.where, ops.clip, ops.leaky_relu, ops.sign)  # smooth beyond the domain, too


def intervals(op):
    return op.domain if op.arity else op.domain * (2 * op.sequences or 3)


def pool(op, k, rng):
    """Numbers for argument k: at geometric distances from each edge and kink on both sides, huge, tiny and ordinary."""
    low, high = intervals(op)[k]
    edges = {0.0, *filter(math.isfinite, (low, high)), *(kink.at[k] for kink in op.kinks if len(kink.at) > k)}
    found = [edge + way * 10.0 ** -rng.uniform(0, 16 if edge else 300) for edge in edges for way in (-1, 1) for _ in range(20)]
    found += [math.nextafter(edge, way * inf) for edge in edges if edge for way in (-1, 1)]
    found += [way * 10.0 ** rng.uniform(0, 300) for way in (-1, 1) for _ in range(10)]
    found += [rng.uniform(-3, 3) for _ in range(20)]
    if op in (ops.erfinv, ops.ndtri):  # which take no complex step: so close to 1 there are too few floats for differences
        found = [x for x in found if abs(x) < 1.0 - 1e-13]
    if op is ops.zeta:  # its value is 1/(s - 1) and more, so that its rounding hides the derivative; and x**-s, whose derivative overflows
        found = [x for x in found if x > (1.0 + 1e-6, 1e-60)[k]]
    return [x for x in found if low < x < high or op in CHOOSE]


def near_edges(op, count):
    """So many points at which the operation has a finite value and is on no kink; some of them close to a tie."""
    rng = random.Random(op.name)
    pools = [pool(op, k, rng) for k in range(len(intervals(op)))]
    points = []
    while len(points) < count:
        x = [rng.choice(numbers) for numbers in pools]
        if len(x) > 1 and rng.random() < 0.3:
            i, j = rng.sample(range(len(x)), 2)
            low, high = intervals(op)[i]
            if low < (tie := x[j] * (1 + rng.choice((-1, 1)) * 10.0 ** -rng.uniform(1, 15))) < high or op in CHOOSE:
                x[i] = tie
        if len({0.0, *x}) > len(x) and (op is not ops.clip or x[1] < x[2]) and math.isfinite(apply(op, x)):
            points.append(x)
    return points


def ordinary(op, count):
    rng = random.Random(op.name)
    return [[rng.uniform(max(low, -3.0), min(high, 3.0)) for low, high in intervals(op)] for _ in range(count)]


def varied(op, x):
    """The operation as a function of a list, and the list; the exponent of powc is a constant, that by an order unknown."""
    if op.name in OF_AN_ORDER:
        return lambda z: op(x[0], z[0]), x[1:]
    return (lambda z: op(z[0], x[1]), x[:1]) if op.name == "powc" else (lambda z: apply(op, z), x)


@pytest.mark.parametrize("op", ROWS, ids=repr)
def test_no_row_is_accused_at_60_points_near_its_edges(op):
    for x in near_edges(op, 60):
        assert gradcheck(*varied(op, x)), x


@functools.cache
def mutants():
    """Every mutant of the table of which one can tell that it is wrong by its values."""
    return [m for m in mutate.Table(mutate.OPS.read_bytes()).mutants() if m.owner != "stop_gradient"]


def table_of(mutant):
    """The operations of a spoilt `ops.py`."""
    names = {"__name__": "mutant"}
    exec(compile(mutant.source, "mutant.py", "exec"), names)  # noqa: S102  # our own table
    return names["TABLE"]


def gap(mutated, op, x):
    """By how much the partials of two operations differ at a point, relative to the larger of 1 and theirs; 0 where the first fails."""
    try:
        spoilt = mutated.evaluate(x)[1]
    except (ZeroDivisionError, NameError, TypeError):  # nobody needs gradcheck for that
        return 0.0
    pairs = list(zip(spoilt, op.evaluate(x)[1], strict=True))[: 1 if op is ops.powc else None]
    gaps = [math.fabs((p or 0.0) - (q or 0.0)) / max(1.0, math.fabs(q or 0.0)) for p, q in pairs]
    return inf if any(map(math.isnan, gaps)) else max(gaps)


def rejects_what_differs(mutants, ordinary_points, edge_points):
    """Checks the mutants at points of both kinds; how many of them differ somewhere at ordinary points."""
    wrong = 0
    for mutant in mutants:
        table, differs = table_of(mutant), False
        for name in mutant.operations:
            op = TABLE[name]
            for x in ordinary(op, ordinary_points) + near_edges(op, edge_points):
                if gap(table[name], op, x) > 1e-5 and math.isfinite(sum(p or 0.0 for p in op.evaluate(x)[1])):
                    with pytest.raises(GradcheckError, match="the derivative of output 0"):
                        print(mutant.owner, mutant.change, x, gradcheck(*varied(table[name], x)))  # says which does pass
                    differs |= x in ordinary(op, ordinary_points)
        wrong += differs
    return wrong


@needs_checkout
def test_wrong_partials_are_rejected():
    assert rejects_what_differs(mutants()[::9], 1, 1) >= 45


@needs_checkout
@pytest.mark.fuzz
def test_every_wrong_partial_is_rejected():
    assert rejects_what_differs(mutants(), 2, 2) > 420


DIGAMMA_OF_04 = float(mpmath.digamma(0.4))


def own(value, derivative):
    return Op("own", value, lambda _, x: (derivative(x),))


# A function, a point, and the derivative there in closed form.
RIGHT = {
    "binary cross-entropy, whose loss refuses p < 0": (lambda p: nn.binary_cross_entropy(p, 1), 0.04, -25.0),
    "binary cross-entropy at 1e-200": (lambda p: nn.binary_cross_entropy(p, 1), 1e-200, -1e200),
    "binary cross-entropy close to 1": (lambda p: nn.binary_cross_entropy(p, 0), 1 - 2.0**-50, 2.0**50),
    "binary cross-entropy at p = 0": (lambda p: nn.binary_cross_entropy(p, 0), 0.0, 1.0),
    "binary cross-entropy at p = 1": (lambda p: nn.binary_cross_entropy(p, 1), 1.0, -1.0),
    "log": (log, 1e-6, 1e6),
    "sqrt": (sqrt, 1e-6, 500.0),
    "1/x": (lambda x: 1.0 / x, 1e-6, -1e12),
    "1/x at 1e-150": (lambda x: 1.0 / x, 1e-150, -1e300),
    "asin": (asin, 1 - 1e-6, 1.0 / math.sqrt((1.0 - (1 - 1e-6)) * (2 - 1e-6))),
    "relu": (relu, 1e-8, 1.0),
    "relu beside a million": (lambda x: relu(x) + 1e6, 1e-8, 1.0),
    "relu at the smallest number": (relu, 5e-324, 1.0),
    "p log p": (lambda p: p * log(p), 1e-6, math.log(1e-6) + 1.0),
    "sin at 1e8": (sin, 1e8, math.cos(1e8)),
    "sin at 1e200": (sin, 1e200, math.cos(1e200)),
    "sin(1e4 x)": (lambda x: sin(1e4 * x), 0.3, 1e4 * math.cos(3e3)),
    "sin(1e12 x)": (lambda x: sin(1e12 * x), 0.3, 1e12 * math.cos(1e12 * 0.3)),
    "steps that are periods": (lambda x: sin(40.0 * math.pi * x), 0.0, 40.0 * math.pi),
    "exp(50 x)": (lambda x: exp(50.0 * x), 1.0, 50.0 * math.exp(50.0)),
    "exp(1e200 x)": (lambda x: exp(1e200 * x), 1e-200, 1e200 * math.e),
    "exp of a tiny number": (exp, 1e-200, 1.0),
    "log at 1e200": (log, 1e200, 1e-200),
    "x² at 1e150": (lambda x: x * x, 1e150, 2e150),
    "log of a denormal": (log, 5e-324, inf),
    "a rounded abs": (lambda x: sqrt(x * x + 1e-20), 1e-10, math.sqrt(0.5)),
    "hypot beside a million": (lambda x: hypot(x, 0.0) + 1e6, 1e-8, 1.0),
    "a bump narrower than the first step": (lambda x: x + 1e-4 * exp(-(((x - 0.3) * 1e4) ** 2)), 0.3 + 1e-4, 1.0 - 2.0 / math.e),
    "a branch in Python": (lambda x: x if x > 0.0 else -x, 1e-9, 1.0),
    "a branch in Python, elsewhere another function": (lambda x: x * x if x > 0.3 else x + 1.0, 0.3 + 1e-9, 0.6),
    "a constant of the point's": (lambda x: x * math.floor(x.data), 2.0 + 1e-9, 2.0),
    "a shift of the point's": (lambda x: log(exp(x - x.data) * math.exp(x.data)), 0.7, 1.0),
    "refuses points away": (lambda x: sqrt(x) if 0.2999 < x.data < 0.3001 else {}[x], 0.3, 0.5 / math.sqrt(0.3)),
    "cancellation": (lambda x: (x + 1e16) - 1e16, 3.0, 1.0),
    "where, whose other branch is nan": (lambda x: where(x > 0.0, log(x), 3.0 * x), -1e-9, 3.0),
    "close to a bound": (lambda x: clip(x, -1.0, 1.0), 1 - 1e-12, 1.0),
    "close to a tie": (lambda x: maximum(x, 1.0), 1 + 1e-12, 1.0),
    "log sigmoid": (lambda x: log(sigmoid(x)), -700.0, 1.0),
    "a negative base": (lambda x: x**-201, -1.0001, -201.0 * 1.0001**-202),
    "a program": (jit(lambda x: x * log(x)), 1e-6, math.log(1e-6) + 1.0),
    "sqrt at 0, from the right": (sqrt, 0.0, inf),
    "asin at 1, from the left": (asin, 1.0, inf),
    "x^1.5 at 0, from the right": (lambda x: x**1.5, 0.0, 0.0),
    "x |x| at 0": (lambda x: x * ops.abs(x), 0.0, 0.0),
    "an own softplus, which branches": (own(lambda xp, x: xp.log1p(xp.exp(-xp.abs(x))) + xp.maximum(x, 0.0), sigmoid), 0.0, 0.5),
    "an own operation that compares": (own(lambda _, x: x * (x if x > 0 else -x), lambda x: 2.0 * ops.abs(x)), 0.4, 0.8),
    "an own operation with Python's abs": (own(lambda _, x: x * abs(x), lambda x: 2.0 * ops.abs(x)), 0.4, 0.8),
    "an own operation for single floats": (own(lambda _, x: math.lgamma(x), lambda x: x * 0.0 + DIGAMMA_OF_04), 0.4, DIGAMMA_OF_04),
}  # fmt: skip


@pytest.mark.parametrize(("f", "x", "derivative"), RIGHT.values(), ids=RIGHT)
def test_what_is_right_passes(f, x, derivative):
    assert grad(f)(x) == pytest.approx(derivative, rel=1e-8)
    assert gradcheck(f, x)


def test_inputs_of_very_different_scales_pass():
    assert gradcheck(lambda x: x[0] * 1e-9 + x[1] * 1e9 + x[0] * x[1] * x[2], [1e9, 1e-9, 1.0], order=2)
    assert gradcheck(lambda x: x[0] ** 2 / x[1] + log(x[2]), [1e-12, 1e12, 1e-30], order=2)
    assert gradcheck(lambda p: nn.categorical_cross_entropy(p, [0.0, 1.0]), [1e-9, 1 - 1e-9], order=2)
    assert gradcheck(lambda x, mean, width: -0.5 * ((x - mean) / width) ** 2 - log(width), (1.0, 1.0, 1e-6), order=2)


def twice(x):
    with no_grad():
        return x * x


A_KINK = r"is at a kink, where the derivative is a choice, .*: check both sides"
WRONG = {
    "abs at 0": (ops.abs, 0.0, rf"abs\(0.0\) {A_KINK}"),
    "hypot at 0": (lambda x: hypot(x, 0.0), 0.0, rf"hypot\(0.0, 0.0\) {A_KINK}"),
    "a tie": (lambda x: maximum(x, 2.0), 2.0, rf"maximum\(2.0, 2.0\) {A_KINK}"),
    "a kink in Python": (lambda x: x if x > 0.0 else -x, 0.0, "expected 0 by differences"),
    "a jump": (step, 0.0, "do not settle"),
    "a jump of a constant": (lambda x: x * math.floor(x.data), 2.0, "do not settle"),
    "no derivative": (log, 0.0, r"expected nan by differences \(f gives -inf there\)"),
    "a number beside the graph": (lambda x: log(x) * x.data, 1e-6, "expected -12.8155 by differences"),
    "log of such a number": (lambda x: x * math.log(x.data), 1e-6, "expected -12.8155 by differences"),
    "one that hardly matters": (lambda x: log(x) + 1e-2 * math.log(x.data), 1e-6, r"expected 1.01e\+06 by differences"),
    "one in the loss's domain": (lambda p: nn.binary_cross_entropy(p, 1) * p.data, 1e-6, "expected 12.8155 by differences"),
    "a result beside the graph": (lambda x: math.sin(x.data), 1.0, "is 0 in reverse mode, .* expected 0.540302 by differences"),
    "one result of two": (lambda x: [log(x), 1e-3 * x.data], 1e-6, "of output 1 .* is 0 .* expected 0.001 by differences"),
    "a part under no_grad": (lambda x: x * twice(x), 0.3, "is 0.09 .* expected 0.27 by differences"),
    "a part that is stopped": (lambda x: x * stop_gradient(sin(x)), 0.3, "or for stop_gradient"),
    "log": (own(lambda xp, x: xp.log(x), lambda x: 1.0 / (x + 1e-7)), 1e-6, r"own\(1e-06\) .* is 909091, expected 1e\+06"),
    "sin at 1e8": (own(lambda xp, x: xp.sin(x), lambda x: -ops.cos(x)), 1e8, r"own\(100000000.0\) .* expected -0.363385"),
    "relu close to 0": (own(lambda xp, x: xp.where(x <= 0.0, 0.0, x), lambda _: 0.5), 1e-8, r"own\(1e-08\) .* is 0.5, expected 1"),
    "a tiny scale": (own(lambda xp, x: xp.hypot(x, 1e-14), lambda _: 0.0), 1e-14, "is 0, expected 0.707107"),
    "a dependence denied": (Op("wrong", lambda xp, x: xp.tanh(x), lambda *_: (None,)), 0.5, "is 0 in reverse mode"),
}


@pytest.mark.parametrize(("f", "x", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_does_not_pass(f, x, said):
    with pytest.raises(GradcheckError, match=said):
        gradcheck(f, x)


def test_a_function_that_draws_numbers_does_not_pass():
    rng = np.random.default_rng(0)
    for _ in range(5):
        with pytest.raises(GradcheckError, match="the derivative of output 0"):
            gradcheck(lambda x: x * rng.uniform(0.9, 1.1) + rng.uniform(0.9, 1.1), 1.0)
        with pytest.raises(GradcheckError, match="the derivative of output 0"):
            gradcheck(lambda x: ops.sum([a for a in x if rng.random() > 0.5]), [0.1 * k for k in range(1, 20)])


def test_a_result_changed_after_it_was_recorded_is_seen():
    def changed(x):
        y = x * x
        y.data = y.data**2
        return y

    with pytest.raises(GradcheckError, match=r"is 1.4 in reverse mode, .* expected 1.372 by differences"):
        gradcheck(changed, 0.7)


def test_what_drops_imaginary_parts_takes_no_complex_numbers():
    rounded = own(lambda _, x: float(np.asarray(x).astype(float)) ** 2, lambda x: 2.0 * x)  # NumPy warns, which is an error under test
    assert gradcheck(rounded, 3.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert gradcheck(rounded, 3.0)
        wrong = own(rounded.value, lambda x: x)
        with pytest.raises(GradcheckError, match=r"expected 6 by differences; the local derivative of own\(3\.0\) .* is 3, expected 6"):
            gradcheck(wrong, 3.0)
    assert not caught


def test_complex_numbers_are_one_more_kind():
    h = 1e-30
    assert COMPLEX.apply(ops.softplus, [complex(0.0, h)]).imag / h == pytest.approx(0.5)
    assert COMPLEX.apply(ops.atan2, [complex(3.0, h), 4.0]).imag / h == pytest.approx(0.16)
    assert COMPLEX.apply(ops.hypot, [complex(3e200, h), 4e200]).imag / h == pytest.approx(0.6)
    assert COMPLEX.apply(ops.hypot, [complex(1.0, h), 1e300]).imag / h == pytest.approx(1e-300)
    assert COMPLEX.apply(ops.hypot, [complex(3e-200, 1e-230), 4e-200]).imag / 1e-230 == pytest.approx(0.6)
    assert COMPLEX.apply(ops.pow, [complex(-2.0, h), 3.0]).imag / h == pytest.approx(12.0)
    assert COMPLEX.apply(ops.relu, [complex(-2.0, h)]) == 0.0


def test_branches_tell_where_alternatives_meet():
    assert branches(ops.relu, (-1.0,)) != branches(ops.relu, (1.0,))
    assert branches(ops.relu, (0.0,)) == [0.0]
    assert branches(ops.maximum, (1.0, 3.0, 2.0)) == [2]
    assert branches(ops.maximum, (3.0, 3.0)) == [0]
    assert branches(ops.abs, (-2.0,)) == [-1.0]
    assert branches(ops.exp, (1e9,)) == []


def test_values_of_the_user_are_left_alone():
    x = Value(3.0)
    y = x * x
    gradcheck(lambda z: z * y, 2.0)
    assert (x.grad, y.grad, y.data) == (0.0, 0.0, 9.0)
