"""The two lists on which recording rests: callables that give the same for the same arguments, and kinds of object that can be compared.

Anything else that a function calls or reaches means that it is not recorded; see `autograd.program.observed`.
"""

import _thread
import builtins
import cmath
import collections
import functools
import gc
import inspect
import itertools
import logging
import math
import operator
import os
import re
import sys
import time
import types
import warnings
from pathlib import Path
from typing import Any

import numpy as np

# Called with other functions, which the interpreter may then call without a report.
TAKES_FUNCTIONS = (map, filter, functools.reduce, sorted, max, min, iter, list.sort, functools.partial)
# What reads or sets attributes whose names the executed code does not show.
READS_ANY_ATTRIBUTE = (getattr, hasattr, vars, dir, object.__getattribute__)
STORES_ANY_ATTRIBUTE = (setattr, delattr, object.__setattr__, object.__delattr__)
# What happens at recording only: whatever Python does on behalf of these is not looked at.
EFFECTS: dict[int, Any] = {id(f): f for f in (print, warnings.warn, warnings.warn_explicit)}

# Attributes by which code reads what no other name leads to.
REFLECTION = {
    "__closure__", "__defaults__", "__kwdefaults__", "__globals__", "__code__", "__builtins__", "cell_contents", "f_locals", "f_globals",
    "f_back", "gi_frame", "__subclasses__", "partials",
}  # fmt: skip
OWN = {"autograd", "nn"}
# Classes made in C: calling them, and their methods, gives the same for the same arguments, or changes the object alone.
NUMBERS_OF_NUMPY: set[Any] = {x for x in vars(np).values() if isinstance(x, type) and issubclass(x, np.generic)}
TYPES_OF_ARRAYS = {np.dtype, *map(type, map(np.dtype, np.typecodes["All"]))}
ITERATED: tuple[Any, ...] = ([], (), set(), range(0), "", {}, {}.keys(), {}.values(), {}.items())
CACHED = type(functools.cache(len))
PURE_TYPES: set[type] = {
    *[x for x in vars(builtins).values() if isinstance(x, type) and x is not memoryview],
    *[x for module in (itertools, functools, types) for x in vars(module).values() if isinstance(x, type)],
    *map(type, ITERATED), *[type(iter(x)) for x in ITERATED], type(reversed([])), type(re.compile("")), type(re.match("", "")),
    collections.deque, collections.defaultdict, collections.OrderedDict, operator.itemgetter, type(NotImplemented), CACHED,
    np.ndarray, type(np.dtype), np.ufunc, np.flatiter, np.nditer, np.broadcast, type(np.sum), type(np.zeros(0).flags),
    *NUMBERS_OF_NUMPY, *TYPES_OF_ARRAYS,
}  # fmt: skip
# What these modules have that does read from outside, or writes there.
IMPURE = {
    "open", "input", "exec", "eval", "compile", "__import__", "globals", "id", "breakpoint", "memoryview", "attrgetter", "methodcaller",
    "import_module", "reload", "frompyfunc", "tofile", "dump", "dumps", "seterr", "seterrcall", "setbufsize", "geterr", "geterrcall",
    "getbufsize", "set_printoptions", "get_printoptions", "save", "savez", "savez_compressed", "savetxt", "load", "loadtxt", "genfromtxt",
    "fromfile", "fromregex", "memmap", "test", "from_dlpack", "frombuffer", "show_config", "show_runtime", "info",
}  # fmt: skip
PURE_MODULES = (builtins, math, cmath, operator, itertools, functools, np, np.linalg, re)
PURE: dict[int, Any] = {
    id(x): x
    for module in PURE_MODULES
    for name, x in vars(module).items()
    if callable(x) and name not in IMPURE and not isinstance(x, type)
} | {id(os.fspath): os.fspath}

# Objects of these very types are compared by type and value, or are what they are for ever.
CONSTANT: set[type] = {int, float, bool, complex, str, bytes, type(None), *NUMBERS_OF_NUMPY} - {np.void, np.object_}
UNCHANGING: set[type] = {
    *CONSTANT, *TYPES_OF_ARRAYS, object, range, type(...), type(NotImplemented), types.CodeType, types.GenericAlias, types.UnionType,
    re.Pattern, operator.itemgetter, _thread.LockType, type(_thread.RLock()), types.MemberDescriptorType, types.GetSetDescriptorType,
    type(vars(inspect.FullArgSpec)["args"]),
}  # fmt: skip
# Called without any interest, as far as these are of use: nothing happens.
PLAIN = {
    i
    for i, x in PURE.items()
    if not any(x is f for f in (*TAKES_FUNCTIONS, *READS_ANY_ATTRIBUTE, *STORES_ANY_ATTRIBUTE, *EFFECTS.values()))
}
# What reads from outside, and is not expected of known code.
OUTSIDE = (open, os.urandom, time.time, time.perf_counter)

