"""Locks: one process holds, the others learn which, and what a dead one left is taken over."""

import multiprocessing
import os
import signal
import socket

import pytest

from istdbench import locks
from istdbench.errors import IstdbenchError
from istdbench.locks import Lock, locked


@pytest.fixture
def lock(tmp_path):
    return Lock(tmp_path / "new" / "work.lock", "choose another folder")


def hold_for_ever(lock, held):
    with lock.hold():
        held.set()
        multiprocessing.Event().wait()


@pytest.fixture
def other(lock):
    """A process that holds the lock."""
    context = multiprocessing.get_context("fork")
    held = context.Event()
    process = context.Process(target=hold_for_ever, args=(lock, held))
    process.start()
    assert held.wait(60)
    yield process
    process.kill()
    process.join()


def test_who_holds_the_lock_is_known_to_the_others(lock, other):
    assert lock.is_held()
    assert lock.holder().startswith(f"process {other.pid} on {socket.gethostname()} (since 2")
    with lock.hold() as mine:
        assert not mine


def test_one_that_is_only_looked_at_is_not_held(lock, monkeypatch):
    looking = lock._taken()
    monkeypatch.setattr("time.sleep", lambda _seconds: looking.release())
    with lock.hold() as mine:
        assert mine


def test_the_lock_of_a_process_that_was_killed_is_taken_over(lock, other):
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    assert not lock.is_held()
    with lock.hold() as mine:
        assert mine
        assert lock.holder().startswith(f"process {os.getpid()} on ")


def test_after_its_work_nothing_stays_but_the_empty_lock_file(lock):
    assert not lock.is_held() and not lock.file.parent.exists()
    with lock.hold() as mine:
        assert mine and lock.is_held()
    assert [(path.name, path.stat().st_size) for path in lock.file.parent.iterdir()] == [("work.lock", 0)]
    assert not lock.is_held()


def test_a_folder_that_cannot_be_written_is_named_with_what_to_do(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with (
        pytest.raises(IstdbenchError, match=r"work\.lock: cannot be locked \(.*\); .*, or choose another folder"),
        Lock(tmp_path / "file" / "work.lock", "choose another folder").hold(),
    ):
        pass


def test_who_waits_for_a_moment_is_told_of_it_and_goes_on_once_the_other_is_gone(lock, other, monkeypatch):
    told = []

    def tell(message, stacklevel):
        told.append(message)
        other.kill()
        other.join()

    monkeypatch.setattr(locks, "PATIENCE", 0.1)
    monkeypatch.setattr(locks.warnings, "warn", tell)
    with locked(lock.file):
        pass
    assert told == [f"{lock.file}: another process is writing here; waiting for it to end"]
