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
from operator import attrgetter
from typing import Any

import numpy as np

from autograd.arrays import Array, Handle
from autograd.op import Op
from autograd.ops import TABLE
from autograd.program import known
from autograd.program.known import root_of
from autograd.program.places import ATTRIBUTES_OF_C, BUFFER, KEYS, MISSING, NAME, READ, Place, digest, held, read

Look = Callable[[Any, Any, str], None]
CLASS, BASES = vars(object)["__class__"], vars(type)["__bases__"]


def look(state: Any, x: Any, name: str) -> None:
    """Note the places of an object, and what is reached from there; or that it is of no kind that can be compared."""
    cls = type(x)
    if isinstance(x, Handle) or cls.__module__ == "typing" or known.is_stream(x):
        return  # what a handle stands for belongs to the recording around this one
    if root_of(cls) == "autograd" and cls is not Array:
        look_at_our_own(state, x, name)
    elif (base := known.base_in_c(cls)) in KINDS:
        if cls is not base:
            state.look_at(READ, x, CLASS, "__class__")
        if not isinstance(x, type | types.FunctionType) and (cls is not base or "__dict__" in vars(cls)):
            look_at_attributes(state, x)
        KINDS[base](state, x, name)
    elif callable(x) and hasattr(x, "__name__"):
        state.unlisted(x, name)
    else:
        state.unknown(x, name)


def look_at_our_own(state: Any, x: Any, name: str) -> None:
    """An object of this library: the functions that it holds. The value of an operation is computed anew in each replay."""
    own = vars(x) if hasattr(x, "__dict__") else {}
    if not isinstance(x, Op):  # such as what `grad` and `jit` return, or such a function with some arguments fixed
        state.reach_all([own.get(part) for part in ("f", "loss", "fixed")], name)
    elif TABLE.get(x.name) is not x:
        state.reach_all([y for part, y in own.items() if part != "value"], name)
        if isinstance(code := getattr(own.get("value"), "__code__", None), types.CodeType):
            state.live[id(code)] = code


def look_at_attributes(state: Any, x: Any) -> Place:
    """The attributes of an object by the names that code uses, in slots and in a dict; all, where code may that is not looked at.

    Returns:
        Where the last of these are.
    """
    cls = type(x)
    slots = _slots_of_c(cls) if not cls.__flags__ & known.HEAP else _slots_of(cls)
    own = slots.get("__dict__")
    slots = {name: y for name, y in slots.items() if name != "__dict__"}
    names = x if own is None or isinstance(x, type) else read(x, own)
    if names is not x:
        state.places.append((READ, x, own, names))
    sources: list[Place] = [(READ, x, slots, None)]
    if isinstance(x, types.ModuleType) and x.__name__.partition(".")[0] in sys.stdlib_module_names | known.LIBRARY:
        sources.append((NAME, names, names, None))
    elif own is not None:
        keys = tuple(vars(names) if isinstance(names, type) else names)
        sources.append((KEYS, names, keys, [MISSING] * len(keys)))
    for source in sources:
        state.hold(x, source)
        if _rests_on_library(cls):  # a Module looks at all that it holds for parameters
            state.name(source, state.every_name(source), soft=any(root_of(c) == "nn" for c in cls.__mro__))
    return sources[-1]


def _slots_of(cls: type) -> dict[str, Any]:
    """What reads the attributes that are made in C, by name."""
    classes = [c for c in reversed(cls.__mro__) if c is not np.ndarray]
    return {name: y for c in classes for name, y in vars(c).items() if y.__class__ in ATTRIBUTES_OF_C and name != "__weakref__"}


_slots_of_c: Callable[[Any], dict[str, Any]] = functools.cache(_slots_of)  # for classes that cannot change


def look_at_class(state: Any, cls: type, name: str) -> None:
    """A class and its bases: what code names, and the special methods, which the interpreter calls."""
    state.unlisted(cls, name)
    if known.made_in_c(cls) or known.in_library(cls):
        return
    state.look_at(READ, cls, BASES, "bases")
    source, whole = look_at_attributes(state, cls), _rests_on_library(cls)
    special = [key for key, y in vars(cls).items() if key[:2] == "__" and (callable(y) or hasattr(y, "__get__"))]
    state.name(source, special + [key for key in vars(cls) if whole and key[:2] != "__" and key != "_abc_impl"])


def _rests_on_library(cls: type) -> bool:
    """Whether it has a base class whose code is not looked at, and may read any attribute."""
    return any(known.in_library(c) and root_of(c) not in {"abc", "typing"} for c in cls.__mro__)


