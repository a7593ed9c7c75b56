"""Calls of forms in a graph of Values: one hidden node for the call, and a node for each number that it returns.

The hidden node has the arguments of the call as its arguments; each number that the call returns is a node with the hidden node as its
only argument. A reverse sweep collects the cotangents of all of them before it reaches the hidden node. So the adjoint of the form runs
once, however many outputs there are.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd import ops
from autograd.arrays import array_of
from autograd.context import current
from autograd.engine import Value
from autograd.errors import ChangedError
from autograd.locks import cached_property
from autograd.op import Op
from autograd.operators import identical
from autograd.program.columns import plainly
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.outputs import ALL, Key, entry_of
from autograd.program.packing import Unpack
from autograd.program.passes import pruned
from autograd.program.steps import Step
from autograd.program.traced import TracedArray
from autograd.program.views import View
from autograd.walks import Deferred

made: int = 0  # the number of calls that have been recorded so far


class Call(Op):
    """The operation of a hidden node: a form, applied to arguments of which some are Values.

    Args:
        name: the name of the function, for pictures and messages.
        form: the form.
        slots: for each input of the form how it comes from the arguments of the node: an int is the index of its argument; a pair is the
            index of an argument that is itself a call, and the output of that which is the array; a list has the index of the argument
            for each entry of an array; None is an array without Values.
        numbers: the numbers of the arguments when the call was recorded.
        given: the inputs of the form, floats and arrays, when the call was recorded.
    """

    label: str
    latex: str
    form: Form
    slots: Sequence[Any]
    numbers: Sequence[float]
    given: Sequence[Any]

    def __init__(self, name: str, form: Form, slots: Sequence[Any], numbers: Sequence[float], given: Sequence[Any]) -> None:
        # Without Op's own __init__, since there is nothing to check.
        self.name = self.label = name
        self.latex = rf"\operatorname{{{name}}}\left(#*\right)"
        self.form, self.slots = form, slots
        self.numbers, self.given = numbers, given

    @cached_property
    def _selected(self) -> dict[tuple[int, ...], list[bool]]:
        return {}

    def selected(self, seeded: tuple[int, ...]) -> list[bool]:
        """For each input of the form whether a gradient of exactly 0, from cotangents of these outputs, counts as none.

        So it is where only branches of a `where` use the input for them, or nothing does: see `Form.selected`.
        """
        if seeded not in self._selected:
            kinds = self.form.selected_within([k not in seeded for k in range(len(self.form.outputs))])
            self._selected[seeded] = [kinds.get(place, True) for place in self.form.inputs]
        return self._selected[seeded]

    def __reduce__(self) -> Any:
        return self.__class__, (self.name, self.form, self.slots, self.numbers, self.given)

    def single(self, key: Key) -> "SingleCall":
        """The operation on the same arguments whose only result is one number: the output, and the index in it, that `key` names."""
        k, i = key
        form = self.form.copy()
        form.outputs = form.outputs[k : k + 1]
        if (shape := form.shape(form.outputs[0])) is not None:
            places = np.array([form.place() for _ in range(math.prod(shape))], int)
            form.steps.append(Unpack(form.outputs[0], shape, places))
            form.outputs = [int(places[i])]
        made = SingleCall(f"{self.name}[{k}{f', {i}' if shape else ''}]", form.pruned(), self.slots, self.numbers, self.given)
        made.of = self, key
        return made

    def refuse_changed(self, node: Any) -> None:
        """Raise a ChangedError if the number of an argument was changed after the call was recorded."""
        for a, was in zip(node.args, self.numbers, strict=True):
            if a.__class__ is Value and not identical(a._number, was):
                raise ChangedError(
                    f"an argument of {self.name}(...) was changed after it was recorded: it was {was} and is {a._number} now; compute "
                    "the result again, or take the gradient before changing anything"
                )

    def inputs_at(self, args: Sequence[Any]) -> list[Any]:
        """The inputs of the form, Values and arrays, for these arguments of the node."""
        found: list[Any] = []
        for slot, given in zip(self.slots, self.given, strict=True):
            if slot.__class__ is int:
                found.append(args[slot])
            elif slot.__class__ is tuple:
                found.append(TracedArray.of(given, args[slot[0]], slot[1]))
            else:
                found.append(given if slot is None else array_of([args[i] for i in slot], given.shape))
        return found

    def wanted(self, args: Sequence[Any], reached: Any = None) -> list[int]:
        """The indices of the form's inputs that are Values or have Values in them; with `reached`, only of Values among these."""

        def counts(i: int) -> bool:
            return args[i].__class__ is Value and (reached is None or args[i] in reached)

        own = [[slot] if slot.__class__ is int else slot[:1] if slot.__class__ is tuple else slot or () for slot in self.slots]
        return [k for k, indices in enumerate(own) if any(map(counts, indices))]

    def back(self, cotangents: dict[Key, Any], wanted: Sequence[int], args: Sequence[Any] | None) -> list[tuple[Any, Any, Any]]:
        """The gradients of inputs, given the cotangents of outputs.

        Args:
            cotangents: by key, for those outputs or entries of outputs that have one.
            wanted: the indices of the inputs whose gradients are wanted.
            args: the arguments of the node for a gradient that is recorded, on Values; None for one on floats.

        Returns:
            For each wanted input its slot, its gradient, and on floats whether a gradient of exactly 0 counts as none (see
            `Form.selected`), on Values a number that is 0 where the input was not used, or None where it always is.
        """
        seeded = sorted({k for k, _ in cotangents})
        seeds = [self._whole(k, cotangents) for k in seeded]
        slots, selected = [self.slots[i] for i in wanted], self.selected(tuple(seeded))
        if args is None:
            found = self.form.sweep(self.given, seeded, seeds, wanted)
            return list(zip(slots, found, [selected[i] for i in wanted], strict=True))
        flagged = [i for i in wanted if selected[i] and self.slots[i].__class__ is not tuple]
        form = self.form.adjoint_of(tuple(seeded), tuple(wanted), flagged=tuple(flagged))
        found = call(f"{self.name}'", form, [*self.inputs_at(args), *seeds])
        flags = dict(zip(flagged, found[len(wanted) :], strict=True))
        return list(zip(slots, found[: len(wanted)], [flags.get(i) for i in wanted], strict=True))

    def _whole(self, k: int, cotangents: dict[Key, Any]) -> Any:
        """The cotangent of output k, put together from those of the whole array and of its entries."""
        shape = self.form.shape(self.form.outputs[k])
        if shape is None:
            return cotangents[k, 0]
        whole = cotangents.get((k, ALL))
        entries = {i: x for (j, i), x in cotangents.items() if j == k and i != ALL}
        if not entries:
            return whole
        packed: Any = array_of([entries.get(i, 0.0) for i in range(int(np.prod(shape)))], shape)
        return packed if whole is None else whole + packed

    def sent(self, node: Any, _grad: float, carried: dict[Any, dict[Key, Any]]) -> tuple[float, tuple[float | None, ...]]:
        """The step of a sweep at floats, after all outputs have sent their cotangents; see `walks.Deferred`.

        Args:
            node: the hidden node.
            carried: for each hidden node the cotangents received so far, by key; those of arrays that other calls returned are added here.

        Returns:
            The factor 1, and for each argument the gradient, None where there is none.
        """
        args = node._args
        found: list[float | None] = [None] * len(args)
        for slot, gradient, selected in self.back(carried.pop(node), self.wanted(args), None):
            if slot.__class__ is int:
                found[slot] = None if selected and gradient == 0.0 else gradient
            elif slot.__class__ is tuple:
                owner, k = args[slot[0]], slot[1]
                kept = carried.setdefault(owner, {})
                kept[k, ALL] = kept[k, ALL] + gradient if (k, ALL) in kept else gradient
                found[slot[0]] = 0.0
            else:
                for i, g in zip(slot, gradient.ravel().tolist(), strict=True):
                    found[i] = None if selected and g == 0.0 else g
        return 1.0, tuple(found)

    def pulled(self, node: Any, _cotangent: Any, mask: Any, carried: dict[Any, Any], reached: Any) -> list[tuple[Any, Any, Any]]:
        """The same on Values, so that the gradient is a graph.

        Args:
            node: the hidden node.
            mask: 1.0, or a Value that is 0 where no branch that uses the node was taken; what is sent is then 0.
            carried: as in `sent`.
            reached: the nodes that depend on what the gradient is taken with respect to; only these are sent anything.

        Returns:
            Triples of an argument, the cotangent sent to it, and its mask.
        """
        found: list[tuple[Any, Any, Any]] = []
        for slot, gradient, flag in self.back(carried.pop(node), self.wanted(node.args, reached), node.args):
            if slot.__class__ is int:
                found.append((node.args[slot], _masked(mask, gradient), _flagged(mask, flag)))
            elif slot.__class__ is tuple:
                owner, k = node.args[slot[0]], slot[1]
                kept, sent = carried.setdefault(owner, {}), _masked(mask, gradient)
                kept[k, ALL] = kept[k, ALL] + sent if (k, ALL) in kept else sent
                found.append((owner, 1.0, mask))
            else:
                flags = [None] * len(slot) if flag is None else plainly(flag).ravel().tolist()
                entries = zip(slot, plainly(gradient).ravel().tolist(), flags, strict=True)
                found += [(node.args[i], _masked(mask, g), _flagged(mask, own)) for i, g, own in entries if node.args[i] in reached]
        return found

    def pushed(self, node: Any, carried: dict[Any, Any], *, graph: bool) -> list[Any]:
        """The tangents of all outputs, from those of the arguments in `carried`: on Values if a `graph` is wanted, else on floats."""
        wanted = self.wanted(node.args, carried)
        tangents: list[Any] = []
        for i in wanted:
            slot = self.slots[i]
            if slot.__class__ is int:
                tangents.append(carried[node.args[slot]])
            elif slot.__class__ is tuple:
                tangents.append(carried[node.args[slot[0]]][slot[1]])
            else:
                tangents.append(array_of([carried.get(node.args[j], 0.0) for j in slot], self.given[i].shape))
        form = self.form.tangent(wanted)
        found = call(f"{self.name}'", form, [*self.inputs_at(node.args), *tangents]) if graph else form([*self.given, *tangents])
        return found[len(self.form.outputs) :]


