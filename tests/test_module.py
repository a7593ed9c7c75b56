"""Module, Neuron, Layer, MLP: the parameters they find, the state they save, the weights they draw."""

import collections
import copy
import errno
import itertools
import json
import math
import os
import pickle
import random
import struct

import numpy as np
import pytest

import autograd
import nn
from autograd import Value, context
from autograd.errors import AutogradError, FileError, LengthError, NumberError, OperationError, PathNotFoundError, RangeError, StateError
from nn import MLP, Layer, Module, Neuron


class Everything(Module):
    """Parameters in every place where they are found, and objects that are not parameters."""

    def __init__(self):
        self.scale = Value(1.0)
        self.title = "a string"
        self.rows = [[Value(2.0), Value(3.0)], (Value(4.0),)]
        self.inner = Neuron(1)
        self.table = {"x": Value(5.0), "deep": {"y": Value(6.0)}}
        self.array = np.array([[Value(7.0)], [Value(8.0)]])
        self.numbers = np.ones((2, 2))
        self.shared = self.scale
        self.again = self.inner
        self.computed = self.scale * 2.0
        self.parent = self

    def forward(self, x):
        return self.inner([x * self.scale])


NAMES = [
    "scale", "rows.0.0", "rows.0.1", "rows.1.0", "inner.w.0", "inner.b", "table.x", "table.deep.y", "array.0.0", "array.1.0",
]  # fmt: skip


def test_parameters_are_found_in_the_order_of_definition_and_each_once():
    module = Everything()
    assert [name for name, _ in module.named_parameters()] == NAMES
    assert module.parameters() == [p for _, p in module.named_parameters()]
    assert module.parameters()[1].data == 2.0
    assert list(module.state_dict()) == NAMES


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ({"table": {1: Value(1.0), "1": Value(2.0)}}, "table.1"),
        ({"table": {"a.b": Value(1.0), "a": {"b": Value(2.0)}}}, "table.a.b"),
        ({"a": [Value(1.0)], "a.0": Value(2.0)}, "a.0"),
    ],
)
def test_two_parameters_of_one_name_are_refused(attributes, name, tmp_path):
    module = Module()
    vars(module).update(attributes)
    for act in (module.named_parameters, module.parameters, module.state_dict, lambda: module.save(tmp_path / "x")):
        with pytest.raises(
            StateError, match=rf"two parameters of Module have the name '{name}', expected one for each: give .*other names"
        ):
            act()
    assert not list(tmp_path.iterdir())


def test_the_depth_of_a_collection_is_no_matter():
    class Deep(Module):
        def __init__(self):
            self.w = Value(3.0)
            for _ in range(5000):
                self.w = [self.w]

    (name, w), = Deep().named_parameters()  # fmt: skip
    assert w.data == 3.0
    assert name == "w" + ".0" * 5000


def test_a_collection_that_contains_itself_is_walked_once():
    module, items, table, array = Module(), [Value(1.0)], {"x": Value(2.0)}, np.array([None, Value(3.0)])
    items.append(items)
    table["self"], array[0] = table, array
    module.items, module.table, module.array, module.again = items, table, array, items
    assert module.state_dict() == {"items.0": 1.0, "table.x": 2.0, "array.1": 3.0}


def test_many_arrays_give_all_their_parameters():
    module = Module()
    for i in range(200):
        setattr(module, f"a{i}", np.array([[Value(i)], [Value(-i)]]))
    module.alone = np.array(Value(7.0))
    assert len(module.parameters()) == 401
    assert module.named_parameters()[-1] == ("alone", module.alone[()])


def test_a_call_passes_keywords_on():
    class Scaled(Module):
        def forward(self, x, *, by=1.0):
            return x * by

    assert Scaled()(2.0, by=3.0) == 6.0


def test_names_of_an_mlp():
    names = [name for name, _ in MLP(2, [2, 1]).named_parameters()]
    assert names[:3] == ["layers.0.neurons.0.w.0", "layers.0.neurons.0.w.1", "layers.0.neurons.0.b"]
    assert names[-1] == "layers.1.neurons.0.b"


