"""Values among NumPy's functions, scalars and arrays: the row "NumPy" of DESIGN section 4."""

import math
import operator

import mpmath
import numpy as np
import pytest
from mpmath import mp

import autograd
from autograd import Value, grad, gradient, hessian, jacobian, jit, ops, value_and_grad, vmap
from autograd.arrays import Array
from autograd.errors import AutogradError, GradientLostError
from autograd.linalg import PRODUCTS
from autograd.ufuncs import OPERATIONS, QUESTIONS

POINTS = ((0.3, 0.7), (-2.6, 1.7), (7.4, -2.2))
EVERY = sorted({f for f in vars(np).values() if isinstance(f, np.ufunc)}, key=lambda u: u.__name__)

each_ufunc = pytest.mark.parametrize("ufunc", OPERATIONS, ids=lambda u: u.__name__)
each_question = pytest.mark.parametrize("ufunc", QUESTIONS, ids=lambda u: u.__name__)


def results(y):
    """What a ufunc gave, one array or several."""
    return y if isinstance(y, tuple) else (y,)


def at_points(ufunc):
    """The points at which NumPy gives numbers, and beside the live arguments what NumPy wants as a whole number."""
    count, rest = (1, (3,)) if ufunc is np.ldexp else (ufunc.nin, ())
    with np.errstate(all="ignore"):
        found = [p[:count] for p in POINTS if np.isfinite(results(ufunc(*p[:count], *rest))).all()]
    assert found
    return found, rest


def difference(ufunc, k, point, rest, j):
    """The derivative of the result k of `ufunc` with respect to its argument `j`, by a central difference."""
    x, h = list(point), 1e-6
    up, down = (results(ufunc(*x[:j], x[j] + s, *x[j + 1 :], *rest))[k] for s in (h, -h))
    return (up - down) / (2 * h)


@each_ufunc
def test_ufunc_on_values(ufunc):
    every, rest = at_points(ufunc)
    for point in every:
        leaves = [Value(x) for x in point]
        found = results(ufunc(*leaves, *rest))
        assert len(found) == ufunc.nout
        for k, (y, true) in enumerate(zip(found, results(ufunc(*point, *rest)), strict=True)):
            assert type(y) is Value
            assert y.data == pytest.approx(float(true), rel=1e-15)
            for j, g in enumerate(gradient(y, leaves)):
                assert g.data == pytest.approx(float(difference(ufunc, k, point, rest, j)), abs=1e-8, rel=1e-8)


@each_ufunc
def test_ufunc_on_the_arrays_that_grad_hands_in(ufunc):
    every, rest = at_points(ufunc)
    columns = np.array(every)
    for k in range(ufunc.nout):
        seen = []

        def f(x, k=k, seen=seen):
            y = results(ufunc(*x.T, *rest))[k]
            seen.append(y)
            return y.sum()

        y, g = value_and_grad(f)(columns)
        assert type(seen[0]) is Array
        assert seen[0].shape == (len(every),)
        assert y == pytest.approx(float(sum(results(ufunc(*columns.T, *rest))[k])), rel=1e-14)
        expected = [[difference(ufunc, k, point, rest, j) for j in range(len(point))] for point in every]
        assert np.allclose(g, expected, atol=1e-8, rtol=1e-8)
        if k == 0:
            assert jit(f)(columns) == pytest.approx(y, rel=1e-14)
            assert np.allclose(vmap(lambda *x: results(ufunc(*x, *rest))[0])(*columns.T), results(ufunc(*columns.T, *rest))[0], rtol=1e-14)


@pytest.mark.parametrize("ufunc", [u for u in EVERY if u not in {*OPERATIONS, *QUESTIONS, *PRODUCTS}], ids=lambda u: u.__name__)
def test_every_other_ufunc_says_in_one_sentence_why_not(ufunc):
    said = (
        rf"^np\.{ufunc.__name__} is not defined for a Value: it [^:]*: (where no gradient is wanted give it|write|for a float use) [^:]*$"
    )
    for x in (Value(2.0), np.stack([Value(2.0)])):
        with pytest.raises(AutogradError, match=said):
            ufunc(*[x] * ufunc.nin)


def test_a_ufunc_of_somebody_else_is_to_be_composed():
    bell = pytest.importorskip("scipy.special").voigt_profile
    with pytest.raises(TypeError, match=r"voigt_profile is not defined for a Value: compose it .* autograd\.Op"):
        bell(Value(1.0), 1.0, 1.0)


