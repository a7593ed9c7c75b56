"""Random arithmetic: value and gradient of a program of + - * by reverse mode, over lanes or for one.

    python benchmarks/arith.py [--operations 1000] [--rounds 11]
    LANES=1 python benchmarks/arith.py
    AUTOGRAD_BACKEND=pure python benchmarks/arith.py

Each operation takes two of the last 24 results, a product one of them and an input near 1, so that nothing overflows; what none has taken
is summed. Ours is a function in plain Python, recorded once; by machine code where llvmlite is installed, and by the kernel, or, where that
is turned off as in the last line or was not built, in NumPy columns. The limit is the same program as C with vectors (`cc -O2
-march=native`), forward and reverse in one function. JAX compiles for minutes from some 1,000 operations on, so it takes part up to these.
All run on one core, in processes of their own, in turn.
"""

import ctypes
import os
import random
import subprocess
import tempfile
from pathlib import Path

import measure
import numpy as np

import autograd

INPUTS, WINDOW = 8, 24
LANES = int(os.environ.get("LANES", "1024"))


def operations(count: int) -> tuple[list[tuple[str, int, int]], list[int]]:
    """Operations, each with its operands, and the results that none of them takes."""
    draw = random.Random(0)  # noqa: S311  # samples, not secrets

    def one(k: int) -> tuple[str, int, int]:
        sign = draw.choice("+-**")
        return sign, draw.randrange(max(0, k - WINDOW), k), draw.randrange(*(0, INPUTS) if sign == "*" else (max(0, k - WINDOW), k))

    made = [one(k) for k in range(INPUTS, INPUTS + count)]
    taken = {a for _, *own in made for a in own}
    return made, [k for k in range(INPUTS, INPUTS + count) if k not in taken]


def points() -> np.ndarray:
    return np.random.default_rng(0).uniform(0.9, 1.1, size=(INPUTS, LANES))


def function(count: int, total=sum):
    made, ends = operations(count)

    lines = [f"v{k} = v{a} {sign} v{b}" for k, (sign, a, b) in enumerate(made, INPUTS)]
    head = f"def f(x):\n    {', '.join(f'v{k}' for k in range(INPUTS))}, = x\n    "
    names = {"total": total}
    exec(head + "\n    ".join(lines) + f"\n    return total([{', '.join(f'v{k}' for k in ends)}])", names)  # noqa: S102  # as if typed
    return names["f"]


def ours(count: int, *, machine: bool = False) -> measure.Peer:
    f, X = function(count, autograd.sum), points()
    if LANES == 1:
        g, X = autograd.jit(autograd.value_and_grad(f)), X[:, 0].copy()
    else:
        g = autograd.jit(autograd.value_and_grad(autograd.vmap(f, in_axes=1, reduce="sum")))
    for _ in range(3):
        g(X)
    if machine:
        g.compile(X)

    def run(times):
        for _ in range(times):
            value, gradient = g(X)
        return value, gradient.ravel()

    return run


def by_machine_code(count: int) -> measure.Peer:
    return ours(count, machine=True)


def c(count: int) -> measure.Peer:
    made, ends = operations(count)
    width = 1 if LANES == 1 else 8 if "avx512f" in Path("/proc/cpuinfo").read_text(encoding="ascii") else 4
    number = f"double __attribute__((vector_size({8 * width}), aligned(8)))" if width > 1 else "double"
    lines = [f"V v{k} = *(const V *)(x + {k} * n);" for k in range(INPUTS)]
    lines += [f"V v{k} = v{a} {sign} v{b};" for k, (sign, a, b) in enumerate(made, INPUTS)]
    lines += [f"*total += {' + '.join(f'v{k}' for k in ends)};"]
    seen = set(ends)
    lines += [f"V g{k} = x[0] * 0 + 1;" if width == 1 else f"V g{k} = v0 * 0 + 1;" for k in ends]

    def send(to: int, what: str) -> None:
        lines.append(f"g{to} += {what};" if to in seen else f"V g{to} = {what};")
        seen.add(to)

    for k, (sign, a, b) in reversed(list(enumerate(made, INPUTS))):
        send(a, f"g{k} * v{b}" if sign == "*" else f"g{k}")
        send(b, f"g{k} * v{a}" if sign == "*" else f"-g{k}" if sign == "-" else f"g{k}")
    lines += [f"*(V *)(y + {k} * n) = g{k};" if k in seen else f"*(V *)(y + {k} * n) = v0 * 0;" for k in range(INPUTS)]
    body = "\n    ".join(lines)
    source = f"""\
typedef {number} V;
static __attribute__((noinline)) void some(const double *x, double *y, long n, V *total) {{
    {body}
}}
double all(const double *x, double *y, long n) {{
    V total = {{0}};
    for (long i = 0; i < n; i += {width}) some(x + i, y + i, n, &total);
    double sum = 0.0;
    for (int i = 0; i < {width}; i++) sum += ((double *)&total)[i];
    return sum;
}}
"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "arith.c")
        path.write_text(source, encoding="ascii")
        command = [
            os.environ.get("CC", "cc"),
            "-O2",
            "-march=native",
            "-ffp-contract=off",
            "-shared",
            "-fPIC",
            str(path),
            "-o",
            f"{folder}/arith.so",
        ]
        subprocess.run(command, check=True)  # noqa: S603  # ours
        program = ctypes.CDLL(f"{folder}/arith.so").all
    program.restype = ctypes.c_double
    X, Y = np.ascontiguousarray(points()), np.empty((INPUTS, LANES))
    args = X.ctypes.data_as(ctypes.c_void_p), Y.ctypes.data_as(ctypes.c_void_p), ctypes.c_long(LANES)

    def run(times):
        for _ in range(times):
            value = program(*args)
        return value, Y.ravel()

    return run


def jax(count: int) -> measure.Peer:
    if count > 1000:
        raise ImportError("it compiles for minutes")
    import jax  # noqa: PLC0415  # a peer
    import jax.numpy as jnp  # noqa: PLC0415

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # its own way
    f, X = function(count), jnp.array(points())
    g = jax.jit(jax.value_and_grad(lambda X: f(X).sum()))

    def run(times):
        value, gradient = jax.block_until_ready([g(X) for _ in range(times)][-1])
        return float(value), np.ravel(gradient)

    return run


def casadi(count: int) -> measure.Peer:
    import casadi  # noqa: PLC0415  # a peer

    x = casadi.SX.sym("x", INPUTS)
    y = function(count)([x[k] for k in range(INPUTS)])
    g = casadi.Function("g", [x], [y, casadi.gradient(y, x)])
    g, X = g.map(LANES) if LANES > 1 else g, casadi.DM(points())

    def run(times):
        for _ in range(times):
            values, gradients = g(X)
        return float(np.sum(values)), np.ravel(gradients)

    return run


OURS = "ours, machine code"
BESIDE = "ours, NumPy columns" if autograd.config().kernel is None else "ours, the kernel"
PEERS = {OURS: by_machine_code, BESIDE: ours, "C with vectors": c, "JAX, jit": jax, "CasADi": casadi}

if __name__ == "__main__":
    title = f"Random arithmetic, value and gradient, {LANES:,} lanes"
    measure.main(__doc__, PEERS, OURS, "llvmlite", "jax", "casadi", size="operations", usual=1000, title=title)
