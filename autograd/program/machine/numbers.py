"""LLVM instructions as a kind of number: fed to a row of the table, they are the row's arithmetic in machine code, for one lane or several.

A `Code` is a function that is being written, for numbers of so many lanes. A `Number` stands for a value in it: a float, an integer of 64
bits or a condition. Python's floats stay what they are until they meet a Number, so that what is known while the code is written costs
nothing when it runs. `Functions` has the functions that rows take from `xp`.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from functools import partial, reduce
from math import inf
from typing import Any

from autograd.elementary import ELEMENTARY
from autograd.errors import OperationError
from autograd.kinds import as_float, register_node
from autograd.op import Op

FLOAT, WHOLE, CONDITION = "double", "i64", "i1"


def _binary(floats: str, wholes: str = "") -> tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]:
    def forward(a: "Number", b: Any) -> Any:
        return a.code.arithmetic(floats, wholes, a, b)

    return forward, lambda b, a: b.code.arithmetic(floats, wholes, a, b)


def _comparison(floats: str, wholes: str) -> Callable[[Any, Any], Any]:
    return lambda a, b: a.code.compare(floats, wholes, a, b)


class Number:
    """A value in a function that is being written: its text, and its type."""

    __slots__ = ("code", "kind", "text")
    code: "Code"
    kind: str
    text: str
    __array_ufunc__ = None  # so that arithmetic with a NumPy number comes here
    __hash__ = object.__hash__  # by identity; == is a condition

    def __init__(self, code: "Code", kind: str, text: str) -> None:
        self.code, self.kind, self.text = code, kind, text

    __add__: Any
    __radd__: Any
    __sub__: Any
    __rsub__: Any
    __mul__: Any
    __rmul__: Any
    __truediv__: Any
    __rtruediv__: Any
    __and__: Any
    __rand__: Any
    __or__: Any
    __ror__: Any
    __xor__: Any
    __rxor__: Any
    __lt__: Any
    __le__: Any
    __gt__: Any
    __ge__: Any
    __add__, __radd__ = _binary("fadd", "add")
    __sub__, __rsub__ = _binary("fsub", "sub")
    __mul__, __rmul__ = _binary("fmul")
    __truediv__, __rtruediv__ = _binary("fdiv")
    __and__, __rand__ = _binary("", "and")
    __or__, __ror__ = _binary("", "or")
    __xor__, __rxor__ = _binary("", "xor")
    __lshift__: Any = _binary("", "shl")[0]
    __rshift__: Any = _binary("", "lshr")[0]
    __lt__, __le__, __gt__, __ge__ = (_comparison(f"o{x}", f"u{x}") for x in ("lt", "le", "gt", "ge"))
    __eq__, __ne__ = _comparison("oeq", "eq"), _comparison("une", "ne")

    def __neg__(self) -> "Number":
        return self.code.emit(FLOAT, f"fneg {self.code.typed(self)}")

    def __invert__(self) -> "Number":
        return self.code.arithmetic("", "xor", self, self.code.constant(1, CONDITION))

    def __pos__(self) -> "Number":
        return self

    def __abs__(self) -> "Number":
        return self.code.intrinsic("fabs", self)

    def __pow__(self, exponent: Any) -> Any:
        return self.code.apply_named("pow", self, exponent)

    def __rpow__(self, base: Any) -> Any:
        return self.code.apply_named("pow", base, self)

    def __bool__(self) -> bool:
        raise OperationError("a row of the table branches on its numbers")  # which none does


class Code:
    """A function that is being written: its lines, and the width of its numbers in lanes.

    Args:
        width: how many lanes a number has.
        needs: told of what is called: a name, and the types of its arguments, of what comes from the C library; or an operation's function.
    """

    width: int
    needs: Any
    types: dict[str, str]
    count: int
    block: str

    def __init__(self, width: int, needs: Any) -> None:
        self.width, self.needs = width, needs
        self.types = {kind: kind if width == 1 else f"<{width} x {kind}>" for kind in (FLOAT, WHOLE, CONDITION)}
        self.lines: list[str] = []
        self.count = 0
        self.block = "entry"

    # Instructions.

    def type(self, kind: str) -> str:
        """The type in LLVM of such numbers."""
        return self.types[kind]

    def emit(self, kind: str, instruction: str) -> Number:
        """The result of an instruction."""
        self.count += 1
        name = f"%t{self.count}"
        self.lines.append(f"  {name} = {instruction}")
        return Number(self, kind, name)

    def do(self, instruction: str) -> None:
        """An instruction without a result."""
        self.lines.append(f"  {instruction}")

    def constant(self, x: Any, kind: str = FLOAT) -> Number:
        """A number known now, as the kind that is wanted."""
        if kind == FLOAT:
            text = f"0x{struct.unpack('<Q', struct.pack('<d', as_float(x)))[0]:016X}"
        else:
            text = str(x - (1 << 64) if x >= 1 << 63 else int(x))
        return Number(self, kind, text if self.width == 1 else f"splat ({kind} {text})")

    def number(self, x: Any, kind: str = FLOAT) -> Number:
        """A Number, from one of any kind or from Python's."""
        if x.__class__ is not Number:
            return self.constant(x, kind)
        return self.select(x, 1.0, 0.0) if x.kind == CONDITION and kind == FLOAT else x

    def typed(self, x: Number) -> str:
        """An operand with its type."""
        return f"{self.type(x.kind)} {x.text}"

    def arithmetic(self, floats: str, wholes: str, a: Any, b: Any) -> Number:
        """An operation of two floats, or of two integers or conditions."""
        kinds = {x.kind for x in (a, b) if x.__class__ is Number}
        whole = kinds == {WHOLE} or (kinds == {CONDITION} and wholes in ("and", "or", "xor"))
        kind = kinds.pop() if whole else FLOAT
        a, b = self.number(a, kind), self.number(b, kind)
        return self.emit(kind, f"{wholes if whole else floats} {self.typed(a)}, {b.text}")

    def compare(self, floats: str, wholes: str, a: Any, b: Any) -> Number:
        """A condition."""
        kind = WHOLE if WHOLE in {x.kind for x in (a, b) if x.__class__ is Number} else FLOAT
        a, b = self.number(a, kind), self.number(b, kind)
        return self.emit(CONDITION, f"{f'fcmp {floats}' if kind == FLOAT else f'icmp {wholes}'} {self.typed(a)}, {b.text}")

    def call(self, name: str, *x: Any) -> Number:
        """A call of a function of floats that is there for this width."""
        given = ", ".join(self.typed(self.number(a)) for a in x)
        return self.emit(FLOAT, f"call {self.type(FLOAT)} @{name}({given})")

    def intrinsic(self, name: str, *x: Any) -> Number:
        """A call of a function that LLVM has itself."""
        name = f"llvm.{name}.{'f64' if self.width == 1 else f'v{self.width}f64'}"
        self.needs.declared(f"declare {self.type(FLOAT)} @{name}({', '.join([self.type(FLOAT)] * len(x))})")
        return self.call(name, *x)

    # What the elementary functions take.

    def sqrt(self, x: Any) -> Number:
        """The square root, rounded once."""
        return self.intrinsic("sqrt", x)

    def fma(self, a: Any, b: Any, c: Any) -> Number:
        """A b + c, rounded once."""
        return self.intrinsic("fma", a, b, c)

    def abs(self, x: Any) -> Number:
        """The size."""
        return self.intrinsic("fabs", x)

    def copysign(self, x: Any, sign: Any) -> Number:
        """The size of one with the sign of another."""
        return self.intrinsic("copysign", x, sign)

    def rint(self, x: Any) -> Number:
        """The nearest whole number, an even one where two are."""
        return self.intrinsic("rint", x)

    def select(self, condition: Any, a: Any, b: Any) -> Any:
        """One of two numbers, bit for bit."""
        if condition.__class__ is not Number:
            return a if condition else b
        kind = next((x.kind for x in (a, b) if x.__class__ is Number and x.kind != CONDITION), FLOAT)
        a, b = self.number(a, kind), self.number(b, kind)
        return self.emit(kind, f"select {self.typed(condition)}, {self.typed(a)}, {self.typed(b)}")

    def bits(self, x: Any) -> Number:
        """The bits of a float as an integer."""
        return self.emit(WHOLE, f"bitcast {self.typed(self.number(x))} to {self.type(WHOLE)}")

    def from_bits(self, x: Any) -> Number:
        """The float of these bits."""
        return self.emit(FLOAT, f"bitcast {self.typed(self.number(x, WHOLE))} to {self.type(FLOAT)}")

    def extern(self, name: str, *x: Any) -> Number:
        """The function of the C library, lane by lane."""
        self.needs.extern(name)
        self.needs.declared(f"declare double @{name}({', '.join(['double'] * len(x))})")
        given = [self.number(a) for a in x]
        if self.width == 1:
            return self.call(name, *given)
        result = "poison"
        for lane in range(self.width):
            parts = [self.emit(FLOAT, f"extractelement {self.typed(a)}, i64 {lane}").text for a in given]
            y = self.emit(FLOAT, f"call double @{name}({', '.join(f'double {part}' for part in parts)})")
            result = self.emit(FLOAT, f"insertelement {self.type(FLOAT)} {result}, double {y.text}, i64 {lane}").text
        return Number(self, FLOAT, result)

    # Branches.

    def any(self, condition: Number) -> str:
        """Whether it holds in any lane, as an i1."""
        if self.width == 1:
            return condition.text
        packed = self.emit("", f"bitcast {self.typed(condition)} to i{self.width}")
        return self.emit("", f"icmp ne i{self.width} {packed.text}, 0").text

    def unless(self, usual: Number, y: Number, otherwise: Callable[[], Number]) -> Number:
        """`y`, or in a branch of its own, taken where `usual` does not hold in all lanes, what `otherwise()` writes."""
        unusual = self.any(~usual)
        self.count += 1
        rare, on, before = f"rare{self.count}", f"on{self.count}", self.block
        self.do(f"br i1 {unusual}, label %{rare}, label %{on}")
        self.start(rare)
        other = self.number(otherwise())
        self.do(f"br label %{on}")
        after = self.block
        self.start(on)
        return self.emit(FLOAT, f"phi {self.type(FLOAT)} [ {y.text}, %{before} ], [ {other.text}, %{after} ]")

    def start(self, block: str) -> None:
        """Begin a block."""
        self.lines.append(f"{block}:")
        self.block = block

    # Operations.

    def apply(self, op: Op, x: Sequence[Any]) -> Any:
        """The value of an operation: its expression, or a call of its function where that is long."""
        return self.needs.value(self, op, x)

    def apply_named(self, name: str, *x: Any) -> Any:
        """The value of an operation of the table."""
        return self.needs.value(self, self.needs.table[name], x)


