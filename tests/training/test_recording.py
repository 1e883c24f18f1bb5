"""Recorded steps: the losses of eager ones, recorded anew where the recipe changes, eager where they cannot be."""

from dataclasses import replace

import pytest
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from taped import Taped
from tiny_training import ADVERSARIAL, GENERATING, MANY_HEADS, TINY, tiny_job, tiny_network
from torch import nn

from istdbench.files import sha256_file
from istdbench.scoring.inputs import input_transform
from istdbench.training import step as step_module
from istdbench.training.batches import epoch_loader
from istdbench.training.recording import WARM_UP, Recorded
from istdbench.training.step import Step, find_recorder
from istdbench.training.train import train

EPOCHS = 17
"""Of three steps each: 51 of them."""


def losses_of(job, recorder=None):
    """The loss of each step of a training without its bookkeeping."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step_module, "find_recorder", lambda job, accelerator: recorder)
        set_seed(job.seed)
        step = Step(job, Accelerator(cpu=True))
    transform = input_transform(job.protocol.input, job.dataset, job.train_names)
    samples = [transform.sample(job.dataset.load(name)) for name in job.train_names]
    losses = []
    for epoch in range(job.protocol.training.epochs):
        step.prepared.train()
        for batch in epoch_loader(samples, job.protocol.training, job.seed, epoch):
            losses.append(step(*batch, len(losses), epoch, 3 * job.protocol.training.epochs))
    return torch.stack(losses)[:, 0]


RECIPES = {
    "AdamW": {"ema": 0.9, "clip_norm": 0.5},
    "Adam": {"optimizer": {"type": "Adam", "lr": 0.02, "betas": (0.5, 0.999)}},
    "SGD": {"optimizer": {"type": "SGD", "lr": 0.05, "momentum": 0.9}, "schedule": {"type": "poly"}},
    "Adagrad": {"optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 1e-3}, "schedule": {"warmup_steps": 9}},
    "bfloat16": {"precision": "bfloat16"},
    "warm-up": {"method": MANY_HEADS, "warm_up": {"epochs": 6, "losses": {"dice": 1.0}}},
}


@pytest.mark.parametrize("recipe", RECIPES)
def test_recorded_steps_have_the_losses_of_eager_ones(recipe):
    job, recorder = tiny_job(epochs=EPOCHS, **RECIPES[recipe]), Taped()
    phases = 2 if recipe == "warm-up" else 1
    eager, recorded = losses_of(job), losses_of(job, recorder)
    assert len(eager) == 51 and eager[-9:].mean() < 0.99 * eager[:9].mean()
    torch.testing.assert_close(recorded, eager, atol=1e-5, rtol=0)
    assert (recorder.warmed, recorder.recordings) == (phases * WARM_UP, phases)


class ReadsBack(nn.Module):
    """Looks at a number of its input, which a GPU has to be waited for."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = tiny_network(width)

    def forward(self, image):
        return self.inner(image) * (1 if image.sum().item() < 1e9 else 0)


def test_a_step_that_cannot_be_recorded_is_done_eagerly_and_said_once():
    job = tiny_job(method=replace(TINY, build=ReadsBack), epochs=EPOCHS, warm_up={"epochs": 3, "losses": {"bce": 1.0}})
    recorder = Taped()
    with pytest.warns(UserWarning, match="training of tiny.*: its steps are not recorded .*a number is read") as said:
        found = losses_of(job, recorder)
    assert len(said) == 1 and recorder.recordings == 0
    torch.testing.assert_close(found, losses_of(job), atol=1e-5, rtol=0)


def test_losses_that_were_given_out_stay_when_the_next_batch_is_replayed():
    recorded = Recorded(lambda images, masks: (images * masks).sum()[None], Taped(), step_module.Notices(), "a test")
    batches = [(torch.full((2, 1, 2, 2), float(n)), torch.ones(2, 1, 2, 2)) for n in range(WARM_UP + 3)]
    given = [recorded(*batch) for batch in batches]
    assert [loss.item() for loss in given] == [8.0 * n for n in range(WARM_UP + 3)]


@pytest.mark.parametrize("stop_after", [2, 7])
def test_a_recorded_training_that_is_stopped_ends_with_the_same_bits(stop_after, monkeypatch, tmp_path):
    monkeypatch.setattr("istdbench.training.checkpoint.SECONDS_APART", 0)
    monkeypatch.setattr(step_module, "find_recorder", lambda job, accelerator: Taped())
    job = tiny_job(ema=0.9, epochs=4)
    whole = sha256_file(train(job))
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))

    def stopping(items, title, state=None):
        for done, item in enumerate(items):
            if done == stop_after and "train" in title:
                raise KeyboardInterrupt
            yield item

    with pytest.raises(KeyboardInterrupt):
        train(job, track=stopping)
    assert sha256_file(train(job)) == whole


def test_steps_are_recorded_on_a_gpu_alone_and_never_against_a_discriminator(monkeypatch):
    class Found:
        device, num_processes = torch.device("cuda"), 1

    monkeypatch.setattr(step_module, "CudaGraphs", lambda: "graphs")
    assert find_recorder(tiny_job(), Found()) == "graphs"
    assert find_recorder(tiny_job(method=GENERATING, **ADVERSARIAL), Found()) is None
    assert find_recorder(tiny_job(), Accelerator(cpu=True)) is None
