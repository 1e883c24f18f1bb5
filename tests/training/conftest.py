"""Every test here has a home of its own."""

import pytest


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
