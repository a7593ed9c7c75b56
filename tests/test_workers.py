"""Lanes that are Dask arrays: the same bits for any chunking and any number of workers, of which one dies; faults; lazily where Dask is."""

import os
import re
import signal
import threading
import time

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

import nn.chunked
from autograd import Value, exp, grad, jacobian, jit, jvp, logsumexp, no_grad, ravel, sin, value_and_grad, vmap
from autograd.errors import LengthError, OperationError, RangeError, StateError
from autograd.program import travelling
from autograd.program.sumtree import BLOCK
from autograd.trees import tree_flatten

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
distributed = pytest.importorskip("distributed")

pytestmark = [pytest.mark.oracle]

N = 4 * BLOCK + 4321
RNG = np.random.default_rng(1)
X, Y, P = RNG.normal(size=N), RNG.normal(size=N), np.array([0.3, 0.7])


def loss(p, x, y):
    return (p[0] * sin(x * p[1]) - y) ** 2


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("workers"))  # of their own, since others clear the usual one up
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": 50, "local_directory": folder}
    patient = {f"distributed.comm.timeouts.{what}": "180s" for what in ("connect", "tcp")}  # where the machine has other work
    with (
        dask.config.set(patient),
        distributed.LocalCluster(**options) as cluster,
        distributed.Client(cluster, set_as_default=False, timeout=180) as client,
    ):
        yield client


def dies_once(marker):
    """A function that ends the process of the first worker that calls it."""

    def touched(block):
        if not os.path.exists(marker):  # noqa: PTH110  # on a worker
            open(marker, "w").close()  # noqa: PTH123  # as above
            os._exit(1)
        return block

    return touched


@pytest.mark.parametrize(
    "f", [loss, lambda p, x, y: p[0] * x if x > y else p[1] * y], ids=["a program travels", "a function with branches travels"]
)
def test_the_bits_are_the_same(f, client):
    g = value_and_grad(vmap(f, (None, 0, 0), reduce="mean"))
    wanted = ravel(g(P, iter([X]), iter([Y])))[0]
    for size, other in ((20_000, 77_777), (2 * BLOCK + 1, N)):
        np.testing.assert_array_equal(ravel(g(P, da.from_array(X, chunks=size), da.from_array(Y, chunks=other)))[0], wanted)
    with client.as_current():
        x, y = da.from_array(X, chunks=50_000), da.from_array(Y, chunks=50_000)
        np.testing.assert_array_equal(ravel(g(P, x, y))[0], wanted)


def test_a_worker_that_dies_costs_no_bit(client, tmp_path):
    g = value_and_grad(vmap(loss, (None, 0, 0), reduce="mean"))
    wanted = ravel(g(P, iter([X]), iter([Y])))[0]
    with client.as_current():
        x, y = da.from_array(X, chunks=50_000), da.from_array(Y, chunks=50_000)
        killing = x.map_blocks(dies_once(str(tmp_path / "died")), dtype=float, meta=np.empty(0))
        np.testing.assert_array_equal(ravel(g(P, killing, y))[0], wanted)
        assert (tmp_path / "died").exists()


def test_a_program_travels_once_and_has_no_python_code(client, monkeypatch):
    code = b"test_workers"
    f = value_and_grad(vmap(lambda p, x: exp(p * x), (None, 0), reduce="sum"))
    sent = travelling.packed("f", f, (1.0, X[:1]))
    assert code not in sent
    assert code in travelling.packed("f", grad(vmap(lambda p, x: p if x > 0.0 else p * x, (None, 0), reduce="sum")), (1.0, X[:1]))
    with client.as_current():
        x = da.from_array(X, chunks=BLOCK)
        np.testing.assert_allclose(f(1.0, x), (np.exp(X).sum(), (X * np.exp(X)).sum()), rtol=1e-12)
        kept = vars(vars(f)["by_blocks"])["kept"]
        f(2.0, x)
        assert vars(vars(f)["by_blocks"])["kept"] is kept
        monkeypatch.setattr(travelling, "own_version", lambda: "0.0.0")
        vars(vars(f)["by_blocks"]).clear()
        with pytest.raises(StateError, match=r"a worker has valuegrad [\d.]+\w*, expected 0\.0\.0, as the client has"):
            value_and_grad(vmap(loss, (None, 0, 0), reduce="sum"))(P, x, x)


