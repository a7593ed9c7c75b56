"""C text as a kind of number: fed to a row of the table, it prints the row's arithmetic in C.

So no derivative is written a second time: the header that the compiled parts are built on is printed (see `header.py`), and so is any
operation of the user's own for `Program.to_c`. `functions` prints those with a fixed number of arguments, `loops.py` the others.

The text computes what Python computes with floats, and IEEE results where Python raises: nothing is reordered, constants are
read back as they were, and an expression that is used more than once is computed once.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial, reduce
from itertools import chain, count
from math import copysign, inf, isfinite, isnan
from types import BuiltinFunctionType
from typing import Any

from autograd.errors import OperationError
from autograd.graph import order
from autograd.kinds import as_float, register_node
from autograd.native.cnames import MATHEMATICS
from autograd.numeric import FLOATS
from autograd.op import Op
from autograd.ops import TABLE

# How tightly C binds an expression, the weakest first.
CHOICE, OR, EQUALITY, ORDER, SUM, PRODUCT, SIGN, ATOM = range(8)
CONDITIONS = (OR, EQUALITY, ORDER)
LONG = 100  # characters, from which on an expression is easier to read, and to compile, in parts


def _infix(sign: str, precedence: int) -> Callable[[Any, Any], "Expression"]:
    return lambda a, b: Expression(f"{{}} {sign} {{}}", precedence, (_number(a), _number(b)), (precedence, precedence + 1))


def _arithmetic(sign: str, precedence: int) -> tuple[Callable[[Any, Any], "Expression"], Callable[[Any, Any], "Expression"]]:
    infix = _infix(sign, precedence)
    return infix, lambda b, a: infix(a, b)


class Expression:
    """A number in C: a string with a place for each argument, how tightly it binds, and how tightly each argument needs to."""

    __array_ufunc__ = None  # so that arithmetic with a NumPy number comes here
    __hash__ = object.__hash__  # by identity; == is a condition in C
    kind: str = "double"  # its type
    serial: int = 0  # those with a larger one are computed later

    def __init__(self, text: str, precedence: int, args: tuple["Expression", ...] = (), needs: tuple[int, ...] = ()) -> None:
        self.text = text
        self.precedence = precedence
        self.args = args
        self.needs = needs

    __add__: Any
    __radd__: Any
    __sub__: Any
    __rsub__: Any
    __mul__: Any
    __rmul__: Any
    __truediv__: Any
    __rtruediv__: Any
    __lt__: Any
    __le__: Any
    __gt__: Any
    __ge__: Any
    __add__, __radd__ = _arithmetic("+", SUM)
    __sub__, __rsub__ = _arithmetic("-", SUM)
    __mul__, __rmul__ = _arithmetic("*", PRODUCT)
    __truediv__, __rtruediv__ = _arithmetic("/", PRODUCT)
    __lt__, __le__, __gt__, __ge__ = (_infix(sign, ORDER) for sign in ("<", "<=", ">", ">="))
    __eq__, __ne__ = (_infix(sign, EQUALITY) for sign in ("==", "!="))  # type: ignore[assignment]

    def __neg__(self) -> "Expression":
        return Expression("-{}", SIGN, (_number(self),), (ATOM,))

    def __pos__(self) -> "Expression":
        return self

    def __abs__(self) -> "Expression":
        return call("fabs", self)

    def __pow__(self, exponent: Any) -> "Expression":
        return call("pow", self, exponent)

    def __rpow__(self, base: Any) -> "Expression":
        return call("pow", base, self)

    def __bool__(self) -> bool:
        raise OperationError("it branches on its numbers, which C text does not know yet: choose with xp.where, or autograd.where")


def _number(x: Any) -> Expression:
    if not isinstance(x, Expression):
        return constant(as_float(x))
    if x.__class__ is not Expression:  # a number that has further uses in Python, such as the count of arguments
        return Expression(x.text, x.precedence)
    return _where(x, 1.0, 0.0) if x.precedence in CONDITIONS else x


def constant(x: float) -> Expression:
    """A float in C, with the shortest digits that give it back."""
    text = repr(abs(x)) if isfinite(x) else "NAN" if isnan(x) else "INFINITY"
    return Expression(f"-{text}", SIGN) if copysign(1.0, x) < 0.0 and not isnan(x) else Expression(text, ATOM)


def _list(form: str, x: Sequence[Any]) -> Expression:
    return Expression(form.replace("...", ", ".join(["{}"] * len(x))), ATOM, tuple(map(_number, x)), (CHOICE,) * len(x))


def call(name: str, *x: Any) -> Expression:
    """A call of a function in C."""
    return _list(f"{name}(...)", x)


def _where(condition: Any, a: Any, b: Any) -> Expression:
    if not isinstance(condition, Expression) or condition.precedence not in CONDITIONS:
        condition = _number(condition) != 0.0
    return Expression("{} ? {} : {}", CHOICE, (condition, _number(a), _number(b)), (OR, OR, CHOICE))


def _or_nan(condition: Expression, x: Any) -> Expression:
    return Expression("{} || {}", OR, (condition, call("isnan", x)), (OR, EQUALITY))


def _remainders(a: Any, b: Any) -> tuple[Expression, Expression]:
    """The remainder of C, with the sign of `a`, and that of Python, with the sign of `b`."""
    rest = call("fmod", a, b)
    moved = _where(call("copysign", 1.0, rest) != call("copysign", 1.0, b), rest + b, rest)
    return rest, _where(rest == 0.0, call("copysign", 0.0, b), moved)


# The functions of `math` that have the same name in C, and return a float.
IN_C = set(MATHEMATICS.split()) - {"gamma", "trunc", "ldexp", "frexp", "modf"}


class _CText:
    """The functions of `math`, which C has under the same names, and the choices, as `numeric.FLOATS` makes them."""

    where = staticmethod(_where)
    floor, ceil, rint = (staticmethod(partial(call, name)) for name in ("floor", "ceil", "rint"))
    hypot = staticmethod(partial(call, "ag_loop_hypot"))  # which Python computes by a method of its own

    def __getattr__(self, name: str) -> Callable[..., Expression]:
        function = getattr(FLOATS, name, None)
        if not isinstance(function, BuiltinFunctionType) or function.__name__ not in IN_C:
            raise AttributeError(f"there is no xp.{name} in C text")  # an attribute that is not there
        return partial(call, function.__name__)

    @staticmethod
    def sign(x: Any) -> Expression:
        x = _number(x)
        return _where(_or_nan(x == 0.0, x), x, call("copysign", 1.0, x))

    @staticmethod
    def maximum(*x: Any) -> Expression:
        return reduce(lambda a, b: _where(_or_nan(a >= b, a), a, b), map(_number, x))

    @staticmethod
    def minimum(*x: Any) -> Expression:
        return reduce(lambda a, b: _where(_or_nan(a <= b, a), a, b), map(_number, x))

    @staticmethod
    def mod(a: Any, b: Any) -> Expression:
        return _remainders(a, b)[1]

    @staticmethod
    def floor_divide(a: Any, b: Any) -> Expression:
        """The quotient rounded down, step by step as Python computes it; by 0 it is a / b."""
        rest, remainder = _remainders(a, b)
        quotient = (a - rest) / b - _where(remainder != rest, 1.0, 0.0)
        down = call("floor", quotient)
        whole = _where(quotient - down > 0.5, down + 1.0, down)
        return _where(_number(b) == 0.0, a / b, _where(quotient == 0.0, call("copysign", 0.0, a / b), whole))

    @staticmethod
    def sum(*x: Any) -> Expression:
        return _list(f"ag_sum(AG_LIST(...), {len(x)})", x)

    @staticmethod
    def norm(*x: Any) -> Expression:
        return _list(f"ag_norm(AG_LIST(...), {len(x)})", x)

    @staticmethod
    def dot(ws: Sequence[Any], xs: Sequence[Any]) -> Expression:
        places = ", ".join(["{}"] * len(ws))
        return _list(f"ag_dot(AG_LIST({places}), AG_LIST({places}), {len(ws)})", (*ws, *xs))

    def shift(self, *x: Any) -> Expression:
        largest = self.maximum(-inf, *x)
        return _where(abs(largest) < inf, largest, 0.0)

    def apply(self, op: Op, x: Sequence[Any]) -> Expression:
        """A call where the header has the operation, else its arithmetic."""
        if TABLE.get(op.name) is op and op.arity:
            return call(f"ag_{op.name}", *x)
        return _number(op.value(self, *map(_number, x)))


C = _CText()
register_node(Expression, C)


def body(results: Sequence[Expression], indent: str = "", declare: str = "const {}") -> tuple[list[str], list[str]]:
    """The lines that declare names for subexpressions that are long or used more than once; and the text of each result after them."""
    nodes = sorted(order(*results), key=lambda x: x.serial)
    uses = Counter(chain(results, *(x.args for x in nodes)))
    printed: dict[Expression, tuple[str, int]] = {}
    names = (f"t{i}" for i in count())
    lines = []
    for x in nodes:
        parts = [(printed[a], needed) for a, needed in zip(x.args, x.needs, strict=True)]
        text = x.text.format(*(a if precedence >= needed else f"({a})" for (a, precedence), needed in parts))
        printed[x] = text, x.precedence
        if x.args and (uses[x] > 1 or len(text) > LONG):
            printed[x] = next(names), ATOM
            lines.append(f"{indent}{declare.format(x.kind)} {printed[x][0]} = {text};")
    return lines, [printed[x][0] for x in results]


def define(
    head: str, parameters: Sequence[Expression], statements: Sequence[tuple[str, Expression]], specifiers: str = "static inline"
) -> str:
    """A C function of these statements, each with its expression in place."""
    results = [x for _, x in statements]
    used = set(order(*results))
    lines, texts = body(results)
    if unused := [f"(void){x.text}" for x in parameters if x not in used]:
        lines.insert(0, ", ".join(unused) + ";")
    lines += [statement.format(text) for (statement, _), text in zip(statements, texts, strict=True)]
    declared = ", ".join(f"double {x.text}" for x in parameters)
    return "\n    ".join([f"{specifiers} {head.format(declared)} {{", *lines]) + "\n}\n"


def _read(op: Op) -> tuple[list[Expression], Expression, Expression, list[Expression | None]]:
    """The arguments of `op`, its result, its value and its partials as C text."""
    x, y = names_of(op)
    return x, y, *read(op, y, x)


def names_of(op: Op) -> tuple[list[Expression], Expression]:
    """The arguments of `op` and its result as C text. Names of a user's own may be taken in C."""
    if op.arity is None:
        raise OperationError(f"{op.name} takes any number of arguments, expected an operation with a fixed number: see loops.functions")
    names = op.arguments if TABLE.get(op.name) is op else [f"x{i}" for i in range(op.arity)]
    return [Expression(name, ATOM) for name in names], Expression("z" if "y" in names else "y", ATOM)


