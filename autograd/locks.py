"""Locks for threads, of which the child of a fork finds none held for ever: of all threads only the one that forked lives on there."""

import os
import sys
from collections.abc import Callable
from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

if TYPE_CHECKING or sys.version_info >= (3, 12):
    from functools import cached_property
else:

    class cached_property:  # noqa: N801  # used like a function
        """The same without the lock that it has in Python 3.11, one for all objects: several threads may compute it at a time."""

        def __init__(self, f: Callable[[Any], Any]) -> None:
            self.f, self.name, self.__doc__ = f, f.__name__, f.__doc__

        def __set_name__(self, owner: Any, name: str) -> None:
            self.name = name

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            if instance is None:
                return self
            found = instance.__dict__[self.name] = self.f(instance)
            return found


__all__ = ["Lock", "cached_property", "in_children"]


class Lock:
    """A lock that its thread may take again, as where a signal's handler runs; to be used by `with`."""

    def __init__(self) -> None:
        self._lock = RLock()
        _locks.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _let_go(self) -> None:
        """In the child of a fork: let go what another thread had taken."""
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock = RLock()


_locks: WeakSet[Lock] = WeakSet()


def _let_all_go() -> None:
    for lock in list(_locks):
        lock._let_go()  # noqa: SLF001  # of this file


def in_children(f: Callable[[], object]) -> None:
    """Call `f` in the child of each fork, where a process can fork."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=f)


in_children(_let_all_go)
