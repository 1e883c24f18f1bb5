"""One step of a training: forward, losses, backward, clipping, optimizer, moving average."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from istdbench.errors import UsageError
from istdbench.jobs.job import Job
from istdbench.notices import Notices
from istdbench.ops.compile_ahead import compile_ahead
from istdbench.plugins.guard import calling
from istdbench.progress import Track, silent
from istdbench.training.adversarial import adversarial_losses, build_discriminator
from istdbench.training.average import MovingAverage
from istdbench.training.cuda_graph import CudaGraphs
from istdbench.training.memory_format import place
from istdbench.training.objective import in_warm_up, objective
from istdbench.training.optimizer import base_rates, build_optimizer, set_rates
from istdbench.training.precision import autocast, widened
from istdbench.training.recording import Recorded, Recorder, Work
from istdbench.training.schedule import rate_factor


def find_recorder(job: Job, accelerator: Accelerator) -> Recorder | None:
    """What records the steps of a job's training: CUDA graphs, where one process trains on a GPU.

    An adversarial training has three turns a step, each with other modules in training, and is not recorded.
    """
    alone = accelerator.num_processes == 1 and job.protocol.training.adversarial is None
    return CudaGraphs() if accelerator.device.type == "cuda" and alone else None


class Step:
    """What a training does with a batch, and all that learns from it.

    Attributes:
        network, discriminator, average: what learns; the last two where the recipe has them.
        rate: of the network, at the last step.
    """

    def __init__(self, job: Job, accelerator: Accelerator) -> None:
        self.job, self.accelerator, self.recipe = job, accelerator, job.protocol.training
        self.objective = objective(self.recipe)
        self.method = job.learned("there is nothing to train")
        self.recorder = find_recorder(job, accelerator)
        with calling(f"method {self.method.name}"):
            network = self.method.build(**job.options)
        discriminator = None if self.recipe.adversarial is None else build_discriminator(self.method, network)
        alone = "is adversarial" if discriminator is not None else "changes its labels" if self.recipe.evolution else ""
        if alone and accelerator.num_processes > 1:
            raise UsageError(f"training of {job} {alone} and runs in one process; start it without accelerate")
        for module in filter(None, (network, discriminator)):
            place(module, accelerator.device)
        recorded = self.recorder is not None
        optimizer = build_optimizer(job, network, discriminator, recorded)
        self.prepared, self.discriminator, self.optimizer = accelerator.prepare(network, discriminator, optimizer)
        decay = self.recipe.ema
        self.average = None if decay is None else MovingAverage(self.network, decay, recorded)
        self.rate = self.recipe.optimizer.lr
        self._notices = Notices()
        self._phase: bool | None = None
        self._work: Work

    @property
    def network(self) -> nn.Module:
        unwrapped: nn.Module = self.accelerator.unwrap_model(self.prepared)
        return unwrapped

    @property
    def kept(self) -> nn.Module:
        """What is validated and saved: the moving average where there is one."""
        return self.network if self.average is None else self.average.network

    @property
    def networks(self) -> dict[str, nn.Module]:
        """All that a checkpoint holds, by name."""
        average = {} if self.average is None else {"average": self.average.network}
        discriminator = {} if self.discriminator is None else {"discriminator": self.discriminator}
        return {"network": self.network, **average, **discriminator}

    def compile_ahead(self, track: Track = silent) -> None:
        """Compile what the first step would wait for, see `istdbench.ops.compile_ahead`."""
        crop, device = self.recipe.augmentation.crop, self.accelerator.device
        batch = torch.zeros(self.recipe.batch, self.method.channels, crop, crop, device=device)
        with calling(f"method {self.method.name}"), autocast(self.recipe.precision, device.type):
            compile_ahead(self.network, batch, backward=True, track=track)

    def __call__(self, images: Tensor, masks: Tensor, step: int, epoch: int, steps: int) -> Tensor:
        """Learn from a batch.

        Args:
            images: (B, 1, H, W), or (B, frames, H, W) for a network of several frames.
            masks: (B, 1, H, W), 0 or 1.
            step, epoch: counted from 0.
            steps: that the whole training has.

        Returns:
            The losses before, on the device: one, or one a turn of an adversarial training.

        Raises:
            UsageError: the network cannot learn from so few images.
            DataError: the network's answer is none, see `istdbench.methods.answers`.
        """
        factor = rate_factor(self.recipe.schedule, step, steps)
        rates = [rate * factor for rate in base_rates(self.recipe)]
        self.rate = rates[0]
        set_rates(self.optimizer, rates)
        if self.average is not None:
            self.average.set_step(step)
        phase = in_warm_up(self.recipe, epoch)
        if phase != self._phase:
            self._phase, self._work = phase, self._work_of(epoch)
        try:
            return self._work(images, masks)
        except ValueError as error:
            if len(images) > 1 or "more than 1 value per channel" not in str(error):
                raise
            raise UsageError(
                f"training of {self.job}: {self.method.name} normalises over a batch, which needs two images at "
                "least, and here a batch has one; give it more training images, and --set training.batch=2 or more"
            ) from error

    def _work_of(self, epoch: int) -> Work:
        """The step of an epoch and of all that have its losses."""
        work = partial(self._learn, epoch)
        if self.recorder is None:
            return work
        return Recorded(work, self.recorder, self._notices, f"training of {self.job}")

    def _learn(self, epoch: int, images: Tensor, masks: Tensor) -> Tensor:
        seen = images.expand(-1, self.method.channels, -1, -1)
        losses = torch.stack([self._descend(loss) for loss in self._losses(seen, masks, epoch)])
        if self.average is not None:
            self.average.update(self.network)
        return losses

    def _losses(self, images: Tensor, masks: Tensor, epoch: int) -> Iterator[Tensor]:
        """The losses of a batch, one but in adversarial training; each is descended before the next is worked out."""
        rules = self.recipe.adversarial
        if rules is not None:
            yield from adversarial_losses(rules, self.network, self.discriminator, images, masks)
            return
        with calling(f"method {self.method.name}"):
            with autocast(self.recipe.precision, images.device.type):
                answer = self.prepared(images)
            if self.recipe.precision != "float32":
                answer = widened(answer)
            loss = self.objective(answer, images, masks, epoch)
        yield loss

    def _descend(self, loss: Tensor) -> Tensor:
        """One step of the optimizer, on what has a gradient."""
        self.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if self.recipe.clip_norm is not None:
            trained = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
            self.accelerator.clip_grad_norm_(trained, self.recipe.clip_norm)
        self.optimizer.step()
        return loss.detach()
