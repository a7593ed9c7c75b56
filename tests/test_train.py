"""fit, predict, accuracy: against a loop written out, against scikit-learn, and where something goes wrong."""

import io
import math
import random
import subprocess
import sys
from contextlib import nullcontext

import numpy as np
import pytest
from ipykernel.iostream import OutStream
from sklearn.datasets import load_iris, make_moons
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import autograd
import nn
from autograd import Value
from autograd.errors import AnomalyError, LengthError, NumberError, RangeError
from nn import MLP, SGD, Adam, Module, accuracy, cross_entropy, fit, hinge, mse, predict

X = [[0.0, 1.0], [1.0, -1.0], [2.0, 0.5], [-1.0, 0.25], [0.5, 0.5]]
Y = [0, 1, 1, 0, 1]


def small_model(outputs=2):
    return MLP(2, [4, outputs], init=nn.xavier(seed=1), activation=nn.tanh)


def trained(X=X, Y=Y, *, model=None, lr=0.5, momentum=0.0, **options):  # as in fit
    model = model or small_model()
    optimizer = SGD(model.parameters(), lr=lr, momentum=momentum)
    return model, fit(model, X, Y, optimizer=optimizer, **{"epochs": 4, "batch_size": 2, "seed": 3, "progress": False} | options)


class Looked(Module):
    """A model that looks its inputs up, which a recording cannot."""

    def __init__(self, model):
        self.model, self.table = model, {x: x for row in X for x in row}

    def forward(self, x):
        return self.model([self.table[a] for a in x])


@pytest.mark.parametrize(("wrapped", "rel"), [(lambda model: model, 1e-13), (Looked, 0.0)], ids=["recorded", "sample by sample"])
def test_it_is_the_loop_that_one_would_write(wrapped, rel):
    by_hand = wrapped(small_model())
    optimizer = SGD(by_hand.parameters(), lr=0.5)
    pairs, order = list(zip(X, Y, strict=True)), random.Random(3)  # noqa: S311
    losses, accuracies = [], []
    for _ in range(4):
        order.shuffle(pairs)
        loss_sum = hits = 0
        for start in (0, 2, 4):
            batch = pairs[start : start + 2]
            outputs = [by_hand(x) for x, _ in batch]
            loss = cross_entropy(outputs, [y for _, y in batch])
            by_hand.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.data * len(batch)
            hits += sum((a < b) == y for (a, b), (_, y) in zip(outputs, batch, strict=True))
        losses.append(loss_sum / 5)
        accuracies.append(hits / 5)
    model, history = trained(model=wrapped(small_model()))
    assert model.state_dict() == pytest.approx(by_hand.state_dict(), rel=rel, abs=0.0)
    assert history.loss == pytest.approx(losses, rel=rel)
    assert history.accuracy == accuracies


class Noisy(Module):
    """A line whose slope is drawn anew for each sample, around a mean."""

    def __init__(self):
        self.slope, self.random = Value(2.0), random.Random(5)  # noqa: S311

    def forward(self, x):
        return self.slope * self.random.random() * x


def test_the_gradient_is_that_of_the_random_numbers_with_which_the_loss_was_computed():
    model, inputs, targets, seen = Noisy(), [1.0, -2.0, 3.0], [0.5, 1.0, 2.0], []

    def loss(outputs, targets):
        seen[:] = [y.data for y in outputs]
        return mse(outputs, targets)

    for _ in range(3):
        slope, before = model.slope.data, len(seen)
        fit(model, inputs, targets, optimizer=SGD([model.slope], lr=0.01), loss=loss, epochs=1, batch_size=3, seed=1, progress=False)
        order = [0, 1, 2]
        random.Random(1).shuffle(order)  # noqa: S311
        gradient = sum(2.0 * (y - targets[i]) * y / slope for y, i in zip(seen, order, strict=True)) / 3.0
        assert model.slope.data == pytest.approx(slope - 0.01 * gradient, rel=1e-13)
        assert before in {0, 3}


def test_many_samples_of_a_model_that_draws_random_numbers():
    draw = random.Random(5)  # noqa: S311
    found = predict(lambda x: [x * draw.random(), 0.5], [1.0] * 400)
    assert 150 < found.sum() < 250


