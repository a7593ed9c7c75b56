"""What the benchmarks share: processes of their own that take turns on one core, medians with quartiles, versions."""

import importlib.util
import os
import platform
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import PackageNotFoundError, version
from multiprocessing import get_context
from types import ModuleType
from typing import Any

import numpy as np

import autograd

Processes = dict[str, ProcessPoolExecutor]


def pin() -> None:
    """Stay on one core, where the system allows it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def fresh() -> ProcessPoolExecutor:
    """A process of its own, on that core: what one peer imports and allocates costs the others nothing."""
    return ProcessPoolExecutor(1, get_context("spawn"), pin)


def processes(prepare: Callable[[str], Any], names: Iterable[str]) -> Processes:
    """One for each peer that `prepare` finds, called there; a line says who is left out."""
    found = {}
    for name in names:
        process = fresh()
        try:
            process.submit(prepare, name).result()
        except (ImportError, OSError) as error:
            print(f"left out: {name}: {error}")
        else:
            found[name] = process
    return found


def turns(found: Processes, call: Callable[[str, int], Any], rounds: int) -> dict[str, list[Any]]:
    """`call(name, round)` in each process, one after another, every round starting with the next; who crashes gets no further turn."""
    results: dict[str, list[Any]] = {name: [] for name in found}
    names = list(found)
    for i in range(rounds):
        for name in names[i % len(names) :] + names[: i % len(names)]:
            try:
                results[name].append(found[name].submit(call, name, i).result())
            except BrokenProcessPool:
                print(f"{name} crashed in round {i + 1}")
                names.remove(name)
    return {name: result for name, result in results.items() if result}


def spread(values: Any) -> str:
    """Median and quartiles."""
    low, median, high = (f"{x:,.0f}" if x >= 1000 else f"{x:.3g}" for x in np.percentile(values, [25, 50, 75]))
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