@pytest.mark.parametrize("exponent", [0.5, Value(2.0)])
def test_ldexp_takes_a_whole_number(exponent):
    with pytest.raises(AutogradError, match=r"np\.ldexp takes a whole number as the exponent, got .*write x \* autograd\.exp2\(y\)"):
        np.ldexp(Value(2.0), exponent)
    y = Value(0.5) * autograd.exp2(exponent)  # the advice
    assert y.data == 0.5 * 2.0 ** getattr(exponent, "data", exponent)


@pytest.mark.parametrize("ufunc", [np.trunc, np.fmod, np.modf, np.divmod, np.mod, np.floor_divide, np.floor, np.ceil, np.rint, np.ldexp])
def test_ufuncs_of_whole_numbers_at_their_edges(ufunc):
    x = np.array([-7.5, -0.5, 0.5, 2.5, -0.0, 0.0, 2.0, -4.0, math.inf, -math.inf, math.nan, 5e-324, 1e300])
    for y in (2.0, -2.0, 0.1, math.inf, -math.inf, 0.0) if ufunc.nin == 2 and ufunc is not np.ldexp else (-1070,):
        seen, rest = [], (y,) * (ufunc.nin - 1)
        grad(lambda z, rest=rest, seen=seen: seen.append(ufunc(z, *rest)) or z.sum())(x)
        with np.errstate(all="ignore"):
            expected = results(ufunc(x, *rest))
        for found, true in zip(results(seen[0]), expected, strict=True):
            got = np.array([v.data for v in found])
            assert np.array_equal(got, true, equal_nan=True), (y, got, true)
            assert (np.isnan(true) | (np.signbit(got) == np.signbit(true))).all(), (y, got, true)


# For plain arrays of objects NumPy calls the method of each element, or chooses by comparison.
METHODS = [
    u for u in OPERATIONS
    if u not in {
        np.logaddexp, np.logaddexp2, np.float_power, np.copysign, np.heaviside, np.deg2rad, np.radians, np.rad2deg, np.degrees, np.fmod,
        np.modf, np.divmod, np.ldexp,
    }
]  # fmt: skip


@pytest.mark.parametrize("ufunc", METHODS, ids=lambda u: u.__name__)
def test_ufunc_on_a_plain_array_of_values(ufunc):
    every, _ = at_points(ufunc)
    columns = np.array(every).T
    y = ufunc(*[np.array([Value(x) for x in column], dtype=object) for column in columns])
    assert [getattr(v, "data", v) for v in y] == pytest.approx(ufunc(*columns).tolist(), rel=1e-15)


@pytest.mark.parametrize("ufunc", [u for u in OPERATIONS if u.nin == 2 and u not in {np.divmod, np.ldexp}], ids=lambda u: u.__name__)
@pytest.mark.parametrize("number", [0.3, np.float64(0.3), np.float32(0.25), np.array(0.3), 1, np.int64(1), np.array([0.3, 0.6])], ids=repr)
def test_binary_ufunc_with_numbers_and_arrays(ufunc, number):
    v = Value(0.7)
    for y, expected in ((ufunc(v, number), ufunc(0.7, number)), (ufunc(number, v), ufunc(number, 0.7))):
        if np.ndim(number):
            assert y.dtype == object
            assert y.shape == np.shape(number)
        else:
            assert type(y) is Value
        assert [z.data for z in np.atleast_1d(y)] == pytest.approx(np.atleast_1d(expected).tolist(), rel=1e-6)


BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.mod, operator.floordiv]


