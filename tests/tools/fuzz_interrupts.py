"""Ctrl-C at random moments of all that a session does, and a look at what it left behind.

    python tests/tools/fuzz_interrupts.py --interrupts 10000 --seed 1

A timer raises KeyboardInterrupt while one of the tasks runs again and again. Afterwards nothing may be in force, NumPy's and Python's
settings are what they were, and the task's own look finds results right and files whole. Each failure is printed; the exit status says
whether there was one.
"""

import argparse
import functools
import random
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np

import nn
from autograd import Program, Value, backend, detect_anomaly, exp, grad, jit, log, no_grad, ops, scope, tanh, vmap, where
from autograd.context import NEUTRAL, current


def network(seed):
    """A small model."""
    random.seed(seed)
    return nn.MLP(1, [2])


class Blocks:
    """The change of what is in force itself, in every way of making it."""

    def __init__(self, enter):
        self.enter = enter
        self.decorated = enter()(lambda: Value(1.0) + 1.0)

    def run(self):
        with self.enter():
            pass
        self.decorated()
        self.enter().run(int)
        for _ in self.generated():
            pass

    def generated(self):
        with self.enter():
            yield Value(1.0) * 2.0

    def wrong(self):
        return None if (Value(1.0) + 1.0).args else "an operation was not recorded"


class Backward:
    """Leaves get all of a pass, or nothing: their gradients are 3 and 5, times how many passes there were."""

    def __init__(self):
        self.a, self.b = Value(1.0), Value(1.0)
        self.root = ops.sum([self.a * 3.0, self.b * 5.0] * 8) / 8.0

    def run(self):
        self.root.backward()

    def wrong(self):
        return None if 5.0 * self.a.grad == 3.0 * self.b.grad else f"gradients of half a pass, {self.a.grad} and {self.b.grad}"


class Watched(Backward):
    """The same under a watch."""

    def run(self):
        with detect_anomaly():
            self.root.backward()


class Record:
    """Derivatives of functions of Values."""

    def run(self):
        self.found = grad(grad(lambda x: tanh(x) * exp(x)))(0.5)

    def wrong(self):
        self.run()
        t, e = np.tanh(0.5), np.exp(0.5)
        s = 1.0 - t * t
        right = e * (t + 2.0 * s - 2.0 * t * s)
        return None if abs(self.found - right) < 1e-14 * abs(right) else f"the second derivative is {self.found}, not {right}"


class Replay:
    """Recording anew, and replays, of two paths."""

    def __init__(self):
        self.calls = 0
        self.anew()

    def anew(self):
        self.one = jit(lambda x: x * x if x > 1.0 else 3.0 * x)
        self.all = vmap(lambda x: where(x > 1.0, x * x, 3.0 * x))
        self.slope = jit(grad(lambda x: x**3))

    def run(self):
        self.calls += 1
        if self.calls % 4 == 0:
            self.anew()
        self.results = self.one(2.0), self.one(0.5), self.slope(2.0), *self.all(np.array([2.0, 0.5])).tolist()

    def wrong(self):
        for _ in range(3):  # with what the interrupt left in the caches
            self.results = self.one(2.0), self.one(0.5), self.slope(2.0), *self.all(np.array([2.0, 0.5])).tolist()
            if self.results != (4.0, 1.5, 12.0, 4.0, 1.5):
                return f"replays gave {self.results}"
        return None


