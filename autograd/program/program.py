"""Program: a recorded graph as flat arrays, to be replayed on other numbers of any kind.

A graph of Values is one object for each operation. A program is the same in a few arrays: for each instruction the code of its
operation and the places of its arguments. Nodes on which no output depends are left out, and equal instructions on equal arguments are
merged; nothing else is simplified, so that nan, inf and -0.0 come out as the graph would give them.
"""

import os
import re
import struct
from array import array
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np

from autograd import ops
from autograd.compiled import native
from autograd.engine import Value
from autograd.errors import LengthError, NumberError, OperationError, api_boundary
from autograd.files import check_version, file_path, is_sealed, reading, writing
from autograd.graph import walk
from autograd.kinds import kind_of, named_float
from autograd.locks import cached_property
from autograd.op import Op
from autograd.ops import TABLE
from autograd.program.archive import LABEL, read_arrays, write_arrays
from autograd.sweeps import separated

FORMAT, VERSION = "valuegrad program, version {}", 2
TYPES = {"codes": np.uint8, "starts": np.uint32, "args": np.int32, "constants": np.float64, "outputs": np.int32}
OPS = tuple(TABLE.values())
CODES = {op: code for code, op in enumerate(OPS)}
SELECTING = {code for code, op in enumerate(OPS) if op.selects}
# The table of the first version, whose pickles do not name their operations.
FIRST = (
    "add sub mul div neg pow powc sum dot sqrt exp expm1 log log1p logsumexp sigmoid tanh softplus relu leaky_relu erf sin cos tan asin "
    "acos atan atan2 hypot sinh cosh abs sign step less less_equal where maximum minimum clip stop_gradient"
)

# What passes made of a program with at most so many instructions is found again for an equal one: a function that is recorded once more.
SMALL = 1000

# The pass of reverse mode. It is in passes.py, which rests on this module and registers it here.
_adjoint: list[Callable[["Program", Sequence[int], Sequence[int]], "Program"]] = []


# What finds the steps of a program with calls of forms; in stages.py, likewise.
_expanded: list[Callable[["Program"], Any]] = []


def register_expanded(expanded: Callable[["Program"], Any]) -> None:
    """Use this function for `Program.to_c`."""
    _expanded.append(expanded)


def register_adjoint(adjoint: Callable[["Program", Sequence[int], Sequence[int]], "Program"]) -> None:
    """Use this function for `Program.gradient`."""
    _adjoint.append(adjoint)


@lru_cache(256)
def _derived_of(_program: "Program") -> dict[Any, "Program"]:
    return {}


