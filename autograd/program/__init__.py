"""Programs: functions recorded once as flat arrays, and run on other numbers; `jit`, `vmap` and what runs them."""

import sys

from autograd.program import calls, captured, lanes, recording
from autograd.program import jit as _jit
from autograd.program.program import Program as Program

# Pickles name modules and classes as they were called when the pickle was made.
for _module in (captured, lanes, recording, _jit):
    sys.modules[_module.__name__.replace(".program", "")] = _module
for _module, _old, _class in ((_jit, "_Replay", calls.program_output), (lanes, "Lanes", lanes.BatchedProgram)):
    setattr(_module, _old, _class)
