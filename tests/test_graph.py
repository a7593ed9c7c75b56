"""Walks over random graphs, and backward over random expressions against forward mode."""

import itertools
import math
from graphlib import TopologicalSorter
from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from autograd import Value, graph, ops


class Node(SimpleNamespace):
    """As much of a node as a walk needs."""

    __hash__ = object.__hash__
    __eq__ = object.__eq__


@st.composite
def nodes(draw, most=12):
    """Nodes in the order in which they were made, each with some earlier ones and numbers as arguments, repeats included."""
    made = []
    for i in range(draw(st.integers(1, most))):
        earlier = st.sampled_from(made) | st.just(1.0) if made else st.just(1.0)
        made.append(Node(args=tuple(draw(st.lists(earlier, max_size=4))), name=i))
    return made


def below(roots):
    """By definition: the roots, and what is below their arguments."""
    reached = list(roots)
    for node in reached:
        reached += [a for a in node.args if isinstance(a, Node) and a not in reached]
    return set(reached)


@given(nodes(), st.data())
def test_order_is_topological_and_complete(made, data):
    roots = data.draw(st.lists(st.sampled_from(made), min_size=1, max_size=3))
    found = graph.order(*roots)
    assert len(found) == len(set(found)) == graph.count(*roots)
    assert set(found) == below(roots)
    position = {node: i for i, node in enumerate(found)}
    assert all(position[a] < position[node] for node in found for a in node.args if isinstance(a, Node))
    assert graph.leaves(*roots) == [node for node in found if not node.args]


@given(nodes(most=6))
def test_order_is_among_all_topological_orders(made):
    root = made[-1]
    dependencies = {node: {a for a in node.args if isinstance(a, Node)} for node in below([root])}
    sorter = TopologicalSorter(dependencies)
    sorter.prepare()
    waiting = graph.order(root)
    while sorter.is_active():
        ready = set(sorter.get_ready())
        batch = [node for node in waiting if node in ready]
        assert set(batch) == ready
        sorter.done(*batch)
    every = (list(p) for p in itertools.permutations(dependencies))
    valid = (p for p in every if all(p.index(a) < p.index(n) for n, args in dependencies.items() for a in args))
    assert any(p == waiting for p in valid)


@given(nodes())
def test_order_is_depth_first_from_left_to_right(made):
    def visit(node):
        if node not in found:
            for a in node.args:
                if isinstance(a, Node):
                    visit(a)
            found.append(node)

    found = []
    visit(made[-1])
    assert graph.order(made[-1]) == found


def test_a_node_used_often_comes_once():
    a = Value(2.0)
    b = a * a
    c = ops.sum([b, a, a, b])
    assert graph.order(c, a) == [a, b, c]
    assert graph.count(c, b) == 3


def test_leaves_in_the_order_met():
    a, b, c = (Value(x, str(x)) for x in (1.0, 2.0, 3.0))
    assert graph.leaves((c * a) + b, a + b) == [c, a, b]
    assert graph.leaves(a) == [a]


def test_the_pass_that_needs_an_order():
    """On a diamond, a walk that does not wait for all consumers sends b's gradient on before it is whole."""
    a = Value(3.0)
    b = a * 2.0
    c = b * b
    d = b + c
    (c * d + b).backward()
    assert a.grad == 2.0 * (3 * 6.0**2 + 4 * 6.0**3 + 1)


# Random expressions: forward mode with dual numbers, written here, against backward.


class Dual:
    """A number and its derivative in one direction."""

    def __init__(self, real, tangent=0.0):
        self.real, self.tangent = real, tangent


