"""Sums of what blocks of lanes give, in the order in which the kernel adds lanes: leaves of 1,024 lanes, then in pairs."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograd.errors import users_line_of
from autograd.trees import tree_flatten, tree_map

LEAF = 1024
# The lanes of a block: a power of 2 times LEAF, so that it is a subtree.
BLOCK = 64 * LEAF


def some_lanes(x: Any, axis: int, first: int, end: int) -> Any:
    """The lanes from `first` to before `end` of an array."""
    return x[(*[slice(None)] * (axis % x.ndim), slice(first, end))]


def of_block(f: Callable[..., Any], first: int, size: int, given: Sequence[Any]) -> Any:
    """The result for some lanes; an error says which, and in which line of the user's, since not all of a traceback may travel."""
    try:
        return f(*given)
    except Exception as error:
        line = users_line_of(error)
        error.add_note(f"It arose in the lanes {first} to {first + size - 1}{line and f', at {line}'}.")
        raise


def plus(a: Any, b: Any) -> Any:
    """The sum of two results, structures of numbers and arrays."""
    return tree_map(lambda x, y: x + y, a, tree_flatten(b)[0])


def added(results: Iterable[Any]) -> Any:
    """The sum of results in pairs, level by level, an odd last one as it is: the tree of the kernel; at most one for each level is held."""
    held: list[tuple[int, Any]] = []  # each with the number of results in it
    for x in results:
        count = 1
        while held and held[-1][0] == count:
            x, count = plus(held.pop()[1], x), 2 * count  # noqa: PLW2901  # the sum so far
        held.append((count, x))
    total = held.pop()[1] if held else 0.0
    while held:
        total = plus(held.pop()[1], total)
    return total
