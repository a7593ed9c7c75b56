"""What recording, backward and freeing cost for each operation, and how many bytes a node takes, against peers from PyPI.

    python benchmarks/eager.py [operations ...] [--rounds 7] [--plot docs/eager.svg]

All run the same straight line of some thousand mixed operations on 16 parameters and one number; the loss is its sum over
so many numbers. Each peer has a process of its own, with the garbage collector on; they take turns on one core, and
all must find the same gradients. The limit is a tape in C, driven inside C (`tape.c`), which needs a C compiler.
"""

import argparse
import ctypes
import gc
import math
import os
import random
import sys
import tempfile
import time
from functools import cache, partial
from pathlib import Path
from typing import Any

import measure
import names_gpt
import numpy as np

import autograd

LEAVES = [0.1 * (i + 1) for i in range(16)]
LARGEST = 4.0

# How often; the operations, of register a and operand b, with t to spare; a bound on the result by bounds on both.
STEPS = [
    (25, "add a a b", lambda a, b: a + b),
    (10, "sub a a b", lambda a, b: a + b),
    (25, "mul a a b", lambda a, b: a * b),
    (5, "mul t b b; shift t t 1.5; div a a t", lambda a, _: a / 1.5),
    (5, "shift a a 0.3", lambda a, _: a + 0.3),
    (5, "scale a a 0.7", lambda a, _: a * 0.7),
    (5, "square a a", lambda a, _: a * a),
    (3, "scale a a 0.25; exp a a", lambda a, _: math.exp(a / 4)),
    (3, "mul a a a; shift a a 1.1; log a a", lambda a, _: math.log(a * a + 1.1)),
    (8, "tanh a a", lambda *_: 1.0),
    (6, "relu a a", lambda a, _: a),
]
WEIGHTS = [weight for weight, _, _ in STEPS]
PYTHON = {
    "add": "{} + {}",
    "sub": "{} - {}",
    "mul": "{} * {}",
    "div": "{} / {}",
    "shift": "{} + {}",
    "scale": "{} * {}",
    "square": "{} ** 2",
}


def straight_line(length: int) -> list[list[str]]:
    """Operations, each with its target and operands: every register starts as a parameter times x, and r0 ends as the sum."""
    draw = random.Random(0)  # noqa: S311  # not for secrets
    registers = [f"r{i}" for i in range(len(LEAVES))]
    lines = [["scale", r, f"p{i}", "x"] for i, r in enumerate(registers)]
    bounds = dict.fromkeys([*registers, *(f"p{i}" for i in range(len(LEAVES)))], LEAVES[-1])
    while len(lines) < length:
        a, b = registers[len(lines) % len(registers)], draw.choice(list(bounds))
        ((_, text, bound),) = draw.choices(STEPS, WEIGHTS)
        if bound(bounds[a], bounds[b]) > LARGEST:
            text, bound = "scale a a 0.25", lambda a, _: a / 4
        bounds[a] = bound(bounds[a], bounds[b])
        lines += [[{"a": a, "b": b}.get(word, word) for word in line.split()] for line in text.split("; ")]
    return lines + [["add", "r0", "r0", r] for r in registers[1:]]


LINES = straight_line(985)
OPERATIONS = len(LINES) + 1  # and one to add it to the loss
PARAMETERS = [f"p{i}" for i in range(len(LEAVES))]
XS = [0.5 + i * 0.6180339887 % 0.5 for i in range(1, 1001)]


def python_text() -> str:
    body = [f" {target} = {PYTHON.get(op, op + '({})').format(*operands)}" for op, target, *operands in LINES]
    return "\n".join([f"def block(x, {', '.join(PARAMETERS)}):", *body, " return r0"])


def c_text() -> str:
    registers = sorted({target for _, target, *_ in LINES})
    body = [f"{target} = {op}_({', '.join(operands)});" for op, target, *operands in LINES]
    names = [f"{p} = p[{i}]" for i, p in enumerate(PARAMETERS)]
    return "\n".join([f"static Number block(double x, const Number *p) {{ Number {', '.join(registers + names)};", *body, "return r0; }"])


