"""Mirrors that hang, never end or send something else, and fetches that are interrupted or killed."""

import http.server
import os
import signal
import subprocess
import sys
import threading
from functools import partial

import pytest
from killing import Verb, at_points
from published_toy import LARGEST, register

from istdbench.datasets import download, sources
from istdbench.datasets.pinned import fetch
from istdbench.errors import DataError

SECONDS = 60
"""After which a test gives up on what should end at once."""


class Mirror(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, and answers a request for an image as `server.answer` does, where it is set."""

    def do_GET(self):
        self.server.asked.set()
        if self.server.answer is None or not self.path.endswith(".png"):
            super().do_GET()
        else:
            self.server.answer(self)

    def log_message(self, *_args):
        pass

    def begin(self, code=200, **headers):
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send_for_ever(self, data, pause):
        try:
            while not self.server.over.wait(pause):
                self.wfile.write(data)
        except OSError:  # the other side has gone
            pass


def hang(mirror):
    mirror.server.over.wait()


def hang_midway(mirror):
    mirror.begin(Content_Length=500)
    mirror.wfile.write(b"half")
    mirror.server.over.wait()


def never_end(mirror):
    mirror.begin()
    mirror.send_for_ever(b"0" * 1000, 0)


def send_too_much(mirror):
    mirror.begin(Content_Length=LARGEST + 1)
    mirror.wfile.write(b"0" * (LARGEST + 1))


def send_too_little(mirror):
    mirror.begin(Content_Length=500)
    mirror.wfile.write(b"half")


def redirect_for_ever(mirror):
    mirror.begin(302, Location=mirror.path)


def drip(mirror):
    mirror.begin()
    mirror.send_for_ever(b"0", 0.01)


def drip_headers(mirror):
    mirror.send_for_ever(b"H", 0.01)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # else connections that come at once wait a second


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """The server that ISTDBENCH_MIRROR names. Its `asked` is set with the first request, and `over` at the end."""
    monkeypatch.setattr(download, "RETRIES", 0)
    monkeypatch.setattr(download, "TIMEOUT", (SECONDS, SECONDS))
    with Server(("127.0.0.1", 0), partial(Mirror, directory=tmp_path / "mirror")) as server:
        server.answer, server.asked, server.over = None, threading.Event(), threading.Event()
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("ISTDBENCH_MIRROR", f"http://127.0.0.1:{server.server_port}")
        yield server
        server.over.set()
        server.shutdown()


def files_in(folder):
    """Paths under a folder, as a manifest names them; none where it is not there."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def assert_sound(toy):
    """Nothing is there but whole files, each as published."""
    assert files_in(toy.folder) <= set(toy.manifest.hashes)
    assert sources.altered("toy", toy.manifest) == []


def assert_finished_by_the_next_fetch(toy, monkeypatch, tmp_path):
    monkeypatch.setenv("ISTDBENCH_MIRROR", str(tmp_path / "mirror"))
    fetch(toy)
    assert files_in(toy.folder) == set(toy.manifest.hashes)
    assert_sound(toy)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (hang, r"\.png did not come \((ReadTimeout|ConnectionError)\)"),
        (hang_midway, r"\.png did not come \(ConnectionError\)"),
        (never_end, rf"\.png sends more than {LARGEST:,} bytes, which no file of the data set has"),
        (send_too_much, rf"\.png sends more than {LARGEST:,} bytes, which no file of the data set has"),
        (send_too_little, r"\.png did not come \((ChunkedEncodingError|ConnectionError)\)"),
        (redirect_for_ever, r"\.png did not come \(TooManyRedirects\)"),
        (drip, "toy: no file came within 0.5 s"),
        (drip_headers, "toy: no file came within 0.5 s"),
    ],
)
def test_a_bad_mirror_is_given_up_and_named_with_the_way_on(toy, mirror, monkeypatch, tmp_path, answer, said):
    mirror.answer = answer
    if "hang" in answer.__name__:
        monkeypatch.setattr(download, "TIMEOUT", (SECONDS, 0.3))
    if "drip" in answer.__name__:
        monkeypatch.setattr(download, "PATIENCE", 0.5)
    with pytest.raises(DataError, match=f"{said}.*run `istdbench data fetch toy` again.*ISTDBENCH_MIRROR"):
        fetch(toy)
    assert_sound(toy)
    assert_finished_by_the_next_fetch(toy, monkeypatch, tmp_path)


