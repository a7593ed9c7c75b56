"""What `jit(f).explain()` says: what was recorded, how large it is, and what runs it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape
from math import prod
from typing import Any

from autograd.program import lanes, loop
from autograd.program.choice import Arms
from autograd.program.lengths import OfLength
from autograd.program.loop import Loop, steps_between
from autograd.program.nested import BatchedForm
from autograd.program.paths import BranchingProgram, Route
from autograd.program.steps import Step


class Explanation:
    """Sentences about a function's recordings: `print` it; notebooks show it as a list.

    Attributes:
        title: the function.
        lines: the sentences.
    """

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        self.title: str = title
        self.lines: tuple[str, ...] = tuple(lines)

    def __str__(self) -> str:
        return "\n".join([f"{self.title}:", *[f"  {line}" for line in self.lines]])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<p><code>{escape(self.title)}</code></p><ul>{''.join(f'<li>{escape(line)}</li>' for line in self.lines)}</ul>"


def explanation(
    title: str, traces: Iterable[Any], arms: Sequence[int], refusal: str | None = None, *, runs_itself: bool = False
) -> Explanation:
    """Sentences about the recordings of a function.

    Args:
        title: the function.
        traces: its traces.
        arms: for each tree of paths the number of paths in it.
        refusal: why the function is not recorded, if that is so.
        runs_itself: whether calls on numbers run the function itself, since there is no kernel.
    """
    if refusal is not None:
        return Explanation(title, [f"it is not recorded, but called each time: {refusal}."])
    several = [count for count in arms if count > 1]
    traces = list(traces)
    lines = [f"{n} paths are known, as arms of one tree: a call runs those operations alone that its own path takes." for n in several]
    for trace in traces:
        lines += _of_form(trace) if trace.whole is not None else _of_program(trace)
        for steps, count in Counter(trace.rolled).items():
            lines.append(f"Python unrolled {_counted(count, 'loop')} of {_counted(steps, 'step')}, which {_was(count)} rolled up again.")
        if trace.captured:
            lines.append(f"It captures {_counted(len(trace.captured), 'Value')}, to which the results are joined.")
    if runs_itself and any(tier.levels for trace in traces if trace.whole is None for tier in trace.batched.tiers):
        if any(len(trace.guards) for trace in traces):
            lines.append("Calls on numbers that take another path run the function itself.")
    elif runs_itself:
        lines.append("Calls on numbers run the function itself, which is faster than NumPy, since the kernel was not built.")
    if not lines:
        lines.append("nothing is recorded before the first call.")
    return Explanation(title, lines)


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _of_program(trace: Any) -> list[str]:
    program = trace.batched.program
    guards = f", {_counted(len(trace.guards), 'guard')}" if len(trace.guards) else ""
    return [f"{_counted(len(program), 'operation')} on {_counted(program.inputs, 'number')}{guards}, run by {_runs(trace.batched)}."]


def _runs(batched: Any) -> str:
    levels = {level for tier in batched.tiers for level in tier.levels.values()}
    if levels:
        worth = ", where that is worth its call" if lanes.kernel is not None else ""
        return f"machine code{' (compiled quickly, not yet optimised)' if levels == {'quick'} else ''}{worth}"
    names = ", ".join(sorted({op.name for op in batched.program.own}))
    own = f", operations of your own ({names}) by Python, number by number" if names else ""
    return ("NumPy, since the kernel was not built" if lanes.kernel is None else "the compiled kernel") + own


def _of_form(trace: Any) -> list[str]:
    lines = [f"{_counted(len(trace.whole.steps), 'step')}, in order:"]
    for step in trace.whole.steps:
        lines += ["- " + line for line in _of_step(step)]
    if len(trace.guards):
        lines.append(f"It holds where {_counted(len(trace.guards), 'guard')} have the answers that were recorded.")
    return lines


def _of_step(step: Any) -> list[str]:
    if step.__class__ is Route:
        count = sum([len(paths.kept) for paths, _ in step.known])
        return [f"{_counted(count, 'path')}, of which each of {_counted(step.lanes, 'lane')} takes its own."]
    if step.__class__ is Loop:
        return _of_loop(step)
    if step.__class__ is not Step:
        return [f"an array of {_counted(prod(step.shape), 'number')}, taken apart or put together."]
    where = "once" if step.lanes == 1 else f"in {step.lanes:,} lanes"
    if step.batched.__class__ is BranchingProgram:
        return [f"the program of the path that it takes in each of {step.lanes:,} lanes."]
    if step.batched.__class__ is OfLength:
        return [f"a loop of the length that one before it has found, {where}."]
    if step.batched.__class__ is Arms:
        lines = [f"one of two branches {where}:"]
        for name, arm in zip(("otherwise", "if it is true"), step.batched.arms, strict=True):
            lines += [f"  - {name}: {line}" for own in arm.form.steps for line in _of_step(own)]
        return lines
    if step.batched.__class__ is BatchedForm:
        inner = [line for own in step.batched.form.steps for line in _of_step(own)]
        return [f"{_counted(len(step.batched.form.steps), 'step')} {where}:", *["  - " + line for line in inner]]
    return [_in_places(step, where)]


def _in_places(step: Step, where: str) -> str:
    sweep = step.batched.sweep if step.lanes > 1 else None
    if sweep is not None and sweep.primal.compiled:
        own, where = sweep.primal, f"{where}, forward and in reverse"
    else:
        own = step.batched
    if not len(own.program):
        return f"{_counted(step.lanes, 'row')} of an array, taken or put in their places."
    return f"{_counted(len(own.program), 'operation')} {where}, run by {_runs(own)}."


def _of_loop(step: Loop) -> list[str]:
    often = (
        "as long as its condition holds"
        if step.length is None
        else f"{_counted(step.length, 'time')}{', backwards' if step.backwards else ''}"
    )
    body, c = step.body, step.body.carries
    size = sum(body.widths(body.form.inputs[:c]))
    often = f"a loop, {often}, with {'1 carry' if c == 1 else f'{c:,} carries'} ({_counted(size, 'number')})"
    carried = set(body.form.inputs[:c])
    kept = sum(body.widths([p for p in body.form.outputs[c:] if p in carried]))
    keeps = [f"it keeps {_counted(kept, 'number')} of the carry a step, {_memory(8 * kept * (step.length or 0))}."] if kept else []
    if step.length and not kept and not body.plain:
        keeps = [_in_reverse(step.length, 8 * size)]
    if body.batched is not None:
        at_once = lanes.kernel is not None and not body.batched.program.own
        runs = "one call of the compiled kernel" if at_once else _runs(body.batched)
        return [f"{often}, of {_counted(len(body.batched.program), 'operation')}, run by {runs}.", *keeps]
    if body.forks is not None and body.forks.is_fit:
        known = _counted(len(body.forks.paths.kept), "path")
        return [f"{often}, each along one of {known} so far, run by one call of the compiled kernel.", *keeps]
    inner = [line for own in body.form.steps for line in _of_step(own)]
    return [f"{often}, step by step, of:", *["  - " + line for line in inner], *keeps]


def _in_reverse(length: int, each: int) -> str:
    """What reverse mode would keep of a loop whose carry has so many bytes."""
    between = steps_between(length, each) if length * each > loop.KEPT else length
    if between < length:
        most = _memory((length // between + between) * each)
        return f"reverse mode keeps checkpoints, the carry of every {between:,} steps, and those between two at a time: {most} at most."
    return f"reverse mode keeps the carries of all steps: {_memory(length * each)} at most."


def _memory(count: int) -> str:
    """So many bytes, in words."""
    for size, unit in ((10**9, "GB"), (10**6, "MB"), (1000, "kB")):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return _counted(count, "byte")
