"""`istdbench train` and what is set by `--set`, as their user calls them."""

import json

import pytest
from campaign_files import write_protocol

from istdbench.registry import PROBES

SETTING = "quick:scoring.threshold=0.4,training.epochs=2"


@pytest.fixture
def quick(spots, monkeypatch):
    """The options that name a small data set and a protocol file of one epoch."""
    monkeypatch.setattr(PROBES, "names", lambda: ["parameters"])
    return f"--dataset folder:{spots} --protocol {write_protocol(spots, epochs=1)}"


def test_what_is_set_is_said_by_weights_record_and_table_and_typed_as_a_protocol_it_is_the_same(
    istdbench, quick, tmp_path
):
    result = istdbench(f"train baseline {quick} --set training.epochs=2 --set scoring.threshold=0.4,training.batch=2")
    assert "/quick-training.epochs=2/baseline-seed0-" in result.stdout
    assert "train: epoch 1/2, loss" in result.stderr and "train: epoch 2/2, loss" in result.stderr
    assert f"protocol {SETTING} (" in result.stdout and "IoU" in result.stdout
    folder = "quick-scoring.threshold=0.4-training.epochs=2"
    [file] = (tmp_path / "leaderboards" / "records").glob(f"*/{folder}/baseline-*.json")
    record = json.loads(file.read_text())
    facts = record["weights"]["training"]
    assert record["protocol"]["name"] == facts["protocol"] == SETTING and facts["epochs"] == 2
    assert record["protocol"]["config"]["training"]["epochs"] == 2
    assert f"protocol {SETTING} (" in next((tmp_path / "leaderboards").glob("*.md")).read_text()
    again = istdbench(f"run --methods baseline {quick}:training.epochs=2,scoring.threshold=0.4")
    assert "recorded: baseline" in again.stderr


def test_weights_of_another_setting_are_not_taken_and_the_hint_names_the_protocol_s_file(istdbench, quick):
    istdbench(f"train baseline {quick} --no-score")
    missing = istdbench(f"run --methods baseline {quick} --set training.epochs=2", code=1).stderr
    assert f"`istdbench train baseline {quick}:training.epochs=2 --seed 0`" in missing


def test_no_score_leaves_the_test_images_alone(istdbench, quick, tmp_path):
    result = istdbench(f"train baseline {quick} --no-score --log tensorboard")
    assert "IoU" not in result.stdout and not (tmp_path / "leaderboards").exists()
    logs = [line for line in result.stdout.splitlines() if line.startswith("log: ")]
    assert [line.rpartition("/")[2] for line in logs] == ["log.csv", "tensorboard"]


@pytest.mark.parametrize("place", ["home/training", "home/weights", "leaderboards"])
def test_what_could_not_be_written_at_the_end_is_told_before_the_first_epoch(
    istdbench, quick, tmp_path, monkeypatch, place
):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    (tmp_path / place).write_text("in the way")
    told = istdbench(f"train baseline {quick}", code=1).stderr
    assert told.startswith("error: ") and place.partition("/")[2] in told and "cannot be written" in told
    assert "epoch" not in told


def test_run_trains_by_what_is_set_and_says_where_the_logs_are(istdbench, quick):
    line = f"run --methods baseline {quick} --set training.losses.dice=2 --probes none"
    result = istdbench(f"{line} --train --log tensorboard --json")
    [record] = json.loads(result.stdout)
    assert record["protocol"]["config"]["training"]["losses"] == {"dice": 2.0, "bce": 1.0}
    assert "/tensorboard\n" in result.stderr and "/log.csv\n" in result.stderr
    assert "--log is of a training; add --train" in istdbench(f"{line} --log tensorboard", code=2).stderr


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("training.epoch=5", "error: protocol quick:training.epoch=5: no field 'training.epoch'; did you mean"),
        ("training.optimizer.lr=fast", "training.optimizer.lr: Input should be a valid number"),
        ("training.batch=0", "training.batch: Input should be greater than or equal to 1"),
        ("training.optimizer.momentum=0.9", "training.optimizer: AdamW refuses its options"),
        ("epochs", "'epochs' sets nothing in a protocol; write FIELD=VALUE, such as training.epochs=5"),
        ("data.train=all", "no part 'all'; it has train, test; choose with --set data.train=PART"),
        ("data.test=all", "no part 'all'; it has train, test; choose with --set data.test=PART"),
        ("data.split=all", "no split 'all'; it has official; choose with --set data.split=SPLIT"),
        ("data.train=test", "trains on part 'test' and scores on part 'test' of split 'official'"),
    ],
)
def test_what_cannot_be_set_is_one_line(istdbench, quick, setting, says):
    error = istdbench(f"train baseline {quick} --set {setting}", code=2).stderr
    assert says in error and error.count("\n") == 1
