"""What goes into the zoo: precision by measurement, a record, a curve; and what is refused."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
import torch
from tiny_training import register_tiny, tiny_job, tiny_protocol_file
from tiny_zoo import SPOTS, TINY_SPEC, add_tiny, use_tiny_zoo

from istdbench.campaigns.queue import recorded
from istdbench.committed import adding
from istdbench.committed.adding import add
from istdbench.committed.cards import card
from istdbench.committed.check import check
from istdbench.committed.entry import entries, sound_entries
from istdbench.committed.pages import write
from istdbench.errors import IstdbenchError, UsageError, WeightsError
from istdbench.jobs import zoo_files
from istdbench.jobs.job import make_job
from istdbench.jobs.weights import WeightsFile, find_weights, load_weights, save_weights, trained_path, zoo_path
from istdbench.results import Store
from istdbench.runs.run import Settings, run
from istdbench.spec import parse_spec
from istdbench.training.logs import training_folder
from istdbench.training.train import train


@pytest.fixture(autouse=True)
def tiny(tmp_path, monkeypatch):
    use_tiny_zoo(tmp_path, monkeypatch)


def test_an_entry_has_its_weights_in_half_precision_with_their_header(tmp_path):
    add_tiny(tmp_path)
    [entry] = entries()
    trained, header = load_weights(trained_path(tiny_job()))
    kept = load_weights(entry.folder / "weights.safetensors")[0]
    assert entry.precision == "float16" and entry.header == header
    assert all(torch.equal(kept[name], tensor.half().float()) for name, tensor in trained.items())


def test_the_record_is_of_the_weights_as_they_are_kept_and_stands_in_the_leaderboards_too(tmp_path):
    outcome = add_tiny(tmp_path)
    [entry] = entries()
    [record] = Store(tmp_path / "leaderboards" / "records").load_all()
    assert entry.record == record == outcome.record
    assert (record.weights.source, record.weights.sha256) == ("zoo", entry.sha256)
    assert entry.key == "spots/tiny_protocol/tiny-seed0"


def test_the_curve_is_the_log_of_the_training(tmp_path):
    add_tiny(tmp_path)
    [entry] = entries()
    assert list(entry.curve["epoch"]) == [1, 2, 3]
    assert entry.curve["loss"].iloc[-1] == pytest.approx(entry.training.loss)


def test_run_finds_the_weights_where_nothing_was_trained(tmp_path):
    add_tiny(tmp_path)
    trained_path(tiny_job()).unlink()
    assert find_weights(tiny_job()) == WeightsFile(zoo_path(tiny_job()), "zoo")


def test_weights_stay_in_single_precision_where_half_changes_a_metric(tmp_path, monkeypatch):
    class Moved:
        """IoU of half of them differs by a little more than the tolerance, in relation to the other."""

        values = iter((0.8, 0.8 * (1 - 1.1 * adding.TOLERANCE)))

    monkeypatch.setattr(adding, "_metrics", lambda *arguments: {"IoU": next(Moved.values)})
    add_tiny(tmp_path)
    [entry] = entries()
    assert entry.precision == "float32"
    assert (entry.folder / "weights.safetensors").read_bytes() == trained_path(tiny_job()).read_bytes()


def test_weights_that_half_precision_cannot_hold_stay_in_single(tmp_path):
    path = train(tiny_job())
    state, header = load_weights(path)
    state["1.running_var"][0] = 1e6
    save_weights(path, state, header)
    add(TINY_SPEC, SPOTS, None, 0, out=tmp_path / "leaderboards")
    assert entries()[0].precision == "float32"


def test_weights_that_are_too_large_are_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(adding, "LARGEST", 1000)
    with pytest.raises(WeightsError, match=r"0\.0 MB; the zoo takes 0 MB"):
        add_tiny(tmp_path)
    assert entries() == [] and not (tmp_path / "leaderboards").exists()


def test_a_test_that_fails_leaves_the_zoo_as_it_was(tmp_path, monkeypatch):
    add_tiny(tmp_path)
    before = {path: path.read_bytes() for path in zoo_files.ZOO.rglob("*") if path.is_file()}
    monkeypatch.setattr("istdbench.runs.job_counts.score_job", Mock(side_effect=IstdbenchError("no images")))
    assert add(TINY_SPEC, SPOTS, None, 0, out=tmp_path / "leaderboards").error == "no images"
    assert {path: path.read_bytes() for path in zoo_files.ZOO.rglob("*") if path.is_file()} == before


def test_an_entry_that_is_named_for_another_seed_is_a_file(tmp_path, monkeypatch):
    add_tiny(tmp_path)
    register_tiny(monkeypatch)
    settings = Settings(out=tmp_path / "leaderboards", weights=str(zoo_path(tiny_job())), force=True)
    [own, other] = run([TINY_SPEC], [SPOTS], tiny_protocol_file(tmp_path), [0, 1], settings)
    assert (own.record.weights.source, other.record.weights.source) == ("zoo", "file")
    assert recorded(Store(tmp_path / "leaderboards" / "records"), tiny_job(1)) is None


@pytest.fixture
def other(tmp_path):
    """The entry of a training, where another of the same name is at hand since."""
    add_tiny(tmp_path)
    state, header = load_weights(trained_path(tiny_job()))
    training = header.training.model_copy(update={"versions": {"torch": "another"}})
    save_weights(trained_path(tiny_job()), state, header.model_copy(update={"training": training}))
    return entries()[0]


def test_a_training_in_the_place_of_another_says_what_it_is_worth_and_the_card_keeps_it(other, tmp_path):
    before, out = other.sha256, tmp_path / "leaderboards"
    with pytest.raises(UsageError, match=r"will keep both \(0\.0 MB\); say with --because"):
        add(TINY_SPEC, SPOTS, None, 0, out=out)
    assert entries()[0].sha256 == before
    add(TINY_SPEC, SPOTS, None, 0, out=out, because="IoU 0.1 *more*")
    [entry] = entries()
    assert entry.sha256 != before and entry.replaced == [(before, "IoU 0.1 *more*")]
    assert f"- `{before[:12]}…`: IoU 0.1 \\*more\\*\n" in card(entry).split("## Replaced")[1]


@pytest.mark.parametrize("damage", ["", "none"])
def test_the_same_training_again_or_in_the_place_of_a_damaged_one_replaces_nothing(tmp_path, damage):
    add_tiny(tmp_path)
    if damage:
        entries()[0].weights.write_text(damage)
    add(TINY_SPEC, SPOTS, None, 0, out=tmp_path / "leaderboards")
    assert entries()[0].replaced == []
    with pytest.raises(UsageError, match="no other training stands at .*; leave it out"):
        add(TINY_SPEC, SPOTS, None, 0, out=tmp_path / "leaderboards", because="better")


@pytest.mark.parametrize("because", ["", "  ", "two\nlines"])
def test_a_reason_is_a_line_of_text(other, tmp_path, because):
    with pytest.raises(UsageError, match="--because: a line of text"):
        add(TINY_SPEC, SPOTS, None, 0, out=tmp_path / "leaderboards", because=because)


def test_a_damaged_list_of_what_was_replaced_is_named(tmp_path):
    add_tiny(tmp_path)
    (entries()[0].folder / "replaced.txt").write_bytes(b"better\xff")
    [problem] = sound_entries()[1].values()
    assert "replaced.txt: 'better" in problem and "restore it from git" in problem


def test_an_installed_package_has_a_zoo_that_cannot_be_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(zoo_files, "is_checkout", lambda: False)
    for change in (lambda: add_tiny(tmp_path), write):
        with pytest.raises(UsageError, match="as it was published; clone the repository"):
            change()
    assert not zoo_files.ZOO.exists() and check(tmp_path / "leaderboards") == []


def test_weights_that_were_not_trained_here_are_refused_with_the_command(tmp_path):
    with pytest.raises(WeightsError, match="istdbench train tiny --dataset spots --protocol tiny_protocol --seed 7"):
        add(TINY_SPEC, SPOTS, None, 7, out=tmp_path)


def test_weights_without_the_log_of_their_training_are_refused(tmp_path):
    train(tiny_job())
    (training_folder(tiny_job()) / "log.csv").unlink()
    with pytest.raises(WeightsError, match=r"log\.csv: no such file"):
        add(TINY_SPEC, SPOTS, None, 0, out=tmp_path)


def test_a_data_set_with_options_is_refused(tmp_path):
    with pytest.raises(UsageError, match="synth:n=4: .* leave the options out"):
        add(TINY_SPEC, parse_spec("synth:n=4"), None, 0, out=tmp_path)


def test_a_classical_method_has_no_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(adding, "make_job", make_job)
    with pytest.raises(UsageError, match="'tophat' is classical"):
        add(parse_spec("tophat"), parse_spec("synth"), None, 0, out=tmp_path)


@pytest.mark.parametrize("name", ["weights.safetensors", "record.json", "curve.csv"])
def test_an_incomplete_entry_is_named(tmp_path, name):
    add_tiny(tmp_path)
    (entries()[0].folder / name).unlink()
    with pytest.raises(IstdbenchError, match=f"tiny-seed0/{name}"):
        raise IstdbenchError(*sound_entries()[1].values())


def test_a_curve_without_epochs_is_named(tmp_path):
    add_tiny(tmp_path)
    (entries()[0].folder / "curve.csv").write_text("epoch,loss\n")
    with pytest.raises(IstdbenchError, match=r"curve\.csv: no learning curve \(no epoch"):
        raise IstdbenchError(*sound_entries()[1].values())
