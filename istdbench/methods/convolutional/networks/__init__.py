"""The networks of the convolutional methods, one file each, with the symbols of their papers."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from istdbench.lazy import torch


def network(module: str, name: str, **sizes: Any) -> Callable[[], torch.nn.Module]:
    """What builds a network without options: it imports the network's module, and with it torch, when it is called.

    Args:
        module: of this folder.
        name: of the network's class in it.
        sizes: what the class is built with.
    """

    def build() -> torch.nn.Module:
        """The untrained network: images (B, in_channels, H, W) of any size to logits (B, 1, H, W)."""
        return getattr(import_module(f"{__name__}.{module}"), name)(**sizes)

    return build
