"""Two processes and one training: one trains, the other says who does, and what a dead one left is taken up."""

import multiprocessing
import os
import signal
import socket

import pytest
import torch
from tiny_training import register_tiny, tiny_job, tiny_protocol_file
from typer.testing import CliRunner

from istdbench.campaigns import queue
from istdbench.campaigns.queue import standings, sweep
from istdbench.cli import app
from istdbench.errors import BusyError
from istdbench.jobs.job import make_job
from istdbench.jobs.weights import load_weights, trained_path
from istdbench.progress import Stopped
from istdbench.runs.run import Runner, Settings
from istdbench.spec import parse_spec
from istdbench.training.alone import alone, training_lock
from istdbench.training.logs import training_folder
from istdbench.training.train import train


def hold_for_ever(job, held):
    with alone(job):
        held.set()
        multiprocessing.Event().wait()


@pytest.fixture
def elsewhere():
    """Stops a training after its first epoch, and starts a process that has its lock as if it went on with it."""
    started = []

    def start(job):
        asked = iter(range(100))
        with pytest.raises(Stopped):
            train(job, stop=lambda: next(asked) == 1)
        context = multiprocessing.get_context("fork")
        held = context.Event()
        started.append(context.Process(target=hold_for_ever, args=(job, held)))
        started[-1].start()
        assert held.wait(60)
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.join()


def test_the_second_training_of_a_job_says_who_trains_it_and_leaves_all_as_it_is(elsewhere):
    job = tiny_job()
    process = elsewhere(job)
    before = sorted(path for path in training_folder(job).rglob("*"))
    who = rf"process {process.pid} on {socket.gethostname()} \(since 2.*Z\)"
    for restart in (False, True):
        with pytest.raises(BusyError, match=f"training of tiny .*: {who} works on it in .*tiny-seed0"):
            train(job, restart=restart)
    assert sorted(path for path in training_folder(job).rglob("*")) == before


def test_the_training_of_a_process_that_was_killed_is_taken_over_to_the_same_bits(elsewhere, monkeypatch, tmp_path):
    job = tiny_job()
    process = elsewhere(job)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    resumed = load_weights(train(job))[0]
    assert sorted(path.name for path in training_folder(job).iterdir()) == ["log.csv", "training.lock"]
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "another home"))
    whole = load_weights(train(job))[0]
    assert all(torch.equal(whole[key], resumed[key]) for key in whole)


def test_a_run_that_would_train_is_busy_and_the_others_go_on(elsewhere, tmp_path):
    busy, free = tiny_job(0), tiny_job(1)
    elsewhere(busy)
    runner = Runner(Settings(out=tmp_path / "out", train=True))
    outcomes = [runner.attempt(job) for job in (busy, free)]
    assert [outcome.state for outcome in outcomes] == ["busy", "done"]
    assert "works on it" in outcomes[0].error


def test_a_sweep_waits_for_a_training_of_another_campaign_and_starts_its_run_once(elsewhere, tmp_path, monkeypatch):
    job, settings = tiny_job(), Settings(out=tmp_path / "out", train=True)
    process = elsewhere(job)
    monkeypatch.setattr(queue.time, "sleep", lambda seconds: (process.kill(), process.join()))
    assert [outcome.state for outcome in sweep([job], settings)] == ["done"]
    assert [(standing.state, standing.starts) for standing in standings([job], settings)] == [("done", 1)]


@pytest.mark.parametrize(
    "line", ["train tiny --dataset spots", "run --train --methods tiny --dataset spots --probes none"]
)
def test_the_command_ends_with_a_code_of_its_own_and_no_traceback(line, monkeypatch, tmp_path):
    register_tiny(monkeypatch)
    protocol = tiny_protocol_file(tmp_path)
    job = make_job(parse_spec("tiny"), parse_spec("spots"), protocol)
    with alone(job):
        ended = CliRunner().invoke(app, f"{line} --protocol {protocol} --out {tmp_path / 'out'}".split())
    assert ended.exit_code == 3
    assert f"process {os.getpid()} on {socket.gethostname()} (since " in ended.output
    assert not training_lock(job).is_held() and not trained_path(job).exists()