class Fit:
    """Parameters and optimizer are those after so many steps, and the history has complete epochs."""

    X, y = [[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1]

    def __init__(self):
        self.states = []
        self.model, optimizer = self.made()
        step = optimizer.step

        def stepped():
            step()
            self.states.append(self.state())

        self.states.append(self.state())
        optimizer.step = stepped
        self.history = self.fitted(optimizer)

    def made(self):
        model = network(1)
        return model, nn.Adam(model.parameters(), lr=0.1)

    def state(self):
        return tuple(p.data for p in self.model.parameters())

    def fitted(self, optimizer):
        return nn.fit(
            self.model, self.X, self.y, optimizer=optimizer, epochs=3, batch_size=2, validation=(self.X, self.y), seed=1, progress=False
        )

    def run(self):
        self.model, self.optimizer = self.made()
        self.found = None
        self.found = self.fitted(self.optimizer)

    def wrong(self):
        if self.state() != self.states[self.optimizer.steps]:
            return f"after {self.optimizer.steps} steps the parameters are others"
        if self.found is None:  # before it began
            return None
        lengths = {len(x) for x in vars(self.found).values()}
        if len(lengths) > 1 or self.found.loss != self.history.loss[: len(self.found.loss)]:
            return f"the history is {self.found}"
        return None


class Save:
    """A file is the old one or the new one, and nothing gathers beside it."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        x = Value(2.0)
        self.programs = [Program([x * x], [x]), Program([exp(x) + log(x)], [x])]
        self.models = [network(1), network(2)]
        self.run()

    def run(self):
        for program, model in zip(self.programs, self.models, strict=True):
            program.save(self.path / "program.npz")
            model.save(self.path / "model.json")

    def wrong(self):
        if Program.load(self.path / "program.npz") not in self.programs:
            return "the program is another"
        model = network(3)
        model.load(self.path / "model.json")
        if model.state_dict() not in [m.state_dict() for m in self.models]:
            return "the model is another"
        files = sorted(path.name for path in self.path.iterdir())
        return None if len(files) <= 4 else f"files gather: {files}"


TASKS = {
    "no_grad": functools.partial(Blocks, no_grad),
    "scope": functools.partial(Blocks, lambda: scope("a")),
    "detect_anomaly": functools.partial(Blocks, detect_anomaly),
    "record": Record,
    "backward": Backward,
    "watched": Watched,
    "replay": Replay,
    "fit": Fit,
    "save": Save,
}


class Timer:
    """Raises KeyboardInterrupt once, some time after it was set."""

    def __init__(self):
        self.fired = False
        signal.signal(signal.SIGALRM, self.fire)

    def fire(self, *_):
        self.fired = True
        raise KeyboardInterrupt

    def work_until_fired(self, work, after):
        signal.setitimer(signal.ITIMER_REAL, after)
        while not self.fired:
            work()

    def interrupt(self, work, after):
        """Do the work again and again until it is interrupted."""
        self.fired = False
        try:
            self.work_until_fired(work, after)
        except KeyboardInterrupt:
            pass
        except Exception:  # what another library, as zipfile, makes of it
            if not self.fired:
                raise


def settings():
    """What is no result, and yet must be as it was."""
    return np.geterr(), list(warnings.filters)


def fuzz(name, interrupts, seed):
    """Interrupt one task so often; what was wrong, counted."""
    task, timer, draw, faults = TASKS[name](), Timer(), random.Random(seed), Counter()  # moments, no secrets
    task.run()
    start = time.perf_counter()
    for _ in range(3):
        task.run()
    length = (time.perf_counter() - start) / 3.0
    before = settings()
    for _ in range(interrupts):
        timer.interrupt(task.run, max(2e-6, draw.uniform(0.0, 1.5) * length))
        if current() is not NEUTRAL:
            faults[f"{name}: {current()} is still in force"] += 1
            current.__self__.set(NEUTRAL)
        if settings() != before:
            faults[f"{name}: NumPy's or Python's settings are {settings()}"] += 1
            return faults
        if wrong := task.wrong():
            faults[f"{name}: {wrong}"] += 1
            return faults
    return faults


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--interrupts", type=int, default=10_000, help="in all, divided among the tasks")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=TASKS, action="append", help="these tasks alone")
    given = parser.parse_args()
    sys.unraisablehook = lambda _: None  # an interrupt in a finalizer goes to nobody
    names, faults = given.only or list(TASKS), Counter()
    for name in names:
        start = time.perf_counter()
        found = fuzz(name, -(-given.interrupts // len(names)), given.seed)
        print(f"{backend} {name}: {-(-given.interrupts // len(names))} interrupts, {time.perf_counter() - start:.1f} s", flush=True)
        faults.update(found)
    for fault, count in faults.items():
        print(f"WRONG {count} times: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
