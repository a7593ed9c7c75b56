"""Would the tests notice a wrong derivative? Every partial of the table is spoilt in turn, and the tests must fail each time.

In the local derivatives of `autograd/ops.py` every sub-expression e becomes -e, 0.0 and 1.0, so that signs turn, and terms and
factors drop out one by one; besides, any two partials of an operation change places. Each such mutant is written into a copy of
the package, and the tests of the operations that it spoils run on that. Prints how many were killed, and those that survived:
then the exit code is 1. It forks, so it needs Linux or macOS.

    python tests/tools/mutate.py             all operations, some five minutes
    python tests/tools/mutate.py tanh clip   these
"""

import ast
import importlib
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
OPS = ROOT / "autograd" / "ops.py"
AT_INFINITY = "test_special.py::test_derivatives_at_infinity_are_the_limits"
TESTS = [
    str(ROOT / "tests" / name) for name in ("test_ops.py", "test_edges.py::test_edge", "test_mutation.py::test_derivative", AT_INFINITY)
]

# What a number becomes. The sign of a factor is that of its product, and so is its 0.
CHANGES = "-({})", "0.0", "1.0"
UNSIGNED, FACTOR = CHANGES[1:], CHANGES[2:]

# The arguments whose sign changes nothing; `where` asks only whether the first is 0.
EVEN = {"where": (0,), "abs": (0,), "cos": (0,), "cosh": (0,), "hypot": (0, 1), "_fading": (0,)}

# What survives because it is the same function: the operation or helper, the spoilt text, the reason.
ONES = "every partial is 1.0"
CONDITION = "it is the condition of a `where`, which asks only whether it is 0"
SQUARED = "r only divides twice: it is squared"
CANCELS = "numerator and denominator turn together"
EQUIVALENT: dict[str, dict[str, str]] = {
    "sum": {
        "(1.0, *p[1:]) of p = (1.0,) * len(x)": ONES,
        "(*p[:-1], 1.0) of p = (1.0,) * len(x)": ONES,
        "(*p[1:], p[0]) of p = (1.0,) * len(x)": ONES,
    },
    "pow": {
        "where(where(y, 0.0, -(1.0 / x - 1.0 / x)), 0.0, y * pow(x, y - 1.0))": CONDITION,
        "where(where(x, -(1.0), step(-y, 0.0)), z * log(x), 0.0)": CONDITION,
        "where(where(x, 1.0, -(step(-y, 0.0))), z * log(x), 0.0)": CONDITION,
    },
    "atan2": {"where(r := -(hypot(y, x)), x / r / r, 0.0)": SQUARED},
    "zeta": {"-(nan)": "nan has no sign"},
    "mills": {"-(nan)": "nan has no sign"},
    "_trigamma": {"-(less(x, 0.0))": CONDITION, "-(digamma(n) - y)": "it is only squared"},
    "_shares": {"[-(1.0 - beats(y, a)) for a in x]": CANCELS},
    "_softmax": {"[-(exp(a - shift)) for a in x]": CANCELS},
}


class Mutant(NamedTuple):
    """A spoilt `ops.py`: the operation or helper function it was spoilt in, how, the operations that are wrong for it, the text."""

    owner: str
    change: str
    operations: frozenset[str]
    source: bytes


# Making mutants.


