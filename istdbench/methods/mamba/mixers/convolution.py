"""A convolution in place of the inner Mamba (MiM-ISTD, Table 3, #2)."""

from __future__ import annotations

from torch import Tensor, nn

from istdbench.methods.parts.layers import conv_bn_relu


class ConvMixer(nn.Module):
    """3 x 3 convolution, batch norm and ReLU within each sentence."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layers = conv_bn_relu(dim, dim)

    def forward(self, words: Tensor) -> Tensor:
        """Words of each sentence (B, w, w, dim) to the same shape."""
        return self.layers(words.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
