"""Notebooks run in a fresh kernel."""

import tempfile

from nbclient import NotebookClient
from traitlets.config import Config


def execute(notebook, folder, **env):
    """Runs it in `folder`. Kernel and client talk through files: a free port may be taken before the kernel listens there."""
    with tempfile.TemporaryDirectory() as sockets:
        client = NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            resources={"metadata": {"path": str(folder)}},
            config=Config(KernelManager={"transport": "ipc", "connection_file": f"{sockets}/kernel.json"}),
        )
        client.execute(env=env)
