"""Random programs of loops, run by scan, while_loop and cond, or as Python runs the same loops: the two have to agree.

A program is a seed; numbers stay moderate, since each step ends in bounded functions. Guards are few, and inside they are `if`s of Python.
"""

from dataclasses import dataclass

import numpy as np

from autograd import cond, cos, exp, scan, sin, tanh, where, while_loop

XS = np.linspace(-1.0, 1.0, 60).reshape(12, 5)


def python_scan(f, init, xs=None, length=None):
    """The loop as Python runs it, with the results as lists."""
    carry, ys = init, []
    for i in range(len(xs) if length is None else length):
        carry, y = f(carry, None if xs is None else xs[i])
        ys.append(y)
    return carry, ys


def python_while(go, body, init):
    """The loop as Python runs it."""
    while go(init):
        init = body(init)
    return init


def python_cond(c, f, g, *args):
    """The branch as Python takes it."""
    return f(*args) if c else g(*args)


@dataclass(frozen=True)
class Tools:
    """What a program is run by."""

    scan: object
    while_loop: object
    cond: object


OURS, PYTHON = Tools(scan, while_loop, cond), Tools(python_scan, python_while, python_cond)


class Draws:
    """Random numbers by a linear congruence, the same ones for a seed: what a recording cannot see, as in `random`, is not recorded."""

    def __init__(self, seed):
        self.state = int((seed + 1.0) * 1e12)

    def random(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2.0**53

    def randrange(self, count):
        return int(self.random() * count)

    def randint(self, first, last):
        return first + self.randrange(last + 1 - first)

    def choice(self, items):
        return items[self.randrange(len(items))]


class LoopProgram:
    """A function of two parameters, made of nested loops and several in a row; equal seeds are equal programs."""

    def __init__(self, seed):
        self.seed = seed

    def __repr__(self):
        return f"LoopProgram({self.seed})"

    def __call__(self, tools, p):
        """The result, a number."""
        return _Run(Draws(self.seed), tools, p).result()  # a sample, not a secret


class _Run:
    def __init__(self, draw, tools, p):
        self.draw, self.tools, self.p = draw, tools, p

    def result(self):
        total = self.p[0] * 0.5
        for _ in range(self.draw.randint(1, 2)):  # several in a row
            total = total + self.loop(total, depth=0)
        return total

    def loop(self, start, depth):
        """One loop from a number to a number; what is drawn for it is drawn before its body runs, which may be run many times."""
        kind = self.draw.choice(["scan", "scan", "scan", "while", "cond"])
        steps, width = self.draw.randint(0, 6), self.draw.randint(1, 3)
        seed = self.draw.random()
        if kind == "cond":
            return self.tools.cond(start > 0.1, self.mixed(seed, 1), self.mixed(seed + 1.0, 1), [start])[0]
        body = self.mixed(seed, width, nested=depth == 0)
        if kind == "while":
            bound = float(steps)
            found = self.tools.while_loop(
                lambda s: (s[0] < bound) & (s[1][0] < 1.4), lambda s: (s[0] + 1.0, body(s[1])), (0.0, [start] * width)
            )
            return found[1][0] * 0.5
        gives = self.draw.random() < 0.6
        has_xs = self.draw.random() < 0.6

        def step(carry, x):
            found = body(carry if x is None else [carry[0] + 0.1 * x[width % 5], *carry[1:]])
            return found, found[0] * carry[-1] if gives else None

        carry, ys = self.tools.scan(step, [start] * width, XS[:steps]) if has_xs else self.tools.scan(step, [start] * width, length=steps)
        total = sum(carry)
        for k in range(steps if gives else 0):
            total = total + (0.3 + 0.1 * k) * ys[k]
        return tanh(total)

    def mixed(self, seed, width, *, nested=False):  # noqa: C901  # a list of kinds
        """A function of a carry of so many numbers, always the same one for a seed."""

        def f(carry):
            draw = Draws(seed)  # as above
            carry = list(carry)
            for _ in range(draw.randint(1, 4)):
                i, j = draw.randrange(width), draw.randrange(width)
                a, b, q = carry[i], carry[j], self.p[draw.randrange(2)]
                kind = draw.randrange(8)
                if kind == 0:
                    new = sin(a * q + b)
                elif kind == 1:
                    new = tanh(a - q * b) + 0.1 * a * b
                elif kind == 2:
                    new = where(a > b * q, cos(a), 0.5 * b + q)
                elif kind == 3:
                    new = exp(-a * a) * q
                elif kind == 4:
                    new = 0.7 * a + 0.2 * q
                elif kind == 5:
                    new = tanh(a) if a > 0.3 * q else b * 0.5  # a guard
                elif kind == 6:
                    new = self.tools.cond(a > q, lambda a, b: sin(a) * b, lambda a, b: a + b * 0.25, a, b)
                elif nested:
                    new = _Run(Draws(draw.random()), self.tools, self.p).loop(tanh(a), depth=1)  # as above
                else:
                    new = sin(b) * 0.9
                carry[i] = new
            return carry

        return f
