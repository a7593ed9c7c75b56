"""Derivatives as functions of functions: `grad`, `jacobian`, `hvp` … Each is a rule for an `Evaluation` of the function.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 5.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from autograd.arrays import array_of
from autograd.context import no_grad as no_grad  # noqa: PLC0414  # it is imported from here, too
from autograd.errors import api_boundary
from autograd.evaluation import Evaluation, matched
from autograd.signatures import Grad, Hessian, HessianVector, Jacobian, JacobianVector, ValueAndGrad, VectorJacobian
from autograd.sweeps import gradient as gradient  # noqa: PLC0414  # as above
from autograd.transformed import Derivative, Product, of_a_function

Function = Callable[..., Any]


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
        return rule(Evaluation(made, given), *tangent)

    return kind(transform, f, of, argnums, has_aux)


@of_a_function[ValueAndGrad]("value_and_grad(f, argnums=1)(a, x)")
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

    >>> import numpy as np
    >>> value_and_grad(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    (18.0, array([12.,  9.]))
    >>> value_and_grad(lambda a, b: a * b, argnums=(0, 1))(3.0, 2.0)
    (6.0, (2.0, 3.0))
    """

    def rule(call: Evaluation) -> Any:
        y, gradient = call.value_and_gradient()
        return call.with_aux(y), gradient

    return _swept(_derivative(value_and_grad, f, rule, argnums, has_aux), with_value=True)


def _swept(made: Derivative, *, with_value: bool) -> Derivative:
    """The same, marked for `jit`, which sweeps back over the program of the function itself where the derivative is that simple."""
    if made.argnums == 0 and not made.has_aux:
        made.derivative_of = made.f, with_value
    return made


