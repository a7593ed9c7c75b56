"""The compiled parts, where they were built: `AUTOGRAD_BACKEND=pure` does not use them, `=native` requires them."""

import os
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Operation", "backend", "kernel", "native"]

WANTED: str = os.environ.get("AUTOGRAD_BACKEND", "")
if WANTED not in {"", "native", "pure"}:
    raise ImportError(
        f"got AUTOGRAD_BACKEND={WANTED!r}, expected native or pure, or no such variable: unset it to use native where it was built"
    )

REMEDY = "with a C compiler on the PATH, python -m pip install -e . in the checkout builds it"


def _compiled(name: str) -> Any:
    """The compiled module of this name, None where it is turned off or was not built."""
    if WANTED == "pure":
        return None
    try:
        return import_module(name)
    except ImportError as error:
        if WANTED == "native":
            raise ImportError(
                f"AUTOGRAD_BACKEND=native, but {name} cannot be imported ({error}): {REMEDY}; or unset AUTOGRAD_BACKEND"
            ) from error
        if not isinstance(error, ModuleNotFoundError):
            warnings.warn(
                f"{name} was built, but cannot be imported ({error}), so the pure Python code is used: {REMEDY} again; "
                "or set AUTOGRAD_BACKEND=pure",
                RuntimeWarning,
                stacklevel=2,
            )
    return None


native: Any = _compiled("autograd.native._native")
kernel: Any = _compiled("autograd.native._kernel")
backend: str = "pure" if native is None else "native"

# The base class of Op: the compiled one handles a call on Values entirely in C.
if TYPE_CHECKING:
    from autograd.native._native import Operation
else:
    Operation = object if native is None else native.Operation
