"""Programs and arrays that do not fit together are refused by the kernel, whatever they are."""

from typing import Any

import numpy as np
import pytest
from flat_programs import CODES, kernel
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import TABLE

ADD, DOT, WHERE, MAXIMUM = (CODES[name] for name in ("add", "dot", "where", "maximum"))
GOOD = {
    "codes": np.uint8([ADD, DOT]),
    "starts": np.uint32([0, 2, 6]),
    "args": np.int32([0, 1, 0, 1, 2, 3]),
    "constants": np.array([2.0]),
    "inputs": 2,
    "outputs": np.int32([4]),
    "uniform": np.uint8([0, 1]),
    "wanted": np.uint8([1, 1]),
}
BAD = {
    "unknown code": ({"codes": np.uint8([ADD, len(TABLE)])}, "instruction 1 of 2: its code"),
    "too few arguments": ({"starts": np.uint32([0, 1, 6])}, "instruction 0 of 2: it has the wrong number"),
    "dot of an odd number": ({"starts": np.uint32([0, 2, 5])}, "instruction 1 of 2: it has the wrong number"),
    "maximum of nothing": (
        {"codes": np.uint8([ADD, MAXIMUM]), "starts": np.uint32([0, 2, 2])},
        "instruction 1 of 2: it has the wrong number",
    ),
    "starts go back": ({"starts": np.uint32([0, 6, 2])}, "instruction 0 of 2"),
    "starts late": ({"starts": np.uint32([2, 4, 6])}, "do not start at 0"),
    "ends early": ({"starts": np.uint32([0, 2, 4])}, "it ends before or after args"),
    "ends late": ({"starts": np.uint32([0, 2, 8])}, "outside of args"),
    "a start for each": ({"starts": np.uint32([0, 2])}, "got 2 starts for 2 instructions"),
    "itself as argument": ({"args": np.int32([0, 3, 0, 1, 2, 3])}, "instruction 0 of 2: an argument is not an earlier slot"),
    "negative argument": ({"args": np.int32([0, -1, 0, 1, 2, 3])}, "instruction 0 of 2: an argument is not an earlier slot"),
    "output beyond": ({"outputs": np.int32([5])}, "an output is not a slot"),
    "negative output": ({"outputs": np.int32([-1])}, "an output is not a slot"),
    "too few constants": ({"constants": np.array([])}, "not an earlier slot"),
    "negative inputs": ({"inputs": -1}, "got -1 inputs"),
    "huge inputs": ({"inputs": 2**31}, "got 2147483648 inputs"),
    "uniform too short": ({"uniform": np.uint8([0])}, "got uniform as"),
    "wanted too long": ({"wanted": np.uint8([0, 1, 1])}, "got wanted as"),
    "codes of another type": ({"codes": np.int64([ADD, DOT])}, "got codes as 1 axes of 'l', 8 bytes each, expected one axis of 'B'"),
    "args of another type": ({"args": np.uint32([0, 1, 0, 1, 2, 3])}, "got args as 1 axes of 'I'"),
    "constants of another type": ({"constants": np.float32([2.0])}, "got constants as"),
    "two axes": ({"args": np.int32([[0, 1, 0], [1, 2, 3]])}, "got args as 2 axes"),
    "seeded too long": ({"seeded": np.uint8([1, 1])}, "got seeded as"),
}


@pytest.mark.parametrize(("change", "message"), BAD.values(), ids=BAD)
def test_a_damaged_program_is_refused(change, message):
    kernel.Plan(**GOOD)
    with pytest.raises(ValueError, match=message):
        kernel.Plan(**GOOD | change)