class Peer:
    """A class of numbers with `data`, `grad` and `backward()`, as micrograd has it; others override where they differ."""

    def __init__(self, number: Any, **functions: Any) -> None:
        self.number = number
        names = functions or {name: getattr(number, name) for name in ("exp", "log", "tanh", "relu")}
        exec(python_text(), names)  # noqa: S102  # the text above
        self.block = names["block"]

    def leaves(self) -> list:
        return [self.number(x) for x in LEAVES]

    def backward(self, loss: Any) -> None:
        loss.backward()

    def gradients(self, leaves: list) -> list[float]:
        return [leaf.grad for leaf in leaves]

    def free(self) -> None:
        """What is left to do once nobody refers to the graph."""

    def measure(self, xs: list[float]) -> tuple[list[float], list[float]]:
        """Seconds to record, to go backward and to free; and the gradients."""
        block, leaves = self.block, self.leaves()
        start = time.perf_counter()
        loss = block(xs[0], *leaves)
        for x in xs[1:]:
            loss = loss + block(x, *leaves)
        recorded = time.perf_counter()
        self.backward(loss)
        swept = time.perf_counter()
        gradients = self.gradients(leaves)
        freeing = time.perf_counter()
        del loss
        self.free()
        return [recorded - start, swept - recorded, time.perf_counter() - freeing], gradients

    def bytes_per_node(self, nodes: int) -> float:
        """How much the process grows for each product of a chain."""
        y, factor = self.leaves()[-2:]
        before = resident()
        for _ in range(nodes):
            y = y * factor
        return (resident() - before) / nodes


class Micrograd(Peer):
    """micrograd, with the functions that it does not have written as it writes its own.

    A node and its closure refer to each other: the collector frees them, while later ones are recorded.
    """

    def __init__(self) -> None:
        from micrograd.engine import Value  # noqa: PLC0415  # a peer

        def function(value, derivative):
            def record(x):
                out = Value(value(x.data), (x,))

                def _backward():
                    x.grad += derivative(x.data, out.data) * out.grad

                out._backward = _backward
                return out

            return record

        super().__init__(
            Value,
            relu=Value.relu,
            exp=function(math.exp, lambda _, y: y),
            log=function(math.log, lambda x, _: 1.0 / x),
            tanh=function(math.tanh, lambda _, y: 1.0 - y * y),
        )

    def backward(self, loss: Any) -> None:
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(10**6)  # it is recursive
        try:
            loss.backward()
        finally:
            sys.setrecursionlimit(limit)


class Slots(Peer):
    """The `__slots__` Value of the GPT, with tanh: a - b is a + (-b), and a / b is a * b**-1."""

    def __init__(self) -> None:
        def tanh(x):
            t = math.tanh(x.data)
            return names_gpt.Value(t, (x,), (1.0 - t * t,))

        value = names_gpt.Value
        super().__init__(value, exp=value.exp, log=value.log, tanh=tanh, relu=value.relu)


class Torch(Peer):
    def __init__(self) -> None:
        import torch  # noqa: PLC0415  # a peer

        torch.set_num_threads(1)
        number = partial(torch.tensor, dtype=torch.float64, requires_grad=True)
        super().__init__(number, exp=torch.exp, log=torch.log, tanh=torch.tanh, relu=torch.relu)

    def gradients(self, leaves: list) -> list[float]:
        return [leaf.grad.item() for leaf in leaves]


class Xad(Peer):
    def __init__(self) -> None:
        import xad.adj_1st  # noqa: PLC0415  # a peer
        import xad.math  # noqa: PLC0415

        functions = {name: getattr(xad.math, name) for name in ("exp", "log", "tanh")}
        super().__init__(xad.adj_1st.Real, relu=lambda x: xad.math.max(x, 0.0), **functions)
        self.tape = xad.adj_1st.Tape()
        self.tape.activate()

    def leaves(self) -> list:
        leaves = super().leaves()
        self.tape.registerInputs(leaves)
        self.tape.newRecording()
        return leaves

    def backward(self, loss: Any) -> None:
        self.tape.registerOutput(loss)
        loss.setDerivative(1.0)
        self.tape.computeAdjoints()

    def gradients(self, leaves: list) -> list[float]:
        return [self.tape.getDerivative(leaf) for leaf in leaves]

    def free(self) -> None:
        self.tape.clearAll()


