"""Program: a recorded graph as flat arrays, against the graph that it was recorded from."""
# ruff: noqa: S311, S603, ARG005, B002  # samples, not secrets; the compiler and what it made; lambdas like the table's; -(-x)

import base64
import copy
import math
import pickle
import random
import resource
import subprocess
import zlib
from itertools import product

import numpy as np
import pytest
import sympy
from ccompiler import COMPILER, FLAGS, SANITIZE, bits, compiled, in_c
from edges import BRANCHES, ROWS
from graphs import exact, graphs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf
from operations import apply, ordinary, same

from autograd import TABLE, Op, Program, Value, grad, ops
from autograd.errors import FileError, LengthError, NumberError, OperationError, PathNotFoundError, RangeError, StateError
from autograd.files import writing
from autograd.program.archive import write_arrays
from autograd.program.program import FORMAT

inf, nan = math.inf, math.nan
cube = Op("cube", lambda xp, x: x * x * x, lambda y, x: (3.0 * x * x,))
pick = Op("pick", lambda xp, *x: x[0], lambda y, *x: (1.0, *[None] * (len(x) - 1)))
few = settings(max_examples=50, suppress_health_check=list(HealthCheck))


@pytest.fixture
def x():
    return [Value(a) for a in (0.5, -1.5, 2.0)]


def of_op(op, point):
    """The program of one operation, and its inputs: an exponent that makes it another operation is a constant."""
    numbers = point[:1] if op is ops.powc else point
    leaves = [Value(a) for a in numbers]
    return Program([apply(op, [*leaves, *point[len(leaves) :]])], leaves), numbers


@pytest.mark.parametrize("op", TABLE.values(), ids=TABLE)
def test_every_operation_replays_on_every_kind_of_number(op):
    points = ordinary(op, 20)
    for point in points:
        program, numbers = of_op(op, point)
        rest = point[len(numbers) :]
        assert len(program) == 1
        assert [o for o, _ in program.instructions()] == [op]
        assert bits(program(numbers)[0], apply(op, point))
        (node,) = program([Value(a) for a in numbers])
        assert bits(node.data, apply(op, [Value(a) for a in numbers] + list(rest)).data)
        assert node.op is op
        with mp.workdps(50):
            assert same(program(list(map(mpf, numbers)))[0], apply(op, [mpf(a) for a in numbers] + list(rest)))
    symbols = sympy.symbols(f"x:{len(numbers)}", real=True)
    assert program(symbols)[0] == apply(op, [*symbols, *rest])
    same_exponent = [p for p in points if p[len(numbers) :] == rest]
    columns = list(map(np.array, zip(*[p[: len(numbers)] for p in same_exponent], strict=True)))
    assert np.array_equal(program(columns)[0], apply(op, [*columns, *rest]), equal_nan=True)


@few
@given(graphs())
def test_a_program_computes_what_its_graph_computes(graph):
    leaves = [Value(a) for a in graph.inputs]
    program = Program([graph.run(leaves)], leaves)
    assert bits(program(graph.inputs)[0], graph.run(graph.inputs))
    columns = [np.array([a, a]) for a in graph.inputs]
    assert np.array_equal(np.broadcast_to(program(columns)[0], 2), np.broadcast_to(graph.run(columns), 2))


@pytest.mark.any_python
@few
@given(graphs())
def test_its_gradient_is_that_of_fifty_digits(graph):
    leaves = [Value(a) for a in graph.inputs]
    y = graph.run(leaves)
    found = Program([y], leaves).gradient()([*graph.inputs, 1.0])
    with mp.workdps(50):
        true = exact(y, leaves)
        assert all(abs(g - d) <= e for g, d, e in zip(found, true.gradient, true.errors, strict=True)), (found, true)


@pytest.mark.parametrize("columns", [False, True], ids=["floats", "columns"])
@pytest.mark.parametrize(("f", "point", "value", "first", "second"), ROWS)
def test_edges_to_second_order(f, point, value, first, second, columns):
    leaves = [Value(a) for a in point]
    program = Program([f(*leaves)], leaves)
    gradient = program.gradient()
    n = len(point)

    def at(of, *cotangents):
        x = [*point, *cotangents]
        found = of([np.array([a, a]) for a in x] if columns else x)
        return [float(np.broadcast_to(y, 2)[1]) for y in found]

    assert bits(at(program)[0], value)
    assert all(map(same, at(gradient, 1.0), first))
    if second is not None:
        inputs = [Value(1.0) for _ in range(n + 1)]  # the last is the cotangent
        twice = [Program([g], inputs).gradient() for g in gradient(inputs)]
        rows = [at(row, 1.0, 1.0)[:n] for row in twice]
        assert all(all(map(same, row, true)) for row, true in zip(rows, second, strict=True)), rows