class SingleCall(Call):
    """The operation of a call with one number as its only result: the node is that number, with partials known when it is recorded.

    Attributes:
        of: the call of several results of which it is one, and the key of that, where there is such a call.
    """

    changeable: bool
    of: tuple[Call, Key] | None = None
    drops_zeros = True

    def __init__(self, name: str, form: Form, slots: Sequence[Any], numbers: Sequence[float], given: Sequence[Any]) -> None:
        super().__init__(name, form, slots, numbers, given)
        # Whether it reads arrays that the caller can change in place afterwards.
        self.changeable = any(slot is None and x.flags.writeable for slot, x in zip(slots, given, strict=True))

    def __reduce__(self) -> Any:
        return super().__reduce__() if self.of is None else (Call.single, self.of)  # so that those of one call stay together

    def pulled(self, node: Any, cotangent: Any, mask: Any, carried: dict[Any, Any], reached: Any) -> list[tuple[Any, Any, Any]]:
        """See `Call`."""
        carried[node] = {(0, 0): cotangent}
        return super().pulled(node, cotangent, mask, carried, reached)

    def evaluate(self, x: Sequence[float]) -> tuple[float, tuple[float | None, ...]]:
        """The result and its partial derivatives at floats."""
        wanted = [k for k, slot in enumerate(self.slots) if slot is not None]
        y, found = self.form.value_and_gradients(self.inputs_at(x), wanted)
        return y, self._sorted(wanted, found, len(x))

    def _sorted(self, wanted: Sequence[int], found: Sequence[Any], count: int) -> tuple[Any, ...]:
        """The partials in the order of the arguments, from the gradients of the wanted inputs of the form."""
        partials: list[Any] = [None] * count
        selected = self.selected((0,))
        for k, gradient in zip(wanted, found, strict=True):
            slot = self.slots[k]
            if slot.__class__ is int:
                partials[slot] = None if selected[k] and gradient.__class__ is float and gradient == 0.0 else gradient
            else:
                drops = selected[k] and gradient.dtype != object
                for i, g in zip(slot, np.ravel(gradient).tolist(), strict=True):
                    partials[i] = None if drops and g == 0.0 else g
        return tuple(partials)

    def value(self, _xp: Any, *x: Any) -> Any:
        """The result for numbers of any kind."""
        if all(v.__class__ is float for v in x):
            return self.form(self.inputs_at(x))[0]
        return self.form.on_any(self.inputs_at(x), self.given)[0]

    def partials(self, _y: Any, *x: Any) -> tuple[Any, ...]:
        """The partials as Values, computed by a call of the adjoint form."""
        wanted = self.wanted(x)
        form = self.form.adjoint_of((0,), tuple(wanted))
        return self._sorted(wanted, call(f"{self.name}'", form, [*self.inputs_at(x), 1.0]), len(x))


