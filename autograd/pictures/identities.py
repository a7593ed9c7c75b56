"""Gradients that are shorter than the chain rule writes them: for softmax with cross-entropy a − y.

Whether a gradient equals a number of the graph, or the difference of two, is found by running the graph at random inputs: if they agree to
ten digits at all of them, that is not a coincidence. Targets that sum to 1 are kept so.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from autograd.context import NEUTRAL, in_context
from autograd.engine import Value, sweep
from autograd.kinds import kind_of, quietly
from autograd.pictures.formulas import said

POINTS, DIGITS = 6, 1e-10
MOST_NODES = 400


class Identity(NamedTuple):
    """A gradient as the difference of two terms, each the place of a node or a constant; its text; and what it depends on."""

    text: str
    terms: tuple[int | float, int | float]
    given: str


def identities(nodes: Sequence[Value], names: Mapping[Value, str]) -> dict[Value, Identity]:
    """The gradients of the last of `nodes` that equal a number of the graph or the difference of two."""
    if len(nodes) > MOST_NODES:
        return {}
    found: dict[Value, Identity] = {}
    sums = _sums_of_one(nodes)
    given = " and ".join(f"{' + '.join(names[leaf] for leaf in leaves)} = 1" for leaves in sums)
    for groups, condition in (([], ""), (sums, given)) if sums else (([], ""),):
        differences: dict[Value, Identity] = in_context(NEUTRAL).run(quietly, _differences, nodes, names, groups)
        for node, identity in differences.items():
            found.setdefault(node, identity._replace(given=condition))
    return found


def _sums_of_one(nodes: Sequence[Value]) -> list[list[Value]]:
    """The leaves that are together the arguments of an operation, or one of its two sequences, and form a distribution."""
    found = {}
    for node in nodes:
        half = len(node.args) // 2 if node.op and node.op.sequences == 2 else len(node.args)
        for part in (node.args[:half], node.args[half:]):
            leaves = [a for a in part if a.__class__ is Value and not a.args]
            fractions = len(set(leaves)) == len(part) >= 2 and all(a.data >= 0.0 for a in leaves)
            if fractions and abs(sum(a.data for a in leaves) - 1.0) < DIGITS:
                found[frozenset(leaves)] = leaves
    return list(found.values())


def _run(nodes: Sequence[Value], groups: Sequence[Sequence[Value]], choose: random.Random) -> tuple[list[float], list[float]]:
    """Values and gradients of the graph at inputs close to those that it has."""
    inputs = {node: node.data + 0.1 * max(1.0, abs(node.data)) * choose.uniform(-1.0, 1.0) for node in nodes if not node.args}
    for group in groups:
        parts = [choose.uniform(0.1, 1.0) for _ in group]
        inputs |= {leaf: part / sum(parts) for leaf, part in zip(group, parts, strict=True)}
    copies: dict[Any, Value] = {}
    for node in nodes:
        x = [copies.get(a, a) for a in node.args] if node.args else []
        copies[node] = kind_of(x).apply(node.op, x) if node.op and node.args else Value(inputs[node])
    every = list(copies.values())
    return [copy.data for copy in every], list(sweep({every[-1]: 1.0}, every))


def _differences(nodes: Sequence[Value], names: Mapping[Value, str], groups: Sequence[Sequence[Value]]) -> dict[Value, Identity]:
    choose = random.Random(0)  # noqa: S311  # samples
    values, gradients = (np.array(x).T for x in zip(*(_run(nodes, groups, choose) for _ in range(POINTS)), strict=True))
    constants = sorted({0.0, 1.0} | {a for node in nodes for a in node.args if a.__class__ is float})
    varying = [i for i in sorted(range(len(nodes)), key=lambda i: nodes[i].label is None) if np.ptp(values[i]) > 0.0]
    terms: list[int | float] = [*varying, *constants]
    table = np.vstack([values[varying], *(np.full((1, POINTS), x) for x in constants)])
    texts = [names[nodes[i]] for i in varying] + [said(x).removesuffix(".0") for x in constants]
    first = table[:, None, 0] - table[None, :, 0]
    found = {}
    for node, gradient in zip(nodes[:-1], gradients, strict=False):
        if not np.isfinite(gradient).all() or not np.ptp(gradient) > 0.0:
            continue
        off = DIGITS * abs(gradient).max()
        for p, q in np.argwhere(abs(first - gradient[0]) < off).tolist():
            if abs(table[p] - table[q] - gradient).max() < off:
                found[node] = Identity(_difference(texts[p], texts[q]), (terms[p], terms[q]), "")
                break
    return found


def _difference(a: str, b: str) -> str:
    """The difference of two names or numbers, as text.

    >>> print(_difference("a", "y"), _difference("0", "y"), _difference("a", "0"), _difference("a", "−2"))
    a − y −y a a + 2
    """
    if b == "0":
        return a
    sign, size = ("+", b[1:]) if b[0] == "−" else ("−", b)
    return f"{sign.replace('+', '')}{size}" if a == "0" else f"{a} {sign} {size}"
