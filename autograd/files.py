"""Files: written as a whole or not at all, and read only after a check.

A save writes a temporary file in the folder of the target, and then renames it to the target, which is atomic. So readers, other saves, a
full disk, a kill and a crash leave the old content or the new, never a part. A temporary file is locked while its save runs; the next
save in the folder removes those that are not.

A file is checked against the sizes in it first, then against the SHA-256 checksum at its end, and only then used.
"""

import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from autograd.errors import FileError, OperationError, PathNotFoundError, RangeError, StateError

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be removed, so that a temporary file needs no lock
    fcntl = None  # type: ignore[assignment]

TEMPORARY = ".valuegrad-{}.part"
BLOCK = 2**20  # bytes in memory at a time while a checksum is computed
DIGITS = 64  # of a SHA-256 checksum
KINDS = {stat.S_ISFIFO: "a FIFO", stat.S_ISSOCK: "a socket", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device"}


def file_path(path: Any, example: str) -> Path:
    """The name of a file as a Path.

    Raises:
        OperationError: it is neither a string nor a path.
        RangeError: no file can have this name.
    """
    if not isinstance(path, str | os.PathLike) or not isinstance(os.fspath(path), str):
        raise OperationError(f"got {path!r} as the path, expected the name of a file, such as {example!r}")
    try:
        encoded = os.fsencode(path)
    except UnicodeEncodeError:
        raise RangeError(f"got {path!r} as the path, which cannot be encoded; expected the name of a file, such as {example!r}") from None
    if b"\0" in encoded:
        raise RangeError(f"got {path!r} as the path, in which there is a null character; expected the name of a file, such as {example!r}")
    return Path(path)


def destination(path: Path) -> Path:
    """The regular file, existing or new, that saving to `path` writes; symbolic links are followed.

    Raises:
        PathNotFoundError: there is no such folder.
        RangeError: it is not a regular file.
        FileError: the file is read-only.
    """
    with _errors("save", path):
        target, old = Path(os.path.realpath(path)), _status(path)
        if not old and not target.parent.is_dir():
            folder = str(target.parent if path.is_symlink() else path.parent)
            raise PathNotFoundError(f"cannot save {str(path)!r}: there is no folder {folder!r}; make it first, or save elsewhere")
        if old and not stat.S_ISREG(old.st_mode):
            remedy = "a file in it" if stat.S_ISDIR(old.st_mode) else "a regular file, or one that does not exist yet"
            raise RangeError(f"cannot save {str(path)!r}: it is {_kind(old)}; give the name of {remedy}")
        if old and not (old.st_mode & 0o222 and os.access(target, os.W_OK)):  # the first also for root, who may write everything
            raise FileError(f"cannot save {str(path)!r}: the file is read-only; make it writable, or save under another name")
        return target


def write(path: Path, content: bytes) -> None:
    """Write `content` to the file: see `writing`."""
    with writing(path) as file:
        file.write(content)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which replaces the one at `path` at the end, if nothing fails.

    The permissions and the owner of an existing file are kept; a new one has the default ones. It is flushed to the disk before it
    gets its name.

    Raises:
        FileError: the file cannot be written; an existing one is unchanged.
        PathNotFoundError, RangeError: as for `destination`.
    """
    target = destination(path)
    with _errors("save", path):
        _remove_abandoned(target.parent)
        old = _status(target)
        temporary, file = _temporary(target.parent, 0o600 if old else 0o666)
        try:
            with file:
                yield file
                file.flush()
                if old:
                    _take_over(old, temporary)
                os.fsync(file.fileno())
                if fcntl:  # an open file can be renamed here, so its lock is kept until then
                    temporary.replace(target)
            if not fcntl:
                temporary.replace(target)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)


@contextmanager
def reading(path: Path, saver: str) -> Iterator[BinaryIO]:
    """The file at `path`, open; the block may raise a ValueError for a fault of its content.

    Raises:
        PathNotFoundError: there is no such file.
        RangeError: it is not a regular file.
        FileError: it cannot be read.
        StateError: its content has a fault.
    """
    with _errors("load", path):
        there = _status(path)
        if not there or stat.S_ISDIR(there.st_mode):
            raise PathNotFoundError(f"cannot load {str(path)!r}: there is no such file; give one that {saver} wrote")
        if not stat.S_ISREG(there.st_mode):
            raise RangeError(f"cannot load {str(path)!r}: it is {_kind(there)}; copy its content to a regular file, and load that")
        try:
            with path.open("rb") as file:
                yield file
        except ValueError as error:
            raise StateError(f"cannot load {str(path)!r}: {error}") from None


@contextmanager
def _errors(verb: str, path: Path) -> Iterator[None]:
    """Turn errors of the operating system into ones that name the file and the remedy."""
    try:
        yield
    except (FileError, PathNotFoundError):
        raise
    except OSError as error:
        remedy = "nothing was changed; remove the cause, or save elsewhere" if verb == "save" else "remove the cause, or load a copy"
        raise FileError(f"cannot {verb} {str(path)!r}: {error.strerror or error}; {remedy}") from error


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _kind(there: os.stat_result) -> str:
    return next((name for is_kind, name in KINDS.items() if is_kind(there.st_mode)), "a folder")


def _temporary(folder: Path, mode: int) -> tuple[Path, BinaryIO]:
    """A new file, locked, and its path."""
    while True:
        path = folder / TEMPORARY.format(secrets.token_hex(8))
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode), "w+b")
        if _locked(file) is not False and os.fstat(file.fileno()).st_nlink:
            return path, file
        file.close()  # another save removed it before it was locked
        path.unlink(missing_ok=True)


def _locked(file: BinaryIO) -> bool | None:
    """Lock the file. False: another has the lock; None: there are no locks here."""
    if not fcntl:
        return None
    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _remove_abandoned(folder: Path) -> None:
    """Remove the temporary files of saves that were killed."""
    for path in folder.glob(TEMPORARY.format("*")):
        with suppress(OSError):  # already removed, or another user's
            if fcntl:
                with path.open("rb") as file:
                    if _locked(file):
                        path.unlink()
            else:
                path.unlink()


def _take_over(old: os.stat_result, new: Path) -> None:
    """Give `new` the owner, the group and the permissions of the file that it replaces, as far as the system allows."""
    made = new.stat()
    if made.st_uid != old.st_uid:
        with suppress(PermissionError):
            os.chown(new, old.st_uid, -1)
    if made.st_gid != old.st_gid:
        with suppress(PermissionError):
            os.chown(new, -1, old.st_gid)
    same_group = new.stat().st_gid == old.st_gid
    new.chmod(stat.S_IMODE(old.st_mode) & (0o7777 if same_group else 0o7707))  # permissions of one group are not for another


def _sync_folder(folder: Path) -> None:
    """Flush a folder's entries to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def seal(file: BinaryIO, after: bytes = b"") -> None:
    """Append the checksum of the content of the file, and then `after`."""
    file.write(_checksum(file, file.seek(0, os.SEEK_END)) + after)


def is_sealed(file: BinaryIO, before: bytes, after: bytes = b"") -> bool:
    """Whether the file ends with a checksum as `seal` writes it, between `before` and `after`.

    Raises:
        ValueError: it does, but the checksum does not match.
    """
    size = file.seek(0, os.SEEK_END)
    begin = size - len(before) - DIGITS - len(after)
    if begin < 0:
        return False
    file.seek(begin)
    end = file.read()
    if not (end.startswith(before) and end.endswith(after)):
        return False
    if _checksum(file, begin + len(before)) != end[len(before) : len(before) + DIGITS]:
        raise ValueError("its checksum does not match its content: it is damaged, or was edited; save it again")
    return True


def _checksum(file: BinaryIO, size: int) -> bytes:
    """The SHA-256 checksum, in hexadecimal digits, of the first `size` bytes."""
    found = hashlib.sha256()
    file.seek(0)
    for at in range(0, size, BLOCK):
        found.update(file.read(min(BLOCK, size - at)))
    return found.hexdigest().encode()


def check_version(found: int, newest: int, *, is_sealed: bool) -> None:
    """Raise a ValueError for a version that is not known here, and for a missing checksum, which came with version 2."""
    if not 1 <= found <= newest:
        raise ValueError(
            f"it has version {found}, expected {newest} or an earlier one: load it with the release that saved it, or a later one"
        )
    if found > 1 and not is_sealed:
        raise ValueError("its checksum is missing: it is cut short, or was edited; save it again")
