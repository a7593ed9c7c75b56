"""What the interpreter reports while a function is recorded: each Python function entered, and each callable made in C that is called.

Python 3.12 and later report by `sys.monitoring`, to all tools that ask for it; Python 3.11 by the profile hook, behind which an earlier
one goes on working. The code of this library, of NumPy and of a few modules of Python is known, and not looked at.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dis import opmap
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from threading import RLock, get_ident
from types import CodeType, FrameType
from typing import Any

from autograd.compiled import kernel
from autograd.program import known
from autograd.program.captured import COARSE, State
from autograd.program.places import MISSING

monitoring: Any = None if COARSE else sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on

# What is being recorded, the innermost last, by thread; and the frame there, or the call at this
# place in it, whose inner calls do not count.
_active: dict[int, list[State]] = {}
_muted: dict[int, tuple[FrameType, int | None]] = {}
_lock = RLock()
_tools: list[int] = []  # our number with sys.monitoring, once for each thread that records
RESUME = opmap["RESUME"]
GENERATOR = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
TOOLS = (3, 4, 5, 2, 1, 0)  # those numbers first that no kind of tool has for its own


def _is_muted(frame: FrameType) -> bool:
    """Whether a frame runs for the sake of output, such as a print or a message that is logged."""
    if (muted := _muted.get(get_ident())) is None:
        return False
    around: FrameType | None = frame
    while around is not None and around is not muted[0]:
        around = around.f_back
    if around is not None and muted[1] in {None, around.f_lasti}:
        return True
    del _muted[get_ident()]
    return False


def _is_stray(frame: FrameType, states: list[State]) -> bool:
    """Whether it is that of a generator from before, which the interpreter closes since nothing holds it any more."""
    code = frame.f_code
    return bool(code.co_flags & GENERATOR) and not _is_quiet(code) and all(id(code) not in state.codes for state in states)


def _starts(frame: FrameType) -> bool:
    """Whether a frame begins, rather than being a generator's that goes on."""
    code = frame.f_code.co_code
    return code[frame.f_lasti] == RESUME and code[frame.f_lasti + 1] == 0


def _entered(code: CodeType, frame: FrameType) -> None:
    states = [state for state in _active.get(get_ident(), ()) if id(code) not in state.codes and state.refusal is None]
    if not states or _is_muted(frame):
        return
    back = frame.f_back
    if back is not None and _is_stray(back, states):
        _muted[get_ident()] = back, None
        return
    if known.is_for_its_own(code, frame.f_globals, back) or any(id(code) in state.live for state in states):
        _muted[get_ident()] = frame, None  # until it has returned
        return
    for state in states:
        state.on_entry(code, frame.f_globals, expected=back is not None and known.role_of(back.f_code.co_filename) == "known")


def _called(f: Any, first: Any, code: CodeType, frame: FrameType) -> None:
    if id(f) in known.PLAIN:
        return
    states = [state for state in _active.get(get_ident(), ()) if state.refusal is None]
    if not states or _is_muted(frame):
        return
    if _is_stray(frame, states):
        _muted[get_ident()] = frame, None
        return
    if id(f) in known.EFFECTS:
        _muted[get_ident()] = frame, frame.f_lasti  # until that goes on
        return
    for state in states:
        state.called(f, first, f"{code.co_filename}:{frame.f_lineno}")


def _is_quiet(code: CodeType, f: Any = None) -> bool:
    """Whether what this code does, or calls, is known."""
    return known.role_of(code.co_filename) == "known" and not any(f is g for g in known.OUTSIDE)


def _start(code: CodeType, _offset: int) -> Any:
    return monitoring.DISABLE if _is_quiet(code) else _entered(code, sys._getframe(1))  # there is no other way to the globals


def _call(code: CodeType, _offset: int, f: Any, first: Any) -> Any:
    return monitoring.DISABLE if _is_quiet(code, f) else _called(f, first, code, sys._getframe(1))


