"""What the interpreter reports while a function is recorded: each Python function entered, and each callable made in C that is called.

Python 3.12 and later report by `sys.monitoring`, to all tools that ask for it; Python 3.11 by the profile hook, behind which an earlier
one goes on working. The code of this library, of NumPy and of a few modules of Python is known, and not looked at.
"""

import gc
import sys
from collections.abc import Callable, Sequence
from dis import opmap
from functools import partial
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_GENERATOR
from threading import get_ident
from types import CodeType, FrameType
from typing import Any, TypeVar

from autograd.compiled import kernel
from autograd.locks import Lock, in_children
from autograd.program import known
from autograd.program.captured import COARSE, State
from autograd.program.places import MISSING

R = TypeVar("R")

monitoring: Any = None if COARSE else sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on

# What is being recorded, the innermost last, by thread; and the frame there, or the call at this
# place in it, whose inner calls do not count.
_active: dict[int, list[State]] = {}
_muted: dict[int, tuple[FrameType, int | None]] = {}
_pauses: dict[int, tuple[Callable[[], object], Callable[[], object]]] = {}  # how reports go on and end where all code is slower with them
_lock = Lock()
_threads: set[int] = set()  # those that record, with sys.monitoring
CALLS, RESUME = {"call", "c_call"}, opmap["RESUME"]
NO_NUMBER = "the tools that use sys.monitoring have left it no number"
INTERRUPTED = "it was interrupted, and went on unobserved"
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
    if id(frame.f_code) in known.MADE:
        return
    code = frame.f_code.co_code
    if event == "c_call":
        _called(arg, MISSING, frame)
    elif code[frame.f_lasti] == RESUME and code[frame.f_lasti + 1] == 0:  # it begins, rather than being a generator's that goes on
        _entered(frame.f_code, frame)


def _tool_named(name: str | None) -> int | None:
    for tool in TOOLS:  # no generator, in which Ctrl-C would be lost
        if monitoring.get_tool(tool) == name:
            return tool
    return None


def _begin_monitoring() -> bool:
    """Let `sys.monitoring` report, for all threads; whether it has a number for us."""
    with _lock:
        tool = _tool_named("autograd")  # another thread's, or one from before Ctrl-C
        if tool is None and (tool := _tool_named(None)) is not None:
            monitoring.use_tool_id(tool, "autograd")
        if tool is None:
            return False
        reports = {monitoring.events.PY_START: _start, monitoring.events.CALL: _call}
        for event, report in reports.items():
            monitoring.register_callback(tool, event, report)
        monitoring.set_events(tool, sum(reports))
        _threads.add(get_ident())
    return True


def _end_monitoring() -> None:
    """End it where no other thread records."""
    with _lock:
        _threads.discard(get_ident())
        tool = _tool_named("autograd")
        if tool is not None and not _threads:
            monitoring.set_events(tool, 0)
            for event in (monitoring.events.PY_START, monitoring.events.CALL):
                monitoring.register_callback(tool, event, None)
            monitoring.free_tool_id(tool)


def _forget_others() -> None:
    """In the child of a fork, where of all threads this one alone lives on."""
    for own in (_active, _muted, _pauses):
        for thread in own.keys() - {get_ident()}:
            del own[thread]
    _threads.intersection_update({get_ident()})
    if not COARSE and not _threads:
        _end_monitoring()


in_children(_forget_others)


def _profiling() -> tuple[Callable[[], object], Callable[[], object]]:
    """How to begin reports by the profile hook, for this thread, and how to end them: by one call, of what is written in C."""
    if kernel is not None:
        return partial(kernel.begin_reports, _hook, known.QUIET), kernel.end_reports
    before: Any = sys.getprofile()

    def after_another(frame: FrameType, event: str, arg: Any) -> None:
        before(frame, event, arg)
        _hook(frame, event, arg)

    def after_pause() -> None:
        before.disable()
        sys.setprofile(_hook)

    if hasattr(before, "disable"):  # cProfile's, which cannot be called from Python: it pauses
        return after_pause, before.enable
    another = before if callable(before) else None
    return partial(sys.setprofile, after_another if another else _hook), partial(sys.setprofile, another)


def _is_lost() -> bool:
    """Whether the profile hook has gone, as where a signal's handler has raised an error in it."""
    return COARSE and kernel is None and sys.getprofile() is None


def include(state: State | None, refusal: str | None) -> None:
    """What is being recorded around a call that was replayed, or is not recorded, rests on that, too."""
    for outer in around():
        if refusal is not None:
            outer.refusal = outer.refusal or refusal
        elif state is not None:
            outer.include(state)


def observe(state: State, f: Callable[..., R], *args: Any) -> R:
    """`f(*args)`; what happens in it, in this thread, is reported to `state`.

    Ctrl-C may raise an error where a function begins and after each call. So what begins does so within `try`, no state stays active
    since nothing is called before it is removed, and a hook that stays all the same is taken over by the next recording.
    """
    thread, (begin, end) = get_ident(), _profiling() if COARSE else (_begin_monitoring, _end_monitoring)
    states = _active.setdefault(thread, [])
    depth = len(states)
    try:
        if not depth and begin() is False:
            state.refuse(NO_NUMBER)
        if COARSE and not depth:
            _pauses[thread] = begin, end
        states.append(state)
        found = f(*args)
        if _active.get(thread) is not states or _is_lost():
            state.refuse(INTERRUPTED)
        return found
    finally:
        del states[depth:]
        if not depth:
            end()
            for own in (_active, _muted, _pauses):
                own.pop(thread, None)


def unobserved(f: Callable[[], R]) -> R:
    """What `f()` gives, which the library does for itself: it is not reported, nor is a frame of it held until the next report.

    Where the profile hook reports, it ends for that time: with one, the interpreter runs all code without its inline caches.
    """
    thread = get_ident()
    states, pause = _active.pop(thread, None), _pauses.pop(thread, None)
    try:
        if pause is not None:
            for state in (states or ()) if _is_lost() else ():
                state.refuse(INTERRUPTED)
            pause[1]()
        return f()
    finally:
        if pause is not None:
            pause[0]()
            _pauses[thread] = pause
        elif states is not None and not COARSE and thread not in _threads:  # it has ended, with a recording within
            for state in () if _begin_monitoring() else states:
                state.refuse(NO_NUMBER)
        if states is not None:
            _active[thread] = states


def around() -> list[State]:
    """What is being recorded in this thread, the innermost last."""
    return [*_active.get(get_ident(), ())]


def within(states: Sequence[State], f: Callable[[], Any]) -> Any:
    """What `f()` gives, if that rests on nothing but what these states do, or they are being recorded; else None."""
    active = around()
    if all(any(state is own for own in active) for state in states):
        return f()
    copies = [state.copied() for state in states]
    for state in copies:
        f = partial(observe, state, f)
    found = f()
    for state, before in zip(copies, states, strict=True):
        if state.refusal is not None or len(state.places) > len(before.places) or not state.holds():
            return None
    return found
