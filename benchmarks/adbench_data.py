"""Data of the sizes of ADBench's (Šrajer, Kukelova and Fitzgibbon, 2018), drawn by seed.

Its model of a hand is replaced by one with as many bones and angles.
"""

import numpy as np

Problem = dict[str, np.ndarray]
BONES, FINGERS, THETAS = 22, 5, 26
# The parent of each bone: the wrist, and four bones for each finger; the last one hangs on the wrist.
PARENTS = [-1, *[0 if i == 0 else 4 * finger + i for finger in range(FINGERS) for i in range(4)], 0]
GAMMA, WISHART = 1.0, 0


def gmm(d: int, k: int, n: int = 1000) -> Problem:
    draw = np.random.default_rng(d * 1000 + k)
    return {
        "alphas": draw.normal(size=k),
        "means": draw.uniform(size=(k, d)),
        "icf": draw.normal(size=(k, d * (d + 1) // 2)) / np.sqrt(d),
        "x": draw.normal(size=(n, d)),
    }


def ba(n: int) -> Problem:
    """Cameras (rotation, centre, focal length, principal point, distortion), points, weights, and where they were seen."""
    draw = np.random.default_rng(n)
    cameras = draw.normal(size=(n, 11)) * np.repeat([1.0, 0.1], [9, 2])
    cameras[:, 6] += 500.0
    w = -cameras[:, :3]  # back from before the camera
    t, v = np.linalg.norm(w, axis=1, keepdims=True), draw.normal(size=(n, 3))
    v[:, 2] += 8.0
    k = w / t
    v = np.cos(t) * v + np.sin(t) * np.cross(k, v) + (1.0 - np.cos(t)) * (k * v).sum(axis=1, keepdims=True) * k
    return {"cameras": cameras, "points": v + cameras[:, 3:6], "weights": draw.uniform(size=n), "seen": draw.normal(size=(n, 2))}


def lstm(layers: int, steps: int, size: int = 14) -> Problem:
    draw = np.random.default_rng(layers * 10_000 + steps)
    return {
        "main": draw.uniform(size=(2 * layers, 4 * size)),
        "extra": draw.uniform(size=(3, size)),
        "state": draw.uniform(size=(2 * layers, size)),
        "sequence": draw.integers(0, 2, size=(steps, size)).astype(float),
    }


def hand(n: int) -> Problem:
    draw = np.random.default_rng(n)
    moves = np.tile(np.eye(4), (BONES, 1, 1))
    moves[:, :3, :3] = [np.linalg.qr(draw.normal(size=(3, 3)))[0] for _ in range(BONES)]
    moves[:, :3, 3] = draw.normal(size=(BONES, 3)) / 20
    weights = np.where(draw.uniform(size=(n, BONES)) < 0.15, draw.uniform(size=(n, BONES)), 0.0)
    weights[:, 0] += 0.1
    return {
        "theta": draw.normal(size=THETAS) / 2,
        "relative": moves,
        "inverse": np.linalg.inv(moves + 0.1 * draw.normal(size=moves.shape)),
        "base": np.hstack([draw.normal(size=(n, 3)) / 10, np.ones((n, 1))]),
        "weights": weights / weights.sum(axis=1, keepdims=True),
        "points": draw.normal(size=(n, 3)) / 10,
    }


def pose(theta):
    """The angles of each bone, by number: a finger has two at its first joint and one at the next two; the others are 0."""
    angles = [[0.0, 0.0] for _ in range(BONES)]
    for finger in range(FINGERS):
        at = 6 + 4 * finger
        for i in range(3):
            angles[4 * finger + 2 + i][0] = theta[at + i + (i > 0)]
        angles[4 * finger + 2][1] = theta[at + 1]
    return angles
