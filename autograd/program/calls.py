"""Calls of forms in a graph of Values: one hidden node for the call, and a node for each number that it gives.

The hidden node depends on the arguments. What its outputs send back in a sweep is kept until all have sent; then the adjoint of the form
runs once, whatever their number.
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
from autograd.op import Op
from autograd.operators import identical
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram
from autograd.program.packing import Unpack
from autograd.program.passes import pruned
from autograd.program.steps import Step
from autograd.program.traced import ALL, Key, TracedArray, entry_of, plainly
from autograd.program.views import View
from autograd.walks import Deferred

made: int = 0  # how many calls have been recorded


class Call(Op):
    """A form on arguments, of which some are Values."""

    label: str
    latex: str
    form: Form
    slots: Sequence[Any]
    numbers: Sequence[float]
    given: Sequence[Any]
    selected: list[bool]

    def __init__(self, name: str, form: Form, slots: Sequence[Any], numbers: Sequence[float], given: Sequence[Any]) -> None:
        # As above.
        self.name = self.label = name
        self.latex = rf"\operatorname{{{name}}}\left(#*\right)"
        # For each input of the form: the index of its argument; that and the output of the call that has the array; the indices of its
        # entries; or the array itself.
        self.form, self.slots = form, slots
        self.numbers, self.given = numbers, given  # of the arguments, and all inputs of the form, when it was recorded
        self.selected = [place in form.selected for place in form.inputs]  # what comes back to them is nothing where it is 0

    def __reduce__(self) -> Any:
        return self.__class__, (self.name, self.form, self.slots, self.numbers, self.given)

    def single(self, key: Key) -> "SingleCall":
        """The operation on the same arguments that gives one number alone."""
        k, i = key
        form = self.form.copy()
        form.outputs = form.outputs[k : k + 1]
        if (shape := form.shape(form.outputs[0])) is not None:
            places = np.array([form.place() for _ in range(math.prod(shape))], int)
            form.steps.append(Unpack(form.outputs[0], shape, places))
            form.outputs = [int(places[i])]
        return SingleCall(f"{self.name}[{k}{f', {i}' if shape else ''}]", form.pruned(), self.slots, self.numbers, self.given)

    def refuse_changed(self, node: Any) -> None:
        """Raise an error where an argument was changed after it was recorded."""
        for a, was in zip(node.args, self.numbers, strict=True):
            if a.__class__ is Value and not identical(a._number, was):
                raise ChangedError(
                    f"an argument of {self.name}(...) was changed after it was recorded: it was {was} and is {a._number} now; compute "
                    "the result again, or take the gradient before changing anything"
                )

    def inputs_at(self, args: Sequence[Any]) -> list[Any]:
        """The inputs of the form, Values and arrays, where the node has these arguments."""
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
        """The inputs of the form that are Values, or arrays that depend on them; of these only what rests on `reached`."""

        def counts(i: int) -> bool:
            return args[i].__class__ is Value and (reached is None or args[i] in reached)

        own = [[slot] if slot.__class__ is int else slot[:1] if slot.__class__ is tuple else slot or () for slot in self.slots]
        return [k for k, indices in enumerate(own) if any(map(counts, indices))]

    def back(self, cotangents: dict[Key, Any], wanted: Sequence[int], args: Sequence[Any] | None) -> list[tuple[Any, Any, bool]]:
        """What goes back to the wanted inputs: a slot, a gradient, and whether 0 is none; on Values where there are `args`."""
        seeded = sorted({k for k, _ in cotangents})
        seeds = [self._whole(k, cotangents) for k in seeded]
        if args is None:
            found = self.form.sweep(self.given, seeded, seeds, wanted)
        else:
            found = call(f"{self.name}'", self.form.adjoint_of(tuple(seeded), tuple(wanted)), [*self.inputs_at(args), *seeds])
        return list(zip([self.slots[i] for i in wanted], found, [self.selected[i] for i in wanted], strict=True))

    def _whole(self, k: int, cotangents: dict[Key, Any]) -> Any:
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
        """1 and what each argument is sent, after the outputs have sent; that of arrays is kept for the calls that gave them."""
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
                    found[i] = g
        return 1.0, tuple(found)

    def pulled(self, node: Any, _cotangent: Any, mask: Any, carried: dict[Any, Any], reached: Any) -> list[tuple[Any, Any, Any]]:
        """The same with cotangents on Values, and a mask by which what is sent is 0; with each goes a mask of its own."""
        found: list[tuple[Any, Any, Any]] = []
        for slot, gradient, selected in self.back(carried.pop(node), self.wanted(node.args, reached), node.args):
            if slot.__class__ is int:
                sent = _masked(mask, gradient)
                found.append((node.args[slot], sent, ops.where(sent, 1.0, 0.0) if selected and sent.__class__ is Value else mask))
            elif slot.__class__ is tuple:
                owner, k = node.args[slot[0]], slot[1]
                kept, sent = carried.setdefault(owner, {}), _masked(mask, gradient)
                kept[k, ALL] = kept[k, ALL] + sent if (k, ALL) in kept else sent
                found.append((owner, 1.0, mask))
            else:
                entries = zip(slot, plainly(gradient).ravel().tolist(), strict=True)
                found += [(node.args[i], _masked(mask, g), mask) for i, g in entries if node.args[i] in reached]
        return found

    def pushed(self, node: Any, carried: dict[Any, Any], *, graph: bool) -> list[Any]:
        """The tangents of all outputs, where `carried` has those of arguments."""
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
    """A form that gives one number, as an operation on its live arguments: the node is that number, and knows its partials."""

    changeable: bool

    def __init__(self, name: str, form: Form, slots: Sequence[Any], numbers: Sequence[float], given: Sequence[Any]) -> None:
        super().__init__(name, form, slots, numbers, given)
        # Whether it depends on arrays that the caller may change in place.
        self.changeable = any(slot is None and x.flags.writeable for slot, x in zip(slots, given, strict=True))

    def evaluate(self, x: Sequence[float]) -> tuple[float, tuple[float | None, ...]]:
        """The result and its gradient on floats."""
        wanted = [k for k, slot in enumerate(self.slots) if slot is not None]
        y, found = self.form.value_and_gradients(self.inputs_at(x), wanted)
        return y, self._sorted(wanted, found, len(x))

    def _sorted(self, wanted: Sequence[int], found: Sequence[Any], count: int) -> tuple[Any, ...]:
        partials: list[Any] = [None] * count
        for k, gradient in zip(wanted, found, strict=True):
            slot = self.slots[k]
            if slot.__class__ is int:
                partials[slot] = None if self.selected[k] and gradient.__class__ is float and gradient == 0.0 else gradient
            else:
                for i, g in zip(slot, np.ravel(gradient).tolist(), strict=True):
                    partials[i] = g
        return tuple(partials)

    def value(self, _xp: Any, *x: Any) -> Any:
        """The result on numbers of any kind."""
        return self.form.on_any(self.inputs_at(x), self.given)[0]

    def partials(self, _y: Any, *x: Any) -> tuple[Any, ...]:
        """On Values: a call of the adjoint."""
        wanted = self.wanted(x)
        form = self.form.adjoint_of((0,), tuple(wanted))
        return self._sorted(wanted, call(f"{self.name}'", form, [*self.inputs_at(x), 1.0]), len(x))


def _masked(mask: Any, sent: Any) -> Any:
    if mask.__class__ is float:
        return sent
    if not isinstance(sent, np.ndarray):
        return ops.where(mask, sent, 0.0)
    return array_of([ops.where(mask, x, 0.0) for x in plainly(sent).ravel().tolist()], sent.shape)


def call(name: str, form: Form, given: Sequence[Any]) -> list[Any]:
    """The outputs of a form at floats, Values and arrays: of Values, if any of them is one."""
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
    """What earlier versions pickled: an output of a program, weighted and summed over lanes, as an operation on its live inputs."""
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
