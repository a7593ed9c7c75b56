"""What a function captures: the numbers, arrays and Values that it finds in closures, defaults, globals and attributes."""

import operator
import sys
import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd.engine import Value
from autograd.kinds import NUMBERS
from autograd.ops import Op

PLAIN = (*NUMBERS, str, bytes, type(None))
# Libraries whose functions are taken to be as they are.
LIBRARIES = {"autograd", "nn", "numpy", *sys.stdlib_module_names}


class Same:
    """An object as part of a key: equal to itself only, and kept alive, so that no other takes its place."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.x is other.x

    def __hash__(self) -> int:
        return id(self.x)


class Captured:
    """All that some objects, functions among them, could bring into a computation beside what it is given.

    It is looked up anew only where something has changed: what each place held is remembered and compared by identity, arrays by what is
    in them.
    """

    def __init__(self, *roots: Any) -> None:
        self.roots = roots
        self.found: Any = None
        self._forget()

    def key(self) -> Any:
        """Something hashable, equal to what it was before if all that is captured is."""
        if self.found is None or self._changed():
            self._forget()
            self.found = tuple(self._look(x) for x in self.roots)
        return self.found

    def _forget(self) -> None:
        self.seen: dict[int, Any] = {}
        self.cells: list[tuple[types.CellType, Any]] = []
        self.names: list[tuple[Mapping[str, Any], str, Any]] = []
        self.items: list[tuple[Any, tuple[Any, ...]]] = []
        self.arrays: list[tuple[np.ndarray, np.ndarray]] = []

    def _changed(self) -> bool:
        for cell, x in self.cells:
            if _content(cell) is not x:
                return True
        for names, name, x in self.names:
            if names.get(name, EMPTY) is not x:
                return True
        for container, items in self.items:
            now = tuple(_items(container))
            if len(now) != len(items) or not all(map(operator.is_, now, items)):
                return True
        return any(x.shape != was.shape or x.dtype != was.dtype or x.tobytes() != was.tobytes() for x, was in self.arrays)

    def _look(self, x: Any) -> Any:
        """What there is in `x`; what it looked at is remembered."""
        if isinstance(x, PLAIN):
            return type(x), x if x == x else "nan"  # noqa: PLR0124  # nan is not itself
        if id(x) in self.seen or isinstance(x, Value | Op | type | types.ModuleType):
            return Same(x)
        self.seen[id(x)] = x
        if isinstance(x, np.ndarray):
            self.arrays.append((x, x.copy()))
            return tuple(map(Same, x.ravel())) if x.dtype.kind == "O" else (x.dtype.str, x.shape, x.tobytes())
        if isinstance(x, dict | list | tuple | set | frozenset):
            items = tuple(_items(x))
            self.items.append((x, items))
            return type(x), *map(self._look, items)
        if isinstance(x, types.MethodType):
            return self._look(x.__func__), self._look(x.__self__)
        if isinstance(x, types.FunctionType):
            return self._look_into(x)
        return (Same(x), self._look(vars(x))) if hasattr(x, "__dict__") else Same(x)

    def _look_into(self, f: types.FunctionType) -> Any:
        """What there is in the closure, the defaults and the globals of a function."""
        found = [Same(f.__code__)]
        for cell in f.__closure__ or ():
            self.cells.append((cell, _content(cell)))
            found.append(self._look(_content(cell)))
        if not _is_library(f.__module__):
            names = sorted(_names(f.__code__))
            found += self._look_up(f.__globals__, names)
            for name in names:  # what it may ask a module or class of the user's for
                x = f.__globals__.get(name)
                if isinstance(x, types.ModuleType | type) and not _is_library(getattr(x, "__module__", x.__name__)):
                    found += self._look_up(vars(x), names)
        return *found, self._look(f.__defaults__), self._look(f.__kwdefaults__)

    def _look_up(self, scope: Mapping[str, Any], names: list[str]) -> list[Any]:
        found = [(name, scope.get(name, EMPTY)) for name in names]
        self.names += [(scope, name, x) for name, x in found]
        return [self._look(x) for _, x in found]


class _Empty:
    """What a cell or name holds that has not been assigned yet."""

    __slots__ = ()


EMPTY = _Empty()


def _content(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return EMPTY


def _is_library(module: str | None) -> bool:
    return (module or "").partition(".")[0] in LIBRARIES


def _items(container: Any) -> Any:
    return (x for pair in container.items() for x in pair) if isinstance(container, dict) else container


def _names(code: types.CodeType) -> set[str]:
    """The names that a function and those defined in it may look up."""
    return set(code.co_names).union(*[_names(c) for c in code.co_consts if isinstance(c, types.CodeType)])
