"""The tables of use/spellings.md, which `python -m autograd.native.generate` writes from autograd/words.py and nn/words.py."""

import re

from autograd import spellings, words
from nn import words as nn_words

TABLES = {
    "of a Value": ("v.", words.VALUE),
    "of an array of Values": ("x.", words.ARRAY),
    "of autograd": ("", words.AUTOGRAD),
    "of what transforms return": ("", words.RECORDED),
    "of nn": ("", nn_words.NN),
    "of a Module": ("model.", nn_words.MODULE),
    "of an optimizer": ("optimizer.", nn_words.OPTIMIZER),
    "of a History": ("history.", nn_words.HISTORY),
    "keywords of backward": ("", words.BACKWARD),
    "keywords of grad, jvp, vjp, hvp, jacobian, hessian": ("", words.TRANSFORMS),
    "keywords of jit": ("", words.JIT),
    "keywords of vmap": ("", words.VMAP),
    "keywords of Value": ("", words.OF_VALUE),
    "keywords of fit": ("", nn_words.FIT),
    "keywords of optimizers": ("", nn_words.OF_OPTIMIZERS),
    "keywords of softmax and losses": ("", nn_words.OF_LOSSES),
    "keywords of MLP, Layer and Neuron": ("", nn_words.OF_NETWORKS),
    "calls": (None, words.CALLS),
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
