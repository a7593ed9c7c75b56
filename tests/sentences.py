"""What every error says."""

import pytest

from autograd.errors import (
    AutogradError,
)


def sentence(call, error):
    """What `call` says when it fails with `error`: one line, with no other exception behind it."""
    with pytest.raises(error) as caught:
        call()
    assert isinstance(caught.value, AutogradError)
    assert "\n" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None or caught.value.__suppress_context__
    return str(caught.value)
