"""Training loop, prediction and accuracy, for any model that takes one sample and gives one or more numbers."""

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value, leaves
from autograd.errors import AnomalyError, AutogradError, LengthError, NumberError, RangeError, api_boundary
from autograd.spellings import hints
from nn.chunked import blocks_of, hits, is_dask, predicted
from nn.functional import categorical_cross_entropy, cross_entropy, negative_log_likelihood
from nn.module import Module
from nn.optim import Optimizer
from nn.recorded import Model, Samples
from nn.samples import argmax, class_weights, generator, listed, number, positive_int, shown, sign
from nn.words import HISTORY

Loss = Callable[[list[Any], list[Any]], Any]

# Losses that would read a batch of single outputs as one sample.
LOSSES_OF_CLASSES = (cross_entropy, categorical_cross_entropy, negative_log_likelihood)


@dataclass
class History:
    """The measurements of `fit`, one number for each complete epoch; a list is empty where it is not measured, as accuracy in regression.

    Attributes:
        loss: mean over the samples, each measured before the step of its batch.
        accuracy: share of the samples that were classified correctly, each measured before the step of its batch.
        validation_loss: mean over the validation samples after the epoch.
        validation_accuracy: share of them that were classified correctly.

    >>> history = History(loss=[0.9, 0.4])
    >>> history.loss[-1], history.accuracy
    (0.4, [])
    """

    if not TYPE_CHECKING:  # as in Module
        __getattr__ = hints("a History", HISTORY)

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)

    def with_epoch(self, seen: dict[str, float], held: dict[str, float]) -> "History":
        """A new history with the means of one more epoch, so that Ctrl-C leaves lists of equal length."""
        means = {**seen, **{f"validation_{name}": mean for name, mean in held.items()}}
        return History(**{name: [*so_far, *([means[name]] if name in means else [])] for name, so_far in vars(self).items()})


@api_boundary
def fit(
    model: Model,
    X: Any,  # the field's name for inputs
    y: Any,
    *,
    optimizer: Optimizer,
    loss: Loss = cross_entropy,
    epochs: int = 10,
    batch_size: int = 32,
    validation: tuple[Any, Any] | None = None,
    seed: int | None = None,
    progress: bool = True,
) -> History:
    """Train `model` by going over the samples in batches, shuffled again in each epoch.

    The model is recorded once and run over a batch as a program, as `autograd.vmap` does, which calls it with Values in place of the
    numbers of a sample. A model that cannot be recorded, because it looks up a word or draws random numbers, runs sample by sample, and so
    does any model where `autograd.backend` is "pure".

    Of Dask arrays one block of at least 65,536 samples is in memory at a time, however they are chunked: blocks are shuffled, and the
    samples within each.

    Ctrl-C stops it and returns the history of the complete epochs; the model keeps what it learned.

    Args:
        model: gives the outputs of one sample: a sequence of numbers, or one number.
        X: N samples, as rows.
        y: N targets, as `loss` takes them.
        optimizer: adjusts the parameters, such as `SGD(model.parameters(), lr=0.1)`.
        loss: `loss(outputs, targets)` of a batch, a Value: its mean, so that the learning rate does not depend on the batch's size.
        epochs: the number of passes over all samples.
        batch_size: the number of samples in a step.
        validation: a pair like (X, y), on which the model is measured after each epoch, but not trained.
        seed: for the shuffling.
        progress: whether to show a bar, which needs tqdm; it is shown in a terminal or notebook only.

    Raises:
        AnomalyError: the loss or a parameter became inf or nan; the parameters and the optimizer are as before that step.
        LengthError: X and y differ in length, or are empty, or the model has one output where the loss takes one for each class.
        NumberError: the model or the loss is not a function or gives no number, the optimizer is not an Optimizer, or the seed not an int.
        RangeError: epochs or batch_size is not a positive int, or the loss depends on none of the optimizer's parameters.

    After any other error of the model or the loss, the parameters and the optimizer are as they were before `fit`.

    >>> from nn import MLP, SGD
    >>> X, y = [[-2.0], [-1.0], [1.0], [2.0]], [0, 0, 1, 1]
    >>> model = MLP(1, [2])
    >>> history = fit(model, X, y, optimizer=SGD(model.parameters(), lr=1.0), epochs=50, seed=1, progress=False)
    >>> history.accuracy[-1], predict(model, [[-3.0], [3.0]])
    (1.0, array([0, 1]))
    """
    _check_model(model)
    if not isinstance(optimizer, Optimizer):
        raise NumberError(f"got optimizer={shown(optimizer)}, expected an Optimizer such as nn.SGD(model.parameters(), lr=0.1)")
    positive_int("epochs", epochs)
    positive_int("batch_size", batch_size)
    if not callable(loss):
        raise NumberError(f"got loss={shown(loss)}, expected a function of outputs and targets such as nn.mse")
    if validation is not None and not (isinstance(validation, tuple | list) and len(validation) == 2):
        raise LengthError(f"got validation={shown(validation)}, expected a pair (X, y) of samples that are not trained on")
    data = _Data(model, loss, blocks_of(X, y, batch_size))
    held_out = _Data(model, loss, blocks_of(*validation, batch_size)) if validation is not None else None
    shuffle, count = generator(seed).shuffle, len(X) if is_dask(X, y) else len(data.targets)
    history, state = History(), optimizer.state()

    def epoch(number: int, advance: Callable[[str, dict[str, float]], None]) -> History:
        seen = _Tally()
        for batch in data.batches(batch_size, shuffle):
            seen.add(data, batch, *data.step(batch, optimizer, f"in epoch {number}, after {seen.count + len(batch)} samples"))
            advance(f"epoch {number}/{epochs}", seen.means())
        return history.with_epoch(seen.means(), _measured(held_out, batch_size).means())

    try:
        with _bar(epochs * math.ceil(count / batch_size), shown=progress) as advance:
            for number in range(1, epochs + 1):
                history = epoch(number, advance)
    except KeyboardInterrupt:
        pass
    except AnomalyError:
        raise
    except BaseException:
        optimizer.restore(state)
        raise
    return history


