"""The context in which operations are recorded: the scope, the watch and the tracer.

It is kept in a context variable, so that threads and coroutines do not share it. A `Change` changes it for a `with` block, for a call,
or for the calls of a decorated function. Two things make that more than a variable that is set and set back:

- Ctrl-C raises KeyboardInterrupt between almost any two steps of the interpreter, so that `__exit__` may not be called.
- A generator may yield within a `with` block. The change is then in force while the generator runs, and not while it is suspended.
"""

import sys
from collections.abc import Callable, Generator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial, wraps
from inspect import CO_ASYNC_GENERATOR, CO_GENERATOR, isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from opcode import opmap
from operator import attrgetter
from threading import local
from types import FrameType
from typing import Any, ParamSpec, Protocol, TypeVar

from autograd.errors import OperationError, TraceError

F = TypeVar("F", bound=Callable[..., Any])
P = ParamSpec("P")
R = TypeVar("R")

# Modules that run a generator as a context manager or as a fixture: a block that it enters before its yield applies to the enclosing code.
DRIVERS = {"contextlib", "_pytest.fixtures", "pytest_asyncio.plugin"}


class Watch(Protocol):
    """An observer that is called for each node that is recorded, and for each that the reverse sweep has passed."""

    def recorded(self, node: Any) -> None:
        """An operation has just made `node`."""

    def swept(self, node: Any, gradient: Callable[[Any], float] = attrgetter("grad")) -> None:
        """`node` has just sent its gradient on to its arguments; `gradient(node)` is what a node has received so far."""


class Tracer(Protocol):
    """Records a function for replay, and therefore has to know of everything that is read from a Value except by operations."""

    @property
    def lazy(self) -> bool:
        """Whether a computation over lanes is kept as one call."""

    @property
    def masks(self) -> bool:
        """Whether comparisons of arrays are kept as such."""

    masked: bool  # whether there are any
    log: Any  # of the operations, None where there is none

    def guard(self, node: Any) -> bool:
        """Whether `node` is not 0; the answer becomes a guard of the replay."""

    def note_bool(self, node: Any) -> Any:
        """`node`, noted as one that represents a bool."""

    def is_bool(self, node: Any) -> bool:
        """Whether the node was noted as a bool."""

    def keep(self, run: int) -> None:
        """What has the number of this run belongs to the recording until it ends."""

    def forbid(self, what: str, node: Any) -> None:
        """Raise an error: `what`, of `node` if that is given, cannot be replayed, unless `node` is a constant."""


class Scope:
    """A path of scope names, outermost first; there is one object for each path, for as long as a node or a context holds it."""

    __slots__ = ("__weakref__", "path")

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path: tuple[str, ...] = path

    def __repr__(self) -> str:
        return f"<scope {'/'.join(self.path)}>"


@dataclass(frozen=True, slots=True)
class Context:
    """The state that recording depends on.

    The current scope (0 where there is none), the watch, whether operations are recorded, the numbers of the runs of transforms that are
    active, the innermost last, and the tracer. `inner` caches the contexts of inner scopes by name, since a module enters its own at every
    call.
    """

    scope: Scope | int = 0
    watch: Watch | None = None
    recording: bool = True
    runs: tuple[int, ...] = ()
    tracer: Tracer | None = None
    inner: dict[str, "Context"] = field(default_factory=dict, init=False, compare=False)


NEUTRAL = Context()


class Entry:
    """A change that is in force for as long as a frame is; `change` is None once it is not."""

    __slots__ = ("change", "frame")

    def __init__(self, change: "Callable[[Context], Context]", frame: FrameType) -> None:
        self.change: Callable[[Context], Context] | None = change
        self.frame: FrameType = frame

    def suspends(self) -> bool:
        """Whether it belongs to a generator, which may be suspended while the change is still made."""
        return bool(self.frame.f_code.co_flags & GENERATOR)

    def held(self, running: dict[FrameType, int]) -> bool:
        """Whether it is in force: its generator is running, or awaits something."""
        return self.change is not None and (not self.suspends() or self.frame in running or _awaits(self.frame))


class Layers:
    """The context where generators have made changes, which are in force while these run."""

    __slots__ = ("base", "entries", "found")

    def __init__(self, base: Context, entries: tuple[Entry, ...]) -> None:
        self.base: Context = base
        self.entries: tuple[Entry, ...] = entries
        self.found: tuple[list[Entry], Context] = ([], base)

    def now(self) -> Context:
        """The current context: the base with the changes of the frames that are running, the outermost first."""
        resumed = any(e.suspends() and e.frame.f_back is not None for e in self.entries)
        running = _running({e.frame for e in self.entries}) if resumed else {}
        held, places, place = [e for e in self.entries if e.held(running)], {}, -1
        for e in held:
            places[e] = place = running.get(e.frame, place)
        held.sort(key=places.__getitem__)
        entries, context = self.found
        if entries != held:
            context = self.base
            for e in held:
                change = e.change
                context = context if change is None else change(context)
            self.found = held, context
        return context

    def __getattr__(self, name: str) -> Any:
        return getattr(self.now(), name)


