"""Finding where a number or a gradient becomes inf or nan: `detect_anomaly`."""

import linecache
import math
import operator
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.context import Change, Context
from autograd.errors import AnomalyError

# Frames in these folders are ours, or of what stands between the user's and ours: Python's library, but not what is installed into it.
_PYTHON = os.path.dirname(os.__file__)  # noqa: PTH120  # pathlib is slow to import
_HERE = os.path.dirname(__file__)  # noqa: PTH120  # as above
_NUMPY = os.path.dirname(np.__file__)  # noqa: PTH120  # as above
OURS = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep, _NUMPY + os.sep)  # noqa: PTH118, PTH120  # as above
INSTALLED = tuple(os.path.join(_PYTHON, name) for name in ("site-packages", "dist-packages"))  # noqa: PTH118  # as above


class _Watch:
    """Raises at the first non-finite value or gradient, and remembers the line of each node for the latter."""

    def __init__(self) -> None:
        self.lines: dict[Any, str] = {}

    def watching(self, context: Context) -> Context:
        """As the context, under this watch."""
        if context.trace is not None:
            context.trace.refuse("detect_anomaly()", None)
        return replace(context, watch=self)

    def recorded(self, node: Any) -> None:
        if node.op is None:
            return
        self.lines[node] = line = users_line()
        if not math.isfinite(node.data):
            given = ", ".join(str(getattr(a, "data", a)) for a in node.args)
            raise AnomalyError(f"{node.op.name}({given}) gave {node.data} at {line}")

    def swept(self, node: Any, gradient: Callable[[Any], float] = operator.attrgetter("grad")) -> None:
        for i, (a, local) in enumerate(zip(node.args, node.partials, strict=True)):
            if local is not None and not math.isfinite(gradient(a)):
                raise AnomalyError(
                    f"the gradient became {gradient(a)} on its way back through argument {i} of {node.op.name}: {gradient(node)} arrived "
                    f"there, the local derivative is {local}; recorded at {self.lines.get(node, 'a line outside detect_anomaly()')}"
                )


def users_line() -> str:
    """File, line and text of the innermost line that is not of this library."""
    frame = sys._getframe(1)  # noqa: SLF001  # the public way, inspect.stack(), reads every file on the stack
    while frame.f_back is not None and _is_between(frame.f_code.co_filename):
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, number).strip()
    return f"{file}:{number}" + (f": {text}" if text else "")


def _is_between(file: str) -> bool:
    return file.startswith(OURS) or (file.startswith(_PYTHON) and not file.startswith(INSTALLED))


class detect_anomaly(Change):  # noqa: N801  # used like a function
    """Raise AnomalyError where the first value or gradient that is inf or nan arises, and name the user's line.

    For finding a fault, not for production: every operation then looks up the line that made it. A gradient, that of `backward` or of
    `grad` and its like, is traced to its line where the forward pass ran inside as well. The tangents of `jvp` are not looked at.

    >>> from autograd import Value
    >>> with detect_anomaly():
    ...     Value(1.0) / (Value(2.0) - 2.0)
    Traceback (most recent call last):
    autograd.errors.AnomalyError: div(1.0, 0.0) gave inf at <doctest ...
    """

    def entering(self) -> Callable[[Context], Context]:
        """Somebody new who watches."""
        return _Watch().watching
