"""The JavaScript of a page against the engine: every operation, random graphs, both passes, and the numbers as text."""
# ruff: noqa: S311, ARG005  # samples, not secrets; lambdas like the table's

import json
import math
import random

import pytest
from graphs import OURS, drawn, graphs, sizes
from javascript import NOT_FINITE, evaluate, run, text
from mpmath import mp, mpf
from operations import each_op, error, points, same, sample
from step_graphs import branches, many_consumers, network, not_finite, replayed, softmax_cross_entropy, softmax_of_nn

import autograd
from autograd import TABLE, Op, Value, order, step_through
from autograd.pictures.formulas import plain, said, template
from autograd.pictures.jstext import library
from autograd.pictures.page import _part

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

# In the last place, between an operation's result here and the engine's, beyond the row's own bound: what jstext.py
# states. Of a bound above 10 the rest is for arguments near an end of the domain, whose rounding both have alike.
UNITS, MOST = 4, 10
PROGRAM = f"{library()}\n{_part('program.js')}\n"
READ = 'const given_ = JSON.parse(require("fs").readFileSync(0, "utf-8")).map((x) => (typeof x === "string" ? Number(x) : x));\n'


@each_op
def test_value_and_partials_are_the_engines_within_the_stated_bound(op):
    every = [*sample(op), *points(op), *(kink.at for kink in op.kinks)]
    for x, (y, *p) in zip(every, evaluate(op, every), strict=True):
        expected, partials = op.evaluate(list(x))
        bounds = [op.bound.value] + [op.bound.partials] * len(x)
        for got, want, bound in zip((y, *p), (expected, *partials), bounds, strict=True):
            if same(got, want):
                continue
            assert got is not None, x
            assert want is not None, x
            size = abs(want) if op.bound.relative else max(1.0, abs(want))
            assert abs(got - want) <= (UNITS + min(bound, MOST)) * math.ulp(size), (x, got, want)


@pytest.mark.parametrize("name", ["erf", "erfc"])
def test_what_math_lacks_is_within_four_units(name):
    choose = random.Random(name)
    x = [choose.uniform(-6.0, 26.0) for _ in range(400)] + [choose.uniform(-2.0, 3.0) for _ in range(400)]
    x += [sign * a for a in (0.5, 1.0, 1.5, 2.0, 5.0, 1e-9, 1e-300, 27.0, 40.0) for sign in (1.0, -1.0)]
    found = run(f"{library()}{READ}console.log(JSON.stringify(given_.map({name})))", x)
    with mp.workdps(60):
        for a, y in zip(x, found, strict=True):
            assert error(y, getattr(mp, name)(mpf(a)), relative=y > 1e-300) <= UNITS, (a, y)


def test_sums_are_exact_and_rounded_once():
    choose = random.Random(1)
    every = [[choose.choice((-1.0, 1.0)) * 2.0 ** choose.uniform(-1074, 1023) for _ in range(n)] for n in range(1, 60)]
    every += [[1e308, 1e308, -1e308, -1e308, 5e-324], [-0.0, -0.0], [0.0, -0.0], [1.0, 2.0**-53], [1.0, 2.0**-53, 5e-324], [math.inf, 1.0]]
    every += [[math.inf, -math.inf], [1e308, 1e308], [2.0**1023, 2.0**1023, -(2.0**1023)], []]
    script = f"""{library()}
    const every = JSON.parse(require("fs").readFileSync(0, "utf-8"));
    const say = (x) => Object.is(x, -0) ? "-0" : Number.isFinite(x) ? x : String(x);
    console.log(JSON.stringify(every.map((x) => say(ag_sum(x.map(Number))))));"""
    found = run(script, [list(map(text, x)) for x in every])
    assert [repr(float(NOT_FINITE.get(y, y))) for y in found] == [repr(autograd.sum(x)) for x in every]
    assert run(f"{library()}console.log(JSON.stringify(ag_dot([1e200, 1e200, 3.0], [1e200, -1e200, 0.5])))", []) == 1.5


def test_numbers_are_written_as_python_writes_them():
    choose = random.Random(1)
    x = [choose.choice((-1.0, 1.0)) * 10 ** choose.uniform(-12, 12) for _ in range(2000)]
    x += [k / 2.0**n for k in range(-40, 40) for n in range(12)]  # of which many lie halfway between two texts
    x += [
        12345e6,
        1.2345e10,
        12355e6,
        1e9,
        999999999.99999,
        1e15,
        1e16,
        123456789012345680.0,
        1e-4,
        1e-5,
        0.001,
        0.00099995,
        1e-7,
        1e300,
        5e-324,
    ]
    x += [-0.0, 0.0, 0.5, 0.99995, 9.99995, 1e22]
    found = run(f"{PROGRAM}{READ}console.log(JSON.stringify(given_.map((x) => said(x))))", x)
    assert found == list(map(said, x))
    repeated = run(f"{PROGRAM}{READ}console.log(JSON.stringify(given_.map(repr)))", x)
    assert [y.replace("-0.0", "0.0") if a == 0.0 else y for a, y in zip(x, repeated, strict=True)] == [repr(a + 0.0) for a in x]


