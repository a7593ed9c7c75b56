"""What every error says."""

import traceback

import pytest

from autograd.errors import AutogradError


def frames(error):
    """The modules and names of the functions in the traceback of an error."""
    return [(at.f_globals.get("__name__", ""), at.f_code.co_name) for at, _ in traceback.walk_tb(error.__traceback__)]


def is_own(module):
    return module.partition(".")[0] in {"autograd", "nn"}


def sentence(call, error):
    """What `call` says when it fails with `error`: one line, with no other exception behind it, and no frame of ours in its traceback."""
    with pytest.raises(error) as caught:
        call()
    assert isinstance(caught.value, AutogradError)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    assert not [frame for frame in frames(caught.value) if is_own(frame[0])]
    return str(caught.value)
