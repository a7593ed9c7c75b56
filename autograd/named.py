"""The nodes of a graph that stand as a symbol in its formula, each under its label or a name given for it."""

from collections.abc import Mapping, Sequence
from typing import Any

from autograd.engine import Value
from autograd.errors import OperationError


def checked_names(names: Any) -> Mapping[Value, str]:
    """`names`, or an error if it is not a dict from Values to names."""
    if not isinstance(names, Mapping):
        raise OperationError(f"got names={names!r}, expected the names of Values in a dict, such as {{x: 'x'}}")
    for node, name in names.items():
        if node.__class__ is not Value or not isinstance(name, str) or not name.strip():
            raise OperationError(f"got {name!r} for {node!r} in names, expected a string for a Value, such as {{x: 'x'}}")
    return names


def names_of(nodes: Sequence[Value], names: Mapping[Value, str]) -> dict[Value, str]:
    """The names of the nodes that have one, with lone surrogates written as escapes."""
    given = {node: names.get(node, None if node.args else node.label) for node in nodes}
    return {node: name.encode("utf-8", "backslashreplace").decode() for node, name in given.items() if name and name.strip()}


def check_distinct(symbols: Mapping[Value, str]) -> None:
    """Raise an error if one name stands for two numbers."""
    first: dict[str, Value] = {}
    for node, name in symbols.items():
        known = first.setdefault(name, node)
        if repr(known.data) != repr(node.data):
            raise OperationError(
                f"two Values are called {name!r}, one of {known.data!r} and one of {node.data!r}, and one symbol cannot stand for both: "
                "give each a label of its own, or a name in names="
            )
