"""The estimators of scikit-learn: its own checks, its optimum, and what stands around an estimator."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import check_estimator

import nn

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")  # of one check, which wants a setting of SciPy
@pytest.mark.parametrize(
    "estimator",
    [
        nn.SoftmaxClassifier(max_iter=6),
        nn.MLPClassifier((4,), max_iter=6, learning_rate_init=0.05),
        nn.MLPRegressor((4,), max_iter=6, learning_rate_init=0.05),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_scikit_learn_accepts_it(estimator):
    check_estimator(estimator)


def test_softmax_regression_has_scikit_learns_optimum():
    X, y = load_iris(return_X_y=True)
    X, y = (X - X.mean(axis=0))[::2], y[::2]
    ours = nn.SoftmaxClassifier(alpha=0.1, batch_size=len(X), max_iter=300, learning_rate_init=0.4, random_state=0).fit(X, y)
    theirs = LogisticRegression(C=10.0 / len(X), tol=1e-10).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-6)
    np.testing.assert_allclose(ours.intercept_ - ours.intercept_[0], theirs.intercept_ - theirs.intercept_[0], atol=1e-5)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-6)


def test_what_is_learned_is_kept():
    """Through a pickle; a clone has not learned; classes are of any kind, and predictions are those of the network itself."""
    X, y = load_iris(as_frame=True, return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"])[y]
    model = nn.MLPClassifier(max_iter=15, learning_rate_init=0.05, random_state=3).fit(X, names)
    assert model.score(X, names) > 0.9
    assert list(model.feature_names_in_) == list(X.columns)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_log_proba(X), model.predict_log_proba(X))
    assert names.tolist()[:3] == model.classes_[nn.predict(model.model_, X)].tolist()[:3]
    np.testing.assert_array_equal(model.classes_[nn.predict(model.model_, X)], model.predict(X))
    assert len(model.loss_curve_) == model.n_iter_ == 15
    with pytest.raises(NotFittedError):
        clone(model).predict(X)


def test_a_regressor_of_rows_gives_rows():
    X = np.linspace(-1.0, 1.0, 40)[:, None]
    Y = np.hstack([2.0 * X, -X])
    model = nn.MLPRegressor((), learning_rate_init=0.3, max_iter=120, alpha=0.0, random_state=0)
    np.testing.assert_allclose(model.fit(X, Y).predict(X), Y, atol=1e-3)
    np.testing.assert_allclose(model.fit(X, Y[:, 1]).predict(X), Y[:, 1], atol=1e-3)
    np.testing.assert_allclose(model.fit(X, Y[:, :1]).predict(X), Y[:, :1], atol=1e-3)


def test_without_scikit_learn_all_else_works():
    code = """
import sys
sys.modules["sklearn"] = None
import nn
assert "MLPClassifier" in dir(nn) and nn.MLP(1, [1]) and "sklearn.base" not in sys.modules
try:
    nn.MLPClassifier
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  # the line above
    assert all(part in done.stdout for part in ("scikit-learn 1.6 or later", 'pip install "scikit-learn>=1.6"', "nn.fit"))
