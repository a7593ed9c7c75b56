"""Optimisers with PyTorch's semantics, and schedules for their learning rate.

Symbols: p the parameters, g their gradients, η the learning rate (`lr`), λ the weight decay, t the number of the step, counted from 0.
"""

import math
from collections.abc import Callable, Iterable
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from autograd import Value
from autograd.errors import LengthError, NumberError, RangeError, api_boundary
from autograd.spellings import hints
from nn.module import Module
from nn.samples import listed, not_a_parameter, number, positive_int, shown
from nn.words import OPTIMIZER

Schedule = Callable[[int], float]


class Optimizer:
    """The base class of the optimisers; a subclass defines in `update` how the parameters change.

    A subclass keeps its state in attributes, numbers and arrays, which it replaces and does not change in place.

    Attributes:
        parameters: the Values to adjust, each once.
        lr: the learning rate, a float or a schedule; it may be set between steps.
        steps: the number of steps made.

    Raises:
        RangeError: the learning rate is negative or not finite.
        NumberError: something among the parameters is not a leaf Value, or the learning rate is not a number.
        LengthError: there are no parameters.

    >>> class SignDescent(Optimizer):
    ...     def update(self, p, g, lr):
    ...         return p - lr * np.sign(g)
    >>> p = Value(1.0)
    >>> (p * p).backward()
    >>> SignDescent([p], lr=0.25).step()
    >>> p.data
    0.75
    """

    if not TYPE_CHECKING:  # as in Module
        __getattr__ = hints("an optimizer", OPTIMIZER)

    @api_boundary
    def __init__(self, parameters: Iterable[Value], lr: float | Schedule) -> None:
        given = listed(parameters)
        if isinstance(parameters, Module) or not isinstance(given, list):
            remedy = "put it in a list, [p]" if isinstance(parameters, Value) else "pass model.parameters(), with parentheses"
            raise NumberError(f"got a {type(parameters).__name__} as parameters, expected a list of Values: {remedy}")
        for p in given:
            if not isinstance(p, Value):
                raise NumberError(f"got the parameter {shown(p)}, expected Values: pass model.parameters(), or Values in a list")
            if p.op is not None:
                raise NumberError(f"got the parameter {shown(p)}: {not_a_parameter(p)}")
        if not given:
            raise LengthError(
                "got no parameters, expected at least one Value: pass model.parameters() of a Module that has some, or Values in a list; "
                "an iterator can be used only once, so make a new one"
            )
        self.parameters: list[Value] = list(dict.fromkeys(given))
        self.lr = lr
        self.steps: int = 0
        self.rate()

    def rate(self) -> float:
        """The learning rate of the next step.

        Raises:
            RangeError: it is negative or not finite.
        """
        return _nonnegative("lr", self.lr(self.steps) if callable(self.lr) else self.lr)

    @api_boundary
    def step(self) -> None:
        """Change every parameter according to its `grad`; after an error all are unchanged."""
        lr = self.rate()
        state = self.state()
        try:
            # In a copy of the context, since Ctrl-C may cut off the exit of np.errstate.
            moved = copy_context().run(self._moved_quietly, lr)
            for p, x in zip(self.parameters, moved, strict=True):
                p.data = x
        except BaseException:
            self.restore(state)
            raise

    def _moved_quietly(self, lr: float) -> list[float]:
        with np.errstate(all="ignore"):
            self.steps += 1
            moved = self.update(np.array([p.data for p in self.parameters]), np.array([p.grad for p in self.parameters]), lr)
        return list(moved.tolist())

    def state(self) -> tuple[dict[str, Any], list[float]]:
        """The state that `restore` takes: the attributes of the optimizer, and the numbers of the parameters."""
        return dict(vars(self)), [p.data for p in self.parameters]

    def restore(self, state: tuple[dict[str, Any], list[float]]) -> None:
        """Set the optimizer and the parameters back to a state."""
        remembered, numbers = state
        self.__dict__ = dict(remembered)
        for p, x in zip(self.parameters, numbers, strict=True):
            p.data = x

    def update(self, p: np.ndarray, g: np.ndarray, lr: float) -> np.ndarray:
        """The new numbers of the parameters, from their numbers `p` and gradients `g`."""
        raise NotImplementedError(f"{type(self).__name__} has no update: define update(self, p, g, lr)")

    @api_boundary
    def zero_grad(self) -> None:
        """Set every parameter's `grad` to 0."""
        for p in self.parameters:
            p.grad = 0.0


