"""Places that recordings rest on, and whether they still hold what they held. `autograd/native/_places.h` does the same in C.

A place is a kind, an object, what is read of it, and what was found there. Objects are compared by identity, numbers and strings by type
and value; arrays by a digest of 64 bits, and they are held by a weak reference, so that nothing large is copied or kept.
"""

import struct
import types
from typing import Any
from weakref import ref

import numpy as np

from autograd.compiled import kernel

# A name in a dict; the keys of a dict or class, with the values of those that are named; what an attribute made in C or a function gives
# of an object; and what has a buffer, by its digest.
NAME, KEYS, READ, BUFFER = range(4)
Place = tuple[int, Any, Any, Any]
ATTRIBUTES_OF_C = (types.MemberDescriptorType, types.GetSetDescriptorType)


class _Missing:
    """Stands for what a place does not hold, and for values that no code names."""

    __slots__ = ()


MISSING = _Missing()


def held(x: Any) -> Any:
    """What is kept of an object: itself, or a weak reference to an array."""
    return ref(x) if isinstance(x, np.ndarray) else x


def read(x: Any, how: Any) -> Any:
    """What an attribute made in C, such as a slot or the content of a cell, or a function gives of an object."""
    try:
        return how.__get__(x) if how.__class__ in ATTRIBUTES_OF_C else how(x)
    except (AttributeError, TypeError, ValueError):  # of an empty slot, a slot of a class that is no base any more, an empty cell
        return MISSING


def same(now: Any, was: Any) -> bool:
    """Whether a place that held `was` holds the same."""
    if now is was:
        return True
    if was.__class__ is ref:
        return now is not None and was() is now
    if now.__class__ is not was.__class__:
        return False
    if isinstance(now, float):  # so that nan is nan, and -0.0 is not 0.0
        return now.__class__ in {float, np.float64} and struct.pack("d", now) == struct.pack("d", was)
    if now.__class__ is tuple:
        return len(now) == len(was) and all(map(same, now, was))
    return now.__class__ in {int, str, bytes} and bool(now == was)


def _digest(x: Any) -> int:
    a = np.asarray(x)
    return hash((repr(a.dtype.descr), a.shape, a.strides, a.flags.writeable, a.tobytes()))


def _holds(place: Place, digests: dict[int, int]) -> bool:
    kind, x, key, was = place
    if kind == NAME:
        return same(x.get(key, MISSING), was)
    if kind == READ:
        return same(read(x, key), was)
    if kind == KEYS:
        now = vars(x).items() if isinstance(x, type) else dict.items(x)
        items = zip(now, key, was)  # noqa: B905  # lengths are compared
        return len(now) == len(key) and all(k is own and (v is MISSING or same(y, v)) for (k, y), own, v in items)
    x = x() if x.__class__ is ref else x
    if x is not None and id(x) not in digests:
        digests[id(x)] = digest(x)
    return x is not None and bool(digests[id(x)] == was)


def _first_changed(places: list[Place], digests: dict[int, int] | None, _missing: Any) -> int | None:
    known = {} if digests is None else digests
    return next((i for i, place in enumerate(places) if not _holds(place, known)), None)


digest = _digest if kernel is None else kernel.digest
_changed = _first_changed if kernel is None else kernel.first_changed


def first_changed(places: list[Place], digests: dict[int, int] | None = None) -> int | None:
    """The number of the first place that does not hold what it held; `digests` keeps those of arrays, for several calls in a row."""
    return _changed(places, digests, MISSING)
