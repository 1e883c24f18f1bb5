"""A lock is waited for, ends with its process, and needs a folder that can be written."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from istdbench import locks
from istdbench.errors import IstdbenchError
from istdbench.locks import locked

CONTEXT = multiprocessing.get_context("fork")


def hold(file: Path, held: Event) -> None:
    with locked(file):
        held.set()
        CONTEXT.Event().wait()


def test_who_waits_is_told_of_it_and_goes_on_once_the_other_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = CONTEXT.Event()
    other = CONTEXT.Process(target=hold, args=(tmp_path / "lock", held))
    other.start()
    held.wait(60)
    told = []

    def tell(message: str, stacklevel: int) -> None:
        told.append(message)
        other.kill()
        other.join()

    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    monkeypatch.setattr(locks.warnings, "warn", tell)
    with locked(tmp_path / "lock"):
        pass
    assert told == [f"{tmp_path / 'lock'}: another process is writing here; waiting for it to end"]


def test_a_file_in_the_place_of_the_folder_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "records").write_text("in the way")
    with pytest.raises(IstdbenchError, match=r"records/lock: cannot be locked \(File exists\); choose a folder"):
        locked(tmp_path / "records" / "lock").__enter__()
