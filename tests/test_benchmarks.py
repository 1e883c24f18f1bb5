"""The benchmarks are kept in step with the package: whatever they import from it is there."""

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "benchmarks"
APART = {"exponentials"}
"""Needs triton and a device as soon as it is imported."""


def test_every_benchmark_can_be_imported():
    names = sorted({path.stem for path in FOLDER.glob("*.py")} - APART)
    command = [sys.executable, "-c", f"import {', '.join(names)}"]
    environment = {**os.environ, "PYTHONPATH": str(FOLDER)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr


def test_predict_beside_the_bare_network_runs():
    command = [sys.executable, FOLDER / "predict.py", "--quick", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "2 images of synth" in done.stdout and "| mim_istd |" in done.stdout
