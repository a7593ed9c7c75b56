"""The playground of the site: in a browser, against the engine on the same text."""
# ruff: noqa: F811  # fixtures by import

import json
import math

import playground
import pytest
from browsing import browser, needs_browser, opened  # noqa: F401  # fixtures
from checkout import needs_checkout
from operations import same, sample

from autograd import TABLE, order
from autograd.pictures.steps import _Steps
from autograd.pictures.view import collapsed

pytestmark = [pytest.mark.browser, needs_browser, needs_checkout]

NUMBERS = """(text) => {
    edit(text);
    if (problem.textContent) throw new Error(problem.textContent);
    const { values, finals } = rerun(structuredClone(nodes), steps, inputs);
    return { values: values.map(String), gradients: finals.map(String), names: nodes.map(({ name }) => name), data: JSON.parse(written) };
}"""
SHOWN = ("name", "op", "made", "with", "value", "closed", "args", "uses", "form", "number", "given")


@pytest.fixture(scope="module")
def source():
    return playground.module()


@pytest.fixture(scope="module")
def html(source):
    return source["html"]()


def agree(found, loss):
    """Values and gradients, node by node."""
    nodes = order(loss)
    loss.backward()
    assert len(found["values"]) == len(nodes)
    for name, expected in (("values", [n.data for n in nodes]), ("gradients", [n.grad for n in nodes])):
        size = max([1.0, *(abs(x) for x in expected if math.isfinite(x))])
        for a, b in zip(map(float, found[name]), expected, strict=True):
            assert same(a, b) or a == pytest.approx(b, rel=1e-9, abs=1e-12 * size)


def test_examples_are_shown_as_python_would_show_them(opened, source, html):
    """Names, formulas, numbers, sums and steps: all of what the page of steps holds."""
    page = opened(html)
    for text in source["EXAMPLES"].values():
        loss = playground.computed(text)
        found = page.evaluate(NUMBERS, text)
        agree(found, loss)
        steps = _Steps(order(loss))
        steps.operations()
        expected = json.loads(steps.json([collapsed(order(loss), None)]))
        nodes, shown = found["data"]
        assert shown == expected["steps"]
        for mine, its in zip(nodes, expected["nodes"], strict=True):
            assert {key: mine.get(key) for key in SHOWN} == {key: its.get(key) for key in SHOWN}
            assert [s[:2] for s in mine["sums"]] == [s[:2] for s in its["sums"]]
            assert (mine.get("reduced") or {}).get("text") == (its.get("reduced") or {}).get("text")


def test_generated_texts_agree_with_the_engine(opened, html):
    page = opened(html)
    for seed in range(60):
        text = playground.generated(seed)
        agree(page.evaluate(NUMBERS, text), playground.computed(text))


def test_every_operation_of_the_table_is_there(opened, html):
    page = opened(html)
    for op in TABLE.values():
        if op.constant_of:
            continue
        x = next(iter(sample(op)))
        names = [f"x{i}" for i in range(len(x))]
        text = "\n".join([*(f"{name} = {a!r}" for name, a in zip(names, x, strict=True)), playground.called(op, names)])
        agree(page.evaluate(NUMBERS, text), playground.computed(text))
