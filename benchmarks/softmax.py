"""Softmax regression on handwritten digits as one training step: a batch of 128, 64 features, 10 classes, gradient descent.

    python benchmarks/softmax.py [--samples 128] [--rounds 11] [--plot docs/softmax.svg]

Ours is a function of one sample, recorded once and replayed in lanes. The classes come as rows of one float each, one-hot:
integers would be static, and every class a recording of its own. The limit is C by hand (`softmax.c`), with the loop over the steps
in C too; it needs a C compiler. All start from the same parameters and must have the same loss and parameters after three steps, in
64 bits. All run on one core, in processes of their own, in turn.
"""

from functools import partial

import measure
import numpy as np

import autograd

FEATURES, CLASSES = 64, 10
START = np.random.default_rng(0).normal(0.0, 0.1, (CLASSES, FEATURES + 1))
RATE = 0.1


def data(samples: int) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.datasets import load_digits  # noqa: PLC0415  # it takes a second

    digits = load_digits()
    return digits.data[:samples] / 16.0, np.eye(CLASSES)[digits.target[:samples]]


def loss(p, x, y):
    logits = [autograd.dot(w[:-1], x) + w[-1] for w in p]
    return autograd.logsumexp(logits) - autograd.dot(y, logits)


def ours(samples: int) -> measure.Peer:
    return measure.descent(loss, START, RATE, *data(samples))


def c(samples: int, options: tuple[str, ...]) -> measure.Peer:
    return measure.c_descent("softmax.c", START, RATE, *data(samples), *options)


def jax(samples: int) -> measure.Peer:
    import jax  # noqa: PLC0415  # a peer

    def mean_loss(p, X, Y):
        logits = X @ p[:, :-1].T + p[:, -1]
        return (jax.nn.logsumexp(logits, axis=1) - (Y * logits).sum(axis=1)).mean()

    return measure.jax_descent(mean_loss, START, RATE, *data(samples))


def numpy(samples: int) -> measure.Peer:
    X, Y = data(samples)

    def train(steps):
        p = START.copy()
        for _ in range(steps):
            logits = X @ p[:, :-1].T + p[:, -1]
            largest = logits.max(axis=1, keepdims=True)
            e = np.exp(logits - largest)
            sums = e.sum(axis=1, keepdims=True)
            value = (np.log(sums) + largest).mean() - (Y * logits).sum() / samples
            d = (e / sums - Y) / samples
            p[:, :-1] -= RATE * (d.T @ X)
            p[:, -1] -= RATE * d.sum(axis=0)
        return value, p.ravel()

    return train


def torch(samples: int) -> measure.Peer:
    import torch  # noqa: PLC0415  # a peer

    torch.set_num_threads(1)
    X, Y = map(torch.tensor, data(samples))
    classes = Y.argmax(axis=1)

    def train(steps):
        weights, bias = (torch.tensor(x, requires_grad=True) for x in (START[:, :-1], START[:, -1]))
        for _ in range(steps):
            value = torch.nn.functional.cross_entropy(torch.nn.functional.linear(X, weights, bias), classes)
            value.backward()
            with torch.no_grad():
                for parameter in (weights, bias):
                    parameter.sub_(RATE * parameter.grad)
                    parameter.grad = None
        return value.item(), np.column_stack([weights.detach(), bias.detach()]).ravel()

    return train


OURS = "ours"
PEERS = {
    "C, -O3 -march=native": partial(c, options=measure.NATIVE),
    "C, -O2 -ftree-vectorize": partial(c, options=measure.PORTABLE),
    OURS: ours,
    "JAX, jit": jax,
    "NumPy by hand": numpy,
    "PyTorch, eager": torch,
}

if __name__ == "__main__":
    title = "A training step of softmax regression on digits"
    measure.main(__doc__, PEERS, OURS, "jax", "torch", "scikit-learn", size="samples", usual=128, title=title)
