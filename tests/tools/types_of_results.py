"""Functions whose results are other than floats: prints those for which jit or vmap gives other types or numbers than the function itself.

python tests/tools/types_of_results.py
"""

import sys
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from fuzz_programs import flat, types

from autograd import jit, vmap

X, M = np.array([0.5, -1.0, 2.0]), np.arange(6.0).reshape(3, 2) - 2.0
CASES = {
    "bool": (lambda x: x > 0, 1.0),
    "bool plus int": (lambda x: (x > 0) + 1, 1.0),
    "and": (lambda x: (x > 0.0) & (x < 2.0), 1.0),
    "or": (lambda x: (x > 0.0) | (x < -2.0), 1.0),
    "not": (lambda x: not x > 0.0, 1.0),
    "bool of a constant": (lambda x: (x, True), 1.0),
    "int": (lambda x: (x, 3), 1.0),
    "string": (lambda x: (x, "a"), 1.0),
    "None": (lambda x: (x, None), 1.0),
    "bools": (lambda x: x > 0, X),
    "both of two bools": (lambda x: (x > 0) & (x < 1), X),
    "inverted bools": (lambda x: ~(x > 0), X),
    "where of bools": (lambda x: np.where((x > 0) | (x < -0.5), x, -x), X),
    "argmax": (np.argmax, X),
    "sort": (np.sort, X),
    "len": (len, X),
    "shape": (lambda x: x.shape, M),
    "ints": (lambda x: (x, np.arange(3)), 1.0),
    "count": (lambda x: sum(1 for a in x if a > 0), X),
    "sum of bools": (lambda x: np.sum(x > 0), X),
    "any": (lambda x: np.any(x > 0), X),
    "all": (lambda x: np.all(x > 0), X),
    "max": (max, X),
    "round": (round, 1.6),
    "floor division": (lambda x: x // 1, 1.6),
    "divmod": (lambda x: divmod(x, 1.0), 2.5),
    "int argument": (lambda x: x * 2, 3),
    "float32": (lambda x: x * 2, X.astype(np.float32)),
    "0-d array": (lambda x: x, np.array(1.0)),
    "transposed": (lambda x: x.T, M),
    "nothing": (lambda x: [], 1.0),  # noqa: ARG005
    "constant": (lambda x: 2.0, 1.0),  # noqa: ARG005
    "structure": (lambda x: {"k": (x, [x * 2.0])}, 1.0),
}


def seen(f, x):
    try:
        found = f(x)
    except Exception as error:  # noqa: BLE001  # that it raises is what differs
        return f"{type(error).__name__}: {str(error)[:80]}"
    return f"{types(found)} {[a if isinstance(a, str | None) else a.item() if hasattr(a, 'item') else a for a in flat(found)]}"


def differences():
    """The names of the cases, each with what the function, jit of it, and one lane of vmap of it give."""
    for name, (f, x) in CASES.items():
        own, jitted, again = seen(f, x), *(seen(g, x) for g in [jit(f)] * 2)
        lanes = seen(vmap(f), np.stack([x, x]))
        stacked = seen(lambda x, f=f: _stacked([f(x), f(x)]), x)
        if {own} != {jitted, again}:
            yield name, "jit", own, jitted
        if lanes != stacked:
            yield name, "vmap", stacked, lanes


def _stacked(trees):
    """Structures of results, as vmap is to stack them."""
    first = trees[0]
    if isinstance(first, dict):
        return {key: _stacked([tree[key] for tree in trees]) for key in first}
    if isinstance(first, list | tuple):
        return type(first)(_stacked(list(part)) for part in zip(*trees, strict=True))
    return None if first is None else np.stack(trees)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    for name, how, own, found in differences():
        print(f"{name}, {how}:\n    {own}\n    {found}")
