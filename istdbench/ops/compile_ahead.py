"""What a network's first pass would wait for, done before it and side by side."""

from __future__ import annotations

import importlib

import torch
from torch import Tensor, nn

from istdbench.ops.backends import triton
from istdbench.progress import Track, silent


def compile_ahead(network: nn.Module, batch: Tensor, *, backward: bool = False, track: Track = silent) -> int:
    """Compile the Triton kernels that a network launches on batches like this one, all at the same time.

    Without it they compile one after the other at the first pass, which takes a minute. The network goes through the
    batch once in evaluation mode, in which it answers with one tensor; neither its weights and gradients nor the state
    of random generators change.

    Args:
        batch: an example on the network's device, by the size and dtype that will be seen; autocast as it will be.
        backward: the gradients' kernels too.
        track: may show how far it is; is not called where nothing is to be compiled.

    Returns:
        How many kernels were compiled; 0 where none are Triton's.
    """
    if batch.device.type != "cuda" or triton.why_not():
        return 0
    launches = importlib.import_module("istdbench.ops.backends.triton.launches")
    compiled: int = launches.compile_launches(lambda: _pass(network, batch, backward), track)
    return compiled


def _pass(network: nn.Module, batch: Tensor, backward: bool) -> None:
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad] if backward else []
    was_training = network.training
    try:
        with torch.set_grad_enabled(backward):
            y = network.eval()(batch)
            if backward:
                torch.autograd.grad(y.sum(), trained, allow_unused=True)
    finally:
        network.train(was_training)
