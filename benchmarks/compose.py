"""Compositions of jit, vmap and derivatives: none may fall off a cliff.

    python benchmarks/compose.py [--rows 100 1000 …] [--operations 10 100 …] [--only grad hvp] [--forms plain …]
                                 [--limit 10] [--rounds 3]

Each derivative of each form of a loss is computed without jit, as `jit(hvp(f))`, and as `hvp(jit(f))`. The loss of one row is
logistic; `plain` is a loop of so many operations. Printed are the milliseconds without jit, those of the first call, and for the
other two how many times as long as without jit a later call takes, and the first call as a part of its bound: 1.5 times the
first call without jit and 1 ms. Then how the time of a later call grows with rows, and with operations at 1,000 rows: slopes in a
log-log plot, over the last two steps of size. A cell that takes more of the processor's seconds than the limit, or more memory,
says so, and larger ones of its kind are not tried. All numbers must agree. At the end stand the cells that miss a bound.

Each first call is one of a program that has never been made in the process, since a constant in it is new: what a pass made of an
equal program is found again, and so is what a row of the table needs. The second call, which records a derivative, counts as neither.
"""

import argparse
import itertools
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import limits
import measure
import numpy as np

import autograd
from autograd import dot, jit, ops, vmap

PARAMETERS, AT = 8, 1000
SAME, SLOPE, FIRST = 1.1, 1.1, 1.5  # a tenth for what the clock and other work add
MODES = ("no jit", "jit outside", "jit inside")
DERIVATIVES = ("grad", "value_and_grad", "jvp", "hvp", "hessian", "jacobian")
DIRECTED = ("jvp", "hvp")
Sizes = list[tuple[int, int]]  # rows, and operations of the loss of a row
P, V = np.linspace(-0.5, 0.5, PARAMETERS), np.linspace(1.0, -1.0, PARAMETERS)


# Half, and a little more each time: a constant with which no program has been made before.
HALVES = (0.5 * (1.0 + 2.0**-48 * k) for k in itertools.count(1))


