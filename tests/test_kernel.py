"""The compiled interpreter of programs against Values, lane by lane: values, gradients, edges."""
# ruff: noqa: S311  # samples, not secrets

import copy
import functools
import itertools
import math
import operator
import random

import numpy as np
import pytest
from edges import BRANCHES, ROWS, recorded
from flat_programs import (
    CODES,
    LANES,
    NAMES,
    SAMPLES,
    WEIGHTS,
    Flat,
    flat,
    kernel,
    network,
    recorded_network,
    run,
    use,
)
from graphs import OURS, exact, graphs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpmath import mp
from operations import POINTS, apply, each_op, same, sample

from autograd import Value, grad, ops
from autograd.program.program import Program

inf, nan = math.inf, math.nan


@pytest.fixture(params=NAMES)
def instructions(request):
    """Each instruction set that the machine has, and machine code."""
    use(request.param)
    yield request.param
    use(NAMES[0])


def on_values(f, columns, uniform):
    """The same on Values, lane by lane: values, and for each input its gradients in all lanes."""
    values, gradients = [], []
    for lane in range(len(columns[0])):
        x = [Value(c[0 if u else lane]) for c, u in zip(columns, uniform, strict=True)]
        y = f(*x)
        y.backward()
        values.append(y.data)
        gradients.append([v.grad for v in x])
    return values, list(zip(*gradients, strict=True))


def near(found, true, units, floor=0.0):
    """Whether `found` is so many units in the last place of `true`, or of `floor`, away; of what is not finite, equal."""
    return same(found, true) or (math.isfinite(true) and abs(found - true) <= units * math.ulp(max(abs(true), floor)))


def near_sum(found, terms, units):
    """Whether `found` is the sum of the terms, which are so many units off, added in some order."""
    if not np.isfinite(terms).all():
        return same(found, sum(terms))
    return abs(found - math.fsum(terms)) <= (units + len(terms)) * math.ulp(math.fsum(map(abs, terms)))


# Operations.


def call(op, *x):
    """`op` on Values; the exponent of powc is a number."""
    return ops.powc(x[0], x[1].data) if op is ops.powc else apply(op, x)


def points(op):
    """Rows of arguments: samples of the domain, kinks, and all that is not ordinary."""
    rng = random.Random(op.name)
    edges = list(itertools.product(POINTS, repeat=op.arity or 4))
    found = rng.sample(edges, min(len(edges), 500)) + [k.at for k in op.kinks if len(k.at) == (op.arity or 4)]
    return found + (sample(op)[:300] if op.arity else [tuple(rng.uniform(-3.0, 3.0) for _ in range(4)) for _ in range(300)])


@each_op
def test_operation(op):
    """Every operation with every choice of uniform arguments: as near to Values as the bounds of both allow.

    The n-ary ones have four arguments; what sum and dot add is off by at most 4 units of the sum of the absolute terms.
    """
    rows = points(op)
    count = len(rows[0])
    array = functools.partial(np.array, dtype=np.int32)
    program = Flat(np.uint8([CODES[op.name]]), np.uint32([0, count]), array(range(count)), np.array([]), count, array([count]))
    floor = 0.0 if op.bound.relative else 1.0
    for uniform in itertools.product([0, 1], repeat=count):
        some = rows if sum(uniform) in (0, count - 1) else rows[::7]
        if all(uniform):
            continue
        columns = list(zip(*some, strict=True))
        values, gradients = on_values(lambda *x: call(op, *x), columns, uniform)
        for name in NAMES:
            use(name)
            outputs, found = run(program, columns, uniform)
            for lane, (y, true) in enumerate(zip(outputs[:, 0], values, strict=True)):
                terms = [c[0 if u else lane] for c, u in zip(columns, uniform, strict=True)]
                size = (
                    sum(map(abs, terms)) if op is ops.sum else abs(terms[0] * terms[2]) + abs(terms[1] * terms[3]) if op is ops.dot else 0.0
                )
                units = 4.0 if size else 2.0 * op.bound.value
                assert near(y, true, units, max(floor, size if math.isfinite(size) else 0.0)), (name, terms, y, true)
            for k in range(count):
                units = 2.0 * op.bound.partials
                if uniform[k]:
                    assert near_sum(found[k][0], gradients[k], units), (name, k, found[k], sum(gradients[k]))
                else:
                    wrong = [row for row, a, b in zip(some, found[k], gradients[k], strict=True) if not near(a, b, units, floor)]
                    assert not wrong, (name, uniform, k, wrong)


