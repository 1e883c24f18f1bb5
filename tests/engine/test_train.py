"""Training: it learns, it resumes to the same bits, it stops on a loss that is not a number."""

import csv

import pytest
import torch
from tiny_training import tiny_job

from istdbench.engine import train as train_module
from istdbench.engine.checkpoint import Checkpoints, Progress
from istdbench.engine.train import train, training_folder
from istdbench.engine.weights import load_weights
from istdbench.errors import IstdbenchError, UsageError
from istdbench.registry import METHODS


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


def test_the_same_seed_gives_the_same_bits_and_another_seed_others():
    first = load_weights(train(tiny_job()))[0]
    again = load_weights(train(tiny_job(), restart=True))[0]
    other = load_weights(train(tiny_job(seed=1)))[0]
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize(("stop_after", "ema"), [(1, None), (4, None), (8, None), (4, 0.9)])
def test_a_training_that_is_stopped_anywhere_ends_with_the_same_bits(stop_after, ema, monkeypatch, tmp_path):
    job = tiny_job(ema=ema)
    whole = load_weights(train(job))[0]
    steps = iter(range(100))
    loss_of = train_module.objective(job.protocol.training)

    def interrupted(answer, images, masks):
        if next(steps) == stop_after:
            raise KeyboardInterrupt
        return loss_of(answer, images, masks)

    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))
    with monkeypatch.context() as patch:
        patch.setattr(train_module, "objective", lambda recipe: interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(job)
    assert Checkpoints(training_folder(job) / "checkpoints").any() == (stop_after >= 3)
    resumed = load_weights(train(job))[0]
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_finished_weights_stay_while_a_restarted_training_is_unfinished(monkeypatch):
    path = train(tiny_job())
    before = path.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(train_module.Checkpoints, "save", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(tiny_job(), restart=True)
    assert path.read_bytes() == before


def test_a_loss_that_is_not_a_number_names_the_step_and_keeps_the_checkpoints(monkeypatch):
    steps = iter(range(100))
    monkeypatch.setattr(
        train_module,
        "objective",
        lambda recipe: lambda logits, images, masks: logits.sum() * (float("nan") if next(steps) == 4 else 0),
    )
    job = tiny_job()
    with pytest.raises(IstdbenchError, match=r"the loss is nan at step 5 \(epoch 2\)"):
        train(job)
    assert Checkpoints(training_folder(job) / "checkpoints").load("cpu")[0].epoch == 1


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


def test_a_checkpoint_cut_short_is_ignored(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(Progress(epoch=1, steps=3), {"network": {"w": torch.ones(2)}}, {"state": {}})
    (tmp_path / "epoch-00002.tmp").mkdir()
    progress, networks, optimizer = checkpoints.load("cpu")
    assert (progress.epoch, progress.steps, optimizer) == (1, 3, {"state": {}})
    assert torch.equal(networks["network"]["w"], torch.ones(2))


def test_only_the_newest_checkpoints_are_kept(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for epoch in range(1, 6):
        checkpoints.save(Progress(epoch=epoch), {"network": {"w": torch.ones(1)}}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["epoch-00004", "epoch-00005"]


def test_a_checkpoint_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IstdbenchError, match="checkpoint .* not written .* ISTDBENCH_HOME"):
        Checkpoints(tmp_path / "file").save(Progress(epoch=1), {"network": {"w": torch.ones(1)}}, {})
