"""Atomic writes: the old file or the new one, never half of one."""

import errno
import hashlib
import os

import pytest

from istdbench.errors import IstdbenchError
from istdbench.files import atomic_write, check_writable, sha256_bytes, sha256_file


def fail_with(code):
    def fail(*_args, **_kwargs):
        raise OSError(code, os.strerror(code))

    return fail


def test_bytes_and_text_are_written_as_they_are(tmp_path):
    atomic_write(tmp_path / "a.bin", b"\x00\r\n\xff")
    atomic_write(tmp_path / "b.txt", "Fa × 1e-6\r\n")
    assert (tmp_path / "a.bin").read_bytes() == b"\x00\r\n\xff"
    assert (tmp_path / "b.txt").read_bytes() == "Fa × 1e-6\r\n".encode()


def test_missing_folders_are_made_and_only_the_file_stays(tmp_path):
    atomic_write(tmp_path / "new" / "deep" / "record.json", "{}")
    assert [path.name for path in (tmp_path / "new" / "deep").iterdir()] == ["record.json"]


def test_a_second_write_replaces_the_first(tmp_path):
    for text in ("one", "two"):
        atomic_write(tmp_path / "record.json", text)
    assert (tmp_path / "record.json").read_text() == "two"


@pytest.mark.parametrize("code, fix", [(errno.ENOSPC, "free some space"), (errno.EIO, "check the path")])
def test_a_disk_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, code, fix):
    path = tmp_path / "record.json"
    path.write_text("old")
    monkeypatch.setattr("istdbench.files.os.fsync", fail_with(code))
    with pytest.raises(IstdbenchError, match=fix) as raised:
        atomic_write(path, "new")
    assert str(path) in str(raised.value)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("a file where a folder is needed")
    with pytest.raises(IstdbenchError, match=r"record\.json: not written"):
        atomic_write(tmp_path / "file" / "record.json", "new")


def test_the_longest_name_that_there_can_be_is_written(tmp_path):
    path = tmp_path / ("x" * 251 + ".npy")
    atomic_write(path, b"map")
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_what_cannot_be_written_is_known_before(tmp_path):
    (tmp_path / "file").write_text("")
    for path, folder, fix in [
        (tmp_path / ("x" * 256), False, "choose a shorter path"),
        (tmp_path / "new" / ("x" * 256) / "record.json", False, "choose a shorter path"),
        (tmp_path.joinpath(*["x" * 200] * 21), False, "choose a shorter path"),
        (tmp_path.joinpath(*["x" * 200] * 18), True, "choose a shorter path"),
        (tmp_path / "file", True, "choose a folder"),
        (tmp_path / "file" / "record.json", False, "choose a folder"),
        (tmp_path, False, "choose a file"),
    ]:
        with pytest.raises(IstdbenchError, match=rf"cannot be written \(.*\); {fix}"):
            check_writable(path, folder=folder)
    for path, folder in [("file", False), ("new/record.json", False), ("new/deep", True), (".", True)]:
        check_writable(tmp_path / path, folder=folder)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into read-only folders")
def test_a_read_only_folder_says_so(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(IstdbenchError, match="writable"):
            atomic_write(tmp_path / "record.json", "new")
        with pytest.raises(IstdbenchError, match="writable"):
            check_writable(tmp_path / "new" / "record.json")
    finally:
        tmp_path.chmod(0o700)


def test_an_interrupted_write_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupt(_descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr("istdbench.files.os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        atomic_write(tmp_path / "record.json", "new")
    assert list(tmp_path.iterdir()) == []


def test_hashes_are_sha256_of_the_content(tmp_path):
    content = b"x" * 3_000_000
    (tmp_path / "big").write_bytes(content)
    assert sha256_file(tmp_path / "big") == sha256_bytes(content) == hashlib.sha256(content).hexdigest()
