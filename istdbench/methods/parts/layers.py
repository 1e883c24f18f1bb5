"""What several convolutional networks share: units of ResNet, FCN and attention, and images of any size."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.bilinear import bilinear


def conv_bn_relu(
    in_channels: int, out_channels: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1, bias: bool = True
) -> nn.Sequential:
    """Convolution, batch norm, ReLU. With stride 1 the map keeps its size.

    Args:
        kernel: side of the kernel in pixels, odd.
        bias: of the convolution. Batch norm makes it idle, but many released networks carry one.
    """
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride=stride, padding=padding, dilation=dilation, bias=bias),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions with batch norm and a shortcut (He et al. 2016, Fig. 2).

    Where the shape changes, the shortcut is a 1 x 1 convolution with batch norm.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1, *, bias: bool = False) -> None:
        """
        Args:
            bias: of all convolutions, which batch norm makes idle.
        """
        super().__init__()
        self.body = nn.Sequential(
            *conv_bn_relu(in_channels, out_channels, stride=stride, bias=bias),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=bias),
            nn.BatchNorm2d(out_channels),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=bias),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H / stride, W / stride), rounded up."""
        return F.relu(self.shortcut(x) + self.body(x))


def residual_stage(
    in_channels: int, out_channels: int, blocks: int, stride: int = 1, *, bias: bool = False
) -> nn.Sequential:
    """Residual blocks in a row; the first changes channels and stride."""
    first = ResidualBlock(in_channels, out_channels, stride, bias=bias)
    return nn.Sequential(first, *(ResidualBlock(out_channels, out_channels, bias=bias) for _ in range(blocks - 1)))


def channel_attention(channels: int, *, reduction: int = 4, pooled: bool, bias: bool = True) -> nn.Sequential:
    """Weights in (0, 1) of channels: two 1 x 1 convolutions through `channels / reduction`, each with batch norm.

    Args:
        pooled: whether the map is averaged over the image first (global, (B, C, 1, 1)), or each pixel has weights of
            its own (point-wise, (B, C, H, W)). Global ones need two images a batch to be trained.
        bias: of the convolutions; batch norm makes it idle.

    Source: Hu et al. 2018 (SENet), Eq. 3, with batch norm; point-wise in Dai et al. 2021 (ACM).
    """
    inside = channels // reduction
    pooling = [nn.AdaptiveAvgPool2d(1)] if pooled else []
    return nn.Sequential(
        *pooling,
        *conv_bn_relu(channels, inside, 1, bias=bias),
        nn.Conv2d(inside, channels, 1, bias=bias),
        nn.BatchNorm2d(channels),
        nn.Sigmoid(),
    )


class SpatialAttention(nn.Module):
    """Weights in (0, 1) of pixels, from the mean and the maximum over channels (Woo et al. 2018, CBAM, Eq. 3)."""

    def __init__(self, kernel: int, *, norm: bool = False) -> None:
        """
        Args:
            kernel: side of the convolution over mean and maximum, odd.
            norm: whether batch norm follows the convolution, as in CBAM's released code.
        """
        super().__init__()
        self.conv = nn.Conv2d(2, 1, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=0.01) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, H, W) to weights (B, 1, H, W)."""
        summary = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
        return self.norm(self.conv(summary)).sigmoid()


def fcn_head(channels: int) -> nn.Sequential:
    """Logits: 3 x 3 convolution to a quarter of the channels, BN, ReLU, dropout 0.1, 1 x 1 (Long et al. 2015)."""
    return nn.Sequential(
        *conv_bn_relu(channels, channels // 4, bias=False),
        nn.Dropout(0.1),
        nn.Conv2d(channels // 4, 1, 1),
    )


def pad_to_multiple(image: Tensor, multiple: int) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
    """Fill up below and to the right with zeros, the mean of normalised images.

    Returns:
        The padded image (B, C, H', W'), both sides multiples of `multiple`, and a function that cuts a map
        (B, ?, H', W') to the image's H and W.
    """
    height, width = image.shape[-2:]
    padded = F.pad(image, (0, -width % multiple, 0, -height % multiple))
    return padded, lambda x: x[..., :height, :width]


def resized(x: Tensor, factor: float) -> Tensor:
    """The map's sides times `factor`, bilinear, with corner pixels on corner pixels."""
    return bilinear(x, scale_factor=factor, align_corners=True)


def decoded(encoder: Iterable[nn.Module], decoder: nn.ModuleList, x: Tensor) -> list[Tensor]:
    """What a U-Net's decoder gives at each scale, the finest first; the deepest map of the encoder is not among them.

    Args:
        encoder: stages from fine to coarse, behind a max-pooling of 2 but for the first.
        decoder: stages in the same order; each sees the encoder's map and the enlarged coarser one behind it.
        x: (N, C, H, W), what the first stage of the encoder sees.
    """
    first, *others = encoder
    encoded = [first(x)]
    for stage in others:
        encoded.append(stage(F.max_pool2d(encoded[-1], 2)))
    maps = [encoded.pop()]
    for stage, skip in zip(reversed(decoder), reversed(encoded), strict=True):
        maps.insert(0, stage(torch.cat([skip, resized(maps[0], 2)], dim=1)))
    return maps[:-1]


def glorot_normal(module: nn.Module) -> None:
    """Glorot's normal initialisation of the weights of convolutions, for `nn.Module.apply`."""
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_normal_(module.weight)


def he_normal(module: nn.Module) -> None:
    """He's normal initialisation of the weights of convolutions by what they give to, for `nn.Module.apply`."""
    if isinstance(module, nn.Conv1d | nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def narrow_normal(module: nn.Module) -> None:
    """Convolutions and scales of batch norm with a standard deviation of 0.02, its offsets with 1, for `Module.apply`.

    Source: `weight_init` of Tianfang-Zhang/acm-pytorch, which others took over. Its offsets are likely meant to be 0.
    """
    if isinstance(module, nn.BatchNorm2d) and module.affine:
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.normal_(module.bias)
    elif isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