EQUAL = {"codes": np.uint32([ADD, DOT]), "starts": GOOD["starts"], "args": GOOD["args"], "known": 3, "found": np.zeros(2, np.int32)}
NOT_EQUAL = {
    "starts go back": {"starts": np.uint32([0, 7, 6])},
    "starts late": {"starts": np.uint32([1, 2, 6])},
    "a start too few": {"starts": np.uint32([0, 6])},
    "more arguments than starts": {"args": np.int32([0, 1, 0, 1, 2, 3, 0])},
    "itself as argument": {"args": np.int32([0, 3, 0, 1, 2, 3])},
    "negative argument": {"args": np.int32([0, -1, 0, 1, 2, 3])},
    "negative number of slots": {"known": -1},
    "too many slots": {"known": 2**31 - 2},
    "room too short": {"found": np.zeros(1, np.int32)},
    "codes of another type": {"codes": np.uint8([ADD, DOT])},
    "args of another type": {"args": np.float32([0, 1, 0, 1, 2, 3])},
}


@pytest.mark.parametrize("change", NOT_EQUAL.values(), ids=NOT_EQUAL)
def test_where_equal_instructions_are_looked_for_in_what_is_no_program(change):
    kernel.first_equal(*EQUAL.values())
    assert EQUAL["found"].tolist() == [0, 1]
    with pytest.raises(ValueError, match="expected"):
        kernel.first_equal(*(EQUAL | change).values())
    assert EQUAL["found"].tolist() == [0, 1]


FLAGS = {
    "starts": GOOD["starts"],
    "args": GOOD["args"],
    "known": 3,
    "through": None,
    "flags": np.uint8([1, 0, 0, 0, 0]),
    "backwards": False,
}
NO_FLAGS = {
    **{name: change for name, change in NOT_EQUAL.items() if "codes" not in change and "found" not in change},
    "no starts": {"starts": np.uint32([])},
    "marks too short": {"through": np.uint8([1])},
    "flags too short": {"flags": np.uint8([1, 0, 0, 0])},
    "flags of another type": {"flags": np.zeros(5)},
    "flags that are fixed": {"flags": np.frombuffer(bytes(5), np.uint8)},
}


@pytest.mark.parametrize("change", NO_FLAGS.values(), ids=NO_FLAGS)
def test_where_flags_are_spread_over_what_is_no_program(change):
    given = FLAGS | {"flags": FLAGS["flags"].copy()}
    kernel.spread(*given.values())
    assert given["flags"].tolist() == [1, 0, 0, 1, 1]
    with pytest.raises(ValueError, match="expected"):
        kernel.spread(*(given | change).values())


@pytest.mark.parametrize("name", GOOD)
def test_what_is_no_array_is_refused(name):
    with pytest.raises(TypeError):
        kernel.Plan(**GOOD | {name: "text"})


CALL: dict[str, Any] = {
    "lanes": 3,
    "inputs": [np.ones((3, 1)), np.ones(1)],
    "outputs": [np.empty((3, 1))],
    "seeds": [np.ones(1)],
    "gradients": [np.empty((3, 1)), None],
}
BAD_CALLS = {
    "no lanes": ({"lanes": 0}, "got 0 lanes"),
    "no threads": ({"threads": 0}, "0 threads"),
    "another number of lanes": ({"lanes": 4}, "first axis is not the lanes"),
    "an input too few": ({"inputs": [np.ones((3, 1))]}, "got 1 or more inputs, expected 2"),
    "an input too many": ({"inputs": [np.ones((3, 1)), np.ones(2)]}, "or more inputs, expected 2"),
    "uniform and not in one array": ({"inputs": [np.ones((3, 2))]}, "of which some are uniform"),
    "float32": ({"inputs": [np.ones((3, 1), np.float32), np.ones(1)]}, "expected aligned float64"),
    "byte order": ({"inputs": [np.ones((3, 1), ">f8"), np.ones(1)]}, "expected aligned float64"),
    "uneven": ({"inputs": [np.ones((3, 1)), np.ones((2, 1, 2))[:, :, :1]]}, "or more inputs, expected 2"),
    "outputs too many": ({"outputs": [np.empty((3, 2))]}, "or more outputs, expected 1"),
    "seeds too few": ({"seeds": []}, "or more seeds, expected 1"),
    "seeds without gradients": ({"gradients": None}, "expected both or neither"),
    "gradients without seeds": ({"seeds": None}, "expected both or neither"),
    "gradients of other lanes": ({"gradients": [np.empty((4, 1)), None]}, "first axis is not the lanes"),
    "gradients of other inputs": ({"gradients": [np.empty((3, 2)), None]}, "got room for 2 gradients, expected 1"),
    "too few gradients": ({"gradients": [None]}, "got 1 arrays for gradients, expected 2"),
}


