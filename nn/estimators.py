"""Networks as estimators of scikit-learn, thin over `fit`: for pipelines, grid search and data frames.

The hyperparameters have scikit-learn's names, and what is learned its attributes. This file is imported when one of them is asked for.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Self

import numpy as np

from autograd import dot, vmap
from autograd.errors import RangeError, UnknownModuleError, api_boundary
from nn.functional import cross_entropy, identity, mse, relu, sigmoid, tanh
from nn.layers import MLP, he, xavier
from nn.optim import Adam, cosine
from nn.samples import positive_int, shown
from nn.train import fit

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError as missing:
    raise UnknownModuleError(
        f"estimators of nn are those of scikit-learn 1.6 or later, which cannot be imported ({missing}): "
        'install it, python -m pip install "scikit-learn>=1.6", or use nn.fit, which does not need it',
        name="sklearn",
    ) from missing

ACTIVATIONS = {"relu": relu, "tanh": tanh, "logistic": sigmoid, "identity": identity}


class _Network(BaseEstimator):  # type: ignore[misc]  # it has no types
    """What the estimators share: a network, trained by Adam, whose learning rate falls along half a cosine."""

    hidden_layer_sizes: Sequence[int] = ()
    activation: str | Callable[[Any], Any] = "relu"

    def _learn(self, X: np.ndarray, targets: Any, outputs: int, loss: Callable[[Any, Any], Any]) -> Self:
        """Train `model_` on an array of samples."""
        positive_int("max_iter", self.max_iter)
        positive_int("batch_size", self.batch_size)
        activation: Any = ACTIVATIONS.get(self.activation) if isinstance(self.activation, str) else self.activation
        if not callable(activation):
            raise RangeError(f"got activation={shown(self.activation)}, expected {', '.join(ACTIVATIONS)} or a function such as nn.silu")
        start, shuffle = map(int, check_random_state(self.random_state).randint(2**31 - 1, size=2))
        hidden = self.hidden_layer_sizes
        sizes = [*(hidden if np.iterable(hidden) else [hidden]), outputs]
        model = MLP(X.shape[1], sizes, activation=activation, init=(he if activation is relu else xavier)(start))
        weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.w]
        steps = self.max_iter * math.ceil(len(X) / self.batch_size)

        def penalised(y: Any, t: Any) -> Any:
            return loss(y, t) + 0.5 * self.alpha * dot(weights, weights) if self.alpha else loss(y, t)

        history = fit(
            model, X, targets, loss=penalised, optimizer=Adam(model.parameters(), lr=cosine(self.learning_rate_init, steps)),
            epochs=self.max_iter, batch_size=self.batch_size, seed=shuffle, progress=bool(self.verbose),
        )  # fmt: skip
        self.model_, self.loss_curve_, self.n_iter_ = model, history.loss, len(history.loss)
        return self

    def _outputs(self, X: Any) -> np.ndarray:
        """What the model gives, a row for each sample."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=np.float64, reset=False)
        found = vmap(self.model_.frozen())(rows)
        return np.column_stack(found) if isinstance(found, list) else found[:, None]


