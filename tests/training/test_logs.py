"""Logs beside `log.csv`: one row an epoch, also of a training that was stopped between a log and its checkpoint."""

import csv
import sys
from types import SimpleNamespace

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_training import tiny_job

from istdbench.errors import UsageError
from istdbench.training import checkpoint
from istdbench.training import train as train_module
from istdbench.training.logs import check_logs, logs_of, training_folder
from istdbench.training.train import train


def stopped_before_a_checkpoint(job, monkeypatch, logs, *, epoch=2):
    """Trains until an epoch is logged and its checkpoint is not written yet."""
    save = train_module.Checkpoints.save

    def interrupted(checkpoints, progress, *rest):
        if progress.epoch == epoch:
            raise KeyboardInterrupt
        save(checkpoints, progress, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "SECONDS_APART", 0)
        patch.setattr(train_module.Checkpoints, "save", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(job, logs=logs)


def curves(job):
    events = EventAccumulator(str(training_folder(job) / "tensorboard")).Reload()
    return {tag: {event.step: event.value for event in events.Scalars(tag)} for tag in events.Tags()["scalars"]}


def log_csv(job, column):
    with (training_folder(job) / "log.csv").open() as file:
        return {int(row["epoch"]): float(row[column]) for row in csv.DictReader(file) if row[column]}


def test_tensorboard_has_the_curves_of_the_log_after_a_stop_too(monkeypatch):
    job = tiny_job(epochs=4)
    stopped_before_a_checkpoint(job, monkeypatch, ["tensorboard"])
    train(job, logs=["tensorboard"])
    for column in ("loss", "lr", "val_IoU"):
        assert curves(job)[column] == pytest.approx(log_csv(job, column), rel=1e-6)
    assert list(curves(job)["loss"]) == [1, 2, 3, 4] and list(curves(job)["val_IoU"]) == [2, 4]
    events = EventAccumulator(str(training_folder(job) / "tensorboard")).Reload()
    assert [event.step for event in events.Scalars("loss")] == [1, 2, 3, 4]


def test_a_restarted_training_begins_its_curves_anew():
    job = tiny_job(epochs=4)
    train(job, logs=["tensorboard"])
    first = curves(job)["loss"]
    train(job, restart=True, logs=["tensorboard"])
    assert curves(job)["loss"] == first
    assert [path.name for path in logs_of(job)] == ["log.csv", "tensorboard"]


class Runs:
    """Stands for the service: rows by run, of which it drops what comes for a step that it has, as wandb does."""

    def __init__(self):
        self.by_id, self.open = {}, 0

    def init(self, *, id, resume, config, **_):
        rows = self.by_id.setdefault(id, {})
        assert resume == "allow" and config["training"]["epochs"] == 4
        self.open += 1
        return SimpleNamespace(log=lambda values, step: rows.setdefault(step, values), finish=self.finish)

    def finish(self):
        self.open -= 1


def test_wandb_gets_one_run_a_training_whatever_stops_it(monkeypatch):
    service = Runs()
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=service.init, Error=ValueError, __spec__=object()))
    job = tiny_job(epochs=4)
    stopped_before_a_checkpoint(job, monkeypatch, ["wandb"], epoch=3)
    train(job, logs=["wandb"])
    [rows] = service.by_id.values()
    assert {epoch: row["loss"] for epoch, row in rows.items()} == pytest.approx(log_csv(job, "loss"))
    assert "val_IoU" in rows[2] and "val_IoU" not in rows[1]
    train(job, restart=True, logs=["wandb"])
    assert len(service.by_id) == 2 and service.open == 0


def test_an_error_of_wandb_is_said_with_the_way_out(monkeypatch):
    def init(**_):
        raise ValueError("api_key not configured (no-tty)")

    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=init, Error=ValueError, __spec__=object()))
    with pytest.raises(UsageError, match="log wandb: api_key not configured .* with WANDB_MODE=offline"):
        train(tiny_job(), logs=["wandb"])


def test_a_log_that_is_not_there_is_refused_before_the_training(monkeypatch):
    with pytest.raises(UsageError, match=r"no log 'tensorbord'; there are: tensorboard, wandb, and log.csv always"):
        train(tiny_job(), logs=["tensorbord"])
    monkeypatch.setattr("istdbench.training.logs.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"log tensorboard: .* pip install 'istdbench\[logs\]'"):
        check_logs(["tensorboard"])
