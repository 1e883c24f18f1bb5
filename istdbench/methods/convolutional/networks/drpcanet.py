"""The network of DRPCA-Net: RPCANet whose steps follow from the image, with a residual group that gives it back.

| symbol | meaning | in the released code |
|---|---|---|
| D, B, T, G, K | as in `networks.rpcanet` | `D`, `B`, `T`, `convs`, `stage_num` |
| gamma | share of T of the stage before, in (0, 1), one number an image | `gamma_generator` |
| epsilon | step of the target's update, in (0, 1), one number an image | `epsilon_generator` |
| M | 1 x 1 convolution with batch norm, residual group, 1 x 1 convolution | `mapping` |
| M_c | channel attention, as in `istdbench.methods.parts.cbam` | `ChannelAttention` |
| A | σ(a 3 x 3 convolution of the mean over the channels), its nine weights a function of the image | `att` |

Stage k: B as in RPCANet; x = gamma T + (1 - gamma) (D - B); T = x - epsilon G(x); D = M(B + T). gamma is a function of
the mean of T over the image, epsilon of the mean of x. A block of the residual group is y + A(z) z with z = M_c(b) b,
where b is two 3 x 3 convolutions of y with batch norm. No map is made smaller, so that an image may have any size; what
is averaged over the image changes with its size.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.convolutional.networks.rpcanet import (
    CHANNELS,
    STAGES,
    Background,
    Stage,
    Unfolded,
    plain_chain,
)
from istdbench.methods.parts.cbam import ChannelAttention

BLOCKS = 5
HIDDEN = 3
"""Channels between the two layers that make gamma or epsilon."""

KERNEL = 3
SLOPE = 0.2


class ShareOfImage(nn.Module):
    """gamma or epsilon: a number in (0, 1) from the mean of a map."""

    def __init__(self) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Conv2d(1, HIDDEN, 1), nn.ReLU(inplace=True), nn.Conv2d(HIDDEN, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """(B, 1, H, W) to (B, 1, 1, 1)."""
        return self.mlp(x.mean((2, 3), keepdim=True)).sigmoid()


class Target(nn.Module):
    """T of a stage."""

    def __init__(self) -> None:
        super().__init__()
        self.gradient = plain_chain()
        self.gamma = ShareOfImage()
        self.epsilon = ShareOfImage()

    def forward(self, image: Tensor, background: Tensor, target: Tensor) -> Tensor:
        """D, B and T of the stage before (B, 1, H, W) to T, the same shape."""
        kept = self.gamma(target)
        x = kept * target + (1 - kept) * (image - background)
        return x - self.epsilon(x) * self.gradient(x)


class DynamicAttention(nn.Module):
    """A."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = nn.Sequential(
            nn.Conv2d(CHANNELS, CHANNELS, 1), nn.ReLU(inplace=True), nn.Conv2d(CHANNELS, KERNEL**2, 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, CHANNELS, H, W) to weights (B, 1, H, W)."""
        kernels = self.kernel(x.mean((2, 3), keepdim=True)).flatten(1)  # B, 9
        neighbours = F.unfold(x.mean(1, keepdim=True), KERNEL, padding=KERNEL // 2)  # B, 9, H W
        return (kernels[:, None] @ neighbours).view(-1, 1, *x.shape[2:]).sigmoid()


class AttentiveBlock(nn.Module):
    """A block of the residual group."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
            nn.BatchNorm2d(CHANNELS),
            nn.LeakyReLU(SLOPE, inplace=True),
            nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1),
            nn.BatchNorm2d(CHANNELS),
        )
        self.channels = ChannelAttention(CHANNELS, bias=True)
        self.pixels = DynamicAttention()

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, CHANNELS, H, W) to the same shape."""
        y = self.body(x)
        y = self.channels(y) * y
        return x + self.pixels(y) * y


class ResidualGroup(nn.Module):
    """The map plus what blocks and a convolution make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(AttentiveBlock() for _ in range(BLOCKS)))
        self.last = nn.Conv2d(CHANNELS, CHANNELS, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, CHANNELS, H, W) to the same shape."""
        return x + self.last(self.blocks(x))


class DRPCANet(Unfolded):
    """The stages of DRPCA-Net."""

    def __init__(self) -> None:
        super().__init__(Stage(Background(), Target(), _reconstruction()) for _ in range(STAGES))


def _reconstruction() -> nn.Sequential:
    """B + T (B, 1, H, W) to D, the same shape."""
    return nn.Sequential(
        nn.Conv2d(1, CHANNELS, 1),
        nn.BatchNorm2d(CHANNELS),
        nn.LeakyReLU(SLOPE, inplace=True),
        ResidualGroup(),
        nn.Conv2d(CHANNELS, 1, 1),
    )
