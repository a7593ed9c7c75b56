"""Finding where a number or a gradient goes wrong: `gradcheck` and `detect_anomaly`.

Source: Ridders, Accurate computation of F'(x) and F'(x)F''(x) (1982); Squire and Trapp, Using complex variables to estimate
derivatives of real functions (1998).
"""

import cmath
import linecache
import math
import operator
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial, reduce
from typing import Any

import numpy as np

from autograd.context import current, entered, refused
from autograd.engine import Value
from autograd.errors import AnomalyError, GradcheckError, LengthError, OperationError, RangeError
from autograd.graph import order as topological
from autograd.kinds import FLOATS, as_float, named_float
from autograd.ops import Op, stop_gradient
from autograd.transforms import flat, grad, like, no_grad, pull, push

# Frames in these folders are ours, or of what stands between the user's and ours: Python's library, but not what is installed into it.
_PYTHON = os.path.dirname(os.__file__)  # noqa: PTH120  # pathlib is slow to import
_HERE = os.path.dirname(__file__)  # noqa: PTH120  # as above
_NUMPY = os.path.dirname(np.__file__)  # noqa: PTH120  # as above
OURS = (_HERE + os.sep, os.path.join(os.path.dirname(_HERE), "nn") + os.sep, _NUMPY + os.sep)  # noqa: PTH118, PTH120  # as above
INSTALLED = tuple(os.path.join(_PYTHON, name) for name in ("site-packages", "dist-packages"))  # noqa: PTH118  # as above

# A first step of 0.05 comes down to 1e-7 in so many; each row of Neville's scheme is so long.
HALVINGS, COLUMNS = 20, 5


class _Watch:
    """Raises at the first non-finite value or gradient, and remembers the line of each node for the latter."""

    def __init__(self) -> None:
        self.lines: dict[Any, str] = {}

    def recorded(self, node: Any) -> None:
        if node.op is None:
            return
        self.lines[node] = line = users_line()
        if not math.isfinite(node.data):
            given = ", ".join(str(getattr(a, "data", a)) for a in node.args)
            raise AnomalyError(f"{node.op.name}({given}) gave {node.data} at {line}")

    def swept(self, node: Any, gradient: Callable[[Any], float] = operator.attrgetter("grad")) -> None:
        for i, (a, local) in enumerate(zip(node.args, node.partials, strict=True)):
            if local is not None and not math.isfinite(gradient(a)):
                raise AnomalyError(
                    f"the gradient became {gradient(a)} on its way back through argument {i} of {node.op.name}: {gradient(node)} arrived "
                    f"there, the local derivative is {local}; recorded at {self.lines.get(node, 'a line outside detect_anomaly()')}"
                )


def users_line() -> str:
    """File, line and text of the innermost line that is not of this library."""
    frame = sys._getframe(1)  # noqa: SLF001  # the public way, inspect.stack(), reads every file on the stack
    while frame.f_back is not None and _is_between(frame.f_code.co_filename):
        frame = frame.f_back
    file, number = frame.f_code.co_filename, frame.f_lineno
    text = linecache.getline(file, number).strip()
    return f"{file}:{number}" + (f": {text}" if text else "")


