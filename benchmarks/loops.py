"""Loops: Lotka–Volterra by Runge–Kutta, a body of about 50 operations, and the gradient of 4 parameters, by `scan`.

    python benchmarks/loops.py [--steps 1000000] [--unrolled 100000] [--rounds 3] [--peers]

Printed are the processor's seconds of the first call and of a later one, and the memory above that before the first call; with `--peers`
also for JAX's `scan` and CasADi's `fold` and `mapaccum`, where they are installed. All numbers must agree. JAX compiles to machine code;
CasADi and we interpret. The same is written as a loop of Python of `--unrolled` steps, which `jit` rolls up while it records it.
"""

import argparse
import gc
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np

from autograd import jit, scan, value_and_grad
from autograd.program import loop

H, P, START = 1e-5, np.array([1.1, 0.4, 0.1, 0.4]), (1.0, 0.5)


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


def ours(steps: int) -> dict[str, Callable[[], Any]]:
    """Value alone, and value and gradient, with the carries kept and with checkpoints."""

    def loss(p: Any) -> Any:
        (u, v), _ = scan(lambda c, _: (step(*c, p), None), START, length=steps)
        return u * u + v

    def checkpointed() -> Any:
        kept, loop.KEPT = loop.KEPT, 16 * steps // 20
        try:
            return bounded(P)
        finally:
            loop.KEPT = kept

    forward, whole, bounded, eager = jit(loss), jit(value_and_grad(loss)), jit(value_and_grad(loss)), value_and_grad(loss)
    return {
        "value": lambda: forward(P),
        "gradient, carries kept": lambda: whole(P),
        "gradient, checkpoints": checkpointed,
        "gradient without jit": lambda: eager(P),
    }


def unrolled(steps: int) -> dict[str, Callable[[], Any]]:
    """The same as a loop of Python: recorded, then replayed."""

    def loss(p: Any) -> Any:
        u, v = START
        for _ in range(steps):
            u, v = step(u, v, p)
        return u * u + v

    forward, whole = jit(loss), jit(value_and_grad(loss))
    return {"loop of Python: value": lambda: forward(P), "loop of Python: gradient": lambda: whole(P)}


def by_jax(steps: int) -> dict[str, Callable[[], Any]]:
    """JAX's scan, in double precision."""
    import jax  # noqa: PLC0415  # a peer that need not be there

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # JAX's interface

    def loss(p: Any) -> Any:
        (u, v), _ = jax.lax.scan(lambda c, _: (step(*c, p), None), START, None, length=steps)
        return u * u + v

    forward, whole = jax.jit(loss), jax.jit(jax.value_and_grad(loss))
    return {"JAX scan: value": lambda: float(forward(P)), "JAX scan: gradient": lambda: [np.array(x) for x in whole(P)]}


def by_casadi(steps: int) -> dict[str, Callable[[], Any]]:
    """CasADi's fold, which gives the last state, and its mapaccum, which gives all, of virtual machine code."""
    import casadi  # noqa: PLC0415  # as above

    x, p = casadi.SX.sym("x", 2), casadi.SX.sym("p", 4)
    one = casadi.Function("step", [x, p], [casadi.vertcat(*step(x[0], x[1], [p[k] for k in range(4)]))])
    q = casadi.MX.sym("q", 4)

    def both(name: str) -> tuple[Callable[[], Any], Callable[[], Any]]:
        end = getattr(one, name)(steps)(list(START), casadi.repmat(q, 1, steps))[:, -1]
        loss = end[0] * end[0] + end[1]
        value, made = casadi.Function("value", [q], [loss]), []

        def gradient() -> Any:
            made[:] = made or [casadi.Function("both", [q], [loss, casadi.gradient(loss, q)])]
            return [np.array(x).ravel() for x in made[0](P)]

        return lambda: float(value(P)), gradient

    found: dict[str, Callable[[], Any]] = {}
    for name in ("fold", "mapaccum"):
        found[f"CasADi {name}: value"], found[f"CasADi {name}: gradient"] = both(name)
    return found


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


def timed(f: Callable[[], Any], rounds: int) -> tuple[float, float, Any]:
    """The processor's seconds of the first call, and the least of later ones; and the result."""

    def once() -> float:
        start = time.process_time()
        f()
        return time.process_time() - start

    return once(), min(once() for _ in range(rounds)), f()


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--unrolled", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", action="store_true")
    given = parser.parse_args()
    rows = ours(given.steps)
    for peer in (by_jax, by_casadi) if given.peers else ():
        try:
            rows |= peer(given.steps)
        except ImportError as error:
            print(f"left out: {error}")
    show(given.steps, rows, given.rounds)
    show(given.unrolled, unrolled(given.unrolled), given.rounds)


def show(steps: int, rows: dict[str, Callable[[], Any]], rounds: int) -> None:
    """Print a table of these; their numbers must agree."""
    base, numbers = 0.0, []
    print(f"{f'{steps:,} steps':28} first      later   times value    MB")
    for name, f in rows.items():
        with Peak() as peak:
            first, later, found = timed(f, rounds)
        base = later if name.endswith("value") else base
        numbers.append(np.concatenate([np.ravel(x) for x in found]) if isinstance(found, tuple | list) else np.ravel(found))
        print(f"{name:28} {first:8.3f} s {later:8.3f} s {later / base:10.2f} {peak.above:9.1f}")
    for x in numbers:
        np.testing.assert_allclose(x, numbers[1][: len(x)], rtol=1e-9)


if __name__ == "__main__":
    main()
