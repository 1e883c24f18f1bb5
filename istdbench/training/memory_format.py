"""How the weights of a network lie in memory, where that makes it faster."""

from __future__ import annotations

import torch
from torch import nn


def place(network: nn.Module, device: torch.device) -> None:
    """Move a network to a device. On CUDA, kernels of 2-D convolutions are laid out with channels last, which cuDNN's
    fastest algorithms take, and as the maps of the Mamba family are; maps of convolutional networks follow them.

    A kernel that lies otherwise than its map is copied forward and backward, and its gradient once more.
    """
    network.to(device)
    if device.type == "cuda":
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
