"""The messages of `nn` that advise, as `advice.py` has those of `autograd`."""

import math
from typing import Any

import numpy as np
from advice import Advice, loaded, saved, value
from matplotlib.figure import Figure

import autograd
import nn
from autograd import Value
from nn import plot

ROWS = [[1.0, 2.0], [3.0, 5.0], [2.0, 0.0]]  # three samples of two classes
COLUMNS = [[1.0, 3.0, 2.0], [2.0, 5.0, 0.0]]
MEAN = nn.cross_entropy(ROWS, [0, 1, 0])


class Holder(nn.Module):
    """A module that holds what it is given, as `w`."""

    def __init__(self, w: Any) -> None:
        self.w = w

    def forward(self, x: Any) -> Any:
        return self.w[0] * x[0]


def parameters(w: Any) -> list[float]:
    return [p.data for p in Holder(w).parameters()]


def fitted(y: Any, outputs: int = 2, loss: Any = nn.cross_entropy, activation: Any = lambda outputs: outputs, **changes: Any) -> Any:
    """The number of epochs that `fit` trains."""
    net = nn.MLP(1, [outputs], init=nn.uniform(-0.1, 0.1, seed=1))
    given = {"model": lambda x: activation(net(x)), "X": [[1.0], [2.0]], "optimizer": nn.SGD(net.parameters(), lr=0.1), "loss": loss}
    return len(nn.fit(**{**given, "y": y, "epochs": 2, "progress": False} | changes).loss)


def optimized(parameters: Any, **options: Any) -> list[float]:
    return [p.data for p in nn.SGD(parameters, lr=0.1, **options).parameters]


def squared(output: Any, target: float) -> Any:
    return (output - target) ** 2


def boundary(**changes: Any) -> Any:
    return plot.boundary(**{"model": lambda x: x[0] - x[1], "X": [[1.0, 2.0], [2.0, 1.0]], "y": [-1, 1]} | changes)


def is_figure(x: Any) -> bool:
    return isinstance(x, Figure)


def used_up(parameters: Any) -> Any:
    iterator = iter(parameters)
    list(iterator)
    return iterator


def adapted(gradient: float) -> float:
    p = Value(1.0)
    optimizer = nn.Adam([p], lr=0.1)
    p.grad = gradient
    optimizer.step()
    return p.data


def class_with(**attributes: Any) -> Any:
    return type("Held", (nn.Module,), attributes)


def neuron() -> nn.Neuron:
    return nn.Neuron(1, init=lambda _nin, _nout: 0.5)


def restored(save: Any) -> Any:
    other = nn.Neuron(1)
    loaded(save, other.load)
    return list(other.state_dict().values())


COMPUTED = Value(1.0) * 0.1
LABELS = ["cat", "dog", "cat"]

