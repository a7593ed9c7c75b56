"""A process for cells that may take too long or too much memory: a cell over a limit says so, and the next one gets a fresh process."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import measure


def _serve(pipe: Connection, memory: float) -> None:
    """Run what arrives, until the pipe is closed; "ready" is sent first of each, a result in a tuple, why there is none as a string."""
    measure.pin()
    if sys.platform == "linux":
        import resource  # noqa: PLC0415  # Windows has none

        resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    with suppress(EOFError, BrokenPipeError):  # when the other end is closed
        while True:
            f, args = pipe.recv()
            pipe.send("ready")
            try:
                answer: Any = (f(*args),)
            except MemoryError:
                answer = "memory"
            except Exception as error:  # noqa: BLE001  # a cell that fails is a result
                answer = f"{type(error).__name__}: {error}"
            pipe.send(answer)


def _spent(process: BaseProcess) -> float:
    """Seconds of the processor that a process has taken; elsewhere than on Linux seconds on the clock."""
    try:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return time.monotonic()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Limited:
    """Runs functions in a process on one core, each for at most so many of the processor's seconds and with at most so many bytes."""

    def __init__(self, seconds: float, memory: float) -> None:
        self.seconds, self.memory = seconds, memory
        self.process: BaseProcess | None = None

    def __call__(self, f: Callable[..., Any], *args: Any) -> Any:
        """The result of `f(*args)`, or in a string why there is none: "over", "memory", or the error."""
        if self.process is None:
            context = get_context("spawn")
            self.pipe, theirs = context.Pipe()
            self.process = context.Process(target=_serve, args=(theirs, self.memory), daemon=True)
            self.process.start()
            theirs.close()
        self.pipe.send((f, args))
        self.pipe.recv()  # what starting takes, and importing f's module, does not count
        until = _spent(self.process) + self.seconds
        while not self.pipe.poll(0.1) and _spent(self.process) < until:
            pass
        try:
            answer = self.pipe.recv() if self.pipe.poll() else "over"
        except EOFError:  # the system ended the process
            answer = "memory"
        if not isinstance(answer, str):
            return answer[0]
        if answer in {"over", "memory"}:
            self.end()
        return answer

    def end(self) -> None:
        """End the process; the next call starts another."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.pipe.close()
            self.process = None
