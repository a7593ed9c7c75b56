"""What readers see, light and dark, on a laptop and a phone: nothing is cut off, letters can be read, and panels are in view.

`python tests/test_screens.py` writes the whole set to docs/screens/: the site's first page and its playground, softmax of 3, 10 and 50,
an MLP and the GPT as networks and opened, and the page of steps half-way in JupyterLab. The tests look at the pictures; the site and
JupyterLab, which take minutes to come, have tests of their own.
"""
# ruff: noqa: F811  # fixtures by import

import os
import re
import subprocess
import sys
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import nbformat
import pytest
from browsing import CHROMIUM, browser, needs_browser, opened, playwright  # noqa: F401  # fixtures
from gpt_graph import loss_of_gpt
from lab import jupyterlab
from PIL import Image

import nn
from autograd import Value, draw

pytestmark = [pytest.mark.browser, needs_browser]

ROOT = Path(__file__).parents[1]
SIZES = {1280: {"width": 1280, "height": 720}, 390: {"width": 390, "height": 844}}
SCHEMES = ("light", "dark")
CELL = [
    "import autograd",
    "from autograd import Value, exp, log, step_through",
    'z = [Value(x, f"z{k}") for k, x in enumerate((2.0, 1.0, -1.0), start=1)]',
    "e = [exp(x) for x in z]",
    "s = autograd.sum(e)",
    "a = [x / s for x in e]",
    "for k in range(3):",
    '    e[k].label, a[k].label = f"e{k + 1}", f"a{k + 1}"',
    's.label = "s"',
    "C = -log(a[1])",
    "step_through(C)",
]


def softmax(classes):
    """Cross-entropy of the softmax of so many classes; of fifty its parts."""
    z = [Value(((7 * k) % 11 - 5) / 4, f"z{k + 1}") for k in range(classes)]
    loss = nn.categorical_cross_entropy(nn.softmax(z), 1)
    loss.label = "loss"
    loss.backward()
    return draw(loss, collapse=None if classes <= 10 else 1)


def mlp():
    return draw(nn.MLP(2, [16, 16, 1], init=nn.xavier(seed=1)), [0.5, -0.5])


PICTURES = {
    "softmax_3": lambda: softmax(3),
    "softmax_10": lambda: softmax(10),
    "softmax_50": lambda: softmax(50),
    "mlp": mlp,
    "gpt": lambda: draw(loss_of_gpt(), collapse="neuron"),
}


@cache
def page_of(name):
    """A picture as it stands in a notebook's cell."""
    html = PICTURES[name]()._repr_mimebundle_()["text/html"]
    return (
        "<!doctype html><meta name='viewport' content='width=device-width'><style>body { margin: 8px; background: light-dark(#fff, #111); "
        "color-scheme: light dark } .cell { overflow: auto; max-width: 850px }</style>"
        f"<div class='cell'>{html}</div>"
    )


def shown(page):
    """The scale at which a picture is shown, and how far its cell and the page scroll."""
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    return page.evaluate("""() => {
        const [image, cell] = [document.images[0], document.querySelector(".cell")];
        return [image.getBoundingClientRect().width / image.naturalWidth, cell.scrollWidth - cell.clientWidth,
            document.documentElement.scrollWidth - innerWidth];
    }""")


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("name", ["softmax_3", "softmax_10", "softmax_50", "mlp"])
def test_a_picture_fits_its_cell_or_scrolls_in_it_at_a_size_that_can_be_read(opened, name, width, scheme):
    page = opened(page_of(name), viewport=SIZES[width], color_scheme=scheme)
    scale, cell, whole = shown(page)
    assert whole <= 0  # the page itself never scrolls sideways
    if name.startswith("softmax"):
        assert scale == pytest.approx(0.75, abs=0.002) or scale > 0.75  # at which letters of 10 points have 10 pixels
    if width == 1280 and name in ("softmax_3", "mlp"):
        assert cell <= 0
    card = page.locator("img").first.screenshot()
    with Image.open(BytesIO(card)) as image:
        often = [colour for count, colour in image.convert("RGB").getcolors(1_000_000) if count > 2000]
    assert {"light": (255, 255, 255), "dark": (21, 24, 29)}[scheme] in often


LETTERS = """() => [...document.querySelectorAll("svg text")].filter((text) => getComputedStyle(text).display !== "none").map((text) => {
    const [box, card] = [text.getBoundingClientRect(), text.ownerSVGElement.getBoundingClientRect()];
    const scale = card.width / text.ownerSVGElement.viewBox.baseVal.width;
    return [text.textContent, parseFloat(getComputedStyle(text).fontSize) * scale, Math.max(card.left - box.left, box.right - card.right)];
})"""


def letters(opened, image, width):
    """The texts that an image shows at a width, with the sizes of their letters, and how far they stand out of it."""
    svg = unquote(image.get_attribute("src").removeprefix("data:image/svg+xml,"))
    page = opened(f"<!doctype html><style>body {{ margin: 0 }} svg {{ width: {width}px; height: auto }}</style>{svg}",
                  viewport={"width": round(width), "height": 800})  # fmt: skip  # its media are those of an image of this width
    return page.evaluate(LETTERS)


