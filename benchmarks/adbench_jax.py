"""ADBench's objectives as a user of JAX would write them: each in one jit."""

import math
from collections.abc import Callable
from typing import Any

import adbench_data as data
import jax
import jax.numpy as jnp
import numpy as np
from adbench_ours import wishart_constant

jax.config.update("jax_enable_x64", True)  # noqa: FBT003  # its own way


def ready(step: Callable[..., Any], *args: Any) -> Callable[[], Any]:
    given = jax.tree_util.tree_map(jnp.asarray, args)
    return lambda: jax.block_until_ready(step(*given))


def gmm(alphas, means, icf, x) -> Callable[[], Any]:
    (k, d), n = means.shape, len(x)
    rows, columns = np.array([(i, j) for j in range(d) for i in range(j + 1, d)], dtype=int).reshape(-1, 2).T
    constant = -n * d * 0.5 * math.log(2.0 * math.pi) - wishart_constant(d, k)

    def objective(params, x):
        alphas, means, icf = params
        diagonal, sums = jnp.exp(icf[:, :d]), icf[:, :d].sum(axis=1)
        Q = jnp.zeros((k, d, d)).at[:, rows, columns].set(icf[:, d:]) + jax.vmap(jnp.diag)(diagonal)
        y = jnp.einsum("kij,nkj->nki", Q, x[:, None, :] - means)
        total = jax.scipy.special.logsumexp(alphas + sums - 0.5 * (y * y).sum(axis=2), axis=1).sum()
        prior = 0.5 * data.GAMMA**2 * ((diagonal**2).sum() + (icf[:, d:] ** 2).sum()) - data.WISHART * sums.sum()
        return constant + total - n * jax.scipy.special.logsumexp(alphas) + prior

    return ready(jax.jit(jax.value_and_grad(objective)), (alphas, means, icf), x)


def rodrigues(w):
    square = w @ w
    angle = jnp.sqrt(square)
    return jnp.cos(angle), jnp.sin(angle) / angle, (1.0 - jnp.cos(angle)) / square


def ba(cameras, points, weights, seen) -> Callable[[], Any]:
    def residual(unknowns, seen):
        camera, point, weight = unknowns
        w, v = camera[:3], point - camera[3:6]
        c, a, b = rodrigues(w)
        moved = c * v + a * jnp.cross(w, v) + b * (w @ v) * w
        p = moved[:2] / moved[2]
        r = p @ p
        return weight * (camera[6] * (1.0 + camera[9] * r + camera[10] * r * r) * p + camera[7:9] - seen)

    return ready(jax.jit(jax.vmap(lambda *args: (residual(*args), jax.jacobian(residual)(*args)))), (cameras, points, weights), seen)


def lstm(main, extra, state, sequence) -> Callable[[], Any]:
    size = sequence.shape[1]

    def objective(params, state, sequence):
        main, extra = params

        def step(state, pair):
            (x, gold), new = pair, []
            x = x * extra[0]
            for i in range(0, len(main), 2):
                gates = jnp.concatenate([x, state[i], x, state[i]]) * main[i] + main[i + 1]
                forget, ingate, outgate = (jax.nn.sigmoid(gates[j * size : (j + 1) * size]) for j in range(3))
                cell = state[i + 1] * forget + ingate * jnp.tanh(gates[3 * size :])
                x = outgate * jnp.tanh(cell)
                new += [x, cell]
            y = x * extra[1] + extra[2]
            return jnp.stack(new), gold @ y - gold.sum() * jnp.log(2.0 + jnp.exp(y).sum())

        return -jax.lax.scan(step, state, (sequence[:-1], sequence[1:]))[1].sum() / (size * (len(sequence) - 1))

    return ready(jax.jit(jax.value_and_grad(objective)), (main, extra), state, sequence)


def hand(theta, relative, inverse, base, weights, points) -> Callable[[], Any]:
    def turned(x, z):
        a, b, c, d = jnp.cos(x), jnp.sin(x), jnp.cos(z), jnp.sin(z)
        return jnp.array([[c, -d * a, d * b, 0.0], [d, c * a, -c * b, 0.0], [0.0, b, a, 0.0], [0.0, 0.0, 0.0, 1.0]])

    def objective(theta, base, weights, points):
        absolute: list[Any] = []
        for i, (x, z) in enumerate(data.pose(theta)):
            own = relative[i] @ turned(x, z)
            absolute.append(own if i == 0 else absolute[data.PARENTS[i]] @ own)
        moves = jnp.stack([a @ b for a, b in zip(absolute, inverse, strict=True)])[:, :3]
        (c, a, b), w = rodrigues(theta[:3]), theta[:3]
        skew = jnp.array([[0.0, -w[2], w[1]], [w[2], 0.0, -w[0]], [-w[1], w[0], 0.0]])
        R = c * jnp.eye(3) + a * skew + b * jnp.outer(w, w)
        return points - (jnp.einsum("nb,bij,nj->ni", weights, moves, base) @ R.T + theta[3:6])

    return ready(jax.jit(jax.jacfwd(objective)), theta, base, weights, points)


OBJECTIVES = {"gmm": gmm, "ba": ba, "lstm": lstm, "hand": hand}
