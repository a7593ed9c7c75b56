"""The exercises of notebook 07: the solutions pass, and the usual mistakes are told apart."""

import re
from pathlib import Path

import nbformat
import pytest

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

NOTEBOOK = nbformat.read(Path(__file__).parents[1] / "notebooks" / "07_exercises.ipynb", as_version=4)
CELLS = {cell.id: cell.source for cell in NOTEBOOK.cells}
SOLUTIONS = {
    int(name.removeprefix("solution-")): re.search(r"```python\n(.*)```", text, re.DOTALL)[1]
    for name, text in CELLS.items()
    if name.startswith("solution-")
}

# For each exercise what goes wrong: the words of the solution, what stands in their place, and how the answer begins.
MISTAKES = {
    1: {
        "no shift": ("m = max(z)", "m = 0.0", "logits of 1000 give nan"),
        "a maximum that starts at 0": ("m = max(z)", "m = max(0.0, *z)", "logits of -1000 give nan"),
        "a maximum that starts at the smallest double": ("m = max(z)", "m = max(2.2e-308, *z)", "logits of -1000 give nan"),
        "a shift by the minimum": ("m = max(z)", "m = min(z)", "logits of 0 and 2000 give nan"),
        "a shift by the mean": ("m = max(z)", "m = sum(z) / len(z)", "logits of 0 and 2000 give nan"),
        "a shift of what is above alone": ("exp(z_k - m) for", "exp(z_k - (m if m > 0 else 0.0)) for", "logits of -1000 give nan"),
        "no division": ("e_k / total", "e_k", "the probabilities add up to 1.6"),
        "plain numbers": ("e_k / total for", "(e_k / total).data for", "the result has plain numbers"),
        "the data of the sum": ("/ total", "/ total.data", "the numbers are right, but not their derivatives"),
        "logits in place of exponentials": ("exp(z_k - m)", "z_k", "got [0.0, 0.301, 0.699]"),
        "one too few": ("for e_k in e]", "for e_k in e[1:]]", "the probabilities add up to 0.875"),
    },
    2: {
        "the diagonal alone": ("((i == j) - a_j)", "(i == j) * (1 - a_j)", "right on the diagonal, but 0 elsewhere"),
        "the sign beside the diagonal": ("((i == j) - a_j)", "(1 - a_j if i == j else a_j)", "right on the diagonal, but the rest"),
        "one case for all": ("(i == j)", "1", "that is a_i (1 - a_j)"),
        "all signs": ("((i == j) - a_j)", "(a_j - (i == j))", "that is minus the Jacobian"),
        "by the other probability": ("a_i *", "a_j *", "got [["),
        "a row alone": ("for i, a_i in enumerate(a)]", "for i, a_i in enumerate(a)][0]", "got the shape (3,)"),
    },
    3: {
        "no minus sign": ("-sum", "sum", "the cost is negative"),
        "the mean over the classes": ("zip(a, y))\n\ndef", "zip(a, y)) / len(a)\n\ndef", "the cost is a fourth"),
        "the entropy": ("y_j * log", "a_j * log", "that is the entropy of a"),
        "y - a": ("a_j - y_j", "y_j - a_j", "the sign is turned"),
        "by a": ("[a_j - y_j", "[-y_j / a_j", "that is the derivative by a."),
        "the right class alone": ("[a_j - y_j", "[a_j - y_j if y_j else 0.0", "only the right class"),
        "the diagonal of the Jacobian": ("[a_j - y_j", "[-y_j * (1 - a_j)", "that is what the diagonal"),
        "one-hot targets alone": ("a_j - y_j", "a_j - (y_j > 0)", "got [-0.875, -0.75, -0.375]"),
        "no gradient": ("return [a", "[a", "the cell above still has its dots"),
    },
    4: {
        "the sum": (" / len(A)", "", "that is the gradient of the sum"),
        "the mean over all": ("len(A)", "A.size", "divided by N · K"),
        "the number of classes": ("len(A)", "len(A[0])", "divided by K"),
        "y - a": ("A - Y", "Y - A", "the sign is turned"),
    },
    5: {
        "no x": ("x / (1", "1 / (1", "that is the sigmoid"),
        "the sign in the exponent": ("exp(-x)", "exp(x)", "that is x σ(-x)"),
        "σ as a constant": (" + y * (1 - sigmoid(x))", "", "the derivative is that of x alone"),
        "x as a constant": ("(sigmoid(x) + y", "(y", "the derivative is that of σ alone"),
        "σ'": ("(sigmoid(x) + y *", "(sigmoid(x) *", "that is the derivative of the sigmoid"),
        "no comma": ("(1 - sigmoid(x)),)", "(1 - sigmoid(x)))", "the partials of silu are"),
        "a part that is not differentiated": ("y * (1", "autograd.stop_gradient(y) * (1", "the derivative of output 0 with respect to"),
        "math's functions": ("(sigmoid(x) +", "(1 / (1 + __import__('math').exp(-x)) +", "a second derivative of silu was requested"),
        "an overflow": ("(sigmoid(x) +", "(1 - exp(-x) / (1 + exp(-x)) +", "the derivative is nan at -1000"),
        "no operation": ("silu = Op(", "silu = (", "silu is ("),
    },
    6: {
        "uphill": ("W - rate", "W + rate", "uphill"),
        "the sum": (" / len(X)", "", "30 times too far"),
        "the step alone": ("W - rate", "rate", "that is the step alone"),
        "the gradient alone": ("W - rate * ", "", "that is the gradient alone"),
        "y - a": ("(nn.softmax(X @ W) - Y)", "(Y - nn.softmax(X @ W))", "uphill"),
        "the mean over all": ("len(X)", "Y.size", "got [["),
    },
}  # fmt: skip


def answer(number, code, capsys):
    """What the check says to `code` in the cell of the exercise."""
    names = {"__name__": "__main__"}
    for cell in (CELLS["tools"], code, CELLS[f"check-{number}"]):
        exec(cell, names)  # noqa: S102  # the notebook's own cells
    return capsys.readouterr().out.strip()


def test_each_exercise_is_complete():
    numbers = list(range(1, len(SOLUTIONS) + 1))
    assert list(SOLUTIONS) == list(MISTAKES) == numbers
    parts = [name for name in CELLS if name[-1].isdigit()]
    assert parts == [f"{part}-{i}" for i in numbers for part in ("task", "exercise", "check", "solution")]


@pytest.mark.parametrize("number", SOLUTIONS)
def test_an_empty_cell_is_no_error(number, capsys):
    assert answer(number, CELLS[f"exercise-{number}"], capsys) == "Not yet: the cell above still has its dots."


@pytest.mark.parametrize("number", SOLUTIONS)
def test_the_solution_is_right(number, capsys):
    assert answer(number, SOLUTIONS[number], capsys).startswith("Right: ")


def test_all_solutions_in_one_run(capsys):
    names = {"__name__": "__main__"}
    for cell in NOTEBOOK.cells:
        if cell.cell_type == "code":
            part, _, number = cell.id.partition("-")
            exec(SOLUTIONS[int(number)] if part == "exercise" else cell.source, names)  # noqa: S102  # as above
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["Right:"] * len(SOLUTIONS)


@pytest.mark.parametrize(("number", "mistake"), [(i, name) for i, mistakes in MISTAKES.items() for name in mistakes])
def test_a_mistake_is_named(number, mistake, capsys):
    words, others, expected = MISTAKES[number][mistake]
    assert SOLUTIONS[number].count(words) == 1
    assert answer(number, SOLUTIONS[number].replace(words, others), capsys).startswith(f"Not yet: {expected}")
