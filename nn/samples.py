"""Samples, targets and reductions: how the functions of `nn` read what they are given.

A sample is a sequence of numbers, a batch is a sequence of samples: samples are rows. Nothing is cut to the shorter length.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from math import fsum
from numbers import Integral
from typing import Any

import numpy as np

import autograd
from autograd import Value
from autograd.errors import LengthError, NumberError, RangeError

# What six decimals, or 32-bit floats, may miss 0, 1 or a sum of 1 by, for each number.
TOLERANCE = 1e-6


def listed(x: Any) -> Any:
    """A sequence as a list, a number (or a text, which is none) as it is."""
    if isinstance(x, np.ndarray):
        return x.tolist()
    return list(x) if isinstance(x, Iterable) and not isinstance(x, str) else x


def _rows(what: str, x: Any) -> tuple[list[list[Any]], bool]:
    """The samples as rows, and whether they were given as a batch."""
    given = listed(x)
    if not isinstance(given, list):
        raise LengthError(f"got {shown(x)} as {what}, expected a sequence with one number for each class")
    given = [listed(row) for row in given]
    batch = any(isinstance(row, list) for row in given)
    rows: list[list[Any]] = given if batch else [given]
    for i, row in enumerate(rows):
        if not isinstance(row, list):
            raise LengthError(f"got numbers and rows mixed as {what}, expected one sample (numbers) or a batch (rows)")
        if len(row) != len(rows[0]):
            raise LengthError(
                f"row {i} of the {what} has {len(row)} numbers, row 0 has {len(rows[0])}: give every row one number for each class"
            )
    if not rows or not rows[0]:
        raise LengthError(f"the {what} are empty, expected at least one sample with at least one class")
    return rows, batch


def mapped(f: Callable[[list[Any]], list[Any]], x: Any) -> Any:
    """`f` of each sample, in the form in which the samples were given."""
    rows, batch = _rows("logits", x)
    try:
        out = [f(row) for row in rows]
    except NumberError as error:
        raise blamed(error, "logits", chain.from_iterable(rows)) from None
    result = out if batch else out[0]
    return np.array(result) if isinstance(x, np.ndarray) else result


def of_samples(what: str, loss: Callable[[list[Any], dict[int, float]], Any], outputs: Any, target: Any, reduction: str) -> Any:
    """`loss(row, weights of the classes)` of each sample, reduced over the batch."""
    _check_reduction(reduction)
    rows, batch = _rows(what, outputs)
    try:
        if not batch:
            return loss(rows[0], class_weights(target, len(rows[0])))
        return _reduced([loss(row, class_weights(t, len(row))) for row, t in _paired(rows, target)], reduction)
    except NumberError as error:
        raise blamed(error, what, chain.from_iterable(rows)) from None


def of_numbers(what: str, loss: Callable[[Any, Any], Any], outputs: Any, targets: Any, reduction: str) -> Any:
    """`loss(output, target)` of each number, reduced over all of them."""
    _check_reduction(reduction)
    given = listed(outputs)
    if not isinstance(given, list):
        if isinstance(listed(targets), list):
            raise LengthError(f"got one number as {what} and the sequence {shown(targets)} as targets, expected one target")
        try:
            return loss(given, targets)
        except NumberError as error:
            raise blamed(blamed(error, "targets", [targets]), what, [given]) from None
    if not given:
        raise LengthError(f"the {what} are empty, expected at least one number")
    if not isinstance(listed(targets), list):
        raise LengthError(
            f"a batch of {len(given)} takes as many targets, got the single target {shown(targets)}: a class index becomes "
            f"one_hot(index, {len(given)}), for columns pass the transpose"
        )
    losses = [of_numbers(what, loss, o, t, "none") for o, t in _paired(given, targets)]
    if len({len(l) if isinstance(l, list) else None for l in losses}) > 1:
        raise LengthError(
            f"the rows of the {what} differ in length, expected a number or a row of equal length for each sample: {shown(outputs)}"
        )
    return losses if reduction == "none" else _reduced(list(_flat(losses)), reduction)


def blamed(error: NumberError, what: str, numbers: Iterable[Any]) -> NumberError:
    """`error`, or, where one of `numbers` is none, the error that says so and where it stands."""
    try:
        for x in numbers:
            if not isinstance(x, Value):
                number(what, x)
    except NumberError as named:
        return named
    return error


def _flat(nested: list[Any]) -> Iterator[Any]:
    for x in nested:
        if isinstance(x, list):
            yield from _flat(x)
        else:
            yield x


def _paired(outputs: list[Any], targets: Any) -> Iterable[tuple[Any, Any]]:
    """Each sample of a batch with its target."""
    given = listed(targets)
    if not isinstance(given, list) or len(given) != len(outputs):
        count = len(given) if isinstance(given, list) else f"the single target {shown(given)}"
        raise LengthError(f"a batch of {len(outputs)} takes as many targets, got {count}: samples are rows; for columns pass the transpose")
    return zip(outputs, given, strict=True)


def _check_reduction(reduction: str) -> None:
    if reduction not in ("mean", "sum", "none"):  # a set would not take a list
        raise RangeError(f"got reduction={reduction!r}, expected 'mean', 'sum' or 'none'")


def _reduced(losses: list[Any], reduction: str) -> Any:
    if reduction == "none":
        return losses
    total = autograd.sum(losses)
    return total / len(losses) if reduction == "mean" else total


# Targets.


def class_weights(target: Any, classes: int) -> dict[int, float]:
    """The target as a distribution: the classes that have a weight, each with its own."""
    target = listed(target)
    if not isinstance(target, list):
        return {class_index(target, classes): 1.0}
    if len(target) != classes:
        raise LengthError(f"the target has {len(target)} numbers, expected {classes}, one for each class: {shown(target)}")
    weights = [number("target", y) for y in target]
    for y in weights:
        if not y >= 0.0:
            raise RangeError(f"got the number {y} in a target, expected a distribution: numbers of at least 0 that sum to 1")
    if not abs((total := fsum(weights)) - 1.0) <= TOLERANCE * classes:
        raise RangeError(f"the target sums to {total}, expected a distribution, which sums to 1: divide it by its sum")
    return {k: y for k, y in enumerate(weights) if y}


def class_index(target: Any, classes: int, what: str = "target") -> int:
    """The class that a target names."""
    if isinstance(target, bool | np.bool_) or not hasattr(target, "__index__"):
        raise NumberError(
            f"got the {what} {shown(target)} of type {type(target).__name__}, expected a class index (an int), a one-hot row or a "
            "distribution: convert a label with int(label); a Value cannot be a target"
        )
    index = int(target)
    if not 0 <= index < classes:
        raise RangeError(f"got the {what} {index}, expected a class from 0 to {classes - 1}: {classes} classes are counted from 0")
    return index


def argmax(scores: list[Any]) -> int:
    """The index of the largest number, the first at a tie."""
    if not all(x >= x for x in scores):  # noqa: PLR0124  # nan is not, and a Value has no other test in common with floats
        raise RangeError(f"got nan among the scores {shown(scores)}, of which none is the largest: look for what made it")
    return max(range(len(scores)), key=scores.__getitem__)


def number(name: str, x: Any) -> float:
    """`x` as a float; a Value, which would lose its gradient, is refused."""
    try:
        return x if x.__class__ is float else Value(x).data
    except NumberError as error:
        raise NumberError(f"{name}: {error}") from None


def positive_int(name: str, n: Any) -> int:
    """`n`, checked to be a positive integer."""
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        raise RangeError(f"got {name}={n!r}, expected a positive int")
    return int(n)


def generator(seed: Any) -> random.Random:
    """A generator of its own."""
    if not isinstance(seed, Integral | None):
        raise NumberError(f"got seed={shown(seed)}, expected an int, or None for another result each time")
    return random.Random(None if seed is None else int(seed))  # noqa: S311  # neither weights nor orders are secrets


def shown(x: Any) -> str:
    """`x` for a message, cut where it is long."""
    text = repr(x)
    return text if len(text) <= 60 else f"{text[:57]}..."