def _flagged(mask: Any, flag: Any) -> Any:
    """The mask of an argument: 0 where that of the node is, or where the argument was not used, `flag`."""
    return mask if flag.__class__ is not Value else _masked(mask, ops.where(flag, 1.0, 0.0))


def _masked(mask: Any, sent: Any) -> Any:
    """What is sent, a number or an array, or 0 where the mask is 0."""
    if mask.__class__ is float:
        return sent
    if not isinstance(sent, np.ndarray):
        return ops.where(mask, sent, 0.0)
    return array_of([ops.where(mask, x, 0.0) for x in plainly(sent).ravel().tolist()], sent.shape)


def call(name: str, form: Form, given: Sequence[Any]) -> list[Any]:
    """Call a form, and record the call where Values are among its inputs.

    Args:
        name: the name of the function, for pictures and messages.
        form: the form.
        given: its inputs: floats, Values, and arrays of either, traced arrays among them.

    Returns:
        The outputs: floats and arrays where no input is a Value; else Values, arrays of Values, or, while `jit` traces, traced arrays.
    """
    global made  # noqa: PLW0603  # a counter
    nodes: list[Any] = []
    slots: list[Any] = []
    numbers: list[Any] = []
    for x in given:
        if x.__class__ is TracedArray:
            slots.append((len(nodes), x.output))
            nodes.append(x.owner)
            numbers.append(x.numbers)
        elif not isinstance(x, np.ndarray):
            slots.append(len(nodes))
            nodes.append(x)
            numbers.append(x._number if x.__class__ is Value else x)
        elif x.dtype == object:
            slots.append(list(range(len(nodes), len(nodes) + x.size)))
            nodes += x.ravel().tolist()
            numbers.append(np.array([v._number if v.__class__ is Value else v for v in x.ravel()]).reshape(x.shape))
        else:
            slots.append(None)
            numbers.append(x)
    if not any(node.__class__ is Value for node in nodes):
        return form(numbers)
    context = current()
    lazy = context.tracer is not None and context.tracer.lazy
    if not context.recording:
        return [Value(y) if y.__class__ is float else array_of(list(map(Value, y.ravel().tolist())), y.shape) for y in form(numbers)]
    reals = [n._number if n.__class__ is Value else n for n in nodes]
    if not lazy and len(form.outputs) == 1 and form.outputs[0] >= 0:
        made += 1
        single = SingleCall(name, form, slots, reals, numbers)
        y, partials = single.evaluate(reals)
        own = [p if n.__class__ is Value else None for n, p in zip(nodes, partials, strict=True)]
        return [Value._recorded(y, tuple(own), single, tuple(nodes))]
    made += 1
    found = form(numbers)
    kept = [x.copy() if slot is None and x.flags.writeable else x for slot, x in zip(slots, numbers, strict=True)]
    op = Call(name, form, slots, reals, kept)
    node = Value._recorded(0.0, Deferred([1.0 if n.__class__ is Value else None for n in nodes]), op, tuple(nodes))
    return [
        entry_of(node, (k, 0), y) if y.__class__ is float
        else TracedArray.of(y, node, k) if lazy
        else array_of([entry_of(node, (k, i), x) for i, x in enumerate(y.ravel().tolist())], y.shape)
        for k, y in enumerate(found)
    ]  # fmt: skip


