"""Conversion of a graph of Values into a form.

Calls of forms in the graph contribute their steps; the operations between calls become steps that run once. The work goes by stages: the
stage of a node is the largest number of calls on a way from the inputs to it. All operations of a stage are one step.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from autograd.context import current
from autograd.engine import Value
from autograd.program.calls import Call, SingleCall
from autograd.program.cleaning import without_copies
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.outputs import Output
from autograd.program.packing import Pack, Unpack
from autograd.program.program import Program
from autograd.program.steps import Step, taken
from autograd.program.traced import TracedArray

# Where no more than one in so many entries of an array is used, these are taken first.
PART = 8


class Builder:
    """Builds the form of a graph; see `form_of` for the arguments.

    Attributes:
        form: the form.
        places: the place of each Value that has one.
        arrays: the place of each array that has one, by the node that it belongs to and the index of the output.
    """

    def __init__(self, outputs: Sequence[Any], inputs: Sequence[Any], nodes: Iterable[Any]) -> None:
        self.form = Form()
        self.places: dict[Any, int] = {}
        self.arrays: dict[tuple[Any, int], int] = {}
        for x in inputs:
            if x.__class__ is TracedArray:
                self.arrays[x.owner, x.output] = self.form.input(x.shape)
            else:
                self.places[x] = self.form.input()
        entries = [x for y in outputs for x in ([y] if not isinstance(y, np.ndarray) or y.__class__ is TracedArray else y.ravel())]
        used = dict.fromkeys(x for x in entries if x.__class__ is Value)  # in order, so that the same graph gives the same form
        if nodes:
            self._in_stages(used, nodes)
        else:
            self._once([y for y in used if y not in self.places])
        for y in outputs:
            self.form.outputs.append(self._array(y) if isinstance(y, np.ndarray) else self._number(y))
        self.form = self.form.pruned()

    def _in_stages(self, used: dict[Any, None], nodes: Iterable[Any]) -> None:
        """Add the steps of each stage in turn: first its calls, then one step for its operations.

        Args:
            used: the Values that need a place; those that calls or later stages read are added.
            nodes: the nodes of the graph, each after its arguments.
        """
        stage, calls, entries = self._stages(used, nodes)
        wanted: list[list[Any]] = [[] for _ in calls]
        for y in used:
            if not isinstance(y.op, Call) and y not in self.places:
                wanted[stage[y]].append(y)
        for owner in dict.fromkeys(owner for owner, _ in self.arrays):
            self._unpack(owner, entries.get(owner, []))
        for own_calls, own in zip(calls, wanted, strict=True):
            for node in own_calls:
                self._call(node)
                self._unpack(node, entries.get(node, []))
            self._once([y for y in own if y not in self.places])

    def _stages(self, used: dict[Any, None], nodes: Iterable[Any]) -> tuple[dict[Any, int], list[list[Any]], dict[Any, list[Any]]]:
        """Sort the nodes of the graph.

        Returns:
            The stage of each node; the calls of each stage; and for each call, or other node that owns arrays, the nodes of its outputs
            that are used.
        """
        stage: dict[Any, int] = dict.fromkeys([*self.places, *[owner for owner, _ in self.arrays]], 0)
        calls: list[list[Any]] = [[]]
        entries: dict[Any, list[Any]] = {}
        for node in nodes:
            if node in stage:
                continue
            args = [a for a in node.args if a.__class__ is Value]
            own, is_call = max([stage[a] for a in args], default=0), isinstance(node.op, Call)
            used.update(dict.fromkeys(a for a in args if is_call or stage[a] < own))
            if is_call:
                own += 1
                calls += [[] for _ in range(own + 1 - len(calls))]
                calls[own].append(node)
            elif node.op.__class__ is Output:
                entries.setdefault(args[0], []).append(node)
            stage[node] = own
        return stage, calls, entries

    def _once(self, values: list[Any]) -> None:
        """Add one step that computes these Values from those that have places."""
        needed = [y for y in values if y.args]
        for y in values:
            if not y.args:
                self.places[y] = self.form.constant(y._number)
        if not needed:
            return
        known = list(self.places)
        program = without_copies(Program(needed, known))
        is_used = np.zeros(len(known) + len(program.constants) + len(program), bool)
        is_used[program.args] = is_used[program.outputs] = True
        used = np.flatnonzero(is_used[: len(known)])
        program = program.with_inputs(used)
        places = [self.form.place() for _ in needed]
        given = np.array([self.places[known[i]] for i in used], int)
        self.form.steps.append(Step(BatchedProgram(program, range(len(needed))), 1, (given,), np.array(places)))
        self.places.update(zip(needed, places, strict=True))

    def _call(self, node: Any) -> None:
        """Add the steps of the form that this node calls."""
        op, args = node.op, node.args
        inner, places = op.form, {}
        for place, slot, given in zip(inner.inputs, op.slots, op.given, strict=True):
            if slot.__class__ is int:
                places[place] = self._number(args[slot])
            elif slot.__class__ is tuple:
                places[place] = self.arrays[args[slot[0]], slot[1]]
            elif slot is None:
                places[place] = self.form.constant(given)
            else:
                places[place] = self._packed([args[i] for i in slot], given.shape)
        self.form.append(inner, places)
        if op.__class__ is SingleCall:
            self.places[node] = places[inner.outputs[0]]
            return
        for k, place in enumerate(inner.outputs):
            self.arrays[node, k] = places[place]

    def _packed(self, entries: list[Any], shape: tuple[int, ...]) -> int:
        """Add the step that puts numbers into an array; return its place."""
        place = self.form.place(shape)
        at = {x: self._number(x) for x in dict.fromkeys([x for x in entries if x.__class__ is Value])}  # many may be there several times
        numbers = [at[x] if x.__class__ is Value else self.form.constant(float(x)) for x in entries]
        self.form.steps.append(Pack.of(numbers, place, shape))
        return place

    def _unpack(self, owner: Any, entries: list[Any]) -> None:
        """Give places to the numbers of a call that are used, `entries`; arrays are unpacked first."""
        by_output: dict[int, list[Any]] = {}
        for node in entries:
            by_output.setdefault(node.op.key[0], []).append(node)
        for k, nodes in by_output.items():
            place = self.arrays[owner, k]
            shape = self.form.shape(place)
            if shape is None:
                self.places.update(dict.fromkeys(nodes, place))
                continue
            size = int(np.prod(shape))
            used = np.array(sorted({node.op.key[1] for node in nodes}), int)
            if len(used) * PART > size:
                used = np.arange(size)
            else:  # first an array of these
                step, place = taken(self.form, place, (size,), used.tolist())
                self.form.steps.append(step)
                shape = used.shape
            places = [self.form.place() for _ in used]
            self.form.steps.append(Unpack(place, shape, np.array(places, int)))
            at = dict(zip(used.tolist(), places, strict=True))
            self.places.update((node, at[node.op.key[1]]) for node in nodes)

    def _number(self, x: Any) -> int:
        """The place of a Value, or of a number, which becomes a constant."""
        if x.__class__ is Value:
            if x not in self.places and not x.args:
                self.places[x] = self.form.constant(x._number)
            return self.places[x]
        return self.form.constant(float(x))

    def _array(self, y: Any) -> int:
        """The place of an array of any kind."""
        if y.__class__ is TracedArray:
            return self.arrays[y.owner, y.output]
        return self._packed(y.ravel().tolist(), y.shape) if y.dtype == object else self.form.constant(y)


def form_of(outputs: Sequence[Any], inputs: Sequence[Any], nodes: Iterable[Any]) -> Form:
    """The form of a graph.

    Args:
        outputs: Values, numbers and arrays, which the form is to compute.
        inputs: the Values and traced arrays that are its arguments; Values without arguments that are not among them become constants.
        nodes: the nodes on which the outputs depend, each after its arguments; may be empty where there is no call among them.
    """
    return Builder(outputs, inputs, nodes).form


def older(nodes: Iterable[Any], run: int, *, calls: bool, tracer: Any = None) -> list[Any]:
    """The Values and traced arrays that a graph uses and that are older than a run of a transform: what the function captured.

    Args:
        nodes: the nodes of the graph.
        run: the number of the run.
        calls: whether there may be calls among the nodes.
        tracer: the tracer of the recording that the graph belongs to; the current one by default.
    """
    tracer = tracer or current().tracer
    if not calls and not (tracer and tracer.unpacked):
        return [node for node in nodes if node._run < run]
    arrays: dict[tuple[Any, int], TracedArray] = {}
    numbers: dict[Any, None] = {}
    for node in nodes:
        if node._run < run:
            numbers[node] = None
        elif node.op.__class__ is Output and node.args[0]._run < run:
            owner, k = node.args[0], node.op.key[0]
            if (owner, k) not in arrays:
                arrays[owner, k] = TracedArray.of(tracer.unpacked[owner][k].numbers, owner, k)  # there are traced arrays only while tracing
        elif isinstance(node.op, Call):
            for slot, given in zip(node.op.slots, node.op.given, strict=True):
                if slot.__class__ is tuple and node.args[slot[0]]._run < run:
                    arrays[node.args[slot[0]], slot[1]] = TracedArray.of(given, node.args[slot[0]], slot[1])
    owners = {owner for owner, _ in arrays}
    return [*[node for node in numbers if node not in owners], *arrays.values()]
