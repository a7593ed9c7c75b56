"""Shorter versions of a function's source that still fail."""

import re
import time
from collections.abc import Callable, Iterator

ASSIGNED = re.compile(r"^(\s*)(v\d+) = (.+)$")


def simpler(source: str) -> Iterator[list[str]]:
    """Programs with one line made simpler, or left out."""
    lines = source.splitlines()
    for i in range(len(lines) - 1, 0, -1):
        indent = len(lines[i]) - len(lines[i].lstrip())
        end = i + 1
        while end < len(lines) and len(lines[end]) - len(lines[end].lstrip()) > indent:
            end += 1
        yield lines[:i] + lines[end:]
        if lines[i].strip().startswith("if "):  # one of its arms alone
            other = end
            while other + 1 < len(lines) and len(lines[other + 1]) - len(lines[other + 1].lstrip()) > indent:
                other += 1
            yield lines[:i] + [line[4:] for line in lines[i + 1 : end]] + lines[other + 1 :]
            yield lines[:i] + [line[4:] for line in lines[end + 1 : other + 1]] + lines[other + 1 :]
        if match := ASSIGNED.match(lines[i]):
            for name in dict.fromkeys(re.findall(r"\b[vx]\d+\b", match[3])):
                if match[3] != name:
                    yield [*lines[:i], f"{match[1]}{match[2]} = {name}", *lines[i + 1 :]]
        if match := re.match(r"^(\s*return )(.+) \+ 0.5 \* (.+)$", lines[i]):
            yield from ([*lines[:i], match[1] + name, *lines[i + 1 :]] for name in match.groups()[1:])


def shrunk(source: str, fails: Callable[[str], bool], seconds: float = 30.0) -> str:
    """A shorter program that still fails."""
    until, again = time.monotonic() + seconds, True
    while again and time.monotonic() < until:
        again = False
        for lines in simpler(source):
            candidate = "\n".join(lines) + "\n"
            if len(candidate) < len(source) and time.monotonic() < until and fails(candidate):
                source, again = candidate, True
                break
    return source
