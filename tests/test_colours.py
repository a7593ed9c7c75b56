"""One table of colours: that of the page of steps, legible in light and dark, and in a notebook of either theme."""

import re
from pathlib import Path

import pytest

import autograd
from autograd.pictures.colours import DARK, LIGHT, PAIRS, in_dark, mixed, rgb


def light(colour):
    parts = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in (part / 255 for part in rgb(colour))]
    return sum(w * x for w, x in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(a, b):
    brighter, darker = sorted((light(a), light(b)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def test_the_page_of_steps_has_the_same_colours():
    css = (Path(autograd.__file__).parent / "pictures" / "steps.css").read_text(encoding="utf-8")
    found = re.findall(r"light-dark\((#\w+), (#\w+)\)", css)
    assert len(found) > 10
    assert set(found) <= set(PAIRS.values())


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("fill", ["p", "n", "x", "box", "card"])
def test_writing_can_be_read_on_each_fill(fill, share):
    on = mixed(LIGHT[fill], share)
    assert contrast(LIGHT["ink"], on) >= 7.0
    assert contrast(DARK["ink"], in_dark(on)) >= 4.5
    assert all(abs(a - b) <= 3 for a, b in zip(rgb(in_dark(on)), rgb(mixed(DARK[fill], share, DARK["card"])), strict=True))


def test_lines_and_curves_stand_out_in_dark():
    for role in ("lp", "ln", "lx", "band", "broken", "focus", "blue", "orange", "green", "rose", "yellow", "sky", "grey", "edge"):
        assert contrast(DARK[role], DARK["card"]) >= 4.5, role


def test_another_colour_stays_as_it_is():
    assert in_dark("#12ab34") == "#12ab34"
