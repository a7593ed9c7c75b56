"""Recording, backward and freeing of eager Values, against a minimal Value with slots, side by side in one run.

    python benchmarks/eager.py [operations ...]

The peer is the smallest Value that anybody would write: slots, tuples of local gradients, an iterative topological
order. Both run the same program of mixed operations, taking turns, the garbage collector on, pinned to one core where
the system allows it. What counts is the ratio: below 1, ours costs less.
"""

import math
import os
import platform
import random
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd import Value
from autograd.graph import order


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

    def __sub__(self, other):
        other = other if isinstance(other, Minimal) else Minimal(other)
        return Minimal(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Minimal) else Minimal(other)
        return Minimal(self.data * other.data, (self, other), (other.data, self.data))

    def __truediv__(self, other):
        other = other if isinstance(other, Minimal) else Minimal(other)
        return Minimal(self.data / other.data, (self, other), (1.0 / other.data, -self.data / other.data**2))

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


STEPS = {
    "+": (25, lambda a, b: a + b),
    "-": (10, lambda a, b: a - b),
    "*": (25, lambda a, b: a * b),
    "/": (5, lambda a, b: a / (b * b + 1.5)),
    "+c": (5, lambda a, _: a + 0.3),
    "*c": (5, lambda a, _: a * 0.7),
    "square": (5, lambda a, _: a**2),
    "exp": (3, lambda a, _: (a * 0.25).exp()),
    "log": (3, lambda a, _: (a * a + 1.1).log()),
    "tanh": (8, lambda a, _: a.tanh()),
    "relu": (6, lambda a, _: a.relu()),
}
LEAVES = [0.1 * (i + 1) for i in range(16)]


def program(steps: int, seed: int = 0) -> list[tuple[Callable, int, int]]:
    """Operations, each with the two of the last 64 results that it takes; tanh where a result would grow too large."""
    draw = random.Random(seed)  # noqa: S311  # not for secrets
    names = draw.choices(list(STEPS), weights=[weight for weight, _ in STEPS.values()], k=steps)
    found = []
    recent = [Value(x) for x in LEAVES] * 4
    for i, name in enumerate(names):
        j, k, step = draw.randrange(64), draw.randrange(64), STEPS[name][1]
        if abs(step(recent[j], recent[k]).data) > 4.0:
            step = STEPS["tanh"][1]
        recent[i % 64] = Value(step(recent[j], recent[k]).data)
        found.append((step, j, k))
    return found


def run(program: list[tuple[Callable, int, int]], leaves: list) -> Any:
    """The program on any class of numbers: the sum of its last 64 results."""
    recent = leaves * 4
    for i, (step, j, k) in enumerate(program):
        recent[i % 64] = step(recent[j], recent[k])
    total = recent[0]
    for result in recent[1:]:
        total = total + result
    return total


def measure(value: Callable, steps: list[tuple[Callable, int, int]], repeats: int) -> tuple[list[float], list[float]]:
    """Seconds to record, to go backward and to free, over `repeats` graphs; and the gradients of the leaves."""
    seconds = [0.0, 0.0, 0.0]
    for _ in range(repeats):
        leaves = [value(x) for x in LEAVES]
        times = [time.perf_counter()]
        loss = run(steps, leaves)
        times.append(time.perf_counter())
        loss.backward()
        times.append(time.perf_counter())
        del loss
        times.append(time.perf_counter())
        seconds = [s + end - start for s, start, end in zip(seconds, times, times[1:], strict=False)]
    return seconds, [leaf.grad for leaf in leaves]


def compare(operations: int, rounds: int, repeats: int) -> None:
    steps = program(operations)
    nodes = len(order(run(steps, [Value(x) for x in LEAVES])))
    seconds = {Value: [], Minimal: []}
    for i in range(rounds):
        gradients = []
        for value in (Value, Minimal) if i % 2 else (Minimal, Value):
            times, gradient = measure(value, steps, repeats)
            seconds[value].append(times)
            gradients.append(gradient)
        np.testing.assert_allclose(*gradients, rtol=1e-6)
    print(f"\n{operations:,} steps, {nodes:,} nodes of ours, {rounds} rounds of {repeats} graphs each")
    print(f"{'':>20}{'ours ns/node':>14}{'minimal':>10}{'ratio':>8}{'spread of the ratio':>24}")
    rows = {"record": [0], "backward": [1], "free": [2], "record + backward": [0, 1], "all": [0, 1, 2]}
    for name, columns in rows.items():
        ours, theirs = ([sum(times[c] for c in columns) for times in seconds[value]] for value in (Value, Minimal))
        ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
        ns = [statistics.median(times) / nodes / repeats * 1e9 for times in (ours, theirs)]
        print(f"{name:>20}{ns[0]:>14.0f}{ns[1]:>10.0f}{statistics.median(ratios):>8.2f}{ratios[0]:>16.2f} … {ratios[-1]:.2f}")


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.system()} {platform.machine()}")
    for operations in [int(argument) for argument in sys.argv[1:]] or (10**4, 10**6):
        compare(operations, rounds=10 if operations < 10**6 else 4, repeats=max(1, 10**5 // operations))


if __name__ == "__main__":
    main()
