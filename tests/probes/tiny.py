"""Methods small enough to count by hand."""

from __future__ import annotations

import numpy as np
from torch import nn

from istdbench.methods.method import Classical, Learned, Option


def build(width: int = 4) -> nn.Module:
    """3x3 convolution from 3 channels to `width`, then 1x1 to 1, both with bias."""
    return nn.Sequential(nn.Conv2d(3, width, 3, padding=1), nn.ReLU(), nn.Conv2d(width, 1, 1))


LEARNED = Learned(
    name="tiny",
    summary="two convolutions",
    paper="none",
    options={"width": Option(4, "channels between the two")},
    build=build,
    in_channels=3,
)
CLASSICAL = Classical(
    name="above_mean",
    summary="brightness above a bias",
    paper="none",
    options={"bias": Option(0.0, "grey levels")},
    response=lambda image, bias=0.0: np.maximum(image - bias, 0),
    threshold=lambda response: float(response.mean()),
)
