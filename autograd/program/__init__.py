"""Programs: functions recorded once as flat arrays, and run on other numbers; `jit`, `vmap` and what runs them."""

from autograd.program import calls, lanes
from autograd.program import jit as _jit
from autograd.program.program import Program as Program

# Pickles name classes as they were called when the pickle was made; for the former names of modules see `autograd.moved`.
for _module, _old, _class in ((_jit, "_Replay", calls.program_output), (lanes, "Lanes", lanes.BatchedProgram)):
    setattr(_module, _old, _class)
