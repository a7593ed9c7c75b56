"""Graphs as formulas, against SymPy's own derivatives; the proof that softmax with cross-entropy has gradient a - y."""

import math
import re
import sys

import pytest
import sympy
from mpmath import mp

import nn
from autograd import (
    Op,
    Value,
    cos,
    dot,
    exp,
    gradient,
    hypot,
    log,
    logsumexp,
    maximum,
    norm,
    relu,
    sigmoid,
    softplus,
    stop_gradient,
    tanh,
    where,
)
from autograd import sum as sum_
from autograd.errors import NumberError, OperationError
from autograd.ops import TABLE, equal, step
from autograd.shifts import degree_of, slope_of
from autograd.symbolic import latex, to_sympy

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

x, y = sympy.symbols("x y")

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
    found = formula.subs({sympy.Symbol(f"x{k}"): p for k, p in enumerate(point)}).evalf(30)
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
    ys = sympy.symbols(f"y:{classes}")
    zs = sympy.symbols(f"z:{classes}")
    total = sum(sympy.exp(s) for s in zs)
    for i, found in enumerate(gradient(loss, z)):
        formula = to_sympy(found)
        assert not formula.has(sympy.Max)
        formula = formula.subs(ys[-1], 1 - sum(ys[:-1]))  # Σ y = 1
        expected = (sympy.exp(zs[i]) / total - ys[i]).subs(ys[-1], 1 - sum(ys[:-1]))
        assert sympy.simplify(formula - expected) == 0
        # Without the assumption it is Σy a_i - y_i, so the assumption is needed and used.
        assert sympy.simplify(to_sympy(found) - (sum(ys) * sympy.exp(zs[i]) / total - ys[i])) == 0


def test_choices_become_piecewise_formulas():
    a = Value(2.0, "x")
    assert [to_sympy(abs(a)).subs(x, p) for p in (-3, 0, 3)] == [3, 0, 3]
    assert to_sympy(maximum(a, 1.0)) == sympy.Max(1, x)
    assert to_sympy(relu(a)).subs(x, -3) == 0
    assert to_sympy(where(a, a, 5.0)).subs(x, 0) == 5


def test_names_labels_and_constants():
    a, b = Value(2.0), Value(3.0)
    assert to_sympy(a * b + b) == 9
    assert str(to_sympy(a * b + b, {a: "w", b: "t"})) == "t*w + t"
    p = a * b
    assert str(to_sympy(p + p * p, {p: "p"})) == "p**2 + p"
    for constant in (0.1, 19.62, 1 / 3, 0.1 + 0.2, -123.456):
        formula = to_sympy(a * constant, {a: "w"})
        assert float(formula.args[0]) == constant  # to the last bit
        assert str(formula) == f"{constant!r}*w"
    assert float(to_sympy(a * 1e300, {a: "w"}).args[0]) == 1e300
    assert to_sympy(a * math.inf, {a: "w"}).has(sympy.oo)
    assert to_sympy(gradient(a * 3.0, a)) == 3


def test_latex():
    z = Value(1.0, "z_1")
    assert latex(exp(z) / 2.0) == r"\frac{e^{z_{1}}}{2}"
    assert latex(sigmoid(z), {z: "alpha"}) == r"\frac{1}{1 + e^{- \alpha}}"


def test_a_persons_own_symbols_are_those_of_the_formula():
    a, b = Value(2.0, "x"), Value(0.5, "y")
    formula = to_sympy(exp(a * b) / a + abs(a - b) * 19.62)
    assert formula.free_symbols == {sympy.Symbol("x"), sympy.Symbol("y")}
    assert formula.subs({"x": 2, "y": 1}) == sympy.exp(2) / 2 + 19.62
    for at in ((2.0, 0.5), (-1.0, 1.5)):
        numbers = [float(f.subs({"x": at[0], "y": at[1]})) for f in (sympy.diff(formula, "x"), sympy.diff(formula, "y"))]
        (p, q), sign = at, math.copysign(1.0, at[0] - at[1])
        right = [math.exp(p * q) * (q / p - 1 / p**2) + sign * 19.62, math.exp(p * q) - sign * 19.62]
        assert numbers == pytest.approx(right, rel=1e-14)
        assert sympy.lambdify(["x", "y"], formula)(p, q) == pytest.approx(math.exp(p * q) / p + abs(p - q) * 19.62, rel=1e-14)
    assert sympy.solve(to_sympy(a**2.0 - 4.0), "x") == [-2, 2]
    assert sympy.series(to_sympy(exp(a)), x, 0, 3).removeO() == 1 + x + x**2 / 2


