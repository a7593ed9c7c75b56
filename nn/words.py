"""Words of PyTorch, Keras, JAX's libraries and scikit-learn for networks, with the spelling used here: see `autograd.spellings`."""

import autograd
from autograd.spellings import Spelling, keywords

NN = (
    Spelling("Linear Dense", "nn.Layer(2, 3, nonlin=False)", None, "which has no activation"),
    Spelling("Sequential ModuleList ModuleDict Model", "nn.MLP(2, [3, 1])", None,
             "or a class derived from nn.Module, with layers as attributes"),
    Spelling("Parameter ParameterList Param", "Value(0.0)", 0.0, "as an attribute of a Module"),
    *[Spelling(name, f"nn.{ours}(v)", gives) for name, ours, gives in (
        ("ReLU", "relu", 2.0), ("Tanh", "tanh", 0.9640275800758169), ("Sigmoid", "sigmoid", 0.8807970779778823),
        ("LeakyReLU", "leaky_relu", 2.0), ("GELU", "gelu", 1.9544997361036416), ("SiLU swish Swish", "silu", 1.7615941559557646),
        ("Softplus", "softplus", 2.1269280110429727), ("Identity", "identity", 2.0))],
    Spelling("Softmax", "nn.softmax(vs)", (0.2689414213699951, 0.7310585786300049)),
    Spelling("LogSoftmax", "nn.log_softmax(vs)", (-1.3132616875182228, -0.3132616875182228)),
    Spelling("CrossEntropyLoss softmax_cross_entropy softmax_cross_entropy_with_integer_labels "
             "categorical_crossentropy sparse_categorical_crossentropy", "nn.cross_entropy(vs, 0)", 1.3132616875182228,
             "of the logits and the class"),
    Spelling("NLLLoss nll_loss", "nn.negative_log_likelihood(nn.log_softmax(vs), 0)", 1.3132616875182228),
    Spelling("MSELoss mse_loss l2_loss squared_error mean_squared_error", "nn.mse([v], [3.0])", 1.0),
    Spelling("BCELoss binary_crossentropy", "nn.binary_cross_entropy(nn.sigmoid(v), 1.0)", 0.1269280110429725),
    Spelling("RMSprop Adagrad Adadelta Adamax NAdam RAdam LBFGS", "nn.Adam(model.parameters(), lr=0.01)"),
    Spelling("DataLoader TensorDataset Dataset Trainer compile",
             "nn.fit(model, X, t, optimizer=optimizer, epochs=1, batch_size=1, progress=False)"),
    Spelling("BCEWithLogitsLoss binary_cross_entropy_with_logits sigmoid_binary_cross_entropy",
             "nn.cross_entropy([0.0, v], 1)", 0.1269280110429727, "of a logit v and the class 1 or 0"),
    Spelling("L1Loss l1_loss", "abs(v - 3.0)", 1.0),
    Spelling("SmoothL1Loss HuberLoss huber_loss smooth_l1_loss",
             "autograd.where(abs(v) < 1.0, 0.5 * v**2, abs(v) - 0.5)", 1.5, "of a difference v"),
    Spelling("KLDivLoss kl_div", "nn.categorical_cross_entropy([0.25, 0.75], [0.5, 0.5])", 0.8369882167858358,
             "less the entropy of the target"),
    Spelling("HingeEmbeddingLoss hinge_loss", "nn.hinge(v, 1)", 0.0),
    Spelling("ELU SELU Mish Hardtanh elu selu mish hardtanh",
             "autograd.maximum(v, 0.0) + autograd.expm1(autograd.minimum(v, 0.0))", 2.0,
             "which is elu; others likewise"),
    Spelling("log_sigmoid logsigmoid LogSigmoid", "-nn.softplus(-v)", -0.1269280110429725),
    Spelling("relu6 ReLU6", "v.clip(0.0, 6.0)", 2.0),
    Spelling("F", "nn.softmax(vs)", (0.2689414213699951, 0.7310585786300049), "since the functions are in nn itself"),
    Spelling("init xavier_uniform_ xavier_uniform glorot_uniform", "nn.MLP(2, [3, 1], init=nn.xavier(seed=0))"),
    Spelling("kaiming_normal_ kaiming_normal he_normal", "nn.MLP(2, [3, 1], init=nn.he(seed=0))"),
    Spelling("lr_scheduler StepLR", "nn.SGD(model.parameters(), lr=nn.step_decay(0.1, 10, 0.5))"),
    Spelling("CosineAnnealingLR CosineDecay cosine_decay_schedule",
             "nn.SGD(model.parameters(), lr=nn.cosine(0.1, 100))"),
    Spelling("ExponentialLR ExponentialDecay exponential_decay",
             "nn.SGD(model.parameters(), lr=nn.exponential(0.1, 0.9))"),
    Spelling("LambdaLR ReduceLROnPlateau", "nn.SGD(model.parameters(), lr=lambda step: 0.1 / (1 + step))"),
    Spelling("Momentum", "nn.SGD(model.parameters(), lr=0.1, momentum=0.9)"),
    Spelling("clip_grad_norm_ clip_grad_norm clip_by_global_norm",
             "autograd.norm([p.grad for p in model.parameters()])", 0.0, "by which to divide each p.grad"),
    Spelling("accuracy_score", "nn.accuracy(model, X, t)"),
    Spelling("random_split train_test_split", "X[:1], X[1:]", None, "or scikit-learn's train_test_split"),
    Spelling("Dropout dropout BatchNorm1d LayerNorm Conv1d Conv2d MaxPool2d Flatten Embedding RNN LSTM GRU "
             "MultiheadAttention Transformer linen compact", "nn.Module", None,
             "of which you derive a class with a forward that computes it"),
)  # fmt: skip

