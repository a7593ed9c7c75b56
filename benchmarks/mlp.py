"""micrograd's demo network as one training step: MLP 2-16-16-1, 128 points of two moons, max-margin loss and L2, gradient descent.

    python benchmarks/mlp.py [--samples 128] [--rounds 11] [--plot docs/mlp.svg]

Ours is a function of one sample, recorded once and replayed in lanes: as one would write it with `dot`, and with nothing but + and *.
The limit is C by hand (`mlp.c`), with the loop over the steps in C too; it needs a C compiler. All start from the same parameters
and must have the same loss and parameters after three steps, in 64 bits. All run on one core, in processes of their own, in turn.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import demo
import measure
import numpy as np

import autograd

SIZES = [(16, 2), (16, 16), (1, 16)]
START = np.random.default_rng(0).uniform(-1.0, 1.0, sum(rows * (columns + 1) for rows, columns in SIZES))
RATE, DECAY = 0.05, 1e-4


def data(samples: int) -> tuple[np.ndarray, np.ndarray]:
    X, y = demo.half_moons(samples)
    return np.array(X), np.array(y)


def layers(p: Any) -> Iterator[Any]:
    """The parameters of each layer: a row for each unit, its weights and then its bias."""
    at = 0
    for rows, columns in SIZES:
        yield p[at : at + rows * (columns + 1)].reshape(rows, columns + 1)
        at += rows * (columns + 1)


def loss(p, x, y):
    *hidden, last = layers(p)
    for layer in hidden:
        x = [autograd.relu(autograd.dot(w[:-1], x) + w[-1]) for w in layer]
    score = autograd.dot(last[0, :-1], x) + last[0, -1]
    return autograd.relu(1.0 - y * score) + DECAY * autograd.dot(p, p)


def plain_loss(p, x, y):
    *hidden, last = layers(p)
    for layer in hidden:
        x = [autograd.relu(sum(wi * xi for wi, xi in zip(w[:-1], x, strict=True)) + w[-1]) for w in layer]
    score = sum(wi * xi for wi, xi in zip(last[0, :-1], x, strict=True)) + last[0, -1]
    return autograd.relu(1.0 - y * score) + DECAY * sum(pi * pi for pi in p)


def ours(samples: int) -> measure.Peer:
    return measure.descent(loss, START, RATE, *data(samples))


def ours_plain(samples: int) -> measure.Peer:
    return measure.descent(plain_loss, START, RATE, *data(samples))


def c(samples: int, options: tuple[str, ...]) -> measure.Peer:
    return measure.c_descent("mlp.c", START, RATE, *data(samples), *options)


def jax(samples: int) -> measure.Peer:
    import jax  # noqa: PLC0415  # a peer

    def mean_loss(p, X, y):
        *hidden, last = layers(p)
        x = X
        for layer in hidden:
            x = jax.nn.relu(x @ layer[:, :-1].T + layer[:, -1])
        score = x @ last[0, :-1] + last[0, -1]
        return jax.nn.relu(1.0 - y * score).mean() + DECAY * (p @ p)

    return measure.jax_descent(mean_loss, START, RATE, *data(samples))


def numpy(samples: int) -> measure.Peer:
    X, y = data(samples)

    def train(steps):
        p, gradient = START.copy(), np.empty_like(START)
        (first, second, last), (d_first, d_second, d_last) = layers(p), layers(gradient)
        for _ in range(steps):
            h = np.maximum(X @ first[:, :-1].T + first[:, -1], 0.0)
            k = np.maximum(h @ second[:, :-1].T + second[:, -1], 0.0)
            margin = 1.0 - y * (k @ last[0, :-1] + last[0, -1])
            value = np.maximum(margin, 0.0).mean() + DECAY * (p @ p)
            d = np.where(margin > 0.0, -y / samples, 0.0)
            dk = np.where(k > 0.0, np.outer(d, last[0, :-1]), 0.0)
            dh = np.where(h > 0.0, dk @ second[:, :-1], 0.0)
            d_last[0, :-1], d_last[0, -1] = d @ k, d.sum()
            d_second[:, :-1], d_second[:, -1] = dk.T @ h, dk.sum(axis=0)
            d_first[:, :-1], d_first[:, -1] = dh.T @ X, dh.sum(axis=0)
            p -= RATE * (gradient + 2.0 * DECAY * p)
        return value, p

    return train


def torch(samples: int) -> measure.Peer:
    import torch  # noqa: PLC0415  # a peer

    torch.set_num_threads(1)
    X, y = map(torch.tensor, data(samples))

    def train(steps):
        matrices = [layer.clone().requires_grad_() for layer in layers(torch.tensor(START))]
        for _ in range(steps):
            *hidden, last = matrices
            x = X
            for layer in hidden:
                x = torch.relu(torch.nn.functional.linear(x, layer[:, :-1], layer[:, -1]))
            score = x @ last[0, :-1] + last[0, -1]
            value = torch.relu(1.0 - y * score).mean() + DECAY * sum((layer * layer).sum() for layer in matrices)
            value.backward()
            with torch.no_grad():
                for layer in matrices:
                    layer.sub_(RATE * layer.grad)
                    layer.grad = None
        return value.item(), np.concatenate([layer.detach().numpy().ravel() for layer in matrices])

    return train


def micrograd(samples: int) -> measure.Peer:
    from micrograd.nn import MLP  # noqa: PLC0415  # a peer

    X, y = data(samples)

    def train(steps):
        model = MLP(2, [rows for rows, _ in SIZES])
        parameters = model.parameters()
        for p, start in zip(parameters, START, strict=True):
            p.data = start
        for _ in range(steps):
            margins = [(1.0 - yi * model(x)).relu() for x, yi in zip(X.tolist(), y.tolist(), strict=True)]
            value = sum(margins) * (1.0 / samples) + DECAY * sum(p * p for p in parameters)
            model.zero_grad()
            value.backward()
            for p in parameters:
                p.data -= RATE * p.grad
        return value.data, np.array([p.data for p in parameters])

    return train


OURS = "ours"
PEERS = {
    "C, -O3 -march=native": partial(c, options=measure.NATIVE),
    "C, -O2 -ftree-vectorize": partial(c, options=measure.PORTABLE),
    OURS: ours,
    "ours, only + and *": ours_plain,
    "JAX, jit": jax,
    "NumPy by hand": numpy,
    "PyTorch, eager": torch,
    "micrograd": micrograd,
}

if __name__ == "__main__":
    title = "A training step of micrograd's demo network"
    measure.main(__doc__, PEERS, OURS, "jax", "torch", "micrograd", size="samples", usual=128, title=title)
