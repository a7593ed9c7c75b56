"""LLVM: text to functions in memory, by `llvmlite`, and the functions that all programs share.

The functions of operations are compiled once and stay; a program's go with it. LLVM compiles one module at a time, under a lock.
"""

import atexit
import math
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from ctypes import CDLL, CFUNCTYPE, c_int64, c_void_p, cast
from functools import cache
from typing import Any

from autograd.program.machine.driver import driver
from autograd.program.machine.emit import Emission
from autograd.program.machine.library import Library

LEVELS = {"quick": 0, "full": 2}
CALLED = ("fma", "floor", "ceil", "rint")  # by what LLVM makes of its own functions where the processor lacks an instruction
_lock, _stopping = threading.RLock(), threading.Event()
_locks: list[Any] = [_lock]  # which nobody may hold when the process forks


class Stopped(Exception):
    """Nothing is compiled any more."""


@cache
def available() -> bool:
    """Whether there is an `llvmlite` that can compile for this machine."""
    try:
        from llvmlite import binding  # noqa: PLC0415  # optional, and slow to import

        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        binding.Target.from_default_triple()
        lock = getattr(binding.ffi.lib, "_lock", None)  # its own, of each call
        if lock is not None:
            with _lock:
                _locks.append(lock)
    except Exception:  # noqa: BLE001  # whatever is the matter with it, it cannot be used
        return False
    return True


@cache
def _binding() -> Any:
    if not available():
        raise ImportError("llvmlite is not installed")
    from llvmlite import binding  # noqa: PLC0415

    return binding


def _target(level: int) -> tuple[Any, str]:
    """A target machine for this processor, which an engine will own, and the layout of its memory."""
    binding = _binding()
    features = binding.get_host_cpu_features().flatten()
    machine = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=features, opt=level, jit=True
    )
    return machine, str(machine.target_data)


@cache
def width() -> int:
    """How many floats fill a vector of this processor."""
    features = _binding().get_host_cpu_features()
    return 8 if features.get("avx512f") and features.get("avx512dq") else 4 if features.get("avx2") and features.get("fma") else 2


@cache
def library(lanes: int) -> Library:
    """The functions of operations for this width."""
    for name in CALLED:
        is_there(name)
    return Library(lanes, is_there)


@cache
def _libraries() -> list[Any]:
    """Where functions of the C library are found: what Python's own module `math` is linked with, and the process."""
    found = []
    for name in (getattr(math, "__file__", None), "ucrtbase" if sys.platform == "win32" else None):
        with suppress(OSError, TypeError):
            found.append(CDLL(name))
    return found


@cache
def is_there(name: str) -> bool:
    """Whether the C library has a function, which code may call from now on."""
    for own in _libraries():
        if function := getattr(own, name, None):
            _binding().add_symbol(name, cast(function, c_void_p).value)
            return True
    return False


class Compiled:
    """Functions in memory, which last as long as this object."""

    def __init__(self, text: str, level: int) -> None:
        binding = _binding()
        machine, layout = _target(level)
        module = binding.parse_assembly(f'target datalayout = "{layout}"\n{text}')
        self.engine: Any = binding.create_mcjit_compiler(module, machine)
        self.engine.finalize_object()

    def address(self, name: str) -> int:
        """Where a function is."""
        return int(self.engine.get_function_address(name))


_kept: list[Compiled] = []  # of functions that all programs share


def _keep(text: str, name: str) -> None:
    """Compile a function that stays, and let later modules call it."""
    compiled = Compiled(text, LEVELS["full"])
    _kept.append(compiled)
    _binding().add_symbol(name, compiled.address(name))


class Function:
    """A program's function: its address, and how to call it; it lasts as long as this object.

    Args:
        emission: the program.
        library: what it calls.
        level: "quick" or "full".

    Raises:
        Stopped: the interpreter ends.
    """

    def __init__(self, emission: Emission, library: Library, level: str) -> None:
        addresses: list[int] = []
        self.parts: list[Compiled] = []
        for names, text in emission.texts():
            with _lock:
                if _stopping.is_set():
                    raise Stopped
                while library.written:
                    name = next(iter(library.written))
                    _keep(library.written[name], name)
                    del library.written[name]
                part = Compiled("\n".join([*library.declarations, text]), LEVELS[level])
            self.parts.append(part)
            addresses += map(part.address, names)
        with _lock:
            self.parts.append(Compiled(emission.main(addresses), LEVELS["quick"]))
        self.address: int = self.parts[-1].address(emission.name)
        self.call: Any = ONE(self.address)


def forget() -> None:
    """Compile nothing any more; what is being compiled is waited for."""
    _stopping.set()
    with _lock:
        pass


def _hold() -> None:
    """Wait until nothing is being compiled or given back, and let nothing be."""
    _lock.acquire()
    for lock in _locks[1:]:
        lock.__enter__()


def _go_on() -> None:
    for lock in reversed(_locks):
        lock.__exit__(None, None, None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_hold, after_in_parent=_go_on, after_in_child=_go_on)
atexit.register(forget)


@cache
def drive(lanes: int) -> Callable[..., None]:
    """The function that runs a program over lanes, of this width: see `driver`."""
    with _lock:
        compiled = Compiled(driver(lanes), LEVELS["full"])
        _kept.append(compiled)
        return CFUNCTYPE(None, c_void_p, c_int64, c_int64)(compiled.address("drive"))


ONE = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
