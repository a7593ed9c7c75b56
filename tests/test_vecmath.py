"""The elementary functions over arrays, for each instruction set of this machine, against mpmath, libm and each other."""
# ruff: noqa: S603  # the compiler

import ctypes
import functools
import math
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pytest
from checkout import needs_checkout
from elementary_points import EXPONENTS, LIKE_ORDINARY, NAMES, SPECIAL, assert_powers_within_bound, bases, bits, points, true
from mpmath import mp
from operations import error

from autograd import TABLE
from autograd.native import ctext

inf, nan = math.inf, math.nan
FOLDER = Path(ctext.__file__).parent
COMPILER = shutil.which("cc") or shutil.which("gcc")
FLAGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
TARGETS = {"plain": None, "avx2": "avx2,fma", "avx512": "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prefer-vector-width=512"}
VECTORS = [suffix for suffix, target in TARGETS.items() if target]
FROM_LIBM = ["sqrt", "tan", "asin", "acos", "atan"]

# Every function under the name NAME_SUFFIX, and whether the machine can run those with a suffix.
EXPORTS = "".join(
    [f"void {name}_SUFFIX(const double *x, double *y, size_t n) {{ LANES(vec_{name})(x, y, n); }}\n" for name in NAMES + FROM_LIBM]
    + [f"void {name}_SUFFIX(const double *a, const double *b, double *y, size_t n) {{ LANES(vec_{name})(a, b, y, n); }}\n"
       for name in ("pow", "atan2")]
    + ["void powc_SUFFIX(const double *x, double c, double *y, size_t n) { LANES(vec_powc)(x, c, y, n); }\n"]
)  # fmt: skip


def section(suffix, target):
    wanted = [t for t in (target or "").split(",") if t and "=" not in t]
    on, off = (f'#pragma GCC push_options\n#pragma GCC target("{target}")', "#pragma GCC pop_options") if target else ("", "")
    runs = " && ".join([f'__builtin_cpu_supports("{t}")' for t in wanted]) or "1"
    return f"""
{on}
#define LANES(name) name##_{suffix}
#include "_vecmath.h"
{EXPORTS.replace("SUFFIX", suffix)}
#undef LANES
{off}
int runs_{suffix}(void) {{ return {runs}; }}
"""


@functools.cache
def library():
    """The functions compiled for every instruction set that the compiler knows."""
    parts = [section(suffix, target) for suffix, target in TARGETS.items()]
    source = f'#include "_nary.h"\n{parts[0]}\n#if defined(__x86_64__)\n{"".join(parts[1:])}\n#endif\n'
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "source.c").write_text(source, encoding="utf-8")
        subprocess.run([COMPILER, "source.c", "-o", "it.so", "-shared", "-fPIC", *FLAGS, f"-I{FOLDER}", "-lm"], cwd=folder, check=True)
        return ctypes.CDLL(str(Path(folder, "it.so")))


pytestmark = [pytest.mark.any_python, pytest.mark.any_backend, needs_checkout]
pytestmark += [pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")]
each_name = pytest.mark.parametrize("name", NAMES)


def known(suffix):
    """An instruction set, or a skip where this machine does not have it."""
    if not (hasattr(library(), f"runs_{suffix}") and getattr(library(), f"runs_{suffix}")()):
        pytest.skip(f"this machine has no {suffix}")
    return suffix


@pytest.fixture(params=TARGETS)
def suffix(request):
    return known(request.param)


@pytest.fixture(params=VECTORS)
def vector(request):
    return known(request.param)


def call(name, suffix, *x, out=None):
    """The function at arrays, or at an array and a float."""
    x = [a if isinstance(a, float) else np.ascontiguousarray(a, dtype=float) for a in x]
    y = np.empty_like(x[0]) if out is None else out
    arguments = [ctypes.c_double(a) if isinstance(a, float) else ctypes.c_void_p(a.ctypes.data) for a in x]
    getattr(library(), f"{name}_{suffix}")(*arguments, ctypes.c_void_p(y.ctypes.data), ctypes.c_size_t(len(y)))
    return y


@each_name
def test_within_bound(name, suffix):
    """Also where the result is subnormal, and where it overflows."""
    bound = TABLE[name].bound
    x = points(name)
    with mp.workdps(50):
        worst = max((error(y, true(name, a), relative=bound.relative), a) for a, y in zip(x, call(name, suffix, x).tolist(), strict=True))
    assert worst[0] <= bound.value, worst


@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="there is no wider type")
@pytest.mark.parametrize("name", [name for name in NAMES if name != "erf"])
def test_within_bound_densely(name, vector):
    """A million points against the wider type of the processor, which is right to a thousandth of a unit."""
    rng = np.random.default_rng(1)
    limits = [(-4, 4), (-1.1, 1.1), (-0.5, -0.3), (0.3, 0.5), (0.2, 0.3), (-0.01, 0.01), (0.7, 1.5), (-40, 40), (-700, 700), (-1e5, 1e5)]
    x = np.concatenate([rng.uniform(low, high, 100_000) for low, high in limits])
    x = np.abs(x) if name == "log" else np.where(x <= -1.0, -x, x) if name == "log1p" else x
    x = x if name in ("log", "log1p", "sin", "cos") else np.clip(x, -700.0, 700.0)
    wide = x.astype(np.longdouble)
    with np.errstate(all="ignore"):
        match name:
            case "sigmoid":
                y = 1 / (1 + np.exp(-wide))
            case "softplus":
                y = np.maximum(wide, 0) + np.log1p(np.exp(-np.abs(wide)))
            case _:
                y = getattr(np, name)(wide)
        errors = np.abs(call(name, vector, x).astype(np.longdouble) - y) / np.spacing(np.abs(y).astype(float))
    worst = int(np.argmax(errors))
    assert errors[worst] <= TABLE[name].bound.value, x[worst]


