"""The backward pass as an animated picture: frame by frame the engine's numbers, in the colours of the page of steps."""

import json
import sys
import xml.etree.ElementTree as ET

import pytest
from PIL import Image
from renderers import both_renderers
from step_graphs import many_consumers, network, not_finite, softmax_cross_entropy

from autograd import Value, order, step_through
from autograd.errors import RangeError, RendererNotFound
from autograd.pictures.colours import LIGHT, mixed, rgb
from autograd.pictures.film import layers
from autograd.pictures.formulas import said
from autograd.pictures.page import _tagged

pytestmark = [pytest.mark.any_python, pytest.mark.any_backend]

SHADES = {"p": 1.0, "n": (2.0 / 3.0) ** 0.5}  # of 3 and -2 beside 3
SVG = "{http://www.w3.org/2000/svg}"


def shown(page):
    """For each step the numbers that have changed in boxes, by the places of their nodes; and the line below the picture."""
    for lasting, over in layers(_tagged(page.picture), json.loads(page.data)):
        new, above = map(ET.fromstring, (lasting, over))
        boxes = [part for part in new.iter(f"{SVG}g") if part.get("data-node")]
        line = [text.text for text in above.findall(f"{SVG}g/{SVG}text") if text.text]
        yield {int(box.get("data-node")): [text.text or "" for text in box.findall(f"{SVG}text")][-2:] for box in boxes}, line[-1]


@pytest.mark.parametrize("graph", [softmax_cross_entropy, many_consumers, not_finite], ids=lambda f: f.__name__)
def test_each_frame_adds_what_the_node_in_hand_sends(graph):
    loss = graph()
    page = step_through(loss)
    loss.backward()
    nodes = order(loss)
    (start, line), (_, seed), *steps = shown(page)
    assert start == {i: [f"data {said(x.data)}", ""] for i, x in enumerate(nodes)}
    assert line == f"{json.loads(page.data)['nodes'][-1]['name']} = {said(loss.data)}"
    assert seed.endswith(" = 1.0")
    sums, backward = {nodes[-1]: 1.0}, [x for x in reversed(nodes) if x.args]
    for node, (boxes, line) in zip((x for x in backward if x.grad or x in sums), steps, strict=False):
        assert line.endswith(f" = {said(node.grad)}")
        for a, partial in zip(node.args, node.partials, strict=True):
            if a.__class__ is Value and partial is not None:
                sums[a] = sums.get(a, 0.0) + node.grad * partial
        for i, (_, grad) in boxes.items():
            assert grad == f"grad {said(sums[nodes[i]])}"
    assert steps[-1][1] == "Every leaf has its gradient"


@both_renderers
def test_the_film_has_the_colours_of_the_page(tmp_path):
    x, y = Value(3.0, "x"), Value(-2.0, "y")
    file = step_through(x * y).save(tmp_path / "x.gif", seconds=0.5)
    with Image.open(file) as film:
        assert film.n_frames == 4
        durations, colours = [], []
        for k in range(film.n_frames):
            film.seek(k)
            durations.append(film.info["duration"])
            colours.append(film.convert("RGB").getcolors(100_000))
        assert film.info["loop"] == 0
    assert durations == [500, 500, 500, 1500]
    for role, first in (("p", 2), ("n", 2)):
        for k, found in enumerate(colours):
            near = sum(n for n, c in found if max(abs(a - b) for a, b in zip(c, rgb(mixed(LIGHT[role], SHADES[role])), strict=True)) < 8)
            assert (near > 500) == (k >= first), (role, k)


def test_of_a_scale_and_of_boxes_that_are_closed(tmp_path):
    sizes = []
    for scale in (1, 2):
        with Image.open(step_through(network(), collapse="layer").save(tmp_path / f"{scale}.gif", scale=scale)) as film:
            sizes.append(film.size)
            assert film.n_frames > 4
    assert sizes[1] == tuple(pytest.approx(2 * n, abs=2) for n in sizes[0])


@pytest.mark.parametrize("missing", ["PIL", "matplotlib.figure"])
def test_without_what_draws_it_a_sentence_says_what_to_install(missing, monkeypatch, tmp_path):
    page = step_through(Value(3.0) * Value(2.0))
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(RendererNotFound, match=r"pip install matplotlib pillow"):
        page.save(tmp_path / "x.gif")
    assert not list(tmp_path.iterdir())
    page.save(tmp_path / "x.html")


@pytest.mark.parametrize("given", [{"seconds": 0.0}, {"seconds": True}, {"scale": 0}, {"scale": "2"}])
def test_what_makes_no_film_is_refused(given, tmp_path):
    with pytest.raises(RangeError, match=f"{next(iter(given))} is .*expected a positive number"):
        step_through(Value(3.0) * Value(2.0)).save(tmp_path / "x.gif", **given)
    with pytest.raises(RangeError, match=r"scale is 2, which \.html does not have"):
        step_through(Value(3.0) * Value(2.0)).save(tmp_path / "x.html", scale=2)
