"""The `autograd` that `nn` stands beside: an ImportError says in one sentence what is wrong where another package or file has its name.

HIPS autograd has the same name. Whichever of the two is installed last writes its `__init__.py` over the other's, and removing it takes
the file away; pip says nothing.
"""

import warnings
from pathlib import Path

import autograd

FOLDER = Path(__file__).parents[1] / "autograd"
AGAIN = "python -m pip uninstall -y autograd, then python -m pip install --force-reinstall --no-deps with what valuegrad was installed from"


def check() -> None:
    """Raise an ImportError where `autograd` is not ours, or no longer whole; warn where files of HIPS autograd lie among ours."""
    found, hips = getattr(autograd, "__file__", None), (FOLDER / "tracer.py").exists()
    if found is None and FOLDER in map(Path, autograd.__path__):
        raise ImportError(
            f"the package autograd in {FOLDER} has lost its __init__.py, as happens when HIPS autograd, which has the same name, "
            f"is uninstalled: {AGAIN}"
        )
    if found is None or Path(found).parent != FOLDER:
        raise ImportError(
            f"nn needs the package autograd of valuegrad, in {FOLDER}, but `import autograd` finds {found or list(autograd.__path__)}: "
            "rename that if it is yours, else uninstall it, or remove its folder from sys.path"
        )
    if not hasattr(autograd, "Value"):
        raise ImportError(
            f"the package autograd in {FOLDER} was overwritten by another of that name{', HIPS autograd' if hips else ''}: "
            f"{AGAIN}; the two cannot share an environment"
        )
    if hips:
        warnings.warn(
            f"files of HIPS autograd lie among ours in {FOLDER}: it no longer works, and uninstalling it will take our __init__.py away; "
            f"{AGAIN}",
            RuntimeWarning,
            stacklevel=2,
        )


check()
