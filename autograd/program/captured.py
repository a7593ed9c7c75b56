"""What a function captures: everything that it can read besides its arguments, through closures, defaults, globals and attributes.

`jit` compares it before each replay, since a recording is valid only as long as it has not changed.
"""

import dis
import operator
import pickle
import sys
import types
from array import array
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from autograd.arrays import Handle
from autograd.engine import Value
from autograd.kinds import NUMBERS
from autograd.ops import TABLE

COMPARED_BY_VALUE = (*NUMBERS, str, bytes, type(None))
# Libraries, whose functions and classes are assumed not to change; so are all packages installed into these folders.
LIBRARIES = {"autograd", "nn", "numpy", *sys.stdlib_module_names}
INSTALLED = {"site-packages", "dist-packages"}
MAPPINGS = (dict, types.MappingProxyType)
CONTAINERS = (*MAPPINGS, list, tuple, set, frozenset, deque, array, bytearray)
FROZEN = (tuple, frozenset)
VIEWS: Any = (type({}.keys()), type({}.values()), type({}.items()))
# Generators of random numbers, whose state is not an attribute.
GENERATORS = (Random, np.random.RandomState, np.random.Generator)


class IdentityKey:
    """An object as part of a key: equal only to itself, and kept alive, so that no other object gets its id."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and self.x is other.x

    def __hash__(self) -> int:
        return id(self.x)


class Captured:
    """All that some objects, functions among them, could bring into a computation beside its arguments.

    It is looked up again only where something has changed: what each place held is kept and compared by identity, arrays and
    generators of random numbers by content. An iterator counts as changed at each call.
    """

    def __init__(self, *roots: Any) -> None:
        self.roots = roots
        self.found: Any = None
        self.seen: dict[int, Any] = {}
        self.cells: list[tuple[types.CellType, Any]] = []
        self.names: list[tuple[Mapping[str, Any], str, Any]] = []
        self.scopes: list[Mapping[str, Any]] = []
        self.sizes: list[int] = []
        self.items: list[tuple[Any, tuple[Any, ...]]] = []
        self.functions: list[tuple[types.FunctionType, types.CodeType, Any]] = []
        self.members: list[tuple[types.MemberDescriptorType, Any, Any]] = []
        self.arrays: list[tuple[Any, np.ndarray]] = []
        self.states: list[tuple[Any, bytes]] = []
        self.modules: list[types.ModuleType] = []
        self.used_names: set[str] = set()
        self.has_iterator = False

    def key(self) -> Any:
        """A hashable key, equal to the one before if nothing captured has changed."""
        if self.found is None or self._changed():
            anew = Captured(*self.roots)
            anew.found = (*map(anew._look, self.roots), *anew._search_held_modules())
            self.__dict__ = vars(anew)  # at once: other threads see the old state or the new one
        return self.found

    def _changed(self) -> bool:
        for cell, x in self.cells:
            if _content(cell) is not x:
                return True
        for names, name, x in self.names:
            if names.get(name, EMPTY) is not x:
                return True
        if self.scopes and list(map(len, self.scopes)) != self.sizes:
            return True
        for f, code, defaults in self.functions:
            if f.__code__ is not code or f.__defaults__ is not defaults:
                return True
        for container, items in self.items:
            if (container or items) and not _holds(container, items):
                return True
        return self.has_iterator or (bool(self.members or self.arrays or self.states) and self._rarer_changed())

    def _rarer_changed(self) -> bool:
        return (
            any(_member(member, x) is not was for member, x, was in self.members)
            or any(_bytes(np.asarray(x)) != _bytes(was) for x, was in self.arrays)
            or any(pickle.dumps(x) != was for x, was in self.states)
        )

    def _look(self, x: Any) -> Any:
        """The content of `x` as a key; every place looked at is kept, to be compared later."""
        if isinstance(x, COMPARED_BY_VALUE):
            return type(x), x if isinstance(x, int | str | bytes) else repr(x)  # so that nan equals nan, and -0.0 differs from 0.0
        if id(x) in self.seen or isinstance(x, Value | Handle | types.ModuleType) or any(x is op for op in TABLE.values()):
            return IdentityKey(x)
        self.seen[id(x)] = x
        if isinstance(x, np.ndarray) or (hasattr(type(x), "__array__") and _is_library(type(x).__module__)):
            self.arrays.append((x, was := np.array(x)))
            return _bytes(was), *(map(self._hold, was.ravel()) if was.dtype.kind == "O" else ())
        if isinstance(x, VIEWS):
            return type(x), self._look(x.mapping)
        if isinstance(x, CONTAINERS):
            items = _items(x)
            if not isinstance(x, FROZEN):
                self.items.append((x, items))
            return type(x), *map(self._hold, items), *(() if type(x) in CONTAINERS else self._look_around(x))
        if isinstance(x, types.FunctionType):
            return *self._look_into(x), self._look(vars(x))
        if isinstance(x, type):
            own = [vars(cls) for cls in x.__mro__ if not _is_library(cls.__module__)]
            self.scopes += own
            self.sizes += map(len, own)  # a name that is added may hide one of a base class
            held = [m for scope in own for m in scope.values() if isinstance(m, types.ModuleType)]
            return IdentityKey(x), *map(self._hold, held), *[found for scope in own for found in self._look_up(scope, list(scope))]
        return IdentityKey(x), *self._look_around(x)

    def _look_around(self, x: Any) -> list[Any]:
        """The content of an object: its class, its attributes, what it is bound to, and the state of a generator of random numbers."""
        if _is_library(type(x).__module__) and hasattr(x, "__wrapped__"):
            return [self._look(x.__wrapped__)]
        if isinstance(x, GENERATORS):
            self.states.append((x, pickle.dumps(x)))
            return [self.states[-1][1]]
        if isinstance(x, Iterator):
            self.has_iterator = True
            return [IdentityKey(object())]
        if isinstance(x, types.BuiltinMethodType):
            return [self._look(x.__self__)]
        members = [m for cls in type(x).__mro__ for m in vars(cls).values() if isinstance(m, types.MemberDescriptorType)]
        self.members += [(member, x, _member(member, x)) for member in members]
        found = [self._hold(_member(member, x)) for member in members]
        return [self._look(type(x)), *found, self._look(vars(x)) if hasattr(x, "__dict__") else None]

    def _look_into(self, f: types.FunctionType) -> Any:
        """The content of the closure, the defaults and the globals of a function."""
        found = [IdentityKey(f.__code__)]
        held = [*map(_content, f.__closure__ or ()), *(f.__defaults__ or ()), *(f.__kwdefaults__ or {}).values()]
        self.cells += zip(f.__closure__ or (), held)  # noqa: B905  # the defaults come after them
        found += map(self._look, held)
        if not _is_library(f.__module__):
            # Notebooks that reload a changed module give its functions other code.
            self.functions.append((f, f.__code__, f.__defaults__))
            names = _names(f.__code__)
            self.used_names.update(names)
            for scope, own in ((f.__globals__, _names(f.__code__, "LOAD_GLOBAL", "LOAD_NAME")), (sys.modules, _imported(f))):
                found += self._look_up(scope, own)
                held += map(scope.get, own)
            found += self._search_modules([x for x in held if isinstance(x, types.ModuleType)], names)
        return *found, self._look(f.__kwdefaults__)

    def _search_modules(self, modules: list[types.ModuleType], names: list[str]) -> list[Any]:
        """What modules, and the modules in them, hold under these names; of a library only generators of random numbers."""
        found: list[Any] = []
        for module in modules:  # the loop adds to it
            found_here = [vars(module).get(name) for name in names]
            if _is_library(module.__name__):
                found += [self._look(x) for x in found_here if isinstance(getattr(x, "__self__", None), GENERATORS)]
            else:
                found += self._look_up(vars(module), names)
            for x in found_here:
                if isinstance(x, types.ModuleType) and x not in modules:
                    modules.append(x)
        return found

    def _search_held_modules(self) -> Iterator[Any]:
        """What the modules that objects and containers hold have under the names used by any function, which may read them."""
        sizes = None
        while sizes != (sizes := (len(self.modules), len(self.used_names))):
            yield from self._search_modules(self.modules[:], sorted(self.used_names))

    def _hold(self, x: Any) -> Any:
        """The content of what an object or a container holds."""
        if isinstance(x, types.ModuleType) and x not in self.modules:
            self.modules.append(x)
        return self._look(x)

    def _look_up(self, scope: Mapping[str, Any], names: list[str]) -> list[Any]:
        found = [(name, scope.get(name, EMPTY)) for name in names]
        self.names += [(scope, name, x) for name, x in found]
        return [self._look(x) for _, x in found]


class _Empty:
    """Stands for the content of a cell or name that has not been assigned yet."""

    __slots__ = ()


EMPTY = _Empty()


def _member(member: types.MemberDescriptorType, x: Any) -> Any:
    return getattr(x, member.__name__, EMPTY)


def _bytes(x: np.ndarray) -> Any:
    return x.dtype.str, x.shape, x.tobytes()


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return EMPTY


def _is_library(module: str | None) -> bool:
    name = (module or "").partition(".")[0]
    return name in LIBRARIES or not INSTALLED.isdisjoint(Path(getattr(sys.modules.get(name), "__file__", None) or "").parts)


def _items(container: Any) -> tuple[Any, ...]:
    return (*container, *container.values()) if isinstance(container, MAPPINGS) else tuple(container)


def _holds(container: Any, items: tuple[Any, ...]) -> bool:
    now = _items(container)
    return len(now) == len(items) and all(map(operator.is_, now, items))


def _names(code: types.CodeType, *operations: str) -> list[str]:
    """The names that these bytecode operations use, or all names, in a function and those defined in it."""
    own = [line.argval for line in dis.get_instructions(code) if line.opname in operations] if operations else code.co_names
    return sorted({*own}.union(*[_names(c, *operations) for c in code.co_consts if isinstance(c, types.CodeType)]))


def _imported(f: types.FunctionType) -> list[str]:
    """The modules that a function imports, with their parents; a relative name may belong to any enclosing package."""
    around = ["", *_with_parents(f.__globals__.get("__package__") or "")]
    names = [f"{package}.{name}".strip(".") for name in _names(f.__code__, "IMPORT_NAME") for package in around]
    return sorted({x for name in names for x in _with_parents(name)})


def _with_parents(module: str) -> list[str]:
    return list(accumulate(module.split("."), "{}.{}".format))