def test_zero_grad():
    model = MLP(2, [3, 1])
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert all(p.grad == 0.0 for p in model.parameters())


def test_a_module_without_forward_says_what_to_define():
    with pytest.raises(NotImplementedError, match="Module has no forward: define forward"):
        Module()(1.0)


class Net(Module):
    def __init__(self):
        self.hidden = Layer(2, 2)
        self.heads = {"left": Neuron(2), "right": Neuron(2)}
        self.blocks = [Neuron(2), Neuron(2)]
        self.bias = Neuron(2, activation=None)

    def forward(self, x):
        h = self.hidden(x)
        return autograd.sum([m(h) for m in (*self.heads.values(), *self.blocks, self.bias)])


def test_scopes_are_named_after_the_attributes_that_hold_the_modules():
    paths = {context.scope_path(v.scope) for v in autograd.graph.order(Net()([1.0, 2.0])) if v.op is not None}
    hidden = {("net", "hidden", f"neuron{i}") for i in range(2)}
    assert paths == {("net",), *hidden, ("net", "left"), ("net", "right"), ("net", "block0"), ("net", "block1"), ("net", "bias")}


def test_the_scope_ends_with_the_call():
    assert (Neuron(1)([1.0]) + 1.0).scope == Value(1.0).scope == 0
    with pytest.raises(LengthError):
        Neuron(1)([1.0, 2.0])
    assert Value(1.0).scope == 0


class Old(nn.Module):
    """A module as it is written for micrograd."""

    def __init__(self):
        self.w = [Value(0.5), Value(-1.0)]
        self.scratch = Value(3.0)

    def __call__(self, x):
        return sum(wi * xi for wi, xi in zip(self.w, x, strict=True))

    def parameters(self):
        return self.w


def test_subclasses_may_override_call_and_parameters():
    old = Old()
    old([1.0, 2.0]).backward()
    assert [p.grad for p in old.parameters()] == [1.0, 2.0]
    old.scratch.grad = 9.0
    old.zero_grad()
    assert [old.w[0].grad, old.w[1].grad, old.scratch.grad] == [0.0, 0.0, 9.0]


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_module_is_copied_and_pickled(duplicate):
    model = MLP(2, [3, 1], activation=nn.tanh)
    twin = duplicate(model)
    assert twin.state_dict() == model.state_dict()
    assert twin([1.0, 2.0]).data == model([1.0, 2.0]).data
    assert not set(twin.parameters()) & set(model.parameters())


# State.

ODD = [0.1, -0.0, 5e-324, 1.7976931348623157e308, math.inf, -math.inf, math.nan, math.pi, 1e23]


class Numbers(Module):
    def __init__(self, numbers):
        self.numbers = [Value(x) for x in numbers]


def bits(module):
    return [struct.pack("d", p.data) for p in module.parameters()]


def test_saving_and_loading_keeps_every_bit(tmp_path):
    rng = np.random.default_rng(0)
    module = Numbers(ODD + rng.normal(0, 1, 1000).tolist() + np.exp(rng.uniform(-700, 700, 1000)).tolist())
    module.save(tmp_path / "state.json")
    loaded = Numbers([0.0] * len(module.numbers))
    loaded.load(str(tmp_path / "state.json"))
    assert bits(loaded) == bits(module)
    assert os.listdir(tmp_path) == ["state.json"]  # noqa: PTH208  # names are what is meant


def test_state_dict_round_trip():
    a, b = MLP(2, [3, 2]), MLP(2, [3, 2])
    assert a.state_dict() != b.state_dict()
    b.load_state_dict(a.state_dict())
    assert a.state_dict() == b.state_dict()


def test_a_state_may_hold_numbers_of_any_kind():
    module = Numbers([0.0, 0.0])
    module.load_state_dict({"numbers.0": np.float32(0.5), "numbers.1": 2})
    assert module.state_dict() == {"numbers.0": 0.5, "numbers.1": 2.0}