@pytest.mark.parametrize("f", BRANCHES.values(), ids=BRANCHES)
@pytest.mark.parametrize("at", [-2.0, 0.5, 2.0])
def test_where_takes_the_branch_of_the_replay(f, at):
    points = [-3.0, -0.7, 0.0, 0.3, 1.5, 4.0]
    leaf = Value(at)
    program = Program([f(leaf)], [leaf])
    for p, column in zip(points, np.broadcast_to(program.gradient()([np.array(points), 1.0])[0], len(points)), strict=True):
        assert bits(program([p])[0], f(Value(p)).data)
        found = [program.gradient()([p, 1.0])[0], float(column)]
        assert np.allclose(found, grad(f)(p), rtol=1e-14, atol=1e-300, equal_nan=True), (p, found)


def test_cotangents_weigh_the_outputs(x):
    program = Program([x[0] * x[1], 3.0, x[2], x[0] + x[2]], x)
    assert program.gradient()([2.0, 3.0, 5.0, 10.0, 7.0, 100.0, 1000.0]) == [1030.0, 20.0, 1100.0]
    assert Program([], x).gradient()([1.0, 2.0, 3.0]) == [0.0, 0.0, 0.0]
    assert Program([1.0], []).gradient()([1.0]) == []


def test_dead_nodes_are_left_out(x):
    alive = ops.exp(x[0])
    ops.log(alive * x[1])
    program = Program([alive + 1.0], x)
    assert [op.name for op, _ in program.instructions()] == ["exp", "add"]
    assert program.constants.tolist() == [1.0]


def test_what_lies_below_an_inner_node_among_the_inputs_is_left_out(x):
    inner = ops.exp(x[0] * 7.0)
    program = Program([inner * 3.0 + x[1]], [inner, x[1]])
    assert len(program) == 2
    assert program([10.0, 1.0]) == [31.0]


def test_equal_instructions_are_one(x):
    program = Program([ops.exp(x[0] * x[1]) + 1.0, ops.exp(x[0] * x[1]) + 1.0, x[1] * x[0]], x)
    assert [op.name for op, _ in program.instructions()] == ["mul", "exp", "add", "mul"]
    assert program.outputs[0] == program.outputs[1] != program.outputs[2]


def test_other_leaves_are_constants_of_their_bits(x):
    one, zeros = Value(1.0), [Value(0.0), Value(-0.0)]
    program = Program([x[0] * zeros[0], x[0] * zeros[1], x[0] * 1.0, x[0] * one, x[0] * nan, x[0] * Value(nan), -0.0, 0.0], [x[0]])
    assert sorted(map(repr, program.constants.tolist())) == ["-0.0", "0.0", "1.0", "nan"]
    assert len(program) == 4
    found = program([2.0])
    assert [math.copysign(1.0, found[i]) for i in (0, 1, 6, 7)] == [1.0, -1.0, -1.0, 1.0]


@pytest.mark.parametrize("a", [inf, -inf, nan, 0.0, -0.0, 1e308])
def test_nothing_is_simplified_that_changes_a_result(a):
    made = [
        lambda x: x - x, lambda x: x * 0.0, lambda x: 0.0 * x, lambda x: x / x, lambda x: x + 0.0, lambda x: x - 0.0, lambda x: x * 1.0,
        lambda x: -(-x), lambda x: x**1.0, lambda x: x**0.0, lambda x: 0.0 - x, lambda x: x * 2.0 - x, lambda x: ops.sum([x]),
        lambda x: ops.maximum(x, x), lambda x: ops.where(x, x, x), lambda x: ops.where(1.0, x, x - x), lambda x: ops.log(ops.exp(x)),
    ]  # fmt: skip
    leaf = Value(3.0)
    program = Program([f(leaf) for f in made], [leaf])
    assert all(bits(found, f(Value(a)).data) for found, f in zip(program([a]), made, strict=True))


