"""Numbers that a CPU computes with in slow motion are 0 once weights are read; all others stay as they are."""

import torch

from istdbench.jobs.header import ImportFacts, WeightsHeader
from istdbench.jobs.weights import load_weights, save_weights
from istdbench.results import NetworkInput


def test_numbers_below_the_smallest_normal_one_are_read_as_zero(tmp_path):
    kept = torch.tensor([1.0, -2.5e-38, 1.2e-38, float("nan")])
    header = WeightsHeader(
        method="acm",
        options={},
        input=NetworkInput(pad=1, mean=0.0, sd=255.0, channels=1),
        threshold=0.5,
        imported=ImportFacts(file="best.pth", sha256="a" * 64, versions={}),
    )
    path = tmp_path / "weights.safetensors"
    save_weights(path, {"weight": torch.cat([kept, torch.tensor([1e-38, -1e-45])])}, header)
    found = load_weights(path)[0]["weight"]
    assert torch.equal(found[:3], kept[:3]) and found[3].isnan() and found[4:].tolist() == [0.0, 0.0]
