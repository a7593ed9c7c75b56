"""The Asian option of `asian.py` with one thread and with two, where they may run on any core.

    python benchmarks/threads.py [--paths 10000] [--rounds 11] [--plot docs/threads.svg]

Both are processes of their own, and run in turn. Whatever else runs on the machine takes its cores from them.
"""

import os

import asian
import measure


def one(paths: int) -> measure.Peer:
    os.environ["AUTOGRAD_NUM_THREADS"] = "1"
    return asian.ours(paths)


def two(paths: int) -> measure.Peer:
    os.environ["AUTOGRAD_NUM_THREADS"] = "2"
    return asian.ours(paths)


OURS = "two threads"
PEERS = {"one thread": one, OURS: two}

if __name__ == "__main__":
    title = "An Asian option, price, delta, vega and rho on every path"
    measure.main(__doc__, PEERS, OURS, size="paths", usual=10_000, title=title, pinned=False)