def test_an_error_says_which_lanes_and_which_line(client):
    def f(x, k):
        return [x, 2.0 * x][k]

    labels = np.arange(N) // (N - 1) * 7
    with client.as_current(), pytest.raises(IndexError) as caught:
        vmap(f, reduce="sum")(da.from_array(X, chunks=50_000), da.from_array(labels, chunks=50_000))
    (note,) = caught.value.__notes__
    assert note.startswith(f"It arose in the lanes {N - 4321} to {N - 1}, at ")
    assert re.search(r":\d+ in f\.$", note)


def test_an_interrupt_cancels_what_waits_on_the_cluster(client):
    def slow(block):
        time.sleep(0.2)
        return block

    def tasks(dask_scheduler):
        return len(dask_scheduler.tasks)

    x = da.from_array(X, chunks=1000).map_blocks(slow, dtype=float, meta=np.empty(0))  # 27 s on two workers
    raised = threading.Event()

    def interrupts():  # Python drops one that comes within a `__del__`, of which Dask has some
        while not raised.wait(1.0):
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    def interrupted():
        threading.Thread(target=interrupts).start()
        try:
            vmap(exp, reduce="sum")(x)
        finally:
            raised.set()

    before, start = client.run_on_scheduler(tasks), time.monotonic()
    handler = signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
    with client.as_current(), pytest.raises(KeyboardInterrupt):
        interrupted()
    signal.signal(signal.SIGINT, handler)
    while client.run_on_scheduler(tasks) > before + 2 and time.monotonic() < start + 20.0:  # the function stays
        time.sleep(0.1)
    assert time.monotonic() < start + 20.0


def test_results_of_lanes_are_dask_arrays():
    x = da.from_array(X, chunks=50_000)
    f = vmap(lambda p, x, y: {"a": p[0] * x, "b": np.array([x, y * p[1]]), "c": x > y}, (None, 0, 0))
    found, wanted = f(P, x, Y), f(P, X, Y)
    for name in "abc":
        assert isinstance(found[name], da.Array)
        assert (found[name].dtype, found[name].chunks[0]) == (wanted[name].dtype, x.chunks[0])
        np.testing.assert_array_equal(found[name].compute(), wanted[name])
    few = X[:1000], da.from_array(X[:1000], chunks=300)
    for of, more in ((jacobian, ()), (jvp, (P,))):
        g = of(vmap(lambda p, x: np.array([p[0] * x, p[1] ** 2]), (None, 0)))
        np.testing.assert_array_equal(g(P, *more, few[1]).compute(), g(P, *more, few[0]))
    g = vmap(grad(loss), (None, 0, 0))
    np.testing.assert_array_equal(g(P, x, Y).compute(), g(P, X, Y))
    g = vmap(lambda p, x: {"a": np.array([[x, p[0]]]), "b": (x, x > 0.0)}, (None, 0), out_axes={"a": -1, "b": 0})
    for of, more in ((jit, ()), (jacobian, ()), (jvp, (P,))):
        found, wanted = of(g)(P, *more, few[1]), of(g)(P, *more, few[0])
        for one, other in zip(tree_flatten(found)[0], tree_flatten(wanted)[0], strict=True):
            assert (one.shape, one.dtype) == (other.shape, other.dtype)
            np.testing.assert_array_equal(one.compute(), other)
    rows = RNG.normal(size=(1000, 3))
    g = value_and_grad(vmap(lambda w, row: logsumexp(w @ row), (None, 0), reduce="mean"))
    w = RNG.normal(size=(2, 3))
    np.testing.assert_array_equal(ravel(g(w, da.from_array(rows, chunks=(300, 2))))[0], ravel(g(w, iter([rows])))[0])


