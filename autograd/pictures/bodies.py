"""The calls in a picture: a loop as a box with its body in it once, its carry as a dashed arrow from the end back to the start.

In the box are the operations of one step. Its round nodes are what a step is given, the carry and the entries x of xs; what all steps share
comes from outside. A `cond` is a box with its two branches, a `while_loop` has a diamond, its condition.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

from autograd.labels import printable
from autograd.pictures.colours import LIGHT

CLUSTER = f'style="rounded,filled" color="{LIGHT["ring"]}" fillcolor="{{}}" fontcolor="{LIGHT["ink"]}" margin=9 labeljust=l'
GROUNDS = LIGHT["raised"], LIGHT["box"], LIGHT["card"]
ENTRY = f'shape=ellipse style=filled color="{LIGHT["ink"]}" margin="0.04,0.02" height=0.15'
CONDITION = 'shape=diamond style=filled margin="0,0" height=0.2'
NOTE = f'shape=plaintext style="" fontcolor="{LIGHT["muted"]}" margin="0.03,0.02"'
AGAIN = f'style=dashed constraint=false color="{LIGHT["lp"]}" fontcolor="{LIGHT["lp"]}"'
MOST_APART = 3  # edges between the same two nodes, from which on they are one

Sources = tuple[str, ...]  # the nodes from which a number, or the numbers of an array, come


def is_call(node: Any) -> bool:
    """Whether a node stands for a recorded function."""
    return hasattr(node.op, "slots")


def is_hidden(node: Any) -> bool:
    """Whether it is a call whose results are nodes of their own."""
    return is_call(node) and not hasattr(node.op, "changeable")


def loops(form: Any) -> bool:
    """Whether there is a loop or a `cond` in a form."""
    return any(hasattr(step, "body") or hasattr(getattr(step, "batched", None), "arms") or loops(inner(step)) for step in steps_of(form))


def steps_of(form: Any) -> Sequence[Any]:
    """The steps of a form, none where there is none."""
    return () if form is None else form.steps


def inner(step: Any) -> Any:
    """The form that a step runs in lanes, where it is one."""
    return getattr(getattr(step, "batched", None), "form", None)


def counted(count: int, what: str) -> str:
    """So many of something."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def operations(form: Any) -> int:
    """How many operations there are in a form, those of a body counted once."""
    total = 0
    for step in steps_of(form):
        batched = getattr(step, "batched", None)
        forms = [step.body.form] if hasattr(step, "body") else [arm.form for arm in getattr(batched, "arms", ())] or [inner(step)]
        total += len(getattr(batched, "program", ())) + sum(map(operations, forms))
    return total


def often(step: Any) -> str:
    """How often a loop runs its body, in words."""
    return counted(step.length, "step") if step.length is not None else "as long as its condition holds"


def contents(form: Any) -> list[str]:
    """What a call runs, in words."""
    lines = [f"{often(step)} of {counted(operations(step.body.form), 'operation')}" for step in form.steps if hasattr(step, "body")]
    return lines or [counted(operations(form), "operation")]


def result_name(form: Any, key: tuple[int, int]) -> str:
    """What a result of a call is called: the last carry of a loop, or a y of a step."""
    k, i = key
    place = form.outputs[k]
    shape = form.shape(place) or ()
    for step in form.steps:
        if hasattr(step, "body") and place in step.ends:
            first = 0 if step.length is not None else 1
            several = f" {step.ends.index(place) + 1 - first}" if len(step.ends) > 1 + first else ""
            return f"last carry{several}{_index(i, shape)}"
        if hasattr(step, "body") and place in step.ys:
            several = f"{step.ys.index(place) + 1}" if len(step.ys) > 1 else ""
            own, rest = divmod(i, max(1, prod(shape[1:])))
            return f"y{several} of step {own + 1}{_index(rest, shape[1:])}"
    return f"result{f' {k + 1}' if len(form.outputs) > 1 else ''}{_index(i, shape)}"


def _index(i: int, shape: Sequence[int]) -> str:
    """The index of entry i of an array."""
    found = []
    for length in reversed(shape):
        i, own = divmod(i, length)
        found.append(str(own))
    return f"[{', '.join(reversed(found))}]" if found else ""