@pytest.mark.parametrize("name", ["I", "E", "pi", "lambda", "S", "a b", "1", "%", "\\", "ζ₁", "w[3]", "👩‍🔬", "x" * 1000])
def test_a_label_may_be_any_text(name):
    formula = to_sympy(Value(2.0, name) ** 2.0 + Value(3.0))
    symbol = sympy.Symbol(name)
    assert (formula.diff(symbol), formula.subs(symbol, 3)) == (2 * symbol, 12)
    assert sympy.lambdify([symbol], formula)(5.0) == 28.0


def test_one_name_for_two_numbers_is_refused():
    assert to_sympy(Value(2.0, "x") * Value(2.0, "x")) == x**2
    with pytest.raises(
        OperationError, match=r"two Values are called 'x', one of 2.0 and one of 3.0.* a label of its own, or a name in names="
    ):
        to_sympy(Value(2.0, "x") * Value(3.0, "x"))
    a, b = Value(2.0, "x"), Value(3.0, "x")
    assert to_sympy(a * b, {b: "y"}) == x * y


@pytest.mark.parametrize(
    "f", [lambda v: maximum(0.5 * v, 0.1), lambda v: relu(v - 1.0), lambda v: abs(v - 1.0)], ids=["max", "relu", "abs"]
)
def test_choices_within_choices_do_not_take_for_ever(f):
    v = a = Value(2.5, "x")
    for _ in range(3):
        v = f(v)
    assert float(to_sympy(v).subs("x", 2.5)) == v.data
    assert float(sympy.diff(to_sympy(v), "x").subs("x", 2.5)) == gradient(v, a).data


def shifts():
    """Values of softmax's shift in several spellings."""
    return {
        "stop_gradient": lambda z: stop_gradient(maximum(*z)),
        "maximum": lambda z: maximum(*z),
        "pairwise": lambda z: stop_gradient(maximum(z[0], maximum(z[1], z[2]))),
        "another bound": lambda z: stop_gradient(logsumexp(z)),
        "a number": lambda z: max(v.data for v in z),
        "twice": lambda z: stop_gradient(maximum(*z)) + 3.0,
    }


@pytest.mark.parametrize("spelling", shifts())
def test_a_shift_that_cancels_is_left_out(spelling):
    z = [Value(k / 4, f"z{k}") for k in (1, 2, 3)]
    m = shifts()[spelling](z)
    e = [exp(v - m) for v in z]
    total = sum_(e)
    assert latex(e[0] / total) == r"\frac{e^{z_{1}}}{e^{z_{1}} + e^{z_{2}} + e^{z_{3}}}"
    assert latex(m + log(total)) == r"\log{\left(e^{z_{1}} + e^{z_{2}} + e^{z_{3}} \right)}"
    assert latex(dot([2.0, 1.0, 0.0], e) / dot([1.0, 0.0, 3.0], e)) == r"\frac{2 e^{z_{1}} + e^{z_{2}}}{e^{z_{1}} + 3 e^{z_{3}}}"
    assert latex((e[0] / e[1]) ** 0.5) == r"e^{\frac{z_{1}}{2}} e^{- \frac{z_{2}}{2}}"


def test_a_shift_that_does_not_cancel_is_kept():
    a, b = Value(0.25, "x"), Value(-0.5, "y")
    m = stop_gradient(maximum(a, b))
    e, f = exp(a - m), exp(b - m)
    for formula in (
        e,
        e + f,
        e / (f + 1.0),
        tanh(a - m) / m,
        e * f,
        e / f**2.0,
        log(e) + log(f),
        where(m, e / f, 0.0),
        relu(a - m),
        e / (f - m),
    ):
        numbers = {"x": sympy.Float(0.25, 30), "y": sympy.Float(-0.5, 30)}
        assert float(to_sympy(formula).subs(numbers)) == pytest.approx(formula.data, rel=1e-14)
        assert to_sympy(formula).has(sympy.Max)


