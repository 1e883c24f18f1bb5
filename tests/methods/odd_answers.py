"""Networks and responses that answer what is no answer, and what is said of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from tiny_training import TINY
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.method import Classical
from istdbench.methods.thresholds import half_max

ANSWERS: dict[str, tuple[Callable[[Tensor], object], str]] = {
    "half size": (lambda x: F.avg_pool2d(x, 2), r"is 1 x 1 x 16 x 16 of float32; floats, 1 x 1 x 32 x 32, are needed"),
    "three channels": (lambda x: x.expand(-1, 3, -1, -1), r"is 1 x 3 x 32 x 32 of .* 1 x 1 x 32 x 32, are needed"),
    "no channel": (lambda x: x[:, 0], r"is 1 x 32 x 32 of .* 1 x 1 x 32 x 32, are needed"),
    "a batch of two": (lambda x: torch.cat([x, x]), r"is 2 x 1 x 32 x 32 of .* 1 x 1 x 32 x 32, are needed"),
    "a tuple": (lambda x: (x, x), r"is a tuple, no tensor; floats, 1 x 1 x 32 x 32, are needed"),
    "whole numbers": (lambda x: x.round().long(), r"is 1 x 1 x 32 x 32 of int64; floats"),
    "NaN": (lambda x: x * np.nan, r"holds NaN"),
}
"""What becomes of right logits (1, 1, 32, 32), and the error."""


class Odd(nn.Module):
    """A network whose answer is odd in evaluation mode, and if it is to be in training mode."""

    def __init__(self, odd: Callable[[Tensor], object], in_training: bool) -> None:
        super().__init__()
        self.layer, self.odd, self.in_training = nn.Conv2d(1, 1, 3, padding=1), odd, in_training

    def forward(self, image: Tensor) -> object:
        logits = self.layer(image)
        return self.odd(logits) if self.in_training or not self.training else logits


def odd_method(kind: str, *, in_training: bool = True):
    return replace(TINY, name="odd", options={}, build=lambda: Odd(ANSWERS[kind][0], in_training))


RESPONSES: dict[str, tuple[Callable[[np.ndarray], object], str]] = {
    "half size": (lambda image: image[::2, ::2], "is 16 x 16 of float32; real numbers, 32 x 32, are needed"),
    "three channels": (lambda image: np.stack([image] * 3), "is 3 x 32 x 32 of float32; real numbers, 32 x 32"),
    "a tuple": (lambda image: (image, image), "is a tuple; an array 32 x 32 is needed"),
    "nothing": (lambda image: None, "is a NoneType; an array 32 x 32 is needed"),
    "complex": (lambda image: image * 1j, "is 32 x 32 of complex"),
    "NaN": (lambda image: np.where(image > 90, np.nan, image), "holds NaN"),
    "negative": (lambda image: -1 - image, "lies in .* and its threshold is -.*, so no pixel could be a target"),
}
HALF = half_max()


def odd_filter(kind: str, threshold: Callable[[np.ndarray], float] = HALF) -> Classical:
    return Classical(name="odd", summary="", paper="", response=RESPONSES[kind][0], threshold=threshold)
