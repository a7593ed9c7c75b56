"""jit: a function is recorded at its first call, and later calls run the recorded program; see `autograd.program.recording`."""

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from autograd.arrays import tree_form
from autograd.compiled import kernel
from autograd.context import current
from autograd.engine import Value
from autograd.errors import OperationError, RangeError, StateError, api_boundary, filter_traceback
from autograd.locks import cached_property
from autograd.program.arguments import Arguments, group_arrays, holds_values
from autograd.program.explain import Explanation
from autograd.program.fast import FastCall, ValueCall
from autograd.program.machine.tiers import available, compiling, eager
from autograd.program.packing import joined
from autograd.program.paths import UnknownPath
from autograd.program.recording import KEPT, Recordings, drop_oldest, watched
from autograd.program.trace import LARGE, Trace, given_to, with_captured
from autograd.program.views import View
from autograd.program.vmap import VMap
from autograd.signatures import Made, P, R, R_co
from autograd.sweeps import numbers_of
from autograd.transformed import Derivative, Streamed, Transformed, name_of, streamed
from autograd.trees import tree_flatten, tree_unflatten

Function = Callable[..., Any]
NUMBERS = {float, int, bool}
REPLAYS_NUMBERS = kernel is not None  # which is slower than the function where each operation is one of NumPy on one number
WORTH = 300  # operations from which on a call of machine code from Python is faster than a function of numbers


