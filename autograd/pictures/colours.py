"""The colours of pictures and plots, each in light and in dark; the page of steps has the same.

A picture is written in light colours. Where it is shown on a dark page (of a notebook or a site, or according to the system), a style in it
replaces them by the dark ones.
"""

import re
from functools import cache

# The light and the dark colour of each role. Text on each fill has a contrast of at least 7:1 in light, 4.5:1 in dark, and blue and
# orange stay apart for the colour-blind.
PAIRS = {
    "card": ("#ffffff", "#15181d"),
    "box": ("#e9edf2", "#262c35"),
    "raised": ("#f6f8fa", "#1d2229"),
    "ink": ("#1b1f24", "#e8ecf1"),
    "muted": ("#4a5462", "#a9b3bf"),
    "ring": ("#5f6b7a", "#8a95a3"),
    "edge": ("#7a8694", "#8a95a3"),
    "faint": ("#c0c8d0", "#454d58"),
    "rule": ("#d5dbe1", "#353d47"),
    "link": ("#0b5cad", "#8cc4ff"),
    # Positive, negative, and not finite: fills, then lines.
    "p": ("#78b5ec", "#1f5e9b"),
    "n": ("#f9a24b", "#8f4a08"),
    "x": ("#f0b6e0", "#7d3a6b"),
    "lp": ("#1a6cb3", "#7dbcf5"),
    "ln": ("#b05a00", "#fbab5c"),
    "lx": ("#a0358a", "#e59ad4"),
    "l": ("#8a95a3", "#6b7683"),
    "band": ("#8a3d00", "#ffb86b"),
    "broken": ("#b00058", "#ff8fc4"),
    "focus": ("#6f2dbd", "#c9a2ff"),
    # Classes and curves of plots.
    "blue": ("#0072b2", "#45a5e6"),
    "orange": ("#d55e00", "#f2883a"),
    "green": ("#009e73", "#22b98d"),
    "rose": ("#cc79a7", "#dd92ba"),
    "yellow": ("#f0e442", "#e8dc45"),
    "sky": ("#56b4e9", "#9ad6f7"),
    "grey": ("#8a8f98", "#9aa0aa"),
    "black": ("#000000", "#ffffff"),
}
LIGHT = {role: light for role, (light, _) in PAIRS.items()}
DARK = {role: dark for role, (_, dark) in PAIRS.items()}

COLOURED = re.compile(r'\b(fill|stroke|stop-color)(="|: ?)(#[0-9a-f]{6})\b')
NEAR = 2.5  # of 255


def rgb(colour: str) -> tuple[int, ...]:
    """The parts of a colour, each from 0 to 255."""
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


def mixed(colour: str, share: float, ground: str = LIGHT["card"]) -> str:
    """A colour mixed with its background; `share` is its part."""
    return "#" + "".join(f"{min(255, max(0, round(b + (a - b) * share))):02x}" for a, b in zip(rgb(colour), rgb(ground), strict=True))


@cache
def in_dark(colour: str) -> str:
    """The dark counterpart of a colour of the table, or of one mixed with white; any other colour stays as it is."""
    given = [255 - part for part in rgb(colour)]
    best, dark = NEAR, colour
    for light, instead in PAIRS.values():
        if light == colour:
            return instead
        base = [255 - part for part in rgb(light)]
        if square := sum(part * part for part in base):
            share = sum(a * b for a, b in zip(given, base, strict=True)) / square
            off = max(abs(a - share * b) for a, b in zip(given, base, strict=True))
            if off < best and share <= 1.0:
                best, dark = off, mixed(instead, share, DARK["card"])
    return dark


def themed(svg: str, scope: str = ".valuegrad ") -> str:
    """The picture with a style that makes it dark where what shows it is; in a page its rules are for pictures of this library alone."""
    rules = []
    for name, sign, colour in dict.fromkeys(COLOURED.findall(svg)):
        dark = in_dark(colour)
        of_style = f'[style*="{name}{sign}{colour}"]{{{name}:{dark}!important}}'
        rules.append(scope + (f'[{name}="{colour}"]{{{name}:{dark}}}' if sign == '="' else of_style))
    style = f"<style>@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
    before, tag, rest = svg.partition("<svg")
    head, _, rest = rest.partition(">")
    known = "" if " class=" in head else ' class="valuegrad"'
    return f"{before}{tag}{head}{known}>{style}{rest}"
