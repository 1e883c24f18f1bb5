"""The network of AGPCNet: a residual encoder, context from patches of four sizes, and fusion with finer maps.

| symbol | meaning | in the released code |
|---|---|---|
| c_1, c_2, c_3 | maps of the encoder, of 1 / 2, 1 / 4 and 1 / 8 of the image's sides | the same |
| s | patches along each side of c_3: 10, 6, 5 and 3; the last ones take the rest of it | `scales` |
| NL | non-local block within a patch: each pixel is given a mean of all, weighed by likeness | `NonLocalBlock` |
| G | weights of channels, one for each patch, from the maxima of an s x s grid of bins | `GCA_Channel` |
| context | X + γ convolution of NL(X) G, with γ = 0 where training begins | `AGCB_Patch` |
| pyramid | X and its contexts with the four s, side by side | `CPM` |
| fusion | convolution of Y + X, times weights of channels from Y, times weights of pixels from X | `AsymFusionModule` |

The bins of G are PyTorch's for adaptive pooling, of other borders than the patches; both are the released code's.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.bilinear import bilinear
from istdbench.methods.parts.layers import channel_attention, conv_bn_relu, he_normal, residual_stage

STEM = 64
CHANNELS = (128, 256, 512)
"""Of c_1, c_2 and c_3."""

BLOCKS = 2
"""Residual blocks a stage."""

NARROW = 32
"""Channels of the context."""

PATCHES = (10, 6, 5, 3)
"""s."""

LEAST = 8 * max(PATCHES)
"""Side of the smallest image in pixels: each patch has a pixel of c_3."""


class NonLocal(nn.Module):
    """NL, in each of n x n patches by itself."""

    def __init__(self, channels: int, reduction: int) -> None:
        """
        Args:
            reduction: channels over those in which pixels are compared.
        """
        super().__init__()
        self.query = nn.Conv2d(channels, channels // reduction, 1)
        self.key = nn.Conv2d(channels, channels // reduction, 1)
        self.value = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, n: int = 1) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        maps = torch.cat([self.query(x), self.key(x), self.value(x)], dim=1)
        rows, columns = (bands(side, n) for side in x.shape[-2:])
        context = torch.cat([torch.cat([self._context(maps, *r, *c) for c in columns], 3) for r in rows], 2)
        return x + self.gamma * context

    def _context(self, maps: Tensor, top: int, down: int, height: int, left: int, across: int, width: int) -> Tensor:
        """Of `down` x `across` patches of one size: (B, channels, down x height, across x width)."""
        narrow, channels = self.query.out_channels, self.value.out_channels
        cut = maps[..., top : top + down * height, left : left + across * width]
        batch = cut.shape[0]
        patches = cut.reshape(batch, -1, down, height, across, width).permute(0, 2, 4, 1, 3, 5).flatten(4).flatten(0, 2)
        query, key, value = patches.split([narrow, narrow, channels], dim=1)
        mixed = value @ (query.mT @ key).softmax(-1).mT
        apart = mixed.reshape(batch, down, across, channels, height, width)
        return apart.permute(0, 3, 1, 4, 2, 5).reshape(batch, channels, down * height, across * width)


class Context(nn.Module):
    """A map and what each of its n x n patches says of itself."""

    def __init__(self, channels: int, n: int) -> None:
        super().__init__()
        self.n = n
        self.within = NonLocal(channels, reduction=4)
        self.among = NonLocal(channels, reduction=1)
        self.weights = channel_attention(channels, pooled=False)
        self.conv = nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels))
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        weights = self.weights(self.among(maxima(x, self.n)))
        rows, columns = (patch_of(side, self.n, x.device) for side in x.shape[-2:])
        context = self.within(x, self.n) * weights[:, :, rows][..., columns]
        return (x + self.gamma * self.conv(context)).relu()


class Pyramid(nn.Module):
    """Contexts in patches of several sizes, of a narrowed map."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.entry = conv_bn_relu(channels, NARROW, 1)
        self.contexts = nn.ModuleList(Context(NARROW, n) for n in PATCHES)
        self.last = conv_bn_relu((len(PATCHES) + 1) * NARROW, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        narrow = self.entry(x)
        return self.last(torch.cat([narrow, *(context(narrow) for context in self.contexts)], dim=1))


class Fusion(nn.Module):
    """Of a finer map X and a coarser, wider one Y."""

    def __init__(self, wide: int, channels: int) -> None:
        super().__init__()
        self.entry = conv_bn_relu(wide, channels, 1)
        self.from_fine = channel_attention(channels, pooled=False)
        self.from_coarse = channel_attention(channels, pooled=True)
        self.post = conv_bn_relu(channels, channels)

    def forward(self, fine: Tensor, coarse: Tensor) -> Tensor:
        """Maps (B, channels, H, W) and (B, wide, h, w) to (B, channels, H, W)."""
        enlarged = self.entry(bilinear(coarse, fine.shape[-2:], align_corners=True))
        return self.post(fine + enlarged) * self.from_coarse(enlarged) * self.from_fine(fine)


class AGPCNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        c1, c2, c3 = CHANNELS
        self.stem = nn.Sequential(conv_bn_relu(in_channels, STEM, 7, bias=False), residual_stage(STEM, STEM, BLOCKS))
        self.stages = nn.ModuleList(
            residual_stage(finer, channels, BLOCKS, stride=2) for finer, channels in ((STEM, c1), (c1, c2), (c2, c3))
        )
        self.pyramid = Pyramid(c3)
        self.fusions = nn.ModuleList([Fusion(c3, c2), Fusion(c2, c1)])
        self.head = nn.Sequential(*conv_bn_relu(c1, c1 // 4), nn.Dropout(0.1), nn.Conv2d(c1 // 4, 1, 1))
        self.apply(he_normal)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, in_channels, H, W) to logits (B, 1, H, W).

        Below and to the right of a smaller image, zeros fill up to 80 x 80; the released code takes none.
        """
        height, width = image.shape[-2:]
        # Products in the place of a branch, which an exported file, a trace, would not hold.
        below, right = ((LEAST - side) * (side < LEAST) for side in (height, width))
        padded = F.pad(image, (0, right, 0, below))
        maps = [self.stem(padded)]
        for stage in self.stages:
            maps.append(stage(maps[-1]))
        _, c1, c2, c3 = maps
        x = self.pyramid(c3)
        for fusion, finer in zip(self.fusions, (c2, c1), strict=True):
            x = fusion(finer, x)
        return bilinear(self.head(x), padded.shape[-2:], align_corners=True)[..., :height, :width]


def bands(side: int, n: int) -> list[tuple[int, int, int]]:
    """Start, count and pixels of patches along a side: n - 1 equal ones, and the last one with the rest."""
    size = side // n
    rest = (n - 1) * size
    return [*([(0, n - 1, size)] if n > 1 else []), (rest, 1, side - rest)]


def patch_of(side: int, n: int, device: torch.device) -> Tensor:
    """Which of `bands` each pixel of a side is in, (side,)."""
    borders = side // n * torch.arange(1, n, device=device)
    return (torch.arange(side, device=device)[:, None] >= borders).sum(1)


def maxima(x: Tensor, n: int) -> Tensor:
    """Maxima of maps (B, C, H, W) in n x n bins, (B, C, n, n): PyTorch's adaptive pooling, in a form to export."""
    return _maxima_of_rows(_maxima_of_rows(x, n).mT, n).mT


def _maxima_of_rows(x: Tensor, n: int) -> Tensor:
    """(B, C, H, W) to (B, C, n, W); bins share a row where n does not divide H."""
    height = x.shape[-2]
    bins, rows = torch.arange(n, device=x.device)[:, None], torch.arange(height, device=x.device)
    inside = (rows >= bins * height // n) & (rows < ((bins + 1) * height + n - 1) // n)
    return x[:, :, None].masked_fill(~inside[..., None], -torch.inf).amax(3)