def layered(base: Context, entries: tuple[Entry, ...]) -> "Context | Layers":
    """The base with those entries that are still in force."""
    left = tuple([e for e in entries if e.change is not None])
    return Layers(base, left) if left else base


GENERATOR = CO_GENERATOR | CO_ASYNC_GENERATOR
RESUME, AFTER_AWAIT = opmap["RESUME"], 3


def _running(sought: set[FrameType]) -> dict[FrameType, int]:
    """The given frames that this thread is running, with their depths, the outermost first."""
    found: dict[FrameType, int] = {}
    frame, place = sys._getframe(2), 0  # noqa: SLF001  # there is no other way; not this frame, which would make a reference cycle
    while frame is not None and len(found) < len(sought):
        if frame in sought:
            found[frame] = place
        frame, place = frame.f_back, place - 1  # type: ignore[assignment]  # None ends it
    return found


def _awaits(frame: FrameType) -> bool:
    """Whether an async generator is suspended by an await, during which its changes stay in force, and not by its yield."""
    if frame.f_back is not None or not frame.f_code.co_flags & CO_ASYNC_GENERATOR:
        return False
    code, i = frame.f_code.co_code, frame.f_lasti  # of YIELD_VALUE, from Python 3.13 on of RESUME after it
    i += 0 if code[i] == RESUME else 2
    return code[i] == RESUME and code[i + 1] & 3 == AFTER_AWAIT


def _owner(frame: FrameType) -> FrameType:
    """The frame for which `frame` enters a block: itself, or, where it is a generator used as a context manager, its caller."""
    while (around := frame.f_back) is not None and (_drives(frame) or (frame.f_code.co_flags & GENERATOR and _drives(around))):
        frame = around
    return frame


