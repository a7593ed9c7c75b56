"""Wrong calls of the public functions, classes and methods: each gets one sentence that says what was given, expected and to be done.

The rows of the table of operations give most of the cases. Below stand those that the tests of a function's own file leave out.
"""

import inspect
import math
import pickle
import re
import reprlib

import numpy as np
import pytest
from matplotlib.figure import Figure
from sentences import sentence

import autograd
import nn
from autograd import TABLE, Op, Value, errors, ops
from autograd.errors import (
    AutogradError,
    GraphTooLarge,
    LengthError,
    NumberError,
    OperationError,
    PathNotFoundError,
    RangeError,
    StateError,
    TraceError,
)
from nn import plot

each_op = pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)

# What is not a number, and what the sentence says of it: what was given and what to do.
NOT_NUMBERS = [
    ("abc", ["the string 'abc'", "float('abc')"]),
    (2.0 + 3.0j, ["the complex number (2+3j)", "treat real and imaginary part separately"]),
    ([1.0, 2.0], ["a list of 2", "make one Value for each element"]),
    (None, ["None of type NoneType"]),
    ({"a": 1.0}, ["{'a': 1.0} of type dict"]),
]


P = Value(1.0)
nan, inf = math.nan, math.inf


def identity_op(**changes):
    return Op(**{"name": "same", "value": lambda _xp, x: x, "partials": lambda _y, _x: (1.0,)} | changes)


def called(op, x):
    """`op` on the numbers `x`, however it wants its arguments."""
    half = len(x) // 2
    return op(*{0: x, 1: (x,), 2: (x[:half], x[half:])}[op.sequences])


def place_name(op, place):
    """What a message calls the argument at `place`: by the name that the declaration gives it, or by counting."""
    if op.sequences:
        return f"element 0 of sequence {place}" if op.sequences == 2 else f"element {place} of sequence 0"
    return f"argument {list(inspect.signature(op.value).parameters)[1 + place] if op.arity else place}"


# The tree.


@pytest.mark.parametrize("error", [e for e in vars(errors).values() if e in AutogradError.__subclasses__()])
def test_each_exception_is_also_a_builtin_one_and_says_when_it_comes(error):
    assert error.__mro__[1] is AutogradError
    assert error.__mro__[2].__module__ == "builtins"
    assert error.__mro__[2] is not Exception
    assert inspect.getdoc(error).endswith(".")
    assert pickle.loads(pickle.dumps(error("said"))).args == ("said",)


# Operations: on plain numbers and on Values, in each place.


@each_op
@pytest.mark.parametrize("number", [float, Value])
@pytest.mark.parametrize(("wrong", "parts"), NOT_NUMBERS, ids=[type(x).__name__ for x, _ in NOT_NUMBERS])
def test_an_operation_refuses_what_is_no_number(op, number, wrong, parts):
    arity = op.arity or 2
    for place in range(arity):
        x = [number(0.5)] * arity
        x[place] = wrong
        said = sentence(lambda: called(op, x), NumberError)  # noqa: B023  # called at once
        assert said.startswith(f"{op.name}(), {place_name(op, place)}: got ")
        assert all(part in said for part in [*parts, "expected one real number"]), said


@pytest.mark.parametrize(("wrong", "parts"), NOT_NUMBERS, ids=[type(x).__name__ for x, _ in NOT_NUMBERS])
@pytest.mark.parametrize("name", ["data", "grad", "the seed of backward()"])
def test_a_value_says_which_of_its_numbers_is_none(name, wrong, parts):
    v = Value(1.0)
    said = sentence(lambda: setattr(v, name, wrong) if hasattr(v, name) else v.backward(wrong), NumberError)
    assert said.startswith(f"in {name}: got ")
    assert all(part in said for part in [*parts, "expected one real number"]), said
    assert (v.data, v.grad) == (1.0, 0.0)


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.arity], ids=lambda op: op.name)
def test_an_operation_says_how_many_arguments_it_takes(op):
    names = list(inspect.signature(op.value).parameters)[1:]
    for count in {0, op.arity - len(op.defaults) - 1, op.arity + 1}:
        for number in (1.0, Value(1.0)):
            said = sentence(lambda: op(*[number] * count), LengthError)  # noqa: B023  # called at once
            assert f"{op.name}() takes {op.arity} arguments, got {count}: {op.name}({', '.join(names)})" in said


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.sequences], ids=lambda op: op.name)
def test_an_operation_on_sequences_says_what_it_takes(op):
    for wrong in (3.0, None, Value(1.0), "ab", b"ab", np.array(1.0)):
        said = sentence(lambda: op(*[wrong] * op.sequences), NumberError)  # noqa: B023  # called at once
        assert f"{op.name}() takes a sequence of numbers, got {wrong!r}: put it in a list" in said
    said = sentence(lambda: op(*[[1.0]] * (op.sequences + 1)), LengthError)
    assert f"{op.name}() takes {op.sequences} sequences, got {op.sequences + 1}: put the numbers of each in a list" in said
    if op.sequences == 2:
        assert "equal length, got lengths 1 and 2: give equally many" in sentence(lambda: op([1.0], [1.0, 2.0]), LengthError)


