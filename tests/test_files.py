"""Files: whole or not at all whoever else saves, checked before they are believed, and those of earlier versions."""

import errno
import json
import os
import pickle
import resource
import signal
import socket
import stat
import subprocess
import sys
import threading
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tools import fuzz_files

import nn
from autograd import Program, Value, draw, files
from autograd.errors import FileError, OperationError, PathNotFoundError, RangeError, StateError
from autograd.program.archive import write_arrays

DATA = Path(__file__).parent / "data"
SAVERS = {
    "program.npz": lambda path: fuzz_files.program().save(path),
    "model.json": lambda path: fuzz_files.model().save(path),
    "picture.dot": lambda path: draw(Value(1.0)).save(path),
}
each_saver = pytest.mark.parametrize(("name", "save"), SAVERS.items(), ids=SAVERS)


@pytest.fixture
def umask():
    before = os.umask(0o027)
    yield
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# Earlier versions.


def test_files_and_pickles_of_version_1_load():
    program = Program.load(DATA / "program-1.npz")
    assert program == pickle.loads((DATA / "program-1.pickle").read_bytes())
    assert program([2.0, 3.0, 4.0]) == [12.5, 3.0, 7.0, 4.0, 29.0, np.tanh(2.0) * np.pi]
    model, value = (pickle.loads((DATA / f"{name}-1.pickle").read_bytes()) for name in ("model", "value"))
    loaded = nn.MLP(2, [3, 1], activation=nn.tanh)
    loaded.load(DATA / "model-1.json")
    assert loaded.state_dict() == model.state_dict() == json.loads((DATA / "model-1.json").read_bytes())["parameters"]
    assert loaded([1.0, 2.0]).data == model([1.0, 2.0]).data
    value.backward()
    assert (value.args[0].args[0].label, value.data) == ("a", 9.0 + np.exp(3.0))


def test_pickles_load_whose_classes_have_been_renamed():
    """`value` is an output of a jitted function, pickled when the classes of its operation were called `_Replay` and `Lanes`."""
    content = (DATA / "replay-1.pickle").read_bytes()
    assert b"_Replay" in content
    assert b"Lanes" in content
    value = pickle.loads(content)
    value.backward()
    assert (value.data, {leaf.label: leaf.grad for leaf in value.args}) == (12.5, {"a": 4.0, None: 1.0})
    assert pickle.loads(pickle.dumps(value)).op.name == value.op.name


def test_each_bit_of_a_program_of_version_1_is_covered_by_its_members(tmp_path):
    """It has no checksum of the whole; what is read has one of each member."""
    content = (DATA / "program-1.npz").read_bytes()
    true = Program.load(DATA / "program-1.npz")
    for bit in range(0, 8 * len(content), 41):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        fuzz_files.attempt("program.npz", bytes(damaged), true, tmp_path / "damaged")


# Damage.


def test_a_short_run_of_the_fuzzer(tmp_path):
    tracemalloc.start()
    try:
        bits = fuzz_files.every_header_bit(tmp_path, 31)
        ends = fuzz_files.mutations(tmp_path, 600, 2)
    finally:
        tracemalloc.stop()
    assert set(bits) == {"program.npz: StateError", "model.json: StateError"}
    assert ends["program.npz: StateError"] > 200
    assert ends["model.json: StateError"] > 200


def test_an_altered_number_is_refused(tmp_path):
    path = tmp_path / "model.json"
    fuzz_files.model().save(path)
    content = path.read_text()
    for digit in [i for i, c in enumerate(content) if c.isdigit()]:
        path.write_text(content[:digit] + str((int(content[digit]) + 1) % 10) + content[digit + 1 :])
        with pytest.raises(StateError):
            fuzz_files.load_model(path)
    for other in (json.dumps(json.loads(content)), content.replace(',\n"sha256"', ', "sha256"')):
        path.write_text(other)
        with pytest.raises(StateError, match=r"checksum is missing: .* was edited; save it again"):
            fuzz_files.load_model(path)
    path.write_text(content.replace("0.0", "0.5", 1))
    with pytest.raises(StateError, match="checksum does not match its content"):
        fuzz_files.load_model(path)


