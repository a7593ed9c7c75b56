"""The kinds of object that can be compared: which places each has, and what is reached from there.

Each function is called with the `State` of `autograd.program.captured`, an object, and the name that led to it.
"""

import collections
import functools
import re
import sys
import types
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.arrays import Array, Handle
from autograd.engine import Value
from autograd.op import Op
from autograd.ops import TABLE
from autograd.program import known
from autograd.program.known import root_of
from autograd.program.places import BUFFER, CLASS, ITEMS, KEYS, MEMBER, STATE, digest, held, slot

Look = Callable[[Any, Any, str], None]
DESCRIPTORS = (types.FunctionType, staticmethod, classmethod, property, types.BuiltinFunctionType)


def look(state: Any, x: Any, name: str) -> None:
    """Note the places of an object, and what is reached from there; or that it is of no kind that can be compared."""
    cls = type(x)
    if cls in LOOKS:
        LOOKS[cls](state, x, name)
    elif isinstance(x, type):
        look_at_class(state, x, name)
    elif isinstance(x, types.ModuleType):
        look_at_module(state, x)
    elif isinstance(x, np.ndarray) and cls.__module__ == Array.__module__:
        look_at_array(state, x, name)
    elif isinstance(x, Handle):  # what it stands for belongs to the recording around this one
        pass
    elif root_of(cls) == "autograd":
        look_at_our_own(state, x, name)
    elif cls.__module__ == "typing" or known.is_stream(x):
        pass
    elif cls is types.SimpleNamespace or not known.made_in_c(cls):
        look_at_instance(state, x, name)
    elif callable(x) and hasattr(x, "__name__"):
        state.unlisted(x, name)
    else:
        state.unknown(x, name)


def look_at_our_own(state: Any, x: Any, name: str) -> None:
    """An object of this library: the functions that it holds. The value of an operation is computed anew in each replay."""
    own = vars(x) if hasattr(x, "__dict__") else {}
    if isinstance(x, Op):
        state.reach_all([] if TABLE.get(x.name) is x else [y for part, y in own.items() if part != "value"], name)
        if isinstance(code := getattr(own.get("value"), "__code__", None), types.CodeType):
            state.live[id(code)] = code
    else:  # such as what `grad` and `jit` return, or such a function with some arguments fixed
        state.reach_all([own.get(part) for part in ("f", "loss", "fixed")], name)


def look_at_instance(state: Any, x: Any, name: str) -> None:
    """An object of a class made in Python: its class, what it is beside its attributes, its slots, and its attributes."""
    cls = type(x)
    content = CONTENT.get(known.base_in_c(cls))
    if content is None:
        state.unknown(x, name)
        return
    attributes = object.__getattribute__(x, "__dict__") if cls.__dictoffset__ else None
    state.places.append((CLASS, x, cls, attributes))
    look_at_class(state, cls, name)
    content(state, x, name)
    for member in [m for c in cls.__mro__ for m in vars(c).values() if m.__class__ is types.MemberDescriptorType]:
        state.places.append((MEMBER, x, member, state.reach(slot(x, member), member.__name__)))
    if attributes is not None:
        place = state.hold(x, attributes)
        if _rests_on_library(cls):  # a Module looks at all that it holds for parameters
            state.name(place, place[2], soft=any(root_of(c) == "nn" for c in cls.__mro__))


def look_at_class(state: Any, cls: type, name: str) -> None:
    """A class, its metaclass and its bases: the methods that operators call, and what code names."""
    state.unlisted(cls, name)
    if known.made_in_c(cls):
        return
    for own in cls.__mro__:
        if state.is_held(own) or known.made_in_c(own) or known.in_library(own):
            continue
        place = state.hold(own, own)
        state.name(place, {key for key, y in vars(own).items() if key[:2] == "__" and isinstance(y, DESCRIPTORS)})
        if _rests_on_library(own):
            state.name(place, [key for key in place[2] if key[:2] != "__" and key != "_abc_impl"])
    if type(cls) is not type:
        state.reach(type(cls), name)


def _rests_on_library(cls: type) -> bool:
    """Whether it has a base class whose code is not looked at, and may read any attribute."""
    return any(known.in_library(c) and root_of(c) not in {"abc", "typing"} for c in cls.__mro__)


def look_at_module(state: Any, module: types.ModuleType) -> None:
    """A module: what code names of it; of one that belongs to Python or is known, only what it has."""
    root = module.__name__.partition(".")[0]
    state.hold(module, vars(module), may_grow=root not in sys.stdlib_module_names and root not in known.LIBRARY)
    if type(module) is not types.ModuleType:
        state.reach(type(module), module.__name__)