def look_at_function(state: Any, f: types.FunctionType, name: str) -> None:
    """A function made in Python: what it holds matters if it runs, which for those of known code is not reported."""
    role = known.role_of(f.__code__.co_filename)
    state.may_enter(f, runs=role == "known" and root_of(f) != "numpy")
    if role == "known":
        state.unlisted(f, name)
    else:
        look_at_attributes(state, f)


def look_at_function_of_c(state: Any, x: Any, name: str) -> None:
    """A function made in C, or a method, with the object to which it is bound."""
    if not isinstance(x.__self__, types.ModuleType | type):
        state.reach(x.__self__, name)
    state.unlisted(x, name)


def look_at_cached(state: Any, x: Any, name: str) -> None:
    """A function whose results are kept: it may not run in this recording, but rests on what it names all the same."""
    look_at_parts(lambda x: x.cache_info()[1::2])(state, x, name)  # how often it has run, and how many results there are
    state.reach(x.__wrapped__, name)
    if x.__wrapped__.__class__ is types.FunctionType:
        state.enter(x.__wrapped__)


def look_at_dict(state: Any, x: dict[Any, Any], name: str) -> None:
    """A dict: its keys and values. That of all modules leads anywhere."""
    if x is sys.modules:
        state.unknown(x, "sys.modules")
        return
    keys = tuple(dict.keys(x))
    state.places.append((KEYS, x, keys, list(state.reach_all(dict.values(x), name))))
    state.reach_all(keys, name)
    if isinstance(x, collections.defaultdict):
        look_at_parts(attrgetter("default_factory"), "__missing__")(state, x, name)


def look_at_buffer(state: Any, x: Any, name: str) -> None:
    """Numbers in a buffer: a digest. Objects and dates have none: objects are reached, dates are bytes."""
    if not isinstance(x, np.ndarray) or (x.dtype.kind not in "mMO" and not x.dtype.hasobject):
        state.places.append((BUFFER, held(x), None, digest(x)))
    else:
        look_at_parts(_parts_of_array)(state, x, name)


def _parts_of_array(x: np.ndarray) -> tuple[Any, ...]:
    content = x.ravel().tolist() if x.dtype.hasobject else [x.tobytes()]
    return repr(x.dtype), x.shape, x.strides, x.flags.writeable, *content


def look_at_parts(parts: Callable[[Any], Any], special: str = "") -> Look:
    """Look at what this function gives of an object, at each check; what is called unseen has a special name."""

    def look_at(state: Any, x: Any, name: str) -> None:
        found = parts(x)
        reach = state.reach_all if found.__class__ is tuple else state.reach
        state.places.append((READ, x, parts, reach(found, special or name)))

    return look_at


def _items(base: Any) -> Look:
    """Look at the items of a collection, also where a subclass iterates over others."""
    exact, of_heir = look_at_parts(tuple), look_at_parts(lambda x: tuple(base.__iter__(x)))
    return lambda state, x, name: (exact if x.__class__ is base else of_heir)(state, x, name)


def _nothing(_state: Any, _x: Any, _name: str) -> None:
    """What has no content beside its attributes."""


# What objects are beside their attributes, by the class made in C upon which theirs rests.
KINDS: dict[type, Look] = {
    **dict.fromkeys((object, types.SimpleNamespace, types.ModuleType, int, float, str, bytes, complex), _nothing),
    **{cls: _items(cls) for cls in (tuple, list, set, frozenset, collections.deque, *map(type, ({}.keys(), {}.values(), {}.items())))},
    **dict.fromkeys((collections.OrderedDict, types.MappingProxyType), look_at_parts(lambda x: (*x, *x.values()))),
    **dict.fromkeys((dict, collections.defaultdict), look_at_dict),
    **dict.fromkeys((np.ndarray, bytearray, array), look_at_buffer),
    **dict.fromkeys((staticmethod, classmethod), look_at_parts(lambda x: (x.__func__,))),
    property: look_at_parts(attrgetter("fget", "fset", "fdel"), "__get__"), slice: look_at_parts(attrgetter("start", "stop", "step")),
    functools.partial: look_at_parts(attrgetter("func", "args", "keywords")),
    types.MethodType: look_at_parts(attrgetter("__self__", "__func__")),
    **dict.fromkeys((types.BuiltinFunctionType, types.MethodWrapperType, type(re.compile("").sub)), look_at_function_of_c),
    type: look_at_class, types.FunctionType: look_at_function, known.CACHED: look_at_cached,
}  # fmt: skip
