"""A training on a CPU, beside the plain loop that it comes to, bit for bit."""

import copy

import pytest
import torch
from accelerate.utils import set_seed
from tiny_training import TINY, tiny_job

from istdbench.jobs.weights import load_weights
from istdbench.scoring.inputs import input_transform
from istdbench.training.batches import epoch_loader
from istdbench.training.losses import weighted_loss
from istdbench.training.schedule import rate_factor
from istdbench.training.seeds import derive_seed
from istdbench.training.train import train


def plain_training(job):
    """The state of a network that is trained by PyTorch's defaults alone, each number read when it is there."""
    recipe = job.protocol.training
    transform = input_transform(job.protocol.input, job.dataset, job.train_names)
    samples = [transform.sample(job.dataset.load(name)) for name in job.train_names]
    set_seed(derive_seed("initial weights", job.seed) % 2**32)
    network = TINY.build(**job.options)
    average = copy.deepcopy(network)
    options = recipe.optimizer.model_dump(exclude={"type"}, exclude_none=True)
    optimizer = getattr(torch.optim, recipe.optimizer.type)(network.parameters(), **options)
    loss_of, done = weighted_loss(recipe.losses), 0
    for epoch in range(recipe.epochs):
        set_seed(derive_seed("dropout", job.seed, epoch) % 2**32)
        network.train()
        for images, masks in epoch_loader(samples, recipe, job.seed, epoch):
            rate = recipe.optimizer.lr * rate_factor(recipe.schedule, done, 3 * recipe.epochs)
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            loss_of(network(images), masks).backward()
            if recipe.clip_norm is not None:
                torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.clip_norm)
            optimizer.step()
            weight = 1 - min(recipe.ema or 0, (1 + done) / (10 + done))
            for kept, value in zip(average.state_dict().values(), network.state_dict().values(), strict=True):
                kept.copy_(torch.lerp(kept, value, weight) if kept.is_floating_point() else value)
            done += 1
    return (network if recipe.ema is None else average).state_dict()


@pytest.mark.parametrize(
    "recipe",
    [
        {},
        {"ema": 0.9, "clip_norm": 0.1},
        {"optimizer": {"type": "SGD", "lr": 0.05, "momentum": 0.9}, "schedule": {"type": "poly"}},
        {"optimizer": {"type": "Adagrad", "lr": 0.05, "weight_decay": 1e-3}},
    ],
)
def test_a_training_on_a_cpu_has_the_bits_of_the_plain_loop(recipe):
    job = tiny_job(**recipe)
    weights, expected = load_weights(train(job))[0], plain_training(job)
    assert weights.keys() == expected.keys()
    assert all(torch.equal(weights[name], expected[name]) for name in weights)