def _is_between(file: str) -> bool:
    return file.startswith(OURS) or (file.startswith(_PYTHON) and not file.startswith(INSTALLED))


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise AnomalyError where the first value or gradient that is inf or nan arises, and name the user's line.

    For finding a fault, not for production: every operation then looks up the line that made it. A gradient, that of `backward` or of
    `grad` and its like, is traced to its line where the forward pass ran inside as well. The tangents of `jvp` are not looked at.

    >>> from autograd import Value
    >>> with detect_anomaly():
    ...     Value(1.0) / (Value(2.0) - 2.0)
    Traceback (most recent call last):
    autograd.errors.AnomalyError: div(1.0, 0.0) gave inf at <doctest ...
    """
    refused("detect_anomaly()")
    with entered(replace(current(), watch=_Watch())):
        yield


def gradcheck(f: Callable[..., Any], inputs: Any, order: int = 1, tolerance: float = 1e-6) -> bool:
    """Compare the derivatives of f, in forward and reverse mode, with what f's values say.

    Expected are central differences, extrapolated to a step of 0, and, where every operation takes complex numbers, the
    complex step Im f(x + ih)/h as well, which loses no digits to cancellation.

    Args:
        f: a function of Values that gives a number or a structure of numbers.
        inputs: what f is called with: a number or a structure of numbers; a tuple is spread, `f(*inputs)`.
        order: 1 for the first derivatives; 2 for the second ones of an f that gives one number, too.
        tolerance: largest difference allowed, relative to the larger of 1 and the derivative's size.

    Returns:
        True.

    Raises:
        GradcheckError: a derivative is off, or f has none here. The message has the input, what was got and expected, and the
            operation whose local derivative is to blame, if there is one.
        RangeError: `order` is neither 1 nor 2, or `tolerance` not a positive float.
        LengthError: there is nothing to compare.
        NumberError: an input, or what f gives, is not a number.

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
        raise OperationError(f"got f={f!r}, expected a function of what stands in inputs")
    if not (isinstance(tolerance, float) and 0.0 < tolerance < math.inf):
        raise RangeError(f"got tolerance={tolerance!r}, expected a small positive float such as 1e-6")
    if order not in (1, 2):  # a set would not take a list
        raise RangeError(f"got order={order!r}, expected 1 for first derivatives or 2 for second ones as well")
    if isinstance(inputs, tuple):
        return gradcheck(lambda x: f(*x), list(inputs), order, tolerance)
    _compare(f, inputs, tolerance)
    if order == 2:
        _compare(grad(f), inputs, tolerance)
    return True


def _compare(f: Callable[[Any], Any], inputs: Any, tolerance: float) -> None:
    point = [named_float("inputs", x) for x in flat(inputs)]
    leaves = [Value(x) for x in point]
    outputs = flat(f(like(inputs, leaves)))
    for y in outputs:
        if y.__class__ is not Value:
            named_float("what f gave", y)
    if not (point and outputs):
        raise LengthError(
            f"f gave {len(outputs)} numbers for {len(point)} inputs, expected at least one of each: there is nothing to compare"
        )
    nodes = topological(*[y for y in outputs if y.__class__ is Value])

    def values(at: Sequence[float]) -> list[float]:
        with no_grad():
            return [_number(y) for y in flat(f(like(inputs, [Value(x) for x in at])))]

    for j, leaf in enumerate(leaves):
        forward = push(nodes, {leaf: 1.0}, outputs, graph=False)
        differences = _differences(values, point, j)
        steps = _complex_step(nodes, leaf, outputs)
        for i, y in enumerate(outputs):
            reverse = pull(nodes, {y: 1.0}, [leaf], graph=False)[0] if y.__class__ is Value else 0.0
            expected, error, rounding = differences[i]
            scale = tolerance * max(1.0, abs(expected))
            judges = [(expected, scale)] if steps is None else [(expected, scale + error), (steps[i], scale)]
            # What rounding alone blurs, beside a large value, the complex step can decide; noise and jumps it cannot.
            settled = error <= scale or (steps is not None and error <= 32.0 * rounding)
            if settled and all(abs(got - judge) <= slack for got in (reverse, forward[i]) for judge, slack in judges):
                continue
            by_step = "" if steps is None else f", {steps[i]:g} by complex step"
            unsettled = "" if error <= scale else f" (which do not settle: they vary by {error:.1g}, as at a kink or a jump)"
            raise GradcheckError(
                f"the derivative of output {i} with respect to input {j} at {point[j]!r} is {reverse:g} in reverse mode, {forward[i]:g} in "
                f"forward mode, expected {expected:g} by differences{unsettled}{by_step}; {_culprit(nodes, tolerance)}"
            )