def data(rows: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(0)
    return draw.normal(size=(rows, PARAMETERS)), draw.integers(0, 2, rows).astype(float)


def sample(depth: int) -> Callable[..., Any]:
    half = next(HALVES)

    def loss(p, x, y):
        z = dot(p, x)
        for _ in range(depth):
            z = ops.sin(z) + half * z
        return ops.softplus(z) - y * z

    return loss


def over_rows(depth: int, reduce: str | None) -> Callable[..., Any]:
    return vmap(sample(depth), in_axes=(None, 0, 0), reduce=reduce)


def penalised(depth: int, reduce: str) -> Callable[..., Any]:
    mean, weight = over_rows(depth, reduce), 0.1 * next(HALVES)
    return lambda p, X, Y: mean(p, X, Y) + weight * dot(p, p)


def inside(depth: int) -> Callable[..., Any]:
    each = over_rows(depth, None)
    return lambda p, X, Y: np.mean(each(p, X, Y))


def matrix(depth: int) -> Callable[..., Any]:
    half = next(HALVES)

    def loss(p, X, Y):
        z = X @ p
        for _ in range(depth):
            z = np.sin(z) + half * z
        return np.mean(np.log1p(np.exp(z)) - Y * z)

    return loss


def loop(operations: int) -> Callable[..., Any]:
    half = next(HALVES)

    def f(p):
        z = 2.0 * half * p[0]
        for i in range(operations // 3):
            z = ops.sin(z) * p[i % PARAMETERS] + p[(i + 1) % PARAMETERS]
        return z

    return f


FORMS: dict[str, Callable[[int], Callable[..., Any]]] = {
    "vmap, mean": partial(over_rows, reduce="mean"),
    "vmap, sum": partial(over_rows, reduce="sum"),
    "vmap, stacked": partial(over_rows, reduce=None),
    "vmap, mean, and penalty": partial(penalised, reduce="mean"),
    "vmap, sum, and penalty": partial(penalised, reduce="sum"),
    "np.mean of vmap": inside,
    "X @ p": matrix,
    "captured rows": partial(over_rows, reduce="mean"),
    "vmap of derivative": sample,
    "plain": loop,
}


def fits(form: str, derivative: str) -> bool:
    """What gives many numbers has a Jacobian and tangents."""
    return form != "vmap, stacked" or derivative in {"jvp", "jacobian"}


def composed(form: str, derivative: str, mode: str, rows: int, depth: int) -> Callable[[], Any]:
    """The composition, never called before, on its arguments."""
    f, given = (loop(rows), ()) if form == "plain" else (FORMS[form](depth), data(rows))
    if form == "captured rows":
        mean, (X, Y) = f, given
        f, given = (lambda p: mean(p, X, Y)), ()
    if mode == "jit inside":
        f = jit(f)
    g = getattr(autograd, derivative)(f)
    args = (P, V, *given) if derivative in DIRECTED else (P, *given)
    if form == "vmap of derivative":
        g = vmap(g, in_axes=(*[None] * (len(args) - 2), 0, 0))
    if mode == "jit outside":
        g = jit(g)
    return lambda: g(*args)


def flat(result: Any) -> np.ndarray:
    """Some thousand of the numbers found, evenly spaced."""
    numbers = np.hstack([np.ravel(x) for x in (result if isinstance(result, tuple) else (result,))]).astype(float)
    return numbers[:: len(numbers) // 1000 + 1]


def cell(
    form: str, derivative: str, mode: str, rows: int, depth: int, rounds: int, least: float
) -> tuple[list[float], list[float], np.ndarray]:
    """Seconds of the processor for a first call and for a later one, round by round, and the numbers found."""
    composed(form, derivative, mode, 4, 1)()  # what a process does once
    firsts: list[float] = []
    while len(firsts) < rounds and sum(firsts) < 1.0:
        call = composed(form, derivative, mode, rows, depth)
        start = time.process_time()
        found = call()
        firsts.append(time.process_time() - start)
    call()
    run = lambda times: [call() for _ in range(times)][-1]  # noqa: E731
    return firsts, [measure.seconds(run, least, "process_time") for _ in range(rounds)], flat(found)


class Cell(NamedTuple):
    """Medians of seconds, and the numbers found."""

    first: float
    later: float
    numbers: np.ndarray


Cells = dict[str, list[Cell | str]]  # by mode, for each size: a cell, or in a string why there is none


def measured(run: limits.Limited, form: str, derivative: str, sizes: Sizes, rounds: int, least: float) -> Cells:
    found: Cells = {}
    for mode in MODES:
        found[mode] = []
        for k, (rows, depth) in enumerate(sizes):
            if k and isinstance(found[mode][-1], str):
                found[mode].append(found[mode][-1])
                continue
            result = run(cell, form, derivative, mode, rows, depth, rounds, least)
            if not isinstance(result, str):
                result = Cell(float(np.median(result[0])), float(np.median(result[1])), result[2])
                own = found["no jit"][k] if mode != "no jit" else result
                if isinstance(own, Cell) and not np.allclose(result.numbers, own.numbers, rtol=1e-8, atol=1e-10):
                    result = "other numbers"
            found[mode].append(result)
    return found


def against(each: Cell, own: Cell | str) -> tuple[float, float]:
    """A later call as a multiple of one without jit, and the first call as a part of its bound."""
    return (each.later / own.later, each.first / (FIRST * own.first + 1e-3)) if isinstance(own, Cell) else (np.nan, np.nan)


def shown(found: Cells, k: int) -> str:
    text = ""
    for mode in MODES:
        each = found[mode][k]
        if isinstance(each, str):
            text += f"{each.split(':')[0][:22]:>12}{'':>12}"
        elif mode == "no jit":
            text += f"{1e3 * each.later:>12.4g}{1e3 * each.first:>12.4g}"
        else:
            text += "".join(f"{x:>12.3g}" for x in against(each, found["no jit"][k]))
    return text


def misses(found: Cells, k: int) -> Iterator[str]:
    for mode in MODES:
        each = found[mode][k]
        if isinstance(each, str):
            yield f"{mode}: {each[:150]}"
            continue
        later, first = against(each, found["no jit"][k])
        if mode != "no jit" and later > SAME:
            yield f"{mode}: {later:.3g} times as long as without"
        if mode != "no jit" and first > 1.0:
            yield f"{mode}: the first call takes {first:.3g} of its bound ({1e3 * each.first:.3g} ms)"


def slope(grown: list[int], cells: list[Cell | str]) -> float:
    """Of the time of a later call, over the last three sizes that ended."""
    pairs = [(size, each.later) for size, each in zip(grown, cells, strict=True) if isinstance(each, Cell)][-3:]
    return float(np.polyfit(*np.log(pairs).T, 1)[0]) if len(pairs) > 1 else np.nan


def report(form: str, derivative: str, sizes: Sizes, along: int, found: Cells) -> list[str]:
    """Print a kind; what misses its bound."""
    name, unit, missed = f"{derivative}, {form}", ("operations" if along or form == "plain" else "rows"), []
    grown = [size[along] for size in sizes]
    slopes = {mode: slope(grown, found[mode]) for mode in MODES}
    for k, size in enumerate(grown):
        last = "   " + " ".join(f"{s:.2f}" for s in slopes.values()) if k == len(grown) - 1 else ""
        print(f"{name:>40}{size:>9,}{shown(found, k)}{last}", flush=True)
        missed += [f"{name}, {size:,} {unit}, {miss}" for miss in misses(found, k)]
    return missed + [f"{name}, {mode}: grows with {unit} by a slope of {s:.2f}" for mode, s in slopes.items() if s > SLOPE]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="*", default=[100, 1000, 10_000, 100_000])
    parser.add_argument("--operations", type=int, nargs="*", default=[10, 100, 1000])
    parser.add_argument("--only", nargs="*", choices=DERIVATIVES, default=DERIVATIVES)
    parser.add_argument("--forms", nargs="*", choices=FORMS, default=list(FORMS))
    parser.add_argument("--limit", type=float, default=10.0, help="seconds for a cell")
    parser.add_argument("--memory", type=float, default=6e9, help="bytes for a cell")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--least", type=float, default=0.02, help="seconds over which calls are timed")
    options = parser.parse_args()
    print(measure.heading())
    print(f"{'':>49}{'no jit, ms':>12}{'first, ms':>12}{'jit outside':>12}{'first':>12}{'jit inside':>12}{'first':>12}   slopes")
    run = limits.Limited(options.limit, options.memory)
    missed: list[str] = []
    try:
        for along, sizes in enumerate([[(rows, 1) for rows in options.rows], [(AT, depth) for depth in options.operations]]):
            for form in options.forms:
                for derivative in options.only:
                    if sizes and fits(form, derivative) and (form != "plain" or not along):
                        found = measured(run, form, derivative, sizes, options.rounds, options.least)
                        missed += report(form, derivative, sizes, along, found)
    finally:
        run.end()
    print(f"\n{len(missed)} misses")
    print("\n".join(missed))


if __name__ == "__main__":
    main()
