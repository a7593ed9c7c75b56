"""The compiled Value, built where there is a C compiler; without one everything works in Python all the same."""

from Cython.Build import cythonize
from setuptools import Extension, setup

native = Extension(
    "autograd._native",
    ["autograd/_native.pyx"],
    depends=["autograd/_node.h", "autograd/_ops.h", "autograd/_nary.h"],
    extra_compile_args=["-O3", "-ffp-contract=off"],
    optional=True,
)
setup(ext_modules=cythonize([native]))