@pytest.mark.parametrize("model", [lambda x: [x, 2.0 * x], lambda x: x])
def test_a_model_without_parameters(model):
    bias = Value(1.0)
    fit(
        model,
        [1.0, 2.0],
        [0.0, 1.0],
        optimizer=SGD([bias], lr=0.5),
        loss=lambda _outputs, _targets: (bias - 3.0) ** 2,
        epochs=1,
        progress=False,
    )
    assert bias.data == 3.0


@pytest.mark.parametrize(("loss", "moved"), [(lambda o, _: o[0][1] + o[1][1], -4.0), (lambda o, _: o[0][0] * 0.0 + o[1][1], None)])
def test_outputs_that_a_loss_leaves_out_send_nothing(loss, moved):
    """Where the local derivative is infinite, that is not the same as 0 times infinity, which is nan."""
    p = Value(0.0)
    options = {"optimizer": SGD([p], lr=1.0), "loss": loss, "epochs": 1, "progress": False}
    with nullcontext() if moved else pytest.raises(AnomalyError, match="a parameter became inf or nan"):
        fit(lambda x: [autograd.sqrt(p), p * x], [1.0, 3.0], [1.0, 1.0], **options)
    assert p.data == (moved or 0.0)


@pytest.mark.parametrize("form", [np.array, lambda rows: [np.array(row) for row in rows], lambda rows: tuple(map(tuple, rows))])
@pytest.mark.parametrize("labels", [Y, np.array(Y), np.eye(2)[Y], np.eye(2)[Y].tolist()])
def test_forms_of_the_samples(form, labels):
    assert trained(form(X), labels)[0].state_dict() == trained()[0].state_dict()


def test_a_seed_fixes_the_order_and_another_changes_it():
    one, two, other = (trained(seed=s)[0].state_dict() for s in (3, 3, 4))
    assert one == two != other


def test_fit_does_not_reorder_what_it_was_given():
    inputs, targets = [*X], [*Y]
    trained(inputs, targets)
    assert (inputs, targets) == (X, Y)


def test_validation_is_measured_after_each_epoch_and_not_trained():
    held_out = [[2.0, 2.0], [-2.0, 0.0], [0.0, 3.0]], [1, 0, 0]
    history = trained(validation=held_out)[1]
    model = small_model()
    assert len(history.validation_loss) == len(history.validation_accuracy) == 4
    optimizer, order = SGD(model.parameters(), lr=0.5), random.Random(3)  # noqa: S311
    pairs = list(zip(X, Y, strict=True))
    for epoch in range(4):
        order.shuffle(pairs)
        for start in (0, 2, 4):
            batch = pairs[start : start + 2]
            model.zero_grad()
            cross_entropy([model(x) for x, _ in batch], [y for _, y in batch]).backward()
            optimizer.step()
        assert history.validation_loss[epoch] == pytest.approx(cross_entropy([model(x) for x in held_out[0]], held_out[1]).data, rel=1e-14)
        assert history.validation_accuracy[epoch] == accuracy(model, *held_out)
    assert history.loss == trained()[1].loss


