"""Derivatives as functions: of functions (`grad`, `jacobian`, `hvp` …) and of recorded graphs (`gradient`).

All rest on two sweeps over a graph: `pull` carries cotangents from outputs back to inputs, `push` carries tangents
from inputs on to outputs. With `graph=True` the local derivatives are computed anew on Values, so that the result is a
graph that can be differentiated again, to any order; without it the recorded ones are taken and the result is floats.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 5.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from autograd import ops, value
from autograd.context import current, entered, refused
from autograd.engine import Value, sweep
from autograd.errors import ChangedError, LengthError, NumberError, OperationError
from autograd.graph import order
from autograd.kinds import IEEE_TRAPS, as_float, named_float

Function = Callable[..., Any]


# Structures: a number, or lists, tuples, dicts and arrays of structures.


def flat(tree: Any) -> list[Any]:
    """The numbers of a structure, in order."""
    if isinstance(tree, dict):
        return [x for item in tree.values() for x in flat(item)]
    if isinstance(tree, list | tuple):
        return [x for item in tree for x in flat(item)]
    return list(tree.ravel()) if isinstance(tree, np.ndarray) else [tree]


def mapped(tree: Any, leaf: Callable[[tuple[int, ...]], Any]) -> Any:
    """The structure with `leaf(shape)` in place of each array and each number, whose shape is ()."""
    if isinstance(tree, dict | list | tuple):
        return holding(tree, [mapped(item, leaf) for item in (tree.values() if isinstance(tree, dict) else tree)])
    return leaf(np.shape(tree) if isinstance(tree, np.ndarray) else ())


def holding(tree: Any, items: Sequence[Any]) -> Any:
    """A dict, list or tuple like `tree` that holds these items."""
    if isinstance(tree, dict):
        return dict(zip(tree, items, strict=True))
    return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)


def array(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Numbers as an array, of floats or of Values; the number itself where the shape is ()."""
    out = np.empty(len(numbers), dtype=float if all(x.__class__ is float for x in numbers) else object)
    out[:] = numbers
    return out.reshape(shape) if shape else numbers[0]


def like(tree: Any, numbers: Sequence[Any]) -> Any:
    """The structure of `tree` with these numbers."""
    rest = iter(numbers)
    return mapped(tree, lambda shape: array(list(islice(rest, math.prod(shape))), shape))


def _is_sequence(tree: Any) -> bool:
    return isinstance(tree, list | tuple) or (isinstance(tree, np.ndarray) and tree.ndim > 0)


def _form(tree: Any) -> str:
    """What a structure is, in the words of a message."""
    if isinstance(tree, dict):
        return f"a dict with the keys {', '.join(map(repr, tree))}"
    if isinstance(tree, np.ndarray):
        return f"an array of shape {tree.shape}"
    return f"a {type(tree).__name__}" + (f" of {len(tree)}" if _is_sequence(tree) else "")


def _matched(what: str, tree: Any, like: Any) -> list[Any]:
    """The numbers of `tree` in the order of those of `like`, whose keys and lengths it must have; lists, tuples and arrays are alike."""
    if isinstance(like, dict):
        places, fits = list(like), isinstance(tree, dict) and tree.keys() == like.keys()
    elif _is_sequence(like):
        places, fits = list(range(len(like))), _is_sequence(tree) and len(tree) == len(like)
    else:
        return [tree if tree.__class__ is Value else named_float(f"the {what}", tree)]
    if not fits:
        given = f"{len(flat(tree))} numbers as {what} in {_form(tree)}"
        raise LengthError(f"got {given}, expected {len(flat(like))} in the structure of {_form(like)}")
    return [x for i in places for x in _matched(what, tree[i], like[i])]


# The two sweeps.


