"""The ways to change the context in which operations are recorded: `scope`, `no_grad`, `in_context`; see `autograd.blocks`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from weakref import WeakValueDictionary

from autograd.blocks import (
    NEUTRAL,
    TRACED,
    TRACERS,
    Change,
    Context,
    Layers,
    Scope,
    Tracer,
    Watch,
    _current,
    current,
    forbid_lost,
    forbid_while_traced,
    is_lost,
    put,
    tracer_for,
)
from autograd.errors import OperationError, api_boundary
from autograd.locks import Lock

__all__ = [
    "ACTIVE_INPUTS",
    "NEUTRAL",
    "TRACED",
    "TRACERS",
    "Change",
    "Context",
    "Layers",
    "Scope",
    "Tracer",
    "Watch",
    "_current",
    "current",
    "forbid_lost",
    "forbid_while_traced",
    "in_context",
    "is_lost",
    "no_grad",
    "put",
    "run_of_its_own",
    "scope",
    "scope_of",
    "scope_path",
    "tracer_for",
    "with_active_inputs",
]  # fmt: skip

# How many contexts of inner scopes a context caches.
KEPT = 512
_lock = Lock()
_scopes: WeakValueDictionary[tuple[str, ...], Scope] = WeakValueDictionary()


_last = 0  # the number of the latest run


def _next_run(*, traced: bool) -> int:
    """A number higher than all before it, a multiple of TRACED or none: what survives a recording is known by it."""
    global _last  # noqa: PLW0603  # a counter
    with _lock:
        after = _last + 1
        _last = after + -after % TRACED if traced else after + (after % TRACED == 0)
        return _last


def run_of_its_own(context: Context, *, traced: bool = False) -> Context:
    """The context for a function that a transform runs: nodes recorded in it have the number of this run, or of a later one."""
    run = _next_run(traced=traced or context.tracer is not None)
    if not traced and context.tracer is not None:
        context.tracer.keep(run)
    return run_continued(run, context)


def run_continued(run: int, context: Context) -> Context:
    """The context in which more is recorded that belongs to a run of a transform."""
    return Context(context.scope, context.watch, recording=True, runs=(*context.runs, run), tracer=context.tracer)


class in_context(Change):  # noqa: N801  # used like a function
    """Make a context the current one; given a function, what it returns for the enclosing context."""

    def __init__(self, change: Context | Callable[[Context], Context]) -> None:
        self.change = change

    def entering(self) -> Callable[[Context], Context]:
        """The change to this context."""
        change = self.change
        return (lambda _: change) if isinstance(change, Context) else change


def log_of_tracer() -> Any:
    """The log of the recording of which the running function is a part, in which loops are rolled up; None where there is none."""
    tracer = current().tracer
    return None if tracer is None else tracer.log


# The inputs of the functions that transforms are running, in any thread: a copy or pickle of what depends on them would lose gradients.
ACTIVE_INPUTS: set[Any] = set()


def with_active_inputs(inputs: list[Any], f: Callable[..., Any], *args: Any) -> Any:
    """`f(*args)`; while it runs, `inputs` are among the active ones."""
    try:
        ACTIVE_INPUTS.update(inputs)
        return f(*args)
    finally:
        ACTIVE_INPUTS.difference_update(inputs)


def scope_of(path: tuple[str, ...]) -> Scope | int:
    """The scope that stands for a path of names."""
    if not path:
        return 0
    with _lock:
        return _scopes.setdefault(path, Scope(path))


def scope_path(scope: Scope | int) -> tuple[str, ...]:
    """The names of the scopes, outermost first, that a node's `scope` stands for.

    >>> with scope("layer"), scope("neuron"):
    ...     path = scope_path(current().scope)
    >>> path
    ('layer', 'neuron')
    """
    return scope.path if isinstance(scope, Scope) else ()


class scope(Change):  # noqa: N801  # as above
    """Give a name to the nodes that a part of the program records, by which pictures can collapse them.

    Raises:
        OperationError: the name is not a string.

    >>> from autograd import Value
    >>> with scope("loss"):
    ...     v = Value(1.0) + 1.0
    >>> scope_path(v.scope)
    ('loss',)
    """

    @api_boundary
    def __init__(self, name: str) -> None:
        if not isinstance(name, str):
            raise OperationError(f"got {name!r} as the name of a scope, expected a string such as scope('layer1')")
        self._name = name

    def entering(self) -> Callable[[Context], Context]:
        """The scope of this name within the enclosing one."""
        return self._within

    def _within(self, context: Context) -> Context:
        inner = context.inner.get(self._name)
        if inner is None:
            here = scope_of((*scope_path(context.scope), self._name))
            inner = Context(here, context.watch, context.recording, context.runs, context.tracer)
            if len(context.inner) >= KEPT:
                context.inner.clear()
            context.inner[self._name] = inner
        return inner


class no_grad(Change):  # noqa: N801  # as above
    """Record nothing: the results of operations inside are leaves, without arguments.

    In a generator it applies while that runs, not while it is suspended; in one used as a context manager, in the block.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.args
    ()
    """

    def entering(self) -> Callable[[Context], Context]:
        """The change to a context that does not record."""
        return _unrecorded


def _unrecorded(context: Context) -> Context:
    if context.tracer is not None:
        context.tracer.forbid("no_grad()", None)
    return replace(context, recording=False)
