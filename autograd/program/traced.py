"""Traced arrays: while `jit` records a function, a large array among its arguments is one handle rather than a Value for each entry."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import numpy as np

from autograd.arrays import NUMPY_CLASSES, Handle, known_as
from autograd.context import current
from autograd.errors import TraceError
from autograd.program.columns import LANES, RECORDED, itself, longest, of_ufunc, part_of, plainly
from autograd.program.observed import unobserved
from autograd.program.outputs import entry_of
from autograd.trees import tree_map


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


@lru_cache(1024)
def _memory(shape: tuple[int, ...]) -> np.ndarray:
    """The placeholder at each index."""
    return np.broadcast_to(CELL, shape)


class Traced(Handle):
    """An array without an object for an entry, on which NumPy's functions are recorded as steps over lanes.

    It is an instance of np.ndarray, so that code which asks for one accepts it; its memory holds no numbers.

    Attributes:
        kind: bool or int if its entries stand for bools or ints, else None.
    """

    kind: type | None

    def along(self, axis: int) -> tuple["Traced", int]:
        """A traced array and the axis of it that is this axis of ours: what `LANES.run` takes."""
        return self, axis

    def shaped(self, *shape: int) -> Any:
        """The same numbers in another shape."""
        return self.entries().reshape(*shape)

    def settled(self) -> Any:
        """The array as a result of the function that is recorded."""
        raise NotImplementedError

    def picked(self, key: Any) -> Any:
        """What is at an index: entries."""
        return self.entries()[key]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        ufunc = known_as(ufunc, method, inputs, options)
        found = of_ufunc(ufunc, method, inputs, options)
        return getattr(ufunc, method)(*map(plainly, inputs), **options) if found is None else found

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:  # NumPy's protocol
        found = RECORDED[func](*args, **kwargs) if func in RECORDED else None
        if found is not None:
            return found
        return func(*[tree_map(plainly, x) for x in args], **{name: tree_map(plainly, x) for name, x in kwargs.items()})

    def __getitem__(self, key: Any) -> Any:
        found = part_of(self, key)
        return self.picked(key) if found is None else found

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self))) if self.ndim == 2 and longest(self.shape) == 1 else iter(self.entries())

    def __setitem__(self, key: Any, x: Any) -> None:
        raise ArrayLost

    def __copy__(self) -> "Traced":
        return self

    def __deepcopy__(self, _memo: Any) -> "Traced":
        return self


def _clipped(x: Any, min: Any = None, max: Any = None, **options: Any) -> Any:  # noqa: A002  # NumPy's names
    return np.clip(x, min, max, **options)  # both, which NumPy 2.0 wants


def _reshaped(x: Any, *shape: Any, **options: Any) -> Any:
    return x.entries().reshape(*shape, **options) if options or not shape else x.shaped(*shape)


def _as_vector(x: Any, *order: Any, **options: Any) -> Any:
    return x.entries().ravel(*order, **options) if order or options else x.shaped(-1)


def _method(func: Any) -> Any:
    def method(self: Traced, *args: Any, **options: Any) -> Any:
        return func(self, *args, **options)

    return method


def _by_entries(name: str) -> Any:
    """An attribute or method of np.ndarray that is applied to the array with a Value for each entry."""
    if not callable(getattr(np.ndarray, name)):
        return property(lambda self: getattr(self.entries(), name))

    return _method(lambda x, *args, **options: getattr(x.entries(), name)(*args, **options))


OF_ITS_OWN = {"shape", "ndim", "size", "dtype", "itemsize", "nbytes", "flags", "strides", "base"}
METHODS = {name: getattr(np, name) for name in ("sum", "mean", "max", "min", "prod", "var", "std", "dot", "transpose")}
METHODS |= {"clip": _clipped, "reshape": _reshaped, "ravel": _as_vector, "flatten": _as_vector}
for _name in dir(np.ndarray):
    if not _name.startswith("_") and _name not in OF_ITS_OWN:
        setattr(Traced, _name, _method(METHODS[_name]) if _name in METHODS else _by_entries(_name))


# Entries are made one by one until there are so many, and one in so many of the array; then all are made.
FEW, SHARE = 16, 64


class TracedArray(Traced):
    """A handle for an array that is an argument of a recorded function, or a result of lanes; it has no object for an entry.

    Attributes:
        owner: the node that the array belongs to: a call, or a node that stands for the argument.
        output: the index of the array among the outputs of that call.
        numbers: its numbers in this recording.
        own_shape: the shape of that output.
    """

    owner: Any
    output: int
    numbers: np.ndarray
    own_shape: tuple[int, ...]

    @staticmethod
    def of(numbers: np.ndarray, owner: Any, output: int, kind: type | None = None) -> "TracedArray":
        """The handle of an output of a node."""
        made: TracedArray = _memory(numbers.shape).view(TracedArray)
        made.owner, made.output, made.numbers, made.kind, made.own_shape = owner, output, numbers, kind, numbers.shape
        return made

    def shaped(self, *shape: int) -> "TracedArray":
        """The same numbers in another shape."""
        made = TracedArray.of(self.numbers.reshape(*shape), self.owner, self.output, self.kind)
        made.own_shape = self.own_shape
        return made

    def settled(self) -> Any:
        """The array as a result, which has the shape of an output of a node."""
        return self if self.shape == self.own_shape else LANES.run(itself, [self], [0], None)

    def entries(self) -> Any:
        """This array with a Value for each entry."""
        return self.unpacked(current().tracer).reshape(self.shape)

    def picked(self, key: Any) -> Any:
        """What is at an index: of one entry its Value, and where only a few are used, of no other."""
        keys, tracer = key if key.__class__ is tuple else (key,), current().tracer
        known = self._entries(tracer)
        are_indices = len(keys) == self.ndim and all(isinstance(k, int | np.integer) and k.__class__ is not bool for k in keys)
        if not are_indices or known.count > max(FEW, self.size // SHARE):
            return self.entries()[key]
        try:
            at = np.ravel_multi_index([k + n * (k < 0) for k, n in zip(keys, self.shape, strict=True)], self.shape)
        except ValueError:
            return self.entries()[key]  # and NumPy says why
        return known.at(int(at), tracer)

    def unpacked(self, tracer: Any) -> Any:
        """The Values of the entries, as a vector; within one recording they are always the same nodes."""
        known = self._entries(tracer)
        if known.count < self.size:
            unobserved(lambda: [known.at(i, tracer) for i in range(self.size)])
        return known.nodes

    def _entries(self, tracer: Any) -> "Entries":
        own = tracer.unpacked.setdefault(self.owner, {})
        if self.output not in own:
            own[self.output] = Entries(self)
        found: Entries = own[self.output]
        return found

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's
        """The transpose."""
        return Turned.made(self) if self.ndim == 2 else self if self.ndim < 2 else self.entries().T


class Entries:
    """The Values of the entries of a traced array, made where they are used.

    Attributes:
        numbers: the numbers in this recording, as a vector.
        nodes: the Value of each, None where there is none yet.
        count: how many there are.
    """

    def __init__(self, of: TracedArray) -> None:
        self.owner, self.output, self.kind = of.owner, of.output, of.kind
        self.numbers: np.ndarray = of.numbers.ravel()
        self.nodes: np.ndarray = np.full(of.size, None, object)
        self.count: int = 0

    def at(self, i: int, tracer: Any) -> Any:
        """The Value of an entry."""
        if self.nodes[i] is None:
            made = entry_of(self.owner, (self.output, i), self.numbers.item(i))
            self.nodes[i] = tracer.note_bool(made) if self.kind is bool else made
            self.count += 1
        return self.nodes[i]


class Turned(Traced):
    """The transpose of a traced array of two axes, which is kept as it is."""

    of: TracedArray

    @staticmethod
    def made(x: TracedArray) -> "Turned":
        """The transpose of `x`."""
        made: Turned = _memory(x.shape[::-1]).view(Turned)
        made.of, made.kind = x, x.kind
        return made

    def along(self, axis: int) -> tuple[Traced, int]:
        """See `Traced`."""
        return self.of, 1 - axis

    def entries(self) -> Any:
        """This array with a Value for each entry."""
        return self.of.entries().T

    def settled(self) -> Any:
        """The array as a result: with a Value for each entry."""
        return self.entries()

    @property
    def T(self) -> Any:  # noqa: N802  # NumPy's
        """The traced array itself."""
        return self.of


NUMPY_CLASSES.update({TracedArray, Turned})