def _local(node: Value, *, graph: bool) -> Sequence[Any]:
    """The local derivatives of a node: those recorded, or computed anew on its arguments as Values."""
    if not graph or node.op is None:
        return node.partials
    try:
        anew = node.op.partials(node, *node.args)
    except IEEE_TRAPS:  # arithmetic of constants alone, such as 1/0, which on Values is IEEE's
        anew = node.op.partials(node, *[a if a.__class__ is Value else Value(a) for a in node.args])
    anew = node.op.settled(anew, node.args)
    for recorded, partial in zip(node.partials, anew, strict=True):
        if recorded is None:
            continue
        data = partial._number if partial.__class__ is Value else partial
        if not (data == recorded or math.isclose(data, recorded, rel_tol=1e-9) or (math.isnan(data) and math.isnan(recorded))):
            raise ChangedError(
                f"an operand of {node!r} was changed after it was recorded: its local derivative was {recorded} and is {data} now; "
                "compute the result again, or take the gradient before changing anything"
            )
    if _selects(node):
        return anew
    return [None if recorded is None else partial for recorded, partial in zip(node.partials, anew, strict=True)]


def _selects(node: Value) -> bool:
    """Whether a graph of the derivative has to keep both branches: the node is a `where` whose condition is a Value."""
    return node.op is ops.where and node.args[0].__class__ is Value


def _product(a: Any, b: Any) -> Any:
    """`a * b`, without a node for a factor of 1."""
    if a.__class__ is float and a == 1.0:
        return b
    if b.__class__ is float and b == 1.0:
        return a
    return a * b


def _total(terms: Sequence[Any]) -> Any:
    """The sum of `terms`, without a node for a single one."""
    return terms[0] if len(terms) == 1 else ops.sum(terms)


def _sent(node: Value, factor: Any, partial: Any) -> Any:
    """`factor * partial`, what one argument and the node exchange; of a `where` the factor itself, and 0 from the branch not taken."""
    return ops.where(partial, factor, 0.0) if partial.__class__ is Value and _selects(node) else _product(factor, partial)


def _either(masks: Sequence[Any]) -> Any:
    """Whether one of `masks` is not 0."""
    masks = list(dict.fromkeys(masks))
    return 1.0 if any(mask.__class__ is float for mask in masks) else masks[0] if len(masks) == 1 else ops.maximum(*masks)


def _dependent(nodes: Sequence[Value], inputs: Iterable[Value], *, graph: bool) -> set[Value]:
    """The nodes that depend on the inputs, themselves included."""
    found = set(inputs)
    for node in nodes:
        partials = (None, 1.0, 1.0) if graph and _selects(node) else node.partials
        if any(partial is not None and a in found for a, partial in zip(node.args, partials, strict=True)):
            found.add(node)
    return found


def pull(nodes: Sequence[Value], cotangents: dict[Value, Any], inputs: Sequence[Value], *, graph: bool) -> list[Any]:
    """Carry the cotangents of outputs back to the inputs: reverse mode.

    In a graph both branches of a `where` are walked, so that it holds whichever is taken. A node that is reached through branches only
    has a mask, 1 where one of its consumers is active and took it, and sends 0 where that is 0, whatever its derivatives.
    """
    if not graph:
        return list((sweep if current().watch is None else value.sweep)(cotangents, inputs))
    received: dict[Value, list[Any]] = {node: [cotangent] for node, cotangent in cotangents.items()}
    masks: dict[Value, list[Any]] = {node: [1.0] for node in cotangents}
    dependent = _dependent(nodes, inputs, graph=True)
    for node in reversed(nodes):
        if node in received and node in dependent and node.args:
            cotangent = _total(received[node])
            received[node] = [cotangent]
            mask = _either(masks[node])
            for a, partial in zip(node.args, _local(node, graph=True), strict=True):
                if partial is not None and a in dependent:
                    sent = _sent(node, cotangent, partial)
                    received.setdefault(a, []).append(sent if mask.__class__ is float else ops.where(mask, sent, 0.0))
                    masks.setdefault(a, []).append(_product(mask, partial) if _selects(node) else mask)
    return [_total(received[x]) if x in received else 0.0 for x in inputs]


