"""What counts as a number, alone and mixed; what does not, and what is said about it; operations of one's own."""

import math
import pickle
import re
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from mpmath import mp, mpf

import autograd
from autograd import Op, Value, ops
from autograd.errors import LengthError, NumberError, OperationError
from autograd.kinds import as_float

HALF = [0.5, Fraction(1, 2), Decimal("0.5"), np.float64(0.5), np.float32(0.5), np.float16(0.5), np.longdouble(0.5), np.array(0.5)]
ONE = [1, True, np.int64(1), np.uint8(1), np.bool_(1), np.array(1), np.array(1, dtype=bool), Fraction(1), Decimal(1)]
ids = [f"{type(x).__name__}-{x}" for x in HALF + ONE]


@pytest.mark.parametrize("x", HALF + ONE, ids=ids)
def test_becomes_a_float(x):
    for data in (as_float(x), Value(x).data, Value(0.0).__class__(x).data):
        assert type(data) is float
        assert data == float(x)


@pytest.mark.parametrize("x", HALF + ONE, ids=ids)
def test_mixes_with_every_other_kind(x):
    number = float(x)
    for other in (2.0, np.float64(2.0), Fraction(2), Decimal(2), 2, np.array([2.0, 3.0]), np.float32(2.0)):
        assert np.array_equal(ops.mul(x, other), number * np.asarray(other, dtype=float))
        assert np.array_equal(ops.sub(other, x), np.asarray(other, dtype=float) - number)
    v = Value(2.0)
    assert [ops.mul(x, v).data, (x * v).data, (v * x).data] == [2.0 * number] * 3
    assert ops.mul(x, v).args == (number, v)


@pytest.mark.parametrize(
    ("x", "data"),
    [
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (Fraction(10**400, 3), math.inf),
        (Fraction(1, 10**400), 0.0),
        (Decimal("1e400"), math.inf),
        (Decimal("-Infinity"), -math.inf),
        (2**53 + 1, 2.0**53),
    ],
    ids=repr,
)
def test_too_large_or_too_small_for_a_float(x, data):
    assert Value(x).data == data
    assert ops.add(x, 0.0) == data
    assert ops.add(np.float64(0.0), x) == data
    assert ops.add(np.zeros(2), x).tolist() == [data, data]


@pytest.mark.parametrize("x", [math.nan, -math.nan, np.nan, Decimal("nan"), Decimal("sNaN"), np.float32("nan")], ids=repr)
def test_nan(x):
    assert math.isnan(Value(x).data)
    assert math.isnan(ops.add(x, 1.0))


def test_minus_zero_keeps_its_sign():
    for x in (-0.0, np.float64(-0.0), Decimal("-0")):
        assert math.copysign(1.0, Value(x).data) == -1.0


NOT_NUMBERS = [
    ("3", "got the string '3', expected one real number", r"float\('3'\)"),
    (np.str_("3"), "got the string", "expected one real number"),
    (None, "got None of type NoneType, expected one real number", ""),
    (1j, "got the complex number 1j, expected one real number", "real and imaginary part"),
    (np.complex128(1j), "got the complex number 1j", "real and imaginary part"),
    ([1.0, 2.0], "got a list of 2, expected one real number", "one Value for each"),
    ((1.0,), "got a tuple of 1, expected one real number", "one Value for each"),
    ({}, "got {} of type dict", "expected one real number"),
    (object, "of type type", "expected one real number"),
]
not_a_number = pytest.mark.parametrize(("x", "given", "remedy"), NOT_NUMBERS, ids=[repr(case[0]) for case in NOT_NUMBERS])


@not_a_number
@pytest.mark.parametrize(
    "use",
    [Value, as_float, ops.exp, lambda x: ops.add(x, 1.0), lambda x: ops.add(Value(1.0), x), lambda x: ops.sum([1.0, x])],
    ids=["Value", "as_float", "exp", "add", "add to a Value", "sum"],
)
def test_not_a_number(use, x, given, remedy):
    with pytest.raises(NumberError, match=given) as info:
        use(x)
    assert isinstance(info.value, TypeError)
    assert re.search(remedy, str(info.value))


