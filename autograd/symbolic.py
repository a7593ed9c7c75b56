"""A recorded graph as a formula, through SymPy: `to_sympy` and `latex`.

The formula is built with real symbols, for which SymPy knows that √x² is |x|, and then written with plain ones, so that a user's own
`Symbol("x")` equals them. A shift that cancels is left out: see shifts.py.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from autograd import ops
from autograd.engine import Value
from autograd.errors import NumberError, OperationError, api_boundary
from autograd.graph import order
from autograd.kinds import kind_of
from autograd.labels import symbol
from autograd.named import check_distinct, checked_names, names_of
from autograd.shifts import SUMS, cancelled, term
from autograd.sweeps import separated

LARGEST = 10_000
DEEPEST = 80  # SymPy recurses, some five calls a level
HARDEST = 6  # each absolute value, root or choice within another makes SymPy several times slower

# Above these a formula is written as several: one for each node that is used more than once and is not short.
LARGEST_LINE, DEEPEST_LINE, SHORT, MOST_LINES = 250, 16, 4, 500
MOST_STEPS = 250  # operations in a row, not counting ARITHMETIC: SymPy takes some 10 ms for each
ARITHMETIC = (*SUMS, ops.mul, ops.div, ops.dot)


class _Size(NamedTuple):
    """The size of a formula: how many parts it has, how deeply they are nested, and how deeply those that are slow in SymPy."""

    parts: int
    depth: int
    hard: int


@api_boundary
def to_sympy(value: Value, names: Mapping[Value, str] | None = None) -> Any:
    """The formula that the graph below `value` computes, as a SymPy expression of its leaves.

    A leaf with a name, given in `names` or else its label, becomes the symbol `Symbol(name)`, the same symbol for all leaves of that name;
    a leaf without a name is the number that it holds. Numbers that are fractions with a small power of 2 as the denominator become exact. A
    shift that cancels, such as the largest logit in softmax, is left out, and so is a scale that cancels, such as the largest number in the
    gradient of hypot. |x| is written √x², which SymPy can differentiate without knowing that x is real. A recording is one path through the
    program: it does not contain Python's `if` and loops, but it does contain `where`.

    Args:
        value: the result.
        names: names of leaves, or of inner nodes that a symbol is to represent in place of their own formula.

    Raises:
        NumberError: `value` is not a Value.
        OperationError: `names` is not a dict from Values to strings, two Values of one name hold different numbers, the formula is too
            large or too deep for SymPy, SymPy is not installed, or an operation of your own does not work on symbols.

    >>> from autograd import gradient, exp
    >>> x = Value(2.0, "x")
    >>> to_sympy(exp(x) * x + 0.5)
    x*exp(x) + 1/2
    >>> to_sympy(gradient(exp(x) * x, x)).subs("x", 0)
    1
    """
    ((_, formula),) = _Builder(value, names).definitions(_Size(LARGEST, DEEPEST, HARDEST), real=True)
    return formula


@api_boundary
def latex(value: Value, names: Mapping[Value, str] | None = None) -> str:
    r"""The formula of `to_sympy` as LaTeX; names such as `a_1`, `z₁`, `w[0]` and `alpha` become a₁, z₁, w₀ and α.

    A formula that is long, or deeply nested, is written as several in an `aligned` environment, with names for the parts that it uses more
    than once. Errors are those of `to_sympy`.

    >>> from autograd import log
    >>> print(latex(log(Value(2.0, "a_1")) / 2.0))
    \frac{\log{\left(a_{1} \right)}}{2}
    """
    builder = _Builder(value, names)
    lines = builder.definitions(_Size(LARGEST_LINE, DEEPEST_LINE, HARDEST), real=False, several=True)
    letter = "t"
    while any(name.startswith(letter) for name in builder.symbols.values()):
        letter += "'"
    shown = {builder.sympy.Symbol(name): symbol(name) for name in builder.symbols.values()}
    shown |= {name: f"{letter}_{{{i}}}" for i, (name, _) in enumerate(lines, 1)}
    words = any(re.match(r"\\mathrm|[^\W\d_]{2}", text) for text in shown.values())
    texts = [builder.sympy.latex(formula, symbol_names=shown, mul_symbol="dot" if words else None) for _, formula in lines]
    if len(lines) == 1:
        return str(texts[0])
    if value.label and value.label.strip() and value.label not in builder.symbols.values():
        shown[lines[-1][0]] = symbol(value.label)
    rows = "\\\\\n".join(f"{shown[name]} &= {text}" for (name, _), text in zip(lines, texts, strict=True))
    return f"\\begin{{aligned}}\n{rows}\n\\end{{aligned}}"


class _Builder:
    """Writes the graph below a Value with SymPy.

    Attributes:
        symbols: the names of the nodes that stand as a symbol.
    """

    def __init__(self, value: Value, names: Mapping[Value, str] | None) -> None:
        if value.__class__ is not Value:
            raise NumberError(f"got {value!r}, expected a Value: give the result whose formula you want")
        try:
            import sympy  # noqa: PLC0415  # optional
        except ImportError:
            raise OperationError("formulas need SymPy, which is not installed: python -m pip install sympy") from None
        self.sympy = sympy
        given = checked_names({} if names is None else names)
        value, *named = separated(value, *given)
        nodes = order(value)
        symbols = names_of(nodes, dict(zip(named, given.values(), strict=True)))
        nodes = _needed(nodes, symbols)
        self._gone = cancelled(nodes, symbols) if len(nodes) <= LARGEST else {}
        self._nodes = _needed(nodes, symbols.keys() | self._gone.keys())
        self.symbols = {node: symbols[node] for node in self._nodes if node in symbols}
        check_distinct(self.symbols)
        self._sizes: dict[Any, _Size] = {}
        self._plain: dict[Any, Any] = {}

    def definitions(self, most: _Size, *, real: bool, several: bool = False) -> list[tuple[Any, Any]]:
        """A symbol for the result, and its formula; where that is larger than `most`, and `several` may be, first those of its parts.

        Raises:
            OperationError: the formula is too large.
        """
        found = None
        try:
            if len(self._nodes) <= LARGEST and _steps(self._nodes) <= (MOST_STEPS if several else DEEPEST):
                found = self._built(most, real=real) or (several and self._built(most, real=real, cut=True))
        except RecursionError:  # an operation of the user's own may be nested deeper than is counted here
            pass
        if not found:
            limit, remedy = f"{MOST_LINES} lines, or {MOST_STEPS} nested functions", ""
            if not several:
                limit = f"{DEEPEST} levels of nesting, or {HARDEST} of absolute values, roots and choices"
                remedy = ", or write it with latex(), which names what it uses more than once"
            raise OperationError(
                f"the formula of {len(self._nodes):,} operations and leaves would have more than {LARGEST:,} parts, {limit}: "
                f"name inner nodes in names= and write it part by part{remedy}"
            )
        return found

    def _built(self, most: _Size, *, real: bool, cut: bool = False) -> list[tuple[Any, Any]] | None:
        """What `definitions` gives, as one formula unless it is to be `cut`; None if that is too large."""
        uses = Counter(a for node in self._nodes for a in node.args if a.__class__ is Value)
        formulas: dict[Value, Any] = {}
        lines: list[tuple[Any, Any]] = []
        total = 0
        for node in self._nodes:
            formula = formulas[node] = self._formula(node, formulas)
            size = self._size(formula)
            large = any(a > b for a, b in zip(size, most, strict=True))
            if large and not cut:
                return None
            if node is self._nodes[-1] or (cut and (large or (uses[node] > 1 and size.parts > SHORT))):
                formulas[node] = self._named(self.sympy.Dummy("t", real=True), self.sympy.Dummy("t"))
                lines.append((self._plain[formulas[node]], self._written(formula, real=real)))
                total += self._size(lines[-1][1]).parts
            if total > LARGEST or len(lines) > MOST_LINES:
                return None
        return lines

    def _formula(self, node: Value, formulas: Mapping[Value, Any]) -> Any:
        """The formula of a node, from those of its arguments, in real symbols."""
        sympy = self.sympy
        if node in self.symbols:
            return self._named(sympy.Symbol(self.symbols[node], real=True), sympy.Symbol(self.symbols[node]))
        if node in self._gone:
            return sympy.Integer(self._gone[node])
        if node.op is None:
            return _number(node.data)
        gone: Collection[Any] = self._gone if node.op in SUMS else ()
        x = [formulas[a] if a.__class__ is Value else _number(0.0 if term(a) in gone else a) for a in node.args]
        try:
            return kind_of(x).apply(node.op, x)
        except RecursionError:
            raise
        except Exception as error:  # noqa: BLE001  # a function of the user's own may raise anything for symbols
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise OperationError(f"SymPy has no formula for {node.op.name}: {reason}; name the node in names= instead") from None

    def _named(self, real: Any, plain: Any) -> Any:
        self._plain[real] = plain
        return real

    def _size(self, formula: Any) -> _Size:
        sympy = self.sympy

        def size(part: Any, args: Sequence[_Size]) -> _Size:
            hard = isinstance(part, sympy.Abs | sympy.sign | sympy.Piecewise) or (
                part.is_Pow and not part.exp.is_Integer and part.exp.is_number
            )
            parts, depths, hards = zip(*args, strict=True) if args else ((0,),) * 3
            return _Size(1 + sum(parts), 1 + max(depths), hard + max(hards))

        found: _Size = _folded(formula, size, self._sizes)
        return found

    def _written(self, formula: Any, *, real: bool) -> Any:
        """`formula` in plain symbols. Nothing is evaluated again: SymPy, which then allows for complex numbers, would take too long."""
        from sympy.core.function import Application  # noqa: PLC0415  # as above

        sympy = self.sympy
        formula = formula.xreplace({x: y for x in formula.atoms(sympy.Float) if (y := _number(float(x))).is_Rational})

        def written(part: Any, args: Sequence[Any]) -> Any:
            if part in self._plain:
                return self._plain[part]
            if real and isinstance(part, sympy.Abs):
                return sympy.Pow(sympy.Pow(args[0], 2, evaluate=False), sympy.Rational(1, 2), evaluate=False)
            if real and isinstance(part, sympy.sign) and not args[0].has(sympy.Piecewise):
                return sympy.Piecewise((1, args[0] > 0), (-1, args[0] < 0), (0, True))
            if tuple(args) == part.args:
                return part
            evaluated = not isinstance(part, sympy.Add | sympy.Mul | sympy.Pow | sympy.Rel | Application)
            return part.func(*args) if evaluated else part.func(*args, evaluate=False)

        return _folded(formula, written, {})


def _folded(formula: Any, make: Callable[[Any, Sequence[Any]], Any], made: dict[Any, Any]) -> Any:
    """`make` applied to a SymPy expression and the results for its arguments; `made` holds the results so far."""
    stack = [formula]
    while stack:
        part = stack[-1]
        missing = [a for a in part.args if a not in made]
        stack += missing
        if not missing:
            made[part] = make(part, [made[a] for a in part.args])
            stack.pop()
    return made[formula]


def _needed(nodes: Sequence[Value], ends: Collection[Any]) -> list[Value]:
    """The nodes on which the last one depends, without those that only `ends` depend on."""
    needed = {nodes[-1]}
    for node in reversed(nodes):
        if node in needed and node not in ends:
            needed.update(a for a in node.args if a.__class__ is Value)
    return [node for node in nodes if node in needed]


def _steps(nodes: Sequence[Value]) -> int:
    """The length of the longest chain of operations, not counting ARITHMETIC."""
    steps: dict[Value, int] = {}
    for node in nodes:
        before = max((steps[a] for a in node.args if a.__class__ is Value and a in steps), default=0)
        steps[node] = before + (node.op is not None and node.op not in ARITHMETIC)
    return max(steps.values())


def _number(x: float) -> Any:
    """A fraction where that is exact and short, else the float, with as many digits as its `repr` has."""
    import sympy  # noqa: PLC0415  # as above

    if abs(x) < 2**53 and (1024.0 * x).is_integer():
        return sympy.Rational(x)
    digits = repr(x).partition("e")[0].replace(".", "").lstrip("-0")
    return sympy.Float(x, max(15, len(digits)))
