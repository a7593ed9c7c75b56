"""C loops for operations that take any number of arguments, found in the expressions that their rows give for four.

A row is printed for four arguments, as an operation with a fixed number is. In the expressions that come out, a list of one formula for
each argument becomes a loop that fills an array; a chain of one step for each argument becomes a loop with a running result; and the
partials, one formula for all of them, become a loop over the arguments. The loops found for four and for five arguments must be equal: then
they are valid for any number. `len(x)` in a row becomes the number of arguments in C.
"""

import re
from collections.abc import Callable, Sequence
from types import FunctionType, SimpleNamespace
from typing import Any

from autograd.errors import OperationError
from autograd.graph import order
from autograd.kinds import register_node
from autograd.native.ctext import ATOM, PRODUCT, SIGN, C, Expression, body, read
from autograd.op import Op

LIST = "AG_LIST("
EACH = "for (size_t i = {}; i < n; i++) {{"
ARGUMENT = re.compile(r"(?<=[wx]\[)\d+(?=\])")


class _Count(Expression):
    """`len(x)`: a number in C, and in Python the length of a list."""

    def __init__(self, count: int, text: str, precedence: int) -> None:
        super().__init__(text, precedence)
        self.count = count

    def __index__(self) -> int:
        return self.count

    def __floordiv__(self, other: int) -> int:
        return self.count // other

    def __mul__(self, other: Any) -> Any:
        return other * self.count if isinstance(other, tuple | list) else super().__mul__(other)

    __rmul__ = __mul__


register_node(_Count, C)


def _counting(f: Any, length: Callable[[Any], Any]) -> Any:
    """The function `f` of a row with its own `len`, also in the functions of its module that it calls."""
    if not isinstance(f, FunctionType):
        return f
    names: dict[str, Any] = {**f.__globals__, "len": length}

    def bound(g: FunctionType) -> FunctionType:
        return FunctionType(g.__code__, names, g.__name__, g.__defaults__, g.__closure__)

    names |= {name: bound(g) for name, g in f.__globals__.items() if isinstance(g, FunctionType) and g.__module__ == f.__module__}
    return bound(f)


def _read(op: Op, names: Sequence[str], count: int) -> tuple[Expression, list[Expression | None]]:
    """Value and partials of `op` on `count` arguments for each name: x[0], x[1] and so on."""
    x = [Expression(f"{name}[{k}]", ATOM) for name in names for k in range(count)]
    return read(counting(op, count), Expression("y", ATOM), x)


def sequences(op: Op) -> tuple[str, ...]:
    """The names of the arrays of arguments in C."""
    return ("w", "x") if op.sequences == 2 else ("x",)


def counting(op: Op, count: int) -> Any:
    """`op` on so many arguments, in each of its sequences, with `len` of these as a number in C."""
    many = len(sequences(op))
    counts = {many * count: (f"{float(many)} * (double)n", PRODUCT), count: ("(double)n", SIGN)}

    def length(given: Any) -> Any:
        return _Count(len(given), *counts[len(given)]) if len(given) in counts else len(given)

    return SimpleNamespace(name=op.name, value=_counting(op.value, length), partials=_counting(op.partials, length))