@pytest.mark.parametrize("combine", BINARY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("number", [np.float64(2.0), np.float32(2.0), np.int64(2), np.uint8(2), np.array(2.0), np.bool_(1)], ids=repr)
def test_operators_with_numpy_scalars(combine, number):
    for y, x in ((combine(Value(3.0), number), combine(3.0, float(number))), (combine(number, Value(3.0)), combine(float(number), 3.0))):
        assert type(y) is Value
        assert y.data == x
        assert all(type(a) in (Value, float) for a in y.args)


@pytest.mark.parametrize("combine", BINARY, ids=lambda f: f.__name__)
def test_operators_with_arrays(combine):
    v, x = Value(3.0), np.array([[1.0, 2.0], [4.0, 8.0]])
    for y, expected in ((combine(v, x), combine(3.0, x)), (combine(x, v), combine(x, 3.0))):
        assert y.dtype == object
        assert np.array_equal(np.vectorize(lambda z: z.data)(y), expected)
    y = (v * x).sum()
    y.backward()
    assert v.grad == 15.0


def test_dot_and_matmul():
    w = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([5.0, 6.0])
    for y in (w @ x, np.dot(w, x), np.matmul(w, x), w.dot(x), np.einsum("ij,j->i", w, x)):
        assert [v.data for v in y] == [17.0, 39.0]
    (w @ x).sum().backward()
    assert [[v.grad for v in row] for row in w] == [[5.0, 6.0], [5.0, 6.0]]
    assert (x @ w).shape == (w @ w).shape[:1]


def test_reductions_over_arrays_of_values():
    v = np.array([Value(x) for x in (1.0, 2.0, 4.0)])
    assert np.sum(v).data == 7.0
    assert np.mean(v).data == pytest.approx(7.0 / 3.0)
    assert np.prod(v).data == 8.0
    assert v.max() is v[2]
    assert v.argmin() == 0
    assert [x.data for x in np.cumsum(v)] == [1.0, 3.0, 7.0]
    assert np.sort(v[::-1]).tolist() == v.tolist()
    np.prod(v).backward()
    assert [x.grad for x in v] == [8.0, 4.0, 2.0]


@each_question
def test_question_on_values(ufunc):
    if ufunc in (np.equal, np.not_equal) and Value(1.0) != Value(1.0):  # which goes by identity
        return
    points = [(2.0, 3.0), (3.0, 3.0), (math.nan, 1.0), (math.inf, 1.0), (-math.inf, 0.0), (0.0, -0.0), (-0.0, 1.0)]
    for x in points:
        given = x[: ufunc.nin]
        answer = ufunc(*map(Value, given))
        assert answer == ufunc(*given)
        assert np.asarray(answer).dtype == bool
    columns = np.array(points)[:, : ufunc.nin]
    seen = []
    grad(lambda x: seen.append(ufunc(*x.T)) or x.sum())(columns)
    assert type(seen[0]) is np.ndarray
    assert seen[0].dtype == bool
    assert seen[0].tolist() == ufunc(*columns.T).tolist()


def test_comparisons_with_arrays():
    v, x = Value(2.0), np.array([1.0, 2.0, 3.0])
    assert (v < x).tolist() == [False, False, True]
    assert (x < v).tolist() == [True, False, False]
    assert (v >= x).tolist() == [True, True, False]
    assert (np.array([v, Value(5.0)]) > 3.0).tolist() == [False, True]
    assert (np.float64(1.0) < v) == True  # noqa: E712  # a NumPy bool
    assert (v == x).tolist() == (x == v).tolist() == [False, True, False]
    w = np.array([v, Value(2.0), Value(3.0)])
    assert (w == v).tolist() == [True, True, False]
    assert (w != v).tolist() == [False, False, True]


def test_questions_are_not_recorded():
    v = Value(2.0)
    assert np.isnan(v) == False  # noqa: E712  # a NumPy bool
    assert np.isfinite(v) == True  # noqa: E712  # as above
    assert np.isnan(Value(math.nan)) == True  # noqa: E712  # as above


@pytest.mark.parametrize(
    ("call", "expected", "slope"),
    [
        (np.add.reduce, 3.0, 1.0),
        (np.sum, 3.0, 1.0),
        (np.max, 3.0, 1.0),
        (np.min, 3.0, 1.0),
        (np.prod, 3.0, 1.0),
        (np.mean, 3.0, 1.0),
        (np.var, 0.0, 0.0),
        (np.std, 0.0, 0.0),
        (np.linalg.norm, 3.0, 1.0),
        (np.sinc, np.sinc(3.0), -1.0 / 3.0),
        (np.nan_to_num, 3.0, 1.0),
        (lambda v: np.clip(v, 0.0, 5.0), 3.0, 1.0),
        (lambda v: np.where(v > 0.0, v * v, 0.0), 9.0, 6.0),
        (lambda v: np.stack([v, v * v]), [3.0, 9.0], 7.0),
        (lambda v: np.hstack([v, [1.0]]), [3.0, 1.0], 1.0),
        (lambda v: np.interp(v, [0.0, 2.0, 4.0], [0.0, 4.0, 16.0]), 10.0, 6.0),
        (lambda v: np.multiply.outer(v, [v, 2.0]), [9.0, 6.0], 8.0),
        (lambda v: np.add(np.ones(2), v, dtype=float), [4.0, 4.0], 2.0),
        (lambda v: np.add.accumulate(np.stack([v, v])), [3.0, 6.0], 3.0),
        (lambda v: operator.iadd(np.ones(2, dtype=object), v), [4.0, 4.0], 2.0),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)  # fmt: skip
def test_functions_of_one_value(call, expected, slope):
    v = Value(3.0)
    y = np.asarray(call(v), dtype=object)
    assert np.shape(expected) == y.shape
    assert [getattr(a, "data", a) for a in y.ravel()] == pytest.approx(np.ravel(expected).tolist(), rel=1e-15)
    assert gradient(ops.sum(y.ravel().tolist()), v).data == pytest.approx(slope, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda v: np.add(np.ones(2), v, out=np.zeros(2)), r"np\.add with out= of dtype float64 .* such as array \+ v"),
        (lambda v: operator.iadd(np.ones(2), v), r"np\.add with out= of dtype float64 .* array\.astype\(object\)"),
        (lambda v: np.add.at(np.ones(2), [0], v), r"np\.add\.at into an array of dtype float64"),
        (lambda v: np.add(np.ones(2), v, dtype=np.float32), "dtype=float32, expected no dtype"),
        (lambda v: np.linalg.svd(v * np.eye(2)), r"np\.linalg\.svd is not defined for Values: write .*solve"),
        (lambda v: np.polyfit(v * np.ones(2), np.ones(2), 1), r"np\.polyfit is not defined for Values: .*declare an autograd\.Op"),
        (lambda v: np.fft.fft(np.stack([v, v])), r"numpy\.fft\.fft is not defined for such Values .*compose it"),
        (lambda v: np.matmul(v, np.ones(2)), "was given a number, .* multiply by"),
        (lambda v: np.linalg.norm(v * np.eye(2), "nuc"), "got ord='nuc'"),
        (lambda v: np.nan_to_num(v, copy=False), "copy=False is not defined"),
        (lambda v: np.add(v, [[1.0], [1.0, 2.0]]), r"np\.add: got \[\[1\.0\], \[1\.0, 2\.0\]\], expected numbers, or rows of equal length"),
        (lambda v: np.where([[1], [1, 2]], v, 2.0), r"numpy\.where: expected numbers, or rows of equal length"),
    ],
)
def test_what_is_refused_says_so_in_a_sentence(call, said):
    with pytest.raises(AutogradError, match=said):
        call(Value(1.0))


