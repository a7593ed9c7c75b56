"""LLVM: text to functions in memory, by `llvmlite`, and the functions that all programs share.

The functions of operations are compiled once and stay; a program's go with it. LLVM compiles one module at a time, under a lock.
"""

import threading
from collections.abc import Callable
from ctypes import CFUNCTYPE, c_int64, c_void_p
from functools import cache
from typing import Any

from autograd.program.machine.driver import driver
from autograd.program.machine.library import Library

LEVELS = {"quick": 0, "full": 2}
_lock = threading.RLock()


@cache
def available() -> bool:
    """Whether there is an `llvmlite` that can compile for this machine."""
    try:
        from llvmlite import binding  # noqa: PLC0415  # optional, and slow to import

        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        binding.Target.from_default_triple()
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
    return Library(lanes, lambda name: bool(_binding().address_of_symbol(name)))


class Compiled:
    """Functions in memory, which last as long as this object."""

    def __init__(self, text: str, level: int) -> None:
        binding = _binding()
        machine, layout = _target(level)
        module = binding.parse_assembly(f'target datalayout = "{layout}"\n{text}')
        self.engine = binding.create_mcjit_compiler(module, machine)
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


def compiled(text: str, own: Library, level: str) -> Compiled:
    """The functions of a program, of which `own` knows what they call."""
    with _lock:
        while own.written:
            name = next(iter(own.written))
            _keep(own.written.pop(name), name)
        return Compiled("\n".join([*own.declarations, text]), LEVELS[level])


@cache
def drive(lanes: int) -> Callable[..., None]:
    """The function that runs a program over lanes, of this width: see `driver`."""
    with _lock:
        compiled = Compiled(driver(lanes), LEVELS["full"])
        _kept.append(compiled)
        return CFUNCTYPE(None, c_void_p, c_int64, c_int64, c_int64)(compiled.address("drive"))


ONE = CFUNCTYPE(None, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p)
