"""Where each file stands: it imports only from those above it, as the layout in README's tour has it, so there is no circle."""

import ast
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from checkout import ROOT, needs_checkout

import autograd

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

TOP = Path(autograd.__file__).parent

# From the top down. A folder's files may import each other in the order given; `autograd` and `__main__` come last.
ORDER = """
    errors locks graph trees labels blocks context spellings words elsewhere transformed walks compiled elementary
    kinds numeric symbols jaxarrays probes special facts calling op ops ufuncs linalg functions arrays
    copies methods operators value
    native native.cnames native.ctext native.loops native.second native.header native.cbits native.stubs native.generate native.cforms
    native.csource
    engine anomaly foreign changed files named sweeps
    program.archive program.program program.cleaning program.templates program.splice program.passes
    program.sumtree program.machine program.machine.numbers program.machine.library program.machine.driver program.machine.emit
    program.machine.engine program.machine.plan
    program.places program.known program.looks program.captured program.observed
    program.machine.tiers program.sweep program.columnplan program.lanes program.views program.packing program.steps program.form
    program.columns program.outputs program.traced program.calls program.building program.log
    program.fusion program.branches program.paths program.nested program.stages program.lengths program.forks program.body program.laneloops
    program.checkpoints program.loop program.choice program.pattern program.rolled program.rolling program.arguments program.trace
    program.explain program.recording program.mapped program.travelling program.onworkers program.streams
    signatures program.vmap program.fast program.inline program.jit loops program moved
    gather evaluation transforms differences local check shifts symbolic
    interop.formed interop.flat interop.native interop.for_torch interop.for_jax interop
    pictures pictures.colours pictures.images pictures.wasm pictures.convert pictures.render pictures.view pictures.arrange
    pictures.names pictures.bodies pictures.firststep pictures.writer pictures.parts pictures.scene pictures.vector pictures.pinned
    pictures.columns pictures.circles pictures.layered pictures.network pictures.opened pictures.models pictures.draw
    pictures.formulas pictures.boxwise pictures.choice pictures.identities pictures.jstext pictures.film pictures.page pictures.steps
    about __init__ __main__
""".split()  # noqa: SIM905  # a drawing


def name_of(path):
    name = ".".join(path.relative_to(TOP).with_suffix("").parts)
    return name if name == "__init__" else name.removesuffix(".__init__")


FILES = {name_of(path): path for path in sorted(TOP.rglob("*.py"))}


def strings(tree):
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def imported(source):
    """The files of the package that a file imports, wherever in it the import stands, also by `import_module` or `__import__`.

    Where the name is computed, each name of a module that stands in the file may be meant.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        names = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "autograd":
            names = [f"{node.module}.{a.name}" if f"{node.module}.{a.name}"[9:] in FILES else node.module for a in node.names]
        elif isinstance(node, ast.Import):
            names = [a.name for a in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {"import_module", "__import__"}:
            names = (
                strings(node.args[0]) if isinstance(node.args[0], ast.Constant) else re.findall(r"autograd[\w.]*", " ".join(strings(tree)))
            )
        yield from (name[9:] or "__init__" for name in names if name.partition(".")[0] == "autograd")


def test_every_file_has_its_place():
    assert sorted(FILES) == sorted(ORDER)


@pytest.mark.parametrize("name", FILES)
def test_imports_lead_upwards(name):
    compiled = ["native._native", "native._kernel"]  # which are tried by one file, and are no Python
    above = ORDER[: ORDER.index(name) + 1] + compiled
    source = FILES[name].read_text(encoding="utf-8")
    below = [other for other in imported(source) if not any(fnmatch(other, place) for place in above)]
    assert not below


@pytest.mark.parametrize(
    "source",
    [
        "import autograd.jit",
        "def f():\n    from autograd import jit",
        "from autograd.jit import jit",
        "f = import_module('autograd.jit').jit",
        "importlib.import_module('autograd.jit')",
        "__import__('autograd.jit')",
        "def f(name):\n    return getattr(import_module(name), name)\nf('autograd.jit')",
        "PACKAGE = 'autograd'\nimport_module(f'autograd.{name}')",
    ],
)
def test_each_way_to_import_is_seen(source):
    assert list(imported(source.replace("jit", "symbols")))
    assert not list(imported(source.replace("autograd.jit", "sympy").replace("autograd", "sympy")))


@needs_checkout
def test_the_tour_names_every_file_and_what_it_is_for():
    """A file of a subpackage may be covered by the link to its folder. Each item of the tour has a colon, and the purpose after it."""
    tour = (ROOT / "README.md").read_text(encoding="utf-8").split("## A tour")[1].split("\n## ")[0]
    linked = {target.removesuffix("/__init__.py") for target in re.findall(r"\]\(([^)]*)\)", tour)}
    assert not [target for target in linked if not (ROOT / target).exists()]
    files = {path.relative_to(ROOT).as_posix() for folder in ("autograd", "nn") for path in (ROOT / folder).glob("**/*.py")}
    files = {name for name in files if not name.endswith("/__init__.py") and not name.startswith(tuple(f"{target}/" for target in linked))}
    assert sorted(files - linked) == []
    items = re.split(r"\n(?:- |\d\. )", tour)[1:]
    assert not [item for item in items if not re.search(r"\): \S", item.split("\n\n")[0])]
