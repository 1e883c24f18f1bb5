"""`istdbench sweep`, as its user calls it; processes that are killed are in test_interrupts, Ray in test_ray_sweep."""

import json
import sys

from campaign_files import write_campaign


def test_a_campaign_leaves_records_and_a_leaderboard_and_the_next_call_runs_nothing(istdbench, spots, tmp_path):
    file = write_campaign(spots, ["tophat", "mpcm"], seeds=[0])
    first = istdbench(f"sweep {file} --json")
    assert [row["state"] for row in json.loads(first.stdout)] == ["done", "done"]
    assert "done: tophat" in first.stderr and list((tmp_path / "out").glob("*.md"))
    assert "recorded: tophat" in istdbench(f"sweep {file}").stderr


def test_status_shows_every_run_and_begins_none(istdbench, spots, tmp_path):
    file = write_campaign(spots, ["tophat"], seeds=[0, 1])
    assert "2 runs: 0 done, 0 running, 0 failed, 2 left" in istdbench(f"sweep {file} --status").stdout
    [row, _] = json.loads(istdbench(f"sweep {file} --status --json").stdout)
    assert (row["method"], row["seed"], row["state"], row["starts"]) == ("tophat", 0, "left", 0)
    assert not (tmp_path / "out").exists()


def test_when_the_minutes_are_over_the_rest_is_left_and_that_is_no_failure(istdbench, spots):
    file = write_campaign(spots, ["tophat"], seeds=[0])
    assert "1 left" in istdbench(f"sweep {file} --minutes 0").stdout


def test_a_run_that_fails_is_told_and_the_others_go_on(istdbench, spots):
    (spots / "masks" / "c.png").write_bytes(b"")
    file = write_campaign(spots, ["tophat"], seeds=[0])
    file.write_text(file.read_text() + "datasets += ['synth:n=2']\n")
    result = istdbench(f"sweep {file} --json", code=1)
    assert [row["state"] for row in json.loads(result.stdout)] == ["failed", "done"]
    assert "c.png" in result.stderr and "c.png" in json.loads(result.stdout)[0]["error"]


def test_without_ray_the_install_command_is_named(istdbench, spots, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    file = write_campaign(spots, ["tophat"], seeds=[0])
    assert "pip install 'istdbench[ray]'" in istdbench(f"sweep {file} --ray auto", code=2).stderr
