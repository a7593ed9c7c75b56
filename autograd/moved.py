"""Modules under other names: what those name by which older pickles know them is imported when a pickle asks for it."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from autograd.words import Elsewhere


class _Moved(ModuleType):
    """A module of `autograd.program` under its former name, which imports it when something of it is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # which `inspect` asks of all modules
            raise AttributeError(name)
        return getattr(getattr(import_module("autograd.program"), self.__name__.rpartition(".")[2]), name)


for _name in ("autograd.captured", "autograd.lanes", "autograd.recording", "autograd.jit"):
    sys.modules[_name] = _Moved(_name)

sys.meta_path.append(Elsewhere)  # the last, so that it is asked of what is not there
