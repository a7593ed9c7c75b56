"""Values and derivatives of ADBench's objectives by hand, in NumPy."""

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import adbench_data as data
import numpy as np
from adbench_ours import wishart_constant


def gmm(alphas, means, icf, x) -> Callable[[], Any]:
    (k, d), n = means.shape, len(x)
    rows, columns = np.array([(i, j) for j in range(d) for i in range(j + 1, d)], dtype=int).reshape(-1, 2).T

    def run():
        diagonal, sums = np.exp(icf[:, :d]), icf[:, :d].sum(axis=1)
        Q = np.zeros((k, d, d))
        Q[:, np.arange(d), np.arange(d)] = diagonal
        Q[:, rows, columns] = icf[:, d:]
        z = x[:, None, :] - means
        y = np.einsum("kij,nkj->nki", Q, z)
        terms = alphas + sums - 0.5 * (y * y).sum(axis=2)
        largest = terms.max(axis=1, keepdims=True)
        weights = np.exp(terms - largest)
        total = weights.sum(axis=1, keepdims=True)
        weights /= total
        top = alphas.max()
        shares = np.exp(alphas - top)
        prior = 0.5 * data.GAMMA**2 * ((diagonal**2).sum() + (icf[:, d:] ** 2).sum()) - data.WISHART * sums.sum()
        value = (largest + np.log(total)).sum() - n * (top + math.log(shares.sum())) + prior
        value += -n * d * 0.5 * math.log(2.0 * math.pi) - wishart_constant(d, k)
        each, wy = weights.sum(axis=0), weights[:, :, None] * y
        to_Q = -np.einsum("nki,nkj->kij", wy, z)
        to_icf = np.empty_like(icf)
        to_icf[:, :d] = to_Q[:, np.arange(d), np.arange(d)] * diagonal + each[:, None] + data.GAMMA**2 * diagonal**2 - data.WISHART
        to_icf[:, d:] = to_Q[:, rows, columns] + data.GAMMA**2 * icf[:, d:]
        return value, (each - n * shares / shares.sum(), np.einsum("nki,kij->kj", wy, Q), to_icf)

    return run


def ba(cameras, points, weights, seen) -> Callable[[], Any]:
    def run():
        w, v, f, k = cameras[:, :3], points - cameras[:, 3:6], cameras[:, 6:7], cameras[:, 9:]
        square = (w * w).sum(axis=1, keepdims=True)
        t = np.sqrt(square)
        c, s = np.cos(t), np.sin(t)
        a, b, wv, cross = s / t, (1.0 - c) / square, (w * v).sum(axis=1, keepdims=True), np.cross(w, v)
        X = c * v + a * cross + b * wv * w
        da, db = (t * c - s) / square / t, (t * s - 2.0 * (1.0 - c)) / (square * square)  # times w_i
        inner = -s / t * v + da * cross + db * wv * w
        n, unit = len(w), np.eye(3)
        to_w = np.stack(
            [w[:, i : i + 1] * inner + a * np.cross(unit[i], v) + b * (unit[i] * wv + w * v[:, i : i + 1]) for i in range(3)], axis=2
        )
        to_v = np.stack([c * unit[i] + a * np.cross(w, unit[i]) + b * w[:, i : i + 1] * w for i in range(3)], axis=2)
        p = X[:, :2] / X[:, 2:]
        r = (p * p).sum(axis=1, keepdims=True)
        bent = 1.0 + k[:, :1] * r + k[:, 1:] * r * r
        error = weights[:, None] * (f * bent * p + cameras[:, 7:9] - seen)
        to_p = f[:, :, None] * (
            bent[:, :, None] * np.eye(2) + 2.0 * (k[:, :1] + 2.0 * k[:, 1:] * r)[:, :, None] * p[:, :, None] * p[:, None, :]
        )
        from_X = np.concatenate([np.broadcast_to(np.eye(2), (n, 2, 2)), -p[:, :, None]], axis=2) / X[:, 2][:, None, None]
        to_X = weights[:, None, None] * (to_p @ from_X)
        to_point = to_X @ to_v
        own = weights[:, None]
        columns = [(x * p)[:, :, None] for x in (own * bent, own * f * r, own * f * r * r)]
        to_camera = np.concatenate([to_X @ to_w, -to_point, columns[0], own[:, :, None] * np.eye(2), *columns[1:]], axis=2)
        return error, (to_camera, to_point, error / weights[:, None])

    return run


