"""Functions on PyTorch's tensors: see `autograd.interop.torch`."""

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

import numpy as np
import torch

from autograd.errors import OperationError, filter_traceback
from autograd.interop.flat import Calls, Flat, Functional, is_module, sample
from autograd.interop.formed import Formed
from autograd.trees import tree_flatten, tree_unflatten

Function = Callable[..., Any]


def on_tensors(f: Function) -> Any:
    """The function f on tensors; a Module as a module of PyTorch."""
    if is_module(f):
        return Layer(Functional(f))
    return _Wrapped(f)


class _Wrapped:
    """What `autograd.interop.torch` returns for a function."""

    def __init__(self, f: Function) -> None:
        update_wrapper(self, f, updated=())
        self.calls = Calls(f)

    def __repr__(self) -> str:
        return f"<torch({self.calls.f!r})>"

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """The result for tensors, in tensors."""
        try:
            flat, tensors = self.calls.flattened(*_with_numpy(args, keywords), _is_live)
            at = sample([x.shape for x in tensors]) if _is_transformed(tensors) else [_as_array(x) for x in tensors]
            _, formed = flat.traced(at)
            found = _Call.apply(formed or flat, _device(tensors), *tensors)
        except Exception as error:
            filter_traceback(error)
            raise
        return tree_unflatten(flat.structure, found)


class Layer(torch.nn.Module):  # type: ignore[misc]  # PyTorch need not be installed
    """A Module of `nn` as one of PyTorch: its parameters are one vector, `numbers`, in the order of the Module's `parameters()`."""

    def __init__(self, module: Functional) -> None:
        super().__init__()
        self.numbers = torch.nn.Parameter(torch.tensor(module.numbers, dtype=torch.get_default_dtype()))
        self._module, self._function = [module], _Wrapped(module)

    def forward(self, *args: Any, **keywords: Any) -> Any:
        """What the Module gives at the present parameters."""
        return self._function(self.numbers, *args, **keywords)

    def write_back(self) -> Any:
        """Give the Module the numbers of the parameters, and return it."""
        (module,) = self._module
        for p, x in zip(module.parameters, self.numbers.tolist(), strict=True):
            p.data = x
        return module.f

    def extra_repr(self) -> str:
        """The Module."""
        return repr(self._module[0].f)


def _is_live(x: Any) -> bool:
    return isinstance(x, torch.Tensor) and x.dtype.is_floating_point


def _with_numpy(args: Any, keywords: Any) -> tuple[Any, Any]:
    """The arguments with arrays in place of tensors of integers or bools."""
    leaves, structure = tree_flatten((list(args), keywords))
    for x in leaves:
        if isinstance(x, torch.Tensor) and x.dtype.is_complex:
            raise OperationError(f"got a tensor of dtype {x.dtype}, expected real numbers: give its parts, x.real and x.imag")
    made: tuple[Any, Any] = tree_unflatten(structure, [_fixed(x) for x in leaves])
    return made


def _fixed(x: Any) -> Any:
    if not isinstance(x, torch.Tensor) or _is_live(x):
        return x
    return x.item() if not x.ndim else x.detach().cpu().numpy()


def _device(tensors: Sequence[Any]) -> Any:
    """The device of all tensors."""
    devices = list(dict.fromkeys(x.device for x in tensors if x.ndim)) or list(dict.fromkeys(x.device for x in tensors))
    if len(devices) > 1:
        raise OperationError(f"got tensors on {devices[0]} and {devices[1]}, expected one device: move them, x.to('{devices[0]}')")
    return devices[0] if devices else torch.device("cpu")


def _is_transformed(tensors: Sequence[Any]) -> bool:
    """Whether a transform of `torch.func` is in force, so that numbers are not known yet."""
    return any(map(torch._C._functorch.is_functorch_wrapped_tensor, tensors))  # noqa: SLF001  # there is no public way


def _as_array(x: Any) -> Any:
    """A tensor as a float or an array of floats."""
    return x.item() if not x.ndim else x.detach().to("cpu", torch.float64).numpy()


def _as_tensor(y: Any, dtype: Any, device: Any) -> Any:
    """A leaf of a result: floats in the dtype of the arguments, ints and bools as such."""
    y = np.asarray(y)
    return torch.tensor(y, dtype=dtype if y.dtype.kind == "f" else None, device=device)


class _Call(torch.autograd.Function):  # type: ignore[misc]  # as above
    """A call of a `Flat`, whose derivatives are such calls again."""

    @staticmethod
    def forward(flat: Flat | Formed, device: Any, *tensors: Any) -> Any:
        dtype = torch.get_default_dtype()
        for k, x in enumerate(tensors):
            dtype = torch.promote_types(dtype, x.dtype) if k else x.dtype
        return tuple([_as_tensor(y, dtype, device) for y in flat([_as_array(x) for x in tensors])])

    @staticmethod
    def setup_context(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.flat, ctx.device, *tensors = inputs
        ctx.save_for_backward(*tensors)
        ctx.save_for_forward(*tensors)
        ctx.floating = tuple([k for k, y in enumerate(output) if y.dtype.is_floating_point])
        ctx.mark_non_differentiable(*[y for y in output if not y.dtype.is_floating_point])

    @staticmethod
    def backward(ctx: Any, *cotangents: Any) -> Any:
        xs, wanted = ctx.saved_tensors, tuple([i for i, needed in enumerate(ctx.needs_input_grad[2:]) if needed])
        pull = ctx.flat.pull(wanted, ctx.floating)
        found = _Call.apply(pull, ctx.device, *xs, *[cotangents[k] for k in ctx.floating])
        gradients = [None] * len(xs)
        for i, g in zip(wanted, found, strict=True):
            gradients[i] = g.to(xs[i].dtype)
        return None, None, *gradients

    @staticmethod
    def jvp(ctx: Any, *tangents: Any) -> Any:
        xs = ctx.saved_tensors
        active = tuple([i for i, t in enumerate(tangents[2:]) if t is not None])
        push = ctx.flat.push(active, ctx.floating)
        found = dict(zip(ctx.floating, _Call.apply(push, ctx.device, *xs, *[tangents[2 + i] for i in active]), strict=True))
        count = max(ctx.floating, default=-1) + 1
        return tuple([found.get(k) for k in range(count)])

    @staticmethod
    def vmap(_info: Any, in_dims: Any, flat: Flat | Formed, device: Any, *tensors: Any) -> Any:
        axes = tuple(in_dims[2:])
        lanes = next(x.shape[d] for x, d in zip(tensors, axes, strict=True) if d is not None)
        found = _Call.apply(flat.map_samples(axes, lanes), device, *tensors)
        return found, (0,) * len(found)
