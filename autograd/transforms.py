"""Derivatives as functions of functions: `grad`, `jacobian`, `hvp` … All rest on the sweeps of `autograd.sweeps`.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 5.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Any

from autograd.arrays import array_of
from autograd.context import no_grad as no_grad  # noqa: PLC0414  # it is imported from here, too
from autograd.evaluation import Evaluation, matched
from autograd.sweeps import finished
from autograd.sweeps import gradient as gradient  # noqa: PLC0414  # as above

Function = Callable[..., Any]


def value_and_grad(f: Function) -> Function:
    """The function x, … ↦ (f(x, …), ∇f(x, …)), the gradient with respect to the first argument.

    Floats and arrays give floats and arrays, which `scipy.optimize.minimize(..., jac=True)` takes. A Value among the arguments or in what
    f captures gives Values, joined to its graph: so derivatives nest.

    Raises:
        LengthError: f gives more than one number.

    >>> import numpy as np
    >>> value_and_grad(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    (18.0, array([12.,  9.]))
    """

    def value_and_gradient(x: Any, *rest: Any) -> tuple[Any, Any]:
        call = Evaluation(f, x, rest)
        y = call.scalar()
        found = call.pull([(y, 1.0)])
        return finished([y], graph=call.graph)[0], call.input_form.unravel(found)

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
        call = Evaluation(f, x, rest)

        return lambda cotangent: call.input_form.unravel(
            call.pull(zip(call.outputs, matched("cotangent", cotangent, call.output), strict=True))
        )

    return at


def jvp(f: Function) -> Function:
    """The function (x, v, …) ↦ J v, J the Jacobian of f at x: forward mode.

    v has the structure of x, the result that of f's output.

    >>> jvp(lambda x: [x[0] * x[1], x[0]])([2.0, 3.0], [1.0, 10.0])
    [23.0, 1.0]
    """

    def product(x: Any, v: Any, *rest: Any) -> Any:
        call = Evaluation(f, x, rest)
        return call.output_form.unravel(call.push(matched("tangent", v, x)))

    return product


def hvp(f: Function) -> Function:
    """The function (x, v, …) ↦ ∇²f(x) v, without the matrix: the tangent of the gradient along v. It fits SciPy's `hessp=`.

    >>> import numpy as np
    >>> hvp(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]), np.array([1.0, 0.0]))
    array([4., 6.])
    """

    def product(x: Any, v: Any, *rest: Any) -> Any:
        vector = matched("tangent", v, x)
        call = Evaluation(f, x, rest)
        return call.input_form.unravel(call.second(vector) if vector else [])

    return product


def jacobian(f: Function) -> Function:
    """The function x, … ↦ J with J_ij = ∂f_i/∂x_j, in forward mode where x has fewer numbers than f, else in reverse mode.

    The result is the structure of f's output with, in place of each of its arrays (or numbers), the structure of x; an array of f's of
    shape s and one of x's of shape t give one of shape s + t.

    >>> import numpy as np
    >>> jacobian(lambda x: np.array([x[0] * x[1], x[0]]))(np.array([2.0, 3.0]))
    array([[3., 2.],
           [1., 0.]])
    """
    return _jacobian(f, forward=None)


def jacfwd(f: Function) -> Function:
    """The Jacobian in forward mode, column by column: see `jacobian`.

    >>> jacfwd(lambda x: [x * x, x])(3.0)
    [6.0, 1.0]
    """
    return _jacobian(f, forward=True)


def jacrev(f: Function) -> Function:
    """The Jacobian in reverse mode, row by row: see `jacobian`.

    >>> jacrev(lambda x: x[0] * x[1])([2.0, 3.0])
    [3.0, 2.0]
    """
    return _jacobian(f, forward=False)


def _jacobian(f: Function, *, forward: bool | None) -> Function:
    def matrix(x: Any, *rest: Any) -> Any:
        call = Evaluation(f, x, rest)
        rows = call.rows(forward=len(call.inputs) < len(call.outputs) if forward is None else forward)
        return _blocks(rows, call.output_form, call.input_form)

    return matrix


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


def hessian(f: Function) -> Function:
    """The function x, … ↦ ∇²f, the matrix of second derivatives. It fits SciPy's `hess=`.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 2.0]))
    array([[4., 6.],
           [6., 0.]])
    """

    def matrix(x: Any, *rest: Any) -> Any:
        call = Evaluation(f, x, rest)
        return _blocks(call.second() if call.inputs else [], call.input_form, call.input_form)

    return matrix
