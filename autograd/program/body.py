"""Body: what a loop repeats, a form from carries, inputs of one step and what all steps share, to the next carries and results.

The bodies of derivatives are made here, and bodies are run here: in one call of the compiled kernel where the body is a flat program, else
step by step.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapter 12, on checkpoints.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import accumulate, pairwise
from math import prod
from typing import Any, NamedTuple

import numpy as np

from autograd.locks import cached_property
from autograd.numeric import FLOATS
from autograd.ops import where
from autograd.program.forks import Forks, along
from autograd.program.form import Form
from autograd.program.lanes import BatchedProgram, kernel
from autograd.program.nested import masked
from autograd.program.packing import Pack, Unpack, joined
from autograd.program.paths import BranchingProgram, Route
from autograd.program.program import CODES, Program
from autograd.program.steps import Step
from autograd.program.views import NONE, View

# A body of more numbers, or with more instructions, is not made one flat program.
MOST = 2**17
# A part of it over lanes becomes part of that program where it has so few instructions in all of them.
FEW = 256
# Both arms of a `cond` are computed, and a loop within becomes part of it step by step, where that has at most so many instructions.
BOTH = 1024


class Body:
    """A form that a loop repeats.

    Args:
        form: its inputs are the carries, the inputs of one step, and what all steps share; its outputs the next carries, then results.
        carries: the number of carries.
        xs: the number of inputs of one step.
        plain: whether the kernel's sums are plain ones, as over lanes: where the body is that of a derivative.
    """

    form: Form
    carries: int
    xs: int
    plain: bool

    def __init__(self, form: Form, carries: int, xs: int, *, plain: bool = False) -> None:
        self.form, self.carries, self.xs, self.plain = form, carries, xs, plain
        self.made: dict[Any, Any] = {}

    def __reduce__(self) -> Any:
        return partial(Body, plain=self.plain), (self.form, self.carries, self.xs)

    def once(self, key: Any, make: Callable[..., Any]) -> Any:
        """What `make(*key[1:])` gives, made once."""
        if key not in self.made:
            self.made[key] = make(*key[1:])
        return self.made[key]

    def depending(self, active: Sequence[bool]) -> tuple[list[bool], list[bool]]:
        """Which inputs, and which outputs, depend on the active inputs, in the first step or in a later one."""
        flags, form = list(active), self.form
        while True:
            found = form._depending({p for p, is_active in zip(form.inputs, flags, strict=True) if is_active})
            outputs = [p in found for p in form.outputs]
            more = [j for j in range(self.carries) if outputs[j] and not flags[j]]
            if not more:
                return flags, outputs
            for j in more:
                flags[j] = True

    def needed(self, outputs: Sequence[int]) -> tuple[list[int], set[int]]:
        """The outputs needed for these: with them the carries that they depend on, in this step or a later one; and the inputs read."""
        wanted = set(outputs)
        while True:
            part = self.part(sorted(wanted))
            read = {place for step in part.steps for place, *_ in step.sources()} | set(part.outputs)
            inputs = {k for k, p in enumerate(self.form.inputs) if p in read}
            more = {j for j in inputs if j < self.carries} - wanted
            if not more:
                return sorted(wanted), inputs
            wanted |= more

    def part(self, outputs: Sequence[int]) -> Form:
        """The form with these outputs alone."""
        form = self.form.copy()
        form.outputs = [form.outputs[k] for k in outputs]
        return form.pruned()

    def selected(self, ends: Sequence[bool]) -> tuple[list[bool], list[bool]]:
        """Which outputs, and which inputs, only branches of a `where` use, where the results of the loop are used within such or not.

        A carry is used by the next step, and after the last one by what uses the result. Where a step uses it within a branch, but what
        comes after the loop does not, it counts as used so: it is reached in the last step, see `Loop.reverse`.
        """
        outputs, form = list(ends), self.form
        while True:
            kinds = form.selected_within(outputs)
            inputs = [kinds.get(p, True) for p in form.inputs]
            wrong = [j for j in range(self.carries) if outputs[j] and not inputs[j]]
            if not wrong:  # from here on there are only more
                wrong = [j for j in range(self.carries) if inputs[j] and not outputs[j]]
            if not wrong:
                return outputs, inputs
            for j in wrong:
                outputs[j] = inputs[j]

    # Derivatives.

    def only(self, outputs: tuple[int, ...]) -> tuple["Body", list[int], list[int]]:
        """The body of what these outputs need; its outputs and its inputs, by their indices here."""
        ends, read = self.needed(outputs)
        carries = [j for j in ends if j < self.carries]
        inputs = [*carries, *[i for i in sorted(read) if i >= self.carries]]
        form = self.part(ends)
        form.inputs = [form.inputs[i] for i in inputs]
        xs = sum([self.carries <= i < self.carries + self.xs for i in inputs])
        return Body(form, len(carries), xs, plain=self.plain), ends, inputs

    def tangent(self, active: tuple[bool, ...]) -> "Tangent":
        """The body that carries tangents on, too; `active` says which inputs have them in the first step."""
        flags, outputs = self.depending(active)
        own, ends = [i for i, is_active in enumerate(flags) if is_active], [k for k, is_active in enumerate(outputs) if is_active]
        form = self.form.tangent(own)
        n, m, c = len(self.form.inputs), len(self.form.outputs), self.carries
        given, found = form.inputs, form.outputs
        parts = [range(c), range(c, c + self.xs), range(c + self.xs, n)]
        form.inputs = [given[i] for part in parts for i in (*part, *[n + own.index(i) for i in part if flags[i]])]
        carried = [j for j in own if j < c]  # those whose tangent comes in have to get one
        form.outputs = [found[k] for k in (*range(c), *[m + j for j in carried], *range(c, m), *[m + k for k in ends if k >= c])]
        xs = self.xs + sum([c <= i < c + self.xs for i in own])
        return Tangent(Body(form, c + len(carried), xs, plain=self.plain), own, [k for k in ends if k >= c])

    def adjoint(self, active: tuple[bool, ...], sent: tuple[int, ...], selected: tuple[bool, ...]) -> "Adjoint":
        """The body that carries cotangents back.

        Args:
            active: for each input whether its gradient is wanted.
            sent: the results of the loop that have cotangents.
            selected: for each result of the loop whether only branches of a `where` use it.
        """
        c, n = self.carries, len(self.form.inputs)
        flags, depending = self.depending(active)
        needed = self.needed(sent)
        bars = [j for j in needed[0] if j < c and flags[j]]
        seeded = [*[j for j in bars if depending[j]], *[k for k in sent if k >= c and depending[k]]]
        wanted = [*bars, *[i for i in range(c, n) if active[i] and i in needed[1]]]
        outputs, inputs = self.selected(selected)
        masks = [k for k in seeded if outputs[k]]
        flagged = [i for i in wanted if inputs[i]]
        inner = masked(self.form, masks).adjoint(seeded, wanted, flagged=flagged)
        form = Form()
        own = [form.input(self.form.shape(p)) for p in self.form.inputs]
        keys = [*_keys(bars, [j for j in bars if j in flagged]), *_keys(seeded, masks)]
        given = {key: form.input(self.form.shape(self.form.outputs[key[0]])) for key in keys}
        places = dict(zip(inner.inputs, [*own, *[given[key] for key in (*_keys([], masks), *_keys(seeded, []))]], strict=True))
        form.append(inner, places)
        found = dict(zip(_keys(wanted, flagged), [places[p] for p in inner.outputs], strict=True))
        return self._carrying_back(form, own, given, found)

    def _carrying_back(
        self, form: Form, own: list[int], given: dict[tuple[int, bool], int], found: dict[tuple[int, bool], int]
    ) -> "Adjoint":
        """The form of one step as a body: what it finds is carried on, added up over the steps, or given for each step.

        Args:
            form: the form.
            own: the places of the inputs of this body.
            given: those of the cotangents and flags of its results, by the index of the result and whether it is a flag.
            found: those of the gradients and flags of its inputs, likewise.
        """
        c, each = self.carries, self.carries + self.xs
        totals = {key: form.input(form.shape(place)) for key, place in found.items() if key[0] >= each}
        received = {place: [place, found[key]] for key, place in totals.items()}
        form.total(received, list(received))
        carried, apart = [key for key in found if key[0] < c], [key for key in found if c <= key[0] < each]
        form.outputs = [*[found[key] for key in carried], *[received[p][0] for p in totals.values()], *[found[key] for key in apart]]
        form.pruned()
        read = {place for step in form.steps for place, *_ in step.sources()} | set(form.outputs)
        used = [i for i, p in enumerate(own) if p in read]
        ends = [key for key in given if key[0] >= c]
        form.inputs = [
            *[given[key] for key in carried], *totals.values(), *[own[i] for i in used if i < each], *[given[key] for key in ends],
            *[own[i] for i in used if i >= each],
        ]  # fmt: skip
        body = Body(form, len(carried) + len(totals), sum([i < each for i in used]) + len(ends), plain=True)
        return Adjoint(body, [*carried, *totals, *apart], used, ends)

    def keeping(self, carries: tuple[int, ...]) -> "Body":
        """The body whose last results are the carries with which each step begins, of these."""
        form = self.form.copy()
        form.outputs += [form.inputs[j] for j in carries]
        return Body(form, self.carries, self.xs, plain=self.plain)

    def settled(self) -> "Body":
        """The body that leaves the carries as they are where the first of them is 0: for lanes that are done before others."""
        form = self.form.copy()
        go = form.inputs[0]
        for k, place in enumerate(form.outputs):
            shape, kept = form.shape(place), form.constant(0.0) if k == 0 else form.inputs[k]
            form.outputs[k] = form.place(shape)
            if shape is None:
                form.steps.append(Step(CHOICE, 1, (np.array([go, place, kept]),), np.array([form.outputs[k]])))
            else:
                views = [View(p, (prod(shape),)) for p in (place, kept, form.outputs[k])]
                form.steps.append(Step(CHOICE, prod(shape), (np.array([go]), *views[:2]), NONE, (views[2],)))
        return Body(form, self.carries, self.xs, plain=self.plain)

    # Runs.

    @cached_property
    def batched(self) -> BatchedProgram | None:
        """The body as one program, each entry of an array an input or output of it; None where it is more than that."""
        return along(self.form).batched if self._is_small(_flat_size(self.form)) else None

    @cached_property
    def forks(self) -> Forks | None:
        """The paths that steps take, where it has branches of Python, and along each path is one program; else None."""
        form, varying = self.form, self.form.inputs[: self.carries + self.xs]
        if kernel is None or not any(step.__class__ is Route for step in form.steps) or not self._is_small(_flat_size(form, branches=True)):
            return None
        return Forks(form, sum(self.widths(varying)), MOST, plain=self.plain)

    def _is_small(self, size: int) -> bool:
        """Whether it may be one program of so many instructions."""
        return size + sum(self.widths([*self.form.inputs, *self.form.outputs])) <= MOST

    @cached_property
    def plan(self) -> Any:
        """The kernel's plan of the flat program."""
        assert self.batched is not None  # noqa: S101  # for the type checker
        p, varying = self.batched.program, self.widths(self.form.inputs[: self.carries + self.xs])
        uniform = np.ones(p.inputs, np.uint8)
        uniform[: sum(varying)] = 0
        return kernel.Plan(p.codes, p.starts, p.args, p.constants, p.inputs, p.outputs, uniform, np.zeros(p.inputs, np.uint8))

    def widths(self, places: Sequence[int]) -> list[int]:
        """The count of numbers at each place."""
        return [prod(self.form.shape(p) or ()) for p in places]

    @cached_property
    def parts(self) -> list[tuple[slice, Any]]:
        """For each input where its numbers are among those of all, and its shape."""
        ends = accumulate(self.widths(self.form.inputs), initial=0)
        return [(slice(*own), self.form.shape(p)) for p, own in zip(self.form.inputs, pairwise(ends), strict=True)]

    def run(
        self, length: int | None, starts: Sequence[Any], xs: Sequence[Any], shared: Sequence[Any], *, backwards: bool
    ) -> tuple[list[Any], list[np.ndarray], int]:
        """The last carries, the results of the steps as arrays, and the number of steps; with no length, until the first carry is 0."""
        if length == 0:
            return list(starts), [np.zeros((0, *(self.form.shape(p) or ()))) for p in self.form.outputs[self.carries :]], 0
        if self.batched is None and self.forks is None:
            return self._by_steps(length, starts, xs, shared, backwards=backwards)
        return self._at_once(length, starts, xs, shared, backwards=backwards)

    def _at_once(
        self, length: int | None, starts: Sequence[Any], xs: Sequence[Any], shared: Sequence[Any], *, backwards: bool
    ) -> tuple[list[Any], list[np.ndarray], int]:
        form, c, n = self.form, self.carries, length or 0
        carry = joined(starts)
        rows = [x for x, w in zip(xs, self.widths(form.inputs[c : c + self.xs]), strict=True) if w]
        given = [np.require(x, float, ["C", "A"]).reshape(n, -1) for x in rows]
        ends = form.outputs[c:]
        ys, rest = [np.empty((n, w)) for w in self.widths(ends)], joined(shared)
        inputs, outputs = [*given, *([rest] if len(rest) else [])], [y for y in ys if y.size]
        if self.forks is not None:
            steps = self.forks.run(length, carry, inputs, outputs, partial(self._one, carry, given, rest, ys), backwards=backwards)
        elif kernel is not None and self.batched is not None and not self.batched.program.own:
            steps = self.plan.loop(-1 if length is None else n, carry, inputs, outputs, backwards, self.plain)
        else:
            steps = self._interpreted(length, carry, given, rest, ys, backwards=backwards)
        found = [carry.item(own.start) if shape is None else carry[own].reshape(shape) for own, shape in self.parts[:c]]
        return found, [y.reshape(n, *(form.shape(p) or ())) for p, y in zip(ends, ys, strict=True)], steps

    def _one(self, carry: np.ndarray, xs: Sequence[np.ndarray], shared: np.ndarray, ys: Sequence[np.ndarray], i: int) -> list[Any]:
        """Run the step of index i by the form; `carry` and `ys` are written to. What the form was given."""
        form = self.form
        whole = np.concatenate([carry, *[x[i] for x in xs], shared])
        given = [whole.item(own.start) if shape is None else whole[own].reshape(shape) for own, shape in self.parts]
        found = form(given)
        carry[:] = joined(found[: self.carries])
        for y, x in zip(ys, found[self.carries :], strict=True):
            y[i] = np.ravel(x)
        return given

    def _interpreted(
        self,
        length: int | None,
        carry: np.ndarray,
        xs: Sequence[np.ndarray],
        shared: np.ndarray,
        ys: Sequence[np.ndarray],
        *,
        backwards: bool,
    ) -> int:
        """The same without the kernel; `carry` and `ys` are written to."""
        assert self.batched is not None  # noqa: S101  # as above
        program, apply, state, rest = self.batched.program, FLOATS.apply, carry.tolist(), shared.tolist()
        steps, c = 0, len(carry)
        ends = np.cumsum([y.shape[1] for y in ys])[:-1]
        while steps != length and (length is not None or state[0] != 0.0):
            i = (length or 0) - 1 - steps if backwards else steps
            found = program._run([*state, *[v for x in xs for v in x[i].tolist()], *rest], apply)
            state = found[:c]
            for y, row in zip(ys, np.split(np.array(found[c:]), ends), strict=True) if ys else ():
                y[i] = row
            steps += 1
        carry[:] = state
        return steps

    def _by_steps(
        self, length: int | None, starts: Sequence[Any], xs: Sequence[Any], shared: Sequence[Any], *, backwards: bool
    ) -> tuple[list[Any], list[np.ndarray], int]:
        form, c, n = self.form, self.carries, length or 0
        shapes = [form.shape(p) or () for p in form.inputs[c : c + self.xs]]
        rows = [np.reshape(x, (n, *shape)) for x, shape in zip(xs, shapes, strict=True)]
        ys = [np.empty((n, *(form.shape(p) or ()))) for p in form.outputs[c:]]
        state, steps = list(starts), 0
        while steps != length and (length is not None or np.any(state[0])):
            i = n - 1 - steps if backwards else steps
            found = form([*state, *[x[i] for x in rows], *shared])
            state = found[:c]
            for y, x in zip(ys, found[c:], strict=True):
                y[i] = x
            steps += 1
        return state, ys, steps


