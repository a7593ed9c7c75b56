"""Chunks of lanes in place of arrays: the same bits however they are cut, bounded memory."""

import tracemalloc

import numpy as np
import pytest

from autograd import grad, hessian, hvp, jit, ravel, sin, value_and_grad, vmap
from autograd.errors import LengthError, OperationError
from autograd.program import travelling
from autograd.program.sumtree import BLOCK, added

pytestmark = [pytest.mark.any_python]

N = 2 * BLOCK + 4321
RNG = np.random.default_rng(1)
X, Y, P, V = RNG.normal(size=N), RNG.normal(size=N), np.array([0.3, 0.7]), np.array([1.0, 2.0])


def loss(p, x, y):
    return (p[0] * sin(x * p[1]) - y) ** 2


def chunks(x, size):
    return (x[i : i + size] for i in range(0, len(x), size))


def numbers(tree):
    return ravel(tree)[0]


MADE = {
    "value": (lambda f: f, []),
    "gradient": (value_and_grad, []),
    "hessian": (hessian, []),
    "hvp": (hvp, [V]),
    "jit": (lambda f: jit(value_and_grad(f)), []),
    "of jit": (lambda f: hessian(jit(f)), []),
}


@pytest.mark.parametrize("reduce", ["sum", "mean"])
@pytest.mark.parametrize("name", MADE)
def test_no_chunking_changes_a_bit(name, reduce):
    make, more = MADE[name]
    g = make(vmap(loss, (None, 0, 0), reduce=reduce))
    g(P, *more, chunks(X, 1000), chunks(Y, 7777))  # which records it; what is recorded may add in another order
    first = numbers(g(P, *more, chunks(X, 1000), chunks(Y, 7777)))
    np.testing.assert_array_equal(numbers(g(P, *more, iter([X]), Y)), first)
    np.testing.assert_array_equal(numbers(g(P, *more, chunks(X, BLOCK + 1), chunks(Y, N))), first)
    np.testing.assert_allclose(first, numbers(g(P, *more, X, Y)), rtol=1e-13)


def test_the_tree_is_that_of_pairs_level_by_level():
    """Of floats of very different size, whose sum depends on the order."""
    terms = [float(x) for x in RNG.normal(size=37) * 10.0 ** RNG.integers(-8, 8, 37)]
    for count in range(1, 38):
        level = terms[:count]
        while len(level) > 1:
            level = [sum(level[i : i + 2], -0.0) for i in range(0, len(level), 2)]
        assert added(terms[:count]) == level[0]


def test_memory_is_bounded():
    f = grad(vmap(lambda p, x: (p * x).exp(), (None, 0), reduce="sum"))
    f(0.1, (np.ones(BLOCK) for _ in range(2)))
    tracemalloc.start()
    f(0.1, (np.ones(BLOCK // 2) for _ in range(40)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * 8 * BLOCK  # half of what all chunks hold


def test_rows_other_axes_and_integers():
    table, labels = RNG.normal(size=(3, 1000)), RNG.integers(0, 3, 1000)
    f = vmap(lambda x, k: x[k] * x[0], (1, 0), reduce="sum")
    own = f((table[:, i : i + 7] for i in range(0, 1000, 7)), iter(np.split(labels, 8)))
    np.testing.assert_allclose(own, (table[labels, range(1000)] * table[0]).sum(), rtol=1e-12)


def test_what_cannot_be_streamed_says_why():
    f = vmap(loss, (None, 0, 0), reduce="sum")
    with pytest.raises(OperationError, match="leave what is added to it, such as a penalty, outside"):
        vmap(loss, (None, 0, 0))(P, chunks(X, 10), Y)
    with pytest.raises(OperationError, match="leave what is added to it, such as a penalty, outside"):
        grad(lambda p: f(p, chunks(X, 10), chunks(Y, 10)) + p[0])(P)
    with pytest.raises(LengthError, match="in one argument and more in another"):
        f(P, chunks(X, 10), chunks(Y[1:], 10))
    with pytest.raises(LengthError, match="give at least one sample"):
        f(P, iter([]), iter([]))
    with pytest.raises(IndexError) as caught:
        vmap(lambda x, k: [x][k], reduce="sum")(iter([X[:2]]), iter([np.array([0, 1])]))
    (note,) = caught.value.__notes__
    assert note.startswith("It arose in the lanes 0 to 1, at ")
    assert "test_streams.py:" in note


def test_a_worker_with_another_version_is_refused():
    sent = travelling.packed("f", vmap(loss, (None, 0, 0)), (P, X[:1], Y[:1]))
    with pytest.raises(ValueError, match=r"expected 0\.0\.0, as the client has, since others may round otherwise: install that there"):
        travelling.opened(b"0.0.0\n" + sent.split(b"\n", 1)[1])