class Jit(Transformed):
    """The function that `jit` returns."""

    def __init__(self, f: Function, static_argnames: Sequence[str] = ()) -> None:
        super().__init__(jit, f, **({"static_argnames": static_argnames} if static_argnames else {}))
        self.static_argnames, self.fixed = static_argnames, dict[Any, Function]()
        self.recorded: bool = isinstance(f, VMap | Jit)
        self.fast_call: FastCall | ValueCall | None = None
        self.recordings: Recordings = Recordings(f, self.expression, lazy=True)
        self.loss: Any
        self.with_value: bool
        self.begun: set[Any] = set()  # the keys of calls that the derivative of the recorded function has answered: see `_begin`
        self.by_operations = False  # whether a program called on Values is recorded as its operations, rather than as one node
        self.runs_itself: bool = False  # whether a call on numbers calls the function: see `_replayed`
        self.needs_values: bool = False  # whether it asked a number for what a Value has
        self.is_swept: bool = True  # whether a gradient is a sweep over the program of the function itself
        self.loss, self.with_value = getattr(f, "derivative_of", (None, False))
        if self.loss is not None:
            own = isinstance(self.loss, VMap)
            self.of_loss = self.loss.recordings if own else Recordings(self.loss, f"jit({name_of(self.loss)})", lazy=True)
        self.is_product: bool = False  # whether it is a product that is taken of the recorded function as a whole
        self.is_second: bool
        of, self.is_second = getattr(f, "product_of", (None, False))
        if of is not None and not isinstance(of, Transformed):
            self.is_product, self.of_loss = True, Recordings(of, f"jit({name_of(of)})", lazy=True)

    @cached_property
    def of_recorded(self) -> Any:
        """The same derivative, of the recorded function; None where it is not a derivative."""
        if not (isinstance(self.f, Derivative) and self.f.gives_numbers):
            return None
        inner = Jit(self.f.f)
        inner.by_operations = True
        if not inner.recorded and (shared := vars(self).get("of_loss")):
            inner.recordings = shared
        return self.f.remade(inner, 0)

    def differentiated(self, by: Derivative) -> "Jit | None":
        """The derivative `by` of this function, recorded as a whole: it is the same, and quicker from the second call on."""
        if self.static_argnames or not by.gives_numbers:
            return None
        made = Jit(by.remade(self.f, 0))
        made.of_loss = self._own
        return made

    def _begin(self, key: Any, args: Sequence[Any]) -> tuple[Any] | None:
        """The result of a first call, as a tuple: the function is recorded, its derivative is not, for that takes longer than this call.

        None where it is not a first call, or there is no derivative.
        """
        if key in self.begun or self.of_recorded is None:
            return None
        found = (self.of_recorded.rule(self.of_recorded, args),)
        self._note_first(key)
        self.recordings.refusal = self.of_recorded.f._own.refusal
        return found

    def _note_first(self, key: Any) -> None:
        """The first call of this key has been answered."""
        if len(self.begun) >= KEPT:
            self.begun.clear()
        self.begun.add(key)

    def __call__(self, *args: Any, **keywords: Any) -> Any:  # noqa: C901  # a call takes a microsecond
        """The result of the function, replayed where it is recorded."""
        try:
            if self.static_argnames:
                return self._with_static(args, keywords)
            if keywords:
                return self.with_keywords(tuple(keywords))(*args, *keywords.values())
            if self.recorded or current().tracer is not None:
                return self.f(*args)
            if current().watch is not None:
                return watched(self.f, args)
            fast_call = self.fast_call  # once: another thread may replace it
            found = None if fast_call is None else fast_call(args)
            if found is not None:
                return found if self.loss is None or self.with_value else found[1]
            if self._own.refusal:
                return self.f(*args) if self.loss is not None else watched(self.f, args)
            if self.runs_itself and NUMBERS.issuperset(map(type, args)) and not eager():
                try:
                    return self.f(*args)
                except AttributeError as error:
                    if error.obj.__class__ not in NUMBERS or not hasattr(Value, error.name or ""):
                        raise
                    self.needs_values = True  # such as x.exp(): a recording hands it Values
            whole = self._differentiated if self.loss is not None and self.is_swept and args else self._along if self.is_product else None
            found = None if whole is None else whole(args)
            return self._replayed(args) if found is None else found
        except Streamed:
            if holds_values(args):
                raise  # as in vmap
            return streamed(self, args, current().tracer)
        except Exception as error:
            filter_traceback(error)
            raise

    def remade(self, f: Function, keywords: int) -> Function:  # noqa: ARG002  # as vmap's
        """`jit` of another function, in which the static arguments are fixed."""
        return Jit(f)

    def _with_static(self, args: Sequence[Any], keywords: dict[str, Any]) -> Any:
        """Call the `Jit` for these values of the static arguments, which is made if it is new."""
        bound = self.signature.bind(*args, **keywords)
        static = {name: bound.arguments.pop(name) for name in self.static_argnames if name in bound.arguments}
        key = tuple((name, x.__class__, x, repr(x)) for name, x in static.items())  # repr tells 0.0 from -0.0, and 1 from True
        try:
            found = self.fixed.get(key)
        except TypeError:
            raise OperationError(
                f"got {static!r} as static arguments of {self.expression}, expected hashable ones: give a tuple for a list"
            ) from None
        if found is None:
            if len(self.fixed) >= KEPT:
                drop_oldest(self.fixed)
            found = self.fixed[key] = self.specialised((), static)
        return found(*bound.args, **bound.kwargs)

    @cached_property
    def signature(self) -> inspect.Signature:
        """The signature of the function.

        Raises:
            OperationError: it has no argument of a name in static_argnames.
        """
        own = inspect.signature(self.f)
        if missing := [name for name in self.static_argnames if name not in own.parameters]:
            raise OperationError(f"got static_argnames {missing}, expected names of arguments of {name_of(self.f)}{own}")
        return own

    @property
    def _own(self) -> Recordings:
        """The recordings that its calls use."""
        inner: Any = self.f
        product = self.is_product and self.of_loss.made and not self.recordings.made
        swept = product or (self.loss is not None and self.is_swept)
        return inner.recordings if self.recorded else self.of_loss if swept else self.recordings

    def explain(self) -> Explanation:
        """Describe in sentences what has been recorded: operations, steps and paths, and what runs them.

        >>> f = jit(lambda x: x * x + 1.0)
        >>> f(2.0)
        5.0
        >>> print(f.explain())  # doctest: +ELLIPSIS
        jit(<lambda>):
          2 operations on 1 number, run by ...
        """
        if not self.begun or self._own.made:
            return self._own.explained(self.recordings.name, runs_itself=self.runs_itself)
        lines = self.of_recorded.f.explain().lines
        return Explanation(self.recordings.name, [*lines, "That is the function, whose derivative is recorded at the second call."])

    def compile(self, *args: Any, level: str = "full", **keywords: Any) -> None:
        """Compile what a call with such arguments runs to machine code now, where `llvmlite` is installed.

        The function is called with them three times: to record it, its derivative where it is one, and to see what runs.

        Raises:
            StateError: there is no `llvmlite`.
            RangeError: the level is neither "quick" nor "full".
        """
        if level not in ("quick", "full"):
            raise RangeError(f"got level={level!r}, expected 'quick' or 'full'")
        if not available():
            raise StateError("there is no machine code without llvmlite: pip install 'valuegrad[fast]'")
        with compiling(level):
            for _ in range(3):
                self(*args, **keywords)
        if self.fast_call is not None and not self.fast_call.trace.batched.compiled:  # it cannot be
            self.fast_call = None

    def _is_fast(self, args: Sequence[Any], trace: Trace) -> bool:
        """Whether there can be a fast call that is worth it: where that is machine code from Python, the function itself may be faster."""
        quick = len(trace.batched.program) < WORTH and NUMBERS.issuperset(map(type, args)) and not isinstance(self.f, Transformed)
        return FastCall.fits(args, trace) and (REPLAYS_NUMBERS or self.needs_values or not quick or eager())

    def _runs_itself(self, args: Sequence[Any], trace: Trace) -> bool:
        """Whether calls on numbers run the function itself, all of them, or, by a fast call, but those on another path than this."""
        return not (REPLAYS_NUMBERS or self.needs_values or (self._is_fast(args, trace) and not len(trace.guards)))

    def _replayed(self, args: Sequence[Any]) -> Any:
        """The result by the trace of the path that these arguments take, recorded if it is new."""
        given = Arguments(args, [None] * len(args))
        begun = self._begin(tuple(given.key), args)
        if begun is not None:
            return begun[0]
        tried: list[Any] = []  # recordings in which some lanes took paths that are not known
        while True:
            made = self.recordings.made
            trace = next(self.recordings.parts(given, tried))[0]
            self.runs_itself = trace.whole is None and self._runs_itself(args, trace)
            groups = with_captured(given.groups, trace)
            if trace.whole is None and not any(own for _, own in groups):
                if self.loss is None and self._is_fast(args, trace):
                    self.fast_call = FastCall(args, [None] * len(args), given, trace, self.recordings.what_is_captured(()))
                return trace.unravel(trace.batched.forward(group_arrays(groups), 1)[0, : trace.count].tolist())
            if self.loss is None and ValueCall.fits(args, given, trace):
                self.fast_call = ValueCall(args, given, trace, self.recordings.what_is_captured(()))
            if self.by_operations and trace.whole is None:
                return self._unrecorded(trace.recorded(given_to(groups)))
            try:
                return self._unrecorded(trace.result(name_of(self.f), groups))
            except UnknownPath:
                if self.recordings.made > made:  # even in what was just recorded, since a replay rounds in another way
                    return self.f(*args)
                tried.append(trace)

    def _unrecorded(self, found: Any) -> Any:
        """The result; under `no_grad` that of a derivative is converted to floats."""
        return numbers_of(found) if self.gives_floats and not current().recording else found

    def _differentiated(self, args: Sequence[Any]) -> Any:
        """The result of `jit(grad(f))` by a reverse sweep over the recorded program of f; None where that is not possible."""
        over_lanes = isinstance(self.loss, VMap)
        axes = self.loss.axes(args) if over_lanes else [None] * len(args)
        if over_lanes and self.loss.reduce is None:
            return None
        given = Arguments(args, axes, floats=1)
        if any(own for _, own in given.groups) or given.first < len(given.axes[0]):  # some are ints, one for each lane
            return None
        lanes_share = all(axis is None for axis in given.axes[0])
        weight, value = self.loss.weight(given.lanes) if over_lanes else 1.0, -0.0
        gradients: list[np.ndarray] = []
        parts = list(self.of_loss.parts(given))
        for trace, chosen in parts:
            if trace.whole is not None:
                return self._by_form(trace, given, args) if lanes_share else None
            self.runs_itself = not over_lanes and self._runs_itself(args, trace)
            if trace.captured or not trace.form.is_single:
                return None
            inputs = group_arrays(given.chosen(chosen).groups)
            sums, found = trace.batched.backward(inputs, len(chosen), [weight], [i < given.first for i in range(len(inputs))])
            value += weight * float(sums[0])
            gradients = gradients or [np.full(array.shape, -0.0) for array, _ in given.groups[: given.first]]
            for total, part in zip(gradients, found, strict=False):
                total[chosen if len(total) > 1 else slice(None)] += part
        if len(parts) == 1 and FastCall.fits(args, trace):
            self.fast_call = FastCall(args, axes, given, trace, self.of_loss.what_is_captured(()), weight)
        return self._finished(value, gradients, args[0], given.axes[0])

    def _by_form(self, trace: Trace, given: Arguments, args: Sequence[Any]) -> Any:
        """The same where the trace is a form: at a first call by a sweep back over its steps, then by the form of value and gradient."""
        if not trace.is_differentiable:  # from now on the gradient function itself is recorded
            self.is_swept = False
            return None
        key, groups = tuple(given.key), given.groups[: given.first]
        try:
            if key in self.begun:
                derived = trace.with_gradient(groups)
                value, *gradients = derived([*given_to(given.groups, derived.inputs), 1.0])
            else:
                value, gradients = trace.value_and_gradient(given.groups, groups)
                self._note_first(key)
        except UnknownPath:
            return None
        return self._finished(value, gradients, args[0])

    def _along(self, args: Sequence[Any]) -> Any:
        """The result of `jit(jvp(f))` or `jit(hvp(f))` by the recorded form of f; None where f is none of large arrays."""
        (xs, structure), (vs, own) = map(tree_flatten, args[:2]) if len(args) > 1 else [([], None)] * 2
        large = any(isinstance(x, np.ndarray) and x.size >= LARGE for x in xs)
        if not large or structure != own or [*map(np.shape, xs)] != [*map(np.shape, vs)]:
            return None
        given, along = Arguments([args[0], *args[2:]], [None] * (len(args) - 1), floats=1), Arguments(args[1:2], [None], floats=1)
        if any(own for _, own in [*given.groups, *along.groups]) or given.first < len(xs) or along.first < len(xs):
            return None
        trace: Any = next(iter(self.of_loss.parts(given)))[0]
        form = trace.product(along.groups, second=self.is_second)
        if form is None:
            self.is_product = False
            return None
        inputs, one = trace.whole.inputs, [1.0] if self.is_second else []
        try:
            found = form([*given_to(given.groups, inputs), *one, *given_to(along.groups, inputs)])
        except UnknownPath:
            return None
        if self.is_second:
            return self._finished(0.0, found, args[0])
        return tree_unflatten(trace.structure, [np.array(y) if isinstance(y, np.ndarray) else y for y in found])

    def _finished(self, value: float, gradients: Sequence[Any], x: Any, axes: Sequence[int | None] = ()) -> Any:
        """Value and gradient, or the gradient alone, the gradient in the structure of x, whose leaves have lanes along these axes."""
        form = tree_form(x)
        if any(axes):  # in the gradient of each leaf the lanes come first
            along = [None if axis is None else axis % len(shape) for shape, axis in zip(form.shapes, axes, strict=True)]
            gradients = [View(0, shape, axis).put(g) for shape, axis, g in zip(form.shapes, along, gradients, strict=True)]
        numbers, start = joined(gradients), 0

        def leaf(shape: tuple[int, ...]) -> Any:
            nonlocal start
            own = numbers[start : start + math.prod(shape)]
            start += len(own)
            return own.reshape(shape) if shape else own.item()

        gradient = form.map(leaf)
        return (value, gradient) if self.with_value else gradient