@api_boundary
def predict(model: Model, X: Any) -> np.ndarray:  # the field's name for inputs
    """The class of each sample, as an array of N ints.

    With several outputs the class is the index of the largest, the first at a tie. With one output, a score, it is its sign: 1 where the
    score is positive, else -1, as `hinge` trains it. (For a model that gives a probability compare it with 1/2 yourself.)
    A Dask array gives a Dask array, which is computed later, with the parameters as they are now.

    Raises:
        LengthError: X is not a sequence of samples, or the model gives no outputs.
        NumberError: the model is not a function, or its output is not a number.
        RangeError: there is nan among the outputs.

    >>> predict(lambda x: [x, 1.0], [0.0, 3.0])
    array([1, 0])
    """
    _check_model(model)
    if is_dask(X):
        later: np.ndarray = predicted(partial(predict, _with_numbers(model)), X)
        return later
    if not isinstance(inputs := listed(X), list):
        raise LengthError(f"got {shown(X)} as X, expected one row or number for each sample")
    outputs = Samples(model, [listed(x) for x in inputs]).outputs(range(len(inputs)))
    return np.array([_predicted(_scores(y)) for y in outputs], dtype=int)


@api_boundary
def accuracy(model: Model, X: Any, y: Any) -> float:  # as above
    """Share of the samples that `predict` classifies correctly.

    Args:
        model: gives the outputs of one sample.
        X: N samples, as rows.
        y: N targets: class indices, one-hot rows or distributions (the class of the largest entry); -1 or 1 for a model with one output.

    Raises:
        LengthError: X and y differ in length, or are empty.
        NumberError: as for `predict`, or a target is not a number.
        RangeError: a target is not a class of the model.

    >>> accuracy(lambda x: [x, 1.0], [0.0, 3.0], [1, 1])
    0.5
    """
    _check_model(model)
    if is_dask(X, y):
        return hits(partial(_hits, _with_numbers(model)), X, y) / len(X)
    return _hits(model, X, y) / len(listed(X))


def _hits(model: Model, X: Any, y: Any) -> int:  # as above
    """The number of samples that are classified correctly."""
    inputs, targets = _dataset(X, y)
    outputs = [_scores(y) for y in Samples(model, inputs).outputs(range(len(inputs)))]
    return sum(_predicted(o) == _label(o, t) for o, t in zip(outputs, targets, strict=True))


