"""Graphs as formulas, against SymPy's own derivatives; the proof that softmax with cross-entropy has gradient a - y."""

import math
import sys

import pytest
import sympy
from mpmath import mp

import nn
from autograd import Op, Value, cos, dot, exp, gradient, hypot, log, maximum, relu, sigmoid, softplus, tanh, where
from autograd import sum as sum_
from autograd.errors import NumberError, OperationError
from autograd.ops import TABLE
from autograd.symbolic import latex, to_sympy

x, y = sympy.symbols("x y", real=True)

EXPRESSIONS = [
    (lambda x, y: x * y + x / y - y**2, lambda x, y: x * y + x / y - y**2),
    (lambda x, y: tanh(x * y) * exp(-x), lambda x, y: sympy.tanh(x * y) * sympy.exp(-x)),
    (lambda x, y: log(x) ** 3 + x**y, lambda x, y: sympy.log(x) ** 3 + x**y),
    (lambda x, y: cos(sigmoid(x) / y), lambda x, y: sympy.cos(1 / (1 + sympy.exp(-x)) / y)),
    (lambda x, y: softplus(x - y) * hypot(x, y), lambda x, y: sympy.log(1 + sympy.exp(x - y)) * sympy.sqrt(x**2 + y**2)),
    (lambda x, y: dot([x, 2.0], [y, x]) + sum_([x, y, 0.5]), lambda x, y: x * y + 2 * x + x + y + sympy.Rational(1, 2)),
]


def same(a, b):
    """Equal at points of the plane to 40 digits."""
    points = [(sympy.Rational(7, 5), sympy.Rational(3, 4)), (2, 3), (sympy.Rational(1, 3), 5)]
    found = [[f.subs({x: p, y: q}).evalf(50) for f in (a, b)] for p, q in points]
    return all(sympy.Abs(left - right) < sympy.Float("1e-40") * (1 + sympy.Abs(right)) for left, right in found)


@pytest.mark.parametrize(("f", "formula"), EXPRESSIONS)
def test_values_and_gradients_are_sympys(f, formula):
    a, b = Value(1.4, "x"), Value(0.75, "y")
    result = f(a, b)
    assert same(to_sympy(result), formula(x, y))
    for leaf, symbol in ((a, x), (b, y)):
        first = gradient(result, leaf)
        assert same(to_sympy(first), sympy.diff(formula(x, y), symbol))
        assert same(to_sympy(gradient(first, leaf)), sympy.diff(formula(x, y), symbol, 2))


@pytest.mark.parametrize("name", [n for n in TABLE if n not in ("sum", "dot", "logsumexp", "norm", "powc")])
def test_the_formula_of_every_operation_gives_its_value(name):
    op = TABLE[name]
    point = [min(max(0.3 + 0.25 * k, low + 0.2), high - 0.2) for k, (low, high) in enumerate(op.domain)]
    leaves = [Value(p, f"x{k}") for k, p in enumerate(point)]
    formula = to_sympy(op(*leaves))
    found = formula.subs({sympy.Symbol(f"x{k}", real=True): p for k, p in enumerate(point)}).evalf(30)
    assert float(found) == pytest.approx(op(*point), rel=1e-14)