MODULES = [
    Advice("Value(1.0 * 0.1)", lambda: parameters([COMPUTED]), lambda: parameters([Value(1.0 * 0.1)]), [0.1]),
    Advice("Value(x.data)", lambda: parameters({"a": (COMPUTED,)}), lambda: parameters({"a": (Value(COMPUTED.data),)}), [0.1]),
    Advice("in a list, list(w)", lambda: parameters({value()}), lambda: parameters(list({value()})), [2.0]),
    Advice("self.w in __init__", lambda: class_with(w=value()), lambda: parameters(value()), [2.0]),
    Advice(
        "without dots",
        lambda: parameters({"a.b": value(), "a": {"b": value()}}),
        lambda: parameters({"ab": value(), "a": {"b": value()}}),
        [2.0, 2.0],
    ),
    Advice("for a file use load", lambda: neuron().load_state_dict("neuron.json"), lambda: restored(neuron().save), [0.5, 0.0]),
    Advice(
        "the sizes with which it was saved",
        lambda: nn.Neuron(2).load_state_dict(neuron().state_dict()),
        lambda: nn.Neuron(1).load_state_dict(neuron().state_dict()),
        None,
    ),
    Advice("such as 'model.json'", lambda: neuron().save(3), lambda: saved(neuron().save, "model.json"), True),
    Advice("the name of a file in it", lambda: saved(neuron().save, "."), lambda: saved(neuron().save, "model.json"), True),
    Advice(
        "make it first", lambda: saved(neuron().save, "none/model.json"), lambda: saved(neuron().save, "none/model.json", made="none"), True
    ),
    Advice("one that Module.save wrote", lambda: neuron().load("none.json"), lambda: restored(neuron().save), [0.5, 0.0]),
    Advice(
        "a file that Module.save wrote", lambda: restored(lambda path: path.write_text("{}")), lambda: restored(neuron().save), [0.5, 0.0]
    ),
    Advice("what nn.he(seed=1) gives", lambda: nn.Neuron(2, init=nn.he), lambda: len(nn.Neuron(2, init=nn.he(seed=1)).w), 2),
    Advice("such as nn.tanh", lambda: nn.Neuron(2, activation=3), lambda: repr(nn.Neuron(2, activation=nn.tanh)), "TanhNeuron(2)"),
    Advice(
        "give it a sample to be drawn with",
        lambda: autograd.draw(Holder([Value(2.0)])),
        lambda: autograd.draw(Holder([Value(2.0)]), [3.0]).svg().count(">6.00<"),
        1,
    ),
    Advice("such as [16, 16, 1]", lambda: nn.MLP(2, 1), lambda: len(nn.MLP(2, [16, 16, 1]).parameters()), 337),
    Advice("[model(x) for x in X]", lambda: neuron()([[1.0], [2.0]]), lambda: [neuron()(x) for x in [[1.0], [2.0]]], [0.5, 1.0]),
    Advice("nn.predict(model, X)", lambda: neuron()([[1.0], [2.0]]), lambda: nn.predict(neuron(), [[1.0], [2.0]]), [1, 1]),
    Advice("one number for each input", lambda: neuron()([1.0, 2.0]), lambda: neuron()([1.0]), 0.5),
]

OPTIMIZERS = [
    Advice("Value(1.0 * 0.1)", lambda: optimized([COMPUTED]), lambda: optimized([Value(1.0 * 0.1)]), [0.1]),
    Advice(
        "model.parameters(), with parentheses", lambda: optimized(neuron().parameters), lambda: optimized(neuron().parameters()), [0.5, 0.0]
    ),
    Advice("put it in a list, [p]", lambda: optimized(value()), lambda: optimized([value()]), [2.0]),
    Advice("Values in a list", lambda: optimized([1.0]), lambda: optimized([Value(1.0)]), [1.0]),
    Advice("pass model.parameters()", lambda: optimized(neuron().state_dict()), lambda: optimized(neuron().parameters()), [0.5, 0.0]),
    Advice("or Values in a list", lambda: optimized([]), lambda: optimized([value()]), [2.0]),
    Advice(
        "so make a new one", lambda: optimized(used_up(neuron().parameters())), lambda: optimized(iter(neuron().parameters())), [0.5, 0.0]
    ),
    Advice(
        "such as momentum=0.9",
        lambda: optimized([value()], nesterov=True),
        lambda: optimized([value()], nesterov=True, momentum=0.9),
        [2.0],
    ),
    Advice("such as 0.9", lambda: optimized([value()], momentum=1.0), lambda: optimized([value()], momentum=0.9), [2.0]),
    Advice("give one number", lambda: optimized([value()], momentum=[0.9]), lambda: optimized([value()], momentum=0.9), [2.0]),
    Advice(
        "such as (0.9, 0.999)", lambda: nn.Adam([value()], betas=0.9), lambda: nn.Adam([value()], betas=(0.9, 0.999)).betas, [0.9, 0.999]
    ),
    Advice("clip the gradients", lambda: adapted(1e200), lambda: adapted(min(1e200, 1e9)), 0.9),
    Advice("scale the loss down", lambda: adapted(1e200), lambda: adapted(1e200 * 1e-100), 0.9),
]

