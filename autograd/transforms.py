"""Derivatives as functions of functions: `grad`, `jacobian`, `hvp` … All rest on the sweeps of `autograd.sweeps`.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 5.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from autograd import foreign, ops
from autograd.arrays import array_of, tree_ravel
from autograd.context import Context, in_context, with_active_inputs
from autograd.context import no_grad as no_grad  # noqa: PLC0414  # it is imported from here, too
from autograd.engine import Value
from autograd.errors import LengthError, OperationError
from autograd.graph import order
from autograd.kinds import named_float
from autograd.sweeps import depending, finished, pull, push
from autograd.sweeps import gradient as gradient  # noqa: PLC0414  # as above

Function = Callable[..., Any]


# Structures: a number, or lists, tuples, dicts and arrays of structures; see `autograd.trees`.


def _is_sequence(tree: Any) -> bool:
    return isinstance(tree, list | tuple) or (isinstance(tree, np.ndarray) and tree.ndim > 0)


def _form(tree: Any) -> str:
    """What a structure is, in the words of a message."""
    if isinstance(tree, dict):
        return f"a dict with the keys {', '.join(map(repr, tree))}"
    if isinstance(tree, np.ndarray):
        return f"an array of shape {tree.shape}"
    return f"a {type(tree).__name__}" + (f" of {len(tree)}" if _is_sequence(tree) else "")


def _matched(what: str, given: Any, template: Any) -> list[Any]:
    """The numbers of `given` in the order of `template`, whose keys and lengths it must have; lists, tuples and arrays are alike."""
    found: list[Any] = []
    stack = [(given, template)]
    while stack:
        tree, model = stack.pop()
        if isinstance(model, dict):
            places, fits = list(model), isinstance(tree, dict) and tree.keys() == model.keys()
        elif _is_sequence(model):
            places, fits = list(range(len(model))), _is_sequence(tree) and len(tree) == len(model)
        else:
            places, fits = [], model is not None or tree is None or template is None
        if not fits:
            numbers, expected = len(tree_ravel(tree)[0]), len(tree_ravel(model)[0])
            raise LengthError(f"got {numbers} numbers as {what} in {_form(tree)}, expected {expected} in the structure of {_form(model)}")
        if isinstance(model, dict) or _is_sequence(model):
            stack += [(tree[i], model[i]) for i in reversed(places)]
        elif model is not None or template is None:
            found.append(tree if tree.__class__ is Value else named_float(f"the {what}", tree))
    return found


# Functions.


class _Call:
    """A function run on fresh inputs, and the graph that it recorded.

    `graph` tells whether that graph rests on Values from outside, arguments or captured: then what is computed of it has to stay joined
    to them.
    """

    def __init__(self, f: Function, x: Any, rest: tuple[Any, ...]) -> None:
        if not callable(f):
            raise OperationError(f"got {f!r}, expected a function: grad(f)(x), jacobian(f)(x)")
        new_leaves: set[Value] = set()
        before = foreign.made
        numbers, self.input_form = tree_ravel(x)

        def collected(context: Context) -> Context:
            return replace(context, recording=True, new_leaves=(*context.new_leaves, new_leaves))

        def called() -> None:
            # A Value given becomes a node of its own, so that what f captured of it stays apart.
            self.inputs = [ops.sum([a]) if a.__class__ is Value else Value(named_float("the first argument", a)) for a in numbers]
            self.output = with_active_inputs(self.inputs, f, self.input_form.unravel(self.inputs), *rest)

        in_context(collected).run(called)
        self.outputs, self.output_form = tree_ravel(self.output)
        for y in self.outputs:
            if y.__class__ is not Value:
                named_float("what the function gave", y)
        self.nodes = order(*[y for y in self.outputs if y.__class__ is Value])
        self.graph = any(not node.args and node not in new_leaves for node in self.nodes)
        if foreign.made != before:
            foreign.refuse_second(depending(self.nodes, self.inputs, graph=False))

    def scalar(self) -> Any:
        """The output, if it is one number, or an array of one."""
        if not self.output_form.is_single:
            if len(self.outputs) == 1:
                raise LengthError(f"the function gave {_form(self.output)}, expected one number: return the number that it holds")
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
        return finished([y], graph=call.graph)[0], call.input_form.unravel(call.pull([(y, 1.0)]))

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

        return lambda cotangent: call.input_form.unravel(
            call.pull(zip(call.outputs, _matched("cotangent", cotangent, call.output), strict=True))
        )

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
        return call.output_form.unravel(finished(carried, graph=graph))

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
                return array_of([entry for row in own for entry in islice(row, size)], output_shape + input_shape)

            return call.input_form.map(block)

        return call.output_form.map(block_row)

    return matrix


def hessian(f: Function) -> Function:
    """The function x, … ↦ ∇²f, the matrix of second derivatives. It fits SciPy's `hess=`.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    array([[4., 6.],
           [6., 0.]])
    """
    return jacobian(grad(f))
