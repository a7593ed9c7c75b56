"""The generated C against the table that it is printed from, compiled and run: equal bits, and where not, why and by how much."""
# ruff: noqa: S311, S603, ARG005, B002  # samples, not secrets; the compiler and what it made; lambdas like the table's; -(-a)

import itertools
import math
import random
import subprocess
from functools import reduce

import numpy as np
import pytest
from ccompiler import FOLDER, SANITIZE, bits, compiled
from checkout import needs_checkout
from operations import POINTS, each_op, sample

from autograd import TABLE, Op, Value, ops
from autograd.errors import OperationError
from autograd.native import ctext, generate

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

inf, nan = math.inf, math.nan
CODES = {name: code for code, name in enumerate(TABLE)}

# Reads an op code, a number of arguments and the arguments; prints the value alone, the value and the partials, all in hexadecimal.
DRIVER = r"""
#include <stdio.h>
#include <stdlib.h>
#include "_nary.h"

static double value(int code, const double *x, size_t n) {
    switch (ag_ops[code].arity) {
    case 1: return ag_value1(code, x[0]);
    case 2: return ag_value2(code, x[0], x[1]);
    case 3: return ag_value3(code, x[0], x[1], x[2]);
    }
    switch (code) {
    case AG_SUM: return ag_sum(x, n);
    case AG_DOT: return ag_dot(x, x + n / 2, n / 2);
    case AG_MAXIMUM: return ag_maximum(x, n);
    case AG_MINIMUM: return ag_minimum(x, n);
    case AG_LOGSUMEXP: return ag_logsumexp(x, n);
    case AG_NORM: return ag_norm(x, n);
    }
    abort();
}

static double apply(int code, const double *x, size_t n, double *p) {
    switch (ag_ops[code].arity) {
    case 1: return ag_apply1(code, x[0], p);
    case 2: return ag_apply2(code, x[0], x[1], p);
    case 3: return ag_apply3(code, x[0], x[1], x[2], p);
    }
    return ag_apply_n(code, x, n, p);
}

int main(void) {
    int code;
    size_t n;
    while (scanf("%d %zu", &code, &n) == 2) {
        double *x = malloc((n + !n) * sizeof(double)), *p = malloc((n + !n) * sizeof(double));
        if (!x || !p) abort();
        for (size_t i = 0; i < n; i++)
            if (scanf("%la", x + i) != 1) abort();
        printf("%a %a", value(code, x, n), apply(code, x, n, p));
        for (size_t i = 0; i < n; i++) printf(" %a", p[i]);
        putchar('\n');
        free(x);
        free(p);
    }
    return 0;
}
"""


def run(program, lines):
    """What the program prints for each line."""
    done = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def asked(op, every):
    return [f"{CODES[op.name]} {len(x)} {' '.join(map(float.hex, x))}" for x in every]


def in_c(program, op, every):
    """Value and partials in C at each point; the value is the same without the partials."""
    for line, x in zip(run(program, asked(op, every)), every, strict=True):
        alone, y, *p = map(float.fromhex, line.split())
        assert bits(alone, y), x
        yield y, p


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compiled(tmp_path_factory.mktemp("c"), DRIVER, "-O2")


EDGES = tuple(dict.fromkeys([*POINTS, 1000.0, -1000.0, 1e-310, -5e-324, 1e200, -2.0, 0.5, 1.0, -1.0, 2.0]))
FIXED = [op for op in TABLE.values() if op.arity]


def points(op):
    """Combinations of the edges, and the points of the domain at which the bounds are tested; see `sequences` for any number."""
    if not op.arity:
        return sequences(op)
    edges = list(itertools.product(EDGES, repeat=op.arity))
    return random.Random(op.name).sample(edges, min(len(edges), 3000)) + [k.at for k in op.kinks] + sample(op)


