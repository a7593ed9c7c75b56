"""Random sequences of operations on the compiled Value, and the same ones on the reference, compared at every step.

    python tests/tools/fuzz_native.py --seconds 3600 --seed 1 --threads 2

prints how far it has come, now and then, and the last steps before a difference. tests/tools/sanitize.sh runs it where sanitizers watch
the memory.
"""

import argparse
import copy
import gc
import itertools
import math
import pickle
import random
import reprlib
import sys
import threading
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import replace
from fractions import Fraction

import numpy as np

from autograd import TABLE, Op, backend, detect_anomaly, graph, no_grad, ops, scope
from autograd import Value as Native
from autograd.context import NEUTRAL, current, in_context
from autograd.engine import sweep as native_sweep
from autograd.program import program
from autograd.value import Value as Pure
from autograd.walks import sweep as pure_sweep

CLASSES, SWEEPS = (Pure, Native), (pure_sweep, native_sweep)
NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.25, 1e-3, 1e300, 5e-324, math.inf, -math.inf, math.nan)
OTHERS = (2, -1, True, 0, 10**400, Fraction(1, 3), np.float64(0.5), np.float32(2.0), np.int64(3), np.array(1.5))
NO_NUMBERS = ("1", None, (), [1.0], 1j, np.ones(2), object)
OPERATORS = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b, "pow": lambda a, b: a**b,
    "neg": lambda a: -a, "abs": abs, "pos": lambda a: +a, "lt": lambda a, b: a < b, "ge": lambda a, b: a >= b, "eq": lambda a, b: a == b,
    "matmul": lambda a, b: a @ b,
}  # fmt: skip
FIXED = [op for op in TABLE.values() if op.arity]
NARY = [op for op in TABLE.values() if not op.arity]


class Interruption(Exception):
    """In the middle of an operation."""


class Label(str):
    """A label that builds, differentiates and drops a graph of its own when it goes."""

    __slots__ = ()

    def __del__(self):
        with in_context(NEUTRAL):  # it goes when it goes, be it under a watch that interrupts
            x = Native(2.0)
            ops.sum([x * x, x, 1.0]).backward()


class Interrupts:
    """A watch that lets so many nodes pass."""

    def __init__(self, count):
        self.count = count

    def recorded(self, node):
        self.count -= 1
        if self.count < 0:
            raise Interruption(node.data)

    swept = recorded


def own(kind):
    """A user's Op, which dies with its last node; `kind` says what is wrong with it."""
    tail = Label(kind)

    def result(_, *x):
        if kind == "value raises":
            raise Interruption(kind)
        return "text" if kind == "value is text" else x[0] * 2.0 + len(x)

    def partials(_, *x):
        if kind == "partials raise":
            raise Interruption(tail)
        return (2.0,) if kind == "too few partials" else (2.0, *["text" if kind == "partial is text" else None for _ in x[1:]])

    return Op("own", result, partials)


OWN = ("right", "value raises", "value is text", "partials raise", "too few partials", "partial is text")


def text(x):
    """What there is to see of a result, the same for both classes."""
    if type(x) in CLASSES:
        return f"node {x.data!r} {x.op} {x.partials} {x.label!r} {x.scope}"
    return f"[{', '.join(map(text, x))}]" if isinstance(x, list) else repr(x)


def whole(roots):
    """All there is to see of the graph below."""
    nodes = graph.order(*roots)
    index = {node: i for i, node in enumerate(nodes)}
    return [(text(n), n.grad, [index.get(a, repr(a)) for a in n.args]) for n in nodes]


