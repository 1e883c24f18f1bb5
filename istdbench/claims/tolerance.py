"""How far a measured value may lie from a claimed one though the weights are those of the claim."""

from __future__ import annotations

from istdbench.claims.claim_record import ClaimRecord
from istdbench.claims.claimed import Claimed
from istdbench.claims.verdict import Verdict, verdict
from istdbench.results.record_parts import as_number

STRETCHED = {"IoU": 0.003, "nIoU": 0.003, "F1": 0.003, "AUC": 0.003, "Fa": 0.03}
"""Relative change where images are stretched to the network's input. Three ways of it (in float32 and in 8 bits by
OpenCV, and in 8 bits by Pillow) for the U-Net of acm-pytorch on the official test images of `nuaa` lie 0.12 % apart in
IoU, 0.13 % in nIoU, 0.07 % in F1 and 1 % in Fa, and find the same targets; other networks may be moved more."""
ALIKE = {"IoU": 0.002, "nIoU": 0.002, "F1": 0.002, "AUC": 0.002, "Fa": 0.02, "Pd": 0.0}
"""Relative change where nothing is stretched: what another machine makes, as `istdbench.runs.verify.TOLERANCE`. Fa is
a few hundred pixels, of which a GPU predicts some otherwise than a CPU."""


def verdicts(claimed: Claimed, measured: ClaimRecord) -> dict[str, Verdict]:
    """The verdict on each value of a claim, by its metric."""
    return {
        metric: verdict(value, as_number(measured.values[metric]), tolerance(metric, measured))
        for metric, value in claimed.claim.values.items()
    }


def tolerance(metric: str, measured: ClaimRecord) -> float:
    """What may lie between the authors' machine, libraries and ways of stretching, and ours."""
    if not measured.stretched:
        return ALIKE[metric] * as_number(measured.values[metric])
    if metric == "Pd":
        return 1 / measured.targets  # a target more or less
    return STRETCHED[metric] * as_number(measured.values[metric])