def in_place(change):
    """The numbers of an array as `change` leaves it, and the gradients of their sum: of the Value, and of the numbers that were there."""
    leaves, v = [Value(2.0), Value(5.0)], Value(3.0)
    array = np.array(leaves)
    given = array
    array = change(array, v)
    assert array is given  # changed, not replaced
    sum(array).backward()
    return [x.data for x in array], v.grad, [x.grad for x in leaves]


@pytest.mark.parametrize(
    ("change", "numbers", "gradient", "gradients"),
    [
        (operator.iadd, [5.0, 8.0], 2.0, [1.0, 1.0]),
        (operator.isub, [-1.0, 2.0], -2.0, [1.0, 1.0]),
        (operator.imul, [6.0, 15.0], 7.0, [3.0, 3.0]),
        (operator.itruediv, [2.0 / 3.0, 5.0 / 3.0], -7.0 / 9.0, [1.0 / 3.0] * 2),
        (operator.ipow, [8.0, 125.0], 8.0 * math.log(2.0) + 125.0 * math.log(5.0), [12.0, 75.0]),
        (lambda a, v: np.maximum(a, v, out=a), [3.0, 5.0], 1.0, [0.0, 1.0]),
        (lambda a, v: np.multiply(v, a, out=a, where=[True, False]), [6.0, 5.0], 2.0, [3.0, 1.0]),
        (lambda a, v: np.add.at(a, [0, 0], v) or a, [8.0, 5.0], 2.0, [1.0, 1.0]),
        (lambda a, v: np.exp(v, out=a), [math.exp(3.0)] * 2, 2.0 * math.exp(3.0), [0.0, 0.0]),
    ],
    ids=["+=", "-=", "*=", "/=", "**=", "maximum", "where", "at", "exp"],
)
def test_an_array_of_values_is_changed_in_place(change, numbers, gradient, gradients):
    found, of_value, of_leaves = in_place(change)
    assert found == pytest.approx(numbers, rel=1e-15)
    assert of_value == pytest.approx(gradient, rel=1e-15)
    assert of_leaves == pytest.approx(gradients, rel=1e-15)


