"""A GPT of 4,192 scalar parameters (`names_gpt.py`), with its own Value and with ours in its place, nothing else changed.

    python benchmarks/gpt.py [--steps 100] [--rounds 3]

The whole program runs each time, both sides in turn, in processes of their own. The losses must agree to 1e-9.
"""

import argparse
import random
import time
from functools import partial

import measure
import numpy as np

import autograd

PEERS = {"its own Value": {}, "ours": {"Value": autograd.Value}}


def run(peer: str, _round: int, *, steps: int) -> tuple[list[float], list[float]]:
    """The loss of each step, and the seconds that it took."""
    program = measure.replaced("names_gpt", **PEERS[peer])
    rng = random.Random(0)  # noqa: S311  # not for secrets
    training = program.train(steps, program.Model(rng), rng)
    losses, seconds = [], []
    for _ in range(steps):
        start = time.perf_counter()
        losses.append(next(training))
        seconds.append(time.perf_counter() - start)
    return losses, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(measure.heading())
    results = measure.turns(measure.processes(str, PEERS), partial(run, steps=options.steps), options.rounds)
    losses, seconds = np.moveaxis(np.array([results[name] for name in PEERS]), 2, 0)
    print(f"{options.steps} steps, {options.rounds} rounds: milliseconds a step, median and quartiles")
    for name, each in zip(PEERS, seconds, strict=True):
        print(f"{name:>16}  {measure.spread(each * 1e3)}")
    print(f"{'the ratio':>16}  {measure.spread(seconds[0] / seconds[1])}")
    print(f"the losses differ by at most {np.abs(losses[0] - losses[1]).max():.1g}")


if __name__ == "__main__":
    main()
