"""A GPT that learns names, with every number a scalar: its own small Value, plain Python, nothing else.

    python benchmarks/names_gpt.py [steps]

One block: token and position embeddings, four heads of causal attention, a perceptron with relu, root-mean-square
normalisation, no biases; 4,192 parameters, trained by Adam on one name a step. In the style of Andrej Karpathy's
microgpt, so that its Value can be replaced by any other with data, grad and backward().
"""

# ruff: noqa: B905  # lengths agree by construction, and these are the inner loops

import math
import random
import string
import sys
from itertools import pairwise

NAMES = """
ada adele agnes alan albert alex alice alma amelie amos anna anton arthur august axel beatrix bela ben bertha boris bruno carla
caspar cecil celia chloe clara claude cyril dana daphne david dora edgar edith elena eli elsa emil emma enzo erik esther eva
fabian felix fiona flora frank frida gabriel george gerda greta gustav hannah harvey hazel hector heidi helen hugo ida igor
ines ingrid iris isaac ivan jack jakob jasper joan john jonas josef judith julia jules karl kate kevin kim klara lara lea leo
levi lia lina louis lucas lucy luna lydia magnus marc margot marie martha matteo max maya mia mila mira moritz nadia naomi neil
nick nina noah nora odette olga oliver oscar otto paul paula peter petra philip pia quentin quinn rachel ralph raphael rita robin
rosa ruben rufus ruth sally samuel sara silas simon sofia stella sven tamara theo thomas tim tobias ulrich uma ursula valentin
vera victor viola walter wanda wendy willem xaver xenia yara york yusuf yvonne zach zelda zeno zoe
""".split()  # noqa: SIM905  # two hundred quotes would hide the names
LETTERS = "." + string.ascii_lowercase  # the dot begins and ends a name
WIDTH, HEADS, CONTEXT = 16, 4, 16


class Value:
    """A number that knows its inputs and the local derivative for each."""

    __slots__ = ("data", "grad", "inputs", "partials")

    def __init__(self, data, inputs=(), partials=()):
        self.data = data
        self.grad = 0.0
        self.inputs = inputs
        self.partials = partials

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def __pow__(self, c):
        return Value(self.data**c, (self,), (c * self.data ** (c - 1),))

    def exp(self):
        e = math.exp(self.data)
        return Value(e, (self,), (e,))

    def log(self):
        return Value(math.log(self.data), (self,), (1.0 / self.data,))

    def relu(self):
        return Value(max(0.0, self.data), (self,), (float(self.data > 0.0),))

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + -other

    def __truediv__(self, other):
        return self * other**-1

    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen, stack = [], set(), [(self, False)]
        while stack:
            node, done = stack.pop()
            if done:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((child, False) for child in node.inputs)
        self.grad = 1.0
        for node in reversed(order):
            for child, partial in zip(node.inputs, node.partials):
                child.grad += partial * node.grad


class Model:
    def __init__(self, rng):
        def matrix(rows, columns):
            return [[Value(rng.gauss(0.0, 0.08)) for _ in range(columns)] for _ in range(rows)]

        self.tokens, self.positions = matrix(len(LETTERS), WIDTH), matrix(CONTEXT, WIDTH)
        self.query, self.key, self.value, self.out = (matrix(WIDTH, WIDTH) for _ in range(4))
        self.up, self.down, self.head = matrix(4 * WIDTH, WIDTH), matrix(WIDTH, 4 * WIDTH), matrix(len(LETTERS), WIDTH)

    def parameters(self):
        return [p for matrix in vars(self).values() for row in matrix for p in row]

    def __call__(self, token, position, keys, values):
        """The logits of the next letter; `keys` and `values` are those of the letters so far, and grow by one."""
        x = normalised([t + p for t, p in zip(self.tokens[token], self.positions[position])])
        n = normalised(x)
        keys.append(linear(self.key, n))
        values.append(linear(self.value, n))
        x = [a + b for a, b in zip(x, linear(self.out, attention(linear(self.query, n), keys, values)))]
        hidden = [h.relu() for h in linear(self.up, normalised(x))]
        x = [a + b for a, b in zip(x, linear(self.down, hidden))]
        return linear(self.head, x)


def linear(matrix, x):
    return [sum(w * xi for w, xi in zip(row, x)) for row in matrix]


def normalised(x):
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def softmax(logits):
    largest = max(logit.data for logit in logits)
    exps = [(logit - largest).exp() for logit in logits]
    total = sum(exps)
    return [e / total for e in exps]


def attention(query, keys, values):
    size, mixed = WIDTH // HEADS, []
    for head in range(0, WIDTH, size):
        part = range(head, head + size)
        weights = softmax([sum(query[j] * key[j] for j in part) / size**0.5 for key in keys])
        mixed += [sum(w * value[j] for w, value in zip(weights, values)) for j in part]
    return mixed


def name_loss(model, name):
    """The mean of −log p over the letters of a name and its end."""
    tokens = [LETTERS.index(letter) for letter in f".{name}."][: CONTEXT + 1]
    keys, values, losses = [], [], []
    for position, (token, following) in enumerate(pairwise(tokens)):
        losses.append(-softmax(model(token, position, keys, values))[following].log())
    return sum(losses) / len(losses)


def train(steps, model, rng):
    """Adam with a falling rate; the loss of each step as it is made."""
    names = rng.sample(NAMES, len(NAMES))
    parameters = model.parameters()
    first, second = [0.0] * len(parameters), [0.0] * len(parameters)
    for step in range(steps):
        loss = name_loss(model, names[step % len(names)])
        loss.backward()
        rate = 0.01 * (1 - step / steps)
        for i, p in enumerate(parameters):
            first[i] = 0.9 * first[i] + 0.1 * p.grad
            second[i] = 0.99 * second[i] + 0.01 * p.grad**2
            p.data -= rate * (first[i] / (1 - 0.9 ** (step + 1))) / ((second[i] / (1 - 0.99 ** (step + 1))) ** 0.5 + 1e-8)
            p.grad = 0.0
        yield loss.data


def invented(model, rng):
    """A name that the model makes up."""
    keys, values, name, token = [], [], "", 0
    for position in range(CONTEXT):
        weights = softmax(model(token, position, keys, values))
        (token,) = rng.choices(range(len(LETTERS)), [w.data for w in weights])
        if token == 0:
            break
        name += LETTERS[token]
    return name


def main():
    rng = random.Random(0)  # noqa: S311  # not for secrets
    model = Model(rng)
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    for step, loss in enumerate(train(steps, model, rng)):
        print(f"step {step + 1:4d} of {steps}: loss {loss:.4f}", end="\r")
    print("\n" + " ".join(invented(model, rng) for _ in range(20)))


if __name__ == "__main__":
    main()