def test_two_recordings_of_the_same_are_equal():
    def recorded(at, c=2.0):
        leaf = Value(at)
        return Program([ops.sin(leaf) * c], [leaf])

    assert recorded(1.0) == recorded(5.0)
    assert hash(recorded(1.0)) == hash(recorded(5.0))
    others = [recorded(1.0, 3.0), recorded(1.0).gradient(), Program([], []), "program"]
    assert all(recorded(1.0) != other for other in others)
    zeros = [Program([Value(1.0) * 1.0], []), Program([Value(-1.0) * 1.0], [])]
    assert zeros[0] != zeros[1]
    assert repr(recorded(1.0)) == "<Program of 2 operations: 1 inputs, 1 outputs>"


def test_copies_and_pickles_are_equal(x):
    program = Program([cube(x[0]) * x[1], pick(x[0], x[2])], x)
    for twin in (copy.copy(program), copy.deepcopy(program), pickle.loads(pickle.dumps(program))):
        assert twin == program
        assert twin([2.0, 3.0, 4.0]) == [24.0, 2.0]
        assert twin.gradient() == program.gradient()


# where(x, max(x, y) * y, x) and clip(x, 0, 1) + [x < y], pickled before the row `equal` was in the table.
EARLIER = (
    b"c-n=L%}T>S6on^ge%e}V7vjp5RBSg9!9^E>V0Q+J_yT2`#3o>qFquIL3c4s-m|d^$=^N;sNs1K$UO34Nx$~WqJFnK~jY)LL9u+*BGa7n1Q||>x"
    b"_pVxPVE6_vFp!PxDTSeQk~9~*0N<2$kcCkJ@+cLHeCbVtj78o;Jo1DxMwcKvQx*kTT5u);jwEU8PNb({*|GtjtYB=+;2rK^;2XZPf_P8bAz$W^"
    b"I%0|oSbvmX8`5}&$z*c-jinzx;V@f|ol~=ac0vF*(kVD)7%*<f`wAW(Y|$=m4iR{{3%sfY9;>;i@mMGq)kbwtU6i)5D4W-rbW4+D$0Y98S&Wp0"
    b"QCS$}O%R*>ma=bDYom(M+}gMFTxnYSqh^`mVf0^y9{E#W*P88Sg6li3C!ep!O$WPMRTeSxegL{B#1H"
)


def test_a_pickle_of_a_shorter_table_has_the_same_operations():
    program = pickle.loads(zlib.decompress(base64.b85decode(EARLIER)))
    assert [program(x) for x in ([2.0, 3.0], [0.0, 0.5], [5.0, -1.0])] == [[9.0, 2.0], [0.0, 1.0], [-5.0, 1.0]]
    assert pickle.loads(pickle.dumps(program)) == program


def test_nobody_changes_a_program(x, tmp_path):
    program = Program([x[0] * x[1] + 0.5], x)
    program.save(tmp_path / "a.npz")
    for each in (program, copy.deepcopy(program), pickle.loads(pickle.dumps(program)), Program.load(tmp_path / "a.npz")):
        for array in (each.codes, each.starts, each.args, each.constants, each.outputs):
            with pytest.raises(ValueError, match="read-only"):
                array[:] = 0


def test_operations_of_ones_own(x):
    program = Program([cube(x[0]) + pick(x[1], x[0])], x)
    assert program.own == (cube, pick)
    assert program([2.0, 3.0, 0.0]) == [11.0]
    assert program([np.array([2.0, 1.0]), 3.0, 0.0])[0].tolist() == [11.0, 4.0]
    assert program.gradient()([2.0, 3.0, 0.0, 1.0]) == [12.0, 1.0, 0.0]


def test_more_operations_of_ones_own_than_a_byte_counts():
    def times(k):
        return Op(f"times{k}", lambda xp, x: k * x, lambda y, x: (float(k),))

    own = [times(k) for k in range(300)]
    leaf = Value(1.0)
    program = Program([ops.sum([op(leaf) for op in own])], [leaf])
    assert program([2.0]) == [2.0 * sum(range(300))]


