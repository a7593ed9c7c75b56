"""What derivatives cost, against what they are made of.

    python benchmarks/derivatives.py [item …] [--rounds 7] [--limit 60] [--hips FOLDER]

- loop: a Runge-Kutta loop of 58,000 operations (Lotka and Volterra's equations, four rates): transforms of it against recording
  it on Values and `backward()`.
- logistic: `hvp` against `value_and_grad` of a mean of 10,000 logistic losses of 60 parameters.
- outputs: a jitted function with 100 outputs that are joined to Values, against the same without jit.
- nested: `grad` of a function that takes 400, 800 and 1,600 steps along an inner `grad`; with `--hips`, against HIPS autograd,
  which `pip install --no-deps --target FOLDER autograd` puts there.
- paths: bisection of depth 8, replayed on numbers of 16 different paths once all of its 256 are known, against a function that is
  given numbers of one path; against no jit; and by vmap on 256 numbers, each of a path of its own.

Each pair takes turns in one process, on one core; where both compute the same, the numbers must agree. Printed are medians and
quartiles of the processor's seconds, and the bound.
"""

import argparse
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from typing import Any

import limits
import measure
import numpy as np

import autograd
from autograd import Value, dot, jit, ops, vmap
from autograd.arrays import tree_ravel

Call = Callable[[], Any]
RATES, DIRECTION, STEPS = [1.1, 0.4, 0.1, 0.4], [0.3, -0.2, 0.5, 0.1], 1074
OUTPUTS, DEPTH, SIZES, SLOPE = 100, 8, (400, 800, 1600), 1.1


def flows(u, v, rates):
    a, b, c, d = rates
    met = u * v
    return a * u - b * met, c * met - d * v


def populations(rates):
    """54 operations a step."""
    u, v, h = 10.0, 5.0, 0.005
    for _ in range(STEPS):
        a, b = flows(u, v, rates)
        c, d = flows(u + h / 2 * a, v + h / 2 * b, rates)
        e, f = flows(u + h / 2 * c, v + h / 2 * d, rates)
        k, m = flows(u + h * e, v + h * f, rates)
        u, v = u + h / 6 * (a + 2.0 * c + 2.0 * e + k), v + h / 6 * (b + 2.0 * d + 2.0 * f + m)
    return u


def recorded() -> list[float]:
    xs = [Value(x) for x in RATES]
    y = populations(xs)
    y.backward()
    return [x.grad for x in xs]


def of_loop(name: str, wrap: Callable[[Any], Any]) -> Call:
    g = wrap(getattr(autograd, name)(populations))
    return (lambda: g(RATES, DIRECTION)) if name in {"jvp", "hvp"} else lambda: g(RATES)


def loop(what: str) -> tuple[Call, Call]:
    name, _, jitted = what.partition(", ")
    return recorded, of_loop(name, jit if jitted else lambda f: f)


def logistic(what: str) -> tuple[Call, Call]:
    draw, n = np.random.default_rng(0), 60
    X, Y, p, v = draw.normal(size=(10_000, n)), draw.integers(0, 2, 10_000).astype(float), draw.normal(size=n) / 8, draw.normal(size=n)

    def loss(p, x, y):
        z = dot(p, x)
        return ops.softplus(z) - y * z

    f = vmap(loss, in_axes=(None, 0, 0), reduce="mean")
    wrap = jit if "jit" in what else lambda g: g
    both, product = wrap(autograd.value_and_grad(f)), wrap(autograd.hvp(f))
    return (lambda: both(p, X, Y)), (lambda: product(p, v, X, Y))


def neighbours(xs):
    return [ops.sin(xs[i] * xs[i - 1]) + 0.5 * xs[i] for i in range(OUTPUTS)]


def outputs(what: str) -> tuple[Call, Call]:
    xs = [Value(x) for x in np.linspace(-1.0, 1.0, OUTPUTS)]

    def run(f):
        ys = f(xs)
        if "backward" in what:
            ops.sum(ys).backward()
        return [y.data for y in ys]

    jitted = jit(neighbours)
    return (lambda: run(neighbours)), (lambda: run(jitted))


def bisected(c: Any) -> Any:
    low, high = 0.0 * c, 0.0 * c + 1.0
    for _ in range(DEPTH):
        middle = (low + high) * 0.5
        if middle < c:
            low = middle
        else:
            high = middle
    return low * c


