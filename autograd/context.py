"""What is in force while operations are recorded: the scope they belong to, and who watches them.

Kept in a context variable, so that threads and coroutines do not see each other's.
"""

from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from operator import attrgetter
from threading import Lock
from typing import Any, Protocol

from autograd.errors import OperationError


class Watch(Protocol):
    """Who is shown each node when it is recorded, and when a gradient has passed it."""

    def recorded(self, node: Any) -> None:
        """An operation has just made `node`."""

    def swept(self, node: Any, gradient: Callable[[Any], float] = attrgetter("grad")) -> None:
        """`node` has just sent its gradient on to its arguments; `gradient(node)` is what a node has received so far."""


class Trace(Protocol):
    """Who records a function to replay it, and so has to know of all that is taken from a Value beside operations on it."""

    def recorded(self, node: Any) -> None:
        """An operation has just made `node`, or it is a new leaf."""

    def truth(self, node: Any) -> bool:
        """Whether `node` is not 0: the replay is guarded by the answer."""

    def refuse(self, what: str, node: Any) -> None:
        """Say that `what`, of `node` if it is not None, cannot be replayed; of a constant it can."""


@dataclass(frozen=True, slots=True)
class Context:
    """What is in force.

    The number of the current scope, who watches, whether operations are recorded, the sets that collect new leaves, and who traces.
    `inner` keeps the contexts of the scopes within, by their names, since a module enters its own at every call.
    """

    scope: int = 0
    watch: Watch | None = None
    recording: bool = True
    born: tuple[set[Any], ...] = ()
    trace: Trace | None = None
    inner: dict[str, "Context"] = field(default_factory=dict, init=False, compare=False)


NEUTRAL = Context()

# The inputs of the functions that transforms are running, in any thread: what depends on them must not be copied apart or pickled.
AT_WORK: set[Any] = set()

_current: ContextVar[Context] = ContextVar("autograd", default=NEUTRAL)
current = _current.get

_lock = Lock()
_paths: list[tuple[str, ...]] = [()]
_ids: dict[tuple[str, ...], int] = {(): 0}


def refused(what: str, node: Any = None) -> None:
    """Let who traces a function refuse what a replay could not do again."""
    trace = current().trace
    if trace is not None:
        trace.refuse(what, node)


@contextmanager
def entered(context: Context) -> Iterator[None]:
    """Make `context` the current one for a while."""
    before = current()
    _current.set(context)  # and back by `set` too: in CPython 3.11 a finalizer that runs during `reset` may see freed memory
    try:
        yield
    finally:
        _current.set(before)


@contextmanager
def at_work(inputs: list[Any]) -> Iterator[None]:
    """Let copies and pickles know of these inputs while their function runs."""
    try:
        AT_WORK.update(inputs)
        yield
    finally:
        AT_WORK.difference_update(inputs)


def scope_id(path: tuple[str, ...]) -> int:
    """The small number that stands for a path of scope names in this process."""
    with _lock:
        if path not in _ids:
            _ids[path] = len(_paths)
            _paths.append(path)
    return _ids[path]


def scope_path(number: int) -> tuple[str, ...]:
    """The names of the scopes, outermost first, that a node's `scope` stands for.

    >>> with scope("layer"), scope("neuron"):
    ...     path = scope_path(current().scope)
    >>> path
    ('layer', 'neuron')
    """
    return _paths[number]


class scope(ContextDecorator):  # noqa: N801  # used like a function; a function with `yield` would take three times as long
    """Name the part of the program that records nodes: pictures collapse by it.

    >>> from autograd import Value
    >>> with scope("loss"):
    ...     v = Value(1.0) + 1.0
    >>> scope_path(v.scope)
    ('loss',)
    """

    _before: Context

    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise OperationError(f"got {name!r} as the name of a scope, expected a text such as scope('layer1')")
        self._name = name

    def __enter__(self) -> None:
        context = current()
        inner = context.inner.get(self._name)
        if inner is None:
            number = scope_id((*scope_path(context.scope), self._name))
            inner = context.inner[self._name] = Context(number, context.watch, context.recording, context.born, context.trace)
        self._before = context
        _current.set(inner)

    def __exit__(self, *_: object) -> None:
        _current.set(self._before)

    def _recreate_cm(self) -> "scope":
        return scope(self._name)  # as a decorator it is entered anew by each call
