"""scan, while_loop and cond: loops and branches whose functions are recorded once, with JAX's names, arguments and results.

A loop is one step of a form: see `autograd.program.loop`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd.arrays import array_of, wrapped
from autograd.context import current
from autograd.engine import Value
from autograd.errors import LengthError, NumberError, OperationError, api_boundary
from autograd.program.body import Body
from autograd.program.calls import call
from autograd.program.choice import chosen
from autograd.program.form import Form
from autograd.program.inline import Inline, leaf, numbers
from autograd.program.loop import Loop
from autograd.program.paths import UnknownPath
from autograd.program.traced import TracedArray
from autograd.program.vmap import marked
from autograd.transformed import name_of
from autograd.trees import Structure, tree_flatten, tree_unflatten

Function = Callable[..., Any]


@api_boundary
def scan(f: Function, init: Any, xs: Any = None, length: int | None = None) -> tuple[Any, Any]:
    """The loop `carry, y = f(carry, x)` over the entries x of xs: the last carry, and all y stacked.

    f is recorded once, whatever the number of steps, also without `jit`. Derivatives of any order, in both modes, are loops again: reverse
    mode keeps the carries and computes each step again from these; where they would take more than 256 MB, it keeps those of some steps,
    and of the steps between two of them at a time. Under `vmap` the lanes go through each step together.

    Args:
        f: a function of a carry and an entry x of xs, None where there are none, that gives the next carry and a result y of the step.
        init: the first carry: a number, an array, or a structure of these, which f keeps. Ints and bools in it become floats.
        xs: an array with an entry for each step along its first axis, or a structure of such arrays; None for no inputs.
        length: the number of steps, which is needed where xs is None.

    Returns:
        The last carry, and y with the steps along a new first axis of its numbers and arrays.

    Raises:
        LengthError: the arrays differ in length, or no length is known; or f gives a carry of another structure.
        NumberError: something in init or xs, or what f gives, is not a number.
        OperationError: f is not a function, or does not give a pair.
        TraceError: as for `jit`.

    Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 12, on checkpoints; the names are JAX's.

    >>> scan(lambda carry, x: (carry + x, carry * x), 0.0, np.array([1.0, 2.0, 3.0]))
    (6.0, array([0., 2., 9.]))
    >>> from autograd import grad
    >>> grad(lambda r: scan(lambda v, _: (v * r, None), 1.0, length=5)[0])(2.0) == 5.0 * 2.0**4
    True
    """
    _refuse_other("scan", f)
    name = f"scan({name_of(f)})"
    carry, structure = _leaves(f"the first carry of {name}", init)
    rows, of_rows = _leaves(f"xs of {name}", xs)
    n = _length(name, rows, length)
    if _goes_step_by_step():
        return _step_by_step(f, _rebuilt(structure, carry), _rebuilt(of_rows, rows), n)
    x = [_entry(numbers(row), n) for row in rows]
    step = _Step(name, f, structure)
    inline = Inline(name, step, [tree_unflatten(structure, list(map(numbers, carry))), tree_unflatten(of_rows, x)])
    c = structure.count
    _refuse_other_shapes(name, [np.shape(v) for v in carry], inline.shapes.shapes[:c])
    if not n:
        empty: list[Any] = [
            np.zeros((0, *shape), kind or float) for shape, kind in zip(inline.shapes.shapes[c:], inline.kinds[c:], strict=True)
        ]
        return _rebuilt(structure, carry), _rebuilt(step.results, empty)
    form = Form()
    starts = [form.input(np.shape(v) or None) for v in carry]
    given = [form.input(np.shape(row)) for row in rows]
    shared = [form.input(inline.form.shape(p)) for p in inline.form.inputs[c + len(rows) :]]
    shapes = [inline.form.shape(p) for p in inline.form.outputs]
    form.outputs = [form.place(shape if k < c else (n, *(shape or ()))) for k, shape in enumerate(shapes)]
    ends = form.outputs
    body = Body(inline.form, c, len(rows))
    form.steps.append(Loop(body, n, tuple(starts), tuple(given), tuple(shared), tuple(ends[:c]), tuple(ends[c:])))
    try:
        found = call(name, form.pruned(), [*carry, *rows, *inline.captured])
    except UnknownPath:  # of a function that rests on more than it holds
        return _step_by_step(f, _rebuilt(structure, carry), _rebuilt(of_rows, rows), n)
    ys = [y if kind is None else marked(y, kind) for y, kind in zip(found[c:], inline.kinds[c:], strict=True)]
    return _rebuilt(structure, found[:c]), _rebuilt(step.results, ys)


@api_boundary
def while_loop(cond: Function, body: Function, init: Any) -> Any:
    """The loop `while cond(carry): carry = body(carry)`: the last carry.

    cond and body are recorded once, also without `jit`. It has derivatives of any order in both modes: when it has run, its length is
    known, and it is a `scan`; they are those of the steps that were made, while the length itself has none. Under `vmap` lanes that are
    done keep their carries until all are.

    Args:
        cond: a function of the carry that gives whether to go on: a comparison, or a number that is not 0.
        body: a function of the carry that gives the next one.
        init: the first carry: a number, an array, or a structure of these, which body keeps. Ints and bools in it become floats.

    Raises:
        LengthError: body gives a carry of another structure.
        NumberError: something in init, or what the functions give, is not a number.
        OperationError: cond or body is not a function.
        TraceError: as for `jit`.

    >>> while_loop(lambda x: x < 100.0, lambda x: 2.0 * x, 3.0)
    192.0
    >>> from autograd import grad
    >>> def root(a):
    ...     return while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: 0.5 * (x + a / x), a)
    >>> round(root(2.0), 9), round(grad(root)(2.0), 9)
    (1.414213562, 0.353553391)
    """
    _refuse_other("while_loop", cond)
    _refuse_other("while_loop", body)
    name = f"while_loop({name_of(cond)}, {name_of(body)})"
    carry, structure = _leaves(f"the first carry of {name}", init)
    state = _rebuilt(structure, carry)
    if _goes_step_by_step():
        return _while_step_by_step(cond, body, state)
    go = _flag(name, cond(state))
    if go.__class__ is Value and current().tracer is None:
        go = numbers(go)
    if go.__class__ is not Value and not go:
        return state
    step = _While(name, cond, body, structure)
    inline = Inline(name, step, [0.0, tree_unflatten(structure, list(map(numbers, carry)))])
    _refuse_other_shapes(name, [np.shape(v) for v in carry], inline.shapes.shapes[1:])
    form, c = Form(), 1 + structure.count
    starts = [form.input(), *[form.input(np.shape(v) or None) for v in carry]]
    shared = [form.input(inline.form.shape(p)) for p in inline.form.inputs[c:]]
    ends = [form.place(inline.form.shape(p)) for p in inline.form.outputs]
    form.outputs = ends[1:]
    form.steps.append(Loop(Body(inline.form, c, 0), None, tuple(starts), (), tuple(shared), tuple(ends), count=form.place(())))
    try:
        return _rebuilt(structure, call(name, form.pruned(), [1.0 if go.__class__ is not Value else go, *carry, *inline.captured]))
    except UnknownPath:  # as above
        return _while_step_by_step(cond, body, state)


@api_boundary
def cond(c: Any, f: Function, g: Function, *args: Any) -> Any:
    """`f(*args)` where c is true, else `g(*args)`.

    Where the truth of c is known, one of them is called. In a function that `jit` or `vmap` records, or in the body of a loop, c may be
    live: then both are recorded, and a replay runs one of them, in lanes each lane its own; nothing of the other enters values or
    derivatives.

    Args:
        c: a comparison, or a number that is not 0 where f is meant.
        f: a function of the arguments.
        g: another one, which gives the same structure.
        args: numbers, arrays, or structures of these.

    Raises:
        LengthError: f and g give different structures or shapes.
        NumberError: c is an array, or something that is not a number is among the arguments or results.
        OperationError: f or g is not a function.

    >>> cond(True, lambda x: 2.0 * x, lambda x: -x, 3.0)
    6.0
    >>> from autograd import grad, jit, sqrt
    >>> slope = jit(grad(lambda x: cond(x > 0.0, sqrt, lambda x: 0.0 * x, x)))
    >>> slope(4.0), slope(-4.0)
    (0.25, 0.0)
    """
    _refuse_other("cond", f)
    _refuse_other("cond", g)
    name = f"cond({name_of(f)}, {name_of(g)})"
    truth = _flag(name, c)
    if truth.__class__ is not Value or current().tracer is None or _goes_step_by_step():
        return f(*args) if truth else g(*args)
    given, structure = _leaves(f"the arguments of {name}", args)
    numbered = tree_unflatten(structure, list(map(numbers, given)))
    no, yes = [Inline(name, _Arm(own), [numbered]) for own in (g, f)]
    if no.shapes != yes.shapes:
        raise LengthError(f"{name} gives {yes.shapes} or {no.shapes}, expected the same structure and shapes of both functions")
    captured = list({_key(x): x for own in (no, yes) for x in own.captured}.values())
    for own in (no, yes):
        known = dict(zip(map(_key, own.captured), own.form.inputs[len(given) :], strict=True))
        own.form.inputs[len(given) :] = [known[_key(x)] if _key(x) in known else own.form.place(_shape(x)) for x in captured]
    try:
        found = call(name, chosen(no.form, yes.form), [truth, *given, *captured])
    except UnknownPath:  # as above
        return f(*args) if truth else g(*args)
    kinds = [a if a is b else None for a, b in zip(no.kinds, yes.kinds, strict=True)]
    return tree_unflatten(no.shapes.structure, [marked(x, k) if k and np.ndim(x) else x for x, k in zip(found, kinds, strict=True)])


class _Arm:
    """A function of arguments that are in a list."""

    def __init__(self, f: Function) -> None:
        self.f = f

    def __call__(self, args: Any) -> Any:
        """The result."""
        return self.f(*args[0])


def _key(x: Any) -> Any:
    return (x.owner, x.output) if x.__class__ is TracedArray else x


def _shape(x: Any) -> tuple[int, ...] | None:
    return np.shape(x) or None


class _Step:
    """The function of a `scan`, checked; it notes the structure of its results."""

    def __init__(self, name: str, f: Function, structure: Structure) -> None:
        self.name, self.f, self.structure = name, f, structure
        self.results: Any = None

    def __call__(self, carry: Any, x: Any) -> tuple[list[Any], list[Any]]:
        """The leaves of the next carry and of the result."""
        found = self.f(carry[0], x[0])
        if not (isinstance(found, tuple | list) and len(found) == 2):
            raise OperationError(f"{self.name} gave {type(found).__name__}, expected a pair: return the next carry, and a result or None")
        ys, self.results = tree_flatten([found[1]])
        return _carried(self.name, found[0], self.structure), ys


class _While:
    """The functions of a `while_loop` as one, whose first carry says whether to go on."""

    def __init__(self, name: str, cond: Function, body: Function, structure: Structure) -> None:
        self.name, self.f, self.structure = name, (cond, body), structure

    def __call__(self, _go: Any, carry: Any) -> list[Any]:
        """Whether to go on after this step, and the leaves of the next carry."""
        cond, body = self.f
        leaves = _carried(self.name, body(carry[0]), self.structure)
        return [_flag(self.name, cond(_rebuilt(self.structure, leaves))), *leaves]


def _carried(name: str, carry: Any, structure: Structure) -> list[Any]:
    leaves, own = tree_flatten([carry])
    if own != structure:
        first, found = (repr(x).removeprefix("[").removesuffix("]") for x in (structure, own))  # without the list around the carry
        raise LengthError(
            f"{name} was given the carry {first}, where * is a number or an array, and gave {found}: give one of the same structure"
        )
    return [leaf(f"the carry of {name}", x) for x in leaves]


def _flag(name: str, go: Any) -> Any:
    """What a condition gave, as a number: a Value, or 1.0 or 0.0."""
    if go.__class__ is Value:
        return go
    if np.ndim(go):
        raise NumberError(f"the condition of {name} gave an array of shape {np.shape(go)}, expected one truth value: use np.all or np.any")
    return 1.0 if go else 0.0


def _leaves(what: str, tree: Any) -> tuple[list[Any], Structure]:
    leaves, structure = tree_flatten([tree])
    return [leaf(what, x) for x in leaves], structure


def _rebuilt(structure: Structure, leaves: Sequence[Any]) -> Any:
    """What `_leaves` took apart; a None is part of the structure."""
    return tree_unflatten(structure, leaves)[0]


def _length(name: str, rows: Sequence[Any], length: int | None) -> int:
    """The number of steps."""
    if not all(map(np.ndim, rows)):
        raise LengthError(
            f"{name} was given a number in xs, expected arrays with an entry for each step, as numpy.array(xs) is of a list of numbers: "
            "put what all steps share into f"
        )
    found = {np.shape(row)[0] for row in rows}
    if length is not None:
        if isinstance(length, bool) or not isinstance(length, int | np.integer) or length < 0:
            raise LengthError(f"{name} was given length={length!r}, expected a whole number of steps, at least 0")
        found.add(int(length))
    if not found:
        raise LengthError(f"{name} was given neither xs nor a length, expected one of them, which says how many steps there are")
    if len(found) > 1:
        raise LengthError(f"{name} was given the lengths {sorted(found)}, expected one: the first axes of xs, and length, have to agree")
    return int(found.pop())


def _entry(row: Any, n: int) -> Any:
    """The entry of an array for the first step; of none, zeros."""
    own = row[0] if n else np.zeros(row.shape[1:])
    return own.item() if isinstance(own, np.generic) or not np.ndim(own) else own


def _goes_step_by_step() -> bool:
    """Whether each operation is to be seen, by a recording of single numbers or a watch."""
    context = current()
    return context.watch is not None or (context.tracer is not None and not context.tracer.lazy)


def _step_by_step(f: Function, carry: Any, xs: Any, n: int) -> tuple[Any, Any]:
    """The loop as Python runs it."""
    rows, of_rows = tree_flatten([xs])
    found: list[list[Any]] = []
    structure = None
    for i in range(n):
        carry, y = f(carry, _rebuilt(of_rows, [row[i] for row in rows]))
        leaves, structure = tree_flatten([y])
        found.append(leaves)
    if structure is None:
        return carry, None
    return carry, _rebuilt(structure, [_stacked(column) for column in zip(*found, strict=True)])


def _while_step_by_step(cond: Function, body: Function, state: Any) -> Any:
    while cond(state):
        state = body(state)
    return state


def _stacked(column: Sequence[Any]) -> Any:
    shape = np.shape(column[0])
    if not shape:
        return array_of(list(column), (len(column),))
    return wrapped(np.stack([np.asarray(x) for x in column]))


def _refuse_other(name: str, f: Any) -> None:
    if not callable(f):
        raise OperationError(f"{name}() was given {f!r}, expected a function")


def _refuse_other_shapes(name: str, given: Sequence[Any], found: Sequence[Any]) -> None:
    if list(given) != list(found):
        raise LengthError(f"{name} was given a carry of the shapes {list(given)}, and gave one of {list(found)}: they have to agree")
