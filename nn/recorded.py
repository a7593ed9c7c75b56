"""A model applied to many samples at a time: recorded once and run in lanes, or sample by sample where it cannot be recorded."""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import Value, backend, dot, leaves, no_grad, vmap, where
from nn.samples import listed

Model = Callable[[Any], Any]


class Samples:
    """Samples, and the outputs of a model for them.

    A batch goes through the model in two passes, which together apply the chain rule: `outputs` gives leaves, from which a loss is
    computed; `backward` passes the gradients of these leaves on to the parameters. So the loss may be any function of a batch.

    Args:
        model: a function of one sample.
        inputs: the samples: numbers, or lists of them.
    """

    def __init__(self, model: Model, inputs: list[Any]) -> None:
        self.model: Model = model
        # Else sample by sample, which without compiled code is faster than NumPy columns for batches of the usual size.
        self.in_lanes: bool = backend == "native"
        self.load(inputs)

        def outputs(x: Any) -> Any:
            return listed(model(x.tolist() if isinstance(x, np.ndarray) else x))

        def weighed(x: Any, seeds: Any, reached: Any) -> Any:
            given = outputs(x)
            given = given if isinstance(given, list) else [given]
            return dot(list(seeds), [where(taken, y, 0.0) for taken, y in zip(reached, given, strict=True)])

        self._outputs, self._weighed = vmap(outputs), vmap(weighed, reduce="sum")

    def load(self, inputs: list[Any]) -> None:
        """Take these samples in place of those before."""
        self.inputs = inputs
        self.rows = _array(inputs) if self.in_lanes else None

    def _sample_by_sample(self) -> None:
        self.rows, self.in_lanes = None, False

    def outputs(self, chosen: Sequence[int]) -> list[Any]:
        """The outputs of the model for these samples."""
        if self.rows is not None:
            try:
                return _each(_strictly(self._outputs, self.rows[chosen]))
            except Exception:  # noqa: BLE001  # an error of the model itself is raised again below
                self._sample_by_sample()
        return [self.model(self.inputs[i]) for i in chosen]

    def backward(self, chosen: Sequence[int], outputs: list[Any], loss: Value) -> list[Value]:
        """Backpropagate `loss`, and return the roots from which that was done, or none if the samples have to be run one by one."""
        loss.backward()
        if self.rows is None:
            return [loss]
        below = set(leaves(loss))
        given = [y if isinstance(y, list) else [y] for y in outputs]
        seeds = np.array([[y.grad if y in below else 0.0 for y in row] for row in given])
        reached = np.array([[y in below for y in row] for row in given], dtype=float)
        weighed = self._weighed(self.rows[chosen], seeds, reached)
        if not isinstance(weighed, Value):  # the model has no parameters
            return [loss]
        terms = [s * y.data for row, own in zip(given, seeds.tolist(), strict=True) for y, s in zip(row, own, strict=True) if y in below]
        if abs(weighed.data - sum(terms)) > 1e-9 * sum(map(abs, terms)):
            self._sample_by_sample()  # other outputs for the same samples: the model draws random numbers
            return []
        weighed.backward()
        return [loss, weighed]


def _strictly(f: Callable[..., Any], *args: Any) -> Any:
    """`f(*args)` under `no_grad`; the warning that it is recorded again for every sample becomes an error."""
    filters = warnings.filters
    try:
        with no_grad(), warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            return f(*args)
    finally:
        if warnings.filters is not filters:  # Ctrl-C may cut off the exit of catch_warnings
            warnings.filters = filters


def _array(inputs: list[Any]) -> np.ndarray | None:
    """The samples as an array of floats, None where that is impossible."""
    try:
        rows = np.array(inputs)
    except ValueError:  # rows differ in length
        return None
    return rows.astype(float) if rows.dtype.kind in "fiub" else None


def _each(found: Any) -> list[Any]:
    """The outputs of each sample, from arrays that have an entry for each sample."""
    if not isinstance(found, list):
        return list(found.tolist())
    if not found or any(column.ndim != 1 for column in found):
        raise TypeError("no outputs, or not one number each")
    return [list(row) for row in zip(*[column.tolist() for column in found], strict=True)]