class SGD(Optimizer):
    """Gradient descent: v ← μ v + g + λ p, then p ← p - η v; with Nesterov's momentum p ← p - η (g + λ p + μ v).

    It is stochastic gradient descent where g is computed from a batch. v starts at 0.

    Source: Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep learning (2013).

    Args:
        parameters: the Values to adjust, such as `model.parameters()`.
        lr: the learning rate η, a float or a schedule.
        momentum: μ, at least 0 and less than 1.
        nesterov: whether to look ahead along v; it needs a momentum.
        weight_decay: λ.

    Raises:
        RangeError: a number lies outside its range.
        NumberError: something among the parameters is not a leaf Value.
        LengthError: there are no parameters.

    >>> p = Value(1.0)
    >>> optimizer = SGD([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> p.data
    0.8
    """

    @api_boundary
    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule,
        momentum: float = 0.0,
        nesterov: bool = False,  # noqa: FBT001, FBT002  # as in PyTorch
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        self.momentum: float = _below_one("momentum", momentum)
        if nesterov and not momentum:
            raise RangeError("got nesterov=True with momentum=0, expected a momentum between 0 and 1, such as momentum=0.9")
        self.nesterov = nesterov
        self.weight_decay: float = _nonnegative("weight_decay", weight_decay)
        self.velocity: np.ndarray = np.zeros(len(self.parameters))

    def update(self, p: np.ndarray, g: np.ndarray, lr: float) -> np.ndarray:
        """One step of gradient descent."""
        g = g + self.weight_decay * p
        self.velocity = self.momentum * self.velocity + g
        return p - lr * (g + self.momentum * self.velocity if self.nesterov else self.velocity)


class Adam(Optimizer):
    """Adam: g ← g + λ p, m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g², p ← p - η m̂ / (√v̂ + ε).

    m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ) undo the bias of m and v towards their start at 0; here t counts from 1.

    Source: Kingma and Ba, Adam: a method for stochastic optimization (2015), algorithm 1.

    Args:
        parameters: the Values to adjust, such as `model.parameters()`.
        lr: the learning rate η, a float or a schedule.
        betas: β₁ and β₂, at least 0 and less than 1.
        eps: ε, which keeps the divisor above 0.
        weight_decay: λ.

    Raises:
        RangeError: a number lies outside its range, or, in a step, a gradient is so large that its square is infinite.
        NumberError: something among the parameters is not a leaf Value.
        LengthError: there are no parameters, or not two betas.

    >>> p = Value(1.0)
    >>> optimizer = Adam([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 6)
    0.9
    """

    @api_boundary
    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, lr)
        if not isinstance(betas, tuple | list) or len(betas) != 2:
            raise LengthError(f"got betas={shown(betas)}, expected two numbers such as (0.9, 0.999)")
        self.betas: tuple[float, float] = _below_one("beta1", betas[0]), _below_one("beta2", betas[1])
        self.eps: float = _within("eps", eps, lambda x: 0.0 < x < math.inf, "finite and more than 0")
        self.weight_decay: float = _nonnegative("weight_decay", weight_decay)
        self.moments: tuple[np.ndarray, np.ndarray] = np.zeros(len(self.parameters)), np.zeros(len(self.parameters))

    def update(self, p: np.ndarray, g: np.ndarray, lr: float) -> np.ndarray:
        """One step of Adam, with the decay as part of the gradient."""
        return self._moved(p, g + self.weight_decay * p, lr)

    def _moved(self, p: np.ndarray, g: np.ndarray, lr: float) -> np.ndarray:
        (m, v), (b1, b2) = self.moments, self.betas
        self.moments = m, v = b1 * m + (1.0 - b1) * g, b2 * v + (1.0 - b2) * g * g
        m_hat, v_hat = m / (1.0 - b1**self.steps), v / (1.0 - b2**self.steps)
        if (v_hat == math.inf).any():
            largest = g[v_hat == math.inf][0]
            raise RangeError(
                f"got the gradient {largest:g}, expected one whose square is finite: clip the gradients, or scale the loss down"
            )
        moved: np.ndarray = p - lr * m_hat / (np.sqrt(v_hat) + self.eps)
        return moved


class AdamW(Adam):
    """Adam with decoupled weight decay: p ← p - η λ p, then Adam's step with the plain gradient.

    The decay is then not scaled by √v̂ as in `Adam`, whose arguments and errors it shares; λ is 0.01 by default.

    Source: Loshchilov and Hutter, Decoupled weight decay regularization (2019), algorithm 2.

    Raises:
        RangeError: as for `Adam`.
        NumberError: as for `Adam`.
        LengthError: as for `Adam`.

    >>> p = Value(1.0)
    >>> optimizer = AdamW([p], lr=0.1)
    >>> (p * p).backward()
    >>> optimizer.step()
    >>> round(p.data, 6)
    0.899
    """

    @api_boundary
    def __init__(
        self,
        parameters: Iterable[Value],
        lr: float | Schedule = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ) -> None:
        super().__init__(parameters, lr, betas, eps, weight_decay)

    def update(self, p: np.ndarray, g: np.ndarray, lr: float) -> np.ndarray:
        """One step of Adam, with the decay separate from the gradient."""
        return self._moved(p - lr * self.weight_decay * p, g, lr)


