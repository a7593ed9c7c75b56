"""The benchmarks run at their smallest, and compare what they say they compare."""

import os
import random
from contextlib import suppress

import asian
import demo
import eager
import gpt
import growth
import loops
import measure
import mlp
import names_gpt
import numpy as np
import pytest
import softmax
import threads

import autograd

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]


@pytest.fixture(autouse=True)
def _ended(monkeypatch):
    """The processes of a test end with it: Python 3.13 may wait for ever for those that are left at its own end."""
    made, new = [], measure.ProcessPoolExecutor

    def started(*args):
        made.append(new(*args))
        return made[-1]

    monkeypatch.setattr(measure, "ProcessPoolExecutor", started)
    monkeypatch.setenv("PYTHONWARNINGS", "error:jit:RuntimeWarning,error:vmap:RuntimeWarning")  # their functions are recorded
    yield
    for process in made:
        process.shutdown(cancel_futures=True)


def test_the_gpt_has_the_parameters_that_it_claims():
    assert len(names_gpt.Model(random.Random(0)).parameters()) == 4192  # noqa: S311


def test_the_gpt_has_the_same_losses_with_every_peer():
    losses = {name: gpt.run(name, 0, steps=3)[0] for name in found(gpt.PEERS, gpt.prepare)}
    assert {"its own Value", "ours", gpt.OURS} <= losses.keys()
    for name, each in losses.items():
        assert each == pytest.approx(losses["its own Value"], rel=1e-9), name
    assert len(set(losses["ours"])) == 3
    assert losses["ours"][0] == pytest.approx(np.log(27), abs=0.2)  # nothing learned yet: 27 letters, nearly all alike


def test_the_gpt_learns():
    program = measure.replaced("names_gpt", Value=autograd.Value, NAMES=["ada"])
    rng = random.Random(1)  # noqa: S311
    model = program.Model(rng)
    losses = list(program.train(12, model, rng))
    assert losses[-1] < losses[0] / 2
    assert {type(p) for p in model.parameters()} == {autograd.Value}


def test_replacing_a_name_leaves_the_module_itself_alone():
    copy = measure.replaced("names_gpt", Value=autograd.Value)
    assert copy.Value is autograd.Value
    assert names_gpt.Value is not autograd.Value
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        measure.replaced("no_such_module")


def found(peers, prepare):
    """Those installed here that can share a process: minigrad may crash."""
    for name in peers:
        if name != "minigrad, in C":
            try:
                prepare(name)
            except (ImportError, OSError):
                continue
            yield name


def test_the_demo_gives_every_peer_the_same_losses():
    results = {name: demo.run(name, 0, points=10, steps=3)[:2] for name in found(demo.PEERS, demo.prepare)}
    assert {"micrograd", *demo.OURS} <= results.keys()
    reference, accuracy = results.pop("micrograd")
    for name, (losses, correct) in results.items():
        assert losses == pytest.approx(reference, rel=1e-9), name
        assert correct == accuracy, name


def test_the_demo_in_micrograds_style_differs_from_micrograd_in_its_numbers_alone():
    MLP, number, _ = demo.ours()
    assert MLP.__module__ == "micrograd.nn"
    assert {number, *map(type, MLP(1, [1]).parameters())} == {autograd.Value}


@pytest.mark.parametrize("table", loops.TABLES)
def test_the_loops_find_the_same_numbers(table, monkeypatch):
    monkeypatch.setattr(loops.loop, "KEPT", loops.loop.KEPT)
    ours = [name for name in loops.TABLES[table].rows if "JAX" not in name and "CasADi" not in name]
    numbers = [loops.answer(table, 60, name, 0) for name in ours]
    assert {len(x) for x in numbers} == {1, 5}
    for x in numbers:
        np.testing.assert_allclose(x, max(numbers, key=len)[: len(x)], rtol=1e-11)


def test_every_peer_of_eager_finds_the_same_gradients():
    gradients = {name: eager.peer(name).measure(eager.XS[:3])[1] for name in found(eager.PEERS, eager.prepare)}
    assert {eager.OURS, eager.SLOTS} <= gradients.keys()
    for name, gradient in gradients.items():
        assert gradient == pytest.approx(gradients[eager.SLOTS], rel=1e-9), name


def test_the_operations_of_eager_are_the_nodes_that_ours_records():
    leaves = [autograd.Value(x) for x in eager.LEAVES]
    loss = eager.peer(eager.OURS).block(0.5, *leaves)
    assert autograd.count(loss) - len(leaves) == eager.OPERATIONS - 1


