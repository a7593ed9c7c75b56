"""Random programs with vmap, branches, jitted functions and inner derivatives: all derivatives to order 3 agree.

    python tests/tools/fuzz_programs.py --programs 5000 --seed 1

Each program is computed in two hundred digits, and differentiated there by differences: see `exact_programs`. Its value,
tangents, adjoints, Hessian and third derivatives by the library must agree with that, without jit, with jit outside and inside,
and over lanes, and have the same types. What is allowed is how far the exact numbers move where each operation is off by four
units in the last place. A program that fails is shrunk and printed.
"""

import argparse
import random
import re
import sys
import time
import traceback
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

sys.path.insert(0, str(Path(__file__).parent))
from exact_programs import DIGITS, OPERATIONS, UNIT, Number, Unsuitable, exact_names, mp_of
from programs import OURS, Writer, compiled
from shrink_source import shrunk

from autograd import dot, grad, hessian, hvp, jacobian, jit, jvp, value_and_grad, vjp, vmap

STEP = mpf(10) ** -10
FACTOR, LEAST, MOST = 64, 64 * UNIT, 1e6
POINTS = ([0.4, -0.9, 1.2], [-0.35, 0.75, 0.5], [1.3, 0.25, -0.6])


def flat(tree):
    """The numbers of a structure."""
    if isinstance(tree, dict):
        return [x for key in tree for x in flat(tree[key])]
    within = isinstance(tree, list | tuple) or (isinstance(tree, np.ndarray) and tree.ndim > 0)
    return [x for part in tree for x in flat(part)] if within else [tree]


def types(tree):
    """The types of a structure; a float of NumPy counts as a float."""
    if isinstance(tree, dict):
        return {key: types(x) for key, x in tree.items()}
    if isinstance(tree, np.ndarray):
        return "array", tree.shape, str(tree.dtype)
    if isinstance(tree, list | tuple):
        return type(tree).__name__, *map(types, tree)
    return "float" if isinstance(tree, float) else type(tree).__name__


def shaped(numbers, source, kind):
    """Numbers in the structure that the program takes."""
    if 'x["a"]' in source:
        return {"a": numbers[0], "b": numbers[1:]}
    return np.array(numbers) if kind == "array" else kind(numbers)


class Exact:
    """Values and derivatives of a program at a point, and what roundings make of them."""

    def __init__(self, source, x, v, w):
        self.source, self.f = source, compiled(source, exact_names())
        self.x, self.v, self.w = x, v, w
        true, *moved = [self.derivatives(seed) for seed in (None, 1, 2)]
        self.true = {key: [float(a) for a in true[key]] for key in true}
        largest = 1.0
        self.errors = {}
        for key in ("value", "jvp", "jacobian", "grad", "hvp", "second", "third"):
            largest = max([largest, *map(abs, self.true[key])])
            each = zip(true[key], *[other[key] for other in moved], strict=True)
            self.errors[key] = [FACTOR * float(max(abs(a - b), abs(a - c))) + LEAST * largest for a, b, c in each]
        if largest > MOST:
            raise Unsuitable

    def at(self, seed, shift):
        Number.left = OPERATIONS
        Number.noise = None if seed is None else random.Random(seed)
        x = [Number(mpf(a) + s * STEP) for a, s in zip(self.x, shift, strict=True)]
        return [mp_of(y) for y in flat(self.f(shaped(x, self.source, list)))]

    def derivatives(self, seed):
        v, n = self.v, len(self.x)
        along = [self.at(seed, [k * d for d in v]) for k in (-2, -1, 0, 1, 2)]
        units = [[float(i == j) for j in range(n)] for i in range(n)]
        each = [(self.at(seed, e), self.at(seed, [-d for d in e])) for e in units]
        mixed = [[[self.at(seed, [p * d + q * k for d, k in zip(v, e, strict=True)]) for q in (1, -1)] for p in (1, -1)] for e in units]
        loss = lambda y: mp.fdot(self.w[: len(y)], y) if len(y) > 1 else y[0]  # noqa: E731
        a, b, _, c, d = map(loss, along)
        jacobian = [(p - q) / (2 * STEP) for k in range(len(along[0])) for p, q in [(there[k], back[k]) for there, back in each]]
        return {
            "value": along[2],
            "jvp": [(p - q) / (2 * STEP) for p, q in zip(along[3], along[1], strict=True)],
            "jacobian": jacobian,
            "grad": [(loss(p) - loss(q)) / (2 * STEP) for p, q in each],
            "hvp": [(loss(p[0]) - loss(p[1]) - loss(q[0]) + loss(q[1])) / (4 * STEP**2) for p, q in mixed],
            "second": [(b - 2 * loss(along[2]) + c) / STEP**2],
            "third": [(d - 2 * c + 2 * b - a) / (2 * STEP**3)],
        }