MODULE = (
    Spelling("fit compile partial_fit fit_transform train_step train_on_batch backward",
             "nn.fit(model, X, t, optimizer=optimizer, epochs=1, progress=False)"),
    Spelling("predict predict_proba decision_function transform", "nn.predict(model, X)"),
    Spelling("score evaluate", "nn.accuracy(model, X, t)"),
    Spelling("train eval training apply build", "model([0.0, 1.0])", None, "since there are no modes to set"),
    Spelling("to cpu cuda double float half device dtype", "model.parameters()[0].data", None,
             "a Python float already"),
    Spelling("coef_ intercept_ coefs_ intercepts_ weight bias weights get_weights w b params get_params",
             "model.state_dict()"),
    Spelling("summary modules named_modules children named_children", "model.named_parameters()", None,
             "or autograd.draw(model)"),
    Spelling("trainable_variables trainable_weights variables", "model.parameters()"),
    Spelling("requires_grad_ requires_grad freeze stop_gradient", "model.frozen()", None,
             "a copy whose parameters are plain numbers"),
    Spelling("set_weights set_params load_weights", "model.load_state_dict(model.state_dict())"),
    Spelling("count_params num_parameters", "len(model.parameters())", 6),
    Spelling("copy clone", "copy.deepcopy(model)"),
    Spelling("add_module register_parameter register_buffer", "setattr(model, 'shift', Value(0.0))", None,
             "that is, model.shift = Value(0.0)"),
    Spelling("loss_ n_iter_ classes_ history",
             "nn.fit(model, X, t, optimizer=optimizer, epochs=1, progress=False).loss", None,
             "of the history that fit returns"),
)  # fmt: skip

OPTIMIZER = (
    Spelling("param_groups params", "optimizer.parameters"),
    Spelling("learning_rate get_lr defaults", "optimizer.lr", 0.1),
    Spelling("minimize apply_gradients", "optimizer.step()", None, "after loss.backward()"),
    Spelling("state_dict", "optimizer.state()"),
    Spelling("load_state_dict", "optimizer.restore(optimizer.state())"),
    Spelling("add_param_group init", "nn.SGD([*optimizer.parameters, v], lr=0.1)", None, "a new optimizer"),
)  # fmt: skip

HISTORY = (
    Spelling("losses history loss_curve_", "history.loss", None, "a list with an entry for each epoch"),
    Spelling("val_loss validation_losses", "history.validation_loss"),
    Spelling("acc accuracies", "history.accuracy"),
    Spelling("val_accuracy val_acc", "history.validation_accuracy"),
    Spelling("epoch epochs", "len(history.loss)", 1),
    Spelling("plot", "history.loss", None, "which plot.history(history) draws, after from nn import plot"),
)  # fmt: skip

