"""The program of a graph in JavaScript, so that a page runs both passes again without Python.

The C text of a row of the table is JavaScript as well, given functions of C's names: those that `Math` lacks are in
math.js, and the rest is printed here from the same walk as the compiled parts. On the same numbers an operation agrees
with the engine's to 4 units in the last place beyond the bound that its row has; sums are the same to the last bit.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from autograd.errors import OperationError
from autograd.graph import order
from autograd.native.ctext import ATOM, CHOICE, Expression, body, read
from autograd.op import Op
from autograd.ops import TABLE
from autograd.trees import tree_flatten

SELECTING = tuple(f"ag_{op.name}(" for op in TABLE.values() if op.selects)
CALL = re.compile(r"\b([a-z_]\w*)\(")


def library() -> str:
    """The functions that the printed text calls."""
    return Path(__file__).with_name("math.js").read_text(encoding="utf-8")


class JavaScript:
    """Operations, each printed once for each number of arguments."""

    def __init__(self) -> None:
        self._known = set(re.findall(r"\w+", library()))
        self._places: dict[tuple[Op, int], int] = {}
        self._printed: list[str] = []
        self._called: dict[str, str] = {}

    def operation(self, op: Op, count: int) -> int:
        """The place of an operation on `count` arguments.

        Raises:
            OperationError: it has no text in JavaScript.
        """
        key = op, count
        if key not in self._places:
            text = _operation(op, count)
            self._define(text, op)
            self._places[key] = len(self._printed)
            self._printed.append(text)
        return self._places[key]

    def text(self) -> str:
        """The functions that operations call, and the operations by place."""
        return "\n".join([*self._called.values(), "const OPERATIONS = [", *(f"{text}," for text in self._printed), "];\n"])

    def _define(self, text: str, op: Op) -> None:
        """Print the rows of the table that `text` calls, which may call others."""
        for name in CALL.findall(text):
            row = TABLE.get(name.removeprefix("ag_"))
            if name in self._known or name in self._called:
                continue
            if row is None or not row.arity or not name.startswith("ag_"):
                raise OperationError(f"{op.name} cannot be written in JavaScript: it calls {name}, which is not there")
            self._called[name] = ""  # reserves its place in the order, also if it calls itself
            x = _arguments(row.arity)
            called = f"const {name} = {arrow(x, read(row, Y, x)[0])};"
            self._define(called.partition("=>")[2], row)
            self._called[name] = called


Y = Expression("y", ATOM)


def _arguments(n: int) -> list[Expression]:
    return [Expression(f"x{i}", ATOM) for i in range(n)]


def _operation(op: Op, count: int) -> str:
    """Value, partials, and the side of each choice that the numbers are on: of choices that are kinks, and of those in each partial."""
    x = _arguments(count)
    value, partials = read(op, Y, x)
    sides = _sides([value]) if op.kinks is None or op.kinks else []
    within = [_sides([p]) if p is not None else [] for p in partials]
    functions = {
        "value": arrow(x, value),
        "partials": arrow([Y, *x], partials),
        "sides": arrow(x, sides),
        "within": arrow([Y, *x], within),
    }
    return f"{{ {', '.join(f'{name}: {text}' for name, text in functions.items())} }}"


def _sides(results: Sequence[Expression]) -> list[Expression]:
    """The conditions of the choices in `results`, and the signs that are dropped."""
    nodes = order(*results) if results else []
    chosen = [x.args[0] for x in nodes if x.precedence == CHOICE] + [x.args[0] != 0.0 for x in nodes if x.text.startswith(SELECTING)]
    return chosen + [x.args[0] < 0.0 for x in nodes if x.text == "fabs({})"]


def arrow(parameters: Sequence[Expression], result: Any) -> str:
    """A JavaScript function with this result: an expression, None, or a list of these."""
    lines, texts = body([x for x in tree_flatten(result)[0] if x is not None], declare="const")
    text = iter(texts)

    def written(x: Any) -> str:
        return f"[{', '.join(map(written, x))}]" if isinstance(x, list) else "null" if x is None else next(text)

    returned = written(result)
    given = ", ".join(x.text for x in parameters)
    return f"({given}) => {{ {' '.join(lines)} return {returned}; }}" if lines else f"({given}) => {returned}"
