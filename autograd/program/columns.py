"""What NumPy does with a traced array, recorded as one step over lanes: over its rows, or over its columns where these are longer.

Elementwise functions, products of matrices and vectors, sums, means, functions along an axis, parts of rows and transposes are recorded so.
For anything else the array is replaced by one with a Value for each entry.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from autograd import ops
from autograd.arrays import Handle, array_of
from autograd.context import current
from autograd.functions import FUNCTIONS
from autograd.ufuncs import LIVE, QUESTIONS


def itself(x: Any) -> Any:
    """X itself."""
    return x


class LANES:
    """How functions are run over lanes, and lanes are taken; vmap.py, which rests on this module, assigns both."""

    run: Any = None
    taken: Any = None


def plainly(x: Any) -> Any:
    """A traced array as an array with a Value for each entry; anything else as it is."""
    return x.entries() if isinstance(x, Handle) else x


def _ndim(x: Any) -> int:
    return x.ndim if isinstance(x, np.ndarray) else 0


def longest(shape: Sequence[int]) -> int:
    """The axis that has the lanes: the first, or of two axes the longer one."""
    return 1 if len(shape) == 2 and shape[1] > shape[0] else 0


@lru_cache(1024)
def _with_constants(f: Callable[..., Any], count: int, constants: tuple[tuple[int, type, str], ...], numbers: tuple[Any, ...]) -> Any:
    """`f` of `count` arguments of which some are these numbers, at these places; `constants` tells numbers apart that are equal."""
    places = dict(zip([k for k, *_ in constants], numbers, strict=True))

    def of_others(*others: Any) -> Any:
        rest = iter(others)
        return f(*[places[k] if k in places else next(rest) for k in range(count)])

    return of_others


# These are the same beside a constant as beside any other number, so that they are recorded once for all constants.
ARITHMETIC = {np.add, np.subtract, np.multiply, np.divide}


def _lanes(f: Callable[..., Any], given: Sequence[Any], axes: Sequence[int | None], reduce: str | None = None) -> Any:
    """`f` over lanes along these axes; None for what all lanes share. Numbers are constants of it: at ties it makes a difference."""
    numbers = [(k, x) for k, x in enumerate(given) if isinstance(x, int | float | np.number | np.bool_)]
    constants = {k: x for k, x in numbers if x.__class__ is not float or f not in ARITHMETIC}
    if constants:
        f = _with_constants(f, len(given), tuple([(k, x.__class__, repr(x)) for k, x in constants.items()]), tuple(constants.values()))
        given, axes = zip(*[(x, axis) for k, (x, axis) in enumerate(zip(given, axes, strict=True)) if k not in constants], strict=True)
    taken = [x.along(axis) if isinstance(x, Handle) and axis is not None else (x, axis) for x, axis in zip(given, axes, strict=True)]
    arrays = [x for x, _ in taken]
    along = tuple([axis for _, axis in taken])
    return _once((f, along, reduce), arrays, lambda: LANES.run(f, arrays, along, reduce))


def _once(key: Any, arrays: Sequence[Any], made: Callable[[], Any]) -> Any:
    """What a recording has for this key and these traced arrays, made if it is new: `w[0]` in a loop is one step."""
    if not all(isinstance(x, Handle) and hasattr(x, "owner") for x in arrays):
        return made()
    tracer: Any = current().tracer
    whole = key, current().runs, tuple([(x.owner, x.output, x.shape) for x in arrays])
    if whole not in tracer.over_lanes:
        tracer.over_lanes[whole] = made()
    return tracer.over_lanes[whole]


def _numbers(inputs: Sequence[Any]) -> list[Any] | None:
    """The inputs of an elementwise function, integers beside floats as floats, as NumPy converts them; None for those of other kinds."""
    floats = all(a.kind is None for a in inputs if isinstance(a, Handle))
    found = [x.astype(float) if floats and isinstance(x, np.ndarray) and x.dtype.kind in "iu" else x for x in inputs]
    known = [x.dtype.kind in "fbO" if isinstance(x, np.ndarray) and x.ndim else not isinstance(x, list | tuple) for x in found]
    return found if all(known) else None


# Elementwise functions.


def _each(f: Any, inputs: Sequence[Any], *, of_rows: Any) -> Any:
    """Record `f`, a function of numbers, entry by entry, or `of_rows`, the same of arrays, row by row; None where it is not possible."""
    given = _numbers(inputs)
    if given is None:
        return None
    arrays = [x for x in given if _ndim(x)]
    shapes = {x.shape for x in arrays}
    try:
        shape = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
    except ValueError:
        return None  # and NumPy says why
    if all(x.shape == shape and x.along(0)[0] is x if isinstance(x, Handle) else x.shape == shape and x.dtype != object for x in arrays):
        flat = given if len(shape) == 1 else [x.shaped(-1) if isinstance(x, Handle) else np.ravel(x) if _ndim(x) else x for x in given]
        found = _lanes(f, flat, [0 if _ndim(x) else None for x in given])
        return found if len(shape) == 1 else found.shaped(*shape) if isinstance(found, Handle) else np.reshape(found, shape)
    axis = longest(shape)
    rows, axes = zip(*[_operand(x, axis - len(shape) + _ndim(x), shape[axis]) for x in given], strict=True)
    with_lanes = [x for x, a in zip(rows, axes, strict=True) if a is not None]
    if not with_lanes or any(x.dtype.kind in "bO" and not isinstance(x, Handle) for x in with_lanes):
        return None
    found = _lanes(of_rows, rows, axes)
    return found.T if axis else found


def _operand(x: Any, axis: int, size: int) -> tuple[Any, int | None]:
    """An operand without its axis of lanes where it is broadcast along that, else with it."""
    if not _ndim(x) or axis < 0:
        return x, None
    if x.shape[axis] == size:
        return x, axis
    rest = tuple(n for k, n in enumerate(x.shape) if k != axis)
    return x.shaped(*rest) if isinstance(x, Handle) else x.reshape(rest)[()], None


def _chosen(condition: Any, a: Any, b: Any) -> Any:
    return np.where(condition, a, b) if any(map(_ndim, (condition, a, b))) else ops.where(condition, a, b)


TIED: dict[Any, bool] = {np.maximum: True, np.fmax: True, np.minimum: False, np.fmin: False}  # whether the larger one is chosen


@cache
def _beside_constants(ufunc: np.ufunc, which: int) -> tuple[Any, Any]:
    """Such a function of numbers, and of rows, whose argument `which` is a constant, which at a tie is the one chosen."""

    def of_numbers(*x: Any) -> Any:
        constant, other = x[which], x[1 - which]
        ends = (other, constant) if TIED[ufunc] else (constant, other)
        return ops.where(ops.less_equal(*ends), constant, ufunc(*x))

    def of_rows(*x: Any) -> Any:
        shape = np.broadcast_shapes(*[a.shape for a in x if _ndim(a)])
        columns = [np.broadcast_to(plainly(a).view(np.ndarray), shape).ravel().tolist() if _ndim(a) else [a] * math.prod(shape) for a in x]
        return array_of([of_numbers(*own) for own in zip(*columns, strict=True)], shape)

    return of_numbers, of_rows


def of_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Record a call of a ufunc; None where it has to be made with a Value for each entry."""
    if method == "reduce" and ufunc in REDUCED and isinstance(inputs[0], Handle):
        return _reduced(REDUCED[ufunc], inputs[0], **{"axis": 0, **options})
    if method != "__call__" or options:
        return None
    if ufunc is np.matmul:
        return _product(*inputs)
    if ufunc.signature is not None or ufunc.nout > 1:
        return None
    tracer: Any = current().tracer
    f = LIVE.get(ufunc) if tracer.masks else None
    constants = [k for k, x in enumerate(inputs) if _ndim(x) and x.dtype != object] if ufunc in TIED else []
    if constants:
        f, of_rows = _beside_constants(ufunc, constants[0])
        return _each(f, inputs, of_rows=of_rows)
    return None if f is None and (ufunc in QUESTIONS or ufunc in LIVE) else _each(f or ufunc, inputs, of_rows=ufunc)