def test_what_dask_arrays_cannot_be_given_to():
    x, w = da.from_array(X, chunks=50_000), Value(2.0)
    with pytest.raises(OperationError, match="jacobian, jvp or jit of vmap"):
        grad(vmap(loss, (None, 0, 0)))(P, x, x)
    with pytest.raises(RangeError, match=r"got out_axes 2 for a result of shape \(1, 2\)"):
        vmap(lambda x: np.array([x, x]), out_axes=2)(x)
    with pytest.raises(LengthError, match="expected equally many, and known"):
        vmap(loss, (None, 0, 0))(P, x, x[1:])
    with pytest.raises(OperationError, match="to whose graph what workers compute cannot be joined"):
        vmap(lambda x: w * x, reduce="sum")(x)
    with no_grad():
        np.testing.assert_allclose(vmap(lambda x: w * x, reduce="sum")(x), 2.0 * X.sum(), rtol=1e-9)


class Rows:
    """The rows of a file, which a worker maps into its memory when it reads some."""

    def __init__(self, path, shape):
        self.path, self.shape, self.ndim, self.dtype = path, shape, len(shape), np.dtype(float)

    def __getitem__(self, key):
        return np.array(np.memmap(self.path, float, "r", shape=self.shape)[key])


def test_softmax_regression_from_a_memory_map_finds_the_optimum_of_scikit_learn(tmp_path):
    centres, labels = RNG.normal(size=(3, 4)), RNG.integers(0, 3, 5000)
    rows = centres[labels] + RNG.normal(size=(5000, 4))
    rows.tofile(tmp_path / "rows")
    x, y = da.from_array(Rows(tmp_path / "rows", rows.shape), chunks=(700, 4)), np.eye(3)[labels]

    def cross_entropy(p, x, y):
        z = p[0] @ x + p[1]
        return logsumexp(z) - z @ y

    mean = value_and_grad(vmap(cross_entropy, (None, 0, 0), reduce="mean"))

    def penalised(numbers):  # with C = 1
        p = numbers[:12].reshape(3, 4), numbers[12:]
        value, (of_weights, of_biases) = mean(p, x, y)
        return value + (p[0] ** 2).sum() / 10_000, np.concatenate([(of_weights + p[0] / 5000).ravel(), of_biases])

    found = minimize(penalised, np.zeros(15), jac=True, method="L-BFGS-B", options={"ftol": 0.0, "gtol": 1e-9}).x
    wanted = LogisticRegression(tol=1e-9, max_iter=1000).fit(rows, labels)
    np.testing.assert_allclose(found[:12].reshape(3, 4), wanted.coef_, atol=1e-5)
    np.testing.assert_allclose(found[12:] - found[12:].mean(), wanted.intercept_ - wanted.intercept_.mean(), atol=1e-5)


def trained(X, y, **options):
    model = nn.Layer(2, 3, nonlin=False, init=nn.xavier(seed=0))
    history = nn.fit(model, X, y, optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=2, batch_size=50, seed=1, progress=False, **options)
    return history, model


def test_training_on_dask_arrays(client, monkeypatch):
    rows, labels = RNG.normal(size=(500, 2)), RNG.integers(0, 3, 500)
    wanted, model = trained(rows, labels, validation=(rows, labels))
    monkeypatch.setattr(nn.chunked, "BLOCK", 120)
    cut = [(da.from_array(rows, chunks=chunks), da.from_array(labels, chunks=70)) for chunks in ((130, 1), (77, 2))]
    (first, _), (second, _) = [trained(*own, validation=own) for own in cut]
    assert first == second
    assert [len(x) for x in vars(first).values()] == [2, 2, 2, 2]
    with client.as_current():
        assert trained(*cut[0], validation=cut[0])[0] == first
    monkeypatch.setattr(nn.chunked, "BLOCK", 500)
    assert trained(*cut[0], validation=cut[0])[0] == wanted  # as in memory
    found = nn.predict(model, cut[0][0])
    assert isinstance(found, da.Array)
    assert nn.accuracy(model, *cut[0]) == nn.accuracy(model, rows, labels)
    expected = nn.predict(model, rows)
    for p in model.parameters():
        p.data = 0.0
    np.testing.assert_array_equal(found.compute(), expected)
    with pytest.raises(LengthError, match="expected one target for each row of X, and a known number"):
        nn.fit(model, cut[0][0], labels[1:], optimizer=nn.SGD(model.parameters(), lr=0.1))
