"""A verb that was killed at any file operation does its work when it is called again, as if nothing had happened.

Trainings are killed in test_killed_trainings, and downloads where they are tested.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from killing import Sample, Verb, at_points
from spot_files import write_spots
from tiny_training import tiny_job
from tiny_zoo import use_tiny_zoo

from istdbench.training.train import train

RUN = "run --methods tophat,mpcm --dataset folder:spots --probes none"
CAMPAIGN = "methods = ['tophat', 'mpcm']\ndatasets = ['folder:spots']\nprobes = []\n"


def with_one_revision(folder: Path) -> None:
    """Let no record say that code was edited meanwhile."""
    pytest.MonkeyPatch().setattr("istdbench.results.provenance.git_state", lambda package: ("f" * 40, False))


@pytest.fixture
def struck(tmp_path, monkeypatch):
    """`struck(sample, line)` kills a line at every point of a sample, each time in a copy of `tmp_path / "begun"`."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")  # the same run gives the same record, byte for byte
    begun = tmp_path / "begun"

    def place(name: str) -> Path:
        monkeypatch.chdir(shutil.copytree(begun, tmp_path / name))
        monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / name / "home"))
        return tmp_path / name

    def strike(
        sample: Sample,
        line: str,
        prepare: Callable[[Path], object] = with_one_revision,
        killed: Callable[[Path], object] = Path.exists,
    ) -> None:
        whole = place("whole")
        ended = Verb(line, whole, partial(prepare, whole)).run()
        assert ended.code == 0, ended.output
        for at in sample(ended.operations):
            here = place(f"at {at}")
            verb = Verb(line, here, partial(prepare, here))
            assert verb.strike(at).code == -signal.SIGKILL
            killed(here)
            again = verb.run()
            assert again.code == 0, again.output
            assert contents(here) == contents(whole), f"{at}: {ended.operations[at - 1]}"

    begun.mkdir()
    monkeypatch.chdir(begun)
    monkeypatch.setenv("ISTDBENCH_HOME", str(begun / "home"))
    write_spots(begun / "spots")
    return strike


def contents(folder: Path) -> dict[str, bytes]:
    """What means something: all files but locks and the notes of sweeps."""
    paths = [path.relative_to(folder) for path in folder.rglob("*") if path.is_file()]
    return {
        path.as_posix(): (folder / path).read_bytes()
        for path in paths
        if not path.name.endswith(".lock") and ".sweep" not in path.parts
    }


@at_points
def test_a_run(struck, sample):
    struck(sample, RUN)


@at_points
def test_a_run_made_again(struck, sample):
    assert Verb(RUN, Path.cwd(), partial(with_one_revision, Path.cwd())).run().code == 0
    struck(sample, f"{RUN} --force")


@at_points
def test_a_leaderboard(struck, sample):
    assert Verb(RUN, Path.cwd(), partial(with_one_revision, Path.cwd())).run().code == 0
    for page in Path("leaderboards").glob("*.md"):
        page.write_text("old")
    struck(sample, "leaderboard")


@at_points
def test_a_sweep(struck, sample):
    Path("campaign.py").write_text(CAMPAIGN)
    struck(sample, "sweep campaign.py")


def with_tiny_zoo(folder: Path) -> None:
    use_tiny_zoo(folder, pytest.MonkeyPatch())


def check_finds_no_part_of_an_entry(folder: Path) -> None:
    """The check tells what is not written yet, and nothing that is not to be there."""
    checked = Verb("leaderboard --check", folder, partial(with_tiny_zoo, folder)).run().output
    assert "Traceback" not in checked
    assert not any(sign in checked for sign in (".tmp", "no record gives this file", "cannot be read", "add it again"))


@at_points
@pytest.mark.parametrize("there", [False, True], ids=["new", "in the place of another"])
def test_an_addition_to_the_zoo(struck, sample, there):
    train(tiny_job())
    line = "zoo add tiny --dataset spots"
    if there:
        assert Verb(line, Path.cwd(), partial(with_tiny_zoo, Path.cwd())).run().code == 0
    struck(sample, line, with_tiny_zoo, check_finds_no_part_of_an_entry)
