"""ADBench's objectives as a user of this library would write them: each in one jit."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import adbench_data as data
import numpy as np

from autograd import cos, dot, exp, jacobian, jit, log, logsumexp, ops, sigmoid, sin, sqrt, tanh, value_and_grad, vmap


def gmm(alphas, means, icf, x) -> Callable[[], Any]:
    (k, d), n = means.shape, len(x)
    constant = -n * d * 0.5 * math.log(2.0 * math.pi) - wishart_constant(d, k)

    def density(params, x):
        alphas, means, icf = params
        terms = []
        for a, mean, q in zip(alphas, means, icf, strict=True):
            z = x - mean
            scaled, at = [], d
            columns = []
            for j in range(d):  # the columns of a lower triangle
                columns.append(q[at : at + d - 1 - j])
                at += d - 1 - j
            for i in range(d):
                row = [columns[j][i - j - 1] for j in range(i)]
                scaled.append(exp(q[i]) * z[i] + (dot(row, z[:i]) if i else 0.0))
            terms.append(a + ops.sum(q[:d]) - 0.5 * dot(scaled, scaled))
        return logsumexp(terms)

    def prior(icf):
        squares = [exp(2.0 * a) for q in icf for a in q[:d]] + [a * a for q in icf for a in q[d:]]
        return 0.5 * data.GAMMA**2 * ops.sum(squares) - data.WISHART * ops.sum([a for q in icf for a in q[:d]])

    def objective(params, x):
        total = vmap(density, in_axes=(None, 0), reduce="sum")(params, x)
        return constant + total - n * logsumexp(params[0]) + prior(params[2])

    step = jit(value_and_grad(objective))
    return lambda: step((alphas, means, icf), x)


def wishart_constant(d: int, k: int) -> float:
    n = d + data.WISHART + 1
    gammas = 0.25 * d * (d - 1) * math.log(math.pi) + math.fsum(math.lgamma(0.5 * n - 0.5 * j) for j in range(d))
    return k * (n * d * (math.log(data.GAMMA) - 0.5 * math.log(2.0)) - gammas)


def ba(cameras, points, weights, seen) -> Callable[[], Any]:
    def rotated(w, v):
        square = dot(w, w)
        angle = sqrt(square)
        c, s = cos(angle), sin(angle) / angle
        cross = [w[1] * v[2] - w[2] * v[1], w[2] * v[0] - w[0] * v[2], w[0] * v[1] - w[1] * v[0]]
        along = dot(w, v) * (1.0 - c) / square
        return [v[i] * c + cross[i] * s + w[i] * along for i in range(3)]

    def residual(unknowns, seen):
        camera, point, weight = unknowns
        x, y, z = rotated(camera[:3], point - camera[3:6])
        x, y = x / z, y / z
        r = x * x + y * y
        bent = camera[6] * (1.0 + camera[9] * r + camera[10] * r * r)
        return np.array([weight * (bent * x + camera[7] - seen[0]), weight * (bent * y + camera[8] - seen[1])])

    step = jit(vmap(lambda *args: (residual(*args), jacobian(residual)(*args))))
    return lambda: step((cameras, points, weights), seen)


def lstm(main, extra, state, sequence) -> Callable[[], Any]:
    size = sequence.shape[1]

    def objective(params, state, sequence):
        main, extra = params
        state, total = list(state), 0.0
        for given, gold in pairwise(sequence):
            x = given * extra[0]
            for i in range(0, len(state), 2):
                gates = np.concatenate([x, state[i], x, state[i]]) * main[i] + main[i + 1]
                forget, ingate, outgate = ([sigmoid(g) for g in gates[j * size : (j + 1) * size]] for j in range(3))
                change = [tanh(g) for g in gates[3 * size :]]
                state[i + 1] = state[i + 1] * np.array(forget) + np.array(ingate) * np.array(change)
                x = state[i] = np.array([o * tanh(c) for o, c in zip(outgate, state[i + 1], strict=True)])
            y = x * extra[1] + extra[2]
            total = total + dot(gold, y) - ops.sum(gold) * log(2.0 + ops.sum([exp(a) for a in y]))
        return -total / (size * (len(sequence) - 1))

    step = jit(value_and_grad(objective))
    return lambda: step((main, extra), state, sequence)


def hand(theta, relative, inverse, base, weights, points) -> Callable[[], Any]:
    def turned(x, z):
        """A rotation about x, then about z."""
        a, b, c, d = cos(x), sin(x), cos(z), sin(z)
        return np.array([[c, -d * a, d * b, 0.0], [d, c * a, -c * b, 0.0], [0.0, b, a, 0.0], [0.0, 0.0, 0.0, 1.0]])

    def whole(w):
        square = dot(w, w)
        angle = sqrt(square)
        a, b, (x, y, z) = sin(angle) / angle, (1.0 - cos(angle)) / square, w
        c = cos(angle)
        return np.array([
            [c + b * x * x, b * x * y - a * z, b * x * z + a * y], [b * x * y + a * z, c + b * y * y, b * y * z - a * x],
            [b * x * z - a * y, b * y * z + a * x, c + b * z * z],
        ])  # fmt: skip

    def objective(theta, base, weights, points):
        absolute: list[Any] = []
        for i, (x, z) in enumerate(data.pose(theta)):
            own = relative[i] @ turned(x, z)
            absolute.append(own if i == 0 else absolute[data.PARENTS[i]] @ own)
        moves = np.array([(a @ b)[:3] for a, b in zip(absolute, inverse, strict=True)])
        R, t = whole(theta[:3]), theta[3:6]

        def error(shared, base, weights, point):
            moves, R, t = shared
            return point - (
                R @ np.array([ops.sum([dot(row, base) * w for row, w in zip(moves[:, i], weights, strict=True)]) for i in range(3)]) + t
            )

        return vmap(error, in_axes=(None, 0, 0, 0))((moves, R, t), base, weights, points)

    step = jit(jacobian(objective))
    return lambda: step(theta, base, weights, points)


OBJECTIVES = {"gmm": gmm, "ba": ba, "lstm": lstm, "hand": hand}
