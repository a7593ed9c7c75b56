"""Advice in messages is followed to the letter, and it works; `tests/tools/messages.py` finds the messages that nobody follows."""

import pytest
from advice import AUTOGRAD, ELSEWHERE, number, said
from advice_nn import NN
from checkout import needs_checkout
from tools import messages

from autograd import Op

CASES = [*AUTOGRAD, *NN]


def same(found, expected):
    """Whether what followed is what was expected; of lists and tuples, each of their members."""
    if callable(expected) and not isinstance(expected, Op):
        return expected(found)
    found, expected = number(found), number(expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return found == (pytest.approx(expected, rel=1e-14) if isinstance(expected, float) else expected)


@pytest.mark.any_python
@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{case.words}" for i, case in enumerate(CASES)])
def test_advice_that_is_followed_helps(case):
    assert case.words in said(case.provoke)
    assert same(case.follow(), case.result)


@needs_checkout
@pytest.mark.any_python
@pytest.mark.any_backend
def test_every_message_that_advises_is_followed():
    total, missing = messages.report([said(case.provoke) for case in CASES], ELSEWHERE)
    assert total > 100
    assert not missing