@pytest.mark.parametrize("name", ["mlp", "gpt"])
def test_a_network_on_a_phone_has_words_that_can_be_read_and_a_tap_shows_its_numbers(opened, name):
    page = opened(page_of(name), viewport=SIZES[390])
    _, cell, whole = shown(page)
    assert cell <= 0
    assert whole <= 0
    picture = page.locator("img").first
    seen = letters(opened, picture, picture.bounding_box()["width"])
    assert any(text.startswith(("layer0", "head0")) for text, *_ in seen)
    assert min(size for _, size, _ in seen) >= 8.0
    assert max(out for *_, out in seen) <= 0.0
    wide = letters(opened, picture, picture.evaluate("(image) => image.naturalWidth"))
    assert len(wide) > len(seen)  # there with their numbers
    summaries, cards = page.locator("summary"), page.locator("details img")
    for k in (0, summaries.count() // 2, summaries.count() - 1):
        summaries.nth(k).click()
        found = letters(opened, cards.nth(k), cards.nth(k).bounding_box()["width"])
        assert any(re.match(r"−?\d", text) for text, *_ in found)
        assert min(size for _, size, _ in found) >= 7.0
        box, around = (part.bounding_box() for part in (cards.nth(k).locator(".."), picture))
        assert box["x"] >= around["x"] - 1
        assert box["x"] + box["width"] <= around["x"] + around["width"] + 1
        assert box["y"] >= around["y"] - 1
        assert box["y"] + box["height"] <= around["y"] + around["height"] + 1
        summaries.nth(k).click()


# The command.


def shoot(page, folder, name):
    """A picture of the screen, as small as it can be."""
    page.wait_for_timeout(400)
    with Image.open(BytesIO(page.screenshot())) as image:
        image.convert("RGB").save(folder / f"{name}.webp", quality=60, method=6)


def pictures(browser, folder):
    for name in PICTURES:
        for scheme, width in ((scheme, width) for scheme in SCHEMES for width in SIZES):
            page = browser.new_page(viewport=SIZES[width], color_scheme=scheme)
            page.set_content(page_of(name))
            shown(page)
            shoot(page, folder, f"{name}_{scheme}_{width}")
            if page.locator("summary").count():
                page.locator("summary").nth(page.locator("summary").count() // 2).click()
                shoot(page, folder, f"{name}_opened_{scheme}_{width}")
            page.close()


def site(browser, folder):
    with TemporaryDirectory() as built:
        command = [sys.executable, "-m", "sphinx", "-q", "-c", ROOT / "docs", ROOT, built]
        subprocess.run(command, check=True)  # noqa: S603  # the line above
        for scheme, width in ((scheme, width) for scheme in SCHEMES for width in SIZES):
            page = browser.new_page(viewport=SIZES[width], color_scheme=scheme)
            page.goto(Path(built, "docs", "index.html").as_uri())
            shoot(page, folder, f"home_{scheme}_{width}")
            playground = page.locator(".playground iframe")
            if playground.count():  # else there is none yet
                playground.evaluate("(frame) => frame.scrollIntoView()")
                page.wait_for_timeout(3000)
                shoot(page, folder, f"playground_{scheme}_{width}")
            page.close()


def lab(browser, folder):
    for scheme in SCHEMES:
        with TemporaryDirectory() as home:
            path = Path(home, "files", "steps.ipynb")
            path.parent.mkdir()
            notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(CELL))])
            notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
            nbformat.write(notebook, path)
            with jupyterlab(Path(home), path, f"JupyterLab {scheme.title()}") as address:
                for width, size in SIZES.items():
                    page = browser.new_page(viewport=size, color_scheme=scheme)
                    page.set_default_timeout(60_000)
                    page.goto(address)
                    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(state="attached")
                    if page.locator(".jp-FileBrowser").is_visible():
                        page.keyboard.press("Control+b")
                    for _ in range(20):  # until the kernel listens
                        if page.locator("iframe").count():
                            break
                        page.locator(".jp-Cell .cm-content").first.click()
                        page.keyboard.press("Control+Enter")
                        page.wait_for_timeout(3000)
                    frame = page.frame_locator("iframe[title='Step through C']")
                    last = int(frame.locator(".bar input").get_attribute("max"))
                    frame.locator(".bar input").fill(str(3 * last // 4))
                    page.locator("iframe").evaluate("(frame) => frame.scrollIntoView({ block: 'end' })")
                    if width == 1280:
                        for part in (".bar", ".picture", "section >> nth=0", "section >> nth=1"):
                            box = frame.locator(part).bounding_box()
                            assert box["y"] >= 0.0, part
                            assert box["y"] + box["height"] <= size["height"], part
                    shoot(page, folder, f"lab_{scheme}_{width}")
                    page.close()


def main():
    """All of them, or those named: pictures, site, lab."""
    folder = ROOT / "docs" / "screens"
    folder.mkdir(exist_ok=True)
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        for part in (pictures, site, lab):
            if not sys.argv[1:] or part.__name__ in sys.argv[1:]:
                part(browser, folder)


if __name__ == "__main__":
    main()
