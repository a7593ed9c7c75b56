"""The checkout that the tests lie in, or that they do not: they also run beside an installed wheel."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

needs_checkout = pytest.mark.skipif(not (ROOT / "autograd").is_dir(), reason="it reads what is in a checkout and not in a wheel")
