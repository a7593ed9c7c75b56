"""Numerical derivatives of single operations, from their values; and where their edges and kinks are.

Source: Squire and Trapp, Using complex variables to estimate derivatives of real functions (1998).
"""

import math
from collections.abc import Callable
from itertools import chain
from warnings import catch_warnings, simplefilter

from numpy.exceptions import ComplexWarning

from autograd.differences import Line, Piece
from autograd.facts import Bound, Kink
from autograd.numeric import FLOATS
from autograd.op import Op
from autograd.ops import TABLE
from autograd.probes import COMPLEX, branches

LOCAL = 1e-8  # the tolerance for the differences of one operation


def sides(op: Op, x: tuple[float, ...]) -> list[float]:
    """On which side of each edge, kink and choice of an operation its arguments are; 0 where they lie on it.

    Choices in the value of a row that declares no kinks, such as softplus, are not edges: the operation is smooth.
    """
    ends = [(k, edge) for k, interval in enumerate(_domain(op, x)[: len(x)]) for edge in interval if math.isfinite(edge)]
    edges = [0.0 if x[k] == edge and not _continues(op, x, k) else math.copysign(1.0, x[k] - edge) for k, edge in ends]
    kinks = [0.0 if kink_at(op, x) else 1.0, *branches(op, x)] if op.kinks != () else []
    return [*edges, *kinks]


def _continues(op: Op, x: tuple[float, ...], k: int) -> bool:
    """Whether the operation has values on both sides of argument k, at an end of its domain, as a power with an integer exponent has."""
    around = (math.nextafter(x[k], -math.inf), x[k], math.nextafter(x[k], math.inf))
    try:
        return all(math.isfinite(FLOATS.apply(op, (*x[:k], a, *x[k + 1 :]))) for a in around)
    except Exception:  # noqa: BLE001  # a user's operation may raise anything
        return False


def _domain(op: Op, x: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
    """The interval of each argument."""
    return (op.domain or ()) * (1 if op.arity else len(x))


def kink_at(op: Op, x: tuple[float, ...]) -> Kink | None:
    """The kink that an operation's row declares there."""
    return next((kink for kink in op.kinks or () if kink.at == x), None)


def rounded(op: Op, y: float) -> float:
    """The rounding error of an operation whose value is y; some units in the last place if its row has no bound."""
    bound = op.bound or Bound(4.0, 4.0)
    return 2.0**-52 * bound.value * (abs(y) if bound.relative else max(1.0, abs(y))) if math.isfinite(y) else 0.0


def complex_step(op: Op, x: tuple[float, ...], k: int) -> float:
    """Im op(x + ih)/h for argument k; nan at a kink, where there is no finite value, and where the operation takes no complex numbers."""
    if kink_at(op, x) or not math.isfinite(FLOATS.apply(op, x)):
        return math.nan
    gaps = [abs(x[k] - edge) for edge in (0.0, *chain(*_domain(op, x)[k : k + 1]))]
    scale = min([1.0, *filter(None, gaps)])
    for h in (1e-30 * scale, max(1e-10 * scale, math.ulp(0.0))):  # the longer step where the shorter one underflows
        try:
            with catch_warnings():
                simplefilter("error", ComplexWarning)  # a function that drops the imaginary part takes no complex numbers
                found: float = COMPLEX.apply(op, [complex(a, h if i == k else 0.0) for i, a in enumerate(x)]).imag
        except Exception:  # noqa: BLE001  # a user's operation may raise anything
            return math.nan
        if h and abs(found) > 1e-290:
            break
    return found / h


def line_of(op: Op, x: tuple[float, ...], k: int) -> Line:
    """An operation as a function of argument k."""

    def at(a: float) -> tuple[list[float], Callable[[], Piece]]:
        moved = (*x[:k], a, *x[k + 1 :])
        return [FLOATS.apply(op, moved)], lambda: Piece([op], [], sides(op, moved))

    return Line(at, x[k], [rounded(op, FLOATS.apply(op, x))], LOCAL)


def local_derivative(op: Op, x: tuple[float, ...], k: int) -> float:
    """The derivative of an operation with respect to argument k from its values alone; nan where they do not determine it.

    Operations of the table use the complex step. Others may not be analytic functions of complex numbers, so for them it is used only where
    difference quotients do not contradict it.
    """
    step = complex_step(op, x, k)
    if TABLE.get(op.name) is op and not math.isnan(step):
        return step
    line = line_of(op, x, k)
    agrees, limit = line.judge(0, (step,))
    analytic = line.smooth and not math.isnan(step)
    if analytic and (agrees or not limit.error <= LOCAL * abs(limit.value)):
        return step
    return limit.value if limit.settled(LOCAL) else math.nan
