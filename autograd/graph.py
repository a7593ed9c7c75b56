"""Walks over a graph of nodes, anything with `args`. None recurses, so a chain of a million nodes is as good as one of ten."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from autograd.errors import NumberError, api_boundary, filter_traceback


class Node(Protocol):
    """What a walk needs: the arguments, nodes and numbers mixed, in order and with repeats."""

    @property
    def args(self) -> tuple[Any, ...]:
        """Nodes and numbers."""


N = TypeVar("N", bound=Node)

compiled_order: dict[type, Callable[..., list[Any]]] = {}  # what does the same as `order`, by the class of the nodes


def order(*roots: N, since: int = 0) -> list[N]:
    """The nodes below `roots`, themselves included, each after its arguments: a topological order.

    Depth first, arguments from left to right; every node once, however many times it is used. With `since`, the number of a transform's
    run, not what lies below nodes that are older than that.

    >>> from autograd import Value
    >>> a = Value(2.0)
    >>> b = a * a
    >>> [node.data for node in order(b + a)]
    [2.0, 4.0, 6.0]
    """
    try:
        for root in roots:
            if not hasattr(root, "args"):
                raise NumberError(f"got {root!r}, expected a Value: give the result whose graph is meant")  # noqa: TRY301  # from this line
    except NumberError as error:
        filter_traceback(error)
        raise
    if roots and roots[0].__class__ in compiled_order:
        return compiled_order[roots[0].__class__](roots, since)
    return walk(roots, since, set())


def walk(roots: Sequence[N], since: int, seen: set[N]) -> list[N]:
    """What `order` does, in Python, without the nodes that are `seen` already and what lies below them."""
    node_class: Any = roots[0].__class__ if roots else None
    found: list[N] = []
    # The nodes entered but not left, each with what remains of its siblings; and what remains of the last's arguments.
    path: list[tuple[N, Iterator[Any]]] = []
    remaining: Iterator[Any] = iter(roots)
    while True:
        for a in remaining:
            if a.__class__ is node_class and a not in seen:
                seen.add(a)
                args = a.args
                if args and (not since or a._run >= since):  # noqa: SLF001  # of a Value
                    path.append((a, remaining))
                    remaining = iter(args)
                    break
                found.append(a)
        else:
            if not path:
                return found
            node, remaining = path.pop()
            found.append(node)


@api_boundary
def leaves(*roots: N) -> list[N]:
    """The nodes below `roots` that no operation made, in the order in which they are met.

    >>> from autograd import Value
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> [leaf.label for leaf in leaves(a * b + a)]
    ['a', 'b']
    """
    return [node for node in order(*roots) if not node.args]


@api_boundary
def count(*roots: N) -> int:
    """How many nodes lie below `roots`, themselves included.

    >>> from autograd import Value
    >>> count(Value(2.0) * 3.0 + 1.0)
    3
    """
    return len(order(*roots))
