"""Programs: functions recorded once as flat arrays, and run on other numbers; `jit`, `vmap` and what runs them."""

import sys

from autograd.program import captured, lanes, recording
from autograd.program import jit as _jit
from autograd.program.program import Program as Program

# Pickles that were made before these modules moved here name them as they were called then.
for _module in (captured, lanes, recording, _jit):
    sys.modules[_module.__name__.replace(".program", "")] = _module
