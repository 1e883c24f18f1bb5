"""The command line in this process, with a home of its own and an empty working folder."""

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ISTDBENCH_MIRROR", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def spots(tmp_path):
    """A folder data set of three images of 40 x 48 with one bright spot each."""
    from spot_files import write_spots

    return write_spots(tmp_path / "spots")