class Body:
    """What a call runs, as part of a picture.

    Args:
        ident: with what the names of its nodes begin.
        node: the node of the call.
        number: how constants are written.

    Attributes:
        lines: the box in DOT.
        size: how many nodes it has.
        given: for each argument of the call the nodes that use it.
        edges: how many edges it has.
    """

    ident: str
    number: Any
    name: Any
    size: int
    edges: int

    def __init__(self, ident: str, node: Any, number: Any) -> None:
        self.ident, self.number, self.name = ident, number, node.op.name
        self.lines: list[str] = []
        self.size = self.edges = self._clusters = 0
        self._links: Counter[tuple[str, str]] = Counter()
        self._fixed: set[str] = set()  # nodes that are constants
        op, form = node.op, node.op.form
        outside = [(f"\0{k}",) for k in range(len(node.args))]
        given = [
            outside[slot] if slot.__class__ is int else () if slot is None else tuple([f"\0{k}" for k in slot]) if slot.__class__ is list
            else outside[slot[0]]
            for slot in op.slots
        ]  # fmt: skip
        self._counts = _counts(form, op.given)
        self.results = self._form(form, [*given], [None if slot is not None else x for slot, x in zip(op.slots, op.given, strict=True)])
        self.given: dict[int, list[str]] = {}
        for (source, target), count in self._links.items():
            if source.startswith("\0"):
                self.given.setdefault(int(source[1:]), []).append(target)
                continue
            self.edges += min(count, MOST_APART)
            several = f'label=" ×{count:,} "' if count > MOST_APART else ""
            look = " ".join(filter(None, ["style=dashed" * (source in self._fixed), several]))
            self.lines += [f"  {source} -> {target}{f' [{look}]' if look else ''}"] * (1 if several else count)

    def result(self, key: tuple[int, int]) -> Sources:
        """The nodes from which a result of the call comes."""
        return tuple([x for x in self.results[key[0]] if not x.startswith("\0")])

    # The parts of the box.

    def _node(self, label: str, look: str = "") -> str:
        self.size += 1
        name = f"{self.ident}_{self.size}"
        self.lines.append(f'    {name} [label="{_text(label)}"{f" {look}" if look else ""}]')
        return name

    def _constant(self, x: Any) -> str:
        self._fixed.add(name := self._node(self.number(float(x)) if isinstance(x, float | int) else f"array {tuple(x.shape)}", NOTE))
        return name

    def _link(self, sources: Sources, target: str) -> None:
        self._links.update([(source, target) for source in sources])

    @contextmanager
    def _box(self, title: str, depth: int) -> Iterator[None]:
        self._clusters += 1
        self.lines.append(f"  subgraph cluster_{self.ident}_{self._clusters} {{")
        self.lines.append(f'    graph [label="{_text(title)}" {CLUSTER.format(GROUNDS[depth % len(GROUNDS)])}]')
        yield
        self.lines.append("  }")

    def _form(self, form: Any, given: Sequence[Sources], arrays: Sequence[Any] = (), depth: int = 0) -> list[Sources]:
        """Add the operations of a form; the sources of its outputs. `arrays` has those inputs that are known."""
        at: dict[int, Sources] = dict(zip(form.inputs, given, strict=True))
        known: dict[int, Any] = {**form.constants, **{p: x for p, x in zip(form.inputs, arrays, strict=False) if x is not None}}

        def sources(place: int) -> Sources:
            if place in known and not at.get(place):
                x = known[place]
                at[place] = (self._constant(x),)
            return at[place]

        for step in form.steps:
            if hasattr(step, "body"):
                self._loop(step, sources, at, depth)
            elif hasattr(step, "array"):
                entries = step.numbers.tolist()
                if step.array in at or step.array in known:
                    at.update(dict.fromkeys(entries, sources(step.array)))
                else:
                    at[step.array] = tuple(dict.fromkeys(x for p in entries for x in sources(p)))
            elif hasattr(step, "known"):  # which path is taken
                at[step.place] = ()
            else:
                self._step(step, sources, at, depth)
        return [sources(p) for p in form.outputs]

    def _loop(self, step: Any, sources: Any, at: dict[int, Sources], depth: int) -> None:
        body, c = step.body, step.body.carries
        steps = counted(self._counts[step.count], "step") if step.count in self._counts and depth == 0 else often(step)
        title = f"{self.name if depth == 0 else 'while_loop' if step.length is None else 'scan'}, {steps}"
        with self._box(f"{title}{', backwards' if step.backwards else ''}", depth):
            first = 1 if step.length is None else 0
            read = {place for own in body.form.steps for place, *_ in own.sources()} | set(body.form.outputs)
            given: list[Sources] = [()] * first
            for k, place in enumerate(step.starts[first:], first):
                given.append((self._node(f"carry{f' {k + 1 - first}' if c - first > 1 else ''}", ENTRY),))
                self._link(sources(place), given[-1][0])
            for k, place in enumerate(step.xs):
                given.append((self._node(f"x{f'{k + 1}' if len(step.xs) > 1 else ''}", ENTRY),))
                self._link(sources(place), given[-1][0])
            given += [sources(p) if q in read else () for p, q in zip(step.shared, body.form.inputs[c + len(step.xs) :], strict=True)]
            found = self._form(body.form, given, (), depth + 1)
            if first:
                condition = self._node("go on", CONDITION)
                self._link((*(at.get(step.starts[0], ()) if depth else ()), *found[0]), condition)
                found[0] = (condition,)
            for k in range(first, c):
                for source in found[k]:
                    if source != given[k][0] and not source.startswith("\0"):
                        self.edges += 1
                        self.lines.append(f'    {source} -> {given[k][0]} [label="carry" {AGAIN}]')
        at.update(zip(step.results, found, strict=True))
        if step.count is not None:
            at[step.count] = found[0]

    def _step(self, step: Any, sources: Any, at: dict[int, Sources], depth: int) -> None:
        given = [s for g in step.inputs for s in ([sources(g.place)] * g.width if hasattr(g, "axis") else map(sources, g.tolist()))]
        batched, lanes = step.batched, step.lanes
        if hasattr(batched, "arms"):
            found = self._arms(step, given, sources(step.route), depth)
        elif step.route is not None or hasattr(batched, "make"):
            node = self._node("a loop of that length" if at.get(step.route) else "the path of its guards")
            for own in {*given, at.get(step.route, ())}:
                self._link(own, node)
            found = [(node,)] * batched.outputs
        elif lanes > 1:
            with self._box(f"in {lanes:,} lanes", depth + 1):
                found = self._program(batched, given, depth + 1)
        else:
            found = self._program(batched, given, depth)
        places = iter(found)
        for place, *own in step.places():
            at[place] = tuple(dict.fromkeys(x for _ in own for x in next(places)))

    def _program(self, batched: Any, given: Sequence[Sources], depth: int) -> list[Sources]:
        """The operations of a program, or of a form; the sources of its outputs."""
        if not hasattr(batched, "program"):
            return self._flattened(batched.form, given, depth)
        program = batched.program
        made: list[Sources] = list(given)
        constants = program.constants.tolist()
        for op, args in program.instructions():
            node = self._node(op.label)
            for a in args:
                if a < len(given):
                    self._link(made[a], node)
                elif a < len(given) + len(constants):
                    self._link((self._constant(constants[a - len(given)]),), node)
                else:
                    self._link(made[a - len(constants)], node)
            made.append((node,))
        n = len(given)
        ends = program.outputs.tolist()
        return [
            made[a] if a < n else made[a - len(constants)] if a >= n + len(constants)
            else (self._constant(constants[a - n]),)
            for a in ends
        ]  # fmt: skip

    def _flattened(self, form: Any, given: Sequence[Sources], depth: int) -> list[Sources]:
        """A form whose inputs and outputs are given number by number."""
        widths, first, own = [prod(form.shape(p) or ()) for p in form.inputs], 0, []
        for w in widths:
            own.append(tuple(dict.fromkeys(x for s in given[first : first + w] for x in s)))
            first += w
        found = self._form(form, own, (), depth)
        return [x for x, p in zip(found, form.outputs, strict=True) for _ in range(prod(form.shape(p) or ()))]

    def _arms(self, step: Any, given: Sequence[Sources], truth: Sources, depth: int) -> list[Sources]:
        no, yes = step.batched.arms
        with self._box("cond", depth):
            condition = self._node("if", CONDITION)
            self._link(truth, condition)
            both = []
            for title, arm in (("if true", yes), ("otherwise", no)):
                with self._box(title, depth + 1):
                    before = self.size
                    found = self._flattened(arm.form, given, depth + 1)
                    if self.size == before:
                        name = self._node("as given", NOTE)
                        for own in found:
                            self._link(own, name)
                        found = [(name,)] * len(found)
                    both.append(found)
        return [tuple(dict.fromkeys((*a, *b))) for a, b in zip(*both, strict=True)]


def _counts(form: Any, given: Sequence[Any]) -> dict[Any, int]:
    """How many steps each `while_loop` of a form took, by the place of that number."""
    counts = [step.count for step in form.steps if getattr(step, "count", None) is not None]
    if not counts:
        return {}
    numbers, arrays = form._filled(given)  # noqa: SLF001  # its own run
    for step in form.steps:
        step.run(numbers, arrays)
    return {place: int(arrays[place]) for place in counts}


def _text(label: str) -> str:
    return printable(label).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
