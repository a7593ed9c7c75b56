"""Derivatives as programs, against the sweeps over graphs of Values, against each other, and against differences at sixty digits."""
# ruff: noqa: S311, ARG005  # samples, not secrets; lambdas like the table's

import functools
import math
import pickle
import random
from itertools import chain

import numpy as np
import pytest
from edges import ROWS
from graphs import graphs
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from operations import same
from random_programs import EDGES, ORDINARY, random_point, random_program

from autograd import TABLE, Op, Program, Value, ops
from autograd.errors import OperationError, RangeError
from autograd.graph import order
from autograd.program import cleaning
from autograd.program.cleaning import Edges, folded, merged
from autograd.program.lanes import BatchedProgram
from autograd.program.passes import adjoint, pruned, tangent
from autograd.program.program import CODES
from autograd.sweeps import pull, push

inf, nan = math.inf, math.nan
few = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
SMOOTH = tuple(name for name in TABLE if name != "stop_gradient")  # what is held still is not, in differences
gamma = Op("gamma", lambda _xp, x: math.gamma(x), lambda y, x: (y * float(ops.digamma(float(x))),))
cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))


def floats(numbers):
    return [x._number if isinstance(x, Value) else x for x in numbers]


def alike(a, b):
    """Equal, but for the roundings of a few operations; the same sign of zero."""
    return same(a, b) if a == 0.0 or not math.isfinite(b) else abs(a - b) <= 1e-9 * max(abs(a), abs(b), 1e-3)


def in_graph(program, x, seeded, cotangents, wanted, tangents):
    """The gradients of the wanted inputs, and the tangents of all outputs, by the sweeps over a graph of Values."""
    inputs = [Value(a) for a in x]
    outputs = program(inputs)
    nodes = order(*[y for y in outputs if isinstance(y, Value)])
    seeds = {}
    for j, c in zip(seeded, cotangents, strict=True):
        if isinstance(outputs[j], Value):
            seeds.setdefault(outputs[j], []).append(c)
    seeds = {y: math.fsum(c) if len(c) > 1 else c[0] for y, c in seeds.items()}
    active = [inputs[k] for k in wanted]
    carried = push(nodes, dict(zip(active, tangents, strict=True)), outputs)
    return floats(pull(nodes, seeds, active)), floats(outputs), floats(carried)


@pytest.mark.parametrize("numbers", [ORDINARY, EDGES], ids=["ordinary", "edges"])
@pytest.mark.parametrize("seed", range(4))
def test_they_are_the_sweeps_over_graphs(numbers, seed):
    draw = random.Random(seed)
    for _ in range(40):
        program = random_program(draw, numbers)
        for _ in range(draw.randint(0, 1)):  # and what they make of what they made
            all_inputs, all_outputs = range(program.inputs), range(len(program.outputs))
            program = tangent(program, all_inputs) if draw.random() < 0.5 else adjoint(program, all_outputs, all_inputs)
        seeded, wanted = [sorted(draw.sample(range(n), draw.randint(1, n))) for n in (len(program.outputs), program.inputs)]
        reverse, forward = adjoint(program, seeded, wanted), tangent(program, wanted)
        for _ in range(3):
            x = random_point(draw, program.inputs, numbers)
            cotangents, tangents = [[draw.uniform(-2.0, 2.0) for _ in which] for which in (seeded, wanted)]
            pulled, outputs, pushed = in_graph(program, x, seeded, cotangents, wanted, tangents)
            assert all(map(alike, reverse([*x, *cotangents]), pulled)), (list(program.instructions()), program.constants, x)
            assert all(map(alike, forward([*x, *tangents]), [*outputs, *pushed])), (list(program.instructions()), program.constants, x)


def test_every_row_is_met():
    draw = random.Random(0)
    met = {op.name for _ in range(240) for op, _ in random_program(draw).instructions()}
    assert met == set(TABLE)


