"""The tangents of partials in C: how the local derivatives of an operation change as its arguments do.

They are found by forward mode on C text: a row's partials, given dual numbers, print their own derivatives. So a second
derivative needs no formula that is not in the table.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 5.
"""

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

from autograd import ops
from autograd.errors import OperationError
from autograd.kinds import register_node
from autograd.native import loops
from autograd.native.ctext import ATOM, C, Expression, call, define, names_of
from autograd.op import Op

ZERO: Expression = Expression("0.0", ATOM)


class _Dual:
    """A number in C and its tangent, None where it is 0."""

    def __init__(self, primal: Any, tangent: Any) -> None:
        self.primal, self.tangent = primal, tangent

    def __neg__(self) -> Any:
        return ops.neg.apply(self)

    def __add__(self, other: Any) -> Any:
        return ops.add.apply(self, other)

    def __radd__(self, other: Any) -> Any:
        return ops.add.apply(other, self)

    def __sub__(self, other: Any) -> Any:
        return ops.sub.apply(self, other)

    def __rsub__(self, other: Any) -> Any:
        return ops.sub.apply(other, self)

    def __mul__(self, other: Any) -> Any:
        return ops.mul.apply(self, other)

    def __rmul__(self, other: Any) -> Any:
        return ops.mul.apply(other, self)

    def __truediv__(self, other: Any) -> Any:
        return ops.div.apply(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return ops.div.apply(other, self)


class _Forward:
    """Forward mode: operations on dual numbers."""

    def apply(self, op: Op, x: Sequence[Any]) -> _Dual:
        primals = [a.primal if a.__class__ is _Dual else a for a in x]
        tangents = [a.tangent if a.__class__ is _Dual else None for a in x]
        op = op.recorded_on([0.0 if t is None else t for t in tangents])
        y = op.value(C, *primals) if not op.label.isidentifier() else C.apply(op, primals)
        if op.selects:
            a, b = tangents[1:]
            both = None if a is None and b is None else C.where(primals[0], 0.0 if a is None else a, 0.0 if b is None else b)
            return _Dual(y, both)
        if all(t is None for t in tangents):
            return _Dual(y, None)
        partials = op.settled(op.partials(y, *primals), primals)
        terms = [_product(t, p) for t, p in zip(tangents, partials, strict=True) if t is not None and p is not None]
        return _Dual(y, reduce(add, terms) if terms else None)


register_node(_Dual, _Forward())


def _product(t: Any, p: Any) -> Any:
    """`t * p`, where p is not written if it is 1 or -1; 0 where t is, since a number that does not move has no tangent."""
    return t if p.__class__ is float and p == 1.0 else -t if p.__class__ is float and p == -1.0 else call("ag_times", t, p)


def _moving(x: Sequence[Expression]) -> list[Expression]:
    """The tangents of numbers, each with the name of the number and a d before it."""
    return [Expression(f"d{a.text}", ATOM) for a in x]


def _tangents(op: Any, x: Sequence[Expression], dx: Sequence[Expression | None]) -> list[Expression] | None:
    """Those of the partials, where the result and the arguments have these; None where none has one."""
    found = op.partials(*map(_Dual, x, dx))
    tangents = [p.tangent if p.__class__ is _Dual else None for p in found]
    return [ZERO if t is None else t for t in tangents] if any(t is not None for t in tangents) else None


def _of_few(op: Op, name: str) -> str | None:
    x, y = names_of(op)
    dy, *dx = _moving([y, *x])
    found = _tangents(op, [y, *x], [dy, *dx[:-1], None if op.constant_of else dx[-1]])
    if found is None:
        return None
    statements = [(f"p[{i}] = {{}};", p) for i, p in enumerate(found)]
    return define(f"void {name}_tangents({{}}, double *p)", [y, dy, *x, *dx], statements)


def _of_any(op: Op, name: str, count: int) -> str | None:
    """As read for so many arguments; None where the partials do not change."""
    names = loops.sequences(op)
    x = [Expression("y", ATOM), *[Expression(f"{name}[{k}]", ATOM) for name in names for k in range(count)]]
    found = _tangents(loops.counting(op, count), x, _moving(x))
    if found is None:
        return None
    lines = loops.of_partials(found, names, count)
    if lines is None:
        raise OperationError(f"the tangents of the partials of {op.name} are no loops over its arguments")
    arrays = [*names, *[f"d{x}" for x in names]]
    given = ", ".join(f"const double *{x}" for x in arrays)
    return loops.function(f"void {name}_tangents(double y, double dy, {given}, size_t n, double *p)", ["y", "dy", *arrays], lines)


def function(op: Op, name: str) -> str | None:
    """The tangents of the partials of `op`, as the C function `name_tangents`; None where they are all 0.

    >>> print(function(ops.tan, "tan"))
    static inline void tan_tangents(double y, double dy, double x, double dx, double *p) {
        (void)x, (void)dx;
        p[0] = ag_times(dy, y) + ag_times(dy, y);
    }
    <BLANKLINE>
    """
    if op.arity:
        return _of_few(op, name)
    printed, again = (_of_any(op, name, count) for count in (4, 5))
    if printed != again:
        raise OperationError(f"the tangents of the partials of {op.name} are no loops over its arguments")
    return printed


HEADER = """\
/* How the partials of each operation change as its arguments do, printed from the rows of autograd/ops.py by forward mode. Do not edit:
   change a row there, and then

       python -m autograd.native.generate

   dx is the tangent of an argument x, dy that of the value y, and p[k] that of the partial for argument k. */

#ifndef AUTOGRAD_TANGENTS_H
#define AUTOGRAD_TANGENTS_H

#include "_nary.h"

static inline double ag_times(double t, double p) {{
    return t == 0.0 ? 0.0 : t * p;
}}

{functions}
/* By code, on n arguments; and whether the partials change at all. */

static const unsigned char ag_curved[AG_COUNT] = {{
{curved}
}};

static inline void ag_tangents(int code, double y, double dy, const double *x, const double *dx, size_t n, double *p) {{
    switch (code) {{
{cases}
    }}
}}

#endif
"""


def _case(op: Op) -> str:
    if op.arity:
        given = ", ".join(f"{x}[{k}]" for x in ("x", "dx") for k in range(op.arity))
    else:
        given = "x, x + n / 2, dx, dx + n / 2, n / 2" if op.sequences == 2 else "x, dx, n"
    return f"    case AG_{op.name.upper()}: ag_{op.name}_tangents(y, dy, {given}, p); return;"


def header() -> str:
    """The text of `_tangents.h`."""
    found = {op: text for op in ops.TABLE.values() if (text := function(op, f"ag_{op.name}"))}
    return HEADER.format(
        functions="\n".join(found.values()),
        curved="\n".join(f"    [AG_{op.name.upper()}] = 1," for op in found),
        cases="\n".join(map(_case, found)),
    )
