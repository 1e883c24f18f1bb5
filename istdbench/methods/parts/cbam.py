"""Channel attention, and a residual block with channel and spatial attention, the unit of DNANet, MSHNet and HDNet.

Source: Woo et al., CBAM: Convolutional Block Attention Module, ECCV 2018.

| symbol | meaning | where |
|---|---|---|
| F | feature map, here after two 3 x 3 convolutions with batch norm; first times M_c, then times M_s of that | Eq. 1 |
| M_c | channel attention: σ(MLP(mean of F over the pixels) + MLP(maximum of F over the pixels)) | Eq. 2 |
| M_s | spatial attention: σ(7 x 7 convolution of the mean and the maximum of F over the channels) | Eq. 3 |
| r | reduction of the MLP's hidden layer, 16 in the block | Eq. 2 |
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.methods.parts.layers import SpatialAttention, conv_bn_relu

REDUCTION = 16


class ChannelAttention(nn.Module):
    """M_c."""

    def __init__(self, channels: int, *, reduction: int = REDUCTION, bias: bool = False) -> None:
        """
        Args:
            reduction: r.
            bias: of the MLP's two layers.
        """
        super().__init__()
        inside = max(1, channels // reduction)
        self.mlp = nn.Sequential(
            nn.Conv2d(channels, inside, 1, bias=bias),
            nn.ReLU(inplace=True),
            nn.Conv2d(inside, channels, 1, bias=bias),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, channels, H, W) to weights (B, channels, 1, 1)."""
        mean, maximum = x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True)
        return (self.mlp(mean) + self.mlp(maximum)).sigmoid()


class AttentiveResidualBlock(nn.Module):
    """ResNet's basic block with both attentions before the sum. Unlike ResNet's, its convolutions carry biases."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *conv_bn_relu(in_channels, out_channels),
            nn.Conv2d(out_channels, out_channels, 3, padding=1),
            nn.BatchNorm2d(out_channels),
        )
        self.channels = ChannelAttention(out_channels)
        self.pixels = SpatialAttention(kernel=7)
        self.shortcut: nn.Module = nn.Identity()
        if in_channels != out_channels:
            self.shortcut = nn.Sequential(nn.Conv2d(in_channels, out_channels, 1), nn.BatchNorm2d(out_channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_channels, H, W) to (B, out_channels, H, W)."""
        y = self.body(x)
        y = self.channels(y) * y
        y = self.pixels(y) * y
        return F.relu(self.shortcut(x) + y)


def attentive_stage(in_channels: int, out_channels: int, blocks: int = 1) -> nn.Sequential:
    """Blocks in a row; the first changes the channels."""
    first = AttentiveResidualBlock(in_channels, out_channels)
    return nn.Sequential(first, *(AttentiveResidualBlock(out_channels, out_channels) for _ in range(blocks - 1)))
