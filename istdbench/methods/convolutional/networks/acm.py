"""The network of ACM: a residual encoder, and a decoder that fuses each level with the coarser one.

| symbol | meaning | where |
|---|---|---|
| X, Y | low-level map; high-level map, brought to X's size and channels | Section 3 |
| G | weights of channels from the whole image, through a bottleneck of a quarter | global modulation |
| L | weights of channels at each pixel, likewise | point-wise modulation |
| Z | 2 G(Y) X + 2 L(X) Y, then a 3 x 3 convolution; the factor 2 is the released code's | asymmetric modulation |
| b | residual blocks a stage, 4 | ablation on depth |

With both ways global, Z has G(X) in the place of L(X); with both ways local, L(Y) in that of G(Y).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from istdbench.methods.parts.bilinear import Doubling, bilinear
from istdbench.methods.parts.layers import (
    channel_attention,
    conv_bn_relu,
    fcn_head,
    narrow_normal,
    pad_to_multiple,
    residual_stage,
)

CHANNELS = (16, 32, 64)
STRIDE = 16  # of the last stage with the quarter stem
PRELU_SLOPE = 0.25


def initialise(module: nn.Module) -> None:
    """MXNet's `MSRAPrelu`, which the authors' code uses: He et al. 2015 over the mean of fan-in and fan-out."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        fan = math.prod(module.kernel_size) * (module.in_channels + module.out_channels) / 2
        nn.init.normal_(module.weight, std=math.sqrt(2 / (1 + PRELU_SLOPE**2) / fan))
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def as_pytorch_does(module: nn.Module) -> None:
    """Leave a module as PyTorch initialised it."""


@dataclass(frozen=True)
class Form:
    """What networks of this name differ in, beside the options of the authors' code; its defaults are the authors'.

    Attributes:
        in_channels: of the image.
        blocks: b.
        scaled: whether the norm of the image has a learned scale and offset.
        entries: whether a 1 x 1 convolution stands before the fusions of the U-Net, as it does in the FPN.
        aligned: whether maps are enlarged with corner pixels on corner pixels.
        momentum: of all batch norms outside the residual blocks, as PyTorch counts it.
        initialise: a module, when the network is built.
    """

    in_channels: int = 3
    blocks: int = 4
    scaled: bool = False
    entries: bool = False
    aligned: bool = True
    momentum: float = 0.1
    initialise: Callable[[nn.Module], None] = initialise


AUTHORS = Form()
PYTORCH = Form(scaled=True, entries=True, aligned=False, initialise=narrow_normal)
BASICIRSTD = Form(in_channels=1, blocks=3, scaled=True, aligned=False, momentum=0.9, initialise=as_pytorch_does)
FORMS = {"authors": AUTHORS, "pytorch": PYTORCH}


class Fusion(nn.Module):
    """Low-level map X and high-level map Y of one shape to one map."""

    def __init__(self, channels: int, kind: str) -> None:
        """
        Args:
            kind: "asym_bi", "bi_local", "bi_global", "top_down" or "bottom_up".
        """
        super().__init__()
        self.top_down = channel_attention(channels, pooled=kind != "bi_local") if kind != "bottom_up" else None
        self.bottom_up = channel_attention(channels, pooled=kind == "bi_global") if kind != "top_down" else None
        self.gain = 2 if self.top_down is not None and self.bottom_up is not None else 1
        self.post = conv_bn_relu(channels, channels)

    def forward(self, low: Tensor, high: Tensor) -> Tensor:
        """X and Y (B, C, H, W) to Z, the same shape."""
        weighted_low = low if self.top_down is None else low * self.top_down(high)
        weighted_high = high if self.bottom_up is None else high * self.bottom_up(low)
        return self.post(self.gain * (weighted_low + weighted_high))


class ResidualEncoder(nn.Module):
    """Stem and three residual stages."""

    def __init__(self, stem: nn.Module, form: Form = AUTHORS) -> None:
        """
        Args:
            stem: normalised image to a map of CHANNELS[0].
        """
        super().__init__()
        low, middle, high = CHANNELS
        self.norm = nn.BatchNorm2d(form.in_channels, affine=form.scaled)
        self.stem = stem
        self.stages = nn.ModuleList(
            [
                residual_stage(low, low, form.blocks),
                residual_stage(low, middle, form.blocks, stride=2),
                residual_stage(middle, high, form.blocks, stride=2),
            ]
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """Image (B, C, H, W) to maps of CHANNELS, finest first; each side half of the one before, rounded up."""
        x, maps = self.stem(self.norm(image)), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class ACM(nn.Module):
    """Encoder, then level by level: the coarser map raised, fused with the finer one, refined."""

    def __init__(self, backbone: str, fusion: str, stem: str, form: Form = AUTHORS) -> None:
        """Options as `istdbench.methods.convolutional.acm` describes them."""
        super().__init__()
        low, middle, high = CHANNELS
        unet = backbone == "unet"
        first = quarter_stem if stem == "quarter" else full_stem
        self.form = form
        self.encoder = ResidualEncoder(first(form.in_channels), form)
        sizes = ((high, middle), (middle, low))  # coarsest first, as those below
        self.raisings = nn.ModuleList(deconvolution(*size) if unet else _doubling(*size, form) for size in sizes)
        self.entries = nn.ModuleList(
            conv_bn_relu(width, width, 1) if unet and form.entries else nn.Identity() for width in (middle, low)
        )
        self.fusions = nn.ModuleList(Fusion(width, fusion) for width in (middle, low))
        self.refinements = nn.ModuleList(
            residual_stage(width, width, form.blocks) if unet else nn.Identity() for width in (middle, low)
        )
        self.head = fcn_head(low)
        self.apply(form.initialise)
        set_momentum(self, form)

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, in_channels, H, W) to logits (B, 1, H, W)."""
        padded, crop = pad_to_multiple(image, STRIDE)
        *finer, x = self.encoder(padded)
        for raising, entry, fusion, refinement, low in zip(
            self.raisings, self.entries, self.fusions, self.refinements, reversed(finer), strict=True
        ):
            x = refinement(fusion(low, entry(raising(x))))
        logits = bilinear(self.head(x), padded.shape[-2:], align_corners=self.form.aligned)
        return crop(logits)


def quarter_stem(in_channels: int = 3) -> nn.Sequential:
    """Three 3 x 3 convolutions and a maximum over 3 x 3 pixels: stride 4."""
    half = CHANNELS[0] // 2
    return nn.Sequential(
        *conv_bn_relu(in_channels, half, stride=2, bias=False),
        *conv_bn_relu(half, half, bias=False),
        *conv_bn_relu(half, CHANNELS[0], bias=False),
        nn.MaxPool2d(3, stride=2, padding=1),
    )


def full_stem(in_channels: int = 3) -> nn.Sequential:
    """One 3 x 3 convolution: stride 1."""
    return conv_bn_relu(in_channels, CHANNELS[0], bias=False)


def set_momentum(network: nn.Module, form: Form) -> None:
    """Give the batch norms outside the residual blocks the form's momentum."""
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d) and ".body." not in name:
            module.momentum = form.momentum


def deconvolution(in_channels: int, out_channels: int) -> nn.Module:
    """A map of twice the sides."""
    return nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1)


def _doubling(in_channels: int, out_channels: int, form: Form) -> nn.Module:
    return nn.Sequential(Doubling(align_corners=form.aligned), *conv_bn_relu(in_channels, out_channels, 1))