def test_depth_is_no_matter():
    leaf = y = Value(0.5)
    for _ in range(100_000):
        y = ops.sin(y)
    program = Program([y], [leaf])
    assert len(program) == 100_000
    assert bits(program([0.5])[0], y.data)


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda x: Program([None], [x]), NumberError, "the outputs: got None"),
        (lambda x: Program(["1"], [x]), NumberError, "the outputs: got the string"),
        (lambda x: Program([x], [x, 1.0]), NumberError, "got 1.0 as an input"),
        (lambda x: Program(np.array(x), [x]), NumberError, "as the outputs, expected a sequence of Values"),
        (lambda x: Program([x], [x, x]), LengthError, "twice"),
        (lambda x: Program([x], [x])([]), LengthError, "got 0 inputs, expected 1"),
        (lambda x: Program([x * 2.0], [x])(["1"]), NumberError, "string"),
        (lambda x: Program([cube(x)], [x]).save("p.npz"), OperationError, "cube"),
        (lambda x: Program([x], [x]).save(3), OperationError, "got 3 as the path"),
        (lambda x: Program.load(None), OperationError, "got None as the path"),
        (lambda x: Program([pick(x, 1.0)], [x]).to_c(), OperationError, "any number"),
    ],
)
def test_wrong_calls(call, error, said):
    with pytest.raises(error, match=said):
        call(Value(1.0))


# Files.


@pytest.fixture
def saved(tmp_path, x):
    """A program that has something of everything, and its file."""
    program = Program([ops.sum([x[0] * x[1], 2.5, x[2]]), ops.where(x[0], x[1], -0.0), 7.0, x[2], ops.dot(x, x)], x)
    program.save(tmp_path / "p.npz")
    return program, tmp_path / "p.npz"


def altered(path, **arrays):
    """The file with other arrays, or without those that are None."""
    with np.load(path) as archive:
        content = {name: archive[name] for name in archive.files} | arrays
    with writing(path) as file:
        write_arrays(file, {name: a for name, a in content.items() if a is not None})
    return Program.load(path)


def test_a_file_holds_all_of_it(saved):
    program, path = saved
    for name in (path, str(path)):
        twin = Program.load(name)
        assert twin == program
        assert twin([2.0, 3.0, 4.0]) == program([2.0, 3.0, 4.0])
    assert [p.name for p in path.parent.iterdir()] == ["p.npz"]
    twin.gradient().save(path)
    assert Program.load(path) == program.gradient()


def test_codes_are_by_name(saved):
    """A table in another order, with fewer rows, gives the same program."""
    program, path = saved
    used = [list(TABLE)[code] for code in dict.fromkeys(program.codes.tolist())]
    for names in (list(reversed(TABLE)), used[::-1]):
        codes = np.array([names.index(list(TABLE)[code]) for code in program.codes], dtype=np.uint8)
        assert altered(path, names=np.array(names), codes=codes) == program


@pytest.mark.parametrize("kind", ["codes", "starts", "args", "constants", "outputs", "inputs", "names", "format"])
def test_a_file_without_a_part_is_refused(saved, kind):
    with pytest.raises(StateError, match="damaged"):
        altered(saved[1], **{kind: None})


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"format": "valuegrad program, version 3", "constants": None}, "version 3, expected 2"),
        ({"format": 1.0}, "its format is '1.0'"),
        ({"inputs": -1}, "inputs"),
        ({"inputs": 2.0}, "inputs"),
        ({"inputs": [3]}, "inputs"),
        ({"inputs": 2**40}, "inputs"),
        ({"inputs": 2}, "after it|out of range"),
        ({"names": "add"}, "names"),
        ({"names": np.arange(3)}, "names"),
        ({"names": [["add"]]}, "names"),
        ({"names": np.array([*TABLE, "eval"])}, "unknown operations eval"),
        ({"names": np.array(["add"])}, "unknown code"),
        ({"names": np.array(["tanh"] * len(TABLE))}, "two codes"),
        ({"names": np.array(list(TABLE)[20:] + list(TABLE)[:20])}, "wrong number of arguments"),
        ({"codes": np.zeros((2, 2), np.uint8)}, "codes"),
        ({"codes": np.zeros(4)}, "codes"),
        ({"codes": np.full(4, 255, np.uint8)}, "unknown code"),
        ({"starts": np.array([0, 2], np.uint32)}, "one operation after the other"),
        ({"starts": np.array([], np.uint32)}, "one operation after the other"),
        ({"args": np.array([0], np.int32)}, "one operation after the other"),
        ({"outputs": np.array([-1], np.int32)}, "output"),
        ({"outputs": np.array([99], np.int32)}, "output"),
        ({"constants": np.array(["a"])}, "constants"),
    ],
)
def test_a_file_with_other_content_is_refused(saved, arrays, said):
    with pytest.raises(StateError, match=said):
        altered(saved[1], **arrays)