def paths(what: str) -> tuple[Call, Call]:
    """Numbers of different paths, one at a time or as lanes, against numbers of one path or against no jit."""
    warnings.simplefilter("ignore", RuntimeWarning)  # which says that there are many paths
    middles = (np.arange(2**DEPTH) + 0.5) / 2**DEPTH
    derivative = autograd.grad(bisected)
    if what == "lanes":
        mapped = jit(vmap(derivative))
        return (lambda: [derivative(x) for x in middles.tolist()]), (lambda: mapped(middles))
    f = derivative if "derivative" in what else bisected
    known = jit(f)
    for x in middles.tolist():
        known(x)
    different, alike = middles[:: 2**DEPTH // 16].tolist(), np.linspace(0.9961, 0.9999, 16).tolist()
    one, given = (f, different) if "no jit" in what else (jit(f), alike)
    return (lambda: [one(x) for x in given]), (lambda: [known(x) for x in different])


INNER = """
def steps(count):
    def f(x):
        for _ in range(count):
            x = x - 0.01 * grad(lambda y: sin(y) * y)(x)
        return x
    return grad(f)
"""
HIPS = f"""
import sys, time, json
sys.setrecursionlimit(10**6)
from autograd import grad
from autograd.numpy import sin
{INNER}
for n in json.loads(sys.argv[1]):
    g, took = steps(n), []
    for _ in range(int(sys.argv[2])):
        start = time.process_time()
        y = g(0.7)
        took.append(time.process_time() - start)
    print(n, sorted(took)[len(took) // 2], repr(float(y)))
"""


def nested(count: int, rounds: int) -> tuple[list[float], float]:
    names = {"grad": autograd.grad, "sin": ops.sin}
    exec(INNER, names)  # noqa: S102  # written above
    g = names["steps"](count)  # type: ignore[operator]
    return [measure.seconds(lambda times: [g(0.7) for _ in range(times)], 0.0, "process_time") for _ in range(rounds)], g(0.7)


def hips(folder: str, rounds: int) -> dict[int, tuple[float, float]]:
    environment = os.environ | {"PYTHONPATH": folder}
    command = [sys.executable, "-P", "-c", HIPS, str(list(SIZES)), str(rounds)]
    lines = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.splitlines()  # noqa: S603
    return {int(n): (float(seconds), float(y)) for n, seconds, y in map(str.split, lines)}


# Item, its variants, their bounds, and how it is made. A variant's numbers are compared where the base has the same.
BOUNDS = {"grad": 1.2, "value_and_grad": 1.2, "jvp": 2.0, "hvp": 3.0, "hessian": 6.0}
ITEMS: dict[str, tuple[dict[str, float], Callable[[str], tuple[Call, Call]]]] = {
    "loop": (BOUNDS | {f"{name}, jit": bound for name, bound in BOUNDS.items()}, loop),
    "logistic": ({"hvp": 3.0, "hvp, both jit": 3.0}, logistic),
    "outputs": ({"call": 1.5, "call and backward": 1.5}, outputs),
    "paths": (
        {"256 against one": 3.0, "derivative, 256 against one": 3.0, "derivative against no jit": 1.0, "lanes": 1.0},
        paths,
    ),
}
SAME = {"loop": {"grad", "grad, jit"}, "outputs": {"call", "call and backward"}, "paths": {"derivative against no jit", "lanes"}}


def pair(item: str, what: str, rounds: int, least: float) -> tuple[np.ndarray, float]:
    """Seconds of the base and of the variant, round by round, and of the variant's first call."""
    base, variant = ITEMS[item][1](what)
    expected, start = base(), measure.time.process_time()
    found = variant()
    first = measure.time.process_time() - start
    if what in SAME.get(item, ()):
        np.testing.assert_allclose(np.array(tree_ravel(found)[0], float), np.array(tree_ravel(expected)[0], float), rtol=1e-10)
    base()
    return np.array(
        [
            [measure.seconds(lambda n, f=f: [f() for _ in range(n)][-1], least, "process_time") for f in (base, variant)]
            for _ in range(rounds)
        ]
    ), first


def nested_lines(run: limits.Limited, rounds: int, folder: str | None) -> None:
    theirs = hips(folder, rounds) if folder else {}
    found = {}
    for n in SIZES:
        result = run(nested, n, rounds)
        if isinstance(result, str):
            print(f"{'nested':>9}{n:>28,}  {result}")
            continue
        found[n] = float(np.median(result[0]))
        against = ""
        if n in theirs:
            np.testing.assert_allclose(result[1], theirs[n][1], rtol=1e-10)
            against = f"{found[n] / theirs[n][0]:.3g} times HIPS autograd's {1e3 * theirs[n][0]:.3g} ms   bound 1"
        print(f"{'nested':>9}{n:>28,}  {1e3 * found[n]:.4g} ms  {against}", flush=True)
    if len(found) > 1:
        slope = np.polyfit(*np.log(list(found.items())).T, 1)[0]
        print(f"{'nested':>9}{'slope':>28}  {slope:.2f}{'':<46}bound {SLOPE}{'   MISSED' if slope > SLOPE else ''}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("items", nargs="*", default=[*ITEMS, "nested"], metavar="item")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--limit", type=float, default=60.0, help="seconds for a pair")
    parser.add_argument("--memory", type=float, default=6e9, help="bytes for a pair")
    parser.add_argument("--least", type=float, default=0.02, help="seconds over which calls are timed")
    parser.add_argument("--hips", metavar="FOLDER")
    options = parser.parse_args()
    print(measure.heading())
    print(f"{'':>39}{'base, ms':>10}{'first, ms':>12}  times the base")
    run = limits.Limited(options.limit, options.memory)
    try:
        for item in options.items:
            if item == "nested":
                nested_lines(run, options.rounds, options.hips)
                continue
            for what, bound in ITEMS[item][0].items():
                result = run(pair, item, what, options.rounds, options.least)
                if isinstance(result, str):
                    print(f"{item:>9}{what:>28}  {result[:150]}   bound {bound}   MISSED", flush=True)
                    continue
                times, first = result
                ratios = times[:, 1] / times[:, 0]
                missed = "   MISSED" if np.median(ratios) > bound else ""
                figures = f"{1e3 * np.median(times[:, 0]):>12.4g}{1e3 * first:>12.4g}  {measure.spread(ratios):<30}"
                print(f"{item:>9}{what:>28}{figures}bound {bound}{missed}", flush=True)
    finally:
        run.end()


if __name__ == "__main__":
    main()