def _with_numbers(model: Model) -> Model:
    """The model as it is now, with numbers as its parameters."""
    return model.frozen() if isinstance(model, Module) else model


class _Data:
    """Samples with their targets; `labels` are the classes of the targets, None for a target that is not a class.

    Args:
        model: gives the outputs of one sample.
        loss: of a batch.
        blocks: what reads each block of samples and targets, of which one is in memory.
    """

    def __init__(self, model: Model, loss: Loss, blocks: Sequence[Callable[[], tuple[Any, Any]]]) -> None:
        self.samples, self.loss, self.reached = Samples(model, []), loss, False
        self.blocks, self.loaded = blocks, -1
        self.load(0)

    def load(self, k: int) -> None:
        """Read a block."""
        if k == self.loaded:
            return
        inputs, self.targets = _dataset(*self.blocks[k]())
        self.samples.load(inputs)
        self.loaded, self.order = k, list(range(len(inputs)))
        model, loss = self.samples.model, self.loss
        output, classes = model(inputs[0]), loss in LOSSES_OF_CLASSES
        if classes and not isinstance(_scores(output), list):
            raise LengthError(
                f"the model has one output, expected one for each class as {loss.__name__} takes them: "
                "give it 2 outputs for 2 classes, or use hinge or mse"
            )
        label = _label if classes else _label_or_none  # a wrong target is an error before training on it starts
        self.labels = [label(output, t) for t in self.targets]

    def batches(self, size: int, shuffle: Callable[[list[int]], None] | None = None) -> Iterator[Sequence[int]]:
        """The samples in batches, shuffled within each block, and the blocks too."""
        numbers = list(range(len(self.blocks)))
        if shuffle is not None:
            shuffle(numbers)
        for k in numbers:
            self.load(k)
            if shuffle is not None:
                shuffle(self.order)
            yield from (self.order[start : start + size] for start in range(0, len(self.order), size))

    def measured(self, batch: Sequence[int]) -> tuple[list[Any], Value]:
        """The outputs for a batch, and the loss."""
        outputs = self.samples.outputs(batch)
        try:
            mean = self.loss(outputs, [self.targets[i] for i in batch])
        except (TypeError, AttributeError) as error:
            if not isinstance(error, AutogradError):
                error.add_note(
                    "fit calls the loss with the outputs and the targets of a batch, each in a list; "
                    "for a loss of one sample pass lambda outputs, targets: sum(map(loss, outputs, targets)) / len(targets)"
                )
            raise
        if not isinstance(mean, Value):
            remedy = "reduce it to its mean, sum(losses) / len(losses)" if isinstance(listed(mean), list) else "compute it from the outputs"
            raise NumberError(f"the loss gave {shown(mean)} for a batch, expected one Value that depends on the parameters: {remedy}")
        return outputs, mean

    def step(self, batch: Sequence[int], optimizer: Optimizer, where: str) -> tuple[list[Any], Value]:
        """Make one step of the optimizer; after an error the parameters and the optimizer are unchanged."""
        outputs, mean = self.measured(batch)
        lr = optimizer.rate()
        if not mean.isfinite():
            raise AnomalyError(_diverged(f"the loss became {mean.data} {where}", lr))
        optimizer.zero_grad()
        roots = self.samples.backward(batch, outputs, mean)
        if not roots:
            return self.step(batch, optimizer, where)
        if not self.reached and not set(optimizer.parameters) & set(leaves(*roots)):
            raise RangeError(
                "got an optimizer of parameters on which the loss does not depend, expected one of this model's parameters: "
                "make a new one, such as nn.SGD(model.parameters(), lr=0.1)"
            )
        self.reached = True
        state = optimizer.state()
        try:
            optimizer.step()
            _check_finite(optimizer, where, lr)
        except BaseException:
            optimizer.restore(state)
            raise
        return outputs, mean


