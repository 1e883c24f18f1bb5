"""Sweeps: what is done is not done again, what others hold is left to them, what was stopped goes on."""

import multiprocessing
from dataclasses import replace
from types import SimpleNamespace

import pytest
from tiny_training import tiny_job

from istdbench.campaigns import queue
from istdbench.campaigns.claims import Claim
from istdbench.campaigns.queue import Worker, standings, sweep
from istdbench.errors import IstdbenchError
from istdbench.jobs.weights import WeightsFile, load_weights, trained_path
from istdbench.progress import Deadline
from istdbench.runs import job_counts
from istdbench.runs.run import Runner, Settings
from istdbench.training.checkpoint import Checkpoints
from istdbench.training.logs import training_folder
from istdbench.training.train import train


@pytest.fixture
def settings(tmp_path):
    return Settings(out=tmp_path / "out", train=True)


def states_of(jobs, settings):
    return [outcome.state for outcome in sweep(jobs, settings)]


def test_every_run_is_recorded_once_and_a_second_sweep_starts_nothing(settings):
    jobs = [tiny_job(0), tiny_job(1)]
    assert states_of(jobs, settings) == ["done", "done"]
    assert states_of(jobs, settings) == ["recorded", "recorded"]
    assert [(standing.state, standing.starts) for standing in standings(jobs, settings)] == [("done", 1)] * 2


def test_a_recorded_run_is_not_trained_again_where_its_weights_are_not(settings):
    job = tiny_job()
    states_of([job], settings)
    trained_path(job).unlink()
    assert states_of([job], settings) == ["recorded"]
    assert not trained_path(job).exists()


def test_a_record_with_weights_that_a_user_named_does_not_stand_for_the_run(settings, tmp_path):
    job = tiny_job()
    mine = train(job).rename(tmp_path / "mine.safetensors")
    assert Runner(Settings(out=settings.out)).attempt(job, WeightsFile(mine, "file")).state == "done"
    assert [standing.state for standing in standings([job], settings)] == ["left"]


def test_a_record_with_a_copy_of_the_very_weights_stands_for_the_run(settings, tmp_path):
    """Its key is the run's own, so that a sweep would find it recorded, and yet left, each time."""
    job = tiny_job()
    copy = tmp_path / "copy.safetensors"
    copy.write_bytes(train(job).read_bytes())
    Runner(Settings(out=settings.out)).attempt(job, WeightsFile(copy, "file"))
    assert [standing.state for standing in standings([job], settings)] == ["done"]
    assert states_of([job], settings) == ["recorded"]


def test_a_run_that_another_process_holds_is_running_and_left_to_it(settings):
    job = tiny_job()
    with Claim(settings.out, job).hold() as mine:
        assert mine
        assert Worker(settings).work(job) is None
        assert [standing.state for standing in standings([job], settings)] == ["running"]
    assert states_of([job], settings) == ["done"]


def test_a_sweep_waits_for_runs_that_others_hold_and_takes_them_over_when_they_are_gone(settings, monkeypatch):
    held, free = tiny_job(0), tiny_job(1)
    gone = multiprocessing.get_context("fork").Process(target=hold_for_ever, args=(settings.out, held))
    gone.start()
    monkeypatch.setattr(queue, "time", SimpleNamespace(sleep=lambda seconds: (gone.kill(), gone.join())))
    while not Claim(settings.out, held).is_held():
        pass
    assert [(outcome.job, outcome.state) for outcome in sweep([held, free], settings)] == [
        (free, "done"),
        (held, "done"),
    ]


def hold_for_ever(out, job):
    with Claim(out, job).hold():
        multiprocessing.Event().wait()


def test_a_failed_run_keeps_its_error_until_it_is_started_again(settings, monkeypatch):
    job = tiny_job()
    with monkeypatch.context() as patch:
        patch.setattr(job_counts, "score_job", lambda *_, **__: 1 / 0)
        assert states_of([job], settings) == ["failed"]
    [standing] = standings([job], settings)
    assert (standing.state, standing.error) == ("failed", "ZeroDivisionError: division by zero")
    assert states_of([job], settings) == ["done"]
    [standing] = standings([job], settings)
    assert (standing.state, standing.starts, standing.error) == ("done", 2, "")


def test_a_training_that_is_told_to_stop_goes_on_in_the_next_sweep_to_the_same_bits(settings, monkeypatch, tmp_path):
    job, answers = tiny_job(), iter([False, False, False, True])  # for the run, then before each epoch
    slice_of_time = Settings(out=settings.out, train=True, stop=lambda: next(answers))
    assert states_of([job], slice_of_time) == ["stopped"]
    assert Checkpoints(training_folder(job) / "checkpoints").load("cpu")[0].epoch == 2
    assert [(standing.state, standing.starts) for standing in standings([job], settings)] == [("left", 1)]
    assert states_of([job], settings) == ["done"]
    state = load_weights(trained_path(job))[0]
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))
    whole = load_weights(train(job))[0]
    assert all(state[key].equal(whole[key]) for key in whole)


def test_when_time_is_up_nothing_begins(settings):
    assert states_of([tiny_job(0), tiny_job(1)], Settings(out=settings.out, train=True, stop=Deadline(0))) == [
        "stopped",
        "stopped",
    ]
    assert not training_folder(tiny_job(0)).exists()


def test_a_folder_that_cannot_be_written_is_named(settings):
    settings.out.write_text("in the way")
    with pytest.raises(IstdbenchError, match=r"out/\.sweep/tiny-seed0-.*cannot be locked .* set `out` to another"):
        states_of([tiny_job()], settings)


def test_a_record_of_another_recipe_does_not_stand_for_the_run_though_they_share_a_table(settings):
    own = tiny_job()
    own = replace(own, protocol=own.protocol.model_copy(update={"recipe": "own"}))
    longer = own.protocol.training.model_copy(update={"epochs": 4})
    other = replace(own, protocol=own.protocol.model_copy(update={"training": longer}))
    assert own.protocol.hash == other.protocol.hash
    assert states_of([own], settings) == ["done"]
    assert [standing.state for standing in standings([own, other], settings)] == ["done", "left"]
    assert states_of([own, other], settings) == ["recorded", "done"]
