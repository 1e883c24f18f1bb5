"""Training: it learns, it resumes to the same bits, it stops on a loss that is not a number."""

import csv
import re
import time
from dataclasses import replace

import pytest
import torch
from tiny_training import MANY_HEADS, TINY, Spots, tiny_job, tiny_network
from torch import nn

from istdbench.errors import IstdbenchError, UsageError
from istdbench.files import sha256_file
from istdbench.jobs.weights import load_weights, trained_path
from istdbench.registry import METHODS
from istdbench.training import checkpoint
from istdbench.training import step as step_module
from istdbench.training import train as train_module
from istdbench.training.checkpoint import Checkpoints
from istdbench.training.divergence import require_finite_weights
from istdbench.training.epoch_losses import LOOK_EVERY
from istdbench.training.logs import training_folder
from istdbench.training.train import train


def log_of(job):
    with (training_folder(job) / "log.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_loss_falls_and_the_log_has_a_row_an_epoch():
    job = tiny_job(epochs=16)
    train(job)
    rows = log_of(job)
    assert [row["epoch"] for row in rows] == [str(n) for n in range(1, 17)]
    assert float(rows[-1]["loss"]) < 0.8 * float(rows[0]["loss"])
    assert [bool(row["val_IoU"]) for row in rows] == [False, True] * 8
    assert all(float(row["images_per_second"]) > 0 and 0 <= float(row["share_waiting"]) <= 1 for row in rows)


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    first = load_weights(train(tiny_job()))[0]
    again = load_weights(train(tiny_job(), restart=True))[0]
    other = load_weights(train(tiny_job(seed=1)))[0]
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def slow_clock(patch, factor=1000):
    """Let the clock of trainings run fast, so that all that they do seems slow."""
    clock = time.perf_counter
    patch.setattr(time, "perf_counter", lambda: factor * clock())


def test_two_trainings_of_one_key_give_one_file_whatever_the_clock_says(monkeypatch):
    job = tiny_job(epochs=2)
    first = sha256_file(train(job))
    quick = float(log_of(job)[-1]["seconds"])
    with monkeypatch.context() as patch:
        slow_clock(patch)
        again = sha256_file(train(job, restart=True))
    assert float(log_of(job)[-1]["seconds"]) > 10 * quick
    assert again == first


WARM_UP = {"epochs": 2, "losses": {"plain_niou": 1.0}}


@pytest.mark.parametrize("seconds_apart", [0, 1e9], ids=["checkpoint each step", "no checkpoint yet"])
@pytest.mark.parametrize(
    ("stop_after", "recipe"), [(1, {}), (3, {}), (4, {}), (8, {}), (4, {"ema": 0.9}), (4, {"warm_up": WARM_UP})]
)
def test_a_training_that_is_stopped_anywhere_ends_with_the_same_bits(
    stop_after, recipe, seconds_apart, monkeypatch, tmp_path
):
    job = tiny_job(**recipe)
    whole, losses = train(job).read_bytes(), [row["loss"] for row in log_of(job)]
    monkeypatch.setattr(checkpoint, "SECONDS_APART", seconds_apart)
    steps = iter(range(100))
    loss_of = step_module.objective(job.protocol.training)

    def interrupted(answer, images, masks, epoch):
        if next(steps) == stop_after:
            raise KeyboardInterrupt
        return loss_of(answer, images, masks, epoch)

    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))
    with monkeypatch.context() as patch:
        patch.setattr(step_module, "objective", lambda recipe: interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(job)
    assert Checkpoints(training_folder(job) / "checkpoints").any() == (seconds_apart == 0)
    assert train(job).read_bytes() == whole
    assert [row["loss"] for row in log_of(job)] == losses


def test_a_checkpoint_is_written_when_a_minute_has_passed_and_at_the_end(monkeypatch):
    now, written = [0.0], []

    def track(items, title, state=None):
        for item in items:
            now[0] += 25 * ("train" in title)
            yield item

    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(Checkpoints, "save", lambda self, progress, *_: written.append(progress.place))
    train(tiny_job(), track=track)
    assert written == ["epoch-00001", "epoch-00002", "epoch-00003"]


@pytest.mark.parametrize(
    "recipe",
    [
        {"losses": {"sls": 1.0}},
        {"edge_losses": {"bce": 10.0, "plain_niou": 1.0}},
        {"reconstruction": 0.1},
        {"optimizer": {"type": "SGD", "lr": 0.05, "momentum": 0.9}, "schedule": {"type": "poly"}},
        {"optimizer": {"type": "Adam", "lr": 0.02, "betas": (0.5, 0.999)}},
        {"optimizer": {"type": "Adagrad", "lr": 0.05}},
    ],
    ids=lambda recipe: "-".join(recipe),
)
def test_a_network_of_many_heads_learns_by_every_option(recipe):
    job = tiny_job(method=MANY_HEADS, epochs=12, **recipe)
    train(job)
    losses = [float(row["loss"]) for row in log_of(job)]
    assert sum(losses[-3:]) < 0.95 * sum(losses[:3])


def test_the_warm_up_leaves_the_other_heads_alone():
    warm_up = {"epochs": 3, "losses": {"dice": 1.0}, "head": 1}
    weights = load_weights(train(tiny_job(method=MANY_HEADS, epochs=3, warm_up=warm_up)))[0]
    other = load_weights(train(tiny_job(method=MANY_HEADS, epochs=1, warm_up=warm_up | {"epochs": 1})))[0]
    assert torch.equal(weights["fine.weight"], other["fine.weight"])
    assert not torch.equal(weights["coarse.weight"], other["coarse.weight"])


@pytest.mark.parametrize(("optimizer", "same"), [("Adagrad", True), ("Adam", True), ("AdamW", True), ("SGD", False)])
def test_whether_heads_are_averaged_or_added_matters_to_sgd_alone(optimizer, same):
    rules = {"type": optimizer, "lr": 0.02}
    jobs = [tiny_job(method=MANY_HEADS, epochs=1, losses={"bce": weight}, optimizer=rules) for weight in (1.0, 2.0)]
    averaged, added = (load_weights(train(job))[0]["fine.weight"] for job in jobs)
    assert torch.allclose(averaged, added, atol=1e-5) == same


def test_finished_weights_stay_while_a_restarted_training_is_unfinished(monkeypatch):
    path = train(tiny_job())
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(train_module.Checkpoints, "save", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(tiny_job(), restart=True)
    assert path.read_bytes() == before


def test_a_loss_that_is_not_a_number_names_the_step_and_keeps_the_checkpoints(monkeypatch):
    monkeypatch.setattr(step_module, "objective", lambda recipe: nan_at_the_fifth_step())
    monkeypatch.setattr(checkpoint, "SECONDS_APART", 0)
    job = tiny_job()
    with pytest.raises(IstdbenchError, match=r"the loss is nan at step 5 \(epoch 2\)"):
        train(job)
    kept = Checkpoints(training_folder(job) / "checkpoints").load("cpu")[0]
    assert (kept.epoch, kept.steps, len(kept.losses)) == (1, 4, 1)
    assert [row["epoch"] for row in log_of(job)] == ["1"]


def nan_at_the_fifth_step():
    steps = iter(range(100))
    return lambda logits, images, masks, epoch: logits.sum() * (float("nan") if next(steps) == 4 else 0)


def test_where_losses_are_looked_at_now_and_then_the_first_that_is_not_a_number_is_named(monkeypatch):
    monkeypatch.setattr(step_module, "objective", lambda recipe: nan_at_the_fifth_step())
    monkeypatch.setitem(LOOK_EVERY, "cpu", 16)
    job = tiny_job(epochs=4, batch=1)
    with pytest.raises(IstdbenchError, match=r"the loss is nan at step 5 \(epoch 1\)"):
        train(job)
    assert not trained_path(job).exists() and not Checkpoints(training_folder(job) / "checkpoints").any()


def test_how_often_losses_are_looked_at_changes_no_bit_and_no_row(monkeypatch):
    job = tiny_job(epochs=2)
    weights, losses = train(job).read_bytes(), [row["loss"] for row in log_of(job)]
    monkeypatch.setitem(LOOK_EVERY, "cpu", 2)
    assert train(job, restart=True).read_bytes() == weights
    assert [row["loss"] for row in log_of(job)] == losses


@pytest.mark.parametrize("recipe", [{}, {"ema": 0.9}])
def test_a_last_step_that_spoils_the_weights_is_named_and_nothing_of_it_is_saved(recipe, monkeypatch):
    steps = iter(range(100))

    def exploding(answer, images, masks, epoch):
        """Its value is finite at every step; its gradient is not at the ninth, the last."""
        return (answer * 0).sqrt().sum() if next(steps) == 8 else answer.square().mean()

    monkeypatch.setattr(step_module, "objective", lambda recipe: exploding)
    monkeypatch.setattr(checkpoint, "SECONDS_APART", 0)
    job = tiny_job(**recipe)
    with pytest.raises(IstdbenchError, match=r"0\.weight of the network is not finite after step 9 \(epoch 3\)"):
        train(job)
    assert not trained_path(job).exists()
    assert Checkpoints(training_folder(job) / "checkpoints").load("cpu")[0].steps == 8


def test_a_moving_average_that_is_not_finite_is_refused_beside_a_network_that_is():
    network, average = tiny_network(), tiny_network()
    average[1].running_var[0] = float("inf")
    require_finite_weights(tiny_job(), {"network": network}, 8, 2)
    with pytest.raises(IstdbenchError, match=r"1\.running_var of the average is not finite after step 9 \(epoch 3\)"):
        require_finite_weights(tiny_job(), {"network": network, "average": average}, 8, 2)


def test_a_classical_method_cannot_be_trained():
    job = tiny_job()
    tophat = type(job)(METHODS.get("tophat"), job.spec, {}, job.dataset, job.protocol)
    with pytest.raises(UsageError, match="'tophat' is classical: there is nothing to train"):
        train(tophat)


def test_a_device_that_is_not_here_is_refused(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(UsageError, match="sees no CUDA device here"):
        train(tiny_job(), device="cuda")
    with pytest.raises(UsageError, match="no device 'gpu'"):
        train(tiny_job(), device="gpu")


def test_an_option_that_the_optimizer_does_not_have_is_named():
    job = tiny_job(optimizer={"type": "AdamW", "lr": 0.02, "momentum": 0.9})
    with pytest.raises(UsageError, match="protocol tiny_protocol: training.optimizer: AdamW refuses .*momentum"):
        train(job)


def test_a_network_that_cannot_normalise_one_image_says_what_it_needs():
    pooled = replace(TINY, name="pooled", build=lambda width: PooledNorm(width))
    with pytest.raises(UsageError, match="pooled normalises over a batch, .* here a batch has one; give it more"):
        train(tiny_job(method=pooled, batch=1))
    train(tiny_job(method=pooled, batch=2))


class PooledNorm(nn.Module):
    """Scales its answer by a normalised mean over the image, as networks with channel attention do."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.answer = nn.Conv2d(1, 1, 3, padding=1)
        self.attention = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))

    def forward(self, image):
        return self.answer(image) * self.attention(image).sigmoid()


def test_one_image_is_enough_for_a_network_that_does_without():
    job = replace(tiny_job(), dataset=Spots(count=1))
    train(job)
    assert len(log_of(job)) == 3


def test_the_state_is_told_at_every_step_of_all_epochs():
    told = []

    def track(items, title, state=None):
        for done, item in enumerate(items, start=1):
            yield item
            if state is not None:
                told.append((done, len(items), state()))

    train(tiny_job(), track=track)
    assert [(done, count) for done, count, _ in told] == [(done, 9) for done in range(1, 10)]
    pattern = r"epoch {}/3, loss \d\.\d{{4}}, rate \S+, \d+\.\d images/s"
    assert all(re.fullmatch(pattern.format((done + 2) // 3), state) for done, _, state in told)
