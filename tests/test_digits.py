"""Handwritten digits: the accuracy that notebook 03 shows, with its settings, and that a seed fixes the whole run."""

import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import nn

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

PIXELS, DIGITS = load_digits(return_X_y=True)
X_TRAIN, X_TEST, Y_TRAIN, Y_TEST = train_test_split(PIXELS / 16, DIGITS, test_size=0.25, random_state=0, stratify=DIGITS)
EPOCHS, BATCH = 5, 8
STEPS = EPOCHS * 169  # 168 whole batches and one of 3


def softmax_regression():
    model = nn.Layer(64, 10, nonlin=False, init=lambda _nin, _nout: 0.0)
    return model, nn.SGD(model.parameters(), lr=nn.cosine(0.3, STEPS), momentum=0.9)


def perceptron():
    model = nn.MLP(64, [32, 10], activation=nn.tanh, init=nn.xavier(seed=0))
    return model, nn.Adam(model.parameters(), lr=nn.cosine(0.02, STEPS))


@pytest.mark.parametrize(("build", "least"), [(softmax_regression, 0.95), (perceptron, 0.96)])
def test_accuracy_on_the_held_out_quarter(build, least):
    model, optimizer = build()
    nn.fit(model, X_TRAIN, Y_TRAIN, optimizer=optimizer, epochs=EPOCHS, batch_size=BATCH, seed=0, progress=False)
    assert optimizer.steps == STEPS
    assert len(X_TEST) == 450
    assert nn.accuracy(model, X_TEST, Y_TEST) >= least


@pytest.mark.parametrize("build", [softmax_regression, perceptron])
def test_a_seed_fixes_the_whole_run(build):
    def run(seed):
        model, optimizer = build()
        held_out = X_TEST[:10], Y_TEST[:10]
        history = nn.fit(
            model,
            X_TRAIN[:40],
            Y_TRAIN[:40],
            optimizer=optimizer,
            epochs=2,
            batch_size=BATCH,
            validation=held_out,
            seed=seed,
            progress=False,
        )
        return history, model.state_dict()

    assert run(0) == run(0) != run(1)