@pytest.fixture(autouse=True)
def _best():
    """Whatever a test uses, the next starts with the best instruction set."""
    yield
    use(NAMES[0])


# Graphs.

SELECT = {"where": lambda a, b, c: ops.where(ops.step(a), b, c)}  # a condition that is a node
FOLDED = {
    "sum": lambda *x: functools.reduce(operator.add, x),
    "dot": lambda a, b, c, d: a * c + b * d,
}  # sums within the bounds of the table


def graph_of(graph, calls):
    """Leaves, the result, and the program."""
    leaves = [Value(x) for x in graph.inputs]
    y = graph.run(leaves, OURS | calls)
    return leaves, y, flat(leaves, [y])


@pytest.mark.parametrize(("a", "b", "true"), [(0, 0, 1.0), (0, 1, 1.0), (1, 0, 0.0)])
def test_inputs_that_are_branches_themselves(a, b, true):
    leaves = [Value(1.0), Value(3.0)]
    y = ops.where(ops.step(leaves[1]), leaves[a], leaves[b])
    for lanes in (1, 2):
        _, gradients = run(flat(leaves, [y]), [[1.0] * lanes, [3.0] * lanes], [0, 0])
        assert gradients[0].tolist() == [true] * lanes


@pytest.mark.any_python
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(graphs(most=60))
def test_one_lane_has_the_bits_of_values(graph):
    leaves, y, program = graph_of(graph, SELECT)
    y.backward()
    outputs, gradients = run(program, [[x] for x in graph.inputs], [0, 1, 0])
    assert outputs[0, 0] == y.data
    for found, leaf in zip(gradients, leaves, strict=True):
        assert found[0] == leaf.grad
        assert math.copysign(1.0, found[0]) == math.copysign(1.0, leaf.grad)


@pytest.mark.any_python
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(graphs(most=60), st.tuples(*[st.booleans()] * 3), st.sampled_from([2, 3, 17]), st.sampled_from(NAMES))
def test_lanes_lie_within_the_bounds_of_the_table(graph, uniform, lanes, name):
    """Against fifty digits, with the errors that roundings within the bounds can cause; a uniform input has the sum over the lanes."""
    use(name)
    leaves, y, program = graph_of(graph, SELECT | FOLDED)
    outputs, gradients = run(program, [[x] * lanes for x in graph.inputs], uniform)
    with mp.workdps(50):
        true = exact(y, leaves)
        assert all(abs(found - true.value) <= true.value_error for found in outputs[:, 0])
        for found, shared, d, error in zip(gradients, uniform, true.gradient, true.errors, strict=True):
            if shared:
                assert abs(found[0] - lanes * d) <= lanes * error + lanes * math.ulp(lanes * abs(d))
            else:
                assert all(abs(g - d) <= error for g in found)