# Products.


def _from_right(x: Any, a: Any) -> Any:
    return a @ x


def _of_pairs(x: Any, y: Any) -> Any:
    return np.outer(x, y) if _ndim(x) and _ndim(y) else x * y


def _product(a: Any, b: Any) -> Any:
    """`a @ b`, over lanes along the longest axis: the rows of a, the columns of b, or what is summed over."""
    if not all(isinstance(x, np.ndarray) and x.ndim in {1, 2} and x.dtype.kind in "fiubO" for x in (a, b)) or a.shape[-1] != len(b):
        return None
    a, b = (x.astype(float) if x.dtype.kind in "iub" else x for x in (a, b))
    rows, columns = (len(a) if a.ndim == 2 else 0), (b.shape[1] if b.ndim == 2 else 0)
    if rows >= max(columns, len(b)):
        return _lanes(np.dot, [a, b], [0, None])
    if columns > len(b):
        found = _lanes(_from_right, [b, a], [1, None])
        return found.T if found.ndim == 2 else found
    return _lanes(_of_pairs, [a, b], [a.ndim - 1, 0], "sum")


# Functions along an axis.


@cache
def _along(func: Any, options: tuple[tuple[str, Any], ...]) -> Callable[[Any], Any]:
    """`func` of a row, with these options: one function for equal ones, so that it is recorded once."""
    return lambda row: func(row, **dict(options))