LOSSES = [
    Advice("one_hot(index, 2)", lambda: nn.mse([0.0, 1.0], 1), lambda: nn.mse([0.0, 1.0], nn.one_hot(1, 2)), 0.0),
    Advice(
        "[[y] for y in targets]", lambda: nn.mse([[0.0], [1.0]], [0.0, 1.0]), lambda: nn.mse([[0.0], [1.0]], [[y] for y in [0.0, 1.0]]), 0.0
    ),
    Advice(
        "[row[0] for row in targets]",
        lambda: nn.mse([0.0, 1.0], [[0.0], [1.0]]),
        lambda: nn.mse([0.0, 1.0], [row[0] for row in [[0.0], [1.0]]]),
        0.0,
    ),
    Advice("one_hot(index, 2)", lambda: nn.mse([[0.0, 1.0]], [1]), lambda: nn.mse([[0.0, 1.0]], [nn.one_hot(1, 2)]), 0.0),
    Advice("put it in a list, [y]", lambda: nn.mse([0.5], 0.5), lambda: nn.mse([0.5], [0.5]), 0.0),
    Advice("targets[0]", lambda: nn.mse(0.5, [0.5]), lambda: nn.mse(0.5, [0.5][0]), 0.0),
    Advice(
        "list(zip(*columns))",
        lambda: nn.cross_entropy(COLUMNS, [0, 1, 0]),
        lambda: nn.cross_entropy(list(zip(*COLUMNS, strict=True)), [0, 1, 0]),
        MEAN,
    ),
    Advice("give one for each, in a list", lambda: nn.cross_entropy(ROWS, [0, 1]), lambda: nn.cross_entropy(ROWS, [0, 1, 0]), MEAN),
    Advice(
        "give one for each, in a list", lambda: nn.cross_entropy(ROWS[:1], 0), lambda: nn.cross_entropy(ROWS[:1], [0]), math.log1p(math.e)
    ),
    Advice(
        "one number for each class",
        lambda: nn.softmax([[1.0, 2.0], [1.0]]),
        lambda: nn.softmax([[1.0, 1.0], [1.0, 1.0]]),
        [[0.5, 0.5], [0.5, 0.5]],
    ),
    Advice(
        "[f(batch) for batch in batches]",
        lambda: nn.softmax(np.ones((1, 1, 2))),
        lambda: [nn.softmax(batch) for batch in np.ones((1, 1, 2))],
        [[[0.5, 0.5]]],
    ),
    Advice(
        "[f(batch) for batch in batches]",
        lambda: nn.cross_entropy([ROWS], [[0, 1, 0]]),
        lambda: [nn.cross_entropy(z, y) for z, y in [(ROWS, [0, 1, 0])]],
        [MEAN],
    ),
    Advice(
        "int(label), 1 for True",
        lambda: nn.cross_entropy(ROWS[0], True),
        lambda: nn.cross_entropy(ROWS[0], int(True)),
        math.log1p(math.exp(-1.0)),
    ),
    Advice(
        "int(label), 0 for 0.0", lambda: nn.cross_entropy(ROWS[0], 0.0), lambda: nn.cross_entropy(ROWS[0], int(0.0)), math.log1p(math.e)
    ),
    Advice(
        "int(label.data)",
        lambda: nn.cross_entropy(ROWS[0], value(0.0)),
        lambda: nn.cross_entropy(ROWS[0], int(value(0.0).data)),
        math.log1p(math.e),
    ),
    Advice(
        "sorted(set(labels)).index(label)",
        lambda: nn.cross_entropy(ROWS, LABELS),
        lambda: nn.cross_entropy(ROWS, [sorted(set(LABELS)).index(label) for label in LABELS]),
        MEAN,
    ),
    Advice("write 1", lambda: nn.cross_entropy(ROWS[0], [1]), lambda: nn.cross_entropy(ROWS[0], 1), math.log1p(math.exp(-1.0))),
    Advice(
        "divide it by its sum",
        lambda: nn.cross_entropy(ROWS[0], [1.0, 1.0]),
        lambda: nn.cross_entropy(ROWS[0], [y / sum([1.0, 1.0]) for y in [1.0, 1.0]]),
        0.5 + math.log1p(math.exp(-1.0)),
    ),
    Advice(
        "give a class its weight",
        lambda: nn.cross_entropy(ROWS[0], [0.0, 0.0]),
        lambda: nn.cross_entropy(ROWS[0], [y / 3.0 for y in [0.0, 3.0]]),
        math.log1p(math.exp(-1.0)),
    ),
    Advice("2*y - 1", lambda: nn.hinge(0.5, 0), lambda: nn.hinge(0.5, 2 * 0 - 1), 1.5),
    Advice("(y + 1) / 2", lambda: nn.binary_cross_entropy(0.5, -1), lambda: nn.binary_cross_entropy(0.5, (-1 + 1) / 2), math.log(2.0)),
    Advice(
        "for logits use cross_entropy",
        lambda: nn.categorical_cross_entropy(ROWS[1], 1),
        lambda: nn.cross_entropy(ROWS[1], 1),
        math.log1p(math.exp(-2.0)),
    ),
    Advice(
        "softmax first",
        lambda: nn.categorical_cross_entropy(ROWS[1], 1),
        lambda: nn.categorical_cross_entropy(nn.softmax(ROWS[1]), 1),
        math.log1p(math.exp(-2.0)),
    ),
    Advice(
        "nn.sigmoid(z)",
        lambda: nn.binary_cross_entropy(2.0, 1),
        lambda: nn.binary_cross_entropy(nn.sigmoid(2.0), 1),
        math.log1p(math.exp(-2.0)),
    ),
    Advice(
        "cross_entropy([0, z], y)",
        lambda: nn.binary_cross_entropy(2.0, 1),
        lambda: nn.cross_entropy([0, 2.0], 1),
        math.log1p(math.exp(-2.0)),
    ),
    Advice(
        "take log_softmax of logits",
        lambda: nn.negative_log_likelihood(ROWS[1], 1),
        lambda: nn.negative_log_likelihood(nn.log_softmax(ROWS[1]), 1),
        math.log1p(math.exp(-2.0)),
    ),
    Advice(
        "or log of probabilities",
        lambda: nn.negative_log_likelihood([0.5, 0.5], 1),
        lambda: nn.negative_log_likelihood([autograd.log(0.5), autograd.log(0.5)], 1),
        math.log(2.0),
    ),
    Advice("find where it arose", lambda: nn.hardmax([1.0, autograd.log(-1.0)]), lambda: nn.hardmax([1.0, autograd.log(1.0)]), [1.0, 0.0]),
]

