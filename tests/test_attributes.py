"""Unknown attributes of a Value: those of other libraries raise with the spelling used here, and nothing else changes."""

import copy
import pickle
import re
import statistics

import numpy as np
import pytest
from scipy.optimize import brentq
from sentences import frames, is_own

import autograd
import nn
from autograd import Value, elsewhere, grad, hessian, jit, jvp, spellings, vjp, vmap, words
from autograd.errors import OperationError
from nn import words as nn_words


@pytest.mark.parametrize("name", elsewhere.SPELLINGS)
def test_an_attribute_of_another_library_says_what_to_write(name):
    for v in (Value(2.0), Value(2.0) * 3.0):
        with pytest.raises(AttributeError) as caught:
            getattr(v, name)
        assert str(caught.value) == f"a Value has no {name}: {elsewhere.SPELLINGS[name]}"
        assert (caught.value.name, caught.value.obj) == (name, v)
        assert not hasattr(v, name)
        assert name not in dir(v)


def test_the_attributes_that_other_libraries_share_are_ours():
    ours = {"data", "grad", "op", "args", "label", "backward", "exp", "abs", "clip", "hypot", "__add__", "__array_ufunc__"}
    assert ours <= set(dir(Value(1.0)))
    assert not ours & elsewhere.SPELLINGS.keys()


def test_an_unknown_attribute_is_unknown():
    with pytest.raises(AttributeError, match="has no attribute 'sigmoidd'"):
        Value(1.0).sigmoidd  # noqa: B018  # asked for on purpose


def test_those_who_look_for_attributes_find_none():
    v = Value(2.0, "v")
    assert np.shape(v) == ()
    assert np.array([v, v]).shape == (2,)
    assert (np.max(v), np.sum([v, v]).data, np.mean([v, v]).data) == (v, 4.0, 2.0)
    assert pickle.loads(pickle.dumps(v)).label == copy.copy(v).label == "v"
    assert autograd.to_sympy(v).name == "v"
    with pytest.raises(AttributeError):
        v.item = 3.0


TABLES = {
    name: table
    for module in (words, nn_words)
    for name, table in vars(module).items()
    if isinstance(table, tuple) and isinstance(table[0], spellings.Spelling)
}
MODEL = nn.MLP(2, [1])
OWNERS = {
    "VALUE": Value(2.0),
    "ARRAY": np.array([Value(2.0)]).view(autograd.arrays.Array),
    "AUTOGRAD": autograd,
    "RECORDED": jit(abs),
    "NN": nn,
    "MODULE": MODEL,
    "OPTIMIZER": nn.SGD(MODEL.parameters(), lr=0.1),
    "HISTORY": nn.History(),
}


def number(x):
    """Values as floats, arrays and lists as tuples."""
    if isinstance(x, Value):
        return x.data
    return tuple(map(number, x)) if isinstance(x, list | tuple | np.ndarray) else x


CALLED = {
    "TRANSFORMS": lambda **given: grad(abs, **given),
    "JIT": lambda **given: jit(abs, **given),
    "VMAP": lambda **given: vmap(abs, **given),
    "LOOPS": lambda **given: autograd.scan(abs, 1.0, None, 1, **given),
    "OF_VALUE": lambda **given: Value(2.0, **given),
    "FIT": lambda **given: nn.fit(MODEL, [[1.0, 2.0]], [0], optimizer=OWNERS["OPTIMIZER"], **given),
    "OF_OPTIMIZERS": lambda **given: nn.Adam(MODEL.parameters(), **given),
    "OF_LOSSES": lambda **given: nn.cross_entropy([1.0, 2.0], 0, **given),
    "OF_NETWORKS": lambda **given: nn.MLP(2, [1], **given),
}


@pytest.mark.parametrize(("table", "call"), CALLED.items(), ids=CALLED)
def test_a_keyword_of_another_library_says_what_to_write(table, call):
    for row in TABLES[table]:
        for name in row.names.split():
            with pytest.raises(TypeError, match=re.escape(f" has no {name}: ")) as caught:
                call(**{name: 1.0})
            assert str(caught.value).endswith(f" has no {name}: {row.advice}")
            assert [frame for frame in frames(caught.value) if is_own(frame[0])] == []
        with pytest.raises(TypeError, match=r"unexpected keyword argument 'nothing'|has no nothing: it"):
            call(nothing=1.0)


def test_a_function_of_the_users_own_keeps_its_error():
    def vmap(x):
        return x

    with pytest.raises(TypeError, match="got an unexpected keyword argument 'in_dims'"):
        grad(lambda x: vmap(x, in_dims=0))(1.0)


