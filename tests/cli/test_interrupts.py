"""Processes killed or stopped in the middle lose nothing that was finished."""

import json
import os
import signal
import subprocess
import sys
import time

import torch
from campaign_files import write_campaign, write_protocol
from spot_files import write_spots

from istdbench.campaigns.campaign import load_campaign
from istdbench.campaigns.claims import Claim
from istdbench.campaigns.queue import standings
from istdbench.jobs.job import make_job
from istdbench.jobs.weights import load_weights, trained_path
from istdbench.runs.run import Settings
from istdbench.spec import parse_spec
from istdbench.training.logs import training_folder

COMMAND = (sys.executable, "-m", "istdbench.cli")
OFTEN = "from istdbench.training import checkpoint; checkpoint.SECONDS_APART = 0; from istdbench.cli import app; app()"
"""A program that is the command, with a checkpoint after each step of a training."""


def start(line: str, home, command=COMMAND) -> subprocess.Popen:
    environment = os.environ | {"ISTDBENCH_HOME": str(home), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([*command, *line.split()], env=environment, stderr=subprocess.PIPE, text=True)


def wait_for(condition, seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


def test_a_training_killed_with_kill_9_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    spots = write_spots(tmp_path / "spots")
    protocol = write_protocol(spots, epochs=4)
    line = f"train baseline --dataset folder:{spots} --protocol {protocol} --no-score"
    states = []
    for home, kill in ((tmp_path / "whole", False), (tmp_path / "killed", True)):
        monkeypatch.setenv("ISTDBENCH_HOME", str(home))
        job = make_job(parse_spec("baseline"), parse_spec(f"folder:{spots}"), str(protocol))
        if kill:
            process = start(line, home, (sys.executable, "-c", OFTEN))
            wait_for(lambda job=job: (training_folder(job) / "checkpoints" / "epoch-00002").exists())
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert not trained_path(job).exists()
        process = start(line, home)
        assert process.wait(240) == 0, process.stderr.read()
        states.append(load_weights(trained_path(job))[0])
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])


def test_a_run_stopped_by_ctrl_c_keeps_what_was_recorded(tmp_path):
    records = tmp_path / "out" / "records"
    line = f"run --methods tophat,mpcm --dataset synth:n=2,synth:n=2000 --probes none --out {tmp_path / 'out'}"
    process = start(line, tmp_path / "home")
    wait_for(lambda: len(list(records.rglob("*.json"))) == 2)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 1
    assert "what was finished is kept" in process.stderr.read()
    kept = sorted(records.rglob("*.json"))
    assert [json.loads(path.read_text())["dataset"]["name"] for path in kept] == ["synth:n=2"] * 2
    assert not list(tmp_path.rglob("*.tmp"))


def test_two_processes_share_a_sweep_and_one_takes_over_what_the_other_was_killed_at(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    file = write_campaign(write_spots(tmp_path / "spots"), ["baseline", "tophat"], seeds=[0, 1, 2], epochs=6)
    campaign = load_campaign(file)
    jobs, line = campaign.jobs(), f"sweep {file}"
    processes = {process.pid: process for process in (start(line, tmp_path / "home") for _ in range(2))}

    def trains(job) -> bool:
        return bool(Claim(campaign.out, job).history().starts) and (training_folder(job) / "training.holder").exists()

    wait_for(lambda: any(map(trains, jobs)))
    lost = next(filter(trains, jobs))
    killed = processes.pop(Claim(campaign.out, lost).history().starts[-1].pid)
    killed.kill()
    killed.wait()
    [survivor] = processes.values()
    assert survivor.wait(240) == 0, survivor.stderr.read()
    after = standings(jobs, Settings(out=campaign.out))
    assert [standing.state for standing in after] == ["done"] * 6
    assert [standing.starts for standing in after] == [2 if job is lost else 1 for job in jobs]
    assert len(list((campaign.out / "records").rglob("*.json"))) == 6
