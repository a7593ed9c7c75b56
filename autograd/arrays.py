"""Arrays of Values: what grad, jit and vmap pass to a function in place of an array, and how NumPy's functions act on it.

NumPy's loops over objects exist for few of its functions, and some of these follow other conventions than our operations. So an array of
Values is a subclass of ndarray, which implements each ufunc and each NumPy function from the operations of the table.
"""

import math
import reprlib
from collections.abc import Callable, Container, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from autograd.context import current
from autograd.errors import AutogradError, LengthError, NumberError, OperationError, api_boundary, filter_traceback
from autograd.functions import FUNCTIONS, by_numpy
from autograd.kinds import REAL_DTYPES, is_node, named_float, not_a_number, quietly
from autograd.linalg import PRODUCTS
from autograd.numeric import register_arrays
from autograd.ops import TABLE
from autograd.spellings import hints, numpys_function
from autograd.trees import LEAF, Structure, tree_flatten, tree_unflatten
from autograd.ufuncs import LIVE, OF_BOOLS, QUESTIONS, REDUCTIONS, on_numbers, why_not
from autograd.words import ARRAY

SEQUENCES = (np.ndarray, list, tuple)
# Options that NumPy may add to a call and that make no difference here.
HARMLESS = {"casting", "order", "subok", "dtype", "signature"}


def function_of_arrays(name: str) -> str | None:
    """What to write for a function under its name as a method."""
    owner = "np" if numpys_function(name) else "autograd" if name in TABLE else None
    return owner and f"write {owner}.{name}(x)"


class Array(np.ndarray):
    """An array of Values, of dtype object, on which NumPy's functions act as on an array of floats."""

    if not TYPE_CHECKING:  # a type checker would take any attribute for one that is there
        __getattr__ = hints("an array of Values", ARRAY, function_of_arrays)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        try:
            return apply(known_as(ufunc, method, inputs, options), method, inputs, options)
        except Exception as error:
            filter_traceback(error)
            raise

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:  # NumPy's protocol
        try:
            return call(func, args, kwargs)
        except Exception as error:
            filter_traceback(error)
            raise

    @property  # type: ignore[misc]  # read-only
    def real(self) -> "Array":  # type: ignore[override]  # NumPy 2.5 declares it read-only
        """The array itself: Values are real."""
        return self

    def entries(self) -> "Array":
        """The array with a Value for each entry: itself, unless it is a traced array."""
        return self


class Handle(Array):
    """An array that stands for one whose numbers lie elsewhere: it is itself alone, whatever its memory holds."""

    along: Any
    shaped: Any
    kind: Any


register_arrays(Array)


