"""What the benchmarks share: processes of their own that take turns on one core, medians with quartiles, versions, plots."""

import argparse
import ctypes
import importlib.util
import os
import platform
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import autograd
from autograd.pictures.colours import LIGHT

Processes = dict[str, ProcessPoolExecutor]
# Made for a size of the problem, it computes so many times and gives the numbers that it found.
Peer = Callable[[int], Any]
Peers = dict[str, Callable[[int], Peer]]
# Okabe and Ito's colours, which those who see fewer of them tell apart too.


def pin() -> None:
    """Stay on one core, where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def fresh(*, pinned: bool = True) -> ProcessPoolExecutor:
    """A process of its own, on that core: what one peer imports and allocates costs the others nothing."""
    return ProcessPoolExecutor(1, get_context("spawn"), pin if pinned else None)


@contextmanager
def processes(prepare: Callable[[str], Any], names: Iterable[str], *, pinned: bool = True) -> Iterator[Processes]:
    """One for each peer that `prepare` finds, called there; a line says who is left out."""
    with ExitStack() as stack:
        found = {}
        for name in names:
            process = stack.enter_context(fresh(pinned=pinned))
            try:
                process.submit(prepare, name).result()
            except (ImportError, OSError) as error:
                print(f"left out: {name}: {error}")
            else:
                found[name] = process
        yield found


def turns(found: Processes, call: Callable[[str, int], Any], rounds: int) -> dict[str, list[Any]]:
    """`call(name, round)` in each process, one after another, every round starting with the next; who crashes gets no further turn."""
    results: dict[str, list[Any]] = {name: [] for name in found}
    names = list(found)
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            try:
                results[name].append(found[name].submit(call, name, i).result())
            except (BrokenProcessPool, SystemError):  # the latter from minigrad, at times
                print(f"{name} crashed in round {i + 1}")
                names.remove(name)
    return {name: result for name, result in results.items() if result}


def figure(x: float) -> str:
    return f"{x:,.0f}" if x >= 1000 else f"{x:.3g}"


def spread(values: Any) -> str:
    """Median and quartiles."""
    low, median, high = map(figure, np.percentile(values, [25, 50, 75]))
    return f"{median} ({low} … {high})"


def heading(*packages: str) -> str:
    """The versions of all that takes part."""
    python = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    return ", ".join([python, f"autograd {getattr(autograd, 'backend', 'pure')}", *map(_version, ("numpy", *packages))])


def _version(package: str) -> str:
    try:
        return f"{package} {version(package)}"
    except PackageNotFoundError:
        return f"no {package}"


def replaced(module: str, **names: object) -> ModuleType:
    """A fresh copy of a module in which these names mean something else, and nothing else is changed."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {module!r}")
    copy = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(copy)
    vars(copy).update(names)
    return copy


def library(source: str, *options: str) -> ctypes.CDLL:
    """A C file that lies beside this one, compiled."""
    with tempfile.TemporaryDirectory() as folder:
        compiled, path = Path(folder, "library.o"), Path(folder, "library.so")
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, *options, "-c", "-fPIC", Path(__file__).with_name(source), "-o", compiled], check=True)  # noqa: S603
        # Apart and without the options: linked under -ffast-math it would set subnormal numbers to 0 in all of the process.
        vectors = ["-lmvec"] if "-ffast-math" in options else []
        subprocess.run([compiler, "-shared", compiled, "-o", path, *vectors, "-lm"], check=True)  # noqa: S603
        return ctypes.CDLL(str(path))


def descent(loss: Callable[..., Any], start: np.ndarray, rate: float, X: np.ndarray, Y: np.ndarray) -> Peer:
    """Ours: gradient descent on the mean of a loss of one sample, recorded once and replayed in lanes."""
    step = autograd.jit(autograd.value_and_grad(autograd.vmap(loss, in_axes=(None, 0, 0), reduce="mean")))

    def train(steps):
        p = start.copy()
        for _ in range(steps):
            value, gradient = step(p, X, Y)
            p -= rate * gradient
        return value, p.ravel()

    return train


def c_descent(source: str, start: np.ndarray, rate: float, X: np.ndarray, Y: np.ndarray, *options: str) -> Peer:
    """The same by `train(steps, rate, p, X, Y, samples)` of a C file, which changes p and gives the last loss."""
    program = library(source, *options).train
    program.restype = ctypes.c_double
    data = [x.ctypes.data_as(ctypes.c_void_p) for x in (X, Y)]

    def train(steps):
        p = start.copy()
        return program(steps, ctypes.c_double(rate), p.ctypes.data_as(ctypes.c_void_p), *data, len(X)), p.ravel()

    return train


