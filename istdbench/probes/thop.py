"""Parameters and MACs as thop counts them, for comparing with papers; never a true count.

The rules of thop 0.1.1 (Lyken17/pytorch-OpCounter), restated without its recurrent layers. Only modules whose exact
type has a rule, and which the forward pass calls, are counted: parameters held directly by any other module, and
operations outside of modules, such as a selective scan, count zero. A "MAC" is one multiplication in a convolution or
projection, but one operation in the rest: 4 for each element of a normalisation.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Rule = Callable[[Any, Tensor, Tensor], float]


def _normalisation(module: Any, x: Tensor, y: Tensor) -> float:
    scales = getattr(module, "affine", False) or getattr(module, "elementwise_affine", False)
    return x.numel() * (4 if scales else 2)


_UPSAMPLING = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}

# what thop counts as zero and has no parameters, such as ReLU, dropout and max pooling, needs no rule
_RULES: dict[tuple[type[nn.Module], ...], Rule] = {
    # a transposed convolution too, although its true count goes by x
    (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d): (
        lambda module, x, y: y.numel() * (x.shape[1] // module.groups) * math.prod(module.kernel_size)
    ),
    (nn.Linear,): lambda module, x, y: y.numel() * module.in_features,
    (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm): _normalisation,
    (nn.InstanceNorm1d, nn.InstanceNorm2d, nn.InstanceNorm3d, nn.LayerNorm): _normalisation,
    (nn.Softmax,): lambda module, x, y: 3 * x.numel() - x.numel() // x.shape[module.dim],
    (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d): lambda module, x, y: y.numel(),
    (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d): (
        lambda module, x, y: y.numel() * (x[0, 0].numel() / y[0, 0].numel() + 1)
    ),
    (nn.Upsample, nn.UpsamplingBilinear2d, nn.UpsamplingNearest2d): (
        lambda module, x, y: y.numel() * _UPSAMPLING.get(module.mode, 0)
    ),
    (nn.PReLU,): lambda module, x, y: x.numel(),
}
RULES = {kind: rule for kinds, rule in _RULES.items() for kind in kinds}


def _kind(module: nn.Module) -> type[nn.Module]:
    """The exact type, or the one of PyTorch that it stands for and computes in another way."""
    return getattr(module, "stands_for", type(module))


@torch.no_grad()
def thop_count(network: nn.Module, *example_inputs: Tensor) -> tuple[int, int]:
    """Parameters and MACs of one forward pass in evaluation mode, by thop's rules.

    Args:
        network: on the inputs' device; its mode is put back.
        example_inputs: what its forward takes. Tensors on the "meta" device do where the network takes them.
    """
    operations = 0
    called: set[nn.Module] = set()

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal operations
        operations += int(RULES[_kind(module)](module, inputs[0], output))
        called.add(module)

    hooks = [module.register_forward_hook(count) for module in network.modules() if _kind(module) in RULES]
    was_training = network.training
    try:
        network.eval()(*example_inputs)
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return sum(parameter.numel() for module in called for parameter in module.parameters()), operations
