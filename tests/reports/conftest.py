"""One report for all tests that look at it."""

import shutil

import pytest
from html_records import METHODS, Made
from scenes import write_scenes
from typer.testing import CliRunner

from istdbench.cli import app


@pytest.fixture(scope="session")
def istdbench():
    """Calls the command with a line of arguments; checks the exit code; gives the result with its output."""

    def call(line: str, code: int = 0):
        result = CliRunner().invoke(app, line.split())
        assert result.exit_code == code, result.output
        return result

    return call


@pytest.fixture(scope="session")
def made(tmp_path_factory, istdbench):
    """Records of the scenes, and the report of them with its plots."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        scenes = write_scenes(folder / "scenes")
        istdbench(f"run --methods {','.join(METHODS)} --dataset folder:{scenes} --probes none")
        istdbench("report --plots plots")
    return Made(folder)


@pytest.fixture
def again(made, tmp_path, monkeypatch):
    """A copy of the records, whose report is to be made anew; images are where they were."""
    shutil.copytree(made.folder / "leaderboards", tmp_path / "leaderboards")
    monkeypatch.chdir(tmp_path)
    return Made(tmp_path)
