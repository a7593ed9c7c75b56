"""A program as C99 source that needs nothing but the C library: what `Program.to_c` gives."""

from pathlib import Path
from typing import Any

import numpy as np

from autograd import ops
from autograd.errors import OperationError
from autograd.native.cforms import FormText, Ref
from autograd.native.cnames import why_taken
from autograd.native.header import functions, header
from autograd.op import Op

PIECE = 500  # operations in a function: compilers take more than twice as long for twice as many
SHARED = """\
#ifndef AUTOGRAD_SHARED
#define AUTOGRAD_SHARED
static inline const double *ag_gathered(const double *v, const int *places, int n, double *into) {
    for (int i = 0; i < n; i++) into[i] = v[places[i]];
    return into;
}

/* Room for n numbers, before that of the last call; and giving back what came after `mark`. */
static inline double *ag_more(void **last, size_t n) {
    void **made = (void **)malloc((2 + n) * (sizeof(double) > sizeof(void *) ? sizeof(double) : sizeof(void *)));
    if (!made) return NULL;
    *made = *last;
    *last = made;
    return (double *)(void *)(made + 2);
}

static inline void ag_back(void **last, void *mark) {
    while (*last != mark) {
        void *before = *(void **)*last;
        free(*last);
        *last = before;
    }
}

/* Sums over lanes: n of them, after them what their roundings lost. */
static inline void ag_lanes_begin(double *sums, size_t n) {
    for (size_t k = 0; k < n; k++) sums[k] = -0.0, sums[n + k] = 0.0;
}

static inline void ag_lanes_add(double *sums, const double *x, size_t n) {
    for (size_t k = 0; k < n; k++) {
        const double sum = sums[k] + x[k], added = sum - sums[k];
        sums[n + k] += (sums[k] - (sum - added)) + (x[k] - added);
        sums[k] = sum;
    }
}

static inline void ag_lanes_end(double *sums, size_t n) {
    for (size_t k = 0; k < n; k++)
        if (isfinite(sums[k]) && sums[n + k] != 0.0) sums[k] += sums[n + k];
}
#endif
"""


def source(form: Any, name: str) -> str:
    """The source with the functions NAME and NAME_gradient of a form whose inputs and outputs are numbers: see `Program.to_c`."""
    nary = Path(__file__).with_name("_nary.h").read_text("utf-8").replace('#include "_ops.h"\n', "")
    _check_name(name)
    n, m = len(form.inputs), len(form.outputs)
    pieces = _Pieces(name)
    value = _function(form, name, {"x": n}, "y", pieces)
    gradient = _function(form.adjoint(range(m), range(n)), f"{name}_gradient", {"x": n, "cotangents": m}, "g", pieces)
    own = [text for op, called in pieces.own.items() for text in functions(op, called)]
    start = "#include <stdlib.h>\n#include <string.h>\n"
    return "\n".join([start, f"{header()}\n{nary}\n{SHARED}", *own, *pieces.text, value, gradient])


def _check_name(name: Any) -> None:
    """Raise an error if C could not have a function with this name, or with NAME_gradient."""
    if not isinstance(name, str) or not name.isidentifier() or not name.isascii():
        raise OperationError(f"got {name!r} as the name of a C function, expected letters, digits and underscores, such as 'program'")
    for each in (name, f"{name}_gradient"):
        if why := why_taken(each):
            free = f"my_{name.strip('_').lower()}_program"
            raise OperationError(f"got {name!r} as the name of a C function: it makes {each}, {why}; give another, such as {free!r}")


class _Pieces:
    """The C functions of programs, of bounded size, each on the numbers of its program and on scratch.

    Attributes:
        text: the functions.
        own: the names in C of operations that are not in the table.
        longest: the largest number of arguments of an operation.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.text: list[str] = []
        self.own: dict[Op, str] = {}
        self.longest = 1
        self._known: dict[Any, list[str]] = {}

    def called(self, program: Any, *, plain: bool) -> list[str]:
        """The names of the functions that run a program in turn, with `plain` sums or with those of the operations."""
        if (program, plain) not in self._known:
            for op in program.own:
                self.own.setdefault(op, f"ag_{self.name}_op{len(self.own)}")
            self.longest = max(self.longest, int(np.diff(program.starts).max(initial=1)))
            first = program.inputs + len(program.constants)
            lines = [_statement(f"v[{first + k}]", op, args, self.own, plain=plain) for k, (op, args) in enumerate(program.instructions())]
            self._known[program, plain] = [self._piece("\n".join(lines[i : i + PIECE])) for i in range(0, len(lines), PIECE)]
        return self._known[program, plain]

    def _piece(self, lines: str) -> str:
        name = f"ag_{self.name}_{len(self.text)}"
        self.text.append(f"static void {name}(double *v, double *t) {{\n    (void)t;\n{lines}\n}}\n")
        return name


def _function(form: Any, name: str, given: dict[str, int], result: str, pieces: _Pieces) -> str:
    """The C function of a form."""
    text = FormText(pieces.called)
    text.copied(Ref(result), text.form(form, [Ref(x, k) for x, n in given.items() for k in range(n)]))
    declared = ", ".join([*[f"const double *{x}" for x in given], f"double *{result}"])
    return "\n".join(
        [
            f"int {name}({declared}) {{",
            *[f"    static const {kind} {called}[] = {{{numbers}}};" for (kind, numbers), called in text.tables.items()],
            "    void *last = NULL;",
            f"    double *v = ag_more(&last, {text.size + pieces.longest}), *t;",
            "    (void)ag_ops; /* the header's table, which is not used here */",
            "    if (!v) return -1;",
            f"    t = v + {text.size};",
            f"    {' '.join(f'(void){x};' for x in ('t', *given, result))}",
            *[f"    {line}" for line in text.first],
            *text.lines,
            "    ag_back(&last, NULL);",
            "    return 0;",
            "}\n",
        ]
    )


def _statement(result: str, op: Op, places: list[int], own: dict[Op, str], *, plain: bool) -> str:
    """An operation in C, on the numbers at these places of v."""
    called, n = own.get(op, f"ag_{op.name}"), len(places)
    if plain and op in {ops.sum, ops.dot} and n:
        terms = [f"v[{i}]" for i in places]
        terms = terms if op is ops.sum else [f"{a} * {b}" for a, b in zip(terms[: n // 2], terms[n // 2 :], strict=True)]
        return f"    {result} = {' + '.join(terms)};"
    if op.arity:
        return f"    {result} = {called}({', '.join(f'v[{i}]' for i in places)});"
    numbers = f"ag_gathered(v, places, {n}, t)"
    given = f"{numbers}, t + {n // 2}, {n // 2}" if op.sequences == 2 else f"{numbers}, {n}"
    return f"    {{ static const int places[] = {{{', '.join(map(str, places))}}}; {result} = {called}({given}); }}"