def jax_descent(mean_loss: Callable[..., Any], start: np.ndarray, rate: float, X: np.ndarray, Y: np.ndarray) -> Peer:
    """The same by JAX, `mean_loss(p, X, Y)` being that of all samples."""
    import jax  # noqa: PLC0415  # a peer

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # its own way
    X, Y = map(jax.numpy.array, (X, Y))

    @jax.jit
    def step(p):
        value, gradient = jax.value_and_grad(mean_loss)(p, X, Y)
        return value, p - rate * gradient

    def train(steps):
        p = jax.numpy.array(start)
        for _ in range(steps):
            value, p = step(p)
        return float(value), np.array(p).ravel()

    return train


# Options of the C compiler: what this machine can, and what all can.
NATIVE, PORTABLE = ("-O3", "-march=native"), ("-O2", "-ftree-vectorize")


def seconds(run: Peer, least: float = 0.05, clock: str = "perf_counter") -> float:
    """Seconds for one time of as many as take this long, by a clock of `time`."""
    times, now = 1, getattr(time, clock)
    while True:
        start = now()
        run(times)
        took = now() - start
        if took >= least:
            return took / times
        times = max(2 * times, int(times * least / took))


@cache
def made(make: Callable[[int], Peer], size: int) -> Peer:
    return make(size)


def prepare(name: str, *, peers: Peers, size: int) -> None:
    made(peers[name], size)


def answer(name: str, _round: int, *, peers: Peers, size: int) -> np.ndarray:
    """The numbers after three times."""
    return np.hstack(made(peers[name], size)(3))


def lap(name: str, _round: int, *, peers: Peers, size: int) -> float:
    """Seconds for one time."""
    return seconds(made(peers[name], size))


def compare(peers: Peers, ours: str, size: int, rounds: int, *, pinned: bool = True) -> dict[str, np.ndarray]:
    """Prints a table; gives the microseconds that each peer takes for one time, round by round. All must find the same numbers."""
    with processes(partial(prepare, peers=peers, size=size), peers, pinned=pinned) as found:
        answers = turns(found, partial(answer, peers=peers, size=size), 1)
        for name, (numbers,) in answers.items():
            np.testing.assert_allclose(numbers, answers[ours][0], rtol=1e-9, atol=1e-12, err_msg=name)
        laps = turns(found, partial(lap, peers=peers, size=size), rounds)
    costs = {name: 1e6 * np.array(each) for name, each in laps.items()}
    table(costs, ours)
    return costs


def table(costs: dict[str, np.ndarray], ours: str) -> None:
    """Medians and quartiles of microseconds, and of how many times ours they are."""
    width = max(map(len, costs))
    print(f"{'':>{width}}  {'microseconds':<34}times ours")
    for name, cost in costs.items():
        print(f"{name:>{width}}  {spread(cost):<34}{spread(cost / costs[ours])}")


@contextmanager
def picture(path: str, title: str, figsize: tuple[float, float]) -> Iterator[Any]:
    """Axes to be drawn on, whose figure is then saved; the same drawing gives the same bytes."""
    from nn.figures import figure_of  # noqa: PLC0415  # Matplotlib, only here

    drawing, axes = figure_of(1, 1, figsize)
    drawing.suptitle(title)
    yield axes
    if path.endswith(".svg"):
        Path(path).write_text(drawing.svg(), encoding="utf-8")
    else:
        drawing.savefig(path)


def plot(path: str, title: str, costs: dict[str, np.ndarray], ours: str) -> None:
    """A line for each peer from ours to how many times that it takes, with quartiles."""
    names = list(costs)
    low, median, high = np.percentile([costs[name] / costs[ours] for name in names], [25, 50, 75], axis=1)
    with picture(path, title, figsize=(7, 1 + 0.4 * len(names))) as axes:
        axes.axvline(1.0, color="black", linewidth=1)
        for y, name in enumerate(names):
            colour = LIGHT["orange" if name.startswith(ours) else "blue"]
            axes.hlines(y, 1.0, median[y], color=colour, linewidth=3)
            axes.errorbar(median[y], y, xerr=[[median[y] - low[y]], [high[y] - median[y]]], color=colour, marker="o", capsize=4)
            at, side, align = (high[y], 8, "left") if median[y] >= 1.0 else (low[y], -8, "right")
            axes.annotate(figure(median[y]), (at, y), (side, 0), textcoords="offset points", ha=align, va="center")
        room = max(4.0, (high.max() / low.min()) ** 0.2)  # for a number beside the line
        axes.set(xscale="log", xlabel="time, as a multiple of ours (logarithmic)", xlim=(low.min() / room, high.max() * 2.0 * room))
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.margins(y=0.1)


def main(doc: str | None, peers: Peers, ours: str, *packages: str, size: str, usual: int, title: str, pinned: bool = True) -> None:
    """The command line of a benchmark that compares peers at one size."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(f"--{size}", type=int, default=usual)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    print(heading(*packages))
    costs = compare(peers, ours, vars(options)[size], options.rounds, pinned=pinned)
    if options.plot:
        plot(options.plot, title, costs, ours)
