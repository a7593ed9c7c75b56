"""Traced arrays: what a function that `jit` traces is given for an array, a handle in place of a Value for each entry.

NumPy's functions of all entries alike, its sums, and products with its rows run over lanes; anything else has a Value for each entry.
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

# In place of the number of an entry, where the whole array is meant.
ALL = -1
Key = tuple[int, int]  # an output of a form, and the number of an entry of it: 0 for a number


class Output(Op):
    """A number that a call gives: an output of its form, or an entry of one that is an array."""

    def __init__(self, key: Key) -> None:
        # Without Op's own __init__, since there is nothing to check.
        self.key = key
        self.name = self.label = f"output {key[0]}" + (f"[{key[1]}]" if key[1] else "")
        self.latex = rf"\left(#1\right)_{{{key[0]}}}"
        self.arity = 1

    def sent(self, node: Any, grad: float, carried: dict[Any, dict[Key, Any]]) -> tuple[float, tuple[float, ...]]:
        """Keep the gradient for the call, which only has to know that there is one."""
        carried.setdefault(node._args[0], {})[self.key] = grad
        return 1.0, (1.0,)

    def pulled(self, node: Any, cotangent: Any, mask: Any, carried: dict[Any, Any], _reached: Any) -> list[tuple[Any, Any, Any]]:
        """The same with a cotangent on Values."""
        carried.setdefault(node.args[0], {})[self.key] = cotangent
        return [(node.args[0], 1.0, mask)]

    def pushed(self, node: Any, carried: dict[Any, Any], *, graph: bool) -> Any:  # noqa: ARG002  # as that of a call
        """The tangent, among those of the call."""
        k, i = self.key
        tangent = carried[node.args[0]][k]
        return np.asarray(plainly(tangent)).item(i) if isinstance(tangent, np.ndarray) else tangent

    def refuse_changed(self, _node: Any) -> None:
        """Its derivative depends on no number."""

    def __reduce__(self) -> Any:
        return output_of, (self.key,)


@cache
def output_of(key: Key) -> Output:
    """The only `Output` of a key."""
    return Output(key)


def entry_of(owner: Any, key: Key, number: float) -> Any:
    """A number that a call gave, or an entry of an array."""
    return Value._recorded(number, Deferred([1.0]), output_of(key), (owner,))


class ArrayLost(TraceError):
    """An entry of a traced array was read past the array itself: the function has to be traced with a Value for each entry."""

    def __init__(self) -> None:
        tracer: Any = current().tracer
        if tracer is not None:
            tracer.rejected = tracer.rejected or self  # the function may catch it


class Placeholder:
    """The entries in the memory of a traced array, which are not numbers."""

    def __getattr__(self, _name: str) -> Any:
        raise ArrayLost


def _lost(*_args: Any) -> Any:
    raise ArrayLost


COMPARISONS = {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__"}
for _name in {name for name in dir(float) if name.startswith("__")}.difference(dir(object)) | COMPARISONS:
    setattr(Placeholder, _name, _lost)  # which Python looks up in the class


CELL = np.empty((), object)
CELL[()] = Placeholder()


class TracedArray(Handle):
    """An array that a traced function was given, or that lanes gave: a handle, so that no entry is an object.

    NumPy's functions of all entries alike, its sums, and products with its rows run over lanes; anything else has a Value for each entry.

    Attributes:
        owner: the node that it is from, and `output`, which of its outputs.
        numbers: its numbers in this recording.
        kind: bool or int where it stands for such, else None.
    """

    owner: Any
    output: int
    numbers: np.ndarray
    kind: type | None

    @staticmethod
    def of(numbers: np.ndarray, owner: Any, output: int, kind: type | None = None) -> "TracedArray":
        """The handle of an output."""
        made: TracedArray = np.broadcast_to(CELL, numbers.shape).view(TracedArray)
        made.owner, made.output, made.numbers, made.kind = owner, output, numbers, kind
        return made

    def shaped(self, *shape: int) -> "TracedArray":
        """The same numbers in another shape."""
        return TracedArray.of(self.numbers.reshape(*shape), self.owner, self.output, self.kind)

    def entries(self) -> Any:
        """The array with a Value for each entry."""
        return self.unpacked(current().tracer).reshape(self.shape)

    def unpacked(self, tracer: Any) -> Any:
        """The entries in a row, the same whenever they are asked for in one recording."""
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
    """With a Value for each entry, where it is a traced array."""
    return x.entries() if x.__class__ is TracedArray else x


def _by_entries(name: str) -> Any:
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


def over_lanes(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """A function of NumPy's over lanes; None where it has to go entry by entry."""
    if method == "reduce" and ufunc is np.add and (options.get("axis", 0) is None or inputs[0].ndim == 1):
        if any(x is not None for name, x in options.items() if name not in {"axis", "keepdims"}) or options.get("keepdims"):
            return None
        return LANES.run(lambda x: x, [inputs[0].shaped(-1)], [0], "sum")
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
    """A function of the entries of arrays of equal shapes, and of numbers, over lanes; None where it has to go entry by entry."""
    arrays = [x for x in inputs if isinstance(x, np.ndarray) and x.ndim]
    if not all(x.__class__ is TracedArray or x.dtype in {float, bool} for x in arrays) or any(x.shape != arrays[0].shape for x in arrays):
        return None
    flat = [x.shaped(-1) if x.__class__ is TracedArray else x.ravel() if isinstance(x, np.ndarray) and x.ndim else x for x in inputs]
    found = LANES.run(f, flat, [0 if isinstance(x, np.ndarray) and x.ndim else None for x in flat], None)
    return found.shaped(*arrays[0].shape) if found.__class__ is TracedArray else np.reshape(found, arrays[0].shape)


class LANES:
    """How functions are run over lanes: filled in by vmap.py, which stands below."""

    run: Any = None


NUMPY_CLASSES.add(TracedArray)