def _reduced(func: Any, x: Any, axis: Any = None, **options: Any) -> Any:
    """`func(x, axis=axis)`: row by row, or, of sums and means, of all rows."""
    options = {name: a for name, a in options.items() if a is not None and a is not np._NoValue}  # NumPy's default
    if not isinstance(x, Handle) or not options.keys() <= {"keepdims", "ddof", "ord"}:
        return None
    if func not in {np.sum, np.mean} and x.size and not options and (axis is None or (x.ndim == 1 and axis in {0, -1})):
        return _in_two(func, x) if func in {np.linalg.norm, np.prod} else _extreme(func, x)
    whole = axis is None and func is not np.linalg.norm
    if not whole and not (isinstance(axis, int) and -x.ndim <= axis < x.ndim) and not (axis is None and x.ndim == 1):
        return None
    long, axis = longest(x.shape), None if axis is None else axis % x.ndim
    if axis is not None and x.ndim > 1 and axis != long:
        found = _lanes(_along(func, (("axis", axis - (axis > long)), *options.items())), [x], [long])
        return found.T if long and found.ndim == 2 else found
    if func not in {np.sum, np.mean} or options.keys() - {"keepdims"}:
        return None
    size = x.size if whole else x.shape[axis or 0]
    kept = [1 if whole or k == axis else n for k, n in enumerate(x.shape)]
    found = _lanes(itself, [x.along(0)[0].shaped(-1) if whole else x], [0 if whole else long], "sum")
    found = found * (1.0 / size) if func is np.mean else found
    if not options.get("keepdims"):
        return found
    if not _ndim(found):
        return array_of([found], tuple(kept))
    return found.shaped(*kept) if isinstance(found, Handle) else np.reshape(found, kept)


