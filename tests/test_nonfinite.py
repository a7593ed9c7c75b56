"""Every operation at numbers that are not finite, or hardly: the policy of docs/operations.md, rule by rule."""

import math

import numpy as np
import pytest
from mpmath import mp, mpf
from operations import DIGITS, LARGEST, TINY, apply, domains, each_op, error, points, reference, same

from autograd import TABLE, Value, gradient, ops

pytestmark = pytest.mark.any_python

inf, nan = math.inf, math.nan


def run(op, point):
    """Value and gradient, 0 where the argument is a number."""
    x = [Value(a) for a in point]
    if op is ops.powc:
        x[1] = point[1]
    y = apply(op, x)
    y.backward()
    return y, [getattr(v, "grad", 0.0) for v in x]


@each_op
def test_floats_come_out_and_columns_agree(op):
    """No exception, no warning, no complex number; a column holds what one sample gives, to the bound."""
    every = points(op)
    x = [np.array(c) for c in zip(*every, strict=True)]
    columns = np.broadcast_to(apply(op, x), len(every))
    with np.errstate(all="ignore"):
        partials = [p if p is None else np.broadcast_to(p, len(every)) for p in op.partials(columns, *x)]
    for i, (point, column) in enumerate(zip(every, columns, strict=True)):
        y, gradient = run(op, point)
        assert all(type(x) is float for x in (y.data, *gradient))
        assert same(y.data, apply(op, point))
        if math.isfinite(y.data):
            assert abs(column - y.data) <= 2.0 * op.bound.value * math.ulp(max(abs(y.data), 0.0 if op.bound.relative else 1.0)), point
        else:
            assert same(column, y.data), point
        for p, q in zip(y.partials, partials, strict=True):
            assert (
                p is None
                or same(p, q[i])
                or abs(p - q[i]) <= 2.0 * op.bound.partials * math.ulp(max(abs(p), 0.0 if op.bound.relative else 1.0))
            ), point


@each_op
def test_constants_among_the_arguments(op):
    """With one argument a Value and the others numbers, the graph of the gradient holds what backward gives."""
    for point in points(op):
        for i in range(1 if op is ops.powc else len(point)):
            x = Value(point[i])
            y = apply(op, [*point[:i], x, *point[i + 1 :]])
            y.backward()
            assert same(gradient(y, x).data, x.grad), (point, i)


def survives(op, point):
    """Whether the value does not depend on an argument that is nan: C's annex F for pow and hypot, and the choices."""
    x, y = point[0], point[-1]
    match op.name:
        case "pow" | "powc":
            return y == 0.0 or x == 1.0
        case "hypot" | "norm":
            return any(map(math.isinf, point))
        case "where":
            return not math.isnan(point[1] if x else point[2])
        case "leaky_relu":
            return x > 0.0
        case "less" | "less_equal" | "equal":
            return True
    return False


@each_op
def test_nan_in_gives_nan_out(op):
    for point in points(op):
        if any(map(math.isnan, point)):
            assert math.isnan(apply(op, point)) != survives(op, point), point


@each_op
def test_a_derivative_is_nan_where_its_argument_and_its_value_are(op):
    """Unless there is no dependence, or the derivative is a constant."""
    by_others = {"mul", "dot", "div", "clip", "leaky_relu"}  # derivatives that other arguments alone decide
    for point in points(op):
        y, gradient = run(op, point)
        for x, p, g in zip(point, y.partials, gradient, strict=True):
            if p is None:
                assert g == 0.0
            elif op.name not in {"add", "sub", "neg", "sum", "where", "mod"} | by_others and math.isnan(x) and math.isnan(y.data):
                assert math.isnan(g), point


@each_op
def test_finite_arguments_in_the_domain_give_the_true_value_and_derivatives(op):
    """To the bound, rounded to inf where too large, and to the last subnormal where too small."""
    with mp.workdps(DIGITS):
        for point in points(op):
            inside = all(low < x < high for x, (low, high) in zip(point, domains(op), strict=True)) and all(map(math.isfinite, point))
            if not inside or (op.kinks and (0.0 in point or len(set(point)) < len(point))):
                continue
            exact = [mpf(x) for x in point]
            true = mpf(reference(op).value(*exact))
            y, gradient = run(op, point)
            if 0 < abs(true) < TINY:
                assert abs(y.data - true) <= 2.0 * max(1.0, op.bound.value) * mpf(5e-324), point
            else:
                assert error(y.data, true, relative=op.bound.relative) <= op.bound.value, point
            if abs(true) > LARGEST or (len(point) > 1 and any(0 < abs(x) < TINY for x in (*exact, true))):
                continue  # the bound of partials holds barring over- and underflow of the value
            for g, p, derivative in zip(gradient, y.partials, reference(op).partials, strict=True):
                true = 0.0 if p is None else mpf(derivative(*exact))
                if mp.isnan(true):  # it is not known
                    assert math.isnan(g), point
                elif 0 < abs(true) < TINY:
                    assert abs(g - true) <= 2.0 * max(1.0, op.bound.partials) * mpf(5e-324), point
                else:
                    assert error(g, true, relative=op.bound.relative) <= op.bound.partials, point


