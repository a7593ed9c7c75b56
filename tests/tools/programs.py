"""Random programs as Python source, as a user would write them.

A program is `def f(x)` with operations, vmap over rows (constant or computed), branches, loops, jitted functions and inner
derivatives, nested to depth 3. `OURS` is what its names mean in the library; see `exact_programs` for the same in two hundred digits.
"""

import random

import numpy as np

import autograd
from autograd import ops

ROWS = {
    "X0": np.array([[0.3, -1.2], [1.1, 0.4], [-0.7, 0.9]]),
    "X1": np.array([[0.8, 0.1], [-0.2, 0.6]]),
    "W0": np.array([0.4, -1.1, 0.7]),
    "W1": np.array([0.9, 0.3]),
}
UNARY = ("sin", "cos", "tanh", "sigmoid", "atan", "softplus", "exp", "log1p", "sqrt", "square", "expm1")
OURS = {name: getattr(ops, name) for name in (*UNARY, "maximum", "minimum", "where", "dot", "logsumexp", "norm") if name != "square"}
OURS |= {"total": ops.sum, "log": ops.log, "np": np, **ROWS} | {
    name: getattr(autograd, name) for name in ("vmap", "jit", "grad", "jvp", "take")
}


class Writer:
    """Writes a program, drawn by `rng`."""

    def __init__(self, rng: random.Random, depth: int = 3) -> None:
        self.rng, self.depth, self.made = rng, depth, 0

    def name(self) -> str:
        self.made += 1
        return f"v{self.made}"

    def program(self) -> str:
        lines, names = self.body([f"x{i}" for i in range(3)], self.depth)
        take = self.rng.choice(["x0, x1, x2 = x", 'x0, (x1, x2) = x["a"], x["b"]'])
        last = self.rng.sample(names[3:], min(2, len(names) - 3))
        one, two = f"{last[-1]} + 0.5 * {names[-1]}", f"{last[0]}, {names[-1]}"
        result = self.rng.choice([one, one, one, f"({two})", f"[{two}]", f'{{"a": {last[0]}, "b": {names[-1]}}}', f"np.array([{two}])"])
        return "\n    ".join(["def f(x):", take, *lines, f"return {result}"]) + "\n"

    def body(self, names: list[str], depth: int, row: str = "") -> tuple[list[str], list[str]]:
        """Lines that compute further names."""
        lines, names = [], list(names)
        for _ in range(self.rng.randint(1, 3) if row or depth < self.depth else 3):
            kinds = (
                [self.operation] * 3
                + [self.array]
                + ([self.each] * 3 + [self.branch, self.call] * 2 + [self.inner, self.loop] if depth > 0 else [])
            )
            made, name = self.rng.choice(kinds)(names, depth, row)
            lines += made
            names.append(name)
        return lines, names

    def some(self, names: list[str], count: int) -> list[str]:
        """Names, newer ones more often, and different ones while they last."""
        found: list[str] = []
        left = list(names)
        for _ in range(count):
            found.append(left.pop(-1 - min(int(self.rng.expovariate(0.7)), len(left) - 1)))
            left = left or list(names)
        return found

    def operation(self, names, _depth, _row):
        a, b, c, d = self.some(names, 4)
        k, name, function = self.rng.choice([0.5, -0.8, 1.5, 2.0]), self.name(), self.rng.choice(UNARY)
        unary = {
            "exp": f"exp(-{a} * {b})", "log1p": f"log1p({a} * {a})", "sqrt": f"sqrt(1.0 + {a} * {a})",
            "square": f"0.25 * {a}**2", "expm1": f"expm1(0.3 * {a})",
        }.get(function, f"{function}({a})")  # fmt: skip
        text = self.rng.choice([
            unary, unary, unary, f"{a} + {k} * {b}", f"{a} - {b} * {c}", f"{a} * {b}", f"{a} / (1.0 + {b} * {b})",
            f"maximum({a}, {b})", f"minimum({a}, {k})", f"where({a} > {k}, {b}, {c})", f"where({a} <= {b}, sin({c}), {d} * {k})",
            f"where({a} > {k}, sqrt({a} - {k}), {b})", f"where({a} < 0.1, {b}, log({a}))",
            f"dot([{a}, {b}], [{c}, {d}])", f"total([{a}, {b}, -{c}])", f"logsumexp([{a}, {b}, {c}])",
            f"norm([{a}, {b}, 1.0])", f"abs({a})", f"take([{a}, {b}, {c}], where({d} > {k}, 2.0, where({a} < {b}, 1.0, -3.0)))",
        ])  # fmt: skip
        return [f"{name} = {text}"], name

    def array(self, names, _depth, _row):
        a, b, c = self.some(names, 3)
        name = self.name()
        text = self.rng.choice([
            f"np.sum(np.array([sin({a}), {b}, {c}]) * W0)", f"tanh(np.mean(X1 @ np.array([{a}, {b}]) * W1))",
            f"np.mean(X0 @ np.array([{a}, {b}])) * {c}", f"W0 @ np.array([{a}, {b} * {c}, {c}])",
            f"np.sum(np.where(np.array([{a}, {b}, {c}]) > 0.2, W0, np.array([{b}, {c}, {a}])))",
            f"np.mean(np.where((X0 @ np.array([{a}, {b}]) < 0.3) & ~(W0 <= {c}), {c}, W0 * {a}))",
        ])  # fmt: skip
        return [f"{name} = {text}"], name

    def function(
        self, params: list[str], names: list[str], depth: int, head: str, *, decorator: str = "", row: str = "", take: tuple[str, ...] = ()
    ):
        """A nested function that sees `names`, and its own parameters."""
        lines, made = self.body([*names, *params], depth - 1, row)
        text = [decorator] if decorator else []
        return [*text, head, *[f"    {line}" for line in (*take, *lines, f"return {made[-1]}")]]

    def each(self, names, depth, row):
        g, name = self.name(), self.name()
        p, q, own = self.some(names, 2), [self.name(), self.name()], [self.name(), self.name()]
        seen = self.some(names, 1) if self.rng.random() < 0.3 else []  # captured, live
        X = self.rng.choice(["X0", "X1", "X0", "row" if row else "X1", "live"])
        if X == "live":
            a, b, c = self.some(names, 3)
            X = f"np.array([[{a}, {b}], [{c}, 0.5], [{b}, {a}]])"
        single = X == "row"  # the entries of an outer row are the lanes here
        r, take = (own[0], []) if single else (self.name(), [])
        params = [own[0]] if single else own
        if not single:
            take = [f"{own[0]}, {own[1]} = {r}"]
        take = [f"{q[0]}, {q[1]} = p", *take]
        lines = self.function([*q, *params], seen, depth, f"def {g}(p, {r}):", row="" if single else r, take=tuple(take))
        reduce = self.rng.choice(["mean", "sum", None])
        if reduce and self.rng.random() < 0.3:  # several results
            lines[-1] = f"    return {lines[-1].removeprefix('    return ')}, {own[0]} * {q[0]}"
            second = self.name()
            called = f'vmap({g}, in_axes=(None, 0), reduce="{reduce}")([{p[0]}, {p[1]}], {row if single else X})'
            return [*lines, f"{second}, {name} = {called}", f"{name} = {name} - 0.5 * {second}"], name
        called = f"([{p[0]}, {p[1]}], {row if single else X})"
        if reduce:
            return [*lines, f'{name} = vmap({g}, in_axes=(None, 0), reduce="{reduce}"){called}'], name
        s = self.name()
        lines.append(f"{s} = vmap({g}, in_axes=(None, 0)){called}")
        weights = {"X0": "W0", "X1": "W1"}.get(X, "W0")
        used = [
            f"np.mean({s})",
            f"0.25 * np.sum({s} * {s})",
            f"{s}[0] - {s}[-1]",
            f"np.sum({s} * ({s} - 0.3))",
            *([] if single else [f"{weights} @ {s}"]),
        ]
        if self.rng.random() < 0.25:  # a second pass over what the first gave
            h, t, u = self.name(), self.name(), self.some(names, 1)[0]
            lines += [f"def {h}(a, {t}):", f"    return sin({t}) * a + {t}"]
            return [*lines, f'{name} = vmap({h}, in_axes=(None, 0), reduce="mean")({u}, {s})'], name
        return [*lines, f"{name} = {self.rng.choice(used)}"], name

    def branch(self, names, depth, row):
        a, b = self.some(names, 2)
        name, test = self.name(), self.rng.choice([f"{a} > 0.3", f"{a} < {b}", f"{a} >= -0.2", f"not {a} > 0.5"])
        arms = []
        for _ in range(2):
            lines, made = self.body(self.some(names, 3), depth - 1, row)
            arms.append([f"    {line}" for line in (*lines, f"{name} = {made[-1]}")])
        return [f"if {test}:", *arms[0], "else:", *arms[1]], name

    def call(self, names, depth, row):
        g, name, own = self.name(), self.name(), [self.name(), self.name()]
        seen = self.some(names, 1) if self.rng.random() < 0.3 else []
        a, b = self.some(names, 2)
        lines = self.function(own, seen, depth, f"def {g}({own[0]}, {own[1]}):", decorator="@jit", row=row)
        return [*lines, f"{name} = {g}({a}, {b})"], name

    def inner(self, names, depth, _row):
        g, name, t = self.name(), self.name(), self.name()
        lines = self.function([t], self.some(names, 2), min(depth, 2), f"def {g}({t}):")
        a, b = self.some(names, 2)
        how = self.rng.choice(
            [
                f"grad({g})({a})",
                f"grad({g})({a})",
                f"jvp({g})({a}, {b})",
                f"jvp({g})({a}, 1.0)",
                f"jit(grad({g}))({a})",
                f"grad(grad({g}))({a})",
            ]
        )
        return [*lines, f"{name} = {how}"], name

    def loop(self, names, depth, row):
        name, (a, b) = self.name(), self.some(names, 2)
        lines, made = self.body([*self.some(names, 1), name], depth - 1, row)
        return [
            f"{name} = {a}",
            f"for _ in range({self.rng.randint(2, 3)}):",
            *[f"    {line}" for line in lines],
            f"    {name} = 0.5 * {made[-1]} + {b}",
        ], name


def compiled(source, names):
    """The function f of a program, with these names."""
    own = dict(names)
    exec(compile(source, "<program>", "exec"), own)  # noqa: S102  # it was written above
    return own["f"]