def program_output(
    name: str, batched: BatchedProgram, given: Sequence[np.ndarray], live: Sequence[bool], count: int, output: int, weight: float
) -> SingleCall:
    """The operation that pickles of earlier versions refer to: one output of a program, multiplied by `weight` and summed over lanes.

    Args:
        name: the name of the function.
        batched: the program.
        given: the groups of inputs, with one row, or with one for each lane.
        live: for each group of one row whether its numbers are arguments of the operation; else they are constants.
        count: the number of lanes.
        output: the index of the output.
        weight: the factor.
    """
    form = Form()
    groups: list[Any] = []
    slots: list[int | None] = []
    inputs: list[Any] = []
    for array, own in zip(given, live, strict=True):
        if len(array) > 1:
            groups.append(View(form.input(array.shape), array.shape))
            slots.append(None)
            inputs.append(array)
        elif own:
            groups.append(np.array([form.input() for _ in array[0]], int))
            slots += range(len(inputs) - slots.count(None), len(inputs) - slots.count(None) + array.size)
            inputs += array[0].tolist()
        else:
            groups.append(np.array([form.constant(x) for x in array[0].tolist()], int))
    form.outputs = [form.place()]
    one = BatchedProgram(pruned(batched.program, [output]), [0])
    form.steps.append(Step(one, count, tuple(groups), np.array(form.outputs), weight=weight))
    return SingleCall(name, form, slots, [x for x in inputs if x.__class__ is float], inputs)
