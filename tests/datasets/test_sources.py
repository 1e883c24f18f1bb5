"""Fetching: parallel, verified, resumable, from the host, a mirror folder or a mirror URL."""

import errno
import http.server
import os
import threading
import time
from functools import partial

import pytest

from istdbench.datasets import download, sources
from istdbench.datasets.nuaa import nuaa
from istdbench.datasets.pinned import fetch
from istdbench.datasets.synth import synth
from istdbench.errors import DataError, UsageError
from istdbench.spec import parse_spec

FILES = 14


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, notes in `server.asked` what is asked for, and sends half of the files in `server.halved`."""

    def do_GET(self):
        name = self.path.rpartition("/")[2]
        self.server.asked.append(self.path)
        if name not in self.server.halved:
            return super().do_GET()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"half of a fi")

    def log_message(self, *_args):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server on tmp_path/mirror, with its `url`; fetching does not retry."""
    monkeypatch.setattr(download, "RETRIES", 0)
    monkeypatch.setattr(http.server.ThreadingHTTPServer, "request_queue_size", 64)  # else some wait a second
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path / "mirror")) as running:
        running.asked, running.halved = [], set()
        running.url = f"http://127.0.0.1:{running.server_port}"
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_every_file_of_the_manifest_arrives_and_progress_counts_them(toy):
    steps = []
    folder = fetch(toy, lambda done, total: steps.append((done, total)))
    assert folder == toy.folder
    assert steps == [(i + 1, FILES) for i in range(FILES)]
    assert {str(path.relative_to(folder)) for path in files_in(folder)} == set(toy.manifest.hashes)
    assert sources.altered("toy", toy.manifest) == []


def test_a_second_fetch_needs_no_mirror(toy, monkeypatch):
    fetch(toy)
    monkeypatch.setenv("ISTDBENCH_MIRROR", "/nowhere")
    assert fetch(toy) == toy.folder


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_url_serves_as_a_mirror(toy, server, monkeypatch, ending):
    monkeypatch.setenv("ISTDBENCH_MIRROR", server.url + ending)
    assert len(files_in(fetch(toy))) == FILES


def test_without_a_mirror_files_come_from_the_published_host(toy, server, monkeypatch):
    assert download.HOST == "https://raw.githubusercontent.com"
    monkeypatch.delenv("ISTDBENCH_MIRROR")
    monkeypatch.setattr(download, "HOST", f"{server.url}/github")
    assert len(files_in(fetch(toy))) == FILES
    assert "/github/owner/repo/0123abc/images/a0.png" in server.asked


def test_only_what_is_absent_or_altered_is_asked_for_again(toy, server, monkeypatch):
    fetch(toy)
    image, mask = toy.paths("a2")
    image.unlink()
    mask.write_bytes(b"altered")
    assert [path.rpartition("/")[2] for path in sources.altered("toy", toy.manifest)] == ["a2_gt.png"]
    monkeypatch.setenv("ISTDBENCH_MIRROR", server.url)
    fetch(toy)
    assert sorted(path.rpartition("/")[2] for path in server.asked) == ["a2.png", "a2_gt.png"]
    assert sources.altered("toy", toy.manifest) == []


def test_a_wrong_file_is_named_and_nothing_of_it_is_kept(toy, tmp_path):
    (tmp_path / "mirror/github/owner/repo/0123abc/images/a3.png").write_bytes(b"another file")
    with pytest.raises(
        DataError, match=r"a3\.png is not the published file.*istdbench data fetch toy.*ISTDBENCH_MIRROR"
    ):
        fetch(toy)
    assert not toy.paths("a3")[0].exists()
    assert {str(path.relative_to(toy.folder)) for path in files_in(toy.folder)} < set(toy.manifest.hashes)


