"""Random programs over all rows of the table, branches often, whatever the point: also at ties, infinities and nan."""

import math
import random

from autograd import TABLE, Program, Value, ops
from autograd.kinds import kind_of

ORDINARY = (0.5, 0.7, 0.3, 1.2, 0.9)
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 0.7, -0.3, 1.5, 3.0, 0.25, math.inf, math.nan)
EXPONENTS = (2.0, 3.0, 0.0, 0.5, -1.0, 1.0)


def random_program(draw: random.Random, numbers=EDGES, most=12) -> Program:
    """Of one to three inputs, one or two outputs and at most so many operations, with `numbers` as constants."""
    inputs = [Value(1.0) for _ in range(draw.randint(1, 3))]
    made = list(inputs)
    for _ in range(draw.randint(1, most)):
        op = ops.where if draw.random() < 0.2 else draw.choice(list(TABLE.values()))
        count = (op.arity or draw.randint(1, 3)) * (2 if op is ops.dot else 1)
        x = [draw.choice(made) if draw.random() < 0.8 else draw.choice(numbers) for _ in range(count)]
        x[-1] = draw.choice(EXPONENTS) if op is ops.powc else x[-1]
        if op is ops.powc or not any(isinstance(a, Value) for a in x):
            x[0] = draw.choice(made)
        made.append(kind_of(x).apply(op, x))
    return Program([draw.choice(made[len(inputs) :]) for _ in range(draw.randint(1, 2))], inputs)


def random_point(draw: random.Random, count: int, numbers=EDGES) -> list[float]:
    """So many of `numbers`, or numbers near them."""
    return [draw.choice(numbers) if draw.random() < 0.7 else draw.uniform(-2.0, 2.0) for _ in range(count)]
