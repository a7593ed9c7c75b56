"""Pictures and plots in a notebook of either theme."""
# ruff: noqa: F811  # fixtures by import

import re
from functools import cache
from io import BytesIO

import pytest
from browsing import browser, needs_browser, opened  # noqa: F401  # fixtures
from PIL import Image

import nn
from autograd import Value, draw, step_through
from autograd.pictures.colours import DARK, LIGHT, rgb
from nn import plot


def own():
    figure, ax = plot.subplots(figsize=(3.0, 2.0))
    ax.plot([0.0, 1.0], [0.0, 1.0])
    ax.text(0.2, 0.5, "WORDS", size=40, color="black")  # of whose colour Matplotlib's SVG does not speak
    return figure


@cache
def shown():
    x = Value(3.0, "x")
    (loss := x * x * -1.0).backward()
    return {
        "a graph": draw(loss),
        "a network": draw(nn.MLP(2, [4, 1], init=nn.xavier(seed=1)), [0.5, -1.0]),
        "a plot": plot.softmax([1.0, 2.0]),
        "a plot of one's own": own(),
        "a heat map": plot.jacobian([[1.0, -1.0], [0.0, 2.0]]),
        "behind the frame": step_through(loss),
    }


NAMES = ["a graph", "a network", "a plot", "a plot of one's own", "a heat map", "behind the frame"]


@pytest.mark.browser
@needs_browser
@pytest.mark.parametrize(
    ("name", "attribute", "themes"),
    [
        *((name, "data-jp-theme-light", ("true", "false")) for name in NAMES),
        ("a graph", "class", ("vscode-light", "vscode-dark")),  # all have the same rules
        ("a graph", "data-theme", ("light", "dark")),
    ],
)
def test_it_is_dark_where_the_notebook_is(opened, name, attribute, themes):
    html = shown()[name]._repr_mimebundle_()
    html = re.sub(r"<iframe.*</iframe>", "", (html[0] if isinstance(html, tuple) else html)["text/html"], flags=re.DOTALL)
    for theme, colours in zip(themes, (LIGHT, DARK), strict=True):
        page = opened(f"<!doctype html><body {attribute}='{theme}'>{html}", color_scheme="null")
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        with Image.open(BytesIO(page.locator("img").first.screenshot())) as image:
            found = image.convert("RGB").getcolors(1_000_000)
        assert max(found)[1] == rgb(colours["card"])
        if name == "a plot of one's own":
            assert dict(map(reversed, found))[rgb(colours["black"])] > 200
