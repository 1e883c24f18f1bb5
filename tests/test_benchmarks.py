"""The benchmarks are kept in step with the package: each of them runs, on one tiny shape."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
ALONE = {**os.environ, "OMP_NUM_THREADS": "1"}
APART = {"exponentials"}
"""Needs triton and a device as soon as it is imported."""
BY_GPU_MINUTES = {"gpu", "gpu_minutes", "gpu_tune", "training_speed"}
"""Run dry by tests/test_gpu_minutes.py."""
RUN_HERE = {path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text()} - BY_GPU_MINUTES


def test_every_benchmark_can_be_imported():
    names = sorted({path.stem for path in FOLDER.glob("*.py")} - APART)
    command = [sys.executable, "-c", f"import {', '.join(names)}"]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(RUN_HERE))
def test_every_benchmark_runs_dry(name):
    if name == "build_mamba_ssm" and (reason := _missing()):
        pytest.skip(reason)
    done = subprocess.run([sys.executable, FOLDER / f"{name}.py", "--dry"], capture_output=True, text=True, env=ALONE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def _missing() -> str:
    code = "import build_mamba_ssm; print(build_mamba_ssm.missing())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(FOLDER), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment).stdout.strip()
