"""ADBench's objectives, each in one jit as a user would write it: against derivatives by hand in NumPy, and against JAX.

    python benchmarks/adbench.py [problem ...] [--rounds 7] [--limit 120]

Gaussian mixtures (1,000 points; value and gradient), bundle adjustment (residuals and their Jacobians by cameras, points and
weights), an LSTM (value and gradient), and hand tracking (the Jacobian of 3 errors a point by 26 angles). Data are drawn by seed,
in ADBench's sizes. Values and derivatives are compared with those by hand: the largest difference within each array, as a part
of its largest entry, is at most 1e-12. Peers take turns on one core, in processes of their own; what takes longer than the limit
says so.

Source: Šrajer, Kukelova and Fitzgibbon, A benchmark of selected algorithmic differentiation tools on some problems in computer vision and
machine learning (2018).
"""

import argparse
import importlib
import time
from functools import cache
from typing import Any

import adbench_data as data
import limits
import measure
import numpy as np

from autograd.trees import tree_flatten

BOUND = 1e-12
PEERS = ("by hand", "ours", "JAX")
MODULES = {"by hand": "adbench_manual", "ours": "adbench_ours", "JAX": "adbench_jax"}
PROBLEMS = {
    **dict.fromkeys(["gmm 2 5", "gmm 10 5", "gmm 10 25", "gmm 20 25", "gmm 64 5", "gmm 128 5"], data.gmm),
    **dict.fromkeys(["ba 1000", "ba 30000"], data.ba),
    **dict.fromkeys(["lstm 2 128", "lstm 2 1024"], data.lstm),
    **dict.fromkeys(["hand 100", "hand 800"], data.hand),
}


@cache
def made(problem: str, peer: str) -> Any:
    name, *sizes = problem.split()
    return importlib.import_module(MODULES[peer]).OBJECTIVES[name](**PROBLEMS[problem](*map(int, sizes)))


def first(problem: str, peer: str) -> tuple[float, list[np.ndarray]]:
    """Seconds of the processor for the first call, and what it gave."""
    call = made(problem, peer)
    start = time.process_time()
    found = call()
    took = time.process_time() - start
    return took, [np.asarray(x, dtype=float) for x in tree_flatten(found)[0]]


def lap(problem: str, peer: str) -> float:
    call = made(problem, peer)
    return measure.seconds(lambda times: [call() for _ in range(times)][-1], clock="process_time")


def difference(found: list[np.ndarray], expected: list[np.ndarray]) -> float:
    """The largest within an array, as a part of its largest entry."""
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(found, expected, strict=True))


def compare(problem: str, rounds: int, limit: float, memory: float) -> None:
    runs = {peer: limits.Limited(limit, memory) for peer in PEERS}
    try:
        began = {peer: run(first, problem, peer) for peer, run in runs.items()}
        laps: dict[str, list[float]] = {peer: [] for peer in PEERS if not isinstance(began[peer], str)}
        for _ in range(rounds):
            for peer in list(laps):
                took = runs[peer](lap, problem, peer)
                if isinstance(took, str):
                    began[peer] = took
                    del laps[peer]
                else:
                    laps[peer].append(took)
    finally:
        for run in runs.values():
            run.end()
    for peer in PEERS:
        if peer not in laps:
            print(f"{problem:>12}{peer:>9}  {began[peer][:200]}", flush=True)
            continue
        off = difference(began[peer][1], began["by hand"][1])
        ratio = measure.spread(np.array(laps[peer]) / laps["ours"]) if "ours" in laps else ""
        missed = f"   MORE THAN {BOUND}" if not off <= BOUND else ""
        print(
            f"{problem:>12}{peer:>9}{1e3 * began[peer][0]:>12.4g}{1e3 * np.median(laps[peer]):>12.4g}  {ratio:<28}{off:.1e}{missed}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="*", default=list(PROBLEMS), metavar="problem")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for a call")
    parser.add_argument("--memory", type=float, default=16e9, help="bytes for a peer")
    options = parser.parse_args()
    print(measure.heading("jax"))
    print(f"{'':>21}{'first, ms':>12}{'later, ms':>12}  {'times ours':<28}difference")
    for problem in options.problems:
        compare(problem, options.rounds, options.limit, options.memory)


if __name__ == "__main__":
    main()
