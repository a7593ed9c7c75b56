"""Neuron, Layer and MLP, called and initialised as in micrograd, and the distributions that weights are drawn from."""

import math
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from autograd import Value, dot
from autograd.errors import LengthError, NumberError, OperationError, RangeError, api_boundary
from nn.functional import identity, relu
from nn.module import Module
from nn.samples import blamed, generator, listed, number, positive_int, shown

Init = Callable[[int, int], float]
Draw = Callable[[float, float], float]
NUMBERS = {Value, float, int}


@api_boundary
def uniform(low: float = -1.0, high: float = 1.0, seed: int | None = None) -> Init:
    """Weights from U(low, high).

    Args:
        low: the least weight.
        high: the greatest weight.
        seed: the seed of a new generator; None takes Python's global generator, which `random.seed` seeds.

    Raises:
        NumberError: one of them is not a number.
        RangeError: low is more than high, or one of them is not finite.

    >>> Neuron(2, init=uniform(-0.1, 0.1, seed=1)).w
    [Value(data=-0.0731, grad=0.0000), Value(data=0.0695, grad=0.0000)]
    """
    low, high = number("low", low), number("high", high)
    if not -math.inf < low <= high < math.inf:
        raise RangeError(f"got low={low} and high={high}, expected finite numbers, low at most high")
    draw = _generator(seed).uniform
    return partial(_uniform, draw, low, high)


def _uniform(draw: Draw, low: float, high: float, _nin: int, _nout: int) -> float:
    return draw(low, high)


@api_boundary
def xavier(seed: int | None = None) -> Init:
    """Weights from U(-l, l) with l = √(6 / (nin + nout)), which suits tanh and sigmoid.

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks (2010), equation 16.

    Args:
        seed: as for `uniform`.

    Raises:
        NumberError: the seed is not an int.
        RangeError: it is called with a number of inputs or neurons that is not a positive int.

    >>> draw = xavier(seed=1)
    >>> abs(draw(3, 3)) <= 1.0
    True
    """
    draw = _generator(seed).uniform
    return partial(_xavier, draw)


@api_boundary
def _xavier(draw: Draw, nin: int, nout: int) -> float:
    return draw(-1.0, 1.0) * math.sqrt(6.0 / (positive_int("nin", nin) + positive_int("nout", nout)))


@api_boundary
def he(seed: int | None = None) -> Init:
    """Weights from N(0, 2 / nin), which suits relu.

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers (2015), section 2.2.

    Args:
        seed: as for `uniform`.

    Raises:
        NumberError: as for `xavier`.
        RangeError: as for `xavier`.

    >>> draw = he(seed=1)
    >>> weights = [draw(8, 1) for _ in range(10_000)]
    >>> round(sum(w * w for w in weights) / len(weights), 2)  # 2 / 8
    0.25
    """
    draw = _generator(seed).gauss
    return partial(_he, draw)


@api_boundary
def _he(draw: Draw, nin: int, _nout: int) -> float:
    return draw(0.0, math.sqrt(2.0 / positive_int("nin", nin)))


def _generator(seed: int | None) -> Any:
    return random if seed is None else generator(seed)


def _drawing(init: Any) -> Any:
    """`init`, checked, or the default if it is None."""
    if init is not None and (not callable(init) or init in (uniform, xavier, he)):
        name = getattr(init, "__name__", shown(init))
        raise OperationError(f"got init={name}, expected a function of nin and nout that draws a weight, such as what nn.he(seed=1) gives")
    return init or uniform()


class Neuron(Module):
    """One neuron: activation(w · x + b).

    Args:
        nin: the number of inputs.
        nonlin: False omits the activation.
        activation: a function of one number, by default `relu`.
        init: draws one weight, called as `init(nin, nout)`; by default `uniform()`. The bias b starts at 0.

    Raises:
        RangeError: nin is not a positive int.
        OperationError: activation or init is not such a function.
        LengthError: it is called with another number of inputs, or with a batch.
        NumberError: an input, or what `init` gives, is not a number.

    >>> neuron = Neuron(3)
    >>> neuron
    ReLUNeuron(3)
    >>> neuron([1.0, 2.0])
    Traceback (most recent call last):
    autograd.errors.LengthError: neuron takes 3 numbers, got 2: [1.0, 2.0]; give one number for each input
    """

    @api_boundary
    def __init__(
        self,
        nin: int,
        nonlin: bool = True,  # noqa: FBT001, FBT002  # as in micrograd
        *,
        activation: Callable[[Any], Any] | None = None,
        init: Init | None = None,
    ) -> None:
        activation = relu if activation is None else activation
        if not callable(activation):
            raise OperationError(f"got activation={shown(activation)}, expected a function of one number such as nn.tanh")
        if not isinstance(nonlin, int | np.bool_):
            raise OperationError(f"got nonlin={shown(nonlin)}, expected True or False: whether the activation is applied")
        draw = _drawing(init)
        self.w: list[Value] = [Value(number("init", draw(nin, 1))) for _ in range(positive_int("nin", nin))]
        self.b: Value = Value(0.0)
        self.nonlin = nonlin
        self.activation: Callable[[Any], Any] = activation if nonlin else identity

    def forward(self, x: Any) -> Any:
        """activation(w · x + b), one Value."""
        x = _inputs(self, x, len(self.w))
        try:
            z = dot(self.w, x)
        except NumberError as error:
            raise blamed(error, f"inputs of {self.name}", x) from None
        return self.activation(z + self.b)

    def _nin(self) -> int:
        return len(self.w)

    def __repr__(self) -> str:
        f = self.activation
        name = getattr(f, "name", "") or getattr(f, "__name__", type(f).__name__)
        title = {"relu": "ReLU", "identity": "Linear"}.get(name) or name.title().replace("_", "")
        return f"{title}Neuron({len(self.w)})"


