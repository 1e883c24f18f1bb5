"""`istdbench doctor` compares each scan that runs here with the definition."""

import json
import math

import pytest
import torch
from typer.testing import CliRunner

from istdbench.cli import app
from istdbench.ops import self_check
from istdbench.ops.choice import BACKENDS
from istdbench.ops.contract import ScanInputs


def scans():
    answer = CliRunner().invoke(app, ["doctor", "--json"])
    assert answer.exit_code == 0, answer.output
    return {row["backend"]: row for row in json.loads(answer.stdout)["scan backends"]}


def test_the_scans_of_a_cpu_are_right():
    found = scans()
    for name in ("torch", "reference"):
        assert 0 < float(found[name]["off by"]) < self_check.LIMIT and "WRONG" not in found[name]["notes"]


@pytest.mark.parametrize("spoiled", [1.001, math.nan])
def test_a_scan_whose_numbers_are_wrong_is_named(spoiled, monkeypatch):
    right = BACKENDS["torch"].multi_scan

    def wrong(inputs: ScanInputs) -> torch.Tensor:
        return right(inputs) * spoiled

    monkeypatch.setitem(BACKENDS, "torch", type(BACKENDS["torch"])("torch", wrong))
    found = scans()
    assert found["torch"]["notes"].startswith("WRONG NUMBERS here; set ISTDBENCH_SCAN")
    assert "WRONG" not in found["reference"]["notes"]


def test_a_scan_that_fails_is_named(monkeypatch):
    def fails(inputs: ScanInputs) -> torch.Tensor:
        raise RuntimeError("no kernel\nimage")

    monkeypatch.setitem(BACKENDS, "torch", type(BACKENDS["torch"])("torch", fails))
    assert scans()["torch"]["notes"].startswith("FAILS: no kernel image; set ISTDBENCH_SCAN")
