"""The tables of use/spellings.md, which `python -m autograd.native.generate` writes from autograd/spellings.py."""

import re

from autograd import spellings

TABLES = {
    "of a Value": ("v.", spellings.VALUE),
    "of autograd": ("", spellings.AUTOGRAD),
    "of nn": ("", spellings.NN),
    "of a Module": ("model.", spellings.MODULE),
    "keywords of backward": ("", spellings.BACKWARD),
    "calls": (None, spellings.CALLS),
}


def row(prefix: str | None, spelling: spellings.Spelling) -> str:
    """A line of a table."""
    names = [spelling.names] if prefix is None else [prefix + name for name in spelling.names.split()]
    there = ", ".join(f"`{name}`" for name in names)
    gives = "" if spelling.gives is None else f"`{spelling.gives!r}`"
    return f"| {there} | `{spelling.here}` | {gives} | {spelling.note} |\n"


def page(text: str) -> str:
    """The text of the page with its tables, and the sketch on which they act, as they should be."""
    text = re.sub(r"(?s)(```python\n).*?(```)", lambda m: m[1] + spellings.SKETCH + m[2], text, count=1)
    for name, (prefix, table) in TABLES.items():
        lines = "".join(row(prefix, spelling) for spelling in table)
        text = re.sub(rf"(?m)(^\| {name} \|.*\n\| ---.*\n)(?:\|.*\n)*", lambda m, lines=lines: m[1] + lines, text)
    return text
