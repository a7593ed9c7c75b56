"""What travels to workers: a transform of `vmap`, in which the function of a sample is a recorded program wherever it is one.

A program has no Python code, so a worker needs no module of the user's. The function itself travels, by cloudpickle, where its code is
needed for other lanes: it has branches on numbers, operations of the user's own, or integers among the lanes, or cannot be recorded.
"""

import copy
import pickle
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from autograd.context import current
from autograd.engine import Value
from autograd.errors import OperationError, StateError
from autograd.program.arguments import Arguments
from autograd.program.trace import Trace, of_kind
from autograd.program.traced import TracedArray
from autograd.transformed import Derivative, name_of
from autograd.trees import tree_flatten, tree_map


@cache
def own_version() -> str:
    """The version of the library here."""
    return version("valuegrad")


class Recorded:
    """A function that was recorded, without its Python code.

    Args:
        name: its name in messages.
        trace: the recording, which has no guards.
    """

    __name__: str
    trace: Trace
    numbers: list[float]

    def __init__(self, name: str, trace: Trace) -> None:
        self.__name__, self.trace = name, copy.copy(trace)
        self.trace.tree, self.trace.derived = None, {}
        self.numbers = [v.data for v in trace.captured]
        self.trace.captured = []

    def __call__(self, *args: Any) -> Any:
        """What the function gives."""
        trace = self.trace
        found: list[Any] = []
        places = () if trace.whole is None else trace.whole.inputs
        for x in tree_flatten(list(args))[0]:
            if isinstance(x, np.ndarray) and x.dtype.kind in "fO":
                whole = len(found) < len(places) and places[len(found)] < 0
                found += [x] if whole else x.unpacked(current().tracer) if x.__class__ is TracedArray else x.ravel().tolist()
            elif x.__class__ is Value or isinstance(x, float):
                found.append(x)
        found += self.numbers
        if trace.whole is not None:
            return trace.called(self.__name__, found)
        outputs = trace.alone.recorded(found)
        for k, kind in trace.kinds.items():
            outputs[k] = _of_kind(outputs[k], kind)
        return trace.form.unravel(outputs)


def _of_kind(x: Any, kind: type) -> Any:
    """A result that is a bool or an int, in a recording or outside."""
    tracer: Any = current().tracer
    if x.__class__ is not Value or tracer is None:
        return of_kind(x, kind)
    tracer.kinds[x] = kind
    return x


def packed(name: str, made: Any, sample: Sequence[Any]) -> bytes:
    """The version of the library, and the function that `opened` gives.

    Args:
        name: the name of the function in messages.
        made: `vmap` of a function, or a transform of it.
        sample: the arguments for one lane.
    """
    chain: list[Any] = []
    f, given = made, tuple(sample)
    while not hasattr(f, "in_axes"):
        if isinstance(f, Derivative):
            given = f.split(given)[0]
            given = tuple(f.with_chosen(given, tree_map(_floating, f.chosen(given))))
        chain.append(f)
        f = f.f
    known = _recorded(name, f, given)
    if known is None:
        import cloudpickle  # noqa: PLC0415  # Dask has it

        return _with_version(cloudpickle.dumps(made))
    sent: Any = vars(made).get("sent")
    if sent is None or sent[0] is not known or known.captured:
        over_lanes: Any = f.__class__(Recorded(name_of(f.f), known), f.in_axes, f.reduce, f.out_axes, f.keywords)
        for g in reversed(chain):
            over_lanes = g.remade(over_lanes, 0)
        sent = vars(made)["sent"] = (known, _with_version(pickle.dumps(over_lanes)))
    found: bytes = sent[1]
    return found


def _with_version(content: bytes) -> bytes:
    return own_version().encode() + b"\n" + content


def opened(sent: bytes) -> Any:
    """The function that `packed` packed, on a worker.

    Raises:
        StateError: the worker has another version of the library.
    """
    wanted, content = sent.split(b"\n", 1)
    if wanted.decode() != own_version():
        raise StateError(
            f"a worker has valuegrad {own_version()}, expected {wanted.decode()}, as the client has, since others may round otherwise: "
            "install that there"
        )
    return pickle.loads(content)  # noqa: S301  # what the client sent, as all that Dask runs


def _floating(x: Any) -> Any:
    """A leaf of what a derivative is taken with respect to: ints are numbers there."""
    return float(x) if isinstance(x, int | np.integer) else x.astype(float) if isinstance(x, np.ndarray) and x.dtype.kind in "iub" else x


def _recorded(name: str, f: Any, sample: Sequence[Any]) -> Trace | None:
    """The recording of a function of a sample; None where its code is needed."""
    given = Arguments(sample, f.axes(sample))
    made = next(f.recordings.parts(given, all_lanes=False))[0]
    if made.captured and current().recording:
        raise OperationError(
            f"{name} was given Dask arrays, but its function captures Values, to whose graph what workers compute cannot be joined: make "
            "them arguments, take model.frozen() of a Module, or call it under no_grad()"
        )
    own = any(made.leaf_kinds) if made.whole is not None else made.batched.program.own
    return None if f.recordings.refusal or len(made.guards) or given.columns or own else made
