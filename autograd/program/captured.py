"""What a recording rests on: the places that the executed code names, with what was there, compared before each replay.

Places are the globals, cells, attributes and items that the code names which ran during the recording, wherever it is installed, and
what is reached from there. A callable or an object that `autograd.program.known` does not list means that the function is not recorded.
"""

import builtins
import collections
import dis
import functools
import sys
import types
from collections.abc import Iterable, Mapping
from decimal import Decimal
from fractions import Fraction
from importlib.util import resolve_name
from itertools import accumulate
from typing import Any, NamedTuple

from autograd.program import known
from autograd.program.known import root_of
from autograd.program.looks import look
from autograd.program.places import BUFFER, CELL, FUNCTION, ITEMS, KEYS, MISSING, NAME, STATE, content, first_changed, held

# Whether calls of classes go unseen, so that a callable counts as called where it is named.
COARSE = not hasattr(sys, "monitoring")
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
        self.places: list[tuple[Any, ...]] = []
        self.refusal: str | None = None
        self.token = object()
        self.codes: dict[int, tuple[types.CodeType, Mapping[str, Any]]] = {}  # that ran, with their globals
        self.live: dict[int, types.CodeType] = {}  # what every replay runs anew
        self.line = "among its arguments"
        self._every_call = COARSE
        self._every_attribute = False
        self._names: dict[str, str] = {"__getattr__": ""}  # of attributes, with the line that names them first
        self._seen: dict[int, Any] = {}
        self._softly: dict[int, Any] = {}  # seen where what cannot be compared does not matter
        self._soft = False
        self._included: dict[int, State] = {}
        self._scopes: set[tuple[int, str]] = set()
        self._holders: dict[int, tuple[Any, list[Any]]] = {}  # what has attributes, with the dicts that are looked at by name
        self._waiting: dict[int, list[types.FunctionType]] = {}  # functions that have been reached, but not entered
        self._nested: dict[int, types.CodeType] = {}
        self._uncalled: list[tuple[Any, str]] = []
        self._stack: list[tuple[Any, str, bool]] = [(x, "", False) for x in roots]
        self._settle()

    def copied(self) -> "State":
        """The same, to which a further recording may add places."""
        made = object.__new__(State)
        made.__dict__.update({name: x.copy() if isinstance(x, dict | list | set) else x for name, x in vars(self).items()})
        made._holders = {i: (x, dicts[:]) for i, (x, dicts) in self._holders.items()}
        made._waiting = {i: functions[:] for i, functions in self._waiting.items()}
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
        if not (expected or id(code) in self._waiting or id(code) in self._nested):
            self.refuse(f"it calls {code.co_qualname}, which it got from where no name leads", f"{code.co_filename}:{code.co_firstlineno}")
        self.codes[id(code)] = code, scope
        self._nested.update({id(c): c for c in code.co_consts if isinstance(c, types.CodeType)})
        names = names_in(code)
        self._look_up(code, scope)
        if reflected := known.REFLECTION & names.attributes.keys():
            name = min(reflected)
            self.refuse(f"it reads {name}, which may lead anywhere", f"{code.co_filename}:{names.attributes[name]}")
        if "__dict__" in names.attributes:
            self._read_whole(MISSING)
        new = {name: f"{code.co_filename}:{line}" for name, line in names.attributes.items() if name not in self._names}
        self._names.update(new)
        for _, dicts in list(self._holders.values()):
            for own in dicts:
                self.name(own, new)
        for f in self._waiting.get(id(code), ()):
            self._look_into(f)
        self.line = f"{code.co_filename}:{code.co_firstlineno}"
        self._settle()

    def called(self, f: Any, first: Any, line: str) -> None:
        """A callable made in C is called with this first argument."""
        stores = any(f is g for g in known.STORES_ANY_ATTRIBUTE)
        if stores or any(f is g for g in known.READS_ANY_ATTRIBUTE):
            self._read_whole(first, soft=stores)
            self._settle()
        elif any(f is g for g in known.TAKES_FUNCTIONS):
            self._every_call = True
            self._refuse_uncalled()
        elif not known.is_pure(f):
            self.refuse(f"it calls {_called(f)}, which is not known to give the same at each call", line)

    def include(self, other: "State") -> None:
        """Rest on all that another one rests on, too: the recording of a part of this one was made with it."""
        if id(other) in self._included:
            return
        self._included[id(other)] = other
        self._every_call |= other._every_call
        for code, scope in other.codes.values():
            if id(code) not in self.codes:
                self.on_entry(code, scope, expected=True)
        self.places += other.places

    # What is reached.

    def _settle(self) -> None:
        while self._stack and self.refusal is None:
            self._look(*self._stack.pop())
        self._refuse_uncalled()

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
        """A callable that is not known to give the same at each call: it may not be called."""
        if not self._soft and not known.is_pure(x):
            self._uncalled.append((x, name))

    def _refuse_uncalled(self) -> None:
        if self._every_call and self._uncalled:
            f, name = self._uncalled[0]
            self.refuse(f"it may call {_called(f)}, which is not known to give the same at each call", self._names.get(name, ""))

    def _look_up(self, code: types.CodeType, scope: Mapping[str, Any]) -> None:
        """The globals that a piece of code names, and the modules that it imports."""
        names = names_in(code)
        for name in names.scope:
            self._look_up_name(scope, name)
            if name not in scope:
                self._look_up_name(vars(builtins), name)
        for level, name in names.imports:
            whole = resolve_name("." * level + name, scope.get("__package__") or scope.get("__name__", "")) if level else name
            for module in accumulate(whole.rstrip(".").split("."), "{}.{}".format):
                self._look_up_name(sys.modules, module)

    def _look_up_name(self, scope: Mapping[str, Any], name: str) -> None:
        if (id(scope), name) not in self._scopes:
            self._scopes.add((id(scope), name))
            self.places.append((NAME, scope, name, self.reach(scope.get(name, MISSING), name)))

    def _look_into(self, f: types.FunctionType) -> None:
        """The closure, the defaults, the globals and the attributes of a function that ran."""
        self.places.append((FUNCTION, f, f.__code__, f.__defaults__, f.__kwdefaults__))
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            self.places.append((CELL, cell, self.reach(content(cell), name)))
        self.reach_all((f.__defaults__, f.__kwdefaults__), f.__name__)
        if known.role_of(f.__code__.co_filename) is None:
            self._look_up(f.__code__, f.__globals__)

    def is_held(self, x: Any) -> bool:
        """Whether its attributes are looked at by name."""
        return id(x) in self._holders

    def hold(self, x: Any, names: Any, *, may_grow: bool = True) -> tuple[Any, ...]:
        """Look at the attributes that `x` has in a dict, or as a class, by name; the result is their place."""
        place: tuple[Any, ...] = (NAME, names)
        if may_grow:
            keys = tuple(vars(names) if isinstance(names, type) else names)
            place = (KEYS, names, keys, [MISSING] * len(keys), names.__bases__ if isinstance(names, type) else None)
            self.places.append(place)
        self._holders.setdefault(id(x), (x, []))[1].append(place)
        self.name(place, place[2] if self._every_attribute and may_grow else self._names)
        return place

    def name(self, place: tuple[Any, ...], names: Iterable[Any], *, soft: bool = False) -> None:
        """Look at these names in a dict or class, too; where `soft`, for what is known not to use objects that cannot be compared."""
        if place[0] == NAME:
            for name in [name for name in names if name in place[1]]:
                self._look_up_name(place[1], name)
            return
        _, holder, keys, values, _ = place
        now, before = vars(holder) if isinstance(holder, type) else holder, self._soft
        self._soft |= soft
        for i, key in enumerate(keys):
            if key in names and (values[i] is MISSING or not self._soft):
                values[i] = self.reach(now.get(key, MISSING), key)
        self._soft = before

    def _read_whole(self, x: Any, *, soft: bool = False) -> None:
        """All attributes of an object may have been read, or stored where `soft`; of all objects, where it is not known of which."""
        if x is MISSING:
            self._every_attribute |= not soft
            holders = [*self._holders.values()]
        else:
            holders = [self._holders[id(a)] for a in (x, *type(x).__mro__) if id(a) in self._holders]
        for _, dicts in holders:
            for place in dicts:
                if place[0] == KEYS:
                    self.name(place, place[2], soft=soft)

    def enter(self, f: types.FunctionType) -> None:
        """Look at what a function names as if it ran, with the functions made in it."""
        self.look_at_function(f)
        codes = [f.__code__]
        for code in codes:  # the loop adds to it
            codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
            if id(code) not in self.codes and known.role_of(code.co_filename) is None:
                self.on_entry(code, f.__globals__, expected=True)

    def look_at_function(self, f: types.FunctionType) -> None:
        """A function made in Python: what it holds matters if it runs."""
        role = known.role_of(f.__code__.co_filename)
        self._waiting.setdefault(id(f.__code__), []).append(f)
        if id(f.__code__) in self.codes or (role == "known" and root_of(f) != "numpy"):
            self._look_into(f)
        if role == "known":
            self.unlisted(f, f.__name__)
        else:
            self.hold(f, vars(f))

    def _look(self, x: Any, name: str, soft: bool) -> None:  # noqa: FBT001  # from the stack
        if id(x) in self._seen or (soft and id(x) in self._softly):
            return
        (self._softly if soft else self._seen)[id(x)] = held(x)
        before, self._soft = self._soft, soft
        look(self, x, name)
        self._soft = before


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


def _in_words(place: tuple[Any, ...]) -> str:
    """What a message calls a place."""
    kind, x = place[0], place[1]
    if kind == NAME:
        return f"the name {place[2]}"
    if kind == KEYS and not isinstance(x, type):
        return f"a dict or the attributes of an object, with the keys {', '.join(map(repr, place[2][:5]))}"
    return f"the content of a {type(x).__name__}" if kind in {ITEMS, BUFFER, STATE} else f"an object of the class {type(x).__name__}"