@pytest.mark.parametrize("x", [1.0, 1, Value(1.0), np.float64(1.0), np.ones(2)], ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("wrong", ["abc", "3", 1j, None, P], ids=repr)
def test_an_operation_of_ones_own_has_to_give_a_real_number(x, wrong):
    said = sentence(lambda: identity_op(value=lambda _xp, _x: wrong)(x), OperationError)
    assert all(part in said for part in ["value of same gave ", "expected a real number", "xp.sqrt", "has to be an argument"]), said


@pytest.mark.parametrize("point", [1.0, 0.0], ids=["regular", "where Python's arithmetic raises"])
@pytest.mark.parametrize("wrong", ["abc", "3", 1j, [1.0], P], ids=repr)
def test_a_partial_of_ones_own_has_to_give_a_real_number(wrong, point):
    op, x = identity_op(partials=lambda _y, x: (wrong if x else 1.0 / x and wrong,)), Value(point)
    said = sentence(lambda: op(x), OperationError)
    assert all(part in said for part in ["partial of same gave ", "expected a real number", "autograd.sqrt"]), said


@pytest.mark.parametrize("x", [-1.0, Value(-1.0)], ids=["float", "Value"])
def test_a_complex_root_is_no_result(x):
    root = Op("root", lambda _xp, x: x**0.5, lambda y, _x: (0.5 / y,))
    said = sentence(lambda: root(x), OperationError)
    assert "the value of root gave (6" in said
    assert "of type complex" in said


# A declaration, argument by argument: the wrong ones, and what is expected.

WRONG_DECLARATIONS = {
    "name": ([3, None, b"same"], "a string, the name of the variable"),
    "value": ([lambda _xp: 1.0, lambda: 1.0, lambda _xp, *, x: x], "a function of xp and at least one argument: lambda xp, x: ..."),
    "partials": ([lambda _y: (1.0,), lambda _y, _a, _b: (1.0,)], "a function of the result and what value takes: lambda y, x"),
    "label": ([3, b"same"], "a string or None"),
    "latex": ([3, b"#1", "#2", "#0"], "a string, in which #1 is the first argument"),
    "domain": (
        [3, (0.0, 1.0), ((0.0, 1.0),) * 2, ((1.0, 0.0),), (("0", "1"),), [(0.0, 1.0)], ((0.0, 1.0, 2.0),)],
        "an open interval for each",
    ),
    "kinks": (
        [3, ops.Kink((0.0,), (1.0,), "not in a tuple"), (((0.0,), (1.0,), "bare"),), (ops.Kink(0.0, 1.0, "no tuples"),)],
        "a tuple of Kinks",
    ),
    "bound": ([3, (0.5, 0.5)], "a Bound or None"),
    "defaults": ([3, (1.0, 2.0), ("1",), [1.0]], "a tuple of numbers for the last arguments"),
    "sequences": ([1, -1, "1", None], "1 or 2 where value is a function of xp and *x, else 0"),
    "ties": ([1, "yes", None], "True where arguments that tie share the derivative, else False"),
    "numpy": ([3, None, b"same"], "a string"),
    "selects": ([1, "yes", None], "True where the first argument selects one of the others, else False"),
    "constant_of": ([1, "pow", ops.add], "an Op"),
}


def test_the_declarations_are_complete():
    assert list(WRONG_DECLARATIONS) == list(inspect.signature(Op).parameters)


@pytest.mark.parametrize(
    ("what", "wrong"), [pytest.param(what, x, id=f"{what}-{x!r}") for what, (xs, _) in WRONG_DECLARATIONS.items() for x in xs]
)
def test_a_declaration_names_what_is_wrong(what, wrong):
    said = sentence(lambda: identity_op(**{what: wrong}), OperationError)
    given = f"a function of {inspect.signature(wrong)}" if inspect.isfunction(wrong) else reprlib.repr(wrong)
    name = wrong if what == "name" else "same"
    assert said.startswith(f"got {given} as the {what} of {name!r}, expected {WRONG_DECLARATIONS[what][1]}"), said


def test_a_declaration_of_any_number_of_arguments():
    given = {"value": lambda xp, *x: xp.sum(*x), "partials": lambda _y, *x: (1.0,) * len(x)}
    kink = ops.Kink((1.0, 1.0), (1.0, 1.0), "none")
    op = identity_op(**given, domain=((0.0, 1.0),), kinks=(kink,), sequences=1, latex="#1 + #9")
    assert (op([1.0, 2.0]), op.arity) == (3.0, None)
    for wrong in ({"defaults": (1.0,)}, {"sequences": 3}, {"domain": ((0.0, 1.0),) * 2}, {"partials": lambda _y, x: (x,)}):
        assert f"as the {next(iter(wrong))} of 'same'" in sentence(lambda: identity_op(**given | wrong), OperationError)  # noqa: B023  # called at once


# Everything else: the call, the exception, and what the sentence says of what was given, expected and to be done.


def in_scope(name):
    with autograd.scope(name):
        return Value(1.0)


def small_fit(**changes):
    model = nn.MLP(1, [2])
    given = {"model": model, "X": [[1.0], [2.0]], "y": [0, 1], "optimizer": nn.SGD(model.parameters(), lr=0.1), "progress": False}
    return nn.fit(**given | changes)


def small_boundary(**changes):
    given = {"model": lambda x: x[0] - x[1], "X": [[1.0, 2.0], [2.0, 1.0]], "y": [-1, 1]}
    return plot.boundary(**given | changes)


WRONG_CALLS = {
    **{
        name: [(lambda walk=walk: walk(3.0), NumberError, ["got 3.0, expected a Value", "give the result"])]
        for name, walk in {"order": autograd.order, "leaves": autograd.leaves, "count": autograd.count}.items()
    },
    "Value": [
        (lambda: Value(1.0, label=3), OperationError, ["got 3 as a label", "a string or None"]),
        (lambda: setattr(Value(1.0), "label", b"x"), OperationError, ["got b'x' as a label", "a string or None"]),
        (lambda: Value(1.0).backward("1"), NumberError, ["the string '1'", "one real number", "float('1')"]),
        (lambda: Value(1.0).backward([1.0]), NumberError, ["a list of 1", "one real number"]),
        (lambda: Value(1.0).backward(Value(1.0)), NumberError, ["got a Value", "one real number", ".data"]),
        (lambda: Value(1.0).hypot(), LengthError, ["hypot() takes 2 arguments, got 1"]),
        (lambda: Value(1.0).clip(0.0), LengthError, ["clip() takes 3 arguments, got 2"]),
        (lambda: Value(1.0).leaky_relu("a"), NumberError, ["the string 'a'", "one real number"]),
    ],
    "Op": [
        (lambda: identity_op(partials=3.0), OperationError, ["partials of same are 3.0", "a function", "lambda y, x"]),
        (lambda: identity_op(value=3.0), OperationError, ["value of same is 3.0", "a function written in Python", "lambda xp, x"]),
        (lambda: identity_op(partials=lambda _y, _x: 1.0)(P), OperationError, ["partials of same are 1.0", "a tuple", "each argument"]),
        (lambda: identity_op(partials=lambda _y, _x: ())(P), OperationError, ["partials of same are 0", "each of its 1 arguments"]),
    ],
    "scope": [
        (lambda name=name: in_scope(name), OperationError, [repr(name), "a string", "scope('"]) for name in (3, None, b"layer", ["a"])
    ],
    "gradient": [
        (lambda: autograd.gradient([P], P), NumberError, ["gradient() takes Values", "got [Value(", "grad(f)(x)"]),
        (lambda: autograd.gradient(P, {"a": [P, b"b"]}), NumberError, ["gradient() takes Values", "got b'b'", "grad(f)(x)"]),
        (lambda: autograd.gradient(P, np.ones(2)), NumberError, ["gradient() takes Values", "got np.float64(1.0)"]),
    ],
    "value_and_grad": [
        (lambda: autograd.value_and_grad(lambda x: x)(np.ones(2)), LengthError, ["gave 2 numbers", "expected one", "jacobian, or sum"]),
        (
            lambda: autograd.value_and_grad(lambda x: [x])(1.0),
            LengthError,
            ["gave a list of 1", "expected one number", "return the number"],
        ),
        (lambda: autograd.value_and_grad(lambda x: x)([b"1"]), NumberError, ["the bytes b'1'", "one real number"]),
    ],
    "grad": [
        (lambda: autograd.grad(lambda x: x["a"])({"a": "1"}), NumberError, ["the string '1'", "one real number", "float('1')"]),
        (lambda: autograd.grad(lambda x: x)({1.0}), NumberError, ["{1.0} of type set", "one real number"]),
        (lambda: autograd.grad(lambda x: x[0])(np.array([1j])), NumberError, ["the complex number 1j", "one real number"]),
    ],
    "vjp": [
        (lambda: autograd.vjp(lambda x: x)("1"), NumberError, ["the string '1'", "one real number"]),
        (lambda: autograd.vjp(lambda x: {"y": x})(1.0)([1.0, 2.0]), LengthError, ["2 numbers as cotangent", "expected 1", "structure"]),
        (lambda: autograd.vjp(lambda x: x)(1.0)("1"), NumberError, ["the string '1'", "one real number"]),
    ],
    "jit": [
        (lambda: autograd.jit(3), OperationError, ["got 3", "expected a function"]),
        (lambda: autograd.jit(lambda x: x.data)(1.0), TraceError, ["data of a Value", "test_errors.py", "compute with the Value itself"]),
        (lambda: autograd.jit(lambda _: "y")(1.0), NumberError, ["the string 'y'", "one real number"]),
    ],
    "ravel": [
        (lambda: autograd.ravel([1.0, b"x"]), NumberError, ["in the structure: got the bytes b'x'", "one real number"]),
        (lambda: autograd.ravel([1.0, 2.0])[1](np.ones(3)), LengthError, ["got 3 numbers", "expected 2", "structure"]),
    ],
    "take": [
        (lambda: autograd.take(3.0, 0), NumberError, ["got 3.0", "an array, list or tuple with entries"]),
        (lambda: autograd.take([1.0, 2.0], 2), RangeError, ["the index 2", "from -2 below 2"]),
        (lambda: autograd.take([1.0, 2.0], 0.5), RangeError, ["the index 0.5", "a whole number"]),
        (lambda: autograd.take([1.0, 2.0], "a"), NumberError, ["the index 'a'", "a whole number"]),
        (lambda: autograd.take([1.0, [2.0, 3.0]], [0, 1]), LengthError, ["rows of different lengths", "an array"]),
        (lambda: autograd.jit(lambda k: autograd.take([1.0, [2.0]], k))(0.0), LengthError, ["rows of different lengths", "the same form"]),
    ],
    "cond": [(lambda: autograd.cond(np.ones(2), abs, abs, 1.0), NumberError, ["shape (2,)", "one truth value", "np.all"])],
    "scan": [
        (lambda: autograd.scan(3.0, 1.0, np.ones(2)), OperationError, ["given 3.0", "expected a function"]),
        (lambda: autograd.scan(lambda c, _: c, 1.0, np.ones(2)), OperationError, ["expected a pair", "None"]),
        (lambda: autograd.scan(lambda c, _: (c, c), 1.0), LengthError, ["neither xs nor a length"]),
        (lambda: autograd.scan(lambda c, _: (c, c), 1.0, np.ones(2), length=3), LengthError, ["lengths [2, 3]", "have to agree"]),
        (lambda: autograd.scan(lambda c, _: (c, c), 1.0, length=-1), LengthError, ["length=-1", "at least 0"]),
        (lambda: autograd.scan(lambda c, _: (c, c), 1.0, 2.0), LengthError, ["a number in xs", "into f"]),
        (lambda: autograd.scan(lambda c, _: ([c], c), 1.0, np.ones(2)), LengthError, ["same structure"]),
        (lambda: autograd.scan(lambda c, _: (np.array([c, c]), c), 1.0, np.ones(2)), LengthError, ["[()]", "[(2,)]", "have to agree"]),
        (lambda: autograd.scan(lambda c, _: (c, c), object(), np.ones(2)), NumberError, ["first carry", "object"]),
    ],
    "while_loop": [
        (lambda: autograd.while_loop(lambda _: np.ones(2), lambda v: v, 1.0), NumberError, ["one truth value", "np.all"]),
        (lambda: autograd.while_loop(lambda v: v < 2.0, lambda v: [v], 1.0), LengthError, ["same structure"]),
        (lambda: autograd.while_loop(1.0, abs, 1.0), OperationError, ["given 1.0", "expected a function"]),
    ],
    "vmap": [
        (lambda: autograd.vmap(3), OperationError, ["got 3", "expected a function"]),
        (lambda: autograd.vmap(abs, reduce="max"), RangeError, ["reduce='max'", "'mean', 'sum' or None"]),
        (lambda: autograd.vmap(abs)(1.0), RangeError, ["argument 0", "shape ()", "axis 0", "None in in_axes"]),
        (lambda: autograd.vmap(abs, in_axes=None)(1.0), RangeError, ["in_axes is None for all", "give 0"]),
        (lambda: autograd.vmap(abs, in_axes=(0, 0))(np.ones(2)), LengthError, ["1 arguments", "2 entries", "one for each"]),
        (lambda: autograd.vmap(max)(np.ones(2), np.ones(3)), LengthError, ["argument 1", "3 lanes", "expected 2"]),
        (lambda: autograd.vmap(abs)(np.ones(0)), LengthError, ["without a lane", "at least one sample"]),
        (lambda: autograd.vmap(abs)(np.array(["a"])), OperationError, ["argument 0", "<U1", "astype(float)"]),
        (lambda: autograd.vmap(abs)(np.arange(65)), OperationError, ["65 different lanes", "at most 64", ".astype(float)"]),
    ],
    "Program": [
        (lambda: autograd.Program([1.0], [2.0]), NumberError, ["2.0", "as an input", "expected a Value"]),
        (lambda: autograd.Program([1.0], [v := Value(1.0), v]), LengthError, ["twice", "give each once"]),
        (lambda: autograd.Program([1.0], [])([2.0]), LengthError, ["1 inputs", "expected 0"]),
    ],
    "jvp": [
        (lambda: autograd.jvp(lambda x: x)("1", 1.0), NumberError, ["the string '1'", "one real number"]),
        (lambda: autograd.jvp(lambda x: x)(np.ones(2), np.ones(3)), LengthError, ["3 numbers as tangent", "expected 2", "structure"]),
        (lambda: autograd.jvp(lambda x: x)(1.0, None), NumberError, ["None", "one real number"]),
        (lambda: autograd.jvp(lambda _: "y")(1.0, 1.0), NumberError, ["the string 'y'", "one real number"]),
    ],
    "hvp": [
        (lambda: autograd.hvp(lambda x: x[0])([1.0, 2.0], [1.0]), LengthError, ["1 numbers as tangent", "expected 2", "structure"]),
        (lambda: autograd.hvp(lambda x: x)([1.0], [1.0]), LengthError, ["gave a list of 1", "expected one number"]),
        (lambda: autograd.hvp(lambda x: x[0])([1.0], ["v"]), NumberError, ["the string 'v'", "one real number"]),
    ],
    "jacobian": [
        (lambda: autograd.jacobian(lambda x: x)("1"), NumberError, ["the string '1'", "one real number"]),
        (lambda: autograd.jacobian(lambda x: [x, b"1"])(1.0), NumberError, ["the bytes b'1'", "one real number"]),
    ],
    "jacfwd": [(lambda: autograd.jacfwd(lambda x: x)("1"), NumberError, ["the string '1'", "one real number"])],
    "jacrev": [(lambda: autograd.jacrev(lambda x: [x, b"1"])(1.0), NumberError, ["the bytes b'1'", "one real number"])],
    "hessian": [
        (lambda: autograd.hessian(lambda x: [x, x])(1.0), LengthError, ["gave 2 numbers", "expected one", "jacobian, or sum"]),
        (lambda: autograd.hessian(lambda x: x)("1"), NumberError, ["the string '1'", "one real number"]),
    ],
    "gradcheck": [
        (lambda: autograd.gradcheck(3, 1.0), OperationError, ["f=3", "a function of the numbers in inputs"]),
        (lambda: autograd.gradcheck(autograd.exp, "1"), NumberError, ["in inputs: got the string '1'", "one real number"]),
        (lambda: autograd.gradcheck(lambda x: x[0], [1.0, P]), NumberError, ["in inputs: got a Value", "one real number", ".data"]),
        (lambda: autograd.gradcheck(lambda _: None, 1.0), NumberError, ["in what f gave: got None", "one real number"]),
        (lambda: autograd.gradcheck(lambda x: [x, b"y"], 1.0), NumberError, ["in what f gave: got the bytes b'y'", "one real number"]),
        (lambda: autograd.gradcheck(lambda _: [], 1.0), LengthError, ["f gave 0 numbers for 1 inputs", "at least one of each"]),
        (lambda: autograd.gradcheck(lambda _: P, []), LengthError, ["f gave 1 numbers for 0 inputs", "at least one of each"]),
        (lambda: autograd.gradcheck(autograd.exp, 1.0, order=[1]), RangeError, ["order=[1]", "expected 1", "or 2"]),
        (lambda: autograd.gradcheck(autograd.exp, 1.0, tolerance=0.0), RangeError, ["tolerance=0.0", "a small positive float"]),
        (lambda: autograd.gradcheck(autograd.exp, 1.0, tolerance=math.inf), RangeError, ["tolerance=inf", "a small positive float"]),
        (lambda: autograd.gradcheck(autograd.exp, 1.0, tolerance="x"), RangeError, ["tolerance='x'", "a small positive float"]),
        (lambda: autograd.gradcheck(autograd.exp, 1.0, order=0), RangeError, ["order=0", "expected 1", "or 2"]),
    ],
    "to_sympy": [
        *(
            (lambda x=x: autograd.to_sympy(P, names=x), OperationError, [f"names={x!r}", "in a dict", "{x: 'x'}"])
            for x in (3, "p", ["p"], False)
        ),
        *(
            (lambda x=x: autograd.to_sympy(P, {P: x}), OperationError, [f"got {x!r} for Value(", "in names", "a string for a Value"])
            for x in (3, None, "", b"p")
        ),
        (lambda: autograd.to_sympy(P, {"p": P}), OperationError, ["for 'p' in names", "a string for a Value", "{x: 'x'}"]),
        (lambda: autograd.to_sympy([P]), NumberError, ["got [Value(", "expected a Value", "give the result"]),
    ],
    "latex": [
        (lambda: autograd.latex(P, names=3), OperationError, ["names=3", "in a dict", "{x: 'x'}"]),
        (lambda: autograd.latex("x"), NumberError, ["got 'x'", "expected a Value", "give the result"]),
    ],
    "draw": [
        *(
            (lambda x=x: autograd.draw(P).save(x), OperationError, [f"got {x!r} as the path", "the name of a file, such as 'picture.svg'"])
            for x in (None, 3, b"x.svg")
        ),
        (lambda: autograd.draw(P, direction=["LR"]), RangeError, ["direction is ['LR']", "one of LR, RL, TB, BT"]),
        (lambda: autograd.draw(P, color=["grad"]), RangeError, ["color is ['grad']", "'grad' or None"]),
        (lambda: autograd.draw(P, collapse=["layer"]), RangeError, ["collapse is ['layer']", "None, 'layer', 'neuron'"]),
        (lambda: autograd.draw(P, max_nodes="300"), RangeError, ["max_nodes is '300'", "a whole number from 1 up"]),
        (lambda: autograd.draw(P, precision=18), RangeError, ["precision is 18", "from 0 to 17"]),
    ],
    "step_through": [
        (lambda: autograd.step_through(3.0), NumberError, ["step_through() takes a Value, got one of type float", "give the Value"]),
        *(
            (lambda n=n: autograd.step_through(P, max_nodes=n), RangeError, [f"max_nodes is {n!r}", "a whole number from 1 up"])
            for n in (0, 2.5, "300", None)
        ),
        (
            lambda: autograd.step_through(P + P, max_nodes=1),
            GraphTooLarge,
            ["2 nodes and 2 edges", "max_nodes=1", "focus=", "raise max_nodes="],
        ),
        (lambda: autograd.step_through(P).save(3), OperationError, ["got 3 as the path", "the name of a file, such as 'picture.html'"]),
        (lambda: autograd.step_through(P).save("page.svg"), RangeError, ["the format of 'page.svg'", "ends in .html"]),
        (lambda: autograd.step_through(P).save("none/page.html"), PathNotFoundError, ["no folder 'none'", "make it first"]),
    ],
    "softmax": [
        (lambda: nn.softmax(None), LengthError, ["got None as logits", "a sequence"]),
        (lambda: nn.softmax([1.0, "2"]), NumberError, ["logits: got the string '2'", "one real number"]),
        (lambda: nn.softmax([[1.0, P], [None, 2.0]]), NumberError, ["logits: got None", "one real number"]),
        (lambda: nn.softmax([[[1.0]]]), NumberError, ["logits: got a list of 1", "one real number"]),
        (lambda: nn.softmax([[1.0], 2.0]), LengthError, ["numbers and rows mixed as logits", "one sample", "a batch"]),
    ],
    "log_softmax": [(lambda: nn.log_softmax([1.0, "2"]), NumberError, ["logits: got the string '2'", "one real number"])],
    "hardmax": [
        (lambda: nn.hardmax([1.0, "2"]), NumberError, ["logits: got the string '2'", "one real number"]),
        (lambda: nn.hardmax([[]]), LengthError, ["the logits are empty", "at least one class"]),
    ],
    "one_hot": [
        (lambda: nn.one_hot(0, 2.5), RangeError, ["classes=2.5", "positive int"]),
        (lambda: nn.one_hot([0, 3], 3), RangeError, ["the index 3", "from 0 to 2"]),
        (lambda: nn.one_hot([0, "1"], 3), NumberError, ["the index '1'", "class index", "int(label)"]),
    ],
    "cross_entropy": [
        (lambda: nn.cross_entropy([1.0, 2.0], [0.5, "1"]), NumberError, ["target: got the string '1'", "one real number"]),
        (lambda: nn.cross_entropy([[1.0, 2.0], [3.0, None]], [0, 1]), NumberError, ["logits: got None", "one real number"]),
        (lambda: nn.cross_entropy(["1", 2.0], 0), NumberError, ["logits: got the string '1'", "one real number"]),
        (lambda: nn.cross_entropy([1.0, 2.0], 0, None), RangeError, ["reduction=None", "'mean', 'sum' or 'none'"]),
    ],
    "categorical_cross_entropy": [
        (lambda: nn.categorical_cross_entropy(["1", 0.5], 0), NumberError, ["probabilities: got the string '1'", "one real number"]),
        (lambda: nn.categorical_cross_entropy(0.5, 0), LengthError, ["got 0.5 as probabilities", "a sequence"]),
    ],
    "negative_log_likelihood": [
        (lambda: nn.negative_log_likelihood(["1", -0.5], 0), NumberError, ["log-probabilities: got the string '1'", "one real number"]),
        (lambda: nn.negative_log_likelihood(-0.5, 0), LengthError, ["got -0.5 as log-probabilities", "a sequence"]),
    ],
    "binary_cross_entropy": [
        (lambda: nn.binary_cross_entropy([0.5, None], [1, 0]), NumberError, ["probabilities: got None", "one real number"]),
        (lambda: nn.binary_cross_entropy(0.5, "1"), NumberError, ["targets: got the string '1'", "one real number"]),
        (lambda: nn.binary_cross_entropy(0.5, math.nan), RangeError, ["the target nan", "from 0 to 1"]),
    ],
    "hinge": [
        (lambda: nn.hinge([0.5, "1"], [1, 1]), NumberError, ["scores: got the string '1'", "one real number"]),
        (lambda: nn.hinge([0.5], [None]), RangeError, ["the target None", "-1 or 1", "2*y - 1"]),
    ],
    "mse": [
        (lambda: nn.mse([1.0, 2.0], [1.0, "2"]), NumberError, ["targets: got the string '2'", "one real number"]),
        (lambda: nn.mse(None, 1.0), NumberError, ["outputs: got None", "one real number"]),
        (lambda: nn.mse([1.0, 2.0], 1.0), LengthError, ["a batch of 2", "the single target 1.0", "give one for each", "transpose"]),
    ],
    "Module": [
        (lambda: nn.Neuron(1).load_state_dict({"w.0": P, "b": 0.0}), StateError, ["one number for each name: w.0: got a Value", ".data"]),
        (lambda: nn.Neuron(1).load_state_dict({"w.0": 0.0, "b": True}), StateError, ["one number for each name: b: got True"]),
        (lambda: nn.Neuron(1).load_state_dict({1: 2.0}), StateError, ["missing: w.0, b; unknown: 1"]),
        (lambda: nn.Neuron(1).save(None), OperationError, ["got None as the path", "the name of a file, such as 'model.json'"]),
        (lambda: nn.Neuron(1).load(3), OperationError, ["got 3 as the path", "the name of a file, such as 'model.json'"]),
    ],
    "uniform": [
        (lambda: nn.uniform("a", 1.0), NumberError, ["low: got the string 'a'", "one real number"]),
        (lambda: nn.uniform(0.0, None), NumberError, ["high: got None", "one real number"]),
        (lambda: nn.uniform(1, -1), RangeError, ["low=1.0 and high=-1.0", "low at most high"]),
        (lambda: nn.uniform(-math.inf, 1.0), RangeError, ["low=-inf and high=1.0", "finite numbers"]),
        (lambda: nn.uniform(0.0, math.nan), RangeError, ["low=0.0 and high=nan", "finite numbers"]),
        (lambda: nn.uniform(seed=[1]), NumberError, ["seed=[1]", "an int, or None"]),
    ],
    "xavier": [
        (lambda: nn.xavier(seed="1"), NumberError, ["seed='1'", "an int, or None"]),
        (lambda: nn.xavier()(0, 1), RangeError, ["nin=0", "positive int"]),
        (lambda: nn.xavier()(1, None), RangeError, ["nout=None", "positive int"]),
    ],
    "he": [
        (lambda: nn.he(seed=1.5), NumberError, ["seed=1.5", "an int, or None"]),
        (lambda: nn.he()(0, 1), RangeError, ["nin=0", "positive int"]),
        (lambda: nn.he()("2", 1), RangeError, ["nin='2'", "positive int"]),
    ],
    "Neuron": [
        (lambda: nn.Neuron(2, init=lambda _nin, _nout: "x"), NumberError, ["init: got the string 'x'", "one real number"]),
        (lambda: nn.Neuron(2, init=3), OperationError, ["init=3", "a function of nin and nout", "nn.he("]),
        (lambda: nn.Neuron(1)(None), NumberError, ["inputs of neuron: got None", "one real number"]),
    ],
    "Layer": [
        (lambda: nn.Layer(2, 2)([1.0, "a"]), NumberError, ["inputs of neuron0: got the string 'a'", "one real number"]),
        (lambda: nn.Layer(None, 2), RangeError, ["nin=None", "positive int"]),
    ],
    "MLP": [
        (lambda: nn.MLP(2, "21"), RangeError, ["nouts='21'", "a list of the sizes", "[16, 16, 1]"]),
        (lambda: nn.MLP(2, np.array([2, 1])), RangeError, ["nouts=array([2, 1])", "a list of the sizes"]),
        (lambda: nn.MLP(2, [2, "1"]), RangeError, ["nout='1'", "positive int"]),
        (lambda: nn.MLP(2, [2, 1], activation=3), OperationError, ["activation=3", "a function of one number", "nn.tanh"]),
    ],
    "Optimizer": [
        (lambda: nn.Optimizer([], 0.1), LengthError, ["no parameters", "at least one Value", "model.parameters()"]),
        (lambda: nn.Optimizer(None, 0.1), NumberError, ["a NoneType as parameters", "a list of Values", "model.parameters()"]),
        (lambda: nn.Optimizer([[P]], 0.1), NumberError, ["the parameter [Value(", "model.parameters()"]),
    ],
    "SGD": [
        (lambda: nn.SGD([P], lr=None), NumberError, ["lr: got None", "one real number"]),
        (lambda: nn.SGD([P], lr=lambda _: "0.1"), NumberError, ["lr: got the string '0.1'", "float('0.1')"]),
        (lambda: nn.SGD([P], lr=0.1, momentum=[0.9]), NumberError, ["momentum: got a list of 1", "one real number"]),
        (lambda: nn.SGD([P], lr=0.1, weight_decay="x"), NumberError, ["weight_decay: got the string 'x'", "one real number"]),
    ],
    "Adam": [
        (lambda: nn.Adam([P], betas=("x", 0.9)), NumberError, ["beta1: got the string 'x'", "one real number"]),
        (lambda: nn.Adam([P], betas=(0.9, None)), NumberError, ["beta2: got None", "one real number"]),
        (lambda: nn.Adam([P], eps=math.inf), RangeError, ["eps=inf", "finite and more than 0"]),
        (lambda: nn.Adam([P], betas=0.9), LengthError, ["betas=0.9", "two numbers", "(0.9, 0.999)"]),
        (lambda: nn.Adam([P], eps=None), NumberError, ["eps: got None", "one real number"]),
    ],
    "AdamW": [(lambda: nn.AdamW([P], weight_decay=math.nan), RangeError, ["weight_decay=nan", "at least 0"])],
    "cosine": [
        (lambda: nn.cosine(0.1, "9"), RangeError, ["steps='9'", "positive int"]),
        (lambda: nn.cosine(0.1, 9, final=-0.1), RangeError, ["final=-0.1", "finite and at least 0"]),
        (lambda: nn.cosine(None, 9), NumberError, ["lr: got None", "one real number"]),
    ],
    "exponential": [
        (lambda: nn.exponential(0.1, "x"), NumberError, ["decay: got the string 'x'", "one real number"]),
        (lambda: nn.exponential(-0.1, 0.5), RangeError, ["lr=-0.1", "finite and at least 0"]),
    ],
    "step_decay": [
        (lambda: nn.step_decay(0.1, 2, None), NumberError, ["factor: got None", "one real number"]),
        (lambda: nn.step_decay(math.inf, 2, 0.5), RangeError, ["lr=inf", "finite and at least 0"]),
    ],
    "warmup": [
        (lambda: nn.warmup(2.5, 0.1), RangeError, ["steps=2.5", "positive int"]),
        (lambda: nn.warmup(2, "0.1"), NumberError, ["then: got the string '0.1'", "one real number"]),
    ],
    **{
        name: [
            (lambda kind=kind: kind(max_iter=0).fit([[1.0], [2.0]], [0, 1]), RangeError, ["max_iter=0", "a positive int"]),
            (lambda kind=kind: kind(batch_size=0.5).fit([[1.0], [2.0]], [0, 1]), RangeError, ["batch_size=0.5", "a positive int"]),
        ]
        for name, kind in {
            "MLPClassifier": nn.MLPClassifier,
            "MLPRegressor": nn.MLPRegressor,
            "SoftmaxClassifier": nn.SoftmaxClassifier,
        }.items()
    },
    "fit": [
        (lambda: small_fit(optimizer=None), NumberError, ["optimizer=None", "an Optimizer", "nn.SGD(model.parameters()"]),
        (lambda: small_fit(model=3), NumberError, ["model=3", "a function of one sample", "nn.MLP("]),
        (lambda: small_fit(model=nn.MLP), NumberError, ["model=<class 'nn.layers.MLP'>", "a function of one sample", "nn.MLP("]),
        (lambda: small_fit(model=lambda _x: None), NumberError, ["what the model gave: got None", "one real number"]),
        (lambda: small_fit(model=lambda _x: []), LengthError, ["the model gave no outputs", "one number, or one for each class"]),
        (lambda: small_fit(X="ab"), LengthError, ["got 'ab' as X", "one row or number for each sample"]),
        (lambda: small_fit(epochs="10"), RangeError, ["epochs='10'", "positive int"]),
        (lambda: small_fit(seed=[1]), NumberError, ["seed=[1]", "an int, or None"]),
        (lambda: small_fit(loss=3), NumberError, ["loss=3", "a function of outputs and targets"]),
        (lambda: small_fit(optimizer=nn.SGD([P], 0.1)), RangeError, ["an optimizer", "of this model's parameters", "make a new one"]),
        (lambda: small_fit(batch_size=0), RangeError, ["batch_size=0", "positive int"]),
    ],
    "predict": [
        (lambda: nn.predict(None, [1.0]), NumberError, ["model=None", "a function of one sample", "nn.MLP("]),
        (lambda: nn.predict(lambda _x: None, [1.0]), NumberError, ["what the model gave: got None", "one real number"]),
        (lambda: nn.predict(lambda _x: "ab", [1.0]), NumberError, ["what the model gave: got the string 'ab'", "one real number"]),
        (lambda: nn.predict(lambda _x: ["a", "b"], [1.0]), NumberError, ["what the model gave: got the string 'a'", "one real number"]),
        (lambda: nn.predict(lambda x: [[x]], [1.0]), NumberError, ["what the model gave: got a list of 1", "one real number"]),
        (lambda: nn.predict(lambda _x: [], [1.0]), LengthError, ["the model gave no outputs", "one number, or one for each class"]),
        (lambda: nn.predict(nn.MLP(1, [2]), 3.0), LengthError, ["got 3.0 as X", "one row or number for each sample"]),
    ],
    "accuracy": [
        (lambda: nn.accuracy("mlp", [1.0], [0]), NumberError, ["model='mlp'", "a function of one sample", "nn.MLP("]),
        (
            lambda: nn.accuracy(lambda _x: ["a", "b"], [1.0], [0]),
            NumberError,
            ["what the model gave: got the string 'a'", "one real number"],
        ),
        (lambda: nn.accuracy(lambda x: x, [1.0], [0]), RangeError, ["the target 0", "-1 or 1", "2*y - 1"]),
        (lambda: nn.accuracy(lambda x: [x, 0.0], [1.0], ["a"]), NumberError, ["the target 'a'", "class index", "int(label)"]),
        (lambda: nn.accuracy(nn.MLP(1, [2]), [], []), LengthError, ["got [] as X", "at least one sample"]),
    ],
    "plot.subplots": [
        (lambda: plot.subplots(0), RangeError, ["rows is 0", "a whole number from 1 up"]),
        (lambda: plot.subplots(1, 2.0), RangeError, ["columns is 2.0", "a whole number from 1 up"]),
        (lambda: plot.subplots(figsize=(3.0, -1.0)), RangeError, ["figsize is (3.0, -1.0)", "width and height"]),
        (lambda: plot.subplots(figsize=3.0), LengthError, ["3.0 as figsize", "a sequence"]),
    ],
    "plot.history": [
        (lambda: plot.history([1.0]), NumberError, ["history=[1.0]", "the History that fit returns"]),
        (lambda: plot.history(nn.History()), LengthError, ["no complete epoch", "at least one", "after fit"]),
        (lambda: plot.history(nn.History([1.0]), ax=3), OperationError, ["ax=3", "Axes of Matplotlib", "None"]),
        (lambda: plot.history(nn.History([1.0]), ax=[None]), OperationError, ["ax=[None]", "Axes of Matplotlib", "None"]),
        (lambda: plot.history(nn.History([1.0], [1.0]), ax=[]), LengthError, ["0 Axes", "one or 2"]),
        (lambda: plot.history(nn.History([1.0], [1.0]), ax=Figure().subplots(1, 3)), LengthError, ["3 Axes", "one or 2"]),
    ],
    "plot.boundary": [
        (lambda: small_boundary(model=3), NumberError, ["model=3", "a function of one sample", "nn.MLP("]),
        (lambda: small_boundary(model=lambda _x: None), NumberError, ["what the model gave: got None", "one real number"]),
        (lambda: small_boundary(model=lambda _x: []), LengthError, ["the model gave no outputs", "one number, or one for each class"]),
        (lambda: small_boundary(model=lambda x: x[:1]), LengthError, ["a list of 1 output", "one number, or one for each of at least 2"]),
        (
            lambda: small_boundary(model=lambda x: autograd.log(x[0] - 1.0)),
            RangeError,
            ["inf or nan near the samples", "finite", "detect_anomaly()"],
        ),
        (lambda: small_boundary(X=3.0), LengthError, ["got 3.0 as X", "at least one row of numbers"]),
        (lambda: small_boundary(X=[]), LengthError, ["got [] as X", "at least one row of numbers"]),
        (lambda: small_boundary(X=[1.0, 2.0]), LengthError, ["got 1.0 as a row of X", "a sequence of at least one number"]),
        (lambda: small_boundary(X=[[1.0, 2.0], [3.0]]), LengthError, ["rows of X have 2 and 1 numbers", "equally many in each"]),
        (lambda: small_boundary(X=[[1.0], [2.0]]), LengthError, ["samples in X have 1 numbers", "expected 2", "in the plane"]),
        (lambda: small_boundary(X=[[1.0, "2"], [1.0, 2.0]]), NumberError, ["a row of X: got the string '2'", "one real number"]),
        (lambda: small_boundary(X=[[1.0, inf], [1.0, 2.0]]), RangeError, ["inf or nan among the numbers in X", "leave these samples out"]),
        (lambda: small_boundary(y=[1]), LengthError, ["2 samples in X", "[1] as y", "one target for each row"]),
        (lambda: small_boundary(y=1), LengthError, ["2 samples in X", "1 as y", "one target for each row"]),
        (lambda: small_boundary(y=[0, 1]), RangeError, ["the target 0", "-1 or 1", "2*y - 1"]),
        (lambda: small_boundary(y=[[0], [1]]), RangeError, ["the target [0]", "-1 or 1", "2*y - 1"]),
        (lambda: small_boundary(model=lambda x: x, y=[0, 2]), RangeError, ["the target 2", "a class from 0 to 1"]),
        (lambda: small_boundary(ax=Figure()), OperationError, ["ax=<Figure", "Axes of Matplotlib", "None"]),
        (lambda: small_boundary(ax=Figure().subplots(1, 2)), LengthError, ["2 Axes", "expected one"]),
    ],
    "plot.softmax": [
        (lambda: plot.softmax([]), LengthError, ["got [] as logits", "a sequence of at least one number"]),
        (lambda: plot.softmax(3.0), LengthError, ["got 3.0 as logits", "a sequence of at least one number"]),
        (lambda: plot.softmax([[1.0, 2.0]]), NumberError, ["logits: got a list of 2", "one real number"]),
        (lambda: plot.softmax([1.0, nan]), RangeError, ["probability nan", "from 0 to 1", "logits"]),
        (lambda: plot.softmax([1.0, inf]), RangeError, ["probability nan", "from 0 to 1", "finite logits"]),
        (lambda: plot.softmax([1.0, 2.0], target=2), RangeError, ["the target 2", "a class from 0 to 1"]),
        (lambda: plot.softmax([1.0, 2.0], target=[1.0]), LengthError, ["the target has 1 numbers", "expected 2"]),
        (lambda: plot.softmax([1.0, 2.0], labels=["a"]), LengthError, ["1 names", "expected 2", "each label"]),
    ],
    "plot.probabilities": [
        (lambda: plot.probabilities([0.5, 1.5]), RangeError, ["probability 1.5", "from 0 to 1", "plot.softmax"]),
        (lambda: plot.probabilities([0.5, "0.5"]), NumberError, ["probabilities: got the string '0.5'", "one real number"]),
        (lambda: plot.probabilities([1.0], ax="ax"), OperationError, ["ax='ax'", "Axes of Matplotlib", "None"]),
    ],
    "plot.jacobian": [
        (lambda: plot.jacobian(3.0), LengthError, ["got 3.0 as the matrix", "at least one row of numbers"]),
        (lambda: plot.jacobian([]), LengthError, ["got [] as the matrix", "at least one row of numbers"]),
        (lambda: plot.jacobian([[], []]), LengthError, ["got [] as a row of the matrix", "at least one number"]),
        (lambda: plot.jacobian([1.0, 2.0]), LengthError, ["got 1.0 as a row of the matrix", "a sequence of at least one number"]),
        (lambda: plot.jacobian([[1.0, 2.0], [3.0]]), LengthError, ["2 and 1 numbers", "equally many in each"]),
        (lambda: plot.jacobian([[1.0, None]]), NumberError, ["a row of the matrix: got None", "one real number"]),
        (lambda: plot.jacobian([[1.0, 2.0]], rows=["a", "b"]), LengthError, ["2 names", "expected 1", "each row"]),
        (lambda: plot.jacobian([[1.0, 2.0]], columns=["a"]), LengthError, ["1 names", "expected 2", "each column"]),
    ],
    "plot.gradients": [
        (lambda: plot.gradients([1.0], [1.0, 2.0]), LengthError, ["got 2 derivatives", "1 expected", "equally many of both"]),
        (lambda: plot.gradients([], []), LengthError, ["got 0 derivatives", "at least one"]),
        (lambda: plot.gradients([1.0], ["1"]), NumberError, ["got: got the string '1'", "one real number"]),
        (lambda: plot.gradients([1.0, nan], [1.0, 2.0]), RangeError, ["inf or nan", "expected", "detect_anomaly()"]),
        (lambda: plot.gradients([1.0, 1.0], [1.0, inf]), RangeError, ["inf or nan", "got", "detect_anomaly()"]),
        (lambda: plot.gradients(1.0, 1.0, tolerance=0.0), RangeError, ["tolerance=0.0", "a small positive float"]),
        (lambda: plot.gradients(1.0, 1.0, tolerance="x"), RangeError, ["tolerance='x'", "a small positive float"]),
        (lambda: plot.gradients(1.0, 1.0, ax=Figure().subplots(1, 3)), LengthError, ["3 Axes", "one or 2"]),
    ],
    "plot.gradcheck": [
        (lambda: plot.gradcheck(3, [1.0]), OperationError, ["f=3", "a function of the numbers in inputs"]),
        (lambda: plot.gradcheck(lambda x: x, 1.0), LengthError, ["got 1.0 as inputs", "a sequence of at least one number"]),
        (lambda: plot.gradcheck(lambda x: x, []), LengthError, ["got [] as inputs", "a sequence of at least one number"]),
        (lambda: plot.gradcheck(lambda _x: "y", [1.0]), NumberError, ["what f gave: got the string 'y'", "one real number"]),
        (lambda: plot.gradcheck(lambda _x: [], [1.0]), LengthError, ["got 0 derivatives", "at least one"]),
    ],
}


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [pytest.param(*case, id=f"{name}-{i}") for name, cases in WRONG_CALLS.items() for i, case in enumerate(cases)],
)
def test_a_wrong_call_gets_one_sentence(call, error, parts):
    said = sentence(call, error)
    assert all(part in said for part in parts), said


