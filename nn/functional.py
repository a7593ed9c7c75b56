"""Activations, softmax and losses: plain functions of numbers of any kind, Values among them.

A sample is a sequence of K numbers, one for each class. A batch is a sequence of samples: samples are rows. Where they are
columns pass the transpose, `Z.T` of an array or `zip(*Z)` of lists, and likewise for the targets.

Symbols: z logits, a = softmax(z) probabilities, y target. A target is a class index, a one-hot row or any distribution over
the classes. Softmax and every loss are compositions of `autograd`'s operations: no derivative is written here. Each records in a scope of
its name, so that pictures can collapse it; softmax subtracts the maximum in the inner scope "shift".

Sources: Bishop, Pattern Recognition and Machine Learning (2006), sections 4.2 and 4.3; Blanchard, Higham and Higham,
Accurately computing the log-sum-exp and softmax functions (2021).
"""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any

import numpy as np

import autograd
from autograd import (
    dot,
    exp,
    gelu,
    leaky_relu,
    log,
    log1p,
    logsumexp,
    maximum,
    mul,
    neg,
    relu,
    scope,
    sigmoid,
    silu,
    softplus,
    stop_gradient,
    sub,
    tanh,
    where,
)
from autograd.errors import RangeError
from nn.samples import (
    TOLERANCE,
    argmax,
    class_index,
    listed,
    map_samples,
    node_or_number,
    of_numbers,
    of_samples,
    positive_int,
    shown,
    sign,
)
from nn.signatures import OfLogits, OfNumbers, OfSamples, OneHot, T, ToFloats, typed

__all__ = [
    "binary_cross_entropy", "categorical_cross_entropy", "cross_entropy", "gelu", "hardmax", "hinge", "identity", "leaky_relu",
    "log_softmax", "mse", "negative_log_likelihood", "one_hot", "relu", "sigmoid", "silu", "softmax", "softplus", "tanh",
]  # fmt: skip


PROBABILITY = "probability {}, expected a number from 0 to 1: for logits use cross_entropy, or softmax first"
PROBABILITY_OF_ONE = "probability {}, expected a number from 0 to 1: for a logit z use nn.sigmoid(z), or cross_entropy([0, z], y)"


def identity(x: T) -> T:
    """The activation of a linear layer: x.

    >>> identity(3.0)
    3.0
    """
    return x


@typed[OfLogits]()
def softmax(logits: Any) -> Any:
    """Probabilities: a_k = exp(z_k) / Σ_j exp(z_j), with max z subtracted first, so that nothing overflows.

    The shift is under `stop_gradient`, since a does not depend on it. The Jacobian is ∂a_i/∂z_j = a_i (δ_ij - a_j).

    Args:
        logits: K numbers, or N rows of them.

    Returns:
        A list of K probabilities, or of N such lists; an array of the same shape where an array was given.

    Raises:
        LengthError: there are no logits, or rows of different lengths.
        NumberError: a logit is not a number.

    >>> [round(a, 3) for a in softmax([5.0, 2.0, -1.0, 3.0])]
    [0.842, 0.042, 0.002, 0.114]
    """
    return scope("softmax").run(map_samples, _softmax, logits)


def _softmax(z: list[Any]) -> list[Any]:
    e = [exp(x) for x in scope("shift").run(_shifted, z)]
    total = autograd.sum(e)
    return [x / total for x in e]


def _shifted(z: list[Any]) -> list[Any]:
    shift = stop_gradient(maximum(*z))
    return [sub(x, shift) for x in z]


@typed[OfLogits]()
def log_softmax(logits: Any) -> Any:
    """Logarithms of the probabilities: z_k - log Σ_j exp(z_j), accurate even where a_k underflows to 0.

    Shapes and errors are those of `softmax`.

    >>> log_softmax([0.0, 800.0])
    [-800.0, 0.0]
    """
    return scope("log_softmax").run(map_samples, _log_softmax, logits)


def _log_softmax(z: list[Any]) -> list[Any]:
    total = logsumexp(z)
    return [sub(x, total) for x in z]


@typed[ToFloats]()
def hardmax(logits: Any) -> Any:
    """1 at the largest number, the first of them at a tie, and 0 elsewhere: the limit of softmax(z / T) as T goes to 0.

    The result consists of floats, without a gradient, since the function is piecewise constant. Shapes and errors are those of `softmax`;
    in addition, nan among the logits is a RangeError.

    >>> hardmax([5.0, 2.0, -1.0, 3.0])
    [1.0, 0.0, 0.0, 0.0]
    """
    return map_samples(_hardmax, logits)


