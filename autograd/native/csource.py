"""A program as C99 source that needs nothing but the C library: what `Program.to_c` gives."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from autograd.errors import OperationError
from autograd.native.cnames import why_taken
from autograd.native.header import functions, header
from autograd.op import Op

PIECE = 500  # operations in a function: compilers take more than twice as long for twice as many
GATHERED = """\
#ifndef AUTOGRAD_GATHERED
#define AUTOGRAD_GATHERED
static inline const double *ag_gathered(const double *v, const int *places, int n, double *into) {
    for (int i = 0; i < n; i++) into[i] = v[places[i]];
    return into;
}
#endif
"""


def source(program: Any, name: str) -> str:
    """The source with the functions NAME and NAME_gradient: see `Program.to_c`."""
    nary = Path(__file__).with_name("_nary.h").read_text("utf-8").replace('#include "_ops.h"\n', "")
    _check_name(name)
    reverse = program.gradient()
    own = {op: f"ag_{name}_op{i}" for i, op in enumerate(dict.fromkeys((*program.own, *reverse.own)))}
    return "\n".join(
        [
            "#include <stdlib.h>\n#include <string.h>\n",
            f"{header()}\n{nary}\n{GATHERED}",
            *[text for op, called in own.items() for text in functions(op, called)],
            *_functions(program, name, {"x": program.inputs}, "y", own),
            *_functions(reverse, f"{name}_gradient", {"x": program.inputs, "cotangents": len(program.outputs)}, "g", own),
        ]
    )


def _check_name(name: Any) -> None:
    """Raise an error if C could not have a function with this name, or with NAME_gradient."""
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
        raise OperationError(f"got {name!r} as the name of a C function, expected letters, digits and underscores, such as 'program'")
    for each in (name, f"{name}_gradient"):
        if why := why_taken(each):
            free = f"my_{name.strip('_').lower()}_program"
            raise OperationError(f"got {name!r} as the name of a C function: it makes {each}, {why}; give another, such as {free!r}")


def _functions(program: Any, name: str, given: dict[str, int], result: str, own: dict[Op, str]) -> Iterator[str]:
    """The C functions of a program: pieces of bounded size, and one that calls them in turn."""
    first = program.inputs + len(program.constants)
    lines = [_statement(f"v[{first + k}]", op, args, own) for k, (op, args) in enumerate(program.instructions())]
    pieces = ["\n".join(lines[i : i + PIECE]) for i in range(0, len(lines), PIECE)]
    for i, piece in enumerate(pieces):
        yield f"static void ag_{name}_{i}(double *v, double *t) {{\n    (void)t;\n{piece}\n}}\n"
    places, longest = first + len(lines), int(np.diff(program.starts).max(initial=1))
    constants = [_literal(x) for x in program.constants.tolist()]
    starts = np.cumsum([0, *given.values()]).tolist()
    yield "\n".join(
        [
            f"int {name}({', '.join(f'const double *{x}' for x in given)}, double *{result}) {{",
            *([f"    static const double constants[] = {{{', '.join(constants)}}};"] if constants else []),
            f"    double *v = (double *)malloc({places + longest} * sizeof *v), *t = v + {places};",
            "    (void)ag_ops; /* the header's table, which is not used here */",
            "    if (!v) return -1;",
            *[f"    memcpy(v + {at}, {x}, {n} * sizeof *v);" for at, (x, n) in zip(starts, given.items(), strict=False)],
            *([f"    memcpy(v + {program.inputs}, constants, sizeof constants);"] if constants else []),
            *([f"    ag_{name}_{i}(v, t);" for i in range(len(pieces))] or ["    (void)t;"]),
            *([f"    {result}[{i}] = v[{place}];" for i, place in enumerate(program.outputs.tolist())] or [f"    (void){result};"]),
            "    free(v);",
            "    return 0;",
            "}\n",
        ]
    )


def _literal(x: float) -> str:
    return repr(x) if math.isfinite(x) else "NAN" if math.isnan(x) else "INFINITY" if x > 0.0 else "-INFINITY"


def _statement(result: str, op: Op, places: list[int], own: dict[Op, str]) -> str:
    """An operation in C, on the numbers at these places of v."""
    called, n = own.get(op, f"ag_{op.name}"), len(places)
    if op.arity:
        return f"    {result} = {called}({', '.join(f'v[{i}]' for i in places)});"
    numbers = f"ag_gathered(v, places, {n}, t)"
    given = f"{numbers}, t + {n // 2}, {n // 2}" if op.sequences == 2 else f"{numbers}, {n}"
    return f"    {{ static const int places[] = {{{', '.join(map(str, places))}}}; {result} = {called}({given}); }}"