class Table:
    """The partials in the text of a table of operations, and the helper functions that compute some of them."""

    def __init__(self, source: bytes) -> None:
        self.source = source
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        tree = ast.parse(source)
        calls = [node.value for node in tree.body if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call)]
        self.rows = {call.args[0].value: call.args[2].body for call in calls if ast.unparse(call.func) == "Op"}
        names = {row: {node.id for node in ast.walk(body) if isinstance(node, ast.Name)} for row, body in self.rows.items()}
        functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
        self.users = {f.name: users for f in functions if (users := frozenset(row for row in names if f.name in names[row]))}
        self.helpers = {f.name: f for f in functions if f.name in self.users}

    def mutants(self) -> Iterator[Mutant]:
        """All mutants, those that change no number left out."""
        for name, body in self.rows.items():
            spoilt = self._spoilt_tuple(body) if isinstance(body, ast.Tuple) else self._spoilt_sequence(body)
            yield from (Mutant(name, change, frozenset({name}), source) for change, source in spoilt)
        for name, function in self.helpers.items():
            for statement in function.body:
                if isinstance(statement, ast.Assign | ast.Return):
                    value = statement.value
                    spoilt = self._spoilt_tuple(value) if isinstance(value, ast.Tuple) else self._spoilt_numbers(value)
                    yield from (Mutant(name, change, self.users[name], source) for change, source in spoilt)

    def _spoilt_tuple(self, body: ast.Tuple) -> Iterator[tuple[str, bytes]]:
        """Each partial written out, and any two of them in each other's place."""
        for partial in body.elts:
            yield from self._spoilt_numbers(partial)
        for first, second in combinations(body.elts, 2):
            a, b = self._text(first), self._text(second)
            if a != b:
                between = self.source[self._span(first)[1] : self._span(second)[0]].decode()
                yield f"{b} <-> {a}", self._replaced((self._span(first)[0], self._span(second)[1]), b + between + a)

    def _spoilt_sequence(self, body: ast.expr) -> Iterator[tuple[str, bytes]]:
        """The first and the last of partials that an expression gives as a tuple, and the functions that a helper is given."""
        old = self._text(body)
        for new in ("-p[0], *p[1:]", "0.0, *p[1:]", "1.0, *p[1:]", "*p[:-1], -p[-1]", "*p[:-1], 0.0", "*p[:-1], 1.0", "*p[1:], p[0]"):
            yield f"({new}) of p = {old}", self._replaced(self._span(body), f"(lambda p: ({new}))({old})")
        for node in ast.walk(body):
            if isinstance(node, ast.Lambda):
                yield from self._spoilt_numbers(node.body)

    def _spoilt_numbers(self, partial: ast.expr) -> Iterator[tuple[str, bytes]]:
        """Each number in an expression turned, 0 and 1."""
        start, end = self._span(partial)
        for node, changes in _numbers(partial):
            old, (a, b) = self._text(node), self._span(node)
            for new in [change.format(old) for change in changes]:
                if _constant(old) != _constant(new) and new != "-(None)":
                    change = self.source[start:a].decode() + new + self.source[b:end].decode()
                    yield " ".join(change.split()), self._replaced((a, b), new)

    def _span(self, node: Any) -> tuple[int, int]:
        return self.starts[node.lineno - 1] + node.col_offset, self.starts[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: Any) -> str:
        start, end = self._span(node)
        return self.source[start:end].decode()

    def _replaced(self, span: tuple[int, int], new: str) -> bytes:
        return self.source[: span[0]] + new.encode() + self.source[span[1] :]


def _constant(text: str) -> Any:
    """The number that a string holds, or an object that is equal to nothing else."""
    try:
        return ast.literal_eval(text)
    except ValueError:
        return object()


def _numbers(node: ast.expr, changes: tuple[str, ...] = CHANGES) -> Iterator[tuple[ast.expr, tuple[str, ...]]]:
    """The sub-expressions that are numbers, and what each becomes."""
    number = ast.Constant | ast.Name | ast.UnaryOp | ast.BinOp | ast.Call
    if isinstance(node, number) and not (isinstance(node, ast.Call) and ast.unparse(node.func) == "tuple"):
        yield node, changes
    for part, its_changes in _parts(node):
        yield from _numbers(part, its_changes)


def _parts(node: ast.expr) -> list[tuple[ast.expr, tuple[str, ...]]]:
    """What an expression is made of, with the changes that are not also one of the whole; what `*` and `sum` take is not a number."""
    match node:
        case ast.UnaryOp(operand=part) if not isinstance(part, ast.Constant):
            return [(part, FACTOR)]
        case ast.BinOp(left=left, op=ast.Mult() | ast.Div(), right=right):
            return [(left, FACTOR), (right, FACTOR)]
        case ast.BinOp(left=left, right=right):
            return [(left, CHANGES), (right, CHANGES)]
        case ast.Call(func=ast.Name(id=name), args=args) if name != "sum":
            return [(a, UNSIGNED if i in EVEN.get(name, ()) else CHANGES) for i, a in enumerate(args)]
        case ast.NamedExpr(value=part) | ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
            return [(part, CHANGES)]
    return []