@of_a_function[Grad]("grad(f, argnums=1)(a, x)")
def grad(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function x, … ↦ ∇f(x, …), the gradient with respect to the first argument.

    Arguments, result and errors are as for `value_and_grad`, without the value.

    >>> from autograd import sin
    >>> grad(grad(sin))(0.5) == -sin(0.5)
    True
    >>> grad(lambda x, scale: scale * x * x, argnums=0)(3.0, scale=2.0)
    12.0
    """
    return _swept(_derivative(grad, f, lambda call: call.with_aux(call.value_and_gradient()[1]), argnums, has_aux), with_value=False)


@of_a_function[VectorJacobian]("vjp(f)(x)(w)")
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
    made = _derivative(vjp, f, lambda call: call.with_aux(Pullback(call)), argnums, has_aux)
    made.gives_numbers = False
    return made


class Pullback:
    """What `vjp(f)(x)` returns: the linear function w ↦ wᵀ J. A copy or pickle of it evaluates f again."""

    def __init__(self, call: Evaluation) -> None:
        self._call = call

    @api_boundary
    def __call__(self, cotangent: Any) -> Any:
        """The product with a cotangent."""
        call = self._call
        given = matched("cotangent", cotangent, call.output)
        return call.input_form.unravel(call.pull(zip(call.outputs, given, strict=True)))

    def __repr__(self) -> str:
        return f"<{self._call.of.expression}(x)>"

    def __reduce__(self) -> Any:
        return _evaluated, (self._call.of, self._call.args)


def _evaluated(of: Derivative, args: tuple[Any, ...]) -> Pullback:
    return Pullback(Evaluation(of, args))


def _along(made: Derivative, *, second: bool) -> Derivative:
    """The same, marked for `jit`, which takes it of the recorded function as a whole where that is one of large arrays."""
    if made.argnums == 0 and not made.has_aux:
        made.product_of = made.f, second
    return made


@of_a_function[JacobianVector]("jvp(f)(x, v)")
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

    def rule(call: Evaluation, v: Any) -> Any:
        return call.with_aux(call.output_form.unravel(call.push(matched("tangent", v, call.given))))

    return _along(_derivative(jvp, f, rule, argnums, has_aux, Product), second=False)


@of_a_function[HessianVector]("hvp(f)(x, v)")
def hvp(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function (x, v, …) ↦ ∇²f(x) v, without the matrix, the tangent of the gradient along v; the arguments are those of `jvp`.

    It fits SciPy's `hessp=`.

    v and the result have the structure of x.

    Raises:
        OperationError: f is not a function.
        LengthError: v does not have the structure of x, or f gives more than one number.
        NumberError: an entry of x or v, or what f gives, is not a number.

    >>> import numpy as np
    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 6.])
    """

    def rule(call: Evaluation, v: Any) -> Any:
        vector = matched("tangent", v, call.given)
        return call.with_aux(call.input_form.unravel(call.second(vector) if vector else []))

    return _along(_derivative(hvp, f, rule, argnums, has_aux, Product), second=True)


@of_a_function[Jacobian]("jacobian(f)(x)")
def jacobian(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function x, … ↦ J with J_ij = ∂f_i/∂x_j, in forward mode where x has fewer numbers than f, else in reverse mode.

    The result is the structure of f's output with, in place of each of its arrays (or numbers), the structure of x; an output array of
    shape s and an input array of shape t give an array of shape s + t. The arguments are those of `value_and_grad`.

    Raises:
        OperationError: f is not a function.
        NumberError: an entry of x, or what f gives, is not a number.

    >>> import numpy as np
    >>> jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """
    return _jacobian(jacobian, f, argnums, has_aux, forward=None)


@of_a_function[Jacobian]("jacfwd(f)(x)")
def jacfwd(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The Jacobian of f in forward mode, column by column; arguments, result and errors are those of `jacobian`.

    >>> jacfwd(lambda x: [x * x, x])(3.0)
    [6.0, 1.0]
    """
    return _jacobian(jacfwd, f, argnums, has_aux, forward=True)


@of_a_function[Jacobian]("jacrev(f)(x)")
def jacrev(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The Jacobian of f in reverse mode, row by row; arguments, result and errors are those of `jacobian`.

    >>> jacrev(lambda x: x[0] * x[1])([2.0, 3.0])
    [3.0, 2.0]
    """
    return _jacobian(jacrev, f, argnums, has_aux, forward=False)


def _jacobian(transform: Function, f: Function, argnums: Any, has_aux: bool, *, forward: bool | None) -> Function:  # noqa: FBT001  # as above
    def rule(call: Evaluation) -> Any:
        rows = call.rows(forward=len(call.inputs) < len(call.outputs) if forward is None else forward)
        return call.with_aux(_blocks(rows, call.output_form, call.input_form))

    return _derivative(transform, f, rule, argnums, has_aux)


def _blocks(rows: Iterable[Sequence[Any]], outputs: Any, inputs: Any) -> Any:
    """The rows of a matrix in the structure of the outputs with, in place of each of its arrays or numbers, that of the inputs."""
    left = iter(rows)

    def block_row(output_shape: tuple[int, ...]) -> Any:
        own = [iter(row) for row in islice(left, math.prod(output_shape))]

        def block(input_shape: tuple[int, ...]) -> Any:
            size = math.prod(input_shape)
            return array_of([entry for row in own for entry in islice(row, size)], output_shape + input_shape)

        return inputs.map(block)

    return outputs.map(block_row)


@of_a_function[Hessian]("hessian(f)(x)")
def hessian(f: Function, *, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function x, … ↦ ∇²f, the matrix of second derivatives; the arguments are those of `jacobian`. It fits SciPy's `hess=`.

    The result is the `jacobian` of the gradient: an array of shape t gives one of shape t + t.

    Raises:
        OperationError: f is not a function, or argnums is not an index or several.
        LengthError: f gives more than one number.
        NumberError: an entry of x, or what f gives, is not a number.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    array([[4., 6.],
           [6., 0.]])
    """

    def rule(call: Evaluation) -> Any:
        return call.with_aux(_blocks(call.second() if call.inputs else [], call.input_form, call.input_form))

    return _derivative(hessian, f, rule, argnums, has_aux)