def _flat_size(form: Form, *, branches: bool = False) -> int:
    """How many instructions a form has as a flat program, those of `branches` apart; more than `MOST` where it is not made one."""
    size = 0
    for step in form.steps:
        batched: Any = getattr(step, "batched", None)
        if step.__class__ is Step and batched.__class__ is BatchedProgram and not batched.program.own:
            own = step.lanes * len(batched.program)
            size += own if step.lanes == 1 or own <= FEW else MOST
        elif hasattr(batched, "arms"):  # both, which takes less time than to find out which
            own = sum(_flat_size(arm.form) for arm in batched.arms)
            size += own if own <= BOTH else MOST
        elif branches and getattr(step, "lanes", 0) == 1 and (step.__class__ is Route or batched.__class__ is BranchingProgram):
            continue  # it is one along each path
        elif hasattr(step, "length"):  # a short loop within
            own = _flat_size(step.body.form) * (step.length or 0)
            size += own if step.length and own <= BOTH else MOST
        elif step.__class__ is not Pack and step.__class__ is not Unpack:
            size += MOST
    return size


CHOICE = BatchedProgram(Program.from_arrays([CODES[where]], [0, 3], [0, 1, 2], [], [3], 3), range(1))


class Tangent(NamedTuple):
    """A body that carries tangents on, too: the inputs that have them, and the results of the steps that do."""

    body: Body
    inputs: list[int]
    results: list[int]


class Adjoint(NamedTuple):
    """A body that carries cotangents back, and with them flags, where only branches of a `where` use something: see `Form.flags`.

    Attributes:
        body: its inputs are what it carries, then inputs of one step, which are inputs and `ends` of the loop, then what all steps share.
        found: what it carries, then what it gives for each step: the input whose gradient or flag that is, and whether it is a flag.
        used: the inputs of the loop that it reads.
        ends: the results of the steps whose cotangents, or flags, it reads, likewise.
    """

    body: Body
    found: list[tuple[int, bool]]
    used: list[int]
    ends: list[tuple[int, bool]]


def _keys(plain: Sequence[int], flagged: Sequence[int]) -> list[tuple[int, bool]]:
    """The keys of cotangents or gradients, then those of flags."""
    return [*[(k, False) for k in plain], *[(k, True) for k in flagged]]