class Layer(Module):
    """`nout` neurons with the same inputs.

    Args:
        nin: the number of inputs.
        nout: the number of neurons.
        init: as for `Neuron`, called as `init(nin, nout)`.
        **kwargs: `nonlin` and `activation`, as for `Neuron`.

    Raises:
        RangeError: a size is not a positive int.
        LengthError: as for `Neuron`.
        NumberError: as for `Neuron`.
        OperationError: as for `Neuron`.

    >>> Layer(2, 3, nonlin=False)
    Layer of [LinearNeuron(2), LinearNeuron(2), LinearNeuron(2)]
    """

    @api_boundary
    def __init__(self, nin: int, nout: int, *, init: Init | None = None, **kwargs: Any) -> None:
        draw = _drawing(init)
        self.neurons: list[Neuron] = [Neuron(nin, init=lambda nin, _: draw(nin, nout), **kwargs) for _ in range(positive_int("nout", nout))]

    def forward(self, x: Any) -> Any:
        """One number for each neuron, in a list; the number itself where there is one neuron."""
        x = _inputs(self, x, len(self.neurons[0].w))
        out = [neuron(x) for neuron in self.neurons]
        return out[0] if len(out) == 1 else out

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(map(repr, self.neurons))}]"


class MLP(Module):
    """A multilayer perceptron: layers one after another, the last of them linear.

    Args:
        nin: the number of inputs.
        nouts: the number of neurons in each layer.
        activation: of all layers but the last, by default `relu`.
        init: as for `Layer`.

    Raises:
        RangeError: a size is not a positive int, or there is no layer.
        LengthError: as for `Neuron`.
        NumberError: as for `Neuron`.
        OperationError: as for `Neuron`.

    >>> model = MLP(2, [16, 16, 1], init=xavier(seed=1))
    >>> len(model.parameters())
    337
    >>> f"{model([0.5, -0.5]):.4f}"
    '0.0677'
    """

    @api_boundary
    def __init__(self, nin: int, nouts: Sequence[int], *, activation: Callable[[Any], Any] | None = None, init: Init | None = None) -> None:
        if not isinstance(nouts, Sequence) or isinstance(nouts, str) or not nouts:
            raise RangeError(f"got nouts={shown(nouts)}, expected a list of the sizes of the layers, such as [16, 16, 1]")
        draw, last = _drawing(init), len(nouts) - 1
        sizes = [nin, *nouts]
        self.layers: list[Layer] = [Layer(*sizes[i : i + 2], nonlin=i != last, activation=activation, init=draw) for i in range(len(nouts))]

    def forward(self, x: Any) -> Any:
        """What the last layer gives: a list, or one Value where it has one neuron."""
        x = _inputs(self, x, len(self.layers[0].neurons[0].w))
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(map(repr, self.layers))}]"


def _inputs(module: Module, x: Any, nin: int) -> list[Any]:
    """The numbers that a module is called with, checked; a single number counts as a sequence of one."""
    if x.__class__ is list and len(x) == nin and x[0].__class__ in NUMBERS:
        return x  # the usual case; the other checks take longer than a neuron
    x = listed(x)
    inputs = x if isinstance(x, list) else [x]
    if inputs and isinstance(listed(inputs[0]), list):
        raise LengthError(
            f"{module.name} takes one sample of {nin} numbers, got a batch of {len(inputs)}: write [model(x) for x in X], "
            "or nn.predict(model, X) for the classes"
        )
    if len(inputs) != nin:
        raise LengthError(f"{module.name} takes {nin} numbers, got {len(inputs)}: {shown(x)}; give one number for each input")
    return inputs
