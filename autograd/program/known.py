"""The two lists on which recording rests: callables that give the same for the same arguments, and kinds of object that can be compared.

Anything else that a function calls or reaches means that it is not recorded; see `autograd.program.observed`. The second list is completed
by `autograd.program.looks`, which says what is compared of each kind.
"""

import _thread
import builtins
import collections
import functools
import inspect
import itertools
import logging
import math
import operator
import os
import re
import sys
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from autograd.engine import Value


def _by_id(*objects: Any) -> dict[int, Any]:
    return {id(x): x for x in objects}


OWN = {"autograd", "nn"}
# Callables. The functions of these modules and the classes made in C there, with their methods, give the same for the same arguments, or
# change their object alone, but for those with IMPURE names.
PURE_MODULES = {
    "builtins", "math", "cmath", "operator", "_operator", "itertools", "functools", "_functools", "collections", "re", "types",
    "numpy", "numpy.dtypes", "numpy.linalg", "numpy._core.multiarray", *OWN,
}  # fmt: skip
IMPURE = {
    "open", "input", "exec", "eval", "compile", "__import__", "globals", "id", "breakpoint", "memoryview", "attrgetter", "methodcaller",
    "import_module", "reload", "frompyfunc", "tofile", "dump", "dumps", "seterr", "seterrcall", "setbufsize", "geterr", "geterrcall",
    "getbufsize", "set_printoptions", "get_printoptions", "save", "savez", "savez_compressed", "savetxt", "load", "loadtxt", "genfromtxt",
    "fromfile", "fromregex", "memmap", "test", "from_dlpack", "frombuffer", "show_config", "show_runtime", "info", "get_type_hints",
    "Program",
}  # fmt: skip
HOLDS_IMPURE = {"builtins", "operator", "_operator", "importlib", "typing", "numpy", *OWN}
# What happens at recording only: whatever Python does on behalf of these is not looked at.
EFFECTS = _by_id(print, warnings.warn, warnings.warn_explicit)
# Called with other functions, which the interpreter may then call without a report; and what reads or sets attributes of any name.
TAKES_FUNCTIONS = _by_id(
    map, filter, sorted, max, min, iter, list.sort, operator.call, collections.defaultdict, *vars(functools).values(),
    *vars(itertools).values(),
)  # fmt: skip
READS_ANY = _by_id(getattr, hasattr, vars, dir, object.__getattribute__)
STORES_ANY = _by_id(setattr, delattr, object.__setattr__, object.__delattr__)

# Attributes by which code reads what no other name leads to.
REFLECTION = {
    "__closure__", "__defaults__", "__kwdefaults__", "__globals__", "__code__", "__builtins__", "cell_contents", "f_locals", "f_globals",
    "f_back", "gi_frame", "__subclasses__", "partials",
}  # fmt: skip

# Kinds. Objects of these very types are compared by type and value, or are what they are for ever.
CACHED = type(functools.cache(len))
NUMBERS_OF_NUMPY: set[Any] = {cls for cls in vars(np).values() if isinstance(cls, type) and issubclass(cls, np.generic)}
TYPES_OF_ARRAYS = {np.dtype, *map(type, map(np.dtype, np.typecodes["All"]))}
CONSTANT: set[type] = {int, float, bool, complex, str, bytes, type(None), *NUMBERS_OF_NUMPY} - {np.void, np.object_}
UNCHANGING: set[type] = {
    *CONSTANT, *TYPES_OF_ARRAYS, object, range, type(...), type(NotImplemented), types.CodeType, types.GenericAlias, types.UnionType, Value,
    re.Pattern, operator.itemgetter, _thread.LockType, type(_thread.RLock()), types.MemberDescriptorType, types.GetSetDescriptorType,
    type(vars(inspect.FullArgSpec)["args"]),
}  # fmt: skip

# Code. That of our own, of NumPy and of these modules of Python is not looked at, but all that their objects hold.
TRANSPARENT = {
    "functools", "contextlib", "weakref", "_weakrefset", "typing", "abc", "re", "collections", "_collections_abc", "types",
    "enum", "copy", "copyreg", "importlib", "reprlib",
}  # fmt: skip
LIBRARY = OWN | {"numpy"} | TRANSPARENT
MUTED = {"logging", "warnings", "traceback", "linecache"}  # all that it does is output
QUIET: set[str] = set()  # the files that have been found to be known
MADE: dict[int, types.CodeType] = {}  # the code that dataclasses have made for our own classes, which is in no file
_STDLIB = str(Path(logging.__file__).parent.parent) + os.sep
_OURS = tuple([f"{folder}{os.sep}" for folder in (Path(__file__).parents[1], Path(__file__).parents[2] / "nn", Path(np.__file__).parent)])


