"""Derivatives as functions of functions: `grad`, `jacobian`, `hvp` … All use the sweeps of `autograd.sweeps`.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 5.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import islice
from typing import Any

import numpy as np

from autograd import foreign, ops
from autograd.arrays import array_of, tree_ravel
from autograd.context import current, in_context, run_of_its_own, with_active_inputs
from autograd.context import no_grad as no_grad  # noqa: PLC0414  # it is imported from here, too
from autograd.engine import Value
from autograd.errors import LengthError, OperationError
from autograd.graph import order, reaches
from autograd.kinds import named_float
from autograd.program import calls
from autograd.program.building import form_of, older
from autograd.program.calls import call
from autograd.program.form import Form
from autograd.program.traced import TracedArray
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
        before, calls_before = foreign.made, calls.made
        numbers, self.input_form = tree_ravel(x)

        def called() -> None:
            # A Value given becomes a node of its own, so that what f captured of it stays apart.
            self.run = current().runs[-1]
            self.inputs = [ops.sum([a]) if a.__class__ is Value else Value(named_float("the first argument", a)) for a in numbers]
            self.output = with_active_inputs(self.inputs, f, self.input_form.unravel(self.inputs), *rest)
            self.outputs, self.output_form = tree_ravel(self.output)  # of a traced array the entries, which belong to this run

        in_context(run_of_its_own).run(called)
        for y in self.outputs:
            if y.__class__ is not Value:
                named_float("what the function gave", y)
        self.ends = [y for y in self.outputs if y.__class__ is Value]
        self.graph, self.calls = reaches(*self.ends, since=self.run), calls.made != calls_before
        if foreign.made != before:
            foreign.refuse_second(depending(self.nodes, self.inputs, graph=False))

    @cached_property
    def nodes(self) -> list[Value]:
        """The graph, down to what is older than this run."""
        return order(*self.ends, since=self.run)

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
        if not self.joined(received.values()):
            return pull((), received, self.inputs, graph=False)
        if not self.large:
            return finished(pull(self.nodes, received, self.inputs, graph=True), graph=True)
        form, given = self.form(list(received))
        adjoint = form.adjoint(range(len(received)), range(len(self.inputs)))
        return finished(call("grad", adjoint, [*given, *received.values()]), graph=True)

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """What arrives at the outputs, for a tangent of each input."""
        if not self.joined(tangents):
            return push((), dict(zip(self.inputs, tangents, strict=True)), self.outputs, graph=False)
        if not self.large:
            return finished(push(self.nodes, dict(zip(self.inputs, tangents, strict=True)), self.outputs, graph=True), graph=True)
        form, given = self.form(self.outputs)
        found = call("jvp", form.tangent(range(len(tangents))), [*given, *tangents])
        return finished(found[len(self.outputs) :], graph=True)

    @property
    def large(self) -> bool:
        """Whether its derivative is a call of a program, rather than recorded operation by operation."""
        tracer = current().tracer
        return len(self.nodes) >= MANY and (tracer is None or tracer.lazy)

    def form(self, outputs: Sequence[Any]) -> tuple[Form, list[Any]]:
        """The form from inputs, and from what was captured, to these outputs, and these numbers and Values."""
        captured = older(self.nodes, self.run, calls=self.calls) if self.graph else []
        given = [x if x.args and self.graph else x._number for x in self.inputs]  # noqa: SLF001  # a Value's
        whole = self.calls or any(x.__class__ is TracedArray for x in captured)
        return form_of(outputs, [*self.inputs, *captured], self.nodes if whole else ()), [*given, *captured]

    def rows(self, *, forward: bool) -> list[list[Any]]:
        """The rows of the Jacobian, in forward or reverse mode."""
        several = self.ends and not self.graph and self.calls
        n = len(self.inputs)
        if several:  # one pass over a program, and one run over lanes
            form, given = self.form(self.outputs)
            return form.jacobian(given, range(n), forward=forward)
        if forward:
            columns = [self.push([1.0 if k == i else 0.0 for k in range(n)]) for i in range(n)]
            return [list(row) for row in zip(*columns, strict=True)]
        return [self.pull([(y, 1.0)]) for y in self.outputs]

    def joined(self, numbers: Iterable[Any]) -> bool:
        """Whether what is computed of the graph and `numbers` has to stay joined to Values from outside."""
        return self.graph or any(x.__class__ is Value for x in numbers)


# So many operations are differentiated as a program; of fewer the derivative is recorded, operation by operation.
MANY = 256


def value_and_grad(f: Function) -> Function:
    """The function x, … ↦ (f(x, …), ∇f(x, …)), the gradient with respect to the first argument.

    Floats and arrays give floats and arrays, which `scipy.optimize.minimize(..., jac=True)` takes. A Value among the arguments or in what
    f captures gives Values, joined to its graph: so derivatives nest.

    Args:
        f: a function of a number, an array or a structure of these, and of further arguments, that gives one number.

    Returns:
        A function of the same arguments. The gradient has the structure of the first one.

    Raises:
        OperationError: f is not a function.
        LengthError: f gives more than one number.
        NumberError: an entry of the first argument, or what f gives, is not a number.

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
    """The function x, … ↦ ∇f(x, …), the gradient with respect to the first argument.

    Arguments, result and errors are as for `value_and_grad`, without the value.

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

    w has the structure of f's output, the result that of x. The cost is that of one backward pass.

    Raises:
        OperationError: f is not a function.
        LengthError: w does not have the structure of f's output.
        NumberError: an entry of x or w, or what f gives, is not a number.

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

    v has the structure of x, the result that of f's output. The cost is that of one forward pass.

    Raises:
        OperationError: f is not a function.
        LengthError: v does not have the structure of x.
        NumberError: an entry of x or v, or what f gives, is not a number.

    >>> jvp(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0], [1.0, 10.0])
    [23.0, 1.0]
    """

    def product(x: Any, v: Any, *rest: Any) -> Any:
        call = _Call(f, x, rest)
        return call.output_form.unravel(call.push(_matched("tangent", v, x)))

    return product


