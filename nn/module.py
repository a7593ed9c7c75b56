"""Module: something with parameters, which can be called, saved and loaded."""

import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Value, scope
from autograd.errors import NumberError, OperationError, PathNotFoundError, RangeError, StateError
from nn.samples import number, shown

VERSION = 1


class Module:
    """The base of neurons, layers and networks.

    A subclass makes its parameters in `__init__` and computes in `forward`. Parameters are found by walking the attributes in the order
    in which they were set: leaf Values, Modules, and lists, tuples, dicts and object arrays of them.

    Attributes:
        name: the scope in which `forward` records, by which pictures collapse: the class's name, or, for a module held by another,
            the attribute's, so that those in a list `layers` are `layer0`, `layer1` …

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(2.0), Value(1.0)
    ...
    ...     def forward(self, x):
    ...         return self.slope * x + self.offset
    >>> line = Line()
    >>> line(3.0).data
    7.0
    >>> line.state_dict()
    {'slope': 2.0, 'offset': 1.0}
    """

    name = "module"

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = cls.__name__.lower()

    def __setattr__(self, key: str, value: Any) -> None:
        """Set the attribute; the modules in it are named after it."""
        for name, child in _items(key, value):
            if isinstance(child, Module):
                child.name = name
        super().__setattr__(key, value)

    def __call__(self, *x: Any, **options: Any) -> Any:
        """Compute `forward` in a scope of this module's name."""
        return scope(self.name).run(self.forward, *x, **options)

    def forward(self, *x: Any, **options: Any) -> Any:
        """What the module computes; a subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: define forward(self, x), which the call runs")

    def parameters(self) -> list[Value]:
        """The Values that training adapts, each once, in a fixed order."""
        return [p for _, p in self.named_parameters()]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with their dotted names, such as `layers.0.neurons.3.w.1`; one that is shared has the name met first.

        Raises:
            StateError: two parameters have one name.
        """
        named: dict[str, Value] = {}
        for name, p in _found("", [("", self)], {}):
            if name in named:
                raise StateError(
                    f"two parameters of {type(self).__name__} have the name {name!r}, expected one for each: "
                    "give attributes and keys other names, without dots"
                )
            named[name] = p
        return list(named.items())

    def zero_grad(self) -> None:
        """Set every parameter's `grad` to 0."""
        for p in self.parameters():
            p.grad = 0.0

    def state_dict(self) -> dict[str, float]:
        """Each parameter's name and number."""
        return {name: p.data for name, p in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the parameters to the numbers of `state`, which has exactly this module's names.

        Raises:
            StateError: a name is missing or unknown, or an entry is not a number; the module is then as it was.
        """
        if not isinstance(state, Mapping):
            raise StateError(
                f"got a state of type {type(state).__name__}, expected names with their numbers as state_dict gives; for a file use load"
            )
        parameters = dict(self.named_parameters())
        missing, unknown = [n for n in parameters if n not in state], [n for n in state if n not in parameters]
        if missing or unknown:
            raise StateError(
                f"the state has {len(state)} numbers, {type(self).__name__} has {len(parameters)} parameters"
                + (f"; missing: {_listing(missing)}" if missing else "")
                + (f"; unknown: {_listing(unknown)}" if unknown else "")
                + ": build the module with the sizes with which it was saved"
            )
        try:
            numbers = {name: _number(name, x) for name, x in state.items()}
        except NumberError as error:
            raise StateError(f"the state does not hold one number for each name: {error}") from None
        for name, x in numbers.items():
            parameters[name].data = x

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file, bit for bit; a file that is there is replaced as a whole or not at all.

        Raises:
            PathNotFoundError: the folder does not exist.
            RangeError: the path is that of a folder.
            OperationError: the path is no text.
        """
        path = _path(path)
        if path.is_dir():
            raise RangeError(f"cannot save {str(path)!r}: it is a folder; give the name of a file in it, such as 'model.json'")
        if not path.parent.is_dir():
            raise PathNotFoundError(f"cannot save {str(path)!r}: there is no folder {str(path.parent)!r}; make it first, or save elsewhere")
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            part.write_text(
                json.dumps({"format": "valuegrad state", "version": VERSION, "parameters": self.state_dict()}, indent=0), "utf-8"
            )
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def load(self, path: str | os.PathLike[str]) -> None:
        """Set the parameters to those that `save` wrote; nothing in the file is executed.

        Raises:
            PathNotFoundError: there is no such file.
            OperationError: the path is no text.
            StateError: the file is damaged, of another kind or version, or does not fit; the module is then as it was.
        """
        path = _path(path)
        if not path.is_file():
            raise PathNotFoundError(f"cannot load {str(path)!r}: there is no such file; give one that Module.save wrote")
        try:
            content = json.loads(path.read_text("utf-8"), object_pairs_hook=_unique, parse_float=_finite)
        except (ValueError, RecursionError) as error:
            raise StateError(f"{str(path)!r} is not JSON as save writes it: {error}; the file is damaged or cut short, save anew") from None
        match content:
            case {"format": "valuegrad state", "version": int(version), "parameters": dict(state)} if version is not True:
                if version != VERSION:
                    raise StateError(f"{str(path)!r} has version {version}, expected {VERSION}: load it with the release that saved it")
            case _:
                raise StateError(f"{str(path)!r} holds no state of a module: give a file that Module.save wrote")
        try:
            self.load_state_dict(state)
        except StateError as error:
            raise StateError(f"{str(path)!r} does not fit: {error}") from None


def _items(name: str, x: Any) -> Iterable[tuple[str, Any]]:
    """What an attribute holds, each with a name: itself, or the members of a collection."""
    match x:
        case list() | tuple():
            return ((f"{name.removesuffix('s')}{i}", child) for i, child in enumerate(x))
        case dict():
            return ((str(key), child) for key, child in x.items())
    return [(name, x)]


def _found(path: str, children: Iterable[tuple[Any, Any]], seen: dict[int, Any]) -> list[tuple[str, Value]]:
    """The leaf Values in `children` with their paths; each, and each module and collection, once: `seen` holds them by their ids."""
    found: list[tuple[str, Value]] = []
    for key, x in children:
        if id(x) in seen:
            continue
        seen[id(x)] = x
        name = f"{path}.{key}" if path else str(key)
        if x.__class__ is Value:
            if x.op is None:
                found.append((name, x))
        elif isinstance(x, Module):
            found += _found(name, vars(x).items(), seen)
        elif isinstance(x, dict):
            found += _found(name, x.items(), seen)
        elif isinstance(x, list | tuple):
            found += _found(name, enumerate(x), seen)
        elif isinstance(x, np.ndarray) and x.dtype == object:
            found += _found(path, [(key, x.tolist())], seen)
    return found


def _path(x: Any) -> Path:
    """A file's name as a path, checked."""
    if not isinstance(x, str | os.PathLike):
        raise OperationError(f"got {shown(x)} as the path, expected the name of a file, such as 'model.json'")
    return Path(x)


def _number(name: str, x: Any) -> float:
    """A number of a state; a truth value is none."""
    if isinstance(x, bool | np.bool_):
        raise NumberError(f"{name}: got {x}, expected one real number")
    return number(name, x)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, in which no name comes twice."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the name {next(n for n in names if names.count(n) > 1)!r} comes twice")
    return content


def _finite(text: str) -> float:
    """A number written in digits: `save` writes an infinite one as Infinity."""
    if math.isinf(x := float(text)):
        raise ValueError(f"the number {text} is beyond the largest float")
    return x


def _listing(names: list[str]) -> str:
    """The first few names, and how many there are."""
    return ", ".join(map(str, names[:3])) + (f" … ({len(names)} in all)" if len(names) > 3 else "")
