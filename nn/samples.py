"""Samples, targets and reductions: how the functions of `nn` read their arguments.

A sample is a sequence of numbers, a batch is a sequence of samples: samples are rows. Nothing is truncated to the shorter length.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from math import fsum, inf
from numbers import Integral
from typing import Any

import numpy as np

import autograd
from autograd import Value
from autograd.arrays import unlabelled
from autograd.errors import LengthError, NumberError, RangeError

# The error allowed in 0, 1 or a sum of 1, for each number: that of six decimals, or of 32-bit floats.
TOLERANCE = 1e-6

TRANSPOSE = "give one for each, in a list; samples are rows: where they stand in columns pass the transpose, list(zip(*columns))"


def listed(x: Any) -> Any:
    """A sequence as a list, a table by its rows; a number or a string as it is."""
    x = unlabelled(x)
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


def map_samples(f: Callable[[list[Any]], list[Any]], x: Any) -> Any:
    """`f` of each sample, in the same form as the samples: one or a batch, lists or an array."""
    rows, batch = _rows("logits", x)
    try:
        out = [f(row) for row in rows]
    except NumberError as error:
        raise _blamed_rows(error, "logits", rows) from None
    result = out if batch else out[0]
    return np.array(result) if isinstance(x, np.ndarray) else result


def of_samples(what: str, loss: Callable[[list[Any], dict[int, Any]], Any], outputs: Any, target: Any, reduction: str) -> Any:
    """`loss(row, class weights)` of each sample, reduced over the batch."""
    _check_reduction(reduction)
    rows, batch = _rows(what, outputs)
    try:
        if not batch:
            return loss(rows[0], class_weights(target, len(rows[0])))
        return _reduced([loss(row, class_weights(t, len(row))) for row, t in _paired(rows, target)], reduction)
    except NumberError as error:
        raise _blamed_rows(error, what, rows) from None


def of_numbers(what: str, loss: Callable[[Any, Any], Any], outputs: Any, targets: Any, reduction: str) -> Any:
    """`loss(output, target)` of each number, reduced over all of them."""
    _check_reduction(reduction)
    losses = _of_numbers(what, loss, outputs, targets, depth=0)
    return _reduced(list(_flat(losses)), reduction) if isinstance(losses, list) and reduction != "none" else losses


def _of_numbers(what: str, loss: Callable[[Any, Any], Any], outputs: Any, targets: Any, *, depth: int) -> Any:
    given, wanted = listed(outputs), listed(targets)
    if isinstance(given, list) and not given:
        raise LengthError(f"the {what} are empty, expected at least one number")
    if isinstance(given, list) != isinstance(wanted, list):
        raise LengthError(_other_shape(what, given, wanted, row="row of the " if depth else ""))
    if not isinstance(given, list):
        try:
            return loss(given, targets)
        except NumberError as error:
            raise blamed(blamed(error, "targets", [targets]), what, [given]) from None
    if depth and len(given) != len(wanted):
        k = len(given)
        remedy = "one target" if k == 1 else f"{k} targets"
        raise LengthError(f"a row of the {what} has {k} numbers and needs as many targets, got {shown(wanted)}: give {remedy} for each row")
    losses = [_of_numbers(what, loss, o, t, depth=depth + 1) for o, t in _paired(given, wanted)]
    if len({len(l) if isinstance(l, list) else None for l in losses}) > 1:
        raise LengthError(
            f"the rows of the {what} differ in length, expected a number or a row of equal length for each sample: {shown(outputs)}"
        )
    return losses


def _other_shape(what: str, outputs: Any, targets: Any, row: str) -> str:
    """The message where one of outputs and targets is a number and the other a list; `row` is empty unless they belong to one sample."""
    if isinstance(outputs, list):
        k = len(outputs)
        batch, remedy = f"a batch of {k}", "put it in a list, [y]" if k == 1 else TRANSPOSE
        if row:
            batch = f"a {row}{what} has {k} numbers and"
            remedy = "put each target in a row, [[y] for y in targets]" if k == 1 else f"give {k} targets for each row"
        index = f"; a class index becomes one_hot(index, {k})" if k > 1 and isinstance(targets, Integral) else ""
        return f"{batch} needs as many targets, got the single target {shown(targets)}: {remedy}{index}"
    unwrapped = "each out of its row, [row[0] for row in targets]" if row else "it out of the sequence, targets[0]"
    remedy = f": take {unwrapped}" if len(targets) == 1 else ""
    return f"got one number as {what} and the sequence {shown(targets)} as targets, expected one target{remedy}"


def blamed(error: NumberError, what: str, numbers: Iterable[Any]) -> NumberError:
    """The error for the first of `numbers` that is not a number, which says where it is; else `error`."""
    try:
        for x in numbers:
            if not isinstance(x, Value):
                number(what, x)
    except NumberError as named:
        return named
    return error


def _blamed_rows(error: NumberError, what: str, rows: list[list[Any]]) -> NumberError:
    """As `blamed`, for samples as rows; where these have a third axis, an entry is a sequence in place of a number."""
    for x in chain.from_iterable(rows):
        if isinstance(given := listed(x), list):
            return NumberError(
                f"{what}: got a list of {len(given)}, expected one real number: one sample is numbers, a batch is rows of numbers; "
                "of several batches give one at a time, [f(batch) for batch in batches]"
            )
    return blamed(error, what, chain.from_iterable(rows))


def _flat(nested: list[Any]) -> Iterator[Any]:
    for x in nested:
        if isinstance(x, list):
            yield from _flat(x)
        else:
            yield x


def _paired(outputs: list[Any], targets: Any) -> Iterable[tuple[Any, Any]]:
    """Each sample of a batch with its target."""
    given = listed(targets)
    if not isinstance(given, list):
        raise LengthError(f"a batch of {len(outputs)} needs as many targets, got the single target {shown(given)}: {TRANSPOSE}")
    if len(given) != len(outputs):
        raise LengthError(f"a batch of {len(outputs)} needs as many targets, got {len(given)}: {TRANSPOSE}")
    return zip(outputs, given, strict=True)


def _check_reduction(reduction: str) -> None:
    if not isinstance(reduction, str) or reduction not in {"mean", "sum", "none"}:
        raise RangeError(f"got reduction={shown(reduction)}, expected 'mean', 'sum' or 'none'")


def _reduced(losses: list[Any], reduction: str) -> Any:
    if reduction == "none":
        return losses
    total = autograd.sum(losses)
    return total / len(losses) if reduction == "mean" else total


# Targets.


def class_weights(target: Any, classes: int) -> dict[int, Any]:
    """The target as a distribution: the classes that have a weight, each with its own, a float or a Value."""
    target = listed(target)
    if not isinstance(target, list):
        return {class_index(target, classes): 1.0}
    if len(target) != classes:
        column = f"; a class index is not a row: write {shown(target[0])}" if len(target) == 1 else ""
        raise LengthError(f"the target has {len(target)} numbers, expected {classes}, one for each class: {shown(target)}{column}")
    weights = [node_or_number("target", y) for y in target]
    for y in weights:
        if not 0.0 <= y < inf:
            raise RangeError(f"got the number {y} in a target, expected a distribution: numbers of at least 0 that sum to 1")
    total = fsum(weights) if all(isinstance(y, float) for y in weights) else autograd.sum(weights)
    if not abs(total - 1.0) <= TOLERANCE * classes:
        remedy = "divide it by its sum" if total else "give a class its weight, then divide it by its sum"
        raise RangeError(f"the target sums to {total}, expected a distribution, which sums to 1: {remedy}")
    return {k: y for k, y in enumerate(weights) if isinstance(y, Value) or y}


def sign(target: Any, model: str = "") -> int:
    """The class of a two-class target, -1 or 1; `model` is a phrase for the message."""
    given = number("targets", target) if isinstance(target, Value) else listed(target)
    if not (given == 1 or given == -1):  # noqa: PLR1714  # a set would not take a list
        row = "take each target out of its row, [row[0] for row in y]; " if isinstance(given, list) and len(given) == 1 else ""
        raise RangeError(f"got the target {shown(given)}{model}, expected -1 or 1: {row}labels y of 0 and 1 become 2*y - 1")
    return int(given)


def class_index(target: Any, classes: int, what: str = "target") -> int:
    """The class of a target that is an index."""
    if isinstance(target, bool | np.bool_) or not hasattr(target, "__index__"):
        raise NumberError(
            f"got the {what} {shown(target)} of type {type(target).__name__}, expected a class index (an int), a one-hot row or a "
            f"distribution: {_as_index(target)}"
        )
    index = int(target)
    if not 0 <= index < classes:
        raise RangeError(f"got the {what} {index}, expected a class from 0 to {classes - 1}: {classes} classes are counted from 0")
    return index


def _as_index(label: Any) -> str:
    """How a label becomes a class index."""
    if isinstance(label, Value):
        return "a Value cannot be a target class: take its number, int(label.data)"
    try:
        if isinstance(label, str) or int(label) == label:
            return f"convert a label with int(label), {int(label)} for {shown(label)}"
    except (TypeError, ValueError, OverflowError):
        pass
    return "int(label) does not convert it, so number the classes from 0, such as by sorted(set(labels)).index(label)"


def argmax(scores: list[Any]) -> int:
    """The index of the largest number, the first at a tie."""
    if not all(x >= x for x in scores):  # noqa: PLR0124  # False for nan, and works for floats and Values alike
        raise RangeError(f"got nan among the scores {shown(scores)}, so none is the largest: find where it arose with detect_anomaly()")
    return max(range(len(scores)), key=scores.__getitem__)


def number(name: str, x: Any) -> float:
    """`x` as a float; a Value is an error, since it would lose its gradient."""
    try:
        return x if x.__class__ is float else Value(x).data
    except NumberError as error:
        if isinstance(given := listed(x), list):
            form = f"a {type(x).__name__} of {len(given)}"
            raise NumberError(f"{name}: got {form}, expected one real number: give one number, or write a loop") from None
        raise NumberError(f"{name}: {error}") from None


def node_or_number(name: str, x: Any) -> Any:
    """A Value as it is, anything else as a float."""
    return x if isinstance(x, Value) else number(name, x)


def positive_int(name: str, n: Any) -> int:
    """`n`, checked to be a positive integer."""
    if not isinstance(n, Integral) or isinstance(n, bool) or n < 1:
        raise RangeError(f"got {name}={shown(n)}, expected a positive int")
    return int(n)


def generator(seed: Any) -> random.Random:
    """A new generator of random numbers."""
    if not isinstance(seed, Integral | None):
        raise NumberError(f"got seed={shown(seed)}, expected an int, or None for another result each time")
    return random.Random(None if seed is None else int(seed))  # noqa: S311  # weights and orders are not secrets


def not_a_parameter(x: Value) -> str:
    """For a message: why a computed Value cannot be a parameter, and the remedy."""
    op = "an operation" if x.op is None else x.op.name
    return (
        f"it is the result of {op}, expected a leaf Value: compute the number first, Value(1.0 * 0.1) rather than "
        "Value(1.0) * 0.1, or take that of the result, Value(x.data); what depends on parameters is computed in forward"
    )


def shown(x: Any) -> str:
    """`x` for a message, shortened where it is long."""
    text = " ".join(map(str.strip, repr(x).splitlines()))
    return text if len(text) <= 60 else f"{text[:57]}..."
