"""Passes from program to program: derivatives as programs, in forward and in reverse mode.

`tangent` propagates tangents from inputs to outputs, `adjoint` propagates cotangents from outputs to inputs. The result is a program like
any other, so the passes compose in any order. `autograd.program.splice` puts it together.

Source: Griewank and Walther, Evaluating Derivatives (2008), chapters 3 and 4.
"""

from collections.abc import Sequence

import numpy as np

from autograd.errors import RangeError
from autograd.program.cleaning import folded, merged, pruned
from autograd.program.program import Program, register_adjoint
from autograd.program.splice import Derivative, Splice

__all__ = ["adjoint", "pruned", "tangent"]


def adjoint(program: Program, seeded: Sequence[int], wanted: Sequence[int], *, with_outputs: bool = False) -> Program:
    """The program of gradients, in reverse mode.

    Args:
        program: from inputs x to outputs y.
        seeded: the indices of the outputs that have a cotangent.
        wanted: the indices of the inputs whose gradients are wanted.
        with_outputs: whether it has y, too, before these.

    Returns:
        The program from x, then a cotangent for each seeded output, to the gradients of the wanted inputs.

    Raises:
        RangeError: there is no such output or input.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(3.0)
    >>> adjoint(Program([x * y, x], [x, y]), [0], [0, 1])([2.0, 3.0, 10.0])
    [30.0, 20.0]
    """
    seeds, inputs = _indices("output", seeded, len(program.outputs)), _indices("input", wanted, program.inputs)

    def made() -> Program:
        p = folded(program)
        ends = p.outputs[seeds].astype(np.intp)
        return _cleaned(Splice(Derivative(p, inputs, ends, ends, reverse=True)).program(inputs, with_outputs=with_outputs))

    return program.once(("adjoint", tuple(seeds.tolist()), tuple(inputs.tolist()), with_outputs), made)


def tangent(program: Program, active: Sequence[int]) -> Program:
    """The program of directional derivatives, in forward mode.

    Args:
        program: from inputs x to outputs y.
        active: the indices of the inputs that have a tangent.

    Returns:
        The program from x, then a tangent for each active input, to y, then the tangents of these.

    Raises:
        RangeError: there is no such input, or it is given twice.

    >>> from autograd import Value
    >>> x, y = Value(2.0), Value(3.0)
    >>> tangent(Program([x * y], [x, y]), [0])([2.0, 3.0, 10.0])
    [6.0, 30.0]
    """
    inputs = _indices("input", active, program.inputs)
    if len(np.unique(inputs)) < len(inputs):
        raise RangeError(f"got the active inputs {list(active)}, expected each once: add up the tangents of one input")

    def made() -> Program:
        p = folded(program)
        ends = p.outputs.astype(np.intp)
        return _cleaned(Splice(Derivative(p, inputs, ends, inputs, reverse=False)).program(ends, with_outputs=True))

    return program.once(("tangent", tuple(inputs.tolist())), made)


def reached(program: Program, seeded: Sequence[int], wanted: Sequence[int]) -> Program:
    """The program that tells which inputs are used: 0 for one that is used only in branches of a `where` that were not taken.

    Args:
        program: from inputs x to outputs y.
        seeded: the indices of the outputs that have a cotangent.
        wanted: the indices of the inputs in question.

    Returns:
        The program from x to a number for each wanted input.

    >>> from autograd import Value, ops
    >>> x, y = Value(2.0), Value(3.0)
    >>> reached(Program([ops.where(x, x * y, 0.0)], [x, y]), [0], [1])([0.0, 3.0])
    [0.0]
    """
    seeds, inputs = _indices("output", seeded, len(program.outputs)), _indices("input", wanted, program.inputs)

    def made() -> Program:
        p = folded(program)
        ends = p.outputs[seeds].astype(np.intp)
        found = Splice(Derivative(p, inputs, ends, ends, reverse=True)).reached(inputs)
        return _cleaned(found).with_inputs(np.arange(p.inputs))

    return program.once(("reached", tuple(seeds.tolist()), tuple(inputs.tolist())), made)


def _indices(what: str, given: Sequence[int], count: int) -> np.ndarray:
    """The indices as an array, checked; `what` names them in the message."""
    found = np.asarray(given, np.intp)
    if found.ndim != 1 or ((found < 0) | (found >= count)).any():
        raise RangeError(f"got {list(given)} as indices of {what}s, expected whole numbers from 0 below {count}")
    return found


def _cleaned(program: Program) -> Program:
    """The program after elimination of dead code and common subexpressions, and constant folding."""
    outputs = range(len(program.outputs))
    return pruned(folded(merged(pruned(program, outputs))), outputs)


register_adjoint(adjoint)
