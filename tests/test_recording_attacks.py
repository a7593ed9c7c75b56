"""A recording is never stale, whoever tries: the changes of `tests/attacks.py` are seen, or the function is not recorded."""

import builtins
import decimal
import math
import sys
import warnings

import attacks
import numpy as np
import pytest

from autograd import jit, vmap

NAMES = [name for name, *_ in attacks.attacks()]


@pytest.fixture(autouse=True)
def _as_before():
    """What the attacks change of Python and NumPy, and that some functions are not recorded is said, and right."""
    limit, interval, options, state = sys.getrecursionlimit(), sys.getswitchinterval(), np.get_printoptions(), np.random.get_state()  # noqa: NPY002
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    builtins.abs = attacks.ABS
    vars(attacks).pop("round", None)
    attacks.STATE["k"] = 2.0
    sys.setrecursionlimit(limit)
    sys.setswitchinterval(interval)
    decimal.getcontext().prec = 28
    np.set_printoptions(**options)
    np.random.set_state(state)  # noqa: NPY002


@pytest.mark.parametrize("name", NAMES)
def test_no_attack_succeeds(name):
    """By jit, and where the number of the attack is odd by vmap; what tells the time has to go on."""
    f, change = next((f, change) for n, f, change in attacks.attacks() if n == name)
    lanes = NAMES.index(name) % 2 == 1 and not name.startswith("time by")
    g, found = vmap(f) if lanes else jit(f), []
    for k in (2.0, 2.0, 5.0, 5.0, 2.0, 3.0):
        change(k)
        y, expected = g(np.array([3.0, 3.0]))[1] if lanes else g(3.0), float(f(3.0))
        found.append(float(y))
        assert name.startswith("time by") or math.isclose(float(y), expected, rel_tol=1e-14), k
    assert not name.startswith("time by") or len({*found}) == len(found)
