"""A recorded program as text for LLVM: forward, and in reverse.

The instructions are cut into pieces, each a function, so that compiling takes time in proportion to them. Within a piece numbers stay in
registers; what another piece reads goes through memory, a row of numbers, one for each lane, for each slot. The reverse of the last piece
is in the function of the piece itself.

For one lane, rows are single numbers, by slot, as the kernel has them. For several, what is the same for all lanes comes as single
numbers, by slot, too; its cotangents are added up in accumulators.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf, nan
from typing import Any

from autograd.op import Op
from autograd.program.machine.library import Library, known, restored, small
from autograd.program.machine.numbers import CONDITION, FLOAT, WHOLE, Code, Functions, Number, added

PIECE = 256  # operands of a piece
MANY, TERMS = 64, 32  # operands up to which an operation shares a piece; and of one with more, the terms in a function
MODULE = 8  # pieces
EMPTY_SUM = -0.0
POINTERS = "ptr noalias %v, ptr noalias %g, ptr noalias %s, ptr noalias %m, ptr noalias %u, ptr noalias %a"


Fold = Callable[[Sequence[tuple[int, ...]], tuple[Any, Any] | None], tuple[Any, Any]]


class Facts:
    """A program as lists, and what is known of its slots: inputs, constants, and then one for each instruction.

    Args:
        ops: the operation of each instruction.
        args: the slots of its arguments.
        constants: their numbers.
        inputs: how many.
        outputs: their slots.
        uniform: for each input whether all lanes share it.
        wanted: for each input whether its gradient is wanted.
        seeded: for each output whether it has a cotangent.

    Attributes:
        varies: by slot, whether it differs from lane to lane.
        active: whether it depends on a wanted input and is reached from a seeded output.
        read: the slots that instructions read.
        always: whether it is reached always, and not only through branches of a `where`.
    """

    ops: list[Op]
    args: list[list[int]]
    constants: list[float]
    inputs: int
    outputs: list[int]
    seeded: Sequence[bool]
    first: int
    varies: list[bool]
    always: list[bool]
    slots: int
    read: set[int]
    active: list[bool]

    def __init__(
        self, ops: list[Op], args: list[list[int]], constants: list[float], inputs: int, outputs: list[int], uniform: Sequence[bool],
        wanted: Sequence[bool], seeded: Sequence[bool],
    ) -> None:  # fmt: skip
        self.ops, self.args, self.constants, self.inputs, self.outputs = ops, args, constants, inputs, outputs
        self.seeded = seeded
        self.first = first = inputs + len(constants)
        slots = first + len(ops)
        varies = [not x for x in uniform] + [False] * (slots - inputs)
        depends = [bool(x) for x in wanted] + [False] * (slots - inputs)
        for k, (op, own) in enumerate(zip(ops, args, strict=True)):
            varies[first + k] = any(varies[a] for a in own)
            depends[first + k] = any(depends[a] for a in _reached(op, own))
        reached, always = [False] * slots, [False] * slots
        for slot, is_seeded in zip(outputs, seeded, strict=True):
            if is_seeded:
                reached[slot] = always[slot] = True
        for k in range(len(ops) - 1, -1, -1):
            slot = first + k
            if depends[slot] and reached[slot]:
                for a in _reached(ops[k], args[k]):
                    reached[a] = True
                    always[a] = always[a] or (always[slot] and not ops[k].selects)
        self.varies, self.always, self.slots = varies, always, slots
        self.read = {a for own in args for a in own}
        self.active = [a and b for a, b in zip(depends, reached, strict=True)]


_depends: dict[Op, tuple[bool, ...] | None] = {}


def _reached(op: Op, own: list[int]) -> list[int]:
    """The arguments on which an operation depends."""
    if op not in _depends:
        if op.arity is None:
            _depends[op] = None
        else:
            code = Code(1, Library(1))
            x = [Number(code, FLOAT, f"%x{k}") for k in range(op.arity + 1)]
            found = op.partials(x[0], *x[1:])
            _depends[op] = tuple([p is not None for p in found])
    mask = _depends[op]
    return own if mask is None or all(mask) else [a for a, is_there in zip(own, mask, strict=True) if is_there]


class Rows(dict[int, int]):
    """Rows by slot, numbered as they are asked for."""

    def __missing__(self, slot: int) -> int:
        self[slot] = len(self)
        return self[slot]


class SameRows(dict[int, int]):
    """For each slot the row of its number."""

    def __missing__(self, slot: int) -> int:
        self[slot] = slot
        return slot


class Emission:
    """The text of some instructions of a program, for a width, as one function.

    Args:
        facts: the program.
        instructions: those to be run, in order.
        library: the functions of operations, of this width.
        name: of the function.
        reverse: whether in reverse, too.
        sums: the slots that are summed over the lanes; their accumulators come first.
        kept: the slots whose values are to be in their rows in the end.
        lanes: whether there are lanes: slots that do not vary are then uniform.
        sent: the slots whose cotangents have come from elsewhere, where there are no lanes.

    Attributes:
        v, g, m: the rows of values, cotangents and masks by slot.
        seeds: for each seeded slot that varies the numbers of its outputs, which are the rows of their cotangents.
        uses: for each of the accumulators after those of `sums` its place in the reverse sweep, and the slot, which all lanes share, whose
            cotangent it adds up for one instruction that reads it.
    """

    facts: Facts
    library: Library
    name: str
    reverse: bool
    sums: Sequence[int]
    kept: set[int]
    lanes: bool
    width: int
    v: dict[int, int]
    g: dict[int, int]
    m: dict[int, int]
    pieces: list[list[int]]
    own: set[int]
    sent: set[int]
    functions: "list[_Piece]"

    def __init__(
        self, facts: Facts, instructions: Sequence[int], library: Library, name: str, *, reverse: bool, sums: Sequence[int] = (),
        kept: Iterable[int] = (), lanes: bool, sent: Iterable[int] = (),
    ) -> None:  # fmt: skip
        self.facts, self.library, self.name, self.reverse, self.sums = facts, library, name, reverse, sums
        self.kept, self.lanes, self.width = set(kept), lanes, library.width
        rows = Rows if lanes else SameRows
        self.v, self.g, self.m = rows(), rows(), rows()
        self.needed: set[int] = set()
        self.pieces = self._cut(instructions)
        self.own = {facts.first + k for k in instructions}
        self.seeds: dict[int, list[int]] = {}
        for k, slot in enumerate(facts.outputs):
            if facts.seeded[k] and facts.active[slot] and (facts.varies[slot] or not lanes):
                self.seeds.setdefault(slot, []).append(k)
        for slot in sent:
            self.seeds.setdefault(slot, [])
        self.sent = set(sent)
        # The pieces of the first and of the last, in the order of the reverse sweep, that sends a cotangent to a slot.
        self.begins: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        for p, piece in enumerate(self.pieces):
            for k in piece if reverse else ():
                if facts.active[facts.first + k]:
                    for a in _reached(facts.ops[k], facts.args[k]):
                        if lanes and not facts.varies[a]:
                            continue
                        self.begins[a] = p
                        self.ends.setdefault(a, p)
        self.due: dict[int, set[int]] = {}  # by piece what it hands on in any case
        for slot, p in [*self.begins.items(), *self.ends.items()]:
            self.due.setdefault(p, set()).add(slot)
        self.uses: list[tuple[tuple[int, int], int]] = []
        self.functions = self._functions()

    @property
    def shared(self) -> list[tuple[int, int]]:
        """The accumulators of uses and their slots, in the order of the reverse sweep."""
        order = sorted(range(len(self.uses)), key=lambda k: self.uses[k][0])
        return [(k, self.uses[k][1]) for k in order]

    def _cut(self, instructions: Sequence[int]) -> list[list[int]]:
        pieces: list[list[int]] = [[]]
        size = 0
        for k in instructions:
            count = len(self.facts.args[k])
            if size and (size + count > PIECE or count > MANY):
                pieces.append([])
                size = 0
            pieces[-1].append(k)
            size += count if count <= MANY else PIECE
        return pieces

    def _functions(self) -> list["_Piece"]:
        """The pieces, in the order in which they run."""
        last = len(self.pieces) - 1
        reverse = [_Piece(self, p, forward=False, reverse=True) for p in range(last)] if self.reverse else []
        end = _Piece(self, last, forward=True, reverse=self.reverse)
        forward = [_Piece(self, p, forward=True, reverse=False) for p in reversed(range(last))]
        return [*forward[::-1], end, *reverse[::-1]]

    def texts(self) -> Iterator[tuple[list[str], str]]:
        """Modules of some pieces, so that compiling takes time in proportion to them: the names of the functions, and the text."""
        for k in range(0, len(self.functions), MODULE):
            own = self.functions[k : k + MODULE]
            yield [piece.name for piece in own], "\n".join([piece.text for piece in own])

    def main(self, addresses: Sequence[int]) -> str:
        """The function that calls the pieces, which are at these addresses."""
        pointers = POINTERS.replace("noalias ", "")
        calls = [f"  call void inttoptr (i64 {address} to ptr)({pointers})" for address in addresses]
        return "\n".join([f"define void @{self.name}({POINTERS}) nounwind {{", *calls, "  ret void\n}"])


class _Piece:
    """The function of a piece."""

    def __init__(self, whole: Emission, number: int, *, forward: bool, reverse: bool) -> None:
        self.whole, self.facts, self.number = whole, whole.facts, number
        self.code = Code(whole.width, whole.library)
        self.unknown = Number(self.code, FLOAT, "")
        self.local: dict[int, Any] = {}
        self.cotangent: dict[int, Any] = {}
        self.reach: dict[int, Number] = {}
        self.handed: set[int] = set()  # slots whose cotangents have been handed on within the piece
        self.later: set[int] = set()  # and those to which something will be sent
        self.parts: list[str] = []  # functions that it calls
        self.name = f"{whole.name}_{number}{'f' * forward}{'b' * reverse}"
        if forward:
            self._forward()
        if reverse:
            self._reverse()
        state = [f"  %state = alloca [2 x {self.code.type(FLOAT)}], align 64"] if self.parts else []
        self.text = "\n".join([*self.parts, _function(self.name, POINTERS, [*state, *self.code.lines])])

    # Memory.

    def _at(self, base: str, index: int, kind: str | None = None) -> str:
        code = self.code
        return code.emit("", f"getelementptr {kind or code.type(FLOAT)}, ptr %{base}, i64 {index}").text

    def _load(self, base: str, index: int, kind: str = FLOAT) -> Number:
        type_ = self.code.type(kind)
        return self.code.emit(kind, f"load {type_}, ptr {self._at(base, index, type_)}, align 8")

    def _store(self, x: Number, base: str, index: int) -> None:
        at = self._at(base, index, self.code.type(x.kind))
        self.code.do(f"store {self.code.typed(x)}, ptr {at}, align 8")

    def _uniform(self, slot: int) -> Number:
        """A number that all lanes share, in each lane."""
        code = self.code
        one = code.emit(FLOAT, f"load double, ptr {self._at('u', slot, 'double')}, align 8")
        if code.width == 1:
            return one
        type_ = code.type(FLOAT)
        first = code.emit(FLOAT, f"insertelement {type_} poison, double {one.text}, i64 0")
        return code.emit(FLOAT, f"shufflevector {type_} {first.text}, {type_} poison, <{code.width} x i32> zeroinitializer")

    def _fetch(self, slot: int) -> Any:
        """The value of a slot: a Number, or a float where it is a constant."""
        if slot not in self.local:
            facts, whole = self.facts, self.whole
            if facts.inputs <= slot < facts.first:
                self.local[slot] = facts.constants[slot - facts.inputs]
            elif whole.lanes and not facts.varies[slot]:
                self.local[slot] = self._uniform(slot)
            else:
                whole.needed.add(slot)
                self.local[slot] = self._load("v", whole.v[slot])
        return self.local[slot]

    # Forward.

    def _forward(self) -> None:
        facts, whole = self.facts, self.whole
        own = whole.pieces[self.number]
        for k in own:
            self.local[facts.first + k] = self._value(facts.ops[k], facts.args[k])
        for k in own:
            slot = facts.first + k
            if slot in whole.needed or slot in whole.kept:
                self._store(self.code.number(self.local[slot]), "v", whole.v[slot])
        if self.number == len(whole.pieces) - 1:
            for j, slot in enumerate(whole.sums):
                factors = self._only_summed(slot)
                if factors is None:
                    self._gather(j, self.code.number(self._fetch(slot)))
                else:
                    self._gather(j, *factors)

    def _only_summed(self, slot: int) -> list[Any] | None:
        """The factors of a product of which nothing but the sum over the lanes is wanted: it is rounded with that, once."""
        facts, k = self.facts, slot - self.facts.first
        if self.whole.reverse or k < 0 or facts.ops[k].name != "mul" or facts.outputs.count(slot) != 1 or slot in facts.read:
            return None
        return [self._fetch(a) for a in facts.args[k]] if all(facts.varies[a] for a in facts.args[k]) else None

    def _gather(self, accumulator: int, x: Number, factor: Any = None) -> None:
        """Add a number, or a product, of each lane to an accumulator."""
        code = self.code
        at = self._at("a", 8 * accumulator, "double")
        before = code.emit(FLOAT, f"load {code.type(FLOAT)}, ptr {at}, align 8")
        total = before + x if factor is None else code.fma(x, factor, before)
        code.do(f"store {code.typed(total)}, ptr {at}, align 8")

    def _value(self, op: Op, slots: list[int]) -> Any:
        facts, code = self.facts, self.code
        if op.name not in ("sum", "dot") or all(facts.inputs <= a < facts.first for a in slots):
            return code.apply(op, [self._fetch(a) for a in slots])
        terms = self._terms(op, slots)
        if self.whole.lanes:
            total = code.number(self._folded(terms, self._fused)[0])
        else:
            total = code.number(Functions(code).compensated(*self._folded(terms, self._added)))
        if len(slots) <= 2:
            return total

        def again() -> Number:
            if len(slots) <= MANY:
                return self.whole.library.brought_down(code, op, total, [self.local[a] for a in slots])
            return restored(code, op, total, Functions(code).compensated(*self._folded(terms, self._brought_down)))

        return code.unless(code.abs(total) < inf, total, again)

    def _terms(self, op: Op, slots: list[int]) -> list[tuple[int, ...]]:
        """The terms of a sum, or the factors of each product; in lanes what is uniform first, then products of one number that is."""
        pairs = zip(slots[: len(slots) // 2], slots[len(slots) // 2 :], strict=True)
        terms: list[tuple[int, ...]] = [*(pairs if op.name == "dot" else zip(slots))]
        return sorted(terms, key=lambda term: sum([self.facts.varies[a] for a in term])) if self.whole.lanes else terms

    def _folded(self, terms: Sequence[tuple[int, ...]], fold: Fold) -> tuple[Any, Any]:
        """What `fold` gives for the terms; where there are many, in functions for some of them, one after the other."""
        if sum(map(len, terms)) <= MANY:
            return fold(terms, None)
        for k in range(0, len(terms), TERMS):
            with self._apart():
                before = (self._load("state", 0), self._load("state", 1)) if k else None
                for i, x in enumerate(fold(terms[k : k + TERMS], before)):
                    self._store(self.code.number(x), "state", i)
        return self._load("state", 0), self._load("state", 1)

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Within it, what is written is a function that is called here, and which has `%state` in common with others.

        What LLVM does with a function takes more than twice the time where that is twice as long.
        """
        before = self.code, self.local, self.cotangent, self.reach
        self.code, self.local, self.cotangent, self.reach = Code(self.whole.width, self.whole.library), {}, {}, {}
        yield
        name = f"{self.name}_{len(self.parts)}"
        self.parts.append(_function(name, f"{POINTERS}, ptr noalias %state", self.code.lines))
        self.code, self.local, self.cotangent, self.reach = before
        self.code.do(f"call void @{name}({POINTERS.replace('noalias ', '')}, ptr %state)")

    def _factors(self, terms: Sequence[tuple[int, ...]]) -> Iterator[list[Any]]:
        for term in terms:
            yield [self._fetch(a) for a in term]

    def _added(self, terms: Sequence[tuple[int, ...]], before: tuple[Any, Any] | None) -> tuple[Any, Any]:
        """A sum for one lane, with what its roundings lost."""
        return added(map(Functions(self.code).term, self._factors(terms)), before)

    def _brought_down(self, terms: Sequence[tuple[int, ...]], before: tuple[Any, Any] | None) -> tuple[Any, Any]:
        """The same of small parts of the terms."""
        return added([(small(self.code, factors), 0.0) for factors in self._factors(terms)], before)

    def _fused(self, terms: Sequence[tuple[int, ...]], before: tuple[Any, Any] | None) -> tuple[Any, Any]:
        """A sum in lanes, in which products are fused with it, but for those of two uniform numbers."""
        total = None if before is None else before[0]
        for term, x in zip(terms, self._factors(terms), strict=True):
            if len(x) > 1 and total is not None and any(self.facts.varies[a] for a in term):
                total = self.code.fma(x[0], x[1], total)
            else:
                own = x[0] if len(x) == 1 else x[0] * x[1]
                total = own if total is None else total + own
        return total, 0.0

    # Reverse.

    def _incoming(self, slot: int) -> Any:
        """What has been sent to a slot by pieces before this one, in the order of the sweep, or by a seed; None where nothing has."""
        whole = self.whole
        if whole.begins.get(slot, -1) > self.number or slot in self.handed:
            return self._load("g", whole.g[slot])
        if slot not in whole.seeds:
            return None
        if not whole.lanes:
            return self._load("g", whole.g[slot])
        return _sum([self._load("s", k) for k in whole.seeds[slot]])

    def _sent(self, slot: int) -> Any:
        if slot not in self.cotangent:
            x = self._incoming(slot)
            if x is not None:
                self.cotangent[slot] = x
        return self.cotangent.get(slot)

    def _reached(self, slot: int) -> Number | None:
        """Whether a slot was reached, as far as it is known."""
        there = slot in self.whole.sent or slot in self.handed or self.whole.begins.get(slot, -1) > self.number
        if slot not in self.reach and there:
            self.reach[slot] = self._load("m", self.whole.m[slot], WHOLE) != 0
        return self.reach.get(slot)

    def _send(self, slot: int, g: Number, p: Any, mask: Number | None) -> None:
        """Add g p to the cotangent of a slot, in the lanes of a mask."""
        if self.whole.lanes and not self.facts.varies[slot]:
            self._share(slot, g, p, mask)
            return
        x: Any = _times(g, p)
        if mask is not None:
            x = self.code.select(mask, x, EMPTY_SUM)
        before = self._sent(slot)
        self.cotangent[slot] = x if before is None else before + x
        if not self.facts.always[slot]:
            was = self._reached(slot)
            now = self.code.constant(1, CONDITION) if mask is None else mask
            self.reach[slot] = now if was is None else was | now

    def _share(self, slot: int, g: Number, p: Any, mask: Number | None) -> None:
        """The same for a slot that all lanes share: the product is rounded with the sum, unless there is a mask."""
        whole, code = self.whole, self.code
        accumulator = len(whole.sums) + len(whole.uses)
        whole.uses.append(((-self.number, len(whole.uses)), slot))
        if mask is not None:
            self._gather(accumulator, code.select(mask, _times(g, p), EMPTY_SUM))
        elif p.__class__ is float:
            self._gather(accumulator, code.number(_times(g, p)))
        else:
            self._gather(accumulator, g, p)
        if not self.facts.always[slot]:
            bits = code.constant(-1, WHOLE) if mask is None else self._whole(mask)
            self._store(self._load("m", whole.m[slot], WHOLE) | bits, "m", whole.m[slot])

    def _reverse(self) -> None:
        facts, whole = self.facts, self.whole
        own = whole.pieces[self.number]
        for slot in whole.seeds if self.number == len(whole.pieces) - 1 else ():
            if slot < facts.inputs and slot not in whole.begins and whole.lanes:
                self._store(self.code.number(self._sent(slot)), "g", whole.g[slot])
        for k in reversed(own):
            slot = facts.first + k
            if facts.active[slot] and self._sent(slot) is not None:
                mask = None if facts.always[slot] else self._reached(slot)
                self._back(facts.ops[k], slot, facts.args[k], mask)
        inner = {facts.first + k for k in own}
        for slot in whole.due.get(self.number, set()) - inner - self.handed:
            if self._sent(slot) is None:  # nor by this piece, as where a constant chooses the other branch
                self.cotangent[slot] = EMPTY_SUM
            if not facts.always[slot] and self._reached(slot) is None:
                self.reach[slot] = self.code.constant(0, CONDITION)
        for slot, x in self.cotangent.items():
            if slot not in inner and slot in whole.begins:
                self._hand_on(slot, self.code.number(x))

    def _hand_on(self, slot: int, x: Number) -> None:
        """Leave a cotangent where the next piece, or the caller, finds it."""
        whole, code = self.whole, self.code
        reached = self.reach.get(slot)
        is_done = whole.ends[slot] == self.number and slot not in whole.own and slot not in self.later
        self._store(code.select(reached, x, 0.0) if is_done and reached is not None else x, "g", whole.g[slot])
        if reached is not None and not is_done:
            self._store(self._whole(reached), "m", whole.m[slot])

    def _back(self, op: Op, slot: int, slots: list[int], mask: Number | None) -> None:
        """Send the cotangent of an instruction to its arguments."""
        facts, g = self.facts, self.code.number(self.cotangent[slot])
        if op.selects:
            self._back_to_branches(g, slots, mask)
            return
        if op.name in ("sum", "dot"):
            self._back_to_terms(g, [term for term in self._receivers(op, slots) if facts.active[term[0]]], mask)
            return
        partials = self._partials(op, slot, slots)
        for k, a in enumerate(slots):
            if facts.active[a] and partials.get(k) is not None:
                self._send(a, g, partials[k], mask)

    def _receivers(self, op: Op, slots: list[int]) -> list[tuple[int, int | None]]:
        """The numbers of a sum, or of products with the other factor, in the order in which the kernel sends to them."""
        if op.name == "sum":
            return [(a, None) for a in slots]
        pairs = [(a, b) for a, b in self._terms(op, slots)]
        return [term for a, b in pairs for term in ((a, b), (b, a))] if self.whole.lanes else [*pairs, *[(b, a) for a, b in pairs]]

    def _back_to_terms(self, g: Number, terms: Sequence[tuple[int, int | None]], mask: Number | None) -> None:
        """The same for the numbers that a sum has as terms, or as factors of these: each comes with the other factor."""
        if len(terms) <= MANY:
            for a, b in terms:
                self._send(a, g, 1.0 if b is None else self._fetch(b), mask)
            return
        self._store(g, "state", 0)
        if mask is not None:
            self._store(self._whole(mask), "state", 1)
        for k in range(0, len(terms), TERMS):
            with self._apart():
                self.later = {a for a, _ in terms[k + TERMS :]}
                masked = None if mask is None else self._load("state", 1, WHOLE) != 0
                self._back_to_terms(self._load("state", 0), terms[k : k + TERMS], masked)
                for slot, x in self.cotangent.items():
                    self._hand_on(slot, self.code.number(x))
                self.handed.update(self.cotangent)
        self.later = set()

    def _whole(self, mask: Number) -> Number:
        return self.code.emit(WHOLE, f"sext {self.code.typed(mask)} to {self.code.type(WHOLE)}")

    def _back_to_branches(self, g: Number, slots: list[int], mask: Number | None) -> None:
        """The same for an operation that selects."""
        condition = self._fetch(slots[0])
        if condition.__class__ is float:
            branches = [(slots[1] if condition else slots[2], mask)]
        else:
            took = condition != 0.0
            branches = [(a, m if mask is None else m & mask) for a, m in ((slots[1], took), (slots[2], ~took))]
        for a, m in branches:
            if self.facts.active[a]:
                self._send(a, g, 1.0, m)

    def _partials(self, op: Op, slot: int, slots: list[int]) -> dict[int, Any]:
        """The partials for arguments that are active."""
        facts = self.facts
        xp = Functions(self.code)
        if op.name == "logsumexp":
            _, powers, total = xp.powers([self.code.number(self._fetch(a)) for a in slots])
            total = self.code.select(total < inf, 1.0 + total, nan)
            return {k: power / total for k, power in enumerate(powers)}
        if op.name == "norm":
            x = [self.code.number(self._fetch(a)) for a in slots]
            length, scale = xp.length(x)
            length = self.code.select(length < inf, length, nan)
            return {k: self.code.select(length == 0.0, 0.0, a * scale / length) for k, a in enumerate(x)}
        if op.arity is None:
            x = [self._fetch(a) for a in slots]
            return dict(enumerate(op.settled(op.partials(self._fetch(slot), *x), x)))
        constants = known(op, [facts.constants[a - facts.inputs] if facts.inputs <= a < facts.first else self.unknown for a in slots])
        places = [slot, *slots]
        partial = self.whole.library.partial
        return {
            k: partial(self.code, op, k, constants, lambda i: self.code.number(self._fetch(places[i])))
            for k, a in enumerate(slots)
            if facts.active[a]
        }


def _function(name: str, parameters: str, lines: Sequence[str]) -> str:
    return "\n".join([f"define void @{name}({parameters}) nounwind {{", "entry:", *lines, "  ret void", "}"])


def _sum(x: Sequence[Any]) -> Any:
    total = x[0]
    for a in x[1:]:
        total = total + a
    return total


def _times(g: Number, p: Any) -> Any:
    return g if p.__class__ is float and p == 1.0 else -g if p.__class__ is float and p == -1.0 else g * p
