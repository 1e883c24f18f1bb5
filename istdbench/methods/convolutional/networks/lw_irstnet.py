"""The network of LW-IRSTNet: an encoder and decoder of bottlenecks, each with one cheap kind of convolution inside.

| symbol | meaning | in the released code |
|---|---|---|
| x_1 | map at 1/2 of the image's size, 8 channels: a convolution of stride 2 beside a max-pooling of the image | `x1` |
| x_2 | map at 1/4, 32 channels: a shrinking bottleneck, then four regular ones | `x2` |
| x_3 | map at 1/8, 64 channels: a shrinking bottleneck, then four DAAA modules | `x3` |
| DAAA | four bottlenecks: depthwise, atrous, asymmetric, atrous | `Depthwise2_1`..`Atrous2_4` |
| regular, atrous | 3 x 3, atrous with a dilation of 2, 4, 8 or 16, through a quarter of the channels | the same |
| asymmetric | 7 x 1, then 1 x 7, through a quarter of the channels | `Asymmetric2_3` |
| depthwise | 3 x 3 for each channel, through twice the channels, with ReLU | `dw_conv` |
| x_4, x_5 | maps of the decoder at 1/4 and 1/2: x_3 and x_4 enlarged, with x_2 and x_1 added | the same |

Activations are PReLU with one slope each in the encoder, but for those inside depthwise bottlenecks, and ReLU in the
decoder. Maps are enlarged by transposed convolutions of stride 2; the last one gives the logits.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.layers import pad_to_multiple

IMAGE = 3
"""Channels of the image; the pooled image stands among those of x_1."""

CHANNELS = (8, 32, 64)
"""Of x_1, x_2 and x_3."""

STRIDE = 2 ** len(CHANNELS)
REGULAR = 4
DILATIONS = ((2, 4), (8, 16), (2, 4), (8, 16))
"""Of the two atrous bottlenecks of each DAAA module, in pixels."""

LONG = 7
"""Side of the asymmetric kernels in pixels."""

NARROW, WIDE = 4, 2
"""A bottleneck's channels are divided by the one, or multiplied by the other where it is depthwise."""

RARELY, OFTEN = 0.01, 0.1
"""Share of the channels that are dropped in training, at 1/4 of the image's size in the encoder, and elsewhere."""

Activation = type[nn.PReLU] | type[nn.ReLU]


class Bottleneck(nn.Module):
    """x + a chain of 1 x 1, something inside, 1 x 1, each with batch norm and activation; activated again."""

    def __init__(
        self,
        channels: int,
        within: int,
        inside: nn.Module,
        *,
        dropped: float = OFTEN,
        activation: Activation = nn.PReLU,
    ) -> None:
        """
        Args:
            channels: of the map.
            within: of the map that `inside` takes and gives.
            dropped: share of the chain's channels that are dropped in training.
        """
        super().__init__()
        entry, last = _unit(channels, within, activation=activation), _unit(within, channels, activation=activation)
        self.body = nn.Sequential(entry, inside, last, nn.Dropout2d(dropped))
        self.activation = activation()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to the same shape."""
        return self.activation(x + self.body(x))


class Shrinking(nn.Module):
    """The map max-pooled, with zeros as its new channels, + a chain whose first convolution has stride 2."""

    def __init__(self, in_channels: int, out_channels: int, dropped: float) -> None:
        super().__init__()
        self.more = out_channels - in_channels
        within = in_channels // NARROW
        self.body = nn.Sequential(
            _unit(in_channels, within, 2, stride=2),
            _unit(within, within, 3, padding=1),
            _unit(within, out_channels),
            nn.Dropout2d(dropped),
        )
        self.activation = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W), both sides even, to (B, out_channels, H / 2, W / 2)."""
        pooled = F.pad(F.max_pool2d(x, 2), (0, 0, 0, 0, 0, self.more))
        return self.activation(pooled + self.body(x))


class Stem(nn.Module):
    """x_1."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(IMAGE, CHANNELS[0] - IMAGE, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(CHANNELS[0])
        self.activation = nn.PReLU()

    def forward(self, image: Tensor) -> Tensor:
        """(B, IMAGE, H, W), both sides even, to (B, CHANNELS[0], H / 2, W / 2)."""
        both = torch.cat([self.conv(image), F.max_pool2d(image, 3, stride=2, padding=1)], dim=1)
        return self.activation(self.norm(both))


class LWIRSTNet(nn.Module):
    """Images of any size to logits of the same size."""

    def __init__(self) -> None:
        super().__init__()
        fine, middle, coarse = CHANNELS
        self.stem = Stem()
        self.middle = nn.Sequential(
            Shrinking(fine, middle, RARELY), *(regular(middle, dropped=RARELY) for _ in range(REGULAR))
        )
        self.coarse = nn.Sequential(
            Shrinking(middle, coarse, OFTEN), *(block for pair in DILATIONS for block in daaa(coarse, pair))
        )
        self.enlarging = nn.ModuleList([_doubling(coarse, middle), _doubling(middle, fine), _doubling(fine, 1)])
        decoding = partial(regular, activation=nn.ReLU)
        self.decoder = nn.ModuleList([nn.Sequential(decoding(middle), decoding(middle)), nn.Sequential(decoding(fine))])

    def forward(self, image: Tensor) -> Tensor:
        """Images (B, IMAGE, H, W), normalised, to logits (B, 1, H, W).

        Below and to the right of the image, zeros fill up to a multiple of STRIDE.
        """
        padded, crop = pad_to_multiple(image, STRIDE)
        x1 = self.stem(padded)
        x2 = self.middle(x1)
        x = self.coarse(x2)
        for enlarge, skip, blocks in zip(self.enlarging, (x2, x1), self.decoder, strict=False):
            x = blocks(enlarge(x) + skip)
        return crop(self.enlarging[-1](x))


def daaa(channels: int, dilations: tuple[int, int]) -> list[nn.Module]:
    """The four bottlenecks of one module, which keep the map (B, channels, H, W) as large as it is."""
    wide, narrow = channels * WIDE, channels // NARROW
    depthwise = _unit(wide, wide, 3, padding=1, groups=wide, activation=nn.ReLU)
    sides = ((LONG, 1), (LONG // 2, 0)), ((1, LONG), (0, LONG // 2))
    asymmetric = [layer for kernel, padding in sides for layer in _unit(narrow, narrow, kernel, padding=padding)]
    return [
        Bottleneck(channels, wide, depthwise),
        regular(channels, dilation=dilations[0]),
        Bottleneck(channels, narrow, nn.Sequential(*asymmetric)),
        regular(channels, dilation=dilations[1]),
    ]


def regular(
    channels: int, *, dilation: int = 1, dropped: float = OFTEN, activation: Activation = nn.PReLU
) -> Bottleneck:
    """A bottleneck with one 3 x 3 convolution inside; an atrous one with a dilation."""
    narrow = channels // NARROW
    inside = _unit(narrow, narrow, 3, padding=dilation, dilation=dilation, activation=activation)
    return Bottleneck(channels, narrow, inside, dropped=dropped, activation=activation)


def _unit(
    in_channels: int,
    out_channels: int,
    kernel: int | tuple[int, int] = 1,
    *,
    stride: int = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int = 1,
    groups: int = 1,
    activation: Activation = nn.PReLU,
) -> nn.Sequential:
    """Convolution without bias, batch norm, activation."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, kernel, stride, padding, dilation, groups, bias=False),
        nn.BatchNorm2d(out_channels),
        activation(),
    )


def _doubling(in_channels: int, out_channels: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(in_channels, out_channels, 3, stride=2, padding=1, output_padding=1, bias=False)
