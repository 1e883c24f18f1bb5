"""A ledger of one release: an untrained network on four synthetic images, of which its authors claim two things."""

from __future__ import annotations

from decimal import Decimal

import pytest
import torch

from istdbench.claims import bench, claimed, ledger_page, lines
from istdbench.claims.claimed import Claimed
from istdbench.importing.released_weights import release_facts
from istdbench.jobs.header import ImportFacts, WeightsHeader
from istdbench.jobs.weights import save_weights
from istdbench.registry import METHODS
from istdbench.released.release import Claim, Images, Release
from istdbench.results import NetworkInput

DATA = "synth:n=4,size=64"
SHA256 = "a" * 64


@pytest.fixture(scope="session")
def release():
    """It sees 32 x 32 pixels of images of 64 x 64, and was trained on none of them."""
    on = Images(dataset=DATA, split="official", part="test")
    return Release(
        method="acm",
        name="paper",
        repository="someone/acm",
        commit="b" * 40,
        file="best.pth",
        sha256=SHA256,
        size=1,
        input=NetworkInput(resize=32, pad=1, mean=100.0, sd=30.0, channels=3),
        terms="MIT",
        claims=(
            Claim(on=on, rule="rpcanet", where="README", values={"IoU": Decimal("0.9"), "F1": Decimal("0.95")}),
            Claim(on=on, rule="basicirstd", where="Table 1", values={"Fa": Decimal("7.42e-5")}),
        ),
    )


@pytest.fixture(scope="module")
def claims(release, tmp_path_factory):
    """The ledger of that release, whose weights are at hand."""
    torch.manual_seed(0)
    method = METHODS.get("acm")
    weights, state = tmp_path_factory.mktemp("released") / "weights.safetensors", method.build().state_dict()

    def taken_over(release):
        header = WeightsHeader(
            method="acm",
            options=method.resolve({}),
            input=release.input,
            threshold=0.5,
            imported=ImportFacts(file="best.pth", sha256=SHA256, versions={}, released=release_facts(release)),
        )
        save_weights(weights, state, header)
        return weights

    every = tuple(Claimed(release, claim) for claim in release.claims)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "released_weights", taken_over)
        patch.setattr(bench, "PROBED", ())
        for module in (claimed, lines, ledger_page):
            patch.setattr(module, "ledger", lambda: every)
        yield every
