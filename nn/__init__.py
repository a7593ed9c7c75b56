"""Neural networks on `autograd`: softmax and losses, modules, optimisers, training; and plots, by `from nn import plot`."""

import importlib
import sys
import typing

import nn.beside  # noqa: F401  # first: it says so where `autograd` is another
from nn.functional import binary_cross_entropy as binary_cross_entropy
from nn.functional import categorical_cross_entropy as categorical_cross_entropy
from nn.functional import cross_entropy as cross_entropy
from nn.functional import gelu as gelu
from nn.functional import hardmax as hardmax
from nn.functional import hinge as hinge
from nn.functional import identity as identity
from nn.functional import leaky_relu as leaky_relu
from nn.functional import log_softmax as log_softmax
from nn.functional import mse as mse
from nn.functional import negative_log_likelihood as negative_log_likelihood
from nn.functional import one_hot as one_hot
from nn.functional import relu as relu
from nn.functional import sigmoid as sigmoid
from nn.functional import silu as silu
from nn.functional import softmax as softmax
from nn.functional import softplus as softplus
from nn.functional import tanh as tanh
from nn.layers import MLP as MLP
from nn.layers import Layer as Layer
from nn.layers import Neuron as Neuron
from nn.layers import he as he
from nn.layers import uniform as uniform
from nn.layers import xavier as xavier
from nn.module import Module as Module
from nn.optim import SGD as SGD
from nn.optim import Adam as Adam
from nn.optim import AdamW as AdamW
from nn.optim import Optimizer as Optimizer
from nn.optim import cosine as cosine
from nn.optim import exponential as exponential
from nn.optim import step_decay as step_decay
from nn.optim import warmup as warmup
from nn.train import History as History
from nn.train import accuracy as accuracy
from nn.train import fit as fit
from nn.train import predict as predict

_ESTIMATORS = ("MLPClassifier", "MLPRegressor", "SoftmaxClassifier")  # imported, with scikit-learn, when one is asked for

if typing.TYPE_CHECKING:
    from nn.estimators import MLPClassifier as MLPClassifier
    from nn.estimators import MLPRegressor as MLPRegressor
    from nn.estimators import SoftmaxClassifier as SoftmaxClassifier
else:  # as in autograd
    from autograd import spellings as _spellings
    from autograd.errors import filter_traceback as _filter_traceback
    from nn import words as _words

    def __getattr__(name: str) -> typing.Any:
        """An estimator; or the error for a name of another library, with the spelling used here."""
        try:
            if name in _ESTIMATORS:
                found = importlib.import_module("nn.estimators")
                globals().update({own: getattr(found, own) for own in _ESTIMATORS})
                return globals()[name]
            _spellings.unknown("nn", _words.NN, name, sys.modules[__name__], _words.of_autograd)
        except (AttributeError, ImportError) as error:
            _filter_traceback(error)
            raise

    def __dir__() -> list[str]:
        return sorted({*globals(), *_ESTIMATORS})
