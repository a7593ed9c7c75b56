"""Value and gradient of the Asian option on workers of Dask: efficiency, overhead, memory, bits, and what it takes by hand.

    python benchmarks/scale.py [--paths 10000000] [--many 100000000] [--samples 1000000] [--chunk 131072] [--rounds 5]
        [--parts efficiency overhead bits memory model regression]

Paths are made on the workers, by `dask.array.random`. Workers are processes with one thread each, every one on a core of its own where
there are enough; the scheduler and the client share these cores. `--many` is run once on two workers for its memory.
Times are medians. By hand, the sum over chunks and the means are written out, once with derivatives by hand in NumPy, once with JAX.
"""

import argparse
import inspect
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask.array as da
import numpy as np
import psutil
from asian import MARKET, STEPS, STRIKE, payoff
from distributed import Client, LocalCluster

import autograd

BLOCK = 65536
step = autograd.value_and_grad(autograd.vmap(payoff, in_axes=(None, 0), reduce="mean"))
cheap = autograd.value_and_grad(autograd.vmap(lambda p, x: p * x, in_axes=(None, 0), reduce="sum"))


def shocks(paths: int, chunk: int) -> da.Array:
    return da.random.default_rng(0).standard_normal(size=(paths, STEPS), chunks=(chunk, STEPS))


# By hand: value, delta, vega and rho.


def with_numpy(market, z):
    s0, volatility, rate = market
    paths = z.shape[0]

    def chunk(z):
        drift, scale = (rate - volatility**2 / 2) / STEPS, volatility / np.sqrt(STEPS)
        months, walk = np.arange(1, STEPS + 1), np.cumsum(z, axis=1)
        s = s0 * np.exp(drift * months + scale * walk)
        mean, discount = s.mean(axis=1), np.exp(-rate)
        taken = mean > STRIKE
        value = np.where(taken, mean - STRIKE, 0.0)
        vega = (s * (walk / np.sqrt(STEPS) - volatility / STEPS * months)).mean(axis=1)
        rho = (s * months / STEPS).mean(axis=1)
        rows = [value, np.where(taken, mean / s0, 0.0), np.where(taken, vega, 0.0), np.where(taken, rho, 0.0) - value]
        return discount * np.array([row.sum() for row in rows])[None]

    sums = z.map_blocks(chunk, dtype=float, chunks=(1, 4), meta=np.empty((0, 4)))
    found = sums.sum(axis=0).compute() / paths
    return found[0], found[1:]


def with_jax(market, z):
    def chunk(z, market):
        import jax  # noqa: PLC0415  # on the worker
        import jax.numpy as jnp  # noqa: PLC0415  # as above

        jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # its spelling

        def of_path(market, z):
            s0, volatility, rate = market
            drift, scale = (rate - volatility**2 / 2) / STEPS, volatility / jnp.sqrt(STEPS)
            s = s0 * jnp.exp(jnp.cumsum(drift + scale * z))
            return jnp.exp(-rate) * jax.nn.relu(s.mean() - STRIKE)

        def total(market, z):
            return jax.vmap(of_path, (None, 0))(market, z).sum()

        value, gradient = jax.jit(jax.value_and_grad(total))(market, z)
        return np.array([value, *gradient])[None]

    sums = z.map_blocks(chunk, market, dtype=float, chunks=(1, 4), meta=np.empty((0, 4)))
    found = sums.sum(axis=0).compute() / z.shape[0]
    return found[0], found[1:]


@contextmanager
def workers(count: int) -> Iterator[Client]:
    """A cluster of so many processes with one thread each."""
    os.environ["AUTOGRAD_NUM_THREADS"] = "1"  # which they inherit
    with (
        LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=None, silence_logs=50) as cluster,
        Client(cluster) as client,
    ):
        cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
        for k, address in enumerate(client.scheduler_info()["workers"]):
            if cores:
                client.run(os.sched_setaffinity, 0, {cores[k % len(cores)]}, workers=[address])
        yield client


def seconds(f, rounds: int, *, warm: bool = True) -> float:
    """The median, after a first call that records."""
    if warm:
        f()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        f()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def moved(f, rounds: int) -> int:
    """The bytes that a call sends over the loopback interface: the least of some, since others may send, too."""

    def sent() -> int:
        return psutil.net_io_counters(pernic=True)["lo"].bytes_sent

    counts = []
    for _ in range(rounds):
        before = sent()
        f()
        counts.append(sent() - before)
    return min(counts)


