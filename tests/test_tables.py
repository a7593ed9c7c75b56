"""Data as people have it: tables and series of pandas, with any index, and arrays that are read-only, strided or of other dtypes."""

import numpy as np
import pandas as pd
import pytest

import nn
from autograd import grad, gradcheck, jacobian, jit, ravel, value_and_grad, vmap

A = np.random.default_rng(0).normal(size=(6, 2))
Y = np.array([0, 1, 1, 0, 1, 0])
SHUFFLED = [3, 1, 0, 2, 5, 4]
read_only = A.copy()
read_only.flags.writeable = False
TABLES = {
    "table": pd.DataFrame(A, columns=["a", "b"]),
    "table with a shuffled index": pd.DataFrame(A, columns=["a", "b"], index=SHUFFLED),
    "read-only": read_only,
    "strided": np.repeat(A, 2, axis=0)[::2],
    "Fortran's order": np.asfortranarray(A),
    "reversed twice": A[::-1][::-1],
    "objects": A.astype(object),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("labels", [Y, pd.Series(Y, index=SHUFFLED), pd.Series(Y, dtype="Int64"), pd.Series(Y).astype("category")], ids=str)
def test_networks_read_tables_row_by_row(name, labels):
    def trained(X, y):
        model = nn.MLP(2, [3, 2], init=nn.xavier(seed=1))
        history = nn.fit(model, X, y, optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=2, batch_size=2, seed=0, progress=False)
        return history.loss, nn.predict(model, X).tolist(), nn.accuracy(model, X, y)

    assert trained(TABLES[name], labels) == trained(A, Y)


@pytest.mark.parametrize("name", TABLES)
def test_transforms_take_tables(name):
    X = TABLES[name]
    assert np.array_equal(grad(lambda x: np.sum(x * x))(X), 2.0 * A)
    assert np.array_equal(jit(grad(lambda p: np.sum(p["x"] ** 2)))({"x": X})["x"], 2.0 * A)
    assert np.array_equal(vmap(lambda row: row[0] - row[1])(X), A[:, 0] - A[:, 1])
    assert np.array_equal(nn.softmax(X), nn.softmax(A.tolist()))
    gradcheck(lambda x: np.sum(x * x), X)
    vector, unravel = ravel({"x": X})
    assert np.array_equal(unravel(vector)["x"], A)


def test_series_are_vectors():
    x, y = pd.Series([1.0, 2.0, 3.0], index=[2, 0, 1]), pd.Series([4.0, 5.0, 6.0])
    mean = vmap(lambda p, a, b: (p * a - b) ** 2, in_axes=(None, 0, 0), reduce="mean")
    assert value_and_grad(mean)(2.0, x, y) == jit(value_and_grad(mean))(2.0, x, y) == pytest.approx((5 / 3, -8 / 3), rel=1e-15)
    assert np.array_equal(jacobian(lambda v: v * v)(x), np.diag([2.0, 4.0, 6.0]))
    assert nn.mse(x, y) == 9.0


def test_what_a_table_holds_is_live():
    table = pd.DataFrame({"a": [1.0, 2.0]})
    total = jit(np.sum)
    assert total(table) == 3.0
    table.loc[0, "a"] = 5.0
    assert total(table) == 7.0