def sequences(op):
    """Up to 50 numbers, and a few thousand: ordinary, of every size, cancelling, tied, close to a tie in rounding, not finite."""
    rng = random.Random(op.name)
    kinds = [
        lambda: rng.uniform(-10.0, 10.0),
        lambda: rng.choice((-1.0, 1.0)) * 2.0 ** rng.uniform(-1074.0, 1023.0),
        lambda: math.ldexp(rng.choice((-1.0, 1.0)), rng.randrange(-1074, 1024)),
        lambda: math.ldexp(rng.choice((-1.0, 1.0)), rng.choice((0, -52, -53, -54, -106, -107, -1074))),
        lambda: rng.choice((-1.0, 0.0, -0.0, 1.0)),
        lambda: rng.choice((-0.0, 5e-324, -5e-324, 1e-310)),
        lambda: rng.choice((1e308, -1e308, math.nextafter(inf, 0.0), 2.0**970)),
        lambda: rng.choice(EDGES),
        lambda: rng.choice((inf, 1.0, 1000.0)),
        lambda: rng.choice((-inf, -1.0, 1e308)),
    ]
    every = [x for n in (1, 2, 3) for x in itertools.product(EDGES, repeat=n) if n < 3 or rng.random() < 0.1]
    for n in (*range(1, 51), 50, 50, 3000):
        for kind in kinds:
            x = [kind() for _ in range(n)]
            cancelling = x + [-a for a in x] + [kind()]
            rng.shuffle(cancelling)
            every += [tuple(x), tuple(cancelling)]
    if op is ops.dot:
        every = [x if len(x) % 2 == 0 else (*x, rng.choice(x)) for x in every]
    return every + [()] * (op in {ops.sum, ops.dot})


@needs_checkout
def test_what_is_committed_is_what_the_table_gives():
    assert not generate.outdated(), "run: AUTOGRAD_BACKEND=pure python -m autograd.native.generate"


@each_op
@needs_checkout
def test_every_operation_has_its_functions(op):
    text = (FOLDER / ("_ops.h" if op.arity else "_nary.h")).read_text(encoding="utf-8")
    assert f"static inline double ag_{op.name}(" in text
    assert f"static inline void ag_{op.name}_partials(" in text


@each_op
@needs_checkout
def test_value_and_partials(op, program):
    every = points(op)
    for x, (y, p) in zip(every, in_c(program, op, every), strict=True):
        true, partials = op.evaluate(x)
        assert bits(y, true), x
        assert all(bits(a, 0.0 if b is None else b) for a, b in zip(p, partials, strict=True)), x


@pytest.mark.parametrize("op", FIXED, ids=lambda op: op.name)
def test_dependence(op):
    _, partials = op.evaluate((0.5,) * op.arity)
    assert ctext.dependence(op) == sum(2**k for k, p in enumerate(partials) if p is not None)


@needs_checkout
def test_sanitizers_find_nothing(program, tmp_path):
    try:
        compiled(tmp_path, "int main(void) { return 0; }", *SANITIZE)
    except subprocess.CalledProcessError:
        pytest.skip("the C compiler has no sanitizers")
    checked = compiled(tmp_path, DRIVER, *SANITIZE)
    lines = [line for op in TABLE.values() for line in asked(op, points(op)[::3])]
    for once, again in zip(run(program, lines), run(checked, lines), strict=True):
        assert all(itertools.starmap(bits, zip(*(map(float.fromhex, line.split()) for line in (once, again)), strict=True)))


# Operations that a user might declare: each for something that the printing must not lose.
OWN = [
    Op(
        "order",
        lambda xp, a, b, c: a - (b - c) + (a - b) / (b * c) / (a / b) - a * (b / c),
        lambda y, a, b, c: (-(-a) + b, -(a + b), a - -c),
    ),
    Op("constants", lambda xp, x: x * 0.1 + 1e-310 - 5e-324 * x, lambda y, x: (1.7976931348623157e308 + x * -0.0,)),
    Op("special", lambda xp, x: xp.where(x > 0.0, inf, -0.0), lambda y, x: (-inf + x * nan,)),
    Op("integers", lambda xp, x: 3 * x - 2**70 + np.float64(0.5) * x, lambda y, x: (True,)),
    Op("double", lambda xp, register, p, t0: register * p + t0, lambda y, register, p, t0: (p, register, None)),
    Op("shared", lambda xp, x: (s := x * x + 1.0) * s / (c := xp.exp(-s)) + c, lambda y, x: ((c := ops.cos(x)) * c * (d := c - x) / d,)),
    Op("truth", lambda xp, a, b: xp.where(c := a < b, a, b) + (1.0 - c) * 2.0, lambda y, a, b: ((a == b) + 0.5, (a != b) / 3.0)),
    Op(
        "choices",
        lambda xp, x: xp.sign(xp.minimum(x, 0.5, -x)) + xp.where(x, 1.0, 2.0),
        lambda y, x: (ops.where(x >= 1.0, ops.abs(x), +x),),
    ),
    Op("powers", lambda xp, x: x**3 + 2.0**x - xp.pow(x, 0.5), lambda y, x: (ops.pow(x, 2.0) - ops.abs(x) ** 0.5,)),
    Op("sums", lambda xp, a, b: xp.sum(a, b, -a, 1.0), lambda y, a, b: (ops.dot([a, b], [b, 3.0]), ops.sum([a, 1e16, b, -1e16]))),
    Op("choosers", lambda xp, a, b: xp.maximum(a, b), lambda y, a, b: (ops.logsumexp([a, b, 0.5]), ops.maximum(a, b, 1.0))),
    Op("long", lambda xp, x: reduce(lambda s, k: xp.sqrt(xp.abs(s * x - 1.0 / k)), range(1, 2000), x), lambda y, x: (y / x,)),
    Op("others", lambda xp, x: ops.tanh(x) - ops.step(x, 0.25), lambda y, x: (ops.leaky_relu(x) * OWN[3](x),)),
]


