"""What `import nn` and `python -m autograd` say where `autograd` or `nn` is another; `nox -s release` tries it with HIPS autograd."""

import os
import subprocess
import sys
from types import ModuleType

import pytest
from checkout import ROOT, needs_checkout
from machines import PAGE, page

import nn.beside

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]


def module(path, **names):
    made = ModuleType("autograd")
    made.__file__ = path and str(path)
    vars(made).update(names)
    return made


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (module("/home/me/autograd.py", Value=object), "but `import autograd` finds /home/me/autograd.py: rename that"),
        (module(None, __path__=["/home/me/autograd"]), "but `import autograd` finds ['/home/me/autograd']: rename that"),
        (module(nn.beside.FOLDER / "__init__.py"), "was overwritten by another of that name: python -m pip uninstall -y autograd, then"),
        (module(None, __path__=[nn.beside.FOLDER]), "has lost its __init__.py"),
    ],
)
def test_another_autograd(monkeypatch, found, said):
    monkeypatch.setattr(nn.beside, "autograd", found)
    with pytest.raises(ImportError) as error:
        nn.beside.check()
    assert said in str(error.value)


def test_files_of_hips_autograd_among_ours(monkeypatch, tmp_path):
    monkeypatch.setattr(nn.beside, "FOLDER", tmp_path)
    monkeypatch.setattr(nn.beside, "autograd", module(tmp_path / "__init__.py", Value=object))
    nn.beside.check()
    (tmp_path / "tracer.py").touch()
    with pytest.warns(RuntimeWarning, match="files of HIPS autograd lie among ours"):
        nn.beside.check()


def test_a_user_has_a_file_called_nn(tmp_path):
    (tmp_path / "nn.py").write_text("", encoding="utf-8")
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    run = subprocess.run([sys.executable, "-m", "autograd"], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.strip() == (
        f"python -m autograd needs the package nn of valuegrad, but `import nn` finds {tmp_path / 'nn.py'}: rename that if it is yours, "
        "else uninstall it"
    )


@needs_checkout
def test_the_page_on_machines_is_what_the_jobs_recorded():
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python tests/tools/machines.py"