def test_the_loops_of_ufuncs_take_a_value():
    v, array = Value(3.0), np.array([Value(2.0), Value(5.0)])
    assert [x.data for x in np.multiply.outer(array, v)] == [6.0, 15.0]
    assert [x.data for x in np.subtract.outer(v, array)] == [1.0, -2.0]
    assert np.add.reduce(v).data == 3.0
    answers = np.empty(2, dtype=bool)
    assert np.less(array, v, out=answers) is answers
    assert answers.tolist() == [True, False]
    partly = np.add(np.ones(2), v, where=[True, False])
    assert (partly[0].data, partly.shape, partly.dtype) == (4.0, (2,), object)


def test_where_without_out():
    y = np.add(np.ones(2), Value(3.0), where=[True, False])
    assert (y[0].data, y.shape, y.dtype) == (4.0, (2,), object)


def test_the_advice_about_writing_into_arrays_works():
    c, v = np.ones(2), Value(3.0)
    c = c + v
    assert [x.data for x in c] == [4.0, 4.0]
    c = np.ones(2).astype(object)
    c += v
    np.add.at(c, [0], v)
    assert [x.data for x in c] == [7.0, 4.0]


# Each function of an array, at points where it is smooth; scalars are made of its results by fixed weights.
SQUARE = np.array([[2.1, 0.3, -0.4], [0.2, 1.7, 0.6], [0.5, -0.3, 1.9]])


def _assigned(x):
    y = x.copy()
    y[0] *= 2.0
    y[1, 1] = y[0, 0] * y[2, 2]
    return y


def _assigned_to_zeros_like(x):
    c = np.zeros_like(x)
    c[1:] = x[:2]
    c += x.T
    return c