# Limits at the infinities, and C's annex F, written here: value and derivative.
LIMITS = {
    "neg": {inf: (-inf, -1.0), -inf: (inf, -1.0)},
    "sqrt": {inf: (inf, 0.0), -inf: (nan, nan), -1.3: (nan, nan)},
    "exp": {inf: (inf, inf), -inf: (0.0, 0.0), 1e300: (inf, inf)},
    "expm1": {inf: (inf, inf), -inf: (-1.0, 0.0), 1e300: (inf, inf)},
    "log": {inf: (inf, 0.0), -inf: (nan, 0.0), -0.0: (-inf, -inf), 5e-324: (math.log(5e-324), inf)},
    "log1p": {inf: (inf, 0.0), -inf: (nan, 0.0)},
    "sigmoid": {inf: (1.0, 0.0), -inf: (0.0, 0.0)},
    "tanh": {inf: (1.0, 0.0), -inf: (-1.0, 0.0)},
    "softplus": {inf: (inf, 1.0), -inf: (0.0, 0.0)},
    "relu": {inf: (inf, 1.0), -inf: (0.0, 0.0)},
    "erf": {inf: (1.0, 0.0), -inf: (-1.0, 0.0)},
    "sin": {inf: (nan, nan), -inf: (nan, nan)},
    "cos": {inf: (nan, nan), -inf: (nan, nan)},
    "tan": {inf: (nan, nan), -inf: (nan, nan)},
    "asin": {inf: (nan, nan), -inf: (nan, nan), 1.01: (nan, nan), 1e300: (nan, nan)},
    "acos": {inf: (nan, nan), -inf: (nan, nan), 1.01: (nan, nan), 1e300: (nan, nan)},
    "atan": {inf: (math.pi / 2, 0.0), -inf: (-math.pi / 2, 0.0)},
    "sinh": {inf: (inf, inf), -inf: (-inf, inf), 1e300: (inf, inf)},
    "cosh": {inf: (inf, inf), -inf: (inf, -inf), 1e300: (inf, inf)},
    "abs": {inf: (inf, 1.0), -inf: (inf, -1.0)},
    "sign": {inf: (1.0, 0.0), -inf: (-1.0, 0.0)},
    "erfc": {inf: (0.0, -0.0), -inf: (2.0, -0.0)},
    "erfcx": {inf: (0.0, 0.0), -inf: (inf, -inf)},
    "ndtr": {inf: (1.0, 0.0), -inf: (0.0, 0.0)},
    "log_ndtr": {inf: (0.0, 0.0), -inf: (-inf, inf)},
    "erfinv": {inf: (nan, nan), -inf: (nan, nan), 1.01: (nan, nan), -1.3: (nan, nan)},
    "lgamma": {inf: (inf, inf), -inf: (inf, nan), -1e300: (inf, -inf), -2.0: (inf, -inf)},
    "ndtri": {inf: (nan, nan), -inf: (nan, nan), 0.0: (-inf, inf), 1.0: (inf, inf), 1.01: (nan, nan), -1e-300: (nan, nan)},
    "gamma": {inf: (inf, inf), -inf: (nan, nan), 1e300: (inf, inf), -2.0: (nan, nan), -0.0: (-inf, -inf)},
    "digamma": {inf: (inf, 0.0), -inf: (nan, nan), -1e300: (-inf, inf), -2.0: (-inf, inf)},
    "stop_gradient": {inf: (inf, 0.0), -inf: (-inf, 0.0)},
    "exp2": {inf: (inf, inf), -inf: (0.0, 0.0), 1e300: (inf, inf)},
    "log2": {inf: (inf, 0.0), -inf: (nan, 0.0), -0.0: (-inf, -inf), 5e-324: (-1074.0, inf)},
    "log10": {inf: (inf, 0.0), -inf: (nan, 0.0), -0.0: (-inf, -inf)},
    "cbrt": {inf: (inf, 0.0), -inf: (-inf, 0.0), -0.0: (0.0, inf), 1e300: (1e100, 1.0 / 3e200)},
    "asinh": {inf: (inf, 0.0), -inf: (-inf, 0.0), 1e300: (math.log(2.0) + math.log(1e300), 1e-300)},
    "acosh": {inf: (inf, 0.0), -inf: (nan, nan), 0.99: (nan, nan), 1e300: (math.log(2.0) + math.log(1e300), 1e-300)},
    "atanh": {inf: (nan, 0.0), -inf: (nan, 0.0), 1.01: (nan, 1.0 / (-0.01 * 2.01))},
    "gelu": {inf: (inf, 1.0), -inf: (0.0, 0.0), 1e300: (1e300, 1.0), -1e300: (0.0, 0.0)},
    "silu": {inf: (inf, 1.0), -inf: (0.0, 0.0), 1e300: (1e300, 1.0), -1e300: (0.0, 0.0)},
    "floor": {inf: (inf, 0.0), -inf: (-inf, 0.0), 1e300: (1e300, 0.0), -5e-324: (-1.0, 0.0)},
    "ceil": {inf: (inf, 0.0), -inf: (-inf, 0.0), 1e300: (1e300, 0.0), 5e-324: (1.0, 0.0)},
    "round": {inf: (inf, 0.0), -inf: (-inf, 0.0), 2.0**52 - 0.5: (2.0**52, 0.0), 2.5: (2.0, 0.0), -3.5: (-4.0, 0.0)},
}


