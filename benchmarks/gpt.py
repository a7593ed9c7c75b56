"""A GPT of 4,192 scalar parameters (`names_gpt.py`): a training step with its own Value, with ours, recorded, and in PyTorch.

    python benchmarks/gpt.py [--steps 100] [--rounds 3] [--plot docs/gpt.svg]

Ours takes the place of its Value, and nothing else is changed. Recorded, its model, its attention and all that they use are the same
scalar code under `jit`, but for two things that a recording could not repeat: softmax subtracts the largest logit as a float read from
`data`, and letters are indices. So softmax is that of `nn`, letters are one-hot rows of floats, and a letter's embedding is `dot` with
them: one recording for each length of a name. Adam is in NumPy there. PyTorch has the same model vectorised over the letters, in 64
bits, eager, with its fused Adam. All train on the same names from the same start, one a step, and their losses must agree to 1e-9.
All run on one core, in processes of their own, in turn.
"""

import argparse
import random
import time
from collections.abc import Iterator
from functools import partial
from itertools import accumulate

import measure
import names_gpt
import numpy as np

import autograd
import nn

LETTERS = len(names_gpt.LETTERS)


def scalar(steps: int, **names: object) -> Iterator[float]:
    """The loss of each step as it is made."""
    program = measure.replaced("names_gpt", **names)
    rng = random.Random(0)  # noqa: S311  # not for secrets
    return program.train(steps, program.Model(rng), rng)


def beginning(steps: int) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:
    """The matrices that all begin with, and the letters of the name for each step, as indices."""
    rng = random.Random(0)  # noqa: S311  # not for secrets
    model = names_gpt.Model(rng)
    names = rng.sample(names_gpt.NAMES, len(names_gpt.NAMES))
    letters = [np.array([names_gpt.LETTERS.index(letter) for letter in f".{name}."]) for name in names]
    matrices = {name: np.array([[p.data for p in row] for row in matrix]) for name, matrix in vars(model).items()}
    return matrices, [letters[step % len(names)] for step in range(steps)]


class OneHot:
    """The rows of a matrix, looked up by one-hot rows of floats instead of indices."""

    def __init__(self, rows: np.ndarray) -> None:
        self.columns = rows.T

    def __getitem__(self, x: np.ndarray) -> list:
        return [autograd.dot(x, column) for column in self.columns]


def recorded(steps: int) -> Iterator[float]:
    program = measure.replaced("names_gpt", Value=autograd.Value, softmax=nn.softmax)
    matrices, names = beginning(steps)
    ends = list(accumulate(matrix.size for matrix in matrices.values()))

    def loss(p, X, Y):
        model = object.__new__(program.Model)
        for (name, matrix), part in zip(matrices.items(), np.split(p, ends[:-1]), strict=True):
            setattr(model, name, part.reshape(matrix.shape))
        model.tokens = OneHot(model.tokens)
        keys, values, losses = [], [], []
        for position, (x, y) in enumerate(zip(X, Y, strict=True)):
            losses.append(-autograd.log(autograd.dot(y, program.softmax(model(x, position, keys, values)))))
        return sum(losses) / len(losses)

    value_and_grad = autograd.jit(autograd.value_and_grad(loss))
    p = np.concatenate([matrix.ravel() for matrix in matrices.values()])
    first, second = np.zeros_like(p), np.zeros_like(p)
    for step, letters in enumerate(names):
        one_hot = np.eye(LETTERS)[letters]
        value, gradient = value_and_grad(p, one_hot[:-1], one_hot[1:])
        first += 0.1 * (gradient - first)
        second += 0.01 * (gradient * gradient - second)
        rate = 0.01 * (1 - step / steps) / (1 - 0.9 ** (step + 1))
        p -= rate * first / (np.sqrt(second / (1 - 0.99 ** (step + 1))) + 1e-8)
        yield value


def torch(steps: int) -> Iterator[float]:
    import torch  # noqa: PLC0415  # a peer

    torch.set_num_threads(1)
    matrices, names = beginning(steps)
    parameters = {name: torch.tensor(matrix, requires_grad=True) for name, matrix in matrices.items()}
    optimizer = torch.optim.Adam(parameters.values(), betas=(0.9, 0.99), fused=True)
    tokens, positions, query, key, value, out, up, down, head = parameters.values()
    heads, linear = (-1, names_gpt.HEADS, names_gpt.WIDTH // names_gpt.HEADS), torch.nn.functional.linear

    def normalised(x):
        return x * (x.square().mean(-1, keepdim=True) + 1e-5).rsqrt()

    def loss(letters):
        x = normalised(tokens[letters[:-1]] + positions[: len(letters) - 1])
        n = normalised(x)
        q, k, v = (linear(n, matrix).view(heads).transpose(0, 1) for matrix in (query, key, value))
        mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + linear(mixed.transpose(0, 1).reshape(x.shape), out)
        x = x + linear(linear(normalised(x), up).relu(), down)
        return torch.nn.functional.cross_entropy(linear(x, head), letters[1:])

    for step, letters in enumerate(map(torch.tensor, names)):
        optimizer.param_groups[0]["lr"] = 0.01 * (1 - step / steps)
        optimizer.zero_grad()
        y = loss(letters)
        y.backward()
        optimizer.step()
        yield y.item()


OURS = "ours, jit"
PEERS = {
    "its own Value": scalar,
    "ours": partial(scalar, Value=autograd.Value),
    OURS: recorded,
    "PyTorch, vectorised": torch,
}


def prepare(peer: str) -> None:
    """Fails where the peer is not installed."""
    next(PEERS[peer](1))


def run(peer: str, _round: int, *, steps: int) -> tuple[list[float], list[float]]:
    """The loss of each step, and the seconds that it took."""
    training = PEERS[peer](steps)
    losses, seconds = [], []
    for _ in range(steps):
        start = time.perf_counter()
        losses.append(next(training))
        seconds.append(time.perf_counter() - start)
    return losses, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plot", metavar="FILE")
    options = parser.parse_args()
    print(measure.heading("torch"))
    with measure.processes(prepare, PEERS) as found:
        results = measure.turns(found, partial(run, steps=options.steps), options.rounds)
    for name, rounds in results.items():
        for (losses, _), (reference, _) in zip(rounds, results[OURS], strict=True):
            np.testing.assert_allclose(losses, reference, rtol=1e-9, err_msg=name)
    print(f"{options.steps} steps, {options.rounds} rounds, of which each step is one; the first of each length of name is recorded")
    costs = {name: 1e6 * np.array([seconds for _, seconds in rounds]).ravel() for name, rounds in results.items()}
    measure.table(costs, OURS)
    for name, cost in costs.items():
        print(f"{name}: {cost.sum() / options.rounds / 1e6:.3g} s for all steps, {cost.max() / 1e3:.3g} ms for the longest")
    if options.plot:
        measure.plot(options.plot, "A training step of a GPT of 4,192 scalars", costs, OURS)


if __name__ == "__main__":
    main()
