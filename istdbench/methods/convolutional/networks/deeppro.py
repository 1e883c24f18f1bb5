"""The network of DeepPro: the levels of each pixel over forty frames are a signal, in which a target is an anomaly.

All convolutions go along time alone; space enters by pooling and by enlarging what was pooled.

| symbol | meaning | in the released code |
|---|---|---|
| T | frames, 40 | `seqlen`, `out_len` |
| X_1..X_3 | features at the image's size, at a half, and at a half and then a quarter of it | `seq_feats1`..`3` |
| W_d | second difference along time of a kernel W, by which a steady level has no part in the middle | `diff_weight` |
| TPro | temporal probe: four groups of channels, each with one map from T frames to T frames | `TPro` |

Source: Li et al., TPAMI 2026 (arXiv 2506.12766); released code TinaLRJ/DeepPro, `networks/models/DeepPro.py` and
`networks/layers/` at commit 8fa1a68.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.bilinear import bilinear

FRAMES = 40
HEADS = 4


class DeepPro(nn.Module):
    """Sequences of forty frames of any size to logits of the last frame."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _conv_bn_relu(1, 8, 5)
        self.scales = nn.ModuleList(
            nn.Sequential(before, TemporalDifferenceBlock(8, 16), between, TemporalDifferenceBlock(16, 32))
            for before, between in (
                (nn.Identity(), nn.Identity()),
                (_half(), nn.Identity()),
                (_half(), _half()),
            )
        )
        self.probes = nn.ModuleList(TemporalProbe(32) for _ in self.scales)
        self.narrow = nn.ModuleList(_conv_bn_relu(32, 8, 1) for _ in self.scales)
        self.fusion = _conv_bn_relu(8 * len(self.scales), 8, 1)
        self.head = nn.Conv3d(8, 1, 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Frames (B, T, H, W), oldest first, to logits (B, 1, H, W) of the last of them."""
        return self.every_frame(frames)[:, -1:]

    def every_frame(self, frames: Tensor) -> Tensor:
        """Frames (B, T, H, W) to logits of each, (B, T, H, W), those of which see the frames after them too."""
        x = self.stem(frames[:, None])
        maps = [
            _enlarged(narrow(probe(scale(x))), frames.shape[-2:])
            for scale, probe, narrow in zip(self.scales, self.probes, self.narrow, strict=True)
        ]
        return self.head(self.fusion(torch.cat(maps, dim=1)))[:, 0]


class TemporalDifferenceConv(nn.Conv3d):
    """A convolution over three frames, two apart, with W_d in the place of its kernel W.

    W_d(t) = 2 W(t) - W(t - 1) - W(t + 1), where the first and the last of the kernel stand for those beyond it.
    """

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, (3, 1, 1), padding=(2, 0, 0), dilation=(2, 1, 1))

    def forward(self, input: Tensor) -> Tensor:
        """Map (B, in_channels, T, H, W) to (B, out_channels, T, H, W)."""
        first, middle, last = self.weight.unbind(2)
        differences = torch.stack([first - middle, 2 * middle - first - last, last - middle], dim=2)
        return self._conv_forward(input, differences, self.bias)


class TemporalDifferenceBlock(nn.Module):
    """A temporal difference, a convolution over three frames and one of each by itself, beside a shortcut."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            TemporalDifferenceConv(in_channels, out_channels),
            nn.BatchNorm3d(out_channels),
            nn.ReLU(),
            *_conv_bn_relu(out_channels, out_channels, 3),
            nn.Conv3d(out_channels, out_channels, 1),
            nn.BatchNorm3d(out_channels),
        )
        self.shortcut = nn.Sequential(nn.Conv3d(in_channels, out_channels, 1), nn.BatchNorm3d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, T, H, W) to (B, out_channels, T, H, W)."""
        return F.relu(self.body(x) + self.shortcut(x))


class TemporalProbe(nn.Module):
    """TPro: each group of channels has a linear map from the T frames of a pixel to T frames; then they are mixed."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.over_time = nn.ModuleList(nn.Linear(FRAMES, FRAMES) for _ in range(HEADS))
        self.norm = nn.BatchNorm3d(channels)
        self.mix = _conv_bn_relu(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, T, H, W) to the same shape."""
        signals = x.permute(0, 1, 3, 4, 2) / FRAMES**0.5  # (B, C, H, W, T)
        groups = signals.chunk(HEADS, dim=1)
        probed = torch.cat([linear(group) for linear, group in zip(self.over_time, groups, strict=True)], dim=1)
        return self.mix(self.norm(probed.permute(0, 1, 4, 2, 3)).relu())


def _conv_bn_relu(in_channels: int, out_channels: int, frames: int) -> nn.Sequential:
    """Convolution over so many frames, batch norm, ReLU."""
    conv = nn.Conv3d(in_channels, out_channels, (frames, 1, 1), padding=(frames // 2, 0, 0))
    return nn.Sequential(conv, nn.BatchNorm3d(out_channels), nn.ReLU())


def _half() -> nn.MaxPool3d:
    return nn.MaxPool3d((1, 2, 2))


def _enlarged(x: Tensor, size: torch.Size) -> Tensor:
    """(B, C, T, h, w) to (B, C, T, H, W), bilinear, with corner pixels on corner pixels."""
    return bilinear(x.flatten(1, 2), size, align_corners=True).unflatten(1, x.shape[1:3])
