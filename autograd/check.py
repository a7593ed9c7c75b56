"""Finding where a derivative is wrong: `gradcheck`; single operations are checked in `autograd.local`."""

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from autograd.arrays import tree_ravel
from autograd.differences import Line, Piece, close
from autograd.engine import Value, push, sweep
from autograd.errors import GradcheckError, LengthError, OperationError, RangeError, api_boundary
from autograd.foreign import refuse_second
from autograd.graph import order as topological
from autograd.kinds import as_float, named_float
from autograd.local import complex_step, kink_at, line_of, local_derivative, rounded, sides
from autograd.numeric import FLOATS
from autograd.sweeps import separated
from autograd.transforms import grad


@api_boundary
def gradcheck(f: Callable[..., Any], inputs: Any, order: int = 1, tolerance: float = 1e-6) -> bool:
    """Compare the derivatives of f, in forward and reverse mode, with numerical derivatives of its values.

    Where f is one formula around the point, the expected derivative follows by the chain rule from numerical derivatives of each operation:
    by the complex step Im op(x + ih)/h, which loses no digits to cancellation, or, where an operation takes no complex numbers, by
    difference quotients, extrapolated to a step of 0. Elsewhere, for example at a kink, at a jump, or if f reads numbers outside its graph,
    difference quotients of f itself are expected. The steps are short enough that f raises no error, stays in its domain and meets no kink,
    and go to one side where f has values only there.

    Args:
        f: a function of Values that gives a number or a structure of numbers.
        inputs: what f is called with: a number or a structure of numbers; a tuple is spread, `f(*inputs)`.
        order: 1 for first derivatives; 2 for second derivatives as well, of an f that gives one number.
        tolerance: largest difference allowed, relative to the larger of 1 and the derivative's size.

    Returns:
        True.

    Raises:
        GradcheckError: a derivative is wrong, or f has none here. The message has the input, what was got and expected, and the operation
            whose local derivative is wrong, if there is one.
        OperationError: f is not a function.
        RangeError: `order` is neither 1 nor 2, or `tolerance` not a positive float.
        LengthError: there is nothing to compare.
        NumberError: an input, or what f gives, is not a number.

    Sources: Ridders, Accurate computation of F'(x) and F'(x)F''(x) (1982); Squire and Trapp, Using complex variables to estimate
    derivatives of real functions (1998).

    >>> from autograd import Op, exp, tanh
    >>> gradcheck(lambda x, y: tanh(x * y) + exp(x), (0.5, 2.0), order=2)
    True
    >>> wrong = Op("wrong", lambda xp, x: xp.sin(x), lambda y, x: (1.0 - x,))
    >>> gradcheck(wrong, 0.5)
    Traceback (most recent call last):
    autograd.errors.GradcheckError: the derivative of output 0 with respect to input 0 at 0.5 is 0.5 in reverse mode, 0.5 in forward mode,
    expected 0.877583 by differences, 0.877583 by complex step; the local derivative of wrong(0.5) for its argument 0 is 0.5,
    expected 0.877583
    """
    if not callable(f):
        raise OperationError(f"got f={f!r}, expected a function of the numbers in inputs")
    if not (isinstance(tolerance, float) and 0.0 < tolerance < math.inf):
        raise RangeError(f"got tolerance={tolerance!r}, expected a small positive float such as 1e-6")
    if not isinstance(order, int) or order not in {1, 2}:
        raise RangeError(f"got order={order!r}, expected 1 for first derivatives or 2 for second ones as well")
    if isinstance(inputs, tuple):
        return gradcheck(lambda x: f(*x), list(inputs), order, tolerance)
    _compare(f, inputs, tolerance)
    if order == 2:
        _compare(grad(f), inputs, tolerance)
    return True


def _compare(f: Callable[[Any], Any], inputs: Any, tolerance: float) -> None:
    numbers, form = tree_ravel(inputs)
    point = [named_float("inputs", x) for x in numbers]

    def recorded(at: Sequence[float]) -> tuple[list[Value], list[Any]]:
        leaves = [Value(x) for x in at]
        outputs = tree_ravel(f(form.unravel(leaves)))[0]
        twins = iter(separated(*[y for y in outputs if y.__class__ is Value]))
        return leaves, [next(twins) if y.__class__ is Value else y for y in outputs]

    leaves, outputs = recorded(point)
    for y in outputs:
        if y.__class__ is not Value:
            named_float("what f gave", y)
    if not (point and outputs):
        raise LengthError(
            f"f gave {len(outputs)} numbers for {len(point)} inputs, expected at least one of each: there is nothing to compare"
        )
    nodes = _nodes(outputs)
    refuse_second(nodes)
    blur = _rounding(nodes, outputs)
    reverse = [sweep({y: 1.0}, leaves) if y.__class__ is Value else [0.0] * len(leaves) for y in outputs]
    faithful = all(close(node.data, FLOATS.apply(node.op, _arguments(node)), tolerance) for node in nodes if node.op)
    local = cache(local_derivative)
    for j, leaf in enumerate(leaves):

        def at(x: float, j: int = j) -> tuple[list[float], Callable[[], Piece]]:
            inputs, outputs = recorded([*point[:j], x, *point[j + 1 :]])
            return [_number(y) for y in outputs], partial(_piece, outputs, inputs)

        carried = iter(push({leaf: 1.0}, [y for y in outputs if y.__class__ is Value]))
        forward = [next(carried) if y.__class__ is Value else 0.0 for y in outputs]
        line = Line(at, point[j], blur, tolerance)
        expected = _chained(nodes, leaf, outputs, local) if line.smooth and faithful else [math.nan] * len(outputs)
        for i, y in enumerate(outputs):
            got = (reverse[i][j], forward[i])
            if not _right(line, i, y, got, expected[i]):
                raise GradcheckError(
                    f"the derivative of output {i} with respect to input {j} at {point[j]!r} is {got[0]:g} in reverse mode, {got[1]:g} in "
                    f"forward mode, expected {_shown(line, i, y, got, nodes, leaf)}; {_culprit(nodes, tolerance)}"
                )


