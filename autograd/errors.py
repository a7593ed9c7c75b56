"""The exceptions of `autograd` and `nn`, as a tree; and `api_boundary`, by which their tracebacks end at the user's line.

Each also derives from the built-in exception that its situation calls for, so `except TypeError`
works as well as `except AutogradError`.
"""

import functools
import os
import re
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar, cast

__all__ = [
    "AnomalyError",
    "AutogradError",
    "ChangedError",
    "FileError",
    "GradcheckError",
    "GradientLostError",
    "GraphTooLarge",
    "LengthError",
    "NumberError",
    "OperationError",
    "PathNotFoundError",
    "RangeError",
    "RenderError",
    "RendererNotFound",
    "StateError",
    "TraceError",
    "UnknownModuleError",
    "UnknownNameError",
]

F = TypeVar("F", bound=Callable[..., Any])

# AUTOGRAD_TRACEBACK=full keeps the frames of the library.
FILTERED = os.environ.get("AUTOGRAD_TRACEBACK") != "full"
OWN = {"autograd", "nn"}
NOTE = "The traceback leaves out the frames of autograd and nn: set AUTOGRAD_TRACEBACK=full to see them."


class AutogradError(Exception):
    """The base class of everything that `autograd` and `nn` raise on purpose."""

    def __str__(self) -> str:
        """The message on one line, even where it shows an array."""
        return " ".join(filter(None, map(str.strip, super().__str__().splitlines())))


class NumberError(AutogradError, TypeError):
    """Something that is not a number was given where a number is expected."""


class GradientLostError(AutogradError, TypeError):
    """A Value was to be converted to a plain number, which would lose its gradient silently."""


class OperationError(AutogradError, TypeError):
    """An operation is declared wrongly, or used where it cannot work."""


class TraceError(AutogradError, TypeError):
    """A function recorded by `jit` or `vmap` does something that a replay cannot repeat."""


class LengthError(AutogradError, ValueError):
    """The number of items given is not the number expected."""


class RangeError(AutogradError, ValueError):
    """An argument has the right type, but a value that is not allowed."""


class ChangedError(AutogradError, RuntimeError):
    """The data of an operand was changed after the graph was recorded and before it was differentiated."""


class GradcheckError(AutogradError, AssertionError):
    """`gradcheck` found a derivative that the function's values contradict."""


class AnomalyError(AutogradError, ArithmeticError):
    """Under `detect_anomaly()`: the first value or gradient that is not finite."""


class UnknownNameError(AutogradError, AttributeError):
    """A package or an object has no attribute of this name."""


class UnknownModuleError(AutogradError, ModuleNotFoundError):
    """There is no module of this name, or none that has such a name to import."""


class RendererNotFound(AutogradError, RuntimeError):
    """No program that renders DOT was found."""


class RenderError(AutogradError, RuntimeError):
    """The program that renders DOT failed."""


class GraphTooLarge(AutogradError, ValueError):
    """The graph has more nodes than a picture can show."""


class PathNotFoundError(AutogradError, FileNotFoundError):
    """A file to be read, or the folder of one to be written, does not exist."""


class StateError(AutogradError, ValueError):
    """A saved state does not fit the module, or its file is damaged."""


class FileError(AutogradError, OSError):
    """A file cannot be read or written: it is read-only, the disk is full, or the operating system reports another error."""


# For the message of a keyword of another library, by the name of the function: what to call that, and what to write for each keyword.
KEYWORDS: dict[str, tuple[str, dict[str, str]]] = {}
UNEXPECTED = re.compile(r"(.+)\(\) got an unexpected keyword argument '(\w+)'(\. Did you mean '\w+'\?)?")  # the last from 3.13 on


def _explain_keyword(error: TypeError) -> None:
    """Where a public function was called with a keyword of another library, let the error say what to write here."""
    if found := UNEXPECTED.fullmatch(str(error)):
        name, keyword = found[1].removesuffix(".__init__").rpartition(".")[2], found[2]
        what, known = KEYWORDS.get(name, ("", {}))
        if keyword in known:
            error.args = (f"{what} has no {keyword}: {known[keyword]}",)


def filter_traceback(error: BaseException) -> None:
    """Leave the frames of the library out of the traceback of an error; those of the user's functions that it called stay.

    For an exception handler at a function that users call: the bare `raise` that follows adds no frame of that function. If the error arose
    within the library, but not on purpose, a note says how to see what is left out.
    """
    if not (FILTERED and isinstance(error, Exception)):
        return
    kept: list[TracebackType] = []
    at, depth = error.__traceback__, 0  # how many frames of the library come last
    while at is not None:
        depth += 1
        if at.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in OWN:
            kept.append(at)
            depth = 0
        at = at.tb_next
    if depth > 1 and not isinstance(error, AutogradError) and NOTE not in getattr(error, "__notes__", ()):
        error.add_note(NOTE)
    if not kept and isinstance(error, TypeError):
        _explain_keyword(error)
    shown = None
    for at in reversed(kept):
        shown = TracebackType(shown, at.tb_frame, at.tb_lasti, at.tb_lineno)
    error.__traceback__ = shown


def users_line_of(error: BaseException) -> str:
    """The file and line of the innermost frame outside the library in which an error arose; empty where there is none."""
    at, found = error.__traceback__, ""
    while at is not None:
        if at.tb_frame.f_globals.get("__name__", "").partition(".")[0] not in OWN:
            found = f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno} in {at.tb_frame.f_code.co_name}"
        at = at.tb_next
    return found


def api_boundary(f: F) -> F:
    """The function f, which users call: the traceback of an error ends at their line."""

    @functools.wraps(f)
    def called(*args: Any, **options: Any) -> Any:
        try:
            return f(*args, **options)
        except Exception as error:
            filter_traceback(error)
            raise

    return cast("F", called)
