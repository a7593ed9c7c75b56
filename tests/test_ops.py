"""Every row of the table against formulas written a second time, in `operations`, and differentiated by SymPy.

Nothing below names a row except `REFERENCE`, the few that SymPy or NumPy cannot follow, and the table of edges:
a new row is tested by giving its formula.
"""
# ruff: noqa: S311  # samples, not secrets

import functools
import inspect
import math
import pickle
import random
from typing import NamedTuple

import mpmath
import numpy as np
import pytest
import sympy
from matplotlib.mathtext import MathTextParser
from mpmath import mp, mpf
from operations import ARGUMENTS, DIGITS, LARGEST, REFERENCE, TINY, apply, each_op, error, ordinary, reference, same, sample

import autograd
from autograd import TABLE, Op, Value, ops
from autograd.numeric import ARRAYS
from autograd.ops import Bound

pytestmark = pytest.mark.any_python


class Measured(NamedTuple):
    """The largest error found, each with the point."""

    value: tuple
    value_on_columns: tuple
    partials: tuple
    partials_on_columns: tuple
    gradients: tuple


def _unknown(true, *found):
    """Whether a derivative is not known, and said to be so: that of zeta by s."""
    assert not mp.isnan(true) or all(map(mp.isnan, found))
    return mp.isnan(true)


def digits_for(point):
    """How many the formulas need so that 16 are right: few where no number is large or close to 0."""
    return 100 if all(0.01 <= abs(x) <= 10.0 for x in point) else DIGITS


@functools.cache
def measured(op: Op) -> Measured:
    worst = [(0.0, None)] * 5

    def note(i, got, true, point):
        worst[i] = max(worst[i], (error(float(got), true, relative=op.bound.relative), point), key=lambda w: w[0])

    points = sample(op)
    columns = [np.array(column) for column in zip(*points, strict=True)]
    y_columns = apply(op, columns)
    with np.errstate(all="ignore"):
        p_columns = op.partials(y_columns, *columns)
    for i, point in enumerate(points):
        with mp.workdps(digits_for(point)):
            exact = [mpf(x) for x in point]
            true = mpf(reference(op).value(*exact))
            y, p = op.evaluate(point)
            note(0, y, true, point)
            note(1, y_columns[i], true, point)
            if abs(true) > LARGEST or (len(point) > 1 and any(0 < abs(x) < TINY for x in (*point, true))):
                continue  # the bound of partials holds barring over- and underflow of the value
            leaves = leaves_of(op, point)
            apply(op, leaves).backward()
            for j, derivative in enumerate(reference(op).partials):
                true_partial = mpf(derivative(*exact))
                if not isinstance(leaves[j], Value) or _unknown(true_partial, p[j], leaves[j].grad):
                    continue
                if p[j] is None or 0 < abs(true_partial) < TINY:
                    assert leaves[j].grad == pytest.approx(0.0 if p[j] is None else float(true_partial), abs=TINY)
                    continue
                note(2, p[j], true_partial, (j, *point))
                note(3, np.broadcast_to(p_columns[j], len(points))[i], true_partial, (j, *point))
                note(4, leaves[j].grad, true_partial, (j, *point))
    return Measured(*worst)


# The table is complete.


def test_every_row_has_a_reference():
    assert list(REFERENCE) == list(TABLE)


def leaves_of(op, point):
    """Values for the arguments; the exponent of powc is a constant by its nature, and as a Value makes it a pow."""
    return [x if op is ops.powc and j == 1 else Value(x) for j, x in enumerate(point)]


@each_op
def test_row_is_complete(op):
    assert TABLE[op.name] is getattr(ops, op.name) is op
    assert op is ops.powc or getattr(autograd, op.name) is op  # powc is what pow becomes for a constant exponent
    assert op.label
    assert len(op.domain) == (op.arity or 1)
    assert all(low < high for low, high in op.domain)
    assert isinstance(op.kinks, tuple)
    assert all(kink.reason and len(kink.at) == len(kink.partials) for kink in op.kinks)
    assert isinstance(op.bound, Bound)
    assert (op.arity is None) == ("VAR_POSITIONAL" in {p.kind.name for p in inspect.signature(op.value).parameters.values()})


@each_op
def test_latex_fits_the_arity_and_renders(op):
    names = [f"x_{i}" for i in range(1, (op.arity or 3) + 1)]
    formula = op.formula(*names)
    assert "#" not in formula
    assert all(name in formula for name in (names if op.arity or "#*" in op.latex else names[:1])) or op is ops.where
    MathTextParser("agg").parse(f"${formula}$")
    MathTextParser("agg").parse(op._repr_latex_())


