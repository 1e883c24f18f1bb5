"""What the stages of an encoder give, read by forward hooks: any network whose encoder keeps them in `stages`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from istdbench.datasets.dataset import Sample
from istdbench.errors import UsageError
from istdbench.scoring.inputs import InputTransform

STAGES = "stages"
SIDE = 64
"""Inputs are padded to a multiple of this, which the strides of all stages divide."""


@dataclass(frozen=True)
class StageMap:
    """One stage on one image, without the input's padding.

    Attributes:
        features: (h, w, C) float32.
        target: (h, w) bool, the cells that hold a pixel of a target.
        stride: side of a cell, pixels of the input.
    """

    features: np.ndarray
    target: np.ndarray
    stride: int

    @property
    def activation(self) -> np.ndarray:
        """(h, w): mean of |activation| over the channels."""
        return np.abs(self.features).mean(axis=2)


def find_stages(network: nn.Module, method: str) -> list[nn.Module]:
    """The stages of a network: the members of its submodule `stages`, wherever that is.

    Raises:
        UsageError: there is no such submodule; the message names the method and its submodules.
    """
    for name, module in network.named_modules():
        if name.split(".")[-1] == STAGES and isinstance(module, nn.ModuleList | nn.Sequential):
            return list(module)
    own = ", ".join(name for name, _ in network.named_children())
    raise UsageError(
        f"method {method!r}: its network keeps no `{STAGES}` (a ModuleList or Sequential) to look at; it has {own}. "
        "Take another method, such as mim_istd or baseline"
    )


@torch.inference_mode()
def stage_maps(
    network: nn.Module, stages: Sequence[nn.Module], in_channels: int, transform: InputTransform, sample: Sample
) -> list[StageMap]:
    """What each stage gives for one image, in evaluation mode.

    Args:
        stages: of the network, each giving a map (1, C, h, w), or a tuple whose last member it is.
        transform: of the protocol.
    """
    seen = transform.sample(sample)
    padded = replace(transform, pad=SIDE).tensor(sample.image)
    outputs: list[Tensor] = []
    hooks = [stage.register_forward_hook(lambda _, __, output: outputs.append(_map(output))) for stage in stages]
    try:
        network.eval()(padded.expand(-1, in_channels, -1, -1))
    finally:
        for hook in hooks:
            hook.remove()
    height, width = seen.mask.shape
    right, below = padded.shape[3] - width, padded.shape[2] - height
    mask = F.pad(torch.from_numpy(seen.mask.astype(np.float32)), (0, right, 0, below))[None]
    maps = []
    for output in outputs:
        stride = padded.shape[2] // output.shape[2]
        inside = slice(-(-height // stride)), slice(-(-width // stride))
        features = output[0].permute(1, 2, 0).float().numpy()[inside]
        maps.append(StageMap(features, F.max_pool2d(mask, stride)[0].numpy()[inside] > 0, stride))
    return maps


def _map(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output[-1] if isinstance(output, tuple) else output