class _Loops:
    """The loops found in expressions of a few arguments; each computes a number, named s0, s1 and so on."""

    def __init__(self, count: int, without_memory: str) -> None:
        self.count, self.without_memory = count, without_memory
        self.lines: list[str] = []
        self.indices: dict[Expression, frozenset[int]] = {}  # the places of arguments in each expression
        self._known: dict[tuple[str, tuple[int, ...]], Expression] = {}
        self._results: dict[tuple[Any, ...], Expression] = {}
        self._so_far = self._made(Expression("so_far", ATOM))

    def rolled(self, results: Sequence[Expression]) -> list[Expression]:
        """The results with a number in place of each loop."""
        found: dict[Expression, Expression] = {}
        for x in order(*results) if results else []:
            made = self._made(x, [found[a] for a in x.args])
            loop = self._list(made) if LIST in made.text else self._chain(made) if self._indices(made, self.count) else None
            found[x] = made if loop is None else loop
        return [found[x] for x in results]

    def of_each(self, x: Sequence[Expression]) -> Expression | None:
        """The formula of argument i, where expression k of `x` is that of argument k; None where they differ, or are too few."""
        if len(x) != self.count or not all(self.indices[a] <= {k} and self._moved(x[0], k) is a for k, a in enumerate(x)):
            return None
        return self._moved(x[0], "i")

    def _indices(self, x: Expression, count: int) -> bool:
        """Whether the expression has exactly the first `count` arguments."""
        return self.indices[x] == set(range(count))

    def _made(self, like: Expression, args: Sequence[Expression] = ()) -> Expression:
        """The only expression with this text and these arguments."""
        key = like.text, tuple(map(id, args))
        if key not in self._known:
            self._known[key] = made = Expression(like.text, like.precedence, tuple(args), like.needs)
            own = ARGUMENT.findall(like.text) if not args else ()
            self.indices[made] = frozenset(map(int, own)).union(*(self.indices[a] for a in args))
        return self._known[key]

    def _replaced(self, x: Expression, replace: Callable[[Expression], Expression | None]) -> Expression:
        found: dict[Expression, Expression] = {}
        for a in order(x):
            other = replace(a)
            found[a] = self._made(a, [found[b] for b in a.args]) if other is None else other
        return found[x]

    def _moved(self, x: Expression, to: int | str) -> Expression:
        """The same expression for another argument."""
        return self._replaced(x, lambda a: None if a.args else self._made(Expression(ARGUMENT.sub(str(to), a.text), a.precedence)))

    def _result(self, key: tuple[Any, ...], lines: Callable[[str], list[str]]) -> Expression:
        if key not in self._results:
            name = f"s{len(self._results)}"
            self._results[key] = self._made(Expression(name, ATOM))
            self.lines += lines(name)
        return self._results[key]

    # Chains of steps, each of the result so far and one argument.

    def _chain(self, x: Expression) -> Expression | None:
        last = self.count - 1
        for before in order(x):
            if not self._indices(before, last):
                continue
            step = self._with_so_far(x, before)
            first, start, earlier = before, last, self._before(before, self._moved(step, last - 1))
            while earlier is not None and self.indices[step] == {last}:
                first, start = earlier, start - 1
                earlier = self._before(first, self._moved(step, start - 1)) if start else None
            if start <= 1 and self.indices[first] <= {0}:
                key = first, self._moved(step, "i"), start
                return self._result(key, lambda name: self._running(name, *key))  # noqa: B023  # called at once
        return None

    def _before(self, x: Expression, step: Expression) -> Expression | None:
        """The result so far from which `step` gives `x`."""
        return next((a for a in order(x)[:-1] if self._with_so_far(x, a) is step), None)

    def _with_so_far(self, x: Expression, before: Expression) -> Expression:
        """`x` in terms of the result so far."""
        return self._replaced(x, lambda a: self._so_far if a is before else None)

    def _running(self, name: str, first: Expression, step: Expression, start: int) -> list[str]:
        so_far = self._results[first, step, start]
        before, (text,) = body([first])
        lines, (result,) = body([self._replaced(step, lambda a: so_far if a is self._so_far else None)], "    ")
        return [
            *before,
            f"double {name} = {f'n ? {text} : NAN' if start else text};",
            EACH.format(start),
            *lines,
            f"    {name} = {result};",
            "}",
        ]

    # Functions of lists.

    def _list(self, x: Expression) -> Expression | None:
        function, *lists = x.text.split(LIST)
        size = len(x.args) // len(lists)
        parts = [self._parts(x.args[k : k + size]) for k in range(0, len(x.args), size or 1)]
        if not all(parts) or not any(many for part in parts for _, many in part):
            return None
        return self._result((function, *map(tuple, parts)), lambda name: self._listed(name, function, parts))

    def _parts(self, x: Sequence[Expression]) -> list[tuple[Expression, bool]]:
        """The formulas in a list, each with whether it occurs once for each argument; none if the list is not that regular."""
        found, k = [], 0
        while k < len(x):
            each = self.of_each(x[k : k + self.count])
            if each is None and self.indices[x[k]]:
                return []
            found.append((x[k], False) if each is None else (each, True))
            k += 1 if each is None else self.count
        return found

    def _listed(self, name: str, function: str, lists: Sequence[Any]) -> list[str]:
        plain = [each.text.removesuffix("[i]") for parts in lists for each, many in parts if many and each.text.endswith("[i]")]
        if all(len(parts) == 1 for parts in lists) and len(plain) == len(lists):
            return [f"const double {name} = {function}{', '.join(plain)}, n);"]
        terms, at, starts, lines = f"{name}_terms", [0, 0], [], []
        for parts in lists:
            starts.append(f"{terms} + {_length(*at)}" if any(at) else terms)
            for x, many in parts:
                before, (text,) = body([x], "    ")
                place = " + ".join([_length(*at)] * (any(at) or not many) + ["i"] * many)
                lines += [EACH.format(0) if many else "{", *before, f"    {terms}[{place}] = {text};", "}"]
                at[not many] += 1
        size = _length(sum(many for _, many in lists[0]), sum(not many for _, many in lists[0]))
        return [
            f"double *{terms} = (double *)malloc(({_length(at[0], at[1] + 1)}) * sizeof(double));",
            f"if (!{terms}) {self.without_memory}",
            *lines,
            f"const double {name} = {function}{', '.join(starts)}, {size});",
            f"free({terms});",
        ]


