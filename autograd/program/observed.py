"""What the interpreter reports while a function is recorded: each Python function entered, and each callable made in C that is called.

Python 3.12 and later report by `sys.monitoring`, to all tools that ask for it; Python 3.11 by the profile hook, behind which an earlier
one goes on working. The code of this library, of NumPy and of a few modules of Python is known, and not looked at.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import RLock, get_ident
from types import CodeType, FrameType
from typing import Any

from autograd.program import known
from autograd.program.captured import State
from autograd.program.places import MISSING

# What is being recorded, the innermost last, by thread; and the frame there, or the call at this
# place in it, whose inner calls do not count.
_active: dict[int, list[State]] = {}
_muted: dict[int, tuple[FrameType, int | None]] = {}
_lock = RLock()
TOOLS = (3, 4, 5, 2, 1, 0)  # of sys.monitoring, those first that no kind of tool has for its own


def _is_muted(frame: FrameType) -> bool:
    """Whether a frame runs for the sake of output, such as a print or a message that is logged."""
    muted = _muted.get(get_ident())
    if muted is None:
        return False
    around: FrameType | None = frame
    while around is not None:
        if around is muted[0]:
            if muted[1] in {None, around.f_lasti}:
                return True
            break
        around = around.f_back
    del _muted[get_ident()]
    return False


def _entered(code: CodeType, frame: FrameType) -> None:
    states = [state for state in _active.get(get_ident(), ()) if id(code) not in state.codes and state.refusal is None]
    if not states or _is_muted(frame):
        return
    back = frame.f_back
    role = None if back is None else known.role_of(back.f_code.co_filename)
    if known.is_for_its_own(code, frame.f_globals, back) or any(id(code) in state.live for state in states):
        _muted[get_ident()] = frame, None  # until it has returned
        return
    for state in states:
        state.on_entry(code, frame.f_globals, expected=role == "known")


def _called(f: Any, first: Any, code: CodeType, frame: FrameType) -> None:
    if id(f) in known.PLAIN:
        return
    states = [state for state in _active.get(get_ident(), ()) if state.refusal is None]
    if not states or _is_muted(frame):
        return
    if id(f) in known.EFFECTS:
        _muted[get_ident()] = frame, frame.f_lasti  # until that goes on
        return
    for state in states:
        state.called(f, first, f"{code.co_filename}:{frame.f_lineno}")


class _Monitoring:
    """The reports of `sys.monitoring`, for all threads."""

    coarse = False

    def __init__(self) -> None:
        self.users = 0
        self.tool = -1

    def begin(self) -> bool:
        with _lock:
            self.users += 1
            return self.users > 1 or self._take()

    def _take(self) -> bool:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # from Python 3.12 on
        for tool in TOOLS:
            try:
                monitoring.use_tool_id(tool, "autograd")
            except ValueError:
                continue
            self.tool = tool
            events = monitoring.events
            monitoring.register_callback(tool, events.PY_START, self._start)
            monitoring.register_callback(tool, events.CALL, self._call)
            monitoring.set_events(tool, events.PY_START | events.CALL)
            return True
        self.users -= 1
        return False

    def end(self) -> None:
        with _lock:
            self.users -= 1
            if not self.users:
                monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]  # as above
                monitoring.set_events(self.tool, 0)
                for event in (monitoring.events.PY_START, monitoring.events.CALL):
                    monitoring.register_callback(self.tool, event, None)
                monitoring.free_tool_id(self.tool)

    @staticmethod
    def _start(code: CodeType, _offset: int) -> Any:
        if known.role_of(code.co_filename) == "known":
            return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]  # as above
        _entered(code, sys._getframe(1))  # there is no other way to the globals
        return None

    @staticmethod
    def _call(code: CodeType, _offset: int, f: Any, first: Any) -> Any:
        if known.role_of(code.co_filename) != "known" or any(f is g for g in known.OUTSIDE):
            _called(f, first, code, sys._getframe(1))
            return None
        return sys.monitoring.DISABLE  # type: ignore[attr-defined,unused-ignore]  # as above


class _Profiling:
    """The reports of the profile hook, for one thread."""

    coarse = True

    def __init__(self) -> None:
        self.before: dict[int, Any] = {}

    def begin(self) -> bool:
        before = sys.getprofile()
        if before is not None and not callable(before):  # cProfile's, which cannot be called from Python: it pauses
            if not hasattr(before, "disable"):
                return False
            before.disable()
        self.before[get_ident()] = before

        def hook(frame: FrameType, event: str, arg: Any) -> None:
            if callable(before):
                before(frame, event, arg)  # type: ignore[arg-type]  # the events that there are
            code = frame.f_code
            if event == "call":
                if known.role_of(code.co_filename) != "known":
                    _entered(code, frame)
            elif event == "c_call" and (known.role_of(code.co_filename) != "known" or any(arg is g for g in known.OUTSIDE)):
                _called(arg, MISSING, code, frame)

        sys.setprofile(hook)
        return True

    def end(self) -> None:
        before = self.before.pop(get_ident())
        sys.setprofile(before if before is None or callable(before) else None)
        if before is not None and not callable(before):
            before.enable()


_monitoring, _profiling = _Monitoring(), _Profiling()


def new_state(*roots: Any) -> State:
    """What the recording of a function rests on, before it has run."""
    return State(roots, coarse=not hasattr(sys, "monitoring"))


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
    reports = None
    if not states:
        reports = next((r for r in (_monitoring, _profiling) if (r is _profiling or hasattr(sys, "monitoring")) and r.begin()), None)
        if reports is None:
            state.refuse("another profiler has taken the hooks by which it would be observed")
    states.append(state)
    try:
        yield
    finally:
        states.pop()
        if not states:
            del _active[get_ident()]
            _muted.pop(get_ident(), None)
            if reports is not None:
                reports.end()


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
