"""Random programs with loops of Python, as text.

The loops are nested, or several in a row. They have several carries, inputs of each step, constants that change, results of two steps
before, lists that are kept, breaks and guards.

`thresholds` lets short loops be rolled up, too, and notes how many operations those that were rolled up stand for.
"""

import random
from contextlib import contextmanager

from autograd import cos, exp, sin, tanh, where
from autograd.program import rolling

TABLE = [0.3 * (-1) ** i / (1 + i % 7) for i in range(64)]
NAMES = {"sin": sin, "cos": cos, "tanh": tanh, "exp": exp, "where": where, "TABLE": TABLE}


class Program:
    """A function of three parameters; equal seeds are equal programs."""

    def __init__(self, seed):
        self.draw, self.lines, self.lists, self.depth = random.Random(seed), [], [], 1  # noqa: S311  # a sample
        self.write("def f(p):")
        self.write("    a, b, c, old = p[0] * 0.5, p[1], sin(p[2]), p[0]")
        for k in range(self.draw.randint(1, 3)):
            self.loop(f"i{k}", nested=self.draw.random() < 0.4)
        kept = "".join(f" + 0.1 * {name}[{self.draw.randint(-3, 3)}]" for name in self.lists)
        self.write(f"    return tanh(a * b) + c{kept}")
        self.source, space = "\n".join(self.lines), dict(NAMES)
        exec(self.source, space)  # noqa: S102  # which is ours
        self.f = space["f"]

    def write(self, line):
        self.lines.append(line)

    def atom(self, index, inner):
        """A number of which an expression is made."""
        kinds = ["a", "b", "c", "old", "p[0]", "p[1]", "p[2]", f"{self.draw.uniform(-1.0, 1.0):.2f}", "a", "b"]
        kinds += [f"TABLE[{index}]", f"0.05 * {index}"] + ([f"TABLE[{inner}]"] if inner else [])
        kinds += [f"{name}[{index} % 5]" if self.draw.random() < 0.3 else f"{name}[{index}]" for name in self.lists if not inner]
        return self.draw.choice(kinds)

    def expression(self, index, inner):
        """A bounded function of some numbers."""
        x, y, z = [self.atom(index, inner) for _ in range(3)]
        return self.draw.choice([
            f"sin({x} + 0.7 * {y}) * 0.9", f"tanh({x} * {y} - {z})", f"cos({x}) * {y} * 0.5 + 0.1", f"exp(-({x}) * ({x})) - 0.3 * {z}",
            f"({x} + {y}) / (2.0 + ({z}) * ({z}))", f"where({x} < {y}, 0.5 * {z}, sin({x}))", f"0.9 * {x} + 0.05 * {y}",
        ])  # fmt: skip

    def loop(self, index, *, nested, pad="    ", outer=None):
        """Some lines with a loop."""
        draw = self.draw
        name = f"kept{index}"
        keeps = draw.random() < 0.5 and outer is None
        if keeps:
            self.write(f"{pad}{name} = []")
        steps = draw.randint(17, 40) if outer is None else draw.randint(2, 18)
        self.write(f"{pad}for {index} in {draw.choice(['range({})', 'reversed(range({}))']).format(steps)}:")
        inside = pad + "    "
        for _ in range(draw.randint(1, 4)):
            own, also = [self.expression(outer or index, index if outer else None) for _ in range(2)]
            breaks = [] if keeps else [
                f"if {index} == {draw.randint(0, steps)}:\n{inside}    break",
                f"if a * a < {draw.choice(['-1.0', '1e-9', '0.01'])}:\n{inside}    break",
            ]  # fmt: skip
            line = draw.choice([
                *[f"{name} = {own}" for name in "abc"], f"a, b = {own}, {also}", f"a, old = {own} + 0.1 * old, a",
                f"if a > 50.0:\n{inside}    a = 1.0 / a",
                f"if {draw.choice('abc')} > {draw.uniform(-0.5, 0.9):.2f}:\n{inside}    b = 0.5 * b", *breaks,
            ])  # fmt: skip
            self.write(f"{inside}{line}")
        self.write(f"{inside}c = {self.expression(outer or index, index if outer else None)}")
        if nested and outer is None:
            self.loop("j", nested=False, pad=inside, outer=index)
        if keeps:
            self.write(f"{inside}{name}.append({draw.choice('abc')})")
            if steps >= 40 or not self.lists:  # which later loops read
                self.write(f"{pad}{name} = {name} + {name} + {name}")
            self.lists.append(name) if not self.lists else None


@contextmanager
def thresholds(steps=10, least=30, full=200):
    """Roll up loops of at least so many steps, and so many operations, and look at the log when it has so many; give the loops found."""
    before = rolling.STEPS, rolling.LEAST, rolling.FULL, rolling.OFTEN
    rolling.STEPS, rolling.LEAST, rolling.FULL, rolling.OFTEN = steps, least, full, 1
    found, take = [], rolling.Rolled.take

    def noted(self, *args):
        call = take(self, *args)
        if self not in found:
            found.append(self)
        return call

    rolling.Rolled.take = noted
    try:
        yield found
    finally:
        rolling.STEPS, rolling.LEAST, rolling.FULL, rolling.OFTEN = before
        rolling.Rolled.take = take
