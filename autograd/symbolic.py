"""A recorded graph as a formula, through SymPy: `to_sympy` and `latex`."""

from collections.abc import Mapping
from typing import Any

from autograd.engine import Value
from autograd.errors import NumberError, OperationError
from autograd.graph import order
from autograd.kinds import kind_of


def to_sympy(value: Value, names: Mapping[Value, str] | None = None) -> Any:
    """The formula that the graph below `value` computes, as a SymPy expression of its leaves.

    A leaf with a name, given in `names` or else its label, becomes a real symbol, one symbol for all of the same name; a leaf without
    one is the number that it holds. Numbers that are fractions with a small power of 2 below become exact. What was recorded is one
    path: a Python `if` or loop is not in it, `where` is.

    Args:
        value: the result.
        names: names of leaves, or of inner nodes that are to stand as a symbol in place of their own formula.

    Raises:
        NumberError: `value` is not a Value.
        OperationError: `names` holds something else than texts for Values, SymPy is not installed, or an operation of your own does not
            work on symbols.

    >>> from autograd import gradient, exp
    >>> x = Value(2.0, "x")
    >>> to_sympy(exp(x) * x + 0.5)
    x*exp(x) + 1/2
    >>> to_sympy(gradient(exp(x) * x, x))
    x*exp(x) + exp(x)
    """
    if value.__class__ is not Value:
        raise NumberError(f"got {value!r}, expected a Value: give the result whose formula you want")
    try:
        import sympy  # noqa: PLC0415  # optional
    except ImportError:
        raise OperationError("formulas need SymPy, which is not installed: python -m pip install sympy") from None
    names = _checked({} if names is None else names)
    formulas: dict[Value, Any] = {}
    for node in order(value):
        name = names.get(node, None if node.args else node.label)
        if name:
            formulas[node] = sympy.Symbol(name, real=True)
        elif node.op is None:
            formulas[node] = sympy.Float(node.data, 17)
        else:
            x = [formulas[a] if a.__class__ is Value else sympy.Float(a, 17) for a in node.args]
            try:
                formulas[node] = kind_of(x).apply(node.op, x)
            except (AttributeError, TypeError) as error:
                raise OperationError(f"SymPy has no formula for {node.op.name}: {error}; name the node in names= instead") from None
    formula = formulas[value]
    return formula.xreplace({x: sympy.Rational(x) for x in formula.atoms(sympy.Float) if _is_short(float(x))})


def _is_short(x: float) -> bool:
    return abs(x) < 2**53 and (1024.0 * x).is_integer()


def _checked(names: Any) -> Mapping[Value, str]:
    if not isinstance(names, Mapping):
        raise OperationError(f"got names={names!r}, expected the names of Values in a dict, such as {{x: 'x'}}")
    for node, name in names.items():
        if node.__class__ is not Value or not isinstance(name, str) or not name:
            raise OperationError(f"got {name!r} for {node!r} in names, expected a text for a Value, such as {{x: 'x'}}")
    return names


def latex(value: Value, names: Mapping[Value, str] | None = None) -> str:
    r"""The formula of `to_sympy` as LaTeX; names such as `a_1` and `alpha` become a₁ and α.

    >>> from autograd import log
    >>> print(latex(log(Value(2.0, "a_1")) / 2.0))
    \frac{\log{\left(a_{1} \right)}}{2}
    """
    formula = to_sympy(value, names)
    import sympy  # noqa: PLC0415  # after to_sympy, which says what to do without it

    return str(sympy.latex(formula))