def _hardmax(z: list[Any]) -> list[Any]:
    return list(one_hot(argmax([stop_gradient(x) for x in z]), len(z)))


@typed[OneHot]()
def one_hot(index: Any, classes: int) -> Any:
    """The row with 1 at `index` and 0 elsewhere; for N indices, N such rows.

    Returns:
        A list of floats, or of N such lists; an array where an array was given.

    Raises:
        NumberError: an index is not an integer.
        RangeError: an index is not one of 0 … classes - 1, or classes is not a positive int.

    >>> one_hot(1, 3)
    [0.0, 1.0, 0.0]
    >>> one_hot([2, 0], 3)
    [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    positive_int("classes", classes)
    given = listed(index)
    if isinstance(given, list):
        rows = [one_hot(i, classes) for i in given]
        return np.array(rows) if isinstance(index, np.ndarray) else rows
    label = class_index(given, classes, "index")
    return [float(k == label) for k in range(classes)]


@typed[OfSamples]()
def cross_entropy(logits: Any, target: Any, reduction: str = "mean") -> Any:
    """Cross-entropy of softmax(z) and the target: log Σ_k exp(z_k) - Σ_k y_k z_k.

    This is -Σ y_k log softmax(z)_k without the softmax, which could underflow: accurate for logits of any size. Its gradient is a - y.

    Args:
        logits: K numbers, or N rows of them.
        target: a class index, a one-hot row or a distribution, also one of Values, such as the output of another network; for a batch N
            of these.
        reduction: for a batch "mean", "sum" or "none" (a list of N losses); for one sample it has no effect.

    Raises:
        LengthError: lengths do not match, rows are ragged, or there are no logits.
        NumberError: a logit is not a number, or an index not an int.
        RangeError: an index is not a class, or a row is not a distribution.

    >>> z = [autograd.Value(0.0), autograd.Value(0.0)]
    >>> loss = cross_entropy(z, 0)
    >>> loss.backward()
    >>> loss, [x.grad for x in z]
    (Value(data=0.6931, grad=1.0000), [-0.5, 0.5])
    """
    return scope("cross_entropy").run(of_samples, "logits", lambda z, y: sub(logsumexp(z), _expected(y, z)), logits, target, reduction)


@typed[OfSamples]()
def categorical_cross_entropy(probabilities: Any, target: Any, reduction: str = "mean") -> Any:
    """Cross-entropy of probabilities and the target: -Σ_k y_k log a_k; its gradient on the node a_k is -y_k / a_k.

    Every class is a term of the sum, so that a picture shows log, product, sum and sign, and, after `softmax`, how a - y results
    from them. 0 · log 0 counts as 0: where y_k = 0 the term is `where(0, log a_k, 0)`, whose gradient is exactly 0. To train, prefer
    `cross_entropy`, which takes logits and cannot underflow.

    Args:
        probabilities: K numbers from 0 to 1, or N rows of them.
        target: as for `cross_entropy`.
        reduction: as for `cross_entropy`.

    Raises:
        RangeError: a probability does not lie in [0, 1].
        LengthError: as for `cross_entropy`.
        NumberError: as for `cross_entropy`.

    >>> round(categorical_cross_entropy([0.3, 0.2, 0.1, 0.4], [0, 1, 0, 0]), 4)
    1.6094
    """

    def loss(a: list[Any], y: dict[int, Any]) -> Any:
        for p in a:
            _check(p, lambda p: p < 0.0 or p > 1.0 + TOLERANCE, PROBABILITY)
        return -autograd.sum([_product(y.get(k, 0.0), log(p)) for k, p in enumerate(a)])

    return scope("categorical_cross_entropy").run(of_samples, "probabilities", loss, probabilities, target, reduction)


@typed[OfSamples]()
def negative_log_likelihood(log_probabilities: Any, target: Any, reduction: str = "mean") -> Any:
    """Cross-entropy of log-probabilities and the target: -Σ_k y_k log a_k, where `log_softmax` gives the log a_k.

    Args:
        log_probabilities: K numbers that are at most 0, or N rows of them.
        target: as for `cross_entropy`.
        reduction: as for `cross_entropy`.

    Raises:
        RangeError: a log-probability is positive.
        LengthError: as for `cross_entropy`.
        NumberError: as for `cross_entropy`.

    >>> round(negative_log_likelihood(log_softmax([5.0, 2.0, -1.0, 3.0]), 0), 4)
    0.1719
    """

    def loss(l: list[Any], y: dict[int, Any]) -> Any:
        for x in l:
            _check(
                x,
                lambda x: x > TOLERANCE,
                "log-probability {}, expected at most 0: take log_softmax of logits, or log of probabilities",
            )
        return neg(_expected(y, l))

    return scope("negative_log_likelihood").run(of_samples, "log-probabilities", loss, log_probabilities, target, reduction)


@typed[OfNumbers]()
def mse(outputs: Any, targets: Any, reduction: str = "mean") -> Any:
    """Squared error (s - y)², by default its mean over all numbers given.

    Args:
        outputs: a number, N numbers, or N rows of them.
        targets: numbers in the same shape.
        reduction: "mean" or "sum" over all numbers, or "none" for a list in the shape given.

    Raises:
        LengthError: the shapes differ, or there are no numbers.
        NumberError: an output or a target is not a number.

    >>> mse([1.0, 2.0], [0.0, 4.0])
    2.5
    """
    return scope("mse").run(of_numbers, "outputs", lambda s, y: autograd.pow(sub(s, y), 2.0), outputs, targets, reduction)


@typed[OfNumbers]()
def hinge(scores: Any, targets: Any, reduction: str = "mean") -> Any:
    """Max-margin loss of a score for two classes, y = -1 and y = +1: max(0, 1 - y s). At the kink the derivative is 0.

    Args:
        scores: a number, N numbers, or N rows of them.
        targets: -1 or +1 in the same shape.
        reduction: as for `mse`.

    Raises:
        RangeError: a target is neither -1 nor +1.
        LengthError: as for `mse`.
        NumberError: as for `mse`.

    >>> hinge([0.5, 3.0], [-1, 1])
    0.75
    """

    def loss(s: Any, y: Any) -> Any:
        return relu(1.0 - mul(sign(y), s))

    return scope("hinge").run(of_numbers, "scores", loss, scores, targets, reduction)


@typed[OfNumbers]()
def binary_cross_entropy(probabilities: Any, targets: Any, reduction: str = "mean") -> Any:
    """Cross-entropy of the probability p of class 1 and the target: -(y log p + (1 - y) log(1 - p)), where 0 · log 0 is 0.

    For a logit z, rather than p = sigmoid(z), the stable form is `cross_entropy([0, z], y)`.

    Args:
        probabilities: a number from 0 to 1, N of them, or N rows of them.
        targets: numbers from 0 to 1 in the same shape.
        reduction: as for `mse`.

    Raises:
        RangeError: a probability or target does not lie in [0, 1].
        LengthError: as for `mse`.
        NumberError: as for `mse`.

    >>> round(binary_cross_entropy(0.2, 1), 4)
    1.6094
    """

    def loss(p: Any, y: Any) -> Any:
        _check(p, lambda p: p < 0.0 or p > 1.0, PROBABILITY_OF_ONE)
        if not 0.0 <= (y := node_or_number("targets", y)) <= 1.0:
            raise RangeError(f"got the target {y}, expected a number from 0 to 1: labels y of -1 and 1 become (y + 1) / 2")
        return -autograd.sum([_product(y, log(p)), _product(1.0 - y, log1p(neg(p)))])

    return scope("binary_cross_entropy").run(of_numbers, "probabilities", loss, probabilities, targets, reduction)


def _check(x: Any, wrong: Callable[[Any], Any], message: str) -> None:
    """Raise an error for a number that is `wrong`; a symbol, whose comparison is a formula, passes."""
    try:
        is_wrong = bool(wrong(x))
    except TypeError:
        is_wrong = False
        stop_gradient(x)  # raises an error unless it is a number
    if is_wrong:
        raise RangeError(f"got the {message.format(shown(x))}")


def _expected(y: dict[int, Any], x: Sequence[Any]) -> Any:
    """Σ y_k x_k over the classes whose weight is not 0: an infinite x_k with weight 0 does not matter."""
    weights = list(y.values())
    if any(isinstance(w, autograd.Value) for w in weights):
        return autograd.sum([_product(w, x[k]) for k, w in y.items()])
    picked = [x[k] for k in y]
    return picked[0] if len(weights) == 1 and isinstance(weights[0], float) and weights[0] == 1.0 else dot(weights, picked)


def _product(y: Any, x: Any) -> Any:
    """Product y · x, where 0 · x is 0 for every x and passes no gradient on to x."""
    if isinstance(y, autograd.Value):
        return y * x if x > -inf else where(y, y * x, 0.0)  # at y = 0 the derivative with respect to y is x, unless that is infinite
    return y * x if y else where(0.0, x, 0.0)