WRONG_STATES = [
    ({"numbers.0": 1.0}, ["1 numbers", "2 parameters", "missing: numbers.1", "sizes"]),
    ({"numbers.0": 1.0, "numbers.1": 2.0, "b": 0.0}, ["3 numbers", "2 parameters", "unknown: b", "sizes"]),
    ({f"w.{i}": 0.0 for i in range(9)}, ["missing: numbers.0, numbers.1;", "unknown: w.0, w.1, w.2 … (9 in all)"]),
    ({"numbers.0": 1.0, "numbers.1": "2"}, ["one number for each name", "the string '2'"]),
    ({"numbers.0": 1.0, "numbers.1": [2.0]}, ["one number for each name", "a list of 1"]),
    ({"numbers.0": 1.0, "numbers.1": True}, ["one number for each name", "got True"]),
    ({"numbers.0": 1.0, "numbers.1": None}, ["one number for each name", "None"]),
]


@pytest.mark.parametrize(("state", "parts"), WRONG_STATES)
@pytest.mark.parametrize("through_a_file", [False, True])
def test_a_state_that_does_not_fit_changes_nothing(state, parts, through_a_file, tmp_path):
    module, path = Numbers([7.0, 8.0]), tmp_path / "state.json"
    path.write_text(json.dumps({"format": "valuegrad state", "version": 1, "parameters": state}))
    with pytest.raises(StateError) as caught:
        module.load(path) if through_a_file else module.load_state_dict(state)
    assert all(part in str(caught.value) for part in [*parts, *["state.json"] * through_a_file]), caught.value
    assert [p.data for p in module.parameters()] == [7.0, 8.0]


@pytest.mark.parametrize("state", [None, "state.json", [1.0, 2.0]])
def test_a_state_is_a_mapping(state):
    with pytest.raises(StateError, match=f"got a state of type {type(state).__name__}, expected names .* for a file use load"):
        Numbers([1.0]).load_state_dict(state)


def test_the_state_of_another_shape_is_refused(tmp_path):
    MLP(2, [4, 1]).save(tmp_path / "mlp.json")
    with pytest.raises(StateError, match=r"the state has 17 numbers, MLP has 33 parameters; missing: layers.0.neurons.4.w.0, .*sizes"):
        MLP(2, [8, 1]).load(tmp_path / "mlp.json")


def test_a_file_cut_anywhere_is_refused_and_changes_nothing(tmp_path):
    module, path = Numbers([0.25, -3.5]), tmp_path / "state.json"
    module.save(path)
    whole = path.read_bytes()
    other = Numbers([7.0, 8.0])
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(
            StateError, match=r"state\.json': it is not JSON as save writes it: .*; the file is damaged or cut short, save it again"
        ):
            other.load(path)
    assert [p.data for p in other.parameters()] == [7.0, 8.0]


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (b"\x80\x04\x95 not text", ["is not JSON", "damaged"]),
        (b"[" * 100_000, ["is not JSON", "damaged"]),
        (b"[]", ["holds no state", "Module.save"]),
        (b"{}", ["holds no state", "Module.save"]),
        (b'{"format": "valuegrad state", "version": 1, "parameters": [1]}', ["holds no state", "Module.save"]),
        (b'{"format": "other", "version": 1, "parameters": {}}', ["holds no state", "Module.save"]),
        (b'{"format": "valuegrad state", "version": true, "parameters": {"numbers.0": 1.0}}', ["holds no state", "Module.save"]),
        (b'{"format": "valuegrad state", "version": 1, "parameters": {"numbers.0": 1e999}}', ["the number 1e999", "save it again"]),
        (
            b'{"format": "valuegrad state", "version": 1, "parameters": {"numbers.0": 1.0, "numbers.0": 2.0}}',
            ["the name 'numbers.0' comes twice", "save it again"],
        ),
        (b'{"format": "valuegrad state", "version": 3, "parameters": {}}', ["version 3", "expected 2", "the release that saved it"]),
    ],
)
def test_a_file_of_another_kind_is_refused(content, parts, tmp_path):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(StateError) as caught:
        Numbers([1.0]).load(tmp_path / "x")
    assert all(part in str(caught.value) for part in parts), caught.value


