"""An Asian call under Black and Scholes by Monte Carlo: price, delta, vega and rho by reverse mode on every path.

    python benchmarks/asian.py [--paths 10000] [--rounds 11] [--plot docs/asian.svg]

The payoff is of the arithmetic mean over 12 months. Ours is a function of one path, recorded once and replayed in lanes, with a row
of shocks for each path, and with one for each month. The limit is C by hand with SIMD (`asian.c`), once with its own exp and once with
the C library's for vectors, which GCC takes under -ffast-math only; it needs a C compiler, and has a row for each month. XAD tapes
every path from Python. All have the same shocks and must find the same price and derivatives, in 64 bits. All run on one core, in
processes of their own, in turn.
"""

import ctypes
import math

import measure
import numpy as np

import autograd

STEPS = 12
MARKET = np.array([100.0, 0.2, 0.03])  # spot, volatility, rate
STRIKE = 100.0


def shocks(paths: int) -> np.ndarray:
    """A row for each path."""
    return np.random.default_rng(0).normal(size=(paths, STEPS))


def payoff(market, z, exp=autograd.exp, relu=autograd.relu):
    s, volatility, rate = market
    drift, scale = (rate - volatility * volatility / 2) / STEPS, volatility / math.sqrt(STEPS)
    total = 0.0
    for shock in z:
        s = s * exp(drift + scale * shock)
        total = total + s
    return exp(-rate) * relu(total / STEPS - STRIKE)


def ours(paths: int, axis: int = 0) -> measure.Peer:
    Z = np.ascontiguousarray(np.moveaxis(shocks(paths), 0, axis))
    price = autograd.jit(autograd.value_and_grad(autograd.vmap(payoff, in_axes=(None, axis), reduce="mean")))
    return lambda times: [price(MARKET, Z) for _ in range(times)][-1]


def ours_by_months(paths: int) -> measure.Peer:
    return ours(paths, 1)


def c(paths: int, *options: str) -> measure.Peer:
    program, Z, results = measure.library("asian.c", *options).price, np.ascontiguousarray(shocks(paths).T), np.empty(4)
    program.restype = None
    args = [*map(ctypes.c_double, [*MARKET, STRIKE]), Z.ctypes.data_as(ctypes.c_void_p), paths, results.ctypes.data_as(ctypes.c_void_p)]

    def run(times):
        for _ in range(times):
            program(*args)
        return results

    return run


def c_native(paths: int) -> measure.Peer:
    return c(paths, "-O3", "-march=native")


def c_libmvec(paths: int) -> measure.Peer:
    return c(paths, "-O3", "-march=native", "-ffast-math", "-DLIBMVEC")


def jax(paths: int) -> measure.Peer:
    import jax  # noqa: PLC0415  # a peer
    import jax.numpy as jnp  # noqa: PLC0415

    jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # its own way
    market, Z = jnp.array(MARKET), jnp.array(shocks(paths))
    each = jax.vmap(jax.value_and_grad(lambda market, z: payoff(market, z, jnp.exp, jax.nn.relu)), in_axes=(None, 0))

    @jax.jit
    def price(market, Z):
        values, gradients = each(market, Z)
        return values.mean(), gradients.mean(axis=0)

    return lambda times: jax.block_until_ready([price(market, Z) for _ in range(times)][-1])


def numpy(paths: int) -> measure.Peer:
    (spot, volatility, rate), Z = MARKET, np.ascontiguousarray(shocks(paths).T)

    def run(times):
        for _ in range(times):
            drift, scale, discount = (rate - volatility * volatility / 2) / STEPS, volatility / math.sqrt(STEPS), math.exp(-rate)
            s = spot * np.exp(np.cumsum(drift + scale * Z, axis=0))
            above = s.mean(axis=0) - STRIKE
            value = discount * np.maximum(above, 0.0).mean()
            weight = np.where(above > 0.0, discount / STEPS / paths, 0.0)
            x = np.cumsum((weight * s)[::-1], axis=0)[::-1]
            to_drift, to_scale = x.sum() / STEPS, (x * Z).sum() / math.sqrt(STEPS)
            found = value, np.array([x[0].sum() / spot, to_scale - volatility * to_drift, to_drift - value])
        return found

    return run


def xad(paths: int) -> measure.Peer:
    from xad.adj_1st import Real, Tape  # noqa: PLC0415  # a peer
    from xad.math import exp, max  # noqa: PLC0415, A004  # its names

    Z = shocks(paths).tolist()

    def run(times):
        for _ in range(times):
            value, gradient = 0.0, np.zeros(3)
            with Tape() as tape:
                for z in Z:
                    market = list(map(Real, MARKET.tolist()))
                    tape.registerInputs(market)
                    tape.newRecording()
                    y = payoff(market, z, exp, lambda x: max(x, 0.0))
                    tape.registerOutput(y)
                    y.setDerivative(1.0)
                    tape.computeAdjoints()
                    value += y.getValue() / paths
                    gradient += [tape.getDerivative(x) / paths for x in market]
                    tape.clearAll()
        return value, gradient

    return run


OURS = "ours"
PEERS = {
    "C with SIMD, its own exp": c_native,
    "C with SIMD, libmvec": c_libmvec,
    OURS: ours,
    "ours, laid out as for C": ours_by_months,
    "JAX, jit": jax,
    "NumPy by hand": numpy,
    "XAD from Python": xad,
}

if __name__ == "__main__":
    title = "An Asian option: price, delta, vega and rho on every path"
    measure.main(__doc__, PEERS, OURS, "jax", "xad", size="paths", usual=10_000, title=title)
