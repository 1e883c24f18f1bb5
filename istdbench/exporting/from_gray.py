"""What an exported file computes: from gray levels to a score map, with all that is the network's own inside."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from istdbench.results import NetworkInput

EXAMPLE = (1, 1, 64, 96)
"""Shape of the image that is traced."""


class FromGray(nn.Module):
    """A network with the z-score and padding before it, and the sigmoid and crop after it.

    Only the resizing stays outside, since libraries differ in it.

    Attributes:
        mean, sd: of the z-score, (1, channels, 1, 1), in grey levels.
        pad: sides are padded to a multiple of this.
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, network: nn.Module, seen: NetworkInput) -> None:
        super().__init__()
        self.network = network
        self.pad, self.least = seen.pad, 1 if seen.pad_always else 0
        for name, value in (("mean", seen.mean), ("sd", seen.sd)):
            self.register_buffer(name, torch.tensor(value).expand(seen.channels).view(1, -1, 1, 1))

    def forward(self, image: Tensor) -> Tensor:
        """Gray images (B, 1, H, W), float32 in 0..255 and of any size, to score maps (B, 1, H, W) in [0, 1]."""
        height, width = image.shape[-2:]
        normed = (image - self.mean) / self.sd  # on each channel
        margins = [self.least + (-side - self.least) % self.pad for side in (width, height)]
        padded = functional.pad(normed, (0, margins[0], 0, margins[1]))
        return self.network(padded).sigmoid()[..., :height, :width]
