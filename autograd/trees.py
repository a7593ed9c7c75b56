"""Trees of numbers: nested lists, tuples, dicts and dataclasses, flattened into leaves and built again (pytrees).

A container keeps its class: a namedtuple, an OrderedDict or a list with attributes is rebuilt as an instance of its class, with other
items. None and strings within a container are part of the structure. Anything else is a leaf: an array as well as a number. No function
here recurses.
"""

import copy
import dataclasses
import reprlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from autograd.errors import LengthError, OperationError

CONTAINERS = (list, tuple, dict)
ATOMS = {type(None), str}
BUILTINS = {list, tuple, dict}


def is_container(cls: type) -> bool:
    """Whether instances of a class are containers of other items than None."""
    return issubclass(cls, CONTAINERS) or hasattr(cls, "__dataclass_fields__")


def tree_keys(tree: Any) -> Sequence[Any] | None:
    """The keys of a dict, the names of a dataclass's fields, the indices of a list or tuple; None where `tree` is a leaf."""
    if isinstance(tree, dict):
        return list(tree)
    if isinstance(tree, list | tuple):
        return range(len(tree))
    return _fields(tree) if is_container(tree.__class__) else () if tree.__class__ in ATOMS else None


def _fields(tree: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(tree) if hasattr(tree, field.name)]


def tree_items(tree: Any) -> list[Any] | None:
    """The items of a container, in order; None where `tree` is a leaf."""
    if isinstance(tree, dict):
        return (
            list(tree.values()) if tree.__class__ is dict else [dict.__getitem__(tree, key) for key in tree]
        )  # in the order of the class's __iter__
    if isinstance(tree, list):
        return tree[:] if tree.__class__ is list else list(list.__iter__(tree))
    if isinstance(tree, tuple):
        return list(tuple.__iter__(tree))
    if is_container(tree.__class__):
        return [getattr(tree, name) for name in _fields(tree)]
    return [] if tree.__class__ in ATOMS else None


class _Container:
    """A container without its items: its class, the keys of a dict or the fields of a dataclass, and other state."""

    __slots__ = ("cls", "count", "keys", "sample")

    def __init__(self, given: Any, count: int) -> None:
        self.cls = given.__class__
        self.count = count
        self.sample: Any = None
        if self.cls in ATOMS:
            self.keys, self.sample = given, given
            return
        self.keys = None if isinstance(given, list | tuple) else tuple(tree_keys(given) or ())
        if self.cls not in BUILTINS:
            self.sample = given
            self.sample = self.with_items([None] * count)  # which keeps the other state, and no item alive

    def with_items(self, items: Sequence[Any]) -> Any:
        """A container of this class and state with the given items."""
        if self.cls is list:
            return list(items)
        if self.cls is tuple:
            return tuple(items)
        if self.cls is dict:
            return dict(zip(self.keys, items, strict=True))
        return self.sample if self.cls in ATOMS else self._derived(items)

    def _derived(self, items: Sequence[Any]) -> Any:
        try:
            if issubclass(self.cls, tuple):
                made = tuple.__new__(self.cls, items)
                if hasattr(made, "__dict__"):
                    vars(made).update(vars(self.sample))
                return made
            made = copy.copy(self.sample)
            reason = None if made.__class__ is self.cls and made is not self.sample else f"copy.copy gives a {type(made).__name__}"
        except Exception as error:  # noqa: BLE001  # the user's class may raise anything
            reason = str(error)
        if reason is None:
            reason = None if self._holds_the_same(made) else "its copy holds other items"
        if reason is not None:
            raise OperationError(
                f"got a {self.cls.__name__}, which cannot be rebuilt with other numbers in it ({reason}): "
                "give a plain list, tuple or dict of its items"
            )
        if self.keys is None:
            list.__setitem__(made, slice(None), items)
        else:
            put = dict.__setitem__ if isinstance(made, dict) else object.__setattr__
            for key, item in zip(self.keys, items, strict=True):
                put(made, key, item)
        return made

    def _holds_the_same(self, made: Any) -> bool:
        if self.keys is None:
            return list.__len__(made) == self.count
        return dict.keys(made) == dict.fromkeys(self.keys).keys() if isinstance(made, dict) else tuple(_fields(made)) == self.keys

    def state(self) -> Any:
        """The state apart from its items: attributes, the factory of a defaultdict."""
        if isinstance(self.sample, tuple):
            return getattr(self.sample, "__dict__", None)
        if isinstance(self.sample, CONTAINERS):
            return self.sample.__reduce_ex__(2)[1:3]
        return {name: x for name, x in getattr(self.sample, "__dict__", {}).items() if name not in self.keys} or None