# Whose docstrings are those of a class and its methods together.
BY_METHODS = {"Value", "Program", "Module", "Optimizer", "draw", "step_through"}


@pytest.mark.parametrize("name", sorted(WRONG_CALLS.keys() - {"Value", "order", "leaves", "count"}))
def test_the_errors_of_a_wrong_call_are_documented(name):
    """In the docstring, or in one that it refers to."""

    def text(name):
        x = getattr(plot, name[5:]) if name.startswith("plot.") else getattr(autograd, name, None) or getattr(nn, name)
        made = {"draw": autograd.Drawing, "step_through": autograd.Page}.get(name, x)
        return " ".join([inspect.getdoc(x), *(inspect.getdoc(m) or "" for m in vars(made).values() if name in BY_METHODS and callable(m))])

    own = text(name)
    others = ["plot." * name.startswith("plot.") + other for other in re.findall(r"(?:as for|those of|as in) `(\w+)`", own)]
    own += " ".join(text(other) for other in others if other in WRONG_CALLS)
    assert not [error.__name__ for _, error, _ in WRONG_CALLS[name] if error.__name__ not in own]


NOTHING_TO_REFUSE = {"no_grad", "detect_anomaly", "identity", "Drawing", "Page", "History", "config"}


def test_every_public_name_has_a_wrong_call():
    named = [(name, getattr(package, name)) for package in (autograd, nn) for name in dir(package) if not name.startswith("_")]
    public = {name: x for name, x in named if not inspect.ismodule(x)} | {f"plot.{name}": getattr(plot, name) for name in plot.__all__}
    functions = {name for name, x in public.items() if callable(x) and not isinstance(x, Op)}
    assert functions == WRONG_CALLS.keys() | NOTHING_TO_REFUSE
