"""The functions of operations in machine code: each is written and compiled once, for a width, when a program first needs it."""

import re
from collections.abc import Callable, Sequence
from math import inf
from typing import Any, NamedTuple

from autograd.elementary import ELEMENTARY, power_of
from autograd.op import Op
from autograd.ops import TABLE, powc
from autograd.program.machine.numbers import FLOAT, Code, Functions, Number, elementary

DOWN = 2.0**-540  # by which terms are small enough to be summed in any number
SHORT = 8  # instructions, up to which an operation is written in place
# What is written by hand, as in the kernel, since value and partials, or two partials, share work: n-ary operations, and two derivatives.
SHARING = ("logsumexp",)
BELLS = {"sigmoid": 1.0, "tanh": 2.0}


class Missing(Exception):
    """A function of the C library that is not there."""


class Part(NamedTuple):
    """A value or partial: what it reads (see `Library.partial`), and how it is written.

    Attributes:
        reads: the numbers that it reads, in the order in which `name` takes them.
        name: of its function; '' where it is written in place.
        text: the lines, with a place for what tells their names from others, and one for each number read; empty where there are none.
        result: the text of the result, likewise; or what is known now: a float, or None.
        declarations: those that the lines need.
    """

    reads: list[int]
    name: str = ""
    text: str = ""
    result: Any = None
    declarations: Sequence[str] = ()