def lstm(main, extra, state, sequence) -> Callable[[], Any]:
    b, layers, count = sequence.shape[1], len(state), sequence.shape[1] * (len(sequence) - 1)

    def run():
        now, total, kept = list(state), 0.0, []
        for x, gold in pairwise(sequence):
            before, y = [], x * extra[0]
            for i in range(0, layers, 2):
                given = np.concatenate([y, now[i], y, now[i]])
                gates = given * main[i] + main[i + 1]
                sig, change = 1.0 / (1.0 + np.exp(-gates[: 3 * b])), np.tanh(gates[3 * b :])
                cell = now[i + 1] * sig[:b] + sig[b : 2 * b] * change
                flat = np.tanh(cell)
                before.append((given, sig, change, now[i + 1], flat))
                now[i], now[i + 1] = sig[2 * b :] * flat, cell
                y = now[i]
            out = y * extra[1] + extra[2]
            e = np.exp(out)
            total += gold @ out - gold.sum() * math.log(2.0 + e.sum())
            kept.append((x, gold, before, y, e / (2.0 + e.sum())))
        to_main, to_extra, later = np.zeros_like(main), np.zeros_like(extra), np.zeros_like(state)
        for x, gold, before, y, share in reversed(kept):
            to_out = -(gold - gold.sum() * share) / count
            to_extra[1] += to_out * y
            to_extra[2] += to_out
            back = to_out * extra[1]
            for i in range(layers - 2, -1, -2):
                given, sig, change, cell, flat = before[i // 2]
                to_hidden = back + later[i]
                to_cell = later[i + 1] + to_hidden * sig[2 * b :] * (1.0 - flat * flat)
                to_sig = np.concatenate([to_cell * cell, to_cell * change, to_hidden * flat])
                to_gates = np.concatenate([to_sig * sig * (1.0 - sig), to_cell * sig[b : 2 * b] * (1.0 - change * change)])
                to_main[i] += to_gates * given
                to_main[i + 1] += to_gates
                to_given = to_gates * main[i]
                later[i], later[i + 1] = to_given[b : 2 * b] + to_given[3 * b :], to_cell * sig[:b]
                back = to_given[:b] + to_given[2 * b : 3 * b]
            to_extra[0] += back * x
        return -total / count, (to_main, to_extra)

    return run


def hand(theta, relative, inverse, base, weights, points) -> Callable[[], Any]:  # noqa: ARG001, C901  # points are subtracted from; one pass
    def about_x(t):
        return np.array([[1.0, 0, 0, 0], [0, math.cos(t), -math.sin(t), 0], [0, math.sin(t), math.cos(t), 0], [0, 0, 0, 1.0]])

    def about_z(t):
        return np.array([[math.cos(t), -math.sin(t), 0, 0], [math.sin(t), math.cos(t), 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0]])

    turn_x, turn_z = np.zeros((4, 4)), np.zeros((4, 4))
    turn_x[1, 2], turn_x[2, 1], turn_z[0, 1], turn_z[1, 0] = -1.0, 1.0, -1.0, 1.0
    places = data.pose(np.arange(data.THETAS))

    def run():
        absolute, tangents = [], []  # of each bone: by number of its theta
        for i, (x, z) in enumerate(data.pose(theta)):
            rx, rz = about_x(x), about_z(z)
            own, parent = relative[i] @ rz @ rx, np.eye(4) if i == 0 else absolute[data.PARENTS[i]]
            moved = {} if i == 0 else {k: d @ own for k, d in tangents[data.PARENTS[i]].items()}
            for k, d in zip(places[i], (relative[i] @ rz @ turn_x @ rx, relative[i] @ rz @ turn_z @ rx), strict=True):
                if k:
                    moved[int(k)] = moved.get(int(k), 0.0) + parent @ d
            absolute.append(parent @ own)
            tangents.append(moved)
        seen = np.einsum("nb,bij,nj->ni", weights, np.array([a @ b for a, b in zip(absolute, inverse, strict=True)])[:, :3], base)
        w, t = theta[:3], np.linalg.norm(theta[:3])
        c, s = math.cos(t), math.sin(t)
        a, b = s / t, (1.0 - c) / t**2
        da, db = (t * c - s) / t**3, (t * s - 2.0 * (1.0 - c)) / t**4

        def skew(w):
            return np.array([[0.0, -w[2], w[1]], [w[2], 0.0, -w[0]], [-w[1], w[0], 0.0]])

        R = c * np.eye(3) + a * skew(w) + b * np.outer(w, w)
        J = np.zeros((len(base), 3, data.THETAS))
        for i, unit in enumerate(np.eye(3)):
            dR = w[i] * (-a * np.eye(3) + da * skew(w) + db * np.outer(w, w)) + a * skew(unit) + b * (np.outer(unit, w) + np.outer(w, unit))
            J[:, :, i] = -seen @ dR.T
            J[:, i, 3 + i] = -1.0
        for bone, moved in enumerate(tangents):
            for k, d in moved.items():
                J[:, :, k] -= weights[:, bone, None] * (base @ (R @ (d @ inverse[bone])[:3]).T)
        return J

    return run


OBJECTIVES = {"gmm": gmm, "ba": ba, "lstm": lstm, "hand": hand}
