"""Training by a protocol. Stopped at any moment, it goes on from its last checkpoint to the same final weights.

The order of images and their crops, the learning rate and dropout's seed are pure functions of (seed, epoch, step,
image), so that a checkpoint is the network, the optimizer and a step count; inside an epoch, with the losses and the
random numbers that it has come to; and with the labels, where they grow out of points.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, nullcontext
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pandas as pd
import torch
from accelerate import Accelerator, DataLoaderConfiguration
from accelerate.utils import set_seed

from istdbench.datasets.dataset import Sample
from istdbench.datasets.digest import image_digest
from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write, check_writable, remove_leftovers, remove_leftovers_of
from istdbench.jobs.device import check_device
from istdbench.jobs.job import Job
from istdbench.jobs.weights import save_weights, trained_path
from istdbench.progress import Counted, State, Stop, Stopped, Track, never, silent
from istdbench.scoring.image_counts import count_images, metric_values
from istdbench.scoring.inputs import InputTransform, input_transform
from istdbench.scoring.predictors import job_network_predictor, network_predictor
from istdbench.training import checkpoint
from istdbench.training.alone import alone
from istdbench.training.batch_source import batch_source
from istdbench.training.batches import Timed, steps_per_epoch
from istdbench.training.checkpoint import LABELS, RANDOM, Checkpoints, Progress
from istdbench.training.divergence import require_finite_weights
from istdbench.training.epoch_losses import LOOK_EVERY, EpochLosses
from istdbench.training.label_evolution import is_due
from istdbench.training.logs import Log, check_logs, open_logs, training_folder
from istdbench.training.optimizer import load_state
from istdbench.training.point_labels import PointLabels
from istdbench.training.precision import computed_in, say
from istdbench.training.random_state import random_state, set_random_state
from istdbench.training.repeatable import repeatable
from istdbench.training.seeds import derive_seed
from istdbench.training.step import Step
from istdbench.training.trained_header import trained_header
from istdbench.training.untaught import warn_of_untaught
from istdbench.training.watched import check_images


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
    accelerator = Accelerator(
        cpu=device == "cpu", mixed_precision="no", dataloader_config=DataLoaderConfiguration(split_batches=True)
    )
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
        self.device = accelerator.device
        self.recipe = job.protocol.training
        set_seed(derive_seed("initial weights", job.seed) % 2**32)
        self.step = Step(job, accelerator)
        self.track = track if accelerator.is_main_process else silent
        self.log_names = logs if accelerator.is_main_process else ()
        self.random: dict[str, torch.Tensor] = {}
        self.labels: PointLabels | None = None
        self.kept_labels: dict[str, torch.Tensor] = {}
        self.progress = self._resume()
        self.saved_steps, self.saved_at = self.progress.steps, time.perf_counter()
        self.state: State = lambda: ""
        self.logs: list[Log] = []

    def run(self) -> Path:
        check_images(self.job)
        say(computed_in(self.recipe.precision, self.device.type))
        names = self.job.train_names
        transform = input_transform(self.job.protocol.input, self.job.dataset, names)
        read = map(self.job.dataset.load, self.track(names, f"{self.job.spec}: read images"))
        samples, digests = [], set[str | None]()
        for sample in read:
            image = self.job.dataset.seen(sample, self.job.method.frames)
            digests |= {
                *map(image_digest, image.reshape(-1, *sample.image.shape)),
                self.job.dataset.file_digest(sample.name),
            }
            samples.append(transform.sample(replace(sample, image=image)))
        samples = self._labelled(samples)
        warn_of_untaught(self.recipe, samples)
        left = self.recipe.epochs * steps_per_epoch(len(samples), self.recipe.batch) - self.progress.steps
        with repeatable(), ExitStack() as closed_at_the_end:
            closed_at_the_end.callback(self._write_log)
            opened = open_logs(self.log_names, self.job, self.progress.epoch)
            self.logs = [closed_at_the_end.enter_context(closing(log)) for log in opened]
            self.source = batch_source(samples, self.recipe, self.job.seed, self.accelerator)
            self.step.compile_ahead(self.track)
            steps = Counted(self._epochs(transform), left)
            for _ in self.track(steps, f"{self.job.spec}: train", lambda: self.state()):
                pass
        known = filter(None, digests)
        header = trained_header(self.job, transform, self.progress, known, len(samples), self.device)
        if self.accelerator.is_main_process:
            save_weights(trained_path(self.job), self.step.kept.state_dict(), header)
            self.checkpoints.remove()
        self.accelerator.wait_for_everyone()
        return trained_path(self.job)

    def _labelled(self, samples: list[Sample]) -> list[Sample]:
        """The training images with what they are labelled with: their masks, or points and what these have become."""
        if self.recipe.points is None:
            return samples
        self.labels = PointLabels(samples, self.recipe.points, self.job.seed)
        if self.kept_labels:
            self.labels.restore(self.kept_labels)
        return self.labels.samples

    def _epochs(self, transform: InputTransform) -> Iterator[None]:
        """All epochs that are left, step by step."""
        while self.progress.epoch < self.recipe.epochs:
            if self.stop():
                self._save()
                raise Stopped(str(self.job))
            yield from self._epoch(transform)
            if self.progress.epoch < self.recipe.epochs:
                self._evolve()
            if self._is_due() or self.progress.epoch == self.recipe.epochs:
                self._save()
            self.accelerator.wait_for_everyone()

    def _epoch(self, transform: InputTransform) -> Iterator[None]:
        began, epoch, begun = time.perf_counter(), self.progress.epoch, self.progress
        set_seed(derive_seed("dropout", self.job.seed, epoch) % 2**32)
        loader = self.source(epoch)
        batches = Timed(islice(loader, len(begun.losses), None))
        losses = EpochLosses(self.job, begun, LOOK_EVERY[self.device.type])
        after = losses.first + len(loader)
        self.step.prepared.train()

        def state() -> str:
            shown = f", loss {losses.mean:.4f}, rate {self.step.rate:.3g}" if losses.seen else ""
            return f"epoch {epoch + 1}/{self.recipe.epochs}{shown}, {batches.images_per_second:.1f} images/s"

        def seconds() -> float:
            return begun.seconds + time.perf_counter() - began

        self.state = state
        for done, batch in enumerate(batches, begun.steps + 1):
            if self.random:  # of the step before, in the middle of an epoch
                set_random_state(self.random)
                self.random = {}
            losses.add(self.step(*batch, done - 1, epoch, len(loader) * self.recipe.epochs))
            if done == after:
                losses.look()
            elif self._is_due():
                losses.look()
                inside = {"steps": done, "losses": list(losses.seen), "seconds": seconds()}
                self.progress = begun.model_copy(update=inside)
                self._save()
            yield
        row: dict[str, int | float | None] = {"epoch": epoch + 1, "step": after, "loss": losses.mean}
        row |= {"lr": self.step.rate, **batches.row(), **self._validate(epoch + 1, after, transform)}
        row["seconds"] = round(seconds(), 1)
        self.progress = Progress(epoch=epoch + 1, steps=after, seconds=seconds(), history=[*begun.history, row])
        for log in self.logs:
            log.add(row)

    def _evolve(self) -> None:
        """After an epoch, change the labels where it is time, and let the next epochs learn from them."""
        rules, losses = self.recipe.evolution, [row["loss"] or 0.0 for row in self.progress.history]
        if self.labels is None or rules is None or not is_due(rules, losses):
            return
        as_seen = InputTransform(None, self.job.protocol.input.pad, 0.0, 1.0)  # the images are z-scored already
        predict = network_predictor(self.step.kept, self.step.method.channels, as_seen, str(self.device))
        self.labels.evolve(predict, rules)
        del self.source  # its images leave the device before those with new labels come
        self.source = batch_source(self.labels.samples, self.recipe, self.job.seed, self.accelerator)

    def _write_log(self) -> None:
        if self.accelerator.is_main_process and self.progress.history:
            atomic_write(_log_file(self.job), pd.DataFrame(self.progress.history).to_csv(index=False))

    def _validate(self, epoch: int, steps: int, transform: InputTransform) -> dict[str, int | float | None]:
        due = epoch % self.recipe.validate_every == 0 or epoch == self.recipe.epochs
        if not self.job.validation_names or not due or not self.accelerator.is_main_process:
            return {}
        require_finite_weights(self.job, self.step.networks, steps - 1, epoch - 1)
        predict = job_network_predictor(self.job, self.step.kept, transform, str(self.device))
        threshold = self.job.protocol.scoring.threshold
        values = metric_values(count_images(predict, self.job.dataset, self.job.validation_names, threshold))
        part = self.job.protocol.data.validate_on
        return {f"{part}_{name}": None if math.isnan(value) else value for name, value in values.items()}

    def _is_due(self) -> bool:
        """Whether a checkpoint is."""
        return time.perf_counter() - self.saved_at >= checkpoint.SECONDS_APART

    def _save(self) -> None:
        """Write a checkpoint of what there is no checkpoint of yet."""
        progress = self.progress
        if progress.steps > self.saved_steps and self.accelerator.is_main_process:
            epoch = progress.epoch if progress.losses else progress.epoch - 1
            require_finite_weights(self.job, self.step.networks, progress.steps - 1, epoch)
            tensors = {name: network.state_dict() for name, network in self.step.networks.items()}
            if progress.losses:
                tensors[RANDOM] = random_state()
            if self.labels is not None and self.recipe.evolution is not None:
                tensors[LABELS] = self.labels.state()
            self.checkpoints.save(progress, tensors, self.step.optimizer.state_dict())
            self._write_log()
        self.saved_steps, self.saved_at = progress.steps, time.perf_counter()

    def _resume(self) -> Progress:
        found = self.checkpoints.load(str(self.device))
        if found is None:
            return Progress()
        progress, tensors, optimizer = found
        try:
            for name, network in self.step.networks.items():
                network.load_state_dict(tensors[name])
            if self.recipe.evolution is not None:
                self.kept_labels = tensors[LABELS]
            load_state(self.step.optimizer, optimizer)
        except (KeyError, RuntimeError, ValueError) as error:
            raise IstdbenchError(
                f"training of {self.job}: the network is not the one of the checkpoints in {self.checkpoints.folder} "
                f"({' '.join(str(error).split())}); bring its code back, or begin anew with `istdbench train --restart`"
            ) from error
        self.random = tensors.get(RANDOM, {})
        return progress
