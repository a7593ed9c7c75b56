"""Traced arrays: while `jit` records a function, a large array among its arguments is one handle rather than a Value for each entry.

Elementwise functions of NumPy, sums over all entries, means, and products of a matrix with a vector are recorded as one step over lanes.
For anything else the array is replaced by one with a Value for each entry.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from autograd import ops
from autograd.arrays import NUMPY_CLASSES, Handle, array_of
from autograd.context import current
from autograd.engine import Value
from autograd.errors import TraceError
from autograd.op import Op
from autograd.trees import tree_map
from autograd.ufuncs import LIVE, QUESTIONS
from autograd.walks import Deferred

# Stands for the index of an entry where the whole array is meant.
ALL = -1
Key = tuple[int, int]  # the index of an output of a form, and the index of an entry in it: 0 where the output is a number


class Output(Op):
    """The operation of a node for one number that a call returns: an output of its form, or an entry of an output that is an array."""

    name: str
    label: str
    latex: str

    def __init__(self, key: Key) -> None:
        # Without Op's own __init__, since there is nothing to check.
        self.key = key
        self.name = self.label = f"output {key[0]}" + (f"[{key[1]}]" if key[1] else "")
        self.latex = rf"\left(#1\right)_{{{key[0]}}}"
        self.arity = 1

    def sent(self, node: Any, grad: float, carried: dict[Any, dict[Key, Any]]) -> tuple[float, tuple[float, ...]]:
        """Store the gradient under the call; the call itself is sent 1, which only marks it as reached. See `Call.sent`."""
        carried.setdefault(node._args[0], {})[self.key] = grad
        return 1.0, (1.0,)

    def pulled(self, node: Any, cotangent: Any, mask: Any, carried: dict[Any, Any], _reached: Any) -> list[tuple[Any, Any, Any]]:
        """The same with a cotangent on Values."""
        carried.setdefault(node.args[0], {})[self.key] = cotangent
        return [(node.args[0], 1.0, mask)]

    def pushed(self, node: Any, carried: dict[Any, Any], *, graph: bool) -> Any:  # noqa: ARG002  # as that of a call
        """The tangent: the part of the call's tangents that belongs to this number."""
        k, i = self.key
        tangent = carried[node.args[0]][k]
        return np.asarray(plainly(tangent)).item(i) if isinstance(tangent, np.ndarray) else tangent

    def refuse_changed(self, _node: Any) -> None:
        """Do nothing: the derivative is the same whatever the numbers are."""

    def __reduce__(self) -> Any:
        return output_of, (self.key,)


@cache
def output_of(key: Key) -> Output:
    """The `Output` of a key, one object for all nodes."""
    return Output(key)


def entry_of(owner: Any, key: Key, number: float) -> Any:
    """A node for one number that the call `owner` returned."""
    return Value._recorded(number, Deferred([1.0]), output_of(key), (owner,))


class ArrayLost(TraceError):
    """The memory of a traced array was read, as `np.asarray` does: the function has to be recorded with a Value for each entry."""

    def __init__(self) -> None:
        tracer: Any = current().tracer
        if tracer is not None:
            tracer.rejected = tracer.rejected or self  # the function may catch it


class Placeholder:
    """The only object in the memory of traced arrays; any use of it as a number raises ArrayLost."""

    def __getattr__(self, _name: str) -> Any:
        raise ArrayLost


def _lost(*_args: Any) -> Any:
    raise ArrayLost


COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"}
for _name in {name for name in dir(float) if name.startswith("__")}.difference(dir(object)) | COMPARISONS:
    setattr(Placeholder, _name, _lost)  # Python looks these up in the class


CELL = np.empty((), object)
CELL[()] = Placeholder()