def test_operations_are_written_as_python_writes_them():
    many = [["a", "−1.0", "b"], ["−2.0", "3.0", "1.5"], list("abcdefgh")]
    given = [(op, x[: op.arity]) for op in TABLE.values() for x in many[: 2 if op.arity else 3]]
    found = run(
        f"{PROGRAM}{READ}console.log(JSON.stringify(given_.map(([form, x]) => plain(form, x))))", [[template(op), x] for op, x in given]
    )
    assert found == [plain(op, x) for op, x in given]


# Both passes of whole pages.

AGAIN = """
const page = JSON.parse(require("fs").readFileSync(0, "utf-8"));
const { nodes, steps } = page.data;
const before = JSON.stringify(nodes);
const found = rerun(nodes, steps, page.inputs.map((x) => (typeof x === "string" ? read(x) : x)));
console.log(JSON.stringify({ nodes, same: before === JSON.stringify(nodes), steps: found.steps, values: found.values.map(String),
  gradients: found.finals.map(String) }));
"""


def again(loss, inputs):
    """What the page shows of the graph below `loss` on these inputs, a number for each leaf."""
    page = step_through(loss)
    nodes = order(loss)
    numbers = [repr(inputs[node]) if not node.args else None for node in nodes]
    return run(PROGRAM + page.operations + AGAIN, {"data": json.loads(page.data), "inputs": numbers})


def close(found, expected):
    assert len(found) == len(expected)
    size = max([1.0, *(abs(x) for x in expected if math.isfinite(x))])
    for a, b in zip(map(float, found), expected, strict=True):
        assert same(a, b) or a == pytest.approx(b, rel=1e-9, abs=1e-12 * size)


@pytest.mark.parametrize(
    "graph", [softmax_cross_entropy, softmax_of_nn, many_consumers, branches, network, not_finite], ids=lambda f: f.__name__
)
def test_the_passes_are_those_of_the_engine_also_on_other_inputs(graph):
    loss, choose = graph(), random.Random(1)
    leaves = [node for node in order(loss) if not node.args]
    found = again(loss, {leaf: leaf.data for leaf in leaves})
    shown = json.loads(step_through(loss).data)
    assert [[n["value"], n["args"], n.get("with"), [s[:2] for s in n["sums"]]] for n in found["nodes"]] == [
        [n["value"], n["args"], n["with"], [s[:2] for s in n["sums"]]] for n in shown["nodes"]
    ]  # to the last digit shown, and the steps
    assert found["steps"] == shown["steps"]
    if graph is branches:  # of which Python decided one
        return
    for _ in range(3):
        other = graph()
        moved = [node for node in order(other) if not node.args]
        inputs = {}
        for leaf, mine in zip(leaves, moved, strict=True):
            inputs[leaf] = mine.data = leaf.data + choose.uniform(-0.3, 0.3)
        found = again(loss, inputs)
        copies = replayed(other, {})
        copies[other].backward()
        close(found["values"], [copies[node].data for node in order(other)])
        close(found["gradients"], [copies[node].grad for node in order(other)])


@sizes(12, 200)
def test_random_graphs_agree_with_the_engine(examples):
    def check(graph):
        leaves = list(map(Value, graph.inputs))
        loss = graph.run(leaves, OURS)
        if loss.__class__ is not Value or not loss.args or len(order(loss)) > 150:
            return
        values = {node: node.data for node in order(loss) if not node.args}
        program, data = _program(loss)
        numbers = [repr(values[node]) if not node.args else None for node in order(loss)]
        found = run(PROGRAM + program + AGAIN, {"data": data, "inputs": numbers})
        loss.backward()
        close(found["values"], [node.data for node in order(loss)])
        close(found["gradients"], [node.grad for node in order(loss)])

    drawn(check, examples, graphs(most=60))


def _program(loss):
    """What a page holds of a graph, without a picture."""
    from autograd.pictures.steps import _Steps
    from autograd.pictures.view import collapsed

    steps = _Steps(order(loss))
    operations = steps.operations()
    return operations, json.loads(steps.json([collapsed(order(loss), None)]))


# What has no JavaScript.

BLACK_BOX = Op("blackbox", lambda xp, x: math.sin(float(x)), lambda y, x: (math.cos(float(x)),))
PLAIN = Op("plain", lambda xp, x: xp.where(x > 0.0, xp.exp(x), 0.0) * x, lambda y, x: (autograd.exp(x),))


def test_a_page_without_a_program_says_so_and_stands():
    page = step_through(BLACK_BOX(Value(1.0, "x")) * 2.0)
    shown = json.loads(page.data)
    assert page.operations == ""
    assert shown["fixed"] == "Inputs cannot be changed here: there is no JavaScript for the operation blackbox."
    assert "run" not in shown["nodes"][1]
    assert f"{math.sin(1.0) * 2.0:.4f}" in page.data


def test_an_operation_of_ones_own_is_printed_where_it_can_be():
    x = Value(0.5, "x")
    found = again(PLAIN(x), {x: 0.75})
    assert float(found["values"][1]) == pytest.approx(math.exp(0.75) * 0.75, rel=1e-15)
    assert float(found["gradients"][0]) == pytest.approx(math.exp(0.75), rel=1e-15)


def test_constants_have_no_partial_and_a_tie_with_one_is_the_least_subgradient():
    x = Value(1.0, "x")
    loss = autograd.maximum(x, 0.0) + autograd.maximum(x, x, 2.0)
    for at, expected in ((0.0, 0.0), (2.0, 1.0), (3.0, 2.0), (-1.0, 0.0)):
        assert float(again(loss, {x: at})["gradients"][0]) == expected