TRAINING = [
    Advice("int(label), 1 for True", lambda: fitted([True, False]), lambda: fitted([int(y) for y in [True, False]]), 2),
    Advice("int(label), 0 for 0.0", lambda: fitted(np.array([0.0, 1.0])), lambda: fitted([int(y) for y in np.array([0.0, 1.0])]), 2),
    Advice("write 0", lambda: fitted(np.array([[0], [1]])), lambda: fitted([0, 1]), 2),
    Advice(
        "[row[0] for row in targets]",
        lambda: fitted(np.array([[0.0], [1.0]]), 1, nn.mse),
        lambda: fitted([row[0] for row in np.array([[0.0], [1.0]])], 1, nn.mse),
        2,
    ),
    Advice(
        "sorted(set(labels)).index(label)",
        lambda: fitted(LABELS[:2]),
        lambda: fitted([sorted(set(LABELS)).index(label) for label in LABELS[:2]]),
        2,
    ),
    Advice("2*y - 1", lambda: fitted([1, 0], 1, nn.hinge), lambda: fitted([2 * y - 1 for y in [1, 0]], 1, nn.hinge), 2),
    Advice(
        "[row[0] for row in y]",
        lambda: nn.accuracy(lambda x: x, [1.0], [[1]]),
        lambda: nn.accuracy(lambda x: x, [1.0], [row[0] for row in [[1]]]),
        1.0,
    ),
    Advice(
        "sum(losses) / len(losses)",
        lambda: fitted([0, 1], loss=lambda z, y: nn.cross_entropy(z, y, "none")),
        lambda: fitted([0, 1], loss=lambda z, y: sum(losses := nn.cross_entropy(z, y, "none")) / len(losses)),
        2,
    ),
    Advice(
        "compute it from the outputs",
        lambda: fitted([0, 1], 1, lambda _z, _y: 3.0),
        lambda: fitted([0, 1], 1, lambda z, y: nn.mse(z, y)),
        2,
    ),
    Advice(
        "sum(map(loss, outputs, targets))",
        lambda: fitted([0, 1], 1, squared),
        lambda: fitted([0, 1], 1, lambda outputs, targets: sum(map(squared, outputs, targets)) / len(targets)),
        2,
    ),
    Advice("give it 2 outputs", lambda: fitted([0, 1], 1), lambda: fitted([0, 1], 2), 2),
    Advice("or use hinge or mse", lambda: fitted([0, 1], 1), lambda: fitted([0, 1], 1, nn.mse), 2),
    Advice("make a new one", lambda: fitted([0, 1], optimizer=nn.SGD([value()], lr=0.1)), lambda: fitted([0, 1]), 2),
    Advice("such as nn.SGD(model.parameters(), lr=0.1)", lambda: fitted([0, 1], optimizer=0.1), lambda: fitted([0, 1]), 2),
    Advice("such as nn.mse", lambda: fitted([0, 1], 1, "mse"), lambda: fitted([0, 1], 1, nn.mse), 2),
    Advice("such as nn.MLP(2, [16, 3])", lambda: nn.predict(3, [[1.0, 2.0]]), lambda: len(nn.predict(nn.MLP(2, [16, 3]), [[1.0, 2.0]])), 1),
    Advice("a learning rate smaller", lambda: diverged(1e300), lambda: diverged(1e-3), 2),
    Advice("scale the inputs", lambda: diverged(1e-3, 1e200), lambda: diverged(1e-3, 1.0), 2),
    Advice("autograd.detect_anomaly()", lambda: diverged(1e300), lambda: autograd.detect_anomaly()(lambda: diverged(1e-3))(), 2),
    Advice("Value(x.data)", lambda: held([COMPUTED]), lambda: held([Value(COMPUTED.data)]), 2),
]


