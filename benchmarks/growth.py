"""Programs of 10³ … 10⁷ operations: what an operation costs to record, to prepare and to replay, and how many bytes it takes.

    python benchmarks/growth.py [operations ...] [--rounds 5] [--plot docs/growth.svg]

The operations are additions, subtractions and products on 16 registers, drawn at random; the output is the sum of the registers. The
gradient of a replay must be that of the graph. Each size has a process of its own, and they take turns on one core.
"""

import argparse
import operator
import os
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import measure
import numpy as np

import autograd
from autograd.program.lanes import BatchedProgram
from autograd.program.program import Program

REGISTERS, BLOCK, LANES = 16, 1000, 128
START = np.linspace(0.5, 1.5, REGISTERS)
QUANTITIES = [
    "record, ns",
    "make it a Program, ns",
    "prepare the replay, ns",
    "one lane, forward, ns",
    "one lane, forward and reverse, ns",
    f"{LANES} lanes, forward, ns a lane",
    f"{LANES} lanes, forward and reverse, ns a lane",
    "a Program, bytes",
    "and what replay in one lane keeps, bytes",
]


@cache
def block() -> list[tuple]:
    """Operations, each with its target and its other operand: a register or a constant. Registers that start within 1.5 end there."""
    draw = random.Random(0)  # noqa: S311  # not for secrets
    bounds, lines = [1.5] * REGISTERS, []
    while len(lines) < BLOCK - REGISTERS:
        i, j, operate = len(lines) % REGISTERS, draw.randrange(REGISTERS), draw.choice([operator.add, operator.sub, operator.mul])
        bound = bounds[i] * bounds[j] if operate is operator.mul else bounds[i] + bounds[j]
        lines.append((operate, i, j) if bound <= 4.0 else (operator.mul, i, REGISTERS))
        bounds[i] = bound if bound <= 4.0 else bounds[i] / 4.0
    return lines + [(operator.mul, i, REGISTERS + 1) for i in range(REGISTERS)]


def recorded(inputs: list[autograd.Value], operations: int) -> autograd.Value:
    numbers = [*inputs, 0.25, 0.375]
    for _ in range(operations // BLOCK):
        for operate, i, j in block():
            numbers[i] = operate(numbers[i], numbers[j])
    return autograd.sum(numbers[:REGISTERS])


def resident() -> int:
    """Bytes of memory in use by this process (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def run(operations: int, i: int) -> list[float]:
    """What each quantity is for one operation."""
    inputs = [autograd.Value(x) for x in START]
    block()
    times = [time.perf_counter()]
    y = recorded(inputs, operations)
    times.append(time.perf_counter())
    program = Program([y], inputs)
    times.append(time.perf_counter())
    if not i:
        y.backward()
    value, gradient = y.data, [x.grad for x in inputs]
    del y
    batched = BatchedProgram(program, [0])
    one, many = START.reshape(1, -1), np.tile(START, (LANES, 1))

    def forward(x):
        return batched.forward([x], len(x))

    def backward(x):
        return batched.backward([x], len(x), [1.0], [True])

    start = time.perf_counter()
    found = backward(one)
    first = time.perf_counter() - start
    if not i:
        np.testing.assert_allclose(found[0], value, rtol=1e-12)
        np.testing.assert_allclose(found[1][0][0], gradient, rtol=1e-9)
        np.testing.assert_allclose(backward(many)[1][0], [gradient] * LANES, rtol=1e-9)
    replays = [timed(sweep, x) for x in (one, many) for sweep in (forward, backward)]
    size = len(program)
    nanoseconds = np.array([*np.diff(times), max(0.0, first - replays[1]), *replays]) * 1e9 / size / [1, 1, 1, 1, 1, LANES, LANES]
    own = sum(array.nbytes for array in (program.codes, program.starts, program.args, program.constants))
    with measure.fresh() as process:
        return [*nanoseconds, own / size, (own + process.submit(kept, program).result()) / size]


def kept(program: Program) -> int:
    """Bytes that a replay of the program in one lane, forward and reverse, keeps for the next."""
    small = [autograd.Value(x) for x in START]
    for each in (Program([recorded(small, BLOCK)], small), program):
        before = resident()
        batched = BatchedProgram(each, [0])
        batched.backward([START.reshape(1, -1)], 1, [1.0], [True])
    return resident() - before


def timed(sweep: Callable, x: np.ndarray) -> float:
    sweep(x)
    return measure.seconds(lambda times: [sweep(x) for _ in range(times)][-1])


def plot(sizes: list[int], results: dict[int, np.ndarray], path: str) -> None:
    with measure.picture(path, "An operation of a program, by how many it has", figsize=(10, 4.5)) as axes:
        for k, name in enumerate(QUANTITIES[:7]):
            low, median, high = np.percentile([results[size][:, k] for size in sizes], [25, 50, 75], axis=1)
            (line,) = axes.plot(sizes, median, marker="o", label=name.replace(", ns", ",", 1).rstrip(","))
            axes.fill_between(sizes, low, high, color=line.get_color(), alpha=0.2)
        axes.set(xscale="log", yscale="log", xlabel="operations", ylabel="nanoseconds an operation")
        axes.grid(alpha=0.3)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operations", type=int, nargs="*", default=[10**3, 10**4, 10**5, 10**6, 10**7])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    print(measure.heading())
    with ExitStack() as stack:
        found = {size: stack.enter_context(measure.fresh()) for size in options.operations}
        results = {size: np.array(rounds) for size, rounds in measure.turns(found, run, options.rounds).items()}
    print(f"for each operation, median and quartiles of {options.rounds} rounds")
    print(f"{'operations':>46}" + "".join(f"{size:>22,}" for size in results))
    for k, name in enumerate(QUANTITIES):
        print(f"{name:>46}" + "".join(f"{measure.spread(rounds[:, k]):>22}" for rounds in results.values()))
    if options.plot:
        plot(options.operations, results, options.plot)


if __name__ == "__main__":
    main()