# Running the tests on them.


class _Only:
    """A pytest plugin that runs the tests of some operations, the fastest first, then those of no operation in particular."""

    def __init__(self, operations: frozenset[str]) -> None:
        self.operations = operations

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        def operation(item: pytest.Item) -> str | None:
            op = getattr(item, "callspec", None) and item.callspec.params.get("op")
            return op and op.name

        own = [item for item in items if operation(item) in self.operations]
        own.sort(key=lambda item: "within_bound" in item.name or "loose" in item.name)
        items[:] = own + [item for item in items if operation(item) is None]


def outcome(mutant: Mutant) -> int:
    """What pytest says of the mutant. It loads `autograd`, so it needs a fresh process."""
    with tempfile.TemporaryDirectory() as folder, Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        shutil.copytree(OPS.parent, Path(folder, "autograd"))
        Path(folder, "autograd", "ops.py").write_bytes(mutant.source)
        sys.path.insert(0, folder)
        options = ["-x", "-q", "--tb=no", "--noconftest", "-o", "addopts=", "-p", "no:cacheprovider", f"--rootdir={ROOT}", *TESTS]
        return pytest.main(options, plugins=[_Only(mutant.operations)])


def check(mutants: Sequence[Mutant]) -> list[Mutant]:
    """Those that survive, each tried in a process of its own, as many at a time as there are processors."""
    running: dict[int, Mutant] = {}
    codes: dict[Mutant, int] = {}

    def collect() -> None:
        process, status = os.wait()
        codes[running.pop(process)] = os.waitstatus_to_exitcode(status)

    for mutant in mutants:
        if len(running) == os.cpu_count():
            collect()
        process = os.fork()
        if process == 0:
            code: int = pytest.ExitCode.INTERNAL_ERROR
            try:
                code = outcome(mutant)
            finally:
                os._exit(code)  # whatever happens, the copy of this loop must not go on
        running[process] = mutant
    while running:
        collect()
    for mutant, code in codes.items():
        if code not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
            raise SystemExit(f"the tests did not run on {mutant.owner}: {mutant.change}: {code!r}")
    return [mutant for mutant in mutants if codes[mutant] == pytest.ExitCode.OK]


def main(names: Sequence[str], source: bytes) -> int:
    """Check the operations named, or all, and report; 1 where a mutant survived."""
    start = time.monotonic()
    # The compiled Value has the arithmetic of the table as it was when that was built.
    os.environ |= {"AUTOGRAD_BACKEND": "pure", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "OPENBLAS_NUM_THREADS": "1"}
    for slow_to_load in ("matplotlib.mathtext", "mpmath", "scipy.special", "sympy"):
        importlib.import_module(slow_to_load)  # once, rather than in each fork
    table = Table(source)
    wanted = frozenset(names or table.rows)
    if unknown := wanted - table.rows.keys():
        raise SystemExit(f"no operation is called {', '.join(sorted(unknown))}; the table has {', '.join(table.rows)}")
    if not check([Mutant("the table", "as it is", wanted, source)]):
        raise SystemExit("the tests fail on the table as it is: mend that first")
    mutants = [m for m in table.mutants() if m.operations & wanted]
    trials = [m for m in mutants if m.change not in EQUIVALENT.get(m.owner, {})]
    survivors = check(trials)
    tried, equivalent = Counter(m.owner for m in trials), Counter(m.owner for m in mutants if m not in trials)
    alive = Counter(m.owner for m in survivors)
    print(f"{'':<16}{'killed':>8}{'survived':>10}{'equivalent':>12}")
    for owner in dict.fromkeys(m.owner for m in mutants):
        print(f"{owner:<16}{tried[owner] - alive[owner]:>8}{alive[owner]:>10}{equivalent[owner]:>12}")
    print(f"{len(trials) - len(survivors)} of {len(trials)} mutants killed in {time.monotonic() - start:.0f} s")
    for mutant in survivors:
        print(f"survived: {mutant.owner}: {mutant.change}")
    return bool(survivors)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], OPS.read_bytes()))