def read(op: Op, y: Expression, x: Sequence[Expression]) -> tuple[Expression, list[Expression | None]]:
    """The value of `op` on these arguments, and its partials where `y` is the value."""
    try:
        value, partials = _number(op.value(C, *x)), op.partials(y, *x)
        if isinstance(partials, tuple) and len(partials) == len(x):
            return value, [None if p is None else _number(p) for p in partials]
    except Exception as error:
        raise OperationError(f"{op.name} cannot be written in C: {error}") from error
    raise OperationError(f"the partials of {op.name} are {partials!r}, expected a tuple of {len(x)}, one for each argument: (…,)")


def dependence(op: Op) -> int:
    """The arguments on which `op` depends, as a mask of bits: those whose partial is not None.

    >>> from autograd import where
    >>> bin(dependence(where))
    '0b110'
    """
    *_, partials = _read(op)
    return sum(1 << i for i, p in enumerate(partials) if p is not None)


def functions(op: Op, name: str) -> tuple[str, str]:
    """Value and partials of `op` as the C functions `name` and `name_partials`; a partial that is None is written as 0.

    >>> cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))
    >>> print(*functions(cube, "cube"), sep="")
    static inline double cube(double x0) {
        return x0 * x0 * x0;
    }
    static inline void cube_partials(double y, double x0, double *p) {
        (void)y;
        p[0] = 3.0 * x0 * x0;
    }
    """
    x, y, value, partials = _read(op)
    statements = [(f"p[{i}] = {{}};", constant(0.0) if p is None else p) for i, p in enumerate(partials)]
    return (
        define(f"double {name}({{}})", x, [("return {};", value)]),
        define(f"void {name}_partials({{}}, double *p)", [y, *x], statements),
    )
