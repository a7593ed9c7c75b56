"""The stubs that type checkers read, `ops.pyi` and `operators.pyi`: what an operation gives for Values, for numbers and for arrays.

An operation is declared as `Op`, which is all that its row says; the stub declares it as a class with a signature for each kind of number
that it takes. The classes depend on nothing but how many arguments there are, so operations of the same shape have one in common.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from autograd import ops
from autograd.op import Op
from autograd.ops import TABLE

OPERATORS = Path(__file__).parents[1] / "operators.py"

# What type checkers know more strictly than the code: these raise an error for every Value, so a Value does not have them.
REFUSED = {"__float__", "__int__", "__complex__"}
# What a signature is made of. A number of either kind is no kind of its own, so that an argument of type `Value | float` is taken apart.
VALUE, NUMBER, EITHER, ARRAY, ANYTHING = "Value", "Number", "Value | Number", "Reals", "Value | Number | NDArray[Any]"
REALS, OBJECTS = "NDArray[np.float64]", "NDArray[np.object_]"

HEAD_OF_OPS = """
from collections.abc import Iterable
from typing import Any, TypeAlias, overload

import numpy as np
from numpy.typing import NDArray

from autograd.kinds import Number
from autograd.op import Op
from autograd.value import Value

Reals: TypeAlias = NDArray[np.floating[Any] | np.integer[Any] | np.bool]
"""

HEAD_OF_OPERATORS = """
from typing import Any, NoReturn, Self, overload

import numpy as np
from numpy.typing import NDArray

from autograd.context import Scope
from autograd.kinds import Number
from autograd.op import Op
"""

# The signatures of the methods, by the function of `autograd.methods` that makes them.
WITH_A_NUMBER = """
    @overload
    def {name}(self, other: Self | Number, /) -> Self: ...
    @overload
    def {name}(self, other: NDArray[Any], /) -> NDArray[np.object_]: ...
"""
COMPARED = """
    @overload
    def {name}(self, other: Self | Number, /) -> bool: ...
    @overload
    def {name}(self, other: NDArray[Any], /) -> NDArray[np.bool]: ...
"""
POWER = """
    @overload
    def {name}(self, other: Self | Number, modulus: None = None, /) -> Self: ...
    @overload
    def {name}(self, other: NDArray[Any], modulus: None = None, /) -> NDArray[np.object_]: ...