def push(nodes: Sequence[Value], tangents: dict[Value, Any], outputs: Sequence[Any], *, graph: bool) -> list[Any]:
    """Carry the tangents of inputs on to the outputs: forward mode."""
    carried = dict(tangents)
    dependent = _dependent(nodes, tangents, graph=graph)
    for node in nodes:
        if node in dependent and node not in tangents:
            carried[node] = _total(
                [
                    _sent(node, carried[a], partial)
                    for a, partial in zip(node.args, _local(node, graph=graph), strict=True)
                    if partial is not None and a in dependent
                ]
            )
    return [carried.get(y, 0.0) for y in outputs]


# Functions.


class _Call:
    """A function run on fresh inputs, and the graph that it recorded.

    `graph` tells whether that graph rests on Values from outside, arguments or captured: then what is computed of it has to stay joined
    to them.
    """

    def __init__(self, f: Function, x: Any, rest: tuple[Any, ...]) -> None:
        if not callable(f):
            raise OperationError(f"got {f!r}, expected a function: grad(f)(x), jacobian(f)(x)")
        born: set[Value] = set()
        context = current()
        with entered(replace(context, recording=True, born=(*context.born, born))):
            # A Value given becomes a node of its own, so that what f captured of it stays apart.
            self.inputs = [ops.sum([a]) if a.__class__ is Value else Value(named_float("the first argument", a)) for a in flat(x)]
            self.output = f(like(x, self.inputs), *rest)
        self.outputs = flat(self.output)
        for y in self.outputs:
            if y.__class__ is not Value:
                named_float("what the function gave", y)
        self.nodes = order(*[y for y in self.outputs if y.__class__ is Value])
        self.graph = any(not node.args and node not in born for node in self.nodes)

    def scalar(self) -> Any:
        """The output, if it is one number."""
        if isinstance(self.output, dict) or _is_sequence(self.output):
            raise LengthError(f"the function gave {len(self.outputs)} numbers, expected one: take its jacobian, or sum what it gives")
        return self.outputs[0]

    def pull(self, cotangents: Iterable[tuple[Any, Any]]) -> list[Any]:
        """What arrives at the inputs, for pairs of an output and its cotangent."""
        received: dict[Value, Any] = {}
        for y, cotangent in cotangents:
            if y.__class__ is Value:
                received[y] = received[y] + cotangent if y in received else cotangent
        graph = self.joined(received.values())
        return finished(pull(self.nodes, received, self.inputs, graph=graph), graph=graph)

    def joined(self, numbers: Iterable[Any]) -> bool:
        """Whether what is computed of the graph and `numbers` has to stay joined to Values from outside."""
        return self.graph or any(x.__class__ is Value for x in numbers)


def finished(numbers: Sequence[Any], *, graph: bool) -> list[Any]:
    """Values in a graph, else floats."""
    if graph:
        return [x if x.__class__ is Value else Value(x) for x in numbers]
    return [x._number if x.__class__ is Value else as_float(x) for x in numbers]


def gradient(output: Value, inputs: Any) -> Any:
    """Gradient of a recorded result with respect to Values before it, as Values that can be differentiated again.

    Args:
        output: y, a Value.
        inputs: a Value, or lists, tuples, dicts or arrays of Values.

    Returns:
        dy/dx in the structure of `inputs`; `grad` of the nodes is neither read nor written.

    Raises:
        ChangedError: the data of an operand was changed after it was recorded.
        NumberError: `output` or an input is not a Value.

    >>> x = Value(2.0)
    >>> first = gradient(x**3, x)
    >>> second = gradient(first, x)
    >>> first.data, second.data
    (12.0, 12.0)
    """
    nodes = flat(inputs)
    for given in (output, *nodes):
        if given.__class__ is not Value:
            raise NumberError(f"gradient() takes Values, got {given!r}: for a function of numbers use grad(f)(x)")
    found = pull(order(output), {output: 1.0}, nodes, graph=True)
    return like(inputs, [x if x.__class__ is Value else Value(x) for x in found])


