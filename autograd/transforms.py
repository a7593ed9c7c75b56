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
from autograd.transformed import Derivative, Product, of_a_function
from autograd.trees import tree_keys, tree_map

Function = Callable[..., Any]


# Structures: a number, or lists, tuples, dicts and arrays of structures; see `autograd.trees`.


def _form(tree: Any) -> str:
    """What a structure is, in the words of a message."""
    if isinstance(tree, np.ndarray):
        return f"an array of shape {tree.shape}"
    if isinstance(tree, dict):
        return f"a dict with the keys {', '.join(map(repr, tree))}"
    return f"a {type(tree).__name__}" + (f" of {len(tree)}" if isinstance(tree, list | tuple) else "")


def _keys(tree: Any) -> Sequence[Any] | None:
    """The keys of the items of a container or of an array; None of a number."""
    if isinstance(tree, np.ndarray):
        return range(len(tree)) if tree.ndim else None
    return tree_keys(tree)


def _matched(what: str, given: Any, template: Any) -> list[Any]:
    """The numbers of `given` in the order of `template`, whose keys and lengths it must have; lists, tuples and arrays are alike."""
    found: list[Any] = []
    stack = [(given, template)]
    while stack:
        tree, model = stack.pop()
        keys, own = _keys(model), _keys(tree)
        fits = keys is None or (own is not None and len(own) == len(keys) and set(own) == set(keys))
        if not fits:
            numbers, expected = len(tree_ravel(tree)[0]), len(tree_ravel(model)[0])
            raise LengthError(f"got {numbers} numbers as {what} in {_form(tree)}, expected {expected} in the structure of {_form(model)}")
        if keys is None:
            found.append(tree if tree.__class__ is Value else named_float(f"the {what}", tree))
        else:
            stack += [(_item(tree, key), _item(model, key)) for key in reversed(keys)]
    return found


def _item(tree: Any, key: Any) -> Any:
    return tree[key] if isinstance(tree, dict | list | tuple | np.ndarray) else getattr(tree, key)


# Functions.


class _Call:
    """A function run on fresh inputs, and the graph that it recorded.

    `graph` tells whether that graph rests on Values from outside, arguments or captured ones: then what is computed from it has to
    depend on them, too, unless `no_grad` is in force.
    """

    def __init__(self, of: Derivative, args: Sequence[Any]) -> None:
        before, calls_before = foreign.made, calls.made
        self.given, self.has_aux = of.chosen(args), of.has_aux
        numbers, self.input_form = tree_ravel(self.given)
        which = "the first argument" if of.argnums == 0 else f"argument {of.argnums}"

        def called() -> None:
            # A Value given becomes a node of its own, so that what f captured of it stays apart.
            self.run = current().runs[-1]
            self.inputs = [ops.sum([a]) if a.__class__ is Value else Value(named_float(which, a)) for a in numbers]
            self.output = with_active_inputs(self.inputs, of.f, *of.with_chosen(args, self.input_form.unravel(self.inputs)))
            if of.has_aux:
                self.output, self.aux = _pair(self.output)
            self.outputs, self.output_form = tree_ravel(self.output)  # the entries of a traced array, which belong to this run

        in_context(run_of_its_own).run(called)
        for y in self.outputs:
            if y.__class__ is not Value:
                named_float("what the function gave", y)
        self.ends = [y for y in self.outputs if y.__class__ is Value]
        self.graph, self.calls = current().recording and reaches(*self.ends, since=self.run), calls.made != calls_before
        if foreign.made != before:
            foreign.refuse_second(depending(self.nodes, self.inputs, graph=False))

    def gradient(self) -> tuple[Any, Any]:
        """The output, which is one number, and its gradient."""
        y = self.scalar()
        return y, self.input_form.unravel(self.pull([(y, 1.0)]))

    def with_aux(self, found: Any) -> Any:
        """What was found, beside the second of the pair that f gave, with numbers for Values unless these rest on Values from outside."""

        def leaf(x: Any) -> Any:
            if x.__class__ is Value:
                return finished([x], graph=self.graph)[0]
            if isinstance(x, np.ndarray) and x.dtype == object:
                numbers, form = tree_ravel(x)
                return form.unravel(finished(numbers, graph=self.graph))
            return x

        return (found, tree_map(leaf, self.aux)) if self.has_aux else found

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


