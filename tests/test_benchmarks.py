"""The benchmarks are kept in step with the package: each of them runs, on one tiny shape."""

import importlib
import runpy
import sys
from pathlib import Path

import pytest
import torch

FOLDER = Path(__file__).parents[1] / "benchmarks"
BY_GPU_MINUTES = {"gpu", "gpu_minutes", "gpu_tune", "training_speed"}
"""Run dry by tests/test_gpu_minutes.py."""
SCRIPTS = sorted({path.stem for path in FOLDER.glob("*.py") if "__main__" in path.read_text()} - BY_GPU_MINUTES)


@pytest.fixture(autouse=True)
def benchmarks(monkeypatch):
    """The scripts find each other, and leave neither their modules nor their number of threads behind."""
    monkeypatch.syspath_prepend(str(FOLDER))
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    for path in FOLDER.glob("*.py"):
        sys.modules.pop(path.stem, None)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_benchmark_runs_dry(name, monkeypatch, capsys):
    if name == "build_mamba_ssm" and (reason := importlib.import_module(name).missing()):
        pytest.skip(reason)
    monkeypatch.setattr(sys, "argv", [name, "--dry"])
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert capsys.readouterr().out.strip()
