"""Adagrad by a learning rate that is a tensor."""

from __future__ import annotations

import torch


class RecordableAdagrad(torch.optim.Adagrad):
    """`torch.optim.Adagrad` for steps that are recorded: PyTorch's own reads a tensor's rate back to the host.

    Its state is PyTorch's, but for the count of steps, which matters to `lr_decay` alone and stays 0.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """sum += g², parameter -= rate g / (sqrt(sum) + eps), with g = gradient + weight_decay parameter."""
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            if not parameters:
                continue
            gradients = [parameter.grad for parameter in parameters]
            if group["weight_decay"]:
                gradients = list(torch._foreach_add(gradients, parameters, alpha=group["weight_decay"]))
            sums = [self.state[parameter]["sum"] for parameter in parameters]
            torch._foreach_addcmul_(sums, gradients, gradients)
            scales = torch._foreach_sqrt(sums)
            torch._foreach_add_(scales, group["eps"])
            updates = torch._foreach_div(gradients, scales)
            torch._foreach_mul_(updates, group["lr"])
            torch._foreach_sub_(parameters, updates)