@each_op
def test_pickles_by_name(op):
    assert pickle.loads(pickle.dumps(op)) is op
    assert op.__reduce__() == op.name
    assert repr(op) == f"<Op {op.name}>"


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.arity == 1 and op is not ops.neg], ids=lambda op: op.name)
def test_unary_operation_is_a_method(op):
    for (x,) in ordinary(op, 5):
        assert getattr(Value(x), op.name)().data == op(x)


# Values and derivatives on every kind of number.


@pytest.mark.any_backend
@each_op
def test_value_within_bound(op):
    assert measured(op).value[0] <= op.bound.value, measured(op).value
    assert measured(op).value_on_columns[0] <= op.bound.value, measured(op).value_on_columns


@pytest.mark.any_backend
@each_op
def test_partials_within_bound(op):
    for worst in measured(op)[2:]:
        assert worst[0] <= op.bound.partials, worst


@pytest.mark.any_backend
@each_op
def test_bound_is_not_loose(op):
    value = max(measured(op).value[0], measured(op).value_on_columns[0])
    partials = max(measured(op).partials[0], measured(op).partials_on_columns[0])
    assert op.bound.value <= max(1.0, 4.0 * value), value
    assert op.bound.partials <= max(1.0, 4.0 * partials), partials


@each_op
def test_values_carry_the_float_result(op):
    for point in sample(op)[::5]:
        y = apply(op, leaves_of(op, point))
        assert y.data == apply(op, point)
        assert y.op is op
        assert [v.data if isinstance(v, Value) else v for v in y.args] == list(point)


@each_op
def test_gradients_are_the_partials_of_the_row(op):
    """So that what is measured on one Value holds for the other."""
    for point in sample(op):
        leaves = leaves_of(op, point)
        y = apply(op, leaves)
        y.backward()
        value, partials = op.evaluate(point)
        assert same(y.data, value)
        for leaf, partial in zip(leaves, partials, strict=True):
            assert not isinstance(leaf, Value) or same(leaf.grad, partial or 0.0)


FACTORS = {name for name, x in vars(ops).items() if isinstance(x, float) and math.isfinite(x)}  # 2/√π and the like


def has_factors(op):
    """Whether the partials have factors that are floats, rounded, on any kind of number."""
    names = {*op.partials.__code__.co_names}
    helpers = [x for name in names if inspect.isfunction(x := getattr(ops, name, None))]
    return bool(FACTORS & names.union(*[f.__code__.co_names for f in helpers]))


@each_op
def test_fifty_digits_on_mpmath(op):
    with mp.workdps(50):
        for point in ordinary(op, 10):
            x = [mpf(z) for z in point]
            y = apply(op, x)
            assert mpmath.almosteq(y, reference(op).value(*x), 1e-45)
            for p, derivative in zip(op.partials(y, *x), reference(op).partials, strict=True):
                tolerance = op.bound.partials * 2.0**-52 if has_factors(op) else 1e-45
                least = 1e-45 if op.bound.relative else tolerance
                assert p is None or _unknown(true := derivative(*x), p) or mpmath.almosteq(p, true, tolerance, least)


@each_op
def test_formula_on_sympy(op):
    x = ARGUMENTS[: len(reference(op).partials)]
    formula = sympy.lambdify(x, apply(op, x), "mpmath")
    for point in ordinary(op, 5):
        assert mpmath.almosteq(formula(*map(mpf, point)), reference(op).value(*map(mpf, point)), 1e-14)


