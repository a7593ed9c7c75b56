"""Damages saved files in every way it knows: each must give an error of the library, or the very same content.

    python tests/tools/fuzz_files.py [MUTATIONS [SEED]]

Mutations are flipped bits, cuts, insertions, repeated, moved and swapped parts, swapped members, and headers that lie about sizes, of a
Program's and a model's file. First every bit of every header, of the list of members at an archive's end and of a model's file is flipped.
Nothing may crash, compute for long, or take more than 50 MB.
"""
# ruff: noqa: BLE001  # samples, not secrets; it prints; whatever is not the library's error is what it looks for

import random
import struct
import sys
import tempfile
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import nn
from autograd import Program, Value, ops
from autograd.errors import AutogradError

MOST_SECONDS, MOST_BYTES = 20.0, 50 * 2**20  # seconds of the processor, which another process beside this one does not lengthen
SIZES = (0, 1, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)


def program() -> Program:
    """One with something of everything."""
    x = [Value(a) for a in (0.5, -1.5, 2.0)]
    return Program([ops.sum([x[0] * x[1], 2.5, x[2]]), ops.where(x[0], x[1], -0.0), 7.0, x[2], ops.dot(x, x)], x)


def model(fill: float | None = None) -> nn.MLP:
    """One with random weights, or with weights that are all alike."""
    return nn.MLP(2, [3, 1], init=nn.xavier(seed=1) if fill is None else lambda *_: fill)


def load_program(path: Path) -> object:
    """What there is to compare."""
    return Program.load(path)


def load_model(path: Path) -> object:
    """Likewise; and a model that refuses its file is as it was."""
    made = model(0.25)
    before = made.state_dict()
    try:
        made.load(path)
    except AutogradError:
        assert made.state_dict() == before, "a refused file changed the model"
        raise
    return made.state_dict()


LOADERS: dict[str, Callable[[Path], object]] = {"program.npz": load_program, "model.json": load_model}


def saved(folder: Path) -> dict[str, bytes]:
    """The files, by their names."""
    program().save(folder / "program.npz")
    model().save(folder / "model.json")
    return {name: (folder / name).read_bytes() for name in LOADERS}


def headers(name: str, content: bytes) -> Iterator[int]:
    """The places of the bytes that are no member's numbers."""
    if name.endswith("json"):
        yield from range(len(content))
        return
    at = 0
    while content[at : at + 4] == b"PK\x03\x04":
        lengths = struct.unpack("<2H", content[at + 26 : at + 30])
        (size,) = struct.unpack("<Q", content[at + 30 + lengths[0] + 4 : at + 30 + lengths[0] + 12])
        begin = at + 30 + sum(lengths)
        yield from range(at, begin + 128)  # with the header of the array
        at = begin + size
    yield from range(at, len(content))


def members(content: bytes) -> list[bytes]:
    """An archive cut where members begin; the last part is the list at the end."""
    head, *parts = content.split(b"PK\x03\x04")
    last, mark, end = parts[-1].partition(b"PK\x01\x02")
    return [head, *(b"PK\x03\x04" + part for part in (*parts[:-1], last)), mark + end]


def mutated(content: bytes, rng: random.Random) -> bytes:
    """One of the kinds of damage."""
    made, n = bytearray(content), len(content)
    a, b = sorted((rng.randrange(n), rng.randrange(n)))
    match rng.randrange(9):
        case 0:
            for _ in range(rng.choice((1, 1, 1, 2, 3, 20))):
                made[rng.randrange(n)] ^= 1 << rng.randrange(8)
        case 1:
            made[rng.randrange(n)] = rng.choice((0, 255, 10, 32, 34, 44, 48, 57, 91, 93, 123, 125, rng.randrange(256)))
        case 2:
            made[:] = rng.choice((made[:a], made[a:]))
        case 3:
            del made[a : a + rng.choice((1, 2, 8, 64))]
        case 4:
            inserted = rng.choice((rng.randbytes(rng.choice((1, 2, 8, 64))), b"[" * 3000, b"9" * 5000, b'{"a":' * 2000, bytes(10_000)))
            made[a:a] = inserted
        case 5:
            made[a:a] = made[a:b]
        case 6:
            made[:] = made[:a] + made[b:] + made[a:b]
        case 7:
            parts = members(content) if content.startswith(b"PK") else content.splitlines(keepends=True)
            i, j = rng.randrange(len(parts)), rng.randrange(len(parts))
            parts[i], parts[j] = rng.choice(((parts[j], parts[i]), (parts[i], parts[i]), (b"", parts[j])))
            made[:] = b"".join(parts)
        case _:
            form = rng.choice("HIQ")
            at = rng.randrange(n - 8)
            made[at : at + struct.calcsize(form)] = struct.pack("<" + form, rng.choice(SIZES) % 2 ** (8 * struct.calcsize(form)))
    return bytes(made)


def attempt(name: str, content: bytes, true: object, path: Path) -> str:
    """How loading ends: the error's name, or "same"; anything else, or too much time or memory, is an AssertionError."""
    path.write_bytes(content)
    tracemalloc.reset_peak()
    before, start = tracemalloc.get_traced_memory()[0], time.process_time()
    try:
        found = LOADERS[name](path)
        end = "same" if found == true else "OTHER CONTENT"
    except AutogradError as error:
        end = type(error).__name__ if repr(str(path)) in str(error) and len(str(error)) < 1000 else f"unclear: {str(error)[:300]}"
    except Exception as error:
        end = f"{type(error).__name__}: {str(error)[:300]}"
    seconds, taken = time.process_time() - start, tracemalloc.get_traced_memory()[1] - before
    assert end == "same" or end.endswith("Error"), f"{end}; the file is {content!r}"
    assert seconds < MOST_SECONDS, f"{seconds} s; the file is {content!r}"
    assert taken < MOST_BYTES, f"{taken} bytes; the file is {content!r}"
    return end


def every_header_bit(folder: Path, step: int = 1) -> Counter[str]:
    """How loading ends with each bit of the headers flipped, or each `step`-th."""
    ends: Counter[str] = Counter()
    for name, content in saved(folder).items():
        true = LOADERS[name](folder / name)
        for bit in [8 * at + k for at in headers(name, content) for k in range(8)][::step]:
            damaged = bytearray(content)
            damaged[bit // 8] ^= 1 << bit % 8
            ends[f"{name}: {attempt(name, bytes(damaged), true, folder / 'damaged')}"] += 1
    return ends


def mutations(folder: Path, count: int, seed: int) -> Counter[str]:
    """How loading ends after `count` mutations, half of them of each file."""
    rng, ends = random.Random(seed), Counter[str]()
    files = saved(folder)
    true = {name: LOADERS[name](folder / name) for name in files}
    for k in range(count):
        name = list(files)[k % len(files)]
        content = mutated(files[name], rng)
        while rng.random() < 0.2 and len(content) > 16:
            content = mutated(content, rng)
        ends[f"{name}: {attempt(name, content, true[name], folder / 'damaged')}"] += 1
    return ends


def main(count: int = 20_000, seed: int = 0) -> None:
    """Every bit of the headers, then the mutations."""
    tracemalloc.start()
    with tempfile.TemporaryDirectory() as folder:
        for title, ends in (("bits of headers", every_header_bit(Path(folder))), ("mutations", mutations(Path(folder), count, seed))):
            print(f"{ends.total()} {title}: " + ", ".join(f"{name} {n}" for name, n in sorted(ends.items())))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