@needs_checkout
def test_a_users_operations(tmp_path):
    parts = ["#include <stdio.h>", '#include "_nary.h"']
    cases = ""
    for k, op in enumerate(OWN):
        parts += ctext.functions(op, f"own{k}")
        given = ", ".join(f"x[{i}]" for i in range(op.arity))
        cases += f"case {k}: y = own{k}({given}); own{k}_partials(y, {given}, p); break;\n"
    parts.append(f"""int main(void) {{
        int k;
        double x[3], p[3] = {{0.0, 0.0, 0.0}}, y = NAN;
        while (scanf("%d %la %la %la", &k, x, x + 1, x + 2) == 4) {{
            switch (k) {{ {cases} }}
            printf("%a %a %a %a\\n", y, p[0], p[1], p[2]);
        }}
    }}""")
    program = compiled(tmp_path, "\n".join(parts), "-O2")
    rng = random.Random(0)
    every = [
        (k, tuple(rng.choice((rng.choice(EDGES), rng.uniform(-3.0, 3.0))) for _ in range(3))) for k in range(len(OWN)) for _ in range(500)
    ]
    printed = run(program, [f"{k} {' '.join(map(float.hex, x))}" for k, x in every])
    for (k, x), line in zip(every, printed, strict=True):
        y, *p = map(float.fromhex, line.split())
        true, partials = OWN[k].evaluate(x[: OWN[k].arity])
        assert bits(y, true), (OWN[k].name, x)
        for a, b in zip(p, partials, strict=False):
            assert bits(a, 0.0 if b is None else b), (OWN[k].name, x)


@pytest.mark.parametrize(
    ("value", "partials", "reason"),
    [
        (lambda xp, x: x if x > 0.0 else -x, lambda y, x: (1.0,), "cannot be written in C: it branches on its numbers"),
        (lambda xp, x: max(x, 0.0), lambda y, x: (1.0,), "it branches on its numbers"),
        (lambda xp, x: xp.gamma(x), lambda y, x: (y,), "there is no xp.gamma in C text"),
        (lambda xp, x: math.gamma(x), lambda y, x: (y,), "must be real number, not Expression"),
        (lambda xp, x: x, lambda y, x: (np.exp(x),), "Expression"),
        (lambda xp, x: x // 2.0, lambda y, x: (0.0,), "unsupported operand"),
        (lambda xp, x: x * Value(2.0), lambda y, x: (2.0,), "Value"),
        (lambda xp, x: "x", lambda y, x: (1.0,), "got the string 'x'"),
        (lambda xp, x: x, lambda y, x: (1.0, 2.0), "partials of mine are .* expected a tuple of 1"),
        (lambda xp, x: x, lambda y, x: ("x",), "got the string 'x'"),
        (lambda xp, *x: x[0], lambda y, *x: x, "takes any number of arguments"),
    ],
)
def test_what_c_text_does_not_have(value, partials, reason):
    with pytest.raises(OperationError, match=reason):
        ctext.functions(Op("mine", value, partials), "mine")