UNARY = {
    "neg": (lambda x: -x, lambda _: -1.0),
    "exp": (math.exp, math.exp),
    "tanh": (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    "sin": (math.sin, math.cos),
    "cos": (math.cos, lambda x: -math.sin(x)),
    "atan": (math.atan, lambda x: 1 / (1 + x * x)),
    "sigmoid": (lambda x: 1 / (1 + math.exp(-x)), lambda x: math.exp(-x) / (1 + math.exp(-x)) ** 2),
    "softplus": (lambda x: math.log(1 + math.exp(x)), lambda x: 1 / (1 + math.exp(-x))),
}
BINARY = {
    "add": (lambda x, y: x + y, lambda *_: (1.0, 1.0)),
    "sub": (lambda x, y: x - y, lambda *_: (1.0, -1.0)),
    "mul": (lambda x, y: x * y, lambda x, y: (y, x)),
    "hypot": (lambda x, y: math.sqrt(x * x + y * y), lambda x, y: (x / math.sqrt(x * x + y * y), y / math.sqrt(x * x + y * y))),
}
N_ARY = {
    "sum": (lambda *x: sum(x), lambda *x: [1.0] * len(x)),
    "logsumexp": (
        lambda *x: math.log(sum(map(math.exp, x))),
        lambda *x: [math.exp(a) / sum(map(math.exp, x)) for a in x],
    ),
    "maximum": (lambda *x: max(x), lambda *x: [(a == max(x)) / x.count(max(x)) for a in x]),
}
RULES = UNARY | BINARY | N_ARY


@st.composite
def programs(draw):
    """Lines (name, positions of the arguments): the first three positions are the inputs."""
    lines = []
    for i in range(3, 3 + draw(st.integers(1, 10))):
        earlier = st.integers(0, i - 1)
        name = draw(st.sampled_from(sorted(RULES)))
        n = 1 if name in UNARY else 2 if name in BINARY else draw(st.integers(1, 4))
        lines.append((name, [draw(earlier) for _ in range(n)]))
    return lines


def record(lines, inputs):
    made = list(inputs)
    for name, positions in lines:
        x = [made[i] for i in positions]
        made.append(getattr(ops, name)(x) if getattr(ops, name).sequences else getattr(ops, name)(*x))
    return made[-1]


def forward(lines, inputs):
    made = list(inputs)
    for name, positions in lines:
        x = [made[i] for i in positions]
        f, rule = RULES[name]
        real = [a.real for a in x]
        partials = rule(*real)
        partials = [partials] if name in UNARY else partials
        made.append(Dual(f(*real), math.fsum(p * a.tangent for p, a in zip(partials, x, strict=True))))
    return made


@given(programs(), st.tuples(*[st.floats(-2.0, 2.0)] * 3))
def test_backward_equals_forward_mode(lines, point):
    leaves = [Value(x) for x in point]
    y = record(lines, leaves)
    y.backward()
    for j, leaf in enumerate(leaves):
        try:
            made = forward(lines, [Dual(x, float(i == j)) for i, x in enumerate(point)])
        except (OverflowError, ZeroDivisionError):
            assume(False)  # noqa: FBT003  # the plain formulas above give no number here; backward does
        assume(all(abs(d.real) < 1e6 and abs(d.tangent) < 1e6 for d in made))
        size = 1.0 + max(abs(d.tangent) for d in made) * max(1.0, *(abs(d.real) for d in made))
        assert y.data == pytest.approx(made[-1].real, rel=1e-9, abs=1e-9)
        assert leaf.grad == pytest.approx(made[-1].tangent, rel=1e-9, abs=1e-10 * size)


@given(programs(), st.tuples(*[st.floats(-2.0, 2.0)] * 3), st.floats(-3.0, 3.0))
def test_backward_is_linear_in_the_seed_and_adds_up(lines, point, seed):
    leaves, again = [Value(x) for x in point], [Value(x) for x in point]
    y, z = record(lines, leaves), record(lines, again)
    y.backward()
    assume(all(math.isfinite(leaf.grad) and abs(leaf.grad) < 1e100 for leaf in leaves))
    z.backward(seed)
    z.backward(1.0)
    for a, b in zip(leaves, again, strict=True):
        assert b.grad == pytest.approx((seed + 1.0) * a.grad, rel=1e-9, abs=1e-9 * (1 + abs(a.grad)))
