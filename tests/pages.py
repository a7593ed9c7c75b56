"""The notebooks as they were committed: their cells, outputs and pictures."""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FIRST = NOTEBOOKS[0]
PICTURES = {"image/svg+xml", "image/png"}
A_PATH = re.compile(r"/(home|root|tmp|Users)/|[A-Z]:\\\\|ipykernel_")


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def questions(notebook):
    """The cells with a question and its folded answer, by their numbers."""
    found = [cell for cell in notebook.cells if cell.id.startswith("question-")]
    return {int(cell.id.removeprefix("question-")): cell for cell in found}


def sections(notebook):
    """For each numbered section the ids of the cells that begin within it."""
    found, number = {}, 0
    for cell in notebook.cells:
        if number:
            found[number].append(cell.id)
        if cell.cell_type == "markdown":
            for heading in re.findall(r"^## (.*)", cell.source, re.MULTILINE):
                number = int(heading.split(".")[0]) if heading[0].isdigit() else 0
                if number:
                    found[number] = []
    return found


def outputs(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def kinds(notebook):
    """For each code cell the form of its outputs: names of streams, types of pictures and of text."""
    return [
        {kind for output in cell.outputs for kind in (output.get("data") or [output.get("name", "error")])} for cell in code_cells(notebook)
    ]


def lines_printed(notebook):
    """For each code cell the number of lines that it prints, in however many parts they came."""
    return [sum(output.get("text", "").count("\n") for output in cell.outputs) for cell in code_cells(notebook)]


def text(notebook):
    """Everything that the page says in words."""
    return "\n".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in outputs(notebook))


def check_page(notebook):
    """No error, nothing on stderr, at least one picture, and every comparison that it prints holds."""
    found = set().union(*kinds(notebook))
    assert not found & {"error", "stderr"}
    assert found & PICTURES
    assert "False" not in text(notebook)
