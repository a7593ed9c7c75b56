"""When programs are compiled to machine code: in the background, once interpreting them has cost more than compiling them will.

AUTOGRAD_COMPILE says up to what level: "off", "quick" or "full". Nothing waits for it but `jit(f).compile(…)`.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from math import inf
from queue import SimpleQueue
from typing import Any

from autograd.compiled import kernel
from autograd.errors import RangeError
from autograd.locks import Lock
from autograd.program.observed import unobserved

CHOICES = ("off", "quick", "full")
DEFAULT = "off"  # while sums of one lane, and some functions, have other bits in machine code than in the kernel
RUN, COMPILE = 1e-9, 200e-6  # seconds: of the interpreter, an operand in a lane; of compiling, an operand
LEAST = 500_000  # operands times lanes below which a call in lanes stays with the kernel, whose call is quicker


def mode() -> str:
    """What AUTOGRAD_COMPILE says."""
    given = os.environ.get("AUTOGRAD_COMPILE", DEFAULT)
    if given not in CHOICES:
        raise RangeError(f"got AUTOGRAD_COMPILE={given!r}, expected off, quick or full, or no such variable")
    return given


def available() -> bool:
    """Whether programs can be compiled here."""
    from autograd.program.machine import engine  # noqa: PLC0415  # llvmlite is imported where it is used

    return bool(unobserved(engine.available))  # a function may be being recorded


class Tier:
    """The machine code of one program, as far as there is any; it runs in place of a plan.

    Args:
        program: the arguments of a plan of the kernel.
        least: the operands times lanes below which a call in lanes stays with the plan.
    """

    def __init__(self, program: tuple[Any, ...], least: int = LEAST) -> None:
        self.program: tuple[Any, ...] = program
        self.least: int = least
        self.operands: int = len(program[2])
        self.machine: Any = None
        self.levels: dict[Any, str] = {}  # of what is compiled
        self.asked: set[Any] = set()  # to be compiled
        self.failed: bool = False

    def watch(self, plan: Any) -> None:
        """Have `hot` called when interpreting has cost as much as compiling will."""
        plan.watch(COMPILE / RUN * max(self.operands, 64), self.hot)

    def hot(self, plan: Any, lanes: int, outputs: Any, seeds: Any) -> None:
        """Compile what such a run needs: at once where that is asked for, else in the background, and better when it has run often."""
        level = _wanted.level or mode()
        if level == "off" or self.failed or not available():
            plan.watch(inf, self.hot)  # until it is asked for
            return
        key = self._machine().key(lanes, outputs, seeds)
        before = self.levels.get(key)
        if _wanted.level:
            if before != level:
                unobserved(partial(self.compile, plan, key, level))
        elif (better := self._next(before, level, lanes)) and key not in self.asked:
            self.asked.add(key)
            _ask(self, plan, key, better)
        plan.watch(2 * COMPILE / RUN * max(self.operands, 64), self.hot)

    def _next(self, before: str | None, level: str, lanes: int) -> str | None:
        """The level of the code that is to be made next; in lanes quick code is slower than the kernel."""
        ladder = [x for x in CHOICES[1 : CHOICES.index(level) + 1] if x == "full" or lanes == 1 or not self.least]
        later = ladder[ladder.index(before) + 1 :] if before in ladder else ladder
        return later[0] if later else None

    def _machine(self) -> Any:
        if self.machine is None:
            from autograd.program.machine.plan import MachinePlan  # noqa: PLC0415  # as above

            self.machine = MachinePlan(*self.program)
        return self.machine

    def compile(self, plan: Any, key: Any, level: str) -> None:
        """Compile, and let the plan use it."""
        from autograd.program.machine.library import Missing  # noqa: PLC0415  # as above

        try:
            self._machine().compile(key, level)
        except Missing:
            self.failed = True  # a function that this machine's C library lacks
            return
        self.levels[key] = level
        self.asked.discard(key)
        made = self.machine.variants
        one = {reverse: made[reverse, None].function.address if (reverse, None) in made else 0 for reverse in (False, True)}
        plan.use(self, one[False], one[True], self.run if any(summed is not None for _, summed in made) else None)

    def run(self, lanes: int, inputs: Any, outputs: Any, seeds: Any = None, gradients: Any = None, threads: int = 1) -> Any:
        """Run where there is code for it, and that is worth its call; NotImplemented where not."""
        if lanes * self.operands < self.least:
            return NotImplemented
        return self.machine.run(lanes, inputs, outputs, seeds, gradients, threads)


class _Wanted(threading.local):
    """The level at which this thread wants what it runs to be compiled now; None where it does not."""

    level: str | None = None


_wanted = _Wanted()


@contextmanager
def compiling(level: str) -> Iterator[None]:
    """Within it, what runs in this thread is compiled after its run."""
    outer, _wanted.level = _wanted.level, level
    before = kernel is not None and kernel.eager(1)
    try:
        yield
    finally:
        _wanted.level = outer
        if kernel is not None:
            kernel.eager(before)


def eager() -> bool:
    """Whether this thread is within `compiling`."""
    return _wanted.level is not None


def expected() -> bool:
    """Whether what this thread runs is compiled, now or once that is worth it."""
    return (_wanted.level or mode()) != "off" and available()


_tasks: SimpleQueue[tuple[Tier, Any, Any, str]] = SimpleQueue()
_lock = Lock()
_worker: threading.Thread | None = None


def _ask(*task: Any) -> None:
    """Have something compiled in the background."""
    global _worker  # noqa: PLW0603  # started when it is first needed
    _tasks.put(task)
    with _lock:
        if _worker is None or not _worker.is_alive():  # as in the child of a fork
            _worker = threading.Thread(target=_work, name="valuegrad-compile", daemon=True)
            _worker.start()


def _work() -> None:
    from autograd.program.machine.engine import Stopped  # noqa: PLC0415

    while True:
        tier, plan, key, level = _tasks.get()
        try:
            tier.compile(plan, key, level)
        except Stopped:
            return
        except Exception:
            tier.failed = True
            raise
        finally:
            del tier, plan