@pytest.mark.parametrize(
    ("loss", "outputs", "targets", "defined"),
    [
        (cross_entropy, 2, Y, True),
        (hinge, 1, [-1, 1, 1, -1, 1], True),
        (hinge, 1, [-1.0, 1.0, 1.0, -1.0, 1.0], True),
        (mse, 1, [0.5, 1.0, 1.0, -1.0, 2.0], False),
        (mse, 2, [[0.5, 3.0], [1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [2.0, 0.0]], False),
        (lambda p, y: nn.binary_cross_entropy([nn.sigmoid(s) for s in p], y), 1, Y, False),
    ],
)
def test_accuracy_is_recorded_where_targets_are_classes(loss, outputs, targets, defined):
    _, history = trained(Y=targets, model=small_model(outputs), loss=loss, lr=0.05, validation=(X, targets), epochs=30)
    assert len(history.loss) == len(history.validation_loss) == 30
    assert len(history.accuracy) == len(history.validation_accuracy) == 30 * defined
    assert history.loss[-1] < history.loss[0]


@pytest.mark.any_backend
def test_softmax_regression_finds_scikit_learns_minimum():
    inputs, labels = load_iris(return_X_y=True)
    inputs = StandardScaler().fit_transform(inputs)
    reference = LogisticRegression(C=1.0, tol=1e-10, max_iter=10_000).fit(inputs, labels)
    model = MLP(4, [3], init=lambda *_: 0.0)
    weights = [w for neuron in model.layers[0].neurons for w in neuron.w]

    def loss(outputs, targets):
        return cross_entropy(outputs, targets, "sum") + 0.5 * autograd.sum([w * w for w in weights])

    trained(inputs, labels, model=model, loss=loss, lr=0.005, momentum=0.9, epochs=400, batch_size=150)
    found = np.array([[w.data for w in neuron.w] for neuron in model.layers[0].neurons])
    assert abs(found - reference.coef_).max() < 1e-4
    assert (predict(model, inputs) == reference.predict(inputs)).all()
    assert accuracy(model, inputs, labels) == reference.score(inputs, labels)


def test_moons_are_told_apart():
    inputs, labels = make_moons(100, noise=0.1, random_state=1)
    model = MLP(2, [8, 8, 1], init=nn.he(seed=2))
    optimizer = Adam(model.parameters(), lr=nn.cosine(0.05, 200))
    history = fit(model, inputs, 2 * labels - 1, loss=hinge, optimizer=optimizer, epochs=20, batch_size=10, seed=0, progress=False)
    assert history.accuracy[-1] == 1.0
    assert predict(model, inputs).tolist() == (2 * labels - 1).tolist()


# predict and accuracy.


def test_predict_takes_the_first_of_the_largest_or_the_sign():
    found = predict(lambda x: [x, 2.0, 2.0], [0.0, 2.0, 3.0])
    assert (found.tolist(), found.dtype.kind) == ([1, 0, 0], "i")
    assert predict(Value, [-0.5, 0.0, 0.5]).tolist() == [-1, -1, 1]
    assert predict(lambda x: np.array([Value(x), Value(1.0)]), [0.0, 2.0]).tolist() == [1, 0]
    assert predict(lambda x: x, []).shape == (0,)


@pytest.mark.parametrize(
    ("model", "targets", "share"),
    [
        (lambda x: [x, 1.5], [0, 0, 0, 1], 0.25),
        (lambda x: [x, 1.5], np.eye(2)[[1, 1, 0, 1]], 0.75),
        (lambda x: [x, 1.5], [[0.4, 0.6], [0.4, 0.6], [0.9, 0.1], [1, 0]], 1.0),
        (lambda x: x - 1.5, [1, 1, 1, 1], 0.5),
        (lambda x: x - 1.5, np.array([-1.0, -1.0, 1.0, 1.0]), 1.0),
    ],
)
def test_accuracy(model, targets, share):
    assert accuracy(model, [0.0, 1.0, 2.0, 3.0], targets) == share


@pytest.mark.parametrize("model", [lambda x: [x, 1.0], lambda x: x, lambda x: [Value(x), Value(1.0)], Value])
def test_nan_tells_no_class(model):
    for call in (lambda: predict(model, [math.nan]), lambda: accuracy(model, [math.nan], [1])):
        with pytest.raises(RangeError, match="got nan among the scores"):
            call()


@pytest.mark.parametrize("given", [None, 1.0, "ab"])
def test_predict_takes_samples(given):
    with pytest.raises(LengthError, match=r"got .* as X, expected one row or number for each sample"):
        predict(lambda x: x, given)


# Where it stops early.


class Interrupted(Module):
    """A line that presses Ctrl-C at its n-th call; it looks its inputs up, which cannot be recorded."""

    def __init__(self, calls):
        self.slope, self.left = Value(0.0), calls

    def forward(self, x):
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return self.slope * {1.0: 1.0, 2.0: 2.0, 3.0: 3.0}[x]


# One call finds the number of outputs, one that there can be no recording, where that is tried; an epoch is six.
@pytest.mark.parametrize(("calls", "complete", "steps"), [(1, 0, 0), (2 + 1, 0, 1), (6 + 1, 1, 3), (2 * 6 + 4, 2, 7)])
def test_ctrl_c_returns_what_was_learned(calls, complete, steps, capsys):
    before = 1 + (autograd.backend == "native")
    interrupted_fit(Interrupted(before + calls), mse, complete, steps, capsys)


@pytest.mark.parametrize(("calls", "complete", "steps"), [(1, 0, 0), (2, 0, 1), (4, 1, 3), (8, 2, 7)])
def test_ctrl_c_between_replays_returns_what_was_learned(calls, complete, steps, capsys):
    class Line(Interrupted):
        def forward(self, x):
            return self.slope * x

    model = Line(calls)

    def loss(outputs, targets):
        Interrupted.forward(model, 1.0)
        return mse(outputs, targets)

    interrupted_fit(model, loss, complete, steps, capsys)


def interrupted_fit(model, loss, complete, steps, capsys):
    optimizer = SGD([model.slope], lr=0.1)
    history = fit(model, [1.0, 2.0, 3.0] * 2, [2.0, 4.0, 6.0] * 2, loss=loss, optimizer=optimizer, epochs=5, batch_size=2, seed=0)
    assert len(history.loss) == complete
    assert optimizer.steps == steps
    assert (model.slope.data != 0.0) == (steps > 0)
    capsys.readouterr()


OPTIMIZERS = [lambda p, lr: SGD(p, lr, momentum=0.9), Adam]


def state(optimizer):
    return {name: np.array(x).tolist() for name, x in vars(optimizer).items() if name != "parameters"}


@pytest.mark.parametrize("make", OPTIMIZERS)
def test_ctrl_c_within_a_step_leaves_the_step_out(make, monkeypatch):
    model, untouched = small_model(), small_model()
    optimizer, fresh = (make(m.parameters(), 0.1) for m in (model, untouched))
    options = {"epochs": 2, "batch_size": 2, "seed": 3, "progress": False}
    for m, o in ((model, optimizer), (untouched, fresh)):
        fit(m, X, Y, optimizer=o, **options)
    before, remembered, update = model.state_dict(), state(optimizer), type(optimizer).update

    def interrupted(optimizer, *numbers):
        update(optimizer, *numbers)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(optimizer), "update", interrupted)
        assert fit(model, X, Y, optimizer=optimizer, **options).loss == []
    assert (model.state_dict(), state(optimizer)) == (before, remembered)
    assert optimizer.steps == 6
    histories = [fit(m, X, Y, optimizer=o, **options) for m, o in ((model, optimizer), (untouched, fresh))]
    assert histories[0] == histories[1]
    assert model.state_dict() == untouched.state_dict()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_before_its_step(bad):
    calls, states, model = [], [], small_model()

    def loss(outputs, targets):
        calls.append(1)
        states.append(model.state_dict())
        result = cross_entropy(outputs, targets)
        return result * bad if len(calls) == 5 else result

    with pytest.raises(AnomalyError) as caught:
        trained(model=model, loss=loss, lr=0.25)
    parts = [f"the loss became {bad}", "in epoch 2, after 4 samples", "as before that step", "smaller than 0.25", "detect_anomaly()"]
    assert all(part in str(caught.value) for part in parts), caught.value
    assert model.state_dict() == states[-1] != states[-2]


