"""The graph of a small language model."""

import contextlib
import io
import json
from pathlib import Path

TOP = Path(__file__).parents[1]


def loss_of_gpt():
    """The loss of the GPT of notebook 06 for one name, from its cells."""
    cells = json.loads((TOP / "notebooks" / "06_names_gpt.ipynb").read_text(encoding="utf-8"))["cells"]
    names = {}
    for cell in cells:
        code = "".join(cell["source"])
        if cell["cell_type"] == "code" and "loss" not in names:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(code, names)  # noqa: S102  # our own notebook
    names["loss"].backward()
    return names["loss"]
