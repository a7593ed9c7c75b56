"""A function with 256 known paths, bisection of depth 8: one call, and a lane of many, compared with the same function with one known path.

    python benchmarks/branches.py [--rounds 11]

One lane follows the guards from arm to arm, so that the known paths cost it nothing; a lane of many pays for what it takes. Each peer has
a process of its own, and they take turns on one core. `no jit` is the function on floats, and for derivatives on Values.
"""

import argparse
from collections.abc import Callable
from functools import partial

import measure
import numpy as np

import autograd

DEPTH, LANES = 8, 4096
POINTS = ((np.arange(2**DEPTH) + 0.5) / 2**DEPTH) ** 2  # one on each path


def root(c):
    """The square root of c, in [0, 1]."""
    low, high = 0.0 * c, 1.0 + 0.0 * c
    for _ in range(DEPTH):
        middle = 0.5 * (low + high)
        if middle * middle < c:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high) + low * c


def calls(f: Callable, known: np.ndarray, _size: int) -> measure.Peer:
    """One call after the other, on paths that are known."""
    for x in known.tolist():
        f(x)
    points = known.tolist()

    def run(times):
        for i in range(times):
            y = f(points[i % len(points)])
        return y

    return run


def lanes(known: np.ndarray, size: int) -> measure.Peer:
    batch, X = autograd.vmap(root), np.resize(known, size)
    batch(X)

    def run(times):
        for _ in range(times):
            y = batch(X)
        return y

    return run


def made(name: str, size: int) -> measure.Peer:
    what, paths = name.split(", ")
    known = POINTS[:1] if paths == "one path" else POINTS
    if what == "lanes":
        return lanes(known, size)
    f = root if what == "value" else autograd.value_and_grad(root)
    return calls(f if paths == "no jit" else autograd.jit(f), known, size)


KINDS = {
    "value": ("one path", "256 paths", "no jit"),
    "value and gradient": ("one path", "256 paths", "no jit"),
    "lanes": ("one path", "256 paths"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    print(measure.heading())
    for what, paths in KINDS.items():
        print(f"{what}{f' ({LANES} of them)' if what == 'lanes' else ''}:")
        peers = {f"{what}, {each}": partial(made, f"{what}, {each}") for each in paths}
        with measure.processes(partial(measure.prepare, peers=peers, size=LANES), peers) as found:
            laps = measure.turns(found, partial(measure.lap, peers=peers, size=LANES), options.rounds)
        measure.table({name: 1e6 * np.array(each) for name, each in laps.items()}, f"{what}, one path")


if __name__ == "__main__":
    main()