@pytest.mark.any_python
@few
@given(graphs(most=25, names=SMOOTH), st.tuples(*[st.floats(-1.0, 1.0)] * 3))
def test_second_derivatives_are_those_of_differences_at_sixty_digits(graph, v):
    """H v three ways, where the program, run on numbers of sixty digits, is differentiated by differences."""
    leaves = [Value(a) for a in graph.inputs]
    program = Program([graph.run(leaves)], leaves)
    first, n = adjoint(program, [0], range(3)), 3
    hvps = {
        "forward over reverse": lambda x: tangent(first, range(n))([*x, 1, *v])[n:],
        "reverse over forward": lambda x: adjoint(tangent(program, range(n)), [1], range(n))([*x, *v, 1]),
        "reverse over reverse": lambda x: adjoint(first, range(n), range(n))([*x, 1, *v]),
    }
    with mp.workdps(60):
        x, h = [mpf(a) for a in graph.inputs], mpf(10) ** -12
        at = lambda s, t, i: program([a + s * h * b + t * h * (k == i) for k, (a, b) in enumerate(zip(x, v, strict=True))])[0]  # noqa: E731
        true = [(at(1, 1, i) - at(1, -1, i) - at(-1, 1, i) + at(-1, -1, i)) / (4 * h * h) for i in range(n)]
        slopes = [(at(0, 1, i) - at(0, -1, i)) / (2 * h) for i in range(n)]
        assume(all(abs(t) < 1e12 for t in true))
        scale = 1 + max(map(abs, true)) + max(map(abs, slopes))
        assert all(abs(a - b) <= 1e-9 * scale for a, b in zip(first([*x, 1]), slopes, strict=True))
        for name, hvp in hvps.items():
            assert all(abs(a - b) <= 1e-9 * scale for a, b in zip(hvp(x), true, strict=True)), (name, hvp(x), true)


@few
@given(graphs(most=60), st.tuples(*[st.floats(-1.0, 1.0)] * 3), st.tuples(*[st.floats(-1.0, 1.0)] * 2))
def test_w_times_jv_is_v_times_jw(graph, v, w):
    leaves = [Value(a) for a in graph.inputs]
    program = Program([graph.run(leaves), ops.sin(graph.run(leaves))], leaves)
    forward = tangent(program, range(3))([*graph.inputs, *v])[2:]
    reverse = adjoint(program, range(2), range(3))([*graph.inputs, *w])
    terms = [a * b for a, b in zip([*w, *reverse], [*forward, *v], strict=True)]
    assert math.fsum(terms[:2]) == pytest.approx(math.fsum(terms[2:]), rel=1e-9, abs=1e-9 * (1.0 + sum(map(abs, terms))))


@pytest.mark.parametrize(("f", "point", "value", "first", "second"), ROWS)
def test_edges_forwards_and_forwards_over_reverse(f, point, value, first, second):
    leaves = [Value(a) for a in point]
    program, n = Program([f(*leaves)], leaves), len(point)
    units = np.eye(n).tolist()
    forward = tangent(program, range(n))
    assert all(same(forward([*point, *unit])[0], value) for unit in units)
    for unit, k in zip(units, range(n), strict=True):
        only = tangent(program, [k])
        assert same(only([*point, 1.0])[1], first[k]), unit
    if second is not None:
        for k in range(n):  # one at a time, since 0 times an infinite derivative is nan
            column = tangent(adjoint(program, [0], range(n)), [k])([*point, 1.0, 1.0])[n:]
            # The reverse mode's nan where infinite terms of two arguments meet, as in asin at 1, need not come up forwards.
            assert all(same(a, row[k]) or math.isnan(row[k]) for a, row in zip(column, second, strict=True)), (k, column)


def code_names(program):
    return [op.name for op, _ in program.instructions()]


def test_what_is_emitted():
    x, y = Value(2.0), Value(3.0)
    assert code_names(adjoint(Program([x + y], [x, y]), [0], [0, 1])) == []  # what is received is passed on
    assert code_names(adjoint(Program([x - y], [x, y]), [0], [0, 1])) == ["mul"]
    assert code_names(tangent(Program([ops.sum([x, y, 1.0])], [x, y]), [0, 1])) == ["sum", "add"]
    assert code_names(adjoint(Program([1.0 * x + ops.dot([x, y], [1.0, 3.0])], [x, y]), [0], [0, 1])) == ["add", "mul"]  # no factor of 1
    power = Program([x**3.0], [x])
    third = tangent(adjoint(adjoint(power, [0], [0]), [0], [0]), [0])
    assert "log" not in code_names(third)
    assert third([2.0, 1.0, 1.0, 1.0])[1] == 6.0
    both = Program([ops.sin(x) * ops.cos(x)], [x])
    assert code_names(adjoint(both, [0], [0])).count("cos") == 1  # the derivative of sin is there already
    computed = Program([x * ops.exp(Value(0.5) * 2.0)], [x])  # a constant, computed from constants
    assert code_names(adjoint(computed, [0], [0])) == ["mul"]


