"""The functions of operations in machine code: each is written and compiled once, for a width, when a program first needs it."""

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd.elementary import ELEMENTARY, power_of
from autograd.ops import TABLE, powc
from autograd.op import Op
from autograd.program.machine.numbers import Code, Functions, Number, elementary

SHORT = 8  # instructions, up to which an operation is written in place


class Missing(Exception):
    """A function of the C library that is not there."""


class Part(NamedTuple):
    """A value or partial: the name of its function, '' where it is written in place; and what it reads: see `Library.partial`."""

    name: str
    reads: list[int]


class Library:
    """What a module of programs calls, of one width: functions of operations, and declarations.

    A program's text has calls of these functions by name; `text` has their own, as far as they are new.
    """

    table = TABLE

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
            return op.value(Functions(code), *x)
        if all(a.__class__ is not Number for a in x):
            return op(*x)
        x = [code.number(a) if a.__class__ is Number else a for a in x]
        if op.name == "pow" and x[1].__class__ is not Number:
            op = powc
        return self._part(code, (op, None, known(x)), x.__getitem__)

    def partial(self, code: Code, op: Op, k: int, known: tuple[Any, ...], number: Callable[[int], Any]) -> Any:
        """The partial of an operation for argument k, or None.

        Args:
            code: where it is written.
            op: the operation, of a fixed number of arguments.
            k: the argument.
            known: the arguments that are constants, by `known`; the others are None.
            number: called for what the partial needs: 0 for the value, k + 1 for argument k.
        """
        return self._part(code, (op, k, (None, *known)), number)

    def _part(self, code: Code, key: Any, number: Callable[[int], Any]) -> Any:
        """A value or partial: written in place, or a call of its function."""
        if key not in self.parts:
            self.parts[key] = self._function(key)
        part = self.parts[key]
        if not part.name:
            return _write(code, key, [number(k) if k in part.reads else x for k, x in enumerate(_given(code, key))])
        self.declared(f"declare {code.type('double')} @{part.name}({', '.join([code.type('double')] * len(part.reads))})")
        return code.call(part.name, *map(number, part.reads))

    def _function(self, key: Any) -> Part:
        """Write the function of a part, unless it is short."""
        apart = self.own()
        own = Code(self.width, apart)
        result = _write(own, key, _given(own, key))
        text = "\n".join([*own.lines, result.text if isinstance(result, Number) else ""])
        reads = sorted({int(k) for k in re.findall(r"%x(\d+)", text)})
        if not isinstance(result, Number) or (len(own.lines) <= SHORT and own.block == "entry" and " call double @" not in text):
            return Part("", reads)
        op, part, _ = key
        name = f"ag_{op.name}_{'v' if part is None else part}_{self.width}_{len(self.parts)}"
        parameters = ", ".join(f"{own.type('double')} %x{k}" for k in reads)
        body = [f"define {own.type('double')} @{name}({parameters}) nounwind {{", "entry:"]
        result = own.number(result)
        self.written[name] = "\n".join([*apart.declarations, *body, *own.lines, f"  ret {own.typed(result)}", "}"])
        return Part(name, reads)


def known(x: Sequence[Any]) -> tuple[Any, ...]:
    """Of numbers those that are constants, as keys that tell 0.0 and -0.0 apart; None for the others."""
    return tuple([None if a.__class__ is Number else a.hex() for a in x])


def _given(code: Code, key: Any) -> list[Any]:
    """The arguments of a part: names, and constants."""
    return [Number(code, "double", f"%x{k}") if x is None else float.fromhex(x) for k, x in enumerate(key[2])]


def _write(code: Code, key: Any, x: Sequence[Any]) -> Any:
    """Write a value, or a partial from the value and the arguments."""
    op, part, _ = key
    if part is not None:
        return op.settled(op.partials(x[0], *x[1:]), x[1:])[part]
    if op.name == "powc" and x[1].__class__ is not Number:
        return elementary(code, power_of(x[1]), x[:1])
    if op.name in ELEMENTARY:
        return elementary(code, ELEMENTARY[op.name], x)
    return op.value(Functions(code), *x)
