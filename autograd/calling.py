"""How an operation is called: its arguments as one flat tuple, and the error that names the one at fault."""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np

from autograd.errors import LengthError, NumberError
from autograd.kinds import is_number


def arguments(op: Any, given: tuple[Any, ...]) -> tuple[Any, ...]:
    """The numbers that `op` is applied to: with defaults for omitted ones, and sequences joined one after another."""
    if op.sequences:
        return _flattened(op, given)
    if op.arity is not None:
        missing = op.arity - len(given)
        if missing and not 0 < missing <= len(op.defaults):
            raise LengthError(f"{op.name}() takes {op.arity} arguments, got {len(given)}: {op.name}({', '.join(op.arguments)})")
        return given + op.defaults[-missing:] if missing else given
    x = tuple(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple | np.ndarray) and _is_sequence(given[0]) else given
    if not x:
        raise LengthError(f"{op.name}() takes at least one argument, got none")
    return x


def _flattened(op: Any, sequences: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(sequences) != op.sequences:
        raise LengthError(f"{op.name}() takes {op.sequences} sequences, got {len(sequences)}: put the numbers of each in a list")
    for s in sequences:
        if not _is_sequence(s):
            raise NumberError(f"{op.name}() takes a sequence of numbers, got {s!r}: put it in a list")
    columns = [tuple(s) for s in sequences]
    if len({len(c) for c in columns}) > 1:
        lengths = " and ".join(str(len(c)) for c in columns)
        raise LengthError(f"{op.name}() takes sequences of equal length, got lengths {lengths}: give equally many numbers in each")
    return tuple(chain.from_iterable(columns))


def _is_sequence(x: Any) -> bool:
    return isinstance(x, list) or (
        bool(x.ndim) if isinstance(x, np.ndarray) else isinstance(x, Iterable) and not isinstance(x, str | bytes)
    )


def blamed(op: Any, error: NumberError, x: tuple[Any, ...]) -> NumberError:
    """`error`, with the names of the operation and of the argument at fault, if there is one."""
    i = next((i for i, a in enumerate(x) if not is_number(a)), None)
    if i is None:
        return error
    if op.sequences:
        sequence, element = divmod(i, len(x) // op.sequences)
        return NumberError(f"{op.name}(), element {element} of sequence {sequence}: {error}")
    return NumberError(f"{op.name}(), argument {i if op.arity is None else op.arguments[i]}: {error}")