FUNCTIONS = {
    "sum": lambda x: np.sum(x, axis=1),
    "sum of what is asked for": lambda x: np.sum(x, where=SQUARE > 0.5, initial=2.0, axis=0),
    "prod": lambda x: np.prod(x, axis=0, keepdims=True),
    "max": lambda x: np.max(x, axis=1),
    "min": np.min,
    "mean": lambda x: np.mean(x, axis=(0, 1)),
    "var": lambda x: np.var(x, axis=0, ddof=1),
    "std": lambda x: np.std(x, axis=1, keepdims=True),
    "methods": lambda x: (
        x.std(axis=0) + x.var(axis=1) + x.mean() + x.max(axis=0) + x.dot(x).trace() + x.cumsum()[-1] + x.clip(0.0, 1.0).sum()
    ),
    "median": np.median,
    "average": lambda x: np.average(x, axis=0, weights=[1.0, 2.0, 3.0]),
    "quantile": lambda x: np.quantile(x, 0.3),
    "percentile": lambda x: np.percentile(x, [20.0, 70.0], axis=1),
    "ptp": lambda x: np.ptp(x, axis=0),
    "cov": np.cov,
    "corrcoef": lambda x: np.corrcoef(x)[0, 1:],
    "norm": np.linalg.norm,
    "norm of rows": lambda x: np.linalg.norm(x, axis=1, keepdims=True),
    "norm 1": lambda x: np.linalg.norm(x, 1),
    "norm inf": lambda x: np.linalg.norm(x, np.inf, axis=0),
    "norm 3": lambda x: np.linalg.norm(x[0], 3),
    "sinc": np.sinc,
    "clip": lambda x: np.clip(x, 0.0, 1.8),
    "where": lambda x: np.where(x > 0.0, x * x, np.exp(x)),
    "nan_to_num": lambda x: np.nan_to_num(x * np.array([1.0, np.nan, 1.0])),
    "dot": lambda x: np.dot(x, SQUARE),
    "dot of floats and Values": lambda x: np.dot(SQUARE[0], x),
    "matmul": lambda x: np.matmul(np.stack([x, SQUARE]), x),
    "inner": lambda x: np.inner(x, x[0]),
    "vdot": lambda x: np.vdot(x, SQUARE),
    "outer": lambda x: np.outer(x[0], x[1]),
    "tensordot": lambda x: np.tensordot(x, SQUARE, axes=([0], [1])),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, SQUARE),
    "einsum in some order": lambda x: np.einsum("ij,jk,kl->il", x, SQUARE, x, optimize=True),
    "kron": lambda x: np.kron(x[:2, :2], SQUARE[:2, :2]),
    "cross": lambda x: np.cross(x[0], SQUARE[1]),
    "trace": np.trace,
    "cumsum": lambda x: np.cumsum(x, axis=1),
    "cumprod": np.cumprod,
    "diff": lambda x: np.diff(x, n=2, axis=0),
    "gradient": lambda x: np.gradient(x[0], 0.5) + np.gradient(x, [0.0, 0.4, 1.5], 2.0)[0][1],
    "trapezoid": lambda x: np.trapezoid(x[0], dx=0.3),
    "convolve": lambda x: np.convolve(x[0], [1.0, -2.0]),
    "polyval": lambda x: np.polyval(x[0], 1.3),
    "interp": lambda x: np.interp(x[0], [-3.0, 0.0, 3.0], x[1]),
    "sort": lambda x: np.sort(x, axis=0) * SQUARE,
    "argsort": lambda x: x[0][np.argsort(x[0])] * SQUARE[1],
    "argmax": lambda x: x[np.argmax(x, axis=0), 0],
    "concatenate": lambda x: np.concatenate([x, SQUARE], axis=1) ** 2,
    "stack": lambda x: np.stack([x[0, 0], 2.0, x[1, 2] ** 2]),
    "pad": lambda x: np.pad(x, 1) ** 2,
    "fancy": lambda x: x[[0, 2, 2], [1, 1, 0]] ** 2 + x[:, None, ::-1][SQUARE[:, None] > 0.4].sum(),
    "assigned": _assigned,
    "like": _assigned_to_zeros_like,
    "solve": lambda x: np.linalg.solve(x, SQUARE[0]),
    "solve many": lambda x: np.linalg.solve(np.stack([x, x.T]), SQUARE),
    "inv": np.linalg.inv,
    "det": np.linalg.det,
    "slogdet": lambda x: np.linalg.slogdet(x)[1],
    "cholesky": lambda x: np.linalg.cholesky(x @ x.T),
    "matrix_power": lambda x: np.linalg.matrix_power(x, 3),
    "vectorize": np.vectorize(lambda a: a * a),
    "apply_along_axis": lambda x: np.apply_along_axis(lambda row: row @ row, 1, x),
    "logaddexp.reduce": lambda x: np.logaddexp.reduce(x, axis=0),
    "maximum of arrays": lambda x: np.maximum(x, SQUARE.T + 0.05) + np.maximum(0.0, x) + np.minimum(x, 0.0),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpys_functions_work_on_what_grad_jit_and_vmap_hand_in(name):
    f, point = FUNCTIONS[name], SQUARE.copy()
    expected = f(point)
    weights = np.random.default_rng(0).normal(size=np.shape(expected))
    scalar = lambda x: np.sum(f(x) * weights)  # noqa: E731
    y, g = value_and_grad(scalar)(point)
    assert y == pytest.approx(float(scalar(point)), rel=1e-12)
    slopes = np.zeros_like(point)
    for i in np.ndindex(point.shape):
        h = np.zeros_like(point)
        h[i] = 1e-6
        slopes[i] = (scalar(point + h) - scalar(point - h)) / 2e-6
    assert np.allclose(g, slopes, rtol=1e-7, atol=1e-7)
    assert np.allclose(jacobian(f)(point), np.reshape(jit(jacobian(f))(point), np.shape(jacobian(f)(point))), rtol=1e-13)
    assert np.allclose(jit(f)(point), expected, rtol=1e-12)
    assert np.allclose(vmap(f)(np.stack([point, point]))[1], expected, rtol=1e-12)


def test_derivatives_where_numpys_formula_has_none():
    assert grad(np.linalg.norm)(np.zeros(3)).tolist() == [0.0] * 3
    assert grad(lambda x: np.linalg.norm(x) ** 2)(np.zeros(2)).tolist() == [0.0] * 2
    assert grad(lambda x: np.exp(-(np.linalg.norm(x) ** 2)))(np.zeros(2)).tolist() == [0.0] * 2
    assert grad(np.std)(np.ones(4)).tolist() == [0.0] * 4
    assert grad(np.max)(np.ones(4)).tolist() == [0.25] * 4
    assert grad(np.arcsinh)(0.0) == grad(np.arctanh)(0.0) == 1.0
    mp.dps = 40
    for x in (0.0, 1e-9, 1e-3, 0.2, -0.3183, 0.3184, 2.5):  # on both sides of where the series ends
        for order, f in enumerate([np.sinc, grad(np.sinc), grad(grad(np.sinc))]):
            exact = mpmath.diff(mpmath.sincpi, mpmath.mpf(x), order)
            assert abs(f(x) - float(exact)) <= 1e-14 * 10.0**order


