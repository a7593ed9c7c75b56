"""Finding where a number or a gradient goes wrong."""

import linecache
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from autograd.context import current, entered
from autograd.errors import AnomalyError

# Frames in these folders are ours, not the user's.
_HERE = os.path.dirname(__file__)  # noqa: PTH120  # pathlib is slow to import
OURS = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep)  # noqa: PTH118, PTH120  # as above


class _Watch:
    """Raises at the first non-finite value or gradient, and remembers the line of each node for the latter."""

    def __init__(self) -> None:
        self.lines: dict[Any, str] = {}

    def recorded(self, node: Any) -> None:
        if node.op is None:
            return
        self.lines[node] = line = _users_line()
        if not math.isfinite(node.data):
            given = ", ".join(str(getattr(a, "data", a)) for a in node.args)
            raise AnomalyError(f"{node.op.name}({given}) gave {node.data} at {line}")

    def swept(self, node: Any) -> None:
        for i, (a, partial) in enumerate(zip(node.args, node.partials, strict=True)):
            if partial is not None and not math.isfinite(a.grad):
                raise AnomalyError(
                    f"the gradient became {a.grad} on its way back through argument {i} of {node.op.name}: {node.grad} arrived there, "
                    f"the local derivative is {partial}; recorded at {self.lines.get(node, 'a line outside detect_anomaly()')}"
                )


def _users_line() -> str:
    """File, line and text of the innermost line that is not of this library."""
    frame = sys._getframe(1)  # noqa: SLF001  # the public way, inspect.stack(), reads every file on the stack
    while frame.f_back is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, number).strip()
    return f"{file}:{number}" + (f": {text}" if text else "")


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise AnomalyError where the first value or gradient that is inf or nan arises, and name the user's line.

    For finding a fault, not for production: every operation then looks up the line that made it. A gradient is
    traced to its line where the forward pass ran inside as well.

    >>> from autograd import Value
    >>> with detect_anomaly():
    ...     Value(1.0) / (Value(2.0) - 2.0)
    Traceback (most recent call last):
    autograd.errors.AnomalyError: div(1.0, 0.0) gave inf at <doctest ...
    """
    with entered(replace(current(), watch=_Watch())):
        yield