"""
EQUALITY = "    def {name}(self, other: object, /) -> bool: ...\n"
ALONE = "    def {name}(self) -> Self: ...\n"
METHODS = {"binary": WITH_A_NUMBER, "reflected": WITH_A_NUMBER, "power": POWER, "comparison": COMPARED, "unary": ALONE}


def ops_stub() -> str:
    """The text of `ops.pyi`: the classes for the shapes of operations, and each operation as one of them."""
    shapes = {_shape(op): op for op in TABLE.values()}
    classes = "".join(f"\nclass {name}(Op):\n{_calls(_signatures(op))}" for name, op in shapes.items())
    constants = "".join(f"{name}: float\n" for name, x in vars(ops).items() if isinstance(x, float))
    rows = "".join(
        f'{name}: {_shape(op)}\nr"""{op.__doc__.partition(chr(10))[0] if op.__doc__ else name}"""\n' for name, op in TABLE.items()
    )
    return f"{HEAD_OF_OPS}{classes}\n{constants}{rows}TABLE: dict[str, Op]\n"


def _shape(op: Op) -> str:
    """The name of the class for what an operation takes."""
    if op.sequences:
        return f"OfSequences{op.sequences}"
    return "OfAny" if op.arity is None else f"Of{op.arity}" + f"Or{op.arity - len(op.defaults)}" * bool(op.defaults)


def _calls(signatures: Iterator[tuple[list[str], str]]) -> str:
    """Overloads of `__call__`."""
    text = ""
    for i, (types, result) in enumerate(signatures):
        x = ", ".join(f"{'*' * t.startswith('*')}{name}: {t.removeprefix('*')}" for name, t in zip("abcdefghij", types, strict=False))
        ignored = "  # type: ignore[override]  # the base class takes any number of arguments" if i == 0 else ""
        places = "" if types[-1].startswith("*") else ", /"
        text += f"    @overload{ignored}\n    def __call__(self, {x}{places}) -> {result}: ...\n"
    return text


def _signatures(op: Op) -> Iterator[tuple[list[str], str]]:
    """For each kind of arguments their types, and the type of the result."""
    if op.sequences:
        n = op.sequences
        either, arrays = f"Iterable[{EITHER}]", "Iterable[NDArray[Any]]"
        yield from _first("NDArray[Any]", [f"Iterable[{EITHER}] | {arrays}"] * n, "Any", before=either)
        yield from _first("Iterable[Value]", [either] * n, VALUE)
        yield ["Iterable[Number]"] * n, "float"
        yield [either] * n, "Value | float"
        yield [arrays] * n, "NDArray[Any]"
    elif op.arity is None:
        yield ["NDArray[Any]"], "Any"
        yield ["Iterable[Value]"], VALUE
        yield ["Iterable[Number]"], "float"
        yield [f"Iterable[{EITHER}]"], "Value | float"
        yield [VALUE, f"*{EITHER}"], VALUE
        yield [NUMBER, VALUE, f"*{EITHER}"], VALUE
        yield [NUMBER, f"*{NUMBER}"], "float"
        yield [EITHER, f"*{EITHER}"], "Value | float"
        yield [ARRAY, f"*{NUMBER} | {ARRAY}"], REALS
        yield [NUMBER, ARRAY, f"*{NUMBER} | {ARRAY}"], REALS
        yield [f"*{ANYTHING}"], "Any"
    else:
        for given in range(op.arity - len(op.defaults), op.arity + 1):
            yield from _first(VALUE, [EITHER] * given, VALUE, before=NUMBER)
            yield [NUMBER] * given, "float"
            yield from _first(ARRAY, [f"{NUMBER} | {ARRAY}"] * given, REALS, before=NUMBER)
            yield from _first("NDArray[Any]", [ANYTHING] * given, OBJECTS, before=EITHER)


def _first(kind: str, types: list[str], result: str, before: str = "") -> Iterator[tuple[list[str], str]]:
    """For each place the signature in which the first argument of a kind is there, and what is before it is of another."""
    for i in range(len(types)):
        yield [*([before] * i if before else types[:i]), kind, *types[i + 1 :]], result


def operators_stub() -> str:
    """The text of `operators.pyi`: the class as `operators.py` has it, with a signature for each method made of an operation."""
    text = HEAD_OF_OPERATORS
    for node in ast.parse(OPERATORS.read_text(encoding="utf-8")).body:
        match node:
            case ast.ClassDef():
                text += f"\nclass {node.name}:\n" + "".join(_member(statement) for statement in node.body)
            case ast.FunctionDef():
                text += f"\n{_declared(node)}\n"
            case ast.Assign(targets=[ast.Tuple(elts=names), *_]):
                text += "".join(f"{ast.unparse(name)}: int\n" for name in names)
            case ast.Assign(targets=[ast.Name(id=name), *_], value=value):
                kind = "Op" if isinstance(value, ast.Call) else "tuple[None, int, int]" if isinstance(value, ast.Tuple) else "int"
                text += f"{name}: {kind}\n"
    return text


def _member(node: ast.stmt) -> str:
    """What the class has by one statement of it."""
    match node:
        case ast.Expr():
            return f"    {ast.unparse(node)}\n"
        case ast.FunctionDef(name=name) if name not in REFUSED:
            return "".join(f"    {line}\n" for line in _declared(node).split("\n"))
        case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=None):
            return f"    {name}: {ast.unparse(kind)}\n"
        case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=ast.Call(args=[_, doc])):
            return f"    @property\n    def {name}(self) -> {ast.unparse(kind)}:\n        {ast.unparse(doc)}\n"
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
            return "".join(_method(ast.unparse(name), value) for name, value in zip(names, values, strict=True))
        case ast.Assign(targets=names, value=value):
            return "".join(_method(ast.unparse(name), value) for name in names)
    return ""


def _declared(node: ast.FunctionDef) -> str:
    """A function without its body, and without the decorator that says nothing of its type."""
    doc = ast.get_docstring(node)
    decorators = [x for x in node.decorator_list if ast.unparse(x) != "api_boundary"]
    body: list[ast.stmt] = [ast.Expr(ast.Constant(doc or ...))]
    return ast.unparse(ast.FunctionDef(node.name, node.args, body, decorators, node.returns, None, lineno=0))


def _method(name: str, value: ast.expr) -> str:
    """The signature of a method that is made by one of the functions of `autograd.methods`."""
    match value:
        case ast.Call(func=ast.Name(id="several"), args=[ast.Attribute(attr=op)]):
            row = TABLE[op]
            rest = [f"{x}: {EITHER.replace(VALUE, 'Self')}" for x in row.arguments[1:]]
            rest = [x + " = ..." * (i >= len(rest) - len(row.defaults)) for i, x in enumerate(rest)]
            return f"    def {name}(self, {', '.join(rest)}, /) -> Self: ...\n"
        case ast.Call(func=ast.Name(id=made)) if made in METHODS:
            form = EQUALITY if name in {"__eq__", "__ne__"} else METHODS[made]
            return form.format(name=name).removeprefix("\n")
        case ast.Attribute() if name == "__hash__":
            return "    def __hash__(self) -> int: ...\n"
        case ast.Name():
            return f"    def {name}(self) -> Self: ...\n"
    return ""
