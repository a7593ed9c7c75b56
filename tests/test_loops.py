"""Loops in C, found in the rows of operations with any number of arguments, against the rows themselves: equal bits."""
# ruff: noqa: S311, S603, ARG005  # samples, not secrets; what the compiler made; lambdas like the table's

import math
import random
import subprocess
from functools import reduce
from operator import mul

import pytest
from ccompiler import bits, compiled
from checkout import needs_checkout

from autograd import TABLE, Op, dot, exp, ops, sign, sqrt, step, where
from autograd.errors import OperationError
from autograd.native.loops import functions


def halves(x):
    return x[: len(x) // 2], x[len(x) // 2 :]


def pairs(x):
    return zip(*halves(x), strict=True)


def shifted(x, by):
    return tuple(exp(a - by) for a in x)


OWN = [
    *[op for op in TABLE.values() if not op.arity],
    Op("mean", lambda xp, *x: xp.sum(*x) / len(x), lambda y, *x: (1.0 / len(x),) * len(x)),
    Op("rms", lambda xp, *x: xp.sqrt(xp.sum(*(a * a for a in x)) / len(x)), lambda y, *x: tuple(a / (y * sqrt(len(x)) ** 2) for a in x)),
    Op("product", lambda xp, *x: reduce(mul, x), lambda y, *x: tuple(where(a, y / a, 0.0) for a in x)),
    Op("horner", lambda xp, *x: reduce(lambda s, a: s * 0.5 + xp.sin(a), x, -0.0), lambda y, *x: tuple(-ops.abs(y - a) for a in x)),
    Op("variance", lambda xp, *x: (m := xp.sum(*x) / len(x)) * 0.0 + xp.sum(*((a - m) * (a - m) for a in x)) / (len(x) - 1),
       lambda y, *x: tuple(2.0 * (a - ops.sum(x) / len(x)) / (len(x) - 1) for a in x)),
    Op("hinge", lambda xp, *x: xp.sum(-1.0, *(xp.maximum(a, 0.0) for a in x), *x, 0.5), lambda y, *x: tuple(step(a, 0.0) + 1.0 for a in x)),
    Op("farthest", lambda xp, *x: xp.maximum(0.5, *map(xp.abs, x)), lambda y, *x: tuple(step(ops.abs(a), 0.5) * sign(a) for a in x)),
    Op("constant", lambda xp, *x: float("inf"), lambda y, *x: (None,) * len(x)),
    Op("softened", lambda xp, *x: xp.log(xp.sum(*(xp.exp(a) for a in x))),
       lambda y, *x: tuple(e / ops.sum(shifted(x, y)) for e in shifted(x, y))),
    Op("distance", lambda xp, *x: xp.norm(*(a - b for a, b in pairs(x))),
       lambda y, *x: tuple((a - b) / y for a, b in pairs(x)) + tuple((b - a) / y for a, b in pairs(x)),
       sequences=2),
    Op("share", lambda xp, *x: xp.dot(*halves(x)) / xp.dot(halves(x)[0], (1.0,) * (len(x) // 2)),
       lambda y, *x: tuple((b - y) / dot(halves(x)[0], [1.0] * (len(x) // 2)) for b in halves(x)[1])
       + tuple(a / len(x) for a in halves(x)[0]), sequences=2),
]  # fmt: skip

DRIVER = """
#include <stdio.h>
#include <stdlib.h>
#include "_nary.h"
{functions}
int main(void) {{
    int k;
    size_t n;
    double x[200], p[200];
    while (scanf("%d %zu", &k, &n) == 2) {{
        double y = NAN;
        for (size_t i = 0; i < n; i++)
            if (scanf("%la", x + i) != 1) abort();
        switch (k) {{ {cases} }}
        printf("%a", y);
        for (size_t i = 0; i < n; i++) printf(" %a", p[i]);
        putchar('\\n');
    }}
}}
"""


@pytest.mark.any_python
@needs_checkout
def test_loops_compute_what_the_rows_do(tmp_path):
    draw = random.Random(0)
    kinds = [
        lambda: draw.uniform(-3.0, 3.0),
        lambda: draw.choice((-1.0, 1.0)) * 2.0 ** draw.uniform(-1074.0, 1023.0),
        lambda: draw.choice((0.0, -0.0, 1.0, -1.0, 0.5)),
        lambda: draw.choice((math.inf, -math.inf, math.nan, 1.0, 2.0)),
    ]
    parts, cases, every = [], "", []
    for k, op in enumerate(OWN):
        parts += functions(op, f"own{k}")
        given = "x, x + n / 2, n / 2" if op.sequences == 2 else "x, n"
        cases += f"case {k}: y = own{k}({given}); own{k}_partials(y, {given}, p); break;\n"
        for n in (1, 2, 3, 4, 5, 6, 7, 40):
            every += [(k, [kind() for _ in range(n * (op.sequences or 1))]) for kind in kinds for _ in range(6)]
    program = compiled(tmp_path, DRIVER.format(functions="\n".join(parts), cases=cases), "-O2", "-Wall", "-Werror", "-Wno-unused-function")
    lines = "\n".join(f"{k} {len(x)} {' '.join(map(float.hex, x))}" for k, x in every)
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
    for (k, x), line in zip(every, done.stdout.splitlines(), strict=True):
        y, *p = map(float.fromhex, line.split())
        true, partials = OWN[k].evaluate(x)
        assert bits(y, true), (OWN[k].name, x)
        assert all(bits(a, 0.0 if b is None else b) for a, b in zip(p, partials, strict=True)), (OWN[k].name, x)


@pytest.mark.parametrize(
    ("value", "partials", "reason"),
    [
        (lambda xp, *x: x[0], lambda y, *x: (1.0,) * len(x), "its value or its partials are not loops"),
        (lambda xp, *x: xp.sum(*x) / 4.0, lambda y, *x: (0.25, *[0.5 for _ in x[1:]]), "not loops"),
        (lambda xp, *x: xp.sum(*x), lambda y, *x: (x[1],) * len(x), "not loops"),
        (lambda xp, *x: xp.sum(*x), lambda y, *x: (None, *[1.0 for _ in x[1:]]), "not loops"),
        (lambda xp, *x: xp.sum(*(a * b for a in x for b in x)), lambda y, *x: x, "not loops"),
        (lambda xp, *x: xp.sum(*[float(k) * a for k, a in enumerate(x)]), lambda y, *x: x, "not loops"),
        (lambda xp, *x: xp.sum(*x) / float(len(x)), lambda y, *x: x, "not loops"),
        (lambda xp, *x: xp.sum(*x[:-1]), lambda y, *x: x, "not loops"),
        (lambda xp, *x: xp.sum(*x[:4]), lambda y, *x: x, "not loops"),
        (lambda xp, *x: reduce(lambda s, a: a - s, reversed(x)), lambda y, *x: x, "not loops"),
        (lambda xp, *x: x[-1] if len(x) > 4 else x[0], lambda y, *x: x, "branches on its numbers"),
        (lambda xp, *x: xp.gamma(x[0]), lambda y, *x: x, "there is no xp.gamma in C text"),
        (lambda xp, *x: xp.sum(*x), lambda y, *x: (1.0,), "expected a tuple of 4"),
    ],
)
def test_what_is_no_loop_is_refused(value, partials, reason):
    with pytest.raises(OperationError, match=f"mine takes any number of arguments, and .*{reason}.*: write it with one formula"):
        functions(Op("mine", value, partials), "mine")
