"""Where istdbench keeps its files: the two environment variables."""

import os
import pwd
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from istdbench import settings
from istdbench.errors import UsageError
from istdbench.plugins.global_state import load_libraries
from istdbench.registry import build_dataset
from istdbench.spec import parse_spec


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


@pytest.fixture
def homeless(monkeypatch):
    """No HOME, and a user whom the system does not know, as in a container with a number for a user."""

    def unknown(uid):
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    for variable in ("HOME", "XDG_CACHE_HOME", "ISTDBENCH_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


def test_without_a_home_folder_the_error_says_what_to_set(homeless, monkeypatch):
    with pytest.raises(UsageError, match=r"~/\.cache/istdbench: no home folder .* set HOME, or ISTDBENCH_HOME"):
        settings.home()
    with pytest.raises(UsageError, match="no home folder is known"):
        build_dataset(parse_spec("folder:~/mine"))
    monkeypatch.setenv("ISTDBENCH_HOME", "/data/istdbench")
    assert settings.home() == Path("/data/istdbench")


def test_libraries_get_a_private_cache_where_there_is_no_home_and_only_there(homeless, monkeypatch, tmp_path):
    settings.give_libraries_a_cache()
    cache = Path(os.environ["XDG_CACHE_HOME"])
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    settings.give_libraries_a_cache()
    assert "XDG_CACHE_HOME" not in os.environ


def test_the_conformance_suite_as_a_library_gives_them_one_too(homeless, monkeypatch):
    load_libraries()
    assert Path(os.environ["XDG_CACHE_HOME"]).is_dir()
    monkeypatch.delenv("XDG_CACHE_HOME")


NOBODY = """
import pwd

def unknown(uid):
    raise KeyError(uid)

pwd.getpwuid = unknown
"""


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        ("run --methods tophat --dataset synth:n=2 --probes none", 0, "leaderboard:"),
        ("run --methods tophat --dataset synth:n=2 --probes none --isolate", 0, "leaderboard:"),
        ("doctor", 0, "home: none: ~/.cache/istdbench: no home folder is known"),
        ("data fetch nuaa", 2, "error: ~/.cache/istdbench: no home folder is known"),
    ],
)
def test_a_user_without_name_and_home_can_work(line, code, says, tmp_path):
    """mmengine's formatter wanted a cache folder when it was imported: every run was a traceback."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(NOBODY)  # which the processes of jobs import too
    kept = {name: os.environ[name] for name in ("PATH", "OMP_NUM_THREADS") if name in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "istdbench", *line.split()]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=kept)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr


@pytest.mark.parametrize("home", ["a file", "a file/below"])
def test_a_home_that_is_a_file_is_an_error_that_names_it(home, tmp_path, monkeypatch, istdbench):
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / home))
    monkeypatch.setenv("ISTDBENCH_MIRROR", str(tmp_path))
    assert f"{tmp_path / home}/data/nuaa: cannot be written" in istdbench("data fetch nuaa", code=1).output
