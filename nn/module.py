"""Module: something with parameters, which can be called, saved and loaded."""

import copy
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence, ValuesView
from collections.abc import Set as AbstractSet
from io import BytesIO
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from autograd import Value, scope
from autograd.errors import AutogradError, LengthError, NumberError, OperationError, StateError, api_boundary, filter_traceback
from autograd.files import check_version, file_path, is_sealed, reading, seal, writing
from autograd.spellings import hints
from nn.samples import not_a_parameter, number, shown
from nn.signatures import Forward, P, R_co
from nn.words import MODULE

FORMAT, VERSION = "valuegrad state", 2
BEFORE, AFTER = b',\n"sha256": "', b'"\n}'  # the bytes around the checksum, the last entry of the file
ROOM = 2**19  # bytes that a file may have beyond the module's own state, so that the message for a larger module can name its parameters


class Module:
    """The base class of neurons, layers and networks.

    A subclass makes its parameters in `__init__` and computes in `forward`. Parameters are found by walking the attributes in the order
    in which they were set: leaf Values, Modules, and sequences, dicts and object arrays of them. The result of an operation is not a
    parameter: one computed from parameters, such as an activation that `forward` keeps, is skipped; any other, which training would
    never reach, is an error.

    Attributes:
        name: the scope in which `forward` records, by which pictures collapse: the name of the class, or, for a module held by another,
            of the attribute, so that those in a list `layers` are `layer0`, `layer1` …

    Raises:
        NumberError: an attribute is the result of an operation that does not depend on a parameter.
        OperationError: a set holds parameters, or a path is not a string.
        StateError: two parameters have the same name, or a state or a file does not fit; the module is then unchanged.

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

    name: str = "module"

    @api_boundary
    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.name = cls.__name__.lower()
        for name, _ in _found(vars(cls).items(), {}, []):
            raise OperationError(
                f"the class {cls.__name__} holds the Value {name}, which all its instances would share and training would not find: "
                f"set it as an attribute of the instance, such as self.{name.partition('.')[0]} in __init__"
            )

    def __setattr__(self, key: str, value: Any) -> None:
        """Set the attribute; the modules in it are named after it."""
        for name, child in _items(key, value):
            if isinstance(child, Module):
                child.name = name
        super().__setattr__(key, value)

    if not TYPE_CHECKING:  # a type checker would take any attribute for one that is there
        __getattr__ = hints("", MODULE)

    def __call__(self: Forward[P, R_co], *x: P.args, **options: P.kwargs) -> R_co:
        """Compute `forward` in a scope of this module's name."""
        try:
            return scope(self.name).run(self.forward, *x, **options)
        except Exception as error:
            filter_traceback(error)
            raise

    def __graph__(self, *sample: Any) -> Any:
        """What `autograd.draw` shows of the module: what it computes for a sample, in which floats become distinct Values.

        Raises:
            LengthError: no sample is given, and the module accepts neither a row of zeros, as many as its first layer takes, nor a list of
                one such row.
        """
        if sample:
            return self(*map(_as_values, sample))
        row = [Value(0.0) for _ in range(self._nin())]
        for example in (row, [row]) if row else ():
            try:
                return self(example)
            except (AutogradError, TypeError, ValueError, LookupError, AttributeError):
                continue
        raise LengthError(f"cannot tell what {type(self).__name__} takes: give it a sample to be drawn with, draw(model, x)")

    def _nin(self) -> int:
        """How many numbers the module takes, according to the first module in it that says so; 0 where none does."""
        children = (child for name, x in vars(self).items() for _, child in _items(name, x) if isinstance(child, Module))
        return next(filter(None, (child._nin() for child in children)), 0)  # noqa: SLF001  # another module

    def forward(self, *x: Any, **options: Any) -> Any:
        """Compute the output; a subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__} has no forward: define forward(self, x), which the call runs")

    @api_boundary
    def parameters(self) -> list[Value]:
        """The Values that training adjusts, each once, in a fixed order."""
        return [p for _, p in self.named_parameters()]

    @api_boundary
    def named_parameters(self) -> list[tuple[str, Value]]:
        """The parameters with their dotted names, such as `layers.0.neurons.3.w.1`; a shared one has the first of its names.

        Raises:
            NumberError: an attribute is the result of an operation that does not depend on a parameter.
            OperationError: a set holds parameters, which would have no order.
            StateError: two parameters have the same name.
        """
        named: dict[str, Value] = {}
        computed: list[tuple[str, Value]] = []
        for name, p in _found(vars(self).items(), {id(self): self}, computed):
            if name in named:
                raise StateError(
                    f"two parameters of {type(self).__name__} have the name {name!r}, expected one for each: "
                    "give attributes and keys other names, without dots"
                )
            named[name] = p
        if computed:
            leaves = set(named.values())
            for name, x in computed:
                if not _rests_on(x, leaves):
                    raise NumberError(f"got {shown(x)} as {name} of {type(self).__name__}: {not_a_parameter(x)}")
        return list(named.items())

    def frozen(self) -> Self:
        """A copy with plain numbers in place of the parameters, for functions that are not differentiated by them.

        Derivatives of what it computes are floats then, as SciPy takes them; later training of the module does not change it.

        >>> import nn
        >>> from autograd import grad
        >>> model = nn.MLP(2, [3, 1], init=nn.xavier(seed=0))
        >>> slope = grad(model.frozen())([0.5, -1.0])
        >>> [type(x).__name__ for x in slope]
        ['float', 'float']
        """
        computed: list[tuple[str, Value]] = []
        found = _found(vars(self).items(), {id(self): self}, computed)
        return copy.deepcopy(self, {id(v): v.data for _, v in [*found, *computed]})

    @api_boundary
    def zero_grad(self) -> None:
        """Set every parameter's `grad` to 0."""
        for p in self.parameters():
            p.grad = 0.0

    @api_boundary
    def state_dict(self) -> dict[str, float]:
        """The number of each parameter, by its name."""
        return {name: p.data for name, p in self.named_parameters()}

    @api_boundary
    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Set the parameters to the numbers of `state`, whose names must be exactly this module's.

        Raises:
            StateError: a name is missing or unknown, or an entry is not a number; the module is then unchanged.
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

    @api_boundary
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file, bit for bit; an existing file is replaced as a whole or not at all.

        Raises:
            PathNotFoundError: the folder does not exist.
            RangeError: the path is that of a folder, a device or the like.
            FileError: the file is read-only or the disk full; an existing file is unchanged.
            OperationError: the path is not a string.
        """
        content = json.dumps({"format": FORMAT, "version": VERSION, "parameters": self.state_dict()}, indent=0)
        with writing(file_path(path, "model.json")) as file:
            file.write(content.removesuffix("\n}").encode() + BEFORE)
            seal(file, AFTER)

    @api_boundary
    def load(self, path: str | os.PathLike[str]) -> None:
        """Set the parameters to those that `save` wrote; nothing in the file is executed.

        Raises:
            PathNotFoundError: there is no such file.
            RangeError: the path is that of a device or the like.
            FileError: the file cannot be read.
            OperationError: the path is not a string.
            StateError: the file is damaged, has another format or version, or does not fit; the module is then unchanged.
        """
        path = file_path(path, "model.json")
        names = [name for name, _ in self.named_parameters()]
        largest = ROOM + sum(100 + 12 * len(name) for name in names)  # JSON takes at most twelve bytes for a character
        with reading(path, "Module.save") as file:
            content = file.read(largest + 1)
            if len(content) > largest:
                raise ValueError(
                    f"it has more than the {largest} bytes of any state of this {type(self).__name__} with {len(names)} parameters: "
                    "build the module with the sizes with which it was saved"
                )
            state = _parsed(content)
        try:
            self.load_state_dict(state)
        except StateError as error:
            raise StateError(f"{str(path)!r} does not fit: {error}") from None


def _parsed(content: bytes) -> Mapping[str, Any]:
    """The parameters in a file that `save` wrote; raises a ValueError that says what is wrong with it."""
    content = content.replace(b"\r\n", b"\n").rstrip()  # line ends of other systems and editors
    sealed = is_sealed(BytesIO(content), BEFORE, AFTER)
    try:
        found = json.loads(content.decode(), object_pairs_hook=_unique, parse_float=_finite, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON as save writes it: {str(error)[:200]}; the file is damaged or cut short, save it again") from None
    if isinstance(found, dict) and found.get("format") == FORMAT and type(found.get("version")) is int:
        check_version(found["version"], VERSION, is_sealed=sealed)
        if isinstance(state := found.get("parameters"), dict):
            return state
    raise ValueError("it holds no state of a module: give a file that Module.save wrote")


def _as_values(x: Any) -> Any:
    """A sample with a Value for each float in it, so that equal ones are distinct nodes; integers may be indices and stay as they are."""
    if isinstance(x, list):
        return [_as_values(entry) for entry in x]
    if isinstance(x, tuple):
        return tuple(_as_values(entry) for entry in x)
    if isinstance(x, np.ndarray) and x.dtype.kind == "f" and x.ndim:
        return np.array([Value(entry) for entry in x.ravel().tolist()], object).reshape(x.shape)
    return Value(float(x)) if isinstance(x, float | np.floating) else x


def _items(name: str, x: Any) -> Iterable[tuple[str, Any]]:
    """The value of an attribute, or the members of a collection, with their names."""
    match x:
        case list() | tuple():
            return ((f"{name.removesuffix('s')}{i}", child) for i, child in enumerate(x))
        case dict():
            return ((str(key), child) for key, child in x.items())
    return [(name, x)]


def _found(children: Iterable[tuple[Any, Any]], seen: dict[int, Any], computed: list[tuple[str, Value]]) -> list[tuple[str, Value]]:
    """The leaf Values in `children` with their paths. Each object is visited once; `seen` holds them by id.

    The Values that operations made are added to `computed`.
    """
    found: list[tuple[str, Value]] = []
    path: list[str] = []
    rest = [iter(children)]
    while rest:
        for key, x in rest[-1]:
            if id(x) in seen:
                continue
            seen[id(x)] = x
            held = x.tolist() if x.__class__ is not Value and isinstance(x, np.ndarray) and x.dtype == object else x
            if held.__class__ is Value:
                (found if held.op is None else computed).append((".".join([*path, str(key)]), held))
            else:
                path.append(str(key))
                rest.append(iter(_members(path, held)))
                break
        else:
            rest.pop()
            del path[-1:]
    return found


def _members(path: Sequence[str], x: Any) -> Iterable[tuple[Any, Any]]:
    """The members of a module or a collection with their names or indices; nothing for any other object."""
    if isinstance(x, Module):
        return vars(x).items()
    if isinstance(x, list | tuple):  # the most common first: the check for an abstract class takes longer
        return enumerate(x)
    if x is None or isinstance(x, float | int | str | bytes | bytearray | memoryview | range):
        return ()
    if isinstance(x, Mapping):
        return x.items()
    if isinstance(x, Sequence | ValuesView):
        return enumerate(x)
    if isinstance(x, AbstractSet) and any(isinstance(child, Value | Module) for child in x):
        name = ".".join(path)
        raise OperationError(f"got the set {shown(x)} as {name}, expected parameters in an order: put them in a list, list({name})")
    return ()


def _rests_on(x: Value, parameters: set[Value]) -> bool:
    """Whether `x` was computed from one of `parameters`, or from Values made in another scope, as in the call of a module."""
    rest, seen = [x], {x}
    while rest:
        node = rest.pop()
        if node in parameters or (not node.args and node.scope != x.scope):
            return True
        new = {a for a in node.args if isinstance(a, Value)} - seen
        seen |= new
        rest += new
    return False


def _number(name: str, x: Any) -> float:
    """A number of a state; a bool is an error."""
    if isinstance(x, bool | np.bool_):
        raise NumberError(f"{name}: got {x}, expected one real number")
    return number(name, x)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, whose names must be distinct."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the name {next(n for n in names if names.count(n) > 1)!r} comes twice")
    return content


def _finite(digits: str) -> float:
    """A number in decimal digits, which must be finite: `save` writes an infinite one as Infinity."""
    if math.isinf(x := float(digits)):
        raise ValueError(f"the number {digits[:60]} is beyond the largest float")
    return x


def _whole(digits: str) -> float:
    """A number without a decimal point: a version, or a number of a state written by hand."""
    return int(digits) if len(digits) < 20 else _finite(digits)


def _listing(names: list[str]) -> str:
    """The first few names, and how many there are."""
    return ", ".join(str(name)[:60] for name in names[:3]) + (f" … ({len(names)} in all)" if len(names) > 3 else "")
