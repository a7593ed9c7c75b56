"""Program: a recorded graph as flat arrays, to be replayed on other numbers of any kind.

A graph of Values is one object for each operation. A program is the same in a few arrays: for each instruction the code of its
operation and the places of its arguments. Nodes that the outputs do not rest on are left out, and equal instructions on equal arguments are
one; nothing else is simplified, so that nan, inf and -0.0 come out as the graph would give them.
"""

import os
import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np

from autograd import ops
from autograd.compiled import native
from autograd.context import NEUTRAL, entered
from autograd.engine import Value
from autograd.errors import LengthError, NumberError, OperationError, PathNotFoundError, RangeError, StateError
from autograd.foreign import NOWHERE, stand_in
from autograd.graph import order
from autograd.kinds import kind_of, named_float
from autograd.ops import TABLE, Op
from autograd.transforms import gradient

FORMAT = "valuegrad program, version 1"
TYPES = {"codes": np.uint8, "starts": np.uint32, "args": np.int32, "constants": np.float64, "outputs": np.int32}
OPS = tuple(TABLE.values())
CODES = {op: code for code, op in enumerate(OPS)}


class Program:
    """Outputs as computed from inputs by a recorded graph.

    Args:
        outputs: Values or numbers, what the program is to give.
        inputs: the Values that stand for what it is given: leaves, or nodes in whose place a number is to be given. Any other
            leaf becomes a constant.

    Attributes:
        codes: the code of each instruction's operation: its place in the table, then in `own`.
        starts: where the arguments of each instruction begin in `args`, and where the last one's end.
        args: places of arguments. Inputs come first, then the constants, then the result of each instruction.
        constants: the constants.
        outputs: the places of the outputs.
        own: the operations that are not in the table.

    >>> x, y = Value(2.0), Value(3.0)
    >>> program = Program([x * y + x, x * y], [x, y])
    >>> len(program), program([5.0, 7.0])
    (2, [40.0, 35.0])
    >>> program([np.array([1.0, 2.0]), 10.0])
    [array([11., 22.]), array([10., 20.])]
    """

    codes: np.ndarray
    starts: np.ndarray
    args: np.ndarray
    constants: np.ndarray
    outputs: np.ndarray

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Value]) -> None:
        for x in inputs:
            if x.__class__ is not Value:
                raise NumberError(f"got {x!r} as an input, expected a Value: the leaf, or the node, that an input is to stand for")
        if len(set(inputs)) < len(inputs):
            raise LengthError("a Value stands among the inputs twice: give each once")
        ends = tuple([y if y.__class__ is Value else named_float("the outputs", y) for y in outputs])
        *parts, self.own = flatten(ends, tuple(inputs))
        self.inputs = len(inputs)
        for name, part in zip(TYPES, parts, strict=True):
            setattr(self, name, np.frombuffer(part, np.uint32 if name == "codes" and self.own else TYPES[name]))
        self._freeze()

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._freeze()

    def _freeze(self) -> None:
        for name in TYPES:
            getattr(self, name).flags.writeable = False

    def __len__(self) -> int:
        return len(self.codes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Program) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        arrays = (self.codes, self.starts, self.args, self.constants, self.outputs)
        return self.inputs, self.own, *[a.tobytes() for a in arrays]

    def __repr__(self) -> str:
        return f"<Program of {len(self)} operations: {self.inputs} inputs, {len(self.outputs)} outputs>"

    def instructions(self) -> Iterator[tuple[Op, list[int]]]:
        """The operations in order, each with the places of its arguments."""
        ops, args, starts = (*OPS, *self.own), self.args.tolist(), self.starts.tolist()
        for k, code in enumerate(self.codes.tolist()):
            yield ops[code], args[starts[k] : starts[k + 1]]

    def __call__(self, x: Sequence[Any]) -> list[Any]:
        """The outputs at inputs of any kind: floats, NumPy columns, Values, mpmath numbers, SymPy symbols."""
        if len(x) != self.inputs:
            raise LengthError(f"got {len(x)} inputs, expected {self.inputs}, as the program was recorded with")
        return self._run(x, lambda op, args: kind_of(args).apply(op, args))

    def _run(self, x: Sequence[Any], apply: Callable[[Op, list[Any]], Any]) -> list[Any]:
        made = [*x, *self.constants.tolist()]
        for op, places in self.instructions():
            made.append(apply(op, [made[i] for i in places]))
        return [made[i] for i in self.outputs]

    def gradient(self) -> "Program":
        """The program from inputs x, then one cotangent for each output, to the gradients of all inputs: reverse mode.

        >>> x = Value(3.0)
        >>> Program([x * x], [x]).gradient()([5.0, 1.0])
        [10.0]
        """
        # Whatever is in force where it is first asked for; partials of the user's own must not take a branch at numbers that stand in.
        with entered(replace(NEUTRAL, trace=NOWHERE) if self.own else NEUTRAL):
            x = [Value(1.0) for _ in range(self.inputs)]
            cotangents = [Value(1.0) for _ in self.outputs]
            total = ops.dot(cotangents, self._run(x, stand_in)) if cotangents else Value(0.0)
            return Program(gradient(total, x), [*x, *cotangents])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the program to a file, an archive of plain arrays.

        Raises:
            PathNotFoundError: the folder does not exist.
            RangeError: the path is that of a folder.
            OperationError: the path is no text, or the program has operations of your own, which only a pickle can hold, since loading
                one executes code.
        """
        path = _path(path)
        if self.own:
            names = ", ".join(op.name for op in self.own)
            raise OperationError(
                f"cannot save operations of your own ({names}) in a file that executes nothing: pickle the program instead"
            )
        if path.is_dir():
            raise RangeError(f"cannot save {str(path)!r}: it is a folder; give the name of a file in it, such as 'program.npz'")
        if not path.parent.is_dir():
            raise PathNotFoundError(f"cannot save {str(path)!r}: there is no folder {str(path.parent)!r}; make it first, or save elsewhere")
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        arrays = {name: getattr(self, name) for name in TYPES}
        try:
            with part.open("wb") as file:
                np.savez(file, format=FORMAT, names=np.array(list(TABLE)), inputs=self.inputs, **arrays)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    @staticmethod
    def load(path: str | os.PathLike[str]) -> "Program":
        """The program that `save` wrote; nothing in the file is executed.

        Raises:
            PathNotFoundError: there is no such file.
            OperationError: the path is no text.
            StateError: the file is damaged, or of another kind or version.
        """
        path = _path(path)
        if not path.is_file():
            raise PathNotFoundError(f"cannot load {str(path)!r}: there is no such file; give one that Program.save wrote")
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                given = str(archive["format"])
                found = {name: archive[name] for name in ("names", "inputs", *TYPES)} if given == FORMAT else {}
        except Exception as error:  # noqa: BLE001  # a damaged archive makes NumPy and zipfile raise almost any
            raise StateError(f"cannot load {str(path)!r}: it is damaged, or no program that Program.save wrote ({error})") from None
        if given != FORMAT:
            raise StateError(f"cannot load {str(path)!r}: its format is {given!r}, expected {FORMAT!r}; record the program again")
        program = object.__new__(Program)
        program.own = ()
        for name in ("inputs", *TYPES):
            setattr(program, name, found[name])
        fault = program._fault(found["names"])
        if fault:
            raise StateError(f"cannot load {str(path)!r}: {fault}; the file is damaged, record the program again")
        program._freeze()
        return program

    def _fault(self, known: np.ndarray) -> str | None:
        """What keeps arrays that came from a file from being a program, the codes of which stand for names; these are made ours."""
        for name, dtype in TYPES.items():
            array = getattr(self, name)
            if array.ndim != 1 or array.dtype != dtype:
                return f"{name} has the wrong type or shape"
        inputs = np.asarray(self.inputs)
        if inputs.ndim or inputs.dtype.kind not in "iu" or not 0 <= inputs < 2**31 or known.ndim != 1 or known.dtype.kind != "U":
            return "the number of inputs or the names of operations are none"
        names = known.tolist()
        unknown = [name for name in names if name not in TABLE]
        if unknown:
            return f"it has the unknown operations {', '.join(unknown)}"
        self.inputs = int(inputs)
        starts, first = self.starts.astype(np.int64), self.inputs + len(self.constants)
        if len(starts) != len(self.codes) + 1 or starts[0] != 0 or starts[-1] != len(self.args) or (np.diff(starts) < 0).any():
            return "the arguments are not laid out one operation after the other"
        if len(self.codes) and self.codes.max() >= len(names):
            return "an operation has an unknown code"
        self.codes = np.array([list(TABLE).index(name) for name in names], dtype=np.uint8)[self.codes]
        counts = np.diff(starts)
        arity = np.array([op.arity or 0 for op in TABLE.values()])[self.codes]
        if ((arity > 0) & (counts != arity)).any() or (counts == 0).any() or (counts[self.codes == CODES[ops.dot]] % 2).any():
            return "an operation has the wrong number of arguments"
        own_place = np.repeat(np.arange(first, first + len(counts)), counts)
        if (self.args < 0).any() or (self.args >= own_place).any():
            return "an operation has an argument that comes after it"
        if (self.outputs < 0).any() or (self.outputs >= first + len(counts)).any():
            return "an output is out of range"
        return None

    def to_c(self, name: str = "program") -> str:
        """C99 source for value and gradient that needs nothing but the C library.

        It has two functions, which give 0, or -1 where there is no memory:
        `int NAME(const double *x, double *y)` gives the outputs y at the inputs x, and
        `int NAME_gradient(const double *x, const double *cotangents, double *g)` the gradients of the inputs.

        Raises:
            OperationError: the name is none in C or taken, or an operation of your own takes any number of arguments, or uses functions
                that C text has not.
        """
        from autograd.csource import source  # noqa: PLC0415  # only where C is wanted

        return source(self, name)


def _path(x: Any) -> Path:
    """A file's name as a path, checked."""
    if not isinstance(x, str | os.PathLike):
        raise OperationError(f"got {x!r} as the path, expected the name of a file, such as 'program.npz'")
    return Path(x)


