"""Archives of arrays: files that `numpy.load` opens, with a checksum; what their headers say is checked before it is used."""

import os
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from autograd.files import DIGITS, seal

LABEL = b"sha256 "  # the archive's comment, which ends the file, is this and the digits of the checksum

# The header of a member, its extension for sizes beyond 32 bits, and the header of the array in it.
MEMBER, LONG = struct.Struct("<4s5H3I2H"), struct.Struct("<2H2Q")
ARRAY = re.compile(
    rb"\x93NUMPY\x01\x00(?s:..)"
    rb"\{'descr': '([<>|](?:[iu][1248]|f[248]|U[1-9]\d{0,3}))', 'fortran_order': False, 'shape': \((?:(\d+),)?\), \} *\n"
)


def write_arrays(file: BinaryIO, arrays: Mapping[str, Any]) -> None:
    """Write an archive that `numpy.load` reads, with a checksum as its comment; equal arrays give equal bytes."""
    import zipfile  # noqa: PLC0415  # slow to import

    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
        archive.comment = LABEL + bytes(DIGITS)
    file.truncate(file.seek(-DIGITS, os.SEEK_END))
    seal(file)


def read_arrays(file: BinaryIO) -> Iterator[tuple[str, np.ndarray]]:
    """The arrays of an archive and their names, in the order in which they were written.

    Nothing is read before its size is known to fit. Members follow one another uncompressed; the list of members at the end of the
    archive repeats their headers and is not needed.

    Raises:
        ValueError: the archive is damaged, or was not written by `write_arrays`.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    names: set[str] = set()
    while (head := file.read(MEMBER.size))[:4] != b"PK\x01\x02":
        name, content = _member(file, head, size)
        if name in names:
            raise ValueError(f"the archive has the member {name[:40]!r} twice")
        names.add(name)
        yield name, _array(name, content)


def _member(file: BinaryIO, head: bytes, size: int) -> tuple[str, bytes]:
    """The name and the content of the member that begins with `head`, in a file of this size."""
    if len(head) < MEMBER.size or not head.startswith(b"PK\x03\x04"):
        raise ValueError("it is damaged, or is not an archive of arrays")
    _, _, flags, method, _, _, crc, packed, length, *lengths = MEMBER.unpack(head)
    name, extra = (file.read(n) for n in lengths)
    called = f"the member {name[:40]!r}"
    if length == packed == 2**32 - 1 and len(extra) == LONG.size:
        _, _, length, packed = LONG.unpack(extra)
    if flags or method or packed != length or not name.endswith(b".npy"):
        raise ValueError(f"{called} is compressed, encrypted or not an array, which `save` never writes")
    if length > size - file.tell():
        raise ValueError(f"{called} has {length} bytes according to its header, but the file has {size - file.tell()} left")
    content = file.read(length)
    if zlib.crc32(content) != crc:
        raise ValueError(f"{called} is damaged")
    return name.decode("ascii", "replace").removesuffix(".npy"), content


def _array(name: str, content: bytes) -> np.ndarray:
    """The array in a member: numbers or strings, with no dimension or one."""
    head = ARRAY.match(content)
    if not head:
        raise ValueError(f"{name} has the wrong type or shape")
    kind, count = np.dtype(head[1].decode()), int(head[2] or 1)
    if count * kind.itemsize != len(content) - head.end():
        raise ValueError(f"{name} has {count} entries of {kind} according to its header, but {len(content) - head.end()} bytes")
    array = np.frombuffer(content, kind, count, head.end())
    return array if head[2] else array.reshape(())
