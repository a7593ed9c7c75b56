"""Loop: the step of a form that repeats a body, a fixed number of times or as long as its first carry is not 0.

The adjoint keeps no hidden tape: the loop gives the carries with which its steps begin as further results, and a loop backwards reads
them and computes the body again. Where the carries of all steps would take more than `KEPT` bytes, the loop first becomes a loop of
loops, so that only those of the outer loop, and of one inner loop at a time, are there: these take half of that at most. Where the length
has no good divisor, a loop over the steps that remain comes after it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import isqrt
from typing import Any

import numpy as np

from autograd.errors import OperationError
from autograd.locks import cached_property
from autograd.program.body import Body
from autograd.program.checkpoints import joined, reverse
from autograd.program.form import Form
from autograd.program.laneloops import over_lanes
from autograd.program.lengths import OfLength
from autograd.program.nested import STEPS, BatchedForm
from autograd.program.steps import Step, taken
from autograd.program.views import View

# The carries of a loop may take so many bytes; of a longer one checkpoints are kept.
KEPT = 2**28
# Results of the steps for each lane of a step over lanes that take as much memory as it.
WIDE = 256


@dataclass(frozen=True, eq=False)
class Loop:
    """A body that is repeated.

    Attributes:
        body: what is repeated.
        length: how many times; None as long as its first carry is not 0.
        starts: the places of the first carries.
        xs: those of arrays with an entry for each step.
        shared: those of what all steps share.
        ends: those of the last carries.
        ys: those of the results, arrays with an entry for each step.
        backwards: whether it begins with the last entries.
        count: where there is no length, the place of the number of steps.
    """

    body: Body
    length: int | None
    starts: tuple[int, ...]
    xs: tuple[int, ...]
    shared: tuple[int, ...]
    ends: tuple[int, ...]
    ys: tuple[int, ...] = ()
    backwards: bool = False
    count: int | None = None

    @property
    def given(self) -> tuple[int, ...]:
        """The places of all arguments, in the order of the body's inputs."""
        return (*self.starts, *self.xs, *self.shared)

    @property
    def results(self) -> tuple[int, ...]:
        """The places of all results, in the order of the body's outputs."""
        return (*self.ends, *self.ys)

    @property
    def lanes(self) -> int:
        """How much memory it takes, as a number of lanes."""
        body = self.body
        wide = sum(body.widths(body.form.outputs[body.carries :]))
        return max([1, (self.length or 1) * wide // WIDE, *[getattr(step, "lanes", 1) for step in body.form.steps]])

    # Runs.

    def run(self, numbers: np.ndarray, arrays: dict[int, Any]) -> None:
        """Run all steps, and store the results."""
        starts, xs, shared = [[numbers.item(p) if p >= 0 else arrays[p] for p in own] for own in (self.starts, self.xs, self.shared)]
        ends, ys, count = self.body.run(self.length, starts, xs, shared, backwards=self.backwards)
        for place, x in zip(self.results, [*ends, *ys], strict=True):
            if place >= 0:
                numbers[place] = x
            else:
                arrays[place] = x
        if self.count is not None:
            arrays[self.count] = np.array(count)

    def run_on_any(self, numbers: dict[int, Any], recorded: Any) -> None:
        """The same with any kind of number; one that cannot be compared takes as many steps as a run on floats did."""
        body, c, ys, steps = self.body, self.body.carries, [], 0
        state, rest = [numbers[p] for p in self.starts], [numbers[p] for p in self.shared]
        floats = None if recorded is None else [recorded[0].item(p) if p >= 0 else recorded[1][p] for p in self.given]
        length, first = self.length, floats and floats[:]
        xs = [_rows(numbers[p], length, body.form.shape(q)) for p, q in zip(self.xs, body.form.inputs[c:], strict=False)]
        while steps != length:
            if length is None and not _is_known(state[0]):
                length = self._length_at(first)
                continue
            if length is None and float(state[0]) == 0.0:
                break
            i = (length or 0) - 1 - steps if self.backwards else steps
            at = None
            if floats is not None:
                own = [_rows(x, length, body.form.shape(q))[i] for x, q in zip(floats[c:], body.form.inputs[c : c + body.xs], strict=False)]
                at = [*floats[:c], *own, *floats[c + body.xs :]]
                floats[:c] = body.form(at)[:c]
            found = body.form.on_any([*state, *[x[i] for x in xs], *rest], at)
            state, steps = found[:c], steps + 1
            ys.append(found[c:])
        numbers.update(zip(self.ends, state, strict=True))
        columns: Sequence[Any] = list(zip(*(ys[::-1] if self.backwards else ys), strict=True)) or [()] * len(self.ys)
        shapes = [body.form.shape(p) or () for p in body.form.outputs[c:]]
        numbers.update((p, np.array(y).reshape(-1, *shape)) for p, y, shape in zip(self.ys, columns, shapes, strict=True))
        if self.count is not None:
            numbers[self.count] = np.array(steps)

    def _length_at(self, floats: list[Any] | None) -> int:
        """The number of steps of a run at these floats."""
        if floats is None:
            raise OperationError("a while_loop depends on a number that is not known, so that its number of steps is not known either")
        return self.body.run(None, floats[: len(self.starts)], [], floats[len(self.starts) :], backwards=False)[2]

    def sweep(
        self, numbers: np.ndarray, arrays: dict[int, Any], received: dict[int, Any], active: set[int], selected: set[int], send: Any
    ) -> None:
        """Send each active argument the cotangent that it gets for the cotangents received at the results."""
        if self.length is None:
            if self.count not in arrays:  # since no other step reads its results
                self.run(numbers, arrays)
            self.of_its_length.sweep(numbers, arrays, received, active, selected, send)
            return
        inputs = list(dict.fromkeys(self.given))
        sent = [k for k, p in enumerate(self.results) if p in received]
        wanted = [p for p in inputs if p in active]
        key = tuple(sent), tuple(wanted), tuple([p in selected for p in self.results])
        if key not in self.sweeps:
            self.sweeps[key] = self._swept(inputs, sent, set(wanted), selected)
        given = [numbers.item(p) if p >= 0 else arrays[p] for p in inputs]
        found = self.sweeps[key]([*given, *[received[self.results[k]] for k in sent]])
        for place, x in zip(wanted, found, strict=True):
            send(place, x)

    @cached_property
    def sweeps(self) -> dict[Any, Form]:
        """Forms from the arguments and cotangents to gradients, made by `sweep`."""
        return {}

    def _swept(self, inputs: list[int], sent: list[int], wanted: set[int], selected: set[int]) -> Form:
        """The form from the arguments, each once, and cotangents of the results `sent` to the gradients of the wanted arguments."""
        body, form, n = self.body.form, Form(), self.length or 0
        shapes = {place: body.shape(p) for place, p in zip(self.given, body.inputs, strict=True)}
        shapes.update((place, (n, *(body.shape(p) or ()))) for place, p in zip(self.xs, body.inputs[len(self.starts) :], strict=False))
        places = {place: form.input(shapes[place]) for place in inputs}
        for k, place in enumerate(self.results):
            shape = body.shape(body.outputs[k])
            places[place] = form.place(shape if k < len(self.ends) else (n, *(shape or ())))
        own = self.moved(places)
        form.steps.append(own)
        received = {p: [form.input(form.shape(p))] for p in [places[self.results[k]] for k in sent]}
        own.reverse(
            form, [(p, []) for p in received], received, {places[p] for p in wanted}, {places[p] for p in self.results if p in selected}
        )
        ends = [places[p] for p in inputs if p in wanted]
        form.total(received, [p for p in ends if p in received])
        form.outputs = [received[p][0] if p in received else form.zero(form.shape(p)) for p in ends]
        return form.pruned()

    @cached_property
    def of_its_length(self) -> Step:
        """A step that has the results of this one, which has run: the loop of that length."""
        form = self.body.form
        order = sorted(range(len(self.ends)), key=lambda k: self.ends[k] < 0)  # numbers come first
        ends = [self.ends[k] for k in order]
        groups = [View(p, form.shapes[q], None) if p < 0 else np.array([p]) for p, q in zip(self.given, form.inputs, strict=True)]
        totals = tuple([View(self.ends[k], form.shapes[form.outputs[k]], None) for k in order if self.ends[k] < 0])
        batched = OfLength(partial(_of_length, self.body, order), sum(self.body.widths(form.inputs)), sum(self.body.widths(form.outputs)))
        return Step(batched, 1, tuple(groups), np.array([p for p in ends if p >= 0], int), (), 1.0, totals, self.count)

    # As part of a form.

    def places(self) -> list[list[int]]:
        """The places of the results."""
        return [[p] for p in (*self.results, *([] if self.count is None else [self.count]))]

    def sources(self) -> list[list[int]]:
        """The places of the arguments."""
        return [[p] for p in self.given]

    def reading(self, places: Mapping[int, int]) -> "Loop":
        """This step with its arguments at other places; `places` maps the old ones to the new."""
        starts, xs, shared = [tuple([places[p] for p in own]) for own in (self.starts, self.xs, self.shared)]
        return replace(self, starts=starts, xs=xs, shared=shared)

    def moved(self, places: Mapping[int, int]) -> "Loop":
        """This step with arguments and results at other places; `places` maps the old ones to the new."""
        ends, ys = [tuple([places[p] for p in own]) for own in (self.ends, self.ys)]
        return replace(self.reading(places), ends=ends, ys=ys, count=None if self.count is None else places[self.count])

    def only(self, live: set[int]) -> "Loop":
        """This step without results whose places are not in `live`, and without what only these need."""
        wanted = [k for k, p in enumerate(self.results) if p in live]
        if self.length is None and 0 not in wanted:
            wanted.insert(0, 0)
        body, ends, inputs = self.body.once(("only", tuple(wanted)), self.body.only)
        if len(ends) == len(self.results) and len(inputs) == len(self.given):
            return self
        c, given = body.carries, [self.given[i] for i in inputs]
        results = [self.results[k] for k in ends]
        return replace(
            self, body=body, starts=tuple(given[:c]), xs=tuple(given[c : c + body.xs]), shared=tuple(given[c + body.xs :]),
            ends=tuple(results[:c]), ys=tuple(results[c:]),
        )  # fmt: skip

    def selected(self, kinds: Mapping[int, bool]) -> list[tuple[int, bool]]:
        """For each argument its place, and whether only branches of a `where` use it; `kinds` tells the same of the results."""
        ends = [kinds.get(p, True) for p in self.results]
        inputs = self.body.selected(ends)[1]
        passed = ends[: len(self.starts)] if self.length == 0 else []  # with no step, the starts are the ends
        return [(p, inputs[i] and (i >= len(passed) or passed[i])) for i, p in enumerate(self.given)]

    # Derivatives.

    def forward(self, form: Any, carried: dict[int, int]) -> None:
        """Add to a form the loop that computes the results of this one and their tangents."""
        c = self.body.carries
        body, inputs, results = self.body.once(("tangent", tuple([p in carried for p in self.given])), self.body.tangent)
        first = [i for i in inputs if i < c]
        zeros = {i: form.zero(form.shape(self.given[i])) for i in first if self.given[i] not in carried}
        tangents = {i: zeros[i] if i in zeros else carried[self.given[i]] for i in inputs}
        parts = [range(c), range(c, c + len(self.xs)), range(c + len(self.xs), len(self.given))]
        starts, xs, shared = [(*[self.given[i] for i in part], *[tangents[i] for i in part if i in tangents]) for part in parts]
        carried.update((self.ends[j], form.place(form.shape(self.ends[j]))) for j in first)
        carried.update((self.results[k], form.place(form.shape(self.results[k]))) for k in results)
        form.steps.append(
            replace(
                self, body=body, starts=starts, xs=xs, shared=shared,
                ends=(*self.ends, *[carried[self.ends[j]] for j in first]), ys=(*self.ys, *[carried[self.results[k]] for k in results]),
            )
        )  # fmt: skip

    def reverse(
        self, form: Any, sent: list[tuple[int, list[int]]], received: dict[int, list[int]], active: set[int], selected: set[int]
    ) -> None:
        """Add to a form the loop backwards, from the cotangents that were `sent` to the results to those of the active arguments."""
        ends = [place for place, *_ in sent]
        if self.length is None:
            step = self.of_its_length
            step.reverse(form, [(p, own) for p, *own in step.places() if p in ends], received, active, selected)
            return
        outputs = tuple([k for k, p in enumerate(self.results) if p in ends])
        flags = tuple([p in active for p in self.given])
        body, found, used, seeded = self.body.once(
            ("adjoint", flags, outputs, tuple([p in selected or p not in ends for p in self.results])), self.body.adjoint
        )
        c, given = self.body.carries, self.given
        carries = [i for i in used if i < c]
        if split := self._split(form, carries):
            at = form.steps.index(self)
            form.steps[at : at + 1] = split
            reverse(split, self.results, form, received, active, selected)
            return
        kept = dict(zip(carries, self._keeping(form, tuple(carries)), strict=True))

        def sent_to(key: tuple[int, bool]) -> int:
            place = self.results[key[0]]
            if key[1] and place not in selected:  # it is reached, whatever its cotangent is
                return int(form.one(form.shape(place)))
            return int((form.flags.get(place, received[place]) if key[1] else received[place])[0])

        results = [form.place(form.shape(given[i])) for i, _ in found]
        n = body.carries
        firsts = [sent_to(key) if key[0] < c and self.ends[key[0]] in ends else form.zero(form.shape(given[key[0]])) for key in found[:n]]
        form.steps.append(
            Loop(
                body, self.length, tuple(firsts),
                (*[kept[i] if i < c else given[i] for i in used if i < c + len(self.xs)], *map(sent_to, seeded)),
                tuple([given[i] for i in used if i >= c + len(self.xs)]), tuple(results[:n]), tuple(results[n:]), not self.backwards,
            )
        )  # fmt: skip
        for (i, is_flag), place in zip(found, results, strict=True):
            if given[i] in (selected & active if is_flag else active):
                (form.flags if is_flag else received).setdefault(given[i], []).append(place)

    def _keeping(self, form: Any, carries: tuple[int, ...]) -> list[int]:
        """The places of the carries with which the steps begin, which the loop gives in place of this one in the form."""
        body, c = self.body.form, self.body.carries
        known = dict(zip(body.outputs[c:], self.ys, strict=True))
        more = tuple([j for j in carries if body.inputs[j] not in known])
        if more:
            made = self.body.once(("keeping", more), self.body.keeping)
            places = [form.place((self.length, *(body.shape(body.inputs[j]) or ()))) for j in more]
            form.steps[form.steps.index(self)] = replace(self, body=made, ys=(*self.ys, *places))
            known.update((body.inputs[j], p) for j, p in zip(more, places, strict=True))
        return [known[body.inputs[j]] for j in carries]

    def _split(self, form: Any, carries: Sequence[int]) -> list[Any]:
        """Steps in place of this one, a loop of loops among them, where what is kept of all its steps would take too much memory."""
        n, body = self.length or 0, self.body.form
        each = 8 * sum(self.body.widths([body.inputs[j] for j in carries]))
        inner = n if n * each <= KEPT else steps_between(n, each)
        if inner == n:
            return []
        own, c, m = Form(), self.body.carries, self.body.xs
        shapes = [body.shape(p) for p in body.inputs]
        given = [own.input((inner, *(s or ())) if c <= i < c + m else s) for i, s in enumerate(shapes)]
        shapes = [body.shape(p) for p in body.outputs]
        own.outputs = [own.place((inner, *(s or ())) if k >= c else s) for k, s in enumerate(shapes)]
        ends, ys = tuple(own.outputs[:c]), tuple(own.outputs[c:])
        own.steps.append(Loop(self.body, inner, tuple(given[:c]), tuple(given[c : c + m]), tuple(given[c + m :]), ends, ys, self.backwards))
        whole = replace(self, body=Body(own, c, m, plain=self.body.plain), length=n // inner)
        return self._in_parts(form, whole, n % inner) if n % inner else [whole]

    def _in_parts(self, form: Any, first: "Loop", rest: int) -> list[Any]:
        """Steps that do what this one does: the first loop without the last steps, `rest`, then these."""
        n, c = self.length or 0, len(self.starts)
        middle = tuple([form.place(form.shape(p)) for p in self.ends])
        of_xs, of_ys = [[(n, *(self.body.form.shape(p) or ())) for p in own[c:]] for own in (self.body.form.inputs, self.body.form.outputs)]
        before: list[Any] = []
        loops, parts = [], [range(rest, n), range(rest)] if self.backwards else [range(n - rest), range(n - rest, n)]
        ends: Any = {"ends": middle}, {"starts": middle, "length": rest}
        for loop, rows, own in zip((first, self), parts, ends, strict=True):
            found = [taken(form, x, shape, rows) for x, shape in zip(self.xs, of_xs, strict=False)]
            before += [step for step, _ in found]
            ys = tuple([form.place((len(rows), *shape[1:])) for shape in of_ys])
            loops.append(replace(loop, xs=tuple([x for _, x in found]), ys=ys, **own))
        pairs = zip(self.ys, of_ys, *[loop.ys for loop in loops], strict=True)
        after = [step for y, shape, *own in pairs for step in joined(form, list(zip(own, parts, strict=True)), y, shape)]
        return [*before, *loops, *after]


def steps_between(n: int, each: int) -> int:
    """How many steps lie between two checkpoints of a loop of n steps whose carry takes `each` bytes; n where that cannot be fewer.

    A number that divides n, where there is one that leaves not much fewer checkpoints; else steps remain.
    """
    most = min(n - 1, KEPT // (2 * each))
    if most < 2:  # a loop of one step is none
        return n
    divisor = max(k for d in range(1, isqrt(n) + 1) if n % d == 0 for k in (d, n // d) if k <= most)
    return divisor if 2 * divisor > most else most


def _is_known(x: Any) -> bool:
    """Whether a number is not 0 can be told.

    Raises:
        OperationError: it is a column of numbers.
    """
    if np.ndim(x):
        raise OperationError("a while_loop was given a column of numbers, expected one number: it runs number by number, or in vmap")
    try:
        float(x)
    except (TypeError, ValueError):
        return False
    return True


def _rows(x: Any, length: int | None, shape: tuple[int, ...] | None) -> np.ndarray:
    """An array, or a sequence of numbers of any kind, with an entry for each step."""
    found: np.ndarray = np.asarray(x).reshape(length or 0, *(shape or ()))
    return found


def _of_length(body: Body, order: Sequence[int], length: int, *, in_lanes: bool) -> BatchedForm:
    """The loop of a body that has run so many times, to its last carries in this order; in lanes some may have run fewer times."""
    form, own = Form(), body.once(("settled",), body.settled) if in_lanes else body
    given = [form.input(body.form.shape(p)) for p in body.form.inputs]
    ends = [form.place(body.form.shape(p)) for p in body.form.outputs]
    c = body.carries
    form.steps.append(Loop(own, length, tuple(given[:c]), (), tuple(given[c:]), tuple(ends)))
    form.outputs = [ends[k] for k in order]
    return BatchedForm(form)


STEPS[Loop] = over_lanes
