"""Debian's packages, with what they need, unpacked into a folder: Pythons of another processor or of a later Debian.

    python tests/tools/unpack.py FOLDER --arch arm64 --suite bookworm --run python3 libpython3-dev
    python tests/tools/unpack.py FOLDER --suite sid --run python3.15 python3.15-dev
    python tests/tools/unpack.py FOLDER --suite bookworm --source python3.11

Nothing is installed, and apt keeps its lists in the folder, so that it needs no root. The source is the one of this machine's own apt.
With --run, the Pythons are made to run from the folder: on the C library that came with them (needs patchelf), or, where they are for
another processor, under QEMU. --source unpacks the sources as their authors gave them.
"""

import argparse
import os
import subprocess
from pathlib import Path

CONFIGURATION = """\
Dir::State "{state}"; Dir::State::status "{state}/status"; Dir::Cache "{state}/cache"; Dir::Log "{state}";
Dir::Etc::sourcelist "{state}/sources.list"; Dir::Etc::sourceparts "{state}/none"; Dir::Etc::preferencesparts "{state}/none";
APT::Architecture "{arch}"; APT::Architectures {{"{arch}";}}; APT::Install-Recommends "false"; APT::Sandbox::User "root";
Acquire::Languages "none"; Debug::NoLocking "true";
"""


def source() -> str:
    """The address of the Debian that this machine's apt uses."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    if not found:
        raise SystemExit("apt has no lists of Debian's packages here: run apt-get update, on a Debian")
    return found[0]


def unpack(folder: Path, arch: str, suite: str, packages: list[str], *, sources: bool) -> None:
    """Fetch the packages and all that they depend on, or their sources, and unpack them into the folder."""
    state = folder / "apt"
    for name in ("lists/partial", "cache/archives/partial", "none"):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (state / "sources.list").write_text(f"deb{'-src' * sources} [signed-by={keys}] {source()} {suite} main\n", encoding="utf-8")
    (state / "apt.conf").write_text(CONFIGURATION.format(state=state, arch=arch), encoding="utf-8")
    env = os.environ | {"APT_CONFIG": str(state / "apt.conf")}
    fetch = ["source", "--tar-only"] if sources else ["install", "-y"]
    for command in (["update"], [*fetch, "--download-only", *packages]):
        subprocess.run(["apt-get", "-qq", *command], check=True, env=env, stdout=subprocess.DEVNULL, cwd=state)
    for archive in state.glob("*.orig.tar.*"):
        subprocess.run(["tar", "-xf", archive, "-C", folder, "--strip-components=1"], check=True)
    for package in sorted((state / "cache" / "archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, folder], check=True)


def make_run(folder: Path, arch: str) -> None:
    """Let each python3.X of the folder run: on the C library that came with it, or, for another processor, under QEMU."""
    loader = next(found for libraries in ("usr/lib", "lib") for found in folder.glob(f"{libraries}/*/ld-linux*.so.*"))
    here = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip() == arch
    for program in folder.glob("usr/bin/python3.*[0-9]"):
        if here:
            subprocess.run(["patchelf", "--force-rpath", "--set-rpath", loader.parent, "--set-interpreter", loader, program], check=True)
            headers = folder / "usr" / "include" / program.name / loader.parent.name  # which holds pyconfig.h; the C library's stay apart
            headers.symlink_to(folder / "usr" / "include" / loader.parent.name)
        else:
            real = program.rename(program.with_name(f"real-{program.name}"))
            qemu = f"qemu-{loader.parent.name.split('-')[0]} -L {folder} -0 $0"
            program.write_text(f'#!/bin/sh\nPYTHONHOME={folder}/usr exec {qemu} {real} "$@"\n', encoding="utf-8")
            program.chmod(0o755)
        print(program)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=lambda text: Path(text).resolve())
    parser.add_argument("packages", nargs="+")
    parser.add_argument("--arch", default="amd64")
    parser.add_argument("--suite", default="stable")
    parser.add_argument("--source", action="store_true", help="sources in place of programs")
    parser.add_argument("--run", action="store_true", help="make the Pythons run from the folder")
    given = parser.parse_args()
    unpack(given.folder, given.arch, given.suite, given.packages, sources=given.source)
    if given.run:
        make_run(given.folder, given.arch)