@functools.cache
def network_on_values():
    """Value and gradient in each lane; where the branch not taken is the root of a negative number, and where the one taken is."""
    y = np.empty(len(SAMPLES))
    g = np.empty((len(SAMPLES), 21))
    for lane, row in enumerate(SAMPLES):
        x = [Value(a) for a in (*WEIGHTS, *row)]
        loss = network(x)
        loss.backward()
        y[lane], g[lane] = loss.data, [v.grad for v in x]
    return y, g


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lanes", LANES)
def test_a_network_in_lanes(lanes, name):
    """Per lane and summed, against Values; and the same bits from any number of threads."""
    use(name)
    values, true = (a[:lanes] for a in network_on_values())
    fine = np.isfinite(true).all(axis=1)
    assert lanes < 100 or 0 < (~fine).sum() < lanes
    plan, X = recorded_network(), SAMPLES[:lanes]
    found = {}
    for threads in (1, 2, 8):
        y, total, w, x = np.empty((lanes, 1)), np.empty(1), np.empty(18), np.empty((lanes, 3))
        plan.run(lanes, [WEIGHTS, X], [y], [np.ones(1)], [w, x], threads)
        plan.run(lanes, [WEIGHTS, X], [total], [np.ones(1)], [w.copy(), None], threads)
        found[threads] = np.concatenate([y.ravel(), total, w, x.ravel()])
    assert np.array_equal(found[1], found[2], equal_nan=True)
    assert np.array_equal(found[1], found[8], equal_nan=True)
    assert np.allclose(y[:, 0], values, rtol=1e-13, atol=1e-13, equal_nan=True)
    assert np.allclose(x, true[:, 18:], rtol=1e-12, atol=1e-13, equal_nan=True)
    assert np.allclose(w, true[:, :18].sum(axis=0), rtol=1e-11, atol=1e-11, equal_nan=True)
    assert np.allclose(total, values.sum(), rtol=1e-12, equal_nan=True)
    X, values, true = X[fine], values[fine], true[fine]
    if len(X):
        plan.run(len(X), [WEIGHTS, X], [total], [np.full(1, 1.0 / len(X))], [w, None])
        assert np.allclose(total, values.sum(), rtol=1e-12)
        assert np.allclose(w, true[:, :18].mean(axis=0), rtol=1e-11, atol=1e-12)
        assert np.isfinite(w).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lanes", [2, 9, 64, 333])
@pytest.mark.parametrize("wanted", ["all", "weights", "rows", "some"])
def test_dots_of_the_same_rows(name, lanes, wanted):
    """Eleven dots of nine rows: one of the rows twice, a weight in two dots, one that is a constant; then one more of their results."""
    use(name)
    rng = np.random.default_rng(lanes)
    w, x = [Value(a) for a in rng.normal(size=99)], [Value(0.0) for _ in range(8)]
    matrix = [[*w[9 * k : 9 * k + 9]] for k in range(11)]
    matrix[3][2], matrix[5][5] = matrix[2][2], 0.25
    rows = [*x, x[0]]
    made = [ops.dot(row, rows) if k % 2 else ops.dot(rows, row) for k, row in enumerate(matrix)]
    program = flat([*w, *x], [*made, ops.dot(made, w[:11])])
    few = rng.integers(0, 2, 107)
    want = {"all": [1] * 107, "weights": [1] * 99 + [0] * 8, "rows": [0] * 99 + [1] * 8, "some": few}[wanted]
    plan = program.plan([1] * 99 + [0] * 8, want)
    W, X, seeds = np.array([v.data for v in w]), rng.normal(size=(lanes, 8)), rng.normal(size=(lanes, 12))
    y, dw, dx = np.empty((lanes, 12)), np.empty(99), np.empty((lanes, 8))
    plan.run(lanes, [W, X], [y], [seeds], [dw, dx])
    M, R = W.reshape(11, 9).copy(), X[:, [*range(8), 0]]
    M[3, 2], M[5, 5] = M[2, 2], 0.25
    true = R @ M.T
    assert np.allclose(y, np.column_stack([true, true @ W[:11]]), rtol=1e-14, atol=1e-13)
    g = seeds[:, :11] + seeds[:, 11:] * W[:11]
    dM = g.T @ R
    dM[2, 2] += dM[3, 2]
    dM[3, 2] = dM[5, 5] = 0.0
    dM.ravel()[:11] += seeds[:, 11] @ true
    dR = g @ M
    dR[:, 0] += dR[:, 8]
    assert np.allclose(dw, np.where(want[:99], dM.ravel(), 0.0), rtol=1e-13, atol=1e-12)
    assert np.allclose(dx, np.where(want[99:], dR[:, :8], 0.0), rtol=1e-13, atol=1e-12)


