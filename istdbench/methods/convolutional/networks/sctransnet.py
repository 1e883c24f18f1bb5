"""The network of SCTransNet: a U-Net whose skip connections pass through a transformer over all of its scales.

| symbol | meaning | in the released code |
|---|---|---|
| f_i | map of the encoder at scale i = 1..4, of 1 / 2^(i - 1) of the image's height and width | `x1`..`x4` |
| d_5 | bottom, at 1/16 | `d5` |
| x_i | 2 f_i + what the transformer says of scale i (`networks.cross_transformer`), for the decoder | `x1`..`x4` |
| CCA | channel-wise cross attention: weights of x_i's channels from its means and those of the coarser map | `CCA` |
| d_i | map of the decoder at scale i = 1..4, from x_i and d_(i + 1) enlarged | `d4`..`d2` |
| p | evaluated logits, of d_1 | `out` |
| g_i | logits of d_i, i = 2..5, enlarged to the image's size, in training only | `gt2`..`gt5` |
| g | logits of g_2..g_5 and p together, in training only | `d0` |

The encoder adds f_i to the transformer's answer twice, as the released code does: inside the transformer and after it.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.cross_transformer import CrossTransformer
from istdbench.methods.outputs import Outputs
from istdbench.methods.parts.layers import conv_bn_relu, pad_to_multiple, resized

CHANNELS = (32, 64, 128, 256)
"""Of f_1..f_4; d_5 has as many as f_4."""

PATCHES = (16, 8, 4, 2)
"""Side in pixels of f_i's patches."""

STRIDE = 16


class LeakyResidualBlock(nn.Module):
    """ResNet's basic block with leaky ReLU and biases."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 3, padding=1),
            nn.BatchNorm2d(out_channels),
            nn.LeakyReLU(inplace=True),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1), nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        return F.leaky_relu(self.shortcut(x) + self.body(x))


class DecoderStage(nn.Module):
    """d_i."""

    def __init__(self, channels: int, out_channels: int) -> None:
        """
        Args:
            channels: of x_i, and of d_(i + 1).
        """
        super().__init__()
        self.of_skip, self.of_coarse = nn.Linear(channels, channels), nn.Linear(channels, channels)
        self.body = nn.Sequential(*conv_bn_relu(2 * channels, out_channels), *conv_bn_relu(out_channels, out_channels))

    def forward(self, skip: Tensor, coarse: Tensor) -> Tensor:
        """Maps (B, channels, H, W) and (B, channels, H / 2, W / 2) to (B, out_channels, H, W)."""
        coarse = F.interpolate(coarse, scale_factor=2, mode="nearest")
        weights = (self.of_skip(skip.mean((2, 3))) + self.of_coarse(coarse.mean((2, 3)))) / 2
        attended = F.relu(weights.sigmoid()[..., None, None] * skip)
        return self.body(torch.cat([attended, coarse], dim=1))


class SCTransNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        bottom = CHANNELS[-1]
        self.encoder = nn.ModuleList(LeakyResidualBlock(*sizes) for sizes in pairwise((1, *CHANNELS, bottom)))
        self.transformer = CrossTransformer(CHANNELS, PATCHES)
        decoded = (CHANNELS[0], *CHANNELS[:-1])
        self.decoder = nn.ModuleList(DecoderStage(*sizes) for sizes in zip(CHANNELS, decoded, strict=True))
        self.head = nn.Conv2d(decoded[0], 1, 1)
        self.side_heads = nn.ModuleList(nn.Conv2d(channels, 1, 1) for channels in (*decoded[1:], bottom))
        self.fusion = nn.Conv2d(len(self.side_heads) + 1, 1, 1)
        self.apply(released_start)

    def forward(self, image: Tensor) -> Tensor | Outputs:
        """Images (B, 1, H, W), normalised, to logits p (B, 1, H, W); in training g and g_2..g_5 beside them.

        Below and to the right of the image, zeros fill up to a multiple of STRIDE.
        """
        padded, crop = pad_to_multiple(image, STRIDE)
        finest, *coarser = self._decoded(padded)
        logits = self.head(finest)
        if not self.training:
            return crop(logits)
        sides = [resized(head(x), 2**i) for i, (head, x) in enumerate(zip(self.side_heads, coarser, strict=True), 1)]
        together = self.fusion(torch.cat([*sides, logits], dim=1))
        return Outputs(masks=tuple(crop(x) for x in (logits, together, *sides)))

    def _decoded(self, image: Tensor) -> list[Tensor]:
        """d_1..d_5."""
        encoded = [self.encoder[0](image)]
        for stage in self.encoder[1:]:
            encoded.append(stage(F.max_pool2d(encoded[-1], 2)))
        decoded = [encoded.pop()]
        skips = [2 * f + y for f, y in zip(encoded, self.transformer(encoded), strict=True)]
        for stage, skip in zip(reversed(self.decoder), reversed(skips), strict=True):
            decoded.insert(0, stage(skip, decoded[0]))
        return decoded


def released_start(module: nn.Module) -> None:
    """Convolutions and linear layers by He et al. 2015, scales of batch norm about 1, as `train.py` has them."""
    if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
