"""Random programs with loops of Python: what `jit` records of them, with the loops rolled up, against the programs without jit.

    python tests/tools/fuzz_rolling.py [--programs 3000] [--first 0] [--seconds 100]

Values, and derivatives to second order, are compared, in lanes, too; the first program that differs is printed. It is said in how many
programs loops were rolled up, and how many loops.
"""

import argparse
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from unrolled_programs import Program, thresholds

from autograd import grad, hessian, hvp, jit, jvp, vmap

POINTS = np.array([[0.31, 0.74, -0.2], [-0.45, 0.92, 1.1], [1.05, -0.38, 0.4]])
V = np.array([0.6, -1.1, 0.3])


def further(f, first, second):
    """Other ways to the derivatives, of which a program takes some: what is computed, and what it has to be."""
    p = POINTS[0]
    return {
        "jit hessian": (lambda: jit(hessian(f))(p), second[0]),
        "vmap grad": (lambda: vmap(grad(f))(POINTS), first),
        "jit hvp": (lambda: jit(hvp(f))(p, V), np.dot(second[0], V)),
        "jit jvp": (lambda: jit(jvp(f))(p, V), np.dot(first[0], V)),
        "jit vmap hessian": (lambda: jit(vmap(hessian(f)))(POINTS), second),
        "hessian of jit": (lambda: hessian(jit(f))(p), second[0]),
        "grad of grad": (lambda: jit(grad(lambda p: np.dot(grad(f)(p), V)))(p), np.dot(second[0], V)),
    }


def differences(seed, *, count=1):
    """What differs of a program, in words, and how many loops were rolled up; so many other ways are tried."""
    program = Program(seed)
    f = program.f
    value, first, second = [list(map(g, POINTS)) for g in (f, grad(f), hessian(f))]
    with thresholds(full=(50, 200, 1000)[seed % 3]) as loops, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is recorded often
        found = {"jit": (list(map(jit(f), POINTS)), value), "jit grad": (list(map(jit(grad(f)), POINTS[:2])), first[:2])}
        rolled, ways = len(loops), [*further(f, first, second).items()]
        for k in range(count):
            name, (computed, true) = ways[(seed + 3 * k) % len(ways)]
            found[name] = computed(), true
    return [
        f"{name}: {np.array(got, float).tolist()}, expected {np.array(true, float).tolist()}\n{program.source}"
        for name, (got, true) in found.items()
        if not np.allclose(np.array(got, float), np.array(true, float), rtol=1e-9, atol=1e-10, equal_nan=True)
    ], rolled


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=3000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=100.0)
    given = parser.parse_args()
    end, count, programs, loops = time.monotonic() + given.seconds, 0, 0, 0
    for seed in range(given.first, given.first + given.programs):
        if time.monotonic() > end:
            break
        try:
            found, rolled = differences(seed)
        except Exception as error:  # noqa: BLE001  # whatever it is, the seed is wanted
            found, rolled = [f"{type(error).__name__}: {error}"], 0
        if found:
            print(f"program {seed}", *found, sep="\n  ")
            return 1
        count, programs, loops = count + 1, programs + (rolled > 0), loops + rolled
    print(f"{count} programs agree; in {programs} of them loops were rolled up, {loops} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
