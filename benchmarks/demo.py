"""micrograd's own demo: an MLP 2-16-16-1 learns 100 points of two moons with a max-margin loss, as a whole program.

    python benchmarks/demo.py [--steps 20] [--rounds 5] [--points 100]

Written in micrograd's style it runs on micrograd's own `nn` module, with the class of numbers replaced and nothing else
changed; then with neurons that call `dot`, and on our `nn`. All start from the same weights, and their losses must agree.
Each peer has a process of its own, and they take turns.

minigrad is the one scalar C extension on PyPI that installs. It takes only floats, and survives only the first step.
"""

import argparse
import math
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import measure
import numpy as np

import autograd
import nn


def half_moons(points: int) -> tuple[list[list[float]], list[float]]:
    """Two interleaved half circles, with noise, and the class of each point: -1 or 1."""
    rng = random.Random(0)  # noqa: S311  # not for secrets
    angles = [(math.pi * rng.random(), y) for y in (-1.0, 1.0) for _ in range(points // 2)]
    circles = [(math.cos(t), math.sin(t)) if y < 0 else (1 - math.cos(t), 0.5 - math.sin(t)) for t, y in angles]
    return [[a + rng.gauss(0, 0.1), b + rng.gauss(0, 0.1)] for a, b in circles], [y for _, y in angles]


def plain(margins, parameters):
    return sum(margins) * (1.0 / len(margins)) + 1e-4 * sum(p * p for p in parameters)


def with_dot(margins, parameters):
    return autograd.sum(margins) * (1.0 / len(margins)) + 1e-4 * autograd.dot(parameters, parameters)


def program(MLP: Callable, number: Callable, loss: Callable, points: int, steps: int) -> tuple[list[float], float, list[float]]:
    """The loss of each step, the accuracy at the last one, and the seconds of each step."""
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    X, y = half_moons(points)
    inputs = [list(map(number, row)) for row in X]
    losses, seconds = [], []
    for k in range(steps):
        start = time.perf_counter()
        scores = list(map(model, inputs))
        margins = [(1.0 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
        total = loss(margins, model.parameters())
        accuracy = sum((yi > 0) == (score.data > 0) for yi, score in zip(y, scores, strict=True)) / points
        model.zero_grad()
        total.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        losses.append(total.data)
        seconds.append(time.perf_counter() - start)
    return losses, accuracy, seconds


def micrograd() -> tuple[Any, ...]:
    module = measure.replaced("micrograd.nn")
    return module.MLP, module.Value, plain


def minigrad() -> tuple[Any, ...]:
    from minigrad.engine import Value  # noqa: PLC0415  # a peer

    return measure.replaced("micrograd.nn", Value=Value).MLP, Value, plain


def slots() -> tuple[Any, ...]:
    from names_gpt import Value  # noqa: PLC0415  # a peer

    return measure.replaced("micrograd.nn", Value=Value).MLP, Value, plain


def ours() -> tuple[Any, ...]:
    return measure.replaced("micrograd.nn", Value=autograd.Value).MLP, autograd.Value, plain


def ours_with_dot() -> tuple[Any, ...]:
    def call(neuron, x):
        total = autograd.dot(neuron.w, x) + neuron.b
        return total.relu() if neuron.nonlin else total

    module = measure.replaced("micrograd.nn", Value=autograd.Value)
    module.Neuron.__call__ = call
    return module.MLP, float, with_dot


def ours_with_nn() -> tuple[Any, ...]:
    return nn.MLP, float, with_dot


MINIGRAD = "minigrad, in C"
THEIRS = {"micrograd": micrograd, MINIGRAD: minigrad, "a __slots__ Value": slots}
OURS = {"ours, micrograd's style": ours, "ours, dot neurons": ours_with_dot, "ours, nn.MLP": ours_with_nn}
PEERS = THEIRS | OURS


def prepare(peer: str) -> None:
    """Fails where the peer is not installed."""
    PEERS[peer]()


def run(peer: str, _round: int, *, points: int, steps: int) -> tuple[list[float], float, list[float]]:
    return program(*PEERS[peer](), points, 1 if peer == MINIGRAD else steps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--points", type=int, default=100)
    options = parser.parse_args()
    print(measure.heading("micrograd", "minigrad"))
    call = partial(run, points=options.points, steps=options.steps)
    with measure.processes(prepare, PEERS) as found:
        results = measure.turns(found, call, options.rounds)
    milliseconds = {name: 1e3 * np.array([seconds for _, _, seconds in rounds]) for name, rounds in results.items()}
    medians = {name: np.median(steps, axis=1) for name, steps in milliseconds.items()}
    print(f"{options.points} points, {options.steps} steps, {options.rounds} rounds: milliseconds a step, median and quartiles")
    for name, rounds in results.items():
        pairs = [zip(losses, results["micrograd"][0][0], strict=False) for losses, _, _ in rounds]
        difference = max(abs(a - b) for pair in pairs for a, b in pair)
        print(f"{name:>24}  {measure.spread(milliseconds[name]):<22} the losses differ from micrograd's by at most {difference:.1g}")
    for name in OURS:
        print(f"\n{name}: so many times faster than")
        for peer in [peer for peer in THEIRS if peer in results]:
            print(f"{peer:>24}  {measure.spread(medians[peer] / medians[name][: len(medians[peer])])}")


if __name__ == "__main__":
    main()