def test_the_unit_of_a_norm_cancels_in_its_gradient():
    a, b, c = Value(0.3, "a"), Value(-0.4, "b"), Value(1.2, "c")
    first = gradient(hypot(a, b), a)
    assert latex(first) == r"\frac{a}{\sqrt{a^{2} + b^{2}}}"
    assert latex(gradient(hypot(a, 1.0), a)) == r"\frac{a}{\sqrt{a^{2} + 1}}"
    assert latex(gradient(norm([a, b, c]), b)) == r"\frac{b}{\sqrt{a^{2} + b^{2} + c^{2}}}"
    p, q = sympy.symbols("a b")
    assert sympy.simplify(to_sympy(gradient(first, a)) - sympy.diff(sympy.sqrt(p**2 + q**2), p, 2)) == 0
    unit = stop_gradient(maximum(abs(a), abs(b)))
    for formula in (a / unit, a / unit / b, where(a - b, a / unit, 0.0), unit - b, (a / unit) / (b - unit)):
        assert to_sympy(formula).has(sympy.Max)  # it does not cancel
    half_plane = stop_gradient(maximum(a, 0.0))  # this is 0 for many a
    assert to_sympy(where(half_plane, (a / half_plane) / (b / half_plane), 0.0)).subs({"a": -1, "b": 2}) == 0


def test_how_rows_behave_under_scaling_and_shifting_is_read_from_them():
    degrees = {name: str(found) for name, op in TABLE.items() if (found := degree_of(op)) is not None}
    rules = {
        "0": {"div", "atan2", "sign", "step", "less", "less_equal", "equal"},
        "1": {"add", "sub", "neg", "sum", "relu", "abs", "hypot", "norm", "where", "maximum", "minimum", "clip", "stop_gradient"},
        "1/2": {"sqrt"},
        "2": {"mul", "dot"},
    }
    for degree, names in rules.items():
        assert all(degrees[name] == degree for name in names)
    for name in ("exp", "log", "tanh", "sigmoid", "softplus", "logsumexp", "leaky_relu", "pow", "sin"):
        assert name not in degrees
    assert [slope_of(TABLE[name]) for name in ("logsumexp", "clip", "equal", "step", "neg", "relu", "sign", "hypot")] == [
        1, 1, 0, 0, -1, None, None, None,
    ]  # fmt: skip


def test_choices_on_choices_have_the_values_of_the_graph():
    for f in (
        lambda v: where(v - 0.125, v * 2.0, v + 1.0),
        lambda v: where(relu(v - 0.125), v * 2.0, v + 1.0),
        lambda v: equal(v, 0.25) + v * 0.5,
        lambda v: step(v, 0.375) + v,
    ):
        for x in (0.1, 0.6, -0.3, 0.25):
            v = Value(x, "x")
            for _ in range(3):
                v = f(v)
            assert float(to_sympy(v).subs("x", x)) == pytest.approx(v.data, rel=1e-14)


def test_a_condition_that_sympy_knows_the_answer_to():
    a = Value(0.75, "x")
    e = exp(a)
    assert to_sympy(relu(e / (e + e + e))) == sympy.Rational(1, 3)
    assert to_sympy(relu(a - a - 1.0)) == 0
    assert to_sympy(where(step(a - a, -1.0), a, 2.0)) == x
    assert to_sympy(gradient(maximum(maximum(a, a) - 0.375, -1.0), a)).subs({x: 0.75}) == 1


@pytest.mark.parametrize("write", [to_sympy, latex])
def test_what_sympy_would_take_too_long_for_is_refused_before_it_is_asked(write, monkeypatch):
    v = Value(0.5, "x")
    for _ in range(1000):
        v = sigmoid(v)
    monkeypatch.setattr(sympy, "exp", None)
    with pytest.raises(OperationError, match="1,001 operations and leaves would have more than 10,000 parts, "):
        write(v)


def test_wide_formulas_are_written():
    many = [Value(k / 8, f"x{k}") for k in range(1000)]
    assert len(to_sympy(dot(many[:500], many[500:])).args) == 500
    assert len(to_sympy(maximum(*many)).args) == 1000
    a, b = many[1], many[2]
    loss = sum_([(a * (k / 8) + b - 1.0) ** 2.0 for k in range(100)]) / 100.0
    assert float(to_sympy(loss).subs({"x1": sympy.Rational(1, 8), "x2": sympy.Rational(1, 4)})) == pytest.approx(loss.data, rel=1e-13)


def test_absolute_values_nested_deep_are_written_as_definitions():
    v = Value(2.5, "x")
    for _ in range(12):
        v = abs(v - 1.0)
    with pytest.raises(OperationError, match=r"or 6 of absolute values, roots and choices: name inner nodes .*latex"):
        to_sympy(v)
    assert latex(v).startswith(r"\begin{aligned}")