FIT = (
    Spelling("n_epochs num_epochs max_iter steps",
             "nn.fit(model, X, t, optimizer=optimizer, epochs=1, progress=False)"),
    Spelling("batch", "nn.fit(model, X, t, optimizer=optimizer, epochs=1, batch_size=1, progress=False)"),
    Spelling("lr learning_rate",
             "nn.fit(model, X, t, optimizer=nn.SGD(model.parameters(), lr=0.1), epochs=1, progress=False)"),
    Spelling("verbose", "nn.fit(model, X, t, optimizer=optimizer, epochs=1, progress=False)"),
    Spelling("criterion loss_fn objective",
             "nn.fit(model, X, t, optimizer=optimizer, loss=nn.cross_entropy, epochs=1, progress=False)"),
    Spelling("validation_data val_data validation_split eval_set",
             "nn.fit(model, X, t, optimizer=optimizer, epochs=1, validation=(X, t), progress=False)"),
    Spelling("random_state rng", "nn.fit(model, X, t, optimizer=optimizer, epochs=1, seed=0, progress=False)"),
    Spelling("shuffle callbacks sample_weight class_weight metrics",
             "nn.fit(model, X, t, optimizer=optimizer, epochs=1, progress=False)", None,
             "which shuffles in each epoch and returns a history"),
)  # fmt: skip

OF_OPTIMIZERS = (
    Spelling("learning_rate eta", "nn.SGD(model.parameters(), lr=0.1)"),
    Spelling("params", "nn.SGD(model.parameters(), lr=0.1)", None, "the parameters by position"),
    Spelling("beta1 beta_1 b1 beta2 beta_2 b2", "nn.Adam(model.parameters(), lr=0.01, betas=(0.9, 0.999))"),
    Spelling("epsilon", "nn.Adam(model.parameters(), lr=0.01, eps=1e-8)"),
    Spelling("dampening amsgrad maximize foreach fused clipnorm", "nn.SGD(model.parameters(), lr=0.1)", None,
             "which has no such setting"),
)  # fmt: skip

OF_LOSSES = (
    Spelling("dim axis", "nn.softmax([[1.0, 2.0], [3.0, 4.0]])", None, "since samples are rows"),
    Spelling("reduce size_average", "nn.cross_entropy([[1.0, 2.0]], [0], reduction='sum')", 1.3132616875182228),
    Spelling("from_logits", "nn.cross_entropy(vs, 0)", 1.3132616875182228,
             "of logits, and nn.categorical_cross_entropy of probabilities"),
    Spelling("num_classes n_classes depth", "nn.one_hot(0, 2)", (1.0, 0.0),
             "the number of classes by position, or as classes="),
    Spelling("weight label_smoothing ignore_index pos_weight", "nn.cross_entropy(vs, [0.9, 0.1])", 1.213261687518223,
             "with the target as a distribution"),
    Spelling("y_pred y_true y input labels", "nn.cross_entropy(vs, 0)", 1.3132616875182228,
             "outputs and targets by position"),
)  # fmt: skip

OF_NETWORKS = (
    Spelling("in_features n_in input_dim input_size", "nn.MLP(2, [3, 1])", None,
             "the number of inputs, then those of the outputs of the layers"),
    Spelling("hidden_layer_sizes hidden_sizes layer_sizes units out_features n_out sizes", "nn.MLP(2, [3, 1])", None,
             "the number of inputs, then those of the outputs of the layers"),
    Spelling("bias", "nn.MLP(2, [3, 1])", None, "in which each neuron has a bias"),
    Spelling("seed random_state kernel_initializer", "nn.MLP(2, [3, 1], init=nn.xavier(seed=0))"),
)  # fmt: skip

keywords("fit", FIT)
keywords("SGD Adam AdamW Optimizer", OF_OPTIMIZERS)
keywords(
    "softmax log_softmax hardmax one_hot cross_entropy categorical_cross_entropy negative_log_likelihood mse hinge binary_cross_entropy",
    OF_LOSSES,
)
keywords("MLP Layer Neuron", OF_NETWORKS)


def of_autograd(name: str) -> str | None:
    """What to write for a public name of `autograd`."""
    return f"write autograd.{name}" if name in {*autograd.__all__, *autograd.TABLE} else None
