"""What an exported file computes: from gray levels to a score map, with all that is the network's own inside."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from istdbench.results import NetworkInput
from istdbench.scoring.inputs import margin

EXAMPLE = (64, 96)
"""Height and width of the image that is traced."""


class FromGray(nn.Module):
    """A network with the z-score and padding before it, and the sigmoid and crop after it.

    Only the resizing stays outside, since libraries differ in it.

    Attributes:
        mean, sd: of the z-score, (1, channels, 1, 1), in grey levels.
        pad: sides are padded to a multiple of this.
        frames: of a sequence, which the network sees at once; 1 for a network of single images.
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, network: nn.Module, seen: NetworkInput, frames: int = 1) -> None:
        super().__init__()
        self.network = network
        self.pad, self.pad_always, self.frames = seen.pad, seen.pad_always, frames
        for name, value in (("mean", seen.mean), ("sd", seen.sd)):
            self.register_buffer(name, torch.tensor(value).expand(seen.channels).view(1, -1, 1, 1))

    @property
    def example(self) -> Tensor:
        """The image, or sequence, that is traced."""
        return torch.full((1, self.frames, *EXAMPLE), 100.0)

    def forward(self, image: Tensor) -> Tensor:
        """Gray images (B, 1, H, W), float32 in 0..255 and of any size, to score maps (B, 1, H, W) in [0, 1].

        Sequences are (B, frames, H, W), oldest frame first, and the map is that of the last one.
        """
        height, width = image.shape[-2:]
        normed = (image - self.mean) / self.sd  # on each channel
        right, below = (margin(side, self.pad, always=self.pad_always) for side in (width, height))
        padded = functional.pad(normed, (0, right, 0, below))
        return self.network(padded).sigmoid()[..., :height, :width]