def test_latex_of_a_large_formula_names_its_parts():
    v = a = Value(0.5, "t1")
    for _ in range(150):
        v = tanh(v * v + 1.0)
    v.label = "out"
    lines = latex(v).splitlines()
    assert (lines[0], lines[-1]) == (r"\begin{aligned}", r"\end{aligned}")
    assert lines[1] == r"t'_{1} &= \tanh{\left(t_{1}^{2} + 1 \right)}\\"  # the label t1 stays apart
    assert lines[-2].startswith("out &= ")
    with pytest.raises(
        OperationError, match=r"451 operations and leaves would have more than .* names= .*part by part, or write it with latex\(\)"
    ):
        to_sympy(v)
    for _ in range(60):
        a = a * a + a
    assert len(latex(a)) < 3000
    with pytest.raises(OperationError, match="more than 10,000 parts"):
        to_sympy(a)
    wide = [Value(1.0)]
    for _ in range(30_000):
        wide.append(sigmoid(wide[-1]))
    with pytest.raises(
        OperationError,
        match=r"30,001 operations and leaves would have more than .* 500 lines, or 250 nested functions: name inner",
    ):
        latex(wide[-1])


SPECIAL = re.compile(r"(?<!\\)[#$%&~]|(?<!\\)_(?!\{)|\^(?!\{)")  # without its meaning escaped


@pytest.mark.parametrize(
    ("label", "shown"),
    [
        ("zeta_1", r"\zeta_{1}"), ("ζ₁", r"\zeta_{1}"), ("zeta1", r"\zeta_{1}"), ("z1", "z_{1}"), ("z_10", "z_{10}"), ("z₁₀", "z_{10}"),
        ("θ", r"\theta"), ("Ω", r"\Omega"), ("lambda", r"\lambda"), ("x_max", "x_{max}"), ("w[3]", "w_{3}"), ("w[0][1]", "w_{0,1}"),
        ("w_alpha", r"w_{\alpha}"), ("local", "local"), ("50%", r"\mathrm{50\%}"), ("a#b", r"\mathrm{a\#b}"), ("$x$", r"\mathrm{\$x\$}"),
        ("{x}", r"\mathrm{\{x\}}"), ("_x", r"\mathrm{\_x}"), ("a^b", r"\mathrm{a\wedge b}"), ("\\x", r"\mathrm{\backslash x}"),
        ("~", r"\mathrm{\sim }"), ("a & b", r"\mathrm{a\ \&\ b}"), ("two\nlines", r"\mathrm{two\ lines}"), ("\x00", "\\mathrm{\ufffd}"),
        ("\ud800", r"\mathrm{\backslash ud800}"),
    ],
    ids=ascii,
)  # fmt: skip
def test_labels_in_latex(label, shown):
    found = latex(-Value(2.0, label))
    assert found == f"- {shown}"
    assert not SPECIAL.search(found)
    found.encode()


def test_a_dot_stands_between_names_of_several_letters():
    a, b = Value(2.0, "rate"), Value(3.0, "x")
    assert latex(a * b) == r"rate \cdot x"
    assert latex(a * b, {a: "lambda"}) == r"\lambda x"


def test_a_deep_graph_has_a_formula():
    v = a = Value(1.0, "x")
    for _ in range(3000):
        v = v + a
    assert to_sympy(v) == 3001 * x


def test_without_sympy_the_message_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "sympy", None)
    with pytest.raises(OperationError, match=r"formulas need SymPy, which is not installed: python -m pip install sympy$"):
        to_sympy(Value(1.0))


def solver(error):
    """A black box for floats, which raises `error` where it is given symbols."""

    def solve(_, x):
        if isinstance(x, float):
            return x
        raise error

    return Op("solve", solve, lambda *_: (1.0,))


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
    for error in (ValueError("no\nsolution"), IndexError(), RuntimeError("did not converge")):
        with pytest.raises(
            OperationError, match=r"SymPy has no formula for solve: (no solution|IndexError|did not converge); name the node"
        ):
            latex(solver(error)(Value(1.0, "x")))
    named = box(Value(1.0, "x"))
    assert str(to_sympy(named * 2.0, {named: "b"})) == "2*b"


def test_an_operation_of_ones_own_is_not_that_of_the_table_with_its_name():
    sigmoid = Op("sigmoid", lambda xp, x: 2 * xp.exp(-x), lambda y, _: (-y,))
    assert to_sympy(sigmoid(Value(0.5, "x"))) == sigmoid(x) == 2 * sympy.exp(-x)
    with mp.workdps(30):
        assert sigmoid(mp.mpf(2)) == 2 * mp.exp(-2)