def look_at_array(state: Any, x: Any, name: str) -> None:
    """An array: a digest of all that it holds; of objects, each."""
    if x.dtype.hasobject:
        state.places.append((STATE, x, _objects, _objects(x)))
        state.reach_all(x.ravel().tolist(), name)
    elif x.dtype.kind in "mM":  # which have no buffer
        state.places.append((STATE, x, _description, _description(x)))
        numbers = x.view(np.int64)
        state.places.append((BUFFER, numbers, digest(numbers)))
    else:
        state.places.append((BUFFER, held(x), digest(x)))


def _objects(x: Any) -> tuple[Any, ...]:
    return _description(x), *map(held, x.ravel().tolist())


def _description(x: Any) -> tuple[Any, ...]:
    return repr(x.dtype), x.shape, x.strides, x.flags.writeable


def look_at_list(state: Any, x: list[Any], name: str) -> None:
    """A list: its items."""
    state.places.append((ITEMS, x, state.reach_all(list.__iter__(x), name)))


def look_at_dict(state: Any, x: dict[Any, Any], name: str) -> None:
    """A dict: its keys and values. That of all modules leads anywhere."""
    if x is sys.modules:
        state.unknown(x, "sys.modules")
        return
    keys = tuple(dict.keys(x))
    state.places.append((KEYS, x, keys, list(state.reach_all(dict.values(x), name)), None))
    state.reach_all(keys, name)


def look_at_buffer(state: Any, x: Any, _name: str) -> None:
    """Numbers in a buffer."""
    state.places.append((BUFFER, x, digest(x)))


def look_at_method_of_c(state: Any, x: Any, name: str) -> None:
    """A function made in C, or a method, with the object to which it is bound."""
    if x.__self__ is not None and not isinstance(x.__self__, types.ModuleType | type):
        state.reach(x.__self__, name)
    state.unlisted(x, name)


def look_at_cached(state: Any, x: Any, name: str) -> None:
    """A function whose results are kept: it may not run in this recording, but rests on what it names all the same."""
    state.places.append((STATE, x, _misses, _misses(x)))
    state.reach(x.__wrapped__, name)
    if x.__wrapped__.__class__ is types.FunctionType:
        state.enter(x.__wrapped__)


def _misses(x: Any) -> tuple[Any, ...]:
    info = x.cache_info()
    return info.misses, info.currsize


def _parts(*names: str) -> Look:
    """Look at these attributes of an object, which cannot be replaced."""

    def look_at_parts(state: Any, x: Any, name: str) -> None:
        state.reach_all([getattr(x, part) for part in names], name)

    return look_at_parts


def _whole(read: Callable[[Any], tuple[Any, ...]]) -> Look:
    """Look at what this function gives of an object, at each check."""

    def look_at_whole(state: Any, x: Any, name: str) -> None:
        state.reach_all(read(x), name)
        state.places.append((STATE, x, read, tuple(map(held, read(x)))))

    return look_at_whole


def _entries(x: Any) -> tuple[Any, ...]:
    return (*x, *x.values())


def _nothing(_state: Any, _x: Any, _name: str) -> None:
    """What has no content beside its attributes."""


def _items(state: Any, x: Any, name: str) -> None:
    """What cannot change itself, but its items may."""
    state.reach_all(x, name)


# What objects are beside their attributes, by the class made in C upon which theirs rests.
CONTENT: dict[type, Look] = {
    **dict.fromkeys((object, types.SimpleNamespace, int, float, str, bytes, complex, types.ModuleType, type), _nothing),
    **dict.fromkeys((tuple, frozenset), _items), list: look_at_list, dict: look_at_dict, collections.defaultdict: look_at_dict,
    collections.OrderedDict: _whole(_entries), **dict.fromkeys((set, collections.deque), _whole(tuple)),
    property: _parts("fget", "fset", "fdel"), **dict.fromkeys((staticmethod, classmethod), _parts("__func__")),
    **dict.fromkeys((bytearray, array), look_at_buffer), functools.partial: _parts("func", "args", "keywords"),
}  # fmt: skip
# Objects of these very types.
LOOKS: dict[type, Look] = {
    **{cls: look for cls, look in CONTENT.items() if look is not _nothing},
    np.ndarray: look_at_array, Value: _nothing, types.FunctionType: lambda state, x, _: state.look_at_function(x),
    types.MethodType: _parts("__self__", "__func__"), types.MappingProxyType: _whole(_entries), slice: _parts("start", "stop", "step"),
    **dict.fromkeys(map(type, ({}.keys(), {}.values(), {}.items())), _parts("mapping")),
    **dict.fromkeys((types.BuiltinFunctionType, types.MethodWrapperType, type(re.compile("").sub)), look_at_method_of_c),
    known.CACHED: look_at_cached,
}  # fmt: skip