def _pair(output: Any) -> tuple[Any, Any]:
    if not (isinstance(output, tuple) and len(output) == 2):  # a pair
        raise OperationError(f"with has_aux=True the function gave {_form(output)}, expected a pair: return what is differentiated, aux")
    return output


def _derivative(
    transform: Function,
    f: Function,
    rule: Function,
    argnums: Any,
    has_aux: bool,  # noqa: FBT001  # as it was given
    kind: type[Derivative] = Derivative,
) -> Derivative:
    """What `transform(f)` returns: `rule` of each call of f, which is recorded, and of the tangent, if the kind takes one."""

    def of(made: Derivative, args: tuple[Any, ...]) -> Any:
        given, tangent = made.split(args)
        return rule(_Call(made, given), *tangent)

    return kind(transform, f, of, argnums, has_aux)


@of_a_function("value_and_grad(f, argnums=1)(a, x)")
def value_and_grad(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function x, … ↦ (f(x, …), ∇f(x, …)), the gradient with respect to the first argument.

    Floats and arrays give floats and arrays, which `scipy.optimize.minimize(..., jac=True)` takes. A Value among the arguments or in what
    f captures gives Values, joined to its graph: so derivatives nest. Keyword arguments are handed to f, and are not differentiated.

    Args:
        f: a function of numbers, arrays or structures of these that gives one number.
        argnums: the index of the argument that the gradient is with respect to, or a tuple of indices, which gives a tuple of gradients.
        has_aux: whether f gives a pair, of which the second is handed through as it is: ((value, aux), gradient).

    Returns:
        A function of the same arguments. The gradient has the structure of the argument that it is with respect to.

    Raises:
        OperationError: f is not a function, or argnums is not an index or several.
        LengthError: f gives more than one number.
        NumberError: an entry of the first argument, or what f gives, is not a number.

    >>> value_and_grad(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    (18.0, array([12.,  9.]))
    >>> value_and_grad(lambda a, b: a * b, argnums=(0, 1))(3.0, 2.0)
    (6.0, (2.0, 3.0))
    """

    def rule(call: _Call) -> Any:
        y, gradient = call.gradient()
        return call.with_aux(finished([y], graph=call.graph)[0]), gradient

    return _swept(_derivative(value_and_grad, f, rule, argnums, has_aux), with_value=True)


def _swept(made: Derivative, *, with_value: bool) -> Derivative:
    """The same, marked for `jit`, which sweeps back over the program of the function itself where the derivative is that simple."""
    if made.argnums == 0 and not made.has_aux:
        made.derivative_of = made.f, with_value
    return made


@of_a_function("grad(f, argnums=1)(a, x)")
def grad(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function x, … ↦ ∇f(x, …), the gradient with respect to the first argument.

    Arguments, result and errors are as for `value_and_grad`, without the value.

    >>> from autograd import sin
    >>> grad(grad(sin))(0.5) == -sin(0.5)
    True
    >>> grad(lambda x, scale: scale * x * x, argnums=0)(3.0, scale=2.0)
    12.0
    """
    return _swept(_derivative(grad, f, lambda call: call.with_aux(call.gradient()[1]), argnums, has_aux), with_value=False)


@of_a_function("vjp(f)(x)(w)")
def vjp(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function x, … ↦ (w ↦ wᵀ J), J the Jacobian of f at x: reverse mode; the arguments are those of `value_and_grad`.

    w has the structure of f's output, the result that of x. The cost is that of one backward pass.

    Raises:
        OperationError: f is not a function.
        LengthError: w does not have the structure of f's output.
        NumberError: an entry of x or w, or what f gives, is not a number.

    >>> vjp(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0])([1.0, 10.0])
    [13.0, 2.0]
    """

    def rule(call: _Call) -> Any:
        def product(cotangent: Any) -> Any:
            given = _matched("cotangent", cotangent, call.output)
            return call.input_form.unravel(call.pull(zip(call.outputs, given, strict=True)))

        return call.with_aux(product)

    return _derivative(vjp, f, rule, argnums, has_aux)


@of_a_function("jvp(f)(x, v)")
def jvp(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function (x, v, …) ↦ J v, J the Jacobian of f at x: forward mode; the arguments are those of `value_and_grad`.

    v has the structure of x, the result that of f's output. With argnums=1 v stands after the second argument, (a, x, v, …), and with
    argnums=(0, 1) as well, (a, x, v, …), where v is a tuple of tangents.
    The cost is that of one forward pass.

    Raises:
        OperationError: f is not a function.
        LengthError: v does not have the structure of x.
        NumberError: an entry of x or v, or what f gives, is not a number.

    >>> jvp(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0], [1.0, 10.0])
    [23.0, 1.0]
    """

    def rule(call: _Call, v: Any) -> Any:
        return call.with_aux(call.output_form.unravel(call.push(_matched("tangent", v, call.given))))

    return _derivative(jvp, f, rule, argnums, has_aux, Product)


@of_a_function("hvp(f)(x, v)")
def hvp(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function (x, v, …) ↦ ∇²f(x) v, without the matrix, by a sweep over the graph of the gradient; the arguments are those of `jvp`.

    It fits SciPy's `hessp=`.

    v and the result have the structure of x.

    Raises:
        OperationError: f is not a function.
        LengthError: v does not have the structure of x, or f gives more than one number.
        NumberError: an entry of x or v, or what f gives, is not a number.

    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 6.])
    """
    back = vjp(grad(f, argnums=argnums, has_aux=has_aux), argnums=argnums, has_aux=has_aux)

    def rule(made: Derivative, args: tuple[Any, ...]) -> Any:
        given, (v,) = made.split(args)
        tangent = tree_ravel(v)[1].unravel(_matched("tangent", v, made.chosen(given)))
        found = back(*given)  # the Hessian is symmetric
        return (found[0](tangent), found[1]) if has_aux else found(tangent)

    return Product(hvp, f, rule, argnums, has_aux)


@of_a_function("jacobian(f)(x)")
def jacobian(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function x, … ↦ J with J_ij = ∂f_i/∂x_j, in forward mode where x has fewer numbers than f, else in reverse mode.

    The result is the structure of f's output with, in place of each of its arrays (or numbers), the structure of x; an output array of
    shape s and an input array of shape t give an array of shape s + t. The arguments are those of `value_and_grad`.

    Raises:
        OperationError: f is not a function.
        NumberError: an entry of x, or what f gives, is not a number.

    >>> jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """
    return _jacobian(jacobian, f, argnums, has_aux, forward=None)


@of_a_function("jacfwd(f)(x)")
def jacfwd(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The Jacobian of f in forward mode, column by column; arguments, result and errors are those of `jacobian`.

    >>> jacfwd(lambda x: [x * x, x])(3.0)
    [6.0, 1.0]
    """
    return _jacobian(jacfwd, f, argnums, has_aux, forward=True)


@of_a_function("jacrev(f)(x)")
def jacrev(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The Jacobian of f in reverse mode, row by row; arguments, result and errors are those of `jacobian`.

    >>> jacrev(lambda x: x[0] * x[1])([2.0, 3.0])
    [3.0, 2.0]
    """
    return _jacobian(jacrev, f, argnums, has_aux, forward=False)


def _jacobian(transform: Function, f: Function, argnums: Any, has_aux: bool, *, forward: bool | None) -> Function:  # noqa: FBT001  # as above
    def rule(call: _Call) -> Any:
        rows = iter(call.rows(forward=len(call.inputs) < len(call.outputs) if forward is None else forward))

        def block_row(output_shape: tuple[int, ...]) -> Any:
            own = [iter(row) for row in islice(rows, math.prod(output_shape))]

            def block(input_shape: tuple[int, ...]) -> Any:
                size = math.prod(input_shape)
                return array_of([entry for row in own for entry in islice(row, size)], output_shape + input_shape)

            return call.input_form.map(block)

        return call.with_aux(call.output_form.map(block_row))

    return _derivative(transform, f, rule, argnums, has_aux)


@of_a_function("hessian(f)(x)")
def hessian(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function x, … ↦ ∇²f, the matrix of second derivatives; the arguments are those of `jacobian`. It fits SciPy's `hess=`.

    The result is the `jacobian` of the gradient: an array of shape t gives one of shape t + t.

    Raises:
        OperationError: f is not a function, or argnums is not an index or several.
        LengthError: f gives more than one number.
        NumberError: an entry of x, or what f gives, is not a number.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    array([[4., 6.],
           [6., 0.]])
    """
    matrix = jacobian(grad(f, argnums=argnums, has_aux=has_aux), argnums=argnums, has_aux=has_aux)
    return Derivative(hessian, f, lambda made, args: matrix(*args), argnums, has_aux)  # noqa: ARG005  # as others are