class Fuzz:
    """Pairs of Values, of the reference and compiled, on which the same is done; `log` has the last steps."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.live = []
        self.log = deque(maxlen=40)
        self.context = ExitStack()
        self.steps = 0
        kinds = [name for name in dir(self) if name.startswith("do_")]
        self.kinds = [getattr(self, name) for name in kinds] + [self.do_operation, self.do_operator, self.do_many] * 6

    @np.errstate(all="ignore")
    def run(self, steps=math.inf, seconds=math.inf):
        end = time.monotonic() + seconds
        while self.steps < steps and time.monotonic() < end:
            self.steps += 1
            self.random.choice(self.kinds)()
            if len(self.live) > 60 or self.random.random() < 0.01:
                self.random.shuffle(self.live)
                del self.live[: self.random.randrange(len(self.live) + 1)]
            if self.steps % 64 == 0:
                self.compare(*[whole(roots) for roots in zip(*self.live, strict=True)])
                if graph.count(*[node for _, node in self.live]) > 2000:  # copies of copies double a graph each time
                    self.live.clear()
        self.context.close()

    def both(self, name, act, *told):
        """Do `act` on either side, compare, and keep the Values that come of it."""
        self.log.append((self.steps, name, *told))
        results = []
        for side in (0, 1):
            try:
                results.append(act(side))
            except Exception as error:  # noqa: BLE001  # whichever it is, the other side has to raise it too
                results.append(f"{type(error).__name__}: {error}".replace("autograd.Value", "Value"))
        self.compare(*results)
        if type(results[0]) is Pure:
            self.live.append(tuple(results))
        elif isinstance(results[0], list):
            self.live += [pair for pair in zip(*results, strict=True) if type(pair[0]) is Pure]

    def compare(self, expected=None, found=None):
        assert text(expected) == text(found), f"{text(expected)}\n{text(found)}\nafter " + reprlib.repr(list(self.log))

    def pick(self):
        """The place of a pair, or a number."""
        if self.live and self.random.random() < 0.7:
            return [self.random.randrange(len(self.live))]
        return self.random.choice(NUMBERS if self.random.random() < 0.8 else OTHERS)

    def picks(self, count):
        """`count` of them, and rarely one that is not a number."""
        x = [self.pick() for _ in range(count)]
        if x and self.random.random() < 0.02:
            x[self.random.randrange(count)] = self.random.choice(NO_NUMBERS)
        return x

    def place(self):
        return [self.random.randrange(len(self.live))] if self.live else 1.0

    def at(self, picked, side):
        return self.live[picked[0]][side] if type(picked) is list and picked and type(picked[0]) is int else picked

    # What is done.

    def do_leaf(self):
        [x], label = self.picks(1), self.random.choice((None, None, "a", Label, 3))
        self.both("leaf", lambda side: CLASSES[side](self.at(x, side), label("l") if label is Label else label), x, label)

    def do_operator(self):
        name, f = self.random.choice(list(OPERATORS.items()))
        x = self.picks(1 if name == "abs" else f.__code__.co_argcount)
        x[self.random.randrange(len(x))] = self.place()  # of ints alone Python would compute (10**400) ** (10**400)
        self.both(name, lambda side: f(*[self.at(a, side) for a in x]), *x)

    def do_operation(self):
        op = self.random.choice(FIXED)
        x = self.picks(op.arity + self.random.choice((-1, 0, 0, 0, 0, 0, 0, 0, 0, 1)))
        self.both(op.name, lambda side: op(*[self.at(a, side) for a in x]), *x)

    def do_method(self):
        op, v = self.random.choice(FIXED), self.place()
        x = self.picks(op.arity - 1)
        if hasattr(Pure, op.name):
            self.both("." + op.name, lambda side: getattr(self.at(v, side), op.name)(*[self.at(a, side) for a in x]), v, *x)

    def do_many(self):
        op, form = self.random.choice(NARY), self.random.choice((list, tuple, iter))
        x = self.picks(self.random.choice((0, 1, 2, 3, 5, 31, 32, 33, 64, 100)))
        y = [self.pick() for _ in x[self.random.random() < 0.02 :]]

        def act(side):
            a, b = ([self.at(z, side) for z in zs] for zs in (x, y))
            return op(form(a), form(b)) if op.sequences == 2 else op(form(a)) if op.sequences else op(*a)

        self.both(op.name, act, form, x, y)

    def do_own(self):
        kind, x = self.random.choice(OWN), self.picks(self.random.randrange(1, 4))
        self.both(f"own, {kind}", lambda side: own(kind)(*[self.at(a, side) for a in x]), *x)

    def do_backward(self):
        v, seed = self.place(), self.random.choice((1.0, 2, -0.5, None))
        self.both("backward", lambda side: self.at(v, side).backward(seed), v, seed)

    def do_interrupted(self):
        """An exception while a node is recorded, or while `backward` goes on, which then leaves the leaves alone."""
        count, v, w = self.random.randrange(6), self.place(), self.place()

        def act(side):
            with in_context(replace(current(), watch=Interrupts(count))):
                a, b = self.at(v, side), self.at(w, side)
                y = ops.sum([a * b, a, 3.0]) - a / 2
                y.backward()
            return y

        self.both("interrupted", act, count, v, w)

    def do_anomaly(self):
        v, w = self.place(), self.place()

        def act(side):
            with detect_anomaly():
                (self.at(v, side) / self.at(w, side)).backward()

        self.both("anomaly", act, v, w)

    def do_enter(self):
        """A scope, or no recording, for the steps to come."""
        if self.random.random() < 0.5:
            self.context.close()
        kind = self.random.choice((no_grad, lambda: scope("s"), lambda: in_context(replace(current(), runs=(1,)))))
        if self.random.random() < 0.5:
            self.context.enter_context(kind())

    def do_set(self):
        v, name, x = self.place(), self.random.choice(("data", "grad", "label", "none")), *self.picks(1)
        x = self.random.choice((None, "b", Label, 3)) if name == "label" else x
        self.both("set", lambda side: setattr(self.at(v, side), name, x("l") if x is Label else self.at(x, side)), v, name, x)

    def do_init(self):
        """`__init__` once more, on a node that others may have as an argument."""
        v, x = self.place(), self.random.choice(NUMBERS)
        with in_context(replace(current(), scope=0)):
            self.both("__init__", lambda side: self.at(v, side).__init__(x, "again"), v, x)

    def do_copy(self):
        v = self.place()
        self.both("copy", lambda side: copy.copy(self.at(v, side)), v)

    def do_deepcopy(self):
        v = [self.place() for _ in range(3)]
        self.both("deepcopy", lambda side: copy.deepcopy([self.at(a, side) for a in v]), v)

    def do_pickle(self):
        """Own Ops cannot be pickled; a class that is not the one in use is deep-copied instead."""
        v = self.place()
        if self.live and all(node.op is None or node.op.name in TABLE for node in graph.order(self.at(v, 0))):
            again = copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x, self.steps % 4 + 2))
            with in_context(replace(current(), runs=())):  # under a transform a deep copy stays joined
                self.both("pickle", lambda side: again[side](self.at(v, side)), v)

    def do_walk(self):
        v = [self.place() for _ in range(2)]
        self.both("order", lambda side: [text(n) for n in graph.order(*[self.at(a, side) for a in v])], v)

    def do_sweep(self):
        v, x = self.place(), [self.place() for _ in range(3)]
        if self.live:
            self.both("sweep", lambda side: SWEEPS[side]({self.at(v, side): 2.0}, [self.at(a, side) for a in x]), v, x)

    def do_flatten(self):
        """A program of the compiled graph, its arrays made in C and in Python."""
        _, nodes = zip(*self.live, strict=True) if self.live else ((), ())
        outputs, inputs = (tuple(self.random.choices((*nodes, 0.5, -0.0, math.nan), k=3)) for _ in range(2))
        inputs = tuple({x for x in inputs if type(x) is Native})
        self.log.append((self.steps, "flatten"))
        for expected, found in zip(program._flattened(outputs, inputs), program.flatten(outputs, inputs), strict=True):
            assert (expected if type(expected) is tuple else bytes(expected)) == found

    def do_drop(self):
        """The arguments of a node go from the list, in any order; the node keeps them."""
        self.random.shuffle(self.live)
        del self.live[self.random.randrange(len(self.live) + 1) :: 2]

    def do_collect(self):
        gc.collect(0)


def walks(fuzz):
    """A callback of the garbage collector that walks over the current graph, in the middle of whatever goes on."""

    def callback(_phase, _info):
        for _, node in itertools.islice(fuzz.live, 3):
            assert graph.order(node)[-1] is node
            assert len(node.args) == len(node.partials)

    return callback


def main():
    parser = argparse.ArgumentParser()
    for name, default in (("seconds", 60.0), ("seed", 0), ("threads", 1)):
        parser.add_argument(f"--{name}", type=type(default), default=default)
    asked = parser.parse_args()
    if backend != "native":
        sys.exit("the compiled Value is not in use: build it, and unset AUTOGRAD_BACKEND")
    sys.setswitchinterval(1e-4)
    fuzzes = [Fuzz(asked.seed + i) for i in range(asked.threads)]
    gc.callbacks.append(walks(fuzzes[0]))
    gc.set_threshold(200)
    failed = []

    def run(fuzz):
        try:
            fuzz.run(seconds=asked.seconds)
        except BaseException:
            failed.append(fuzz)
            raise

    threads = [threading.Thread(target=run, args=(fuzz,)) for fuzz in fuzzes]
    start = time.monotonic()
    for t in threads:
        t.start()
    while any(t.is_alive() for t in threads):
        for t in threads:
            t.join(30.0)
        steps = [fuzz.steps for fuzz in fuzzes]
        print(f"seed {asked.seed}, {time.monotonic() - start:.0f} s: {steps} steps, {len(failed)} failed", flush=True)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
