"""Values among NumPy's functions, scalars and arrays: the row "NumPy" of DESIGN section 4."""

import math
import operator

import numpy as np
import pytest

from autograd import Value, ops
from autograd.errors import AutogradError, GradientLostError
from autograd.ufuncs import OPERATIONS, QUESTIONS

POINT = (0.3, 0.7)  # inside the domain of every ufunc

each_ufunc = pytest.mark.parametrize("ufunc", OPERATIONS, ids=lambda u: u.__name__)
each_question = pytest.mark.parametrize("ufunc", QUESTIONS, ids=lambda u: u.__name__)

# NumPy has no loop over objects for these: on a Value they work, on an array of Values they cannot be caught.
NO_OBJECT_LOOP = {np.logaddexp, np.float_power}
# NumPy's loops over objects choose by comparison and return an argument or a plain int, not a new node.
CHOOSES = {np.maximum, np.minimum, np.sign}


def difference(ufunc, j):
    """The derivative of `ufunc` at POINT with respect to its argument `j`, by a central difference."""
    x, h = list(POINT[: ufunc.nin]), 1e-6
    up, down = (ufunc(*x[:j], x[j] + s, *x[j + 1 :]) for s in (h, -h))
    return (up - down) / (2 * h)


@each_ufunc
def test_ufunc_on_values(ufunc):
    leaves = [Value(x) for x in POINT[: ufunc.nin]]
    y = ufunc(*leaves)
    assert type(y) is Value
    assert y.data == pytest.approx(float(ufunc(*POINT[: ufunc.nin])), rel=1e-15)
    y.backward()
    for j, leaf in enumerate(leaves):
        assert leaf.grad == pytest.approx(float(difference(ufunc, j)), abs=1e-9)


@each_ufunc
def test_ufunc_on_an_array_of_values(ufunc):
    arrays = [np.array([Value(x), Value(x / 2)], dtype=object) for x in POINT[: ufunc.nin]]
    expected = ufunc(*(np.array([x, x / 2]) for x in POINT[: ufunc.nin]))
    if ufunc in NO_OBJECT_LOOP:
        with pytest.raises(TypeError, match="not supported"):
            ufunc(*arrays)
        return
    y = ufunc(*arrays)
    assert y.shape == (2,)
    assert [getattr(v, "data", v) for v in y] == pytest.approx(expected.tolist(), rel=1e-15)
    assert ufunc in CHOOSES or all(v.args for v in y) or ufunc is np.positive


@pytest.mark.parametrize("ufunc", [u for u in OPERATIONS if u.nin == 2], ids=lambda u: u.__name__)
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


@pytest.mark.parametrize("combine", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow], ids=lambda f: f.__name__)
@pytest.mark.parametrize("number", [np.float64(2.0), np.float32(2.0), np.int64(2), np.uint8(2), np.array(2.0), np.bool_(1)], ids=repr)
def test_operators_with_numpy_scalars(combine, number):
    for y, x in ((combine(Value(3.0), number), combine(3.0, float(number))), (combine(number, Value(3.0)), combine(float(number), 3.0))):
        assert type(y) is Value
        assert y.data == x
        assert all(type(a) in (Value, float) for a in y.args)


@pytest.mark.parametrize("combine", [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow], ids=lambda f: f.__name__)
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
    for x in ((2.0, 3.0), (3.0, 3.0), (math.nan, 1.0), (math.inf, 1.0)):
        values = [Value(z) for z in x[: ufunc.nin]]
        answer = ufunc(*values)
        assert answer == ufunc(*x[: ufunc.nin])
        assert np.asarray(answer).dtype == bool


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
    "ufunc", [np.log2, np.exp2, np.cbrt, np.floor, np.mod, np.heaviside, np.isinf, np.bitwise_and], ids=lambda u: u.__name__
)
def test_unsupported_ufunc(ufunc):
    with pytest.raises(TypeError, match=rf"np\.{ufunc.__name__} is not defined for a Value: compose it .* autograd\.Op"):
        ufunc(*[Value(1.0)] * ufunc.nin)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (np.logaddexp.reduce, r"np\.logaddexp\.reduce"),
        (np.add.accumulate, r"np\.add\.accumulate"),
        (lambda v: np.add.at(np.ones(2), [0], v), r"np\.add\.at"),
        (lambda v: np.add(np.ones(2), v, out=np.zeros(2)), "np.add with out="),
        (lambda v: np.add(np.ones(2), v, casting="no"), "np.add with casting="),
        (lambda v: np.add(np.ones(2), v, dtype=float), "np.add with dtype="),
        (lambda v: operator.iadd(np.ones(2), v), "np.add with out="),
    ],
)
def test_unsupported_use_of_a_ufunc(call, name):
    with pytest.raises(TypeError, match=f"{name}.* is not defined for a Value"):
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
