"""What the interpreter reports while a function is recorded: each Python function entered, and each callable made in C that is called.

Python 3.12 and later report by `sys.monitoring`, to all tools that ask for it; Python 3.11 by the profile hook, behind which an earlier
one goes on working. The code of this library, of NumPy and of a few modules of Python is known, and not looked at.
"""

import gc
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
CALLS, RESUME = {"call", "c_call"}, opmap["RESUME"]
GENERATOR = CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR
TOOLS = (3, 4, 5, 2, 1, 0)  # those numbers first that no kind of tool has for its own


def _counts(frame: FrameType | None, states: list[State]) -> bool:
    """Whether calls by this frame count: not for the sake of output, nor where a generator from before is closed as nothing holds it."""
    thread, around = get_ident(), frame
    if thread in _muted:
        while around is not None and around is not _muted[thread][0]:
            around = around.f_back
        if around is not None and _muted[thread][1] in {None, around.f_lasti}:
            return False
        del _muted[thread]
    if frame is None or not frame.f_code.co_flags & GENERATOR or known.role_of(frame.f_code.co_filename) == "known":
        return True
    if is_stray := all(id(frame.f_code) not in state.codes for state in states):
        _muted[thread] = frame, None
    return not is_stray


def _entered(code: CodeType, frame: FrameType) -> None:
    states = [state for state in _active.get(get_ident(), ()) if state.refusal is None and id(code) not in state.codes]
    back = frame.f_back
    if not states or not _counts(back, states):
        return
    of_garbage = code.co_name == "__del__" or any(getattr(f, "__code__", None) is code for f in gc.callbacks)
    if of_garbage or any(id(code) in state.live for state in states) or known.is_for_its_own(code, frame.f_globals, back):
        _muted[get_ident()] = frame, None  # until it has returned
        return
    for state in states:
        state.on_entry(code, frame.f_globals, expected=back is not None and known.role_of(back.f_code.co_filename) == "known")


def _called(f: Any, first: Any, frame: FrameType) -> None:
    if id(f) in known.PLAIN:
        return
    states = [state for state in _active.get(get_ident(), ()) if state.refusal is None]
    if not states or not _counts(frame, states):
        return
    if id(f) in known.EFFECTS:
        _muted[get_ident()] = frame, frame.f_lasti  # until that goes on
        return
    for state in states:
        state.called(f, first, f"{frame.f_code.co_filename}:{frame.f_lineno}")


def _start(code: CodeType, _offset: int) -> Any:
    if known.role_of(code.co_filename) == "known":
        return monitoring.DISABLE
    return _entered(code, sys._getframe(1))  # there is no other way to the globals


def _call(code: CodeType, _offset: int, f: Any, first: Any) -> Any:
    return monitoring.DISABLE if known.role_of(code.co_filename) == "known" else _called(f, first, sys._getframe(1))


def _hook(frame: FrameType, event: str, arg: Any) -> None:
    if event not in CALLS or (file := frame.f_code.co_filename) in known.QUIET or known.role_of(file) == "known":
        return
    code = frame.f_code.co_code
    if event == "c_call":
        _called(arg, MISSING, frame)
    elif code[frame.f_lasti] == RESUME and code[frame.f_lasti + 1] == 0:  # it begins, rather than being a generator's that goes on
        _entered(frame.f_code, frame)


@contextmanager
def _monitored() -> Iterator[bool]:
    """Reports of `sys.monitoring`, for all threads; whether there are."""
    reports = {} if monitoring is None else {monitoring.events.PY_START: _start, monitoring.events.CALL: _call}
    with _lock:
        tool = _tools[0] if _tools else next((t for t in TOOLS if monitoring.get_tool(t) is None), None)
        if tool is not None and not _tools:
            monitoring.use_tool_id(tool, "autograd")
            for event, report in reports.items():
                monitoring.register_callback(tool, event, report)
            monitoring.set_events(tool, sum(reports))
        if tool is not None:
            _tools.append(tool)
    try:
        yield tool is not None
    finally:
        with _lock:
            if tool is not None and _tools.pop() and not _tools:
                monitoring.set_events(tool, 0)
                for event in reports:
                    monitoring.register_callback(tool, event, None)
                monitoring.free_tool_id(tool)


@contextmanager
def _profiled() -> Iterator[bool]:
    """Reports of the profile hook, for this thread; whether there are."""
    before: Any = sys.getprofile()

    def after_another(frame: FrameType, event: str, arg: Any) -> None:
        before(frame, event, arg)
        _hook(frame, event, arg)

    if kernel is not None:
        kernel.begin_reports(_hook, known.QUIET)
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
    for outer in around():
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