def _right(line: Line, i: int, y: Any, got: tuple[float, float], expected: float) -> bool:
    """Whether output i has the derivative got: the one expected, or, where that is nan, the limit of the differences."""
    if line.base[i] != _number(y):
        return False
    return line.judge(i, got)[0] if math.isnan(expected) else all(close(x, expected, line.tolerance) for x in got)


def _shown(line: Line, i: int, y: Any, got: tuple[float, float], nodes: Sequence[Value], leaf: Value) -> str:
    """What was expected by differences and by complex step; and, if the differences do not settle, why."""
    limit = line.judge(i, got)[1]
    if not math.isfinite(line.base[i]):
        return f"{limit.value:g} by differences (f gives {line.base[i]:g} there)"
    step = _chained(nodes, leaf, [y], complex_step)[0]
    doubt = ""
    if not line.directions:
        doubt = f" (f cannot be computed close to it: {line.refusal!r})" if line.refusal else " (f gives no number close to it)"
    elif not limit.settled(line.tolerance):
        doubt = f" (which do not settle: they vary by {limit.error:.1g}, as at a kink or a jump)"
    elif line.base[i] != _number(y):
        doubt = f" (f gave {_number(y):g} and then {line.base[i]:g}: it is not the same twice)"
    return f"{limit.value:g} by differences{doubt}" + ("" if math.isnan(step) else f", {step:g} by complex step")


def _number(x: Any) -> float:
    return x.data if x.__class__ is Value else as_float(x)


def _nodes(outputs: Sequence[Any]) -> list[Value]:
    return topological(*[y for y in outputs if y.__class__ is Value])


# Where f is one formula.


def _piece(outputs: Sequence[Any], inputs: Sequence[Value]) -> Piece:
    """What f recorded, and on which sides of kinks and branches its operations are."""
    nodes, own = _nodes(outputs), set(inputs)
    names: dict[Value, str] = {node: f"node {k}" for k, node in enumerate(nodes)} | {x: f"input {k}" for k, x in enumerate(inputs)}
    formula = [(names[node], node.op, *[names[a] if a.__class__ is Value else None for a in node.args]) for node in nodes]
    read = [*outputs, *(a for node in nodes for a in (node.args if node.op or node in own else (node.data,)))]
    constants = [_number(a) for a in read if a.__class__ is not Value]
    return Piece(formula, constants, [side for node in nodes if node.op for side in sides(node.op, _arguments(node))])


def _arguments(node: Value) -> tuple[float, ...]:
    return tuple([_number(a) for a in node.args])


def _rounding(nodes: Sequence[Value], outputs: Sequence[Any]) -> list[float]:
    """How large the rounding error of each output may be: those of the operations, propagated by the local derivatives."""
    errors: dict[Value, float] = {}
    for node in nodes:
        error = 0.0 if node.op is None else rounded(node.op, node.data)
        for a, local in zip(node.args, node.partials, strict=True):
            if a.__class__ is Value and local and errors[a]:
                error += abs(local) * errors[a]
        errors[node] = error if math.isfinite(error) else 0.0
    return [errors[y] if y.__class__ is Value else 0.0 for y in outputs]


# Single operations.


def _chained(nodes: Sequence[Value], leaf: Value, outputs: Sequence[Any], local: Callable[..., float]) -> list[float]:
    """The derivatives of the outputs by the chain rule, with `local(op, x, k)` in place of the operations' own derivatives."""
    tangents: dict[Value, float] = {leaf: 1.0}
    for node in nodes:
        total = 0.0
        for k, a in enumerate(node.args):
            if a.__class__ is Value and (tangent := tangents.get(a)) and (derivative := local(node.op, _arguments(node), k)):
                total += derivative * tangent  # a branch that `where` does not choose, with derivative 0, is absent
        if total:
            tangents[node] = total
    return [tangents.get(y, 0.0) if y.__class__ is Value else 0.0 for y in outputs]


def _culprit(nodes: Sequence[Value], tolerance: float) -> str:
    """Which recorded operation has a local derivative that its own values contradict, or is at a kink."""
    for node in nodes:
        op, x = node.op, _arguments(node)
        for k, got in enumerate(node.partials):
            if op is None or got is None:
                continue
            expected = local_derivative(op, x, k)
            wrong = not (math.isnan(expected) or close(got, expected, tolerance))
            given = ", ".join(repr(a) for a in x)
            if op.kinks and (wrong or node.args[k].__class__ is Value) and (kink_at(op, x) or line_of(op, x, k).bends(0)):
                reason = (kink_at(op, x) or op.kinks[0]).reason
                return f"{op.name}({given}) is at a kink, where the derivative is a choice, {reason}: check both sides"
            if wrong:
                return f"the local derivative of {op.name}({given}) for its argument {k} is {got:g}, expected {expected:g}"
    return "each operation's local derivative agrees with its values: look for a kink, or for stop_gradient"
