"""NumPy's names for the operations: what `np.exp(v)`, `np.float64(2) * v` and `array < v` do."""

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import ops
from autograd.errors import AutogradError, OperationError

OPERATIONS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: ops.add,
    np.subtract: ops.sub,
    np.multiply: ops.mul,
    np.divide: ops.div,
    np.negative: ops.neg,
    np.positive: operator.pos,
    np.power: ops.pow,
    np.float_power: ops.pow,
    np.square: lambda x: ops.powc(x, 2.0),
    np.reciprocal: lambda x: ops.div(1.0, x),
    np.absolute: ops.abs,
    np.fabs: ops.abs,
    np.sign: ops.sign,
    np.sqrt: ops.sqrt,
    np.exp: ops.exp,
    np.expm1: ops.expm1,
    np.log: ops.log,
    np.log1p: ops.log1p,
    np.logaddexp: lambda a, b: ops.logsumexp([a, b]),
    np.sin: ops.sin,
    np.cos: ops.cos,
    np.tan: ops.tan,
    np.arcsin: ops.asin,
    np.arccos: ops.acos,
    np.arctan: ops.atan,
    np.arctan2: ops.atan2,
    np.hypot: ops.hypot,
    np.sinh: ops.sinh,
    np.cosh: ops.cosh,
    np.tanh: ops.tanh,
    np.maximum: ops.maximum,
    np.minimum: ops.minimum,
}

# These ask about the number and carry no gradient.
QUESTIONS: dict[np.ufunc, Callable[..., bool]] = {
    np.less: operator.lt,
    np.less_equal: operator.le,
    np.greater: operator.gt,
    np.greater_equal: operator.ge,
    np.equal: operator.eq,
    np.not_equal: operator.ne,
    np.isnan: lambda x: x.isnan(),
    np.isfinite: lambda x: x.isfinite(),
}


def apply(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Apply NumPy's `ufunc` where a Value is among `inputs`; arrays among them give arrays."""
    if ufunc not in OPERATIONS and ufunc not in QUESTIONS:
        raise OperationError(
            f"np.{ufunc.__name__} is not defined for a Value: compose it of the operations in autograd.ops.TABLE, "
            "or declare an autograd.Op with its derivative"
        )
    if method != "__call__":
        return _looped(ufunc, method, inputs, options)
    if unknown := options.keys() - {"out", "where", "dtype"} or options.get("dtype") not in {None, object}:
        given = ", ".join(sorted(unknown)) if isinstance(unknown, set) else "dtype"
        raise OperationError(f"np.{ufunc.__name__} with {given}= is not defined for a Value, which is a float: leave it out")
    y = _ask(QUESTIONS[ufunc], inputs) if ufunc in QUESTIONS else OPERATIONS[ufunc](*inputs)
    return _written(ufunc, y, options) if "out" in options or options.get("where", True) is not True else y


def _looped(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """`np.add.reduce` and the like, by NumPy's loops over objects, for which each Value stands in an array of no axes."""
    try:
        return getattr(ufunc, method)(*[np.asarray(x, dtype=object) if hasattr(x, "backward") else x for x in inputs], **options)
    except TypeError as error:
        reason = "" if isinstance(error, AutogradError) else f" here ({error})"
        raise OperationError(
            f"np.{ufunc.__name__}.{method} is not defined for a Value{reason}: give arrays of objects, np.array([v]) or "
            "array.astype(object), or write a loop"
        ) from None


def _written(ufunc: np.ufunc, y: Any, options: dict[str, Any]) -> Any:
    """`out`, or a new array where there is none, with the numbers of `y` in the places that `where` allows."""
    where = options.get("where", True)
    out = options.get("out", (None,))[0]
    if out is None:
        out = np.empty(np.broadcast_shapes(np.shape(y), np.shape(where)), dtype=object)
    elif out.dtype != object and ufunc in OPERATIONS:
        raise OperationError(
            f"np.{ufunc.__name__} with out= of dtype {out.dtype} is not defined for a Value, which would lose its gradient: "
            "let the array hold objects, array = array.astype(object), or make a new one, such as array + v"
        )
    np.copyto(out, y, where=where)
    return out


def _ask(question: Callable[..., bool], inputs: Sequence[Any]) -> Any:
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=object) for a in inputs))
    answers = np.empty(arrays[0].shape, dtype=bool)
    for i in np.ndindex(answers.shape):
        answers[i] = question(*(a[i] for a in arrays))
    return answers[()]
