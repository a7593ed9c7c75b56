"""Loops: Lotka–Volterra by Runge–Kutta, a body of about 50 operations, and the gradient of 4 parameters, by `scan`.

    python benchmarks/loops.py [--steps 1000000] [--states 200000] [--unrolled 100000] [--rounds 7] [--firsts 3] [--only scan states …]

Beside it JAX's `scan` and CasADi's `fold`, where they are installed: JAX compiles to machine code, CasADi and we interpret. `states` has
CasADi's `mapaccum`, which gives all states, at fewer steps. `unrolled` is the same as a loop of Python of so many steps, which `jit` rolls
up while it records it; `branch` a body with a choice, by an `if` of Python and by `where`. Each row has a process of its own, all on one
core. Printed are medians with quartiles: the processor's seconds of a first call, of as many fresh processes, and of later calls, which
take turns; how many times the value's that is; and the most memory in the first call above that before it. All numbers of a table must
agree.
"""

import argparse
import gc
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple, Self

import measure
import numpy as np

from autograd import jit, scan, sin, tanh, value_and_grad, where
from autograd.program import loop

H, P, START = 1e-5, np.array([1.1, 0.4, 0.1, 0.4]), (1.0, 0.5)
Call = Callable[[], Any]


def slope(u: Any, v: Any, p: Any) -> tuple[Any, Any]:
    """The two species' rates."""
    return p[0] * u - p[1] * u * v, p[2] * u * v - p[3] * v


def step(u: Any, v: Any, p: Any) -> tuple[Any, Any]:
    """One step of Runge–Kutta, for numbers of any kind."""
    a, b = slope(u, v, p)
    c, d = slope(u + 0.5 * H * a, v + 0.5 * H * b, p)
    e, f = slope(u + 0.5 * H * c, v + 0.5 * H * d, p)
    g, h = slope(u + H * e, v + H * f, p)
    return u + H / 6 * (a + 2 * c + 2 * e + g), v + H / 6 * (b + 2 * d + 2 * f + h)


def by_scan(steps: int) -> Callable[[Any], Any]:
    """The loss by our scan."""

    def loss(p: Any) -> Any:
        (u, v), _ = scan(lambda c, _: (step(*c, p), None), START, length=steps)
        return u * u + v

    return loss


def by_python(steps: int) -> Callable[[Any], Any]:
    """The same as a loop of Python."""

    def loss(p: Any) -> Any:
        u, v = START
        for _ in range(steps):
            u, v = step(u, v, p)
        return u * u + v

    return loss


def chosen(u: Any, v: Any, x: Any) -> Any:
    """The next number, by an `if` of Python."""
    y = sin(u * v + x)
    if y > 0.2 * v:
        return y * 0.5 + v
    return tanh(y + x) if v > 0.9 else y


def selected(u: Any, v: Any, x: Any) -> Any:
    """The same by `where`."""
    y = sin(u * v + x)
    return where(y > 0.2 * v, y * 0.5 + v, where(v > 0.9, tanh(y + x), y))


def branching(body: Callable[..., Any], steps: int) -> Callable[[Any], Any]:
    """A loss by a body with a choice."""
    xs = np.linspace(-1.0, 1.0, steps)

    def one(p: Any, c: Any, x: Any) -> Any:
        u = body(c[0] * p[0], c[1], x)
        return (u, c[1] * (1.0 - 1e-3 * p[1]) + 1e-3 * u), None

    def loss(p: Any) -> Any:
        (u, v), _ = scan(partial(one, p), (p[2], p[3]), xs)
        return u * u + v

    return loss


def called(loss: Callable[[int], Callable[[Any], Any]], transform: Callable[..., Any], steps: int) -> Call:
    """A function that computes it at P."""
    f = transform(loss(steps))
    return lambda: f(P)