def test_line_ends_of_other_systems_are_no_damage(tmp_path):
    path = tmp_path / "model.json"
    fuzz_files.model().save(path)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n") + b"\r\n")
    assert fuzz_files.load_model(path) == fuzz_files.model().state_dict()


def test_a_newer_version_is_named(tmp_path):
    content = {"format": "valuegrad program, version 12", "future": [1.0]}
    with files.writing(tmp_path / "p.npz") as file:
        write_arrays(file, content)
    np.savez(tmp_path / "unsealed.npz", **content)
    for name in ("p.npz", "unsealed.npz"):
        with pytest.raises(StateError, match="version 12, expected 2 or an earlier one: load it with the release that saved it"):
            Program.load(tmp_path / name)
    (tmp_path / "m.json").write_text('{"format": "valuegrad state", "version": 12, "tensors": {}}')
    with pytest.raises(StateError, match="version 12, expected 2 or an earlier one"):
        fuzz_files.load_model(tmp_path / "m.json")


def member(name, content, **options):
    """An archive that begins as one of version 1, and then has this."""

    def write(path):
        with zipfile.ZipFile(DATA / "program-1.npz") as old, zipfile.ZipFile(path, "w") as new:
            for each in old.namelist():
                with new.open(each, "w", force_zip64=True) as file:
                    file.write(old.read(each) if each != name else b"")
            new.writestr(name, content, **options)

    return write


def array_header(kind, shape):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


HOSTILE = {
    "compressed.npz": member("more.npy", bytes(2**26), compress_type=zipfile.ZIP_DEFLATED),
    "compressed-large.npz": lambda path: np.savez_compressed(path, format="valuegrad program, version 1", constants=np.zeros(2**23)),
    "shape.npz": member("more.npy", array_header("<f8", f"({2**60},)")),
    "dimensions.npz": member("more.npy", array_header("<f8", "(100000, 100000)")),
    "digits.npz": member("more.npy", array_header("<f8", f"({'9' * 6000},)")),
    "no-size.npz": member("more.npy", array_header("<U0", "(1000000000,)")),
    "long-string.npz": member("more.npy", array_header("<U999999999", "()")),
    "twice.npz": lambda path: path.write_bytes((DATA / "program-1.npz").read_bytes()[:300] * 100_000),
    "deep.json": lambda path: path.write_text('{"format": "valuegrad state", "version": 1, "parameters": ' + '{"a":' * 80_000),
    "lists.json": lambda path: path.write_text('{"format": ' + "[" + "[]," * 170_000 + "[]]}"),
    "dicts.json": lambda path: path.write_text('{"format": ' + "[" + '{"":1},' * 74_000 + "{}]}"),
    "large.json": lambda path: path.write_text('{"format": ' + "[" + "[]," * 10**6 + "[]]}"),
    "number.json": lambda path: path.write_text('{"format": "valuegrad state", "version": 1, "parameters": {"w": ' + "9" * 500_000 + "}}"),
    "float.json": lambda path: path.write_text('{"format": "valuegrad state", "version": 1, "parameters": {"w": 0.' + "9" * 500_000 + "}}"),
    "version.json": lambda path: path.write_text('{"format": "valuegrad state", "version": ' + "9" * 4000 + ', "parameters": {}}'),
}


@pytest.mark.parametrize(("name", "write"), HOSTILE.items(), ids=HOSTILE)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_sizes_are_checked_before_anything_is_read(name, write, tmp_path):
    write(tmp_path / name)
    content = (tmp_path / name).read_bytes()
    tracemalloc.start()
    try:
        end = fuzz_files.attempt("program.npz" if name.endswith("npz") else "model.json", content, None, tmp_path / "x")
    finally:
        tracemalloc.stop()
    assert end == "StateError"


