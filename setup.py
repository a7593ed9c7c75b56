"""The compiled Value and the kernel: built where there is a C compiler, left out where there is none."""

import os
from pathlib import Path

from setuptools import Extension, setup

native = Extension(
    "autograd.native._native",
    ["autograd/native/_native.pyx"],
    depends=[str(path) for pattern in ("*.h", "*.pxi") for path in sorted(Path("autograd/native").glob(pattern))],
    extra_compile_args=[] if os.name == "nt" else ["-O3", "-ffp-contract=off"],  # Microsoft's compiler knows neither
    optional=True,
)
kernel = Extension(
    "autograd.native._kernel",
    ["autograd/native/_kernel.c"],
    depends=native.depends,
    extra_compile_args=[] if os.name == "nt" else ["-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-pthread"],
    optional=True,
)
setup(ext_modules=[native, kernel], options={"build_ext": {"cython_c_in_temp": True, "parallel": True}})