def test_an_interrupted_fetch_waits_for_no_mirror_that_hangs(toy, mirror, monkeypatch, tmp_path):
    mirror.answer = hang

    def interrupt(_done, _total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(toy, interrupt)
    assert not mirror.over.is_set()
    assert_sound(toy)
    assert_finished_by_the_next_fetch(toy, monkeypatch, tmp_path)


def test_ctrl_c_ends_the_verb_though_the_mirror_hangs(mirror, tmp_path):
    mirror.answer = hang
    environment = os.environ | {"ISTDBENCH_HOME": str(tmp_path / "home")}
    with subprocess.Popen([sys.executable, "-m", "istdbench", "data", "fetch", "nuaa"], env=environment) as process:
        assert mirror.asked.wait(SECONDS)
        process.send_signal(signal.SIGINT)
        assert process.wait(15) != 0  # within a read timeout, which is longer
    assert files_in(tmp_path / "home/data/nuaa") == set()


def test_a_mirror_folder_whose_files_are_none_is_named(toy, tmp_path):
    image = tmp_path / "mirror/github/owner/repo/0123abc/images/a3.png"
    image.unlink()
    for make in (os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")):
        make(image)
        with pytest.raises(DataError, match=r"the mirror has no file .*a3\.png"):
            fetch(toy)
        assert_sound(toy)
        image.rmdir() if image.is_dir() else image.unlink()


def test_what_a_killed_fetch_left_is_removed_and_nothing_else(toy):
    images = toy.paths("a0")[0].parent
    images.mkdir(parents=True)
    (images / "tmpk3_8x0ab").write_bytes(b"half a fi")
    (images / "tmp_notes.txt").write_text("mine")
    fetch(toy)
    assert files_in(toy.folder) - set(toy.manifest.hashes) == {"owner/repo/0123abc/images/tmp_notes.txt"}


def test_of_two_fetches_one_works_and_the_other_waits(toy, mirror):
    let_go, asked = threading.Event(), []

    def answer(request):
        asked.append(request.path)
        let_go.wait()
        super(Mirror, request).do_GET()

    mirror.answer = answer
    fetches = [threading.Thread(target=fetch, args=(toy,)) for _ in range(2)]
    for each in fetches:
        each.start()
    mirror.asked.wait(SECONDS)
    let_go.set()
    for each in fetches:
        each.join(SECONDS)
    assert sorted(asked) == sorted(set(asked))
    assert files_in(toy.folder) == set(toy.manifest.hashes)
    assert_sound(toy)


def fetch_in_order(folder):
    """One file after the other, so that the n-th operation is the same each time."""
    download.THREADS = 1
    register(folder)


@at_points
def test_a_fetch_that_is_killed_is_finished_by_the_next(sample, toy, monkeypatch, tmp_path):
    monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / "whole"))
    verb = Verb("data fetch toy", tmp_path, partial(fetch_in_order, tmp_path))
    operations = verb.run().operations
    assert len(operations) > len(toy.manifest.hashes)
    for at in sample(operations):
        monkeypatch.setenv("ISTDBENCH_HOME", str(tmp_path / f"home{at}"))
        assert verb.strike(at).code == -signal.SIGKILL
        assert sources.altered("toy", toy.manifest) == []
        assert verb.run().code == 0
        assert files_in(toy.folder) == set(toy.manifest.hashes)
        assert_sound(toy)