@pytest.mark.parametrize("f", [np.logaddexp.reduce, np.linalg.norm, np.prod, np.std, np.linalg.det], ids=lambda f: f.__name__)
def test_second_derivatives(f):
    x = SQUARE[0].copy() if f is not np.linalg.det else SQUARE.copy()
    slope = grad(f)
    found = hessian(f)(x).reshape(x.size, x.size)
    for i in range(x.size):
        h = np.zeros(x.size)
        h[i] = 1e-5
        h = h.reshape(x.shape)
        assert np.allclose(found[i], ((slope(x + h) - slope(x - h)) / 2e-5).ravel(), rtol=1e-6, atol=1e-7)


def test_an_array_of_one_number_is_a_number():
    for f in (lambda x: x[:1] ** 2 * x[1], lambda x: np.reshape(x[0] ** 2 * x[1], (1, 1)), lambda x: np.array(x[0] ** 2 * x[1])):
        for made in (value_and_grad(f), jit(value_and_grad(f))):
            y, g = made(np.array([3.0, 2.0]))
            assert (type(y), y, g.tolist()) == (float, 18.0, [12.0, 9.0])
    with pytest.raises(AutogradError, match="gave a list of 1, expected one number: return the number"):
        grad(lambda x: [x])(1.0)


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("cls", [np.matrix, np.ma.MaskedArray])
def test_arrays_with_a_meaning_of_their_own_are_refused(cls):
    x = cls([[1.0, 2.0]])
    for made in (grad(np.sum), jit(np.sum), vmap(np.sum), jit(grad(np.sum))):
        with pytest.raises(AutogradError, match=f"array of the class {cls.__name__}, expected a numpy.ndarray.*numpy.asarray"):
            made(x)


def test_a_gradient_is_not_lost_in_an_array():
    v = Value(2.0)
    for lose in (
        lambda: np.array([v], dtype=float),
        lambda: operator.setitem(np.ones(2), 0, v),
        lambda: np.array([v]).astype(float),
        lambda: np.ones(2).fill(v),
    ):
        with pytest.raises(GradientLostError):
            lose()


def test_arrays_of_values_are_arrays_of_objects():
    v = Value(2.0)
    a = np.array([v, 1.0])
    assert (a.dtype, a.shape, a[0]) == (object, (2,), v)
    assert np.asarray(v).shape == ()
    assert np.asarray(v)[()] is v


def test_subclass_of_ndarray():
    class Special(np.ndarray):
        pass

    x, v = np.array([1.0, 2.0]).view(Special), Value(3.0)
    assert [y.data for y in v * x] == [y.data for y in x * v] == [3.0, 6.0]


def test_masked_arrays_hold_values():
    x, v = np.ma.array([1.0, 2.0], mask=[False, True]), Value(3.0)
    for product in (v * x, x * v):
        assert isinstance(product[0], Value)
        product[0].backward()
    assert v.grad == 2.0


def test_spread_of_an_array_of_values():
    x = [1.0, 2.5, 4.0]
    values = [Value(a) for a in x]
    spread = np.std(np.array(values))
    spread.backward()
    assert spread.data == pytest.approx(np.std(x))
    assert [v.grad for v in values] == pytest.approx([(a - np.mean(x)) / (3 * np.std(x)) for a in x])


def test_complex_and_text_arrays_are_refused():
    for x in (np.array([1j]), np.array(["a"])):
        with pytest.raises(AutogradError, match="expected one real number"):
            Value(1.0) * x


def test_operations_take_numpy_and_values_mixed():
    v, x = Value(1.0), np.array([0.0, 1.0])
    assert [y.data for y in ops.maximum(v, x, 0.5)] == [1.0, 1.0]
    y = ops.where(x, v, 2.0)
    assert (y[1].args[1], y[0].data) == (v, 2.0)
    assert ops.dot([v, np.float64(2.0)], [3, np.float32(4.0)]).data == 11.0