def test_arrays_of_any_strides_and_shapes():
    plan, lanes = recorded_network(), 100
    expected = np.empty((lanes, 1)), np.empty(18), np.empty((lanes, 3))
    plan.run(lanes, [WEIGHTS, SAMPLES[:lanes]], expected[:1], [np.ones(1)], expected[1:])
    columns = np.asfortranarray(SAMPLES[:lanes])
    every_other = np.empty((lanes, 2))
    w, x = np.empty((3, 6)), [np.empty((lanes, 2, 1)), np.empty(lanes)]
    seeds = np.ones((lanes, 2))[:, :1]
    plan.run(
        lanes, [WEIGHTS[::-1].copy()[::-1], columns[:, :2].reshape(lanes, 2, 1), columns[:, 2]], [every_other[:, 1:]], [seeds], [w, *x]
    )
    assert np.array_equal(every_other[:, 1:], expected[0], equal_nan=True)
    assert np.array_equal(w.ravel(), expected[1], equal_nan=True)
    assert np.array_equal(np.column_stack([x[0][:, :, 0], x[1]]), expected[2], equal_nan=True)


# Edges.


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("f", "point", "value", "first", "second"), ROWS)
def test_edge(name, f, point, value, first, second):
    """The edge table: the kernel's own sweep, and the graphs of first and second derivatives replayed, in one lane and in two."""
    use(name)
    expected = [value, *first, *[h for row in second or () for h in row]]
    leaves, roots = recorded(f, point)
    for lanes in (1, 2):
        found = replayed(flat(leaves, roots), point, lanes)
        assert all(same(a, b) for row in found for a, b in zip(row, expected, strict=False)), found
        if isinstance(roots[0], Value):
            for uniform in itertools.product([0, 1], repeat=len(point)):
                outputs, gradients = run(flat(leaves, roots[:1]), [[x] * lanes for x in point], uniform)
                assert all(same(y, value) for y in outputs[:, 0])
                scale = [lanes if u else 1 for u in uniform]
                assert all(same(g[0], d * k) for g, d, k in zip(gradients, first, scale, strict=True)), (uniform, gradients)


def replayed(program, point, lanes):
    outputs = np.empty((lanes, len(program.outputs)))
    inputs = np.array([point] * lanes)
    program.plan([0] * len(point)).run(lanes, [inputs], [outputs])
    return outputs


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("f", BRANCHES.values(), ids=BRANCHES)
@pytest.mark.parametrize("at", [-2.0, 0.5, 2.0])
def test_lanes_take_their_own_branches(name, f, at):
    """Recorded at one point, run at others at once; and one input for all, whose branches each lane chooses by another."""
    use(name)
    x = Value(at)
    points = np.array([-3.0, -0.7, 0.0, 0.3, 1.5, 4.0])
    _, (found,) = run(flat([x], [f(x)]), [points], [0])
    true = [grad(f)(p) for p in points]
    assert np.allclose(found, true, rtol=1e-14, atol=1e-300, equal_nan=True), (found, true)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("chosen", "true"), [([0.0, 0.0, 0.0], 0.0), ([0.0, 1.0, 1.0], inf), ([1.0], inf), ([0.0], 0.0)])
def test_a_uniform_branch_that_no_lane_takes_is_absent(name, chosen, true):
    use(name)
    w, c = Value(0.0), Value(1.0)
    program = flat([w, c], [ops.where(c, ops.sqrt(w) * 2.0, 1.0)])
    _, (found, _) = run(program, [[0.0] * len(chosen), chosen], [1, 0])
    assert found[0] == true