def peak_memory() -> float:
    """The most memory that this process has had, in MB."""
    import resource  # noqa: PLC0415  # on the worker, and not on Windows

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def dies_once(marker: str):
    """A function that ends the process of the first worker that calls it."""

    def touched(block):
        if not Path(marker).exists():
            Path(marker).touch()
            os._exit(1)
        return block

    return touched


def numbers(found) -> np.ndarray:
    return np.array([found[0], *found[1]])


def lines(f) -> int:
    return sum(bool(line.strip()) for line in inspect.getsource(f).splitlines())


def efficiency(paths: int, chunk: int, rounds: int) -> None:
    z, found = shocks(paths, chunk), {}
    for count in (1, 2):
        with workers(count):
            for name, f in {"ours": step, "NumPy by hand": with_numpy, "JAX by hand": with_jax}.items():
                try:
                    found[name, count] = seconds(lambda f=f: f(MARKET, z), rounds), numbers(f(MARKET, z))
                except ImportError as error:
                    print(f"left out: {name}: {error}")
    bits = np.array_equal(found["ours", 1][1], found["ours", 2][1])
    print(f"{paths} paths in chunks of {chunk}: value and gradient {found['ours', 1][1]}; the same bits with one worker and two: {bits}")
    for name in dict.fromkeys(name for name, _ in found):
        one, two = found[name, 1], found[name, 2]
        np.testing.assert_allclose(one[1], found["ours", 1][1], rtol=1e-9)
        print(f"{name}: {one[0]:.2f} s with one worker, {two[0]:.2f} s with two, efficiency {one[0] / two[0] / 2:.2f} a core")
    print(f"lines: ours {lines(payoff) + 1}, NumPy by hand {lines(with_numpy)}, JAX by hand {lines(with_jax)}")


def overhead(rounds: int) -> None:
    """What a step costs beside the computation, and the same tree of tasks that adds up arrays of Dask: lines through their times."""

    def plain(x):
        return x.map_blocks(lambda block: block[:1], chunks=(1,), dtype=float).sum(split_every=8).compute()

    with workers(2):
        counts, found = (1, 10, 100, 1000), {"ours": [], "Dask alone": []}
        for count in counts:
            x = da.ones(count * BLOCK, chunks=BLOCK)
            few = rounds if count < 1000 else 1
            cheap(2.0, x[:BLOCK])
            for name, f in {"ours": lambda x: cheap(2.0, x), "Dask alone": plain}.items():
                found[name].append(seconds(lambda f=f, x=x: f(x), few, warm=count < 1000))
            sent = moved(lambda x=x: cheap(2.0, x), few)
            print(
                f"{count} chunks: {1000 * found['ours'][-1]:.1f} ms, Dask alone {1000 * found['Dask alone'][-1]:.1f}, {sent / 1000:.0f} kB"
            )
    for name, times in found.items():
        slope, start = np.polyfit(counts, times, 1, w=1.0 / np.array(times))
        print(f"overhead of a step, {name}: {1000 * start:.1f} ms + {1000 * slope:.2f} ms a chunk")


def model(rounds: int) -> None:
    """A step of 1,000 chunks beside what its parts cost."""
    with workers(2):
        one = seconds(lambda: step(MARKET, shocks(BLOCK, BLOCK)), rounds)
        hundred = seconds(lambda: step(MARKET, shocks(100 * BLOCK, BLOCK)), rounds)
        thousand = seconds(lambda: step(MARKET, shocks(1000 * BLOCK, BLOCK)), 1, warm=False)
    each = (hundred - one) / 99
    print(f"1,000 chunks: {thousand:.2f} s; {one + 999 * each:.2f} s expected from 1 chunk, {one:.3f} s, and 100, {hundred:.2f} s")


