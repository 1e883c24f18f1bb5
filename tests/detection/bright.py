"""A network that finds what is brighter than 128, pixel by pixel, so that what a detector does can be foretold."""

import numpy as np
from torch import Tensor, nn

from istdbench.detection.detector import Detector
from istdbench.methods.method import Learned
from istdbench.scoring.inputs import InputTransform


class Bright(nn.Module):
    def forward(self, image: Tensor) -> Tensor:
        return image


BRIGHT = Learned(name="bright", summary="what is brighter than 128", paper="none", build=Bright)


def bright_detector(resize: int | None = None, **more) -> Detector:
    """Scores are sigmoid((level - 128) / 10): above 0.5 exactly where a level is above 128."""
    return Detector(BRIGHT, {}, Bright(), InputTransform(resize, 1, mean=128.0, sd=10.0), **more)


def spots(shape, *places, side=3, seed=0) -> np.ndarray:
    """A noisy dark image (H, W) with squares of level 220 whose upper left corners are at `places`."""
    image = np.random.default_rng(seed).normal(60, 5, shape)
    for row, column in places:
        image[row : row + side, column : column + side] = 220
    return image.clip(0, 255).round().astype(np.uint8)
