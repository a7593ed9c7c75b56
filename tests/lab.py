"""A JupyterLab of its own, which knows nothing of the user's."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
SETTINGS = "lab/user-settings/@jupyterlab/apputils-extension"


@contextmanager
def jupyterlab(folder, notebook, theme="JupyterLab Light"):
    """Start it beside a notebook, with its files in `folder`; gives the address at which the notebook is open."""
    settings = folder / "jupyter_config_dir" / SETTINGS
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex()
    homes = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")
    env = {name: str(folder / name.lower()) for name in homes} | {"PYTHONPATH": str(ROOT), "JUPYTER_TOKEN": token}
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", *(["--allow-root"] if os.geteuid() == 0 else [])]
    with (folder / "log").open("w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, cwd=notebook.parent, env=os.environ | env, stdout=log, stderr=log)  # noqa: S603  # the line above
    try:
        _answers(server, f"http://127.0.0.1:{port}/api", folder / "log")
        yield f"http://127.0.0.1:{port}/lab/tree/{notebook.name}?token={token}"
    finally:
        server.terminate()
        server.wait(60)


def _answers(server, url, log):
    """Wait until the server does."""
    for _ in range(480):
        assert server.poll() is None, log.read_text()
        try:
            urlopen(url).close()  # noqa: S310  # of this machine
        except URLError:
            time.sleep(0.25)
        else:
            return
    raise AssertionError(log.read_text())