class TracedArray(Handle):
    """A handle for an array that is an argument of a recorded function, or a result of lanes; it has no object for an entry.

    It is an instance of np.ndarray, so that code which asks for one accepts it; its memory holds no numbers.

    Attributes:
        owner: the node that the array belongs to: a call, or a node that stands for the argument.
        output: the index of the array among the outputs of that call.
        numbers: its numbers in this recording.
        kind: bool or int if its entries stand for bools or ints, else None.
    """

    owner: Any
    output: int
    numbers: np.ndarray
    kind: type | None

    @staticmethod
    def of(numbers: np.ndarray, owner: Any, output: int, kind: type | None = None) -> "TracedArray":
        """The handle of an output of a node."""
        made: TracedArray = np.broadcast_to(CELL, numbers.shape).view(TracedArray)
        made.owner, made.output, made.numbers, made.kind = owner, output, numbers, kind
        return made

    def shaped(self, *shape: int) -> "TracedArray":
        """The same numbers in another shape."""
        return TracedArray.of(self.numbers.reshape(*shape), self.owner, self.output, self.kind)

    def entries(self) -> Any:
        """This array with a Value for each entry."""
        return self.unpacked(current().tracer).reshape(self.shape)

    def unpacked(self, tracer: Any) -> Any:
        """The Values of the entries, as a vector; within one recording they are always the same nodes."""
        known = tracer.unpacked.setdefault(self.owner, {})
        if self.output not in known:
            numbers = enumerate(self.numbers.ravel().tolist())
            entries = [entry_of(self.owner, (self.output, i), x) for i, x in numbers]
            if self.kind is bool:
                entries = list(map(tracer.note_bool, entries))
            known[self.output] = array_of(entries, (self.size,))
        return known[self.output]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        found = over_lanes(ufunc, method, inputs, options)
        return getattr(ufunc, method)(*map(plainly, inputs), **options) if found is None else found

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:  # NumPy's protocol
        if func is np.where and not kwargs and len(args) == 3 and (found := each_entry(ops.where, args)) is not None:
            return found
        if func in REDUCED and len(args) == 1 and not kwargs and args[0].__class__ is TracedArray:
            return REDUCED[func](args[0])
        if func is np.dot and not kwargs and len(args) == 2 and args[0].__class__ is TracedArray and args[0].ndim == 2:
            return np.matmul(*args)
        return func(*[tree_map(plainly, x) for x in args], **{name: tree_map(plainly, x) for name, x in kwargs.items()})

    def __getitem__(self, key: Any) -> Any:
        return self.entries()[key]

    def __iter__(self) -> Any:
        return iter(self.entries())

    def __setitem__(self, key: Any, x: Any) -> None:
        raise ArrayLost

    def __copy__(self) -> "TracedArray":
        return self

    def __deepcopy__(self, _memo: Any) -> "TracedArray":
        return self

    def sum(self, *args: Any, **options: Any) -> Any:  # noqa: D102  # NumPy's
        return np.sum(self, *args, **options)

    def mean(self, *args: Any, **options: Any) -> Any:  # noqa: D102  # NumPy's
        return np.mean(self, *args, **options)

    def dot(self, other: Any) -> Any:  # type: ignore[override]  # noqa: D102  # NumPy's
        return np.dot(self, other)


def plainly(x: Any) -> Any:
    """A traced array as an array with a Value for each entry; anything else as it is."""
    return x.entries() if x.__class__ is TracedArray else x


def _by_entries(name: str) -> Any:
    """An attribute or method of np.ndarray that is applied to the array with a Value for each entry."""
    if not callable(getattr(np.ndarray, name)):
        return property(lambda self: getattr(self.entries(), name))

    def method(self: TracedArray, *args: Any, **options: Any) -> Any:
        return getattr(self.entries(), name)(*args, **options)

    return method


OF_ITS_OWN = {"shape", "ndim", "size", "dtype", "itemsize", "nbytes", "flags", "strides", "base"}
for _name in dir(np.ndarray):
    if not _name.startswith("_") and _name not in vars(TracedArray) and _name not in OF_ITS_OWN:
        setattr(TracedArray, _name, _by_entries(_name))

REDUCED = {np.sum: lambda x: over_lanes(np.add, "reduce", [x], {"axis": None}), np.mean: lambda x: np.sum(x) * (1.0 / x.size)}


def _itself(x: Any) -> Any:
    return x


def over_lanes(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Record a call of a ufunc as one step over lanes.

    Args:
        ufunc: the ufunc, and so on as NumPy gives them to `__array_ufunc__`.
        method: "__call__", "reduce" …
        inputs: the positional arguments.
        options: the keyword arguments.

    Returns:
        The result; None where the call has to be made with a Value for each entry.
    """
    if method == "reduce" and ufunc is np.add and (options.get("axis", 0) is None or inputs[0].ndim == 1):
        if any(x is not None for name, x in options.items() if name not in {"axis", "keepdims"}) or options.get("keepdims"):
            return None
        return LANES.run(_itself, [inputs[0].shaped(-1)], [0], "sum")
    if method != "__call__" or options:
        return None
    if ufunc is np.matmul and inputs[0].__class__ is TracedArray and inputs[0].ndim == 2 and np.ndim(inputs[1]) == 1:
        return LANES.run(np.dot, list(inputs), [0, None], None)
    if ufunc.signature is not None or ufunc.nout > 1:
        return None
    tracer: Any = current().tracer
    f = LIVE.get(ufunc) if tracer.masks else None
    return None if f is None and (ufunc in QUESTIONS or ufunc in LIVE) else each_entry(f or ufunc, inputs)


def each_entry(f: Any, inputs: Sequence[Any]) -> Any:
    """Record `f`, a function of numbers, applied to arrays of equal shapes entry by entry, as one step over lanes; None if not possible."""
    arrays = [x for x in inputs if isinstance(x, np.ndarray) and x.ndim]
    if not all(x.__class__ is TracedArray or x.dtype in {float, bool} for x in arrays) or any(x.shape != arrays[0].shape for x in arrays):
        return None
    flat = [x.shaped(-1) if x.__class__ is TracedArray else x.ravel() if isinstance(x, np.ndarray) and x.ndim else x for x in inputs]
    found = LANES.run(f, flat, [0 if isinstance(x, np.ndarray) and x.ndim else None for x in flat], None)
    return found.shaped(*arrays[0].shape) if found.__class__ is TracedArray else np.reshape(found, arrays[0].shape)


class LANES:
    """How functions are run over lanes; vmap.py, which rests on this module, assigns `run`."""

    run: Any = None


NUMPY_CLASSES.add(TracedArray)