@each_name
def test_special_values_are_those_of_libm(name, vector):
    """Bit for bit where that is exact or not a number, else to the bound, as tested above."""
    x = np.array(SPECIAL)
    libm = call(name, "plain", x)
    exact = ~np.isfinite(x) | ~np.isfinite(libm) | (libm == 0.0) | (libm == x) | (np.abs(libm) == 1.0)
    assert exact.sum() >= 5
    np.testing.assert_array_equal(bits(call(name, vector, x))[exact], bits(libm)[exact])


@each_name
def test_result_depends_on_the_number_alone(name, vector):
    """Not on its place, nor on its neighbours, nor on the instruction set; nothing beyond the end is written."""
    ordinary = np.random.default_rng(2).uniform(0.0, 5.0, 700)
    alone = np.concatenate([call(name, vector, [a]) for a in ordinary])
    for n in (*range(20), 255, 256, 257, 700):
        y = np.full(n + 8, 7.0)
        call(name, vector, ordinary[:n], out=y[:n])
        np.testing.assert_array_equal(bits(y[:n]), bits(alone[:n]))
        assert (y[n:] == 7.0).all()
    for special in [*SPECIAL, *LIKE_ORDINARY]:
        x = np.append(ordinary[:9], special)
        np.testing.assert_array_equal(bits(call(name, vector, x)), bits(np.append(alone[:9], call(name, vector, [special]))))
    np.testing.assert_array_equal(bits(call(name, vector, points(name))), bits(call(name, known(VECTORS[0]), points(name))))


@pytest.mark.parametrize("name", FROM_LIBM)
def test_the_rest_is_libm(name, suffix):
    x = np.array([*np.random.default_rng(3).uniform(-1.0, 3.0, 100), *SPECIAL])
    np.testing.assert_array_equal(bits(call(name, suffix, x)), bits(call(name, "plain", x)))
    np.testing.assert_array_equal(bits(call(name, suffix, x)), bits(np.array([TABLE[name](a) for a in x.tolist()])))


def test_atan2_is_libm(suffix):
    a, b = (c.ravel() for c in np.meshgrid(*[[*SPECIAL, 0.3, 1.7, -3.5]] * 2))
    np.testing.assert_array_equal(bits(call("atan2", suffix, a, b)), bits(np.array(list(map(math.atan2, a.tolist(), b.tolist())))))


@pytest.mark.parametrize("c", EXPONENTS)
def test_power_with_one_exponent(c, suffix):
    """For ordinary bases together, and for all of them, among which are some that need libm; the bits are the same."""
    x = bases(c)
    y = call("powc", suffix, x, c)
    assert_powers_within_bound(x, [c] * len(x), y)
    np.testing.assert_array_equal(bits(np.concatenate([call("powc", suffix, [a], c) for a in x])), bits(y))
    libm = call("powc", "plain", SPECIAL, c)
    exact = ~np.isfinite(SPECIAL) | ~np.isfinite(libm) | (libm == 0.0) | (np.abs(libm) == 1.0)
    np.testing.assert_array_equal(bits(call("powc", suffix, SPECIAL, c))[exact], bits(libm)[exact])


def test_power_with_many_exponents(suffix):
    x, c = map(list, zip(*[(a, b) for b in EXPONENTS for a in bases(b)], strict=True))
    y = call("pow", suffix, x, c)
    assert_powers_within_bound(x, c, y)
    np.testing.assert_array_equal(bits(np.concatenate([call("pow", suffix, [a], [b]) for a, b in zip(x, c, strict=True)])), bits(y))
    ordinary = np.random.default_rng(4).uniform(0.5, 4.0, (2, 300))
    assert_powers_within_bound(*ordinary.tolist(), call("pow", suffix, *ordinary))
    a, b = (v.ravel() for v in np.meshgrid(SPECIAL, [*SPECIAL, 0.5, 3.0]))
    libm = call("pow", "plain", a, b)
    exact = ~np.isfinite(libm) | (libm == 0.0) | (np.abs(libm) == 1.0)
    np.testing.assert_array_equal(bits(call("pow", suffix, a, b))[exact], bits(libm)[exact])
    np.testing.assert_array_equal(bits(libm), bits(np.array(list(map(TABLE["pow"], a.tolist(), b.tolist())))))