@pytest.mark.parametrize("classes", [2, 3, 4])
@pytest.mark.parametrize("shifted", [False, True], ids=["exp, sum, div, log", "nn.softmax"])
def test_the_gradient_graph_of_softmax_with_cross_entropy_is_a_minus_y(classes, shifted):
    """The proof: the assumption is that the targets sum to 1, the conclusion ∂C/∂z_i = a_i - y_i for every z and y."""
    z = [Value(0.5 * k, f"z{k}") for k in range(classes)]
    targets = [Value(1.0 / classes, f"y{k}") for k in range(classes)]
    if shifted:
        a = nn.softmax(z)
    else:
        e = [exp(v) for v in z]
        a = [v / sum_(e) for v in e]
    loss = -sum_([t * log(p) for t, p in zip(targets, a, strict=True)])
    ys = sympy.symbols(f"y:{classes}", real=True)
    zs = sympy.symbols(f"z:{classes}", real=True)
    total = sum(sympy.exp(s) for s in zs)
    for i, found in enumerate(gradient(loss, z)):
        formula = to_sympy(found).replace(sympy.Max, lambda *_: sympy.Symbol("m", real=True))
        formula = formula.subs(ys[-1], 1 - sum(ys[:-1]))  # Σ y = 1
        expected = (sympy.exp(zs[i]) / total - ys[i]).subs(ys[-1], 1 - sum(ys[:-1]))
        assert sympy.simplify(formula - expected) == 0
        # Without the assumption it is Σy a_i - y_i, so the assumption is needed and used.
        if not shifted:
            assert sympy.simplify(to_sympy(found) - (sum(ys) * sympy.exp(zs[i]) / total - ys[i])) == 0


def test_choices_become_piecewise_formulas():
    a = Value(2.0, "x")
    assert to_sympy(abs(a)) == sympy.Abs(x)
    assert to_sympy(maximum(a, 1.0)) == sympy.Max(1, x)
    assert to_sympy(relu(a)).subs(x, -3) == 0
    assert to_sympy(where(a, a, 5.0)).subs(x, 0) == 5


def test_names_labels_and_constants():
    a, b = Value(2.0), Value(3.0)
    assert to_sympy(a * b + b) == 9
    assert str(to_sympy(a * b + b, {a: "w", b: "t"})) == "t*w + t"
    p = a * b
    assert str(to_sympy(p + p * p, {p: "p"})) == "p**2 + p"
    assert to_sympy(a * 0.1, {a: "w"}).args[0] == sympy.Float(0.1, 17)
    assert to_sympy(a * math.inf, {a: "w"}).has(sympy.oo)
    assert to_sympy(gradient(a * 3.0, a)) == 3
    assert to_sympy(a * 1e300, {a: "w"}).args[0] == sympy.Float(1e300, 17)


def test_latex():
    z = Value(1.0, "z_1")
    assert latex(exp(z) / 2.0) == r"\frac{e^{z_{1}}}{2}"
    assert latex(sigmoid(z), {z: "alpha"}) == r"\frac{1}{1 + e^{- \alpha}}"


def test_a_deep_graph_has_a_formula():
    v = a = Value(1.0, "x")
    for _ in range(3000):
        v = v + a
    assert to_sympy(v) == 3001 * x


def test_without_sympy_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(OperationError, match=r"formulas need SymPy, which is not installed: python -m pip install sympy$"):
        to_sympy(Value(1.0))


def test_wrong_input():
    with pytest.raises(NumberError, match=r"got 3\.0, expected a Value: give the result"):
        to_sympy(3.0)
    odd = Op(
        "odd", lambda xp, x: xp.nosuchfunction(x) if hasattr(xp, "nosuchfunction") or not isinstance(x, float) else x, lambda *_: (1.0,)
    )
    with pytest.raises(OperationError, match=r"SymPy has no formula for odd: .*nosuchfunction.*; name the node in names= instead"):
        to_sympy(odd(Value(1.0)))
    box = Op("box", lambda _, x: math.sin(x), lambda _, x: (math.cos(x),))
    with pytest.raises(OperationError, match=r"SymPy has no formula for box: .*; name the node in names= instead"):
        to_sympy(box(Value(1.0, "x")))
    named = box(Value(1.0, "x"))
    assert str(to_sympy(named * 2.0, {named: "b"})) == "2*b"


def test_an_operation_of_ones_own_is_not_that_of_the_table_with_its_name():
    sigmoid = Op("sigmoid", lambda xp, x: 2 * xp.exp(-x), lambda y, _: (-y,))
    assert to_sympy(sigmoid(Value(0.5, "x"))) == sigmoid(x) == 2 * sympy.exp(-x)
    with mp.workdps(30):
        assert sigmoid(mp.mpf(2)) == 2 * mp.exp(-2)
