"""The elementary functions over arrays, for each instruction set of this machine, against mpmath, libm and each other."""
# ruff: noqa: S311, S603  # samples, not secrets; the compiler

import ctypes
import functools
import math
import random
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import mpmath
import numpy as np
import pytest
from checkout import needs_checkout
from mpmath import mp, mpf
from operations import error

from autograd import TABLE
from autograd.native import ctext

inf, nan = math.inf, math.nan
FOLDER = Path(ctext.__file__).parent
COMPILER = shutil.which("cc") or shutil.which("gcc")
FLAGS = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]
TARGETS = {"plain": None, "avx2": "avx2,fma", "avx512": "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prefer-vector-width=512"}
VECTORS = [suffix for suffix, target in TARGETS.items() if target]
NAMES = ["exp", "expm1", "log", "log1p", "sinh", "cosh", "sigmoid", "tanh", "softplus", "sin", "cos", "erf"]
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


def bits(x):
    """What can be compared: every nan is as good as another."""
    return np.where(np.isnan(x), nan, x).view(np.int64)


def powers(rng, n, low, high):
    return [rng.choice((-1.0, 1.0)) * 2.0 ** rng.uniform(low, high) for _ in range(n)]


# Where results over- or underflow or round to 1, and where the methods change.
THRESHOLDS = [
    *(708.0, 708.4, 709.782712893384, 709.7827128933841, 710.0, 710.475860073944, 744.44, 745.13, 745.2),
    *(19.06, 350.0, 354.9, 36.7, 37.43, 5.92, 6.0, 1e5, 0.4140625, 1.0, 2.0, math.sqrt(2), math.sqrt(0.5), math.sqrt(2) - 1),
    *(math.log(2) / 2, math.log(2) * 1.5, 2.0**-27, 2.0**-54, 2.0**60, 2.0**1022, 2.0**-1022, 2.0**-1070, 2.0**-1074, sys.float_info.max),
]


@functools.cache
def points(name, n=150):
    """Ordinary, huge, tiny, subnormal, close to 0, to ±1, to where the methods change, and for angles close to multiples of π/2."""
    rng = random.Random(name)
    x = [rng.uniform(-limit, limit) for limit in (0.5, 1.0, 4.0, 40.0, 750.0, 1e5) for _ in range(n)]
    x += powers(rng, 2 * n, -1074, 1023.9) + powers(rng, n, -60, 10) + powers(rng, n, -1074, -1022)
    x += [sign * (1.0 + a) for sign in (1.0, -1.0) for a in powers(rng, n, -52, -1)]
    x += [sign * near for t in THRESHOLDS for sign in (1.0, -1.0) for near in (t, math.nextafter(t, 0.0), math.nextafter(t, inf))]
    if name in ("sin", "cos"):
        x += [float(k * mp.pi / 2) for k in rng.sample(range(1, 63661), 4 * n)]
    low = {"log": 0.0, "log1p": -1.0}.get(name, -inf)
    return [a if a > low else -a for a in x if abs(a) < inf and a != low]


def true(name, x):
    """The value at 50 digits."""
    with mp.workdps(50):
        x = mpf(x)
        match name:
            case "sigmoid":
                return 1 / (1 + mp.exp(-x))
            case "softplus":
                return mp.log1p(mp.exp(x)) if x < 0 else x + mp.log1p(mp.exp(-x))
        return getattr(mp, name)(x)


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


SPECIAL = [nan, *(sign * a for a in (0.0, inf, 1e308, 800.0, 750.0, 5e-324, 1e-310, 1.0, 2.0, 1e6, 2.0**70) for sign in (1.0, -1.0))]


# Where the sum with 1.5 * 2^52, which rounds x / ln 2, has the bits of an ordinary number, or some of them, though x is huge.
LIKE_ORDINARY = [sign * k * 2.0**51 * math.log(2.0) for k in (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0) for sign in (1.0, -1.0)]


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


@functools.cache
def bases(c, n=150):
    """Of powers that neither over- nor underflow, or hardly; of 1; negative ones where the exponent is whole."""
    rng = random.Random(c)
    wide = min(1073.0, 1080.0 / max(abs(c), 1e-9))
    x = [rng.uniform(0.0, 3.0) for _ in range(n)] + [2.0 ** rng.uniform(-wide, min(wide, 1023.9)) for _ in range(2 * n)]
    x += [1.0 + a for a in powers(rng, n, -52, -2)] + [rng.uniform(1.39, 1.42) for _ in range(n)]
    return x + [-a for a in x[::3]] if c.is_integer() else x


EXPONENTS = [0.0, 1.0, 2.0, 3.0, 4.0, 0.5, 1.5, 2.5, -0.5, -1.0, -2.0, -1.5, 1 / 3, 10.0, -7.0, 0.001, 100.0, 512.0, -511.7, 1000.5, 1e17]


def assert_powers_within_bound(x, c, y):
    with mp.workdps(50):
        worst = max((error(got, mpf(a) ** mpf(b), relative=True), a, b) for a, b, got in zip(x, c, y.tolist(), strict=True))
    assert worst[0] <= TABLE["pow"].bound.value, worst


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


def interpolated(f, low, high, degree):
    """Coefficients of the polynomial that is `f` at Chebyshev's nodes of the interval."""
    nodes = [(low + high) / 2 + (high - low) / 2 * mp.cos((2 * i + 1) * mp.pi / (2 * degree + 2)) for i in range(degree + 1)]
    matrix = mpmath.matrix([[z**j for j in range(degree + 1)] for z in nodes])
    return [float(c) for c in mpmath.lu_solve(matrix, mpmath.matrix([f(z) for z in nodes]))]


def erfcx(a):
    return mp.exp(a * a) * mp.erfc(a)


@mp.workdps(60)
def polynomials():
    """Those of the header: by the function in which each is, from what it stands for, its interval and its degree."""
    r, s, a = mp.log(2) / 2 * mpf("1.0001"), (mp.sqrt(2) - 1) ** 4 * mpf("1.0001"), (mp.pi / 4) ** 2 * mpf("1.0001")
    return {
        "reduce_exp": interpolated(lambda t: (mp.exp(t) - 1 - t - t * t / 2) / t**3, -r, r, 9),
        "log_sum": interpolated(lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z, mpf(0), s, 6),
        "log1p_usual": interpolated(lambda f: 1 / (1 + f), mp.sqrt(mpf("0.5")) - 1, mp.sqrt(2) - 1, 2),
        "power_usual": [
            *interpolated(lambda z: ((2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2) / z - mpf(2) / 3) / z, mpf(0), s, 7),
            *(2 / 3, float(mpf(2) / 3 - mpf(2 / 3))),
        ],
        "sin_near": interpolated(lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, mpf(0), a, 5),
        "cos_near": interpolated(lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, mpf(0), a, 5),
        "erf_near": interpolated(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z), mpf(0), mpf(1), 11),
        "erf_far": interpolated(lambda t: erfcx(1 / (t + 0.25) - 2), 1 / mpf("5.25") - 0.25, 1 / mpf(3) - 0.25, 12),
    }


def test_coefficients_are_those_described():
    """Every number with many digits in the function is a coefficient, and the other way round."""
    header = (FOLDER / "_vecmath.h").read_text(encoding="utf-8")
    for name, coefficients in polynomials().items():
        body = re.search(rf"LANES\({name}\)\(.*?\n}}", header, re.DOTALL)[0]
        assert {float.fromhex(c) for c in re.findall(r"-?0x1\.[0-9a-f]{8,}p[-+]?\d+", body)} == set(coefficients), name