@dataclass
class _Tally:
    """Sums over the samples of an epoch so far."""

    count: int = 0
    loss: float = 0.0
    hits: int = 0
    labelled: bool = True

    def add(self, data: _Data, batch: Sequence[int], outputs: list[Any], mean: Value) -> None:
        """Add a batch."""
        labels = [data.labels[i] for i in batch]
        self.count += len(batch)
        self.loss += mean.data * len(batch)
        self.labelled &= None not in labels
        if self.labelled and not mean.isnan():  # outputs that are nan have no class
            self.hits += sum(_predicted(_scores(y)) == label for y, label in zip(outputs, labels, strict=True))

    def means(self) -> dict[str, float]:
        """Loss and accuracy, as far as they are defined."""
        if not self.count:
            return {}
        loss = {"loss": self.loss / self.count}
        return {**loss, "accuracy": self.hits / self.count} if self.labelled else loss


def _measured(data: _Data | None, batch_size: int) -> _Tally:
    """The sums over all samples, without training; empty where there are no samples."""
    tally = _Tally()
    if data is not None:
        for batch in data.batches(batch_size):
            tally.add(data, batch, *data.measured(batch))
    return tally


def _check_model(model: Any) -> None:
    if not callable(model) or (isinstance(model, type) and issubclass(model, Module)):
        raise NumberError(f"got model={shown(model)}, expected a function of one sample, such as nn.MLP(2, [16, 3])")
    if isinstance(model, Module):
        model.parameters()  # raises an error for a computed Value in place of a parameter


def _check_finite(optimizer: Optimizer, where: str, lr: float) -> None:
    if not all(p.isfinite() for p in optimizer.parameters):
        raise AnomalyError(_diverged(f"a parameter became inf or nan {where}", lr))


def _diverged(what: str, lr: float) -> str:
    return (
        f"{what}; the parameters are as before that step: try a learning rate smaller than {lr:g}, scale the inputs to "
        "about 1, or find the operation with autograd.detect_anomaly()"
    )


def _dataset(X: Any, y: Any) -> tuple[list[Any], list[Any]]:  # as above
    """Inputs and targets as plain lists, since loops over them are faster than over arrays."""
    inputs, targets = listed(X), listed(y)
    for name, given in (("X", inputs), ("y", targets)):
        if not isinstance(given, list) or not given:
            raise LengthError(f"got {shown(given)} as {name}, expected one row or number for each sample, and at least one sample")
    if len(inputs) != len(targets):
        raise LengthError(f"got {len(inputs)} samples in X and {len(targets)} targets in y, expected one target for each row of X")
    return [listed(x) for x in inputs], [listed(t) for t in targets]


def _predicted(scores: list[float] | float) -> int:
    """The predicted class: the index of the largest output, the first at a tie; the sign of a single one."""
    if isinstance(scores, list):
        return argmax(scores)
    return 1 if argmax([0.0, scores]) else -1


def _scores(output: Any) -> list[float] | float:
    """The output of a model as floats: a list of them, or one."""
    given = listed(output)
    if not isinstance(given, list):
        return _score(given)
    if not given:
        raise LengthError("the model gave no outputs, expected one number, or one for each class")
    return [_score(x) for x in given]


def _score(x: Any) -> float:
    return x.data if isinstance(x, Value) else number("what the model gave", x)


def _label(output: Any, target: Any) -> int:
    """The class of a target, for a model with this output."""
    scores = _scores(output)
    if isinstance(scores, list):
        weights = class_weights(target, len(scores))
        return max(weights, key=weights.__getitem__)
    return sign(target, " for a model with one output")


def _label_or_none(output: Any, target: Any) -> int | None:
    try:
        return _label(output, target)
    except AutogradError:
        return None


@contextmanager
def _bar(total: int, *, shown: bool) -> Iterator[Callable[[str, dict[str, float]], None]]:
    """A progress bar of `total` steps; none without tqdm or a terminal."""
    # A notebook shows standard error in red; in a terminal, standard output may be piped to a file.
    notebook = type(sys.stdout).__module__.startswith("ipykernel")
    file = next((f for f in (sys.stderr, sys.stdout) if f.isatty()), sys.stdout if notebook else None)
    try:
        from tqdm.std import tqdm  # noqa: PLC0415  # optional
    except ImportError:
        shown = False
    if not shown or file is None:
        yield lambda _title, _means: None
        return
    with tqdm(total=total, file=file, unit="batch", mininterval=0.5) as bar:

        def advance(title: str, means: dict[str, float]) -> None:
            bar.set_description(title, refresh=False)
            bar.set_postfix({name: f"{x:.4f}" for name, x in means.items()}, refresh=False)
            bar.update()

        yield advance
