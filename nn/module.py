"""Module: something with parameters, which can be called, saved and loaded."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from autograd import Value, scope
from autograd.errors import NumberError, PathNotFoundError, StateError

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

    def __call__(self, *x: Any) -> Any:
        """Compute `forward` in a scope of this module's name."""
        with scope(self.name):
            return self.forward(*x)

    def forward(self, *x: Any) -> Any:
        """What the module computes; a subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: define forward(self, x), which the call runs")

    def parameters(self) -> list[Value]:
        """The Values that training adapts, each once, in a fixed order."""
        return [p for _, p in self.named_parameters()]

    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with their dotted names, such as `layers.0.neurons.3.w.1`; one that is shared has the name met first."""
        return list(_walk("", self, set()))

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
            numbers = {name: Value(x).data for name, x in state.items()}
        except NumberError as error:
            raise StateError(f"the state does not hold one number for each name: {error}") from None
        for name, x in numbers.items():
            parameters[name].data = x

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file, bit for bit; a file that is there is replaced as a whole or not at all.

        Raises:
            PathNotFoundError: the folder does not exist.
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise PathNotFoundError(
                f"cannot save {str(path)!r}: there is no folder {str(path.parent)!r}; make it first, or save elsewhere"
            )
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
            StateError: the file is damaged, of another kind or version, or does not fit; the module is then as it was.
        """
        path = Path(path)
        if not path.is_file():
            raise PathNotFoundError(f"cannot load {str(path)!r}: there is no such file; give one that Module.save wrote")
        try:
            content = json.loads(path.read_text("utf-8"))
        except (ValueError, RecursionError):
            raise StateError(f"{str(path)!r} is not JSON: the file is damaged or cut short; save it anew") from None
        match content:
            case {"format": "valuegrad state", "version": int(version), "parameters": dict(state)}:
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


def _walk(path: str, x: Any, seen: set[int]) -> Iterator[tuple[str, Value]]:
    """The leaf Values in `x` with their paths; each, and each module, once."""
    if isinstance(x, np.ndarray) and x.dtype == object:
        x = x.tolist()
    children: Iterable[tuple[Any, Any]] = ()
    match x:
        case Value(op=None) | Module():
            if id(x) in seen:
                return
            seen.add(id(x))
            if isinstance(x, Value):
                yield path, x
            else:
                children = vars(x).items()
        case dict():
            children = x.items()
        case list() | tuple():
            children = enumerate(x)
    for key, child in children:
        yield from _walk(f"{path}.{key}" if path else str(key), child, seen)


def _listing(names: list[str]) -> str:
    """The first few names, and how many there are."""
    return ", ".join(names[:3]) + (f" … ({len(names)} in all)" if len(names) > 3 else "")
