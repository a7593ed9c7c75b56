"""What a recording rests on: the places that the executed code names, with what was there, compared before each replay.

Places are the globals, cells, attributes and items that the code names which ran during the recording, wherever it is installed, and
what is reached from there. A callable or an object that `autograd.program.known` does not list means that the function is not recorded.
"""

import builtins
import collections
import dis
import functools
import re
import sys
import types
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from importlib.util import resolve_name
from itertools import accumulate
from typing import Any, NamedTuple
from weakref import ref

from autograd.program import known
from autograd.program.looks import look
from autograd.program.places import ATTRIBUTES_OF_C, KEYS, MISSING, NAME, READ, Place, first_changed, held, read

# Whether calls of classes go unseen, so that a callable counts as called where it is named.
COARSE = not hasattr(sys, "monitoring")
CELL = vars(types.CellType)["cell_contents"]
# How many states a function keeps, with the recordings made in them.
STATES = 64


class IdentityKey:
    """An object as part of a key: equal only to itself, and kept alive, so that no other object gets its id."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IdentityKey) and self.x is other.x

    def __hash__(self) -> int:
        return id(self.x)


def exact(x: Any) -> Any:
    """A number or string as a key, so that 1 differs from True, -0.0 from 0.0, and nan does not from nan; None for other objects."""
    cls = type(x)
    if cls in known.CONSTANT or cls in {Decimal, Fraction}:
        return cls, x if cls in {int, str, bytes} else repr(x)
    return (cls, *map(exact, x)) if cls is tuple else None


class Names(NamedTuple):
    """The names in a piece of code, each with its line: of globals, of attributes, and of modules that it imports, with their level."""

    scope: dict[str, int]
    attributes: dict[str, int]
    imports: dict[tuple[int, str], int]


@functools.lru_cache(4096)
def names_in(code: types.CodeType) -> Names:
    """The names that a piece of code uses, without the functions defined in it."""
    found = Names({}, {}, {})
    line, before = code.co_firstlineno, collections.deque[Any]([None, None], 2)
    for step in dis.get_instructions(code):
        line = (step.positions.lineno if step.positions else None) or line
        if "GLOBAL" in step.opname or step.opname == "LOAD_NAME":
            found.scope.setdefault(step.argval, line)
        elif "ATTR" in step.opname or step.opname in {"LOAD_METHOD", "IMPORT_FROM"}:
            found.attributes.setdefault(step.argval, line)
        elif step.opname == "IMPORT_NAME":
            found.imports.setdefault((before[0] or 0, step.argval), line)
        elif step.opname == "MATCH_CLASS":  # which reads those that the pattern or the class lists
            found.attributes.setdefault("__dict__", line)
        if step.opname.startswith("LOAD_"):
            before.append(step.argval)
    return found


class State:
    """The places that recordings rest on, with what was there when they were made: `holds()` tells whether it still is.

    Each function that is entered is reported by `on_entry` before it runs, and each callable made in C by `called`.

    Args:
        roots: the function that is recorded, and what it is given and keeps.

    Attributes:
        places: what is compared: see `autograd.program.places`.
        refusal: why the function is not recorded, if it is not.
        token: by which recordings are found that rest on this state; what is added to it later does not change that.
    """

    def __init__(self, *roots: Any) -> None:
        self.places: list[Place] = []
        self.refusal: str | None = None
        self.token = object()
        self.codes: dict[int, tuple[types.CodeType, Mapping[str, Any]]] = {}  # that ran, with their globals
        self.live: dict[int, types.CodeType] = {}  # what every replay runs anew
        self.line = "among its arguments"
        self._every_call = COARSE
        self._every_attribute = False
        self._names: dict[str, str] = {"__getattr__": ""}  # of attributes, with the line that names them first
        self._seen: dict[Any, Any] = {}  # by id and whether softly: where what cannot be compared does not matter
        self._soft = False
        self._holders: dict[int, list[Place]] = {}  # where what has attributes has them
        self._entries: dict[int, list[types.FunctionType]] = {}  # the functions with code that may be entered, as far as these are known
        self._uncalled: list[tuple[Any, str]] = []
        self._stack: list[tuple[Any, str, bool]] = [(x, "", False) for x in roots]
        self._settle()

    def copied(self) -> "State":
        """The same, to which a further recording may add places."""
        made = object.__new__(State)
        made.__dict__.update({name: x.copy() if isinstance(x, dict | list) else x for name, x in vars(self).items()})
        for name in ("_holders", "_entries"):
            setattr(made, name, {i: items[:] for i, items in vars(self)[name].items()})
        return made

    def holds(self, digests: dict[int, int] | None = None) -> bool:
        """Whether each place still holds what it held."""
        return first_changed(self.places, digests) is None

    def changed(self) -> str | None:
        """The place that changed, in words; None where none did."""
        i = first_changed(self.places)
        return None if i is None else _in_words(self.places[i])

    def refuse(self, what: str, line: str = "") -> None:
        """Note that the function cannot be recorded, and why."""
        self.refusal = self.refusal or f"{what} ({line or self.line})"

    # What is reported.

    def on_entry(self, code: types.CodeType, scope: Mapping[str, Any], *, expected: bool) -> None:
        """A function made in Python is entered for the first time: look at what its code names, before it runs."""
        self.line = f"{code.co_filename}:{code.co_firstlineno}"
        if not (expected or id(code) in self._entries):
            self.refuse(f"it calls {code.co_qualname}, which it got from where no name leads")
        self.codes[id(code)] = code, scope
        for inner in code.co_consts:
            if isinstance(inner, types.CodeType):
                self._entries.setdefault(id(inner), [])
        names = names_in(code)
        if reflected := known.REFLECTION & names.attributes.keys():
            name = min(reflected)
            self.refuse(f"it reads {name}, which may lead anywhere", f"{code.co_filename}:{names.attributes[name]}")
        self._look_up(code, scope)
        self._add_names({name: f"{code.co_filename}:{line}" for name, line in names.attributes.items()})
        if "__dict__" in names.attributes:
            self._read_whole(MISSING)
        for f in self._entries.get(id(code), ()):
            self._look_into(f)
        self._settle()

    def called(self, f: Any, first: Any, line: str) -> None:
        """A callable made in C is called with this first argument."""
        if id(f) in known.READS_ANY or id(f) in known.STORES_ANY:
            self._read_whole(first, soft=id(f) in known.STORES_ANY)
        elif id(f) in known.TAKES_FUNCTIONS:
            self._every_call = True
        elif not known.is_pure(f):
            self.refuse(f"it calls {_called(f)}, which is not known to give the same at each call", line)
        elif type(f) in {types.MethodDescriptorType, types.BuiltinFunctionType} and f.__name__ in {"format", "format_map"}:
            text = first if type(f) is types.MethodDescriptorType else f.__self__
            self._add_names(dict.fromkeys(re.findall(r"[.](\w+)", text if isinstance(text, str) else ""), line))
        self._settle()

    def include(self, other: "State") -> None:
        """Rest on all that another one rests on, too: the recording of a part of this one was made with it."""
        if not self._is_new(other):
            return
        self._every_call |= other._every_call
        for code, scope in other.codes.values():
            if id(code) not in self.codes:
                self.on_entry(code, scope, expected=True)
        self.places += other.places

    # What is reached.

    def _settle(self) -> None:
        while self._stack and self.refusal is None:
            x, name, self._soft = self._stack.pop()
            if self._is_new(x):
                look(self, x, name)
        self._soft = False
        if self._every_call and self._uncalled:
            f, name = self._uncalled[0]
            self.refuse(f"it may call {_called(f)}, which is not known to give the same at each call", self._names.get(name, ""))

    def _is_new(self, x: Any, part: str | None = None) -> bool:
        if (id(x), part, False) in self._seen or (id(x), part, self._soft) in self._seen:
            return False
        self._seen[id(x), part, self._soft] = held(x)
        return True

    def reach(self, x: Any, name: str) -> Any:
        """Look at it later; the result is what is kept of it."""
        if x.__class__ in known.UNCHANGING or x is MISSING:
            return x
        self._stack.append((x, name, self._soft))
        return held(x)

    def reach_all(self, items: Iterable[Any], name: str) -> tuple[Any, ...]:
        """The same for several objects."""
        return tuple([self.reach(x, name) for x in items])

    def unknown(self, x: Any, name: str) -> None:
        """An object of a kind that is not listed: where no code names it, what holds it is known not to use it."""
        if not self._soft:
            where = self._names.get(name, "")
            self.refuse(f"it reaches {name or 'an object'}, a {type(x).__module__}.{type(x).__qualname__}, which cannot be compared", where)

    def unlisted(self, x: Any, name: str) -> None:
        """A callable that may not be called, unless it is known to give the same at each call; special methods are called unseen."""
        if not self._soft and not known.is_pure(x):
            self._uncalled.append((x, name))
            self._every_call |= name[:2] == "__" and not isinstance(x, type)

    def _look_up(self, code: types.CodeType, scope: Mapping[str, Any]) -> None:
        """The globals that a piece of code names, and the modules that it imports."""
        names = names_in(code)
        for name in names.scope:
            self.look_at(NAME, scope, name, name)
            if name not in scope:
                self.look_at(NAME, vars(builtins), name, name)
        for level, name in names.imports:
            whole = resolve_name("." * level + name, scope.get("__package__") or scope.get("__name__", "")) if level else name
            for module in accumulate(whole.rstrip(".").split("."), "{}.{}".format):
                self.look_at(NAME, sys.modules, module, module)

    def look_at(self, kind: int, x: Any, key: Any, name: str) -> None:
        """Add a place with one object, which is read by a name or an attribute made in C, unless there is one."""
        if self._is_new(x, name):
            self.places.append((kind, x, key, self.reach(x.get(key, MISSING) if kind == NAME else read(x, key), name)))

    def hold(self, x: Any, source: Place) -> None:
        """Look at attributes that `x` has by name: those in a place of the kind KEYS, or what a dict has for these of kind NAME or READ."""
        self._holders.setdefault(id(x), []).append(source)
        if source[0] == KEYS:
            self.places.append(source)
        self.name(source, self._names)
        if self._every_attribute:
            self.name(source, self.every_name(source))

    @staticmethod
    def every_name(source: Place) -> Iterable[str]:
        """What code may read there without naming it: all in a dict that may grow, and slots."""
        kind, _, keys, _ = source
        return keys if kind == KEYS else [name for name, y in keys.items() if kind == READ and not known.made_in_c(y.__objclass__)]

    def name(self, source: Place, names: Iterable[str], *, soft: bool = False) -> None:
        """Look at these names there, too; where `soft`, for what is known not to use objects that cannot be compared."""
        kind, x, keys, values = source
        before, self._soft = self._soft, self._soft or soft
        if kind == KEYS:
            now = vars(x) if isinstance(x, type) else x
            for i, key in enumerate(keys):
                if key in names and (values[i] is MISSING or not self._soft):
                    values[i] = self.reach(now.get(key, MISSING), key)
        else:
            for name in [name for name in names if name in keys]:
                self.look_at(kind, x, name if kind == NAME else keys[name], name)
        self._soft = before

    def _add_names(self, lines: Mapping[str, str]) -> None:
        """Code names these attributes, in these lines."""
        if new := {name: line for name, line in lines.items() if name not in self._names}:
            self._names.update(new)
            for source in [source for sources in self._holders.values() for source in sources]:
                self.name(source, new)

    def _read_whole(self, x: Any, *, soft: bool = False) -> None:
        """All attributes of an object may have been read, or stored where `soft`; of all objects, where it is not known of which."""
        if x is MISSING:
            self._every_attribute |= not soft
        of = self._holders if x is MISSING else map(id, (x, *type(x).__mro__))
        for source in [source for i in of for source in self._holders.get(i, ())]:
            self.name(source, self.every_name(source), soft=soft)

    def may_enter(self, f: types.FunctionType, *, runs: bool) -> None:
        """A function has been reached: look into it when it runs, or now."""
        self._entries.setdefault(id(f.__code__), []).append(f)
        if runs or id(f.__code__) in self.codes:
            self._look_into(f)

    def _look_into(self, f: types.FunctionType) -> None:
        """The closure, the defaults and the globals of a function that runs."""
        for name in ("__code__", "__defaults__", "__kwdefaults__"):
            self.look_at(READ, f, vars(types.FunctionType)[name], name.strip("_"))
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            self.look_at(READ, cell, CELL, name)
        if known.role_of(f.__code__.co_filename) is None:
            self._look_up(f.__code__, f.__globals__)

    def enter(self, f: types.FunctionType) -> None:
        """Look at what a function names as if it ran, with the functions made in it."""
        self.may_enter(f, runs=True)
        codes = [f.__code__]
        for code in codes:  # the loop adds to it
            codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
            if id(code) not in self.codes and known.role_of(code.co_filename) is None:
                self.on_entry(code, f.__globals__, expected=True)


class Captured:
    """The states in which a function, with its static arguments, has been recorded: the latest first."""

    def __init__(self, *roots: Any) -> None:
        self.roots = roots
        self.states: list[State] = []

    def state(self) -> State | None:
        """The state that holds now; None where none does, or none is known."""
        states = self.states  # once: another thread may replace it
        if not states or states[0].holds():
            return states[0] if states else None
        digests: dict[int, int] = {}
        found = next((state for state in states[1:] if state.holds(digests)), None)
        if found is not None:
            self.states = [found, *[state for state in states if state is not found]]
        return found

    def keep(self, state: State, before: State | None) -> bool:
        """Keep a state, which was `before` with fewer places; False where another thread has kept one, or added other places, meanwhile."""
        if self.state() is not None if before is None else before not in self.states:
            return False
        self.states = [state, *[other for other in self.states if other is not before]][:STATES]
        return True


def _called(f: Any) -> str:
    module = getattr(f, "__module__", None) or getattr(type(getattr(f, "__self__", None)), "__module__", "")
    return f"{module}.{getattr(f, '__qualname__', None) or type(f).__qualname__}"


def _in_words(place: Place) -> str:
    """What a message calls a place."""
    kind, x, key, _ = place
    if kind == NAME:
        return f"the name {key}"
    if kind == KEYS and not isinstance(x, type):
        return f"a dict or the attributes of an object, with the keys {', '.join(map(repr, key[:5]))}"
    x = x() if x.__class__ is ref else x
    return f"{key.__name__ if key.__class__ in ATTRIBUTES_OF_C else 'the content'} of a {type(x).__name__}"