@pytest.mark.parametrize("make", [lambda p, lr: SGD(p, lr, momentum=0.9), lambda p, lr: Adam(p, lr, weight_decay=1e3)])
def test_a_step_that_ruins_the_parameters_is_taken_back(make):
    model, untouched = small_model(), small_model()
    optimizer, fresh = (make(m.parameters(), lr=1e308) for m in (model, untouched))
    before, remembered = model.state_dict(), state(optimizer)
    options = {"batch_size": 2, "seed": 3, "progress": False}
    with pytest.raises(AnomalyError, match=r"a parameter became inf or nan in epoch 1, after 2 samples; .* smaller than 1e\+308"):
        fit(model, X, Y, loss=lambda o, t: cross_entropy(o, t) * 1e6, optimizer=optimizer, **options)
    assert (model.state_dict(), state(optimizer)) == (before, remembered)
    optimizer.lr = fresh.lr = 0.1
    histories = [fit(m, X, Y, optimizer=o, **options) for m, o in ((model, optimizer), (untouched, fresh))]
    assert histories[0] == histories[1]


# The bar.


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Cell(io.StringIO):
    """A notebook's standard output, by the module that makes it."""

    __module__ = "ipykernel.iostream"


@pytest.mark.parametrize(
    ("stdout", "stderr", "where"),
    [
        (io.StringIO, Terminal, "stderr"),
        (Terminal, Terminal, "stderr"),
        (Terminal, io.StringIO, "stdout"),
        (Cell, Cell, "stdout"),
        (io.StringIO, io.StringIO, None),
    ],
)
def test_the_bar_goes_to_where_somebody_sees_it(stdout, stderr, where, monkeypatch):
    streams = {"stdout": stdout(), "stderr": stderr()}
    for name, stream in streams.items():
        monkeypatch.setattr(sys, name, stream)
    trained(progress=True)
    for name, stream in streams.items():
        last = stream.getvalue().split("\r")[-1]
        if name == where:
            assert all(part in last for part in ("epoch 4/4", "100%", "12/12", "loss=", "accuracy="))
        else:
            assert last == ""


