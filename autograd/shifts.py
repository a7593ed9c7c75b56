"""Shifts that cancel: softmax subtracts the largest logit so that nothing overflows, but does not depend on it, so formulas omit it.

Each node is tracked as a function of the shifts m that it was computed with: it is v + Σ c m (`added`), or v exp(Σ c m) (`scaled`), with v
independent of them. exp turns the first form into the second, log turns it back, a sum keeps a factor common to all its terms, a quotient
subtracts exponents. A shift that enters any other operation is kept, and so is one on which the result depends. The others may have any
value, so they are set to 0.

In the same way the norm of a vector is computed in units of its largest entry m, so that nothing overflows: the shift is then log m.
"""

import functools
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from autograd import ops
from autograd.engine import Value
from autograd.op import Op


class Log(NamedTuple):
    """The logarithm of a unit, as a shift."""

    unit: Value


# A shift is a node that selects or stops the gradient, a number that is a term of a sum (as a string), or the log of a node.
Shift = Value | str | Log
Shifts = Mapping[Shift, Fraction]

CHOICES = (ops.stop_gradient, ops.maximum, ops.minimum)
SUMS = (ops.add, ops.sub, ops.sum, ops.neg)
POINTS = ((0.7, 1.9, 0.2, 0.9), (-1.3, 0.4, 2.6, -0.5), (-0.6, -0.9, -1.7, -1.1), (0.8, 0.8, 0.8, 0.8), (2.1, -0.3, 1.2, 1.4))


class Weight(NamedTuple):
    """How a number depends on shifts: at most one of the two is not empty. `zero` is the number 0, for which any factor holds."""

    added: Shifts
    scaled: Shifts
    zero: bool = False


FREE = Weight({}, {})
ZERO = Weight({}, {}, zero=True)


def cancelled(nodes: Sequence[Value], named: Collection[Value]) -> dict[Value | str, int]:
    """The shifts on which the last of `nodes` does not depend, with the number to use for each; nodes in `named` are kept as symbols."""
    weights: dict[Value, Weight] = {}
    met: set[Shift] = set()
    kept: set[Shift] = set()
    within: dict[Shift, set[Shift]] = {}
    for node in nodes:
        if node in named or node.op is None:
            weights[node] = FREE
            continue
        scaling = node.op in (ops.mul, ops.div, ops.where)
        x = [
            _constant(node.op, a) if not isinstance(a, Value)
            else Weight({}, {Log(a): Fraction(1)}) if scaling and a not in named and is_unit(a)
            else weights[a]
            for a in node.args
        ]  # fmt: skip
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
    while pending:  # the shifts from which a kept shift was computed are kept, too
        shift = pending.pop()
        more = within.get(shift.unit if isinstance(shift, Log) else shift, set()) - kept
        kept |= more
        pending |= more
    units = {shift.unit for shift in kept if isinstance(shift, Log)}
    gone = {shift: 0 for shift in met - kept - units if not isinstance(shift, Log)}
    return gone | {shift.unit: 1 for shift in met - kept if isinstance(shift, Log) and shift.unit in gone}


def is_unit(node: Value) -> bool:
    """Whether a node is the largest size among numbers, which is 0 only where all are, and has no gradient."""
    largest = node.args[0] if node.op is ops.stop_gradient else 0.0
    if not isinstance(largest, Value) or largest.op not in (ops.maximum, ops.abs):
        return False
    entries = largest.args if largest.op is ops.maximum else (largest,)
    return all(a.op is ops.abs if isinstance(a, Value) else a >= 0.0 for a in entries)


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
    if op.selects:
        return None if x[0].added else _same(x[1:])
    if op is ops.exp and not scaled:
        return Weight({}, x[0].added)
    if op is ops.log and not added:
        return Weight(x[0].scaled, {})
    if op.constant_of is ops.pow:
        return None if added or not math.isfinite(args[1]) else Weight({}, _total([(x[0].scaled, Fraction(args[1]))]))
    same = _same(x)
    power, slope = degree_of(op), slope_of(op)
    if same and not added and power is not None:
        return Weight({}, _total([(same.scaled, power)]))
    if same and not scaled and slope is not None:
        return Weight(_total([(same.added, slope)]), {})
    return None


@functools.cache
def degree_of(op: Op) -> Fraction | None:
    """The d for which op(t x, t y, ...) = t**d op(x, y, ...) for every t > 0, found from values of the row."""
    return _measured(op, 8.0, 0.0, lambda y, z: Fraction(math.log(z / y, 8.0)).limit_denominator(12), lambda y, d: y * 8.0**d)


@functools.cache
def slope_of(op: Op) -> Fraction | None:
    """The s for which op(x + t, y + t, ...) = op(x, y, ...) + s t for every t."""
    return _measured(op, 1.0, 2.37, lambda y, z: Fraction(round((z - y) / 2.37)), lambda y, s: y + 2.37 * s)


def _measured(op: Op, factor: float, shift: float, find: Callable[..., Fraction], expected: Callable[..., float]) -> Fraction | None:
    """The constant that `find` gives at all POINTS, from the values there and at the changed arguments, if `expected` confirms it."""
    found: set[Fraction] = set()
    if op is not ops.TABLE.get(op.name):
        return None
    for point in POINTS:
        x = point[: op.arity or len(point)]
        y, z = op.evaluate(x)[0], op.evaluate([factor * a + shift for a in x])[0]
        if (math.isnan(y) and math.isnan(z)) or (shift == 0.0 == y == z):
            continue  # such a point shows nothing
        try:
            found.add(constant := find(y, z))
        except (ValueError, ArithmeticError):
            return None
        if len(found) > 1 or not math.isclose(expected(y, float(constant)), z, rel_tol=1e-13, abs_tol=1e-13):
            return None
    return found.pop() if found else None


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
    """The weight that all have in common; a number that is 0 has any factor."""
    first = next((w for w in x if not w.zero), ZERO)
    return first if all(w[:2] == first[:2] or (w.zero and not first.added) for w in x) else None
