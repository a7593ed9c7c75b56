"""Random programs with vmap, branches, jitted functions and inner derivatives: see tests/tools/fuzz_programs.py.

The ordinary run has 100 of them; `python tests/tools/fuzz_programs.py --programs 5000` has more, and shrinks what fails.
"""

import fuzz_programs
import pytest
from exact_programs import DIGITS, Unsuitable
from mpmath import mp
from programs import OURS

from autograd import Op


@pytest.mark.parametrize("first", range(0, 200, 10))
@pytest.mark.filterwarnings("ignore:.*has been recorded:RuntimeWarning")
def test_derivatives_of_programs_agree_however_they_are_composed(first):
    for seed in range(first, first + 5):
        with mp.workdps(DIGITS):
            assert fuzz_programs.run(seed, over_lanes=seed % 5 == 0) in {None, "unsuitable"}, fuzz_programs.drawn(seed)[0]


def test_most_programs_are_suitable():
    found = []
    for seed in range(30):
        source, _, point = fuzz_programs.drawn(seed)
        with mp.workdps(DIGITS):
            try:
                fuzz_programs.Exact(source, fuzz_programs.POINTS[point], [1.0, 1.0, 1.0], [1.0, 1.0])
            except Unsuitable:
                continue
        found.append(seed)
    assert len(found) > 15


WRONG = {
    "first order": Op("tanh", lambda xp, x: xp.tanh(x), lambda y, x: (1.0 - y * y + 1e-9 * x,)),
    "second order": Op("tanh", lambda xp, x: xp.tanh(x), lambda y, _: (1.0 - y * float(getattr(y, "data", y)),)),
}


@pytest.mark.parametrize(("order", "where"), [("first order", "jvp, no jit"), ("second order", "")])
def test_a_wrong_derivative_is_found_and_the_program_shrunk(order, where):
    source = "def f(x):\n    x0, x1, x2 = x\n    v1 = x0 * x1\n    v2 = tanh(x2)\n    v3 = v1 + v2\n    return v3 + 0.5 * v2\n"
    names = OURS | {"tanh": WRONG[order]}
    with mp.workdps(DIGITS):
        assert fuzz_programs.check(source, list, 0) is None
        found = fuzz_programs.check(source, list, 0, names=names)
        assert found is not None
        assert found[0].startswith(where)
        short = fuzz_programs.shorter(source, list, 0, found[0], names)
    assert "x0 * x1" not in short
    assert "tanh(x2)" in short