def array_of(numbers: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Numbers as an array, of floats, of bools, of ints or of Values; the number itself where the shape is ()."""
    if not shape:
        return numbers[0]
    kinds = {x.__class__ for x in numbers}
    kind = kinds.pop() if len(kinds) == 1 else object
    plain = kind in {float, bool, int}
    out = np.empty(len(numbers), dtype=kind if plain else object)
    out[:] = numbers
    return out.reshape(shape) if plain else out.reshape(shape).view(Array)


class Form:
    """The structure of a tree of numbers and arrays, without the numbers.

    Attributes:
        structure: that of its leaves.
        shapes: the shape of each leaf, () for a number.
        is_number: whether it is a single number.
    """

    def __init__(self, structure: Structure, shapes: list[tuple[int, ...]]) -> None:
        self.structure: Structure = structure
        self.shapes: list[tuple[int, ...]] = shapes
        self.is_number: bool = structure == LEAF and not shapes[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Form) and (self.structure, self.shapes) == (other.structure, other.shapes)

    def __hash__(self) -> int:
        return hash((self.structure, tuple(self.shapes)))

    def __repr__(self) -> str:
        return self.structure.shown([f"array of shape {shape}" if shape else "number" for shape in self.shapes])

    @property
    def is_single(self) -> bool:
        """Whether it is one number, or an array of one."""
        return self.structure == LEAF and math.prod(self.shapes[0]) == 1

    def map(self, leaf: Callable[[tuple[int, ...]], Any]) -> Any:
        """The structure with `leaf(shape)` in place of each array and each number."""
        return tree_unflatten(self.structure, [leaf(shape) for shape in self.shapes])

    def unravel(self, numbers: Sequence[Any]) -> Any:
        """The structure with these numbers."""
        if not any(self.shapes):
            return tree_unflatten(self.structure, numbers)
        leaves, place = [], 0
        for shape in self.shapes:
            size = math.prod(shape)
            leaves.append(array_of(numbers[place : place + size], shape))
            place += size
        return tree_unflatten(self.structure, leaves)


def tree_ravel(tree: Any) -> tuple[list[Any], Form]:
    """The numbers of a structure, including the entries of its arrays, in order, and its form; what holds an array counts as one.

    Raises:
        OperationError: an array is of a class with another meaning, such as a matrix or a masked array.

    >>> numbers, form = tree_ravel({"w": np.array([1.0, 2.0]), "b": 3.0})
    >>> [float(x) for x in numbers], form.unravel([10.0, 20.0, 30.0])
    ([1.0, 2.0, 3.0], {'w': array([10., 20.]), 'b': 30.0})
    """
    leaves, form = _leaves(tree)
    if not any(isinstance(x, np.ndarray) for x in leaves):
        return leaves, form
    numbers: list[Any] = []
    for x in leaves:
        if isinstance(x, np.ndarray):
            numbers.extend(plain(x).ravel())
        else:
            numbers.append(x)
    return numbers, form


def tree_form(tree: Any) -> Form:
    """The form of a structure."""
    return _leaves(tree)[1]


def _leaves(tree: Any) -> tuple[list[Any], Form]:
    leaves, structure = tree_flatten(tree)
    if not any(hasattr(cls, "__array__") for cls in set(map(type, leaves))):
        return leaves, Form(structure, [()] * len(leaves))
    leaves = list(map(unlabelled, leaves))
    return leaves, Form(structure, [x.shape if isinstance(x, np.ndarray) else () for x in leaves])


def unlabelled(x: Any) -> Any:
    """The numbers of a Series, a DataFrame or another array-like as an array, row by row whatever their labels; else x itself."""
    return x if isinstance(x, np.ndarray | np.generic) or not hasattr(x.__class__, "__array__") else np.asarray(x)


@api_boundary
def ravel(tree: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The numbers of a structure as one vector, and the function that makes the structure of such a vector again.

    So a function of a structure such as `tree` becomes one of a vector, which SciPy's optimisers take. The vector may hold Values.

    Raises:
        LengthError: the vector does not have as many numbers as the structure.
        NumberError: something in the structure is not a number.

    >>> vector, unravel = ravel({"w": np.array([1.0, 2.0]), "b": 3.0, "name": "line"})
    >>> vector
    array([1., 2., 3.])
    >>> unravel(10.0 * vector)
    {'w': array([10., 20.]), 'b': 30.0, 'name': 'line'}
    """
    numbers, form = tree_ravel(tree)
    numbers = [x if is_node(x) else named_float("the structure", x) for x in numbers]
    return array_of(numbers, (len(numbers),)) if numbers else np.empty(0), partial(_unravelled, form)


@api_boundary
def _unravelled(form: Form, vector: Any) -> Any:
    numbers = tree_ravel(vector)[0]
    expected = sum(math.prod(shape) for shape in form.shapes)
    if len(numbers) != expected:
        raise LengthError(f"got {len(numbers)} numbers, expected {expected}, as the structure has")
    return form.unravel([x if is_node(x) else float(x) for x in numbers])


def plain(x: np.ndarray) -> np.ndarray:
    """An array as a plain ndarray; an error where its class has another meaning, which would be lost."""
    if type(x) not in NUMPY_CLASSES:
        raise OperationError(
            f"got an array of the class {type(x).__name__}, expected a numpy.ndarray: what the class adds would be lost; give "
            "numpy.asarray(x), and its mask or its unit as another argument"
        )
    return (x.entries() if isinstance(x, Array) else x).view(np.ndarray)


NUMPY_CLASSES = {np.ndarray, Array, np.memmap}


# Ufuncs.


@cache
def _elementwise(ufunc: np.ufunc) -> Any:
    """The ufunc over objects that computes `ufunc` on Values."""
    f = on_numbers(ufunc)
    if ufunc in {np.add, np.subtract, np.multiply, np.negative}:  # NumPy's own object loop, which applies Python's operators
        return ufunc
    if f is not None:
        return np.frompyfunc(f, ufunc.nin, ufunc.nout, **({} if ufunc.identity is None else {"identity": ufunc.identity}))
    if set("".join(ufunc.types)) <= set("O->"):  # made from a Python function by np.vectorize or np.frompyfunc
        return ufunc
    raise OperationError(f"{_named(ufunc)} is not defined for a Value: {why_not(ufunc)}")


def _named(ufunc: np.ufunc, method: str = "__call__") -> str:
    name = f"np.{ufunc.__name__}" if getattr(np, ufunc.__name__, None) is ufunc else f"the ufunc {ufunc.__name__}"
    return name if method == "__call__" else f"{name}.{method}"


def apply(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Apply NumPy's `ufunc` where a Value, or an array of them, is among its inputs; arrays give arrays."""
    f = None if options or method != "__call__" else on_numbers(ufunc)
    if f is None or _has_sequence(inputs):
        return _on_arrays(ufunc, method, inputs, options)
    return np.bool_(bool(f(*inputs))) if ufunc in QUESTIONS else f(*inputs)


def known_as(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: Container[str]) -> np.ufunc:
    """The ufunc that NumPy's `ufunc` is for these inputs: for bools, as comparisons give them, a sum is "or" and a product "and".

    Raises:
        TypeError: NumPy has none for bools.
    """
    if ufunc not in OF_BOOLS or method != "__call__" or "dtype" in options or not all(map(_stands_for_bools, inputs)):
        return ufunc
    found = OF_BOOLS[ufunc]
    return found or ufunc(*[np.zeros(0, bool)] * len(inputs))  # which raises NumPy's error


def _stands_for_bools(x: Any) -> bool:
    if isinstance(x, Handle):
        return x.kind is bool
    if not isinstance(x, np.ndarray):
        return isinstance(x, bool | np.bool)
    tracer: Any = current().tracer
    if x.dtype != object or not x.size or tracer is None:
        return bool(x.dtype == bool)
    return all(isinstance(a, bool | np.bool) or (is_node(a) and tracer.is_bool(a)) for a in x.flat)


def _has_sequence(x: Sequence[Any]) -> bool:
    for a in x:  # noqa: SIM110  # `any` takes longer
        if isinstance(a, SEQUENCES):
            return True
    return False


def _on_arrays(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    given = [x.view(np.ndarray) if isinstance(x, Array) else x for x in inputs]
    if ufunc.nout > 1 and options:
        raise OperationError(f"{_named(ufunc)} with {', '.join(options)}= is not defined for Values: take the two arrays that it gives")
    out = options.pop("out", (None,))[0]
    to = None if out is None else out.view(np.ndarray)
    if not any(is_node(x) or (isinstance(x, np.ndarray) and x.dtype == object) for x in (*given, to)):  # such as indices from argsort
        return getattr(ufunc, method)(*given, **options, **({} if out is None else {"out": to}))
    kept = _kept(_named(ufunc, method), options, given[0] if method == "at" else to, asks=ufunc in QUESTIONS)
    for i in range(len(given)):
        if method in {"__call__", "outer"} or i in {0, 2}:  # the argument between them holds indices
            x = _array(_named(ufunc, method), given[i])
            if x.dtype.kind not in REAL_DTYPES + "O":
                raise NumberError(f"{_named(ufunc, method)}: {not_a_number(given[i])}")
            given[i] = x.astype(object, copy=False)
    result = quietly(_on_objects, ufunc, method, given, kept, to)
    if to is None:
        return wrapped(result)
    if result is not to:
        to[...] = result
    return out


def _array(name: str, x: Any) -> np.ndarray:
    try:
        return np.asarray(x)
    except ValueError:  # NumPy's error for rows of different lengths
        raise LengthError(f"{name}: got {reprlib.repr(x)}, expected numbers, or rows of equal length") from None


def _on_objects(ufunc: np.ufunc, method: str, given: Sequence[Any], options: dict[str, Any], to: Any) -> Any:
    if ufunc.signature is not None:
        return _product(ufunc, given, options)
    tracer = current().tracer
    if ufunc in LIVE and method == "__call__" and to is None and not options and tracer is not None and tracer.masks:
        found = np.asarray(np.frompyfunc(LIVE[ufunc], ufunc.nin, 1)(*given), dtype=object)
        tracer.masked = True
        return found if any(map(is_node, found.ravel())) else found.astype(bool)
    if method == "reduce" and ufunc in REDUCTIONS:
        return _reduced(REDUCTIONS[ufunc], given[0], **options)
    run = getattr(_elementwise(ufunc), method)
    if to is None and method == "__call__" and "where" in options:  # without out= NumPy warns about where=
        to = np.empty(np.broadcast_shapes(*map(np.shape, given), np.shape(options["where"])), dtype=object)
    if ufunc in QUESTIONS:
        return np.asarray(run(*given, **options), dtype=bool)[()]
    return run(*given, **options) if to is None else run(*given, **options, out=to)


def _kept(what: str, options: dict[str, Any], to: Any, *, asks: bool) -> dict[str, Any]:
    """The options that apply to objects, after a check of the array that receives the results."""
    if to is not None and to.dtype != object and not (asks and to.dtype == bool):
        written = "into an array" if what.endswith(".at") else "with out="
        raise OperationError(
            f"{what} {written} of dtype {to.dtype} is not defined for a Value, which would lose its gradient: let the array hold objects, "
            "array = array.astype(object), or make a new one, such as array + v"
        )
    dtype = options.get("dtype")
    if dtype is not None and not asks and np.dtype(dtype) not in {np.dtype(float), np.dtype(object)}:
        raise OperationError(f"{what} was given dtype={np.dtype(dtype)}, expected no dtype: a Value is always a 64-bit float")
    return {name: x for name, x in options.items() if name not in HARMLESS}


def wrapped(result: Any, *, alone: bool = True) -> Any:
    """The result of a NumPy function, with object arrays as arrays of Values; with `alone`, a 0-d array as its entry."""
    if isinstance(result, np.ndarray) and result.dtype == object:
        return result[()] if alone and not result.ndim else result.view(Array)
    if type(result) in {list, tuple}:
        return type(result)([wrapped(x, alone=alone) for x in result])
    return result


def _reduced(f: Callable[..., Any], x: np.ndarray, *, axis: Any = 0, **options: Any) -> Any:
    """`f` of the numbers along the given axes, one operation for each result."""
    if x.ndim == 1 and not options:
        return f(x.tolist()) if len(x) != 1 else x[0]
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim) if x.ndim else ()
    others = [a for a in range(x.ndim) if a not in axes]
    asked = np.broadcast_to(np.asarray(options.get("where", True), dtype=bool), x.shape)
    rows, asked = (a.transpose(*others, *axes).reshape(*[x.shape[i] for i in others], -1) for a in (x, asked))
    out = np.empty(rows.shape[:-1], dtype=object)
    first = [options["initial"]] if "initial" in options else []
    for i in np.ndindex(out.shape):
        row = [*first, *rows[i][asked[i]]]
        out[i] = row[0] if len(row) == 1 else f(row)
    return (out.reshape([1 if a in axes else n for a, n in enumerate(x.shape)]) if options.get("keepdims") else out)[()]


def _product(ufunc: np.ufunc, given: Sequence[np.ndarray], options: dict[str, Any]) -> Any:
    """A matrix product."""
    if ufunc not in PRODUCTS or options:
        raise OperationError(f"{_named(ufunc)}{''.join(f' with {name}=' for name in options)} is not defined for Values: write it with @")
    if not all(x.ndim for x in given):
        raise LengthError(f"{_named(ufunc)} was given a number, expected arrays with at least one axis: multiply by *")
    return PRODUCTS[ufunc](*given)


# Functions.


def call(func: Any, args: Sequence[Any], options: dict[str, Any]) -> Any:
    """Call NumPy's `func` where a Value, or an array of them, is among its arguments."""
    given = tuple([np.asarray(x, dtype=object).view(Array) if is_node(x) else x for x in args])
    try:
        own = FUNCTIONS.get(func)
        result = by_numpy(func, *given, **options) if own is None else quietly(partial(own, **options), *given)
    except AutogradError:
        raise
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise
        raise LengthError(f"{func.__module__}.{func.__name__}: expected numbers, or rows of equal length; NumPy says: {error}") from None
    except (TypeError, AttributeError) as error:
        raise OperationError(
            f"{func.__module__}.{func.__name__} is not defined for such Values ({error}): compose it of functions that are, or give "
            "it plain numbers where no gradient is wanted"
        ) from error
    return wrapped(result, alone=any(map(is_node, args)))
