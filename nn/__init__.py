"""Neural networks on `autograd`: softmax and losses, modules, optimisers, training."""

from nn.functional import binary_cross_entropy as binary_cross_entropy
from nn.functional import categorical_cross_entropy as categorical_cross_entropy
from nn.functional import cross_entropy as cross_entropy
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