@pytest.mark.parametrize(("change", "message"), BAD_CALLS.values(), ids=BAD_CALLS)
def test_arrays_that_do_not_fit_are_refused(change, message):
    plan = kernel.Plan(**GOOD)
    plan.run(**CALL)
    with pytest.raises(ValueError, match=message):
        plan.run(**CALL | change)


def test_what_is_read_only_is_not_written_to():
    plan = kernel.Plan(**GOOD)
    fixed = np.empty((3, 1))
    fixed.flags.writeable = False
    for name in ("outputs", "gradients"):
        with pytest.raises((ValueError, BufferError), match="read-only"):
            plan.run(**CALL | {name: [fixed, None][: len(CALL[name])]})
    plan.run(**CALL | {"inputs": [fixed, np.ones(1)]})


def test_a_program_that_could_be_changed_is_copied():
    arrays = {name: x.copy() if isinstance(x, np.ndarray) else x for name, x in GOOD.items()}
    plan = kernel.Plan(**arrays)
    for x in arrays.values():
        if isinstance(x, np.ndarray):
            x[:] = 99
    y = np.empty((3, 1))
    plan.run(**CALL | {"outputs": [y]})
    assert np.array_equal(y[:, 0], [4.0, 4.0, 4.0])  # 1*2 + 1*(1 + 1)


small = st.integers(-1, 6)


@settings(max_examples=1000)
@given(
    st.lists(st.integers(0, len(TABLE)), max_size=4),
    st.lists(st.integers(0, 9), max_size=6),
    st.lists(small, max_size=9),
    st.lists(small, max_size=3),
    st.lists(st.tuples(st.booleans(), st.booleans()), max_size=3),
)
def test_any_numbers_are_refused_or_run(codes, starts, args, outputs, inputs):
    uniform, wanted = zip(*inputs, strict=True) if inputs else ((), ())
    starts = [0, *sorted(starts)[: len(codes) - 1], len(args)] if len(starts) % 3 else starts
    try:
        plan = kernel.Plan(
            np.uint8(codes),
            np.uint32(starts),
            np.int32(args),
            np.array([1.0, 2.0]),
            len(inputs),
            np.int32(outputs),
            np.uint8(uniform),
            np.uint8(wanted),
        )
    except ValueError:
        return
    for lanes in (1, 2, 11):
        x = [np.full(1 if u else lanes, 0.5) for u in uniform]
        per_lane = np.empty((lanes, len(outputs)))
        plan.run(lanes, x, [per_lane], [np.ones(len(outputs))], [a.copy() for a in x])
        if lanes > 1 and np.isfinite(per_lane).all():
            assert np.array_equal(per_lane[0], per_lane[-1])


LESS = CODES["less"]
# x < 0 ? x + x : -(x + 1), as a tree of paths: inputs x; constants 0, 1.
TREE = {
    "codes": np.uint8([LESS, ADD, ADD, CODES["neg"]]),
    "starts": np.uint32([0, 2, 4, 6, 7]),
    "args": np.int32([0, 1, 0, 0, 0, 2, 5]),
    "constants": np.array([0.0, 1.0]),
    "inputs": 1,
    "outputs": np.int32([4, 6]),
    "uniform": np.uint8([1]),
    "wanted": np.uint8([1]),
    "arms": np.int32([[0, 1, 0, 0, 3, 1, 2], [2, 4, 0, 0, -1, 1, 2], [1, 2, 0, 1, -1, 0, 1]]),
    "checks": np.int32([2 * 3 + 1]),
}


def changed(row, column, x):
    arms = TREE["arms"].copy()
    arms[row, column] = x
    return {"arms": arms}


