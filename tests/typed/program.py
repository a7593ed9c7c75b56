"""A program as a user writes it, with types: run by a test, and checked by mypy and pyright in their strictest modes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import autograd
import nn
from autograd import (
    Op,
    Program,
    Value,
    clip,
    dot,
    exp,
    grad,
    gradient,
    hessian,
    hvp,
    jacobian,
    jit,
    jvp,
    leaves,
    log,
    logsumexp,
    maximum,
    no_grad,
    norm,
    order,
    ravel,
    scope,
    sigmoid,
    sqrt,
    tanh,
    value_and_grad,
    vjp,
    vmap,
    where,
)

Vector = NDArray[np.float64]


# Functions of Values.


def square(x: Value) -> Value:
    return x * x


def polynomial(x: Value, coefficients: Sequence[float]) -> Value:
    total = Value(0.0)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def operators(a: Value, b: Value) -> list[Value]:
    found = [a + b, a - b, a * b, a / b, a**b, a**2, 2**a, a % b, a // b, -a, +a, abs(a), 1 - a, 2.0 / a, round(a)]
    found += [np.float64(2.0) * a, a * np.float64(2.0), 3 + a, divmod(a, b)[1], max(a, b), min(a, b), a.clip(0.0, 1.0), a.atan2(b)]
    a += 1.0
    a *= b
    return [*found, a]


def methods(v: Value) -> Value:
    return v.exp().log().tanh().leaky_relu().leaky_relu(0.1).hypot(1.0)


def choice(x: Value) -> Value:
    if x > 0.0 and not x.isnan():
        return maximum(x, 0.0, 1.0 - x)
    return where(x < -1.0, clip(x, -2.0, 2.0), maximum(0.0, x))


def penalty(weights: Iterable[Value], strength: float = 0.1) -> Value:
    return strength * autograd.sum([w * w for w in weights])


def softmax_by_hand(z: list[Value]) -> list[Value]:
    total = logsumexp(z)
    return [exp(x - total) for x in z]


def either(x: Value | float) -> Value | float:
    return exp(x) * 2.0


# The same on floats and arrays.


def density(x: float) -> float:
    return exp(-x * x / 2.0) / sqrt(2.0 * np.pi)


def rosenbrock(x: Vector) -> float:
    total: float = np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)
    return total


def polar(x: Vector) -> Vector:
    return np.array([x[0] * x[1], x[0] + x[1]])


def scaled(x: float, scale: float = 1.0) -> float:
    return scale * tanh(x)


def activated(x: Vector) -> Vector:
    return sigmoid(x) + maximum(x, 0.0)


def derivatives() -> list[float]:
    first: float = grad(density)(0.5)
    second: float = grad(grad(density))(0.5)
    value, slope = value_and_grad(scaled)(0.5, scale=2.0)
    by_scale: float = grad(scaled, argnums=1)(0.5, 3.0)
    both: tuple[float, float] = grad(scaled, argnums=(0, 1))(0.5, 3.0)
    along: float = jvp(density)(0.5, 1.0)
    back: float = vjp(density)(0.5)(1.0)
    curved: float = hvp(density)(0.5, 1.0)
    return [first, second, value, slope, by_scale, *both, along, back, curved, hessian(density)(0.5), jacobian(density)(0.5)]


def of_arrays(x: Vector) -> list[Vector]:
    value, slope = value_and_grad(rosenbrock)(x)
    fast = jit(value_and_grad(rosenbrock))
    again, same = fast(x)
    assert abs(value - again) < 1e-9
    return [slope, same, grad(rosenbrock)(x), hessian(rosenbrock)(x), jacobian(polar)(x), jvp(polar)(x, x), activated(x)]


def of_values(x: Value) -> Value:
    slope = grad(square)(x)
    value, again = value_and_grad(square)(x)
    return slope + again + value + gradient(x * x, x)


# Recorded functions.


@jit
def line(x: float, slope: float, offset: float = 0.0) -> float:
    return slope * x + offset


class Oscillator:
    def __init__(self, stiffness: float) -> None:
        self.stiffness = stiffness

    @jit
    def energy(self, x: float, v: float) -> float:
        return 0.5 * self.stiffness * x * x + 0.5 * v * v

    def force(self, x: float) -> float:
        return -grad(self.energy)(x, 0.0)


def recorded() -> list[float]:
    oscillator = Oscillator(2.0)
    assert "jit(line)" in str(line.explain())
    return [line(1.0, 2.0), line(1.0, 2.0, offset=3.0), oscillator.energy(1.0, 2.0), oscillator.force(1.0)]


def lanes(x: Vector) -> tuple[Vector, float, NDArray[np.bool], Vector]:
    def positive(a: float) -> bool:
        return a > 0.0

    mean: float = vmap(density, reduce="mean")(x)
    return vmap(density)(x), mean, vmap(positive)(x), vmap(grad(density))(x)


def minimised(f: Callable[[Vector], float], x: Vector, rate: float = 1e-3, steps: int = 10) -> Vector:
    slope = jit(grad(f))
    for _ in range(steps):
        x = x - rate * slope(x)
    return x


# Models.


class Curve(nn.Module):
    def __init__(self, degree: int) -> None:
        self.coefficients = [Value(0.1, f"c{k}") for k in range(degree + 1)]

    def forward(self, x: Value | float) -> Value:
        return dot(self.coefficients, [x**k for k in range(len(self.coefficients))])


@dataclass
class Fit:
    losses: list[float]
    model: Curve


def fitted(steps: int = 20) -> Fit:
    model, found = Curve(2), list[float]()
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    xs, ys = [-1.0, 0.0, 1.0], [1.0, 0.0, 1.0]
    for _ in range(steps):
        with scope("loss"):
            loss = nn.mse([model(x) for x in xs], ys) + penalty(model.parameters(), 1e-3)
        model.zero_grad()
        loss.backward()
        optimizer.step()
        found.append(loss.data)
    return Fit(found, model)


def classified(seed: int = 1) -> tuple[float, NDArray[np.int64]]:
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    model = nn.MLP(1, [4, 2], activation=nn.tanh, init=nn.xavier(seed))
    history = nn.fit(model, X, y, optimizer=nn.SGD(model.parameters(), lr=0.5), epochs=5, seed=seed, progress=False)
    assert len(history.loss) == 5
    return nn.accuracy(model, X, y), nn.predict(model, X)


def losses(z: list[Value], scores: list[float]) -> tuple[Value, float, list[Value], list[float], Vector]:
    loss: Value = nn.cross_entropy(z, 0) + nn.negative_log_likelihood(nn.log_softmax(z), 1)
    plain: float = nn.cross_entropy([scores, scores], [0, 1], reduction="sum") + nn.mse(scores, scores)
    return loss, plain, nn.softmax(z), nn.softmax(scores), nn.softmax(np.array([scores]))


def cubed(_xp: Any, x: Any) -> Any:
    return x * x * x


def slopes(_y: Any, x: Any) -> tuple[Any, ...]:
    return (3.0 * x * x,)


cube = Op("cube", cubed, slopes)


def graph(x: Value) -> tuple[int, list[str | None], Value]:
    y = cube(x) + norm([x, x]) + log(x)
    y.label = "y"
    y.backward()
    with no_grad():
        z = y * 2.0
    program = Program([y], [x])
    assert abs(program([x.data])[0] - y.data) < 1e-9
    assert z.op is None
    return len(order(y)), [leaf.label for leaf in leaves(y)], z


def main() -> dict[str, object]:
    a, b = Value(2.0, label="a"), Value(3)
    vector, unravel = ravel({"a": 1.0, "b": np.array([2.0, 3.0])})
    x = np.array([0.5, 1.5, 2.5])
    return {
        "square": square(a), "polynomial": polynomial(a, [1.0, 2.0]), "operators": operators(a, b), "methods": methods(a),
        "choice": choice(a), "softmax": softmax_by_hand([a, b]), "either": either(1.0), "derivatives": derivatives(),
        "arrays": of_arrays(x), "values": of_values(a), "recorded": recorded(), "lanes": lanes(x),
        "minimised": minimised(rosenbrock, x), "fitted": fitted(), "classified": classified(), "losses": losses([a, b], [1.0, 2.0]),
        "graph": graph(a), "ravel": unravel(vector),
    }  # fmt: skip
