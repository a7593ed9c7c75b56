"""Modules under the names by which older pickles know them: what they name is imported when a pickle asks for it."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Moved(ModuleType):
    """A module of `autograd.program` under its former name, until that package is imported."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # which `inspect` asks of all modules
            raise AttributeError(name)
        import_module("autograd.program")
        return getattr(sys.modules[self.__name__], name)


for _name in ("autograd.captured", "autograd.lanes", "autograd.recording", "autograd.jit"):
    sys.modules.setdefault(_name, _Moved(_name))