def transforms(f, v, w):
    """Each a function of x, and what it is to give: a key of `Exact.true`, and how the numbers are made of its result."""
    several = len(w) > 1

    def rows(J):
        """The entries of a Jacobian row by row; where f gives an array and takes none, each is a column."""
        columns = leaves(J)
        return np.transpose(columns).ravel() if len(columns) == 3 and np.ndim(columns[0]) == 1 else flat(J)

    scalar = (lambda x: dot(w, flat(f(x)))) if several else lambda x: flat(f(x))[0]
    s = scalar if several else f
    along = lambda g: [float(np.dot(flat(v), flat(g)))]  # noqa: E731

    def second(x):
        return dot(flat(v), flat(hvp(s)(x, v)))

    def forward(x):
        return jvp(lambda x: jvp(s)(x, v))(x, v)

    return {
        "value": (f, "value", flat),
        "jvp": (lambda x: jvp(f)(x, v), "jvp", flat),
        "jacobian": (jacobian(f), "jacobian", rows),
        "vjp": (lambda x: vjp(s)(x)(1.0), "grad", flat),
        "grad": (grad(s), "grad", flat),
        "value_and_grad": (value_and_grad(s), "grad", lambda y: flat(y[1])),
        "hvp": (lambda x: hvp(s)(x, v), "hvp", flat),
        "jvp of jvp": (forward, "second", flat),
        "grad of v·grad": (grad(lambda x: dot(flat(v), flat(grad(s)(x)))), "hvp", flat),
        "hessian": (hessian(s), "hvp", lambda H: (np.reshape(flat(H), (3, 3)) @ flat(v)).tolist()),
        "grad of v·hvp": (grad(second), "third", along),
        "jvp of v·hvp": (lambda x: jvp(second)(x, v), "third", flat),
        "jvp of jvp of jvp": (lambda x: jvp(forward)(x, v), "third", flat),
    }


def problem(found, key, numbers, exact):
    """What is wrong with a result, or None."""
    got = [float(a) for a in numbers(found)]
    true, allowed = exact.true[key], exact.errors[key]
    if len(got) != len(true):
        return f"got {got}, expected {true}"
    if all(abs(a - b) <= c for a, b, c in zip(got, true, allowed, strict=True)):
        return None
    return f"got {got}, expected {true}, within {allowed}"


def ways(make, x):
    """The ways to compute: each a word and a result."""
    plain = make(lambda f: f)
    yield "no jit", lambda: plain(x)
    jitted = jit(plain)
    yield "jit outside", lambda: jitted(x)
    yield "jit outside, again", lambda: jitted(x)
    inside = make(jit)
    yield "jit inside", lambda: inside(x)


def check(source, kind, point, wanted=None, *, over_lanes=True, names=OURS):
    """The first thing that is wrong with a program, as (where, what, traceback), or None; `wanted` is where to look alone."""
    x, v, w = POINTS[point], [0.7, -0.4, 1.1], [0.8, -1.3]
    exact = Exact(source, x, v, w)
    w = w[: len(exact.true["value"])]
    given, direction = (shaped(a, source, kind) for a in (x, v))
    f = compiled(source, names)
    for name in transforms(f, direction, w):
        kinds = {}
        for way, call in ways(lambda wrap, name=name: transforms(wrap(f), direction, w)[name][0], given):
            where = f"{name}, {way}"
            if wanted not in {None, where, f"{name}, types of {way}"} and way != "no jit":
                continue
            _, key, numbers = transforms(f, direction, w)[name]
            try:
                found = call()
            except Exception as error:  # noqa: BLE001  # what it is decides whoever reads it
                return where, f"{type(error).__name__}: {error}", traceback.format_exc()
            wrong = problem(found, key, numbers, exact)
            if wrong:
                return where, wrong, ""
            kinds[way] = types(found)
            if kinds[way] != kinds["no jit"]:
                return f"{name}, types of {way}", f"{kinds[way]}, without jit {kinds['no jit']}", ""
    return lanes(source, f, kind, w, wanted) if over_lanes else None


