"""Networks in a real browser: circles and boxes open in place and close again, and a page steps box by box without an error."""
# ruff: noqa: F811  # fixtures by import

import pytest
from browsing import browser, needs_browser  # noqa: F401  # a fixture

import nn
from autograd import Value, draw, step_through

pytestmark = [pytest.mark.browser, needs_browser]


def test_a_circle_opens_in_its_place_and_closes_again(browser):
    model = nn.MLP(2, [16, 16, 1], init=nn.xavier(seed=1))
    page = browser.new_page(viewport={"width": 870, "height": 640}, java_script_enabled=False)
    page.set_content(draw(model, [0.5, -0.5])._repr_mimebundle_()["text/html"])
    picture = page.locator("img").first.bounding_box()
    assert picture["width"] <= 850
    assert page.locator("summary").count() == 35
    for k in (0, 2, 17, 18, 34):
        summary, card = page.locator("summary").nth(k), page.locator("details img").nth(k)
        assert not card.is_visible()
        summary.click()
        box = card.locator("..").bounding_box()
        assert box["width"] > 150
        assert picture["x"] - 1 <= box["x"]
        assert box["x"] + box["width"] <= picture["x"] + picture["width"] + 1
        assert picture["y"] - 1 <= box["y"]
        assert box["y"] + box["height"] <= picture["y"] + picture["height"] + 1
        summary.click()
        assert not card.is_visible()


def test_a_page_goes_through_the_boxes(browser, tmp_path):
    inputs = [Value(0.5, "x1"), Value(-0.5, "x2")]
    loss = nn.mse(nn.MLP(2, [16, 16, 1], init=nn.xavier(seed=1))(inputs), 1.0)
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(step_through(loss, collapse="neuron").save(tmp_path / "page.html").as_uri())
    page.keyboard.press("End")
    loss.backward()
    for i, x in enumerate(inputs):
        shown = page.locator(f"[data-node='{i}'] text").last.text_content()
        assert float(shown.removeprefix("grad ").replace("−", "-")) == pytest.approx(x.grad, abs=6e-5)
    assert page.locator("[data-node].sum").count() == 36
    assert not faults