@not_a_number
def test_operators_refuse_what_is_not_a_number(x, given, remedy):  # noqa: ARG001  # the message is Python's own
    for combine in (lambda v: v + x, lambda v: x - v, lambda v: v**x, lambda v: v < x, lambda v: x / v):
        with pytest.raises(TypeError):
            combine(Value(1.0))


@pytest.mark.parametrize("x", [np.array([1.0, 2.0]), np.array([1.0])], ids=["two", "one"])
def test_value_of_an_array(x):
    with pytest.raises(NumberError, match=r"array of shape \(.,\).*one Value for each element"):
        Value(x)


def test_value_of_a_value():
    with pytest.raises(NumberError, match=r"got a Value.*it is a node already"):
        Value(Value(1.0))


@pytest.mark.parametrize("x", [np.array(["a"]), np.array([1j]), np.array([None])], ids=["text", "complex", "None"])
def test_array_of_what_is_not_a_number(x):
    with pytest.raises(NumberError, match="expected one real number"):
        ops.exp(x)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (ops.exp, r"exp\(\) takes 1 arguments, got 0"),
        (lambda: ops.exp(1.0, 2.0), r"exp\(\) takes 1 arguments, got 2"),
        (lambda: ops.add(1.0), r"add\(\) takes 2 arguments, got 1"),
        (lambda: ops.where(1.0, 2.0), r"where\(\) takes 3 arguments, got 2"),
        (lambda: ops.step(1.0, 2.0, 3.0), r"step\(\) takes 2 arguments, got 3"),
        (ops.step, r"step\(\) takes 2 arguments, got 0"),
        (ops.maximum, r"maximum\(\) takes at least one argument"),
        (lambda: ops.sum([1.0], [2.0]), r"sum\(\) takes 1 sequences, got 2"),
        (lambda: ops.dot([1.0]), r"dot\(\) takes 2 sequences, got 1"),
        (lambda: ops.dot([1.0, 2.0], [3.0]), "equal length, got lengths 2 and 1"),
        (lambda: ops.dot(np.ones(3), [Value(1.0)]), "equal length, got lengths 3 and 1"),
    ],
)
def test_wrong_count(call, message):
    with pytest.raises(LengthError, match=message):
        call()


def test_empty_sequences():
    assert ops.sum([]) == 0.0
    assert ops.dot([], []) == 0.0
    assert ops.logsumexp([]) == -math.inf


def test_defaults_complete_the_arguments():
    assert ops.leaky_relu(-1.0) == -0.01
    assert ops.step(np.array([-1.0, 1.0])).tolist() == [0.0, 1.0]
    assert Value(-1.0).leaky_relu().args[1] == 0.01


# Arrays.


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32, np.uint8, np.bool_, np.float16])
def test_dtypes(dtype):
    x = np.array([0, 1, 1, 0], dtype=dtype).reshape(2, 2)
    y = ops.exp(x)
    assert y.shape == (2, 2)
    assert y.dtype == (dtype if np.issubdtype(dtype, np.floating) else np.float64)
    assert np.allclose(y, np.where(x, math.e, 1.0), rtol=2 * np.finfo(y.dtype).eps)


def test_array_of_no_dimension():
    assert ops.exp(np.array(0.0)) == 1.0
    v = ops.exp(np.array(Value(0.0), dtype=object))
    assert v.data == 1.0


def test_broadcasting():
    assert ops.add(np.ones((2, 1)), np.arange(3.0)).shape == (2, 3)
    v = Value(2.0)
    y = ops.mul(np.array([[v], [v]], dtype=object), np.arange(3.0))
    assert [[z.data for z in row] for row in y] == [[0.0, 2.0, 4.0]] * 2


def test_object_array_of_numbers_and_values():
    v = Value(2.0)
    y = ops.exp(np.array([v, 1, Fraction(1, 2), np.float64(0.0)], dtype=object))
    assert y[0].args == (v,)
    assert y[1:].tolist() == [math.e, math.exp(0.5), 1.0]