def test_the_streams_of_a_kernel_are_known_by_their_module():
    assert OutStream.__module__.startswith(Cell.__module__)


def test_without_a_bar_nothing_is_printed(capfd):
    trained(progress=False)
    assert capfd.readouterr() == ("", "")


def test_without_tqdm_it_trains_without_a_bar():
    program = """
import sys
sys.modules["tqdm"] = sys.modules["tqdm.std"] = None
import nn
model = nn.MLP(1, [2])
print(len(nn.fit(model, [[0.0], [1.0]], [0, 1], optimizer=nn.SGD(model.parameters(), 0.1), epochs=3).loss))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  # our own program
    assert (done.stdout, done.stderr) == ("3\n", "")


def test_importing_nn_loads_neither_tqdm_nor_sklearn_nor_matplotlib():
    program = "import nn, sys; print([m for m in ('tqdm', 'sklearn', 'matplotlib', 'IPython', 'sympy', 'graphviz') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  # our own program
    assert done.stdout == "[]\n"


# Wrong input.


@pytest.mark.parametrize(
    ("options", "error", "parts"),
    [
        ({"X": X[:4]}, LengthError, ["4 samples in X", "5 targets in y", "one target for each row"]),
        ({"X": [], "Y": []}, LengthError, ["got [] as X", "at least one sample"]),
        ({"X": 1.0}, LengthError, ["got 1.0 as X", "at least one sample"]),
        ({"Y": None}, LengthError, ["got None as y", "one row or number"]),
        ({"validation": (X, Y[:2])}, LengthError, ["5 samples in X", "2 targets in y"]),
        ({"validation": 0.2}, LengthError, ["validation=0.2", "a pair (X, y)"]),
        ({"validation": [X, Y, Y]}, LengthError, ["validation=[", "a pair (X, y)"]),
        ({"validation": (X, [0, 1, 2, 0, 1])}, RangeError, ["target 2", "0 to 1"]),
        ({"validation": (X, [0, 1, 2, 0, 1]), "loss": nn.hinge, "model": small_model(1)}, RangeError, ["target 0", "-1 or 1"]),
        ({"X": [*X[:4], "ab"]}, LengthError, ["mlp takes 2 numbers", "'ab'"]),
        ({"X": [*X[:4], [1.0, "a"]]}, NumberError, ["inputs of neuron0: got the string 'a'", "float('a')"]),
        ({"epochs": True}, RangeError, ["epochs=True", "positive int"]),
        ({"loss": "mse"}, NumberError, ["loss='mse'", "a function of outputs and targets such as nn.mse"]),
        ({"seed": [1]}, NumberError, ["seed=[1]", "an int"]),
        ({"epochs": 0}, RangeError, ["epochs=0", "positive int"]),
        ({"batch_size": 2.5}, RangeError, ["batch_size=2.5", "positive int"]),
        ({"X": [[1.0]] * 5}, LengthError, ["mlp takes 2 numbers", "got 1"]),
        ({"Y": [0, 1, 2, 0, 1]}, RangeError, ["target 2", "0 to 1"]),
        ({"Y": [0.0, 1.0, 1.0, 0.0, 1.0]}, NumberError, ["of type float", "class index", "int(label)"]),
        ({"loss": lambda o, t: cross_entropy(o, t, "none")}, NumberError, ["the loss gave [", "one Value", "mean"]),
        ({"loss": lambda _o, _t: 1.0}, NumberError, ["the loss gave 1.0", "one Value"]),
        ({"model": small_model(1)}, LengthError, ["the model has one output", "cross_entropy", "2 outputs", "hinge"]),
    ],
)
def test_one_sentence_for_each_wrong_call(options, error, parts):
    model = options.get("model") or small_model()
    before = model.state_dict()
    with pytest.raises(error) as caught:
        trained(**{**options, "model": model})
    assert all(part in str(caught.value) for part in parts), caught.value
    assert model.state_dict() == before


def test_an_optimizer_of_another_model_is_refused():
    model, other = small_model(), small_model()
    optimizer = SGD(other.parameters(), lr=0.1)
    with pytest.raises(
        RangeError, match=r"an optimizer of parameters on which the loss does not depend.*nn.SGD\(model.parameters\(\), lr=0.1\)"
    ):
        fit(model, X, Y, optimizer=optimizer, progress=False)
    assert other.state_dict() == model.state_dict() == small_model().state_dict()
    assert optimizer.steps == 0


def test_a_sample_with_nan_is_told_as_a_loss_that_is_nan():
    with pytest.raises(AnomalyError, match=r"the loss became nan in epoch 1"):
        trained(X=[[math.nan, 1.0], *X[1:]])


def test_some_of_the_parameters_may_be_trained_and_some_unused():
    model, other = small_model(), small_model()
    optimizer = SGD([model.layers[1].neurons[0].b, *other.parameters()], lr=0.1)
    before = model.state_dict()
    fit(model, X, Y, optimizer=optimizer, progress=False)
    assert {n for n, x in model.state_dict().items() if x != before[n]} == {"layers.1.neurons.0.b"}
    assert other.state_dict() == before


def test_an_error_in_a_later_epoch_takes_parameters_and_optimizer_back():
    calls = []

    def fails_late(outputs, targets):
        calls.append(outputs)
        if len(calls) > 7:
            raise KeyError(len(calls))
        return cross_entropy(outputs, targets)

    model = small_model()
    optimizer, before = SGD(model.parameters(), lr=0.1, momentum=0.9), model.state_dict()
    with pytest.raises(KeyError):
        fit(model, X, Y, optimizer=optimizer, loss=fails_late, batch_size=2, progress=False)
    assert model.state_dict() == before
    assert (optimizer.steps, set(optimizer.velocity)) == (0, {0.0})


def test_a_model_may_give_anything_that_its_loss_takes():
    p = Value(2.0)
    history = fit(
        lambda x: {"name": "line", "y": p * x},
        [1.0],
        [3.0],
        optimizer=SGD([p], 0.1),
        loss=lambda o, _t: o[0]["y"],
        epochs=1,
        progress=False,
    )
    assert (history.loss, history.accuracy) == ([2.0], [])


@pytest.mark.parametrize("optimizer", [SGD, None, "sgd"])
def test_an_optimizer_is_made_first(optimizer):
    with pytest.raises(NumberError, match=r"got optimizer=.*expected an Optimizer such as nn.SGD\(model.parameters\(\), lr=0.1\)"):
        fit(small_model(), X, Y, optimizer=optimizer)


@pytest.mark.parametrize(
    ("model", "targets", "error", "parts"),
    [
        (lambda x: [x, 1.0], [0, 2], RangeError, ["target 2", "0 to 1"]),
        (lambda x: x, [0, 1], RangeError, ["target 0", "one output", "-1 or 1", "2*y - 1"]),
        (lambda x: x, [[1, 0], [0, 1]], RangeError, ["target [1, 0]", "one output"]),
        (lambda x: x, [1], LengthError, ["2 samples in X", "1 targets"]),
    ],
)
def test_accuracy_of_targets_that_are_no_classes(model, targets, error, parts):
    with pytest.raises(error) as caught:
        accuracy(model, [0.0, 1.0], targets)
    assert all(part in str(caught.value) for part in parts), caught.value