def test_eager_prints_ours_as_once_ours(capsys):
    with measure.processes(eager.prepare, [eager.OURS]) as found:
        costs = eager.compare(found, 1000, 1)
    assert list(costs) == [eager.OURS]
    assert (costs[eager.OURS] > 0).all()
    assert capsys.readouterr().out.endswith(" 1 (1 … 1)\n")


def test_what_turns_takes_in_turn_and_leaves_out(capsys):
    with measure.processes(len, ["one", "two"]) as peers:
        assert measure.turns(peers, "{}{}".format, 3) == {"one": ["one0", "one1", "one2"], "two": ["two0", "two1", "two2"]}
    with measure.processes(__import__, ["no_such_module"]) as none:
        assert none == {}
    assert capsys.readouterr().out == "left out: no_such_module: No module named 'no_such_module'\n"


def crash_in_the_second_round(name, i):
    if i == 1 and name == "frail":
        os._exit(1)
    return i


def test_who_crashes_keeps_what_it_gave_and_gets_no_further_turn(capsys):
    with measure.processes(len, ["frail", "sound"]) as peers:
        results = measure.turns(peers, crash_in_the_second_round, 3)
    assert results == {"frail": [0], "sound": [0, 1, 2]}
    assert capsys.readouterr().out == "frail crashed in round 2\n"


def test_spread_is_the_median_and_the_quartiles():
    assert measure.spread([5.0, 1.0, 3.0, 2.0, 4.0]) == "3 (2 … 4)"
    assert measure.spread([1234.5]) == "1,234 (1,234 … 1,234)"


@pytest.mark.parametrize(("module", "size"), [(mlp, 6), (softmax, 8), (asian, 16)])
def test_peers_find_the_same_numbers(module, size):
    numbers = {name: np.hstack(module.PEERS[name](size)(3)) for name in found(module.PEERS, lambda name: module.PEERS[name](size))}
    assert {module.OURS, "NumPy by hand"} <= numbers.keys()
    for name, each in numbers.items():
        np.testing.assert_allclose(each, numbers[module.OURS], rtol=1e-9, atol=1e-12, err_msg=name)


def test_compare_refuses_a_peer_that_finds_other_numbers(capsys):
    peers = {"ours": constant, "theirs": constant}
    costs = measure.compare(peers, "ours", 3, 2)
    assert list(costs) == ["ours", "theirs"]
    assert (costs["ours"] > 0).all()
    assert capsys.readouterr().out.count("(") == 4
    with pytest.raises(AssertionError, match="theirs"):
        measure.compare(peers | {"theirs": growing}, "ours", 3, 1)


def test_threads_runs_the_same_with_one_and_two(capsys):
    assert list(measure.compare(threads.PEERS, threads.OURS, 16, 1, pinned=False)) == ["one thread", "two threads"]
    assert capsys.readouterr().out.endswith(" 1 (1 … 1)\n")


def test_growth_measures_every_quantity_of_a_program():
    cost = dict(zip(growth.QUANTITIES, growth.run(growth.BLOCK, 0), strict=True))
    assert all(x > 0 for name, x in cost.items() if not name.startswith("prepare"))
    assert 13 <= cost["a Program, bytes"] < 14  # a code, where its arguments start, and two of them
    inputs = [autograd.Value(x) for x in growth.START]
    assert autograd.count(growth.recorded(inputs, 2 * growth.BLOCK)) == 2 * growth.BLOCK + 1 + len(inputs)


def constant(size):
    return lambda times: [(1.0, np.arange(size)) for _ in range(times)][-1]


def growing(size):
    return lambda times: [(1.0, np.arange(size) + step) for step in range(times)][-1]


def test_a_run_is_timed_over_as_many_times_as_take_long_enough(monkeypatch):
    clock, asked = [0.0], []

    def run(times):
        asked.append(times)
        clock[0] += times / 1024

    monkeypatch.setattr(measure.time, "perf_counter", lambda: clock[0])
    assert measure.seconds(run, least=1 / 64) == 1 / 1024
    assert asked == [1, 16]


def test_a_plot_shows_every_peer_and_is_the_same_again(tmp_path):
    for path in (tmp_path / "one.svg", tmp_path / "two.svg"):
        measure.plot(str(path), "title", {"ours": np.array([1.0, 2.0]), "theirs": np.array([2000.0, 4000.0])}, "ours")
    assert (tmp_path / "one.svg").stat().st_size > 5000
    text = (tmp_path / "one.svg").read_text()
    assert "<!-- theirs -->" in text
    assert "<!-- 2,000 -->" in text


def test_no_peer_changes_the_arithmetic_of_its_process():
    for make in asian.PEERS.values():
        with suppress(ImportError, OSError):
            make(8)
    tiny = float(np.float64(5e-324))
    assert np.float64(tiny) * 1.0 == tiny != 0.0
    assert autograd.sqrt(tiny) > 0.0
