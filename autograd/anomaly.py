"""Finding where a number or a gradient becomes inf or nan: `detect_anomaly`."""

import dis
import linecache
import math
import operator
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from types import CodeType, FrameType
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np

from autograd.context import Change, Context
from autograd.errors import AnomalyError

P = ParamSpec("P")
R = TypeVar("R")

# Frames in these folders are not the user's: they are ours, or of Python's library, except what is installed into that.
_PYTHON = os.path.dirname(os.__file__)  # noqa: PTH120  # pathlib is slow to import
_HERE = os.path.dirname(__file__)  # noqa: PTH120  # as above
_NUMPY = os.path.dirname(np.__file__)  # noqa: PTH120  # as above
OURS = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep, _NUMPY + os.sep)  # noqa: PTH118, PTH120  # as above
INSTALLED = tuple(os.path.join(_PYTHON, name) for name in ("site-packages", "dist-packages"))  # noqa: PTH118  # as above


class _Watch:
    """Raises at the first non-finite value or gradient that is in use, and remembers the line that recorded each node.

    A value that is not finite raises at once, unless the code that is running names a function `where`, which may discard it. Then the
    value, and what depends on it, is only noted as doubtful; it raises when a gradient or the result of a replay depends on it, or if it is
    still referenced when the block ends.
    """

    def __init__(self, code: CodeType) -> None:
        self.code = code  # of the frame with the block
        self.lines: dict[Any, str] = {}
        self.doubtful: dict[Any, str] = {}
        self.open: dict[Any, str] = {}  # the doubtful ones on which nothing depends and which no `where` discarded

    def watching(self, context: Context) -> Context:
        """The context with this watch."""
        if context.tracer is not None:
            context.tracer.forbid("detect_anomaly()", None)
        return replace(context, watch=self)

    def recorded(self, node: Any) -> None:
        if node.op is None:
            return
        self.lines[node] = line = users_line()
        doubts = self._doubts(node) if self.doubtful else []
        if not (doubts or math.isfinite(node.data)):
            given = ", ".join(str(getattr(a, "data", a)) for a in node.args)
            doubts = [f"{node.op.name}({given}) gave {node.data} at {line}"]
            if not self._may_be_left_out():
                self._raise(doubts[0])
        if doubts:
            self.doubtful[node] = self.open[node] = doubts[0]

    def _doubts(self, node: Any) -> list[str]:
        """The doubtful nodes on which this one depends, not counting a branch that it did not take."""
        found = []
        for i, (a, partial) in enumerate(zip(node.args, node.partials, strict=True)):
            if a in self.doubtful:
                self.open.pop(a, None)
                if not node.op.selects or partial is not None or i == 0:
                    found.append(self.doubtful[a])
        return found

    def _may_be_left_out(self) -> bool:
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  # as below
        while frame is not None:
            if _may_call_where(frame):
                return True
            frame = None if frame.f_code is self.code else frame.f_back
        return False

    def swept(self, node: Any, gradient: Callable[[Any], float] = operator.attrgetter("grad")) -> None:
        self.used([node])
        for i, (a, local) in enumerate(zip(node.args, node.partials, strict=True)):
            if local is not None and not math.isfinite(gradient(a)):
                self._raise(
                    f"the gradient became {gradient(a)} on its way back through argument {i} of {node.op.name}: {gradient(node)} arrived "
                    f"there, the local derivative is {local}; recorded at {self.lines.get(node, 'a line outside detect_anomaly()')}"
                )

    def used(self, nodes: Sequence[Any]) -> None:
        """Raise if one of these nodes, which are in use, is doubtful."""
        for node in nodes:
            if node in self.doubtful:
                self._raise(self.doubtful[node])

    def ended(self) -> None:
        """Raise if something doubtful is still referenced elsewhere."""
        self.lines.clear()
        self.doubtful.clear()
        while self.open:
            node = next(iter(self.open))
            doubt = self.open.pop(node)
            if sys.getrefcount(node) > 2:  # by more than this variable and the call of getrefcount
                self._raise(doubt)

    def _raise(self, what: str) -> NoReturn:
        self.open.clear()  # so that the end of the block does not raise a second error
        raise AnomalyError(what)


def users_line() -> str:
    """File, line number and text of the innermost line outside this library."""
    frame = sys._getframe(1)  # noqa: SLF001  # the public way, inspect.stack(), reads every file on the stack
    while frame.f_back is not None and _is_between(frame.f_code.co_filename):
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, number).strip()
    return f"{file}:{number}" + (f": {text}" if text else "")


def _may_call_where(frame: FrameType) -> bool:
    """Whether the code that runs in the frame names a function `where`, and not a string or another variable of that name."""
    code = frame.f_code
    if "where" not in (*code.co_names, *code.co_freevars):
        return False
    if callable(frame.f_locals.get("where", frame.f_globals.get("where"))):
        return True
    read = {instruction.opname for instruction in dis.get_instructions(code) if instruction.argval == "where"}
    return not read.isdisjoint(("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM"))


def _is_between(file: str) -> bool:
    return file.startswith(OURS) or (file.startswith(_PYTHON) and not file.startswith(INSTALLED))


class detect_anomaly(Change):  # noqa: N801  # used like a function
    """Raise AnomalyError where the first value or gradient that is inf or nan arises, and name the user's line.

    What `where` discards raises nothing: in code that names `where`, a value raises only when a gradient or the result of a replay depends
    on it, or at the end of the block. Functions of `jit` and `vmap` are run, not replayed, so that their lines are known.

    It is for debugging, not for production: every operation looks up the line that called it. A gradient, of `backward` or of `grad` and
    the other transforms, is traced to its line if the forward pass ran inside the block, too. The tangents of `jvp` are not checked.

    >>> from autograd import Value
    >>> with detect_anomaly():
    ...     Value(1.0) / (Value(2.0) - 2.0)
    Traceback (most recent call last):
    autograd.errors.AnomalyError: div(1.0, 0.0) gave inf at <doctest ...
    """

    def entering(self) -> Callable[[Context], Context]:
        """The context with a new watch."""
        return _Watch(sys._getframe(2).f_code).watching  # noqa: SLF001  # as above

    def left(self, block: Any, *, failed: bool) -> None:
        """Raise if something doubtful is left."""
        super().left(block, failed=failed)
        if not failed:
            block.within.__self__.ended()

    def run(self, f: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
        """Run f as a `with` block would."""
        with self:
            return f(*args, **options)