def gradient(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Value and gradient, recorded."""
    return jit(value_and_grad(f))


def checkpointed(steps: int) -> Call:
    """Value and gradient with checkpoints."""
    loop.KEPT = 16 * steps // 20
    return called(by_scan, gradient, steps)


def by_jax(name: str, steps: int) -> Call:
    """JAX's scan, in double precision."""
    import jax  # noqa: PLC0415  # a peer that need not be there

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # JAX's interface

    def loss(p: Any) -> Any:
        (u, v), _ = jax.lax.scan(lambda c, _: (step(*c, p), None), START, None, length=steps)
        return u * u + v

    f = jax.jit(loss if name == "value" else jax.value_and_grad(loss))
    return lambda: jax.tree.map(np.array, f(P))


def by_casadi(name: str, way: str, steps: int) -> Call:
    """CasADi's fold, which gives the last state, or its mapaccum, which gives all, of virtual machine code."""
    import casadi  # noqa: PLC0415  # as above

    made: list[Any] = []

    def function() -> Any:
        x, p = casadi.SX.sym("x", 2), casadi.SX.sym("p", 4)
        one = casadi.Function("step", [x, p], [casadi.vertcat(*step(x[0], x[1], [p[k] for k in range(4)]))])
        q = casadi.MX.sym("q", 4)
        end = getattr(one, way)(steps)(list(START), casadi.repmat(q, 1, steps))[:, -1]
        loss = end[0] * end[0] + end[1]
        return casadi.Function(name, [q], [loss] if name == "value" else [loss, casadi.gradient(loss, q)])

    def call() -> Any:  # made in the first call, as others record or compile there
        made[:] = made or [function()]
        found = made[0](P)
        return [np.array(x).ravel() for x in (found if isinstance(found, tuple) else [found])]

    return call


class Table(NamedTuple):
    """Rows, by name, made for a number of steps; those that end in `value` are what the next ones are compared with."""

    steps: str
    rows: dict[str, Callable[[int], Call]]


TABLES = {
    "scan": Table(
        "steps",
        {
            "value": partial(called, by_scan, jit),
            "gradient, carries kept": partial(called, by_scan, gradient),
            "gradient, checkpoints": checkpointed,
            "gradient without jit": partial(called, by_scan, value_and_grad),
            **{f"JAX's scan: {name}": partial(by_jax, name) for name in ("value", "gradient")},
            **{f"CasADi's fold: {name}": partial(by_casadi, name, "fold") for name in ("value", "gradient")},
        },
    ),
    "states": Table(
        "states",
        {
            "value": partial(called, by_scan, jit),
            "gradient": partial(called, by_scan, gradient),
            **{f"CasADi's mapaccum: {name}": partial(by_casadi, name, "mapaccum") for name in ("value", "gradient")},
        },
    ),
    "unrolled": Table("unrolled", {"value": partial(called, by_python, jit), "gradient": partial(called, by_python, gradient)}),
    "branch": Table(
        "steps",
        {
            f"{name}: {what}": partial(called, partial(branching, body), transform)
            for name, body in (("if of Python", chosen), ("where", selected))
            for what, transform in (("value", jit), ("gradient", gradient))
        },
    ),
}


def resident() -> float:
    """Megabytes of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096 / 1e6


class Peak:
    """The most memory while a block runs, above that at its start, looked at every millisecond."""

    def __enter__(self) -> Self:
        gc.collect()
        self.start = self.most = resident()
        self.going = True
        self.thread = threading.Thread(target=self._look)
        self.thread.start()
        return self

    def _look(self) -> None:
        while self.going:
            self.most = max(self.most, resident())
            time.sleep(0.001)

    def __exit__(self, *_: object) -> None:
        self.going = False
        self.thread.join()

    @property
    def above(self) -> float:
        """Megabytes."""
        return self.most - self.start


# In the process of a row.


@cache
def made(table: str, steps: int, name: str) -> Call:
    """The row's function."""
    return TABLES[table].rows[name](steps)


def first(table: str, steps: int, name: str) -> tuple[float, float]:
    """Seconds and megabytes of the first call; a second one records the derivative."""
    f = made(table, steps, name)
    with Peak() as peak:
        seconds = lap(table, steps, name, 0)
    f()
    return seconds, peak.above


def lap(table: str, steps: int, name: str, _round: int) -> float:
    """The processor's seconds of a call."""
    start = time.process_time()
    made(table, steps, name)()
    return time.process_time() - start


def answer(table: str, steps: int, name: str, _round: int) -> np.ndarray:
    """What it finds."""
    found = made(table, steps, name)()
    return np.hstack(found if isinstance(found, tuple | list) else [found])


def prepare(table: str, steps: int, name: str) -> None:
    """Import what the row needs."""
    made(table, steps, name)


def show(table: str, steps: int, rounds: int, firsts: int) -> None:
    """Print a table."""
    begun: dict[str, list[tuple[float, float]]] = {}
    for k in range(firsts):
        with measure.processes(partial(prepare, table, steps), TABLES[table].rows) as found:
            for name, process in found.items():
                begun.setdefault(name, []).append(process.submit(first, table, steps, name).result())
            if k == firsts - 1:
                numbers = measure.turns(found, partial(answer, table, steps), 1)
                laps = {name: np.array(x) for name, x in measure.turns(found, partial(lap, table, steps), rounds).items()}
    whole = max(numbers.values(), key=lambda x: len(x[0]))[0]
    for name, (x,) in numbers.items():
        np.testing.assert_allclose(x, whole[: len(x)], rtol=1e-9, err_msg=name)
    width, value = max(map(len, laps)), laps[next(iter(laps))]
    print(f"\n{f'{table}, {steps:,} steps':{width}}  {'first call, s':28}{'later calls, s':28}{'times value':28}MB")
    for name, own in laps.items():
        seconds, memory = np.transpose(begun[name])
        value = own if name.endswith("value") else value
        print(
            f"{name:{width}}  {measure.spread(seconds):28}{measure.spread(own):28}{measure.spread(own / value):28}{measure.spread(memory)}",
            flush=True,
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--states", type=int, default=200_000)
    parser.add_argument("--unrolled", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--firsts", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=TABLES, default=list(TABLES))
    given = parser.parse_args()
    print(measure.heading("jax", "jaxlib", "casadi"))
    for table in given.only:
        show(table, vars(given)[TABLES[table].steps], given.rounds, given.firsts)


if __name__ == "__main__":
    main()