def _drives(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__") in DRIVERS


_current: ContextVar[Any] = ContextVar("autograd", default=NEUTRAL)
current: Callable[[], Context] = _current.get
put: Callable[[Any], Any] = (
    _current.set
)  # set back by `set`, too: in CPython 3.11 a finalizer that runs during `reset` may see freed memory


# The numbers of runs in which a function is traced are multiples of this; and who traces, by the numbers of those that are at work.
TRACED = 64
TRACERS: dict[int, Any] = {}


def is_lost(node: Any) -> bool:
    """Whether a Value stands for what a function was given in a recording, or in a derivative within one, that has ended."""
    run: int = node._run  # noqa: SLF001  # as Python spells what belongs to this library alone
    return run > 0 and run % TRACED == 0 and run not in TRACERS and run not in current().runs


def forbid_lost(node: Any) -> None:
    """Raise an error where a Value of a run that is traced is used outside of it."""
    tracer = TRACERS.get(node._run)  # noqa: SLF001  # as above
    if tracer is not None:
        tracer.forbid("a Value in another thread", None)
    raise TraceError(
        "got a Value that was recorded in a call under jit or vmap which has ended, so that its number is that of one call and its "
        "gradient is lost: return what is needed later"
    )


def tracer_for(*compared: Any) -> Any:
    """Who traces the function that compares these, if it is traced; an error where a Value among them was traced outside of it."""
    tracer = current().tracer
    if tracer is None:
        for x in compared:
            run: int = getattr(x, "_run", 0)
            if run and run % TRACED == 0:
                forbid_lost(x)
    return tracer


def forbid_while_traced(what: str, node: Any = None, *, constant: bool = False) -> None:
    """Raise an error where a function is being traced, since a replay could not repeat `what`, unless of a `constant`; or has been."""
    tracer = current().tracer
    if tracer is not None:
        tracer.forbid(what, node if constant else None)
    elif node is not None and node._run and node._run % TRACED == 0:  # noqa: SLF001  # as above
        forbid_lost(node)


class _Block:
    """One `with` block: the context before it, and the entry that it made, if it made one."""

    __slots__ = ("before", "change", "entry", "within")

    before: Any
    change: "Change"
    within: "Callable[[Context], Context]"

    def __init__(self, change: "Change") -> None:
        self.change, self.before = change, None
        self.entry: Entry | None = None


_next = local()  # the block that this thread is about to enter


def _leaving(block: _Block) -> Generator[int, Any, None]:
    """Leaves a block; a generator that has already been started: see `_Exit`."""
    try:
        yield 0
        if block.before is None:  # its __enter__ was called directly
            block = block.change.blocks[-1]
    finally:
        before, entry = block.before, block.entry
        if entry is not None:
            entry.change = None  # with this it is no longer in force; the rest only tidies up
            try:
                _tidy()
            except BaseException:
                _tidy()
                raise
        elif before is not None:
            after = before
            try:
                after = _without(before)
            finally:
                put(after)
    failed = yield 0
    block.change.left(block, failed=failed is not None)
    while True:
        yield 0


def _tidy() -> None:
    now: Any = current()
    if now.__class__ is Layers:
        put(layered(now.base, now.entries))


def _without(before: Any) -> Any:
    """The context after the block of a plain function: the one before, with the changes of suspended generators."""
    now: Any = current()
    return before if now.__class__ is Context else layered(before, now.entries)


class _Exit:
    """An `__exit__` that Ctrl-C cannot interrupt before its first step.

    The interpreter checks for an interrupt where a Python function begins, before any of it has run, and after each call. But a `with`
    statement looks up its `__exit__` before it calls `__enter__`, so this can return something written in C: `max`, which calls `send`
    of a generator. That has already been started, so that an interrupt finds it inside `try`, and `finally` runs all the same, even
    where the exit is dropped and not called, since that closes the generator.
    """

    def __get__(self, change: "Change | None", cls: type) -> Callable[..., None]:
        if change is None:
            return _leave  # ExitStack calls it with the object
        block = _next.block = _Block(change)
        leaving = _leaving(block)
        next(leaving)
        return partial(max, None, key=leaving.send)  # sent are None, then the exception; of equal numbers the first counts: None


def _leave(change: "Change", failed: Any = None, *_: object) -> None:
    """Leave the block that was entered last by a direct call of `__enter__`."""
    leaving = _leaving(change.blocks[-1])
    for sent in (None, None, failed):
        leaving.send(sent)


class Change:
    """A change of the context: for a `with` block, for a call by `run`, or for each call of a function that it decorates."""

    blocks: tuple[_Block, ...] = ()  # entered and not yet left

    def entering(self) -> "Callable[[Context], Context]":
        """The change for one block: a function from the enclosing context to the inner one."""
        raise NotImplementedError

    def __enter__(self) -> None:
        before: Any = current()
        block = getattr(_next, "block", None)
        if block is None or block.change is not self or block.before is not None:
            block = _Block(self)  # __enter__ was called directly
        _next.block = None  # so that it keeps nothing alive
        owner = _owner(sys._getframe(1))  # noqa: SLF001  # there is no other way
        within = block.within = self.entering()
        after: Any = within(before if before.__class__ is Context else before.now())
        if owner.f_code.co_flags & GENERATOR or before.__class__ is not Context:
            block.entry = Entry(within, owner)
            base, entries = (before, ()) if before.__class__ is Context else (before.base, before.entries)
            after = layered(base, (*entries, block.entry))
        self.blocks = (*self.blocks, block)
        block.before = before
        try:
            put(after)
        except BaseException:
            put(before)
            raise

    __exit__: _Exit = _Exit()

    def left(self, block: _Block, *, failed: bool) -> None:  # noqa: ARG002  # for a subclass
        """Called after a block has been left, by an exception where `failed`."""
        self.blocks = tuple([b for b in self.blocks if b is not block])

    def run(self, f: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
        """`f(*args, **options)` with the change made: faster than a `with` block."""
        before: Any = current()
        if before.__class__ is not Context:
            with self:
                return f(*args, **options)
        after: Any = self.entering()(before)
        try:
            put(after)
            return f(*args, **options)
        finally:
            try:
                after = current()
            finally:
                put(before)
            if after.__class__ is not Context:
                put(layered(before, after.entries))

    def __call__(self, f: F) -> F:
        """The function f with the change made in each of its calls."""
        if isasyncgenfunction(f):
            raise OperationError(f"got {f!r}, an asynchronous generator, to decorate: write the with statement in it instead")

        async def coroutine(*args: Any, **options: Any) -> Any:
            with self:
                return await f(*args, **options)

        def generator(*args: Any, **options: Any) -> Any:
            with self:
                return (yield from f(*args, **options))

        def function(*args: Any, **options: Any) -> Any:
            with self:
                return f(*args, **options)

        made: Any = coroutine if iscoroutinefunction(f) else generator if isgeneratorfunction(f) else function
        return wraps(f)(made)  # type: ignore[return-value]  # it takes and gives what f does
