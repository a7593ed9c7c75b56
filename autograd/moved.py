"""Modules under the names by which older pickles know them: what they name is imported when a pickle asks for it."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Moved(ModuleType):
    """A module of `autograd.program` under its former name, which imports it when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # which `inspect` asks of all modules
            raise AttributeError(name)
        return getattr(getattr(import_module("autograd.program"), self.__name__.rpartition(".")[2]), name)


for _name in ("autograd.captured", "autograd.lanes", "autograd.recording", "autograd.jit"):
    sys.modules[_name] = _Moved(_name)
