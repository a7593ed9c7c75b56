"""How much longer `import autograd` takes than `import numpy` alone: fresh processes in turn, and the median of the ratios.

python benchmarks/import_time.py [rounds]
"""

import os
import platform
import statistics
import subprocess
import sys
import time

import numpy as np

# With bytecode, as anyone has it from the second import on.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def seconds(module: str) -> float:
    """From the start of a Python to its end, with the module imported in between."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True, env=ENVIRONMENT)  # noqa: S603  # our own words
    return time.perf_counter() - start


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 41
    seconds("autograd")  # so that the bytecode is there
    ratios = sorted(seconds("autograd") / seconds("numpy") for _ in range(rounds))
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, {rounds} rounds")
    print(f"import autograd / import numpy: {statistics.median(ratios):.3f} (from {ratios[0]:.3f} to {ratios[-1]:.3f})")


if __name__ == "__main__":
    main()
