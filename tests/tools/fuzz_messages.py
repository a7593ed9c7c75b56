"""Call the public functions with whatever there is, and look at what they say.

A call may succeed, or raise an AutogradError of one line that says what was given and expected; whatever else it raises, Python's own
messages above all, is printed with the call. Afterwards the context is neutral and the Values are as they were. Run it as
`python tests/tools/fuzz_messages.py 60` for a minute, or with a seed behind it.
"""

import inspect
import math
import random
import sys
import time
import warnings
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

import autograd
import nn
from autograd import Value, context
from autograd.errors import AutogradError

# What shows, runs for long, or takes functions apart by rules of its own.
LEFT_OUT = {"draw", "step_through", "detect_anomaly", "no_grad", "scope", "History", "Drawing", "Page", "fit", "Op"}
FUNCTIONS = {
    f"{package.__name__}.{name}": x
    for package in (autograd, nn)
    for name, x in vars(package).items()
    if callable(x) and not name.startswith("_") and name not in LEFT_OUT and not (inspect.isclass(x) and issubclass(x, Exception))
}
USES = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "**": lambda a, b: a**b,
    "data": lambda v, x: setattr(v, "data", x),
    "grad": lambda v, x: setattr(v, "grad", x),
    "label": lambda v, x: setattr(v, "label", x),
    "backward": lambda v, x: v.backward(x),
    "np.add": np.add,
    "np.multiply": np.multiply,
    "np.exp": lambda v, _: np.exp(v),
    "np.where": lambda v, x: np.where(x, v, x),
    "np.dot": np.dot,
    "np.maximum.outer": np.maximum.outer,
}


def thing(draw: random.Random, depth: int = 0) -> Any:
    """Something that a person may pass by mistake."""
    few = [thing(draw, depth + 1) for _ in range(draw.randrange(4))] if depth < 3 else []
    return draw.choice(
        [
            draw.uniform(-2.0, 2.0), draw.randrange(-1, 4), True, None, "a", "1", "", b"1", 1j, math.nan, math.inf, Fraction(1, 3),
            Decimal("1.5"), Value(draw.uniform(0.0, 1.0)), Value(1.0) * 2.0, np.float64(0.5), np.int64(1), np.bool_(1), np.complex128(1j),
            np.array(1.0), np.ones(2), np.ones((2, 2)), np.ones((1, 2, 2)), np.zeros(0), np.array(["a"]), np.array([1j]),
            np.array([Value(1.0), Value(2.0)]), np.array([None, 1.0]), few, tuple(few), {str(i): x for i, x in enumerate(few)}, {1.0},
            range(2), object(), math.exp, autograd.exp, abs, nn.mse, nn.MLP, nn.Neuron(2), nn.MLP(2, [2]), lambda x: x, lambda *_: None,
            iter([1.0]), slice(1),
        ]
    )  # fmt: skip


def tried(name: str, call: Any) -> str:
    """What is wrong with how a call ended; nothing where it is as it should be."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            call()
    except AutogradError as error:
        said = str(error)
        wrong = "more than one line" if "\n" in said else "" if any(word in said for word in SAYS) else "neither given nor expected"
    except Exception as error:  # noqa: BLE001  # that is what is looked for
        said = str(error)
        wrong = "" if any(words in said for words in PYTHONS) else type(error).__name__
    else:
        wrong = said = ""
    if context.current() is not context.NEUTRAL:
        return f"{name}: the context stays changed"
    return f"{name}: {wrong}: {said[:160]!r}" if wrong else ""


# Python's own messages about how many arguments there are, and what calls of the functions given say.
PYTHONS = (
    "positional argument",
    "keyword argument",
    "not callable",
    "unsupported operand",
    "broadcast",
    "takes no arguments",
    "bad operand type",
)
SAYS = ("got", "expected", "takes", "gave", "empty", "is not defined", "differ", "lose", "changed", "asked for", "sums", "has", "shape")


def main(seconds: float, seed: int) -> int:
    """Try for so long, print each complaint once, and how many calls there were."""
    draw, found, calls, end = random.Random(seed), Counter(), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        given = [thing(draw) for _ in range(draw.randrange(1, 4))]
        if draw.random() < 0.3:
            name, use = draw.choice(list(USES.items()))
            complaint = tried(name, lambda: use(Value(1.0), given[0]))  # noqa: B023  # called at once
        else:
            name, function = draw.choice(list(FUNCTIONS.items()))

            def call() -> None:
                made = function(*given)  # noqa: B023  # called at once
                if inspect.isroutine(made) and not any(x is math.exp for x in given):  # noqa: B023  # as above; exp speaks for itself
                    made(*given[::-1])  # noqa: B023  # as above

            complaint = tried(name, call)
        calls += 1
        if complaint:
            found[complaint] += 1
            if found[complaint] == 1:
                print(complaint, [repr(x)[:60] for x in given])
    print(f"{calls} calls, {len(found)} complaints, seed {seed}")
    return bool(found)


if __name__ == "__main__":
    given = [float(x) for x in sys.argv[1:]] or [60.0]
    sys.exit(main(given[0], int(given[1]) if len(given) > 1 else random.randrange(2**32)))
