"""Formulas as a kind of number: fed to the partials of an operation, one line of text that a reader of calculus would write.

`1/a₁` is the derivative of `ln(a₁)`, and times `−y₁` it is `−y₁/a₁`. Nothing is simplified beyond factors that cancel and powers of 1.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from autograd import ops
from autograd.kinds import as_float, register_node
from autograd.labels import printable
from autograd.numeric import FLOATS
from autograd.op import Op
from autograd.pictures.writer import number

SUPERSCRIPT = str.maketrans("0123456789−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
MOST_ARGUMENTS = 6

# From LaTeX to one line of text; each is replaced everywhere, in this order.
PLAIN = (
    (r"\\frac\{(.*?)\}\{(.*?)\}", r"\1 / \2"), (r"\be\^\{(.*?)\}", r"exp(\1)"), (r"\\sqrt\{(.*)\}", r"√(\1)"), (r"\^\{(.*?)\}", r"^\1"),
    (r"\\left|\\right", ""), (r"\\operatorname\{(.*?)\}", r"\1"), (r"\\sum", "Σ"), (r"\\sigma", "σ"), (r"\\cdot", "·"), (r"\\leq", "≤"),
    (r"\\psi", "ψ"), (r"\\zeta", "ζ"), (r"\\Phi", "Φ"), (r"\\Gamma", "Γ"),
    (r"\\lfloor ", "⌊"), (r" \\rfloor", "⌋"), (r"\\lceil ", "⌈"), (r" \\rceil", "⌉"),
    (r"\\Vert ?", "‖"), (r"\\([A-Za-z]+|_)", r"\1"), ("-", "−"),
)  # fmt: skip


class Formula:
    """A number as text: a factor, names above and names below a fraction bar; and the float that it stands for, by which choices go.

    >>> x, y = Formula(2.0, "x"), Formula(3.0, "y")
    >>> print(-y * (1.0 / x), (x + 1.0) * y, ops.powc.partials(x * x, x, 2.0)[0])
    −y/x (x + 1) · y 2 · x
    """

    over: tuple[str, ...]
    under: tuple[str, ...]

    __array_ufunc__ = None  # so that arithmetic with a NumPy number comes here

    def __init__(self, number: float, *over: str, factor: float = 1.0, under: Sequence[str] = ()) -> None:
        common = Counter(over) & Counter(under)
        self.number = number
        self.factor = factor
        self.over = tuple((Counter(over) - common).elements())
        self.under = tuple((Counter(under) - common).elements())

    def __add__(self, other: Any) -> "Formula":
        other = formula(other)
        a, b = str(self), str(other)
        return Formula(self.number + other.number, Sum(f"{a} − {b[1:]}" if b[0] == "−" else f"{a} + {b}"))

    def __mul__(self, other: Any) -> "Formula":
        other = formula(other)
        return Formula(
            self.number * other.number, *self.over, *other.over, factor=self.factor * other.factor, under=self.under + other.under
        )

    def __truediv__(self, other: Any) -> "Formula":
        other = formula(other)
        return self * Formula(ops.div(1.0, other.number), *other.under, factor=ops.div(1.0, other.factor), under=other.over)

    def __neg__(self) -> "Formula":
        return self * -1.0

    def __sub__(self, other: Any) -> "Formula":
        return self + -formula(other)

    def __radd__(self, other: Any) -> "Formula":
        return formula(other) + self

    def __rsub__(self, other: Any) -> "Formula":
        return formula(other) - self

    def __rtruediv__(self, other: Any) -> "Formula":
        return formula(other) / self

    __rmul__ = __mul__

    def __str__(self) -> str:
        if self.factor == 1.0 and len(self.over) == 1 and not self.under:
            return self.over[0]
        factor = [] if abs(self.factor) == 1.0 and self.over else [said(abs(self.factor)).removesuffix(".0")]
        over, under = (" · ".join(f"({x})" if isinstance(x, Sum) else x for x in names) for names in ((*factor, *self.over), self.under))
        bar = f"/({under})" if len(self.under) > 1 else f"/{under}" if under else ""
        return f"{'−' if self.factor < 0.0 else ''}{over}{bar}"


class Sum(str):
    """Terms, which a product puts in parentheses."""

    __slots__ = ()


class _Formulas:
    """Operations on formulas."""

    def apply(self, op: Op, x: Sequence[Any]) -> Any:
        """The result of `op`, written out where it is arithmetic."""
        if op.selects:
            return op.value(FLOATS, formula(x[0]).number, *x[1:])
        if op in (ops.add, ops.sub, ops.mul, ops.div, ops.neg):
            return op.value(None, *x)
        if ops.pow in (op, op.constant_of) and x[1] == 1.0:
            return x[0]
        x = [formula(a) for a in x]
        return Formula(op.evaluate([a.number for a in x])[0], plain(op, [str(a) for a in x]))


register_node(Formula, _Formulas())


def formula(x: Any) -> Formula:
    """`x` as a formula, which it may be already."""
    return x if isinstance(x, Formula) else Formula(x := as_float(x), factor=x)


def said(x: float) -> str:
    """A number as the page and the formulas on it write it."""
    return number(x + 0.0).replace("-", "−")  # -0.0 + 0.0 is 0.0


def template(op: Op) -> str:
    """The operation as one line of text, with #1, #2 for the arguments and #* for all of them; where there is none, as a call."""
    text = printable(op.latex)
    for pattern, replacement in PLAIN:
        text = re.sub(pattern, replacement, text)
    return f"{printable(op.label).replace('#', '♯')}(#*)" if re.search(r"[\\{}]", text) else text


def plain(op: Op, x: Sequence[str]) -> str:
    """The operation on arguments, as one line of text.

    >>> print(plain(ops.div, ["e", "−2.0"]))
    e / (−2.0)
    """
    shown = x if len(x) <= MOST_ARGUMENTS else [*x[:2], "…", x[-1]]

    def argument(match: re.Match[str]) -> str:
        before, which, after = match.groups()
        inner = ", ".join(shown) if which == "*" else x[int(which) - 1]
        loose = re.search(r"^−|[ /·^]", inner)
        return f"{before}({inner}){after}" if loose and which != "*" and not (before and after) else f"{before}{inner}{after}"

    text = re.sub(r"([(|⌊⌈]?)#(\d|\*)([)|⌋⌉]?)", argument, template(op))
    return re.sub(r"\^(−?\d+)(?:\.0)?(?![\w.])", lambda match: match[1].translate(SUPERSCRIPT), text)
