"""Where istdbench keeps its files: the two environment variables."""

from pathlib import Path

from istdbench import settings


def test_home_is_the_cache_folder_unless_the_variable_names_another(monkeypatch, tmp_path):
    monkeypatch.delenv("ISTDBENCH_HOME", raising=False)
    assert settings.home() == Path.home() / ".cache" / "istdbench"
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path))
    assert settings.home() == tmp_path


def test_home_understands_a_tilde(monkeypatch):
    monkeypatch.setenv("ISTDBENCH_HOME", "~/elsewhere")
    assert settings.home() == Path.home() / "elsewhere"


def test_an_empty_or_missing_mirror_is_no_mirror(monkeypatch):
    monkeypatch.delenv("ISTDBENCH_MIRROR", raising=False)
    assert settings.mirror() is None
    monkeypatch.setenv("ISTDBENCH_MIRROR", "")
    assert settings.mirror() is None
    monkeypatch.setenv("ISTDBENCH_MIRROR", "http://127.0.0.1:8000")
    assert settings.mirror() == "http://127.0.0.1:8000"
