"""Places that recordings rest on, and whether they still hold what they held. `autograd/native/_places.h` does the same in C.

A place is a tuple, of which the first entry says how the rest is read. What was held is compared by identity, numbers and strings by
type and value; arrays by a digest of 64 bits, and they are held by a weak reference, so that nothing large is copied or kept.
"""

import struct
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any
from weakref import ref

import numpy as np

from autograd.compiled import kernel

# A cell and its content; a dict, a name and its value; a dict or class, its keys, the values of those that are named, and its bases; a
# list and its items; an object, its class and its dict; a function, its code and defaults; an object, a slot and its content; what has
# a buffer, and its digest; an object, a function of it, and what that gives.
CELL, NAME, KEYS, ITEMS, CLASS, FUNCTION, MEMBER, BUFFER, STATE = range(9)


class _Missing:
    """Stands for what a place does not hold, and for values that no code names."""

    __slots__ = ()


MISSING = _Missing()


def held(x: Any) -> Any:
    """What is kept of an object: itself, or a weak reference to an array."""
    return ref(x) if isinstance(x, np.ndarray) else x


def content(cell: Any) -> Any:
    """The content of a cell."""
    try:
        return cell.cell_contents
    except ValueError:
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
    made = blake2b(repr((a.dtype.str, a.dtype.descr, a.shape, a.strides, a.flags.writeable)).encode(), digest_size=8)
    made.update(np.ascontiguousarray(a).tobytes())
    return int.from_bytes(made.digest())


def _holds(place: Sequence[Any], digests: dict[int, int]) -> bool:  # noqa: C901  # one case a kind
    kind, x = place[0], place[1]
    if kind == CELL:
        return same(content(x), place[2])
    if kind == NAME:
        return same(x.get(place[2], MISSING), place[3])
    if kind == KEYS:
        now, keys, values = vars(x) if isinstance(x, type) else x, place[2], place[3]
        if isinstance(x, type) and x.__bases__ is not place[4]:
            return False
        items = zip(now.items(), keys, values)  # noqa: B905  # lengths are compared
        return len(now) == len(keys) and all(k is key and (v is MISSING or same(y, v)) for (k, y), key, v in items)
    if kind == ITEMS:
        return list.__len__(x) == len(place[2]) and all(map(same, list.__iter__(x), place[2]))
    if kind == CLASS:
        return x.__class__ is place[2] and (place[3] is None or object.__getattribute__(x, "__dict__") is place[3])
    if kind == FUNCTION:
        return x.__code__ is place[2] and x.__defaults__ is place[3] and x.__kwdefaults__ is place[4]
    if kind == MEMBER:
        return same(slot(x, place[2]), place[3])
    if kind == BUFFER:
        x = x() if x.__class__ is ref else x
        if x is None:
            return False
        if id(x) not in digests:
            digests[id(x)] = digest(x)
        return bool(digests[id(x)] == place[2])
    return same(place[2](x), place[3])


def slot(x: Any, member: Any) -> Any:
    """The content of a slot."""
    try:
        return member.__get__(x)
    except AttributeError:
        return MISSING


def _first_changed(places: list[tuple[Any, ...]], digests: dict[int, int] | None, _missing: Any) -> int | None:
    known = {} if digests is None else digests
    for i, place in enumerate(places):
        if not _holds(place, known):
            return i
    return None


digest = _digest if kernel is None else kernel.digest
_changed = _first_changed if kernel is None else kernel.first_changed


def first_changed(places: list[tuple[Any, ...]], digests: dict[int, int] | None = None) -> int | None:
    """The number of the first place that does not hold what it held; `digests` keeps those of arrays, for several calls in a row."""
    return _changed(places, digests, MISSING)