def test_layers_stay_layers():
    """Each adjoint of a dense layer's inputs is one dot, of the same cotangents in the same order."""
    rng = np.random.default_rng(0)
    weights, x = [[Value(a) for a in row] for row in rng.normal(size=(5, 8))], [Value(a) for a in rng.normal(size=8)]
    outputs = [ops.tanh(ops.dot(row, x)) for row in weights]
    reverse = adjoint(Program(outputs, [*chain(*weights), *x]), range(5), range(40, 48))
    dots = [args for op, args in reverse.instructions() if op is ops.dot and len(args) == 10]
    assert len(dots) == 8
    assert len({tuple(args[:5]) for args in dots}) == 1
    forward = tangent(Program(outputs, [*chain(*weights), *x]), range(40, 48))
    assert code_names(forward).count("dot") == 10


def test_of_lanes_and_columns():
    """The kernel, where it was built, and NumPy columns run what comes out as floats do."""
    x, y = Value(0.5), Value(1.5)
    program = Program([ops.where(x < y, ops.log(x) * y, ops.sqrt(-x)), ops.maximum(x, y, 1.0)], [x, y])
    for made in (tangent(program, [0, 1]), adjoint(program, [0, 1], [0, 1]), tangent(adjoint(program, [0], [0, 1]), [0, 1])):
        points = np.random.default_rng(1).uniform(0.1, 2.0, (9, made.inputs))
        expected = [made(point) for point in points.tolist()]
        assert np.allclose(BatchedProgram(made, []).forward([points], 9), expected, rtol=1e-13, atol=1e-15)
        columns = [np.broadcast_to(c, 9) for c in made(list(points.T))]
        assert np.allclose(np.transpose(columns), expected, rtol=1e-13, atol=1e-15)


def test_operations_of_ones_own():
    x, y = Value(1.5), Value(0.7)
    program = Program([cube(x) * gamma(y) + x], [x, y])
    slope = math.gamma(0.7) * float(ops.digamma(0.7))
    first = adjoint(program, [0], [0, 1])
    assert first([1.5, 0.7, 1.0]) == pytest.approx([3.0 * 1.5**2 * math.gamma(0.7) + 1.0, 1.5**3 * slope])
    assert tangent(program, [1])([1.5, 0.7, 2.0])[1] == pytest.approx(2.0 * 1.5**3 * slope)
    assert pickle.loads(pickle.dumps(first)) == first
    # Twice by what can be recorded, once by what cannot:
    assert adjoint(first, [0], [0, 1])([1.5, 0.7, 1.0, 1.0]) == pytest.approx([6.0 * 1.5 * math.gamma(0.7), 3.0 * 1.5**2 * slope])
    assert tangent(first, [0])([1.5, 0.7, 1.0, 1.0])[3] == pytest.approx(3.0 * 1.5**2 * slope)
    with pytest.raises(OperationError, match="second derivative of gamma"):
        adjoint(first, [1], [1])
    many = [Op(f"times{k}", lambda xp, x, c: x * c, lambda y, x, c: (c, x)) for k in range(300)]  # more than a byte counts
    z = functools.reduce(lambda z, op: op(z, 1.001), many, x)
    assert adjoint(Program([z], [x]), [0], [0])([2.0, 1.0])[0] == pytest.approx(1.001**300)


def test_pruned():
    x, y = Value(0.5), Value(2.0)
    shared = x * y
    program = Program([ops.exp(shared) + 3.0, ops.sin(x), cube(shared), 7.0, y], [x, y])
    for outputs in ([0], [1], [1, 0], [3, 4], [2, 2], []):
        part = pruned(program, outputs)
        assert part.inputs == 2
        assert part([1.5, 0.3]) == [program([1.5, 0.3])[k] for k in outputs]
    assert len(pruned(program, [1])) == 1
    assert pruned(program, [0]).constants.tolist() == [3.0]
    assert pruned(program, [0]).own == ()
    assert pruned(program, [0]) == Program([ops.exp(shared) + 3.0], [x, y])