@pytest.mark.parametrize("place", [-1, 99, 2**31 - 1, -(2**31)])
def test_an_argument_out_of_range_is_refused(saved, place):
    program, path = saved
    for i in range(len(program.args)):
        args = program.args.copy()
        args[i] = place
        with pytest.raises(StateError, match="an argument"):
            altered(path, args=args)


def test_an_argument_that_comes_later_is_refused(saved):
    program, path = saved
    first = program.inputs + len(program.constants)
    args = program.args.copy()
    args[0] = first  # the result of the first operation itself
    with pytest.raises(StateError, match="comes after it"):
        altered(path, args=args)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "p"
    with pytest.raises(PathNotFoundError, match="no such file"):
        Program.load(path)
    with pytest.raises(PathNotFoundError, match="no such file"):
        Program.load(tmp_path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    contents = [b"", b"text", b"PK\x03\x04", path.read_bytes(), pickle.dumps({"format": FORMAT})]
    for content in contents:
        path.write_bytes(content)
        with pytest.raises(StateError, match="damaged"):
            Program.load(path)


class Trap:
    sprung = False

    def __reduce__(self):
        return setattr, (Trap, "sprung", True)


@pytest.mark.parametrize("name", ["format", "names", "constants"])
def test_nothing_is_executed_on_loading(saved, name):
    _, path = saved
    trap = np.empty(1, dtype=object)
    trap[0] = Trap()
    with np.load(path) as content, (path.parent / "trap.npz").open("wb") as file:
        np.savez(file, **{key: content[key] for key in content.files} | {"format": "valuegrad program, version 1", name: trap})
    with pytest.raises(StateError):
        Program.load(path.parent / "trap.npz")
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(StateError):
        Program.load(path)
    assert not Trap.sprung


def test_a_damaged_file_is_refused_or_is_a_program(saved):
    """Cut, and with bytes changed: one error, or, where the change does no harm, a program that runs."""
    program, path = saved
    content, rng = path.read_bytes(), random.Random(1)
    for k in range(400):
        damaged = bytearray(content[: rng.randrange(len(content))] if k % 4 == 0 else content)
        for _ in range(rng.randrange(3) if damaged else 0):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            found = Program.load(path)
        except StateError:
            continue
        found([1.0] * found.inputs)
    path.write_bytes(content)
    for k in range(200):
        name = ("codes", "starts", "args", "outputs")[k % 4]
        array = getattr(program, name).copy()
        array[rng.randrange(len(array))] = rng.choice((0, 1, 2, 3, 5, 9, 40, 41, 100))
        path.write_bytes(content)
        try:
            found = altered(path, **{name: array})
        except StateError:
            continue
        found([1.0] * found.inputs)


def test_saving_leaves_nothing_half_done(saved, monkeypatch):
    program, path = saved
    content = path.read_bytes()
    with pytest.raises(RangeError, match="is a folder"):
        program.save(path.parent)
    with pytest.raises(PathNotFoundError, match="no folder"):
        program.save(path.parent / "no" / "p.npz")

    def full(file, *_, **__):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(FileError, match="No space left on device; nothing was changed"):
        program.save(path)
    assert [p.name for p in path.parent.iterdir()] == ["p.npz"]
    assert path.read_bytes() == content


# C.


def agree(folder, program, points, *flags):
    found = in_c(folder, [(program, points)], *flags)
    gradient = program.gradient()
    for point, row in zip(points, found, strict=True):
        expected = [*program(point[: program.inputs]), *gradient(point)]
        assert all(map(bits, row, expected)), (point, row, expected)


@pytest.mark.any_python
@pytest.mark.any_backend
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(st.lists(graphs(most=100), min_size=8, max_size=8), st.randoms(use_true_random=False))
def test_c_of_random_graphs_gives_the_same_bits(tmp_path_factory, made, rng):
    leaves = [Value(a) for a in made[0].inputs]
    program = Program([graph.run(leaves) for graph in made], leaves)
    points = [[*graph.inputs, *[rng.uniform(-2.0, 2.0) for _ in made]] for graph in made]
    agree(tmp_path_factory.mktemp("c"), program, points)


@pytest.mark.any_python
@pytest.mark.any_backend
def test_hypot_in_c_has_the_bits_of_python(tmp_path):
    """C libraries differ in the last place; numbers of every size, far apart and close, and those of which the squares leave the range."""
    draw = np.random.default_rng(19)
    scale = np.where(draw.random(4000) < 0.5, 1.0, 2.0 ** draw.integers(-1060, 1000, 4000))
    a, b = draw.uniform(-1.0, 1.0, (2, 4000)) * scale * [np.ones(4000), 2.0 ** -draw.integers(0, 54, 4000)]
    points = [*zip(a.tolist(), b.tolist(), strict=True), *product([0.0, -0.0, 1.0, 5e-324, 1.7e308, inf, -inf, nan], repeat=2)]
    leaves = [Value(1.0), Value(1.0)]
    found = in_c(tmp_path, [(Program([ops.hypot(*leaves)], leaves), [[*point, 1.0] for point in points])])
    assert all(bits(y, math.hypot(*point)) for point, (y, *_) in zip(points, found, strict=True))


@pytest.mark.any_python
@pytest.mark.any_backend
def test_c_under_sanitizers_at_edges(tmp_path):
    """Every row of the table of edges of one number, as one program: nothing undefined in C, and the same edges."""
    rows = [row.values for row in ROWS if len(row.values[1]) == 1]
    leaf = Value(0.5)
    program = Program([row[0](leaf) for row in rows], [leaf])
    points = [[a, *[1.0] * len(rows)] for a in (0.0, -0.0, 1.0, -1.0, 1000.0, inf, -inf, nan, 5e-324, 1e308)]
    agree(tmp_path, program, points, *SANITIZE)


def test_c_of_operations_of_ones_own(tmp_path, x):
    program = Program([cube(x[0]) * x[1] + ops.dot([x[0], cube(x[1])], [x[2], 0.1]), ops.maximum(*x)], x)
    agree(tmp_path, program, [[2.0, 3.0, 4.0, 1.0, -1.0], [-1.0, -1.0, -1.0, 0.5, 3.0]])


@pytest.mark.parametrize("inputs", [[], [Value(1.0)]])
@pytest.mark.parametrize("outputs", [[2.0], [-0.0, inf, -inf, nan, 5e-324, 1.7976931348623157e308]])
def test_c_of_hardly_anything(tmp_path, inputs, outputs):
    program = Program([*outputs, *inputs], inputs)
    agree(tmp_path, program, [[*[2.0] * len(inputs), *[1.0] * len(program.outputs)]])


@pytest.mark.any_python
@pytest.mark.any_backend
def test_c_of_a_sum_of_many(tmp_path):
    leaves = [Value(float(i)) for i in range(5_000)]
    program = Program([ops.sum(leaves), ops.dot(leaves, leaves)], leaves)
    agree(tmp_path, program, [[*[0.1 * i for i in range(5_000)], 1.0, 0.5]], "-O0")


@pytest.mark.any_python
@pytest.mark.any_backend
@pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
def test_compiling_twice_as_many_operations_takes_about_twice_as_long(tmp_path):
    """Compilers are superlinear in the size of a function, so none is large: 10,000 operations against 5,000."""

    def seconds(n):
        leaf = y = Value(0.3)
        for _ in range(n // 2):
            y = leaf - y * 0.5
        program = Program([y], [leaf])
        assert len(program) == n
        (tmp_path / "f.c").write_text(program.to_c(), encoding="utf-8")
        start = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([COMPILER, "-c", "f.c", "-O0", *FLAGS], cwd=tmp_path, check=True, timeout=600)
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - start

    assert seconds(10_000) < 3.0 * seconds(5_000)


@pytest.mark.parametrize(
    "name",
    ["", "1f", "a b", "é", "f;", "int", "bool", "class", "main", "exp", "fmaxl", "sqrtf32", "calloc", "_f", "AG_add", "NAN", "size_t", 3],
)
def test_names_that_c_cannot_take(name):
    with pytest.raises(OperationError, match="as the name of a C function"):
        Program([1.0], []).to_c(name)


@pytest.mark.parametrize("name", ["x", "y", "v", "t", "g", "places", "constants", "n", "a", "F", "cotangents", "gathered"])
def test_names_that_the_source_uses_inside_are_free(tmp_path, name, x):
    source = Program([ops.sum([x[0] * 2.0, x[1], ops.exp(x[2])])], x).to_c(name)
    compiled(tmp_path, source + "\nint main(void) { return 0; }\n", "-O0")