def test_a_missing_folder_or_file(tmp_path):
    module = Numbers([1.0])
    with pytest.raises(PathNotFoundError, match=r"cannot save .*there is no folder .*make it first"):
        module.save(tmp_path / "missing" / "state.json")
    with pytest.raises(FileNotFoundError, match=r"cannot load .*there is no such file"):
        module.load(tmp_path / "state.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [".", "", "..", "/", "inner"])
def test_a_folder_is_no_file_to_save_to(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inner").mkdir()
    with pytest.raises(RangeError, match=r"cannot save '.*': it is a folder; give the name of a file in it"):
        Numbers([1.0]).save(path)
    with pytest.raises(PathNotFoundError, match=r"cannot load '.*': there is no such file"):
        Numbers([1.0]).load(path)
    assert [p.name for p in tmp_path.rglob("*")] == ["inner"]


def test_a_failed_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    module, path = Numbers([1.0]), tmp_path / "state.json"
    module.save(path)
    before = path.read_bytes()

    def disk_full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", disk_full)
    with pytest.raises(FileError, match="No space left on device; nothing was changed"):
        Numbers([2.0]).save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# Neuron, Layer, MLP.


@pytest.mark.parametrize(
    ("module", "text"),
    [
        (Neuron(3), "ReLUNeuron(3)"),
        (Neuron(2, nonlin=False), "LinearNeuron(2)"),
        (Neuron(2, activation=nn.tanh), "TanhNeuron(2)"),
        (Neuron(2, activation=nn.leaky_relu), "LeakyReluNeuron(2)"),
        (Layer(1, 2, nonlin=False), "Layer of [LinearNeuron(1), LinearNeuron(1)]"),
        (MLP(1, [1, 1]), "MLP of [Layer of [ReLUNeuron(1)], Layer of [LinearNeuron(1)]]"),
    ],
)
def test_repr(module, text):
    assert repr(module) == text


@pytest.mark.parametrize("activation", [nn.relu, nn.leaky_relu, nn.sigmoid, nn.tanh, nn.softplus, nn.identity, lambda v: v * v])
@pytest.mark.parametrize("nonlin", [True, False])
def test_a_neuron_is_a_dot_product_a_bias_and_an_activation(activation, nonlin):
    neuron = Neuron(2, nonlin, activation=activation)
    neuron.b.data = 0.125
    x = [0.5, -2.0]
    s = neuron.w[0].data * x[0] + neuron.w[1].data * x[1] + neuron.b.data
    out = neuron(x)
    assert out.data == pytest.approx(float(activation(s)) if nonlin else s, rel=1e-15)
    linear = Neuron(2, nonlin=False)(x)
    assert (linear.op, linear.args[0].op) == (autograd.add, autograd.dot)


def test_the_last_layer_of_an_mlp_is_linear():
    model = MLP(2, [3, 2], activation=nn.tanh)
    assert [[n.activation for n in layer.neurons] for layer in model.layers] == [[nn.tanh] * 3, [nn.identity] * 2]


def test_one_output_is_a_value_several_are_a_list():
    assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
    out = MLP(2, [3, 2])([1.0, 2.0])
    assert [type(v) for v in out] == [Value, Value]


@pytest.mark.parametrize(
    "x", [(1.0, -2.0), [1, -2], np.array([1.0, -2.0]), np.array([1, -2]), iter([1.0, -2.0]), [Value(1.0), Value(-2.0)]]
)
def test_forms_of_input(x):
    random.seed(3)
    model = MLP(2, [3, 2])
    expected = [v.data for v in model([1.0, -2.0])]
    assert [v.data for v in model(x)] == expected


def test_a_single_number_is_a_sequence_of_one():
    model = MLP(1, [1, 3])
    assert [v.data for v in model(0.5)] == [v.data for v in model([0.5])]
    assert model.layers[1].neurons[0](Value(2.0)).data == model.layers[1].neurons[0]([2.0]).data


@pytest.mark.parametrize(
    ("module", "x", "parts"),
    [
        (MLP(2, [3, 1]), [1.0, 2.0, 3.0], ["mlp takes 2 numbers", "got 3", "[1.0, 2.0, 3.0]", "one number for each input"]),
        (MLP(2, [3, 1]), 1.0, ["mlp takes 2 numbers", "got 1"]),
        (Layer(3, 2), [1.0], ["layer takes 3 numbers", "got 1", "[1.0]"]),
        (
            MLP(2, [3, 1]),
            [[1.0, 2.0], [3.0, 4.0]],
            ["mlp takes one sample of 2 numbers", "a batch of 2", "[model(x) for x in X]", "nn.predict"],
        ),
        (MLP(2, [1]), np.ones((5, 2)), ["one sample of 2 numbers", "a batch of 5"]),
        (Layer(1, 2), [(1.0,)], ["layer takes one sample of 1 numbers", "a batch of 1"]),
        (Neuron(1), [], ["neuron takes 1 numbers", "got 0"]),
    ],
)
def test_input_of_another_length(module, x, parts):
    with pytest.raises(LengthError) as caught:
        module(x)
    assert all(part in str(caught.value) for part in parts), caught.value


@pytest.mark.parametrize(
    ("make", "error", "parts"),
    [
        (lambda: MLP(0, [1]), RangeError, ["nin=0", "positive int"]),
        (lambda: MLP(2, [3, -1]), RangeError, ["nout=-1", "positive int"]),
        (lambda: MLP(2, []), RangeError, ["nouts=[]", "[16, 16, 1]"]),
        (lambda: MLP(2, 1), RangeError, ["nouts=1", "[16, 16, 1]"]),
        (lambda: Layer(2, 2.0), RangeError, ["nout=2.0", "positive int"]),
        (lambda: Neuron("2"), RangeError, ["nin='2'", "positive int"]),
        (lambda: Neuron(2, activation="tanh"), TypeError, ["activation='tanh'", "a function", "nn.tanh"]),
        (lambda: MLP(nin=True, nouts=[1]), RangeError, ["nin=True", "positive int"]),
        (lambda: Neuron(2, init=nn.he), TypeError, ["init=he", "such as what nn.he(seed=1) gives"]),
        (lambda: Neuron(2, np.ones(2)), TypeError, ["nonlin=array([1., 1.])", "True or False"]),
        (lambda: Layer(2, 2, init=nn.uniform), TypeError, ["init=uniform", "such as what nn.he(seed=1) gives"]),
        (lambda: MLP(2, [2], init="he"), TypeError, ["init='he'", "such as what nn.he(seed=1) gives"]),
        (lambda: nn.xavier(seed=[1]), NumberError, ["seed=[1]", "an int"]),
        (lambda: Neuron(2)(["a", 1.0]), NumberError, ["the string 'a'"]),
    ],
)
def test_one_sentence_for_each_wrong_call(make, error, parts):
    with pytest.raises(error) as caught:
        make()
    assert all(part in str(caught.value) for part in parts), caught.value
    assert isinstance(caught.value, AutogradError | TypeError)


def test_sizes_may_be_numpy_integers():
    assert len(MLP(np.int64(2), [np.int64(3)]).parameters()) == 9


# Weights.


def test_the_default_weights_are_those_of_the_global_generator_in_order():
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    random.seed(1337)
    for neuron in itertools.chain.from_iterable(layer.neurons for layer in model.layers):
        assert [w.data for w in neuron.w] == [random.uniform(-1, 1) for _ in neuron.w]  # noqa: S311  # the generator in question
        assert neuron.b.data == 0.0


@pytest.mark.parametrize("init", [lambda s: nn.uniform(-0.1, 0.1, seed=s), nn.xavier, nn.he])
def test_a_seed_fixes_the_weights_and_leaves_the_global_generator_alone(init):
    state = random.getstate()
    one, two, other = (MLP(3, [4, 2], init=init(seed)).state_dict() for seed in (5, 5, 6))
    assert one == two != other
    assert random.getstate() == state


@pytest.mark.parametrize(
    ("init", "mean_square", "limit"),
    [
        (nn.uniform(-0.5, 0.5, seed=1), 0.25 / 3, 0.5),
        (nn.xavier(seed=1), 2 / (20 + 30), math.sqrt(6 / (20 + 30))),
        (nn.he(seed=1), 2 / 20, math.inf),
    ],
)
def test_the_distribution_of_the_weights(init, mean_square, limit):
    weights = np.array([[w.data for w in n.w] for _ in range(40) for n in Layer(20, 30, init=init).neurons]).ravel()
    n = weights.size
    assert abs(weights).max() <= limit
    # Five standard errors; the kurtosis of a square is at most 2 (a normal's).
    assert abs(weights.mean()) <= 5 * math.sqrt(mean_square / n)
    assert abs((weights**2).mean() - mean_square) <= 5 * mean_square * math.sqrt(2 / n)


def test_an_init_of_ones_own_is_called_with_the_sizes():
    calls = []
    counter = itertools.count()
    model = MLP(2, [3, 1], init=lambda nin, nout: calls.append((nin, nout)) or next(counter))
    assert calls == [(2, 3)] * 6 + [(3, 1)] * 3
    assert [w.data for w in model.layers[1].neurons[0].w] == [6.0, 7.0, 8.0]


# What operations made where a parameter is meant.

COMPUTED = {
    "itself": lambda: Value(1.0) * 0.1,
    "list": lambda: [Value(3.0), Value(1.0) * 0.1],
    "tuple": lambda: (Value(1.0) * 0.1,),
    "dict": lambda: {"a": Value(1.0) * 0.1},
    "nested": lambda: [{"a": ([Value(1.0) * 0.1],)}],
    "array": lambda: np.array([[Value(1.0), Value(1.0) * 0.1]]),
    "array without axes": lambda: np.array(Value(1.0) * 0.1),
    "deque": lambda: collections.deque([Value(1.0) * 0.1]),
    "OrderedDict": lambda: collections.OrderedDict(a=Value(1.0) * 0.1),
    "UserList": lambda: collections.UserList([Value(1.0) * 0.1]),
    "values of a dict": lambda: {"a": Value(1.0) * 0.1}.values(),  # noqa: PLW0108  # each time anew
    "by an operation": lambda: [autograd.exp(Value(1.0))],
    "of a jitted function": lambda: autograd.jit(lambda x: x * x)(Value(2.0)),
    "in a scope": lambda: in_a_scope(lambda: [Value(1.0) * 0.1]),
    "submodule": lambda: Holder([Value(1.0) * 0.1]),
    "submodules": lambda: [{"a": Holder(Value(1.0) * 0.1)}],
}


def in_a_scope(make):
    with autograd.scope("init"):
        return make()


class Holder(Module):
    """A module with what is given beside a parameter."""

    def __init__(self, w):
        self.w = w
        self.b = Value(0.5)

    def forward(self, x):
        return x[0] * self.b


@pytest.mark.parametrize("make", COMPUTED.values(), ids=COMPUTED)
@pytest.mark.parametrize("late", [False, True], ids=["in __init__", "later"])
def test_what_was_computed_is_no_parameter(make, late, tmp_path):
    model = Holder(None if late else make())
    if late:
        setattr(model, "w", make())  # noqa: B010  # as a person may write it
    optimizer = nn.SGD([model.b], lr=0.1)
    uses = {
        "parameters": model.parameters,
        "zero_grad": model.zero_grad,
        "state_dict": model.state_dict,
        "save": lambda: model.save(tmp_path / "model.json"),
        "optimizer": lambda: nn.SGD(model.parameters(), lr=0.1),
        "fit": lambda: nn.fit(model, [[1.0]], [2.0], optimizer=optimizer, loss=nn.mse, progress=False),
    }
    for use in uses.values():
        with pytest.raises(NumberError, match=r"got Value\(.* as w.* of Holder: it is the result of .+, expected a leaf Value"):
            use()
    assert (model.b.data, optimizer.steps, list(tmp_path.iterdir())) == (0.5, 0, [])


def test_what_is_put_into_a_list_later_is_seen():
    model = Holder([Value(1.0)])
    model.w.append(Value(1.0) * 0.1)
    with pytest.raises(NumberError, match=r"as w\.1 of Holder: it is the result of mul"):
        model.parameters()
    model.w[1] = Value(1.0 * 0.1)
    assert model.state_dict() == {"w.0": 1.0, "w.1": 0.1, "b": 0.5}


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_has_no_order_for_parameters(kind):
    with pytest.raises(OperationError, match=r"got the set .* as w, expected parameters in an order: put them in a list, list\(w\)"):
        Holder(kind([Value(1.0)])).parameters()
    assert len(Holder(kind(["a", 1.0])).parameters()) == 1


@pytest.mark.parametrize(
    "make",
    [collections.deque, collections.UserList, lambda w: dict(enumerate(w)).values(), lambda w: collections.OrderedDict(enumerate(w))],
)
def test_parameters_in_any_ordered_collection(make):
    assert Holder(make([Value(1.0), Value(2.0)])).state_dict() == {"w.0": 1.0, "w.1": 2.0, "b": 0.5}


def test_a_class_holds_no_parameters():
    for held in (Value(1.0), [Value(1.0)], {"a": Neuron(1)}):
        with pytest.raises(OperationError, match=r"the class Shared holds the Value w.*set it as an attribute of the instance"):
            type("Shared", (Module,), {"w": held})


class Keeps(Module):
    """Modules that keep what they computed, as lessons do, to look at it."""

    def __init__(self):
        self.neurons = [Neuron(1, init=lambda _nin, _nout: 0.5), Neuron(1, init=lambda _nin, _nout: 0.25)]
        self.act = Act()
        self.seen = []

    def forward(self, x):
        self.hidden = [n(x) for n in self.neurons]
        self.out = self.act(self.hidden)
        self.seen.append(self.out)
        return self.out


class Act(Module):
    """A layer without parameters."""

    def forward(self, h):
        self.given, self.out = h, autograd.tanh(autograd.sum(h))
        return self.out


@pytest.mark.parametrize("x", [1.0, Value(1.0)], ids=["float", "Value"])
def test_what_a_module_computed_may_be_kept(x):
    model = Keeps()
    names = list(model.state_dict())
    loss = model([x]) ** 2.0
    model.loss = loss
    assert list(model.state_dict()) == names == ["neurons.0.w.0", "neurons.0.b", "neurons.1.w.0", "neurons.1.b"]
    assert model.act.parameters() == []
    loss.backward()
    assert all(p.grad for p in model.parameters())


def test_a_model_that_keeps_what_it_computed_is_trained():
    model = Keeps()
    before = model.state_dict()
    nn.fit(model, [[1.0], [2.0]], [0.5, 0.7], optimizer=nn.SGD(model.parameters(), lr=0.1), loss=nn.mse, progress=False)
    assert model.state_dict().keys() == before.keys()
    assert model.state_dict() != before


def test_modules_and_collections_at_any_depth():
    outer = inner = Module()
    for i in range(10_000):
        new = Module()
        inner.held = {"in": [new]} if i % 2 else (new,)
        inner = new
    inner.held, inner.back = Value(2.0), outer
    ((name, p),) = outer.named_parameters()
    assert p is inner.held
    assert name.startswith("held.0.held.in.0.held.0.")
    assert name.count("held") == 10_001
    outer.load_state_dict({name: 3.0})
    assert p.data == 3.0
