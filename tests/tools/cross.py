"""Compile and link the compiled parts for another processor or system: python tests/tools/cross.py TARGET FOLDER [INCLUDE...]

The targets are aarch64-linux (Debian's cross compiler), x86_64-windows (mingw-w64), x86_64-macos and aarch64-macos (Zig from PyPI).
FOLDER gets the modules; the other folders have Python's headers for the target, else those of this Python are taken. Each warning is an
error.
"""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
FLAGS = [
    "-std=c11", "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-Wno-missing-field-initializers",
    "-Wno-cast-function-type", f"-I{ROOT / 'autograd/native'}", f"-ffile-prefix-map={ROOT}=.",
]  # fmt: skip
KERNEL = ["-fno-math-errno", "-fno-trapping-math", "-pthread"]
QUIET = "-Wno-maybe-uninitialized"  # GCC 12 takes a pointer to constants for a read of them
ZIG = [sys.executable, "-m", "ziglang", "cc", "-Wno-pass-failed", "-target"]
COMPILERS = {
    "aarch64-linux": (["aarch64-linux-gnu-gcc", "-fPIC", QUIET], ".cpython-311-aarch64-linux-gnu.so"),
    "x86_64-windows": (["x86_64-w64-mingw32-gcc", "-DMS_WIN64", QUIET], ".cp311-win_amd64.pyd"),
    "x86_64-macos": ([*ZIG, "x86_64-macos"], ".cpython-311-darwin.so"),
    "aarch64-macos": ([*ZIG, "aarch64-macos"], ".cpython-311-darwin.so"),
}
LINK = {
    "linux": ["-shared", "-s"],
    "windows": ["-shared", "-static", "-s", "-pthread"],
    "macos": ["-shared", "-undefined", "dynamic_lookup"],
}


def symbols(*command: str | Path) -> set[str]:
    """The words that a program prints."""
    return set(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def import_library(folder: Path, objects: list[Path]) -> Path:
    """What stands for Python's DLL where there is none: a library of the names that the objects ask it for, all of which Python exports."""
    shared = sysconfig.get_config_var("Py_ENABLE_SHARED")
    python = Path(sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME")) if shared else Path(sys.executable)
    wanted = {name.removeprefix("__imp_") for name in symbols("x86_64-w64-mingw32-nm", "-u", *objects)}
    names = {name for name in wanted if name.startswith(("Py", "_Py"))}
    if unknown := names - symbols("nm", "-D", "--defined-only", python):
        raise SystemExit(f"Python does not export {sorted(unknown)}")
    definition, library = folder / "python.def", folder / "libpython.a"
    definition.write_text("LIBRARY python311.dll\nEXPORTS\n" + "".join(f"    {name}\n" for name in sorted(names)), encoding="utf-8")
    subprocess.run(["x86_64-w64-mingw32-dlltool", "-d", definition, "-l", library], check=True)
    return library


def build(target: str, folder: Path, include: list[str]) -> list[Path]:
    """Both modules."""
    compiler, suffix = COMPILERS[target]
    value = folder / "_native.c"
    subprocess.run([sys.executable, "-m", "cython", "-3", ROOT / "autograd/native/_native.pyx", "-o", value], check=True)
    compiler = [*compiler, *FLAGS, *(f"-isystem{path}" for path in include)]
    objects = []
    for source, flags in ((value, []), (ROOT / "autograd/native/_kernel.c", KERNEL)):
        objects.append(folder / f"{source.stem}.o")
        subprocess.run([*compiler, *flags, "-c", source, "-o", objects[-1]], check=True)
    library = [import_library(folder, objects)] if target.endswith("windows") else []
    found = [made.with_name(made.stem + suffix) for made in objects]
    for made, path in zip(objects, found, strict=True):
        subprocess.run([*compiler, *LINK[target.split("-")[1]], made, *library, "-o", path], check=True)
    return found


if __name__ == "__main__":
    target, folder, *include = sys.argv[1:]
    for path in build(target, Path(folder).resolve(), include or [sysconfig.get_path("include")]):
        print(path.name, path.stat().st_size)