class _Kind:
    """Operations on Numbers, for rows whose partials use operations."""

    @staticmethod
    def apply(op: Op, x: Sequence[Any]) -> Any:
        return next(a.code for a in x if a.__class__ is Number).apply(op, x)


register_node(Number, _Kind())


class _Elementary:
    """The primitives of the elementary functions, by the names that these have for them."""

    def __init__(self, code: Code) -> None:
        self.fma, self.sqrt, self.abs, self.copysign, self.rint = code.fma, code.sqrt, code.abs, code.copysign, code.rint
        self.select, self.bits, self.number, self.extern = code.select, code.bits, code.from_bits, code.extern


def elementary(code: Code, form: Any, x: Sequence[Any]) -> Any:
    """An elementary function: the cheaper form, and in a branch of its own the one that is right everywhere."""
    n = _Elementary(code)
    if form.is_usual is None:
        return form.anywhere(n, *x)
    y = form.usual(n, *x)
    return code.unless(form.is_usual(n, *x), y, lambda: form.anywhere(n, *x))


def added(terms: Iterable[tuple[Any, Any]], before: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
    """The sum of terms one after the other, each with what its own rounding lost; and what was lost in all.

    Args:
        terms: the terms.
        before: the same of terms before these.
    """
    others = iter(terms)
    total, lost = next(others) if before is None else before
    for a, more in others:
        after = a + total
        added = after - total
        lost = lost + ((total - (after - added)) + (a - added))
        lost = lost if more.__class__ is float else lost + more
        total = after
    return total, lost


class Functions:
    """The functions that the rows of the table take from `xp`, in a function that is being written."""

    code: Code
    where: Any
    sqrt: Any
    copysign: Any
    rint: Any
    floor: Any
    ceil: Any

    def __init__(self, code: Code) -> None:
        self.code = code
        self.where, self.sqrt, self.copysign, self.rint = self._where, code.sqrt, code.copysign, code.rint
        self.floor, self.ceil = partial(code.intrinsic, "floor"), partial(code.intrinsic, "ceil")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in ELEMENTARY:
            return partial(self.code.apply_named, name)
        return partial(self.code.extern, name)

    @staticmethod
    def abs(x: Any) -> Any:
        """The size."""
        return abs(x)

    def _where(self, condition: Any, a: Any, b: Any) -> Any:
        if condition.__class__ is Number and condition.kind == FLOAT:
            condition = condition != 0.0
        return self.code.select(condition, a, b)

    def sign(self, x: Any) -> Any:
        """1, -1, or the zero or nan that it is given."""
        return self.code.select((x == 0.0) | (x != x), x, self.code.copysign(1.0, x))  # noqa: PLR0124  # nan

    def maximum(self, *x: Any) -> Any:
        """The largest; nan where one is."""
        return reduce(lambda a, b: self._where(self._or_nan(lambda: a >= b, a), a, b), x)

    def minimum(self, *x: Any) -> Any:
        """The smallest; nan where one is."""
        return reduce(lambda a, b: self._where(self._or_nan(lambda: a <= b, a), a, b), x)

    @staticmethod
    def _or_nan(condition: Callable[[], Any], a: Any) -> Any:
        return condition() | (a != a)  # noqa: PLR0124  # nan

    def mod(self, a: Any, b: Any) -> Any:
        """The remainder of Python."""
        return self._remainders(a, b)[1]

    def floor_divide(self, a: Any, b: Any) -> Any:
        """The quotient rounded down, step by step as Python computes it; by 0 it is a / b."""
        rest, remainder = self._remainders(a, b)
        where, code = self._where, self.code
        quotient = (a - rest) / b - where(remainder != rest, 1.0, 0.0)
        down = code.intrinsic("floor", quotient)
        whole = where(quotient - down > 0.5, down + 1.0, down)
        zero = code.number(b) == 0.0
        return where(zero, a / b, where(quotient == 0.0, code.copysign(0.0, a / b), whole))

    def _remainders(self, a: Any, b: Any) -> tuple[Any, Any]:
        """The remainder of C, with the sign of `a`, and that of Python, with the sign of `b`."""
        code, where = self.code, self._where
        rest = code.extern("fmod", a, b)
        moved = where(code.copysign(1.0, rest) != code.copysign(1.0, b), rest + b, rest)
        return rest, where(rest == 0.0, code.copysign(0.0, b), moved)

    def hypot(self, a: Any, b: Any) -> Any:
        """With the bits of Python's: see the header of the kernel."""
        code = self.code
        p, q = code.abs(a), code.abs(b)
        larger, smaller = code.select(p < q, q, p), code.select(p < q, p, q)
        scale = code.select(larger > 2.0**500, 2.0**-600, code.select(larger < 2.0**-500, 2.0**600, 1.0))
        x, y = larger * scale, smaller * scale
        h = code.sqrt(x * x + y * y)
        x0, y0, h0 = (code.from_bits(code.bits(z) & -0x8000000) for z in (x, y, h))
        x1, y1, h1 = x - x0, y - y0, h - h0
        rest = x0 * x0 - h0 * h0 + y0 * y0 + 2.0 * (x0 * x1 - h0 * h1) + 2.0 * y0 * y1 + (x1 * x1 - h1 * h1 + y1 * y1)
        root = code.select(h == 0.0, 0.0, (h + rest / (2.0 * h)) / scale)
        return code.select((p == inf) | (q == inf), inf, root)

    def sum(self, *x: Any) -> Any:
        """The sum, with what its roundings lost added at the end."""
        return self.compensated(*added(map(self.term, zip(x))))

    def dot(self, ws: Sequence[Any], xs: Sequence[Any]) -> Any:
        """The same of products, whose roundings are known exactly."""
        return self.compensated(*added(map(self.term, zip(ws, xs, strict=True))))

    def term(self, factors: Sequence[Any]) -> tuple[Any, Any]:
        """A number or a product, and what its rounding lost."""
        if len(factors) == 1:
            return factors[0], 0.0
        product = self.code.number(factors[0]) * factors[1]
        return product, self.code.fma(factors[0], factors[1], -product)

    def compensated(self, total: Any, lost: Any) -> Any:
        """The total with what its roundings lost, unless it is not finite."""
        if lost.__class__ is float:
            return total
        return self.code.select(self.code.abs(total) < inf, total + self.code.select(lost == 0.0, -0.0, lost), total)

    def norm(self, *x: Any) -> Any:
        """The norm, scaled by a power of 2 where squares would over- or underflow; inf where one number is infinite."""
        length, scale = self.length(x)
        return length / scale

    def length(self, x: Sequence[Any]) -> tuple[Any, Any]:
        """The norm times a power of 2, and that."""
        code = self.code
        largest: Any = 0.0
        for a in x:
            size = code.abs(a)
            largest = code.select(size > largest, size, largest)
        scale = code.select(largest > 2.0**500, 2.0**-600, code.select(largest < 2.0**-500, 2.0**600, 1.0))
        scaled = [a * scale for a in x]
        total, lost = added([(0.0, 0.0), *[(a * a, 0.0) for a in scaled]])
        return code.select(largest < inf, code.sqrt(total + lost), inf), scale

    def powers(self, x: Sequence[Any]) -> tuple[Any, list[Any], Any]:
        """Of logsumexp: the largest number; the powers of e in units of that; their sum less 1."""
        shift = self.shift(*x)
        powers = [self.exp(a - shift) for a in x]
        total, lost = added([(-1.0, 0.0), *[(power, 0.0) for power in powers]])
        return shift, powers, self.code.select(self.code.abs(total) < inf, total + lost, total)

    def logsumexp(self, *x: Any) -> Any:
        """The logarithm of the sum of the powers."""
        shift, _, total = self.powers(x)
        return self.log1p(total) + shift

    def bell(self, x: Any, factor: float) -> Any:
        """The derivative of the sigmoid of x, or, with 2, of tanh: e / (1 + e)^2 with e = exp(-|x|), or of 2x, four times."""
        e = self.exp(-factor * self.code.abs(x))
        return factor * factor * e / ((1.0 + e) * (1.0 + e))

    def shift(self, *x: Any) -> Any:
        """The largest number, or 0 where that is not finite."""
        largest: Any = -inf
        for a in x:
            largest = self.code.select(self.code.number(a) > largest, a, largest)
        return self.code.select(self.code.abs(largest) < inf, largest, 0.0)


__all__ = ["CONDITION", "FLOAT", "WHOLE", "Code", "Functions", "Number", "elementary"]
