"""Wrong uses, of which type checkers refuse each line that is marked, and no other. It is not run."""
# pyright: standard

import json
import math

import numpy as np
from numpy.typing import NDArray

import autograd
import nn
from autograd import Value, dot, exp, grad, hvp, jit, jvp, logsumexp, maximum, value_and_grad, vjp, vmap, where

v, w = Value(2.0), Value(3.0)
x = np.array([1.0, 2.0])

# Values.

Value("2")  # wrong
Value(None)  # wrong
Value([1.0])  # wrong
Value(1j)  # wrong
Value(v)  # wrong
Value(2.0, 3.0)  # wrong
v.data = "3"  # wrong
v.grad = None  # wrong
v.label = 3  # wrong
v.op = None  # wrong
v.backward("1")  # wrong
v.backward(retain_graph=True)  # wrong
v.item()  # wrong
v.detach()  # wrong
v.mean()  # wrong
v.clamp(0.0, 1.0)  # wrong
v.clip(0.0)  # wrong
v.exp(1.0)  # wrong
v + "1"  # wrong
"1" * v  # wrong
v + None  # wrong
v + [1.0]  # wrong
v**1j  # wrong
v < "1"  # wrong
v & w  # wrong
float(v)  # wrong
int(v)  # wrong
math.exp(v)  # wrong
v[0]  # wrong
len(v)  # wrong
for _ in v:  # wrong
    pass

# Operations.

exp("x")  # wrong
exp(None)  # wrong
exp([1.0, 2.0])  # wrong
exp()  # wrong
exp(v, w)  # wrong
exp(x=1.0)  # wrong
autograd.add(v)  # wrong
autograd.atan2(v, "1")  # wrong
where(v > 0.0, v)  # wrong
maximum("a", "b")  # wrong
logsumexp(v, w)  # wrong
logsumexp(["a"])  # wrong
autograd.sum(v)  # wrong
dot([v, w])  # wrong
dot([v, w], 2.0)  # wrong
autograd.softmax([v, w])  # wrong

# Transforms.


def f(x: float, k: float = 1.0) -> float:
    return k * x * x


def g(x: NDArray[np.float64]) -> float:
    return float(x[0])


def h(x: Value) -> Value:
    return x * x


grad(3.0)  # wrong
grad(f, 1)  # wrong
grad(f, argnum=1)  # wrong
grad(f, argnums="x")  # wrong
grad(f)("x")  # wrong
grad(f)()  # wrong
grad(f)(1.0, 2.0, 3.0)  # wrong
grad(f)(1.0, m=2.0)  # wrong
grad(f)(x=1.0)  # wrong
grad(g)(1.0)  # wrong
grad(h)(1.0)  # wrong
grad(f)(1.0).data  # wrong
grad(f)(1.0)[0]  # wrong
value_and_grad(f)(1.0).data  # wrong
value_and_grad(f)(1.0, 2.0, 3.0)  # wrong
jvp(f, (1.0,), (1.0,))  # wrong
jvp(f)(1.0)  # wrong
jvp(f)(1.0, "v")  # wrong
vjp(f, 1.0)  # wrong
vjp(f)(1.0)("w")  # wrong
hvp(f)(1.0)  # wrong
jit("f")  # wrong
jit(f)("x")  # wrong
jit(f)()  # wrong
jit(f)(1.0, 2.0, 3.0)  # wrong
jit(f)(1.0, scale=2.0)  # wrong
jit(f, static_argnums=0)  # wrong
jit(grad(f))(1.0, 2.0, 3.0)  # wrong
jit(f).lower(1.0)  # wrong
vmap(f, reduce="men")  # wrong
vmap(f, 0, "max")  # wrong
vmap(f, axis=0)  # wrong
vmap(3.0)  # wrong
vmap(f, reduce="mean")(x)[0]  # wrong
vmap(f)(x).backward()  # wrong

# Networks.


class Line(nn.Module):
    def __init__(self) -> None:
        self.slope = Value(1.0)

    def forward(self, x: float) -> Value:
        return self.slope * x


nn.softmax("x")  # wrong
nn.softmax(v)  # wrong
nn.softmax([v, w], dim=0)  # wrong
nn.softmax([v, w]).data  # wrong
nn.log_softmax([1.0, 2.0])[0].backward()  # wrong
nn.cross_entropy([v, w])  # wrong
nn.cross_entropy([v, w], 0, "men")  # wrong
nn.cross_entropy([v, w], 0, reduction="avg")  # wrong
nn.cross_entropy(v, 0)  # wrong
nn.mse([v], ["1"], "none", 1)  # wrong
nn.mse("v", 1.0)  # wrong
nn.mse([1.0], [2.0]).backward()  # wrong
nn.one_hot("a", 3)  # wrong
nn.one_hot(1)  # wrong
nn.relu("x")  # wrong
nn.Linear(2, 3)  # wrong
nn.MLP(2)  # wrong
nn.MLP(2, 3)  # wrong
nn.MLP(2, [3], act=nn.tanh)  # wrong
nn.Neuron("2")  # wrong
Line()("x")  # wrong
Line()(1.0, 2.0)  # wrong
Line()(1.0).item()  # wrong
Line().fit(x, x)  # wrong
Line().weight  # wrong
nn.SGD(Line(), lr=0.1)  # wrong
nn.SGD(Line().parameters())  # wrong
nn.SGD(Line().parameters(), lr="0.1")  # wrong
nn.Adam(Line().parameters(), lr=0.1, beta=0.9)  # wrong
nn.fit(Line(), x, x)  # wrong
nn.fit(Line(), x, x, optimizer="sgd")  # wrong
nn.fit(Line(), x, x, optimizer=nn.SGD(Line().parameters(), lr=0.1), epochs="3")  # wrong
nn.predict(x)  # wrong
nn.accuracy(Line(), x)  # wrong

# What is right, though near to what is wrong.

json.dumps(v.data)
v.backward(2)
Value(np.float64(2.0))
Value(2, label="v")
exp(np.array([v, w], dtype=object))
autograd.sum(a * b for a, b in zip([v, w], [1.0, 2.0], strict=True))
dot([1.0, 2.0], [v, w]).backward()
maximum(0.0, v, w).backward()
maximum([v, w]).backward()
where(True, v, 0.0).backward()
grad(lambda a: a * a)(1.0)
grad(lambda a, b: a * b, argnums=1)(1.0, 2.0)
jit(lambda a: exp(a))(1.0)
vmap(lambda a: a * a, in_axes=(0,))(x)
grad(jit(f))(1.0)
jit(vmap(grad(f)))(x)
grad(Line())(1.0)
jit(Line())(1.0).backward()
vmap(Line(), reduce="mean")(x).backward()
nn.cross_entropy([[v, w], [v, w]], [0, 1]).backward()
nn.cross_entropy([v, w], target=[0.5, 0.5], reduction="sum").backward()
nn.mse(v, 1.0).backward()
nn.mse([v, w], targets=[1.0, 2.0]).backward()
nn.mse(outputs=[v], targets=[1.0])
nn.relu(v).backward()
with autograd.no_grad(), autograd.scope("s"), autograd.detect_anomaly():
    v * w