@each_op
def test_second_derivative_through_recorded_partials(op):
    extra = [(x,) for x in (0.0, 1e-9, -30.0, 30.0)] if op.arity == 1 and not op.kinks and op.domain == (ops.REAL,) else []
    for point in ordinary(op, 10, limit=3.0) + extra:
        for j, derivative in enumerate(reference(op).second):
            x = leaves_of(op, point)
            p = op.partials(apply(op, x), *x)[j]
            with mp.workdps(50):
                true = float(derivative(*map(mpf, point)))
            if p is None or _unknown(true):
                continue
            if isinstance(p, Value):
                p.backward()
            assert x[j].grad == pytest.approx(true, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize("n", [1, 2, 100, 1000])
@pytest.mark.parametrize("spread", [0.1, 1.0, 10.0, 700.0])
@pytest.mark.parametrize("near_zero", [False, True])
def test_logsumexp_of_many(n, spread, near_zero):
    rng = random.Random(n)
    x = [rng.uniform(-spread, spread) - near_zero * math.log(n) for _ in range(n)]
    leaves = [Value(z) for z in x]
    y = ops.logsumexp(leaves)
    y.backward()
    with mp.workdps(50):
        total = mp.fsum(mp.exp(z) for z in x)
        assert error(y.data, mp.log(total), relative=False) <= ops.logsumexp.bound.value
        assert max(error(v.grad, mp.exp(z) / total, relative=False) for v, z in zip(leaves, x, strict=True)) <= ops.logsumexp.bound.partials


@each_op
def test_no_partial_means_no_dependence(op):
    declared = {ops.powc: [1], ops.stop_gradient: [0]}.get(op, [])  # a constant exponent and the meaning of the operation
    for point in ordinary(op, 10):
        for j, (p, derivative) in enumerate(zip(op.evaluate(point)[1], reference(op).partials, strict=True)):
            assert p is not None or j in declared or derivative(*point) == 0


# Kinks and edges.


@pytest.mark.parametrize(("op", "kink"), [pytest.param(op, k, id=f"{op.name}{k.at}") for op in TABLE.values() for k in op.kinks])
def test_kink(op, kink):
    _, on_floats = op.evaluate(kink.at)
    columns = [np.array([x, x]) for x in kink.at]
    with np.errstate(all="ignore"):
        on_columns = [p if p is None else np.broadcast_to(p, 2)[1] for p in op.partials(op.value(ARRAYS, *columns), *columns)]
    leaves = leaves_of(op, kink.at)
    apply(op, leaves).backward()
    for chosen, x, y, leaf in zip(kink.partials, on_floats, on_columns, leaves, strict=True):
        assert same(x, chosen)
        assert same(y, chosen)
        if isinstance(leaf, Value):
            assert same(leaf.grad, chosen or 0.0)


inf, nan = math.inf, math.nan


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [(inf, -inf, (1.0, 0.0)), (-inf, inf, (0.0, 1.0)), (inf, inf, (0.5, 0.5)), (inf, 3.0, (1.0, 0.0)), (inf, nan, (nan, nan))],
)
def test_logaddexp_of_infinite_numbers(a, b, expected):
    found = ops.logaddexp.partials_on_floats(ops.logaddexp(a, b), a, b)
    assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("got", "value"),
    [
        (ops.relu(-0.0), 0.0),
        (ops.relu(Value(-0.0)).data, 0.0),
        (ops.step(0.0), 0.0),
        (ops.log(0.0), -inf),
        (ops.log(Value(0.0)).data, -inf),
        (ops.logsumexp([-1000.0, -1000.0]), -1000.0 + math.log(2.0)),
        (ops.logsumexp([-inf, -inf]), -inf),
        (ops.logsumexp([inf, 0.0]), inf),
        (ops.logaddexp(inf, inf), inf),
        (ops.logaddexp(-inf, -inf), -inf),
        (ops.logaddexp(0.0, -40.0), math.exp(-40.0)),
        (ops.floor(-0.0), -0.0),
        (ops.ceil(-0.3), -0.0),
        (ops.round(-0.5), -0.0),
        (ops.round(2.5), 2.0),
        (ops.mod(-4.0, 2.0), 0.0),
        (ops.mod(4.0, -2.0), -0.0),
    ],
)
def test_value_at_an_edge(got, value):
    assert got == value
    assert math.copysign(1.0, got) == math.copysign(1.0, value)


@pytest.mark.parametrize(
    "point", [(5e-324, 5e-324), (1e-310, 3e-310), (-1e-310, 1e-300), (1.7e308, 1.7e308), (1e300, 1e-8), (1e-300, 1e-300)]
)
def test_hypot_where_its_value_is_subnormal_or_overflows(point):
    leaves = [Value(x) for x in point]
    ops.hypot(*leaves).backward()
    with mp.workdps(DIGITS):
        length = mp.sqrt(mp.fsum(mpf(x) ** 2 for x in point))
        for leaf in leaves:
            assert error(leaf.grad, leaf.data / length, relative=True) <= 2.5


@pytest.mark.parametrize("digits", [400, -400, 10**400, -(10**400), np.int64(2)])
def test_round_takes_any_number_of_digits(digits):
    for x in (1.2345, -2.5, 5e-324, 1e308):
        assert repr(round(Value(x), digits).data) == repr(round(x, digits))
