"""Spellings: names of other libraries, with what to write here; and the errors for names that are not there, which say so.

From the tables, in `autograd.words` and `nn.words`, also comes the page "Coming from another library", whose rows the tests run.
"""

import sys
from collections.abc import Callable
from opcode import opmap
from types import ModuleType
from typing import Any, NamedTuple, NoReturn

import numpy as np

from autograd.errors import KEYWORDS, UnknownModuleError, UnknownNameError, filter_traceback


class Spelling(NamedTuple):
    """Names of other libraries, with spaces between; what to write here, what that gives in the sketch below (None: any), and a note."""

    names: str
    here: str
    gives: Any = None
    note: str = ""

    @property
    def advice(self) -> str:
        """The spelling and the note as a part of a sentence."""
        return f"write {self.here}" + (f", {self.note}" if self.note else "")


SKETCH = """\
import copy
import json
import math
import numpy as np
import autograd
import nn
from autograd import Value, grad, jit, jvp, value_and_grad, vjp, vmap

v, w = Value(2.0, "v"), Value(3.0, "w")
vs, ws = [v, w], [w, v]
y = v * v
f = lambda x: x * x * x
model = nn.MLP(2, [2])
X, t = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1])
optimizer = nn.SGD(model.parameters(), lr=0.1)
history = nn.History(loss=[1.0])
x = np.array([v, w])
"""


def advice(table: tuple[Spelling, ...], name: str) -> str | None:
    """What the table says of a name, None where it does not have it."""
    return next((row.advice for row in table if name in row.names.split()), None)


def numpys_function(name: str) -> str | None:
    """What to write for one of NumPy's functions."""
    known = not name.startswith("_") and callable(getattr(np, name, None))
    return f"write np.{name}, with import numpy as np, whose functions take Values" if known else None


def unknown(
    owner: str, table: tuple[Spelling, ...], name: str, obj: Any, otherwise: Callable[[str], str | None] = lambda _name: None
) -> NoReturn:
    """Raise the error for a name that a package or an object does not have; where `from … import` asks, an ImportError with the advice."""
    found = advice(table, name) or otherwise(name)
    whose = f"module {owner!r}" if isinstance(obj, ModuleType) else f"{type(obj).__name__!r} object"  # in Python's words
    message = f"{owner} has no {name}: {found}" if found else f"{whose} has no attribute {name!r}"
    frame = sys._getframe(2)  # noqa: SLF001  # only the instruction of the caller tells
    if found and frame.f_code.co_code[frame.f_lasti] == opmap["IMPORT_FROM"]:
        raise UnknownModuleError(message, name=name)
    raise UnknownNameError(message, name=name, obj=obj)


def keywords(functions: str, table: tuple[Spelling, ...], called: str = "") -> None:
    """Let the error of a call say what to write for a keyword of another library.

    Args:
        functions: the names of the functions, with spaces between; of a class, that of the class.
        table: the keywords.
        called: what the message calls the function, where that is not its name with parentheses.
    """
    for function in functions.split():
        _, known = KEYWORDS.setdefault(function, (called or f"{function}()", {}))
        known |= {name: row.advice for row in table for name in row.names.split()}


def hints(
    owner: str, table: tuple[Spelling, ...], otherwise: Callable[[str], str | None] = lambda _name: None
) -> Callable[[Any, str], NoReturn]:
    """A `__getattr__` for a class, whose error has the spelling from a table; `owner` is what messages call an instance."""

    def missing(self: Any, name: str) -> NoReturn:
        try:
            unknown(owner or f"a {type(self).__name__}", table, name, self, otherwise)
        except AttributeError as error:
            filter_traceback(error)
            raise

    return missing
