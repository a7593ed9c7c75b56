"""Random programs of loops: scan, while_loop and cond against the same loops run by Python, values and derivatives to second order.

    python tests/tools/fuzz_loops.py [--programs 3000] [--first 0] [--seconds 100]

Each program is compared without jit, in jit and in lanes; the first that differs is printed, with its seed.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from loop_programs import OURS, PYTHON, LoopProgram

from autograd import grad, hessian, hvp, jit, jvp, vmap

POINTS = np.array([[0.31, 0.74], [-0.45, 0.92], [1.05, -0.38]])
V = np.array([0.6, -1.1])


def differences(seed, *, quick=False):
    """What differs of a program, in words; `quick` compares less."""
    program, points = LoopProgram(seed), POINTS[:1] if quick else POINTS

    def ours(p):
        return program(OURS, p)

    def python(p):
        return program(PYTHON, p)

    value, first = [list(map(f, POINTS)) for f in (python, grad(python))]
    second = list(map(hessian(python), points))
    found = {
        "jit": (list(map(jit(ours), points)), value[: len(points)]),
        "grad": (list(map(grad(ours), points)), first[: len(points)]),
        "vmap grad": (vmap(grad(ours))(POINTS), first),
    }
    if not quick or seed % 2 == 0:
        found["jit hessian"] = list(map(jit(hessian(ours)), points)), second
    if not quick:
        found |= {
            "value": (list(map(ours, POINTS)), value),
            "vmap": (vmap(ours)(POINTS), value),
            "jit grad": (list(map(jit(grad(ours)), POINTS)), first),
            "jit jvp": ([jit(jvp(ours))(p, V) for p in POINTS], [float(np.dot(g, V)) for g in first]),
            "hvp": ([hvp(ours)(p, V) for p in POINTS], [np.dot(h, V) for h in second]),
            "vmap hessian": (vmap(hessian(ours))(POINTS), second),
        }
    return [
        f"{name}: {np.array(got, float).tolist()}, expected {np.array(true, float).tolist()}"
        for name, (got, true) in found.items()
        if not np.allclose(np.array(got, float), np.array(true, float), rtol=1e-9, atol=1e-9, equal_nan=True)
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=100.0)
    given = parser.parse_args()
    end, count = time.monotonic() + given.seconds, 0
    for seed in range(given.first, given.first + given.programs):
        if time.monotonic() > end:
            break
        try:
            found = differences(seed)
        except Exception as error:  # noqa: BLE001  # whatever it is, the seed is wanted
            found = [f"{type(error).__name__}: {error}"]
        if found:
            print(f"program {seed}", *found, sep="\n  ")
            return 1
        count += 1
    print(f"{count} programs agree")
    return 0


if __name__ == "__main__":
    sys.exit(main())