# Schedules: the learning rate as a function of the step, which can be pickled.


@api_boundary
def cosine(lr: float, steps: int, final: float = 0.0) -> Schedule:
    """From lr down to `final` along half a cosine: final + (lr - final) (1 + cos(π t / steps)) / 2, and `final` afterwards.

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts (2017), equation 5.

    Args:
        lr: the rate of step 0.
        steps: how many steps it takes.
        final: the rate at their end.

    Raises:
        RangeError: a rate is negative or not finite, or `steps` is not a positive int.
        NumberError: a rate is not a number.

    >>> [round(cosine(1.0, 4)(t), 3) for t in (0, 1, 2, 4, 9)]
    [1.0, 0.854, 0.5, 0.0, 0.0]
    """
    lr, final = _nonnegative("lr", lr), _nonnegative("final", final)
    positive_int("steps", steps)
    return partial(_cosine, lr, steps, final)


def _cosine(lr: float, steps: int, final: float, t: int) -> float:
    return final + (lr - final) * (1.0 + math.cos(math.pi * min(t / steps, 1.0))) / 2.0


@api_boundary
def exponential(lr: float, decay: float) -> Schedule:
    """The rate decays by a constant factor in each step: lr · decayᵗ.

    Args:
        lr: the rate of step 0.
        decay: the factor, less than 1.

    Raises:
        RangeError: a number lies outside its range.
        NumberError: one of them is not a number.

    >>> exponential(8.0, 0.5)(3)
    1.0
    """
    lr, decay = _nonnegative("lr", lr), _below_one("decay", decay)
    return partial(_exponential, lr, decay)


def _exponential(lr: float, decay: float, t: int) -> float:
    return lr * decay**t


@api_boundary
def step_decay(lr: float, every: int, factor: float) -> Schedule:
    """The rate decays by a constant factor after every `every` steps: lr · factor^⌊t / every⌋.

    Args:
        lr: the rate of the first `every` steps.
        every: how many steps have the same rate.
        factor: the ratio of each rate to the one before, less than 1.

    Raises:
        RangeError: a number lies outside its range, or `every` is not a positive int.
        NumberError: one of them is not a number.

    >>> [step_decay(8.0, 2, 0.5)(t) for t in range(5)]
    [8.0, 8.0, 4.0, 4.0, 2.0]
    """
    positive_int("every", every)
    lr, factor = _nonnegative("lr", lr), _below_one("factor", factor)
    return partial(_step_decay, lr, every, factor)


def _step_decay(lr: float, every: int, factor: float, t: int) -> float:
    return lr * factor ** (t // every)


@api_boundary
def warmup(steps: int, then: float | Schedule) -> Schedule:
    """A linear increase over `steps` steps to the start of `then`, a float or a schedule: (t + 1) / steps of it; then `then` itself.

    Args:
        steps: the number of steps of the increase.
        then: the rate afterwards.

    Raises:
        RangeError: `steps` is not a positive int, or `then` a number that is negative or not finite.
        NumberError: `then` is neither a number nor a schedule.

    >>> [warmup(4, exponential(8.0, 0.5))(t) for t in range(6)]
    [2.0, 4.0, 6.0, 8.0, 8.0, 4.0]
    """
    positive_int("steps", steps)
    if not callable(then):
        _nonnegative("then", then)
    return partial(_warmup, steps, then)


def _warmup(steps: int, then: Any, t: int) -> Any:
    rate = then(max(t - steps, 0)) if callable(then) else then
    return (t + 1) / steps * rate if t < steps else rate


# Checks of one number each.


def _nonnegative(name: str, x: Any) -> float:
    return _within(name, x, lambda x: 0.0 <= x < math.inf, "finite and at least 0")


def _below_one(name: str, x: Any) -> float:
    return _within(name, x, lambda x: 0.0 <= x < 1.0, "at least 0 and less than 1, such as 0.9")


def _within(name: str, x: Any, allowed: Callable[[float], bool], expected: str) -> float:
    given = number(name, x)
    if not allowed(given):
        raise RangeError(f"got {name}={given}, expected a number {expected}")
    return given
