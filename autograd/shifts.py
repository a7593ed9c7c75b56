"""Shifts that cancel: softmax subtracts the largest logit so that nothing overflows, but does not depend on it, and no formula wants it.

Each node is followed as a function of the shifts m that it was computed with: it is v + Σ c m (`added`), or v exp(Σ c m) (`scaled`), with v
free of them. exp turns one into the other, log turns it back, a sum keeps a factor that all its terms have, a quotient subtracts. A shift
that meets anything else is kept, and so is one that the result still has. The others may be any number, so they may be 0.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from autograd import ops
from autograd.engine import Value
from autograd.op import Op

# What may be a shift: a node that chooses or stops the gradient, or, as text, a number that is a term of a sum.
Shift = Value | str
Shifts = Mapping[Shift, Fraction]

CHOICES = (ops.stop_gradient, ops.maximum, ops.minimum)
SUMS = (ops.add, ops.sub, ops.sum, ops.neg)
HOMOGENEOUS = (ops.abs, ops.relu, ops.hypot)
COMPARISONS = (ops.step, ops.less, ops.less_equal)


class Weight(NamedTuple):
    """How a number depends on shifts: one of the two at most is not empty. `zero` is the number 0, which has any factor."""

    added: Shifts
    scaled: Shifts
    zero: bool = False


FREE = Weight({}, {})
ZERO = Weight({}, {}, zero=True)


def cancelled(nodes: Sequence[Value], named: Collection[Value]) -> set[Shift]:
    """The shifts of which the last of `nodes` is free; `named` are the nodes that stand for themselves."""
    weights: dict[Value, Weight] = {}
    met: set[Shift] = set()
    kept: set[Shift] = set()
    within: dict[Shift, set[Shift]] = {}
    for node in nodes:
        if node in named or node.op is None:
            weights[node] = FREE
            continue
        x = [weights[a] if isinstance(a, Value) else _constant(node.op, a) for a in node.args]
        before = {shift for w in x for shift in (*w.added, *w.scaled)}
        if node.op in CHOICES:
            within[node] = before
            weights[node] = Weight({node: Fraction(1)}, {})
        else:
            after = _after(node.op, x, node.args)
            weights[node] = after or FREE
            kept |= set() if after else before
        met |= before | weights[node].added.keys()
    pending = kept.union(*weights[nodes[-1]][:2])
    kept = set(pending)
    while pending:  # what a shift that is kept was itself computed with is seen, too
        more = within.get(pending.pop(), set()) - kept
        kept |= more
        pending |= more
    return met - kept


def term(x: float) -> str:
    """A number as a shift."""
    return repr(x)


def _constant(op: Op, x: float) -> Weight:
    if x == 0.0:
        return ZERO
    return Weight({term(x): Fraction(1)}, {}) if op in SUMS and math.isfinite(x) else FREE


def _after(op: Op, x: Sequence[Weight], args: Sequence[Any]) -> Weight | None:  # noqa: C901  # a rule a line
    """The weight of an operation's result, None where it depends on a shift in another way."""
    added, scaled = any(w.added for w in x), any(w.scaled for w in x)
    if op in (ops.mul, ops.div):
        return _product(x, args, 1 if op is ops.mul else -1)
    if not added and not scaled:
        return FREE
    if op is ops.dot:
        half = len(x) // 2
        products = [_product((x[i], x[i + half]), (args[i], args[i + half]), 1) for i in range(half)]
        return _after(ops.sum, [w for w in products if w], ()) if all(products) else None
    if op in SUMS and not scaled:
        return Weight(_total((w.added, -1 if op is ops.neg or (op is ops.sub and i) else 1) for i, w in enumerate(x)), {})
    if op in SUMS or (op in HOMOGENEOUS and not added) or (op is ops.logsumexp and not scaled):
        return _same(x)
    if op in COMPARISONS:
        return FREE if _same(x) else None
    if op.selects:
        return None if x[0].added else _same(x[1:])
    if op is ops.exp and not scaled:
        return Weight({}, x[0].added)
    if op is ops.log and not added:
        return Weight(x[0].scaled, {})
    if (op.constant_of is ops.pow or op is ops.sqrt) and not added and math.isfinite(exponent := 0.5 if op is ops.sqrt else args[1]):
        return Weight({}, _total([(x[0].scaled, Fraction(exponent))]))
    return None


def _product(x: Sequence[Weight], args: Sequence[Any], sign: int) -> Weight | None:
    """The weight of a product, or with the sign -1 of a quotient."""
    if x[0].zero or (x[1].zero and sign == 1):
        return ZERO
    if not x[0].added and not x[1].added:
        return Weight({}, _total([(x[0].scaled, 1), (x[1].scaled, sign)]))
    for w, factor, power in ((x[0], args[1], sign), (x[1], args[0], 1)):
        if w.added and isinstance(factor, float) and math.isfinite(factor) and factor and (w is x[0] or sign == 1):
            return Weight(_total([(w.added, Fraction(factor) ** power)]), {})
    return None


def _total(parts: Iterable[tuple[Shifts, Fraction | int]]) -> Shifts:
    total: dict[Shift, Fraction] = {}
    for shifts, factor in parts:
        for shift, count in shifts.items():
            total[shift] = total.get(shift, Fraction()) + factor * count
    return {shift: count for shift, count in total.items() if count}


def _same(x: Sequence[Weight]) -> Weight | None:
    """The weight that all have; of what is 0 only a factor is wanted, which it has."""
    first = next((w for w in x if not w.zero), ZERO)
    return first if all(w[:2] == first[:2] or (w.zero and not first.added) for w in x) else None
