"""How the weights of a network lie in memory, where that makes it faster."""

from __future__ import annotations

import torch
from torch import nn


def is_convolutional(network: nn.Module) -> bool:
    """Whether most of its weights are kernels of 2-D convolutions."""
    sizes = [(parameter.numel(), parameter.ndim == 4) for parameter in network.parameters()]
    return 2 * sum(size for size, is_kernel in sizes if is_kernel) > sum(size for size, _ in sizes)


def place(network: nn.Module, device: torch.device) -> None:
    """Move a network to a device. On CUDA, the kernels of a convolutional one are laid out with channels last, which
    cuDNN's fastest algorithms take; its maps follow them."""
    network.to(device)
    if device.type == "cuda" and is_convolutional(network):
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
