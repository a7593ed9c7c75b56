"""Unknown attributes of a Value: those of other libraries raise with the spelling used here, and nothing else changes."""

import copy
import pickle

import numpy as np
import pytest

import autograd
from autograd import Value, elsewhere


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