def test_cleaning_changes_no_bit():
    """Equal instructions are merged as flattening does, zeros of either sign told apart."""
    x = Value(0.5)
    program = Program([x * 0.0, x * -0.0, ops.sin(x)], [x])
    assert merged(program) is program
    assert folded(program) is program
    codes = [CODES[op] for op in (ops.sin, ops.sin, ops.exp, ops.exp)]
    doubled = Program.from_arrays(codes, range(5), [0, 0, 1, 2], [], [3, 4], 1)
    assert pruned(merged(doubled), [0, 1]) == Program([ops.exp(ops.sin(x))] * 2, [x])


def test_long_chains_and_random_programs_that_are_there_twice(monkeypatch):
    """The second of two equal parts, however deep, is the first; the compiled kernel finds what the loop in Python does."""
    made = [Program([functools.reduce(lambda y, k: ops.sin(y) * float(k), range(3000), Value(0.5))], [])]
    draw = random.Random(15)
    made += [random_program(draw, most=60) for _ in range(200)]
    for one in made:
        known, size = one.inputs + len(one.constants), len(one)
        again = np.where(one.args < known, one.args, one.args + size)
        starts = np.append(one.starts, one.starts[-1] + one.starts[1:])
        outputs = np.append(one.outputs, np.where(one.outputs < known, one.outputs, one.outputs + size))
        args = np.append(one.args, again)
        program = Program.from_arrays(np.tile(one.codes, 2), starts, args, one.constants, outputs, one.inputs)
        found = merged(program)
        assert (found.args < known + size).all()
        assert found.outputs[: len(one.outputs)].tolist() == found.outputs[len(one.outputs) :].tolist()
        assert len(pruned(found, [0])) <= size
        through = np.array([draw.random() < 0.8 for _ in range(len(program.args))], bool)
        seeds = [draw.randrange(known + 2 * size) for _ in range(2)]
        edges = [getattr(Edges(program), name)(seeds, only) for name in ("depending", "reached") for only in (None, through)]
        with monkeypatch.context() as changed:
            changed.setattr(cleaning, "kernel", None)
            assert merged(program) == found
            again = [getattr(Edges(program), name)(seeds, only) for name in ("depending", "reached") for only in (None, through)]
        assert [flags.tolist() for flags in edges] == [flags.tolist() for flags in again]


def test_long_chains_spread_as_short_ones():
    """What is found by rounds over whole arrays is found by a loop where chains are long: dead ones, and those of other inputs."""
    x, y = Value(0.5), Value(0.25)
    a = b = x
    for k in range(100):
        a, b = ops.sin(a + 0.01 * k), b + y * float(k + 1)
    program = Program([a, b], [x, y])
    short = pruned(program, [1])
    assert len(short) == 200
    assert short == Program([b], [x, y])
    (derivative,) = adjoint(program, [0, 1], [1]).instructions()
    assert derivative[0] is ops.dot
    assert adjoint(program, [0, 1], [1])([0.5, 0.25, 1.0, 2.0]) == [2.0 * 5050.0]
    edges = Edges(program)
    assert edges.depending([1]).sum() == 1 + 200


@pytest.mark.parametrize(("call", "said"), [
    (lambda p: adjoint(p, [2], [0]), "indices of outputs"),
    (lambda p: adjoint(p, [0], [-1]), "indices of inputs"),
    (lambda p: tangent(p, [0, 0]), "each once"),
])  # fmt: skip
def test_wrong_indices(call, said):
    x = Value(1.0)
    with pytest.raises(RangeError, match=said):
        call(Program([x, x * x], [x]))


def test_a_derivative_is_made_once_and_not_pickled():
    x = Value(1.0)
    program = Program([x * x], [x])
    assert adjoint(program, [0], [0]) is adjoint(program, (0,), range(1))
    assert program.gradient() is adjoint(program, [0], [0])
    assert "derived" not in program.__getstate__()
    assert pickle.loads(pickle.dumps(program)).gradient() == program.gradient()