def lanes(source, f, kind, w, wanted):
    """vmap over points against one at a time."""
    if 'x["a"]' in source:
        stacked = {"a": np.array([p[0] for p in POINTS]), "b": [np.array([p[i] for p in POINTS]) for i in (1, 2)]}
    else:
        stacked = np.array(POINTS) if kind == "array" else kind([np.array([p[i] for p in POINTS]) for i in range(3)])
    direction = shaped([0.7, -0.4, 1.1], source, kind)
    names = [name for name in ("value", "jvp", "grad", "hvp") if wanted in {None, f"{name}, vmap"}]
    try:
        exacts = [Exact(source, p, flat(direction), [0.8, -1.3]) for p in POINTS if names]
    except Unsuitable:
        return None
    for name in names:
        where = f"{name}, vmap"
        g, key, _ = transforms(f, direction, w)[name]
        try:
            found = vmap(g)(stacked)
        except Exception as error:  # noqa: BLE001
            return where, f"{type(error).__name__}: {error}", traceback.format_exc()
        kinds = {str(np.asarray(block).dtype) for block in leaves(found)}
        if kinds != {"float64"}:
            return where, f"arrays of {kinds}", ""
        numbers = [row for block in leaves(found) for row in np.reshape(block, (len(POINTS), -1)).T]
        for lane, exact in enumerate(exacts):
            got, true, allowed = [float(row[lane]) for row in numbers], exact.true[key], exact.errors[key]
            if len(got) != len(true) or any(abs(a - b) > c for a, b, c in zip(got, true, allowed, strict=True)):
                return where, f"lane {lane}: got {got}, expected {true}, within {allowed}", ""
    return None


def leaves(tree):
    """The arrays of a structure."""
    if isinstance(tree, dict):
        return [x for key in tree for x in leaves(tree[key])]
    return [x for part in tree for x in leaves(part)] if isinstance(tree, list | tuple) else [tree]


def shorter(source, kind, point, where, names=OURS):
    """A shorter program that fails at the same place."""

    def fails(candidate):
        with suppress(Exception):  # it may be no program any more
            found = check(candidate, kind, point, where, names=names)
            return bool(found) and found[0] == where and "NameError" not in found[1] and "UnboundLocal" not in found[1]
        return False

    return shrunk(source, fails)


def drawn(seed):
    """A program, the structure of its argument, and the number of its point."""
    rng = random.Random(seed)
    source = Writer(rng, rng.choice([1, 1, 2, 2, 3])).program()
    return source, rng.choice(["array", list, tuple]), rng.randrange(len(POINTS))


def run(seed, *, over_lanes=True):
    """What is wrong with the program of this seed, None, or "unsuitable"."""
    source, kind, point = drawn(seed)
    mp.dps = DIGITS
    try:
        found = check(source, kind, point, over_lanes=over_lanes)
    except Unsuitable:
        return "unsuitable"
    return found and (source, kind, point, found)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--whole", action="store_true", help="do not shrink")
    options = parser.parse_args()
    warnings.simplefilter("ignore", RuntimeWarning)
    counts, seen, start = Counter(), Counter(), time.monotonic()
    seed = options.seed
    while counts["checked"] < options.programs and time.monotonic() - start < options.seconds:
        found = run(seed)
        counts["checked" if found != "unsuitable" else "unsuitable"] += 1
        if found and found != "unsuitable":
            source, kind, point, (where, what, trace) = found
            sort = (where, re.sub(r"[\d.e+-]+", "#", what)[:60])
            seen[sort] += 1
            print(f"seed {seed}: {where}: {what[:400]}", flush=True)
            if seen[sort] == 1:
                print(
                    f"{trace[-700:]}at {POINTS[point]} as {kind}\n{source if options.whole else shorter(source, kind, point, where)}",
                    flush=True,
                )
        seed += 1
    print(dict(counts), f"{time.monotonic() - start:.0f} s")
    for sort, count in seen.most_common():
        print(count, *sort)
    sys.exit(bool(seen))


if __name__ == "__main__":
    main()
