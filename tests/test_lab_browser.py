"""JupyterLab as a person uses it: it opens the first notebook, runs it from a fresh start, and goes through its page of steps."""

import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest
from pages import A_PATH, FIRST, ROOT, check_page, code_cells, kinds, read, text

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
CHROMIUM = shutil.which("chromium")
SHOTS = os.environ.get("LAB_SHOTS")  # a folder for pictures of the way through, those in docs/
NO_QUESTIONS = "lab/user-settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"

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
    settings = tmp_path / "jupyter_config_dir" / NO_QUESTIONS
    settings.parent.mkdir(parents=True)
    settings.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    homes = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")
    env = {name: str(tmp_path / name.lower()) for name in homes} | {"PYTHONPATH": str(ROOT), "JUPYTER_TOKEN": token}
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", *(["--allow-root"] if os.geteuid() == 0 else [])]
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, cwd=path.parent, env=os.environ | env, stdout=log, stderr=log)  # noqa: S603
    try:
        answers(server, f"http://127.0.0.1:{port}/api", tmp_path / "log")
        with playwright.sync_playwright() as engine:
            browser = engine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"] if os.geteuid() == 0 else [])
            page = browser.new_page(viewport={"width": 1180, "height": 860})
            page.set_default_timeout(60_000)
            page.goto(f"http://127.0.0.1:{port}/lab/tree/{path.name}?token={token}")
            yield page, path
            browser.close()
    finally:
        server.terminate()
        server.wait(60)


def answers(server, url, log):
    """Wait until the server does."""
    for _ in range(240):
        assert server.poll() is None, log.read_text()
        try:
            urlopen(url).close()  # noqa: S310
        except URLError:
            time.sleep(0.25)
        else:
            return
    pytest.fail(log.read_text())


def shoot(page, name):
    if SHOTS:
        page.wait_for_timeout(1000)
        page.screenshot(path=Path(SHOTS) / f"lab_{name}.png")


def saved(page, path):
    """The notebook as JupyterLab writes it to the disk."""
    before = path.stat().st_mtime_ns
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    for _ in range(120):
        page.wait_for_timeout(250)
        if path.stat().st_mtime_ns != before:
            return read(path)
    return pytest.fail("the notebook was not saved")


def test_the_first_notebook_runs_and_its_page_can_be_stepped_through(opened):
    page, path = opened
    cells = code_cells(read(FIRST))
    page.get_by_role("heading", name="Backpropagation, one number at a time").wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    shoot(page, "opened")

    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text("Restart Kernel and Run All Cells…").click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    page.locator(".jp-InputPrompt", has_text=f"[{len(cells)}]:").wait_for()
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
    shoot(page, "picture")

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
    shoot(page, "step")
    page.keyboard.press("End")
    playwright.expect(frame.locator(".lead")).to_contain_text("Done: every leaf has its gradient")
    frame.get_by_role("button", name=re.compile("^x,")).click()
    playwright.expect(frame.locator("section").first).to_contain_text("What arrives at x")
    assert frame.locator("section").first.locator("td b").all_inner_texts() == ["14.0", "14.0", "28.0"]
    shoot(page, "end")
    page.keyboard.press("Escape")
    assert page.locator(".jp-Cell.jp-mod-active").all_inner_texts() == chosen