BAD_TREES = {
    "instructions beyond": (changed(1, 1, 5), "arm 1 of 3 is damaged: its instructions"),
    "instructions backwards": (changed(2, 0, 3), "arm 2 of 3 is damaged: its instructions"),
    "negative instructions": (changed(0, 0, -1), "arm 0 of 3 is damaged: its instructions"),
    "checks beyond": (changed(2, 3, 2), "its checks"),
    "a guard beyond": (changed(0, 4, 7), "its guard"),
    "a negative guard": (changed(0, 4, -2), "its guard"),
    "itself next": (changed(0, 5, 0), "an arm that follows"),
    "next beyond": (changed(0, 6, 3), "an arm that follows"),
    "outputs beyond": (changed(1, 6, 3), "its outputs"),
    "outputs backwards": (changed(2, 5, 2), "its outputs"),
    "no check": ({"checks": np.int32([14])}, "check 0 is not for a slot"),
    "arms of another type": ({"arms": TREE["arms"].astype(np.int64)}, "got arms as an array of another kind"),
    "no arms": ({"arms": TREE["arms"][:0]}, "got arms as an array of another kind"),
    "checks of another type": ({"checks": np.float64([7.0])}, "got checks as an array of another kind"),
}


@pytest.mark.parametrize(("change", "message"), BAD_TREES.values(), ids=BAD_TREES)
def test_a_damaged_tree_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        kernel.Plan(**TREE | change)


def test_a_tree_is_followed():
    plan, outputs, gradient = kernel.Plan(**TREE), np.empty(1), np.empty(1)
    for x, last, y, slope in ((-2.0, 2, -4.0, 2.0), (3.0, 1, -4.0, -1.0), (-2.0, 2, -4.0, 2.0), (np.nan, 1, np.nan, -1.0)):
        assert plan.follow([np.array(x)], outputs, np.array([1.0]), [gradient]) == last
        assert np.array_equal(outputs, [y], equal_nan=True)
        assert gradient == [slope]
    assert kernel.Plan(**TREE | changed(0, 6, -1)).follow([np.array(-2.0)], outputs) == -1
    assert kernel.Plan(**TREE | {"checks": np.int32([2 * 3])}).follow([np.array(-2.0)], outputs) == -1
    for arguments, message in (
        (([np.array([1.0, 2.0])], outputs), "inputs"),
        (([np.array(1.0)], outputs[:0]), "outputs"),
        (([np.array(1.0)], np.float32([0.0])), "outputs"),
        (([np.array(1.0)], outputs, np.empty(0), [gradient]), "seeds"),
        (([np.array(1.0)], outputs, np.empty(1), [np.empty(2)]), "gradients"),
        (([np.array(1.0)], outputs, np.empty(1)), "expected both or neither"),
    ):
        with pytest.raises(ValueError, match=message):
            plan.follow(*arguments)
    with pytest.raises(ValueError, match="use follow"):
        plan.run(1, [np.array(1.0)], [np.empty(2)])
    with pytest.raises(ValueError, match="has no arms"):
        kernel.Plan(**GOOD).follow([np.array(1.0), np.ones(1)], outputs)


def test_a_loop_follows_a_tree_until_a_path_is_not_known():
    def loop(change, length, start, **more):
        carry = np.array([start])
        return kernel.Plan(**TREE | {"uniform": np.uint8([0])} | change).loop(length, carry, [], [], **more), carry.item()

    assert loop({}, 4, -2.0) == (4, -32.0)
    assert loop({}, 3, 2.0) == loop({}, 3, 2.0, plain=True) == (3, -12.0)  # 2, -3, -6, -12
    assert loop(changed(0, 6, -1), 3, 2.0) == (1, -3.0)
    assert loop(changed(0, 6, -1), 3, -3.0, first=2) == (2, -3.0)
    assert loop(changed(0, 5, -1), 3, -3.0, first=1) == (3, -12.0)
    for change, more, message in (
        (changed(2, 5, 1), {}, "arm 2 has 0 outputs, expected equally many in each: 1"),
        ({}, {"first": -1}, "got first=-1"),
    ):
        with pytest.raises(ValueError, match=message):
            loop(change, 3, 2.0, **more)
