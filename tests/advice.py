"""Each message that advises: what provokes it, words of it, the advice followed to the letter, and what that gives."""

import contextlib
import functools
import math
import pickle
import random
import statistics
import tempfile
import warnings
from collections import ChainMap, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
from scipy.sparse import coo_array
from scipy.special import sici

import autograd
from autograd import Op, Program, Value, draw, exp, grad, jacobian, jit, ops, vmap


class Advice(NamedTuple):
    """A message with advice, and what follows from it; `result` is what `follow` gives, or a function that is true of it."""

    words: str
    provoke: Callable[[], Any]
    follow: Callable[[], Any]
    result: Any


def said(provoke: Callable[[], Any]) -> str:
    """What the exception says that a call raises, or the warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            provoke()
        except (Exception, RuntimeWarning) as error:
            return "\n".join([str(error), *getattr(error, "__notes__", [])])
    raise AssertionError("nothing was refused")


def number(x: Any) -> Any:
    """Values as floats, arrays as lists."""
    if isinstance(x, Value):
        return x.data
    return [number(y) for y in x] if isinstance(x, list | tuple) or (isinstance(x, np.ndarray) and x.ndim) else x


def value(x: float = 2.0) -> Value:
    return Value(x)


def set_to(owner: Any, name: str, x: Any) -> Any:
    setattr(owner, name, x)
    return getattr(owner, name)


def rungs(x: Any) -> Any:
    n = 0
    while x > n:
        n += 1
    return x * n


def jump(p: Any, X: Any) -> Any:
    return jit(lambda p: vmap(lambda x: p * x if p > 0.0 else 2.0 * p * x, reduce="sum")(X) * 0.5)(p)


def put(array: np.ndarray, x: Any) -> np.ndarray:
    array[0] = x
    return array


def increased(array: np.ndarray, x: Any) -> np.ndarray:
    array += x
    return array


def in_scope(name: Any) -> tuple[str, ...]:
    with autograd.scope(name):
        return autograd.context.scope_path(Value(1.0).scope)


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield Path(path)


def saved(save: Callable[[Path], Any], name: str, *, made: str = "") -> bool:
    """Whether `save(folder / name)` writes the file, in a folder `made` before."""
    with folder() as top:
        if made:
            (top / made).mkdir()
        save(top / name)
        return (top / name).is_file()


def program() -> Any:
    x = Value(2.0)
    return autograd.Program([x * x], [x])


def loaded(write: Callable[[Path], Any], load: Callable[[Path], Any]) -> Any:
    with folder() as top:
        write(top / "file.npz")
        return load(top / "file.npz")


def own(partials: Any = lambda _y, x: (2.0 * x,), value: Any = lambda _xp, x: x * x) -> Op:
    return Op("own", value, partials)


def in_c(value: Any) -> str:
    x = Value(2.0)
    return autograd.Program([own(value=value)(x)], [x]).to_c()


def looped_in_c(value: Any) -> str:
    x = Value(2.0)
    return autograd.Program([Op("mean", value, lambda _y, *x: (1.0 / len(x),) * len(x))(x, 1.0)], [x]).to_c()


def changed_operand(first: Callable[[Value], None]) -> Any:
    """A gradient as a graph, of a result whose operand `first` changes."""
    x = Value(3.0)
    y = x * x
    first(x)
    return autograd.gradient(y, x)


def changed_call(number: float) -> Any:
    """The same of a call with several outputs, whose argument, 3.0, is set to `number`."""
    x = Value(3.0)

    def f(a: Any) -> list[Any]:
        y = a * a
        for _ in range(20):  # so long that the call is one node
            y = y + 1.0 - 1.0
        return [y, a + a]

    y, z = jit(f)(x)
    x.data = number
    return autograd.gradient(y + z - 2.0 * x, x).data + 3.0


SKETCH = value(2.0)
SQUARE = SKETCH * SKETCH

NUMBERS = [
    Advice("float('3')", lambda: value("3"), lambda: value(float("3")), 3.0),
    Advice("float('abc') fails, so give a number", lambda: value("abc"), lambda: value(3.0), 3.0),
    Advice("give numpy.asarray(x)", lambda: exp(memoryview(np.zeros(1))), lambda: exp(np.asarray(memoryview(np.zeros(1)))), [1.0]),
    Advice("give x.toarray()", lambda: exp(coo_array(np.zeros((1, 1)))), lambda: exp(coo_array(np.zeros((1, 1))).toarray()), [[1.0]]),
    Advice("give list(x)", lambda: grad(sum)(deque([1.0])), lambda: grad(sum)(list(deque([1.0]))), [1.0]),
    Advice("give dict(x)", lambda: grad(len)(ChainMap({"a": 1.0})), lambda: grad(lambda x: x["a"])(dict(ChainMap({"a": 1.0}))), {"a": 1.0}),
    Advice("by name: vmap(f, 0, out_axes=0)", lambda: vmap(abs, 0, 0), lambda: vmap(abs, 0, out_axes=0)(np.ones(1)), [1.0]),
    Advice("write autograd.sum(vs) / len(vs)", lambda: statistics.mean([value()]), lambda: autograd.sum([value()]) / 1, 2.0),
    Advice("array.astype(float)", lambda: exp(np.array(["0"])), lambda: exp(np.array(["0"]).astype(float)), [1.0]),
    Advice("array.astype(float) fails, so give numbers", lambda: exp(np.array(["a"])), lambda: exp(np.array([0.0])), [1.0]),
    Advice(
        "array.real and array.imag",
        lambda: exp(np.array([1j])),
        lambda: (exp(np.array([1j]).real), exp(np.array([1j]).imag)),
        [[1.0], [math.e]],
    ),
    Advice("z.real and z.imag", lambda: 1j * value(), lambda: ((1j).real * value(), (1j).imag * value()), [0.0, 2.0]),
    Advice("z.real and z.imag", lambda: value() ** 1j, lambda: (value() ** (1j).real, value() ** (1j).imag), [1.0, 2.0]),
    Advice("one Value for each element", lambda: value([1.0, 2.0]), lambda: [Value(x) for x in [1.0, 2.0]], [1.0, 2.0]),
    Advice("one Value for each element", lambda: value(np.ones(2)), lambda: [Value(x) for x in np.ones(2)], [1.0, 1.0]),
    Advice("give one at a time", lambda: exp([0.0, 0.0]), lambda: [exp(Value(x)) for x in [0.0, 0.0]], [1.0, 1.0]),
    Advice("give one at a time", lambda: [1.0] * value(), lambda: [x * value() for x in [1.0]], [2.0]),
    Advice("compute with it as it is", lambda: Value(value()), lambda: value() * 1.0, 2.0),
    Advice("write v.data", lambda: set_to(value(), "data", value(3.0)), lambda: set_to(value(), "data", value(3.0).data), 3.0),
    Advice("write v.data", lambda: set_to(value(), "grad", value(3.0)), lambda: set_to(value(), "grad", value(3.0).data), 3.0),
    Advice("write v.data", lambda: value().backward(value(3.0)), lambda: value().backward(value(3.0).data), None),
    Advice("write v.data", lambda: float(value()), lambda: value().data, 2.0),
    Advice("write int(v.data)", lambda: int(value()), lambda: int(value().data), 2),
    Advice("write complex(v.data)", lambda: complex(value()), lambda: complex(value().data), 2.0 + 0.0j),
    Advice("autograd.exp(v) in place of", lambda: math.exp(value()), lambda: autograd.exp(value()), math.exp(2.0)),
    Advice("dtype=object", lambda: put(np.zeros(2), value()), lambda: put(np.zeros(2, dtype=object), value()), [2.0, 0]),
    Advice(
        "dtype is object", lambda: jit(lambda x: put(np.zeros(1), x))(2.0), lambda: jit(lambda x: put(np.zeros(1, object), x)[0])(2.0), 2.0
    ),
]

UFUNCS = [
    Advice("compose it of the operations", lambda: sici(value()), lambda: ops.exp(value()) - 1.0, math.exp(2.0) - 1.0),
    Advice("give it v.data", lambda: np.spacing(value()), lambda: np.spacing(value().data), 2.0**-51),
    Advice("write np.ldexp(v, -k)", lambda: np.frexp(value()), lambda: np.ldexp(value(), -2), 0.5),
    Advice("for a float use np.isnan(v)", lambda: np.isnat(value()), lambda: np.isnan(value()), False),
    Advice("such as int(v.data)", lambda: np.gcd(value(4.0), 6), lambda: np.gcd(int(value(4.0).data), 6), 2),
    Advice("write x * autograd.exp2(y)", lambda: np.ldexp(value(), value(3.0)), lambda: value() * autograd.exp2(value(3.0)), 16.0),
    Advice(
        "take the two arrays that it gives",
        lambda: np.modf(np.stack([value(2.5)]), out=(np.zeros(1), np.zeros(1))),
        lambda: list(np.modf(np.stack([value(2.5)]))),
        [[0.5], [2.0]],
    ),
    Advice("expected no dtype", lambda: np.add(value(), 1.0, dtype=np.float32), lambda: np.add(value(), 1.0), 3.0),
    Advice(".astype(object)", lambda: increased(np.zeros(2), value()), lambda: increased(np.zeros(2).astype(object), value()), [2.0, 2.0]),
    Advice("such as array + v", lambda: increased(np.zeros(2), value()), lambda: np.zeros(2) + value(), [2.0, 2.0]),
    Advice(
        "array.astype(object)",
        lambda: np.add.at(np.zeros(1), [0], value()),
        lambda: np.add.at(array := np.zeros(1).astype(object), [0], value()) or array,
        [2.0],
    ),
]

VALUES = [
    Advice("hold a Value in it", lambda: type("Mine", (Value,), {}), lambda: type("Mine", (), {"value": value()})().value, 2.0),
    Advice("a Value: give the result", lambda: autograd.order(3.0), lambda: autograd.order(value(3.0)), [3.0]),
    Advice("such as scope('layer1')", lambda: in_scope(1), lambda: in_scope("layer1"), ["layer1"]),
    Advice(
        "compute the result again",
        lambda: changed_operand(lambda x: set_to(x, "data", 4.0)),
        lambda: autograd.gradient((x := Value(4.0)) * x, x),
        8.0,
    ),
    Advice("take the gradient before changing anything", lambda: changed_call(2.0), lambda: changed_call(3.0), 9.0),
    Advice("use grad(f)(x)", lambda: autograd.gradient(lambda x: x, 2.0), lambda: grad(lambda x: x * x)(2.0), 4.0),
    Advice("take its jacobian", lambda: grad(lambda x: x)(np.ones(2)), lambda: jacobian(lambda x: x)(np.ones(2)), [[1.0, 0.0], [0.0, 1.0]]),
    Advice("or sum what it gives", lambda: grad(lambda x: x)(np.ones(2)), lambda: grad(lambda x: ops.sum(x))(np.ones(2)), [1.0, 1.0]),
    Advice(
        "such as 1e-6",
        lambda: autograd.gradcheck(exp, 1.0, tolerance=0),
        lambda: autograd.gradcheck(exp, 1.0, tolerance=1e-6),
        lambda _: True,
    ),
    Advice(
        "stop_gradient",
        lambda: autograd.gradcheck(ops.stop_gradient, 2.0),
        lambda: autograd.gradcheck(lambda x: x * 1.0, 2.0),
        lambda _: True,
    ),
]

OPS = [
    Advice(
        "such as ((-1.0, 1.0),)",
        lambda: Op("own", lambda _xp, x: x, lambda _y, _x: (1.0,), domain=3),
        lambda: Op("own", lambda _xp, x: x, lambda _y, _x: (1.0,), domain=((-1.0, 1.0),))(2.0),
        2.0,
    ),
    Advice(
        "such as (Kink(",
        lambda: Op("own", lambda _xp, x: x, lambda _y, _x: (1.0,), kinks=3),
        lambda: Op("own", lambda _xp, x: x, lambda _y, _x: (1.0,), kinks=(ops.Kink((0.0,), (1.0,), "the reason"),))(2.0),
        2.0,
    ),
    Advice("the numbers of each in a list", lambda: ops.sum(1.0, 2.0), lambda: ops.sum([1.0, 2.0]), 3.0),
    Advice("equally many numbers in each", lambda: ops.dot([1.0], [1.0, 2.0]), lambda: ops.dot([1.0, 3.0], [1.0, 2.0]), 7.0),
    Advice("put it in a list", lambda: ops.sum(1.0), lambda: ops.sum([1.0]), 1.0),
    Advice(
        "such as xp.sqrt",
        lambda: own(value=lambda _xp, x: x**0.5, partials=lambda y, _x: (0.5 / y,))(-1.0),
        lambda: own(value=lambda xp, x: xp.sqrt(x), partials=lambda y, _x: (0.5 / y,))(-1.0),
        math.isnan,
    ),
    Advice(
        "choose with xp.where",
        lambda: in_c(lambda _xp, x: x if x > 0.0 else -x),
        lambda: in_c(lambda xp, x: xp.where(x > 0.0, x, -x)),
        lambda text: "?" in text,
    ),
]


RECORDED = [
    Advice("compute with the Value itself", lambda: jit(lambda x: x.data * x)(3.0), lambda: jit(lambda x: x * x)(3.0), 9.0),
    Advice("let it change a copy", lambda: jit(lambda x: x.append(1.0) or x[0])([2.0]), lambda: jit(lambda x: [*x, 1.0][0])([2.0]), 2.0),
    Advice(
        "or None in in_axes",
        lambda: vmap(lambda a, b: a * b)(np.ones(2), 3.0),
        lambda: vmap(lambda a, b: a * b, in_axes=(0, None))(np.ones(2), 3.0),
        [3.0, 3.0],
    ),
    Advice("array.astype(float)", lambda: vmap(abs)(np.array(["1"])), lambda: vmap(abs)(np.array(["1"]).astype(float)), [1.0]),
    Advice(
        "make the whole an array, numpy.array(...)",
        lambda: vmap(ops.sum)([[1.0, 3.0], [1.0, 2.0]]),
        lambda: vmap(ops.sum)(np.array([[1.0, 3.0], [1.0, 2.0]])),
        [4.0, 3.0],
    ),
    Advice(
        "of a mask give np.flatnonzero(mask)",
        lambda: autograd.take([1.0, 2.0], np.array([False, True])),
        lambda: autograd.take([1.0, 2.0], np.flatnonzero([False, True])),
        [2.0],
    ),
    Advice(
        "choose with where",
        mock.patch("autograd.program.paths.KEPT", 8)(
            lambda: [f(1.0, X) for f in [jit(lambda n, X: np.sum(vmap(lambda x: rungs(x * n))(X)))] for X in (np.zeros(9), np.arange(12.0))]
        ),
        lambda: jit(lambda n, X: np.sum(vmap(lambda x: ops.where(x * n > 1.0, x, 0.0))(X)))(1.0, np.arange(3.0)),
        2.0,
    ),
    Advice(
        "call the function that it was made by",
        lambda: [Program([y], list(y.args[:1]))([-1.0]) for y in [pickle.loads(pickle.dumps(jump(Value(1.0), np.ones(2))))]],
        lambda: jump(Value(-1.0), np.ones(2)).data,
        -2.0,
    ),
    Advice(
        "give one of the same structure",
        lambda: autograd.scan(lambda c, x: ([c], x), 1.0, np.ones(2)),
        lambda: autograd.scan(lambda c, x: (c, x), 1.0, np.ones(2))[1],
        [1.0, 1.0],
    ),
    Advice(
        "use np.all or np.any",
        lambda: autograd.while_loop(lambda v: v < 3.0, lambda v: 2.0 * v, np.ones(2)),
        lambda: autograd.while_loop(lambda v: np.all(v < 3.0), lambda v: 2.0 * v, np.ones(2)),
        [4.0, 4.0],
    ),
    Advice(
        "put what all steps share into f",
        lambda: autograd.scan(lambda c, x: (c + x[0] * x[1], None), 0.0, (np.ones(2), 3.0)),
        lambda: autograd.scan(lambda c, x: (c + x * 3.0, None), 0.0, np.ones(2))[0],
        6.0,
    ),
    Advice(
        "choose with where, or with cond",
        lambda: Program([autograd.scan(lambda c, _: (c * c if c > 1.0 else c, None), v, length=3)[0] for v in [Value(1.5)]], []).to_c(),
        lambda: all("for (" in Program([autograd.scan(lambda c, _: (c * c, None), v, length=3)[0]], [v]).to_c() for v in [Value(1.5)]),
        True,
    ),
    Advice("at least one sample", lambda: vmap(abs)(np.ones(0)), lambda: vmap(abs)(np.ones(1)), [1.0]),
    Advice(
        "give these as float arguments",
        lambda: [f(2.0, "a" * n) for f in [jit(lambda x, name: x * len(name))] for n in range(999)],
        lambda: [f(2.0, float(n)) for f in [jit(lambda x, n: x * n)] for n in range(99)][-1],
        196.0,
    ),
    Advice(
        "compute that outside and give it as an argument",
        lambda: [f(2.0) for f in [jit(lambda x: x * random.random())] for _ in range(999)],
        lambda: [f(2.0, random.random()) for f in [jit(lambda x, noise: x * noise)] for _ in range(99)][-1],
        lambda y: 0.0 < y < 2.0,
    ),
    Advice(
        "put them in a list",
        lambda: autograd.Program(SQUARE, SKETCH),
        lambda: autograd.Program([SQUARE], [SKETCH])([3.0]),
        [9.0],
    ),
    Advice(
        "give each once", lambda: autograd.Program([SQUARE], [SKETCH, SKETCH]), lambda: autograd.Program([SQUARE], [SKETCH])([3.0]), [9.0]
    ),
    Advice(
        "pickle the program instead", lambda: saved(_of_own().save, "own.npz"), lambda: pickle.loads(pickle.dumps(_of_own()))([3.0]), [9.0]
    ),
    Advice("such as 'program.npz'", lambda: program().save(3), lambda: saved(program().save, "program.npz"), True),
    Advice("the name of a file in it", lambda: saved(program().save, "."), lambda: saved(program().save, "program.npz"), True),
    Advice(
        "make it first",
        lambda: saved(program().save, "none/program.npz"),
        lambda: saved(program().save, "none/program.npz", made="none"),
        True,
    ),
    Advice(
        "one that Program.save wrote",
        lambda: autograd.Program.load("none.npz"),
        lambda: loaded(program().save, autograd.Program.load)([3.0]),
        [9.0],
    ),
]


SQUARED = Op("SQUARED", lambda _xp, x: x * x, lambda _y, x: (2.0 * x,))


def _of_own() -> Any:
    x = Value(2.0)
    return autograd.Program([SQUARED(x)], [x])


def _long(parts: int = 1) -> Value:
    """A chain of twenty operations in so many scopes."""
    x = SKETCH
    for i in range(20):
        with autograd.scope(f"part{i * parts // 20}"):
            x = ops.tanh(x)
    return x


class Doubled:
    """A model of one operation."""

    def __graph__(self, x: Any) -> Any:
        return 2.0 * x


PICTURES = [
    Advice(
        "save as .png or .pdf",
        lambda: draw(SQUARE).save("a.svg", scale=2.0),
        lambda: saved(functools.partial(draw(SQUARE).save, scale=2.0), "a.png"),
        True,
    ),
    Advice("such as 'picture.svg'", lambda: draw(SQUARE).save(3), lambda: saved(draw(SQUARE).save, "picture.dot"), True),
    Advice(
        "make it first", lambda: saved(draw(SQUARE).save, "none/a.dot"), lambda: saved(draw(SQUARE).save, "none/a.dot", made="none"), True
    ),
    Advice("give the Value whose graph", lambda: draw(3.0), lambda: draw(value(3.0)).source, lambda text: "3" in text),
    Advice("leave it out", lambda: draw(value(3.0), [1.0]), lambda: draw(value(3.0)).source, lambda text: "3" in text),
    Advice("must depend on Values", lambda: draw(Doubled(), 3.0), lambda: draw(Doubled(), value(3.0)).svg(), lambda text: ">6.00<" in text),
    Advice(
        "give one of the Values", lambda: draw(SQUARE, focus=value()), lambda: draw(SQUARE, focus=SKETCH).source, lambda text: "2" in text
    ),
    Advice(
        "give the Value to differentiate",
        lambda: autograd.step_through(3.0),
        lambda: repr(autograd.step_through(SQUARE)),
        lambda text: "Page" in text,
    ),
    Advice(
        "raise max_nodes=",
        lambda: autograd.step_through(SQUARE, max_nodes=1),
        lambda: repr(autograd.step_through(SQUARE, max_nodes=2)),
        lambda text: "Page" in text,
    ),
    Advice(
        "let parts of it collapse with collapse=1",
        lambda: autograd.step_through(_long(4), max_nodes=20),
        lambda: autograd.step_through(_long(4), max_nodes=20, collapse=1).data,
        lambda text: "part3" in text,
    ),
    Advice(
        "record its parts under autograd.scope(name), smaller ones where it has some",
        lambda: autograd.step_through(functools.reduce(lambda x, _: ops.tanh(x), range(20), SKETCH), max_nodes=10),
        lambda: autograd.step_through(_long(4), max_nodes=10, collapse=1).data,
        lambda text: "part3" in text,
    ),
    Advice(
        "what is around one node with draw(…, focus=)",
        lambda: autograd.step_through(_long(), max_nodes=10),
        lambda: draw(_long(), focus=SKETCH, max_nodes=10).source,
        lambda text: "->" in text,
    ),
    Advice(
        "raise max_nodes",
        lambda: draw(ops.sum([value() for _ in range(9)]), max_nodes=3),
        lambda: draw(ops.sum([value() for _ in range(9)]), max_nodes=10).source,
        lambda text: "2" in text,
    ),
    Advice(
        "give the result whose formula", lambda: autograd.to_sympy(3.0), lambda: str(autograd.to_sympy(value(3.0))), lambda text: bool(text)
    ),
    Advice(
        "in a dict, such as {x: 'x'}",
        lambda: autograd.latex(SQUARE, names="x"),
        lambda: autograd.latex(SQUARE, names={SKETCH: "x"}),
        lambda text: "x" in text,
    ),
    Advice(
        "for a Value, such as {x: 'x'}",
        lambda: autograd.latex(SQUARE, names={"x": SKETCH}),
        lambda: autograd.latex(SQUARE, names={SKETCH: "x"}),
        lambda text: "x" in text,
    ),
    Advice(
        "name the node in names= instead",
        lambda: autograd.to_sympy(_black_box()),
        lambda: str(autograd.to_sympy(y := _black_box(), names={y: "y"})),
        "y",
    ),
]


def _black_box() -> Value:
    return Op("box", lambda _xp, x: math.sin(x), lambda _y, x: (math.cos(x),))(Value(2.0, "x"))


ATTRIBUTES = [
    Advice(name, lambda name=name: getattr(value(), name), follow, result)
    for name, follow, result in [
        ("item", lambda: value().data, 2.0),
        ("numpy", lambda: value().data, 2.0),
        ("detach", lambda: autograd.stop_gradient(value()), 2.0),
        ("clone", lambda: Value(value().data), 2.0),
        ("retain_grad", lambda: SKETCH.grad, 0.0),
        ("grad_fn", lambda: SQUARE.op, ops.mul),
        ("_op", lambda: SQUARE.op, ops.mul),
        ("is_leaf", lambda: SKETCH.op, None),
        ("_prev", lambda: SQUARE.args, [2.0, 2.0]),
        ("_backward", lambda: SQUARE.partials, [2.0, 2.0]),
        ("gradient", lambda: autograd.grad(lambda x: x * x)(2.0), 4.0),
        ("zero_grad", lambda: set_to(value(), "grad", 0.0), 0.0),
        ("name", lambda: Value(1.0, "x").label, "x"),
        ("shape", lambda: np.array([value(), value()]).shape, [2]),
        ("T", lambda: np.array([value(), value()]).T, [2.0, 2.0]),
        ("mean", lambda: autograd.sum([value(), value()]) / len([1, 2]), 2.0),
        ("max", lambda: autograd.maximum(*[value(), value(3.0)]), 3.0),
        ("dot", lambda: autograd.dot([value()], [value(3.0)]), 6.0),
        ("logsumexp", lambda: autograd.logsumexp([value()]), 2.0),
        ("add", lambda: value() + value(), 4.0),
        ("pow", lambda: value() ** value(), 4.0),
        ("square", lambda: value() ** 2, 4.0),
        ("reciprocal", lambda: 1 / value(), 0.5),
        ("neg", lambda: -value(), -2.0),
        ("maximum", lambda: autograd.maximum(value(), value(3.0)), 3.0),
        ("clamp", lambda: value().clip(0.0, 1.0), 1.0),
        ("astype", lambda: value().data, 2.0),
        ("long", lambda: int(value().data), 2),
    ]
] + [
    Advice(name, lambda name=name: getattr(value(), name), lambda: autograd.no_grad()(lambda: (value() * 2.0).args)(), [])
    for name in ("requires_grad", "requires_grad_")
]


def refused_partials() -> Op:
    """An operation whose partials cannot be recorded."""
    return Op("gamma", lambda xp, x: math.gamma(x), lambda y, x: (math.gamma(x),))  # noqa: ARG005  # as in the table


class Attributed(list):
    """A list that cannot be copied."""

    def __copy__(self):
        raise TypeError("no copies")


def looped() -> list[Any]:
    """A list that holds itself."""
    x: list[Any] = [1.0]
    x.append(x)
    return x


ARRAYS = [
    Advice(
        "give a tuple for a list",
        lambda: jit(lambda x, n: x * len(n), static_argnames="n")(2.0, [1, 2]),
        lambda: jit(lambda x, n: x * len(n), static_argnames="n")(2.0, (1, 2)),
        4.0,
    ),
    Advice(
        "leave out one of them",
        lambda: vmap(lambda x: x, reduce="sum", out_axes=1),
        lambda: vmap(lambda x: x, reduce="sum")(np.ones(2)),
        2.0,
    ),
    Advice(
        "expected the function alone: write grad(f, argnums=1)(a, x)",
        lambda: grad(lambda a, x: a * x, 1),
        lambda: grad(lambda a, x: a * x, argnums=1)(2.0, 3.0),
        2.0,
    ),
    Advice(
        "give numpy.asarray(x)", lambda: grad(np.sum)(np.ma.array([1.0, 2.0])), lambda: grad(np.sum)(np.asarray([1.0, 2.0])), [1.0, 1.0]
    ),
    Advice(
        "write it with @",
        lambda: np.matmul(np.stack([value()]), np.stack([value()]), axis=0),
        lambda: np.stack([value()]) @ np.stack([value()]),
        4.0,
    ),
    Advice(
        "compose it of functions that are",
        lambda: grad(lambda x: np.fft.fft(x)[0])(np.ones(2)),
        lambda: grad(lambda x: np.sum(x))(np.ones(2)),
        [1.0, 1.0],
    ),
    Advice("x = np.nan_to_num(x)", lambda: np.nan_to_num(value(), copy=False), lambda: np.nan_to_num(value()), 2.0),
    Advice(
        "take x modulo the period first",
        lambda: np.interp(value(5.0), [0.0, 4.0], [0.0, 8.0], period=4.0),
        lambda: np.interp(value(5.0) - 4.0, [0.0, 4.0], [0.0, 8.0]),
        2.0,
    ),
    Advice(
        "np.linalg.solve, inv, det",
        lambda: np.linalg.pinv(value() * np.eye(2)),
        lambda: np.linalg.inv(value() * np.eye(2)),
        [[0.5, 0.0], [0.0, 0.5]],
    ),
    Advice(
        "give a plain list, tuple or dict", lambda: grad(ops.sum)(Attributed([1.0])), lambda: grad(ops.sum)(list(Attributed([1.0]))), [1.0]
    ),
    Advice("give a copy of what it holds", lambda: grad(lambda x: x[0])(looped()), lambda: grad(lambda x: x[0])(looped()[:1]), [1.0]),
    Advice(
        "write them with operators and operations of autograd",
        lambda: grad(grad(refused_partials()))(2.0),
        lambda: grad(grad(Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))))(2.0),  # noqa: ARG005  # as above
        12.0,
    ),
    Advice(
        "pickle its number, v.data",
        lambda: grad(lambda x: pickle.loads(pickle.dumps(x)))(2.0),
        lambda: pickle.loads(pickle.dumps(value().data)),
        2.0,
    ),
    Advice(
        "write it with one formula for all arguments",
        lambda: looped_in_c(lambda xp, *x: x[0]),  # noqa: ARG005  # as above
        lambda: "double ag_program_op0(const double *x" in looped_in_c(lambda xp, *x: xp.sum(*x) / len(x)),
        True,
    ),
    Advice("such as 'program'", lambda: program().to_c("a b"), lambda: "int program(" in program().to_c("program"), True),
    Advice("give another, such as", lambda: program().to_c("double"), lambda: "int double_(" in program().to_c("double_"), True),
    Advice("such as 'program.npz'", lambda: program().save("\ud800"), lambda: saved(program().save, "program.npz"), True),
    Advice("such as 'program.npz'", lambda: program().save("a\0b"), lambda: saved(program().save, "program.npz"), True),
]

AUTOGRAD = [*ARRAYS, *NUMBERS, *UFUNCS, *VALUES, *OPS, *RECORDED, *PICTURES, *ATTRIBUTES]

# Words of the messages whose advice needs another machine or process, with the test that follows it; and of what is no message.
ELSEWHERE = {
    "The traceback leaves out": "test_tracebacks.py",
    "it takes a number and a label": "test_attributes.py; the compiled Value says it in Python's words",
    "AUTOGRAD_BACKEND=": "test_backend.py starts processes with other settings",
    "the pure Python code is used": "test_backend.py",
    "AUTOGRAD_NUM_THREADS=": "test_recording_threads.py starts processes with other settings",
    "get Graphviz": "test_draw.py takes the renderers away",
    "the layout of this picture takes longer": "test_draw_layout.py gives it no time",
    "whose results are sums": "test_streams.py: a rest that is left out cannot be called here",
    "a sum over chunks cannot be joined": "test_streams.py",
    "was given no chunk with a lane": "test_streams.py",
    "which record what they run: call it outside": "test_streams.py",
    "expected equally many, and known": "wants Dask",
    "and a known number: call X": "wants Dask: test_workers.py",
    "since others may round otherwise": "test_streams.py",
    "and move the axis of what it gives": "wants Dask: test_workers.py",
    "to whose graph what workers compute cannot be joined": "wants Dask: test_workers.py",
    "for which no other framework has a gradient": "test_interop.py, where PyTorch and JAX are",
    "expected real numbers: give its parts": "test_interop.py",
    "expected one device": "wants a graphics card",
    "which is not installed: install it": "test_interop.py",
    "estimators of nn are those of scikit-learn": "test_estimators.py takes scikit-learn away",
    "formulas need SymPy": "test_symbolic.py takes SymPy away",
    "plots need Matplotlib": "test_plot.py takes Matplotlib away",
    "its format is": "test_program.py writes a file of a later version",
    "has version": "test_module.py writes a file of a later version",
    "an asynchronous generator, to decorate": "test_context.py",
    "its checksum ": "test_files.py damages files",
    "the file is read-only": "test_files.py takes rights away",
    "bytes of any state of this": "test_files.py writes a larger file",
    "partials branch on a number": "caught where they are computed, see autograd.foreign",
    "name inner nodes in names=": "test_symbolic.py draws a large formula",
    "one symbol cannot stand for both": "test_symbolic.py",
    "x**0 is 1 for every x": "a remark of the table of operations",
}