class _Perceptron(_Network):
    def __init__(
        self,
        hidden_layer_sizes: Sequence[int] = (16,),
        activation: str | Callable[[Any], Any] = "relu",
        *,
        alpha: float = 1e-4,
        batch_size: int = 32,
        learning_rate_init: float = 0.01,
        max_iter: int = 100,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.hidden_layer_sizes, self.activation, self.alpha, self.batch_size = hidden_layer_sizes, activation, alpha, batch_size
        self.learning_rate_init, self.max_iter = learning_rate_init, max_iter
        self.random_state, self.verbose = random_state, verbose


class _Classifier(ClassifierMixin, _Network):  # type: ignore[misc]  # as above
    @api_boundary
    def fit(self, X: Any, y: Any) -> Self:
        """Train on the samples X, N rows, and their classes y, which may be of any kind that can be sorted."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise RangeError(
                f"got samples of one class, {self.classes_[0]!r}, expected at least two classes: a classifier tells them apart"
            )
        return self._learn(X, labels, len(self.classes_), cross_entropy)

    @api_boundary
    def predict(self, X: Any) -> np.ndarray:
        """The class of each sample."""
        largest = self._outputs(X).argmax(axis=1)
        return np.asarray(self.classes_[largest])

    @api_boundary
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """The logarithms of the probabilities, accurate where these are close to 0."""
        z = self._outputs(X)
        shifted = z - z.max(axis=1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))

    @api_boundary
    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class, a row for each sample, the classes in the order of `classes_`."""
        return np.asarray(np.exp(self.predict_log_proba(X)))


class MLPClassifier(_Classifier, _Perceptron):
    """A multilayer perceptron with softmax, an estimator of scikit-learn: it minimises the mean cross-entropy + α/2 Σ w².

    Each step of Adam takes a batch, and its learning rate falls to 0 along half a cosine over the `max_iter` epochs, all of which are made.
    Hyperparameters have scikit-learn's names, and what is learned, too.

    Args:
        hidden_layer_sizes: the number of neurons in each layer but the last.
        activation: "relu", "tanh", "logistic", "identity" or a function of one number such as `nn.silu`.
        alpha: the factor α of the penalty on the weights w, biases left out.
        batch_size: the number of samples in a step.
        learning_rate_init: the learning rate of the first step.
        max_iter: the number of passes over all samples.
        random_state: an int for the same result each time.
        verbose: whether to show a bar.

    Attributes:
        model_: the `nn.MLP`, whose outputs are logits.
        classes_: the classes, sorted.
        loss_curve_: the loss of each epoch.
        n_iter_: the number of epochs.

    Raises:
        UnknownModuleError: scikit-learn is not installed, or older than 1.6.
        RangeError: a hyperparameter is not one of those, or there is one class only.

    >>> X, y = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], ["even", "odd", "odd", "even"]
    >>> MLPClassifier((8,), activation="tanh", learning_rate_init=0.1, random_state=0).fit(X, y).predict(X).tolist()
    ['even', 'odd', 'odd', 'even']
    """


class SoftmaxClassifier(_Classifier):
    """Softmax regression, an estimator of scikit-learn: it minimises the mean cross-entropy + α/2 Σ w².

    The optimum is that of scikit-learn's LogisticRegression with C = 1/(α N) for N samples. Arguments, attributes and errors are those of
    `MLPClassifier`, but for the hidden layers: alpha, batch_size, learning_rate_init, max_iter, random_state and verbose.

    Attributes:
        coef_: the weights, a row for each class.
        intercept_: the biases.

    Raises:
        UnknownModuleError: as for `MLPClassifier`.
        RangeError: as for `MLPClassifier`.

    >>> model = SoftmaxClassifier(random_state=0).fit([[-2.0], [-1.0], [1.0], [2.0]], ["below", "below", "above", "above"])
    >>> model.predict([[-3.0], [3.0]]).tolist(), model.coef_.shape
    (['below', 'above'], (2, 1))
    """

    alpha: float
    batch_size: Any
    learning_rate_init: float
    max_iter: int
    random_state: Any
    verbose: Any

    def __init__(
        self,
        *,
        alpha: float = 1e-4,
        batch_size: int = 32,
        learning_rate_init: float = 0.1,
        max_iter: int = 100,
        random_state: Any = None,
        verbose: bool = False,
    ) -> None:
        self.alpha, self.batch_size, self.learning_rate_init, self.max_iter = alpha, batch_size, learning_rate_init, max_iter
        self.random_state, self.verbose = random_state, verbose

    @property
    def coef_(self) -> np.ndarray:
        """The weights, a row for each class."""
        return np.array([[w.data for w in neuron.w] for neuron in self.model_.layers[0].neurons])

    @property
    def intercept_(self) -> np.ndarray:
        """The biases, one for each class."""
        return np.array([neuron.b.data for neuron in self.model_.layers[0].neurons])


class MLPRegressor(RegressorMixin, _Perceptron):  # type: ignore[misc]  # as above
    """A multilayer perceptron for regression, an estimator of scikit-learn: it minimises the mean squared error + α/2 Σ w².

    Targets may be numbers, or rows of numbers. Arguments, attributes and errors are those of `MLPClassifier`: hidden_layer_sizes,
    activation, alpha, batch_size, learning_rate_init, max_iter, random_state and verbose.

    Raises:
        UnknownModuleError: as for `MLPClassifier`.
        RangeError: as for `MLPClassifier`.

    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]
    >>> line = MLPRegressor((), alpha=0.0, learning_rate_init=0.5, max_iter=300, random_state=0).fit(X, y)
    >>> line.predict([[10.0]]).round(3).tolist()
    [21.0]
    """

    @api_boundary
    def fit(self, X: Any, y: Any) -> Self:
        """Train on the samples X, N rows, and their targets y, N numbers or N rows of them."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        self._rows_of_targets = y.ndim == 2
        single = not self._rows_of_targets or y.shape[1] == 1
        return self._learn(X, y.astype(float).reshape(-1) if single else y.astype(float), 1 if single else y.shape[1], mse)

    @api_boundary
    def predict(self, X: Any) -> np.ndarray:
        """The prediction for each sample, in the form of the targets."""
        found = self._outputs(X)
        return found if self._rows_of_targets else found[:, 0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
