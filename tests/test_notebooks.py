"""The notebooks: committed as executed, with pictures, and running from start to end in a fresh kernel."""

import math
import os
import re
import subprocess
import sys

import nbformat
import pytest
from kernels import execute
from pages import A_PATH, FIRST, NOTEBOOKS, ROOT, check_page, code_cells, kinds, lines_printed, outputs, questions, read, sections, text

import autograd

# What takes minutes on the Value in Python, and what stands in its place there; those that train for long run on the compiled one alone.
SHORTER = {"05_jit_from_scalars_to_vectors": ("for k in range(1000)", "for k in range(50)")}
WORDS, LINES = 230, 30  # a minute

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

each_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.fixture(scope="session")
def fonts():
    """Matplotlib's list of fonts: whoever makes it first may be told on stderr that it takes a moment."""
    subprocess.run([sys.executable, "-c", "import matplotlib.font_manager"], check=True, capture_output=True)


def examined(cell):
    """A code cell that runs the examples in the answer of a question where it stands, and leaves no name behind."""
    return nbformat.v4.new_code_cell(
        "from doctest import DocTestParser, DocTestRunner\n"
        "__import__('autograd').program.jit.REPLAYS_NUMBERS = True  # also where there is no kernel\n"
        f"_test = DocTestParser().get_doctest({cell.source.replace('```', '')!r}, dict(globals()), {cell.id!r}, None, 0)\n"
        "assert not DocTestRunner(verbose=False).run(_test).failed"
    )


# Every function of a notebook is recorded: a warning that one is not is an error in a kernel, too.
RECORDED = "error:jit:RuntimeWarning,error:vmap:RuntimeWarning"


def executed(path, folder, **env):
    """The notebook as a fresh kernel in `folder` leaves it, its answers examined; `env` overrides the environment."""
    notebook = read(path)
    for cell in code_cells(notebook):
        cell.outputs = []
    asked = set(map(id, questions(notebook).values()))
    notebook.cells = [examined(cell) if id(cell) in asked else cell for cell in notebook.cells]
    if autograd.backend == "pure":
        long, short = SHORTER.get(path.stem, ("", ""))
        assert any(long in cell.source for cell in code_cells(notebook))
        for cell in code_cells(notebook):
            cell.source = cell.source.replace(long, short)
    inherited = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    execute(notebook, folder, **inherited | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": RECORDED} | env)
    notebook.cells = [cell for cell in notebook.cells if "DocTestRunner" not in cell.source]
    return notebook


def test_they_are_numbered_from_one():
    assert [int(path.stem[:2]) for path in NOTEBOOKS] == list(range(1, len(NOTEBOOKS) + 1))


@each_notebook
def test_goal_on_top(path):
    top = read(path).cells[0]
    assert top.cell_type == "markdown"
    assert top.source.startswith("# ")
    assert "**Goal.** " in top.source


@each_notebook
def test_read_in_a_quarter_of_an_hour(path):
    """Without the questions, over which each takes the time that he likes."""
    notebook = read(path)
    words = sum(len(cell.source.split()) for cell in notebook.cells if cell.cell_type == "markdown" and not cell.id.startswith("question-"))
    lines = sum(bool(line.strip()) for cell in code_cells(notebook) for line in cell.source.splitlines())
    assert words / WORDS + lines / LINES <= 15.0


@each_notebook
def test_committed_as_executed(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    assert [cell.execution_count for cell in code_cells(notebook)] == list(range(1, len(code_cells(notebook)) + 1))
    check_page(notebook)


@each_notebook
def test_committed_page_is_of_no_machine_and_no_moment(path):
    notebook = read(path)
    assert not A_PATH.search(text(notebook))
    for output in outputs(notebook):
        assert not A_PATH.search("".join(output.get("data", {}).get(kind, "") for kind in ("text/html", "image/svg+xml")))
    assert not any("execution" in cell.metadata for cell in notebook.cells)


@each_notebook
def test_small_enough_to_be_opened_anywhere(path):
    assert path.stat().st_size < 1_000_000


@pytest.mark.parametrize("path", NOTEBOOKS[:-1], ids=lambda path: path.stem)
def test_each_section_asks_and_answers(path):
    notebook = read(path)
    asked = questions(notebook)
    assert {number: [name for name in inside if name.startswith("question-")] for number, inside in sections(notebook).items()} == {
        number: [f"question-{number}"] for number in asked
    }
    for number, cell in asked.items():
        question, answer = re.fullmatch(
            r"\*\*Question (\d+)\.\*\* .+?\n\n<details><summary>Answer</summary>\n\n(.+)\n\n</details>", cell.source, re.DOTALL
        ).groups()
        assert int(question) == number
        prose, _, code = answer.partition("```python")
        shown = "\n".join(line for line in code.splitlines() if not line.startswith((">>>", "...")))
        for said in re.findall(r"\*\*(.+?)\*\*", prose):  # what is stated is what came out; the examples themselves are run below
            assert said.replace("−", "-") in shown, said


@each_notebook
def test_figures_are_described(path):
    for cell in code_cells(read(path)):
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            assert len(cell.metadata["mystnb"]["image"]["alt"].split()) > 4


@each_notebook
def test_links_lead_somewhere(path):
    for cell in read(path).cells:
        if cell.cell_type == "markdown":
            for target in re.findall(r"\]\((?!https?:)([^)#]+)", cell.source):
                assert (path.parent / target).exists(), target


@each_notebook
@pytest.mark.usefixtures("fonts")
def test_runs_from_start_to_end(path, tmp_path):
    notebook = executed(path, tmp_path)
    check_page(notebook)
    assert kinds(notebook) == kinds(read(path))
    assert lines_printed(notebook) == lines_printed(read(path))


def test_pictures_without_the_system_dot(tmp_path):
    notebook = executed(FIRST, tmp_path, PATH=str(tmp_path))
    check_page(notebook)
    assert kinds(notebook) == kinds(read(FIRST))


def test_the_gpt_learns_names_and_not_only_those_that_it_saw():
    said = text(read(NOTEBOOKS[5]))
    loss = {kind: float(x) for kind, x in re.findall(r"(before|learned|held out) +loss ([\d.]+)", said)}
    assert loss["learned"] < loss["held out"] < 2.5 < math.log(27) < loss["before"]
    assert "with 6 programs" in said  # for names of 3 to 8 letters