def test_every_operation_of_one_argument_has_its_limits():
    assert set(LIMITS) == {name for name, op in TABLE.items() if op.arity == 1}


@pytest.mark.parametrize(("name", "x"), [(name, x) for name, row in LIMITS.items() for x in row])
def test_limit(name, x):
    y, gradient = run(TABLE[name], (x,))
    for got, true in zip((y.data, gradient[0]), LIMITS[name][x], strict=True):
        assert same(got, true) or got == pytest.approx(true, rel=1e-15 if abs(x) != 1.01 else 1e-13)


@pytest.mark.parametrize(
    ("f", "point", "value"),
    [
        (ops.add, (inf, -inf), nan), (ops.sub, (inf, inf), nan), (ops.sum, ([inf, -inf],), nan), (ops.add, (1e308, 1e308), inf),
        (ops.mul, (0.0, inf), nan), (ops.dot, ([0.0], [inf]), nan), (ops.mul, (1e300, -1e300), -inf),
        (ops.div, (0.0, 0.0), nan), (ops.div, (inf, inf), nan), (ops.div, (1.0, -0.0), -inf), (ops.div, (1.0, inf), 0.0),
        (ops.pow, (-0.0, -1.0), -inf), (ops.pow, (0.0, -2.0), inf), (ops.pow, (-1.3, 0.5), nan), (ops.pow, (-1.0, inf), 1.0),
        (ops.pow, (0.5, inf), 0.0), (ops.pow, (0.5, -inf), inf), (ops.pow, (2.0, inf), inf), (ops.pow, (-inf, 3.0), -inf),
        (ops.pow, (-inf, 2.0), inf), (ops.pow, (inf, -1.0), 0.0), (ops.pow, (nan, 0.0), 1.0), (ops.pow, (1.0, nan), 1.0),
        (ops.hypot, (-inf, nan), inf), (ops.hypot, (1e300, 1e300), math.sqrt(2.0) * 1e300),
        (ops.atan2, (inf, inf), math.pi / 4), (ops.atan2, (inf, -inf), 3 * math.pi / 4), (ops.atan2, (0.0, -1.0), math.pi),
        (ops.atan2, (-0.0, -1.0), -math.pi), (ops.atan2, (1.0, inf), 0.0), (ops.logsumexp, ([inf, -inf],), inf),
        (ops.logsumexp, ([-inf, -inf],), -inf), (ops.maximum, (-inf, inf), inf), (ops.minimum, (inf, nan), nan),
        (ops.mod, (5.0, inf), 5.0), (ops.mod, (-5.0, inf), inf), (ops.mod, (5.0, 0.0), nan), (ops.mod, (inf, 2.0), nan),
        (ops.floordiv, (-5.0, inf), -1.0), (ops.floordiv, (5.0, 0.0), inf), (ops.floordiv, (-5.0, 0.0), -inf),
        (ops.floordiv, (0.0, 0.0), nan), (ops.floordiv, (inf, 2.0), nan), (ops.floordiv, (1.0, 0.1), 9.0),
        (ops.logaddexp, (inf, -inf), inf), (ops.logaddexp, (-inf, 1.0), 1.0), (ops.logaddexp, (1e308, 1e308), 1e308),
        (ops.where, (nan, 1.0, 2.0), 1.0), (ops.where, (0.0, nan, 2.0), 2.0), (ops.clip, (-inf, -1.0, 1.0), -1.0), (ops.step, (nan,), nan),
    ],
)  # fmt: skip
def test_annex_f(f, point, value):
    assert same(f(*point), value) or f(*point) == pytest.approx(value, rel=4e-16)
    assert abs(f(*point)) <= LARGEST or not math.isfinite(value)
