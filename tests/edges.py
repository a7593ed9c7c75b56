"""The edge table of the design: values and derivatives of first and second order where calculus alone does not decide."""

import math

import pytest

from autograd import Value, gradient, ops

inf, nan, log2 = math.inf, math.nan, math.log(2.0)


def zeros(n):
    return ((0.0,) * n,) * n


# A function of Values, the point, the value, the gradient, the rows of second derivatives.
EDGES = {
    "relu at 0": (ops.relu, (0.0,), 0.0, (0.0,), ((0.0,),)),
    "relu at -0": (ops.relu, (-0.0,), 0.0, (0.0,), ((0.0,),)),
    "abs at 0": (abs, (0.0,), 0.0, (0.0,), ((0.0,),)),
    "sign at 0": (ops.sign, (0.0,), 0.0, (0.0,), ((0.0,),)),
    "step at 0": (ops.step, (0.0,), 0.0, (0.0,), ((0.0,),)),
    "leaky_relu at 0": (ops.leaky_relu, (0.0,), 0.0, (0.01,), ((0.0,),)),
    "leaky_relu at 0, slope 0.3": (lambda x: ops.leaky_relu(x, 0.3), (0.0,), 0.0, (0.3,), ((0.0,),)),
    "leaky_relu at 0, slope 2": (lambda x: ops.leaky_relu(x, 2.0), (0.0,), 0.0, (1.0,), ((0.0,),)),
    "maximum at a tie": (ops.maximum, (3.0, 3.0), 3.0, (0.5, 0.5), zeros(2)),
    "maximum at a tie of three": (ops.maximum, (3.0, 3.0, 1.0, 3.0), 3.0, (1 / 3, 1 / 3, 0.0, 1 / 3), zeros(4)),
    "minimum at a tie": (ops.minimum, (3.0, 3.0, 4.0), 3.0, (0.5, 0.5, 0.0), zeros(3)),
    "maximum of one node twice": (lambda x: ops.maximum(x, x), (3.0,), 3.0, (1.0,), ((0.0,),)),
    "maximum with a constant at a tie": (lambda x: ops.maximum(x, 3.0), (3.0,), 3.0, (0.0,), ((0.0,),)),
    "maximum of a constant at a tie": (lambda x: ops.maximum(3.0, x), (3.0,), 3.0, (0.0,), ((0.0,),)),
    "minimum with a constant at a tie": (lambda x: ops.minimum(x, 0.0), (0.0,), 0.0, (0.0,), ((0.0,),)),
    "maximum of two and a constant at a tie": (lambda x, y: ops.maximum(x, 3.0, y), (3.0, 3.0), 3.0, (0.0, 0.0), zeros(2)),
    "maximum at a tie, a constant below": (lambda x, y: ops.maximum(x, 1.0, y), (3.0, 3.0), 3.0, (0.5, 0.5), zeros(2)),
    "maximum(x, 0)**2 at 0": (lambda x: ops.maximum(x, 0.0) ** 2, (0.0,), 0.0, (0.0,), ((0.0,),)),
    "clip with constants at the lower bound": (lambda x: ops.clip(x, -1.0, 1.0), (-1.0,), -1.0, (0.0,), ((0.0,),)),
    "clip at the lower bound": (ops.clip, (-1.0, -1.0, 1.0), -1.0, (0.0, 0.0, 0.0), zeros(3)),
    "clip at the upper bound": (ops.clip, (1.0, -1.0, 1.0), 1.0, (0.0, 0.0, 0.0), zeros(3)),
    "clip outside": (ops.clip, (2.0, -1.0, 1.0), 1.0, (0.0, 0.0, 1.0), zeros(3)),
    "hypot(0, 0)": (ops.hypot, (0.0, 0.0), 0.0, (0.0, 0.0), zeros(2)),
    "hypot(0, 1)": (ops.hypot, (0.0, 1.0), 1.0, (0.0, 1.0), ((1.0, 0.0), (0.0, 0.0))),
    "norm of zeros": (lambda *x: ops.norm(x), (0.0, -0.0, 0.0), 0.0, (0.0,) * 3, zeros(3)),
    "norm(0, 1, 0)": (lambda *x: ops.norm(x), (0.0, 1.0, 0.0), 1.0, (0.0, 1.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0))),
    "norm of one": (lambda x: ops.norm([x]), (-2.0,), 2.0, (-1.0,), ((0.0,),)),
    "norm**2 of zeros": (lambda *x: ops.norm(x) ** 2, (0.0, 0.0), 0.0, (0.0, 0.0), zeros(2)),
    "exp(-norm**2) of zeros": (lambda *x: ops.exp(-(ops.norm(x) ** 2)), (0.0, 0.0), 1.0, (0.0, 0.0), zeros(2)),
    "norm with inf": (lambda *x: ops.norm(x), (inf, nan), inf, (nan, nan), ((nan, nan), (nan, nan))),
    "atan2(0, 0)": (ops.atan2, (0.0, 0.0), 0.0, (0.0, 0.0), zeros(2)),
    "asin at 1": (ops.asin, (1.0,), math.pi / 2, (inf,), ((nan,),)),  # inf - inf in the formula; the limit would be inf
    "asin at -1": (ops.asin, (-1.0,), -math.pi / 2, (inf,), ((nan,),)),
    "acos at 1": (ops.acos, (1.0,), 0.0, (-inf,), ((nan,),)),
    "acos at -1": (ops.acos, (-1.0,), math.pi, (-inf,), ((nan,),)),
    "sqrt at 0": (ops.sqrt, (0.0,), 0.0, (inf,), ((-inf,),)),
    "sqrt at -0": (ops.sqrt, (-0.0,), -0.0, (-inf,), ((inf,),)),
    "log at -0": (ops.log, (-0.0,), -inf, (-inf,), ((-inf,),)),
    "1/x at -0": (lambda x: 1.0 / x, (-0.0,), -inf, (-inf,), ((-inf,),)),
    "1/sum of -0": (lambda x: 1.0 / ops.sum([x]), (-0.0,), -inf, (-inf,), ((-inf,),)),
    "sum of -0s": (lambda *x: ops.sum(x), (-0.0, -0.0, -0.0), -0.0, (1.0, 1.0, 1.0), zeros(3)),
    "dot of -0s": (lambda a, b: ops.dot([a, b], [1.0, 2.0]), (-0.0, -0.0), -0.0, (1.0, 2.0), zeros(2)),
    "sum, too large on the way": (lambda *x: ops.sum(x), (1e308, 1e308, -1e308), 1e308, (1.0, 1.0, 1.0), zeros(3)),
    "dot, too large on the way": (lambda a, b: ops.dot([a, b], [1e200, -1e200]), (1e200, 1e200), 0.0, (1e200, -1e200), zeros(2)),
    "dot, too large beside inf": (lambda a, b: ops.dot([a, b], [inf, 1e200]), (-2.0, 1e200), -inf, (inf, 1e200), zeros(2)),
    "log at 0": (ops.log, (0.0,), -inf, (inf,), ((-inf,),)),
    "x**y at x = 0, y > 0": (ops.pow, (0.0, 2.0), 0.0, (0.0, 0.0), ((2.0, 0.0), (0.0, 0.0))),
    "x**y at (0, 0)": (ops.pow, (0.0, 0.0), 1.0, (0.0, 0.0), zeros(2)),
    "x**y where y = 0": (ops.pow, (2.0, 0.0), 1.0, (0.0, log2), ((0.0, 0.5), (0.5, log2**2))),
    "x**y at x < 0": (ops.pow, (-2.0, 3.0), -8.0, (12.0, nan), ((-12.0, nan), (nan, nan))),
    "0**y": (lambda y: 0.0**y, (2.0,), 0.0, (0.0,), ((0.0,),)),
    "x**0": (lambda x: x**0, (0.0,), 1.0, (0.0,), ((0.0,),)),
    "x**0 at -2": (lambda x: x**0, (-2.0,), 1.0, (0.0,), ((0.0,),)),
    "x**3 at -2": (lambda x: x**3, (-2.0,), -8.0, (12.0,), ((-12.0,),)),
    "x**2 at 0": (lambda x: x**2, (0.0,), 0.0, (0.0,), ((2.0,),)),
    "x**0.5 at 0": (lambda x: x**0.5, (0.0,), 0.0, (inf,), ((-inf,),)),
    "where(x > 0, log(x), 0) at 0": (lambda x: ops.where(x > 0, ops.log(x), 0.0), (0.0,), 0.0, (0.0,), ((0.0,),)),
    "where(x, log(x), 0) at 0": (lambda x: ops.where(x, ops.log(x), 0.0), (0.0,), 0.0, (0.0,), ((0.0,),)),
    "where in where at 0": (
        lambda x: ops.where(x < 1.0, ops.where(x > 0, ops.sqrt(x), x * x * x), 1.0 / x),
        (0.0,),
        0.0,
        (0.0,),
        ((0.0,),),
    ),
    "where in where at 2": (
        lambda x: ops.where(x < 1.0, ops.where(x > 0, ops.sqrt(x), x * x * x), 1.0 / x),
        (2.0,),
        0.5,
        (-0.25,),
        ((0.25,),),
    ),
    "cbrt at 0": (ops.cbrt, (0.0,), 0.0, (inf,), ((nan,),)),  # -inf from the right, inf from the left
    "log2 at 0": (ops.log2, (0.0,), -inf, (inf,), ((-inf,),)),
    "acosh at 1": (ops.acosh, (1.0,), 0.0, (inf,), ((nan,),)),  # as asin
    "atanh at 1": (ops.atanh, (1.0,), inf, (inf,), ((nan,),)),
    "atanh at -1": (ops.atanh, (-1.0,), -inf, (inf,), ((nan,),)),
    "floor at 2": (ops.floor, (2.0,), 2.0, (0.0,), ((0.0,),)),
    "ceil at 2": (ops.ceil, (2.0,), 2.0, (0.0,), ((0.0,),)),
    "round at 0.5": (ops.round, (0.5,), 0.0, (0.0,), ((0.0,),)),
    "x // y at (4, 2)": (ops.floordiv, (4.0, 2.0), 2.0, (0.0, 0.0), zeros(2)),
    "x % y at (4, 2)": (ops.mod, (4.0, 2.0), 0.0, (1.0, -2.0), zeros(2)),
    "x % y at (-7.5, 2)": (ops.mod, (-7.5, 2.0), 0.5, (1.0, 4.0), zeros(2)),
    "silu at -inf": (ops.silu, (-inf,), -0.0, (0.0,), ((0.0,),)),
    "logaddexp at a tie": (ops.logaddexp, (3.0, 3.0), 3.0 + log2, (0.5, 0.5), ((0.25, -0.25), (-0.25, 0.25))),
    "logaddexp(-inf, -inf)": (ops.logaddexp, (-inf, -inf), -inf, (0.5, 0.5), zeros(2)),
    "logaddexp(-inf, 1)": (ops.logaddexp, (-inf, 1.0), 1.0, (0.0, 1.0), zeros(2)),
    "softplus at 1000": (ops.softplus, (1000.0,), 1000.0, (1.0,), ((0.0,),)),
    "softplus at -1000": (ops.softplus, (-1000.0,), 0.0, (0.0,), ((0.0,),)),
    "sigmoid at 1000": (ops.sigmoid, (1000.0,), 1.0, (0.0,), ((0.0,),)),
    "sigmoid at -1000": (ops.sigmoid, (-1000.0,), 0.0, (0.0,), ((0.0,),)),
    "tanh at 1000": (ops.tanh, (1000.0,), 1.0, (0.0,), ((0.0,),)),
    "tanh at -1000": (ops.tanh, (-1000.0,), -1.0, (0.0,), ((0.0,),)),
    "erfinv at 1": (ops.erfinv, (1.0,), inf, (inf,), ((inf,),)),
    "erfinv at -1": (ops.erfinv, (-1.0,), -inf, (inf,), ((-inf,),)),
    "lgamma at 0": (ops.lgamma, (0.0,), inf, (-inf,), ((inf,),)),
    "digamma at 0": (ops.digamma, (0.0,), -inf, (inf,), ((-inf,),)),
    "ndtr at -40": (ops.ndtr, (-40.0,), 0.0, (0.0,), ((0.0,),)),
    "logsumexp(1000, -1000)": (lambda *x: ops.logsumexp(x), (1000.0, -1000.0), 1000.0, (1.0, 0.0), zeros(2)),
    "logsumexp(-1000, -1000)": (
        lambda *x: ops.logsumexp(x),
        (-1000.0, -1000.0),
        -1000.0 + log2,
        (0.5, 0.5),
        ((0.25, -0.25), (-0.25, 0.25)),
    ),
}
ROWS = [pytest.param(*row, id=name) for name, row in EDGES.items()]
ROWS += [
    # No second derivative is claimed where the first by y is 0 by choice, or nan.
    pytest.param(ops.pow, (0.0, 1.0), 0.0, (1.0, 0.0), None, id="x**y at x = 0, y = 1"),
    pytest.param(ops.pow, (-2.0, 0.0), 1.0, (0.0, nan), None, id="x**y at x < 0, y = 0"),
]


def recorded(f, point):
    """Leaves, and the nodes of value, gradient and second derivatives, row by row."""
    leaves = [Value(x) for x in point]
    y = f(*leaves)
    first = gradient(y, leaves)
    return leaves, [y, *first, *[h for g in first for h in gradient(g, leaves)]]


BRANCHES = {
    "log or square": lambda x: ops.where(x.step(), ops.log(x) * x, x * x),
    "condition is the argument": lambda x: ops.where(x, ops.sin(x) / x, 1.0 - x * x / 6.0),
    "nested": lambda x: ops.where(x.step(), ops.where(x.step(1.0), ops.sqrt(x - 1.0) ** 3, x * x), ops.exp(-1.0 / x)),
    "one node on both branches and beside": lambda x: ops.where((x - 1.0).step(), (s := ops.sqrt(ops.abs(x))) * x, s * s) + s,
    "one node for two that choose": lambda x: ops.where(x.step(), r := ops.sqrt(x), 0.0) + ops.where(x.step(-1.0), x, r),
}