def _flattened(outputs: Sequence[Any], inputs: Sequence[Value]) -> tuple[Any, ...]:
    """The arrays of a program, and the operations that are not in the table."""
    nodes = _live(outputs, inputs)
    constants: dict[bytes, int] = {}  # by their bits, so that -0.0 is not 0.0

    def constant(x: float) -> int:
        return constants.setdefault(struct.pack("d", x), len(inputs) + len(constants))

    places = {x: i for i, x in enumerate(inputs)}
    for node in nodes:
        for a in node.args:
            if a.__class__ is not Value:
                constant(a)
        if not node.args:
            places[node] = constant(node._number)
    ends = [constant(y) if y.__class__ is not Value else None for y in outputs]
    first = len(inputs) + len(constants)
    own: dict[Op, int] = {}
    rows: dict[tuple[int, ...], int] = {}
    for node in nodes:
        if node.op is not None:
            code = CODES[node.op] if node.op in CODES else own.setdefault(node.op, len(OPS) + len(own))
            row = (code, *[places[a] if a.__class__ is Value else constant(a) for a in node.args])
            places[node] = rows.setdefault(row, first + len(rows))
    return (
        array("I" if own else "B", [row[0] for row in rows]),
        array("I", accumulate((len(row) - 1 for row in rows), initial=0)),
        array("i", [a for row in rows for a in row[1:]]),
        b"".join(constants),
        array("i", [places[y] if end is None else end for y, end in zip(outputs, ends, strict=True)]),
        tuple(own),
    )


def _live(outputs: Sequence[Any], inputs: Sequence[Value]) -> list[Value]:
    """The nodes that the outputs rest on, down to the inputs, each after its arguments."""
    known = set(inputs)
    needed = [y for y in outputs if y.__class__ is Value]
    nodes, live = order(*needed), set(needed)
    for node in reversed(nodes):
        if node in live and node not in known:
            live.update(a for a in node.args if a.__class__ is Value)
    return [node for node in nodes if node in live and node not in known]


flatten = _flattened if native is None else native.flatten
