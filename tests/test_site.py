"""The site: built without a warning; links lead somewhere, nothing comes from a network, no public name is missing."""

import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from checkout import ROOT, needs_checkout
from surface import public

import autograd
import autograd.errors
import nn
from nn import plot

pytest.importorskip("furo", reason="the extra `docs` installs it")

pytestmark = [pytest.mark.site, needs_checkout]
CHROMIUM = shutil.which("chromium")
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}


class Page(HTMLParser):
    """The ids of a page, where it links to, and what it loads."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loaded, self.described = set(), set(), set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids.add(given.get("id"))
        if tag == "a" and "href" in given:
            self.links.add(given["href"])
        if tag == "img":
            self.described.append(given.get("alt", ""))
        if given.get(LOADED.get(tag)):
            self.loaded.add(given[LOADED[tag]])


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-c", ROOT / "docs", ROOT, folder]
    built = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # the line above
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    found = {path: Page(path) for path in site.rglob("*.html")}
    assert len(found) > len(list((ROOT / "notebooks").glob("*.ipynb"))) + len(list((ROOT / "docs").rglob("*.md")))
    return found


def test_links_lead_somewhere(pages):
    for path, page in pages.items():
        for link in page.links | page.loaded:
            url = urlsplit(link)
            if not url.scheme:
                target = (path.parent / unquote(url.path)).resolve() if url.path else path
                assert target.is_file(), f"{path}: {link}"
                assert not url.fragment or target.suffix != ".html" or unquote(url.fragment) in pages[target].ids, f"{path}: {link}"


def test_nothing_comes_from_a_network(site, pages):
    for path, page in pages.items():
        assert {urlsplit(url).scheme for url in page.loaded} <= {"", "data"}, path
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(.?(https?:)?//|@import", path.read_text(encoding="utf-8")), path


def test_each_picture_has_a_text_in_its_place(pages):
    for path, page in pages.items():
        for said in page.described:
            assert said, path
            assert not said.endswith((".png", ".svg")), path


def test_indices_and_words_stand_where_they_belong(site):
    """Indices beside letters with an accent, the words of a brace below it: `munderover` is left to sums and the like."""
    found = dict.fromkeys(("index", "brace"), 0)
    for path in site.glob("notebooks/*.html"):
        for formula in re.findall(r"<math.*?</math>", path.read_text(encoding="utf-8"), re.DOTALL):
            tree = ET.fromstring(formula)  # noqa: S314  # our own
            for node in tree.iter():
                kind, children = node.tag.partition("}")[2], [child.tag.partition("}")[2] for child in node]
                found["index"] += kind == "msub" and children[0] == "mover"
                found["brace"] += kind == "munder" and children[0] == "munder"
                assert kind != "munderover" or children[0] == "mo", formula
                assert kind != "msub" or children[0] != "munder", formula
                row = "".join("".join(node.itertext()).split())
                assert kind != "mtd" or not re.match(r"\[[\d.]+[a-z]{2}\]", row), formula  # of \\[2pt], which is not known here
    assert all(found.values())


@pytest.mark.parametrize("module", [autograd, autograd.errors, nn, plot], ids=lambda module: module.__name__)
def test_every_public_name_has_its_entry(module, pages, site):
    ids = set().union(*(pages[path].ids for path in (site / "docs" / "reference").glob("*.html")))
    for name in getattr(module, "__all__", public(module)):
        home = autograd if isinstance(getattr(module, name), autograd.Op) else module
        assert f"{home.__name__}.{name}" in ids


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
def test_the_first_page_has_a_playground_that_follows_the_theme_and_asks_nobody(site):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        page = browser.new_page(viewport={"width": 1280, "height": 720}, color_scheme="null")  # that of the site alone
        requests = []
        page.on("request", lambda request: requests.append(request.url))
        page.goto((site / "docs" / "index.html").as_uri())
        page.locator(".playground iframe").scroll_into_view_if_needed()
        frame = page.frame_locator(".playground iframe")
        frame.get_by_role("slider", name="Value of z[0]", exact=True).fill("0.5")
        assert "z = [0.5, 1.0, -1.0]" in frame.get_by_role("textbox", name="Assignments").input_value()
        for theme, ground in (("dark", "rgb(21, 24, 29)"), ("light", "rgb(255, 255, 255)")):
            page.evaluate("(theme) => { document.body.dataset.theme = theme; }", theme)
            page.frames[1].wait_for_function("(ground) => getComputedStyle(document.body).backgroundColor === ground", arg=ground)
        with page.expect_popup() as opened:
            frame.get_by_role("link", name="Link to this graph").click()
        assert "z = [0.5" in opened.value.get_by_role("textbox", name="Assignments").input_value()
        browser.close()
    assert all(url.startswith(site.as_uri()) for url in requests)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")
@pytest.mark.parametrize("name", ["docs/index", "docs/use/pictures", "notebooks/01_value_and_backprop"])
def test_a_phone_shows_pictures_large_enough_to_read(name, site):
    """No page is wider than the phone, and a picture of a graph keeps letters of 10 px; what does not fit scrolls."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        page = browser.new_page(viewport={"width": 390, "height": 800})
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_function("[...document.images].every(image => image.complete)")
        width = page.evaluate("document.documentElement.scrollWidth")
        scales = page.evaluate(
            "[...document.querySelectorAll('p > img[src$=\".svg\"]')].map(i => i.getBoundingClientRect().width / i.naturalWidth)"
        )
        browser.close()
    assert width <= 390
    assert all(scale * 11.0 * 4.0 / 3.0 >= 10.0 for scale in scales)  # of 11 pt