class _Word(str):
    """A string that is shown without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


# As reprlib.repr, whose results are short, but for words, none of which is cut.
WORDS = reprlib.Repr()
WORDS.maxother = WORDS.maxstring = 80


class Structure:
    """A tree without its leaves. Two are equal where the containers have equal classes, lengths and keys.

    Attributes:
        nodes: in the order in which `tree_unflatten` uses them: the number of leaves that follow, or a container of the items before it.
        count: how many leaves it has.
    """

    def __init__(self, nodes: list[Any], count: int) -> None:
        self.nodes: list[Any] = nodes
        self.count: int = count
        self.key: tuple[Any, ...] = tuple([x if x.__class__ is int else (x.cls, x.count, x.keys) for x in nodes])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Structure) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __repr__(self) -> str:
        return self.shown(["*"] * self.count)

    def shown(self, words: Sequence[str]) -> str:
        """The tree as text, with a word in place of each leaf; long ones are abbreviated."""
        return WORDS.repr(tree_unflatten(self, list(map(_Word, words))))

    def states(self) -> list[Any]:
        """The states of the containers apart from their items."""
        return [
            state for x in self.nodes if x.__class__ is not int and x.sample is not None and x.cls not in ATOMS and (state := x.state())
        ]


LEAF = Structure([1], 1)


def tree_flatten(tree: Any) -> tuple[list[Any], Structure]:
    """The leaves of a structure in order, and the structure without them.

    Raises:
        OperationError: a container contains itself, or is of a class that cannot be rebuilt with other items.

    >>> leaves, structure = tree_flatten({"w": [1.0, 2.0], "b": (3.0, None)})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> tree_unflatten(structure, [10.0, 20.0, 30.0])
    {'w': [10.0, 20.0], 'b': (30.0, None)}
    """
    if not is_container(tree.__class__):
        return [tree], LEAF
    items = tree_items(tree) or []
    if not _has_containers(items):  # the most common case, and the fastest
        return items, Structure([len(items), _Container(tree, len(items))] if items else [_Container(tree, 0)], len(items))
    leaves: list[Any] = []
    nodes: list[Any] = []
    ended = 0  # the number of leaves counted in the nodes so far
    around: dict[int, Any] = {}  # the containers whose items are being flattened
    stack: list[Any] = [tree]
    while stack:
        x = stack.pop()
        if x.__class__ is _Container:
            if ended < len(leaves):
                nodes.append(len(leaves) - ended)
                ended = len(leaves)
            nodes.append(x)
            around.popitem()
            continue
        within = tree_items(x)
        if within is None:
            leaves.append(x)
            continue
        if id(x) in around:
            raise OperationError(
                f"got a {type(x).__name__} that contains itself, expected a structure of finite depth: give a copy of what it holds"
            )
        around[id(x)] = x
        stack.append(_Container(x, len(within)))
        if _has_containers(within):
            stack.extend(reversed(within))
        else:
            leaves += within
    return leaves, Structure(nodes, len(leaves))


def _has_containers(items: list[Any]) -> bool:
    return any(cls in ATOMS or is_container(cls) for cls in set(map(type, items)))


def tree_unflatten(structure: Structure, leaves: Sequence[Any]) -> Any:
    """The structure with these leaves: see `tree_flatten`."""
    if len(leaves) != structure.count:
        raise LengthError(f"got {len(leaves)} leaves, expected {structure.count}, as the structure has")
    made: list[Any] = []
    place = 0
    for node in structure.nodes:
        if node.__class__ is int:
            made += leaves[place : place + node]
            place += node
        else:
            first = len(made) - node.count
            made[first:] = [node.with_items(made[first:])]
    return made[0]


def tree_map(f: Callable[..., Any], tree: Any, *others: Sequence[Any]) -> Any:
    """The structure with `f(leaf, …)` in place of each leaf; each of `others` has one more argument for each leaf.

    >>> tree_map(lambda x: -x, (1.0, {"a": 2.0}))
    (-1.0, {'a': -2.0})
    """
    leaves, structure = tree_flatten(tree)
    return tree_unflatten(structure, [f(*x) for x in zip(leaves, *others, strict=True)])


def tree_broadcast(prefix: Any, tree: Any, is_entry: Callable[[Any], bool]) -> list[Any] | None:
    """An entry of `prefix` for each leaf of `tree`; None where they do not match.

    `prefix` is an entry, which stands for all leaves, or a container of prefixes that matches `tree`; a list also matches a tuple.
    """
    found: list[Any] = []
    stack = [(prefix, tree)]
    while stack:
        p, x = stack.pop()
        if is_entry(p):
            found += [p] * (0 if x.__class__ in ATOMS and x is not tree else len(tree_flatten(x)[0]))
            continue
        entries, items = tree_items(p), tree_items(x)
        if entries is None or items is None or len(entries) != len(items):
            return None
        keys, own = tree_keys(x) or (), tree_keys(p) or ()
        if own != keys:  # a dict in another order
            if not isinstance(x, dict) or not isinstance(p, dict) or p.keys() != x.keys():
                return None
            entries = [p[key] for key in keys]
        stack.extend(reversed(list(zip(entries, items, strict=True))))
    return found


def tree_paths(tree: Any) -> Iterator[str]:
    """The paths of the leaves, such as "['w'][0]", in order; for messages."""
    stack = [("", tree)]
    while stack:
        path, x = stack.pop()
        items = tree_items(x)
        if items is None:
            yield path
        else:
            keys, dotted = tree_keys(x) or (), not isinstance(x, CONTAINERS)
            stack.extend(reversed([(f"{path}.{k}" if dotted else f"{path}[{k!r}]", item) for k, item in zip(keys, items, strict=True)]))
