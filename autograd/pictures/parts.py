"""The parts of a network, found in its graph: modules, the operations between them, and which numbers go from one to another.

Nodes of one scope are one part. What a scope computes between its inner scopes, for example a residual sum, is one part for each stage, so
that no part depends on its own results. A part takes numbers from other parts and has outputs, as an operation takes arguments and has a
result.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autograd.context import scope_path
from autograd.engine import Value
from autograd.locks import cached_property

Path = tuple[str, ...]
Cut = Callable[[Path], Path]

UNIT = "neuron"
INPUTS: Path = ("inputs",)


@dataclass(eq=False)
class Part:
    """A part of a network.

    Attributes:
        path: its scope.
        members: its nodes, in order, with the leaves that belong to it.
        outputs: the members that other parts use, and results.
        args: the parts that it takes numbers from, in the order in which they are met.
        operations: whether it lies between modules, and so has no name of its own.
    """

    path: Path
    members: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    args: list["Part"] = field(default_factory=list)
    operations: bool = False

    @cached_property
    def places(self) -> dict[Value, int]:
        """The members, each with its index."""
        return {node: i for i, node in enumerate(self.members)}

    def given(self) -> list[Value]:
        """What it takes from other parts, in the order of its uses."""
        return list(dict.fromkeys(a for node in self.members for a in node.args if a.__class__ is Value and a not in self.places))

    def ops(self) -> list[str]:
        """The labels of its operations, each once."""
        return list(dict.fromkeys(node.op.label for node in self.members if node.op))


def title(part: Part) -> str:
    """The name of a part: that of its innermost scope, or, between modules, of its operations."""
    if part.path == INPUTS:
        return "inputs"
    if not part.operations:
        return (part.path[-1].strip() if part.path else "units") or "unnamed"
    return " ".join(part.ops()[:4]) + (" …" if len(part.ops()) > 4 else "")


def has_units(nodes: Sequence[Value]) -> bool:
    """Whether scopes of the graph are units."""
    return any(name.startswith(UNIT) for scope in {node.scope for node in nodes} for name in scope_path(scope))


def layers(path: Path) -> Path:
    """The scope of the layer: units and what lies in softmax are parts of it."""
    ends = [i for i, name in enumerate(path) if name.startswith(UNIT) or (name == "shift" and path[i - 1 : i] == ("softmax",))]
    return path[: ends[0]] if ends else path


def parts(
    nodes: Sequence[Value], roots: Sequence[Value], cut: Cut, parameters: set[Value], given: frozenset[Value] = frozenset()
) -> list[Part]:
    """The parts of a graph, each after those that it takes numbers from; `given` are the nodes that count as inputs, as leaves do."""
    inner = [node for node in nodes if node.args and node not in given]
    kinds = {scope: cut(scope_path(scope)) for scope in {node.scope for node in inner}}
    kind = {node: kinds[node.scope] for node in inner}
    level = _levels(nodes, kind)
    names = set(kind.values())
    between = {path for path in names if any(path != other and path == other[: len(path)] for other in names)} | {()}
    staged = between
    while True:
        key = {node: (path, level[node] if path in staged else 0) for node, path in kind.items()}
        found = _assembled(nodes, key, [root for root in roots if root in kind], parameters)
        ordered = _sorted(found)
        if len(ordered) == len(found):
            for part in ordered:
                part.operations = part.path in between and not has_units(part.members)
            return ordered
        staged = staged | {part.path for part in set(found) - set(ordered)}  # a module that depends on its own results


def _levels(nodes: Sequence[Value], kind: Mapping[Value, Path]) -> dict[Value, int]:
    """How many times the longest path to a node changes from one kind to another."""
    level: dict[Value, int] = {}
    for node in nodes:
        if node in kind:
            before = [level[a] + (kind[a] != kind[node]) for a in node.args if a.__class__ is Value and a in kind]
            level[node] = max(before, default=0)
    return level


def _assembled(nodes: Sequence[Value], key: Mapping[Value, tuple[Path, int]], roots: Sequence[Value], parameters: set[Value]) -> list[Part]:
    """A part for each key, and one of the leaves that are inputs."""
    found: dict[tuple[Path, int], Part] = {}
    home = {node: found.setdefault(key[node], Part(key[node][0])) for node in nodes if node in key}
    last = {home[root] for root in roots}
    inputs = Part(INPUTS)
    users: dict[Value, dict[Part, None]] = defaultdict(dict)
    for node in key:
        for a in node.args:
            if a.__class__ is Value and a not in key:
                users[a][home[node]] = None
    for leaf in [node for node in nodes if node not in key]:
        user = next(iter(users[leaf]), inputs)
        target = users[leaf].keys() <= last and len(found) > 1  # the targets of a loss
        home[leaf] = user if leaf in parameters or target else inputs
    outputs = set(roots)
    for node in nodes:
        part = home[node]
        part.members.append(node)
        taken = (
            [a for a in node.args if a.__class__ is Value and home[a] is not part and (a in key or home[a] is inputs)]
            if node in key
            else []
        )
        outputs.update(taken)
        part.args += [a for a in dict.fromkeys(map(home.__getitem__, taken)) if a not in part.args]
    for part in found.values():
        part.outputs = [node for node in part.members if node in outputs]
    inputs.outputs = inputs.members
    return [*([inputs] if inputs.members else []), *found.values()]


def _sorted(found: Sequence[Part]) -> list[Part]:
    """The parts, each after those that it takes numbers from; a part on a cycle, or after one, is missing."""
    done: dict[Part, None] = {}
    rest = list(found)
    while ready := [part for part in rest if all(a in done for a in part.args)]:
        done.update(dict.fromkeys(ready))
        rest = [part for part in rest if part not in done]
    return list(done)


# Weights and inputs.


def products(node: Value) -> Iterator[tuple[Value | float, Value | float]]:
    """The pairs of numbers that an operation multiplies."""
    name = node.op.name if node.op else ""
    half = len(node.args) // 2
    if name in ("dot", "mul"):
        yield from zip(node.args[:half], node.args[half:], strict=True)


def weights(nodes: Sequence[Value]) -> set[Value]:
    """The leaves that look like parameters.

    Of two leaves that are multiplied, the one that fewer nodes use, else the first; then leaves multiplied by computed nodes or constants,
    and terms of sums, unless they are inputs elsewhere.
    """
    uses = Counter(a for node in nodes for a in node.args if a.__class__ is Value and not a.args)
    found: set[Value] = set()
    inputs: set[Value] = set()
    for node in nodes:
        rest = {a for a in node.args if a.__class__ is Value and not a.args}
        for pair in products(node):
            leaves = [a for a in pair if isinstance(a, Value) and a in rest]
            weight = min(leaves, key=uses.__getitem__) if pair[0] is not pair[1] and leaves else None
            found.update(a for a in leaves if a is weight)
            inputs.update(a for a in leaves if a is not weight)
        rest -= {a for pair in products(node) for a in pair}
        (found if node.op and node.op.name == "add" else inputs).update(rest)
    return found - inputs