def test_an_output_that_is_not_seeded_is_absent():
    x = Value(0.0)
    program = flat([x], [ops.exp(x), ops.sqrt(x)])
    for lanes in (1, 3):
        for seeded, true in (([1, 0], 1.0), ([0, 1], inf), ([1, 1], inf), ([0, 0], 0.0)):
            for uniform in (0, 1):
                plan = program.plan([uniform], seeded=seeded)
                gradient = np.empty(1 if uniform else lanes)
                plan.run(lanes, [np.zeros_like(gradient)], [np.empty(2)], [np.array([1.0, nan if seeded == [1, 0] else 1.0])], [gradient])
                assert gradient[0] == true * (lanes if uniform else 1)


def test_inputs_and_constants_as_outputs():
    """Outputs may be inputs or constants, uniform or not, or the same slot twice."""
    x, w = Value(2.0), Value(3.0)
    program = flat([x, w], [x, w, 5.0, x, x * w, w])
    for lanes in (1, 2, 9):
        columns = np.arange(1.0, lanes + 1.0)
        outputs, gradients = run(program, [columns, [3.0] * lanes], [0, 1])
        assert np.array_equal(
            outputs, np.column_stack([columns, *np.full((2, lanes), [[3.0], [5.0]]), columns, 3.0 * columns, np.full(lanes, 3.0)])
        )
        assert np.array_equal(gradients[0], np.full(lanes, 5.0))
        assert gradients[1][0] == columns.sum() + 2.0 * lanes
        total, _ = run(program, [columns, [3.0] * lanes], [0, 1], sums=True)
        assert np.array_equal(total, outputs.sum(axis=0))


@pytest.mark.usefixtures("instructions")
@pytest.mark.parametrize("lanes", [2, 5, 64, 1003])
def test_products_that_are_only_summed_over_lanes(lanes):
    """They have no row of their own; what is an output twice, a column, or read by another instruction has."""
    x, z, u = Value(2.0), Value(3.0), Value(5.0)
    p, q, r = x * z, z * z, x * z
    program = flat([x, z, u], [p, x * x, q, q + 1.0, x * u, r, r, x / z])
    a, b = np.random.default_rng(lanes).normal(size=(2, lanes))
    columns = [a * b, a * a, b * b, b * b + 1.0, 5.0 * a, a * b, a * b, a / b]
    plan = program.plan([False, False, True])
    for summed in (8, 5, 0, 1, 8):  # the same plan
        sums, rest = np.empty(summed), np.empty((lanes, 8 - summed))
        outputs = ([sums] if summed else []) + ([rest] if summed < 8 else [])
        plan.run(lanes, [a, b, np.array([5.0])], outputs)
        assert all(near_sum(y, c, 2) for y, c in zip(sums, columns, strict=False))
        assert np.array_equal(rest, np.transpose(columns[summed:]).reshape(rest.shape))


def test_an_unknown_instruction_set():
    with pytest.raises(ValueError, match="got 'mmx', expected one of the instruction sets"):
        kernel.use("mmx")


