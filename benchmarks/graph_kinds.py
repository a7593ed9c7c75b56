"""Ten kinds of graphs to draw, each of about as many nodes as asked for."""

import random
from collections.abc import Callable

import autograd
import nn
from autograd import Value, add, dot, exp, log, mul, scope, sub, tanh


def hub(nodes: int) -> Value:
    """A chain whose every link uses the same leaf twice."""
    s, x = Value(0.1, "s"), Value(0.5, "x")
    for _ in range((nodes - 2) // 3):
        s = tanh(s * x) + x
    return s


def newton(nodes: int) -> Value:
    """Newton's root of a, as the README has it."""
    a, x = Value(2.0, "a"), Value(1.0, "x")
    for _ in range((nodes - 2) // 3):
        x = 0.5 * (x + a / x)
    return x


def unrolled(nodes: int) -> Value:
    """A recurrent network, unrolled."""
    w, u, b, h = Value(0.5, "w"), Value(0.3, "u"), Value(0.1, "b"), Value(0.0, "h")
    for t in range((nodes - 4) // 6):
        h = tanh(w * h + u * Value(0.1 * t, f"x{t}") + b)
    return h


def softmax(nodes: int) -> Value:
    """Softmax with cross-entropy from exp, sum, / and log: of fifty classes where there is room for 250 nodes."""
    z = [Value(0.1 * k, f"z{k}") for k in range(1, max((nodes - 3) // 5, 2) + 1)]
    e = [exp(x) for x in z]
    total = autograd.sum(e)
    return -autograd.sum([(1.0 if k == 2 else 0.0) * log(x / total) for k, x in enumerate(e)])


def mlp(nodes: int) -> Value:
    """A multilayer perceptron; of n inputs and two layers of n it has n(3n + 12) nodes or so."""
    n = next(n for n in range(1, 20) if (n + 1) * (2 * (n + 1) + 10) > nodes)
    model = nn.MLP(n, [n, n], activation=nn.tanh, init=nn.xavier(seed=0))
    for name, p in model.named_parameters():
        p.label = name
    return nn.cross_entropy(model([Value(0.5 * i, f"x{i}") for i in range(n)]), 0) if n > 1 else model([Value(0.5, "x")])


def gpt(nodes: int) -> Value:
    """The loss of a GPT in small: embeddings, attention that looks back, what follows it, and the logits of the next letter."""
    width, letters = (1, 1) if nodes < 60 else (2, 2) if nodes < 200 else (4, 3)
    numbers = random.Random(0)  # noqa: S311  # not for secrets
    p = {
        name: [[Value(numbers.gauss(0.0, 0.5), f"{name}{i}{j}") for j in range(width)] for i in range(width)]
        for name in ("q", "k", "v", "o")
    }

    def linear(name: str, xs: list[Value]) -> list[Value]:
        return [dot(row, xs) for row in p[name]]

    xs = [[Value(0.1 * (t + i), f"e{t}{i}") for i in range(width)] for t in range(letters)]
    losses = []
    for t, x in enumerate(xs):
        with scope(f"letter{t}"):
            q, ks, vs = linear("q", x), [linear("k", y) for y in xs[: t + 1]], [linear("v", y) for y in xs[: t + 1]]
            a = nn.softmax([dot(q, k) for k in ks])
            y = [r + dot(a, [v[i] for v in vs]) for i, r in enumerate(x)]
            losses.append(nn.cross_entropy([*linear("o", y), 0.0], t % width))
    return autograd.sum(losses)


def dense(nodes: int) -> Value:
    """A dense layer, product by product."""
    n = next(n for n in range(1, 20) if 2 * (n + 1) ** 2 + 3 * (n + 1) > nodes)
    xs = [Value(0.1 * j, f"x{j}") for j in range(n)]
    return autograd.sum([tanh(autograd.sum([Value(0.1, f"w{i}{j}") * x for j, x in enumerate(xs)])) for i in range(n)])


def tree(nodes: int) -> Value:
    """A product of leaves, two by two."""
    level = [Value(1.0 + 0.01 * i, f"z{i}") for i in range((nodes + 1) // 2)]
    while len(level) > 1:
        level = [a * b for a, b in zip(level[::2], level[1::2], strict=False)] + level[len(level) - len(level) % 2 :]
    return level[0]


def ladder(nodes: int) -> Value:
    """Diamonds, one behind the other."""
    x = Value(0.5, "x")
    for _ in range((nodes - 1) // 3):
        x = tanh(x) * exp(x)
    return x


OPERATIONS = (add, mul, sub, lambda a, _: tanh(a), lambda a, _: a * 2.0, lambda a, _: a / 3.0)


def tangle(nodes: int, seed: int = 0) -> Value:
    """Operations of arguments by chance, of which the result needs every one."""
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    found = [Value(chance.random(), f"z{i}") for i in range(chance.randint(1, 8))]
    free = set(found)
    while len(found) < nodes - 1:
        a, b = chance.choice(found), chance.choice(found)
        node = chance.choice(OPERATIONS)(a, b)
        free -= set(node.args)
        found.append(node)
        free.add(node)
    return autograd.sum([node for node in found if node in free])


KINDS: dict[str, Callable[[int], Value]] = {
    "chain with a hub": hub, "Newton's root": newton, "unrolled network": unrolled, "softmax": softmax, "perceptron": mlp, "GPT": gpt,
    "dense layer": dense, "tree": tree, "ladder": ladder, "at random": tangle,
}  # fmt: skip
SIZES = (10, 30, 100, 200, 300)