def diverged(lr: float, scale: float = 1.0) -> Any:
    net = nn.MLP(1, [1], init=nn.uniform(-0.1, 0.1, seed=1))
    X = [[scale], [2.0 * scale]]
    return len(nn.fit(net, X, [0.0, 1.0], optimizer=nn.SGD(net.parameters(), lr), loss=nn.mse, epochs=2, seed=1, progress=False).loss)


def held(w: Any) -> int:
    """The epochs of training a module that holds `w` and one parameter beside it."""
    module, other = Holder(w), Value(1.0)
    module.forward = lambda x: w[0] * x[0] + other
    return len(nn.fit(module, [[1.0]], [2.0], optimizer=nn.SGD([other], 0.1), loss=nn.mse, epochs=2, progress=False).loss)


PLOTS = [
    Advice("look at it after fit", lambda: plot.history(nn.History()), lambda: plot.history(nn.History([1.0])), is_figure),
    Advice(
        "leave these samples out", lambda: boundary(X=[[1.0, math.inf], [1.0, 2.0]]), lambda: boundary(X=[[1.0, 2.0]], y=[1]), is_figure
    ),
    Advice(
        "find where it arose",
        lambda: boundary(model=lambda x: autograd.log(x[0] - 1.0)),
        lambda: boundary(model=lambda x: x[0] - 1.0),
        is_figure,
    ),
    Advice("2*y - 1", lambda: boundary(y=[0, 1]), lambda: boundary(y=[2 * y - 1 for y in [0, 1]]), is_figure),
    Advice("equally many of both", lambda: plot.gradients([1.0], [1.0, 2.0]), lambda: plot.gradients([1.0, 2.0], [1.0, 2.0]), is_figure),
    Advice(
        "such as 1e-6", lambda: plot.gradients([1.0], [1.0], tolerance=0), lambda: plot.gradients([1.0], [1.0], tolerance=1e-6), is_figure
    ),
    Advice(
        "detect_anomaly()",
        lambda: plot.gradients([1.0], [math.inf]),
        lambda: autograd.detect_anomaly()(lambda: plot.gradients([1.0], [1.0]))(),
        is_figure,
    ),
]

ESTIMATORS = [
    Advice(
        "a function such as nn.silu",
        lambda: nn.MLPClassifier(activation="silu").fit(ROWS, [0, 1, 0]),
        lambda: nn.MLPClassifier(activation=nn.silu, max_iter=2).fit(ROWS, [0, 1, 0]).n_iter_,
        2,
    ),
]

NN = [*MODULES, *OPTIMIZERS, *LOSSES, *TRAINING, *PLOTS, *ESTIMATORS]
