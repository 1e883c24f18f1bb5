"""Training by a protocol. Stopped at any moment, it goes on from the last complete epoch to the same final weights.

Nothing random has a state of its own: the order of images and their crops, the learning rate and dropout's seed are
pure functions of (seed, epoch, step, image), so that a checkpoint is the network, the optimizer and a step count.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, nullcontext
from pathlib import Path

import pandas as pd
import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.utils import set_seed

from istdbench.datasets.dataset import Sample
from istdbench.datasets.digest import image_digest
from istdbench.errors import IstdbenchError, UsageError
from istdbench.files import atomic_write, check_writable, remove_leftovers, remove_leftovers_of
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job
from istdbench.jobs.weights import save_weights, trained_path
from istdbench.plugins.guard import calling
from istdbench.progress import Counted, State, Stop, Track, never, silent
from istdbench.scoring.image_counts import count_images, metric_values
from istdbench.scoring.inputs import InputTransform, input_transform
from istdbench.scoring.predictors import network_predictor
from istdbench.training.adversarial import adversarial_losses, build_discriminator
from istdbench.training.alone import alone
from istdbench.training.average import MovingAverage
from istdbench.training.batches import Timed, epoch_loader, steps_per_epoch
from istdbench.training.checkpoint import Checkpoints, Progress
from istdbench.training.divergence import require_finite_loss, require_finite_weights
from istdbench.training.logs import Log, check_logs, open_logs, training_folder
from istdbench.training.objective import objective
from istdbench.training.optimizer import base_rates, build_optimizer
from istdbench.training.schedule import rate_factor
from istdbench.training.seeds import derive_seed
from istdbench.training.trained_header import trained_header
from istdbench.training.watched import check_images


class Stopped(Exception):  # noqa: N818 - no error
    """A training was told to stop before its end; the same call goes on from the last complete epoch."""


def train(
    job: Job,
    *,
    device: str = "cpu",
    restart: bool = False,
    logs: Sequence[str] = (),
    track: Track = silent,
    stop: Stop = never,
) -> Path:
    """Train the network of a job, from its last checkpoint where there is one.

    Args:
        device: "cpu" or "cuda".
        restart: begin anew, whatever is there; weights that are there stay until the new ones are whole.
        logs: names of logs that are kept beside `log.csv`, see `istdbench.training.logs`.
        stop: asked before each epoch.

    Returns:
        The weights file, whose bytes say nothing of the clock: a training of the same key gives the same. Its `log.csv`
        has one row an epoch: loss, rate, validation, images a second, the share of the time that the network waited for
        images, and the seconds since the training began, pauses left out.

    Raises:
        UsageError: the method is not a learned one, a device, a log or a part of the split is not here, the optimizer
            refuses its options, or the network cannot learn from so few images.
        DataError: no image to train on has a target, or one cannot be read.
        BusyError: another process trains the job.
        IstdbenchError: the loss or a weight is not finite, which the message says with the step; or no checkpoint is
            whole, or one, the log or the weights cannot be written, which is told before any work where it is so then.
        Stopped: `stop` said so.
    """
    check_device(device)
    check_logs(logs)
    job.learned("there is nothing to train")
    checkpoints = Checkpoints(training_folder(job) / "checkpoints")
    check_writable(checkpoints.folder, folder=True)
    for file in (_log_file(job), trained_path(job)):
        check_writable(file)
    accelerator = Accelerator(cpu=device == "cpu", dataloader_config=DataLoaderConfiguration(split_batches=True))
    with alone(job) if accelerator.is_main_process else nullcontext():
        if accelerator.is_main_process:
            _clear_up(job, checkpoints)
            if restart:
                checkpoints.remove()
        accelerator.wait_for_everyone()
        if trained_path(job).is_file() and not restart and not checkpoints.any():
            warnings.warn(f"{job} is trained already; --restart trains it anew", stacklevel=2)
            return trained_path(job)
        return _Training(job, checkpoints, accelerator, logs, track, stop).run()


def _clear_up(job: Job, checkpoints: Checkpoints) -> None:
    """Remove what an earlier training of the job left half written or half removed, when it was killed."""
    checkpoints.clear_up()
    remove_leftovers(training_folder(job))
    remove_leftovers_of(trained_path(job))


def _log_file(job: Job) -> Path:
    return training_folder(job) / "log.csv"


class _Training:
    """One training: what stays the same over its epochs."""

    def __init__(
        self,
        job: Job,
        checkpoints: Checkpoints,
        accelerator: Accelerator,
        logs: Sequence[str],
        track: Track,
        stop: Stop,
    ) -> None:
        self.job, self.checkpoints, self.accelerator, self.stop = job, checkpoints, accelerator, stop
        self.device = str(accelerator.device)
        self.recipe = job.protocol.training
        self.objective = objective(self.recipe)
        set_seed(derive_seed("initial weights", job.seed) % 2**32)
        self.method = job.learned("there is nothing to train")
        with calling(f"method {self.method.name}"):
            network = self.method.build(**job.options)
        discriminator = None if self.recipe.adversarial is None else build_discriminator(self.method, network)
        self.track = track if accelerator.is_main_process else silent
        self.log_names = logs if accelerator.is_main_process else ()
        if discriminator is not None and accelerator.num_processes > 1:
            raise UsageError(f"training of {job} is adversarial and runs in one process; start it without accelerate")
        optimizer = build_optimizer(job, network, discriminator)
        self.network, self.discriminator, self.optimizer = accelerator.prepare(network, discriminator, optimizer)
        decay = self.recipe.ema
        self.average = None if decay is None else MovingAverage(self._unwrapped(), decay)
        self.progress = self._resume()
        self.state: State = lambda: ""
        self.logs: list[Log] = []

    def run(self) -> Path:
        check_images(self.job)
        names = self.job.train_names
        transform = input_transform(self.job.protocol.input, self.job.dataset, names)
        read = map(self.job.dataset.load, self.track(names, f"{self.job.spec}: read images"))
        samples, digests = [], set[str | None]()
        for sample in read:
            digests |= {image_digest(sample.image), self.job.dataset.file_digest(sample.name)}
            samples.append(transform.sample(sample))
        left = (self.recipe.epochs - self.progress.epoch) * steps_per_epoch(len(samples), self.recipe.batch)
        with ExitStack() as closed_at_the_end:
            opened = open_logs(self.log_names, self.job, self.progress.epoch)
            self.logs = [closed_at_the_end.enter_context(closing(log)) for log in opened]
            steps = Counted(self._epochs(samples, transform), left)
            for _ in self.track(steps, f"{self.job.spec}: train", lambda: self.state()):
                pass
        known = filter(None, digests)
        header = trained_header(self.job, transform, self.progress, known, len(samples), self.device)
        if self.accelerator.is_main_process:
            self._write_log()
            save_weights(trained_path(self.job), self._kept().state_dict(), header)
            self.checkpoints.remove()
        self.accelerator.wait_for_everyone()
        return trained_path(self.job)

    def _epochs(self, samples: Sequence[Sample], transform: InputTransform) -> Iterator[None]:
        """All epochs that are left, step by step."""
        while self.progress.epoch < self.recipe.epochs:
            if self.stop():
                raise Stopped(str(self.job))
            yield from self._epoch(samples, transform)

    def _epoch(self, samples: Sequence[Sample], transform: InputTransform) -> Iterator[None]:
        began, epoch, done = time.perf_counter(), self.progress.epoch, self.progress
        set_seed(derive_seed("dropout", self.job.seed, epoch) % 2**32)
        loader = self.accelerator.prepare(epoch_loader(samples, self.recipe, self.job.seed, epoch, self.device))
        batches = Timed(loader)
        self.network.train()
        losses: list[float] = []

        def state() -> str:
            rate = self.optimizer.param_groups[0]["lr"]
            shown = f", loss {sum(losses) / len(losses):.4f}, rate {rate:.3g}" if losses else ""
            return f"epoch {epoch + 1}/{self.recipe.epochs}{shown}, {batches.images_per_second:.1f} images/s"

        self.state = state
        for step, batch in enumerate(batches, done.steps):
            losses.append(self._step(*batch, step, len(batches)))
            yield
        steps = done.steps + len(losses)
        require_finite_weights(self.job, self._networks(), steps - 1, epoch)
        row: dict[str, int | float | None] = {"epoch": epoch + 1, "step": steps, "loss": sum(losses) / len(losses)}
        row |= {"lr": self.optimizer.param_groups[0]["lr"], **batches.row(), **self._validate(epoch + 1, transform)}
        seconds = done.seconds + time.perf_counter() - began
        row["seconds"] = round(seconds, 1)
        self.progress = Progress(epoch=epoch + 1, steps=steps, seconds=seconds, history=[*done.history, row])
        for log in self.logs:
            log.add(row)
        if self.accelerator.is_main_process:
            networks = {name: network.state_dict() for name, network in self._networks().items()}
            self.checkpoints.save(self.progress, networks, self.optimizer.state_dict())
            self._write_log()
        self.accelerator.wait_for_everyone()

    def _step(self, images: torch.Tensor, masks: torch.Tensor, step: int, per_epoch: int) -> float:
        factor = rate_factor(self.recipe.schedule, step, per_epoch * self.recipe.epochs)
        for group, rate in zip(self.optimizer.param_groups, base_rates(self.recipe), strict=True):
            group["lr"] = rate * factor
        seen = images.expand(-1, self.method.in_channels, -1, -1)
        try:
            total = sum(self._descend(loss, step) for loss in self._losses(seen, masks))
        except ValueError as error:
            if len(images) > 1 or "more than 1 value per channel" not in str(error):
                raise
            raise UsageError(
                f"training of {self.job}: {self.method.name} normalises over a batch, which needs two images at "
                "least, and here a batch has one; give it more training images, and --set training.batch=2 or more"
            ) from error
        if self.average is not None:
            self.average.update(self._unwrapped(), step)
        return total

    def _losses(self, images: torch.Tensor, masks: torch.Tensor) -> Iterator[torch.Tensor]:
        """The losses of a batch, one but in adversarial training; each is descended before the next is worked out."""
        rules = self.recipe.adversarial
        if rules is not None:
            yield from adversarial_losses(rules, self._unwrapped(), self.discriminator, images, masks)
            return
        with self.accelerator.autocast(), calling(f"method {self.method.name}"):
            loss = self.objective(self.network(images), images, masks, self.progress.epoch)
        yield loss

    def _descend(self, loss: torch.Tensor, step: int) -> float:
        """One step of the optimizer, on what has a gradient."""
        value = float(loss.detach())
        require_finite_loss(self.job, value, step, self.progress.epoch)
        self.optimizer.zero_grad(set_to_none=True)
        self.accelerator.backward(loss)
        if self.recipe.clip_norm is not None:
            trained = [parameter for group in self.optimizer.param_groups for parameter in group["params"]]
            self.accelerator.clip_grad_norm_(trained, self.recipe.clip_norm)
        self.optimizer.step()
        return value

    def _write_log(self) -> None:
        atomic_write(_log_file(self.job), pd.DataFrame(self.progress.history).to_csv(index=False))

    def _validate(self, epoch: int, transform: InputTransform) -> dict[str, int | float | None]:
        due = epoch % self.recipe.validate_every == 0 or epoch == self.recipe.epochs
        if not self.job.validation_names or not due or not self.accelerator.is_main_process:
            return {}
        predict = network_predictor(self._kept(), self.method.in_channels, transform, self.device)
        threshold = self.job.protocol.scoring.threshold
        values = metric_values(count_images(predict, self.job.dataset, self.job.validation_names, threshold))
        part = self.job.protocol.data.validate_on
        return {f"{part}_{name}": None if math.isnan(value) else value for name, value in values.items()}

    def _resume(self) -> Progress:
        found = self.checkpoints.load(self.device)
        if found is None:
            return Progress()
        progress, networks, optimizer = found
        try:
            for name, network in self._networks().items():
                network.load_state_dict(networks[name])
            self.optimizer.load_state_dict(optimizer)
        except (KeyError, RuntimeError, ValueError) as error:
            raise IstdbenchError(
                f"training of {self.job}: the network is not the one of the checkpoints in {self.checkpoints.folder} "
                f"({' '.join(str(error).split())}); bring its code back, or begin anew with `istdbench train --restart`"
            ) from error
        return progress

    def _unwrapped(self) -> torch.nn.Module:
        return self.accelerator.unwrap_model(self.network)

    def _kept(self) -> torch.nn.Module:
        """What is validated and saved: the moving average where there is one."""
        return self._unwrapped() if self.average is None else self.average.network

    def _networks(self) -> dict[str, torch.nn.Module]:
        """All that a checkpoint holds, by name."""
        average = {} if self.average is None else {"average": self.average.network}
        discriminator = {} if self.discriminator is None else {"discriminator": self.discriminator}
        return {"network": self._unwrapped(), **average, **discriminator}