class Program:
    """Outputs as computed from inputs by a recorded graph.

    Args:
        outputs: Values or numbers, the results of the program.
        inputs: the Values that stand for its arguments: leaves, or inner nodes that are to be replaced. Any other leaf becomes
            a constant.

    Attributes:
        codes: the code of each instruction's operation: its index in the table, or, counted on from there, in `own`.
        starts: where the arguments of each instruction begin in `args`, and where those of the last one end.
        args: places of arguments. Inputs come first, then the constants, then the result of each instruction.
        constants: the constants.
        outputs: the places of the outputs.
        own: the operations that are not in the table: the user's own.

    Raises:
        LengthError: a Value is among the inputs twice, or a call has another number of inputs.
        NumberError: an output or an input is not a Value, or an output not a number.

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
    inputs: int
    own: Sequence[Any]

    @api_boundary
    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Value]) -> None:
        for what, given in (("outputs", outputs), ("inputs", inputs)):
            if not hasattr(given, "__len__") or isinstance(given, str) or getattr(given, "ndim", 1) == 0:
                raise NumberError(f"got {given!r} as the {what}, expected a sequence of Values: put them in a list")
        for x in inputs:
            if x.__class__ is not Value:
                raise NumberError(f"got {x!r} as an input, expected a Value: the leaf, or the node, that the input replaces")
        if len(set(inputs)) < len(inputs):
            raise LengthError("a Value is among the inputs twice: give each once")
        ends = tuple([y if y.__class__ is Value else named_float("the outputs", y) for y in outputs])
        *parts, self.own = flatten(ends, tuple(inputs))
        if any(hasattr(op, "sent") for op in self.own):  # calls of forms
            roots = [y for y in (*ends, *inputs) if y.__class__ is Value]
            twins = dict(zip(roots, separated(*roots, differentiable=False), strict=True))
            ends = tuple([twins[y] if y.__class__ is Value else y for y in ends])
            *parts, self.own = flatten(ends, tuple([twins[x] for x in inputs]))
        self.inputs = len(inputs)
        for name, part in zip(TYPES, parts, strict=True):
            setattr(self, name, np.frombuffer(part, np.uint32 if name == "codes" and self.own else TYPES[name]))
        self._freeze()

    @classmethod
    def from_arrays(
        cls, codes: Any, starts: Any, args: Any, constants: Any, outputs: Any, inputs: int, own: Sequence[Op] = ()
    ) -> "Program":
        """The program of these arrays, which are not checked, and cannot be changed afterwards."""
        program = object.__new__(cls)
        program.inputs, program.own = inputs, tuple(own)
        for (name, dtype), part in zip(TYPES.items(), (codes, starts, args, constants, outputs), strict=True):
            setattr(program, name, np.ascontiguousarray(part, np.uint32 if name == "codes" and own else dtype))
        program._freeze()
        return program

    @cached_property
    def derived(self) -> dict[Any, "Program"]:
        """What passes have made of the program, or, where it is small, of one that is equal to it."""
        return {} if self.own or len(self) > SMALL else _derived_of(self)

    def once(self, key: Any, made: Callable[[], "Program"]) -> "Program":
        """What a pass makes of the program, kept with it."""
        if key not in self.derived:
            self.derived[key] = made()
        return self.derived[key]

    @cached_property
    def selects(self) -> bool:
        """Whether one of its operations selects one of its arguments."""
        return not SELECTING.isdisjoint(self.codes.tolist())

    def __getstate__(self) -> dict[str, Any]:
        state = {name: part for name, part in vars(self).items() if name not in {"derived", "selects", "reads", "reads_all", "_lists"}}
        return {**state, "names": list(TABLE)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        names = vars(self).pop("names", FIRST.split())
        if names != list(TABLE):  # written by another version, whose codes differ
            codes = [*[CODES[TABLE[name]] for name in names], *range(len(OPS), len(OPS) + len(self.own))]
            self.codes = np.array(codes, self.codes.dtype)[self.codes]
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

    @api_boundary
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

    def recorded(self, x: Sequence[Any]) -> list[Any]:
        """The outputs at Values and floats, with a node for each operation."""
        if native is None:
            return self(x)
        codes, starts, args, constants, ends = self._lists
        made = [*x, *constants]
        native.replay((*OPS, *self.own), codes, starts, args, made, lambda op, args: kind_of(args).apply(op, args))
        return list(map(made.__getitem__, ends))

    @cached_property
    def _lists(self) -> list[list[Any]]:
        """The arrays as lists of Python's numbers."""
        return [getattr(self, name).tolist() for name in TYPES]

    @cached_property
    def reads(self) -> np.ndarray:
        """For each input whether it is used."""
        used = np.zeros(self.inputs + len(self.constants) + len(self), bool)
        used[self.args] = used[self.outputs] = True
        return used[: self.inputs]

    @cached_property
    def reads_all(self) -> bool:
        """Whether all inputs are used."""
        return bool(self.reads.all())

    def selected(self, within: Sequence[bool]) -> np.ndarray:
        """For each input whether it is used only within branches of a `where`.

        Args:
            within: for each output whether it is itself used only so.
        """
        if not any(within) and not self.selects:
            return np.zeros(self.inputs, bool)
        first, starts, args = self.inputs + len(self.constants), self.starts.tolist(), self.args.tolist()
        reached, always = np.zeros((2, first + len(self)), bool).tolist()
        for place, is_within in zip(self.outputs.tolist(), within, strict=True):
            reached[place] = True
            always[place] |= not is_within
        for k, code in reversed(list(enumerate(self.codes.tolist()))):
            for place in args[starts[k] : starts[k + 1]] if reached[first + k] else ():
                reached[place] = True
                always[place] |= always[first + k] and code not in SELECTING
        found: np.ndarray = ~np.array(always[: self.inputs], bool)
        return found

    def masked(self, outputs: Sequence[int]) -> "Program":
        """The program with a further input, a mask, for each of these outputs: where it is 0, the output is 0 without a derivative."""
        count, first = len(outputs), self.inputs + len(self.constants)
        places = np.concatenate(
            [np.arange(self.inputs), np.arange(self.inputs, first) + count, np.arange(first, first + len(self)) + count + 1]
        )
        ends = places[self.outputs]
        rows = np.stack([self.inputs + np.arange(count), ends[outputs], np.full(count, first + count)], axis=1)
        ends[outputs] = first + count + 1 + len(self) + np.arange(count)
        return Program.from_arrays(
            np.append(self.codes, [CODES[ops.where]] * count),
            np.append(self.starts, self.starts[-1] + 3 * np.arange(1, count + 1)),
            np.append(places[self.args], rows),
            np.append(self.constants, 0.0),
            ends,
            self.inputs + count,
            self.own,
        )

    def with_outputs(self, outputs: Sequence[int]) -> "Program":
        """The program with the outputs of these indices, in this order."""
        places = self.outputs[np.asarray(outputs, np.intp)]
        return Program.from_arrays(self.codes, self.starts, self.args, self.constants, places, self.inputs, self.own)

    def with_inputs(self, used: np.ndarray) -> "Program":
        """The program with only the inputs of these indices; it must not read the others."""
        places = np.full(self.inputs + len(self.constants) + len(self), -1, np.int32)
        places[used] = np.arange(len(used))
        places[self.inputs :] = np.arange(len(used), len(used) + len(self.constants) + len(self))
        return Program.from_arrays(self.codes, self.starts, places[self.args], self.constants, places[self.outputs], len(used), self.own)

    @api_boundary
    def gradient(self) -> "Program":
        """The program from inputs x, then one cotangent for each output, to the gradients of all inputs: reverse mode.

        >>> x = Value(3.0)
        >>> Program([x * x], [x]).gradient()([5.0, 1.0])
        [10.0]
        """
        return _adjoint[-1](self, range(len(self.outputs)), range(self.inputs))

    @api_boundary
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the program to a file, an archive of plain arrays.

        Raises:
            PathNotFoundError: the folder does not exist.
            RangeError: the path is that of a folder, a device or the like.
            FileError: the file is read-only or the disk full; an existing file is unchanged.
            OperationError: the path is not a string, or the program has operations of your own, which only a pickle can hold, since
                loading them executes code.
        """
        path = file_path(path, "program.npz")
        if self.own:
            names = ", ".join(op.name for op in self.own)
            raise OperationError(
                f"cannot save operations of your own ({names}) in a file that executes nothing: pickle the program instead"
            )
        arrays = {name: getattr(self, name) for name in TYPES}
        with writing(path) as file:
            write_arrays(file, {"format": FORMAT.format(VERSION), "names": list(TABLE), "inputs": self.inputs, **arrays})

    @staticmethod
    @api_boundary
    def load(path: str | os.PathLike[str]) -> "Program":
        """The program that `save` wrote; nothing in the file is executed.

        Raises:
            PathNotFoundError: there is no such file.
            RangeError: the path is that of a device or the like.
            FileError: the file cannot be read.
            OperationError: the path is not a string.
            StateError: the file is damaged, or has another format or version.
        """
        program = object.__new__(Program)
        program.own = ()
        with reading(file_path(path, "program.npz"), "Program.save") as file:
            whole = is_sealed(file, LABEL)
            arrays = read_arrays(file)
            _check_format(next(arrays, None), is_sealed=whole)
            found = dict(arrays)
            if found.keys() != {"names", "inputs", *TYPES}:
                raise ValueError(f"it has the parts {', '.join(found)[:200]}, expected names, inputs, {', '.join(TYPES)}; it is damaged")
            names = found.pop("names")
            vars(program).update(found)
            if fault := program._fault(names):
                raise ValueError(f"{fault}; the file is damaged, record the program again")
        program._freeze()
        return program

    def _fault(self, known: np.ndarray) -> str | None:
        """Why arrays from a file are not a program, or None; codes that index the file's `names` become indices into our table."""
        for name, dtype in TYPES.items():
            array = getattr(self, name)
            if array.ndim != 1 or array.dtype != dtype:
                return f"{name} has the wrong type or shape"
        inputs = np.asarray(self.inputs)
        if inputs.ndim or inputs.dtype.kind not in "iu" or not 0 <= inputs < 2**31 or known.ndim != 1 or known.dtype.kind != "U":
            return "the number of inputs or the names of the operations have the wrong type"
        names = known.tolist()
        if fault := _names_fault(names):
            return fault
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

    @api_boundary
    def to_c(self, name: str = "program") -> str:
        """C99 source for value and gradient that needs only the C library.

        It has two functions, which return 0, or -1 where memory runs out:
        `int NAME(const double *x, double *y)` gives the outputs y at the inputs x, and
        `int NAME_gradient(const double *x, const double *cotangents, double *g)` the gradients of the inputs.

        A `scan`, `while_loop` or `cond`, and a `vmap`, has its function there once; the gradient keeps the carries of a loop, in memory
        that it allocates. Sums over lanes may differ from those of `vmap` in the last place.

        Everything else in it is static and begins with `ag_` or `AG_`, so that one file may hold several programs. It is valid C++20, too,
        unless an operation of your own has a sum.

        Raises:
            OperationError: NAME, or NAME_gradient, is a keyword of C or C++, is in the C library, or is reserved; or an operation of your
                own uses functions that have no counterpart in C, or takes any number of arguments without one formula for all of them; or
                there is a loop or a `vmap` in it whose function branches by an `if` of Python.
        """
        from autograd.native.csource import source  # noqa: PLC0415  # only where C is wanted

        return source(_expanded[-1](self), name)


