"""Builds mamba-ssm's selective scan for one GPU architecture, nothing else: `python benchmarks/build_mamba_ssm.py`.

A full build of mamba-ssm takes up to nine architectures, its import transformers, tilelang and more. The folder made
here holds the compiled `selective_scan_cuda` and mamba-ssm's Python files with an empty `mamba_ssm/__init__.py`, since
its own imports every model. `mamba_ssm.ops.selective_scan_interface` then needs torch, triton and einops only. The
folder works with the PyTorch, Python and CUDA it was built with.

On the path (`PYTHONPATH=FOLDER`), it is istdbench's backend `mamba_ssm`. Needs nvcc and a CUDA build of PyTorch; a GPU
only to run. The source distribution comes from the package index by pip, or from `--sdist FILE` without a network. The
compiler takes about twelve minutes of one core, over ten files side by side (MAX_JOBS says how many at once).
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path

import torch
from torch.utils import cpp_extension

REQUIREMENT = "mamba-ssm==2.3.2.post1"
# those of mamba-ssm's setup.py that change the code: what is timed is the kernel that its users get
NVCC_FLAGS = [
    "-O3",
    "-std=c++17",
    *(f"-U__CUDA_NO_{what}__" for what in ("HALF_OPERATORS", "HALF_CONVERSIONS")),
    *(f"-U__CUDA_NO_{kind}_{what}__" for kind in ("BFLOAT16", "BFLOAT162") for what in ("OPERATORS", "CONVERSIONS")),
    "--expt-relaxed-constexpr",
    "--expt-extended-lambda",
    "--use_fast_math",
]


def missing() -> str:
    """What a build needs and is not here, in one sentence; "" if all is."""
    if torch.version.cuda is None:
        return f"PyTorch {torch.__version__} is a build without CUDA; install one with it: pip install torch"
    if cpp_extension.CUDA_HOME is None:
        return "no nvcc; install the CUDA toolkit and set CUDA_HOME to its folder"
    for part in ("bin/nvcc", "include/cuda_runtime.h"):
        if not (Path(cpp_extension.CUDA_HOME) / part).is_file():
            return f"no {part} in {cpp_extension.CUDA_HOME}; set CUDA_HOME to the folder of the CUDA toolkit"
    if not cpp_extension.is_ninja_available():
        return "no ninja; install it with: pip install ninja"
    return ""


def download(folder: Path) -> Path:
    """The source distribution, fetched by pip into `folder`."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation"]
    # pip asks setup.py for the version, which looks for nvcc unless told not to
    environment = os.environ | {"MAMBA_SKIP_CUDA_BUILD": "TRUE"}
    subprocess.run([*command, "--dest", str(folder), REQUIREMENT], env=environment, check=True)
    return next(folder.glob("mamba_ssm-*.tar.gz"))


def unpack(sdist: Path, folder: Path) -> Path:
    """The root of the source distribution, unpacked into `folder`."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return next(path.parent for path in folder.glob("*/setup.py"))


def build(source: Path, target: Path, architecture: str) -> float:
    """Compile `selective_scan_cuda` into `target`, lay mamba-ssm's Python files beside it; the seconds it took."""
    os.environ["TORCH_CUDA_ARCH_LIST"] = architecture
    scan = source / "csrc" / "selective_scan"
    objects = source / "build"
    objects.mkdir()
    start = time.perf_counter()
    cpp_extension.load(
        name="selective_scan_cuda",
        sources=[str(path) for path in sorted(scan.iterdir()) if path.suffix in (".cpp", ".cu")],
        extra_cflags=["-O3", "-std=c++17"],
        extra_cuda_cflags=NVCC_FLAGS,
        extra_include_paths=[str(scan)],
        build_directory=str(objects),
    )
    spent = time.perf_counter() - start
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy2(objects / "selective_scan_cuda.so", target)
    shutil.copytree(source / "mamba_ssm", target / "mamba_ssm", dirs_exist_ok=True)
    (target / "mamba_ssm" / "__init__.py").write_text("")
    return spent


def check(target: Path) -> None:
    """The module that the backend imports is found there, in a fresh process."""
    code = "import torch; from mamba_ssm.ops.selective_scan_interface import selective_scan_fn"
    path = os.pathsep.join(filter(None, [str(target), os.environ.get("PYTHONPATH")]))
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sdist", type=Path, help="a source distribution at hand; default: download it")
    parser.add_argument("--architecture", default="9.0", help="of the GPU, as in TORCH_CUDA_ARCH_LIST; 9.0 is sm_90")
    parser.add_argument("--into", type=Path, default=Path("build/mamba_ssm"), help="the folder to make")
    parser.add_argument("--dry", action="store_true", help="only say what is missing to build it")
    options = parser.parse_args()
    if reason := missing():
        raise SystemExit(reason)
    if options.dry:
        print("nothing is missing")
        return
    target = options.into.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        sdist = options.sdist or download(Path(temporary))
        spent = build(unpack(sdist, Path(temporary)), target, options.architecture)
    check(target)
    print(f"built {sdist.name} for {options.architecture} in {spent:.0f} s; to use it:\n  export PYTHONPATH={target}")


if __name__ == "__main__":
    main()
