"""The network of ACM: a residual encoder, and a decoder that fuses each level with the coarser one.

| symbol | meaning | where |
|---|---|---|
| X, Y | low-level map; high-level map, brought to X's size and channels | Section 3 |
| G(Y) | top-down: weights of channels from the whole image, through a bottleneck of a quarter | global modulation |
| L(X) | bottom-up: weights of channels at each pixel, likewise | point-wise modulation |
| Z | 2 G(Y) X + 2 L(X) Y, then a 3 x 3 convolution; the factor 2 is the released code's | asymmetric modulation |
| b | residual blocks a stage, 4 | ablation on depth |
"""

from __future__ import annotations

import math

from torch import Tensor, nn

from istdbench.methods.parts.bilinear import Doubling, bilinear
from istdbench.methods.parts.layers import channel_attention, conv_bn_relu, fcn_head, pad_to_multiple, residual_stage

CHANNELS = (16, 32, 64)
BLOCKS = 4
STRIDE = 16  # of the last stage with the quarter stem
PRELU_SLOPE = 0.25


class Fusion(nn.Module):
    """Low-level map X and high-level map Y of one shape to one map."""

    def __init__(self, channels: int, kind: str) -> None:
        """
        Args:
            kind: "asym_bi", "top_down" or "bottom_up".
        """
        super().__init__()
        self.top_down = channel_attention(channels, pooled=True) if kind != "bottom_up" else None
        self.bottom_up = channel_attention(channels, pooled=False) if kind != "top_down" else None
        self.gain = 2 if kind == "asym_bi" else 1
        self.post = conv_bn_relu(channels, channels)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """X and Y (B, C, H, W) to Z, the same shape."""
        weighted_low = low if self.top_down is None else low * self.top_down(high)
        weighted_high = high if self.bottom_up is None else high * self.bottom_up(low)
        return self.post(self.gain * (weighted_low + weighted_high))


class ResidualEncoder(nn.Module):
    """Stem and three residual stages."""

    def __init__(self, stem: nn.Module) -> None:
        """
        Args:
            stem: normalised image to a map of CHANNELS[0].
        """
        super().__init__()
        low, middle, high = CHANNELS
        self.norm = nn.BatchNorm2d(3, affine=False)
        self.stem = stem
        self.stages = nn.ModuleList(
            [
                residual_stage(low, low, BLOCKS),
                residual_stage(low, middle, BLOCKS, stride=2),
                residual_stage(middle, high, BLOCKS, stride=2),
            ]
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Image (B, 3, H, W) to maps of CHANNELS, finest first; each side half of the one before, rounded up."""
        x, maps = self.stem(self.norm(image)), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class ACM(nn.Module):
    """Encoder, then level by level: the coarser map raised, fused with the finer one, refined."""

    def __init__(self, backbone: str, fusion: str, stem: str) -> None:
        """Options as `istdbench.methods.convolutional.acm` describes them."""
        super().__init__()
        low, middle, high = CHANNELS
        self.encoder = ResidualEncoder(quarter_stem() if stem == "quarter" else full_stem())
        raising = _deconvolution if backbone == "unet" else _doubling
        self.raisings = nn.ModuleList([raising(high, middle), raising(middle, low)])  # coarsest first, as those below
        self.fusions = nn.ModuleList(Fusion(width, fusion) for width in (middle, low))
        self.refinements = nn.ModuleList(
            residual_stage(width, width, BLOCKS) if backbone == "unet" else nn.Identity() for width in (middle, low)
        )
        self.head = fcn_head(low)
        self.apply(initialise)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, 3, H, W) to logits (B, 1, H, W)."""
        padded, crop = pad_to_multiple(image, STRIDE)
        *finer, x = self.encoder(padded)
        for raising, fusion, refinement, low in zip(
            self.raisings, self.fusions, self.refinements, reversed(finer), strict=True
        ):
            x = refinement(fusion(low, raising(x)))
        logits = bilinear(self.head(x), padded.shape[-2:], align_corners=True)
        return crop(logits)


def quarter_stem() -> nn.Sequential:
    """Three 3 x 3 convolutions and a maximum over 3 x 3 pixels: stride 4."""
    half = CHANNELS[0] // 2
    return nn.Sequential(
        *conv_bn_relu(3, half, stride=2, bias=False),
        *conv_bn_relu(half, half, bias=False),
        *conv_bn_relu(half, CHANNELS[0], bias=False),
        nn.MaxPool2d(3, stride=2, padding=1),
    )


def full_stem() -> nn.Sequential:
    """One 3 x 3 convolution: stride 1."""
    return conv_bn_relu(3, CHANNELS[0], bias=False)


def initialise(module: nn.Module) -> None:
    """MXNet's `MSRAPrelu`, which the authors' code uses: He et al. 2015 over the mean of fan-in and fan-out."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        fan = math.prod(module.kernel_size) * (module.in_channels + module.out_channels) / 2
        nn.init.normal_(module.weight, std=math.sqrt(2 / (1 + PRELU_SLOPE**2) / fan))
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _deconvolution(in_channels: int, out_channels: int) -> nn.Module:
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1)


def _doubling(in_channels: int, out_channels: int) -> nn.Module:
    return nn.Sequential(Doubling(align_corners=True), *conv_bn_relu(in_channels, out_channels, 1))
