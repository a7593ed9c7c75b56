"""The compiled parts, where they were built and are wanted: `AUTOGRAD_BACKEND=pure` does without, `=native` insists on them."""

import os
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

__all__ = ["Operation", "backend", "native"]

WANTED = os.environ.get("AUTOGRAD_BACKEND", "")
if WANTED not in {"", "native", "pure"}:
    raise ImportError(
        f"got AUTOGRAD_BACKEND={WANTED!r}, expected native or pure, or no such variable: unset it to take native where it was built"
    )

native: Any = None
if WANTED != "pure":
    try:
        native = import_module("autograd._native")
    except ImportError as error:
        remedy = "with a C compiler on the PATH, python -m pip install -e . in the checkout builds it"
        if WANTED == "native":
            raise ImportError(
                f"AUTOGRAD_BACKEND=native, but the compiled Value cannot be imported ({error}): {remedy}; or unset AUTOGRAD_BACKEND"
            ) from error
        if not isinstance(error, ModuleNotFoundError):
            warnings.warn(
                f"the compiled Value was built, but cannot be imported ({error}), and the one in Python serves: {remedy} anew; "
                "or set AUTOGRAD_BACKEND=pure",
                RuntimeWarning,
                stacklevel=2,
            )

backend = "pure" if native is None else "native"

# What Op derives from: compiled, calling an Op on Values comes down to C before anything else.
if TYPE_CHECKING:
    from autograd._native import Operation
else:
    Operation = object if native is None else native.Operation