class Tape(Peer):
    """`tape.c`, compiled with the same straight line."""

    def __init__(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            block = Path(folder, "block.h")
            block.write_text(c_text())
            self.library = measure.library("tape.c", "-O2", f'-DBLOCK="{block}"', f"-DLEAVES={len(LEAVES)}")

    def measure(self, xs: list[float]) -> tuple[list[float], list[float]]:
        seconds, gradients = (ctypes.c_double * 3)(), (ctypes.c_double * len(LEAVES))()
        numbers, leaves = (ctypes.c_double * len(xs))(*xs), (ctypes.c_double * len(LEAVES))(*LEAVES)
        if not self.library.measure(len(xs) * OPERATIONS, numbers, len(xs), leaves, seconds, gradients):
            raise MemoryError
        return list(seconds), list(gradients)

    def bytes_per_node(self, nodes: int) -> float:  # noqa: ARG002
        return self.library.bytes_per_node()


OURS, XAD, SLOTS = "ours", "XAD from Python", "a __slots__ Value"
# How each is made, and the largest number of operations that it is asked for.
PEERS = {
    "a tape in C": (Tape, 10**7),
    OURS: (partial(Peer, autograd.Value), 10**7),
    XAD: (Xad, 10**7),
    SLOTS: (Slots, 10**6),
    "PyTorch, 0-d": (Torch, 10**5),
    "micrograd": (Micrograd, 10**5),
}


@cache
def peer(name: str) -> Peer:
    return PEERS[name][0]()


def prepare(name: str) -> None:
    """Fails where the peer is not installed."""
    peer(name)


def resident() -> int:
    """Bytes of memory in use by this process (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


def run(name: str, i: int, *, operations: int, rounds: int) -> tuple[list[float], list[float]]:
    """Nanoseconds for an operation to record, to go backward and to free; and the gradients.

    Full collections come each time the heap has grown by a quarter: sizes spread over a doubling make their number no matter of luck.
    """
    blocks = max(1, round(operations / OPERATIONS * 2 ** ((i + 0.5) / rounds - 0.5)))
    xs = (XS * (blocks // len(XS) + 1))[:blocks]
    repeats = max(1, 3 * 10**5 // operations)
    peer(name).measure(xs)  # as in training, where every graph but the first finds the memory of the last
    gc.collect()
    graphs = [peer(name).measure(xs) for _ in range(repeats)]
    return np.mean([seconds for seconds, _ in graphs], axis=0) / blocks / OPERATIONS * 1e9, graphs[-1][1]


def bytes_per_node(name: str, nodes: int) -> float:
    return peer(name).bytes_per_node(nodes)


def compare(found: measure.Processes, operations: int, rounds: int) -> dict[str, np.ndarray]:
    """Prints a table; gives each peer's nanoseconds an operation for everything, round by round."""
    found = {name: process for name, process in found.items() if operations <= PEERS[name][1]}
    results = measure.turns(found, partial(run, operations=operations, rounds=rounds), rounds)
    for name in results:
        np.testing.assert_allclose([g for _, g in results[name]], [g for _, g in results[OURS]], rtol=1e-9, err_msg=name)
    costs = {name: np.array([nanoseconds for nanoseconds, _ in rounds]) for name, rounds in results.items()}
    totals = {name: cost.sum(axis=1) for name, cost in costs.items()}
    print(f"\n{operations:,} operations: nanoseconds for each, median and quartiles of {rounds} rounds")
    print(f"{'':>18}{'record':>10}{'backward':>10}{'free':>8}   {'all':<24}{'times ours':<24}")
    for name, cost in costs.items():
        record, backward, free = np.median(cost, axis=0)
        ratio = measure.spread(totals[name] / totals[OURS])
        print(f"{name:>18}{record:>10.1f}{backward:>10.1f}{free:>8.1f}   {measure.spread(totals[name]):<24} {ratio}")
    return totals


def plot(costs: dict[int, dict[str, np.ndarray]], path: str) -> None:
    with measure.picture(path, "Record, backward and free", figsize=(7, 4.5)) as axes:
        for name in PEERS:
            sizes = [size for size in costs if name in costs[size]]
            if not sizes:
                continue
            low, median, high = np.percentile([costs[size][name] for size in sizes], [25, 50, 75], axis=1)
            (line,) = axes.plot(sizes, median, marker="o")
            axes.fill_between(sizes, low, high, color=line.get_color(), alpha=0.2)
            axes.annotate(name, (sizes[-1], median[-1]), (8, 0), textcoords="offset points", va="center")
        axes.set(xscale="log", yscale="log", xlabel="operations", ylabel="nanoseconds an operation")
        axes.set_xlim(right=50 * max(costs))  # room for the names
        axes.grid(alpha=0.3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operations", type=int, nargs="*", default=[10**3, 10**4, 10**5, 10**6, 10**7])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    print(measure.heading("xad", "torch", "micrograd"))
    with measure.processes(prepare, PEERS) as found:
        costs = {operations: compare(found, operations, options.rounds) for operations in options.operations}
    if 10**4 in costs and 10**7 in costs:
        growth = np.median(costs[10**7][OURS]) / np.median(costs[10**4][OURS])
        print(f"\nours: an operation of ten million costs {growth:.2f} times one of ten thousand")
    print("\nbytes for each product of a chain:")
    for name in found:
        with measure.fresh() as process:
            print(f"{name:>18}{process.submit(bytes_per_node, name, PEERS[name][1] // 10).result():>8.0f}")
    if options.plot:
        plot(costs, options.plot)


if __name__ == "__main__":
    main()