def _length(many: int, single: int) -> str:
    """`many` times n, plus `single`."""
    return " + ".join(["n" if many == 1 else f"{many} * n"] * bool(many) + [str(single)] * bool(single or not many))


def function(head: str, given: Sequence[str], lines: Sequence[str]) -> str:
    """A C function, in which some of what it is given may not be used."""
    text = "\n    ".join(lines)
    unused = [f"(void){name};" for name in given if not re.search(rf"\b{name}\b", text)]
    return "\n    ".join([f"static inline {head} {{", *unused, text]) + "\n}\n"


def _printed(op: Op, name: str, count: int) -> tuple[str, str] | None:
    """Value and partials of `op` in C, as read for so many arguments; None where they are no loops."""
    names = sequences(op)
    given = ", ".join(f"const double *{x}" for x in names) + ", size_t n"
    value, partials = _read(op, names, count)
    loops = _Loops(count, "return NAN;")
    (result,) = loops.rolled([value])
    if loops.indices[result]:
        return None
    lines, (text,) = body([result])
    in_c = function(f"double {name}({given})", [*names, "n"], [*loops.lines, *lines, f"return {text};"])
    written = of_partials([Expression("0.0", ATOM) if p is None else p for p in partials], names, count)
    if written is None or len({p is None for p in partials}) > 1:
        return None
    return in_c, function(f"void {name}_partials(double y, {given}, double *p)", ["y", *names], written)


def of_partials(partials: Sequence[Expression], names: Sequence[str], count: int) -> list[str] | None:
    """The lines that write a number for each argument, in loops; None where they are not that regular."""
    loops = _Loops(count, f"{{\n        for (size_t i = 0; i < {_length(len(names), 0)}; i++) p[i] = NAN;\n        return;\n    }}")
    rolled = loops.rolled(partials)
    each = [loops.of_each(rolled[k : k + count]) for k in range(0, len(rolled), count)]
    if any(p is None for p in each):
        return None
    lines, texts = body([p for p in each if p is not None], "    ")
    places = [f"    p[{'n + ' * k}i] = {text};" for k, text in enumerate(texts)]
    return [*loops.lines, EACH.format(0), *lines, *places, "}"]


def functions(op: Op, name: str) -> tuple[str, str]:
    """Value and partials of an operation on any number of arguments as the C functions `name` and `name_partials`.

    >>> mean = Op("mean", lambda xp, *x: xp.sum(*x) / len(x), lambda y, *x: (1.0 / len(x),) * len(x))
    >>> print(*functions(mean, "mean"), sep="")
    static inline double mean(const double *x, size_t n) {
        const double s0 = ag_sum(x, n);
        return s0 / (double)n;
    }
    static inline void mean_partials(double y, const double *x, size_t n, double *p) {
        (void)y;
        (void)x;
        for (size_t i = 0; i < n; i++) {
            p[i] = 1.0 / (double)n;
        }
    }
    """
    try:
        printed, again = (_printed(op, name, count) for count in (4, 5))
        reason = "its value or its partials are not loops over them"
    except OperationError as error:
        printed, reason = None, str(error)
    if printed is None or printed != again:
        raise OperationError(
            f"{op.name} takes any number of arguments, and {reason}: write it with one formula for all arguments, with xp.sum, "
            "xp.dot, xp.norm, xp.maximum, xp.minimum, functools.reduce and len(x); or, for a row of the table, write its functions "
            "by hand in autograd/native/_nary.h"
        )
    return printed


def dependence(op: Op) -> bool:
    """Whether an operation on any number of arguments depends on them: its partials are not None."""
    return any(p is not None for p in op.partials(0.5, *[0.5] * 4))
