"""A campaign file over the folder of spots, with a protocol of a few quick epochs."""

from __future__ import annotations

from pathlib import Path

from istdbench.protocols.listing import FOLDER

PROTOCOL = f"""
_base_ = "{FOLDER / "smoke.py"}"
summary = "for tests"
data = dict(validate_on=None)
"""


def write_protocol(spots: Path, epochs: int) -> Path:
    """Write quick.py beside the folder of spots, which gets lists of images to train on and to test on."""
    (spots / "train.txt").write_text("a\nb\n")
    (spots / "test.txt").write_text("c\n")
    protocol = spots.parent / "quick.py"
    protocol.write_text(PROTOCOL + f"training = dict(epochs={epochs}, batch=2, augmentation=dict(crop=32))\n")
    return protocol


def write_campaign(spots: Path, methods: list[str], seeds: list[int], epochs: int = 1) -> Path:
    """Write campaign.py and its protocol beside the folder of spots."""
    protocol = write_protocol(spots, epochs)
    campaign = spots.parent / "campaign.py"
    campaign.write_text(
        f"methods = {methods}\ndatasets = ['folder:{spots}']\nprotocols = ['{protocol}']\nseeds = {seeds}\n"
        f"probes = []\nout = '{spots.parent / 'out'}'\n"
    )
    return campaign
