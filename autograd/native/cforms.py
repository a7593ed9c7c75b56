"""Forms in C: the steps one after the other; a loop, lanes and the arms of a `cond` with their text once.

Every number of a form and of all forms in it has a place of its own in one array, v, so that a step only says where its numbers are.
What is as long as a `while_loop` takes steps is allocated when that has run.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from math import isfinite, isnan, prod
from typing import Any, NamedTuple, Self

import numpy as np

from autograd.errors import OperationError

FEW = 4  # so many numbers are copied one by one


class Length(int):
    """A number that is known only when the C code runs: its text there. As a number it stands for any, and so do its products."""

    text: str

    def __new__(cls, text: str, number: int = 2) -> Self:
        """The number of this text."""
        made = super().__new__(cls, number)
        made.text = text
        return made

    def __mul__(self, other: int) -> "Length":
        return self if other == 1 else Length(f"{self.text} * {text_of(other)}", int(self) * int(other))

    __rmul__ = __mul__


class Ref(NamedTuple):
    """Where a number is, or the first of an array: an array in C, and an index in it."""

    base: str
    at: int = 0

    @property
    def number(self) -> str:
        """The number."""
        return f"{self.base}[{self.at}]"

    @property
    def pointer(self) -> str:
        """The array that begins there."""
        return f"{self.base} + {self.at}" if self.at else self.base

    def after(self, count: int) -> "Ref":
        """The place so many numbers after this one."""
        return Ref(self.base, self.at + count)


Run = tuple[Ref, int]  # numbers that stand one after the other: the first, and how many
Bound = dict[int, Any]  # for each place of a form where it is: a Ref, or a Length


def text_of(n: int) -> str:
    """A whole number in C."""
    return n.text if isinstance(n, Length) else str(int(n))


def literal(x: float) -> str:
    """A number in C."""
    return repr(x) if isfinite(x) else "NAN" if isnan(x) else "INFINITY" if x > 0.0 else "-INFINITY"


def merged(runs: Sequence[Run]) -> list[Run]:
    """The runs, as few as they are."""
    found: list[Run] = []
    for ref, n in runs:
        if found and not isinstance(n, Length) and not isinstance(found[-1][1], Length) and found[-1][0].after(found[-1][1]) == ref:
            found[-1] = found[-1][0], found[-1][1] + n
        elif isinstance(n, Length) or n:
            found.append((ref, n))
    return found


class FormText:
    """The statements of one C function while they are written.

    Args:
        called: gives the names of the C functions that run a program in turn, each on the numbers of the program and on scratch; and
            whether their sums are plain ones.

    Attributes:
        lines: the statements.
        tables: the names of constant arrays, which are declared before them, by their kind and content.
        first: what is done once, before them.
        size: how many numbers v has.
    """

    def __init__(self, called: Callable[..., Sequence[str]]) -> None:
        self.called = called
        self.lines: list[str] = []
        self.tables: dict[tuple[str, str], str] = {}
        self.first: list[str] = []
        self.size = 0
        self._depth, self._names, self._allocates = 1, 0, False

    def line(self, text: str) -> None:
        """Add a statement."""
        self.lines.append("    " * self._depth + text)

    def run_through(self, n: int | str, text: str) -> None:
        """Add a statement, run for each k below n."""
        self.line(f"for (size_t k = 0; k < {n}; k++) {text};")

    def name(self, letter: str) -> str:
        """A name that is not taken."""
        self._names += 1
        return f"{letter}{self._names}"

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """A loop or branch around what is added meanwhile; what that allocates is free after it."""
        outer, self._allocates = self._allocates, False
        self.line(f"{head} {{")
        self._depth += 1
        begin = len(self.lines)
        yield
        if self._allocates:
            mark = self.name("mark")
            self.lines.insert(begin, "    " * self._depth + f"void *{mark} = last;")
            self.line(f"ag_back(&last, {mark});")
        self._depth -= 1
        self.line("}")
        self._allocates = outer

    def room(self, n: int) -> Ref:
        """Room for so many numbers."""
        if not isinstance(n, Length):
            self.size += n
            return Ref("v", self.size - n)
        name, self._allocates = self.name("p"), True
        self.line(f"double *{name} = ag_more(&last, {n.text});")
        self.line(f"if (!{name}) return ag_back(&last, NULL), -1;")
        return Ref(name)

    def copied(self, to: Ref, runs: Sequence[Run]) -> None:
        """Add statements that copy runs to a place, one after the other."""
        for ref, n in merged(runs):
            if isinstance(n, Length) or n > FEW:
                self.line(f"memcpy({to.pointer}, {ref.pointer}, {text_of(n)} * sizeof(double));")
            else:
                for k in range(n):
                    self.line(f"{to.after(k).number} = {ref.after(k).number};")
            to = to.after(n)

    def table(self, numbers: Sequence[Any], kind: str = "double") -> str:
        """The name of a constant array."""
        text = ", ".join(literal(x) if kind == "double" else str(x) for x in numbers)
        return self.tables.setdefault((kind, text), f"c{len(self.tables)}")

    def constant(self, x: Any, shape: Any) -> Ref:
        """Where a constant of a form is."""
        if isinstance(x, float | int):
            return Ref(self.table([float(x)]))
        if not isinstance(x, np.ndarray):
            raise _several_paths()
        if x.size and not x.any() and not np.signbit(x).any():
            n = prod(shape)
            ref = self.room(n)
            self.line(f"memset({ref.pointer}, 0, {text_of(n)} * sizeof(double));")
            return ref
        return Ref(self.table(np.ravel(x).tolist() or [0.0]))

    # Forms and their steps.

    def form(self, form: Any, given: Sequence[Ref]) -> list[Run]:
        """Add the statements of a form; where its outputs are."""
        at: Bound = dict(zip(form.inputs, given, strict=True))
        at |= {place: self.constant(x, form.shape(place) or ()) for place, x in form.constants.items()}
        for step in form.steps:
            add = STEPS.get(step.__class__.__name__)
            if add is None:
                raise _several_paths()
            add(self, step, at)
        return [(at[p], prod(form.shape(p) or ())) for p in form.outputs]

    def pack(self, step: Any, at: Bound) -> None:
        """Numbers as an array."""
        numbers = self.joined(merged([(at[p], 1) for p in step.numbers.tolist()]))
        if step.index is not None:
            numbers, once, index = self.room(len(step.index)), numbers, self.table(step.index.tolist(), "size_t")
            self.run_through(len(step.index), f"({numbers.pointer})[k] = ({once.pointer})[{index}[k]]")
        at[step.array] = numbers

    def unpack(self, step: Any, at: Bound) -> None:
        """The numbers of an array, or their sums."""
        numbers = at[step.array]
        if step.index is not None:
            numbers, entries = self.room(len(step.numbers)), numbers
            self.run_through(len(step.numbers), f"({numbers.pointer})[k] = -0.0")
            index = self.table(step.index.tolist(), "size_t")
            self.run_through(len(step.index), f"({numbers.pointer})[{index}[k]] += ({entries.pointer})[k]")
        at.update((p, numbers.after(k)) for k, p in enumerate(step.numbers.tolist()))

    def joined(self, runs: Sequence[Run]) -> Ref:
        """Where all of these numbers stand one after the other."""
        if len(runs) == 1:
            return runs[0][0]
        ref = self.room(sum([n for _, n in runs]))
        self.copied(ref, runs)
        return ref

    def step(self, step: Any, at: Bound) -> None:
        """A program, or a form, once or in lanes."""
        runner = step.batched
        if hasattr(runner, "make") and hasattr(runner, "along"):  # a form for each length, or a program for each path
            if not isinstance(at[step.route], Length):
                raise _several_paths()
            runner = runner.make(at[step.route], in_lanes=False)
        lane = _Lane(self, runner, None if step.route is None else at[step.route])
        is_one = not isinstance(step.lanes, Length) and step.lanes == 1
        first, varying = 0, []
        for g in step.inputs:
            if is_one or not isinstance(getattr(g, "axis", None), int):
                lane.give(first, self._group(g, at, "0"))
            else:
                varying.append((first, g))
            first += g.width if hasattr(g, "axis") else len(g)
        arrays = {view.place: self._array(view) for view in step.columns}
        runs = self._weighted(lane.run(), step.weight) if is_one else self._lanes(step, lane, varying, arrays, at)
        for place in step.sums.tolist():
            own, runs = cut(runs, 1)
            at[place] = own[0][0]
        for view in step.totals:
            own, runs = cut(runs, view.width)
            at[view.place] = self.joined(own)
        if is_one:
            self._stored(step, runs, arrays, "0")
        at.update(arrays)

    def _lanes(self, step: Any, lane: "_Lane", varying: Sequence[tuple[int, Any]], arrays: dict[int, Ref], at: Bound) -> Sequence[Run]:
        """Lanes one after the other; where the sums over them are."""
        i, n = self.name("i"), step.summed
        total = self.room(2 * n)
        if n:
            self.line(f"ag_lanes_begin({total.pointer}, {n});")
        with self.block(f"for (size_t {i} = 0; {i} < {text_of(step.lanes)}; {i}++)"):
            for first, g in varying:
                lane.give(first, self._group(g, at, i))
            own, rest = cut(lane.run(), n)
            if n:
                self.line(f"ag_lanes_add({total.pointer}, {self.joined(own).pointer}, {n});")
            self._stored(step, self._weighted(rest, step.weight), arrays, i)
        if n:
            self.line(f"ag_lanes_end({total.pointer}, {n});")
        return self._weighted([(total, n)], step.weight) if n else []

    def _array(self, view: Any) -> Ref:
        """Room for an array of which each lane gives a part; 0 where none does."""
        n = prod(view.shape)
        ref = self.room(n)
        if view.rows is not None:
            self.line(f"memset({ref.pointer}, 0, {text_of(n)} * sizeof(double));")
        return ref

    def _weighted(self, runs: Sequence[Run], weight: float) -> Sequence[Run]:
        """The numbers times a factor."""
        if weight == 1.0 or not runs:
            return runs
        n = sum([n for _, n in runs])
        ref, source = self.room(n), self.joined(runs)
        self.run_through(n, f"({ref.pointer})[k] = {literal(weight)} * ({source.pointer})[k]")
        return [(ref, n)]

    def _row(self, view: Any, lane: str) -> str:
        """The index of a lane along the axis of a view."""
        if view.rows is None:
            return lane
        return str(view.rows[0]) if lane == "0" else f"{self.table(view.rows.tolist(), 'size_t')}[{lane}]"

    def _group(self, g: Any, at: Bound, lane: str) -> list[Run]:
        """A group of inputs of a lane."""
        if not hasattr(g, "axis"):
            return merged([(at[p], 1) for p in g.tolist()])
        ref, n = at[g.place], g.width
        if g.axis is None:
            return [(ref, n)]
        rows, inner, row = prod(g.shape[: g.axis]), prod(g.shape[g.axis + 1 :]), self._row(g, lane)
        if g.axis == 0:
            return [(self._at(ref, row, inner), n)]
        own = self.room(n)
        with self.block(f"for (size_t k = 0; k < {text_of(rows)}; k++)"):
            source = f"{ref.pointer} + (k * {text_of(g.shape[g.axis])} + {row}) * {inner}"
            self.line(f"memcpy({own.pointer} + k * {inner}, {source}, {inner} * sizeof(double));")
        return [(own, n)]

    def _at(self, ref: Ref, row: str, width: int, kind: str = "const double") -> Ref:
        """A row of an array of rows of this width."""
        if row.isdecimal():
            return ref.after(int(row) * width)
        name = self.name("p")
        self.line(f"{kind} *{name} = {ref.pointer} + {row}{f' * {width}' * (width != 1)};")
        return Ref(name)

    def _stored(self, step: Any, runs: Sequence[Run], arrays: dict[int, Ref], lane: str) -> None:
        """Add statements that store the parts of arrays that a lane gives."""
        for view in step.columns:
            own, runs = cut(runs, view.width)
            ref, inner, row = arrays[view.place], prod(view.shape[view.axis + 1 :]), self._row(view, lane)
            if view.axis == 0:
                self.copied(self._at(ref, row, inner, "double"), own)
                continue
            source = self.joined(own)
            with self.block(f"for (size_t k = 0; k < {text_of(prod(view.shape[: view.axis]))}; k++)"):
                to = f"{ref.pointer} + (k * {text_of(view.shape[view.axis])} + {row}) * {inner}"
                self.line(f"memcpy({to}, {source.pointer} + k * {inner}, {inner} * sizeof(double));")

    def loop(self, step: Any, at: Bound) -> None:
        """A loop: its body once."""
        body, c, m, n = step.body, step.body.carries, step.body.xs, step.length
        inputs, outputs = body.widths(body.form.inputs), body.widths(body.form.outputs)
        carry = [self.room(w) for w in inputs[:c]]
        for to, place, w in zip(carry, step.starts, inputs, strict=False):
            self.copied(to, [(at[place], w)])
        ys = [self.room((n or 0) * w) for w in outputs[c:]]
        lane, starts = _Lane(self, body.batched or body, plain=body.plain), [0, *accumulate(inputs)]
        for k, place in enumerate(step.shared, c + m):
            lane.give(starts[k], [(at[place], inputs[k])])
        i = self.name("i")
        if n is None:
            self.line(f"size_t {i} = 0;")
            head = f"for (; {carry[0].number} != 0.0; {i}++)"
        elif step.backwards:
            head = f"for (size_t {i} = {text_of(n)}; {i}-- > 0;)"
        else:
            head = f"for (size_t {i} = 0; {i} < {text_of(n)}; {i}++)"
        with self.block(head):
            for k in range(c):
                lane.give(starts[k], [(carry[k], inputs[k])])
            for k, place in enumerate(step.xs, c):
                lane.give(starts[k], [(self._at(at[place], i, inputs[k]), inputs[k])])
            runs = lane.run()
            _, rest = cut(runs, sum(outputs[:c]))
            for y, w in zip(ys, outputs[c:], strict=True):
                own, rest = cut(rest, w)
                self.copied(self._at(y, i, w, "double"), own)
            self._carried(carry, outputs, runs)
        at.update(zip(step.ends, carry, strict=True))
        at.update(zip(step.ys, ys, strict=True))
        if step.count is not None:
            at[step.count] = Length(i)

    def _carried(self, carry: Sequence[Ref], widths: Sequence[int], runs: Sequence[Run]) -> None:
        """Add statements that make the first outputs the next carry; by way of room of their own where these are carries themselves."""
        ends = []
        for ref, w in zip(carry, widths, strict=False):
            own, runs = cut(runs, w)
            if own != [(ref, w)]:
                ends.append((ref, own, w))
        first, last = (carry[0].at, carry[-1].after(widths[len(carry) - 1]).at) if carry else (0, 0)
        if any(ref.base == "v" and first <= ref.at < last for _, own, _ in ends for ref, _ in own):
            apart = [(self.room(w), own, w) for _, own, w in ends]
            for to, own, _ in apart:
                self.copied(to, own)
            ends = [(ref, [(to, w)], w) for (ref, _, w), (to, _, _) in zip(ends, apart, strict=True)]
        for ref, own, _ in ends:
            self.copied(ref, own)


class _Lane:
    """What runs once, or in each lane or step: a program, a form, or one of two forms, of which a number chooses one."""

    def __init__(self, text: FormText, runner: Any, truth: Any = None, *, plain: bool = False) -> None:
        self.text, self.runner, self.truth, self.plain = text, runner, truth, plain
        self.given: dict[int, list[Run]] = {}
        self.program = getattr(runner, "program", None)
        if self.program is None:
            return
        program = self.program
        self.region = text.room(program.inputs + len(program.constants) + len(program))
        if len(program.constants):
            name = text.table(program.constants.tolist())
            text.first.append(f"memcpy({self.region.after(program.inputs).pointer}, {name}, sizeof {name});")

    def give(self, first: int, runs: Sequence[Run]) -> None:
        """Let the inputs from this one on be these numbers."""
        if self.program is None:
            self.given[first] = list(runs)
        else:
            self.text.copied(self.region.after(first), runs)

    def run(self) -> list[Run]:
        """Add the statements; where the outputs are."""
        if self.program is not None:
            for name in self.text.called(self.program, plain=self.plain):
                self.text.line(f"{name}({self.region.pointer}, t);")
            return merged([(self.region.after(place), 1) for place in self.program.outputs.tolist()])
        runs = [run for _, own in sorted(self.given.items()) for run in own]
        if not hasattr(self.runner, "arms"):
            return self._form(self.runner.form, runs)
        no, yes = self.runner.arms
        found = self.text.room(yes.outputs)
        for head, arm in ((f"if ({self.truth.number} != 0.0)", yes), ("else", no)):
            with self.text.block(head):
                self.text.copied(found, self._form(arm.form, runs))
        return [(found, yes.outputs)]

    def _form(self, form: Any, runs: Sequence[Run]) -> list[Run]:
        given = []
        for place in form.inputs:
            own, runs = cut(runs, prod(form.shape(place) or ()))
            given.append(self.text.joined(own))
        return self.text.form(form, given)


def cut(runs: Sequence[Run], count: int) -> tuple[list[Run], list[Run]]:
    """The first so many numbers, and the others."""
    first: list[Run] = []
    rest = list(runs)
    while count:
        (ref, n), *rest = rest
        first.append((ref, min(n, count)))
        if n > count:
            rest = [(ref.after(count), n - count), *rest]
        count -= first[-1][1]
    return first, rest


STEPS = {"Step": FormText.step, "Loop": FormText.loop, "Pack": FormText.pack, "Unpack": FormText.unpack}


def _several_paths() -> OperationError:
    return OperationError(
        "a function that was recorded with a branch of its own, an `if` of Python on a number, cannot be written in C, since only those "
        "paths are known that were taken: choose with where, or with cond"
    )
