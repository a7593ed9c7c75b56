"""JupyterLab as a person uses it: it opens the first notebook, runs it from a fresh start, and goes through its page of steps."""

import os
import re
import shutil

import nbformat
import pytest
from lab import jupyterlab
from pages import A_PATH, FIRST, check_page, code_cells, kinds, read, text

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
CHROMIUM = shutil.which("chromium")

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")]


@pytest.fixture
def opened(tmp_path):
    """The first notebook without its outputs, in a JupyterLab of its own that knows nothing of the user's; and its path."""
    path = tmp_path / "notebooks" / FIRST.name
    path.parent.mkdir()
    notebook = read(FIRST)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    nbformat.write(notebook, path)
    with jupyterlab(tmp_path, path) as address, playwright.sync_playwright() as engine:
        browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
        page = browser.new_page(viewport={"width": 1180, "height": 860})
        page.set_default_timeout(60_000)
        page.goto(address)
        yield page, path
        browser.close()


def saved(page, path):
    """The notebook as JupyterLab writes it to the disk."""
    before = path.stat().st_mtime_ns
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    for _ in range(120):
        page.wait_for_timeout(250)
        if path.stat().st_mtime_ns != before:
            return read(path)
    return pytest.fail("the notebook was not saved")


def run_all(page, count):
    """Run all cells, as a person does, who does it again where nothing happens: JupyterLab may drop them while its kernel starts."""
    prompts = page.locator(".jp-InputPrompt")
    for _ in range(20):
        if not prompts.filter(has_text=re.compile(r"\[(\*|1)\]:")).count():
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_text("Run All Cells", exact=True).click()
        try:
            prompts.filter(has_text=f"[{count}]:").wait_for(timeout=10_000)
        except playwright.TimeoutError:
            continue
        return
    pytest.fail("the cells were not run")


def test_the_first_notebook_runs_and_its_page_can_be_stepped_through(opened):
    page, path = opened
    cells = code_cells(read(FIRST))
    page.get_by_role("heading", name="Backpropagation, one number at a time").wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()

    run_all(page, len(cells))
    notebook = saved(page, path)
    assert [cell.execution_count for cell in code_cells(notebook)] == list(range(1, len(cells) + 1))
    check_page(notebook)
    assert kinds(notebook) == kinds(read(FIRST))
    assert not A_PATH.search(text(notebook))
    assert page.locator("[data-mime-type='application/vnd.jupyter.error'], [data-mime-type='application/vnd.jupyter.stderr']").count() == 0

    pictures = page.locator("img[alt='A graph of computations']")
    assert pictures.count() == sum("image/svg+xml" in found for found in kinds(notebook)) > 0
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        box = picture.bounding_box()
        assert box["width"] > 100
        assert box["height"] > 50
    pictures.nth(1).scroll_into_view_if_needed()

    frame = page.frame_locator("iframe[title='Step through f']")
    page.locator("iframe").scroll_into_view_if_needed()
    place = frame.locator(".place")
    playwright.expect(place).to_have_text("Forward, step 0 of 4")
    chosen = page.locator(".jp-Cell.jp-mod-active").all_inner_texts()
    frame.get_by_role("button", name="Step", exact=True).click()
    playwright.expect(place).to_have_text("Forward, step 1 of 4")
    page.keyboard.press("ArrowRight")
    playwright.expect(place).to_have_text("Forward, step 2 of 4")
    page.keyboard.press("ArrowLeft")
    playwright.expect(place).to_have_text("Forward, step 1 of 4")
    frame.get_by_role("slider", name="Step").fill("9")
    sent = frame.locator("section").nth(1).locator("td b")
    assert sent.all_inner_texts() == ["14.0", "14.0", "14.0", "28.0"]  # along each of two arrows, and the sum so far
    page.keyboard.press("End")
    playwright.expect(frame.locator(".lead")).to_contain_text("Done: every leaf has its gradient")
    frame.get_by_role("button", name=re.compile("^x,")).click()
    playwright.expect(frame.locator("section").first).to_contain_text("What arrives at x")
    assert frame.locator("section").first.locator("td b").all_inner_texts() == ["14.0", "14.0", "28.0"]
    page.keyboard.press("Escape")
    assert page.locator(".jp-Cell.jp-mod-active").all_inner_texts() == chosen