def _in_two(func: Any, x: Any) -> Any:
    """`func(x)`, a norm or a product, of what it is of the rows of a square, and of what is left over."""
    flat = x.along(0)[0].shaped(-1)
    size = math.isqrt(len(flat))
    square = range(len(flat) // size * size)
    head = flat if len(square) == len(flat) else LANES.taken(flat, 0, square)
    rest = LANES.taken(flat, 0, range(len(square), len(flat))).entries().tolist() if head is not flat else []
    rows = _lanes(_along(func, ()), [head.shaped(-1, size)], [0])
    return func(array_of([*plainly(rows), *rest], (len(rows) + len(rest),)))


def _extreme(func: Any, x: Any) -> Any:
    """`func(x)`, the largest or the least entry: all that are equal to it have equal shares of the derivative."""
    tracer: Any = current().tracer
    if not tracer.masks:
        return None
    extreme = ops.stop_gradient(_in_two(func, x))
    flat = x.along(0)[0].shaped(-1)
    others = (np.less if func is np.max else np.greater)(flat, extreme)
    known = ops.where(ops.equal(extreme, extreme), 1.0, math.nan)  # of a nan all derivatives are nan
    share = known * np.sum(np.where(others, 0.0, flat)) / np.sum(np.where(others, 0.0, 1.0))  # the extreme, up to rounding
    return ops.where(ops.equal(share, extreme), share, extreme + (share - ops.stop_gradient(share)))


# Parts and shapes.


@cache
def _entry(key: tuple[Any, ...]) -> Callable[[Any], Any]:
    own = tuple([slice(*k) if k.__class__ is tuple else k for k in key])
    return lambda row: row[own]


def part_of(x: Any, key: Any) -> Any:
    """`x[key]`, the same part of each row, of all rows or of a slice that has half of them or more; None where it is not that.

    From a shorter slice on, it takes less time to go by entries than to add the cotangents of all as an array.
    """
    keys = list(key) if key.__class__ is tuple else [key]
    if x.ndim == 1 and keys in ([slice(None), None], [None, slice(None)]):
        return x.shaped(*([-1, 1] if keys[1] is None else [1, -1]))
    if any(k.__class__ is bool or not isinstance(k, int | np.integer | slice | type(...)) for k in keys):
        return None
    if keys.count(...) == 1:
        i = keys.index(...)
        keys[i : i + 1] = [slice(None)] * (x.ndim - len(keys) + 1)
    if ... in keys or len(keys) > x.ndim:
        return None  # and NumPy says why
    keys += [slice(None)] * (x.ndim - len(keys))
    if any(k.__class__ is not slice and not -n <= k < n for k, n in zip(keys, x.shape, strict=True)):
        return None  # and NumPy says why
    long = longest(x.shape)
    x = _rows_of(x, long, keys.pop(long))
    if x is None or all(k == slice(None) for k in keys):
        return x
    rest = tuple([(k.start, k.stop, k.step) if k.__class__ is slice else int(k) for k in keys])
    found = _lanes(_entry(rest), [x], [long])
    return found.T if long and found.ndim == 2 else found


def _rows_of(x: Any, axis: int, key: Any) -> Any:
    """The slice of an array along an axis; None where there is none, or it has fewer than half of the entries."""
    size = x.shape[axis]
    try:
        taken = range(*key.indices(size))
    except (AttributeError, TypeError):
        return None  # an index; or NumPy says why
    if 2 * len(taken) + 1 < size or not taken:
        return None
    if taken == range(size):
        return x
    array, along = x.along(axis)
    found = _once((along, taken), [array], lambda: LANES.taken(array, along, taken))
    return found if along == axis else found.T


def _clipped(x: Any, low: Any = None, high: Any = None, *rest: Any, **options: Any) -> Any:
    bounds = [a for a in (low, high) if a is not None]
    if rest or options or not isinstance(x, Handle) or not bounds or any(map(_ndim, bounds)):
        return None
    if high is None or low is None:
        return (np.minimum if low is None else np.maximum)(x, bounds[0])
    return _each(ops.clip, (x, low, high), of_rows=np.clip)


def _dot(a: Any, b: Any, *rest: Any, **options: Any) -> Any:
    return None if rest or options else a * b if not (_ndim(a) and _ndim(b)) else _product(a, b)


def _difference(x: Any, n: Any = 1, axis: Any = -1, *rest: Any, **options: Any) -> Any:
    if rest or options or n.__class__ is not int or not n > 0 or not isinstance(axis, int) or not -x.ndim <= axis < x.ndim:
        return None
    for _ in range(n):
        before, after = [tuple([own if k == axis % x.ndim else slice(None) for k in range(x.ndim)]) for own in (slice(-1), slice(1, None))]
        x = x[after] - x[before]
    return x


def _vector_product(a: Any, b: Any) -> Any:
    return _product(a, b) if _ndim(a) == _ndim(b) == 1 else None


def _reshaped(x: Any, *shape: Any, **options: Any) -> Any:
    return x.shaped(*shape) if isinstance(x, Handle) and not options and len(shape) == 1 else None


def _by(func: Any) -> Callable[..., Any]:
    def along(x: Any, axis: Any = None, *rest: Any, **options: Any) -> Any:
        return None if rest else _reduced(func, x, axis, **options)

    return along


def _norm(x: Any, ord: Any = None, axis: Any = None, *rest: Any, **options: Any) -> Any:  # noqa: A002  # NumPy's name
    return None if rest else _reduced(np.linalg.norm, x, axis, ord=ord, **options)


def _outer(a: Any, b: Any, *rest: Any, **options: Any) -> Any:
    return None if rest or options else np.multiply(np.reshape(a, (-1, 1)), np.ravel(b))


def _size(x: Any, axis: Any = None) -> Any:
    return x.size if axis is None else x.shape[axis] if isinstance(axis, int) else None


def _transposed(x: Any, axes: Any = None) -> Any:
    return x.T if axes is None else None


# By function: what records it, or gives None.
REDUCED = {np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min}
RECORDED: dict[Any, Callable[..., Any]] = {func: _by(func) for func in (np.sum, np.mean, np.max, np.min, np.prod)}
RECORDED |= {np.var: FUNCTIONS[np.var], np.std: FUNCTIONS[np.std], np.linalg.norm: _norm}
RECORDED |= {np.diff: lambda x, *rest, **options: _difference(x, *rest, **options) if isinstance(x, Handle) else None}
RECORDED |= {np.dot: _dot, np.vdot: _vector_product, np.inner: _vector_product, np.outer: _outer, np.clip: _clipped}
RECORDED |= {np.where: lambda *x: _each(_chosen, x, of_rows=_chosen) if len(x) == 3 else None}
RECORDED |= {np.ravel: lambda x, *rest, **options: None if rest else _reshaped(x, -1, **options), np.reshape: _reshaped}
RECORDED |= {np.ndim: lambda x: x.ndim, np.shape: lambda x: x.shape, np.size: _size, np.transpose: _transposed}