@functools.cache
def stdlib_module(file: str) -> str | None:
    """The module of Python's own whose code is in a file; None for any other file."""
    if file.startswith("<frozen "):
        return file[8:-1].partition(".")[0]
    parts = Path(file.removeprefix(_STDLIB)).parts
    return parts[0].removesuffix(".py") if file.startswith(_STDLIB) and not {"site-packages", "dist-packages"} & {*parts} else None


@functools.cache
def role_of(file: str) -> str | None:
    """What the code of a file is: "known", "muted" where all that it does is output, None where it is looked at."""
    module = stdlib_module(file)
    if module in TRANSPARENT or (file.startswith(_OURS) and not file.endswith("arrayprint.py")):  # which reads the options of printing
        QUIET.add(file)
        return "known"
    return "muted" if module in MUTED else None


def is_for_its_own(code: types.CodeType, scope: Any, back: types.FrameType | None) -> bool:
    """Whether what a function does is of no interest: output, imports, and what known code asks of Python's modules for its own ends."""
    caller = "" if back is None else back.f_code.co_filename
    if role_of(code.co_filename) == "muted":
        return True
    if role_of(caller) != "known":
        return False
    module = str(scope.get("__name__")).partition(".")[0]
    made = code.co_filename.startswith("<") and module in LIBRARY  # by a dataclass
    if made and module in OWN and code.co_qualname.startswith("__create_fn__."):
        MADE[id(code)] = code
    importing = code.co_name == "<module>" or caller.startswith("<frozen importlib")
    return made or importing or stdlib_module(code.co_filename) not in {None, "random"}


def root_of(x: Any) -> str:
    """The package in which a class or function was made."""
    module = getattr(x, "__module__", None)
    return module.partition(".")[0] if module.__class__ is str else ""


def in_library(cls: type) -> bool:
    """Whether a class belongs to a module that is known; others may name one as theirs, as `types.new_class` makes them do."""
    return root_of(cls) in LIBRARY and ("." in cls.__qualname__ or getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls)


HEAP = 1 << 9  # the flag of classes that were not made at compile time
FUNCTIONS = {types.FunctionType, type(np.sum)}
MADE_IN_C = (types.MethodDescriptorType, types.WrapperDescriptorType, types.ClassMethodDescriptorType, types.GetSetDescriptorType)


def made_in_c(cls: type) -> bool:
    """Whether a class was made in C, so that instances may hold what Python does not show."""
    if not cls.__flags__ & HEAP:
        return True
    own = vars(cls)
    new = own.get("__new__")
    if new.__class__ is types.BuiltinFunctionType and new.__self__ is cls:
        return True
    return any(x.__class__ in MADE_IN_C and x.__objclass__ is cls and name not in {"__dict__", "__weakref__"} for name, x in own.items())


def base_in_c(cls: type) -> type:
    """The nearest base class made in C: what an instance is beside its attributes."""
    return next(base for base in cls.__mro__ if made_in_c(base)) if cls.__flags__ & HEAP else cls


def _owner(x: Any) -> Any:
    """The class to which a callable belongs; the callable itself where that is a class, or a function of a module."""
    cls = type(x)
    if cls in {types.BuiltinFunctionType, types.MethodWrapperType}:
        holder = x.__self__
        return x if holder is None or isinstance(holder, types.ModuleType) else holder if isinstance(holder, type) else type(holder)
    if cls in MADE_IN_C:
        return x.__objclass__
    return x if issubclass(cls, type) or cls in FUNCTIONS else cls


def is_pure(x: Any) -> bool:
    """Whether a callable gives the same for the same arguments, as far as it does not call functions made in Python."""
    while x.__class__ in {functools.partial, types.MethodType, CACHED}:
        x = x.func if x.__class__ is functools.partial else getattr(x, "__func__" if x.__class__ is types.MethodType else "__wrapped__")
    cls, owner = type(x), _owner(x)
    if cls is np.ufunc:
        return any(x is getattr(module, x.__name__, None) for module in (np, sys.modules.get("scipy.special")))
    if id(x) in EFFECTS or x is os.fspath or (cls is types.BuiltinFunctionType and is_stream(x.__self__)):
        return True
    if owner is not cls and x.__name__ in IMPURE and root_of(owner) in HOLDS_IMPURE:
        return False
    if isinstance(owner, type):
        base = base_in_c(owner)
        return base.__module__ in PURE_MODULES or issubclass(base, BaseException) or OWN & {root_of(base), root_of(owner)} != set()
    return cls in FUNCTIONS or x.__module__ in PURE_MODULES  # what a function made in Python calls is observed


def is_stream(x: Any) -> bool:
    """Whether it is where `print` writes."""
    return x is not None and (x is sys.stdout or x is sys.stderr or x is sys.__stdout__ or x is sys.__stderr__)


NOTED = EFFECTS | TAKES_FUNCTIONS | READS_ANY | STORES_ANY
PLAIN = {id(x) for m in (builtins, math, operator, np) for x in vars(m).values() if callable(x) and id(x) not in NOTED and is_pure(x)}