def whole_program(draw):
    """A random program of operations that keep whole numbers whole and small, so that no order of sums shows.

    Its inputs, which of them lanes share, and its outputs.
    """
    inputs = [Value(0.5) for _ in range(draw.randint(1, 8))]
    shared = [draw.random() < 0.35 for _ in inputs]
    parameters = [x for x, own in zip(inputs, shared, strict=True) if own]
    pool = list(inputs)

    def pick():
        return pool[-1 - min(int(draw.expovariate(0.25)), len(pool) - 1)] if draw.random() < 0.7 else draw.choice(pool)

    def small(x):
        return ops.clip(x, -6.0, 6.0)

    def layer():
        """Dots of the same rows with what lanes share, which the kernel takes together, and now and then with what they do not."""
        rows = [draw.choice([pick(), *(x for x, own in zip(inputs, shared, strict=True) if not own)]) for _ in range(draw.randint(1, 5))]
        biased, weights = draw.choice([0.0, 0.5, 1.0]), [*(inputs if draw.random() < 0.1 else parameters), 2.0, -1.0]
        for _ in range(draw.randint(1, 9)):
            dot, bias = ops.dot([draw.choice(weights) for _ in rows], rows), draw.choice(weights)
            pool.extend(draw.choices([[dot], [dot + bias], [bias + dot], [dot, dot + bias]], [1.0 - biased, biased, biased, 0.1])[0])
        return small(pool[-1])

    def scaled():
        """A product with what lanes share, to which it is added, and now and then more is done with either."""
        shared_ones = [*parameters, 2.0, -1.0]
        product, added = ops.mul(*draw.sample([small(pick()), draw.choice(shared_ones)], 2)), draw.choice(shared_ones)
        pool.extend(draw.choice([[], [], [], [product]]))
        return draw.choice([product + added, added + product, product - added, product + pick()])

    kinds = [
        lambda: pick() + pick(), lambda: pick() - pick(), lambda: -pick(), lambda: (x := pick()) + x, lambda: pick() + 1.0,
        lambda: ops.where(ops.step(pick()), pick(), pick()), lambda: ops.where(pick(), pick(), pick()),
        lambda: small(pick()) * small(pick()), lambda: ((x := small(pick())) + draw.choice([1.0, small(pick())])) * x,
        scaled, lambda: pick() / draw.choice([2.0, -1.0, 0.5]),
        lambda: ops.sum([pick() for _ in range(draw.randint(1, 5))]), layer, lambda: small(pick()) ** draw.choice([0.0, 1.0, 2.0]),
        lambda: ops.maximum(pick(), pick()), lambda: ops.minimum(pick(), pick()), lambda: ops.relu(pick()), lambda: ops.abs(pick()),
    ]  # fmt: skip
    for make in draw.choices(kinds, k=draw.choice([3, 5, 8, 12, 20, 40])):
        pool.append(make())  # noqa: PERF401  # of those before
    return inputs, shared, [pool[-1], *[draw.choice(pool) for _ in range(draw.randint(0, 5))]]


@pytest.mark.any_python
@pytest.mark.usefixtures("instructions")
@pytest.mark.parametrize("seed", range(8))
def test_whole_numbers_exactly(seed):
    """Rows that are handed on or used again hold what they should: several outputs, some seeded, some inputs wanted, some shared."""
    draw, compared = random.Random(seed), 0
    for _ in range(60):
        inputs, shared, outputs = whole_program(draw)
        program, lanes = Program(outputs, inputs), draw.choice([2, 7, 8, 9, 128, 129, 300])
        wanted, seeded = ([draw.random() < p for _ in sequence] for p, sequence in ((0.85, inputs), (0.8, outputs)))
        columns = [np.array([0.0, *(float(draw.randint(-3, 3)) for _ in range(1 if own else lanes))])[1:] for own in shared]
        seeds = np.array([[float(draw.randint(-3, 3)) for _ in outputs] for _ in range(lanes)])
        full = [np.broadcast_to(column, lanes) for column in columns]
        values = np.array([np.broadcast_to(y, lanes) for y in program(full)])
        part = copy.copy(program)
        part.outputs = program.outputs[seeded]
        gradients = np.array([np.broadcast_to(g, lanes) for g in part.gradient()([*full, *seeds.T[seeded]])])
        if not np.abs([*values.ravel(), *gradients.ravel()]).max() < 2.0**40:  # where sums of halves and whole numbers are exact
            continue
        compared += 1
        seeds[:, np.logical_not(seeded)] = nan  # not to be read
        arrays = program.codes, program.starts, program.args, program.constants, program.inputs, program.outputs
        found, sent = np.empty((lanes, len(outputs))), [np.full_like(column, nan) for column in columns]
        before = [column.copy() for column in columns]
        Flat(*arrays).plan(shared, wanted, seeded).run(lanes, columns, [found], [seeds], sent, threads=draw.choice([1, 2]))
        assert np.array_equal(found.T, values)
        assert all(map(np.array_equal, columns, before))
        for g, expected, own, is_wanted in zip(sent, gradients, shared, wanted, strict=True):
            expected = expected if is_wanted else np.zeros(lanes)  # noqa: PLW2901
            assert np.array_equal(g, [expected.sum()] if own else expected)
    assert compared > 30