def _names_fault(names: list[str]) -> str | None:
    """Why names are not those of operations, each once, or None."""
    if unknown := [name for name in names if name not in TABLE]:
        return f"it has the unknown operations {', '.join(unknown[:3])[:100]} ({len(unknown)} in all)"
    return "an operation has two codes" if len(set(names)) < len(names) else None


def _check_format(first: tuple[str, np.ndarray] | None, *, is_sealed: bool) -> None:
    """Raise a ValueError for a file that does not begin with a format and version that `load` knows."""
    name, given = first or ("", "")
    version = re.fullmatch(FORMAT.format(r"(\d{1,9})"), str(given)) if name == "format" else None
    if not version:
        raise ValueError(f"it is damaged, or of another kind: its format is {str(given)[:60]!r}, expected {FORMAT.format(VERSION)!r}")
    check_version(int(version[1]), VERSION, is_sealed=is_sealed)


def _flattened(outputs: Sequence[Any], inputs: Sequence[Value]) -> tuple[Any, ...]:
    """The arrays of a program, and the operations that are not in the table."""
    nodes = _live(outputs, inputs)
    constants: dict[bytes, int] = {}  # by their bits, which differ for -0.0 and 0.0

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
    """The nodes on which the outputs depend, down to the inputs, each after its arguments."""
    return walk([y for y in outputs if y.__class__ is Value], 0, set(inputs))


flatten: Callable[..., tuple[Any, ...]] = _flattened if native is None else native.flatten