@pytest.mark.parametrize(("table", "row"), [(table, row) for table, rows in TABLES.items() for row in rows])
def test_what_is_to_be_written_gives_what_the_page_says(table, row):
    sketch = {"__name__": "sketch"}
    exec(spellings.SKETCH, sketch)  # noqa: S102  # as a reader would
    if "= 0.0" in row.here:
        exec(row.here, sketch)  # noqa: S102
        return
    found = number(eval(row.here, sketch))  # noqa: S307
    if row.gives is not None:
        assert found == (pytest.approx(row.gives, rel=1e-15) if not isinstance(row.gives, str) else row.gives)
    for name in row.names.split() if table in OWNERS else ():
        with pytest.raises(AttributeError, match="has no") as caught:
            getattr(OWNERS[table], name)
        assert str(caught.value).endswith(f" has no {name}: {row.advice}")
        assert not hasattr(OWNERS[table], name)


@pytest.mark.parametrize("table", TABLES)
def test_each_word_has_one_row(table):
    words = [name for row in TABLES[table] for name in ([row.names] if table == "CALLS" else row.names.split())]
    assert len(words) == len(set(words))


def test_an_import_of_another_librarys_name_says_what_to_write():
    with pytest.raises(ImportError, match=r"autograd has no elementwise_grad: write vmap\(grad"):
        from autograd import elementwise_grad  # noqa: F401
    with pytest.raises(ImportError, match=r"nn has no Linear: write nn\.Layer"):
        from nn import Linear  # noqa: F401
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        from autograd import nothing  # noqa: F401
    with pytest.raises(AttributeError, match="module 'autograd' has no attribute 'nothing'"):
        autograd.nothing  # noqa: B018
    with pytest.raises(AttributeError, match="'MLP' object has no attribute 'nothing'"):
        nn.MLP(2, [1]).nothing  # noqa: B018


@pytest.mark.parametrize("statement", ["import autograd.numpy as np", "from autograd import numpy as np", "from autograd.numpy import exp"])
def test_a_module_of_another_library_says_what_to_write(statement):
    with pytest.raises(ImportError, match=r"autograd has no numpy: write np\.exp\(v\), with import numpy as np"):
        exec(statement, {"__name__": "sketch"})  # noqa: S102  # as a reader would
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'autograd\.nothing'"):
        exec("import autograd.nothing", {})  # noqa: S102  # as above


def test_a_name_of_numpys_or_of_the_other_package_says_so():
    for call, said in [
        (lambda: autograd.einsum, "autograd has no einsum: write np.einsum, with import numpy as np"),
        (lambda: autograd.argsort, "autograd has no argsort: write np.argsort, "),
        (lambda: Value(2.0).cumsum(), r"a Value has no cumsum: write np.cumsum\(v\), "),
        (lambda: nn.logsumexp, "nn has no logsumexp: write autograd.logsumexp"),
        (lambda: grad(lambda x: x.exp().sum())(np.ones(2)), r"an array of Values has no exp: write np.exp\(x\)"),
        (lambda: grad(lambda x: x.sigmoid().sum())(np.ones(2)), r"an array of Values has no sigmoid: write autograd.sigmoid\(x\)"),
    ]:
        with pytest.raises(AttributeError, match=said):
            call()
    assert autograd.sigmoid(np.array([Value(0.0)]))[0] == 0.5


def test_python_asks_a_value_for_a_ratio():
    with pytest.raises(TypeError, match=r"for the mean of Values write autograd\.sum\(vs\) / len\(vs\)"):
        statistics.mean([Value(1.0), Value(2.0)])
    assert "as_integer_ratio" not in dir(Value(1.0))
    with pytest.raises((TypeError, SystemError)) as caught:  # SciPy goes on after an error
        brentq(lambda x: x * x - Value(2.0), 0.0, 2.0)
    assert "scipy.optimize.brentq" in str(caught.value.__cause__ or caught.value)


def test_tests_compare_values_as_numbers():
    v = Value(2.0)
    assert v == pytest.approx(2.0)
    assert [v, 2.0 * v] == pytest.approx([2.0, 4.0])
    assert v != pytest.approx(2.1)
    assert np.allclose([v], [2.0])
    assert not np.isclose(v, 2.1)


@pytest.mark.parametrize("row", words.BACKWARD)
def test_a_keyword_of_another_librarys_backward_says_what_to_write(row):
    x = Value(3.0)
    y = x * x
    for name in row.names.split():
        with pytest.raises(TypeError) as caught:
            y.backward(**{name: True})
        assert str(caught.value) == f"backward() has no {name}: {row.advice}"
    with pytest.raises(TypeError, match="backward\\(\\) has no steps: it takes a seed alone"):
        y.backward(2.0, steps=3)
    assert x.grad == 0.0
    y.backward(seed=2.0)
    assert x.grad == 12.0


@pytest.mark.parametrize(
    ("call", "example"),
    [
        (lambda: grad(abs, 1), r"grad\(f, argnums=1\)\(a, x\)"),
        (lambda: jvp(abs, (1.0,), (1.0,)), r"jvp\(f\)\(x, v\)"),
        (lambda: vjp(abs, 1.0), r"vjp\(f\)\(x\)\(w\)"),
        (lambda: hessian(abs, 1.0), r"hessian\(f\)\(x\)"),
    ],
)
def test_a_transform_takes_the_function_alone(call, example):
    with pytest.raises(OperationError, match=f"expected the function alone: write {example}"):
        call()
