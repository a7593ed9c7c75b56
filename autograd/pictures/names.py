"""The names of nodes on the page of steps: short, and different from each other."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import count

from autograd.engine import Value
from autograd.labels import printable

SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
LONGEST, ENDS = 16, 6


def names_of(nodes: Sequence[Value]) -> dict[Value, str]:
    """A different name for each node: the label, shortened where it is long, or else v and a number."""
    numbers = count(1)
    labels = {node: printable(" ".join((node.label or "").split())) for node in nodes}
    given = {node: labels[node] or ("C" if node is nodes[-1] else f"v{next(numbers)}") for node in nodes}
    short = shortened(set(given.values()))
    return dict(zip(nodes, distinct(subscripted(short[given[node]]) for node in nodes), strict=True))


def subscripted(name: str) -> str:
    """A name whose number is an index."""
    return re.sub(r"(?<=[^\W\d_])_?(\d+)$", lambda match: match[1].translate(SUBSCRIPT), name)


def distinct(names: Iterable[str]) -> Iterator[str]:
    """The names, each its own: from the second time on with how often it has come."""
    taken: Counter[str] = Counter()
    for name in names:
        taken[name] += 1
        yield name if name and taken[name] == 1 else f"{name}#{taken[name]}"


def shortened(names: Iterable[str]) -> dict[str, str]:
    """Each name in at most 16 characters: a longer one loses its middle, but keeps as much of its end as makes it unique.

    >>> shortened(["layers.1.neurons.0.w[3]", "x"])
    {'layers.1.neurons.0.w[3]': 'layers.1…w[3]', 'x': 'x'}
    >>> list(shortened(["layers.1.neurons.0.w.3", "layers.1.neurons.1.w.3"]).values())
    ['layers.1…0.w.3', 'layers.1…1.w.3']
    """
    tried = [{name: name if len(name) <= LONGEST else _without_middle(name, parts) for name in names} for parts in (1, 2, 3)]
    alike = [Counter(short.values()) for short in tried]
    return {name: next((short[name] for short, many in zip(tried, alike, strict=True) if many[short[name]] == 1), tried[0][name])
            for name in names}  # fmt: skip


def _without_middle(name: str, parts: int) -> str:
    """The beginning of a name up to a dot or space, and its last `parts` parts; single letters where there are no dots or spaces."""
    pieces = re.findall(r"[. ]?[^. ]+", name)
    end = "".join(pieces[-parts:]).lstrip(". ")
    while re.fullmatch(r"\d+", end) and parts < len(pieces):  # an index alone says little
        parts += 1
        end = "".join(pieces[-parts:]).lstrip(". ")
    if len(pieces) == 1 or len(end) > LONGEST - 1 - ENDS:
        end = name[-ENDS:]
    start = name[: LONGEST - 1 - len(end)]
    whole = re.match(r"(.+[^. ])[. ]", start + name[len(start)])
    return f"{whole[1] if whole else start.rstrip()}…{end}"