class Recorded(Made[P, R_co], Protocol[P, R_co]):
    """What `jit` returns, for type checkers."""

    def explain(self) -> Explanation:
        """What was recorded, and what runs it."""

    def compile(self, *args: Any, level: str = "full", **keywords: Any) -> None:
        """Compile what a call with such arguments runs to machine code now, where `llvmlite` is installed."""


@api_boundary
def jit(f: Callable[P, R], *, static_argnames: str | Sequence[str] = ()) -> Recorded[P, R]:
    """The function f, recorded at its first call and replayed at later ones: the same answers, without Python's cost for each operation.

    Where f is a derivative, as in `jit(hessian(g))` and likewise `hessian(jit(g))`, the first call records g and takes its derivative; the
    second records that.
    Floats, arrays of floats, Values and containers of these are live: they may differ from call to call. Leaves that f captures, such as
    the parameters of a Module, are live too. Ints, bools and strings are static: another value is recorded again. So is a call for which
    a number or array that f captures has changed, or a branch goes the other way. Numbers give numbers; where a Value is among the
    arguments or captured, the results are Values that depend on it.

    Args:
        f: the function.
        static_argnames: the name of an argument that is static whatever it is, or several: for each value of it f is recorded by itself.

    Raises:
        OperationError: f has no argument of such a name, or a static argument is not hashable.
        OperationError: f is not a function.
        NumberError: an argument, or what f gives, is not a number or a structure of numbers.
        TraceError: f reads what a replay cannot read again, such as `data`.

    Source: Gal et al., Trace-based just-in-time type specialization for dynamic languages (2009), on guards.

    >>> from autograd import grad
    >>> cube = jit(lambda x: x**3 if x > 0.0 else -x)
    >>> cube(2.0), cube(-2.0)
    (8.0, 2.0)
    >>> jit(grad(lambda x: x**3))(2.0)
    12.0
    """
    return Jit(f, (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames))
