"""Functions on JAX's arrays: see `autograd.interop.jax`.

They are one primitive, whose derivatives are calls of it again, with the derivatives of this library. It is lowered to native operations
where the program is small, else to a callback, which is given NumPy's arrays. `jax.pure_callback` makes JAX's arrays of them, and hangs on
one core where they are large: as we understand it the copy waits for the only thread of the pool, which is running the callback.
"""

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

import jax
import numpy as np
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir

from autograd.errors import filter_traceback
from autograd.interop import native
from autograd.interop.flat import Calls, Flat, Functional, is_module, sample
from autograd.interop.formed import Formed
from autograd.trees import tree_flatten, tree_unflatten

Function = Callable[..., Any]
Shapes = tuple[tuple[int, ...], ...]


def on_arrays(f: Function) -> Any:
    """The function f on JAX's arrays."""
    return _OfModule(Functional(f)) if is_module(f) else _Wrapped(f)


class _Wrapped:
    """What `autograd.interop.jax` returns."""

    def __init__(self, f: Function) -> None:
        update_wrapper(self, f, updated=())
        self.calls = Calls(f)

    def __repr__(self) -> str:
        return f"<jax({self.calls.f!r})>"

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """The result for arrays, in arrays."""
        try:
            flat, leaves = self.calls.flattened(*_with_numpy(args, keywords), _is_live)
            leaves = [jax.numpy.asarray(x, _floating(x)) for x in leaves]
            shapes = tuple([x.shape for x in leaves])
            trace, formed = _recorded(flat, shapes, None if any(map(_is_traced, leaves)) else leaves)
            found = call_p.bind(*leaves, flat=formed or flat)
        except Exception as error:
            filter_traceback(error)
            raise
        return tree_unflatten(trace.structure, found)


class _OfModule(_Wrapped):
    """The same for a Module: a function of its parameters, too."""

    def __init__(self, module: Functional) -> None:
        super().__init__(module)
        self.params = jax.numpy.asarray(module.numbers)

    def apply(self, params: Any, *args: Any, **keywords: Any) -> Any:
        """What the Module gives with these numbers as its parameters."""
        return super().__call__(params, *args, **keywords)

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        """What the Module gives with the parameters `params`."""
        return self.apply(self.params, *args, **keywords)


def _is_traced(x: Any) -> bool:
    return isinstance(x, jax.core.Tracer)


def _floating(x: Any) -> Any:
    """The dtype of a live leaf: its own, the default one for integers that are not known and for Python's floats."""
    dtype = jax.numpy.result_type(x)
    return dtype if jax.numpy.issubdtype(dtype, np.floating) else jax.numpy.result_type(float)


def _is_live(x: Any) -> bool:
    return isinstance(x, float | jax.Array) or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind == "f")


def _with_numpy(args: Any, keywords: Any) -> tuple[Any, Any]:
    """The arguments with arrays of NumPy in place of those of integers or bools whose entries are known."""
    leaves, structure = tree_flatten((list(args), keywords))
    known = [isinstance(x, jax.Array) and not _is_traced(x) and x.dtype.kind in "biu" for x in leaves]
    fixed = [(np.asarray(x) if x.ndim else x.item()) if is_known else x for x, is_known in zip(leaves, known, strict=True)]
    made: tuple[Any, Any] = tree_unflatten(structure, fixed)
    return made


def _recorded(flat: Flat, shapes: Shapes, at: Sequence[Any] | None = None) -> tuple[Any, Formed | None]:
    """`Flat.traced` for arrays of these shapes, at numbers in (0, 1) where there are none."""
    try:
        return flat.traced(sample(shapes) if at is None else [_as_array(x) for x in at])
    except Exception as error:
        if at is None:
            error.add_note(
                "JAX has no numbers here, so the function is recorded at some in (0, 1); outside of jax.jit at those that are given"
            )
        raise


def _outputs(flat: Flat | Formed, avals: Sequence[Any]) -> list[tuple[tuple[int, ...], Any]]:
    """The shape of each leaf of the result, and bool or int, or None for floats."""
    if isinstance(flat, Formed):
        return flat.outputs
    known = _shapes(avals)
    if known not in flat.kept:
        trace, _ = _recorded(flat, known)
        flat.kept[known] = list(zip(trace.form.shapes, trace.leaf_kinds, strict=True))
    found: list[tuple[tuple[int, ...], Any]] = flat.kept[known]
    return found


def _as_array(x: Any) -> Any:
    x = np.asarray(x, float)
    return x if x.ndim else x.item()


def _dtype(avals: Sequence[Any]) -> Any:
    return jax.numpy.result_type(*[x.dtype for x in avals]) if avals else jax.numpy.result_type(float)


