"""The network of DTUM: a small U-Net sees each frame, a U-shaped module of temporal convolutions what moved in them.

| symbol | meaning | in the released code |
|---|---|---|
| T | frames, 5 | `num_frames` |
| F | features of each frame by the U-Net and its last 1 x 1 convolution, (B, 32, T, H, W) | `Features` |
| X_1..X_4 | features at 1, 1/2, 1/4 and 1/8 of the size, by convolutions along time alone | `x_1`..`x_4` |
| d | direction code: which of the four pixels of a window held the maximum, -1.5, -0.5, 0.5, 1.5 | `direction` |
| O_3..O_1 | features on the way up; O_1 is one map for all frames | `o_3`..`o_1` |

Source: Li et al., TNNLS 2023; released code TinaLRJ/Multi-frame-infrared-small-target-detection-DTUM,
`models/model_res_UNet.py` and `models/layers.py` at commit 61053d8.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.layers import pad_to_multiple, residual_stage, resized

FRAMES = 5
WIDTHS = (8, 16, 32, 64)
"""Channels of the U-Net's stages, each at half the size of the one before."""
CHANNELS = 32
"""Of F, and of every map of the temporal module."""
MULTIPLE = 8
"""Of a side: it is halved three times."""


class DTUM(nn.Module):
    """Sequences of five frames of any size to logits of the last frame."""

    def __init__(self) -> None:
        super().__init__()
        self.frame = FrameUNet()
        self.temporal = TemporalUModule()

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (B, T, H, W), oldest first, to logits (B, 1, H, W).

        Frames go through the U-Net one by one, the last one first: so batch norm has the statistics of one frame while
        it trains, as in the released code.
        """
        padded, cut = pad_to_multiple(frames, MULTIPLE)
        newest_first = [self.frame(frame) for frame in reversed(padded.split(1, dim=1))]
        return cut(self.temporal(torch.stack(newest_first[::-1], dim=2)))


class FrameUNet(nn.Module):
    """A U-Net of residual blocks on one gray frame, which stands in three channels as in the released code."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.ModuleList([residual_stage(3, WIDTHS[0], 1, bias=True)])
        self.down.extend(residual_stage(fine, coarse, 2, bias=True) for fine, coarse in pairwise(WIDTHS))
        self.up = nn.ModuleList(residual_stage(fine + coarse, fine, 1, bias=True) for fine, coarse in pairwise(WIDTHS))
        self.features = nn.Conv2d(WIDTHS[0], CHANNELS, 1)

    def forward(self, frame: Tensor) -> Tensor:
        """Frame (B, 1, H, W), sides multiples of 8, to features (B, 32, H, W)."""
        first, *deeper = self.down
        maps = [first(frame.expand(-1, 3, -1, -1))]
        for stage in deeper:
            maps.append(stage(F.max_pool2d(maps[-1], 2)))
        x = maps.pop()
        for stage in reversed(self.up):
            x = stage(torch.cat([maps.pop(), resized(x, 2)], dim=1))
        return self.features(x)


class TemporalUModule(nn.Module):
    """The direction-coded temporal U-shape module.

    The released code detaches O_2, so that nothing below X_1 ever gets a gradient: those layers keep the weights that
    they begin with, and the released weights too were trained so. It is followed; the layers are therefore marked as
    not trained, and only the statistics of their batch norms are learnt.
    """

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm3d(CHANNELS)
        self.down = nn.ModuleList(TemporalConvolution(CHANNELS) for _ in range(4))
        self.up = nn.ModuleList(
            [TemporalConvolution(2 * CHANNELS, whole=True), *(TemporalConvolution(2 * CHANNELS) for _ in range(2))]
        )
        self.head = nn.Sequential(
            nn.Conv2d(2 * CHANNELS, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Dropout2d(0.5),
            nn.Conv2d(32, 1, 1),
        )
        for part in (*self.down[1:], *self.up[1:]):
            part.requires_grad_(False)

    def forward(self, features: Tensor) -> Tensor:
        """Features (B, 32, T, H, W), sides multiples of 8, to logits (B, 1, H, W)."""
        x = self.norm(features).relu()
        first, *deeper = self.down
        maps = [first(x).relu()]
        for part in deeper:
            largest, code = direction_coded_pool(maps[-1])
            maps.append(part(largest * code, rectified=True).relu())
        up = maps.pop()
        for part in reversed(self.up[1:]):
            up = part(torch.cat([_doubled(up), maps.pop()], dim=1)).relu()
        [over_time] = self.up[0](torch.cat([_doubled(up.detach()), maps.pop()], dim=1)).relu().unbind(2)
        return self.head(torch.cat([over_time, x[:, :, -1]], dim=1))


class TemporalConvolution(nn.Module):
    """A convolution over five frames, pixel by pixel, and batch norm."""

    def __init__(self, in_channels: int, *, whole: bool = False) -> None:
        """
        Args:
            whole: whether only windows that lie inside the sequence count, of which five frames have one.
        """
        super().__init__()
        self.conv = nn.Conv3d(in_channels, CHANNELS, (FRAMES, 1, 1), padding=(0 if whole else FRAMES // 2, 0, 0))
        self.norm = nn.BatchNorm3d(CHANNELS)

    def forward(self, x: Tensor, *, rectified: bool = False) -> Tensor:
        """Map (B, in_channels, T, H, W) to (B, 32, T, H, W), or to T = 1.

        Args:
            rectified: whether batch norm sees absolute values: a movement counts as much to the left as to the right.
        """
        x = self.conv(x)
        return self.norm(x.abs() if rectified else x)


def direction_coded_pool(x: Tensor) -> tuple[Tensor, Tensor]:
    """The maxima of 2 x 2 pixels in each frame of (B, C, T, H, W), and where in the four each stands.

    Returns:
        Maxima and codes d, both (B, C, T, H / 2, W / 2): -1.5 upper left, -0.5 upper right, 0.5 lower left, 1.5 lower
        right.
    """
    four = torch.stack([x[..., row::2, column::2] for row in range(2) for column in range(2)])
    largest, place = four.max(dim=0)
    return largest, place.to(x.dtype) - 1.5


def _doubled(x: Tensor) -> Tensor:
    """(B, C, T, H, W) at twice its height and width, each pixel four times."""
    return x.repeat_interleave(2, dim=-2).repeat_interleave(2, dim=-1)