class Library:
    """What a module of programs calls, of one width: functions of operations, and declarations.

    A program's text has calls of these functions by name; `text` has their own, as far as they are new.
    """

    table: dict[str, Op] = TABLE
    width: int
    is_there: Callable[[str], bool]

    def __init__(self, width: int, is_there: Callable[[str], bool] = lambda _: True) -> None:
        self.width, self.is_there = width, is_there
        self.parts: dict[Any, Part] = {}  # by operation, part and constants
        self.written: dict[str, str] = {}  # functions that have not been compiled yet
        self.declarations: dict[str, None] = {}

    def own(self) -> "Library":
        """The same functions, with declarations apart."""
        own = Library(self.width, self.is_there)
        own.parts, own.written = self.parts, self.written
        return own

    def declared(self, declaration: str) -> None:
        """Note a declaration that the text needs."""
        self.declarations[declaration] = None

    def extern(self, name: str) -> None:
        """Make sure of a function of the C library."""
        if not self.is_there(name):
            raise Missing(name)

    # Values and partials.

    def value(self, code: Code, op: Op, x: Sequence[Any]) -> Any:
        """The value of an operation on these numbers."""
        if op.arity is None:
            return getattr(Functions(code), op.name)(*x) if op.name in SHARING else op.value(Functions(code), *x)
        if all(a.__class__ is not Number for a in x):
            return op(*x)
        if op.name == "pow" and x[1].__class__ is not Number:
            op = powc
        return self._part(code, (op, None, known(op, x)), lambda k: code.number(x[k]))

    def partial(self, code: Code, op: Op, k: int, constants: tuple[Any, ...], number: Callable[[int], Any]) -> Any:
        """The partial of an operation for argument k, or None.

        Args:
            code: where it is written.
            op: the operation, of a fixed number of arguments.
            k: the argument.
            constants: the arguments that are constants, by `known`.
            number: called for what the partial needs: 0 for the value, k + 1 for argument k.
        """
        return self._part(code, (op, k, (None, *constants)), number)

    def brought_down(self, code: Code, op: Op, total: Any, x: Sequence[Any]) -> Number:
        """The total of a sum, or of products, computed again of small parts of its terms, where something overflowed on the way."""
        name = f"ag_{op.name}_down_{len(x)}_{self.width}"
        if name not in self.parts:
            apart = self.own()
            own = Code(self.width, apart)
            again, *given = [Number(own, FLOAT, f"%x{k}") for k in range(len(x) + 1)]
            terms = zip(given[: len(x) // 2], given[len(x) // 2 :], strict=True) if op.name == "dot" else zip(given)
            found = Functions(own).sum(*[small(own, term) for term in terms])
            self.parts[name] = self._function(name, own, apart, range(len(x) + 1), restored(own, op, again, found))
        return self._called(code, self.parts[name], [code.number(a) for a in (total, *x)])

    def _called(self, code: Code, part: Part, given: Sequence[Number]) -> Number:
        self.declared(f"declare {code.type(FLOAT)} @{part.name}({', '.join([code.type(FLOAT)] * len(given))})")
        return code.call(part.name, *given)

    def _function(self, name: str, code: Code, apart: "Library", reads: Sequence[int], result: Number) -> Part:
        """Write a function of what was written, which is to be compiled."""
        parameters = ", ".join(f"{code.type(FLOAT)} %x{k}" for k in reads)
        head = f"define {code.type(FLOAT)} @{name}({parameters}) nounwind {{\nentry:"
        self.written[name] = "\n".join([*apart.declarations, head, *code.lines, f"  ret {code.typed(result)}", "}"])
        return Part(list(reads), name)

    def _part(self, code: Code, key: Any, number: Callable[[int], Any]) -> Any:
        """A value or partial: written in place, or a call of its function."""
        part = self.parts.get(key)
        if part is None:
            part = self.parts[key] = self._made(key)
        if part.name:
            return self._called(code, part, [*map(number, part.reads)])
        if part.result.__class__ is not str:
            return part.result
        texts = [number(k).text for k in part.reads]
        code.count += 1
        if part.text:
            code.lines.append(part.text.format(code.count, *texts))
            for declaration in part.declarations:
                self.declarations[declaration] = None
        return Number(code, FLOAT, part.result.format(code.count, *texts))

    def _made(self, key: Any) -> Part:
        """Write a part: as the text that goes in place of it, or, where that is long, as a function."""
        apart = self.own()
        code = Code(self.width, apart)
        result = _write(code, key, _given(code, key))
        if not isinstance(result, Number):
            return Part([], result=result)
        result = code.number(result)
        text = "\n".join(code.lines)
        reads = sorted({int(k) for k in re.findall(r"%x(\d+)\b", f"{text}\n{result.text}")})
        if len(code.lines) <= SHORT and code.block == "entry" and " call double @" not in text:
            places = {f"%x{k}": f"{{{i + 1}}}" for i, k in enumerate(reads)}

            def template(text: str) -> str:
                return re.sub(r"%x\d+\b", lambda m: places[m[0]], re.sub(r"%([tp][\d.]+\b)", r"%p{0}.\1", text))

            return Part(reads, "", template(text), template(result.text), list(apart.declarations))
        op, part, _ = key
        name = f"ag_{op.name}_{'v' if part is None else part}_{self.width}_{len(self.parts)}"
        return self._function(name, code, apart, reads, result)


def known(op: Op, x: Sequence[Any]) -> tuple[Any, ...]:
    """Of the arguments those that are constants, where that makes a difference to the operation, by their text; None for the others."""
    if op.constant_of or op.selects or op.ties:
        return tuple([None if a.__class__ is Number else a.hex() for a in x])
    return (None,) * len(x)


def restored(code: Code, op: Op, total: Number, found: Any) -> Number:
    """A total where it is finite, else what was found of small parts of its terms."""
    small = code.number(found) / DOWN
    result: Number = code.select(code.abs(total) < inf, total, small / DOWN if op.name == "dot" else small)
    return result


def small(code: Code, factors: Sequence[Any]) -> Any:
    """A small part of a term of a sum, or of the product of two."""
    return _small(code, *map(code.number, factors)) if len(factors) > 1 else factors[0] * DOWN


def _small(code: Code, a: Number, b: Number) -> Number:
    """A product brought down twice; where it overflows, its factors are, once each."""
    product = a * b
    large = (code.abs(product) == inf) & (code.abs(a) < inf) & (code.abs(b) < inf)
    found: Number = code.select(large, a * DOWN * (b * DOWN), product * DOWN * DOWN)
    return found


def _given(code: Code, key: Any) -> list[Any]:
    """The arguments of a part: names, and constants."""
    return [Number(code, FLOAT, f"%x{k}") if x is None else float.fromhex(x) for k, x in enumerate(key[2])]


def _write(code: Code, key: Any, x: Sequence[Any]) -> Any:
    """Write a value, or a partial from the value and the arguments."""
    op, part, _ = key
    if part is not None and op.name in BELLS:
        return Functions(code).bell(x[1], BELLS[op.name])
    if part is not None:
        return op.settled(op.partials(x[0], *x[1:]), x[1:])[part]
    if op.name == "powc" and x[1].__class__ is not Number:
        return elementary(code, power_of(x[1]), x[:1])
    if op.name in ELEMENTARY:
        return elementary(code, ELEMENTARY[op.name], x)
    return op.value(Functions(code), *x)