def test_an_array_is_reduced_over_its_first_axis():
    x = np.arange(6.0).reshape(3, 2)
    assert ops.sum(x).tolist() == [6.0, 9.0]
    assert ops.dot(x, x).tolist() == [20.0, 35.0]
    assert np.allclose(ops.logsumexp(x), np.log(np.exp(x).sum(axis=0)), rtol=1e-15)
    assert ops.maximum(*x).tolist() == [4.0, 5.0]
    v = [Value(z) for z in (1.0, 2.0)]
    assert ops.sum(np.array(v, dtype=object)).args == tuple(v)


def test_invalid_arithmetic_on_arrays_is_silent():
    x = np.array([0.0, -1.0])
    assert ops.log(x)[0] == -math.inf
    assert np.isnan(ops.log(x)[1])
    assert ops.div(1.0, x).tolist() == [math.inf, -1.0]
    assert ops.exp(np.array([1000.0])).tolist() == [math.inf]


def test_sum_is_compensated_on_every_kind():
    x = [1.0, 1e100, 1.0, -1e100]
    assert ops.sum(x) == ops.sum([Value(z) for z in x]).data == 2.0
    assert ops.sum(np.array(x)) == 2.0
    assert ops.sum(np.array([x, x]).T).tolist() == [2.0, 2.0]


# mpmath and SymPy.


def test_mpmath_numbers_keep_their_digits():
    with mp.workdps(50):
        assert isinstance(ops.exp(mpf(1)), mpf)
        assert ops.exp(mpf(1)) == mp.e
        assert ops.add(mpf(1) / 3, 1) == mpf(4) / 3
        assert mp.almosteq(ops.sum([mpf(1) / 3, 0.5]), mpf(5) / 6, 1e-49)


def test_sympy_numbers_stay_symbolic():
    x = sympy.Symbol("x")
    assert ops.exp(sympy.Integer(2)) == sympy.exp(2)
    assert ops.exp(sympy.Rational(1, 2) * x) == sympy.exp(x / 2)
    assert sympy.simplify(sympy.diff(ops.logsumexp([x, 0]), x) - 1 / (1 + sympy.exp(-x))) == 0


# Operations of one's own.

cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))  # noqa: ARG005  # the signature of an Op


def _root(xp, a):  # noqa: ARG001  # the signature of an Op
    """The x with x + exp(x) = a, by bisection: a black box to the engine."""
    low, high = -800.0, 800.0
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if middle + math.exp(middle) < a else (low, middle)
    return middle


root = Op("root", _root, lambda x, a: (1.0 / (1.0 + ops.exp(x)),), label="solve", latex=r"r\left(#1\right)")  # noqa: ARG005  # as above


def test_own_operation_is_a_function():
    assert cube(2.0) == 8.0
    assert cube(2) == 8.0
    assert cube(np.array([1.0, 2.0])).tolist() == [1.0, 8.0]
    assert cube(sympy.Symbol("x")) == sympy.Symbol("x") ** 3
    assert (cube.label, cube.formula("x")) == ("cube", r"\operatorname{cube}\left(x\right)")


def test_own_operation_on_values():
    v = Value(2.0)
    y = cube(v)
    y.backward()
    assert (y.data, v.grad, y.op) == (8.0, 12.0, cube)
    gradient = cube.partials(y, v)[0]
    v.grad = 0
    gradient.backward()
    assert v.grad == 12.0


def test_own_operation_pickles_by_name():
    v = Value(2.0)
    assert pickle.loads(pickle.dumps(cube)) is cube
    assert pickle.loads(pickle.dumps(cube(v))).op is cube


def test_black_box_with_a_derivative():
    v = Value(3.0)
    y = root(v * 2.0)
    y.backward()
    x = y.data
    assert x + math.exp(x) == pytest.approx(6.0, rel=1e-14)
    assert v.grad == pytest.approx(2.0 / (1.0 + math.exp(x)), rel=1e-14)
    assert [type(z) for z in (y.data, v.grad)] == [float, float]
    assert (root.label, root.formula("a")) == ("solve", r"r\left(a\right)")


def test_own_operation_gives_floats_whatever_it_returns():
    sloppy = Op("sloppy", lambda xp, x: np.float32(x) if x else 0, lambda y, x: (1,))  # noqa: ARG005  # the signature of an Op
    for x in (0.0, 1.0):
        v = Value(x)
        y = sloppy(v)
        y.backward()
        assert [type(z) for z in (y.data, v.grad)] == [float, float]


