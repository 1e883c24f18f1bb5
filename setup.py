"""Builds the C kernel of the selective scan where there is a compiler; without one the install succeeds too."""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

FOLDER = Path("istdbench/ops/backends/c/csrc")
OPENMP = "-fopenmp"


class BuildWithOrWithoutOpenMP(build_ext):
    """Tries with OpenMP, then without: a compiler that lacks it still makes a kernel for one thread."""

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except (CompileError, LinkError):
            ext.extra_compile_args.remove(OPENMP)
            ext.extra_link_args.remove(OPENMP)
            try:
                super().build_extension(ext)
            except (CompileError, LinkError):
                self.warn("the C scan was not built: the torch backend serves; with a C compiler, install again")
                raise


setup(
    ext_modules=[
        Extension(
            "istdbench.ops.backends.c._scan",  # a plain shared library, opened with ctypes: nothing in it is Python's
            sources=[str(path) for path in sorted(FOLDER.glob("*.c"))],
            depends=[str(path) for path in sorted(FOLDER.glob("*.h"))],
            extra_compile_args=["-std=gnu11", "-O3", "-g0", OPENMP],
            extra_link_args=[OPENMP],
            optional=True,
        )
    ]
    if sys.platform != "win32"
    else [],
    cmdclass={"build_ext": BuildWithOrWithoutOpenMP},
)