def _differences(f: Callable[[list[float]], list[float]], x: Sequence[float], j: int) -> list[tuple[float, float, float]]:
    """For each output of f, its central difference in x_j, extrapolated to a step of 0, the error of that, and how much of it is rounding.

    Ridders's method.
    """

    def along(h: float) -> np.ndarray:
        return np.array(f([a + h if i == j else a for i, a in enumerate(x)]))

    h = max(0.05, 1e-3 * abs(x[j]))
    candidates: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    previous: list[np.ndarray] = []
    with np.errstate(all="ignore"):
        for _ in range(HALVINGS):
            left, right = along(-h), along(h)
            rounding = 2.0**-51 * np.maximum(np.abs(left), np.abs(right)) / h
            row = [(right - left) / (2.0 * h)]
            for m, old in enumerate(previous[:COLUMNS], start=1):
                row.append((4.0**m * row[-1] - old) / (4.0**m - 1.0))
                error = np.maximum(np.abs(row[-1] - row[-2]), np.abs(row[-1] - old))
                candidates.append((row[-1], error + rounding, rounding))
            previous = row
            h /= 2.0
    values, errors, roundings = (np.array(column) for column in zip(*candidates, strict=True))
    best = np.argmin(np.where(np.isfinite(errors), errors, math.inf), axis=0)
    return [(float(values[k, i]), float(errors[k, i]), float(roundings[k, i])) for i, k in enumerate(best)]


class _Complexes:
    """Complex numbers, for operations that are analytic, or piecewise so by the real part; those that compare raise TypeError.

    At a real part of 0 `abs` and `maximum` are on the same side, so that kinks which cancel in a formula, as in softplus, cancel here.
    """

    exp, log, sqrt = cmath.exp, cmath.log, cmath.sqrt
    sin, cos, tan, asin, acos, atan = cmath.sin, cmath.cos, cmath.tan, cmath.asin, cmath.acos, cmath.atan
    sinh, cosh, tanh, pow = cmath.sinh, cmath.cosh, cmath.tanh, operator.pow
    expm1 = staticmethod(lambda z: cmath.exp(z) - 1.0)
    log1p = staticmethod(lambda z: cmath.log(1.0 + z))
    hypot = staticmethod(lambda a, b: cmath.sqrt(a * a + b * b))
    norm = staticmethod(lambda *z: cmath.sqrt(reduce(operator.add, [a * a for a in z])))
    abs = staticmethod(lambda z: z if z.real >= 0.0 else -z)
    where = staticmethod(lambda condition, a, b: a if condition.real else b)
    maximum = staticmethod(lambda *z: max(z, key=lambda a: a.real))
    minimum = staticmethod(lambda *z: min(z, key=lambda a: a.real))
    shift = staticmethod(lambda *z: max(a.real for a in z))
    sum = staticmethod(lambda *z: reduce(operator.add, z))
    dot = staticmethod(lambda ws, zs: reduce(operator.add, map(operator.mul, ws, zs)))


def _complex_step(nodes: Sequence[Value], leaf: Value, outputs: Sequence[Any]) -> list[float] | None:
    """Im y(x + ih)/h for each output y of the recorded graph; None where an operation does not take complex numbers."""
    h = 1e-10  # its square is lost beside 1; smaller ones underflow beside small probabilities
    found: dict[Any, complex] = {}
    try:
        for node in nodes:
            if node.op is None:
                found[node] = complex(node.data, h if node is leaf else 0.0)
            elif node.op is stop_gradient:
                found[node] = complex(node.data)
            else:
                found[node] = node.op.value(_Complexes, *(found[a] if a.__class__ is Value else complex(a) for a in node.args))
    except (TypeError, AttributeError, ArithmeticError, ValueError):
        return None
    return [found[y].imag / h if y.__class__ is Value else 0.0 for y in outputs]


def _number(x: Any) -> float:
    return x.data if x.__class__ is Value else as_float(x)


def _value(op: Op, x: list[float]) -> list[float]:
    return [FLOATS.apply(op, x)]


def _culprit(nodes: Sequence[Value], tolerance: float) -> str:
    """Which recorded operation has a local derivative that its own values contradict."""
    for node in nodes:
        x = [_number(a) for a in node.args]
        for i, got in enumerate(node.partials):
            if got is None or node.op is None:
                continue
            expected, error, _ = _differences(partial(_value, node.op), x, i)[0]
            scale = tolerance * max(1.0, abs(expected))
            if error <= scale and not abs(got - expected) <= scale:
                given = ", ".join(repr(a) for a in x)
                for kink in node.op.kinks or ():
                    if kink.at == tuple(x):
                        return f"{node.op.name}({given}) is at a kink, where the derivative is a choice, {kink.reason}: check both sides"
                return f"the local derivative of {node.op.name}({given}) for its argument {i} is {got:g}, expected {expected:g}"
    return "each operation's local derivative agrees with its values: look for a kink, or for stop_gradient"