def test_a_large_program_and_a_large_model_are_no_attack(tmp_path):
    leaf = y = Value(0.5)
    for k in range(50_000):
        y = y * (1.0 + 1.0 / (k + 1.0)) + leaf
    program = Program([y], [leaf])
    program.save(tmp_path / "p.npz")
    assert Program.load(tmp_path / "p.npz") == program
    model = nn.MLP(100, [150, 1])
    model.save(tmp_path / "m.json")
    other = nn.MLP(100, [150, 1])
    other.load(tmp_path / "m.json")
    assert other.state_dict() == model.state_dict()
    assert (tmp_path / "m.json").stat().st_size > 2**19
    with pytest.raises(StateError, match=r"more than the \d+ bytes of any state of this MLP with 13 parameters: build the module"):
        fuzz_files.load_model(tmp_path / "m.json")


def test_what_numpy_reads_is_what_was_saved(tmp_path):
    program = fuzz_files.program()
    for name in ("a.npz", "b.npz"):
        program.save(tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as archive:
        assert np.array_equal(archive["constants"], program.constants)


# Places.


@pytest.mark.usefixtures("umask")
@each_saver
def test_a_file_keeps_what_it_is(name, save, tmp_path):
    path, target, link = tmp_path / name, tmp_path / "elsewhere" / "target", tmp_path / ("link-" + name)
    save(path)
    assert mode(path) == 0o640
    for kept in (0o600, 0o664, 0o400 | 0o200):
        path.chmod(kept)
        save(path)
        assert mode(path) == kept
    if os.getuid() == 0:
        os.chown(path, 12345, 23456)
        save(path)
        assert (path.stat().st_uid, path.stat().st_gid, mode(path)) == (12345, 23456, 0o600)
    target.parent.mkdir()
    link.symlink_to(Path("elsewhere") / "target")
    for _ in range(2):  # a link to nothing, then to a file
        save(link)
        assert link.is_symlink()
        assert target.read_bytes() == path.read_bytes()
    assert sorted(p.name for p in tmp_path.rglob("*")) == sorted([name, "elsewhere", "target", link.name])


@each_saver
def test_what_is_no_regular_file_is_refused(name, save, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket is short
    os.mkfifo("fifo")
    (tmp_path / "folder").mkdir()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind("socket")
    for kind, said in (("fifo", "a FIFO"), ("socket", "a socket"), ("folder", "a folder")):
        link = tmp_path / f"{kind}-{name}"
        link.symlink_to(kind)
        before = os.lstat(kind)
        with pytest.raises(RangeError, match=f"cannot save .*: it is {said}; give the name of"):
            save(link)
        assert os.lstat(kind).st_mode == before.st_mode
        assert link.is_symlink()
    listening.close()
    for load in fuzz_files.LOADERS.values():
        with pytest.raises(RangeError, match="cannot load 'fifo': it is a FIFO; copy its content to a regular file"):
            load(Path("fifo"))
    assert not list(tmp_path.glob(".*"))


@each_saver
def test_what_cannot_be_written_stays_as_it_was(name, save, tmp_path, monkeypatch):
    path = tmp_path / name
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(FileError, match="the file is read-only; make it writable, or save under another name"):
        save(path)
    path.chmod(0o644)
    for call, code, error in (("fsync", errno.ENOSPC, OSError), ("open", errno.EACCES, PermissionError), ("fsync", 0, KeyboardInterrupt)):

        def fails(*_, code=code, error=error, **__):
            raise error(code, os.strerror(code))

        with monkeypatch.context() as patch:
            patch.setattr(os, call, fails)
            with pytest.raises(KeyboardInterrupt if error is KeyboardInterrupt else FileError) as caught:
                save(path)
        if error is not KeyboardInterrupt:
            assert str(caught.value).startswith(f"cannot save {str(path)!r}: {os.strerror(code)}; nothing was changed")
            assert isinstance(caught.value, OSError)
    with pytest.raises(PathNotFoundError, match=r"there is no folder .*; make it first"):
        save(path / name)  # in a file
    (tmp_path / ("loop-" + name)).symlink_to("loop-" + name)
    with pytest.raises(FileError, match="symbolic links"):
        save(tmp_path / ("loop-" + name))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([name, "loop-" + name])
    assert path.read_bytes() == b"old"


def test_a_full_disk(tmp_path):
    """Simulated by the largest size that the system lets this process's files have."""
    leaf = Value(1.0)
    program = Program([leaf * float(k) for k in range(5000)], [leaf])
    (tmp_path / "p.npz").write_bytes(b"old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with pytest.raises(FileError, match="File too large; nothing was changed"):
            program.save(tmp_path / "p.npz")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"old"]


@pytest.mark.parametrize("path", [b"p.npz", 3, None])
def test_a_path_is_a_string_or_a_path(path):
    for act in (*SAVERS.values(), *fuzz_files.LOADERS.values()):
        with pytest.raises(OperationError, match="as the path, expected the name of a file"):
            act(path)


def test_a_path_that_no_system_can_encode():
    for act in (*SAVERS.values(), *fuzz_files.LOADERS.values()):
        with pytest.raises(RangeError, match=r"got 'a\\ud800\.dot' as the path, which cannot be encoded; expected the name of a file"):
            act("a\ud800.dot")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system shows no open files")
def test_a_pipe_behind_a_link_of_the_system():
    ends = os.pipe()
    try:
        for save in (fuzz_files.program().save, fuzz_files.model().save):
            with pytest.raises(RangeError, match="it is a FIFO; give the name of"):
                save(f"/proc/self/fd/{ends[1]}")
    finally:
        for end in ends:
            os.close(end)


def test_a_path_with_a_null_character():
    for act in (*SAVERS.values(), *fuzz_files.LOADERS.values()):
        with pytest.raises(RangeError, match="null character"):
            act("a\0.dot")


def test_a_name_as_long_as_the_system_allows(tmp_path):
    path = tmp_path / ("n" * 251 + ".npz")
    fuzz_files.program().save(path)
    assert Program.load(path) == fuzz_files.program()


# Others at work.

SAVE = "import sys, nn\nfor k in range(int(sys.argv[2])): nn.MLP(2, [40, 1], init=lambda *_: float(sys.argv[3])).save(sys.argv[1])"


def saver(path, times, number):
    return subprocess.Popen([sys.executable, "-c", SAVE, str(path), str(times), str(number)])  # noqa: S603  # the line above


def test_threads_and_processes_that_save_to_one_path(tmp_path):
    path = tmp_path / "model.json"
    models = [nn.MLP(2, [40, 1], init=lambda *_, k=k: float(k)) for k in range(6)]
    states = [model.state_dict() for model in models]
    models[0].save(path)
    failed = []

    def save(model):
        try:
            for _ in range(30):
                model.save(path)
        except Exception as error:  # noqa: BLE001  # whatever it is
            failed.append(error)

    others = [saver(path, 40, k) for k in (4, 5)]
    threads = [threading.Thread(target=save, args=[model]) for model in models[:4]]
    for thread in threads:
        thread.start()
    seen = nn.MLP(2, [40, 1])
    while any(thread.is_alive() for thread in threads) or any(other.poll() is None for other in others):
        seen.load(path)
        assert seen.state_dict() in states
    assert not failed
    assert [other.returncode for other in others] == [0, 0]
    assert [p.name for p in tmp_path.iterdir()] == ["model.json"]


KILLED = """
import os, signal, sys
from autograd import Program, Value
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
Program([Value(2.0)], []).save(sys.argv[1])
"""


def test_what_a_killed_save_leaves_is_removed_by_the_next(tmp_path):
    path = tmp_path / "p.npz"
    fuzz_files.program().save(path)
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)  # noqa: S603  # the lines above
        assert done.returncode == -signal.SIGKILL
        assert Program.load(path) == fuzz_files.program()
        assert len(list(tmp_path.iterdir())) == 2  # of each kill's, the next save removes what the one before left
    fuzz_files.model().save(tmp_path / "other.json")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["other.json", "p.npz"]


def test_the_temporary_file_of_a_save_under_way_is_not_removed(tmp_path):
    with files.writing(tmp_path / "a") as file:
        file.write(b"a")
        files.write(tmp_path / "b", b"b")
        files.write(tmp_path / "a", b"other")
    assert [(tmp_path / name).read_bytes() for name in "ab"] == [b"a", b"b"]
    assert len(list(tmp_path.iterdir())) == 2
