"""Functions of this library inside other frameworks: on PyTorch's tensors and on JAX's arrays, with derivatives of any order there."""

from collections.abc import Callable
from typing import Any

from autograd.errors import OperationError, UnknownModuleError, api_boundary

__all__ = ["jax", "torch"]


@api_boundary
def torch(f: Callable[..., Any]) -> Any:
    """The function f on PyTorch's tensors, with `backward`, double backward, and `torch.func`.

    Tensors of floats among the arguments, also within lists, tuples, dicts and dataclasses, are live: f is given arrays of Values in their
    place, numbers for those without an axis. Integers, bools and all else are given as they are. The result has tensors in the structure of
    what f gives. f is recorded as by `jit`, and computes in 64-bit floats on the CPU; results are rounded once to the dtype that the
    tensors of floats have together, and lie on their device.

    Args:
        f: a function, whether or not `jit`, `vmap` or `grad` made it; or a Module, which becomes a `torch.nn.Module` whose parameters are
            one vector, `numbers`, of the default dtype. Its `write_back()` gives the Module what was trained.

    Raises:
        GradientLostError: f captures Values.
        OperationError: f is not a function, tensors are complex, or on different devices.
        UnknownModuleError: PyTorch is not installed.

    For example, `y = torch(lambda x: x[0] ** 2 * x[1])(x)`, then `y.backward()`.
    """
    try:
        from autograd.interop.for_torch import on_tensors  # noqa: PLC0415  # imported only when asked for
    except ModuleNotFoundError as error:
        raise _missing(error, "torch", "PyTorch") from error
    return on_tensors(_checked("torch", f))


@api_boundary
def jax(f: Callable[..., Any]) -> Any:
    """The function f on JAX's arrays, which works under `jax.jit`, `grad`, `vmap`, `jvp` and `hessian`, in any order.

    Arrays and floats among the arguments, also within lists, tuples, dicts and dataclasses, are live: f is given arrays of Values in their
    place, numbers for those without an axis; arrays of integers are given as they are, or as floats where `jax.jit` hides what they hold.
    f is recorded as by `jit`. Where the program is small once its loops are rolled up, and does not branch on data, it becomes native
    operations of JAX, so that it runs on accelerators: `vmap` becomes a `vmap`, a loop a `scan`; else it runs on the CPU in 64-bit floats,
    by a callback, and is rounded once. The results have the dtype that the floats among the arguments have together.
    Derivatives are those of this library: the table of the edges holds.

    Args:
        f: a function, whether or not `jit`, `vmap` or `grad` made it; or a Module. For a Module `params` has its numbers, an array, and
            `apply(params, *args)` is the function of these, too.

    Raises:
        GradientLostError: f captures Values.
        OperationError: f is not a function.
        UnknownModuleError: JAX is not installed.

    For example, `jax.hessian(interop.jax(lambda x: x[0] ** 2 * x[1]))(x)`.
    """
    try:
        from autograd.interop.for_jax import on_arrays  # noqa: PLC0415  # as above
    except ModuleNotFoundError as error:
        raise _missing(error, "jax", "JAX") from error
    return on_arrays(_checked("jax", f))


def _checked(name: str, f: Any) -> Any:
    if not callable(f):
        raise OperationError(f"got {f!r}, expected a function: interop.{name}(f)(x)")
    return f


def _missing(error: ModuleNotFoundError, package: str, title: str) -> ModuleNotFoundError:
    if error.name != package:
        return error
    message = f"interop.{package} needs {title}, which is not installed: install it, python -m pip install {package}"
    return UnknownModuleError(message, name=package)