@pytest.mark.parametrize("op", ops.TABLE.values(), ids=ops.TABLE)
@pytest.mark.parametrize("number", [np.float64(0.25), np.array(0.25)], ids=["scalar", "array of no dimension"])
def test_numpy_numbers_give_numpy_scalars(op, number):
    x = [number] * (op.arity or 2)
    y = op(*{0: x, 1: [x], 2: [x[:1], x[1:]]}[op.sequences])
    assert type(y) is np.float64


def test_an_op_needs_a_python_function_and_one_partial_for_each_argument():
    with pytest.raises(OperationError, match=r"value of cosine is .*cos.*expected a function written in Python"):
        Op("cosine", math.cos, lambda _y, x: (-math.sin(x),))
    product = Op("product", lambda _xp, a, b: a * b, lambda _y, _a, b: (b,))
    with pytest.raises(OperationError, match="partials of product are 1, expected one for each of its 2 arguments"):
        product(Value(2.0), Value(3.0))


@pytest.mark.parametrize("given", [5, Value(1.0)])
def test_what_takes_a_sequence_says_so(given):
    with pytest.raises(NumberError, match=r"sum\(\) takes a sequence of numbers, got .*: put it in a list"):
        autograd.sum(given)


@pytest.mark.parametrize("x", [1e-320, 5e-324, 1.7e308])
def test_hypot_keeps_its_derivatives_where_its_value_is_subnormal_or_overflows(x):
    a, b = Value(x), Value(x)
    autograd.hypot(a, b).backward()
    assert (a.grad, b.grad) == pytest.approx((0.5**0.5, 0.5**0.5), rel=1e-15)


def test_a_maximum_takes_arguments_or_one_sequence_or_the_first_axis_of_an_array():
    a, b = Value(1.0), Value(2.0)
    for largest in (autograd.maximum(a, b), autograd.maximum([a, b]), autograd.maximum(np.array([a, b]))):
        assert largest.args == (a, b)
    assert autograd.maximum(np.array([[1.0, 5.0], [2.0, 3.0]])).tolist() == [2.0, 5.0]
    assert autograd.minimum([3.0, 1.0]) == 1.0
    with pytest.raises(LengthError, match=r"maximum\(\) takes at least one argument, got none"):
        autograd.maximum([])


def test_partials_must_be_a_tuple():
    forgot_a_comma = Op("square", lambda _xp, x: x * x, lambda _y, x: 2.0 * x)
    with pytest.raises(OperationError, match=r"the partials of square are 6.0, expected a tuple, one for each argument"):
        forgot_a_comma(Value(3.0))


@pytest.mark.parametrize("name", ["step", "relu", "leaky_relu", "clip", "maximum", "minimum"])
def test_nan_is_not_hidden_by_a_choice(name):
    v, op = Value(math.nan), ops.TABLE[name]
    y = {"clip": lambda: op(v, -1.0, 1.0), "maximum": lambda: op(v, 1.0), "minimum": lambda: op(1.0, v)}.get(name, lambda: op(v))()
    assert y.isnan()
    y.backward()
    assert name == "step" or math.isnan(v.grad)


def test_a_value_is_kept_where_only_its_derivative_divides_by_zero():
    assert math.copysign(1.0, (Value(-0.0) ** 0.5).data) == math.copysign(1.0, ops.pow(-0.0, 0.5))


def test_powers_of_arrays_are_those_of_floats():
    """NumPy takes the square root for one exponent of 0.5, which has another value at -0.0 and -inf."""
    x = np.array([-0.0, 0.0, -math.inf, math.inf, -1.0, 2.0, math.nan])
    for exponent in (0.5, -0.5, 1.5, 2.0, 3.0, -1.0, 0.0):
        expected = [ops.pow(a, exponent) for a in x.tolist()]
        for given in (exponent, np.full(len(x), exponent), np.array([exponent])):
            found = ops.pow(x, given)
            assert np.array_equal(found, expected, equal_nan=True)
            assert np.array_equal(np.signbit(found[:4]), np.signbit(expected[:4]))
