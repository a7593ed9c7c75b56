"""Lanes that are Dask arrays: the same bits for any chunking and any number of workers, of which one dies."""

import os

import numpy as np
import pytest

from autograd import ravel, sin, value_and_grad, vmap
from autograd.program.sumtree import BLOCK

pytestmark = [pytest.mark.oracle]

N = 4 * BLOCK + 4321
RNG = np.random.default_rng(1)
X, Y, P = RNG.normal(size=N), RNG.normal(size=N), np.array([0.3, 0.7])


def loss(p, x, y):
    return (p[0] * sin(x * p[1]) - y) ** 2


def dies_once(marker):
    """A function that ends the process of the first worker that calls it."""

    def touched(block):
        if not os.path.exists(marker):  # noqa: PTH110  # on a worker
            open(marker, "w").close()  # noqa: PTH123  # as above
            os._exit(1)
        return block

    return touched


def test_the_bits_are_the_same(tmp_path):
    da, distributed = pytest.importorskip("dask.array"), pytest.importorskip("distributed")
    g = value_and_grad(vmap(loss, (None, 0, 0), reduce="mean"))
    wanted = ravel(g(P, iter([X]), iter([Y])))[0]
    for size, other in ((20_000, 77_777), (BLOCK + 1, N)):
        np.testing.assert_array_equal(ravel(g(P, da.from_array(X, chunks=size), da.from_array(Y, chunks=other)))[0], wanted)
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster):
        x, y = da.from_array(X, chunks=50_000), da.from_array(Y, chunks=50_000)
        np.testing.assert_array_equal(ravel(g(P, x, y))[0], wanted)
        killing = x.map_blocks(dies_once(str(tmp_path / "died")), dtype=float, meta=np.empty(0))
        np.testing.assert_array_equal(ravel(g(P, killing, y))[0], wanted)
        assert (tmp_path / "died").exists()
