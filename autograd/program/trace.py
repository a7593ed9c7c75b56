"""Trace: the recording of a function along one path.

The function is run once on Values, under a tracer. What it computes becomes a `Program`, or, if it runs parts of itself over lanes, a
`Form`. A comparison becomes a node; where Python uses its truth value, as `if` does, the answer is kept as a guard. A replay computes the
guards as well: if the answer of one differs, the function would take another path for these numbers. What a replay cannot repeat, such as
reading `data`, raises an error.

Source of the idea: Griewank and Walther, Evaluating Derivatives (2008), section 6.1; guards as in tracing compilers, Gal et al. (2009).
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograd import foreign, ops
from autograd.anomaly import users_line
from autograd.arrays import Form as Shapes
from autograd.arrays import array_of, tree_ravel, wrapped
from autograd.context import NEUTRAL, TRACERS, Context, current, in_context, is_lost, run_of_its_own, with_active_inputs
from autograd.engine import Value
from autograd.errors import TraceError
from autograd.graph import order
from autograd.kinds import named_float
from autograd.locks import cached_property
from autograd.program import calls
from autograd.program.arguments import Arguments, Groups
from autograd.program.branches import Branches
from autograd.program.building import form_of, older
from autograd.program.calls import Call, call
from autograd.program.form import Form
from autograd.program.fusion import fused
from autograd.program.lanes import BatchedProgram
from autograd.program.observed import unobserved
from autograd.program.passes import pruned
from autograd.program.paths import UnknownPath
from autograd.program.program import Program
from autograd.program.rolling import Log
from autograd.program.stages import staged as staged  # noqa: PLC0414  # importing it registers it
from autograd.program.steps import Step
from autograd.program.traced import ArrayLost, Traced, TracedArray
from autograd.trees import Structure, tree_flatten, tree_map, tree_unflatten

Function = Callable[..., Any]


class Tracer:
    """Collects during a recording what a Trace needs.

    Attributes:
        lazy: whether a `vmap` within the function is kept as one call, and large arrays as traced arrays.
        masks: whether comparisons of arrays are kept as arrays; else their truth values become guards.
        masked: whether there has been such a comparison.
        unpacked: the Values of the entries of traced arrays that were used one by one, by owner and output.
        over_lanes: what functions over the lanes of traced arrays gave, by function and arrays: see `columns`.
        run: the number of this run; nodes made since have this number or a higher one.
        runs: the numbers of runs whose nodes are lost when the recording is over: its own, and those of derivatives within it.
        inputs: the nodes of the arguments.
        outer: the tracer of the recording around this one, if any.
        guards: the nodes whose truth values were used, and these.
        kinds: the nodes that stand for bools or for ints, and which.
        log: the operations, in which loops are rolled up; None where calls are not kept.
        rolled: the numbers of steps of these loops, when the recording is over.
    """

    lazy: bool
    masks: bool
    masked: bool

    def __init__(self, *, lazy: bool, masks: bool, often: bool) -> None:
        self.lazy, self.masks, self.masked = lazy, masks, False
        self.unpacked: dict[Value, dict[int, Any]] = {}
        self.over_lanes: dict[Any, Any] = {}
        self.run = 0
        self.runs: list[int] = []
        self.inputs: set[Any] = set()
        self.outer: Any = current().tracer
        self.rejected: TraceError | None = None  # the first error, which the function may have caught
        self.guards: dict[Value, bool] = {}
        self.kinds: dict[Value, type] = {}
        self.rolled: list[int] = []
        self.log = Log(self.guards, self.kinds, often=often) if lazy else None

    def owns(self, node: Value) -> bool:
        """Whether the node has its number for this recording only, or for one around it."""
        return node._run >= self.run or node in self.inputs or (self.outer is not None and self.outer.owns(node))

    def keep(self, run: int) -> None:
        """Let what has the number of this run count as recorded by this tracer, until it is closed."""
        TRACERS[run] = self
        self.runs.append(run)

    def close(self) -> None:
        """End the recording: what was recorded is lost for those who kept it."""
        for run in self.runs:
            del TRACERS[run]

    def run_with_log(self, f: Function, *args: Any) -> Any:
        """`f(*args)`, with its loops rolled up."""
        if self.log is None:
            return f(*args)
        try:
            return tree_map(_settled, self.log.inside(f, *args))
        finally:
            self.rolled = self.log.close()

    def guard(self, node: Value) -> bool:
        """The truth value of `node`; the node becomes a guard."""
        guard = node if node.op in {ops.less, ops.less_equal, ops.equal} else ops.where(node, 1.0, 0.0)
        return self.guards.setdefault(guard, bool(guard._number))

    def note_bool(self, node: Value) -> Value:
        """Remember that `node` stands for a bool; return it."""
        self.kinds[node] = bool
        return node

    def is_bool(self, node: Value) -> bool:
        """Whether `node` stands for a bool."""
        return self.kinds.get(node) is bool

    def forbid(self, what: str, node: Value | None) -> None:
        """Raise an error for what a replay would not repeat; the number of a constant may be read."""
        if node is None or node._run < self.run or node.args:  # a leaf that the function made is a constant
            self.rejected = self.rejected or TraceError(
                f"{what} was used at {users_line()} while the function was recorded, but a replay would keep the result of this one call: "
                "compute with the Value itself, compare it with < or <=, choose with where, or call the function without jit and vmap"
            )
            raise self.rejected


class MasksLost(TraceError):
    """A function failed after it had compared arrays: it may need the truth values, which then become guards."""


class Trace:
    """One path through a function, recorded when it is constructed.

    Args:
        f: the function.
        args: its arguments.
        lane: the lane at whose numbers it is recorded.
        lazy, masks: see `Tracer`.
        often: whether it is what a loop repeats.

    Attributes:
        batched: the program, if the function is one. Its inputs are the live numbers of the arguments, then what is captured; its outputs
            are the numbers of the result, then the guards.
        whole: the form, if parts of the function run over lanes, else None. Its outputs are the leaves of the result, then the guards.
        captured: the Values that the function used and that are not among its arguments.
        guards: the truth values of the guards, 1.0 or 0.0.
        count: how many numbers the result has.
        form: the structure and the shapes of the result.
        kinds: by index, bool or int for those numbers of the result that are bools or ints; programs have only floats.
        leaf_kinds: the same for whole leaves of the result, None for floats.
        tree: the tree of paths in which it was put.
        rolled: the numbers of steps of the loops of Python that were rolled up.
        is_lost: whether it rests on a Value of an earlier recording.

    Raises:
        ArrayLost: the function needs a Value for each entry of an array: record it with `lazy=False`.
        MasksLost: it failed after a comparison of arrays: record it with `masks=False`.
        TraceError: it does what a replay could not repeat.
    """

    structure: Structure
    guards: np.ndarray
    kinds: dict[int, type]
    leaf_kinds: list[type | None]
    lazy: bool
    masks: bool
    form: Shapes
    count: int
    is_number: bool
    batched: BatchedProgram

    def __init__(self, f: Function, args: "Arguments", lane: int, *, lazy: bool = False, masks: bool = True, often: bool = False) -> None:
        tracer = Tracer(lazy=lazy, masks=masks, often=often or args.lanes is not None)
        before_it = run_of_its_own(NEUTRAL, traced=True)  # so that inputs are known, but older than what is recorded
        inputs = in_context(before_it).run(_inputs, args, lane, tracer)
        tracer.inputs = set(map(_node, inputs))
        given = args.rebuilt(inputs, lane)
        before, calls_before = _identities(given), calls.made

        tracer.keep(before_it.runs[0])
        try:
            tree = _called(f, given, [_node(x) for x in inputs], tracer)
        finally:
            tracer.close()
        self.rolled = tracer.rolled
        if _identities(given) != before:
            raise TraceError(
                f"{f!r} changed a list, dict or array among its arguments, which a replay would not repeat: let it change a copy"
            )
        leaves, self.structure = tree_flatten(tree)
        nodes = order(*[y for y in (*leaves_of(leaves), *tracer.guards) if y.__class__ is Value], since=tracer.run)
        called = calls.made != calls_before  # if not, nothing has to look at each node
        outside = [x for x in older(nodes, tracer.run, calls=called, tracer=tracer) if _node(x) not in tracer.inputs]
        self.captured: list[Any] = outside  # in a recording around this one also traced arrays
        self.is_lost = any(is_lost(_node(x)) for x in outside)
        self.guards = np.array(list(tracer.guards.values()), dtype=float)
        self.tree: Branches | None = None
        each = [_kinds(y, tracer) for y in leaves]
        self.kinds = {k: kind for k, kind in enumerate(kind for own in each for kind in own) if kind}
        self.leaf_kinds = [own[0] if own and len(set(own)) == 1 else None for own in each]
        self.whole: Form | None = None
        self.derived: dict[int, Form] = {}
        self.products: dict[tuple[bool, int], Form | None] = {}
        self.lazy, self.masks = lazy, masks
        forms = [node.op.form for node in nodes if isinstance(node.op, Call)] if called else []
        if forms and not self.guards.size and all(form.runs_once for form in forms) and self._runs_once(tree, [*inputs, *outside], nodes):
            return
        if (called and any(node.op.__class__ is Call for node in nodes)) or any(y.__class__ is TracedArray for y in leaves):
            ends = [y if isinstance(y, np.ndarray) or y.__class__ is Value else named_float("what the function gave", y) for y in leaves]
            self.whole = unobserved(lambda: fused(form_of([*ends, *tracer.guards], [*inputs, *outside], nodes)))
            self.form = Shapes(self.structure, [y.shape if isinstance(y, np.ndarray) else () for y in leaves])
            self.count = sum(map(math.prod, self.form.shapes))
            return
        outputs = self._numbers(tree)
        entries = in_context(before_it).run(_entries, inputs, tracer) + _entries(outside, tracer)
        self.captured = _entries(outside, current().tracer)
        # The guards come last among the outputs, but what each needs first among the instructions: see `autograd.program.branches`.
        guards = list(tracer.guards)
        places = [*range(len(guards), len(guards) + len(outputs)), *range(len(guards))]
        program = unobserved(lambda: Program([*guards, *outputs], entries).with_outputs(places))
        self.batched = BatchedProgram(program, range(self.count))

    def _numbers(self, tree: Any) -> list[Any]:
        numbers, self.form = tree_ravel(tree)
        self.count = len(numbers)
        self.is_number = self.form.is_number and not self.kinds
        return [y if y.__class__ is Value else named_float("what the function gave", y) for y in numbers]

    def _runs_once(self, tree: Any, inputs: Sequence[Any], nodes: Sequence[Any]) -> bool:
        """Whether it is a single program, although there are calls among the nodes: then that is made."""
        if any(x.__class__ is TracedArray for x in inputs) or any(y.__class__ is TracedArray for y in tree_flatten(tree)[0]):
            return False
        numbers = self._numbers(tree)
        program = unobserved(lambda: fused(form_of(numbers, inputs, nodes)).program())
        if program is not None:
            self.batched = BatchedProgram(program, range(self.count))
        return program is not None

    def unravel(self, outputs: list[Any]) -> Any:
        """The result of the function, in its structure and types, from the numbers that the program computed."""
        for k, kind in self.kinds.items():
            outputs[k] = of_kind(outputs[k], kind)
        return self.form.unravel(outputs)

    @property
    def is_light(self) -> bool:
        """Whether there are so few operations for each of its outputs that these are recorded themselves, rather than as one node."""
        return self.whole is None and self.count > 1 and len(self.batched.program) <= LIGHT * self.count

    def recorded(self, inputs: Sequence[Any]) -> Any:
        """What the function gives at these Values and floats, with a node for each operation."""
        return self.unravel([y if y.__class__ is Value else Value(y) for y in self.alone.recorded(inputs)])

    @cached_property
    def alone(self) -> Program:
        """The program without the guards."""
        return pruned(self.batched.program, range(self.count)) if len(self.guards) else self.batched.program

    @cached_property
    def once(self) -> Form:
        """The program as a form of one step, without the guards."""
        form = Form()
        inputs = np.array([form.input() for _ in range(self.batched.program.inputs)], int)
        form.outputs = [form.place() for _ in range(self.count)]
        form.steps.append(Step(BatchedProgram(self.alone, range(self.count)), 1, (inputs,), np.array(form.outputs, int)))
        return form

    @property
    def is_differentiable(self) -> bool:
        """Whether it is a form with one number as its result, that captures no Values: then it has the two methods that follow."""
        return self.whole is not None and not self.captured and self.structure.count == 1 and self.whole.outputs[0] >= 0 and not self.kinds

    @cached_property
    def _single(self) -> Form:
        """The form without the guards."""
        assert self.whole is not None  # noqa: S101  # for the type checker
        form = self.whole.copy()
        form.outputs = form.outputs[:1]
        return form.pruned()

    def with_gradient(self, groups: Groups) -> Form:
        """The form from the inputs, then the cotangent of the result, to the result and its gradients.

        Args:
            groups: the groups of the arguments with respect to which the gradient is taken, which are the first ones.
        """
        n = len(given_to(groups, self._single.inputs))
        if n not in self.derived:
            self.derived[n] = fused(self._single.adjoint([0], range(n), with_outputs=True))
        return self.derived[n]

    def product(self, groups: Groups, *, second: bool) -> Form | None:
        """The form from the inputs, then a tangent of each of the first, to the product with it of the Jacobian, or of the Hessian.

        Args:
            groups: the groups of the arguments that have a tangent, which are the first ones.
            second: whether it is the Hessian; then the cotangent of the result comes before the tangents.

        Returns:
            The form; None where it cannot be had, as where an operation of the user's own has no second derivative.
        """
        if self.whole is None or self.captured or self.kinds or (second and not self.is_differentiable):
            return None
        every = range(len(given_to(groups, self.whole.inputs)))
        if (second, len(every)) not in self.products:
            whole, before = self.whole.copy(), foreign.made
            whole.outputs = whole.outputs[: self.structure.count]
            if second:
                form = fused(whole.pruned().adjoint([0], every))
                made = form.adjoint(every, every) if foreign.made == before else None
            else:
                made = whole.pruned().tangent(every)
                made.outputs = made.outputs[self.structure.count :]
            self.products[second, len(every)] = made if made is None else fused(made.pruned())
        return self.products[second, len(every)]

    def value_and_gradient(self, groups: Groups, own: Groups) -> tuple[float, list[Any]]:
        """The result for all these groups, and the gradients with respect to those that are `own`, the first ones."""
        form = self._single
        return form.value_and_gradients(given_to(groups, form.inputs), range(len(given_to(own, form.inputs))))

    def guards_hold(self, groups: Groups) -> bool:
        """Whether the guards of a trace that is a form have, for these arguments, the answers that they had in the recording."""
        assert self.whole is not None  # noqa: S101  # others are in a tree
        if not len(self.guards):
            return True
        try:
            given = given_to(with_captured(groups, self), self.whole.inputs)
            found = self.whole([x if isinstance(x, np.ndarray) and x.dtype != object else of_kind(x, float) for x in given])
        except UnknownPath:
            return False
        return bool((np.array(found[self.structure.count :]) == self.guards).all())

    def result(self, name: str, groups: Groups) -> Any:
        """The result of the function for these arguments, by a call of its form, joined to the Values among them."""
        if self.is_light:
            return self.recorded(given_to(groups))
        if self.whole is None:
            return self.unravel(call(name, self.once, given_to(groups)))
        return self.called(name, given_to(groups, self.whole.inputs))

    def called(self, name: str, inputs: Sequence[Any]) -> Any:
        """The result of a trace that is a form, by a call of it."""
        assert self.whole is not None  # noqa: S101  # as above
        found = call(name, self.whole, inputs)[: self.structure.count]
        found = [x if kind is None else of_kind(x, kind) for x, kind in zip(found, self.leaf_kinds, strict=True)]
        return tree_unflatten(self.structure, [wrapped(x, alone=False) for x in found])


def _called(f: Function, given: Sequence[Any], inputs: list[Any], tracer: Tracer) -> Any:
    """What the function gives under this tracer."""

    def traced(context: Context) -> Context:
        made = run_of_its_own(context, traced=True)
        tracer.run = made.runs[-1]
        tracer.keep(tracer.run)
        return Context(made.scope, None, recording=True, runs=made.runs, tracer=tracer)

    error: Exception | None = None
    try:
        tree = in_context(traced).run(with_active_inputs, inputs, tracer.run_with_log, f, *given)
    except Exception as own:  # noqa: BLE001  # raised again below
        error = own
    error = tracer.rejected if error is None else error
    if error is None:
        return tree
    if tracer.masked and not isinstance(error, ArrayLost):
        raise MasksLost from error
    raise error


# Arrays of at least LARGE numbers become traced arrays; where each lane has an array of its own, those of at least WIDE numbers.
LARGE, WIDE = 64, 1024
# A node that stands for a program with several outputs costs about as much as so many operations for each of them.
LIGHT = 16


def given_to(groups: Groups, inputs: Sequence[int] = ()) -> list[Any]:
    """The inputs of the form of a call without lanes: numbers and Values, and an array where the form has one among its `inputs`."""
    found: list[Any] = []
    for array, own in groups:
        if len(found) < len(inputs) and inputs[len(found)] < 0:
            found.append(array_of(own, array[0].shape) if own else array[0])
        else:
            found += own or array[0].tolist()
    return found


def _inputs(args: Arguments, lane: int, tracer: Tracer) -> list[Any]:
    """The inputs of a recording in place of the live numbers of a lane: Values and traced arrays."""
    found: list[Any] = []
    for (array, own), masks in zip(args.groups, args.masks, strict=True):
        row = array[lane if len(array) > 1 else 0]
        has_lanes = len(array) > 1 or own.__class__ is tuple
        whole = row.size >= LARGE and own is None if args.lanes is None else row.size >= WIDE and has_lanes
        if tracer.lazy and whole:
            found.append(TracedArray.of(row, Value(0.0), 0, bool if masks else None))
            continue
        values = [Value(x) for x in row.tolist()]
        found += map(tracer.note_bool, values) if masks else values
    return found


def _kinds(x: Any, tracer: Tracer) -> list[type | None]:
    """For each number of a leaf of the result: bool, int, or None for a float."""
    if x.__class__ is TracedArray:
        return [x.kind] * x.size
    if isinstance(x, np.ndarray) and x.dtype != object:
        return [{"b": bool, "i": int, "u": int}.get(x.dtype.kind)] * x.size
    return [_kind(v, tracer) for v in (x.ravel() if isinstance(x, np.ndarray) else (x,))]


def _kind(x: Any, tracer: Tracer) -> type | None:
    if x.__class__ is Value:
        return tracer.kinds.get(x)
    return bool if isinstance(x, bool | np.bool_) else int if isinstance(x, int | np.integer) else None


def of_kind(x: Any, kind: type) -> Any:
    """A number, Value or array converted to bool or int, `kind`; the result has no derivative."""
    if isinstance(x, np.ndarray):
        return np.array([v._number if v.__class__ is Value else v for v in x.ravel()]).astype(kind).reshape(x.shape)
    return kind(x._number if x.__class__ is Value else x)


def _entries(nodes: Sequence[Any], tracer: Any) -> list[Any]:
    """Values and traced arrays, with a Value for each entry of those."""
    return [v for x in nodes for v in (x.unpacked(tracer) if x.__class__ is TracedArray else [x])]


def _settled(x: Any) -> Any:
    return x.settled() if isinstance(x, Traced) else x


def _node(x: Any) -> Any:
    return x.owner if x.__class__ is TracedArray else x


def leaves_of(leaves: Sequence[Any]) -> list[Any]:
    """The nodes of the leaves of a structure; of a traced array its owner."""
    return [v for x in leaves for v in ([_node(x)] if not isinstance(x, np.ndarray) or x.__class__ is TracedArray else x.ravel())]


def with_captured(groups: Groups, trace: Trace) -> Groups:
    """The groups of a call, and one more with the Values that the trace captured."""
    if not trace.captured:
        return groups
    return [*groups, (np.array([[v._number for v in trace.captured]]), trace.captured)]


def _identities(tree: Any) -> list[int]:
    """The identities of all objects in a structure, by which a change is noticed; entries of arrays of numbers are not among them."""
    leaves = tree_flatten(tree)[0]
    held = [[x] if not isinstance(x, np.ndarray) or x.__class__ is TracedArray else x.ravel() if x.dtype == object else [] for x in leaves]
    return [id(x) for own in held for x in own if not isinstance(x, np.generic)]
