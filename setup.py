"""The compiled Value and the kernel: built where there is a C compiler, left out where there is none."""

import os
import re
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FLAGS = ["-O3", "-ffp-contract=off", f"-ffile-prefix-map={Path.cwd()}=."]  # the last: no folder of this machine in what is built
native = Extension(
    "autograd.native._native",
    ["autograd/native/_native.pyx"],
    depends=[str(path) for pattern in ("*.h", "*.pxi") for path in sorted(Path("autograd/native").glob(pattern))],
    extra_compile_args=FLAGS,
    optional=True,
)
kernel = Extension(
    "autograd.native._kernel",
    ["autograd/native/_kernel.c"],
    depends=native.depends,
    extra_compile_args=[*FLAGS, "-fno-math-errno", "-fno-trapping-math", "-pthread"],
    optional=True,
)


def description() -> str:
    """README.md for a package index, where links and pictures would lead nowhere: links to files are their text, pictures are left out."""
    text = Path("README.md").read_text(encoding="utf-8")
    text = re.sub(r"^!\[[^]]*\]\((?!https:)[^)]*\)\n\n\*[^*]*\*\n\n", "", text, flags=re.MULTILINE)  # with the caption
    return re.sub(r"\[([^]]*)\]\((?!https:)[^)]*\)", r"\1", text)


class Build(build_ext):
    """As GCC and Clang take it; Microsoft's compiler has no vectors of the kind used here, so it is asked for the Value alone."""

    def build_extensions(self) -> None:
        """Set what depends on the compiler, and build."""
        for extension in self.extensions:
            if self.compiler.compiler_type == "msvc":
                extension.extra_compile_args = []
            elif sys.platform == "win32":
                extension.extra_link_args = ["-static", "-s", "-pthread"]  # threads and the rest of the compiler's library go in
            elif sys.platform != "darwin" and "CFLAGS" not in os.environ:  # whoever sets flags may want to debug
                extension.extra_compile_args = [*extension.extra_compile_args, "-g0"]  # the linker would drop it: a fifth of the time
                extension.extra_link_args = ["-Wl,-s"]
        super().build_extensions()


setup(
    long_description=description(),
    long_description_content_type="text/markdown",
    ext_modules=[native, kernel],
    cmdclass={"build_ext": Build},
    options={"build_ext": {"cython_c_in_temp": True, "parallel": True}},
)
