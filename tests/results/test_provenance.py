"""Where a number was made: git state, clock, processor."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from istdbench.errors import UsageError
from istdbench.results import provenance
from istdbench.results.provenance import collect, cpu_model, git_state, now


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A committed checkout with a package in it."""
    folder = tmp_path / "checkout" / "package"
    folder.mkdir(parents=True)
    (folder / "code.py").write_text("x = 1\n")
    git(folder.parent, "init", "-q")
    git(folder.parent, "add", ".")
    git(folder.parent, "commit", "-q", "-m", "first")
    return folder


def test_a_clean_checkout_gives_its_commit(package: Path) -> None:
    assert git_state(package) == (git(package, "rev-parse", "HEAD"), False)


@pytest.mark.parametrize("name", ["code.py", "new.py"])
def test_changed_or_new_code_is_dirty(package: Path, name: str) -> None:
    (package / name).write_text("x = 2\n")
    assert git_state(package)[1] is True


def test_a_leaderboard_just_written_is_not_dirty(package: Path) -> None:
    (package.parent / "leaderboard.md").write_text("| row |\n")
    assert git_state(package)[1] is False


def test_weights_just_added_to_the_zoo_are_not_dirty(package: Path) -> None:
    (package / "zoo" / "synth").mkdir(parents=True)
    (package / "zoo" / "synth" / "weights.safetensors").write_text("weights")
    assert git_state(package)[1] is False


def test_a_package_inside_somebody_elses_repository_has_no_revision(package: Path) -> None:
    inner = package / "venv" / "installed"
    inner.mkdir(parents=True)
    assert git_state(inner) == (None, None)


def test_a_package_outside_any_repository_has_no_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "package").mkdir()
    assert git_state(tmp_path / "package") == (None, None)


def test_a_machine_without_git_has_no_revision(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state(package) == (None, None)


def test_source_date_epoch_replaces_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert now() == "2023-11-14T22:13:20Z"


def test_a_bad_source_date_epoch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(UsageError, match="SOURCE_DATE_EPOCH='yesterday'"):
        now()


def test_the_processor_is_read_from_cpuinfo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: Abacus  9000\nprocessor\t: 1\nmodel name\t: Abacus  9000\n")
    monkeypatch.setattr(provenance, "CPUINFO", cpuinfo)
    assert cpu_model() == "Abacus 9000"


def test_without_cpuinfo_the_platform_names_the_processor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "CPUINFO", tmp_path / "absent")
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "pdp11")
    assert cpu_model() == "pdp11"


def test_provenance_names_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    found = collect("istdbench run --dataset synth")
    assert found.command == "istdbench run --dataset synth"
    assert (found.torch, found.numpy) == (torch.__version__, np.__version__)
    assert found.opencv != "unknown"
    assert found.threads == torch.get_num_threads()
    assert (found.device, found.gpu) == ("cpu", None)
    assert found.system.startswith(platform.system())


def test_the_gpu_is_named_only_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU at {device}")
    assert collect("x", device="cuda:1").gpu == "GPU at cuda:1"
    assert collect("x", device="cpu").gpu is None


def test_a_package_without_metadata_has_an_unknown_version() -> None:
    assert provenance._version("no-such-distribution") == "unknown"
