"""Recording, backward and freeing of eager Values, against a minimal Value with slots, side by side in one run.

    python benchmarks/eager.py [operations ...]

The peer is the smallest Value that anybody would write: slots, tuples of local gradients, an iterative topological
order. Both run the same program of mixed operations, taking turns, the garbage collector on, pinned to one core where
the system allows it. What counts is the ratio: below 1, ours costs less.
"""

import gc
import math
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd import Value


class Minimal:
    __slots__ = ("children", "data", "grad", "local_grads")

    def __init__(self, data, children=(), local_grads=()):
        self.data = data
        self.grad = 0.0
        self.children = children
        self.local_grads = local_grads

    def __add__(self, other):
        other = other if isinstance(other, Minimal) else Minimal(other)
        return Minimal(self.data + other.data, (self, other), (1.0, 1.0))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-other)

    def __mul__(self, other):
        other = other if isinstance(other, Minimal) else Minimal(other)
        return Minimal(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        return self * other**-1.0

    def __pow__(self, c):
        return Minimal(self.data**c, (self,), (c * self.data ** (c - 1.0),))

    def tanh(self):
        t = math.tanh(self.data)
        return Minimal(t, (self,), (1.0 - t * t,))

    def exp(self):
        e = math.exp(self.data)
        return Minimal(e, (self,), (e,))

    def log(self):
        return Minimal(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self):
        return Minimal(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child in node.children)
        self.grad = 1.0
        for node in reversed(order):
            for child, local_grad in zip(node.children, node.local_grads, strict=False):
                child.grad += local_grad * node.grad


def single_sub(self, other):
    other = other if isinstance(other, Minimal) else Minimal(other)
    return Minimal(self.data - other.data, (self, other), (1.0, -1.0))


def single_truediv(self, other):
    other = other if isinstance(other, Minimal) else Minimal(other)
    return Minimal(self.data / other.data, (self, other), (1.0 / other.data, -self.data / other.data**2))


# The peer with a - b as a + (-b) and a / b as a * b**-1; and with single nodes for both, as ours has.
PEERS = {
    "the minimal Value": {"__sub__": Minimal.__sub__, "__truediv__": Minimal.__truediv__},
    "the same with single nodes for - and /": {"__sub__": single_sub, "__truediv__": single_truediv},
}

# Name: how often, the step, and a bound on its result by bounds on what it takes.
STEPS = {
    "+": (25, lambda a, b: a + b, lambda a, b: a + b),
    "-": (10, lambda a, b: a - b, lambda a, b: a + b),
    "*": (25, lambda a, b: a * b, lambda a, b: a * b),
    "/": (5, lambda a, b: a / (b * b + 1.5), lambda a, _: a / 1.5),
    "+c": (5, lambda a, _: a + 0.3, lambda a, _: a + 0.3),
    "*c": (5, lambda a, _: a * 0.7, lambda a, _: a * 0.7),
    "square": (5, lambda a, _: a**2, lambda a, _: a**2),
    "exp": (3, lambda a, _: (a * 0.25).exp(), lambda a, _: math.exp(a / 4)),
    "log": (3, lambda a, _: (a * a + 1.1).log(), lambda a, _: math.log(a * a + 1.1)),
    "tanh": (8, lambda a, _: a.tanh(), lambda *_: 1.0),
    "relu": (6, lambda a, _: a.relu(), lambda a, _: a),
}
LEAVES = [0.1 * (i + 1) for i in range(16)]


class Program(NamedTuple):
    """Operations, each with the two of the last 64 results that it takes; lists that the garbage collector need not walk."""

    steps: list[Callable]
    left: bytes
    right: bytes


def program(length: int, seed: int = 0) -> Program:
    """A program of mixed operations, with tanh where a result could grow too large."""
    draw = random.Random(seed)  # noqa: S311  # not for secrets
    names = draw.choices(list(STEPS), weights=[weight for weight, _, _ in STEPS.values()], k=length)
    found = Program([], draw.randbytes(length), draw.randbytes(length))
    bounds = LEAVES * 4
    for i, name in enumerate(names):
        a, b = bounds[found.left[i] % 64], bounds[found.right[i] % 64]
        _, step, bound = STEPS[name if STEPS[name][2](a, b) < 4.0 else "tanh"]
        bounds[i % 64] = bound(a, b)
        found.steps.append(step)
    return found


def run(program: Program, length: int, leaves: list) -> Any:
    """The first `length` steps on any class of numbers: the sum of the last 64 results."""
    recent = leaves * 4
    for i, step, j, k in zip(range(length), *program, strict=False):
        recent[i % 64] = step(recent[j % 64], recent[k % 64])
    total = recent[0]
    for result in recent[1:]:
        total = total + result
    return total


def measure(value: Callable, program: Program, length: int, repeats: int) -> tuple[np.ndarray, list[float]]:
    """Seconds to record, to go backward and to free, over `repeats` graphs; and the gradients of the leaves."""
    seconds = np.zeros(3)
    gc.collect()
    for _ in range(repeats):
        leaves = [value(x) for x in LEAVES]
        times = [time.perf_counter()]
        loss = run(program, length, leaves)
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        del loss
        times.append(time.perf_counter())
        seconds += np.diff(times)
    return seconds, [leaf.grad for leaf in leaves]


def compare(peer: str, length: int, rounds: int, repeats: int) -> None:
    for name, method in PEERS[peer].items():
        setattr(Minimal, name, method)
    steps = program(2 * length)
    ours, theirs = [], []
    for i in range(rounds):
        # Full collections come each time the heap has grown by a quarter: sizes spread over a doubling make their number no matter of luck.
        size = round(length * 2 ** (i / rounds - 0.5))
        gradients = []
        for value, results in ((Value, ours), (Minimal, theirs)) if i % 2 else ((Minimal, theirs), (Value, ours)):
            seconds, gradient = measure(value, steps, size, repeats)
            results.append(seconds / size / repeats * 1e9)
            gradients.append(gradient)
        np.testing.assert_allclose(*gradients, rtol=1e-6)
    print(f"\nagainst {peer}: {length:,} steps, give or take a half: {rounds} sizes, {repeats} graphs each")
    print(f"{'':>20}{'ours ns/step':>14}{'peer':>10}{'ratio':>8}{'spread of the ratio':>24}")
    rows = {"record": [0], "backward": [1], "free": [2], "record + backward": [0, 1], "all": [0, 1, 2]}
    for name, columns in rows.items():
        a, b = (np.array(results)[:, columns].sum(axis=1) for results in (ours, theirs))
        ratios = sorted(a / b)
        print(f"{name:>20}{np.median(a):>14.0f}{np.median(b):>10.0f}{np.median(ratios):>8.2f}{ratios[0]:>16.2f} … {ratios[-1]:.2f}")


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.system()} {platform.machine()}")
    for operations in [int(argument) for argument in sys.argv[1:]] or (10**4, 10**6):
        for peer in PEERS:
            compare(peer, operations, rounds=9, repeats=max(1, 10**5 // operations))


if __name__ == "__main__":
    main()