def bits(chunk: int) -> None:
    with workers(2), tempfile.TemporaryDirectory() as folder:
        z = shocks(2**20 + 4321, chunk)
        first = numbers(step(MARKET, z))
        same = [np.array_equal(numbers(step(MARKET, z.rechunk((size, STEPS)))), first) for size in (10_000, 99_999, 2**20)]
        killing = z.map_blocks(dies_once(str(Path(folder, "died"))), dtype=float, meta=np.empty((0, STEPS)))
        print(f"the same bits: three other chunkings {same}, after a worker died {np.array_equal(numbers(step(MARKET, killing)), first)}")


def memory(paths: int, chunk: int) -> None:
    with workers(2) as client:
        start = time.perf_counter()
        step(MARKET, shocks(paths, chunk))
        took = time.perf_counter() - start
        print(f"{paths} paths: {took:.1f} s, at most {max(client.run(peak_memory).values()):.0f} MB a worker")


class Rows:
    """The rows of a file, which a worker maps into its memory when it reads some."""

    def __init__(self, path: str, shape: tuple[int, ...]) -> None:
        self.path, self.shape, self.ndim, self.dtype = path, shape, len(shape), np.dtype(float)

    def __getitem__(self, key):
        return np.array(np.memmap(self.path, float, "r", shape=self.shape)[key])


def cross_entropy(p, x, y):
    z = p[0] @ x + p[1]
    return autograd.logsumexp(z) - z @ y


def regression(samples: int, chunk: int) -> None:
    """Softmax regression by SciPy's L-BFGS from a memory map of 64 features, beside scikit-learn in memory."""
    from scipy.optimize import minimize  # noqa: PLC0415  # for this part alone
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # as above

    features, classes, rng = 64, 10, np.random.default_rng(0)
    count = features * classes
    mean = autograd.value_and_grad(autograd.vmap(cross_entropy, in_axes=(None, 0, 0), reduce="mean"))
    with tempfile.TemporaryDirectory() as folder, workers(2) as client:
        path, labels = str(Path(folder, "rows")), rng.integers(0, classes, samples)
        centres = rng.normal(size=(classes, features)) / 4
        with Path(path).open("wb") as file:
            for i in range(0, samples, chunk):
                own = labels[i : i + chunk]
                (centres[own] + rng.normal(size=(len(own), features))).tofile(file)
        x = da.from_array(Rows(path, (samples, features)), chunks=(chunk, features))
        y = (da.from_array(labels, chunks=chunk)[:, None] == np.arange(classes)).astype(float)

        def penalised(numbers):  # as scikit-learn's, with C = 1
            weights = numbers[:count].reshape(classes, features)
            value, (of_weights, of_biases) = mean((weights, numbers[count:]), x, y)
            gradient = np.concatenate([(of_weights + weights / samples).ravel(), of_biases])
            return value + (weights**2).sum() / 2 / samples, gradient

        start = time.perf_counter()
        found = minimize(penalised, np.zeros(count + classes), jac=True, method="L-BFGS-B", options={"ftol": 1e-15, "gtol": 1e-6})
        took, peak = time.perf_counter() - start, max(client.run(peak_memory).values())
        print(f"{samples} samples of {features} numbers, {samples * features * 8 / 1e6:.0f} MB: {found.nfev} steps, {took:.1f} s")
        print(f"at most {peak:.0f} MB a worker, {peak_memory():.0f} MB here")
        start = time.perf_counter()
        own = LogisticRegression(tol=1e-6, max_iter=1000).fit(np.fromfile(path).reshape(samples, features), labels)
        far = np.abs(found.x[:count].reshape(classes, features) - own.coef_).max()
        print(f"scikit-learn in memory: {time.perf_counter() - start:.1f} s; the weights differ by at most {far:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in {"paths": 10**7, "many": 10**8, "samples": 10**6, "chunk": 2 * BLOCK, "rounds": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parts = {
        "efficiency": lambda given: efficiency(given.paths, given.chunk, given.rounds),
        "overhead": lambda given: overhead(given.rounds),
        "bits": lambda given: bits(given.chunk),
        "memory": lambda given: memory(given.many, given.chunk),
        "model": lambda given: model(given.rounds),
        "regression": lambda given: regression(given.samples, given.chunk),
    }
    parser.add_argument("--parts", nargs="+", choices=parts, default=list(parts))
    given = parser.parse_args()
    for name in given.parts:
        parts[name](given)


if __name__ == "__main__":
    main()