def _hook(frame: FrameType, event: str, arg: Any) -> None:
    code = frame.f_code
    if event == "call" and not _is_quiet(code) and _starts(frame):
        _entered(code, frame)
    elif event == "c_call" and not _is_quiet(code, arg):
        _called(arg, MISSING, code, frame)


@contextmanager
def _monitored() -> Iterator[bool]:
    """Reports of `sys.monitoring`, for all threads; whether there are."""
    with _lock:
        new = not _tools
        tool = next((t for t in TOOLS if monitoring.get_tool(t) is None), None) if new else _tools[0]
        if tool is not None:
            _tools.append(tool)
        if tool is not None and new:
            monitoring.use_tool_id(tool, "autograd")
            monitoring.register_callback(tool, monitoring.events.PY_START, _start)
            monitoring.register_callback(tool, monitoring.events.CALL, _call)
            monitoring.set_events(tool, monitoring.events.PY_START | monitoring.events.CALL)
    try:
        yield tool is not None
    finally:
        with _lock:
            if tool is not None and not (_tools.pop() and _tools):
                monitoring.set_events(tool, 0)
                monitoring.register_callback(tool, monitoring.events.PY_START, None)
                monitoring.register_callback(tool, monitoring.events.CALL, None)
                monitoring.free_tool_id(tool)


@contextmanager
def _profiled() -> Iterator[bool]:
    """Reports of the profile hook, for this thread; whether there are."""
    before: Any = sys.getprofile()

    def after_another(frame: FrameType, event: str, arg: Any) -> None:
        before(frame, event, arg)
        _hook(frame, event, arg)

    if kernel is not None:
        kernel.begin_reports(_hook, known.QUIET, known.OUTSIDE)
    else:
        if hasattr(before, "disable"):  # cProfile's, which cannot be called from Python: it pauses
            before.disable()
        sys.setprofile(after_another if callable(before) else _hook)
    try:
        yield True
    finally:
        if kernel is not None:
            kernel.end_reports()
        else:
            sys.setprofile(before if callable(before) else None)
            if hasattr(before, "enable"):
                before.enable()


def include(state: State | None, refusal: str | None) -> None:
    """What is being recorded around a call that was replayed, or is not recorded, rests on that, too."""
    for outer in _active.get(get_ident(), ()):
        if refusal is not None:
            outer.refusal = outer.refusal or refusal
        elif state is not None:
            outer.include(state)


@contextmanager
def observed(state: State) -> Iterator[None]:
    """Report to `state` what happens in the block, in this thread."""
    states = _active.setdefault(get_ident(), [])
    with ExitStack() as reports:
        if not states and not reports.enter_context(_profiled() if COARSE else _monitored()):
            state.refuse("the tools that use sys.monitoring have left it no number")
        states.append(state)
        try:
            yield
        finally:
            states.pop()
            if not states:
                del _active[get_ident()]
                _muted.pop(get_ident(), None)


def unobserved(f: Callable[[], Any]) -> Any:
    """What `f()` gives, which the library does for itself: it is not reported, nor is a frame of it held until the next report."""
    states = _active.pop(get_ident(), None)
    try:
        return f()
    finally:
        if states is not None:
            _active[get_ident()] = states


def around() -> list[State]:
    """What is being recorded in this thread, the innermost last."""
    return [*_active.get(get_ident(), ())]


def within(states: Sequence[State], f: Callable[[], Any]) -> Any:
    """What `f()` gives, if that rests on nothing but what these states do, or they are being recorded; else None."""
    active = around()
    if all(any(state is own for own in active) for state in states):
        return f()
    copies = [state.copied() for state in states]
    with ExitStack() as reports:
        for state in copies:
            reports.enter_context(observed(state))
        found = f()
    for state, before in zip(copies, states, strict=True):
        if state.refusal is not None or len(state.places) > len(before.places) or not state.holds():
            return None
    return found
