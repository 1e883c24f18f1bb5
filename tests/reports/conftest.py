"""A copy of the report's records, for tests that change them."""

import shutil

import pytest
from html_records import Made


@pytest.fixture
def again(made, tmp_path, monkeypatch):
    """A copy of the records, whose report is to be made anew; images are where they were."""
    shutil.copytree(made.folder / "leaderboards", tmp_path / "leaderboards")
    monkeypatch.chdir(tmp_path)
    return Made(tmp_path)