def _shapes(avals: Sequence[Any]) -> Shapes:
    return tuple([tuple(x.shape) for x in avals])


# The primitive, and its rules.

call_p = Primitive("valuegrad")
call_p.multiple_results = True


def _impl(*xs: Any, flat: Flat | Formed) -> Any:
    if "jitted" not in flat.kept:
        flat.kept["jitted"] = jax.jit(lambda *xs: call_p.bind(*xs, flat=flat))
    return flat.kept["jitted"](*xs)


def _abstract(*avals: Any, flat: Flat | Formed) -> Any:
    dtype = _dtype(avals)
    return [
        jax.core.ShapedArray(shape, dtype if kind is None else jax.dtypes.canonicalize_dtype(kind)) for shape, kind in _outputs(flat, avals)
    ]


def _floats(flat: Flat | Formed, xs: Sequence[Any]) -> tuple[int, ...]:
    """Which leaves of the result are floats."""
    return tuple([k for k, (_, kind) in enumerate(_outputs(flat, xs)) if kind is None])


def _jvp(primals: Sequence[Any], tangents: Sequence[Any], *, flat: Flat | Formed) -> Any:
    found = call_p.bind(*primals, flat=flat)
    active = tuple([i for i, t in enumerate(tangents) if not isinstance(t, ad.Zero)])
    floating = _floats(flat, primals)
    push = flat.push(active, floating)
    of_floats = dict(zip(floating, call_p.bind(*primals, *[tangents[i] for i in active], flat=push), strict=True))
    return found, [of_floats[k] if k in of_floats else ad.Zero.from_primal_value(y) for k, y in enumerate(found)]


def _transpose(cotangents: Sequence[Any], *xs: Any, flat: Flat | Formed) -> Any:
    wanted = tuple([i for i, x in enumerate(xs) if ad.is_undefined_primal(x)])
    avals = [x.aval if ad.is_undefined_primal(x) else x for x in xs]
    given = [jax.numpy.zeros(x.aval.shape, x.aval.dtype) if ad.is_undefined_primal(x) else x for x in xs]
    floating = _floats(flat, avals)
    pull = flat.pull(wanted, floating)
    found = call_p.bind(*given, *[ad.instantiate_zeros(cotangents[k]) for k in floating], flat=pull)
    gradients = dict(zip(wanted, found, strict=True))
    return [gradients[i].astype(avals[i].dtype) if i in gradients else None for i in range(len(xs))]


def _batch(xs: Sequence[Any], dims: Sequence[Any], *, flat: Flat | Formed) -> Any:
    lanes = next(x.shape[d] for x, d in zip(xs, dims, strict=True) if d is not None)
    read = [is_read for _, is_read in flat.inputs] if isinstance(flat, Formed) else [True] * len(xs)
    if not any(r and d is not None for r, d in zip(read, dims, strict=True)):
        found = call_p.bind(*[x if d is None else jax.numpy.take(x, 0, axis=d) for x, d in zip(xs, dims, strict=True)], flat=flat)
        return found, [None] * len(found)
    found = call_p.bind(*xs, flat=flat.map_samples(tuple(dims), lanes))
    return found, [0] * len(found)


def _natively(formed: Formed, avals: Sequence[Any], *xs: Any) -> list[Any]:
    """The leaves of the result by operations of JAX."""
    found = native.run(formed.form, formed.flattened(xs), _dtype(xs))
    leaves = [
        found[own[0]] if len(own) == 1 else jax.numpy.stack([found[k] for k in own]) if own else np.zeros(0) for own in formed.of_outputs
    ]
    return [jax.numpy.asarray(y).reshape(aval.shape).astype(aval.dtype) for y, aval in zip(leaves, avals, strict=True)]


def _lowered(ctx: Any, *xs: Any, flat: Flat | Formed) -> Any:
    if isinstance(flat, Formed) and native.size_of(flat.form) <= native.MOST:
        return mlir.lower_fun(lambda *given: _natively(flat, ctx.avals_out, *given), multiple_results=True)(ctx, *xs)

    def called(*given: Any) -> Any:
        return [np.asarray(y, aval.dtype) for y, aval in zip(flat([_as_array(x) for x in given]), ctx.avals_out, strict=True)]

    found, _, _ = mlir.emit_python_callback(ctx, called, None, list(xs), ctx.avals_in, ctx.avals_out, has_side_effect=False)
    return found


call_p.def_impl(_impl)
call_p.def_abstract_eval(_abstract)
ad.primitive_jvps[call_p] = _jvp
ad.primitive_transposes[call_p] = _transpose
batching.primitive_batchers[call_p] = _batch
mlir.register_lowering(call_p, _lowered)