def hvp(f: Function) -> Function:
    """The function (x, v, …) ↦ ∇²f(x) v, without the matrix, by a sweep over the graph of the gradient. It fits SciPy's `hessp=`.

    v and the result have the structure of x.

    Raises:
        OperationError: f is not a function.
        LengthError: v does not have the structure of x, or f gives more than one number.
        NumberError: an entry of x or v, or what f gives, is not a number.

    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 6.])
    """

    def product(x: Any, v: Any, *rest: Any) -> Any:
        tangents = tree_ravel(v)[1].unravel(_matched("tangent", v, x))
        return vjp(grad(f))(x, *rest)(tangents)  # the Hessian is symmetric

    return product


def jacobian(f: Function) -> Function:
    """The function x, … ↦ J with J_ij = ∂f_i/∂x_j, in forward mode where x has fewer numbers than f, else in reverse mode.

    The result is the structure of f's output with, in place of each of its arrays (or numbers), the structure of x; an output array of
    shape s and an input array of shape t give an array of shape s + t.

    Raises:
        OperationError: f is not a function.
        NumberError: an entry of x, or what f gives, is not a number.

    >>> jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """
    return _jacobian(f, forward=None)


def jacfwd(f: Function) -> Function:
    """The Jacobian of f in forward mode, column by column; result and errors are those of `jacobian`.

    >>> jacfwd(lambda x: [x * x, x])(3.0)
    [6.0, 1.0]
    """
    return _jacobian(f, forward=True)


def jacrev(f: Function) -> Function:
    """The Jacobian of f in reverse mode, row by row; result and errors are those of `jacobian`.

    >>> jacrev(lambda x: x[0] * x[1])([2.0, 3.0])
    [3.0, 2.0]
    """
    return _jacobian(f, forward=False)


def _jacobian(f: Function, *, forward: bool | None) -> Function:
    def matrix(x: Any, *rest: Any) -> Any:
        call = _Call(f, x, rest)
        rows = iter(call.rows(forward=len(call.inputs) < len(call.outputs) if forward is None else forward))

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

    The result is the `jacobian` of the gradient: an array of shape t gives one of shape t + t.

    Raises:
        OperationError: f is not a function.
        LengthError: f gives more than one number.
        NumberError: an entry of x, or what f gives, is not a number.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    array([[4., 6.],
           [6., 0.]])
    """
    return jacobian(grad(f))
