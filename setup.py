"""Builds what is written in C, the selective scan and the max-tree, where there is a compiler.

Without one the install succeeds too. Both are plain shared libraries, opened with ctypes: nothing in them is Python's.
"""

from __future__ import annotations

import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError

FLAGS = ["-std=gnu11", "-O3", "-g0"]
OPENMP = "-fopenmp"
WITHOUT = {
    "istdbench.ops.backends.c._scan": "the C scan was not built: the torch backend serves",
    "istdbench.metrics._max_tree": "the max-tree in C was not built: scikit-image's serves, curves take longer",
}


class BuildWhereThereIsACompiler(build_ext):
    """Tries with OpenMP, then without: a compiler that lacks it still makes a kernel for one thread."""

    def build_extension(self, ext: Extension) -> None:
        try:
            super().build_extension(ext)
        except (CompileError, LinkError):
            ext.extra_compile_args = [flag for flag in ext.extra_compile_args if flag != OPENMP]
            ext.extra_link_args = []
            try:
                super().build_extension(ext)
            except (CompileError, LinkError):
                self.warn(f"{WITHOUT[ext.name]}; with a C compiler, install again")
                raise


def library(name: str, folder: str, *flags: str) -> Extension:
    return Extension(
        name,
        sources=[str(path) for path in sorted(Path(folder).glob("*.c"))],
        depends=[str(path) for path in sorted(Path(folder).glob("*.h"))],
        extra_compile_args=[*FLAGS, *flags],
        extra_link_args=[*flags],
        optional=True,
    )


setup(
    ext_modules=[
        library("istdbench.ops.backends.c._scan", "istdbench/ops/backends/c/csrc", OPENMP),
        library("istdbench.metrics._max_tree", "istdbench/metrics/csrc"),
    ]
    if sys.platform != "win32"
    else [],
    cmdclass={"build_ext": BuildWhereThereIsACompiler},
)