_STDLIB = str(Path(logging.__file__).parent.parent)
_INSTALLED = {"site-packages", "dist-packages"}
_OURS = tuple([f"{folder}{os.sep}" for folder in (Path(__file__).parents[1], Path(__file__).parents[2] / "nn", Path(np.__file__).parent)])
# Modules of Python that are known as our own are: their code is not looked at, but all that their objects hold.
TRANSPARENT = {
    "functools", "contextlib", "weakref", "_weakrefset", "typing", "abc", "re", "collections", "_collections_abc", "types",
    "enum", "copy", "copyreg", "importlib", "reprlib",
}  # fmt: skip
LIBRARY = OWN | {"numpy"} | TRANSPARENT
MUTED = {"logging", "warnings", "traceback", "linecache"}


QUIET: set[str] = set()  # the files that have been found to be known


@functools.cache
def role_of(file: str) -> str | None:
    """What the code of a file is: "known", "muted" where all that it does is output, None where it is looked at."""
    role = _role_of(file)
    if role == "known":
        QUIET.add(file)
    return role


def _role_of(file: str) -> str | None:
    name = None
    if file.startswith("<frozen "):
        name = file[8:-1].partition(".")[0]
    elif is_stdlib(file):
        name = Path(file).relative_to(_STDLIB).parts[0].removesuffix(".py")
    if name is not None:
        return "muted" if name in MUTED else "known" if name in TRANSPARENT else None
    return "known" if file.startswith(_OURS) else None


def is_for_its_own(code: types.CodeType, scope: Any, back: types.FrameType | None) -> bool:
    """Whether what a function does is of no interest.

    That is output, imports, what known code asks of Python's modules for its own ends, and what the collection of garbage calls.
    """
    if code.co_name == "__del__" or any(getattr(f, "__code__", None) is code for f in gc.callbacks):
        return True
    role = None if back is None else role_of(back.f_code.co_filename)
    if role_of(code.co_filename) == "muted":
        return True
    if role != "known":
        return False
    made = code.co_filename.startswith("<") and str(scope.get("__name__")).partition(".")[0] in LIBRARY  # by a dataclass
    importing = code.co_name == "<module>" or (back is not None and back.f_code.co_filename.startswith("<frozen importlib"))
    return made or importing or (is_stdlib(code.co_filename) and not code.co_filename.endswith("random.py"))


@functools.cache
def is_stdlib(file: str) -> bool:
    """Whether a file is one of Python's own."""
    return file.startswith("<frozen ") or (file.startswith(_STDLIB + os.sep) and _INSTALLED.isdisjoint(Path(file).parts))


def root_of(x: Any) -> str:
    """The package in which a class or function was made."""
    module = getattr(x, "__module__", None)
    return module.partition(".")[0] if module.__class__ is str else ""


def in_library(cls: type) -> bool:
    """Whether a class belongs to a module that is known; others may name one as theirs, as `types.new_class` makes them do."""
    return root_of(cls) in LIBRARY and ("." in cls.__qualname__ or getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls)


HEAP = 1 << 9  # the flag of classes that were not made at compile time
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
    return next(base for base in cls.__mro__ if made_in_c(base))


def is_pure_class(cls: type) -> bool:
    """Whether it is listed, or made in Python upon one that is."""
    base = base_in_c(cls)
    return base in PURE_TYPES or issubclass(base, BaseException) or root_of(base) in OWN


def is_pure(x: Any) -> bool:
    """Whether a callable gives the same for the same arguments, as far as it does not call functions made in Python."""
    while x.__class__ in {functools.partial, types.MethodType, CACHED}:
        x = x.func if x.__class__ is functools.partial else getattr(x, "__func__" if x.__class__ is types.MethodType else "__wrapped__")
    name = getattr(x, "__name__", None)
    if id(x) in PURE or id(x) in EFFECTS or x.__class__ is operator.itemgetter:
        return True
    if x.__class__ in {types.FunctionType, type(np.sum)}:  # what a function made in Python calls is observed
        return not (name in IMPURE and root_of(x) in {"numpy", "importlib"})
    if isinstance(x, types.BuiltinFunctionType | types.MethodWrapperType):
        holder = x.__self__
        if holder is None or isinstance(holder, types.ModuleType):
            return root_of(x) in OWN
        if is_stream(holder):
            return True
        return is_pure_class(holder if isinstance(holder, type) else type(holder)) and name not in IMPURE
    if x.__class__ in MADE_IN_C:
        return is_pure_class(x.__objclass__) and name not in IMPURE
    if isinstance(x, type):
        return is_pure_class(x) and not (name == "Program" and root_of(x) == "autograd")  # whose numbers would be those of one call
    if isinstance(x, np.ufunc):
        return x is getattr(sys.modules.get("scipy.special"), x.__name__, None)
    return root_of(x) in OWN or is_pure_class(type(x))


def is_stream(x: Any) -> bool:
    """Whether it is where `print` writes."""
    return any(x is stream for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__))