def value_and_grad(f: Function) -> Function:
    """The function x, … ↦ (f(x, …), ∇f(x, …)), the gradient with respect to the first argument.

    Floats and arrays give floats and arrays, which `scipy.optimize.minimize(..., jac=True)` takes. A Value among the arguments or in what
    f captures gives Values, joined to its graph: so derivatives nest.

    Raises:
        LengthError: f gives more than one number.

    >>> value_and_grad(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    (18.0, array([12.,  9.]))
    """

    def value_and_gradient(x: Any, *rest: Any) -> tuple[Any, Any]:
        call = _Call(f, x, rest)
        y = call.scalar()
        return finished([y], graph=call.graph)[0], like(x, call.pull([(y, 1.0)]))

    value_and_gradient.derivative_of = (f, True)  # type: ignore[attr-defined]  # for `jit`, which sweeps back over the program of f
    return value_and_gradient


def grad(f: Function) -> Function:
    """The function x, … ↦ ∇f(x, …), the gradient with respect to the first argument; see `value_and_grad`.

    >>> from autograd import sin
    >>> grad(grad(sin))(0.5) == -sin(0.5)
    True
    """
    both = value_and_grad(f)

    def gradient_alone(x: Any, *rest: Any) -> Any:
        return both(x, *rest)[1]

    gradient_alone.derivative_of = (f, False)  # type: ignore[attr-defined]  # as above
    return gradient_alone


def vjp(f: Function) -> Function:
    """The function x, … ↦ (w ↦ wᵀ J), J the Jacobian of f at x: reverse mode.

    w has the structure of f's output, the result that of x.

    >>> vjp(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0])([1.0, 10.0])
    [13.0, 2.0]
    """

    def at(x: Any, *rest: Any) -> Function:
        call = _Call(f, x, rest)

        return lambda cotangent: like(x, call.pull(zip(call.outputs, _matched("cotangent", cotangent, call.output), strict=True)))

    return at


def jvp(f: Function) -> Function:
    """The function (x, v, …) ↦ J v, J the Jacobian of f at x: forward mode.

    v has the structure of x, the result that of f's output.

    >>> jvp(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0], [1.0, 10.0])
    [23.0, 1.0]
    """

    def product(x: Any, v: Any, *rest: Any) -> Any:
        call = _Call(f, x, rest)
        tangents = _matched("tangent", v, x)
        graph = call.joined(tangents)
        carried = push(call.nodes, dict(zip(call.inputs, tangents, strict=True)), call.outputs, graph=graph)
        return like(call.output, finished(carried, graph=graph))

    return product


def hvp(f: Function) -> Function:
    """The function (x, v, …) ↦ ∇²f(x) v, without the matrix: forward over reverse. It fits SciPy's `hessp=`.

    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 6.])
    """
    return jvp(grad(f))


def jacobian(f: Function) -> Function:
    """The function x, … ↦ J with J_ij = ∂f_i/∂x_j, row by row in reverse mode.

    The result is the structure of f's output with, in place of each of its arrays (or numbers), the structure of x; an array of f's of
    shape s and one of x's of shape t give one of shape s + t.

    >>> jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """

    def matrix(x: Any, *rest: Any) -> Any:
        call = _Call(f, x, rest)
        rows = iter([call.pull([(y, 1.0)]) for y in call.outputs])

        def block_row(output_shape: tuple[int, ...]) -> Any:
            own = [iter(row) for row in islice(rows, math.prod(output_shape))]

            def block(input_shape: tuple[int, ...]) -> Any:
                size = math.prod(input_shape)
                return array([entry for row in own for entry in islice(row, size)], output_shape + input_shape)

            return mapped(x, block)

        return mapped(call.output, block_row)

    return matrix


def hessian(f: Function) -> Function:
    """The function x, … ↦ ∇²f, the matrix of second derivatives. It fits SciPy's `hess=`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    array([[4., 6.],
           [6., 0.]])
    """
    return jacobian(grad(f))


@contextmanager
def no_grad() -> Iterator[None]:
    """Record nothing: what is computed inside are leaves, numbers without a past.

    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.args
    ()
    """
    refused("no_grad()")
    with entered(replace(current(), recording=False)):
        yield