def test_a_transfer_cut_short_is_not_kept(toy, server, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_MIRROR", server.url)
    server.halved.add("a1.png")
    with pytest.raises(DataError, match=r"a1\.png is not the published file"):
        fetch(toy)
    assert not toy.paths("a1")[0].exists()
    server.halved.clear()
    assert len(files_in(fetch(toy))) == FILES


def test_a_transfer_that_fails_once_is_tried_again(toy, server, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_MIRROR", server.url)
    monkeypatch.setattr(download, "RETRIES", 1)
    monkeypatch.setattr("pooch.core.time.sleep", lambda _seconds: server.halved.clear())
    server.halved.add("a1.png")
    assert len(files_in(fetch(toy))) == FILES


def test_a_file_the_server_lacks_is_named(toy, server, monkeypatch, tmp_path):
    monkeypatch.setenv("ISTDBENCH_MIRROR", server.url)
    (tmp_path / "mirror/github/owner/repo/0123abc/masks/a3_gt.png").unlink()
    with pytest.raises(DataError, match=r"a3_gt\.png did not come \(404"):
        fetch(toy)


def test_a_mirror_folder_that_lacks_a_file_is_named(toy, monkeypatch, tmp_path):
    monkeypatch.setenv("ISTDBENCH_MIRROR", str(tmp_path / "elsewhere"))
    with pytest.raises(DataError, match=r"the mirror has no file .*elsewhere/github/owner/repo"):
        fetch(toy)


def test_an_unreachable_host_says_the_command_and_the_mirror_setting(toy, server, monkeypatch):
    monkeypatch.setenv("ISTDBENCH_MIRROR", "http://127.0.0.1:9")
    with pytest.raises(
        DataError, match=r"did not come \(ConnectionError\).*istdbench data fetch toy.*ISTDBENCH_MIRROR"
    ):
        fetch(toy)


def test_a_full_disk_names_the_folder_and_leaves_no_half_file(toy, monkeypatch):
    def full(_source, target, _length):
        target.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download.shutil, "copyfileobj", full)
    with pytest.raises(DataError, match=r"data/toy: cannot be written \(No space left.*ISTDBENCH_HOME"):
        fetch(toy)
    assert files_in(toy.folder) == []


def test_a_home_that_is_no_folder_is_named(toy, tmp_path):
    (tmp_path / "home").write_text("a file")
    with pytest.raises(DataError, match="cannot be written.*ISTDBENCH_HOME"):
        fetch(toy)


def test_a_folder_in_the_place_of_a_list_is_to_be_moved_away(toy):
    fetch(toy)
    path = toy.folder / "owner/repo/0123abc/test.txt"
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match=r"0123abc/test.txt: a folder stands where a file of .* move it away and fetch"):
        fetch(toy)
    path.rmdir()
    fetch(toy)
    assert sources.altered("toy", toy.manifest) == []


def test_a_file_in_the_place_of_a_folder_is_to_be_moved_away(toy):
    images = toy.folder / "owner/repo/0123abc/images"
    images.parent.mkdir(parents=True)
    images.write_text("mine")
    with pytest.raises(DataError, match=r"0123abc/images: a file stands where a folder of .* move it away and fetch"):
        fetch(toy)
    assert images.read_text() == "mine"


def test_an_interrupted_fetch_stops_and_the_next_one_finishes_it(toy, monkeypatch):
    def interrupt(_done, _total):
        raise KeyboardInterrupt

    def slow_copy(source, target, length, copy=download.shutil.copyfileobj):
        time.sleep(0.2)
        copy(source, target, length)

    with monkeypatch.context() as patch:
        patch.setattr(download, "THREADS", 1)
        patch.setattr(download.shutil, "copyfileobj", slow_copy)
        with pytest.raises(KeyboardInterrupt):
            fetch(toy, interrupt)
    assert len(files_in(toy.folder)) < FILES / 2
    assert sources.altered("toy", toy.manifest) == []
    assert len(files_in(fetch(toy))) == FILES


def test_a_generated_data_set_has_nothing_to_fetch():
    with pytest.raises(UsageError, match="synth: nothing to fetch"):
        fetch(synth(parse_spec("synth")))


def test_a_manifest_path_names_owner_repository_commit_and_file():
    assert sources.Source("o", "r", "c").path("x/{name}.png") == "o/r/c/x/{name}.png"
    assert all(len(path.split("/")[2]) == 40 for path in nuaa().manifest.hashes)
