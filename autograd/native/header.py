"""The header `_ops.h`, from which the compiled parts are built: every row of the table in C, and its properties."""

import re
from pathlib import Path

from autograd.native import ctext, loops
from autograd.op import Op
from autograd.ops import TABLE

# The operations on any number of arguments that are written in C by hand, since that is faster.
BY_HAND = set(
    re.findall(r"^static inline double ag_(\w+)\(const double", Path(__file__).with_name("_nary.h").read_text("utf-8"), re.MULTILINE)
)

HEADER = """\
/* The elementary operations in C, printed from the rows of autograd/ops.py. Do not edit: change a row there, and then

       python -m autograd.native.generate

   The loops of operations that take any number of arguments are in _nary.h, or printed here at the end. */

#ifndef AUTOGRAD_OPS_H
#define AUTOGRAD_OPS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define AG_LIST(...) (const double[]){{__VA_ARGS__}}

/* Op codes, in the order of the table. */
enum {{
{codes}
    AG_COUNT
}};

/* By code: the name, the number of arguments (0: any), the number of sequences that are taken in place of single arguments,
   bit k for each argument k on which the result depends, or all bits where there may be any number of them (the partial for another is
   absent, though it is written as 0), whether the partials are the shares of a tie, of which nothing is left beside a constant that has
   one; whether the first argument selects the second, or, where it is 0, the third, and the other is absent; and the codes of what is
   recorded in its place where the last argument is a variable, and where it is a constant. */
typedef struct ag_op {{
    const char *name;
    unsigned char arity, sequences;
    unsigned depends;
    unsigned char ties, selects, variable, constant;
}} ag_op;

static const ag_op ag_ops[AG_COUNT] = {{
{rows}
}};

/* The operations with one, two and three arguments, with more or any number of them, and with two sequences: X(code, function). */
{lists}

/* The hypotenuse, with the bits of Python's `math.hypot`: C libraries differ in the last place. Beside the square root h of the rounded sum
   the rest x^2 + y^2 - h^2 is computed from halves, whose products are exact (Dekker 1971), so that h + rest / 2h is rounded once. */

static inline double ag_loop_half(double x) {{
    uint64_t bits;
    memcpy(&bits, &x, sizeof x);
    bits &= ~(uint64_t)0x7ffffff;
    memcpy(&x, &bits, sizeof x);
    return x;
}}

static inline double ag_loop_hypot(double a, double b) {{
    const double p = fabs(a), q = fabs(b), larger = p < q ? q : p, smaller = p < q ? p : q;
    const double scale = larger > 0x1p500 ? 0x1p-600 : larger < 0x1p-500 ? 0x1p600 : 1.0;
    const double x = larger * scale, y = smaller * scale, h = sqrt(x * x + y * y);
    const double x0 = ag_loop_half(x), y0 = ag_loop_half(y), h0 = ag_loop_half(h), x1 = x - x0, y1 = y - y0, h1 = h - h0;
    const double rest = x0 * x0 - h0 * h0 + y0 * y0 + 2.0 * (x0 * x1 - h0 * h1) + 2.0 * y0 * y1 + (x1 * x1 - h1 * h1 + y1 * y1);
    const double root = h == 0.0 ? 0.0 : (h + rest / (2.0 * h)) / scale;
    return p == INFINITY || q == INFINITY ? INFINITY : root;
}}

/* Values. */

{values}
/* Partials, from the value and the arguments: p[k] is that for argument k. */

{partials}{loops}
#endif
"""
FEW = {1: "AG_UNARY", 2: "AG_BINARY", 3: "AG_TERNARY"}
ANY, PAIRED = "AG_NARY", "AG_PAIRED"

LOOPS = """
/* Operations on any number of arguments, for which _nary.h has no loops. */

#include <stdlib.h>

static inline double ag_sum(const double *x, size_t n);
static inline double ag_norm(const double *x, size_t n);
static inline double ag_dot(const double *ws, const double *xs, size_t n);

"""

# An operation with too many arguments to pass them one by one.
MANY = """\
static inline double ag_{name}_n(const double *x, size_t n) {{
    (void)n;
    return ag_{name}({x});
}}
static inline void ag_{name}_n_partials(double y, const double *x, size_t n, double *p) {{
    (void)n;
    ag_{name}_partials(y, {x}, p);
}}
"""


def functions(op: Op, name: str) -> tuple[str, str]:
    """Value and partials of `op` as the C functions `name` and `name_partials`."""
    return ctext.functions(op, name) if op.arity else loops.functions(op, name)


def _code(op: Op) -> str:
    return f"AG_{op.name.upper()}"


def _columns(op: Op) -> tuple[int | str, ...]:
    """The properties of an operation that C needs, apart from its name."""
    variable, constant = (op.recorded_on((last,)) for last in (None, 0.0))
    depends = ctext.dependence(op) if op.arity else 0xFF * loops.dependence(op)
    return op.arity or 0, op.sequences, depends, int(op.ties), int(op.selects), _code(variable), _code(constant)


def _list(op: Op) -> str:
    """The list of operations to which the operation belongs."""
    return PAIRED if op.sequences == 2 else FEW.get(op.arity or 0, ANY)


def header() -> str:
    """The text of `_ops.h`."""
    table = TABLE.values()
    values, partials = zip(*(functions(op, f"ag_{op.name}") for op in table if op.arity), strict=True)
    rows = [f'{{"{op.name}", {", ".join(map(str, _columns(op)))}}}' for op in table]
    many = [op for op in table if (op.arity or 0) > max(FEW)]
    looped = [op for op in table if not op.arity and op.name not in BY_HAND]
    lists: dict[str, list[str]] = {name: [] for name in (*FEW.values(), ANY, PAIRED)}
    for op in table:
        lists[_list(op)].append(f"X({_code(op)}, ag_{op.name}{'_n' * (op in many)})")
    return HEADER.format(
        codes="\n".join(f"    {_code(op)}," for op in table),
        rows="\n".join(f"    {row}," for row in rows),
        lists="\n".join(" \\\n    ".join([f"#define {name}(X)", *entries]) for name, entries in lists.items()),
        values="\n".join(values),
        partials="\n".join(partials + tuple(MANY.format(name=op.name, x=_elements(op.arity or 0)) for op in many)),
        loops=LOOPS + "\n".join(text for op in looped for text in functions(op, f"ag_{op.name}")) if looped else "",
    )


def _elements(count: int) -> str:
    return ", ".join(f"x[{k}]" for k in range(count))
